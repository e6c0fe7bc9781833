/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_when.h"

#include "pg_calendar.h"

enum { ZONE_MOST = 14 * 60 };         /* minutes; of Kiritimati         */

/* The next `digits` digits between two bounds, after a separator (0: none). */
static bool number(pg_span_t *rest, char separator, apr_size_t digits,
                   int lowest, int highest, int *out)
{
    apr_size_t skip = separator ? 1 : 0;

    if (rest->len < digits + skip || (skip && rest->ptr[0] != separator)) {
        return false;
    }
    *out = 0;
    for (apr_size_t i = skip; i < digits + skip; i++) {
        if (!pg_octet_is_digit(rest->ptr[i])) {
            return false;
        }
        *out = *out * 10 + (rest->ptr[i] - '0');
    }
    *rest = pg_span_from(*rest, digits + skip);
    return *out >= lowest && *out <= highest;
}

static apr_time_t at(apr_int64_t day, int minutes)
{
    return apr_time_from_sec(day * 86400 + minutes * 60);
}

static bool minute(pg_range_t *out, apr_int64_t day, pg_span_t rest)
{
    int hours, minutes;

    if (!number(&rest, 'T', 2, 0, 23, &hours)
        || !number(&rest, ':', 2, 0, 59, &minutes)
        || !pg_span_eq(rest, PG_SPAN("Z"))) {
        return false;
    }
    *out = (pg_range_t){ at(day, hours * 60 + minutes),
                         at(day, hours * 60 + minutes + 1) };
    return true;
}

bool pg_when_parse(pg_range_t *out, pg_span_t s)
{
    int year, month, day;
    apr_int64_t number_of_month, first, next;

    if (!number(&s, 0, 4, 1970, 9999, &year)) {
        return false;
    }
    if (s.len == 0) {
        *out = (pg_range_t){ at(pg_calendar_day(year, 1, 1), 0),
                             at(pg_calendar_day(year + 1, 1, 1), 0) };
        return true;
    }
    if (!number(&s, '-', 2, 1, 12, &month)) {
        return false;
    }
    number_of_month = (apr_int64_t)(year - 1970) * 12 + month - 1;
    first = pg_calendar_month_start(number_of_month);
    next = pg_calendar_month_start(number_of_month + 1);
    if (s.len == 0) {
        *out = (pg_range_t){ at(first, 0), at(next, 0) };
        return true;
    }
    if (!number(&s, '-', 2, 1, (int)(next - first), &day)) {
        return false;
    }
    first += day - 1;
    *out = (pg_range_t){ at(first, 0), at(first + 1, 0) };
    return s.len == 0 || minute(out, first, s);
}

/* Two digits. @return -1: not digits */
static int two_digits(const char *s)
{
    return pg_octet_is_digit(s[0]) && pg_octet_is_digit(s[1])
           ? (s[0] - '0') * 10 + (s[1] - '0') : -1;
}

bool pg_when_zone(int *minutes, pg_span_t s)
{
    bool east = pg_span_istarts(s, PG_SPAN("%2B"));
    pg_span_t digits = pg_span_from(s, east ? 3 : 1);
    bool colon = digits.len == 5 && digits.ptr[2] == ':';
    int hours, rest;

    *minutes = 0;
    if (pg_span_eq(s, PG_SPAN("UTC")) || pg_span_eq(s, PG_SPAN("Z"))) {
        return true;
    }
    if (s.len == 0 || (!east && s.ptr[0] != '+' && s.ptr[0] != '-')
        || (digits.len != 4 && !colon)) {
        return false;
    }
    hours = two_digits(digits.ptr);
    rest = two_digits(digits.ptr + (colon ? 3 : 2));
    *minutes = (hours * 60 + rest) * (s.ptr[0] == '-' ? -1 : 1);
    return hours >= 0 && rest >= 0 && rest <= 59
           && hours * 60 + rest <= ZONE_MOST;
}
