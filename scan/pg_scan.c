/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scan.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_layout.h"
#include "pg_lines.h"
#include "pg_progress.h"
#include "pg_summary.h"
#include "pg_urls.h"

enum {
    PROGRESS_MS = 250,
    /* A part without a virtual host in its first block, and the first of a
     * file in so many, has none. */
    NAMELESS_BLOCKS = 2
};

/* Large enough to cost nothing, and the last small enough for workers to end
 * together. The same for any number of workers, because each part is
 * interpreted by what is learnt from it. */
#define PART_LEAST ((apr_uint64_t)4 << 20)
#define PART_MOST ((apr_uint64_t)32 << 20)
enum { PARTS_OF_REST = 4 };

/* A file, or a part of a plain one. */
typedef struct part_t {
    const char *path;
    pg_input_info_t info;        /* of the whole file, when it was planned */
    apr_uint64_t begin, limit;
    const char *why;             /* being read, by one worker             */
    pg_trouble_e trouble;
    bool whole;                  /* not to be split: its first lines
                                    determine what the others mean        */
    bool composed;               /* every URL in it is full               */
    pg_pair_e pair;
    pg_logs_e logs;
    pg_counts_t read;            /* in this part                          */
    pg_stretches_t extent;       /* times of its lines                    */
} part_t;

/* What the workers share. While they run, only the atomics are written, each
 * part by the worker that reads it, and the sum under its lock. */
