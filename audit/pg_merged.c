/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_merged.h"

#include <apr_strings.h>

#include "pg_rewriterule.h"
#include "pg_tree.h"

/* Requests that may be made up, for all virtual hosts together. */
#define BUDGET 60000

/* What RewriteOptions says about rules that virtual hosts inherit. All of one
 * server's count together. */
enum {
    OPTIONS_SET = 1,             /* there are some                        */
    OPTIONS_INHERIT = 2,
    OPTIONS_BEFORE = 4,
    OPTIONS_DOWN = 8,
    OPTIONS_DOWN_BEFORE = 16,
    OPTIONS_IGNORE = 32
};

static unsigned options_in(const pg_directive_t *first, apr_pool_t *pool)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        { "Inherit",           OPTIONS_INHERIT },
        { "InheritBefore",     OPTIONS_BEFORE },
        { "InheritDown",       OPTIONS_DOWN },
        { "InheritDownBefore", OPTIONS_DOWN_BEFORE },
        { "IgnoreInherit",     OPTIONS_IGNORE },
    };
    unsigned out = 0;

    for (const pg_directive_t *d = first; d; d = d->next) {
        const char *args = d->args;
        while (pg_tree_is(d, "RewriteOptions") && *args) {
            const char *word = pg_tree_word(&args, pool);
            out |= OPTIONS_SET;
            for (apr_size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
                out |= pg_tree_same(word, words[i].word) ? words[i].bit : 0;
            }
        }
    }
    return out;
}

/* A virtual host without any directive of mod_rewrite has none of the server's
 * rules either, whatever is inherited. */
static bool has_rewriting(const pg_directive_t *first)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_rewriterule_is(d) || has_rewriting(d->child)) {
            return true;
        }
    }
    return false;
}

static bool is_on(const pg_merged_t *s, const pg_directive_t *vhost,
                  const char *name, apr_pool_t *pool)
{
    const pg_directive_t *d = pg_tree_in_force(s->server, vhost, name);

    return d && pg_tree_says(d, "on", pool);
}

static const char *without_scheme_and_port(const char *name, apr_pool_t *pool)
{
    const char *s = strstr(name, "://");

    s = s ? s + 3 : name;
    return apr_pstrmemdup(pool, s, strcspn(s, ":/"));
}

/* Does some section say UseCanonicalName Off? folders: of those that apply
 * after the rules of the server have run as well. */
static bool is_uncanonical(const pg_directive_t *first, bool folders,
                           apr_pool_t *pool)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (!folders && (pg_tree_begins(d->name, "<Directory")
                         || pg_tree_begins(d->name, "<Files"))) {
            continue;
        }
        for (const pg_directive_t *in = d->child; in; in = in->next) {
            if (!pg_tree_is(d, "<VirtualHost")
                && pg_tree_is(in, "UseCanonicalName")
                && pg_tree_says(in, "Off", pool)) {
                return true;
            }
        }
        if (is_uncanonical(d->child, folders, pool)) {
            return true;
        }
    }
    return false;
}

static pg_scene_t scene_of(const pg_merged_t *s, const pg_directive_t *vhost,
                           apr_pool_t *pool)
{
    apr_hash_t *server = s->server;
    const pg_directive_t *name = pg_tree_in_force(server, vhost, "ServerName");
    const pg_directive_t *root = pg_tree_in_force(server, vhost,
                                                  "DocumentRoot");
    const pg_directive_t *canonical = pg_tree_in_force(server, vhost,
                                                       "UseCanonicalName");
    pg_scene_t out = { .in = s->in, .pool = pool, .server_name = "",
                       .root = "" };

    if (name) {
        const char *text = pg_tree_arg(name, 0, pool);
        const char *colon = strstr(text, "://");
        out.server_name = without_scheme_and_port(text, pool);
        if (colon && (vhost == NULL || pg_tree_last(vhost->child,
                                                    "ServerName"))) {
            char *scheme = apr_pstrmemdup(pool, text,
                                          (apr_size_t)(colon - text));
            pg_span_lower(scheme, pg_span_str(scheme));
            out.scheme = scheme;
        }
    }
    if (root) {
        out.root = pg_tree_arg(root, 0, pool);
    }
    out.canonical = canonical && !pg_tree_says(canonical, "Off", pool)
                    && !s->uncanonical;
    out.tls = is_on(s, vhost, "SSLEngine", pool);
    out.proxy_tls = pg_forward_tls(s->access, vhost, pool);
    if (pg_tree_in_force(server, vhost, "MergeSlashes")) {
        out.keep_slashes = !is_on(s, vhost, "MergeSlashes", pool);
    }
    out.map[0] = vhost ? vhost->child : s->in->tree;
    out.map[1] = vhost ? s->in->tree : NULL;
    return out;
}

pg_merged_t *pg_merged_create(const pg_audit_in_t *in, pg_access_t *access,
                              apr_hash_t *server, apr_pool_t *pool)
{
    pg_merged_t *s = apr_pcalloc(pool, sizeof(*s));
    pg_flow_t flow = { .scene = { .in = in, .pool = pool } };

    s->in = in;
    s->access = access;
    s->server = server;
    s->budget = BUDGET;
    s->rules = pg_rewriterule_read(in->tree, pool);
    s->options = options_in(in->tree, pool);
    s->uncanonical = is_uncanonical(in->tree, false, pool);
    s->uncanonical_folders = is_uncanonical(in->tree, true, pool);
    flow.passes = apr_array_make(pool, 4, sizeof(pg_dest_t));
    flow.places = apr_array_make(pool, 4, sizeof(pg_scope_t));
    pg_flow_read(&flow, in->tree);
    s->passes = flow.passes;
    s->places = flow.places;
    return s;
}

/* The rules that a virtual host runs. */
static apr_array_header_t *rules_of(const pg_merged_t *s,
                                    const pg_directive_t *vhost,
                                    apr_pool_t *pool)
{
    apr_array_header_t *own;
    unsigned options, down;

    if (vhost == NULL) {
        return s->rules;
    }
    own = pg_rewriterule_read(vhost->child, pool);
    options = options_in(vhost->child, pool);
    options = options ? options : s->options;
    down = options & OPTIONS_IGNORE ? 0 : s->options;
    if (options & OPTIONS_INHERIT || down & OPTIONS_DOWN) {
        return apr_array_append(pool, own, s->rules);
    }
    if (options & OPTIONS_BEFORE || down & OPTIONS_DOWN_BEFORE) {
        return apr_array_append(pool, s->rules, own);
    }
    return own;
}

pg_flow_t pg_merged_flow(const pg_merged_t *merged,
                         const pg_directive_t *vhost, apr_pool_t *pool)
{
    pg_flow_t flow = { .scene = scene_of(merged, vhost, pool) };
    const apr_array_header_t *none = apr_array_make(pool, 1,
                                                    sizeof(pg_scope_t));

    flow.rules = rules_of(merged, vhost, pool);
    flow.engine = is_on(merged, vhost, "RewriteEngine", pool);
    if (vhost && !has_rewriting(vhost->child)) {
        flow.rules = apr_array_make(pool, 1, sizeof(pg_rewriterule_t));
    }
    flow.passes = apr_array_make(pool, 4, sizeof(pg_dest_t));
    flow.places = apr_array_append(pool, merged->places, none);
    if (vhost) {
        pg_flow_read(&flow, vhost->child);
    }
    /* the main server's come first, ProxyPassInherit or not */
    flow.passes = apr_array_append(pool, merged->passes, flow.passes);
    return flow;
}
