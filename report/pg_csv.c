/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The months, days or hours, attempts per family, for a spreadsheet or a
 * statistics program. Files of several sensors can be put one
 * below the other. */
#include "pg_covered.h"
#include "pg_escape.h"
#include "pg_render.h"

static const char *const periods[PG_PERIOD_COUNT] = {
    [PG_PERIOD_MINUTE] = "minute", [PG_PERIOD_HOUR] = "hour",
    [PG_PERIOD_DAY] = "day", [PG_PERIOD_MONTH] = "month"
};

static void row(pg_sink_t *sink, const pg_report_t *report,
                pg_period_e period, const pg_bucket_t *b, bool complete)
{
    char start[PG_TIME_SIZE];
    pg_shown_t room;

    pg_escape_csv(sink, pg_render_shown_sensor(report, &room));
    pg_sink_putf(sink, ",%s,%s,%s", periods[period],
                 pg_render_period(start, b->start, period),
                 complete ? "1" : "0");
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        pg_sink_putf(sink, ",%" APR_UINT64_T_FMT, b->by_family[f]);
    }
    pg_sink_putf(sink, ",%" APR_UINT64_T_FMT "\r\n", b->attempts);
}

static void rows(pg_sink_t *sink, const pg_report_t *report,
                 pg_period_e period)
{
    const pg_snapshot_t *s = report->ledger;
    pg_series_t series = pg_render_series_last(report, period,
                                               s->series[period].n);

    for (apr_size_t i = 0; i < series.n; i++) {
        row(sink, report, period, &series.bucket[i],
            pg_covered_whole(s, series.bucket[i].start,
                             pg_covered_end(&series.bucket[i], period))
                && !pg_render_cut(report, &series.bucket[i], period));
    }
}

/** RFC 4180; the first line names the columns. `complete` is 0 for a period
 *  that was not counted from its beginning to its end, or of which the view
 *  asks for a part. */
apr_status_t pg_csv_render(pg_sink_t *sink, const pg_report_t *report,
                           apr_pool_t *pool)
{
    (void)pool;
    pg_sink_puts(sink, "sensor,period,start,complete");
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        pg_sink_putf(sink, ",%s", pg_vocab_family((pg_family_e)f));
    }
    pg_sink_puts(sink, ",attempts\r\n");
    if (report->ledger) {
        rows(sink, report, report->view.by ? (pg_period_e)(report->view.by - 1)
                                           : PG_PERIOD_MONTH);
    }
    return sink->status;
}
