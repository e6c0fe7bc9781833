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

/* Each line of text behind an indentation. */
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

static void write_finding(const pg_dump_t *out, const pg_finding_t *f,
                          apr_pool_t *pool)
{
    out->write(out->to,
               apr_psprintf(pool,
                            "PG%04d: %s: %s%s\n    meaning: %s"
                            "\n",
                            f->id, pg_finding_severity(f->severity),
                            pg_dump_where(f, pool), f->what, f->meaning));
    if (f->fix && *f->fix) {
        out->write(out->to, "    fix:\n");
        write_lines(out, f->fix, pool);
    }
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
                                pg_vocab_posture(v->posture), v->why));
        apr_pool_clear(scratch);
    }
    for (apr_size_t i = 0; i < audit->finding_count; i++) {
        write_finding(out, &audit->findings[i], scratch);
        apr_pool_clear(scratch);
    }
    out->write(out->to, apr_psprintf(scratch, "%" APR_SIZE_T_FMT
                                     " findings\n", audit->finding_count));
    apr_pool_destroy(scratch);
}
