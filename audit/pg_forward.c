/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_forward.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_regex.h"
#include "pg_targets.h"
#include "pg_tree.h"

/* Branches followed for one request before it counts as unknown. */
#define BUDGET 2000
#define STATES 48

/* Directories deeper than this are in no order; <DirectoryMatch> comes last. */
#define MOST_DEPTH 64

typedef struct section_t {
    pg_pattern_t pattern;
    const pg_perdir_t *config;
    const pg_directive_t *from;
    const pg_directive_t *engine; /* SSLProxyEngine in it; NULL: none     */
    int depth;                   /* of a <Directory>: its order           */
} section_t;

/* What the main server, or one virtual host, adds. */
typedef struct part_t {
    pg_perdir_t *server;         /* <If>s outside of sections             */
    apr_array_header_t *proxies; /* section_t                             */
    apr_array_header_t *locations;
    apr_array_header_t *folders; /* <Directory>                           */
    apr_array_header_t *files;
    apr_array_header_t *ports;   /* pg_ports_t                            */
    const pg_directive_t *block; /* ProxyBlock *                          */
    const pg_directive_t *engine; /* SSLProxyEngine                       */
    apr_array_header_t *engines; /* section_t: <Proxy>s with another      */
    bool anonymous;              /* some login needs no account           */
    bool any;                    /* there is any of these                 */
} part_t;

struct pg_access_t {
    const pg_audit_in_t *in;
    apr_pool_t *pool;
    pg_authz_env_t env;
    part_t *base;
    const pg_forward_t *plain;   /* of a host that adds nothing; NULL:
                                    not judged yet                        */
};

/* A virtual host under judgement. */
typedef struct site_t {
    pg_access_t *access;
    const part_t *part[2];       /* the main server's, its own            */
    int parts;
    apr_array_header_t *ports;
    const pg_directive_t *block;
    const pg_directive_t *engine;
    apr_pool_t *pool;            /* scratch                               */
    pg_asked_e method;          /* being tried                           */
    bool rules_run;              /* RewriteRules have been applied        */
    const pg_visit_t *reach;     /* the very request; NULL: a kind of
                                    request                               */
    int budget;
} site_t;

/* A third party's request; target NULL: any target. */
typedef struct ask_t {
    const char *target;          /* as <Proxy> sees it                    */
    const char *uri;             /* as <Location> sees it                 */
    const char *file;            /* as <Directory> sees it; NULL: not     */
    bool connect;
    bool local;                  /* not sent anywhere: no <Proxy>         */
    pg_asked_e method;
    const pg_directive_t *decides; /* last section that applied           */
} ask_t;

typedef struct states_t {
    const pg_perdir_t *item[STATES];
    int n;
    bool over;
} states_t;

/* The argument of a section, which may follow "~" in those of the core. */
static pg_pattern_t pattern_of(const pg_directive_t *d, bool core,
                               apr_pool_t *pool)
{
    const char *args = d->args;
    pg_pattern_t out = { .text = pg_tree_word(&args, pool) };
    apr_size_t n = strlen(d->name);

    out.regex = pg_tree_same(d->name + n - 5, "Match");
    if (core && strcmp(out.text, "~") == 0) {
        out.regex = true;
        out.text = pg_tree_word(&args, pool);
    }
    return out;
}

/* The SSLProxyEngine that counts in a <Proxy>. <Limit> makes no difference to
 * it. In an <If>, "on" has no effect but a failure: httpd prepares TLS for
 * servers and for <Proxy>s only. */
static const pg_directive_t *engine_in(const pg_directive_t *first)
{
    const pg_directive_t *found = NULL;

    for (const pg_directive_t *d = first; d; d = d->next) {
        const pg_directive_t *here = pg_tree_begins(d->name, "<Limit")
            ? engine_in(d->child)
            : pg_tree_is(d, "SSLProxyEngine") ? d : NULL;
        found = here ? here : found;
    }
    return found;
}

