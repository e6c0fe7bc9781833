/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_require.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_address.h"
#include "pg_tree.h"

/* A network with fewer bits than this includes third parties: it is half the
 * Internet, or so much of it that it cannot be meant as a restriction. */
#define WIDE_V4 8
#define WIDE_V6 16

static const char *method_name(pg_asked_e method)
{
#define NAME(name) #name,
    static const char *const names[] = { PG_ASKED(NAME) };
#undef NAME

    return method == PG_ASKED_OTHER ? "BREW"
           : method == PG_ASKED_NAMED ? "MKCOL" : names[method];
}

pg_asked_e pg_require_method(const char *name)
{
    int i = 0;

    while (i < PG_ASKED_NAMED
           && !pg_tree_same(name, method_name((pg_asked_e)i))) {
        i++;
    }
    return pg_tree_same(name, "HEAD") ? PG_ASKED_GET : (pg_asked_e)i;
}

unsigned pg_require_methods(const char *args, apr_pool_t *pool)
{
    unsigned bits = 0;

    while (*args) {
        pg_asked_e method = pg_require_method(pg_tree_word(&args, pool));
        bits |= 1u << method;
    }
    return bits;
}

/* Bits of an IPv4 netmask, or -1 if its ones are not contiguous. */
static int mask_bits(const char *mask)
{
    apr_uint32_t value = 0;
    char *end;
    int bits = 0;

    for (int i = 0; i < 4; i++) {
        long octet = strtol(mask, &end, 10);
        value = value << 8 | ((apr_uint32_t)octet & 0xff);
        mask = *end == '.' ? end + 1 : end;
    }
    while (value & 0x80000000u) {
        value <<= 1;
        bits++;
    }
    return value ? -1 : bits;
}

/* Bits of a network as Require ip and Allow from take it. */
static int net_bits(const char *net, bool v6)
{
    const char *slash = strchr(net, '/');
    int parts = 1;

    if (slash && strchr(slash, '.')) {
        return mask_bits(slash + 1);
    }
    if (slash) {
        return atoi(slash + 1);
    }
    if (v6) {
        return 128;
    }
    for (const char *at = net; *at; at++) {
        parts += (*at == '.' && apr_isdigit(at[1]));
    }
    return parts * 8;
}

const char *pg_require_first(const char *net, apr_pool_t *pool)
{
    const char *text = apr_pstrmemdup(pool, net, strcspn(net, "/"));
    int dots = 0;

    for (const char *at = text; *at; at++) {
        dots += *at == '.' && at[1];
    }
    text = apr_pstrmemdup(pool, text, strlen(text)
                          - (*text && text[strlen(text) - 1] == '.'));
    while (!strchr(text, ':') && dots++ < 3) {
        text = apr_pstrcat(pool, text, ".0", NULL);
    }
    return text;
}

static bool net_address(pg_address_t *out, const char *net, apr_pool_t *pool)
{
    return pg_address_parse(out, pg_span_str(pg_require_first(net, pool)));
}

/* Is the client in the network? As mod_authz_host compares them. */
static bool takes_in(const char *net, const char *client, apr_pool_t *pool)
{
    bool v6 = strchr(net, ':') != NULL;
    int bits = net_bits(net, v6);
    pg_address_t a, b;

    if (bits < 0 || bits > (v6 ? 128 : 32) || !net_address(&a, net, pool)
        || !pg_address_parse(&b, pg_span_str(client))
        || v6 == pg_address_is_ipv4(&b)) {
        return false;
    }
    return pg_address_alike(&a, &b, bits + (v6 ? 0 : 96));
}

/* All of IPv6 that is routed is in 2000::/3 (RFC 4291 2.4): a network outside
 * of it, such as fd00::/8 for private addresses, contains no third party. */
static bool is_wide(const char *net, bool v6, int bits, apr_pool_t *pool)
{
    static const pg_address_t routed = { .octets = { 0x20 } };
    pg_address_t a;

    if (!v6) {
        return bits < WIDE_V4;
    }
    return bits < WIDE_V6
           && (!net_address(&a, net, pool)
               || pg_address_alike(&a, &routed, bits < 3 ? bits : 3));
}

