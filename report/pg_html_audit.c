/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Virtual hosts, findings, and what the words mean. */
#include "pg_html.h"


static const pg_vhost_count_t *counts_of(const pg_page_t *page,
                                         const char *name)
{
    for (apr_size_t i = 0; page->s && i < page->s->vhost_count; i++) {
        if (pg_span_eq(page->s->vhosts[i].name.octets, pg_span_str(name))) {
            return &page->s->vhosts[i];
        }
    }
    return NULL;
}

static void vhost_row(const pg_page_t *page, const pg_vhost_t *v)
{
    const pg_vhost_count_t *counts = counts_of(page, v->name);
    pg_lang_e lang = page->report->view.lang;
    pg_text_t name = { .octets = pg_span_str(v->name) };

    pg_sink_puts(page->sink, "<tr><th scope=\"row\">");
    pg_html_sent(page, PG_MASK_AUTHORITY, &name, PG_HTML_KEY);
    pg_sink_putf(page->sink, "</th><td class=\"%s\">",
                 pg_vocab_posture(v->posture));
    pg_html_phrase(page, PG_PHRASE_OF(POSTURE_UNKNOWN, v->posture));
    pg_sink_puts(page->sink, "</td><td>");
    if (v->why[lang] && !page->report->view.mask) {
        pg_escape_html(page->sink, pg_span_str(v->why[lang]));
    }
    pg_sink_puts(page->sink, "</td>");
    pg_html_count_cell(page, counts ? counts->attempts : 0);
    pg_html_count_cell(page,
                       counts ? counts->by_outcome[PG_OUTCOME_RELAYED] : 0);
    pg_sink_puts(page->sink, "</tr>\n");
}

void pg_html_vhosts(const pg_page_t *page)
{
    if (page->report->vhost_count == 0) {
        return;
    }
    pg_html_open(page, "vhosts", PG_PHRASE_H_VHOSTS);
    pg_sink_puts(page->sink, "<div class=\"wide\"><table>\n<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_VHOST);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_POSTURE);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_WHY);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_COUNT);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                   pg_render_outcome(page->report, PG_OUTCOME_RELAYED));
    pg_sink_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < page->report->vhost_count; i++) {
        vhost_row(page, &page->report->vhosts[i]);
    }
    pg_sink_puts(page->sink, "</tbody></table></div>\n");
    pg_html_close(page);
}

static void finding(const pg_page_t *page, const pg_finding_t *f)
{
    pg_sink_t *sink = page->sink;
    pg_lang_e lang = page->report->view.lang;

    pg_sink_putf(sink, "<article class=\"%s\">\n<h3>PG%04d <em>",
                 pg_finding_severity(f->severity), f->id);
    pg_html_phrase(page, PG_PHRASE_OF(SEVERITY_NOTE, f->severity));
    pg_sink_puts(sink, "</em>");
    if (f->file) {
        pg_sink_puts(sink, " <code>");
        pg_escape_html(sink, pg_span_str(f->file));
        pg_sink_putf(sink, ":%d</code>", f->line);
    }
    pg_sink_puts(sink, "</h3>\n<p>");
    pg_escape_html(sink, pg_span_str(f->what[lang]));
    pg_sink_puts(sink, "</p>\n<p><b>");
    pg_html_phrase(page, PG_PHRASE_FINDING_MEANS);
    pg_sink_puts(sink, "</b> ");
    pg_escape_html(sink, pg_span_str(f->meaning[lang]));
    pg_sink_puts(sink, "</p>\n");
    if (f->fix[lang] && *f->fix[lang]) {
        pg_html_tagged(page, "p", PG_PHRASE_FINDING_FIX);
        pg_sink_puts(sink, "<pre>");
        for (pg_span_t rest = pg_span_str(f->fix[lang]); rest.len; ) {
            pg_escape_html(sink, pg_span_take(&rest, '\n'));
            pg_sink_puts(sink, "\n");
        }
        pg_sink_puts(sink, "</pre>\n");
    }
    pg_sink_puts(sink, "</article>\n");
}

void pg_html_findings(const pg_page_t *page)
{
    const pg_report_t *report = page->report;
    char n[PG_NUMBER_SIZE];

    pg_html_open(page, "findings", PG_PHRASE_H_FINDINGS);
    if (report->finding_count == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_FINDINGS_NONE);
    }
    else if (report->view.mask) {
        pg_sink_puts(page->sink, "<p class=\"note\">");
        pg_html_say(page, PG_PHRASE_FINDINGS_MASKED,
                    pg_render_number(n, report->finding_count), NULL, NULL);
        pg_sink_puts(page->sink, "</p>\n");
    }
    else {
        for (apr_size_t i = 0; i < report->finding_count; i++) {
            finding(page, &report->findings[i]);
        }
    }
    pg_html_close(page);
}

/* --- glossary ------------------------------------------------------------ */

/* Where to find the rule that a class breaks or abuses. */
static const struct {
    const char *name, *url;
} rules[] = {
    [PG_CLASS_ABSOLUTE] = { "RFC 9112 3.2.2",
        "https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2" },
    [PG_CLASS_CONNECT_TLS] = { "RFC 9110 9.3.6",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6" },
    [PG_CLASS_CONNECT_MAIL] = { "RFC 9110 9.3.6",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6" },
    [PG_CLASS_CONNECT_OTHER] = { "RFC 9110 9.3.6",
        "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6" },
    [PG_CLASS_SOCKS] = { "RFC 1928",
        "https://www.rfc-editor.org/rfc/rfc1928" },
    [PG_CLASS_FOREIGN_HOST] = { "RFC 9110 7.2",
        "https://www.rfc-editor.org/rfc/rfc9110#section-7.2" },
    [PG_CLASS_MALFORMED] = { "RFC 9112 3",
        "https://www.rfc-editor.org/rfc/rfc9112#section-3" },
    [PG_CLASS_CHOSEN_BACKEND] = { "RFC 9110 3.7",
        "https://www.rfc-editor.org/rfc/rfc9110#section-3.7" },
};

void pg_html_glossary(const pg_page_t *page)
{
    pg_html_open(page, "words", PG_PHRASE_H_CLASSES);
    pg_sink_puts(page->sink, "<dl class=\"words\">\n");
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        pg_sink_putf(page->sink, "<dt id=\"class-%s\" class=\"c%d\">",
                     pg_vocab_class((pg_class_e)c), c);
        pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, c));
        pg_sink_putf(page->sink, " <code>%s</code></dt>\n<dd>",
                     pg_vocab_class((pg_class_e)c));
        pg_escape_html(page->sink, pg_span_str(pg_phrases_get(
                           page->report->view.lang,
                           PG_PHRASE_OF(MEANS_ABSOLUTE, c))));
        pg_sink_putf(page->sink,
                     " <a href=\"%s\" rel=\"noreferrer\">%s</a>"
                     "</dd>\n",
                     rules[c].url, rules[c].name);
    }
    pg_sink_puts(page->sink, "</dl>\n");
    pg_html_close(page);
}
