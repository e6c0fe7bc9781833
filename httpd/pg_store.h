/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The ledger's life in httpd: opened after the configuration has been read,
 * watched and saved by the parent, and saved once more when that ends. */
#ifndef PG_STORE_H
#define PG_STORE_H

#include <signal.h>

#include <httpd.h>

#include "pg_checkpoint.h"
#include "pg_live.h"

typedef struct pg_store_t {
    pg_live_t live;
    pg_ledger_options_t options;
    pg_checkpoint_t *checkpoint; /* NULL: none                            */
    server_rec *server;
    pid_t pid;                   /* of the parent                         */
    struct sigaction before;     /* in a child: for SIGBUS                */
} pg_store_t;

/**
 * Open the ledger that the main server's settings name, or one in memory if
 * that is unusable, and log the result.
 * @return NULL when there is none
 */
pg_store_t *pg_store_open(apr_pool_t *pconf, server_rec *main_server);

/** monitor hook: runs in the parent about every ten seconds, on every MPM, as
 *  the user that started httpd. */
int pg_store_monitor(apr_pool_t *pool, server_rec *main_server);

/** child_init hook: a child survives when the ledger's file shrinks. */
void pg_store_child(apr_pool_t *pool, server_rec *main_server);

#endif
