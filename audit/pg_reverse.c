/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_reverse.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "pg_targets.h"
#include "pg_tree.h"

/* What a part of the target, put in at run time, may be. */
typedef enum part_e {
    PART_FIXED,                  /* the server's own, or one of a list    */
    PART_PATH,                   /* begins with '/': the host ends here   */
    PART_FREE,                   /* whatever the client sends             */
    PART_UNKNOWN
} part_e;

/* Text of the n-th group of a regular expression; NULL if there is none.
 * *at: where it stands. */
static const char *group_text(const char *pattern, int n, const char **at,
                              apr_pool_t *pool)
{
    const char *from = NULL;
    int depth = 0, seen = 0, level = 0;

    for (const char *s = pattern; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
        }
        else if (*s == '(') {
            depth++;
            if (s[1] != '?' && ++seen == n) {
                from = s + 1;
                level = depth;
                *at = s;
            }
        }
        else if (*s == ')' && depth-- == level && from) {
            return apr_pstrmemdup(pool, from, (apr_size_t)(s - from));
        }
    }
    return NULL;
}

/* Only letters, digits, '-', '_', and alternatives of them. */
static bool is_list(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' && text[1] && !apr_isalnum(text[1])) {
            text++;
        }
        else if (!apr_isalnum(*text) && !strchr("-_|", *text)) {
            return false;
        }
    }
    return true;
}

static part_e group_part(const pg_reverse_t *r, int n, apr_pool_t *pool)
{
    const char *at = NULL;
    const char *text = r->pattern ? group_text(r->pattern, n, &at, pool)
                                  : NULL;
    apr_size_t before;

    if (text == NULL) {
        return n == 0 && r->pattern && !r->bare_path ? PART_PATH
                                                     : PART_FIXED;
    }
    before = (apr_size_t)(at - r->pattern);
    if (*text == '/') {
        return PART_PATH;
    }
    /* ^(.*) takes the path from its first character, which is a '/' */
    if (!r->bare_path && (before == 0 || (before == 1 && *r->pattern == '^'))
        && *text == '.') {
        return PART_PATH;
    }
    return is_list(text) ? PART_FIXED : PART_FREE;
}

typedef struct variable_t {
    const char *name;
    part_e part;
} variable_t;

/* Server variables in a target; one not here is not known. */
static const variable_t variables[] = {
    { "HTTP_HOST", PART_FREE },
    { "HTTP_REFERER", PART_FREE },
    { "HTTP_USER_AGENT", PART_FREE },
    { "HTTP_COOKIE", PART_FREE },
    { "HTTP_FORWARDED", PART_FREE },
    { "QUERY_STRING", PART_FREE },
    { "SERVER_ADDR", PART_FIXED },
    { "SERVER_PORT", PART_FIXED },
    { "SERVER_PROTOCOL", PART_FIXED },
    { "REQUEST_SCHEME", PART_FIXED },
    { "REQUEST_URI", PART_PATH },
    { "SCRIPT_URL", PART_PATH }
};

static part_e variable_part(const char *name, apr_size_t n)
{
    if (n > 5 && pg_tree_begins(name, "HTTP:")) {
        return PART_FREE;
    }
    for (apr_size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        if (strlen(variables[i].name) == n
            && strncmp(variables[i].name, name, n) == 0) {
            return variables[i].part;
        }
    }
    return PART_UNKNOWN;
}

/* The part at *s, which is moved behind it. */
static part_e next_part(const char **s, const pg_reverse_t *r,
                        apr_pool_t *pool)
{
    const char *at = *s, *end;
    apr_size_t n;

    if (apr_isdigit(at[1])) {
        *s = at + 2;
        return *at == '$' ? group_part(r, at[1] - '0', pool) : PART_UNKNOWN;
    }
    end = at[1] == '{' ? strchr(at, '}') : NULL;
    if (end == NULL) {
        *s = at + 1;
        return PART_FIXED;
    }
    n = (apr_size_t)(end - at - 2);
    *s = end + 1;
    return *at == '%' ? variable_part(at + 2, n) : PART_UNKNOWN;
}

/* The host ended without a '/' of its own: what comes behind it? */
static pg_chosen_e open_end(const pg_reverse_t *r, pg_chosen_e so_far)
{
    apr_size_t n = r->prefix ? strlen(r->prefix) : 0;

    /* "ProxyPass / http://host": the rest of the path is added to the host,
     * so that /.evil.example/ goes to host.evil.example */
    return n && r->prefix[n - 1] == '/' ? PG_CHOSEN_BY_CLIENT : so_far;
}

pg_chosen_e pg_reverse_host(const pg_reverse_t *r, apr_pool_t *pool)
{
    const char *s = strstr(r->target, "://");
    pg_chosen_e out = PG_CHOSEN_NOT;

    if (s == NULL && (*r->target != '$' && *r->target != '%')) {
        return PG_CHOSEN_NOT;                /* "!", unix:, balancer names */
    }
    s = s && !strpbrk(apr_pstrmemdup(pool, r->target,
                      (apr_size_t)(s - r->target)), "$%") ? s + 3 : r->target;
    while (*s && *s != '/' && *s != '?') {
        part_e part = PART_FIXED;
        if (*s == '$' || *s == '%') {
            part = next_part(&s, r, pool);
        }
        else {
            s++;
        }
        if (part == PART_PATH) {
            return out;
        }
        if (part == PART_UNKNOWN && out == PG_CHOSEN_NOT) {
            out = PG_CHOSEN_MAYBE;
        }
        if (part == PART_FREE) {
            /* with more text of the host behind it, it is not so clear */
            out = *s && !strchr("/?:$%", *s) ? PG_CHOSEN_MAYBE
                                             : PG_CHOSEN_BY_CLIENT;
        }
    }
    return *s ? out : open_end(r, out);
}

const char *pg_reverse_sample(const pg_reverse_t *r, apr_pool_t *pool)
{
    const char *path = r->pattern ? pg_targets_sample(r->pattern, pool)
                                  : r->prefix;

    return apr_pstrcat(pool, *path == '/' ? "" : "/", path, NULL);
}
