/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_trend.h"

#include <math.h>

#include "pg_calendar.h"
#include "pg_covered.h"

#define SECONDS(n) apr_time_from_sec(n)
#define HOUR SECONDS(3600)
#define DAY SECONDS(86400)

/* A ledger may be read while it is written: a part can exceed the sum. */
static apr_uint64_t without(apr_uint64_t all, apr_uint64_t hosts)
{
    return all > hosts ? all - hosts : 0;
}

/* What counts here of a bucket, and of a snapshot: all families except foreign
 * Host. */
static apr_uint64_t counted(const pg_bucket_t *bucket)
{
    return without(bucket->attempts, bucket->by_family[PG_FAMILY_HOST]);
}

apr_uint64_t pg_trend_attempts(const pg_snapshot_t *s)
{
    return without(s->attempts, s->by_family[PG_FAMILY_HOST]);
}

static apr_uint64_t hosts_of_a_day(const pg_snapshot_t *s)
{
    const pg_series_t *hours = &s->series[PG_PERIOD_HOUR];
    apr_uint64_t sum = 0;

    for (apr_size_t i = 0; i < hours->n; i++) {
        if (hours->bucket[i].start > s->taken - DAY) {
            sum += hours->bucket[i].by_family[PG_FAMILY_HOST];
        }
    }
    return sum;
}

/* --- the last hour against the usual ------------------------------------- */

static apr_uint64_t last_hour(const pg_snapshot_t *s)
{
    const pg_series_t *minutes = &s->series[PG_PERIOD_MINUTE];
    apr_uint64_t sum = 0;

    for (apr_size_t i = 0; i < minutes->n; i++) {
        if (minutes->bucket[i].start > s->taken - HOUR) {
            sum += counted(&minutes->bucket[i]);
        }
    }
    return sum;
}

/* Mean and standard deviation of the complete hours that were watched by as
 * many ledgers as the last one. */
static double usual_hours(pg_trend_t *out, const pg_snapshot_t *s)
{
    const pg_series_t *hours = &s->series[PG_PERIOD_HOUR];
    apr_size_t by = pg_covered_by(s, s->taken - HOUR, s->taken);
    double sum = 0, squares = 0, n;

    for (apr_size_t i = 0; by && i + 1 < hours->n; i++) {
        const pg_bucket_t *b = &hours->bucket[i];

        if (pg_covered_whole(s, b->start, b->start + HOUR)
            && pg_covered_by(s, b->start, b->start + HOUR) == by) {
            double x = (double)counted(b);
            sum += x;
            squares += x * x;
            out->hours++;
        }
    }
    if (out->hours == 0) {
        return 0;
    }
    n = (double)out->hours;
    out->usual = sum / n;
    return sqrt(fmax(0, squares / n - out->usual * out->usual));
}

/* Does the history by minutes go back an hour, if that matters at all? */
static bool knows_hour(const pg_snapshot_t *s)
{
    const pg_series_t *minutes = &s->series[PG_PERIOD_MINUTE];

    return s->attempts == 0
           || (minutes->n && minutes->bucket->start <= s->taken - HOUR);
}

static pg_pace_e pace_of(const pg_trend_t *t, double deviation)
{
    double margin = 2 * fmax(deviation, sqrt(t->usual));

    if (t->hour == 0) {
        return PG_PACE_NONE;
    }
    if (t->hours < PG_TREND_HOURS_MIN) {
        return PG_PACE_UNKNOWN;
    }
    if ((double)t->hour > t->usual + margin) {
        return PG_PACE_MORE;
    }
    return (double)t->hour < t->usual - margin ? PG_PACE_FEWER
                                               : PG_PACE_USUAL;
}

/* --- this month against others ------------------------------------------- */

apr_time_t pg_trend_month(apr_time_t t, int back)
{
    apr_int64_t month = pg_calendar_month(apr_time_sec(t) / 86400) - back;

    return SECONDS(86400 * pg_calendar_month_start(month));
}

