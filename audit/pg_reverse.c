/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_reverse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_regex.h"
#include "pg_tree.h"

/* Requests made up for one virtual host before the rest counts as unknown. */
#define BUDGET 6000

#define NAME "proxyguard.example"
#define LABEL "proxyguard"
#define ADDRESS "192.0.2.10"
#define ADDRESS6 "[2001:2::77]"  /* without letters                       */
#define PORT "8099"

/* --- trying -------------------------------------------------------------- */

/* A directive under judgement. */
typedef struct trial_t {
    const pg_merged_t *merged;
    const pg_directive_t *vhost;
    pg_flow_t flow;
    bool names;
    const pg_dest_t *d;
    const pg_scope_t *place;     /* the section it is in; NULL            */
    int *budget;
    pg_choice_e best;            /* NOT, PORT or HOST                     */
    const char *port;            /* where one was forwarded to            */
    bool ports;                  /* to different ones                     */
    bool fired;                  /* a request was forwarded by it         */
    bool took;                   /* the last one, were it the only one    */
    bool alone;                  /* it would be, were it the only one     */
    unsigned met;                /* those of its conditions ever met      */
    bool doubt;                  /* another may not take all of it        */
    bool unsure;                 /* some outcome is unknown               */
    bool refused;                /* a way out was closed by access control */
} trial_t;

/* What a client would insert where it may choose, the host first. */
static const char *const fills[] = {
    NAME, NAME "/", NAME "/x", NAME "/a/b/c.html", "/" NAME "/", "http://"
    NAME "/", "http/" NAME "/", "https/" NAME "/", "@" NAME "/", "@" NAME,
    ":8@" NAME "/", "8@" NAME, "." NAME "/", "." NAME, ADDRESS,
    ADDRESS ":" PORT "/", LABEL, LABEL "/", "ws://" NAME "/",
    ":" PORT "/", ":" PORT, PORT, PORT "/", "x:" PORT "/", "",
    NAME "#/", NAME "#", NAME "?/", ADDRESS6
};
#define FILLS ((int)(sizeof(fills) / sizeof(*fills)))
#define ALTERNATIVES 3

static bool ends_with(const char *text, const char *end)
{
    apr_size_t n = strlen(text), m = strlen(end);

    return n >= m && pg_tree_same(text + n - m, end);
}

/* "proxyguard.com": the client's name below a public domain? */
static bool is_below_public(const char *host)
{
    return strncmp(host, LABEL ".", strlen(LABEL ".")) == 0
           && pg_dest_is_public(host + strlen(LABEL "."));
}

static bool is_clients(const char *host)
{
    const char *end = host + strlen(host);

    if (*host == '[' && end[-1] != ']') {
        return false;                /* mod_proxy answers 400             */
    }
    return ends_with(host, NAME) || !strcmp(host, ADDRESS)
           || !strcmp(host, ADDRESS6) || !strcmp(host, LABEL)
           || is_below_public(host);
}

/* Who chose the destination of this URL, as mod_proxy reads it? */
static pg_choice_e chosen_in(const trial_t *t, const char *url)
{
    apr_pool_t *pool = t->flow.scene.pool;
    const char *colon = strstr(url, "://"), *host, *at, *port;

    if (colon == NULL
        || !pg_targets_carries(t->merged->in, apr_pstrmemdup(pool, url,
               (apr_size_t)(colon - url)), t->flow.scene.proxy_tls)) {
        return PG_CHOICE_NOT;
    }
    host = apr_pstrmemdup(pool, colon + 3, strcspn(colon + 3, "/"));
    at = strrchr(host, '@');
    host = at ? at + 1 : host;
    if (strpbrk(host, "%\\ ") || (at && colon[3] == '[')) {
        return PG_CHOICE_NOT;
    }
    port = strrchr(host, ':');
    port = port && strchr(port, ']') ? NULL : port;
    if (port) {
        host = apr_pstrmemdup(pool, host, (apr_size_t)(port - host));
        if (strspn(port + 1, "0123456789") != strlen(port + 1)
            || (strchr(host, ':') && *host != '[')) {
            return PG_CHOICE_NOT;    /* mod_proxy answers 400             */
        }
    }
    host = apr_pstrmemdup(pool, host, strcspn(host, "?#"));
    if (is_clients(host)) {
        return PG_CHOICE_HOST;
    }
    return port && strstr(port, PORT) && !strstr(t->d->target, PORT)
               ? PG_CHOICE_PORT : PG_CHOICE_NOT;
}

