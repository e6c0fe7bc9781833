/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Counts by key, exact, in bounded memory: text -> how often. Up to the bound
 * everything is exact; beyond it the table is thinned out and states by how
 * much its counts may be low. */
#ifndef PG_TABLE_H
#define PG_TABLE_H

#include <apr_pools.h>

#include "pg_span.h"

enum {
    PG_TABLE_KEY = 255           /* octets of a key that count             */
};

/** One key. */
typedef struct pg_cell_t {
    pg_span_t key;               /* NUL after it                          */
    apr_uint64_t count;
    apr_uint64_t id;             /* the table's: its keyed hash           */
    void *data;                  /* the caller's: pg_table_t.data_size
                                    octets, zeroed; NULL when that is 0   */
} pg_cell_t;

typedef struct pg_table_t pg_table_t;

/**
 * An empty table, in pool.
 *
 * Keys are hashed under a random secret, so that nobody can make the table
 * slow by choosing what is logged.
 *
 * @param bound      keys held, at most; thinning keeps the more frequent half
 * @param data_size  octets of the caller's data in each cell
 * @see Agarwal, Cormode, Huang, Phillips, Wei, Yi: Mergeable Summaries,
 *      PODS 2012 (thinning and merging as done here)
 */
pg_table_t *pg_table_create(apr_pool_t *pool, apr_size_t bound,
                            apr_size_t data_size);

/** A key that was hashed for one table. */
typedef struct pg_table_key_t {
    pg_span_t octets;
    apr_uint64_t id;
} pg_table_key_t;

/** Hash a key some time before it is counted: its place in a large table is
 *  fetched meanwhile. */
pg_table_key_t pg_table_key(const pg_table_t *table, pg_span_t octets);

/** Fetch what is known of a key, some time after it was hashed and before it
 *  is counted. */
void pg_table_fetch(const pg_table_t *table, const pg_table_key_t *key);

/** Count a key n times. @return its cell, valid until the next addition. */
pg_cell_t *pg_table_count(pg_table_t *table, const pg_table_key_t *key,
                          apr_uint64_t n);

/** Hash a key and count it. */
pg_cell_t *pg_table_add(pg_table_t *table, pg_span_t octets, apr_uint64_t n);

/** The cell of a key, valid until the next addition; or NULL. */
pg_cell_t *pg_table_find(const pg_table_t *table, pg_span_t key);

/** The cells one by one, as they came: *at is 0 before the first; NULL: that
 *  was the last. */
pg_cell_t *pg_table_next(const pg_table_t *table, apr_size_t *at);

/**
 * Add all of `from`.
 * @param join  adds the caller's data of a cell to another's; NULL: none
 */
void pg_table_merge(pg_table_t *table, const pg_table_t *from,
                    void (*join)(void *data, const void *add));

/** Forget all keys, and what was lost; memory is kept for new ones. */
void pg_table_empty(pg_table_t *table);

/** The current number of keys. */
apr_size_t pg_table_size(const pg_table_t *table);

/** By how much a count may be too low at most; 0: all are exact. */
apr_uint64_t pg_table_error(const pg_table_t *table);

/**
 * All cells, the most frequent first, equal ones in the order of their octets.
 * @param n  how many
 * @return an array in pool
 */
pg_cell_t **pg_table_sorted(const pg_table_t *table, apr_size_t *n,
                            apr_pool_t *pool);

/** The first ones of these, `most` of them: without an array of all. */
pg_cell_t **pg_table_top(const pg_table_t *table, apr_size_t most,
                         apr_size_t *n, apr_pool_t *pool);

#endif
