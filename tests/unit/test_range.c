/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Covered time against a model: how many watched at each of some moments and
 * in between. */
#include "pg_range.h"
#include "pg_test_heap.h"

#define MINUTE (60 * SECOND)
#define DAY (1440 * MINUTE)

enum { MOMENTS = 24, CELLS = 2 * MOMENTS - 1, LEDGERS = 3 };

static const apr_time_t step[] = { 1, 2, 3, MINUTE, MINUTE + 1, DAY - 1,
                                   DAY, 3 * DAY };
static apr_time_t moment[MOMENTS];

/* A ledger and what it must cover: cell 2 n is moment n, and the next one the
 * time up to moment n + 1. */
typedef struct model_t {
    pg_ledger_t *ledger;
    apr_size_t others[CELLS];
    int from, to;                /* of the run; to < 0: there is none     */
} model_t;

static apr_uint64_t state;

/* Deterministic, so that a failure can be repeated. */
static int draw(int n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int)((state >> 33) % (apr_uint64_t)n);
}

static void count(model_t *m, int from, int to)
{
    for (int c = 2 * from; c <= 2 * to; c++) {
        m->others[c] = m->others[c] > 1 ? m->others[c] : 1;
    }
}

/* Logs less than a day apart leave no gap. */
static void cover(model_t *m, int from, int to)
{
    int before = 2 * from, after = 2 * to;

    pg_range_add(m->ledger, moment[from], moment[to]);
    while (before >= 0 && m->others[before] == 0) {
        before--;
    }
    while (after < CELLS && m->others[after] == 0) {
        after++;
    }
    count(m, from, to);
    if (before >= 0 && moment[from] - moment[before / 2] < DAY) {
        count(m, before / 2, from);
    }
    if (after < CELLS && moment[after / 2] - moment[to] < DAY) {
        count(m, to, after / 2);
    }
}

static void begin(model_t *m, int now)
{
    pg_range_begin(m->ledger, moment[now]);
    if (m->to < 0 || now < m->to
        || moment[now] - moment[m->to] > MINUTE) {
        if (m->to >= 0) {
            count(m, m->from, m->to);
        }
        m->from = now;
    }
    m->to = now;
}

static apr_size_t by(const model_t *m, int cell)
{
    bool runs = cell >= 2 * m->from && cell <= 2 * m->to;

    return runs && m->others[cell] == 0 ? 1 : m->others[cell];
}

static void merge(model_t *into, const model_t *from, bool beside)
{
    pg_range_merge(into->ledger, from->ledger, beside);
    for (int c = 0; c < CELLS; c++) {
        apr_size_t a = into->others[c], b = by(from, c);

        into->others[c] = !beside ? a > b ? a : b
                          : a + b < PG_PARTS ? a + b : PG_PARTS;
    }
}

static apr_size_t watched(const pg_snapshot_t *s, apr_time_t time)
{
    apr_size_t sum = 0;

    for (apr_size_t i = 0; i < s->watched_count; i++) {
        const pg_watched_t *w = &s->watched[i];
        sum += time >= w->time.from && time <= w->time.to ? w->by : 0;
    }
    return sum;
}

static bool covered(const pg_snapshot_t *s, apr_time_t time)
{
    unsigned n = 0;

    for (apr_size_t i = 0; i < s->covered_count; i++) {
        n += time >= s->covered[i].from && time <= s->covered[i].to;
    }
    return n == 1;
}

static pg_snapshot_t ranges_of(const pg_ledger_t *of)
{
    pg_snapshot_t s = { .since = T0 };

    pg_range_copy(&s, of, pool);
    return s;
}

static void check(const model_t *m)
{
    pg_snapshot_t s = ranges_of(m->ledger);

    for (int c = 0; c < CELLS; c++) {
        apr_time_t first = moment[c / 2] + c % 2;
        apr_time_t last = c % 2 ? moment[c / 2 + 1] - 1 : first;
        bool empty = first > last;

        ck_assert(empty || (watched(&s, first) == by(m, c)
                            && watched(&s, last) == by(m, c)
                            && covered(&s, first) == (by(m, c) > 0)
                            && covered(&s, last) == (by(m, c) > 0)));
    }
    for (apr_size_t i = 1; i < s.watched_count; i++) {
        const pg_watched_t *w = &s.watched[i];
        ck_assert(w[-1].time.to + 1 < w->time.from
                  || (w[-1].time.to + 1 == w->time.from && w[-1].by != w->by));
    }
    for (apr_size_t i = 1; i < s.covered_count; i++) {
        ck_assert_int_lt(s.covered[i - 1].to + 1, s.covered[i].from);
    }
    ck_assert_int_eq(s.since, s.covered_count && s.covered[0].from < T0
                                  ? s.covered[0].from : T0);
    ck_assert_int_eq(pg_range_run(m->ledger),
                     m->to < 0 ? 0 : moment[m->from]);
}

