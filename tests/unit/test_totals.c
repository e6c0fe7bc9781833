/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_layout.h"
#include "pg_test_heap.h"
#include "pg_totals.h"

enum { LANES = 3 };

PG_TEST_SUITE(totals, .set_up = set_up, .tear_down = destroy_pool);

/* --- methods ------------------------------------------------------------- */

PG_TEST(a_method_is_one_of_the_list_or_another)
{
#define NAME(sym, name) { name, PG_METHOD_##sym },
    static const struct { const char *name; pg_method_e is; } methods[] = {
        PG_METHODS(NAME)
        { "get", PG_METHOD_OTHER }, { "GE", PG_METHOD_OTHER },
        { "GETS", PG_METHOD_OTHER }, { "OPTION", PG_METHOD_OTHER },
        { "OPTIONSX", PG_METHOD_OTHER }, { "PROPFINE", PG_METHOD_OTHER },
        { "PROPFINDS", PG_METHOD_OTHER }, { "x", PG_METHOD_OTHER },
        { "MKCALENDAR", PG_METHOD_OTHER }
    };
#undef NAME

    for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        pg_method_e is = methods[i].is;
        pg_span_t name = pg_test_exact(pg_span_str(methods[i].name));

        ck_assert_int_eq(pg_totals_method(name),
                         is == PG_METHOD_NONE ? PG_METHOD_OTHER : is);
        free((void *)(apr_uintptr_t)name.ptr);
    }
    ck_assert_int_eq(pg_totals_method(PG_ABSENT), PG_METHOD_NONE);
    ck_assert_int_eq(pg_totals_method(pg_span_make("GET", 0)),
                     PG_METHOD_NONE);
    ck_assert_int_eq(pg_totals_method(PG_SPAN("GET\0")), PG_METHOD_OTHER);
}

/* --- virtual hosts ------------------------------------------------------- */

static const pg_snapshot_t *vhosts_of(const pg_ledger_t *which)
{
    pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));

    pg_totals_copy_vhosts(s, which, pool);
    return s;
}

static unsigned count_for(pg_ledger_t *which, pg_span_t name)
{
    unsigned at = pg_totals_vhost(which, name);

    pg_word_add(&pg_layout_lane(which, 0)->vhost[at][0], 1);
    return at;
}

PG_TEST(a_name_has_72_octets_and_no_more)
{
    char octets[100];
    pg_ledger_t *sum = with_lanes(1);

    memset(octets, 'x', sizeof(octets));
    for (apr_size_t n = 70; n <= 90; n++) {
        octets[0] = (char)('a' + n - 70);
        (void)count_for(ledger, pg_span_make(octets, n));
    }
    pg_totals_merge(sum, ledger, pool);
    for (int merged = 0; merged < 2; merged++) {
        const pg_snapshot_t *s = vhosts_of(merged ? sum : ledger);
        ck_assert_uint_eq(s->vhost_count, 21);
        for (int i = 0; i < 21; i++) {
            pg_text_t name = s->vhosts[i].name;
            apr_size_t n = (apr_size_t)(name.octets.ptr[0] - 'a') + 70;
            ck_assert_uint_eq(name.octets.len, n < 72 ? n : 72);
            ck_assert_int_eq(name.cut, n > 72);
            ck_assert_uint_eq(s->vhosts[i].attempts, 1);
        }
    }
    octets[0] = 'u';             /* a later octet does not matter         */
    octets[80] = 'y';
    (void)count_for(ledger, pg_span_make(octets, 90));
    ck_assert_uint_eq(vhosts_of(ledger)->vhost_count, 21);
}

/* Where other versions look for it. */
PG_TEST(a_name_is_at_home_or_at_the_next_free_place)
{
    bool taken[PG_VHOSTS] = { false };

    for (int i = 0; i < PG_VHOSTS; i++) {
        const char *name = apr_psprintf(pool, "%d.example", i);
        apr_uint64_t hash = pg_hash_nh(&ledger->vhost_key, name,
                                       strlen(name));
        unsigned at = (unsigned)(hash % PG_VHOSTS);

        while (taken[at]) {
            at = (at + 1) % PG_VHOSTS;
        }
        taken[at] = true;
        ck_assert_uint_eq(pg_totals_vhost(ledger, pg_span_str(name)), at);
        ck_assert_uint_eq(pg_totals_vhost(ledger, pg_span_str(name)), at);
        ck_assert_uint_eq(pg_word_get(&ledger->common->vhost[at].hash), hash);
    }
    ck_assert_uint_eq(pg_totals_vhost(ledger, PG_SPAN("more")), PG_VHOSTS);
    ck_assert_uint_eq(pg_totals_vhost(ledger, PG_ABSENT), PG_VHOSTS);
    ck_assert_uint_eq(vhosts_of(ledger)->vhost_count, 0);  /* no attempts  */
}