static void read_section(part_t *part, const pg_directive_t *d,
                         const pg_access_t *a)
{
    bool location = pg_tree_begins(d->name, "<Location");
    section_t s = { .from = d, .pattern = pattern_of(d, location, a->pool) };

    s.pattern.location = location;
    if (!location && pg_tree_begins(s.pattern.text, "proxy:")) {
        s.pattern.text += strlen("proxy:");
    }
    s.pattern.glob = !s.pattern.regex && apr_fnmatch_test(s.pattern.text);
    s.config = pg_perdir_compile(d->child, &a->env, a->pool);
    if (pg_perdir_matters(s.config)) {
        APR_ARRAY_PUSH(location ? part->locations : part->proxies,
                       section_t) = s;
        part->any = true;
    }
    s.engine = location ? NULL : engine_in(d->child);
    if (s.engine) {
        APR_ARRAY_PUSH(part->engines, section_t) = s;
        part->any = true;
    }
}

static int depth_of(const char *path)
{
    int n = 0;

    for (; *path; path++) {
        n += *path == '/' && path[1];
    }
    return n < MOST_DEPTH ? n : MOST_DEPTH - 1;
}

/* <Directory> and <Files> do not apply to a proxied request, except one
 * forwarded by a rule or a handler of a section. */
static void read_files(part_t *part, const pg_directive_t *d,
                       const pg_access_t *a)
{
    bool folder = pg_tree_begins(d->name, "<Directory");
    apr_array_header_t *list = folder ? part->folders : part->files;
    section_t s = { .from = d, .pattern = pattern_of(d, true, a->pool) };

    s.pattern.glob = !s.pattern.regex && (!folder
                                          || apr_fnmatch_test(s.pattern.text));
    s.config = pg_perdir_compile(d->child, &a->env, a->pool);
    if (!pg_perdir_matters(s.config)) {
        return;
    }
    s.depth = s.pattern.regex || !folder ? MOST_DEPTH
                                         : depth_of(s.pattern.text);
    APR_ARRAY_PUSH(list, section_t) = s;
    part->any = true;
}

static void read_ports(part_t *part, const pg_directive_t *d,
                       const pg_access_t *a)
{
    const char *args = d->args;

    while (*args) {
        const char *word = pg_tree_word(&args, a->pool);
        const char *dash = strchr(word, '-');
        pg_ports_t ports = { .first = atoi(word), .last = atoi(word) };
        if (dash) {
            ports.last = atoi(dash + 1);
        }
        APR_ARRAY_PUSH(part->ports, pg_ports_t) = ports;
    }
    part->any = true;
}

static void read_block(part_t *part, const pg_directive_t *d,
                       const pg_access_t *a)
{
    const char *args = d->args;

    while (*args) {
        if (*pg_tree_word(&args, a->pool) == '*') {
            part->block = d;
            part->any = true;
        }
    }
}

static void read_engine(part_t *part, const pg_directive_t *d,
                        const pg_access_t *a)
{
    (void)a;
    part->engine = d;
    part->any = true;
}

static void read_if(part_t *part, const pg_directive_t *d,
                    const pg_access_t *a)
{
    pg_perdir_add_if(part->server, d, &a->env, a->pool);
    part->any = true;
}

static void read_opaque(part_t *part, const pg_directive_t *d,
                        const pg_access_t *a)
{
    (void)a;
    part->server->opaque = d;
    part->any = true;
}

/* mod_rewrite ignores proxied targets without this option. */
static void read_rewrite_options(part_t *part, const pg_directive_t *d,
                                 const pg_access_t *a)
{
    if (strstr(apr_pstrcat(a->pool, d->args, NULL), "AllowAnyURI")) {
        read_opaque(part, d, a);
    }
}

typedef struct top_t {
    const char *name;
    void (*read)(part_t *part, const pg_directive_t *d,
                 const pg_access_t *a);
    const char *word;            /* only if this is its first; NULL: any  */
} top_t;

