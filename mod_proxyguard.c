/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The module: its record, its hooks and its life cycle. What the hooks do is
 * in httpd/, what a request is in core/, what is remembered in ledger/. */
#include "mod_proxyguard.h"

#include <apr_hooks.h>
#include <apr_optional.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_status.h>
#include <mpm_common.h>

#include "pg_answer.h"
#include "pg_auditlog.h"
#include "pg_book.h"
#include "pg_config.h"
#include "pg_config_sink.h"
#include "pg_evidence.h"
#include "pg_gate.h"
#include "pg_guard.h"
#include "pg_log.h"
#include "pg_names.h"
#include "pg_notify.h"
#include "pg_peek.h"
#include "pg_proxyconf.h"
#include "pg_spool.h"
#include "pg_status.h"
#include "pg_store.h"

#if !AP_MODULE_MAGIC_AT_LEAST(20120211, 116)
#error mod_proxyguard needs the headers of httpd 2.4.49 or later: earlier \
ones have neither ap_create_request() nor conn_rec->outgoing
#endif

APLOG_USE_MODULE(proxyguard);

/* --- start --------------------------------------------------------------- */

static pg_guard_t *make_guard(apr_pool_t *pconf, server_rec *s)
{
    pg_guard_t *guard = apr_pcalloc(pconf, sizeof(*guard));

    guard->own = pg_names_collect(s, pconf);
    guard->backends = pg_proxyconf_backends(s, pconf);
    guard->carrying = pg_book_key(pconf);
    guard->behind_proxy = ap_find_linked_module("mod_remoteip.c") != NULL;
    guard->probes = pg_probes_make(pconf);
    guard->peek = pg_peek_handle();
    guard->store = pg_store_open(pconf, s);
    guard->ledger = guard->store ? guard->store->live.ledger : NULL;
    return guard;
}

/* Log where our own names are not known: no Host is foreign there. */
static void note_unknown(server_rec *s, const server_rec *main,
                         const pg_names_facts_t *facts)
{
    pg_settings_t *settings = pg_config_of(s);
    const char *why = pg_names_unknown(s, main, facts);

    settings->names_known = why == NULL;
    settings->by_folder = pg_names_by_folder(s, main, facts);
    /* without any ServerName, log this only once */
    if (why == NULL || settings->engine == PG_ENGINE_OFF
        || (!facts->named && s != main)) {
        return;
    }
    PG_LOG(APLOG_NOTICE, s, PGLOGNO(0004)
           "the names of virtual host %s are not known (%s): foreign "
           "Host fields are not detected there, and a reverse proxy "
           "may follow Host to any name; name them with ServerName, "
           "ServerAlias or ProxyGuardOwnHost, or the backends with "
           "ProxyGuardBackend", settings->vhost, why);
}

/* Where the names are not known, no Host is foreign. */
static void settle_names(server_rec *main)
{
    pg_names_facts_t facts = pg_names_facts();

    for (server_rec *s = main; s; s = s->next) {
        note_unknown(s, main, &facts);
        pg_config_of(s)->foreign_host &= pg_config_of(s)->names_known;
    }
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *main_server)
{
    pg_guard_t *guard;

    /* httpd reads its configuration twice at start; the first time is only
     * to see whether it can. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    for (server_rec *s = main_server; s; s = s->next) {
        pg_config_settle(s, pconf);
    }
    guard = make_guard(pconf, main_server);
    guard->audit = pg_auditlog_start(pconf, ptemp, main_server);
    guard->notify = pg_notify_make(pconf, main_server);
    if (guard->notify == NULL
        || !pg_sinkhole_make(&guard->sink, guard->ledger, pconf,
                             main_server)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (server_rec *s = main_server; s; s = s->next) {
        pg_settings_t *settings = pg_config_of(s);

        settings->vhost = pg_names_label(s, pconf);
        settings->name = pg_span_str(s->server_hostname);
        pg_names_aliases(settings->alias, PG_ALIASES, s);
        settings->sensor = settings->sensor ? settings->sensor
                                            : main_server->server_hostname;
        settings->guard = guard;
    }
    settle_names(main_server);
    return OK;
}

/* One hook for two: each costs every request some instructions. Both handlers'
 * names, ours and mod_proxy's, begin with "proxy"; that of mod_rewrite, which
 * may have taken the place of ours, begins with "r", one bit apart. */
static int handler(request_rec *r)
{
    int result;

    /* httpd calls handlers with a name only */
    if (r->proxyreq == PROXYREQ_NONE && (r->handler[0] | 2) != 'r') {
        return DECLINED;
    }
    if (pg_config_of(r->server)->guard == NULL) {
        return DECLINED;
    }
    result = pg_status_handler(r);
    return result == DECLINED ? pg_gate_handler(r) : result;
}

/* --- hooks --------------------------------------------------------------- */

/* httpd sorts all hooks once more when it has processed the configuration. So
 * only a server that can proxy, and change fields that rules have read, pays
 * for this one. */
static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    static const char *const after_us[] = { "mod_headers.c", NULL };
    static const char *const before_us[] = { "mod_rewrite.c", NULL };

    if (ap_find_linked_module("mod_proxy.c")
        && ap_find_linked_module("mod_headers.c")
        && pg_proxyconf_change_fields(ptemp)) {
        /* otherwise the hook is taken for one of the module loaded last; if
         * that is mod_headers, it would have to run before itself, and httpd
         * would not start */
        apr_hook_debug_current = "mod_proxyguard.c";
        ap_hook_fixups(pg_gate_fixups, before_us, after_us, APR_HOOK_MIDDLE);
    }
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    /* After these the client's address, its id and its environment are known;
     * none of them is REALLY_FIRST by itself. */
    static const char *const before_us[] = { "mod_remoteip.c",
                                             "mod_unique_id.c",
                                             "mod_setenvif.c", NULL };
    static const char *const ssl[] = { "mod_ssl.c", NULL };
    static const char *const after_us[] = { "mod_proxy.c", NULL };

    APR_REGISTER_OPTIONAL_FN(proxyguard_class);
    pg_answer_register();
    pg_peek_register();
    ap_hook_pre_connection(pg_peek_connection, ssl, NULL, APR_HOOK_LAST);
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pg_auditlog_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pg_config_sink_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pg_evidence_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pg_spool_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(pg_auditlog_test, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(pg_guard_post_read, before_us, after_us,
                              APR_HOOK_FIRST);
    ap_hook_insert_error_filter(pg_guard_error, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(ap, status_hook, pg_status_block, NULL, NULL,
                      APR_HOOK_MIDDLE);
    ap_hook_error_log(pg_book_heard, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(pg_store_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(pg_notify_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(pg_store_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(pg_guard_log, NULL, NULL, APR_HOOK_FIRST);
}

/* The only exported symbol (exports.map). */
__attribute__((visibility("default")))
module AP_MODULE_DECLARE_DATA proxyguard_module = {
    STANDARD20_MODULE_STUFF,
    NULL,                        /* create per-directory config */
    NULL,                        /* merge per-directory config */
    pg_config_create,
    pg_config_merge,
    pg_config_directives,
    register_hooks
};
