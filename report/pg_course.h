/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A comparison of two months in words: the strongest true sentence. */
#ifndef PG_COURSE_H
#define PG_COURSE_H

#include "pg_phrases.h"
#include "pg_trend.h"

/**
 * "CONNECT has more than doubled since October last year; GET is unchanged.",
 * the family that changed most first; families without an attempt in either
 * month are omitted.
 * @param today  what "last year" is relative to; 0: years are written out
 * @return in pool; NULL when there is nothing to say
 */
const char *pg_course_words(const pg_course_t *course, apr_time_t today,
                            pg_lang_e lang, apr_pool_t *pool);

/** "October 2014", or "October last year", or "October" of this year. */
const char *pg_course_month(apr_time_t month, apr_time_t today,
                            pg_lang_e lang, apr_pool_t *pool);

/** One clause of it, without an end: "CONNECT has more than doubled since
 *  October 2013".
 *  @param subject  what changed: a family, or a sensor
 *  @param since    NULL: already said: "GET is unchanged" */
const char *pg_course_clause(const pg_course_t *course, int family,
                             const char *subject, const char *since,
                             pg_lang_e lang, apr_pool_t *pool);

/** What was said so far and one more clause, with a separator.
 *  @param words  NULL: the clause is the first */
const char *pg_course_and(const char *words, const char *clause,
                          pg_lang_e lang, apr_pool_t *pool);

/** The sentence of these clauses; NULL when there is none. */
const char *pg_course_end(const char *words, pg_lang_e lang,
                          apr_pool_t *pool);

#endif
