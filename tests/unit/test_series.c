/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_series.h"
#include "pg_test_heap.h"

#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Buckets of each period. */
static const int shown[] = { 120, 336, 800, 240 };

static void attempt(pg_class_e c, apr_time_t time, apr_time_t now)
{
    pg_event_t e = { .time = time, .now = now,
                     .verdict = { .class_id = c,
                                  .family = pg_vocab_family_of(c) } };

    pg_ledger_record(ledger, &e);
}

static apr_uint64_t sum(const pg_series_t *series)
{
    apr_uint64_t n = 0;

    for (apr_size_t i = 0; i < series->n; i++) {
        apr_uint64_t classes = 0, families = 0;
        for (unsigned c = 0; c < PG_CLASS_COUNT; c++) {
            classes += series->bucket[i].by_class[c];
        }
        for (unsigned f = 0; f < PG_FAMILY_COUNT; f++) {
            families += series->bucket[i].by_family[f];
        }
        ck_assert_uint_eq(series->bucket[i].attempts, classes);
        ck_assert_uint_eq(series->bucket[i].attempts, families);
        n += series->bucket[i].attempts;
    }
    return n;
}

/* The bucket that begins at start; none: an empty one. */
static pg_bucket_t bucket(const pg_snapshot_t *s, pg_period_e p,
                          apr_time_t start)
{
    pg_bucket_t none = { .start = 0 };

    for (apr_size_t i = 0; i < s->series[p].n; i++) {
        if (s->series[p].bucket[i].start == start) {
            return s->series[p].bucket[i];
        }
    }
    return none;
}

/* --- calendar ------------------------------------------------------------ */

PG_TEST_SUITE(series);

PG_TEST_ROWS(months_begin_where_the_calendar_says, "calendar.tsv")
{
    char text[32];
    apr_int64_t second, month;
    apr_time_t start;

    pg_span_copy(text, sizeof(text), row->field[0]);
    second = atoll(text);
    pg_span_copy(text, sizeof(text), row->field[1]);
    month = atoll(text);
    ck_assert_int_eq(pg_series_number(PG_PERIOD_MONTH, second * SECOND), month);
    start = pg_series_start(PG_PERIOD_MONTH, month);
    ck_assert_int_le(start, second * SECOND);
    ck_assert_int_gt(pg_series_start(PG_PERIOD_MONTH, month + 1),
                     second * SECOND);
    ck_assert_int_eq(pg_series_number(PG_PERIOD_MONTH, start), month);
    ck_assert_int_eq(pg_series_number(PG_PERIOD_MONTH, start - 1),
                     month ? month - 1 : -1);
}

PG_TEST(every_month_of_eight_thousand_years_begins_after_the_last)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30,
                                31, 31, 30, 31, 30, 31 };
    int wrong = 0;

    for (apr_int64_t m = 0; m < (9999 - 1970 + 1) * 12 - 1; m++) {
        apr_int64_t y = 1970 + m / 12;
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        apr_time_t a = pg_series_start(PG_PERIOD_MONTH, m);
        apr_time_t b = pg_series_start(PG_PERIOD_MONTH, m + 1);

        wrong += (b - a) / DAY != days[m % 12] + (leap && m % 12 == 1)
                 || pg_series_number(PG_PERIOD_MONTH, a) != m
                 || pg_series_number(PG_PERIOD_MONTH, b - 1) != m;
    }
    ck_assert_int_eq(wrong, 0);
}

/* --- rings --------------------------------------------------------------- */

PG_TEST_CASE(rings, .set_up = set_up, .tear_down = destroy_pool);

