/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_status.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_found.h"
#include "pg_guard.h"
#include "pg_log.h"
#include "pg_names.h"
#include "pg_query.h"
#include "pg_render.h"
#include "pg_sinkhole.h"

APLOG_USE_MODULE(proxyguard);

static apr_status_t to_client(void *to, const char *octets, apr_size_t n)
{
    return ap_rwrite(octets, (int)n, to) < 0 ? APR_ECONNABORTED : APR_SUCCESS;
}

/* --- what is asked for --------------------------------------------------- */

static pg_span_t field(request_rec *r, const char *name)
{
    return pg_span_str(apr_table_get(r->headers_in, name));
}

#define METRICS "/metrics"

/* The path below the page. Without a folder for the URL (a rewritten request,
 * mass virtual hosting: then missing folders may precede it) its whole path is
 * in path_info, and only its end matters. */
static const char *path_below(const request_rec *r)
{
    const char *path = r->path_info ? r->path_info : "";
    apr_size_t n = strlen(path), whole = strlen(r->uri);
    apr_size_t metrics = sizeof(METRICS) - 1;

    if (n < whole || strcmp(path + n - whole, r->uri) != 0) {
        return path;
    }
    return n > metrics && strcmp(path + n - metrics, METRICS) == 0
           ? METRICS : "";
}

/* Scrapers are configured with a path rather than parameters: wherever the
 * page is, its metrics are at "/metrics" below it. */
static bool is_for_metrics(const request_rec *r)
{
    return strcmp(path_below(r), METRICS) == 0;
}

static bool is_elsewhere(const request_rec *r)
{
    const char *path = path_below(r);

    return *path && strcmp(path, "/") != 0 && !is_for_metrics(r);
}

/* The query, then what the headers prefer where the query leaves it open. */
static const char *understand(request_rec *r, pg_query_t *query)
{
    const char *wrong = pg_query_parse(query, pg_span_str(r->args));

    if (wrong) {
        return wrong;
    }
    if (query->format == NULL) {
        query->format =
            pg_query_accept_format(field(r, "Accept"), is_for_metrics(r));
    }
    if (!query->lang_given) {
        query->view.lang = pg_query_accept_lang(field(r, "Accept-Language"));
    }
    return NULL;
}

/* --- who may see it ------------------------------------------------------ */

/* What a proxy adds to a request that it forwards; NULL: nothing. */
static const char *forwarding_field(const request_rec *r)
{
    static const char *const names[] = {
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
        "X-Forwarded-Server", "Forwarded", "Via", "X-Real-IP",
        "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP",
        "CF-Connecting-IP", NULL
    };
    const char *const *name = names;

    while (*name && apr_table_get(r->headers_in, *name) == NULL) {
        name++;
    }
    return *name;
}

/* "Require local" takes every client on loopback for the administrator. With a
 * proxy on the same host that is every client, unless mod_remoteip has
 * replaced the peer's address by the client's. */
static const char *forwarded_by(const request_rec *r)
{
    const apr_sockaddr_t *peer = r->connection->client_addr;
    pg_address_t address = pg_names_address(peer);

    return r->useragent_addr == peer && pg_address_is_loopback(&address)
           ? forwarding_field(r) : NULL;
}

/* If a name in an attacker's DNS zone points to this server, a browser takes
 * the attacker's script and this page for one site (DNS rebinding). The
 * attacker can use neither our names, nor single labels, which scrapers use,
 * nor an address. */
static bool may_be_asked_for(request_rec *r, const pg_settings_t *settings)
{
    const pg_guard_t *guard = settings->guard;
    pg_span_t host = field(r, "Host");
    pg_address_t local = pg_names_address(r->connection->local_addr);
    pg_authority_t a;

    if (!settings->names_known || host.len == 0) {
        return true;
    }
    pg_target_authority(&a, host);
    return pg_target_is_address(&a)
           || pg_span_find(a.host, '.') == a.host.len
           || pg_own_knows(guard->own, &a, &local)
           || pg_names_certified(r, a.host);
}

/* The status of a refusal, or OK. */
static int admit(request_rec *r, const char **wrong)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const char *forwarded = settings->status_proxied ? NULL : forwarded_by(r);

    if (forwarded) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r, PGLOGNO(0120)
                      "access to the status page denied: the request came "
                      "over loopback with %s, so a proxy on this host "
                      "forwarded it for an unknown client",
                      forwarded);
        *wrong = "A proxy on this host forwarded this request, so anyone may "
                 "have sent it. Let mod_remoteip restore the client's "
                 "address, or set ProxyGuardStatusProxied On.";
        return HTTP_FORBIDDEN;
    }
    if (!may_be_asked_for(r, settings)) {
        *wrong = "The name in the Host field is not one of this server's. "
                 "ProxyGuardOwnHost adds names.";
        return HTTP_MISDIRECTED_REQUEST;
    }
    return OK;
}

/* --- the answer ---------------------------------------------------------- */

static void set_headers(request_rec *r)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_mergen(r->headers_out, "Vary", "Accept, Accept-Language");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   apr_psprintf(r->pool,
                                "default-src 'none'; style-src 'sha256-%s'; "
                                "base-uri 'none'; form-action 'none'; "
                                "frame-ancestors 'none'", pg_style_sha256));
}

/* Answer with a sentence that contains nothing of what was sent. */
static int refuse(request_rec *r, int status, const char *wrong)
{
    r->status = status;
    ap_set_content_type(r, "text/plain; charset=utf-8");
    ap_rprintf(r, "%s\n", wrong);
    return OK;
}

