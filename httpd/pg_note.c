/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_note.h"

#include <http_protocol.h>
#include <http_request.h>
#include <http_vhost.h>

#include "mod_proxyguard.h"
#include "pg_answer.h"

pg_note_t *pg_note_of(const request_rec *r)
{
    return ap_get_module_config(r->request_config, &proxyguard_module);
}

request_rec *pg_note_first(request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

void pg_note_leave(request_rec *r, const pg_note_t *note)
{
    ap_set_module_config(r->request_config, &proxyguard_module, (void *)note);
}

/* --- policy -------------------------------------------------------------- */

bool pg_note_is_exempt(request_rec *r, const pg_settings_t *settings)
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

static pg_action_t decide_by(const pg_settings_t *settings,
                             pg_posture_e posture,
                             const pg_verdict_t *verdict)
{
    return pg_policy_decide(verdict->class_id, (pg_engine_e)settings->engine,
                            posture,
                            settings->action[pg_policy_subject(verdict)]);
}

/* The search for a virtual host that would stop what another lets through. */
typedef struct search_t {
    request_rec *r;
    const pg_settings_t *own;
    const pg_verdict_t *verdict;
    pg_action_t found;
} search_t;

/* The access control is that of the virtual host that was chosen, whichever
 * policy counts; but it counts as open on purpose only if all of them are. */
static int consider(void *ctx, conn_rec *c, server_rec *s)
{
    search_t *search = ctx;
    const pg_settings_t *other = pg_config_of(s);
    pg_posture_e posture = search->own->posture;

    if (posture == PG_POSTURE_ON_PURPOSE
        && other->posture != PG_POSTURE_ON_PURPOSE) {
        posture = PG_POSTURE_OPEN;
    }
    if (other != search->own && !pg_note_is_exempt(search->r, other)) {
        search->found = decide_by(other, posture, search->verdict);
        if (search->found.act == PG_ACT_SINK) {
            search->found.act = PG_ACT_DENY;     /* the sink is opt-in    */
        }
    }
    return search->found.act != PG_ACT_PASS;
}

/* What to do about a verdict. For what a forward proxy would carry, the
 * strictest virtual host of that address and port decides: the client can
 * choose among them with its Host field. */
static pg_action_t decide(request_rec *r, const pg_settings_t *settings,
                          const pg_verdict_t *verdict)
{
    conn_rec *c = r->connection->master ? r->connection->master
                                        : r->connection;
    search_t search = { .r = r, .own = settings, .verdict = verdict,
                        .found = { .act = PG_ACT_PASS } };

    if (!pg_note_is_exempt(r, settings)) {
        search.found = decide_by(settings, settings->posture, verdict);
    }
    if (search.found.act == PG_ACT_PASS
        && pg_policy_is_for_proxy(verdict->class_id)) {
        ap_vhost_iterate_given_conn(c, consider, &search);
    }
    return search.found;
}

pg_note_t *pg_note_make(request_rec *r, const pg_settings_t *settings,
                        const pg_verdict_t *verdict)
{
    pg_note_t *note = apr_pcalloc(r->pool, sizeof(*note));

    note->verdict = *verdict;
    note->action = decide(r, settings, verdict);
    return note;
}

void pg_note_publish(request_rec *r, const pg_note_t *note)
{
    static const char *const acts[] = {
        [PG_ACT_PASS] = "pass", [PG_ACT_DENY] = "deny", [PG_ACT_DROP] = "drop",
        [PG_ACT_SINK] = "sink"
    };
    const char *name = pg_vocab_class(note->verdict.class_id);

    apr_table_addn(r->notes, PROXYGUARD_NOTE_CLASS, name);
    apr_table_addn(r->notes, PROXYGUARD_NOTE_REASON,
                   pg_classify_reason(note->verdict.reason));
    apr_table_addn(r->notes, PROXYGUARD_NOTE_ACTION, acts[note->action.act]);
    apr_table_setn(r->subprocess_env, PROXYGUARD_ENV, name);
}

void pg_note_withdraw(request_rec *r)
{
    apr_table_unset(r->notes, PROXYGUARD_NOTE_CLASS);
    apr_table_unset(r->notes, PROXYGUARD_NOTE_REASON);
    apr_table_unset(r->notes, PROXYGUARD_NOTE_ACTION);
    apr_table_unset(r->subprocess_env, PROXYGUARD_ENV);
}

/* --- action -------------------------------------------------------------- */

void pg_note_close(request_rec *r)
{
    conn_rec *c = r->connection;

    c->keepalive = AP_CONN_CLOSE;
    apr_table_setn(c->notes, "short-lingering-close", "1");
}

void pg_note_allow(request_rec *r)
{
    apr_table_setn(r->err_headers_out, "Allow", "GET,HEAD,POST,OPTIONS");
}

/* What httpd derives Allow from: like ap_allow_standard_methods(), at a tenth
 * of the instructions. HEAD is part of GET. */
static void allow_methods(request_rec *r)
{
    r->allowed = AP_METHOD_BIT << M_GET | AP_METHOD_BIT << M_POST
                 | AP_METHOD_BIT << M_OPTIONS;
    ap_clear_method_list(r->allowed_methods);
    r->allowed_methods->method_mask = r->allowed;
}

static int deny(request_rec *r, const pg_note_t *note)
{
    int status = note->action.status;

    pg_note_close(r);
    /* A GET that asks for an upgrade to a tunnel: GET itself is allowed. */
    if (status == HTTP_METHOD_NOT_ALLOWED && r->method_number == M_GET) {
        status = HTTP_MISDIRECTED_REQUEST;
    }
    pg_answer_explain(r, status, note->verdict.class_id);
    if (status == HTTP_METHOD_NOT_ALLOWED) {
        pg_note_allow(r);
        allow_methods(r);
    }
    return status;
}

/* DONE alone would be answered with 200; an aborted connection is not
 * answered at all, and on HTTP/2 it is a RST_STREAM. */
static int drop(request_rec *r)
{
    pg_note_close(r);
    r->connection->aborted = 1;
    r->status = HTTP_FORBIDDEN;
    return DONE;
}

int pg_note_enforce(request_rec *r, const pg_note_t *note)
{
    switch (note->action.act) {
    case PG_ACT_DENY:
        return deny(r, note);
    case PG_ACT_DROP:
        return drop(r);
    default:                     /* PG_ACT_SINK: see pg_guard_quick()     */
        return DECLINED;
    }
}
