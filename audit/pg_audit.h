/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Is mod_proxy open, where, and how to close it: rules over a neutral tree of
 * directives. Knows the meaning of httpd's directives, but no httpd header:
 * the tree comes from httpd/pg_conftree.c, or from a test. */
#ifndef PG_AUDIT_H
#define PG_AUDIT_H

#include <apr_pools.h>

#include "pg_finding.h"

/** A directive or section. A section has name "<Proxy", its arguments without
 *  the closing '>', and its children. */
typedef struct pg_directive_t pg_directive_t;
struct pg_directive_t {
    const char *name;            /* as spelt in the command table         */
    const char *args;            /* unparsed arguments, "" if none        */
    const char *file;            /* never NULL                            */
    int line;
    const pg_directive_t *child; /* first one inside; NULL                */
    const pg_directive_t *next;  /* next sibling; NULL                    */
};

/** Groups of a regular expression that httpd can refer to, with $0. */
#define PG_GROUPS 10

/** A virtual host as the server runs it; [0] is the main server. */
typedef struct pg_site_t {
    const char *name;            /* "name:port"                           */
    const char *file;            /* where <VirtualHost> is; NULL: main    */
    int line;
    bool proxy_requests;         /* after merging: ProxyRequests On       */
    bool guard_off;              /* ProxyGuard Off here                   */
    bool on_purpose;             /* ProxyGuardForward Allow here          */
    bool host_deny;              /* a foreign Host is to be refused       */
    const char *unnamed;         /* why foreign names cannot be
                                    recognised; NULL: they can            */
    bool gate;                   /* the guard stops requests whose
                                    destination the client chose          */
    bool forward_gate;           /* and those for a forward proxy that is
                                    open by mistake                       */
} pg_site_t;

/** Where the groups of a regular expression are; -1: not in the match. */
typedef struct pg_match_t {
    int from[PG_GROUPS];
    int to[PG_GROUPS];
} pg_match_t;

typedef struct pg_audit_in_t {
    const pg_directive_t *tree;  /* first top-level directive             */
    const pg_site_t *sites;
    apr_size_t site_count;
    bool (*module_loaded)(void *ctx, const char *name); /* "mod_proxy.c"  */
    /* Does this regular expression match? One that cannot be compiled matches
     * nothing: httpd does not start with it. m: NULL, not wanted. */
    bool (*regex_match)(void *ctx, const char *pattern, bool nocase,
                        const char *subject, pg_match_t *m);
    void *ctx;
} pg_audit_in_t;

typedef struct pg_audit_t {
    pg_vhost_t *vhosts;          /* one for each site, same order         */
    apr_size_t vhost_count;
    pg_finding_t *findings;      /* worst first, then by file and line    */
    apr_size_t finding_count;
} pg_audit_t;

/** Analyse. Never fails: what cannot be analysed is reported as such. Strings
 *  point into the tree or into pool. */
pg_audit_t *pg_audit_run(const pg_audit_in_t *in, apr_pool_t *pool);

#endif
