/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_report.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "pg_covered.h"
#include "pg_escape.h"
#include "pg_render.h"
#include "pg_zone.h"

static const pg_format_t formats[] = {
    { "html", "text/html; charset=utf-8", true, pg_html_render },
    { "json", "application/json; charset=utf-8", true, pg_json_render },
    { "prometheus", "text/plain; version=0.0.4; charset=utf-8", false,
      pg_prometheus_render },
    { "openmetrics",
      "application/openmetrics-text; version=1.0.0; charset=utf-8", false,
      pg_openmetrics_render },
    { "csv", "text/csv; charset=utf-8; header=present", false, pg_csv_render },
    { "text", "text/plain; charset=utf-8", true, pg_text_render },
    { "auto", "text/plain; charset=utf-8", false, pg_auto_render },
    { NULL, NULL, false, NULL }
};

const pg_format_t *pg_report_formats(void)
{
    return formats;
}

const pg_format_t *pg_report_format(pg_span_t name)
{
    for (const pg_format_t *f = formats; f->name; f++) {
        if (pg_span_eq(name, pg_span_str(f->name))) {
            return f;
        }
    }
    return NULL;
}

/* --- times and numbers --------------------------------------------------- */

const char *pg_render_rfc3339(char out[PG_TIME_SIZE], apr_time_t t)
{
    return pg_calendar_text(out, t, PG_CALENDAR_SECOND);
}

const char *pg_render_time(char out[PG_TIME_SIZE], apr_time_t t)
{
    pg_render_rfc3339(out, t);
    out[10] = ' ';
    out[19] = '\0';
    return out;
}

const char *pg_render_period(char out[PG_TIME_SIZE], apr_time_t t,
                             pg_period_e period)
{
    static const unsigned char length[PG_PERIOD_COUNT] = {
        [PG_PERIOD_MINUTE] = 16, [PG_PERIOD_HOUR] = 16,
        [PG_PERIOD_DAY] = 10, [PG_PERIOD_MONTH] = 7
    };

    pg_render_time(out, t);
    out[length[period]] = '\0';
    return out;
}

const char *pg_render_word(const pg_report_t *report, pg_phrase_e word,
                           apr_pool_t *pool)
{
    const char *text = pg_phrases_get(report->view.lang, word);
    const char *utc = report->view.zone ? strstr(text, "UTC") : NULL;
    char zone[PG_ZONE_SIZE];

    return utc == NULL ? text
           : apr_pstrcat(pool, apr_pstrmemdup(pool, text,
                                              (apr_size_t)(utc - text)),
                         pg_zone_name(zone, report), utc + 3, NULL);
}

const char *pg_render_number(char out[PG_NUMBER_SIZE], apr_uint64_t n)
{
    char text[PG_SPAN_DECIMAL], *p = out;
    pg_span_t digits = pg_span_decimal(text, n);

    for (apr_size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0) {
            *p++ = ',';
        }
        *p++ = digits.ptr[i];
    }
    *p = '\0';
    return out;
}

const char *pg_render_mean(char out[PG_NUMBER_SIZE], double x)
{
    apr_uint64_t tenths = (apr_uint64_t)(x * 10 + 0.5);
    apr_size_t n;

    pg_render_number(out, x < 10 ? tenths / 10 : (apr_uint64_t)(x + 0.5));
    n = strlen(out);
    if (x < 10 && tenths % 10) {
        snprintf(out + n, PG_NUMBER_SIZE - n, ".%d", (int)(tenths % 10));
    }
    return out;
}

const char *pg_render_percent(char out[PG_NUMBER_SIZE], apr_uint64_t n,
                              apr_uint64_t all)
{
    double percent = all ? 100.0 * (double)n / (double)all : 0;

    if (n == 0 || all == 0) {
        *out = '\0';
    }
    else if (percent < 0.05) {
        snprintf(out, PG_NUMBER_SIZE, "<0.1 %%");
    }
    else {
        snprintf(out, PG_NUMBER_SIZE, percent < 9.95 ? "%.1f %%" : "%.0f %%",
                 percent);
    }
    return out;
}

