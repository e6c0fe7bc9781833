/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Clients that state their own address: mod_remoteip trusts a header, or the
 * PROXY protocol, from every client. "Require ip" then lets through any client
 * that states the right address, which restricts nobody. */
#ifndef PG_STATED_H
#define PG_STATED_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "pg_audit.h"

typedef struct pg_stated_t {
    const pg_directive_t *at;    /* NULL: the address is the peer's       */
    bool any;                    /* private and loopback ones as well     */
} pg_stated_t;

/** Is it so in this virtual host? vhost NULL: the main server.
 *  @param server  pg_tree_index() of the main server
 *  @param tree    its directives, at least those of mod_remoteip */
pg_stated_t pg_stated_find(apr_hash_t *server, const pg_directive_t *tree,
                           const pg_directive_t *vhost, apr_pool_t *pool);

/** Addresses (const char *) worth stating: one of each network that the
 *  configuration names for access control. Bounded. */
apr_array_header_t *pg_stated_addresses(const pg_directive_t *tree,
                                        const pg_stated_t *stated,
                                        apr_pool_t *pool);

#endif
