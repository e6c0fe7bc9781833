/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_config.h"

#include <stddef.h>

#include <apr_strings.h>
#include <http_log.h>
#include <http_protocol.h>

#include "pg_backends.h"
#include "pg_config_notify.h"
#include "pg_config_sink.h"
#include "pg_ledger.h"
#include "pg_own.h"

APLOG_USE_MODULE(proxyguard);

void *pg_config_create(apr_pool_t *pool, server_rec *s)
{
    pg_settings_t *settings = apr_pcalloc(pool, sizeof(*settings));

#define X(type, name, unset, dflt) settings->name = (unset);
    PG_SETTINGS(X)
#undef X
    for (int i = 0; i < PG_SUBJECT_COUNT; i++) {
        settings->action[i].status = PG_UNSET;
    }
    settings->own_hosts = apr_array_make(pool, 2, sizeof(const char *));
    settings->backends = apr_array_make(pool, 0, sizeof(const char *));
    settings->exempt = apr_array_make(pool, 2, sizeof(ap_expr_info_t *));
    return settings;
}

void *pg_config_merge(apr_pool_t *pool, void *base_config, void *add_config)
{
    const pg_settings_t *base = base_config, *add = add_config;
    pg_settings_t *out = apr_pcalloc(pool, sizeof(*out));

#define X(type, name, unset, dflt) \
    out->name = add->name != (unset) ? add->name : base->name;
    PG_SETTINGS(X)
#undef X
    for (int i = 0; i < PG_SUBJECT_COUNT; i++) {
        out->action[i] = add->action[i].status != PG_UNSET ? add->action[i]
                                                           : base->action[i];
    }
    out->own_hosts = add->own_hosts;
    out->backends = add->backends;
    out->exempt = apr_array_append(pool, base->exempt, add->exempt);
    return out;
}

void pg_config_settle(server_rec *s, apr_pool_t *pool)
{
    pg_settings_t *settings = apr_pmemdup(pool, pg_config_of(s),
                                          sizeof(*settings));

    ap_set_module_config(s->module_config, &proxyguard_module, settings);
#define X(type, name, unset, dflt) \
    if (settings->name == (unset)) { \
        settings->name = (dflt); \
    }
    PG_SETTINGS(X)
#undef X
    for (int i = 0; i < PG_SUBJECT_COUNT; i++) {
        if (settings->action[i].status == PG_UNSET) {
            settings->action[i] = pg_policy_default(i);
        }
    }
}

/* --- values -------------------------------------------------------------- */

typedef struct word_t {
    const char *word;
    int value;
} word_t;

static const word_t engine_words[] = {
    { "On", PG_ENGINE_ON }, { "Off", PG_ENGINE_OFF },
    { "Observe", PG_ENGINE_OBSERVE }, { NULL, 0 }
};

static const word_t forward_words[] = {
    { "Auto", PG_FORWARD_AUTO }, { "Deny", PG_FORWARD_DENY },
    { "Allow", PG_FORWARD_ALLOW }, { NULL, 0 }
};

static const word_t audit_words[] = {
    { "Warn", PG_AUDIT_WARN }, { "Off", PG_AUDIT_OFF },
    { "Strict", PG_AUDIT_STRICT }, { NULL, 0 }
};

static const word_t switch_words[] = {
    { "On", 1 }, { "Off", 0 }, { NULL, 0 }
};

static const word_t keep_words[] = {
    { "message", PG_KEEP_MESSAGE }, { "header", PG_KEEP_HEADER },
    { "summary", PG_KEEP_SUMMARY }, { NULL, 0 }
};

static const word_t act_words[] = {
    { "deny", PG_ACT_DENY }, { "drop", PG_ACT_DROP },
    { "observe", PG_ACT_PASS }, { "sink", PG_ACT_SINK }, { NULL, 0 }
};

static const char *word_list(apr_pool_t *pool, const word_t *words)
{
    const char *list = words->word;

    for (words++; words->word; words++) {
        list = apr_pstrcat(pool, list, words[1].word ? ", " : " or ",
                           words->word, NULL);
    }
    return list;
}

const char *pg_config_about(cmd_parms *cmd, const char *arg,
                            const char *problem)
{
    return problem ? apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name,
                                  arg, problem) : NULL;
}

