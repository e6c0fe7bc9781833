/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The parts of the audit that have a language of their own: expressions,
 * regular expressions, what a directive's text lets the client choose, and
 * what becomes of a made-up request. */
#include "pg_test_pool.h"

#include <apr_strings.h>

#include "pg_conftext.h"
#include "pg_expr.h"
#include "pg_flow.h"
#include "pg_regex.h"
#include "pg_tree.h"

static const char *field(const pg_row_t *row, int n)
{
    return n < row->n ? apr_pstrmemdup(pool, row->field[n].ptr
                                       ? row->field[n].ptr : "",
                                       row->field[n].len) : "";
}

static bool any_module(void *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "mod_proxy_ajp.c") != 0;
}

static const pg_audit_in_t in = { .module_loaded = any_module,
                                  .regex_match = pg_conftext_regex };

/* --- expressions --------------------------------------------------------- */

static const char *known_variable(void *ctx, const char *name)
{
    static const char *const known[][2] = {
        { "REQUEST_METHOD", "GET" }, { "HTTP_HOST", "www.example.com" },
        { "EMPTY", "" }, { "TEN", "10" }
    };

    (void)ctx;
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(known[i][0], name) == 0) {
            return known[i][1];
        }
    }
    return NULL;
}

PG_TEST_SUITE(audit_parts, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_ROWS(expression, "audit/expr.tsv")
{
    static const char *const names[] = { "no", "yes", "maybe" };
    pg_expr_t e = { .in = &in, .value = known_variable, .pool = pool };
    const char *is = names[pg_expr_eval(&e, field(row, 1))];

    ck_assert_msg(strcmp(is, field(row, 0)) == 0, "expr.tsv:%d: %s: %s",
                  row->line, field(row, 1), is);
}

/* "((true))" */
static const char *wrapped(const char *open, int depth, const char *inner,
                           const char *close)
{
    for (int i = 0; i < depth; i++) {
        inner = apr_pstrcat(pool, open, inner, close, NULL);
    }
    return inner;
}

static pg_tri_e nested(const char *open, int depth, const char *inner,
                       const char *close)
{
    pg_expr_t e = { .in = &in, .value = known_variable, .pool = pool };

    return pg_expr_eval(&e, wrapped(open, depth, inner, close));
}

PG_TEST(depth_of_expressions)
{
    ck_assert_int_eq(nested("(", 39, "true", ")"), PG_YES);
    ck_assert_int_eq(nested("(", 40, "true", ")"), PG_MAYBE);
    ck_assert_int_eq(nested("(", 38, "'a' == 'a'", ")"), PG_YES);
    ck_assert_int_eq(nested("(", 39, "'a' == 'a'", ")"), PG_MAYBE);
    ck_assert_int_eq(nested("'a' == 'a' && ", 50, "true", ""), PG_YES);
}

/* --- regular expressions ------------------------------------------------- */

static const char probe[] = "ax8X./:@-_ %=!\1\377";

/* "found, list, leads: ax8" */
static const char *group_of(const char *pattern, int n)
{
    pg_regex_group_t g;
    const char *out;

    pg_regex_group(pattern, n, &g);
    out = apr_pstrcat(pool, g.found ? "found" : "none", g.list ? " list" : "",
                      g.leads ? " leads" : "", ": ", NULL);
    for (const char *c = probe; *c; c++) {
        if (g.set[(unsigned char)*c]) {
            out = apr_pstrcat(pool, out, *c == '\1' ? "<" : *c == '\377' ? ">"
                              : apr_pstrmemdup(pool, c, 1), NULL);
        }
    }
    return out;
}

/* What a row asks for: "group 1", "prefix", "sample 0 text", ... */
static const char *ask_regex(const char *what, const char *pattern)
{
    pg_regex_fill_t fill;
    const char *text;
    bool whole;

    switch (*what) {
    case 'g':
        return group_of(pattern, atoi(what + 6));
    case 'p':
        text = pg_regex_prefix(pattern, &whole, pool);
        return apr_pstrcat(pool, text, whole ? " and all" : "", NULL);
    case 'e':                    /* whatever is in front of the pattern   */
        pattern = apr_pstrcat(pool, "\\", pattern, NULL) + 1;
        return pg_regex_suffix(pattern, &text, pool);
    case 'a':
        return pg_regex_takes_all(pattern) ? "yes" : "no";
    default:
        fill = (pg_regex_fill_t){ what + 9, what[7] - '0' };
        return pg_regex_sample(pattern, &fill, pool);
    }
}

static const char *sample_of(const char *open, int depth, const char *close)
{
    const pg_regex_fill_t fill = { "", 0 };

    return pg_regex_sample(wrapped(open, depth, "c", close), &fill, pool);
}

/* As many groups as one likes, but not within one another. */
PG_TEST(depth_of_regexes)
{
    ck_assert_str_eq(sample_of("(", 64, ")"), "c");
    ck_assert_str_eq(sample_of("(", 65, ")"), "");
    ck_assert_str_eq(sample_of("(b)", 70, ""), wrapped("b", 70, "c", ""));
}

PG_TEST_ROWS(regex, "audit/regex.tsv")
{
    const char *is = ask_regex(field(row, 0), field(row, 1));

    ck_assert_msg(strcmp(is, field(row, 2)) == 0, "regex.tsv:%d: %s: '%s'",
                  row->line, field(row, 1), is);
}

/* --- what the client chooses --------------------------------------------- */

static pg_scene_t scene_of(const pg_directive_t *tree)
{
    pg_scene_t scene = { .in = &in, .pool = pool, .root = "/srv/www",
                         .server_name = "own.example",
                         .map = { tree, NULL } };

    for (const pg_directive_t *d = tree; d; d = d->next) {
        scene.canonical |= pg_tree_is(d, "UseCanonicalName");
        scene.keep_slashes |= pg_tree_is(d, "MergeSlashes");
        scene.tls |= pg_tree_is(d, "SSLEngine");
        scene.proxy_tls |= pg_tree_is(d, "SSLProxyEngine");
    }
    return scene;
}

static pg_dest_t rule_of(const pg_directive_t *tree, const char *how)
{
    const apr_array_header_t *rules = pg_rewriterule_read(tree, pool);
    const pg_rewriterule_t *rule = &APR_ARRAY_IDX(rules, rules->nelts - 1,
                                                  pg_rewriterule_t);

    return (pg_dest_t){ .at = rule->at, .pattern = rule->pattern,
                        .target = rule->output, .special = "$%",
                        .rule = rule, .rules = rules,
                        .bare_path = strstr(how, "bare") != NULL,
                        .sees_file = strstr(how, "file") != NULL };
}

static pg_choice_e chosen_by(const char *how, const char *text)
{
    const pg_directive_t *tree = pg_conftext_parse(text, "x", pool);
    const pg_directive_t *last = tree;
    pg_scene_t scene = scene_of(tree);
    pg_dest_t d;

    while (last->next) {
        last = last->next;
    }
    d = pg_tree_is(last, "RewriteRule") ? rule_of(tree, how)
        : pg_tree_is(last, "SetHandler") ? pg_flow_handler(last, pool)
        : pg_flow_pass(last, NULL, pool);
    return pg_dest_chosen(&d, &scene, !strstr(how, "own"));
}

PG_TEST_ROWS(chosen, "audit/chosen.tsv")
{
    static const char *const names[] = { "not", "port", "maybe", "host" };
    const char *is = names[chosen_by(field(row, 1), field(row, 2))];

    ck_assert_msg(strcmp(is, field(row, 0)) == 0, "chosen.tsv:%d: %s: %s",
                  row->line, field(row, 2), is);
}

/* --- what becomes of a request ------------------------------------------- */

static pg_flow_t flow_of(const pg_directive_t *tree)
{
    pg_flow_t flow = { .scene = scene_of(tree) };

    flow.rules = pg_rewriterule_read(tree, pool);
    flow.passes = apr_array_make(pool, 4, sizeof(pg_dest_t));
    flow.places = apr_array_make(pool, 4, sizeof(pg_scope_t));
    for (const pg_directive_t *d = tree; d; d = d->next) {
        flow.engine |= pg_tree_is(d, "RewriteEngine")
                       && pg_tree_says(d, "on", pool);
    }
    pg_flow_read(&flow, tree);
    return flow;
}

/* "sent http://h/ by 3, as /x, in a section" */
static const char *way_of(const pg_went_t *w)
{
    static const char *const names[] = { "here", "unknown", "sent " };
    const char *out = names[w->where];

    if (w->where == PG_WHERE_SENT) {
        out = apr_pstrcat(pool, out, w->url, NULL);
    }
    if (w->by) {
        out = apr_psprintf(pool, "%s by %d", out, w->by->line);
    }
    return apr_pstrcat(pool, out, ", as ", w->uri,
                       w->in_section ? ", in a section" : "", NULL);
}

/* "PATH[?QUERY] [HOST [FIELD]]" */
static const char *send_one(const pg_flow_t *flow, char *ask)
{
    char *at, *query;
    pg_sent_t sent = { .method = "GET", .args = "", .host = "h.example",
                       .field = "f.example" };
    pg_went_t went;

    sent.uri = ask = apr_strtok(ask, " ", &at);
    query = strchr(ask, '?');
    ask = apr_strtok(NULL, " ", &at);
    sent.host = ask ? ask : sent.host;
    ask = apr_strtok(NULL, " ", &at);
    sent.field = ask ? ask : sent.field;
    if (query) {
        *query = '\0';
        sent.args = query + 1;
    }
    went = pg_flow_send(flow, &sent);
    return way_of(&went);
}

/* Each "#: ask -> way" of a case. */
PG_TEST_CONFCASES(flow, "audit/flow.conf")
{
    pg_flow_t f = flow_of(pg_conftext_parse(c->text, "x", pool));
    int asked = 0;

    for (const char *at = strstr(c->text, "#: "); at;
         at = strstr(at + 1, "#: ")) {
        char *ask = apr_pstrmemdup(pool, at + 3, strcspn(at + 3, "\n"));
        char *way = strstr(ask, " -> ");
        const char *is;
        ck_assert_msg(way, "flow.conf:%d: no ' -> '", c->line);
        *way = '\0';
        is = send_one(&f, ask);
        ck_assert_msg(strcmp(is, way + 4) == 0, "flow.conf:%d: %s: %s: '%s'",
                      c->line, c->title, ask, is);
        asked++;
    }
    ck_assert_int_gt(asked, 0);
}
