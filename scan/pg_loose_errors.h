/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines of error logs, of httpd and of nginx. */
#ifndef PG_LOOSE_ERRORS_H
#define PG_LOOSE_ERRORS_H

#include "pg_logline.h"

/** httpd: "[day time] [module:level] ..."; nginx: "2024/11/18 11:02:04
 *  [error] 8#8: ..."; httpd before its log is open: "AH00558: ...". */
bool pg_loose_errors_is_line(pg_span_t line);

/** @return does it name a request? Client and time are read in any case. */
bool pg_loose_errors_read(pg_logline_t *out, pg_span_t line);

#endif
