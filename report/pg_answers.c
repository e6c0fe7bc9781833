/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_answers.h"

#include <apr_strings.h>

#include "pg_course.h"
#include "pg_covered.h"
#include "pg_malformed.h"
#include "pg_render.h"

typedef struct asker_t {
    const pg_measured_t *m;
    const pg_report_t *report;
    const pg_snapshot_t *s;
    apr_pool_t *pool;
} asker_t;

/* --- arguments ----------------------------------------------------------- */

static const char *number(const asker_t *a, apr_uint64_t n)
{
    char out[PG_NUMBER_SIZE];

    return apr_pstrdup(a->pool, pg_render_number(out, n));
}

static const char *mean(const asker_t *a, double x)
{
    char out[PG_NUMBER_SIZE];

    return apr_pstrdup(a->pool, pg_render_mean(out, x));
}

static const char *time_of(const asker_t *a, apr_time_t t)
{
    char out[PG_TIME_SIZE];

    return apr_pstrdup(a->pool, pg_render_time(out, t));
}

static pg_card_t card(pg_phrase_e question, pg_mood_e mood, pg_phrase_e word,
                      const char *arg)
{
    return (pg_card_t){ .question = question, .mood = mood,
                        .answer = { .word = word, .arg = { arg } } };
}

static void more(pg_card_t *card, pg_phrase_e word, const char *a,
                 const char *b, const char *c)
{
    card->more[card->n++] = (pg_sentence_t){ word, { a, b, c } };
}

/* --- open proxy? --------------------------------------------------------- */

/* The first of these that some virtual host has is the answer. */
static const struct {
    pg_posture_e posture;
    pg_mood_e mood;
    pg_phrase_e answer, more;
} verdicts[] = {
    { PG_POSTURE_OPEN, PG_MOOD_BAD, PG_PHRASE_OPEN_MISTAKE,
      PG_PHRASE_OPEN_MISTAKE_MORE },
    { PG_POSTURE_ON_PURPOSE, PG_MOOD_WARN, PG_PHRASE_OPEN_PURPOSE,
      PG_PHRASE_OPEN_PURPOSE_MORE },
    { PG_POSTURE_UNKNOWN, PG_MOOD_WARN, PG_PHRASE_OPEN_UNKNOWN,
      PG_PHRASE_OPEN_UNKNOWN_MORE },
    { PG_POSTURE_RESTRICTED, PG_MOOD_GOOD, PG_PHRASE_OPEN_RESTRICTED,
      PG_PHRASE_OPEN_RESTRICTED_MORE },
};

static apr_uint64_t bare(const pg_report_t *report)
{
    apr_uint64_t n = 0;

    for (apr_size_t i = 0; i < report->vhost_count; i++) {
        n += report->vhosts[i].posture == PG_POSTURE_OPEN
             && report->vhosts[i].bare;
    }
    return n;
}

static pg_card_t open_proxy(const asker_t *a)
{
    const char *all = number(a, a->report->vhost_count);
    apr_uint64_t unprotected = bare(a->report);
    pg_card_t out;

    if (unprotected) {
        out = card(PG_PHRASE_Q_OPEN, PG_MOOD_BAD, PG_PHRASE_OPEN_BARE, NULL);
        more(&out, PG_PHRASE_OPEN_BARE_MORE, number(a, unprotected), all,
             NULL);
        return out;
    }
    for (apr_size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
        double n = pg_metrics_row(PG_METRIC_VHOSTS)
                       ->value(a->m, (int)verdicts[i].posture, 0);
        if (n > 0) {
            out = card(PG_PHRASE_Q_OPEN, verdicts[i].mood, verdicts[i].answer,
                       NULL);
            more(&out, verdicts[i].more, number(a, (apr_uint64_t)n), all,
                 NULL);
            return out;
        }
    }
    if (a->report->vhost_count == 0) {
        out = card(PG_PHRASE_Q_OPEN, PG_MOOD_WARN, PG_PHRASE_OPEN_UNKNOWN,
                   NULL);
        more(&out, PG_PHRASE_OPEN_UNSEEN_MORE, NULL, NULL, NULL);
        return out;
    }
    if (a->report->sinks) {
        out = card(PG_PHRASE_Q_OPEN, PG_MOOD_WARN, PG_PHRASE_OPEN_SINK, NULL);
        more(&out, PG_PHRASE_OPEN_SINK_MORE, NULL, NULL, NULL);
        return out;
    }
    out = card(PG_PHRASE_Q_OPEN, PG_MOOD_GOOD, PG_PHRASE_OPEN_NO, NULL);
    more(&out, PG_PHRASE_OPEN_NO_MORE, all, NULL, NULL);
    return out;
}

