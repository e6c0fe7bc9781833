/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lower half of the page: classes, top lists, recent attempts, virtual hosts,
 * findings, and what the words mean. */
#include "pg_html.h"

enum { SHOWN_KEY = 160, SHOWN_EVIDENCE = 1024, RECENT_PER_ROW = 5 };

static void open_section(const pg_page_t *page, const char *id,
                         pg_phrase_e title)
{
    pg_putf(page->sink, "<section id=\"%s\">\n", id);
    pg_html_tagged(page, "h2", title);
}

static void close_section(const pg_page_t *page)
{
    pg_puts(page->sink, "</section>\n");
}

/* A bar of n out of most, for the eye only; the number stands beside it. */
static void share_cell(const pg_page_t *page, apr_uint64_t n,
                       apr_uint64_t most, const char *css)
{
    double share = most ? 100.0 * (double)n / (double)most : 0;

    pg_putf(page->sink, "<td class=\"bar\"><svg viewBox=\"0 0 100 10\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
            "<rect class=\"%s\" width=\"%.1f\" height=\"10\"/></svg></td>",
            css, share > 100 ? 100 : share);
}

/* --- classes ------------------------------------------------------------- */

/* "24 hours": the largest unit that divides it. */
static void window_words(const pg_page_t *page)
{
    apr_time_t minutes = apr_time_sec(pg_view_window(page->report)) / 60;
    char n[PG_NUMBER_SIZE];

    if (minutes % 1440 == 0 && minutes > 1440) {
        pg_html_say(page, PG_PHRASE_UNIT_DAYS,
                    pg_number(n, (apr_uint64_t)minutes / 1440), NULL, NULL);
    }
    else if (minutes % 60 == 0) {
        pg_html_say(page, PG_PHRASE_UNIT_HOURS,
                    pg_number(n, (apr_uint64_t)minutes / 60), NULL, NULL);
    }
    else {
        pg_html_say(page, PG_PHRASE_UNIT_MINUTES,
                    pg_number(n, (apr_uint64_t)minutes), NULL, NULL);
    }
}

/* A word whose argument is the window, in words of its own. */
static void with_window(const pg_page_t *page, pg_phrase_e word)
{
    pg_span_t text = pg_span_str(pg_phrase(page->report->view.lang, word));
    apr_size_t at = pg_span_find(text, '{');

    pg_escape_html(page->sink, pg_span_upto(text, at));
    if (at < text.len) {
        window_words(page);
        pg_escape_html(page->sink, pg_span_from(text, at + 3));
    }
}

static void class_row(const pg_page_t *page, pg_class_e c,
                      apr_uint64_t in_window, apr_uint64_t most)
{
    char css[4] = { 'c', (char)('0' + (int)c), '\0' };

    pg_putf(page->sink, "<tr><th scope=\"row\"><a href=\"#class-%s\">",
            pg_class_name(c));
    pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, c));
    pg_puts(page->sink, "</a></th>");
    pg_html_count_cell(page, in_window);
    pg_html_count_cell(page, pg_class_total(page->s, c));
    share_cell(page, pg_class_total(page->s, c), most, css);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_count_cell(page, page->s->count[c][o]);
    }
    pg_puts(page->sink, "</tr>\n");
}

static void class_head(const pg_page_t *page)
{
    pg_sink_t *sink = page->sink;

    pg_puts(sink, "<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_CLASS);
    pg_puts(sink, "<th scope=\"col\" class=\"n\">");
    with_window(page, PG_PHRASE_COL_WINDOW);
    pg_puts(sink, "</th>");
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_ALL);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_SHARE);
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                       PG_PHRASE_OF(OUTCOME_DENIED, o));
    }
    pg_puts(sink, "</tr></thead>\n<tbody>\n");
}

static void class_foot(const pg_page_t *page, apr_uint64_t in_window)
{
    pg_puts(page->sink, "</tbody>\n<tfoot><tr>");
    pg_html_tagged(page, "th scope=\"row\"", PG_PHRASE_COL_TOTAL);
    pg_html_count_cell(page, in_window);
    pg_html_count_cell(page, page->s->attempts);
    pg_puts(page->sink, "<td></td>");
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        pg_html_count_cell(page, pg_outcome_total(page->s, (pg_outcome_e)o));
    }
    pg_puts(page->sink, "</tr></tfoot>\n");
}

