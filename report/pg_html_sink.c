/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Captured mail: how much there is, and which campaigns it belongs to. Never
 * a message, a link that works, or an attachment. */
#include "pg_answers.h"
#include "pg_campaign.h"
#include "pg_html.h"

enum { CAMPAIGNS_SHOWN = 20 };

static void put_numbers(const pg_page_t *page, const pg_sentence_t *sentence,
                        int n)
{
    apr_time_t last = page->s->capture.last;

    pg_sink_puts(page->sink, "<p>");
    for (int i = 0; i < n; i++) {
        pg_sink_puts(page->sink, i > 0 ? " " : "");
        pg_html_say(page, sentence[i].word, sentence[i].arg[0],
                    sentence[i].arg[1], sentence[i].arg[2]);
    }
    if (last > 0) {
        pg_sink_puts(page->sink, " ");
        pg_html_say(page, PG_PHRASE_SINK_LAST, NULL, NULL, NULL);
        pg_sink_puts(page->sink, " ");
        pg_html_time(page, last);
        pg_sink_puts(page->sink, ".");
    }
    pg_sink_puts(page->sink, "</p>\n");
}

/* "shop[.]example": nobody can click it, and no program takes it for a
 * link. */
static void put_lure(const pg_page_t *page, pg_span_t lure)
{
    pg_shown_t room;
    pg_span_t shown = pg_render_shown(page->report, PG_MASK_HOST, lure,
                                      &room);

    pg_sink_puts(page->sink, lure.len ? "<td><code dir=\"ltr\">" : "<td>");
    while (shown.len > 0) {
        apr_size_t n = pg_span_find(shown, '.');

        pg_escape_html(page->sink, pg_span_upto(shown, n));
        pg_sink_puts(page->sink, n < shown.len ? "[.]" : "");
        shown = pg_span_from(shown, n + 1);
    }
    pg_sink_puts(page->sink, lure.len ? "</code></td>" : "</td>");
}

static void put_charset(const pg_page_t *page, pg_span_t charset)
{
    const char *language = pg_campaign_language(charset.ptr);

    pg_sink_puts(page->sink, "<td>");
    pg_escape_html(page->sink, charset);
    if (language) {
        pg_sink_putf(page->sink, " (%s)", language);
    }
    pg_sink_puts(page->sink, "</td>");
}

static void put_campaign(const pg_page_t *page, const pg_campaign_t *c)
{
    pg_text_t subject = { .octets = c->subject };

    pg_sink_puts(page->sink, "<tr>");
    pg_html_count_cell(page, c->mails);
    pg_html_count_cell(page, c->sources);
    put_charset(page, c->charset);
    pg_sink_puts(page->sink, "<td>");
    if (subject.octets.len) {
        pg_html_sent(page, PG_MASK_EVIDENCE, &subject, PG_HTML_KEY);
    }
    pg_sink_puts(page->sink, "</td>");
    put_lure(page, c->lure);
    pg_sink_puts(page->sink, "<td>");
    pg_html_time(page, c->first);
    pg_sink_puts(page->sink, "</td><td>");
    pg_html_time(page, c->last);
    pg_sink_puts(page->sink, "</td></tr>\n");
}

static void put_campaigns(const pg_page_t *page, const pg_capture_t *c)
{
    static const pg_phrase_e columns[] = {
        PG_PHRASE_SINK_COL_MAILS, PG_PHRASE_SINK_COL_SOURCES,
        PG_PHRASE_SINK_COL_CHARSET, PG_PHRASE_SINK_COL_SUBJECT,
        PG_PHRASE_SINK_COL_LURE, PG_PHRASE_SINK_COL_FIRST,
        PG_PHRASE_SINK_COL_LAST
    };

    pg_sink_puts(page->sink, "<div class=\"wide\"><table>\n<thead><tr>");
    for (apr_size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        pg_html_tagged(page, "th scope=\"col\"", columns[i]);
    }
    pg_sink_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < c->campaign_count && i < CAMPAIGNS_SHOWN;
         i++) {
        put_campaign(page, &c->campaign[i]);
    }
    pg_sink_puts(page->sink, "</tbody></table></div>\n");
}

void pg_html_captured(const pg_page_t *page)
{
    const pg_capture_t *c = &page->s->capture;
    pg_sentence_t sentence[PG_ANSWERS_CAPTURED];
    int n = pg_answers_captured(sentence, c, page->pool);

    if (n == 0) {
        return;
    }
    pg_html_open(page, "sink", PG_PHRASE_H_SINK);
    put_numbers(page, sentence, n);
    if (c->campaign_count > 0) {
        put_campaigns(page, c);
    }
    pg_html_close(page);
}
