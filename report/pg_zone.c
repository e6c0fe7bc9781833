/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_zone.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "pg_trend.h"

#define HOUR apr_time_from_sec(3600)
#define DAY apr_time_from_sec(86400)

const char *pg_zone_name(char out[PG_ZONE_SIZE], const pg_report_t *report)
{
    int minutes = report->view.zone;

    apr_snprintf(out, PG_ZONE_SIZE, minutes ? "UTC%c%02d:%02d" : "UTC",
                 minutes < 0 ? '-' : '+', abs(minutes) / 60,
                 abs(minutes) % 60);
    return out;
}

static pg_bucket_t *copied(pg_series_t *series, apr_size_t more,
                           apr_pool_t *pool)
{
    pg_bucket_t *out = apr_pcalloc(pool, (series->n + more + 1)
                                         * sizeof(*out));

    if (series->n) {
        memcpy(out, series->bucket, series->n * sizeof(*out));
    }
    series->bucket = out;
    return out;
}

static void add(pg_bucket_t *to, const pg_bucket_t *from)
{
    to->attempts += from->attempts;
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        to->by_class[c] += from->by_class[c];
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        to->by_family[f] += from->by_family[f];
    }
}

/* A ledger may be read while it is written: a part can exceed the sum. */
static apr_uint64_t less(apr_uint64_t n, apr_uint64_t part)
{
    return n > part ? n - part : 0;
}

static void take(pg_bucket_t *to, const pg_bucket_t *from)
{
    to->attempts = less(to->attempts, from->attempts);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        to->by_class[c] = less(to->by_class[c], from->by_class[c]);
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        to->by_family[f] = less(to->by_family[f], from->by_family[f]);
    }
}

/* The sum of the hours in [from, to), which are shifted already. */
static pg_bucket_t sum_of(const pg_series_t *hours, apr_time_t from,
                          apr_time_t to)
{
    pg_bucket_t out = { .start = from };

    for (apr_size_t i = 0; i < hours->n; i++) {
        if (hours->bucket[i].start >= from && hours->bucket[i].start < to) {
            add(&out, &hours->bucket[i]);
        }
    }
    return out;
}

/* A series ends with the current period. */
static void end_at(pg_series_t *series, pg_bucket_t *bucket, apr_time_t start)
{
    while (series->n && bucket[series->n - 1].start > start) {
        series->n--;
    }
    if (series->n && bucket[series->n - 1].start < start) {
        memset(&bucket[series->n], 0, sizeof(*bucket));
        bucket[series->n++].start = start;
    }
}

static apr_time_t first_whole_day(const pg_series_t *hours)
{
    return hours->n ? (hours->bucket->start + DAY - 1) / DAY * DAY : 0;
}

static void days(pg_snapshot_t *s, apr_pool_t *pool)
{
    const pg_series_t *hours = &s->series[PG_PERIOD_HOUR];
    pg_series_t *series = &s->series[PG_PERIOD_DAY];
    pg_bucket_t *day = copied(series, 1, pool);
    apr_time_t from = first_whole_day(hours);

    if (hours->n && from <= s->taken / DAY * DAY) {
        end_at(series, day, s->taken / DAY * DAY);
    }
    for (apr_size_t i = 0; from && i < series->n; i++) {
        if (day[i].start >= from) {
            day[i] = sum_of(hours, day[i].start, day[i].start + DAY);
        }
    }
}

/* A UTC month begins `by` away from ours: what lies between is moved to the
 * other month. */
