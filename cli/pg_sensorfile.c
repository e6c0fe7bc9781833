/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensorfile.h"

#include <jansson.h>

#include "pg_logtime.h"

enum {
    JSON_MONTHS = 2760           /* 230 years                             */
};

static apr_uint64_t number_of(const json_t *value)
{
    json_int_t n = json_is_integer(value) ? json_integer_value(value) : 0;

    return n > 0 ? (apr_uint64_t)n : 0;
}

static bool take_month(pg_bucket_t *out, const json_t *month)
{
    const char *start = json_string_value(json_object_get(month, "start"));
    const json_t *families = json_object_get(month, "by_family");

    memset(out, 0, sizeof(*out));
    if (!json_is_object(families)
        || !pg_logtime_parse(&out->start, pg_span_str(start))) {
        return false;
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        out->by_family[f] = number_of(
            json_object_get(families, pg_vocab_family((pg_family_e)f)));
        out->attempts += out->by_family[f];
    }
    return true;
}

static const char *take_months(pg_sensor_t *out, const json_t *months,
                               apr_pool_t *pool)
{
    apr_size_t n = json_array_size(months);
    pg_bucket_t *bucket;

    if (!json_is_array(months) || n > JSON_MONTHS) {
        return "has no history of months";
    }
    bucket = apr_pcalloc(pool, (n + 1) * sizeof(*bucket));
    for (apr_size_t i = 0; i < n; i++) {
        if (!take_month(&bucket[i], json_array_get(months, i))) {
            return "has a month without start or families";
        }
    }
    out->month = bucket;
    out->months = n;
    return NULL;
}

const char *pg_sensorfile_read(pg_sensor_t *out, FILE *from, apr_pool_t *pool)
{
    json_t *doc = json_loadf(from, 0, NULL);
    const char *now, *wrong;

    if (doc == NULL) {
        return "begins like JSON, but is not well-formed";
    }
    wrong = take_months(out, json_object_get(json_object_get(doc, "history"),
                                             "months"), pool);
    now = json_string_value(json_object_get(doc, "now"));
    if (now == NULL || !pg_logtime_parse(&out->taken, pg_span_str(now))) {
        out->taken = 0;
    }
    json_decref(doc);
    return wrong;
}
