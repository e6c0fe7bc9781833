/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The report for a terminal, of a server, a ledger or a scan of logs. */
#include "pg_text.h"

#include <apr_strings.h>

#include "pg_answers.h"
#include "pg_trend.h"
#include "pg_zone.h"

enum { SHOWN = 100, RECENT_PER_ROW = 5 };

/* --- shared by the parts ------------------------------------------------- */

const char *pg_text_phrase(const pg_textpage_t *page, pg_phrase_e word)
{
    return pg_render_word(page->report, word, page->pool);
}

void pg_text_say(const pg_textpage_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c)
{
    pg_arg_t args[4] = { { .text = pg_span_str(a) },
                         { .text = pg_span_str(b) },
                         { .text = pg_span_str(c) } };

    pg_phrases_say(page->sink, pg_escape_text, pg_text_phrase(page, word),
                   args);
}

void pg_text_line(const pg_textpage_t *page, int indent, pg_phrase_e word,
                  const char *a, const char *b, const char *c)
{
    pg_sink_putf(page->sink, "%*s", indent, "");
    pg_text_say(page, word, a, b, c);
    pg_sink_puts(page->sink, "\n");
}

static void colour(const pg_textpage_t *page, const char *code)
{
    if (page->report->view.colour) {
        pg_sink_putf(page->sink, "\033[%sm", code);
    }
}

void pg_text_head_of(const pg_textpage_t *page, pg_phrase_e word,
                     const char *what)
{
    pg_sink_puts(page->sink, "\n");
    colour(page, "1");
    pg_text_say(page, word, what, NULL, NULL);
    colour(page, "0");
    pg_sink_puts(page->sink, "\n");
}

void pg_text_head(const pg_textpage_t *page, pg_phrase_e word)
{
    pg_text_head_of(page, word, NULL);
}

apr_size_t pg_text_room(const pg_textpage_t *page, apr_size_t n)
{
    int left = page->fit ? pg_fit_left(page->fit) - 3 : 0;

    if (page->fit == NULL) {
        return n;
    }
    if (left <= 0 || (left < 3 && n > 3)) {
        return 0;
    }
    return n < (apr_size_t)left ? n : (apr_size_t)left;
}

const char *pg_text_number(const pg_textpage_t *page, apr_uint64_t n)
{
    char out[PG_NUMBER_SIZE];

    return apr_pstrdup(page->pool, pg_render_number(out, n));
}

const char *pg_text_day(const pg_textpage_t *page, apr_time_t t)
{
    char out[PG_TIME_SIZE];

    return apr_pstrdup(page->pool, pg_render_period(out, t, PG_PERIOD_DAY));
}

void pg_text_sent(const pg_textpage_t *page, pg_mask_e field,
                  const pg_text_t *text, apr_size_t most)
{
    pg_shown_t room;
    pg_span_t shown =
        pg_render_shown(page->report, field, text->octets, &room);
    pg_span_t part = pg_escape_utf8_upto(shown, most);

    if (shown.ptr == NULL) {
        pg_sink_putf(page->sink, "(%s)",
                     pg_text_phrase(page, PG_PHRASE_NOT_SENT));
        return;
    }
    pg_escape_text(page->sink, part);
    if (part.len < shown.len || pg_render_shown_cut(page->report, text)) {
        pg_sink_puts(page->sink, "...");
    }
}

void pg_text_cell(const pg_textpage_t *page, const char *words, int width)
{
    int columns = pg_render_columns(words);

    pg_sink_putf(page->sink, "%s%*s", words,
                 columns < width ? width - columns : 0, "");
}

/* --- the beginning ------------------------------------------------------- */

static void title(const pg_textpage_t *page)
{
    const pg_report_t *report = page->report;
    char time[PG_TIME_SIZE], zone[PG_ZONE_SIZE];
    pg_shown_t room;

    pg_text_say(page, PG_PHRASE_TITLE, NULL, NULL, NULL);
    if (report->sensor) {
        pg_sink_puts(page->sink, " - ");
        pg_escape_text(page->sink, pg_render_shown_sensor(report, &room));
    }
    pg_sink_putf(page->sink, ", %s %s\n\n",
                 pg_render_time(time, page->s ? page->s->taken : report->now),
                 pg_zone_name(zone, report));
}

