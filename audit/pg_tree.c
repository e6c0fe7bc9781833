/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_tree.h"

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

bool pg_tree_same(const char *a, const char *b)
{
    return apr_cstr_casecmp(a, b) == 0;
}

bool pg_tree_begins(const char *s, const char *prefix)
{
    return apr_cstr_casecmpn(s, prefix, strlen(prefix)) == 0;
}

bool pg_tree_is(const pg_directive_t *d, const char *name)
{
    return pg_tree_same(d->name, name);
}

bool pg_tree_is_one(const pg_directive_t *d, const char *const *names)
{
    for (; *names; names++) {
        if (pg_tree_is(d, *names)) {
            return true;
        }
    }
    return false;
}

const pg_directive_t *pg_tree_last(const pg_directive_t *first,
                                   const char *name)
{
    const pg_directive_t *last = NULL;

    for (const pg_directive_t *d = first; d; d = d->next) {
        last = pg_tree_is(d, name) ? d : last;
    }
    return last;
}

apr_hash_t *pg_tree_index(const pg_directive_t *first, apr_pool_t *pool)
{
    apr_hash_t *index = apr_hash_make(pool);

    for (const pg_directive_t *d = first; d; d = d->next) {
        if (d->name[0] != '<') {
            char *lower = apr_pstrdup(pool, d->name);
            pg_span_lower(lower, pg_span_str(d->name));
            apr_hash_set(index, lower, APR_HASH_KEY_STRING, d);
        }
    }
    return index;
}

const pg_directive_t *pg_tree_in_force(apr_hash_t *server,
                                       const pg_directive_t *vhost,
                                       const char *name)
{
    const pg_directive_t *own = vhost ? pg_tree_last(vhost->child, name) : NULL;
    char lower[64];
    apr_size_t n = strlen(name);

    if (own || n > sizeof(lower)) {
        return own;
    }
    pg_span_lower(lower, pg_span_str(name));
    return apr_hash_get(server, lower, (apr_ssize_t)n);
}

/* The text from the quote at s to the matching one; *end is after that. */
static const char *quoted(const char *s, const char **end, apr_pool_t *pool)
{
    char quote = *s++;
    char *out = apr_pstrdup(pool, s);
    char *at = out;

    while (*s && *s != quote) {
        if (*s == '\\' && (s[1] == '\\' || s[1] == quote)) {
            s++;
        }
        *at++ = *s++;
    }
    *at = '\0';
    *end = *s ? s + 1 : s;
    return out;
}

const char *pg_tree_word(const char **args, apr_pool_t *pool)
{
    const char *s = *args;
    const char *word;

    while (apr_isspace(*s)) {
        s++;
    }
    if (*s == '"' || *s == '\'') {
        word = quoted(s, &s, pool);
    }
    else {
        const char *from = s;
        while (*s && !apr_isspace(*s)) {
            s++;
        }
        word = apr_pstrmemdup(pool, from, (apr_size_t)(s - from));
    }
    while (apr_isspace(*s)) {
        s++;
    }
    *args = s;
    return word;
}

const char *pg_tree_arg(const pg_directive_t *d, int n, apr_pool_t *pool)
{
    const char *args = d->args;
    const char *word = "";

    for (int i = 0; i <= n; i++) {
        word = pg_tree_word(&args, pool);
    }
    return word;
}

bool pg_tree_says(const pg_directive_t *d, const char *word,
                  apr_pool_t *pool)
{
    return pg_tree_same(pg_tree_arg(d, 0, pool), word);
}
