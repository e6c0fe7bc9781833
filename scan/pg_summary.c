/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_summary.h"

#include <stdlib.h>

#include "pg_top.h"

/* --- what was judged ----------------------------------------------------- */

/* While counting, every 2xx was booked as "observed", except a tunnel's and
 * what was logged as relayed. */
static bool is_moved(const pg_judgement_t *item)
{
    return item->judged == PG_JUDGED_RELAYED
           && item->ground != PG_GROUND_CONNECT
           && item->ground != PG_GROUND_LOGGED;
}

static void book_vhost(const pg_tally_t *tally, const pg_answer_t *answer)
{
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        const pg_cell_t *cell = pg_table_find(tally->vhosts[i],
                                              pg_span_str(answer->vhost));
        apr_uint64_t *by_outcome = cell ? cell->data : NULL;
        apr_uint64_t n = answer->count[i];

        if (by_outcome) {
            n = n < by_outcome[PG_OUTCOME_OBSERVED]
                    ? n : by_outcome[PG_OUTCOME_OBSERVED];
            by_outcome[PG_OUTCOME_OBSERVED] -= n;
            by_outcome[PG_OUTCOME_RELAYED] += n;
        }
    }
}

static void book_answer(const pg_tally_t *tally, const pg_answer_t *answer)
{
    pg_event_t event = { .verdict = answer->verdict,
                         .outcome = PG_OUTCOME_RELAYED };

    event.verdict.method = pg_span_str(answer->method);
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        for (apr_uint64_t n = answer->count[i]; n > 0; n--) {
            pg_ledger_amend(tally->ledger[i], 0, &event, PG_OUTCOME_OBSERVED);
        }
    }
    book_vhost(tally, answer);
}

/* --- what is remembered -------------------------------------------------- */

static void remember(const pg_tally_t *tally, const pg_example_t *e,
                     const pg_table_t *relayed)
{
    pg_span_t answer = pg_tally_kept(e->octets, &e->answer);
    pg_event_t event = e->event;

    event.verdict.method = pg_tally_kept(e->octets, &e->method);
    event.verdict.target = pg_tally_kept(e->octets, &e->target);
    event.verdict.host = pg_tally_kept(e->octets, &e->host);
    event.vhost = pg_tally_kept(e->octets, &e->vhost);
    event.user_agent = pg_tally_kept(e->octets, &e->user_agent);
    event.x_forwarded_for = pg_tally_kept(e->octets, &e->x_forwarded_for);
    event.via = pg_tally_kept(e->octets, &e->via);
    event.forwarded = pg_tally_kept(e->octets, &e->forwarded);
    event.proxy_connection = pg_tally_kept(e->octets, &e->proxy_connection);
    if (answer.ptr && pg_table_find(relayed, answer)) {
        event.outcome = PG_OUTCOME_RELAYED;
    }
    pg_ledger_remember(tally->ledger[e->logs], &event);
}

static int oldest_first(const void *a, const void *b)
{
    return pg_tally_compare(*(const pg_example_t *const *)a,
                            *(const pg_example_t *const *)b);
}

/* The oldest of each kind and, after them, the newest: the same ones, while
 * there are only few. */
static void remember_all(const pg_tally_t *tally, const pg_table_t *relayed)
{
    const pg_example_t *all[PG_REASON_COUNT + PG_TALLY_RECENT];
    int n = 0;

    for (int r = 0; r < PG_REASON_COUNT; r++) {
        const pg_example_t *e = &tally->example[r];
        if (e->used && tally->recent_count == PG_TALLY_RECENT
            && oldest_first(&e, &tally->recent[0]) < 0) {
            all[n++] = e;
        }
    }
    qsort(all, (size_t)n, sizeof(all[0]), oldest_first);
    for (int i = 0; i < tally->recent_count; i++) {
        all[n++] = tally->recent[i];
    }
    for (int i = 0; i < n; i++) {
        remember(tally, all[i], relayed);
    }
}

void pg_summary_book(pg_scan_out_t *scan, apr_pool_t *pool)
{
    pg_tally_t *tally = scan->tally;
    apr_time_t newest = pg_tally_read(tally).to;
    pg_ledger_t *const *ledger = tally->ledger;

    for (apr_size_t i = 0; i < scan->judge->n; i++) {
        if (is_moved(&scan->judge->item[i])) {
            book_answer(tally, scan->judge->item[i].answer);
        }
    }
    remember_all(tally, pg_judge_relayed(scan->judge, pool));
    pg_tally_list(tally, newest);
    scan->ledger = ledger[PG_LOGS_NEW];
    if (ledger[PG_LOGS_KNOWN]) { /* which is not merged into the new: those
                                    are to be added to a ledger            */
        pg_ledger_merge(ledger[PG_LOGS_KNOWN], scan->ledger, newest, pool);
        scan->ledger = ledger[PG_LOGS_KNOWN];
    }
}

/* --- lists --------------------------------------------------------------- */

static pg_text_t text_of(pg_span_t s, bool cut)
{
    return (pg_text_t){ .octets = s, .cut = cut };
}

static pg_text_t text_kept(const char *octets, const pg_kept_t *kept)
{
    return text_of(pg_tally_kept(octets, kept), kept->cut);
}

static void fill_top(pg_snapshot_t *s, pg_top_e list, const pg_table_t *table,
                     apr_pool_t *pool)
{
    pg_top_t *top = &s->top[list];
    apr_size_t n;
    pg_cell_t **cells = pg_table_top(table, PG_TOP_SHOWN + 1, &n, pool);
    pg_top_entry_t *entry;

    top->floor = pg_table_error(table);
    if (n > PG_TOP_SHOWN) {
        top->floor += cells[PG_TOP_SHOWN]->count;
        n = PG_TOP_SHOWN;
    }
    entry = apr_pcalloc(pool, (n + 1) * sizeof(*entry));
    for (apr_size_t i = 0; i < n; i++) {
        entry[i].key = pg_tally_top_text(list, cells[i]->key, pool);
        entry[i].count = cells[i]->count;
        entry[i].error = pg_table_error(table);
    }
    top->entry = entry;
    top->n = n;
}