static void note_port(trial_t *t, const char *url)
{
    const char *colon = strstr(url, "://"), *port;

    port = colon ? strchr(colon + 3, ':') : NULL;
    if (port && apr_isdigit(port[1])) {
        t->ports |= t->port && atoi(port + 1) != atoi(t->port);
        t->port = port + 1;
    }
}

static apr_array_header_t *one_rule(const pg_rewriterule_t *rule,
                                    apr_pool_t *pool)
{
    apr_array_header_t *rules = apr_array_make(pool, 1, sizeof(*rule));

    APR_ARRAY_PUSH(rules, pg_rewriterule_t) = *rule;
    return rules;
}

/* The virtual host with only the directive under test in it. */
static pg_flow_t only(const trial_t *t)
{
    apr_pool_t *pool = t->flow.scene.pool;
    pg_flow_t one = t->flow;

    one.engine = true;
    one.rules = apr_array_make(pool, 1, sizeof(pg_rewriterule_t));
    one.passes = apr_array_make(pool, 1, sizeof(pg_dest_t));
    one.places = apr_array_make(pool, 1, sizeof(pg_scope_t));
    if (t->place) {
        pg_scope_t place = *t->place;
        place.rules = t->d->rule ? one_rule(t->d->rule, pool) : NULL;
        APR_ARRAY_PUSH(one.places, pg_scope_t) = place;
    }
    else if (t->d->rule) {
        one.rules = one_rule(t->d->rule, pool);
    }
    else {
        APR_ARRAY_PUSH(one.passes, pg_dest_t) = *t->d;
    }
    return one;
}

/* Would the directive alone take this request, and which of its conditions
 * does it meet? */
static void note_alone(trial_t *t, const pg_sent_t *sent)
{
    const pg_rewriterule_t *rule = t->d->rule;
    pg_flow_t one;

    if (t->alone && t->doubt) {
        return;
    }
    one = only(t);
    t->took = pg_flow_send(&one, sent).by == t->d->at;
    if (t->alone) {
        return;
    }
    t->alone = t->took;
    for (int i = 0; rule && i < rule->cond_count && i < 32; i++) {
        pg_rewriterule_t part = *rule;
        pg_cond_t cond = rule->cond[i];
        cond.or_next = false;
        part.cond = &cond;
        part.cond_count = 1;
        part.flags |= PG_REWRITE_STATUS;
        if (pg_rewrite_run(&one.scene, one_rule(&part, one.scene.pool), sent,
                           sent->uri, NULL).by) {
            t->met |= 1u << i;
        }
    }
}

/* --- what depends on what the client sends -------------------------------- */

/* Variables that clients cannot influence, and whose value is known. */
static const char *const fixed[] = { "HTTPS", "REMOTE_ADDR",
                                     "REQUEST_SCHEME", "DOCUMENT_ROOT",
                                     NULL };