void pg_html_classes(const pg_page_t *page)
{
    apr_uint64_t in_window[PG_CLASS_COUNT], most = 0;
    apr_uint64_t sum = pg_trend_window(in_window, page->s,
                                       pg_view_window(page->report));

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        apr_uint64_t n = pg_class_total(page->s, (pg_class_e)c);
        most = n > most ? n : most;
    }
    open_section(page, "classes", PG_PHRASE_H_WHAT);
    pg_puts(page->sink, "<div class=\"wide\"><table>\n");
    class_head(page);
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        class_row(page, (pg_class_e)c, in_window[c], most);
    }
    class_foot(page, sum);
    pg_puts(page->sink, "</table></div>\n");
    close_section(page);
}

/* --- top lists ----------------------------------------------------------- */

static void top_row(const pg_page_t *page, pg_top_e t,
                    const pg_top_entry_t *e, apr_uint64_t most)
{
    char number[PG_NUMBER_SIZE];

    pg_puts(page->sink, "<tr><th scope=\"row\">");
    pg_html_stranger(page, pg_top_field(t), &e->key, SHOWN_KEY);
    pg_putf(page->sink, "</th><td class=\"n\">%s",
            pg_number(number, e->count));
    if (e->error) {
        pg_putf(page->sink, " <small>± %s</small>",
                pg_number(number, e->error));
    }
    pg_puts(page->sink, "</td>");
    share_cell(page, e->count, most, "plain");
    pg_puts(page->sink, "</tr>\n");
}

static void top_note(const pg_page_t *page, const pg_top_t *top,
                     apr_size_t shown)
{
    char n[PG_NUMBER_SIZE], all[PG_NUMBER_SIZE];
    bool exact = top->floor == 0;

    for (apr_size_t i = 0; i < top->n; i++) {
        exact &= top->entry[i].error == 0;
    }
    pg_puts(page->sink, "<p class=\"note\">");
    if (exact) {
        pg_html_phrase(page, PG_PHRASE_TOP_EXACT);
    }
    else {
        pg_html_say(page, PG_PHRASE_TOP_BOUND, pg_number(n, top->floor), NULL,
                    NULL);
    }
    if (top->n > shown) {
        pg_puts(page->sink, " ");
        pg_number(all, top->n < 100 ? top->n : 100);
        pg_html_say(page, PG_PHRASE_TOP_MORE, pg_number(n, top->n - shown),
                    all, NULL);
    }
    pg_puts(page->sink, "</p>\n");
}

static void top_list(const pg_page_t *page, pg_top_e t)
{
    const pg_top_t *top = &page->s->top[t];
    apr_size_t most = pg_view_top(page->report);
    apr_size_t shown = top->n < most ? top->n : most;

    pg_putf(page->sink, "<section id=\"top-%s\">\n", pg_top_name(t));
    pg_html_tagged(page, "h3", PG_PHRASE_OF(TOP_SOURCES, t));
    if (shown == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_TOP_NONE);
        close_section(page);
        return;
    }
    pg_puts(page->sink, "<table class=\"top\">\n<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_OF(TOP_SOURCES, t));
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_COUNT);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_SHARE);
    pg_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < shown; i++) {
        top_row(page, t, &top->entry[i], top->entry[0].count);
    }
    pg_puts(page->sink, "</tbody></table>\n");
    top_note(page, top, shown);
    close_section(page);
}

void pg_html_tops(const pg_page_t *page)
{
    open_section(page, "top", PG_PHRASE_H_TOP);
    pg_puts(page->sink, "<div class=\"pair\">\n");
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        top_list(page, (pg_top_e)t);
    }
    pg_puts(page->sink, "</div>\n");
    close_section(page);
}

/* --- recent attempts ----------------------------------------------------- */

