/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_guard.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_proxy.h>

#include "mod_proxyguard.h"
#include "pg_answer.h"
#include "pg_book.h"
#include "pg_config.h"
#include "pg_conn.h"
#include "pg_hot.h"
#include "pg_names.h"
#include "pg_note.h"
#include "pg_peek.h"
#include "pg_probes.h"
#include "pg_request.h"
#include "pg_upgrade.h"

APLOG_USE_MODULE(proxyguard);

/* Shared by all clean requests, so that they cost no allocation. */
static const pg_note_t clean_note = { .clean = true, .seen = true };

/* --- verdict ------------------------------------------------------------- */

/* Where a proxy is intended, absolute-form and CONNECT are its business. */
static bool is_to_be_served(const pg_settings_t *settings)
{
    return settings->engine == PG_ENGINE_ON
           && settings->posture != PG_POSTURE_RESTRICTED
           && settings->posture != PG_POSTURE_ON_PURPOSE;
}

/* With mass virtual hosting a name is ours if there is a folder for it. */
static bool is_hosted(const pg_verdict_t *verdict, request_rec *r,
                      const pg_settings_t *settings)
{
    const apr_sockaddr_t *local = r->connection->local_addr;

    return settings->by_folder && is_to_be_served(settings)
           && (pg_span_istarts(verdict->target, PG_SPAN("http://"))
               || pg_span_istarts(verdict->target, PG_SPAN("https://")))
           && (verdict->port == 80 || verdict->port == 443
               || (local && verdict->port == local->port))
           && pg_names_has_folder(r, verdict->host);
}

static PG_OFF_THE_PATH bool is_ours(const pg_verdict_t *verdict,
                                    request_rec *r,
                                    const pg_settings_t *settings)
{
    return (verdict->reason == PG_REASON_AUTHORITY
            && pg_names_certified(r, verdict->host))
           || (verdict->reason == PG_REASON_ABSOLUTE_STRANGER
               && is_hosted(verdict, r, settings));
}

static pg_class_e classify(pg_verdict_t *out, request_rec *r,
                           const pg_settings_t *settings, bool seen)
{
    pg_address_t local;
    pg_request_t request;

    pg_request_read(&request, &local, r, seen);
    request.check_host = settings->foreign_host
                         && settings->engine != PG_ENGINE_OFF;
    request.names_known = settings->names_known;
    request.may_forward = settings->may_forward;
    if (pg_classify(out, &request, settings->guard->own) != PG_CLASS_CLEAN
        && is_ours(out, r, settings)) {
        out->class_id = PG_CLASS_CLEAN;
    }
    return out->class_id;
}

/* In a virtual host with the guard Off, only what another one would stop
 * counts. */
static const pg_note_t *note_about(request_rec *r,
                                   const pg_settings_t *settings,
                                   const pg_verdict_t *verdict, bool seen)
{
    pg_note_t *note = pg_note_make(r, settings, verdict);
    bool passes = note->action.act == PG_ACT_PASS;

    if (settings->engine == PG_ENGINE_OFF
        && (passes || !pg_policy_is_for_proxy(verdict->class_id))) {
        return NULL;
    }
    note->seen = seen;
    note->early = !seen;
    note->exempt = (passes || !seen) && pg_note_is_exempt(r, settings);
    note->clean = note->exempt;
    return note;
}

static const pg_note_t *examine(request_rec *r, const pg_settings_t *settings,
                                bool seen)
{
    pg_verdict_t verdict;

    return classify(&verdict, r, settings, seen) == PG_CLASS_CLEAN
           ? &clean_note : note_about(r, settings, &verdict, seen);
}

/* --- action -------------------------------------------------------------- */

/* Absolute-form for our own name is served as if it were origin-form:
 * mod_proxy would connect to us from our own address, and "Require local"
 * would take that for a local client. The port stays: httpd puts it into
 * redirects, and has it from Host for origin-form. */
