/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The sink's part of the ledger: which conversations are under way, and what
 * came of those that ended.
 *
 * A slot is one word, a deadline and a hash of the source. It is claimed by
 * compare and swap when it is empty or its deadline has passed, so a slot
 * whose process was killed becomes free by itself; a count would leak. */
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

/** Note how many there are; 0: there is no sink. */
void pg_slots_allow(pg_ledger_t *ledger, unsigned most);

/** How many are held. */
unsigned pg_slots_held(const pg_ledger_t *ledger, apr_time_t now);

/** Count what came of a conversation, and of a mail. */
void pg_slots_ended(pg_ledger_t *ledger, pg_end_e end);
void pg_slots_kept(pg_ledger_t *ledger, pg_keep_e keep, apr_time_t now);

/** Note how large the spool is. @return true: it has just come to 80 % of
 *  the most it may have */
bool pg_slots_spool(pg_ledger_t *ledger, apr_uint64_t octets,
                    apr_uint64_t most);

/** Note whether it takes mail. @return true: it did otherwise before */
bool pg_slots_refuse(pg_ledger_t *ledger, bool refuses);

/** Be the only one to write to the spool, of all processes and threads. Whoever
 *  may read a file can lock it, so it is not the file that is locked; a writer
 *  that was killed is forgotten after two seconds at most.
 *  @return 0: another writes; else what pg_slots_written() wants */
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
