/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_found.h"

#include <apr_strings.h>
#include <stdlib.h>

typedef struct found_t {
    pg_finding_t finding;
    const pg_ruletable_t *rule;
    const char *detail;
    const char *last;            /* the virtual host that reported last   */
    int hosts;                   /* virtual hosts concerned               */
} found_t;

struct pg_found_t {
    apr_pool_t *pool;
    apr_array_header_t *list;    /* found_t                               */
    apr_hash_t *seen;            /* "id file line" -> index               */
};

pg_found_t *pg_found_create(apr_pool_t *pool)
{
    pg_found_t *found = apr_pcalloc(pool, sizeof(*found));

    found->pool = pool;
    found->list = apr_array_make(pool, 16, sizeof(found_t));
    found->seen = apr_hash_make(pool);
    return found;
}

const char *pg_found_sentence(const char *what, const char *detail,
                              apr_pool_t *pool)
{
    const char *place = strstr(what, "%s");

    if (place == NULL) {
        return what;
    }
    return apr_pstrcat(pool, apr_pstrmemdup(pool, what,
                       (apr_size_t)(place - what)), detail, place + 2, NULL);
}

/* Fill in all languages. */
static void fill_in(pg_finding_t *f, const pg_ruletable_t *rule,
                    const char *detail, apr_pool_t *pool)
{
    for (int lang = 0; lang < PG_LANG_COUNT; lang++) {
        f->what[lang] = pg_found_sentence(rule->what[lang], detail, pool);
        f->meaning[lang] = rule->meaning[lang];
        f->fix[lang] = rule->fix[lang];
    }
}

/* A line that was reported before: by another virtual host, which may have
 * the same name, or for one more detail ("25, 465"). */
static void add_again(found_t *f, const char *vhost, const char *detail,
                      apr_pool_t *pool)
{
    if (f->last != vhost) {
        f->last = vhost;
        f->hosts++;
    }
    else if (f->hosts == 1 && strcmp(f->detail, detail)) {
        f->detail = apr_pstrcat(pool, f->detail, ", ", detail, NULL);
    }
}

void pg_found_add(pg_found_t *found, pg_rule_e which,
                  const pg_directive_t *at, const char *vhost,
                  const char *detail)
{
    const pg_ruletable_t *rule = &pg_ruletable[which];
    char key[32];
    const char *name;
    const int *index;
    found_t *f;

    apr_snprintf(key, sizeof(key), "%d %d ", rule->id, at ? at->line : 0);
    name = apr_pstrcat(found->pool, key, at ? at->file : "", NULL);
    index = apr_hash_get(found->seen, name, APR_HASH_KEY_STRING);
    if (index) {
        add_again(&APR_ARRAY_IDX(found->list, *index, found_t), vhost, detail,
                  found->pool);
        return;
    }
    apr_hash_set(found->seen, name, APR_HASH_KEY_STRING,
                 apr_pmemdup(found->pool, &found->list->nelts,
                             sizeof(found->list->nelts)));
    f = apr_array_push(found->list);
    *f = (found_t){ .rule = rule, .last = vhost, .hosts = 1,
        .detail = apr_pstrdup(found->pool, detail) };
    f->finding = (pg_finding_t){ .id = rule->id, .severity = rule->severity,
        .file = at ? at->file : NULL, .line = at ? at->line : 0,
        .vhost = vhost };
}

static int worst_first(const void *left, const void *right)
{
    const pg_finding_t *a = left, *b = right;
    int file;

    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    file = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (file) {
        return file;
    }
    return a->line != b->line ? (a->line > b->line) - (a->line < b->line)
                              : a->id - b->id;
}

void pg_found_result(pg_found_t *found, pg_audit_t *out)
{
    int n = found->list->nelts;

    out->findings = apr_pcalloc(found->pool, sizeof(*out->findings)
                                             * (apr_size_t)(n + 1));
    out->finding_count = (apr_size_t)n;
    for (int i = 0; i < n; i++) {
        const found_t *f = &APR_ARRAY_IDX(found->list, i, found_t);
        out->findings[i] = f->finding;
        fill_in(&out->findings[i], f->rule, f->detail, found->pool);
        if (f->hosts > 1 && f->finding.vhost) {
            out->findings[i].vhost = apr_psprintf(found->pool,
                "%s and %d more", f->finding.vhost, f->hosts - 1);
        }
    }
    qsort(out->findings, out->finding_count, sizeof(*out->findings),
          worst_first);
}

/* Does a finding already say that clients choose? */
static bool explains(const pg_finding_t *f)
{
    static const pg_rule_e which[] = {
        PG_RULE_PASS_CHOSEN, PG_RULE_REWRITE_CHOSEN, PG_RULE_REVERSE_UNSURE,
        PG_RULE_PORT_CHOSEN, PG_RULE_STOPPED
    };

    for (apr_size_t i = 0; i < sizeof(which) / sizeof(*which); i++) {
        if (f->id == pg_ruletable[which[i]].id) {
            return true;
        }
    }
    return false;
}

const pg_audit_t *pg_found_live(const pg_audit_t *audit,
                                apr_uint64_t steered, apr_pool_t *pool)
{
    const pg_ruletable_t *rule = &pg_ruletable[PG_RULE_NOT_IN_TREE];
    apr_size_t n = audit->finding_count;
    pg_audit_t *out;
    pg_finding_t *last;

    for (apr_size_t i = 0; i < n; i++) {
        if (explains(&audit->findings[i])) {
            return audit;
        }
    }
    if (steered == 0) {
        return audit;
    }
    out = apr_pmemdup(pool, audit, sizeof(*audit));
    out->findings = apr_pcalloc(pool, sizeof(*out->findings) * (n + 1));
    if (n) {
        memcpy(out->findings, audit->findings, sizeof(*out->findings) * n);
    }
    last = &out->findings[out->finding_count++];
    last->id = rule->id;
    last->severity = rule->severity;
    fill_in(last, rule, apr_psprintf(pool, "%" APR_UINT64_T_FMT, steered),
            pool);
    qsort(out->findings, out->finding_count, sizeof(*last), worst_first);
    return out;
}