/* What counts at the top of a server or a virtual host. */
static const top_t tops[] = {
    { "<Directory", read_files, NULL },
    { "<DirectoryMatch", read_files, NULL },
    { "<Files", read_files, NULL },
    { "<FilesMatch", read_files, NULL },
    { "<Proxy", read_section, NULL },
    { "<ProxyMatch", read_section, NULL },
    { "<Location", read_section, NULL },
    { "<LocationMatch", read_section, NULL },
    { "<If", read_if, NULL },
    { "<ElseIf", read_if, NULL },
    { "<Else", read_if, NULL },
    { "AllowCONNECT", read_ports, NULL },
    { "ProxyBlock", read_block, NULL },
    { "SSLProxyEngine", read_engine, NULL },
    { "SSLVerifyClient", read_opaque, "require" },
    { "RewriteOptions", read_rewrite_options, NULL },
    { "SecRuleEngine", read_opaque, "On" },
    { "LuaHookAccessChecker", read_opaque, NULL },
    { "LuaHookAuthChecker", read_opaque, NULL },
    { "LuaHookMapToStorage", read_opaque, NULL },
    { "LuaQuickHandler", read_opaque, NULL },
    { "PerlPostReadRequestHandler", read_opaque, NULL },
    { "PerlAccessHandler", read_opaque, NULL },
    { "PerlTransHandler", read_opaque, NULL }
};

/* Is there a login that needs no account? Those of other hosts do not
 * count. */
static bool has_anonymous(const pg_directive_t *first)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_is(d, "Anonymous") || pg_tree_is(d, "AuthBasicFake")
            || (!pg_tree_is(d, "<VirtualHost") && has_anonymous(d->child))) {
            return true;
        }
    }
    return false;
}

static part_t *compile(const pg_directive_t *first, pg_access_t *a)
{
    part_t *part = apr_pcalloc(a->pool, sizeof(*part));

    a->env.anonymous = (a->base && a->base->anonymous)
                       || has_anonymous(first);
    part->anonymous = a->env.anonymous;
    part->server = apr_pcalloc(a->pool, sizeof(*part->server));
    part->proxies = apr_array_make(a->pool, 2, sizeof(section_t));
    part->locations = apr_array_make(a->pool, 2, sizeof(section_t));
    part->folders = apr_array_make(a->pool, 2, sizeof(section_t));
    part->files = apr_array_make(a->pool, 2, sizeof(section_t));
    part->engines = apr_array_make(a->pool, 2, sizeof(section_t));
    part->ports = apr_array_make(a->pool, 2, sizeof(pg_ports_t));
    for (const pg_directive_t *d = first; d; d = d->next) {
        for (apr_size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++) {
            if (pg_tree_is(d, tops[i].name)
                && (tops[i].word == NULL
                    || pg_tree_says(d, tops[i].word, a->pool))) {
                tops[i].read(part, d, a);
            }
        }
    }
    return part;
}

static void read_aliases(pg_access_t *a, const pg_directive_t *first)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        const pg_directive_t **more;
        if (!pg_tree_is(d, "<AuthzProviderAlias")) {
            continue;
        }
        more = apr_palloc(a->pool, sizeof(*more)
                                   * (apr_size_t)(a->env.alias_count + 1));
        for (int i = 0; i < a->env.alias_count; i++) {
            more[i] = a->env.alias[i];
        }
        more[a->env.alias_count++] = d;
        a->env.alias = more;
    }
}

pg_access_t *pg_forward_access(const pg_audit_in_t *in, const char *client,
                               apr_pool_t *pool)
{
    pg_access_t *a = apr_pcalloc(pool, sizeof(*a));

    a->in = in;
    a->pool = pool;
    a->env.in = in;
    a->env.client = client;
    read_aliases(a, in->tree);
    a->base = compile(in->tree, a);
    return a;
}

