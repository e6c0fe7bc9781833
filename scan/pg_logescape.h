/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Undoes what a server did to a field before writing it to its log. */
#ifndef PG_LOGESCAPE_H
#define PG_LOGESCAPE_H

#include "pg_span.h"

/**
 * Undo httpd's escaping (ap_escape_logitem: \" \\ \b \n \r \t \f \v \xhh) and
 * nginx's (\xHH). A backslash that begins none of these is kept: some servers
 * escape nothing.
 *
 * @param out  at least s.len octets; may be s.ptr itself
 * @return the octets; points to s when nothing was escaped, else to out;
 *         absent for an absent span
 */
pg_span_t pg_logescape_undo(char *out, pg_span_t s);

#endif
