/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include "pg_chart.h"
#include "pg_course.h"
#include "pg_covered.h"
#include "pg_trend.h"

#define SECOND apr_time_from_sec(1)
#define HOUR (3600 * SECOND)
#define DAY (86400 * SECOND)
/* 2014-11-23T15:30:00Z and the starts around it */
#define NOW (1416756600 * SECOND)
#define THIS_HOUR (1416754800 * SECOND)
#define TODAY (1416700800 * SECOND)
/* 1 October 2014, 2013, and 1 November 2014 */
#define OCTOBER (1412121600 * SECOND)
#define YEAR_BEFORE (1380585600 * SECOND)
#define NOVEMBER (1414800000 * SECOND)

static pg_bucket_t minutes[120], hours[336], days[800], month;

/* hourly attempts in each hour before; `last` in the last 60 minutes */
static pg_snapshot_t snapshot(apr_uint64_t hourly, apr_uint64_t last,
                              apr_time_t since)
{
    pg_snapshot_t s = { .taken = NOW, .since = since };

    memset(minutes, 0, sizeof(minutes));
    memset(hours, 0, sizeof(hours));
    memset(days, 0, sizeof(days));
    for (int i = 0; i < 120; i++) {
        minutes[i].start = NOW - (119 - i) * 60 * SECOND;
    }
    minutes[59].attempts = 1000;           /* an hour ago: not counted     */
    minutes[60].attempts = last / 2;
    minutes[115].attempts = last - last / 2;
    for (int i = 0; i < 336; i++) {
        hours[i].start = THIS_HOUR - (335 - i) * HOUR;
        hours[i].attempts = hours[i].start >= since ? hourly : 0;
    }
    for (int i = 0; i < 800; i++) {
        days[i].start = TODAY - (799 - i) * DAY;
        days[i].attempts = 1;
    }
    s.series[PG_PERIOD_MINUTE] = (pg_series_t){ minutes, 120 };
    s.series[PG_PERIOD_HOUR] = (pg_series_t){ hours, 336 };
    s.series[PG_PERIOD_DAY] = (pg_series_t){ days, 800 };
    month.start = NOVEMBER;
    s.series[PG_PERIOD_MONTH] = (pg_series_t){ &month, 1 };
    return s;
}

static const struct {
    apr_uint64_t hourly, last;
    apr_time_t age;
    pg_pace_e pace;
} paces[] = {
    { 0, 0, 30 * DAY, PG_PACE_NONE },
    { 10, 0, 30 * DAY, PG_PACE_NONE },
    { 10, 9, 30 * DAY, PG_PACE_USUAL },
    { 10, 16, 30 * DAY, PG_PACE_USUAL },
    { 10, 17, 30 * DAY, PG_PACE_MORE },
    { 10, 3, 30 * DAY, PG_PACE_FEWER },
    { 1, 3, 30 * DAY, PG_PACE_USUAL },     /* a quiet server's few       */
    { 0, 1, 30 * DAY, PG_PACE_MORE },      /* the first in a fortnight   */
    { 10, 99, 23 * HOUR, PG_PACE_UNKNOWN },
    { 10, 99, 26 * HOUR, PG_PACE_MORE },
};

PG_TEST_SUITE(trend, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_EACH(the_last_hour_is_judged_by_the_hours_before, paces)
{
    pg_snapshot_t s = snapshot(paces[_i].hourly, paces[_i].last,
                               NOW - paces[_i].age);
    pg_trend_t t;

    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hour, paces[_i].last);
    ck_assert_int_eq(t.pace, paces[_i].pace);
}

PG_TEST(foreign_hosts_are_counted_for_themselves)
{
    pg_snapshot_t s = snapshot(10, 9, NOW - 60 * DAY);
    pg_trend_t t;

    s.attempts = 1000;
    s.by_family[PG_FAMILY_HOST] = 900;
    minutes[116].attempts = minutes[116].by_family[PG_FAMILY_HOST] = 500;
    for (int i = 0; i < 336; i++) {
        hours[i].attempts += 70;
        hours[i].by_family[PG_FAMILY_HOST] = 70;
    }
    days[790].attempts += 4000;
    days[790].by_family[PG_FAMILY_HOST] = 4000;
    month.attempts = 50;
    month.by_family[PG_FAMILY_HOST] = 20;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hour, 9);
    ck_assert_int_eq(t.pace, PG_PACE_USUAL);
    ck_assert(t.usual > 9.9 && t.usual < 10.1);
    ck_assert_uint_eq(t.month, 30);
    ck_assert_uint_eq(t.last_month.n, 23);
    ck_assert_uint_eq(t.hosts, 24 * 70);
    ck_assert_uint_eq(pg_trend_attempts(&s), 100);
    s.by_family[PG_FAMILY_HOST] = 1001;          /* read while it is written */
    ck_assert_uint_eq(pg_trend_attempts(&s), 0);
    memset(&month, 0, sizeof(month));
}