/* Not by memcmp(): padding must not matter. */
static bool is_same_state(const pg_perdir_t *a, const pg_perdir_t *b)
{
    return a->authz == b->authz && a->compat == b->compat
           && a->methods_set == b->methods_set && a->methods == b->methods
           && a->auth_type == b->auth_type && a->ifs == b->ifs
           && a->opaque == b->opaque && a->rules == b->rules;
}

static void add_state(states_t *s, const pg_perdir_t *p)
{
    for (int i = 0; i < s->n; i++) {
        if (is_same_state(s->item[i], p)) {
            return;
        }
    }
    if (s->n == STATES) {
        s->over = true;
        return;
    }
    s->item[s->n++] = p;
}

/* Add a section to every state, or perhaps. */
static void apply(site_t *site, states_t *s, const section_t *section,
                  pg_cover_e cover)
{
    states_t out = { .over = s->over };

    for (int i = 0; i < s->n; i++) {
        if (cover != PG_COVERS_ALL) {
            add_state(&out, s->item[i]);
        }
        add_state(&out, pg_perdir_merge(s->item[i], section->config,
                                        site->pool));
    }
    *s = out;
}

/* The fixed text that all paths of a section begin with. *whole: it holds for
 * all paths that begin so. */
static const char *start_of(const pg_pattern_t *p, bool *whole,
                            apr_pool_t *pool)
{
    if (p->regex) {
        return pg_regex_prefix(p->text, whole, pool);
    }
    *whole = !p->glob;
    return p->glob ? apr_pstrmemdup(pool, p->text, strcspn(p->text, "*?[\\"))
                   : p->text;
}

/* Might the section apply to another path that the directive is for? */
static bool may_hold(const site_t *site, const pg_pattern_t *p)
{
    const char *prefix = site->reach->prefix, *start;
    apr_size_t n, m;
    bool whole;

    start = start_of(p, &whole, site->pool);
    n = strlen(prefix);
    m = strlen(start);
    return strncmp(start, prefix, m < n && (p->regex || p->glob) ? m : n) == 0;
}

/* Might it not apply to another one, though it does to this one? */
static bool may_miss(const site_t *site, const pg_pattern_t *p)
{
    const char *prefix = site->reach->prefix, *start;
    bool whole;

    if (p->regex && pg_regex_takes_all(p->text)) {
        return false;
    }
    start = start_of(p, &whole, site->pool);
    return !whole || strncmp(prefix, start, strlen(start)) != 0;
}

static pg_cover_e cover_of(const site_t *site, const section_t *section,
                           const ask_t *ask)
{
    const char *text = section->pattern.location ? ask->uri : ask->target;
    bool holds;

    if (text == NULL) {
        return pg_targets_cover(&section->pattern, ask->connect);
    }
    holds = pg_targets_match(&section->pattern, text, site->access->in);
    if (section->pattern.location && site->reach && site->reach->prefix
        && (holds ? may_miss : may_hold)(site, &section->pattern)) {
        return PG_COVERS_SOME;
    }
    return holds ? PG_COVERS_ALL : PG_COVERS_NONE;
}

static void apply_all(site_t *site, states_t *s,
                      const apr_array_header_t *sections, ask_t *ask)
{
    for (int i = 0; i < sections->nelts; i++) {
        const section_t *section = &APR_ARRAY_IDX(sections, i, section_t);
        pg_cover_e cover = cover_of(site, section, ask);
        if (cover != PG_COVERS_NONE) {
            apply(site, s, section, cover);
            if (cover == PG_COVERS_ALL || ask->decides == NULL) {
                ask->decides = section->from;
            }
        }
    }
}

/* Does the section apply to this file? */
static bool holds_file(const site_t *site, const section_t *s,
                       const char *file)
{
    const char *text = s->pattern.text, *slash = strrchr(file, '/');
    apr_size_t n = strlen(text);

    if (pg_tree_begins(s->from->name, "<Files")) {
        file = slash ? slash + 1 : file;
    }
    if (s->pattern.regex || s->pattern.glob) {
        return pg_targets_match(&s->pattern, file, site->access->in);
    }
    return strncmp(file, text, n) == 0
           && (n == 0 || text[n - 1] == '/' || file[n] == '/');
}

