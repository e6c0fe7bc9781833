/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_geofile.h"

#ifdef PG_GEO

#include <netinet/in.h>

#include <apr_strings.h>
#include <maxminddb.h>

#include "pg_address.h"
#include "pg_escape.h"

enum { FILES = 4 };              /* countries, networks, for IPv4 and IPv6 */

typedef struct files_t {
    pg_geo_t geo;                /* first: what others use                */
    MMDB_s *file[FILES];
    int n;
} files_t;

/*  Where MaxMind, DB-IP, IPinfo and others keep these. */
static const char *const country_at[][3] = {
    { "country", "iso_code" }, { "registered_country", "iso_code" },
    { "country_code" }, { "country" },
};
static const char *const name_at[][3] = {
    { "autonomous_system_organization" }, { "as_name" }, { "organization" },
};
static const char *const number_at[][3] = {
    { "autonomous_system_number" }, { "asn" },
};

/* The first of these paths that leads to a value. */
static bool value_at(MMDB_entry_data_s *out, MMDB_entry_s *entry,
                     const char *const (*path)[3], apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        if (MMDB_aget_value(entry, out, path[i]) == MMDB_SUCCESS
            && out->has_data) {
            return true;
        }
    }
    return false;
}

#define VALUE_AT(out, entry, paths) \
    value_at((out), (entry), (paths), sizeof(paths) / sizeof((paths)[0]))

static pg_span_t text_of(const MMDB_entry_data_s *value)
{
    return value->type == MMDB_DATA_TYPE_UTF8_STRING
               ? pg_span_make(value->utf8_string, value->data_size)
               : PG_ABSENT;
}

static void take_country(pg_place_t *out, MMDB_entry_s *entry)
{
    MMDB_entry_data_s value;
    pg_span_t s;

    if (*out->country || !VALUE_AT(&value, entry, country_at)) {
        return;
    }
    s = text_of(&value);
    if (s.len == 2 && pg_octet_is_alpha(s.ptr[0])
        && pg_octet_is_alpha(s.ptr[1])) {
        pg_span_copy(out->country, sizeof(out->country), s);
    }
}

static void take_network(pg_place_t *out, MMDB_entry_s *entry)
{
    MMDB_entry_data_s value;
    apr_size_t n = 0, room;
    pg_span_t s;

    if (*out->network) {
        return;
    }
    if (VALUE_AT(&value, entry, number_at)) {
        s = text_of(&value);
        n = value.type == MMDB_DATA_TYPE_UINT32
                ? (apr_size_t)apr_snprintf(out->network, sizeof(out->network),
                                           "AS%u", value.uint32)
                : pg_span_copy(out->network, 16, s);
    }
    if (VALUE_AT(&value, entry, name_at)) {
        s = text_of(&value);
        if (n && s.len) {
            out->network[n++] = ' ';
        }
        room = sizeof(out->network) - n;
        pg_span_copy(out->network + n, room, pg_escape_utf8_upto(s, room - 1));
    }
}

static void find(pg_place_t *out, const pg_geo_t *geo, pg_span_t address)
{
    const files_t *files = (const files_t *)geo;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    struct sockaddr_in four = { .sin_family = AF_INET };
    pg_address_t a;
    const struct sockaddr *to = (const struct sockaddr *)&six;

    memset(out, 0, sizeof(*out));
    if (!pg_address_parse(&a, address)) {
        return;
    }
    memcpy(&six.sin6_addr, a.octets, 16);
    memcpy(&four.sin_addr, a.octets + 12, 4);
    if (pg_address_is_ipv4(&a)) {
        to = (const struct sockaddr *)&four;
    }
    for (int i = 0; i < files->n; i++) {
        int failed = MMDB_SUCCESS;
        MMDB_lookup_result_s found = MMDB_lookup_sockaddr(files->file[i], to,
                                                          &failed);

        if (failed == MMDB_SUCCESS && found.found_entry) {
            take_country(out, &found.entry);
            take_network(out, &found.entry);
        }
    }
}

static apr_status_t close_file(void *file)
{
    MMDB_close(file);
    return APR_SUCCESS;
}

int pg_geofile_open(const pg_cli_t *cli, const pg_geo_t **geo,
                    const char *path)
{
    MMDB_s *file = apr_pcalloc(cli->pool, sizeof(*file));
    files_t *files = apr_pcalloc(cli->pool, sizeof(*files));
    int failed;

    if (*geo) {
        *files = *(const files_t *)*geo;
    }
    if (files->n == FILES) {
        return pg_cli_usage(cli, "--geo: at most %d databases", FILES);
    }
    failed = MMDB_open(path, MMDB_MODE_MMAP, file);
    if (failed) {
        pg_cli_say(cli, "--geo: %s: %s", path, MMDB_strerror(failed));
        return failed == MMDB_FILE_OPEN_ERROR ? PG_EXIT_NO_INPUT
                                              : PG_EXIT_DATA;
    }
    apr_pool_cleanup_register(cli->pool, file, close_file,
                              apr_pool_cleanup_null);
    files->file[files->n++] = file;
    files->geo.find = find;
    *geo = &files->geo;
    return 0;
}

#else

int pg_geofile_open(const pg_cli_t *cli, const pg_geo_t **geo,
                    const char *path)
{
    (void)geo;
    return pg_cli_usage(cli, "--geo: '%s' cannot be read: this command was "
                        "built without libmaxminddb", path);
}

#endif