/* --- relayed? ------------------------------------------------------------ */

/* A ledger does not record which of the requests that were let through came
 * from a log and were harmless. A foreign Host gets the default host's
 * page. */
static apr_uint64_t unclear_in_ledger(const pg_snapshot_t *s)
{
    return pg_render_outcome_total(s, PG_OUTCOME_OBSERVED)
           - s->count[PG_CLASS_FOREIGN_HOST][PG_OUTCOME_OBSERVED];
}

/* A server knows; from a log it can only be inferred. */
static pg_card_t relayed_by_log(const asker_t *a, const char *all)
{
    const pg_scanned_t *scan = a->report->scanned;
    apr_uint64_t n = scan ? scan->judged[PG_JUDGED_RELAYED]
                   : pg_render_outcome_total(a->s, PG_OUTCOME_RELAYED);
    apr_uint64_t unclear = scan ? scan->judged[PG_JUDGED_UNCLEAR]
                                : unclear_in_ledger(a->s);
    pg_card_t out = card(PG_PHRASE_Q_RELAYED, PG_MOOD_GOOD,
                         PG_PHRASE_RELAYED_NO_SIGN, NULL);

    if (n) {
        out = card(PG_PHRASE_Q_RELAYED, PG_MOOD_BAD,
                   PG_PHRASE_RELAYED_PROBABLY, number(a, n));
        more(&out, scan ? PG_PHRASE_RELAYED_PROBABLY_MORE
                        : PG_PHRASE_RELAYED_JUDGED,
             number(a, n), all, NULL);
    }
    if (unclear) {
        out.mood = n ? out.mood : PG_MOOD_WARN;
        more(&out, scan ? PG_PHRASE_RELAYED_UNCLEAR
                        : PG_PHRASE_RELAYED_CANNOT,
             number(a, unclear), NULL, NULL);
    }
    return out;
}

/* Where the guard is off it does not know. */
static void not_watched(pg_card_t *out, const asker_t *a)
{
    apr_uint64_t n = 0;

    for (apr_size_t i = 0; i < a->report->vhost_count; i++) {
        n += a->report->vhosts[i].unwatched;
    }
    if (n && out->answer.word == PG_PHRASE_RELAYED_NO) {
        out->mood = PG_MOOD_WARN;
        out->answer.word = PG_PHRASE_OPEN_UNKNOWN;
    }
    if (n) {
        more(out, PG_PHRASE_RELAYED_UNWATCHED, number(a, n),
             number(a, a->report->vhost_count), NULL);
    }
}

static pg_card_t relayed(const asker_t *a)
{
    apr_uint64_t n = pg_render_outcome_total(a->s, PG_OUTCOME_RELAYED);
    apr_uint64_t attempts = pg_trend_attempts(a->s);
    const char *all = number(a, attempts);
    pg_card_t out;

    if (a->report->scanned
        && a->report->scanned->reach->verdict == PG_REACH_UNKNOWN) {
        out = card(PG_PHRASE_Q_RELAYED, PG_MOOD_WARN,
                   PG_PHRASE_FOUND_UNKNOWN, NULL);
    }
    else if ((a->report->scanned || a->s->from_logs) && a->s->attempts) {
        out = relayed_by_log(a, all);
    }
    else if (n) {
        out = card(PG_PHRASE_Q_RELAYED, PG_MOOD_BAD, PG_PHRASE_RELAYED_YES,
                   number(a, n));
        more(&out, PG_PHRASE_RELAYED_YES_MORE, number(a, n), all, NULL);
    }
    else {
        out = card(PG_PHRASE_Q_RELAYED, PG_MOOD_GOOD, PG_PHRASE_RELAYED_NO,
                   NULL);
        more(&out, attempts ? PG_PHRASE_RELAYED_NO_MORE
                            : PG_PHRASE_RELAYED_NO_NONE,
             all, NULL, NULL);
    }
    not_watched(&out, a);
    if (a->s->permitted) {
        more(&out, PG_PHRASE_PERMITTED, number(a, a->s->permitted), NULL,
             NULL);
    }
    return out;
}

