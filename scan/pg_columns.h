/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Logs whose first line names the columns: W3C extended (IIS, CloudFront),
 * Zeek, CSV and TSV. */
#ifndef PG_COLUMNS_H
#define PG_COLUMNS_H

#include "pg_logline.h"

enum { PG_COLUMNS_MAX = 128 };

typedef struct pg_columns_t {
    int n;                       /* 0: none are known                     */
    char separator;              /* ' ' takes runs of them for one        */
    bool quoted;                 /* cells may be quoted, with "" inside   */
    bool encoded;                /* a space is written as %20 (CloudFront) */
    pg_field_e field[PG_COLUMNS_MAX];
} pg_columns_t;

/**
 * Read a line that may name columns.
 * @param columns  written only if it does
 * @return does it, with a request, or with a method and a target?
 */
bool pg_columns_learn(pg_columns_t *columns, pg_span_t line);

/**
 * Take a line apart.
 * @param room  moved past what was copied
 * @return does it have these columns, with a method or a request in place?
 */
bool pg_columns_read(pg_logline_t *out, const pg_columns_t *columns,
                     pg_span_t line, pg_room_t *room);

#endif
