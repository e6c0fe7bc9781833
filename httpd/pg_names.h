/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Who we are: from httpd's virtual hosts and listeners to a pg_own_t. */
#ifndef PG_NAMES_H
#define PG_NAMES_H

#include <httpd.h>

#include "pg_backends.h"
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
 * Does the certificate of this TLS connection name the host, by itself or by
 * a wildcard? Asks mod_ssl; false without TLS. Costs some microseconds.
 */
bool pg_names_certified(request_rec *r, pg_span_t host);

/** "name:port" of a virtual host, for people; port left out when unknown. */
const char *pg_names_label(const server_rec *s, apr_pool_t *pool);

/** What the configuration says of names anywhere. */
typedef struct pg_names_facts_t {
    bool named;                  /* there is a ServerName: without one, httpd's
                                    idea of its name is the resolver's    */
    bool mass;                   /* there is a VirtualDocumentRoot        */
} pg_names_facts_t;

pg_names_facts_t pg_names_facts(void);

/**
 * Why the names that a virtual host answers to cannot be told: no ServerName,
 * an alias that takes every name, or mass hosting. NULL: they can be told.
 */
const char *pg_names_unknown(const server_rec *s, const server_rec *main,
                             const pg_names_facts_t *facts);

/** Does this virtual host take its folders from the name that is asked for
 *  (VirtualDocumentRoot, VirtualScriptAlias)? */
bool pg_names_by_folder(const server_rec *s, const server_rec *main,
                        const pg_names_facts_t *facts);

/**
 * Is there, in such a virtual host, a folder for this name, which a request
 * in absolute-form has? Costs up to two stat(2).
 * @param host  as in the request; only a plain name has one
 */
bool pg_names_has_folder(request_rec *r, pg_span_t host);

/** Every backend that the configuration names: in the directives that can make
 *  mod_proxy go somewhere, and with ProxyGuardBackend. */
pg_backends_t *pg_names_backends(server_rec *main_server, apr_pool_t *pool);

/** With them, those that the .htaccess files name that httpd read for this
 *  request: they are read again. */
const pg_backends_t *pg_names_with_htaccess(const pg_backends_t *backends,
                                            request_rec *r);

/** Can mod_headers take a field away after a rule has read it? Asked in
 *  pre_config, of what the configuration says or lets .htaccess say. */
bool pg_names_change_fields(apr_pool_t *pool);

/** The first of a virtual host's aliases, for a quick comparison with Host:
 *  names as they are, "*.x" from the dot on. */
void pg_names_aliases(pg_span_t *out, apr_size_t most, const server_rec *s);

#endif
