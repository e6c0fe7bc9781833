/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <apr_strings.h>
#include <stdio.h>

#include "pg_audit.h"
#include "pg_conftext.h"
#include "pg_dump.h"
#include "pg_found.h"

/* "#modules http connect" in the text; these two if it is not there. */
static bool module_loaded(void *ctx, const char *name)
{
    const pg_confcase_t *c = ctx;
    const char *list = strstr(c->text, "#modules ");
    apr_size_t n = list ? strcspn(list, "\n") : 0;
    const char *word = name + (strncmp(name, "mod_proxy_", 10) ? 4 : 10);

    word = apr_pstrmemdup(pool, word, strcspn(word, "."));
    return strstr(list ? apr_pstrmemdup(pool, list, n) : "http connect",
                  word) != NULL;
}

static bool says(const pg_directive_t *first, const char *name,
                 const char *word, bool inherited)
{
    for (const pg_directive_t *d = first; d; d = d->next) {
        if (strcmp(d->name, name) == 0) {
            inherited = strcmp(d->args, word) == 0;
        }
    }
    return inherited;
}

/* The main server, and every <VirtualHost> of the text. */
static void find_sites(pg_audit_in_t *in)
{
    pg_site_t *sites = apr_pcalloc(pool, sizeof(*sites) * 64);
    apr_size_t n = 1;

    sites[0].name = "main";
    sites[0].proxy_requests = says(in->tree, "ProxyRequests", "On", false);
    for (const pg_directive_t *d = in->tree; d; d = d->next) {
        if (strcmp(d->name, "<VirtualHost") == 0) {
            sites[n++] = (pg_site_t){ .name = d->args, .file = d->file,
                .line = d->line,
                .proxy_requests = says(d->child, "ProxyRequests", "On",
                                       sites[0].proxy_requests),
                .guard_off = says(d->child, "ProxyGuard", "Off", false),
                .on_purpose = says(d->child, "ProxyGuardForward", "Allow",
                                   false),
                .host_deny = says(d->child, "ProxyGuardAction",
                                  "foreign-host deny", false),
                .unnamed = says(d->child, "ServerName", "www.example.com",
                                false)
                           && !says(d->child, "ServerAlias", "*", false)
                               ? NULL : "no ServerName",
                .gate = says(d->child, "ProxyGuard", "On", false) };
        }
    }
    in->sites = sites;
    in->site_count = n;
}

static pg_audit_t *run(const pg_confcase_t *c)
{
    pg_audit_in_t in = { .module_loaded = module_loaded,
                         .regex_match = pg_conftext_regex,
                         .ctx = (void *)(apr_uintptr_t)c };

    in.tree = pg_conftext_parse(c->text, "httpd.conf", pool);
    find_sites(&in);
    return pg_audit_run(&in, pool);
}

