/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_perdir.h"

#include <apr_strings.h>

#include "pg_rewriterule.h"
#include "pg_tree.h"

struct pg_compat_t {
    bool strict[PG_ASKED_COUNT];        /* Order needs an Allow          */
    bool any[PG_ASKED_COUNT];   /* Satisfy Any                           */
    pg_tri_e allow[PG_ASKED_COUNT];     /* is a third party listed?      */
    pg_tri_e deny[PG_ASKED_COUNT];
};

/* The state of reading. */
typedef struct reader_t {
    pg_perdir_t *out;
    pg_authz_t *authz;           /* out->authz, writable                  */
    pg_compat_t *compat;
    pg_require_t *section;       /* container now open                    */
    unsigned limited;            /* methods in force                      */
    const pg_authz_env_t *env;
    apr_pool_t *pool;
} reader_t;

static void read_all(reader_t *r, const pg_directive_t *inside);

static pg_authz_t *authz_of(reader_t *r)
{
    if (r->authz == NULL) {
        r->authz = apr_pcalloc(r->pool, sizeof(*r->authz));
        r->out->authz = r->authz;
    }
    return r->authz;
}

static pg_compat_t *compat_of(reader_t *r)
{
    if (r->compat == NULL) {
        r->compat = apr_pcalloc(r->pool, sizeof(*r->compat));
        r->out->compat = r->compat;
    }
    return r->compat;
}

/* The container that takes a Require here. */
static pg_require_t *open_section(reader_t *r)
{
    pg_authz_t *authz = authz_of(r);

    if (r->section) {
        return r->section;
    }
    if (authz->section == NULL) {
        authz->section = pg_require_container(PG_LOGIC_OR, false, r->pool);
    }
    return authz->section;
}

static void read_require(reader_t *r, const pg_directive_t *d)
{
    pg_require_add(open_section(r), d, r->limited, r->env, r->pool);
}

static void read_container(reader_t *r, const pg_directive_t *d)
{
    bool all = pg_tree_is(d, "<RequireAll");
    bool negate = pg_tree_is(d, "<RequireNone");
    pg_require_t *outer = r->section;
    pg_require_t *inner = pg_require_container(all ? PG_LOGIC_AND
                                                   : PG_LOGIC_OR,
                                               negate, r->pool);

    r->section = inner;
    read_all(r, d->child);
    r->section = outer;
    pg_require_close(open_section(r), inner);
}

static void read_merging(reader_t *r, const pg_directive_t *d)
{
    pg_authz_t *authz = authz_of(r);

    authz->merging = pg_tree_says(d, "And", r->pool) ? PG_LOGIC_AND
                     : pg_tree_says(d, "Or", r->pool) ? PG_LOGIC_OR
                     : PG_LOGIC_OFF;
}

static void read_limit(reader_t *r, const pg_directive_t *d)
{
    unsigned outer = r->limited;
    unsigned named = pg_require_methods(d->args, r->pool);

    r->limited &= pg_tree_is(d, "<LimitExcept") ? ~named : named;
    read_all(r, d->child);
    r->limited = outer;
}

static void read_order(reader_t *r, const pg_directive_t *d)
{
    pg_compat_t *c = compat_of(r);
    bool strict = !pg_tree_says(d, "deny,allow", r->pool);

    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        if (r->limited & 1u << i) {
            c->strict[i] = strict;
        }
    }
}

static void read_satisfy(reader_t *r, const pg_directive_t *d)
{
    pg_compat_t *c = compat_of(r);

    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        if (r->limited & 1u << i) {
            c->any[i] = pg_tree_says(d, "any", r->pool);
        }
    }
}

/* Is the client one of these, as "from" understands them? */
static pg_tri_e from_who(const char *word, const pg_authz_env_t *env,
                         apr_pool_t *pool)
{
    bool address = strchr(word, ':') || strspn(word, "0123456789./")
                                        == strlen(word);

    if (pg_tree_same(word, "all")) {
        return PG_YES;
    }
    if (pg_tree_begins(word, "env=")) {
        bool no = word[4] == '!';
        return !pg_require_env_unset(word + 4 + no, env) ? PG_MAYBE
               : no ? PG_YES : PG_NO;
    }
    if (!address) {
        return strchr(word + (*word == '.'), '.') ? PG_NO : PG_MAYBE;
    }
    switch (pg_require_addresses(word, env->client, pool)) {
    case PG_AUTHZ_GRANTED:
        return PG_YES;
    case PG_AUTHZ_DENIED:
        return PG_NO;
    }
    return PG_MAYBE;
}

