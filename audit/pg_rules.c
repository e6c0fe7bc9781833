/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_rules.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "pg_reverse.h"
#include "pg_tree.h"

/* A target chosen by the client, where virtual hosts inherit it. */
typedef struct inherited_t {
    const pg_directive_t *at;
    pg_reverse_t reverse;
    pg_rule_e rule;
    bool unsure;
} inherited_t;

struct pg_rules_t {
    const pg_audit_in_t *in;
    pg_access_t *access;
    apr_pool_t *pool;
    apr_pool_t *scratch;
    pg_found_t *found;
    apr_hash_t *server;          /* lower-case name -> the last directive
                                    of that name outside of sections      */
    apr_hash_t *first_of;        /* arguments of <VirtualHost> -> first   */
    apr_array_header_t *inherited; /* inherited_t                         */
    unsigned rewrite_options;      /* of the main server                  */
    pg_reviewed_t *site;         /* under review                          */
    bool any_name;
    bool any_forward;
};

static const char *lower_name(const char *name, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, name);

    pg_span_lower(out, pg_span_str(name));
    return out;
}

/* What RewriteOptions say of rules that virtual hosts inherit. All of one
 * server's count together. */
enum {
    REWRITE_OPTIONS = 1,         /* there are some                        */
    REWRITE_INHERITS = 2,
    REWRITE_HANDS_DOWN = 4,
    REWRITE_IGNORES = 8
};

static unsigned rewrite_options_in(const pg_directive_t *d, apr_pool_t *pool)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        { "Inherit",           REWRITE_INHERITS },
        { "InheritBefore",     REWRITE_INHERITS },
        { "InheritDown",       REWRITE_HANDS_DOWN },
        { "InheritDownBefore", REWRITE_HANDS_DOWN },
        { "IgnoreInherit",     REWRITE_IGNORES },
    };
    const char *args = d->args;
    unsigned out = REWRITE_OPTIONS;

    if (!pg_tree_is(d, "RewriteOptions")) {
        return 0;
    }
    while (*args) {
        const char *word = pg_tree_word(&args, pool);
        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            out |= pg_tree_same(word, words[i].word) ? words[i].bit : 0;
        }
    }
    return out;
}

pg_rules_t *pg_rules_create(const pg_audit_in_t *in, pg_access_t *access,
                            pg_found_t *found, apr_pool_t *pool)
{
    pg_rules_t *r = apr_pcalloc(pool, sizeof(*r));

    r->in = in;
    r->access = access;
    r->pool = pool;
    r->found = found;
    apr_pool_create(&r->scratch, pool);
    r->server = apr_hash_make(pool);
    r->first_of = apr_hash_make(pool);
    r->inherited = apr_array_make(pool, 2, sizeof(inherited_t));
    for (const pg_directive_t *d = in->tree; d; d = d->next) {
        r->rewrite_options |= rewrite_options_in(d, pool);
        if (d->name[0] != '<') {
            apr_hash_set(r->server, lower_name(d->name, pool),
                         APR_HASH_KEY_STRING, d);
        }
        else if (pg_tree_is(d, "<VirtualHost")
                 && !apr_hash_get(r->first_of, d->args, APR_HASH_KEY_STRING)) {
            apr_hash_set(r->first_of, d->args, APR_HASH_KEY_STRING, d);
        }
    }
    return r;
}

static void report(pg_rules_t *r, pg_rule_e which, const pg_directive_t *at,
                   const char *detail)
{
    pg_found_add(r->found, which, at, r->site ? r->site->site->name : NULL,
                 detail);
}

/* --- forward ------------------------------------------------------------- */

/* The last directive of that name in force, NULL if there is none. */
static const pg_directive_t *in_force(const pg_rules_t *r, const char *name)
{
    const pg_directive_t *last = apr_hash_get(r->server,
        lower_name(name, r->scratch), APR_HASH_KEY_STRING);

    if (r->site->vhost) {
        for (const pg_directive_t *d = r->site->vhost->child; d;
             d = d->next) {
            if (pg_tree_is(d, name)) {
                last = d;
            }
        }
    }
    return last;
}

static bool is_mail(int first, int last)
{
    static const int mail[] = { 25, 465, 587, 2525 };

    for (int i = 0; i < 4; i++) {
        if (first <= mail[i] && mail[i] <= last) {
            return true;
        }
    }
    return false;
}

