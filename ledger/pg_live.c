/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_live.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_checkpoint.h"
#include "pg_file.h"
#include "pg_range.h"

#define PAGE 4096

/* --- memory -------------------------------------------------------------- */

/*  What children share besides the file:  lost (a page) | a block. */
static void *new_memory(apr_size_t size)
{
    void *at = mmap(NULL, PAGE + size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

static void forget(pg_live_memory_t *memory)
{
    if (memory->at) {
        (void)munmap(memory->at, memory->size);
    }
}

/* A handle of the block in memory; the block outlives pool. */
static pg_ledger_t *in_memory(const pg_live_memory_t *memory,
                              const pg_head_t *head, apr_pool_t *pool)
{
    pg_ledger_t *ledger = apr_palloc(pool, sizeof(*ledger));
    char *base = (char *)memory->at + PAGE;

    memcpy(base, head, sizeof(*head));
    pg_layout_place(ledger, base, head);
    ledger->shared = true;
    return ledger;
}

/* A new block, with the head and the contents of the checkpoint if there is
 * one. */
static apr_status_t open_new(pg_live_t *out, pg_live_memory_t *memory,
                             apr_time_t now, apr_pool_t *pool)
{
    const pg_ledger_options_t *options = out->options;
    pg_ledger_t *saved = NULL;
    const char *why;
    pg_head_t head;
    apr_status_t status = pg_layout_head_of(&head, options, now);

    if (options->checkpoint
        && pg_checkpoint_load(&saved, options->checkpoint, &why, pool)
               == APR_SUCCESS) {
        head = saved->head;
    }
    forget(memory);
    memory->size = PAGE + pg_layout_size(&head.sizes);
    memory->at = new_memory(memory->size - PAGE);
    if (status != APR_SUCCESS || memory->at == NULL) {
        return status ? status : APR_ENOMEM;
    }
    out->ledger = in_memory(memory, &head, pool);
    if (saved) {
        pg_block_fill(out->ledger, saved);
    }
    return APR_SUCCESS;
}

/* Is it a block that the last generation counted in? */
static bool is_kept(pg_head_t *head, const pg_live_memory_t *memory,
                    apr_pool_t *pool)
{
    const char *why;

    return memory->at
           && pg_layout_check(head, (char *)memory->at + PAGE, sizeof(*head),
                              memory->size - PAGE, &why, pool)
                  == PG_LAYOUT_SOUND;
}

/* What the last generation counted for the same path; NULL: nothing. */
static const pg_ledger_t *counted_in(const pg_live_memory_t *memory,
                                     const char *path, apr_pool_t *pool)
{
    pg_head_t head;

    return strncmp(memory->path, path, sizeof(memory->path) - 1) == 0
           && is_kept(&head, memory, pool)
           ? in_memory(memory, &head, pool) : NULL;
}

static void open_memory(pg_live_t *out, pg_live_memory_t *memory,
                        apr_time_t now, apr_pool_t *pool)
{
    pg_head_t head;

    if (is_kept(&head, memory, pool)) {
        out->ledger = in_memory(memory, &head, pool);
    }
    else if (open_new(out, memory, now, pool) != APR_SUCCESS) {
        return;
    }
    pg_range_begin(out->ledger, now);
}

/* --- opening ------------------------------------------------------------- */

static apr_status_t close_fresh(void *data)
{
    pg_live_t *live = data;

    if (live->fresh >= 0) {
        close(live->fresh);
        live->fresh = -1;
    }
    return APR_SUCCESS;
}

static apr_status_t read_file(pg_ledger_t **out, const pg_ledger_t *ledger,
                              apr_pool_t *pool)
{
    pg_file_t file = { .fd = ledger->fd, .size = ledger->size };
    apr_status_t status = pg_block_read(out, &file, pool);

    return status == APR_SUCCESS && (*out)->head.check != ledger->head.check
               ? APR_EMISMATCH : status;
}

static apr_status_t write_ranges(const pg_ledger_t *ledger,
                                 const pg_ledger_t *from)
{
    apr_size_t at = PG_HEAD_ROOM + offsetof(pg_common_t, range);
    apr_size_t n = sizeof(from->common->range);

    return pwrite(ledger->fd, from->base + at, n, (off_t)at) == (ssize_t)n
               ? APR_SUCCESS : APR_EGENERAL;
}

/* Standby memory for a file, with the same contents. */
static apr_status_t stand_by(pg_live_t *live, pg_live_memory_t *memory,
                             apr_time_t now, apr_pool_t *pool)
{
    pg_ledger_t *ledger = live->ledger;
    apr_pool_t *scratch;
    pg_ledger_t *file = NULL;
    apr_status_t status = apr_pool_create(&scratch, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = read_file(&file, ledger, scratch);
    if (status == APR_SUCCESS) {
        pg_range_begin(file, now);
        status = write_ranges(ledger, file);
        forget(memory);          /* older children keep theirs            */
        memory->at = new_memory(ledger->size);
        memory->size = PAGE + ledger->size;
    }
    if (status == APR_SUCCESS && memory->at) {
        ledger->standby = in_memory(memory, &ledger->head, pool);
        ledger->lost = memory->at;
        ledger->shared = true;
        pg_block_fill(ledger->standby, file);
    }
    apr_pool_destroy(scratch);
    return status;
}

apr_status_t pg_live_open(pg_live_t *out, pg_opening_t *opening,
                          const pg_ledger_options_t *options,
                          pg_live_memory_t *memory, apr_time_t now,
                          apr_pool_t *pool)
{
    pg_ledger_options_t with = *options;
    apr_status_t status;

    *out = (pg_live_t){ .options = options, .fresh = -1 };
    with.counted = counted_in(memory, options->path, pool);
    status = pg_ledger_open(&out->ledger, opening, &with, now, pool);
    if (status == APR_SUCCESS) {
        status = stand_by(out, memory, now, pool);
    }
    if (status != APR_SUCCESS) {
        opening->how = PG_OPENED_FAILED;
        out->ledger = NULL;
        open_memory(out, memory, now, pool);
    }
    apr_cpystrn(memory->path, options->path, sizeof(memory->path));
    apr_pool_cleanup_register(pool, out, close_fresh, apr_pool_cleanup_null);
    return status;
}

/* --- watching ------------------------------------------------------------ */

/* What happened to the file; NULL: nothing. */
static const char *loss_of(const pg_ledger_t *ledger, const char *path,
                           apr_pool_t *pool)
{
    pg_file_t file = { .fd = ledger->fd };
    struct stat st;
    pg_head_t head;

    if (fstat(ledger->fd, &st) != 0) {
        return "it cannot be read";
    }
    file.size = (apr_size_t)st.st_size;
    if (file.size != ledger->size) {
        return apr_psprintf(pool, "it has %" APR_SIZE_T_FMT " bytes, not %"
                            APR_SIZE_T_FMT, file.size, ledger->size);
    }
    if (pg_block_check(&head, &file, pool) != PG_LAYOUT_SOUND
        || head.check != ledger->head.check) {
        return "it was overwritten";
    }
    if (!pg_file_is_at(ledger->fd, path)) {
        return lstat(path, &st) == 0 ? "it was replaced" : "it was removed";
    }
    return pg_word_get(ledger->lost) ? "it was truncated for a while" : NULL;
}

/* May a fresh ledger replace what is at the path? Only if there is nothing, or
 * what we put there, or the rest of our own file: never the file of somebody
 * else. */
static bool may_replace(const pg_live_t *live)
{
    char magic[sizeof(PG_MAGIC) - 1];
    struct stat st;
    int old = live->ledger->fd;
    const char *path = live->options->path;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT;
    }
    if (pg_file_is_at(live->fresh, path)) {
        return true;
    }
    return pg_file_is_at(old, path)
           && (st.st_size == 0
               || (pread(old, magic, sizeof(magic), 0)
                       == (ssize_t)sizeof(magic)
                   && memcmp(magic, PG_MAGIC, sizeof(magic)) == 0));
}

/* A ledger at the path that holds what the memory holds. */
static apr_status_t put_fresh(pg_live_t *live, apr_pool_t *pool)
{
    const pg_ledger_options_t *options = live->options;
    pg_file_own_t own = { .set_group = options->set_group,
                          .group = options->group };
    pg_file_t temp;
    apr_status_t status = pg_file_temp(&temp, options->path,
                                       live->copy->size, &own, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = pg_file_write(temp.fd, live->copy->base, live->copy->size);
    if (status == APR_SUCCESS) {
        status = pg_file_lock(temp.fd, false);
    }
    if (status == APR_SUCCESS && rename(temp.name, options->path) != 0) {
        status = errno;
    }
    if (status != APR_SUCCESS) {
        close(temp.fd);
        unlink(temp.name);
        return status;
    }
    close_fresh(live);
    live->fresh = temp.fd;
    return APR_SUCCESS;
}

/* Without room for another file: write into the existing one. */
static bool overwrite(const pg_live_t *live)
{
    apr_size_t n = live->copy->size;

    return pwrite(live->fresh, live->copy->base, n, 0) == (ssize_t)n;
}

/* A file that was removed takes up space as long as a process has it open, and
 * there may be none left: processes that count in it continue in memory. */
static void make_room(pg_live_t *live)
{
    struct stat st;
    int old = live->ledger->fd;

    if (!pg_file_is_at(live->fresh, live->options->path)) {
        close_fresh(live);
    }
    if (fstat(old, &st) == 0 && st.st_nlink == 0) {
        (void)!ftruncate(old, 0);
    }
}

static void keep_fresh(pg_live_t *live, apr_pool_t *pool)
{
    apr_uint64_t counted = pg_ledger_counted(live->copy);

    make_room(live);

    if ((live->fresh < 0 || counted != live->saved) && may_replace(live)
        && (put_fresh(live, pool) == APR_SUCCESS || overwrite(live))) {
        live->saved = counted;
    }
}

static void copy_memory(pg_live_t *live, pg_ledger_t *memory, apr_time_t now,
                        apr_pool_t *pool)
{
    pg_ledger_t *copy = NULL;

    pg_word_set(&memory->common->range[0][1], (apr_uint64_t)now);
    if (pg_block_copy(&copy, memory, pool) == APR_SUCCESS) {
        live->copy = copy;
    }
}

/* What others count in the file, and logs that are added to it, are not in
 * our memory. */
static void copy_file(pg_live_t *live, apr_time_t now, apr_pool_t *pool)
{
    pg_ledger_t *ledger = live->ledger, *copy = NULL;
    apr_uint64_t end = (apr_uint64_t)now;

    (void)!pwrite(ledger->fd, &end, sizeof(end), PG_RANGE_END_AT);
    if (read_file(&copy, ledger, pool) != APR_SUCCESS) {
        return;
    }
    live->copy = copy;
    if (pg_ledger_counted(copy) > pg_ledger_counted(ledger->standby)
        && !pg_word_get(ledger->lost)) {
        pg_block_fill(ledger->standby, copy);
    }
}

void pg_live_watch(pg_live_t *live, apr_time_t now, const char **why,
                   apr_pool_t *pool)
{
    pg_ledger_t *ledger = live->ledger;
    const char *loss = NULL;

    *why = NULL;
    live->copy = NULL;
    if (ledger->standby == NULL) {
        copy_memory(live, ledger, now, pool);
        return;
    }
    if (!live->said) {
        loss = loss_of(ledger, live->options->path, pool);
    }
    if (loss) {
        pg_word_set(ledger->lost, true);
        live->said = true;
        *why = loss;
    }
    if (live->said) {
        copy_memory(live, ledger->standby, now, pool);
        if (live->copy) {
            keep_fresh(live, pool);
        }
        return;
    }
    copy_file(live, now, pool);
}

void pg_live_child(pg_live_t *live)
{
    close_fresh(live);
    if (live->ledger->fd >= 0) {
        close(live->ledger->fd);
        live->ledger->fd = -1;
    }
}

bool pg_live_fault(const pg_ledger_t *ledger, const void *at)
{
    apr_uintptr_t size = (apr_uintptr_t)sysconf(_SC_PAGESIZE);
    apr_uintptr_t base = (apr_uintptr_t)ledger->base;
    apr_uintptr_t page = (apr_uintptr_t)at / size * size;

    if (ledger->standby == NULL || page < base
        || page >= base + ledger->size) {
        return false;
    }
    pg_word_set(ledger->lost, true);
    return mmap((void *)page, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}