/* Those whose virtual host is unknown, or had no room in the table. */
static pg_vhost_count_t others(const pg_snapshot_t *s,
                               const pg_vhost_count_t *named, apr_size_t n)
{
    pg_vhost_count_t out = { .attempts = s->attempts };

    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        for (int c = 0; c < PG_CLASS_COUNT; c++) {
            out.by_outcome[o] += s->count[c][o];
        }
        for (apr_size_t i = 0; i < n; i++) {
            out.by_outcome[o] -= named[i].by_outcome[o];
        }
    }
    for (apr_size_t i = 0; i < n; i++) {
        out.attempts -= named[i].attempts;
    }
    return out;
}

static void fill_vhosts(pg_snapshot_t *s, const pg_table_t *table,
                        apr_pool_t *pool)
{
    apr_size_t n, at;
    pg_cell_t **cells = pg_table_sorted(table, &n, pool);
    pg_vhost_count_t *vhost = apr_pcalloc(pool, (n + 1) * sizeof(*vhost));
    pg_vhost_count_t rest;

    for (apr_size_t i = 0; i < n; i++) {
        vhost[i].name = text_of(cells[i]->key, false);
        memcpy(vhost[i].by_outcome, cells[i]->data,
               sizeof(vhost[i].by_outcome));
        for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
            vhost[i].attempts += vhost[i].by_outcome[o];
        }
    }
    rest = others(s, vhost, n);
    for (at = n; at > 0 && vhost[at - 1].attempts < rest.attempts; at--) {
        vhost[at] = vhost[at - 1];
    }
    vhost[at] = rest;
    s->vhosts = vhost;
    s->vhost_count = n + (rest.attempts > 0);
}

/* Without what distinguishes ledgers: each scan has a new key. */
const pg_snapshot_t *pg_summary_snapshot(const pg_scan_out_t *scan,
                                         apr_time_t now, apr_pool_t *pool)
{
    const pg_tally_t *tally = scan->tally;
    const pg_table_t *sources = tally->top[PG_LOGS_NEW][PG_TOP_SOURCES];
    apr_time_t newest = pg_tally_read(tally).to;
    pg_snapshot_t *s;

    pg_ledger_snapshot(&s, scan->ledger, newest ? newest : now, pool);
    s->key_id = 0;
    s->pseudonyms = (pg_key_t){ .k = { 0 } };
    fill_vhosts(s, tally->vhosts[PG_LOGS_NEW], pool);
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        fill_top(s, (pg_top_e)t, tally->top[PG_LOGS_NEW][t], pool);
    }
    if (pg_table_error(sources) == 0) {
        s->sources = (pg_distinct_t){ .estimate = pg_table_size(sources) };
    }
    return s;
}

/* --- what only a scan knows ---------------------------------------------- */

static void fill_answers(pg_scanned_t *out, const pg_judge_t *judge,
                         apr_uint64_t unanswered, apr_pool_t *pool)
{
    pg_scanned_answer_t *answer =
        apr_pcalloc(pool, (judge->n + 1) * sizeof(*answer));

    for (apr_size_t i = 0; i < judge->n; i++) {
        const pg_answer_t *a = judge->item[i].answer;

        answer[i].ground = judge->item[i].ground;
        answer[i].class_id = a->verdict.class_id;
        answer[i].status = a->status;
        answer[i].attempts = a->count[PG_LOGS_KNOWN] + a->count[PG_LOGS_NEW];
        answer[i].first = a->first;
        answer[i].request = text_of(pg_span_str(a->request), false);
        answer[i].size = text_of(a->size[0] ? pg_span_str(a->size)
                                            : PG_SPAN("-"), false);
    }
    out->answer = answer;
    out->answers = judge->n;
    out->answers_lost = judge->lost;
    memcpy(out->judged, judge->attempts, sizeof(out->judged));
    out->judged[PG_JUDGED_UNCLEAR] += unanswered;
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
                e->event.verdict.class_id, (pg_reason_e)r,
                text_kept(e->octets, &e->request)
            };
        }
    }
    for (int i = 0; i < tally->samples; i++) {
        unread[i] = text_kept(tally->sample[i].octets,
                              &tally->sample[i].text);
    }
    out->example = example;
    out->unread = unread;
    out->unread_count = (apr_size_t)tally->samples;
}

#define COPY_LINES(sym, field) out->lines[PG_LINES_##sym] = tally->count.field;

const pg_scanned_t *pg_summary_scanned(const pg_scan_out_t *scan,
                                       apr_pool_t *pool)
{
    const pg_tally_t *tally = scan->tally;
    pg_scanned_t *out = apr_pcalloc(pool, sizeof(*out));

    out->reach = scan->reach;
    out->files = scan->files;
    out->octets = scan->octets;
    PG_LINE_KINDS(COPY_LINES)
    out->first = pg_tally_read(tally).from;
    out->last = pg_tally_read(tally).to;
    out->interrupted = scan->interrupted;
    out->names_learned = pg_table_size(tally->names);
    out->names = scan->own == NULL ? PG_NAMES_UNKNOWN
                 : out->names_learned ? PG_NAMES_LEARNED : PG_NAMES_GIVEN;
    out->counts_low_by = pg_tally_error(tally);
    fill_answers(out, scan->judge, tally->unanswered, pool);
    fill_examples(out, tally, pool);
    return out;
}
