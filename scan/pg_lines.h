/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A log, or a part of one, as blocks of whole lines. A part owns the lines
 * that begin in it, so adjacent parts see each line once. Memory use does not
 * depend on the log or its lines. */
#ifndef PG_LINES_H
#define PG_LINES_H

#include "pg_input.h"
#include "pg_span.h"

enum {
    PG_LINE_MAX = 1024 * 1024,   /* longer lines are skipped, and counted  */
    PG_LINES_READ = 256 * 1024   /* octets read at once: they stay cached  */
};

typedef struct pg_lines_t {
    pg_input_t *input;
    char *buffer;                /* PG_LINE_MAX + PG_LINES_READ octets    */
    apr_size_t begin, end;       /* the part not handed out yet           */
    apr_uint64_t at;             /* offset of buffer[begin] in the log    */
    apr_uint64_t limit;          /* lines that begin here or later are not
                                    ours                                  */
    bool skipping;               /* until the next line end               */
    bool ended;
    apr_uint64_t oversize;       /* lines skipped for their length        */
} pg_lines_t;

/**
 * Begin.
 * @param buffer  PG_LINE_MAX + PG_LINES_READ octets
 * @param at      where the input begins; unless 0, it must begin one octet
 *                earlier: a line that begins just there is ours, one that
 *                began before is not
 * @param limit   end of this part; ~0 for all
 */
void pg_lines_begin(pg_lines_t *lines, pg_input_t *input, char *buffer,
                    apr_uint64_t at, apr_uint64_t limit);

/** Wait until the first block has n octets, or all that there are. */
void pg_lines_gather(pg_lines_t *lines, apr_size_t n);

/**
 * The next whole lines with their line ends; the very last may have none.
 * @param block  valid until the next call
 * @return false at the end
 */
bool pg_lines_next(pg_lines_t *lines, pg_span_t *block);

/**
 * Hand out the last n octets of the block again, with what follows them.
 * @return can this be done with the next block as well; false at the end, and
 *         when it is too much
 */
bool pg_lines_keep(pg_lines_t *lines, apr_size_t n);

#endif
