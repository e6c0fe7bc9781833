/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How many CONNECT requests had no destination ("CONNECT /", "CONNECT *"):
 * they ask for no relay, so they are not attempts, but their senders look for
 * a proxy. One word that all children share, until httpd is started again. */
#ifndef PG_PROBES_H
#define PG_PROBES_H

#include <apr_pools.h>

typedef struct pg_probes_t pg_probes_t;

/** Made by the parent; NULL when there is no memory for it. */
pg_probes_t *pg_probes_make(apr_pool_t *pool);

/** Both take NULL. Any thread. */
void pg_probes_count(pg_probes_t *probes);
apr_uint64_t pg_probes_counted(const pg_probes_t *probes);

#endif
