/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_socks.h"

static unsigned int octet(pg_span_t s, apr_size_t i)
{
    return i < s.len ? (unsigned char)s.ptr[i] : 0u;
}

static apr_uint16_t port_at(pg_span_t s, apr_size_t i)
{
    return i + 2 <= s.len
           ? (apr_uint16_t)(octet(s, i) * 256 + octet(s, i + 1)) : 0;
}

/* Does it ask the relay to resolve a name: 0.0.0.x, SOCKS4A? */
static bool is_4a(pg_span_t s)
{
    return s.len >= 8 && memcmp(s.ptr + 4, "\0\0\0", 3) == 0 && s.ptr[7];
}

/* 04 command port(2) address(4) user NUL [ name NUL ] */
static pg_socks_parts_t parts_4(pg_span_t s)
{
    pg_socks_parts_t out = { .rest = pg_span_from(s, 8) };

    out.user = pg_span_take(&out.rest, '\0');
    if (is_4a(s) && out.rest.len > 0) {
        out.name = pg_span_take(&out.rest, '\0');
    }
    return out;
}

/* 05 count method..., then perhaps at once 05 command 00 type address port(2);
 * an address of type 3 is a length and a name (RFC 1928 4). */
static pg_socks_parts_t parts_5(pg_span_t s)
{
    pg_span_t request = pg_span_from(s, 2 + octet(s, 1));
    pg_socks_parts_t out = { .rest = request };
    unsigned int type = octet(request, 3);
    apr_size_t n = type == 3 ? 1 + octet(request, 4) : type == 1 ? 4 : 16;

    if (request.len > 4 && request.ptr[0] == 5) {
        if (type == 3) {
            out.name = pg_span_upto(pg_span_from(request, 5), n - 1);
        }
        out.port = pg_span_upto(pg_span_from(request, 4 + n), 2);
        out.rest = pg_span_from(request, 4 + n + 2);
    }
    return out;
}

pg_socks_parts_t pg_socks_parts(pg_span_t s)
{
    return octet(s, 0) == 4 ? parts_4(s) : parts_5(s);
}

/* Is it free of control octets? */
static bool is_text(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (octet(s, i) < 0x20 || octet(s, i) == 0x7f) {
            return false;
        }
    }
    return true;
}

static pg_socks_e parse_4(pg_socks_t *out, pg_span_t s)
{
    pg_socks_parts_t part = parts_4(s);

    if ((octet(s, 1) != 1 && octet(s, 1) != 2) || !is_text(part.user)) {
        return PG_SOCKS_NO;
    }
    out->port = port_at(s, 2);
    out->host = is_text(part.name) ? part.name : PG_ABSENT;
    return is_4a(s) ? PG_SOCKS_4A : PG_SOCKS_4;
}

/* RFC 1928 3: 0 to 9 are assigned, 0x80 to 0xFE private. */
static bool is_method(unsigned int m)
{
    return m <= 9 || (m >= 0x80 && m <= 0xfe);
}

static pg_socks_e parse_5(pg_socks_t *out, pg_span_t s)
{
    pg_socks_parts_t part = parts_5(s);
    apr_size_t count = octet(s, 1);

    /* More than four methods are legal but not seen; then all must be there
     * and nothing else, or noise would pass. */
    if (count == 0 || (count > 4 && s.len != 2 + count)) {
        return PG_SOCKS_NO;
    }
    for (apr_size_t i = 2; i < s.len && i < 2 + count; i++) {
        if (!is_method(octet(s, i))) {
            return PG_SOCKS_NO;
        }
    }
    if (part.name.len > 0 && part.port.len == 2) {
        out->host = part.name;
        out->port = port_at(part.port, 0);
    }
    return PG_SOCKS_5;
}

pg_socks_e pg_socks_parse(pg_socks_t *out, pg_span_t s)
{
    memset(out, 0, sizeof(*out));
    /* a bare LF that ended the line for httpd */
    if (s.len > 2 && s.ptr[s.len - 1] == '\n') {
        s.len -= s.len > 3 && s.ptr[s.len - 2] == '\r' ? 2 : 1;
    }
    if (s.len >= 2 && s.ptr[0] == 4) {
        out->version = parse_4(out, s);
    }
    else if (s.len >= 2 && s.ptr[0] == 5) {
        out->version = parse_5(out, s);
    }
    return out->version;
}
