/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sinkhole.h"

#include <pthread.h>
#include <signal.h>

#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mpm_common.h>
#include <util_filter.h>

#include "pg_config.h"
#include "pg_config_sink.h"
#include "pg_conn.h"
#include "pg_conversation.h"
#include "pg_guard.h"
#include "pg_log.h"
#include "pg_names.h"

APLOG_USE_MODULE(proxyguard);

#define FILTER_NAME "PROXYGUARD_SINK"

enum { SHARE = 4 };              /* of the workers: a quarter             */

struct pg_sinkhole_t {
    pg_host_t host;
    bool waits_in_mpm;           /* no worker waits for a client          */
};

/* --- start --------------------------------------------------------------- */

/* What the MPM does not know is 0. */
static unsigned query(int code)
{
    int value = 0;

    (void)ap_mpm_query(code, &value);
    return (unsigned)value;
}

/* httpd 2.4.63 and later have CONN_STATE_ASYNC_WAITIO. */
static bool can_wait_in_mpm(void)
{
#ifdef AP_MPMQ_CAN_WAITIO
    return query(AP_MPMQ_CAN_WAITIO) != 0;
#else
    return false;
#endif
}

/* At most a quarter of the workers, whether or not workers wait: if they do,
 * the site keeps the others; if not, they are still needed to read. */
static unsigned conversations(const pg_settings_t *settings, server_rec *s)
{
    unsigned workers = query(AP_MPMQ_MAX_DAEMONS)
                       * query(AP_MPMQ_MAX_THREADS);
    unsigned most = workers / SHARE ? workers / SHARE : 1;
    unsigned wanted = (unsigned)settings->sink_conversations;

    if (wanted <= most) {
        return wanted;
    }
    PG_LOG(APLOG_NOTICE, s, PGLOGNO(0142)
           "ProxyGuardSinkLimit conversations: reduced from %u to %u, "
           "a quarter of MaxRequestWorkers", wanted, most);
    return most;
}

static void say_what_it_means(const pg_sinkhole_t *sink, server_rec *s)
{
    PG_LOG(APLOG_WARNING, s, PGLOGNO(0141)
           "the sink is on: this server accepts CONNECT but relays "
           "nothing. Its address will appear on lists of open proxies: "
           "send no mail and serve no customers from it");
    if (!sink->waits_in_mpm) {
        PG_LOG(APLOG_NOTICE, s, PGLOGNO(0143)
               "each sink conversation occupies a worker: only the "
               "event MPM of httpd 2.4.63 and later can wait without "
               "one");
    }
}

bool pg_sinkhole_is_used(const pg_sinkhole_t *sink)
{
    return sink && sink->host.limit.conversations > 0;
}

bool pg_sinkhole_make(pg_sinkhole_t **out, pg_ledger_t *ledger,
                      apr_pool_t *pconf, server_rec *main_server)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_sinkhole_t *sink;

    *out = NULL;
    if (settings->spool == NULL) {
        if (ledger) {
            pg_slots_allow(ledger, 0);
        }
        return true;
    }
    sink = apr_pcalloc(pconf, sizeof(*sink));
    sink->waits_in_mpm = can_wait_in_mpm();
    sink->host.ledger = ledger;
    sink->host.message_most = (apr_size_t)settings->sink_kilobytes << 10;
    sink->host.keep = (pg_keep_e)settings->sink_keep;
    if (pg_config_sink_used(main_server)) {
        sink->host.limit.conversations = conversations(settings, main_server);
    }
    sink->host.limit.source = (unsigned)settings->sink_source;
    sink->host.limit.seconds = (unsigned)settings->sink_seconds;
    sink->host.deadlines = pg_deadline_make(pconf);
    sink->host.spool = pg_spool_open(pconf, main_server, ledger);
    if (ledger) {
        pg_slots_allow(ledger, sink->host.limit.conversations);
    }
    if (sink->host.spool && pg_sinkhole_is_used(sink)) {
        say_what_it_means(sink, main_server);
    }
    *out = sink;
    return sink->host.spool != NULL;
}

/* --- a request ----------------------------------------------------------- */

/* From here on octets belong to the conversation: no time-outs for a request's
 * body, no HTTP filters. mod_http2's streams cannot be taken over. */
static void take_over(request_rec *r)
{
    conn_rec *c = r->connection;

    ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
    c->keepalive = AP_CONN_CLOSE;
    apr_table_setn(c->notes, "short-lingering-close", "1");
    r->input_filters = r->proto_input_filters = c->input_filters;
    r->output_filters = r->proto_output_filters = c->output_filters;
    r->assbackwards = 1;
}

