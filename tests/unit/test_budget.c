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

PG_TEST(more_sources_than_places_are_limited_by_the_total)
{
    pg_rate_t rate = { .source = 1, .total = 100000 };
    int n = 0;

    for (unsigned source = 0; source < 50000; source++) {
        n += take4(source, rate, START);
    }
    /* tags of 28 bits: two of 50000 in one set and alike are unlikely */
    ck_assert_int_ge(n, 49995);
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
enum { PROCESSES = 4, TRIES = 20000, LINES = 700 + 2 * PG_BUDGET_FIRST };

static void one_process(_Atomic int *lines)
{
    pg_rate_t rate = { .source = 500, .total = 700 };

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

static void *one_thread(void *data)
{
    _Atomic int *lines = data;
    pg_rate_t rate = { .source = 500, .total = 700 };
    pg_held_t held;

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

    for (int i = 0; i < PROCESSES; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, one_thread, &lines),
                         0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        pthread_join(thread[i], NULL);
    }
    ck_assert_int_eq(lines, LINES);
    ck_assert_uint_eq(pg_budget_held(budget), PROCESSES * TRIES - LINES);
}
