/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The frame of the status page; its parts are in files of their own. */
#include "pg_html.h"
#include "pg_zone.h"

static void head(const pg_page_t *page)
{
    const pg_report_t *report = page->report;
    pg_shown_t room;

    pg_sink_putf(page->sink,
                 "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
                 "<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<meta name=\"robots\" content=\"noindex\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n",
                 pg_lang_tag(report->view.lang));
    if (report->view.refresh) {
        pg_sink_putf(page->sink,
                     "<meta http-equiv=\"refresh\" content=\"%d\">\n",
                     report->view.refresh);
    }
    pg_sink_puts(page->sink, "<title>");
    pg_html_phrase(page, PG_PHRASE_TITLE);
    if (report->sensor) {
        pg_sink_puts(page->sink, " – ");
        pg_escape_html(page->sink, pg_render_shown_sensor(report, &room));
    }
    pg_sink_puts(page->sink, "</title>\n<style>");
    for (int i = 0; pg_style[i]; i++) {
        pg_sink_puts(page->sink, pg_style[i]);
    }
    pg_sink_puts(page->sink, "</style>\n</head>\n");
}

static void links(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;
    const pg_view_t *view = &page->report->view;
    pg_view_t other = *view;

    pg_sink_puts(sink, "<nav>\n");
    for (int i = 0; i < PG_LANG_COUNT; i++) {
        pg_lang_e lang = (pg_lang_e)i;

        if (lang != view->lang) {
            other.lang = lang;
            pg_sink_puts(sink, "<a href=\"");
            pg_html_link(page, &other, NULL);
            pg_sink_putf(sink, "\" lang=\"%s\" hreflang=\"%s\">%s</a>\n",
                         pg_lang_tag(lang), pg_lang_tag(lang),
                         pg_lang_name(lang));
        }
    }
    other = *view;
    other.mask = !view->mask;    /* pseudonyms are not names              */
    other.source = other.target = PG_ABSENT;
    pg_html_anchor(page, &other, NULL);
    pg_html_phrase(page, view->mask ? PG_PHRASE_MASK_OFF : PG_PHRASE_MASK_ON);
    pg_sink_puts(sink, "</a>\n</nav>\n");
}

static void header(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;
    pg_shown_t room;

    pg_sink_puts(sink, "<header>\n<div>\n<h1>");
    pg_html_phrase(page, PG_PHRASE_TITLE);
    if (page->report->sensor) {
        pg_sink_puts(sink, " <small>");
        pg_escape_html(sink, pg_render_shown_sensor(page->report, &room));
        pg_sink_puts(sink, "</small>");
    }
    pg_sink_puts(sink, "</h1>\n<p>");
    pg_html_phrase(page, PG_PHRASE_SUBTITLE);
    if (page->report->view.mask) {
        pg_sink_puts(sink, " <strong>");
        pg_html_phrase(page, PG_PHRASE_MASKED);
        pg_sink_puts(sink, "</strong>");
    }
    pg_sink_puts(sink, "</p>\n</div>\n");
    if (!page->report->in_file) {
        links(page);
    }
    pg_sink_puts(sink, "</header>\n");
}

static void formats(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;
    const pg_view_t *view = &page->report->view;

    pg_sink_puts(sink, "<h2>");
    pg_html_phrase(page, PG_PHRASE_H_OTHER);
    pg_sink_puts(sink, "</h2>\n<ul class=\"formats\">\n");
    for (const pg_format_t *f = pg_report_formats() + 1; f->name; f++) {
        pg_sink_puts(sink, "<li><a href=\"");
        pg_html_link(page, view, f->name);
        pg_sink_putf(sink, "\">%s</a></li>\n", f->name);
    }
    pg_sink_puts(sink, "</ul>\n");
}