/* Set *out to the value of one of words, or say what would be accepted. */
static const char *take_word(int *out, cmd_parms *cmd, const word_t *words,
                             const char *arg)
{
    for (const word_t *w = words; w->word; w++) {
        if (ap_cstr_casecmp(arg, w->word) == 0) {
            *out = w->value;
            return NULL;
        }
    }
    return apr_psprintf(cmd->pool, "%s: '%s' is not %s", cmd->cmd->name, arg,
                        word_list(cmd->pool, words));
}

apr_int64_t pg_config_digits(const char *arg, char **end)
{
    *end = (char *)arg;
    return *arg >= '1' && *arg <= '9' ? apr_strtoi64(arg, end, 10) : 0;
}

const char *pg_config_number(int *out, cmd_parms *cmd, const char *arg,
                             int least, int most, const char *what)
{
    char *end;
    apr_int64_t n = pg_config_digits(arg, &end);

    if (*end || n < least || n > most) {
        return apr_psprintf(cmd->pool, "%s: '%s' is not a number of %s from "
                            "%d to %d", cmd->cmd->name, arg, what, least,
                            most);
    }
    *out = (int)n;
    return NULL;
}

/* --- directives ---------------------------------------------------------- */

/* What cmd->info of a directive points to. */
typedef struct row_t {
    pg_config_set_fn *set;
    bool vhosts;                 /* also within <VirtualHost>             */
    const word_t *words;         /* of set_word(), ...                    */
    apr_size_t member;           /* ... and the int that takes the value  */
} row_t;

static const char *take2(cmd_parms *cmd, void *dir, const char *first,
                         const char *second)
{
    const row_t *row = cmd->info;
    const char *problem = row->vhosts
        ? NULL : ap_check_cmd_context(cmd, GLOBAL_ONLY);

    return problem ? problem
                   : row->set(cmd, pg_config_of(cmd->server), first, second);
}

static const char *take1(cmd_parms *cmd, void *dir, const char *arg)
{
    return take2(cmd, dir, arg, NULL);
}

static const char *set_word(cmd_parms *cmd, pg_settings_t *settings,
                            const char *arg, const char *none)
{
    const row_t *row = cmd->info;

    return take_word((void *)((char *)settings + row->member), cmd,
                     row->words, arg);
}

static const char *set_ledger(cmd_parms *cmd, pg_settings_t *settings,
                              const char *arg, const char *none)
{
    if (!*arg) {
        return pg_config_about(cmd, arg, "is neither a path nor 'none'");
    }
    settings->ledger = arg;
    return NULL;
}

static const char *set_secret(cmd_parms *cmd, pg_settings_t *settings,
                              const char *arg, const char *none)
{
    pg_key_t *key = apr_palloc(cmd->pool, sizeof(*key));
    const char *problem;

    settings->secret = NULL;
    if (ap_cstr_casecmp(arg, "none") == 0) {
        return NULL;
    }
    problem = pg_ledger_key_read(key, ap_server_root_relative(cmd->pool, arg),
                                 cmd->temp_pool);
    if (problem) {
        return apr_psprintf(cmd->pool, "%s: '%s' is neither a file with a "
                            "secret nor 'none': %s", cmd->cmd->name, arg,
                            problem);
    }
    settings->secret = key;
    return NULL;
}

static const char *set_checkpoint(cmd_parms *cmd, pg_settings_t *settings,
                                  const char *path, const char *seconds)
{
    const char *problem;

    settings->checkpoint_seconds = 0;
    if (ap_cstr_casecmp(path, "none") == 0) {
        return seconds ? apr_psprintf(cmd->pool, "%s: 'none' takes no "
                                      "seconds, '%s'", cmd->cmd->name, seconds)
                       : NULL;
    }
    problem = pg_config_number(&settings->checkpoint_seconds, cmd,
                               seconds ? seconds : "", 10, 86400, "seconds");
    if (problem) {
        return apr_pstrcat(cmd->pool, problem,
                           ", after the path; or give 'none'", NULL);
    }
    settings->checkpoint = ap_server_root_relative(cmd->pool, path);
    return settings->checkpoint ? NULL
           : pg_config_about(cmd, path, "is not a path");
}

