/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* SHA-256 (FIPS 180-4): names of attachments and parts of JA4. */
#ifndef PG_SHA256_H
#define PG_SHA256_H

#include "pg_span.h"

enum { PG_SHA256_SIZE = 32 };

/** The first n octets of it in hexadecimal, and a NUL.
 *  @param out  2 n + 1 octets; n is at most 32 */
void pg_sha256_text(char *out, apr_size_t n, pg_span_t s);

#endif
