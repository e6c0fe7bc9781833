/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The result of the audit as text, for people and for scripts: docs/audit.md,
 * "The report". */
#ifndef PG_DUMP_H
#define PG_DUMP_H

#include "pg_audit.h"

/** Where the text goes. */
typedef struct pg_dump_t {
    void (*write)(void *to, const char *text);
    void *to;
    pg_lang_e lang;
} pg_dump_t;

/** Write all of it. The pool is for temporary data. */
void pg_dump(const pg_dump_t *out, const pg_audit_t *audit, apr_pool_t *pool);

/** "vhost www.example.com:80, httpd.conf:12: ", or less when less is known. */
const char *pg_dump_where(const pg_finding_t *f, apr_pool_t *pool);

#endif
