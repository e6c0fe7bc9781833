/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The memory of the guard: one flat, versioned block that every process
 * shares, in a file on tmpfs mapped MAP_SHARED, or on the heap. The layout is
 * drawn in pg_layout.h. Readers see it through pg_snapshot.h only. */
#ifndef PG_LEDGER_H
#define PG_LEDGER_H

#include <apr_pools.h>

#include "pg_event.h"
#include "pg_snapshot.h"

typedef struct pg_ledger_t pg_ledger_t;

/** How an opening went, for the glue to say. */
typedef enum pg_opened_e {
    PG_OPENED_NEW,           /* created empty                             */
    PG_OPENED_KEPT,          /* counts go on                              */
    PG_OPENED_REPLACED,      /* created empty; the old file kept aside    */
    PG_OPENED_FAILED
} pg_opened_e;

typedef struct pg_opening_t {
    pg_opened_e how;
    const char *why;         /* what was wrong with the old file, or with
                                the path; NULL when nothing was           */
    const char *aside;       /* where the old file is kept; or NULL       */
    apr_size_t size;         /* octets mapped                             */
} pg_opening_t;

/**
 * Open the file at path, creating it when missing, and map it shared.
 *
 * A file that is no ledger, of another version, damaged, or of a wrong size
 * is renamed beside itself, never overwritten. A symbolic link, FIFO,
 * directory or other user's file is refused. The mapping lives as long as
 * pool; children that were forked keep theirs.
 *
 * @param out      the ledger; untouched on failure
 * @param opening  written in full, also on failure; strings in pool
 * @param now      us since 1970; becomes "since" of a new ledger
 * @return APR_SUCCESS, or why the file cannot be used
 */
apr_status_t pg_ledger_open(pg_ledger_t **out, pg_opening_t *opening,
                            const char *path, apr_time_t now,
                            apr_pool_t *pool);

/** The same block in private memory, for the log scanner and for tests. */
apr_status_t pg_ledger_heap(pg_ledger_t **out, apr_time_t now,
                            apr_pool_t *pool);

/**
 * Count one attempt. Any process, any thread; no lock, no system call, no
 * allocation, bounded time. A kill at any instruction leaves a ledger that
 * reads correctly. An event with a clean verdict is ignored.
 */
void pg_ledger_record(pg_ledger_t *ledger, const pg_event_t *event);

/**
 * Count one request that a forward proxy carried for a client that its access
 * control permits: no attempt (seed F13), but no secret either.
 */
void pg_ledger_permit(pg_ledger_t *ledger, apr_time_t now);

/**
 * Copy what the ledger holds, never stopping a writer and trusting nothing
 * that a child could have scribbled.
 * @param out  allocated in pool, with everything it points to
 */
apr_status_t pg_ledger_snapshot(pg_snapshot_t **out, const pg_ledger_t *ledger,
                                apr_time_t now, apr_pool_t *pool);

#endif
