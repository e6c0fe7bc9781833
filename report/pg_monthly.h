/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The monthly report: each family at each sensor against the month before and
 * the same month a year ago, in words and in figures. */
#ifndef PG_MONTHLY_H
#define PG_MONTHLY_H

#include "pg_geo.h"
#include "pg_sensors.h"
#include "pg_sink.h"

typedef struct pg_monthly_t {
    pg_sensors_t all;
    apr_time_t month;            /* first instant of the month            */
    apr_time_t now;              /* for the date of a mail                */
    const pg_geo_t *geo;         /* NULL: no countries                    */
    const char *from, *to;       /* of a mail; to may be NULL             */
    pg_lang_e lang;
} pg_monthly_t;

typedef struct pg_monthly_format_t {
    const char *name;
    apr_status_t (*render)(pg_sink_t *sink, const pg_monthly_t *report,
                           apr_pool_t *pool);
} pg_monthly_format_t;

/** Is this "admin@example.org" or "Name <admin@example.org>", or a list of
 *  these with commas if there may be many? */
bool pg_monthly_are_mailboxes(const char *list, bool many);

/** text, html, markdown, mail; ends with name == NULL. */
const pg_monthly_format_t *pg_monthly_formats(void);

#endif
