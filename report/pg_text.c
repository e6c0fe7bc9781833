/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The page for a terminal: the same answers and lists, as plain text. */
#include "pg_escape.h"
#include "pg_metrics.h"
#include "pg_render.h"

enum { BAR = 30, SHOWN = 100 };

typedef struct writer_t {
    pg_sink_t *sink;
    const pg_report_t *report;
    const pg_snapshot_t *s;
    pg_measured_t measured;
} writer_t;

static const char *phrase(const writer_t *w, pg_phrase_e p)
{
    return pg_phrases_get(w->report->view.lang, p);
}

static void say(const writer_t *w, pg_phrase_e p, const char *a,
                const char *b, const char *c)
{
    pg_arg_t args[4] = { { .text = pg_span_str(a) },
                         { .text = pg_span_str(b) },
                         { .text = pg_span_str(c) } };

    pg_phrases_say(w->sink, pg_escape_text, phrase(w, p), args);
}

static void title(const writer_t *w, pg_phrase_e p)
{
    pg_sink_putf(w->sink, "\n== %s ==\n", phrase(w, p));
}

static void stranger(const writer_t *w, pg_field_e field,
                     const pg_text_t *text)
{
    pg_shown_t room;
    pg_span_t shown = pg_render_shown(w->report, field, text->octets, &room);
    pg_span_t part = pg_escape_utf8_upto(shown, SHOWN);

    if (shown.ptr == NULL) {
        pg_sink_putf(w->sink, "(%s)", phrase(w, PG_PHRASE_NOT_SENT));
        return;
    }
    pg_escape_text(w->sink, part);
    if (part.len < shown.len || pg_render_shown_cut(w->report, text)) {
        pg_sink_puts(w->sink, "...");
    }
}

/* --- answers ------------------------------------------------------------- */

static void question(const writer_t *w, pg_phrase_e p)
{
    pg_sink_putf(w->sink, "%s\n  ", phrase(w, p));
}

static void postures(const writer_t *w)
{
    const pg_report_t *report = w->report;

    question(w, PG_PHRASE_Q_OPEN);
    if (report->vhost_count == 0) {
        pg_sink_puts(w->sink, phrase(w, PG_PHRASE_OPEN_UNSEEN_MORE));
    }
    for (apr_size_t i = 0; i < report->vhost_count; i++) {
        pg_text_t name = { .octets = pg_span_str(report->vhosts[i].name) };

        pg_sink_puts(w->sink, i ? "\n  " : "");
        stranger(w, PG_FIELD_AUTHORITY, &name);
        pg_sink_putf(w->sink, ": %s",
                     phrase(w, PG_PHRASE_OF(POSTURE_UNKNOWN,
                                            report->vhosts[i].posture)));
    }
    pg_sink_puts(w->sink, "\n");
}

static void relayed(const writer_t *w)
{
    apr_uint64_t n = pg_render_outcome_total(w->s, PG_OUTCOME_RELAYED);
    char some[PG_NUMBER_SIZE], all[PG_NUMBER_SIZE];

    question(w, PG_PHRASE_Q_RELAYED);
    pg_render_number(some, n);
    pg_render_number(all, w->s->attempts);
    if (n) {
        say(w, PG_PHRASE_RELAYED_YES_MORE, some, all, NULL);
    }
    else {
        say(w, w->s->attempts ? PG_PHRASE_RELAYED_NO_MORE
                              : PG_PHRASE_RELAYED_NO_NONE, all, NULL, NULL);
    }
    pg_sink_puts(w->sink, "\n");
}

