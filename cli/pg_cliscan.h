/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands that read logs share: how to read them. */
#ifndef PG_CLISCAN_H
#define PG_CLISCAN_H

#include <apr_tables.h>

#include "pg_cli.h"
#include "pg_scan.h"

enum {
    PG_OPT_FOREIGN_HOST = 640,   /* more than any command has of its own  */
    PG_OPT_NO_LEARN,
    PG_OPT_TZ
};

/*  For a command's table of long options, and its string of letters. */
#define PG_LONGS_SCAN                                                        \
    { "own-host",     required_argument, NULL, 'o' },                        \
    { "log-format",   required_argument, NULL, 'f' },                        \
    { "foreign-host", no_argument,       NULL, PG_OPT_FOREIGN_HOST },        \
    { "no-learn",     no_argument,       NULL, PG_OPT_NO_LEARN },            \
    { "tz",           required_argument, NULL, PG_OPT_TZ }
#define PG_SHORTS_SCAN "o:f:"

/** The values of these options. */
typedef struct pg_cliscan_t {
    pg_scan_in_t in;
    pg_own_t *own;
    apr_array_header_t *formats; /* pg_logformat_t                        */
} pg_cliscan_t;

/** The defaults. */
void pg_cliscan_begin(const pg_cli_t *cli, pg_cliscan_t *scan);

/** Take one of these options, its value in optarg: 0, or PG_EXIT_USAGE after a
 *  message; -1: not one of these. */
int pg_cliscan_option(const pg_cli_t *cli, pg_cliscan_t *scan, int option);

/** After all options: read the files that they name, and make the rules. */
void pg_cliscan_end(const pg_cli_t *cli, pg_cliscan_t *scan);

#endif
