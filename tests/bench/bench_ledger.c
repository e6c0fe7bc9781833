/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How fast attempts are counted, beside two yardsticks in the same process:
 * one shared word that everybody adds to, and a hash table under a mutex.
 * Writes docs/measurements-ledger.md.
 *
 * Measured in processor time, so that other work on the machine does not
 * count, and in wall-clock time. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "pg_ledger.h"
#include "pg_top.h"

enum { ROUNDS = 5, RECORDS = 2000000 };
enum { TURNS = 15 };             /* of one thread                         */

typedef struct bench_t {
    pg_ledger_t *ledger;
    _Atomic apr_uint64_t *word;
    apr_hash_t *table;
    pthread_mutex_t *mutex;
    apr_pool_t *pool;
} bench_t;

typedef void (*work_t)(bench_t *bench, pg_event_t *event, unsigned from);

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static pg_event_t connect_event(void)
{
    return (pg_event_t){
        .time = apr_time_now(),
        .verdict = { .class_id = PG_CLASS_CONNECT_MAIL,
                     .family = PG_FAMILY_CONNECT,
                     .reason = PG_REASON_CONNECT_AUTHORITY,
                     .method = PG_SPAN("CONNECT"),
                     .target = PG_SPAN("mx0.mail.example:25"),
                     .host = PG_SPAN("mx0.mail.example"), .port = 25 },
        .outcome = PG_OUTCOME_DENIED,
        .status = 405,
        .vhost = PG_SPAN("www.own.example:80"),
        .source = { { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 } },
        .source_known = true,
        .user_agent = PG_SPAN("Mozilla/5.0 (X11; Linux x86_64; rv:109.0)"),
    };
}

/* The clock is read now and then, as far apart as requests could not be. */
static void tick(pg_event_t *event, unsigned i)
{
    if (i % 64 == 0) {
        event->time = apr_time_now();
    }
}

static void known_source(bench_t *bench, pg_event_t *event, unsigned from)
{
    (void)from;
    for (unsigned i = 0; i < RECORDS; i++) {
        tick(event, i);
        pg_ledger_record(bench->ledger, event);
    }
}

static void all_different(bench_t *bench, pg_event_t *event, unsigned from)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned n = (from * RECORDS + i) * 2654435761u;
        tick(event, i);
        memcpy(event->source.octets + 12, &n, sizeof(n));
        pg_ledger_record(bench->ledger, event);
    }
}

static void targets_too(bench_t *bench, pg_event_t *event, unsigned from)
{
    char host[] = "mx0.00000000.example";

    event->verdict.host = event->verdict.target = pg_span_str(host);
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned n = (from * RECORDS + i) * 2654435761u;
        tick(event, i);
        memcpy(event->source.octets + 12, &n, sizeof(n));
        for (unsigned d = 0; d < 8; d++) {
            host[4 + d] = (char)('a' + (n >> 4 * d & 15));
        }
        pg_ledger_record(bench->ledger, event);
    }
}

static void few_hundred(bench_t *bench, pg_event_t *event, unsigned from)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned n = (from + i * 2654435761u) >> 24;
        tick(event, i);
        memcpy(event->source.octets + 12, &n, sizeof(n));
        pg_ledger_record(bench->ledger, event);
    }
}

static void shared_word(bench_t *bench, pg_event_t *event, unsigned from)
{
    (void)event;
    (void)from;
    for (unsigned i = 0; i < RECORDS; i++) {
        atomic_fetch_add_explicit(bench->word, 1, memory_order_relaxed);
    }
}

/* What a simple module does: look the source up under a mutex, add one. */
static void mutex_table(bench_t *bench, pg_event_t *event, unsigned from)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned n = (from + i * 2654435761u) >> 24;
        apr_uint64_t *count;
        memcpy(event->source.octets + 12, &n, sizeof(n));
        pthread_mutex_lock(bench->mutex);
        count = apr_hash_get(bench->table, event->source.octets, 16);
        if (count == NULL) {
            count = apr_pcalloc(bench->pool, sizeof(*count));
            apr_hash_set(bench->table,
                         apr_pmemdup(bench->pool, event->source.octets, 16), 16,
                         count);
        }
        ++*count;
        pthread_mutex_unlock(bench->mutex);
    }
}

/* --- running ------------------------------------------------------------- */

typedef struct job_t {
    bench_t *bench;
    work_t work;
    unsigned number;
    double took;                 /* processor time, seconds               */
} job_t;

static void *run_job(void *data)
{
    job_t *job = data;
    pg_event_t event = connect_event();
    double begin = seconds(CLOCK_THREAD_CPUTIME_ID);

    job->work(job->bench, &event, job->number);
    job->took = seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
    return NULL;
}

