/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_expr.h"

#include <apr_fnmatch.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "pg_require.h"
#include "pg_rewrite.h"
#include "pg_tree.h"

#define MOST_DEPTH 40

typedef struct parser_t {
    const pg_expr_t *e;
    const char *client;          /* REMOTE_ADDR where the caller has none */
    const char *at;
    bool bad;                    /* cannot be parsed                      */
    int depth;
} parser_t;

/* A word's value; NULL: not known. */
typedef const char *word_t;

static pg_tri_e read_or(parser_t *p);

static pg_tri_e negated(pg_tri_e a)
{
    return a == PG_MAYBE ? a : a == PG_YES ? PG_NO : PG_YES;
}

static pg_tri_e truth(bool yes)
{
    return yes ? PG_YES : PG_NO;
}

static void skip_space(parser_t *p)
{
    while (apr_isspace(*p->at)) {
        p->at++;
    }
}

static bool take(parser_t *p, const char *token)
{
    skip_space(p);
    if (strncmp(p->at, token, strlen(token))) {
        return false;
    }
    p->at += strlen(token);
    return true;
}

/* The same for a word: no letter or '(' follows. */
static bool take_name(parser_t *p, const char *name)
{
    apr_size_t n = strlen(name);

    skip_space(p);
    if (strncmp(p->at, name, n) || apr_isalnum(p->at[n]) || p->at[n] == '(') {
        return false;
    }
    p->at += n;
    return true;
}

/* --- words --------------------------------------------------------------- */

static word_t variable(const parser_t *p, const char *name)
{
    word_t value = p->e->value ? p->e->value(p->e->ctx, name) : NULL;

    return value || strcmp(name, "REMOTE_ADDR") ? value : p->client;
}

/* Text with "%{...}" in it, up to `stop`. */
static word_t read_text(parser_t *p, char stop)
{
    apr_pool_t *pool = p->e->pool;
    word_t out = "";

    while (*p->at && *p->at != stop) {
        const char *end = p->at + 1;
        const char *name = *p->at == '%' ? pg_rewrite_braced(&end, pool)
                                         : NULL;
        if (name) {
            word_t one = variable(p, name);
            out = out && one ? apr_pstrcat(pool, out, one, NULL) : NULL;
            p->at = end;
            continue;
        }
        if (*p->at == '$' && apr_isdigit(p->at[1])) {
            out = NULL;
        }
        p->at += *p->at == '\\' && p->at[1];
        out = out ? apr_pstrcat(pool, out, apr_pstrmemdup(pool, p->at, 1),
                                NULL) : NULL;
        p->at++;
    }
    if (*p->at) {
        p->at++;
    }
    else {
        p->bad = true;
    }
    return out;
}

static word_t read_word(parser_t *p);

/* A function's value is known for the two that change case only. */
static word_t read_call(parser_t *p, const char *name)
{
    word_t inner;
    char *out;

    p->at++;
    inner = read_word(p);
    if (!take(p, ")")) {
        p->bad = true;
        return NULL;
    }
    if (inner == NULL || (!pg_tree_same(name, "tolower")
                          && !pg_tree_same(name, "toupper"))) {
        return NULL;
    }
    out = apr_pstrdup(p->e->pool, inner);
    for (char *c = out; *c; c++) {
        *c = (char)(pg_tree_same(name, "tolower") ? apr_tolower(*c)
                                                  : apr_toupper(*c));
    }
    return out;
}

static word_t read_part(parser_t *p)
{
    const char *from;

    skip_space(p);
    from = p->at;
    if (*p->at == '"' || *p->at == '\'') {
        return read_text(p, *p->at++);
    }
    if (*p->at == '%') {
        p->at++;
        from = pg_rewrite_braced(&p->at, p->e->pool);
        return from ? variable(p, from) : NULL;
    }
    while (apr_isalnum(*p->at) || *p->at == '_') {
        p->at++;
    }
    if (p->at == from) {
        p->bad = true;
        return NULL;
    }
    from = apr_pstrmemdup(p->e->pool, from, (apr_size_t)(p->at - from));
    return *p->at == '(' ? read_call(p, from)
           : apr_isdigit(*from) ? from : NULL;
}

