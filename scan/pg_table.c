/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_table.h"

#include <stdlib.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "pg_hash.h"

enum { FIRST_SLOTS = 64 };       /* a power of two, as all later sizes    */

/* Open addressing: a key's slot is where its hash says, or the next free one
 * after that; its cell is among the others in the order in which they came.
 * Its keyed hash identifies the key: nobody can construct two with the same.
 *
 * A slot has the cell's number, from 1, in as many bits as the table needs, and
 * above them the hash's; 0: it is free. Small, so that the slots of a large
 * table are in few pages. */
typedef apr_uint32_t slot_t;

struct pg_table_t {
    apr_pool_t *parent;
    apr_pool_t *pool;            /* of keys and data, NULL: none yet; replaced
                                    by thinning */
    slot_t *slot;                /* these two are given back when they grow:
                                    in a pool all sizes would be held     */
    pg_cell_t *cell;             /* room for half as many as slots        */
    apr_size_t slots;
    apr_size_t used;
    apr_size_t bound;
    apr_size_t data_size;
    apr_uint64_t error;
    struct {
        pg_nh_key_t nh;
        pg_key_t sip;            /* for keys that are longer than NH's    */
    } secret;
};

static slot_t slot_of(const pg_table_t *table, apr_uint64_t id,
                      apr_size_t number)
{
    return ((slot_t)(id >> 32) & ~(slot_t)(table->slots - 1))
           | (slot_t)number;
}

/* The cell of a slot, which may be free, if it can be that of the key. */
static pg_cell_t *cell_of(const pg_table_t *table, apr_uint64_t id,
                          slot_t slot)
{
    apr_size_t number = slot & (table->slots - 1);

    return number && slot == slot_of(table, id, number)
           ? &table->cell[number - 1] : NULL;
}

/* Where a key is, or would be put. */
static slot_t *find(const pg_table_t *table, apr_uint64_t id)
{
    apr_size_t i = (apr_size_t)id & (table->slots - 1);
    const pg_cell_t *cell;

    while (table->slot[i]
           && ((cell = cell_of(table, id, table->slot[i])) == NULL
               || cell->id != id)) {
        i = (i + 1) & (table->slots - 1);
    }
    return &table->slot[i];
}

static pg_cell_t *known(const pg_table_t *table, apr_uint64_t id)
{
    return cell_of(table, id, *find(table, id));
}

/* Like a pool, this does not expect memory to run out. */
static void make_slots(pg_table_t *table, apr_size_t slots)
{
    free(table->slot);
    table->slot = calloc(slots, sizeof(*table->slot));
    table->cell = realloc(table->cell, slots / 2 * sizeof(*table->cell));
    if (table->slot == NULL || table->cell == NULL) {
        abort();
    }
    table->slots = slots;
    for (apr_size_t i = 0; i < table->used; i++) {
        apr_uint64_t id = table->cell[i].id;
        *find(table, id) = slot_of(table, id, i + 1);
    }
}

static apr_status_t free_slots(void *data)
{
    pg_table_t *table = data;

    free(table->slot);
    free(table->cell);
    return APR_SUCCESS;
}

pg_table_t *pg_table_create(apr_pool_t *pool, apr_size_t bound,
                            apr_size_t data_size)
{
    pg_table_t *table = apr_pcalloc(pool, sizeof(*table));

    table->parent = pool;
    table->bound = bound;
    table->data_size = data_size;
    apr_generate_random_bytes((unsigned char *)&table->secret,
                              sizeof(table->secret));
    table->secret.nh.finish[2] |= 1;
    make_slots(table, FIRST_SLOTS);
    apr_pool_cleanup_register(pool, table, free_slots, apr_pool_cleanup_null);
    return table;
}

static apr_uint64_t id_of(const pg_table_t *table, pg_span_t key)
{
    const char *octets = key.ptr ? key.ptr : "";

    return key.len <= PG_NH_MOST
           ? pg_hash_nh(&table->secret.nh, octets, key.len)
           : pg_hash(&table->secret.sip, octets, key.len);
}

static pg_cell_t *insert(pg_table_t *table, const pg_table_key_t *key)
{
    pg_cell_t *cell;
    char *text;

    if (table->pool == NULL) {
        apr_pool_create(&table->pool, table->parent);
    }
    if ((table->used + 1) * 2 > table->slots) {
        make_slots(table, table->slots * 2);
    }
    cell = &table->cell[table->used++];
    text = apr_palloc(table->pool, key->octets.len + 1);
    pg_span_copy(text, key->octets.len + 1, key->octets);
    *cell = (pg_cell_t){ .key = pg_span_make(text, key->octets.len),
                         .id = key->id };
    if (table->data_size) {
        cell->data = apr_pcalloc(table->pool, table->data_size);
    }
    *find(table, key->id) = slot_of(table, key->id, table->used);
    return cell;
}

pg_cell_t *pg_table_next(const pg_table_t *table, apr_size_t *at)
{
    return *at < table->used ? &table->cell[(*at)++] : NULL;
}

