/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The time in a line whose format is not known. */
#ifndef PG_LOOSE_TIME_H
#define PG_LOOSE_TIME_H

#include "pg_span.h"

/** The time that a text begins with: one to eight words; absent: none. */
pg_span_t pg_loose_time_at_start(pg_span_t s);

/** The time in the first brackets that hold one; absent: none. */
pg_span_t pg_loose_time_bracketed(pg_span_t s);

/** The time of a line.
 *  @param before  the part before the request */
pg_span_t pg_loose_time_find(pg_span_t line, pg_span_t before);

#endif
