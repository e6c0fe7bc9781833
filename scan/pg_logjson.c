/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logjson.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct name_t {
    const char *name;
    pg_field_e field;
} name_t;

/* nginx variables and httpd habits first, then Caddy, Traefik, Elastic's
 * parsed lines. Matched whatever their case. */
static const name_t keys[] = {
    { "request",                PG_FIELD_REQUEST },
    { "request_line",           PG_FIELD_REQUEST },
    { "requestline",            PG_FIELD_REQUEST },
    { "status",                 PG_FIELD_STATUS },
    { "status_code",            PG_FIELD_STATUS },
    { "statuscode",             PG_FIELD_STATUS },
    { "response",               PG_FIELD_STATUS },
    { "response_code",          PG_FIELD_STATUS },
    { "downstreamstatus",       PG_FIELD_STATUS },
    { "time",                   PG_FIELD_TIME },
    { "time_local",             PG_FIELD_TIME },
    { "time_iso8601",           PG_FIELD_TIME },
    { "timestamp",              PG_FIELD_TIME },
    { "@timestamp",             PG_FIELD_TIME },
    { "ts",                     PG_FIELD_TIME },
    { "msec",                   PG_FIELD_TIME },
    { "startutc",               PG_FIELD_TIME },
    { "remote_addr",            PG_FIELD_CLIENT },
    { "remote_ip",              PG_FIELD_CLIENT },
    { "remoteip",               PG_FIELD_CLIENT },
    { "remote_host",            PG_FIELD_CLIENT },
    { "client_ip",              PG_FIELD_CLIENT },
    { "clientip",               PG_FIELD_CLIENT },
    { "client",                 PG_FIELD_CLIENT },
    { "clienthost",             PG_FIELD_CLIENT },
    { "body_bytes_sent",        PG_FIELD_SIZE },
    { "bytes_sent",             PG_FIELD_SIZE },
    { "bytes",                  PG_FIELD_SIZE },
    { "size",                   PG_FIELD_SIZE },
    { "response_size",          PG_FIELD_SIZE },
    { "downstreamcontentsize",  PG_FIELD_SIZE },
    { "server_name",            PG_FIELD_VHOST },
    { "vhost",                  PG_FIELD_VHOST },
    { "virtual_host",           PG_FIELD_VHOST },
    { "server_port",            PG_FIELD_PORT },
    { "host",                   PG_FIELD_HOST },
    { "http_host",              PG_FIELD_HOST },
    { "requesthost",            PG_FIELD_HOST },
    { "http_user_agent",        PG_FIELD_AGENT },
    { "user_agent",             PG_FIELD_AGENT },
    { "useragent",              PG_FIELD_AGENT },
    { "agent",                  PG_FIELD_AGENT },
    { "http_x_forwarded_for",   PG_FIELD_FORWARDED_FOR },
    { "x_forwarded_for",        PG_FIELD_FORWARDED_FOR },
    { "http_via",               PG_FIELD_VIA },
    { "via",                    PG_FIELD_VIA },
    { "http_forwarded",         PG_FIELD_FORWARDED },
    { "forwarded",              PG_FIELD_FORWARDED },
    { "http_proxy_connection",  PG_FIELD_PROXY_CONNECTION },
    { "proxy_connection",       PG_FIELD_PROXY_CONNECTION },
    { "method",                 PG_FIELD_METHOD },
    { "request_method",         PG_FIELD_METHOD },
    { "requestmethod",          PG_FIELD_METHOD },
    { "verb",                   PG_FIELD_METHOD },
    { "uri",                    PG_FIELD_TARGET },
    { "request_uri",            PG_FIELD_TARGET },
    { "url",                    PG_FIELD_TARGET },
    { "target",                 PG_FIELD_TARGET },
    { "requestpath",            PG_FIELD_TARGET },
    { "protocol",               PG_FIELD_PROTOCOL },
    { "proto",                  PG_FIELD_PROTOCOL },
    { "server_protocol",        PG_FIELD_PROTOCOL },
    { "requestprotocol",        PG_FIELD_PROTOCOL },
};

