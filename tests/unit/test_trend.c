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

/* --- at the bounds ------------------------------------------------------- */

/* The usual is the mean of 30 hours that have `low` and `high` in turn. */
static const struct {
    apr_uint64_t low, high, hour;
    pg_pace_e pace;
} bounds[] = {
    { 4, 4, 0, PG_PACE_NONE }, { 4, 4, 1, PG_PACE_USUAL },
    { 4, 4, 8, PG_PACE_USUAL }, { 4, 4, 9, PG_PACE_MORE },
    { 16, 16, 7, PG_PACE_FEWER }, { 16, 16, 8, PG_PACE_USUAL },
    { 16, 16, 24, PG_PACE_USUAL }, { 16, 16, 25, PG_PACE_MORE },
    { 0, 20, 30, PG_PACE_USUAL }, { 0, 20, 31, PG_PACE_MORE },
    { 80, 120, 59, PG_PACE_FEWER }, { 80, 120, 60, PG_PACE_USUAL },
};

PG_TEST_EACH(two_deviations_are_usual_and_one_more_is_not, bounds)
{
    pg_snapshot_t s = snapshot(0, bounds[_i].hour, THIS_HOUR - 30 * HOUR);
    pg_trend_t t;

    for (int i = 0; i < 30; i++) {
        hours[305 + i].attempts = i % 2 ? bounds[_i].low : bounds[_i].high;
    }
    hours[335].attempts = 5000;          /* not over yet                   */
    hours[304].attempts = 5000;          /* not watched                    */
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 30);
    ck_assert_double_eq(t.usual,
                        (double)(bounds[_i].low + bounds[_i].high) / 2);
    ck_assert_int_eq(t.pace, bounds[_i].pace);
}

PG_TEST(an_hour_that_is_nearly_over_is_not_usual_yet)
{
    pg_snapshot_t s = snapshot(10, 0, THIS_HOUR - 30 * HOUR);
    pg_trend_t t;

    s.taken = THIS_HOUR + 59 * 60 * SECOND;
    hours[335].attempts = 5000;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 30);
    ck_assert_double_eq(t.usual, 10);
    s = snapshot(10, 0, NOW - 30 * DAY);
    hours[0].attempts = 345;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 335);
    ck_assert_double_eq(t.usual, 11);
}

/* Eleven hours with three and nineteen with none make 3.99 at most. */
PG_TEST(the_deviation_is_that_of_all_hours)
{
    pg_snapshot_t s = snapshot(0, 4, THIS_HOUR - 30 * HOUR);
    pg_trend_t t;

    for (int i = 0; i < 11; i++) {
        hours[305 + i].attempts = 3;
    }
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.pace, PG_PACE_MORE);
    minutes[60].attempts = 1;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hour, 3);
    ck_assert_int_eq(t.pace, PG_PACE_USUAL);
}

PG_TEST(a_pace_is_known_after_a_day_of_hours)
{
    for (apr_size_t n = 23; n < 26; n++) {
        pg_snapshot_t s = snapshot(1, 50, THIS_HOUR - (apr_time_t)n * HOUR);
        pg_trend_t t;

        pg_trend_of(&t, &s);
        ck_assert_uint_eq(t.hours, n);
        ck_assert_int_eq(t.pace, n < 24 ? PG_PACE_UNKNOWN : PG_PACE_MORE);
    }
}

