/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The charts, and their values as tables: months, and days when a range is
 * requested, by family; hours and minutes by class. */
#include "pg_html.h"

#include "pg_chart.h"
#include "pg_covered.h"

typedef struct history_t {
    const pg_page_t *page;
    pg_series_t series;
    pg_period_e period;
    bool by_family;
    int shown[PG_CLASS_COUNT];   /* families or classes that are drawn    */
    int count;                   /* of them                               */
} history_t;

/* One row each of what the page shows. */
static const struct {
    pg_period_e period;
    apr_size_t columns, room, label_every;
    bool by_family;
    const char *id;
    pg_phrase_e title, column;
} charts[] = {
    { PG_PERIOD_MONTH, 24, 12, 3, true, "months", PG_PHRASE_CHART_MONTHS,
      PG_PHRASE_COL_MONTH },
    { PG_PERIOD_DAY, 62, 31, 7, true, "days", PG_PHRASE_CHART_DAYS,
      PG_PHRASE_COL_DAY },
    { PG_PERIOD_HOUR, 24, 24, 3, false, "hours", PG_PHRASE_CHART_HOURS,
      PG_PHRASE_COL_HOUR },
    { PG_PERIOD_MINUTE, 60, 60, 10, false, "minutes", PG_PHRASE_CHART_MINUTES,
      PG_PHRASE_COL_MINUTE },
};

static apr_uint64_t value_of(const history_t *h, apr_size_t column, int i)
{
    const pg_bucket_t *b = &h->series.bucket[column];

    return h->by_family ? b->by_family[h->shown[i]]
                        : b->by_class[h->shown[i]];
}

/* Was nobody counting? */
static bool is_unwatched(const history_t *h, apr_size_t column)
{
    return !pg_render_watched(h->page->report, &h->series.bucket[column],
                              h->period);
}

static bool chart_gap(const pg_chart_t *chart, apr_size_t column)
{
    return is_unwatched(chart->data, column);
}

static const char *name_of(const history_t *h, int i)
{
    pg_phrase_e word = h->by_family
                         ? PG_PHRASE_OF(FAMILY_GET, h->shown[i])
                         : PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, h->shown[i]);

    return pg_phrases_get(h->page->report->view.lang, word);
}

/* GET and CONNECT always, the others only if seen. */
static void choose_seen(history_t *h)
{
    int most = h->by_family ? (int)PG_FAMILY_COUNT : (int)PG_CLASS_COUNT;

    for (int i = 0; i < most; i++) {
        apr_uint64_t sum = h->by_family && i <= PG_FAMILY_CONNECT;

        h->shown[h->count] = i;
        for (apr_size_t c = 0; c < h->series.n; c++) {
            sum += value_of(h, c, h->count);
        }
        h->count += sum > 0;
    }
}

static void choose(history_t *h)
{
    int only = h->page->report->view.only_class;

    if (only) {
        h->by_family = false;
        h->shown[h->count++] = only - 1;
    }
    else {
        choose_seen(h);
    }
}

static const char *title_of(const history_t *h, int which)
{
    static const pg_phrase_e of_one[] = {
        [PG_PERIOD_MONTH] = PG_PHRASE_CHART_MONTHS_OF,
        [PG_PERIOD_DAY] = PG_PHRASE_CHART_DAYS_OF
    };
    const pg_view_t *view = &h->page->report->view;

    return view->only_class && h->period >= PG_PERIOD_DAY
        ? pg_phrases_text(h->page->pool, view->lang, of_one[h->period],
                          name_of(h, 0), NULL, NULL)
        : pg_phrases_get(view->lang, charts[which].title);
}

/* --- the picture --------------------------------------------------------- */

static apr_uint64_t chart_value(const pg_chart_t *chart, apr_size_t column,
                                int series)
{
    return value_of(chart->data, column, series);
}

/* For an hour or a minute the time of day is enough. */
static const char *chart_label(const pg_chart_t *chart, apr_size_t column,
                               char out[PG_CHART_LABEL])
{
    const history_t *h = chart->data;
    const char *text =
        pg_render_period(out, h->series.bucket[column].start, h->period);

    return h->period == PG_PERIOD_MONTH ? text : text + 11;
}

static void legend(const history_t *h, const char *const *css)
{
    pg_sink_t *sink = h->page->sink;

    pg_sink_puts(sink, "<ul class=\"legend\">\n");
    for (int i = 0; i < h->count; i++) {
        pg_sink_putf(sink, "<li class=\"%s\">", css[i]);
        pg_escape_html(sink, pg_span_str(name_of(h, i)));
        pg_sink_puts(sink, "</li>\n");
    }
    pg_sink_puts(sink, "</ul>\n");
}

