/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_part.h"

typedef struct part_t {
    apr_uint64_t id;
    apr_uint64_t counted;
} part_t;

typedef struct parts_t {
    part_t part[PG_PARTS + 1];
    apr_size_t n;
} parts_t;

static const part_t *find(const parts_t *parts, apr_uint64_t id)
{
    for (apr_size_t i = 0; i < parts->n; i++) {
        if (parts->part[i].id == id) {
            return &parts->part[i];
        }
    }
    return NULL;
}

/* All of a ledger, its own part last. */
static const parts_t *parts_of(const pg_ledger_t *ledger, apr_pool_t *pool)
{
    parts_t *parts = apr_palloc(pool, sizeof(*parts));
    apr_uint64_t own = pg_ledger_counted(ledger);

    parts->n = 0;
    for (unsigned i = 0; i < PG_PARTS; i++) {
        const pg_word_t *words = ledger->common->part[i];
        part_t one = { .id = pg_word_get(&words[0]),
                       .counted = pg_word_get(&words[1]) };
        if (one.id != 0 && one.counted != 0) {
            parts->part[parts->n++] = one;
            own -= one.counted < own ? one.counted : own;
        }
    }
    if (ledger->head.id != 0 && own != 0) {
        parts->part[parts->n++] = (part_t){ .id = ledger->head.id,
                                            .counted = own };
    }
    return parts;
}

apr_size_t pg_part_count(const pg_ledger_t *ledger, apr_pool_t *pool)
{
    return parts_of(ledger, pool)->n;
}

pg_part_e pg_part_compare(const pg_ledger_t *into, const pg_ledger_t *from,
                          apr_pool_t *pool)
{
    const parts_t *ours = parts_of(into, pool);
    const parts_t *theirs = parts_of(from, pool);
    apr_size_t held = 0, known = 0;

    for (apr_size_t i = 0; i < theirs->n; i++) {
        const part_t *mine = find(ours, theirs->part[i].id);
        known += mine != NULL;
        held += mine != NULL && mine->counted >= theirs->part[i].counted;
    }
    if (theirs->n > 0 && held == theirs->n) {
        return PG_PART_CONTAINED;
    }
    if (known > 0) {
        return PG_PART_OVERLAP;
    }
    return ours->n + theirs->n > PG_PARTS ? PG_PART_FULL : PG_PART_APART;
}

void pg_part_merge(pg_ledger_t *into, const pg_ledger_t *from,
                   apr_pool_t *pool)
{
    const parts_t *theirs = parts_of(from, pool);
    apr_size_t at = 0;

    for (apr_size_t i = 0; i < theirs->n; i++) {
        pg_word_t *words;
        if (theirs->part[i].id == into->head.id) {
            continue;            /* its own: a new block for an old one   */
        }
        while (at < PG_PARTS - 1
               && pg_word_get(&into->common->part[at][0]) != 0) {
            at++;
        }
        words = into->common->part[at];
        pg_word_set(&words[0], theirs->part[i].id);
        pg_word_set(&words[1], theirs->part[i].counted);
    }
}
