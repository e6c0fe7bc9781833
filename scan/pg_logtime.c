/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logtime.h"

#include "pg_calendar.h"

typedef struct date_t {
    int year, month, day, hour, minute, second;
    int micro;
    int zone;                    /* minutes east of UTC                   */
    bool zoned;                  /* the text stated it                    */
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

/* Months as written by strftime's %b and %B: English, as in most logs, then
 * German, French, Spanish, Italian, Portuguese, Dutch. Japanese and others
 * write a number. */
typedef struct month_t {
    const char *name;
    int month;
} month_t;

static const month_t months[] = {
    { "jan", 1 }, { "feb", 2 }, { "mar", 3 }, { "apr", 4 }, { "may", 5 },
    { "jun", 6 }, { "jul", 7 }, { "aug", 8 }, { "sep", 9 }, { "oct", 10 },
    { "nov", 11 }, { "dec", 12 },
    { "j\xc3\xa4n", 1 }, { "ene", 1 }, { "gen", 1 },
    { "fev", 2 }, { "f\xc3\xa9v", 2 },
    { "mrt", 3 }, { "maa", 3 }, { "m\xc3\xa4r", 3 },
    { "avr", 4 }, { "abr", 4 }, { "mai", 5 }, { "mag", 5 }, { "mei", 5 },
    { "juin", 6 }, { "giu", 6 }, { "juil", 7 }, { "lug", 7 },
    { "ao\xc3\xbb", 8 }, { "aou", 8 }, { "ago", 8 }, { "set", 9 },
    { "okt", 10 }, { "ott", 10 }, { "out", 10 },
    { "dez", 12 }, { "dic", 12 }, { "d\xc3\xa9" "c", 12 },
};

/* A name, in full or abbreviated with a '.'; or a number, perhaps followed by
 * the Japanese sign for "month". */
static bool take_month(pg_span_t s, apr_size_t *at, int *out)
{
    static const char sign[] = "\xe6\x9c\x88";
    pg_span_t rest = pg_span_from(s, *at);
    apr_size_t n = 0;

    while (n < rest.len && (pg_octet_is_alpha(rest.ptr[n])
                            || (unsigned char)rest.ptr[n] >= 0x80)) {
        n++;
    }
    for (apr_size_t i = 0; n && i < sizeof(months) / sizeof(months[0]); i++) {
        if (pg_span_istarts(pg_span_upto(rest, n),
                            pg_span_str(months[i].name))) {
            *out = months[i].month;
            *at += n;
            take_char(s, at, '.');
            return n < 16;
        }
    }
    if (!take_number(s, at, 2, out) && !take_number(s, at, 1, out)) {
        return false;
    }
    if (pg_span_istarts(pg_span_from(s, *at), PG_SPAN(sign))) {
        *at += sizeof(sign) - 1;
    }
    return true;
}

/* One digit or two. */
static bool take_short(pg_span_t s, apr_size_t *at, int *out)
{
    return take_number(s, at, 2, out) || take_number(s, at, 1, out);
}

static bool take_text(pg_span_t s, apr_size_t *at, const char *text)
{
    pg_span_t what = pg_span_str(text);

    if (!pg_span_istarts(pg_span_from(s, *at), what)) {
        return false;
    }
    *at += what.len;
    return true;
}

/* With colons, or the Japanese signs for the units. */
static bool take_clock(pg_span_t s, apr_size_t *at, date_t *d)
{
    return take_short(s, at, &d->hour)
           && (take_char(s, at, ':') || take_text(s, at, "\xe6\x99\x82"))
           && take_short(s, at, &d->minute)
           && (take_char(s, at, ':') || take_text(s, at, "\xe5\x88\x86"))
           && take_short(s, at, &d->second)
           && (take_text(s, at, "\xe7\xa7\x92") || true);
}

/* ".123456789": what is finer than a microsecond is read and dropped. */
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

typedef enum half_e { HALF_NONE, HALF_AM, HALF_PM } half_e;

/* " AM", " PM"; the space may be U+202F (Java, JavaScript); in Japanese they
 * are before the clock. */
static half_e take_half(pg_span_t s, apr_size_t *at)
{
    apr_size_t begun = *at;
    pg_span_t rest = pg_span_from(s, begun);

    if (rest.len < 3
        || ((unsigned char)rest.ptr[0] < 0x80
            && (rest.ptr[0] != ' ' || !pg_octet_is_alpha(rest.ptr[1])))) {
        return HALF_NONE;        /* as nearly always                      */
    }
    if (take_text(s, at, "\xe5\x8d\x88\xe5\x89\x8d")) {
        return HALF_AM;
    }
    if (take_text(s, at, "\xe5\x8d\x88\xe5\xbe\x8c")) {
        return HALF_PM;
    }
    if (take_char(s, at, ' ') || take_text(s, at, "\xe2\x80\xaf")) {
        if (take_text(s, at, "AM") || take_text(s, at, "a.m.")) {
            return HALF_AM;
        }
        if (take_text(s, at, "PM") || take_text(s, at, "p.m.")) {
            return HALF_PM;
        }
    }
    *at = begun;
    return HALF_NONE;
}

/* The clock has twelve hours. */
static bool set_half(date_t *d, half_e half)
{
    if (half != HALF_NONE) {
        if (d->hour < 1 || d->hour > 12) {
            return false;
        }
        d->hour = d->hour % 12 + (half == HALF_PM ? 12 : 0);
    }
    return true;
}

/* "Z", "UTC", "GMT", "+0900", "+09:00", or nothing for none. */
static bool take_zone(pg_span_t s, apr_size_t *at, date_t *d)
{
    pg_span_t rest = pg_span_from(s, *at);
    int hours, minutes;
    bool west;

    d->zoned = true;
    if (*at == s.len) {
        d->zoned = false;
        return true;
    }
    if (pg_span_eq(rest, PG_SPAN("UTC")) || pg_span_eq(rest, PG_SPAN("GMT"))) {
        *at += 3;
        return true;
    }
    if (take_char(s, at, 'Z')) {
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

/* Between a date and its clock: ':', ' ', ", ". */
static bool take_gap(pg_span_t s, apr_size_t *at)
{
    return take_char(s, at, ':')
           || ((take_char(s, at, ',') || true) && take_char(s, at, ' '));
}

/* Between the parts of a date. */
static bool take_slash(pg_span_t s, apr_size_t *at)
{
    return take_char(s, at, '/') || take_char(s, at, '-')
           || take_char(s, at, '.');
}

/* After a number of a date: a separator, or the Japanese unit's sign. */
static bool take_unit(pg_span_t s, apr_size_t *at, const char *sign)
{
    return take_text(s, at, sign) || take_char(s, at, '-')
           || take_char(s, at, '/');
}

/* A clock and what may follow it, up to the end. */
static bool take_rest(pg_span_t s, apr_size_t *at, date_t *d)
{
    half_e half = take_half(s, at);

    if (!take_clock(s, at, d)) {
        return false;
    }
    take_fraction(s, at, d);
    half = half == HALF_NONE ? take_half(s, at) : half;
    if (!set_half(d, half)) {
        return false;
    }
    take_char(s, at, ' ');
    return take_zone(s, at, d) && *at == s.len;
}

/* The second number of three is the month, unless no month has it. */
static void swap_month(date_t *d)
{
    int day = d->month;

    if (day > 12 && d->day <= 12) {
        d->month = d->day;
        d->day = day;
    }
}

/* 18/Nov/2024:11:02:03 +0000, with a blank for the colon as well, or days
 * and months of one digit; 18.11.2024 11:02:03. */
static bool parse_clf(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    if (!take_short(s, &at, &d->day)
        || !take_slash(s, &at) || !take_month(s, &at, &d->month)
        || !take_slash(s, &at) || !take_number(s, &at, 4, &d->year)) {
        return false;
    }
    swap_month(d);
    return take_gap(s, &at) && take_rest(s, &at, d);
}

/* 11/18/2024 11:02:03 */
static bool parse_month_first(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    return take_short(s, &at, &d->month)
           && take_char(s, &at, '/') && take_short(s, &at, &d->day)
           && take_char(s, &at, '/') && take_number(s, &at, 4, &d->year)
           && d->month <= 12
           && take_gap(s, &at) && take_rest(s, &at, d);
}

/* The month comes first with a 12-hour clock, and without leading zeros, as
 * IIS, .NET and JavaScript write it. */
static bool parse_american(date_t *d, pg_span_t s)
{
    return s.len > 4 && (s.ptr[1] == '/' || s.ptr[4] == '/'
                         || pg_octet_lower(s.ptr[s.len - 1]) == 'm')
           && parse_month_first(d, s);
}

/* 2024-11-18T11:02:03Z; 2024/11/18 11:02:03 from nginx and Go; 2024/11/18 -
 * 11:02:03 from Gin. */
static bool parse_iso(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    return take_number(s, &at, 4, &d->year)
           && take_unit(s, &at, "\xe5\xb9\xb4")
           && take_short(s, &at, &d->month)
           && take_unit(s, &at, "\xe6\x9c\x88")
           && take_short(s, &at, &d->day)
           && (take_unit(s, &at, "\xe6\x97\xa5")
               || take_char(s, &at, ',') || true)
           && (take_text(s, &at, "T") || take_char(s, &at, ' '))
           && (!take_char(s, &at, '-') || take_char(s, &at, ' '))
           && take_rest(s, &at, d);
}

/* "Mon ", "Mon, ", "quarta-feira, ": ignored. */
static void take_weekday(pg_span_t s, apr_size_t *at)
{
    apr_size_t n = 0;

    while (n < s.len && (pg_octet_is_alpha(s.ptr[n]) || s.ptr[n] == '-'
                         || s.ptr[n] == '.'
                         || (unsigned char)s.ptr[n] >= 0x80)) {
        n++;
    }
    if (n >= 2) {
        take_char(s, &n, ',');
        *at = take_char(s, &n, ' ') ? n : *at;
    }
}

/* " de ", as in Spanish and Portuguese, or a blank. */
static bool take_of(pg_span_t s, apr_size_t *at)
{
    return take_text(s, at, " de ") || take_char(s, at, ' ');
}

/* Between a date in words and its clock. */
static bool take_at(pg_span_t s, apr_size_t *at)
{
    take_char(s, at, ',');
    return take_text(s, at, " at ") || take_text(s, at, " um ")
           || take_text(s, at, " \xc3\xa0 ")
           || take_text(s, at, " \xc3\xa0s ") || take_char(s, at, ' ');
}

/* Mon, 18 Nov 2024 11:02:03 GMT (RFC 9110 5.6.7); 18. November 2024 ...; 18
 * de novembro de 2024 ... */
static bool parse_date_field(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    take_weekday(s, &at);
    return take_short(s, &at, &d->day)
           && (take_char(s, &at, '.') || true) && take_of(s, &at)
           && take_month(s, &at, &d->month) && take_of(s, &at)
           && take_number(s, &at, 4, &d->year) && take_at(s, &at)
           && take_rest(s, &at, d);
}

/* Nov 18, 2024 11:02:03 AM, as from Java's loggers; also with the month in
 * full. */
static bool parse_long(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    if (pg_span_find(s, ',') < pg_span_find(s, ' ')) {
        take_weekday(s, &at);
    }
    return take_month(s, &at, &d->month) && take_char(s, &at, ' ')
           && take_short(s, &at, &d->day) && take_char(s, &at, ',')
           && take_char(s, &at, ' ') && take_number(s, &at, 4, &d->year)
           && take_at(s, &at) && take_rest(s, &at, d);
}

/* Mon Nov 18 11:02:03.123456 2024, as in httpd's error log. */
static bool parse_asctime(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    take_weekday(s, &at);
    if (at == 0 || !take_month(s, &at, &d->month)
        || !take_char(s, &at, ' ')) {
        return false;
    }
    take_char(s, &at, ' ');
    if (!take_short(s, &at, &d->day)
        || !take_char(s, &at, ' ') || !take_clock(s, &at, d)) {
        return false;
    }
    take_fraction(s, &at, d);
    if (!take_char(s, &at, ' ') || !take_number(s, &at, 4, &d->year)) {
        return false;
    }
    take_char(s, &at, ' ');
    return take_zone(s, &at, d) && at == s.len;
}

/* 20241118110203, as strftime's %Y%m%d%H%M%S writes it: no count of anything
 * since 1970 has 14 digits, if it is later than 1973. With a T between date
 * and clock as well (ISO 8601's basic format). */
static bool parse_compact(date_t *d, pg_span_t s)
{
    apr_size_t at = 0;

    if (!take_number(s, &at, 4, &d->year) || !take_number(s, &at, 2, &d->month)
        || !take_number(s, &at, 2, &d->day)) {
        return false;
    }
    take_text(s, &at, "T");
    if (!take_number(s, &at, 2, &d->hour)
        || !take_number(s, &at, 2, &d->minute)
        || !take_number(s, &at, 2, &d->second)) {
        return false;
    }
    take_fraction(s, &at, d);
    return take_zone(s, &at, d) && at == s.len;
}

/* The calendar's own limits; 60 is a leap second. */
static bool date_to_time(apr_time_t *out, const date_t *d)
{
    apr_int64_t days, seconds;
    pg_moment_t same;

    if (d->year < 1970 || d->year > 2199 || d->hour > 23 || d->minute > 59
        || d->second > 60) {
        return false;
    }
    days = pg_calendar_day(d->year, d->month, d->day);
    pg_calendar_split(&same, days * 86400 * APR_USEC_PER_SEC);
    if (same.month != d->month) {        /* there is no such day or month */
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

/* The size shows the unit: the year 2200 is 7.3e9 in seconds. */
static bool parse_epoch(apr_time_t *out, pg_span_t s)
{
    static const apr_uint64_t limit = APR_UINT64_C(7258118400);
    apr_uint64_t n = 0;
    apr_size_t at = 0;
    date_t d = { 0 };

    while (at < s.len && pg_octet_is_digit(s.ptr[at])) {
        if (at == 19) {
            return false;
        }
        n = n * 10 + (apr_uint64_t)(s.ptr[at++] - '0');
    }
    if (at < 9) {
        return false;
    }
    take_fraction(s, &at, &d);
    if (at != s.len) {
        return false;
    }
    n = n < limit ? n * APR_USEC_PER_SEC + (apr_uint64_t)d.micro
        : n < limit * 1000 ? n * 1000
        : n < limit * APR_USEC_PER_SEC ? n : n / 1000;
    *out = (apr_time_t)n;
    return n < limit * APR_USEC_PER_SEC;
}

typedef bool (*form_t)(date_t *d, pg_span_t s);

static const form_t forms[] = {
    parse_american, parse_clf, parse_iso, parse_date_field, parse_asctime,
    parse_long, parse_compact
};

static pg_span_t without_brackets(pg_span_t s)
{
    return s.len && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']'
           ? pg_span_make(s.ptr + 1, s.len - 2) : s;
}

static bool zoned_to_time(apr_time_t *out, date_t *d, int zone)
{
    d->zone = d->zoned ? d->zone : zone;
    return date_to_time(out, d);
}

bool pg_logtime_parse_in(apr_time_t *out, pg_span_t s, int zone)
{
    apr_time_t t = 0;

    s = without_brackets(s);
    if (s.len == 0) {
        return false;
    }
    for (apr_size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        date_t d = { .zone = 0 };
        if (forms[i](&d, s)) {
            return zoned_to_time(out, &d, zone);
        }
    }
    if (parse_epoch(&t, s)) {
        *out = t;
        return true;
    }
    return false;
}

bool pg_logtime_parse_month_first(apr_time_t *out, pg_span_t s, int zone)
{
    date_t d = { .zone = 0 };

    return parse_month_first(&d, without_brackets(s))
           && zoned_to_time(out, &d, zone);
}

/* The seconds in 18/Nov/2024:11:02:03 +0000, and in whatever has its clock in
 * the same place; -1: none has. */
static int seconds_of(pg_span_t s)
{
    apr_size_t at = 18;
    int seconds;

    return s.len == sizeof(((pg_logtime_last_t *)NULL)->text)
           && s.ptr[17] == ':' && s.ptr[20] == ' '
           && take_number(s, &at, 2, &seconds) && seconds <= 60 ? seconds : -1;
}

bool pg_logtime_parse_after(apr_time_t *out, pg_logtime_last_t *last,
                            pg_span_t s, int zone)
{
    int seconds = seconds_of(s);
    apr_time_t minute;

    if (seconds >= 0 && last->text[0] && memcmp(s.ptr, last->text, 18) == 0
        && memcmp(s.ptr + 20, last->text + 20, 6) == 0) {
        *out = last->minute + apr_time_from_sec(seconds);
        return true;
    }
    if (!pg_logtime_parse_in(out, s, zone)) {
        return false;
    }
    minute = *out - apr_time_from_sec(seconds);
    if (seconds >= 0) {
        memcpy(last->text, s.ptr, sizeof(last->text));
        last->minute = minute;
    }
    return true;
}

bool pg_logtime_parse(apr_time_t *out, pg_span_t s)
{
    return pg_logtime_parse_in(out, s, 0);
}

bool pg_logtime_parse_syslog(apr_time_t *out, pg_span_t s, apr_time_t now,
                             int zone)
{
    apr_size_t at = 0;
    date_t d = { .zone = zone };
    pg_moment_t today;

    if (!take_month(s, &at, &d.month) || !take_char(s, &at, ' ')) {
        return false;
    }
    take_char(s, &at, ' ');
    if (!take_short(s, &at, &d.day)
        || !take_char(s, &at, ' ') || !take_clock(s, &at, &d)
        || at != s.len) {
        return false;
    }
    pg_calendar_split(&today, now);
    d.year = today.year;
    if (date_to_time(out, &d) && *out <= now + APR_USEC_PER_SEC * 86400) {
        return true;
    }
    d.year--;
    return date_to_time(out, &d);
}
