/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensors.h"

#include "pg_calendar.h"
#include "pg_course.h"
#include "pg_covered.h"
#include "pg_render.h"

static apr_int64_t number_of(apr_time_t t)
{
    return pg_calendar_month(apr_time_sec(t) / 86400);
}

static const pg_series_t *months_of(const pg_sensor_t *sensor)
{
    return &sensor->s->series[PG_PERIOD_MONTH];
}

/* A month that a range begins in the middle of is whole. */
static bool is_asked_for(const pg_sensors_t *sensors, apr_time_t month)
{
    return pg_trend_month(month, -1) > sensors->since
           && (sensors->until == 0 || month < sensors->until);
}

void pg_sensors_align(pg_sensors_t *sensors)
{
    apr_int64_t first = APR_INT64_MAX, last = -1;

    for (int s = 0; s < sensors->n; s++) {
        const pg_series_t *months = months_of(&sensors->sensor[s]);

        for (apr_size_t m = 0; m < months->n; m++) {
            apr_int64_t number = number_of(months->bucket[m].start);

            if (months->bucket[m].attempts
                && is_asked_for(sensors, months->bucket[m].start)) {
                first = number < first ? number : first;
                last = number > last ? number : last;
            }
        }
    }
    sensors->months = last < 0 ? 0 : (int)(last - first + 1);
    sensors->first =
        last < 0 ? 0 : apr_time_from_sec(86400
                                         * pg_calendar_month_start(first));
}

apr_time_t pg_sensors_start(const pg_sensors_t *sensors, int month)
{
    return pg_trend_month(sensors->first, -month);
}

apr_uint64_t pg_sensors_count(const pg_sensors_t *sensors, int sensor,
                              int month, pg_family_e family)
{
    const pg_series_t *months = months_of(&sensors->sensor[sensor]);
    apr_time_t start = pg_sensors_start(sensors, month);

    for (apr_size_t m = 0; m < months->n; m++) {
        if (months->bucket[m].start == start) {
            return months->bucket[m].by_family[family];
        }
    }
    return 0;
}

bool pg_sensors_over(const pg_sensors_t *sensors, int sensor, int month)
{
    apr_time_t taken = sensors->sensor[sensor].s->taken;

    return taken == 0 || pg_sensors_start(sensors, month + 1) <= taken;
}

bool pg_sensors_watched(const pg_sensors_t *sensors, int sensor, int month)
{
    return pg_covered_part(sensors->sensor[sensor].s,
                           pg_sensors_start(sensors, month),
                           pg_sensors_start(sensors, month + 1)) > 0;
}

bool pg_sensors_shows(const pg_sensors_t *sensors, int only,
                      pg_family_e family)
{
    if (sensors->months == 0 || (only >= 0 && only != (int)family)) {
        return false;
    }
    for (int s = 0; s < sensors->n; s++) {
        const pg_series_t *months = months_of(&sensors->sensor[s]);

        for (apr_size_t m = 0; m < months->n; m++) {
            if (months->bucket[m].by_family[family]) {
                return true;
            }
        }
    }
    return only >= 0;
}

/* --- in words ------------------------------------------------------------ */

/* The sensors' courses one after the other; false when one is not known. */
static const char *join(const pg_sensors_t *sensors, pg_family_e family,
                        apr_time_t month, apr_time_t before, pg_lang_e lang,
                        apr_pool_t *pool)
{
    const char *since = pg_course_month(before, 0, lang, pool);
    const char *words = NULL;

    for (int s = 0; s < sensors->n; s++) {
        pg_course_t course;
        const char *one;

        pg_trend_compare(&course, sensors->sensor[s].s, month, before);
        if (!course.known) {
            return NULL;
        }
        one = pg_course_clause(&course, (int)family, sensors->sensor[s].name,
                               words ? NULL : since, lang, pool);
        words = pg_course_and(words, one, lang, pool);
    }
    return pg_course_end(words, lang, pool);
}

const char *pg_sensors_words(const pg_sensors_t *sensors, pg_family_e family,
                             pg_lang_e lang, apr_pool_t *pool)
{
    static const int back[] = { 12, 1 };
    apr_time_t last = 0;
    const char *words = NULL;

    for (int m = sensors->months - 1; m >= 0 && last == 0; m--) {
        bool over = true;

        for (int s = 0; s < sensors->n; s++) {
            over = over && pg_sensors_over(sensors, s, m);
        }
        last = over ? pg_sensors_start(sensors, m) : 0;
    }
    for (int i = 0; i < 2 && last && words == NULL; i++) {
        words = join(sensors, family, last, pg_trend_month(last, back[i]),
                     lang, pool);
    }
    return words;
}
