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

/* From s[from] to a NUL or the end: is it free of control octets? */
static bool is_text(pg_span_t s, apr_size_t from, apr_size_t *end)
{
    apr_size_t i = from;

    while (i < s.len && s.ptr[i] != '\0') {
        if (octet(s, i) < 0x20 || octet(s, i) == 0x7f) {
            return false;
        }
        i++;
    }
    *end = i;
    return true;
}

/* 04 command port(2) address(4) user NUL [ name NUL ] */
static pg_socks_e parse_4(pg_socks_t *out, pg_span_t s)
{
    apr_size_t end = s.len, name_end;

    if (octet(s, 1) != 1 && octet(s, 1) != 2) {
        return PG_SOCKS_NO;
    }
    if (s.len > 8 && !is_text(s, 8, &end)) {
        return PG_SOCKS_NO;
    }
    out->port = port_at(s, 2);
    if (s.len < 8 || memcmp(s.ptr + 4, "\0\0\0", 3) != 0 || !octet(s, 7)) {
        return PG_SOCKS_4;
    }
    /* 0.0.0.x asks the relay to resolve a name: 4A */
    if (end + 1 < s.len && is_text(s, end + 1, &name_end)) {
        out->host = pg_span_upto(pg_span_from(s, end + 1),
                                 name_end - end - 1);
    }
    return PG_SOCKS_4A;
}

/* RFC 1928 3: 0 to 9 are assigned, 0x80 to 0xFE private. */
static bool is_method(unsigned int m)
{
    return m <= 9 || (m >= 0x80 && m <= 0xfe);
}

/* Some send the request at once: 05 command 00 03 length name port(2) */
static void parse_5_request(pg_socks_t *out, pg_span_t s)
{
    apr_size_t n = octet(s, 4);

    if (octet(s, 0) != 5 || octet(s, 3) != 3 || n == 0 || s.len < 7 + n) {
        return;
    }
    out->host = pg_span_upto(pg_span_from(s, 5), n);
    out->port = port_at(s, 5 + n);
}

/* 05 count method... */
static pg_socks_e parse_5(pg_socks_t *out, pg_span_t s)
{
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
    parse_5_request(out, pg_span_from(s, 2 + count));
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
