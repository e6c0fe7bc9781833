/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Of a log: which attempts were answered with a 2xx, and what that means. */
#include "pg_html.h"

static void answered_row(const pg_page_t *page, const pg_answered_t *a)
{
    pg_sink_putf(page->sink, "<tr><th scope=\"row\"%s>",
                 a->relayed ? " class=\"relayed\"" : "");
    pg_escape_html(page->sink, pg_span_str(a->judged));
    pg_sink_puts(page->sink, "</th><td>");
    pg_html_stranger(page, PG_FIELD_EVIDENCE, &a->request, PG_HTML_KEY);
    pg_sink_putf(page->sink, "</td><td class=\"n\">%d</td><td class=\"n\">",
                 a->status);
    pg_escape_html(page->sink, pg_span_str(a->octets));
    pg_sink_puts(page->sink, "</td>");
    pg_html_count_cell(page, a->attempts);
    pg_sink_puts(page->sink, "<td>");
    pg_escape_html(page->sink, pg_span_str(a->why));
    pg_sink_puts(page->sink, "</td></tr>\n");
}

void pg_html_answered(const pg_page_t *page)
{
    const pg_from_log_t *log = page->report->from_log;

    if (log == NULL) {
        return;
    }
    pg_html_open(page, "answered", PG_PHRASE_H_ANSWERED);
    if (log->answers == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_ANSWERED_NONE);
        pg_html_close(page);
        return;
    }
    pg_sink_puts(page->sink, "<div class=\"wide\"><table>\n<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_JUDGED);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_REQUEST);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                   PG_PHRASE_COL_STATUS);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                   PG_PHRASE_COL_OCTETS);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_COUNT);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_WHY);
    pg_sink_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < log->answers; i++) {
        answered_row(page, &log->answer[i]);
    }
    pg_sink_puts(page->sink, "</tbody></table></div>\n");
    pg_html_close(page);
}