unsigned pg_require_addresses(const char *args, const char *client,
                              apr_pool_t *pool)
{
    unsigned answer = PG_AUTHZ_DENIED;

    while (*args) {
        const char *net = pg_tree_word(&args, pool);
        if (client) {
            answer = takes_in(net, client, pool) ? PG_AUTHZ_GRANTED : answer;
            continue;
        }
        bool v6 = strchr(net, ':') != NULL;
        int bits = net_bits(net, v6);
        if (strpbrk(net, "$%") || bits < 0) {
            answer |= PG_AUTHZ_ANY;
        }
        else if (is_wide(net, v6, bits, pool)) {
            return PG_AUTHZ_GRANTED;
        }
    }
    return answer;
}

/* A Require, as its provider sees it. */
typedef struct asked_t {
    const char *args;
    pg_asked_e method;
    const pg_authz_env_t *env;
    apr_pool_t *pool;
} asked_t;

static unsigned addresses(const asked_t *a)
{
    return pg_require_addresses(a->args, a->env->client, a->pool);
}

static unsigned local(const asked_t *a)
{
    return a->env->client
           ? pg_require_addresses("127.0.0.0/8 ::1", a->env->client, a->pool)
           : PG_AUTHZ_DENIED;
}

/* Names of clients' hosts: a third party has none of them, unless the name is
 * only a top-level domain or is computed at run time. */
static unsigned host_names(const asked_t *a)
{
    const char *args = a->args;
    /* an address that the client states may have any name */
    unsigned answer = a->env->client ? PG_AUTHZ_ANY : PG_AUTHZ_DENIED;

    while (*args) {
        const char *name = pg_tree_word(&args, a->pool);
        const char *dot = strchr(name + (*name == '.'), '.');
        if (strchr(name, '%') || (!dot && !pg_tree_same(name, "localhost"))) {
            answer = PG_AUTHZ_ANY;
        }
    }
    return answer;
}

static unsigned all_word(const asked_t *a)
{
    const char *args = a->args;

    return pg_tree_same(pg_tree_word(&args, a->pool), "granted")
               ? PG_AUTHZ_GRANTED : PG_AUTHZ_DENIED;
}

static unsigned method_names(const asked_t *a)
{
    return pg_require_methods(a->args, a->pool) & 1u << a->method
               ? PG_AUTHZ_GRANTED : PG_AUTHZ_DENIED;
}

/* The method that an expression names: the first in capitals without a bit of
 * its own. */
static const char *named_in(const char *text, apr_pool_t *pool)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

    while (*(text += strcspn(text, letters))) {
        apr_size_t n = strspn(text, letters);
        const char *word = apr_pstrmemdup(pool, text, n);
        if (n > 2 && !strchr(word, '_')
            && pg_require_method(word) == PG_ASKED_NAMED) {
            return word;
        }
        text += n;
    }
    return method_name(PG_ASKED_NAMED);
}

static const char *ask_variable(void *ctx, const char *name)
{
    const asked_t *a = ctx;

    return !strcmp(name, "REQUEST_METHOD")
               ? a->method == PG_ASKED_NAMED ? named_in(a->args, a->pool)
                                             : method_name(a->method)
           : !strcmp(name, "REMOTE_ADDR") ? a->env->client
           : !strcmp(name, "REMOTE_USER") && !a->env->anonymous ? ""
                                                                : NULL;
}

pg_tri_e pg_require_expr(const char *text, pg_asked_e method,
                         const pg_authz_env_t *env, apr_pool_t *pool)
{
    asked_t a = { .args = text, .method = method, .env = env,
                  .pool = pool };
    pg_expr_t e = { .in = env->in, .value = ask_variable, .ctx = &a,
                    .pool = pool };

    return pg_expr_eval(&e, text);
}

/* The expression is quoted, or takes the rest of the line. */
static unsigned expression(const asked_t *a)
{
    static const unsigned answers[] = { [PG_NO] = PG_AUTHZ_DENIED,
                                        [PG_YES] = PG_AUTHZ_GRANTED,
                                        [PG_MAYBE] = PG_AUTHZ_ANY };
    const char *rest = a->args;
    const char *word = pg_tree_word(&rest, a->pool);

    return answers[pg_require_expr(*rest ? a->args : word, a->method, a->env,
                                   a->pool)];
}