/* The part of the settings that a word of ProxyGuardLedgerSize means. */
static int *size_of(pg_settings_t *settings, const char *what)
{
    static const struct {
        const char *word;
        int top;
    } words[] = {
        { "sources", PG_TOP_SOURCES }, { "targets", PG_TOP_TARGETS },
        { "ports", PG_TOP_PORTS }, { "agents", PG_TOP_AGENTS }
    };

    for (apr_size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ap_cstr_casecmp(what, words[i].word) == 0) {
            return &settings->top[words[i].top];
        }
    }
    return ap_cstr_casecmp(what, "recent") == 0 ? &settings->recent : NULL;
}

static const char *set_ledger_size(cmd_parms *cmd, pg_settings_t *settings,
                                   const char *what, const char *number)
{
    int *size = size_of(settings, what);
    const char *problem;
    pg_ledger_options_t options = { 0 };
    apr_size_t octets;
    char *end;
    apr_int64_t n = pg_config_digits(number, &end);

    if (size == NULL) {
        return pg_config_about(cmd, what, "is not sources, targets, ports, "
                               "agents or recent");
    }
    *size = *end || n < 1 || n > 100000 ? PG_UNSET : (int)n;
    options.recent = (apr_uint32_t)(settings->recent > 0 ? settings->recent
                                                         : 0);
    for (int i = 0; i < PG_TOP_COUNT; i++) {
        options.top[i] = (apr_uint32_t)(settings->top[i] > 0
                                        ? settings->top[i] : 0);
    }
    if (*size < 0) {
        return apr_psprintf(cmd->pool, "%s: '%s' is not a number of %s",
                            cmd->cmd->name, number, what);
    }
    if (size != &settings->recent && n % 8 != 0) {
        return apr_psprintf(cmd->pool, "%s: '%s' is not a number from 8 to "
                            "8192 in steps of 8", cmd->cmd->name, number);
    }
    if (pg_ledger_size(&octets, &problem, &options) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "%s: '%s': %s", cmd->cmd->name, number,
                            problem);
    }
    return NULL;
}

static const char *add_own_host(cmd_parms *cmd, void *dir, const char *arg)
{
    /* Added to a throw-away set now, so that a bad name is reported with its
     * line; the real set is built in post_config. */
    *(const char **)apr_array_push(pg_config_of(cmd->server)->own_hosts) = arg;
    return pg_config_about(cmd, arg,
                           pg_own_add(pg_own_create(cmd->temp_pool),
                                      pg_span_str(arg)));
}

static const char *set_hosts(cmd_parms *cmd, pg_settings_t *settings,
                             const char *arg, const char *none)
{
    apr_finfo_t info;

    settings->hosts = "";
    if (ap_cstr_casecmp(arg, "none") == 0) {
        return NULL;
    }
    settings->hosts = ap_server_root_relative(cmd->pool, arg);
    if (!settings->hosts
        || apr_stat(&info, settings->hosts, APR_FINFO_TYPE, cmd->temp_pool)
        || info.filetype != APR_REG) {
        return pg_config_about(cmd, arg, "is neither a file in the form of "
                               "/etc/hosts nor 'none'");
    }
    return NULL;
}

static const char *add_backend(cmd_parms *cmd, void *dir, const char *arg)
{
    *(const char **)apr_array_push(pg_config_of(cmd->server)->backends) = arg;
    return pg_config_about(cmd, arg, pg_backends_declare(
        pg_backends_create(cmd->temp_pool), pg_span_str(arg)));
}

static const char *add_exempt(cmd_parms *cmd, void *dir, const char *arg)
{
    const char *problem = NULL;
    ap_expr_info_t *expr = ap_expr_parse_cmd(cmd, arg, 0, &problem, NULL);

    if (problem) {
        return apr_psprintf(cmd->pool, "%s: '%s' is not an expression: %s",
                            cmd->cmd->name, arg, problem);
    }
    *(ap_expr_info_t **)apr_array_push(pg_config_of(cmd->server)->exempt)
        = expr;
    return NULL;
}

