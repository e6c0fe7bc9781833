/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_book.h"

#include <apr_thread_proc.h>
#include <http_log.h>

#include "pg_guard.h"
#include "pg_notify.h"
#include "pg_request.h"

APLOG_USE_MODULE(proxyguard);

/* --- was a connection made? ---------------------------------------------- */

static apr_status_t forget_key(void *key)
{
    return apr_threadkey_private_delete(key);
}

apr_threadkey_t *pg_book_key(apr_pool_t *pconf)
{
    apr_threadkey_t *key = NULL;

    if (apr_threadkey_private_create(&key, NULL, pconf) == APR_SUCCESS) {
        apr_pool_cleanup_register(pconf, key, forget_key,
                                  apr_pool_cleanup_null);
    }
    return key;
}

/* Each request that mod_proxy is about to carry sets the key of its thread, so
 * that the note found there is always the one that mod_proxy's log lines are
 * about. */
static void watch(const pg_settings_t *settings, pg_note_t *note)
{
    if (settings->guard->carrying) {
        apr_threadkey_private_set(note, settings->guard->carrying);
    }
}

/* What mod_proxy logs when it made no connection: to any of the addresses
 * (00957; 00939 for CONNECT), to a socket (02454), because the worker is in
 * error (00940), because no module speaks the scheme (01144). One address of
 * several that did not answer is only worth "debug" to it. */
static bool is_about_nobody(const char *format)
{
    static const char *const ids[] = { "AH00957", "AH02454", "AH00939",
                                       "AH00940", "AH01144", NULL };
    const char *const *id = ids;

    while (*id && strncmp(format, *id, 7)) {
        id++;
    }
    return *id != NULL;
}

void pg_book_heard(const ap_errorlog_info *info, const char *line)
{
    const pg_guard_t *guard;
    void *note = NULL;

    /* a connection that was reset had been established */
    if (info->format == NULL || info->s == NULL
        || (info->level & APLOG_LEVELMASK) > APLOG_WARNING
        || !is_about_nobody(info->format)
        || APR_STATUS_IS_ECONNRESET(info->status)) {
        return;
    }
    guard = pg_config_of(info->s)->guard;
    if (guard && guard->carrying
        && apr_threadkey_private_get(&note, guard->carrying) == APR_SUCCESS
        && note) {
        pg_note_t *is = note;
        is->unreached += !is->heard;
        is->heard = true;
    }
}

/* A note of the request, or of what it was redirected to. */
static const char *note_in(const request_rec *r, const char *name)
{
    const char *note = NULL;

    for (; r && !note; r = r->next) {
        note = apr_table_get(r->notes, name);
    }
    return note;
}

/* mod_proxy's own refusals and failures before it connects leave the text of
 * its error page. */
static bool is_before_connecting(const request_rec *r)
{
    static const char *const reasons[] = {
        "<strong>DNS lookup failure for", "<strong>URI cannot be parsed",
        "<strong>Error resolving backend address",
        "<strong>Connect to remote machine blocked", "<strong>Max-Forwards",
        "<strong>ftp proxy supports only types", "TRACE "
    };
    const char *said = note_in(r, "error-notes");

    for (apr_size_t i = 0; said && i < sizeof(reasons) / sizeof(reasons[0]);
         i++) {
        if (strstr(said, reasons[i])) {
            return true;
        }
    }
    return false;
}

/* It answers some requests itself (Max-Forwards: 0), and others with an error
 * (a handler's URL that it cannot parse), and forwards them no longer. Over FTP
 * it only gets: anything else is not implemented. */
static bool is_given_up(const pg_note_t *note)
{
    const request_rec *r = note->forwarded;

    return r && (r->proxyreq == PROXYREQ_NONE
                 || (r->method_number != M_GET && r->filename
                     && strncmp(r->filename, "proxy:ftp:", 10) == 0));
}