PG_TEST_SUITE(audit, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_CONFCASES(posture, "audit/posture.conf")
{
    pg_audit_t *audit = run(c);
    const pg_vhost_t *v = &audit->vhosts[audit->vhost_count > 1 ? 1 : 0];

    ck_assert_msg(strcmp(pg_vocab_posture(v->posture), c->expect) == 0,
                  "posture.conf:%d: %s: %s (%s), not %s", c->line, c->title,
                  pg_vocab_posture(v->posture), v->why[PG_LANG_EN],
                  c->expect);
}

/* Most cases have the everyday ones, and few are about them. */
static bool is_wanted(int id, const char *wanted)
{
    return (id != 230 && id != 235 && id != 237)
           || strstr(wanted, apr_itoa(pool, id));
}

/* "201 235": ids in order. */
static const char *ids_of(const pg_audit_t *audit, const char *wanted)
{
    const char *out = "";

    for (int id = 200; id < 300; id++) {
        const char *text = apr_itoa(pool, id);
        for (apr_size_t i = 0; i < audit->finding_count; i++) {
            if (audit->findings[i].id == id && is_wanted(id, wanted)) {
                out = apr_pstrcat(pool, out, *out ? " " : "", text, NULL);
                break;
            }
        }
    }
    return out;
}

PG_TEST_CONFCASES(findings, "audit/findings.conf")
{
    const char *ids = ids_of(run(c), c->expect);

    ck_assert_msg(strcmp(ids, c->expect) == 0,
                  "findings.conf:%d: %s: '%s', not '%s'", c->line, c->title,
                  ids, c->expect);
}

/* What is said about each virtual host and each finding: "### title", and a
 * line for each. */
static void add_verdicts(FILE *to, const char *name)
{
    int count;
    const pg_confcase_t *cases = pg_conftext_cases(name, &count);

    for (int i = 0; i < count; i++) {
        const pg_audit_t *audit = run(&cases[i]);
        fprintf(to, "### %s\n", cases[i].title);
        for (apr_size_t j = 0; j < audit->vhost_count; j++) {
            const pg_vhost_t *v = &audit->vhosts[j];
            fprintf(to, "%s: %s: %s\n", v->name,
                    pg_vocab_posture(v->posture), v->why[PG_LANG_EN]);
        }
        for (apr_size_t j = 0; j < audit->finding_count; j++) {
            const pg_finding_t *f = &audit->findings[j];
            if (is_wanted(f->id, cases[i].expect)) {
                fprintf(to, "PG%04d: %s: %s%s\n", f->id,
                        pg_finding_severity(f->severity),
                        pg_dump_where(f, pool), f->what[PG_LANG_EN]);
            }
        }
    }
}

/* Byte for byte; with PG_GOLDEN they are written instead (make golden). */
PG_TEST(every_verdict_is_what_it_was)
{
    char *is = NULL;
    size_t n = 0, same = 0, line = 1;
    FILE *to = open_memstream(&is, &n);
    const char *path = pg_conftext_path("audit/verdicts");
    char *was = getenv("PG_GOLDEN") ? NULL : pg_conftext_read(path);

    add_verdicts(to, "audit/posture.conf");
    add_verdicts(to, "audit/findings.conf");
    fclose(to);
    if (was == NULL) {
        to = fopen(path, "w");
        ck_assert(to && fputs(is, to) >= 0 && fclose(to) == 0);
    }
    else if (strcmp(is, was)) {
        for (size_t i = 0; is[i] && is[i] == was[i]; i++) {
            same = is[i] == '\n' ? i + 1 : same;
            line += is[i] == '\n';
        }
        ck_abort_msg("%s:%zu: now '%.*s'", path, line,
                     (int)strcspn(is + same, "\n"), is + same);
    }
    free(is);
    free(was);
}

static pg_audit_t *run_text(const char *text)
{
    pg_confcase_t c = { .text = text };

    return run(&c);
}

PG_TEST(the_worst_comes_first)
{
    pg_audit_t *audit = run_text("ProxyVia Off\nProxyAddHeaders Off\n"
                                 "ProxyRequests On\n");

    ck_assert_uint_eq(audit->finding_count, 4);
    ck_assert_int_eq(audit->findings[0].id, 201);
    ck_assert_str_eq(audit->findings[0].file, "httpd.conf");
    ck_assert_int_eq(audit->findings[0].line, 3);
    ck_assert_str_eq(audit->findings[0].vhost, "main");
    ck_assert_int_eq(audit->findings[1].id, 230);
    ck_assert_int_eq(audit->findings[2].id, 233);
    ck_assert_int_eq(audit->findings[3].id, 235);
}

PG_TEST(one_line_is_one_finding)
{
    pg_audit_t *audit = run_text("ServerName a\nProxyVia On\n"
                                 "ProxyRequests On\n"
                                 "<VirtualHost *:80>\n</VirtualHost>\n"
                                 "<VirtualHost *:81>\n</VirtualHost>\n");

    ck_assert_uint_eq(audit->finding_count, 1);
    ck_assert_str_eq(audit->findings[0].vhost, "main and 2 more");
    ck_assert_int_eq(audit->vhosts[2].posture, PG_POSTURE_OPEN);
}

/* Virtual hosts whose differences are unknown: a file that is included twice,
 * so that two sections have the same line, and a section that is not in the
 * tree. Without a forward proxy there is nothing to differ in. */
PG_TEST(sections_that_cannot_be_told_apart)
{
    static const pg_posture_e postures[2][4] = {
        { PG_POSTURE_NO_PROXY, PG_POSTURE_NO_PROXY, PG_POSTURE_NO_PROXY,
          PG_POSTURE_NO_PROXY },
        { PG_POSTURE_OPEN, PG_POSTURE_UNKNOWN, PG_POSTURE_UNKNOWN,
          PG_POSTURE_UNKNOWN }
    };

    for (int on = 0; on < 2; on++) {
        pg_confcase_t c = { .text = "" };
        pg_audit_in_t in = { .module_loaded = module_loaded,
                             .regex_match = pg_conftext_regex, .ctx = &c };
        pg_directive_t *second;
        const pg_audit_t *audit;

        in.tree = pg_conftext_parse(apr_psprintf(pool, "ProxyRequests %s\n"
            "<VirtualHost *:80>\n</VirtualHost>\n"
            "<VirtualHost *:81>\n</VirtualHost>\n"
            "<VirtualHost *:82>\n</VirtualHost>\n", on ? "On" : "Off"),
            "httpd.conf", pool);
        second = (pg_directive_t *)(apr_uintptr_t)in.tree->next->next;
        second->line = in.tree->next->line;
        find_sites(&in);
        second->next = NULL;
        audit = pg_audit_run(&in, pool);
        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(audit->vhosts[i].posture, postures[on][i]);
        }
        ck_assert_str_eq(audit->vhosts[1].why[PG_LANG_EN],
                         on ? "its section is included more than once"
                            : "ProxyRequests is Off");
    }
}