/* Those of the path and of Host, which requests are tried with. */
static const char *const tried[] = {
    "REQUEST_URI", "SCRIPT_URL", "REQUEST_FILENAME", "SCRIPT_FILENAME",
    "PATH_INFO", "IS_SUBREQ", "HTTP_HOST", "HTTP:Host", "SERVER_NAME",
    "SERVER_PORT", NULL
};

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(name, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Is each variable in the text one of these? */
static bool names_only(const char *text, const char *const *these,
                       const char *const *or_these, apr_pool_t *pool)
{
    for (text = strstr(text, "%{"); text; text = strstr(text, "%{")) {
        const char *name;
        text++;
        name = pg_rewrite_braced(&text, pool);
        if (name == NULL
            || (!is_one_of(name, these) && !is_one_of(name, or_these))) {
            return false;
        }
    }
    return true;
}

/* Does the condition depend on nothing that clients can influence? Whether a
 * file exists is not known. */
static bool is_fixed(const pg_cond_t *c, apr_pool_t *pool)
{
    if (c->test == PG_TEST_EXPR) {
        return names_only(c->pattern, fixed, fixed, pool);
    }
    return strncmp(c->input, "%{", 2) == 0 && !strchr(c->input, '$')
           && c->input[strcspn(c->input, "}")] == '}'
           && strchr(c->input, '}')[1] == '\0' && c->test != PG_TEST_FILE
           && names_only(c->input, fixed, fixed, pool);
}

/* Do these rules, but for the one at `own`, look at nothing of a request but
 * its path and Host? */
static bool are_plain(const apr_array_header_t *rules,
                      const pg_directive_t *own, apr_pool_t *pool)
{
    for (int i = 0; rules && i < rules->nelts; i++) {
        const pg_rewriterule_t *rule = &APR_ARRAY_IDX(rules, i,
                                                      pg_rewriterule_t);
        for (int k = 0; rule->at != own && k < rule->cond_count; k++) {
            const pg_cond_t *c = &rule->cond[k];
            if (!names_only(c->test == PG_TEST_EXPR ? c->pattern : c->input,
                            fixed, tried, pool)) {
                return false;
            }
        }
    }
    return true;
}

static const pg_rewriterule_t *find_rule(const apr_array_header_t *rules,
                                         const pg_directive_t *at)
{
    for (int i = 0; rules && i < rules->nelts; i++) {
        if (APR_ARRAY_IDX(rules, i, pg_rewriterule_t).at == at) {
            return &APR_ARRAY_IDX(rules, i, pg_rewriterule_t);
        }
    }
    return NULL;
}

/* Might some request go past the refusals of this list, or get another path
 * on the way? */
static bool is_straight(const apr_array_header_t *rules,
                        const pg_directive_t *own)
{
    const unsigned ends = PG_REWRITE_STATUS | PG_REWRITE_R | PG_REWRITE_P;
    const unsigned leaves = PG_REWRITE_L | PG_REWRITE_END | PG_REWRITE_PT
                            | PG_REWRITE_C | PG_REWRITE_N;

    for (int i = 0; rules && i < rules->nelts; i++) {
        const pg_rewriterule_t *rule = &APR_ARRAY_IDX(rules, i,
                                                      pg_rewriterule_t);
        bool here = (rule->flags & ends) != 0;
        if (rule->at == own) {
            return true;
        }
        if (rule->skip || rule->flags & (PG_REWRITE_C | PG_REWRITE_N)
            || (!here && (rule->flags & leaves
                          || !(rule->flags & PG_REWRITE_NOSUB)))) {
            return false;
        }
    }
    return true;
}

/* What all paths begin with that a directive is for; NULL: not known. */
static const char *begin_of(const pg_dest_t *d, apr_pool_t *pool)
{
    bool whole;

    if (d->rule && d->rule->flags & (PG_REWRITE_NC | PG_REWRITE_NEGATE)) {
        return NULL;
    }
    return d->pattern ? pg_regex_prefix(d->pattern, &whole, pool) : d->prefix;
}

/* Is each path of the directive one that begins like this? */
static bool is_within(const pg_dest_t *d, const char *prefix, apr_pool_t *pool)
{
    const char *own = begin_of(d, pool);

    return own && *prefix && !d->bare_path && !d->sees_file
           && strncmp(own, prefix, strlen(prefix)) == 0;
}

/* Does this rule take all that the directive would, not only what was
 * tried? */
static bool takes_all_of(const pg_rewriterule_t *rule, const pg_dest_t *d,
                         apr_pool_t *pool)
{
    bool whole;
    const char *prefix = pg_regex_prefix(rule->pattern, &whole, pool);

    for (int i = 0; i < rule->cond_count; i++) {
        if (!is_fixed(&rule->cond[i], pool)) {
            return false;
        }
    }
    return !(rule->flags & PG_REWRITE_NEGATE)
           && (pg_regex_takes_all(rule->pattern)
               || (whole && is_within(d, prefix, pool)));
}

/* Is it certain that this one, which took what was tried, takes all? */
static bool is_sure_taker(const trial_t *t, const pg_directive_t *by)
{
    apr_pool_t *pool = t->flow.scene.pool;
    const pg_rewriterule_t *rule = find_rule(t->flow.rules, by);

    for (int i = 0; !rule && i < t->flow.places->nelts; i++) {
        rule = find_rule(APR_ARRAY_IDX(t->flow.places, i, pg_scope_t).rules,
                         by);
    }
    if (rule) {
        return takes_all_of(rule, t->d, pool);
    }
    for (int i = 0; by && i < t->flow.passes->nelts; i++) {
        const pg_dest_t *pass = &APR_ARRAY_IDX(t->flow.passes, i, pg_dest_t);
        if (pass->at == by) {
            return pass->pattern ? pg_regex_takes_all(pass->pattern)
                                 : is_within(t->d, pass->prefix, pool)
                                   || strcmp(pass->prefix, "/") == 0;
        }
    }
    return false;
}

/* Do others take all that the directive would? Whatever they look at must be
 * path and Host alone; the conditions of the rule itself were met. */
static bool is_taken(const trial_t *t)
{
    const pg_flow_t *f = &t->flow;
    bool plain = !f->engine || (are_plain(f->rules, t->d->at, f->scene.pool)
                                && is_straight(f->rules, t->d->at));

    for (int i = 0; i < f->places->nelts; i++) {
        const pg_scope_t *p = &APR_ARRAY_IDX(f->places, i, pg_scope_t);
        plain &= are_plain(p->rules, NULL, f->scene.pool)
                 && is_straight(p->rules, t->d->at);
    }
    return plain && !t->doubt;
}

/* A variable's value in all requests with this path and Host. */
static const char *common_value(void *about, const char *name)
{
    return is_one_of(name, fixed) || is_one_of(name, tried)
               ? pg_rewrite_variable(about, name) : NULL;
}

/* Is the scheme of the target the administrator's? */
static bool has_scheme(const pg_dest_t *d)
{
    apr_size_t n = strcspn(d->target, d->special);
    const char *colon = strstr(d->target, "://");

    return *d->target == '/' || (colon && colon < d->target + n)
           || pg_tree_begins(d->target, "%{REQUEST_SCHEME}://");
}

/* The prefix that others_pass() has other paths begin with. */
static const char *prefix_of(const trial_t *t)
{
    const char *own = t->place ? NULL : begin_of(t->d, t->flow.scene.pool);

    return own && *own ? own : "/";
}

/* Would a request pass that differs from this one, which is refused: in the
 * method, fields, scheme, or in what follows the path's prefix? */
static bool others_pass(const trial_t *t, pg_visit_t visit)
{
    static const char *const schemes[] = { "http", "https", "ws", "wss",
                                           "ftp", "ajp", "fcgi", "scgi",
                                           "uwsgi", "h2", "h2c", NULL };
    apr_pool_t *pool = t->flow.scene.pool;
    const char *rest = has_scheme(t->d) ? NULL : strstr(visit.sent, "://");
    unsigned out;

    visit.prefix = prefix_of(t);
    visit.any_host = strchr(t->d->target, '%') == NULL;
    visit.method = PG_ASKED_COUNT;
    visit.value = common_value;
    out = pg_forward_reverse(t->merged->access, t->vhost, &visit, pool);
    for (int i = 0; rest && schemes[i]; i++) {
        if (pg_targets_carries(t->merged->in, schemes[i],
                               t->flow.scene.proxy_tls)) {
            visit.sent = apr_pstrcat(pool, schemes[i], rest, NULL);
            visit.url = visit.url ? visit.sent : NULL;
            out |= pg_forward_reverse(t->merged->access, t->vhost, &visit,
                                      pool);
        }
    }
    return (out & PG_MAY_PASS) != 0;
}

/* Is there a condition that clients cannot influence and that is never met? Of
 * conditions joined by [OR], none may be met. */
static bool is_barred(const trial_t *t)
{
    const pg_rewriterule_t *rule = t->d->rule;
    bool barred = true;

    for (int i = 0; rule && i < rule->cond_count && i < 32; i++) {
        const pg_cond_t *c = &rule->cond[i];
        barred &= is_fixed(c, t->flow.scene.pool) && !(t->met & 1u << i);
        if (!c->or_next && barred) {
            return true;
        }
        barred |= !c->or_next;
    }
    return false;
}

static void try_one(trial_t *t, const pg_sent_t *sent)
{
    pg_went_t went;
    pg_choice_e chosen;
    unsigned pass;
    pg_about_t about = { &t->flow.scene, sent, sent->uri };
    pg_visit_t visit;

    if (--*t->budget < 0) {
        t->unsure = true;
        return;
    }
    went = pg_flow_send(&t->flow, sent);
    t->unsure |= went.where == PG_WHERE_UNKNOWN;
    if (went.where != PG_WHERE_SENT || went.by != t->d->at) {
        note_alone(t, sent);
        t->doubt |= t->took && !is_sure_taker(t, went.by);
        return;
    }
    t->fired = true;
    note_port(t, went.url);
    chosen = chosen_in(t, went.url);
    if (chosen <= t->best) {
        return;
    }
    visit = (pg_visit_t){ .uri = went.uri, .sent = went.url,
        .method = pg_require_method(sent->method),
        .value = pg_rewrite_variable, .ctx = &about,
        .url = went.in_section ? NULL : went.url,
        .file = went.in_section
                    ? apr_pstrcat(t->flow.scene.pool, t->flow.scene.root,
                                  went.uri, NULL) : NULL };
    pass = pg_forward_reverse(t->merged->access, t->vhost, &visit,
                              t->flow.scene.pool);
    if (pass == PG_MAY_PASS) {
        t->best = chosen;
        return;
    }
    t->unsure = t->unsure || pass == PG_MAY_BOTH || others_pass(t, visit);
    t->refused |= pass == PG_MAY_REFUSE;
}

/* --- requests ------------------------------------------------------------ */

/* The value that the conditions of the rule require of a variable. */
static const char *wanted(const trial_t *t, const char *name,
                          const pg_regex_fill_t *fill, const char *other)
{
    const pg_rewriterule_t *rule = t->d->rule;

    for (int i = 0; rule && i < rule->cond_count; i++) {
        const pg_cond_t *c = &rule->cond[i];
        const char *at = strstr(c->input, name);
        if (at == NULL || c->negate || at - c->input > 2) {
            continue;
        }
        if (c->test == PG_TEST_EQUAL) {
            return c->pattern;
        }
        if (c->test == PG_TEST_REGEX) {
            return pg_regex_sample(c->pattern, fill, t->flow.scene.pool);
        }
    }
    return other;
}

static const char *wanted_field(const trial_t *t, const pg_regex_fill_t *fill)
{
    static const char *const names[] = {
        "HTTP:", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_COOKIE",
        "HTTP_FORWARDED", "HTTP_ACCEPT"
    };
    const char *out = NULL;

    for (int i = 0; i < 6 && !out; i++) {
        out = wanted(t, names[i], fill, NULL);
    }
    return out ? out : *fill->text ? fill->text : NAME;
}

/* Could it be a Host? */
static bool is_host(const char *text)
{
    return !strpbrk(text, "/@ ?") && !strchr(".:", *text);
}

static const char *as_path(const char *text, apr_pool_t *pool)
{
    return *text == '/' ? text : apr_pstrcat(pool, "/", text, NULL);
}

static const char *in_capitals(const char *text, apr_pool_t *pool)
{
    char *out = apr_pstrdup(pool, text);

    for (char *c = out; *c; c++) {
        *c = (char)apr_toupper(*c);
    }
    return out;
}

/* The ways to write the path so that it reaches this directive. */
static void send_paths(trial_t *t, const char *path, pg_sent_t *sent)
{
    apr_pool_t *pool = t->flow.scene.pool;
    const char *root = t->flow.scene.root;
    const char *prefix = t->place ? t->place->prefix : "";

    sent->uri = as_path(path, pool);
    try_one(t, sent);
    if (t->d->pattern && *t->d->pattern != '^') {
        sent->uri = apr_pstrcat(pool, "/x", as_path(path, pool), NULL);
        try_one(t, sent);
    }
    if (t->d->rule && t->d->rule->flags & PG_REWRITE_NC) {
        sent->uri = in_capitals(as_path(path, pool), pool);
        try_one(t, sent);
    }
    if (t->place == NULL || t->best == PG_CHOICE_HOST) {
        return;
    }
    if (t->place->kind == PG_PLACE_DIRECTORY) {
        prefix = strncmp(prefix, root, strlen(root)) == 0
                     ? prefix + strlen(root) : "/";
    }
    else if (t->place->pattern.regex || t->place->pattern.glob) {
        pg_regex_fill_t fill = { .text = path };
        prefix = pg_regex_sample(t->place->pattern.text, &fill, pool);
    }
    sent->uri = as_path(apr_pstrcat(pool, prefix, path + (*path == '/'),
                                    NULL), pool);
    try_one(t, sent);
    sent->uri = as_path(apr_pstrcat(pool, prefix, "x", as_path(path, pool),
                                    NULL), pool);
    try_one(t, sent);
}

static const char *path_for(const trial_t *t, const pg_regex_fill_t *fill)
{
    apr_pool_t *pool = t->flow.scene.pool;
    const char *path = t->d->pattern
        ? pg_regex_sample(t->d->pattern, fill, pool)
        : t->d->prefix ? apr_pstrcat(pool, t->d->prefix, fill->text, NULL)
                       : fill->text;

    return t->d->rule && t->d->rule->flags & PG_REWRITE_NEGATE ? "/" : path;
}

#define HOSTS 8

/* Names that a rule requires, or refuses all others for. */
static int hosts_of_rule(const pg_rewriterule_t *rule, int room,
                         const pg_regex_fill_t *fill, const char **out,
                         apr_pool_t *pool)
{
    int n = 0;

    for (int i = 0; i < rule->cond_count && n < room; i++) {
        const pg_cond_t *c = &rule->cond[i];
        if (strcmp(c->input, "%{HTTP_HOST}") == 0) {
            const char *name = c->test == PG_TEST_EQUAL ? c->pattern
                               : pg_regex_sample(c->pattern, fill, pool);
            out[n++] = *name == '.' ? apr_pstrcat(pool, "www", name, NULL)
                                    : name;
        }
    }
    return n;
}

static int hosts_of_rules(const trial_t *t, const pg_regex_fill_t *fill,
                          const char **out)
{
    const apr_array_header_t *lists[] = { t->d->rules, t->flow.rules };
    int n = 0;

    for (int k = 0; k < 2; k++) {
        for (int i = 0; lists[k] && i < lists[k]->nelts; i++) {
            n += hosts_of_rule(&APR_ARRAY_IDX(lists[k], i, pg_rewriterule_t),
                               HOSTS - 3 - n, fill, out + n,
                               t->flow.scene.pool);
        }
    }
    return n;
}

static void try_fill(trial_t *t, const pg_regex_fill_t *fill)
{
    const char *own = *t->flow.scene.server_name ? t->flow.scene.server_name
                                                 : "own.example";
    const char *path = path_for(t, fill);
    const char *hosts[HOSTS];
    int n = 0;

    if (t->names) {
        hosts[n++] = is_host(fill->text) ? fill->text : NAME;
        n += hosts_of_rules(t, fill, hosts + n);
        t->doubt |= n >= HOSTS - 3;  /* there may be more of them         */
    }
    hosts[n++] = own;
    hosts[n++] = apr_pstrcat(t->flow.scene.pool, own, ":" PORT, NULL);
    for (int i = 0; i < n && t->best != PG_CHOICE_HOST; i++) {
        pg_sent_t sent = { .host = hosts[i],
            .method = wanted(t, "REQUEST_METHOD", fill, "GET"),
            .args = wanted(t, "QUERY_STRING", fill, fill->text),
            .field = wanted_field(t, fill) };
        send_paths(t, path, &sent);
    }
}

static pg_choice_e try_all(trial_t *t, pg_choice_e text)
{
    bool branches = t->d->rule || (t->d->pattern
                                   && strpbrk(t->d->pattern, "|?*{"));

    for (int i = 0; i < FILLS && t->best != PG_CHOICE_HOST; i++) {
        for (int j = 0; j < (branches ? ALTERNATIVES : 1); j++) {
            pg_regex_fill_t fill = { .text = fills[i], .alternative = j };
            try_fill(t, &fill);
        }
    }
    if (t->best == PG_CHOICE_HOST) {
        return PG_CHOICE_HOST;
    }
    if (text == PG_CHOICE_PORT && t->ports && t->best == PG_CHOICE_NOT) {
        t->best = PG_CHOICE_PORT;
    }
    if (!t->unsure && t->refused) {
        return PG_CHOICE_NOT;
    }
    if (!t->unsure && t->fired && text != PG_CHOICE_HOST) {
        return t->best;
    }
    /* others take what it would take, or nothing reaches it */
    if (!t->unsure && !t->fired
        && ((t->alone && is_taken(t)) || is_barred(t))) {
        return PG_CHOICE_NOT;
    }
    return text == PG_CHOICE_PORT && t->fired ? t->best : PG_CHOICE_MAYBE;
}

/* --- all of a virtual host ----------------------------------------------- */

typedef struct judge_t {
    trial_t trial;
    apr_array_header_t *out;
} judge_t;

/* Is there a way to a folder outside of DocumentRoot? */
static bool is_mapped(const pg_directive_t *first)
{
    static const char *const names[] = {
        "Alias", "AliasMatch", "ScriptAlias", "ScriptAliasMatch", "UserDir",
        "VirtualDocumentRoot", "VirtualDocumentRootIP", NULL
    };

    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_is_one(d, names) || is_mapped(d->child)) {
            return true;
        }
    }
    return false;
}

