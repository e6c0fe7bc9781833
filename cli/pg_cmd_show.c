/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard show: the report of a ledger - live, checkpointed or copied,
 * whether httpd runs or not. The file is only read. */
#include <glob.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_clireport.h"
#include "pg_cmd.h"

static const char help[] =
"Usage: proxyguard show [OPTION]... [LEDGER]\n"
"Show the contents of a ledger: live, a checkpoint, or a copy of either.\n"
"Without LEDGER, the one where httpd keeps it by default.\n\n"
"  -O, --output FORMAT    text (default), html, json, csv, prometheus, ...\n"
"  -w, --watch[=SECONDS]  show it again every 5 seconds, or as often as\n"
"                         given, cut to fit the screen\n"
"      --color WHEN       auto (default), always or never\n"
PG_HELP_VIEW
"      --tz ZONE          for times, and for days of which hours are kept:\n"
"                         +0900, -05:30; default UTC\n"
"      --lang en|ja       language of the text\n"
"  -h, --help             this text\n\n"
"Exit status: 0 no attempts, 1 attempts, 2 something was relayed, 64 and up\n"
"errors.\n";

enum { OPT_COLOR = PG_OPT_OWN };

enum {
    WATCH_SECONDS = 5,
    WATCH_MAX = 86400
};

static const struct option longs[] = {
    { "output", required_argument, NULL, 'O' },
    { "watch",  optional_argument, NULL, 'w' },
    { "color",  required_argument, NULL, OPT_COLOR },
    PG_LONGS_VIEW,
    PG_LONG_VIEW(tz)
    { "lang",   required_argument, NULL, PG_OPT_LANG },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t {
    const char *path;
    const pg_format_t *format;
    pg_clireport_t asked;
    bool colour;
    long watch;                  /* seconds; 0 = once                     */
} options_t;

/* The ledger in httpd's runtime directory, on the systems we know. Debian's
 * instances have one each: /run/apache2-NAME. With several, none is chosen. */
static int default_path(const pg_cli_t *cli, const char **out)
{
    glob_t found = { .gl_pathc = 0 };
    int status = 0;

    *out = "/run/apache2/proxyguard.ledger";
    (void)glob("/run/apache2*/proxyguard.ledger", 0, NULL, &found);
    (void)glob("/run/httpd*/proxyguard.ledger", GLOB_APPEND, NULL, &found);
    if (found.gl_pathc == 1) {
        *out = apr_pstrdup(cli->pool, found.gl_pathv[0]);
    }
    for (size_t i = 0; found.gl_pathc > 1 && i < found.gl_pathc; i++) {
        pg_cli_say(cli, "%s is one of several; name it", found.gl_pathv[i]);
        status = PG_EXIT_USAGE;
    }
    globfree(&found);
    return status;
}

/* Only on a terminal that has colours, unless the user objects. @see
 * https://no-color.org */
static bool is_colourful(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no && *no)
           && !(term && !strcmp(term, "dumb"));
}

static int set_colour(const pg_cli_t *cli, options_t *o, const char *when)
{
    o->colour = !strcmp(when, "always")
                || (!strcmp(when, "auto") && is_colourful());
    return o->colour || !strcmp(when, "never") || !strcmp(when, "auto")
        ? 0 : pg_cli_usage(cli, "--color: '%s' is not auto, always or never",
                           when);
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'O':
        o->format = pg_cli_output(cli, "", pg_report_formats(),
                                  sizeof(*o->format));
        return o->format ? 0 : PG_EXIT_USAGE;
    case 'w':
        o->watch = WATCH_SECONDS;
        return optarg ? pg_cli_number(cli, "--watch", optarg, WATCH_MAX,
                                      &o->watch) : 0;
    case OPT_COLOR:
        return set_colour(cli, o, optarg);
    default:                     /* getopt_long() lets no others through  */
        return pg_clireport_view(cli, &o->asked, option);
    }
}

static const pg_cli_spec_t spec = { help, "O:w::h", longs, set_option };

/* The report must not scroll off the screen. */
static void fit_screen(pg_view_t *view)
{
    struct winsize size = { .ws_row = 0 };

    if (isatty(STDOUT_FILENO)
        && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2) {
        view->rows = size.ws_row - 1;
        view->columns = size.ws_col;
    }
}

static int show_once(const pg_cli_t *cli, const options_t *o,
                     pg_sink_t *sink, apr_pool_t *pool)
{
    apr_time_t now = apr_time_now();
    pg_snapshot_t *snapshot;
    pg_report_t report;
    int status = pg_clireport_ledger(cli, &snapshot, o->path, now, pool);

    if (status) {
        return status;
    }
    report = pg_clireport_report(cli, snapshot, &o->asked, now);
    report.view.colour = o->colour;
    if (o->watch) {
        fit_screen(&report.view);
    }
    o->format->render(sink, &report, pool);
    return pg_cli_finish(cli, sink, pg_clireport_status(snapshot));
}

/* Until a signal ends it. A ledger may disappear and reappear, as it does at a
 * restart. */
static int watch(const pg_cli_t *cli, const options_t *o, pg_sink_t *sink)
{
    struct timespec pause = { .tv_sec = o->watch };
    int status;

    do {
        apr_pool_t *pool;
        apr_pool_create(&pool, cli->pool);
        if (isatty(STDOUT_FILENO)) {
            pg_sink_puts(sink, "\033[H\033[J");
        }
        status = show_once(cli, o, sink, pool);
        apr_pool_destroy(pool);
    } while (status != PG_EXIT_OUTPUT && nanosleep(&pause, NULL) == 0);
    return status;
}

int pg_cmd_show(pg_cli_t *cli)
{
    options_t o = { .format = pg_report_format(PG_SPAN("text")),
                    .colour = is_colourful() };
    pg_sink_t sink = pg_cli_sink(stdout);
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    status = pg_clireport_check(cli, &o.asked);
    if (status) {
        return status;
    }
    if (optind + 1 < cli->argc) {
        return pg_cli_usage(cli, "one ledger at a time; 'compare' takes "
                            "several");
    }
    o.path = cli->argv[optind];
    if (o.path == NULL) {
        status = default_path(cli, &o.path);
    }
    if (status) {
        return status;
    }
    return o.watch ? watch(cli, &o, &sink)
                   : show_once(cli, &o, &sink, cli->pool);
}
