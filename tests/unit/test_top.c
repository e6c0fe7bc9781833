/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Top lists and distinct counts against exact counts, on streams that are
 * kind, even, skewed and hostile. */
#include <math.h>
#include <stdio.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_distinct.h"
#include "pg_series.h"
#include "pg_top.h"
#include "pg_test_heap.h"

/* A ledger of four lanes. */
static void four_lanes(void)
{
    make_pool();
    ledger = with_lanes(4);
}

/* Source number n asks; in the list and in the sketches, nothing else. */
static void source(apr_uint32_t n, unsigned lane)
{
    unsigned char octets[16] = { [10] = 0xff, [11] = 0xff };
    pg_top_key_t key;

    for (int i = 0; i < 4; i++) {
        octets[12 + i] = (unsigned char)(n >> (24 - 8 * i));
    }
    key = pg_top_key(ledger, PG_TOP_SOURCES,
                     pg_span_make((const char *)octets, 16));
    pg_top_add(ledger, pg_layout_lane(ledger, lane), PG_TOP_SOURCES, &key, T0);
    pg_distinct_add(ledger, key.hash);
}

static const pg_top_entry_t *find(const pg_top_t *top, const char *text)
{
    for (apr_size_t i = 0; i < top->n; i++) {
        if (pg_span_eq(top->entry[i].key.octets, pg_span_str(text))) {
            return &top->entry[i];
        }
    }
    return NULL;
}

static const char *name_of(apr_uint32_t n)
{
    return apr_psprintf(pool, "%u.%u.%u.%u", n >> 24, n >> 16 & 255,
                        n >> 8 & 255, n & 255);
}

/* Deterministic, so that a failure can be repeated. */
static apr_uint32_t next(apr_uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (apr_uint32_t)(*state >> 33);
}

/* --- lists --------------------------------------------------------------- */

PG_TEST_SUITE(top, .set_up = four_lanes, .tear_down = destroy_pool,
              .seconds = 120);

PG_TEST(a_few_sources_are_counted_exactly_over_all_lanes)
{
    const pg_snapshot_t *s;

    for (apr_uint32_t n = 1; n <= 50; n++) {
        for (apr_uint32_t i = 0; i < n; i++) {
            source(n, i % 4);
        }
    }
    s = at(T0);
    ck_assert_uint_eq(s->top[PG_TOP_SOURCES].n, 50);
    ck_assert_uint_eq(s->top[PG_TOP_SOURCES].floor, 0);
    for (apr_uint32_t i = 0; i < 50; i++) {
        const pg_top_entry_t *e = &s->top[PG_TOP_SOURCES].entry[i];
        ck_assert_uint_eq(e->count, 50 - i);
        ck_assert_uint_eq(e->error, 0);
        ck_assert_str_eq(e->key.octets.ptr, name_of(50 - i));
    }
}

/* Room for eight sources in each lane, and a key of its own. */
static pg_ledger_t *one_set(apr_uint32_t lanes)
{
    pg_sizes_t sizes = pg_layout_sizes();
    pg_ledger_t *out = NULL;
    pg_head_t head;

    sizes.lanes = lanes;
    sizes.sets[PG_TOP_SOURCES] = 1;
    ck_assert_int_eq(pg_layout_head(&head, &sizes, NULL, T0), 0);
    ck_assert_int_eq(pg_block_new(&out, &head, pool), 0);
    return out;
}

/* One is in both; the others may have been seen in the other ledger as often
 * as what is listed there. */
PG_TEST_TIMES(merged_lists_state_what_each_may_have_missed, 2)
{
    pg_ledger_t *into = ledger, *from[] = { one_set(1), one_set(1) };
    const pg_top_t *top;

    for (apr_uint32_t n = 0; n < 8; n++) {
        for (int i = 0; i < 10; i++) {
            ledger = from[0];
            source(n, 0);
            ledger = from[i % 2];
            source(7 + n * (apr_uint32_t)(i % 2), 0);
        }
    }
    ledger = into;
    pg_top_merge(into, from[_i], T0);
    pg_top_merge(into, from[!_i], T0);
    top = &at(T0)->top[PG_TOP_SOURCES];
    ck_assert_uint_eq(top->n, 15);
    ck_assert_uint_eq(top->floor, 10 + 5);
    for (apr_uint32_t n = 0; n < 15; n++) {
        const pg_top_entry_t *e = find(top, name_of(n));

        ck_assert_uint_eq(e->count, n < 7 ? 10 : n > 7 ? 5 : 10 + 40 + 5);
        ck_assert_uint_eq(e->error, n < 7 ? 5 : n > 7 ? 10 : 0);
    }
}

