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

/* --- private memory ------------------------------------------------------ */

apr_status_t pg_ledger_heap(pg_ledger_t **out, const pg_key_t *key,
                            apr_time_t now, apr_pool_t *pool)
{
    pg_sizes_t sizes = pg_layout_sizes();
    pg_head_t head;
    apr_status_t status = pg_layout_head(&head, &sizes, key, now);

    return status == APR_SUCCESS ? pg_block_new(out, &head, pool) : status;
}

apr_status_t pg_ledger_heap_like(pg_ledger_t **out, const pg_ledger_t *like,
                                 apr_time_t now, apr_pool_t *pool)
{
    return pg_ledger_heap(out, &like->head.key, now, pool);
}

pg_key_t pg_ledger_key(pg_span_t secret)
{
    static const pg_key_t uses[2] = { { { 1, 0 } }, { { 2, 0 } } };

    return (pg_key_t){
        { pg_hash_sip(&uses[0], secret.ptr, secret.len, 2, 4),
          pg_hash_sip(&uses[1], secret.ptr, secret.len, 2, 4) }
    };
}

enum { SECRET_LEAST = 16, SECRET_MOST = 1024 };

const char *pg_ledger_key_read(pg_key_t *out, const char *path,
                               apr_pool_t *pool)
{
    char text[SECRET_MOST + 1];
    pg_file_t file = { .why = NULL };
    pg_span_t secret = PG_ABSENT;
    ssize_t n;

    if (path == NULL || pg_file_open_any(&file, path, pool) != APR_SUCCESS) {
        return file.why ? file.why : "it is not a path";
    }
    n = pread(file.fd, text, sizeof(text), 0);
    close(file.fd);
    if (n >= SECRET_LEAST && n <= SECRET_MOST) {
        secret = pg_span_trim(pg_span_make(text, (apr_size_t)n));
    }
    if (secret.len < SECRET_LEAST) {
        return "a secret must have 16 to 1024 bytes";
    }
    *out = pg_ledger_key(secret);
    return NULL;
}

bool pg_ledger_has_key(const pg_ledger_t *ledger, const pg_key_t *key)
{
    return memcmp(&ledger->head.key, key, sizeof(*key)) == 0;
}

/* --- mapping ------------------------------------------------------------- */

static apr_status_t unmap(void *data)
{
    const pg_ledger_t *ledger = data;

    if (ledger->fd >= 0) {
        close(ledger->fd);       /* and so gives back its lock            */
    }
    (void)munmap(ledger->base, ledger->size);
    return APR_SUCCESS;
}

/* The descriptor is the ledger's from here on. */
static apr_status_t map(pg_ledger_t **out, int fd, const pg_head_t *head,
                        apr_pool_t *pool)
{
    pg_ledger_t *ledger = apr_palloc(pool, sizeof(*ledger));
    apr_size_t size = pg_layout_size(&head->sizes);
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED) {
        int error = errno;
        close(fd);
        return error;
    }
    pg_layout_place(ledger, at, head);
    ledger->fd = fd;
    apr_pool_cleanup_register(pool, ledger, unmap, apr_pool_cleanup_null);
    *out = ledger;
    return APR_SUCCESS;
}

/* --- sizes --------------------------------------------------------------- */

apr_status_t pg_ledger_size(apr_size_t *out, const char **why,
                            const pg_ledger_options_t *options)
{
    pg_sizes_t sizes = pg_layout_sizes_of(options);

    if (!pg_layout_sizes_check(&sizes, why)) {
        return APR_EINVAL;
    }
    *out = pg_layout_size(&sizes);
    return APR_SUCCESS;
}

/* --- what is there ------------------------------------------------------- */