static void apply_files(site_t *site, states_t *s,
                        const apr_array_header_t *all, int depth, ask_t *ask)
{
    for (int i = 0; i < all->nelts; i++) {
        const section_t *section = &APR_ARRAY_IDX(all, i, section_t);
        if (section->depth == depth
            && holds_file(site, section, ask->file)) {
            apply(site, s, section, PG_COVERS_ALL);
            ask->decides = section->from;
        }
    }
}

/* The walk over directories, shortest first, and files. */
static void walk_files(site_t *site, states_t *s, ask_t *ask)
{
    for (int depth = 0; depth <= MOST_DEPTH; depth++) {
        for (int i = 0; i < site->parts; i++) {
            apply_files(site, s, site->part[i]->folders, depth, ask);
        }
    }
    for (int i = 0; i < site->parts; i++) {
        apply_files(site, s, site->part[i]->files, MOST_DEPTH, ask);
    }
}

/* Might it be another answer for another path, or another Host? What fits all
 * that was tried is believed, what none of it fits is not. */
static pg_tri_e doubted(const char *text, pg_tri_e answer, bool any_host)
{
    static const char *const paths[] = { "REQUEST_URI", "REQUEST_FILENAME",
                                         "SCRIPT_URL", "SCRIPT_FILENAME",
                                         "PATH_INFO", NULL };
    bool path = false, host = strstr(text, "HTTP_HOST")
                              || strstr(text, "SERVER_NAME");

    for (int i = 0; paths[i]; i++) {
        path |= strstr(text, paths[i]) != NULL;
    }
    if (answer == PG_NO) {
        return path || host ? PG_MAYBE : PG_NO;
    }
    return (path && strpbrk(text, "![$"))
           || (host && any_host && strchr(text, '!'))
           || (host && strstr(text, "!~") && !strstr(text, "$/"))
               ? PG_MAYBE : answer;
}

static pg_tri_e condition_of(const site_t *site, const pg_if_t *at)
{
    pg_tri_e out = at->has_condition ? at->condition[site->method] : PG_YES;
    pg_expr_t e = { .in = site->access->in, .pool = site->pool };
    const char *args = at->from->args, *text;

    if (out != PG_MAYBE || !site->reach || !site->reach->value) {
        return out;
    }
    e.value = site->reach->value;
    e.ctx = site->reach->ctx;
    text = pg_tree_word(&args, site->pool);
    out = pg_expr_eval(&e, text);
    return site->reach->prefix ? doubted(text, out, site->reach->any_host)
                               : out;
}

/* httpd's walk over <If>s, trying both ways where a condition is unknown. held:
 * did the last condition, if any, hold? now: the sum of those that did. */
static unsigned walk_ifs(site_t *site, const pg_if_t *at, bool held,
                         const pg_perdir_t *now, const pg_perdir_t *p)
{
    static const pg_perdir_t nothing;
    pg_tri_e condition;
    unsigned out = 0;

    if (--site->budget < 0) {
        return PG_MAY_BOTH;
    }
    if (at == NULL && now == NULL) {
        pg_perdir_t last = *p;
        last.rules = site->rules_run ? NULL : p->rules;
        return pg_perdir_decide(&last, site->method);
    }
    if (at == NULL) {
        return walk_ifs(site, now->ifs, false, NULL,
                        pg_perdir_merge(p, now, site->pool));
    }
    if (at->is_else && held) {
        return walk_ifs(site, at->next, true, now, p);
    }
    condition = condition_of(site, at);
    if (condition != PG_YES) {
        out |= walk_ifs(site, at->next, false, now, p);
    }
    if (condition != PG_NO) {
        now = pg_perdir_merge(now ? now : &nothing, at->config, site->pool);
        out |= walk_ifs(site, at->next, at->has_condition, now, p);
    }
    return out;
}

/* The outcome of one request. Locations are merged among themselves first,
 * like in ap_location_walk; this matters with AuthMerging. */
