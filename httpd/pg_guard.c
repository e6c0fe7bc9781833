/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_guard.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_proxy.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_conn.h"
#include "pg_hot.h"
#include "pg_notify.h"
#include "pg_request.h"

APLOG_USE_MODULE(proxyguard);

/* What one hook leaves for the next. */
typedef struct note_t {
    pg_verdict_t verdict;
    pg_action_t action;
    bool clean;                  /* nothing to count                      */
    bool seen;                   /* in time: the guard could have stopped
                                    it                                    */
    bool early;                  /* before mod_remoteip had told who the
                                    client is                             */
    bool passed;                 /* mod_proxy's access control let it by  */
} note_t;

/* One for all clean requests, so that they cost no allocation. */
static const note_t clean_note = { .clean = true, .seen = true };

static const note_t *note_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &proxyguard_module);
}

/* The request that came from the network: what r is a part of, or an
 * internal redirect of, has the verdict. */
static const request_rec *first_of(const request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

static void leave_note(request_rec *r, const note_t *note)
{
    ap_set_module_config(r->request_config, &proxyguard_module, (void *)note);
}

/* --- one upgrade, one attempt -------------------------------------------- */

/* A request that asks for h2c by Upgrade is read twice: as HTTP/1.1 on the
 * connection, and again as stream 1 of the HTTP/2 connection on top of it.
 * The first reading leaves a mark there, which the second one takes. */
static void mark_upgrade(request_rec *r)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");

    if (upgrade && r->connection->master == NULL
        && ap_find_token(r->pool, upgrade, "h2c")) {
        apr_atomic_set32(&pg_conn_make(r->connection)->upgrade, 1);
    }
}

static PG_OFF_THE_PATH bool is_second_reading(const request_rec *r)
{
    const conn_rec *below = r->connection->master;
    pg_conn_t *conn = below ? pg_conn_get(below) : NULL;

    return conn && apr_atomic_read32(&conn->upgrade)
           && apr_atomic_cas32(&conn->upgrade, 0, 1) == 1;
}

/* --- verdict ------------------------------------------------------------- */

/* An expression that cannot be evaluated exempts nobody. */
static bool is_exempt(request_rec *r, const pg_settings_t *settings)
{
    if (r->method == NULL || r->uri == NULL) {
        return false;
    }
    for (int i = 0; i < settings->exempt->nelts; i++) {
        const char *problem = NULL;
        const ap_expr_info_t *expr =
            APR_ARRAY_IDX(settings->exempt, i, const ap_expr_info_t *);

        if (ap_expr_exec(r, expr, &problem) > 0) {
            return true;
        }
    }
    return false;
}

static note_t *make_note(request_rec *r, const pg_settings_t *settings,
                         const pg_verdict_t *verdict)
{
    note_t *note = apr_pcalloc(r->pool, sizeof(*note));

    note->verdict = *verdict;
    note->action = pg_policy_decide(
        verdict->class_id, (pg_engine_e)settings->engine, settings->posture,
        settings->action[pg_policy_subject(verdict)]);
    return note;
}

static const note_t *examine(request_rec *r, const pg_settings_t *settings,
                             bool seen)
{
    pg_address_t local;
    pg_request_t request;
    pg_verdict_t verdict;
    note_t *note;

    pg_request_read(&request, &local, r, seen);
    request.check_host = settings->foreign_host;
    request.may_forward = settings->may_forward;
    if (pg_classify(&verdict, &request, settings->guard->own)
            == PG_CLASS_CLEAN
        || is_exempt(r, settings)) {
        return &clean_note;
    }
    note = make_note(r, settings, &verdict);
    note->seen = seen;
    note->early = !seen;
    return note;
}

/* --- action -------------------------------------------------------------- */

/* Nothing more is read from this client: neither the body, however slowly it
 * comes, nor the octets after a CONNECT. */
static void close_after(request_rec *r)
{
    conn_rec *c = r->connection;

    c->keepalive = AP_CONN_CLOSE;
    if (c->master == NULL) {
        apr_table_setn(c->notes, "short-lingering-close", "1");
    }
}