/* Raise *best to the millions a second of one more turn. */
static void one_thread(double *best, bench_t *bench, work_t work,
                       unsigned turn)
{
    job_t job = { .bench = bench, .work = work, .number = turn };
    double rate;

    run_job(&job);
    rate = RECORDS / job.took / 1e6;
    *best = rate > *best ? rate : *best;
}

/* What several threads did together, millions a second. */
typedef struct rate_t {
    double wall;
    double processor;            /* each by its own processor time        */
} rate_t;

static rate_t thread_round(job_t *job, pthread_t *thread, unsigned n)
{
    double took = seconds(CLOCK_MONOTONIC);
    rate_t rate = { .processor = 0 };

    for (unsigned i = 0; i < n; i++) {
        pthread_create(&thread[i], NULL, run_job, &job[i]);
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(thread[i], NULL);
        rate.processor += RECORDS / job[i].took / 1e6;
    }
    took = seconds(CLOCK_MONOTONIC) - took;
    rate.wall = n * RECORDS / took / 1e6;
    return rate;
}

/* The round with the best wall-clock time: where they ran side by side. */
static rate_t threads(bench_t *bench, work_t work, unsigned n)
{
    pthread_t *thread = calloc(n, sizeof(*thread));
    job_t *job = calloc(n, sizeof(*job));
    rate_t best = { .wall = 0 };

    for (unsigned round = 0; round < ROUNDS; round++) {
        rate_t rate;
        for (unsigned i = 0; i < n; i++) {
            job[i] = (job_t){ .bench = bench, .work = work,
                              .number = round * n + i };
        }
        rate = thread_round(job, thread, n);
        best = rate.wall > best.wall ? rate : best;
    }
    free(job);
    free(thread);
    return best;
}

static double processes(bench_t *bench, work_t work, unsigned n)
{
    double best = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double took = seconds(CLOCK_MONOTONIC);
        for (unsigned i = 0; i < n; i++) {
            job_t job = { .bench = bench, .work = work,
                          .number = round * n + i };
            if (fork() == 0) {
                run_job(&job);
                _exit(0);
            }
        }
        for (unsigned i = 0; i < n; i++) {
            wait(NULL);
        }
        took = seconds(CLOCK_MONOTONIC) - took;
        best = n * RECORDS / took > best ? n * RECORDS / took : best;
    }
    return best / 1e6;
}

/* --- the report ---------------------------------------------------------- */

static void row(FILE *out, const char *what, double one, double goal,
                rate_t several, double others)
{
    char more[16] = "-", aim[16] = "-";
    const char *met = goal <= 0 ? "-" : one >= goal ? "yes" : "no";

    if (goal > 0) {
        snprintf(aim, sizeof(aim), "%.0f", goal);
    }

    if (others > 0) {
        snprintf(more, sizeof(more), "%.1f", others);
    }
    fprintf(out, "| %s | %.1f | %s | %s | %.0f | %.1f | %.1f | %s |\n",
            what, one, aim, met, 1000 / one, several.processor, several.wall,
            more);
    printf("%-30s %6.1f M/s (goal %s) %5.0f ns  threads %6.1f (wall %5.1f)  "
           "processes %5.1f\n", what, one, aim, 1000 / one, several.processor,
           several.wall, others);
}

static void measure(FILE *out, bench_t *bench, unsigned cpus)
{
    static const struct {
        const char *what;
        work_t work;
        bool shared;             /* works across processes                */
        double goal;             /* with one thread; 0: none              */
    } rows[] = {
        { "one known source", known_source, true, 12 },
        { "256 sources", few_hundred, true, 0 },
        { "all sources different", all_different, true, 10 },
        { "sources and targets different", targets_too, true, 8 },
        { "yardstick: one shared word", shared_word, true, 0 },
        { "yardstick: table under a mutex", mutex_table, false, 0 },
    };
    double one[sizeof(rows) / sizeof(rows[0])] = { 0 };
    double all[sizeof(rows) / sizeof(rows[0])];

    fprintf(out, "| millions a second | 1 thread | goal | met | ns each | "
            "%u threads | %u threads, wall | %u processes, wall |\n"
            "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |\n",
            cpus, cpus, cpus);
    /* in turn, so that a slow second of the machine is in no row alone */
    for (unsigned turn = 0; turn < TURNS; turn++) {
        for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            one_thread(&one[i], bench, rows[i].work, turn);
        }
    }
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rate_t several;
        several = threads(bench, rows[i].work, cpus);
        all[i] = several.processor;
        row(out, rows[i].what, one[i], rows[i].goal, several,
            rows[i].shared ? processes(bench, rows[i].work, cpus) : 0);
    }
    /* the yardsticks are the last two rows */
    fprintf(out, "\nOne known source against a shared word: %.3f with one "
            "thread, %.3f with %u; against a table under a mutex: %.2f and "
            "%.2f. An attempt is some twenty such additions.\n",
            one[0] / one[4], all[0] / all[4], cpus, one[0] / one[5],
            all[0] / all[5]);
}

