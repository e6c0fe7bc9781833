/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The last attempts, with their evidence, in a ring of entries of 1 KiB.
 *
 * A writer takes a number, claims the entry it falls on, writes it with a
 * keyed hash over all of it, and publishes it; nobody waits for anybody. An
 * entry that was left half written (its writer was killed, or overtaken)
 * does not have its hash and is passed over until its turn comes again.
 *
 * In a flood the ring would hold the last milliseconds, at the price of
 * copying text all the time. So an entry is not overwritten before it is
 * 10 ms old: the ring holds the last attempts as long as no more than its
 * size come in 10 ms, and a sample of them while they do. */
#ifndef PG_RECENT_H
#define PG_RECENT_H

#include "pg_layout.h"

/** Remember one attempt.
 *  @return its number, from 1; 0: it was passed over */
apr_uint64_t pg_recent_add(const pg_ledger_t *ledger, const pg_event_t *event,
                           apr_time_t now);

/** Write it anew, unless its entry is another's by now. */
void pg_recent_amend(const pg_ledger_t *ledger, apr_uint64_t number,
                     const pg_event_t *event);

/** Fill recent and recent_count, newest first. */
void pg_recent_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool);

/** Put one ledger's entries into another, older ones first. */
void pg_recent_merge(const pg_ledger_t *into, const pg_ledger_t *from,
                     apr_pool_t *pool);

#endif