static void same_vhosts(const pg_snapshot_t *s,
                        apr_uint64_t want[PG_VHOSTS + 1][PG_OUTCOME_COUNT])
{
    ck_assert_uint_eq(s->vhost_count, PG_VHOSTS + 1);
    for (apr_size_t i = 0; i < s->vhost_count; i++) {
        const pg_vhost_count_t *one = &s->vhosts[i];
        int at = one->name.octets.ptr ? atoi(one->name.octets.ptr)
                                      : PG_VHOSTS;
        apr_uint64_t sum = 0;

        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            ck_assert_uint_eq(one->by_outcome[o], want[at][o]);
            sum += want[at][o];
        }
        ck_assert_uint_eq(one->attempts, sum);
        ck_assert(i == 0 || one->attempts <= s->vhosts[i - 1].attempts);
    }
}

/* --- all words of all lanes at random ------------------------------------- */

static unsigned seed;

static apr_uint64_t some(void)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % 1000;
}

static void put_totals(pg_lane_t *lane, pg_snapshot_t *want, pg_class_e c,
                       pg_family_e f)
{
    unsigned kind = pg_layout_kind(c, f);

    for (unsigned i = 0; i < PG_OUTCOME_COUNT * PG_METHOD_COUNT
                             * PG_PORTCLASS_COUNT; i++) {
        unsigned o = i % PG_OUTCOME_COUNT;
        unsigned m = i / PG_OUTCOME_COUNT % PG_METHOD_COUNT;
        unsigned p = i / PG_OUTCOME_COUNT / PG_METHOD_COUNT;
        apr_uint64_t n = some();

        pg_word_set(&lane->total[kind][o][m][p], n);
        want->count[c][o] += n;
        want->by_family[f] += n;
        want->by_method[m] += n;
        want->by_port_class[p] += n;
        want->attempts += n;
    }
}

static void put_rest(pg_lane_t *lane, pg_snapshot_t *want, unsigned i)
{
    static const apr_time_t first[] = { T0 + 9, T0 + 5, 0 };
    static const apr_time_t last[] = { T0 + 90, T0 + 95, 0 };
    apr_uint64_t n = some();

    for (unsigned k = 0; k < PG_INTENT_COUNT; k++) {
        pg_word_set(&lane->intent[k], some());
        want->by_intent[k] += pg_word_get(&lane->intent[k]);
    }
    pg_word_set(&lane->permitted, n);
    want->permitted += n;
    pg_word_set(&lane->first, (apr_uint64_t)first[i]);
    pg_word_set(&lane->last, (apr_uint64_t)last[i]);
    want->first = T0 + 5;
    want->last = T0 + 95;
}

static void put_vhosts(pg_ledger_t *which,
                       apr_uint64_t want[PG_VHOSTS + 1][PG_OUTCOME_COUNT])
{
    for (int i = 0; i <= PG_VHOSTS; i++) {
        const char *name = apr_psprintf(pool, "%d.example", i);
        unsigned at = pg_totals_vhost(which, i < PG_VHOSTS
                                                 ? pg_span_str(name)
                                                 : PG_ABSENT);

        for (unsigned k = 0; k < LANES * PG_OUTCOME_COUNT; k++) {
            pg_lane_t *lane = pg_layout_lane(which, k % LANES);
            apr_uint64_t n = some();
            pg_word_set(&lane->vhost[at][k / LANES], n);
            want[i][k / LANES] += n;
        }
    }
}

static void same_totals(const pg_ledger_t *which, const pg_snapshot_t *want)
{
    pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));

    pg_totals_copy(s, which);
    ck_assert_int_eq(memcmp(s, want, sizeof(*s)), 0);
}

PG_TEST_TIMES(every_word_of_every_lane_is_shown_and_merged_once, 5)
{
    pg_ledger_t *from = with_lanes(LANES);
    pg_snapshot_t *want = apr_pcalloc(pool, sizeof(*want));
    apr_uint64_t vhosts[PG_VHOSTS + 1][PG_OUTCOME_COUNT] = { { 0 } };

    seed = (unsigned)_i;
    for (unsigned i = 0; i < LANES; i++) {
        pg_lane_t *lane = pg_layout_lane(from, i);
        for (unsigned c = 0; c < PG_CLASS_COUNT; c++) {
            put_totals(lane, want, (pg_class_e)c,
                       pg_vocab_family_of((pg_class_e)c));
        }
        for (unsigned f = 1; f < PG_FAMILY_COUNT; f++) {
            put_totals(lane, want, PG_CLASS_MALFORMED, (pg_family_e)f);
        }
        put_rest(lane, want, i);
    }
    put_vhosts(from, vhosts);
    same_totals(from, want);
    same_vhosts(vhosts_of(from), vhosts);
    pg_totals_merge(ledger, from, pool);
    same_totals(ledger, want);
    same_vhosts(vhosts_of(ledger), vhosts);
}