/* What began so long ago that a microsecond decides. */
PG_TEST(an_hour_and_a_day_are_counted_to_the_microsecond)
{
    for (int late = 0; late < 2; late++) {
        pg_snapshot_t s = snapshot(0, 0, NOW - 30 * DAY);
        apr_uint64_t n[PG_CLASS_COUNT];
        pg_trend_t t;

        minutes[0].attempts = 7;
        minutes[0].start = NOW - HOUR + late;
        hours[0].start = NOW - DAY + late;
        hours[0].by_family[PG_FAMILY_HOST] = 9;
        pg_trend_of(&t, &s);
        ck_assert_uint_eq(t.hour, late ? 7 : 0);
        ck_assert_uint_eq(t.hosts, late ? 9 : 0);
        s.attempts = 1;                  /* do the minutes reach so far?   */
        pg_trend_of(&t, &s);
        ck_assert_int_eq(t.pace, late ? PG_PACE_UNKNOWN : PG_PACE_NONE);
        minutes[0].start = NOW - HOUR;
        minutes[0].by_class[PG_CLASS_SOCKS] = 5;
        minutes[1].start = NOW - HOUR + 1;
        minutes[1].attempts = minutes[1].by_class[PG_CLASS_MALFORMED] = 2;
        hours[0].by_class[PG_CLASS_SOCKS] = hours[0].attempts = 100;
        hours[0].start = NOW - DAY;
        hours[1].start = NOW - DAY + 1;
        hours[1].attempts = hours[1].by_class[PG_CLASS_ABSOLUTE] = 11;
        hours[335].attempts = hours[335].by_class[PG_CLASS_ABSOLUTE] = 40;
        ck_assert_uint_eq(pg_trend_window(n, &s, HOUR + late),
                          late ? 40 : 2);
        ck_assert_uint_eq(n[PG_CLASS_MALFORMED], late ? 0 : 2);
        ck_assert_uint_eq(n[PG_CLASS_ABSOLUTE], late ? 40 : 0);
        ck_assert_uint_eq(n[PG_CLASS_SOCKS], 0);
        s.series[PG_PERIOD_MINUTE].n = 0;
        ck_assert_uint_eq(pg_trend_window(n, &s, HOUR), 40);
        ck_assert_uint_eq(pg_trend_window(n, &s, DAY), 51);
        ck_assert_uint_eq(n[PG_CLASS_ABSOLUTE], 51);
        ck_assert_uint_eq(pg_trend_window(n, &s, DAY + 1), 1);
        month.attempts = month.by_class[PG_CLASS_SOCKS] = 70;
        ck_assert_uint_eq(pg_trend_window(n, &s, 900 * DAY), 70);
        ck_assert_uint_eq(n[PG_CLASS_SOCKS], 70);
        memset(&month, 0, sizeof(month));
    }
}

PG_TEST(without_minutes_nothing_is_known_of_an_hour_that_had_attempts)
{
    pg_snapshot_t s = snapshot(10, 0, NOW - 30 * DAY);
    pg_trend_t t;

    s.series[PG_PERIOD_MINUTE] = (pg_series_t){ NULL, 0 };
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.pace, PG_PACE_NONE);
    s.attempts = 1;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.pace, PG_PACE_UNKNOWN);
}

/* Hours that two ledgers watched say nothing of one that one watched. */
PG_TEST(only_hours_that_as_many_watched_are_usual)
{
    pg_snapshot_t s = snapshot(10, 9, THIS_HOUR - 60 * HOUR);
    pg_watched_t by[] = {
        { { THIS_HOUR - 60 * HOUR, THIS_HOUR - 30 * HOUR }, 2 },
        { { THIS_HOUR - 30 * HOUR, NOW }, 1 },
    };
    pg_trend_t t;

    s.watched = by;
    s.watched_count = 2;
    for (int i = 275; i < 305; i++) {
        hours[i].attempts = 70;
    }
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 30);
    ck_assert_double_eq(t.usual, 10);
    by[1].by = 2;
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 60);
    ck_assert_double_eq(t.usual, 40);
    by[1].time.to = NOW - HOUR / 2;      /* half of it by one, half by two */
    s.watched_count = 3;
    s.watched = (pg_watched_t[]){ by[0], by[1],
                                  { { NOW - HOUR / 2, NOW }, 1 } };
    pg_trend_of(&t, &s);
    ck_assert_uint_eq(t.hours, 0);
    ck_assert_double_eq(t.usual, 0);
    ck_assert_int_eq(t.pace, PG_PACE_UNKNOWN);
}

