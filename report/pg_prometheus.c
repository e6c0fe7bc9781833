/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The metrics for Prometheus, in its text format 0.0.4 and in OpenMetrics
 * 1.0.0: HELP and TYPE directly above one group a metric. */
#include "pg_escape.h"
#include "pg_metrics.h"
#include "pg_render.h"

typedef struct writer_t {
    pg_sink_t *sink;
    pg_measured_t measured;
    bool open;                   /* OpenMetrics                           */
} writer_t;

static const char *suffix(const pg_metric_t *metric)
{
    return metric->kind == PG_KIND_COUNTER ? "_total" : "";
}

static const char *unit(const pg_metric_t *metric)
{
    return metric->unit == PG_UNIT_TIME ? "_timestamp_seconds" : "";
}

/* OpenMetrics names the family, the older format the samples. */
static void head(writer_t *w, const pg_metric_t *metric)
{
    const char *end = w->open ? "" : suffix(metric);

    pg_sink_putf(w->sink, "# HELP proxyguard_%s%s%s ", metric->name,
                 unit(metric), end);
    pg_escape_label(w->sink, pg_span_str(metric->help));
    pg_sink_putf(w->sink, "\n# TYPE proxyguard_%s%s%s %s\n", metric->name,
                 unit(metric), end,
                 metric->kind == PG_KIND_COUNTER ? "counter" : "gauge");
    if (w->open && metric->unit == PG_UNIT_TIME) {
        pg_sink_putf(w->sink, "# UNIT proxyguard_%s%s seconds\n", metric->name,
                     unit(metric));
    }
}

static void label(pg_sink_t *sink, const char *before, const char *name,
                  pg_span_t value)
{
    pg_sink_putf(sink, "%s%s=\"", before, name);
    pg_escape_label(sink, value);
    pg_sink_puts(sink, "\"");
}

static void number(pg_sink_t *sink, const pg_metric_t *metric, double x)
{
    if (metric->unit == PG_UNIT_TIME) {
        pg_sink_putf(sink, " %" APR_TIME_T_FMT "\n",
                     apr_time_sec((apr_time_t)x));
    }
    else if (x < 1e15 && x == (double)(apr_int64_t)x) {
        pg_sink_putf(sink, " %" APR_INT64_T_FMT "\n", (apr_int64_t)x);
    }
    else {
        pg_sink_putf(sink, " %.3f\n", x);
    }
}

static void sample(writer_t *w, const pg_metric_t *metric, int i, int j)
{
    const char *before = "{";

    pg_sink_putf(w->sink, "proxyguard_%s%s%s", metric->name, unit(metric),
                 suffix(metric));
    for (int l = 0; l < 2; l++) {
        if (metric->label[l]->name) {
            label(w->sink, before, metric->label[l]->name,
                  pg_span_str(metric->label[l]->value(l ? j : i)));
            before = ",";
        }
    }
    if (metric->label[0]->name) {
        pg_sink_puts(w->sink, "}");
    }
    number(w->sink, metric, metric->value(&w->measured, i, j));
}

static void group(writer_t *w, const pg_metric_t *metric)
{
    head(w, metric);
    for (int i = 0; i < metric->label[0]->n; i++) {
        for (int j = 0; j < metric->label[1]->n; j++) {
            sample(w, metric, i, j);
        }
    }
}

/* Who is reporting: the labels matter, not the value. */
static void info(writer_t *w, const pg_report_t *report)
{
    pg_sink_t *sink = w->sink;
    const char *end = w->open ? "" : "_info";
    pg_shown_t room;

    pg_sink_putf(sink,
                 "# HELP proxyguard%s Version of mod_proxyguard, and the "
                 "sensor's name\n# TYPE proxyguard%s %s\n",
                 end, end, w->open ? "info" : "gauge");
    label(sink, "proxyguard_info{", "version",
          pg_span_str(report->version));
    label(sink, ",", "sensor", pg_render_shown_sensor(report, &room));
    pg_sink_puts(sink, "} 1\n");
}

static void metrics(pg_sink_t *sink, const pg_report_t *report, bool open)
{
    writer_t w = { .sink = sink, .open = open };

    pg_metrics_measure(&w.measured, report);
    info(&w, report);
    for (int m = 0; m < PG_METRIC_COUNT; m++) {
        const pg_metric_t *metric = pg_metrics_row((pg_metric_e)m);

        if (metric->name && pg_metrics_known(metric, &w.measured)) {
            group(&w, metric);
        }
    }
    pg_sink_puts(sink, open ? "# EOF\n" : "");
}

apr_status_t pg_prometheus_render(pg_sink_t *sink, const pg_report_t *report,
                                  apr_pool_t *pool)
{
    (void)pool;
    metrics(sink, report, false);
    return sink->status;
}

apr_status_t pg_openmetrics_render(pg_sink_t *sink, const pg_report_t *report,
                                   apr_pool_t *pool)
{
    (void)pool;
    metrics(sink, report, true);
    return sink->status;
}