PG_TEST(months_are_compared_up_to_the_same_day)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_trend_t t;

    month.attempts = 60;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 23);
    ck_assert(t.last_month.known && t.last_year.known);
    ck_assert_uint_eq(t.last_month.n, 23);
    ck_assert_uint_eq(t.last_year.n, 23);
    ck_assert_int_eq(t.monthly, PG_PACE_MORE);
    month.attempts = 20;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.monthly, PG_PACE_USUAL);
}

/* The history of days may begin with the month that is asked for. */
PG_TEST(a_month_may_begin_with_the_history)
{
    apr_size_t first = 799 - (TODAY - OCTOBER) / DAY;

    for (apr_size_t later = 0; later < 2; later++) {
        pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
        pg_trend_t t;

        s.series[PG_PERIOD_DAY] = (pg_series_t){ days + first + later,
                                                 800 - first - later };
        pg_trend_of(&t, &s);
        ck_assert_int_eq(t.last_month.known, later == 0);
        ck_assert(later || t.last_month.n == 23);
    }
}

PG_TEST(a_day_that_has_just_begun_is_compared_with_as_little_of_its_own)
{
    pg_trend_t t;
    pg_snapshot_t s = snapshot(1, 1, NOW - 799 * DAY);

    /* ten minutes after midnight, 1 November: October's 1st had 4,000 */
    s.taken = 1414800600 * SECOND;
    for (int i = 0; i < 800; i++) {
        days[i].attempts = 4000;
    }
    month.attempts = 30;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.last_month.n, 4000);
    ck_assert_int_eq(t.monthly, PG_PACE_USUAL);
}

PG_TEST(what_was_not_counted_is_not_compared_with)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 60 * DAY);
    pg_trend_t t;

    pg_trend_of(&t, &s);
    ck_assert(t.last_month.known);
    ck_assert(!t.last_year.known);
    s.since = NOW - 10 * DAY;
    pg_trend_of(&t, &s);
    ck_assert(!t.last_month.known);
    ck_assert_int_eq(t.monthly, PG_PACE_UNKNOWN);
}

PG_TEST(a_window_is_summed_from_the_finest_history_that_reaches_it)
{
    pg_snapshot_t s = snapshot(0, 0, 0);
    apr_uint64_t n[PG_CLASS_COUNT];

    minutes[115].attempts = minutes[115].by_class[PG_CLASS_SOCKS] = 3;
    hours[300].attempts = hours[300].by_class[PG_CLASS_ABSOLUTE] = 5;
    ck_assert_uint_eq(pg_trend_window(n, &s, 10 * 60 * SECOND), 3);
    ck_assert_uint_eq(n[PG_CLASS_SOCKS], 3);
    ck_assert_uint_eq(pg_trend_window(n, &s, 2 * 60 * SECOND), 0);
    ck_assert_uint_eq(pg_trend_window(n, &s, 3 * DAY), 5);
    ck_assert_uint_eq(n[PG_CLASS_ABSOLUTE], 5);
    ck_assert_uint_eq(pg_trend_window(n, &s, 30 * DAY), 30);
}

/* Of this month two minutes were watched, and the whole of the last one. */
PG_TEST(a_month_that_was_watched_in_part_is_not_compared)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_range_t seen[2] = { { NOW - 90 * DAY, TODAY - 22 * DAY },
                           { NOW - 120 * SECOND, NOW } };
    pg_trend_t t;

    month.attempts = 3;
    s.covered = seen;
    s.covered_count = 2;
    pg_trend_of(&t, &s);
    ck_assert(t.last_month.known);
    ck_assert_int_eq(t.monthly, PG_PACE_UNKNOWN);
    seen[1].from = TODAY - 22 * DAY;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.monthly, PG_PACE_FEWER);
    month.attempts = 0;
}

PG_TEST(an_empty_snapshot_has_no_trend)
{
    pg_snapshot_t s = { .taken = NOW, .since = NOW };
    pg_trend_t t;

    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hour, 0);
    ck_assert_int_eq(t.pace, PG_PACE_NONE);
    ck_assert(!t.last_month.known && !t.last_year.known);
}

