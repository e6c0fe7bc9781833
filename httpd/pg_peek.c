/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_peek.h"

#include <http_config.h>
#include <http_connection.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <util_filter.h>

#include "pg_config.h"
#include "pg_conn.h"
#include "pg_guard.h"
#include "pg_hot.h"

APLOG_USE_MODULE(proxyguard);

#define FILTER_NAME "PROXYGUARD_PEEK"

/* Closer to the network than mod_ssl (+5), but behind mod_remoteip's PROXY
 * protocol (+7) and mod_reqtimeout (+8): we see what the client itself sent,
 * and the header timeouts still apply. */
#define FILTER_TYPE ((ap_filter_type)(AP_FTYPE_CONNECTION + 6))

enum {
    PEEK_MOST = 1024,            /* octets of a line, or after it         */
    LOOK_ROOM = 2 * PEEK_MOST
};

static bool is_socks(char first)
{
    return first == 4 || first == 5;
}

/* Could this be an attempt that no request hook will see? */
static bool is_worth_a_look(const conn_rec *c, char first)
{
    return is_socks(first)
           || (first >= ' ' && first <= '~'
               && ap_ssl_conn_is_ssl((conn_rec *)c));
}

/* RFC 1928 3: no acceptable methods; SOCKS4: rejected or failed. Nothing is
 * sent on a TLS port: writing would start mod_ssl's handshake from inside its
 * own read. */
static void answer_socks(conn_rec *c, char version)
{
    static const char no_method[2] = { 5, (char)0xff };
    static const char rejected[8] = { 0, 0x5b, 0, 0, 0, 0, 0, 0 };
    apr_bucket_brigade *bb;

    if (ap_ssl_conn_is_ssl(c)) {
        return;
    }
    bb = apr_brigade_create(c->pool, c->bucket_alloc);
    (void)ap_fwrite(c->output_filters, bb,
                    version == 5 ? no_method : rejected,
                    version == 5 ? sizeof(no_method) : sizeof(rejected));
    (void)ap_fflush(c->output_filters, bb);
}

static void refuse(conn_rec *c, pg_conn_t *conn, const char *octets,
                   pg_act_e act)
{
    if (act == PG_ACT_DENY && is_socks(octets[0])) {
        answer_socks(c, octets[0]);
    }
    conn->refused = true;
    apr_table_setn(c->notes, "short-lingering-close", "1");
}

/* What has been received, without consuming it; n = 0 for nothing. */
static apr_status_t peek(ap_filter_t *f, apr_read_type_e block, char *octets,
                         apr_size_t *n)
{
    conn_rec *c = f->c;
    apr_bucket_brigade *bb = apr_brigade_create(c->pool, c->bucket_alloc);
    apr_status_t status = ap_get_brigade(f->next, bb, AP_MODE_SPECULATIVE,
                                         block, (apr_off_t)*n);

    if (status == APR_SUCCESS) {
        status = apr_brigade_flatten(bb, octets, n);
    }
    else {
        *n = 0;
    }
    apr_brigade_destroy(bb);
    return status;
}

/* Consume the one octet that is there. Peeking consumes nothing, so with it
 * there a second peek would not wait for more. */
static apr_status_t hold(ap_filter_t *f, pg_conn_t *conn, char octet)
{
    conn_rec *c = f->c;
    apr_bucket_brigade *bb = apr_brigade_create(c->pool, c->bucket_alloc);
    apr_status_t status = ap_get_brigade(f->next, bb, AP_MODE_READBYTES,
                                         APR_NONBLOCK_READ, 1);

    apr_brigade_destroy(bb);
    if (status == APR_SUCCESS) {
        conn->held = octet;
    }
    return status;
}

static void look(conn_rec *c, pg_conn_t *conn, const char *octets,
                 apr_size_t n)
{
    pg_act_e act;

    conn->peeked = true;
    if (is_worth_a_look(c, octets[0])
        && pg_guard_octets(c, pg_span_make(octets, n), &act)) {
        conn->counted = true;
        if (act != PG_ACT_PASS) {
            refuse(c, conn, octets, act);
        }
    }
}

/* Peek as soon as there is enough. A client may send the octets of its
 * greeting one by one. A caller that only peeks itself (mod_http2, looking for
 * its preface) gets the first of them at once: it does so before
 * mod_reqtimeout's header timeout runs, and would otherwise wait for the whole
 * Timeout. */
static apr_status_t first_look(ap_filter_t *f, pg_conn_t *conn,
                               ap_input_mode_t mode, apr_read_type_e block)
{
    char octets[LOOK_ROOM];
    apr_size_t at = 0, n = PEEK_MOST;
    apr_status_t status;

    if (conn->held) {
        octets[at++] = conn->held;
    }
    status = peek(f, block, octets + at, &n);
    if (status != APR_SUCCESS || n == 0) {
        return status;
    }
    if (at + n == 1 && is_socks(octets[0])) {
        if (mode == AP_MODE_SPECULATIVE) {
            return APR_SUCCESS;
        }
        status = hold(f, conn, octets[0]);
        return status == APR_SUCCESS ? first_look(f, conn, mode, block)
                                     : status;
    }
    look(f->c, conn, octets, at + n);
    return APR_SUCCESS;
}