pg_reached_e pg_trend_reached(const pg_snapshot_t *s, apr_time_t month,
                              apr_time_t now)
{
    apr_time_t end = pg_trend_month(month, -1);

    if (s->taken >= end) {
        return PG_REACHED_WHOLE;
    }
    if (end > now) {
        return PG_REACHED_SO_FAR;
    }
    /* A log that ends in the last hours of a month covers the month; one that
     * ended before does not. */
    return s->taken <= month || pg_covered_whole(s, month, end)
               ? PG_REACHED_WHOLE : PG_REACHED_END;
}

/* Attempts in [from, to) by the history of days; unknown unless practically
 * all of it was watched. */
static pg_figure_t days_between(const pg_snapshot_t *s, apr_time_t from,
                                apr_time_t to)
{
    const pg_series_t *days = &s->series[PG_PERIOD_DAY];
    pg_figure_t out = { .known = false };

    if (days->n == 0 || days->bucket[0].start > from
        || !pg_covered_whole(s, from, to < s->taken ? to : s->taken)) {
        return out;
    }
    out.known = true;
    for (apr_size_t i = 0; i < days->n; i++) {
        if (days->bucket[i].start >= from && days->bucket[i].start < to) {
            out.n += counted(&days->bucket[i]);
        }
    }
    return out;
}

/* Where the months end. Those of old records are UTC months in every zone, and
 * may end before the zone's own month begins. */
static apr_time_t reach_of(const pg_snapshot_t *s)
{
    const pg_series_t *months = &s->series[PG_PERIOD_MONTH];
    apr_time_t end = months->n
        ? pg_trend_month(months->bucket[months->n - 1].start, -1) : s->taken;

    return s->taken < end ? s->taken : end - (months->n > 0);
}

/* The first `days` days of a month, or all of a shorter one; uneven when the
 * number of ledgers watching was not that of this month. */
static pg_figure_t month_part(const pg_snapshot_t *s, int back, int days)
{
    pg_figure_t out;
    apr_time_t from = pg_trend_month(reach_of(s), back);
    apr_time_t next = pg_trend_month(reach_of(s), back - 1);
    apr_time_t to = from + days * DAY;

    to = to < next ? to : next;
    out = days_between(s, from, to);
    out.uneven = out.known
                 && !pg_covered_alike(s, from, to,
                                      pg_trend_month(reach_of(s), 0),
                                      s->taken);
    out.known = out.known && !out.uneven;
    return out;
}

/* @param before  what last month had after as many days and hours */
static pg_pace_e monthly_pace(const pg_trend_t *t, double before)
{
    double now = (double)t->month;
    /* A tenth, and beyond chance. */
    double margin = fmax(before / 10, 2 * sqrt(before));

    if (!t->last_month.known) {
        return PG_PACE_UNKNOWN;
    }
    if (t->month == 0) {
        return PG_PACE_NONE;
    }
    if (now > before + margin) {
        return PG_PACE_MORE;
    }
    return now < before - margin ? PG_PACE_FEWER : PG_PACE_USUAL;
}

/* A day that is not over is compared with as much of its counterpart: ten
 * minutes after midnight on the 1st, a whole day would always be more. */
static double so_far(const pg_snapshot_t *s, const apr_time_exp_t *x,
                     apr_uint64_t with_today)
{
    double over = (x->tm_hour * 60 + x->tm_min) / (24.0 * 60);
    apr_uint64_t whole = month_part(s, 1, x->tm_mday - 1).n;

    return (double)whole + over * ((double)with_today - (double)whole);
}

static void months(pg_trend_t *out, const pg_snapshot_t *s)
{
    const pg_series_t *series = &s->series[PG_PERIOD_MONTH];
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, reach_of(s));
    out->days = x.tm_mday;
    if (series->n) {
        out->month = counted(&series->bucket[series->n - 1]);
    }
    out->last_month = month_part(s, 1, x.tm_mday);
    out->last_year = month_part(s, 12, x.tm_mday);
    /* Perhaps only two minutes of it were watched. */
    out->monthly = pg_covered_whole(s, pg_trend_month(reach_of(s), 0),
                                    s->taken)
        ? monthly_pace(out, so_far(s, &x, out->last_month.n))
        : PG_PACE_UNKNOWN;
}