/* Whoever holds the claim of a set is waited for, but not for ever. */
PG_TEST(a_claim_of_another_stays_its_own)
{
    pg_top_counted_t counted = { .octets = PG_SPAN("ua"), .count = 40 };
    apr_uint64_t held = (apr_uint64_t)(T0 / SECOND) << 32 | 1;
    apr_uint32_t sets = ledger->sizes.sets[PG_TOP_AGENTS];
    pg_word_t *claim = (pg_word_t *)(void *)(
        (char *)pg_layout_lane(ledger, 0) + ledger->top_at[PG_TOP_AGENTS])
        + (apr_size_t)sets * 8;

    for (unsigned other = 0; other < 2; other++) {
        for (apr_uint32_t i = 0; i < sets; i++) {
            pg_word_set(&claim[i], other ? held : 0);
        }
        pg_ledger_list(ledger, PG_TOP_AGENTS, &counted, T0);
        ck_assert_uint_eq(at(T0)->top[PG_TOP_AGENTS].entry[0].count,
                          40 + 40 * other);
        for (apr_uint32_t i = 0; i < sets; i++) {
            ck_assert_uint_eq(pg_word_get(&claim[i]), other ? held : 0);
        }
    }
}

/* What is not shown may be as frequent as the next one. */
PG_TEST(the_floor_is_the_count_of_the_first_that_is_not_shown)
{
    for (apr_uint32_t n = 0; n <= PG_TOP_SHOWN; n++) {
        ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].floor, 0);
        for (unsigned i = 0; i < 3; i++) {
            source(n, i);
        }
    }
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, PG_TOP_SHOWN);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].floor, 3);
}

PG_TEST(equally_frequent_ones_are_always_in_the_same_order)
{
    const pg_top_t *a, *b;

    for (apr_uint32_t n = 0; n < 50; n++) {
        source(n, n % 4);
    }
    a = &at(T0)->top[PG_TOP_SOURCES];
    ledger = with_lanes(1);
    for (apr_uint32_t n = 50; n > 0; n--) {
        source(n - 1, 0);
    }
    b = &at(T0)->top[PG_TOP_SOURCES];
    for (apr_size_t i = 0; i < 50; i++) {
        ck_assert_str_eq(a->entry[i].key.octets.ptr,
                         b->entry[i].key.octets.ptr);
    }
}

/* What a full lane without an entry may have seen is part of the error. */
PG_TEST(overfull_lanes_state_what_they_may_have_missed)
{
    const pg_top_t *top;

    ledger = one_set(2);
    for (apr_uint32_t n = 0; n < 8; n++) {
        for (int i = 0; i < 5; i++) {
            source(n, 0);
            source(n, 0);
            source(100 + n, 1);
        }
    }
    top = &at(T0)->top[PG_TOP_SOURCES];
    ck_assert_uint_eq(top->n, 16);
    ck_assert_uint_eq(top->floor, 10 + 5);
    for (apr_uint32_t n = 0; n < 8; n++) {
        ck_assert_uint_eq(find(top, name_of(n))->count, 10);
        ck_assert_uint_eq(find(top, name_of(n))->error, 5);
        ck_assert_uint_eq(find(top, name_of(100 + n))->count, 5);
        ck_assert_uint_eq(find(top, name_of(100 + n))->error, 10);
    }
}