static const struct {
    apr_uint64_t now, then;
    pg_change_e change;
} changes[] = {
    { 0, 0, PG_CHANGE_SAME },
    { 4, 0, PG_CHANGE_UNSURE },          /* 4 = 2 sqrt(4 + 0): chance     */
    { 5, 0, PG_CHANGE_NEW },
    { 0, 5, PG_CHANGE_GONE },
    { 1100, 1000, PG_CHANGE_SAME },      /* a tenth is no more than usual */
    { 1101, 1000, PG_CHANGE_RISEN },
    { 2000, 1000, PG_CHANGE_RISEN },
    { 2001, 1000, PG_CHANGE_DOUBLED },
    { 3000, 1000, PG_CHANGE_DOUBLED },
    { 3001, 1000, PG_CHANGE_MANIFOLD },
    { 899, 1000, PG_CHANGE_FALLEN },
    { 500, 1000, PG_CHANGE_FALLEN },
    { 499, 1000, PG_CHANGE_HALVED },
    { 40, 50, PG_CHANGE_UNSURE },        /* a fifth, but by chance        */
};

PG_TEST_EACH(a_change_is_one_only_beyond_a_tenth_and_beyond_chance, changes)
{
    ck_assert_int_eq(pg_trend_change(changes[_i].now, changes[_i].then),
                     changes[_i].change);
}

static pg_snapshot_t two_months(pg_bucket_t *both)
{
    pg_snapshot_t s = { .taken = NOW, .since = YEAR_BEFORE };

    memset(both, 0, 3 * sizeof(*both));
    both[2].start = NOVEMBER;
    both[0].start = YEAR_BEFORE;
    both[0].by_family[PG_FAMILY_CONNECT] = 795;
    both[0].by_family[PG_FAMILY_HOST] = 5;
    both[1].start = OCTOBER;
    both[1].by_family[PG_FAMILY_CONNECT] = 1957;
    s.series[PG_PERIOD_MONTH] = (pg_series_t){ both, 3 };
    return s;
}

PG_TEST(a_month_is_compared_with_the_same_a_year_ago_family_by_family)
{
    pg_bucket_t both[3];
    pg_snapshot_t s = two_months(both);
    pg_trend_t t;

    pg_trend_of(&t, &s);
    ck_assert(t.year.known && !t.months.known);
    ck_assert_int_eq(t.year.change[PG_FAMILY_CONNECT], PG_CHANGE_DOUBLED);
    ck_assert_str_eq(pg_course_words(&t.year, NOW, PG_LANG_EN, pool),
                     "CONNECT has more than doubled since October last year.");
    ck_assert_str_eq(pg_course_words(&t.year, 0, PG_LANG_EN, pool),
                     "CONNECT has more than doubled since October 2013.");
    ck_assert_ptr_null(pg_course_words(&t.months, NOW, PG_LANG_EN, pool));
}

/* Now and then of GET and CONNECT, a rise and a fall: 1 after 0 is as much as
 * 2 after 1. What changed more comes first; of equal ones, GET. */
static const struct {
    apr_uint64_t get[2], connect[2];
    bool get_first;
} distances[] = {
    { { 1, 0 }, { 30, 14 }, false }, { { 1, 0 }, { 26, 13 }, true },
    { { 0, 1 }, { 14, 30 }, false }, { { 0, 1 }, { 13, 26 }, true },
    { { 30, 14 }, { 0, 1 }, true },  { { 26, 13 }, { 0, 1 }, false },
    { { 3, 1 }, { 1, 3 }, true },    { { 1, 3 }, { 3, 1 }, true },
    { { 0, 1 }, { 30, 14 }, false }, { { 26, 13 }, { 1, 0 }, false },
    { { 5, 5 }, { 7, 7 }, true },    { { 7, 7 }, { 5, 4 }, false },
};