/* --- whole months, family by family -------------------------------------- */

pg_change_e pg_trend_change(apr_uint64_t now, apr_uint64_t then)
{
    double a = (double)now, b = (double)then;

    if (fabs(a - b) <= b / 10) {
        return PG_CHANGE_SAME;
    }
    if (fabs(a - b) <= 2 * sqrt(a + b)) {
        return PG_CHANGE_UNSURE;
    }
    if (then == 0) {
        return PG_CHANGE_NEW;
    }
    if (now == 0) {
        return PG_CHANGE_GONE;
    }
    if (a > b) {
        return a > 3 * b ? PG_CHANGE_MANIFOLD
               : a > 2 * b ? PG_CHANGE_DOUBLED : PG_CHANGE_RISEN;
    }
    return 2 * a < b ? PG_CHANGE_HALVED : PG_CHANGE_FALLEN;
}

const pg_bucket_t *pg_trend_bucket(const pg_series_t *series, apr_time_t t)
{
    for (apr_size_t i = 0; i < series->n; i++) {
        if (series->bucket[i].start == t) {
            return &series->bucket[i];
        }
    }
    return NULL;
}

void pg_trend_compare(pg_course_t *out, const pg_snapshot_t *s,
                      apr_time_t month, apr_time_t before)
{
    const pg_series_t *months = &s->series[PG_PERIOD_MONTH];
    const pg_bucket_t *now = pg_trend_bucket(months, month);
    const pg_bucket_t *then = pg_trend_bucket(months, before);

    *out = (pg_course_t){ .month = month, .before = before };
    if (now == NULL || then == NULL
        || !pg_covered_whole(s, month, pg_trend_month(month, -1))
        || !pg_covered_whole(s, before, pg_trend_month(before, -1))) {
        return;
    }
    out->uneven = !pg_covered_alike(s, month, pg_trend_month(month, -1),
                                    before, pg_trend_month(before, -1));
    out->known = !out->uneven;
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        out->now[f] = now->by_family[f];
        out->then[f] = then->by_family[f];
        out->change[f] = pg_trend_change(out->now[f], out->then[f]);
    }
}

void pg_trend_of(pg_trend_t *out, const pg_snapshot_t *s)
{
    double deviation;

    *out = (pg_trend_t){ .hour = last_hour(s) };
    deviation = usual_hours(out, s);
    out->pace = knows_hour(s) ? pace_of(out, deviation) : PG_PACE_UNKNOWN;
    months(out, s);
    out->hosts = hosts_of_a_day(s);
    pg_trend_compare(&out->year, s, pg_trend_month(reach_of(s), 1),
                     pg_trend_month(reach_of(s), 13));
    pg_trend_compare(&out->months, s, pg_trend_month(reach_of(s), 1),
                     pg_trend_month(reach_of(s), 2));
}

/* --- a window ------------------------------------------------------------ */

apr_uint64_t pg_trend_window(apr_uint64_t out[PG_CLASS_COUNT],
                             const pg_snapshot_t *s, apr_time_t window)
{
    const pg_series_t *series = &s->series[0];
    apr_time_t from = s->taken - window;
    apr_uint64_t sum = 0;

    memset(out, 0, PG_CLASS_COUNT * sizeof(*out));
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        series = &s->series[p];
        if (series->n && series->bucket[0].start <= from) {
            break;
        }
    }
    for (apr_size_t i = 0; i < series->n; i++) {
        if (series->bucket[i].start > from) {
            for (int c = 0; c < PG_CLASS_COUNT; c++) {
                out[c] += series->bucket[i].by_class[c];
            }
            sum += series->bucket[i].attempts;
        }
    }
    return sum;
}
