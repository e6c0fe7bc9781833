/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The times about which a snapshot says something. A period that nobody
 * watched had no known attempts, which is not the same as none. */
#ifndef PG_COVERED_H
#define PG_COVERED_H

#include "pg_snapshot.h"

/** How much of [from, to) was watched, 0 to 1; the future counts as not
 *  watched. */
double pg_covered_part(const pg_snapshot_t *s, apr_time_t from, apr_time_t to);

/** Was practically all of it watched: all but a twentieth, so that a restart
 *  does not make a month useless? */
bool pg_covered_whole(const pg_snapshot_t *s, apr_time_t from, apr_time_t to);

/** How many of the merged ledgers watched all but a twentieth of what was
 *  watched of [from, to); 0: their number varied. A lower count from fewer
 *  ledgers is not a decrease. */
apr_size_t pg_covered_by(const pg_snapshot_t *s, apr_time_t from,
                         apr_time_t to);

/** Can the counts of the two periods be compared? */
bool pg_covered_alike(const pg_snapshot_t *s, apr_time_t from, apr_time_t to,
                      apr_time_t other_from, apr_time_t other_to);

/** When watching began. */
apr_time_t pg_covered_since(const pg_snapshot_t *s);

/** First instant after the period that a bucket stands for. */
apr_time_t pg_covered_end(const pg_bucket_t *bucket, pg_period_e period);

#endif
