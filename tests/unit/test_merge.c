/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Ledgers added up: the order, the grouping and repetition change nothing. */
#include "pg_test_folder.h"

#include "pg_block.h"
#include "pg_layout.h"

#define NOW (T0 + 86400 * SECOND)

enum { SERVERS = 5 };

static pg_ledger_t *server[SERVERS];

/* A ledger of a file, with a key of its own or a common one. */
static pg_ledger_t *of_file(const char *name, const pg_key_t *key)
{
    pg_ledger_options_t options = { .path = in_folder(name), .lanes = 1,
                                    .key = key };
    pg_ledger_t *out = NULL;
    pg_opening_t opening;

    ck_assert_int_eq(pg_ledger_open(&out, &opening, &options, T0, pool),
                     0);
    return out;
}

static void count(pg_ledger_t *ledger, unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++) {
        pg_event_t e = { .time = T0 + i * SECOND,
                         .verdict = { .class_id = PG_CLASS_CONNECT_MAIL,
                                      .family = PG_FAMILY_CONNECT,
                                      .host = PG_SPAN("mx.example"),
                                      .port = (apr_uint16_t)(20 + i % 7) },
                         .outcome = (pg_outcome_e)(i % PG_OUTCOME_COUNT),
                         .vhost = PG_SPAN("own.example:80"),
                         .source_known = true };
        e.source.octets[15] = (unsigned char)i;
        e.source.octets[14] = (unsigned char)(i >> 8);
        pg_ledger_record(ledger, &e);
    }
    pg_ledger_cover(ledger, T0 + from * SECOND, T0 + (from + n) * SECOND);
}

static void set_up_with(const pg_key_t *key)
{
    make_folder();
    for (unsigned i = 0; i < SERVERS; i++) {
        server[i] = of_file(apr_psprintf(pool, "server-%u", i), key);
        count(server[i], i * 60, 100);
    }
}

static void set_up(void)
{
    static const pg_key_t key = { { 42, 43 } };

    set_up_with(&key);
}

static const pg_snapshot_t *of(const pg_ledger_t *ledger)
{
    return snapshot_at(ledger, NOW);
}

static pg_ledger_t *sum_of(const char *order)
{
    pg_ledger_t *sum;

    ck_assert_int_eq(pg_ledger_heap_like(&sum, server[0], T0, pool), 0);
    for (; *order; order++) {
        ck_assert_int_eq(pg_ledger_merge(sum, server[*order - '0'], NOW,
                                         pool), 0);
    }
    return sum;
}

static void same(const pg_ledger_t *a, const pg_ledger_t *b)
{
    same_snapshots(of(a), of(b));
    ck_assert_uint_eq(of(a)->ledgers, of(b)->ledgers);
}

PG_TEST_SUITE(merge, .set_up = set_up, .tear_down = remove_folder,
              .seconds = 120);

PG_TEST(the_order_does_not_matter)
{
    pg_ledger_t *sum = sum_of("01234");
    apr_uint64_t intents = 0;

    ck_assert_uint_eq(of(sum)->attempts, SERVERS * 100);
    for (unsigned n = 0; n < PG_INTENT_COUNT; n++) {
        intents += of(sum)->by_intent[n];
    }
    ck_assert_uint_eq(intents, SERVERS * 100);
    ck_assert_uint_eq(of(sum)->ledgers, SERVERS);
    same(sum, sum_of("43210"));
    same(sum, sum_of("20413"));
}

PG_TEST(the_grouping_does_not_matter)
{
    pg_ledger_t *left = sum_of("01"), *right = sum_of("234");

    ck_assert_int_eq(pg_ledger_merge(left, right, NOW, pool), 0);
    same(left, sum_of("01234"));
}

PG_TEST(what_is_held_already_adds_nothing)
{
    pg_ledger_t *sum = sum_of("012");

    same(sum, sum_of("0120122"));
    ck_assert_int_eq(pg_ledger_merge(sum, sum_of("12"), NOW, pool), 0);
    same(sum, sum_of("012"));
    ck_assert_int_eq(pg_ledger_merge(sum, sum, NOW, pool), 0);
    ck_assert_uint_eq(of(sum)->attempts, 300);
    ck_assert_int_eq(pg_ledger_merge(server[0], server[0], NOW, pool), 0);
    ck_assert_uint_eq(of(server[0])->attempts, 100);
}

