/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_notify.h"

#include <apr_shm.h>
#include <http_config.h>
#include <http_log.h>

#include "pg_budget.h"
#include "pg_calendar.h"
#include "pg_config.h"
#include "pg_evidence.h"
#include "pg_guard.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

/*  [ pg_outage_t | pg_budget_t | pg_budget_t ] outage, error log, evidence
 *  log: the block that all processes share. Its key contains the layout, since
 *  the block may be older than this code. */
#define BLOCK_KEY "proxyguard-notify-2"
enum { BUDGET_AT = 64 };

struct pg_notify_t {
    pg_outage_t *outage;
    pg_budget_t *log;
    pg_budget_t *evidence_budget;
    pg_evidence_t *evidence;     /* NULL: none configured                 */
};

/* --- the shared block ---------------------------------------------------- */

/* Zeros. Without shared memory each child has a block of its own, which still
 * limits its lines. */
static void *new_block(apr_pool_t *pool, apr_size_t size)
{
    apr_shm_t *shm;

    return apr_shm_create(&shm, size, NULL, pool) == APR_SUCCESS
           ? apr_shm_baseaddr_get(shm) : apr_pcalloc(pool, size);
}

static void *budget_in(void *block, unsigned i)
{
    return (char *)block + BUDGET_AT + i * pg_budget_size();
}

static void *shared_block(server_rec *s)
{
    void **kept = ap_retained_data_get(BLOCK_KEY);
    apr_uint64_t secret[2] = { 0 };

    if (kept) {
        return *kept;
    }
    kept = ap_retained_data_create(BLOCK_KEY, sizeof(*kept));
    *kept = new_block(s->process->pool, BUDGET_AT + 2 * pg_budget_size());
    (void)apr_generate_random_bytes((unsigned char *)secret, sizeof(secret));
    for (unsigned i = 0; i < 2; i++) {
        pg_budget_init(budget_in(*kept, i), secret[i]);
    }
    return *kept;
}

/* --- what was held back -------------------------------------------------- */

/* The minutes in which lines were held back. Children continue to do so while
 * this runs, so it asks only a few times. */
static void report(server_rec *s, const char *what, pg_budget_t *budget,
                   apr_time_t until)
{
    char minute[PG_CALENDAR_SIZE];
    pg_held_t held;

    for (int i = 0; i < PG_BUDGET_MINUTES
                    && pg_budget_collect(budget, &held, until); i++) {
        pg_calendar_text(minute, held.minute, PG_CALENDAR_MINUTE);
        PG_LOG(APLOG_WARNING, s, "%s: minute=%s held=%" APR_UINT64_T_FMT
               " by_source=%" APR_UINT64_T_FMT " by_total=%"
               APR_UINT64_T_FMT, what, minute, held.by_source + held.by_total,
               held.by_source, held.by_total);
    }
}

static void report_held(server_rec *s, const pg_notify_t *notify,
                        apr_time_t until)
{
    report(s, PGLOGNO(0106) "attempts counted but not logged "
              "(ProxyGuardLogRate)", notify->log, until);
    report(s, PGLOGNO(0130) "attempts counted but left out of the evidence "
              "log (ProxyGuardEvidenceRate)", notify->evidence_budget, until);
}

int pg_notify_monitor(apr_pool_t *pool, server_rec *main_server)
{
    const pg_guard_t *guard = pg_config_of(main_server)->guard;

    if (guard) {
        report_held(main_server, guard->notify, apr_time_now());
    }
    return OK;
}

/* --- life ---------------------------------------------------------------- */

pg_notify_t *pg_notify_make(apr_pool_t *pconf, server_rec *main_server)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_notify_t *notify = apr_pcalloc(pconf, sizeof(*notify));
    void *block = shared_block(main_server);

    notify->outage = block;
    notify->log = budget_in(block, 0);
    notify->evidence_budget = budget_in(block, 1);
    if (settings->evidence
        && pg_evidence_open(&notify->evidence, notify->outage, pconf,
                            main_server) != APR_SUCCESS) {
        return NULL;
    }
    /* a restart does not wait for the end of the minute */
    report_held(main_server, notify, apr_time_now() + apr_time_from_sec(60));
    return notify;
}

/* APLOG_R_IS_LEVEL is true for notice and above, whatever LogLevel says. */
static bool is_logged(const request_rec *r)
{
    return ap_get_request_module_loglevel(r, APLOG_MODULE_INDEX)
           >= APLOG_WARNING;
}

/* A stale DNS record is enough for a foreign Host; a tunnel costs the server's
 * owner most. */
static pg_weight_e weight_of(const pg_event_t *event)
{
    if (event->outcome == PG_OUTCOME_RELAYED) {
        return PG_WEIGHT_CARRIED;
    }
    switch (event->verdict.class_id) {
    case PG_CLASS_CONNECT_TLS:
    case PG_CLASS_CONNECT_MAIL:
    case PG_CLASS_CONNECT_OTHER:
    case PG_CLASS_CHOSEN_BACKEND:
        return PG_WEIGHT_TUNNEL;
    case PG_CLASS_FOREIGN_HOST:
        return event->outcome == PG_OUTCOME_OBSERVED ? PG_WEIGHT_NOISE
                                                     : PG_WEIGHT_ATTEMPT;
    default:
        return PG_WEIGHT_ATTEMPT;
    }
}

/* May a line of evidence be written? */
static bool take_evidence(const server_rec *s, const pg_asking_t *asking)
{
    const pg_settings_t *settings = pg_config_of(s);
    const pg_notify_t *notify = settings->guard->notify;
    pg_rate_t rate = { .source = settings->evidence_source,
                       .total = settings->evidence_total };

    return notify->evidence
           && pg_budget_take(notify->evidence_budget, &rate, asking);
}

static pg_asking_t asking_of(const pg_event_t *event, apr_time_t now)
{
    return (pg_asking_t){ .source = event->source,
                          .weight = weight_of(event), .now = now };
}

/* May a line be written to the error log? */
static bool take_log(const server_rec *s, const pg_asking_t *asking)
{
    const pg_settings_t *settings = pg_config_of(s);
    pg_rate_t rate = { .source = settings->rate_source,
                       .total = settings->rate_total };

    return pg_budget_take(settings->guard->notify->log, &rate, asking);
}

void pg_notify_attempt(const request_rec *r, const pg_event_t *event)
{
    const pg_notify_t *notify = pg_config_of(r->server)->guard->notify;
    pg_asking_t asking = asking_of(event, event->now);

    if (is_logged(r) && take_log(r->server, &asking)) {
        pg_log_attempt(r, event);
    }
    if (take_evidence(r->server, &asking)) {
        pg_evidence_write(notify->evidence, r, event);
    }
}

bool pg_notify_end(const server_rec *s, const pg_event_t *event)
{
    pg_asking_t asking = asking_of(event, apr_time_now());

    return ap_get_server_module_loglevel(s, APLOG_MODULE_INDEX)
               >= APLOG_NOTICE
           && take_log(s, &asking);
}

void pg_notify_capture(server_rec *s, const pg_ecs_t *in, char *room)
{
    pg_asking_t asking = asking_of(in->event, apr_time_now());

    if (take_evidence(s, &asking)) {
        pg_evidence_capture(pg_config_of(s)->guard->notify->evidence, s, *in,
                            room);
    }
}

apr_uint64_t pg_notify_held(const pg_notify_t *notify)
{
    return pg_budget_held(notify->log);
}

apr_uint64_t pg_notify_lost(const pg_notify_t *notify)
{
    return atomic_load(&notify->outage->lost)
           + pg_budget_held(notify->evidence_budget);
}