/* --- now, this month, since ---------------------------------------------- */

enum {
    VISITORS_MIN = 10,           /* a day: fewer are chance               */
    TARGETS_MOST = 64,           /* rows searched, of top and of recent   */
    RECENT_MOST = 128
};

/* The newest attempt that is more than a foreign Host; 0 = not known. */
static apr_time_t last_of(const pg_snapshot_t *s)
{
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        if (s->recent[i].family != PG_FAMILY_HOST) {
            return s->recent[i].time;
        }
    }
    return s->by_family[PG_FAMILY_HOST] ? 0 : s->last;
}

/* A log has an end, and no "now". */
static bool is_over(const asker_t *a)
{
    return pg_render_ended(a->report);
}

static pg_card_t now(const asker_t *a)
{
    static const pg_phrase_e words[] = {
        [PG_PACE_UNKNOWN] = PG_PHRASE_NOW_SOME,
        [PG_PACE_NONE] = PG_PHRASE_NOW_NONE,
        [PG_PACE_FEWER] = PG_PHRASE_NOW_FEWER,
        [PG_PACE_USUAL] = PG_PHRASE_NOW_USUAL,
        [PG_PACE_MORE] = PG_PHRASE_NOW_MORE
    };
    const pg_trend_t *t = &a->m->trend;
    apr_time_t last = last_of(a->s);
    pg_card_t out = card(is_over(a) ? PG_PHRASE_Q_END : PG_PHRASE_Q_NOW,
                         t->pace == PG_PACE_MORE ? PG_MOOD_WARN
                                                 : PG_MOOD_PLAIN,
                         words[t->pace], NULL);

    if (t->pace == PG_PACE_UNKNOWN && t->hour == 0 && last) {
        out.answer = (pg_sentence_t){ PG_PHRASE_NOW_LAST,
                                      { time_of(a, last) } };
    }
    else if (t->hour) {
        more(&out, PG_PHRASE_NOW_COUNT, number(a, t->hour), NULL, NULL);
    }
    else if (last) {
        more(&out, PG_PHRASE_NOW_LAST, time_of(a, last), NULL, NULL);
    }
    if (t->hours >= PG_TREND_HOURS_MIN) {
        more(&out, PG_PHRASE_NOW_USUAL_MORE, mean(a, t->usual),
             number(a, t->hours), NULL);
    }
    else if (!is_over(a)) {
        more(&out, PG_PHRASE_NOW_TOO_EARLY, NULL, NULL, NULL);
    }
    if (is_over(a)) {
        more(&out, PG_PHRASE_NOW_END, time_of(a, a->s->taken), NULL, NULL);
    }
    return out;
}

static void figure(pg_card_t *out, const asker_t *a, pg_phrase_e word,
                   pg_figure_t f)
{
    if (f.known) {
        more(out, word, number(a, f.n), NULL, NULL);
    }
}

/* A year back if there is one, since attempts are seasonal. */
static const char *course_of(const asker_t *a)
{
    const pg_trend_t *t = &a->m->trend;
    /* may be read years later: no "last year" */
    apr_time_t today = is_over(a) ? 0 : a->s->taken;

    return pg_course_words(t->year.known ? &t->year : &t->months, today,
                           a->report->view.lang, a->pool);
}

