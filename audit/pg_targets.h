/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The targets with which to find out whether a third party gets through: plain
 * ones of each scheme that some loaded module carries, and ones made to match
 * the patterns of the configuration. */
#ifndef PG_TARGETS_H
#define PG_TARGETS_H

#include <apr_tables.h>

#include "pg_audit.h"

/** A section that applies to targets that match a pattern. */
typedef struct pg_pattern_t {
    const char *text;
    bool regex;                  /* else a shell pattern, or a prefix     */
    bool glob;
    bool location;               /* <Location>: '*' stops at '/', a prefix
                                    ends at a '/'; else <Proxy>           */
} pg_pattern_t;

/** Ports AllowCONNECT lets through. */
typedef struct pg_ports_t {
    int first;
    int last;
} pg_ports_t;

/** Whether a pattern matches this target (or path). */
bool pg_targets_match(const pg_pattern_t *p, const char *target,
                      const pg_audit_in_t *in);

/** Does it match every target? PG_NO: it never does. */
typedef enum pg_cover_e {
    PG_COVERS_NONE, PG_COVERS_SOME, PG_COVERS_ALL
} pg_cover_e;
pg_cover_e pg_targets_cover(const pg_pattern_t *p, bool connect);

/** Plain targets (const char *) with a scheme; none if nothing carries them.
 *  @param tls  the proxy may speak TLS to an origin (SSLProxyEngine) */
apr_array_header_t *pg_targets_url(const pg_audit_in_t *in, bool tls,
                                   apr_pool_t *pool);

/** Plain targets of CONNECT; none if mod_proxy_connect is not loaded.
 *  @param ports  pg_ports_t: AllowCONNECT; empty means its default */
apr_array_header_t *pg_targets_connect(const pg_audit_in_t *in,
                                       const apr_array_header_t *ports,
                                       apr_pool_t *pool);

/** Add targets that match this pattern, with the schemes and ports of the
 *  plain ones. */
void pg_targets_fit(apr_array_header_t *targets, const pg_pattern_t *p,
                    const apr_array_header_t *ports, bool connect,
                    const pg_audit_in_t *in);

/** Does a module that is loaded carry this scheme? */
bool pg_targets_carries(const pg_audit_in_t *in, const char *scheme,
                        bool tls);

#endif
