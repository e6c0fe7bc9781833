/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which authorities are ours: names, wildcards, addresses and ports. Built
 * once from the configuration, read-only and shared by all threads after.
 * A look-up costs the same for one virtual host and for ten thousand. */
#ifndef PG_OWN_H
#define PG_OWN_H

#include <apr_pools.h>

#include "pg_target.h"

typedef struct pg_own_t pg_own_t;

typedef enum pg_own_e {
    PG_OWN_NO,           /* somebody else's                               */
    PG_OWN_YES,          /* ours, and a port we serve, or no port         */
    PG_OWN_PORT          /* our name or address, a port we do not serve   */
} pg_own_e;

/** How far a name makes an authority ours. */
typedef enum pg_trust_e {
    PG_TRUST_HOST,       /* not foreign in Host, but not ours as a target:
                            names that resolve within our cluster only    */
    PG_TRUST_LOOPBACK,   /* ours as a target, too, for clients that connect
                            over loopback: "localhost" and the like       */
    PG_TRUST_FULL        /* ours                                          */
} pg_trust_e;

/**
 * A set in pool, before any name of the configuration is added. It has the
 * names that every machine has: "localhost" and the like (RFC 6761 6.3, and
 * the hosts files that systems ship), and those of a Kubernetes cluster.
 */
pg_own_t *pg_own_create(apr_pool_t *pool);

/**
 * Add a name as ServerName, ServerAlias or ProxyGuardOwnHost give it:
 * "name", "*.suffix", any pattern of '*' and '?' as ServerAlias has, an IPv4
 * address, an IPv6 address with or without brackets; each with or without
 * ":port" or ":*", any port (an IPv6 address with a port needs its
 * brackets). Case and a trailing dot do not matter. A port given here is ours
 * with that name only; 80 and 443 are ours with every name.
 *
 * @return NULL, or what is wrong with it: a clause to put after the value
 */
const char *pg_own_add(pg_own_t *own, pg_span_t name);

/**
 * Add a host name or "*.suffix" that comes from the machine rather than from
 * the configuration. A name that is in the set keeps the greater trust. Names
 * added here do not count as known names (pg_own_takes_all). Anything that is
 * not a host name is ignored.
 */
void pg_own_add_machine(pg_own_t *own, pg_span_t name, pg_trust_e trust);

/** Add an address; an unspecified one adds nothing. */
void pg_own_add_address(pg_own_t *own, const pg_address_t *address);

/** Add a port that this server serves, whatever the name. */
void pg_own_add_port(pg_own_t *own, apr_uint16_t port);

/**
 * True when our names cannot be known: some pattern takes every name ("*"),
 * or there is no name at all. Then no Host is foreign.
 *
 * pg_own_check() ignores such a pattern: with "ServerAlias *" every authority
 * would be ours, and an open proxy would look innocent. Strangers are still
 * found, but the caller should observe rather than deny them.
 */
bool pg_own_takes_all(const pg_own_t *own);

/**
 * May this host be in a Host field without being foreign? It is ours, or a
 * name of this machine or of its cluster.
 */
bool pg_own_knows(const pg_own_t *own, const pg_authority_t *authority,
                  const pg_address_t *local);

/**
 * Is this one of our names, without a port? A quick answer for the Host field
 * of ordinary requests; false proves nothing: call pg_own_check() then.
 */
bool pg_own_has_name(const pg_own_t *own, pg_span_t host);

/**
 * Is this authority ours?
 *
 * Total; no allocation, no lock, no system call. Only the host and the port
 * count, never the userinfo. A host that is not well formed is not ours.
 * Percent-escapes in a name are undone first (RFC 3986 6.2.2.2); addresses
 * are compared as numbers, and only in the forms that inet_pton(3) knows.
 *
 * @param local       address the connection came in on, or NULL
 * @param local_port  port it came in on, or 0
 */
pg_own_e pg_own_check(const pg_own_t *own, const pg_authority_t *authority,
                      const pg_address_t *local, apr_uint16_t local_port);

/**
 * Is this authority ours only by a pattern such as "www.*" or
 * "shop*.example"? httpd answers to such names, but they need not be ours.
 */
bool pg_own_is_guess(const pg_own_t *own, const pg_authority_t *authority);

#endif
