/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Our own names: from httpd's virtual hosts and listeners to a pg_own_t. */
#ifndef PG_NAMES_H
#define PG_NAMES_H

#include <httpd.h>

#include "pg_own.h"

/** The address of a socket address. */
pg_address_t pg_names_address(const apr_sockaddr_t *sa);

/**
 * All names, aliases, addresses and ports of all virtual hosts, the
 * listeners, and ProxyGuardOwnHost. Call it in post_config, when the
 * listeners are known.
 * @param main_server  first of the list
 */
pg_own_t *pg_names_collect(server_rec *main_server, apr_pool_t *pool);

/**
 * Does the certificate of this TLS connection name the host, literally or by a
 * wildcard? Asks mod_ssl; false without TLS. Costs some microseconds.
 */
bool pg_names_certified(request_rec *r, pg_span_t host);

/** "name:port" of a virtual host, for display; without port if unknown. */
const char *pg_names_label(const server_rec *s, apr_pool_t *pool);

/** What the configuration says about names. */
typedef struct pg_names_facts_t {
    bool named;                  /* there is a ServerName; without one,
                                    httpd takes its name from the
                                    resolver                              */
    bool mass;                   /* there is a VirtualDocumentRoot        */
} pg_names_facts_t;

pg_names_facts_t pg_names_facts(void);

/**
 * Why the names that a virtual host answers to are unknown: no ServerName, an
 * alias that matches every name, or mass virtual hosting. NULL: they are
 * known.
 */
const char *pg_names_unknown(const server_rec *s, const server_rec *main,
                             const pg_names_facts_t *facts);

/** Does this virtual host derive its folders from the requested name
 *  (VirtualDocumentRoot, VirtualScriptAlias)? */
bool pg_names_by_folder(const server_rec *s, const server_rec *main,
                        const pg_names_facts_t *facts);

/**
 * Does such a virtual host have a folder for this name, from a request in
 * absolute-form? Costs up to two stat(2).
 * @param host  as in the request; only a plain name can have one
 */
bool pg_names_has_folder(request_rec *r, pg_span_t host);

/** The part of a file that is read; absent if it cannot be. Only of a regular
 *  file: any other could block the start. */
pg_span_t pg_names_text(const char *path, apr_pool_t *pool);

/** The first of a virtual host's aliases, for a quick comparison with Host:
 *  names as they are, "*.x" from the dot on. */
void pg_names_aliases(pg_span_t *out, apr_size_t most, const server_rec *s);

#endif
