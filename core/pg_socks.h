/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A SOCKS greeting in the first octets of a connection. Not a protocol
 * implementation: it only tells a greeting from noise. */
#ifndef PG_SOCKS_H
#define PG_SOCKS_H

#include "pg_span.h"

typedef enum pg_socks_e {
    PG_SOCKS_NO,
    PG_SOCKS_4,
    PG_SOCKS_4A,
    PG_SOCKS_5
} pg_socks_e;

typedef struct pg_socks_t {
    pg_socks_e version;
    pg_span_t host;      /* a name asked for; absent for an address, and
                            when the octets do not say                    */
    apr_uint16_t port;   /* 0 = not given                                 */
} pg_socks_t;

/**
 * Recognise a greeting. Total; reads s only.
 *
 * httpd cuts the line it has read at the first NUL, so "\\x04\\x01" and
 * "\\x05\\x01" alone count. What the protocol forbids does not: no method
 * or one that cannot exist, control octets in a user name.
 *
 * @param out  written in full; spans point into s
 * @param s    the first octets received, line end and all
 * @return out->version
 * @see RFC 1928 3 and 4 (SOCKS5); SOCKS4 and 4A as OpenSSH's and curl's
 *      manuals name them (no RFC exists)
 */
pg_socks_e pg_socks_parse(pg_socks_t *out, pg_span_t s);

/** Where its parts are, valid or not; each may be cut short or missing. */
typedef struct pg_socks_parts_t {
    pg_span_t user;      /* SOCKS4                                        */
    pg_span_t name;      /* of the destination                            */
    pg_span_t port;      /* SOCKS5, after a name or an address            */
    pg_span_t rest;      /* whatever follows: in SOCKS5 perhaps a user and
                            a password (RFC 1929)                         */
} pg_socks_parts_t;

/** Take a greeting apart, with the request that may follow it at once. */
pg_socks_parts_t pg_socks_parts(pg_span_t s);

#endif