/* What was counted elsewhere is added, errors and all. */
PG_TEST(counts_from_elsewhere_are_added_to_the_ledgers_own)
{
    static const pg_span_t agent = { .ptr = "ua", .len = 2 };
    pg_top_counted_t counted = { .octets = agent, .count = 40, .error = 3 };
    pg_top_key_t key = pg_top_key(ledger, PG_TOP_AGENTS, agent);
    const pg_top_t *top;

    pg_top_add(ledger, pg_layout_lane(ledger, 0), PG_TOP_AGENTS, &key, T0);
    pg_ledger_list(ledger, PG_TOP_AGENTS, &counted, T0);
    counted = (pg_top_counted_t){ .octets = PG_ABSENT, .count = 7 };
    pg_ledger_list(ledger, PG_TOP_AGENTS, &counted, T0);
    counted = (pg_top_counted_t){ .octets = agent, .cut = true, .count = 5 };
    pg_ledger_list(ledger, PG_TOP_AGENTS, &counted, T0);
    pg_ledger_unlisted(ledger, PG_TOP_AGENTS, 2);
    top = &at(T0)->top[PG_TOP_AGENTS];
    ck_assert_uint_eq(top->n, 3);
    ck_assert_uint_eq(top->floor, 2);
    ck_assert_uint_eq(top->entry[0].count, 41);
    ck_assert_uint_eq(top->entry[0].error, 3);
    ck_assert_ptr_null(top->entry[1].key.octets.ptr);
    ck_assert_uint_eq(top->entry[1].count, 7);
    ck_assert(top->entry[2].key.cut);
    ck_assert_uint_eq(top->entry[2].count, 5);
}

/* In a set that is full only the more frequent stay. */
PG_TEST(a_full_list_keeps_the_more_frequent_of_those_from_elsewhere)
{
    pg_top_counted_t counted = { .count = 0 };
    apr_uint64_t entries = (apr_uint64_t)ledger->sizes.sets[PG_TOP_PORTS] * 8;
    const pg_top_t *top;
    apr_uint64_t least = ~(apr_uint64_t)0;

    for (unsigned port = 1; port <= 2 * entries; port++) {
        char octets[] = { (char)(port >> 8), (char)(port & 255) };
        counted.octets = pg_span_make(octets, 2);
        counted.count = port;
        pg_ledger_list(ledger, PG_TOP_PORTS, &counted, T0);
    }
    top = &at(T0)->top[PG_TOP_PORTS];
    for (apr_size_t i = 0; i < top->n; i++) {
        ck_assert_str_eq(top->entry[i].key.octets.ptr,
                         apr_psprintf(pool, "%" APR_UINT64_T_FMT,
                                      top->entry[i].count));
        least = top->entry[i].count;
    }
    ck_assert_uint_eq(top->entry[0].count, 2 * entries);
    ck_assert_uint_ge(top->floor, entries);
    ck_assert_uint_ge(least, entries / 2);
}

PG_TEST(a_source_counts_once_among_the_different_ones)
{
    static const unsigned char four[] = { 192, 0, 2, 1 };
    pg_address_t address = pg_address_ipv4(four);

    pg_ledger_source(ledger, &address);
    pg_ledger_source(ledger, &address);
    ck_assert_uint_eq(at(T0)->sources.estimate, 1);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 0);
}

/* Every entry's promise, against the truth. */
static void check_promises(const pg_top_t *top, const apr_uint32_t *truth,
                           apr_uint32_t range)
{
    unsigned beyond = 0;

    for (apr_size_t i = 0; i < top->n; i++) {
        const pg_top_entry_t *e = &top->entry[i];
        unsigned a, b, c, d;
        apr_uint32_t n;
        ck_assert_int_eq(sscanf(e->key.octets.ptr, "%u.%u.%u.%u",
                                &a, &b, &c, &d), 4);
        n = a << 24 | b << 16 | c << 8 | d;
        ck_assert_uint_lt(n, range);
        ck_assert_uint_ge(truth[n] + e->error, e->count);
        beyond += truth[n] > e->count + 2 * e->error;
    }
    /* 95 % of them; a few more for chance. */
    ck_assert_uint_le(beyond, top->n / 10 + 3);
}

