/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Passes over the blocks of a log: which lines there are in each, and which of
 * them are clean at a glance. The others go to pg_count.h. */
#ifndef PG_PASS_H
#define PG_PASS_H

#include "pg_count.h"

/** A pass over the lines of a block.
 *  @return octets at its end that were left for the next one */
typedef apr_size_t (*pg_pass_t)(pg_counter_t *counter, pg_span_t block);

/** Count everything. */
apr_size_t pg_pass_block(pg_counter_t *counter, pg_span_t block);

/** Collect the names of virtual hosts only, and in `found` what may be our
 *  hosts where every URL is full. */
apr_size_t pg_pass_names(pg_counter_t *counter, pg_span_t block);

/** Collect the sizes of the own answers to `wanted` only. */
apr_size_t pg_pass_wanted(pg_counter_t *counter, pg_span_t block);

/**
 * Is this line clean at a glance? True only if it contains the anchor and,
 * after it, METHOD SP "/".
 * @param line    without its line end
 * @param target  set to the offset of that "/" when true
 */
bool pg_pass_is_clean(pg_span_t line, pg_span_t anchor, apr_size_t *target);

/** `192.0.2.1 - - [18/Nov/2024:11:02:03 +0000] "GET /x HTTP/1.1" 200 4711` and
 *  perhaps more: a line of the named formats that have no virtual host, and not
 *  of a logger that writes full URLs. */
bool pg_pass_is_nameless(pg_span_t line);

#endif