static void act(model_t m[LEDGERS])
{
    model_t *one = &m[draw(LEDGERS)], *other = &m[draw(LEDGERS)];
    int from = draw(MOMENTS), what = draw(9);

    if (what < 3) {
        cover(one, from, from + draw(MOMENTS - from > 4 ? 4
                                                        : MOMENTS - from));
    }
    else if (what < 7) {
        begin(one, from);
    }
    else if (one != other) {
        merge(one, other, draw(2));
    }
    check(one);
}

PG_TEST_SUITE(range, .set_up = set_up, .tear_down = destroy_pool);

PG_TEST_TIMES(whatever_happens_the_times_and_numbers_are_right, 100)
{
    model_t m[LEDGERS] = { { .to = -1 }, { .to = -1 }, { .to = -1 } };

    state = (apr_uint64_t)_i;
    moment[0] = _i % 2 ? 1 : T0 - 10 * DAY;
    for (int i = 1; i < MOMENTS; i++) {
        moment[i] = moment[i - 1] + step[draw(sizeof(step) / sizeof(*step))];
    }
    for (int i = 0; i < LEDGERS; i++) {
        ck_assert_int_eq(pg_ledger_heap(&m[i].ledger, NULL, T0, pool), 0);
    }
    for (int n = 0; n < 80; n++) {
        act(m);
    }
}

PG_TEST(as_many_watch_as_ledgers_can_be_merged)
{
    pg_range_add(ledger, T0, T0 + MINUTE);
    for (apr_size_t n = 1; n < 3 * PG_PARTS; n *= 2) {
        ck_assert_uint_eq(ranges_of(ledger).watched[0].by,
                          n < PG_PARTS ? n : PG_PARTS);
        pg_range_merge(ledger, ledger, true);
    }
}

/* An hour without a server is none of the logs'. */
PG_TEST(a_log_fills_no_gap_but_the_one_next_to_it)
{
    pg_snapshot_t s;

    for (int i = 0; i < 4; i++) {
        pg_range_begin(ledger, T0 + i * 60 * MINUTE);
    }
    pg_range_add(ledger, T0 + 60 * MINUTE, T0 + 60 * MINUTE + 1);
    pg_range_add(ledger, T0 + 120 * MINUTE - 1, T0 + 120 * MINUTE);
    s = ranges_of(ledger);
    ck_assert_int_eq((int)s.covered_count, 3);
    ck_assert_int_eq(s.covered[1].from, T0 + 60 * MINUTE);
    ck_assert_int_eq(s.covered[1].to, T0 + 120 * MINUTE);
}

PG_TEST(all_times_of_a_ledger_of_logs_are_added)
{
    pg_ledger_t *logs = with_lanes(1);
    pg_snapshot_t s;

    pg_range_add(logs, T0, T0 + MINUTE);
    pg_range_add(logs, T0 + 3 * DAY, T0 + 4 * DAY);
    pg_range_add_all(ledger, logs);
    s = ranges_of(ledger);
    ck_assert_uint_eq(s.covered_count, 2);
    ck_assert_int_eq(s.covered[0].from, T0);
    ck_assert_int_eq(s.covered[0].to, T0 + MINUTE);
    ck_assert_int_eq(s.covered[1].from, T0 + 3 * DAY);
    ck_assert_int_eq(s.covered[1].to, T0 + 4 * DAY);
}

/* --- more than there is room for ------------------------------------------ */

/* The first place of the table is that of the run. */
enum { ROOM = PG_RANGES - 1 };

/* Where the gap lies that is smaller than the others. */
static const int smallest[] = { 0, 1, ROOM / 2, ROOM - 2, ROOM - 1 };

PG_TEST_EACH(the_smallest_gap_is_closed, smallest)
{
    pg_snapshot_t s;
    apr_time_t at = T0, second = 0;

    for (int i = 0; i <= ROOM; i++) {
        s = ranges_of(ledger);
        ck_assert_int_eq((int)s.watched_count, i);
        pg_range_add(ledger, at, at + MINUTE + i % 3 * SECOND);
        second = i == smallest[_i] ? at + MINUTE + i % 3 * SECOND : second;
        at += (i == smallest[_i] ? 3 : 4) * DAY;
    }
    pg_range_begin(ledger, at);
    s = ranges_of(ledger);
    ck_assert_uint_eq(s.watched_count, ROOM + 1);
    ck_assert_uint_eq(watched(&s, second + 1), 1);
    for (apr_size_t i = 1; i < s.watched_count; i++) {
        ck_assert_int_gt(s.watched[i].time.from - s.watched[i - 1].time.to,
                         3 * DAY);
    }
}

