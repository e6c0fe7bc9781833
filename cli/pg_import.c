/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_import.h"

#include <apr_file_info.h>
#include <apr_tables.h>

#include "pg_identity.h"
#include "pg_input.h"
#include "pg_ledger.h"

/* The logs to add, and what to remember of them once they are. */
typedef struct fresh_t {
    apr_array_header_t *path;    /* const char *                          */
    apr_array_header_t *identity; /* pg_identity_t                        */
} fresh_t;

static bool is_among(const fresh_t *fresh, const pg_identity_t *identity)
{
    for (int i = 0; i < fresh->identity->nelts; i++) {
        const pg_identity_t *other =
            &((const pg_identity_t *)fresh->identity->elts)[i];
        if (!memcmp(other->head, identity->head, sizeof(other->head))) {
            return true;
        }
    }
    return false;
}

/* @return NULL if the log is to be added, else why not */
static const char *reason_against(const pg_ledger_t *ledger,
                                  const fresh_t *fresh,
                                  const pg_identity_t *identity)
{
    if (identity->empty) {
        return "is empty";
    }
    if (pg_ledger_seen(ledger, identity->whole)) {
        return "is in the ledger already; not added again";
    }
    if (pg_ledger_seen(ledger, identity->head)) {
        return "is in the ledger with less or other lines behind its first "
               "one; not added, since these would count twice. Add a log "
               "when it is complete";
    }
    if (is_among(fresh, identity)) {
        return "begins like another log named here; added once";
    }
    return NULL;
}

static int choose(fresh_t *fresh, const pg_cli_t *cli,
                  const pg_ledger_t *ledger, const pg_scan_in_t *in)
{
    for (int i = 0; i < in->paths; i++) {
        pg_input_info_t info;
        pg_identity_t identity;
        const char *why = pg_input_stat(&info, in->path[i], cli->pool);

        if (why == NULL && !info.regular) {
            why = "is no file that can be read twice, as --into must";
        }
        if (why == NULL) {
            why = pg_identity_of(&identity, in->path[i],
                                 info.plain ? info.size : ~(apr_uint64_t)0,
                                 cli->pool);
        }
        if (why) {
            pg_cli_say(cli, "%s: %s", in->path[i], why);
            return PG_EXIT_NO_INPUT;
        }
        why = reason_against(ledger, fresh, &identity);
        if (why) {
            pg_cli_say(cli, "%s %s", in->path[i], why);
            continue;
        }
        *(const char **)apr_array_push(fresh->path) = in->path[i];
        *(pg_identity_t *)apr_array_push(fresh->identity) = identity;
    }
    return 0;
}

/* httpd must not be kept from starting by a damaged ledger, and so sets it
 * aside. Here somebody named a file: if that is no ledger, it may be a log. */
static const char *reason_to_refuse(const char *path, apr_pool_t *pool)
{
    const char *why = NULL;
    pg_ledger_t *ledger;
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_TYPE, pool) != APR_SUCCESS
        || pg_ledger_open_readonly(&ledger, path, &why, pool)
           == APR_SUCCESS) {
        return NULL;
    }
    return why ? why : "it is no ledger";
}

static int open_ledger(pg_ledger_t **out, const pg_cli_t *cli,
                       const char *path, const pg_key_t *key)
{
    pg_ledger_options_t options = { .path = path, .key = key };
    const char *refused = reason_to_refuse(path, cli->pool);
    pg_opening_t opening;
    apr_status_t failed;
    char words[256];

    if (refused) {
        pg_cli_say(cli, "%s: %s; --into takes a ledger, or a name that is "
                   "free", path, refused);
        return PG_EXIT_OUTPUT;
    }
    failed = pg_ledger_open_as(out, &opening, &options, cli->now, cli->pool);
    if (failed != APR_SUCCESS) {
        pg_cli_say(cli, "%s: %s", path,
                   opening.why ? opening.why
                               : apr_strerror(failed, words, sizeof(words)));
        return PG_EXIT_OUTPUT;
    }
    if (key && !pg_ledger_has_key(*out, key)) {
        pg_cli_say(cli, "%s: it was made with another secret; --into takes "
                   "one of the same, or a name that is free", path);
        return PG_EXIT_OUTPUT;
    }
    if (opening.aside) {
        pg_cli_say(cli, "%s: %s; the old file is %s", path,
                   opening.why ? opening.why : "was replaced",
                   opening.aside);
    }
    return 0;
}

/* Between its first line and its last, a log tells of all attempts. */
static void cover(pg_ledger_t *ledger, const pg_tally_t *tally)
{
    if (tally->log_first > 0) {
        pg_ledger_cover(ledger, tally->log_first, tally->log_last);
    }
}

int pg_import_add(const pg_cli_t *cli, const char *path, const pg_key_t *key,
                  const pg_scan_in_t *in, const pg_scan_out_t *scan)
{
    fresh_t fresh = {
        apr_array_make(cli->pool, 16, sizeof(char *)),
        apr_array_make(cli->pool, 16, sizeof(pg_identity_t)),
    };
    pg_scan_in_t some = *in;
    const pg_scan_out_t *again;
    pg_ledger_t *ledger;
    int status = open_ledger(&ledger, cli, path, key);

    if (status == 0) {
        status = choose(&fresh, cli, ledger, in);
    }
    if (status || fresh.path->nelts == 0) {
        return status;
    }
    some.path = (const char *const *)fresh.path->elts;
    some.paths = fresh.path->nelts;
    again = pg_scan_record(&some, scan, ledger, cli->pool);
    for (int i = 0; i < fresh.identity->nelts; i++) {
        const pg_identity_t *identity =
            &((const pg_identity_t *)fresh.identity->elts)[i];
        pg_ledger_see(ledger, identity->whole);
        pg_ledger_see(ledger, identity->head);
    }
    cover(ledger, scan->tally);
    for (int i = 0; i < again->troubles; i++) {
        pg_cli_say(cli, "%s: %s; %s holds a part of it",
                   again->trouble[i].path, again->trouble[i].why, path);
        status = PG_EXIT_OUTPUT;
    }
    return status;
}