/* Old records have no "this month" and no "last month". */
static const struct {
    pg_phrase_e pace[PG_PACE_MORE + 1];
    pg_phrase_e count, last, year;
} month_words[2] = {
    { { [PG_PACE_UNKNOWN] = PG_PHRASE_MONTH_UNKNOWN,
        [PG_PACE_NONE] = PG_PHRASE_MONTH_NONE,
        [PG_PACE_FEWER] = PG_PHRASE_MONTH_FEWER,
        [PG_PACE_USUAL] = PG_PHRASE_MONTH_USUAL,
        [PG_PACE_MORE] = PG_PHRASE_MONTH_MORE },
      PG_PHRASE_MONTH_COUNT, PG_PHRASE_MONTH_LAST, PG_PHRASE_MONTH_YEAR },
    { { [PG_PACE_UNKNOWN] = PG_PHRASE_END_UNKNOWN,
        [PG_PACE_NONE] = PG_PHRASE_END_NONE,
        [PG_PACE_FEWER] = PG_PHRASE_END_FEWER,
        [PG_PACE_USUAL] = PG_PHRASE_END_USUAL,
        [PG_PACE_MORE] = PG_PHRASE_END_MORE },
      PG_PHRASE_END_COUNT, PG_PHRASE_END_LAST, PG_PHRASE_END_YEAR },
};

static pg_card_t month(const asker_t *a)
{
    const pg_phrase_e *words = month_words[is_over(a)].pace;
    const pg_trend_t *t = &a->m->trend;
    const pg_series_t *months = &a->s->series[PG_PERIOD_MONTH];
    const char *course = course_of(a);
    pg_card_t out = course
        ? card(PG_PHRASE_Q_MONTH, PG_MOOD_PLAIN, PG_PHRASE_COURSE, course)
        : card(PG_PHRASE_Q_MONTH, PG_MOOD_PLAIN, words[t->monthly], NULL);

    if (course && t->monthly != PG_PACE_UNKNOWN) {
        more(&out, words[t->monthly], NULL, NULL, NULL);
    }
    if (months->n) {
        more(&out, month_words[is_over(a)].count, number(a, t->month),
             pg_course_month(months->bucket[months->n - 1].start, 0,
                             a->report->view.lang, a->pool), NULL);
    }
    figure(&out, a, month_words[is_over(a)].last, t->last_month);
    figure(&out, a, month_words[is_over(a)].year, t->last_year);
    if (t->last_month.uneven || t->last_year.uneven || t->year.uneven
        || t->months.uneven) {
        more(&out, PG_PHRASE_MONTH_UNEVEN, NULL, NULL, NULL);
    }
    else if (!t->last_year.known && !t->year.known) {
        more(&out, PG_PHRASE_MONTH_NO_YEAR, NULL, NULL, NULL);
    }
    return out;
}

/* Is the target "host" or "host:port"? */
static bool is_for_host(pg_span_t target, pg_span_t host)
{
    return host.len && pg_span_istarts(target, host)
           && (target.len == host.len || target.ptr[host.len] == ':');
}

/* The name that a recent request with a foreign Host had for this target;
 * absent when there was none. */
static pg_span_t asked_as(const asker_t *a, pg_span_t target)
{
    for (apr_size_t i = 0; i < a->s->recent_count && i < RECENT_MOST; i++) {
        const pg_recent_t *r = &a->s->recent[i];

        if (r->class_id == PG_CLASS_FOREIGN_HOST && !r->host.cut
            && is_for_host(target, r->host.octets)
            && pg_malformed_is_name(r->host.octets)) {
            return pg_span_upto(target, r->host.octets.len);
        }
    }
    return PG_ABSENT;
}

/* A name that many visitors send in Host, and that no virtual host has, is
 * more likely ours than a third party's. Masked, it would help nobody. */
static void perhaps_ours(pg_card_t *out, const asker_t *a)
{
    const pg_top_t *top = &a->s->top[PG_TOP_TARGETS];
    apr_uint64_t days = (apr_uint64_t)((a->s->taken - a->s->since)
                                       / apr_time_from_sec(86400)) + 1;

    for (apr_size_t i = 0; i < top->n && i < TARGETS_MOST; i++) {
        apr_uint64_t daily = top->entry[i].count / days;
        pg_span_t name = asked_as(a, top->entry[i].key.octets);

        if (name.ptr && daily >= VISITORS_MIN && !a->report->view.mask) {
            more(out, PG_PHRASE_HOST_YOURS, number(a, daily),
                 apr_pstrmemdup(a->pool, name.ptr, name.len), NULL);
            return;
        }
    }
}

static void hosts(pg_card_t *out, const asker_t *a)
{
    apr_uint64_t n = a->s->by_family[PG_FAMILY_HOST];

    if (n == 0) {
        return;
    }
    if (a->report->scanned) {
        more(out, PG_PHRASE_HOSTS_IN_ALL, number(a, n), NULL, NULL);
        return;
    }
    more(out, PG_PHRASE_HOSTS_MORE, number(a, n),
         number(a, a->m->trend.hosts), NULL);
    perhaps_ours(out, a);
}

