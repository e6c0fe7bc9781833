/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Country and network of an address, from a database that a reader of reports
 * has named. The module itself never uses one. */
#ifndef PG_GEO_H
#define PG_GEO_H

#include <apr_pools.h>

#include "pg_sensors.h"
#include "pg_span.h"

typedef struct pg_place_t {
    char country[3];             /* "JP" (ISO 3166-1); "": not known      */
    char network[80];            /* "AS2527 Sony Network"; likewise; any
                                    octets, as the database has them      */
} pg_place_t;

/** A database, or several. */
typedef struct pg_geo_t pg_geo_t;
struct pg_geo_t {
    /** Both are "" for anything that is not an address in it. */
    void (*find)(pg_place_t *out, const pg_geo_t *geo, pg_span_t address);
};

/** Attempts from one country, by sensor. */
typedef struct pg_country_t {
    char name[3];                /* "": not known                         */
    apr_uint64_t sum;
    apr_uint64_t *count;         /* one for each sensor                   */
} pg_country_t;

/** The countries of the listed sources, most attempts first.
 *  @return in pool; NULL without a database or sources */
const pg_country_t *pg_geo_countries(int *n, const pg_geo_t *geo,
                                     const pg_sensors_t *sensors,
                                     apr_pool_t *pool);

#endif
