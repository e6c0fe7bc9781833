/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* request_rec -> what the core works on. Only this unit knows which of httpd's
 * fields can be trusted. */
#ifndef PG_REQUEST_H
#define PG_REQUEST_H

#include <httpd.h>

#include "pg_event.h"

/**
 * The request as received, in any phase, whatever httpd has made of it.
 * Nothing is copied: the spans live as long as r.
 *
 * r->hostname, r->uri and r->parsed_uri are not used: httpd has rewritten them
 * by now.
 *
 * @param local  what out->local will point to
 * @param valid  httpd accepted the request line; else only the line itself
 *               counts, since parsers disagree about its parts
 */
void pg_request_read(pg_request_t *out, pg_address_t *local,
                     const request_rec *r, bool valid);

/** Did it come by HTTP/2 over TLS? */
bool pg_request_is_h2_tls(const request_rec *r);

/** The local address of a connection. */
void pg_request_local(pg_request_t *out, pg_address_t *local,
                      const conn_rec *c);

/** A verdict whose texts outlive the request: they are copied into pool. */
pg_verdict_t *pg_request_keep(const pg_verdict_t *verdict, apr_pool_t *pool);

/** Fill source and evidence headers into an event whose verdict is known, and
 *  remove secrets. */
void pg_request_evidence(pg_event_t *event, const request_rec *r);

/** The status the client saw, whatever internal redirects there were. */
int pg_request_status(const request_rec *r);

#endif
