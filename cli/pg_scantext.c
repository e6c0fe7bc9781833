/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scantext.h"

#include <stdio.h>

#include <apr_strings.h>

#include "pg_cli.h"
#include "pg_escape.h"
#include "pg_explain.h"
#include "pg_scanwords.h"

enum {
    BAR = 24,                    /* columns of a bar                      */
    SHOWN_TOP = 10,
    SHOWN_ANSWERS = 8,           /* of those that matter                  */
    SHOWN_HARMLESS = 3,
    SHOWN_TEXT = 160,            /* octets of a stranger's text           */
    SHOWN_KEY = 50
};

typedef struct words_t {
    const char *text[2];
} words_t;

#define ROW_WORDS(sym, en, ja) { { en, ja } },
static const words_t words[] = { PG_SCAN_WORDS(ROW_WORDS) };
#undef ROW_WORDS

/** What every part of the text needs. */
typedef struct text_t {
    pg_sink_t *sink;
    const pg_scan_out_t *scan;
    const pg_snapshot_t *s;
    bool japanese;
    apr_pool_t *pool;
} text_t;

/* --- small things -------------------------------------------------------- */

/* Writes words with up to three arguments in place of their %s. */
static void say(const text_t *t, pg_scan_word_e word, const char *a,
                const char *b, const char *c)
{
    const char *args[] = { a, b, c };
    const char *s = words[word].text[t->japanese];
    int used = 0;

    for (const char *at; (at = strstr(s, "%s")) && used < 3; s = at + 2) {
        pg_put(t->sink, pg_span_make(s, (apr_size_t)(at - s)));
        pg_puts(t->sink, args[used] ? args[used] : "");
        used++;
    }
    pg_puts(t->sink, s);
}

static void head(const text_t *t, pg_scan_word_e word)
{
    pg_puts(t->sink, "\n");
    say(t, word, NULL, NULL, NULL);
    pg_puts(t->sink, "\n");
}

const char *pg_scantext_number(apr_uint64_t n, apr_pool_t *pool)
{
    char digits[32], out[48];
    int len = snprintf(digits, sizeof(digits), "%" APR_UINT64_T_FMT, n);
    int used = 0;

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    return apr_pstrmemdup(pool, out, (apr_size_t)used);
}

const char *pg_scantext_day(apr_time_t time, apr_pool_t *pool)
{
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, time);
    return apr_psprintf(pool, "%04d-%02d-%02d", x.tm_year + 1900,
                        x.tm_mon + 1, x.tm_mday);
}

static const char *number(const text_t *t, apr_uint64_t n)
{
    return pg_scantext_number(n, t->pool);
}

/* Eighths of a block, so that small numbers are still seen.
 * @return columns that the bar takes */
static int put_bar(const text_t *t, apr_uint64_t n, apr_uint64_t max,
                   int width)
{
    static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊",
                                        "▉" };
    int eighths = max ? (int)((double)n / (double)max * width * 8) : 0;

    if (n && eighths == 0) {
        eighths = 1;
    }
    for (int i = 0; i < eighths / 8; i++) {
        pg_puts(t->sink, "█");
    }
    pg_puts(t->sink, part[eighths % 8]);
    return (eighths + 7) / 8;
}

static void put_text(const text_t *t, pg_span_t s, apr_size_t room)
{
    pg_escape_text(t->sink, pg_utf8_upto(s, room));
    if (s.len > room) {
        pg_puts(t->sink, "...");
    }
}

/* --- the parts ----------------------------------------------------------- */

static void put_verdict(const text_t *t)
{
    const apr_uint64_t *judged = t->scan->judge->attempts;
    apr_uint64_t relayed = judged[PG_JUDGED_RELAYED];

    if (t->scan->interrupted) {
        say(t, PG_SCAN_INTERRUPTED, NULL, NULL, NULL);
        pg_puts(t->sink, "\n");
    }
    if (t->s->attempts == 0) {
        say(t, PG_SCAN_NONE, NULL, NULL, NULL);
        pg_puts(t->sink, "\n");
        return;
    }
    say(t, t->s->attempts == 1 ? PG_SCAN_FOUND_ONE : PG_SCAN_FOUND,
        number(t, t->s->attempts), NULL, NULL);
    if (t->s->first) {
        say(t, PG_SCAN_PERIOD, pg_scantext_day(t->s->first, t->pool),
            pg_scantext_day(t->s->last, t->pool), NULL);
    }
    pg_puts(t->sink, t->japanese ? "\n" : ".\n");
    say(t, relayed == 0 ? PG_SCAN_NO_SUCCESS
           : relayed == 1 ? PG_SCAN_SUCCESS_ONE : PG_SCAN_SUCCESS,
        number(t, relayed), NULL, NULL);
    pg_puts(t->sink, "\n");
    if (judged[PG_JUDGED_UNCLEAR]) {
        say(t, PG_SCAN_UNCLEAR, number(t, judged[PG_JUDGED_UNCLEAR]), NULL,
            NULL);
        pg_puts(t->sink, "\n");
    }
}

