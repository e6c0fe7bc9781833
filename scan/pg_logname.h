/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What loggers call the fields of a request: the keys of JSON, of key=value
 * lines, of CSV's first line and of "#Fields:". */
#ifndef PG_LOGNAME_H
#define PG_LOGNAME_H

#include "pg_logline.h"

/** A field, and the rank of this name for it: of two names for one field in a
 *  line, the lower rank counts. */
typedef struct pg_logname_t {
    pg_field_e field;            /* PG_FIELD_SKIP: not a name we know     */
    int rank;
} pg_logname_t;

enum { PG_LOGNAME_MAX = 96 };    /* octets of a normalised name           */

/**
 * The meaning of a name.
 *
 * Case, '_', '-', '@', '.' and other marks do not matter: http_user_agent,
 * httpUserAgent and "http.user.agent" are one name.
 *
 * @param path  the name, with those of the objects around it, outermost first,
 *              joined by '.': the whole, the last two or the last one may be
 *              known; a collector's wrapper around everything is ignored
 */
pg_logname_t pg_logname_find(pg_span_t path);

/** The rank of a name with this value: a "-" gives way to the value of any
 *  other name. */
int pg_logname_rank(pg_logname_t name, pg_span_t value);

#endif