/* For logs the verdict comes first. */
static void beginning(const pg_textpage_t *page)
{
    if (page->report->scanned == NULL) {
        title(page);
    }
    else if (page->report->scanned->interrupted) {
        pg_text_line(page, 0, PG_PHRASE_SCAN_INTERRUPTED, NULL, NULL, NULL);
    }
}

/* The total without foreign Hosts, and the days that it spans. */
static void summary(const pg_textpage_t *page)
{
    const pg_snapshot_t *s = page->s;
    apr_uint64_t attempts = pg_trend_attempts(s);
    const char *all = pg_text_number(page, attempts);

    if (page->report->scanned
        && page->report->scanned->reach->verdict == PG_REACH_UNKNOWN) {
        pg_text_say(page, PG_PHRASE_FOUND_UNKNOWN, NULL, NULL, NULL);
    }
    else if (attempts == 0) {
        pg_text_say(page, PG_PHRASE_FOUND_NONE, NULL, NULL, NULL);
    }
    else if (s->first) {
        pg_text_say(page, PG_PHRASE_FOUND_BETWEEN, all,
                    pg_text_day(page, s->first), pg_text_day(page, s->last));
    }
    else {
        pg_text_say(page, PG_PHRASE_FOUND, all, NULL, NULL);
    }
    pg_sink_puts(page->sink, "\n");
    if (page->report->scanned) {
        pg_text_reach(page);
    }
    if (page->s->attempts) {
        pg_sink_puts(page->sink, "\n");
    }
}

static void sentence(const pg_textpage_t *page, const pg_sentence_t *one)
{
    pg_text_say(page, one->word, one->arg[0], one->arg[1], one->arg[2]);
}

static void answers(const pg_textpage_t *page)
{
    static const char *const moods[] = {
        [PG_MOOD_PLAIN] = "1", [PG_MOOD_GOOD] = "1;32",
        [PG_MOOD_WARN] = "1;33", [PG_MOOD_BAD] = "1;31"
    };
    bool spaced = page->report->view.lang == PG_LANG_EN;
    pg_card_t card[PG_ANSWERS_MAX];
    int n = pg_answers_of(card, &page->measured, page->pool);

    for (int i = 0; i < n; i++) {
        pg_text_line(page, 0, card[i].question, NULL, NULL, NULL);
        pg_sink_puts(page->sink, "  ");
        colour(page, moods[card[i].mood]);
        sentence(page, &card[i].answer);
        colour(page, "0");
        for (int m = 0; m < card[i].n; m++) {
            pg_sink_puts(page->sink, spaced ? " " : "");
            sentence(page, &card[i].more[m]);
        }
        pg_sink_puts(page->sink, "\n");
    }
}

/* --- lists that only a server has ---------------------------------------- */

static void recent_line(const pg_textpage_t *page, const pg_recent_t *r)
{
    char time[PG_TIME_SIZE];

    pg_sink_putf(page->sink, "  %s  %-13s %-8s %3d  ",
                 pg_render_time(time, r->time), pg_vocab_class(r->class_id),
                 pg_vocab_outcome(r->outcome), r->status);
    pg_text_sent(page, PG_MASK_SOURCE, &r->source, SHOWN);
    pg_sink_puts(page->sink, "  ");
    pg_text_sent(page, PG_MASK_METHOD, &r->method, SHOWN);
    pg_sink_puts(page->sink, " ");
    pg_text_sent(page, PG_MASK_TARGET, &r->target, SHOWN);
    pg_sink_puts(page->sink, "\n");
}

static void recent(const pg_textpage_t *page)
{
    const pg_snapshot_t *s = page->s;
    apr_time_t window = page->report->view.window;
    apr_time_t from = window ? s->taken - window : 0;
    apr_size_t most = pg_render_top(page->report) * RECENT_PER_ROW;

    most = pg_text_room(page, most);
    if (s->recent_count == 0 || s->recent[0].time <= from || most == 0) {
        return;
    }
    pg_text_head(page, PG_PHRASE_H_RECENT);
    if (!pg_render_has_match(page->report, s, from)) {
        char number[PG_NUMBER_SIZE];

        pg_sink_puts(page->sink, "  ");
        pg_text_say(page, PG_PHRASE_RECENT_OTHERS,
                    pg_render_number(number, s->recent_count), NULL, NULL);
        pg_sink_puts(page->sink, "\n");
    }
    for (apr_size_t i = 0; i < s->recent_count && most > 0; i++) {
        if (s->recent[i].time > from
            && pg_render_matches(page->report, &s->recent[i])) {
            recent_line(page, &s->recent[i]);
            most--;
        }
    }
}

