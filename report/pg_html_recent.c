/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The most recent attempts: in words, with the evidence one click away. */
#include "pg_html.h"


enum { SHOWN_EVIDENCE = 1024, RECENT_PER_ROW = 5 };

/* "a tunnel to <code>mx.example:25</code>" */
static void asked(const pg_page_t *page, const pg_recent_t *r)
{
    pg_lang_e lang = page->report->view.lang;
    char room[PG_WHOM_SIZE];
    pg_text_t host = pg_render_whom(r, room);
    pg_span_t text;
    apr_size_t at;

    if (host.octets.ptr == NULL) {
        pg_html_phrase(page, PG_PHRASE_OF(BARE_ABSOLUTE, r->class_id));
        return;
    }
    text = pg_span_str(
        pg_phrases_get(lang, PG_PHRASE_OF(ASKED_ABSOLUTE, r->class_id)));
    at = pg_span_find(text, '{');
    pg_escape_html(page->sink, pg_span_upto(text, at));
    pg_html_sent(page, PG_MASK_AUTHORITY, &host, PG_HTML_KEY);
    pg_escape_html(page->sink, pg_span_from(text, at + 3));
}

static void evidence_row(const pg_page_t *page, const char *name,
                         pg_mask_e field, const pg_text_t *text)
{
    if (text->octets.ptr) {
        pg_sink_putf(page->sink, "<dt>%s</dt><dd>", name);
        pg_html_sent(page, field, text, SHOWN_EVIDENCE);
        pg_sink_puts(page->sink, "</dd>\n");
    }
}

static const char *word_of(const pg_page_t *page, pg_phrase_e word)
{
    return pg_phrases_get(page->report->view.lang, word);
}

static void evidence(const pg_page_t *page, const pg_recent_t *r)
{
    pg_sink_puts(page->sink, "<details>");
    pg_html_tagged(page, "summary", PG_PHRASE_EVIDENCE);
    pg_sink_puts(page->sink, "<dl>\n");
    evidence_row(page, word_of(page, PG_PHRASE_EV_METHOD), PG_MASK_METHOD,
                 &r->method);
    evidence_row(page, word_of(page, PG_PHRASE_EV_TARGET), PG_MASK_TARGET,
                 &r->target);
    evidence_row(page, "User-Agent", PG_MASK_AGENT, &r->user_agent);
    evidence_row(page, "X-Forwarded-For", PG_MASK_EVIDENCE,
                 &r->x_forwarded_for);
    evidence_row(page, "Via", PG_MASK_EVIDENCE, &r->via);
    evidence_row(page, "Forwarded", PG_MASK_EVIDENCE, &r->forwarded);
    evidence_row(page, "Proxy-Connection", PG_MASK_EVIDENCE,
                 &r->proxy_connection);
    if (r->proxy_authorization) {
        pg_sink_puts(page->sink, "<dt>Proxy-Authorization</dt>");
        pg_html_tagged(page, "dd", PG_PHRASE_EV_AUTH_SENT);
    }
    evidence_row(page, word_of(page, PG_PHRASE_EV_VHOST), PG_MASK_AUTHORITY,
                 &r->vhost);
    pg_html_tagged(page, "dt", PG_PHRASE_EV_WHY);
    pg_sink_puts(page->sink, "<dd>");
    pg_escape_html(page->sink, pg_span_str(pg_phrases_get(
                       page->report->view.lang,
                       PG_PHRASE_OF(WHY_ORIGIN, r->reason))));
    pg_sink_putf(page->sink, " <code>%s</code> <a href=\"#class-%s\">",
                 pg_classify_reason(r->reason), pg_vocab_class(r->class_id));
    pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, r->class_id));
    pg_sink_puts(page->sink, "</a></dd>\n</dl></details>");
}

static void recent_row(const pg_page_t *page, const pg_recent_t *r)
{
    pg_sink_t *sink = page->sink;

    pg_sink_puts(sink, "<tr><td class=\"time\">");
    pg_html_time(page, r->time);
    pg_sink_puts(sink, "</td><td>");
    if (r->source.octets.ptr) {
        pg_html_sent(page, PG_MASK_SOURCE, &r->source, PG_HTML_KEY);
    }
    else {
        pg_html_tagged(page, "i", PG_PHRASE_UNKNOWN);
    }
    if (r->source_is_peer) {
        pg_sink_puts(sink, " <i>(");
        pg_html_phrase(page, PG_PHRASE_PEER);
        pg_sink_puts(sink, ")</i>");
    }
    pg_sink_putf(sink, "</td><td class=\"asked c%d\">", (int)r->class_id);
    asked(page, r);
    evidence(page, r);
    pg_sink_putf(sink, "</td><td class=\"%s\">", pg_vocab_outcome(r->outcome));
    pg_html_phrase(page, pg_render_outcome(page->report, r->outcome));
    if (r->status) {
        pg_sink_putf(sink, " <small>%d</small>", r->status);
    }
    pg_sink_puts(sink, "</td></tr>\n");
}

static apr_size_t recent_rows(const pg_page_t *page, apr_time_t from,
                              apr_size_t most)
{
    apr_size_t shown = 0;

    for (apr_size_t i = 0; i < page->s->recent_count && shown < most; i++) {
        if (page->s->recent[i].time > from
            && pg_render_matches(page->report, &page->s->recent[i])) {
            recent_row(page, &page->s->recent[i]);
            shown++;
        }
    }
    return shown;
}

void pg_html_recent(const pg_page_t *page)
{
    static const pg_phrase_e head[] = {
        PG_PHRASE_COL_TIME, PG_PHRASE_COL_SOURCE, PG_PHRASE_COL_ASKED,
        PG_PHRASE_COL_OUTCOME
    };
    apr_time_t window = page->report->view.window;
    apr_time_t from = window ? page->s->taken - window : 0;

    pg_html_open(page, "recent", PG_PHRASE_H_RECENT);
    if (page->s->recent_count == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_RECENT_NONE);
    }
    else if (page->s->recent[0].time <= from) {
        pg_sink_puts(page->sink, "<p class=\"note\">");
        pg_html_windowed(page, PG_PHRASE_RECENT_OLDER);
        pg_sink_puts(page->sink, "</p>\n");
    }
    else if (!pg_render_has_match(page->report, page->s, from)) {
        char number[PG_NUMBER_SIZE];

        pg_sink_puts(page->sink, "<p class=\"note\">");
        pg_html_say(page, PG_PHRASE_RECENT_OTHERS,
                    pg_render_number(number, page->s->recent_count), NULL,
                    NULL);
        pg_sink_puts(page->sink, "</p>\n");
    }
    else {
        pg_sink_puts(page->sink, "<table class=\"recent\">\n<thead><tr>");
        for (int i = 0; i < 4; i++) {
            pg_html_tagged(page, "th scope=\"col\"", head[i]);
        }
        pg_sink_puts(page->sink, "</tr></thead>\n<tbody>\n");
        recent_rows(page, from, pg_render_top(page->report) * RECENT_PER_ROW);
        pg_sink_puts(page->sink, "</tbody></table>\n");
    }
    pg_html_close(page);
}
