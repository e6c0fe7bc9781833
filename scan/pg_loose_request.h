/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The request in a line whose format is not known. */
#ifndef PG_LOOSE_REQUEST_H
#define PG_LOOSE_REQUEST_H

#include "pg_logline.h"

/** Is s a host with a port after it? */
bool pg_loose_request_is_authority(pg_span_t s);

/** Can it be a request-target? */
bool pg_loose_request_is_target(pg_span_t s);

/** Does s begin with a method, a blank and what can be a request-target? */
bool pg_loose_request_is_line(pg_span_t s);

/** The quoted text that is a request: one before a status, else any, else
 *  whatever is quoted before a status. A User-Agent that looks like a request
 *  comes later. */
bool pg_loose_request_quoted(pg_span_t *out, pg_span_t line);

/** A method and a target without quotes. */
bool pg_loose_request_bare(pg_logline_t *out, pg_span_t line);

/** What Gunicorn refused: "Invalid HTTP request line: '\x05\x01\x00'". */
bool pg_loose_request_refused(pg_span_t *out, pg_span_t line);

/** Does a line with a request for a path hold one for another site as well? */
bool pg_loose_request_is_joined(pg_span_t line);

/** May an unreadable line hold an attempt: "://", CONNECT and a host, or a
 *  SOCKS greeting? */
bool pg_loose_request_is_suspect(pg_span_t line);

#endif
