/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_request.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_ssl.h>

#include "pg_names.h"

/* mod_http2 answers a :path over LimitRequestLine with 414 before it has built
 * the request, and leaves the text "(null)" (2.0.42). */
static bool is_lost_path(const request_rec *r)
{
    return r->connection->master && strcmp(r->unparsed_uri, "(null)") == 0;
}

void pg_request_local(pg_request_t *out, pg_address_t *local,
                      const conn_rec *c)
{
    if (c->local_addr) {
        *local = pg_names_address(c->local_addr);
        out->local = local;
        out->local_port = c->local_addr->port;
    }
}

static pg_span_t kept(pg_span_t s, apr_pool_t *pool)
{
    return pg_span_make(apr_pstrmemdup(pool, s.ptr, s.len), s.len);
}

pg_verdict_t *pg_request_keep(const pg_verdict_t *verdict, apr_pool_t *pool)
{
    pg_verdict_t *out = apr_pmemdup(pool, verdict, sizeof(*verdict));

    out->method = kept(verdict->method, pool);
    out->target = kept(verdict->target, pool);
    out->host = kept(verdict->host, pool);
    return out;
}

bool pg_request_is_h2_tls(const request_rec *r)
{
    conn_rec *below = r->connection->master;

    return below && ap_ssl_conn_is_ssl(below);
}

void pg_request_read(pg_request_t *out, pg_address_t *local,
                     const request_rec *r, bool valid)
{
    memset(out, 0, sizeof(*out));
    if (r->method && r->unparsed_uri && (valid || !r->the_request)) {
        out->method = pg_span_str(r->method);
        out->target = is_lost_path(r) ? PG_SPAN("/")
                                      : pg_span_str(r->unparsed_uri);
        out->protocol = pg_span_str(r->protocol);
    }
    out->line = pg_span_str(r->the_request);
    if (r->headers_in) {
        out->host = pg_span_str(apr_table_get(r->headers_in, "Host"));
    }
    /* asked for with a path only */
    if (r->headers_in && (out->target.len == 0 || *out->target.ptr == '/')) {
        out->upgrade = pg_span_str(apr_table_get(r->headers_in, "Upgrade"));
    }
    out->over_tls = pg_request_is_h2_tls(r);
    pg_request_local(out, local, r->connection);
}

static void read_fields(pg_event_t *event, const apr_table_t *in)
{
    event->user_agent = pg_span_str(apr_table_get(in, "User-Agent"));
    event->x_forwarded_for = pg_span_str(apr_table_get(in, "X-Forwarded-For"));
    event->via = pg_span_str(apr_table_get(in, "Via"));
    event->forwarded = pg_span_str(apr_table_get(in, "Forwarded"));
    event->proxy_connection =
        pg_span_str(apr_table_get(in, "Proxy-Connection"));
    event->proxy_authorization =
        apr_table_get(in, "Proxy-Authorization") != NULL;
}

void pg_request_evidence(pg_event_t *event, const request_rec *r)
{
    apr_size_t room;

    event->source_known = r->useragent_addr != NULL;
    if (event->source_known) {
        event->source = pg_names_address(r->useragent_addr);
    }
    if (r->headers_in) {
        read_fields(event, r->headers_in);
    }
    room = pg_event_room(event);
    if (room) {
        pg_event_conceal(event, PG_ABSENT, apr_palloc(r->pool, room), room);
    }
}

int pg_request_status(const request_rec *r)
{
    /* If an ErrorDocument itself fails, the first error remains. */
    while (r->next && !(ap_is_HTTP_ERROR(r->status)
                        && ap_is_HTTP_ERROR(r->next->status))) {
        r = r->next;
    }
    return r->status;
}
