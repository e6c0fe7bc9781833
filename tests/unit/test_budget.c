/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_budget.h"

#define MINUTE apr_time_from_sec(60)
#define START (MINUTE * 29000000)

static pg_budget_t *budget;

static void setup(void)
{
    void *block = mmap(NULL, pg_budget_size(), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert(block != MAP_FAILED);
    budget = pg_budget_init(block, 0x0123456789abcdefu);
}

static void teardown(void)
{
    munmap(budget, pg_budget_size());
}

static bool take_of(pg_weight_e weight, unsigned source, pg_rate_t rate,
                    apr_time_t now)
{
    unsigned char four[4];
    pg_asking_t asking = { .weight = weight, .now = now };

    for (int i = 0; i < 4; i++) {
        four[i] = (unsigned char)(source >> (8 * (3 - i)));
    }
    asking.source = pg_address_ipv4(four);
    return pg_budget_take(budget, &rate, &asking);
}

static bool take4(unsigned source, pg_rate_t rate, apr_time_t now)
{
    return take_of(PG_WEIGHT_TUNNEL, source, rate, now);
}

static int taken(unsigned source, pg_rate_t rate, apr_time_t now, int tries)
{
    int n = 0;

    for (int i = 0; i < tries; i++) {
        n += take4(source, rate, now);
    }
    return n;
}

PG_TEST_SUITE(budget, .set_up = setup, .tear_down = teardown);

PG_TEST(a_source_has_its_lines_each_minute)
{
    pg_rate_t rate = { .source = 5 };

    ck_assert_int_eq(taken(1, rate, START, 100), 5);
    ck_assert_int_eq(taken(2, rate, START + 1, 100), 5);
    ck_assert_int_eq(taken(1, rate, START + MINUTE - 1, 100), 0);
    ck_assert_int_eq(taken(1, rate, START + MINUTE, 100), 5);
}

/* A limit of one line is one. */
PG_TEST(the_least_limits_are_kept)
{
    ck_assert_int_eq(taken(1, (pg_rate_t){ .source = 1 }, START, 10), 1);
    ck_assert_int_eq(taken(1, (pg_rate_t){ .total = 1 }, START, 10), 2);
    ck_assert_uint_eq(pg_budget_held(budget), 9 + 8);
}

/* Before 1970, as late as can be said, and at minutes whose last bits, all
 * that a place has of them, are those of a place that was never used: one in
 * two years. */
PG_TEST(no_clock_ends_a_limit)
{
    static const apr_time_t times[] = { -1, -5 * MINUTE, INT64_MIN, INT64_MAX,
                                        0, (28 << 20) * MINUTE };

    for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        teardown();
        setup();
        ck_assert_int_eq(taken(1, (pg_rate_t){ .source = 4 }, times[i], 10),
                         4);
        ck_assert_int_eq(taken(2, (pg_rate_t){ .total = 2 }, times[i], 10),
                         4);
    }
}

PG_TEST(the_total_limits_what_many_sources_write)
{
    pg_rate_t rate = { .source = 5, .total = 20 };
    int n = 0;

    for (unsigned source = 0; source < 1000; source++) {
        n += taken(source, rate, START, 5);
    }
    /* as many again from the reserve for first lines */
    ck_assert_int_eq(n, 2 * 20);
    ck_assert_int_eq(taken(7, rate, START + MINUTE, 100), 5);
}

PG_TEST(no_limit_is_no_limit)
{
    ck_assert_int_eq(taken(1, (pg_rate_t){ 0 }, START, 5000), 5000);
    ck_assert_uint_eq(pg_budget_held(budget), 0);
}

/* Of many sources, how many are held back if each asks twice for its only
 * line; `sum` is that of their numbers. */
static int placed(apr_time_t now, apr_uint64_t *sum)
{
    pg_rate_t rate = { .source = 1 };
    int n = 0;

    *sum = 0;
    for (unsigned source = 0; source < 50000; source++) {
        ck_assert(take4(source, rate, now));
    }
    for (unsigned source = 0; source < 50000; source++) {
        if (!take4(source, rate, now)) {
            *sum += source;
            n++;
        }
    }
    return n;
}

/* Tags of 28 bits: with these numbers no two sources are alike. */
PG_TEST(more_sources_than_places_are_limited_by_the_total)
{
    const apr_time_t ever = apr_time_from_sec(1) << 35;
    apr_uint64_t sum;
    pg_held_t held;

    ck_assert_int_eq(placed(START, &sum), 4096);
    ck_assert_int_eq(placed(START + MINUTE, &sum), 4096);
    for (int i = 0; i < 2; i++) {
        ck_assert(pg_budget_collect(budget, &held, ever));
        ck_assert_uint_eq(held.by_source, 4096);
    }
    ck_assert(!pg_budget_collect(budget, &held, ever));
}

