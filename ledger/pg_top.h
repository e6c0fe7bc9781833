/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Who and what was most frequent, in bounded memory.
 *
 * Each list is a table of sets of eight entries; a key belongs to one set, by
 * its keyed hash. A key that has an entry is counted there exactly. One that
 * has none, in a full set whose smallest count is c, takes over that entry
 * with probability 1/(c+1), and is then counted from c+1: randomised
 * admission. Plain Space-Saving always takes over, so a million sources that
 * come once each push everybody out; here they push out only what has been
 * seen a few hundred times.
 * @see Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and
 *      top-k elements in data streams" (Space-Saving), ICDT 2005;
 *      Ben Basat, Chen, Einziger, Friedman, "Randomized admission policy for
 *      efficient top-k and frequency estimation" (RAP and its set-associative
 *      form), INFOCOM 2017
 *
 * The error e of an entry is the c it started from. At least count - e of its
 * key were seen. How often the key was seen before it was admitted is not
 * known; e on average, and more than 3 e once in 20 times (a geometric
 * distribution), so the true number is below count + 2 e with 95 %.
 *
 * Nobody waits. Counting is one addition to the entry's hot word, which has 20
 * bits of the key's hash, too, so that a late addition is noticed and taken
 * back. Taking over needs the set's claim; a writer that does not get it
 * leaves the attempt out of this list, as admission does most of the time
 * anyway. A claim expires after two seconds, also that of a killed writer.
 * Readers ignore an entry whose text does not match its hash. */
#ifndef PG_TOP_H
#define PG_TOP_H

#include "pg_layout.h"

/** A key to be counted. */
typedef struct pg_top_key_t {
    apr_uint64_t hash;           /* of the octets that are kept           */
    const char *octets;
    apr_size_t n;                /* pg_top_key() has cut it               */
    bool cut;
    bool absent;
} pg_top_key_t;

/** Cut octets to what the list keeps, and hash them. */
pg_top_key_t pg_top_key(const pg_ledger_t *ledger, pg_top_e list,
                        pg_span_t octets);

/** Count a key once. */
void pg_top_add(pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
                const pg_top_key_t *key, apr_time_t now);

/** Count a key as often as it was counted elsewhere. */
void pg_top_add_counted(pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
                        const pg_top_counted_t *counted, apr_time_t now);

/** Free entries of a lane that a killed or faulty process left unusable. */
void pg_top_tend(pg_ledger_t *ledger, pg_lane_t *lane, apr_time_t now);

/** Fill top: all lists, over all lanes. */
void pg_top_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                 apr_pool_t *pool);

/** Count all entries of one ledger in another. Errors add up, and grow by
 *  what a list that has no entry may have missed. */
void pg_top_merge(pg_ledger_t *into, const pg_ledger_t *from, apr_time_t now);

/** Most octets of a host in a target's key, which follow two of the port in
 *  network order. */
#define PG_TOP_TARGET_MOST 102

/** The key of an attempt's destination: its host in lower case or, if there is
 *  none, the text in its place. */
pg_span_t pg_top_target(char room[2 + PG_TOP_TARGET_MOST + 1],
                        const pg_verdict_t *verdict);

/** A key as people read it.
 *  @param length  its length, with PG_LEN_CUT and PG_LEN_ABSENT */
pg_text_t pg_top_text(pg_top_e list, const char *octets, apr_uint64_t length,
                      apr_pool_t *pool);

/** Most entries of a list that are shown. */
#define PG_TOP_SHOWN 100

#endif
