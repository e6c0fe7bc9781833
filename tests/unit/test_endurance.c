/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a ledger must survive: writers that are killed at any instruction,
 * many at once, and octets that somebody else wrote over it. */
#include "pg_test_folder.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_ledger.h"
#include "pg_top.h"

static apr_uint32_t next(apr_uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (apr_uint32_t)(*state >> 33);
}

static void tend(pg_ledger_t *ledger, apr_time_t now)
{
    for (unsigned lane = 0; lane < ledger->sizes.lanes; lane++) {
        pg_top_tend(ledger, pg_layout_lane(ledger, lane), now);
    }
}

/* Attempt number n: all its texts have n in them, so that a mixture of two
 * would be seen. Twenty milliseconds apart, so that each is kept. */
static void record(pg_ledger_t *ledger, apr_uint32_t n)
{
    char host[40], agent[200];
    int size = snprintf(host, sizeof(host), "h%u.example", n);
    pg_event_t e = {
        .time = T0 + n * (apr_time_t)20000,
        .verdict = { .class_id = (pg_class_e)(n % PG_CLASS_COUNT),
                     .family =
                         pg_vocab_family_of((pg_class_e)(n % PG_CLASS_COUNT)),
                     .host = pg_span_make(host, (apr_size_t)size),
                     .target = pg_span_make(host, (apr_size_t)size),
                     .port = (apr_uint16_t)(n | 1) },
        .outcome = (pg_outcome_e)(n % PG_OUTCOME_COUNT),
        .vhost = PG_SPAN("own.example:80"),
        .source_known = true,
    };

    size = snprintf(agent, sizeof(agent), "h%u.example%.*s", n,
                    (int)(n % 100), "..............................."
                    "............................................."
                    ".............................");
    e.user_agent = pg_span_make(agent, (apr_size_t)size);
    memcpy(e.source.octets + 12, &n, sizeof(n));
    pg_ledger_record(ledger, &e);
}

/* Is it "h<digits>.example", whatever follows? */
static bool whole(pg_span_t text)
{
    apr_size_t i = 1;

    while (i < text.len && pg_octet_is_digit(text.ptr[i])) {
        i++;
    }
    return text.len > 9 && text.ptr[0] == 'h'
           && pg_span_istarts(pg_span_from(text, i), PG_SPAN(".example"));
}

static void texts_are_whole(const pg_snapshot_t *s)
{
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        const pg_recent_t *r = &s->recent[i];
        ck_assert(whole(r->target.octets));
        ck_assert(pg_span_eq(r->target.octets, r->host.octets));
        ck_assert(pg_span_istarts(r->user_agent.octets, r->host.octets));
    }
    for (apr_size_t i = 0; i < s->top[PG_TOP_TARGETS].n; i++) {
        ck_assert(whole(s->top[PG_TOP_TARGETS].entry[i].key.octets));
    }
    for (apr_size_t i = 0; i < s->top[PG_TOP_AGENTS].n; i++) {
        ck_assert(whole(s->top[PG_TOP_AGENTS].entry[i].key.octets));
    }
}

/* --- kills --------------------------------------------------------------- */

enum { WRITERS = 4, KILLS = 200 };

/* How many each writer began and finished; in memory that outlives it. */
typedef struct pg_tally_t {
    _Atomic apr_uint32_t begun;
    _Atomic apr_uint32_t done;
    char line[56];
} pg_tally_t;

static pid_t start_writer(pg_ledger_t *ledger, pg_tally_t *tally)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0) {
        return pid;
    }
    for (;;) {
        record(ledger, tally->begun++);
        tally->done++;
    }
}

