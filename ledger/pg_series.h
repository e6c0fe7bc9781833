/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The history: four rings of cells, one row for each minute, hour, day and
 * month, one column for each kind.
 *
 * Rows are cells (pg_cell.h); the tag says which turn of the ring a count
 * belongs to. So a ring needs no resetting as time passes, and counts are
 * exact.
 *
 * Shown are the buckets from (now - shown) to now. Buckets in the future, from
 * a clock that was wrong for a while, are not shown, and are replaced when
 * their time comes. */
#ifndef PG_SERIES_H
#define PG_SERIES_H

#include "pg_layout.h"

/** Number of the minute, hour, day or month (counted from January 1970, UTC)
 *  that an instant lies in; -1 for one before 1970 or after year 9999. */
apr_int64_t pg_series_number(pg_period_e period, apr_time_t time);

/** First instant of a bucket that is not negative. */
apr_time_t pg_series_start(pg_period_e period, apr_int64_t bucket);

/**
 * Count one attempt of a kind at an instant, in each period whose ring still
 * reaches back to it from now.
 * @param now  the present; not before time in ordinary use
 */
void pg_series_add(pg_lane_t *lane, unsigned kind, apr_time_t time,
                   apr_time_t now);

/** All four series, out of all lanes. */
void pg_series_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool);

/** Add what one ledger's history shows at now to another's lane 0. */
void pg_series_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_time_t now);

#endif