PG_TEST(what_overlaps_in_part_is_refused_and_nothing_added)
{
    pg_ledger_t *sum = sum_of("01");

    ck_assert_int_eq(pg_ledger_merge(sum, sum_of("12"), NOW, pool),
                     APR_EEXIST);
    same(sum, sum_of("01"));
    count(server[1], 5000, 1);       /* a later state of one that is held */
    ck_assert_int_eq(pg_ledger_merge(sum, server[1], NOW, pool), APR_EEXIST);
    ck_assert(!pg_ledger_holds(sum, server[1], pool));
    ck_assert(pg_ledger_holds(sum, server[0], pool));
}

/* Whoever adds a part may be killed in between. */
PG_TEST(half_a_part_is_none)
{
    pg_ledger_t *sum = sum_of("01");

    for (unsigned half = 0; half < 2; half++) {
        pg_word_t *word = &sum->common->part[0][half];
        apr_uint64_t was = pg_word_get(word);

        ck_assert_uint_eq(of(sum)->ledgers, 2);
        pg_word_set(word, 0);
        ck_assert_uint_eq(of(sum)->ledgers, 1);
        pg_word_set(word, was);
    }
}

/* What lies next to the parts are other numbers. */
PG_TEST(no_number_but_those_of_parts_makes_one)
{
    pg_ledger_t *sum = sum_of("01");
    pg_common_t *common = sum->common;

    for (unsigned i = 0; i < 3; i++) {
        pg_word_set(&common->range[PG_RANGES - 1][i], 7);
        pg_word_set(&common->missed[i], 7);
    }
    ck_assert_uint_eq(of(sum)->ledgers, 2);
}

/* Its own part is what it counted itself. */
PG_TEST(what_a_server_was_given_by_others_is_not_its_own)
{
    pg_ledger_t *idle = of_file("idle", NULL), *sum = sum_of("01");

    ck_assert_int_eq(pg_ledger_merge(server[0], server[1], NOW, pool), 0);
    ck_assert_uint_eq(of(server[0])->ledgers, 2);
    ck_assert(pg_ledger_holds(sum, server[0], pool));
    ck_assert_int_eq(pg_ledger_merge(idle, server[2], NOW, pool), 0);
    ck_assert_uint_eq(of(idle)->ledgers, 1);
    ck_assert(pg_ledger_holds(sum_of("2"), idle, pool));
    /* a part that claims more than there is leaves it none */
    pg_word_set(&server[0]->common->part[0][1], 1000);
    ck_assert_uint_eq(of(server[0])->ledgers, 1);
    ck_assert(!pg_ledger_holds(sum, server[0], pool));
}

/* It says when somebody was watching. */
PG_TEST(a_server_that_counted_nothing_is_merged_all_the_same)
{
    pg_ledger_t *idle = of_file("idle", NULL), *sum = sum_of("0");

    pg_ledger_cover(idle, T0 + 200000 * SECOND, T0 + 300000 * SECOND);
    ck_assert(!pg_ledger_holds(sum, idle, pool));
    ck_assert_int_eq(pg_ledger_merge(sum, idle, NOW, pool), 0);
    ck_assert_uint_eq(of(sum)->covered_count, 2);
    ck_assert_uint_eq(of(sum)->ledgers, 1);
}