static void check_port(pg_rules_t *r, const pg_directive_t *d,
                       const char *word)
{
    const char *dash = strchr(word, '-');
    int first = atoi(word), last = dash ? atoi(dash + 1) : first;
    bool open = r->site->forward->door[PG_DOOR_CONNECT].gate == PG_GATE_OPEN;
    bool tls = first == last && (first == 443 || first == 563
                                 || first == 8443);

    if (is_mail(first, last)) {
        report(r, open ? PG_RULE_OPEN_MAIL : PG_RULE_MAIL_PORT, d, word);
    }
    else if (!tls) {
        report(r, PG_RULE_MORE_PORTS, d, word);
    }
}

static void check_ports(pg_rules_t *r, const pg_directive_t *d)
{
    const char *args = d->args;

    while (r->site->forward && *args) {
        check_port(r, d, pg_tree_word(&args, r->scratch));
    }
}

/* "GET, CONNECT": the open ones. */
static const char *open_doors(const pg_forward_t *f, apr_pool_t *pool)
{
    static const char *const names[PG_DOOR_COUNT] = {
        [PG_DOOR_GET] = "GET", [PG_DOOR_METHODS] = "the other methods",
        [PG_DOOR_CONNECT] = "CONNECT"
    };
    const char *out = "";

    for (int i = 0; i < PG_DOOR_COUNT; i++) {
        if (f->door[i].gate == PG_GATE_OPEN) {
            out = apr_pstrcat(pool, out, *out ? " and " : "", names[i], NULL);
        }
    }
    return out;
}

static const pg_judged_t *door_that_is(const pg_forward_t *f, pg_gate_e gate)
{
    for (int i = 0; i < PG_DOOR_COUNT; i++) {
        if (f->door[i].gate == gate) {
            return &f->door[i];
        }
    }
    return NULL;
}

static void report_open(pg_rules_t *r, const pg_judged_t *open)
{
    const pg_forward_t *f = r->site->forward;
    const pg_judged_t *closed = door_that_is(f, PG_GATE_CLOSED);

    if (closed && closed->section) {
        report(r, PG_RULE_OPEN_DOOR, closed->section,
               open_doors(f, r->scratch));
    }
    else if (open->partial) {
        report(r, PG_RULE_OPEN_DOOR, open->partial,
               apr_pstrcat(r->scratch, "those to ", open->target, NULL));
    }
    else if (!open->every_target) {
        report(r, PG_RULE_OPEN_SOME, open->section, open->target);
    }
    else if (open->section) {
        report(r, PG_RULE_OPEN_GRANTED, open->section, "");
    }
    else {
        report(r, PG_RULE_OPEN_BARE, in_force(r, "ProxyRequests"), "");
    }
}

static void check_forward(pg_rules_t *r)
{
    const pg_reviewed_t *s = r->site;
    const pg_judged_t *open = door_that_is(s->forward, PG_GATE_OPEN);
    const pg_judged_t *unknown = door_that_is(s->forward, PG_GATE_UNKNOWN);

    r->any_forward = true;
    if (open && s->site->on_purpose) {
        report(r, PG_RULE_ON_PURPOSE, in_force(r, "ProxyGuardForward"), "");
    }
    else if (open) {
        report_open(r, open);
    }
    else if (unknown) {
        report(r, PG_RULE_NOT_ANALYSED, unknown->cause ? unknown->cause
               : in_force(r, "ProxyRequests"), "");
    }
    if (s->site->guard_off) {
        report(r, PG_RULE_GUARD_OFF, in_force(r, "ProxyGuard"), "");
    }
}

static void check_via(pg_rules_t *r)
{
    const pg_directive_t *d = in_force(r, "ProxyVia");

    if (d == NULL || pg_tree_says(d, "Off", r->scratch)
        || pg_tree_says(d, "Block", r->scratch)) {
        report(r, PG_RULE_VIA, d ? d : in_force(r, "ProxyRequests"),
               d ? pg_tree_arg(d, 0, r->scratch) : "not set");
    }
}

/* --- directives ---------------------------------------------------------- */

/* Where a directive stands. */
typedef struct scope_t {
    const pg_directive_t *section;   /* <Proxy>, <Location>, <Directory>  */
    bool conditional;                /* in an <If>                        */
    bool rewrite_on;                 /* RewriteEngine                      */
    bool unsure;                     /* a RewriteCond, or an earlier rule
                                        that may come first               */
} scope_t;

static bool in_section(const scope_t *scope, const char *name)
{
    return scope->section && pg_tree_begins(scope->section->name, name);
}