static void sums_fit(const pg_snapshot_t *s, apr_uint64_t begun,
                     apr_uint64_t done)
{
    apr_uint64_t sums[3] = { 0 };

    ck_assert_uint_ge(s->attempts, done);
    ck_assert_uint_le(s->attempts, begun);
    for (unsigned f = 0; f < PG_FAMILY_COUNT; f++) {
        sums[0] += s->by_family[f];
    }
    for (unsigned m = 0; m < PG_METHOD_COUNT; m++) {
        sums[1] += s->by_method[m];
    }
    for (unsigned p = 0; p < PG_PORTCLASS_COUNT; p++) {
        sums[2] += s->by_port_class[p];
    }
    /* These are counted in one word: they never disagree. */
    ck_assert_uint_eq(sums[0], s->attempts);
    ck_assert_uint_eq(sums[1], s->attempts);
    ck_assert_uint_eq(sums[2], s->attempts);
    /* The history and the hosts are words of their own. */
    ck_assert_uint_ge(s->series[PG_PERIOD_MONTH].bucket[239].attempts, done);
    ck_assert_uint_le(s->series[PG_PERIOD_MONTH].bucket[239].attempts, begun);
    ck_assert_uint_eq(s->vhost_count, 1);
    ck_assert_uint_ge(s->vhosts[0].attempts, done);
    ck_assert_uint_le(s->vhosts[0].attempts, begun);
}

PG_TEST_SUITE(endurance, .set_up = make_folder, .tear_down = remove_folder,
              .seconds = 120);

PG_TEST(killed_writers_leave_whole_texts_and_exact_sums)
{
    const char *path = apr_pstrcat(pool, folder, "/live", NULL);
    pg_tally_t *tally = mmap(NULL, sizeof(*tally) * WRITERS,
                             PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    apr_uint64_t begun = 0, done = 0, state = 3;
    pid_t pid[WRITERS];
    pg_ledger_t *ledger;
    pg_opening_t opening;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_open(&ledger, &opening, AT_PATH(path), T0,
                                    pool), 0);
    for (int i = 0; i < WRITERS; i++) {
        tally[i].begun = tally[i].done = (apr_uint32_t)i * 1000000;
        pid[i] = start_writer(ledger, &tally[i]);
    }
    for (int k = 0; k < KILLS; k++) {
        int i = (int)(next(&state) % WRITERS);
        usleep(next(&state) % 2000);
        kill(pid[i], SIGKILL);
        ck_assert_int_eq(waitpid(pid[i], NULL, 0), pid[i]);
        if (k % 50 == 0) {
            texts_are_whole(snapshot_at(ledger, T0 + 3600 * SECOND));
        }
        pid[i] = start_writer(ledger, &tally[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
        begun += tally[i].begun - (apr_uint32_t)i * 1000000;
        done += tally[i].done - (apr_uint32_t)i * 1000000;
    }
    ck_assert_uint_gt(done, KILLS);
    ck_assert_uint_le(begun - done, KILLS + WRITERS);
    s = snapshot_at(ledger, T0 + 86000 * SECOND);
    sums_fit(s, begun, done);
    texts_are_whole(s);
    ck_assert_uint_ge(s->recent_count, 100);
    /* Whatever they left behind is usable again. */
    tend(ledger, T0 + 86400 * SECOND);
    for (apr_uint32_t n = 0; n < 200; n++) {
        record(ledger, 4400000 + n);
    }
    s = snapshot_at(ledger, T0 + 90000 * SECOND);
    /* the newest, and what is kept of each class beyond them */
    ck_assert_uint_ge(s->recent_count, 128);
    ck_assert_uint_le(s->recent_count, 128 + 16 * PG_CLASS_COUNT);
    texts_are_whole(s);
    munmap(tally, sizeof(*tally) * WRITERS);
}

/* --- threads ------------------------------------------------------------- */

enum { THREADS = 4, EACH = 20000 };

typedef struct pg_job_t {
    pg_ledger_t *ledger;
    apr_uint32_t from;
    _Atomic int *running;
} pg_job_t;

static void *write_some(void *data)
{
    const pg_job_t *job = data;

    for (apr_uint32_t n = 0; n < EACH; n++) {
        record(job->ledger, job->from + n);
    }
    --*job->running;
    return NULL;
}

PG_TEST_CASE(threads, .set_up = make_folder, .tear_down = remove_folder,
             .seconds = 120);

PG_TEST(threads_count_exactly_while_others_read_and_tend)
{
    _Atomic int running = THREADS;
    pg_job_t job[THREADS];
    pthread_t thread[THREADS];
    pg_ledger_t *ledger;
    const pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        job[i] = (pg_job_t){ .ledger = ledger, .running = &running,
                             .from = i * EACH / 2 };
        ck_assert_int_eq(pthread_create(&thread[i], NULL, write_some,
                                        &job[i]), 0);
    }
    while (running > 0) {
        apr_pool_t *all = pool;
        apr_pool_create(&pool, all);
        texts_are_whole(snapshot_at(ledger, T0 + 3600 * SECOND));
        tend(ledger, T0 + 3600 * SECOND);
        apr_pool_destroy(pool);
        pool = all;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
    }
    s = snapshot_at(ledger, T0 + 3600 * SECOND);
    sums_fit(s, THREADS * EACH, THREADS * EACH);
    texts_are_whole(s);
}

/* --- scribblers ---------------------------------------------------------- */

/* Everything in a snapshot can be relied on, whatever was in the block. */
static apr_size_t touch(const pg_snapshot_t *s)
{
    apr_size_t sum = s->vhost_count;

    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        for (apr_size_t i = 0; i < s->top[t].n; i++) {
            sum += strlen(s->top[t].entry[i].key.octets.ptr
                              ? s->top[t].entry[i].key.octets.ptr : "");
        }
    }
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        const pg_recent_t *r = &s->recent[i];
        sum += strlen(pg_vocab_class(r->class_id))
               + strlen(pg_classify_reason(r->reason))
               + (r->target.octets.ptr ? strlen(r->target.octets.ptr) : 0);
        ck_assert_str_ne(pg_vocab_class(r->class_id), "?");
    }
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        for (apr_size_t i = 0; i < s->series[p].n; i++) {
            sum += s->series[p].bucket[i].attempts > 0;
        }
    }
    return sum;
}

