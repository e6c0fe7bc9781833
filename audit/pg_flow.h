/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What happens to a made-up request in a virtual host: the rules of the
 * server, ProxyPass, and the sections, in httpd's order. */
#ifndef PG_FLOW_H
#define PG_FLOW_H

#include "pg_dest.h"
#include "pg_targets.h"

typedef enum pg_place_e {
    PG_PLACE_LOCATION,
    PG_PLACE_DIRECTORY,
    PG_PLACE_IF,                 /* <If>, at the top or in a section      */
    PG_PLACE_OTHER               /* <Files>, <DirectoryMatch>, ...        */
} pg_place_e;

/** The part of a section that forwards requests. */
typedef struct pg_scope_t {
    const pg_directive_t *section;
    pg_place_e kind;
    pg_pattern_t pattern;        /* of a <Location>                       */
    const char *prefix;          /* with a '/' at its end                 */
    apr_array_header_t *rules;   /* pg_rewriterule_t; NULL: none of
                                    mod_rewrite's directives              */
    pg_tri_e engine;             /* RewriteEngine; MAYBE: not set         */
    const pg_directive_t *pass;  /* ProxyPass in a <Location>             */
    const pg_directive_t *handler; /* SetHandler                          */
    pg_tri_e applies;            /* an <If>'s condition                   */
} pg_scope_t;

/** One virtual host. */
typedef struct pg_flow_t {
    pg_scene_t scene;
    apr_array_header_t *rules;   /* of the server; empty: none            */
    bool engine;                 /* RewriteEngine of the server           */
    apr_array_header_t *passes;  /* pg_dest_t: ProxyPass, ProxyPassMatch  */
    apr_array_header_t *places;  /* pg_scope_t                            */
} pg_flow_t;

/** Read what this list of siblings adds to a flow. */
void pg_flow_read(pg_flow_t *flow, const pg_directive_t *first);

/** The directive as a destination: a ProxyPass, in a section or not. */
pg_dest_t pg_flow_pass(const pg_directive_t *d, const pg_directive_t *section,
                       apr_pool_t *pool);

/** A SetHandler "proxy:..."; its target is NULL if it is another handler. */
pg_dest_t pg_flow_handler(const pg_directive_t *d, apr_pool_t *pool);

typedef enum pg_where_e {
    PG_WHERE_HERE,               /* it is not forwarded                   */
    PG_WHERE_UNKNOWN,
    PG_WHERE_SENT
} pg_where_e;

typedef struct pg_went_t {
    pg_where_e where;
    const char *url;             /* PG_WHERE_SENT                         */
    const pg_directive_t *by;
    const char *uri;             /* the path that access control sees     */
    bool in_section;             /* by a section's rule or handler: no
                                    <Proxy> applies                       */
} pg_went_t;

pg_went_t pg_flow_send(const pg_flow_t *flow, const pg_sent_t *from);

#endif
