/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose_time.h"

#include "pg_logtime.h"

/* "quarta-feira, 18 de novembro de 2024, 11:02:03.123456 PM +0100" */
enum { LONGEST = 80 };

/* What separates the words of a time. */
static const char time_gaps[] = " \t|,;\"'`()<>";

pg_span_t pg_loose_time_at_start(pg_span_t s)
{
    pg_span_t best = PG_ABSENT;
    apr_time_t time;

    s = pg_span_upto(pg_span_trim(s), LONGEST);
    for (apr_size_t end = 0; end < s.len; end++) {
        end += pg_span_find_any(pg_span_from(s, end), time_gaps);
        if (pg_logtime_parse(&time, pg_span_upto(s, end))) {
            best = pg_span_upto(s, end);
        }
    }
    return best;
}

/* "[...]" with a time in it, anywhere in s. Brackets that nothing closes are
 * not looked through for each of them. */
pg_span_t pg_loose_time_bracketed(pg_span_t s)
{
    apr_time_t time;

    while (s.len) {
        pg_span_t inside;
        s = pg_span_from(s, pg_span_find(s, '[') + 1);
        inside = pg_span_upto(s, LONGEST);
        inside = pg_span_upto(inside, pg_span_find(inside, ']'));
        if (inside.len && pg_logtime_parse(&time, inside)) {
            return inside;
        }
        inside = pg_loose_time_at_start(inside);     /* then a level, a pid */
        if (inside.len) {
            return inside;
        }
    }
    return PG_ABSENT;
}

/* A clock anywhere in s, with its date. */
static pg_span_t time_within(pg_span_t s)
{
    pg_span_t time = PG_ABSENT;

    while (s.len && time.ptr == NULL) {
        s = pg_span_trim(pg_span_from(s, pg_span_find_any(s, time_gaps) + 1));
        time = s.len && pg_octet_is_digit(s.ptr[0]) ? pg_loose_time_at_start(s)
                                                    : PG_ABSENT;
        time = pg_span_find(time, ':') < time.len ? time : PG_ABSENT;
    }
    return time;
}

pg_span_t pg_loose_time_find(pg_span_t line, pg_span_t before)
{
    apr_size_t at = pg_span_search(line, " at ");          /* Rails       */
    pg_span_t time = pg_loose_time_bracketed(before);

    if (time.ptr == NULL) {
        time = pg_loose_time_at_start(before);
    }
    while (time.ptr == NULL && before.len) {    /* after a client           */
        before = pg_span_trim(pg_span_from(before,
                              pg_span_find_any(before, time_gaps) + 1));
        time = pg_loose_time_at_start(before);
    }
    if (time.ptr == NULL) {
        time = pg_loose_time_bracketed(line);
    }
    if (time.ptr == NULL) {
        time = pg_loose_time_at_start(pg_span_from(line, at + 4));
    }
    return time.ptr ? time : time_within(line);   /* `before` is used up   */
}
