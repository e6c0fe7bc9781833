/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines in the error log. Their ids and form are an interface (fail2ban
 * reads them): docs/messages.md has the list. */
#ifndef PG_LOG_H
#define PG_LOG_H

#include <httpd.h>
#include <http_log.h>

#include "pg_event.h"

/** Four digits; docs/messages.md lists each. Never used twice, nor reused. */
#define PGLOGNO(n) "PG" #n ": "

/** Bytes of the longest message; httpd's own limit leaves room for the rest
 *  of the line. */
enum { PG_LOG_MOST = MAX_STRING_LEN - 1024 };

/**
 * A message about s, formatted. Where ErrorLogFormat has %M inside double
 * quotes, as in JSON, those of the message become single quotes, and anything
 * but printable ASCII becomes \xNN here: httpd's escapes would not be JSON.
 * @return to
 */
const char *pg_log_text(char to[PG_LOG_MOST], const server_rec *s,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Log a message about a server; used for all except attempts. */
#define PG_LOG(level, s, ...)                                               \
    PG_LOG_STATUS(level, APR_SUCCESS, s, __VA_ARGS__)
/** The same, with what a call returned. */
#define PG_LOG_STATUS(level, status, s, ...)                                \
    do {                                                                    \
        char text_[PG_LOG_MOST];                                            \
        ap_log_error(APLOG_MARK, level, status, s, "%s",                    \
                     pg_log_text(text_, s, __VA_ARGS__));                   \
    } while (0)

/**
 * One attempt, one line, at warn:
 *
 *   PG0101: relay attempt denied: class=absolute method="GET" ...
 *
 * What came from the client is in quotes and escaped, so that it can end
 * neither its quotes nor the line. Where ErrorLogFormat has %M inside double
 * quotes, these quotes are single ones.
 */
void pg_log_attempt(const request_rec *r, const pg_event_t *event);

#endif
