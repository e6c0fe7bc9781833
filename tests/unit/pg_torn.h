/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The atomic stores and sums of the ledger as plain ones. `make tsan` builds
 * it a second time with this before each file: a race that must be seen. */
#ifndef PG_TORN_H
#define PG_TORN_H

#include <stdatomic.h>

static inline void pg_torn_store(void *word, unsigned long long value)
{
    *(unsigned long long *)word = value;
}

static inline unsigned long long pg_torn_add(void *word, unsigned long long n)
{
    unsigned long long was = *(unsigned long long *)word;

    *(unsigned long long *)word = was + n;
    return was;
}

#undef atomic_store_explicit
#define atomic_store_explicit(word, value, order) pg_torn_store(word, value)

#undef atomic_fetch_add
#define atomic_fetch_add(word, n) \
    pg_torn_add(word, (unsigned long long)(n))

#endif /* PG_TORN_H */