PG_TEST(the_most_frequent_of_a_skewed_stream_are_found)
{
    enum { RANGE = 200000, DRAWS = 2000000 };
    static apr_uint32_t truth[RANGE];
    apr_uint64_t state = 7;
    const pg_top_t *top;

    /* Zipf with exponent 1: rank = RANGE^u is within a factor of it. */
    for (int i = 0; i < DRAWS; i++) {
        double u = next(&state) / 2147483648.0;
        apr_uint32_t n = (apr_uint32_t)pow(RANGE, u) % RANGE;
        truth[n]++;
        source(n, (unsigned)i % 4);
    }
    top = &at(T0)->top[PG_TOP_SOURCES];
    check_promises(top, truth, RANGE);
    for (apr_uint32_t n = 1; n <= 50; n++) {
        const pg_top_entry_t *e = find(top, name_of(n));
        ck_assert_msg(e != NULL, "rank %u is missing", n);
        ck_assert_uint_le(truth[n] - truth[n] / 20, e->count);
        ck_assert_uint_ge(truth[n] + truth[n] / 20, e->count);
    }
}

PG_TEST(an_even_stream_is_shown_as_what_it_is)
{
    enum { RANGE = 100000, DRAWS = 1000000 };
    static apr_uint32_t truth[RANGE];
    apr_uint64_t state = 11;
    const pg_top_t *top;

    for (int i = 0; i < DRAWS; i++) {
        apr_uint32_t n = next(&state) % RANGE;
        truth[n]++;
        source(n, 0);
    }
    top = &at(T0)->top[PG_TOP_SOURCES];
    check_promises(top, truth, RANGE);
    ck_assert_uint_gt(top->floor, 0);
}

PG_TEST(ten_million_rotating_sources_do_not_push_out_the_real_top)
{
    const pg_top_t *top;

    for (apr_uint32_t i = 0; i < 10000000; i++) {
        source(0x0a000000 + i, i % 4);
        if (i % 2000 == 0) {
            source(0xc0000201 + i / 2000 % 5, i / 2000 % 4);
        }
    }
    top = &at(T0)->top[PG_TOP_SOURCES];
    for (apr_uint32_t i = 0; i < 5; i++) {
        const pg_top_entry_t *e = find(top, name_of(0xc0000201 + i));
        ck_assert_msg(e != NULL, "real source %u was pushed out", i);
        ck_assert_uint_ge(e->count, 500);
        ck_assert_uint_le(e->count - e->error, 1000);
    }
    for (apr_uint32_t i = 0; i < 5; i++) {
        ck_assert_int_eq(strncmp(top->entry[i].key.octets.ptr, "192.0.2.",
                                 8), 0);
    }
}

/* --- keys ---------------------------------------------------------------- */

static pg_event_t connect_to(const char *host, apr_uint16_t port)
{
    return (pg_event_t){
        .time = T0,
        .verdict = { .class_id = PG_CLASS_CONNECT_OTHER,
                     .family = PG_FAMILY_CONNECT,
                     .method = PG_SPAN("CONNECT"),
                     .host = pg_span_str(host), .port = port },
        .vhost = PG_SPAN("own.example:80"),
        .user_agent = PG_SPAN("scanner/1.0"),
        .source = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        .source_known = true,
    };
}

