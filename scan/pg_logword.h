/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Words of a line whose format is not known. */
#ifndef PG_LOGWORD_H
#define PG_LOGWORD_H

#include "pg_logline.h"

/** Does it separate words in any kind of log? */
bool pg_logword_is_gap(char c);

/** Take the next word off *s, without single quotes around it.
 *  @return absent: there is none */
pg_span_t pg_logword_next(pg_span_t *s);

/**
 * The next quoted text; it ends at the first quote without a backslash before
 * it, or with the line.
 * @param at      where to look from; then, where it ended
 * @param inside  the text, untouched when there is none
 */
bool pg_logword_quoted(pg_span_t line, apr_size_t *at, pg_span_t *inside);

/** Can it be the name of a field? */
bool pg_logword_is_key(pg_span_t s);

/** A status that servers send, not just any three digits. */
bool pg_logword_is_status(pg_span_t s);

#endif
