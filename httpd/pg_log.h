/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines in the error log. Their ids and form are an interface (fail2ban
 * reads them): docs/messages.md has the list. */
#ifndef PG_LOG_H
#define PG_LOG_H

#include <httpd.h>
#include <http_log.h>

#include "pg_event.h"

/** Four digits; docs/messages.md lists each. Never used twice or again. */
#define PGLOGNO(n) "PG" #n ": "

/**
 * One attempt, one line, at warn:
 *
 *   PG0101: relay attempt denied: class=absolute family=get method="GET" ...
 *
 * What came from the client is in quotes and escaped, so that it can neither
 * end its quotes nor the line.
 */
void pg_log_attempt(const request_rec *r, const pg_event_t *event);

#endif
