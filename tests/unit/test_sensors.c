/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include "pg_calendar.h"
#include "pg_sensors.h"

enum { SENSORS = 2, MONTHS = 15 };       /* September 2013 to November 2014 */

static pg_bucket_t bucket[SENSORS][MONTHS + 1];
static pg_range_t seen[SENSORS];
static pg_snapshot_t snapshot[SENSORS];
static pg_sensor_t sensor[SENSORS];

/* The beginning of a month; of September 2013, 0. */
static apr_time_t start_of(int month)
{
    return apr_time_from_sec(
        86400 * pg_calendar_month_start((2013 - 1970) * 12 + 8 + month));
}

/* North and south, which were watching all the time and saw nothing. */
static void make_sensors(void)
{
    make_pool();
    memset(bucket, 0, sizeof(bucket));
    for (int i = 0; i < SENSORS; i++) {
        for (int m = 0; m <= MONTHS; m++) {
            bucket[i][m].start = start_of(m);
        }
        bucket[i][MONTHS].attempts = 7;          /* is not in the series    */
        bucket[i][MONTHS].by_family[PG_FAMILY_GET] = 7;
        seen[i] = (pg_range_t){ start_of(0), start_of(MONTHS) };
        snapshot[i] = (pg_snapshot_t){
            .since = start_of(0), .taken = start_of(MONTHS),
            .covered = &seen[i], .covered_count = 1,
            .series = { [PG_PERIOD_MONTH] = { bucket[i], MONTHS } }
        };
        sensor[i] = (pg_sensor_t){ i ? "south" : "north", &snapshot[i] };
    }
}

static pg_sensors_t aligned(apr_time_t since, apr_time_t until)
{
    pg_sensors_t all = { .sensor = sensor, .n = SENSORS, .since = since,
                         .until = until, .now = start_of(MONTHS) };

    pg_sensors_align(&all);
    return all;
}

static void count(int i, int month, pg_family_e family, apr_uint64_t n)
{
    bucket[i][month].by_family[family] = n;
    bucket[i][month].attempts += n;
}

PG_TEST_SUITE(sensors, .set_up = make_sensors, .tear_down = destroy_pool);

/* Which months are shown, if the attempts were in these two, and somebody
 * watched from a moment until another. */
static const struct {
    int attempts[2];             /* of north and south; -1: none          */
    int from, to, from_by, to_by;   /* months, and microseconds beyond    */
    int since, since_by, until, until_by;   /* asked for; 0: all          */
    int first, months;
} shown[] = {
    { { -1, -1 }, 0, 14, 0, 0, 0, 0, 0, 0, 0, 0 },
    { { 3, -1 }, 3, 4, 0, 0, 0, 0, 0, 0, 3, 1 },
    { { -1, 3 }, 3, 4, 0, 0, 0, 0, 0, 0, 3, 1 },
    { { 3, 7 }, 3, 4, 0, 0, 0, 0, 0, 0, 3, 5 },
    { { 7, 3 }, 3, 4, 0, 0, 0, 0, 0, 0, 3, 5 },
    { { 3, -1 }, 2, 5, 0, 0, 0, 0, 0, 0, 2, 3 },
    { { 3, -1 }, 2, 5, -1, 1, 0, 0, 0, 0, 1, 5 },
    { { 0, 14 }, 5, 6, 0, 0, 0, 0, 0, 0, 0, 15 },
    { { 3, 7 }, 3, 8, 0, 0, 4, 0, 0, 0, 4, 4 },
    { { 3, 7 }, 3, 8, 0, 0, 4, -1, 0, 0, 3, 5 },
    { { 3, 7 }, 3, 8, 0, 0, 4, 1, 0, 0, 4, 4 },
    { { 3, 7 }, 3, 8, 0, 0, 0, 0, 7, 0, 3, 4 },
    { { 3, 7 }, 3, 8, 0, 0, 0, 0, 7, -1, 3, 4 },
    { { 3, 7 }, 3, 8, 0, 0, 0, 0, 7, 1, 3, 5 },
    { { 3, 7 }, 3, 8, 0, 0, 4, 0, 7, 0, 0, 0 },
};

PG_TEST_EACH(months_are_shown_from_the_first_to_the_last, shown)
{
    pg_sensors_t all;

    for (int i = 0; i < SENSORS; i++) {
        seen[i] = (pg_range_t){
            start_of(shown[_i].from) + shown[_i].from_by,
            start_of(shown[_i].to) + shown[_i].to_by
        };
        if (shown[_i].attempts[i] >= 0) {
            count(i, shown[_i].attempts[i], PG_FAMILY_SOCKS, 1);
        }
    }
    all = aligned(shown[_i].since ? start_of(shown[_i].since)
                                    + shown[_i].since_by : 0,
                  shown[_i].until ? start_of(shown[_i].until)
                                    + shown[_i].until_by : 0);
    ck_assert_int_eq(all.months, shown[_i].months);
    ck_assert_int_eq(all.first, all.months ? start_of(shown[_i].first) : 0);
    for (int m = 0; m < all.months; m++) {
        ck_assert_int_eq(pg_sensors_start(&all, m),
                         start_of(shown[_i].first + m));
    }
}

