/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_clireport.h"

#include <apr_strings.h>

#include "pg_ledger.h"

int pg_clireport_format(const pg_cli_t *cli, const pg_format_t **out,
                        const char *name, const char *also)
{
    const char *known = also;

    *out = pg_report_format(pg_span_str(name));
    if (*out) {
        return 0;
    }
    for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
        known = apr_pstrcat(cli->pool, known, *known ? ", " : "", f->name,
                            NULL);
    }
    return pg_cli_usage(cli, "--output: '%s' is none of %s", name, known);
}

int pg_clireport_view(const pg_cli_t *cli, pg_query_t *query, int option)
{
#define VIEW_NAME(name) [PG_OPT_VIEW_##name - PG_OPT_VIEW] = #name,
    static const char *const names[] = { PG_VIEW_OPTIONS(VIEW_NAME) };
#undef VIEW_NAME
    const char *name, *takes;

    if (option == PG_OPT_MASK) {
        query->view.mask = true;
        return 0;
    }
    name = names[option - PG_OPT_VIEW];
    takes = pg_query_take(query, pg_span_str(name), pg_span_str(optarg));
    return takes ? pg_cli_usage(cli, "--%s: '%s' is not %s", name, optarg,
                                takes) : 0;
}

/* When counting ended; when the snapshot was taken, if it goes on, as a server
 * says every few seconds. */
static apr_time_t end_of(const pg_snapshot_t *s)
{
    apr_time_t to = s->covered_count ? s->covered[s->covered_count - 1].to : 0;

    return to && to < s->taken - apr_time_from_sec(60) ? to : s->taken;
}

/* What is too old for a ring by now was never put there by an import: its
 * zeros say nothing. */
static apr_status_t as_of_its_end(pg_snapshot_t **out, pg_ledger_t *ledger,
                                  apr_pool_t *pool)
{
    const pg_snapshot_t *today = *out;
    apr_status_t failed = pg_ledger_snapshot(out, ledger, end_of(today), pool);

    for (int p = 0; p < PG_PERIOD_COUNT && failed == APR_SUCCESS; p++) {
        pg_series_t *s = &(*out)->series[p];

        while (s->n && s->bucket->start < today->series[p].bucket->start) {
            s->bucket++;
            s->n--;
        }
    }
    return failed;
}

int pg_clireport_ledger(const pg_cli_t *cli, pg_snapshot_t **out,
                        const char *path, apr_time_t now, apr_pool_t *pool)
{
    pg_ledger_t *ledger;
    const char *why = NULL;
    apr_status_t failed = pg_ledger_open_readonly(&ledger, path, &why, pool);
    char words[256];

    if (failed == APR_SUCCESS) {
        failed = pg_ledger_snapshot(out, ledger, now, pool);
    }
    if (failed == APR_SUCCESS && end_of(*out) < now) {
        failed = as_of_its_end(out, ledger, pool);
    }
    if (failed == APR_SUCCESS) {
        return 0;
    }
    pg_cli_say(cli, "%s: %s", path,
               why ? why : apr_strerror(failed, words, sizeof(words)));
    return PG_EXIT_NO_INPUT;
}

pg_report_t pg_clireport_report(const pg_cli_t *cli,
                                const pg_snapshot_t *snapshot, apr_time_t now)
{
    return (pg_report_t){
        .ledger = snapshot,
        .now = now,
        .ended = snapshot->taken < now,
        .version = PROXYGUARD_VERSION,
        .in_file = true,
        .view.lang = cli->lang,
    };
}

int pg_clireport_status(const pg_snapshot_t *snapshot)
{
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (snapshot->count[c][PG_OUTCOME_RELAYED]) {
            return PG_EXIT_RELAYED;
        }
    }
    return snapshot->attempts ? PG_EXIT_ATTEMPTS : PG_EXIT_CLEAN;
}
