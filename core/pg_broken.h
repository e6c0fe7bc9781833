/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Requests that are not valid and yet plainly ask for a relay: what people
 * type, and scanners misprint. A guess, so it is strict where relative paths
 * and the noise of other protocols come near. */
#ifndef PG_BROKEN_H
#define PG_BROKEN_H

#include "pg_target.h"

typedef enum pg_broken_e {
    PG_BROKEN_NO,
    PG_BROKEN_URL,       /* http:/host, http:\\host, http%3A//host, ://host */
    PG_BROKEN_AUTHORITY, /* host:port, @host, www.host                    */
    PG_BROKEN_ORDER      /* telnet host port, host port, a URL alone      */
} pg_broken_e;

typedef struct pg_broken_t {
    pg_broken_e what;
    bool url;                    /* meant as a request for a URL, not as a
                                    way through to a host                 */
    pg_authority_t authority;    /* whom it names; host may be missing    */
    apr_uint16_t port;           /* as said or the scheme's default; or 0 */
} pg_broken_t;

/**
 * What a request-target that is none of the four forms was meant as.
 * Total; out is written in full.
 * @return out->what: NO, URL or AUTHORITY
 */
pg_broken_e pg_broken_target(pg_broken_t *out, pg_span_t target);

/** The same for a scheme and its separators only: NO or URL. */
pg_broken_e pg_broken_url(pg_broken_t *out, pg_span_t target);

/**
 * What a line that is no request was meant as: its first, second and all
 * further words (absent when missing). Total; out is written in full.
 * @return out->what: NO, AUTHORITY or ORDER
 */
pg_broken_e pg_broken_line(pg_broken_t *out, pg_span_t first,
                           pg_span_t second, pg_span_t rest);

/** Letters, digits, '-', '_' in labels: what a DNS name looks like. */
bool pg_is_dns_name(pg_span_t host);

#endif
