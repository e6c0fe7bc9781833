/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_config_sink.h"

#include <apr_strings.h>
#include <http_log.h>

#include "pg_config.h"
#include "pg_conftree.h"
#include "pg_log.h"
#include "pg_sinkhole.h"
#include "pg_slots.h"

APLOG_USE_MODULE(proxyguard);

const char *pg_config_sink_spool(cmd_parms *cmd, pg_settings_t *settings,
                                 const char *path, const char *megabytes)
{
    const char *problem;

    if (ap_cstr_casecmp(path, "none") == 0) {
        if (megabytes) {
            return apr_psprintf(cmd->pool, "%s: 'none' takes no megabytes, "
                                "'%s'", cmd->cmd->name, megabytes);
        }
        settings->spool = NULL;
        return NULL;
    }
    problem = megabytes ? pg_config_number(&settings->spool_megabytes, cmd,
                                           megabytes, 1, 1048576, "megabytes")
                        : NULL;
    if (problem) {
        return problem;
    }
    if (settings->spool == NULL) {
        pg_sinkhole_register();
    }
    settings->spool = *path ? ap_server_root_relative(cmd->pool, path) : NULL;
    return settings->spool ? NULL
           : pg_config_about(cmd, path, "is neither a path nor 'none'");
}

const char *pg_config_sink_limit(cmd_parms *cmd, pg_settings_t *settings,
                                 const char *what, const char *number)
{
    const struct {
        const char *word;
        int *value;
        int least, most;
    } limits[] = {
        { "conversations", &settings->sink_conversations, 1, PG_SLOTS_MOST },
        { "source", &settings->sink_source, 1, PG_SLOTS_MOST },
        { "seconds", &settings->sink_seconds, 5, 3600 },
        { "kilobytes", &settings->sink_kilobytes, 1, 65536 },
    };

    for (apr_size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (ap_cstr_casecmp(what, limits[i].word) == 0) {
            return pg_config_number(limits[i].value, cmd, number,
                                    limits[i].least, limits[i].most,
                                    limits[i].word);
        }
    }
    return pg_config_about(cmd, what, "is not conversations, source, seconds "
                           "or kilobytes");
}

static bool can_sink(int subject)
{
    return subject == PG_CLASS_CONNECT_MAIL || subject == PG_CLASS_CONNECT_TLS
           || subject == PG_CLASS_CONNECT_OTHER;
}

const char *pg_config_sink_action(cmd_parms *cmd, int subject)
{
    if (!can_sink(subject)) {
        return pg_config_about(cmd, subject == PG_SUBJECT_COUNT
                                   ? "all" : pg_policy_name(subject),
                               "cannot be sunk; only connect-mail, "
                               "connect-tls and connect-other can");
    }
    pg_config_of(cmd->server)->sink_line =
        apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                     cmd->directive->line_num);
    return NULL;
}

/* --- does it fit together? ----------------------------------------------- */

static bool sinks(const pg_settings_t *settings)
{
    for (int i = 0; i < PG_CLASS_COUNT; i++) {
        if (settings->action[i].status != PG_UNSET
            && settings->action[i].act == PG_ACT_SINK) {
            return true;
        }
    }
    return false;
}

bool pg_config_sink_used(const server_rec *main_server)
{
    for (const server_rec *s = main_server; s; s = s->next) {
        const pg_settings_t *settings = pg_config_of(s);

        if (settings->engine == PG_ENGINE_ON && sinks(settings)) {
            return true;
        }
    }
    return false;
}

static const char *objection(const pg_settings_t *main_settings,
                             const server_rec *s)
{
    const char *ledger = main_settings->ledger;

    if (main_settings->spool == NULL) {
        return "no ProxyGuardSinkSpool is set";
    }
    if (ledger && ap_cstr_casecmp(ledger, "none") == 0) {
        return "without a ledger the number of conversations cannot be "
               "limited (ProxyGuardLedger none)";
    }
    return pg_conftree_proxy_requests(s)
           ? "its virtual host is a forward proxy (ProxyRequests On)" : NULL;
}

int pg_config_sink_check(apr_pool_t *pconf, apr_pool_t *plog,
                         apr_pool_t *ptemp, server_rec *main_server)
{
    for (server_rec *s = main_server; s; s = s->next) {
        const char *why = sinks(pg_config_of(s))
                              ? objection(pg_config_of(main_server), s) : NULL;

        if (why) {
            PG_LOG(APLOG_EMERG, main_server,
                   PGLOGNO(0281) "ProxyGuardAction ... sink (%s): %s; "
                   "refusing to start", pg_config_of(s)->sink_line, why);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}
