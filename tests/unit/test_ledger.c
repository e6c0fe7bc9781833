/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_distinct.h"
#include "pg_ledger.h"
#include "pg_totals.h"

static pg_event_t attempt(pg_class_e c, pg_family_e f, pg_outcome_e o)
{
    return (pg_event_t){ .time = T0,
                         .verdict = { .class_id = c, .family = f },
                         .outcome = o };
}

static pg_ledger_t *opened(const char *path, pg_opened_e how)
{
    pg_ledger_t *ledger = NULL;
    pg_opening_t opening;

    ck_assert_int_eq(pg_ledger_open(&ledger, &opening, AT_PATH(path), T0,
                                    pool), 0);
    ck_assert_int_eq(opening.how, how);
    return ledger;
}

static const pg_snapshot_t *snapshot_of(const pg_ledger_t *ledger)
{
    return snapshot_at(ledger, T0 + 5);
}

/* --- totals ------------------------------------------------------------- */

PG_TEST_SUITE(ledger, .set_up = make_folder, .tear_down = remove_folder);

/* A compromised child may write anything. */
PG_TEST(a_count_of_all_ones_is_no_count)
{
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_lane_t *lane = pg_layout_lane(ledger, i);
        pg_word_t *total = &lane->total[0][0][0][0];

        for (unsigned w = 0; w < PG_TOTALS; w++) {
            pg_word_set(&total[w], ~(apr_uint64_t)0);
        }
        pg_word_set(&lane->permitted, ~(apr_uint64_t)0);
    }
    s = snapshot_of(ledger);
    ck_assert_uint_gt(s->attempts, 0);
    ck_assert_uint_le(s->attempts, INT64_MAX);
    ck_assert_uint_le(s->permitted, INT64_MAX);
}

PG_TEST(every_class_and_outcome_is_counted_apart)
{
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;
    apr_uint64_t sum = 0;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned c = 0; c < PG_CLASS_COUNT; c++) {
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            pg_event_t e =
                attempt((pg_class_e)c, pg_vocab_family_of((pg_class_e)c),
                        (pg_outcome_e)o);
            for (unsigned n = 0; n < 1 + c * 10 + o; n++) {
                pg_ledger_record(ledger, &e);
            }
        }
    }
    s = snapshot_of(ledger);
    for (unsigned c = 0; c < PG_CLASS_COUNT; c++) {
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            ck_assert_uint_eq(s->count[c][o], 1 + c * 10 + o);
            sum += 1 + c * 10 + o;
        }
    }
    ck_assert_uint_eq(s->attempts, sum);
    ck_assert_uint_eq(pg_ledger_counted(ledger), sum);
    ck_assert_int_eq(s->since, T0);
    ck_assert_int_eq(s->taken, T0 + 5);
}

/* Two lanes' words, the first and the last of each list. */
static pg_ledger_t *two_lanes(void)
{
    enum { METHOD = PG_METHOD_COUNT - 1, PORTS = PG_PORTCLASS_COUNT - 1 };
    pg_sizes_t sizes = pg_layout_sizes();
    pg_ledger_t *ledger = NULL;
    pg_head_t head;

    sizes.lanes = 2;
    ck_assert_int_eq(pg_layout_head(&head, &sizes, NULL, T0), 0);
    ck_assert_int_eq(pg_block_new(&ledger, &head, pool), 0);
    for (unsigned i = 0; i < 2; i++) {
        pg_lane_t *lane = pg_layout_lane(ledger, i);
        for (unsigned at = 0; at < 4; at++) {
            pg_word_set(&lane->total[PG_CLASS_SOCKS][PG_OUTCOME_COUNT - 1]
                        [at % 2 * METHOD][at / 2 * PORTS], i + 1);
        }
        pg_word_set(&lane->permitted, i + 1);
        pg_word_set(&lane->intent[0], i + 1);
        pg_word_set(&lane->intent[PG_INTENT_COUNT - 1], i + 1);
        pg_word_set(&lane->vhost[PG_VHOSTS][0], i + 1);
        pg_word_set(&lane->vhost[PG_VHOSTS][PG_OUTCOME_COUNT - 1], i + 1);
        pg_word_set(&lane->first, (apr_uint64_t)T0 - 5 - i);
        pg_word_set(&lane->last, (apr_uint64_t)T0 + 5 - i);
    }
    return ledger;
}

