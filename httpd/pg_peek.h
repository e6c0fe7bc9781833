/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Peeks at the first octets of a connection, for what reaches no request hook:
 * a SOCKS greeting (httpd would wait for a line end until its timeout), and a
 * relay request in clear on a TLS port. */
#ifndef PG_PEEK_H
#define PG_PEEK_H

#include <httpd.h>
#include <util_filter.h>

/** Register the input filter; in register_hooks. */
void pg_peek_register(void);

/** The filter, for pg_guard_t. */
ap_filter_rec_t *pg_peek_handle(void);

/** pre_connection: add the filter to a client's connection. After mod_ssl,
 *  whose records it must see undecrypted. */
int pg_peek_connection(conn_rec *c, void *csd);

/** A later request of the connection was read: remove the filter. Only the
 *  connection's own thread may call this. */
void pg_peek_end(const conn_rec *c);

#endif
