/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where mod_proxy is about to go: the text after "proxy:" in r->filename, or
 * in a handler's name, taken apart. Whether the client chose it is
 * pg_chosen.h's question. */
#ifndef PG_DESTINATION_H
#define PG_DESTINATION_H

#include "pg_target.h"

typedef enum pg_destination_e {
    PG_DESTINATION_NONE,     /* nothing that could be connected to        */
    PG_DESTINATION_HOST,     /* scheme://host[:port]...                   */
    PG_DESTINATION_SOCKET,   /* unix:/path|scheme://...                   */
    PG_DESTINATION_BALANCER  /* balancer://name: its members are literal  */
} pg_destination_e;

typedef struct pg_destination_t {
    pg_destination_e kind;
    pg_span_t scheme;            /* "http"; of a socket: absent           */
    pg_authority_t authority;    /* HOST                                  */
    apr_uint16_t port;           /* as given, or the scheme's default, or 0 */
    pg_span_t socket;            /* SOCKET: the path                      */
} pg_destination_t;

/** Readings of one name, see below. */
#define PG_DESTINATION_READINGS 2

/**
 * Take a name apart. An authority ends at "/", "?" or "#" (RFC 3986 3.2), but
 * mod_proxy's canonicalisation reads on to the "/": where the two differ,
 * there are two readings, and a caller must like both.
 *
 * Total; copies nothing.
 * @return how many of out are written: 1 or 2
 */
int pg_destination_parse(pg_destination_t out[PG_DESTINATION_READINGS],
                         pg_span_t name);

#endif
