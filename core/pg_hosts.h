/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The names by which a machine knows itself, from its host name and hosts(5):
 * a request for one of them names no third party. */
#ifndef PG_HOSTS_H
#define PG_HOSTS_H

#include "pg_own.h"

/** Octets of a hosts file that are read; the rest is left out. */
#define PG_HOSTS_MAX 65536

/**
 * Add the machine's host name, the names that a hosts file gives to loopback
 * (ours for those who come by loopback), and all names of a line that has
 * the host name. Total: a line that is not "address name..." adds nothing.
 * @param hostname  may be empty
 */
void pg_hosts_add(pg_own_t *own, pg_span_t text, pg_span_t hostname);

#endif