/* The sentence for screen readers, as text: the chart escapes it. */
static const char *about(const history_t *h, const pg_chart_t *chart)
{
    apr_array_header_t *text = apr_array_make(h->page->pool, 200, 1);
    pg_sink_t sink = pg_sink_array(text);
    pg_lang_e lang = h->page->report->view.lang;
    char n[PG_NUMBER_SIZE], from[PG_TIME_SIZE], to[PG_TIME_SIZE];
    char highest[PG_NUMBER_SIZE];
    pg_arg_t args[4] = {
        { .text = pg_span_str(pg_render_number(n, h->series.n)) },
        { .text = pg_span_str(
              pg_render_period(from, h->series.bucket[0].start, h->period)) },
        { .text = pg_span_str(pg_render_period(
              to, h->series.bucket[h->series.n - 1].start, h->period)) },
        { .text =
              pg_span_str(pg_render_number(highest, pg_chart_highest(chart))) }
    };

    pg_phrases_say(&sink, pg_escape_text,
                   pg_phrases_get(lang, PG_PHRASE_CHART_ABOUT), args);
    APR_ARRAY_PUSH(text, char) = '\0';
    return text->elts;
}

static bool is_partial(const history_t *h, apr_size_t column)
{
    return pg_render_partial(h->page->report, &h->series.bucket[column],
                             h->period);
}

static void picture(const history_t *h, int which)
{
    static const char *const families[] = { "f0", "f1", "f2", "f3",
                                            "f4" };
    static const char *const classes[] = { "c0", "c1", "c2", "c3", "c4",
                                           "c5", "c6", "c7" };
    const char *css[PG_CLASS_COUNT];
    pg_chart_t chart = { .id = charts[which].id,
                         .title = title_of(h, which),
                         .columns = h->series.n,
                         .room = charts[which].room,
                         .series = h->count,
                         .stacked = !h->by_family,
                         .partial = is_partial(h, h->series.n - 1),
                         .gap = chart_gap,
                         .label_every = charts[which].label_every,
                         .css = css,
                         .data = h,
                         .value = chart_value,
                         .label = chart_label };

    for (int i = 0; i < h->count; i++) {
        css[i] = (h->by_family ? families : classes)[h->shown[i]];
    }
    chart.about = about(h, &chart);
    legend(h, css);
    pg_sink_putf(h->page->sink,
                 "<div class=\"scroll\" tabindex=\"0\" "
                 "role=\"region\" aria-labelledby=\"%s-h\"><div>\n",
                 charts[which].id);
    pg_chart_put(h->page->sink, &chart);
    pg_sink_puts(h->page->sink, "</div></div>\n");
}

/* --- the values ---------------------------------------------------------- */

static void table_head(const history_t *h, pg_phrase_e column)
{
    pg_sink_t *sink = h->page->sink;

    pg_sink_puts(sink, "<thead><tr>");
    pg_html_tagged(h->page, "th scope=\"col\"", column);
    for (int i = 0; i < h->count; i++) {
        pg_sink_puts(sink, "<th scope=\"col\" class=\"n\">");
        pg_escape_html(sink, pg_span_str(name_of(h, i)));
        pg_sink_puts(sink, "</th>");
    }
    pg_html_tagged(h->page, "th scope=\"col\" class=\"n\"",
                   PG_PHRASE_COL_TOTAL);
    pg_sink_puts(sink, "</tr></thead>\n<tbody>\n");
}

static void table_row(const history_t *h, apr_size_t column)
{
    const pg_bucket_t *b = &h->series.bucket[column];
    pg_sink_t *sink = h->page->sink;
    pg_view_t only = h->page->report->view;
    bool linked = !h->page->report->in_file && h->period >= PG_PERIOD_DAY;
    char start[PG_TIME_SIZE];

    pg_sink_puts(sink, "<tr><th scope=\"row\">");
    if (linked) {
        only.since = b->start;
        only.until = pg_covered_end(b, h->period);
        pg_html_anchor(h->page, &only, "history");
    }
    pg_sink_putf(sink, "%s%s", pg_render_period(start, b->start, h->period),
                 linked ? "</a>" : "");
    if (is_unwatched(h, column)) {
        pg_sink_puts(sink, " <i>(");
        pg_html_phrase(h->page, PG_PHRASE_NOT_WATCHED);
        pg_sink_puts(sink, ")</i>");
    }
    else if (is_partial(h, column)) {
        pg_sink_puts(sink, " <i>(");
        pg_html_phrase(h->page, pg_render_ended(h->page->report)
                                    ? PG_PHRASE_IN_PART : PG_PHRASE_SO_FAR);
        pg_sink_puts(sink, ")</i>");
    }
    pg_sink_puts(sink, "</th>");
    for (int i = 0; i < h->count; i++) {
        pg_html_count_cell(h->page, value_of(h, column, i));
    }
    pg_html_count_cell(h->page, b->attempts);
    pg_sink_puts(sink, "</tr>\n");
}

