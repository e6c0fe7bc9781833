/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sensors.h"

#include <apr_strings.h>

#include "pg_calendar.h"
#include "pg_course.h"
#include "pg_covered.h"

static apr_int64_t number_of(apr_time_t t)
{
    return pg_calendar_month(apr_time_sec(t) / 86400);
}

static const pg_series_t *months_of(const pg_sensor_t *sensor)
{
    return &sensor->s->series[PG_PERIOD_MONTH];
}

/* A month is shown whole if a range begins within it. */
static bool is_asked_for(const pg_sensors_t *sensors, apr_time_t month)
{
    return pg_trend_month(month, -1) > sensors->since
           && (sensors->until == 0 || month < sensors->until);
}

void pg_sensors_align(pg_sensors_t *sensors)
{
    apr_int64_t first = APR_INT64_MAX, last = APR_INT64_MIN;
    bool any = false;

    for (int s = 0; s < sensors->n; s++) {
        const pg_series_t *months = months_of(&sensors->sensor[s]);

        for (apr_size_t m = 0; m < months->n; m++) {
            apr_time_t start = months->bucket[m].start;
            apr_int64_t number = number_of(start);

            /* The records may begin, or continue, without an attempt. */
            if ((months->bucket[m].attempts
                 || pg_covered_part(sensors->sensor[s].s, start,
                                    pg_trend_month(start, -1)) > 0)
                && is_asked_for(sensors, start)) {
                any = any || months->bucket[m].attempts;
                first = number < first ? number : first;
                last = number > last ? number : last;
            }
        }
    }
    sensors->months = !any ? 0 : (int)(last - first + 1);
    sensors->first =
        !any ? 0 : apr_time_from_sec(86400 * pg_calendar_month_start(first));
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

pg_reached_e pg_sensors_reached(const pg_sensors_t *sensors, int first, int n,
                                int month)
{
    pg_reached_e worst = PG_REACHED_WHOLE;

    for (int s = first; s < first + n && s < sensors->n; s++) {
        pg_reached_e one = pg_trend_reached(sensors->sensor[s].s,
                                            pg_sensors_start(sensors, month),
                                            sensors->now);

        worst = worst == PG_REACHED_SO_FAR ? worst
                : one != PG_REACHED_WHOLE ? one : worst;
    }
    return worst;
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

/* How a sensor changed since `back` months before `month`. */
static bool course_of(pg_course_t *out, const pg_sensor_t *sensor,
                      apr_time_t month, int back)
{
    pg_trend_compare(out, sensor->s, month, pg_trend_month(month, back));
    return out->known;
}

typedef struct speaker_t {
    const pg_sensors_t *sensors;
    pg_family_e family;
    apr_time_t month;
    pg_lang_e lang;
    apr_pool_t *pool;
} speaker_t;

/* The courses, one after the other, of those sensors that have one over so
 * many months and none over `but`. */
static const char *join(const speaker_t *p, int back, int but)
{
    const char *since = pg_course_month(pg_trend_month(p->month, back), 0,
                                        p->lang, p->pool);
    const char *words = NULL;

    for (int s = 0; s < p->sensors->n; s++) {
        const pg_sensor_t *sensor = &p->sensors->sensor[s];
        pg_course_t course;

        if (!(but && course_of(&course, sensor, p->month, but))
            && course_of(&course, sensor, p->month, back)) {
            words = pg_course_and(words, pg_course_clause(
                        &course, (int)p->family, sensor->name,
                        words ? NULL : since, p->lang, p->pool), p->lang,
                        p->pool);
        }
    }
    return pg_course_end(words, p->lang, p->pool);
}

/* The last month that some sensor covers completely. */
static apr_time_t last_whole(const pg_sensors_t *sensors)
{
    for (int m = sensors->months - 1; m >= 0; m--) {
        apr_time_t month = pg_sensors_start(sensors, m);

        for (int s = 0; s < sensors->n; s++) {
            if (pg_trend_month(month, -1) <= sensors->now
                && pg_covered_whole(sensors->sensor[s].s, month,
                                    pg_trend_month(month, -1))) {
                return month;
            }
        }
    }
    return 0;
}

const char *pg_sensors_words(const pg_sensors_t *sensors, pg_family_e family,
                             pg_lang_e lang, apr_pool_t *pool)
{
    speaker_t p = { sensors, family, last_whole(sensors), lang, pool };
    const char *year, *month;

    year = join(&p, 12, 0);
    month = join(&p, 1, 12);
    return year == NULL ? month
           : month == NULL ? year
           : apr_pstrcat(pool, year, lang == PG_LANG_EN ? " " : "", month,
                         NULL);
}
