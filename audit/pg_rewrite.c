/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_rewrite.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "pg_expr.h"
#include "pg_tree.h"

#define MOST_ROUNDS 8

/* --- values -------------------------------------------------------------- */

const char *pg_rewrite_braced(const char **s, apr_pool_t *pool)
{
    const char *at = *s;
    int depth = 0;

    if (*at != '{') {
        return NULL;
    }
    do {
        depth += (*at == '{') - (*at == '}');
        if (*at++ == '\0') {
            return NULL;
        }
    } while (depth);
    at = apr_pstrmemdup(pool, *s + 1, (apr_size_t)(at - *s - 2));
    *s += strlen(at) + 2;
    return at;
}

const char *pg_rewrite_map(const pg_scene_t *scene, const char *name)
{
    for (int i = 0; i < 2; i++) {
        for (const pg_directive_t *d = scene->map[i]; d; d = d->next) {
            if (pg_tree_is(d, "RewriteMap")
                && strcmp(pg_tree_arg(d, 0, scene->pool), name) == 0) {
                return pg_tree_arg(d, 1, scene->pool);
            }
        }
    }
    return NULL;
}

static const char *without_port(const char *host, apr_pool_t *pool)
{
    const char *colon = strrchr(host, ':');

    return colon && !strchr(colon, ']')
               ? apr_pstrmemdup(pool, host, (apr_size_t)(colon - host))
               : host;
}

static const char *port_of(const pg_scene_t *scene, const char *host)
{
    const char *colon = strrchr(host, ':');

    return colon && !strchr(colon, ']') && !scene->canonical ? colon + 1
           : scene->tls ? "443" : "80";
}

/* As ap_http_scheme() has it. */
static const char *scheme_of(const pg_scene_t *scene)
{
    return scene->tls ? "https" : scene->scheme ? scene->scheme : "http";
}

const char *pg_rewrite_variable(void *about, const char *name)
{
    const pg_scene_t *scene = ((const pg_about_t *)about)->scene;
    const pg_sent_t *sent = ((const pg_about_t *)about)->sent;
    const char *path = ((const pg_about_t *)about)->path;
    const struct {
        const char *name;
        const char *value;
    } known[] = {
        { "HTTP_HOST", sent->host },
        { "HTTP:Host", sent->host },
        { "HTTP_USER_AGENT", sent->field },
        { "HTTP_REFERER", sent->field },
        { "HTTP_COOKIE", sent->field },
        { "HTTP_FORWARDED", sent->field },
        { "HTTP_ACCEPT", sent->field },
        { "QUERY_STRING", sent->args },
        { "REQUEST_URI", sent->uri },
        { "SCRIPT_URL", sent->uri },
        { "REQUEST_FILENAME", path },
        { "SCRIPT_FILENAME", path },
        { "DOCUMENT_ROOT", scene->root },
        { "REQUEST_METHOD", sent->method },
        { "REQUEST_SCHEME", scheme_of(scene) },
        { "HTTPS", scene->tls ? "on" : "off" },
        { "SERVER_PROTOCOL", "HTTP/1.1" },
        { "SERVER_NAME", scene->canonical ? scene->server_name
                         : without_port(sent->host, scene->pool) },
        { "SERVER_PORT", port_of(scene, sent->host) },
        { "REMOTE_USER", "" },
        { "REMOTE_PORT", "40000" },
        { "SERVER_ADDR", "203.0.113.250" },
        { "SERVER_ADMIN", "" },
        { "SERVER_SOFTWARE", "Apache" },
        { "PATH_INFO", "" },
        { "IS_SUBREQ", "false" },
    };

    for (apr_size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].value;
        }
    }
    if (strcmp(name, "THE_REQUEST") == 0) {
        return apr_pstrcat(scene->pool, sent->method, " ", sent->uri,
                           *sent->args ? "?" : "", sent->args, " HTTP/1.1",
                           NULL);
    }
    if (pg_tree_begins(name, "ENV:")) {
        const pg_authz_env_t env = { .in = scene->in };
        return pg_require_env_unset(name + 4, &env) ? "" : NULL;
    }
    return pg_tree_begins(name, "HTTP:") ? sent->field : NULL;
}

/* --- expanding ----------------------------------------------------------- */

typedef struct back_t {
    const char *source;          /* NULL: nothing matched                 */
    bool unknown;                /* an expression may have                */
    pg_match_t match;
} back_t;

