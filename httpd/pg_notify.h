/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where an attempt is told, besides the ledger: a line in the error log while
 * the budget lasts, and a line in the evidence log. Neither ever keeps an
 * attempt from being counted, and neither waits. */
#ifndef PG_NOTIFY_H
#define PG_NOTIFY_H

#include <httpd.h>

#include "pg_event.h"

typedef struct pg_notify_t pg_notify_t;

/**
 * Make it ready, in post_config. What all processes share of it lies in
 * memory that outlives restarts, so that children of the old generation go on
 * sharing it with those of the new one.
 * @return NULL when the evidence log cannot be opened (said)
 */
pg_notify_t *pg_notify_make(apr_pool_t *pconf, server_rec *main_server);

/** Tell of one attempt. Any process, any thread. */
void pg_notify_attempt(const request_rec *r, const pg_event_t *event);

/** monitor hook, in the parent: says once a minute what was held back. */
int pg_notify_monitor(apr_pool_t *pool, server_rec *main_server);

/** Lines that the budget held back, and that the evidence log lost, since
 *  httpd was started. */
apr_uint64_t pg_notify_held(const pg_notify_t *outlet);
apr_uint64_t pg_notify_lost(const pg_notify_t *outlet);

#endif
