/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_clireport.h"

#include <apr_general.h>

#include "pg_geofile.h"
#include "pg_ledger.h"

int pg_clireport_key(const pg_cli_t *cli, pg_key_t *out, const char *path)
{
    static const pg_key_t first = { .k = { 0x70726f7879677561, 1 } };
    static const pg_key_t second = { .k = { 0x70726f7879677561, 2 } };
    char secret[4096];
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(secret, 1, sizeof(secret), file) : 0;

    if (file) {
        fclose(file);
    }
    if (n < 16) {
        pg_cli_say(cli, "--key: %s does not hold the 16 bytes that a secret "
                   "needs", path);
        return PG_EXIT_NO_INPUT;
    }
    out->k[0] = pg_hash_sip(&first, secret, n, 2, 4);
    out->k[1] = pg_hash_sip(&second, secret, n, 2, 4);
    return 0;
}

int pg_clireport_view(const pg_cli_t *cli, pg_clireport_t *asked, int option)
{
#define VIEW_NAME(name) [PG_OPT_VIEW_##name - PG_OPT_VIEW] = #name,
    static const char *const names[] = { PG_VIEW_OPTIONS(VIEW_NAME) };
#undef VIEW_NAME
    const char *name, *takes;

    if (option == PG_OPT_MASK) {
        asked->query.view.mask = true;
        return 0;
    }
    if (option == PG_OPT_GEO) {
        return pg_geofile_open(cli, &asked->geo, optarg);
    }
    if (option == PG_OPT_KEY) {
        asked->has_key = true;
        return pg_clireport_key(cli, &asked->key, optarg);
    }
    name = names[option - PG_OPT_VIEW];
    takes = pg_query_take(&asked->query, pg_span_str(name),
                          pg_span_str(optarg));
    return takes ? pg_cli_usage(cli, "--%s: '%s' is not %s", name, optarg,
                                takes) : 0;
}

int pg_clireport_utc(const pg_cli_t *cli, const char *zone)
{
    int minutes, status = pg_cli_zone(cli, zone, &minutes);

    return status || minutes == 0 ? status
           : pg_cli_usage(cli, "--tz: ledgers, and JSON of them, keep their "
                          "months in UTC; 'proxyguard scan --tz %s' counts "
                          "those of a log in that zone", zone);
}

int pg_clireport_check(const pg_cli_t *cli, const pg_clireport_t *asked)
{
    const pg_view_t *view = &asked->query.view;

    return view->until && view->since >= view->until
           ? pg_cli_usage(cli, "--since must name a time before --until") : 0;
}

apr_time_t pg_clireport_end(const pg_snapshot_t *s)
{
    apr_time_t to = s->covered_count ? s->covered[s->covered_count - 1].to : 0;

    return to && to < s->taken - apr_time_from_sec(60) ? to : s->taken;
}

/* An import leaves out times that are too old for a ring by now, so its zeros
 * mean nothing. */
static apr_status_t as_of_its_end(pg_snapshot_t **out, pg_ledger_t *ledger,
                                  apr_pool_t *pool)
{
    const pg_snapshot_t *today = *out;
    apr_status_t failed = pg_ledger_snapshot(out, ledger,
                                             pg_clireport_end(today), pool);

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
    if (failed == APR_SUCCESS && pg_clireport_end(*out) < now) {
        failed = as_of_its_end(out, ledger, pool);
    }
    if (failed == APR_SUCCESS) {
        return 0;
    }
    pg_cli_say(cli, "%s: %s", path,
               why ? why : apr_strerror(failed, words, sizeof(words)));
    return PG_EXIT_NO_INPUT;
}

/* Unlike a ledger, a log has no pseudonyms of its own. */
static pg_key_t key_of(const pg_snapshot_t *snapshot,
                       const pg_clireport_t *asked)
{
    pg_key_t key = asked->has_key ? asked->key : snapshot->pseudonyms;

    if (pg_hash_key_is_none(&key)) {
        (void)apr_generate_random_bytes((unsigned char *)&key, sizeof(key));
    }
    return key;
}

pg_report_t pg_clireport_report(const pg_cli_t *cli,
                                const pg_snapshot_t *snapshot,
                                const pg_clireport_t *asked, apr_time_t now)
{
    pg_report_t out = {
        .ledger = snapshot,
        .now = now,
        .ended = snapshot->taken < now,
        .version = PROXYGUARD_VERSION,
        .in_file = true,
        .geo = asked->geo,
        .view = asked->query.view,
        .pseudonyms = key_of(snapshot, asked),
    };

    out.view.lang = cli->lang;
    return out;
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
