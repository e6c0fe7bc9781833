/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_target.h"

/* What is between the brackets. The zone (RFC 6874) says which link the
 * sender means and is not part of the address. */
static bool parse_ipv6(pg_address_t *out, pg_span_t s)
{
    apr_size_t zone = pg_span_find(s, '%');

    for (apr_size_t i = zone; i < s.len; i++) {
        if (!pg_octet_is(s.ptr[i], PG_OCTET_REG)) {
            return false;
        }
    }
    s = pg_span_upto(s, zone);
    return pg_span_find(s, ':') < s.len && pg_address_parse(out, s);
}

/* What the octets of an authority are. */
typedef struct octets_t {
    apr_size_t at;               /* offset of the last '@', or the length */
    unsigned int any, all;       /* PG_OCTET_... of one of them, of each  */
} octets_t;

static octets_t look_over(pg_span_t s)
{
    octets_t out = { .at = s.len, .all = PG_OCTET_REG };

    for (apr_size_t i = 0; i < s.len; i++) {
        unsigned int is = pg_octets[(unsigned char)s.ptr[i]];

        out.any |= is;
        out.all &= is;
        if (s.ptr[i] == '@') {
            out.at = i;
        }
    }
    return out;
}

/* Octets over 127 are in a reg-name, too: an IRI sent as it is must be
 * comparable with a name configured the same way. */
static pg_host_e host_kind(pg_address_t *address, pg_span_t s, bool reg_name)
{
    if (s.len == 0) {
        return PG_HOST_NONE;
    }
    if (!reg_name && !(look_over(s).all & PG_OCTET_REG)) {
        return PG_HOST_BAD;
    }
    return pg_octet_is_digit(s.ptr[0])
           && pg_address_parse(address, pg_target_undotted(s))
           ? PG_HOST_IPV4 : PG_HOST_NAME;
}

/* Some scanners pad host or port with blanks and escape them: "80%20%20". */
static pg_span_t without_padding(pg_span_t s)
{
    while (s.len > 3 && memcmp(s.ptr + s.len - 3, "%20", 3) == 0) {
        s.len -= 3;
    }
    return s;
}

pg_port_e pg_target_port(apr_uint16_t *out, pg_span_t s)
{
    unsigned long value = 0;

    *out = 0;
    if (s.len == 0) {
        return PG_PORT_NONE;
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i])) {
            return PG_PORT_BAD;
        }
        value = value * 10 + (unsigned long)(s.ptr[i] - '0');
        if (value > 65535) {
            return PG_PORT_BAD;
        }
    }
    *out = (apr_uint16_t)value;
    return value ? PG_PORT_OK : PG_PORT_BAD;
}

/* From after the host to the end: nothing, or ":" and a port. */
static void set_port(pg_authority_t *out, pg_span_t rest)
{
    if (rest.len == 0) {
        return;
    }
    if (rest.ptr[0] != ':') {
        out->host_kind = PG_HOST_BAD;
        return;
    }
    out->port_text = pg_span_from(rest, 1);
    out->port_kind =
        pg_target_port(&out->port, without_padding(out->port_text));
}

static void set_bracketed(pg_authority_t *out, pg_span_t s)
{
    apr_size_t end = pg_span_find(s, ']');

    out->host = pg_span_from(pg_span_upto(s, end), 1);
    out->host_kind = end < s.len && parse_ipv6(&out->address, out->host)
                     ? PG_HOST_IPV6 : PG_HOST_BAD;
    set_port(out, pg_span_from(s, end + 1));
}

bool pg_target_authority(pg_authority_t *out, pg_span_t s)
{
    octets_t octets = look_over(s);
    pg_span_t rest = s;

    memset(out, 0, sizeof(*out));
    if (octets.at < s.len) {
        out->userinfo = pg_span_upto(s, octets.at);
        rest = pg_span_from(s, octets.at + 1);
    }
    if (rest.len && rest.ptr[0] == '[') {
        set_bracketed(out, rest);
    }
    else {
        apr_size_t end = pg_span_find(rest, ':');
        out->host = without_padding(pg_span_upto(rest, end));
        out->host_kind = host_kind(&out->address, out->host,
                                   octets.all & PG_OCTET_REG);
        set_port(out, pg_span_from(rest, end));
    }
    /* A backslash is a slash to some readers, and blanks and control octets
     * end an authority for others. */
    if (octets.any & PG_OCTET_CUT) {
        out->host_kind = PG_HOST_BAD;
    }
    if (out->host_kind == PG_HOST_BAD) {
        memset(&out->address, 0, sizeof(out->address));
    }
    return out->host_kind != PG_HOST_BAD && out->host_kind != PG_HOST_NONE
           && out->port_kind != PG_PORT_BAD;
}

/* Length of the scheme when s begins with scheme "://", else 0. */
static apr_size_t scheme_length(pg_span_t s)
{
    apr_size_t n = 0;

    if (s.len == 0 || !pg_octet_is_alpha(s.ptr[0])) {
        return 0;
    }
    while (n < s.len && pg_octet_is(s.ptr[n], PG_OCTET_SCHEME)) {
        n++;
    }
    return s.len - n >= 3 && memcmp(s.ptr + n, "://", 3) == 0 ? n : 0;
}

pg_span_t pg_target_path(pg_span_t s)
{
    apr_size_t n = scheme_length(s);

    if (s.len && s.ptr[0] == '/') {
        return s;
    }
    s = pg_span_from(s, n + 3);
    return n ? pg_span_from(s, pg_span_find_any(s, "/?#")) : PG_ABSENT;
}

static pg_form_e parse_absolute(pg_target_t *out, pg_span_t s, apr_size_t n)
{
    pg_span_t rest = pg_span_from(s, n + 3);
    apr_size_t end = pg_span_find_any(rest, "/?#");

    out->scheme = pg_span_upto(s, n);
    out->path = pg_span_from(rest, end);
    pg_target_authority(&out->authority, pg_span_upto(rest, end));
    return PG_FORM_ABSOLUTE;
}

pg_form_e pg_target_parse(pg_target_t *out, pg_span_t s)
{
    apr_size_t n;

    memset(out, 0, sizeof(*out));
    if (s.len == 0) {
        out->form = PG_FORM_INVALID;
    }
    else if (s.ptr[0] == '/') {
        out->form = PG_FORM_ORIGIN;
        out->path = s;
    }
    else if (s.len == 1 && s.ptr[0] == '*') {
        out->form = PG_FORM_ASTERISK;
    }
    else if ((n = scheme_length(s)) != 0) {
        out->form = parse_absolute(out, s, n);
    }
    else if (pg_target_authority(&out->authority, s)
             && out->authority.port_kind == PG_PORT_OK) {
        out->form = PG_FORM_AUTHORITY;
    }
    else {
        memset(&out->authority, 0, sizeof(out->authority));
    }
    return out->form;
}
