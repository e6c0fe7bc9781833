/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ledger.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <apr_errno.h>
#include <apr_strings.h>

#include "pg_file.h"
#include "pg_layout.h"

/* The handle is private memory, so that a child that scribbles over the
 * block cannot steer anybody's pointers. */
struct pg_ledger_t {
    pg_block_t *block;
};

/* FNV-1a: finds damage, not malice; who can write the file can do anything. */
static apr_uint64_t head_check(const pg_head_t *head)
{
    const unsigned char *at = (const unsigned char *)head;
    apr_uint64_t sum = 0xcbf29ce484222325u;

    for (apr_size_t i = 0; i < offsetof(pg_head_t, check); i++) {
        sum = (sum ^ at[i]) * 0x100000001b3u;
    }
    return sum;
}

static apr_status_t head_fill(pg_head_t *head, apr_time_t now)
{
    memset(head, 0, sizeof(*head));
    memcpy(head->magic, PG_MAGIC, sizeof(head->magic));
    head->version = PG_VERSION;
    head->byte_order = PG_BYTE_ORDER;
    head->size = sizeof(pg_block_t);
    head->since = now;
    if (getrandom(head->key, sizeof(head->key), 0)
        != (ssize_t)sizeof(head->key)) {
        return errno ? errno : APR_EGENERAL;
    }
    head->check = head_check(head);
    return APR_SUCCESS;
}

/* What is wrong with a head in a file of that size; NULL if nothing. */
static const char *head_objection(const pg_head_t *head, apr_size_t size,
                                  apr_pool_t *pool)
{
    if (memcmp(head->magic, PG_MAGIC, sizeof(head->magic)) != 0) {
        return "it is no ledger";
    }
    if (head->byte_order != PG_BYTE_ORDER) {
        return "it was written on a machine of another byte order";
    }
    if (head->version != PG_VERSION) {
        return apr_psprintf(pool, "it has layout %u, and this version of the "
                            "product reads layout %u", head->version,
                            PG_VERSION);
    }
    if (head->check != head_check(head)) {
        return "its head is damaged";
    }
    if (head->size != size || size != sizeof(pg_block_t)) {
        return "it has a wrong size";
    }
    return NULL;
}

static apr_status_t unmap(void *block)
{
    return munmap(block, sizeof(pg_block_t)) == 0 ? APR_SUCCESS : errno;
}

static apr_status_t map(pg_ledger_t **out, int fd, apr_pool_t *pool)
{
    pg_ledger_t *ledger;
    void *at = mmap(NULL, sizeof(pg_block_t), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        return errno;
    }
    ledger = apr_pcalloc(pool, sizeof(*ledger));
    ledger->block = at;
    apr_pool_cleanup_register(pool, at, unmap, apr_pool_cleanup_null);
    *out = ledger;
    return APR_SUCCESS;
}

