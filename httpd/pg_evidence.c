/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_evidence.h"

#include <fcntl.h>

#include <apr_portable.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

#include "mod_proxyguard.h"
#include "pg_config.h"
#include "pg_file.h"
#include "pg_log.h"

APLOG_USE_MODULE(proxyguard);

/* Writes of up to PIPE_BUF octets to a pipe are atomic (POSIX write()); a
 * non-blocking pipe accepts or refuses them as a whole. Where that is 512
 * (FreeBSD, macOS), no line would have room for its members: there a line may
 * be torn while the pipe is full. */
enum {
    PIPE_MOST = PIPE_BUF < 2048 ? 2048 : PIPE_BUF,
    PIPE_ROOM = 1 << 20
};

struct pg_evidence_t {
    apr_file_t *file;
    apr_size_t most;             /* octets of a line                      */
    apr_off_t size;              /* of the file, at most; 0: no limit     */
    pg_outage_t *outage;
    const char *name;            /* as configured                         */
};

/* --- opening ------------------------------------------------------------- */

/* "|program" and "||program" are the same; there is no shell. */
static apr_status_t open_program(pg_evidence_t *e, apr_pool_t *pconf)
{
    const char *program = e->name + strspn(e->name, "|");
    piped_log *pipe = ap_open_piped_log(pconf, program);
    apr_os_file_t fd;

    if (pipe == NULL) {
        return APR_EGENERAL;
    }
    e->file = ap_piped_log_write_fd(pipe);
    e->most = PIPE_MOST;
#ifdef F_SETPIPE_SZ
    if (apr_os_file_get(&fd, e->file) == APR_SUCCESS) {
        (void)fcntl(fd, F_SETPIPE_SZ, PIPE_ROOM);
    }
#endif
    /* A worker must not wait for a program that hangs. APR has to know: if
     * O_NONBLOCK is set behind its back, 1.7.5 waits for room in the pipe
     * itself. */
    return apr_file_pipe_timeout_set(e->file, 0);
}

static const pg_file_own_t own = {
    .is_ours = pg_ecs_begins,
    .unless = "it exists, but its first line is not a line of evidence"
};

static apr_status_t close_file(void *file)
{
    return apr_file_close(file);
}

static apr_status_t open_file(pg_evidence_t *e, const char **why,
                              apr_pool_t *pconf, server_rec *main_server)
{
    const char *path = ap_server_root_relative(pconf, e->name);
    pg_file_t opened = { .why = NULL };
    apr_status_t status = APR_EBADPATH;

    if (path) {
        status = pg_file_open_append(&opened, path, &own, pconf);
        *why = opened.why;
    }
    if (status == APR_SUCCESS) {
        e->most = PG_EVIDENCE_LINE;
        e->size = pg_config_of(main_server)->evidence_size;
        status = apr_os_file_put(&e->file, &opened.fd,
                                 APR_FOPEN_WRITE | APR_FOPEN_APPEND, pconf);
        apr_pool_cleanup_register(pconf, e->file, close_file,
                                  apr_pool_cleanup_null);
    }
    return status;
}

static void report_refusal(const pg_evidence_t *e, const char *why,
                           apr_status_t status, server_rec *main_server)
{
    PG_LOG_STATUS(APLOG_CRIT, status, main_server,
           PGLOGNO(0009) "ProxyGuardEvidenceLog: '%s' cannot be used: "
           "%s; name an existing evidence log or a new file in a "
           "directory that only its owner can write to, or "
           "\"|program\"", e->name, why);
}