PG_TEST_TIMES(lanes_are_added_up_and_so_are_ledgers, 2)
{
    pg_ledger_t *from = two_lanes(), *ledger = from;
    const pg_snapshot_t *s;

    if (_i) {
        ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
        ck_assert_int_eq(pg_ledger_merge(ledger, from, T0, pool), 0);
    }
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->attempts, 12);
    ck_assert_uint_eq(s->by_family[PG_FAMILY_SOCKS], 12);
    ck_assert_uint_eq(s->count[PG_CLASS_SOCKS][PG_OUTCOME_COUNT - 1], 12);
    ck_assert_uint_eq(s->by_method[0], 6);
    ck_assert_uint_eq(s->by_method[PG_METHOD_COUNT - 1], 6);
    ck_assert_uint_eq(s->by_port_class[0], 6);
    ck_assert_uint_eq(s->by_port_class[PG_PORTCLASS_COUNT - 1], 6);
    ck_assert_uint_eq(s->permitted, 3);
    ck_assert_uint_eq(s->by_intent[0], 3);
    ck_assert_uint_eq(s->by_intent[PG_INTENT_COUNT - 1], 3);
    ck_assert_uint_eq(s->vhosts[0].attempts, 6);
    ck_assert_uint_eq(s->vhosts[0].by_outcome[PG_OUTCOME_COUNT - 1], 3);
    ck_assert_int_eq(s->first, T0 - 6);
    ck_assert_int_eq(s->last, T0 + 5);
    ck_assert_uint_eq(pg_ledger_counted(ledger), 15);
}

PG_TEST(virtual_hosts_with_more_attempts_come_first)
{
    static const char *const names[] = { "a", "b", "b", "c", "c", "c" };
    static const char *const sorted[] = { "c", "b", "a" };
    pg_ledger_t *from, *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&from, NULL, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (int i = 0; i < 6; i++) {
        pg_event_t e = attempt(PG_CLASS_SOCKS, PG_FAMILY_SOCKS,
                               PG_OUTCOME_DENIED);
        e.vhost = pg_span_str(names[i]);
        pg_ledger_record(from, &e);
    }
    ck_assert_int_eq(pg_ledger_merge(ledger, from, T0, pool), 0);
    for (int i = 0; i < 2; i++) {
        s = snapshot_of(i ? ledger : from);
        ck_assert_uint_eq(s->vhost_count, 3);
        for (unsigned n = 0; n < 3; n++) {
            ck_assert_uint_eq(s->vhosts[n].attempts, 3 - n);
            ck_assert_str_eq(s->vhosts[n].name.octets.ptr, sorted[n]);
        }
    }
}

PG_TEST(a_malformed_request_counts_in_the_family_it_was_meant_as)
{
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned f = 0; f < PG_FAMILY_COUNT; f++) {
        pg_event_t e = attempt(PG_CLASS_MALFORMED, (pg_family_e)f,
                               PG_OUTCOME_REFUSED);
        for (unsigned n = 0; n <= f; n++) {
            pg_ledger_record(ledger, &e);
        }
    }
    s = snapshot_of(ledger);
    for (unsigned f = 0; f < PG_FAMILY_COUNT; f++) {
        ck_assert_uint_eq(s->by_family[f], f + 1);
    }
    ck_assert_uint_eq(s->count[PG_CLASS_MALFORMED][PG_OUTCOME_REFUSED],
                      s->attempts);
}

static apr_uint64_t unnamed_of(const pg_snapshot_t *s)
{
    apr_uint64_t n = 0;

    for (apr_size_t i = 0; i < s->vhost_count; i++) {
        n += s->vhosts[i].name.octets.ptr ? 0 : s->vhosts[i].attempts;
    }
    return n;
}

PG_TEST(the_first_64_virtual_hosts_have_names_the_rest_are_together)
{
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (apr_size_t n = 1; n <= 70; n++) {
        pg_event_t e = attempt(PG_CLASS_ABSOLUTE, PG_FAMILY_GET,
                               PG_OUTCOME_DENIED);
        e.vhost = pg_span_str(apr_psprintf(pool, "v%d.example:80", (int)n));
        pg_ledger_record(ledger, &e);
        s = snapshot_of(ledger);
        ck_assert_uint_eq(s->vhost_count, n < 65 ? n : 65);
        ck_assert_uint_eq(unnamed_of(s), n < 65 ? 0 : n - 64);
    }
    pg_ledger_record(ledger, &(pg_event_t){
        .time = T0, .verdict = { .class_id = PG_CLASS_SOCKS } });
    ck_assert_uint_eq(unnamed_of(snapshot_of(ledger)), 7);
}

