/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One line of a log, taken apart but not interpreted: what pg_reader.h and
 * its parts find, whatever the log looked like. */
#ifndef PG_LOGLINE_H
#define PG_LOGLINE_H

#include "pg_span.h"
#include "pg_vocab.h"

/*  X(enum suffix, httpd's directive, nginx's variable); "" = has none. Fields
 *  that nothing here uses are SKIP. */
#define PG_FIELDS(X)                                                          \
    X(SKIP,       "",                     "")                                 \
    X(REQUEST,    "r",                    "request")                          \
    X(STATUS,     "s",                    "status")                           \
    X(TIME,       "t",                    "time_local")                       \
    X(CLIENT,     "h",                    "remote_addr")                      \
    X(SIZE,       "b",                    "body_bytes_sent")                  \
    X(VHOST,      "v",                    "server_name")                      \
    X(PORT,       "p",                    "server_port")                      \
    X(HOST,       "{Host}i",              "http_host")                        \
    X(AGENT,      "{User-Agent}i",        "http_user_agent")                  \
    X(FORWARDED_FOR, "{X-Forwarded-For}i", "http_x_forwarded_for")            \
    X(VIA,        "{Via}i",               "http_via")                         \
    X(FORWARDED,  "{Forwarded}i",         "http_forwarded")                   \
    X(PROXY_CONNECTION, "{Proxy-Connection}i", "http_proxy_connection")       \
    X(METHOD,     "m",                    "request_method")                   \
    X(TARGET,     "",                     "request_uri")                      \
    X(PROTOCOL,   "H",                    "server_protocol")                  \
    X(DATE,       "",                     "")  /* with TIME as the clock   */ \
    X(URL,        "",                     "")  /* made by the logger       */ \
    X(ADDRESSEE,  "",                     "")  /* CONNECT's host:port      */ \
    X(EMBEDDED,   "",                     "")  /* a whole line in a field  */ \
    X(FIRST,      "",                     "")  /* of two addresses, either */ \
    X(SECOND,     "",                     "")  /* may be the client's      */ \
    X(OUTCOME,    "",                     "")  /* these: in a log of this  */ \
    X(CLASS,      "",                     "")  /* product                  */ \
    X(REASON,     "",                     "")                                 \
    X(ASKED_HOST, "",                     "")                                 \
    X(ASKED_PORT, "",                     "")

#define PG_ENUM_FIELD(sym, httpd, nginx) PG_FIELD_##sym,
typedef enum pg_field_e {
    PG_FIELDS(PG_ENUM_FIELD)
    PG_FIELD_COUNT
} pg_field_e;
#undef PG_ENUM_FIELD

/** Spans point into the line, or into the reader's memory; absent where the
 *  line has no such field. */
typedef struct pg_logline_t {
    pg_span_t field[PG_FIELD_COUNT];
    bool escaped;                /* as by httpd and nginx: to be undone   */
    bool sent;                   /* SIZE includes the head of the answer
                                    (%O): even a tunnel has one           */
    bool month_first;            /* in TIME, as its format says           */
    bool twice;                  /* another METHOD follows: of a line that
                                    ran into this one                     */
    bool composed;               /* this logger writes every target in
                                    absolute-form (Squid, load
                                    balancers): the form says nothing
                                    about the client                      */
    bool stripped;               /* this logger keeps only the path of a
                                    full URL (Traefik)                    */
} pg_logline_t;

/** Did this product log it, as an attempt? */
static inline bool pg_logline_is_own(const pg_logline_t *line)
{
    const pg_span_t *f = line->field;

    return f[PG_FIELD_CLASS].len && f[PG_FIELD_OUTCOME].len
           && pg_vocab_class_by_name(f[PG_FIELD_CLASS]) != PG_CLASS_CLEAN
           && pg_vocab_outcome_by_name(f[PG_FIELD_OUTCOME])
              != PG_OUTCOME_COUNT;
}

/** Is there a request, whole or in its parts? SOCKS has no method. */
static inline bool pg_logline_has_request(const pg_logline_t *line)
{
    const pg_span_t *f = line->field;

    return f[PG_FIELD_REQUEST].len
           || (f[PG_FIELD_TARGET].len
               && (f[PG_FIELD_METHOD].len || pg_logline_is_own(line)));
}

/** Memory for copies made while a line is read. What does not fit is not
 *  copied, and so not read. */
typedef struct pg_room_t {
    char *at, *end;
} pg_room_t;

static inline apr_size_t pg_logline_left(const pg_room_t *room)
{
    return (apr_size_t)(room->end - room->at);
}

/** Only digits, and at least one. */
static inline bool pg_logline_is_number(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

/** What loggers write for a missing value. */
static inline bool pg_logline_is_dash(pg_span_t s)
{
    return s.len == 1 && s.ptr[0] == '-';
}

#endif
