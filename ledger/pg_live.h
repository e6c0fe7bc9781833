/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The ledger of a server: a file that its children count in, and a standby in
 * memory.
 *
 * A process that touches a mapped page that is beyond the end of its file gets
 * SIGBUS. So the parent of a server, whose death would end all the children,
 * never touches the mapping: it uses the file's descriptor. The children count
 * each attempt twice, in the file and in anonymous memory that they share.
 * When the file has shrunk, was overwritten, removed or replaced, all of them
 * count in that memory alone from the next attempt on, and no count is missing
 * there. A child in the middle of an addition survives, too (pg_live_fault()).
 * The parent then keeps a fresh ledger at the path up to date until the next
 * restart opens it.
 *
 * Without a file there is only the memory: its counts outlive restarts, but
 * not the server. Once a restart can create the file, it begins with them. */
#ifndef PG_LIVE_H
#define PG_LIVE_H

#include "pg_ledger.h"

/** Memory that outlives restarts: kept by the caller, zeroed at first. */
typedef struct pg_live_memory_t {
    void *at;                    /* NULL: none yet                        */
    apr_size_t size;
    char path[256];              /* of the file that it backs up, or
                                    replaces: its beginning               */
} pg_live_memory_t;

/** What the parent has of its ledger. */
typedef struct pg_live_t {
    pg_ledger_t *ledger;         /* for recording and reading, by children */
    const pg_ledger_options_t *options;
    const pg_ledger_t *copy;     /* what was counted as of the last
                                    pg_live_watch(): safe to read, until
                                    the pool it was given is cleared      */
    int fresh;                   /* of the ledger put in the lost one's
                                    place; -1: none                       */
    apr_uint64_t saved;          /* pg_ledger_counted() of that one       */
    bool said;                   /* the loss has been reported            */
} pg_live_t;

/**
 * Open a server's ledger, or make one in memory if its file cannot be used:
 * opening->how is PG_OPENED_FAILED then, with the reason.
 * @param options  and its strings live as long as out
 * @param memory   where the counts of the server's last generation are: a file
 *                 that has to be made begins with them; replaced
 * @return what was wrong with the file; out->ledger is NULL if there is no
 *         memory either
 */
apr_status_t pg_live_open(pg_live_t *out, pg_opening_t *opening,
                          const pg_ledger_options_t *options,
                          pg_live_memory_t *memory, apr_time_t now,
                          apr_pool_t *pool);

/**
 * In the parent, every few seconds and at stop: notes that the server is still
 * counting, checks that the file is there, fills live->copy, and keeps a fresh
 * ledger up to date if the file is lost.
 * @param why  what happened to the file, once; else NULL
 */
void pg_live_watch(pg_live_t *live, apr_time_t now, const char **why,
                   apr_pool_t *pool);

/** In a child, which has the mapping: close the descriptor. */
void pg_live_child(pg_live_t *live);

/**
 * In a child, from a handler of SIGBUS: was it the ledger's file, which has
 * shrunk? Then memory is mapped in its place, the ledger counts as lost, and
 * the instruction may be retried. Async-signal-safe.
 */
bool pg_live_fault(const pg_ledger_t *ledger, const void *at);

#endif
