/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_snaptext.h"

#include <stdio.h>

#include <apr_strings.h>

#include "pg_calendar.h"
#include "pg_escape.h"

enum {
    BAR = 24,                    /* columns of a bar                      */
    SHOWN_TOP = 10,
    SHOWN_KEY = 50
};

typedef struct words_t {
    const char *text[2];
} words_t;

#define ROW_WORDS(sym, en, ja) { { en, ja } },
static const words_t words[] = { PG_SCAN_WORDS(ROW_WORDS) };
#undef ROW_WORDS

/* --- small things -------------------------------------------------------- */

const char *pg_snaptext_words(pg_scan_word_e word, bool japanese)
{
    return words[word].text[japanese];
}

/* Writes words with up to three arguments in place of their %s. */
void pg_snaptext_say(const pg_snaptext_t *t, pg_scan_word_e word,
                     const char *a, const char *b, const char *c)
{
    const char *args[] = { a, b, c };
    const char *s = words[word].text[t->japanese];
    int used = 0;

    for (const char *at; (at = strstr(s, "%s")) && used < 3; s = at + 2) {
        pg_sink_put(t->sink, pg_span_make(s, (apr_size_t)(at - s)));
        pg_sink_puts(t->sink, args[used] ? args[used] : "");
        used++;
    }
    pg_sink_puts(t->sink, s);
}

void pg_snaptext_head(const pg_snaptext_t *t, pg_scan_word_e word)
{
    pg_sink_puts(t->sink, "\n");
    pg_snaptext_say(t, word, NULL, NULL, NULL);
    pg_sink_puts(t->sink, "\n");
}

const char *pg_snaptext_number(const pg_snaptext_t *t, apr_uint64_t n)
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
    return apr_pstrmemdup(t->pool, out, (apr_size_t)used);
}

const char *pg_snaptext_day(const pg_snaptext_t *t, apr_time_t time)
{
    return pg_calendar_text(apr_palloc(t->pool, PG_CALENDAR_SIZE), time,
                            PG_CALENDAR_DAY);
}

/* Eighths of a block, so that small numbers are still seen.
 * @return columns that the bar takes */
static int put_bar(const pg_snaptext_t *t, apr_uint64_t n, apr_uint64_t max,
                   int width)
{
    static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊",
                                        "▉" };
    int eighths = max ? (int)((double)n / (double)max * width * 8) : 0;

    if (n && eighths == 0) {
        eighths = 1;
    }
    for (int i = 0; i < eighths / 8; i++) {
        pg_sink_puts(t->sink, "█");
    }
    pg_sink_puts(t->sink, part[eighths % 8]);
    return (eighths + 7) / 8;
}

void pg_snaptext_put(const pg_snaptext_t *t, pg_span_t s, apr_size_t room)
{
    pg_escape_text(t->sink, pg_escape_utf8_upto(s, room));
    if (s.len > room) {
        pg_sink_puts(t->sink, "...");
    }
}

/* --- the parts ----------------------------------------------------------- */

static void put_kinds(const pg_snaptext_t *t)
{
    apr_uint64_t sum[PG_CLASS_COUNT] = { 0 }, max = 0;

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
            sum[c] += t->s->count[c][o];
        }
        max = sum[c] > max ? sum[c] : max;
    }
    pg_snaptext_head(t, PG_SCAN_BY_KIND);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (sum[c]) {
            pg_sink_putf(t->sink, "  %-14s %12s  ",
                         pg_vocab_class((pg_class_e)c),
                         pg_snaptext_number(t, sum[c]));
            put_bar(t, sum[c], max, BAR * 2);
            pg_sink_puts(t->sink, "\n");
        }
    }
}

static void put_outcomes(const pg_snaptext_t *t)
{
    pg_snaptext_head(t, PG_SCAN_BY_OUTCOME);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        apr_uint64_t sum = 0;
        for (int c = 0; c < PG_CLASS_COUNT; c++) {
            sum += t->s->count[c][o];
        }
        if (sum) {
            pg_sink_putf(t->sink, "  %-14s %12s\n",
                         pg_vocab_outcome((pg_outcome_e)o),
                         pg_snaptext_number(t, sum));
        }
    }
}

