/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_client.h"

#include <arpa/inet.h>

/* "17:2001:db8::1" is line 17 of `grep -n`: except for RFC 6052's, addresses
 * of clients do not begin with a group of so few digits. */
static bool is_numbered(pg_span_t s)
{
    apr_size_t colon = pg_span_find(s, ':');

    return colon > 0 && colon < 4
           && !pg_span_istarts(s, PG_SPAN("64:ff9b:"));
}

static bool read_address(pg_client_t *out, pg_span_t s)
{
    const unsigned char *octets = out->address.octets;

    s = pg_span_upto(s, pg_span_find(s, '%'));
    if (s.len < 2 || !(pg_octet_is_hex(s.ptr[0]) || s.ptr[0] == ':')
        || !pg_address_parse(&out->address, s)) {
        return false;
    }
    if (pg_span_find(s, ':') == s.len) {   /* has one spelling only          */
        pg_span_copy(out->text, PG_CLIENT_TEXT, s);
    }
    else if (pg_address_is_ipv4(&out->address)) {
        inet_ntop(AF_INET, octets + 12, out->text, PG_CLIENT_TEXT);
    }
    else {
        inet_ntop(AF_INET6, octets, out->text, PG_CLIENT_TEXT);
    }
    return true;
}

static bool read_bare_address(pg_client_t *out, pg_span_t s)
{
    return !is_numbered(s) && read_address(out, s);
}

static bool is_port(pg_span_t s)
{
    return s.len > 0 && s.len <= 5 && pg_span_digits(s) == s.len;
}

/* After the last colon. */
static int port_of(pg_span_t s)
{
    int port = 0;

    for (apr_size_t i = pg_span_rfind(s, ':') + 1; i < s.len; i++) {
        port = port * 10 + (s.ptr[i] - '0');
    }
    return port;
}

pg_span_t pg_client_without_port(pg_span_t s)
{
    apr_size_t colon = pg_span_rfind(s, ':');
    pg_span_t before = pg_span_upto(s, colon);
    pg_client_t client = { .kind = PG_CLIENT_NONE };

    return is_port(pg_span_from(s, colon + 1))
           && pg_span_find(before, ':') < before.len
           && read_bare_address(&client, before) ? before : s;
}

/* "host:port" -> the host; an IPv6 address without brackets has no port. */
static pg_span_t without_port(pg_span_t s, bool *with_port)
{
    apr_size_t colon = pg_span_rfind(s, ':');

    *with_port = false;
    if (s.len && s.ptr[0] == '[') {
        apr_size_t close = pg_span_find(s, ']');
        *with_port = close + 1 < s.len;
        if (close == s.len
            || (*with_port && (s.ptr[close + 1] != ':'
                               || !is_port(pg_span_from(s, close + 2))))) {
            *with_port = false;
            return PG_ABSENT;
        }
        return pg_span_make(s.ptr + 1, close - 1);
    }
    if (pg_span_find(s, ':') == colon
        && is_port(pg_span_from(s, colon + 1))) {
        *with_port = true;
        return pg_span_upto(s, colon);
    }
    return s;
}

static bool is_name(pg_span_t s)
{
    apr_size_t dot = pg_span_rfind(s, '.');
    bool letter = false;

    if (pg_span_ieq(s, PG_SPAN("localhost"))) {
        return true;
    }
    if (s.len < 4 || s.len >= PG_CLIENT_TEXT || dot == 0
        || dot + 1 >= s.len) {
        return false;
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        bool is_dot = s.ptr[i] == '.';
        if (!pg_octet_is(s.ptr[i], PG_OCTET_DNS)
            && !(is_dot && i && s.ptr[i - 1] != '.')) {
            return false;
        }
        letter = letter || (i > dot && pg_octet_is_alpha(s.ptr[i]));
    }
    return letter;
}

static pg_span_t first_of_list(pg_span_t s)
{
    s = pg_span_trim(s);
    s = pg_span_upto(s, pg_span_find_any(s, ", \t"));
    if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"') {
        s = pg_span_make(s.ptr + 1, s.len - 2);
    }
    return s;
}

pg_client_e pg_client_read(pg_client_t *out, pg_span_t s)
{
    pg_span_t written;
    bool is_address;

    out->text[0] = '\0';
    /* as nearly always, an address and nothing else */
    if (pg_address_parse_ipv4(&out->address, s)) {
        pg_span_copy(out->text, PG_CLIENT_TEXT, s);
        out->with_port = false;
        out->port = 0;
        return out->kind = PG_CLIENT_ADDRESS;
    }
    if (pg_span_find(s, '%') == s.len && read_bare_address(out, s)) {
        out->with_port = false;
        out->port = 0;
        return out->kind = PG_CLIENT_ADDRESS;
    }
    out->kind = PG_CLIENT_NONE;
    written = first_of_list(s);
    s = without_port(written, &out->with_port);
    is_address = written.len && *written.ptr == '[' ? read_address(out, s)
                                                  : read_bare_address(out, s);
    if (!is_address) {
        pg_span_t whole = s;
        s = pg_client_without_port(s);
        is_address = s.len < whole.len && read_bare_address(out, s);
        out->with_port = out->with_port || s.len < whole.len;
    }
    out->port = out->with_port ? port_of(written) : 0;
    if (is_address) {
        return out->kind = PG_CLIENT_ADDRESS;
    }
    memset(&out->address, 0, sizeof(out->address));
    if (is_name(s)) {
        out->kind = PG_CLIENT_NAME;
        pg_span_copy(out->text, PG_CLIENT_TEXT, s);
    }
    return out->kind;
}

bool pg_client_listens(const pg_client_t *client)
{
    return client->with_port && (client->port < 1024 || client->port == 8080
                                 || client->port == 8443);
}

bool pg_client_is_private(const pg_client_t *client)
{
    const pg_address_t *a = &client->address;
    bool shared = pg_address_is_ipv4(a) && a->octets[12] == 100
                  && (a->octets[13] & 0xc0) == 64;    /* RFC 6598         */

    return client->kind == PG_CLIENT_ADDRESS
           && (shared || pg_address_is_loopback(a)
               || pg_address_is_private(a));
}
