/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_flow.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "pg_tree.h"

#define MOST_REDIRECTS 4

/* --- reading ------------------------------------------------------------- */

static bool interpolates(const pg_directive_t *d, apr_pool_t *pool)
{
    const char *args = d->args;

    while (*args) {
        if (pg_tree_same(pg_tree_word(&args, pool), "interpolate")) {
            return true;
        }
    }
    return false;
}

pg_dest_t pg_flow_pass(const pg_directive_t *d, const pg_directive_t *section,
                       apr_pool_t *pool)
{
    const pg_directive_t *on = section ? section : d;
    pg_dest_t out = { .at = d, .special = "$" };
    const char *path = pg_tree_arg(on, 0, pool);
    bool match = pg_tree_is(d, "ProxyPassMatch")
                 || pg_tree_is(on, "<LocationMatch");

    if (strcmp(path, "~") == 0) {
        path = pg_tree_arg(on, 1, pool);
        match = true;
    }
    out.target = pg_tree_arg(d, section ? 0 : 1, pool);
    out.pattern = match ? path : NULL;
    out.prefix = match ? NULL : path;
    if (!match && !interpolates(d, pool)) {
        out.special = "";            /* nothing is inserted               */
    }
    return out;
}

pg_dest_t pg_flow_handler(const pg_directive_t *d, apr_pool_t *pool)
{
    const char *handler = pg_tree_arg(d, 0, pool);
    pg_dest_t out = { .at = d, .special = "%", .whole = true };

    if (pg_tree_begins(handler, "proxy:")) {
        out.target = handler + strlen("proxy:");
    }
    return out;
}

static void set_pattern(pg_scope_t *place, apr_pool_t *pool)
{
    const char *args = place->section->args;
    const char *text = pg_tree_word(&args, pool);

    if (strcmp(text, "~") == 0) {
        text = pg_tree_word(&args, pool);
        place->pattern.regex = true;
        place->kind = place->kind == PG_PLACE_DIRECTORY ? PG_PLACE_OTHER
                                                        : place->kind;
    }
    place->pattern.regex |= pg_tree_is(place->section, "<LocationMatch");
    place->pattern.text = text;
    place->pattern.location = true;
    place->pattern.glob = !place->pattern.regex && apr_fnmatch_test(text);
    if (place->kind == PG_PLACE_DIRECTORY && place->pattern.glob) {
        place->kind = PG_PLACE_OTHER;
    }
    place->prefix = *text && text[strlen(text) - 1] == '/'
                        ? text : apr_pstrcat(pool, text, "/", NULL);
}

static pg_place_e kind_of(const pg_directive_t *d)
{
    return pg_tree_begins(d->name, "<Location") ? PG_PLACE_LOCATION
           : pg_tree_is(d, "<Directory") ? PG_PLACE_DIRECTORY
           : pg_tree_begins(d->name, "<If")
             || pg_tree_begins(d->name, "<Else") ? PG_PLACE_IF
                                                 : PG_PLACE_OTHER;
}

static bool is_place(const pg_directive_t *d)
{
    static const char *const begins[] = { "<Location", "<Directory", "<Files",
                                          "<If", "<Else", "<Proxy", "<Limit",
                                          NULL };

    for (int i = 0; begins[i]; i++) {
        if (pg_tree_begins(d->name, begins[i])) {
            return true;
        }
    }
    return false;
}

static void read_place(pg_flow_t *flow, const pg_directive_t *section,
                       pg_tri_e outer);

static void read_inside(pg_flow_t *flow, pg_scope_t *place)
{
    apr_pool_t *pool = flow->scene.pool;

    for (const pg_directive_t *d = place->section->child; d; d = d->next) {
        if (pg_rewriterule_is(d) && !place->rules) {
            place->rules = pg_rewriterule_read(place->section->child, pool);
        }
        if (pg_tree_is(d, "RewriteEngine")) {
            place->engine = pg_tree_says(d, "on", pool) ? PG_YES : PG_NO;
        }
        else if (pg_tree_is(d, "ProxyPass")
                 || pg_tree_is(d, "ProxyPassMatch")) {
            place->pass = d;
        }
        else if (pg_tree_is(d, "SetHandler")) {
            place->handler = d;
        }
    }
}

