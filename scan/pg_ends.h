/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Where the lines of a block end. Many ends are found together: searching for
 * each by itself costs a mispredicted branch per line, since lines differ in
 * length, which is more than the search. */
#ifndef PG_ENDS_H
#define PG_ENDS_H

#include "pg_span.h"

enum { PG_ENDS_AHEAD = 4096 };   /* octets, a multiple of 64              */

typedef struct pg_ends_t {
    const char *begin;           /* of what has been searched last        */
    const char *until;           /* its end                               */
    const char *stop;            /* the block's                           */
    unsigned int next, found;
    unsigned short at[PG_ENDS_AHEAD];    /* LF, from the beginning        */
} pg_ends_t;

/** Begin with a block; it must stay where it is. */
static inline void pg_ends_begin(pg_ends_t *ends, pg_span_t block)
{
    ends->begin = ends->until = block.ptr;
    ends->stop = pg_span_end(block);
    ends->next = ends->found = 0;
}

/** Search on.
 *  @return false: all of the block has been searched */
bool pg_ends_more(pg_ends_t *ends);

/** The LF that ends a line.
 *  @param line  where it begins, not before a line that was asked for earlier
 *  @return NULL: the block ends before it */
static inline const char *pg_ends_next(pg_ends_t *ends, const char *line)
{
    do {
        while (ends->next < ends->found) {
            const char *end = ends->begin + ends->at[ends->next++];
            if (end >= line) {
                return end;
            }
        }
    } while (pg_ends_more(ends));
    return NULL;
}

/** Have the next search find what the last one found. */
static inline void pg_ends_again(pg_ends_t *ends)
{
    ends->next--;
}

#endif
