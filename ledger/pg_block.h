/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Blocks in private memory: made empty, read from a file, joined. */
#ifndef PG_BLOCK_H
#define PG_BLOCK_H

#include "pg_file.h"
#include "pg_layout.h"

/* A checkpoint is a ledger with this behind it. A ledger's size is a number
 * of pages, so the size of a file says which of the two it is. */
typedef struct pg_trailer_t {
    char magic[8];                   /* "PGCHECK", NUL                    */
    apr_int64_t saved;               /* us since 1970                     */
    apr_uint64_t hash;               /* of saved and the block, keyed     */
    apr_uint64_t reserved[5];
} pg_trailer_t;

#define PG_TRAILER_MAGIC "PGCHECK"

/** A block with that head and nothing counted. */
apr_status_t pg_block_new(pg_ledger_t **out, const pg_head_t *head,
                          apr_pool_t *pool);

/**
 * Read a ledger or a checkpoint into private memory; one of an older layout
 * becomes one of the present layout.
 *
 * @param file  open for reading; why is set with APR_EMISMATCH
 * @return APR_EMISMATCH when it is no sound ledger
 */
apr_status_t pg_block_read(pg_ledger_t **out, pg_file_t *file,
                           apr_pool_t *pool);

/** A private copy, with these sizes. */
apr_status_t pg_block_copy(pg_ledger_t **out, const pg_ledger_t *from,
                           const pg_sizes_t *sizes, apr_time_t now,
                           apr_pool_t *pool);

/** The trailer of a checkpoint of this private block. */
pg_trailer_t pg_block_trailer(const pg_ledger_t *block, apr_time_t saved);

/** The head of a private block. */
static inline pg_head_t *pg_block_head(const pg_ledger_t *block)
{
    return (pg_head_t *)(void *)block->base;
}

#endif
