/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The backends that the configuration names: literally, in the arguments of
 * ProxyPass, RewriteRule and the like, or with ProxyGuardBackend. Built once,
 * read-only and shared by all threads after. */
#ifndef PG_BACKENDS_H
#define PG_BACKENDS_H

#include <apr_pools.h>

#include "pg_destination.h"

typedef struct pg_backends_t pg_backends_t;

typedef enum pg_named_e {
    PG_NAMED_NO,
    PG_NAMED_HOST,       /* the host is, but with another port            */
    PG_NAMED_YES
} pg_named_e;

/** An empty set, in pool. */
pg_backends_t *pg_backends_create(apr_pool_t *pool);

/** A set, empty itself, that has all of another one besides: what holds for
 *  one request alone. */
pg_backends_t *pg_backends_extend(const pg_backends_t *base, apr_pool_t *pool);

/**
 * Add a value of ProxyGuardBackend: a host name, "*.suffix", an address or
 * "address/prefix", IPv6 in brackets where a port follows; each with or
 * without ":port" or ":port-port". Without one, all ports.
 * @return NULL, or what is wrong with it: a clause to put after the value
 */
const char *pg_backends_declare(pg_backends_t *backends, pg_span_t value);

/**
 * Add what one argument of a directive names: every host that it holds
 * literally, with its port; "*.internal.example" for "$1.internal.example";
 * the port of "%{HTTP_HOST}:8080"; the path of "unix:/path|"; the names of
 * a pattern "^/(app1|app2)/". An argument that begins with "!" names what is
 * *not* meant, and nothing of it is added.
 */
void pg_backends_read(pg_backends_t *backends, pg_span_t argument);

/**
 * Add a URL to which mod_proxy appends text of the client's, as "ProxyPass /
 * http://backend" does with all that follows the '/'. If it ends in a host,
 * whatever is appended makes another host of it; and if in a port, another
 * port.
 */
void pg_backends_read_open(pg_backends_t *backends, pg_span_t url);

/** Does the configuration name this destination (HOST or SOCKET)? */
pg_named_e pg_backends_check(const pg_backends_t *backends,
                             const pg_destination_t *destination);

/** Is this a port that the configuration puts after a variable host? */
bool pg_backends_has_port(const pg_backends_t *backends, apr_uint16_t port);

/**
 * Literals that a variable follows immediately, as in "http://127.0.0.1$1":
 * what follows the i-th of them in a host may be the client's.
 * @param rest  empty if the host does not begin so, or if what follows cannot
 *              move the destination elsewhere
 * @return whether there is an i-th
 */
bool pg_backends_cut(pg_span_t *rest, const pg_backends_t *backends, int i,
                     pg_span_t host);

/**
 * Ports that a variable follows immediately, as in "http://backend:80$1": what
 * follows the i-th of them in the digits of a port may be the client's.
 * @param rest  empty if the port does not begin so
 * @return whether there is an i-th
 */
bool pg_backends_cut_port(pg_span_t *rest, const pg_backends_t *backends,
                          int i, pg_span_t port);

/** Does the host end in a suffix that the configuration puts after a
 *  variable, or is declared? */
bool pg_backends_has_suffix(const pg_backends_t *backends, pg_span_t host);

/** How many variables the configuration joins to one host, at most: 2 in
 *  "http://$1.$2/", and in "http://%{HTTP_HOST}$1". */
int pg_backends_parts(const pg_backends_t *backends);

/**
 * Literal text between the variables of a host: "." of "http://$1.$2/".
 * @return the i-th of them; absent after the last
 */
pg_span_t pg_backends_glue(const pg_backends_t *backends, int i);

/**
 * Literal text that a captured part of a pattern follows immediately: "go" of
 * "^/go(.*)$". A client's host may come right after it.
 * @return the i-th of them; absent after the last
 */
pg_span_t pg_backends_stem(const pg_backends_t *backends, int i);

#endif
