/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_span.h"

pg_span_t pg_span_from(pg_span_t s, apr_size_t from)
{
    if (s.ptr == NULL) {
        return s;
    }
    from = pg_span_upto(s, from).len;
    return pg_span_make(s.ptr + from, s.len - from);
}

bool pg_span_eq(pg_span_t a, pg_span_t b)
{
    if (a.ptr == NULL || b.ptr == NULL) {
        return a.ptr == b.ptr;
    }
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int pg_span_compare(pg_span_t a, pg_span_t b)
{
    apr_size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return order ? order
           : a.len != b.len ? (a.len < b.len ? -1 : 1)
           : (int)(a.ptr == NULL) - (int)(b.ptr == NULL);
}

bool pg_span_ieq(pg_span_t a, pg_span_t b)
{
    if (a.ptr == NULL || b.ptr == NULL) {
        return a.ptr == b.ptr;
    }
    return a.len == b.len && pg_span_istarts(a, b);
}

bool pg_span_is_one_of(pg_span_t s, const char *const *names)
{
    char first = s.len ? pg_octet_lower(*s.ptr) : '\0';

    while (*names && !(pg_octet_lower(**names) == first
                       && pg_span_ieq(s, pg_span_str(*names)))) {
        names++;
    }
    return *names != NULL;
}

static inline bool is_same_word(apr_uint64_t x, apr_uint64_t y)
{
    return x == y || pg_octet_lower8(x) == pg_octet_lower8(y);
}

static inline bool is_same8(const char *a, const char *b)
{
    apr_uint64_t x, y;

    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return is_same_word(x, y);
}

/* Four to eight octets in one word, some of them perhaps twice. */
static inline apr_uint64_t word_of(const char *s, apr_size_t n)
{
    apr_uint32_t first, last;

    memcpy(&first, s, 4);
    memcpy(&last, s + n - 4, 4);
    return (apr_uint64_t)first << 32 | last;
}

static inline bool is_same_short(const char *a, const char *b, apr_size_t n)
{
    apr_size_t i = 0;

    if (n >= 4) {
        return is_same_word(word_of(a, n), word_of(b, n));
    }
    while (i < n && pg_octet_lower(a[i]) == pg_octet_lower(b[i])) {
        i++;
    }
    return i == n;
}

bool pg_span_isame(const char *a, const char *b, apr_size_t n)
{
    apr_size_t i = 0;

    if (n < 8) {
        return is_same_short(a, b, n);
    }
    for (; n - i > 8; i += 8) {
        if (!is_same8(a + i, b + i)) {
            return false;
        }
    }
    /* the last eight, some of them again */
    return is_same8(a + n - 8, b + n - 8);
}

apr_size_t pg_span_find(pg_span_t s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;

    return at ? (apr_size_t)(at - s.ptr) : s.len;
}

apr_size_t pg_span_count(pg_span_t s, char c)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == c;
    }
    return n;
}

apr_size_t pg_span_digits(pg_span_t s)
{
    apr_size_t n = 0;

    while (n < s.len && pg_octet_is_digit(s.ptr[n])) {
        n++;
    }
    return n;
}

static apr_size_t first_of(pg_span_t s, const char *set)
{
    for (; *set; set++) {
        s.len = pg_span_find(s, *set);
    }
    return s.len;
}

/* In steps, or a text of many short words would be searched to its end for
 * each of them. */
apr_size_t pg_span_find_any(pg_span_t s, const char *set)
{
    pg_span_t near = pg_span_upto(s, 256);
    apr_size_t n = first_of(near, set);

    while (n == near.len && near.len < s.len) {
        near = pg_span_upto(s, near.len * 4);
        n = first_of(near, set);
    }
    return n;
}

apr_size_t pg_span_rfind(pg_span_t s, char c)
{
    for (apr_size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == c) {
            return i - 1;
        }
    }
    return s.len;
}

pg_span_t pg_span_take(pg_span_t *rest, char end)
{
    pg_span_t part = pg_span_upto(*rest, pg_span_find(*rest, end));

    *rest = pg_span_from(*rest, part.len + 1);
    return part;
}

pg_span_t pg_span_take_line(pg_span_t *rest)
{
    pg_span_t line = pg_span_upto(*rest, pg_span_find(*rest, '\n') + 1);

    *rest = pg_span_from(*rest, line.len);
    return line;
}

int pg_span_hex(pg_span_t s, apr_size_t at)
{
    s = pg_span_from(s, at);
    return s.len >= 2 && pg_octet_is_hex(s.ptr[0])
                   && pg_octet_is_hex(s.ptr[1])
               ? (int)(pg_octet_hex(s.ptr[0]) * 16 + pg_octet_hex(s.ptr[1]))
               : -1;
}

apr_size_t pg_span_plain(pg_span_t s, apr_size_t from)
{
    const apr_size_t many = sizeof(pg_octet16_t);
    apr_size_t i = from;

    while (i + many <= s.len
           && pg_octet_plain16(pg_octet_load16(s.ptr + i, many))) {
        i += many;
    }
    while (i < s.len && pg_octet_is(s.ptr[i], PG_OCTET_PLAIN)) {
        i++;
    }
    return i - from;
}

pg_span_t pg_span_trim(pg_span_t s)
{
    while (s.len && pg_octet_is_space(s.ptr[0])) {
        s = pg_span_from(s, 1);
    }
    while (s.len && pg_octet_is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

pg_span_t pg_span_unquoted(pg_span_t s)
{
    s = pg_span_trim(s);
    return s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"'
               ? pg_span_make(s.ptr + 1, s.len - 2) : s;
}

void pg_span_lower(char *out, pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        out[i] = pg_octet_lower(s.ptr[i]);
    }
}

apr_size_t pg_span_copy(char *out, apr_size_t size, pg_span_t s)
{
    apr_size_t n;

    if (size == 0) {
        return 0;
    }
    n = s.len < size ? s.len : size - 1;
    if (n) {
        memcpy(out, s.ptr, n);
    }
    out[n] = '\0';
    return n;
}

pg_span_t pg_span_decimal(char out[PG_SPAN_DECIMAL], apr_uint64_t n)
{
    apr_size_t at = PG_SPAN_DECIMAL;

    do {
        out[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return pg_span_make(out + at, PG_SPAN_DECIMAL - at);
}
