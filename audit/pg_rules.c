/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_rules.h"

#include <apr_strings.h>
#include <stdlib.h>

#include "pg_reverse.h"
#include "pg_rewriterule.h"
#include "pg_tree.h"

struct pg_rules_t {
    const pg_audit_in_t *in;
    pg_access_t *access;
    apr_pool_t *pool;
    apr_pool_t *scratch;
    pg_found_t *found;
    apr_hash_t *server;          /* pg_tree_index()                       */
    apr_hash_t *first_of;        /* arguments of <VirtualHost> -> first   */
    pg_merged_t *merged;         /* for all reverse proxies               */
    pg_reviewed_t *site;         /* under review                          */
    bool any_name;
    bool any_forward;
};

pg_rules_t *pg_rules_create(const pg_audit_in_t *in, pg_access_t *access,
                            apr_hash_t *server, pg_found_t *found,
                            apr_pool_t *pool)
{
    pg_rules_t *r = apr_pcalloc(pool, sizeof(*r));

    r->in = in;
    r->access = access;
    r->pool = pool;
    r->found = found;
    apr_pool_create(&r->scratch, pool);
    r->server = server;
    r->first_of = apr_hash_make(pool);
    r->merged = pg_merged_create(in, access, r->server, pool);
    for (const pg_directive_t *d = in->tree; d; d = d->next) {
        if (pg_tree_is(d, "<VirtualHost")
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

/* ServerAlias with a "*" among its names */
static bool has_all_names(const pg_directive_t *d, apr_pool_t *pool)
{
    const char *args = d->args;

    while (*args) {
        const char *word = pg_tree_word(&args, pool);
        if (strspn(word, "*") == strlen(word)) {
            return true;
        }
    }
    return false;
}

/* --- forward ------------------------------------------------------------- */

static const pg_directive_t *in_force(const pg_rules_t *r, const char *name)
{
    return pg_tree_in_force(r->server, r->site->vhost, name);
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
               pg_forward_doors(f, PG_GATE_OPEN, r->scratch));
    }
    else if (open->partial) {
        report(r, PG_RULE_OPEN_DOOR, open->partial,
               open->target);
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
    else if (open && s->stated) {
        report(r, PG_RULE_STATED_ADDRESS, s->stated,
               apr_pstrcat(r->scratch, s->stated->name, " ", s->stated->args,
                           NULL));
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

/* foreign-host deny needs to know which names are not foreign. */
static void check_host_deny(pg_rules_t *r)
{
    const pg_directive_t *lists[] = { r->in->tree, NULL }, *at = NULL;

    if (!r->site->site->host_deny || !r->site->site->unnamed) {
        return;
    }
    lists[1] = r->site->vhost ? r->site->vhost->child : NULL;
    for (int i = 0; i < 2; i++) {
        for (const pg_directive_t *d = lists[i]; d; d = d->next) {
            if (pg_tree_is(d, "ProxyGuardAction")
                && pg_tree_says(d, "foreign-host", r->scratch)) {
                at = d;
            }
        }
    }
    report(r, PG_RULE_HOST_DENY, at, r->site->site->unnamed);
}

static void check_via(pg_rules_t *r)
{
    const pg_directive_t *d = in_force(r, "ProxyVia");

    if (d == NULL || pg_tree_says(d, "Off", r->scratch)
        || pg_tree_says(d, "Block", r->scratch)) {
        report(r, PG_RULE_VIA, d ? d : in_force(r, "ProxyRequests"),
               d ? pg_tree_arg(d, 0, r->scratch) : "Off");
    }
}

/* --- directives ---------------------------------------------------------- */

/* Where a directive is. */
typedef struct scope_t {
    const pg_directive_t *section;   /* <Proxy>, <Location>, <Directory>  */
    bool conditional;                /* in an <If>                        */
    bool rewrite_on;                 /* RewriteEngine                      */
} scope_t;

static bool in_section(const scope_t *scope, const char *name)
{
    return scope->section && pg_tree_begins(scope->section->name, name);
}

/* Only the first virtual host of an address gets foreign Host fields. */
static bool gets_foreign_hosts(const pg_rules_t *r)
{
    const pg_directive_t *v = r->site->vhost;

    if (v == NULL
        || apr_hash_get(r->first_of, v->args, APR_HASH_KEY_STRING) == v) {
        return true;
    }
    for (const pg_directive_t *d = v->child; d; d = d->next) {
        if (pg_tree_is(d, "ServerAlias") && strpbrk(d->args, "*?")) {
            return true;
        }
    }
    return false;
}

static void check_reverse(pg_rules_t *r)
{
    const apr_array_header_t *all = pg_reverse_judge(r->merged,
        r->site->vhost, gets_foreign_hosts(r), r->scratch);

    for (int i = 0; i < all->nelts; i++) {
        const pg_reverse_t *one = &APR_ARRAY_IDX(all, i, pg_reverse_t);
        bool sure = one->chosen == PG_CHOICE_HOST;
        if (one->chosen == PG_CHOICE_PORT) {
            report(r, PG_RULE_PORT_CHOSEN, one->at, one->at->name);
            continue;
        }
        report(r, !sure ? PG_RULE_REVERSE_UNSURE
               : r->site->site->gate ? PG_RULE_STOPPED
               : pg_tree_is(one->at, "RewriteRule") ? PG_RULE_REWRITE_CHOSEN
                                                    : PG_RULE_PASS_CHOSEN,
               one->at, one->at->name);
        if (sure || r->site->reverse != PG_GATE_OPEN) {
            r->site->reverse = sure ? PG_GATE_OPEN : PG_GATE_UNKNOWN;
            r->site->reverse_at = one->at;
        }
    }
}

static bool is_open(const pg_rules_t *r)
{
    return r->site->forward && !r->site->site->on_purpose
           && door_that_is(r->site->forward, PG_GATE_OPEN);
}

static void check_rewrite(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    if (scope->rewrite_on && !scope->section && !scope->conditional
        && is_open(r)
        && pg_rewriterule_has(d, "F", "forbidden", r->scratch)) {
        report(r, PG_RULE_LOOKS_REWRITE, d, "");
    }
}

static void check_handler(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    if (pg_tree_says(d, "proxyguard-status", r->scratch)
        && in_section(scope, "<Location") && !scope->conditional
        && !pg_tree_is(scope->section, "<LocationMatch")
        && pg_forward_reverse(r->access, r->site->vhost, &(pg_visit_t){
               .uri = pg_tree_arg(scope->section, 0, r->scratch) },
               r->scratch) == PG_MAY_PASS) {
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
        if (pg_require_addresses(word, NULL, r->scratch) == PG_AUTHZ_GRANTED) {
            report(r, PG_RULE_WIDE_NET, d, word);
        }
    }
}

/* Is this variable set from what the client sends? */
static bool is_env_sent(const pg_directive_t *first, const char *name,
                        apr_pool_t *pool)
{
    static const char *const setters[] = { "SetEnvIf", "SetEnvIfNoCase",
                                           NULL };
    static const char *const known[] = {
        "Remote_Addr", "Server_Addr", "Request_Method", "Request_Protocol",
        NULL
    };
    apr_size_t n = strlen(name);

    for (const pg_directive_t *d = first; d; d = d->next) {
        bool browser = pg_tree_begins(d->name, "BrowserMatch");
        const char *args = d->args;
        const char *what = pg_tree_word(&args, pool);
        bool sent = browser || pg_tree_is_one(d, setters);
        for (int i = 0; known[i] && !browser; i++) {
            sent &= !pg_tree_same(what, known[i]);
        }
        what = sent ? strstr(args, name) : NULL;
        if (what && (what == args || strchr(" !", what[-1]))
            && (what[n] == '\0' || strchr(" =", what[n]))) {
            return true;
        }
        if (is_env_sent(d->child, name, pool)) {
            return true;
        }
    }
    return false;
}

/* "reqenv('name')", "%{reqenv:name}", "%{ENV:name}" of such a variable */
static bool has_env_sent(const pg_rules_t *r, const char *text)
{
    for (; *text; text++) {
        const char *name;
        if (!pg_tree_begins(text, "env")) {
            continue;
        }
        name = text + strcspn(text, ":(");
        name += strspn(name, ":('\"");
        name = apr_pstrmemdup(r->scratch, name, strcspn(name, "'\")}"));
        if (*name && is_env_sent(r->in->tree, name, r->scratch)) {
            return true;
        }
    }
    return false;
}

static void check_sent(pg_rules_t *r, const pg_directive_t *d,
                       const scope_t *scope)
{
    const char *args = d->args;
    bool exempt = pg_tree_is(d, "ProxyGuardExempt");
    const char *word = exempt ? "expr" : pg_tree_word(&args, r->scratch);

    if (!exempt && (!r->site->forward || !in_section(scope, "<Proxy"))) {
        return;
    }
    if (pg_tree_same(word, "expr")
            ? pg_expr_is_sent(args) || has_env_sent(r, args)
            : pg_tree_same(word, "env")
              && is_env_sent(r->in->tree, pg_tree_word(&args, r->scratch),
                             r->scratch)) {
        report(r, PG_RULE_BY_SENT, d, d->args);
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
    (void)scope;
    if (has_all_names(d, r->scratch)) {
        report(r, PG_RULE_ALIAS_ALL, d, "*");
    }
}

static void check_name(pg_rules_t *r, const pg_directive_t *d,
                       const scope_t *scope)
{
    (void)d, (void)scope;
    r->any_name = true;
}

static void check_connect(pg_rules_t *r, const pg_directive_t *d,
                          const scope_t *scope)
{
    const char *args = d->args;

    (void)scope;
    while (r->site->forward && *args) {
        check_port(r, d, pg_tree_word(&args, r->scratch));
    }
}

static const char *section_text(const pg_rules_t *r, const pg_directive_t *d)
{
    return apr_pstrcat(r->scratch, d->name + 1, " ", d->args, NULL);
}

/* Sections that seem to close an open proxy. */
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
    { "RewriteRule", check_rewrite },
    { "AllowCONNECT", check_connect },
    { "Require", check_net },
    { "Require", check_sent },
    { "ProxyGuardExempt", check_sent },
    { "order", check_compat },
    { "Satisfy", check_compat },
    { "SetHandler", check_handler },
    { "ServerName", check_name },
    { "ServerAlias", check_alias },
    { "<Location", check_location },
    { "<LocationMatch", check_location },
    { "<Directory", check_files },
    { "<Files", check_files }
};

/* Directives that a rule reports for their first word alone. */
static const struct {
    const char *name, *word;
    pg_rule_e rule;
} words[] = {
    { "H2ProxyRequests", "on", PG_RULE_H2_PROXY },
    { "ProxyGuardStatusProxied", "On", PG_RULE_STATUS_PROXIED },
    { "ProxyAddHeaders", "Off", PG_RULE_ADD_HEADERS }
};

static void check_one(pg_rules_t *r, const pg_directive_t *d,
                      const scope_t *scope)
{
    for (apr_size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        if (pg_tree_is(d, checks[i].name)) {
            checks[i].check(r, d, scope);
        }
    }
    for (apr_size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (pg_tree_is(d, words[i].name)
            && pg_tree_says(d, words[i].word, r->scratch)) {
            report(r, words[i].rule, d, "");
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
        if (d->child) {
            walk(r, d->child, enter(&scope, d));
        }
    }
}

/* --- sites --------------------------------------------------------------- */

void pg_rules_site(pg_rules_t *rules, pg_reviewed_t *site)
{
    scope_t scope = { .section = NULL };

    apr_pool_clear(rules->scratch);
    rules->site = site;
    if (site->forward) {
        check_forward(rules);
        check_via(rules);
    }
    check_reverse(rules);
    check_host_deny(rules);
    if (site->vhost) {
        const pg_directive_t *engine = in_force(rules, "RewriteEngine");
        scope.rewrite_on = engine && pg_tree_says(engine, "on",
                                                  rules->scratch);
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
