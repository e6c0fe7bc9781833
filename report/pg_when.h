/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A time as given in an option or a parameter. Pure. */
#ifndef PG_WHEN_H
#define PG_WHEN_H

#include "pg_snapshot.h"

/** The accepted forms, for messages. */
#define PG_WHEN_FORMS "2014, 2014-10, 2014-10-31 or 2014-10-31T15:04Z"

/**
 * The year, month, day or minute (UTC) that a text names.
 * @param out  from its first instant to that of the next
 * @return false when it has none of these forms
 */
bool pg_when_parse(pg_range_t *out, pg_span_t s);

/** A zone: UTC, +0900 or -05:30, also with "%2B" for the sign.
 *  @param minutes  east of UTC, -14 hours to 14 hours */
bool pg_when_zone(int *minutes, pg_span_t s);

#endif