/* Whoever does not know the secret cannot tell which sources have a place. */
PG_TEST(another_secret_gives_the_places_to_others)
{
    apr_uint64_t one, same, other;

    ck_assert_int_eq(placed(START, &one), 4096);
    teardown();
    setup();
    (void)placed(START, &same);
    ck_assert_uint_eq(one, same);
    teardown();
    setup();
    pg_budget_init(budget, 0x0123456789abcdeeu);
    (void)placed(START, &other);
    ck_assert_uint_ne(one, other);
}

PG_TEST(an_ipv6_network_of_64_bits_is_one_source)
{
    pg_rate_t rate = { .source = 3 };
    pg_asking_t asking = { .source = { { 0x20, 1, 0x0d, 0xb8 } },
                           .now = START };
    int n = 0;

    for (int i = 0; i < 10; i++) {
        asking.source.octets[15] = (unsigned char)i;
        n += pg_budget_take(budget, &rate, &asking);
    }
    ck_assert_int_eq(n, 3);
    asking.source.octets[7] = 1;
    ck_assert(pg_budget_take(budget, &rate, &asking));
}

PG_TEST(what_was_carried_is_said_in_the_worst_flood)
{
    pg_rate_t rate = { .source = 5, .total = 20 };

    for (unsigned source = 0; source < 100; source++) {
        (void)taken(source, rate, START, 10);
    }
    ck_assert(!take4(0, rate, START));
    ck_assert(take_of(PG_WEIGHT_CARRIED, 0, rate, START));
}

/* The default rate; each noisy source as often as it likes. */
PG_TEST(ten_thousand_noisy_sources_hide_no_quiet_one)
{
    static const pg_weight_e noise[] = { PG_WEIGHT_NOISE, PG_WEIGHT_ATTEMPT,
                                         PG_WEIGHT_ATTEMPT };
    pg_rate_t rate = { .source = 10, .total = 120 };

    for (unsigned source = 0; source < 10000; source++) {
        for (int i = 0; i < 12; i++) {
            (void)take_of(noise[(unsigned)i % 3], source, rate, START);
        }
    }
    ck_assert_int_eq(taken(20000, rate, START, PG_BUDGET_FIRST),
                     PG_BUDGET_FIRST);
}

PG_TEST(a_noisy_few_leave_the_first_lines_of_others)
{
    pg_rate_t rate = { .source = 100, .total = 120 };

    for (unsigned source = 0; source < 12; source++) {
        (void)taken(source, rate, START, 1000);
    }
    ck_assert_int_eq(taken(20000, rate, START, 10), PG_BUDGET_FIRST);
}

PG_TEST_TIMES(a_light_line_has_a_part_of_what_there_is, PG_WEIGHT_CARRIED + 1)
{
    static const int most[] = {
        [PG_WEIGHT_NOISE] = 10, [PG_WEIGHT_ATTEMPT] = 2 * 60,
        [PG_WEIGHT_TUNNEL] = 2 * 80, [PG_WEIGHT_CARRIED] = 80
    };
    pg_rate_t rate = { .source = 100, .total = 80 };
    int n = 0;

    for (unsigned source = 0; source < 1000; source++) {
        for (int i = 0; i < 5; i++) {
            n += take_of((pg_weight_e)_i, source, rate, START);
        }
    }
    ck_assert_int_eq(n, most[_i]);
}

PG_TEST(noise_uses_up_none_of_a_sources_other_lines)
{
    pg_rate_t rate = { .source = 2, .total = 100 };

    for (int i = 0; i < 10; i++) {
        (void)take_of(PG_WEIGHT_NOISE, 1, rate, START);
        (void)take_of(PG_WEIGHT_CARRIED, 1, rate, START);
    }
    ck_assert_int_eq(taken(1, rate, START, 10), 2);
}

/* Once the weight was added to the address before it was mixed. */
PG_TEST(a_neighbour_is_somebody_else_whatever_its_weight)
{
    pg_rate_t rate = { .source = 1 };

    for (unsigned source = 1000; source < 1100; source++) {
        (void)take_of(PG_WEIGHT_TUNNEL, source + 1, rate, START);
        ck_assert(take_of(PG_WEIGHT_NOISE, source, rate, START));
        ck_assert(take_of(PG_WEIGHT_CARRIED, source, rate, START));
    }
}

