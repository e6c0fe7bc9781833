/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conftree.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <mod_proxy.h>
#include <util_cfgtree.h>

#include "pg_config.h"
#include "pg_names.h"

/* Regular expressions already compiled; the same few are needed for every
 * virtual host. */
typedef struct work_t {
    apr_pool_t *pool;
    apr_hash_t *regexes;         /* pattern -> ap_regex_t *               */
} work_t;

/* The arguments of a section end with its '>'. */
static const char *args_of(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *args = node->args ? node->args : "";
    const char *end = node->directive[0] == '<' ? strrchr(args, '>') : NULL;

    return end ? apr_pstrmemdup(pool, args, (apr_size_t)(end - args)) : args;
}

static const pg_directive_t *convert(const ap_directive_t *node,
                                     apr_pool_t *pool)
{
    const pg_directive_t *first = NULL, **at = &first;

    for (; node; node = node->next) {
        pg_directive_t *d = apr_pcalloc(pool, sizeof(*d));

        d->name = node->directive;
        d->args = args_of(node, pool);
        d->file = node->filename ? node->filename : "?";
        d->line = node->line_num;
        d->child = convert(node->first_child, pool);
        *at = d;
        at = &d->next;
    }
    return first;
}

static bool proxy_requests(const server_rec *s, const module *proxy)
{
    const proxy_server_conf *conf = proxy
        ? ap_get_module_config(s->module_config, proxy) : NULL;

    return conf && conf->req;
}

/* Does the guard stop this class here? Its settings need not be final. */
static bool stops(const pg_settings_t *settings, pg_class_e class_id)
{
    pg_action_t action = settings->action[class_id];

    if (action.status == PG_UNSET) {
        action = pg_policy_default((int)class_id);
    }
    return (settings->engine == PG_UNSET || settings->engine == PG_ENGINE_ON)
           && action.act != PG_ACT_PASS;
}

static void describe(pg_site_t *site, server_rec *s, const server_rec *main,
                     const module *proxy, const pg_names_facts_t *facts,
                     apr_pool_t *pool)
{
    const pg_settings_t *settings = pg_config_of(s);

    site->name = pg_names_label(s, pool);
    site->file = s == main ? NULL : s->defn_name;
    site->line = (int)s->defn_line_number;
    site->proxy_requests = proxy_requests(s, proxy);
    site->guard_off = settings->engine == PG_ENGINE_OFF;
    site->on_purpose = settings->forward == PG_FORWARD_ALLOW;
    site->unnamed = pg_names_unknown(s, main, facts);
    /* a name in Host is let through where any could be our own */
    site->gate = !site->on_purpose && !site->unnamed
                 && stops(settings, PG_CLASS_CHOSEN_BACKEND);
    site->forward_gate = stops(settings, PG_CLASS_ABSOLUTE)
                         && stops(settings, PG_CLASS_CONNECT_TLS)
                         && stops(settings, PG_CLASS_CONNECT_MAIL)
                         && stops(settings, PG_CLASS_CONNECT_OTHER);
    site->host_deny = settings->foreign_host != 0
                      && stops(settings, PG_CLASS_FOREIGN_HOST);
}

static bool module_loaded(void *ctx, const char *name)
{
    return ap_find_linked_module(name) != NULL;
}

static ap_regex_t *compiled(work_t *work, const char *pattern, bool nocase)
{
    const char *key = apr_pstrcat(work->pool, nocase ? "i" : "-", pattern,
                                  NULL);
    ap_regex_t *regex = apr_hash_get(work->regexes, key, APR_HASH_KEY_STRING);

    if (regex == NULL) {
        regex = ap_pregcomp(work->pool, pattern,
                            AP_REG_EXTENDED | (nocase ? AP_REG_ICASE : 0));
        if (regex) {
            apr_hash_set(work->regexes, key, APR_HASH_KEY_STRING, regex);
        }
    }
    return regex;
}

static bool regex_match(void *ctx, const char *pattern, bool nocase,
                        const char *subject, pg_match_t *m)
{
    const ap_regex_t *regex = compiled(ctx, pattern, nocase);
    ap_regmatch_t match[PG_GROUPS];

    if (regex == NULL || ap_regexec(regex, subject, PG_GROUPS, match, 0)) {
        return false;
    }
    for (int i = 0; m && i < PG_GROUPS; i++) {
        m->from[i] = (int)match[i].rm_so;
        m->to[i] = (int)match[i].rm_eo;
    }
    return true;
}

const pg_audit_t *pg_conftree_audit(server_rec *main_server,
                                    apr_pool_t *pool, apr_pool_t *ptemp)
{
    const module *proxy = ap_find_linked_module("mod_proxy.c");
    work_t work = { .pool = ptemp, .regexes = apr_hash_make(ptemp) };
    pg_audit_in_t in = { .module_loaded = module_loaded,
                         .regex_match = regex_match, .ctx = &work };
    const pg_names_facts_t facts = pg_names_facts();
    pg_site_t *sites;

    for (server_rec *s = main_server; s; s = s->next) {
        in.site_count++;
    }
    sites = apr_pcalloc(ptemp, sizeof(*sites) * in.site_count);
    in.sites = sites;
    for (server_rec *s = main_server; s; s = s->next) {
        describe(sites++, s, main_server, proxy, &facts, pool);
    }
    in.tree = convert(ap_conftree, ptemp);
    return pg_audit_run(&in, pool);
}

bool pg_conftree_proxy_requests(const server_rec *s)
{
    return proxy_requests(s, ap_find_linked_module("mod_proxy.c"));
}
