/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A whole request in Base64, as honeypots keep it (WOWHoneypot). */
#ifndef PG_ENCODED_H
#define PG_ENCODED_H

#include "pg_logline.h"

/**
 * Decode the last word of a line, if that is a request in Base64.
 *
 * Its request line replaces that of *out when there is none, or when it asks
 * for another host than this server; Host and User-Agent are filled in.
 * @param out   REQUEST, or METHOD and TARGET, as far as the line has them
 * @param room  for what was decoded
 * @return was it one?
 */
bool pg_encoded_read(pg_logline_t *out, pg_span_t line, pg_room_t *room);

/** The same for any word of a line, or value of JSON. */
bool pg_encoded_find(pg_logline_t *out, pg_span_t line, pg_room_t *room);

#endif
