/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* For a log: which attempts were answered with a 2xx, and what that means. */
#include "pg_html.h"

enum { ANSWERS_SHOWN = 50 };

static void answered_row(const pg_page_t *page, const pg_scanned_answer_t *a)
{
    pg_judged_e judged = pg_scanned_judged_by(a->ground);

    pg_sink_putf(page->sink, "<tr><th scope=\"row\"%s>",
                 judged == PG_JUDGED_RELAYED ? " class=\"relayed\"" : "");
    pg_html_phrase(page, PG_PHRASE_OF(JUDGED_HARMLESS, judged));
    pg_sink_puts(page->sink, "</th><td>");
    pg_html_sent(page, PG_MASK_REQUEST, &a->request, PG_HTML_KEY);
    pg_sink_putf(page->sink, "</td><td class=\"n\">%d</td><td class=\"n\">",
                 a->status);
    pg_escape_html(page->sink, a->size.octets);
    pg_sink_puts(page->sink, "</td>");
    pg_html_count_cell(page, a->attempts);
    pg_html_tagged(page, "td", PG_PHRASE_OF(GROUND_CONNECT, a->ground));
    pg_sink_puts(page->sink, "</tr>\n");
}

void pg_html_answered(const pg_page_t *page)
{
    const pg_scanned_t *scan = page->report->scanned;

    if (scan == NULL) {
        return;
    }
    pg_html_open(page, "answered", PG_PHRASE_H_ANSWERED);
    if (scan->answers == 0) {
        pg_html_tagged(page, "p class=\"note\"",
                       scan->judged[PG_JUDGED_UNCLEAR]
                           ? PG_PHRASE_SCAN_TRY : PG_PHRASE_ANSWERED_NONE);
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
    for (apr_size_t i = 0; i < scan->answers && i < ANSWERS_SHOWN; i++) {
        answered_row(page, &scan->answer[i]);
    }
    pg_sink_puts(page->sink, "</tbody></table></div>\n");
    pg_html_close(page);
}
