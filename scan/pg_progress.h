/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How far a long scan has come, on one line of the terminal that is
 * overwritten; nothing at all when standard error is no terminal. */
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

/** Begin. @param wanted  and a terminal is there: else nothing is shown */
void pg_progress_begin(pg_progress_t *progress, bool wanted,
                       apr_uint64_t total);

/** Show; quiet for the first second, so that short scans stay so. */
void pg_progress_show(pg_progress_t *progress, apr_uint64_t done);

/** Wipe the line. */
void pg_progress_end(pg_progress_t *progress);

#endif
