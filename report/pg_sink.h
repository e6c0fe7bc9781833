/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where output goes: a brigade in httpd, a buffer in a test, stdout in the
 * command. Renderers know only this, and write as they go: nothing that
 * grows with the ledger is ever held in memory. */
#ifndef PG_SINK_H
#define PG_SINK_H

#include <apr_tables.h>

#include "pg_span.h"

typedef struct pg_sink_t {
    apr_status_t (*write)(void *to, const char *octets, apr_size_t n);
    void *to;
    apr_status_t status;     /* first failure; nothing is written after it */
} pg_sink_t;

/** Room for a sink to write into. */
typedef struct pg_buffer_t {
    char *at;                /* where the next octet goes                */
    apr_size_t left;         /* octets                                   */
} pg_buffer_t;

/** A sink that fills a buffer, and fails with APR_ENOSPC at the first write
 *  that does not fit as a whole. */
pg_sink_t pg_sink_buffer(pg_buffer_t *buffer);

/** A sink that adds to an array of octets, which grows. */
pg_sink_t pg_sink_array(apr_array_header_t *octets);

/** Write a span, or a string; nothing after a failure. */
void pg_sink_put(pg_sink_t *sink, pg_span_t s);
void pg_sink_puts(pg_sink_t *sink, const char *s);

/**
 * Write formatted text of any length; nothing after a failure. The conversions
 * are those of apr_vformatter, so that no locale changes a number. Never for
 * what a client sent: that goes through pg_escape.h.
 */
void pg_sink_putf(pg_sink_t *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
