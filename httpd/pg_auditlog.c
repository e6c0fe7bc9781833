/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_auditlog.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>

#include "pg_config.h"
#include "pg_conftree.h"
#include "pg_dump.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

#define DUMP "DUMP_PROXYGUARD"
#define LANG "PROXYGUARD_LANG_"

/* Ten thousand virtual hosts may have as many findings. */
#define MOST_LINES 100

static int mode_of(const server_rec *s)
{
    int mode = pg_config_of(s)->audit;

    return mode == PG_UNSET ? PG_AUDIT_WARN : mode;
}

static apr_size_t count(const pg_audit_t *audit, pg_severity_e least)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < audit->finding_count; i++) {
        n += audit->findings[i].severity >= least;
    }
    return n;
}

/* "PG0201: critical: vhost www:80, httpd.conf:12: what is wrong. What it
 * means"; only the dump has the lines that fix it. */
static void say_finding(server_rec *s, const pg_finding_t *f,
                        apr_pool_t *pool)
{
    int level = f->severity == PG_SEVERITY_CRITICAL ? APLOG_CRIT
                                                    : APLOG_WARNING;

    PG_LOG(level, s, "PG%04d: %s: %s%s. %s", f->id,
           pg_finding_severity(f->severity), pg_dump_where(f, pool),
           f->what[PG_LANG_EN], f->meaning[PG_LANG_EN]);
}

static void say(server_rec *s, const pg_audit_t *audit, apr_pool_t *pool)
{
    /* sorted, the worst first */
    for (apr_size_t i = 0; i < audit->finding_count && i < MOST_LINES; i++) {
        if (audit->findings[i].severity >= PG_SEVERITY_WARNING) {
            say_finding(s, &audit->findings[i], pool);
        }
    }
    if (count(audit, PG_SEVERITY_WARNING)) {
        PG_LOG(APLOG_NOTICE, s, PGLOGNO(0200)
               "configuration audit: %" APR_SIZE_T_FMT " of %"
               APR_SIZE_T_FMT " findings critical; httpd -t -D " DUMP
               " shows each of them with the lines that fix it",
               count(audit, PG_SEVERITY_CRITICAL),
               audit->finding_count);
    }
}

int pg_auditlog_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *s)
{
    const pg_audit_t *audit;

    if (mode_of(s) != PG_AUDIT_STRICT || ap_exists_config_define(DUMP)) {
        return OK;
    }
    audit = pg_conftree_audit(s, ptemp, ptemp);
    if (!count(audit, PG_SEVERITY_CRITICAL)) {
        return OK;
    }
    say(s, audit, ptemp);
    PG_LOG(APLOG_EMERG, s, PGLOGNO(0299)
           "ProxyGuardAudit Strict: refusing to start with this "
           "configuration");
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* --- under -t ------------------------------------------------------------ */

/* "-D PROXYGUARD_LANG_ja": the language of the report. */
static pg_lang_e wanted(apr_pool_t *pool)
{
    pg_lang_e lang = PG_LANG_EN;

    while (lang < PG_LANG_COUNT
           && !ap_exists_config_define(apr_pstrcat(pool, LANG,
                                                   pg_lang_tag(lang), NULL))) {
        lang = (pg_lang_e)(lang + 1);
    }
    return lang < PG_LANG_COUNT ? lang : PG_LANG_EN;
}

static void to_file(void *to, const char *text)
{
    apr_file_puts(text, to);
}

void pg_auditlog_test(apr_pool_t *pconf, server_rec *s)
{
    bool dump = ap_exists_config_define(DUMP);
    const pg_audit_t *audit;
    apr_file_t *out;

    if (!dump && mode_of(s) == PG_AUDIT_OFF) {
        return;
    }
    audit = pg_conftree_audit(s, pconf, pconf);
    if (!dump) {
        say(s, audit, pconf);
    }
    else if (apr_file_open_stdout(&out, pconf) == APR_SUCCESS) {
        pg_dump_t to = { .write = to_file, .to = out, .lang = wanted(pconf) };
        pg_dump(&to, audit, pconf);
    }
}

/* --- at start ------------------------------------------------------------ */

static pg_posture_e posture_for(const pg_settings_t *settings,
                                pg_posture_e audited)
{
    static const pg_posture_e said[] = {
        [PG_FORWARD_DENY] = PG_POSTURE_NO_PROXY,
        [PG_FORWARD_ALLOW] = PG_POSTURE_ON_PURPOSE
    };

    return settings->forward == PG_FORWARD_AUTO ? audited
                                                : said[settings->forward];
}

const pg_audit_t *pg_auditlog_start(apr_pool_t *pconf, apr_pool_t *ptemp,
                                    server_rec *main_server)
{
    const pg_audit_t *audit = pg_conftree_audit(main_server, pconf, ptemp);
    apr_size_t i = 0;

    for (server_rec *s = main_server; s; s = s->next) {
        pg_settings_t *settings = pg_config_of(s);
        pg_posture_e audited = audit->vhosts[i++].posture;

        settings->may_forward = audited != PG_POSTURE_NO_PROXY;
        settings->posture = posture_for(settings, audited);
    }
    if (mode_of(main_server) != PG_AUDIT_OFF) {
        say(main_server, audit, ptemp);
    }
    return audit;
}
