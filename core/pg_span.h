/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Pointer-and-length strings over octets that the caller owns. Nothing here
 * allocates, and nothing needs or writes a terminating NUL. ASCII only: no
 * function looks at the locale. */
#ifndef PG_SPAN_H
#define PG_SPAN_H

#include <string.h>

#include "pg_octet.h"

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

/** A span that is not there. */
#define PG_ABSENT ((pg_span_t){ .ptr = NULL, .len = 0 })

/** From one place in a text to another. */
static inline pg_span_t pg_span_between(const char *begin, const char *end)
{
    return pg_span_make(begin, (apr_size_t)(end - begin));
}

/** The place after the last octet. */
static inline const char *pg_span_end(pg_span_t s)
{
    return s.ptr + s.len;
}

/** The part from offset `from` (cut to the end) to the end. */
pg_span_t pg_span_from(pg_span_t s, apr_size_t from);

/** At most the first n octets. */
static inline pg_span_t pg_span_upto(pg_span_t s, apr_size_t n)
{
    return pg_span_make(s.ptr, n < s.len ? n : s.len);
}

/** Same octets. Absent equals absent, and does not equal empty. */
bool pg_span_eq(pg_span_t a, pg_span_t b);

/** Below 0, 0 or above 0, as the octets of a sort before, with or after those
 *  of b: like words in a dictionary, absent after empty. */
int pg_span_compare(pg_span_t a, pg_span_t b);

/** Same octets but for the case of A to Z. */
bool pg_span_ieq(pg_span_t a, pg_span_t b);

/** Are n octets the same, the case of A to Z aside? */
bool pg_span_isame(const char *a, const char *b, apr_size_t n);

/** Does s begin with prefix, the case of A to Z aside? Mostly its first octet
 *  says no. */
static inline bool pg_span_istarts(pg_span_t s, pg_span_t prefix)
{
    return prefix.len == 0
           || (s.len >= prefix.len
               && pg_octet_lower(*s.ptr) == pg_octet_lower(*prefix.ptr)
               && pg_span_isame(s.ptr, prefix.ptr, prefix.len));
}

/** Is it one of these names, the case of A to Z aside?
 *  @param names  NULL follows the last */
bool pg_span_is_one_of(pg_span_t s, const char *const *names);

/** Offset of the first c in s, or s.len when there is none. */
apr_size_t pg_span_find(pg_span_t s, char c);

/** How many c are in s. */
apr_size_t pg_span_count(pg_span_t s, char c);

/** How many digits s begins with. */
apr_size_t pg_span_digits(pg_span_t s);

/** Offset of the first octet of s that is one of set, or s.len. */
apr_size_t pg_span_find_any(pg_span_t s, const char *set);

/** Offset of the last c in s, or s.len when there is none. */
apr_size_t pg_span_rfind(pg_span_t s, char c);

/** Take what precedes the first `end` off the front of *rest, and that octet
 *  too; all of it when there is none. */
pg_span_t pg_span_take(pg_span_t *rest, char end);

/** Take a line, with its LF if it has one, off the front of *rest. */
pg_span_t pg_span_take_line(pg_span_t *rest);

/** The value of the two hexadecimal digits at an offset of s; -1: there are
 *  not two. */
int pg_span_hex(pg_span_t s, apr_size_t at);

/** Offset of the first `what` in s, or s.len. */
static inline apr_size_t pg_span_search(pg_span_t s, const char *what)
{
    const char *at = s.len ? memmem(s.ptr, s.len, what, strlen(what)) : NULL;

    return at ? (apr_size_t)(at - s.ptr) : s.len;
}

/** Is it somewhere in s? */
static inline bool pg_span_has(pg_span_t s, const char *what)
{
    return pg_span_search(s, what) < s.len;
}

/** How many octets from offset `from` on are PG_OCTET_PLAIN. */
apr_size_t pg_span_plain(pg_span_t s, apr_size_t from);

/** Without the white space (pg_octet_is_space) at both ends. */
pg_span_t pg_span_trim(pg_span_t s);

/** The same, and then without the double quotes around it. */
pg_span_t pg_span_unquoted(pg_span_t s);

/**
 * Copy s to out, A to Z as a to z.
 * @param out   at least s.len octets; no NUL is written
 */
void pg_span_lower(char *out, pg_span_t s);

/**
 * Copy as much of s as fits, and a NUL.
 * @param out   size octets; with none nothing is written
 * @return octets copied, without the NUL
 */
apr_size_t pg_span_copy(char *out, apr_size_t size, pg_span_t s);

/** Room for a number of 64 bits. */
#define PG_SPAN_DECIMAL 20

/** A number in decimal digits, at the end of out. */
pg_span_t pg_span_decimal(char out[PG_SPAN_DECIMAL], apr_uint64_t n);

#endif
