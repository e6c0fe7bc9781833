/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger in this process's own memory, a new one for each test. */
#ifndef PG_TEST_HEAP_H
#define PG_TEST_HEAP_H

#include "pg_block.h"
#include "pg_test_ledger.h"

static pg_ledger_t *ledger;

static inline void set_up(void)
{
    make_pool();
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
}

static inline pg_ledger_t *of_sizes(const pg_sizes_t *sizes)
{
    static const pg_key_t key = { { 1, 2 } };
    pg_ledger_t *out = NULL;
    pg_head_t head;

    ck_assert_int_eq(pg_layout_head(&head, sizes, &key, T0), 0);
    ck_assert_int_eq(pg_block_new(&out, &head, pool), 0);
    return out;
}

/* One of several lanes. */
static inline pg_ledger_t *with_lanes(apr_uint32_t lanes)
{
    pg_sizes_t sizes = pg_layout_sizes();

    sizes.lanes = lanes;
    return of_sizes(&sizes);
}

static inline const pg_snapshot_t *at(apr_time_t now)
{
    return snapshot_at(ledger, now);
}

#endif
