/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Is somebody trying, and more than before? Figures from a snapshot's history,
 * for the renderers to put into words. Requests whose only sign is a foreign
 * Host are left out: any stale DNS record causes them. Pure. */
#ifndef PG_TREND_H
#define PG_TREND_H

#include "pg_snapshot.h"

typedef enum pg_pace_e {
    PG_PACE_UNKNOWN,         /* nothing to compare with yet               */
    PG_PACE_NONE,            /* none now                                  */
    PG_PACE_FEWER,
    PG_PACE_USUAL,
    PG_PACE_MORE
} pg_pace_e;

/** How one month compares with another; the order of the catalogue's rows. */
typedef enum pg_change_e {
    PG_CHANGE_NEW,           /* there were none before                    */
    PG_CHANGE_MANIFOLD,      /* more than three times as many             */
    PG_CHANGE_DOUBLED,       /* more than twice as many                   */
    PG_CHANGE_RISEN,
    PG_CHANGE_SAME,          /* within a tenth                            */
    PG_CHANGE_UNSURE,        /* by more, but within chance                */
    PG_CHANGE_FALLEN,
    PG_CHANGE_HALVED,        /* less than half as many                    */
    PG_CHANGE_GONE,          /* there are none any more                   */
    PG_CHANGE_COUNT
} pg_change_e;

/** A number that may not be known. */
typedef struct pg_figure_t {
    bool known;
    bool uneven;             /* known, but not of as many ledgers         */
    apr_uint64_t n;
} pg_figure_t;

/** Two months, family by family. */
typedef struct pg_course_t {
    bool known;              /* practically all of both was watched       */
    bool uneven;             /* they were, but not by as many ledgers of
                                those that were merged                    */
    apr_time_t month;        /* the last one that is over                 */
    apr_time_t before;       /* the one it is compared with               */
    apr_uint64_t now[PG_FAMILY_COUNT], then[PG_FAMILY_COUNT];
    pg_change_e change[PG_FAMILY_COUNT];
} pg_course_t;

typedef struct pg_trend_t {
    apr_uint64_t hour;       /* attempts in the last 60 minutes           */
    double usual;            /* attempts an hour, mean over `hours`       */
    apr_size_t hours;        /* complete hours before it; up to 14 days   */
    pg_pace_e pace;          /* the last 60 minutes against the usual     */

    apr_uint64_t month;      /* this month, so far                        */
    int days;                /* days of it that have begun                */
    pg_figure_t last_month;  /* the same days of the month before         */
    pg_figure_t last_year;   /* the same days of this month a year ago    */
    pg_pace_e monthly;       /* this month against the one before         */

    pg_course_t year;        /* last month against the same a year before */
    pg_course_t months;      /* last month against the one before it      */

    apr_uint64_t hosts;      /* foreign Hosts in the last 24 hours        */
} pg_trend_t;

/** How many whole hours are needed before a pace can be "usual". */
#define PG_TREND_HOURS_MIN 24

/**
 * Draw the figures from a snapshot.
 *
 * The pace is "more" or "fewer" only when the last hour is two standard
 * deviations away from the mean of the whole hours before it (and at least
 * two of a Poisson process), so that a quiet server's single attempt does
 * not raise an alarm. Times that were not watched are not compared with.
 */
void pg_trend_of(pg_trend_t *out, const pg_snapshot_t *s);

apr_uint64_t pg_trend_attempts(const pg_snapshot_t *s);

/**
 * How `now` compares with `then`. A change is one only if it is a tenth at
 * least, and two standard deviations of the difference of two Poisson counts,
 * 2 sqrt(now + then); "doubled" and the like mean that the ratio itself is
 * exceeded.
 */
pg_change_e pg_trend_change(apr_uint64_t now, apr_uint64_t then);

/** Compare two months of a snapshot, given their first instants. */
void pg_trend_compare(pg_course_t *out, const pg_snapshot_t *s,
                      apr_time_t month, apr_time_t before);

/** How much of a month a snapshot covers: all, or up to its own end. */
typedef enum pg_reached_e {
    PG_REACHED_WHOLE,
    PG_REACHED_SO_FAR,           /* the month is not over yet             */
    PG_REACHED_END               /* the month is over, the records end in
                                    it                                    */
} pg_reached_e;

/** @param now the present; `taken` of old records is not */
pg_reached_e pg_trend_reached(const pg_snapshot_t *s, apr_time_t month,
                              apr_time_t now);

/** First instant of the month `back` months before the one of t. */
apr_time_t pg_trend_month(apr_time_t t, int back);

/** The bucket that begins then; NULL: the series has none. */
const pg_bucket_t *pg_trend_bucket(const pg_series_t *series, apr_time_t t);

/** Attempts of each class that began within the last `window` microseconds, to
 *  the precision of the finest history that goes back that far.
 *  @param out  per class
 *  @return their sum */
apr_uint64_t pg_trend_window(apr_uint64_t out[PG_CLASS_COUNT],
                             const pg_snapshot_t *s, apr_time_t window);

#endif
