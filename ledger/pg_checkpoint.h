/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Checkpoints: a ledger's contents on a disk, so that they outlive a reboot. A
 * checkpoint is the block as it is in memory, copied while counting goes on,
 * followed by a checksum. It is written to a temporary file, flushed, renamed,
 * and the folder is flushed: there is a complete one at every instant, and the
 * previous one is kept as path.prev. */
#ifndef PG_CHECKPOINT_H
#define PG_CHECKPOINT_H

#include "pg_file.h"
#include "pg_ledger.h"

/** Saving one ledger: the first four are set by the caller, the rest is
 *  zeroed at first and kept between calls. One process at a time (the
 *  parent). */
typedef struct pg_checkpoint_t {
    const pg_ledger_t *ledger;   /* in memory that cannot shrink: a copy  */
    const char *path;
    pg_file_own_t own;
    apr_time_t interval;         /* us                                    */
    apr_time_t tried;            /* time of the last attempt              */
    apr_uint64_t counted;        /* pg_ledger_counted() of the saved one  */
    bool saved;                  /* there is one of this run              */
    bool failing;                /* the last attempt failed               */
} pg_checkpoint_t;

/**
 * Write a checkpoint now.
 *
 * What is at path must be missing, or a ledger's file of the effective user:
 * anything else is refused and left alone.
 *
 * @param now  us since 1970, noted in the file
 * @param why  on failure: in words, in pool
 */
apr_status_t pg_checkpoint_save(const pg_checkpoint_t *checkpoint,
                                apr_time_t now, const char **why,
                                apr_pool_t *pool);

/**
 * Read a checkpoint into private memory: the one at path or, if that is
 * missing or damaged, path.prev. A damaged one is renamed path.bad-1 to -3,
 * so that it does not become path.prev. A file that is not a ledger at all is
 * left alone, and so is path.prev, which is not ours then: APR_EINVAL.
 *
 * @param why  what was wrong, also when path.prev was sound; NULL: nothing
 * @return APR_ENOENT when there is none, with *why NULL
 */
apr_status_t pg_checkpoint_load(pg_ledger_t **out, const char *path,
                                const char **why, apr_pool_t *pool);

typedef enum pg_tick_e {
    PG_TICK_IDLE,                /* nothing to do yet, or nothing new     */
    PG_TICK_SAVED,
    PG_TICK_FAILED,              /* for the first time: to be logged      */
    PG_TICK_STILL_FAILING,       /* logged already                        */
    PG_TICK_RECOVERED            /* it works again: to be logged          */
} pg_tick_e;

/**
 * Save if the interval is over (or force, at stop) and anything was counted.
 * A clock that jumped back does not stop it.
 * @param why  for FAILED and STILL_FAILING
 */
pg_tick_e pg_checkpoint_tick(pg_checkpoint_t *checkpoint, apr_time_t now,
                             bool force, const char **why, apr_pool_t *pool);

#endif