static void put_kinds(const text_t *t)
{
    apr_uint64_t sum[PG_CLASS_COUNT] = { 0 }, max = 0;

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
            sum[c] += t->s->count[c][o];
        }
        max = sum[c] > max ? sum[c] : max;
    }
    head(t, PG_SCAN_BY_KIND);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (sum[c]) {
            pg_putf(t->sink, "  %-14s %12s  ", pg_class_name((pg_class_e)c),
                    number(t, sum[c]));
            put_bar(t, sum[c], max, BAR * 2);
            pg_puts(t->sink, "\n");
        }
    }
}

static void put_outcomes(const text_t *t)
{
    head(t, PG_SCAN_BY_OUTCOME);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        apr_uint64_t sum = 0;
        for (int c = 0; c < PG_CLASS_COUNT; c++) {
            sum += t->s->count[c][o];
        }
        if (sum) {
            pg_putf(t->sink, "  %-14s %12s\n",
                    pg_outcome_name((pg_outcome_e)o), number(t, sum));
        }
    }
}

/* One column a family that was seen, each with bars of its own scale: GET and
 * CONNECT differ by magnitudes, and it is the course that matters. */
static void put_month(const text_t *t, const pg_bucket_t *b,
                      const apr_uint64_t *max, int width)
{
    int pending = 0;             /* columns to fill up before the next bar */

    pg_putf(t->sink, "  %.7s", pg_scantext_day(b->start, t->pool));
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (max[f]) {
            pg_putf(t->sink, "%*s  %9s ", pending, "",
                    number(t, b->by_family[f]));
            pending = width - put_bar(t, b->by_family[f], max[f], width);
        }
    }
    pg_puts(t->sink, "\n");
}

static void put_families(const text_t *t, const apr_uint64_t *max, int width)
{
    int pending = 9;             /* the months' column                    */

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (max[f]) {
            pg_putf(t->sink, "%*s  %9s", pending, "",
                    pg_family_name((pg_family_e)f));
            pending = width + 1;
        }
    }
    pg_puts(t->sink, "\n");
}

static void put_months(const text_t *t)
{
    const pg_series_t *months = &t->s->series[PG_PERIOD_MONTH];
    apr_uint64_t max[PG_FAMILY_COUNT] = { 0 };
    apr_size_t begin = months->n, end = 0;
    int families = 0, width;

    for (apr_size_t i = 0; i < months->n; i++) {
        const pg_bucket_t *b = &months->bucket[i];
        for (int f = 0; f < PG_FAMILY_COUNT; f++) {
            max[f] = b->by_family[f] > max[f] ? b->by_family[f] : max[f];
        }
        if (b->attempts) {
            begin = i < begin ? i : begin;
            end = i + 1;
        }
    }
    if (end == 0) {
        return;
    }
    head(t, PG_SCAN_BY_MONTH);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        families += max[f] > 0;
    }
    width = 69 / families - 12;
    put_families(t, max, width);
    for (apr_size_t i = begin; i < end; i++) {
        put_month(t, &months->bucket[i], max, width);
    }
}

static void put_top(const text_t *t, pg_top_e which, pg_scan_word_e word)
{
    const pg_top_t *top = &t->s->top[which];

    if (top->n == 0) {
        return;
    }
    head(t, word);
    for (apr_size_t i = 0; i < top->n && i < SHOWN_TOP; i++) {
        pg_putf(t->sink, "  %12s  ", number(t, top->entry[i].count));
        put_text(t, top->entry[i].key.octets, SHOWN_KEY);
        pg_puts(t->sink, "\n");
    }
}

/* --- success ------------------------------------------------------------- */

static void put_answer(const text_t *t, const pg_judgement_t *item)
{
    const pg_answer_t *a = item->answer;

    pg_puts(t->sink, "    ");
    put_text(t, pg_span_str(a->request), SHOWN_TEXT);
    pg_puts(t->sink, "\n      ");
    say(t, PG_SCAN_STATUS, apr_psprintf(t->pool, "%d", a->status),
        pg_cli_safe(pg_span_str(a->size), t->pool), NULL);
    pg_puts(t->sink, ", ");
    say(t, PG_SCAN_TIMES, number(t, a->count), NULL, NULL);
    if (a->first) {
        pg_putf(t->sink, ", %s", pg_scantext_day(a->first, t->pool));
    }
    pg_putf(t->sink, ": %s\n", pg_ground_words(item->ground, t->japanese));
}

static void put_judged(const text_t *t, pg_judged_e judged,
                       pg_scan_word_e word)
{
    const pg_judge_t *judge = t->scan->judge;
    apr_size_t most = judged == PG_JUDGED_HARMLESS ? SHOWN_HARMLESS
                                                   : SHOWN_ANSWERS;
    apr_size_t shown = 0, more = 0;

    if (judge->attempts[judged] == 0) {
        return;
    }
    pg_puts(t->sink, "  ");
    say(t, word, NULL, NULL, NULL);
    pg_putf(t->sink, ": %s\n", number(t, judge->attempts[judged]));
    for (apr_size_t i = 0; i < judge->n; i++) {
        if (judge->item[i].judged != judged) {
            continue;
        }
        if (shown < most) {
            put_answer(t, &judge->item[i]);
            shown++;
        }
        else {
            more++;
        }
    }
    if (more) {
        pg_puts(t->sink, "    ");
        say(t, PG_SCAN_MORE, number(t, more), NULL, NULL);
        pg_puts(t->sink, "\n");
    }
}

