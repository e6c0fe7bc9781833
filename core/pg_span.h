/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Pointer-and-length strings over octets somebody else owns. Nothing here
 * allocates, and nothing needs or writes a terminating NUL. ASCII only: no
 * function looks at the locale. */
#ifndef PG_SPAN_H
#define PG_SPAN_H

#include <stdbool.h>
#include <string.h>

#include <apr.h>

/** A run of octets. ptr NULL means "absent": not the same as empty. */
typedef struct pg_span_t {
    const char *ptr;
    apr_size_t len;
} pg_span_t;

/** A span over a string literal. */
#define PG_SPAN(literal) \
    ((pg_span_t){ .ptr = (literal), .len = sizeof(literal) - 1 })

/** A span over a NUL-terminated string; NULL gives the absent span. */
static inline pg_span_t pg_span_str(const char *s)
{
    return (pg_span_t){ .ptr = s, .len = s ? strlen(s) : 0 };
}

/** A span over n octets at p. */
static inline pg_span_t pg_span_make(const char *p, apr_size_t n)
{
    return (pg_span_t){ .ptr = p, .len = n };
}

/** The part from offset `from` (cut to the end) to the end. */
pg_span_t pg_span_from(pg_span_t s, apr_size_t from);

/** At most the first n octets. */
pg_span_t pg_span_upto(pg_span_t s, apr_size_t n);

/** Same octets. Absent equals absent, and does not equal empty. */
bool pg_span_eq(pg_span_t a, pg_span_t b);

/** Same octets but for the case of A to Z. */
bool pg_span_ieq(pg_span_t a, pg_span_t b);

/** Does s begin with prefix, the case of A to Z aside? */
bool pg_span_istarts(pg_span_t s, pg_span_t prefix);

/** Offset of the first c in s, or s.len when there is none. */
apr_size_t pg_span_find(pg_span_t s, char c);

/** Offset of the first octet of s that is one of set, or s.len. */
apr_size_t pg_span_find_any(pg_span_t s, const char *set);

/** Offset of the last c in s, or s.len when there is none. */
apr_size_t pg_span_rfind(pg_span_t s, char c);

/** Without the white space (pg_octet_is_space) at both ends. */
pg_span_t pg_span_trim(pg_span_t s);

/**
 * Copy s to out, A to Z as a to z.
 * @param out   at least s.len octets; no NUL is written
 */
void pg_span_lower(char *out, pg_span_t s);

/**
 * Copy as much of s as fits, and a NUL.
 * @param out   size octets; size is at least 1
 * @return octets copied, without the NUL
 */
apr_size_t pg_span_copy(char *out, apr_size_t size, pg_span_t s);

/** What an octet may be part of, as flags; one look-up where several
 *  comparisons would stand in the path of every request. */
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

/** Eight octets, A to Z as a to z. Each is below 0x80 when its top bit is left
 *  out, so that adding to it cannot carry into the next one. */
static inline apr_uint64_t pg_octets_lower(apr_uint64_t word)
{
    const apr_uint64_t each = 0x0101010101010101u;
    apr_uint64_t seven = word & (0x7f * each);
    apr_uint64_t from_a = seven + (0x80 - 'A') * each;
    apr_uint64_t past_z = seven + (0x80 - 'Z' - 1) * each;

    return word | ((from_a & ~past_z & ~word & (0x80 * each)) >> 2);
}

#endif