static int deny(request_rec *r, int status)
{
    close_after(r);
    if (status == HTTP_METHOD_NOT_ALLOWED) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, M_OPTIONS,
                                  -1);
    }
    return status;
}

/* DONE alone would be answered with 200; an aborted connection is not
 * answered at all, and on HTTP/2 it is a RST_STREAM. */
static int drop(request_rec *r)
{
    close_after(r);
    r->connection->aborted = 1;
    r->status = HTTP_FORBIDDEN;
    return DONE;
}

static int act(request_rec *r, const note_t *note)
{
    switch (note->action.act) {
    case PG_ACT_DENY:
        return deny(r, note->action.status);
    case PG_ACT_DROP:
        return drop(r);
    case PG_ACT_SINK:
    case PG_ACT_PASS:
        mark_upgrade(r);
        return DECLINED;
    }
    return DECLINED;
}

static void publish(request_rec *r, const note_t *note)
{
    static const char *const acts[] = {
        [PG_ACT_PASS] = "pass", [PG_ACT_DENY] = "deny", [PG_ACT_DROP] = "drop",
        [PG_ACT_SINK] = "sink"
    };
    const char *name = pg_vocab_class(note->verdict.class_id);

    apr_table_setn(r->notes, PROXYGUARD_NOTE_CLASS, name);
    apr_table_setn(r->notes, PROXYGUARD_NOTE_REASON,
                   pg_classify_reason(note->verdict.reason));
    apr_table_setn(r->notes, PROXYGUARD_NOTE_ACTION, acts[note->action.act]);
    apr_table_setn(r->subprocess_env, PROXYGUARD_ENV, name);
}

static PG_OFF_THE_PATH int look_closer(request_rec *r,
                                       const pg_settings_t *settings)
{
    bool second = is_second_reading(r);
    const note_t *note = examine(r, settings, true);

    /* The second reading is excused from counting only: what the first one
     * would not have let pass is stopped here as well. */
    if (second && note->action.act == PG_ACT_PASS) {
        note = &clean_note;
    }
    leave_note(r, note);
    if (note->clean) {
        return DECLINED;
    }
    publish(r, note);
    return act(r, note);
}

/* A mark that is left would excuse a later request. */
static PG_OFF_THE_PATH int forget_upgrade(const request_rec *r)
{
    (void)is_second_reading(r);
    return DECLINED;
}

static int let_pass(request_rec *r)
{
    leave_note(r, &clean_note);
    return r->connection->master ? forget_upgrade(r) : DECLINED;
}

/* "A user agent that sends Host SHOULD send it as the first field" (RFC 9110
 * 7.2), and they do: then no look-up is needed. */
static const char *host_of(const request_rec *r)
{
    const apr_array_header_t *fields = apr_table_elts(r->headers_in);
    const apr_table_entry_t *first = (const void *)fields->elts;

    return fields->nelts > 0 && strcmp(first->key, "Host") == 0
           ? first->val : apr_table_get(r->headers_in, "Host");
}

/* Is Host the virtual host's own name to the letter, with or without a port?
 * Most requests end here, for a comparison instead of a look-up. */
static PG_OFF_THE_PATH int look_at_host(request_rec *r,
                                        const pg_settings_t *settings)
{
    const char *host = host_of(r);
    pg_span_t name = settings->name;

    if (host == NULL || name.len == 0
        || strncmp(host, name.ptr, name.len) != 0) {
        return look_closer(r, settings);
    }
    host += name.len;
    if (*host == ':') {
        host += 1 + strspn(host + 1, "0123456789");
    }
    return *host == '\0' ? let_pass(r) : look_closer(r, settings);
}

