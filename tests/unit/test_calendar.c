/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <time.h>

#include "pg_calendar.h"

#define DAY ((apr_time_t)86400 * 1000000)

PG_TEST_SUITE(calendar, .seconds = 30);

/* Against the C library, day by day as far as its time_t reaches. */
PG_TEST(each_day_from_1800_to_2600_is_the_c_librarys)
{
    for (apr_int64_t day = -62091; day < 230000; day++) {
        time_t t = (time_t)(day * 86400 + 86399);
        struct tm tm;
        pg_moment_t m;
        if (t != day * 86400 + 86399) {
            continue;            /* of 32 bits                            */
        }
        gmtime_r(&t, &tm);
        pg_calendar_split(&m, ((apr_time_t)t * 1000000) + 999999);
        ck_assert_int_eq(m.year, tm.tm_year + 1900);
        ck_assert_int_eq(m.month, tm.tm_mon + 1);
        ck_assert_int_eq(m.day, tm.tm_mday);
        ck_assert_int_eq(m.hour * 10000 + m.minute * 100 + m.second, 235959);
        ck_assert_int_eq(m.micro, 999999);
        ck_assert_int_eq(pg_calendar_day(m.year, m.month, m.day), day);
    }
}

PG_TEST(a_month_begins_on_its_first_day_and_ends_before_the_next)
{
    for (apr_int64_t month = -2400; month < 9600; month++) {
        apr_int64_t day = pg_calendar_month_start(month);
        pg_moment_t m;
        pg_calendar_split(&m, day * DAY);
        ck_assert_int_eq(m.day, 1);
        ck_assert_int_eq((m.year - 1970) * 12 + m.month - 1, month);
        ck_assert_int_eq(pg_calendar_month(day), month);
        ck_assert_int_eq(pg_calendar_month(day - 1), month - 1);
    }
}

PG_TEST(a_moment_is_written_in_each_form)
{
    /* 2024-02-29T23:04:05.678901Z */
    apr_time_t t = (apr_time_t)1709247845 * 1000000 + 678901;
    char out[PG_CALENDAR_SIZE];

    ck_assert_str_eq(pg_calendar_text(out, t, PG_CALENDAR_MONTH), "2024-02");
    ck_assert_str_eq(pg_calendar_text(out, t, PG_CALENDAR_DAY),
                     "2024-02-29");
    ck_assert_str_eq(pg_calendar_text(out, t, PG_CALENDAR_MINUTE),
                     "2024-02-29T23:04Z");
    ck_assert_str_eq(pg_calendar_text(out, t, PG_CALENDAR_SECOND),
                     "2024-02-29T23:04:05Z");
    ck_assert_str_eq(pg_calendar_text(out, t, PG_CALENDAR_MILLI),
                     "2024-02-29T23:04:05.678Z");
    ck_assert_str_eq(pg_calendar_text(out, -1, PG_CALENDAR_MILLI),
                     "1969-12-31T23:59:59.999Z");
}

PG_TEST(no_time_is_too_far_away)
{
    char out[PG_CALENDAR_SIZE];

    ck_assert_str_eq(pg_calendar_text(out, APR_INT64_MAX,
                                      PG_CALENDAR_SECOND),
                     "0000-01-10T04:00:54Z");
    ck_assert_str_eq(pg_calendar_text(out, APR_INT64_MIN, PG_CALENDAR_DAY),
                     "0000-12-21");
}