/* Hangul, and all from the radicals of U+2E80 on, is two columns wide; the
 * blocks that bars are made of are not. */
static bool is_wide(apr_uint32_t c)
{
    return (c >= 0x1100 && c < 0x1200) || c >= 0x2e80;
}

int pg_render_columns_of(pg_span_t rest)
{
    int columns = 0;

    while (rest.len) {
        apr_uint32_t c;

        rest = pg_span_from(rest, pg_escape_utf8_next(rest, &c));
        columns += is_wide(c) ? 2 : 1;
    }
    return columns;
}

int pg_render_columns(const char *words)
{
    return pg_render_columns_of(pg_span_str(words));
}

/* --- sums and slices ----------------------------------------------------- */

apr_uint64_t pg_render_class_total(const pg_snapshot_t *s, pg_class_e class_id)
{
    apr_uint64_t sum = 0;

    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        sum += s->count[class_id][o];
    }
    return sum;
}

apr_uint64_t pg_render_outcome_total(const pg_snapshot_t *s,
                                     pg_outcome_e outcome)
{
    apr_uint64_t sum = 0;

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        sum += s->count[c][outcome];
    }
    return sum;
}

pg_phrase_e pg_render_outcome(const pg_report_t *report,
                              pg_outcome_e outcome)
{
    bool judged = report->scanned
                  || (report->ledger && report->ledger->from_logs);

    if (judged && outcome == PG_OUTCOME_OBSERVED) {
        return PG_PHRASE_BY_LOG_OBSERVED;
    }
    if (judged && outcome == PG_OUTCOME_RELAYED) {
        return PG_PHRASE_JUDGED_RELAYED;
    }
    return PG_PHRASE_OF(OUTCOME_DENIED, outcome);
}

pg_series_t pg_render_series_last(const pg_report_t *report,
                                  pg_period_e period, apr_size_t n)
{
    const pg_snapshot_t *s = report->ledger;
    const pg_view_t *view = &report->view;
    pg_series_t out = s->series[period];

    while (out.n && view->until
           && out.bucket[out.n - 1].start >= view->until) {
        out.n--;
    }
    while (out.n && pg_covered_end(&out.bucket[0], period) <= view->since) {
        out.bucket++;
        out.n--;
    }
    if (out.n > n) {
        out.bucket += out.n - n;
        out.n = n;
    }
    /* A bucket that ended before counting began means nothing, unless a
     * scanned log filled it. */
    while (out.n > 1 && out.bucket[0].start < pg_covered_since(s)
           && !pg_render_watched(report, &out.bucket[0], period)) {
        out.bucket++;
        out.n--;
    }
    return out;
}

bool pg_render_ended(const pg_report_t *report)
{
    return report->scanned || report->ended;
}

bool pg_render_cut(const pg_report_t *report, const pg_bucket_t *b,
                   pg_period_e period)
{
    const pg_view_t *view = &report->view;
    apr_time_t end = pg_covered_end(b, period);

    return (b->start < view->since && view->since < end)
           || (b->start < view->until && view->until < end);
}

bool pg_render_partial(const pg_report_t *report, const pg_bucket_t *b,
                       pg_period_e period)
{
    apr_time_t end = pg_covered_end(b, period);

    /* A log that ends in the last hours of a month covers the month. */
    return end > report->ledger->taken
           && !(pg_render_ended(report) && period == PG_PERIOD_MONTH
                && pg_covered_whole(report->ledger, b->start, end));
}

bool pg_render_watched(const pg_report_t *report, const pg_bucket_t *b,
                       pg_period_e period)
{
    apr_time_t end = pg_covered_end(b, period);
    double part = pg_covered_part(report->ledger, b->start, end);
    /* A day in UTC is shifted by so much in the zone. */
    bool greenwich = b->start < pg_zone_first_day(report);
    double moved = greenwich ? 60e6 * abs(report->view.zone) : 0;

    return b->attempts || part * (double)(end - b->start) > moved;
}

