/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* From httpd's parsed configuration to the audit's neutral input: the tree of
 * directives that are active, and the virtual hosts as they were merged.
 * Anything outside that tree is not audited: .htaccess files, and what modules
 * like mod_perl configure by themselves. */
#ifndef PG_CONFTREE_H
#define PG_CONFTREE_H

#include <httpd.h>

#include "pg_audit.h"

/**
 * Audit the configuration just read. For check_config, test_config and
 * post_config only: one thread, virtual hosts already merged.
 *
 * @param pool   for the result; as long-lived as the configuration
 * @param ptemp  for the work
 * @return one vhost for each server_rec, in the order of the list
 */
const pg_audit_t *pg_conftree_audit(server_rec *main_server,
                                    apr_pool_t *pool, apr_pool_t *ptemp);

/** Is ProxyRequests On in this virtual host? For the same hooks. */
bool pg_conftree_proxy_requests(const server_rec *s);

#endif
