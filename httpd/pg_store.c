/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_store.h"

#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <unixd.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_guard.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

/* --- opening ------------------------------------------------------------- */

static const char *const how_words[] = {
    [PG_OPENED_NEW]      = "is new",
    [PG_OPENED_KEPT]     = "goes on",
    [PG_OPENED_RESTORED] = "goes on from its checkpoint",
    [PG_OPENED_MIGRATED] = "goes on in a new layout",
    [PG_OPENED_REPLACED] = "is new",
    [PG_OPENED_FAILED]   = "cannot be used",
};

static void say_opening(server_rec *s, const pg_opening_t *opening,
                        const char *path, const char *memory)
{
    if (opening->aside) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, PGLOGNO(0002)
                     "ledger %s could not be used as it was (%s): kept aside "
                     "as %s; the ledger %s", path,
                     opening->why ? opening->why : "unknown", opening->aside,
                     how_words[opening->how]);
    }
    if (opening->checkpoint_why) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s, PGLOGNO(0005)
                     "ProxyGuardCheckpoint: %s could not be used (%s)",
                     pg_config_of(s)->checkpoint, opening->checkpoint_why);
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, PGLOGNO(0001)
                 "mod_proxyguard " PROXYGUARD_VERSION ": ledger %s %s: %s",
                 path, how_words[opening->how], memory);
}

/* Sizes change only while no child of an older generation counts. */
static bool is_first_generation(void)
{
    int generation = 0;

    return ap_mpm_query(AP_MPMQ_GENERATION, &generation) != APR_SUCCESS
           || generation == 0;
}

static pg_ledger_options_t options_of(const pg_settings_t *settings,
                                      apr_pool_t *pconf)
{
    pg_ledger_options_t options = { .resize = is_first_generation() };

    options.path = ap_runtime_dir_relative(pconf, settings->ledger);
    options.recent = (apr_uint32_t)settings->recent;
    for (int i = 0; i < PG_TOP_COUNT; i++) {
        options.top[i] = (apr_uint32_t)settings->top[i];
    }
    if (settings->checkpoint && settings->checkpoint_seconds > 0) {
        options.checkpoint = settings->checkpoint;
    }
    /* Only root can give a file to a group it is not in. */
    if (geteuid() == 0) {
        options.set_group = true;
        options.group = ap_unixd_config.group_id;
    }
    return options;
}

/* --- saving -------------------------------------------------------------- */

static void say_tick(server_rec *s, const pg_checkpoint_t *checkpoint,
                     pg_tick_e tick, const char *why)
{
    if (tick == PG_TICK_FAILED) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s, PGLOGNO(0006)
                     "ProxyGuardCheckpoint: %s cannot be written (%s); "
                     "counting goes on, and so do the tries",
                     checkpoint->path, why ? why : "unknown");
    }
    else if (tick == PG_TICK_RECOVERED) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, PGLOGNO(0007)
                     "ProxyGuardCheckpoint: %s is written again",
                     checkpoint->path);
    }
}

/* What PG0006 said holds until PG0007, over restarts too: kept where data
 * outlive them. The path is told apart by its first octets. */
#define OUTAGE_KEY "proxyguard-checkpoint-1"
typedef struct outage_t {
    char path[256];              /* that cannot be written; "": none      */
} outage_t;

static outage_t *outage_kept(void)
{
    outage_t *outage = ap_retained_data_get(OUTAGE_KEY);

    return outage ? outage
                  : ap_retained_data_create(OUTAGE_KEY, sizeof(*outage));
}

static void save(pg_checkpoint_t *checkpoint, server_rec *s, bool force,
                 apr_pool_t *parent)
{
    const char *why = NULL;
    apr_pool_t *pool;
    pg_tick_e tick;

    apr_pool_create(&pool, parent);
    tick = pg_checkpoint_tick(checkpoint, apr_time_now(), force, &why, pool);
    say_tick(s, checkpoint, tick, why);
    apr_cpystrn(outage_kept()->path,
                checkpoint->failing ? checkpoint->path : "",
                sizeof(outage_kept()->path));
    apr_pool_destroy(pool);
}

int pg_store_monitor(apr_pool_t *pool, server_rec *main_server)
{
    const pg_guard_t *guard = pg_config_of(main_server)->guard;

    if (guard && guard->ledger) {
        pg_ledger_tend(guard->ledger, apr_time_now());
    }
    if (guard && guard->checkpoint) {
        save(guard->checkpoint, main_server, false, pool);
    }
    return DECLINED;
}

typedef struct last_save_t {
    pg_checkpoint_t *checkpoint;
    server_rec *server;
    apr_pool_t *pool;
    pid_t pid;                   /* of the parent: children stop too      */
} last_save_t;

static apr_status_t save_at_end(void *data)
{
    last_save_t *last = data;

    if (getpid() == last->pid) {
        save(last->checkpoint, last->server, true, last->pool);
    }
    return APR_SUCCESS;
}

static pg_checkpoint_t *make_checkpoint(const pg_ledger_t *ledger,
                                        const pg_ledger_options_t *options,
                                        server_rec *s, apr_pool_t *pconf)
{
    pg_checkpoint_t *checkpoint = apr_pcalloc(pconf, sizeof(*checkpoint));
    last_save_t *last = apr_pcalloc(pconf, sizeof(*last));

    checkpoint->ledger = ledger;
    checkpoint->path = options->checkpoint;
    checkpoint->own.set_group = options->set_group;
    checkpoint->own.group = options->group;
    checkpoint->failing = *options->checkpoint
                          && strncmp(options->checkpoint, outage_kept()->path,
                                     sizeof(outage_kept()->path) - 1) == 0;
    checkpoint->interval =
        apr_time_from_sec(pg_config_of(s)->checkpoint_seconds);
    last->checkpoint = checkpoint;
    last->server = s;
    last->pool = pconf;
    last->pid = getpid();
    /* Before the pool's children and the mapping are gone. */
    apr_pool_pre_cleanup_register(pconf, last, save_at_end);
    return checkpoint;
}

pg_ledger_t *pg_store_open(pg_checkpoint_t **checkpoint, apr_pool_t *pconf,
                           server_rec *main_server)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_ledger_options_t options;
    pg_opening_t opening = { .how = PG_OPENED_FAILED };
    pg_ledger_t *ledger = NULL;
    apr_status_t status;

    *checkpoint = NULL;
    if (ap_cstr_casecmp(settings->ledger, "none") == 0) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server, PGLOGNO(0008)
                     "mod_proxyguard " PROXYGUARD_VERSION ": no ledger, "
                     "attempts are not counted (ProxyGuardLedger none)");
        return NULL;
    }
    options = options_of(settings, pconf);
    status = pg_ledger_open_as(&ledger, &opening, &options, apr_time_now(),
                               pconf);
    if (status != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, status, main_server, PGLOGNO(0003)
                     "ProxyGuardLedger: %s cannot be used: %s. Attempts are "
                     "refused but not counted; name a file in a directory "
                     "that exists and that only root can write to, or 'none'",
                     options.path, opening.why ? opening.why : "see above");
        return NULL;
    }
    say_opening(main_server, &opening, options.path,
                pg_ledger_describe(ledger, pconf));
    if (options.checkpoint) {
        *checkpoint = make_checkpoint(ledger, &options, main_server, pconf);
    }
    return ledger;
}