PG_TEST(an_attempt_is_in_each_period_once)
{
    const pg_snapshot_t *s;
    attempt(PG_CLASS_CONNECT_MAIL, T0, 0);
    attempt(PG_CLASS_ABSOLUTE, T0 + 59 * SECOND, 0);
    s = at(T0 + 59 * SECOND);
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        const pg_series_t *series = &s->series[p];
        const pg_bucket_t *last = &series->bucket[series->n - 1];
        ck_assert_int_eq((int)series->n, shown[p]);
        ck_assert_uint_eq(sum(series), 2);
        ck_assert_uint_eq(last->attempts, 2);
        ck_assert_uint_eq(last->by_class[PG_CLASS_CONNECT_MAIL], 1);
        ck_assert_uint_eq(last->by_family[PG_FAMILY_GET], 1);
        for (apr_size_t i = 1; i < series->n; i++) {
            ck_assert_int_gt(series->bucket[i].start,
                             series->bucket[i - 1].start);
        }
    }
    ck_assert_int_eq(s->series[PG_PERIOD_MINUTE].bucket[119].start, T0);
    ck_assert_int_eq(s->series[PG_PERIOD_DAY].bucket[799].start,
                     T0 - 12 * HOUR);
    ck_assert_int_eq(s->series[PG_PERIOD_MONTH].bucket[239].start,
                     T0 - 12 * HOUR - 22 * DAY);
}

PG_TEST(three_years_of_one_attempt_an_hour_come_out_exactly)
{
    apr_time_t now = T0;
    const pg_snapshot_t *s;

    for (int hour = 0; hour < 3 * 8766; hour++, now += HOUR) {
        attempt(PG_CLASS_SOCKS, now, 0);
    }
    now -= HOUR;
    s = at(now);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MONTH]), 3 * 8766);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 336);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MINUTE]), 2);
    for (int i = 1; i < 799; i++) {
        ck_assert_uint_eq(s->series[PG_PERIOD_DAY].bucket[i].attempts, 24);
    }
    /* 1 February 2016: a leap year's. */
    ck_assert_uint_eq(bucket(s, PG_PERIOD_MONTH,
                             (apr_time_t)1454284800 * SECOND).attempts,
                      29 * 24);
}

PG_TEST(what_is_too_old_for_a_ring_is_not_shown_in_it)
{
    const pg_snapshot_t *s;

    attempt(PG_CLASS_SOCKS, T0, 0);
    ck_assert_uint_eq(sum(&at(T0 + 119 * MINUTE)
                              ->series[PG_PERIOD_MINUTE]), 1);
    s = at(T0 + 120 * MINUTE);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MINUTE]), 0);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 1);
    ck_assert_uint_eq(sum(&at(T0 + 335 * HOUR)->series[PG_PERIOD_HOUR]), 1);
    s = at(T0 + 336 * HOUR);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 0);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_DAY]), 1);
    ck_assert_uint_eq(sum(&at(T0 + 799 * DAY)->series[PG_PERIOD_DAY]), 1);
    s = at(T0 + 800 * DAY);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_DAY]), 0);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MONTH]), 1);
    s = at(T0 + 7310 * DAY);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MONTH]), 0);
    ck_assert_uint_eq(s->attempts, 1);
}

PG_TEST(a_machine_that_slept_a_year_goes_on_with_empty_buckets)
{
    const pg_snapshot_t *s;

    for (int i = 0; i < 1000; i++) {
        attempt(PG_CLASS_SOCKS, T0, 0);
    }
    attempt(PG_CLASS_SOCKS, T0 + 365 * DAY, 0);
    s = at(T0 + 365 * DAY);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MINUTE]), 1);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 1);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_DAY]), 1001);
    ck_assert_uint_eq(s->series[PG_PERIOD_DAY].bucket[799].attempts, 1);
}

