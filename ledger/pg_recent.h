/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The last attempts, with their evidence, in entries of 1 KiB.
 *
 * A ring holds the last ones whatever their class. Noise of one class would
 * push all others out of it, so each class has some entries in reserve, too,
 * of which one source gets a quarter at most, and so does one target: the
 * oldest of that source or target, or else the oldest of all, makes room.
 *
 * A writer claims an entry, writes it with a keyed hash over all of it, and
 * gives the claim back; nobody waits for anybody. An entry that was left half
 * written does not have its hash and is passed over until its turn comes.
 *
 * In a flood the ring would hold the last milliseconds, at the price of
 * copying text all the time. So an entry is not overwritten before it is
 * 10 ms old: the ring holds the last attempts as long as no more than its
 * size come in 10 ms, and a sample of them while they do. */
#ifndef PG_RECENT_H
#define PG_RECENT_H

#include "pg_layout.h"

/** A number that tells an attempt from others of the same moment; never 0. */
apr_uint32_t pg_recent_serial(const pg_ledger_t *ledger);

/** Remember one attempt. */
void pg_recent_add(pg_ledger_t *ledger, const pg_event_t *event,
                   apr_time_t now, apr_uint32_t serial);

/** Write it anew, where it is remembered still. */
void pg_recent_amend(pg_ledger_t *ledger, const pg_event_t *event,
                     apr_time_t now, apr_uint32_t serial);

/** Fill recent and recent_count, newest first. */
void pg_recent_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool);

/** Put one ledger's entries into another, older ones first. */
void pg_recent_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_time_t now, apr_pool_t *pool);

#endif
