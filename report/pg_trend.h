/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Is somebody trying, and more than before? Figures drawn from a snapshot's
 * history, for the renderers to put into words (seed F12). Pure. */
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

/** A number that may not be known. */
typedef struct pg_figure_t {
    bool known;
    apr_uint64_t n;
} pg_figure_t;

typedef struct pg_trend_t {
    apr_uint64_t hour;       /* attempts in the last 60 minutes           */
    double usual;            /* attempts an hour, mean over `hours`       */
    apr_size_t hours;        /* whole hours behind it; up to 14 days      */
    pg_pace_e pace;          /* the last 60 minutes against the usual     */

    apr_uint64_t month;      /* this month, so far                        */
    int days;                /* days of it that have begun                */
    pg_figure_t last_month;  /* the same days of the month before         */
    pg_figure_t last_year;   /* the same days of this month a year ago    */
    pg_pace_e monthly;       /* this month against the one before         */
} pg_trend_t;

/** How many whole hours are needed before a pace can be "usual". */
#define PG_TREND_HOURS_MIN 24

/**
 * Draw the figures from a snapshot.
 *
 * The pace is "more" or "fewer" only when the last hour is two standard
 * deviations away from the mean of the whole hours before it (and at least
 * two of a Poisson process), so that a quiet server's single attempt is no
 * alarm.
 */
void pg_trend_of(pg_trend_t *out, const pg_snapshot_t *s);

/** Attempts of each class that began within the last `window` microseconds,
 *  to the precision of the finest history that goes back so far.
 *  @param out  per class
 *  @return their sum */
apr_uint64_t pg_trend_window(apr_uint64_t out[PG_CLASS_COUNT],
                             const pg_snapshot_t *s, apr_time_t window);

#endif
