/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which time a ledger covers: when a server counted, and what logs that were
 * read tell of. Outside of it, no attempts means nothing.
 *
 * The first range of the table is that of the server that runs now: its
 * parent prolongs it every few seconds. The others are sorted and apart; when
 * there are too many, those closest to each other become one. Each has the
 * number of ledgers, merged into one, that watched at that time. */
#ifndef PG_RANGE_H
#define PG_RANGE_H

#include "pg_layout.h"

/** A server begins to count at now: goes on with the range of the last one if
 *  that ended a minute ago at most. */
void pg_range_begin(pg_ledger_t *ledger, apr_time_t now);

/** Where in the block the end of the range of the server is: for writing it
 *  through the file. */
#define PG_RANGE_END_AT \
    (PG_HEAD_ROOM + offsetof(pg_common_t, range) + sizeof(pg_word_t))

/** All from `from` to `to` is covered. */
void pg_range_add(pg_ledger_t *ledger, apr_time_t from, apr_time_t to);

/** The same for each range of another ledger. */
void pg_range_add_all(pg_ledger_t *ledger, const pg_ledger_t *other);

/** When the run of a server that counts into it began; 0: no server did. */
apr_time_t pg_range_run(const pg_ledger_t *ledger);

/** Fill covered and covered_count. */
void pg_range_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                   apr_pool_t *pool);

/** What either covers.
 *  @param beside  they are two servers', or two parts of one's history: where
 *                 both watched, their watchers add up */
void pg_range_merge(pg_ledger_t *into, const pg_ledger_t *from, bool beside);

#endif