/* Variables are the same in any case. */
static bool names(const char *args, const char *name)
{
    while (*args && !pg_tree_begins(args, name)) {
        args++;
    }
    return *args != '\0';
}

/* Is the text in any directive except those that test for it? */
static bool is_mentioned(const pg_directive_t *first, const char *name)
{
    static const char *const readers[] = { "Require", "allow", "deny",
                                           "RewriteCond", "<If", "<ElseIf",
                                           NULL };

    for (const pg_directive_t *d = first; d; d = d->next) {
        if (names(d->args, name) && !pg_tree_is_one(d, readers)) {
            return true;
        }
        if (is_mentioned(d->child, name)) {
            return true;
        }
    }
    return false;
}

/* Modules set variables of their own, all of them with a '_' or a digit. */
bool pg_require_env_unset(const char *name, const pg_authz_env_t *env)
{
    bool plain = *name != '\0';

    for (const char *c = name; *c; c++) {
        plain &= apr_islower(*c) || *c == '-';
    }
    return plain && env->in && !is_mentioned(env->in->tree, name);
}

static unsigned variables(const asked_t *a)
{
    const char *args = a->args;

    while (*args) {
        if (!pg_require_env_unset(pg_tree_word(&args, a->pool), a->env)) {
            return PG_AUTHZ_ANY;
        }
    }
    return PG_AUTHZ_DENIED;
}

/* Providers: how they answer a third party. An unlisted one may answer
 * anything. NULL: it requires an account. */
typedef struct provider_t {
    const char *name;
    unsigned (*ask)(const asked_t *a);
} provider_t;

static const provider_t providers[] = {
    { "all", all_word },
    { "ip", addresses },
    { "host", host_names },
    { "forward-dns", host_names },
    { "local", local },
    { "expr", expression },
    { "method", method_names },
    { "env", variables },
    { "valid-user", NULL },
    { "user", NULL },
    { "group", NULL },
    { "file-owner", NULL },
    { "file-group", NULL },
    { "dbm-group", NULL },
    { "dbm-file-group", NULL },
    { "dbd-group", NULL },
    { "ldap-user", NULL },
    { "ldap-group", NULL },
    { "ldap-dn", NULL },
    { "ldap-attribute", NULL },
    { "ldap-filter", NULL },
    { "ldap-search", NULL }
};

static unsigned ask_provider(const char *name, const asked_t *a)
{
    for (apr_size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++) {
        const provider_t *p = &providers[i];
        if (pg_tree_same(p->name, name)) {
            return p->ask ? p->ask(a)
                   : a->env->anonymous ? PG_AUTHZ_ANY : PG_AUTHZ_DENIED;
        }
    }
    return PG_AUTHZ_ANY;
}

/* An alias is another name for a provider, with arguments of its own. */
static void resolve_alias(const char **name, const char **args,
                          const pg_authz_env_t *env, apr_pool_t *pool)
{
    for (int i = 0; i < env->alias_count; i++) {
        const char *rest = env->alias[i]->args;
        const char *provider = pg_tree_word(&rest, pool);
        const char *alias = pg_tree_word(&rest, pool);
        if (strcmp(alias, *name) == 0) {
            *name = provider;
            *args = pg_tree_word(&rest, pool);
            return;
        }
    }
}

static void append(pg_require_t *section, pg_require_t *child)
{
    pg_require_t **at = &section->first;

    while (*at) {
        at = &(*at)->next;
    }
    *at = child;
}

void pg_require_add(pg_require_t *section, const pg_directive_t *d,
                    unsigned limited, const pg_authz_env_t *env,
                    apr_pool_t *pool)
{
    pg_require_t *leaf = apr_pcalloc(pool, sizeof(*leaf));
    const char *args = d->args;
    const char *name = pg_tree_word(&args, pool);

    if (pg_tree_same(name, "not")) {
        leaf->negate = true;
        name = pg_tree_word(&args, pool);
    }
    resolve_alias(&name, &args, env, pool);
    leaf->limited = limited;
    for (int i = 0; i < PG_ASKED_COUNT; i++) {
        asked_t a = { args, (pg_asked_e)i, env, pool };
        leaf->answer[i] = ask_provider(name, &a);
    }
    section->limited |= limited;
    append(section, leaf);
}

