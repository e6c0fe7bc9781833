/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ecs.h"

#include <stdio.h>
#include <time.h>

#include <apr_strings.h>
#include <jansson.h>

#include "pg_calendar.h"
#include "pg_escape.h"

#define REMOVED "(removed)"

/* How much of a line is kept; each row is tried until one fits. */
typedef struct limit_t {
    apr_size_t value;            /* octets of each value                  */
    apr_size_t fields;
} limit_t;

static const limit_t limits[] = {
    { 65536, 1000 }, { 2048, 100 }, { 512, 100 }, { 128, 32 }, { 64, 12 },
    { 32, 4 }, { 16, 0 }
};

/* What is needed while one line is made. */
typedef struct making_t {
    const pg_ecs_t *in;
    limit_t limit;
    bool cut;                    /* something was                         */
    apr_pool_t *pool;
} making_t;

/* --- values -------------------------------------------------------------- */

static json_t *text(making_t *m, pg_span_t s)
{
    pg_span_t part = pg_escape_utf8_upto(s, m->limit.value);
    apr_size_t room = part.len * 4 + 1;
    char *out = apr_palloc(m->pool, room);

    m->cut |= part.len < s.len;
    pg_escape_plain(out, room, part);
    return json_string(out);
}

static void put_text(making_t *m, json_t *to, const char *key, pg_span_t s)
{
    if (s.ptr) {
        json_object_set_new(to, key, text(m, s));
    }
}

static void put(json_t *to, const char *key, const char *value)
{
    if (value) {
        json_object_set_new(to, key, json_string(value));
    }
}

static json_t *put_object(json_t *to, const char *key)
{
    json_t *out = json_object();

    json_object_set_new(to, key, out);
    return out;
}

/* RFC 3339 with milliseconds, UTC: what ECS calls a date. */
static const char *date_of(apr_pool_t *pool, apr_time_t t)
{
    return pg_calendar_text(apr_palloc(pool, PG_CALENDAR_SIZE), t,
                            PG_CALENDAR_MILLI);
}

/* --- names and addresses ------------------------------------------------- */

static pg_span_t masked_host(making_t *m, pg_span_t host)
{
    char *out;

    if (m->in->mask == NULL || host.ptr == NULL) {
        return host;
    }
    out = apr_palloc(m->pool, PG_MASK_SIZE);
    return pg_span_make(out, pg_mask_host(out, m->in->mask, host));
}

static pg_span_t masked_authority(making_t *m, pg_span_t s)
{
    char *out;

    if (m->in->mask == NULL || s.ptr == NULL) {
        return s;
    }
    out = apr_palloc(m->pool, PG_MASK_SIZE);
    return pg_span_make(out, pg_mask_authority(out, m->in->mask, s));
}

/* A name and password in the target are credentials too. */
static pg_span_t without_userinfo(making_t *m, pg_span_t target)
{
    pg_target_t parts;
    pg_span_t user;
    apr_size_t at;

    pg_target_parse(&parts, target);
    user = parts.authority.userinfo;
    if (user.ptr == NULL) {
        return target;
    }
    at = (apr_size_t)(user.ptr - target.ptr);
    return pg_span_str(apr_psprintf(
        m->pool, "%.*s" REMOVED "%.*s", (int)at, target.ptr,
        (int)(target.len - at - user.len), user.ptr + user.len));
}

static pg_span_t target_of(making_t *m, pg_span_t target)
{
    char *out;

    if (target.ptr == NULL) {
        return target;
    }
    if (m->in->mask == NULL) {
        return without_userinfo(m, target);
    }
    out = apr_palloc(m->pool, PG_MASK_TARGET_SIZE);
    return pg_span_make(out, pg_mask_target(out, m->in->mask, target));
}

