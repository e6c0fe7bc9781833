/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Who may use the forward proxy of a virtual host: the walk httpd makes for
 * a proxied request (<Proxy>, <Location>, <If>, in this order and in the
 * order of the configuration), made for a third party's requests to targets of
 * its choice, and once for "any target at all".
 *
 * The verdict is OPEN only with a target for which a third party certainly
 * gets through, and CLOSED only when third parties are refused whatever the
 * target is; everything else is UNKNOWN. */
#ifndef PG_FORWARD_H
#define PG_FORWARD_H

#include "pg_perdir.h"

typedef enum pg_gate_e {
    PG_GATE_NONE,                /* no module carries such a request      */
    PG_GATE_CLOSED,              /* third parties are refused             */
    PG_GATE_UNKNOWN,
    PG_GATE_OPEN
} pg_gate_e;

/** Kinds of requests, judged separately. */
typedef enum pg_door_e {
    PG_DOOR_GET,                 /* GET and HEAD http://...               */
    PG_DOOR_METHODS,             /* the other methods with such a target  */
    PG_DOOR_CONNECT,
    PG_DOOR_COUNT
} pg_door_e;

typedef struct pg_judged_t {
    pg_gate_e gate;
    const char *target;          /* OPEN: a target that passes            */
    bool every_target;           /* OPEN: also for ordinary ones          */
    const pg_directive_t *section; /* what decides, for `target` if OPEN;
                                      NULL: none                          */
    const pg_directive_t *partial; /* OPEN and no section: a <Proxy> that
                                    refuses, but not for this target     */
    const pg_directive_t *cause; /* UNKNOWN: what could not be analysed; it
                                    may be NULL                           */
} pg_judged_t;

typedef struct pg_forward_t {
    pg_judged_t door[PG_DOOR_COUNT];
} pg_forward_t;

/** The parts of a configuration that all virtual hosts share, compiled. */
typedef struct pg_access_t pg_access_t;

/** Compile the top level of the configuration.
 *  @param client  the address asked from; NULL: a third party's */
pg_access_t *pg_forward_access(const pg_audit_in_t *in, const char *client,
                               apr_pool_t *pool);

/**
 * Judge one virtual host's forward proxy.
 * @param vhost    the <VirtualHost> section; NULL: the main server
 * @param scratch  used while it runs; what is returned lives in the pool of
 *                 the creation
 */
const pg_forward_t *pg_forward_judge(pg_access_t *access,
                                     const pg_directive_t *vhost,
                                     apr_pool_t *scratch);

/** "GET, CONNECT": the doors with this verdict. */
const char *pg_forward_doors(const pg_forward_t *f, pg_gate_e gate,
                             apr_pool_t *pool);

/** A request that is not a forward one, as access control sees it. */
typedef struct pg_visit_t {
    pg_asked_e method;           /* PG_ASKED_COUNT: each of them          */
    const char *uri;             /* its path, to <Location>               */
    const char *url;             /* where it is sent, to <Proxy>; NULL: not
                                    known yet when access is decided      */
    const char *file;            /* its file, to <Directory>; NULL: none  */
    const char *sent;            /* where mod_proxy sends it in the end;
                                    NULL: it does not                     */
    const char *prefix;          /* it may as well be another path that
                                    begins so; NULL: no                   */
    bool any_host;               /* ... with any Host                     */
    /* its variables, for <If>; NULL: not known */
    const char *(*value)(void *ctx, const char *name);
    void *ctx;
} pg_visit_t;

/** The outcomes of such a request from a third party. A set: PG_MAY_*. */
unsigned pg_forward_reverse(pg_access_t *access, const pg_directive_t *vhost,
                            const pg_visit_t *reach, apr_pool_t *scratch);

/** May mod_proxy speak TLS to some target (SSLProxyEngine)? */
bool pg_forward_tls(pg_access_t *access, const pg_directive_t *vhost,
                    apr_pool_t *scratch);

/** Taken by itself, does this section refuse third parties some method? */
bool pg_forward_denies(pg_access_t *access, const pg_directive_t *section);

#endif
