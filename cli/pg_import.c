/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_import.h"

#include <apr_file_info.h>

#include "pg_calendar.h"
#include "pg_input.h"

/* A damaged ledger must not prevent httpd from starting, which therefore sets
 * it aside. Here the user named a file; if it is not a ledger, it may be a
 * log. */
static int open_existing(const pg_ledger_t **out, const pg_cli_t *cli,
                         const char *path, const pg_key_t *key)
{
    const char *why = NULL;
    pg_ledger_t *ledger;
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_TYPE, cli->pool) != APR_SUCCESS) {
        return 0;
    }
    if (pg_ledger_open_readonly(&ledger, path, &why, cli->pool)
        != APR_SUCCESS) {
        pg_cli_say(cli, "%s: %s; --into takes a ledger or an unused name",
                   path, why ? why : "it is not a ledger");
        return PG_EXIT_OUTPUT;
    }
    if (key && !pg_ledger_has_key(ledger, key)) {
        pg_cli_say(cli, "%s: it was made with another secret; --into takes a "
                   "ledger with the same one, or an unused name", path);
        return PG_EXIT_OUTPUT;
    }
    *out = ledger;
    return 0;
}

static bool is_among(const pg_import_t *import, int n)
{
    for (int i = 0; i < n; i++) {
        if (!import->known[i]
            && pg_ledger_same(import->identity[i].head,
                              import->identity[n].head)) {
            return true;
        }
    }
    return false;
}

/* @return NULL if log number n is to be added, else the reason */
static const char *reason_against(const pg_import_t *import, int n,
                                  const pg_ledger_t *ledger)
{
    const pg_identity_t *identity = &import->identity[n];

    if (identity->empty) {
        return "is empty";
    }
    if (ledger && pg_ledger_seen(ledger, identity->whole)) {
        return "is in the ledger already; not added again";
    }
    if (ledger && pg_ledger_seen(ledger, identity->head)) {
        return "is in the ledger with fewer or other lines after the first "
               "ones; not added, because those would count twice. Add logs "
               "only when they are complete";
    }
    return is_among(import, n) ? "begins like another log named here; added "
                                 "once" : NULL;
}

/* One that cannot be read is left to the scan, which reports it. */
static int identify(pg_import_t *out, int n, const pg_cli_t *cli,
                    const pg_scan_in_t *in)
{
    pg_input_info_t info;
    const char *why = pg_input_stat(&info, in->path[n], cli->pool);

    if (why == NULL && !info.regular) {
        pg_cli_say(cli, "%s: cannot be read twice, as --into requires",
                   in->path[n]);
        return PG_EXIT_NO_INPUT;
    }
    if (why == NULL) {
        why = pg_identity_of(&out->identity[n], in->path[n],
                             info.plain ? info.size : UINT64_MAX,
                             cli->pool);
    }
    out->known[n] = why != NULL;
    if (why == NULL && (why = reason_against(out, n, in->like)) != NULL) {
        pg_cli_say(cli, "%s %s", in->path[n], why);
        out->known[n] = true;
    }
    return 0;
}

int pg_import_begin(pg_import_t *out, const pg_cli_t *cli, pg_scan_in_t *in)
{
    int status = open_existing(&in->like, cli, out->path, in->key);
    apr_size_t paths = (apr_size_t)in->paths;

    out->identity = apr_pcalloc(cli->pool, paths * sizeof(*out->identity));
    out->known = apr_pcalloc(cli->pool, paths * sizeof(*out->known));
    in->known = out->known;
    for (int i = 0; i < in->paths && status == 0; i++) {
        status = identify(out, i, cli, in);
    }
    return status;
}

static int open_ledger(pg_ledger_t **out, const pg_cli_t *cli,
                       const char *path, const pg_ledger_t *like)
{
    pg_ledger_options_t options = { .path = path, .key_of = like };
    pg_opening_t opening;
    apr_status_t failed = pg_ledger_open(out, &opening, &options,
                                            cli->now, cli->pool);
    char words[256];

    if (failed != APR_SUCCESS) {
        pg_cli_say(cli, "%s: %s", path,
                   opening.why ? opening.why
                               : apr_strerror(failed, words, sizeof(words)));
        return PG_EXIT_OUTPUT;
    }
    return 0;
}

static bool has_new(const pg_import_t *import, const pg_scan_in_t *in)
{
    for (int i = 0; i < in->paths; i++) {
        if (!import->known[i]) {
            return true;
        }
    }
    return false;
}

/* What a server has counted, and its log contains as well, would be counted
 * twice. */
static void warn_of_overlap(const pg_cli_t *cli, const char *path,
                            const pg_ledger_t *ledger, apr_time_t to)
{
    apr_time_t since = pg_ledger_counting_since(ledger);
    char counting[PG_CALENDAR_SIZE], end[PG_CALENDAR_SIZE];

    if (since && to > since + apr_time_from_sec(60)) {
        pg_cli_say(cli, "%s: a server has counted into it since %s, and these "
                   "logs extend to %s: what both include counts twice", path,
                   pg_calendar_text(counting, since, PG_CALENDAR_SECOND),
                   pg_calendar_text(end, to, PG_CALENDAR_SECOND));
    }
}

int pg_import_end(const pg_import_t *import, const pg_cli_t *cli,
                  const pg_scan_in_t *in, const pg_scan_out_t *scan)
{
    const pg_ledger_t *found = scan->tally->ledger[PG_LOGS_NEW];
    pg_ledger_t *ledger;
    int status;

    if (!has_new(import, in)) {
        return 0;
    }
    status = open_ledger(&ledger, cli, import->path, found);
    if (status) {
        return status;
    }
    for (int i = 0; i < in->paths; i++) {
        if (!import->known[i]) {
            pg_ledger_see(ledger, import->identity[i].whole);
            pg_ledger_see(ledger, import->identity[i].head);
        }
    }
    /* before the merge, after which the gaps are no longer next to a log */
    pg_ledger_cover_logs(ledger, found);
    if (pg_ledger_merge(ledger, found, cli->now, cli->pool) != APR_SUCCESS) {
        return PG_EXIT_INTERNAL;
    }
    warn_of_overlap(cli, import->path, ledger,
                    scan->tally->read[PG_LOGS_NEW].to);
    return 0;
}