PG_TEST(what_was_held_back_is_told_once_with_its_minute)
{
    pg_rate_t rate = { .source = 10, .total = 15 };
    pg_held_t held;

    (void)taken(1, rate, START, 100);                /* 90 by source      */
    (void)taken(2, rate, START, 10);
    (void)taken(3, rate, START, 9);                  /* 5 by total        */
    (void)taken(1, rate, START + MINUTE, 12);        /* 2 by source       */
    ck_assert(!pg_budget_collect(budget, &held, START + MINUTE - 1));
    ck_assert(pg_budget_collect(budget, &held, START + MINUTE));
    ck_assert_int_eq(held.minute, START);
    ck_assert_uint_eq(held.by_source, 90);
    ck_assert_uint_eq(held.by_total, 5);
    ck_assert(!pg_budget_collect(budget, &held, START + MINUTE));
    ck_assert(pg_budget_collect(budget, &held, START + 2 * MINUTE));
    ck_assert_int_eq(held.minute, START + MINUTE);
    ck_assert_uint_eq(held.by_source, 2);
    ck_assert_uint_eq(held.by_total, 0);
    ck_assert_uint_eq(pg_budget_held(budget), 97);
}

/* --- at random ----------------------------------------------------------- */

enum { PARTIES = 12, ACCOUNTS = 3, POOLS = 3 };

/* The same with plain numbers, for a minute; those that were held back in the
 * minutes before. */
typedef struct model_t {
    apr_time_t minute;
    int lines[PARTIES][ACCOUNTS];
    int pool[POOLS];             /* first lines, further ones, relayed    */
    apr_uint64_t held, by_source[PG_BUDGET_MINUTES],
        by_total[PG_BUDGET_MINUTES];
} model_t;

static bool model_pool(model_t *m, int pool, int total, pg_weight_e weight)
{
    static const int eighths[] = { [PG_WEIGHT_NOISE] = 1,
                                   [PG_WEIGHT_ATTEMPT] = 6,
                                   [PG_WEIGHT_TUNNEL] = 8,
                                   [PG_WEIGHT_CARRIED] = 8 };

    if (8 * m->pool[pool] >= total * eighths[weight]) {
        return false;
    }
    m->pool[pool]++;
    return true;
}

static bool model_total(model_t *m, int nth, int total, pg_weight_e weight)
{
    if (weight == PG_WEIGHT_CARRIED) {
        return model_pool(m, 2, total, weight);
    }
    return (weight != PG_WEIGHT_NOISE && nth <= PG_BUDGET_FIRST
            && model_pool(m, 0, total, weight))
           || model_pool(m, 1, total, weight);
}

static bool model_take(model_t *m, pg_weight_e weight, unsigned party,
                       pg_rate_t rate)
{
    static const int account[] = { [PG_WEIGHT_NOISE] = 0,
                                   [PG_WEIGHT_ATTEMPT] = 1,
                                   [PG_WEIGHT_TUNNEL] = 1,
                                   [PG_WEIGHT_CARRIED] = 2 };
    int *lines = &m->lines[party][account[weight]];
    int nth = 0;

    if (rate.source && *lines >= rate.source) {
        m->by_source[m->minute % PG_BUDGET_MINUTES]++;
        m->held++;
        return false;
    }
    if (rate.source) {
        nth = ++*lines;
    }
    if (rate.total && !model_total(m, nth, rate.total, weight)) {
        m->by_total[m->minute % PG_BUDGET_MINUTES]++;
        m->held++;
        return false;
    }
    return true;
}

static void model_turn(model_t *m, apr_time_t minute)
{
    m->minute = minute;
    memset(m->lines, 0, sizeof(m->lines));
    memset(m->pool, 0, sizeof(m->pool));
}

static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

/* Half of them with IPv6: another host of their network each time. */
static bool ask(pg_weight_e weight, unsigned party, pg_rate_t rate,
                apr_time_t now)
{
    pg_asking_t asking = { .source = { { 0x20, 1, 0x0d, 0xb8 } },
                           .weight = weight, .now = now };

    asking.source.octets[7] = (unsigned char)party;
    asking.source.octets[8 + below(8)] = (unsigned char)below(256);
    return party % 2 ? take_of(weight, 0xc0000200u + party, rate, now)
                     : pg_budget_take(budget, &rate, &asking);
}

