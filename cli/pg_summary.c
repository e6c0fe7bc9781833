/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_summary.h"

#include <stdlib.h>

/* --- what was judged ----------------------------------------------------- */

static void move(apr_uint64_t *from, apr_uint64_t *to, apr_uint64_t n)
{
    n = n < *from ? n : *from;
    *from -= n;
    *to += n;
}

/* While counting, every 2xx but a tunnel's was booked as "observed". */
static bool is_moved(const pg_judgement_t *item)
{
    return item->judged == PG_JUDGED_RELAYED
           && item->ground != PG_GROUND_CONNECT;
}

static void apply_judgement(pg_snapshot_t *s, const pg_judge_t *judge)
{
    for (apr_size_t i = 0; i < judge->n; i++) {
        const pg_answer_t *a = judge->item[i].answer;
        if (is_moved(&judge->item[i])) {
            move(&s->count[a->class_id][PG_OUTCOME_OBSERVED],
                 &s->count[a->class_id][PG_OUTCOME_RELAYED], a->count);
        }
    }
}

/* --- lists --------------------------------------------------------------- */

static pg_text_t text_of(pg_span_t s, bool cut)
{
    return (pg_text_t){ .octets = s, .cut = cut };
}

static pg_text_t text_kept(const pg_kept_t *kept)
{
    return text_of(pg_kept_span(kept), kept->cut);
}

static void fill_top(pg_top_t *top, const pg_table_t *table, apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(table, &n, pool);
    pg_top_entry_t *entry;

    top->floor = pg_table_error(table);
    if (n > PG_SUMMARY_TOP) {
        top->floor += cells[PG_SUMMARY_TOP]->count;
        n = PG_SUMMARY_TOP;
    }
    entry = apr_pcalloc(pool, (n + 1) * sizeof(*entry));
    for (apr_size_t i = 0; i < n; i++) {
        entry[i].key = text_of(cells[i]->key,
                               cells[i]->key.len == PG_TABLE_KEY);
        entry[i].count = cells[i]->count;
        entry[i].error = pg_table_error(table);
    }
    top->entry = entry;
    top->n = n;
}

/* In the tally's own numbers: it is read once. */
static void judge_vhosts(const pg_scan_out_t *scan)
{
    for (apr_size_t i = 0; i < scan->judge->n; i++) {
        const pg_judgement_t *item = &scan->judge->item[i];
        const pg_cell_t *cell = !is_moved(item) ? NULL
            : pg_table_find(scan->tally->vhosts,
                            pg_span_str(item->answer->vhost));
        if (cell) {
            apr_uint64_t *by_outcome = cell->data;
            move(&by_outcome[PG_OUTCOME_OBSERVED],
                 &by_outcome[PG_OUTCOME_RELAYED], item->answer->count);
        }
    }
}

static void fill_vhosts(pg_snapshot_t *s, const pg_scan_out_t *scan,
                        apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(scan->tally->vhosts, &n, pool);
    pg_vhost_count_t *vhost = apr_pcalloc(pool, (n + 1) * sizeof(*vhost));

    for (apr_size_t i = 0; i < n; i++) {
        vhost[i].name = text_of(cells[i]->key, false);
        vhost[i].attempts = cells[i]->count;
        memcpy(vhost[i].by_outcome, cells[i]->data,
               sizeof(vhost[i].by_outcome));
    }
    s->vhosts = vhost;
    s->vhost_count = n;
}

/* --- recent -------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    const pg_example_t *x = *(const pg_example_t *const *)a;
    const pg_example_t *y = *(const pg_example_t *const *)b;

    if (x->time != y->time) {
        return x->time < y->time ? 1 : -1;
    }
    return strcmp(x->request.octets, y->request.octets);
}

static void fill_one(pg_recent_t *out, const pg_example_t *e,
                     const pg_table_t *relayed)
{
    pg_span_t answer = pg_kept_span(&e->answer);

    out->time = e->time;
    out->class_id = e->class_id;
    out->family = e->family;
    out->reason = e->reason;
    out->outcome = answer.ptr && pg_table_find(relayed, answer)
                   ? PG_OUTCOME_RELAYED : e->outcome;
    out->status = e->status;
    out->port = e->port;
    out->source = text_kept(&e->source);
    out->method = text_kept(&e->method);
    out->target = text_kept(&e->target);
    out->host = text_kept(&e->host);
    out->vhost = text_kept(&e->vhost);
    out->user_agent = text_kept(&e->user_agent);
    out->x_forwarded_for = text_kept(&e->x_forwarded_for);
    out->via = text_kept(&e->via);
    out->forwarded = text_kept(&e->forwarded);
    out->proxy_connection = text_kept(&e->proxy_connection);
}

static void fill_recent(pg_snapshot_t *s, const pg_scan_out_t *scan,
                        apr_pool_t *pool)
{
    apr_size_t n = (apr_size_t)scan->tally->recent_count;
    const pg_example_t **order = apr_palloc(pool, (n + 1) * sizeof(*order));
    pg_recent_t *recent = apr_pcalloc(pool, (n + 1) * sizeof(*recent));
    pg_table_t *relayed = pg_judge_relayed(scan->judge, pool);

    for (apr_size_t i = 0; i < n; i++) {
        order[i] = &scan->tally->recent[i];
    }
    qsort(order, n, sizeof(*order), newest_first);
    for (apr_size_t i = 0; i < n; i++) {
        fill_one(&recent[i], order[i], relayed);
    }
    s->recent = recent;
    s->recent_count = n;
}

/* --- history ------------------------------------------------------------- */