static void months(pg_snapshot_t *s, apr_time_t by, apr_pool_t *pool)
{
    const pg_series_t *hours = &s->series[PG_PERIOD_HOUR];
    pg_series_t *series = &s->series[PG_PERIOD_MONTH];
    pg_bucket_t *month = copied(series, 1, pool);
    apr_size_t last = series->n;

    while (last > 1 && month[last - 1].start > s->taken) {
        last--;                  /* it has begun in UTC only              */
    }
    if (last != series->n) {
        add(&month[last - 1], &month[last]);
        series->n = last;
    }
    if (hours->n
        && hours->bucket->start <= pg_trend_month(s->taken, 0)) {
        end_at(series, month, pg_trend_month(s->taken, 0));
    }
    for (apr_size_t i = 1; i < series->n; i++) {
        apr_time_t start = month[i].start;
        apr_time_t from = by > 0 ? start : start + by;
        pg_bucket_t moved = sum_of(hours, from,
                                   by > 0 ? start + by : start);

        if (hours->n && hours->bucket->start <= from) {
            (by > 0 ? add : take)(&month[i], &moved);
            (by > 0 ? take : add)(&month[i - 1], &moved);
        }
    }
}

static void move_fine(pg_series_t *series, apr_time_t by, apr_pool_t *pool)
{
    pg_bucket_t *bucket = copied(series, 0, pool);

    for (apr_size_t i = 0; i < series->n; i++) {
        bucket[i].start += by;
    }
}

static void move_captured(pg_capture_t *c, apr_time_t by, apr_pool_t *pool)
{
    pg_campaign_t *moved = apr_pcalloc(pool, (c->campaign_count + 1)
                                             * sizeof(*moved));

    for (apr_size_t i = 0; i < c->campaign_count; i++) {
        moved[i] = c->campaign[i];
        moved[i].first += by;
        moved[i].last += by;
    }
    c->campaign = moved;
    c->last += c->last ? by : 0;
}

static void move_lists(pg_snapshot_t *s, apr_time_t by, apr_pool_t *pool)
{
    pg_recent_t *recent = apr_pcalloc(pool, (s->recent_count + 1)
                                            * sizeof(*recent));
    pg_range_t *range = apr_pcalloc(pool, (s->covered_count + 1)
                                          * sizeof(*range));
    pg_watched_t *watched = apr_pcalloc(pool, (s->watched_count + 1)
                                              * sizeof(*watched));

    for (apr_size_t i = 0; i < s->watched_count; i++) {
        watched[i] = s->watched[i];
        watched[i].time.from += by;
        watched[i].time.to += by;
    }
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        recent[i] = s->recent[i];
        recent[i].time += by;
    }
    for (apr_size_t i = 0; i < s->covered_count; i++) {
        range[i] = (pg_range_t){ s->covered[i].from + by,
                                 s->covered[i].to + by };
    }
    s->recent = recent;
    s->covered = range;
    s->watched = watched;
}

static const pg_snapshot_t *moved(const pg_snapshot_t *from, apr_time_t by,
                                  apr_pool_t *pool)
{
    pg_snapshot_t *s = apr_pmemdup(pool, from, sizeof(*s));

    s->taken += by;
    s->since += by;
    s->first += s->first ? by : 0;
    s->last += s->last ? by : 0;
    move_lists(s, by, pool);
    move_captured(&s->capture, by, pool);
    move_fine(&s->series[PG_PERIOD_MINUTE], by, pool);
    move_fine(&s->series[PG_PERIOD_HOUR], by, pool);
    days(s, pool);
    months(s, by, pool);
    return s;
}

const pg_report_t *pg_zone_report(pg_report_t *room, const pg_report_t *report,
                                  apr_pool_t *pool)
{
    apr_time_t by = apr_time_from_sec(60) * report->view.zone;

    if (by == 0 || report->zoned) {
        return report;
    }
    *room = *report;
    room->now += by;
    if (report->ledger) {
        room->ledger = moved(report->ledger, by, pool);
    }
    return room;
}

apr_time_t pg_zone_first_day(const pg_report_t *zoned)
{
    const pg_snapshot_t *s = zoned->ledger;

    if (s == NULL || zoned->zoned) {
        return 0;
    }
    return s->series[PG_PERIOD_HOUR].n
               ? first_whole_day(&s->series[PG_PERIOD_HOUR])
               : (s->taken + DAY - 1) / DAY * DAY; /* none were recounted  */
}