/* Several threads, twice as many in each row, up to one for each processor. */
static void scaling(FILE *out, bench_t *bench, unsigned cpus)
{
    static const work_t works[] = { known_source, all_different, targets_too,
                                    shared_word, mutex_table };

    fprintf(out, "| threads | one known source | all sources different | "
            "sources and targets different | yardstick: one shared word | "
            "yardstick: table under a mutex |\n"
            "| ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (unsigned n = 1; n <= cpus; n = n < cpus && 2 * n > cpus
                                        ? cpus : 2 * n) {
        fprintf(out, "| %u |", n);
        for (unsigned w = 0; w < sizeof(works) / sizeof(*works); w++) {
            double rate = threads(bench, works[w], n).wall;
            fprintf(out, " %.1f |", rate);
            printf(" %.1f", rate);
            fflush(stdout);
        }
        fprintf(out, "\n");
        printf("\n");
    }
    fprintf(out, "\nMemory: %s.\n",
            pg_ledger_describe(bench->ledger, bench->pool));
}

static void reading(FILE *out, bench_t *bench)
{
    double best = 1e9, tend = 1e9, took;
    pg_snapshot_t *snapshot;

    for (int i = 0; i < 50; i++) {
        apr_pool_t *pool;
        apr_pool_create(&pool, bench->pool);
        took = seconds(CLOCK_THREAD_CPUTIME_ID);
        pg_ledger_snapshot(&snapshot, bench->ledger, apr_time_now(), pool);
        took = seconds(CLOCK_THREAD_CPUTIME_ID) - took;
        best = took < best ? took : best;
        took = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (unsigned lane = 0; lane < bench->ledger->sizes.lanes; lane++) {
            pg_top_tend(bench->ledger, pg_layout_lane(bench->ledger, lane),
                        apr_time_now());
        }
        took = seconds(CLOCK_THREAD_CPUTIME_ID) - took;
        tend = took < tend ? took : tend;
        apr_pool_destroy(pool);
    }
    fprintf(out, "\nOn the ledger that these runs have filled, a snapshot "
            "takes %.0f us and upkeep %.0f us.\n\nMemory: %s.\n", best * 1e6,
            tend * 1e6, pg_ledger_describe(bench->ledger, bench->pool));
    printf("snapshot %.0f us, upkeep %.0f us\n", best * 1e6, tend * 1e6);
}

static pg_ledger_t *shared_ledger(apr_pool_t *pool)
{
    char path[] = "/dev/shm/pg-bench-XXXXXX";
    int fd = mkstemp(path);
    pg_ledger_t *ledger = NULL;
    pg_ledger_options_t options = { .path = path };
    pg_opening_t opening;

    close(fd);
    unlink(path);
    if (pg_ledger_open(&ledger, &opening, &options, apr_time_now(), pool)) {
        fprintf(stderr, "%s: %s\n", path, opening.why);
        exit(1);
    }
    unlink(path);
    return ledger;
}

static void explain(FILE *out)
{
    fprintf(out, "An attempt is counted in the totals, four rings of "
            "history, its virtual host, four top lists, two estimates of "
            "distinct sources and the recent attempts. Each yardstick does "
            "only one thing: add one to a word that all threads share, or "
            "look up a source in an apr_hash table under a mutex and add "
            "one. ");
}

/* usage: ledger FILE [lanes] */
int main(int argc, char **argv)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = (unsigned)(cpus < 1 ? 1 : cpus);
    bench_t bench = { .mutex = &mutex };
    FILE *out = fopen(argc > 1 ? argv[1] : "/dev/null", "w");

    if (out == NULL || apr_initialize() != APR_SUCCESS) {
        perror(argv[1]);
        return 1;
    }
    apr_pool_create(&bench.pool, NULL);
    bench.ledger = shared_ledger(bench.pool);
    bench.table = apr_hash_make(bench.pool);
    bench.word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    explain(out);
    if (argc > 2) {
        fprintf(out, "Millions a second of all threads together, by the wall "
                "clock. Best of %d runs of %d attempts a thread.\n\n",
                ROUNDS, RECORDS);
        scaling(out, &bench, n);
    }
    else {
        fprintf(out, "Rates are by the processor time of each thread, "
                "including the time that threads make each other wait in the "
                "caches; those marked wall are by the wall clock, and fall "
                "when the machine has other work. Best of %d runs of %d "
                "attempts with one thread, the rows in turn, and of %d with "
                "several.\n\n", TURNS, RECORDS, ROUNDS);
        measure(out, &bench, n);
        reading(out, &bench);
    }
    return fclose(out) == 0 ? 0 : 1;
}
