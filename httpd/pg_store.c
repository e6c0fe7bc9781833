/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_store.h"

#include <unistd.h>

#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <unixd.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_guard.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

/* --- opening ------------------------------------------------------------- */

static const char *const how_words[] = {
    [PG_OPENED_NEW]      = "created",
    [PG_OPENED_KEPT]     = "resumed",
    [PG_OPENED_RESTORED] = "restored from its checkpoint",
    [PG_OPENED_MIGRATED] = "carried over to a new file",
    [PG_OPENED_REPLACED] = "created",
    [PG_OPENED_FAILED]   = "kept in memory only",
};

static void say_opening(server_rec *s, const pg_opening_t *opening,
                        const char *path, const char *memory)
{
    if (opening->unchanged) {
        PG_LOG(APLOG_WARNING, s, PGLOGNO(0010)
               "ledger %s stays as it is although the configuration differs "
               "(%s): it is in use by processes of another server, or from "
               "before this restart. Stop all of them and start again to "
               "change it", path, opening->unchanged);
    }
    if (opening->aside) {
        PG_LOG(APLOG_WARNING, s, PGLOGNO(0002)
               "ledger %s could not be used as it was (%s) and was renamed "
               "to %s; ledger %s", path,
               opening->why ? opening->why : "unknown", opening->aside,
               how_words[opening->how]);
    }
    if (opening->checkpoint_why) {
        PG_LOG(APLOG_WARNING, s, PGLOGNO(0005)
               "ProxyGuardCheckpoint: %s could not be used (%s)",
               pg_config_of(s)->checkpoint, opening->checkpoint_why);
    }
    PG_LOG(APLOG_NOTICE, s, PGLOGNO(0001)
           "mod_proxyguard " PROXYGUARD_VERSION ": ledger %s %s: %s",
           path, how_words[opening->how], memory);
}

/* Sizes change only when no child of an older generation is counting. */
static bool is_first_generation(void)
{
    int generation = 0;

    return ap_mpm_query(AP_MPMQ_GENERATION, &generation) != APR_SUCCESS
           || generation == 0;
}

static void fill_options(pg_ledger_options_t *out,
                         const pg_settings_t *settings, apr_pool_t *pconf)
{
    pg_ledger_options_t options = { .resize = is_first_generation() };

    options.path = ap_runtime_dir_relative(pconf, settings->ledger);
    options.key = settings->secret;
    options.recent = (apr_uint32_t)settings->recent;
    for (int i = 0; i < PG_TOP_COUNT; i++) {
        options.top[i] = (apr_uint32_t)settings->top[i];
    }
    if (settings->checkpoint && settings->checkpoint_seconds > 0) {
        options.checkpoint = settings->checkpoint;
    }
    /* Only root can give a file to a group that it is not in. */
    if (geteuid() == 0) {
        options.set_group = true;
        options.group = ap_unixd_config.group_id;
    }
    *out = options;
}

/* --- saving -------------------------------------------------------------- */

static void say_tick(server_rec *s, const pg_checkpoint_t *checkpoint,
                     pg_tick_e tick, const char *why)
{
    if (tick == PG_TICK_FAILED) {
        PG_LOG(APLOG_ERR, s, PGLOGNO(0006)
               "ProxyGuardCheckpoint: %s cannot be written (%s); "
               "counting continues, and writing is tried again",
               checkpoint->path, why ? why : "unknown");
    }
    else if (tick == PG_TICK_RECOVERED) {
        PG_LOG(APLOG_NOTICE, s, PGLOGNO(0007)
               "ProxyGuardCheckpoint: %s can be written again",
               checkpoint->path);
    }
}

/* An outage that PG0006 reported lasts until PG0007, even across restarts, so
 * it is kept in data that outlive them. Paths are compared as far as they fit
 * here. */
#define OUTAGE_KEY "proxyguard-checkpoint-1"
typedef struct outage_t {
    char path[256];              /* cannot be written; "": none           */
} outage_t;

/* Data that outlive restarts, zeroed at first. */
static void *kept(const char *key, apr_size_t size)
{
    void *data = ap_retained_data_get(key);

    return data ? data : ap_retained_data_create(key, size);
}

static outage_t *outage_kept(void)
{
    return kept(OUTAGE_KEY, sizeof(outage_t));
}

static void save(pg_checkpoint_t *checkpoint, server_rec *s, bool force,
                 apr_pool_t *pool)
{
    const char *why = NULL;
    pg_tick_e tick = pg_checkpoint_tick(checkpoint, apr_time_now(), force,
                                        &why, pool);

    say_tick(s, checkpoint, tick, why);
    apr_cpystrn(outage_kept()->path,
                checkpoint->failing ? checkpoint->path : "",
                sizeof(outage_kept()->path));
}

/* @param then what happens, and what to do */
static void say_unusable(const pg_store_t *store, const char *how,
                         const char *why, const char *then)
{
    PG_LOG(APLOG_ERR, store->server, PGLOGNO(0003)
           "ProxyGuardLedger: %s %s: %s. %s", store->options.path, how,
           why ? why : "unknown", then);
}