/* Scanners take 2xx and 3xx for an open proxy. */
static const char *take_status(int *out, cmd_parms *cmd, const char *arg)
{
    char *end;
    apr_int64_t status = pg_config_digits(arg, &end);

    /* httpd would answer 500 for one that it does not know. */
    if (*end || status < 400 || status > 599
        || (status != HTTP_INTERNAL_SERVER_ERROR
            && ap_index_of_response((int)status)
               == ap_index_of_response(HTTP_INTERNAL_SERVER_ERROR))) {
        return pg_config_about(cmd, arg, "is not a status from 400 to 599 "
                               "that httpd knows");
    }
    *out = (int)status;
    return NULL;
}

static const char *subject_list(apr_pool_t *pool)
{
    const char *list = "all";

    for (int i = 0; i < PG_SUBJECT_COUNT; i++) {
        list = apr_pstrcat(pool, list,
                           i == PG_SUBJECT_COUNT - 1 ? " or " : ", ",
                           pg_policy_name(i), NULL);
    }
    return list;
}

static const char *set_action(cmd_parms *cmd, void *dir, const char *name,
                              const char *act, const char *status)
{
    pg_settings_t *settings = pg_config_of(cmd->server);
    bool all = ap_cstr_casecmp(name, "all") == 0;
    int one = pg_policy_by_name(pg_span_str(name));
    int chosen = 0, with = 0;
    const char *problem = take_word(&chosen, cmd, act_words, act);

    if (!all && one == PG_SUBJECT_COUNT) {
        return apr_psprintf(cmd->pool, "%s: '%s' is not %s", cmd->cmd->name,
                            name, subject_list(cmd->pool));
    }
    if (!problem && status && chosen != PG_ACT_DENY) {
        problem = apr_psprintf(cmd->pool, "%s: '%s' takes no status, '%s'; "
                               "only 'deny' does", cmd->cmd->name, act,
                               status);
    }
    if (!problem && chosen == PG_ACT_SINK) {
        problem = pg_config_sink_action(cmd, all ? PG_SUBJECT_COUNT : one);
    }
    if (!problem && status) {
        problem = take_status(&with, cmd, status);
    }
    for (int i = 0; !problem && i < PG_SUBJECT_COUNT; i++) {
        if (all || i == one) {
            settings->action[i].act = (pg_act_e)chosen;
            settings->action[i].status =
                with ? with : pg_policy_default(i).status;
        }
    }
    return problem;
}

/*  The row of a directive for the main server only, and of one whose value is
 *  a word. */
#define GLOBAL(function) (void *)&(const row_t){ .set = (function) }
#define WORD(name, list, in_vhosts) \
    (void *)&(const row_t){ .set = set_word, .vhosts = (in_vhosts), \
                            .words = (list), \
                            .member = offsetof(pg_settings_t, name) }

