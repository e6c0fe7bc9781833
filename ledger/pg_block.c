/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_block.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static apr_status_t release(void *memory)
{
    free(memory);
    return APR_SUCCESS;
}

/* Zeroed, in whole cache lines, until pool is cleared. A page that nothing
 * touches costs nothing. */
static void *room(apr_size_t size, apr_pool_t *pool)
{
    const apr_size_t line = 64;
    char *memory = calloc(1, size + line);

    if (memory == NULL) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, memory, release, apr_pool_cleanup_null);
    return memory + (line - (apr_uintptr_t)memory % line);
}

static pg_ledger_t *handle(void *block, const pg_head_t *head,
                           apr_pool_t *pool)
{
    pg_ledger_t *ledger = apr_palloc(pool, sizeof(*ledger));

    pg_layout_place(ledger, block, head);
    return ledger;
}

apr_status_t pg_block_new(pg_ledger_t **out, const pg_head_t *head,
                          apr_pool_t *pool)
{
    void *block = room(pg_layout_size(&head->sizes), pool);

    if (block == NULL) {
        return APR_ENOMEM;
    }
    memcpy(block, head, sizeof(*head));
    *out = handle(block, head, pool);
    return APR_SUCCESS;
}

/* --- reading ------------------------------------------------------------- */

static apr_status_t read_at(int fd, char *to, apr_size_t n, off_t from)
{
    while (n > 0) {
        ssize_t got = pread(fd, to, n, from);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (got == 0) {
            return APR_EOF;          /* it shrank meanwhile               */
        }
        if (got > 0) {
            to += got;
            from += got;
            n -= (apr_size_t)got;
        }
    }
    return APR_SUCCESS;
}

static apr_uint64_t block_hash(const pg_ledger_t *block, apr_time_t saved)
{
    pg_key_t key = pg_hash_key_derive(&block->head.key, "checkpoint");

    key.k[0] ^= (apr_uint64_t)saved;
    return pg_hash(&key, block->base, block->size);
}

pg_trailer_t pg_block_trailer(const pg_ledger_t *block, apr_time_t saved)
{
    pg_trailer_t trailer = { .saved = saved };

    memcpy(trailer.magic, PG_TRAILER_MAGIC, sizeof(trailer.magic));
    trailer.hash = block_hash(block, saved);
    return trailer;
}

static bool trailer_fits(const pg_ledger_t *block, int fd)
{
    pg_trailer_t is, should;

    if (read_at(fd, (char *)&is, sizeof(is), (off_t)block->size) != 0) {
        return false;
    }
    should = pg_block_trailer(block, is.saved);
    return memcmp(&is, &should, sizeof(is)) == 0;
}

static bool is_checkpoint(apr_size_t size)
{
    return size % 4096 == sizeof(pg_trailer_t);
}

static apr_size_t block_size(apr_size_t size)
{
    return size - (is_checkpoint(size) ? sizeof(pg_trailer_t) : 0);
}

pg_layout_e pg_block_check(pg_head_t *head, pg_file_t *file,
                           apr_pool_t *pool)
{
    apr_size_t size = block_size(file->size);
    apr_size_t n = size < sizeof(*head) ? size : sizeof(*head);
    char octets[sizeof(*head)];

    if (read_at(file->fd, octets, n, 0) != APR_SUCCESS) {
        n = 0;
    }
    return pg_layout_check(head, octets, n, size, &file->why, pool);
}

static apr_status_t read_block(pg_ledger_t **out, int fd,
                               const pg_head_t *head, apr_pool_t *pool)
{
    apr_status_t status = pg_block_new(out, head, pool);

    if (status == APR_SUCCESS) {
        status = read_at(fd, (*out)->base, (*out)->size, 0);
        /* The head that was checked, whatever the file has now. */
        memcpy((*out)->base, head, sizeof(*head));
    }
    return status;
}

apr_status_t pg_block_read(pg_ledger_t **out, pg_file_t *file,
                           apr_pool_t *pool)
{
    static const apr_status_t meaning[] = {
        [PG_LAYOUT_SOUND] = APR_SUCCESS,
        [PG_LAYOUT_OTHER] = APR_ENOTIMPL,
        [PG_LAYOUT_DAMAGED] = APR_EMISMATCH,
        [PG_LAYOUT_FOREIGN] = APR_EINVAL
    };
    pg_head_t head;
    apr_status_t status = meaning[pg_block_check(&head, file, pool)];

    if (status != APR_SUCCESS) {
        return status;
    }
    status = read_block(out, file->fd, &head, pool);
    if (status == APR_SUCCESS && is_checkpoint(file->size)
        && !trailer_fits(*out, file->fd)) {
        file->why = "its checksum is wrong";
        return APR_EMISMATCH;
    }
    return status;
}

/* --- copying ------------------------------------------------------------- */

void pg_block_fill(const pg_ledger_t *to, const pg_ledger_t *from)
{
    pg_word_t *a = (pg_word_t *)(void *)(to->base + PG_HEAD_ROOM);
    const pg_word_t *b = (pg_word_t *)(void *)(from->base + PG_HEAD_ROOM);

    for (apr_size_t i = 0; i < (from->size - PG_HEAD_ROOM) / sizeof(*a);
         i++) {
        pg_word_set(&a[i], pg_word_get(&b[i]));
    }
}

apr_status_t pg_block_copy(pg_ledger_t **out, const pg_ledger_t *from,
                           apr_pool_t *pool)
{
    apr_status_t status = pg_block_new(out, &from->head, pool);

    if (status == APR_SUCCESS) {
        pg_block_fill(*out, from);
    }
    return status;
}