int pg_evidence_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main_server)
{
    pg_evidence_t e = { .name = pg_config_of(main_server)->evidence };
    const char *path, *why = NULL;
    apr_status_t status = APR_EBADPATH;

    if (ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST
        || e.name == NULL || *e.name == '|') {
        return OK;
    }
    path = ap_server_root_relative(ptemp, e.name);
    if (path) {
        status = pg_file_check_append(&why, path, &own, ptemp);
    }
    if (status != APR_SUCCESS) {
        report_refusal(&e, why ? why : "it is not a path", status,
                       main_server);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

apr_status_t pg_evidence_open(pg_evidence_t **out, pg_outage_t *outage,
                              apr_pool_t *pconf, server_rec *main_server)
{
    pg_evidence_t *e = apr_pcalloc(pconf, sizeof(*e));
    const char *why = "it cannot be started or opened";
    apr_status_t status;

    e->name = pg_config_of(main_server)->evidence;
    e->outage = outage;
    status = *e->name == '|' ? open_program(e, pconf)
                             : open_file(e, &why, pconf, main_server);
    if (status != APR_SUCCESS) {
        report_refusal(e, why, status, main_server);
        return status;
    }
    *out = e;
    return APR_SUCCESS;
}

/* --- one line ------------------------------------------------------------ */

static int add_field(void *fields, const char *name, const char *value)
{
    pg_field_t *field = apr_array_push(fields);

    field->name = pg_span_str(name);
    field->value = pg_span_str(value);
    return 1;
}

static void name_observer(pg_ecs_t *in, const server_rec *s)
{
    const pg_settings_t *settings = pg_config_of(s);

    in->sensor = settings->sensor;
    in->version = PROXYGUARD_VERSION;
    in->mask = settings->mask;
}

static pg_span_t line_of(const pg_evidence_t *e, const request_rec *r,
                         const pg_event_t *event)
{
    bool direct = r->useragent_addr == r->connection->client_addr;
    apr_array_header_t *fields = apr_array_make(r->pool, 20,
                                                sizeof(pg_field_t));
    pg_ecs_t in = { .event = event,
                    .source = r->useragent_ip,
                    .source_port = direct ? r->useragent_addr->port : 0,
                    .protocol = pg_span_str(r->protocol),
                    .tls = strcmp(ap_run_http_scheme(r), "https") == 0 };

    name_observer(&in, r->server);
    if (r->headers_in) {
        apr_table_do(add_field, fields, r->headers_in, NULL);
        in.host = pg_span_str(apr_table_get(r->headers_in, "Host"));
    }
    in.field = (const pg_field_t *)fields->elts;
    in.fields = (apr_size_t)fields->nelts;
    return pg_ecs_line(&in, apr_palloc(r->pool, e->most + PG_ECS_ROOM),
                       e->most);
}

/* --- writing ------------------------------------------------------------- */

/* Is this the first line of an outage? */
static bool lose(pg_evidence_t *e)
{
    atomic_fetch_add(&e->outage->lost, 1);
    return atomic_fetch_add(&e->outage->missed, 1) == 0;
}

static void report_outage(const pg_evidence_t *e, server_rec *s,
                          apr_status_t status)
{
    PG_LOG_STATUS(APLOG_WARNING, status, s, PGLOGNO(0107)
           "ProxyGuardEvidenceLog: '%s' cannot be written; attempts are "
           "still handled and counted, and this is logged only once",
           e->name);
}

static void report_size(const pg_evidence_t *e, server_rec *s)
{
    PG_LOG(APLOG_WARNING, s, PGLOGNO(0131)
           "ProxyGuardEvidenceSize: '%s' has reached %" APR_OFF_T_FMT
           " bytes; nothing more is written until it is rotated. "
           "Attempts are still handled and counted, and this is logged "
           "only once", e->name, e->size);
}

/* May a line be added to the file? Yes, if its size is unknown. */
static bool has_room(const pg_evidence_t *e, apr_size_t more)
{
    apr_finfo_t info;

    return e->size == 0
           || apr_file_info_get(&info, APR_FINFO_SIZE, e->file) != APR_SUCCESS
           || info.size + (apr_off_t)more <= e->size;
}

static void report_recovery(pg_evidence_t *e, server_rec *s)
{
    apr_uint64_t missed = atomic_exchange(&e->outage->missed, 0);

    if (missed) {
        PG_LOG(APLOG_NOTICE, s, PGLOGNO(0108)
               "ProxyGuardEvidenceLog: '%s' can be written again: "
               "lost=%" APR_UINT64_T_FMT, e->name, missed);
    }
}

static bool is_empty_file(const pg_evidence_t *e)
{
    apr_finfo_t info;

    return apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, e->file)
               == APR_SUCCESS
           && info.filetype == APR_REG && info.size == 0;
}

/* One write(2); the file was opened for appending. After half a line, left by
 * a full disk, the next one begins on a line of its own, unless the file has
 * been rotated or emptied. */
static apr_status_t write_once(pg_evidence_t *e, pg_span_t line)
{
    bool torn = atomic_exchange(&e->outage->torn, 0) && !is_empty_file(e);
    struct iovec parts[] = { { .iov_base = "\n", .iov_len = torn },
                             { .iov_base = (char *)line.ptr,
                               .iov_len = line.len } };
    apr_size_t whole = line.len + torn, n = 0;
    apr_status_t status;

    do {
        status = apr_file_writev(e->file, parts, 2, &n);
    } while (APR_STATUS_IS_EINTR(status));
    if (n < whole && (torn || n > 0)) {
        atomic_store(&e->outage->torn, 1);
    }
    return status == APR_SUCCESS && n < whole ? APR_ENOSPC : status;
}

static void put(pg_evidence_t *e, server_rec *s, pg_span_t line)
{
    apr_status_t status;

    if (!has_room(e, line.len)) {
        if (lose(e)) {
            report_size(e, s);
        }
        return;
    }
    status = write_once(e, line);
    if (status == APR_SUCCESS) {
        report_recovery(e, s);
    }
    else if (lose(e)) {
        report_outage(e, s, status);
    }
}

void pg_evidence_write(pg_evidence_t *evidence, const request_rec *r,
                       const pg_event_t *event)
{
    put(evidence, r->server, line_of(evidence, r, event));
}

void pg_evidence_capture(pg_evidence_t *evidence, server_rec *s, pg_ecs_t in,
                         char *room)
{
    name_observer(&in, s);
    put(evidence, s, pg_ecs_line(&in, room, evidence->most));
}
