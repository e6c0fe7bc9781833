/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The time that a ledger covers: when a server counted, and the time of logs
 * that were read. Outside of it, "no attempts" means nothing.
 *
 * The first range of the table is that of the server that runs now: its parent
 * extends it every few seconds. The others are sorted and disjoint; when there
 * are too many, the closest ones are joined. Each has the number of merged
 * ledgers that watched at that time. */
#ifndef PG_RANGE_H
#define PG_RANGE_H

#include "pg_layout.h"

/** A server begins to count at now: continues the previous one's range if that
 *  ended a minute ago at most. */
void pg_range_begin(pg_ledger_t *ledger, apr_time_t now);

/** Offset in the block of the end of the server's range, for writing it by the
 *  file's descriptor. */
#define PG_RANGE_END_AT \
    (PG_HEAD_ROOM + offsetof(pg_common_t, range) + sizeof(pg_word_t))

/** All from `from` to `to` is covered. */
void pg_range_add(pg_ledger_t *ledger, apr_time_t from, apr_time_t to);

/** The same for each range of another ledger. */
void pg_range_add_all(pg_ledger_t *ledger, const pg_ledger_t *other);

/** When the run of the server that counts in it began; 0: there is none. */
apr_time_t pg_range_run(const pg_ledger_t *ledger);

/** Fill covered and covered_count. */
void pg_range_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                   apr_pool_t *pool);

/** Unite what both cover.
 *  @param beside  true: of two servers, whose watchers add up where both
 *                 watched; false: two parts of one server's history */
void pg_range_merge(pg_ledger_t *into, const pg_ledger_t *from, bool beside);

#endif
