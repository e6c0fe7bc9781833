/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_rewriterule.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_tree.h"

typedef struct flag_t {
    const char *brief;
    const char *whole;
    unsigned flag;
} flag_t;

static const flag_t flags[] = {
    { "P", "proxy", PG_REWRITE_P },
    { "L", "last", PG_REWRITE_L },
    { "END", "END", PG_REWRITE_END },
    { "PT", "passthrough", PG_REWRITE_PT },
    { "F", "forbidden", PG_REWRITE_STATUS | PG_REWRITE_NOSUB },
    { "G", "gone", PG_REWRITE_STATUS | PG_REWRITE_NOSUB },
    { "R", "redirect", PG_REWRITE_R },
    { "C", "chain", PG_REWRITE_C },
    { "N", "next", PG_REWRITE_N },
    { "NC", "nocase", PG_REWRITE_NC },
    { "B", "backrefescaping", PG_REWRITE_B },
    { "BNE", "BNE", PG_REWRITE_BNE },
    { "QSA", "qsappend", PG_REWRITE_QSA },
    { "NE", "noescape", PG_REWRITE_NE },
    { "UnsafeAllow3F", "UnsafeAllow3F", PG_REWRITE_3F }
};

/* mod_rewrite reads its lines by itself: a backslash keeps a blank in the
 * word, and nothing else. */
static const char *next_word(const char **args, apr_pool_t *pool)
{
    const char *s = *args + strspn(*args, " \t"), *from, *word;
    char quote = *s == '"' || *s == '\'' ? *s++ : '\0';

    for (from = s; *s && *s != quote && (quote || !apr_isspace(*s)); s++) {
        s += *s == '\\' && apr_isspace(s[1]);
    }
    word = apr_pstrmemdup(pool, from, (apr_size_t)(s - from));
    *args = *s ? s + 1 : s;
    return word;
}

const char *pg_rewriterule_arg(const pg_directive_t *d, int n,
                               apr_pool_t *pool)
{
    const char *args = d->args, *word = "";

    for (int i = 0; i <= n; i++) {
        word = next_word(&args, pool);
    }
    return word;
}

/* The next of the flags in "[A, B=c]", without blanks around it; NULL: there
 * are no more. */
static const char *next_flag(const char **text, apr_pool_t *pool)
{
    const char *s = *text + strspn(*text, ", \t");
    apr_size_t n = strcspn(s, ",");

    *text = s + n;
    while (n && apr_isspace(s[n - 1])) {
        n--;
    }
    return *s ? apr_pstrmemdup(pool, s, n) : NULL;
}

/* What is between the brackets. */
static const char *flags_of(const pg_directive_t *d, apr_pool_t *pool)
{
    const char *text = pg_rewriterule_arg(d, 2, pool);
    const char *from = text + (*text == '['), *end = strrchr(from, ']');

    return end ? apr_pstrmemdup(pool, from, (apr_size_t)(end - from)) : from;
}

bool pg_rewriterule_has(const pg_directive_t *d, const char *brief,
                        const char *whole, apr_pool_t *pool)
{
    const char *text = flags_of(d, pool), *word;

    while ((word = next_flag(&text, pool))) {
        word = apr_pstrmemdup(pool, word, strcspn(word, "="));
        if (pg_tree_same(word, brief) || pg_tree_same(word, whole)) {
            return true;
        }
    }
    return false;
}

static void read_flag(pg_rewriterule_t *rule, const char *word)
{
    apr_size_t n = strcspn(word, "=");
    const char *value = word[n] ? word + n + 1 : "";

    for (apr_size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        const flag_t *f = &flags[i];
        if ((strlen(f->brief) == n && pg_tree_begins(word, f->brief))
            || (strlen(f->whole) == n && pg_tree_begins(word, f->whole))) {
            rule->flags |= f->flag;
        }
    }
    if (pg_tree_begins(word, "S=") || pg_tree_begins(word, "skip=")) {
        rule->skip = atoi(value);
    }
    if (pg_tree_begins(word, "H=") || pg_tree_begins(word, "handler=")) {
        rule->handler = value;
    }
    /* R=403 is a status, without a substitution */
    if ((pg_tree_begins(word, "R=") || pg_tree_begins(word, "redirect="))
        && apr_isdigit(*value) && *value != '3') {
        rule->flags |= PG_REWRITE_STATUS | PG_REWRITE_NOSUB;
    }
}

