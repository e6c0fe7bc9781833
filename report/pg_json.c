/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The report as JSON; docs/proxyguard-status.schema.json describes it. Class,
 * family and outcome names are values of the vocabulary and stand as keys
 * unchanged ("connect-tls"); all other keys are snake_case. */
#include "pg_render.h"

#include <jansson.h>

static json_t *number(apr_uint64_t n)
{
    /* JSON numbers are signed in jansson; a count never gets there. */
    return json_integer((json_int_t)(n & APR_INT64_MAX));
}

static json_t *time_of(apr_time_t t)
{
    char text[PG_TIME_SIZE];

    return json_string(pg_time_rfc3339(text, t));
}

static json_t *by_class(const pg_snapshot_t *s)
{
    json_t *out = json_object();

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        json_object_set_new(out, pg_class_name((pg_class_e)c),
                            number(pg_class_total(s, (pg_class_e)c)));
    }
    return out;
}

static json_t *by_family(const pg_snapshot_t *s)
{
    json_t *out = json_object();

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        json_object_set_new(out, pg_family_name((pg_family_e)f),
                            number(s->by_family[f]));
    }
    return out;
}

static json_t *by_outcome(const pg_snapshot_t *s)
{
    json_t *out = json_object();

    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        json_object_set_new(out, pg_outcome_name((pg_outcome_e)o),
                            number(pg_outcome_total(s, (pg_outcome_e)o)));
    }
    return out;
}

static void totals(json_t *out, const pg_snapshot_t *s)
{
    json_object_set_new(out, "since", time_of(s->since));
    json_object_set_new(out, "attempts", number(s->attempts));
    json_object_set_new(out, "by_class", by_class(s));
    json_object_set_new(out, "by_family", by_family(s));
    json_object_set_new(out, "by_outcome", by_outcome(s));
    json_object_set_new(out, "permitted", number(s->permitted));
}

static int to_sink(const char *octets, size_t n, void *sink)
{
    pg_put(sink, pg_span_make(octets, n));
    return ((pg_sink_t *)sink)->status == APR_SUCCESS ? 0 : -1;
}

apr_status_t pg_json_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    json_t *root = json_object();

    (void)pool;
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "version", json_string(report->version));
    json_object_set_new(root, "now", time_of(report->now));
    json_object_set_new(root, "counting", json_boolean(report->ledger));
    if (report->ledger) {
        totals(root, report->ledger);
    }
    (void)json_dump_callback(root, to_sink, sink, JSON_INDENT(2));
    json_decref(root);
    pg_puts(sink, "\n");
    return sink->status;
}
