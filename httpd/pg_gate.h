/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The gate: the first handler hook judges where mod_proxy is about to connect,
 * for every request that it is about to carry. Subrequests, internal redirects
 * and error documents pass here too; only proxied requests pay. */
#ifndef PG_GATE_H
#define PG_GATE_H

#include <httpd.h>

/** handler, before all others: DECLINED, or the refusal. */
int pg_gate_handler(request_rec *r);

/** fixups, before mod_headers: keep the fields as received of a request that
 *  is about to be carried. */
int pg_gate_fixups(request_rec *r);

#endif
