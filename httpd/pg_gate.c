/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_gate.h"

#include <apr_strings.h>
#include <http_ssl.h>

#include "pg_book.h"
#include "pg_chosen.h"
#include "pg_guard.h"
#include "pg_hot.h"
#include "pg_proxyconf.h"
#include "pg_request.h"

APLOG_USE_MODULE(proxyguard);

/* What follows "proxy:"; NULL: it does not begin so. */
static const char *behind_prefix(const char *text)
{
    return strncmp(text, "proxy:", 6) == 0 ? text + 6 : NULL;
}

/* What mod_proxy will use as its URL; NULL: not a request for mod_proxy. A
 * handler "proxy:..." is not in r->filename yet: mod_proxy puts it there. */
static const char *destination_of(const request_rec *r)
{
    const char *from;

    if (r->filename == NULL) {
        return NULL;
    }
    if (r->proxyreq != PROXYREQ_NONE) {
        return behind_prefix(r->filename);
    }
    from = behind_prefix(r->handler);
    return from ? apr_pstrcat(r->pool, from, r->filename, NULL) : NULL;
}

/* --- stopping and counting ----------------------------------------------- */

/* The first verdict with a consequence stays: an attempt counts once. */
static bool is_replaceable(const pg_note_t *note)
{
    return note == NULL || note->clean
           || (note->action.act == PG_ACT_PASS && !note->booked
               && !note->permitted);
}

/* The gate's own verdict on r: a note on the request that came from the
 * network, and what happens to r. */
static int judge_anew(request_rec *r, const pg_settings_t *settings,
                      const pg_verdict_t *verdict, const char *allow,
                      bool only_count)
{
    request_rec *first = pg_note_first(r);
    pg_note_t *before = pg_note_of(first);
    pg_note_t *note = pg_note_make(first, settings,
                                   pg_request_keep(verdict, first->pool));

    if (settings->engine == PG_ENGINE_OFF
        && note->action.act == PG_ACT_PASS) {
        return DECLINED;
    }
    note->seen = true;
    note->exempt = note->clean = note->action.act == PG_ACT_PASS
                                 && pg_note_is_exempt(first, settings);
    note->allow = allow ? apr_pstrdup(first->pool, allow) : NULL;
    if (only_count) {
        note->action = (pg_action_t){ .act = PG_ACT_PASS };
    }
    if (is_replaceable(before)) {
        note->permitted = before && before->permitted;
        pg_note_leave(first, note);
        if (!note->clean) {
            pg_note_publish(first, note);
        }
    }
    before = pg_note_of(first);
    if (note->action.act == PG_ACT_PASS
        && before->action.act == PG_ACT_PASS) {
        pg_book_open(r, settings, before);
    }
    return pg_note_enforce(r, note);
}

static pg_verdict_t verdict_of(request_rec *r, pg_class_e class_id,
                               pg_reason_e reason,
                               const pg_destination_t *d)
{
    const request_rec *first = pg_note_first(r);

    return (pg_verdict_t){ .class_id = class_id,
                           .family = pg_vocab_family_of(class_id),
                           .reason = reason,
                           .method = pg_span_str(first->method),
                           .target = pg_span_str(first->unparsed_uri),
                           .host = d->kind == PG_DESTINATION_SOCKET
                                   ? d->socket : d->authority.host,
                           .port = d->port };
}

/* --- forward ------------------------------------------------------------- */

/* Whatever the verdict on the text: where no forward proxy is intended,
 * nothing is forwarded. */
static int forward(request_rec *r, const pg_settings_t *settings,
                   const char *name)
{
    request_rec *first = pg_note_first(r);
    pg_note_t *note = pg_note_of(first);
    pg_destination_t d[PG_DESTINATION_READINGS];
    pg_verdict_t verdict;

    if (note && (note->exempt || !note->clean)) {
        if (note->action.act == PG_ACT_PASS) {
            pg_book_open(r, settings, note);
        }
        return pg_note_enforce(r, note);
    }
    if (settings->posture == PG_POSTURE_RESTRICTED
        || settings->posture == PG_POSTURE_ON_PURPOSE) {
        return DECLINED;
    }
    pg_destination_parse(d, pg_span_str(name));
    verdict = verdict_of(r, r->method_number == M_CONNECT
                            ? PG_CLASS_CONNECT_OTHER : PG_CLASS_ABSOLUTE,
                         PG_REASON_FORWARDED, d);
    return judge_anew(r, settings, &verdict, NULL, false);
}

/* --- reverse ------------------------------------------------------------- */

#define RECEIVED "proxyguard-received"

/* RequestHeader may change fields after a rule has read them. */
int pg_gate_fixups(request_rec *r)
{
    request_rec *first;
    void *kept = NULL;

    if (r->proxyreq != PROXYREQ_REVERSE
        && (r->handler == NULL || r->handler[0] != 'p')) {
        return OK;
    }
    first = pg_note_first(r);
    apr_pool_userdata_get(&kept, RECEIVED, first->pool);
    if (kept == NULL) {
        apr_pool_userdata_setn(apr_table_copy(first->pool, first->headers_in),
                               RECEIVED, NULL, first->pool);
    }
    return OK;
}

static const apr_table_t *received(const request_rec *first)
{
    void *kept = NULL;

    apr_pool_userdata_get(&kept, RECEIVED, first->pool);
    return kept ? kept : first->headers_in;
}