int pg_guard_post_read(request_rec *r)
{
    const pg_settings_t *settings = pg_config_of(r->server);

    if (settings->guard == NULL || settings->engine == PG_ENGINE_OFF
        || r->main || r->prev) {
        return DECLINED;
    }
    if (r->unparsed_uri == NULL || r->unparsed_uri[0] != '/') {
        return look_closer(r, settings);
    }
    return settings->foreign_host ? look_at_host(r, settings) : let_pass(r);
}

/* An ErrorDocument with a URL turns the refusal into a redirect, and a
 * scanner takes 3xx for an open proxy. The refusal stays one, without the
 * page that would have said "moved". */
void pg_guard_error(request_rec *r)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const note_t *note = note_of(first_of(r));

    if (!ap_is_HTTP_REDIRECT(r->status) || settings->guard == NULL
        || settings->engine != PG_ENGINE_ON) {
        return;
    }
    if (note == NULL) {
        note = examine(r, settings, false);
    }
    if (note->clean || (note->seen && note->action.act == PG_ACT_PASS)) {
        return;
    }
    r->status = note->seen ? note->action.status : HTTP_BAD_REQUEST;
    r->status_line = NULL;
    r->header_only = 1;
    if (r->status == HTTP_METHOD_NOT_ALLOWED) {
        /* httpd, still sending the redirect, adds none (RFC 9110 15.5.6) */
        apr_table_setn(r->err_headers_out, "Allow", "GET,HEAD,POST,OPTIONS");
    }
    close_after(r);
}

/* --- what became of it --------------------------------------------------- */

/* A reverse proxy goes where its configuration says. If that is the very host
 * that the attempt names, the client chose it ("%{HTTP_HOST}" in a rule). */
static bool is_sent_to(const request_rec *r, pg_span_t host)
{
    static const char prefix[] = "proxy:";
    pg_target_t target;

    if (r->proxyreq != PROXYREQ_REVERSE || host.len == 0 || !r->filename
        || strncmp(r->filename, prefix, sizeof(prefix) - 1) != 0) {
        return false;
    }
    pg_target_parse(&target, pg_span_str(r->filename + sizeof(prefix) - 1));
    return pg_span_ieq(target.authority.host, host);
}

static PG_OFF_THE_PATH void watch(const request_rec *r, note_t *note)
{
    if (r->proxyreq == PROXYREQ_PROXY || is_sent_to(r, note->verdict.host)) {
        note->passed = true;
    }
}

void pg_guard_watch(const request_rec *r)
{
    const note_t *note = note_of(r);

    if (note && !note->clean) {
        watch(r, (note_t *)note);
    }
}

/* mod_proxy says no in its handler too (ProxyBlock, AllowCONNECT): then it
 * leaves the text of its error page. An origin server's own 403 does not. */
static bool is_proxy_refusal(const request_rec *r, const note_t *note)
{
    int status = pg_request_status(r);

    if (r->proxyreq != PROXYREQ_PROXY) {
        return false;
    }
    if (!note->passed) {
        return status == HTTP_FORBIDDEN || status == HTTP_UNAUTHORIZED
               || status == HTTP_PROXY_AUTHENTICATION_REQUIRED;
    }
    return status == HTTP_FORBIDDEN && apr_table_get(r->notes, "error-notes");
}

/* Did mod_proxy reach the third party? Its note says that it did; an error
 * without it is mod_proxy's own (no such host, nobody there). What came back
 * does not matter: a mail server answers a POST with no HTTP at all. */
static bool is_carried(const request_rec *r)
{
    return apr_table_get(r->notes, "proxy-source-port")
           || !ap_is_HTTP_ERROR(pg_request_status(r));
}

static pg_outcome_e outcome_of(const request_rec *r, const note_t *note)
{
    if (!note->seen) {
        return PG_OUTCOME_REFUSED;
    }
    if (note->action.act == PG_ACT_DENY) {
        return PG_OUTCOME_DENIED;
    }
    if (note->action.act == PG_ACT_DROP) {
        return PG_OUTCOME_DROPPED;
    }
    if (is_proxy_refusal(r, note)) {
        return PG_OUTCOME_REFUSED;
    }
    return note->passed && is_carried(r) ? PG_OUTCOME_RELAYED
                                         : PG_OUTCOME_OBSERVED;
}

