/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Keyed hashes. Without the ledger's key an attacker cannot construct
 * collisions, and so cannot target entries in the lists.
 *
 * pg_hash_sip() protects what is read back from a disk: heads, checkpoints.
 * pg_hash_nh() is for what is stored at every attempt: an NH sum, in which
 * two different keys collide with probability 2^-64 whoever chose them, and a
 * folded multiplication that spreads it over all bits. Its values are never
 * shown.
 * @see Aumasson, Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012;
 *      Black, Halevi, Krawczyk, Krovetz, Rogaway, "UMAC: fast and secure
 *      message authentication", CRYPTO 1999 (NH) */
#ifndef PG_HASH_H
#define PG_HASH_H

#include <stdbool.h>
#include <string.h>

#include <apr.h>

typedef struct pg_key_t {
    apr_uint64_t k[2];
} pg_key_t;

/** What no key is: where none was made, or given. */
static inline bool pg_hash_key_is_none(const pg_key_t *key)
{
    return key->k[0] == 0 && key->k[1] == 0;
}

typedef struct pg_sip_t {
    apr_uint64_t v[4];
} pg_sip_t;

static inline apr_uint64_t pg_hash_rotl(apr_uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static inline void pg_hash_sip_round(pg_sip_t *s)
{
    s->v[0] += s->v[1];
    s->v[1] = pg_hash_rotl(s->v[1], 13) ^ s->v[0];
    s->v[0] = pg_hash_rotl(s->v[0], 32);
    s->v[2] += s->v[3];
    s->v[3] = pg_hash_rotl(s->v[3], 16) ^ s->v[2];
    s->v[0] += s->v[3];
    s->v[3] = pg_hash_rotl(s->v[3], 21) ^ s->v[0];
    s->v[2] += s->v[1];
    s->v[1] = pg_hash_rotl(s->v[1], 17) ^ s->v[2];
    s->v[2] = pg_hash_rotl(s->v[2], 32);
}

static inline void pg_hash_sip_word(pg_sip_t *s, apr_uint64_t word, int rounds)
{
    s->v[3] ^= word;
    for (int i = 0; i < rounds; i++) {
        pg_hash_sip_round(s);
    }
    s->v[0] ^= word;
}

/* Octets are read as little-endian numbers, written out so that the byte
 * order of the machine has no say; compilers make one load of it. */

static inline apr_uint64_t pg_hash_load4(const void *octets)
{
    const unsigned char *at = octets;

    return (apr_uint64_t)at[0] | (apr_uint64_t)at[1] << 8
           | (apr_uint64_t)at[2] << 16 | (apr_uint64_t)at[3] << 24;
}

static inline apr_uint64_t pg_hash_load8(const void *octets)
{
    const unsigned char *at = octets;

    return (apr_uint64_t)at[0] | (apr_uint64_t)at[1] << 8
           | (apr_uint64_t)at[2] << 16 | (apr_uint64_t)at[3] << 24
           | (apr_uint64_t)at[4] << 32 | (apr_uint64_t)at[5] << 40
           | (apr_uint64_t)at[6] << 48 | (apr_uint64_t)at[7] << 56;
}

/** n octets (at most 8), without reading beyond them and without a call:
 *  different octets, different numbers. */
static inline apr_uint64_t pg_hash_load_short(const void *octets,
                                              apr_size_t n)
{
    const unsigned char *at = octets;

    if (n >= 4) {                /* the overlap is the same twice         */
        return pg_hash_load4(at)
               | pg_hash_load4(at + n - 4) << (8 * (n - 4));
    }
    if (n > 0) {
        return at[0] | (apr_uint64_t)at[n / 2] << (8 * (n / 2))
               | (apr_uint64_t)at[n - 1] << (8 * (n - 1));
    }
    return 0;
}

/** SipHash-c-d of n octets. */
static inline apr_uint64_t pg_hash_sip(const pg_key_t *key, const void *octets,
                                       apr_size_t n, int c, int d)
{
    const unsigned char *at = octets;
    pg_sip_t s = { .v = { key->k[0] ^ 0x736f6d6570736575u,
                          key->k[1] ^ 0x646f72616e646f6du,
                          key->k[0] ^ 0x6c7967656e657261u,
                          key->k[1] ^ 0x7465646279746573u } };
    apr_uint64_t last = (apr_uint64_t)n << 56;

    for (; n >= 8; n -= 8, at += 8) {
        pg_hash_sip_word(&s, pg_hash_load8(at), c);
    }
    pg_hash_sip_word(&s, last | pg_hash_load_short(at, n), c);
    s.v[2] ^= 0xff;
    for (int i = 0; i < d; i++) {
        pg_hash_sip_round(&s);
    }
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}

/** The hash that ledgers use. */
static inline apr_uint64_t pg_hash(const pg_key_t *key, const void *octets,
                                   apr_size_t n)
{
    return pg_hash_sip(key, octets, n, 1, 3);
}

/** A key for one use, so that learning it reveals nothing about the keys of
 *  other uses. */
static inline pg_key_t pg_hash_key_derive(const pg_key_t *key, const char *use)
{
    apr_uint64_t a = pg_hash_sip(key, use, strlen(use), 2, 4);
    pg_key_t mixed = { .k = { a, key->k[1] } };

    return (
        pg_key_t){ .k = { a, pg_hash_sip(&mixed, use, strlen(use), 2, 4) } };
}

/* --- NH ------------------------------------------------------------------ */

/** Longest input of pg_hash_nh(), octets. */
#define PG_NH_MOST 144

typedef struct pg_nh_key_t {
    apr_uint64_t k[PG_NH_MOST / 8];
    apr_uint64_t finish[3];
} pg_nh_key_t;

typedef struct pg_wide_t {
    apr_uint64_t low, high;
} pg_wide_t;

static inline pg_wide_t pg_hash_multiply(apr_uint64_t a, apr_uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    return (pg_wide_t){ .low = (apr_uint64_t)product,
                        .high = (apr_uint64_t)(product >> 64) };
#else
    apr_uint64_t al = a & 0xffffffffu, ah = a >> 32;
    apr_uint64_t bl = b & 0xffffffffu, bh = b >> 32;
    apr_uint64_t mid = ah * bl + (al * bl >> 32);
    apr_uint64_t mid2 = al * bh + (mid & 0xffffffffu);

    return (pg_wide_t){ .low = a * b,
                        .high = ah * bh + (mid >> 32) + (mid2 >> 32) };
#endif
}

static inline apr_uint64_t pg_hash_fold(apr_uint64_t a, apr_uint64_t b)
{
    pg_wide_t product = pg_hash_multiply(a, b);

    return product.low ^ product.high;
}

static inline void pg_hash_nh_step(pg_wide_t *sum, apr_uint64_t a,
                                   apr_uint64_t b, const apr_uint64_t *key)
{
    pg_wide_t product = pg_hash_multiply(a + key[0], b + key[1]);

    sum->low += product.low;
    sum->high += product.high + (sum->low < product.low);
}

/* Of more than 16 octets; the last 16 are taken whole, some of them again. */
static inline void pg_hash_nh_long(pg_wide_t *sum, const pg_nh_key_t *key,
                                   const char *octets, apr_size_t n)
{
    const char *last = octets + n - 16;
    const apr_uint64_t *k = key->k;

    for (; octets < last; octets += 16, k += 2) {
        pg_hash_nh_step(sum, pg_hash_load8(octets), pg_hash_load8(octets + 8),
                        k);
    }
    pg_hash_nh_step(sum, pg_hash_load8(last), pg_hash_load8(last + 8), k);
}

/** Hash of n octets; n is at most PG_NH_MOST. */
static inline apr_uint64_t pg_hash_nh(const pg_nh_key_t *key,
                                      const char *octets, apr_size_t n)
{
    pg_wide_t sum = { .low = n };

    if (n > 16) {
        pg_hash_nh_long(&sum, key, octets, n);
    }
    else if (n >= 8) {
        pg_hash_nh_step(&sum, pg_hash_load8(octets),
                        pg_hash_load8(octets + n - 8), key->k);
    }
    else {
        pg_hash_nh_step(&sum, pg_hash_load_short(octets, n), 0, key->k);
    }
    return pg_hash_fold(sum.low ^ key->finish[0], sum.high ^ key->finish[1]);
}

/** A key for pg_hash_nh(), for one use. */
static inline void pg_hash_nh_derive(pg_nh_key_t *out, const pg_key_t *key,
                                     const char *use)
{
    pg_key_t mine = pg_hash_key_derive(key, use);
    apr_uint64_t words[sizeof(*out) / sizeof(apr_uint64_t)] = { 0 };

    for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
        unsigned char octet = (unsigned char)i;
        words[i] = pg_hash_sip(&mine, &octet, 1, 2, 4);
    }
    memcpy(out, words, sizeof(*out));
    out->finish[2] |= 1;
}

#endif
