/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One attempt as one line of JSON, in the names of the Elastic Common Schema
 * (ECS 8): for whatever a site ships its logs with. It has all header fields
 * in the order received, without the secrets in them (pg_conceal.h). */
#ifndef PG_ECS_H
#define PG_ECS_H

#include <apr_pools.h>

#include "pg_event.h"
#include "pg_mask.h"

/** A header field as received. */
typedef struct pg_field_t {
    pg_span_t name;
    pg_span_t value;
} pg_field_t;

/** What a line is made of. Spans need to live for the call only. */
typedef struct pg_ecs_t {
    const pg_event_t *event;     /* without its secrets                   */
    const char *source;          /* address as text; NULL: not known      */
    int source_port;             /* 0: not known                          */
    pg_span_t protocol;          /* "HTTP/1.1"; absent: not known         */
    pg_span_t host;              /* Host or :authority; absent: none      */
    bool tls;
    const pg_field_t *field;
    apr_size_t fields;
    const char *sensor;          /* this server's name among several      */
    const char *version;         /* of the product                        */
    const pg_key_t *mask;        /* NULL: names and addresses as they are */
} pg_ecs_t;

/**
 * The line, with its line end.
 *
 * A line that would be longer than `most` is made shorter: long values are
 * cut, then header fields left out from the end, and "proxyguard.cut" is
 * true. What is not UTF-8 is shown as in all reports (pg_escape.h).
 *
 * @param most  octets, with the line end; at least 2048
 * @return in pool; len is never over most
 */
pg_span_t pg_ecs_line(const pg_ecs_t *in, apr_size_t most, apr_pool_t *pool);

#endif
