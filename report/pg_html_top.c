/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The top of the page: five questions and their answers in words. */
#include "pg_html.h"

typedef enum mood_e { MOOD_PLAIN, MOOD_GOOD, MOOD_WARN, MOOD_BAD } mood_e;

static const char *const moods[] = { "plain", "good", "warn", "bad" };

/* A card is open between these two; sentences go in between. */
static void open_card(const pg_page_t *page, mood_e mood, pg_phrase_e question)
{
    pg_sink_putf(page->sink, "<section class=\"card %s\">\n", moods[mood]);
    pg_html_tagged(page, "h2", question);
}

static void close_card(const pg_page_t *page)
{
    pg_sink_puts(page->sink, "</section>\n");
}

static void answer(const pg_page_t *page, pg_phrase_e word, const char *a)
{
    pg_sink_puts(page->sink, "<p class=\"answer\">");
    pg_html_say(page, word, a, NULL, NULL);
    pg_sink_puts(page->sink, "</p>\n");
}

static void more(const pg_page_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c)
{
    pg_sink_puts(page->sink, "<p>");
    pg_html_say(page, word, a, b, c);
    pg_sink_puts(page->sink, "</p>\n");
}

/* --- open proxy? --------------------------------------------------------- */

/* The first of these that some virtual host has is the answer. */
static const struct {
    pg_posture_e posture;
    mood_e mood;
    pg_phrase_e answer, more;
} verdicts[] = {
    { PG_POSTURE_OPEN, MOOD_BAD, PG_PHRASE_OPEN_MISTAKE,
      PG_PHRASE_OPEN_MISTAKE_MORE },
    { PG_POSTURE_ON_PURPOSE, MOOD_WARN, PG_PHRASE_OPEN_PURPOSE,
      PG_PHRASE_OPEN_PURPOSE_MORE },
    { PG_POSTURE_UNKNOWN, MOOD_WARN, PG_PHRASE_OPEN_UNKNOWN,
      PG_PHRASE_OPEN_UNKNOWN_MORE },
    { PG_POSTURE_RESTRICTED, MOOD_GOOD, PG_PHRASE_OPEN_RESTRICTED,
      PG_PHRASE_OPEN_RESTRICTED_MORE },
};

static int with_posture(const pg_page_t *page, pg_posture_e posture)
{
    return (int)pg_metrics_row(PG_METRIC_VHOSTS)
        ->value(&page->measured, (int)posture, 0);
}

static void open_proxy(const pg_page_t *page)
{
    char some[PG_NUMBER_SIZE], all[PG_NUMBER_SIZE];

    pg_render_number(all, page->report->vhost_count);
    for (int i = 0; i < 4; i++) {
        int n = with_posture(page, verdicts[i].posture);

        if (n > 0) {
            open_card(page, verdicts[i].mood, PG_PHRASE_Q_OPEN);
            answer(page, verdicts[i].answer, NULL);
            more(page, verdicts[i].more,
                 pg_render_number(some, (apr_uint64_t)n), all, NULL);
            close_card(page);
            return;
        }
    }
    open_card(page, page->report->vhost_count ? MOOD_GOOD : MOOD_WARN,
              PG_PHRASE_Q_OPEN);
    if (page->report->vhost_count) {
        answer(page, PG_PHRASE_OPEN_NO, NULL);
        more(page, PG_PHRASE_OPEN_NO_MORE, all, NULL, NULL);
    }
    else {
        answer(page, PG_PHRASE_OPEN_UNKNOWN, NULL);
        more(page, PG_PHRASE_OPEN_UNSEEN_MORE, NULL, NULL, NULL);
    }
    close_card(page);
}

/* --- relayed? ------------------------------------------------------------ */

static void relayed(const pg_page_t *page)
{
    apr_uint64_t n = pg_render_outcome_total(page->s, PG_OUTCOME_RELAYED);
    char some[PG_NUMBER_SIZE], all[PG_NUMBER_SIZE];

    pg_render_number(some, n);
    pg_render_number(all, page->s->attempts);
    open_card(page, n ? MOOD_BAD : MOOD_GOOD, PG_PHRASE_Q_RELAYED);
    if (n && page->report->from_log) {
        answer(page, PG_PHRASE_RELAYED_PROBABLY, some);
        more(page, PG_PHRASE_RELAYED_PROBABLY_MORE, some, all, NULL);
    }
    else if (n) {
        answer(page, PG_PHRASE_RELAYED_YES, some);
        more(page, PG_PHRASE_RELAYED_YES_MORE, some, all, NULL);
    }
    else if (page->report->from_log && page->s->attempts) {
        answer(page, PG_PHRASE_RELAYED_NO_SIGN, NULL);
    }
    else {
        answer(page, PG_PHRASE_RELAYED_NO, NULL);
        more(page, page->s->attempts ? PG_PHRASE_RELAYED_NO_MORE
                                     : PG_PHRASE_RELAYED_NO_NONE,
             all, NULL, NULL);
    }
    if (page->report->from_log && page->report->from_log->unclear) {
        more(page, PG_PHRASE_RELAYED_UNCLEAR,
             pg_render_number(some, page->report->from_log->unclear), NULL,
             NULL);
    }
    if (page->s->permitted) {
        more(page, PG_PHRASE_PERMITTED,
             pg_render_number(some, page->s->permitted), NULL, NULL);
    }
    close_card(page);
}

