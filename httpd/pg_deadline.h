/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The conversations of one child, and their deadlines. A separate thread ends
 * what is overdue: in an idle child, event's timers fire ten seconds late or
 * more, and a worker that waits within one TLS record has a time-out for each
 * octet, none for the whole. The thread lives only while there are
 * conversations. */
#ifndef PG_DEADLINE_H
#define PG_DEADLINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <apr_network_io.h>

typedef struct pg_deadlines_t pg_deadlines_t;

/** Why its socket was shut down for reading. */
typedef enum pg_due_e { PG_DUE_NOT, PG_DUE_LATE, PG_DUE_STOP } pg_due_e;

/** One conversation's part, in its own memory. */
typedef struct pg_deadline_t {
    struct pg_deadline_t *next, **at;    /* the list's                    */
    apr_socket_t *socket;
    void *owner;
    _Atomic apr_int64_t expires;         /* pg_deadline_now(); any thread */
    atomic_int due;                      /* a pg_due_e                    */
} pg_deadline_t;

/** Microseconds of a clock that nobody sets. */
apr_time_t pg_deadline_now(void);

/** In post_config. */
pg_deadlines_t *pg_deadline_make(apr_pool_t *pconf);

/** A lock that gives its holder an error, not a deadlock, when locked again:
 *  prefork stops a child from a signal handler, which may have interrupted
 *  anything. What cannot be locked there is left to the end of the process. */
void pg_deadline_lock_init(pthread_mutex_t *lock);

/** In child_init. */
void pg_deadline_child(pg_deadlines_t *all);

/** Watch it until it is removed. Its owner may be stopped before this returns.
 *  @return false: this child stops, or nobody would watch */
bool pg_deadline_add(pg_deadlines_t *all, pg_deadline_t *one);

/** Idempotent. */
void pg_deadline_remove(pg_deadlines_t *all, pg_deadline_t *one);

/** In child_stopping: stop() each owner, wake those that wait for a client,
 *  and accept no more. */
void pg_deadline_stop(pg_deadlines_t *all, void (*stop)(void *owner));

#endif
