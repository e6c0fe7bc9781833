/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Identifies a log, whatever its name and compression, so that none is added
 * to a ledger twice. */
#ifndef PG_IDENTITY_H
#define PG_IDENTITY_H

#include <stdbool.h>

#include <apr_pools.h>

/** SHA-1 (FIPS 180-4), cut to 16 octets, of unpacked content. */
typedef struct pg_identity_t {
    unsigned char whole[16];     /* of all of it                          */
    unsigned char head[16];      /* does not change when the log grows: 8
                                    octets of all up to its first line
                                    after a header, 8 up to its 64th; 0:
                                    it has fewer, and any 8 may follow    */
    bool empty;                  /* there is no line                      */
} pg_identity_t;

/**
 * Read a log and identify it.
 * @param limit  octets that count, of a plain file; ~0 for all
 * @return NULL, or why it cannot be read, as words to follow its name
 */
const char *pg_identity_of(pg_identity_t *out, const char *path,
                           apr_uint64_t limit, apr_pool_t *pool);

#endif