PG_TEST(a_clock_that_was_ahead_for_a_while_costs_nothing_but_that_while)
{
    const pg_snapshot_t *s;

    attempt(PG_CLASS_SOCKS, T0, 0);
    for (int i = 0; i < 10; i++) {
        attempt(PG_CLASS_ABSOLUTE, T0 + 1000 * DAY, 0);
        /* Same slots of the minutes and of the hours as T0. */
        attempt(PG_CLASS_SOCKS, T0 + 128 * MINUTE, 0);
        attempt(PG_CLASS_SOCKS, T0 + 344 * HOUR, 0);
    }
    s = at(T0);
    /* 128 minutes later is the same day; what is further on is not shown. */
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_DAY]), 11);
    attempt(PG_CLASS_SOCKS, T0 + SECOND, 0);
    attempt(PG_CLASS_SOCKS, T0 + SECOND, 0);
    s = at(T0 + SECOND);
    /* What was counted before the jump was in the slots of the jump. */
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MINUTE]), 2);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 2);
    ck_assert_uint_eq(s->attempts, 33);
}

PG_TEST(old_logs_land_in_their_own_months_and_disturb_nothing)
{
    const pg_snapshot_t *s;

    attempt(PG_CLASS_SOCKS, T0, 0);
    attempt(PG_CLASS_ABSOLUTE, T0 - 128 * MINUTE, T0);
    attempt(PG_CLASS_ABSOLUTE, T0 - 344 * HOUR, T0);
    attempt(PG_CLASS_ABSOLUTE, T0 - 808 * DAY, T0);
    attempt(PG_CLASS_ABSOLUTE, T0 - 15 * 365 * DAY, T0);
    attempt(PG_CLASS_ABSOLUTE, T0 - 25 * 365 * DAY, T0);
    s = at(T0);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MINUTE]), 1);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_HOUR]), 2);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_DAY]), 3);
    ck_assert_uint_eq(sum(&s->series[PG_PERIOD_MONTH]), 5);
    ck_assert_uint_eq(s->attempts, 6);
    ck_assert_int_eq(s->first, T0 - 25 * 365 * DAY);
    ck_assert_int_eq(s->last, T0);
}

PG_TEST(times_nobody_can_mean_are_counted_in_the_totals_only)
{
    apr_uint64_t before[PG_PERIOD_COUNT];
    const pg_snapshot_t *s;
    static const apr_time_t odd[] = {
        -1, INT64_MIN, INT64_MAX, (apr_time_t)253402300800 * 1000000
    };

    /* each place of the shorter rings has one */
    for (int n = 0; n < 400; n++) {
        attempt(PG_CLASS_SOCKS, T0 - n * MINUTE, T0);
        attempt(PG_CLASS_SOCKS, T0 - n * HOUR, T0);
    }
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        before[p] = sum(&at(T0)->series[p]);
    }
    for (unsigned i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
            ck_assert_int_eq(pg_series_number((pg_period_e)p, odd[i]), -1);
        }
        attempt(PG_CLASS_SOCKS, odd[i], odd[i]);
        attempt(PG_CLASS_SOCKS, odd[i], 0);
        attempt(PG_CLASS_SOCKS, T0, odd[i]);
        attempt(PG_CLASS_SOCKS, odd[i], T0);
        s = at(odd[i]);
        ck_assert_uint_eq(s->series[PG_PERIOD_MONTH].n, 0);
    }
    ck_assert_uint_eq(at(T0)->attempts, 800 + 16);
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        ck_assert_uint_eq(sum(&at(T0)->series[p]), before[p]);
    }
    s = at(0);
    ck_assert_uint_eq(s->series[PG_PERIOD_MINUTE].n, 1);
}

PG_TEST(no_bucket_is_older_than_1970)
{
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        for (int n = shown[p] - 1; n <= shown[p] + 1; n++) {
            apr_time_t now = pg_series_start((pg_period_e)p, n - 1);
            const pg_series_t *series = &at(now)->series[p];

            ck_assert_int_eq((int)series->n, n < shown[p] ? n : shown[p]);
            ck_assert_int_eq(series->bucket[series->n - 1].start, now);
        }
    }
}

/* --- a model that keeps every attempt ------------------------------------- */

