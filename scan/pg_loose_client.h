/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The client in a line whose format is not known. */
#ifndef PG_LOOSE_CLIENT_H
#define PG_LOOSE_CLIENT_H

#include "pg_logline.h"

/** Is it an address, perhaps with a colon after it?
 *  @param with_port  one with a port counts, too */
bool pg_loose_client_is_address(pg_span_t word, bool with_port);

/** The first address in a text, with or without a port; absent: none. */
pg_span_t pg_loose_client_address(pg_span_t s);

/** The address after a label such as "client: ". Search only text that the
 *  server wrote: clients choose what is in their requests. */
pg_span_t pg_loose_client_labelled(pg_span_t line);

/** Right after the request, Go's chi has `" from 192.0.2.1:4711 - 200`. */
pg_span_t pg_loose_client_from(pg_span_t rest);

/**
 * The client of a request.
 * @param out     FIRST and SECOND are set when either could be the client
 * @param before  the line up to the request
 * @param rest    the line after it
 */
pg_span_t pg_loose_client_find(pg_logline_t *out, pg_span_t before,
                               pg_span_t rest);

#endif
