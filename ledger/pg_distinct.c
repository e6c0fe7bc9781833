/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_distinct.h"

#include <math.h>

#define REGISTER_BITS 6
#define REGISTERS_MASK (((apr_uint64_t)1 << (8 * REGISTER_BITS)) - 1)
#define BITS PG_SKETCH_BITS

static unsigned field(apr_uint64_t word, unsigned at)
{
    return (unsigned)(word >> (at * REGISTER_BITS)) & 63;
}

/* Each register of a word becomes the greater of the two. */
static apr_uint64_t greater(apr_uint64_t a, apr_uint64_t b)
{
    apr_uint64_t out = 0;

    for (unsigned at = 0; at < 8; at++) {
        unsigned x = field(a, at), y = field(b, at);
        out |= (apr_uint64_t)(x > y ? x : y) << (at * REGISTER_BITS);
    }
    return out;
}

static void raise_word(pg_word_t *word, apr_uint64_t registers)
{
    apr_uint64_t seen = pg_word_get(word);

    for (int tries = 0; tries < 100; tries++) {
        apr_uint64_t value = greater(seen, registers);
        if (value == seen || pg_word_swap(word, &seen, value)) {
            return;
        }
    }
}

void pg_distinct_add(pg_ledger_t *ledger, apr_uint64_t hash)
{
    apr_uint64_t index = hash >> (64 - BITS);
    /* The bit that is set below ends the run of zeros at 64 - BITS. */
    apr_uint64_t rest = hash << BITS | (apr_uint64_t)1 << (BITS - 1);
    unsigned rank = (unsigned)__builtin_clzll(rest) + 1;
    pg_word_t *word = &ledger->common->sketch[index / 8];

    if (field(pg_word_get(word), index % 8) < rank) {
        raise_word(word, (apr_uint64_t)rank << (index % 8 * REGISTER_BITS));
    }
}

/* --- estimate ------------------------------------------------------------ */

static double sigma(double x)
{
    double y = 1, z = x, before;

    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z > before);
    return z;
}

/* O. Ertl's estimator (2017) without his tau: registers at the highest rank
 * count by their rank like the others, which changes 2^-50 of the sum. What is
 * above is in damaged ledgers only. */
static double ertl(const unsigned count[64])
{
    double m = (double)((apr_uint64_t)1 << BITS);
    double z = 0;

    if (count[0] == 1u << BITS) {
        return 0;
    }
    for (unsigned k = 63; k >= 1; k--) {
        z = 0.5 * (z + count[k]);
    }
    z += m * sigma(count[0] / m);
    return m * m / (2 * 0.69314718055994530942 * z);
}

static apr_uint64_t estimate(const pg_ledger_t *ledger)
{
    unsigned count[64] = { 0 };
    double n;

    for (unsigned w = 0; w < PG_SKETCH_WORDS; w++) {
        apr_uint64_t word = pg_word_get(&ledger->common->sketch[w]);
        for (unsigned at = 0; at < 8; at++) {
            count[field(word, at)]++;
        }
    }
    n = ertl(count);
    return n < PG_COUNT_MOST ? (apr_uint64_t)llround(n) : PG_COUNT_MOST;
}

void pg_distinct_copy(pg_snapshot_t *out, const pg_ledger_t *ledger)
{
    out->sources.estimate = estimate(ledger);
    out->sources.relative_error = 1.04 / sqrt((double)(1 << BITS));
    out->sources_elsewhere = pg_word_get(&ledger->common->elsewhere);
}

/* --- merge --------------------------------------------------------------- */

void pg_distinct_merge(pg_ledger_t *into, const pg_ledger_t *from)
{
    pg_common_t *a = into->common, *b = from->common;

    pg_word_add(&a->elsewhere, pg_word_get(&b->elsewhere));
    if (into->head.key_id != from->head.key_id) {
        pg_word_add(&a->elsewhere, estimate(from));
        return;
    }
    for (unsigned w = 0; w < PG_SKETCH_WORDS; w++) {
        raise_word(&a->sketch[w],
                   pg_word_get(&b->sketch[w]) & REGISTERS_MASK);
    }
}