PG_TEST(all_four_lists_say_what_was_asked_for)
{
    pg_event_t e = connect_to("Mail.Example", 25);
    const pg_snapshot_t *s;

    pg_ledger_record(ledger, &e);
    e = connect_to("mail.example", 25);
    pg_ledger_record(ledger, &e);
    e = connect_to("2001:db8::2", 443);
    e.user_agent.ptr = NULL;
    e.user_agent.len = 0;
    pg_ledger_record(ledger, &e);
    e = connect_to(NULL, 0);
    e.verdict.target = PG_SPAN("/@x");
    e.source_is_peer = true;
    pg_ledger_record(ledger, &e);
    s = at(T0);
    ck_assert_uint_eq(find(&s->top[PG_TOP_SOURCES], "2001:db8::1")->count, 3);
    ck_assert_uint_eq(find(&s->top[PG_TOP_TARGETS], "mail.example:25")->count,
                      2);
    ck_assert_ptr_nonnull(find(&s->top[PG_TOP_TARGETS], "[2001:db8::2]:443"));
    ck_assert_ptr_nonnull(find(&s->top[PG_TOP_TARGETS], "/@x"));
    ck_assert_uint_eq(find(&s->top[PG_TOP_PORTS], "25")->count, 2);
    ck_assert_uint_eq(s->top[PG_TOP_PORTS].n, 2);
    ck_assert_uint_eq(find(&s->top[PG_TOP_AGENTS], "scanner/1.0")->count, 3);
    ck_assert_uint_eq(s->top[PG_TOP_AGENTS].n, 2);
    ck_assert_ptr_null(s->top[PG_TOP_AGENTS].entry[1].key.octets.ptr);
    ck_assert_uint_eq(s->sources.estimate, 1);
    ck_assert_uint_eq(s->vhost_count, 1);
    ck_assert_uint_eq(s->vhosts[0].attempts, 4);
    ck_assert_str_eq(s->vhosts[0].name.octets.ptr, "own.example:80");
    ck_assert_uint_eq(s->by_method[PG_METHOD_CONNECT], 4);
    ck_assert_uint_eq(s->by_port_class[PG_PORTCLASS_MAIL], 2);
}

PG_TEST(long_keys_are_cut_and_say_so)
{
    char *host = apr_palloc(pool, 5001);
    pg_event_t e;

    /* All lengths, so that every way of copying is taken. */
    for (apr_size_t n = 0; n <= 300; n++) {
        memset(host, 'A', n);
        host[n] = '\0';
        e = connect_to(host, 0);
        e.verdict.host = pg_test_exact(pg_span_make(host, n));
        e.user_agent = pg_test_exact(pg_span_make(host, n));
        e.vhost = e.user_agent;
        e.verdict.method = e.user_agent;
        pg_ledger_record(ledger, &e);
        free((void *)(apr_uintptr_t)e.verdict.host.ptr);
        free((void *)(apr_uintptr_t)e.user_agent.ptr);
    }
    for (apr_size_t t = PG_TOP_TARGETS; t < PG_TOP_COUNT; t++) {
        const pg_top_t *top = &at(T0)->top[t];
        ck_assert(t == PG_TOP_PORTS || top->n > 50);
        for (apr_size_t i = 0; i < top->n; i++) {
            ck_assert_uint_le(top->entry[i].key.octets.len, 136);
            ck_assert_msg(
                top->entry[i].key.cut
                    == (top->entry[i].count - top->entry[i].error > 1),
                "%s of %d octets: %d", pg_snapshot_top((pg_top_e)t),
                (int)top->entry[i].key.octets.len, (int)top->entry[i].count);
        }
    }
    ck_assert_int_eq(at(T0)->top[PG_TOP_TARGETS].entry[0].key.octets.ptr[0],
                     'a');
}

/* A beginning of zeros is one like any other. */
PG_TEST_TIMES(keys_whose_hashes_share_a_beginning_are_told_apart, 2)
{
    pg_top_key_t a = pg_top_key(ledger, PG_TOP_SOURCES, PG_SPAN("one"));
    pg_top_key_t b = a;
    pg_word_t *hot = (pg_word_t *)((char *)pg_layout_lane(ledger, 0)
                                   + ledger->top_at[PG_TOP_SOURCES]);
    unsigned used = 0;

    /* The same set, the same mark in the hot word. */
    a.hash &= (apr_uint64_t)-1 >> (_i ? PG_CELL_TAG_BITS : 0);
    b.hash = a.hash ^ (apr_uint64_t)1 << 40;
    for (int i = 0; i < 5; i++) {
        pg_top_add(ledger, pg_layout_lane(ledger, 0), PG_TOP_SOURCES, &a, T0);
        pg_top_add(ledger, pg_layout_lane(ledger, 0), PG_TOP_SOURCES, &b, T0);
    }
    for (unsigned way = 0; way < ledger->sizes.sets[0] * 8; way++) {
        apr_uint64_t n = pg_word_get(&hot[way]) & PG_CELL_MASK;
        ck_assert(n == 0 || n == 5);
        used += n == 5;
    }
    ck_assert_uint_eq(used, 2);
}

