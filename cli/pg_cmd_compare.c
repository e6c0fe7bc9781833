/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard compare: several sensors, month by month, family by family. */
#include "pg_clireport.h"
#include "pg_cmd.h"
#include "pg_compare.h"
#include "pg_sensorfile.h"

static const char help[] =
"Usage: proxyguard compare [OPTION]... NAME=FILE...\n"
"Compare sensors month by month. FILE is a ledger, or JSON that the status\n"
"page or 'proxyguard scan -O json' wrote.\n\n"
"  -O, --output FORMAT  text (default), csv, html, svg\n"
"      --family NAME    only get, connect, socks, host or reverse\n"
PG_HELP_RANGE
"      --tz UTC         months are kept in UTC only; 'scan --tz' counts those\n"
"                       of a log in another zone\n"
"      --mask           call the sensors A, B, C\n"
"      --geo FILE       countries of the sources, from a database (.mmdb)\n"
"      --lang en|ja     language of the text\n"
"  -h, --help           this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

enum { OPT_FAMILY = PG_OPT_OWN };

static const struct option longs[] = {
    { "output", required_argument, NULL, 'O' },
    { "family", required_argument, NULL, OPT_FAMILY },
    { "mask",   no_argument,       NULL, PG_OPT_MASK },
    PG_LONG_VIEW(tz)
    PG_LONG_GEO,
    PG_LONGS_RANGE
    { "lang",   required_argument, NULL, PG_OPT_LANG },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t {
    pg_compare_t compare;
    const pg_compare_format_t *format;
    pg_clireport_t asked;
} options_t;

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'O':
        o->format = pg_cli_output(cli, "", pg_compare_formats(),
                                  sizeof(*o->format));
        return o->format ? 0 : PG_EXIT_USAGE;
    case OPT_FAMILY:
        o->compare.family = (int)pg_vocab_family_by_name(
            pg_span_str(optarg));
        return o->compare.family == PG_FAMILY_COUNT
            ? pg_cli_usage(cli, "--family: '%s' is not get, connect, "
                           "socks, host or reverse", optarg) : 0;
    case PG_OPT_VIEW_tz:
        return pg_clireport_utc(cli, optarg);
    default:
        return pg_clireport_view(cli, &o->asked, option);
    }
}

static const pg_cli_spec_t spec = { help, "O:h", longs, set_option };

int pg_cmd_compare(pg_cli_t *cli)
{
    options_t o = { .compare = { .family = -1 },
                    .format = pg_compare_formats() };
    pg_sink_t sink = pg_cli_sink(stdout);
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    status = pg_clireport_check(cli, &o.asked);
    if (status == 0) {
        status = pg_sensorfile_arguments(cli, &o.compare.all,
                                         &o.asked.query.view, false);
    }
    if (status) {
        return status;
    }
    o.compare.geo = o.asked.geo;
    o.compare.lang = cli->lang;
    o.format->render(&sink, &o.compare, cli->pool);
    return pg_cli_finish(cli, &sink, PG_EXIT_CLEAN);
}