/* What was asked for as a URL: the target, unless that is a path. */
static pg_span_t full_url(making_t *m, pg_span_t shown)
{
    const pg_ecs_t *in = m->in;
    pg_span_t host = masked_authority(m, in->host);

    if (shown.len == 0 || shown.ptr[0] != '/' || host.ptr == NULL) {
        return shown;
    }
    return pg_span_str(apr_psprintf(m->pool, "http%s://%.*s%.*s",
                                    in->tls ? "s" : "", (int)host.len,
                                    host.ptr, (int)shown.len, shown.ptr));
}

/* --- header fields ------------------------------------------------------- */

static bool is_one_of(pg_span_t name, const char *const *names)
{
    for (; *names; names++) {
        if (pg_span_ieq(name, pg_span_str(*names))) {
            return true;
        }
    }
    return false;
}

bool pg_ecs_is_credential(pg_span_t name)
{
    static const char *const names[] = { "Authorization",
                                         "Proxy-Authorization", "Cookie",
                                         "Cookie2", "X-Api-Key",
                                         "X-Auth-Token", NULL };

    return is_one_of(name, names);
}

/* Fields that say nothing of who or where; with a mask only they are shown
 * as they are. */
static bool is_harmless(pg_span_t name)
{
    static const char *const names[] = {
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language",
        "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
        "Content-Type", "Expect", "Keep-Alive", "Pragma", "Proxy-Connection",
        "TE", "Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests",
        "User-Agent", NULL
    };

    return is_one_of(name, names);
}

static pg_span_t value_of(making_t *m, const pg_field_t *field)
{
    char *out;

    if (pg_ecs_is_credential(field->name)) {
        return PG_SPAN(REMOVED);
    }
    if (m->in->mask == NULL || is_harmless(field->name)) {
        return field->value;
    }
    if (pg_span_ieq(field->name, PG_SPAN("Host"))) {
        return masked_authority(m, field->value);
    }
    out = apr_palloc(m->pool, PG_MASK_SIZE);
    return pg_span_make(out, pg_mask_text(out, m->in->mask, "text",
                                          field->value));
}

/* "Name: value" each: order, spelling and repetition are part of what tells
 * one tool from another, and an index does not grow a column for each name a
 * stranger thinks of. */
static json_t *headers(making_t *m)
{
    json_t *out = json_array();

    for (apr_size_t i = 0; i < m->in->fields; i++) {
        const pg_field_t *field = &m->in->field[i];
        pg_span_t value = value_of(m, field);

        if (i == m->limit.fields) {
            m->cut = true;
            break;
        }
        json_array_append_new(out, text(m, pg_span_str(apr_psprintf(
            m->pool, "%.*s: %.*s", (int)field->name.len, field->name.ptr,
            (int)value.len, value.ptr))));
    }
    return out;
}

/* --- the parts of a line ------------------------------------------------- */

static void put_event(making_t *m, json_t *root)
{
    const pg_event_t *event = m->in->event;
    json_t *out = put_object(root, "event");
    bool carried = event->outcome == PG_OUTCOME_RELAYED;

    put(out, "kind", "event");
    json_object_set_new(out, "category", json_pack("[ss]", "network", "web"));
    json_object_set_new(out, "type",
                        json_pack("[ss]", "access",
                                  carried ? "allowed" : "denied"));
    put(out, "module", "proxyguard");
    put(out, "dataset", "proxyguard.attempts");
    put(out, "action", pg_vocab_class(event->verdict.class_id));
    put(out, "outcome", carried ? "success" : "failure");
    put(out, "reason", pg_classify_reason(event->verdict.reason));
}

static void put_http(making_t *m, json_t *root)
{
    const pg_event_t *event = m->in->event;
    json_t *http = put_object(root, "http");
    json_t *request = put_object(http, "request");
    pg_span_t protocol = m->in->protocol;

    if (pg_span_istarts(protocol, PG_SPAN("HTTP/"))) {
        put_text(m, http, "version", pg_span_from(protocol, 5));
    }
    put_text(m, request, "method", event->verdict.method);
    json_object_set_new(request, "headers", headers(m));
    if (event->status) {
        json_object_set_new(put_object(http, "response"), "status_code",
                            json_integer(event->status));
    }
}