pg_require_t *pg_require_container(pg_logic_e op, bool negate,
                                   apr_pool_t *pool)
{
    pg_require_t *container = apr_pcalloc(pool, sizeof(*container));

    container->op = op;
    container->negate = negate;
    return container;
}

void pg_require_close(pg_require_t *outer, pg_require_t *inner)
{
    if (inner->first == NULL) {
        return;
    }
    outer->limited |= inner->limited;
    /* mod_authz_core flattens, and so forgets inner's own limit */
    append(outer, !inner->negate && inner->op == outer->op ? inner->first
                                                           : inner);
}

static pg_require_t *copy_of(const pg_require_t *section, apr_pool_t *pool)
{
    pg_require_t *copy = apr_pmemdup(pool, section, sizeof(*section));

    copy->next = NULL;
    return copy;
}

const pg_authz_t *pg_require_merge(const pg_authz_t *base,
                                   const pg_authz_t *add, apr_pool_t *pool)
{
    pg_authz_t *merged;

    if (base == NULL || add == NULL) {
        return add ? add : base;
    }
    if (add->merging == PG_LOGIC_UNSET && !add->section && base->section) {
        return base;
    }
    if (add->merging == PG_LOGIC_UNSET || add->merging == PG_LOGIC_OFF
        || (!base->section && !add->section)) {
        return add;
    }
    merged = apr_pcalloc(pool, sizeof(*merged));
    merged->merging = add->merging;
    if (base->section && add->section) {
        merged->section = pg_require_container(add->merging, false, pool);
        merged->section->limited = base->section->limited
                                   | add->section->limited;
        merged->section->first = copy_of(base->section, pool);
        merged->section->first->next = copy_of(add->section, pool);
    }
    else {
        merged->section = base->section ? base->section : add->section;
    }
    return merged;
}

/* Two answers under one operator. */
static unsigned combine(unsigned a, unsigned b, pg_logic_e op)
{
    unsigned wins = op == PG_LOGIC_AND ? PG_AUTHZ_DENIED : PG_AUTHZ_GRANTED;

    if (a == PG_AUTHZ_NEUTRAL || b == PG_AUTHZ_NEUTRAL) {
        return a == PG_AUTHZ_NEUTRAL ? b : a;
    }
    return (a == wins || b == wins) ? wins : a;
}

/* The same for sets of answers. */
static unsigned combine_sets(unsigned a, unsigned b, pg_logic_e op)
{
    unsigned out = 0;

    for (unsigned i = 1; i <= PG_AUTHZ_NEUTRAL; i <<= 1) {
        for (unsigned j = 1; j <= PG_AUTHZ_NEUTRAL; j <<= 1) {
            if ((a & i) && (b & j)) {
                out |= combine(i, j, op);
            }
        }
    }
    return out;
}

static unsigned negated(unsigned set)
{
    unsigned out = set & PG_AUTHZ_NEUTRAL;

    if (set & PG_AUTHZ_GRANTED) {
        out |= PG_AUTHZ_DENIED;
    }
    if (set & PG_AUTHZ_DENIED) {
        out |= PG_AUTHZ_NEUTRAL;
    }
    return out;
}

unsigned pg_require_eval(const pg_require_t *require, pg_asked_e method,
                         pg_logic_e outer)
{
    unsigned set = PG_AUTHZ_NEUTRAL;

    if (!(require->limited & 1u << method)) {
        return outer == PG_LOGIC_AND ? PG_AUTHZ_GRANTED : PG_AUTHZ_NEUTRAL;
    }
    if (require->op == PG_LOGIC_UNSET) {
        set = require->answer[method];
    }
    for (const pg_require_t *c = require->first; c; c = c->next) {
        set = combine_sets(set, pg_require_eval(c, method, require->op),
                           require->op);
    }
    return require->negate ? negated(set) : set;
}
