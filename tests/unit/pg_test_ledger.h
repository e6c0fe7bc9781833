/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What tests of ledgers share: when they begin, and what is in them. */
#ifndef PG_TEST_LEDGER_H
#define PG_TEST_LEDGER_H

#include "pg_test_pool.h"

#include "pg_ledger.h"

#define SECOND ((apr_time_t)1000000)

/* 23 November 2014, 12:00:00 UTC. */
#define T0 ((apr_time_t)1416744000 * SECOND)

static inline const pg_snapshot_t *snapshot_at(const pg_ledger_t *ledger,
                                               apr_time_t now)
{
    pg_snapshot_t *s = NULL;

    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, now, pool), 0);
    return s;
}

static inline void same_tops(const pg_top_t *a, const pg_top_t *b)
{
    ck_assert_uint_eq(a->n, b->n);
    ck_assert_uint_eq(a->floor, b->floor);
    for (apr_size_t i = 0; i < a->n; i++) {
        ck_assert_uint_eq(a->entry[i].count, b->entry[i].count);
        ck_assert_uint_eq(a->entry[i].error, b->entry[i].error);
    }
}

/* Two snapshots show the same. */
static inline void same_snapshots(const pg_snapshot_t *a,
                                  const pg_snapshot_t *b)
{
    ck_assert_int_eq(a->since, b->since);
    ck_assert_int_eq(a->first, b->first);
    ck_assert_int_eq(a->last, b->last);
    ck_assert_int_eq(memcmp(a->count, b->count, sizeof(a->count)), 0);
    ck_assert_uint_eq(a->permitted, b->permitted);
    ck_assert_int_eq(memcmp(a->by_intent, b->by_intent,
                            sizeof(a->by_intent)), 0);
    ck_assert_uint_eq(a->sources.estimate, b->sources.estimate);
    ck_assert_uint_eq(a->sources_elsewhere, b->sources_elsewhere);
    ck_assert_uint_eq(a->recent_count, b->recent_count);
    ck_assert_uint_eq(a->vhost_count, b->vhost_count);
    ck_assert_uint_eq(a->vhosts[0].attempts, b->vhosts[0].attempts);
    ck_assert_uint_eq(a->covered_count, b->covered_count);
    ck_assert_int_eq(memcmp(a->covered, b->covered,
                            a->covered_count * sizeof(*a->covered)), 0);
    ck_assert_uint_eq(a->watched_count, b->watched_count);
    for (apr_size_t i = 0; i < a->watched_count; i++) {
        ck_assert_int_eq(a->watched[i].time.from, b->watched[i].time.from);
        ck_assert_int_eq(a->watched[i].time.to, b->watched[i].time.to);
        ck_assert_uint_eq(a->watched[i].by, b->watched[i].by);
    }
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        ck_assert_uint_eq(a->series[p].n, b->series[p].n);
        ck_assert_int_eq(memcmp(a->series[p].bucket, b->series[p].bucket,
                                a->series[p].n * sizeof(pg_bucket_t)), 0);
    }
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        same_tops(&a->top[t], &b->top[t]);
    }
}

#endif