static void trends(const writer_t *w)
{
    const pg_trend_t *t = &w->measured.trend;
    char n[PG_NUMBER_SIZE], hours[PG_NUMBER_SIZE];

    question(w, PG_PHRASE_Q_NOW);
    say(w, PG_PHRASE_NOW_COUNT, pg_render_number(n, t->hour), NULL, NULL);
    pg_sink_puts(w->sink, " ");
    if (t->hours >= PG_TREND_HOURS_MIN) {
        say(w, PG_PHRASE_NOW_USUAL_MORE, pg_render_mean(n, t->usual),
            pg_render_number(hours, t->hours), NULL);
    }
    else {
        say(w, PG_PHRASE_NOW_TOO_EARLY, NULL, NULL, NULL);
    }
    pg_sink_puts(w->sink, "\n");
    question(w, PG_PHRASE_Q_MONTH);
    say(w, PG_PHRASE_MONTH_COUNT, pg_render_number(n, t->month), NULL, NULL);
    if (t->last_month.known) {
        pg_sink_puts(w->sink, " ");
        say(w, PG_PHRASE_MONTH_LAST, pg_render_number(n, t->last_month.n),
            NULL, NULL);
    }
    if (t->last_year.known) {
        pg_sink_puts(w->sink, " ");
        say(w, PG_PHRASE_MONTH_YEAR, pg_render_number(n, t->last_year.n), NULL,
            NULL);
    }
    pg_sink_puts(w->sink, "\n");
}

static void since(const writer_t *w)
{
    const pg_distinct_t *d = &w->s->sources;
    char time[PG_TIME_SIZE], all[PG_NUMBER_SIZE];
    char sources[PG_NUMBER_SIZE], error[PG_NUMBER_SIZE];

    question(w, PG_PHRASE_Q_SINCE);
    pg_sink_putf(w->sink, "%s UTC. ", pg_render_time(time, w->s->since));
    say(w,
        d->relative_error > 0 ? PG_PHRASE_SINCE_MORE_ABOUT
                              : PG_PHRASE_SINCE_MORE,
        pg_render_number(all, w->s->attempts),
        pg_render_number(sources, d->estimate),
        pg_render_mean(error, d->relative_error * 100));
    pg_sink_puts(w->sink, "\n");
}

/* --- tables -------------------------------------------------------------- */

static void bar(const writer_t *w, apr_uint64_t n, apr_uint64_t most)
{
    int length = most ? (int)((double)n * BAR / (double)most + 0.5) : 0;

    for (int i = 0; i < (n && length == 0 ? 1 : length); i++) {
        pg_sink_puts(w->sink, "#");
    }
    pg_sink_puts(w->sink, "\n");
}

static void months(const writer_t *w)
{
    pg_series_t months = pg_render_series_last(w->s, PG_PERIOD_MONTH, 24);
    apr_uint64_t most = 0;
    char start[PG_TIME_SIZE], number[PG_NUMBER_SIZE];

    title(w, PG_PHRASE_CHART_MONTHS);
    pg_sink_putf(w->sink, "%-8s", "");
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        pg_sink_putf(w->sink, " %9s", pg_vocab_family((pg_family_e)f));
    }
    pg_sink_puts(w->sink, "\n");
    for (apr_size_t i = 0; i < months.n; i++) {
        apr_uint64_t n = months.bucket[i].attempts;
        most = n > most ? n : most;
    }
    for (apr_size_t i = 0; i < months.n; i++) {
        const pg_bucket_t *b = &months.bucket[i];

        pg_sink_putf(w->sink, "%-8s",
                     pg_render_period(start, b->start, PG_PERIOD_MONTH));
        for (int f = 0; f < PG_FAMILY_COUNT; f++) {
            pg_sink_putf(w->sink, " %9" APR_UINT64_T_FMT, b->by_family[f]);
        }
        pg_sink_puts(w->sink, "  ");
        bar(w, b->attempts, most);
    }
    if (months.n) {
        const pg_bucket_t *last = &months.bucket[months.n - 1];

        say(w, PG_PHRASE_CHART_PARTIAL,
            pg_render_period(start, last->start, PG_PERIOD_MONTH),
            pg_render_number(number, last->attempts), NULL);
        pg_sink_puts(w->sink, "\n");
    }
}

