/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Access logs of one JSON object a line, whatever server wrote them: fields
 * are known by their usual names (the table is in pg_logjson.c). */
#ifndef PG_LOGJSON_H
#define PG_LOGJSON_H

#include <jansson.h>

#include "pg_logline.h"

/** What a parsed line lives in. */
typedef struct pg_logjson_t {
    json_t *doc;                 /* NULL: nothing held                    */
    bool escaped;                /* fields hold the server's \xhh still   */
    char number[PG_FIELD_COUNT][32];
} pg_logjson_t;

/**
 * Take a line apart. Objects named "request" are looked into as well.
 *
 * A line with \xhh, which is no JSON but what httpd and nginx make of odd
 * octets in a format that only looks like JSON, is understood.
 *
 * @param out   spans into *hold, valid until pg_logjson_release()
 * @param hold  zeroed before its first use
 * @return is it an object that holds a request
 */
bool pg_logjson_match(pg_logline_t *out, pg_logjson_t *hold, pg_span_t line);

void pg_logjson_release(pg_logjson_t *hold);

#endif