static unsigned outcome(site_t *site, ask_t *ask)
{
    pg_perdir_t *nothing = apr_pcalloc(site->pool, sizeof(*nothing));
    states_t proxies = { .n = 1 }, locations = { .n = 1 };
    unsigned out = 0;

    proxies.item[0] = site->part[0]->server;
    if (site->parts > 1) {
        proxies.item[0] = pg_perdir_merge(site->part[0]->server,
                                          site->part[1]->server, site->pool);
    }
    locations.item[0] = nothing;
    site->budget = BUDGET;
    site->method = ask->method;
    ask->decides = NULL;
    if (ask->file) {
        walk_files(site, &proxies, ask);
    }
    for (int i = 0; i < site->parts && !ask->local; i++) {
        apply_all(site, &proxies, site->part[i]->proxies, ask);
    }
    for (int i = 0; i < site->parts; i++) {
        apply_all(site, &locations, site->part[i]->locations, ask);
    }
    for (int i = 0; i < proxies.n; i++) {
        for (int j = 0; j < locations.n; j++) {
            const pg_perdir_t *p = pg_perdir_merge(proxies.item[i],
                                       locations.item[j], site->pool);
            out |= walk_ifs(site, p->ifs, false, NULL, p);
        }
    }
    return proxies.over || locations.over ? PG_MAY_BOTH : out;
}

static site_t *site_create(pg_access_t *a, const pg_directive_t *vhost,
                           apr_pool_t *scratch)
{
    site_t *site = apr_pcalloc(scratch, sizeof(*site));
    const part_t *own = vhost ? compile(vhost->child, a) : NULL;

    site->access = a;
    site->pool = scratch;
    site->part[0] = a->base;
    site->parts = 1;
    site->ports = a->base->ports;
    site->block = a->base->block;
    site->engine = a->base->engine;
    if (own && own->any) {
        site->part[site->parts++] = own;
        site->ports = apr_array_append(scratch, site->ports, own->ports);
        site->block = own->block ? own->block : site->block;
        site->engine = own->engine ? own->engine : site->engine;
    }
    return site;
}

static bool is_on(const site_t *site, const pg_directive_t *engine)
{
    return engine && pg_tree_says(engine, "on", site->pool);
}

/* Does SSLProxyEngine let the proxy speak TLS to this target? NULL: to any
 * target at all. A <Proxy> wins, even the main server's over what its virtual
 * host says outside of sections. */
static bool speaks_tls(const site_t *site, const char *target)
{
    bool on = is_on(site, site->engine);

    for (int i = 0; i < site->parts; i++) {
        const apr_array_header_t *all = site->part[i]->engines;
        for (int j = 0; j < all->nelts; j++) {
            const section_t *s = &APR_ARRAY_IDX(all, j, section_t);
            if (target == NULL) {
                on |= is_on(site, s->engine);
            }
            else if (pg_targets_match(&s->pattern, target,
                                      site->access->in)) {
                on = is_on(site, s->engine);
            }
        }
    }
    return on;
}

/* local: no <Proxy> applies. */
static bool is_carried(const site_t *site, const char *url, bool local)
{
    const char *scheme = apr_pstrmemdup(site->pool, url, strcspn(url, ":"));

    return pg_targets_carries(site->access->in, scheme,
                              local ? is_on(site, site->engine)
                                    : speaks_tls(site, url));
}

static void fit_all(apr_array_header_t *targets,
                    const apr_array_header_t *sections, const site_t *site,
                    bool connect)
{
    for (int i = 0; i < sections->nelts; i++) {
        pg_targets_fit(targets,
                       &APR_ARRAY_IDX(sections, i, section_t).pattern,
                       site->ports, connect, site->access->in);
    }
}

