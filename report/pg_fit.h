/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A sink for a terminal: lines are cut at its width, and what would go beyond
 * its last row is left out. */
#ifndef PG_FIT_H
#define PG_FIT_H

#include "pg_sink.h"

typedef struct pg_fit_t {
    pg_sink_t *to;
    int columns, rows;           /* of the screen; rows 0: any number     */
    int column, row;             /* where we are                          */
    bool escape;                 /* inside a colour                       */
    char held[4];                /* an incomplete character               */
    apr_size_t held_n;
} pg_fit_t;

/** A sink over the screen; fit must live as long as it is used. */
pg_sink_t pg_fit_sink(pg_fit_t *fit);

/** Rows left; INT_MAX when there is no limit. */
int pg_fit_left(const pg_fit_t *fit);

#endif