static void serve(request_rec *r, const pg_settings_t *settings)
{
    if (settings->may_forward && is_to_be_served(settings)) {
        r->parsed_uri = (apr_uri_t){ .path = r->parsed_uri.path,
                                     .query = r->parsed_uri.query,
                                     .port_str = r->parsed_uri.port_str,
                                     .port = r->parsed_uri.port };
    }
}

/* What became of the text on the way from HTTP/1.1 to HTTP/2 does not matter,
 * unless it is to be stopped now. If the client has left so soon that the
 * first reading is counted already, what this one does must not go unseen: it
 * counts as well. */
static const pg_note_t *examine_again(request_rec *r,
                                      const pg_settings_t *settings,
                                      const pg_note_t *note)
{
    const pg_verdict_t *first = pg_upgrade_take(r);

    return first && (note == NULL || note->action.act == PG_ACT_PASS)
           ? note_about(r, settings, first, true) : note;
}

static PG_OFF_THE_PATH int look_closer(request_rec *r,
                                       const pg_settings_t *settings)
{
    const pg_note_t *note = examine(r, settings, true);

    if (pg_upgrade_is_second(r)) {
        note = examine_again(r, settings, note);
    }
    pg_note_leave(r, note);
    if (note == &clean_note) {
        serve(r, settings);
    }
    if (note == NULL || note->clean) {
        return OK;
    }
    pg_note_publish(r, note);
    if (note->action.act == PG_ACT_PASS) {
        pg_upgrade_mark(r, &note->verdict);
    }
    return pg_note_enforce(r, note);
}

static int let_pass(request_rec *r)
{
    /* The first octets were those of the first request. */
    if (r->connection->keepalives == 1) {
        pg_peek_end(r->connection);
    }
    if (r->connection->master && pg_upgrade_is_second(r)) {
        return look_closer(r, pg_config_of(r->server));
    }
    pg_note_leave(r, &clean_note);
    return OK;
}

/* "A user agent that sends Host SHOULD send it as the first field" (RFC 9110
 * 7.2), and they do: then no search is needed. */
static const char *host_of(const request_rec *r)
{
    const apr_array_header_t *fields = apr_table_elts(r->headers_in);
    const apr_table_entry_t *first = (const void *)fields->elts;

    return fields->nelts > 0 && strcmp(first->key, "Host") == 0
           ? first->val : apr_table_get(r->headers_in, "Host");
}

/* The address that the client connected to, as written in Host. */
static bool is_called(const request_rec *r, const char *host)
{
    const char *local = r->connection->local_ip;
    bool bracket = *host == '[';
    apr_size_t n = local ? strlen(local) : 0;

    host += bracket;
    return n > 0 && strncmp(host, local, n) == 0
           && (bracket ? host[n] == ']' : host[n] == '\0' || host[n] == ':');
}

/* Is it this alias, or below it if that is "*.x"? */
static bool is_named_by(pg_span_t alias, pg_span_t host)
{
    return (*alias.ptr == '.' ? host.len > alias.len : host.len == alias.len)
           && memcmp(host.ptr + host.len - alias.len, alias.ptr, alias.len)
              == 0;
}

/* Is it one of the virtual host's first aliases? */
static bool is_alias(pg_span_t host, const pg_settings_t *settings)
{
    const pg_span_t *alias = settings->alias;

    while (alias->len && !is_named_by(*alias, host)) {
        alias++;
    }
    return alias->len > 0;
}

/* Most requests that do not name this virtual host are clean all the same:
 * without Host, with another name of ours, with our address. A port never
 * makes them foreign. */
static PG_OFF_THE_PATH int look_at_others(request_rec *r, const char *text,
                                          const pg_settings_t *settings)
{
    pg_span_t host;

    if (text == NULL) {
        return let_pass(r);
    }
    if (!pg_octet_is_alpha(*text)) {
        return is_called(r, text) ? let_pass(r) : look_closer(r, settings);
    }
    host = pg_span_make(text, (apr_size_t)(strchrnul(text, ':') - text));
    return is_alias(host, settings)
           || pg_own_has_name(settings->guard->own, host)
           ? let_pass(r) : look_closer(r, settings);
}

