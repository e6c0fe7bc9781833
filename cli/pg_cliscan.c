/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_cliscan.h"

static int add_format(const pg_cli_t *cli, apr_array_header_t *formats,
                      const char *text)
{
    const char *wrong = pg_logformat_compile(apr_array_push(formats), text,
                                             cli->pool);

    if (wrong) {
        return pg_cli_usage(cli, "--log-format: '%s' %s", text, wrong);
    }
    return 0;
}

/* "auto", "json", the name of a format, or a format string. */
static int set_format(const pg_cli_t *cli, pg_cliscan_t *scan,
                      const char *text)
{
    pg_reading_t *how = &scan->in.rules.reading;

    how->any = !strcmp(text, "auto");
    how->json = how->any || !strcmp(text, "json");
    apr_array_clear(scan->formats);
    if (!how->json) {
        return add_format(cli, scan->formats, text);
    }
    for (const char *const *name = pg_logformat_named(); how->any && *name;
         name++) {
        add_format(cli, scan->formats, *name);
    }
    return 0;
}

void pg_cliscan_begin(const pg_cli_t *cli, pg_cliscan_t *scan)
{
    scan->in.learn = true;
    scan->formats = apr_array_make(cli->pool, 8, sizeof(pg_logformat_t));
    set_format(cli, scan, "auto");
}

int pg_cliscan_option(const pg_cli_t *cli, pg_cliscan_t *scan, int option)
{
    switch (option) {
    case 'o':                    /* a log does not reveal its server's
                                    ports                                 */
        return pg_cli_own(cli, &scan->own, optarg, true);
    case 'f':
        return set_format(cli, scan, optarg);
    case PG_OPT_FOREIGN_HOST:
        scan->in.rules.check_host = true;
        return 0;
    case PG_OPT_NO_LEARN:
        scan->in.learn = false;
        return 0;
    case PG_OPT_TZ:
        return pg_cli_zone(cli, optarg, &scan->in.rules.reading.zone);
    default:
        return -1;
    }
}

void pg_cliscan_end(const pg_cli_t *cli, pg_cliscan_t *scan)
{
    pg_scan_in_t *in = &scan->in;
    pg_reading_t *how = &in->rules.reading;

    in->path = (const char *const *)cli->argv + optind;
    in->paths = cli->argc - optind;
    how->format = (const pg_logformat_t *)scan->formats->elts;
    how->formats = scan->formats->nelts;
    how->now = cli->now;
    if (how->formats) {          /* the named ones have the same          */
        in->rules.anchor = how->format->anchor;
    }
    in->rules.own = scan->own;
    in->learn = in->learn && scan->own == NULL;
}
