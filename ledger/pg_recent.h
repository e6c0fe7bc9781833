/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The last attempts, with their evidence, in entries of 1 KiB.
 *
 * A ring holds the last ones of any class. Noise of one class would push all
 * others out of it, so each class has a reserve of entries, too. A single
 * source gets at most a quarter of these, and so does a single target: the
 * oldest entry of that source or target, or else the oldest of all, is
 * replaced.
 *
 * A writer claims an entry, writes it with a keyed hash over all of it, and
 * releases the claim; nobody waits. An entry that was left half written does
 * not match its hash and is skipped until it is overwritten.
 *
 * In a flood the ring would hold the last milliseconds, at the cost of copying
 * text all the time. So an entry is not overwritten before it is 10 ms old: as
 * long as fewer attempts than its size arrive in 10 ms, the ring holds the
 * last ones; else a sample of them. */
#ifndef PG_RECENT_H
#define PG_RECENT_H

#include "pg_layout.h"

/** A number that tells an attempt from others of the same moment; never 0. */
apr_uint32_t pg_recent_serial(const pg_ledger_t *ledger);

#define PG_RECENT_TEXTS 9

/** An entry is 3 words, and this up to the end of its texts. */
typedef struct pg_record_t {
    apr_int64_t time;
    pg_address_t source;
    apr_int32_t status;
    apr_uint32_t serial;         /* tells equal attempts of one time apart */
    apr_uint16_t port;
    unsigned char class_id;
    unsigned char family;
    unsigned char reason;
    unsigned char outcome;
    unsigned char flags;
    unsigned char reserved;
    apr_uint32_t aim;            /* hash of its destination               */
    apr_uint16_t length[PG_RECENT_TEXTS];
    char text[938];
} pg_record_t;

/** An entry ready to be stored, with its hash: made by the first block that
 *  remembers an attempt, for all blocks of the same key. */
typedef struct pg_recent_made_t {
    bool is;                     /* whether it has been made              */
    apr_size_t n;                /* octets                                */
    apr_uint64_t hash;
    unsigned seat;               /* in reserve; PG_RECENT_RESERVE: none   */
    apr_uint64_t stamp;          /* of what was there                     */
    pg_record_t record;
} pg_recent_made_t;

/** Store an attempt. @param made  made->is is false at first */
void pg_recent_add(pg_ledger_t *ledger, const pg_event_t *event,
                   apr_time_t now, apr_uint32_t serial,
                   pg_recent_made_t *made);

/** Rewrite it, where it is still stored. */
void pg_recent_amend(pg_ledger_t *ledger, const pg_event_t *event,
                     apr_time_t now, apr_uint32_t serial);

/** Fill recent and recent_count, newest first. */
void pg_recent_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool);

/** Put one ledger's entries into another, older ones first. */
void pg_recent_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_time_t now, apr_pool_t *pool);

#endif
