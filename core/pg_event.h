/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One attempt with all that is remembered of it: what the glue and the log
 * scanner hand to the ledger and to the log. Plain data; the spans belong to
 * the caller and need to live for the call only. */
#ifndef PG_EVENT_H
#define PG_EVENT_H

#include <apr_time.h>

#include "pg_classify.h"

typedef struct pg_event_t {
    apr_time_t time;             /* us since 1970, UTC                    */
    apr_time_t now;              /* the present, if time may lie far before
                                    it (a log that is read years later, a
                                    tunnel that stood for hours); 0: it is
                                    time                                  */
    pg_verdict_t verdict;        /* class, family, method, target, ...    */
    pg_outcome_e outcome;
    int status;                  /* as answered and logged; 0 = none      */
    pg_span_t vhost;             /* "name:port" of the virtual host       */
    pg_address_t source;
    bool source_known;           /* false: source is all zero             */
    bool source_is_peer;         /* not known to be the client (it may be
                                    the load balancer)                    */
    pg_span_t user_agent;        /* evidence (seed F3); absent if not sent */
    pg_span_t x_forwarded_for;
    pg_span_t via;
    pg_span_t forwarded;
    pg_span_t proxy_connection;
    bool proxy_authorization;    /* was there one; its value is never kept */
} pg_event_t;

#endif
