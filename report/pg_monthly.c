/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_monthly.h"

#include <apr_strings.h>

#include "pg_course.h"
#include "pg_covered.h"
#include "pg_escape.h"
#include "pg_render.h"
#include "pg_sensorchart.h"

enum { COLUMNS = 4 };

typedef struct writer_t writer_t;

/** How a medium writes a heading, a paragraph, a table. Text is unescaped. */
typedef struct medium_t {
    void (*heading)(const writer_t *w, int level, const char *text);
    void (*paragraph)(const writer_t *w, const char *text);
    void (*row)(const writer_t *w, const char *const cell[COLUMNS],
                bool head);
    void (*end)(const writer_t *w);
} medium_t;

struct writer_t {
    pg_sink_t *sink;
    const pg_monthly_t *report;
    const medium_t *medium;
    apr_pool_t *pool;
};

/* --- plain text, which is also the body of a mail ------------------------ */

static void text_heading(const writer_t *w, int level, const char *text)
{
    pg_escape_text(w->sink, pg_span_str(text));
    pg_sink_puts(w->sink, level == 1 ? "\n\n" : "\n");
}

static void text_paragraph(const writer_t *w, const char *text)
{
    pg_escape_text(w->sink, pg_span_str(text));
    pg_sink_puts(w->sink, "\n\n");
}

static void text_row(const writer_t *w, const char *const cell[COLUMNS],
                     bool head)
{
    (void)head;
    pg_sink_puts(w->sink, "  ");
    for (int i = 0; i < COLUMNS; i++) {
        int width = i ? 16 : 14, columns = pg_render_columns(cell[i]);
        int fill = columns < width ? width - columns : 1;

        pg_sink_putf(w->sink, "%*s%s%*s", i ? fill : 0, "", cell[i],
                     i ? 0 : fill, "");
    }
    pg_sink_puts(w->sink, "\n");
}

static void text_end(const writer_t *w)
{
    pg_sink_puts(w->sink, "\n");
}

/* --- Markdown ------------------------------------------------------------ */

/* What Markdown would take for markup. */
static void markdown(pg_sink_t *sink, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (strchr("\\`*_{}[]<>#|~!&", *p)) {
            pg_sink_puts(sink, "\\");
        }
        if ((unsigned char)*p >= 0x20) {
            pg_sink_put(sink, pg_span_make(p, 1));
        }
    }
}

static void markdown_heading(const writer_t *w, int level, const char *text)
{
    pg_sink_puts(w->sink, level == 1 ? "# " : "## ");
    markdown(w->sink, text);
    pg_sink_puts(w->sink, "\n\n");
}

static void markdown_paragraph(const writer_t *w, const char *text)
{
    markdown(w->sink, text);
    pg_sink_puts(w->sink, "\n\n");
}

static void markdown_row(const writer_t *w, const char *const cell[COLUMNS],
                         bool head)
{
    pg_sink_puts(w->sink, "|");
    for (int i = 0; i < COLUMNS; i++) {
        pg_sink_puts(w->sink, " ");
        markdown(w->sink, cell[i]);
        pg_sink_puts(w->sink, " |");
    }
    pg_sink_puts(w->sink, head ? "\n|---|---:|---:|---:|\n" : "\n");
}

/* --- HTML ---------------------------------------------------------------- */

static void html_tagged(const writer_t *w, const char *tag, const char *text)
{
    pg_sink_putf(w->sink, "<%s>", tag);
    pg_escape_html(w->sink, pg_span_str(text));
    pg_sink_putf(w->sink, "</%s>", tag);
}

static void html_heading(const writer_t *w, int level, const char *text)
{
    html_tagged(w, level == 1 ? "h1" : "h2", text);
    pg_sink_puts(w->sink, "\n");
}

static void html_paragraph(const writer_t *w, const char *text)
{
    html_tagged(w, "p", text);
    pg_sink_puts(w->sink, "\n");
}

