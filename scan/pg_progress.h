/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How far a long scan has come, on one line of the terminal that is
 * overwritten; nothing at all when standard error is not a terminal. */
#ifndef PG_PROGRESS_H
#define PG_PROGRESS_H

#include <stdbool.h>

#include <apr_time.h>

typedef struct pg_progress_t {
    bool on;
    bool shown;
    apr_time_t begun;            /* us on the monotonic clock             */
    apr_uint64_t total;          /* octets; 0 = not known                 */
} pg_progress_t;

/** Begin. @param wanted if not, or without a terminal, nothing is shown */
void pg_progress_begin(pg_progress_t *progress, bool wanted,
                       apr_uint64_t total);

/** Show; silent for the first second, for the sake of short scans. */
void pg_progress_show(pg_progress_t *progress, apr_uint64_t done);

/** Wipe the line. */
void pg_progress_end(pg_progress_t *progress);

#endif