/* Is a stranger let through to where `reverse` sends him? */
static unsigned lets_pass(pg_rules_t *r, const pg_reverse_t *reverse,
                          const scope_t *scope)
{
    bool files = in_section(scope, "<Directory")
                 || in_section(scope, "<Files");

    if (files && pg_forward_denies(r->access, scope->section)) {
        return PG_MAY_REFUSE;
    }
    return pg_forward_reverse(r->access, r->site->vhost,
                              pg_reverse_sample(reverse, r->scratch),
                              "http://proxyguard.example/", r->scratch);
}

/* Only the first virtual host of an address gets foreign Host fields. */
static bool gets_foreign_hosts(const pg_rules_t *r)
{
    const pg_directive_t *v = r->site->vhost;

    return v == NULL
           || apr_hash_get(r->first_of, v->args, APR_HASH_KEY_STRING) == v;
}

static void judge_reverse(pg_rules_t *r, const inherited_t *what,
                          const scope_t *scope)
{
    pg_chosen_e chosen = pg_reverse_host(&what->reverse, r->scratch);
    unsigned pass;
    bool sure;

    if (chosen == PG_CHOSEN_NOT) {
        return;
    }
    pass = lets_pass(r, &what->reverse, scope);
    if (!(pass & PG_MAY_PASS)) {
        return;
    }
    sure = chosen == PG_CHOSEN_BY_CLIENT && pass == PG_MAY_PASS
           && !what->unsure && !scope->conditional
           && (gets_foreign_hosts(r)
               || !strstr(what->reverse.target, "HTTP_HOST"));
    report(r, sure ? what->rule : PG_RULE_REVERSE_UNSURE, what->at,
           what->rule == PG_RULE_REWRITE_CHOSEN && sure ? "" : what->at->name);
    if (!sure && r->site->reverse == PG_GATE_OPEN) {
        return;
    }
    r->site->reverse = sure ? PG_GATE_OPEN : PG_GATE_UNKNOWN;
    r->site->reverse_at = what->at;
}

static void check_pass(pg_rules_t *r, const pg_directive_t *d,
                       const scope_t *scope)
{
    bool match = pg_tree_is(d, "ProxyPassMatch");
    bool inside = in_section(scope, "<Location");
    inherited_t what = { .at = d, .rule = PG_RULE_PASS_CHOSEN,
                         .unsure = strstr(d->args, "interpolate") != NULL };
    const char *path = pg_tree_arg(inside ? scope->section : d, 0, r->pool);

    if (inside && strcmp(path, "~") == 0) {
        path = pg_tree_arg(scope->section, 1, r->pool);
        match = true;
    }
    if (inside && pg_tree_is(scope->section, "<LocationMatch")) {
        match = true;
    }
    what.reverse.target = pg_tree_arg(d, inside ? 0 : 1, r->pool);
    what.reverse.prefix = match ? NULL : path;
    what.reverse.pattern = match ? path : NULL;
    if (!match && strpbrk(what.reverse.target, "$%") && !what.unsure) {
        return;                      /* no text is put in without a match */
    }
    judge_reverse(r, &what, scope);
    if (r->site->vhost == NULL && !inside) {
        APR_ARRAY_PUSH(r->inherited, inherited_t) = what;
    }
}

/* "[L,P,QSA]" has that flag, by its short or long name. */
static bool has_flag(const char *flags, const char *brief, const char *whole)
{
    while (*flags) {
        apr_size_t n = strcspn(flags, "[],=");
        if ((n == strlen(brief) && pg_tree_begins(flags, brief))
            || (n == strlen(whole) && pg_tree_begins(flags, whole))) {
            return true;
        }
        flags += n;
        flags += strcspn(flags, "[],");
        flags += *flags != '\0';
    }
    return false;
}

static bool is_open(const pg_rules_t *r)
{
    return r->site->forward && !r->site->site->on_purpose
           && door_that_is(r->site->forward, PG_GATE_OPEN);
}

static void check_rewrite(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    const char *flags = pg_tree_arg(d, 2, r->scratch);
    inherited_t what = { .at = d, .rule = PG_RULE_REWRITE_CHOSEN,
                         .unsure = scope->unsure };

    if (!scope->rewrite_on) {
        return;
    }
    if (has_flag(flags, "F", "forbidden") && !scope->section
        && !scope->conditional && is_open(r)) {
        report(r, PG_RULE_LOOKS_REWRITE, d, "");
    }
    if (has_flag(flags, "P", "proxy")) {
        what.reverse.pattern = pg_tree_arg(d, 0, r->pool);
        what.reverse.target = pg_tree_arg(d, 1, r->pool);
        what.reverse.bare_path = scope->section != NULL;
        judge_reverse(r, &what, scope);
        if (r->site->vhost == NULL && !scope->section) {
            APR_ARRAY_PUSH(r->inherited, inherited_t) = what;
        }
    }
}