/* The host with its port, when there is one, as one text. */
static pg_text_t whom(const pg_recent_t *r, char room[320])
{
    bool six = pg_span_find(r->host.octets, ':') < r->host.octets.len;
    pg_span_t host = pg_span_upto(r->host.octets, 256);
    apr_size_t n = 0;

    if (host.ptr == NULL || host.len == 0) {
        return (pg_text_t){ .octets = pg_span_str(NULL) };
    }
    if (six && host.ptr[0] != '[') {
        room[n++] = '[';
    }
    memcpy(room + n, host.ptr, host.len);
    n += host.len;
    if (n > host.len) {
        room[n++] = ']';
    }
    if (r->port) {
        char digits[8];
        int at = 8;

        for (unsigned port = r->port; port; port /= 10) {
            digits[--at] = (char)('0' + port % 10);
        }
        room[n++] = ':';
        memcpy(room + n, digits + at, (apr_size_t)(8 - at));
        n += (apr_size_t)(8 - at);
    }
    return (pg_text_t){ .octets = pg_span_make(room, n),
                        .cut = r->host.cut || host.len < r->host.octets.len };
}

/* "a tunnel to <code>mx.example:25</code>" */
static void asked(const pg_page_t *page, const pg_recent_t *r)
{
    pg_lang_e lang = page->report->view.lang;
    char room[320];
    pg_text_t host = whom(r, room);
    pg_span_t text;
    apr_size_t at;

    if (host.octets.ptr == NULL) {
        pg_html_phrase(page, PG_PHRASE_OF(BARE_ABSOLUTE, r->class_id));
        return;
    }
    text = pg_span_str(pg_phrase(lang,
                               PG_PHRASE_OF(ASKED_ABSOLUTE, r->class_id)));
    at = pg_span_find(text, '{');
    pg_escape_html(page->sink, pg_span_upto(text, at));
    pg_html_stranger(page, PG_FIELD_AUTHORITY, &host, SHOWN_KEY);
    pg_escape_html(page->sink, pg_span_from(text, at + 3));
}

static void evidence_row(const pg_page_t *page, const char *name,
                         pg_field_e field, const pg_text_t *text)
{
    if (text->octets.ptr) {
        pg_putf(page->sink, "<dt>%s</dt><dd>", name);
        pg_html_stranger(page, field, text, SHOWN_EVIDENCE);
        pg_puts(page->sink, "</dd>\n");
    }
}

static const char *word_of(const pg_page_t *page, pg_phrase_e word)
{
    return pg_phrase(page->report->view.lang, word);
}

static void evidence(const pg_page_t *page, const pg_recent_t *r)
{
    pg_puts(page->sink, "<details>");
    pg_html_tagged(page, "summary", PG_PHRASE_EVIDENCE);
    pg_puts(page->sink, "<dl>\n");
    evidence_row(page, word_of(page, PG_PHRASE_EV_METHOD), PG_FIELD_METHOD,
                 &r->method);
    evidence_row(page, word_of(page, PG_PHRASE_EV_TARGET), PG_FIELD_TARGET,
                 &r->target);
    evidence_row(page, "User-Agent", PG_FIELD_AGENT, &r->user_agent);
    evidence_row(page, "X-Forwarded-For", PG_FIELD_EVIDENCE,
                 &r->x_forwarded_for);
    evidence_row(page, "Via", PG_FIELD_EVIDENCE, &r->via);
    evidence_row(page, "Forwarded", PG_FIELD_EVIDENCE, &r->forwarded);
    evidence_row(page, "Proxy-Connection", PG_FIELD_EVIDENCE,
                 &r->proxy_connection);
    if (r->proxy_authorization) {
        pg_puts(page->sink, "<dt>Proxy-Authorization</dt>");
        pg_html_tagged(page, "dd", PG_PHRASE_EV_AUTH_SENT);
    }
    evidence_row(page, word_of(page, PG_PHRASE_EV_VHOST), PG_FIELD_AUTHORITY,
                 &r->vhost);
    pg_html_tagged(page, "dt", PG_PHRASE_EV_WHY);
    pg_puts(page->sink, "<dd>");
    pg_escape_html(page->sink, pg_span_str(pg_explain_reason(
                       r->reason, page->report->view.lang)));
    pg_putf(page->sink, " <code>%s</code> <a href=\"#class-%s\">",
            pg_reason_name(r->reason), pg_class_name(r->class_id));
    pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, r->class_id));
    pg_puts(page->sink, "</a></dd>\n</dl></details>");
}

