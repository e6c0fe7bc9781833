/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_deadline.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <apr_pools.h>
#include <apr_time.h>

struct pg_deadlines_t {
    pthread_mutex_t mutex;       /* for what follows                      */
    pthread_cond_t wake;
    pg_deadline_t *first;
    bool stopping;
    bool running;                /* the thread has not left its loop      */
    bool joinable;
    pthread_t id;
};

/* How long it may oversleep: the clock need not be read more often. */
enum { TICK_US = 250000 };

#ifdef __APPLE__   /* its conditions wait by the clock on the wall only */
enum { CLOCK = CLOCK_REALTIME };
#else
enum { CLOCK = CLOCK_MONOTONIC };
#endif

apr_time_t pg_deadline_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK, &t);
    return apr_time_make(t.tv_sec, t.tv_nsec / 1000);
}

pg_deadlines_t *pg_deadline_make(apr_pool_t *pconf)
{
    return apr_pcalloc(pconf, sizeof(pg_deadlines_t));
}

void pg_deadline_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

void pg_deadline_child(pg_deadlines_t *all)
{
    pthread_condattr_t attributes;

    pg_deadline_lock_init(&all->mutex);
    pthread_condattr_init(&attributes);
#ifndef __APPLE__
    pthread_condattr_setclock(&attributes, CLOCK);
#endif
    pthread_cond_init(&all->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* The reader sees the end of the stream, and then the reason. */
static void expire(pg_deadline_t *one, pg_due_e why)
{
    atomic_store(&one->due, why);
    apr_socket_shutdown(one->socket, APR_SHUTDOWN_READ);
}

/* Has this process been signalled to stop, but blocks the signal? Then a
 * worker is in a conversation, and the MPM is prefork: pg_sinkhole.c. */
static bool is_to_stop(void)
{
    sigset_t held;

    return sigpending(&held) == 0 && (sigismember(&held, SIGTERM) == 1
                                      || sigismember(&held, SIGHUP) == 1);
}

static void expire_all(pg_deadline_t *first, apr_time_t now)
{
    bool stop = is_to_stop();

    for (pg_deadline_t *one = first; one; one = one->next) {
        if (atomic_load(&one->due) == PG_DUE_NOT
            && (stop || atomic_load(&one->expires) <= now)) {
            expire(one, stop ? PG_DUE_STOP : PG_DUE_LATE);
        }
    }
}

static void *watch(void *data)
{
    pg_deadlines_t *all = data;

    pthread_mutex_lock(&all->mutex);
    while (all->first && !all->stopping) {
        apr_time_t now = pg_deadline_now();
        apr_time_t next = now + TICK_US;
        struct timespec until = {
            .tv_sec = apr_time_sec(next),
            .tv_nsec = apr_time_usec(next) * 1000
        };

        expire_all(all->first, now);
        pthread_cond_timedwait(&all->wake, &all->mutex, &until);
    }
    all->running = false;
    pthread_mutex_unlock(&all->mutex);
    return NULL;
}

/* The MPM's signals are for its own threads: a SIGTERM handled in this one
 * would free a prefork child's pools while its worker uses them. They are
 * blocked before it exists, since one that arrives first finds it unready. */
static bool start_thread(pg_deadlines_t *all)
{
    sigset_t every, before;
    bool started;

    sigfillset(&every);
    pthread_sigmask(SIG_BLOCK, &every, &before);
    started = pthread_create(&all->id, NULL, watch, all) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* With the mutex held. A thread that has left its loop no longer needs it. */
static bool start(pg_deadlines_t *all)
{
    if (all->joinable && !all->running) {
        pthread_join(all->id, NULL);
        all->joinable = false;
    }
    if (!all->joinable) {
        all->running = all->joinable = start_thread(all);
    }
    return all->running;
}

bool pg_deadline_add(pg_deadlines_t *all, pg_deadline_t *one)
{
    bool taken;

    pthread_mutex_lock(&all->mutex);
    taken = !all->stopping && start(all);
    if (taken) {
        one->next = all->first;
        one->at = &all->first;
        if (one->next) {
            one->next->at = &one->next;
        }
        all->first = one;
    }
    pthread_mutex_unlock(&all->mutex);
    return taken;
}

void pg_deadline_remove(pg_deadlines_t *all, pg_deadline_t *one)
{
    if (pthread_mutex_lock(&all->mutex) != 0) {
        return;
    }
    if (one->at) {
        *one->at = one->next;
        if (one->next) {
            one->next->at = one->at;
        }
        one->at = NULL;
    }
    pthread_mutex_unlock(&all->mutex);
}

void pg_deadline_stop(pg_deadlines_t *all, void (*stop)(void *owner))
{
    bool join;

    if (pthread_mutex_lock(&all->mutex) != 0) {
        return;
    }
    all->stopping = true;
    for (pg_deadline_t *one = all->first; one; one = one->next) {
        stop(one->owner);
        expire(one, PG_DUE_STOP);
    }
    join = all->joinable;
    all->joinable = false;
    pthread_cond_signal(&all->wake);
    pthread_mutex_unlock(&all->mutex);
    if (join) {
        pthread_join(all->id, NULL);
    }
}
