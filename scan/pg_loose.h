/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A line whose format is not known: the request, the client, the time and
 * the status are found by what they look like. */
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
    PG_LOOSE_NOTHING,            /* nothing that was recognised           */
    PG_LOOSE_REQUEST,
    PG_LOOSE_NO_REQUEST          /* a known kind of line that has none    */
} pg_loose_e;

/**
 * Read a line.
 * @param out   REQUEST, or METHOD and TARGET; the others if present
 * @param kind  what it looked like
 */
pg_loose_e pg_loose_read(pg_logline_t *out, pg_loose_kind_e *kind,
                         pg_span_t line);

#endif