static void read_from(reader_t *r, const pg_directive_t *d)
{
    pg_compat_t *c = compat_of(r);
    pg_tri_e *list = pg_tree_is(d, "allow") ? c->allow : c->deny;
    const char *args = d->args;

    pg_tree_word(&args, r->pool);            /* "from" */
    while (*args) {
        pg_tri_e who = from_who(pg_tree_word(&args, r->pool), r->env,
                                r->pool);
        for (int i = 0; i < PG_ASKED_COUNT; i++) {
            if (r->limited & 1u << i && list[i] != PG_YES && who != PG_NO) {
                list[i] = who;
            }
        }
    }
}

static void read_methods(reader_t *r, const pg_directive_t *d)
{
    r->out->methods_set = true;
    if (pg_tree_says(d, "reset", r->pool)) {
        r->out->methods = 0;
    }
    else {
        r->out->methods |= pg_require_methods(d->args, r->pool);
    }
}

static void read_auth_type(reader_t *r, const pg_directive_t *d)
{
    r->out->auth_type = pg_tree_says(d, "None", r->pool) ? PG_MAYBE : PG_YES;
}

void pg_perdir_add_if(pg_perdir_t *out, const pg_directive_t *d,
                      const pg_authz_env_t *env, apr_pool_t *pool)
{
    pg_if_t **at = &out->ifs;
    pg_if_t *entry = apr_pcalloc(pool, sizeof(*entry));
    const char *args = d->args, *text;

    entry->from = d;
    entry->is_else = !pg_tree_is(d, "<If");
    entry->has_condition = !pg_tree_is(d, "<Else");
    text = pg_tree_word(&args, pool);
    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        entry->condition[i] = *args ? PG_MAYBE
                              : pg_require_expr(text, (pg_asked_e)i, env,
                                                pool);
    }
    entry->config = pg_perdir_compile(d->child, env, pool);
    while (*at) {
        at = &(*at)->next;
    }
    *at = entry;
}

static void read_if(reader_t *r, const pg_directive_t *d)
{
    pg_perdir_add_if(r->out, d, r->env, r->pool);
}

static void read_opaque(reader_t *r, const pg_directive_t *d)
{
    if (r->out->opaque == NULL) {
        r->out->opaque = d;
    }
}

/* A rule that only rewrites, or only sets something, refuses nobody. */
static void read_rewrite(reader_t *r, const pg_directive_t *d)
{
    const char *flags = pg_rewriterule_arg(d, 2, r->pool);

    if (strpbrk(flags, "FGRfgr")
        || strcmp(pg_rewriterule_arg(d, 1, r->pool), "-")) {
        r->out->rules = r->out->rules ? r->out->rules : d;
    }
}

typedef struct command_t {
    const char *name;
    void (*read)(reader_t *r, const pg_directive_t *d);
} command_t;

/* The directives that decide about access inside a section. */
static const command_t commands[] = {
    { "Require", read_require },
    { "<RequireAll", read_container },
    { "<RequireAny", read_container },
    { "<RequireNone", read_container },
    { "AuthMerging", read_merging },
    { "<Limit", read_limit },
    { "<LimitExcept", read_limit },
    { "order", read_order },
    { "allow", read_from },
    { "deny", read_from },
    { "Satisfy", read_satisfy },
    { "AllowMethods", read_methods },
    { "AuthType", read_auth_type },
    { "<If", read_if },
    { "<ElseIf", read_if },
    { "<Else", read_if },
    { "RewriteRule", read_rewrite },
    { "Redirect", read_opaque },
    { "SSLRequire", read_opaque },
    { "SSLRequireSSL", read_opaque },
    { "SSLVerifyClient", read_opaque },
    { "LuaHookAccessChecker", read_opaque },
    { "LuaHookAuthChecker", read_opaque },
    { "PerlAccessHandler", read_opaque },
    { "PerlAuthzHandler", read_opaque },
    { "SecRule", read_opaque },
    { "SecAction", read_opaque }
};

