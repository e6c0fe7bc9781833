/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conceal.h"

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Can a host begin at this place? */
static bool begins_host(pg_span_t s, apr_size_t at)
{
    if (at == 0) {
        return true;
    }
    return at > 1 && is_slash(s.ptr[at - 1])
           && (is_slash(s.ptr[at - 2]) || s.ptr[at - 2] == ':');
}

static apr_size_t append(char *out, apr_size_t room, apr_size_t n,
                         pg_span_t more)
{
    apr_size_t fits = more.len < room - n ? more.len : room - n;

    if (fits > 0) {
        memcpy(out + n, more.ptr, fits);
    }
    return n + fits;
}

pg_span_t pg_conceal(char *out, apr_size_t room, pg_span_t target)
{
    apr_size_t from = 0, begin = 0, end = 0, n;

    if (pg_span_find(target, '@') == target.len) {
        return target;
    }
    for (apr_size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        if (c == '?' || c == '#') {
            break;
        }
        if (is_slash(c)) {
            from = i + 1;
        }
        /* The last '@' of the host: userinfo may hold some itself. */
        else if (c == '@' && i > from && begins_host(target, from)) {
            begin = from;
            end = i;
        }
    }
    if (end == 0) {
        return target;
    }
    n = append(out, room, 0, pg_span_upto(target, begin));
    n = append(out, room, n, PG_SPAN("(removed)"));
    n = append(out, room, n, pg_span_from(target, end));
    return pg_span_make(out, n);
}