/* A complete empty ledger appears at path, unless something else did. */
static apr_status_t create(const pg_ledger_options_t *options, apr_time_t now,
                           apr_pool_t *pool)
{
    pg_file_own_t own = { .set_group = options->set_group,
                          .group = options->group };
    const char *temp;
    pg_head_t head;
    int fd;
    apr_status_t status = head_fill(&head, now);

    if (status == APR_SUCCESS) {
        status = pg_file_temp(&fd, &temp, options->path, sizeof(pg_block_t),
                              &own, pool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    status = pg_file_write(fd, &head, sizeof(head));
    close(fd);
    if (status != APR_SUCCESS) {
        unlink(temp);
        return status;
    }
    return pg_file_publish(temp, options->path);
}

/* Look at what is at path. APR_SUCCESS with *fd: a ledger to be used.
 * APR_EMISMATCH: an ordinary file of ours, but no ledger to be used. */
static apr_status_t examine(int *fd, const pg_ledger_options_t *options,
                            const char **why, apr_pool_t *pool)
{
    pg_head_t head = { .version = 0 };
    apr_size_t size;
    int got;
    apr_status_t status;

    status = pg_file_open(&got, &size, options->path, true, why, pool);
    if (status != APR_SUCCESS) {
        return status;
    }
    if (pread(got, &head, sizeof(head), 0) != (ssize_t)sizeof(head)) {
        *why = "it is too short for a ledger";
    }
    else {
        *why = head_objection(&head, size, pool);
    }
    if (*why) {
        close(got);
        return APR_EMISMATCH;
    }
    *fd = got;
    return APR_SUCCESS;
}

static apr_status_t open_or_create(int *fd, pg_opening_t *opening,
                                   const pg_ledger_options_t *options,
                                   apr_time_t now, apr_pool_t *pool)
{
    const char *why;
    apr_status_t status = APR_ENOENT;

    /* Twice, since another process may create the file between. */
    for (int tries = 0; tries < 2; tries++) {
        status = examine(fd, options, &why, pool);
        if (status == APR_EMISMATCH) {
            opening->how = PG_OPENED_REPLACED;
            opening->why = why;
            status = pg_file_aside(&opening->aside, options->path, pool);
            if (status != APR_SUCCESS) {
                return status;
            }
        }
        else if (!APR_STATUS_IS_ENOENT(status)) {
            opening->why = status == APR_SUCCESS ? opening->why : why;
            return status;
        }
        else if (opening->how == PG_OPENED_KEPT) {
            opening->how = PG_OPENED_NEW;
        }
        status = create(options, now, pool);
        if (status == APR_SUCCESS) {
            return examine(fd, options, &why, pool);
        }
        if (!APR_STATUS_IS_EEXIST(status)) {
            return status;
        }
        opening->how = opening->aside ? PG_OPENED_REPLACED : PG_OPENED_KEPT;
    }
    return status;
}

apr_status_t pg_ledger_open_as(pg_ledger_t **out, pg_opening_t *opening,
                               const pg_ledger_options_t *options,
                               apr_time_t now, apr_pool_t *pool)
{
    char words[120];
    int fd;
    apr_status_t status;

    *opening = (pg_opening_t){ .how = PG_OPENED_KEPT };
    status = open_or_create(&fd, opening, options, now, pool);
    if (status == APR_SUCCESS) {
        status = map(out, fd, pool);
        close(fd);
    }
    if (status != APR_SUCCESS) {
        opening->how = PG_OPENED_FAILED;
        if (opening->why == NULL) {
            opening->why = apr_pstrdup(
                pool, apr_strerror(status, words, sizeof(words)));
        }
        return status;
    }
    opening->size = sizeof(pg_block_t);
    return APR_SUCCESS;
}

apr_status_t pg_ledger_open(pg_ledger_t **out, pg_opening_t *opening,
                            const char *path, apr_time_t now,
                            apr_pool_t *pool)
{
    pg_ledger_options_t options = { .path = path };

    return pg_ledger_open_as(out, opening, &options, now, pool);
}

apr_status_t pg_ledger_heap(pg_ledger_t **out, apr_time_t now,
                            apr_pool_t *pool)
{
    pg_ledger_t *ledger = apr_pcalloc(pool, sizeof(*ledger));
    apr_status_t status;

    ledger->block = apr_pcalloc(pool, sizeof(pg_block_t));
    status = head_fill(&ledger->block->head, now);
    if (status == APR_SUCCESS) {
        *out = ledger;
    }
    return status;
}

void pg_ledger_record(pg_ledger_t *ledger, const pg_event_t *event)
{
    unsigned kind = pg_kind_of(event->verdict.class_id,
                               event->verdict.family);

    if (kind == PG_KINDS || (unsigned)event->outcome >= PG_OUTCOME_COUNT) {
        return;
    }
    atomic_fetch_add_explicit(&ledger->block->count[kind][event->outcome], 1,
                              memory_order_relaxed);
}

void pg_ledger_permit(pg_ledger_t *ledger, apr_time_t now)
{
    (void)now;
    atomic_fetch_add_explicit(&ledger->block->permitted, 1,
                              memory_order_relaxed);
}

static apr_uint64_t load(const pg_word_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void snapshot_totals(pg_snapshot_t *out, const pg_block_t *block)
{
    pg_class_e c;
    pg_family_e f;

    for (unsigned kind = 0; kind < PG_KINDS; kind++) {
        if (!pg_kind_split(kind, &c, &f)) {
            continue;
        }
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            apr_uint64_t n = load(&block->count[kind][o]);
            out->count[c][o] += n;
            out->by_family[f] += n;
            out->attempts += n;
        }
    }
}

apr_status_t pg_ledger_snapshot(pg_snapshot_t **out, const pg_ledger_t *ledger,
                                apr_time_t now, apr_pool_t *pool)
{
    pg_snapshot_t *snapshot = apr_pcalloc(pool, sizeof(*snapshot));

    snapshot->taken = now;
    snapshot->since = ledger->block->head.since;
    snapshot_totals(snapshot, ledger->block);
    snapshot->permitted = load(&ledger->block->permitted);
    *out = snapshot;
    return APR_SUCCESS;
}