/* A folder outside of the root. @return false: no request reaches it */
static bool set_root(trial_t *t, const pg_scope_t *place)
{
    const char *root = t->flow.scene.root, *folder = place->prefix;
    apr_size_t n = strlen(folder) - 1, m = strlen(root);

    if (place->kind != PG_PLACE_DIRECTORY
        || (*root && strncmp(root, folder, n < m ? n : m) == 0)) {
        return true;
    }
    if (*root && !is_mapped(t->merged->in->tree)) {
        return false;
    }
    t->flow.scene.root = apr_pstrmemdup(t->flow.scene.pool, folder, n);
    return true;
}

static void judge(judge_t *j, const pg_dest_t *d, const pg_scope_t *place)
{
    trial_t t = j->trial;
    pg_choice_e chosen;

    t.d = d;
    t.place = place;
    t.flow.scene.canonical &= !(place && t.merged->uncanonical_folders);
    chosen = pg_dest_chosen(d, &t.flow.scene, t.names);
    if (chosen == PG_CHOICE_NOT || (place && place->applies == PG_NO)
        || (place && !set_root(&t, place))) {
        return;
    }
    chosen = try_all(&t, chosen);
    if (chosen != PG_CHOICE_NOT) {
        APR_ARRAY_PUSH(j->out, pg_reverse_t) = (pg_reverse_t){ d->at, chosen };
    }
}

