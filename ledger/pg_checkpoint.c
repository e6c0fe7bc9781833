/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_block.h"

static apr_status_t load(pg_ledger_t **out, const char *path,
                         const char **why, apr_pool_t *pool)
{
    pg_file_t file = { .why = NULL };
    apr_status_t status = pg_file_open(&file, path, false, pool);

    if (status == APR_SUCCESS) {
        status = pg_block_read(out, &file, pool);
        close(file.fd);
    }
    *why = file.why;
    return status;
}

/* --- saving -------------------------------------------------------------- */

/* May what is at path be replaced? */
static apr_status_t replaceable(const char *path, const char **why,
                                apr_pool_t *pool)
{
    char magic[8];
    pg_file_t file;
    apr_status_t status = pg_file_open(&file, path, false, pool);

    if (APR_STATUS_IS_ENOENT(status)) {
        return APR_SUCCESS;
    }
    if (status != APR_SUCCESS) {
        *why = file.why;
        return status;
    }
    if (pread(file.fd, magic, sizeof(magic), 0) != (ssize_t)sizeof(magic)
        || memcmp(magic, PG_MAGIC, sizeof(magic)) != 0) {
        *why = "the existing file is not a checkpoint";
        status = APR_EEXIST;
    }
    close(file.fd);
    return status;
}

static apr_status_t write_all(int fd, const pg_ledger_t *block,
                              apr_time_t now)
{
    pg_trailer_t trailer = pg_block_trailer(block, now);
    apr_status_t status = pg_file_write(fd, block->base, block->size);

    if (status == APR_SUCCESS) {
        status = pg_file_write(fd, &trailer, sizeof(trailer));
    }
    return status == APR_SUCCESS && fsync(fd) != 0 ? errno : status;
}

static apr_status_t write_temp(const char **temp,
                               const pg_checkpoint_t *checkpoint,
                               apr_time_t now, const char **why,
                               apr_pool_t *pool)
{
    pg_ledger_t *block;
    pg_file_t file;
    apr_status_t status;

    status = pg_block_copy(&block, checkpoint->ledger, pool);
    if (status != APR_SUCCESS) {
        *why = pg_file_error("the ledger cannot be copied", status, pool);
        return status;
    }
    status = pg_file_temp(&file, checkpoint->path, 0, &checkpoint->own, pool);
    if (status != APR_SUCCESS) {
        *why = pg_file_error("no file can be created next to it", status,
                             pool);
        return status;
    }
    /* Always the same name, so a process killed here leaves at most one stray
     * file. */
    *temp = apr_pstrcat(pool, checkpoint->path, ".new", NULL);
    if (rename(file.name, *temp) != 0) {
        *temp = file.name;
    }
    status = write_all(file.fd, block, now);
    close(file.fd);
    if (status != APR_SUCCESS) {
        *why = pg_file_error("it cannot be written", status, pool);
        unlink(*temp);
    }
    return status;
}

/* Unless the checkpoint at path is sound, path.prev is kept. */
static apr_status_t keep_previous(const char *path, const char *previous,
                                  apr_pool_t *pool)
{
    pg_ledger_t *sound;
    const char *why;

    if (load(&sound, path, &why, pool) != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    if (unlink(previous) != 0 && errno != ENOENT) {
        return errno;
    }
    return link(path, previous) == 0 ? APR_SUCCESS : errno;
}

/* path becomes path.prev, temp becomes path; path is never missing. */
static apr_status_t rotate(const char *temp, const char *path,
                           apr_pool_t *pool)
{
    const char *previous = apr_pstrcat(pool, path, ".prev", NULL);

    apr_status_t status = keep_previous(path, previous, pool);

    if (status == APR_SUCCESS && rename(temp, path) != 0) {
        status = errno;
    }
    if (status != APR_SUCCESS) {
        unlink(temp);
        return status;
    }
    return pg_file_sync_dir(path, pool);
}

static apr_status_t save(const pg_checkpoint_t *checkpoint, apr_time_t now,
                         const char **why, apr_pool_t *pool)
{
    const char *temp;
    apr_status_t status = replaceable(checkpoint->path, why, pool);

    if (status == APR_SUCCESS) {
        status = write_temp(&temp, checkpoint, now, why, pool);
    }
    if (status == APR_SUCCESS) {
        status = rotate(temp, checkpoint->path, pool);
        if (status != APR_SUCCESS) {
            *why = pg_file_error("it cannot be renamed", status, pool);
        }
    }
    return status;
}

apr_status_t pg_checkpoint_save(const pg_checkpoint_t *checkpoint,
                                apr_time_t now, const char **why,
                                apr_pool_t *pool)
{
    apr_pool_t *scratch;
    apr_status_t status = apr_pool_create(&scratch, pool);

    if (status != APR_SUCCESS) {
        *why = "out of memory";
        return status;
    }
    status = save(checkpoint, now, why, scratch);
    *why = status ? apr_pstrdup(pool, *why) : NULL;
    apr_pool_destroy(scratch);
    return status;
}

/* --- loading ------------------------------------------------------------- */

apr_status_t pg_checkpoint_load(pg_ledger_t **out, const char *path,
                                const char **why, apr_pool_t *pool)
{
    const char *previous = apr_pstrcat(pool, path, ".prev", NULL);
    const char *aside, *second;
    apr_status_t status;

    status = load(out, path, why, pool);
    if (status == APR_SUCCESS) {
        return status;
    }
    if (APR_STATUS_IS_ENOENT(status)) {
        *why = NULL;
    }
    if (status == APR_EMISMATCH
        && pg_file_aside(&aside, path, "bad", true, pool) == APR_SUCCESS) {
        *why = apr_psprintf(pool, "%s; it is kept as %s", *why, aside);
    }
    if (status != APR_EINVAL
        && load(out, previous, &second, pool) == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    return status;
}

/* --- regular saving ------------------------------------------------------ */

pg_tick_e pg_checkpoint_tick(pg_checkpoint_t *checkpoint, apr_time_t now,
                             bool force, const char **why, apr_pool_t *pool)
{
    apr_time_t age = now - checkpoint->tried;
    apr_uint64_t counted = pg_ledger_counted(checkpoint->ledger);
    bool failed = checkpoint->failing;
    bool due = force || age < 0 || age >= checkpoint->interval;
    bool news = counted != checkpoint->counted || !checkpoint->saved;

    *why = NULL;
    if (!due || !news) {
        return PG_TICK_IDLE;
    }
    checkpoint->tried = now;
    checkpoint->failing = pg_checkpoint_save(checkpoint, now, why, pool)
                          != APR_SUCCESS;
    if (checkpoint->failing) {
        return failed ? PG_TICK_STILL_FAILING : PG_TICK_FAILED;
    }
    checkpoint->saved = true;
    checkpoint->counted = counted;
    return failed ? PG_TICK_RECOVERED : PG_TICK_SAVED;
}