/* Each time of one is nearer to one of the other than to its own next. */
PG_TEST(two_full_tables_lose_the_smallest_half_of_their_gaps)
{
    pg_ledger_t *other = with_lanes(1);
    pg_snapshot_t s;

    for (int i = 0; i < ROOM; i++) {
        apr_time_t at = T0 + i * 20 * DAY;

        pg_range_add(ledger, at, at + MINUTE);
        pg_range_add(other, at + 5 * DAY, at + 6 * DAY);
    }
    pg_range_merge(ledger, other, true);
    s = ranges_of(ledger);
    ck_assert_int_eq((int)s.watched_count, ROOM);
    for (int i = 0; i < ROOM; i++) {
        ck_assert_int_eq(s.watched[i].time.from, T0 + i * 20 * DAY);
        ck_assert_int_eq(s.watched[i].time.to, T0 + (i * 20 + 6) * DAY);
    }
}

/* Two servers: of times with one and with two watchers the shortest takes the
 * number of its neighbour. It is one in the middle, the first or the last. */
static const struct {
    int middle, before, after;   /* days                                  */
    apr_size_t becomes;
} shortest[] = { { 7, 4, 4, 2 }, { 1, 4, 4, 1 }, { 4, 1, 0, 2 },
                 { 4, 0, 1, 2 } };

PG_TEST_EACH(the_shortest_other_number_is_forgotten, shortest)
{
    apr_time_t begin = T0 + 100 * DAY, at = begin, end = T0, odd = T0;
    pg_ledger_t *other = with_lanes(1);
    int middle = shortest[_i].middle;
    pg_snapshot_t s;

    for (int i = 0; i < ROOM / 2 + 1; i++) {
        int days = i == ROOM / 4 ? middle : 4;

        end = at + days * DAY;
        odd = days == 7 ? end + DAY / 2 : days == 1 ? at + DAY / 2 : odd;
        pg_range_add(other, at, end);
        at += 8 * DAY;
    }
    odd = shortest[_i].before == 1 ? begin - DAY / 2
          : shortest[_i].after == 1 ? end + DAY / 2 : odd;
    pg_range_add(ledger, begin - shortest[_i].before * DAY,
                 end + shortest[_i].after * DAY);
    pg_range_merge(ledger, other, true);
    s = ranges_of(ledger);
    ck_assert_uint_eq(s.covered_count, 1);
    ck_assert_int_le((int)s.watched_count, ROOM);
    ck_assert_uint_eq(watched(&s, odd), shortest[_i].becomes);
    for (apr_size_t i = 0; i < s.watched_count; i++) {
        ck_assert_int_ge(s.watched[i].time.to - s.watched[i].time.from,
                         3 * DAY);
        ck_assert_int_eq(s.watched[i].by == 1,
                         (i + (shortest[_i].before == 4)) % 2);
    }
}

/* --- scribbled over ------------------------------------------------------- */

static void scribble(unsigned at, apr_time_t from, apr_time_t to,
                     apr_uint64_t number)
{
    pg_word_set(&ledger->common->range[at][0], (apr_uint64_t)from);
    pg_word_set(&ledger->common->range[at][1], (apr_uint64_t)to);
    pg_word_set(&ledger->common->range[at][2], number);
}

PG_TEST(times_that_cannot_be_are_left_out)
{
    scribble(1, INT64_MIN, T0, 1);
    scribble(2, 0, T0, 1);
    scribble(3, T0, T0 - 1, 1);
    scribble(4, T0, INT64_MAX, 1);
    scribble(5, T0, T0, PG_PARTS + 1);
    ck_assert_uint_eq(ranges_of(ledger).watched_count, 0);
    scribble(6, T0, T0, PG_PARTS);
    scribble(7, T0 + 2, T0 + 2, 0);      /* as older versions wrote them  */
    ck_assert_uint_eq(ranges_of(ledger).watched_count, 2);
    ck_assert_uint_eq(ranges_of(ledger).watched[1].by, 1);
    /* numbers of merged ledgers are no times, though they come next */
    pg_word_set(&ledger->common->part[0][0], T0 + 4);
    pg_word_set(&ledger->common->part[0][1], T0 + 5);
    ck_assert_uint_eq(ranges_of(ledger).watched_count, 2);
    scribble(0, T0, INT64_MIN, 1);
    pg_range_begin(ledger, T0 + 3);
    ck_assert_int_eq(pg_range_run(ledger), T0 + 3);
}

PG_TEST(as_many_overlapping_ranges_as_can_be_do_no_harm)
{
    for (unsigned i = 0; i < PG_RANGES; i++) {
        scribble(i, T0 + 2 * i, T0 + 2000 - 2 * i, i + 1);
    }
    pg_range_merge(ledger, ledger, true);
    ck_assert_uint_eq(ranges_of(ledger).covered_count, 1);
    ck_assert_int_eq(ranges_of(ledger).covered[0].to, T0 + 2000);
}
