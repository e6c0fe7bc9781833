/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The verdicts on the latest request lines: a scanner sends the same few to
 * every server, and a log that is full of attempts is full of repetitions. */
#ifndef PG_MEMO_H
#define PG_MEMO_H

#include "pg_classify.h"
#include "pg_hash.h"

#define PG_MEMO_LINES 128        /* a power of two                        */

/** Zeroed: it is empty. */
typedef struct pg_memo_t {
    struct {
        apr_size_t length;       /* 0: free                               */
        char line[PG_NH_MOST];
        pg_verdict_t verdict;    /* its spans point into line             */
    } entry[PG_MEMO_LINES];
} pg_memo_t;

/** The verdict on a request line, valid until the next pg_memo_keep().
 *  @return NULL: it is none of those kept */
const pg_verdict_t *pg_memo_find(const pg_memo_t *memo, pg_span_t line);

/**
 * Keep a verdict that follows from the request line alone; it takes the place
 * of another. A line of more than PG_NH_MOST octets is not kept.
 * @param verdict  whose spans point into line, or are absent
 */
void pg_memo_keep(pg_memo_t *memo, pg_span_t line,
                  const pg_verdict_t *verdict);

#endif
