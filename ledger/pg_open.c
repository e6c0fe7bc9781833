/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Opening ledgers: what is at the path, and what to do about it. */
#include "pg_ledger.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_checkpoint.h"
#include "pg_file.h"

/* --- mapping ------------------------------------------------------------- */

typedef struct pg_mapped_t {
    void *at;
    apr_size_t size;
} pg_mapped_t;

static apr_status_t unmap(void *data)
{
    const pg_mapped_t *mapped = data;

    return munmap(mapped->at, mapped->size) == 0 ? APR_SUCCESS : errno;
}

static apr_status_t map(pg_ledger_t **out, int fd, const pg_head_t *head,
                        apr_pool_t *pool)
{
    pg_mapped_t *mapped = apr_palloc(pool, sizeof(*mapped));

    mapped->size = pg_layout_size(&head->sizes);
    mapped->at = mmap(NULL, mapped->size, PROT_READ | PROT_WRITE, MAP_SHARED,
                      fd, 0);
    if (mapped->at == MAP_FAILED) {
        return errno;
    }
    apr_pool_cleanup_register(pool, mapped, unmap, apr_pool_cleanup_null);
    *out = apr_palloc(pool, sizeof(**out));
    pg_layout_place(*out, mapped->at, head);
    return APR_SUCCESS;
}

/* --- sizes --------------------------------------------------------------- */

static apr_uint32_t sets_of(apr_uint32_t entries, apr_uint32_t normal)
{
    return entries ? (entries + 7) / 8 : normal;
}

static pg_sizes_t sizes_wanted(const pg_ledger_options_t *options)
{
    pg_sizes_t s = pg_sizes_default();

    s.lanes = options->lanes ? options->lanes : s.lanes;
    s.recent = options->recent ? options->recent : s.recent;
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        s.sets[t] = sets_of(options->top[t], s.sets[t]);
    }
    return s;
}

apr_status_t pg_ledger_size(apr_size_t *out, const char **why,
                            const pg_ledger_options_t *options)
{
    pg_sizes_t sizes = sizes_wanted(options);

    if (!pg_sizes_check(&sizes, why)) {
        return APR_EINVAL;
    }
    *out = pg_layout_size(&sizes);
    return APR_SUCCESS;
}

/* --- what is there ------------------------------------------------------- */

typedef enum pg_found_e {
    FOUND_NOTHING,
    FOUND_LEDGER,            /* of this layout: use it                    */
    FOUND_OLD,               /* of an older layout, or of other sizes     */
    FOUND_BAD,               /* an ordinary file of ours, but no ledger   */
    FOUND_REFUSED            /* not to be touched                         */
} pg_found_e;

/* One opening: what is wanted, and what was found so far. */
typedef struct pg_try_t {
    const pg_ledger_options_t *options;
    pg_opening_t *opening;
    apr_time_t now;
    apr_pool_t *pool;        /* the ledger's                              */
    apr_pool_t *scratch;     /* of this opening                           */
    pg_sizes_t sizes;
    pg_file_own_t own;
    pg_file_t file;          /* what is at the path                       */
    pg_head_t head;
    apr_status_t status;
} pg_try_t;

/* The head of what is at the path; why is set if it is no ledger's. */
static apr_uint32_t read_head(pg_try_t *t, apr_size_t size)
{
    apr_uint32_t version = 0;

    if (pread(t->file.fd, &t->head, sizeof(t->head), 0)
        != (ssize_t)sizeof(t->head)) {
        t->file.why = "it is too short for a ledger";
    }
    else {
        t->file.why = pg_head_objection(&t->head, size, &version, t->pool);
    }
    return version;
}

/* Somebody's checkpoint, given as the live file: moving it aside would be a
 * bad surprise. */
static bool is_checkpoint(pg_try_t *t)
{
    if (t->file.size % 4096 != sizeof(pg_trailer_t)) {
        return false;
    }
    read_head(t, t->file.size - sizeof(pg_trailer_t));
    return t->file.why == NULL;
}

static pg_found_e look(pg_try_t *t)
{
    apr_uint32_t version;

    t->status = pg_file_open(&t->file, t->options->path, true, t->pool);
    if (APR_STATUS_IS_ENOENT(t->status)) {
        return FOUND_NOTHING;
    }
    if (t->status != APR_SUCCESS) {
        return FOUND_REFUSED;
    }
    if (is_checkpoint(t)) {
        close(t->file.fd);
        t->file.why = "it is a checkpoint, not a live ledger";
        t->status = APR_EINVAL;
        return FOUND_REFUSED;
    }
    version = read_head(t, t->file.size);
    if (t->file.why) {
        return FOUND_BAD;
    }
    if (version != PG_VERSION) {
        t->file.why = apr_psprintf(t->pool, "it had layout %u", version);
        return FOUND_OLD;
    }
    if (t->options->resize
        && memcmp(&t->head.sizes, &t->sizes, sizeof(t->sizes)) != 0) {
        t->file.why = "it had other sizes";
        return FOUND_OLD;
    }
    return FOUND_LEDGER;
}

/* --- making one ---------------------------------------------------------- */

static apr_status_t publish(pg_try_t *t, const pg_ledger_t *block)
{
    pg_file_t temp;
    apr_status_t status = pg_file_temp(&temp, t->options->path, block->size,
                                       &t->own, t->scratch);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = pg_file_write(temp.fd, block->base, block->size);
    close(temp.fd);
    if (status != APR_SUCCESS) {
        unlink(temp.name);
        return status;
    }
    return pg_file_publish(temp.name, t->options->path);
}

/* A complete ledger appears at the path, holding what `from` holds (NULL:
 * nothing). APR_EEXIST: something else appeared there first. */
