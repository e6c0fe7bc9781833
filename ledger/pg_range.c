/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_range.h"

#include <stdlib.h>

#define SAME_RUN ((apr_time_t)60 * 1000000)
#define QUIET ((apr_time_t)86400 * 1000000) /* between two logs: no visitor */

typedef struct pg_list_t {
    pg_range_t range[2 * PG_RANGES + 1];
    unsigned n;
} pg_list_t;

static bool sound(const pg_range_t *range)
{
    return range->from > 0 && range->from <= range->to;
}

static void take(pg_list_t *list, const pg_ledger_t *ledger, unsigned first)
{
    for (unsigned i = first; i < PG_RANGES; i++) {
        const pg_word_t *words = ledger->common->range[i];
        pg_range_t range = { .from = (apr_time_t)pg_word_get(&words[0]),
                             .to = (apr_time_t)pg_word_get(&words[1]) };
        if (sound(&range)) {
            list->range[list->n++] = range;
        }
    }
}

static int by_start(const void *a, const void *b)
{
    const pg_range_t *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

/* Sorted, and those that touch joined. */
static void tidy(pg_list_t *list)
{
    unsigned kept = 0;

    qsort(list->range, list->n, sizeof(list->range[0]), by_start);
    for (unsigned i = 0; i < list->n; i++) {
        pg_range_t *last = kept ? &list->range[kept - 1] : NULL;
        if (last && list->range[i].from <= last->to) {
            last->to = last->to > list->range[i].to ? last->to
                                                    : list->range[i].to;
        }
        else {
            list->range[kept++] = list->range[i];
        }
    }
    list->n = kept;
}

/* At most so many: the smallest gaps are closed. */
static void limit(pg_list_t *list, unsigned most)
{
    while (list->n > most) {
        unsigned best = 0;
        for (unsigned i = 1; i + 1 < list->n; i++) {
            if (list->range[i + 1].from - list->range[i].to
                < list->range[best + 1].from - list->range[best].to) {
                best = i;
            }
        }
        list->range[best].to = list->range[best + 1].to;
        list->n--;
        memmove(&list->range[best + 1], &list->range[best + 2],
                (list->n - best - 1) * sizeof(list->range[0]));
    }
}

/* Fill the table but for its first range. */
static void put(pg_ledger_t *ledger, pg_list_t *list)
{
    tidy(list);
    limit(list, PG_RANGES - 1);
    for (unsigned i = 1; i < PG_RANGES; i++) {
        pg_range_t range = { .from = 0 };
        if (i - 1 < list->n) {
            range = list->range[i - 1];
        }
        pg_word_set(&ledger->common->range[i][0], (apr_uint64_t)range.from);
        pg_word_set(&ledger->common->range[i][1], (apr_uint64_t)range.to);
    }
}

void pg_range_begin(pg_ledger_t *ledger, apr_time_t now)
{
    pg_word_t *run = ledger->common->range[0];
    apr_time_t end = (apr_time_t)pg_word_get(&run[1]);
    pg_list_t list = { .n = 0 };

    if (end == 0 || now < end || now - end > SAME_RUN) {
        take(&list, ledger, 0);
        put(ledger, &list);
        pg_word_set(&run[0], (apr_uint64_t)now);
    }
    pg_word_set(&run[1], (apr_uint64_t)now);
}

void pg_range_add(pg_ledger_t *ledger, apr_time_t from, apr_time_t to)
{
    pg_list_t list = { .n = 0 };
    pg_range_t all = { .from = from, .to = to };

    if (sound(&all)) {
        take(&list, ledger, 1);
        for (unsigned i = 0; i < list.n; i++) {
            const pg_range_t *other = &list.range[i];
            if (other->to < from && from - other->to < QUIET) {
                all.from = other->to < all.from ? other->to : all.from;
            }
            if (other->from > to && other->from - to < QUIET) {
                all.to = other->from > all.to ? other->from : all.to;
            }
        }
        list.range[list.n++] = all;
        put(ledger, &list);
    }
}

void pg_range_add_all(pg_ledger_t *ledger, const pg_ledger_t *other)
{
    pg_list_t list = { .n = 0 };

    take(&list, other, 0);
    for (unsigned i = 0; i < list.n; i++) {
        pg_range_add(ledger, list.range[i].from, list.range[i].to);
    }
}

apr_time_t pg_range_run(const pg_ledger_t *ledger)
{
    return (apr_time_t)pg_word_get(&ledger->common->range[0][0]);
}

void pg_range_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                   apr_pool_t *pool)
{
    pg_list_t list = { .n = 0 };
    pg_range_t *ranges;

    take(&list, ledger, 0);
    tidy(&list);
    ranges = apr_palloc(pool, sizeof(*ranges) * (list.n + 1));
    memcpy(ranges, list.range, sizeof(*ranges) * list.n);
    out->covered = ranges;
    out->covered_count = list.n;
    if (list.n > 0 && ranges[0].from < out->since) {
        out->since = ranges[0].from;
    }
}

void pg_range_merge(pg_ledger_t *into, const pg_ledger_t *from)
{
    pg_list_t list = { .n = 0 };

    take(&list, into, 1);
    take(&list, from, 0);
    put(into, &list);
}
