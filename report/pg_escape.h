/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One escaper per format, each called where the value is written. What a
 * client sent looks the same in every format:
 *
 *   - printable characters of well-formed UTF-8 stay as they are;
 *   - control characters and octets that are not UTF-8 become \xNN;
 *   - characters that hide or reorder their neighbours (bidirectional
 *     controls, zero-width characters, line separators, noncharacters)
 *     become \u{NNNN};
 *   - a backslash becomes \\, so that no two values look alike.
 *
 * In addition each format protects its own metacharacters. Every function is
 * total, streams, and allocates nothing. */
#ifndef PG_ESCAPE_H
#define PG_ESCAPE_H

#include "pg_sink.h"

/** For a terminal or a text/plain page: the form above, unchanged. */
void pg_escape_text(pg_sink_t *sink, pg_span_t s);

/** For HTML and SVG text and quoted attribute values. */
void pg_escape_html(pg_sink_t *sink, pg_span_t s);

/** For a Prometheus label value or HELP text, without the quotes around it.
 *  @see Prometheus exposition format 0.0.4, "Comments, help text, and type
 *  information" */
void pg_escape_label(pg_sink_t *sink, pg_span_t s);

/** For a JSON string (RFC 8259 7), without the quotes around it. */
void pg_escape_json(pg_sink_t *sink, pg_span_t s);

/** A whole CSV field, with its quotes. A value that a spreadsheet would take
 *  for a formula is preceded by an apostrophe. @see RFC 4180 2 */
void pg_escape_csv(pg_sink_t *sink, pg_span_t s);

/**
 * The form above as a NUL-terminated string of well-formed UTF-8, for
 * libraries that escape by themselves (jansson).
 * @param out   size octets; never cut inside an escape or a character
 * @return octets written, without the NUL
 */
apr_size_t pg_escape_plain(char *out, apr_size_t size, pg_span_t s);

/**
 * Decode one character of UTF-8.
 * @param s    not empty
 * @param out  the code point; 0xffffffff for an octet that is not UTF-8
 * @return octets taken; at least 1
 * @see RFC 3629 4: no overlong forms, no surrogates, nothing over U+10FFFF
 */
apr_size_t pg_escape_utf8_next(pg_span_t s, apr_uint32_t *out);

/** The longest prefix of s of at most n octets that does not end inside a
 *  character. */
pg_span_t pg_escape_utf8_upto(pg_span_t s, apr_size_t n);

#endif
