/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_range.h"

#include <stdlib.h>

#include <apr_strings.h>

#define SAME_RUN ((apr_time_t)60 * 1000000)
#define QUIET ((apr_time_t)86400 * 1000000) /* between two logs: no visitor */

typedef struct pg_list_t {
    pg_watched_t piece[4 * PG_RANGES];
    unsigned n;
} pg_list_t;

static bool sound(const pg_watched_t *piece)
{
    return piece->time.from > 0 && piece->time.from <= piece->time.to
           && piece->time.to < INT64_MAX && piece->by <= PG_PARTS;
}

/* The ranges of a table from the first on. */
static void take(pg_list_t *list, const pg_ledger_t *ledger, unsigned first)
{
    list->n = 0;
    for (unsigned i = first; i < PG_RANGES; i++) {
        const pg_word_t *words = ledger->common->range[i];
        apr_uint64_t by = pg_word_get(&words[2]);
        pg_watched_t piece = { .time = {
            .from = (apr_time_t)pg_word_get(&words[0]),
            .to = (apr_time_t)pg_word_get(&words[1]) },
            .by = by ? (apr_size_t)by : 1 };
        if (sound(&piece)) {
            list->piece[list->n++] = piece;
        }
    }
}

/* How many servers were counting at that time. */
static apr_size_t watchers(const pg_list_t *list, apr_time_t at)
{
    apr_size_t most = 0;

    for (unsigned i = 0; i < list->n; i++) {
        const pg_watched_t *piece = &list->piece[i];
        if (at >= piece->time.from && at <= piece->time.to
            && piece->by > most) {
            most = piece->by;
        }
    }
    return most;
}