/* A section, followed by those inside it, which are merged later. */
static void read_place(pg_flow_t *flow, const pg_directive_t *section,
                       pg_tri_e outer)
{
    pg_scope_t place = { .section = section, .kind = kind_of(section),
                         .engine = PG_MAYBE, .applies = outer };

    if (place.kind == PG_PLACE_IF) {
        pg_expr_t e = { .in = flow->scene.in, .pool = flow->scene.pool };
        const char *args = section->args;
        const char *text = pg_tree_word(&args, flow->scene.pool);
        pg_tri_e holds = *args || !*text ? PG_MAYBE : pg_expr_eval(&e, text);
        place.applies = holds == PG_YES ? outer : holds;
    }
    set_pattern(&place, flow->scene.pool);
    read_inside(flow, &place);
    if (place.rules || place.pass || place.handler) {
        APR_ARRAY_PUSH(flow->places, pg_scope_t) = place;
    }
    for (const pg_directive_t *d = section->child; d; d = d->next) {
        if (is_place(d)) {
            read_place(flow, d, PG_MAYBE);
        }
    }
}

/* A handler outside of sections is the one of all paths. */
static void read_handler(pg_flow_t *flow, const pg_directive_t *d)
{
    static const pg_directive_t all = { .name = "<Location", .args = "/" };
    pg_scope_t place = { .section = &all, .kind = PG_PLACE_LOCATION,
                         .engine = PG_MAYBE, .applies = PG_YES,
                         .handler = d };

    set_pattern(&place, flow->scene.pool);
    APR_ARRAY_PUSH(flow->places, pg_scope_t) = place;
}

void pg_flow_read(pg_flow_t *flow, const pg_directive_t *first)
{
    const pg_directive_t *handler = pg_tree_last(first, "SetHandler");

    if (handler) {
        read_handler(flow, handler);
    }
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (is_place(d)) {
            read_place(flow, d, PG_YES);
        }
        else if (pg_tree_is(d, "ProxyPass")
                 || pg_tree_is(d, "ProxyPassMatch")) {
            APR_ARRAY_PUSH(flow->passes, pg_dest_t) = pg_flow_pass(d, NULL,
                flow->scene.pool);
        }
    }
}

/* --- sending ------------------------------------------------------------- */

typedef struct mover_t {
    const pg_flow_t *flow;
    const pg_sent_t *sent;
    const char *uri;             /* as it is by now                       */
    const char *file;            /* what it is mapped to                  */
    const char *handler;         /* [H=] of the server's rules            */
    const pg_directive_t *handler_by;
    bool last;                   /* [END]                                 */
    pg_went_t out;
} mover_t;

static bool is_below(const char *file, const char *prefix)
{
    return strncmp(file, prefix, strlen(prefix)) == 0;
}

/* Does the section hold for this request? */
static pg_tri_e holds(const mover_t *m, const pg_scope_t *place)
{
    switch (place->kind) {
    case PG_PLACE_LOCATION:
        return pg_targets_match(&place->pattern, m->uri, m->flow->scene.in)
                   ? place->applies : PG_NO;
    case PG_PLACE_DIRECTORY:
        return m->file && is_below(m->file, place->prefix) ? place->applies
                                                           : PG_NO;
    case PG_PLACE_IF:
        return place->applies;
    case PG_PLACE_OTHER:             /* files and folders, by patterns    */
        break;
    }
    return m->file ? PG_MAYBE : PG_NO;
}

static void end(mover_t *m, pg_where_e where, const char *url,
                const pg_directive_t *by)
{
    m->out = (pg_went_t){ .where = where, .url = url, .by = by,
                          .uri = m->uri };
}

/* RewriteEngine as the <Location>s leave it. */
static bool is_engine_on(const mover_t *m)
{
    bool on = m->flow->engine;

    for (int i = 0; i < m->flow->places->nelts; i++) {
        const pg_scope_t *p = &APR_ARRAY_IDX(m->flow->places, i, pg_scope_t);
        if (p->kind == PG_PLACE_LOCATION && p->engine != PG_MAYBE
            && holds(m, p) == PG_YES) {
            on = p->engine == PG_YES;
        }
    }
    return on;
}

/* @return whether the request is settled */
static bool by_rules(mover_t *m, const apr_array_header_t *rules,
                     const char *path, const char *perdir)
{
    pg_run_t run = pg_rewrite_run(&m->flow->scene, rules, m->sent, path,
                                  perdir);

    m->last |= run.last;
    if (run.handler && pg_tree_begins(run.handler, "proxy:")) {
        m->handler = run.handler;
        m->handler_by = run.handler_by;
    }
    switch (run.ended) {
    case PG_ENDED_SAME:
        return false;
    case PG_ENDED_PATH:
        m->file = run.path;
        return false;
    case PG_ENDED_PASSED:
        m->uri = run.path;
        return false;
    case PG_ENDED_PROXY:
        end(m, PG_WHERE_SENT, run.path, run.by);
        return true;
    case PG_ENDED_REPLY:
        end(m, PG_WHERE_HERE, NULL, run.by);
        return true;
    case PG_ENDED_UNKNOWN:
        break;
    }
    end(m, PG_WHERE_UNKNOWN, NULL, run.by);
    return true;
}