static void record(const request_rec *r, const pg_settings_t *settings,
                   const note_t *note)
{
    pg_event_t event = { .time = r->request_time,
                         .now = apr_time_now(),
                         .verdict = note->verdict,
                         .outcome = outcome_of(r, note),
                         .status = pg_request_status(r),
                         .vhost = pg_span_str(settings->vhost) };
    pg_ledger_t *ledger = settings->guard->ledger;

    /* What httpd refused, and the peek, never came by mod_remoteip. */
    event.source_is_peer = note->early && settings->guard->behind_proxy;
    if (note->passed && event.outcome != PG_OUTCOME_REFUSED
        && settings->posture == PG_POSTURE_RESTRICTED) {
        if (ledger) {
            pg_ledger_permit(ledger, event.time);
        }
        return;
    }
    pg_request_evidence(&event, r);
    if (ledger) {
        pg_ledger_record(ledger, &event);
    }
    pg_notify_attempt(r, &event);
}

/* The first octets of a connection are read again as a request line, when
 * the peek let them pass. */
static bool is_counted_already(const request_rec *r)
{
    const pg_conn_t *conn = pg_conn_get(r->connection);

    return conn && conn->counted && r->connection->keepalives == 0;
}

static PG_OFF_THE_PATH int log_attempt(request_rec *r, const note_t *note)
{
    const pg_settings_t *settings = pg_config_of(r->server);

    if (settings->guard == NULL || settings->engine == PG_ENGINE_OFF) {
        return DECLINED;
    }
    if (note == NULL) {
        if (is_counted_already(r)) {
            return DECLINED;
        }
        note = examine(r, settings, false);
        if (!note->clean) {
            publish(r, note);
        }
    }
    if (!note->clean) {
        record(r, settings, note);
    }
    return DECLINED;
}

int pg_guard_log(request_rec *r)
{
    const note_t *note = note_of(r);

    return note && note->clean ? DECLINED : log_attempt(r, note);
}

/* --- before there is a request ------------------------------------------- */

/* What may stand in r->the_request: it ends at the first NUL or line end. */
static const char *line_of(apr_pool_t *pool, pg_span_t octets)
{
    apr_size_t n = pg_span_find_any(octets, "\r\n");

    return apr_pstrmemdup(pool, octets.ptr, n);
}

/* A request_rec that only lives to be logged: so the attempt stands in the
 * access log, and is counted where all others are. */
static void log_octets(request_rec *r, const pg_settings_t *settings,
                       const pg_verdict_t *verdict, pg_act_e *act)
{
    note_t *note = make_note(r, settings, verdict);

    note->seen = note->early = true;
    *act = note->action.act;
    leave_note(r, note);
    publish(r, note);
    r->the_request = (char *)line_of(r->pool, verdict->target);
    r->request_time = apr_time_now();
    r->status = *act == PG_ACT_DROP ? HTTP_FORBIDDEN : HTTP_BAD_REQUEST;
    r->assbackwards = 1;
    ap_run_log_transaction(r);
}

bool pg_guard_octets(conn_rec *c, pg_span_t octets, pg_act_e *act)
{
    const pg_settings_t *settings = pg_config_of(c->base_server);
    pg_request_t request = { .line = octets };
    pg_address_t local;
    pg_verdict_t verdict;
    request_rec *r;

    pg_request_local(&request, &local, c);
    if (pg_classify(&verdict, &request, settings->guard->own)
        == PG_CLASS_CLEAN) {
        return false;
    }
    r = ap_create_request(c);
    log_octets(r, settings, &verdict, act);
    apr_pool_destroy(r->pool);
    return true;
}

const char *proxyguard_class(request_rec *r)
{
    const note_t *note = note_of(first_of(r));

    return note && !note->clean ? pg_vocab_class(note->verdict.class_id)
                                : NULL;
}