static apr_status_t create(pg_try_t *t, const pg_ledger_t *from)
{
    pg_ledger_t *block;
    pg_head_t head;
    apr_status_t status;

    if (from) {
        status = pg_block_copy(&block, from, &t->sizes, t->now, t->scratch);
    }
    else {
        status = pg_head_make(&head, &t->sizes, t->now);
        if (status == APR_SUCCESS) {
            status = pg_block_new(&block, &head, t->scratch);
        }
    }
    return status == APR_SUCCESS ? publish(t, block) : status;
}

static void say(pg_try_t *t, pg_opened_e how, const char *why)
{
    t->opening->how = how;
    t->opening->why = why;
}

/* Nothing is there (any more): begin, with the checkpoint if there is one. */
static apr_status_t begin(pg_try_t *t)
{
    pg_ledger_t *from = NULL;
    const char *why = NULL;
    apr_status_t status;

    if (t->options->checkpoint) {
        status = pg_checkpoint_load(&from, t->options->checkpoint, &why,
                                    t->scratch);
        t->opening->checkpoint_why =
            why ? apr_pstrdup(t->pool, why) : NULL;
        if (status != APR_SUCCESS) {
            from = NULL;
        }
    }
    status = create(t, from);
    if (status == APR_SUCCESS && from) {
        say(t, PG_OPENED_RESTORED, t->opening->why);
    }
    else if (status == APR_SUCCESS && !t->opening->aside) {
        say(t, PG_OPENED_NEW, NULL);
    }
    return status;
}

static apr_status_t migrate(pg_try_t *t)
{
    const char *why = t->file.why;
    pg_ledger_t *from;
    apr_status_t status = pg_block_read(&from, &t->file, t->scratch);

    close(t->file.fd);
    if (status == APR_SUCCESS) {
        status = pg_file_aside(&t->opening->aside, t->options->path, "old",
                               t->pool);
    }
    if (status == APR_SUCCESS) {
        say(t, PG_OPENED_MIGRATED, why);
        status = create(t, from);
    }
    return status;
}

static apr_status_t replace(pg_try_t *t)
{
    apr_status_t status;

    close(t->file.fd);
    say(t, PG_OPENED_REPLACED, t->file.why);
    status = pg_file_aside(&t->opening->aside, t->options->path, "bad",
                           t->pool);
    return status == APR_SUCCESS ? begin(t) : status;
}

/* --- opening ------------------------------------------------------------- */

/* Leaves t->file.fd and t->head those of a ledger of this layout. */
static apr_status_t arrive(pg_try_t *t)
{
    apr_status_t status = APR_EBUSY;

    /* More than once, since another process may be at it, too. */
    for (int tries = 0; tries < 4; tries++) {
        switch (look(t)) {
        case FOUND_LEDGER:
            return APR_SUCCESS;
        case FOUND_NOTHING:
            status = begin(t);
            break;
        case FOUND_OLD:
            status = migrate(t);
            break;
        case FOUND_BAD:
            status = replace(t);
            break;
        case FOUND_REFUSED:
            say(t, PG_OPENED_FAILED, t->file.why);
            return t->status;
        }
        if (status != APR_SUCCESS && !APR_STATUS_IS_EEXIST(status)) {
            return status;
        }
    }
    return status == APR_SUCCESS ? APR_EBUSY : status;
}

static apr_status_t open_with(pg_ledger_t **out, pg_try_t *t)
{
    char words[120];
    apr_status_t status = APR_EINVAL;

    t->sizes = sizes_wanted(t->options);
    t->own = (pg_file_own_t){ .set_group = t->options->set_group,
                              .group = t->options->group };
    say(t, PG_OPENED_KEPT, NULL);
    if (pg_sizes_check(&t->sizes, &t->opening->why)) {
        status = arrive(t);
    }
    if (status == APR_SUCCESS) {
        /* Fails for a file of root's that others use: it stays as it is. */
        (void)pg_file_secure(t->file.fd, &t->own);
        status = map(out, t->file.fd, &t->head, t->pool);
        close(t->file.fd);
    }
    if (status == APR_SUCCESS) {
        t->opening->size = (*out)->size;
        return APR_SUCCESS;
    }
    t->opening->how = PG_OPENED_FAILED;
    if (t->opening->why == NULL) {
        t->opening->why = apr_pstrdup(
            t->pool, apr_strerror(status, words, sizeof(words)));
    }
    return status;
}

apr_status_t pg_ledger_open_as(pg_ledger_t **out, pg_opening_t *opening,
                               const pg_ledger_options_t *options,
                               apr_time_t now, apr_pool_t *pool)
{
    pg_try_t t = { .options = options, .opening = opening, .now = now,
                   .pool = pool };
    apr_status_t status;

    *opening = (pg_opening_t){ .how = PG_OPENED_FAILED };
    status = apr_pool_create(&t.scratch, pool);
    if (status == APR_SUCCESS) {
        status = open_with(out, &t);
        apr_pool_destroy(t.scratch);
    }
    return status;
}

apr_status_t pg_ledger_open(pg_ledger_t **out, pg_opening_t *opening,
                            const char *path, apr_time_t now,
                            apr_pool_t *pool)
{
    pg_ledger_options_t options = { .path = path };

    return pg_ledger_open_as(out, opening, &options, now, pool);
}

apr_status_t pg_ledger_open_readonly(pg_ledger_t **out, const char *path,
                                     const char **why, apr_pool_t *pool)
{
    pg_file_t file = { .why = NULL };
    apr_status_t status = pg_file_open_any(&file, path, pool);

    if (status == APR_SUCCESS) {
        status = pg_block_read(out, &file, pool);
        close(file.fd);
    }
    *why = status ? file.why ? file.why : "it cannot be read" : NULL;
    return status;
}
