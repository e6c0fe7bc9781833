/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The status page: its frame, and what its parts share. */
#include "pg_html.h"

/* --- shared by the parts ------------------------------------------------- */

void pg_html_say(const pg_page_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c)
{
    pg_arg_t args[4] = { { .text = pg_span_str(a) },
                         { .text = pg_span_str(b) },
                         { .text = pg_span_str(c) } };

    pg_phrases_say(page->sink, pg_escape_html,
                   pg_phrases_get(page->report->view.lang, word), args);
}

void pg_html_phrase(const pg_page_t *page, pg_phrase_e word)
{
    pg_html_say(page, word, NULL, NULL, NULL);
}

void pg_html_tagged(const pg_page_t *page, const char *tag, pg_phrase_e word)
{
    pg_sink_putf(page->sink, "<%s>", tag);
    pg_html_phrase(page, word);
    pg_sink_puts(page->sink, "</");
    pg_sink_put(page->sink, pg_span_upto(pg_span_str(tag),
                                         pg_span_find(pg_span_str(tag), ' ')));
    pg_sink_puts(page->sink, ">\n");
}

void pg_html_stranger(const pg_page_t *page, pg_field_e field,
                      const pg_text_t *text, apr_size_t most)
{
    pg_shown_t room;
    pg_span_t shown =
        pg_render_shown(page->report, field, text->octets, &room);
    pg_span_t part = pg_escape_utf8_upto(shown, most);

    if (shown.ptr == NULL) {
        pg_html_tagged(page, "i", PG_PHRASE_NOT_SENT);
        return;
    }
    pg_sink_puts(page->sink, "<code dir=\"ltr\">");
    pg_escape_html(page->sink, part);
    pg_sink_puts(page->sink, "</code>");
    if (part.len < shown.len || pg_render_shown_cut(page->report, text)) {
        pg_sink_puts(page->sink, " … <i>(");
        pg_html_phrase(page, PG_PHRASE_CUT);
        pg_sink_puts(page->sink, ")</i>");
    }
}

void pg_html_count_cell(const pg_page_t *page, apr_uint64_t n)
{
    char number[PG_NUMBER_SIZE];

    pg_sink_putf(page->sink,
                 n ? "<td class=\"n\">%s</td>"
                   : "<td class=\"n zero\">%s</td>",
                 pg_render_number(number, n));
}

void pg_html_time(const pg_page_t *page, apr_time_t t)
{
    char machine[PG_TIME_SIZE], plain[PG_TIME_SIZE];

    pg_sink_putf(page->sink, "<time datetime=\"%s\">%s</time>",
                 pg_render_rfc3339(machine, t), pg_render_time(plain, t));
}

void pg_html_link(const pg_page_t *page, pg_lang_e lang, bool mask,
                  const char *format)
{
    const pg_view_t *view = &page->report->view;

    pg_sink_putf(page->sink, "?lang=%s", pg_explain_lang_tag(lang));
    if (mask) {
        pg_sink_puts(page->sink, "&amp;mask=1");
    }
    if (view->window) {
        pg_sink_putf(page->sink, "&amp;window=%" APR_TIME_T_FMT "m",
                     apr_time_sec(view->window) / 60);
    }
    if (view->top) {
        pg_sink_putf(page->sink, "&amp;top=%d", view->top);
    }
    if (format) {
        pg_sink_putf(page->sink, "&amp;format=%s", format);
    }
    else if (view->refresh) {
        pg_sink_putf(page->sink, "&amp;refresh=%d", view->refresh);
    }
}

void pg_html_open(const pg_page_t *page, const char *id, pg_phrase_e title)
{
    pg_sink_putf(page->sink, "<section id=\"%s\">\n", id);
    pg_html_tagged(page, "h2", title);
}

void pg_html_close(const pg_page_t *page)
{
    pg_sink_puts(page->sink, "</section>\n");
}

/* "24 hours": the largest unit that divides it. */
static void window_words(const pg_page_t *page)
{
    apr_time_t minutes = apr_time_sec(pg_render_window(page->report)) / 60;
    char n[PG_NUMBER_SIZE];

    if (minutes % 1440 == 0 && minutes > 1440) {
        pg_html_say(page, PG_PHRASE_UNIT_DAYS,
                    pg_render_number(n, (apr_uint64_t)minutes / 1440), NULL,
                    NULL);
    }
    else if (minutes % 60 == 0) {
        pg_html_say(page, PG_PHRASE_UNIT_HOURS,
                    pg_render_number(n, (apr_uint64_t)minutes / 60), NULL,
                    NULL);
    }
    else {
        pg_html_say(page, PG_PHRASE_UNIT_MINUTES,
                    pg_render_number(n, (apr_uint64_t)minutes), NULL, NULL);
    }
}

/* A word whose argument is the window, in words of its own. */
void pg_html_windowed(const pg_page_t *page, pg_phrase_e word)
{
    pg_span_t text =
        pg_span_str(pg_phrases_get(page->report->view.lang, word));
    apr_size_t at = pg_span_find(text, '{');

    pg_escape_html(page->sink, pg_span_upto(text, at));
    if (at < text.len) {
        window_words(page);
        pg_escape_html(page->sink, pg_span_from(text, at + 3));
    }
}

/* --- the frame ----------------------------------------------------------- */

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
                 pg_explain_lang_tag(report->view.lang));
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

    pg_sink_puts(sink, "<nav>\n");
    for (int i = 0; i < PG_LANG_COUNT; i++) {
        pg_lang_e lang = (pg_lang_e)i;

        if (lang != view->lang) {
            pg_sink_puts(sink, "<a href=\"");
            pg_html_link(page, lang, view->mask, NULL);
            pg_sink_putf(sink, "\" lang=\"%s\" hreflang=\"%s\">%s</a>\n",
                         pg_explain_lang_tag(lang), pg_explain_lang_tag(lang),
                         pg_phrases_lang(lang));
        }
    }
    pg_sink_puts(sink, "<a href=\"");
    pg_html_link(page, view->lang, !view->mask, NULL);
    pg_sink_puts(sink, "\">");
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
        pg_html_link(page, view->lang, view->mask, f->name);
        pg_sink_putf(sink, "\">%s</a></li>\n", f->name);
    }
    pg_sink_puts(sink, "</ul>\n");
}

static void footer(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;

    pg_sink_puts(sink, "<footer>\n");
    if (!page->report->in_file) {
        formats(page);
    }
    pg_sink_puts(sink, "<p>mod_proxyguard ");
    pg_escape_html(sink, pg_span_str(page->report->version));
    pg_sink_puts(sink, " · ");
    pg_html_time(page, page->report->now);
    pg_sink_puts(sink, " UTC</p>\n</footer>\n");
}

static void body(const pg_page_t *page)
{
    pg_html_answers(page);
    pg_html_answered(page);
    if (page->s) {
        pg_html_history(page);
        pg_html_classes(page);
        pg_html_tops(page);
        pg_html_recent(page);
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
    pg_page_t page = { .sink = sink, .report = report, .s = report->ledger };

    (void)pool;
    pg_metrics_measure(&page.measured, report);
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
