/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* scan --into: adds what a scan has found to a ledger. */
#ifndef PG_IMPORT_H
#define PG_IMPORT_H

#include "pg_cli.h"
#include "pg_identity.h"
#include "pg_scan.h"

typedef struct pg_import_t {
    const char *path;            /* of the ledger                         */
    pg_identity_t *identity;     /* of each log                           */
    bool *known;                 /* is that log to be left out?           */
} pg_import_t;

/**
 * Before the scan: find the logs that the ledger at out->path has already,
 * with a message for each, and have the scan skip them.
 * @return 0, or an exit status after a message
 */
int pg_import_begin(pg_import_t *out, const pg_cli_t *cli, pg_scan_in_t *in);

/**
 * After it: add the others, and record them.
 * @return 0, or an exit status after a message
 */
int pg_import_end(const pg_import_t *import, const pg_cli_t *cli,
                  const pg_scan_in_t *in, const pg_scan_out_t *scan);

#endif
