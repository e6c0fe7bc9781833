/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A captured mail as JSON: its line in the evidence log (pg_ecs.h), and its
 * text. */
#ifndef PG_MAILJSON_H
#define PG_MAILJSON_H

#include <apr_pools.h>

#include "pg_mbox.h"

/** @param message as it was sent, without the mailbox's quoting */
pg_span_t pg_mailjson_line(const pg_mbox_read_t *read, pg_span_t message,
                           apr_pool_t *pool);

/** The next recipient of an entry's envelope; absent: there is none.
 *  @param rest  the rest of the envelope */
pg_span_t pg_mailjson_recipient(pg_span_t *rest);

#endif
