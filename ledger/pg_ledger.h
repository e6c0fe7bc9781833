/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The memory of the guard: one flat, versioned block that every process
 * shares, in a file on tmpfs mapped MAP_SHARED, or on the heap. The layout is
 * drawn in pg_layout.h. Readers see it through pg_snapshot.h only. */
#ifndef PG_LEDGER_H
#define PG_LEDGER_H

#include <apr_pools.h>
#include <apr_user.h>

#include "pg_event.h"
#include "pg_snapshot.h"

typedef struct pg_ledger_t pg_ledger_t;

/** How an opening went. */
typedef enum pg_opened_e {
    PG_OPENED_NEW,           /* created empty                             */
    PG_OPENED_KEPT,          /* existing; counting continues              */
    PG_OPENED_RESTORED,      /* made from the checkpoint; a damaged old
                                file, if there was one, is kept aside     */
    PG_OPENED_MIGRATED,      /* counts of a ledger of other sizes or
                                another secret, or of options->counted,
                                carried over; an old file is kept aside   */
    PG_OPENED_REPLACED,      /* created empty; the old file kept aside    */
    PG_OPENED_FAILED
} pg_opened_e;

typedef struct pg_opening_t {
    pg_opened_e how;
    const char *why;         /* what was wrong with the old file, or with
                                the path; NULL when nothing was           */
    const char *aside;       /* where the old file is kept; or NULL       */
    const char *unchanged;   /* which option could not be applied to it,
                                since another process counts in it; or
                                NULL                                      */
    const char *checkpoint_why; /* what was wrong with the checkpoint, if it
                                was needed; NULL: nothing, or none there  */
    apr_size_t size;         /* bytes mapped                              */
} pg_opening_t;

/** What to open, and how big to make it when it has to be created. */
typedef struct pg_ledger_options_t {
    const char *path;
    bool set_group;          /* give the file to this group               */
    apr_gid_t group;         /* it may read: mode 0640                    */
    const char *checkpoint;  /* where to begin from when there is no usable
                                file at path; NULL: empty                 */
    const pg_ledger_t *counted; /* what to begin with then, before the
                                checkpoint; NULL: nothing                 */
    bool resize;             /* carry an existing ledger of other sizes or
                                key over to these, if no other process has
                                it open; not in a graceful restart        */
    const pg_key_t *key;     /* of a fleet; NULL: drawn from the system   */
    const pg_ledger_t *key_of; /* or that of another ledger               */
    apr_uint32_t lanes;      /* 1 to 64; 0: one for each CPU, 16 at most  */
    apr_uint32_t recent;     /* attempts kept, 16 to 4096; 0: 128         */
    apr_uint32_t top[PG_TOP_COUNT]; /* entries of each list in each lane, 8
                                to 8192, a multiple of 8 (1024 sources, 256
                                targets, 128 ports, 128 user agents)      */
} pg_ledger_options_t;

/** How many bytes a ledger of these options takes.
 *  @param why  on failure: which size is out of bounds
 *  @return APR_EINVAL for sizes out of bounds */
apr_status_t pg_ledger_size(apr_size_t *out, const char **why,
                            const pg_ledger_options_t *options);

/**
 * Open the file at options->path, creating it when missing, and map it shared.
 *
 * A file that is not a ledger is refused and left as it is; so is a symbolic
 * link, FIFO, folder, a file that others may write to, or one of another user
 * than the effective one and root. A damaged ledger is renamed path.bad-1, -2
 * or -3, one whose counts were carried over path.old-1 to -3, and the oldest
 * of three makes room; one of a newer layout or of another byte order is
 * renamed path.kept-1 to -3, and none of these is ever overwritten. A new file
 * appears under its name complete or not at all; all of its space is
 * reserved, so that a full file system is an error here and not a signal
 * later.
 *
 * The mapping lives as long as pool; children that were forked keep theirs.
 * The file is locked (flock) as long: shared by all that count in it, and
 * exclusively by one that is about to replace it.
 *
 * @param out      the ledger; untouched on failure
 * @param opening  written in full, also on failure; strings in pool
 * @param now      us since 1970; becomes "since" of a new ledger
 * @return APR_SUCCESS, or why the file cannot be used
 */
