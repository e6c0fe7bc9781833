/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines of key=value pairs (logfmt, CEF), and LTSV. */
#ifndef PG_LOOSE_KEYS_H
#define PG_LOOSE_KEYS_H

#include "pg_logline.h"

/** Does the line begin with a pair, or is all of it LTSV? Elsewhere a pair may
 *  be part of what the client sent. */
bool pg_loose_keys_begin(pg_span_t line);

/** @return do they make a request? */
bool pg_loose_keys_read(pg_logline_t *out, pg_span_t line);

#endif