static void check_handler(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    if (pg_tree_says(d, "proxyguard-status", r->scratch)
        && in_section(scope, "<Location") && !scope->conditional
        && !pg_tree_is(scope->section, "<LocationMatch")
        && pg_forward_reverse(r->access, r->site->vhost,
                              pg_tree_arg(scope->section, 0, r->scratch), NULL,
                              r->scratch)
               == PG_MAY_PASS) {
        report(r, PG_RULE_STATUS_OPEN, scope->section, "");
    }
}

static void check_net(pg_rules_t *r, const pg_directive_t *d,
                      const scope_t *scope)
{
    const char *args = d->args;
    const char *word = pg_tree_word(&args, r->scratch);

    if (!in_section(scope, "<Proxy") || !pg_tree_same(word, "ip")) {
        return;
    }
    while (*args) {
        word = pg_tree_word(&args, r->scratch);
        if (pg_require_addresses(word, r->scratch) == PG_AUTHZ_GRANTED) {
            report(r, PG_RULE_WIDE_NET, d, word);
        }
    }
}

static void check_compat(pg_rules_t *r, const pg_directive_t *d,
                         const scope_t *scope)
{
    if (in_section(scope, "<Proxy") && r->site->forward) {
        report(r, PG_RULE_COMPAT, d, d->name);
    }
}

static void check_alias(pg_rules_t *r, const pg_directive_t *d,
                        const scope_t *scope)
{
    const char *args = d->args;

    (void)scope;
    while (*args) {
        const char *word = pg_tree_word(&args, r->scratch);
        if (strspn(word, "*") == strlen(word)) {
            report(r, PG_RULE_ALIAS_ALL, d, word);
        }
    }
}

static void check_name(pg_rules_t *r, const pg_directive_t *d,
                       const scope_t *scope)
{
    (void)d, (void)scope;
    r->any_name = true;
}

static void check_h2(pg_rules_t *r, const pg_directive_t *d,
                     const scope_t *scope)
{
    (void)scope;
    if (pg_tree_says(d, "on", r->scratch)) {
        report(r, PG_RULE_H2_PROXY, d, "");
    }
}

static void check_add(pg_rules_t *r, const pg_directive_t *d,
                      const scope_t *scope)
{
    (void)scope;
    if (pg_tree_says(d, "Off", r->scratch)) {
        report(r, PG_RULE_ADD_HEADERS, d, "");
    }
}

static void check_connect(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    (void)scope;
    check_ports(r, d);
}

static const char *section_text(const pg_rules_t *r, const pg_directive_t *d)
{
    return apr_pstrcat(r->scratch, d->name + 1, " ", d->args, NULL);
}

/* Sections that look as if they closed an open proxy. */
static void check_location(pg_rules_t *r, const pg_directive_t *d,
                           const scope_t *scope)
{
    const char *path = pg_tree_arg(d, 0, r->scratch);

    (void)scope;
    if (is_open(r)
        && (pg_tree_same(path, "/") || pg_tree_same(path, "*")
            || pg_tree_begins(path, "http") || pg_tree_same(path, "^/"))
        && pg_forward_denies(r->access, d)) {
        report(r, PG_RULE_LOOKS_LOCATION, d, section_text(r, d));
    }
}

static void check_files(pg_rules_t *r, const pg_directive_t *d,
                        const scope_t *scope)
{
    const char *path = pg_tree_arg(d, 0, r->scratch);

    (void)scope;
    if (is_open(r)
        && (pg_tree_same(path, "/") || pg_tree_same(path, "*")
            || pg_tree_begins(path, "proxy:"))
        && pg_forward_denies(r->access, d)) {
        report(r, PG_RULE_LOOKS_FILES, d, section_text(r, d));
    }
}

typedef struct check_t {
    const char *name;
    void (*check)(pg_rules_t *r, const pg_directive_t *d,
                  const scope_t *scope);
} check_t;

