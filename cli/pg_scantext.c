/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scantext.h"

#include <apr_strings.h>

#include "pg_cli.h"
#include "pg_explain.h"

enum {
    SHOWN_ANSWERS = 8,           /* of those that matter                  */
    SHOWN_HARMLESS = 3,
    SHOWN_TEXT = 160             /* octets of a stranger's text           */
};

static void put_verdict(const pg_snaptext_t *t, const apr_uint64_t *judged)
{
    apr_uint64_t relayed = judged[PG_JUDGED_RELAYED];

    pg_snaptext_say(t, relayed == 0 ? PG_SCAN_NO_SUCCESS
                       : relayed == 1 ? PG_SCAN_SUCCESS_ONE
                                      : PG_SCAN_SUCCESS,
                    pg_snaptext_number(t, relayed), NULL, NULL);
    pg_sink_puts(t->sink, "\n");
    if (judged[PG_JUDGED_UNCLEAR]) {
        pg_snaptext_say(t, PG_SCAN_UNCLEAR,
                        pg_snaptext_number(t, judged[PG_JUDGED_UNCLEAR]),
                        NULL, NULL);
        pg_sink_puts(t->sink, "\n");
    }
}

static void put_count(const pg_snaptext_t *t, pg_scan_word_e word,
                      apr_uint64_t n)
{
    if (n) {
        pg_sink_puts(t->sink, "  ");
        pg_snaptext_say(t, word, pg_snaptext_number(t, n), NULL, NULL);
        pg_sink_puts(t->sink, "\n");
    }
}

/* --- success ------------------------------------------------------------- */

static void put_answer(const pg_snaptext_t *t, const pg_judgement_t *item)
{
    const pg_answer_t *a = item->answer;

    pg_sink_puts(t->sink, "    ");
    pg_snaptext_put(t, pg_span_str(a->request), SHOWN_TEXT);
    pg_sink_puts(t->sink, "\n      ");
    pg_snaptext_say(t, PG_SCAN_STATUS, apr_psprintf(t->pool, "%d", a->status),
        pg_cli_safe(pg_span_str(a->size), t->pool), NULL);
    pg_sink_puts(t->sink, ", ");
    pg_snaptext_say(t, PG_SCAN_TIMES, pg_snaptext_number(t, a->count), NULL,
                    NULL);
    if (a->first) {
        pg_sink_putf(t->sink, ", %s", pg_snaptext_day(t, a->first));
    }
    pg_sink_putf(t->sink, ": %s\n",
                 pg_judge_ground(item->ground, t->japanese));
}

const char *pg_scantext_judged(pg_judged_e judged, bool japanese)
{
    static const pg_scan_word_e words[PG_JUDGED_COUNT] = {
        [PG_JUDGED_RELAYED] = PG_SCAN_RELAYED,
        [PG_JUDGED_UNCLEAR] = PG_SCAN_OPEN,
        [PG_JUDGED_HARMLESS] = PG_SCAN_HARMLESS
    };

    return pg_snaptext_words(words[judged], japanese);
}

static void put_judged(const pg_snaptext_t *t, const pg_judge_t *judge,
                       pg_judged_e judged)
{
    apr_size_t most = judged == PG_JUDGED_HARMLESS ? SHOWN_HARMLESS
                                                   : SHOWN_ANSWERS;
    apr_size_t shown = 0, more = 0;

    if (judge->attempts[judged] == 0) {
        return;
    }
    pg_sink_putf(t->sink, "  %s: %s\n",
                 pg_scantext_judged(judged, t->japanese),
                 pg_snaptext_number(t, judge->attempts[judged]));
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
        pg_sink_puts(t->sink, "    ");
        pg_snaptext_say(t, PG_SCAN_MORE, pg_snaptext_number(t, more), NULL,
                        NULL);
        pg_sink_puts(t->sink, "\n");
    }
}