const command_rec pg_config_directives[] = {
    AP_INIT_TAKE1("ProxyGuard", take1, WORD(engine, engine_words, true),
                  RSRC_CONF,
                  "On, Off or Observe (count, stop nothing); default On"),
    AP_INIT_ITERATE("ProxyGuardOwnHost", add_own_host, NULL, RSRC_CONF,
                    "names or addresses of this server in addition to those "
                    "of the virtual hosts: name[:port], *.suffix, address; "
                    "default none"),
    AP_INIT_TAKE1("ProxyGuardHostsFile", take1, GLOBAL(set_hosts), RSRC_CONF,
                  "file whose names for loopback addresses are this "
                  "machine's, or none; default /etc/hosts"),
    AP_INIT_ITERATE("ProxyGuardBackend", add_backend, NULL, RSRC_CONF,
                    "backends that a request may choose, besides those that "
                    "the configuration names: name, *.suffix, address or "
                    "address/prefix, each with :port or :port-port if only "
                    "these are meant; default none"),
    AP_INIT_TAKE1("ProxyGuardLedger", take1, GLOBAL(set_ledger), RSRC_CONF,
                  "file for the counts, relative to the runtime directory, "
                  "or none; default proxyguard.ledger"),
    AP_INIT_TAKE1("ProxyGuardSecret", take1, GLOBAL(set_secret), RSRC_CONF,
                  "file with a secret that the servers of a fleet share, or "
                  "none; default none"),
    AP_INIT_TAKE2("ProxyGuardLedgerSize", take2, GLOBAL(set_ledger_size),
                  RSRC_CONF,
                  "sources, targets, ports, agents or recent, and how many "
                  "the ledger keeps; default 1024, 256, 128, 128, 128"),
    AP_INIT_TAKE12("ProxyGuardCheckpoint", take2, GLOBAL(set_checkpoint),
                   RSRC_CONF,
                   "path and seconds between two copies of the ledger on a "
                   "disk, or none; default none"),
    AP_INIT_TAKE1("ProxyGuardForward", take1,
                  WORD(forward, forward_words, true), RSRC_CONF,
                  "Auto (by mod_proxy's configuration), Deny or Allow; "
                  "default Auto"),
    AP_INIT_TAKE1("ProxyGuardAudit", take1, WORD(audit, audit_words, false),
                  RSRC_CONF,
                  "Warn (report what is open), Off, or Strict (do not start "
                  "when third parties can relay); default Warn"),
    AP_INIT_TAKE1("ProxyGuardForeignHost", take1,
                  WORD(foreign_host, switch_words, true), RSRC_CONF,
                  "On or Off: examine Host fields that name another site; "
                  "default On"),
    AP_INIT_TAKE1("ProxyGuardPeek", take1, WORD(peek, switch_words, true),
                  RSRC_CONF,
                  "On or Off: examine the first bytes of a connection for "
                  "SOCKS, and for CONNECT on a TLS port; default On"),
    AP_INIT_TAKE1("ProxyGuardStatusProxied", take1,
                  WORD(status_proxied, switch_words, true), RSRC_CONF,
                  "On or Off: answer requests for the status page that a "
                  "proxy on the same host forwarded; default Off"),
    AP_INIT_TAKE23("ProxyGuardAction", set_action, NULL, RSRC_CONF,
                   "class or all, then deny [status], drop, observe or, for "
                   "CONNECT, sink; "
                   "default: deny, but observe for foreign-host and "
                   "chosen-port"),
    AP_INIT_ITERATE("ProxyGuardExempt", add_exempt, NULL, RSRC_CONF,
                    "expressions; requests for which one is true are let "
                    "through; default none"),
    AP_INIT_TAKE12("ProxyGuardLogRate", take2, GLOBAL(pg_config_notify_rate),
                   RSRC_CONF,
                   "lines a minute per source, and in total; or Off; "
                   "default 10 120"),
    AP_INIT_TAKE1("ProxyGuardEvidenceLog", take1,
                  GLOBAL(pg_config_notify_evidence), RSRC_CONF,
                  "file or \"|program\" for one line of JSON per "
                  "attempt; default none"),
    AP_INIT_TAKE12("ProxyGuardEvidenceRate", take2,
                   GLOBAL(pg_config_notify_evidence_rate), RSRC_CONF,
                   "lines of evidence a minute per source, and in total; "
                   "or Off; default 60 1200"),
    AP_INIT_TAKE1("ProxyGuardEvidenceSize", take1,
                  GLOBAL(pg_config_notify_evidence_size), RSRC_CONF,
                  "maximum size of the evidence file, such as 500M; or Off; "
                  "default 1G"),
    AP_INIT_TAKE1("ProxyGuardMask", take1, GLOBAL(pg_config_notify_mask),
                  RSRC_CONF,
                  "file with a key of 32 hexadecimal digits: names and "
                  "addresses in the evidence log as pseudonyms; default Off"),
    AP_INIT_TAKE1("ProxyGuardSensor", take1, GLOBAL(pg_config_notify_sensor),
                  RSRC_CONF,
                  "this server's name among several; default the main "
                  "ServerName"),
    AP_INIT_TAKE12("ProxyGuardSinkSpool", take2, GLOBAL(pg_config_sink_spool),
                   RSRC_CONF,
                   "file for captured mail and its maximum size in "
                   "megabytes, or none; default none, 64"),
    AP_INIT_TAKE2("ProxyGuardSinkLimit", take2, GLOBAL(pg_config_sink_limit),
                  RSRC_CONF,
                  "conversations, source, seconds or kilobytes, and a number; "
                  "default 16, 4, 120, 256"),
    AP_INIT_TAKE1("ProxyGuardSinkKeep", take1,
                  WORD(sink_keep, keep_words, false), RSRC_CONF,
                  "message, header or summary: how much of each mail is kept; "
                  "default message"),
    { NULL }
};
