/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines of a log -> tally: the only place that knows what a line means. */
#ifndef PG_COUNT_H
#define PG_COUNT_H

#include "pg_logjson.h"
#include "pg_own.h"
#include "pg_reader.h"
#include "pg_tally.h"

/** How lines are counted; const while workers run. */
typedef struct pg_counting_t {
    pg_reading_t reading;
    pg_span_t anchor;            /* that of all formats; absent: none     */
    const pg_own_t *own;         /* NULL: not known                       */
    bool check_host;             /* a foreign Host is an attempt          */
    const pg_table_t *answered;  /* hosts of full URLs that got an answer
                                    other than a refusal, where every URL
                                    is full; NULL: not known              */
} pg_counting_t;

/** Receives the lines themselves, one by one. */
typedef struct pg_watch_t {
    void *to;                    /* handed to both                        */
    /* an attempt; with `other`, a clean request as well */
    void (*request)(void *to, const pg_hit_t *hit);
    /* a line without a request, or that was not read; NULL: not wanted */
    void (*other)(void *to, pg_read_e read, pg_span_t text);
} pg_watch_t;

/** What a worker needs besides its tally. */
typedef struct pg_counter_t {
    const pg_counting_t *rules;
    pg_tally_t *tally;
    const pg_table_t *wanted;    /* paths whose own answers are collected  */
    pg_table_t *found;           /* "path size" of those; with names:
                                    hosts for rules->answered             */
    bool composed;               /* every URL of this file is full        */
    bool more;                   /* another block follows: the beginning
                                    of an object over several lines may
                                    be left for it                        */
    const pg_watch_t *watch;     /* NULL: lines are only counted            */
    pg_reader_t reader;
    pg_logjson_keys_t keys;
    char *memory;                /* PG_READER_MEMORY(PG_LINE_MAX) octets  */
    char vhost[320];
} pg_counter_t;

/**
 * Begin a file, or a part of one.
 * @param head  the part begins the file
 */
void pg_count_begin(pg_counter_t *counter, bool head);

/** A pass over the lines of a block.
 *  @return octets at its end that were left for the next one */
typedef apr_size_t (*pg_pass_t)(pg_counter_t *counter, pg_span_t block);

/** Count everything. */
apr_size_t pg_count_block(pg_counter_t *counter, pg_span_t block);

/** Collect the names of virtual hosts only, and in `found` what may be our
 *  hosts where every URL is full. */
apr_size_t pg_count_names(pg_counter_t *counter, pg_span_t block);

/** Collect the sizes of the own answers to `wanted` only. */
apr_size_t pg_count_wanted(pg_counter_t *counter, pg_span_t block);

/**
 * Is this line clean at a glance? True only if it contains the anchor and,
 * after it, METHOD SP "/".
 * @param line    without its line end
 * @param target  set to the offset of that "/" when true
 */
bool pg_count_is_clean(pg_span_t line, pg_span_t anchor, apr_size_t *target);

#endif
