/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The ledger stores no credentials, and a request-target can hold one: the
 * userinfo of RFC 3986, 3.2.1. */
#ifndef PG_CONCEAL_H
#define PG_CONCEAL_H

#include "pg_span.h"

/**
 * A request-target with "(removed)" in place of what stands before the '@' of
 * its host, however the target is misspelt: at its beginning, or behind two
 * slashes or a colon and a slash, in either direction.
 * @param out   room octets, not ended by a NUL; used only if needed
 * @return target itself if it has none; else what is in out, cut at room
 */
pg_span_t pg_conceal(char *out, apr_size_t room, pg_span_t target);

#endif
