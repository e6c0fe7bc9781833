/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_calendar.h"


#define DAY_SECONDS 86400
#define MICRO 1000000

/* The year is taken to begin in March, so that the leap day is its last;
 * 146097 days are 400 years; day 719468 of the year 0 is 1 January 1970. */
enum { ERA = 146097, EPOCH = 719468 };

/* Rounded down, of negative numbers too. */
static apr_int64_t floor_of(apr_int64_t n, apr_int64_t by)
{
    return n / by - (n % by < 0);
}

apr_int64_t pg_calendar_day(int year, int month, int day)
{
    apr_int64_t y = month <= 2 ? (apr_int64_t)year - 1 : year;
    apr_int64_t era = floor_of(y, 400);
    apr_int64_t in_era = y - era * 400;
    apr_int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
                          + day - 1;

    return era * ERA + in_era * 365 + in_era / 4 - in_era / 100 + in_year
           - EPOCH;
}

static void date_of(pg_moment_t *out, apr_int64_t day)
{
    apr_int64_t from = day + EPOCH;
    apr_int64_t era = floor_of(from, ERA);
    apr_int64_t rest = from - era * ERA;
    apr_int64_t year = (rest - rest / 1460 + rest / 36524 - rest / 146096)
                       / 365;
    apr_int64_t in_year = rest - (365 * year + year / 4 - year / 100);
    apr_int64_t month = (5 * in_year + 2) / 153;     /* 0 is March        */

    out->day = (int)(in_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year + era * 400 + (month >= 10));
}

apr_int64_t pg_calendar_month(apr_int64_t day)
{
    pg_moment_t m;

    date_of(&m, day);
    return ((apr_int64_t)m.year - 1970) * 12 + m.month - 1;
}

apr_int64_t pg_calendar_month_start(apr_int64_t month)
{
    apr_int64_t year = floor_of(month, 12);

    return pg_calendar_day((int)(year + 1970), (int)(month - year * 12) + 1,
                           1);
}

void pg_calendar_split(pg_moment_t *out, apr_time_t time)
{
    apr_int64_t second = floor_of(time, MICRO);
    apr_int64_t day = floor_of(second, DAY_SECONDS);
    int rest = (int)(second - day * DAY_SECONDS);

    date_of(out, day);
    out->hour = rest / 3600;
    out->minute = rest / 60 % 60;
    out->second = rest % 60;
    out->micro = (int)(time % MICRO);
    out->micro += out->micro < 0 ? MICRO : 0;
}

/* A number in so many digits, and what comes after it. */
static char *put(char *to, int number, int digits, char after)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10) {
        to[i] = (char)('0' + number % 10);
    }
    to[digits] = after;
    return to + digits + 1;
}

const char *pg_calendar_text(char out[PG_CALENDAR_SIZE], apr_time_t time,
                             pg_calendar_e form)
{
    static const unsigned char length[] = {
        [PG_CALENDAR_MONTH] = 7, [PG_CALENDAR_DAY] = 10,
        [PG_CALENDAR_MINUTE] = 16, [PG_CALENDAR_SECOND] = 19,
        [PG_CALENDAR_MILLI] = 23
    };
    pg_moment_t m;
    char *to = out;

    pg_calendar_split(&m, time);
    to = put(to, m.year < 0 || m.year > 9999 ? 0 : m.year, 4, '-');
    to = put(to, m.month, 2, '-');
    to = put(to, m.day, 2, 'T');
    to = put(to, m.hour, 2, ':');
    to = put(to, m.minute, 2, ':');
    to = put(to, m.second, 2, '.');
    put(to, m.micro / 1000, 3, '\0');
    to = out + length[form];
    if (form > PG_CALENDAR_DAY) {
        *to++ = 'Z';
    }
    *to = '\0';
    return out;
}
