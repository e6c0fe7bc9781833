/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What was asked for, by class, and the top lists. */
#include "pg_html.h"

#include <apr_strings.h>

#include "pg_intent.h"

/* n of all as a bar, for the eye only, and as a percentage. */
static void share_cell(const pg_page_t *page, apr_uint64_t n,
                       apr_uint64_t most, const char *css)
{
    char percent[PG_NUMBER_SIZE];
    double share = most ? 100.0 * (double)n / (double)most : 0;

    pg_sink_putf(
        page->sink,
        "<td class=\"bar\"><svg viewBox=\"0 0 100 10\" "
        "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        "<rect class=\"%s\" width=\"%.1f\" height=\"10\"/></svg> %s</td>",
        css, share > 100 ? 100 : share, pg_render_percent(percent, n, most));
}

/* --- classes ------------------------------------------------------------- */

static void class_row(const pg_page_t *page, pg_class_e c,
                      apr_uint64_t in_window)
{
    char css[4] = { 'c', (char)('0' + (int)c), '\0' };
    pg_view_t only = page->report->view;

    pg_sink_puts(page->sink, "<tr><th scope=\"row\">");
    if (page->report->in_file) {
        pg_sink_putf(page->sink, "<a href=\"#class-%s\">",
                     pg_vocab_class(c));
    }
    else {
        only.only_class = (int)c + 1;
        pg_html_anchor(page, &only, "recent");
    }
    pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, c));
    pg_sink_puts(page->sink, "</a></th>");
    pg_html_count_cell(page, in_window);
    pg_html_count_cell(page, pg_render_class_total(page->s, c));
    share_cell(page, pg_render_class_total(page->s, c),
               page->s->attempts, css);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_count_cell(page, page->s->count[c][o]);
    }
    pg_sink_puts(page->sink, "</tr>\n");
}

static void class_head(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;

    pg_sink_puts(sink, "<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_CLASS);
    pg_sink_puts(sink, "<th scope=\"col\" class=\"n\">");
    pg_html_windowed(page, PG_PHRASE_COL_WINDOW);
    pg_sink_puts(sink, "</th>");
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_ALL);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_SHARE);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                       pg_render_outcome(page->report, (pg_outcome_e)o));
    }
    pg_sink_puts(sink, "</tr></thead>\n<tbody>\n");
}

static void class_foot(const pg_page_t *page, apr_uint64_t in_window)
{
    pg_sink_puts(page->sink, "</tbody>\n<tfoot><tr>");
    pg_html_tagged(page, "th scope=\"row\"", PG_PHRASE_COL_TOTAL);
    pg_html_count_cell(page, in_window);
    pg_html_count_cell(page, page->s->attempts);
    pg_sink_puts(page->sink, "<td></td>");
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_count_cell(page,
                           pg_render_outcome_total(page->s, (pg_outcome_e)o));
    }
    pg_sink_puts(page->sink, "</tr></tfoot>\n");
}

void pg_html_classes(const pg_page_t *page)
{
    apr_uint64_t in_window[PG_CLASS_COUNT];
    apr_uint64_t sum = pg_trend_window(in_window, page->s,
                                       pg_render_window(page->report));

    pg_html_open(page, "classes", PG_PHRASE_H_WHAT);
    pg_sink_puts(page->sink, "<div class=\"wide\"><table>\n");
    class_head(page);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        class_row(page, (pg_class_e)c, in_window[c]);
    }
    class_foot(page, sum);
    pg_sink_puts(page->sink, "</table></div>\n");
    pg_html_close(page);
}

/* --- top lists ----------------------------------------------------------- */

/* A source or a target links to what is known about it.
 * @return is a link open? */
static bool open_key(const pg_page_t *page, pg_top_e t,
                     const pg_top_entry_t *e)
{
    pg_view_t only = page->report->view;
    pg_shown_t room;
    pg_span_t shown = pg_render_shown(page->report, pg_render_top_field(t),
                                      e->key.octets, &room);
    bool linked = !page->report->in_file && shown.len && shown.len < 300
                  && (t == PG_TOP_SOURCES || t == PG_TOP_TARGETS);

    pg_sink_puts(page->sink, "<tr><th scope=\"row\">");
    if (linked) {
        *(t == PG_TOP_SOURCES ? &only.source : &only.target) = shown;
        pg_html_anchor(page, &only, "recent");
    }
    return linked;
}

/* The purpose of such a destination, if known. */
static void intent(const pg_page_t *page, pg_span_t key)
{
    pg_intent_e what = pg_intent_of_key(key);

    if (what != PG_INTENT_UNKNOWN) {
        pg_sink_puts(page->sink, " <small>(");
        pg_escape_html(page->sink, pg_span_str(
            pg_phrases_get(page->report->view.lang,
                           PG_PHRASE_OF(INTENT_UNKNOWN, what))));
        pg_sink_puts(page->sink, ")</small>");
    }
}

