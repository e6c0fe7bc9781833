/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One request, taken apart and put into words, for a terminal. */
#ifndef PG_EXPLAINTEXT_H
#define PG_EXPLAINTEXT_H

#include <apr_pools.h>

#include "pg_lang.h"
#include "pg_phrases.h"
#include "pg_sink.h"
#include "pg_told.h"

/**
 * Write what a text is, and whether it succeeded, in the first sentence; then
 * why, and what to do about it; then its parts. Secrets in it are removed.
 * @return the sink's status
 */
apr_status_t pg_explaintext_render(pg_sink_t *sink, const pg_told_t *told,
                                   pg_lang_e lang, apr_pool_t *pool);

/** The first sentence. */
pg_phrase_e pg_explaintext_first(const pg_told_t *told);

#endif