/* What is scribbled over a name. */
static const struct {
    apr_size_t at;
    apr_uint64_t value;
} tears[] = {
    { offsetof(pg_vhost_name_t, text), 1 },
    { offsetof(pg_vhost_name_t, hash), 0 },
    { offsetof(pg_vhost_name_t, hash), 1 },
    { offsetof(pg_vhost_name_t, length), 0 },
    { offsetof(pg_vhost_name_t, length), PG_VHOST_WORDS * 8 + 1 }
};

PG_TEST_EACH(a_virtual_host_whose_name_is_torn_counts_with_the_others, tears)
{
    static const pg_outcome_e outcomes[] = { PG_OUTCOME_DENIED,
                                             PG_OUTCOME_REFUSED };
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (int i = 0; i < 2; i++) {
        pg_event_t e = attempt(PG_CLASS_ABSOLUTE, PG_FAMILY_GET, outcomes[i]);
        e.vhost = i ? (pg_span_t){ .ptr = NULL, .len = 0 }
                    : PG_SPAN("torn.example:80");
        pg_ledger_record(ledger, &e);
    }
    for (unsigned i = 0; i < PG_VHOSTS; i++) {
        char *name = (char *)&ledger->common->vhost[i];
        pg_word_set((pg_word_t *)(void *)(name + tears[_i].at),
                    tears[_i].value);
    }
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->vhost_count, 1);
    ck_assert_ptr_null(s->vhosts[0].name.octets.ptr);
    ck_assert_uint_eq(s->vhosts[0].attempts, 2);
    ck_assert_uint_eq(s->vhosts[0].by_outcome[PG_OUTCOME_DENIED], 1);
    ck_assert_uint_eq(s->vhosts[0].by_outcome[PG_OUTCOME_REFUSED], 1);
}

PG_TEST(figures_have_no_lists)
{
    pg_event_t e = attempt(PG_CLASS_SOCKS, PG_FAMILY_SOCKS,
                           PG_OUTCOME_DROPPED);
    pg_snapshot_t *s = NULL;
    pg_ledger_t *ledger;

    e.vhost = PG_SPAN("own.example:80");
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    pg_ledger_record(ledger, &e);
    ck_assert_int_eq(pg_ledger_figures(&s, ledger, T0, pool), 0);
    ck_assert_uint_eq(s->attempts, 1);
    ck_assert_uint_eq(s->vhost_count, 0);
    ck_assert_uint_eq(s->recent_count, 0);
    ck_assert(!s->from_logs);
    ck_assert_uint_ne(s->pseudonyms.k[0], 0);
    ck_assert_uint_ne(s->pseudonyms.k[0], ledger->head.key.k[0]);
    ck_assert_str_eq(pg_ledger_describe(ledger, pool),
                     "700 KiB: 1 lane of 320 KiB with 1024 sources, 256 "
                     "targets, 128 ports and 128 user agents each; 128 recent "
                     "attempts; history of 120 minutes, 336 hours, 800 days "
                     "and 240 months");
}

/* Times of two logs, in seconds, and whether both are covered as one. */
static const struct {
    int a[2], b[2];
    bool one;
} logs[] = {
    { { 0, 10 }, { 5, 20 }, true }, { { 5, 20 }, { 0, 10 }, true },
    { { 0, 20 }, { 5, 10 }, true }, { { 5, 10 }, { 0, 20 }, true },
    { { 0, 10 }, { 11, 20 }, true }, { { 0, 10 }, { 0, 10 }, true },
    { { 0, 10 }, { 86409, 86410 }, true },
    { { 86409, 86410 }, { 0, 10 }, true },
    { { 0, 10 }, { 86410, 86420 }, false },
    { { 86410, 86420 }, { 0, 10 }, false }
};

PG_TEST_EACH(logs_cover_their_times_and_less_than_a_day_between, logs)
{
    const int *a = logs[_i].a, *b = logs[_i].b;
    const pg_snapshot_t *s;
    pg_ledger_t *ledger;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    pg_ledger_cover(ledger, T0 + a[0] * SECOND, T0 + a[1] * SECOND);
    pg_ledger_cover(ledger, T0 + b[0] * SECOND, T0 + b[1] * SECOND);
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->covered_count, logs[_i].one ? 1 : 2);
    ck_assert_int_eq(s->covered[0].from,
                     T0 + (a[0] < b[0] ? a[0] : b[0]) * SECOND);
    ck_assert_int_eq(s->covered[s->covered_count - 1].to,
                     T0 + (a[1] > b[1] ? a[1] : b[1]) * SECOND);
    if (!logs[_i].one) {
        ck_assert_int_eq(s->covered[0].to, T0 + 10 * SECOND);
        ck_assert_int_eq(s->covered[1].from, T0 + 86410 * SECOND);
    }
}