/* What the client sent, from the request that came from the network; the texts
 * of internal redirects and subrequests come from the configuration. The name
 * that it sent in TLS need not be that of Host (RFC 6066 3). */
static void collect(pg_chosen_in_t *in, request_rec *first,
                    apr_pool_t *pool)
{
    const apr_array_header_t *fields = apr_table_elts(received(first));
    const apr_table_entry_t *field = (const void *)fields->elts;
    pg_span_t *texts = apr_palloc(pool, sizeof(*texts)
                                        * (apr_size_t)(fields->nelts + 4));
    apr_size_t n = 0, longest = 0;

    texts[n++] = pg_span_str(first->unparsed_uri);
    texts[n++] = pg_span_str(first->user);
    texts[n++] = pg_span_str(first->method);
    texts[n++] = pg_span_str(ap_ssl_var_lookup(pool, first->server,
                                               first->connection, first,
                                               "SSL_TLS_SNI"));
    for (int i = 0; i < fields->nelts; i++) {
        texts[n++] = pg_span_str(field[i].val);
    }
    for (apr_size_t i = 0; i < n; i++) {
        longest = texts[i].len > longest ? texts[i].len : longest;
    }
    in->texts = texts;
    in->text_count = n;
    in->work = apr_palloc(pool, longest + 1);
}

static pg_chosen_e judge(const pg_destination_t *d, request_rec *r,
                         const pg_settings_t *settings,
                         const pg_backends_t *backends)
{
    request_rec *first = pg_note_first(r);
    pg_request_t request = { .local = NULL };
    pg_address_t local;
    pg_chosen_in_t in = {
        .backends = backends, .own = settings->guard->own,
        .names_known = settings->names_known,
        .host = pg_span_str(apr_table_get(received(first), "Host"))
    };

    pg_request_local(&request, &local, r->connection);
    in.local = request.local;
    collect(&in, first, r->pool);
    return pg_chosen_judge(&in, d);
}

/* "ProxyGuardBackend 192.0.2.9:8080"; NULL for what it cannot name. */
static const char *allowance(const pg_destination_t *d, apr_pool_t *pool)
{
    const pg_authority_t *a = &d->authority;
    const char *open = a->host_kind == PG_HOST_IPV6 ? "[" : "";
    const char *close = a->host_kind == PG_HOST_IPV6 ? "]" : "";
    const char *value;

    value = apr_psprintf(pool, "%s%.*s%s:%u", open, (int)a->host.len,
                         a->host.ptr, close, (unsigned int)d->port);
    return pg_backends_declare(pg_backends_create(pool), pg_span_str(value))
           ? NULL : apr_pstrcat(pool, "ProxyGuardBackend ", value, NULL);
}

static int stop(request_rec *r, const pg_settings_t *settings,
                const pg_destination_t *d, pg_chosen_e chosen)
{
    pg_verdict_t verdict = verdict_of(r, PG_CLASS_CHOSEN_BACKEND,
                                      chosen == PG_CHOSEN_PORT
                                          ? PG_REASON_CHOSEN_PORT
                                          : PG_REASON_CHOSEN_HOST, d);

    return judge_anew(r, settings, &verdict, allowance(d, r->pool),
                      chosen == PG_CHOSEN_NAME);
}

static PG_OFF_THE_PATH int look_closer(request_rec *r,
                                       const pg_settings_t *settings,
                                       const pg_destination_t *d, int n)
{
    const pg_backends_t *backends =
        pg_proxyconf_with_htaccess(settings->guard->backends, r);
    pg_chosen_e worst = PG_CHOSEN_NOT;
    const pg_destination_t *at = d;

    for (int i = 0; i < n; i++) {
        pg_chosen_e chosen = judge(&d[i], r, settings, backends);
        if (chosen > worst) {
            worst = chosen;
            at = &d[i];
        }
    }
    return worst == PG_CHOSEN_NOT ? DECLINED
                                  : stop(r, settings, at, worst);
}

/* mod_proxy has removed "unix:/path|" from the name already if it saw the
 * request before its handler; then the host does not matter. */
static int parse(pg_destination_t d[PG_DESTINATION_READINGS],
                 const request_rec *r, const char *name)
{
    const char *socket = apr_table_get(r->notes, "uds_path");

    return pg_destination_parse(d, pg_span_str(
        socket ? apr_pstrcat(r->pool, "unix:", socket, "|", NULL) : name));
}

static int reverse(request_rec *r, const pg_settings_t *settings,
                   const char *name)
{
    pg_destination_t d[PG_DESTINATION_READINGS];
    int n = parse(d, r, name);

    for (int i = 0; i < n; i++) {
        if (pg_backends_check(settings->guard->backends, &d[i])
            != PG_NAMED_YES) {
            return look_closer(r, settings, d, n);
        }
    }
    return DECLINED;
}

int pg_gate_handler(request_rec *r)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const char *name = destination_of(r);

    if (name == NULL) {
        return DECLINED;
    }
    pg_book_none(settings);
    if (r->proxyreq == PROXYREQ_PROXY) {
        return forward(r, settings, name);
    }
    return settings->engine == PG_ENGINE_OFF ? DECLINED
                                             : reverse(r, settings, name);
}