/* Parts joined by '.'. */
static word_t read_word(parser_t *p)
{
    word_t out = NULL;

    if (++p->depth > MOST_DEPTH) {
        p->bad = true;
        return NULL;
    }
    out = read_part(p);
    while (!p->bad && take(p, ".")) {
        word_t more = read_part(p);
        out = out && more ? apr_pstrcat(p->e->pool, out, more, NULL) : NULL;
    }
    p->depth--;
    return out;
}

/* --- comparisons --------------------------------------------------------- */

/* Is this address in the network? Without a client: is an unlisted one? */
static pg_tri_e in_net(const parser_t *p, word_t address, word_t net)
{
    unsigned set;

    if (address == NULL || net == NULL) {
        return PG_MAYBE;
    }
    set = pg_require_addresses(net, address == p->client ? NULL : address,
                               p->e->pool);
    return set == PG_AUTHZ_GRANTED ? PG_YES
           : set == PG_AUTHZ_DENIED ? PG_NO : PG_MAYBE;
}

/* "/text/i" or "m#text#i" */
static pg_tri_e read_regex(parser_t *p, word_t subject)
{
    const pg_audit_in_t *in = p->e->in;
    const char *from, *end;
    char close;
    bool nocase = false;

    skip_space(p);
    p->at += *p->at == 'm' && p->at[1] && !apr_isalnum(p->at[1]);
    close = *p->at;
    if (close == '\0' || apr_isalnum(close) || close == '"') {
        p->bad = true;
        return PG_MAYBE;
    }
    from = ++p->at;
    for (end = from; *end && *end != close; end++) {
        end += *end == '\\' && end[1];
    }
    if (*end == '\0') {
        p->bad = true;
        return PG_MAYBE;
    }
    p->at = end + 1;
    while (apr_isalpha(*p->at)) {
        nocase |= *p->at++ == 'i';
    }
    if (subject == NULL) {
        return PG_MAYBE;
    }
    return truth(in->regex_match(in->ctx, apr_pstrmemdup(p->e->pool, from,
                     (apr_size_t)(end - from)), nocase, subject, NULL));
}

enum { OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_TEXT = OP_GT,
       OP_NUM_EQ, OP_NUM_NE, OP_NUM_LE, OP_NUM_GE, OP_NUM_LT, OP_NUM_GT,
       OP_IPMATCH, OP_STRMATCH, OP_STRCMATCH, OP_FNMATCH, OP_IN, OP_COUNT };

static const char *const operators[OP_COUNT] = {
    "==", "!=", "<=", ">=", "<", ">", "-eq", "-ne", "-le", "-ge", "-lt",
    "-gt", "-ipmatch", "-strmatch", "-strcmatch", "-fnmatch", "-in"
};

static bool orders(int which, long sign)
{
    switch (which) {
    case 0:
        return sign == 0;
    case 1:
        return sign != 0;
    case 2:
        return sign <= 0;
    case 3:
        return sign >= 0;
    case 4:
        return sign < 0;
    default:
        return sign > 0;
    }
}

static pg_tri_e compare(const parser_t *p, int op, word_t a, word_t b)
{
    if (op == OP_IPMATCH) {
        return in_net(p, a, b);
    }
    if (a == NULL || b == NULL || op == OP_IN) {
        return PG_MAYBE;
    }
    if (op >= OP_STRMATCH) {
        return truth(apr_fnmatch(b, a, op == OP_STRCMATCH ? APR_FNM_CASE_BLIND
                                 : op == OP_FNMATCH ? APR_FNM_PATHNAME : 0)
                     == APR_SUCCESS);
    }
    return truth(op > OP_TEXT ? orders(op - OP_NUM_EQ, atol(a) - atol(b))
                              : orders(op, strcmp(a, b)));
}

/* "{'a', 'b'}" */
static pg_tri_e read_list(parser_t *p, word_t a)
{
    pg_tri_e out = PG_NO;

    do {
        word_t b = read_word(p);
        if (a == NULL || b == NULL) {
            out = out == PG_YES ? out : PG_MAYBE;
        }
        else if (strcmp(a, b) == 0) {
            out = PG_YES;
        }
    } while (!p->bad && take(p, ","));
    p->bad |= !take(p, "}");
    return out;
}

