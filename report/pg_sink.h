/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where output goes: a brigade in httpd, a buffer in a test, stdout in the
 * command. Renderers know only this. */
#ifndef PG_SINK_H
#define PG_SINK_H

#include <apr_errno.h>

#include "pg_span.h"

typedef struct pg_sink_t {
    apr_status_t (*write)(void *to, const char *octets, apr_size_t n);
    void *to;
    apr_status_t status;     /* first failure; nothing is written after it */
} pg_sink_t;

/** Write a span, a string, formatted text; nothing after a failure. */
void pg_put(pg_sink_t *sink, pg_span_t s);
void pg_puts(pg_sink_t *sink, const char *s);
void pg_putf(pg_sink_t *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
