/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* When the configuration is audited, and where the findings go: the error log
 * at start and under -t, standard output under -D DUMP_PROXYGUARD. */
#ifndef PG_AUDITLOG_H
#define PG_AUDITLOG_H

#include <httpd.h>

#include "pg_audit.h"

/** check_config: with ProxyGuardAudit Strict, a critical finding prevents the
 *  start, and a reload before it is signalled. */
int pg_auditlog_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *s);

/** test_config (only under -t): the report, or the findings as log lines. */
void pg_auditlog_test(apr_pool_t *pconf, server_rec *s);

/**
 * For post_config: audit, log the findings, and set each virtual host's
 * posture. Not in the dry run.
 * @return lives in pconf
 */
const pg_audit_t *pg_auditlog_start(apr_pool_t *pconf, apr_pool_t *ptemp,
                                    server_rec *main_server);

#endif
