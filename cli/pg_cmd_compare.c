/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard compare: several sensors, month by month, family by family. */
#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_clireport.h"
#include "pg_escape.h"
#include "pg_sensorchart.h"
#include "pg_sensorfile.h"

static const char help[] =
"Usage: proxyguard compare [OPTION]... NAME=FILE...\n"
"Put sensors side by side, month by month. FILE is a ledger, or JSON that\n"
"the status page or 'proxyguard scan -O json' wrote.\n\n"
"  -O, --output FORMAT  text (default), csv, html, svg\n"
"      --family NAME    only get, connect, socks or host\n"
"      --lang en|ja     language of the text\n"
"  -h, --help           this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

enum {
    OPT_FAMILY = PG_OPT_OWN,
    NAME_SHOWN = 40
};

static const struct option longs[] = {
    { "output", required_argument, NULL, 'O' },
    { "family", required_argument, NULL, OPT_FAMILY },
    { "lang",   required_argument, NULL, PG_OPT_LANG },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct compare_t compare_t;

typedef struct output_t {
    const char *name;
    void (*put)(compare_t *c);
} output_t;

/** What every output needs. */
struct compare_t {
    pg_sink_t sink;
    pg_sensors_t all;
    const output_t *output;
    int family;                  /* only this one; -1 = all               */
    pg_lang_e lang;
    apr_pool_t *pool;
};

static bool is_shown(const compare_t *c, pg_family_e family)
{
    return pg_sensors_shows(&c->all, c->family, family);
}

/* --- text and CSV -------------------------------------------------------- */

/* What an author of a file chose for a name is a stranger's text too. */
static const char *safe_name(const compare_t *c, int sensor)
{
    return pg_cli_safe(
        pg_escape_utf8_upto(pg_span_str(c->all.sensor[sensor].name),
                            NAME_SHOWN),
        c->pool);
}

static void put_table(compare_t *c, pg_family_e family)
{
    char month[16];

    pg_sink_putf(&c->sink, "%-9s", pg_vocab_family(family));
    for (int s = 0; s < c->all.n; s++) {
        pg_sink_putf(&c->sink, " %12s", safe_name(c, s));
    }
    pg_sink_puts(&c->sink, "\n");
    for (apr_size_t m = 0; m < c->all.months; m++) {
        pg_sink_putf(&c->sink, "%-9s",
                     pg_sensors_month(month, sizeof(month), &c->all, m));
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(&c->sink, " %12" APR_UINT64_T_FMT,
                         pg_sensors_count(&c->all, s, m, family));
        }
        pg_sink_puts(&c->sink,
                     m + 1 == c->all.months && c->all.partial ? " *\n" : "\n");
    }
    pg_sink_puts(&c->sink, "\n");
}

static void put_text(compare_t *c)
{
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (is_shown(c, (pg_family_e)f)) {
            put_table(c, (pg_family_e)f);
        }
    }
    if (c->all.months == 0) {
        pg_sink_puts(&c->sink, pg_phrases_get(c->lang, PG_PHRASE_FOUND_NONE));
        pg_sink_puts(&c->sink, "\n");
    }
    else if (c->all.partial) {
        pg_sink_putf(&c->sink, "* %s\n",
                     pg_phrases_get(c->lang, PG_PHRASE_MONTH_PARTIAL));
    }
}

static void put_csv(compare_t *c)
{
    char month[16];

    pg_sink_puts(&c->sink, "month,family,sensor,attempts\r\n");
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        for (apr_size_t m = 0; is_shown(c, (pg_family_e)f)
                               && m < c->all.months; m++) {
            for (int s = 0; s < c->all.n; s++) {
                pg_sink_putf(
                    &c->sink, "%s,%s,",
                    pg_sensors_month(month, sizeof(month), &c->all, m),
                    pg_vocab_family((pg_family_e)f));
                pg_escape_csv(&c->sink, pg_span_str(c->all.sensor[s].name));
                pg_sink_putf(&c->sink, ",%" APR_UINT64_T_FMT "\r\n",
                             pg_sensors_count(&c->all, s, m, (pg_family_e)f));
            }
        }
    }
}

/* --- SVG and HTML -------------------------------------------------------- */

static void put_svg(compare_t *c)
{
    pg_sensorchart_put(&c->sink, &c->all, c->family, c->lang, c->pool);
}

static void put_html_table(compare_t *c, pg_family_e family)
{
    char month[16];

    pg_sink_putf(&c->sink, "<h2>%s</h2>\n<table><tr><th></th>",
                 pg_vocab_family(family));
    for (int s = 0; s < c->all.n; s++) {
        pg_sink_puts(&c->sink, "<th>");
        pg_escape_html(&c->sink, pg_span_str(c->all.sensor[s].name));
        pg_sink_puts(&c->sink, "</th>");
    }
    for (apr_size_t m = 0; m < c->all.months; m++) {
        pg_sink_putf(&c->sink, "</tr>\n<tr><th>%s</th>",
                     pg_sensors_month(month, sizeof(month), &c->all, m));
        for (int s = 0; s < c->all.n; s++) {
            pg_sink_putf(&c->sink, "<td>%" APR_UINT64_T_FMT "</td>",
                         pg_sensors_count(&c->all, s, m, family));
        }
    }
    pg_sink_puts(&c->sink, "</tr></table>\n");
}

