/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#ifndef PG_CMD_H
#define PG_CMD_H

#include "pg_cli.h"

/** The commands; each returns an exit status. */
int pg_cmd_scan(pg_cli_t *cli);
int pg_cmd_show(pg_cli_t *cli);
int pg_cmd_compare(pg_cli_t *cli);
int pg_cmd_merge(pg_cli_t *cli);
int pg_cmd_report(pg_cli_t *cli);
int pg_cmd_sample(pg_cli_t *cli);
int pg_cmd_mask(pg_cli_t *cli);
int pg_cmd_abuse(pg_cli_t *cli);
int pg_cmd_explain(pg_cli_t *cli);
int pg_cmd_classify(pg_cli_t *cli);
int pg_cmd_audit(pg_cli_t *cli);
int pg_cmd_mail(pg_cli_t *cli);

#endif