static int by_time(const void *a, const void *b)
{
    const apr_time_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* The times at which the number of watchers may change. */
static unsigned bounds(apr_time_t *out, const pg_list_t *list)
{
    for (unsigned i = 0; i < list->n; i++) {
        out[2 * i] = list->piece[i].time.from;
        out[2 * i + 1] = list->piece[i].time.to + 1;
    }
    return 2 * list->n;
}

static void append(pg_list_t *list, apr_time_t from, apr_time_t to,
                   apr_size_t by)
{
    pg_watched_t *last = list->n ? &list->piece[list->n - 1] : NULL;

    if (by == 0 || from > to) {
        return;
    }
    if (last && last->by == by && last->time.to + 1 == from) {
        last->time.to = to;
    }
    else {
        list->piece[list->n++] = (pg_watched_t){ .time = { from, to },
                                                 .by = by };
    }
}

/* The union of two lists, sorted and disjoint; if they are of two servers, the
 * watchers add up. */
static void unite(pg_list_t *out, const pg_list_t *a, const pg_list_t *b,
                  bool beside)
{
    apr_time_t at[4 * PG_RANGES];
    unsigned n = bounds(at, a);

    n += bounds(at + n, b);
    qsort(at, n, sizeof(at[0]), by_time);
    out->n = 0;
    for (unsigned i = 0; i + 1 < n; i++) {
        apr_size_t x = watchers(a, at[i]), y = watchers(b, at[i]);
        append(out, at[i], at[i + 1] - 1,
               beside ? (x + y < PG_PARTS ? x + y : PG_PARTS)
                      : x > y ? x : y);
    }
}

static apr_time_t length_of(const pg_watched_t *piece)
{
    return piece->time.to - piece->time.from;
}

/* How much time becomes wrong if a piece and the next one are joined. */
static apr_time_t loss(const pg_watched_t *piece)
{
    apr_time_t a = length_of(&piece[0]), b = length_of(&piece[1]);

    return piece[1].time.from - piece[0].time.to
           + (piece[0].by == piece[1].by ? 0 : a < b ? a : b);
}

/* Reduce a list to so many pieces: the smallest gaps are closed, and the
 * shortest times with another number of watchers are lost. */
static void limit(pg_list_t *list, unsigned most)
{
    while (list->n > most) {
        unsigned best = 0;
        pg_watched_t *one, *next;
        for (unsigned i = 1; i + 1 < list->n; i++) {
            if (loss(&list->piece[i]) < loss(&list->piece[best])) {
                best = i;
            }
        }
        one = &list->piece[best];
        next = one + 1;
        if (length_of(next) > length_of(one)) {
            one->by = next->by;
        }
        one->time.to = next->time.to;
        list->n--;
        memmove(next, next + 1, (list->n - best - 1) * sizeof(*next));
    }
}

/* Fill the table except for its first range. */
static void put(pg_ledger_t *ledger, pg_list_t *list)
{
    limit(list, PG_RANGES - 1);
    for (unsigned i = 1; i < PG_RANGES; i++) {
        pg_word_t *words = ledger->common->range[i];
        pg_watched_t piece = { .by = 0 };
        if (i - 1 < list->n) {
            piece = list->piece[i - 1];
        }
        pg_word_set(&words[0], (apr_uint64_t)piece.time.from);
        pg_word_set(&words[1], (apr_uint64_t)piece.time.to);
        pg_word_set(&words[2], (apr_uint64_t)piece.by);
    }
}

/* All ranges of a ledger, including its server's own. */
static void take_all(pg_list_t *list, const pg_ledger_t *ledger)
{
    pg_list_t all, none;

    take(&all, ledger, 0);
    none.n = 0;
    unite(list, &all, &none, false);
    limit(list, PG_RANGES + 1);  /* more if a damaged file's overlap      */
}

void pg_range_begin(pg_ledger_t *ledger, apr_time_t now)
{
    pg_word_t *run = ledger->common->range[0];
    apr_time_t end = (apr_time_t)pg_word_get(&run[1]);
    pg_list_t list;

    if (end <= 0 || now < end || now - end > SAME_RUN) {
        take_all(&list, ledger);
        put(ledger, &list);
        pg_word_set(&run[0], (apr_uint64_t)now);
    }
    pg_word_set(&run[1], (apr_uint64_t)now);
}

/* Extend a time up to what is covered before and after it. */
static void reach(pg_range_t *time, const pg_list_t *list)
{
    apr_time_t from = time->from, to = time->to;

    for (unsigned i = 0; i < list->n; i++) {
        const pg_range_t *other = &list->piece[i].time;
        if (other->from <= from) {
            time->from = other->to < from && from - other->to < QUIET
                             ? other->to : from;
        }
        if (other->to >= to) {
            time->to = other->from > to && other->from - to < QUIET
                           ? other->from : to;
            break;
        }
    }
}

void pg_range_add(pg_ledger_t *ledger, apr_time_t from, apr_time_t to)
{
    pg_list_t list, sum, one = { .n = 1 };

    one.piece[0] = (pg_watched_t){ .time = { from, to }, .by = 1 };
    if (sound(&one.piece[0])) {
        take(&list, ledger, 1);
        reach(&one.piece[0].time, &list);
        unite(&sum, &list, &one, false);
        put(ledger, &sum);
    }
}

void pg_range_add_all(pg_ledger_t *ledger, const pg_ledger_t *other)
{
    pg_list_t list;

    take_all(&list, other);
    for (unsigned i = 0; i < list.n; i++) {
        pg_range_add(ledger, list.piece[i].time.from, list.piece[i].time.to);
    }
}

apr_time_t pg_range_run(const pg_ledger_t *ledger)
{
    return (apr_time_t)pg_word_get(&ledger->common->range[0][0]);
}

void pg_range_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                   apr_pool_t *pool)
{
    pg_range_t *ranges;
    apr_size_t n = 0;
    pg_list_t list;

    take_all(&list, ledger);
    out->watched = apr_pmemdup(pool, list.piece,
                               sizeof(list.piece[0]) * (list.n + 1));
    out->watched_count = list.n;
    ranges = apr_palloc(pool, sizeof(*ranges) * (list.n + 1));
    for (unsigned i = 0; i < list.n; i++) {
        if (n && list.piece[i].time.from <= ranges[n - 1].to + 1) {
            ranges[n - 1].to = list.piece[i].time.to;
        }
        else {
            ranges[n++] = list.piece[i].time;
        }
    }
    out->covered = ranges;
    out->covered_count = n;
    if (n > 0 && ranges[0].from < out->since) {
        out->since = ranges[0].from;
    }
}

void pg_range_merge(pg_ledger_t *into, const pg_ledger_t *from, bool beside)
{
    pg_list_t ours, theirs, sum;

    take(&ours, into, 1);
    take_all(&theirs, from);
    unite(&sum, &ours, &theirs, beside);
    put(into, &sum);
}
