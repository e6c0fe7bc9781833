/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A pool for each test. */
#ifndef PG_TEST_POOL_H
#define PG_TEST_POOL_H

#include "pg_test.h"

#include <apr_strings.h>

static apr_pool_t *pool;

static inline void make_pool(void)
{
    apr_pool_create(&pool, NULL);
}

static inline void destroy_pool(void)
{
    apr_pool_destroy(pool);
}

/* A field of a row, as a string. */
static inline const char *string(pg_span_t s)
{
    return apr_pstrmemdup(pool, s.ptr, s.len);
}

#endif