static pg_tri_e read_binary(parser_t *p)
{
    word_t a = read_word(p);

    if (take(p, "=~")) {
        return read_regex(p, a);
    }
    if (take(p, "!~")) {
        return negated(read_regex(p, a));
    }
    for (int i = 0; i < OP_COUNT; i++) {
        if (!take(p, operators[i])
            && !(i > OP_TEXT && take_name(p, operators[i] + 1))) {
            continue;
        }
        return i == OP_IN && take(p, "{") ? read_list(p, a)
                                          : compare(p, i, a, read_word(p));
    }
    if (take(p, "=")) {
        return compare(p, OP_EQ, a, read_word(p));
    }
    p->bad = true;
    return PG_MAYBE;
}

/* "-n word" and the like */
static pg_tri_e read_unary(parser_t *p)
{
    char op = p->at[1];
    word_t word;

    p->at += 2;
    word = read_word(p);
    switch (op) {
    case 'R':
        return in_net(p, variable(p, "REMOTE_ADDR"), word);
    case 'n':
        return word ? truth(*word != '\0') : PG_MAYBE;
    case 'z':
        return word ? truth(*word == '\0') : PG_MAYBE;
    default:                         /* files, sub-requests               */
        return PG_MAYBE;
    }
}

/* --- logic --------------------------------------------------------------- */

static pg_tri_e read_term(parser_t *p)
{
    pg_tri_e inner;

    if (++p->depth > MOST_DEPTH) {
        p->bad = true;
        return PG_MAYBE;
    }
    if (take(p, "!")) {
        inner = negated(read_term(p));
    }
    else if (take(p, "(")) {
        inner = read_or(p);
        p->bad |= !take(p, ")");
    }
    else if (take_name(p, "true")) {
        inner = PG_YES;
    }
    else if (take_name(p, "false")) {
        inner = PG_NO;
    }
    else if (*p->at == '-' && apr_isalpha(p->at[1])
             && !apr_isalpha(p->at[2])) {
        inner = read_unary(p);
    }
    else {
        inner = read_binary(p);
    }
    p->depth--;
    return inner;
}

static pg_tri_e read_and(parser_t *p)
{
    pg_tri_e out = read_term(p);

    while (!p->bad && take(p, "&&")) {
        pg_tri_e more = read_term(p);
        out = out == PG_NO || more == PG_NO ? PG_NO
              : out == PG_YES ? more : PG_MAYBE;
    }
    return out;
}

static pg_tri_e read_or(parser_t *p)
{
    pg_tri_e out = read_and(p);

    while (!p->bad && take(p, "||")) {
        pg_tri_e more = read_and(p);
        out = out == PG_YES || more == PG_YES ? PG_YES
              : out == PG_NO ? more : PG_MAYBE;
    }
    return out;
}

const char *const pg_expr_clients[] = {
    PG_THIRD_PARTY, "198.51.100.77", "2001:db8::77", "198.51.100.70",
    "33.1.2.81", "44.128.3.22", "55.4.5.33", "6.7.8.14", "7.8.9.25",
    "88.9.1.36", "9.1.2.48", "203.0.113.254", NULL
};

pg_tri_e pg_expr_eval(const pg_expr_t *e, const char *text)
{
    bool all = strstr(text, "REMOTE_ADDR") || strstr(text, "-R");
    pg_tri_e out = PG_MAYBE;

    for (int i = 0; pg_expr_clients[i] && (all || i == 0); i++) {
        parser_t p = { .e = e, .client = pg_expr_clients[i], .at = text };
        pg_tri_e one = read_or(&p);
        skip_space(&p);
        if (p.bad || *p.at || (i && one != out)) {
            return PG_MAYBE;
        }
        out = one;
    }
    return out;
}

const char *pg_expr_text(const pg_expr_t *e, const char *text)
{
    parser_t p = { .e = e, .at = text };

    return read_text(&p, '\0');
}

bool pg_expr_is_sent(const char *text)
{
    static const char *const sent[] = { "HTTP_", "HTTP:", "QUERY_STRING",
                                        "REQUEST_URI", "THE_REQUEST",
                                        "req(", "http(", "req:", "http:",
                                        NULL };

    for (int i = 0; sent[i]; i++) {
        if (strstr(text, sent[i])) {
            return true;
        }
    }
    return false;
}