/* A network may identify somebody. */
static void place_cells(const pg_page_t *page, pg_span_t address)
{
    const pg_geo_t *geo = page->report->geo;
    pg_place_t found;

    geo->find(&found, geo, address);
    pg_sink_putf(page->sink, "<td>%s</td><td>", found.country);
    if (!page->report->view.mask) {
        pg_escape_html(page->sink, pg_span_str(found.network));
    }
    pg_sink_puts(page->sink, "</td>");
}

static void top_row(const pg_page_t *page, pg_top_e t,
                    const pg_top_entry_t *e, apr_uint64_t most)
{
    char number[PG_NUMBER_SIZE];

    bool linked = open_key(page, t, e);

    pg_html_sent(page, pg_render_top_field(t), &e->key, PG_HTML_KEY);
    pg_sink_puts(page->sink, linked ? "</a>" : "");
    if (t == PG_TOP_TARGETS) {
        intent(page, e->key.octets);
    }
    pg_sink_putf(page->sink, "</th><td class=\"n\">%s",
                 pg_render_number(number, e->count));
    if (e->error) {
        pg_sink_putf(page->sink, " <small>± %s</small>",
                     pg_render_number(number, e->error));
    }
    pg_sink_puts(page->sink, "</td>");
    share_cell(page, e->count, most, "plain");
    if (t == PG_TOP_SOURCES && page->report->geo) {
        place_cells(page, e->key.octets);
    }
    pg_sink_puts(page->sink, "</tr>\n");
}

/* " (all)", as far as a page goes. */
static void all_of_them(const pg_page_t *page, pg_top_e t, bool known)
{
    pg_view_t more = page->report->view;
    char id[32];

    if (page->report->in_file || more.top == PG_TOP_MOST) {
        return;
    }
    more.top = PG_TOP_MOST;
    apr_snprintf(id, sizeof(id), "top-%s", pg_snapshot_top(t));
    pg_sink_puts(page->sink, " (");
    pg_html_anchor(page, &more, id);
    pg_html_phrase(page, known ? PG_PHRASE_TOP_ALL : PG_PHRASE_TOP_MORE);
    pg_sink_puts(page->sink, "</a>)");
}

static void top_note(const pg_page_t *page, pg_top_e t, const pg_top_t *top,
                     apr_size_t shown)
{
    char n[PG_NUMBER_SIZE], all[PG_NUMBER_SIZE];
    bool exact = top->floor == 0;

    for (apr_size_t i = 0; i < top->n; i++) {
        exact &= top->entry[i].error == 0;
    }
    pg_sink_puts(page->sink, "<p class=\"note\">");
    if (exact) {
        pg_html_phrase(page, PG_PHRASE_TOP_EXACT);
    }
    else {
        pg_html_say(page, PG_PHRASE_TOP_BOUND, pg_render_number(n, top->floor),
                    NULL, NULL);
    }
    if (top->n > shown) {
        pg_sink_puts(page->sink, " ");
        pg_html_say(page, top->floor ? PG_PHRASE_TOP_SHOWN_LEAST
                                     : PG_PHRASE_TOP_SHOWN,
                    pg_render_number(n, shown),
                    pg_render_number(all, top->n), NULL);
        all_of_them(page, t, top->floor == 0);
    }
    pg_sink_puts(page->sink, "</p>\n");
}

static void top_list(const pg_page_t *page, pg_top_e t)
{
    const pg_top_t *top = &page->s->top[t];
    apr_size_t most = pg_render_top(page->report);
    apr_size_t shown = top->n < most ? top->n : most;

    pg_sink_putf(page->sink, "<section id=\"top-%s\">\n", pg_snapshot_top(t));
    pg_html_tagged(page, "h3", PG_PHRASE_OF(TOP_SOURCES, t));
    if (shown == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_TOP_NONE);
        pg_html_close(page);
        return;
    }
    pg_sink_puts(page->sink, "<table class=\"top\">\n<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_OF(TOP_SOURCES, t));
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_COUNT);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_SHARE);
    if (t == PG_TOP_SOURCES && page->report->geo) {
        pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_COUNTRY);
        pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_NETWORK);
    }
    pg_sink_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < shown; i++) {
        top_row(page, t, &top->entry[i], page->s->attempts);
    }
    pg_sink_puts(page->sink, "</tbody></table>\n");
    top_note(page, t, top, shown);
    pg_html_close(page);
}

void pg_html_tops(const pg_page_t *page)
{
    pg_html_open(page, "top", PG_PHRASE_H_TOP);
    pg_sink_puts(page->sink, "<div class=\"pair\">\n");
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        top_list(page, (pg_top_e)t);
    }
    pg_sink_puts(page->sink, "</div>\n");
    pg_html_close(page);
}
