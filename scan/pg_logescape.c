/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logescape.h"

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* The escape after a backslash at s[0..n-1]; octets used, 0 if there is
 * none. */
static apr_size_t undo_one(char *out, const char *s, apr_size_t n)
{
    static const char from[] = "\"\\bnrtfv'";
    static const char to[] = "\"\\\b\n\r\t\f\v'";
    pg_span_t all = pg_span_make(s, n);
    const char *at;

    if (n >= 3 && (s[0] == 'x' || s[0] == 'X') && pg_span_hex(all, 1) >= 0) {
        *out = (char)pg_span_hex(all, 1);
        return 3;
    }
    if (n >= 5 && memcmp(s, "u00", 3) == 0 && is_octal(s[3])
        && pg_span_hex(all, 3) >= 0) {
        *out = (char)pg_span_hex(all, 3);
        return 5;
    }
    if (n >= 3 && s[0] == '0' && is_octal(s[1]) && is_octal(s[2])) {
        *out = (char)((s[1] - '0') * 8 + s[2] - '0');
        return 3;
    }
    at = n ? memchr(from, s[0], sizeof(from) - 1) : NULL;
    if (at == NULL) {
        return 0;
    }
    *out = to[at - from];
    return 1;
}

pg_span_t pg_logescape_undo(char *out, pg_span_t s)
{
    apr_size_t used = pg_span_find(s, '\\');

    if (s.ptr == NULL || used == s.len) {
        return s;
    }
    memmove(out, s.ptr, used);
    for (apr_size_t i = used; i < s.len; i++) {
        apr_size_t taken = 0;
        if (s.ptr[i] == '\\') {
            taken = undo_one(out + used, s.ptr + i + 1, s.len - i - 1);
        }
        if (taken == 0) {
            out[used] = s.ptr[i];
        }
        used++;
        i += taken;
    }
    return pg_span_make(out, used);
}
