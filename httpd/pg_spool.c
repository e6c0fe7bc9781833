/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <unixd.h>

#include "pg_config.h"
#include "pg_file.h"
#include "pg_log.h"
#include "pg_slots.h"

APLOG_USE_MODULE(proxyguard);

struct pg_spool_t {
    int fd;
    apr_uint64_t most;           /* octets                                */
    const char *path;
};

enum { TRIES = 2000, PAUSE_NS = 1000000 };

static ssize_t write_all(int fd, pg_span_t octets)
{
    ssize_t n;

    do {
        n = write(fd, octets.ptr, octets.len);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* Wait until no other process is writing an entry, for two seconds at most.
 * @return 0: another one is still writing */
static apr_uint64_t wait_for_turn(pg_ledger_t *ledger)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    apr_uint64_t turn;

    for (int i = 0; i < TRIES; i++) {
        turn = pg_slots_write(ledger, apr_time_now());
        if (turn) {
            return turn;
        }
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

/* --- opening ------------------------------------------------------------- */

static apr_status_t shut(void *data)
{
    close(((pg_spool_t *)data)->fd);
    return APR_SUCCESS;
}

static bool is_mailbox(pg_span_t head)
{
    return pg_span_eq(pg_span_upto(head, 5), PG_SPAN("From "));
}

static const pg_file_own_t own = { .is_ours = is_mailbox,
                                   .unless = "it is not a mailbox" };

static void report_refusal(server_rec *s, apr_status_t status,
                           const char *path, const char *why)
{
    PG_LOG_STATUS(APLOG_CRIT, status, s, PGLOGNO(0280)
           "ProxyGuardSinkSpool: '%s' cannot be used: %s. Name an "
           "existing mailbox or a new file in a directory that only "
           "root can write to", path, why ? why : "see the error");
}

int pg_spool_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                   server_rec *main_server)
{
    const char *path = pg_config_of(main_server)->spool;
    const char *why;
    apr_status_t status;

    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST
        || path == NULL) {
        return OK;
    }
    status = pg_file_check_append(&why, path, &own, ptemp);
    if (status != APR_SUCCESS) {
        report_refusal(main_server, status, path, why);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* If its last entry has no end, make sure that the next one begins on a line
 * of its own, even if the ledger that would know is gone. Children from before
 * a restart may still be writing. */
static void mend(const pg_spool_t *spool, pg_ledger_t *ledger)
{
    int fd = open(spool->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat now;
    char last = '\n';
    apr_uint64_t turn;

    if (fd < 0) {
        return;
    }
    turn = wait_for_turn(ledger);
    if (fstat(fd, &now) == 0
        && pread(fd, &last, 1, now.st_size - 1) == 1 && last != '\n'
        && write_all(spool->fd, PG_SPAN("\n\n")) == 2) {
        pg_slots_tear(ledger, false);
    }
    pg_slots_written(ledger, turn);
    close(fd);
}

pg_spool_t *pg_spool_open(apr_pool_t *pconf, server_rec *main_server,
                          pg_ledger_t *ledger)
{
    const pg_settings_t *settings = pg_config_of(main_server);
    pg_spool_t *spool = apr_pcalloc(pconf, sizeof(*spool));
    pg_file_t file = { .why = NULL };
    apr_status_t status;

    spool->path = settings->spool;
    spool->most = (apr_uint64_t)settings->spool_megabytes << 20;
    status = pg_file_open_append(&file, spool->path, &own, pconf);
    if (status != APR_SUCCESS) {
        report_refusal(main_server, status, spool->path, file.why);
        return NULL;
    }
    spool->fd = file.fd;
    if (ledger) {                /* without one no mail is accepted       */
        mend(spool, ledger);
    }
    apr_pool_cleanup_register(pconf, spool, shut, apr_pool_cleanup_null);
    return spool;
}

/* --- writing ------------------------------------------------------------- */

/* Logged once until the spool accepts mail again: the ledger's mark, for all
 * processes. */
static bool fail(const pg_spool_t *spool, pg_ledger_t *ledger, server_rec *s,
                 apr_status_t status, const char *why)
{
    if (pg_slots_refuse(ledger, true)) {
        PG_LOG_STATUS(APLOG_WARNING, status, s, PGLOGNO(0145)
               "ProxyGuardSinkSpool: '%s' accepts no more mail (%s); mail "
               "is counted as lost, and this is logged only once",
               spool->path, why);
    }
    return false;
}

static void succeed(const pg_spool_t *spool, pg_ledger_t *ledger,
                    server_rec *s, apr_uint64_t size)
{
    if (pg_slots_refuse(ledger, false)) {
        PG_LOG(APLOG_NOTICE, s, PGLOGNO(0146)
               "ProxyGuardSinkSpool: '%s' accepts mail again",
               spool->path);
    }
    if (pg_slots_spool(ledger, size, spool->most)) {
        PG_LOG(APLOG_WARNING, s, PGLOGNO(0147)
               "ProxyGuardSinkSpool: '%s' is over 80%% full: %"
               APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " MiB; rotate "
               "it and restart gracefully", spool->path, size >> 20,
               spool->most >> 20);
    }
}

/* Remove a partial entry, unless more has been written after it. */
static bool take_back(const pg_spool_t *spool, off_t size, ssize_t part)
{
    struct stat now;

    return fstat(spool->fd, &now) == 0 && now.st_size == size + part
           && ftruncate(spool->fd, size) == 0;
}

/* When the disk fills up in the middle of an entry, none of it remains. If the
 * process is killed there, the entry has no end: the next one begins on a line
 * of its own, unless it is the first. */
static apr_status_t write_entry(const pg_spool_t *spool, off_t size,
                                pg_span_t entry, pg_ledger_t *ledger)
{
    apr_status_t status;
    ssize_t n;

    if (pg_slots_torn(ledger) && size > 0) {
        if (write_all(spool->fd, PG_SPAN("\n\n")) != 2) {
            return ENOSPC;
        }
        size += 2;
    }
    pg_slots_tear(ledger, true);
    n = write_all(spool->fd, entry);
    status = n == (ssize_t)entry.len ? APR_SUCCESS : n < 0 ? errno : ENOSPC;
    if (n <= 0 || status == APR_SUCCESS || take_back(spool, size, n)) {
        pg_slots_tear(ledger, false);
    }
    return status;
}

static bool append(const pg_spool_t *spool, pg_span_t entry,
                   pg_ledger_t *ledger, server_rec *s)
{
    struct stat before;
    apr_uint64_t size;
    apr_status_t status = fstat(spool->fd, &before) == 0 ? 0 : errno;

    if (status == 0 && before.st_nlink == 0) {
        return fail(spool, ledger, s, 0, "it has been deleted; a graceful "
                    "restart creates a new one");
    }
    size = status ? 0 : (apr_uint64_t)before.st_size + entry.len;
    if (size > spool->most) {
        return fail(spool, ledger, s, 0, "it has its full size");
    }
    status = status ? status
                    : write_entry(spool, before.st_size, entry, ledger);
    if (status) {
        return fail(spool, ledger, s, status, "it cannot be written to");
    }
    succeed(spool, ledger, s, size);
    return true;
}

bool pg_spool_append(pg_spool_t *spool, pg_span_t entry, pg_ledger_t *ledger,
                     server_rec *s)
{
    apr_uint64_t turn = wait_for_turn(ledger);
    bool kept = turn ? append(spool, entry, ledger, s)
                     : fail(spool, ledger, s, 0, "another process has been "
                            "writing to it for two seconds");

    pg_slots_written(ledger, turn);
    return kept;
}
