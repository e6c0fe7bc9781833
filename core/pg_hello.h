/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A TLS ClientHello: its server name, its protocols, and its JA4, a
 * fingerprint that all clients of one make share.
 * @see RFC 8446 4.1.2; RFC 6066 3 (SNI); RFC 7301 (ALPN); RFC 8701 (GREASE);
 *      JA4 as FoxIO describes it, BSD 3-Clause. The other fingerprints of the
 *      JA4+ family have another licence and are not used. */
#ifndef PG_HELLO_H
#define PG_HELLO_H

#include "pg_span.h"

enum { PG_HELLO_JA4 = 37 };      /* with its NUL                          */

typedef struct pg_hello_t {
    pg_span_t sni;               /* as sent; absent: none                 */
    pg_span_t alpn;              /* the first; absent: none               */
    char version[4];             /* "13", "12", ...                       */
    char ja4[PG_HELLO_JA4];
} pg_hello_t;

/**
 * Read the first octets of a connection. Total; reads s only. A hello that is
 * incomplete, or split over several records, is not recognised.
 * @param out  written in full; spans point into s
 * @return whether it is a ClientHello
 */
bool pg_hello_parse(pg_hello_t *out, pg_span_t s);

/** Are no more octets needed? The first TLS record is there, or it is not one
 *  of a handshake. At least one octet is there. */
bool pg_hello_is_over(pg_span_t s);

/** Room for a line's part, see below. */
enum { PG_HELLO_TEXT = 700 };

/**
 * Its part of a log line: " sni="..." alpn="..." ja4=...". What is not
 * printable ASCII, a quote of either kind or '\\' becomes '?'.
 * @param hello  NULL: not one; then " first="..."" from first
 */
void pg_hello_text(char out[PG_HELLO_TEXT], const pg_hello_t *hello,
                   pg_span_t first);

#endif
