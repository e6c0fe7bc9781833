/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensors.h"

#include <stdio.h>

/* Months since January 1970. */
static apr_int64_t month_number(apr_time_t t)
{
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, t);
    return (apr_int64_t)(x.tm_year - 70) * 12 + x.tm_mon;
}

void pg_sensors_take(pg_sensor_t *out, const pg_snapshot_t *snapshot)
{
    out->month = snapshot->series[PG_PERIOD_MONTH].bucket;
    out->months = snapshot->series[PG_PERIOD_MONTH].n;
    out->taken = snapshot->taken;
}

void pg_sensors_align(pg_sensors_t *sensors)
{
    apr_int64_t last = -1;

    sensors->first = APR_INT64_MAX;
    for (int s = 0; s < sensors->n; s++) {
        const pg_sensor_t *sensor = &sensors->sensor[s];
        for (apr_size_t m = 0; m < sensor->months; m++) {
            apr_int64_t number = month_number(sensor->month[m].start);
            if (sensor->month[m].attempts == 0) {
                continue;
            }
            sensors->first = number < sensors->first ? number
                                                     : sensors->first;
            last = number > last ? number : last;
        }
    }
    sensors->months = last < 0 ? 0 : (apr_size_t)(last - sensors->first + 1);
    for (int s = 0; s < sensors->n; s++) {
        sensors->partial = sensors->partial || (sensors->sensor[s].taken
            && month_number(sensors->sensor[s].taken) == last);
    }
}

apr_uint64_t pg_sensors_count(const pg_sensors_t *sensors, int sensor,
                              apr_size_t month, pg_family_e family)
{
    const pg_sensor_t *one = &sensors->sensor[sensor];
    apr_int64_t number = sensors->first + (apr_int64_t)month;
    apr_uint64_t sum = 0;

    for (apr_size_t m = 0; m < one->months; m++) {
        if (one->month[m].attempts
            && month_number(one->month[m].start) == number) {
            sum += one->month[m].by_family[family];
        }
    }
    return sum;
}

bool pg_sensors_shows(const pg_sensors_t *sensors, int only,
                      pg_family_e family)
{
    if (sensors->months == 0 || (only >= 0 && only != (int)family)) {
        return false;
    }
    for (int s = 0; s < sensors->n; s++) {
        for (apr_size_t m = 0; m < sensors->sensor[s].months; m++) {
            if (sensors->sensor[s].month[m].by_family[family]) {
                return true;
            }
        }
    }
    return only >= 0;
}

const char *pg_sensors_month(char *out, apr_size_t size,
                             const pg_sensors_t *sensors, apr_size_t month)
{
    apr_int64_t number = sensors->first + (apr_int64_t)month;

    snprintf(out, size, "%04d-%02d", (int)(number / 12 + 1970),
             (int)(number % 12 + 1));
    return out;
}