/* Is Host the virtual host's own name, with or without a port? Most requests
 * end here, with a comparison instead of a look-up. */
static PG_OFF_THE_PATH int look_at_host(request_rec *r,
                                        const pg_settings_t *settings)
{
    const char *host = host_of(r), *rest;
    pg_span_t name = settings->name;

    if (host == NULL || name.len == 0
        || (strncmp(host, name.ptr, name.len) != 0
            && !pg_span_istarts(pg_span_make(host, strnlen(host, name.len)),
                                name))) {
        return look_at_others(r, host, settings);
    }
    rest = host + name.len;
    if (*rest == ':') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    return *rest == '\0' ? let_pass(r) : look_at_others(r, host, settings);
}

/* Foreign Hosts are not examined here; an :authority is another matter. */
static int look_at_no_host(request_rec *r, const pg_settings_t *settings)
{
    return r->connection->master && pg_request_is_h2_tls(r)
           ? look_closer(r, settings) : let_pass(r);
}

/* For a local ErrorDocument httpd has turned it into a GET. */
static bool is_connect(const request_rec *r)
{
    const char *line = r->the_request;

    return line && strncmp(line, "CONNECT", 7) == 0
           && (line[7] == '\0' || apr_isspace(line[7]));
}

/* CONNECT without a usable destination ("/", "*"): httpd answers 400 before
 * any hook, from which scanners conclude that CONNECT is allowed. Where it is,
 * 400 is right. */
static bool is_refused_connect(const request_rec *r,
                               const pg_settings_t *settings)
{
    return r->status == HTTP_BAD_REQUEST && is_connect(r)
           && pg_note_of(r) == NULL && is_to_be_served(settings);
}

static void refuse_method(request_rec *r)
{
    r->status = HTTP_METHOD_NOT_ALLOWED;
    pg_note_allow(r);
}

/* A local ErrorDocument is another request, and the one that is logged. */
static PG_OFF_THE_PATH int look_at_error(request_rec *r,
                                         const pg_settings_t *settings)
{
    request_rec *first = pg_note_first(r);
    const pg_note_t *note = pg_note_of(first);

    if (is_refused_connect(first, settings)) {
        refuse_method(r);
    }
    if (note == NULL) {          /* httpd refused it first                */
        note = examine(first, settings, false);
    }
    if (note && !note->clean) {
        pg_note_publish(r, note);
        if (note->action.act != PG_ACT_PASS) {
            pg_answer_keep_status(r);
        }
    }
    return OK;
}

int pg_guard_post_read(request_rec *r)
{
    const pg_settings_t *settings = pg_config_of(r->server);

    if (settings->guard == NULL) {
        return OK;
    }
    /* A subrequest comes here only if it is redirected. */
    if (r->prev) {
        return ap_is_HTTP_ERROR(r->status) ? look_at_error(r, settings) : OK;
    }
    if (r->unparsed_uri == NULL || r->unparsed_uri[0] != '/'
        || r->unparsed_uri[1] == '.') {
        return look_closer(r, settings);
    }
    if (settings->engine == PG_ENGINE_OFF) {
        return OK;
    }
    return settings->foreign_host ? look_at_host(r, settings)
                                  : look_at_no_host(r, settings);
}

/* An ErrorDocument with a URL turns the refusal into a redirect, and scanners
 * take 3xx for an open proxy. The refusal remains one, without the page that
 * would have said "moved". */
void pg_guard_error(request_rec *r)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const pg_note_t *note = pg_note_of(pg_note_first(r));

    if (settings->guard == NULL || settings->engine == PG_ENGINE_OBSERVE) {
        return;
    }
    if (is_refused_connect(r, settings)) {
        pg_answer_explain(r, r->status, PG_CLASS_CONNECT_OTHER);
        refuse_method(r);
    }
    if (!ap_is_HTTP_REDIRECT(r->status)) {
        return;
    }
    if (note == NULL) {
        note = examine(r, settings, false);
    }
    if (note == NULL || note->clean
        || (note->seen && note->action.act == PG_ACT_PASS)) {
        return;
    }
    r->status = note->seen ? note->action.status : HTTP_BAD_REQUEST;
    r->header_only = 1;
    if (r->status == HTTP_METHOD_NOT_ALLOWED) {
        pg_note_allow(r);
    }
    pg_note_close(r);
}

