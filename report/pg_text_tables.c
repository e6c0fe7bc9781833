/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Classes, outcomes, months and top lists, with bars. */
#include "pg_text.h"

#include <apr_strings.h>

#include "pg_intent.h"

enum { BAR = 24, SHOWN_KEY = 50, MONTHS_MIN = 6 };

/* In eighths of a block, so that small numbers are still visible.
 * @return columns that the bar takes */
static int bar(const pg_textpage_t *page, apr_uint64_t n, apr_uint64_t most,
               int width)
{
    static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊",
                                        "▉" };
    int eighths = most ? (int)((double)n / (double)most * width * 8) : 0;

    if (n && eighths == 0) {
        eighths = 1;
    }
    for (int i = 0; i < eighths / 8; i++) {
        pg_sink_puts(page->sink, "█");
    }
    pg_sink_puts(page->sink, part[eighths % 8]);
    return (eighths + 7) / 8;
}

/* --- classes and outcomes ------------------------------------------------ */

/* "  connect-mail        2,345   13 %  ████" of all attempts. */
static void share(const pg_textpage_t *page, const char *name, apr_uint64_t n)
{
    char percent[PG_NUMBER_SIZE];

    if (n) {
        pg_sink_putf(page->sink, "  %-14s %12s %6s  ", name,
                     pg_text_number(page, n),
                     pg_render_percent(percent, n, page->s->attempts));
        bar(page, n, page->s->attempts, BAR);
        pg_sink_puts(page->sink, "\n");
    }
}

void pg_text_classes(const pg_textpage_t *page)
{
    if (pg_text_room(page, 4) < 3) {
        return;
    }
    pg_text_head(page, PG_PHRASE_H_WHAT);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        share(page, pg_vocab_class((pg_class_e)c),
              pg_render_class_total(page->s, (pg_class_e)c));
    }
    pg_text_head(page, PG_PHRASE_H_OUTCOMES);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        share(page, pg_vocab_outcome((pg_outcome_e)o),
              pg_render_outcome_total(page->s, (pg_outcome_e)o));
    }
}

/* --- months -------------------------------------------------------------- */

/* One column per family that was seen, with one scale for all bars. */
typedef struct months_t {
    const pg_textpage_t *page;
    pg_series_t series;          /* from the first month that was watched */
    bool seen[PG_FAMILY_COUNT];
    apr_uint64_t most;           /* of any family in any month            */
    int width;                   /* of a bar                              */
} months_t;

/* If only one class was requested, it has the first column. */
static apr_uint64_t months_value(const months_t *m, const pg_bucket_t *b,
                                 int column)
{
    int only = m->page->report->view.only_class;

    if (only == 0) {
        return b->by_family[column];
    }
    return column == 0 ? b->by_class[only - 1] : 0;
}

static bool is_watched(const months_t *m, const pg_bucket_t *b)
{
    return pg_render_watched(m->page->report, b, PG_PERIOD_MONTH);
}

static void measure(months_t *m)
{
    int families = 0;

    while (m->series.n && !is_watched(m, &m->series.bucket[0])) {
        m->series.bucket++;
        m->series.n--;
    }
    while (m->series.n
           && !is_watched(m, &m->series.bucket[m->series.n - 1])) {
        m->series.n--;
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        for (apr_size_t i = 0; i < m->series.n; i++) {
            apr_uint64_t n = months_value(m, &m->series.bucket[i], f);
            m->most = n > m->most ? n : m->most;
            m->seen[f] = m->seen[f] || n;
        }
        families += m->seen[f];
    }
    m->width = families ? 69 / families - 12 : 0;
}

static void months_head(const months_t *m)
{
    int only = m->page->report->view.only_class;
    int pending = 9;             /* the months' column                    */

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (m->seen[f]) {
            pg_sink_putf(m->page->sink, "%*s  %9s", pending, "",
                         only ? pg_vocab_class((pg_class_e)(only - 1))
                              : pg_vocab_family((pg_family_e)f));
            pending = m->width + 1;
        }
    }
    pg_sink_puts(m->page->sink, "\n");
}

static void months_row(const months_t *m, const pg_bucket_t *b)
{
    char start[PG_TIME_SIZE];
    int pending = 0;             /* columns of padding before the next bar */
    bool watched = is_watched(m, b);

    pg_sink_putf(m->page->sink, "  %s",
                 pg_render_period(start, b->start, PG_PERIOD_MONTH));
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (m->seen[f]) {
            apr_uint64_t n = months_value(m, b, f);

            pg_sink_putf(m->page->sink, "%*s  %9s ", pending, "",
                         watched ? pg_text_number(m->page, n) : "-");
            pending = m->width - bar(m->page, n, m->most, m->width);
        }
    }
    pg_sink_puts(m->page->sink, "\n");
}

static void months_title(const months_t *m)
{
    int only = m->page->report->view.only_class;

    if (only) {
        pg_text_head_of(m->page, PG_PHRASE_CHART_MONTHS_OF,
                        pg_vocab_class((pg_class_e)(only - 1)));
    }
    else {
        pg_text_head(m->page, PG_PHRASE_CHART_MONTHS);
    }
}