/* Newest first, as people look for it. */
static void values(const history_t *h, pg_phrase_e column)
{
    pg_sink_t *sink = h->page->sink;

    pg_sink_puts(sink, "<details>");
    pg_html_tagged(h->page, "summary", PG_PHRASE_CHART_TABLE);
    pg_sink_puts(sink, "<div class=\"wide\"><table>\n");
    table_head(h, column);
    for (apr_size_t i = h->series.n; i-- > 0; ) {
        table_row(h, i);
    }
    pg_sink_puts(sink, "</tbody></table></div></details>\n");
}

static void partial(const history_t *h)
{
    const pg_bucket_t *b = &h->series.bucket[h->series.n - 1];
    apr_uint64_t sum = h->page->report->view.only_class
                           ? value_of(h, h->series.n - 1, 0) : b->attempts;
    char start[PG_TIME_SIZE], n[PG_NUMBER_SIZE];

    pg_sink_puts(h->page->sink, "<p class=\"note\">");
    if (is_partial(h, h->series.n - 1)) {
        pg_html_say(h->page,
                    pg_render_ended(h->page->report)
                        ? PG_PHRASE_CHART_ENDED : PG_PHRASE_CHART_PARTIAL,
                    pg_render_period(start, b->start, h->period),
                    pg_render_number(n, sum), NULL);
    }
    for (apr_size_t i = 0; i < h->series.n; i++) {
        if (is_unwatched(h, i)) {
            pg_sink_puts(h->page->sink, " ");
            pg_html_phrase(h->page, PG_PHRASE_CHART_GAPS);
            break;
        }
    }
    if (h->by_family) {
        pg_sink_puts(h->page->sink, " ");
        pg_html_phrase(h->page, PG_PHRASE_FAMILY_ABOUT);
    }
    pg_sink_puts(h->page->sink, "</p>\n");
}

static bool any(const pg_series_t *series)
{
    for (apr_size_t i = 0; i < series->n; i++) {
        if (series->bucket[i].attempts) {
            return true;
        }
    }
    return false;
}

static void one(const pg_page_t *page, int which)
{
    history_t h = { .page = page, .period = charts[which].period,
                    .by_family = charts[which].by_family };

    h.series = pg_render_series_last(page->report, h.period,
                                     h.period == PG_PERIOD_MONTH
                                         ? pg_render_months(page->report)
                                         : charts[which].columns);
    if (h.series.n == 0) {       /* not kept: unknown                     */
        return;
    }
    choose(&h);
    pg_sink_putf(page->sink, "<figure>\n<h3 id=\"%s-h\">", charts[which].id);
    pg_escape_html(page->sink, pg_span_str(title_of(&h, which)));
    pg_sink_puts(page->sink, "</h3>\n");
    if (any(&h.series)) {
        picture(&h, which);
        partial(&h);
        values(&h, charts[which].column);
    }
    else {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_CHART_NONE);
    }
    pg_sink_puts(page->sink, "</figure>\n");
}

/* Days when a range is requested; hours and minutes are only the last ones. */
static bool is_asked_for(const pg_page_t *page, pg_period_e period)
{
    const pg_view_t *view = &page->report->view;
    bool ranged = view->since || view->until;

    return period == PG_PERIOD_MONTH || (period == PG_PERIOD_DAY) == ranged;
}

void pg_html_history(const pg_page_t *page)
{
    pg_sink_puts(page->sink, "<section id=\"history\">\n");
    pg_html_tagged(page, "h2", PG_PHRASE_H_HISTORY);
    for (apr_size_t i = 0; i < sizeof(charts) / sizeof(*charts); i++) {
        if (is_asked_for(page, charts[i].period)) {
            one(page, (int)i);
        }
    }
    pg_sink_puts(page->sink, "</section>\n");
}
