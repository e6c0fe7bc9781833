/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A line of no known format: the request, the client, the time and the
 * status are found by what they look like. */
#ifndef PG_LOOSE_H
#define PG_LOOSE_H

#include "pg_logline.h"

/*  What kind of line it was taken for: X(enum suffix, name) */
#define PG_LOOSE_KINDS(X)                                                     \
    X(PLAIN,     "plain")                                                     \
    X(SQUID,     "squid")                                                     \
    X(BALANCER,  "load-balancer")    /* AWS ELB and ALB                    */ \
    X(FORENSIC,  "forensic")         /* mod_log_forensic                   */ \
    X(KEYS,      "key-value")        /* logfmt                             */ \
    X(AUDIT,     "modsecurity-audit")                                         \
    X(ERROR_LOG, "error-log")        /* httpd's or nginx's: not of all
                                        requests                           */

#define PG_ENUM_LOOSE(sym, name) PG_LOOSE_##sym,
typedef enum pg_loose_kind_e {
    PG_LOOSE_KINDS(PG_ENUM_LOOSE)
    PG_LOOSE_COUNT
} pg_loose_kind_e;
#undef PG_ENUM_LOOSE

/** What there is in a line. */
typedef enum pg_loose_e {
    PG_LOOSE_NOTHING,            /* nothing that could be told            */
    PG_LOOSE_REQUEST,
    PG_LOOSE_NO_REQUEST          /* a line that is known to hold none     */
} pg_loose_e;

/**
 * Read a line.
 * @param out   REQUEST, or METHOD and TARGET; the others as far as they are
 *              there
 * @param kind  what it looked like
 */
pg_loose_e pg_loose_read(pg_logline_t *out, pg_loose_kind_e *kind,
                         pg_span_t line);

/** The first address in a text, a port beside it or not; absent: none. */
pg_span_t pg_loose_address(pg_span_t s);

/** The time in the first brackets of a text that hold one; absent: none. */
pg_span_t pg_loose_bracketed(pg_span_t s);

/** The time that a text begins with: one to six words; absent: none. */
pg_span_t pg_loose_time(pg_span_t s);

/** Does a line that nobody could read hold what may be an attempt: "://",
 *  CONNECT and a host, or a SOCKS greeting? */
bool pg_loose_is_suspect(pg_span_t line);

/** Is s a host with a port behind it? */
bool pg_loose_is_authority(pg_span_t s);

/** Does s begin with a method, a blank and what can be a request-target? */
bool pg_loose_is_request(pg_span_t s);

#endif