PG_TEST(counting_begins_with_the_first_time_that_is_covered)
{
    static const int begins[] = { -100, 300000, -200000 };
    pg_ledger_t *ledger;
    int first = 0;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < 3; i++) {
        const pg_snapshot_t *s;

        pg_ledger_cover(ledger, T0 + begins[i] * SECOND,
                        T0 + (begins[i] + 50) * SECOND);
        first = begins[i] < first ? begins[i] : first;
        s = snapshot_of(ledger);
        ck_assert_int_eq(s->since, T0 + first * SECOND);
        ck_assert_uint_eq(s->covered_count, i + 1);
        ck_assert_uint_eq(s->watched_count, i + 1);
    }
}

/* The register of a source: its first bits, and how many zeros follow. */
static const struct {
    apr_uint64_t hash;
    unsigned at, rank;
} registers[] = {
    { 0, 0, 51 }, { 1, 0, 50 }, { (apr_uint64_t)1 << 49, 0, 1 },
    { (apr_uint64_t)1 << 48, 0, 2 }, { (apr_uint64_t)7 << 50, 7, 51 },
    { (apr_uint64_t)17 << 49, 8, 1 }, { ~(apr_uint64_t)0, 16383, 1 }
};

PG_TEST_EACH(a_source_raises_its_register, registers)
{
    const apr_uint64_t rank = registers[_i].rank;
    const unsigned word = registers[_i].at / 8, at = registers[_i].at % 8 * 6;
    const pg_word_t *sketch;
    pg_ledger_t *ledger;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    sketch = ledger->common->sketch;
    pg_distinct_add(ledger, registers[_i].hash);
    ck_assert_uint_eq(pg_word_get(&sketch[word]), rank << at);
    /* which a source with fewer zeros leaves as it is */
    pg_distinct_add(ledger, registers[_i].hash | (apr_uint64_t)1 << 49);
    ck_assert_uint_eq(pg_word_get(&sketch[word]), rank << at);
}

/* Of so many registers; the others are 0. By another program, from the
 * article's formula. */
static const struct {
    unsigned n, rank, m, other;
    apr_uint64_t estimate;
} estimates[] = {
    { 0, 0, 0, 0, 0 }, { 1, 1, 0, 0, 1 }, { 1, 51, 0, 0, 1 },
    { 16384, 1, 0, 0, 23637 }, { 16384, 2, 0, 0, 47274 },
    { 16384, 10, 0, 0, 12102203 }, { 16384, 25, 0, 0, 396564993198 },
    { 8192, 1, 0, 0, 10360 }, { 4096, 3, 4096, 7, 12791 },
    { 16383, 5, 0, 0, 377480 },
    { 16384, 40, 0, 0, PG_COUNT_MOST }, { 16384, 63, 0, 0, PG_COUNT_MOST }
};

PG_TEST_EACH(registers_are_estimated_by_the_formula, estimates)
{
    const unsigned n = estimates[_i].n, m = estimates[_i].m;
    pg_snapshot_t s = { .sources = { 0 } };
    pg_ledger_t *ledger;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < n + m; i++) {
        apr_uint64_t rank = i < n ? estimates[_i].rank : estimates[_i].other;

        pg_word_add(&ledger->common->sketch[i / 8], rank << i % 8 * 6);
    }
    pg_distinct_copy(&s, ledger);
    ck_assert_uint_eq(s.sources.estimate, estimates[_i].estimate);
}

