/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What happens to a request: it is classified and perhaps stopped in
 * post_read_request, judged again by the gate (pg_gate.h) if mod_proxy is
 * about to carry it, and counted and logged once (pg_book.h). The verdict
 * travels in r->request_config (pg_note.h). */
#ifndef PG_GUARD_H
#define PG_GUARD_H

#include <httpd.h>

#include <apr_thread_proc.h>

#include "pg_audit.h"
#include "pg_backends.h"
#include "pg_ledger.h"
#include "pg_notify.h"
#include "pg_own.h"
#include "pg_policy.h"
#include "pg_probes.h"
#include "pg_sinkhole.h"
#include "pg_store.h"

/** What the hooks share. Made in post_config, read-only afterwards. */
typedef struct pg_guard_t {
    pg_own_t *own;
    pg_backends_t *backends;     /* that the configuration names          */
    apr_threadkey_t *carrying;   /* the note of the request that a thread
                                    carries; NULL: not available          */
    pg_ledger_t *ledger;         /* NULL: deny, but count nothing         */
    pg_store_t *store;           /* where the ledger is; NULL with it     */
    const pg_audit_t *audit;
    pg_notify_t *notify;
    pg_sinkhole_t *sink;         /* NULL: none                            */
    struct ap_filter_rec_t *peek;
    pg_probes_t *probes;         /* CONNECT without a destination         */
    bool behind_proxy;           /* mod_remoteip is loaded: the peer need
                                    not be the client                     */
} pg_guard_t;

/** post_read_request: OK or DECLINED, or the refusal. Any thread. */
int pg_guard_post_read(request_rec *r);

/** quick_handler: an attempt for the sink. Registered by the sink only. */
int pg_guard_quick(request_rec *r, int lookup);

/** insert_error_filter: no refused attempt is answered with 3xx. */
void pg_guard_error(request_rec *r);

/** The request turned out to be for this module's own page: a foreign Host
 *  there is a scraper that uses another name, not an attempt. */
void pg_guard_excuse(request_rec *r);

/** log_transaction: the one place that counts and logs an attempt. */
int pg_guard_log(request_rec *r);

/**
 * The first octets of a connection, before there is a request: count and log
 * them if they are an attempt.
 * @param act  what is to be done, if they are
 * @return whether they are
 */
bool pg_guard_octets(conn_rec *c, pg_span_t octets, pg_act_e *act);

/** The optional function of mod_proxyguard.h. */
const char *proxyguard_class(request_rec *r);

#endif