static void recent_row(const pg_page_t *page, const pg_recent_t *r)
{
    pg_sink_t *sink = page->sink;

    pg_puts(sink, "<tr><td class=\"time\">");
    pg_html_time(page, r->time);
    pg_puts(sink, "</td><td>");
    if (r->source.octets.ptr) {
        pg_html_stranger(page, PG_FIELD_SOURCE, &r->source, SHOWN_KEY);
    }
    else {
        pg_html_tagged(page, "i", PG_PHRASE_UNKNOWN);
    }
    if (r->source_is_peer) {
        pg_puts(sink, " <i>(");
        pg_html_phrase(page, PG_PHRASE_PEER);
        pg_puts(sink, ")</i>");
    }
    pg_putf(sink, "</td><td class=\"asked c%d\">", (int)r->class_id);
    asked(page, r);
    evidence(page, r);
    pg_putf(sink, "</td><td class=\"%s\">", pg_outcome_name(r->outcome));
    pg_html_phrase(page, PG_PHRASE_OF(OUTCOME_DENIED, r->outcome));
    if (r->status) {
        pg_putf(sink, " <small>%d</small>", r->status);
    }
    pg_puts(sink, "</td></tr>\n");
}

static apr_size_t recent_rows(const pg_page_t *page, apr_time_t from,
                              apr_size_t most)
{
    apr_size_t shown = 0;

    for (apr_size_t i = 0; i < page->s->recent_count && shown < most; i++) {
        if (page->s->recent[i].time > from) {
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

    open_section(page, "recent", PG_PHRASE_H_RECENT);
    if (page->s->recent_count == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_RECENT_NONE);
    }
    else if (page->s->recent[0].time <= from) {
        pg_puts(page->sink, "<p class=\"note\">");
        with_window(page, PG_PHRASE_RECENT_OLDER);
        pg_puts(page->sink, "</p>\n");
    }
    else {
        pg_puts(page->sink, "<table class=\"recent\">\n<thead><tr>");
        for (int i = 0; i < 4; i++) {
            pg_html_tagged(page, "th scope=\"col\"", head[i]);
        }
        pg_puts(page->sink, "</tr></thead>\n<tbody>\n");
        recent_rows(page, from, pg_view_top(page->report) * RECENT_PER_ROW);
        pg_puts(page->sink, "</tbody></table>\n");
    }
    close_section(page);
}

/* --- virtual hosts and findings ------------------------------------------ */

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
    pg_text_t name = { .octets = pg_span_str(v->name) };

    pg_puts(page->sink, "<tr><th scope=\"row\">");
    pg_html_stranger(page, PG_FIELD_AUTHORITY, &name, SHOWN_KEY);
    pg_putf(page->sink, "</th><td class=\"%s\">",
            pg_posture_name(v->posture));
    pg_html_phrase(page, PG_PHRASE_OF(POSTURE_UNKNOWN, v->posture));
    pg_puts(page->sink, "</td><td lang=\"en\">");
    if (v->why && !page->report->view.mask) {
        pg_escape_html(page->sink, pg_span_str(v->why));
    }
    pg_puts(page->sink, "</td>");
    pg_html_count_cell(page, counts ? counts->attempts : 0);
    pg_html_count_cell(page,
                       counts ? counts->by_outcome[PG_OUTCOME_RELAYED] : 0);
    pg_puts(page->sink, "</tr>\n");
}

