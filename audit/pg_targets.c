/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_targets.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_regex.h"
#include "pg_tree.h"

#define HOST "proxyguard.example"

bool pg_targets_match(const pg_pattern_t *p, const char *target,
                      const pg_audit_in_t *in)
{
    apr_size_t n = strlen(p->text);

    if (p->regex) {
        return in->regex_match(in->ctx, p->text, false, target, NULL);
    }
    if (p->glob) {
        return apr_fnmatch(p->text, target,
                           p->location ? APR_FNM_PATHNAME : 0) == APR_SUCCESS;
    }
    if (strncmp(p->text, target, n) != 0) {
        return false;
    }
    return !p->location || n == 0 || p->text[n - 1] == '/'
           || target[n] == '/' || target[n] == '\0';
}

/* Stars around a part that every target has. */
static bool glob_takes_all(const char *text, const char *sure)
{
    apr_size_t n = strlen(text);

    if (n == 0 || text[0] != '*' || text[n - 1] != '*') {
        return false;
    }
    while (*text == '*') {
        text++;
        n--;
    }
    while (n && text[n - 1] == '*') {
        n--;
    }
    for (const char *at = sure; ; at++) {
        if (strncmp(at, text, n) == 0) {
            return true;
        }
        if (*at == '\0') {
            return false;
        }
    }
}

/* A shell pattern or prefix that matches no target: none begins with a '/', a
 * URL has two of them, and what CONNECT takes has none. */
static bool fits_none(const pg_pattern_t *p, bool connect)
{
    const char *slash = strchr(p->text, '/');
    bool exact = !strchr(p->text, '[');

    return *p->text == '/' || (connect && slash && exact)
           || (!connect && p->location && p->glob && exact
               && (!slash || !strchr(slash + 1, '/')));
}

/* Every target has a ':'. */
static bool takes_colon(const char *text)
{
    return strcmp(text, ":") == 0 || strcmp(text, ".*:.*") == 0
           || strcmp(text, "^.*:.*$") == 0;
}

pg_cover_e pg_targets_cover(const pg_pattern_t *p, bool connect)
{
    if (p->regex) {
        if (pg_regex_takes_all(p->text) || takes_colon(p->text)) {
            return PG_COVERS_ALL;
        }
        /* no target begins with a '/' */
        return strncmp(p->text, "^/", 2) == 0 && !strchr(p->text, '|')
               && !strpbrk(p->text + 2, "?*{") ? PG_COVERS_NONE
                                               : PG_COVERS_SOME;
    }
    if (fits_none(p, connect)) {
        return PG_COVERS_NONE;
    }
    if (*p->text == '\0') {
        return PG_COVERS_ALL;
    }
    if (p->glob && (connect || !p->location)
        && glob_takes_all(p->text, connect ? ":" : "://")) {
        return PG_COVERS_ALL;
    }
    return PG_COVERS_SOME;
}

static void push(apr_array_header_t *targets, const char *target)
{
    APR_ARRAY_PUSH(targets, const char *) = target;
}

/* Schemes that a client may ask a forward proxy for, and the modules that
 * carry them. Each is tried in capitals too: patterns see the target as sent,
 * and so miss it, while the modules accept it. */
typedef struct scheme_t {
    const char *module;
    const char *name;
    const char *capitals;
    bool tls;
} scheme_t;

static const scheme_t schemes[] = {
    { "mod_proxy_http.c", "http", "HTTP", false },
    { "mod_proxy_http.c", "https", "HTTPS", true },
    { "mod_proxy_http.c", "ws", "WS", false },
    { "mod_proxy_http.c", "wss", "WSS", true },
    { "mod_proxy_ftp.c", "ftp", "FTP", false },
    { "mod_proxy_ajp.c", "ajp", "AJP", false },
    { "mod_proxy_fcgi.c", "fcgi", "FCGI", false },
    { "mod_proxy_scgi.c", "scgi", "SCGI", false },
    { "mod_proxy_uwsgi.c", "uwsgi", "UWSGI", false },
    { "mod_proxy_wstunnel.c", "ws", "WS", false },
    { "mod_proxy_wstunnel.c", "wss", "WSS", true },
    { "mod_proxy_http2.c", "h2c", "H2C", false },
    { "mod_proxy_http2.c", "h2", "H2", true }
};
#define SCHEMES (sizeof(schemes) / sizeof(*schemes))

apr_array_header_t *pg_targets_url(const pg_audit_in_t *in, bool tls,
                                   apr_pool_t *pool)
{
    apr_array_header_t *out = apr_array_make(pool, 16, sizeof(char *));

    for (apr_size_t i = 0; i < SCHEMES; i++) {
        const scheme_t *s = &schemes[i];
        if ((s->tls && !tls) || !in->module_loaded(in->ctx, s->module)) {
            continue;
        }
        push(out, apr_pstrcat(pool, s->name, "://" HOST "/", NULL));
        push(out, apr_pstrcat(pool, s->name, "://" HOST "/a/b/c/d?e", NULL));
        push(out, apr_pstrcat(pool, s->name, "://192.0.2.10:8080/", NULL));
        push(out, apr_pstrcat(pool, s->name, "://[2001:db8::1]/", NULL));
        push(out, apr_pstrcat(pool, s->capitals, "://" HOST "/", NULL));
    }
    return out;
}

