/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_course.h"

#include <apr_strings.h>

#include "pg_calendar.h"
#include "pg_render.h"

const char *pg_course_month(apr_time_t month, apr_time_t today,
                            pg_lang_e lang, apr_pool_t *pool)
{
    pg_moment_t m, now;
    const char *name;

    pg_calendar_split(&m, month);
    pg_calendar_split(&now, today);
    name = pg_phrases_get(lang, PG_PHRASE_OF(MONTH_NAME_1, m.month - 1));
    if (today && m.year == now.year) {
        return name;
    }
    return today && m.year == now.year - 1
        ? pg_phrases_text(pool, lang, PG_PHRASE_MONTH_NAME_LAST_YEAR, name,
                          NULL, NULL)
        : pg_phrases_text(pool, lang, PG_PHRASE_MONTH_NAME_YEAR, name,
                          apr_psprintf(pool, "%d", m.year), NULL);
}

/* The ratio of two counts, the larger to the smaller: 1 is equal. */
static double distance(const pg_course_t *course, int f)
{
    double now = (double)course->now[f] + 1;
    double then = (double)course->then[f] + 1;

    if (course->change[f] == PG_CHANGE_SAME
        || course->change[f] == PG_CHANGE_UNSURE) {
        return 1;
    }
    return now > then ? now / then : then / now;
}

static int order_of(int order[PG_FAMILY_COUNT], const pg_course_t *course)
{
    int n = 0;

    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        int at = n;

        if (f == PG_FAMILY_HOST || course->now[f] + course->then[f] == 0) {
            continue;
        }
        while (at > 0 && distance(course, order[at - 1])
                             < distance(course, f)) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = f;
        n++;
    }
    return n;
}

const char *pg_course_clause(const pg_course_t *course, int family,
                             const char *subject, const char *since,
                             pg_lang_e lang, apr_pool_t *pool)
{
    char percent[PG_NUMBER_SIZE];
    apr_uint64_t now = course->now[family], then = course->then[family];
    pg_change_e change = course->change[family];

    pg_render_percent(percent, now > then ? now - then : then - now, then);
    return pg_phrases_text(pool, lang,
                           since ? PG_PHRASE_OF(CHANGE_NEW, change)
                                 : PG_PHRASE_OF(ALSO_NEW, change),
                           subject, since, percent);
}

const char *pg_course_and(const char *words, const char *clause,
                          pg_lang_e lang, apr_pool_t *pool)
{
    return words ? pg_phrases_text(pool, lang, PG_PHRASE_CLAUSES, words,
                                   clause, NULL)
                 : clause;
}

const char *pg_course_end(const char *words, pg_lang_e lang,
                          apr_pool_t *pool)
{
    return words ? pg_phrases_text(pool, lang, PG_PHRASE_CLAUSES_END, words,
                                   NULL, NULL)
                 : NULL;
}

const char *pg_course_words(const pg_course_t *course, apr_time_t today,
                            pg_lang_e lang, apr_pool_t *pool)
{
    const char *since = pg_course_month(course->before, today, lang, pool);
    int order[PG_FAMILY_COUNT];
    int n = course->known ? order_of(order, course) : 0;
    const char *words = NULL;

    for (int i = 0; i < n; i++) {
        const char *one = pg_course_clause(
            course, order[i],
            pg_phrases_get(lang, PG_PHRASE_OF(FAMILY_GET, order[i])),
            i == 0 ? since : NULL, lang, pool);

        words = pg_course_and(words, one, lang, pool);
    }
    return pg_course_end(words, lang, pool);
}