typedef struct crew_t {
    const pg_scan_in_t *in;
    pg_counting_t rules;
    pg_pass_t pass;
    const pg_table_t *wanted;
    pg_table_t *answered;        /* for rules                             */
    const pg_ledger_t *like;     /* whose key all ledgers have            */
    part_t *part;
    int parts;
    int jobs;                    /* not more than there are parts         */
    apr_uint64_t total;          /* octets that a pass reads, 0: unknown  */
    bool rereadable;             /* all of it: no pipe among the files    */
    apr_array_header_t *troubles; /* pg_scan_trouble_t                    */
    pg_tally_t *sum;             /* of what several workers count, NULL:
                                    one counts alone                      */
    pthread_mutex_t lock;        /* of it                                 */
    pthread_t waiter;            /* signalled when a worker has ended     */
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

/* --- what was read ------------------------------------------------------- */

static int most(const apr_uint64_t *n, int count)
{
    int best = 0;

    for (int i = 1; i < count; i++) {
        best = n[i] > n[best] ? i : best;
    }
    return best;
}

/* Envelope and format of most lines. */
static void name_shape(pg_reach_file_t *file, const pg_counts_t *m,
                       const pg_reading_t *how)
{
    int shape = most(m->shape, PG_SHAPE_COUNT);

    file->envelope = pg_envelope_name(
        (pg_envelope_e)most(m->envelope, PG_ENVELOPE_COUNT));
    file->format = shape == PG_SHAPE_FORMAT
                   ? how->format[most(m->format, how->formats)].name
                   : pg_reader_shape((pg_shape_e)shape);
}

static void judge_file(pg_reach_file_t *file, const pg_counts_t *m,
                       const pg_reading_t *how)
{
    file->lines = m->lines - m->blank;
    file->unread = m->unparsed + m->oversize;
    file->requests = file->lines - file->unread - m->silent - m->other;
    file->suspect = m->suspect;
    file->questioned = m->questioned;
    file->partial = m->partial;
    name_shape(file, m, how);
    file->doubt = pg_reach_doubt(file);
}

/* --- one worker ---------------------------------------------------------- */

/* What the first lines of a log reveal about all others. */
static void look_at_head(part_t *out, const pg_reading_t *how, pg_span_t head,
                         apr_pool_t *pool)
{
    char *memory = apr_palloc(pool, PG_READER_MEMORY(PG_URLS_HEAD));

    head = pg_span_upto(head, PG_URLS_HEAD);
    out->whole = pg_reader_needs_head(head);
    out->composed = pg_urls_everywhere(how, head, memory);
    out->pair = pg_reader_pair(how, head, memory);
}

/* Octets that were read of a part, without those read beyond it. */
static apr_uint64_t octets_of(const part_t *part, const pg_input_t *input)
{
    apr_uint64_t n = pg_input_consumed(input);
    apr_uint64_t most = part->limit - part->begin;

    return n < most ? n : most;
}

/* Add what has become large to that of the others. */
static void hand_over(const worker_t *w)
{
    crew_t *crew = w->crew;

    if (crew->sum && pg_tally_is_large(w->counter.tally)) {
        pthread_mutex_lock(&crew->lock);
        pg_tally_move(crew->sum, w->counter.tally);
        pthread_mutex_unlock(&crew->lock);
    }
}

/* Of a part so many blocks of which were searched for names. */
static bool is_nameless(const worker_t *w, const part_t *part, int blocks)
{
    return w->crew->pass == pg_pass_names && !w->counter.named
           && (part->begin || blocks >= NAMELESS_BLOCKS);
}

static void scan_lines(worker_t *w, pg_input_t *input, part_t *part)
{
    crew_t *crew = w->crew;
    apr_uint64_t before = 0;
    pg_lines_t lines;
    pg_span_t block;
    bool pipe = !part->info.regular, more = true;
    int blocks = 0;

    pg_lines_begin(&lines, input, w->buffer, part->begin, part->limit);
    if (pipe) {
        pg_lines_gather(&lines, PG_URLS_HEAD);
    }
    pg_count_begin(&w->counter, part->begin == 0);
    /* What was read is counted, even when asked to stop. */
    while (pg_lines_next(&lines, &block)) {
        if (pipe) {
            look_at_head(part, &crew->rules.reading, block, w->pool);
            pipe = false;
        }
        w->counter.composed = part->composed;
        w->counter.reader.pair = part->pair;
        w->counter.more = more;
        more = pg_lines_keep(&lines, crew->pass(&w->counter, block));
        hand_over(w);
        atomic_fetch_add_explicit(&crew->octets,
                                  octets_of(part, input) - before,
                                  memory_order_relaxed);
        before = octets_of(part, input);
        if (atomic_load_explicit(&crew->stop, memory_order_relaxed)
            || is_nameless(w, part, ++blocks)) {
            break;
        }
    }
    atomic_fetch_add_explicit(&crew->octets, octets_of(part, input) - before,
                              memory_order_relaxed);
    w->counter.tally->count.oversize += lines.oversize;
    w->counter.tally->count.lines += lines.oversize;
    if (part->info.plain && lines.ended && lines.at < part->limit
        && pg_input_trouble(input) == NULL && !atomic_load(&crew->stop)) {
        part->why = "was truncated while it was read (rotated?): lines "
                    "are missing";
        part->trouble = PG_TROUBLE_PART;
    }
}

static void scan_part(worker_t *w, part_t *part)
{
    pg_tally_t *tally = w->counter.tally;
    pg_counts_t before = tally->count;
    apr_pool_t *pool;
    pg_input_t *input;
    const char *wrong;

    apr_pool_create(&pool, w->pool);
    tally->count = (pg_counts_t){ .lines = 0 };
    tally->logs = part->logs;
    tally->part.n = 0;
    wrong = pg_input_open(&input, part->path,
                          part->begin ? part->begin - 1 : 0,
                          &w->crew->stop, pool);
    if (wrong == NULL && !pg_input_is(input, &part->info)) {
        wrong = "has been replaced (rotated?); scan again";
    }
    if (wrong) {
        part->trouble = PG_TROUBLE_UNREAD;
    }
    else {
        scan_lines(w, input, part);
        wrong = pg_input_trouble(input);
        part->trouble = wrong ? PG_TROUBLE_PART : part->trouble;
    }
    part->why = wrong ? apr_pstrdup(w->pool, wrong) : part->why;
    part->read = tally->count;
    pg_tally_add_counts(&tally->count, &before);
    if (tally->part.n) {         /* other passes note no times            */
        part->extent = tally->part;
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

/* @param only  the tally of one that works alone; NULL: each has its own */
static worker_t *hire(crew_t *crew, pg_tally_t *only, apr_pool_t *pool)
{
    worker_t *workers = apr_pcalloc(pool, sizeof(*workers)
                                          * (apr_size_t)crew->jobs);

    for (int i = 0; i < crew->jobs; i++) {
        worker_t *w = &workers[i];
        w->crew = crew;
        /* Not a child: pools must not be grown by several threads. */
        apr_pool_create_unmanaged_ex(&w->pool, NULL, NULL);
        w->buffer = apr_palloc(w->pool, PG_LINE_MAX + PG_LINES_READ);
        w->counter.rules = &crew->rules;
        w->counter.wanted = crew->wanted;
        w->counter.memory = apr_palloc(w->pool,
                                       PG_READER_MEMORY(PG_LINE_MAX));
        w->counter.tally = only ? only
                           : pg_tally_create(w->pool, crew->in->bound);
        w->counter.found = pg_table_create(w->pool, crew->in->bound, 0);
    }
    return workers;
}

/* Wait for the workers; a signal stops them. */
static bool oversee(crew_t *crew, const sigset_t *signals)
{
    struct timespec tick = { .tv_nsec = PROGRESS_MS * 1000000L };
    pg_progress_t progress;
    bool interrupted = false;

    pg_progress_begin(&progress, crew->in->progress, crew->total);
    while (atomic_load(&crew->running) > 0) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got > 0 && got != SIGUSR1) {
            interrupted = true;
            atomic_store(&crew->stop, true);
        }
        pg_progress_show(&progress, atomic_load(&crew->octets));
    }
    pg_progress_end(&progress);
    return interrupted;
}

static bool is_hired(const worker_t *w)
{
    return !pthread_equal(w->thread, pthread_self());
}

/* Without threads this one does the work, and notices signals only when it has
 * finished. */
static void start(crew_t *crew, worker_t *workers)
{
    int hired = 0;

    atomic_store(&crew->next, 0);
    atomic_store(&crew->running, crew->jobs);
    for (int i = 0; i < crew->jobs; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0) {
            hired++;
        }
        else {
            workers[i].thread = pthread_self();
            atomic_fetch_sub(&crew->running, 1);
        }
    }
    if (hired == 0) {
        atomic_store(&crew->running, 1);
        work(&workers[0]);
    }
}

