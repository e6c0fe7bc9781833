/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the parts of the status page share: sentences, numbers, links. */
#include "pg_html.h"

#include <stdlib.h>

void pg_html_say(const pg_page_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c)
{
    pg_arg_t args[4] = { { .text = pg_span_str(a) },
                         { .text = pg_span_str(b) },
                         { .text = pg_span_str(c) } };

    pg_phrases_say(page->sink, pg_escape_html,
                   pg_render_word(page->report, word, page->pool), args);
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

void pg_html_sent(const pg_page_t *page, pg_mask_e field,
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
                 pg_render_rfc3339(machine, t - apr_time_from_sec(60)
                                                * page->report->view.zone),
                 pg_render_time(plain, t));
}

/* Unreserved characters stay, and those of addresses and authorities.
 * @see RFC 3986 3.4 */
static void link_text(pg_sink_t *sink, const char *name, pg_span_t s)
{
    static const char plain[] = "-._~:";

    if (s.ptr == NULL) {
        return;
    }
    pg_sink_putf(sink, "&amp;%s=", name);
    for (apr_size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (pg_octet_is_alpha(s.ptr[i]) || pg_octet_is_digit(s.ptr[i])
            || (c && strchr(plain, c))) {
            pg_sink_put(sink, pg_span_make(s.ptr + i, 1));
        }
        else {
            pg_sink_putf(sink, "%%%02X", c);
        }
    }
}

static void link_time(pg_sink_t *sink, const char *name, apr_time_t t)
{
    char text[PG_TIME_SIZE];

    if (t) {
        pg_sink_putf(sink, "&amp;%s=%s", name,
                     pg_calendar_text(text, t, PG_CALENDAR_MINUTE));
    }
}

static void link_number(pg_sink_t *sink, const char *name, apr_int64_t n,
                        const char *unit)
{
    if (n) {
        pg_sink_putf(sink, "&amp;%s=%" APR_INT64_T_FMT "%s", name, n, unit);
    }
}

void pg_html_link(const pg_page_t *page, const pg_view_t *view,
                  const char *format)
{
    pg_sink_t *sink = page->sink;

    pg_sink_putf(sink, "?lang=%s", pg_lang_tag(view->lang));
    if (view->zone) {
        pg_sink_putf(sink, "&amp;tz=%s%02d%02d", view->zone < 0 ? "-" : "%2B",
                     abs(view->zone) / 60, abs(view->zone) % 60);
    }
    link_number(sink, "mask", view->mask, "");
    link_number(sink, "window", apr_time_sec(view->window) / 60, "m");
    link_number(sink, "top", view->top, "");
    link_time(sink, "since", view->since);
    /* "until" names the last minute shown */
    link_time(sink, "until", view->until ? view->until - 60 * APR_USEC_PER_SEC
                                         : 0);
    link_number(sink, "months", view->months, "");
    if (view->only_class) {
        pg_sink_putf(sink, "&amp;class=%s",
                     pg_vocab_class((pg_class_e)(view->only_class - 1)));
    }
    link_text(sink, "source", view->source);
    link_text(sink, "target", view->target);
    if (format) {
        pg_sink_putf(sink, "&amp;format=%s", format);
    }
    else {
        link_number(sink, "refresh", view->refresh, "");
    }
}

void pg_html_anchor(const pg_page_t *page, const pg_view_t *view,
                    const char *id)
{
    pg_sink_puts(page->sink, "<a href=\"");
    pg_html_link(page, view, NULL);
    pg_sink_putf(page->sink, "%s%s\">", id ? "#" : "", id ? id : "");
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

/* A phrase whose argument is the window in words. */
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
