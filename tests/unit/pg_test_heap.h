/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger in this process's own memory, a new one for each test. */
#ifndef PG_TEST_HEAP_H
#define PG_TEST_HEAP_H

#include "pg_test_pool.h"

#include "pg_ledger.h"

#define SECOND ((apr_time_t)1000000)

/* 23 November 2014, 12:00:00 UTC. */
#define T0 ((apr_time_t)1416744000 * SECOND)

static pg_ledger_t *ledger;

static inline void set_up(void)
{
    make_pool();
    ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
}

static inline const pg_snapshot_t *at(apr_time_t now)
{
    pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, now, pool), 0);
    return s;
}

#endif