static void put_html(compare_t *c)
{
    const char *title =
        pg_phrases_get(c->lang, PG_PHRASE_SENSORS_TITLE);

    pg_sink_putf(&c->sink,
                 "<!DOCTYPE html>\n<html lang=\"%s\"><head>"
                 "<meta charset=\"utf-8\"><title>%s</title>\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<style>:root{color-scheme:light dark}"
                 "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;"
                 "margin:auto;padding:1rem}svg{max-width:100%%;height:auto}"
                 "td,th{padding:.1rem .8rem;text-align:right}</style></head>\n"
                 "<body><h1>%s</h1>\n",
                 pg_lang_tag(c->lang), title, title);
    put_svg(c);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (is_shown(c, (pg_family_e)f)) {
            put_html_table(c, (pg_family_e)f);
        }
    }
    pg_sink_puts(&c->sink, "</body></html>\n");
}

static const output_t outputs[] = {
    { "text", put_text },
    { "csv",  put_csv },
    { "html", put_html },
    { "svg",  put_svg },
};

/* --- the command --------------------------------------------------------- */

static int set_output(const pg_cli_t *cli, compare_t *c, const char *name)
{
    for (apr_size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        if (!strcmp(outputs[i].name, name)) {
            c->output = &outputs[i];
            return 0;
        }
    }
    return pg_cli_usage(cli, "--output: '%s' is none of text, csv, html, svg",
                        name);
}

static int set_family(const pg_cli_t *cli, compare_t *c, const char *name)
{
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        if (!strcmp(pg_vocab_family((pg_family_e)f), name)) {
            c->family = f;
            return 0;
        }
    }
    return pg_cli_usage(cli, "--family: '%s' is none of get, connect, socks, "
                        "host", name);
}

static int set_option(pg_cli_t *cli, void *c, int option)
{
    return option == 'O' ? set_output(cli, c, optarg)
                         : set_family(cli, c, optarg);
}

static const pg_cli_spec_t spec = { help, "O:h", longs, set_option };

/* The file if it is JSON, at its '{'; else NULL. It is opened once: it may be
 * a pipe. */
static FILE *open_json(const char *path)
{
    FILE *file = fopen(path, "re");
    int c;

    do {
        c = file ? fgetc(file) : EOF;
    } while (c == ' ' || c == '\t' || c == '\n' || c == '\r');
    if (c == '{') {
        ungetc(c, file);
        return file;
    }
    if (file) {
        fclose(file);
    }
    return NULL;
}

static int read_sensor(const pg_cli_t *cli, pg_sensor_t *sensor,
                       const char *argument)
{
    const char *equals = strchr(argument, '=');
    pg_snapshot_t *snapshot;
    const char *wrong;
    FILE *json;
    int status;

    if (equals == NULL || equals == argument || equals[1] == '\0') {
        return pg_cli_usage(cli, "'%s' is not NAME=FILE", argument);
    }
    sensor->name = apr_pstrmemdup(cli->pool, argument,
                                  (apr_size_t)(equals - argument));
    json = open_json(equals + 1);
    if (json) {
        wrong = pg_sensorfile_read(sensor, json, cli->pool);
        fclose(json);
        if (wrong) {
            pg_cli_say(cli, "%s %s", equals + 1, wrong);
        }
        return wrong ? PG_EXIT_DATA : 0;
    }
    status =
        pg_clireport_ledger(cli, &snapshot, equals + 1, cli->now, cli->pool);
    if (status == 0) {
        pg_sensors_take(sensor, snapshot);
    }
    return status;
}

int pg_cmd_compare(pg_cli_t *cli)
{
    compare_t c = {
        .sink = pg_cli_sink(stdout), .output = &outputs[0], .family = -1,
        .pool = cli->pool
    };
    int status;

    if (!pg_cli_parse(cli, &spec, &c, &status)) {
        return status;
    }
    if (optind == cli->argc || cli->argc - optind > PG_SENSORS_MAX) {
        return pg_cli_usage(cli, "1 to %d NAME=FILE are needed",
                            PG_SENSORS_MAX);
    }
    c.lang = cli->lang;
    c.all.n = cli->argc - optind;
    c.all.sensor = apr_pcalloc(cli->pool, sizeof(pg_sensor_t)
                                          * (apr_size_t)c.all.n);
    for (int s = 0; s < c.all.n; s++) {
        status = read_sensor(cli, &c.all.sensor[s], cli->argv[optind + s]);
        if (status) {
            return status;
        }
    }
    pg_sensors_align(&c.all);
    c.output->put(&c);
    return pg_cli_finish(cli, &c.sink, PG_EXIT_CLEAN);
}
