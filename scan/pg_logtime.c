/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logtime.h"

#include "pg_calendar.h"

typedef struct date_t {
    int year, month, day, hour, minute, second;
    int micro;
    int zone;                    /* minutes east of UTC                   */
} date_t;

/* Exactly n digits at s[*at]. */
static bool take_number(pg_span_t s, apr_size_t *at, apr_size_t n, int *out)
{
    int value = 0;

    if (s.len - *at < n) {
        return false;
    }
    for (apr_size_t i = 0; i < n; i++) {
        char c = s.ptr[*at + i];
        if (!pg_octet_is_digit(c)) {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += n;
    *out = value;
    return true;
}

static bool take_char(pg_span_t s, apr_size_t *at, char c)
{
    if (*at < s.len && s.ptr[*at] == c) {
        (*at)++;
        return true;
    }
    return false;
}

static bool take_month(pg_span_t s, apr_size_t *at, int *out)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (s.len - *at < 3) {
        return false;
    }
    for (int i = 0; i < 12; i++) {
        if (pg_span_ieq(pg_span_make(names + i * 3, 3),
                        pg_span_make(s.ptr + *at, 3))) {
            *at += 3;
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_clock(pg_span_t s, apr_size_t *at, date_t *d)
{
    return take_number(s, at, 2, &d->hour) && take_char(s, at, ':')
           && take_number(s, at, 2, &d->minute) && take_char(s, at, ':')
           && take_number(s, at, 2, &d->second);
}

/* ".123456789": what is finer than a microsecond is read and forgotten. */
static void take_fraction(pg_span_t s, apr_size_t *at, date_t *d)
{
    int scale = 100000;

    if (!take_char(s, at, '.') && !take_char(s, at, ',')) {
        return;
    }
    while (*at < s.len && pg_octet_is_digit(s.ptr[*at])) {
        d->micro += (s.ptr[*at] - '0') * scale;
        scale /= 10;
        (*at)++;
    }
}

/* "Z", "+0900", "+09:00", or nothing for UTC. */
static bool take_zone(pg_span_t s, apr_size_t *at, date_t *d)
{
    int hours, minutes;
    bool west;

    if (*at == s.len || take_char(s, at, 'Z')) {
        return true;
    }
    west = s.ptr[*at] == '-';
    if (!west && s.ptr[*at] != '+') {
        return false;
    }
    (*at)++;
    if (!take_number(s, at, 2, &hours)) {
        return false;
    }
    take_char(s, at, ':');
    if (!take_number(s, at, 2, &minutes) || hours > 14 || minutes > 59) {
        return false;
    }
    d->zone = (hours * 60 + minutes) * (west ? -1 : 1);
    return true;
}

static bool parse_clf(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    return take_number(s, &at, 2, &d->day) && take_char(s, &at, '/')
           && take_month(s, &at, &d->month) && take_char(s, &at, '/')
           && take_number(s, &at, 4, &d->year) && take_char(s, &at, ':')
           && take_clock(s, &at, d)
           && (take_char(s, &at, ' ') || at == s.len)
           && take_zone(s, &at, d) && at == s.len;
}

static bool parse_iso(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    if (!(take_number(s, &at, 4, &d->year) && take_char(s, &at, '-')
          && take_number(s, &at, 2, &d->month) && take_char(s, &at, '-')
          && take_number(s, &at, 2, &d->day)
          && (take_char(s, &at, 'T') || take_char(s, &at, 't')
              || take_char(s, &at, ' '))
          && take_clock(s, &at, d))) {
        return false;
    }
    take_fraction(s, &at, d);
    take_char(s, &at, ' ');
    return take_zone(s, &at, d) && at == s.len;
}

/* The calendar's own limits; 60 is a leap second. */
static bool date_to_time(apr_time_t *out, const date_t *d)
{
    apr_int64_t days, seconds;
    pg_moment_t same;

    if (d->year < 1970 || d->year > 2199 || d->month < 1 || d->month > 12
        || d->day < 1 || d->day > 31 || d->hour > 23 || d->minute > 59
        || d->second > 60) {
        return false;
    }
    days = pg_calendar_day(d->year, d->month, d->day);
    pg_calendar_split(&same, days * 86400 * APR_USEC_PER_SEC);
    if (same.month != d->month) {
        return false;
    }
    seconds = days * 86400 + d->hour * 3600 + d->minute * 60 + d->second
              - (apr_int64_t)d->zone * 60;
    if (seconds < 0) {
        return false;
    }
    *out = seconds * APR_USEC_PER_SEC + d->micro;
    return true;
}

/* The unit is told by the size: 2200 is 7.3e9 in seconds. */
static bool parse_epoch(apr_time_t *out, pg_span_t s)
{
    apr_int64_t whole = 0;
    apr_size_t at = 0;
    date_t d = { 0 };

    while (at < s.len && pg_octet_is_digit(s.ptr[at])) {
        if (at == 16) {
            return false;
        }
        whole = whole * 10 + (s.ptr[at++] - '0');
    }
    if (at < 9) {
        return false;
    }
    take_fraction(s, &at, &d);
    if (at != s.len) {
        return false;
    }
    if (whole < APR_INT64_C(7258118400)) {
        *out = whole * APR_USEC_PER_SEC + d.micro;
    }
    else if (whole < APR_INT64_C(7258118400000)) {
        *out = whole * 1000;
    }
    else {
        *out = whole;
    }
    return *out < APR_INT64_C(7258118400) * APR_USEC_PER_SEC;
}

bool pg_logtime_parse(apr_time_t *out, pg_span_t s)
{
    date_t d = { 0 };
    apr_time_t t = 0;

    if (s.len >= 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']') {
        s = pg_span_make(s.ptr + 1, s.len - 2);
    }
    if (s.len == 0) {
        return false;
    }
    if (parse_clf(&d, s) && date_to_time(out, &d)) {
        return true;
    }
    d = (date_t){ 0 };
    if (parse_iso(&d, s) && date_to_time(out, &d)) {
        return true;
    }
    if (parse_epoch(&t, s)) {
        *out = t;
        return true;
    }
    return false;
}
