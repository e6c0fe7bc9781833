/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_calendar.h"
#include "pg_trend.h"
#include "pg_zone.h"

#define SECOND apr_time_from_sec(1)
#define HOUR (3600 * SECOND)
#define DAY (86400 * SECOND)

static pg_bucket_t hours[336], days[800], months[3];

/* Three attempts an hour, in hours, days and months of UTC alike. */
static pg_snapshot_t snapshot(apr_time_t taken)
{
    pg_snapshot_t s = { .taken = taken, .since = taken - 800 * DAY,
                        .first = taken - 799 * DAY, .last = taken - SECOND };

    for (int i = 0; i < 336; i++) {
        hours[i] = (pg_bucket_t){
            .start = taken / HOUR * HOUR - (335 - i) * HOUR, .attempts = 3 };
    }
    for (int i = 0; i < 800; i++) {
        days[i] = (pg_bucket_t){
            .start = taken / DAY * DAY - (799 - i) * DAY, .attempts = 72 };
    }
    days[799].attempts = 3 * (apr_uint64_t)(taken % DAY / HOUR + 1);
    for (int i = 0; i < 3; i++) {
        apr_time_t from = pg_trend_month(taken, 2 - i);
        apr_time_t to = i < 2 ? pg_trend_month(taken, 1 - i)
                              : taken / HOUR * HOUR + HOUR;
        months[i] = (pg_bucket_t){ .start = from,
            .attempts = 3 * (apr_uint64_t)((to - from) / HOUR) };
    }
    s.series[PG_PERIOD_HOUR] = (pg_series_t){ hours, 336 };
    s.series[PG_PERIOD_DAY] = (pg_series_t){ days, 800 };
    s.series[PG_PERIOD_MONTH] = (pg_series_t){ months, 3 };
    return s;
}

static const struct {
    apr_time_t taken;            /* seconds                               */
    int zone;                    /* minutes                               */
    const char *today;           /* there                                 */
} cases[] = {
    { 1415201400, 540, "2014-11-06" },     /* 2014-11-05T15:30Z            */
    { 1415201400, -300, "2014-11-05" },
    { 1414785600, 540, "2014-11-01" },     /* 2014-10-31T20:00Z: November  */
    { 1414810800, -300, "2014-10-31" },    /* 2014-11-01T03:00Z: October   */
    { 1415201400, 840, "2014-11-06" }, { 1415201400, -840, "2014-11-05" },
};

PG_TEST_SUITE(zone);

PG_TEST_EACH(days_and_the_month_are_those_of_the_zone, cases)
{
    apr_time_t by = cases[_i].zone * 60 * SECOND;
    pg_snapshot_t s = snapshot(cases[_i].taken * SECOND);
    pg_report_t room, report = { .ledger = &s, .now = s.taken,
                                 .view.zone = cases[_i].zone };
    const pg_snapshot_t *z;
    const pg_series_t *day, *month;
    char text[PG_CALENDAR_SIZE];
    apr_time_t begun, end = s.taken / HOUR * HOUR + HOUR + by;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    z = pg_zone_report(&room, &report, pool)->ledger;
    day = &z->series[PG_PERIOD_DAY];
    month = &z->series[PG_PERIOD_MONTH];
    ck_assert_int_eq(z->taken, s.taken + by);
    ck_assert_str_eq(pg_calendar_text(text, day->bucket[day->n - 1].start,
                                      PG_CALENDAR_DAY), cases[_i].today);
    ck_assert_uint_eq(day->bucket[day->n - 1].attempts,
                      3 * (apr_uint64_t)((end - z->taken / DAY * DAY) / HOUR));
    ck_assert_uint_eq(day->bucket[day->n - 2].attempts, 72);
    begun = month->bucket[month->n - 1].start;
    ck_assert_int_eq(begun, pg_trend_month(z->taken, 0));
    ck_assert_uint_eq(month->bucket[month->n - 1].attempts,
                      begun < hours[0].start
                          ? months[1].attempts + months[2].attempts
                          : 3 * (apr_uint64_t)((end - begun) / HOUR));
    ck_assert_uint_eq(months[2].attempts + months[1].attempts
                      + months[0].attempts,
                      month->bucket[0].attempts + month->bucket[1].attempts
                      + (month->n > 2 ? month->bucket[2].attempts : 0)
                      + (month->n > 3 ? month->bucket[3].attempts : 0));
    ck_assert_int_eq(pg_zone_first_day(&room),
                     (hours[0].start + by + DAY - 1) / DAY * DAY);
    apr_pool_destroy(pool);
}

PG_TEST(utc_is_left_as_it_is)
{
    pg_snapshot_t s = snapshot(cases[0].taken * SECOND);
    pg_report_t room, report = { .ledger = &s };
    char name[PG_ZONE_SIZE];
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    ck_assert_ptr_eq(pg_zone_report(&room, &report, pool), &report);
    ck_assert_str_eq(pg_zone_name(name, &report), "UTC");
    report.view.zone = -330;
    ck_assert_str_eq(pg_zone_name(name, &report), "UTC-05:30");
    s.series[PG_PERIOD_HOUR].n = s.series[PG_PERIOD_DAY].n = 0;
    ck_assert_uint_eq(pg_zone_report(&room, &report, pool)
                          ->ledger->series[PG_PERIOD_MONTH].n, 3);
    apr_pool_destroy(pool);
}

/* Of a ledger that ended long ago, no hours are kept: nothing is recounted. */
PG_TEST(without_hours_all_days_are_those_of_greenwich)
{
    pg_snapshot_t s = snapshot(cases[0].taken * SECOND);
    pg_report_t room, report = { .ledger = &s, .view.zone = 540 };
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    s.series[PG_PERIOD_HOUR].n = 0;
    (void)pg_zone_report(&room, &report, pool);
    ck_assert_int_eq(pg_zone_first_day(&room) / DAY,
                     room.ledger->taken / DAY + 1);
    apr_pool_destroy(pool);
}
