/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One request, taken apart and put into words, for a terminal. */
#ifndef PG_EXPLAINTEXT_H
#define PG_EXPLAINTEXT_H

#include <apr_pools.h>

#include "pg_lang.h"
#include "pg_sink.h"
#include "pg_snapshot.h"

/**
 * Write what a request is, why, and what to do about it; secrets in it are
 * removed.
 * @param request  line and Host as received
 * @param verdict  pg_classify()'s
 * @return the sink's status
 */
apr_status_t pg_explaintext_render(pg_sink_t *sink,
                                   const pg_request_t *request,
                                   const pg_verdict_t *verdict,
                                   pg_lang_e lang, apr_pool_t *pool);

#endif