/* The response does not matter: a mail server answers a POST, but not in HTTP.
 * Some schemes record the port they connected from. A page of several parts is
 * carried if one of them was. */
static bool is_carried(const request_rec *r, const pg_note_t *note)
{
    return note->passed
           && (note_in(r, "proxy-source-port")
               || note->opened > note->unreached + (is_before_connecting(r)
                                                    || is_given_up(note)));
}

/* mod_proxy refuses in its handler too (ProxyBlock, AllowCONNECT): then it
 * leaves the text of its error page. An origin server's own 403 does not. */
static bool is_proxy_refusal(const request_rec *r, const pg_note_t *note)
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

static pg_outcome_e outcome_of(const request_rec *r, const pg_note_t *note)
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
    if (note->action.act == PG_ACT_SINK) {
        return note->sunk ? PG_OUTCOME_SUNK : PG_OUTCOME_REFUSED;
    }
    if (is_proxy_refusal(r, note)) {
        return PG_OUTCOME_REFUSED;
    }
    return is_carried(r, note) ? PG_OUTCOME_RELAYED : PG_OUTCOME_OBSERVED;
}

/* --- the books ----------------------------------------------------------- */

static pg_event_t event_of(const request_rec *r, const pg_settings_t *settings,
                           const pg_note_t *note, pg_outcome_e outcome)
{
    pg_event_t event = { .time = r->request_time,
                         .now = apr_time_now(),
                         .verdict = note->verdict,
                         .outcome = outcome,
                         .vhost = pg_span_str(settings->vhost),
                         .allow = pg_span_str(note->allow) };

    /* What httpd refused, and what the peek saw, never reached
     * mod_remoteip. */
    event.source_is_peer = note->early && settings->guard->behind_proxy;
    pg_request_evidence(&event, r);
    return event;
}

/* What a forward proxy does for clients that its access control permits. */
static bool is_permitted(const pg_settings_t *settings, const pg_note_t *note)
{
    return note->exempt
           || (settings->posture == PG_POSTURE_RESTRICTED
               && pg_policy_is_for_proxy(note->verdict.class_id));
}

void pg_book_open(request_rec *r, const pg_settings_t *settings,
                  pg_note_t *note)
{
    pg_ledger_t *ledger = settings->guard->ledger;
    pg_event_t event;

    note->passed = true;
    note->opened++;
    note->forwarded = r->main ? NULL : r;
    note->heard = false;
    watch(settings, note);
    if (ledger == NULL || note->booked || note->permitted) {
        return;
    }
    if (is_permitted(settings, note)) {
        pg_ledger_permit(ledger);
        note->permitted = true;
        return;
    }
    event = event_of(pg_note_first(r), settings, note, PG_OUTCOME_RELAYED);
    note->entry = pg_ledger_record(ledger, &event);
    note->booked = true;
}

void pg_book_none(const pg_settings_t *settings)
{
    watch(settings, NULL);
}

static void enter(pg_ledger_t *ledger, const pg_event_t *event,
                  const pg_note_t *note)
{
    if (note->permitted) {
        pg_ledger_unpermit(ledger);
    }
    if (note->booked) {
        pg_ledger_amend(ledger, note->entry, event, PG_OUTCOME_RELAYED);
    }
    else {
        pg_ledger_record(ledger, event);
    }
}

void pg_book_close(request_rec *r, const pg_settings_t *settings,
                   pg_note_t *note)
{
    pg_outcome_e outcome = outcome_of(r, note);
    pg_event_t event;

    if (note->passed) {
        pg_book_none(settings);
        if (outcome != PG_OUTCOME_REFUSED && is_permitted(settings, note)) {
            return;
        }
    }
    event = event_of(r, settings, note, outcome);
    event.status = pg_request_status(r);
    if (settings->guard->ledger) {
        enter(settings->guard->ledger, &event, note);
    }
    pg_notify_attempt(r, &event);
}