PG_TEST(each_count_is_found_where_it_was_made)
{
    pg_sensors_t all;

    for (int i = 0; i < SENSORS; i++) {
        for (int m = 0; m < MONTHS; m++) {
            for (int f = 0; f < PG_FAMILY_COUNT; f++) {
                count(i, m, (pg_family_e)f,
                      (apr_uint64_t)(1000 * i + 10 * m + f + 1));
            }
        }
    }
    snapshot[1].series[PG_PERIOD_MONTH].n = MONTHS - 1;
    all = aligned(start_of(2), 0);
    ck_assert_int_eq(all.months, MONTHS - 2);
    for (int m = 0; m < all.months; m++) {
        for (int f = 0; f < PG_FAMILY_COUNT; f++) {
            ck_assert_uint_eq(
                pg_sensors_count(&all, 0, m, (pg_family_e)f),
                bucket[0][m + 2].by_family[f]);
            ck_assert_uint_eq(
                pg_sensors_count(&all, 1, m, (pg_family_e)f),
                m + 2 < MONTHS - 1 ? bucket[1][m + 2].by_family[f] : 0);
        }
    }
    all = aligned(0, 0);
    ck_assert_uint_eq(pg_sensors_count(&all, 1, 0, PG_FAMILY_SOCKS),
                      bucket[1][0].by_family[PG_FAMILY_SOCKS]);
}

/* One attempt of SOCKS, at a sensor in its first or its last month. */
PG_TEST_TIMES(a_family_is_shown_if_it_was_seen_or_is_asked_for, 2 * SENSORS)
{
    pg_sensors_t all;

    count(_i / 2, _i % 2 ? MONTHS - 1 : 0, PG_FAMILY_SOCKS, 1);
    all = aligned(0, 0);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        ck_assert_int_eq(pg_sensors_shows(&all, -1, (pg_family_e)f),
                         f == PG_FAMILY_SOCKS);
        for (int only = 0; only < PG_FAMILY_COUNT; only++) {
            ck_assert_int_eq(pg_sensors_shows(&all, only, (pg_family_e)f),
                             f == only);
        }
    }
    all.months = 0;
    ck_assert(!pg_sensors_shows(&all, -1, PG_FAMILY_SOCKS));
    ck_assert(!pg_sensors_shows(&all, PG_FAMILY_SOCKS, PG_FAMILY_SOCKS));
}

PG_TEST(a_month_is_watched_if_any_of_it_was)
{
    pg_sensors_t all;

    count(0, 0, PG_FAMILY_GET, 1);
    count(0, 14, PG_FAMILY_GET, 1);
    all = aligned(0, 0);
    seen[1] = (pg_range_t){ start_of(3) - 1, start_of(5) + 1 };
    for (int m = 0; m < all.months; m++) {
        ck_assert(pg_sensors_watched(&all, 0, m));
        ck_assert_int_eq(pg_sensors_watched(&all, 1, m), m >= 2 && m <= 5);
    }
}

/* How far the last month of north and south is covered, by each and by both. */
static const struct {
    int days[2];                 /* of November                           */
    bool over;
    pg_reached_e one[2], both;
} reached[] = {
    { { 30, 30 }, true, { PG_REACHED_WHOLE, PG_REACHED_WHOLE },
      PG_REACHED_WHOLE },
    { { 30, 10 }, true, { PG_REACHED_WHOLE, PG_REACHED_END },
      PG_REACHED_END },
    { { 10, 30 }, true, { PG_REACHED_END, PG_REACHED_WHOLE },
      PG_REACHED_END },
    { { 30, 10 }, false, { PG_REACHED_WHOLE, PG_REACHED_SO_FAR },
      PG_REACHED_SO_FAR },
    { { 10, 30 }, false, { PG_REACHED_SO_FAR, PG_REACHED_WHOLE },
      PG_REACHED_SO_FAR },
};

PG_TEST_EACH(a_month_is_as_whole_as_the_least_of_its_sensors, reached)
{
    pg_sensors_t all;

    count(0, 0, PG_FAMILY_GET, 1);
    all = aligned(0, 0);
    all.now = start_of(MONTHS) - !reached[_i].over;
    for (int i = 0; i < SENSORS; i++) {
        snapshot[i].taken = seen[i].to = start_of(14) + reached[_i].days[i]
                                         * apr_time_from_sec(86400);
    }
    for (int i = 0; i < SENSORS; i++) {
        ck_assert_int_eq(pg_sensors_reached(&all, i, 1, 14),
                         reached[_i].one[i]);
    }
    ck_assert_int_eq(pg_sensors_reached(&all, 0, 2, 14), reached[_i].both);
    ck_assert_int_eq(pg_sensors_reached(&all, 0, 9, 14), reached[_i].both);
    ck_assert_int_eq(pg_sensors_reached(&all, 1, 9, 14), reached[_i].one[1]);
    ck_assert_int_eq(pg_sensors_reached(&all, 0, 0, 14), PG_REACHED_WHOLE);
    ck_assert_int_eq(pg_sensors_reached(&all, 0, 2, 13), PG_REACHED_WHOLE);
}

