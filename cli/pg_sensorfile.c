/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensorfile.h"

#include <apr_strings.h>
#include <jansson.h>

#include "pg_clireport.h"
#include "pg_logtime.h"

enum {
    JSON_MONTHS = 2760           /* 230 years                             */
};

/* --- JSON ---------------------------------------------------------------- */

static apr_uint64_t number_of(const json_t *value)
{
    json_int_t n = json_is_integer(value) ? json_integer_value(value) : 0;

    return n > 0 ? (apr_uint64_t)n : 0;
}

static bool time_of(apr_time_t *out, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && pg_logtime_parse(out, pg_span_str(text));
}

static bool take_month(pg_bucket_t *out, const json_t *month)
{
    const json_t *families = json_object_get(month, "by_family");

    if (!json_is_object(families) || !time_of(&out->start, month, "start")) {
        return false;
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        out->by_family[f] = number_of(
            json_object_get(families, pg_vocab_family((pg_family_e)f)));
        out->attempts += out->by_family[f];
    }
    return true;
}

static const char *take_months(pg_snapshot_t *out, const json_t *months,
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
    out->series[PG_PERIOD_MONTH] = (pg_series_t){ bucket, n };
    return NULL;
}

/* The sources listed; a file without them has no countries. */
static void take_sources(pg_snapshot_t *out, const json_t *entries,
                         apr_pool_t *pool)
{
    apr_size_t n = json_array_size(entries);
    pg_top_entry_t *entry;

    if (n == 0) {
        return;
    }
    entry = apr_pcalloc(pool, n * sizeof(*entry));
    for (apr_size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(entries, i);
        const char *key = json_string_value(json_object_get(one, "key"));

        entry[i].key.octets = pg_span_str(key ? apr_pstrdup(pool, key) : NULL);
        entry[i].count = number_of(json_object_get(one, "count"));
    }
    out->top[PG_TOP_SOURCES] = (pg_top_t){ .entry = entry, .n = n };
}

/* Without these, "since" and "now" bound the covered time. */
static void take_covered(pg_snapshot_t *out, const json_t *covered,
                         apr_pool_t *pool)
{
    apr_size_t n = json_array_size(covered);
    pg_watched_t *watched;
    pg_range_t *range;

    if (n == 0) {
        return;
    }
    range = apr_pcalloc(pool, n * sizeof(*range));
    watched = apr_pcalloc(pool, n * sizeof(*watched));
    for (apr_size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(covered, i);
        json_int_t by = json_integer_value(json_object_get(one, "ledgers"));

        if (!time_of(&range[i].from, one, "from")
            || !time_of(&range[i].to, one, "to")) {
            return;
        }
        watched[i] = (pg_watched_t){ .time = range[i],
                                     .by = by > 1 ? (apr_size_t)by : 1 };
    }
    out->covered = range;
    out->watched = watched;
    out->covered_count = out->watched_count = n;
}

static const char *from_json(const pg_snapshot_t **out, FILE *from,
                             apr_pool_t *pool)
{
    json_t *doc = json_loadf(from, 0, NULL);
    pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));
    const char *wrong;

    if (doc == NULL) {
        return "begins like JSON, but is not well-formed";
    }
    wrong = take_months(s, json_object_get(json_object_get(doc, "history"),
                                           "months"), pool);
    (void)time_of(&s->taken, doc, "now");
    if (!time_of(&s->since, doc, "since")) {
        s->since = s->taken;
    }
    take_covered(s, json_object_get(doc, "covered"), pool);
    s->taken = pg_clireport_end(s);
    take_sources(s, json_object_get(json_object_get(json_object_get(
                        doc, "top"), "sources"), "entries"), pool);
    json_decref(doc);
    *out = s;
    return wrong;
}

/* The file if it is JSON, at its '{'; else NULL. It is opened only once: it
 * may be a pipe. */
static FILE *open_json(const char *path)
{
    FILE *file = fopen(path, "re");
    int c;

    do {
        c = file ? fgetc(file) : EOF;
    } while (c == ' ' || c == '\t' || c == '\n' || c == '\r');
    if (c == '{') {
        ungetc(c, file);
        return file;
    }
    if (file) {
        fclose(file);
    }
    return NULL;
}

/* --- arguments ----------------------------------------------------------- */

static int read_file(const pg_cli_t *cli, pg_sensor_t *sensor,
                     const char *path)
{
    FILE *json = open_json(path);
    pg_snapshot_t *snapshot;
    const char *wrong;
    int status;

    if (json) {
        wrong = from_json(&sensor->s, json, cli->pool);
        fclose(json);
        if (wrong) {
            pg_cli_say(cli, "%s %s", path, wrong);
        }
        return wrong ? PG_EXIT_DATA : 0;
    }
    status = pg_clireport_ledger(cli, &snapshot, path, cli->now, cli->pool);
    sensor->s = status ? NULL : snapshot;
    return status;
}

static int read_one(const pg_cli_t *cli, pg_sensors_t *all,
                    pg_sensor_t *sensor, const char *argument, bool nameless)
{
    const char *equals = strchr(argument, '=');

    if (equals == NULL && nameless) {
        sensor->name = "";
        return read_file(cli, sensor, argument);
    }
    if (equals == NULL || equals == argument || equals[1] == '\0') {
        return pg_cli_usage(cli, "'%s' is not NAME=FILE", argument);
    }
    sensor->name = apr_pstrmemdup(cli->pool, argument,
                                  (apr_size_t)(equals - argument));
    for (const pg_sensor_t *other = all->sensor; other < sensor; other++) {
        if (strcmp(other->name, sensor->name) == 0) {
            return pg_cli_usage(cli, "two sensors are named '%s'; each needs "
                                "a name of its own", sensor->name);
        }
    }
    return read_file(cli, sensor, equals + 1);
}

/* "A" to "Z", "AA", "AB" and so on. */
static const char *letters(int n, apr_pool_t *pool)
{
    const char *last = apr_psprintf(pool, "%c", 'A' + n % 26);

    return n < 26 ? last
                  : apr_pstrcat(pool, letters(n / 26 - 1, pool), last, NULL);
}

static void mask(pg_sensor_t *sensor, int n, apr_pool_t *pool)
{
    for (int s = 0; s < n; s++) {
        if (*sensor[s].name) {
            sensor[s].name = letters(s, pool);
        }
    }
}

int pg_sensorfile_arguments(const pg_cli_t *cli, pg_sensors_t *out,
                            const pg_view_t *view, bool nameless)
{
    int n = cli->argc - optind;
    pg_sensor_t *sensor;
    int status = 0;

    if (n < 1) {
        return pg_cli_usage(cli, "at least one NAME=FILE is needed");
    }
    sensor = apr_pcalloc(cli->pool, sizeof(*sensor) * (apr_size_t)n);
    *out = (pg_sensors_t){ .sensor = sensor, .n = n, .since = view->since,
                           .until = view->until, .now = cli->now };
    for (int s = 0; s < n && status == 0; s++) {
        status = read_one(cli, out, &sensor[s], cli->argv[optind + s],
                          nameless && n == 1);
    }
    if (view->mask && status == 0) {
        mask(sensor, n, cli->pool);
    }
    if (status == 0) {
        pg_sensors_align(out);
    }
    return status;
}