static void html_row(const writer_t *w, const char *const cell[COLUMNS],
                     bool head)
{
    pg_sink_puts(w->sink, head ? "<div class=\"wide\"><table>\n<tr>"
                             : "<tr>");
    for (int i = 0; i < COLUMNS; i++) {
        html_tagged(w, head || i == 0 ? "th" : "td", cell[i]);
    }
    pg_sink_puts(w->sink, "</tr>\n");
}

static void html_end(const writer_t *w)
{
    pg_sink_puts(w->sink, "</table></div>\n");
}

static const medium_t text = { text_heading, text_paragraph, text_row,
                               text_end };
static const medium_t marked = { markdown_heading, markdown_paragraph,
                                 markdown_row, text_end };
static const medium_t html = { html_heading, html_paragraph, html_row,
                               html_end };

/* --- the contents -------------------------------------------------------- */

static const char *words(const writer_t *w, pg_phrase_e word, const char *a,
                         const char *b)
{
    return pg_phrases_text(w->pool, w->report->lang, word, a, b, NULL);
}

static const char *month_name(const writer_t *w, int back)
{
    return pg_course_month(pg_trend_month(w->report->month, back), 0,
                           w->report->lang, w->pool);
}

static const char *title(const writer_t *w)
{
    return words(w, PG_PHRASE_MONTHLY_TITLE, month_name(w, 0), NULL);
}

/* "1,957", or "-" for a month that was not watched. */
static const char *figure(const writer_t *w, const pg_snapshot_t *s, int back,
                          int family)
{
    apr_time_t month = pg_trend_month(w->report->month, back);
    const pg_bucket_t *bucket =
        pg_trend_bucket(&s->series[PG_PERIOD_MONTH], month);
    char number[PG_NUMBER_SIZE];

    if (bucket == NULL
        || (bucket->by_family[family] == 0
            && pg_covered_part(s, month, pg_trend_month(month, -1)) == 0)) {
        return "-";
    }
    return apr_pstrdup(w->pool,
                       pg_render_number(number, bucket->by_family[family]));
}

/* A single line, or several of one moment, cover no time. */
static bool has_records(const pg_snapshot_t *s, apr_time_t month)
{
    const pg_bucket_t *bucket =
        pg_trend_bucket(&s->series[PG_PERIOD_MONTH], month);
    apr_uint64_t sum = 0;

    for (int f = 0; bucket && f < PG_FAMILY_COUNT; f++) {
        sum += bucket->by_family[f];
    }
    return sum > 0 || pg_covered_part(s, month, pg_trend_month(month, -1)) > 0;
}

static void sensor_table(const writer_t *w, const pg_snapshot_t *s)
{
    const char *head[COLUMNS] = {
        pg_phrases_get(w->report->lang, PG_PHRASE_COL_FAMILY),
        month_name(w, 0), month_name(w, 1), month_name(w, 12)
    };
    bool any = false;            /* else a row of 0 for each              */

    w->medium->row(w, head, true);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        any = any || pg_sensors_shows(&w->report->all, -1, (pg_family_e)f);
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        const char *cell[COLUMNS] = {
            pg_phrases_get(w->report->lang, PG_PHRASE_OF(FAMILY_GET, f)),
            figure(w, s, 0, f), figure(w, s, 1, f), figure(w, s, 12, f)
        };

        if (!any
            || pg_sensors_shows(&w->report->all, -1, (pg_family_e)f)) {
            w->medium->row(w, cell, false);
        }
    }
    w->medium->end(w);
}

/* The sentence when there is nothing to compare the month with. */
static pg_phrase_e no_course(const pg_snapshot_t *s, apr_time_t month,
                             bool known, apr_uint64_t hosts)
{
    const pg_range_t *covered = s->covered;
    apr_size_t n = s->covered_count;

    if (known) {
        return hosts ? PG_PHRASE_MONTHLY_HOSTS : PG_PHRASE_MONTHLY_NONE;
    }
    if (has_records(s, month)) {
        return PG_PHRASE_MONTHLY_ALONE;
    }
    if ((n ? covered[n - 1].to : s->taken) <= month) {
        return PG_PHRASE_MONTHLY_AFTER;
    }
    return pg_covered_since(s) >= pg_trend_month(month, -1)
               ? PG_PHRASE_MONTHLY_BEFORE : PG_PHRASE_MONTHLY_GAP;
}

