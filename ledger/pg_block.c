/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_block.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "pg_layout1.h"
#include "pg_totals.h"
#include "pg_words.h"

static apr_status_t release(void *memory)
{
    free(memory);
    return APR_SUCCESS;
}

/* Zeroed, in whole cache lines, until pool is cleared. */
static void *room(apr_size_t size, apr_pool_t *pool)
{
    void *memory = aligned_alloc(4096, size);

    if (memory != NULL) {
        memset(memory, 0, size);
        apr_pool_cleanup_register(pool, memory, release,
                                  apr_pool_cleanup_null);
    }
    return memory;
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
            return APR_EOF;          /* it shrank under our eyes          */
        }
        if (got > 0) {
            to += got;
            from += got;
            n -= (apr_size_t)got;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t from_layout1(pg_ledger_t **out, int fd, apr_pool_t *pool)
{
    pg_block1_t *old = room(sizeof(*old), pool);
    pg_sizes_t sizes = pg_sizes_default();
    pg_head_t head;
    apr_status_t status;

    if (old == NULL) {
        return APR_ENOMEM;
    }
    status = read_at(fd, (char *)old, sizeof(*old), 0);
    if (status == APR_SUCCESS) {
        status = pg_head_make(&head, &sizes, old->head.since);
    }
    if (status == APR_SUCCESS) {
        status = pg_block_new(out, &head, pool);
    }
    if (status == APR_SUCCESS) {
        pg_totals_merge1(*out, old);
    }
    return status;
}

static apr_uint64_t block_hash(const pg_ledger_t *block, apr_time_t saved)
{
    pg_key_t key = pg_hash_key_derive(&block->key, "checkpoint");

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

static apr_status_t from_layout2(pg_ledger_t **out, int fd,
                                 const pg_head_t *head, apr_pool_t *pool)
{
    apr_size_t size = pg_layout_size(&head->sizes);
    void *block = room(size, pool);
    apr_status_t status;

    if (block == NULL) {
        return APR_ENOMEM;
    }
    status = read_at(fd, block, size, 0);
    /* The head that was checked, not what is there by now. */
    memcpy(block, head, sizeof(*head));
    *out = handle(block, head, pool);
    return status;
}

apr_status_t pg_block_read(pg_ledger_t **out, pg_file_t *file,
                           apr_pool_t *pool)
{
    bool checkpoint = file->size % 4096 == sizeof(pg_trailer_t);
    apr_size_t size = file->size - (checkpoint ? sizeof(pg_trailer_t) : 0);
    apr_uint32_t version;
    pg_head_t head;
    apr_status_t status;

    file->why = "it is too short for a ledger";
    if (size < sizeof(head)
        || read_at(file->fd, (char *)&head, sizeof(head), 0) != 0) {
        return APR_EMISMATCH;
    }
    file->why = pg_head_objection(&head, size, &version, pool);
    if (file->why) {
        return APR_EMISMATCH;
    }
    status = version == 1 ? from_layout1(out, file->fd, pool)
                          : from_layout2(out, file->fd, &head, pool);
    if (status == APR_SUCCESS && checkpoint && version != 1
        && !trailer_fits(*out, file->fd)) {
        file->why = "its checksum is wrong";
        return APR_EMISMATCH;
    }
    return status;
}

apr_status_t pg_block_copy(pg_ledger_t **out, const pg_ledger_t *from,
                           const pg_sizes_t *sizes, apr_time_t now,
                           apr_pool_t *pool)
{
    pg_head_t head;
    apr_status_t status = pg_head_make(&head, sizes, from->since);

    if (status != APR_SUCCESS) {
        return status;
    }
    head.key = from->key;
    pg_head_seal(&head);
    status = pg_block_new(out, &head, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (memcmp(sizes, &from->sizes, sizeof(*sizes)) == 0) {
        pg_words_read((*out)->base + PG_HEAD_ROOM,
                      (pg_word_t *)(void *)(from->base + PG_HEAD_ROOM),
                      (from->size - PG_HEAD_ROOM) / sizeof(pg_word_t));
        return APR_SUCCESS;
    }
    return pg_ledger_merge(*out, from, now, pool);
}
