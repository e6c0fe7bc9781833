/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_status.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_script.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_guard.h"
#include "pg_report.h"

APLOG_USE_MODULE(proxyguard);

static apr_status_t to_client(void *to, const char *octets, apr_size_t n)
{
    return ap_rwrite(octets, (int)n, to) < 0 ? APR_ECONNABORTED : APR_SUCCESS;
}

/* The format asked for, the first one when none is; NULL for nonsense. */
static const pg_format_t *format_of(request_rec *r)
{
    apr_table_t *args;
    const char *name;

    ap_args_to_table(r, &args);
    name = apr_table_get(args, "format");
    return name ? pg_format_find(pg_span_str(name)) : pg_formats();
}

static void set_headers(request_rec *r, const pg_format_t *format)
{
    ap_set_content_type(r, format->media_type);
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(r->headers_out, "Referrer-Policy", "no-referrer");
    apr_table_setn(r->headers_out, "Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; "
                   "base-uri 'none'; form-action 'none'; "
                   "frame-ancestors 'none'");
}

static pg_report_t *make_report(request_rec *r)
{
    const pg_guard_t *guard = pg_config_of(r->server)->guard;
    pg_report_t *report = apr_pcalloc(r->pool, sizeof(*report));
    pg_snapshot_t *snapshot = NULL;

    report->now = apr_time_now();
    report->version = PROXYGUARD_VERSION;
    if (guard && guard->ledger
        && pg_ledger_snapshot(&snapshot, guard->ledger, report->now, r->pool)
               == APR_SUCCESS) {
        report->ledger = snapshot;
    }
    return report;
}

int pg_status_handler(request_rec *r)
{
    const pg_format_t *format;
    pg_sink_t sink = { .write = to_client, .to = r };

    if (!r->handler || strcmp(r->handler, PG_STATUS_HANDLER) != 0) {
        return DECLINED;
    }
    if (r->method_number != M_GET) {
        ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, -1);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    format = format_of(r);
    if (format == NULL) {
        return HTTP_BAD_REQUEST;
    }
    set_headers(r, format);
    if (r->header_only) {
        return OK;
    }
    (void)format->render(&sink, make_report(r), r->pool);
    return OK;
}