static void judge_rules(judge_t *j, const apr_array_header_t *rules,
                        const pg_scope_t *place)
{
    for (int i = 0; rules && i < rules->nelts; i++) {
        const pg_rewriterule_t *rule = &APR_ARRAY_IDX(rules, i,
                                                      pg_rewriterule_t);
        pg_dest_t d = { .at = rule->at, .pattern = rule->pattern,
                        .target = rule->output, .special = "$%",
                        .rule = rule, .rules = rules };
        d.bare_path = place && place->kind == PG_PLACE_DIRECTORY;
        d.sees_file = place && !d.bare_path;
        if (rule->flags & PG_REWRITE_P && !(rule->flags & PG_REWRITE_NOSUB)) {
            judge(j, &d, place);
        }
        else if (rule->handler && pg_tree_begins(rule->handler, "proxy:")) {
            d.target = rule->handler + strlen("proxy:");
            d.whole = true;
            judge(j, &d, place);
        }
    }
}

/* Is RewriteEngine on in some section? */
static bool switches_on(const pg_flow_t *flow)
{
    for (int i = 0; i < flow->places->nelts; i++) {
        if (APR_ARRAY_IDX(flow->places, i, pg_scope_t).engine == PG_YES) {
            return true;
        }
    }
    return false;
}