static const struct {
    apr_time_t since, taken, now;
    pg_reached_e reached;
} reaches[] = {
    { OCTOBER, NOVEMBER, NOW, PG_REACHED_WHOLE },
    { NOVEMBER - 1, NOVEMBER, NOW, PG_REACHED_WHOLE },
    { OCTOBER, NOVEMBER - 1, NOVEMBER - 1, PG_REACHED_SO_FAR },
    { OCTOBER, NOVEMBER - 1, NOVEMBER, PG_REACHED_WHOLE },
    { OCTOBER, OCTOBER, OCTOBER, PG_REACHED_SO_FAR },
    { OCTOBER - DAY, OCTOBER, NOW, PG_REACHED_WHOLE },
    { OCTOBER - DAY, OCTOBER + 1, NOW, PG_REACHED_END },
    { OCTOBER, OCTOBER + 31 * DAY * 19 / 20, NOW, PG_REACHED_WHOLE },
    { OCTOBER, OCTOBER + 31 * DAY * 19 / 20 - SECOND, NOW, PG_REACHED_END },
};

PG_TEST_EACH(a_month_is_whole_if_the_records_practically_end_with_it, reaches)
{
    pg_snapshot_t s = { .taken = reaches[_i].taken,
                        .since = reaches[_i].since };

    ck_assert_int_eq(pg_trend_reached(&s, OCTOBER, reaches[_i].now),
                     reaches[_i].reached);
}

/* This month, and what there were in the one before it up to the same day: a
 * tenth, or two deviations of what chance makes, is as usual. */
static const struct {
    apr_uint64_t daily, month;
    pg_pace_e pace;
} monthly[] = {
    { 0, 0, PG_PACE_NONE }, { 0, 1, PG_PACE_MORE },
    { 1, 0, PG_PACE_NONE },
    /* 16 days of 1: 16 - 8, 16 + 8 */
    { 1, 7, PG_PACE_FEWER }, { 1, 8, PG_PACE_USUAL },
    { 1, 24, PG_PACE_USUAL }, { 1, 25, PG_PACE_MORE },
    /* of 100: 1600 - 160, 1600 + 160 */
    { 100, 1439, PG_PACE_FEWER }, { 100, 1440, PG_PACE_USUAL },
    { 100, 1760, PG_PACE_USUAL }, { 100, 1761, PG_PACE_MORE },
};

PG_TEST_EACH(this_month_is_judged_by_as_much_of_the_last_one, monthly)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_trend_t t;

    s.taken = NOVEMBER + 16 * DAY;       /* the 17th begins                */
    for (int i = 0; i < 800; i++) {
        days[i].attempts = days[i].start < OCTOBER ? 900 : monthly[_i].daily;
    }
    month.attempts = monthly[_i].month;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 17);
    ck_assert_uint_eq(t.last_month.n, 17 * monthly[_i].daily);
    ck_assert_int_eq(t.monthly, monthly[_i].pace);
    month.attempts = 0;
}

/* It began a day ago, and half of that nobody watched. */
PG_TEST(a_month_is_judged_only_if_it_was_watched_itself)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_range_t seen[2] = { { NOW - 90 * DAY, NOVEMBER },
                           { NOVEMBER + DAY / 2, NOVEMBER + DAY } };
    pg_trend_t t;

    s.covered = seen;
    s.covered_count = 2;
    s.taken = NOVEMBER + DAY;
    pg_trend_of(&t, &s);
    ck_assert(t.last_month.known);
    ck_assert_int_eq(t.monthly, PG_PACE_UNKNOWN);
    seen[1].from = NOVEMBER;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.monthly, PG_PACE_NONE);
}