void pg_guard_excuse(request_rec *r)
{
    request_rec *first = pg_note_first(r);
    const pg_note_t *note = pg_note_of(first);

    if (note && !note->clean
        && note->verdict.class_id == PG_CLASS_FOREIGN_HOST) {
        pg_note_leave(first, &clean_note);
        pg_note_withdraw(first);
    }
}

/* --- what became of it --------------------------------------------------- */

/* Counted and logged as soon as it is accepted: a conversation may last long,
 * and if a worker waits for it, log_transaction runs only after its end. */
static PG_OFF_THE_PATH int sink_or_deny(request_rec *r, pg_note_t *note)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    pg_sinkhole_t *sink = settings->guard->sink;

    if (!pg_sinkhole_accept(r, &note->verdict, sink)) {
        note->action.act = PG_ACT_DENY;
        pg_note_withdraw(r);
        pg_note_publish(r, note);
        return pg_note_enforce(r, note);
    }
    note->sunk = true;
    pg_book_close(r, settings, note);
    return pg_sinkhole_converse(r, sink);
}

int pg_guard_quick(request_rec *r, int lookup)
{
    pg_note_t *note = lookup || r->main || r->prev ? NULL
                                                     : pg_note_of(r);

    return note && !note->clean && note->action.act == PG_ACT_SINK
           ? sink_or_deny(r, note) : DECLINED;
}

/* The first octets of a connection are read again as a request line if the
 * peek let them through. */
static bool is_counted_already(const request_rec *r)
{
    const pg_conn_t *conn = pg_conn_get(r->connection);

    return conn && conn->counted && r->connection->keepalives == 0;
}

static PG_OFF_THE_PATH void log_attempt(request_rec *r, const pg_note_t *note)
{
    const pg_settings_t *settings = pg_config_of(r->server);

    if (settings->guard == NULL
        || (note == NULL && (settings->engine == PG_ENGINE_OFF
                             || is_counted_already(r)))) {
        return;
    }
    if (note && note->sunk) {
        pg_sinkhole_hold(r->connection, settings->guard->sink);
        return;
    }
    if (note == NULL) {
        note = examine(r, settings, false);
        /* LogFormat reads the notes of the last of a chain of redirects */
        for (request_rec *at = r; at && !note->clean; at = at->next) {
            pg_note_publish(at, note);
        }
        /* CONNECT without a destination probes for a proxy */
        if (note->clean && is_connect(r)) {
            pg_probes_count(settings->guard->probes);
        }
    }
    if (!note->clean && !pg_upgrade_is_taken(r)) {
        pg_book_close(r, settings, (pg_note_t *)note);
    }
}

int pg_guard_log(request_rec *r)
{
    const pg_note_t *note = pg_note_of(r);

    if (note == NULL || !note->clean) {
        log_attempt(r, note);
    }
    return OK;
}

/* --- before there is a request ------------------------------------------- */

/* Make a request_rec only to log it: the attempt appears in the access log,
 * and is counted where all others are. */
static void log_octets(request_rec *r, const pg_settings_t *settings,
                       const pg_verdict_t *verdict, pg_act_e *act)
{
    pg_note_t *note = pg_note_make(r, settings, verdict);

    note->seen = note->early = true;
    if (note->action.act == PG_ACT_SINK) {
        note->action.act = PG_ACT_DENY;  /* there is no request to accept  */
    }
    *act = note->action.act;
    pg_note_leave(r, note);
    pg_note_publish(r, note);
    r->the_request = apr_pstrmemdup(r->pool, verdict->target.ptr,
                                    pg_span_find_any(verdict->target, "\r\n"));
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
    const pg_note_t *note = pg_note_of(pg_note_first(r));

    return note && !note->clean ? pg_vocab_class(note->verdict.class_id)
                                : NULL;
}