/* Neither is 0 a time, nor is it one more attempt. */
PG_TEST(the_first_and_the_last_time_are_those_of_all)
{
    static const apr_time_t times[][3] = { { 0, 5, 5 }, { 5, 0, 5 },
                                           { 5, 7, 5 }, { 7, 5, 5 } };

    for (int i = 0; i < 4; i++) {
        pg_ledger_t *into = with_lanes(1), *from = with_lanes(1);
        pg_lane_t *a = pg_layout_lane(into, 0), *b = pg_layout_lane(from, 0);

        pg_word_set(&a->first, (apr_uint64_t)times[i][0]);
        pg_word_set(&a->last, (apr_uint64_t)times[i][0]);
        pg_word_set(&b->first, (apr_uint64_t)times[i][1]);
        pg_word_set(&b->last, (apr_uint64_t)times[i][1]);
        pg_totals_merge(into, from, pool);
        ck_assert_int_eq((int)pg_word_get(&a->first), (int)times[i][2]);
        ck_assert_int_eq((int)pg_word_get(&a->last), i < 2 ? 5 : 7);
    }
}

/* In whatever order they come; times before 1970 are none. */
PG_TEST(the_first_and_the_last_attempt_are_known)
{
    static const apr_time_t at[][3] = {
        { 0, 0, 0 }, { -5, 0, 0 }, { T0, T0, T0 }, { T0 + 4, T0, T0 + 4 },
        { T0 - 3, T0 - 3, T0 + 4 }, { 0, T0 - 3, T0 + 4 },
        { T0 + 4, T0 - 3, T0 + 4 }, { -1, T0 - 3, T0 + 4 },
        { 2, 2, T0 + 4 }, { 1, 1, T0 + 4 }, { T0 + 9, 1, T0 + 9 }
    };

    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));
        pg_event_t e = { .time = at[i][0], .now = T0,
                         .verdict = { .class_id = PG_CLASS_SOCKS,
                                      .family = PG_FAMILY_SOCKS } };

        pg_ledger_record(ledger, &e);
        pg_totals_copy(s, ledger);
        ck_assert_uint_eq(s->attempts, i + 1);
        ck_assert_int_eq(s->first, at[i][1]);
        ck_assert_int_eq(s->last, at[i][2]);
    }
}

PG_TEST(no_count_is_larger_than_the_most)
{
    static const apr_uint64_t most = PG_COUNT_MOST;

    for (apr_uint64_t n = most - 1; n <= most + 1; n++) {
        pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));
        pg_ledger_t *sum = with_lanes(1);

        pg_word_set(&pg_layout_lane(ledger, 0)->permitted, n);
        pg_totals_copy(s, ledger);
        ck_assert_uint_eq(s->permitted, n < most ? n : most);
        pg_totals_merge(sum, ledger, pool);
        ck_assert_uint_eq(pg_word_get(&pg_layout_lane(sum, 0)->permitted),
                          n < most ? n : most);
    }
}

/* An older record had no names: as many as there are get one. */
PG_TEST(what_was_counted_without_a_name_can_be_given_one)
{
    static const apr_uint64_t there[] = { 5, 0, 7 }, named[] = { 3, 0, 5, 6,
                                                                 12, 13 };
    pg_ledger_t *which = with_lanes(LANES);
    apr_uint64_t by_outcome[PG_OUTCOME_COUNT] = { 0 };
    unsigned at = pg_totals_vhost(which, PG_SPAN("own"));
    apr_uint64_t sum[2][PG_OUTCOME_COUNT] = { { 0 } };

    for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
        by_outcome[o] = named[o % 6];
        for (unsigned i = 0; i < LANES; i++) {
            pg_word_set(&pg_layout_lane(which, i)->vhost[PG_VHOSTS][o],
                        there[i]);
        }
    }
    pg_totals_name(which, PG_SPAN("own"), by_outcome);
    for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
        apr_uint64_t most = by_outcome[o] < 12 ? by_outcome[o] : 12;
        for (unsigned i = 0; i < LANES; i++) {
            const pg_lane_t *lane = pg_layout_lane(which, i);
            sum[0][o] += pg_word_get(&lane->vhost[at][o]);
            sum[1][o] += pg_word_get(&lane->vhost[PG_VHOSTS][o]);
        }
        ck_assert_uint_eq(sum[0][o], most);
        ck_assert_uint_eq(sum[1][o], 12 - most);
    }
}
