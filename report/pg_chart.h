/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Bar charts as SVG: no script, no style of their own but classes, and round
 * numbers on the axis, which is on the right, beside the newest bars. */
#ifndef PG_CHART_H
#define PG_CHART_H

#include "pg_escape.h"

#define PG_CHART_LABEL 28

typedef struct pg_chart_t pg_chart_t;
struct pg_chart_t {
    const char *id;              /* of the SVG element; that of its
                                    heading ends in "-h"                  */
    const char *title;           /* for screen readers                    */
    const char *about;           /* the same, one or two sentences; these
                                    two are escaped here                  */
    apr_size_t columns;
    apr_size_t room;             /* room for at least so many; a short
                                    history is at the right end           */
    int series;
    bool stacked;                /* else side by side                     */
    bool partial;                /* the last column is not over yet       */
    apr_size_t label_every;      /* columns between labels on the axis    */
    const char *const *css;      /* class of each series                  */
    const void *data;
    apr_uint64_t (*value)(const pg_chart_t *chart, apr_size_t column,
                          int series);
    bool (*gap)(const pg_chart_t *chart, apr_size_t column);
                                 /* not watched? NULL: all were           */
    const char *(*label)(const pg_chart_t *chart, apr_size_t column,
                         char out[PG_CHART_LABEL]);
};

void pg_chart_put(pg_sink_t *sink, const pg_chart_t *chart);

/** The highest column (stacked) or bar. */
apr_uint64_t pg_chart_highest(const pg_chart_t *chart);

/** A step of 1, 2 or 5 times a power of ten, so that at most `lines` of them
 *  reach the highest value; at least 1. */
apr_uint64_t pg_chart_step(apr_uint64_t highest, int lines);

#endif