static void footer(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;
    char zone[PG_ZONE_SIZE];

    pg_sink_puts(sink, "<footer>\n");
    if (!page->report->in_file) {
        formats(page);
    }
    pg_sink_puts(sink, "<p>mod_proxyguard ");
    pg_escape_html(sink, pg_span_str(page->report->version));
    pg_sink_puts(sink, " · ");
    pg_html_time(page, page->report->now);
    pg_sink_putf(sink, " %s</p>\n</footer>\n",
                 pg_zone_name(zone, page->report));
}

/* What the view is restricted to, and the way back. */
static void restriction(const pg_page_t *page)
{
    const pg_view_t *view = &page->report->view;
    pg_view_t all = *view;
    char time[PG_TIME_SIZE];

    all.since = all.until = 0;
    all.only_class = 0;
    all.source = all.target = PG_ABSENT;
    if (!view->since && !view->until && !view->only_class
        && view->source.ptr == NULL && view->target.ptr == NULL) {
        return;
    }
    pg_sink_puts(page->sink, "<p class=\"note\">");
    pg_html_phrase(page, view->source.ptr || view->target.ptr
                             ? PG_PHRASE_ONLY_RECENT : PG_PHRASE_ONLY);
    if (view->since) {
        pg_sink_puts(page->sink, " ");
        pg_html_say(page, PG_PHRASE_ONLY_SINCE,
                    pg_render_time(time, view->since), NULL, NULL);
    }
    if (view->until) {
        pg_sink_puts(page->sink, " ");
        pg_html_say(page, PG_PHRASE_ONLY_UNTIL,
                    pg_render_time(time, view->until), NULL, NULL);
    }
    if (view->only_class) {
        pg_sink_putf(page->sink, " <code>%s</code>",
                     pg_vocab_class((pg_class_e)(view->only_class - 1)));
    }
    for (int i = 0; i < 2; i++) {
        pg_span_t text = i ? view->target : view->source;

        if (text.ptr) {
            pg_sink_puts(page->sink, " <code dir=\"ltr\">");
            pg_escape_html(page->sink, text);
            pg_sink_puts(page->sink, "</code>");
        }
    }
    pg_sink_puts(page->sink, " (");
    pg_html_anchor(page, &all, NULL);
    pg_html_phrase(page, PG_PHRASE_ONLY_ALL);
    pg_sink_puts(page->sink, "</a>)</p>\n");
}

static void zone_note(const pg_page_t *page)
{
    apr_time_t day = pg_zone_first_day(page->report);
    char text[PG_TIME_SIZE];

    if (page->report->view.zone && day) {
        pg_sink_puts(page->sink, "<p class=\"note\">");
        pg_html_say(page, PG_PHRASE_ZONE_DAYS,
                    pg_render_period(text, day, PG_PERIOD_DAY), NULL, NULL);
        pg_sink_puts(page->sink, "</p>\n");
    }
}

static void body(const pg_page_t *page)
{
    restriction(page);
    zone_note(page);
    pg_html_answers(page);
    pg_html_answered(page);
    if (page->s) {
        pg_html_history(page);
        pg_html_classes(page);
        pg_html_tops(page);
        pg_html_recent(page);
        pg_html_captured(page);
    }
    pg_html_vhosts(page);
    if (!page->report->in_file) {
        pg_html_findings(page);
    }
    pg_html_glossary(page);
}

apr_status_t pg_html_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    pg_report_t zoned;
    pg_page_t page = { .sink = sink, .pool = pool };

    page.report = pg_zone_report(&zoned, report, pool);
    page.s = page.report->ledger;
    pg_metrics_measure(&page.measured, page.report);
    head(&page);
    pg_sink_puts(sink, "<body>\n<a class=\"skip\" href=\"#main\">");
    pg_html_phrase(&page, PG_PHRASE_SKIP);
    pg_sink_puts(sink, "</a>\n");
    header(&page);
    pg_sink_puts(sink, "<main id=\"main\">\n");
    body(&page);
    pg_sink_puts(sink, "</main>\n");
    footer(&page);
    pg_sink_puts(sink, "</body>\n</html>\n");
    return sink->status;
}