typedef struct runner_t {
    const pg_scene_t *scene;
    const pg_sent_t *sent;
    const char *perdir;
    const pg_rewriterule_t *rule;
    back_t by_rule;
    back_t by_cond;
    pg_run_t run;
    const char *client;          /* REMOTE_ADDR                           */
    bool unknown;                /* some part of it is unknown            */
    bool question;               /* a '?' came out of an expansion        */
} runner_t;

static const char *expand(runner_t *r, const char *text);

static const char *escaped(const char *text, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, strlen(text) * 3 + 1);
    char *at = out;

    for (; *text; text++) {
        if (apr_isalnum(*text) || *text == '_') {
            *at++ = *text;
        }
        else {
            apr_snprintf(at, 4, "%%%02x", (unsigned char)*text);
            at += 3;
        }
    }
    *at = '\0';
    return out;
}

static const char *back_reference(runner_t *r, const back_t *b, int n)
{
    apr_pool_t *pool = r->scene->pool;
    const char *text;

    r->unknown |= b->unknown;
    if (b->source == NULL || b->match.to[n] <= b->match.from[n]) {
        return "";
    }
    text = apr_pstrmemdup(pool, b->source + b->match.from[n],
                          (apr_size_t)(b->match.to[n] - b->match.from[n]));
    return r->rule->flags & PG_REWRITE_B ? escaped(text, pool) : text;
}

/* A key that a third party made up is in no table; the result is the
 * default. */
static const char *look_up(runner_t *r, const char *text)
{
    apr_pool_t *pool = r->scene->pool;
    const char *colon = strchr(text, ':'), *bar, *map, *key;

    if (colon == NULL) {
        return "";
    }
    bar = strrchr(colon, '|');
    key = expand(r, bar ? apr_pstrmemdup(pool, colon + 1,
                          (apr_size_t)(bar - colon - 1)) : colon + 1);
    map = pg_rewrite_map(r->scene, apr_pstrmemdup(pool, text,
                                       (apr_size_t)(colon - text)));
    if (map && pg_tree_begins(map, "int:")) {
        char *out = apr_pstrdup(pool, key);
        r->unknown |= pg_tree_same(map, "int:unescape");
        if (pg_tree_same(map, "int:tolower")) {
            pg_span_lower(out, pg_span_str(out));
        }
        return out;
    }
    /* an undefined map is an empty one */
    r->unknown |= map && (pg_tree_begins(map, "prg:")
                          || pg_tree_begins(map, "dbd:")
                          || pg_tree_begins(map, "fastdbd:"));
    return bar ? expand(r, bar + 1) : "";
}

static const char *variable(runner_t *r, const char *name)
{
    pg_about_t about = { r->scene, r->sent, r->run.path };
    const char *value = strcmp(name, "REMOTE_ADDR")
                            ? pg_rewrite_variable(&about, name) : r->client;

    r->unknown |= value == NULL;
    return value ? value : "";
}

/* The value of the reference at *s, which is moved past it. @return NULL:
 * it is an ordinary character */
static const char *next_value(runner_t *r, const char **s)
{
    const char kind = **s, *at = *s + 1, *name;

    if (apr_isdigit(*at)) {
        *s = at + 1;
        return back_reference(r, kind == '$' ? &r->by_rule : &r->by_cond,
                              *at - '0');
    }
    name = pg_rewrite_braced(&at, r->scene->pool);
    if (name == NULL) {
        return NULL;
    }
    *s = at;
    return kind == '%' ? variable(r, name) : look_up(r, name);
}

static const char *expand(runner_t *r, const char *text)
{
    apr_pool_t *pool = r->scene->pool;
    const char *out = "", *value;
    apr_size_t n;

    while (*text) {
        n = strcspn(text, "\\$%");
        out = apr_pstrcat(pool, out, apr_pstrmemdup(pool, text, n), NULL);
        text += n;
        if (*text == '\0') {
            break;
        }
        value = *text == '\\' ? NULL : next_value(r, &text);
        if (value) {
            r->question |= strchr(value, '?') != NULL;
            out = apr_pstrcat(pool, out, value, NULL);
            continue;
        }
        text += *text == '\\' && text[1];
        out = apr_pstrcat(pool, out, apr_pstrmemdup(pool, text, 1), NULL);
        text++;
    }
    return out;
}

/* --- conditions ---------------------------------------------------------- */

static bool matches(runner_t *r, back_t *b, const char *pattern, bool nocase,
                    const char *subject)
{
    const pg_audit_in_t *in = r->scene->in;
    pg_match_t m;

    if (!in->regex_match(in->ctx, pattern, nocase, subject, &m)) {
        return false;
    }
    if (b) {
        b->source = subject;
        b->unknown = false;
        b->match = m;
    }
    return true;
}