#define NORTH "north has risen by 50 % since November 2013"
#define SOUTH "south has more than doubled since October 2014"

/* The months that each was watching from and until, with days; is November
 * over? */
static const struct {
    int from[2], to[2];
    bool over;
    const char *said;
} told[] = {
    { { 0, 0 }, { 15, 15 }, true, NORTH "; south has more than doubled." },
    { { 2, 2 }, { 15, 15 }, true, NORTH "; south has more than doubled." },
    { { 0, 3 }, { 15, 15 }, true, NORTH ". " SOUTH "." },
    { { 3, 0 }, { 15, 15 }, true, "south has more than doubled since November "
      "2013. north has risen by 50 % since October 2014." },
    { { 3, 13 }, { 15, 15 }, true, "north has risen by 50 % since October "
      "2014; south has more than doubled." },
    { { 0, 14 }, { 15, 15 }, true, NORTH "." },
    { { 14, 13 }, { 15, 15 }, true, SOUTH "." },
    { { 14, 14 }, { 15, 15 }, true, "" },
    { { 0, 0 }, { 14, 15 }, true, "south has more than doubled since November "
      "2013." },
    { { 0, 0 }, { 15, 14 }, true, NORTH "." },
    /* October, against a year before, and against September */
    { { 0, 0 }, { 14, 14 }, true, "north is unchanged since October 2013; "
      "south has fallen by 20 %." },
    { { 0, 0 }, { 15, 15 }, false, "north is unchanged since October 2013; "
      "south has fallen by 20 %." },
    { { 12, 12 }, { 15, 15 }, false, "north is unchanged since September 2014; "
      "south has more than tripled." },
    { { 0, 0 }, { 0, 0 }, true, "" },
    { { 0, 14 }, { 1, 14 }, true, "" },
};

PG_TEST_EACH(the_course_of_each_sensor_is_told, told)
{
    pg_sensors_t all;
    const char *said;

    for (int i = 0; i < SENSORS; i++) {
        count(i, 1, PG_FAMILY_CONNECT, i ? 1250 : 1000);    /* October 2013 */
        count(i, 2, PG_FAMILY_CONNECT, 1000);
        count(i, 12, PG_FAMILY_CONNECT, i ? 300 : 1000);
        count(i, 13, PG_FAMILY_CONNECT, 1000);              /* October 2014 */
        count(i, 14, PG_FAMILY_CONNECT, i ? 2500 : 1500);
        count(i, 14, PG_FAMILY_GET, 90000);
        seen[i] = (pg_range_t){ start_of(told[_i].from[i]),
                                start_of(told[_i].to[i]) };
    }
    all = aligned(0, 0);
    all.now = start_of(MONTHS) - !told[_i].over;
    said = pg_sensors_words(&all, PG_FAMILY_CONNECT, PG_LANG_EN, pool);
    ck_assert_str_eq(said ? said : "", told[_i].said);
}

/* Of the months that are asked for the last one, also if it is the only one. */
PG_TEST(the_course_is_that_of_the_last_month_asked_for)
{
    pg_sensors_t all;

    for (int m = 0; m < MONTHS; m++) {
        count(0, m, PG_FAMILY_CONNECT, m < 14 ? 1000 : 1500);
    }
    all = aligned(start_of(14), 0);
    ck_assert_int_eq(all.months, 1);
    ck_assert_str_eq(pg_sensors_words(&all, PG_FAMILY_CONNECT, PG_LANG_EN,
                                      pool),
                     "north has risen by 50 % since November 2013; south is "
                     "unchanged.");
    all = aligned(0, start_of(14));
    ck_assert_int_eq(all.months, 14);
    ck_assert_str_eq(pg_sensors_words(&all, PG_FAMILY_CONNECT, PG_LANG_EN,
                                      pool),
                     "north is unchanged since October 2013; south is "
                     "unchanged.");
}

PG_TEST(in_japanese_sentences_follow_without_a_space)
{
    pg_sensors_t all;
    const char *said;

    count(0, 2, PG_FAMILY_CONNECT, 1000);
    count(0, 14, PG_FAMILY_CONNECT, 1500);
    count(1, 13, PG_FAMILY_CONNECT, 1000);
    count(1, 14, PG_FAMILY_CONNECT, 1500);
    seen[1].from = start_of(13);
    all = aligned(0, 0);
    said = pg_sensors_words(&all, PG_FAMILY_CONNECT, PG_LANG_JA, pool);
    ck_assert_str_eq(said, "2013 年 11 月と比べて、north は 50 % 増えました。"
                           "2014 年 10 月と比べて、south は 50 % 増えました。");
}
