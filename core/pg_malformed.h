/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Malformed requests that are still recognisable as relay attempts: typed by
 * hand, or mangled by a scanner. This is guesswork, so it is strict with what
 * resembles relative paths and the noise of other protocols. */
#ifndef PG_MALFORMED_H
#define PG_MALFORMED_H

#include "pg_target.h"

typedef enum pg_malformed_e {
    PG_MALFORMED_NO,
    PG_MALFORMED_URL, /* http:/host, http:\\host, http%3A//host, ://host */
    PG_MALFORMED_AUTHORITY, /* host:port, @host, www.host                    */
    PG_MALFORMED_ORDER      /* telnet host port, host port, a URL alone      */
} pg_malformed_e;

typedef struct pg_malformed_t {
    pg_malformed_e what;
    bool url;                    /* meant as a request for a URL, not as a
                                    way through to a host                 */
    pg_authority_t authority;    /* that it names; host may be missing    */
    apr_uint16_t port;           /* as given, or the scheme's default; or 0 */
} pg_malformed_t;

/**
 * What was meant by a request-target that has none of the four forms.
 * Total; out is written in full.
 * @return out->what: NO, URL or AUTHORITY
 */
pg_malformed_e pg_malformed_target(pg_malformed_t *out, pg_span_t target);

/** The same for a scheme and its separators only: NO or URL. */
pg_malformed_e pg_malformed_url(pg_malformed_t *out, pg_span_t target);

/**
 * What was meant by a line that is not a request: its first, second and all
 * further words (absent when missing). Total; out is written in full.
 * @return out->what: NO, AUTHORITY or ORDER
 */
pg_malformed_e pg_malformed_line(pg_malformed_t *out, pg_span_t first,
                                 pg_span_t second, pg_span_t rest);

/** Letters, digits, '-', '_' in labels: what a DNS name looks like. */
bool pg_malformed_is_name(pg_span_t host);

#endif