PG_TEST(what_no_register_uses_is_not_merged)
{
    pg_ledger_t *into, *from;

    ck_assert_int_eq(pg_ledger_heap(&into, NULL, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_heap_like(&from, into, T0, pool), 0);
    pg_word_set(&into->common->sketch[0], ~(apr_uint64_t)0);
    pg_word_set(&from->common->sketch[0], 1);
    pg_word_set(&from->common->sketch[1], ~(apr_uint64_t)0);
    pg_distinct_merge(into, from);
    ck_assert_uint_eq(pg_word_get(&into->common->sketch[0]) >> 48, 0);
    ck_assert_uint_eq(pg_word_get(&into->common->sketch[1]) >> 48, 0);
    ck_assert_uint_eq(pg_word_get(&into->common->sketch[1]),
                      ((apr_uint64_t)1 << 48) - 1);
}

/* Each thread raises one register of every word, at the same moment as the
 * others. */
enum { RAISERS = 8 };

typedef struct pg_raiser_t {
    pthread_barrier_t *start;
    pg_ledger_t *ledger;
    unsigned at;
} pg_raiser_t;

static void *raise_all(void *data)
{
    const pg_raiser_t *raiser = data;

    pthread_barrier_wait(raiser->start);
    for (apr_uint64_t w = 0; w < PG_SKETCH_WORDS; w++) {
        pg_distinct_add(raiser->ledger, (w * 8 + raiser->at) << 50);
    }
    return NULL;
}

PG_TEST_TIMES(sources_that_come_at_once_are_all_counted, 20)
{
    pg_raiser_t raiser[RAISERS];
    pthread_t thread[RAISERS];
    pthread_barrier_t start;
    unsigned wrong = 0;

    ck_assert_int_eq(pthread_barrier_init(&start, NULL, RAISERS), 0);
    ck_assert_int_eq(pg_ledger_heap(&raiser[0].ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < RAISERS; i++) {
        raiser[i] = (pg_raiser_t){ &start, raiser[0].ledger, i };
        ck_assert_int_eq(pthread_create(&thread[i], NULL, raise_all,
                                        &raiser[i]), 0);
    }
    for (unsigned i = 0; i < RAISERS; i++) {
        pthread_join(thread[i], NULL);
    }
    for (unsigned w = 0; w < PG_SKETCH_WORDS; w++) {
        for (unsigned at = 0; at < 8; at++) {
            wrong += (pg_word_get(&raiser[0].ledger->common->sketch[w])
                      >> (6 * at) & 63) != 51;
        }
    }
    ck_assert_uint_eq(wrong, 0);
    pthread_barrier_destroy(&start);
}

PG_TEST(what_is_no_attempt_is_not_counted)
{
    pg_ledger_t *ledger;
    pg_event_t clean = attempt(PG_CLASS_CLEAN, PG_FAMILY_GET,
                               PG_OUTCOME_DENIED);
    pg_event_t wild = attempt(PG_CLASS_SOCKS, PG_FAMILY_SOCKS,
                              (pg_outcome_e)99);

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    pg_ledger_record(ledger, &clean);
    pg_ledger_record(ledger, &wild);
    pg_ledger_permit(ledger);
    pg_ledger_permit(ledger);
    ck_assert_uint_eq(snapshot_of(ledger)->attempts, 0);
    ck_assert_uint_eq(snapshot_of(ledger)->permitted, 2);
    ck_assert_uint_eq(pg_ledger_counted(ledger), 2);
}

PG_TEST(an_attempt_that_was_not_carried_after_all_changes_its_outcome)
{
    pg_event_t e = attempt(PG_CLASS_CHOSEN_BACKEND, PG_FAMILY_REVERSE,
                           PG_OUTCOME_RELAYED);
    const pg_snapshot_t *s;
    pg_ledger_t *ledger;
    apr_uint64_t entry;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    entry = pg_ledger_record(ledger, &e);
    ck_assert_uint_ne(entry, 0);
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->count[PG_CLASS_CHOSEN_BACKEND][PG_OUTCOME_RELAYED],
                      1);
    e.outcome = PG_OUTCOME_OBSERVED;
    e.status = 503;
    pg_ledger_amend(ledger, entry, &e, PG_OUTCOME_RELAYED);
    pg_ledger_amend(ledger, 0, &e, PG_OUTCOME_COUNT);   /* no outcome */
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->count[PG_CLASS_CHOSEN_BACKEND][PG_OUTCOME_RELAYED],
                      0);
    ck_assert_uint_eq(s->count[PG_CLASS_CHOSEN_BACKEND][PG_OUTCOME_OBSERVED],
                      1);
    ck_assert_uint_eq(s->attempts, 1);
    ck_assert_uint_eq(s->by_family[PG_FAMILY_REVERSE], 1);
    ck_assert_uint_eq(s->recent_count, 1);
    ck_assert_int_eq(s->recent[0].outcome, PG_OUTCOME_OBSERVED);
    ck_assert_int_eq(s->recent[0].status, 503);
    pg_ledger_permit(ledger);
    pg_ledger_unpermit(ledger);
    ck_assert_uint_eq(snapshot_of(ledger)->permitted, 0);
}

/* With a name, without, and with one that there was no room for. */
static const char *const names[] = { "own.example:80", NULL, "last.example" };