/* A scrape needs no lists, which are most of a snapshot. */
static apr_status_t look(pg_snapshot_t **out, const pg_ledger_t *ledger,
                         const pg_format_t *format, apr_time_t now,
                         apr_pool_t *pool)
{
    return format->lists ? pg_ledger_snapshot(out, ledger, now, pool)
                         : pg_ledger_figures(out, ledger, now, pool);
}

static pg_report_t *make_report(request_rec *r, const pg_format_t *format)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const pg_guard_t *guard = settings->guard;
    pg_report_t *report = apr_pcalloc(r->pool, sizeof(*report));
    pg_snapshot_t *snapshot = NULL;
    const pg_audit_t *audit;

    report->now = apr_time_now();
    report->version = PROXYGUARD_VERSION;
    if (guard->ledger
        && look(&snapshot, guard->ledger, format, report->now, r->pool)
               == APR_SUCCESS) {
        /* the pseudonyms of the evidence log, if any */
        if (settings->mask) {
            snapshot->pseudonyms = *settings->mask;
        }
        report->ledger = snapshot;
    }
    else {
        ap_random_insecure_bytes(&report->pseudonyms,
                                 sizeof(report->pseudonyms));
    }
    report->sensor = settings->sensor;
    report->log_lines_held = pg_notify_held(guard->notify);
    report->evidence_lines_lost = pg_notify_lost(guard->notify);
    report->sinks = pg_sinkhole_is_used(guard->sink);
    report->connect_probes = pg_probes_counted(guard->probes);
    audit = pg_found_live(guard->audit, snapshot
                          ? pg_render_class_total(snapshot,
                                                  PG_CLASS_CHOSEN_BACKEND)
                          : 0, r->pool);
    report->vhosts = audit->vhosts;
    report->vhost_count = audit->vhost_count;
    report->findings = audit->findings;
    report->finding_count = audit->finding_count;
    return report;
}

static int answer(request_rec *r, const pg_query_t *query)
{
    pg_sink_t sink = { .write = to_client, .to = r };
    pg_report_t *report;

    ap_set_content_type(r, query->format->media_type);
    apr_table_setn(r->headers_out, "Content-Language",
                   pg_lang_tag(query->view.lang));
    if (r->header_only) {
        return OK;
    }
    report = make_report(r, query->format);
    report->view = query->view;
    (void)query->format->render(&sink, report, r->pool);
    return OK;
}

static int serve(request_rec *r)
{
    pg_query_t query;
    const char *wrong;
    int status;

    set_headers(r);
    status = admit(r, &wrong);
    if (status != OK) {
        return refuse(r, status, wrong);
    }
    pg_guard_excuse(r);
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (is_elsewhere(r)) {
        return HTTP_NOT_FOUND;
    }
    wrong = understand(r, &query);
    return wrong ? refuse(r, HTTP_BAD_REQUEST, wrong) : answer(r, &query);
}

/* The handler that the configuration sets for this place. */
static const char *configured_handler(request_rec *r)
{
    const core_dir_config *dir = ap_get_core_module_config(r->per_dir_config);
    const char *problem = NULL, *name = dir->handler;

    if (dir->expr_handler) {
        name = ap_expr_str_exec(r, dir->expr_handler, &problem);
    }
    return problem ? NULL : name;
}

/* A front controller's .htaccess rewrites every URL that is not a file,
 * including this one. mod_rewrite has replaced the handler, the path and the
 * query by its own. */
static int serve_rewritten(request_rec *r)
{
    const char *name = configured_handler(r);

    if (name == NULL || strcmp(name, PG_STATUS_HANDLER) != 0) {
        return DECLINED;
    }
    r->args = r->parsed_uri.query;
    r->path_info = r->uri;
    return serve(r);
}

int pg_status_handler(request_rec *r)
{
    if (strcmp(r->handler, PG_STATUS_HANDLER) == 0) {
        return serve(r);
    }
    return strcmp(r->handler, "redirect-handler") == 0
           || strcmp(r->handler, "proxy-server") == 0
           ? serve_rewritten(r) : DECLINED;
}

/* --- a block in mod_status ----------------------------------------------- */

static void block(request_rec *r, pg_sink_t *sink, const pg_report_t *report)
{
    pg_trend_t trend;

    ap_rputs("<hr />\n<h1>Relay attempts (mod_proxyguard)</h1>\n", r);
    if (report->ledger == NULL) {
        ap_rprintf(r, "<p>%s</p>\n",
                   pg_phrases_get(PG_LANG_EN, PG_PHRASE_CANNOT_COUNT));
        return;
    }
    pg_trend_of(&trend, report->ledger);
    pg_sink_putf(sink,
                 "<dl>\n<dt>Attempts: %" APR_UINT64_T_FMT ", in the last "
                 "hour: %" APR_UINT64_T_FMT ", relayed: %" APR_UINT64_T_FMT
                 "</dt>\n",
                 pg_trend_attempts(report->ledger), trend.hour,
                 pg_render_outcome_total(report->ledger, PG_OUTCOME_RELAYED));
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        pg_sink_putf(
            sink, "<dt>%s: %" APR_UINT64_T_FMT "</dt>\n",
            pg_phrases_get(PG_LANG_EN, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, c)),
            pg_render_class_total(report->ledger, (pg_class_e)c));
    }
    ap_rputs("</dl>\n", r);
}

int pg_status_block(request_rec *r, int flags)
{
    pg_sink_t sink = { .write = to_client, .to = r };
    const pg_format_t *format = pg_report_format(PG_SPAN("auto"));
    const pg_report_t *report;

    if (pg_config_of(r->server)->guard == NULL) {
        return OK;
    }
    report = make_report(r, format);
    if (flags & AP_STATUS_SHORT) {
        (void)format->render(&sink, report, r->pool);
    }
    else {
        block(r, &sink, report);
    }
    return OK;
}
