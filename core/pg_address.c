/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_address.h"

#include <arpa/inet.h>
#include <limits.h>

#include <apr_strings.h>

bool pg_address_is_ipv4(const pg_address_t *a)
{
    static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

    return memcmp(a->octets, mapped, sizeof(mapped)) == 0;
}

bool pg_address_is_unspecified(const pg_address_t *a)
{
    static const unsigned char none[16];

    return memcmp(a->octets, none, 16) == 0
           || (pg_address_is_ipv4(a) && memcmp(a->octets + 12, none, 4) == 0);
}

bool pg_address_is_loopback(const pg_address_t *a)
{
    static const unsigned char one[16] = { [15] = 1 };

    return memcmp(a->octets, one, 16) == 0
           || (pg_address_is_ipv4(a) && a->octets[12] == 127);
}

bool pg_address_is_private(const pg_address_t *a)
{
    const unsigned char *o = a->octets, *v4 = a->octets + 12;

    if (pg_address_is_ipv4(a)) {
        return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16)
               || (v4[0] == 192 && v4[1] == 168)
               || (v4[0] == 169 && v4[1] == 254);
    }
    return (o[0] & 0xfe) == 0xfc || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
}

/* Four numbers up to 255, without leading zeros. */
static bool parse_ipv4(unsigned char out[4], pg_span_t s)
{
    const unsigned int none = UINT_MAX;
    unsigned int value = none;
    int part = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        unsigned int digit = (unsigned char)s.ptr[i] - (unsigned int)'0';

        if (digit > 9) {
            if (s.ptr[i] != '.' || value > 255 || part == 3) {
                return false;
            }
            out[part++] = (unsigned char)value;
            value = none;
        }
        else if (value == none) {
            value = digit;
        }
        else if (value == 0 || (value = value * 10 + digit) > 255) {
            return false;
        }
    }
    out[part] = (unsigned char)value;
    return part == 3 && value < none;
}

static bool parse_ipv6(unsigned char out[16], pg_span_t s)
{
    char text[INET6_ADDRSTRLEN];

    if (s.len >= sizeof(text) || pg_span_find(s, '\0') < s.len) {
        return false;
    }
    pg_span_copy(text, sizeof(text), s);
    return inet_pton(AF_INET6, text, out) == 1;
}

bool pg_address_parse_ipv4(pg_address_t *out, pg_span_t text)
{
    unsigned char four[4];

    if (text.len < 7 || !parse_ipv4(four, text)) {
        return false;
    }
    *out = pg_address_ipv4(four);
    return true;
}

bool pg_address_parse(pg_address_t *out, pg_span_t text)
{
    if (pg_address_parse_ipv4(out, text)) {
        return true;
    }
    if (text.len && parse_ipv6(out->octets, text)) {
        return true;
    }
    memset(out, 0, sizeof(*out));
    return false;
}

const char *pg_address_text(const pg_address_t *a, apr_pool_t *pool)
{
    char text[INET6_ADDRSTRLEN];
    bool four = pg_address_is_ipv4(a);

    if (inet_ntop(four ? AF_INET : AF_INET6, a->octets + (four ? 12 : 0),
                  text, sizeof(text)) == NULL) {
        return "?";
    }
    return apr_pstrdup(pool, text);
}
