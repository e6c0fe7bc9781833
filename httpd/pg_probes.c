/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_probes.h"

#include <stdatomic.h>
#include <sys/mman.h>

struct pg_probes_t {
    _Atomic apr_uint64_t n;
};

static apr_status_t unmap(void *probes)
{
    return munmap(probes, sizeof(pg_probes_t)) == 0 ? APR_SUCCESS : errno;
}

pg_probes_t *pg_probes_make(apr_pool_t *pool)
{
    pg_probes_t *probes = mmap(NULL, sizeof(*probes), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (probes == MAP_FAILED) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, probes, unmap, apr_pool_cleanup_null);
    return probes;
}

void pg_probes_count(pg_probes_t *probes)
{
    if (probes) {
        atomic_fetch_add(&probes->n, 1);
    }
}

apr_uint64_t pg_probes_counted(const pg_probes_t *probes)
{
    return probes ? atomic_load(&probes->n) : 0;
}
