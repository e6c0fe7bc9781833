/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <apr_strings.h>

#include "pg_audit.h"
#include "pg_conftext.h"

static apr_pool_t *pool;
static const pg_confcase_t *postures;
static int posture_count;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

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
                                   false) };
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

START_TEST(posture)
{
    const pg_confcase_t *c = &postures[_i];
    pg_audit_t *audit = run(c);
    const pg_vhost_t *v = &audit->vhosts[audit->vhost_count > 1 ? 1 : 0];

    ck_assert_msg(strcmp(pg_posture_name(v->posture), c->expect) == 0,
                  "posture.conf:%d: %s: %s (%s), not %s", c->line, c->title,
                  pg_posture_name(v->posture), v->why, c->expect);
}
END_TEST

PG_TEST_SUITE(audit)
{
    TCase *tc = tcase_create("posture");

    postures = pg_conftext_cases("audit/posture.conf", &posture_count);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, posture, 0, posture_count);
    suite_add_tcase(suite, tc);
}