/* What the parent does with its ledger, every few seconds and at stop. */
static void look_after(pg_store_t *store, bool at_end, apr_pool_t *parent)
{
    const char *why;
    apr_pool_t *pool;

    if (store == NULL || apr_pool_create(&pool, parent) != APR_SUCCESS) {
        return;
    }
    pg_live_watch(&store->live, apr_time_now(), &why, pool);
    if (why) {
        say_unusable(store, "can no longer be used", why,
                     "Counting continues in memory, and no counts are lost; "
                     "a restart opens the file again");
    }
    if (store->checkpoint && store->live.copy) {
        store->checkpoint->ledger = store->live.copy;
        save(store->checkpoint, store->server, at_end, pool);
    }
    apr_pool_destroy(pool);
}

int pg_store_monitor(apr_pool_t *pool, server_rec *main_server)
{
    const pg_guard_t *guard = pg_config_of(main_server)->guard;

    if (guard) {
        look_after(guard->store, false, pool);
    }
    return OK;
}

static apr_status_t save_at_end(void *data)
{
    pg_store_t *store = data;

    /* only in the parent: children run this cleanup, too */
    if (getpid() == store->pid) {
        look_after(store, true, store->server->process->pool);
    }
    return APR_SUCCESS;
}

static void make_checkpoint(pg_store_t *store, apr_pool_t *pconf)
{
    const pg_ledger_options_t *options = &store->options;
    pg_checkpoint_t *checkpoint = apr_pcalloc(pconf, sizeof(*checkpoint));

    checkpoint->path = options->checkpoint;
    checkpoint->own.set_group = options->set_group;
    checkpoint->own.group = options->group;
    checkpoint->failing = *options->checkpoint
                          && strncmp(options->checkpoint, outage_kept()->path,
                                     sizeof(outage_kept()->path) - 1) == 0;
    checkpoint->interval = apr_time_from_sec(
        pg_config_of(store->server)->checkpoint_seconds);
    store->checkpoint = checkpoint;
}

/* --- a file that shrinks ------------------------------------------------- */

/* In a child: see pg_live_fault(). A fault elsewhere occurs again as soon as
 * this returns, and then reaches the previous handler. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    const pg_guard_t *guard = pg_config_of(ap_server_conf)->guard;

    if (!pg_live_fault(guard->ledger, info->si_addr)) {
        sigaction(number, &guard->store->before, NULL);
    }
}

void pg_store_child(apr_pool_t *pool, server_rec *main_server)
{
    const pg_guard_t *guard = pg_config_of(main_server)->guard;
    struct sigaction action = { .sa_sigaction = on_bus_error,
                                .sa_flags = SA_SIGINFO | SA_NODEFER };

    if (guard && guard->ledger) {
        sigemptyset(&action.sa_mask);
        sigaction(SIGBUS, &action, &guard->store->before);
        if (getpid() != guard->store->pid) {      /* else httpd -X        */
            pg_live_child(&guard->store->live);
        }
    }
}

/* --- start --------------------------------------------------------------- */

/* Where counts without a file are kept: across restarts, as long as the server
 * runs. */
#define MEMORY_KEY "proxyguard-memory-2"

pg_store_t *pg_store_open(apr_pool_t *pconf, server_rec *main_server)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_store_t *store = apr_pcalloc(pconf, sizeof(*store));
    pg_opening_t opening = { .how = PG_OPENED_FAILED };
    apr_status_t status;

    if (ap_cstr_casecmp(settings->ledger, "none") == 0) {
        PG_LOG(APLOG_NOTICE, main_server, PGLOGNO(0008)
               "mod_proxyguard " PROXYGUARD_VERSION ": no ledger: "
               "attempts are not counted (ProxyGuardLedger none)");
        return NULL;
    }
    store->server = main_server;
    store->pid = getpid();
    fill_options(&store->options, settings, pconf);
    status = pg_live_open(&store->live, &opening, &store->options,
                          kept(MEMORY_KEY, sizeof(pg_live_memory_t)),
                          apr_time_now(), pconf);
    if (status != APR_SUCCESS) {
        say_unusable(store, "cannot be used", opening.why,
                     store->live.ledger
                     ? "Attempts are counted in memory, and without a "
                       "checkpoint the counts are lost when the server "
                       "stops; name a file in an existing directory that "
                       "only root can write to, or 'none'"
                     : "Attempts are refused but not counted");
    }
    if (store->live.ledger == NULL) {
        return NULL;
    }
    say_opening(main_server, &opening, store->options.path,
                pg_ledger_describe(store->live.ledger, pconf));
    if (store->options.checkpoint) {
        make_checkpoint(store, pconf);
    }
    /* Before the pool's children and the mapping are destroyed. */
    apr_pool_pre_cleanup_register(pconf, store, save_at_end);
    return store;
}