/* All that was held back in the minutes before this one. */
static void compare_held(model_t *m)
{
    unsigned this = (unsigned)(m->minute % PG_BUDGET_MINUTES);
    pg_held_t held;

    for (unsigned i = 0; i < PG_BUDGET_MINUTES; i++) {
        if (i == this || m->by_source[i] + m->by_total[i] == 0) {
            continue;
        }
        ck_assert(pg_budget_collect(budget, &held, m->minute * MINUTE));
        ck_assert_uint_eq((unsigned)(held.minute / MINUTE)
                          % PG_BUDGET_MINUTES, i);
        ck_assert_int_lt(held.minute, m->minute * MINUTE);
        ck_assert_uint_eq(held.by_source, m->by_source[i]);
        ck_assert_uint_eq(held.by_total, m->by_total[i]);
        m->by_source[i] = m->by_total[i] = 0;
    }
    ck_assert(!pg_budget_collect(budget, &held, m->minute * MINUTE));
    ck_assert_uint_eq(pg_budget_held(budget), m->held);
}

static const pg_rate_t rates[] = {
    { .source = 0, .total = 7 }, { .source = 1, .total = 0 },
    { .source = 2, .total = 40 }, { .source = 3, .total = 9 },
    { .source = 4, .total = 1 }, { .source = 5, .total = 16 },
    { .source = 20, .total = 100 }, { .source = 10000, .total = 61 }
};

PG_TEST_EACH(it_agrees_with_a_plain_table, rates)
{
    model_t m = { .minute = START / MINUTE };

    seed = (unsigned)_i;
    for (int i = 0; i < 20000; i++) {
        pg_weight_e weight = (pg_weight_e)below(4);
        unsigned party = below(PARTIES);
        apr_time_t now = m.minute * MINUTE + below((unsigned)MINUTE);

        ck_assert_int_eq(ask(weight, party, rates[_i], now),
                         model_take(&m, weight, party, rates[_i]));
        if (below(100) == 0) {
            model_turn(&m, m.minute + 1 + below(3) * below(3));
            compare_held(&m);
        }
    }
    ck_assert_uint_gt(m.held, 0);
}

PG_TEST(a_minute_taken_out_early_goes_on_being_limited)
{
    pg_rate_t rate = { .source = 2, .total = 3 };
    pg_held_t held;

    (void)taken(1, rate, START, 10);
    ck_assert(pg_budget_collect(budget, &held, START + MINUTE));
    ck_assert_int_eq(taken(1, rate, START, 10), 0);
    ck_assert_int_eq(taken(2, rate, START, 10), 2);
    ck_assert_int_eq(taken(3, rate, START, 10), 2);
    ck_assert_int_eq(taken(4, rate, START, 10), 0);
}

PG_TEST(a_clock_that_goes_back_ends_nothing)
{
    pg_rate_t rate = { .source = 2, .total = 3 };

    ck_assert_int_eq(taken(1, rate, START, 10), 2);
    ck_assert_int_eq(taken(1, rate, START - 100 * MINUTE, 10), 2);
}

/* of two sources: the total, and their first lines */
enum { PROCESSES = 4, TRIES = 20000, MOST = 60000,
       LINES = MOST + 2 * PG_BUDGET_FIRST };

static void one_process(_Atomic int *lines)
{
    pg_rate_t rate = { .source = 40000, .total = MOST };

    for (int i = 0; i < TRIES; i++) {
        atomic_fetch_add(lines, take4((unsigned)i % 2, rate, START));
    }
    _exit(0);
}

PG_TEST(processes_share_one_budget_to_the_line)
{
    _Atomic int *lines = mmap(NULL, sizeof(*lines), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            one_process(lines);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(atomic_load(lines), LINES);
    ck_assert_uint_eq(pg_budget_held(budget), PROCESSES * TRIES - LINES);
    munmap((void *)lines, sizeof(*lines));
}

static pthread_barrier_t together;

static void *one_thread(void *data)
{
    _Atomic int *lines = data;
    pg_rate_t rate = { .source = 40000, .total = MOST };
    pg_held_t held;

    pthread_barrier_wait(&together);
    for (int i = 0; i < TRIES; i++) {
        *lines += take4((unsigned)i % 2, rate, START);
        (void)pg_budget_collect(budget, &held, START);
    }
    return NULL;
}

PG_TEST_CASE(threads, .set_up = setup, .tear_down = teardown, .seconds = 120);

PG_TEST(threads_share_one_budget_to_the_line)
{
    _Atomic int lines = 0;
    pthread_t thread[PROCESSES];

    ck_assert_int_eq(pthread_barrier_init(&together, NULL, PROCESSES), 0);
    for (int i = 0; i < PROCESSES; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, one_thread, &lines),
                         0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        pthread_join(thread[i], NULL);
    }
    pthread_barrier_destroy(&together);
    ck_assert_int_eq(lines, LINES);
    ck_assert_uint_eq(pg_budget_held(budget), PROCESSES * TRIES - LINES);
}
