/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logword.h"

/* The highest that each class is answered with: 103, 208, 308, ... */
bool pg_logword_is_status(pg_span_t s)
{
    static const int last[] = { 3, 8, 8, 99, 30 };
    int detail;

    if (s.len != 3 || !pg_logline_is_number(s)
        || s.ptr[0] < '1' || s.ptr[0] > '5') {
        return false;
    }
    detail = (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
    return detail <= last[s.ptr[0] - '1']
           || pg_span_eq(s, PG_SPAN("226")) || pg_span_eq(s, PG_SPAN("599"));
}

bool pg_logword_is_key(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is(s.ptr[i], PG_OCTET_DNS) && s.ptr[i] != '.') {
            return false;
        }
    }
    return s.len > 0;
}

bool pg_logword_is_gap(char c)
{
    switch (c) {
    case ' ': case '\t': case '|': case ',': case ';': case '"':
    case '(': case ')': case '<': case '>': case '`':
        return true;
    default:
        return false;
    }
}

pg_span_t pg_logword_next(pg_span_t *s)
{
    apr_size_t n = 0;
    pg_span_t word;

    while (s->len && pg_logword_is_gap(s->ptr[0])) {
        *s = pg_span_from(*s, 1);
    }
    while (n < s->len && !pg_logword_is_gap(s->ptr[n])) {
        n++;
    }
    word = n ? pg_span_upto(*s, n) : PG_ABSENT;
    *s = pg_span_from(*s, n);
    if (word.len > 2 && word.ptr[0] == '\'' && word.ptr[n - 1] == '\'') {
        word = pg_span_make(word.ptr + 1, n - 2);
    }
    return word;
}

bool pg_logword_quoted(pg_span_t line, apr_size_t *at, pg_span_t *inside)
{
    apr_size_t begin = *at + pg_span_find(pg_span_from(line, *at), '"');
    apr_size_t end = begin + 1;

    if (begin >= line.len) {
        return false;
    }
    while (end < line.len && line.ptr[end] != '"') {
        end += line.ptr[end] == '\\' ? 2 : 1;
    }
    end = end < line.len ? end : line.len;
    *inside = pg_span_make(line.ptr + begin + 1, end - begin - 1);
    *at = end + 1;
    return true;
}
