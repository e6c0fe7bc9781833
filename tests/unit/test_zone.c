/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include "pg_calendar.h"
#include "pg_trend.h"
#include "pg_zone.h"

#define SECOND apr_time_from_sec(1)
#define HOUR (3600 * SECOND)
#define DAY (86400 * SECOND)

static pg_bucket_t hours[336], days[800], months[3];

/* Three attempts an hour, of all classes and families. */
static pg_bucket_t of_hours(apr_time_t start, apr_time_t n)
{
    pg_bucket_t b = { .start = start, .attempts = 3 * (apr_uint64_t)n };

    for (apr_uint64_t c = 0; c < PG_CLASS_COUNT; c++) {
        b.by_class[c] = b.attempts * (c + 1);
    }
    for (apr_uint64_t f = 0; f < PG_FAMILY_COUNT; f++) {
        b.by_family[f] = b.attempts * (f + 10);
    }
    return b;
}

static void ck_assert_hours(const pg_bucket_t *b, apr_time_t n)
{
    pg_bucket_t expected = of_hours(b->start, n);

    ck_assert_uint_eq(b->attempts, expected.attempts);
    ck_assert_mem_eq(b->by_class, expected.by_class, sizeof(b->by_class));
    ck_assert_mem_eq(b->by_family, expected.by_family, sizeof(b->by_family));
}

/* In hours, days and months of UTC alike. */
static pg_snapshot_t snapshot(apr_time_t taken)
{
    pg_snapshot_t s = { .taken = taken, .since = taken - 800 * DAY,
                        .first = taken - 799 * DAY, .last = taken - SECOND };

    for (int i = 0; i < 336; i++) {
        hours[i] = of_hours(taken / HOUR * HOUR - (335 - i) * HOUR, 1);
    }
    for (int i = 0; i < 800; i++) {
        days[i] = of_hours(taken / DAY * DAY - (799 - i) * DAY,
                           i < 799 ? 24 : taken % DAY / HOUR + 1);
    }
    for (int i = 0; i < 3; i++) {
        apr_time_t from = pg_trend_month(taken, 2 - i);
        apr_time_t to = i < 2 ? pg_trend_month(taken, 1 - i)
                              : taken / HOUR * HOUR + HOUR;
        months[i] = of_hours(from, (to - from) / HOUR);
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

PG_TEST_SUITE(zone, .set_up = make_pool, .tear_down = destroy_pool);

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

    z = pg_zone_report(&room, &report, pool)->ledger;
    day = &z->series[PG_PERIOD_DAY];
    month = &z->series[PG_PERIOD_MONTH];
    ck_assert_int_eq(z->taken, s.taken + by);
    ck_assert_str_eq(pg_calendar_text(text, day->bucket[day->n - 1].start,
                                      PG_CALENDAR_DAY), cases[_i].today);
    ck_assert_hours(&day->bucket[day->n - 1],
                    (end - z->taken / DAY * DAY) / HOUR);
    ck_assert_hours(&day->bucket[day->n - 2], 24);
    begun = month->bucket[month->n - 1].start;
    ck_assert_int_eq(begun, pg_trend_month(z->taken, 0));
    ck_assert_hours(&month->bucket[month->n - 1],
                    begun < hours[0].start
                        ? (apr_time_t)(months[1].attempts
                                       + months[2].attempts) / 3
                        : (end - begun) / HOUR);
    ck_assert_uint_eq(months[2].attempts + months[1].attempts
                      + months[0].attempts,
                      month->bucket[0].attempts + month->bucket[1].attempts
                      + (month->n > 2 ? month->bucket[2].attempts : 0)
                      + (month->n > 3 ? month->bucket[3].attempts : 0));
    ck_assert_int_eq(pg_zone_first_day(&room),
                     (hours[0].start + by + DAY - 1) / DAY * DAY);
}

PG_TEST(utc_is_left_as_it_is)
{
    pg_snapshot_t s = snapshot(cases[0].taken * SECOND);
    pg_report_t room, report = { .ledger = &s };
    char name[PG_ZONE_SIZE];

    ck_assert_ptr_eq(pg_zone_report(&room, &report, pool), &report);
    ck_assert_str_eq(pg_zone_name(name, &report), "UTC");
    report.view.zone = -330;
    ck_assert_str_eq(pg_zone_name(name, &report), "UTC-05:30");
    s.series[PG_PERIOD_HOUR].n = s.series[PG_PERIOD_DAY].n = 0;
    ck_assert_uint_eq(pg_zone_report(&room, &report, pool)
                          ->ledger->series[PG_PERIOD_MONTH].n, 3);
}

/* Of a ledger that ended long ago, no hours are kept: nothing is recounted. */
PG_TEST(without_hours_all_days_are_those_of_greenwich)
{
    pg_snapshot_t s = snapshot(cases[0].taken * SECOND);
    pg_report_t room, report = { .ledger = &s, .view.zone = 540 };

    s.series[PG_PERIOD_HOUR].n = 0;
    (void)pg_zone_report(&room, &report, pool);
    ck_assert_int_eq(pg_zone_first_day(&room) / DAY,
                     room.ledger->taken / DAY + 1);
}

PG_TEST(all_times_are_those_of_the_zone)
{
    pg_recent_t recent = { .time = 1 * DAY };
    pg_range_t range = { 2 * DAY, 3 * DAY };
    pg_watched_t watched = { .time = { 4 * DAY, 5 * DAY } };
    pg_campaign_t campaign = { .first = 6 * DAY, .last = 7 * DAY };
    pg_bucket_t minute = { .start = 8 * DAY };
    pg_snapshot_t s = snapshot(cases[0].taken * SECOND), never = s;
    pg_report_t room, report = { .ledger = &s, .now = 9 * DAY,
                                 .view.zone = 60 };
    const pg_snapshot_t *z;

    s.recent = &recent;
    s.covered = &range;
    s.watched = &watched;
    s.capture = (pg_capture_t){ .last = 10 * DAY, .campaign = &campaign,
                                .campaign_count = 1 };
    s.series[PG_PERIOD_MINUTE] = (pg_series_t){ &minute, 1 };
    s.recent_count = s.covered_count = s.watched_count = 1;
    z = pg_zone_report(&room, &report, pool)->ledger;
    ck_assert_int_eq(room.now, 9 * DAY + HOUR);
    ck_assert_int_eq(z->since, s.since + HOUR);
    ck_assert_int_eq(z->first, s.first + HOUR);
    ck_assert_int_eq(z->last, s.last + HOUR);
    ck_assert_int_eq(z->recent[0].time, 1 * DAY + HOUR);
    ck_assert_int_eq(z->covered[0].from, 2 * DAY + HOUR);
    ck_assert_int_eq(z->covered[0].to, 3 * DAY + HOUR);
    ck_assert_int_eq(z->watched[0].time.from, 4 * DAY + HOUR);
    ck_assert_int_eq(z->watched[0].time.to, 5 * DAY + HOUR);
    ck_assert_int_eq(z->capture.campaign[0].first, 6 * DAY + HOUR);
    ck_assert_int_eq(z->capture.campaign[0].last, 7 * DAY + HOUR);
    ck_assert_int_eq(z->series[PG_PERIOD_MINUTE].bucket[0].start,
                     8 * DAY + HOUR);
    ck_assert_int_eq(z->capture.last, 10 * DAY + HOUR);
    never.first = never.last = 0;
    report.ledger = &never;
    z = pg_zone_report(&room, &report, pool)->ledger;
    ck_assert_int_eq(z->first + z->last + z->capture.last, 0);
}