PG_TEST_EACH(its_virtual_host_has_the_new_outcome_too, names)
{
    pg_event_t e = attempt(PG_CLASS_CHOSEN_BACKEND, PG_FAMILY_REVERSE,
                           PG_OUTCOME_RELAYED);
    const pg_snapshot_t *s;
    pg_ledger_t *ledger;
    apr_uint64_t entry;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (int i = 0; _i == 2 && i < PG_VHOSTS; i++) {
        (void)pg_totals_vhost(ledger, pg_span_str(apr_itoa(pool, i)));
    }
    e.vhost = pg_span_str(names[_i]);
    entry = pg_ledger_record(ledger, &e);
    e.outcome = PG_OUTCOME_OBSERVED;
    pg_ledger_amend(ledger, entry, &e, PG_OUTCOME_RELAYED);
    s = snapshot_of(ledger);
    ck_assert_uint_eq(s->vhost_count, 1);
    ck_assert_uint_eq(s->vhosts[0].attempts, 1);
    ck_assert_uint_eq(s->vhosts[0].by_outcome[PG_OUTCOME_RELAYED], 0);
    ck_assert_uint_eq(s->vhosts[0].by_outcome[PG_OUTCOME_OBSERVED], 1);
    ck_assert_uint_eq(s->key_id, ledger->head.key_id);
}

/* Where nothing was counted, or what was is scribbled over. */
PG_TEST(nothing_is_taken_back_but_what_is_there)
{
    static const apr_uint64_t most = PG_COUNT_MOST, there[][2] = {
        { 0, 0 }, { 1, 0 }, { 2, 1 }, { most, most - 1 },
        { most + 1, most + 1 }, { ~(apr_uint64_t)0, ~(apr_uint64_t)0 }
    };
    pg_ledger_t *ledger;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        pg_word_t *word = &pg_layout_lane(ledger, 0)->permitted;
        pg_word_set(word, there[i][0]);
        pg_ledger_unpermit(ledger);
        ck_assert_uint_eq(pg_word_get(word), there[i][1]);
    }
}

/* --- the file ----------------------------------------------------------- */

PG_TEST(counts_survive_closing_and_opening)
{
    const char *path = in_folder("ledger");
    pg_event_t e = attempt(PG_CLASS_SOCKS, PG_FAMILY_SOCKS,
                           PG_OUTCOME_DROPPED);
    apr_pool_t *before;
    pg_ledger_t *ledger;
    pg_opening_t opening;

    apr_pool_create(&before, pool);
    ck_assert_int_eq(pg_ledger_open(&ledger, &opening, AT_PATH(path), T0,
                                    before), 0);
    ck_assert_int_eq(opening.how, PG_OPENED_NEW);
    ck_assert_ptr_null(opening.why);
    ck_assert_uint_ge(opening.size, 4096);
    pg_ledger_record(ledger, &e);
    apr_pool_destroy(before);
    ledger = opened(path, PG_OPENED_KEPT);
    pg_ledger_record(ledger, &e);
    ck_assert_uint_eq(snapshot_of(ledger)->attempts, 2);
    ck_assert_int_eq(snapshot_of(ledger)->since, T0);
}

PG_TEST(children_and_a_second_opener_count_into_the_same_block)
{
    const char *path = in_folder("ledger");
    pg_event_t e = attempt(PG_CLASS_CONNECT_MAIL, PG_FAMILY_CONNECT,
                           PG_OUTCOME_DENIED);
    pg_ledger_t *ledger = opened(path, PG_OPENED_NEW);
    pg_ledger_t *again = opened(path, PG_OPENED_KEPT);

    for (int child = 0; child < 4; child++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            for (int n = 0; n < 10000; n++) {
                pg_ledger_record(child % 2 ? ledger : again, &e);
            }
            _exit(0);
        }
    }
    for (int child = 0; child < 4; child++) {
        ck_assert_int_gt(wait(NULL), 0);
    }
    ck_assert_uint_eq(snapshot_of(ledger)->attempts, 40000);
    ck_assert_uint_eq(snapshot_of(again)->attempts, 40000);
}

PG_TEST(only_the_owner_and_the_group_can_read_it)
{
    const char *path = in_folder("ledger");
    pg_ledger_options_t options = { .path = path, .set_group = true,
                                    .group = getegid() };
    pg_ledger_t *ledger;
    pg_opening_t opening;
    struct stat st;
    mode_t old = umask(0);

    ck_assert_int_eq(
        pg_ledger_open(&ledger, &opening, &options, T0, pool), 0);
    umask(old);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_uint_eq(st.st_gid, getegid());
    ck_assert_uint_eq(st.st_nlink, 1);
    ck_assert_int_eq(chmod(path, 0644), 0);
    opened(path, PG_OPENED_KEPT);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
}

