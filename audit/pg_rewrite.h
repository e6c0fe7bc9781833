/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* mod_rewrite's rules, run for a made-up request: what
 * modules/mappers/mod_rewrite.c does, for a single request and without a file
 * system. What depends on something else (a file, a program, a sub-request)
 * makes the whole outcome unknown. */
#ifndef PG_REWRITE_H
#define PG_REWRITE_H

#include "pg_audit.h"
#include "pg_perdir.h"
#include "pg_rewriterule.h"

/** A made-up request of a third party. */
typedef struct pg_sent_t {
    const char *method;
    const char *uri;             /* the path, decoded                     */
    const char *args;            /* the query, "" if there is none        */
    const char *host;            /* Host                                  */
    const char *field;           /* every other field                     */
} pg_sent_t;

/** A server's properties that variables show. */
typedef struct pg_scene_t {
    const pg_audit_in_t *in;
    const char *server_name;     /* "" if none is set                     */
    const char *scheme;          /* of its own ServerName; NULL: none     */
    const char *root;            /* DocumentRoot                          */
    bool canonical;              /* UseCanonicalName is not Off           */
    bool tls;                    /* SSLEngine on                          */
    bool proxy_tls;              /* SSLProxyEngine on                     */
    bool keep_slashes;           /* MergeSlashes Off                      */
    const pg_directive_t *map[2]; /* where RewriteMap is looked for: lists
                                    of siblings; NULL                     */
    apr_pool_t *pool;            /* for the work                          */
} pg_scene_t;

typedef enum pg_ended_e {
    PG_ENDED_SAME,               /* no rule changed anything              */
    PG_ENDED_PATH,               /* another path                          */
    PG_ENDED_PASSED,             /* another path, [PT]                    */
    PG_ENDED_PROXY,              /* [P]: path is the URL                  */
    PG_ENDED_REPLY,              /* an error or a redirection             */
    PG_ENDED_UNKNOWN
} pg_ended_e;

/** How a run ended. */
typedef struct pg_run_t {
    pg_ended_e ended;
    const char *path;
    const char *args;
    const pg_directive_t *by;    /* the rule that ended it; NULL          */
    const char *handler;         /* by H=; NULL                           */
    const pg_directive_t *handler_by;
    bool last;                   /* [END]                                 */
} pg_run_t;

/**
 * Run a list of rules.
 * @param path    their initial input: the path, or the file's name
 * @param perdir  the directory's prefix, with its '/'; NULL: of a server
 */
pg_run_t pg_rewrite_run(const pg_scene_t *scene,
                        const apr_array_header_t *rules,
                        const pg_sent_t *sent, const char *path,
                        const char *perdir);

/** What variables are about. */
typedef struct pg_about_t {
    const pg_scene_t *scene;
    const pg_sent_t *sent;
    const char *path;            /* what the request is mapped to         */
} pg_about_t;

/** A variable's value, as pg_expr_t asks for it.
 *  @param about  a pg_about_t
 *  @return NULL: not known */
const char *pg_rewrite_variable(void *about, const char *name);

/** The text of "{text}" at *s, which is moved past it; NULL if there is no
 *  brace, or none that closes it. */
const char *pg_rewrite_braced(const char **s, apr_pool_t *pool);

/** The RewriteMap of this name: its "type:source", NULL if there is none. */
const char *pg_rewrite_map(const pg_scene_t *scene, const char *name);

#endif