static const check_t checks[] = {
    { "ProxyPass", check_pass },
    { "ProxyPassMatch", check_pass },
    { "RewriteRule", check_rewrite },
    { "AllowCONNECT", check_connect },
    { "Require", check_net },
    { "order", check_compat },
    { "Satisfy", check_compat },
    { "SetHandler", check_handler },
    { "ServerName", check_name },
    { "ServerAlias", check_alias },
    { "H2ProxyRequests", check_h2 },
    { "ProxyAddHeaders", check_add },
    { "<Location", check_location },
    { "<LocationMatch", check_location },
    { "<Directory", check_files },
    { "<Files", check_files }
};

static void check_one(pg_rules_t *r, const pg_directive_t *d,
                      const scope_t *scope)
{
    for (apr_size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        if (pg_tree_is(d, checks[i].name)) {
            checks[i].check(r, d, scope);
        }
    }
}

static bool switched_on(const pg_directive_t *first, bool so_far,
                        apr_pool_t *pool)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_is(d, "RewriteEngine")) {
            so_far = pg_tree_says(d, "on", pool);
        }
    }
    return so_far;
}

/* The scope inside a section. */
static scope_t enter(const scope_t *outer, const pg_directive_t *d)
{
    static const char *const places[] = { "<Proxy", "<Location", "<Directory",
                                          "<Files", NULL };
    scope_t inner = *outer;

    inner.unsure = false;
    if (pg_tree_begins(d->name, "<If") || pg_tree_begins(d->name, "<Else")) {
        inner.conditional = true;
    }
    for (int i = 0; places[i]; i++) {
        if (pg_tree_begins(d->name, places[i])) {
            inner.section = d;
        }
    }
    return inner;
}

static void walk(pg_rules_t *r, const pg_directive_t *first, scope_t scope)
{
    scope.rewrite_on = switched_on(first, scope.rewrite_on, r->scratch);
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_is(d, "<VirtualHost")) {
            continue;
        }
        check_one(r, d, &scope);
        if (pg_tree_is(d, "RewriteCond") || pg_tree_is(d, "RewriteRule")) {
            scope.unsure = true;
        }
        if (d->child) {
            walk(r, d->child, enter(&scope, d));
        }
    }
}

/* --- sites --------------------------------------------------------------- */

/* Any RewriteOptions of its own replace the server's, but for what the server
 * hands down. */
static bool inherits_rules(const pg_rules_t *r)
{
    unsigned server = r->rewrite_options, own = 0;

    for (const pg_directive_t *d = r->site->vhost->child; d; d = d->next) {
        own |= rewrite_options_in(d, r->scratch);
    }
    own = own ? own : server;
    return (own & REWRITE_INHERITS) != 0
           || ((server & REWRITE_HANDS_DOWN) && !(own & REWRITE_IGNORES));
}

/* A virtual host has the server's ProxyPass unless it says no, and the
 * server's RewriteRules only when one of them says so. */
static void check_inherited(pg_rules_t *r)
{
    const pg_directive_t *pass = in_force(r, "ProxyPassInherit");
    bool passes = pass == NULL || !pg_tree_says(pass, "Off", r->scratch);
    bool rewrites = inherits_rules(r);
    scope_t scope = { .section = NULL };

    for (int i = 0; i < r->inherited->nelts; i++) {
        const inherited_t *what = &APR_ARRAY_IDX(r->inherited, i,
                                                 inherited_t);
        if (what->rule == PG_RULE_PASS_CHOSEN ? passes : rewrites) {
            judge_reverse(r, what, &scope);
        }
    }
}

void pg_rules_site(pg_rules_t *rules, pg_reviewed_t *site)
{
    scope_t scope = { .section = NULL };

    apr_pool_clear(rules->scratch);
    rules->site = site;
    if (site->forward) {
        check_forward(rules);
        check_via(rules);
    }
    if (site->vhost) {
        const pg_directive_t *engine = in_force(rules, "RewriteEngine");
        scope.rewrite_on = engine && pg_tree_says(engine, "on",
                                                  rules->scratch);
        check_inherited(rules);
        walk(rules, site->vhost->child, scope);
    }
    else {
        walk(rules, rules->in->tree, scope);
    }
    rules->site = NULL;
}

void pg_rules_server(pg_rules_t *rules)
{
    const pg_audit_in_t *in = rules->in;

    if (!rules->any_name) {
        report(rules, PG_RULE_NO_NAME, NULL, "");
    }
    if (!rules->any_forward
        && in->module_loaded(in->ctx, "mod_proxy_connect.c")) {
        report(rules, PG_RULE_CONNECT_UNUSED, NULL, "");
    }
}
