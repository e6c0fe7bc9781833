/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scan.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_lines.h"
#include "pg_progress.h"

enum {
    PROGRESS_MS = 250,
    /* A stream that names no virtual host in so many blocks names none. */
    NAMELESS_BLOCKS = 2
};

/* Small enough that workers end together, large enough to cost nothing. */
#define PART_SIZE ((apr_uint64_t)32 << 20)

/* A file, or a part of a plain one. */
typedef struct part_t {
    const char *path;
    apr_uint64_t begin, limit;
    const char *trouble;         /* written by the worker that has it     */
    bool unread;
} part_t;

/* What the workers share. Only the atomics are written while they run. */
typedef struct crew_t {
    const pg_scan_in_t *in;
    pg_rules_t rules;
    pg_pass_t pass;
    const pg_table_t *wanted;
    pg_ledger_t *ledger;         /* to be recorded in: not to be stopped  */
    const pg_table_t *relayed;
    part_t *part;
    int parts;
    bool rereadable;             /* all of it: no pipe among them         */
    pthread_t waiter;            /* is told when a worker has ended       */
    atomic_int next;             /* part                                  */
    atomic_int running;
    atomic_bool stop;
    _Atomic apr_uint64_t octets;
} crew_t;

typedef struct worker_t {
    crew_t *crew;
    apr_pool_t *pool;
    pthread_t thread;
    pg_counter_t counter;
    char *buffer;
} worker_t;

/* --- one worker ---------------------------------------------------------- */

static void scan_lines(worker_t *w, pg_input_t *input, part_t *part)
{
    crew_t *crew = w->crew;
    apr_uint64_t before = 0;
    pg_lines_t lines;
    pg_span_t block;
    int blocks = 0;

    pg_lines_begin(&lines, input, w->buffer, part->begin, part->limit);
    /* What was read is counted, also when asked to stop. */
    while (pg_lines_next(&lines, &block)) {
        crew->pass(&w->counter, block);
        atomic_fetch_add_explicit(&crew->octets,
                                  pg_input_consumed(input) - before,
                                  memory_order_relaxed);
        before = pg_input_consumed(input);
        if (atomic_load_explicit(&crew->stop, memory_order_relaxed)
            || (crew->pass == pg_count_names && ++blocks >= NAMELESS_BLOCKS
                && pg_table_size(w->counter.tally->names) == 0)) {
            break;
        }
    }
    w->counter.tally->oversize += lines.oversize;
    w->counter.tally->lines += lines.oversize;
}

static void scan_part(worker_t *w, part_t *part)
{
    apr_pool_t *pool;
    pg_input_t *input;
    const char *wrong;

    apr_pool_create(&pool, w->pool);
    wrong = pg_input_open(&input, part->path,
                          part->begin ? part->begin - 1 : 0,
                          &w->crew->stop, pool);
    if (wrong) {
        part->trouble = apr_pstrdup(w->pool, wrong);
        part->unread = true;
    }
    else {
        scan_lines(w, input, part);
        wrong = pg_input_trouble(input);
        part->trouble = wrong ? apr_pstrdup(w->pool, wrong) : NULL;
    }
    apr_pool_destroy(pool);
}

static void *work(void *arg)
{
    worker_t *w = arg;
    crew_t *crew = w->crew;
    int i;

    while ((i = atomic_fetch_add(&crew->next, 1)) < crew->parts
           && !atomic_load(&crew->stop)) {
        scan_part(w, &crew->part[i]);
    }
    atomic_fetch_sub(&crew->running, 1);
    pthread_kill(crew->waiter, SIGUSR1);
    return NULL;
}

/* --- the crew ------------------------------------------------------------ */

static worker_t *hire(crew_t *crew, int jobs, apr_pool_t *pool)
{
    worker_t *workers = apr_pcalloc(pool, sizeof(*workers) * (apr_size_t)jobs);

    for (int i = 0; i < jobs; i++) {
        worker_t *w = &workers[i];
        w->crew = crew;
        /* Not a child: pools are not made to be grown by several threads. */
        apr_pool_create_unmanaged_ex(&w->pool, NULL, NULL);
        w->buffer = apr_palloc(w->pool, PG_LINE_MAX + PG_LINES_READ);
        w->counter.rules = &crew->rules;
        w->counter.wanted = crew->wanted;
        w->counter.ledger = crew->ledger;
        w->counter.relayed = crew->relayed;
        w->counter.scratch = apr_palloc(w->pool, PG_LINE_MAX * 2);
        w->counter.tally = pg_tally_create(w->pool, crew->in->bound);
        w->counter.found = pg_table_create(w->pool, crew->in->bound, 0);
    }
    return workers;
}

