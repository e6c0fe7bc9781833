/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* An IP address: 16 octets whichever its version, IPv4 as ::ffff:a.b.c.d
 * (RFC 4291 2.5.5.2), so that one comparison serves both. */
#ifndef PG_ADDRESS_H
#define PG_ADDRESS_H

#include <apr_pools.h>

#include "pg_span.h"

typedef struct pg_address_t {
    unsigned char octets[16];
} pg_address_t;

/** The address of four octets in network order. */
static inline pg_address_t pg_address_ipv4(const void *four)
{
    pg_address_t a = { { [10] = 0xff, [11] = 0xff } };

    memcpy(a.octets + 12, four, 4);
    return a;
}

static inline bool pg_address_equal(const pg_address_t *a,
                                    const pg_address_t *b)
{
    return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/** Are the first so many bits, of 128, the same? */
static inline bool pg_address_alike(const pg_address_t *a,
                                    const pg_address_t *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(a->octets, b->octets, (apr_size_t)whole) == 0
           && (rest == 0
               || (a->octets[whole] ^ b->octets[whole]) >> (8 - rest) == 0);
}

/** Is it ::ffff:a.b.c.d? */
bool pg_address_is_ipv4(const pg_address_t *a);

/** 0.0.0.0 and :: are where a socket listens, not where it can be reached. */
bool pg_address_is_unspecified(const pg_address_t *a);

/** 127.0.0.0/8 and ::1 (RFC 1122 3.2.1.3, RFC 4291 2.5.3). */
bool pg_address_is_loopback(const pg_address_t *a);

/** RFC 1918, RFC 3927, RFC 4193 and link-local (RFC 4291 2.5.6): of no one
 *  network in particular. */
bool pg_address_is_private(const pg_address_t *a);

/** Read a dotted quad, and nothing else. *out is written only on success. */
bool pg_address_parse_ipv4(pg_address_t *out, pg_span_t text);

/**
 * Read dotted quads, and IPv6 as inet_pton(3) takes it, without brackets and
 * zone. "010.0.0.1" is refused: a leading zero means octal to some readers.
 * Total; on false, *out is all zero.
 */
bool pg_address_parse(pg_address_t *out, pg_span_t text);

/** As text, IPv4 as dotted quad. */
const char *pg_address_text(const pg_address_t *a, apr_pool_t *pool);

#endif