static void fill_series(pg_snapshot_t *s, pg_period_e period,
                        pg_tally_t *tally, apr_pool_t *pool)
{
    int n = pg_period_buckets(period);
    apr_int64_t last = pg_period_number(period, s->taken);
    pg_bucket_t *bucket = apr_pcalloc(pool, sizeof(*bucket) * (apr_size_t)n);

    for (int i = 0; i < n; i++) {
        apr_int64_t number = last - (n - 1) + i;
        const pg_bucket_t *from;
        if (number < 0) {
            bucket[i].start = 0;
            continue;
        }
        bucket[i].start = pg_period_start(period, number);
        from = pg_tally_bucket(tally, period, number);
        if (from->attempts && from->start == bucket[i].start) {
            bucket[i] = *from;
        }
    }
    s->series[period].bucket = bucket;
    s->series[period].n = (apr_size_t)n;
}

/* A log speaks of the time between its first line and its last. */
static void fill_covered(pg_snapshot_t *s, const pg_tally_t *tally,
                         apr_pool_t *pool)
{
    pg_range_t *range = apr_pcalloc(pool, sizeof(*range));

    if (tally->log_first) {
        *range = (pg_range_t){ tally->log_first, s->taken };
        s->covered = range;
        s->covered_count = 1;
    }
}

const pg_snapshot_t *pg_summary_snapshot(const pg_scan_out_t *scan,
                                         apr_time_t now, apr_pool_t *pool)
{
    pg_tally_t *tally = scan->tally;
    pg_snapshot_t *s = apr_pcalloc(pool, sizeof(*s));

    s->taken = tally->log_last > tally->last ? tally->log_last : tally->last;
    s->taken = s->taken ? s->taken : now;
    s->since = tally->log_first ? tally->log_first : tally->first;
    s->since = s->since ? s->since : now;
    if (tally->first && tally->first < s->since) {
        s->since = tally->first;
    }
    fill_covered(s, tally, pool);
    s->first = tally->first;
    s->last = tally->last;
    s->attempts = tally->attempts;
    memcpy(s->count, tally->count, sizeof(s->count));
    memcpy(s->by_family, tally->by_family, sizeof(s->by_family));
    memcpy(s->by_method, tally->by_method, sizeof(s->by_method));
    memcpy(s->by_port_class, tally->by_port_class, sizeof(s->by_port_class));
    memcpy(s->by_intent, tally->by_intent, sizeof(s->by_intent));
    apply_judgement(s, scan->judge);
    judge_vhosts(scan);
    fill_vhosts(s, scan, pool);
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        fill_top(&s->top[t], tally->top[t], pool);
    }
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        fill_series(s, (pg_period_e)p, tally, pool);
    }
    s->sources.estimate = pg_table_size(tally->top[PG_TOP_SOURCES]);
    fill_recent(s, scan, pool);
    return s;
}

/* --- what only a scan knows ---------------------------------------------- */

static void fill_answers(pg_scanned_t *out, const pg_judge_t *judge,
                         apr_pool_t *pool)
{
    pg_scanned_answer_t *answer =
        apr_pcalloc(pool, (judge->n + 1) * sizeof(*answer));

    for (apr_size_t i = 0; i < judge->n; i++) {
        const pg_answer_t *a = judge->item[i].answer;

        answer[i].ground = judge->item[i].ground;
        answer[i].class_id = a->class_id;
        answer[i].status = a->status;
        answer[i].attempts = a->count;
        answer[i].first = a->first;
        answer[i].request = text_of(pg_span_str(a->request), false);
        answer[i].size = text_of(pg_span_str(a->size), false);
    }
    out->answer = answer;
    out->answers = judge->n;
    out->answers_lost = judge->lost;
    memcpy(out->judged, judge->attempts, sizeof(out->judged));
}

static void fill_examples(pg_scanned_t *out, const pg_tally_t *tally,
                          apr_pool_t *pool)
{
    pg_scanned_example_t *example =
        apr_pcalloc(pool, PG_REASON_COUNT * sizeof(*example));
    pg_text_t *unread =
        apr_pcalloc(pool, PG_TALLY_SAMPLES * sizeof(*unread));

    for (int r = 0; r < PG_REASON_COUNT; r++) {
        const pg_example_t *e = &tally->example[r];

        if (e->used) {
            example[out->examples++] = (pg_scanned_example_t){
                e->class_id, (pg_reason_e)r, text_kept(&e->request)
            };
        }
    }
    for (int i = 0; i < tally->samples; i++) {
        unread[i] = text_kept(&tally->sample[i]);
    }
    out->example = example;
    out->unread = unread;
    out->unread_count = (apr_size_t)tally->samples;
}

#define COPY_LINES(sym, field) out->lines[PG_LINES_##sym] = tally->field;

const pg_scanned_t *pg_summary_scanned(const pg_scan_out_t *scan,
                                       apr_pool_t *pool)
{
    const pg_tally_t *tally = scan->tally;
    pg_scanned_t *out = apr_pcalloc(pool, sizeof(*out));

    out->reach = scan->reach;
    out->files = scan->files;
    out->octets = scan->octets;
    PG_LINE_KINDS(COPY_LINES)
    out->first = tally->log_first;
    out->last = tally->log_last;
    out->interrupted = scan->interrupted;
    out->names_learned = pg_table_size(tally->names);
    out->names = scan->own == NULL ? PG_NAMES_UNKNOWN
                 : out->names_learned ? PG_NAMES_LEARNED : PG_NAMES_GIVEN;
    out->counts_low_by = pg_tally_error(tally);
    fill_answers(out, scan->judge, pool);
    fill_examples(out, tally, pool);
    return out;
}