static void classes(const writer_t *w)
{
    title(w, PG_PHRASE_H_WHAT);
    pg_sink_putf(w->sink, "%-14s %9s", "", phrase(w, PG_PHRASE_COL_TOTAL));
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_sink_putf(w->sink, " %9s", pg_vocab_outcome((pg_outcome_e)o));
    }
    pg_sink_puts(w->sink, "\n");
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        pg_sink_putf(w->sink, "%-14s %9" APR_UINT64_T_FMT,
                     pg_vocab_class((pg_class_e)c),
                     pg_render_class_total(w->s, (pg_class_e)c));
        for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
            pg_sink_putf(w->sink, " %9" APR_UINT64_T_FMT, w->s->count[c][o]);
        }
        pg_sink_puts(w->sink, "\n");
    }
}

static void top(const writer_t *w, pg_top_e t)
{
    const pg_top_t *list = &w->s->top[t];

    title(w, PG_PHRASE_OF(TOP_SOURCES, t));
    for (apr_size_t i = 0; i < list->n && i < pg_render_top(w->report); i++) {
        const pg_top_entry_t *e = &list->entry[i];

        pg_sink_putf(w->sink, "%9" APR_UINT64_T_FMT, e->count);
        pg_sink_putf(w->sink, e->error ? " ±%-5" APR_UINT64_T_FMT : "       ",
                     e->error);
        stranger(w, pg_render_top_field(t), &e->key);
        pg_sink_puts(w->sink, "\n");
    }
}

static void recent(const writer_t *w)
{
    apr_time_t window = w->report->view.window;
    apr_time_t from = window ? w->s->taken - window : 0;
    apr_size_t most = pg_render_top(w->report) * 5;
    char time[PG_TIME_SIZE];

    title(w, PG_PHRASE_H_RECENT);
    for (apr_size_t i = 0; i < w->s->recent_count && i < most; i++) {
        const pg_recent_t *r = &w->s->recent[i];

        if (r->time <= from) {
            break;
        }
        pg_sink_putf(w->sink, "%s  %-13s %-8s %3d  ",
                     pg_render_time(time, r->time),
                     pg_vocab_class(r->class_id), pg_vocab_outcome(r->outcome),
                     r->status);
        stranger(w, PG_FIELD_SOURCE, &r->source);
        pg_sink_puts(w->sink, "  ");
        stranger(w, PG_FIELD_METHOD, &r->method);
        pg_sink_puts(w->sink, " ");
        stranger(w, PG_FIELD_TARGET, &r->target);
        pg_sink_puts(w->sink, "\n");
    }
}

static void findings(const writer_t *w)
{
    const pg_report_t *report = w->report;

    if (report->finding_count == 0 || report->view.mask) {
        return;
    }
    title(w, PG_PHRASE_H_FINDINGS);
    for (apr_size_t i = 0; i < report->finding_count; i++) {
        const pg_finding_t *f = &report->findings[i];

        pg_sink_putf(w->sink, "PG%04d %s: ", f->id,
                     pg_finding_severity(f->severity));
        pg_escape_text(w->sink, pg_span_str(f->what));
        pg_sink_puts(w->sink, "\n");
    }
}

static void counted(const writer_t *w)
{
    relayed(w);
    trends(w);
    since(w);
    months(w);
    classes(w);
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        top(w, (pg_top_e)t);
    }
    recent(w);
}

apr_status_t pg_text_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    writer_t w = { .sink = sink, .report = report, .s = report->ledger };

    (void)pool;
    pg_metrics_measure(&w.measured, report);
    postures(&w);
    if (w.s) {
        counted(&w);
    }
    else {
        pg_sink_putf(sink, "\n%s\n", phrase(&w, PG_PHRASE_CANNOT_COUNT));
    }
    findings(&w);
    return sink->status;
}