/* --- now, and this month ------------------------------------------------- */

static void now(const pg_page_t *page)
{
    static const pg_phrase_e words[] = {
        [PG_PACE_UNKNOWN] = PG_PHRASE_NOW_SOME,
        [PG_PACE_NONE] = PG_PHRASE_NOW_NONE,
        [PG_PACE_FEWER] = PG_PHRASE_NOW_FEWER,
        [PG_PACE_USUAL] = PG_PHRASE_NOW_USUAL,
        [PG_PACE_MORE] = PG_PHRASE_NOW_MORE
    };
    const pg_trend_t *t = &page->measured.trend;
    char n[PG_NUMBER_SIZE], hours[PG_NUMBER_SIZE], last[PG_TIME_SIZE];

    open_card(page, t->pace == PG_PACE_MORE ? MOOD_WARN : MOOD_PLAIN,
              PG_PHRASE_Q_NOW);
    answer(page, words[t->pace], NULL);
    if (t->hour) {
        more(page, PG_PHRASE_NOW_COUNT, pg_render_number(n, t->hour), NULL,
             NULL);
    }
    else if (page->s->last > 0) {
        more(page, PG_PHRASE_NOW_LAST, pg_render_time(last, page->s->last),
             NULL, NULL);
    }
    if (t->hours >= PG_TREND_HOURS_MIN) {
        more(page, PG_PHRASE_NOW_USUAL_MORE, pg_render_mean(n, t->usual),
             pg_render_number(hours, t->hours), NULL);
    }
    else {
        more(page, PG_PHRASE_NOW_TOO_EARLY, NULL, NULL, NULL);
    }
    close_card(page);
}

static void figure(const pg_page_t *page, pg_phrase_e word, pg_figure_t f)
{
    char n[PG_NUMBER_SIZE];

    if (f.known) {
        more(page, word, pg_render_number(n, f.n), NULL, NULL);
    }
}

static void month(const pg_page_t *page)
{
    static const pg_phrase_e words[] = {
        [PG_PACE_UNKNOWN] = PG_PHRASE_MONTH_UNKNOWN,
        [PG_PACE_NONE] = PG_PHRASE_MONTH_NONE,
        [PG_PACE_FEWER] = PG_PHRASE_MONTH_FEWER,
        [PG_PACE_USUAL] = PG_PHRASE_MONTH_USUAL,
        [PG_PACE_MORE] = PG_PHRASE_MONTH_MORE
    };
    const pg_trend_t *t = &page->measured.trend;
    char n[PG_NUMBER_SIZE];

    open_card(page, MOOD_PLAIN, PG_PHRASE_Q_MONTH);
    answer(page, words[t->monthly], NULL);
    more(page, PG_PHRASE_MONTH_COUNT, pg_render_number(n, t->month), NULL,
         NULL);
    figure(page, PG_PHRASE_MONTH_LAST, t->last_month);
    figure(page, PG_PHRASE_MONTH_YEAR, t->last_year);
    if (!t->last_year.known) {
        more(page, PG_PHRASE_MONTH_NO_YEAR, NULL, NULL, NULL);
    }
    close_card(page);
}

static void since(const pg_page_t *page)
{
    const pg_distinct_t *d = &page->s->sources;
    char all[PG_NUMBER_SIZE], sources[PG_NUMBER_SIZE], error[PG_NUMBER_SIZE];

    open_card(page, MOOD_PLAIN, PG_PHRASE_Q_SINCE);
    pg_sink_puts(page->sink, "<p class=\"answer\">");
    pg_html_time(page, page->s->since);
    pg_sink_puts(page->sink, " <small>UTC</small></p>\n");
    more(page,
         d->relative_error > 0 ? PG_PHRASE_SINCE_MORE_ABOUT
                               : PG_PHRASE_SINCE_MORE,
         pg_render_number(all, page->s->attempts),
         pg_render_number(sources, d->estimate),
         pg_render_mean(error, d->relative_error * 100));
    close_card(page);
}

void pg_html_answers(const pg_page_t *page)
{
    pg_sink_puts(page->sink, "<div class=\"cards\">\n");
    open_proxy(page);
    if (page->s) {
        relayed(page);
        now(page);
        month(page);
        since(page);
    }
    pg_sink_puts(page->sink, "</div>\n");
    if (page->s == NULL) {
        pg_html_tagged(page, "p class=\"alarm\"", PG_PHRASE_CANNOT_COUNT);
    }
}