/* Attempts that are in no month. While a server counts, the total may be a few
 * ahead of the months. */
static void without_month(pg_card_t *out, const asker_t *a)
{
    const pg_series_t *months = &a->s->series[PG_PERIOD_MONTH];
    apr_uint64_t sum = 0, noise = a->report->in_file ? 0 : a->s->attempts / 100;

    for (apr_size_t i = 0; i < months->n; i++) {
        sum += months->bucket[i].attempts;
    }
    if (a->report->scanned) {    /* those have a sentence of their own    */
        sum += a->report->scanned->lines[PG_LINES_UNTIMED];
        noise = 0;
    }
    if (a->s->attempts > sum + noise) {
        more(out, PG_PHRASE_SINCE_NO_MONTH, number(a, a->s->attempts - sum),
             NULL, NULL);
    }
}

/* Nothing that was read had a time, or a time in the past. */
static bool is_timeless(const asker_t *a)
{
    return a->report->in_file && a->s->attempts && a->s->first == 0
           && a->s->covered_count == 0
           && (a->report->scanned == NULL || a->report->scanned->last == 0);
}

static pg_card_t since(const asker_t *a)
{
    const pg_distinct_t *d = &a->s->sources;
    pg_card_t out = is_timeless(a)
        ? card(PG_PHRASE_Q_SINCE, PG_MOOD_PLAIN, PG_PHRASE_SINCE_UNKNOWN, NULL)
        : card(PG_PHRASE_Q_SINCE, PG_MOOD_PLAIN, PG_PHRASE_SINCE_TIME,
               time_of(a, pg_covered_since(a->s)));

    more(&out, d->relative_error > 0 ? PG_PHRASE_SINCE_MORE_ABOUT
                                     : PG_PHRASE_SINCE_MORE,
         number(a, a->s->attempts), number(a, d->estimate),
         mean(a, d->relative_error * 100));
    if (a->s->sources_elsewhere) {
        more(&out, PG_PHRASE_SINCE_ELSEWHERE,
             number(a, a->s->sources_elsewhere), NULL, NULL);
    }
    if (a->s->in_memory) {
        more(&out, PG_PHRASE_SINCE_MEMORY, NULL, NULL, NULL);
    }
    without_month(&out, a);
    hosts(&out, a);
    return out;
}

int pg_answers_of(pg_card_t out[PG_ANSWERS_MAX], const pg_measured_t *m,
                  apr_pool_t *pool)
{
    asker_t a = { m, m->report, m->s, pool };
    int n = 0;

    if (!a.report->in_file) {
        out[n++] = open_proxy(&a);
    }
    if (a.s == NULL) {
        return n;
    }
    out[n++] = relayed(&a);
    if (!is_timeless(&a)) {
        if (!a.report->scanned || a.report->scanned->last) {
            out[n++] = now(&a);
        }
        out[n++] = month(&a);
    }
    out[n++] = since(&a);
    return n;
}

/* --- captured mail ------------------------------------------------------- */

int pg_answers_captured(pg_sentence_t out[PG_ANSWERS_CAPTURED],
                        const pg_capture_t *c, apr_pool_t *pool)
{
    const asker_t a = { .pool = pool };

    if (c->spool_most == 0 && c->conversations + c->held == 0) {
        return 0;
    }
    out[0] = (pg_sentence_t){
        PG_PHRASE_SINK_MAILS,
        { number(&a, c->mails), number(&a, c->conversations + c->held),
          number(&a, c->campaign_count) }
    };
    out[1] = (pg_sentence_t){
        PG_PHRASE_SINK_CUT,
        { number(&a, c->kept[PG_KEEP_CUT]), number(&a, c->kept[PG_KEEP_LOST]),
          number(&a, c->held) }
    };
    out[2] = (pg_sentence_t){
        PG_PHRASE_SINK_SPOOL,
        { number(&a, c->spool >> 10), number(&a, c->spool_most >> 10) }
    };
    return PG_ANSWERS_CAPTURED;
}