/* One column a family that was seen, each with bars of its own scale: GET and
 * CONNECT differ by magnitudes, and it is the course that matters. */
static void put_month(const pg_snaptext_t *t, const pg_bucket_t *b,
                      const apr_uint64_t *max, int width)
{
    int pending = 0;             /* columns to fill up before the next bar */

    pg_sink_putf(t->sink, "  %.7s", pg_snaptext_day(t, b->start));
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (max[f]) {
            pg_sink_putf(t->sink, "%*s  %9s ", pending, "",
                         pg_snaptext_number(t, b->by_family[f]));
            pending = width - put_bar(t, b->by_family[f], max[f], width);
        }
    }
    pg_sink_puts(t->sink, "\n");
}

static void put_families(const pg_snaptext_t *t, const apr_uint64_t *max,
                         int width)
{
    int pending = 9;             /* the months' column                    */

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (max[f]) {
            pg_sink_putf(t->sink, "%*s  %9s", pending, "",
                         pg_vocab_family((pg_family_e)f));
            pending = width + 1;
        }
    }
    pg_sink_puts(t->sink, "\n");
}

static void put_months(const pg_snaptext_t *t)
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
    pg_snaptext_head(t, PG_SCAN_BY_MONTH);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        families += max[f] > 0;
    }
    width = 69 / families - 12;
    put_families(t, max, width);
    for (apr_size_t i = begin; i < end; i++) {
        put_month(t, &months->bucket[i], max, width);
    }
}

static void put_top(const pg_snaptext_t *t, pg_top_e which,
                    pg_scan_word_e word)
{
    const pg_top_t *top = &t->s->top[which];

    if (top->n == 0) {
        return;
    }
    pg_snaptext_head(t, word);
    for (apr_size_t i = 0; i < top->n && i < SHOWN_TOP; i++) {
        pg_sink_putf(t->sink, "  %12s  ",
                     pg_snaptext_number(t, top->entry[i].count));
        pg_snaptext_put(t, top->entry[i].key.octets, SHOWN_KEY);
        pg_sink_puts(t->sink, "\n");
    }
}

void pg_snaptext_summary(const pg_snaptext_t *t)
{
    const char *sum = pg_snaptext_number(t, t->s->attempts);

    if (t->s->attempts == 0) {
        pg_snaptext_say(t, PG_SCAN_NONE, NULL, NULL, NULL);
        pg_sink_puts(t->sink, "\n");
        return;
    }
    pg_snaptext_say(t, t->s->attempts == 1 ? PG_SCAN_FOUND_ONE
                                           : PG_SCAN_FOUND, sum, NULL, NULL);
    if (t->s->first) {
        pg_snaptext_say(t, PG_SCAN_PERIOD, pg_snaptext_day(t, t->s->first),
                        pg_snaptext_day(t, t->s->last), NULL);
    }
    pg_sink_puts(t->sink, t->japanese ? "\n" : ".\n");
}

void pg_snaptext_lists(const pg_snaptext_t *t)
{
    if (t->s->attempts) {
        put_kinds(t);
        put_outcomes(t);
        put_months(t);
        put_top(t, PG_TOP_SOURCES, PG_SCAN_SOURCES);
        put_top(t, PG_TOP_TARGETS, PG_SCAN_TARGETS);
    }
}

apr_status_t pg_snaptext_render(const pg_snaptext_t *t)
{
    apr_uint64_t relayed = 0;

    pg_snaptext_summary(t);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        relayed += t->s->count[c][PG_OUTCOME_RELAYED];
    }
    if (t->s->attempts) {
        pg_snaptext_say(t, relayed ? PG_SCAN_WERE_RELAYED
                                   : PG_SCAN_NONE_RELAYED,
                        pg_snaptext_number(t, relayed), NULL, NULL);
        pg_sink_puts(t->sink, "\n");
    }
    pg_snaptext_lists(t);
    return t->sink->status;
}