/* One pass over all parts. @return was it interrupted */
static bool run_pass(crew_t *crew, worker_t *workers)
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
    atomic_store(&crew->octets, 0);
    for (int i = 0; i < crew->parts; i++) {
        crew->part[i].why = NULL;   /* it was in the last pass's memory   */
        crew->part[i].trouble = PG_TROUBLE_NONE;
        crew->part[i].read = (pg_counts_t){ .lines = 0 };
    }
    start(crew, workers);
    interrupted = oversee(crew, &signals);
    for (int i = 0; i < crew->jobs; i++) {
        if (is_hired(&workers[i])) {
            pthread_join(workers[i].thread, NULL);
        }
    }
    /* A signal that a worker sent must not outlive the mask. */
    while (sigtimedwait(&signals, NULL, &(struct timespec){ 0 }) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return interrupted;
}

/* --- parts --------------------------------------------------------------- */

static apr_uint64_t part_size(apr_uint64_t rest)
{
    apr_uint64_t part = rest / PARTS_OF_REST;

    return part < PART_LEAST ? PART_LEAST
           : part > PART_MOST ? PART_MOST : part;
}

static void add_parts(apr_array_header_t *parts, const part_t *file)
{
    const pg_input_info_t *info = &file->info;
    apr_uint64_t size = info->plain ? info->size : 0, at = 0;

    do {
        part_t *part = apr_array_push(parts);
        apr_uint64_t n = part_size(size - at);
        bool last = size - at <= n * 3 / 2 || file->whole;
        apr_uint64_t limit = last ? size : at + n;
        *part = (part_t){ .path = file->path, .info = *info, .begin = at,
                          .whole = file->whole, .composed = file->composed,
                          .pair = file->pair, .logs = file->logs,
                          /* what is appended later is not read            */
                          .limit = info->plain ? limit : UINT64_MAX };
        at = limit;
    } while (at < size);
}

/* The name under which the same file was given before; NULL if it was not. */
static const char *earlier_name(const apr_array_header_t *parts,
                                const pg_input_info_t *info)
{
    for (int i = 0; i < parts->nelts; i++) {
        const part_t *part = &((const part_t *)parts->elts)[i];
        if (pg_input_same(&part->info, info)) {
            return part->path;
        }
    }
    return NULL;
}

/* The beginning of a file. @return NULL, or what it is if not a log */
static const char *look_at(part_t *out, const crew_t *crew, const char *path,
                           apr_pool_t *pool)
{
    apr_pool_t *own;
    pg_input_t *input;
    const char *wrong;
    char *head;
    apr_size_t n = 0, got = 1;

    apr_pool_create(&own, pool);
    head = apr_palloc(own, PG_URLS_HEAD);
    wrong = pg_input_open(&input, path, 0, NULL, own);
    while (wrong == NULL && got && n < PG_URLS_HEAD) {
        got = pg_input_read(input, head + n, PG_URLS_HEAD - n);
        n += got;
    }
    wrong = wrong ? apr_pstrdup(pool, wrong) : NULL;
    if (wrong == NULL && n >= 8 && !memcmp(head, PG_MAGIC, 8)) {
        wrong = "is a ledger; `proxyguard show` reads it";
    }
    look_at_head(out, &crew->rules.reading, pg_span_make(head, n), own);
    apr_pool_destroy(own);
    return wrong;
}

