/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The ledger's life in httpd: opened when the configuration has been read,
 * tended and saved by the parent, saved once more when it ends. */
#ifndef PG_STORE_H
#define PG_STORE_H

#include <httpd.h>

#include "pg_checkpoint.h"
#include "pg_ledger.h"

/**
 * Open the ledger that the main server's settings name, and say how it went.
 * @param checkpoint  filled, in pool, when one is configured; else NULL
 * @return NULL when there is none, or when it cannot be used (said)
 */
pg_ledger_t *pg_store_open(pg_checkpoint_t **checkpoint, apr_pool_t *pconf,
                           server_rec *main_server);

/** monitor hook: runs in the parent about every ten seconds, on every MPM,
 *  as the user that httpd was started by. */
int pg_store_monitor(apr_pool_t *pool, server_rec *main_server);

#endif