PG_TEST(a_new_block_of_a_server_is_still_one_ledger)
{
    pg_ledger_t *block = NULL;

    ck_assert_int_eq(pg_block_new(&block, &server[0]->head, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(block, server[0], NOW, pool), 0);
    ck_assert_uint_eq(of(block)->ledgers, 1);
    count(block, 1000, 5);
    ck_assert_uint_eq(of(block)->ledgers, 1);
    ck_assert_uint_eq(of(block)->attempts, 105);
}

PG_TEST(a_table_full_of_half_parts_takes_one_at_its_end)
{
    pg_ledger_t *sum = sum_of("");
    pg_common_t *common = sum->common;

    for (apr_uint64_t i = 0; i < PG_PARTS; i++) {
        pg_word_set(&common->part[i][0], i + 1);
    }
    ck_assert_int_eq(pg_ledger_merge(sum, server[0], NOW, pool), 0);
    ck_assert_uint_eq(of(sum)->ledgers, 1);
    ck_assert(pg_ledger_holds(sum, server[0], pool));
    for (unsigned i = 0; i < PG_TOP_ROOM; i++) {
        ck_assert_uint_eq(pg_word_get(&common->missed[i]), 0);
    }
}

PG_TEST(there_is_room_for_so_many_and_a_full_ledger_stays_as_it_is)
{
    pg_ledger_t *sum = sum_of("0");

    for (apr_uint64_t i = 1; i < PG_PARTS - 1; i++) {
        pg_word_set(&sum->common->part[i][0], i);
        pg_word_set(&sum->common->part[i][1], 1);
    }
    ck_assert_uint_eq(of(sum)->ledgers, PG_PARTS - 1);
    ck_assert_int_eq(pg_ledger_merge(sum, sum_of("12"), NOW, pool),
                     APR_ENOSPC);
    ck_assert_uint_eq(of(sum)->attempts, 100);
    ck_assert_int_eq(pg_ledger_merge(sum, server[1], NOW, pool), 0);
    ck_assert_uint_eq(of(sum)->ledgers, PG_PARTS);
    ck_assert_int_eq(pg_ledger_merge(sum, server[2], NOW, pool), APR_ENOSPC);
    ck_assert_uint_eq(of(sum)->attempts, 200);
    ck_assert(pg_ledger_holds(sum, server[0], pool));
    ck_assert(pg_ledger_holds(sum, server[1], pool));
    ck_assert(!pg_ledger_holds(sum, server[2], pool));
}

PG_TEST(sources_unite_under_one_key)
{
    /* 5 x 100 in steps of 60: 340 different ones */
    apr_uint64_t n = of(sum_of("01234"))->sources.estimate;

    ck_assert_uint_ge(n, 330);
    ck_assert_uint_le(n, 350);
    ck_assert_uint_eq(of(sum_of("01234"))->sources_elsewhere, 0);
}

PG_TEST(without_one_key_a_bound_is_known)
{
    pg_ledger_t *other = of_file("other", NULL), *sum = sum_of("0");
    const pg_snapshot_t *s;

    count(other, 50, 100);
    ck_assert_int_eq(pg_ledger_merge(sum, other, NOW, pool), 0);
    s = of(sum);
    ck_assert_uint_le(s->sources.estimate, 103);
    ck_assert_uint_ge(s->sources_elsewhere, 97);
    ck_assert_uint_le(s->sources_elsewhere, 103);
    /* texts unite all the same: 50 sources are in both */
    ck_assert_uint_eq(s->top[PG_TOP_SOURCES].n, 100);
    ck_assert_uint_eq(s->top[PG_TOP_SOURCES].entry[0].count, 2);
}

PG_TEST(bounds_of_sources_elsewhere_are_added)
{
    pg_ledger_t *sum = sum_of("");

    for (unsigned i = 0; i < 2; i++) {
        pg_word_set(&server[i]->common->elsewhere, 40);
        ck_assert_int_eq(pg_ledger_merge(sum, server[i], NOW, pool), 0);
        ck_assert_uint_eq(of(sum)->sources_elsewhere, 40 * (i + 1));
    }
}

/* The truth lies between count - error and count + 2 error, and what is not
 * listed is below the floor, though both lists overflow. */
PG_TEST(bounds_of_overfull_lists_hold)
{
    enum { SOURCES = 6000 };
    pg_ledger_t *sum = sum_of("");
    const pg_top_t *top;
    unsigned wrong = 0;

    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < SOURCES; n++) {
            unsigned times = n < 30 ? 400 : 1 + n % 3;
            for (unsigned t = 0; t < times; t++) {
                count(server[i], 10000 + n, 1);
            }
        }
        ck_assert_int_eq(pg_ledger_merge(sum, server[i], NOW, pool), 0);
    }
    top = &of(sum)->top[PG_TOP_SOURCES];
    ck_assert_uint_ge(top->n, 30);
    ck_assert_uint_gt(top->floor, 0);
    for (apr_size_t i = 0; i < 30; i++) {
        const pg_top_entry_t *e = &top->entry[i];
        wrong += e->count > 800 + e->error
                 || e->count + 2 * e->error < 800;
    }
    ck_assert_uint_le(wrong, 3);     /* 95 % */
}