/* Look at a file. @return NULL, or why it will not be read */
static const char *plan_file(part_t *out, const crew_t *crew,
                             const apr_array_header_t *parts,
                             const char *path, apr_pool_t *pool)
{
    const char *wrong = pg_input_stat(&out->info, path, pool);
    const char *earlier;

    *out = (part_t){ .path = path, .info = out->info, .logs = out->logs };
    if (wrong == NULL && out->info.regular) {
        wrong = look_at(out, crew, path, pool);
    }
    out->trouble = wrong ? PG_TROUBLE_UNREAD : PG_TROUBLE_NONE;
    if (wrong == NULL && (earlier = earlier_name(parts, &out->info))) {
        wrong = apr_pstrcat(pool, "is the same file as ", earlier,
                            "; read once", NULL);
    }
    return wrong;
}

static void note_trouble(apr_array_header_t *troubles, const part_t *part,
                         const char *why)
{
    *(pg_scan_trouble_t *)apr_array_push(troubles) =
        (pg_scan_trouble_t){ part->path, why, part->trouble };
}

/* Split what can be split. @return total octets, 0 if unknown */
static apr_uint64_t plan(crew_t *crew, apr_array_header_t *parts,
                         pg_scan_out_t *out, apr_pool_t *pool)
{
    const pg_scan_in_t *in = crew->in;
    apr_uint64_t total = 0;

    crew->troubles = apr_array_make(pool, 4, sizeof(pg_scan_trouble_t));
    crew->rereadable = true;
    for (int i = 0; i < in->paths; i++) {
        part_t file = { .logs = in->known && in->known[i] ? PG_LOGS_KNOWN
                                                           : PG_LOGS_NEW };
        const char *wrong = plan_file(&file, crew, parts, in->path[i], pool);
        if (wrong) {
            note_trouble(crew->troubles, &file, wrong);
            continue;
        }
        out->files++;
        crew->rereadable = crew->rereadable && file.info.regular;
        total += file.info.size;
        add_parts(parts, &file);
    }
    crew->part = (part_t *)parts->elts;
    crew->parts = parts->nelts;
    crew->jobs = crew->parts < 1 ? 1 : crew->parts < in->jobs ? crew->parts
                                                              : in->jobs;
    return crew->rereadable ? total : 0;
}

static void note_troubles(pg_scan_out_t *out, const crew_t *crew,
                          apr_pool_t *pool)
{
    for (int i = 0; i < crew->parts; i++) {
        const part_t *part = &crew->part[i];
        if (part->why) {
            note_trouble(crew->troubles, part, apr_pstrdup(pool, part->why));
        }
    }
    out->trouble = (const pg_scan_trouble_t *)crew->troubles->elts;
    out->troubles = crew->troubles->nelts;
}

/* --- the whole ----------------------------------------------------------- */

/* Names that the server logged as its own; NULL when there are none. "*" and
 * the like would make every name ours. */
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

/* What to report of each file, in the order of the command line. A problem
 * with a part puts its whole file in doubt. */
static apr_array_header_t *judge_files(const crew_t *crew, apr_pool_t *pool)
{
    apr_array_header_t *files = apr_array_make(pool, 16,
                                               sizeof(pg_reach_file_t));

    for (int i = 0; i < crew->parts; ) {
        pg_reach_file_t *file = apr_array_push(files);
        pg_counts_t sum = { .lines = 0 };
        bool trouble = false;
        *file = (pg_reach_file_t){ .path = crew->part[i].path };
        do {
            pg_tally_add_counts(&sum, &crew->part[i].read);
            trouble |= crew->part[i].trouble != PG_TROUBLE_NONE;
            i++;
        } while (i < crew->parts && crew->part[i].begin > 0);
        judge_file(file, &sum, &crew->rules.reading);
        file->doubt = trouble ? PG_REACH_DOUBT_CLOSED : file->doubt;
    }
    return files;
}

