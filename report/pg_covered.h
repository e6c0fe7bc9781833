/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which times a snapshot can speak of. A period that nobody watched had no
 * attempts that we know of, which is not the same as none. */
#ifndef PG_COVERED_H
#define PG_COVERED_H

#include "pg_snapshot.h"

/** How much of [from, to) was watched, 0 to 1; what is still to come counts
 *  as not watched. */
double pg_covered_part(const pg_snapshot_t *s, apr_time_t from, apr_time_t to);

/** Was it watched as good as whole: all but a twentieth, so that a restart
 *  does not make a month useless? */
bool pg_covered_whole(const pg_snapshot_t *s, apr_time_t from, apr_time_t to);

/** By how many ledgers, merged into one, all but a twentieth of what was
 *  watched of [from, to) was watched; 0: by more at one time than at another.
 *  What fewer counted is not a fall. */
apr_size_t pg_covered_by(const pg_snapshot_t *s, apr_time_t from,
                         apr_time_t to);

/** Can the counts of one period be compared with those of the other? */
bool pg_covered_alike(const pg_snapshot_t *s, apr_time_t from, apr_time_t to,
                      apr_time_t other_from, apr_time_t other_to);

/** When watching began. */
apr_time_t pg_covered_since(const pg_snapshot_t *s);

/** First instant after the period that a bucket stands for. */
apr_time_t pg_covered_end(const pg_bucket_t *bucket, pg_period_e period);

#endif
