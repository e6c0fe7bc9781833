/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reverse proxies whose target the client chooses: the host part of
 * ProxyPass, ProxyPassMatch and RewriteRule [P] made from the request. Such
 * a server is an open relay with ProxyRequests Off. */
#ifndef PG_REVERSE_H
#define PG_REVERSE_H

#include "pg_audit.h"

typedef enum pg_chosen_e {
    PG_CHOSEN_NOT,               /* the administrator's                   */
    PG_CHOSEN_MAYBE,             /* cannot be told                        */
    PG_CHOSEN_BY_CLIENT
} pg_chosen_e;

/** A directive that sends requests on. */
typedef struct pg_reverse_t {
    const char *pattern;         /* regular expression for the path; NULL:
                                    `prefix` is what it is for            */
    const char *prefix;
    const char *target;          /* URL as configured                     */
    bool bare_path;              /* the path comes without its first '/':
                                    in a directory's context              */
} pg_reverse_t;

/** Who chooses the host of the target? */
pg_chosen_e pg_reverse_host(const pg_reverse_t *r, apr_pool_t *pool);

/** A path that this directive is for. */
const char *pg_reverse_sample(const pg_reverse_t *r, apr_pool_t *pool);

#endif