enum { ATTEMPTS = 400, LEDGERS = 3 };

typedef struct past_t {
    apr_int64_t number[PG_PERIOD_COUNT], then[PG_PERIOD_COUNT];
    pg_class_e c;
    pg_family_e f;
} past_t;

static apr_uint64_t state;

/* Deterministic, so that a failure can be repeated. */
static unsigned draw(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

/* About as long before `now` as a ring reaches back. */
static apr_time_t time_before(apr_time_t now)
{
    static const apr_time_t length[] = { MINUTE, HOUR, DAY, 30 * DAY };
    unsigned p = draw(PG_PERIOD_COUNT);

    switch (draw(5)) {
    case 0:
        return now;
    case 1:
        return now - 60 * SECOND - (apr_time_t)draw(2);
    case 2:
        return now + (apr_time_t)draw(3) * length[p];
    default:
        return now - length[p] * (apr_time_t)(draw(2) ? draw(100)
                                  : (unsigned)shown[p] - 2 + draw(5));
    }
}

static void remember(past_t *out, pg_lane_t *lane, apr_time_t now)
{
    apr_time_t time = time_before(now);
    unsigned kind;

    do {
        kind = draw(PG_KINDS);
    } while (!pg_layout_kind_split(kind, &out->c, &out->f));
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        out->number[p] = pg_series_number((pg_period_e)p, time);
        out->then[p] = pg_series_number((pg_period_e)p, now);
    }
    pg_series_add(lane, kind, time, now);
}

static bool is_shown(const past_t *one, unsigned p, apr_int64_t number)
{
    return one->number[p] == number && number <= one->then[p]
           && number > one->then[p] - shown[p];
}

static void check_period(const pg_snapshot_t *s, const past_t *past,
                         unsigned p)
{
    const pg_series_t *series = &s->series[p];
    apr_int64_t last = pg_series_number((pg_period_e)p, s->taken);

    ck_assert_int_eq((apr_int64_t)series->n, shown[p]);
    for (apr_size_t i = 0; i < series->n; i++) {
        apr_int64_t number = last + 1 - shown[p] + (apr_int64_t)i;
        pg_bucket_t is = { .start = pg_series_start((pg_period_e)p, number) };

        ck_assert_int_eq(pg_series_number((pg_period_e)p, is.start), number);
        ck_assert_int_eq(pg_series_number((pg_period_e)p, is.start - 1),
                         number - 1);
        for (unsigned n = 0; n < ATTEMPTS; n++) {
            if (is_shown(&past[n], p, number)) {
                is.attempts++;
                is.by_class[past[n].c]++;
                is.by_family[past[n].f]++;
            }
        }
        ck_assert_int_eq(memcmp(&is, &series->bucket[i], sizeof(is)), 0);
    }
}

/* Each ledger gets a part of the attempts; together they are all of them. */
PG_TEST_TIMES(each_bucket_has_what_belongs_there_and_merging_adds_up, 20)
{
    static const apr_time_t steps[] = { 0, SECOND, 60 * SECOND, HOUR, DAY,
                                        33 * DAY };
    pg_ledger_t *of[LEDGERS];
    past_t past[ATTEMPTS];
    unsigned lanes = 1 + (unsigned)_i % 2;
    apr_time_t now = T0;

    state = (apr_uint64_t)_i;
    for (unsigned i = 0; i < LEDGERS; i++) {
        of[i] = with_lanes(2);
    }
    for (unsigned n = 0; n < ATTEMPTS; n++) {
        remember(&past[n], pg_layout_lane(of[draw(LEDGERS)], draw(lanes)),
                 now);
        now += _i < 10 ? 0 : steps[draw(6)] / (apr_time_t)(1 + draw(9));
    }
    ledger = of[0];
    for (unsigned i = 1; i < LEDGERS; i++) {
        pg_series_merge(ledger, of[i], now);
    }
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        check_period(at(now), past, p);
    }
}