/* An expression of httpd's own, about this very request. */
static bool expression(runner_t *r, const char *text)
{
    pg_about_t about = { r->scene, r->sent, r->run.path };
    pg_expr_t e = { .in = r->scene->in, .value = pg_rewrite_variable,
                    .ctx = &about, .pool = r->scene->pool };
    pg_tri_e answer = pg_expr_eval(&e, text);

    r->unknown |= answer == PG_MAYBE;
    return answer == PG_YES;
}

static bool holds_for_one(runner_t *r, const pg_cond_t *c)
{
    const char *input = c->test == PG_TEST_EXPR ? "" : expand(r, c->input);
    bool yes = false;

    switch (c->test) {
    case PG_TEST_REGEX:
        yes = matches(r, c->negate ? NULL : &r->by_cond, c->pattern,
                      c->nocase, input);
        break;
    case PG_TEST_EQUAL:
        yes = c->nocase ? pg_tree_same(input, c->pattern)
                        : strcmp(input, c->pattern) == 0;
        break;
    case PG_TEST_FILE:
        /* a made-up path is not a file, but the root is a folder */
        yes = c->pattern[1] == 'd' && strcmp(input, "/") == 0;
        break;
    case PG_TEST_EXPR:
        yes = expression(r, c->pattern);
        r->by_cond.unknown |= yes && !c->negate;
        break;
    case PG_TEST_OTHER:
        r->unknown = true;
        break;
    }
    return yes != c->negate;
}

/* Not known, if it is another answer for some third party's address. */
static bool holds(runner_t *r, const pg_cond_t *c)
{
    const back_t before = r->by_cond;
    bool yes = holds_for_one(r, c);
    const back_t after = r->by_cond;

    for (int i = 1; strstr(c->input, "REMOTE_ADDR") && pg_expr_clients[i];
         i++) {
        r->by_cond = before;
        r->client = pg_expr_clients[i];
        r->unknown |= holds_for_one(r, c) != yes;
    }
    r->client = PG_THIRD_PARTY;
    r->by_cond = after;
    return yes;
}

static bool conditions_hold(runner_t *r)
{
    const pg_rewriterule_t *rule = r->rule;

    for (int i = 0; i < rule->cond_count; i++) {
        const pg_cond_t *c = &rule->cond[i];
        bool yes = holds(r, c);
        if (r->unknown) {
            return false;
        }
        if (c->or_next && yes) {
            while (i < rule->cond_count && rule->cond[i].or_next) {
                i++;
            }
        }
        else if (!yes && !c->or_next) {
            return false;
        }
    }
    return true;
}

/* --- rules --------------------------------------------------------------- */

static bool is_absolute(const char *url)
{
    static const char *const schemes[] = {
        "ajp://", "balancer://", "ftp://", "fcgi://", "gopher://", "http://",
        "https://", "h2://", "h2c://", "ldap://", "mailto:", "news:",
        "nntp://", "scgi://", "uwsgi://", "ws://", "wss://", "unix:", NULL
    };

    for (int i = 0; schemes[i]; i++) {
        if (pg_tree_begins(url, schemes[i])) {
            return true;
        }
    }
    return false;
}

/* A path alone is on this server, which the client names. */
static const char *qualified(const runner_t *r, const char *url)
{
    const pg_scene_t *s = r->scene;

    if (is_absolute(url)) {
        return url;
    }
    return apr_pstrcat(s->pool, scheme_of(s), "://",
                       s->canonical ? s->server_name : r->sent->host,
                       *url == '/' ? "" : "/", url, NULL);
}

/* The query begins after a '?' in the new path. */
static const char *split_args(runner_t *r, const char *url)
{
    const char *mark = strchr(url, '?');

    if (mark == NULL) {
        return url;
    }
    r->run.args = r->rule->flags & PG_REWRITE_QSA && *r->run.args
        ? apr_pstrcat(r->scene->pool, mark + 1, "&", r->run.args, NULL)
        : mark + 1;
    return apr_pstrmemdup(r->scene->pool, url, (apr_size_t)(mark - url));
}

/* For a request that is forwarded already, a section's rules see the URL. */
static bool is_proxied(const runner_t *r)
{
    return pg_tree_begins(r->run.path, "proxy:");
}

static const char *subject_of(const runner_t *r)
{
    const char *perdir = r->perdir ? r->perdir : "";
    apr_size_t n = strlen(perdir);

    return strncmp(r->run.path, perdir, n) ? r->run.path : r->run.path + n;
}

