/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* From a request's query string and headers to a view and a format. Only whole
 * names and bounded values; anything else is refused with one sentence that
 * does not repeat it. Pure. */
#ifndef PG_QUERY_H
#define PG_QUERY_H

#include "pg_report.h"
#include "pg_when.h"

/*  X(name, what it takes); docs/status-page.md is compared with it. */
#define PG_PARAMETERS(X)                                                      \
    X(format, "html, json, prometheus, openmetrics, csv, text or auto")       \
    X(auto, "no value: it is format=auto")                                    \
    X(lang, "en or ja")                                                       \
    X(mask, "0 or 1; no value is 1")                                          \
    X(window, "a number and m, h or d, from 1m to 800d, such as 24h")         \
    X(top, "a number from 1 to 100")                                          \
    X(refresh, "a number of seconds from 1 to 3600")                          \
    X(since, "a time such as " PG_WHEN_FORMS)                                 \
    X(until, "a time such as " PG_WHEN_FORMS)                                 \
    X(month, "a month such as 2014-10")                                       \
    X(months, "a number from 1 to 240")                                       \
    X(class, "the name of a class, such as connect-mail")                     \
    X(source, "an address as the page shows it")                              \
    X(target, "a host, or host:port, as the page shows it")                   \
    X(by, "month, day or hour, for format=csv")                               \
    X(tz, "UTC, or hours and minutes east of it, up to 14:00, such as +0900 " \
          "or -05:30")

/** Octets of a name that is asked for, at most. */
#define PG_QUERY_TEXT 320

typedef struct pg_query_t {
    pg_view_t view;
    const pg_format_t *format;   /* NULL: no parameter asked for one      */
    bool lang_given;
    bool month_given, range_given;   /* month; since or until             */
    char source[PG_QUERY_TEXT], target[PG_QUERY_TEXT]; /* view's texts    */
} pg_query_t;

/**
 * Parse a query string as received; only names that are searched for are
 * percent-decoded.
 * @param out   written in full, with defaults for what is not given. The view's
 *              texts are in it: it must live as long as the view
 * @param args  without '?'; absent is empty
 * @return NULL, or the name and the accepted form of the parameter that is
 *         wrong, as a sentence without what was sent
 */
const char *pg_query_parse(pg_query_t *out, pg_span_t args);

/**
 * Take one value, as given by an option of the command.
 * @param out  zeroed, or with what was taken before
 * @return NULL, or the accepted form, as words to follow "is not"
 */
const char *pg_query_take(pg_query_t *out, pg_span_t name, pg_span_t value);

/**
 * The format that an Accept field prefers; the default when it names none of
 * ours. With `metrics` set, only the metrics formats count.
 * @see RFC 9110 12.5.1
 */
const pg_format_t *pg_query_accept_format(pg_span_t accept, bool metrics);

/** The language an Accept-Language field prefers; English when none fits.
 *  @see RFC 9110 12.5.4; RFC 4647 3.3.1 */
pg_lang_e pg_query_accept_lang(pg_span_t accept_language);

#endif
