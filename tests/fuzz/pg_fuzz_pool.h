/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A pool for a target, which clears it after each input. */
#ifndef PG_FUZZ_POOL_H
#define PG_FUZZ_POOL_H

#include "pg_fuzz.h"

#include <apr_general.h>
#include <apr_pools.h>

static apr_pool_t *pool;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    return 0;
}

#endif
