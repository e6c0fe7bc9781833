/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The directives of the sink, and the conditions for its use. */
#ifndef PG_CONFIG_SINK_H
#define PG_CONFIG_SINK_H

#include <stdbool.h>

#include "pg_config.h"

/** ProxyGuardSinkSpool path [megabytes] | none */
pg_config_set_fn pg_config_sink_spool;

/** ProxyGuardSinkLimit conversations|source|seconds|kilobytes number */
pg_config_set_fn pg_config_sink_limit;

/** "ProxyGuardAction subject sink": check the subject, and note the line. */
const char *pg_config_sink_action(cmd_parms *cmd, int subject);

/** In post_config: does any virtual host use the sink? */
bool pg_config_sink_used(const server_rec *main_server);

/** check_config: no virtual host may use the sink without a spool and a
 *  ledger, or if it is a forward proxy. Also runs under -t. */
int pg_config_sink_check(apr_pool_t *pconf, apr_pool_t *plog,
                         apr_pool_t *ptemp, server_rec *main_server);

#endif
