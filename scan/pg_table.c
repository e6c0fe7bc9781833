/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_table.h"

#include <stdlib.h>

#include <apr_general.h>

#include "pg_hash.h"

enum { FIRST_SLOTS = 64 };       /* a power of two, as all later sizes    */

/* Open addressing: a key is where its hash says, or in the next free slot
 * after that. Its keyed hash identifies the key: nobody can construct two with
 * the same. */
typedef struct slot_t {
    apr_uint64_t id;
    pg_cell_t *cell;             /* NULL: free                            */
} slot_t;

struct pg_table_t {
    apr_pool_t *parent;
    apr_pool_t *pool;            /* of the cells; replaced by thinning    */
    slot_t *slot;                /* given back when it grows: in a pool all
                                    its sizes would be held               */
    apr_size_t slots;            /* at least half of them are free        */
    apr_size_t used;
    apr_size_t bound;
    apr_size_t data_size;
    apr_uint64_t error;
    struct {
        pg_nh_key_t nh;
        pg_key_t sip;            /* for keys that are longer than NH's    */
    } secret;
};

/* Like a pool, this does not expect memory to run out. */
static void make_slots(pg_table_t *table, apr_size_t slots)
{
    table->slot = calloc(slots, sizeof(slot_t));
    table->slots = slots;
    if (table->slot == NULL) {
        abort();
    }
}

static apr_status_t free_slots(void *table)
{
    free(((pg_table_t *)table)->slot);
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
    apr_pool_create(&table->pool, pool);
    make_slots(table, FIRST_SLOTS);
    apr_pool_cleanup_register(pool, table, free_slots, apr_pool_cleanup_null);
    return table;
}

/* Where a key is, or would be put. */
static slot_t *find(const pg_table_t *table, apr_uint64_t id)
{
    apr_size_t i = (apr_size_t)id & (table->slots - 1);

    while (table->slot[i].cell && table->slot[i].id != id) {
        i = (i + 1) & (table->slots - 1);
    }
    return &table->slot[i];
}

static apr_uint64_t id_of(const pg_table_t *table, pg_span_t key)
{
    const char *octets = key.ptr ? key.ptr : "";

    return key.len <= PG_NH_MOST
           ? pg_hash_nh(&table->secret.nh, octets, key.len)
           : pg_hash(&table->secret.sip, octets, key.len);
}

static void grow(pg_table_t *table)
{
    slot_t *old = table->slot;
    apr_size_t n = table->slots;

    make_slots(table, n * 2);
    for (apr_size_t i = 0; i < n; i++) {
        if (old[i].cell) {
            *find(table, old[i].id) = old[i];
        }
    }
    free(old);
}

static pg_cell_t *insert(pg_table_t *table, pg_span_t key, apr_uint64_t id)
{
    pg_cell_t *cell = apr_pcalloc(table->pool, sizeof(*cell) + key.len + 1);
    char *text = (char *)(cell + 1);

    if (key.len) {
        memcpy(text, key.ptr, key.len);
    }
    cell->key = pg_span_make(text, key.len);
    if (table->data_size) {
        cell->data = apr_pcalloc(table->pool, table->data_size);
    }
    if (++table->used * 2 > table->slots) {
        grow(table);
    }
    *find(table, id) = (slot_t){ .id = id, .cell = cell };
    return cell;
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
    apr_size_t n = 0;

    if (counts == NULL) {
        return 1;
    }
    for (apr_size_t i = 0; i < table->slots; i++) {
        if (table->slot[i].cell) {
            counts[n++] = table->slot[i].cell->count;
        }
    }
    qsort(counts, n, sizeof(*counts), by_count);
    middle = counts[n / 2];
    free(counts);
    return middle;
}

/* Subtract the middle count from all; cells with nothing left are dropped. The
 * error of every count, held or dropped, grows by exactly that. */
static void thin(pg_table_t *table)
{
    apr_uint64_t middle = middle_count(table);
    pg_table_t old = *table;

    apr_pool_create(&table->pool, table->parent);
    make_slots(table, FIRST_SLOTS);
    table->used = 0;
    for (apr_size_t i = 0; i < old.slots; i++) {
        const pg_cell_t *from = old.slot[i].cell;
        pg_cell_t *to;
        if (from == NULL || from->count <= middle) {
            continue;
        }
        to = insert(table, from->key, old.slot[i].id);
        to->count = from->count - middle;
        if (table->data_size) {
            memcpy(to->data, from->data, table->data_size);
        }
    }
    table->error += middle;
    apr_pool_destroy(old.pool);
    free(old.slot);
}

pg_cell_t *pg_table_add(pg_table_t *table, pg_span_t key, apr_uint64_t n)
{
    apr_uint64_t id;
    pg_cell_t *cell;

    key = pg_span_upto(key, PG_TABLE_KEY);
    id = id_of(table, key);
    cell = find(table, id)->cell;
    if (cell == NULL) {
        if (table->used >= table->bound) {
            thin(table);
        }
        cell = insert(table, key, id);
    }
    cell->count += n;
    return cell;
}

pg_cell_t *pg_table_find(const pg_table_t *table, pg_span_t key)
{
    return find(table, id_of(table, pg_span_upto(key, PG_TABLE_KEY)))->cell;
}

void pg_table_merge(pg_table_t *table, const pg_table_t *from,
                    void (*join)(void *data, const void *add))
{
    for (apr_size_t i = 0; i < from->slots; i++) {
        const pg_cell_t *add = from->slot[i].cell;
        if (add) {
            pg_cell_t *cell = pg_table_add(table, add->key, add->count);
            if (join) {
                join(cell->data, add->data);
            }
        }
    }
    table->error += from->error;
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
    apr_size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order;

    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    order = memcmp(x->key.ptr, y->key.ptr, n);
    if (order) {
        return order;
    }
    return x->key.len < y->key.len ? -1 : x->key.len > y->key.len;
}

pg_cell_t **pg_table_sorted(const pg_table_t *table, apr_size_t *n,
                            apr_pool_t *pool)
{
    pg_cell_t **cells;

    cells = apr_palloc(pool, (table->used + 1) * sizeof(pg_cell_t *));
    *n = 0;
    for (apr_size_t i = 0; i < table->slots; i++) {
        if (table->slot[i].cell) {
            cells[(*n)++] = table->slot[i].cell;
        }
    }
    qsort(cells, *n, sizeof(pg_cell_t *), by_rank);
    return cells;
}

pg_cell_t **pg_table_top(const pg_table_t *table, apr_size_t most,
                         apr_size_t *n, apr_pool_t *pool)
{
    /* one more than counts: what it pushes out */
    pg_cell_t **cells = apr_palloc(pool, (most + 1) * sizeof(pg_cell_t *));

    *n = 0;
    for (apr_size_t i = 0; i < table->slots; i++) {
        pg_cell_t *cell = table->slot[i].cell;
        apr_size_t at = *n;
        if (cell == NULL) {
            continue;
        }
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
