/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The sink's part of the ledger: the conversations under way, and the results
 * of those that ended.
 *
 * A slot is one word: a deadline and a hash of the source. It is claimed by
 * compare and swap when it is empty or its deadline has passed, so the slot of
 * a killed process becomes free by itself; a counter would leak. */
#ifndef PG_SLOTS_H
#define PG_SLOTS_H

#include "pg_capture.h"
#include "pg_ledger.h"

enum { PG_SLOTS_MOST = 64 };

/** How many conversations there may be. */
typedef struct pg_slots_limit_t {
    unsigned conversations;      /* at a time, up to PG_SLOTS_MOST        */
    unsigned source;             /* of one source: an IPv4 address, or an
                                    IPv6 /64                              */
    unsigned seconds;            /* each may last                         */
} pg_slots_limit_t;

/** A slot that is held. */
typedef struct pg_slot_t {
    unsigned at;
    apr_uint64_t word;
} pg_slot_t;

/**
 * Take a slot. Any process, any thread; no lock.
 * @param source  16 octets, IPv4 as ::ffff:a.b.c.d
 * @return false: all are taken, or as many as one source may have
 */
bool pg_slots_take(pg_slot_t *out, pg_ledger_t *ledger,
                   const pg_slots_limit_t *limit,
                   const unsigned char source[16], apr_time_t now);

/** Give it back; nothing happens if it has expired and is another's. */
void pg_slots_give(pg_ledger_t *ledger, const pg_slot_t *slot);

/** Set the number of slots; 0: there is no sink. */
void pg_slots_allow(pg_ledger_t *ledger, unsigned most);

/** How many are held. */
unsigned pg_slots_held(const pg_ledger_t *ledger, apr_time_t now);

/** Count how a conversation ended, and what became of a mail. */
void pg_slots_ended(pg_ledger_t *ledger, pg_end_e end);
void pg_slots_kept(pg_ledger_t *ledger, pg_keep_e keep, apr_time_t now);

/** Note the size of the spool. @return true: it has just reached 80 % of its
 *  limit */
bool pg_slots_spool(pg_ledger_t *ledger, apr_uint64_t octets,
                    apr_uint64_t most);

/** Note whether it accepts mail. @return true: this has changed */
bool pg_slots_refuse(pg_ledger_t *ledger, bool refuses);

/** Become the only writer to the spool, of all processes and threads. The file
 *  itself is not locked, since anybody who may read it could lock it; the
 *  claim of a killed writer expires after two seconds. @return 0: there is
 *  another writer; else the claim for pg_slots_written() */
apr_uint64_t pg_slots_write(pg_ledger_t *ledger, apr_time_t now);
void pg_slots_written(pg_ledger_t *ledger, apr_uint64_t claim);

/** Does an entry in the spool lack its end? A disk may fill up in the middle
 *  of a write; the next entry must not become part of it. */
void pg_slots_tear(pg_ledger_t *ledger, bool torn);
bool pg_slots_torn(const pg_ledger_t *ledger);

/** Into a snapshot's capture; and the counts of one ledger to another's. */
void pg_slots_copy(pg_capture_t *out, const pg_ledger_t *ledger,
                   apr_time_t now);
void pg_slots_merge(pg_ledger_t *into, const pg_ledger_t *from);

#endif