PG_TEST(letters_become_small_and_nothing_else_changes)
{
    char host[257];
    const pg_snapshot_t *s;
    const char *shown;

    for (int c = 1; c < 256; c += 8) {
        pg_event_t e;
        for (int i = 0; i < 8; i++) {
            host[i] = (char)(c + i < 256 ? c + i : 1);
        }
        host[8] = '\0';
        ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
        e = connect_to(host, 0);
        pg_ledger_record(ledger, &e);
        s = at(T0);
        shown = s->top[PG_TOP_TARGETS].entry[0].key.octets.ptr;
        for (int i = 0; i < 8; i++) {
            ck_assert_int_eq(shown[i], pg_octet_lower(host[i]));
        }
    }
}

/* --- claims -------------------------------------------------------------- */

PG_TEST(a_dead_owners_claim_is_void_after_two_seconds)
{
    pg_lane_t *lane = pg_layout_lane(ledger, 0);
    pg_word_t *hot = (pg_word_t *)((char *)lane + ledger->top_at[0]);
    apr_uint32_t sets = ledger->sizes.sets[0];
    pg_top_key_t key = pg_top_key(ledger, PG_TOP_SOURCES,
                                  PG_SPAN("sixteen octets!!"));

    for (apr_uint32_t i = 0; i < sets; i++) {
        pg_word_set(&hot[sets * 8 + i],
                    (apr_uint64_t)(T0 / SECOND) << 32 | 1);
    }
    pg_top_add(ledger, lane, PG_TOP_SOURCES, &key, T0 + SECOND);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 0);
    pg_top_add(ledger, lane, PG_TOP_SOURCES, &key, T0 + 2 * SECOND);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 1);
    /* One from a clock that was ahead is void at once. */
    for (apr_uint32_t i = 0; i < sets; i++) {
        pg_word_set(&hot[sets * 8 + i],
                    (apr_uint64_t)(T0 / SECOND + 9999) << 32 | 1);
    }
    key = pg_top_key(ledger, PG_TOP_SOURCES, PG_SPAN("sixteen more....."));
    pg_top_add(ledger, lane, PG_TOP_SOURCES, &key, T0);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 2);
}

PG_TEST(torn_entries_are_not_shown_and_are_freed)
{
    pg_lane_t *lane = pg_layout_lane(ledger, 0);
    pg_word_t *words = (pg_word_t *)((char *)lane + ledger->top_at[0]);
    apr_size_t n = ledger->top_at[1] - ledger->top_at[0];

    for (apr_uint32_t i = 0; i < 5000; i++) {
        source(i, 0);
    }
    for (apr_uint32_t i = 0; i < ledger->sizes.sets[0] * 8; i++) {
        ck_assert_uint_ne(pg_word_get(&words[i]), 0);
    }
    for (apr_size_t w = ledger->sizes.sets[0] * 9; w < n / 8; w += 3) {
        pg_word_set(&words[w], pg_word_get(&words[w]) ^ 0x1000);
    }
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 0);
    pg_top_tend(ledger, pg_layout_lane(ledger, 0), T0 + 10 * SECOND);
    for (apr_uint32_t i = 0; i < ledger->sizes.sets[0] * 8; i++) {
        ck_assert_uint_eq(pg_word_get(&words[i]), 0);
    }
    source(1, 0);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 1);
}

PG_TEST(an_error_that_cannot_be_is_as_large_as_the_count)
{
    pg_word_t *words = (pg_word_t *)((char *)pg_layout_lane(ledger, 0)
                                     + ledger->top_at[PG_TOP_SOURCES]);
    apr_size_t w = (apr_size_t)ledger->sizes.sets[PG_TOP_SOURCES] * 9;

    for (int i = 0; i < 3; i++) {
        source(1, 0);
    }
    while (pg_word_get(&words[w]) != 16) {       /* its length            */
        w++;
    }
    for (unsigned more = 0; more < 2; more++) {
        pg_word_set(&words[w - 1], PG_CELL_MASK + more);
        ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].entry[0].error,
                          more ? 3 : PG_CELL_MASK);
    }
}

