/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The text of a captured mail, in UTF-8, for people to read: decoded, HTML
 * without its tags. Nothing is ever loaded, opened or run. */
#ifndef PG_MAILTEXT_H
#define PG_MAILTEXT_H

#include <apr_pools.h>

#include "pg_mime.h"

/** A header field's value with its encoded-words decoded (RFC 2047) and its
 *  folds undone; empty when there is no such field. */
pg_span_t pg_mailtext_field(pg_span_t header, const char *name,
                            apr_pool_t *pool);

/** A part's text. */
pg_span_t pg_mailtext_part(const pg_mime_part_t *part, apr_pool_t *pool);

#endif
