/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The status page for people. */
#include "pg_escape.h"
#include "pg_render.h"

static void row(pg_sink_t *sink, const char *name, apr_uint64_t n)
{
    pg_puts(sink, "<tr><th scope=\"row\">");
    pg_escape_html(sink, pg_span_str(name));
    pg_putf(sink, "</th><td>%" APR_UINT64_T_FMT "</td></tr>\n", n);
}

static void totals(pg_sink_t *sink, const pg_snapshot_t *s)
{
    char since[PG_TIME_SIZE];

    pg_putf(sink, "<p>%" APR_UINT64_T_FMT " attempts since %s.</p>\n",
            s->attempts, pg_time_rfc3339(since, s->since));
    pg_puts(sink, "<h2>By class</h2>\n<table>\n");
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        row(sink, pg_class_name((pg_class_e)c),
            pg_class_total(s, (pg_class_e)c));
    }
    pg_puts(sink, "</table>\n<h2>By outcome</h2>\n<table>\n");
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        row(sink, pg_outcome_name((pg_outcome_e)o),
            pg_outcome_total(s, (pg_outcome_e)o));
    }
    pg_puts(sink, "</table>\n");
}

apr_status_t pg_html_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    (void)pool;
    pg_puts(sink, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
            "<meta charset=\"utf-8\">\n<title>mod_proxyguard</title>\n"
            "</head>\n<body>\n<h1>Relay attempts</h1>\n");
    if (report->ledger) {
        totals(sink, report->ledger);
    }
    else {
        pg_puts(sink, "<p>The guard denies, but it cannot count: it has no "
                "ledger.</p>\n");
    }
    pg_puts(sink, "</body>\n</html>\n");
    return sink->status;
}