static void judge_place(judge_t *j, const pg_scope_t *place)
{
    pg_dest_t d;

    if (place->engine == PG_YES
        || (place->engine == PG_MAYBE
            && (j->trial.flow.engine || switches_on(&j->trial.flow)))) {
        judge_rules(j, place->rules, place);
    }
    if (place->pass) {
        d = pg_flow_pass(place->pass, place->section,
                         j->trial.flow.scene.pool);
        judge(j, &d, place);
    }
    if (place->handler) {
        d = pg_flow_handler(place->handler, j->trial.flow.scene.pool);
        if (d.target) {
            judge(j, &d, place);
        }
    }
}

apr_array_header_t *pg_reverse_judge(pg_merged_t *merged,
                                     const pg_directive_t *vhost, bool names,
                                     apr_pool_t *scratch)
{
    int all = merged->budget < BUDGET ? merged->budget : BUDGET;
    int budget = all;
    judge_t j = { .trial = { .merged = merged, .vhost = vhost,
                             .names = names, .budget = &budget } };

    j.out = apr_array_make(scratch, 2, sizeof(pg_reverse_t));
    j.trial.flow = pg_merged_flow(merged, vhost, scratch);
    if (j.trial.flow.engine || switches_on(&j.trial.flow)) {
        judge_rules(&j, j.trial.flow.rules, NULL);
    }
    for (int i = 0; i < j.trial.flow.passes->nelts; i++) {
        judge(&j, &APR_ARRAY_IDX(j.trial.flow.passes, i, pg_dest_t), NULL);
    }
    for (int i = 0; i < j.trial.flow.places->nelts; i++) {
        judge_place(&j, &APR_ARRAY_IDX(j.trial.flow.places, i, pg_scope_t));
    }
    merged->budget -= all - (budget > 0 ? budget : 0);
    return j.out;
}
