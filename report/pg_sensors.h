/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The monthly histories of several sensors, side by side. */
#ifndef PG_SENSORS_H
#define PG_SENSORS_H

#include <apr_pools.h>

#include "pg_snapshot.h"

enum {
    PG_SENSORS_MAX = 8           /* as many colours as can be told apart  */
};

/** One sensor: its months, oldest first, without gaps. */
typedef struct pg_sensor_t {
    const char *name;
    const pg_bucket_t *month;    /* by_family and start are set           */
    apr_size_t months;
    apr_time_t taken;            /* when; the last month may be partial   */
} pg_sensor_t;

/** All of them, over the same months. */
typedef struct pg_sensors_t {
    pg_sensor_t *sensor;
    int n;
    apr_int64_t first;           /* number of the first month             */
    apr_size_t months;           /* 0: nobody saw anything                */
    bool partial;                /* the last month is not over            */
} pg_sensors_t;

/** Take the months of a snapshot. */
void pg_sensors_take(pg_sensor_t *out, const pg_snapshot_t *snapshot);

/** Set the months from the first to the last that any sensor saw an attempt
 *  in. */
void pg_sensors_align(pg_sensors_t *sensors);

/** Attempts of a family that a sensor saw in a month (0 to months - 1). */
apr_uint64_t pg_sensors_count(const pg_sensors_t *sensors, int sensor,
                              apr_size_t month, pg_family_e family);

/** Is a family to be shown: the only one asked for, or with -1 any that some
 *  sensor saw? Nothing is when nobody saw anything. */
bool pg_sensors_shows(const pg_sensors_t *sensors, int only,
                      pg_family_e family);

/** "2014-04". @param out  at least 8 octets */
const char *pg_sensors_month(char *out, apr_size_t size,
                             const pg_sensors_t *sensors, apr_size_t month);

#endif