static void put_success(const pg_snaptext_t *t, const pg_judge_t *judge)
{
    pg_snaptext_head(t, PG_SCAN_SUCCEEDED);
    if (judge->n == 0) {
        pg_sink_puts(t->sink, "  ");
        pg_snaptext_say(t, PG_SCAN_ALL_REFUSED, NULL, NULL, NULL);
        pg_sink_puts(t->sink, "\n");
        return;
    }
    put_judged(t, judge, PG_JUDGED_RELAYED);
    put_judged(t, judge, PG_JUDGED_UNCLEAR);
    put_judged(t, judge, PG_JUDGED_HARMLESS);
    put_count(t, PG_SCAN_LOST, judge->lost);
    if (judge->attempts[PG_JUDGED_RELAYED]
        || judge->attempts[PG_JUDGED_UNCLEAR]) {
        pg_sink_puts(t->sink, "  ");
        pg_snaptext_say(t, PG_SCAN_TRY, NULL, NULL, NULL);
        pg_sink_puts(t->sink, "\n");
    }
}

/* --- examples and the log itself ----------------------------------------- */

static void put_examples(const pg_snaptext_t *t, const pg_tally_t *tally)
{
    pg_lang_e lang = t->japanese ? PG_LANG_JA : PG_LANG_EN;

    pg_snaptext_head(t, PG_SCAN_EXAMPLES);
    for (int r = 0; r < PG_REASON_COUNT; r++) {
        const pg_example_t *e = &tally->example[r];
        if (!e->used) {
            continue;
        }
        pg_sink_puts(t->sink, "  ");
        pg_snaptext_put(t, pg_kept_span(&e->request), SHOWN_TEXT);
        pg_sink_putf(t->sink, "\n    %s: %s\n", pg_vocab_class(e->class_id),
                     pg_explain_class(e->class_id, lang));
        pg_sink_putf(t->sink, "    %s\n",
                     pg_explain_reason((pg_reason_e)r, lang));
    }
}

static void put_own(const pg_snaptext_t *t, const pg_scan_out_t *scan)
{
    apr_size_t learned = pg_table_size(scan->tally->names);

    pg_sink_puts(t->sink, "  ");
    if (scan->own == NULL) {
        pg_snaptext_say(t, PG_SCAN_OWN_UNKNOWN, NULL, NULL, NULL);
    }
    else if (learned) {
        pg_snaptext_say(t, PG_SCAN_OWN_LEARNED,
                        pg_snaptext_number(t, learned), NULL, NULL);
    }
    else {
        pg_snaptext_say(t, PG_SCAN_OWN_GIVEN, NULL, NULL, NULL);
    }
    pg_sink_puts(t->sink, "\n");
}

static void put_log(const pg_snaptext_t *t, const pg_scan_out_t *scan)
{
    const pg_tally_t *tally = scan->tally;

    pg_snaptext_head(t, PG_SCAN_LOG);
    pg_sink_puts(t->sink, "  ");
    pg_snaptext_say(t, PG_SCAN_READ, pg_snaptext_number(t, tally->lines),
                    pg_snaptext_number(t, (apr_uint64_t)scan->files),
                    pg_snaptext_number(t, scan->octets));
    if (tally->log_first) {
        pg_snaptext_say(t, PG_SCAN_EXTENT,
                        pg_snaptext_day(t, tally->log_first),
                        pg_snaptext_day(t, tally->log_last), NULL);
    }
    pg_sink_puts(t->sink, "\n");
    put_own(t, scan);
    put_count(t, PG_SCAN_SILENT, tally->silent);
    put_count(t, PG_SCAN_UNTIMED, tally->untimed);
    put_count(t, PG_SCAN_OVERSIZE, tally->oversize);
    put_count(t, PG_SCAN_APPROXIMATE, pg_tally_error(tally));
    put_count(t, PG_SCAN_UNPARSED, tally->unparsed);
    for (int i = 0; i < tally->samples; i++) {
        pg_sink_puts(t->sink, "    ");
        pg_snaptext_put(t, pg_kept_span(&tally->sample[i]), SHOWN_TEXT);
        pg_sink_puts(t->sink, "\n");
    }
}

void pg_scantext_render(const pg_snaptext_t *t, const pg_scan_out_t *scan)
{
    if (scan->interrupted) {
        pg_snaptext_say(t, PG_SCAN_INTERRUPTED, NULL, NULL, NULL);
        pg_sink_puts(t->sink, "\n");
    }
    pg_snaptext_summary(t);
    if (t->s->attempts) {
        put_verdict(t, scan->judge->attempts);
        pg_snaptext_lists(t);
        put_success(t, scan->judge);
        put_examples(t, scan->tally);
    }
    put_log(t, scan);
}
