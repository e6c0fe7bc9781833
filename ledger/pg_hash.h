/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A keyed hash: who does not know a ledger's key can neither find keys that
 * fall into one place nor two that look the same, so nobody can aim at the
 * lists from outside. SipHash-1-3: one round for each word and three at the
 * end, the variant that Rust and Python use for their hash tables.
 * @see Aumasson, Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012 */
#ifndef PG_HASH_H
#define PG_HASH_H

#include <string.h>

#include <apr.h>

typedef struct pg_key_t {
    apr_uint64_t k[2];
} pg_key_t;

typedef struct pg_sip_t {
    apr_uint64_t v[4];
} pg_sip_t;

static inline apr_uint64_t pg_rotl(apr_uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static inline void pg_sip_round(pg_sip_t *s)
{
    s->v[0] += s->v[1];
    s->v[1] = pg_rotl(s->v[1], 13) ^ s->v[0];
    s->v[0] = pg_rotl(s->v[0], 32);
    s->v[2] += s->v[3];
    s->v[3] = pg_rotl(s->v[3], 16) ^ s->v[2];
    s->v[0] += s->v[3];
    s->v[3] = pg_rotl(s->v[3], 21) ^ s->v[0];
    s->v[2] += s->v[1];
    s->v[1] = pg_rotl(s->v[1], 17) ^ s->v[2];
    s->v[2] = pg_rotl(s->v[2], 32);
}

static inline void pg_sip_word(pg_sip_t *s, apr_uint64_t word, int rounds)
{
    s->v[3] ^= word;
    for (int i = 0; i < rounds; i++) {
        pg_sip_round(s);
    }
    s->v[0] ^= word;
}

/* n octets as a little-endian number; n is at most 8. */
static inline apr_uint64_t pg_sip_load(const unsigned char *at, apr_size_t n)
{
    apr_uint64_t word = 0;

    memcpy(&word, at, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/** SipHash-c-d of n octets. */
static inline apr_uint64_t pg_siphash(const pg_key_t *key, const void *octets,
                                      apr_size_t n, int c, int d)
{
    const unsigned char *at = octets;
    pg_sip_t s = { .v = { key->k[0] ^ 0x736f6d6570736575u,
                          key->k[1] ^ 0x646f72616e646f6du,
                          key->k[0] ^ 0x6c7967656e657261u,
                          key->k[1] ^ 0x7465646279746573u } };
    apr_uint64_t last = (apr_uint64_t)n << 56;

    for (; n >= 8; n -= 8, at += 8) {
        pg_sip_word(&s, pg_sip_load(at, 8), c);
    }
    if (n > 0) {
        last |= pg_sip_load(at, n);
    }
    pg_sip_word(&s, last, c);
    s.v[2] ^= 0xff;
    for (int i = 0; i < d; i++) {
        pg_sip_round(&s);
    }
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

/** The hash that ledgers use. */
static inline apr_uint64_t pg_hash(const pg_key_t *key, const void *octets,
                                   apr_size_t n)
{
    return pg_siphash(key, octets, n, 1, 3);
}

/** A key of its own for each use, so that what is learnt of one use says
 *  nothing of another. */
static inline pg_key_t pg_key_derive(const pg_key_t *key, const char *use)
{
    apr_uint64_t a = pg_siphash(key, use, strlen(use), 2, 4);
    pg_key_t mixed = { .k = { a, key->k[1] } };

    return (pg_key_t){ .k = { a, pg_siphash(&mixed, use, strlen(use),
                                            2, 4) } };
}

#endif
