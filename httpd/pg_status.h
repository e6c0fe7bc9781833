/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* SetHandler proxyguard-status: the report over HTTP, and a block for
 * mod_status. Read-only. */
#ifndef PG_STATUS_H
#define PG_STATUS_H

#include <httpd.h>

#define PG_STATUS_HANDLER "proxyguard-status"

/** The handler hook: DECLINED when the request is for another handler. */
int pg_status_handler(request_rec *r);

/** mod_status' hook: a block for its page, lines for its ?auto. */
int pg_status_block(request_rec *r, int flags);

#endif