static void read_one(reader_t *r, const pg_directive_t *d)
{
    for (apr_size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (pg_tree_is(d, commands[i].name)) {
            commands[i].read(r, d);
            return;
        }
    }
    if (d->name[0] == '<') {
        read_opaque(r, d);           /* of an unknown module */
    }
}

static void read_all(reader_t *r, const pg_directive_t *inside)
{
    for (const pg_directive_t *d = inside; d; d = d->next) {
        read_one(r, d);
    }
}

pg_perdir_t *pg_perdir_compile(const pg_directive_t *inside,
                               const pg_authz_env_t *env, apr_pool_t *pool)
{
    reader_t r = { .out = apr_pcalloc(pool, sizeof(*r.out)),
                   .limited = PG_ASKED_ALL, .env = env, .pool = pool };

    read_all(&r, inside);
    return r.out;
}

bool pg_perdir_matters(const pg_perdir_t *p)
{
    return p->authz || p->compat || p->methods_set || p->auth_type
           || p->ifs || p->opaque || p->rules;
}

/* base's <If>s, then add's. */
static pg_if_t *append_ifs(pg_if_t *base, pg_if_t *add, apr_pool_t *pool)
{
    pg_if_t *copy;

    if (base == NULL || add == NULL) {
        return base ? base : add;
    }
    copy = apr_pmemdup(pool, base, sizeof(*copy));
    copy->next = append_ifs(base->next, add, pool);
    return copy;
}

const pg_perdir_t *pg_perdir_merge(const pg_perdir_t *base,
                                   const pg_perdir_t *add, apr_pool_t *pool)
{
    pg_perdir_t *out = apr_pmemdup(pool, base, sizeof(*out));

    out->authz = pg_require_merge(base->authz, add->authz, pool);
    /* mod_access_compat has no merger: a record replaces the one before */
    out->compat = add->compat ? add->compat : base->compat;
    if (add->methods_set) {
        out->methods_set = true;
        out->methods = add->methods;
    }
    out->auth_type = add->auth_type ? add->auth_type : base->auth_type;
    out->ifs = append_ifs(base->ifs, add->ifs, pool);
    out->opaque = base->opaque ? base->opaque : add->opaque;
    out->rules = base->rules ? base->rules : add->rules;
    return out;
}

static unsigned compat_decide(const pg_compat_t *c, pg_asked_e method)
{
    pg_tri_e allowed = c->allow[method];
    pg_tri_e denied = c->deny[method];
    unsigned out = 0;

    for (int a = 0; a < 2; a++) {
        for (int d = 0; d < 2; d++) {
            if ((allowed != PG_MAYBE && allowed != (a ? PG_YES : PG_NO))
                || (denied != PG_MAYBE && denied != (d ? PG_YES : PG_NO))) {
                continue;
            }
            out |= (c->strict[method] ? a && !d : a || !d) ? PG_MAY_PASS
                                                           : PG_MAY_REFUSE;
        }
    }
    return out;
}

static unsigned authz_decide(const pg_perdir_t *p, pg_asked_e method)
{
    unsigned set;

    if (p->authz == NULL || p->authz->section == NULL) {
        /* httpd answers 500 to an AuthType with nothing to require */
        return p->auth_type == PG_YES ? PG_MAY_REFUSE : PG_MAY_PASS;
    }
    set = pg_require_eval(p->authz->section, method, PG_LOGIC_AND);
    return (set & PG_AUTHZ_GRANTED ? PG_MAY_PASS : 0u)
           | (set & ~(unsigned)PG_AUTHZ_GRANTED ? PG_MAY_REFUSE : 0u);
}

unsigned pg_perdir_decide(const pg_perdir_t *p, pg_asked_e method)
{
    unsigned access = p->compat ? compat_decide(p->compat, method)
                                : PG_MAY_PASS;
    unsigned authz = authz_decide(p, method);
    unsigned out;

    if (p->methods_set && p->methods && !(p->methods & 1u << method)) {
        access = PG_MAY_REFUSE;      /* the same hook as Order's          */
    }
    if (p->compat && p->compat->any[method]) {
        out = ((access | authz) & PG_MAY_PASS)
              | (access & authz & PG_MAY_REFUSE);
    }
    else {
        out = (access & authz & PG_MAY_PASS)
              | ((access | authz) & PG_MAY_REFUSE);
    }
    return (p->opaque || p->rules) && out & PG_MAY_PASS ? PG_MAY_BOTH : out;
}
