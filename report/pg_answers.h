/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The questions that every report for people begins with, and their answers:
 * which sentences, and how serious they are. Page, text and mail show the same
 * ones, each in its own way. */
#ifndef PG_ANSWERS_H
#define PG_ANSWERS_H

#include "pg_metrics.h"

typedef enum pg_mood_e {
    PG_MOOD_PLAIN,
    PG_MOOD_GOOD,
    PG_MOOD_WARN,
    PG_MOOD_BAD
} pg_mood_e;

/** A row of the catalogue with its arguments, as text. */
typedef struct pg_sentence_t {
    pg_phrase_e word;
    const char *arg[3];          /* NULL for unused ones                  */
} pg_sentence_t;

enum { PG_ANSWERS_MAX = 5, PG_ANSWER_MORE = 8, PG_ANSWERS_CAPTURED = 3 };

typedef struct pg_card_t {
    pg_phrase_e question;
    pg_mood_e mood;
    pg_sentence_t answer;
    pg_sentence_t more[PG_ANSWER_MORE];
    int n;                       /* of more                               */
} pg_card_t;

/**
 * The questions that this report can answer, in the order of the page.
 * @return how many
 */
int pg_answers_of(pg_card_t out[PG_ANSWERS_MAX], const pg_measured_t *m,
                  apr_pool_t *pool);

/**
 * What there is to say of captured mail.
 * @return how many sentences; 0: there is no sink, and was none
 */
int pg_answers_captured(pg_sentence_t out[PG_ANSWERS_CAPTURED],
                        const pg_capture_t *c, apr_pool_t *pool);

#endif