/* The targets to try at a door. *plain: how many of them are ordinary. */
static apr_array_header_t *targets_of(const site_t *site, bool connect,
                                      int *plain)
{
    const pg_audit_in_t *in = site->access->in;
    apr_array_header_t *out = connect
        ? pg_targets_connect(in, site->ports, site->pool)
        : pg_targets_url(in, speaks_tls(site, NULL), site->pool);

    *plain = out->nelts;
    for (int i = 0; i < site->parts && *plain; i++) {
        const part_t *part = site->part[i];
        fit_all(out, part->proxies, site, connect);
        fit_all(out, part->locations, site, connect);
        if (!connect) {
            fit_all(out, part->engines, site, connect);
        }
    }
    return out;
}

/* Taken by itself, does it refuse third parties some method? */
static bool refuses(const pg_perdir_t *p)
{
    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        if (pg_perdir_decide(p, (pg_asked_e)i) == PG_MAY_REFUSE) {
            return true;
        }
    }
    return false;
}

static bool is_open_question(const pg_if_t *f)
{
    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        if (f->condition[i] == PG_MAYBE) {
            return true;
        }
    }
    return false;
}

/* The first condition or directive that makes a section's answer unknown. */
static const pg_directive_t *cause_in(const pg_perdir_t *p)
{
    if (p->opaque || p->rules) {
        return p->opaque ? p->opaque : p->rules;
    }
    for (const pg_if_t *f = p->ifs; f; f = f->next) {
        const pg_directive_t *inner = cause_in(f->config);
        if (inner || (f->has_condition && is_open_question(f))) {
            return inner ? inner : f->from;
        }
    }
    return NULL;
}

static const pg_directive_t *cause_of(const site_t *site)
{
    const pg_directive_t *some = NULL;

    for (int i = 0; i < site->parts; i++) {
        const apr_array_header_t *both[2] = { site->part[i]->proxies,
                                              site->part[i]->locations };
        const pg_directive_t *cause = cause_in(site->part[i]->server);
        for (int j = 0; !cause && j < 2; j++) {
            for (int k = 0; !cause && k < both[j]->nelts; k++) {
                cause = cause_in(APR_ARRAY_IDX(both[j], k, section_t).config);
                some = APR_ARRAY_IDX(both[j], k, section_t).from;
            }
        }
        if (cause) {
            return cause;
        }
    }
    return some;
}

static const pg_asked_e door_methods[PG_DOOR_COUNT][PG_ASKED_COUNT] = {
    [PG_DOOR_GET] = { PG_ASKED_GET, PG_ASKED_COUNT },
    [PG_DOOR_METHODS] = { PG_ASKED_POST, PG_ASKED_OTHER, PG_ASKED_PUT,
                          PG_ASKED_DELETE, PG_ASKED_OPTIONS,
                          PG_ASKED_PATCH, PG_ASKED_PROPFIND, PG_ASKED_NAMED,
                          PG_ASKED_COUNT },
    [PG_DOOR_CONNECT] = { PG_ASKED_CONNECT, PG_ASKED_COUNT }
};

static unsigned ask_methods(site_t *site, pg_door_e door, ask_t *ask,
                            unsigned enough)
{
    unsigned out = 0;

    for (int i = 0; door_methods[door][i] != PG_ASKED_COUNT; i++) {
        unsigned one;
        ask->method = door_methods[door][i];
        one = outcome(site, ask);
        if (one == enough) {
            return one;
        }
        out |= one;
    }
    return out;
}

/* The last <Proxy> that would refuse third parties some method. */
static const pg_directive_t *partial_in(const site_t *site)
{
    const pg_directive_t *found = NULL;

    for (int i = 0; i < site->parts; i++) {
        const apr_array_header_t *all = site->part[i]->proxies;
        for (int j = 0; j < all->nelts; j++) {
            const section_t *s = &APR_ARRAY_IDX(all, j, section_t);
            if (refuses(s->config)) {
                found = s->from;
            }
        }
    }
    return found;
}

