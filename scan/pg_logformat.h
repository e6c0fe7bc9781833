/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Access-log formats: a LogFormat string of httpd or a log_format string of
 * nginx, compiled once, then matched against lines without allocating. */
#ifndef PG_LOGFORMAT_H
#define PG_LOGFORMAT_H

#include <apr_pools.h>

#include "pg_logline.h"

enum {
    PG_FORMAT_PIECES = 64        /* fields a format may have, at most      */
};

/** A field and the literal text before it. */
typedef struct pg_piece_t {
    pg_span_t before;
    pg_field_e field;
    bool quoted;                 /* begun by '"': \" does not end it       */
    bool joins;                  /* continues the time before it          */
} pg_piece_t;

typedef struct pg_logformat_t {
    const char *name;            /* "combined", or the string it was made of */
    pg_piece_t piece[PG_FORMAT_PIECES];
    int pieces;
    pg_span_t after;             /* literal after the last field           */
    bool tail;                   /* more text after it is allowed          */
    pg_span_t anchor;            /* literal before the request if it
                                    contains the line's first '"'; else
                                    absent                                */
    bool has[PG_FIELD_COUNT];
    bool sent;                   /* its size is %O or $bytes_sent         */
    bool month_first;            /* its time is written with %m/%d        */
} pg_logformat_t;

/**
 * Compile a format: the name of one of pg_logformat_named(), or a string with
 * httpd's %-directives or nginx's $variables as the configuration file has
 * it. `\"` counts as `"`; a whole `LogFormat "..." nick` is taken too.
 *
 * @param out  strings in pool
 * @return NULL, or what is wrong with it, as words to follow the value
 */
const char *pg_logformat_compile(pg_logformat_t *out, const char *text,
                                 apr_pool_t *pool);

/** The built-in formats, to be tried in this order; the first match is right.
 *  Ends with NULL. */
const char *const *pg_logformat_named(void);

/**
 * Take a line apart.
 *
 * Total; allocates nothing; time proportional to the line. Status must look
 * like one, and a size and a port like numbers.
 *
 * @param out   written only if it has it
 * @param line  without its line end
 * @return does it have this format
 */
bool pg_logformat_match(pg_logline_t *out, const pg_logformat_t *format,
                        pg_span_t line);

#endif
