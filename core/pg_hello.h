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

#endif