/* The hash of an entry does not cover that bit. */
PG_TEST(an_absent_key_with_octets_is_not_believed)
{
    pg_word_t *words = (pg_word_t *)((char *)pg_layout_lane(ledger, 0)
                                     + ledger->top_at[PG_TOP_SOURCES]);
    apr_size_t n = ledger->top_at[1] - ledger->top_at[PG_TOP_SOURCES];
    unsigned lengths = 0;

    source(1, 0);
    for (apr_size_t w = ledger->sizes.sets[PG_TOP_SOURCES] * 9; w < n / 8;
         w++) {
        if (pg_word_get(&words[w]) == 16) {
            pg_word_set(&words[w], 16 | PG_LEN_ABSENT);
            lengths++;
        }
    }
    ck_assert_uint_eq(lengths, 1);
    ck_assert_uint_eq(at(T0)->top[PG_TOP_SOURCES].n, 0);
}

/* --- distinct ------------------------------------------------------------ */

PG_TEST_TIMES(distinct_sources_are_estimated_within_four_standard_errors, 9)
{
    static const apr_uint32_t sizes[] = { 1, 2, 10, 100, 1000, 10000, 30000,
                                          100000, 1000000 };
    apr_uint32_t size = sizes[_i];
    const pg_snapshot_t *s;
    double off;

    for (apr_uint32_t n = 0; n < size; n++) {
        source(n, 0);
        source(n, 1);
    }
    s = at(T0);
    /* One more, since a few can share a register. */
    off = fabs((double)s->sources.estimate - size) - 1;
    ck_assert_double_eq(s->sources.relative_error, 1.04 / 128);
    ck_assert_msg(off <= 4 * s->sources.relative_error * size, "%u: %f", size,
                  off);
}

/* The octets after a key are left from the one that had its place before. */
PG_TEST(a_key_is_shown_as_people_read_it)
{
    static const struct {
        pg_top_e list;
        const char octets[24];
        apr_uint64_t length;
        const char *text;
    } keys[] = {
        { PG_TOP_TARGETS, "\0\x19mx.examplejunk", 12, "mx.example:25" },
        { PG_TOP_TARGETS, "\x1f\x90" "a.testjunk", 8, "a.test:8080" },
        { PG_TOP_TARGETS, "\0\x19::1junk", 5, "[::1]:25" },
        { PG_TOP_TARGETS, "\0\x19[::1]junk", 7, "[::1]:25" },
        { PG_TOP_TARGETS, "\x19\0h", 3, "h:6400" },
        { PG_TOP_TARGETS, "\1\1h", 3, "h:257" },
        { PG_TOP_TARGETS, "\0\0mx:ajunk", 6, "mx:a" },
        { PG_TOP_TARGETS, "\0\x19", 2, ":25" },
        { PG_TOP_TARGETS, "x", 1, "x" },
        { PG_TOP_PORTS, "\x1f\x90junk", 2, "8080" },
        { PG_TOP_PORTS, "abc", 3, "abc" },
        { PG_TOP_SOURCES, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01junk",
          16, "192.0.2.1" },
        { PG_TOP_SOURCES, "shortjunk", 5, "short" },
        { PG_TOP_AGENTS, "curl/7junk", 6, "curl/7" },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        apr_uint64_t length = keys[i].length | (i % 2 ? PG_LEN_CUT : 0);
        pg_text_t t = pg_top_text(keys[i].list, keys[i].octets, length, pool);

        ck_assert_msg(pg_span_eq(t.octets, pg_span_str(keys[i].text))
                      && t.cut == i % 2,
                      "%zu: %.*s", i, (int)t.octets.len, t.octets.ptr);
    }
    ck_assert(pg_span_eq(pg_top_text(PG_TOP_TARGETS, "\0\x19" "a\0:bjunk", 6,
                                     pool).octets, PG_SPAN("a\0:b")));
    ck_assert_ptr_null(pg_top_text(PG_TOP_AGENTS, "", PG_LEN_ABSENT, pool)
                           .octets.ptr);
}
