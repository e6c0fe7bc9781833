/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensors.h"

#include <stdio.h>

#include <jansson.h>

#include "pg_logtime.h"
#include "pg_tally.h"

enum {
    JSON_MONTHS = 2760           /* 230 years                             */
};

/* --- reading ------------------------------------------------------------- */

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

const char *pg_sensor_from_json(pg_sensor_t *out, FILE *from,
                                apr_pool_t *pool)
{
    json_t *doc = json_loadf(from, 0, NULL);
    const char *now, *wrong;

    if (doc == NULL) {
        return "is no JSON, though it begins like it";
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

void pg_sensor_from_snapshot(pg_sensor_t *out, const pg_snapshot_t *snapshot)
{
    out->month = snapshot->series[PG_PERIOD_MONTH].bucket;
    out->months = snapshot->series[PG_PERIOD_MONTH].n;
    out->taken = snapshot->taken;
}

/* --- side by side -------------------------------------------------------- */

void pg_sensors_align(pg_sensors_t *sensors)
{
    apr_int64_t last = -1;

    sensors->first = APR_INT64_MAX;
    for (int s = 0; s < sensors->n; s++) {
        const pg_sensor_t *sensor = &sensors->sensor[s];
        for (apr_size_t m = 0; m < sensor->months; m++) {
            apr_int64_t number = pg_period_number(PG_PERIOD_MONTH,
                                                  sensor->month[m].start);
            if (sensor->month[m].attempts == 0) {
                continue;
            }
            sensors->first = number < sensors->first ? number
                                                     : sensors->first;
            last = number > last ? number : last;
        }
    }
    sensors->months = last < 0 ? 0 : (apr_size_t)(last - sensors->first + 1);
    for (int s = 0; s < sensors->n; s++) {
        sensors->partial = sensors->partial || (sensors->sensor[s].taken
            && pg_period_number(PG_PERIOD_MONTH, sensors->sensor[s].taken)
               == last);
    }
}

apr_uint64_t pg_sensors_count(const pg_sensors_t *sensors, int sensor,
                              apr_size_t month, pg_family_e family)
{
    const pg_sensor_t *one = &sensors->sensor[sensor];
    apr_int64_t number = sensors->first + (apr_int64_t)month;
    apr_uint64_t sum = 0;

    for (apr_size_t m = 0; m < one->months; m++) {
        if (one->month[m].attempts
            && pg_period_number(PG_PERIOD_MONTH, one->month[m].start)
               == number) {
            sum += one->month[m].by_family[family];
        }
    }
    return sum;
}

bool pg_sensors_shows(const pg_sensors_t *sensors, int only,
                      pg_family_e family)
{
    if (sensors->months == 0 || (only >= 0 && only != (int)family)) {
        return false;
    }
    for (int s = 0; s < sensors->n; s++) {
        for (apr_size_t m = 0; m < sensors->sensor[s].months; m++) {
            if (sensors->sensor[s].month[m].by_family[family]) {
                return true;
            }
        }
    }
    return only >= 0;
}

const char *pg_sensors_month(char *out, apr_size_t size,
                             const pg_sensors_t *sensors, apr_size_t month)
{
    apr_int64_t number = sensors->first + (apr_int64_t)month;

    snprintf(out, size, "%04d-%02d", (int)(number / 12 + 1970),
             (int)(number % 12 + 1));
    return out;
}
