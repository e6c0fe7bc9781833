/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_cli.h"

#include <stdarg.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "pg_escape.h"
#include "pg_when.h"

static void say(const pg_cli_t *cli, const char *format, va_list args)
{
    char *text = apr_pvsprintf(cli->pool, format, args);

    fprintf(stderr, "%s: %s\n", cli->argv[0],
            pg_cli_safe(pg_span_str(text), cli->pool));
}

void pg_cli_say(const pg_cli_t *cli, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(cli, format, args);
    va_end(args);
}

/* After an error message, ours or getopt_long()'s. */
static int point_to_help(const pg_cli_t *cli)
{
    fprintf(stderr, "Try '%s --help'.\n", cli->argv[0]);
    return PG_EXIT_USAGE;
}

int pg_cli_usage(const pg_cli_t *cli, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(cli, format, args);
    va_end(args);
    return point_to_help(cli);
}

static int set_lang(pg_cli_t *cli, const char *text)
{
    const char *known = "";

    for (int i = 0; i < PG_LANG_COUNT; i++) {
        const char *tag = pg_lang_tag((pg_lang_e)i);

        if (!strcmp(text, tag)) {
            cli->lang = (pg_lang_e)i;
            return 0;
        }
        known = apr_pstrcat(cli->pool, known, i ? " or '" : "'", tag, "'",
                            NULL);
    }
    return pg_cli_usage(cli, "--lang: '%s' is not %s", text, known);
}

const void *pg_cli_output(const pg_cli_t *cli, const char *also,
                          const void *rows, apr_size_t size)
{
    const char *known = also;

    for (const char *row = rows; *(const char *const *)row; row += size) {
        const char *here = *(const char *const *)row;

        if (!strcmp(here, optarg)) {
            return row;
        }
        known = apr_pstrcat(cli->pool, known, *known ? ", " : "", here, NULL);
    }
    (void)pg_cli_usage(cli, "--output: '%s' is not one of %s", optarg, known);
    return NULL;
}

bool pg_cli_parse(pg_cli_t *cli, const pg_cli_spec_t *spec, void *options,
                  int *status)
{
    pg_sink_t sink = pg_cli_sink(stdout);
    int option;

    *status = 0;
    while (*status == 0
           && (option = getopt_long(cli->argc, cli->argv, spec->shorts,
                                    spec->longs, NULL)) != -1) {
        if (option == 'h') {
            pg_sink_puts(&sink, spec->help);
            *status = pg_cli_finish(cli, &sink, PG_EXIT_CLEAN);
            return false;
        }
        *status = option == '?' ? point_to_help(cli)
                  : option == PG_OPT_LANG ? set_lang(cli, optarg)
                  : spec->set(cli, options, option);
    }
    return *status == 0;
}

/* An IPv6 address in its brackets, and any port when none is given. */
static const char *on_any_port(const char *name, apr_pool_t *pool)
{
    const char *colon = strchr(name, ':');
    bool address = colon && strchr(colon + 1, ':');

    if (name[0] == '[' ? strstr(name, "]:") != NULL : colon && !address) {
        return name;
    }
    return name[0] != '[' && address
           ? apr_pstrcat(pool, "[", name, "]:*", NULL)
           : apr_pstrcat(pool, name, ":*", NULL);
}

int pg_cli_own(const pg_cli_t *cli, pg_own_t **own, const char *name,
               bool any_port)
{
    const char *wrong, *host = strstr(name, "://");

    if (*own == NULL) {
        *own = pg_own_create(cli->pool);
    }
    if (host) {
        host += 3;
        return pg_cli_usage(cli, "--own-host: '%s' is a URL; it takes a host "
                            "name or an address, here '%.*s'", name,
                            (int)strcspn(host, "/?#"), host);
    }
    wrong = pg_own_add(*own, pg_span_str(any_port
                                         ? on_any_port(name, cli->pool)
                                         : name));
    if (wrong) {
        return pg_cli_usage(cli, "--own-host: '%s' %s", name, wrong);
    }
    return 0;
}

int pg_cli_zone(const pg_cli_t *cli, const char *text, int *minutes)
{
    return pg_when_zone(minutes, pg_span_str(text)) ? 0
           : pg_cli_usage(cli, "--tz: '%s' is not UTC, +HHMM or -HH:MM, up to "
                          "14:00", text);
}

int pg_cli_number(const pg_cli_t *cli, const char *option, const char *text,
                  long max, long *out)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (!pg_octet_is_digit(*text) || *end || n < 1 || n > max) {
        return pg_cli_usage(cli, "%s: '%s' is not a number from 1 to %ld",
                            option, text, max);
    }
    *out = n;
    return 0;
}

static apr_status_t write_stream(void *to, const char *octets, apr_size_t n)
{
    return fwrite(octets, 1, n, to) == n ? APR_SUCCESS : APR_EGENERAL;
}

pg_sink_t pg_cli_sink(FILE *stream)
{
    return (pg_sink_t){ .write = write_stream, .to = stream };
}

int pg_cli_finish(const pg_cli_t *cli, const pg_sink_t *sink, int status)
{
    /* ferror(): what an earlier fflush() failed to write is gone by now */
    if (fflush(stdout) != 0 || ferror(stdout)
        || sink->status != APR_SUCCESS) {
        pg_cli_say(cli, "the output could not be written");
        return PG_EXIT_OUTPUT;
    }
    return status;
}

const char *pg_cli_safe(pg_span_t s, apr_pool_t *pool)
{
    /* An octet becomes \xNN, a character of three octets \u{NNNN}. */
    apr_size_t size = s.len * 8 + 1;
    char *out = apr_palloc(pool, size);

    pg_escape_plain(out, size, s);
    return out;
}
