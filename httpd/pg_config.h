/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The directives: their table, the settings they fill, merging, defaults.
 * Adding a setting is one row in PG_SETTINGS and one in pg_config.c. */
#ifndef PG_CONFIG_H
#define PG_CONFIG_H

#include <httpd.h>
#include <http_config.h>
#include <ap_expr.h>

#include "pg_mask.h"
#include "pg_policy.h"
#include "pg_snapshot.h"

#define PG_UNSET (-1)
#define PG_HOSTS_FILE "/etc/hosts"
enum { PG_ALIASES = 4 };             /* compared before names are looked up */

typedef enum pg_forward_e {          /* ProxyGuardForward */
    PG_FORWARD_AUTO,
    PG_FORWARD_DENY,
    PG_FORWARD_ALLOW
} pg_forward_e;

typedef enum pg_audit_mode_e {       /* ProxyGuardAudit */
    PG_AUDIT_OFF,
    PG_AUDIT_WARN,
    PG_AUDIT_STRICT
} pg_audit_mode_e;

/*  X(type, name, unset, default) */
#define PG_SETTINGS(X)                                                    \
    X(int,          engine,       PG_UNSET, PG_ENGINE_ON)                 \
    X(int,          forward,      PG_UNSET, PG_FORWARD_AUTO)              \
    X(int,          foreign_host, PG_UNSET, 1)                            \
    X(int,          peek,         PG_UNSET, 1)                            \
    X(int,          audit,        PG_UNSET, PG_AUDIT_WARN)                \
    X(const char *, ledger,       NULL,     "proxyguard.ledger")          \
    X(const pg_key_t *, secret,   NULL,     NULL) /* NULL: its own    */  \
    X(const char *, checkpoint,   NULL,     NULL) /* NULL: none       */  \
    X(int, checkpoint_seconds,    PG_UNSET, 0)                            \
    X(int,          recent,       PG_UNSET, 0) /* 0: the ledger's own */  \
    X(int,          rate_source,  PG_UNSET, 10)  /* lines; 0: no limit */ \
    X(int,          rate_total,   PG_UNSET, 120)                          \
    X(int,          status_proxied, PG_UNSET, 0)                          \
    X(const char *, hosts,        NULL,     PG_HOSTS_FILE) /* "": none */  \
    X(const char *, evidence,     NULL,     NULL) /* NULL: none       */  \
    X(int,      evidence_source,  PG_UNSET, 60)  /* lines; 0: no limit */ \
    X(int,      evidence_total,   PG_UNSET, 1200)                         \
    X(apr_int64_t, evidence_size, PG_UNSET, (apr_int64_t)1 << 30)         \
    X(const char *, sensor,       NULL,     NULL) /* ServerName, then */  \
    X(const pg_key_t *, mask,     NULL,     NULL) /* NULL: no masking */  \
    X(const char *, sink_line,    NULL,     NULL) /* "file:line" of the   \
                          ProxyGuardAction that sinks; NULL: none     */  \
    X(const char *, spool,        NULL,     NULL) /* NULL: none       */  \
    X(int, spool_megabytes,       PG_UNSET, 64)                           \
    X(int, sink_conversations,    PG_UNSET, 16)                           \
    X(int, sink_source,           PG_UNSET, 4)                            \
    X(int, sink_seconds,          PG_UNSET, 120)                          \
    X(int, sink_kilobytes,        PG_UNSET, 256)                          \
    X(int, sink_keep,             PG_UNSET, PG_KEEP_MESSAGE)

struct pg_guard_t;

typedef struct pg_settings_t {
#define X(type, name, unset, dflt) type name;
    PG_SETTINGS(X)
#undef X
    pg_action_t action[PG_SUBJECT_COUNT]; /* status PG_UNSET: not set     */
    int top[PG_TOP_COUNT];               /* entries; 0: the ledger's own  */
    apr_array_header_t *own_hosts;       /* const char *; this server's   */
    apr_array_header_t *backends;        /* const char *; this server's   */
    apr_array_header_t *exempt;          /* ap_expr_info_t *; inherited   */

    /* filled by post_config, const afterwards */
    const struct pg_guard_t *guard;      /* NULL: not running             */
    pg_posture_e posture;
    bool may_forward;                    /* ProxyRequests is On           */
    bool names_known;                    /* which names it answers to     */
    bool by_folder;                      /* a folder of that name makes
                                            it ours                       */
    const char *vhost;                   /* "name:port"                   */
    pg_span_t name;                      /* ServerName; absent if unset   */
    pg_span_t alias[PG_ALIASES + 1];     /* the first of ServerAlias, those
                                            of "*.x" from the dot on; then
                                            absent                        */
} pg_settings_t;

extern const command_rec pg_config_directives[];

/** create_server_config and merge_server_config of the module record. */
void *pg_config_create(apr_pool_t *pool, server_rec *s);
void *pg_config_merge(apr_pool_t *pool, void *base, void *add);

/** Make a server's settings final, once, in post_config: a record of its own
 *  (a virtual host without any directive of ours shares that of the main
 *  server), with defaults for what is still unset. */
void pg_config_settle(server_rec *s, apr_pool_t *pool);

extern module AP_MODULE_DECLARE_DATA proxyguard_module;

/** Set what a directive with one or two arguments says. httpd has checked
 *  where it is and how many it has.
 *  @param second  NULL if not given
 *  @return NULL, or a message that names the directive and the value */
typedef const char *pg_config_set_fn(cmd_parms *cmd, pg_settings_t *settings,
                                     const char *first, const char *second);

/** "Directive: 'arg' is not ...", or NULL without a problem. */
const char *pg_config_about(cmd_parms *cmd, const char *arg,
                            const char *problem);

/** A number above 0, without a sign and leading zeros; 0: arg does not begin
 *  with one. @param end  what follows it */
apr_int64_t pg_config_digits(const char *arg, char **end);

/** Read a number between two bounds. @param what  its unit, for the message */
const char *pg_config_number(int *out, cmd_parms *cmd, const char *arg,
                             int least, int most, const char *what);

/** The settings of a server. */
static inline pg_settings_t *pg_config_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &proxyguard_module);
}

#endif