apr_time_t pg_render_window(const pg_report_t *report)
{
    return report->view.window ? report->view.window : PG_WINDOW_DEFAULT;
}

apr_size_t pg_render_months(const pg_report_t *report)
{
    return report->view.months ? (apr_size_t)report->view.months
                               : PG_MONTHS_DEFAULT;
}

apr_size_t pg_render_top(const pg_report_t *report)
{
    return report->view.top ? (apr_size_t)report->view.top : PG_TOP_DEFAULT;
}

/* --- what clients sent ------------------------------------------------- */

pg_span_t pg_render_shown(const pg_report_t *report, pg_mask_e field,
                          pg_span_t text, pg_shown_t *room)
{
    const pg_key_t *key = &report->pseudonyms;

    if (!report->view.mask) {
        return text;
    }
    if (pg_hash_key_is_none(key) && report->ledger) {
        key = &report->ledger->pseudonyms;
    }
    return pg_mask_shown(room->room, key, (pg_mask_e)field, text);
}

pg_span_t pg_render_shown_sensor(const pg_report_t *report, pg_shown_t *room)
{
    return pg_render_shown(report, PG_MASK_HOST, pg_span_str(report->sensor),
                           room);
}

pg_mask_e pg_render_top_field(pg_top_e top)
{
    static const pg_mask_e field[PG_TOP_COUNT] = {
        [PG_TOP_SOURCES] = PG_MASK_SOURCE,
        [PG_TOP_TARGETS] = PG_MASK_AUTHORITY,
        [PG_TOP_PORTS] = PG_MASK_METHOD,
        [PG_TOP_AGENTS] = PG_MASK_AGENT
    };

    return field[top];
}

pg_text_t pg_render_whom(const pg_recent_t *r, char room[PG_WHOM_SIZE])
{
    bool six = pg_span_find(r->host.octets, ':') < r->host.octets.len;
    pg_span_t host = pg_span_upto(r->host.octets, 256);
    apr_size_t n = 0;

    if (host.ptr == NULL || host.len == 0) {
        return (pg_text_t){ .octets = PG_ABSENT };
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
        char text[PG_SPAN_DECIMAL];

        room[n++] = ':';
        n += pg_span_copy(room + n, PG_WHOM_SIZE - n,
                          pg_span_decimal(text, r->port));
    }
    return (pg_text_t){ .octets = pg_span_make(room, n),
                        .cut = r->host.cut || host.len < r->host.octets.len };
}

/* "host:port", or the host alone. The top list, whose links come here, has it
 * in lower case; the attempt as it was sent. */
static bool is_target(const pg_report_t *report, const pg_recent_t *r)
{
    char room[PG_WHOM_SIZE];
    pg_text_t whom = pg_render_whom(r, room);
    pg_shown_t shown;

    return pg_span_ieq(pg_render_shown(report, PG_MASK_AUTHORITY, whom.octets,
                                       &shown), report->view.target)
           || pg_span_ieq(pg_render_shown(report, PG_MASK_HOST,
                                          r->host.octets, &shown),
                          report->view.target);
}

bool pg_render_matches(const pg_report_t *report, const pg_recent_t *r)
{
    const pg_view_t *view = &report->view;
    pg_shown_t shown;

    return r->time >= view->since && (!view->until || r->time < view->until)
           && (!view->only_class || view->only_class == (int)r->class_id + 1)
           && (view->source.ptr == NULL
               || pg_span_eq(pg_render_shown(report, PG_MASK_SOURCE,
                                             r->source.octets, &shown),
                             view->source))
           && (view->target.ptr == NULL || is_target(report, r));
}

bool pg_render_has_match(const pg_report_t *report, const pg_snapshot_t *s,
                         apr_time_t from)
{
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        if (s->recent[i].time > from
            && pg_render_matches(report, &s->recent[i])) {
            return true;
        }
    }
    return false;
}

bool pg_render_shown_cut(const pg_report_t *report, const pg_text_t *text)
{
    return text->cut && !report->view.mask;
}