apr_status_t pg_ledger_open(pg_ledger_t **out, pg_opening_t *opening,
                               const pg_ledger_options_t *options,
                               apr_time_t now, apr_pool_t *pool);

/**
 * Read a live ledger, a checkpoint or a copy of either into private memory.
 * The file is not changed; its contents are not trusted.
 * @param why  on failure: what is wrong, one clause
 */
apr_status_t pg_ledger_open_readonly(pg_ledger_t **out, const char *path,
                                     const char **why, apr_pool_t *pool);

/** The same block in private memory, for one thread: the log scanner.
 *  @param key  NULL: drawn from the system */
apr_status_t pg_ledger_heap(pg_ledger_t **out, const pg_key_t *key,
                            apr_time_t now, apr_pool_t *pool);

/** The same with the key of another ledger, so that the different sources of
 *  both unite when they are merged. */
apr_status_t pg_ledger_heap_like(pg_ledger_t **out, const pg_ledger_t *like,
                                 apr_time_t now, apr_pool_t *pool);

/** The key that a secret gives: any octets, at least 16 of them. */
pg_key_t pg_ledger_key(pg_span_t secret);

/** The key that the secret in a file gives: 16 to 1024 bytes, without
 *  the white space around them.
 *  @return NULL, or why there is none */
const char *pg_ledger_key_read(pg_key_t *out, const char *path,
                               apr_pool_t *pool);

/** Was the ledger made with this key? */
bool pg_ledger_has_key(const pg_ledger_t *ledger, const pg_key_t *key);

/**
 * Count one attempt. Any process, any thread; no lock, no system call, no
 * allocation, bounded time. A kill at any instruction leaves a ledger that
 * reads correctly. An event with a clean verdict is ignored. The secrets in
 * its texts must be gone (pg_event_conceal()).
 *
 * Of an event from the past (event->now says how far) the history gets what
 * it still has room for: its month for 20 years, its day for 800 days, its
 * hour for 14 days, its minute for 2 hours.
 *
 * @return the attempt among the recent ones, for pg_ledger_amend(); 0: it is
 *         not among them
 */
apr_uint64_t pg_ledger_record(pg_ledger_t *ledger, const pg_event_t *event);

/**
 * Count one attempt of a log, in everything but the lists and by virtual host:
 * those a scan keeps itself, exactly, and adds with pg_ledger_list() and
 * pg_ledger_vhost(). Nor is it remembered among the recent ones yet: whether it
 * was relayed shows when all of the log is read.
 * @param event  now is the newest time that was read so far
 */
void pg_ledger_count(pg_ledger_t *ledger, const pg_event_t *event);

/** Count a source among the different ones; twice is the same as once. */
void pg_ledger_source(pg_ledger_t *ledger, const pg_address_t *source);

/** A key of a list, as it was counted elsewhere. */
typedef struct pg_top_counted_t {
    pg_span_t octets;            /* as the list keeps them                */
    bool cut;                    /* there were more                       */
    apr_uint64_t count;
    apr_uint64_t error;          /* as pg_top_entry_t's                   */
} pg_top_counted_t;

/** Add it to what the ledger has of that key. */
void pg_ledger_list(pg_ledger_t *ledger, pg_top_e list,
                    const pg_top_counted_t *counted, apr_time_t now);

/** Any other key of the list was counted there so often at most. */
void pg_ledger_unlisted(pg_ledger_t *ledger, pg_top_e list,
                        apr_uint64_t most);

/** So many of the attempts that pg_ledger_count() counted, by outcome, were
 *  those of this virtual host. They stay without a name once the ledger has no
 *  room for more names. */
void pg_ledger_vhost(pg_ledger_t *ledger, pg_span_t name,
                     const apr_uint64_t *by_outcome);

/** Remember an attempt that was counted. */
void pg_ledger_remember(pg_ledger_t *ledger, const pg_event_t *event);

