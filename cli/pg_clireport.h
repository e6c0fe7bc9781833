/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands that make reports share. */
#ifndef PG_CLIREPORT_H
#define PG_CLIREPORT_H

#include "pg_cli.h"
#include "pg_geo.h"
#include "pg_query.h"

/*  Options that restrict a report, named as the page's parameters. */
#define PG_VIEW_OPTIONS(X) PG_VIEW_COMMON(X) X(tz)
#define PG_VIEW_COMMON(X) \
    X(since) X(until) X(month) X(months) X(class) X(source) X(target) X(top) \
    X(by)

#define PG_ENUM_VIEW(name) PG_OPT_VIEW_##name,
enum {
    PG_OPT_VIEW = 512,           /* more than any command has of its own  */
    PG_VIEW_OPTIONS(PG_ENUM_VIEW)
    PG_OPT_MASK, PG_OPT_KEY, PG_OPT_GEO
};
#undef PG_ENUM_VIEW

/*  For a command's table of long options. */
#define PG_LONG_VIEW(name) \
    { #name, required_argument, NULL, PG_OPT_VIEW_##name },
#define PG_LONGS_VIEW               \
    PG_VIEW_COMMON(PG_LONG_VIEW)    \
    PG_LONGS_MASK
#define PG_LONGS_MASK                                   \
    { "mask", no_argument, NULL, PG_OPT_MASK },         \
    { "key", required_argument, NULL, PG_OPT_KEY },     \
    PG_LONG_GEO
#define PG_LONG_GEO { "geo", required_argument, NULL, PG_OPT_GEO }

/*  Months, for commands that show only months. */
#define PG_LONGS_RANGE PG_LONG_VIEW(since) PG_LONG_VIEW(until)
#define PG_HELP_RANGE                                                       \
"      --since, --until TIME  only in this range: 2014, 2014-10,\n"         \
"                       2014-10-31 or 2014-10-31T15:04Z (UTC)\n"

/*  For a command's help. */
#define PG_HELP_VIEW                                                        \
"      --since, --until TIME   charts, CSV and recent attempts of this\n"   \
"                         range: 2014, 2014-10, 2014-10-31 or\n"            \
"                         2014-10-31T15:04Z (UTC)\n"                       \
"      --month MONTH      those of that month, such as 2014-10\n"          \
"      --months N         months in the chart, up to 240\n"                \
"      --class CLASS, --source ADDRESS, --target HOST[:PORT]\n"            \
"                         only such attempts, where they are listed\n"     \
"      --top N            rows of each list, up to 100\n"                  \
"      --by month|day|hour  rows of CSV\n"                                 \
"      --mask             show pseudonyms for names and addresses\n"       \
"      --key FILE         give the same pseudonyms with the same file\n"   \
"      --geo FILE         country and network of sources, from a database\n" \
"                         (.mmdb); may be repeated\n"

/** The values of these options. */
typedef struct pg_clireport_t {
    pg_query_t query;            /* its view                              */
    const pg_geo_t *geo;
    bool has_key;
    pg_key_t key;                /* of pseudonyms                         */
} pg_clireport_t;

/** Take one of them, its value in optarg: 0, or an exit status after a
 *  message. */
int pg_clireport_view(const pg_cli_t *cli, pg_clireport_t *asked, int option);

/** A zone for data kept in UTC only: 0, or PG_EXIT_USAGE after a message that
 *  names the alternative. */
int pg_clireport_utc(const pg_cli_t *cli, const char *zone);

/** Are they consistent? 0, or PG_EXIT_USAGE after a message. */
int pg_clireport_check(const pg_cli_t *cli, const pg_clireport_t *asked);

/** A key made of a secret file: 0, or an exit status after a message. */
int pg_clireport_key(const pg_cli_t *cli, pg_key_t *out, const char *path);

/** When counting ended; if it continues, as a server records every few seconds,
 *  when the snapshot was taken. */
apr_time_t pg_clireport_end(const pg_snapshot_t *s);

/** Read a ledger, as of now or of when counting ended: 0, or an exit status
 *  after a message. */
int pg_clireport_ledger(const pg_cli_t *cli, pg_snapshot_t **out,
                        const char *path, apr_time_t now, apr_pool_t *pool);

/** A report of a snapshot, as the options require. */
pg_report_t pg_clireport_report(const pg_cli_t *cli,
                                const pg_snapshot_t *snapshot,
                                const pg_clireport_t *asked, apr_time_t now);

/** PG_EXIT_CLEAN, _ATTEMPTS or _RELAYED. */
int pg_clireport_status(const pg_snapshot_t *snapshot);

#endif