/* Opening fails with this in the reason, and the path is left as it was. */
static void refused(const char *path, const char *reason)
{
    pg_ledger_t *ledger = NULL;
    pg_opening_t opening;
    struct stat before, after;

    ck_assert_int_eq(lstat(path, &before), 0);
    ck_assert_int_ne(pg_ledger_open(&ledger, &opening, AT_PATH(path), T0,
                                    pool), 0);
    ck_assert_ptr_null(ledger);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
    ck_assert_ptr_nonnull(opening.why);
    ck_assert_msg(strstr(opening.why, reason) != NULL, "%s", opening.why);
    ck_assert_int_eq(lstat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
}

PG_TEST(links_fifos_and_folders_are_refused)
{
    write_file(in_folder("victim"), "precious");
    ck_assert_int_eq(symlink(in_folder("victim"), in_folder("link")), 0);
    ck_assert_int_eq(symlink(in_folder("nothing"), in_folder("dangling")),
                     0);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(mkdir(in_folder("dir"), 0700), 0);
    refused(in_folder("link"), "symbolic link");
    refused(in_folder("dangling"), "symbolic link");
    refused(in_folder("fifo"), "not a regular file");
    refused(in_folder("dir"), "directory");
    ck_assert_int_ne(access(in_folder("nothing"), F_OK), 0);
}

PG_TEST(other_peoples_files_are_refused)
{
    write_file(in_folder("open"), "PGLEDGER");
    ck_assert_int_eq(chmod(in_folder("open"), 0666), 0);
    refused(in_folder("open"), "others may write");
    if (geteuid() == 0) {
        write_file(in_folder("foreign"), "PGLEDGER");
        ck_assert_int_eq(chown(in_folder("foreign"), 65534, 65534), 0);
        ck_assert_int_eq(chmod(in_folder("foreign"), 0644), 0);
        refused(in_folder("foreign"), "belongs to user 65534");
    }
}

PG_TEST(a_folder_that_is_not_there_is_an_error_in_words)
{
    pg_ledger_t *ledger = NULL;
    pg_opening_t opening;

    ck_assert_int_ne(pg_ledger_open(&ledger, &opening,
                                    AT_PATH(in_folder("no/such/ledger")), T0,
                                    pool),
                     0);
    ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
    ck_assert_ptr_nonnull(opening.why);
}

/* The file system has room for so much only. */
static apr_status_t open_within(rlim_t most, pg_opening_t *opening)
{
    struct rlimit limit, old;
    pg_ledger_t *ledger = NULL;
    apr_status_t status;

    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    limit = old;
    limit.rlim_cur = most;
    setrlimit(RLIMIT_FSIZE, &limit);
    status = pg_ledger_open(&ledger, opening, AT_PATH(in_folder("ledger")),
                            T0, pool);
    setrlimit(RLIMIT_FSIZE, &old);
    return status;
}

PG_TEST(no_room_is_an_error_and_leaves_nothing_behind)
{
    pg_opening_t opening;
    const char *why;
    apr_size_t size;
    struct stat st;

    ck_assert_int_eq(pg_ledger_size(&size, &why, &(pg_ledger_options_t){ 0 }),
                     0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_ne(open_within(i ? size - 1 : 100000, &opening), 0);
        ck_assert_int_eq(opening.how, PG_OPENED_FAILED);
        ck_assert_ptr_nonnull(opening.why);
        ck_assert_int_eq(rmdir(folder), 0);
        ck_assert_int_eq(mkdir(folder, 0700), 0);
    }
    ck_assert_int_eq(open_within(size, &opening), 0);
    ck_assert_int_eq(stat(in_folder("ledger"), &st), 0);
    ck_assert_uint_eq((apr_size_t)st.st_size, size);
}

PG_TEST(sizes_are_accepted_to_their_bounds_and_refused_beyond)
{
    static const struct { pg_ledger_options_t with; bool good; } cases[] = {
        { { .recent = 15 }, false }, { { .recent = 16 }, true },
        { { .recent = 4096 }, true }, { { .recent = 4097 }, false },
        { { .lanes = 64 }, true }, { { .lanes = 65 }, false },
        { { .top = { [PG_TOP_SOURCES] = 8192 } }, true },
        { { .top = { [PG_TOP_SOURCES] = 8193 } }, false },
        { { .top = { [PG_TOP_AGENTS] = 1 } }, true },
        { { .top = { [PG_TOP_AGENTS] = 8193 } }, false },
    };
    apr_uint32_t cpus = (apr_uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
    apr_size_t plain, size;
    const char *why;

    ck_assert_int_eq(pg_ledger_size(&plain, &why,
                                    &(pg_ledger_options_t){ .lanes = 1 }), 0);
    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        why = NULL;
        size = 0;
        ck_assert_int_eq(pg_ledger_size(&size, &why, &cases[i].with),
                         cases[i].good ? 0 : APR_EINVAL);
        ck_assert_int_eq(why == NULL, cases[i].good);
        ck_assert_int_eq(size > 0, cases[i].good);
    }
    ck_assert_int_eq(pg_ledger_size(
        &size, &why, &(pg_ledger_options_t){ .lanes = 1, .recent = 132 }), 0);
    ck_assert_uint_gt(size, plain);
    /* as many lanes as there are CPUs, up to 16 */
    ck_assert_int_eq(pg_ledger_size(
        &plain, &why, &(pg_ledger_options_t){ .lanes = cpus < 16 ? cpus : 16
        }), 0);
    ck_assert_int_eq(pg_ledger_size(&size, &why, &(pg_ledger_options_t){ 0 }),
                     0);
    ck_assert_uint_eq(size, plain);
}

/* The file at path is set aside with its contents, and counting starts. */
static const char *replaced(const char *path, const char *reason)
{
    pg_ledger_t *ledger = NULL;
    pg_opening_t opening;
    struct stat before, after;

    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(pg_ledger_open(&ledger, &opening, AT_PATH(path), T0,
                                    pool), 0);
    ck_assert_int_eq(opening.how, PG_OPENED_REPLACED);
    ck_assert_msg(strstr(opening.why, reason) != NULL, "%s", opening.why);
    ck_assert_int_eq(stat(opening.aside, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_uint_eq(snapshot_of(ledger)->attempts, 0);
    return opening.aside;
}

static void overwrite(const char *path, off_t at, unsigned char octet)
{
    int fd = open(path, O_RDWR);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
    close(fd);
}

PG_TEST(a_file_that_is_no_ledger_is_left_alone)
{
    const char *path = in_folder("ledger");

    write_file(path, "");
    refused(path, "it is not a ledger");
    write_file(path, "PGLEDGE");
    refused(path, "it is not a ledger");
    write_file(path, "this is something quite different, and it is long "
                     "enough to be looked at: more than a head's octets, "
                     "and so it cannot be too short to be a ledger: there "
                     "has to be a magic in front, and here is none.\n");
    refused(path, "it is not a ledger");
}

PG_TEST(a_damaged_ledger_is_kept_aside)
{
    const char *path = in_folder("ledger");

    write_file(path, "PGLEDGER");
    ck_assert_str_eq(replaced(path, "too short"), in_folder("ledger.bad-1"));
    overwrite(path, 16, 0xff);
    ck_assert_str_eq(replaced(path, "header is damaged"),
                     in_folder("ledger.bad-2"));
    ck_assert_int_eq(unlink(in_folder("ledger.bad-1")), 0);
    overwrite(path, 12, 0x09);
    ck_assert_str_eq(replaced(path, "header is damaged"),
                     in_folder("ledger.bad-1"));
    ck_assert_int_eq(truncate(path, 1000), 0);
    replaced(path, "wrong size");
    ck_assert_int_eq(truncate(path, 1 << 24), 0);
    replaced(path, "wrong size");
    ck_assert_int_ne(access(in_folder("ledger.bad-4"), F_OK), 0);
}

/* Sound, but unreadable here: kept, and never deleted to make room. */
PG_TEST(a_newer_layout_is_kept_and_never_forgotten)
{
    const apr_uint32_t swapped = __builtin_bswap32(PG_BYTE_ORDER);
    const unsigned char *octets = (const unsigned char *)&swapped;
    const apr_uint32_t one = 1;
    /* where the lowest octet of the number at 8 is on this machine */
    off_t low = *(const unsigned char *)&one == 1 ? 8 : 11;
    const char *path = in_folder("ledger");

    opened(path, PG_OPENED_NEW);
    overwrite(path, low, 0x7f);
    ck_assert_str_eq(replaced(path, "layout 127"), in_folder("ledger.kept-1"));
    for (int i = 0; i < 4; i++) {
        overwrite(path, 12 + i, octets[i]);
    }
    ck_assert_str_eq(replaced(path, "byte order"), in_folder("ledger.kept-2"));
    overwrite(path, low, 2);
    replaced(path, "layout 2");
    overwrite(path, low, 2);
    refused(path, "layout 2");
}