PG_TEST_EACH(the_family_that_changed_most_is_named_first, distances)
{
    pg_course_t course = { .known = true, .before = OCTOBER };
    const char *words;

    for (int i = 0; i < 2; i++) {
        apr_uint64_t *count = i ? course.then : course.now;
        count[PG_FAMILY_GET] = distances[_i].get[i];
        count[PG_FAMILY_CONNECT] = distances[_i].connect[i];
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        course.change[f] = course.now[f] > course.then[f] ? PG_CHANGE_RISEN
                                                          : PG_CHANGE_FALLEN;
    }
    words = pg_course_words(&course, NOW, PG_LANG_EN, pool);
    ck_assert_msg((strncmp(words, "GET", 3) == 0) == distances[_i].get_first,
                  "%s", words);
    ck_assert_ptr_nonnull(strstr(words, "since October"));
    ck_assert(strstr(words, "GET") && strstr(words, "CONNECT"));
    ck_assert_ptr_null(strstr(words, "SOCKS"));
    for (int same = 0; same < 2; same++) {        /* after what did change */
        course.change[PG_FAMILY_CONNECT] = same ? PG_CHANGE_SAME
                                                : PG_CHANGE_UNSURE;
        words = pg_course_words(&course, NOW, PG_LANG_EN, pool);
        ck_assert_msg(strncmp(words, "GET", 3) == 0, "%s", words);
    }
}

static const struct {
    apr_time_t month, today;
    const char *name;
} names[] = {
    { OCTOBER, NOW, "October" }, { OCTOBER, 0, "October 2014" },
    { YEAR_BEFORE, NOW, "October last year" },
    { YEAR_BEFORE, 0, "October 2013" },
    { YEAR_BEFORE - 365 * DAY, NOW, "October 2012" },
    { OCTOBER, YEAR_BEFORE, "October 2014" },
    { NOVEMBER, NOW, "November" },
};

PG_TEST_EACH(a_month_is_named_with_its_year_unless_it_is_this_one, names)
{
    ck_assert_str_eq(pg_course_month(names[_i].month, names[_i].today,
                                     PG_LANG_EN, pool), names[_i].name);
}

PG_TEST(what_nobody_watched_is_not_compared)
{
    pg_bucket_t both[3];
    pg_snapshot_t s = two_months(both);
    /* nineteen twentieths of October 2014, then a gap until now */
    pg_range_t seen[2] = { { YEAR_BEFORE, OCTOBER + 31 * DAY * 95 / 100 },
                           { NOVEMBER, NOW } };
    pg_trend_t t;

    s.covered = seen;
    s.covered_count = 2;
    pg_trend_of(&t, &s);
    ck_assert(t.year.known);
    seen[0].to -= 3600 * SECOND;
    pg_trend_of(&t, &s);
    ck_assert(!t.year.known);
    ck_assert(pg_covered_whole(&s, NOVEMBER, NOVEMBER + DAY));
    ck_assert(pg_covered_part(&s, NOVEMBER - DAY, NOVEMBER) <= 0);
    ck_assert_int_eq(pg_covered_since(&s), YEAR_BEFORE);
}

PG_TEST(a_foreign_host_is_left_out_of_the_trend)
{
    pg_snapshot_t s = snapshot(10, 9, NOW - 30 * DAY);
    pg_trend_t t;

    for (int i = 0; i < 336; i++) {
        hours[i].by_family[PG_FAMILY_HOST] = hours[i].attempts / 2;
    }
    minutes[115].by_family[PG_FAMILY_HOST] = 4;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hour, 5);
    ck_assert_double_eq(t.usual, 5);
}

PG_TEST(a_bucket_ends_where_the_next_one_begins)
{
    pg_bucket_t b = { .start = OCTOBER };

    ck_assert_int_eq(pg_covered_end(&b, PG_PERIOD_MONTH), NOVEMBER);
    ck_assert_int_eq(pg_covered_end(&b, PG_PERIOD_DAY), OCTOBER + DAY);
    ck_assert_int_eq(pg_covered_end(&b, PG_PERIOD_HOUR), OCTOBER + HOUR);
    ck_assert_int_eq(pg_covered_end(&b, PG_PERIOD_MINUTE),
                     OCTOBER + 60 * SECOND);
    ck_assert_int_eq(pg_trend_month(NOW, 1), OCTOBER);
    ck_assert_int_eq(pg_trend_month(NOW, 13), YEAR_BEFORE);
}

static const apr_uint64_t steps[][2] = {
    { 0, 1 }, { 1, 1 }, { 4, 1 }, { 5, 2 }, { 9, 5 }, { 40, 10 }, { 41, 20 },
    { 3422, 1000 }, { 20000, 5000 }, { 20001, 10000 },
};

PG_TEST_EACH(axes_have_round_numbers, steps)
{
    ck_assert_uint_eq(pg_chart_step(steps[_i][0], 4), steps[_i][1]);
}

PG_TEST(an_axis_for_the_largest_number_is_found)
{
    ck_assert_uint_ge(pg_chart_step(APR_UINT64_MAX - 3, 4), 1);
}