/* --- ProxyPass ----------------------------------------------------------- */

/* How much of the path the prefix matches, 0 for none: alias_match() */
static apr_size_t prefix_length(const char *uri, const char *prefix)
{
    apr_size_t n = strlen(prefix);

    if (n == 0 || strncmp(uri, prefix, n)
        || (prefix[n - 1] != '/' && uri[n] && uri[n] != '/')) {
        return 0;
    }
    while (prefix[n - 1] == '/' && uri[n] == '/') {
        n++;
    }
    return n;
}

static const char *put_in(const pg_dest_t *d, const char *uri,
                          const pg_match_t *match, apr_pool_t *pool)
{
    const char *out = "";

    for (const char *s = d->target; *s; s++) {
        int n = s[0] == '$' && s[1] >= '0' && s[1] <= '9' ? s[1] - '0' : -1;
        const char *text = s;
        apr_size_t size = 1;
        if (n >= 0) {
            s++;
            text = match->from[n] < 0 ? "" : uri + match->from[n];
            size = match->from[n] < 0 ? 0 : (apr_size_t)(match->to[n]
                                                         - match->from[n]);
        }
        out = apr_pstrcat(pool, out, apr_pstrmemdup(pool, text, size), NULL);
    }
    return strcmp(out, d->target) ? out : apr_pstrcat(pool, out, uri, NULL);
}

/* @return whether the directive is for this path */
static bool by_pass(mover_t *m, const pg_dest_t *d)
{
    apr_pool_t *pool = m->flow->scene.pool;
    const pg_audit_in_t *in = m->flow->scene.in;
    const char *url = NULL;
    apr_size_t n;
    pg_match_t match;

    if (d->pattern) {
        if (!in->regex_match(in->ctx, d->pattern, false, m->uri, &match)) {
            return false;
        }
        url = put_in(d, m->uri, &match, pool);
    }
    else {
        n = prefix_length(m->uri, d->prefix);
        if (n == 0) {
            return false;
        }
        url = apr_pstrcat(pool, d->target, m->uri + n, NULL);
    }
    end(m, strcmp(d->target, "!") ? PG_WHERE_SENT : PG_WHERE_HERE, url,
        d->at);
    if (*d->special && strstr(d->target, "${")) {
        m->out.where = PG_WHERE_UNKNOWN;
    }
    return true;
}

static const pg_scope_t *place_with(const mover_t *m, bool pass)
{
    const pg_scope_t *last = NULL;

    for (int i = 0; i < m->flow->places->nelts; i++) {
        const pg_scope_t *p = &APR_ARRAY_IDX(m->flow->places, i, pg_scope_t);
        if ((pass ? p->pass : p->handler) && holds(m, p) == PG_YES) {
            last = p;
        }
    }
    return last;
}

/* @return whether the request is settled */
static bool by_passes(mover_t *m)
{
    const pg_scope_t *place = place_with(m, true);

    if (place) {
        pg_dest_t d = pg_flow_pass(place->pass, place->section,
                                   m->flow->scene.pool);
        if (by_pass(m, &d)) {
            return m->out.where != PG_WHERE_HERE;
        }
    }
    for (int i = 0; i < m->flow->passes->nelts; i++) {
        if (by_pass(m, &APR_ARRAY_IDX(m->flow->passes, i, pg_dest_t))) {
            return m->out.where != PG_WHERE_HERE;
        }
    }
    return false;
}

/* --- sections ------------------------------------------------------------ */

typedef struct merged_t {
    const pg_scope_t *rules;
    bool engine;
    bool unsure;                 /* some section may or may not apply     */
} merged_t;

/* Directories first, then locations, then <If>. A request that is forwarded
 * already has no file. */
static merged_t merge_places(const mover_t *m)
{
    static const pg_place_e order[] = { PG_PLACE_DIRECTORY, PG_PLACE_OTHER,
                                        PG_PLACE_LOCATION, PG_PLACE_IF };
    merged_t out = { .engine = m->flow->engine };

    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < m->flow->places->nelts; i++) {
            const pg_scope_t *p = &APR_ARRAY_IDX(m->flow->places, i,
                                                 pg_scope_t);
            pg_tri_e yes = p->kind == order[k] && p->rules ? holds(m, p)
                                                           : PG_NO;
            if (yes == PG_YES) {
                out.rules = p;
                out.engine = p->engine == PG_MAYBE ? out.engine
                                                   : p->engine == PG_YES;
            }
            out.unsure |= yes == PG_MAYBE;
        }
    }
    return out;
}