/* Months are kept as a whole: those that the range cuts are listed. */
static void months_cut(const months_t *m)
{
    char start[PG_TIME_SIZE];

    for (apr_size_t i = 0; i < m->series.n; i++) {
        const pg_bucket_t *b = &m->series.bucket[i];

        if (pg_render_cut(m->page->report, b, PG_PERIOD_MONTH)) {
            pg_text_line(m->page, 2, PG_PHRASE_CHART_CUT,
                         pg_render_period(start, b->start, PG_PERIOD_MONTH),
                         NULL, NULL);
        }
    }
}

/* Below the chart: what its last row lacks. */
static void months_end(const months_t *m)
{
    const pg_report_t *report = m->page->report;
    const pg_bucket_t *last = &m->series.bucket[m->series.n - 1];
    char start[PG_TIME_SIZE];

    if (pg_render_partial(report, last, PG_PERIOD_MONTH)) {
        pg_text_line(m->page, 2,
                     pg_render_ended(report) ? PG_PHRASE_CHART_ENDED
                                             : PG_PHRASE_CHART_PARTIAL,
                     pg_render_period(start, last->start, PG_PERIOD_MONTH),
                     pg_text_number(m->page,
                                    report->view.only_class
                                        ? months_value(m, last, 0)
                                        : last->attempts), NULL);
    }
}

/* On a screen, at most half of what is left, unless that is too little to show
 * a course. */
static apr_size_t months_room(const pg_textpage_t *page, apr_size_t n)
{
    apr_size_t fit = pg_text_room(page, n > 0 ? n + 1 : 0);
    int half = page->fit ? pg_fit_left(page->fit) / 2 : 0;
    apr_size_t most = (apr_size_t)(half > MONTHS_MIN ? half : MONTHS_MIN);

    if (page->fit == NULL) {
        return n;
    }
    fit = fit > 0 ? fit - 1 : 0; /* the names of the families             */
    fit = fit < most ? fit : most;
    return fit < n ? fit : n;
}

void pg_text_months(const pg_textpage_t *page)
{
    months_t m = { .page = page, .series = pg_render_series_last(
                       page->report, PG_PERIOD_MONTH,
                       page->report->view.months
                           ? (apr_size_t)page->report->view.months
                           : page->s->series[PG_PERIOD_MONTH].n) };
    apr_size_t fit;

    measure(&m);
    fit = months_room(page, m.series.n);
    if (m.width == 0 || fit == 0) {
        return;
    }
    m.series.bucket += m.series.n - fit;
    m.series.n = fit;
    months_title(&m);
    months_head(&m);
    for (apr_size_t i = 0; i < m.series.n; i++) {
        months_row(&m, &m.series.bucket[i]);
    }
    months_cut(&m);
    months_end(&m);
}

/* --- top lists ----------------------------------------------------------- */

/* The purpose of such a destination, if known. */
static void intent(const pg_textpage_t *page, pg_span_t key)
{
    pg_intent_e what = pg_intent_of_key(key);

    if (what != PG_INTENT_UNKNOWN) {
        pg_sink_putf(page->sink, " (%s)",
                     pg_text_phrase(page, PG_PHRASE_OF(INTENT_UNKNOWN,
                                                       what)));
    }
}

/* " JP AS2527 Sony Network"; a network may identify somebody. */
static void place(const pg_textpage_t *page, pg_span_t address)
{
    const pg_geo_t *geo = page->report->geo;
    pg_place_t found;

    geo->find(&found, geo, address);
    pg_sink_putf(page->sink, "%*s  %-2s  ",
                 address.len < 15 ? 15 - (int)address.len : 0, "",
                 *found.country ? found.country : "-");
    if (!page->report->view.mask) {
        pg_escape_text(page->sink, pg_span_str(found.network));
    }
}

static void top_row(const pg_textpage_t *page, pg_top_e t,
                    const pg_top_entry_t *e)
{
    char percent[PG_NUMBER_SIZE];
    const char *error = e->error
        ? apr_psprintf(page->pool, "± %s", pg_text_number(page, e->error))
        : "";

    pg_sink_putf(page->sink, "  %12s %6s  ", pg_text_number(page, e->count),
                 pg_render_percent(percent, e->count, page->s->attempts));
    if (e->error) {
        pg_text_cell(page, error, 9);
    }
    pg_text_sent(page, pg_render_top_field(t), &e->key, SHOWN_KEY);
    if (t == PG_TOP_SOURCES && page->report->geo) {
        place(page, e->key.octets);
    }
    if (t == PG_TOP_TARGETS) {
        intent(page, e->key.octets);
    }
    pg_sink_puts(page->sink, "\n");
}

static void top(const pg_textpage_t *page, pg_top_e t)
{
    const pg_top_t *list = &page->s->top[t];
    apr_size_t most = pg_render_top(page->report);
    apr_size_t shown = pg_text_room(page, list->n < most ? list->n : most);

    if (shown == 0) {
        return;
    }
    pg_text_head(page, PG_PHRASE_OF(TOP_SOURCES, t));
    for (apr_size_t i = 0; i < shown; i++) {
        top_row(page, t, &list->entry[i]);
    }
    if (shown < list->n) {
        pg_text_line(page, 2, list->floor ? PG_PHRASE_TOP_SHOWN_LEAST
                                          : PG_PHRASE_TOP_SHOWN,
                     pg_text_number(page, shown),
                     pg_text_number(page, list->n), NULL);
    }
}

void pg_text_tops(const pg_textpage_t *page)
{
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        top(page, (pg_top_e)t);
    }
}