/* Pass on an octet that was held back and does not begin a greeting. */
static apr_status_t let_go(ap_filter_t *f, apr_bucket_brigade *bb,
                           pg_conn_t *conn)
{
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(&conn->held, 1, NULL,
                                                       f->c->bucket_alloc));
    conn->held = 0;
    return APR_SUCCESS;
}

/* The octets of a line that began like a SOCKS greeting, and what has been
 * received after them. The line is in memory: taking it cannot fail. */
static apr_size_t collect(ap_filter_t *f, apr_bucket_brigade *bb,
                          char octets[LOOK_ROOM])
{
    apr_size_t n = PEEK_MOST, more = PEEK_MOST;

    (void)apr_brigade_flatten(bb, octets, &n);
    (void)peek(f, APR_NONBLOCK_READ, octets + n, &more);
    return n + more;
}

/* What was consumed is passed on, unless it is refused or is only a first
 * octet. */
static PG_OFF_THE_PATH void judge(ap_filter_t *f, apr_bucket_brigade *bb,
                                  pg_conn_t *conn)
{
    char octets[LOOK_ROOM];
    apr_size_t n = collect(f, bb, octets);

    if (n == 1) {
        conn->held = octets[0];
        apr_brigade_cleanup(bb);
        return;
    }
    look(f->c, conn, octets, n);
    if (conn->refused) {
        apr_brigade_cleanup(bb);
    }
}

/* Without TLS a client has usually sent its request by now: its first line is
 * read as it would be anyway, and examined in passing. bb stays empty if
 * nothing has arrived yet. */
static apr_status_t take_line(ap_filter_t *f, apr_bucket_brigade *bb,
                              pg_conn_t *conn, apr_off_t readbytes)
{
    apr_status_t status = ap_get_brigade(f->next, bb, AP_MODE_GETLINE,
                                         APR_NONBLOCK_READ, readbytes);
    const char *octets;
    apr_size_t n;

    if (APR_STATUS_IS_EAGAIN(status)) {
        status = APR_SUCCESS;
    }
    if (status != APR_SUCCESS || APR_BRIGADE_EMPTY(bb)) {
        return status;
    }
    status = apr_bucket_read(APR_BRIGADE_FIRST(bb), &octets, &n,
                             APR_NONBLOCK_READ);
    if (status == APR_SUCCESS && n > 0 && is_socks(octets[0])) {
        judge(f, bb, conn);
    }
    else {
        conn->peeked = true;
    }
    return status;
}

static PG_OFF_THE_PATH apr_status_t
read_first(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
           apr_read_type_e block, apr_off_t readbytes)
{
    pg_conn_t *conn = f->ctx;
    apr_status_t status = APR_SUCCESS;
    bool taken = false;

    /* inside TLS mod_ssl reads no lines */
    if (mode == AP_MODE_GETLINE && !conn->peeked && !conn->held
        && APR_BRIGADE_EMPTY(bb)) {
        status = take_line(f, bb, conn, readbytes);
        taken = !APR_BRIGADE_EMPTY(bb);
    }
    if (status == APR_SUCCESS && !conn->peeked && mode != AP_MODE_INIT) {
        status = first_look(f, conn, mode, block);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    if (conn->refused) {
        return APR_ECONNABORTED;
    }
    if (conn->held && conn->peeked) {
        return let_go(f, bb, conn);
    }
    conn->through = conn->peeked;
    return taken ? APR_SUCCESS
                 : ap_get_brigade(f->next, bb, mode, block, readbytes);
}

/* While a request is read the filter has to stay in the chain: removing it
 * from within a read leaves a dangling r->input_filters. After a refusal it
 * fails every read, since mod_http2's speculative one comes first. */
static apr_status_t filter(ap_filter_t *f, apr_bucket_brigade *bb,
                           ap_input_mode_t mode, apr_read_type_e block,
                           apr_off_t readbytes)
{
    const pg_conn_t *conn = f->ctx;

    return conn->through
           ? ap_get_brigade(f->next, bb, mode, block, readbytes)
           : read_first(f, bb, mode, block, readbytes);
}

void pg_peek_register(void)
{
    ap_register_input_filter(FILTER_NAME, filter, NULL, FILTER_TYPE);
}

ap_filter_rec_t *pg_peek_handle(void)
{
    return ap_get_input_filter_handle(FILTER_NAME);
}

int pg_peek_connection(conn_rec *c, void *csd)
{
    const pg_settings_t *settings = pg_config_of(c->base_server);

    if (settings->guard && settings->peek
        && settings->engine != PG_ENGINE_OFF && !c->master && !c->outgoing) {
        pg_conn_t *conn = pg_conn_make(c);

        conn->peek = ap_add_input_filter_handle(settings->guard->peek, conn,
                                                NULL, c);
    }
    return OK;
}

void pg_peek_end(const conn_rec *c)
{
    pg_conn_t *conn = pg_conn_get(c);

    if (conn && conn->peek && conn->through) {
        ap_remove_input_filter(conn->peek);
        conn->peek = NULL;
    }
}