/* Against a year ago first, then against the month before. */
static void sensor_words(const writer_t *w, const pg_snapshot_t *s)
{
    static const int back[] = { 12, 1 };
    apr_time_t month = w->report->month;
    const char *said = "";
    apr_uint64_t hosts = 0;
    bool known = false, uneven = false;

    for (int i = 0; i < 2; i++) {
        pg_course_t course;
        const char *one;

        pg_trend_compare(&course, s, month, pg_trend_month(month, back[i]));
        known = known || course.known;
        hosts += course.now[PG_FAMILY_HOST] + course.then[PG_FAMILY_HOST];
        one = pg_course_words(&course, 0, w->report->lang, w->pool);
        uneven = uneven || course.uneven;
        if (one) {
            said = apr_pstrcat(w->pool, said,
                               *said && w->report->lang == PG_LANG_EN ? " "
                                                                      : "",
                               one, NULL);
        }
    }
    if (*said || known || !uneven) {
        w->medium->paragraph(w, *said ? said
                             : pg_phrases_get(w->report->lang,
                                              no_course(s, month, known,
                                                        hosts)));
    }
    if (uneven) {
        w->medium->paragraph(w, pg_phrases_get(w->report->lang,
                                               PG_PHRASE_MONTH_UNEVEN));
    }
}

/* For one sensor only: lists cover all time, not a month. */
static void countries(const writer_t *w, const pg_sensor_t *sensor)
{
    pg_sensors_t one = { .sensor = sensor, .n = 1 };
    pg_lang_e lang = w->report->lang;
    const char *head[COLUMNS] = {
        pg_phrases_get(lang, PG_PHRASE_COL_COUNTRY),
        pg_phrases_get(lang, PG_PHRASE_COL_COUNT),
        pg_phrases_get(lang, PG_PHRASE_COL_SHARE), ""
    };
    int n;
    const pg_country_t *c = pg_geo_countries(&n, w->report->geo, &one,
                                             w->pool);
    apr_uint64_t all = 0;

    if (c == NULL) {
        return;
    }
    for (int i = 0; i < n; i++) {
        all += c[i].sum;
    }
    w->medium->paragraph(w, pg_phrases_get(lang, PG_PHRASE_COUNTRIES));
    w->medium->row(w, head, true);
    for (int i = 0; i < n; i++) {
        char number[PG_NUMBER_SIZE], share[PG_NUMBER_SIZE];
        const char *cell[COLUMNS] = {
            *c[i].name ? c[i].name : "?", pg_render_number(number, c[i].sum),
            pg_render_percent(share, c[i].sum, all), ""
        };

        w->medium->row(w, cell, false);
    }
    w->medium->end(w);
}

static void contents(const writer_t *w)
{
    const pg_monthly_t *r = w->report;

    w->medium->heading(w, 1, title(w));
    for (int s = 0; s < r->all.n; s++) {
        const pg_sensor_t *sensor = &r->all.sensor[s];
        pg_reached_e reached = pg_trend_reached(sensor->s, r->month, r->now);

        if (*sensor->name) {
            w->medium->heading(w, 2, sensor->name);
        }
        if (reached != PG_REACHED_WHOLE) {
            w->medium->paragraph(w, pg_phrases_get(
                r->lang, reached == PG_REACHED_END
                             ? PG_PHRASE_MONTH_ENDED
                             : PG_PHRASE_MONTH_PARTIAL));
        }
        sensor_words(w, sensor->s);
        sensor_table(w, sensor->s);
        countries(w, sensor);
    }
}

