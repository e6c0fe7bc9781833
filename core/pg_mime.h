/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* As much of MIME as it takes to examine a captured mail: its fields, its
 * parts, and their transfer encodings. Nothing is allocated; depth and number
 * of parts are bounded; whatever is malformed is taken for plain text.
 * @see RFC 5322 2.2, RFC 2045, RFC 2046 5.1, RFC 2047 */
#ifndef PG_MIME_H
#define PG_MIME_H

#include "pg_span.h"

enum { PG_MIME_DEPTH = 8, PG_MIME_PARTS = 100 };

/** A part that has no parts itself. The spans point into the message. */
typedef struct pg_mime_part_t {
    pg_span_t type;              /* "text/html"; absent: text/plain       */
    pg_span_t charset;           /* absent: not given                     */
    pg_span_t encoding;          /* "base64"; absent: none                */
    pg_span_t name;              /* of an attachment; absent: not given   */
    bool attachment;             /* not text, or declared as one          */
    pg_span_t body;              /* encoded                               */
} pg_mime_part_t;

/** Split a message at its first empty line. */
void pg_mime_split(pg_span_t *header, pg_span_t *body, pg_span_t message);

/** The value of the first field of that name, its folds and all; absent:
 *  there is none. */
pg_span_t pg_mime_field(pg_span_t header, const char *name);

/** Take the first address off a field's list of them (RFC 5322 3.4): what is
 *  between angle brackets, or else all of it without a comment.
 *  @return false: there is none */
bool pg_mime_address(pg_span_t *out, pg_span_t *list);

/** Call visit() for each part, in order. @return how many there were */
unsigned pg_mime_walk(pg_span_t message,
                      void (*visit)(void *ctx, const pg_mime_part_t *part),
                      void *ctx);

/**
 * Undo a transfer encoding.
 * @param out  at least in.len octets; may be in.ptr itself
 * @return how many were written
 */
apr_size_t pg_mime_decode(char *out, pg_span_t in, pg_span_t encoding);

/** One encoded-word of RFC 2047 at the beginning of s.
 *  @return its length; 0: there is none */
apr_size_t pg_mime_word(pg_span_t *charset, char *kind, pg_span_t *text,
                        pg_span_t s);

/** The octets of an encoded-word's text. @param out  text.len octets */
apr_size_t pg_mime_word_octets(char *out, char kind, pg_span_t text);

#endif
