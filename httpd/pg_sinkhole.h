/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The sink in httpd: which requests it accepts, and how their conversations
 * are conducted. On event (httpd 2.4.63 and later) no worker waits for a
 * client; elsewhere one does, for each conversation. */
#ifndef PG_SINKHOLE_H
#define PG_SINKHOLE_H

#include <httpd.h>

#include "pg_classify.h"
#include "pg_ledger.h"

typedef struct pg_sinkhole_t pg_sinkhole_t;

/** Its hooks; registered by the directive that enables it, so that a server
 *  without a sink has none of them. */
void pg_sinkhole_register(void);

/** Does a virtual host accept CONNECT? A spool alone accepts nothing. */
bool pg_sinkhole_is_used(const pg_sinkhole_t *sink);

/**
 * In post_config.
 * @param out  NULL when no sink is configured
 * @return false: httpd must not start (logged)
 */
bool pg_sinkhole_make(pg_sinkhole_t **out, pg_ledger_t *ledger,
                      apr_pool_t *pconf, server_rec *main_server);

/**
 * Accept a request: answer it, and begin the conversation.
 * @return false: there is no slot for it, and nothing was sent
 */
bool pg_sinkhole_accept(request_rec *r, const pg_verdict_t *verdict,
                        pg_sinkhole_t *sink);

/** Continue the conversation, once the attempt has been counted. For the
 *  handler, which returns the result. */
int pg_sinkhole_converse(request_rec *r, const pg_sinkhole_t *sink);

/** In log_transaction: the connection must not be closed with the request. */
void pg_sinkhole_hold(conn_rec *c, const pg_sinkhole_t *sink);

#endif
