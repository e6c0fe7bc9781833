/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands that make reports share. */
#ifndef PG_CLIREPORT_H
#define PG_CLIREPORT_H

#include "pg_cli.h"
#include "pg_report.h"

/** The format of that name: 0, or PG_EXIT_USAGE after a message.
 *  @param also  names that the command itself knows, for the message; or "" */
int pg_clireport_format(const pg_cli_t *cli, const pg_format_t **out,
                        const char *name, const char *also);

/** What a ledger holds: 0, or an exit status after a message. */
int pg_clireport_ledger(const pg_cli_t *cli, pg_snapshot_t **out,
                        const char *path, apr_time_t now, apr_pool_t *pool);

/** A report of a snapshot, in the language asked for. */
pg_report_t pg_clireport_report(const pg_cli_t *cli,
                                const pg_snapshot_t *snapshot, apr_time_t now);

/** PG_EXIT_CLEAN, _ATTEMPTS or _RELAYED. */
int pg_clireport_status(const pg_snapshot_t *snapshot);

#endif
