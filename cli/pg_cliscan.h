/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands that read logs share. */
#ifndef PG_CLISCAN_H
#define PG_CLISCAN_H

#include <apr_tables.h>

#include "pg_cli.h"
#include "pg_count.h"

/**
 * --log-format: 0, or PG_EXIT_USAGE after a message.
 * @param formats  pg_logformat_t; emptied first
 * @param text     "auto", "json", the name of a format, or a format string
 */
int pg_cliscan_format(const pg_cli_t *cli, pg_reading_t *how,
                      apr_array_header_t *formats, const char *text);

/** The rules, when all options are read. */
void pg_cliscan_rules(const pg_cli_t *cli, pg_rules_t *rules,
                      const apr_array_header_t *formats, const pg_own_t *own);

#endif