/* --- the formats --------------------------------------------------------- */

static apr_status_t render_text(pg_sink_t *sink, const pg_monthly_t *report,
                                apr_pool_t *pool)
{
    writer_t w = { sink, report, &text, pool };

    contents(&w);
    return sink->status;
}

static apr_status_t render_markdown(pg_sink_t *sink,
                                    const pg_monthly_t *report,
                                    apr_pool_t *pool)
{
    writer_t w = { sink, report, &marked, pool };

    contents(&w);
    return sink->status;
}

static apr_status_t render_html(pg_sink_t *sink, const pg_monthly_t *report,
                                apr_pool_t *pool)
{
    writer_t w = { sink, report, &html, pool };

    pg_sink_putf(sink,
                 "<!DOCTYPE html>\n<html lang=\"%s\"><head>"
                 "<meta charset=\"utf-8\">"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n",
                 pg_lang_tag(report->lang));
    html_tagged(&w, "title", title(&w));
    pg_sink_puts(sink,
                 "\n<style>:root{color-scheme:light dark}"
                 "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;"
                 "margin:auto;padding:1rem}svg{max-width:100%;height:auto}"
                 ".wide{overflow-x:auto}"
                 "td,th{padding:.1rem .8rem;text-align:right}"
                 "th:first-child{text-align:left}</style></head>\n<body>\n");
    contents(&w);
    if (report->all.months) {
        pg_sensorchart_put(sink, &report->all, -1, report->lang, pool);
    }
    pg_sink_puts(sink, "</body></html>\n");
    return sink->status;
}

/* "=?UTF-8?Q?...?=" a character at a time, so that none is torn.
 * @see RFC 2047 4.2, 5 (1), 5 (3) */
static void mail_words(pg_sink_t *sink, pg_span_t rest)
{
    while (rest.len) {
        int room = 60;

        pg_sink_puts(sink, "=?UTF-8?Q?");
        while (rest.len && room > 12) {
            apr_uint32_t c;
            apr_size_t n = pg_escape_utf8_next(rest, &c);

            for (apr_size_t i = 0; i < n; i++) {
                pg_sink_putf(sink, "=%02X", (unsigned char)rest.ptr[i]);
            }
            room -= (int)n * 3;
            rest = pg_span_from(rest, n);
        }
        pg_sink_puts(sink, rest.len ? "?=\r\n " : "?=");
    }
}

/* "Name <local@domain>" or "local@domain". */
typedef struct mailbox_t {
    pg_span_t name, address;
} mailbox_t;

/* "." between two others too. @see RFC 5322 3.2.3 */
static bool is_dot_atom(pg_span_t s, bool dots)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];

        if (c == '.' ? !dots || i == 0 || i + 1 == s.len
                       || s.ptr[i - 1] == '.'
                     : !pg_octet_is_alpha(c) && !pg_octet_is_digit(c)
                       && (c == '\0' || !strchr("!#$%&'*+-/=?^_`{|}~", c))) {
            return false;
        }
    }
    return s.len > 0;
}

static bool is_address(pg_span_t s)
{
    apr_size_t at = pg_span_rfind(s, '@');

    return is_dot_atom(pg_span_upto(s, at), true)
           && is_dot_atom(pg_span_from(s, at + 1), true);
}

static bool is_utf8(pg_span_t s)
{
    apr_uint32_t c = 0;

    while (s.len && c != 0xffffffff) {
        s = pg_span_from(s, pg_escape_utf8_next(s, &c));
    }
    return c != 0xffffffff;
}

/* The first of a list. A trailing comma is left, so that it is refused.
 * @return false if it is invalid */
