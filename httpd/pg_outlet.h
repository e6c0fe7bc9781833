/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where an attempt is told, besides the ledger: a line in the error log while
 * the budget lasts, and a line in the evidence log. Neither ever keeps an
 * attempt from being counted, and neither waits. */
#ifndef PG_OUTLET_H
#define PG_OUTLET_H

#include <httpd.h>

#include "pg_event.h"

typedef struct pg_outlet_t pg_outlet_t;

/**
 * Make it ready, in post_config. What all processes share of it lies in
 * memory that outlives restarts, so that children of the old generation go on
 * sharing it with those of the new one.
 * @return NULL when the evidence log cannot be opened (said)
 */
pg_outlet_t *pg_outlet_make(apr_pool_t *pconf, server_rec *main_server);

/** Tell of one attempt. Any process, any thread. */
void pg_outlet_attempt(const request_rec *r, const pg_event_t *event);

/** monitor hook, in the parent: says once a minute what was held back. */
int pg_outlet_monitor(apr_pool_t *pool, server_rec *main_server);

/** Lines that the budget held back, and that the evidence log lost, since
 *  httpd was started. */
apr_uint64_t pg_outlet_held(const pg_outlet_t *outlet);
apr_uint64_t pg_outlet_lost(const pg_outlet_t *outlet);

#endif
