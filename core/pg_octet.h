/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What an octet is, whatever the locale. */
#ifndef PG_OCTET_H
#define PG_OCTET_H

#include <stdbool.h>
#include <string.h>

#include <apr.h>

/** What an octet may be part of, as flags: one look-up instead of several
 *  comparisons, on the path of every request. */
enum {
    PG_OCTET_DNS = 1,        /* letter, digit, '-', '_': a label          */
    PG_OCTET_REG = 2,        /* reg-name (RFC 3986 3.2.2), or over 127    */
    PG_OCTET_SCHEME = 4,     /* scheme (RFC 3986 3.1), or '_'             */
    PG_OCTET_CUT = 8,        /* backslash, blank, control octet: where
                                readers disagree about an end             */
    PG_OCTET_PLAIN = 16      /* printable ASCII that no format escapes: not
                                quotes, '&', '<', '>', backslash          */
};
extern const unsigned char pg_octets[256];

static inline bool pg_octet_is(char c, unsigned int flags)
{
    return (pg_octets[(unsigned char)c] & flags) != 0;
}

/** ASCII classes; c may be any octet. */
static inline bool pg_octet_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool pg_octet_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool pg_octet_is_hex(char c)
{
    return pg_octet_is_digit(c) || (c >= 'a' && c <= 'f')
           || (c >= 'A' && c <= 'F');
}
/** The value of a hexadecimal digit. */
static inline unsigned int pg_octet_hex(char c)
{
    return (unsigned int)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}
/** What separates the parts of a request line for a forgiving reader
 *  (RFC 9112 3): space, tab, CR, LF, vertical tab, form feed. */
static inline bool pg_octet_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline char pg_octet_lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c + ('a' - 'A')) : c;
}

/** Eight octets, A to Z as a to z. Without its top bit each is below 0x80, so
 *  that an addition cannot carry into the next one. */
static inline apr_uint64_t pg_octet_lower8(apr_uint64_t word)
{
    const apr_uint64_t each = 0x0101010101010101u;
    apr_uint64_t seven = word & (0x7f * each);
    apr_uint64_t from_a = seven + (0x80 - 'A') * each;
    apr_uint64_t past_z = seven + (0x80 - 'Z' - 1) * each;

    return word | ((from_a & ~past_z & ~word & (0x80 * each)) >> 2);
}

/** Sixteen octets, looked at together. */
typedef unsigned char pg_octet16_t __attribute__((vector_size(16)));

/** The first of n octets; those that are missing are 0. */
static inline pg_octet16_t pg_octet_load16(const char *s, apr_size_t n)
{
    pg_octet16_t out = { 0 };

    if (n >= sizeof(out)) {
        memcpy(&out, s, sizeof(out));
    }
    else {
        memcpy(&out, s, n);
    }
    return out;
}

/** All bits of those that are c. */
static inline pg_octet16_t pg_octet_is16(pg_octet16_t octets, char c)
{
    return (pg_octet16_t)(octets == (unsigned char)c);
}

/** The same of the sixteen at s. */
static inline pg_octet16_t pg_octet_find16(const char *s, char c)
{
    return pg_octet_is16(pg_octet_load16(s, sizeof(pg_octet16_t)), c);
}

/** A bit for each of 16 lanes, which are all bits or none; the first is the
 *  lowest. */
static inline apr_uint64_t pg_octet_bits16(pg_octet16_t lanes)
{
#ifdef __SSE2__
    typedef char signed16_t __attribute__((vector_size(16)));
    return (unsigned int)__builtin_ia32_pmovmskb128((signed16_t)lanes);
#else
    const pg_octet16_t own = { 1, 2, 4, 8, 16, 32, 64, 128,
                               1, 2, 4, 8, 16, 32, 64, 128 };
    const apr_uint64_t each = 0x0101010101010101u;
    apr_uint64_t half[2];

    lanes &= own;
    memcpy(half, &lanes, sizeof(half));
    /* The top octet of a product is the sum of all, in any byte order.    */
    return half[0] * each >> 56 | half[1] * each >> 56 << 8;
#endif
}

/** A bit for each of 64 octets that is c; the first is the lowest. No loop: it
 *  is hot. */
static inline apr_uint64_t pg_octet_bits64(const char *s, char c)
{
    return pg_octet_bits16(pg_octet_find16(s, c))
           | pg_octet_bits16(pg_octet_find16(s + 16, c)) << 16
           | pg_octet_bits16(pg_octet_find16(s + 32, c)) << 32
           | pg_octet_bits16(pg_octet_find16(s + 48, c)) << 48;
}

/** The lowest bit that is set in one that is not 0. */
static inline unsigned int pg_octet_lowest(apr_uint64_t bits)
{
    return (unsigned int)__builtin_ctzll(bits);
}

/** Are all PG_OCTET_PLAIN? Two that differ in one bit are looked for
 *  together. */
static inline bool pg_octet_plain16(pg_octet16_t octets)
{
    typedef signed char signed16_t __attribute__((vector_size(16)));
    pg_octet16_t odd = (pg_octet16_t)((signed16_t)octets < ' ')
        | pg_octet_is16(octets, '\x7f') | pg_octet_is16(octets, '"')
        | pg_octet_is16(octets, '\\')
        | pg_octet_is16(octets & (unsigned char)~1, '&')     /* and '\''   */
        | pg_octet_is16(octets & (unsigned char)~2, '<');    /* and '>'    */
    apr_uint64_t half[2];

    memcpy(half, &odd, sizeof(half));
    return (half[0] | half[1]) == 0;
}

#endif
