/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the configuration says about where mod_proxy may connect: the backends
 * that it names, and whether fields change on the way. */
#ifndef PG_PROXYCONF_H
#define PG_PROXYCONF_H

#include <httpd.h>

#include "pg_backends.h"

/** Every backend that the configuration names: in the directives that can make
 *  mod_proxy connect, and with ProxyGuardBackend. */
pg_backends_t *pg_proxyconf_backends(server_rec *main_server,
                                     apr_pool_t *pool);

/** These, and those named in the .htaccess files that httpd read for this
 *  request: they are read again. */
const pg_backends_t *
pg_proxyconf_with_htaccess(const pg_backends_t *backends, request_rec *r);

/** Can mod_headers remove a field after a rule has read it? For pre_config:
 *  considers what the configuration contains or allows in .htaccess. */
bool pg_proxyconf_change_fields(apr_pool_t *pool);

#endif
