/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One attempt with everything that is kept of it: what the module and the log
 * scanner hand to the ledger and to the log. Plain data; the spans belong to
 * the caller and need to live for the call only. */
#ifndef PG_EVENT_H
#define PG_EVENT_H

#include <apr_time.h>

#include "pg_classify.h"

typedef struct pg_event_t {
    apr_time_t time;             /* us since 1970, UTC                    */
    apr_time_t now;              /* the present, if time may be long past
                                    (a log that is read years later, a
                                    tunnel that was open for hours); 0: the
                                    same as time                          */
    pg_verdict_t verdict;        /* class, family, method, target, ...    */
    pg_outcome_e outcome;
    int status;                  /* as answered and logged; 0 = none      */
    pg_span_t vhost;             /* "name:port" of the virtual host       */
    pg_address_t source;
    bool source_known;           /* false: source is all zero             */
    bool source_is_peer;         /* not known to be the client (it may be
                                    the load balancer)                    */
    pg_span_t user_agent;        /* evidence; absent if not sent          */
    pg_span_t x_forwarded_for;
    pg_span_t via;
    pg_span_t forwarded;
    pg_span_t proxy_connection;
    pg_span_t allow;             /* the directive that would allow it; absent
                                    if none can                           */
    bool proxy_authorization;    /* was sent; its value is never kept     */
} pg_event_t;

/**
 * Octets that pg_event_conceal() needs for this event, so that nothing is
 * cut; 0 for most events, which then hold no secret.
 */
apr_size_t pg_event_room(const pg_event_t *event);

/**
 * Remove the secrets from every text of an event (pg_conceal.h), once, where
 * the event is made: no ledger, log or page sees them. A host that turns out
 * to be part of a password becomes absent, and SOCKS loses user, password and
 * all that was sent after its request.
 * @param plain  a text without secrets that some of them may be parts of;
 *               absent: none is known
 * @param room   where changed texts are put; must live as long as the event.
 *               They are cut when it is too small
 */
void pg_event_conceal(pg_event_t *event, pg_span_t plain, char *room,
                      apr_size_t size);

#endif