/* Wait for the workers; a signal from outside stops them. */
static bool oversee(crew_t *crew, const sigset_t *signals, apr_uint64_t total)
{
    struct timespec tick = { .tv_nsec = PROGRESS_MS * 1000000L };
    pg_progress_t progress;
    bool interrupted = false;

    pg_progress_begin(&progress, crew->in->progress, total);
    while (atomic_load(&crew->running) > 0) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got > 0 && got != SIGUSR1 && crew->ledger == NULL) {
            interrupted = true;
            atomic_store(&crew->stop, true);
        }
        pg_progress_show(&progress, atomic_load(&crew->octets));
    }
    pg_progress_end(&progress);
    return interrupted;
}

/* One pass over all parts. @return was it interrupted */
static bool run_pass(crew_t *crew, worker_t *workers, int jobs,
                     apr_uint64_t total)
{
    sigset_t signals, before;
    bool interrupted;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    crew->waiter = pthread_self();
    atomic_store(&crew->next, 0);
    atomic_store(&crew->running, jobs);
    for (int i = 0; i < jobs; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
            atomic_fetch_sub(&crew->running, 1);
            workers[i].thread = pthread_self();
        }
    }
    interrupted = oversee(crew, &signals, total);
    for (int i = 0; i < jobs; i++) {
        if (!pthread_equal(workers[i].thread, pthread_self())) {
            pthread_join(workers[i].thread, NULL);
        }
    }
    /* What the workers sent last must not outlive the mask. */
    while (sigtimedwait(&signals, NULL, &(struct timespec){ 0 }) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return interrupted;
}

/* --- parts --------------------------------------------------------------- */

static void add_parts(apr_array_header_t *parts, const char *path,
                      apr_uint64_t size)
{
    apr_uint64_t at = 0;

    do {
        part_t *part = apr_array_push(parts);
        bool last = size - at <= PART_SIZE * 3 / 2;
        *part = (part_t){ .path = path, .begin = at,
                          .limit = last ? ~(apr_uint64_t)0 : at + PART_SIZE };
        at = last ? size : at + PART_SIZE;
    } while (at < size);
}

/* Cut what can be cut. @return octets in all, 0 if that is not known */
static apr_uint64_t plan(crew_t *crew, apr_array_header_t *parts,
                         pg_scan_out_t *out, apr_pool_t *pool)
{
    const pg_scan_in_t *in = crew->in;
    apr_array_header_t *troubles = apr_array_make(pool, 4,
                                                  sizeof(pg_scan_trouble_t));
    apr_uint64_t total = 0;

    crew->rereadable = true;
    for (int i = 0; i < in->paths; i++) {
        pg_input_info_t info;
        const char *wrong = pg_input_stat(&info, in->path[i], pool);
        if (wrong) {
            *(pg_scan_trouble_t *)apr_array_push(troubles) =
                (pg_scan_trouble_t){ in->path[i], wrong, true };
            continue;
        }
        out->files++;
        crew->rereadable = crew->rereadable && info.regular;
        total += info.size;
        add_parts(parts, in->path[i], info.plain ? info.size : 0);
        if (info.plain) {        /* what is added meanwhile is not ours   */
            ((part_t *)parts->elts)[parts->nelts - 1].limit = info.size;
        }
    }
    out->trouble = (const pg_scan_trouble_t *)troubles->elts;
    out->troubles = troubles->nelts;
    return crew->rereadable ? total : 0;
}

static void note_troubles(pg_scan_out_t *out, const crew_t *crew,
                          apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 4,
                                             sizeof(pg_scan_trouble_t));

    for (int i = 0; i < out->troubles; i++) {
        *(pg_scan_trouble_t *)apr_array_push(all) = out->trouble[i];
    }
    for (int i = 0; i < crew->parts; i++) {
        const part_t *part = &crew->part[i];
        if (part->trouble) {
            *(pg_scan_trouble_t *)apr_array_push(all) = (pg_scan_trouble_t){
                part->path, apr_pstrdup(pool, part->trouble), part->unread
            };
        }
    }
    out->trouble = (const pg_scan_trouble_t *)all->elts;
    out->troubles = all->nelts;
}

/* --- the whole ----------------------------------------------------------- */

/* Names the server logged as its own; NULL when there are none. "*" and the
 * like would make every stranger one of ours. */
