/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_dump.h"

#include <apr_strings.h>

const char *pg_dump_where(const pg_finding_t *f, apr_pool_t *pool)
{
    const char *out = "";

    if (f->vhost) {
        out = apr_pstrcat(pool, "vhost ", f->vhost, f->file ? ", " : ": ",
                          NULL);
    }
    if (f->file) {
        out = apr_psprintf(pool, "%s%s:%d: ", out, f->file, f->line);
    }
    return out;
}

/* Each line of the text, indented. */
static void write_lines(const pg_dump_t *out, const char *text,
                        apr_pool_t *pool)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        apr_size_t n = end ? (apr_size_t)(end - text) : strlen(text);
        out->write(out->to, apr_pstrcat(pool, "        ",
                                        apr_pstrmemdup(pool, text, n), "\n",
                                        NULL));
        text += end ? n + 1 : n;
    }
}

/* The words of the report that are not a finding's own. What scripts search
 * for ("vhost NAME: open: ", "PG0201: critical: ") is the same in all
 * languages. */
static const struct {
    const char *meaning;
    const char *fix;
} labels[PG_LANG_COUNT] = {
    { "meaning", "fix" },
    { "意味", "対処" }
};

static void write_finding(const pg_dump_t *out, const pg_finding_t *f,
                          apr_pool_t *pool)
{
    out->write(out->to,
               apr_psprintf(pool, "PG%04d: %s: %s%s\n    %s: %s\n", f->id,
                            pg_finding_severity(f->severity),
                            pg_dump_where(f, pool), f->what[out->lang],
                            labels[out->lang].meaning,
                            f->meaning[out->lang]));
    out->write(out->to, apr_psprintf(pool, "    %s:\n",
                                     labels[out->lang].fix));
    write_lines(out, f->fix[out->lang], pool);
}

/* "2 findings", "指摘 2 件" */
static const char *count_of(apr_size_t n, pg_lang_e lang, apr_pool_t *pool)
{
    if (lang == PG_LANG_JA) {
        return apr_psprintf(pool, "指摘 %" APR_SIZE_T_FMT " 件\n", n);
    }
    return apr_psprintf(pool, "%" APR_SIZE_T_FMT " finding%s\n", n,
                        n == 1 ? "" : "s");
}

void pg_dump(const pg_dump_t *out, const pg_audit_t *audit, apr_pool_t *pool)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    out->write(out->to, "ProxyGuard audit\n");
    for (apr_size_t i = 0; i < audit->vhost_count; i++) {
        const pg_vhost_t *v = &audit->vhosts[i];
        out->write(out->to,
                   apr_psprintf(scratch, "vhost %s: %s: %s\n", v->name,
                                pg_vocab_posture(v->posture),
                                v->why[out->lang]));
        apr_pool_clear(scratch);
    }
    for (apr_size_t i = 0; i < audit->finding_count; i++) {
        write_finding(out, &audit->findings[i], scratch);
        apr_pool_clear(scratch);
    }
    out->write(out->to, count_of(audit->finding_count, out->lang, scratch));
    apr_pool_destroy(scratch);
}
