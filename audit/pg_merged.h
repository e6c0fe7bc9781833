/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a virtual host is once httpd has merged the main server into it, as far
 * as that decides where its requests go: names, switches, mod_rewrite's rules,
 * ProxyPass, sections. */
#ifndef PG_MERGED_H
#define PG_MERGED_H

#include <apr_hash.h>

#include "pg_flow.h"
#include "pg_forward.h"

/** The main server's part, read once. */
typedef struct pg_merged_t {
    const pg_audit_in_t *in;
    pg_access_t *access;
    apr_hash_t *server;          /* pg_tree_index()                       */
    apr_array_header_t *rules;   /* of the main server                    */
    unsigned options;            /* its RewriteOptions                    */
    bool uncanonical;            /* a section says UseCanonicalName Off   */
    bool uncanonical_folders;    /* ... or a <Directory> or <Files>       */
    int budget;                  /* requests that may still be made up    */
    apr_array_header_t *passes;  /* pg_dest_t                             */
    apr_array_header_t *places;  /* pg_scope_t                            */
} pg_merged_t;

/** @param server  pg_tree_index() of the main server; read when a virtual host
 *                 is merged */
pg_merged_t *pg_merged_create(const pg_audit_in_t *in, pg_access_t *access,
                              apr_hash_t *server, apr_pool_t *pool);

/** All that a virtual host's requests go through.
 *  @param vhost  its section; NULL: the main server */
pg_flow_t pg_merged_flow(const pg_merged_t *merged,
                         const pg_directive_t *vhost, apr_pool_t *pool);

#endif
