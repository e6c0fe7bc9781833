/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where an attempt is reported besides the ledger: a line in the error log and
 * a line in the evidence log, each while its budget lasts. Neither ever
 * prevents an attempt from being counted, and neither waits. */
#ifndef PG_NOTIFY_H
#define PG_NOTIFY_H

#include <httpd.h>

#include "pg_ecs.h"

typedef struct pg_notify_t pg_notify_t;

/**
 * Set it up, in post_config. Its shared part is in memory that outlives
 * restarts, so that children of the old generation continue to share it with
 * those of the new one.
 * @return NULL when the evidence log cannot be opened (logged)
 */
pg_notify_t *pg_notify_make(apr_pool_t *pconf, server_rec *main_server);

/** Report one attempt. Any process, any thread. */
void pg_notify_attempt(const request_rec *r, const pg_event_t *event);

/** Put what the sink captured into the evidence log, within the same budget.
 *  @see pg_evidence_capture() */
void pg_notify_capture(server_rec *s, const pg_ecs_t *in, char *room);

/** May the error log have a line about the outcome of an event? It counts
 *  against the same budget as that of the attempt; lines held back are
 *  counted. */
bool pg_notify_end(const server_rec *s, const pg_event_t *event);

/** monitor hook, in the parent: logs once a minute what was held back. */
int pg_notify_monitor(apr_pool_t *pool, server_rec *main_server);

/** Lines missing in the error log and in the evidence log since httpd was
 *  started: held back by a budget, or refused by the file or program. */
apr_uint64_t pg_notify_held(const pg_notify_t *notify);
apr_uint64_t pg_notify_lost(const pg_notify_t *notify);

#endif
