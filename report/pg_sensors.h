/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The monthly histories of several sensors, side by side. */
#ifndef PG_SENSORS_H
#define PG_SENSORS_H

#include <apr_pools.h>

#include "pg_lang.h"
#include "pg_snapshot.h"
#include "pg_trend.h"

/** One sensor. From its snapshot the months, the covered time and the time of
 *  taking are used. */
typedef struct pg_sensor_t {
    const char *name;
    const pg_snapshot_t *s;
} pg_sensor_t;

/** All of them, over the same months. */
typedef struct pg_sensors_t {
    const pg_sensor_t *sensor;
    int n;
    apr_time_t since, until;     /* only months in [since, until); 0: all */
    apr_time_t now;
    apr_time_t first;            /* first instant of the first month      */
    int months;                  /* 0: no sensor saw anything             */
} pg_sensors_t;

/** Set the months to those requested, from the first to the last in which any
 *  sensor saw an attempt. */
void pg_sensors_align(pg_sensors_t *sensors);

/** First instant of a month, 0 to months - 1. */
apr_time_t pg_sensors_start(const pg_sensors_t *sensors, int month);

/** Attempts of a family that a sensor saw in a month. */
apr_uint64_t pg_sensors_count(const pg_sensors_t *sensors, int sensor,
                              int month, pg_family_e family);

/** The least complete state of a month among n sensors from `first` on. */
pg_reached_e pg_sensors_reached(const pg_sensors_t *sensors, int first, int n,
                                int month);

/** Did a sensor watch any part of a month? */
bool pg_sensors_watched(const pg_sensors_t *sensors, int sensor, int month);

/** Is a family to be shown: the only one requested, or with -1 any that some
 *  sensor saw? None is when no sensor saw anything. */
bool pg_sensors_shows(const pg_sensors_t *sensors, int only,
                      pg_family_e family);

/**
 * How a family changed at each sensor, within the last year where there is
 * one, else since the month before: "north has more than doubled since October
 * 2013; south is unchanged." A sensor that has neither is left out.
 * @return in pool; NULL when there is nothing to compare
 */
const char *pg_sensors_words(const pg_sensors_t *sensors, pg_family_e family,
                             pg_lang_e lang, apr_pool_t *pool);

#endif
