/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* httpd's expressions (ap_expr), as far as they can be evaluated without the
 * server: <If>, Require expr, RewriteCond expr. Three answers: what depends on
 * what the client sends, on files or on other modules is PG_MAYBE. */
#ifndef PG_EXPR_H
#define PG_EXPR_H

#include "pg_audit.h"

typedef enum pg_tri_e { PG_NO, PG_YES, PG_MAYBE } pg_tri_e;

/** The address that a third party is taken to come from. */
#define PG_THIRD_PARTY "203.0.113.9"

/** Addresses of third parties, that one first: with each first and last digit,
 *  and of IPv6. Patterns may tell them apart. The list ends with a NULL. */
extern const char *const pg_expr_clients[];

typedef struct pg_expr_t {
    const pg_audit_in_t *in;     /* NULL: no regular expressions          */
    /* The value of a variable; NULL: not known. NULL for REMOTE_ADDR: an
     * address that is in no list. */
    const char *(*value)(void *ctx, const char *name);
    void *ctx;
    apr_pool_t *pool;
} pg_expr_t;

/** Evaluate. What cannot be parsed is PG_MAYBE. */
pg_tri_e pg_expr_eval(const pg_expr_t *e, const char *text);

/** The text with its "%{...}" expanded. @return NULL: not known */
const char *pg_expr_text(const pg_expr_t *e, const char *text);

/** "%{HTTP_X}", "%{HTTP:X}", "req('X')" and the like: does the text depend on
 *  what the client sends, apart from its address? */
bool pg_expr_is_sent(const char *text);

#endif