PG_TEST(covered_times_are_joined_and_gaps_stay)
{
    const pg_snapshot_t *s = of(sum_of("04"));

    ck_assert_uint_ge(s->covered_count, 2);
    ck_assert_int_eq(s->covered[0].from, T0);
    ck_assert_int_eq(s->covered[0].to, T0 + 100 * SECOND);
    ck_assert_int_eq(s->covered[1].from, T0 + 240 * SECOND);
}

/* Each counts for 100 seconds, and begins 60 after the one before it. */
PG_TEST(what_several_watched_is_known_with_their_number)
{
    const pg_snapshot_t *s = of(sum_of("012"));
    static const apr_size_t by[] = { 1, 2, 1, 2, 1 };
    static const int from[] = { 0, 60, 100, 120, 160 };

    ck_assert_uint_eq(s->covered_count, 1);
    ck_assert_uint_eq(s->watched_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_eq(s->watched[i].by, by[i]);
        ck_assert_int_eq(s->watched[i].time.from / SECOND,
                         T0 / SECOND + from[i]);
        ck_assert(i == 0 || s->watched[i].time.from
                                == s->watched[i - 1].time.to + 1);
    }
    ck_assert_int_eq(s->watched[4].time.to, T0 + 220 * SECOND);
    /* a time that is covered twice is covered once */
    pg_ledger_cover(server[0], T0, T0 + 50 * SECOND);
    s = of(server[0]);
    ck_assert_uint_eq(s->watched_count, 1);
    ck_assert_uint_eq(s->watched[0].by, 1);
}

PG_TEST(more_ranges_than_there_is_room_for_lose_the_smallest_gaps)
{
    const pg_snapshot_t *s;

    for (unsigned i = 0; i < 200; i++) {
        apr_time_t from = T0 + (i * 200 + i % 2) * 1000 * SECOND;
        pg_ledger_cover(server[0], from, from + 100 * SECOND);
    }
    s = of(server[0]);
    ck_assert_uint_le(s->covered_count, PG_RANGES);
    for (apr_size_t i = 0; i + 1 < s->covered_count; i++) {
        ck_assert_int_lt(s->covered[i].to, s->covered[i + 1].from);
    }
    ck_assert_int_eq(s->covered[s->covered_count - 1].to,
                     T0 + ((199 * 200 + 1) * 1000 + 100) * SECOND);
}

PG_TEST(as_many_ranges_as_there_is_room_for_are_all_kept)
{
    const pg_snapshot_t *s = NULL;

    /* it has one already; the first place is that of the present run */
    for (unsigned n = 2; n <= PG_RANGES + 1; n++) {
        /* the smallest gap is before the fiftieth */
        apr_time_t from = T0 + (n * 200000 - (n < 50 ? 0 : 50000)) * SECOND;

        pg_ledger_cover(server[0], from, from + 100 * SECOND);
        s = of(server[0]);
        ck_assert_uint_eq(s->covered_count, n < PG_RANGES ? n : PG_RANGES - 1);
        ck_assert_int_eq(s->covered[s->covered_count - 1].to,
                         from + 100 * SECOND);
    }
    for (apr_size_t i = 0; i + 1 < s->covered_count; i++) {
        ck_assert_int_gt(s->covered[i + 1].from - s->covered[i].to,
                         150000 * SECOND);
    }
}

PG_TEST(a_secret_is_the_same_key_everywhere)
{
    pg_key_t key = pg_ledger_key(PG_SPAN("a secret of a fleet, long enough"));
    pg_key_t other = pg_ledger_key(PG_SPAN("a secret of a fleet, long enougH"));

    ck_assert(key.k[0] != other.k[0] && key.k[1] != other.k[1]);
    /* SipHash-2-4 under the keys 1 and 2, by another program */
    ck_assert_uint_eq(key.k[0], 0xb83ca626519dd1dbu);
    ck_assert_uint_eq(key.k[1], 0xd820641cbffc2bf4u);
}
