/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Points in time as access logs write them. */
#ifndef PG_LOGTIME_H
#define PG_LOGTIME_H

#include <apr_time.h>

#include "pg_span.h"

/**
 * Read a time of any of these forms:
 *
 *     02/Jan/2014:03:04:05 +0900      CLF, as httpd and nginx write it; with
 *                                     a fraction, " PM", a ' ' for the ':',
 *                                     the month as a number or as de, es, fr,
 *                                     it, nl, pt and ja abbreviate it
 *     2014-01-02T03:04:05.678+09:00   RFC 3339; also with ' ', 'Z', no zone
 *     2014/01/02 03:04:05             nginx's error log, Go
 *     02.01.2014 03:04:05             also "02. Januar 2014" and, with signs
 *                                     after the numbers, Japanese
 *     1/2/2014, 3:04:05 AM            the month first where AM or PM follows
 *     Thu, 02 Jan 2014 03:04:05 GMT   RFC 9110 5.6.7
 *     Thu Jan 02 03:04:05.678 2014    httpd's error log
 *     20140102T030405+0900            also without T, zone, or both
 *     1388599445.678                  seconds since 1970; also whole ones,
 *                                     and milli-, micro- or nanoseconds
 *
 * each with or without brackets around it. No zone means UTC. Total; reads
 * the span only; knows no locale and no time zone of the machine.
 *
 * @param out  microseconds since 1970, UTC; untouched on failure
 * @return false if it has none of these forms, or is not between 1970 and 2200
 */
bool pg_logtime_parse(apr_time_t *out, pg_span_t s);

/** The same; a time without a zone is in this one, minutes east of UTC. */
bool pg_logtime_parse_in(apr_time_t *out, pg_span_t s, int zone);

/** Only 01/02/2014 03:04:05, whose first number is the month. */
bool pg_logtime_parse_month_first(apr_time_t *out, pg_span_t s, int zone);

/** The minute of the last CLF time that was read. */
typedef struct pg_logtime_last_t {
    char text[26];               /* the time; "" for none                 */
    apr_time_t minute;           /* when its minute began                 */
} pg_logtime_last_t;

/** The same again, with less work for a CLF time of the same minute as the
 *  last, as those of the lines of a log mostly are.
 *  @param last  zeroed at first; always with the same zone */
bool pg_logtime_parse_after(apr_time_t *out, pg_logtime_last_t *last,
                            pg_span_t s, int zone);

/** Syslog's "Jan 2 03:04:05" (RFC 3164), which has no year: the latest that is
 *  not in the future. */
bool pg_logtime_parse_syslog(apr_time_t *out, pg_span_t s, apr_time_t now,
                             int zone);

#endif