static void read_flags(pg_rewriterule_t *rule, const char *text,
                       apr_pool_t *pool)
{
    const char *word;

    while ((word = next_flag(&text, pool))) {
        read_flag(rule, word);
        /* B=... and BNE=... leave some characters as they are */
        rule->flags &= pg_tree_begins(word, "B=") ? ~(unsigned)PG_REWRITE_B
                                                  : ~0u;
    }
    if (rule->flags & PG_REWRITE_BNE) {
        rule->flags &= ~(unsigned)PG_REWRITE_B;
    }
    if (rule->flags & PG_REWRITE_NOSUB) {
        rule->flags &= ~(unsigned)PG_REWRITE_R;   /* no effect with "-"    */
    }
}

static pg_cond_t read_cond(const pg_directive_t *d, apr_pool_t *pool)
{
    pg_cond_t cond = { .input = pg_rewriterule_arg(d, 0, pool),
                       .pattern = pg_rewriterule_arg(d, 1, pool),
                       .or_next = pg_rewriterule_has(d, "OR", "ornext", pool),
                       .nocase = pg_rewriterule_has(d, "NC", "nocase", pool) };

    cond.negate = *cond.pattern == '!';
    cond.pattern += cond.negate;
    if (pg_tree_same(cond.input, "expr")) {
        cond.test = PG_TEST_EXPR;
    }
    else if (*cond.pattern == '-' && cond.pattern[1]) {
        cond.test = strchr("fsdxhLl", cond.pattern[1]) && !cond.pattern[2]
                        ? PG_TEST_FILE : PG_TEST_OTHER;
    }
    else if (*cond.pattern == '=' && cond.pattern[1]) {
        cond.test = PG_TEST_EQUAL;
        cond.pattern += strcmp(cond.pattern, "=\"\"") ? 1 : 3;
    }
    else if (strspn(cond.pattern, "<>") && cond.pattern[1]) {
        cond.test = PG_TEST_OTHER;
    }
    return cond;
}

static pg_rewriterule_t read_rule(const pg_directive_t *d, apr_pool_t *pool)
{
    pg_rewriterule_t rule = { .at = d,
                              .pattern = pg_rewriterule_arg(d, 0, pool),
                              .output = pg_rewriterule_arg(d, 1, pool) };

    if (*rule.pattern == '!') {
        rule.flags |= PG_REWRITE_NEGATE;
        rule.pattern++;
    }
    if (strcmp(rule.output, "-") == 0) {
        rule.flags |= PG_REWRITE_NOSUB;
    }
    read_flags(&rule, flags_of(d, pool), pool);
    return rule;
}

apr_array_header_t *pg_rewriterule_read(const pg_directive_t *first,
                                        apr_pool_t *pool)
{
    apr_array_header_t *rules = apr_array_make(pool, 4,
                                               sizeof(pg_rewriterule_t));
    apr_array_header_t *conds = apr_array_make(pool, 4, sizeof(pg_cond_t));

    for (const pg_directive_t *d = first; d; d = d->next) {
        if (pg_tree_is(d, "RewriteCond")) {
            APR_ARRAY_PUSH(conds, pg_cond_t) = read_cond(d, pool);
        }
        else if (pg_tree_is(d, "RewriteRule")) {
            pg_rewriterule_t rule = read_rule(d, pool);
            rule.cond = (const pg_cond_t *)conds->elts;
            rule.cond_count = conds->nelts;
            APR_ARRAY_PUSH(rules, pg_rewriterule_t) = rule;
            conds = apr_array_make(pool, 4, sizeof(pg_cond_t));
        }
    }
    return rules;
}

bool pg_rewriterule_is(const pg_directive_t *d)
{
    static const char *const names[] = { "RewriteRule", "RewriteCond",
                                         "RewriteEngine", "RewriteOptions",
                                         "RewriteBase", "RewriteMap", NULL };

    return pg_tree_is_one(d, names);
}
