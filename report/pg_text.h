/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The parts of the report for a terminal. Internal to report/: pg_text.c puts
 * them together. 80 columns unless the view says otherwise. */
#ifndef PG_TEXT_H
#define PG_TEXT_H

#include "pg_escape.h"
#include "pg_fit.h"
#include "pg_metrics.h"
#include "pg_render.h"

typedef struct pg_textpage_t {
    pg_sink_t *sink;
    const pg_report_t *report;
    const pg_snapshot_t *s;      /* NULL: the guard cannot count          */
    pg_measured_t measured;
    const pg_fit_t *fit;         /* NULL: as many rows as it takes        */
    apr_pool_t *pool;
} pg_textpage_t;

/** A sentence without arguments. */
const char *pg_text_phrase(const pg_textpage_t *page, pg_phrase_e word);

/** A sentence with up to three arguments; NULL for unused ones. */
void pg_text_say(const pg_textpage_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c);

/** The same on a line of its own, `indent` columns from the left. */
void pg_text_line(const pg_textpage_t *page, int indent, pg_phrase_e word,
                  const char *a, const char *b, const char *c);

/** An empty line and a heading, and one with an argument. */
void pg_text_head(const pg_textpage_t *page, pg_phrase_e word);
void pg_text_head_of(const pg_textpage_t *page, pg_phrase_e word,
                     const char *what);

/** "17,597", in the pool. */
const char *pg_text_number(const pg_textpage_t *page, apr_uint64_t n);

/** "2014-11-23", in the pool. */
const char *pg_text_day(const pg_textpage_t *page, apr_time_t t);

/** What a client sent, or its pseudonym, at most `most` octets of it. */
void pg_text_sent(const pg_textpage_t *page, pg_mask_e field,
                  const pg_text_t *text, apr_size_t most);

/** Words in a column that is `width` wide on a terminal, on its left. */
void pg_text_cell(const pg_textpage_t *page, const char *words, int width);

/** How many of n rows there is room for below a heading; fewer than three
 *  are not worth one. */
apr_size_t pg_text_room(const pg_textpage_t *page, apr_size_t n);

/** The parts. */
void pg_text_classes(const pg_textpage_t *page);
void pg_text_months(const pg_textpage_t *page);
void pg_text_tops(const pg_textpage_t *page);
void pg_text_reach(const pg_textpage_t *page);
void pg_text_succeeded(const pg_textpage_t *page);
void pg_text_examples(const pg_textpage_t *page);
void pg_text_log(const pg_textpage_t *page);

#endif
