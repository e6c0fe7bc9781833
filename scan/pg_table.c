/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_table.h"

#include <stdlib.h>

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_siphash.h>
#include <apr_strings.h>

/* apr_hash by itself can be flooded: its hash of two texts collides whatever
 * its seed. So it gets SipHash values for keys: those nobody can choose. */
typedef struct entry_t {
    apr_uint64_t id;             /* SipHash-2-4 of the key                */
    pg_cell_t cell;
} entry_t;

struct pg_table_t {
    apr_pool_t *parent;
    apr_pool_t *pool;            /* of the cells; replaced by thinning    */
    apr_hash_t *hash;
    apr_size_t bound;
    apr_size_t data_size;
    apr_uint64_t error;
    unsigned char secret[APR_SIPHASH_KSIZE];
};

pg_table_t *pg_table_create(apr_pool_t *pool, apr_size_t bound,
                            apr_size_t data_size)
{
    pg_table_t *table = apr_pcalloc(pool, sizeof(*table));

    table->parent = pool;
    table->bound = bound;
    table->data_size = data_size;
    apr_generate_random_bytes(table->secret, sizeof(table->secret));
    apr_pool_create(&table->pool, pool);
    table->hash = apr_hash_make(table->pool);
    return table;
}

static entry_t *find(const pg_table_t *table, pg_span_t key, apr_uint64_t *id)
{
    *id = apr_siphash24(key.ptr ? key.ptr : "", key.len, table->secret);
    return apr_hash_get(table->hash, id, sizeof(*id));
}

static entry_t *insert(pg_table_t *table, pg_span_t key, apr_uint64_t id)
{
    entry_t *entry = apr_pcalloc(table->pool, sizeof(*entry));

    entry->id = id;
    entry->cell.key = pg_span_make(apr_pstrmemdup(table->pool, key.ptr,
                                                  key.len), key.len);
    if (table->data_size) {
        entry->cell.data = apr_pcalloc(table->pool, table->data_size);
    }
    apr_hash_set(table->hash, &entry->id, sizeof(entry->id), entry);
    return entry;
}

static int by_count(const void *a, const void *b)
{
    const apr_uint64_t *x = a, *y = b;

    return *x < *y ? 1 : *x > *y ? -1 : 0;
}

/* The count that the more frequent half exceeds; at least 1. */
static apr_uint64_t middle_count(const pg_table_t *table)
{
    apr_size_t n = apr_hash_count(table->hash), i = 0;
    apr_uint64_t *counts = malloc(n * sizeof(*counts));
    apr_uint64_t middle;

    if (counts == NULL) {
        return 1;
    }
    for (apr_hash_index_t *at = apr_hash_first(NULL, table->hash); at;
         at = apr_hash_next(at)) {
        counts[i++] = ((entry_t *)apr_hash_this_val(at))->cell.count;
    }
    qsort(counts, n, sizeof(*counts), by_count);
    middle = counts[n / 2];
    free(counts);
    return middle;
}

/* Take the middle count from all; what has nothing left goes. The error of
 * every count, held or gone, grows by just that. */
static void thin(pg_table_t *table)
{
    apr_uint64_t middle = middle_count(table);
    apr_hash_t *old = table->hash;
    apr_pool_t *old_pool = table->pool;

    apr_pool_create(&table->pool, table->parent);
    table->hash = apr_hash_make(table->pool);
    for (apr_hash_index_t *at = apr_hash_first(NULL, old); at;
         at = apr_hash_next(at)) {
        entry_t *from = apr_hash_this_val(at);
        entry_t *to;
        if (from->cell.count <= middle) {
            continue;
        }
        to = insert(table, from->cell.key, from->id);
        to->cell.count = from->cell.count - middle;
        if (table->data_size) {
            memcpy(to->cell.data, from->cell.data, table->data_size);
        }
    }
    table->error += middle;
    apr_pool_destroy(old_pool);
}

pg_cell_t *pg_table_add(pg_table_t *table, pg_span_t key, apr_uint64_t n)
{
    apr_uint64_t id;
    entry_t *entry;

    key = pg_span_upto(key, PG_TABLE_KEY);
    entry = find(table, key, &id);
    if (entry == NULL) {
        if (apr_hash_count(table->hash) >= table->bound) {
            thin(table);
        }
        entry = insert(table, key, id);
    }
    entry->cell.count += n;
    return &entry->cell;
}

pg_cell_t *pg_table_find(const pg_table_t *table, pg_span_t key)
{
    apr_uint64_t id;
    entry_t *entry = find(table, pg_span_upto(key, PG_TABLE_KEY), &id);

    return entry ? &entry->cell : NULL;
}

void pg_table_merge(pg_table_t *table, const pg_table_t *from,
                    void (*join)(void *data, const void *add))
{
    for (apr_hash_index_t *at = apr_hash_first(NULL, from->hash); at;
         at = apr_hash_next(at)) {
        entry_t *entry = apr_hash_this_val(at);
        pg_cell_t *cell = pg_table_add(table, entry->cell.key,
                                       entry->cell.count);
        if (join) {
            join(cell->data, entry->cell.data);
        }
    }
    table->error += from->error;
}

apr_size_t pg_table_size(const pg_table_t *table)
{
    return apr_hash_count(table->hash);
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
    apr_size_t i = 0;

    *n = apr_hash_count(table->hash);
    cells = apr_palloc(pool, (*n + 1) * sizeof(pg_cell_t *));
    for (apr_hash_index_t *at = apr_hash_first(NULL, table->hash); at;
         at = apr_hash_next(at)) {
        cells[i++] = &((entry_t *)apr_hash_this_val(at))->cell;
    }
    qsort(cells, *n, sizeof(pg_cell_t *), by_rank);
    return cells;
}
