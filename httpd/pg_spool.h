/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The file for captured mail: opened by the parent for appending, one write
 * per message, so that children need no permission for any folder and entries
 * never interleave. Nothing is ever read back from it. */
#ifndef PG_SPOOL_H
#define PG_SPOOL_H

#include <httpd.h>

#include "pg_capture.h"
#include "pg_ledger.h"

typedef struct pg_spool_t pg_spool_t;

/**
 * Open the file that the main server's settings name, in post_config.
 * @return NULL when it cannot be used (logged)
 */
pg_spool_t *pg_spool_open(apr_pool_t *pconf, server_rec *main_server,
                          pg_ledger_t *ledger);

/** In a test of the configuration: could it be opened? A check_config hook. */
int pg_spool_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                   server_rec *main_server);

/**
 * Append an entry. Any process, any thread.
 * @param s  the log that reports a full spool, once
 * @return false: it was not kept
 */
bool pg_spool_append(pg_spool_t *spool, pg_span_t entry, pg_ledger_t *ledger,
                     server_rec *s);

#endif
