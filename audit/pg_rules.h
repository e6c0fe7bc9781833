/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The findings: what a reviewer would say about a configuration. One table of
 * rules, with a small check for each. */
#ifndef PG_RULES_H
#define PG_RULES_H

#include "pg_forward.h"
#include "pg_found.h"

typedef struct pg_rules_t pg_rules_t;

/** Begin. Findings go to `found`; pool is for temporary data. */
pg_rules_t *pg_rules_create(const pg_audit_in_t *in, pg_access_t *access,
                            apr_hash_t *server, pg_found_t *found,
                            apr_pool_t *pool);

/** A site under review. */
typedef struct pg_reviewed_t {
    const pg_site_t *site;
    const pg_directive_t *vhost; /* NULL: the main server                 */
    const pg_forward_t *forward; /* NULL: ProxyRequests Off               */
    const pg_directive_t *stated; /* makes it open to clients that state
                                    the right address; NULL: not          */
    pg_gate_e reverse;           /* out: does a reverse proxy let a client
                                    choose the target?                    */
    const pg_directive_t *reverse_at; /* out                              */
} pg_reviewed_t;

/** Check one site; the main server first. */
void pg_rules_site(pg_rules_t *rules, pg_reviewed_t *site);

/** Check what concerns the server as a whole, after all sites. */
void pg_rules_server(pg_rules_t *rules);

#endif