static pg_field_e field_of(const char *name)
{
    pg_span_t s = pg_span_str(name);

    for (apr_size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (pg_span_ieq(pg_span_str(keys[i].name), s)) {
            return keys[i].field;
        }
    }
    return PG_FIELD_SKIP;
}

/* A string's octets, or a number as text; absent for anything else. */
static pg_span_t value_of(const json_t *value, char number[32])
{
    if (json_is_string(value)) {
        return pg_span_make(json_string_value(value),
                            json_string_length(value));
    }
    if (json_is_integer(value)) {
        snprintf(number, 32, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        return pg_span_str(number);
    }
    if (json_is_real(value)) {
        snprintf(number, 32, "%.6f", json_real_value(value));
        return pg_span_str(number);
    }
    return (pg_span_t){ .ptr = NULL, .len = 0 };
}

static void take_members(pg_logline_t *out, pg_logjson_t *hold,
                         json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value) {
        pg_field_e field = field_of(name);
        if (field != PG_FIELD_SKIP && out->field[field].ptr == NULL) {
            out->field[field] = value_of(value, hold->number[field]);
        }
    }
}

/* A stranger's octets can make a line that is no JSON: httpd's \x and \v are
 * no escapes there, and nginx writes octets that are no UTF-8 as they are.
 * @param out  room for 5 octets; moved behind what stands for the first of s,
 *             which is its escape when JSON has none
 * @return octets of s that were taken */
static apr_size_t repair_one(char **out, pg_span_t s)
{
    static const char hex[] = "0123456789abcdef";
    static const char escapes[] = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't',
                                   'u'};
    unsigned char c = (unsigned char)s.ptr[0];
    apr_size_t taken = c == '\\' && s.len > 1 ? 2 : 1;

    if (c >= 0x80) {
        memcpy(*out, "\\\\x", 3);
        (*out)[3] = hex[c >> 4];
        (*out)[4] = hex[c & 15];
        *out += 5;
        return taken;
    }
    if (taken == 2 && !memchr(escapes, s.ptr[1], sizeof(escapes))) {
        *(*out)++ = '\\';
    }
    memcpy(*out, s.ptr, taken);
    *out += taken;
    return taken;
}

/* The line with its log's escapes made part of the text; NULL if it still is
 * no JSON, or memory is short. */
static json_t *load_repaired(pg_span_t line)
{
    char *copy = malloc(line.len * 5), *end = copy;
    json_t *doc = NULL;

    for (apr_size_t i = 0; copy && i < line.len; ) {
        i += repair_one(&end, pg_span_from(line, i));
    }
    if (copy) {
        doc = json_loadb(copy, (apr_size_t)(end - copy), JSON_ALLOW_NUL,
                         NULL);
    }
    free(copy);
    return doc;
}

bool pg_logjson_match(pg_logline_t *out, pg_logjson_t *hold, pg_span_t line)
{
    memset(out, 0, sizeof(*out));
    pg_logjson_release(hold);
    if (line.len < 2 || line.ptr[0] != '{') {
        return false;
    }
    hold->doc = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, NULL);
    hold->escaped = hold->doc == NULL;
    if (hold->doc == NULL) {
        hold->doc = load_repaired(line);
    }
    if (!json_is_object(hold->doc)) {
        return false;
    }
    take_members(out, hold, hold->doc);
    take_members(out, hold, json_object_get(hold->doc, "request"));
    return out->field[PG_FIELD_REQUEST].ptr
           || (out->field[PG_FIELD_METHOD].ptr
               && out->field[PG_FIELD_TARGET].ptr);
}

void pg_logjson_release(pg_logjson_t *hold)
{
    json_decref(hold->doc);
    hold->doc = NULL;
}
