/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger in this process's own memory, a new one for each test. */
#ifndef PG_TEST_HEAP_H
#define PG_TEST_HEAP_H

#include "pg_test_ledger.h"

static pg_ledger_t *ledger;

static inline void set_up(void)
{
    make_pool();
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
}

static inline const pg_snapshot_t *at(apr_time_t now)
{
    return snapshot_at(ledger, now);
}

#endif
