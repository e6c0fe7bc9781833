/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* ProxyGuardEvidenceLog: one line of JSON per attempt (pg_ecs.h), to a file or
 * a program like httpd's own logs. A line is one write(2), so lines of
 * different processes never mix; it never waits for a slow program, and a full
 * disk costs only lines of evidence. */
#ifndef PG_EVIDENCE_H
#define PG_EVIDENCE_H

#include <stdatomic.h>

#include <httpd.h>

#include "pg_ecs.h"

typedef struct pg_evidence_t pg_evidence_t;

/** Shared by all processes, zeroed at start. */
typedef struct pg_outage_t {
    _Atomic apr_uint64_t lost;   /* lines, since start                    */
    _Atomic apr_uint64_t missed; /* lines, in this outage; 0: none now    */
    _Atomic apr_uint32_t torn;   /* 1: the file ends with half a line     */
} pg_outage_t;

/**
 * Open what the main server's settings name.
 * @return APR_SUCCESS, or a failure that has been logged
 */
apr_status_t pg_evidence_open(pg_evidence_t **out, pg_outage_t *outage,
                              apr_pool_t *pconf, server_rec *main_server);

/** check_config: `httpd -t`, too, reports what would make the start fail. */
int pg_evidence_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main_server);

/** Write one line, or log once per outage that this fails. */
void pg_evidence_write(pg_evidence_t *evidence, const request_rec *r,
                       const pg_event_t *event);

/** The same for what the sink captured. Needs no pool.
 *  @param in    without sensor, version and mask
 *  @param room  PG_EVIDENCE_ROOM octets */
enum { PG_EVIDENCE_LINE = 65536,
       PG_EVIDENCE_ROOM = PG_EVIDENCE_LINE + PG_ECS_ROOM };
void pg_evidence_capture(pg_evidence_t *evidence, server_rec *s, pg_ecs_t in,
                         char *room);

#endif
