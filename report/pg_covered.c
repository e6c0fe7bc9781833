/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_covered.h"

#include "pg_calendar.h"

#define WHOLE 0.95

static apr_time_t overlap(apr_time_t from, apr_time_t to,
                          const pg_range_t *range)
{
    from = from > range->from ? from : range->from;
    to = to < range->to ? to : range->to;
    return to > from ? to - from : 0;
}

double pg_covered_part(const pg_snapshot_t *s, apr_time_t from, apr_time_t to)
{
    pg_range_t all = { s->since, s->taken };
    const pg_range_t *range = s->covered_count ? s->covered : &all;
    apr_size_t n = s->covered_count ? s->covered_count : 1;
    apr_time_t sum = 0;

    for (apr_size_t i = 0; i < n; i++) {
        sum += overlap(from, to, &range[i]);
    }
    return to > from ? (double)sum / (double)(to - from) : 0;
}

bool pg_covered_whole(const pg_snapshot_t *s, apr_time_t from, apr_time_t to)
{
    return pg_covered_part(s, from, to) >= WHOLE;
}

/* How much of [from, to) was watched by exactly `by`; 0: by any number. */
static apr_time_t time_by(const pg_snapshot_t *s, apr_time_t from,
                          apr_time_t to, apr_size_t by)
{
    apr_time_t sum = 0;

    for (apr_size_t i = 0; i < s->watched_count; i++) {
        if (by == 0 || s->watched[i].by == by) {
            sum += overlap(from, to, &s->watched[i].time);
        }
    }
    return sum;
}

apr_size_t pg_covered_by(const pg_snapshot_t *s, apr_time_t from,
                         apr_time_t to)
{
    double all = (double)time_by(s, from, to, 0);

    for (apr_size_t i = 0; i < s->watched_count; i++) {
        apr_size_t by = s->watched[i].by;
        if (overlap(from, to, &s->watched[i].time) > 0
            && (double)time_by(s, from, to, by) >= WHOLE * all) {
            return by;
        }
    }
    return all > 0 ? 0 : 1;
}

bool pg_covered_alike(const pg_snapshot_t *s, apr_time_t from, apr_time_t to,
                      apr_time_t other_from, apr_time_t other_to)
{
    apr_size_t by = pg_covered_by(s, from, to);

    return by && by == pg_covered_by(s, other_from, other_to);
}

apr_time_t pg_covered_since(const pg_snapshot_t *s)
{
    return s->covered_count ? s->covered[0].from : s->since;
}

apr_time_t pg_covered_end(const pg_bucket_t *bucket, pg_period_e period)
{
    static const apr_time_t seconds[PG_PERIOD_COUNT] = {
        [PG_PERIOD_MINUTE] = 60, [PG_PERIOD_HOUR] = 3600,
        [PG_PERIOD_DAY] = 86400
    };
    apr_int64_t day = apr_time_sec(bucket->start) / 86400;

    return period == PG_PERIOD_MONTH
        ? apr_time_from_sec(86400 * pg_calendar_month_start(
                                pg_calendar_month(day) + 1))
        : bucket->start + apr_time_from_sec(seconds[period]);
}
