/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A request that asks for h2c by Upgrade is read twice: as HTTP/1.1 on the
 * connection, and again as stream 1 of the HTTP/2 connection on top of it. It
 * is one attempt: the second reading, which may be relayed, counts it, and the
 * first one only if there is no second. */
#ifndef PG_UPGRADE_H
#define PG_UPGRADE_H

#include <stdbool.h>

#include <httpd.h>

#include "pg_classify.h"

/** An attempt that is let pass: it will be read again if it asks for h2c. */
void pg_upgrade_mark(request_rec *r, const pg_verdict_t *verdict);

/** Is r the second reading of a request that is marked? */
bool pg_upgrade_is_second(request_rec *r);

/** Let a second reading count. @return the verdict on the first; NULL: that
 *  one has counted already */
const pg_verdict_t *pg_upgrade_take(const request_rec *r);

/** At the end of a first reading: has the second one counted it? */
bool pg_upgrade_is_taken(const request_rec *r);

#endif
