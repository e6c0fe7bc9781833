/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scanjson.h"

#include <stdlib.h>

#include <jansson.h>

#include "pg_cli.h"

enum { ANSWERS_MAX = 200 };

static json_t *count(apr_uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* What came from the log may hold any octet; JSON must be UTF-8. */
static json_t *text(const char *s, apr_pool_t *pool)
{
    return json_string(pg_cli_safe(pg_span_str(s), pool));
}

static json_t *lines_of(const pg_tally_t *tally)
{
    json_t *lines = json_object();

#define PUT_LINES(field, words) \
    json_object_set_new(lines, #field, count(tally->field));
    PG_LINE_KINDS(PUT_LINES)
#undef PUT_LINES
    return lines;
}

static json_t *samples_of(const pg_tally_t *tally, apr_pool_t *pool)
{
    json_t *samples = json_array();

    for (int i = 0; i < tally->samples; i++) {
        json_array_append_new(samples, json_string(
            pg_cli_safe(pg_kept_span(&tally->sample[i]), pool)));
    }
    return samples;
}

static json_t *answer_of(const pg_judgement_t *item, apr_pool_t *pool)
{
    const pg_answer_t *a = item->answer;

    return json_pack(
        "{s:s, s:s, s:o, s:s, s:i, s:o, s:o}", "judged",
        pg_judge_name(item->judged), "why",
        pg_judge_ground(item->ground, false), "request",
        text(a->request, pool), "class", pg_vocab_class(a->class_id), "status",
        a->status, "octets", text(a->size, pool), "attempts", count(a->count));
}

static json_t *answers_of(const pg_judge_t *judge, apr_pool_t *pool)
{
    json_t *answers = json_array();

    for (apr_size_t i = 0; i < judge->n && i < ANSWERS_MAX; i++) {
        json_array_append_new(answers, answer_of(&judge->item[i], pool));
    }
    return answers;
}

static json_t *judged_of(const pg_judge_t *judge)
{
    json_t *judged = json_object();

    for (int j = 0; j < PG_JUDGED_COUNT; j++) {
        json_object_set_new(judged, pg_judge_name((pg_judged_e)j),
                            count(judge->attempts[j]));
    }
    return judged;
}

static json_t *scan_of(const pg_scan_out_t *scan, apr_pool_t *pool)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:o, s:o}",
                     "files", scan->files,
                     "octets", count(scan->octets),
                     "lines", lines_of(scan->tally),
                     "not_understood", samples_of(scan->tally, pool),
                     "interrupted", (int)scan->interrupted,
                     "own_names", scan->own == NULL ? "unknown"
                         : pg_table_size(scan->tally->names) ? "learned"
                         : "given",
                     "counts_low_by", count(pg_tally_error(scan->tally)),
                     "judged", judged_of(scan->judge),
                     "answers_lost", count(scan->judge->lost),
                     "answers", answers_of(scan->judge, pool));
}

static int write_part(const char *octets, size_t n, void *data)
{
    pg_sink_put(data, pg_span_make(octets, n));
    return 0;
}

apr_status_t pg_scanjson_put(pg_sink_t *sink, pg_span_t report,
                             const pg_scan_out_t *scan, apr_pool_t *pool)
{
    json_t *doc = json_loadb(report.ptr, report.len, 0, NULL);

    if (!json_is_object(doc)
        || json_object_set_new(doc, "scan", scan_of(scan, pool)) != 0) {
        json_decref(doc);
        return APR_EGENERAL;
    }
    json_dump_callback(doc, write_part, sink, JSON_INDENT(1));
    pg_sink_puts(sink, "\n");
    json_decref(doc);
    return sink->status;
}
