/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sink.h"

#include <stdarg.h>

#include <apr_lib.h>

static apr_status_t fill(void *to, const char *octets, apr_size_t n)
{
    pg_buffer_t *buffer = to;

    if (n > buffer->left) {
        return APR_ENOSPC;
    }
    memcpy(buffer->at, octets, n);
    buffer->at += n;
    buffer->left -= n;
    return APR_SUCCESS;
}

pg_sink_t pg_sink_buffer(pg_buffer_t *buffer)
{
    return (pg_sink_t){ .write = fill, .to = buffer };
}

static apr_status_t append(void *to, const char *octets, apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        APR_ARRAY_PUSH((apr_array_header_t *)to, char) = octets[i];
    }
    return APR_SUCCESS;
}

pg_sink_t pg_sink_array(apr_array_header_t *octets)
{
    return (pg_sink_t){ .write = append, .to = octets };
}

void pg_sink_put(pg_sink_t *sink, pg_span_t s)
{
    if (sink->status == APR_SUCCESS && s.len > 0) {
        sink->status = sink->write(sink->to, s.ptr, s.len);
    }
}

void pg_sink_puts(pg_sink_t *sink, const char *s)
{
    pg_sink_put(sink, pg_span_str(s));
}

/* apr_vformatter calls back when its buffer is full; the buffer knows its
 * sink because it is the first member. */
typedef struct formatter_t {
    apr_vformatter_buff_t buffer;
    pg_sink_t *sink;
    char octets[256];
} formatter_t;

static int flush(apr_vformatter_buff_t *buffer)
{
    formatter_t *f = (formatter_t *)buffer;

    pg_sink_put(f->sink, pg_span_make(f->octets, (apr_size_t)(buffer->curpos
                                                              - f->octets)));
    buffer->curpos = f->octets;
    return f->sink->status == APR_SUCCESS ? 0 : -1;
}

void pg_sink_putf(pg_sink_t *sink, const char *format, ...)
{
    formatter_t f = { .sink = sink };
    va_list args;

    f.buffer.curpos = f.octets;
    f.buffer.endpos = f.octets + sizeof(f.octets);
    va_start(args, format);
    (void)apr_vformatter(flush, &f.buffer, format, args);
    va_end(args);
    (void)flush(&f.buffer);
}