typedef enum pg_found_e {
    FOUND_NOTHING,
    FOUND_LEDGER,            /* of this layout: use it                    */
    FOUND_DIFFERENT,         /* of other sizes, or of another key         */
    FOUND_OTHER,             /* of another layout or byte order           */
    FOUND_DAMAGED,           /* a ledger's magic, but not a sound ledger  */
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

/* Is it what is wanted? If not, why says what differs. */
static bool is_as_wanted(pg_try_t *t)
{
    if (memcmp(&t->head.sizes, &t->sizes, sizeof(t->sizes)) != 0) {
        t->file.why = "it had other sizes";
    }
    else if (t->options->key
             && memcmp(&t->head.key, t->options->key, sizeof(t->head.key))) {
        t->file.why = "it was made with another secret";
    }
    return t->file.why == NULL;
}

static pg_found_e refuse(pg_try_t *t, apr_status_t status, const char *why)
{
    close(t->file.fd);
    t->file.why = why;
    t->status = status;
    return FOUND_REFUSED;
}

/* Its owner and its contents are known: may it be used, or changed? If another
 * process holds the lock, it may have replaced the file: look again then. */
static pg_found_e lock(pg_try_t *t)
{
    bool change = !is_as_wanted(t) && t->options->resize
                  && pg_file_lock(t->file.fd, true) == APR_SUCCESS;

    if (!change && pg_file_lock(t->file.fd, false) != APR_SUCCESS) {
        return refuse(t, APR_EBUSY, "another process has it locked");
    }
    if (!pg_file_is_at(t->file.fd, t->options->path)) {
        close(t->file.fd);
        return FOUND_NOTHING;
    }
    t->opening->unchanged = change ? NULL : t->file.why;
    return change ? FOUND_DIFFERENT : FOUND_LEDGER;
}

static pg_found_e look(pg_try_t *t)
{
    t->status = pg_file_open(&t->file, t->options->path, true, t->pool);
    if (APR_STATUS_IS_ENOENT(t->status)) {
        return FOUND_NOTHING;
    }
    if (t->status != APR_SUCCESS) {
        return FOUND_REFUSED;
    }
    switch (pg_block_check(&t->head, &t->file, t->pool)) {
    case PG_LAYOUT_OTHER:
        return FOUND_OTHER;
    case PG_LAYOUT_DAMAGED:
        return FOUND_DAMAGED;
    case PG_LAYOUT_FOREIGN:
        return refuse(t, APR_EINVAL, t->file.why);
    case PG_LAYOUT_SOUND:
        break;
    }
    /* a checkpoint must not be moved aside */
    return t->file.size == pg_layout_size(&t->head.sizes)
               ? lock(t)
               : refuse(t, APR_EINVAL,
                        "it is a checkpoint, not a live ledger");
}

/* --- making one ---------------------------------------------------------- */

static apr_status_t publish(pg_try_t *t, const pg_ledger_t *block)
{
    pg_file_t temp = { .fd = -1 };
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

static apr_status_t carry_over(pg_ledger_t *into, const pg_ledger_t *from,
                               apr_time_t now, apr_pool_t *pool)
{
    if (memcmp(&into->sizes, &from->sizes, sizeof(into->sizes)) == 0
        && into->head.key_id == from->head.key_id) {
        pg_block_fill(into, from);
        return APR_SUCCESS;
    }
    return pg_ledger_merge(into, from, now, pool);
}

/* A complete ledger appears at the path, holding what `from` holds (NULL:
 * nothing). APR_EEXIST: something else appeared there first. */
static apr_status_t create(pg_try_t *t, const pg_ledger_t *from)
{
    pg_ledger_t *block = NULL;
    pg_head_t head;
    apr_status_t status = pg_layout_head_of(&head, t->options, t->now);

    if (status == APR_SUCCESS && from) {
        head.since = from->head.since;
        head.id = from->head.id ? from->head.id : head.id;
        head.key = t->options->key ? head.key : from->head.key;
        pg_layout_seal(&head);
    }
    if (status == APR_SUCCESS) {
        status = pg_block_new(&block, &head, t->scratch);
    }
    if (status == APR_SUCCESS && from) {
        status = carry_over(block, from, t->now, t->scratch);
    }
    return status == APR_SUCCESS ? publish(t, block) : status;
}

static void say(pg_try_t *t, pg_opened_e how, const char *why)
{
    t->opening->how = how;
    t->opening->why = why;
}

static const pg_ledger_t *checkpoint_of(pg_try_t *t)
{
    pg_ledger_t *from = NULL;
    const char *why = NULL;
    apr_status_t status;

    if (t->options->checkpoint == NULL) {
        return NULL;
    }
    status = pg_checkpoint_load(&from, t->options->checkpoint, &why,
                                t->scratch);
    t->opening->checkpoint_why = why ? apr_pstrdup(t->pool, why) : NULL;
    return status == APR_SUCCESS ? from : NULL;
}

/* Nothing is there (any more): create it, with the counts known so far. */
static apr_status_t begin(pg_try_t *t)
{
    const pg_ledger_t *counted = t->options->counted;
    const pg_ledger_t *from = counted ? counted : checkpoint_of(t);
    apr_status_t status = create(t, from);

    if (status == APR_SUCCESS && from) {
        say(t, counted ? PG_OPENED_MIGRATED : PG_OPENED_RESTORED,
            t->opening->why);
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

    if (status == APR_SUCCESS) {
        status = pg_file_aside(&t->opening->aside, t->options->path, "old",
                               true, t->pool);
    }
    if (status == APR_SUCCESS) {
        say(t, PG_OPENED_MIGRATED, why);
        status = create(t, from);
    }
    close(t->file.fd);           /* locked until here                     */
    return status;
}

/* A damaged ledger may be deleted some day; one that another version or
 * machine can read may not. */
static apr_status_t replace(pg_try_t *t, const char *word, bool forget)
{
    close(t->file.fd);
    say(t, PG_OPENED_REPLACED, t->file.why);
    return pg_file_aside(&t->opening->aside, t->options->path, word, forget,
                         t->pool);
}

/* --- opening ------------------------------------------------------------- */

/* Leaves t->file.fd and t->head those of a ledger of this layout. */
static apr_status_t arrive(pg_try_t *t)
{
    apr_status_t status = APR_EBUSY;

    /* More than once, since another process may be opening it, too. */
    for (int tries = 0; tries < 5; tries++) {
        switch (look(t)) {
        case FOUND_LEDGER:
            return APR_SUCCESS;
        case FOUND_NOTHING:
            status = begin(t);
            break;
        case FOUND_DIFFERENT:
            status = migrate(t);
            break;
        case FOUND_OTHER:
            status = replace(t, "kept", false);
            break;
        case FOUND_DAMAGED:
            status = replace(t, "bad", true);
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
    apr_status_t status = APR_EINVAL;

    t->sizes = pg_layout_sizes_of(t->options);
    t->own = (pg_file_own_t){ .set_group = t->options->set_group,
                              .group = t->options->group };
    say(t, PG_OPENED_KEPT, NULL);
    if (pg_layout_sizes_check(&t->sizes, &t->opening->why)) {
        status = arrive(t);
    }
    if (status == APR_SUCCESS) {
        /* Fails for another user's file (root's), which stays as it is. */
        (void)pg_file_secure(t->file.fd, &t->own);
        status = map(out, t->file.fd, &t->head, t->pool);
    }
    if (status == APR_SUCCESS) {
        t->opening->size = (*out)->size;
        return APR_SUCCESS;
    }
    t->opening->how = PG_OPENED_FAILED;
    if (t->opening->why == NULL) {
        t->opening->why = apr_psprintf(t->pool, "%pm", (void *)&status);
    }
    return status;
}

apr_status_t pg_ledger_open(pg_ledger_t **out, pg_opening_t *opening,
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
