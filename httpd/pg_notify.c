/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_notify.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_log.h>

#include "pg_budget.h"
#include "pg_calendar.h"
#include "pg_config.h"
#include "pg_evidence.h"
#include "pg_guard.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

/*  [ pg_outage_t | pg_budget_t ]   the block all processes share; its key
 *  names the layout, for it may be older than this code. */
#define BLOCK_KEY "proxyguard-outlet-1"
enum { BUDGET_AT = 64 };

struct pg_notify_t {
    pg_budget_t *budget;
    pg_outage_t *outage;
    pg_evidence_t *evidence;     /* NULL: none configured                 */
};

/* --- the shared block ---------------------------------------------------- */

/* Should shared memory be refused, each child has a block of its own: its
 * lines are then limited all the same. */
static void *new_block(apr_pool_t *pool, apr_size_t size)
{
    apr_shm_t *shm;
    void *block;

    if (apr_shm_create(&shm, size, NULL, pool) != APR_SUCCESS) {
        return apr_pcalloc(pool, size);
    }
    block = apr_shm_baseaddr_get(shm);
    memset(block, 0, size);
    return block;
}

static void *shared_block(server_rec *s)
{
    void **kept = ap_retained_data_get(BLOCK_KEY);
    apr_uint64_t secret = 0;

    if (kept) {
        return *kept;
    }
    kept = ap_retained_data_create(BLOCK_KEY, sizeof(*kept));
    *kept = new_block(s->process->pool, BUDGET_AT + pg_budget_size());
    (void)apr_generate_random_bytes((unsigned char *)&secret, sizeof(secret));
    pg_budget_init((char *)*kept + BUDGET_AT, secret);
    return *kept;
}

/* --- what was held back -------------------------------------------------- */

static void say_held(apr_pool_t *pool, server_rec *s, pg_budget_t *budget,
                     apr_time_t until)
{
    char minute[PG_CALENDAR_SIZE];
    pg_held_t held;

    while (pg_budget_collect(budget, &held, until)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, PGLOGNO(0106)
                     "attempts counted, but not logged (ProxyGuardLogRate): "
                     "minute=%s held=%" APR_UINT64_T_FMT " by_source=%"
                     APR_UINT64_T_FMT " by_total=%" APR_UINT64_T_FMT,
                     pg_calendar_text(minute, held.minute, PG_CALENDAR_MINUTE),
                     held.by_source + held.by_total, held.by_source,
                     held.by_total);
    }
}

int pg_notify_monitor(apr_pool_t *pool, server_rec *main_server)
{
    const pg_guard_t *guard = pg_config_of(main_server)->guard;

    if (guard) {
        say_held(pool, main_server, guard->outlet->budget, apr_time_now());
    }
    return DECLINED;
}

/* --- life ---------------------------------------------------------------- */

pg_notify_t *pg_notify_make(apr_pool_t *pconf, server_rec *main_server)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_notify_t *outlet = apr_pcalloc(pconf, sizeof(*outlet));
    void *block = shared_block(main_server);

    outlet->outage = block;
    outlet->budget = (void *)((char *)block + BUDGET_AT);
    if (settings->evidence
        && pg_evidence_open(&outlet->evidence, outlet->outage, pconf,
                            main_server) != APR_SUCCESS) {
        return NULL;
    }
    /* a restart does not wait for the minute to end */
    say_held(pconf, main_server, outlet->budget,
             apr_time_now() + apr_time_from_sec(60));
    return outlet;
}

/* APLOG_R_IS_LEVEL says yes to all from notice up, LogLevel or not. */
static bool is_logged(const request_rec *r)
{
    return ap_get_request_module_loglevel(r, APLOG_MODULE_INDEX)
           >= APLOG_WARNING;
}

void pg_notify_attempt(const request_rec *r, const pg_event_t *event)
{
    const pg_settings_t *settings = pg_config_of(r->server);
    const pg_notify_t *outlet = settings->guard->outlet;
    pg_rate_t rate = { .source = settings->rate_source,
                       .total = settings->rate_total };
    pg_asking_t asking = { .source = event->source,
                           .carried = event->outcome == PG_OUTCOME_RELAYED,
                           .now = apr_time_now() };

    if (is_logged(r)
        && pg_budget_take(outlet->budget, &rate, &asking)) {
        pg_log_attempt(r, event);
    }
    if (outlet->evidence) {
        pg_evidence_write(outlet->evidence, r, event);
    }
}

apr_uint64_t pg_notify_held(const pg_notify_t *outlet)
{
    return pg_budget_held(outlet->budget);
}

apr_uint64_t pg_notify_lost(const pg_notify_t *outlet)
{
    return atomic_load(&outlet->outage->lost);
}
