/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A word that processes share, and octets in such words. Octets that are
 * read while others write them may be torn: what is read is a copy, to be
 * checked by a hash. */
#ifndef PG_WORD_H
#define PG_WORD_H

#include <assert.h>
#include <stdatomic.h>

#include "pg_snapshot.h"

static_assert(ATOMIC_LLONG_LOCK_FREE == 2,
              "counters shared between processes need lock-free 64-bit "
              "atomics");

/** A word that any process may change at any time. */
typedef _Atomic apr_uint64_t pg_word_t;

static inline apr_uint64_t pg_word_get(const pg_word_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void pg_word_set(pg_word_t *word, apr_uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

/** @return what it was before */
static inline apr_uint64_t pg_word_add(pg_word_t *word, apr_uint64_t n)
{
    return atomic_fetch_add_explicit(word, n, memory_order_relaxed);
}

/** Replace *seen by value; on failure *seen is what is there now. */
static inline bool pg_word_swap(pg_word_t *word, apr_uint64_t *seen,
                                apr_uint64_t value)
{
    return atomic_compare_exchange_strong_explicit(
        word, seen, value, memory_order_acq_rel, memory_order_acquire);
}

/** Copy n octets, 8 at most, into a word, which is filled up with NULs. */
static inline void pg_word_put(pg_word_t *to, const char *octets,
                               apr_size_t n)
{
    apr_uint64_t word = 0;

    memcpy(&word, octets, n);
    pg_word_set(to, word);
}

/** Copy n octets into words; the last one is filled up with NULs. */
static inline void pg_word_write(pg_word_t *to, const void *octets,
                                 apr_size_t n)
{
    const char *at = octets;
    const apr_size_t each = sizeof(*to);

    for (; n >= 4 * each; n -= 4 * each, at += 4 * each, to += 4) {
        pg_word_put(&to[0], at, each);
        pg_word_put(&to[1], at + each, each);
        pg_word_put(&to[2], at + 2 * each, each);
        pg_word_put(&to[3], at + 3 * each, each);
    }
    for (; n >= each; n -= each, at += each) {
        pg_word_put(to++, at, each);
    }
    if (n > 0) {
        pg_word_put(to, at, n);
    }
}

/** Copy n words out; to has room for 8 n octets. */
static inline void pg_word_read(void *to, const pg_word_t *words,
                                apr_size_t n)
{
    char *at = to;

    for (apr_size_t i = 0; i < n; i++, at += sizeof(apr_uint64_t)) {
        apr_uint64_t word = pg_word_get(&words[i]);
        memcpy(at, &word, sizeof(word));
    }
}

/* The length of a text in words: octets in the low 16 bits, and two flags. */
#define PG_LEN_CUT    (1u << 16)
#define PG_LEN_ABSENT (1u << 17)
#define PG_LEN_MASK   0xffffu

/** A copy of n octets as text of a snapshot, followed by a NUL. */
pg_text_t pg_word_text(const char *octets, apr_size_t n, apr_uint64_t length,
                       apr_pool_t *pool);

#endif
