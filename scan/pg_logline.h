/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One line of an access log, taken apart but not interpreted: what
 * pg_logformat.h and pg_logjson.h find, whatever the log looked like. */
#ifndef PG_LOGLINE_H
#define PG_LOGLINE_H

#include "pg_span.h"

/*  X(enum suffix, httpd's directive, nginx's variable); "" = has none.
 *  Fields that nobody here looks at are SKIP. */
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
    X(PROTOCOL,   "H",                    "server_protocol")

#define PG_ENUM_FIELD(sym, httpd, nginx) PG_FIELD_##sym,
typedef enum pg_field_e {
    PG_FIELDS(PG_ENUM_FIELD)
    PG_FIELD_COUNT
} pg_field_e;
#undef PG_ENUM_FIELD

/** Spans point into the line, still escaped as the server wrote them; absent
 *  where the format has no such field. */
typedef struct pg_logline_t {
    pg_span_t field[PG_FIELD_COUNT];
} pg_logline_t;

#endif