static void put_success(const text_t *t)
{
    head(t, PG_SCAN_SUCCEEDED);
    if (t->scan->judge->n == 0) {
        pg_puts(t->sink, "  ");
        say(t, PG_SCAN_ALL_REFUSED, NULL, NULL, NULL);
        pg_puts(t->sink, "\n");
        return;
    }
    put_judged(t, PG_JUDGED_RELAYED, PG_SCAN_RELAYED);
    put_judged(t, PG_JUDGED_UNCLEAR, PG_SCAN_OPEN);
    put_judged(t, PG_JUDGED_HARMLESS, PG_SCAN_HARMLESS);
    if (t->scan->judge->attempts[PG_JUDGED_RELAYED]
        || t->scan->judge->attempts[PG_JUDGED_UNCLEAR]) {
        pg_puts(t->sink, "  ");
        say(t, PG_SCAN_TRY, NULL, NULL, NULL);
        pg_puts(t->sink, "\n");
    }
}

/* --- examples and the log itself ----------------------------------------- */

static void put_examples(const text_t *t)
{
    pg_lang_e lang = t->japanese ? PG_LANG_JA : PG_LANG_EN;

    head(t, PG_SCAN_EXAMPLES);
    for (int r = 0; r < PG_REASON_COUNT; r++) {
        const pg_example_t *e = &t->scan->tally->example[r];
        if (!e->used) {
            continue;
        }
        pg_puts(t->sink, "  ");
        put_text(t, pg_kept_span(&e->request), SHOWN_TEXT);
        pg_putf(t->sink, "\n    %s: %s\n", pg_class_name(e->class_id),
                pg_explain_class(e->class_id, lang));
        pg_putf(t->sink, "    %s\n", pg_explain_reason((pg_reason_e)r, lang));
    }
}

static void put_own(const text_t *t)
{
    apr_size_t learned = pg_table_size(t->scan->tally->names);

    pg_puts(t->sink, "  ");
    if (t->scan->own == NULL) {
        say(t, PG_SCAN_OWN_UNKNOWN, NULL, NULL, NULL);
    }
    else if (learned) {
        say(t, PG_SCAN_OWN_LEARNED, number(t, learned), NULL, NULL);
    }
    else {
        say(t, PG_SCAN_OWN_GIVEN, NULL, NULL, NULL);
    }
    pg_puts(t->sink, "\n");
}

static void put_count(const text_t *t, pg_scan_word_e word, apr_uint64_t n)
{
    if (n) {
        pg_puts(t->sink, "  ");
        say(t, word, number(t, n), NULL, NULL);
        pg_puts(t->sink, "\n");
    }
}

static void put_log(const text_t *t)
{
    const pg_tally_t *tally = t->scan->tally;

    head(t, PG_SCAN_LOG);
    pg_puts(t->sink, "  ");
    say(t, PG_SCAN_READ, number(t, tally->lines),
        number(t, (apr_uint64_t)t->scan->files),
        number(t, t->scan->octets));
    if (tally->log_first) {
        say(t, PG_SCAN_EXTENT, pg_scantext_day(tally->log_first, t->pool),
            pg_scantext_day(tally->log_last, t->pool), NULL);
    }
    pg_puts(t->sink, "\n");
    put_own(t);
    put_count(t, PG_SCAN_SILENT, tally->silent);
    put_count(t, PG_SCAN_UNTIMED, tally->untimed);
    put_count(t, PG_SCAN_OVERSIZE, tally->oversize);
    put_count(t, PG_SCAN_APPROXIMATE, pg_tally_error(tally));
    put_count(t, PG_SCAN_UNPARSED, tally->unparsed);
    for (int i = 0; i < tally->samples; i++) {
        pg_puts(t->sink, "    ");
        put_text(t, pg_kept_span(&tally->sample[i]), SHOWN_TEXT);
        pg_puts(t->sink, "\n");
    }
}

void pg_scantext_render(pg_sink_t *sink, const pg_scan_out_t *scan,
                        const pg_snapshot_t *snapshot, bool japanese,
                        apr_pool_t *pool)
{
    text_t t = { sink, scan, snapshot, japanese, pool };

    put_verdict(&t);
    if (snapshot->attempts) {
        put_kinds(&t);
        put_outcomes(&t);
        put_months(&t);
        put_top(&t, PG_TOP_SOURCES, PG_SCAN_SOURCES);
        put_top(&t, PG_TOP_TARGETS, PG_SCAN_TARGETS);
        put_success(&t);
        put_examples(&t);
    }
    put_log(&t);
}