static void captured(const pg_textpage_t *page)
{
    pg_sentence_t one[PG_ANSWERS_CAPTURED];
    int n = pg_answers_captured(one, &page->s->capture, page->pool);

    if (n > 0) {
        pg_text_head(page, PG_PHRASE_H_SINK);
    }
    for (int i = 0; i < n; i++) {
        pg_text_line(page, 2, one[i].word, one[i].arg[0], one[i].arg[1],
                     one[i].arg[2]);
    }
}

static void vhosts(const pg_textpage_t *page)
{
    const pg_report_t *report = page->report;

    if (report->vhost_count == 0) {
        return;
    }
    pg_text_head(page, PG_PHRASE_H_VHOSTS);
    for (apr_size_t i = 0; i < report->vhost_count; i++) {
        pg_text_t name = { .octets = pg_span_str(report->vhosts[i].name) };

        pg_sink_puts(page->sink, "  ");
        pg_text_sent(page, PG_MASK_AUTHORITY, &name, SHOWN);
        pg_sink_putf(page->sink, ": %s\n",
                     pg_text_phrase(page,
                                    PG_PHRASE_OF(POSTURE_UNKNOWN,
                                                 report->vhosts[i].posture)));
    }
}

static void findings(const pg_textpage_t *page)
{
    const pg_report_t *report = page->report;

    if (report->finding_count == 0 || report->view.mask) {
        return;
    }
    pg_text_head(page, PG_PHRASE_H_FINDINGS);
    for (apr_size_t i = 0; i < report->finding_count; i++) {
        const pg_finding_t *f = &report->findings[i];

        pg_sink_putf(page->sink, "  PG%04d %s: ", f->id,
                     pg_text_phrase(page, PG_PHRASE_OF(SEVERITY_NOTE,
                                                       f->severity)));
        pg_escape_text(page->sink,
                       pg_span_str(f->what[page->report->view.lang]));
        pg_sink_puts(page->sink, "\n");
    }
}

/* --- the whole ----------------------------------------------------------- */

/* What does not fit on a screen is at the end: the course of events matters
 * more there. */
static void counted(const pg_textpage_t *page)
{
    if (page->s->attempts) {
        if (page->fit) {
            pg_text_months(page);
            pg_text_classes(page);
        }
        else {
            pg_text_classes(page);
            pg_text_months(page);
        }
        if (page->report->view.zone && pg_zone_first_day(page->report)) {
            pg_text_line(page, 2, PG_PHRASE_ZONE_DAYS,
                         pg_text_day(page, pg_zone_first_day(page->report)),
                         NULL, NULL);
        }
        pg_text_tops(page);
    }
    if (page->report->scanned == NULL) {
        recent(page);
        captured(page);
    }
    else if (page->s->attempts) {
        pg_text_succeeded(page);
        pg_text_examples(page);
    }
}

static void whole(pg_textpage_t *page)
{
    const pg_report_t *report = page->report;

    pg_metrics_measure(&page->measured, report);
    beginning(page);
    if (page->s) {
        summary(page);
    }
    if (page->s == NULL || page->s->attempts || !report->in_file) {
        answers(page);
    }
    if (page->s) {
        counted(page);
    }
    else {
        pg_text_head(page, PG_PHRASE_CANNOT_COUNT);
    }
    vhosts(page);
    findings(page);
    if (report->scanned) {
        pg_text_log(page);
    }
}

apr_status_t pg_text_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    pg_report_t zoned;
    pg_fit_t fit = { .to = sink, .columns = report->view.columns,
                     .rows = report->view.rows };
    pg_sink_t fitting = pg_fit_sink(&fit);
    pg_textpage_t page = { .sink = sink, .pool = pool };

    page.report = pg_zone_report(&zoned, report, pool);
    page.s = page.report->ledger;
    if (report->view.rows) {
        page.sink = &fitting;
        page.fit = &fit;
    }
    whole(&page);
    return sink->status;
}