/* A target for which a third party certainly gets through. */
static bool find_open(site_t *site, pg_door_e door, pg_judged_t *out)
{
    ask_t ask = { .connect = door == PG_DOOR_CONNECT };
    int plain;
    apr_array_header_t *targets = targets_of(site, ask.connect, &plain);

    for (int i = 0; i < targets->nelts; i++) {
        ask.target = ask.uri = APR_ARRAY_IDX(targets, i, const char *);
        if ((ask.connect || is_carried(site, ask.target, false))
            && ask_methods(site, door, &ask, PG_MAY_PASS) == PG_MAY_PASS) {
            out->gate = PG_GATE_OPEN;
            out->target = apr_pstrdup(site->access->pool, ask.target);
            out->every_target = i < plain;
            out->section = ask.decides;
            out->partial = ask.decides ? NULL : partial_in(site);
            return true;
        }
    }
    return false;
}

static void judge_door(site_t *site, pg_door_e door, pg_judged_t *out)
{
    ask_t any = { .connect = door == PG_DOOR_CONNECT };
    int carried;

    targets_of(site, any.connect, &carried);
    if (carried == 0) {
        out->gate = PG_GATE_NONE;
        return;
    }
    out->gate = PG_GATE_CLOSED;
    if (site->block) {
        out->section = site->block;
        return;
    }
    /* "any target at all" first: a single question that settles most cases */
    if (!(ask_methods(site, door, &any, PG_MAY_BOTH) & PG_MAY_PASS)) {
        out->section = any.decides;
        return;
    }
    if (!find_open(site, door, out)) {
        out->gate = PG_GATE_UNKNOWN;
        out->cause = cause_of(site);
    }
}

const pg_forward_t *pg_forward_judge(pg_access_t *access,
                                     const pg_directive_t *vhost,
                                     apr_pool_t *scratch)
{
    site_t *site = site_create(access, vhost, scratch);
    pg_forward_t *out;

    if (site->parts == 1 && access->plain) {
        return access->plain;
    }
    out = apr_pcalloc(access->pool, sizeof(*out));
    for (int i = 0; i < PG_DOOR_COUNT; i++) {
        judge_door(site, (pg_door_e)i, &out->door[i]);
    }
    if (site->parts == 1) {
        access->plain = out;
    }
    return out;
}

unsigned pg_forward_reverse(pg_access_t *access, const pg_directive_t *vhost,
                            const pg_visit_t *reach, apr_pool_t *scratch)
{
    ask_t ask = { .target = reach->url, .uri = reach->uri,
                  .file = reach->file, .local = reach->url == NULL,
                  .method = reach->method };
    site_t *site = site_create(access, vhost, scratch);
    unsigned out = 0;

    site->rules_run = true;
    site->reach = reach;
    if (reach->sent && (site->block
                        || !is_carried(site, reach->sent, ask.local))) {
        return PG_MAY_REFUSE;
    }
    if (reach->method != PG_ASKED_COUNT) {
        return outcome(site, &ask);
    }
    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        ask.method = (pg_asked_e)i;
        out |= outcome(site, &ask);
    }
    return out;
}

bool pg_forward_tls(pg_access_t *access, const pg_directive_t *vhost,
                    apr_pool_t *scratch)
{
    return speaks_tls(site_create(access, vhost, scratch), NULL);
}

const char *pg_forward_doors(const pg_forward_t *f, pg_gate_e gate,
                             apr_pool_t *pool)
{
    static const char *const names[PG_DOOR_COUNT] = {
        [PG_DOOR_GET] = "GET", [PG_DOOR_METHODS] = "POST etc.",
        [PG_DOOR_CONNECT] = "CONNECT"
    };
    const char *out = "";

    for (int i = 0; i < PG_DOOR_COUNT; i++) {
        if (f->door[i].gate == gate) {
            out = apr_pstrcat(pool, out, *out ? ", " : "", names[i], NULL);
        }
    }
    return out;
}

bool pg_forward_denies(pg_access_t *access, const pg_directive_t *section)
{
    return refuses(pg_perdir_compile(section->child, &access->env,
                                     access->pool));
}
