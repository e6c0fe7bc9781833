/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard scan: options, the scan, the report in the format asked for. */
#include <unistd.h>

#include "pg_clireport.h"
#include "pg_cliscan.h"
#include "pg_cmd.h"
#include "pg_import.h"
#include "pg_sensorchart.h"
#include "pg_summary.h"

enum {
    JOBS_MAX = 256,
    KEYS_DEFAULT = 500000
};

/* Long options without a letter. */
enum { OPT_MAX_KEYS = PG_OPT_OWN, OPT_INTO, OPT_SECRET };

typedef struct options_t {
    pg_cliscan_t scan;
    const pg_format_t *format;   /* NULL: svg                             */
    pg_import_t into;            /* path NULL: no ledger to add to        */
    pg_clireport_t asked;
} options_t;

static const char help[] =
"Usage: proxyguard scan [OPTION]... FILE...\n"
"Find relay attempts in access logs. FILE may be compressed with gzip, zstd\n"
"or xz; - is standard input.\n\n"
"  -o, --own-host NAME      a name or address of this server, or *.suffix,\n"
"                           on any port or with :port; may be repeated.\n"
"                           Without any, the virtual hosts named in the\n"
"                           log are used\n"
"  -f, --log-format FORMAT  auto (default): recognise each line's format; or\n"
"                           only combined, common, json, vhost_combined,\n"
"                           vhost_common, a LogFormat string as in\n"
"                           httpd.conf, or nginx's log_format\n"
"  -O, --output FORMAT      text (default), html, json, csv, svg,\n"
"                           prometheus\n"
"      --into LEDGER        add the attempts to a ledger, so that its\n"
"                           history begins with the logs; the same log is\n"
"                           never added twice\n"
"      --secret FILE        the fleet's ProxyGuardSecret, for a new ledger:\n"
"                           a source counts once when these are merged\n"
"      --foreign-host       also count requests whose Host is not ours\n"
"      --no-learn           do not take own names from the log\n"
"      --tz ZONE            for times without a zone, and for the report as\n"
"                           text, html or svg: +0900, -05:30; default UTC\n"
"  -j, --jobs N             threads (default: one for each core)\n"
"      --max-keys N         entries of a list before it is approximate\n"
"                           (default 500000)\n"
"  -q, --quiet              show no progress\n"
PG_HELP_VIEW
"      --lang en|ja         language of the text\n"
"  -h, --help               this text\n\n"
"Exit status: 0 no attempts, 1 attempts, 2 probably relayed, 3 cannot tell:\n"
"none were found, but not enough could be read; 64 and up errors.\n";

