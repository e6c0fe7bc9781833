/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* "ProxyGuardKey: value" lines in mod_status' manner, for ?auto here and for
 * mod_status' own ?auto. */
#include "pg_escape.h"
#include "pg_metrics.h"
#include "pg_render.h"

static void value(pg_sink_t *sink, const pg_metric_t *metric, double x)
{
    char text[PG_TIME_SIZE];

    if (metric->unit == PG_UNIT_TIME) {
        pg_sink_putf(sink, ": %s\n",
                     x > 0 ? pg_render_rfc3339(text, (apr_time_t)x) : "-");
    }
    else if (x == (double)(apr_int64_t)x) {
        pg_sink_putf(sink, ": %" APR_INT64_T_FMT "\n", (apr_int64_t)x);
    }
    else {
        pg_sink_putf(sink, ": %.3f\n", x);
    }
}

static void lines(pg_sink_t *sink, const pg_metric_t *metric,
                  const pg_measured_t *m)
{
    for (int i = 0; i < metric->label[0]->n; i++) {
        pg_sink_putf(sink, "ProxyGuard%s", metric->line);
        if (metric->label[0]->name) {
            pg_sink_putf(sink, "-%s", metric->label[0]->value(i));
        }
        value(sink, metric, metric->value(m, i, 0));
    }
}

apr_status_t pg_auto_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    pg_measured_t m;

    (void)pool;
    pg_metrics_measure(&m, report);
    pg_sink_puts(sink, "ProxyGuardVersion: ");
    pg_escape_text(sink, pg_span_str(report->version));
    pg_sink_puts(sink, "\n");
    for (int i = 0; i < PG_METRIC_COUNT; i++) {
        const pg_metric_t *metric = pg_metrics_row((pg_metric_e)i);

        if (metric->line && pg_metrics_known(metric, &m)) {
            lines(sink, metric, &m);
        }
    }
    return sink->status;
}