/* Of the 16th, which had 3200, so much as of today is over. */
PG_TEST(today_is_compared_with_the_same_hours)
{
    static const struct {
        apr_time_t time;
        apr_uint64_t before;
    } rows[] = {
        { 0, 0 }, { 1, 0 }, { 60, 2 }, { 6 * 3600, 800 },
        { 12 * 3600 + 59, 1600 }, { 18 * 3600 + 27 * 60, 2460 },
        { 86399, 3197 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        apr_uint64_t margin =
            (apr_uint64_t)(rows[i].before < 400
                               ? 3 : (double)rows[i].before / 10);
        pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
        pg_trend_t t;

        s.taken = NOVEMBER + 15 * DAY + rows[i].time * SECOND;
        for (int d = 0; d < 800; d++) {
            days[d].attempts = days[d].start == OCTOBER + 15 * DAY ? 3200 : 0;
        }
        month.attempts = rows[i].before + margin + 2;
        pg_trend_of(&t, &s);
        ck_assert_int_eq(t.monthly, PG_PACE_MORE);
        if (rows[i].before) {
            month.attempts = rows[i].before + margin - 1;
            pg_trend_of(&t, &s);
            ck_assert_int_eq(t.monthly, PG_PACE_USUAL);
        }
    }
    month.attempts = 0;
}

/* Old records end in October, and their months with it. */
PG_TEST(the_trend_of_old_records_is_that_of_their_last_month)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_bucket_t last = { .start = OCTOBER, .attempts = 12 };
    pg_trend_t t;

    s.series[PG_PERIOD_MONTH] = (pg_series_t){ &last, 1 };
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 31);
    ck_assert_uint_eq(t.month, 12);
    ck_assert_uint_eq(t.last_month.n, 30);       /* all of September        */
    ck_assert_uint_eq(t.last_year.n, 31);
    ck_assert_int_eq(t.year.month, OCTOBER - 30 * DAY);
    s.taken = NOVEMBER;                  /* the instant at which it is over */
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 31);
    ck_assert_int_eq(t.year.month, OCTOBER - 30 * DAY);
    s.taken = OCTOBER + DAY - 1;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 1);
    ck_assert_uint_eq(t.last_month.n, 1);
    s.series[PG_PERIOD_MONTH].n = 0;
    s.taken = NOVEMBER;
    pg_trend_of(&t, &s);
    ck_assert_int_eq(t.days, 1);
    ck_assert_uint_eq(t.month, 0);
    ck_assert_int_eq(t.year.month, OCTOBER);
    ck_assert_int_eq(t.year.before, YEAR_BEFORE);
    ck_assert_int_eq(t.months.month, OCTOBER);
    ck_assert_int_eq(t.months.before, OCTOBER - 30 * DAY);
}

/* Days of a month that more ledgers watched are known, but not compared. */
PG_TEST(months_are_compared_only_if_as_many_watched_them)
{
    pg_snapshot_t s = snapshot(0, 0, NOW - 790 * DAY);
    pg_watched_t by[] = { { { NOW - 790 * DAY, OCTOBER }, 1 },
                          { { OCTOBER, NOVEMBER }, 3 },
                          { { NOVEMBER, NOW }, 1 } };
    pg_trend_t t;

    s.watched = by;
    s.watched_count = 3;
    pg_trend_of(&t, &s);
    ck_assert(!t.last_month.known && t.last_month.uneven);
    ck_assert(t.last_year.known && !t.last_year.uneven);
    ck_assert_uint_eq(t.last_month.n, 23);
    ck_assert_int_eq(t.monthly, PG_PACE_UNKNOWN);
    by[1].by = 1;
    pg_trend_of(&t, &s);
    ck_assert(t.last_month.known && !t.last_month.uneven);
    ck_assert_int_eq(t.monthly, PG_PACE_NONE);
    s.series[PG_PERIOD_DAY].n = 0;
    pg_trend_of(&t, &s);
    ck_assert(!t.last_month.known && !t.last_month.uneven);
}