/* Files that could not even be opened. */
static void add_closed(apr_array_header_t *files, const pg_scan_out_t *out)
{
    for (int i = 0; i < out->troubles; i++) {
        const pg_scan_trouble_t *t = &out->trouble[i];
        bool listed = t->trouble == PG_TROUBLE_NONE;
        for (int f = 0; f < files->nelts && !listed; f++) {
            listed = !strcmp(((const pg_reach_file_t *)files->elts)[f].path,
                             t->path);
        }
        if (!listed) {
            *(pg_reach_file_t *)apr_array_push(files) =
                (pg_reach_file_t){ .path = t->path, .envelope = "none",
                                     .format = "unknown",
                                     .doubt = PG_REACH_DOUBT_CLOSED };
        }
    }
}

static int by_path(const void *a, const void *b)
{
    const pg_reach_file_t *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static const pg_reach_t *judge_reading(const crew_t *crew,
                                         const pg_scan_out_t *out,
                                         apr_pool_t *pool)
{
    const pg_tally_t *tally = out->tally;
    apr_array_header_t *files = judge_files(crew, pool);
    pg_reach_t *reach = apr_palloc(pool, sizeof(*reach));
    bool doubt = out->interrupted;

    add_closed(files, out);
    qsort(files->elts, (size_t)files->nelts, sizeof(pg_reach_file_t),
          by_path);               /* the same for any order of the files    */
    *reach = (pg_reach_t){
        .file = (const pg_reach_file_t *)files->elts,
        .files = (apr_size_t)files->nelts,
        .unread = tally->count.unparsed + tally->count.oversize,
        .suspect = tally->count.suspect,
        .questioned = tally->count.questioned,
        .no_client = tally->count.no_client,
    };
    for (apr_size_t i = 0; i < reach->files; i++) {
        doubt = doubt || reach->file[i].doubt != PG_REACH_DOUBT_NONE;
    }
    reach->verdict = tally->count.attempts ? PG_REACH_ATTEMPTS
                       : doubt ? PG_REACH_UNKNOWN : PG_REACH_NONE;
    return reach;
}

static void fire(const crew_t *crew, worker_t *workers)
{
    for (int i = 0; i < crew->jobs; i++) {
        apr_pool_destroy(workers[i].pool);
    }
}

/* A pass that yields one table per worker, summed into `sum`. */
static void collect(pg_table_t *sum, crew_t *crew, pg_pass_t pass,
                    pg_scan_out_t *out)
{
    apr_pool_t *pool;
    worker_t *workers;

    apr_pool_create(&pool, NULL);
    crew->pass = pass;
    workers = hire(crew, NULL, pool);
    out->interrupted |= run_pass(crew, workers);
    for (int i = 0; i < crew->jobs; i++) {
        const pg_counter_t *c = &workers[i].counter;
        pg_table_merge(sum, pass == pg_pass_names ? c->tally->names
                                                   : c->found, NULL);
        if (pass == pg_pass_names) {
            pg_table_merge(crew->answered, c->found, NULL);
        }
    }
    fire(crew, workers);
    apr_pool_destroy(pool);
}

/* All with one key, so that their sources can be merged. Like a pool, this
 * does not expect memory to run out. */
static void give_ledger(crew_t *crew, pg_tally_t *tally, pg_logs_e logs)
{
    apr_time_t now = crew->rules.reading.now;
    pg_ledger_t **out = &tally->ledger[logs];
    apr_status_t status = crew->like
        ? pg_ledger_heap_like(out, crew->like, now, tally->pool)
        : pg_ledger_heap(out, crew->in->key, now, tally->pool);

    if (status != APR_SUCCESS) {
        abort();
    }
    crew->like = crew->like ? crew->like : *out;
}

/* The sum and every worker have those that parts are counted into; the sum has
 * one even if there are no parts. */
static void give_ledgers(crew_t *crew, worker_t *workers, pg_tally_t *sum)
{
    bool has[PG_LOGS_COUNT] = { [PG_LOGS_NEW] = true };

    for (int i = 0; i < crew->parts; i++) {
        has[crew->part[i].logs] = true;
    }
    for (pg_logs_e logs = 0; logs < PG_LOGS_COUNT; logs++) {
        if (has[logs]) {
            give_ledger(crew, sum, logs);
        }
        for (int i = 0; i < crew->jobs && crew->sum && has[logs]; i++) {
            give_ledger(crew, workers[i].counter.tally, logs);
        }
    }
}

static apr_time_t newest_of(const crew_t *crew, const worker_t *workers)
{
    apr_time_t newest = 0;

    for (int i = 0; i < crew->jobs; i++) {
        apr_time_t one = pg_tally_read(workers[i].counter.tally).to;
        newest = one > newest ? one : newest;
    }
    return newest ? newest : crew->rules.reading.now;
}

/* Each file by itself: what was between two files is unknown. */
static void cover(const crew_t *crew, const pg_tally_t *tally)
{
    for (int i = 0; i < crew->parts; ) {
        pg_stretches_t file = { .n = 0 };
        pg_ledger_t *ledger = tally->ledger[crew->part[i].logs];

        do {
            for (unsigned k = 0; k < crew->part[i].extent.n; k++) {
                pg_tally_stretch(&file, crew->part[i].extent.range[k]);
            }
            i++;
        } while (i < crew->parts && crew->part[i].begin > 0);
        for (unsigned k = 0; k < file.n; k++) {
            pg_ledger_cover(ledger, file.range[k].from, file.range[k].to);
        }
    }
}

static void count_all(crew_t *crew, pg_scan_out_t *out, apr_pool_t *pool)
{
    bool alone = crew->jobs == 1;
    worker_t *workers = hire(crew, alone ? out->tally : NULL, pool);
    apr_time_t newest;

    crew->sum = alone ? NULL : out->tally;
    give_ledgers(crew, workers, out->tally);
    crew->pass = pg_pass_block;
    out->interrupted |= run_pass(crew, workers);
    newest = newest_of(crew, workers);
    for (int i = 0; i < crew->jobs && !alone; i++) {
        pg_tally_merge(crew->sum, workers[i].counter.tally, newest);
    }
    crew->sum = NULL;            /* complete: no pass adds to it any more */
    cover(crew, out->tally);
    note_troubles(out, crew, pool);
    fire(crew, workers);
    out->octets = atomic_load(&crew->octets);
}

/* What looks relayed may be a page of our own: read again to find out, as far
 * as that is possible. */
static void judge_all(crew_t *crew, pg_scan_out_t *out, apr_pool_t *pool)
{
    pg_table_t *wanted, *found;

    out->judge = pg_judge_run(out->tally, NULL, pool);
    wanted = pg_judge_wanted(out->judge, pool);
    if (wanted == NULL) {
        return;
    }
    if (crew->rereadable && !out->interrupted) {
        found = pg_table_create(pool, crew->in->bound, 0);
        crew->wanted = wanted;
        collect(found, crew, pg_pass_wanted, out);
        out->judge = pg_judge_run(out->tally, found, pool);
    }
    if (!crew->rereadable || out->interrupted) {
        out->judge = pg_judge_unsettled(out->judge, pool);
    }
}

/* Own names, and what was answered. */
static void learn(crew_t *crew, pg_table_t *names, pg_scan_out_t *out,
                  apr_pool_t *pool)
{
    crew->answered = pg_table_create(pool, crew->in->bound, 0);
    collect(names, crew, pg_pass_names, out);
    crew->rules.own = own_of_names(names, pool);
    crew->rules.answered = crew->answered;
}

pg_scan_out_t *pg_scan_run(const pg_scan_in_t *in, apr_pool_t *pool)
{
    pg_scan_out_t *out = apr_pcalloc(pool, sizeof(*out));
    apr_array_header_t *parts = apr_array_make(pool, 16, sizeof(part_t));
    crew_t crew = { .in = in, .rules = in->rules, .like = in->like,
                    .lock = PTHREAD_MUTEX_INITIALIZER };
    apr_uint64_t total = plan(&crew, parts, out, pool);

    out->tally = pg_tally_create(pool, in->bound);
    if (in->learn && crew.rereadable) {
        learn(&crew, out->tally->names, out, pool);
    }
    out->own = crew.rules.own;
    crew.total = total;          /* the first may end early               */
    count_all(&crew, out, pool);
    out->reach = judge_reading(&crew, out, pool);
    judge_all(&crew, out, pool);
    pg_summary_book(out, pool);
    return out;
}

void pg_scan_learn(pg_counting_t *rules, const pg_scan_in_t *in,
                   apr_pool_t *pool)
{
    pg_scan_out_t out = { .files = 0 };
    apr_array_header_t *parts = apr_array_make(pool, 16, sizeof(part_t));
    crew_t crew = { .in = in, .rules = in->rules };

    plan(&crew, parts, &out, pool);
    if (crew.rereadable) {
        learn(&crew, pg_table_create(pool, in->bound, 0), &out, pool);
    }
    *rules = crew.rules;
}
