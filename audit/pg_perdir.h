/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What one section (<Proxy>, <Location>, <If>, the server itself) says about
 * access, how a later section changes it, and the outcome for a third party.
 * One record does for httpd's per-directory configuration of mod_authz_core,
 * mod_access_compat, mod_allowmethods, mod_authn_core and core (<If>). */
#ifndef PG_PERDIR_H
#define PG_PERDIR_H

#include "pg_require.h"

/** The possible outcomes of a request: a set. */
enum {
    PG_MAY_PASS = 1,
    PG_MAY_REFUSE = 2,
    PG_MAY_BOTH = 3
};

typedef struct pg_compat_t pg_compat_t;     /* Order, Allow, Deny, Satisfy */
typedef struct pg_if_t pg_if_t;

typedef struct pg_perdir_t {
    const pg_authz_t *authz;     /* NULL: no directive of that module     */
    const pg_compat_t *compat;   /* NULL: likewise                        */
    bool methods_set;            /* AllowMethods                          */
    unsigned methods;
    pg_tri_e auth_type;          /* AuthType: NO unset, MAYBE "None"      */
    pg_if_t *ifs;                /* in order                              */
    const pg_directive_t *opaque; /* may refuse, not analysed; NULL       */
    const pg_directive_t *rules; /* RewriteRules that may refuse; NULL    */
} pg_perdir_t;

/** <If>, <ElseIf>, <Else>: a condition and what it adds. */
struct pg_if_t {
    const pg_directive_t *from;
    bool is_else;                /* only when the one before was false    */
    bool has_condition;
    pg_tri_e condition[PG_ASKED_COUNT];
    pg_perdir_t *config;
    pg_if_t *next;
};

/** Read the directives inside a section. Answers in pool. */
pg_perdir_t *pg_perdir_compile(const pg_directive_t *inside,
                               const pg_authz_env_t *env, apr_pool_t *pool);

/** Add an <If>, <ElseIf> or <Else> from the top level of a server. */
void pg_perdir_add_if(pg_perdir_t *out, const pg_directive_t *d,
                      const pg_authz_env_t *env, apr_pool_t *pool);

/** Does it say anything about access? */
bool pg_perdir_matters(const pg_perdir_t *p);

/** The result when `add` comes after `base`. */
const pg_perdir_t *pg_perdir_merge(const pg_perdir_t *base,
                                   const pg_perdir_t *add, apr_pool_t *pool);

/** The outcome of a third party's request, ignoring <If>. */
unsigned pg_perdir_decide(const pg_perdir_t *p, pg_asked_e method);

#endif
