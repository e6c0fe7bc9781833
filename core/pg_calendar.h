/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The calendar: days, months and dates of UTC, and how they are written. The
 * only place that knows it; no locale, no time zone of the machine, no limit
 * but that of 64 bits.
 * @see Fliegel, van Flandern, CACM 11 (1968) 657; RFC 3339 */
#ifndef PG_CALENDAR_H
#define PG_CALENDAR_H

#include <apr_time.h>

/** A moment of UTC, taken apart. */
typedef struct pg_moment_t {
    int year;                    /* 2026                                  */
    int month;                   /* 1 to 12                               */
    int day;                     /* 1 to 31                               */
    int hour, minute, second;
    int micro;                   /* 0 to 999999                           */
} pg_moment_t;

/** Days since 1 January 1970 of a date; month 1 to 12. */
apr_int64_t pg_calendar_day(int year, int month, int day);

/** Months since January 1970 that a day since 1 January 1970 lies in. */
apr_int64_t pg_calendar_month(apr_int64_t day);

/** First day of a month, both counted from January 1970. */
apr_int64_t pg_calendar_month_start(apr_int64_t month);

/** Take a time (us since 1970, also before) apart. */
void pg_calendar_split(pg_moment_t *out, apr_time_t time);

/** Enough for every form below. */
#define PG_CALENDAR_SIZE 28

/** How much of a moment is written. */
typedef enum pg_calendar_e {
    PG_CALENDAR_MONTH,           /* 2026-11                               */
    PG_CALENDAR_DAY,             /* 2026-11-22                            */
    PG_CALENDAR_MINUTE,          /* 2026-11-22T22:24Z                     */
    PG_CALENDAR_SECOND,          /* 2026-11-22T22:24:15Z (RFC 3339)       */
    PG_CALENDAR_MILLI            /* 2026-11-22T22:24:15.678Z (RFC 3339)   */
} pg_calendar_e;

/** A time in one of these forms; years outside 0 to 9999 are 0000.
 *  @return out */
const char *pg_calendar_text(char out[PG_CALENDAR_SIZE], apr_time_t time,
                             pg_calendar_e form);

#endif