void pg_html_vhosts(const pg_page_t *page)
{
    if (page->report->vhost_count == 0) {
        return;
    }
    open_section(page, "vhosts", PG_PHRASE_H_VHOSTS);
    pg_puts(page->sink, "<div class=\"wide\"><table>\n<thead><tr>");
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_VHOST);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_POSTURE);
    pg_html_tagged(page, "th scope=\"col\"", PG_PHRASE_COL_WHY);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"", PG_PHRASE_COL_COUNT);
    pg_html_tagged(page, "th scope=\"col\" class=\"n\"",
                   PG_PHRASE_OUTCOME_RELAYED);
    pg_puts(page->sink, "</tr></thead>\n<tbody>\n");
    for (apr_size_t i = 0; i < page->report->vhost_count; i++) {
        vhost_row(page, &page->report->vhosts[i]);
    }
    pg_puts(page->sink, "</tbody></table></div>\n");
    close_section(page);
}

static void finding(const pg_page_t *page, const pg_finding_t *f)
{
    pg_sink_t *sink = page->sink;

    pg_putf(sink, "<article class=\"%s\">\n<h3>PG%04d <em>",
            pg_severity_name(f->severity), f->id);
    pg_html_phrase(page, PG_PHRASE_OF(SEVERITY_NOTE, f->severity));
    pg_puts(sink, "</em>");
    if (f->file) {
        pg_puts(sink, " <code>");
        pg_escape_html(sink, pg_span_str(f->file));
        pg_putf(sink, ":%d</code>", f->line);
    }
    pg_puts(sink, "</h3>\n<p lang=\"en\">");
    pg_escape_html(sink, pg_span_str(f->what));
    pg_puts(sink, "</p>\n<p><b>");
    pg_html_phrase(page, PG_PHRASE_FINDING_MEANS);
    pg_puts(sink, "</b> <span lang=\"en\">");
    pg_escape_html(sink, pg_span_str(f->meaning));
    pg_puts(sink, "</span></p>\n");
    if (f->fix && *f->fix) {
        pg_html_tagged(page, "p", PG_PHRASE_FINDING_FIX);
        pg_puts(sink, "<pre>");
        for (pg_span_t rest = pg_span_str(f->fix); rest.len; ) {
            apr_size_t end = pg_span_find(rest, '\n');

            pg_escape_html(sink, pg_span_upto(rest, end));
            pg_puts(sink, "\n");
            rest = pg_span_from(rest, end + 1);
        }
        pg_puts(sink, "</pre>\n");
    }
    pg_puts(sink, "</article>\n");
}

void pg_html_findings(const pg_page_t *page)
{
    const pg_report_t *report = page->report;
    char n[PG_NUMBER_SIZE];

    open_section(page, "findings", PG_PHRASE_H_FINDINGS);
    if (report->finding_count == 0) {
        pg_html_tagged(page, "p class=\"note\"", PG_PHRASE_FINDINGS_NONE);
    }
    else if (report->view.mask) {
        pg_puts(page->sink, "<p class=\"note\">");
        pg_html_say(page, PG_PHRASE_FINDINGS_MASKED,
                    pg_number(n, report->finding_count), NULL, NULL);
        pg_puts(page->sink, "</p>\n");
    }
    else {
        for (apr_size_t i = 0; i < report->finding_count; i++) {
            finding(page, &report->findings[i]);
        }
    }
    close_section(page);
}

/* --- glossary ------------------------------------------------------------ */

/* Where the rule stands that a class breaks or abuses. */
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
};

void pg_html_glossary(const pg_page_t *page)
{
    open_section(page, "words", PG_PHRASE_H_CLASSES);
    pg_puts(page->sink, "<dl class=\"words\">\n");
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        pg_putf(page->sink, "<dt id=\"class-%s\" class=\"c%d\">",
                pg_class_name((pg_class_e)c), c);
        pg_html_phrase(page, PG_PHRASE_OF(CLASS_NAME_ABSOLUTE, c));
        pg_putf(page->sink, " <code>%s</code></dt>\n<dd>",
                pg_class_name((pg_class_e)c));
        pg_escape_html(page->sink, pg_span_str(pg_explain_class(
                           (pg_class_e)c, page->report->view.lang)));
        pg_putf(page->sink, " <a href=\"%s\" rel=\"noreferrer\">%s</a>"
                "</dd>\n", rules[c].url, rules[c].name);
    }
    pg_puts(page->sink, "</dl>\n");
    close_section(page);
}