static void to_text(void *to, const char *text)
{
    const char **all = to;

    *all = apr_pstrcat(pool, *all, text, NULL);
}

PG_TEST(the_open_doors_are_named)
{
    pg_audit_t *audit = run_text("ServerName a\nProxyVia On\n"
                                 "ProxyRequests On\n<Proxy *>\n<Limit GET>\n"
                                 "Require all denied\n</Limit>\n</Proxy>\n");

    ck_assert_uint_eq(audit->finding_count, 1);
    ck_assert_str_eq(audit->findings[0].what[PG_LANG_EN],
                     "this restricts some requests, but not POST etc., "
                     "CONNECT");
    ck_assert_str_eq(audit->vhosts[0].why[PG_LANG_EN],
                     "third parties may relay by POST etc., CONNECT");
}

/* What only the gate sees joins the findings while nothing explains it. */
PG_TEST(steered_requests_that_nothing_explains)
{
    pg_audit_t *quiet = run_text("ServerName a\nProxyAddHeaders Off\n"
                                 "#modules http\n");
    pg_audit_t *known = run_text("ServerName a\n#modules http\n"
                                 "ProxyPassMatch ^/(.*)$ http://$1\n");
    const pg_audit_t *more = pg_found_live(quiet, 3, pool);

    ck_assert_ptr_eq(pg_found_live(quiet, 0, pool), quiet);
    ck_assert_ptr_eq(pg_found_live(known, 3, pool), known);
    ck_assert_uint_eq(more->finding_count, quiet->finding_count + 1);
    ck_assert_int_eq(more->findings[0].id, 245);
    ck_assert(strstr(more->findings[0].what[PG_LANG_EN], "(attempts: 3)"));
    ck_assert_int_eq(more->findings[1].id, 233);
}

PG_TEST(the_report_in_japanese)
{
    const char *text = "";
    pg_dump_t out = { .write = to_text, .to = &text, .lang = PG_LANG_JA };

    pg_dump(&out, run_text("ServerName a\nProxyVia On\nProxyRequests On\n"
                           "<Proxy *>\nRequire ip 10\n</Proxy>\n"
                           "AllowCONNECT 25\n"), pool);
    ck_assert_str_eq(text,
        "ProxyGuard audit\n"
        "vhost main: restricted: 第三者は <Proxy *> (httpd.conf:4) により拒否さ"
        "れます\n"
        "PG0225: warning: vhost main, httpd.conf:7: AllowCONNECT にメールのポー"
        "トが含まれています: 25\n"
        "    意味: プロキシを使える人は誰でも、それを通して迷惑メールを送れま"
        "す\n"
        "    対処:\n"
        "        AllowCONNECT 443\n"
        "指摘 1 件\n");
}

/* A line of one or more virtual hosts: who, and what they add. */
static const struct {
    const char *hosts, *details[4], *detail, *vhost;
} again[] = {
    { "a", { "25" }, "25", "a" }, { "aa", { "25", "25" }, "25", "a" },
    { "aa", { "25", "465" }, "25, 465", "a" },
    { "aaa", { "25", "465", "587" }, "25, 465, 587", "a" },
    { "ab", { "25", "25" }, "25", "a and 1 more" },
    { "ab", { "25", "465" }, "25", "a and 1 more" },
    { "abb", { "25", "25", "465" }, "25", "a and 1 more" },
    { "aabc", { "25", "465", "25", "1" }, "25, 465", "a and 2 more" },
};

