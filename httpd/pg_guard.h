/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What happens to a request: looked at and perhaps stopped in
 * post_read_request, watched in the handler phase, counted and logged once in
 * log_transaction. The verdict travels in r->request_config. */
#ifndef PG_GUARD_H
#define PG_GUARD_H

#include <httpd.h>

#include "pg_audit.h"
#include "pg_checkpoint.h"
#include "pg_ledger.h"
#include "pg_notify.h"
#include "pg_own.h"
#include "pg_policy.h"

/** What the hooks share. Made in post_config, read-only afterwards. */
typedef struct pg_guard_t {
    pg_own_t *own;
    pg_ledger_t *ledger;         /* NULL: deny, but count nothing         */
    pg_checkpoint_t *checkpoint; /* the parent's; NULL: none              */
    const pg_audit_t *audit;
    pg_notify_t *outlet;
    bool names_known;            /* some ServerName, and no "*" alias     */
    bool behind_proxy;           /* mod_remoteip is loaded: the peer need
                                    not be the client                     */
} pg_guard_t;

/** post_read_request: DECLINED, or the refusal. Any thread. */
int pg_guard_post_read(request_rec *r);

/** insert_error_filter: no attempt that is refused is answered with 3xx. */
void pg_guard_error(request_rec *r);

/** In handler, before all others: sees what mod_proxy is about to carry. */
void pg_guard_watch(const request_rec *r);

/** log_transaction: the one place that counts and logs an attempt. */
int pg_guard_log(request_rec *r);

/**
 * The first octets of a connection, before there is a request: count and log
 * them when they are an attempt.
 * @param act  what is to be done, when they are
 * @return whether they are
 */
bool pg_guard_octets(conn_rec *c, pg_span_t octets, pg_act_e *act);

/** The optional function of mod_proxyguard.h. */
const char *proxyguard_class(request_rec *r);

#endif
