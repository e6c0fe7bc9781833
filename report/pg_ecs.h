/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One attempt as one line of JSON, with the names of the Elastic Common Schema
 * (ECS 8), for any log shipper. It has all header fields in the order
 * received, without the secrets in them (pg_conceal.h). What the sink captures
 * gets lines of the same kind. */
#ifndef PG_ECS_H
#define PG_ECS_H

#include "pg_event.h"
#include "pg_hello.h"
#include "pg_mask.h"

/** A header field as received. */
typedef struct pg_field_t {
    pg_span_t name;
    pg_span_t value;
} pg_field_t;

/** A captured mail. */
typedef struct pg_ecs_mail_t {
    pg_span_t id, sender, helo;
    pg_span_t recipients;        /* each followed by a NUL                */
    unsigned recipient_count;
    const char *auth;            /* the mechanism; NULL: not used         */
    const char *kept;            /* pg_capture_keep()                     */
    apr_size_t size;             /* of the message as it was sent         */
    pg_span_t message;           /* the part that may be shown: all, its
                                    header, nothing                       */
    pg_span_t subject;           /* decoded; absent: none may be shown    */
    pg_span_t text;              /* in UTF-8; not shown if absent or
                                    masked                                */
    char *scratch;               /* message.len octets                    */
} pg_ecs_mail_t;

/** What was received in a conversation with the sink: one of the three. */
typedef struct pg_ecs_capture_t {
    pg_span_t conversation;
    const pg_ecs_mail_t *mail;
    const pg_hello_t *hello;     /* a ClientHello                         */
    pg_span_t first;             /* the first octets of anything else     */
} pg_ecs_capture_t;

/** What goes into a line. Spans need to live only during the call. */
typedef struct pg_ecs_t {
    const pg_event_t *event;     /* without its secrets                   */
    const pg_ecs_capture_t *capture;     /* NULL: an attempt              */
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

/** The part of the first octets that is shown: their first line, without its
 *  secrets. @param room PG_ECS_ROOM octets */
pg_span_t pg_ecs_first(pg_span_t first, char *room);

enum { PG_ECS_ROOM = 16384 };    /* for a value without its secrets       */

/**
 * The line, with its line end.
 *
 * A line that would be longer than `most` is shortened: long values are cut,
 * then header fields left out from the end, and "proxyguard.cut" is true. What
 * is not UTF-8 is shown as in all reports (pg_escape.h).
 *
 * @param out   most + PG_ECS_ROOM octets
 * @param most  octets, with the line end; at least 2048
 * @return at the beginning of out; len is never over most
 */
pg_span_t pg_ecs_line(const pg_ecs_t *in, char *out, apr_size_t most);

/**
 * Does a file that begins like this contain such lines? The first may be half
 * of one, left by a full disk.
 * @param head  its first 512 octets, or all of it
 */
bool pg_ecs_begins(pg_span_t head);

#endif