/* Each figure another number, so that none is taken for another. */
PG_TEST(a_course_has_each_familys_figures)
{
    pg_bucket_t both[2] = { { .start = OCTOBER - 30 * DAY },
                            { .start = OCTOBER } };
    pg_snapshot_t s = { .taken = NOVEMBER, .since = OCTOBER - 30 * DAY,
                        .series = { [PG_PERIOD_MONTH] = { both, 2 } } };
    pg_watched_t by[] = { { { OCTOBER - 30 * DAY, OCTOBER }, 2 },
                          { { OCTOBER, NOVEMBER }, 2 } };
    pg_course_t course;

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        both[0].by_family[f] = 1000 + 10 * (apr_uint64_t)f;
        both[1].by_family[f] = (apr_uint64_t)(100 * (f + 1) * (f + 1));
    }
    pg_trend_compare(&course, &s, OCTOBER, OCTOBER - 30 * DAY);
    ck_assert(course.known && !course.uneven);
    ck_assert_int_eq(course.month, OCTOBER);
    ck_assert_int_eq(course.before, OCTOBER - 30 * DAY);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        ck_assert_uint_eq(course.then[f], both[0].by_family[f]);
        ck_assert_uint_eq(course.now[f], both[1].by_family[f]);
        ck_assert_int_eq(course.change[f],
                         pg_trend_change(course.now[f], course.then[f]));
    }
    s.watched = by;
    s.watched_count = 2;
    pg_trend_compare(&course, &s, OCTOBER, OCTOBER - 30 * DAY);
    ck_assert(course.known && !course.uneven);
    by[0].by = 1;
    pg_trend_compare(&course, &s, OCTOBER, OCTOBER - 30 * DAY);
    ck_assert(!course.known && course.uneven);
    ck_assert_uint_eq(course.now[0], both[1].by_family[0]);
    pg_trend_compare(&course, &s, OCTOBER - 30 * DAY, OCTOBER - 61 * DAY);
    ck_assert(!course.known && !course.uneven && course.now[0] == 0);
    pg_trend_compare(&course, &s, NOVEMBER, OCTOBER);
    ck_assert(!course.known && !course.uneven && course.then[0] == 0);
}

/* What lies between two months, and after them, is not theirs. */
PG_TEST(months_are_compared_whatever_lies_between)
{
    static const apr_time_t august = OCTOBER - 61 * DAY;
    pg_bucket_t both[] = { { .start = august }, { .start = OCTOBER } };
    pg_range_t seen[] = { { august, august + 31 * DAY },
                          { OCTOBER, NOVEMBER } };
    pg_watched_t by[] = { { { august, august + 31 * DAY }, 2 },
                          { { august + 31 * DAY, OCTOBER }, 5 },
                          { { OCTOBER, NOVEMBER }, 2 },
                          { { NOVEMBER, NOW }, 5 } };
    pg_snapshot_t s = { .taken = NOW, .since = august,
                        .covered = seen, .covered_count = 2,
                        .watched = by, .watched_count = 4,
                        .series = { [PG_PERIOD_MONTH] = { both, 2 } } };
    pg_course_t course;

    pg_trend_compare(&course, &s, OCTOBER, august);
    ck_assert(course.known && !course.uneven);
    for (int i = 0; i < 2; i++) {        /* half of one is not enough      */
        apr_time_t to = seen[i].to;

        seen[i].to -= 15 * DAY;
        pg_trend_compare(&course, &s, OCTOBER, august);
        ck_assert(!course.known && !course.uneven);
        seen[i].to = to;
    }
}

/* A change by a tenth of so many is none, whatever its sign. */
PG_TEST(every_change_is_named_by_its_rule)
{
    for (apr_uint64_t then = 0; then < 300; then++) {
        for (apr_uint64_t now = 0; now < 1000; now++) {
            apr_uint64_t by = now > then ? now - then : then - now;
            pg_change_e change =
                10 * by <= then ? PG_CHANGE_SAME
                : by * by <= 4 * (now + then) ? PG_CHANGE_UNSURE
                : then == 0 ? PG_CHANGE_NEW
                : now == 0 ? PG_CHANGE_GONE
                : now > 3 * then ? PG_CHANGE_MANIFOLD
                : now > 2 * then ? PG_CHANGE_DOUBLED
                : now > then ? PG_CHANGE_RISEN
                : 2 * now < then ? PG_CHANGE_HALVED : PG_CHANGE_FALLEN;

            if (pg_trend_change(now, then) != change) {
                ck_abort_msg("%d after %d", (int)now, (int)then);
            }
        }
    }
}

