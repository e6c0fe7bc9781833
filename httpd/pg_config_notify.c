/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_config_notify.h"

#include <apr_strings.h>
#include <http_log.h>

#include "pg_budget.h"
#include "pg_config.h"
#include "pg_span.h"

APLOG_USE_MODULE(proxyguard);

/* Off | lines-per-source [lines-in-total]; what is not given is not
 * changed. */
static const char *take_rate(int *source, int *total, cmd_parms *cmd,
                             const char *first, const char *second)
{
    const char *problem;

    if (!second && ap_cstr_casecmp(first, "Off") == 0) {
        *source = *total = 0;
        return NULL;
    }
    problem = pg_config_number(source, cmd, first, 1, PG_RATE_SOURCE_MAX,
                               "lines a minute");
    if (!problem && second) {
        problem = pg_config_number(total, cmd, second, 1, PG_RATE_TOTAL_MAX,
                                   "lines a minute");
    }
    return problem;
}

const char *pg_config_notify_rate(cmd_parms *cmd, pg_settings_t *settings,
                                  const char *source, const char *total)
{
    return take_rate(&settings->rate_source, &settings->rate_total, cmd,
                     source, total);
}

const char *pg_config_notify_evidence_rate(cmd_parms *cmd,
                                           pg_settings_t *settings,
                                           const char *source,
                                           const char *total)
{
    return take_rate(&settings->evidence_source, &settings->evidence_total,
                     cmd, source, total);
}

/* The number of bytes that a unit letter means; 0 for any other. */
static apr_int64_t unit_of(const char *letter)
{
    static const char units[] = "kmgt";
    const char *unit = *letter ? strchr(units, pg_octet_lower(*letter)) : NULL;

    if (*letter == '\0') {
        return 1;
    }
    return unit && letter[1] == '\0'
               ? (apr_int64_t)1 << (10 * (unit - units + 1)) : 0;
}

const char *pg_config_notify_evidence_size(cmd_parms *cmd,
                                           pg_settings_t *settings,
                                           const char *arg, const char *none)
{
    const apr_int64_t least = 65536, most = (apr_int64_t)1 << 50;
    apr_int64_t n, unit;
    char *end;

    if (ap_cstr_casecmp(arg, "Off") == 0) {
        settings->evidence_size = 0;
        return NULL;
    }
    n = pg_config_digits(arg, &end);
    unit = unit_of(end);
    if (unit == 0 || n < 1 || n > most / unit
        || n * unit < least) {
        return pg_config_about(cmd, arg, "is not a size from 64K to 1024T, "
                               "such as 500M, nor Off");
    }
    settings->evidence_size = n * unit;
    return NULL;
}

const char *pg_config_notify_evidence(cmd_parms *cmd, pg_settings_t *settings,
                                      const char *arg, const char *none)
{
    if (!arg[strspn(arg, "|")] || strncmp(arg, "|$", 2) == 0) {
        return pg_config_about(cmd, arg, "is neither a path nor "
                               "\"|program\" nor 'none'");
    }
    settings->evidence = ap_cstr_casecmp(arg, "none") == 0 ? NULL : arg;
    return NULL;
}

/* 32 hexadecimal digits, perhaps followed by white space. */
static bool read_key(pg_key_t *out, pg_span_t text)
{
    text = pg_span_trim(text);
    if (text.len != 2 * sizeof(pg_key_t)) {
        return false;
    }
    for (apr_size_t i = 0; i < text.len; i++) {
        if (!pg_octet_is_hex(text.ptr[i])) {
            return false;
        }
        out->k[i / 16] = out->k[i / 16] << 4 | pg_octet_hex(text.ptr[i]);
    }
    return true;
}

/* Up to 99 octets of the file into a text of zeros: a key is 32 digits and a
 * line end. A FIFO would block the start. */
static apr_status_t read_file(char text[100], const char *path,
                              apr_pool_t *pool)
{
    apr_file_t *file;
    apr_size_t n = 99;
    apr_status_t status = path
        ? apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_NONBLOCK,
                        APR_FPROT_OS_DEFAULT, pool)
        : APR_EBADPATH;

    if (status == APR_SUCCESS) {
        status = apr_file_read(file, text, &n);
        apr_file_close(file);
    }
    return status;
}

const char *pg_config_notify_mask(cmd_parms *cmd, pg_settings_t *settings,
                                  const char *arg, const char *none)
{
    pg_key_t *mask = apr_pcalloc(cmd->pool, sizeof(*mask));
    char text[100] = "";
    apr_status_t status;

    settings->mask = NULL;
    if (ap_cstr_casecmp(arg, "Off") == 0) {
        return NULL;
    }
    status = read_file(text, ap_server_root_relative(cmd->pool, arg),
                       cmd->temp_pool);
    if (status != APR_SUCCESS && status != APR_EOF) {
        return apr_psprintf(cmd->pool, "%s: '%s' cannot be read: %s",
                            cmd->cmd->name, arg,
                            apr_strerror(status, text, sizeof(text)));
    }
    if (!read_key(mask, pg_span_str(text))) {
        return pg_config_about(cmd, arg, "is not a file with 32 "
                               "hexadecimal digits, nor Off");
    }
    settings->mask = mask;
    return NULL;
}

/* A label in Prometheus and a name in JSON: limited to what needs no escaping
 * anywhere. */
const char *pg_config_notify_sensor(cmd_parms *cmd, pg_settings_t *settings,
                                    const char *arg, const char *none)
{
    apr_size_t n = strlen(arg);
    bool good = n >= 1 && n <= 64;

    for (apr_size_t i = 0; i < n; i++) {
        good &= pg_octet_is_alpha(arg[i]) || pg_octet_is_digit(arg[i])
                || strchr("._-:", arg[i]) != NULL;
    }
    if (!good) {
        return pg_config_about(cmd, arg, "is not 1 to 64 letters, digits, "
                               "'.', '_', '-' or ':'");
    }
    settings->sensor = arg;
    return NULL;
}