static const pg_own_t *own_of_names(const pg_table_t *names, apr_pool_t *pool)
{
    pg_own_t *own = pg_own_create(pool);
    apr_size_t n, added = 0;
    pg_cell_t **cells = pg_table_sorted(names, &n, pool);

    for (apr_size_t i = 0; i < n; i++) {
        pg_span_t name = cells[i]->key;
        if (pg_span_find_any(name, "*?") == name.len
            && pg_own_add(own, name) == NULL) {
            added++;
        }
    }
    return added ? own : NULL;
}

static void fire(worker_t *workers, int jobs)
{
    for (int i = 0; i < jobs; i++) {
        apr_pool_destroy(workers[i].pool);
    }
}

/* A pass whose result is one table of each worker's, summed into `sum`. */
static void collect(pg_table_t *sum, crew_t *crew, pg_pass_t pass,
                    pg_scan_out_t *out)
{
    int jobs = crew->in->jobs;
    apr_pool_t *pool;
    worker_t *workers;

    apr_pool_create(&pool, NULL);
    crew->pass = pass;
    workers = hire(crew, jobs, pool);
    out->interrupted |= run_pass(crew, workers, jobs, 0);
    for (int i = 0; i < jobs; i++) {
        const pg_counter_t *c = &workers[i].counter;
        pg_table_merge(sum, pass == pg_count_names ? c->tally->names
                                                   : c->found, NULL);
    }
    fire(workers, jobs);
    apr_pool_destroy(pool);
    atomic_store(&crew->octets, 0);
}

static void count_all(crew_t *crew, pg_scan_out_t *out, apr_uint64_t total,
                      apr_pool_t *pool)
{
    int jobs = crew->in->jobs;
    worker_t *workers = hire(crew, jobs, pool);

    crew->pass = crew->ledger ? pg_count_record : pg_count_block;
    out->interrupted |= run_pass(crew, workers, jobs, total);
    for (int i = 0; i < jobs; i++) {
        pg_tally_merge(out->tally, workers[i].counter.tally);
    }
    note_troubles(out, crew, pool);
    fire(workers, jobs);
    out->octets = atomic_load(&crew->octets);
}

/* What looks relayed may be a page of our own: read again to see. */
static void judge_all(crew_t *crew, pg_scan_out_t *out, apr_pool_t *pool)
{
    pg_table_t *wanted, *found;

    out->judge = pg_judge_run(out->tally, NULL, pool);
    wanted = pg_judge_wanted(out->judge, pool);
    if (wanted == NULL || out->interrupted || !crew->rereadable) {
        return;
    }
    found = pg_table_create(pool, crew->in->bound, 0);
    crew->wanted = wanted;
    collect(found, crew, pg_count_wanted, out);
    out->judge = pg_judge_run(out->tally, found, pool);
}

pg_scan_out_t *pg_scan_run(const pg_scan_in_t *in, apr_pool_t *pool)
{
    pg_scan_out_t *out = apr_pcalloc(pool, sizeof(*out));
    apr_array_header_t *parts = apr_array_make(pool, 16, sizeof(part_t));
    crew_t crew = { .in = in, .rules = in->rules };
    apr_uint64_t total = plan(&crew, parts, out, pool);

    crew.part = (part_t *)parts->elts;
    crew.parts = parts->nelts;
    out->tally = pg_tally_create(pool, in->bound);
    if (in->learn && crew.rereadable) {
        collect(out->tally->names, &crew, pg_count_names, out);
        crew.rules.own = own_of_names(out->tally->names, pool);
    }
    out->own = crew.rules.own;
    count_all(&crew, out, total, pool);
    judge_all(&crew, out, pool);
    return out;
}

apr_uint64_t pg_scan_record(const pg_scan_in_t *in, const pg_scan_out_t *scan,
                            pg_ledger_t *ledger, apr_pool_t *pool)
{
    apr_array_header_t *parts = apr_array_make(pool, 16, sizeof(part_t));
    crew_t crew = { .in = in, .rules = in->rules, .ledger = ledger };
    pg_scan_out_t again = { .judge = scan->judge };
    apr_uint64_t total = plan(&crew, parts, &again, pool);

    crew.part = (part_t *)parts->elts;
    crew.parts = parts->nelts;
    crew.rules.own = scan->own;
    crew.relayed = pg_judge_relayed(scan->judge, pool);
    again.tally = pg_tally_create(pool, in->bound);
    count_all(&crew, &again, total, pool);
    return again.tally->attempts;
}