/* --- what was watched ---------------------------------------------------- */

/* Microsecond by microsecond of a short time. */
static int watched_at(const pg_snapshot_t *s, apr_time_t t)
{
    int n = 0;

    for (apr_size_t i = 0; i < s->watched_count; i++) {
        if (t >= s->watched[i].time.from && t < s->watched[i].time.to) {
            n += (int)s->watched[i].by;
        }
    }
    return n;
}

static bool is_covered(const pg_snapshot_t *s, apr_time_t t)
{
    for (apr_size_t i = 0; i < s->covered_count; i++) {
        if (t >= s->covered[i].from && t < s->covered[i].to) {
            return true;
        }
    }
    return s->covered_count == 0 && t >= s->since && t < s->taken;
}

PG_TEST(what_is_covered_is_so_microsecond_by_microsecond)
{
    for (unsigned seed = 1; seed <= 400; seed++) {
        unsigned random = seed * 2654435761u;
        pg_range_t range[3];
        pg_watched_t watched[3];
        pg_snapshot_t s = { .since = 5 + seed % 7, .taken = 90,
                            .covered = range, .covered_count = seed % 4,
                            .watched = watched, .watched_count = seed / 4 % 4 };
        apr_time_t at = 0, from = seed % 50, to = from + seed % 53, part = 0;
        int count[4] = { 0 };
        apr_size_t all = 0, by = 0;

        for (int i = 0; i < 3; i++) {
            random = random * 1664525u + 1013904223u;
            range[i].from = at + (random >> 28);
            range[i].to = at = range[i].from + 1 + (random >> 24 & 31);
            watched[i].time = range[i];
            watched[i].by = 1 + (random >> 20 & 1) + (random >> 21 & 1);
        }
        for (apr_time_t t = from; t < to; t++) {
            part += is_covered(&s, t);
            count[watched_at(&s, t)]++;
        }
        ck_assert_double_eq_tol(pg_covered_part(&s, from, to),
                                to > from ? (double)part / (double)(to - from)
                                          : 0, 1e-12);
        ck_assert_int_eq(pg_covered_whole(&s, from, to),
                         to > from && 20 * part >= 19 * (to - from));
        ck_assert_int_eq(pg_covered_since(&s),
                         s.covered_count ? range[0].from : s.since);
        all = (apr_size_t)(count[1] + count[2] + count[3]);
        for (apr_size_t n = 1; n < 4; n++) {
            if (count[n] && 20 * (apr_size_t)count[n] >= 19 * all) {
                by = n;
            }
        }
        ck_assert_uint_eq(pg_covered_by(&s, from, to), all ? by : 1);
        ck_assert_int_eq(pg_covered_alike(&s, from, to, 3, 60),
                         (all == 0 || by)
                         && pg_covered_by(&s, 3, 60) == (all ? by : 1));
    }
}

/* Nineteen twentieths of the time that anybody watched. */
PG_TEST(one_number_watched_if_it_practically_did)
{
    pg_watched_t by[] = { { { 0, 20 }, 3 }, { { 20, 400 }, 2 } };
    pg_snapshot_t s = { .watched = by, .watched_count = 2 };

    ck_assert_uint_eq(pg_covered_by(&s, 0, 400), 2);
    ck_assert_uint_eq(pg_covered_by(&s, 0, 500), 2);
    by[0].time.to = by[1].time.from = 21;
    ck_assert_uint_eq(pg_covered_by(&s, 0, 400), 0);
    ck_assert_uint_eq(pg_covered_by(&s, 0, 21), 3);
    ck_assert_uint_eq(pg_covered_by(&s, 400, 500), 1);
}
