/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Sensors side by side: the formats of `proxyguard compare`. */
#ifndef PG_COMPARE_H
#define PG_COMPARE_H

#include "pg_geo.h"
#include "pg_sensors.h"
#include "pg_sink.h"

typedef struct pg_compare_t {
    pg_sensors_t all;
    int family;                  /* only this one; -1 = all that were seen */
    const pg_geo_t *geo;         /* NULL: no countries                    */
    pg_lang_e lang;
} pg_compare_t;

/** A format: its name, its renderer. */
typedef struct pg_compare_format_t {
    const char *name;
    apr_status_t (*render)(pg_sink_t *sink, const pg_compare_t *compare,
                           apr_pool_t *pool);
} pg_compare_format_t;

/** text, csv, html, svg; ends with name == NULL. */
const pg_compare_format_t *pg_compare_formats(void);

#endif
