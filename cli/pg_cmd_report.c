/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard report: a month against the one before and the same a year ago,
 * as text, a page, Markdown or a mail. It sends nothing. */
#include <sys/utsname.h>

#include <apr_strings.h>
#include <apr_user.h>

#include "pg_clireport.h"
#include "pg_cmd.h"
#include "pg_monthly.h"
#include "pg_sensorfile.h"
#include "pg_trend.h"

static const char help[] =
"Usage: proxyguard report [OPTION]... FILE | NAME=FILE...\n"
"Compare a month with the one before it and with the same month a year ago,\n"
"for each sensor. FILE is a ledger, or JSON that the status page or\n"
"'proxyguard scan -O json' wrote.\n\n"
"  -O, --output FORMAT  text (default), html, markdown, or mail: a complete\n"
"                       message for 'sendmail -t'\n"
"      --month MONTH    such as 2014-10 (default: the last complete month)\n"
"      --tz UTC         months are kept in UTC only; 'scan --tz' counts those\n"
"                       of a log in another zone\n"
"      --mask           call the sensors A, B, C\n"
"      --geo FILE       countries of the sources, from a database (.mmdb)\n"
"      --from ADDRESS   author of the mail; by default this user at this host\n"
"      --to ADDRESS,... its recipients\n"
"      --lang en|ja     language of the text\n"
"  -h, --help           this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

enum { OPT_FROM = PG_OPT_OWN, OPT_TO };

static const struct option longs[] = {
    { "output", required_argument, NULL, 'O' },
    PG_LONG_VIEW(month)
    { "mask",   no_argument,       NULL, PG_OPT_MASK },
    PG_LONG_VIEW(tz)
    PG_LONG_GEO,
    { "from",   required_argument, NULL, OPT_FROM },
    { "to",     required_argument, NULL, OPT_TO },
    { "lang",   required_argument, NULL, PG_OPT_LANG },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t {
    pg_monthly_t report;
    const pg_monthly_format_t *format;
    pg_clireport_t asked;
} options_t;

static int set_address(const pg_cli_t *cli, const char **out,
                       const char *option, const char *text)
{
    bool many = strcmp(option, "--to") == 0;

    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            return pg_cli_usage(cli, "%s: an address cannot contain control "
                                "characters", option);
        }
    }
    if (!pg_monthly_are_mailboxes(text, many)) {
        return pg_cli_usage(cli, "%s: '%s' is not an address such as "
                            "admin@example.org or 'Name <admin@example.org>'"
                            "%s", option, text,
                            many ? ", or several with commas" : "");
    }
    *out = text;
    return 0;
}

/* Like cron: the user and the host. A message has an author (RFC 5322 3.6); no
 * name is looked up for it. */
static const char *author(apr_pool_t *pool)
{
    struct utsname here;
    const char *from = NULL;
    apr_uid_t uid;
    apr_gid_t gid;
    char *user;

    (void)uname(&here);          /* neither can fail                      */
    (void)apr_uid_current(&uid, &gid, pool);
    if (apr_uid_name_get(&user, uid, pool) == APR_SUCCESS) {
        from = apr_psprintf(pool, "proxyguard <%s@%s>", user,
                            here.nodename);
    }
    return from && pg_monthly_are_mailboxes(from, false)
               ? from : "proxyguard <root@localhost>";
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'O':
        o->format = pg_cli_output(cli, "", pg_monthly_formats(),
                                  sizeof(*o->format));
        return o->format ? 0 : PG_EXIT_USAGE;
    case OPT_FROM:
        return set_address(cli, &o->report.from, "--from", optarg);
    case OPT_TO:
        return set_address(cli, &o->report.to, "--to", optarg);
    case PG_OPT_VIEW_tz:
        return pg_clireport_utc(cli, optarg);
    default:
        return pg_clireport_view(cli, &o->asked, option);
    }
}

static const pg_cli_spec_t spec = { help, "O:h", longs, set_option };

/* The last month that the sensor with the latest data covers completely. */
static apr_time_t last_month(const pg_sensors_t *all)
{
    const pg_snapshot_t *last = all->sensor[0].s;
    apr_time_t month;

    for (int s = 1; s < all->n; s++) {
        last = all->sensor[s].s->taken > last->taken ? all->sensor[s].s : last;
    }
    month = pg_trend_month(last->taken, 0);
    return last->taken > month
           && pg_trend_reached(last, month, all->now) == PG_REACHED_WHOLE
               ? month : pg_trend_month(month, 1);
}

int pg_cmd_report(pg_cli_t *cli)
{
    options_t o = { .format = pg_monthly_formats() };
    pg_sink_t sink = pg_cli_sink(stdout);
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    o.report.month = o.asked.query.view.since;
    o.asked.query.view.since = o.asked.query.view.until = 0;
    status = pg_sensorfile_arguments(cli, &o.report.all,
                                     &o.asked.query.view, true);
    if (status) {
        return status;
    }
    if (o.report.month == 0) {
        o.report.month = last_month(&o.report.all);
    }
    o.report.now = cli->now;
    o.report.geo = o.asked.geo;
    if (o.report.from == NULL) {
        o.report.from = author(cli->pool);
    }
    o.report.lang = cli->lang;
    o.format->render(&sink, &o.report, cli->pool);
    return pg_cli_finish(cli, &sink, PG_EXIT_CLEAN);
}
