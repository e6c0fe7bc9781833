/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Adding what a scan found to a ledger, each log once. */
#ifndef PG_IMPORT_H
#define PG_IMPORT_H

#include "pg_cli.h"
#include "pg_hash.h"
#include "pg_scan.h"

/**
 * Add the attempts of those logs that the ledger does not have yet. A log is
 * known by its content, whatever its name and packing. One whose first line
 * is known and whose content is not has grown since: it is left out, with a
 * message, as its beginning would count twice.
 *
 * @param path  the ledger; made when missing
 * @param key   of a fleet, for a new one; NULL: one of its own
 * @return 0, or an exit status after a message
 */
int pg_import_add(const pg_cli_t *cli, const char *path, const pg_key_t *key,
                  const pg_scan_in_t *in, const pg_scan_out_t *scan);

#endif