static void finish(runner_t *r, pg_ended_e ended)
{
    r->run.ended = ended;
    r->run.by = r->rule->at;
}

/* The rule matched: apply it. */
static void substitute(runner_t *r)
{
    apr_pool_t *pool = r->scene->pool;
    unsigned set = r->rule->flags;
    const char *url = expand(r, r->rule->output);

    if (r->unknown) {
        return;
    }
    if (r->question && !strchr(r->rule->output, '?')
        && !(set & PG_REWRITE_3F)) {
        finish(r, PG_ENDED_REPLY);
        return;
    }
    if (*url != '/' && !is_absolute(url) && !is_proxied(r)
        && (r->perdir || !(set & (PG_REWRITE_P | PG_REWRITE_R)))) {
        url = apr_pstrcat(pool, r->perdir ? r->perdir : "/", url, NULL);
    }
    url = split_args(r, url);
    if (set & PG_REWRITE_P) {
        r->run.path = qualified(r, url);
        if (set & PG_REWRITE_NE && *r->run.args) {
            r->run.path = apr_pstrcat(pool, r->run.path, "?", r->run.args,
                                      NULL);
        }
        finish(r, PG_ENDED_PROXY);
    }
    else if (set & PG_REWRITE_R || is_absolute(url)) {
        finish(r, PG_ENDED_REPLY);
    }
    else {
        r->run.path = url;
        r->run.ended = PG_ENDED_PATH;
    }
}

/* @return whether the rule matched */
static bool apply(runner_t *r)
{
    unsigned set = r->rule->flags;
    const char *subject = subject_of(r);

    r->by_rule.source = r->by_cond.source = NULL;
    r->by_cond.unknown = false;
    r->question = false;
    if (matches(r, &r->by_rule, r->rule->pattern, (set & PG_REWRITE_NC) != 0,
                subject) == ((set & PG_REWRITE_NEGATE) != 0)) {
        return false;
    }
    if (!conditions_hold(r)) {
        return false;
    }
    r->question = false;
    if (set & PG_REWRITE_STATUS) {
        finish(r, PG_ENDED_REPLY);
        return true;
    }
    if (r->rule->handler) {
        r->run.handler = expand(r, r->rule->handler);
        r->run.handler_by = r->rule->at;
    }
    if (!(set & PG_REWRITE_NOSUB)) {
        substitute(r);
    }
    return true;
}

/* @return whether the list continues after a rule that matched */
static bool goes_on(runner_t *r)
{
    unsigned set = r->rule->flags;

    if (r->run.ended == PG_ENDED_PROXY || r->run.ended == PG_ENDED_REPLY) {
        return false;
    }
    if (set & PG_REWRITE_PT && !r->perdir) {
        r->run.ended = PG_ENDED_PASSED;
    }
    r->run.last = (set & PG_REWRITE_END) != 0;
    return !(set & (PG_REWRITE_PT | PG_REWRITE_END | PG_REWRITE_L
                    | PG_REWRITE_P));
}

/* How many rules are chained to this one by [C]. */
static int chained_after(const apr_array_header_t *rules, int at)
{
    int n = 0;

    while (at + n < rules->nelts
           && APR_ARRAY_IDX(rules, at + n, pg_rewriterule_t).flags
                  & PG_REWRITE_C) {
        n++;
    }
    return n;
}

static void run_list(runner_t *r, const apr_array_header_t *rules)
{
    int rounds = 0;

    for (int i = 0; i < rules->nelts; i++) {
        r->rule = &APR_ARRAY_IDX(rules, i, pg_rewriterule_t);
        if (!apply(r)) {
            i += r->unknown ? 0 : chained_after(rules, i);
        }
        else if (!r->unknown && !goes_on(r)) {
            return;
        }
        else if (r->rule->flags & PG_REWRITE_N) {
            i = -1;
            r->unknown |= ++rounds > MOST_ROUNDS;
        }
        else {
            i += r->rule->skip;
        }
        if (r->unknown) {
            finish(r, PG_ENDED_UNKNOWN);
            return;
        }
    }
}

pg_run_t pg_rewrite_run(const pg_scene_t *scene,
                        const apr_array_header_t *rules,
                        const pg_sent_t *sent, const char *path,
                        const char *perdir)
{
    runner_t r = { .scene = scene, .sent = sent, .perdir = perdir,
                   .client = PG_THIRD_PARTY,
                   .run = { .path = path, .args = sent->args } };

    run_list(&r, rules);
    return r.run;
}