static bool by_sections(mover_t *m)
{
    merged_t merged = merge_places(m);
    const char *file = m->file, *root = m->flow->scene.root;

    if (merged.unsure) {
        end(m, PG_WHERE_UNKNOWN, NULL, NULL);
        return true;
    }
    if (merged.rules == NULL || !merged.engine || m->last) {
        return false;
    }
    if (by_rules(m, merged.rules->rules, m->file, merged.rules->prefix)) {
        m->out.in_section = true;
        return true;
    }
    if (m->file != file) {           /* an internal redirection           */
        m->uri = is_below(m->file, root) ? m->file + strlen(root) : m->file;
        m->out.where = PG_WHERE_UNKNOWN;
        m->out.url = NULL;
    }
    return false;
}

/* A forwarded request passes the rules of sections all the same. */
static void by_more_rules(mover_t *m)
{
    pg_went_t before = m->out;
    merged_t merged;
    const char *url;

    m->file = NULL;
    merged = merge_places(m);
    if (before.where != PG_WHERE_SENT || m->last) {
        return;
    }
    if (merged.unsure) {
        end(m, PG_WHERE_UNKNOWN, NULL, NULL);
        return;
    }
    if (merged.rules == NULL || !merged.engine) {
        return;
    }
    url = apr_pstrcat(m->flow->scene.pool, "proxy:", before.url, NULL);
    if (!by_rules(m, merged.rules->rules, url, merged.rules->prefix)
        && m->file) {
        end(m, PG_WHERE_UNKNOWN, NULL, NULL);
    }
}

static void by_handler(mover_t *m)
{
    apr_pool_t *pool = m->flow->scene.pool;
    const pg_scope_t *place = place_with(m, false);
    pg_about_t about = { &m->flow->scene, m->sent, m->file };
    pg_expr_t e = { .value = pg_rewrite_variable, .ctx = &about,
                    .pool = pool };
    const char *handler = m->handler, *url = handler;
    const pg_directive_t *by = m->handler_by;

    if (!handler && place) {
        handler = pg_tree_arg(place->handler, 0, pool);
        url = pg_expr_text(&e, handler);
        by = place->handler;
    }
    if (handler && pg_tree_begins(handler, "proxy:")) {
        end(m, url ? PG_WHERE_SENT : PG_WHERE_UNKNOWN,
            url ? apr_pstrcat(pool, url + strlen("proxy:"), m->file, NULL)
                : NULL, by);
        m->out.in_section = true;
    }
}

static const char *mapped(const mover_t *m, const char *uri)
{
    return apr_pstrcat(m->flow->scene.pool, m->flow->scene.root, uri, NULL);
}

/* One pass through httpd. @return whether an internal redirection follows */
static bool pass_through(mover_t *m)
{
    const char *uri;
    bool settled = false, rewritten;

    m->file = NULL;
    if (is_engine_on(m) && !m->last) {
        settled = by_rules(m, m->flow->rules, m->uri, NULL);
    }
    rewritten = m->file != NULL;
    if (settled || (!rewritten && by_passes(m))) {
        by_more_rules(m);
        return false;
    }
    m->file = mapped(m, rewritten ? m->file : m->uri);
    uri = m->uri;
    if (by_sections(m)) {
        return false;
    }
    if (m->uri != uri) {
        return true;
    }
    by_handler(m);
    return false;
}

/* httpd treats several slashes as one (MergeSlashes). */
static const char *merged_slashes(const char *uri, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, strlen(uri) + 1);
    apr_size_t n = 0;

    for (; *uri; uri++) {
        if (*uri != '/' || n == 0 || out[n - 1] != '/') {
            out[n++] = *uri;
        }
    }
    out[n] = '\0';
    return out;
}

pg_went_t pg_flow_send(const pg_flow_t *flow, const pg_sent_t *from)
{
    pg_sent_t sent = *from;
    mover_t m = { .flow = flow, .sent = &sent };

    if (!flow->scene.keep_slashes) {
        sent.uri = merged_slashes(from->uri, flow->scene.pool);
    }
    m.uri = sent.uri;

    for (int i = 0; i < MOST_REDIRECTS; i++) {
        end(&m, PG_WHERE_HERE, NULL, NULL);
        if (!pass_through(&m)) {
            return m.out;
        }
    }
    end(&m, PG_WHERE_UNKNOWN, NULL, NULL);
    return m.out;
}