PG_TEST_CASE(scribblers, .set_up = make_folder, .tear_down = remove_folder,
             .seconds = 120);

PG_TEST_TIMES(a_scribbled_ledger_can_still_be_read_and_written, 4)
{
    pg_sizes_t sizes = { .lanes = 2, .recent = 16, .sets = { 4, 4, 4, 4 } };
    apr_uint64_t state = (apr_uint64_t)_i + 1;
    apr_pool_t *all = pool;
    pg_ledger_t *ledger;
    pg_head_t head;
    apr_size_t words;

    ck_assert_int_eq(pg_layout_head(&head, &sizes, NULL, T0), 0);
    ck_assert_int_eq(pg_block_new(&ledger, &head, pool), 0);
    words = ledger->size / sizeof(pg_word_t);
    for (int round = 0; round < 30; round++) {
        apr_pool_create(&pool, all);
        for (apr_uint32_t n = 0; n < 200; n++) {
            record(ledger, next(&state) % 5000);
        }
        for (apr_size_t i = 0; i < words >> (round % 10); i++) {
            pg_word_t *word = (pg_word_t *)(void *)ledger->base
                              + next(&state) % words;
            apr_uint64_t value = (apr_uint64_t)next(&state) << 33
                                 ^ next(&state);
            pg_word_set(word, round % 3 ? value : value % 300);
        }
        touch(snapshot_at(ledger, T0 + 3600 * SECOND));
        tend(ledger, T0 + 3600 * SECOND);
        record(ledger, 5);
        touch(snapshot_at(ledger, T0 + 3600 * SECOND));
        apr_pool_destroy(pool);
        pool = all;
    }
}
