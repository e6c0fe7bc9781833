/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Two uses of a word that all of the ledger is built from.
 *
 * A cell is a count of 44 bits with a tag of 20 that says what is counted: a
 * turn of a ring, a key of a list. A writer that finds another tag replaces
 * both at once, so nothing is ever half cleared. A writer whose addition
 * arrives after such a replacement sees it in the word returned, and takes the
 * addition back.
 *
 * A claim is the right to write what does not fit into one word: the time in
 * seconds, and a number that no other writer has. It expires after two
 * seconds, so that a killed writer blocks nothing; nobody waits for one. */
#ifndef PG_CELL_H
#define PG_CELL_H

#include "pg_word.h"

#define PG_CELL_BITS 44
#define PG_CELL_TAG_BITS (64 - PG_CELL_BITS)
#define PG_CELL_MASK (((apr_uint64_t)1 << PG_CELL_BITS) - 1)

static inline apr_uint64_t pg_cell_make(apr_uint64_t tag, apr_uint64_t count)
{
    return tag << PG_CELL_BITS | (count & PG_CELL_MASK);
}

static inline apr_uint64_t pg_cell_tag(apr_uint64_t word)
{
    return word >> PG_CELL_BITS;
}

static inline apr_uint64_t pg_cell_count(apr_uint64_t word)
{
    return word & PG_CELL_MASK;
}

/** Add to a cell that had this tag when it was looked at.
 *  @return false when it has another one now; nothing was added */
static inline bool pg_cell_add(pg_word_t *cell, apr_uint64_t tag,
                               apr_uint64_t n)
{
    if (pg_cell_tag(pg_word_add(cell, n)) == tag) {
        return true;
    }
    pg_word_add(cell, (apr_uint64_t)0 - n);
    return false;
}

#define PG_CELL_CLAIM_SECONDS 2

/** Is it held? The clocks of two writers may differ a little. */
static inline bool pg_cell_is_claimed(apr_uint64_t word, apr_time_t now)
{
    apr_uint64_t second = (apr_uint64_t)(now / 1000000) & 0xffffffffu;
    apr_int64_t age = (apr_int64_t)second - (apr_int64_t)(word >> 32);

    return word != 0 && age < PG_CELL_CLAIM_SECONDS
           && age > -PG_CELL_CLAIM_SECONDS;
}

/** Take a claim, also from a writer that was killed.
 *  @param nonce  differs between writers
 *  @param mine   on success: for pg_cell_release() */
static inline bool pg_cell_claim(pg_word_t *claim, apr_uint64_t nonce,
                                 apr_time_t now, apr_uint64_t *mine)
{
    apr_uint64_t second = (apr_uint64_t)(now / 1000000) & 0xffffffffu;
    apr_uint64_t seen = pg_word_get(claim);

    if (pg_cell_is_claimed(seen, now)) {
        return false;
    }
    *mine = second << 32 | (nonce & 0xffffffffu) | 1;
    return pg_word_swap(claim, &seen, *mine);
}

/** Give it back, unless it has expired and been taken. */
static inline void pg_cell_release(pg_word_t *claim, apr_uint64_t mine)
{
    pg_word_swap(claim, &mine, 0);
}

#endif
