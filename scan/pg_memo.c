/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_memo.h"

/* PG_MEMO_LINES: such a line is not kept. Needs no secret: two lines with the
 * same place only displace each other. */
static apr_size_t place_of(pg_span_t line)
{
    static const pg_nh_key_t key = { .finish = { 1, 1 } };

    if (line.len == 0 || line.len > PG_NH_MOST) {
        return PG_MEMO_LINES;
    }
    return (apr_size_t)pg_hash_nh(&key, line.ptr, line.len) % PG_MEMO_LINES;
}

const pg_verdict_t *pg_memo_find(const pg_memo_t *memo, pg_span_t line)
{
    apr_size_t i = place_of(line);

    return i < PG_MEMO_LINES && memo->entry[i].length == line.len
           && memcmp(memo->entry[i].line, line.ptr, line.len) == 0
           ? &memo->entry[i].verdict : NULL;
}

/* The same octets of a copy. */
static pg_span_t moved(pg_span_t s, const char *from, const char *to)
{
    return s.ptr ? pg_span_make(to + (s.ptr - from), s.len) : s;
}

void pg_memo_keep(pg_memo_t *memo, pg_span_t line,
                  const pg_verdict_t *verdict)
{
    apr_size_t i = place_of(line);
    pg_verdict_t *kept;
    char *copy;

    if (i == PG_MEMO_LINES) {
        return;
    }
    copy = memo->entry[i].line;
    kept = &memo->entry[i].verdict;
    memcpy(copy, line.ptr, line.len);
    memo->entry[i].length = line.len;
    *kept = *verdict;
    kept->method = moved(verdict->method, line.ptr, copy);
    kept->target = moved(verdict->target, line.ptr, copy);
    kept->host = moved(verdict->host, line.ptr, copy);
}