static int by_count(const void *a, const void *b)
{
    const apr_uint64_t *x = a, *y = b;

    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

/* The count that the more frequent half exceeds; at least 1. */
static apr_uint64_t middle_count(const pg_table_t *table)
{
    apr_uint64_t *counts = malloc(table->used * sizeof(*counts));
    apr_uint64_t middle;

    if (counts == NULL) {
        return 1;
    }
    for (apr_size_t i = 0; i < table->used; i++) {
        counts[i] = table->cell[i].count;
    }
    qsort(counts, table->used, sizeof(*counts), by_count);
    middle = counts[table->used / 2];
    free(counts);
    return middle;
}

/* Subtract the middle count from all; cells with nothing left are dropped. The
 * error of every count, held or dropped, grows by exactly that. */
static void thin(pg_table_t *table)
{
    apr_uint64_t middle = middle_count(table);
    apr_pool_t *old = table->pool;
    apr_size_t n = table->used;

    apr_pool_create(&table->pool, table->parent);
    table->used = 0;
    for (apr_size_t i = 0; i < n; i++) {
        pg_cell_t cell = table->cell[i];
        if (cell.count <= middle) {
            continue;
        }
        cell.count -= middle;
        cell.key.ptr = apr_pmemdup(table->pool, cell.key.ptr,
                                   cell.key.len + 1);
        cell.data = cell.data ? apr_pmemdup(table->pool, cell.data,
                                            table->data_size) : NULL;
        table->cell[table->used++] = cell;
    }
    table->error += middle;
    make_slots(table, table->slots);
    apr_pool_destroy(old);
}

pg_table_key_t pg_table_key(const pg_table_t *table, pg_span_t octets)
{
    pg_table_key_t key = { .octets = pg_span_upto(octets, PG_TABLE_KEY) };

    key.id = id_of(table, key.octets);
    __builtin_prefetch(&table->slot[(apr_size_t)key.id & (table->slots - 1)]);
    return key;
}

void pg_table_fetch(const pg_table_t *table, const pg_table_key_t *key)
{
    const slot_t *slot =
        &table->slot[(apr_size_t)key->id & (table->slots - 1)];

    __builtin_prefetch(cell_of(table, key->id, *slot));
}

pg_cell_t *pg_table_count(pg_table_t *table, const pg_table_key_t *key,
                          apr_uint64_t n)
{
    pg_cell_t *cell = known(table, key->id);

    if (cell == NULL && table->used >= table->bound) {
        thin(table);
    }
    cell = cell ? cell : insert(table, key);
    cell->count += n;
    return cell;
}

pg_cell_t *pg_table_add(pg_table_t *table, pg_span_t octets, apr_uint64_t n)
{
    pg_table_key_t key = pg_table_key(table, octets);

    return pg_table_count(table, &key, n);
}

pg_cell_t *pg_table_find(const pg_table_t *table, pg_span_t key)
{
    return known(table, id_of(table, pg_span_upto(key, PG_TABLE_KEY)));
}

void pg_table_merge(pg_table_t *table, const pg_table_t *from,
                    void (*join)(void *data, const void *add))
{
    const pg_cell_t *add;
    apr_size_t at = 0;

    while ((add = pg_table_next(from, &at)) != NULL) {
        pg_cell_t *cell = pg_table_add(table, add->key, add->count);
        if (join) {
            join(cell->data, add->data);
        }
    }
    table->error += from->error;
}

void pg_table_empty(pg_table_t *table)
{
    memset(table->slot, 0, table->slots * sizeof(*table->slot));
    table->used = 0;
    table->error = 0;
    if (table->pool) {
        apr_pool_clear(table->pool);
    }
}

apr_size_t pg_table_size(const pg_table_t *table)
{
    return table->used;
}

apr_uint64_t pg_table_error(const pg_table_t *table)
{
    return table->error;
}

static int by_rank(const void *a, const void *b)
{
    const pg_cell_t *x = *(pg_cell_t *const *)a;
    const pg_cell_t *y = *(pg_cell_t *const *)b;

    return x->count < y->count ? 1 : x->count > y->count ? -1
           : pg_span_compare(x->key, y->key);
}

pg_cell_t **pg_table_sorted(const pg_table_t *table, apr_size_t *n,
                            apr_pool_t *pool)
{
    pg_cell_t **cells = apr_palloc(pool,
                                   (table->used + 1) * sizeof(pg_cell_t *));
    apr_size_t at = 0;

    *n = 0;
    while ((cells[*n] = pg_table_next(table, &at)) != NULL) {
        ++*n;
    }
    qsort(cells, *n, sizeof(pg_cell_t *), by_rank);
    return cells;
}

pg_cell_t **pg_table_top(const pg_table_t *table, apr_size_t most,
                         apr_size_t *n, apr_pool_t *pool)
{
    /* one more than counts: what it pushes out */
    pg_cell_t **cells = apr_palloc(pool, (most + 1) * sizeof(pg_cell_t *));
    pg_cell_t *cell;
    apr_size_t next = 0;

    *n = 0;
    while ((cell = pg_table_next(table, &next)) != NULL) {
        apr_size_t at = *n;
        for (; at > 0 && by_rank(&cell, &cells[at - 1]) < 0; at--) {
            cells[at] = cells[at - 1];
        }
        if (at < most) {
            cells[at] = cell;
            *n += *n < most;
        }
    }
    return cells;
}