bool pg_targets_carries(const pg_audit_in_t *in, const char *scheme,
                        bool tls)
{
    for (apr_size_t i = 0; i < SCHEMES; i++) {
        const scheme_t *s = &schemes[i];
        if (pg_tree_same(s->name, scheme) && (tls || !s->tls)
            && in->module_loaded(in->ctx, s->module)) {
            return true;
        }
    }
    return false;
}

/* May CONNECT go to this port? */
static bool port_allowed(const apr_array_header_t *ports, int port)
{
    if (ports->nelts == 0) {
        return port == 443 || port == 563;
    }
    for (int i = 0; i < ports->nelts; i++) {
        const pg_ports_t *p = &APR_ARRAY_IDX(ports, i, pg_ports_t);
        if (port >= p->first && port <= p->last) {
            return true;
        }
    }
    return false;
}

apr_array_header_t *pg_targets_connect(const pg_audit_in_t *in,
                                       const apr_array_header_t *ports,
                                       apr_pool_t *pool)
{
    apr_array_header_t *out = apr_array_make(pool, 8, sizeof(char *));

    if (!in->module_loaded(in->ctx, "mod_proxy_connect.c")) {
        return out;
    }
    for (int i = 0; i < (ports->nelts ? ports->nelts : 1); i++) {
        int port = ports->nelts ? APR_ARRAY_IDX(ports, i, pg_ports_t).first
                                : 443;
        push(out, apr_psprintf(pool, HOST ":%d", port));
        push(out, apr_psprintf(pool, "192.0.2.10:%d", port));
        push(out, apr_psprintf(pool, "[2001:db8::1]:%d", port));
        push(out, apr_psprintf(pool, "PROXYGUARD.EXAMPLE:%d", port));
    }
    return out;
}

/* Is it a target that some module would carry? */
static bool is_url(const char *target, const apr_array_header_t *plain)
{
    const char *colon = strstr(target, "://");
    apr_size_t n;

    if (colon == NULL || colon[3] == '\0' || strchr("/:", colon[3])) {
        return false;
    }
    n = (apr_size_t)(colon + 3 - target);
    for (int i = 0; i < plain->nelts; i++) {
        if (strncmp(APR_ARRAY_IDX(plain, i, const char *), target, n) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_authority(const char *target, const apr_array_header_t *ports)
{
    const char *colon = strrchr(target, ':');
    char *end;
    long port;

    if (colon == NULL || colon == target || strpbrk(target, "/?# ")
        || (*target != '[' && strchr(target, ':') != colon)) {
        return false;
    }
    port = strtol(colon + 1, &end, 10);
    return *end == '\0' && end != colon + 1 && port > 0 && port < 65536
           && port_allowed(ports, (int)port);
}

/* The pattern with its stars replaced. */
static const char *filled(const char *pattern, const char *star,
                          apr_pool_t *pool)
{
    const char *out = "";

    for (; *pattern; pattern++) {
        char one[2] = { *pattern == '?' ? 'x' : *pattern, '\0' };
        if (*pattern == '\\' && pattern[1]) {
            one[0] = *++pattern;
        }
        out = apr_pstrcat(pool, out, *pattern == '*' ? star : one, NULL);
    }
    return out;
}

void pg_targets_fit(apr_array_header_t *targets, const pg_pattern_t *p,
                    const apr_array_header_t *ports, bool connect,
                    const pg_audit_in_t *in)
{
    static const char *const stars[] = { "", "x", "://" HOST "/x", HOST };
    static const char *const tails[] = { "", "x", "/", "/x", HOST "/",
                                         "://" HOST "/", "//" HOST "/",
                                         ":443" };
    static const pg_regex_fill_t any = { .text = "x" };
    const int star_count = p->glob ? (int)(sizeof(stars) / sizeof(*stars))
                                   : 1;
    apr_pool_t *pool = targets->pool;

    for (int i = 0; i < star_count; i++) {
        const char *stem = p->regex ? pg_regex_sample(p->text, &any, pool)
                           : p->glob ? filled(p->text, stars[i], pool)
                           : p->text;
        for (apr_size_t j = 0; j < sizeof(tails) / sizeof(*tails); j++) {
            const char *made = apr_pstrcat(pool, stem, tails[j], NULL);
            if ((connect ? is_authority(made, ports)
                         : is_url(made, targets))
                && pg_targets_match(p, made, in)) {
                push(targets, made);
            }
        }
    }
}