static void put_ends(making_t *m, json_t *root)
{
    const pg_verdict_t *v = &m->in->event->verdict;
    json_t *source = put_object(root, "source");
    json_t *destination = put_object(root, "destination");
    pg_span_t address = masked_host(m, pg_span_str(m->in->source));

    /* ECS wants an IP address in source.ip; a pseudonym is none */
    put_text(m, source, "address", address);
    if (m->in->mask == NULL) {
        put_text(m, source, "ip", address);
    }
    if (m->in->source_port) {
        json_object_set_new(source, "port",
                            json_integer(m->in->source_port));
    }
    put_text(m, destination, "address", masked_host(m, v->host));
    if (v->port) {
        json_object_set_new(destination, "port", json_integer(v->port));
    }
}

static void put_url(making_t *m, json_t *root)
{
    json_t *url = put_object(root, "url");
    pg_span_t shown = target_of(m, m->in->event->verdict.target);

    put_text(m, url, "original", shown);
    put_text(m, url, "full", full_url(m, shown));
}

static void put_observer(making_t *m, json_t *root)
{
    json_t *out = put_object(root, "observer");

    put(out, "name", m->in->sensor);
    put(out, "product", "mod_proxyguard");
    put(out, "type", "web-server");
    put(out, "version", m->in->version);
}

static void put_own(making_t *m, json_t *root)
{
    const pg_event_t *event = m->in->event;
    json_t *out = put_object(root, "proxyguard");

    put(out, "class", pg_vocab_class(event->verdict.class_id));
    put(out, "family", pg_vocab_family(event->verdict.family));
    put(out, "outcome", pg_vocab_outcome(event->outcome));
    json_object_set_new(out, "source_is_peer",
                        json_boolean(event->source_is_peer));
    json_object_set_new(out, "masked", json_boolean(m->in->mask));
    json_object_set_new(out, "cut", json_boolean(m->cut));
}

static json_t *attempt(making_t *m)
{
    const pg_event_t *event = m->in->event;
    json_t *root = json_object();

    put(root, "@timestamp", date_of(m->pool, event->time));
    put(put_object(root, "ecs"), "version", "8.11.0");
    put_event(m, root);
    put_ends(m, root);
    put_url(m, root);
    put_http(m, root);
    put_text(m, put_object(root, "user_agent"), "original",
             event->user_agent);
    put_text(m, put_object(root, "server"), "address",
             masked_authority(m, event->vhost));
    put_observer(m, root);
    put_own(m, root);
    return root;
}

/* Into `room` octets; the length it has, or would have. */
static apr_size_t dump(making_t *m, char *out, apr_size_t room)
{
    json_t *root = attempt(m);
    apr_size_t n = json_dumpb(root, out, room, JSON_COMPACT);

    json_decref(root);
    return n;
}

/* Header fields alone, as short as they can come out: what cannot fit is not
 * tried. */
static bool may_fit(const pg_ecs_t *in, const limit_t *limit, apr_size_t most)
{
    apr_size_t sum = 0;

    for (apr_size_t i = 0; i < in->fields && i < limit->fields; i++) {
        apr_size_t n = in->field[i].name.len + in->field[i].value.len;

        sum += n < limit->value ? n : limit->value;
    }
    return sum < most;
}

pg_span_t pg_ecs_line(const pg_ecs_t *in, apr_size_t most, apr_pool_t *pool)
{
    char *line = apr_palloc(pool, most);
    apr_pool_t *scratch;
    apr_size_t n = most;

    apr_pool_create(&scratch, pool);
    for (apr_size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        making_t m = { .in = in, .limit = limits[i], .cut = i > 0,
                       .pool = scratch };

        if (in->mask == NULL && !may_fit(in, &limits[i], most)) {
            continue;
        }
        n = dump(&m, line, most - 1);
        apr_pool_clear(scratch);
        if (n < most) {
            break;
        }
    }
    apr_pool_destroy(scratch);
    n = n < most ? n : 0;
    line[n] = '\n';
    return pg_span_make(line, n + 1);
}