/**
 * Correct the outcome and the status of an attempt that was recorded before
 * they were known. If the process is killed meanwhile, the attempt may stay
 * counted twice, but is never lost.
 * @param entry  what pg_ledger_record() returned
 * @param event  as recorded, but for outcome and status
 * @param was    the outcome it was recorded with
 */
void pg_ledger_amend(pg_ledger_t *ledger, apr_uint64_t entry,
                     const pg_event_t *event, pg_outcome_e was);

/** Count one request that a forward proxy carried for a client that its
 *  access control permits: not an attempt, but worth a figure. */
void pg_ledger_permit(pg_ledger_t *ledger);

/** All attempts from `from` to `to` were counted: for a log that was read,
 *  the times of its first and its last line. */
void pg_ledger_cover(pg_ledger_t *ledger, apr_time_t from, apr_time_t to);

/** The same for each time that a ledger of logs covers; before that is merged
 *  in. */
void pg_ledger_cover_logs(pg_ledger_t *ledger, const pg_ledger_t *logs);

/** Since when the server that owns the ledger has counted without a gap; 0: it
 *  belongs to no server. */
apr_time_t pg_ledger_counting_since(const pg_ledger_t *ledger);

/** Take back a pg_ledger_permit(): the request was refused after all. */
void pg_ledger_unpermit(pg_ledger_t *ledger);

/**
 * Copy what the ledger holds, never stopping a writer and trusting nothing
 * that a child could have scribbled.
 * @param out  allocated in pool, with everything it points to
 */
apr_status_t pg_ledger_snapshot(pg_snapshot_t **out, const pg_ledger_t *ledger,
                                apr_time_t now, apr_pool_t *pool);

/** How much was ever counted, attempts and permitted use: changes whenever
 *  something is counted. Takes a few microseconds. */
apr_uint64_t pg_ledger_counted(const pg_ledger_t *ledger);

/** Its memory and sizes in words, for the start-up message. */
const char *pg_ledger_describe(const pg_ledger_t *ledger, apr_pool_t *pool);

/**
 * Add everything that one ledger holds to another; others may count in that
 * meanwhile. What the other one holds already, by an earlier merge or as the
 * same file, is not added again: merging is commutative, associative and
 * idempotent. Errors of top lists add up. Different sources unite if both
 * have the same key; else they become a bound.
 *
 * @return APR_EEXIST when they share something and neither simply holds the
 *         other: an earlier or later state of the same ledger. Nothing was
 *         added. APR_ENOSPC: more than 2048 ledgers in one
 */
apr_status_t pg_ledger_merge(pg_ledger_t *into, const pg_ledger_t *from,
                             apr_time_t now, apr_pool_t *pool);

/** The id that a ledger in a file shares with its copies only; 0: it is in
 *  private memory. */
apr_uint64_t pg_ledger_number(const pg_ledger_t *ledger);

/** Does one ledger hold all that another does: by an earlier merge, or as a
 *  later state of the same one? */
bool pg_ledger_holds(const pg_ledger_t *ledger, const pg_ledger_t *other,
                     apr_pool_t *pool);

/** Are two digests of logs the same? The second half of one that is zero is
 *  not known, and equal to any. */
bool pg_ledger_same(const unsigned char a[16], const unsigned char b[16]);

/** Is this digest the same as one of the last 512 that were noted? An all-zero
 *  digest is always "seen". */
bool pg_ledger_seen(const pg_ledger_t *ledger,
                    const unsigned char digest[16]);

/** Note a digest. */
void pg_ledger_see(pg_ledger_t *ledger, const unsigned char digest[16]);

/** Each digest that was noted, the oldest first. */
void pg_ledger_digests(const pg_ledger_t *ledger, void *to,
                       void (*take)(void *to, const unsigned char digest[16]));

/**
 * pg_ledger_snapshot() without lists, for scrapes: totals, history and the
 * number of sources, but no virtual hosts, top lists or recent attempts.
 */
apr_status_t pg_ledger_figures(pg_snapshot_t **out, const pg_ledger_t *ledger,
                               apr_time_t now, apr_pool_t *pool);

#endif