bool pg_sinkhole_accept(request_rec *r, const pg_verdict_t *verdict,
                        pg_sinkhole_t *sink)
{
    conn_rec *c = r->connection;
    pg_address_t source = pg_names_address(r->useragent_addr);
    pg_slot_t slot;
    pg_conversation_t *talk;

    if (c->master || sink == NULL || sink->host.ledger == NULL
        || !pg_slots_take(&slot, sink->host.ledger, &sink->host.limit,
                          source.octets, apr_time_now())) {
        return false;
    }
    talk = pg_conversation_begin(r, verdict, &sink->host, &slot);
    if (talk) {
        pg_conn_make(c)->conversation = talk;
        take_over(r);
    }
    return talk != NULL;
}

/* After a request httpd checks whether another one is there already. Show it
 * one octet, once, so that it does not wait for the client with
 * KeepAliveTimeout but calls process_connection. */
static apr_status_t filter(ap_filter_t *f, apr_bucket_brigade *bb,
                           ap_input_mode_t mode, apr_read_type_e block,
                           apr_off_t readbytes)
{
    if (f->ctx && mode == AP_MODE_SPECULATIVE) {
        f->ctx = NULL;
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_immortal_create(
                                        "x", 1, f->c->bucket_alloc));
        return APR_SUCCESS;
    }
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

static bool waits_in_mpm(const conn_rec *c, const pg_sinkhole_t *sink)
{
    return sink->waits_in_mpm && !c->clogging_input_filters && c->cs;
}

/* Prefork stops a child from a signal handler, which may interrupt anything: a
 * lock, a half-made entry of the spool, malloc. So it waits for the end of the
 * conversation, which the deadline thread brings about. */
static void converse_here(pg_conversation_t *talk)
{
    sigset_t stop, before;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop, &before);
    while (pg_conversation_read(talk, true)) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int pg_sinkhole_converse(request_rec *r, const pg_sinkhole_t *sink)
{
    conn_rec *c = r->connection;
    pg_conversation_t *talk = pg_conn_get(c)->conversation;

    if (waits_in_mpm(c, sink)) {
        ap_add_input_filter(FILTER_NAME, c, NULL, c);
    }
    else {
        converse_here(talk);
    }
    return OK;
}

void pg_sinkhole_hold(conn_rec *c, const pg_sinkhole_t *sink)
{
    if (waits_in_mpm(c, sink)) {
        c->keepalive = AP_CONN_KEEPALIVE;
    }
}

/* Before mod_http2, mod_ssl and mod_reqtimeout, which would look for a
 * request. */
static int process_connection(conn_rec *c)
{
#ifdef AP_MPMQ_CAN_WAITIO
    const pg_conn_t *conn = pg_conn_get(c);

    if (conn == NULL || conn->conversation == NULL) {
        return DECLINED;
    }
    c->keepalive = AP_CONN_CLOSE;
    if (pg_conversation_read(conn->conversation, false)) {
        c->cs->state = CONN_STATE_ASYNC_WAITIO;
        c->cs->sense = CONN_SENSE_WANT_READ;
    }
    else {
        c->cs->state = CONN_STATE_LINGER;
    }
    return OK;
#else
    return DECLINED;
#endif
}

/* --- the child ----------------------------------------------------------- */

static pg_sinkhole_t *sink_of(const server_rec *s)
{
    const pg_guard_t *guard = pg_config_of(s)->guard;

    return guard ? guard->sink : NULL;
}

static void child_init(apr_pool_t *pchild, server_rec *s)
{
    pg_sinkhole_t *sink = sink_of(s);

    if (sink) {
        pg_deadline_child(sink->host.deadlines);
    }
}

static void child_stopping(apr_pool_t *pchild, int graceful)
{
    pg_sinkhole_t *sink = sink_of(ap_server_conf);

    if (sink) {
        pg_deadline_stop(sink->host.deadlines, pg_conversation_stop);
    }
}

void pg_sinkhole_register(void)
{
    ap_register_input_filter(FILTER_NAME, filter, NULL, AP_FTYPE_CONNECTION);
    ap_hook_quick_handler(pg_guard_quick, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_process_connection(process_connection, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_stopping(child_stopping, NULL, NULL, APR_HOOK_FIRST);
}