static const struct option longs[] = {
    PG_LONGS_SCAN,
    { "output",       required_argument, NULL, 'O' },
    { "into",         required_argument, NULL, OPT_INTO },
    { "secret",       required_argument, NULL, OPT_SECRET },
    { "jobs",         required_argument, NULL, 'j' },
    { "max-keys",     required_argument, NULL, OPT_MAX_KEYS },
    { "quiet",        no_argument,       NULL, 'q' },
    PG_LONGS_VIEW,
    { "lang",         required_argument, NULL, PG_OPT_LANG },
    { "help",         no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

/* --- options ------------------------------------------------------------- */

static int set_secret(const pg_cli_t *cli, options_t *o, const char *path)
{
    pg_key_t *key = apr_palloc(cli->pool, sizeof(*key));
    const char *why = pg_ledger_key_read(key, path, cli->pool);

    o->scan.in.key = key;
    return why ? pg_cli_usage(cli, "--secret '%s': it takes a file with a "
                              "secret: %s", path, why) : 0;
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;
    int status = pg_cliscan_option(cli, &o->scan, option);
    bool svg = false;            /* of scan alone                         */
    long n = 0;

    if (status >= 0) {
        return status;
    }
    switch (option) {
    case 'O':
        svg = strcmp(optarg, "svg") == 0;
        o->format = svg ? NULL : pg_cli_output(cli, "svg", pg_report_formats(),
                                               sizeof(*o->format));
        return svg || o->format ? 0 : PG_EXIT_USAGE;
    case 'j':
        status = pg_cli_number(cli, "--jobs", optarg, JOBS_MAX, &n);
        o->scan.in.jobs = (int)n;
        return status;
    case 'q':
        o->scan.in.progress = false;
        return 0;
    case OPT_INTO:
        o->into.path = optarg;
        return 0;
    case OPT_SECRET:
        return set_secret(cli, o, optarg);
    case OPT_MAX_KEYS:
        status = pg_cli_number(cli, "--max-keys", optarg, 1L << 30, &n);
        o->scan.in.bound = (apr_size_t)n;
        return status;
    default:                     /* getopt_long() lets no others through  */
        return pg_clireport_view(cli, &o->asked, option);
    }
}

static const pg_cli_spec_t spec = { help, PG_SHORTS_SCAN "O:j:qh", longs,
                                    set_option };

static int check_into(const pg_cli_t *cli, const options_t *o)
{
    if (o->scan.in.key && o->into.path == NULL) {
        return pg_cli_usage(cli, "--secret is for the ledger of --into");
    }
    for (int i = 0; o->into.path && i < o->scan.in.paths; i++) {
        if (!strcmp(o->scan.in.path[i], "-")) {
            return pg_cli_usage(cli, "--into needs files: standard input "
                                "cannot be read twice");
        }
    }
    return 0;
}

/* A report for people is in the zone that was given. Ledgers and output for
 * programs are in UTC. */
static void set_zone(options_t *o)
{
    pg_reading_t *how = &o->scan.in.rules.reading;
    bool people = o->format == NULL || !strcmp(o->format->name, "text")
                  || !strcmp(o->format->name, "html");

    if (people && o->into.path == NULL) {
        how->shown = how->zone;
        o->asked.query.view.zone = how->zone;
    }
}

static bool parse(pg_cli_t *cli, options_t *o, int *status)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    pg_scan_in_t *in = &o->scan.in;

    pg_cliscan_begin(cli, &o->scan);
    in->jobs = cores < 1 ? 1 : cores > JOBS_MAX ? JOBS_MAX : (int)cores;
    in->bound = KEYS_DEFAULT;
    in->progress = true;
    o->format = pg_report_format(PG_SPAN("text"));
    if (!pg_cli_parse(cli, &spec, o, status)) {
        return false;
    }
    pg_cliscan_end(cli, &o->scan);
    *status = in->paths ? check_into(cli, o)
              : pg_cli_usage(cli, "no log named; - is standard input");
    *status = *status ? *status : pg_clireport_check(cli, &o->asked);
    set_zone(o);
    return *status == 0;
}

/* --- result -------------------------------------------------------------- */

static void render_svg(pg_sink_t *sink, const pg_cli_t *cli,
                       const pg_snapshot_t *snapshot)
{
    pg_sensor_t sensor = { .name = "" };
    pg_sensors_t one = { .sensor = &sensor, .n = 1, .now = cli->now };

    sensor.s = snapshot;
    pg_sensors_align(&one);
    pg_sensorchart_put(sink, &one, -1, cli->lang, cli->pool);
}

static void render(pg_sink_t *sink, const options_t *o, const pg_cli_t *cli,
                   const pg_scan_out_t *scan)
{
    const pg_snapshot_t *snapshot = pg_summary_snapshot(scan, cli->now,
                                                        cli->pool);
    pg_report_t report = pg_clireport_report(cli, snapshot, &o->asked,
                                             snapshot->taken);

    report.scanned = pg_summary_scanned(scan, cli->pool);
    report.zoned = true;
    if (o->format) {
        o->format->render(sink, &report, cli->pool);
    }
    else {
        render_svg(sink, cli, snapshot);
    }
}

/* An error outranks what was found: the answer is incomplete. */
static int exit_status(const pg_scan_out_t *scan)
{
    static const int of_trouble[] = {
        [PG_TROUBLE_NONE] = PG_EXIT_CLEAN,
        [PG_TROUBLE_UNREAD] = PG_EXIT_NO_INPUT,
        [PG_TROUBLE_PART] = PG_EXIT_OUTPUT
    };
    static const int of_verdict[] = {
        [PG_REACH_NONE] = PG_EXIT_CLEAN,
        [PG_REACH_ATTEMPTS] = PG_EXIT_ATTEMPTS,
        [PG_REACH_UNKNOWN] = PG_EXIT_UNKNOWN
    };
    int status = scan->interrupted ? PG_EXIT_OUTPUT : PG_EXIT_CLEAN;

    for (int i = 0; i < scan->troubles && status != PG_EXIT_NO_INPUT; i++) {
        int one = of_trouble[scan->trouble[i].trouble];
        status = one ? one : status;
    }
    if (status) {
        return status;
    }
    return scan->judge->attempts[PG_JUDGED_RELAYED] ? PG_EXIT_RELAYED
           : of_verdict[scan->reach->verdict];
}

static void say_troubles(const pg_cli_t *cli, const pg_scan_out_t *scan,
                         int status)
{
    for (int i = 0; i < scan->troubles; i++) {
        pg_cli_say(cli, "%s: %s", scan->trouble[i].path,
                   scan->trouble[i].why);
    }
    if (status == PG_EXIT_UNKNOWN) {
        pg_cli_say(cli, "cannot tell whether there were attempts; "
                   "--log-format sets how lines are read");
    }
}

/* All of it goes into the ledger, or nothing. */
static int add_into(const pg_cli_t *cli, const options_t *o,
                    const pg_scan_out_t *scan, int status)
{
    int failed;

    if (status >= PG_EXIT_USAGE) {
        pg_cli_say(cli, "%s: nothing was added, because something could not "
                   "be read", o->into.path);
        return status;
    }
    failed = pg_import_end(&o->into, cli, &o->scan.in, scan);
    return failed ? failed : status;
}

int pg_cmd_scan(pg_cli_t *cli)
{
    options_t o = { .format = NULL };
    pg_sink_t sink = pg_cli_sink(stdout);
    const pg_scan_out_t *scan;
    int status, finished;

    if (!parse(cli, &o, &status)) {
        return status;
    }
    if (o.into.path) {
        status = pg_import_begin(&o.into, cli, &o.scan.in);
        if (status) {
            return status;
        }
    }
    scan = pg_scan_run(&o.scan.in, cli->pool);
    status = exit_status(scan);
    /* before the report, where a pipe that closes early ends us */
    if (o.into.path) {
        status = add_into(cli, &o, scan, status);
    }
    render(&sink, &o, cli, scan);
    finished = pg_cli_finish(cli, &sink, status);
    say_troubles(cli, scan, status);
    return finished;
}