static bool next_mailbox(mailbox_t *out, pg_span_t *rest)
{
    bool quoted = false;
    apr_size_t n = 0, angle;
    pg_span_t one;

    while (n < rest->len && (quoted || rest->ptr[n] != ',')) {
        quoted ^= rest->ptr[n] == '"';
        n++;
    }
    one = pg_span_trim(pg_span_upto(*rest, n));
    *rest = pg_span_from(*rest, n + (n + 1 < rest->len));
    angle = pg_span_rfind(one, '<');
    *out = (mailbox_t){ .address = one };
    if (angle < one.len && one.ptr[one.len - 1] == '>') {
        out->name = pg_span_unquoted(pg_span_upto(one, angle));
        out->address = pg_span_make(one.ptr + angle + 1, one.len - angle - 2);
    }
    return is_address(out->address) && is_utf8(out->name);
}

bool pg_monthly_are_mailboxes(const char *list, bool many)
{
    pg_span_t rest = pg_span_str(list);
    mailbox_t one;
    int n = 0;

    do {
        if (!next_mailbox(&one, &rest)) {
            return false;
        }
        n++;
    } while (rest.len);
    return many || n == 1;
}

/* Words that need neither encoding nor quotes. */
static bool is_phrase(pg_span_t name)
{
    while (name.len) {
        pg_span_t word = pg_span_take(&name, ' ');

        if (word.len > 0 && !is_dot_atom(word, false)) {
            return false;
        }
    }
    return true;
}

static void mail_address(pg_sink_t *sink, const char *field,
                         const char *addresses)
{
    pg_span_t rest = pg_span_str(addresses);
    mailbox_t one;

    pg_sink_putf(sink, "%s:", field);
    while (rest.len && next_mailbox(&one, &rest)) {
        pg_sink_puts(sink, " ");
        if (is_phrase(one.name)) {
            pg_sink_put(sink, one.name);
        }
        else {
            mail_words(sink, one.name);
        }
        pg_sink_puts(sink, one.name.len ? "\r\n <" : "");
        pg_sink_put(sink, one.address);
        pg_sink_puts(sink, one.name.len ? ">" : "");
        pg_sink_puts(sink, rest.len ? ",\r\n" : "");
    }
    pg_sink_puts(sink, "\r\n");
}

/* Lines that end in CR LF, as a message has them. */
static apr_status_t write_crlf(void *to, const char *octets, apr_size_t n)
{
    pg_sink_t *sink = to;

    for (apr_size_t i = 0; i < n; i++) {
        pg_sink_put(sink, octets[i] == '\n' ? PG_SPAN("\r\n")
                                            : pg_span_make(octets + i, 1));
    }
    return sink->status;
}

/* A whole message for sendmail's standard input.  @see RFC 5322, 6854 */
static apr_status_t render_mail(pg_sink_t *sink, const pg_monthly_t *report,
                                apr_pool_t *pool)
{
    pg_sink_t body = { .write = write_crlf, .to = sink };
    writer_t w = { &body, report, &text, pool };
    char date[APR_RFC822_DATE_LEN];

    apr_rfc822_date(date, report->now);
    pg_sink_puts(sink, "Date: ");
    pg_sink_put(sink, pg_span_upto(pg_span_str(date), sizeof(date) - 4));
    pg_sink_puts(sink, "+0000\r\n");
    mail_address(sink, "From", report->from);
    if (report->to) {
        mail_address(sink, "To", report->to);
    }
    pg_sink_puts(sink, "Subject: ");
    mail_words(sink, pg_span_str(title(&w)));
    pg_sink_putf(sink,
                 "\r\nMessage-ID: <%" APR_TIME_T_FMT
                 ".proxyguard@localhost.invalid>\r\n"
                 "MIME-Version: 1.0\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: 8bit\r\n"
                 "Content-Language: %s\r\n"
                 "Auto-Submitted: auto-generated\r\n\r\n",
                 report->now, pg_lang_tag(report->lang));
    contents(&w);
    return sink->status;
}

static const pg_monthly_format_t formats[] = {
    { "text", render_text },
    { "html", render_html },
    { "markdown", render_markdown },
    { "mail", render_mail },
    { NULL, NULL },
};

const pg_monthly_format_t *pg_monthly_formats(void)
{
    return formats;
}
