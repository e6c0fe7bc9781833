/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Blocks in private memory: made empty, read from a file, copied. */
#ifndef PG_BLOCK_H
#define PG_BLOCK_H

#include "pg_file.h"
#include "pg_layout.h"

/* A checkpoint is a ledger followed by this. A ledger's size is a number of
 * pages, so the size of a file says which of the two it is. */
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
 * Read a ledger or a checkpoint into private memory.
 *
 * @param file  open for reading; why is set with the first three of these
 * @return APR_EINVAL when it is not a ledger at all, APR_ENOTIMPL when it has
 *         another layout or byte order, APR_EMISMATCH when it is damaged
 */
apr_status_t pg_block_read(pg_ledger_t **out, pg_file_t *file,
                           apr_pool_t *pool);

/** What file->fd holds, judged by its first octets; file->why is set unless it
 *  is sound. */
pg_layout_e pg_block_check(pg_head_t *head, pg_file_t *file,
                           apr_pool_t *pool);

/** A private copy, octet by octet except for what changes meanwhile. */
apr_status_t pg_block_copy(pg_ledger_t **out, const pg_ledger_t *from,
                           apr_pool_t *pool);

/** Copy everything but the head from one block to another of the same
 *  sizes. */
void pg_block_fill(const pg_ledger_t *to, const pg_ledger_t *from);

/** The trailer of a checkpoint of this private block. */
pg_trailer_t pg_block_trailer(const pg_ledger_t *block, apr_time_t saved);

#endif