PG_TEST_EACH(a_line_is_reported_once_with_all_that_is_added, again)
{
    static const char *const names[] = { "a", "b", "c" };
    pg_directive_t at = { .file = "f", .line = 7 };
    pg_found_t *found = pg_found_create(pool);
    pg_audit_t audit;

    for (int i = 0; again[_i].hosts[i]; i++) {
        pg_found_add(found, PG_RULE_MAIL_PORT, &at,
                     names[again[_i].hosts[i] - 'a'], again[_i].details[i]);
    }
    pg_found_result(found, &audit);
    ck_assert_uint_eq(audit.finding_count, 1);
    ck_assert_str_eq(audit.findings->vhost, again[_i].vhost);
    ck_assert_str_eq(audit.findings->what[PG_LANG_EN], pg_found_sentence(
        pg_ruletable[PG_RULE_MAIL_PORT].what[PG_LANG_EN], again[_i].detail,
        pool));
}

/* Worst first, then by file, line and rule, in whatever order they came. */
PG_TEST(findings_are_in_one_order)
{
    const pg_directive_t at[] = { { .file = "f", .line = 2 },
                                  { .file = "f", .line = 10 },
                                  { .file = "e", .line = 3 } };
    static const int order[] = { 2, 0, 1 };

    for (int way = 0; way < 2; way++) {
        pg_found_t *found = pg_found_create(pool);
        pg_audit_t audit;

        for (int n = 0; n < PG_RULE_COUNT * 3; n++) {
            int i = way ? PG_RULE_COUNT * 3 - 1 - n : n;
            pg_found_add(found, (pg_rule_e)(i / 3), &at[i % 3], NULL, "");
        }
        pg_found_result(found, &audit);
        ck_assert_uint_eq(audit.finding_count, PG_RULE_COUNT * 3);
        for (apr_size_t n = 1; n < audit.finding_count; n++) {
            const pg_finding_t *a = &audit.findings[n - 1], *b = a + 1;
            int place[2] = { 0, 0 };

            for (int i = 0; i < 3; i++) {
                place[0] = a->line == at[order[i]].line ? i : place[0];
                place[1] = b->line == at[order[i]].line ? i : place[1];
            }
            ck_assert_int_ge(a->severity, b->severity);
            if (a->severity == b->severity) {
                ck_assert_int_le(place[0], place[1]);
                ck_assert(place[0] < place[1] || a->id < b->id);
            }
        }
    }
}

/* Each finding has its words, in each language, and no "%s" is left. */
PG_TEST(no_word_is_missing)
{
    for (int i = 0; i < PG_RULE_COUNT; i++) {
        pg_found_t *found = pg_found_create(pool);
        pg_audit_t audit;
        pg_found_add(found, (pg_rule_e)i, NULL, NULL, "X");
        pg_found_result(found, &audit);
        for (int lang = 0; lang < PG_LANG_COUNT; lang++) {
            const pg_finding_t *f = &audit.findings[0];
            ck_assert_msg(f->what[lang] && *f->what[lang]
                          && f->meaning[lang] && *f->meaning[lang]
                          && f->fix[lang] && *f->fix[lang]
                          && !strstr(f->what[lang], "%s"), "PG%04d, %s",
                          f->id, pg_lang_tag((pg_lang_e)lang));
        }
    }
}

PG_TEST(the_report_as_text)
{
    const char *text = "";
    pg_dump_t out = { .write = to_text, .to = &text };

    pg_dump(&out, run_text("ServerName a\n#modules http\nProxyVia On\n"
                           "ProxyRequests On\n"), pool);
    ck_assert_str_eq(text,
        "ProxyGuard audit\n"
        "vhost main: open: third parties may relay by GET, POST etc.\n"
        "PG0201: critical: vhost main, httpd.conf:4: ProxyRequests is On and "
        "nothing restricts who may use it\n"
        "    meaning: Anybody can send requests to any server in your name; "
        "scanners find such a server within hours\n"
        "    fix:\n"
        "        # no forward proxy at all:\n"
        "        ProxyRequests Off\n"
        "        # or one for some clients, as the last <Proxy> of this "
        "server:\n"
        "        <Proxy \"*\">\n"
        "            Require ip 192.0.2.0/24\n"
        "        </Proxy>\n"
        "1 finding\n");
}
