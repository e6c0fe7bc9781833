/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Octets in words that other processes may be writing at this moment: what
 * is read is a copy, may be torn, and must be checked by a hash. */
#ifndef PG_WORDS_H
#define PG_WORDS_H

#include "pg_layout.h"

/** Copy n octets into words; the last one is filled up with NULs. */
static inline void pg_words_write(pg_word_t *to, const void *octets,
                                  apr_size_t n)
{
    const char *at = octets;
    apr_uint64_t word;

    for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        pg_word_set(to++, word);
    }
    if (n > 0) {
        word = 0;
        memcpy(&word, at, n);
        pg_word_set(to, word);
    }
}

/** Copy n words out; to has room for 8 n octets. */
static inline void pg_words_read(void *to, const pg_word_t *words,
                                 apr_size_t n)
{
    char *at = to;

    for (apr_size_t i = 0; i < n; i++, at += sizeof(apr_uint64_t)) {
        apr_uint64_t word = pg_word_get(&words[i]);
        memcpy(at, &word, sizeof(word));
    }
}

/** Do the words hold just these n octets? */
static inline bool pg_words_equal(const pg_word_t *words, const void *octets,
                                  apr_size_t n)
{
    const char *at = octets;
    apr_uint64_t word;

    for (; n > 0; words++) {
        apr_size_t part = n < sizeof(word) ? n : sizeof(word);
        word = 0;
        memcpy(&word, at, part);
        if (pg_word_get(words) != word) {
            return false;
        }
        at += part;
        n -= part;
    }
    return true;
}

/** A copy of n octets as text of a snapshot, a NUL behind it. */
pg_text_t pg_words_text(const char *octets, apr_size_t n, apr_uint64_t flags,
                        apr_pool_t *pool);

#endif
