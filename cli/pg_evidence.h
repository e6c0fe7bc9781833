/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Evidence logs, read back: one JSON object a line, as report/pg_ecs.h writes
 * it. */
#ifndef PG_EVIDENCE_H
#define PG_EVIDENCE_H

#include <jansson.h>

#include "pg_article.h"
#include "pg_cli.h"
#include "pg_vocab.h"

/** Called with each line, without its end. @return true to go on */
typedef bool pg_evidence_line_fn(void *to, pg_span_t line);

/** Read the files that the command was called with; without any, or as "-",
 *  standard input. @return 0, or an exit status after a message */
int pg_evidence_read(const pg_cli_t *cli, pg_evidence_line_fn *line, void *to);

/** After all was read: complain about lines that are not evidence.
 *  @return PG_EXIT_DATA when none of them was, else 0 */
int pg_evidence_judge(const pg_cli_t *cli, apr_uint64_t unread,
                      apr_uint64_t lines);

/** The attempt that a line holds, or PG_CLASS_CLEAN. */
pg_class_e pg_evidence_class(const json_t *line);

/** A member by its path, such as "http.request.method", or NULL. */
const json_t *pg_evidence_member(const json_t *line, const char *path);
const char *pg_evidence_text(const json_t *line, const char *path);

/** The same mask for one line, whose hosts it knows: those of the attempt and
 *  of this server.
 *  @param room  PG_EVIDENCE_KNOWN spans, which live as long as the answer */
enum { PG_EVIDENCE_KNOWN = 4 };
pg_article_t pg_evidence_mask(const pg_article_t *mask, pg_span_t *room,
                              const json_t *line);

/** A copy of a value with the names and addresses in it masked.
 *  @param path  where the value is, such as "url.original"; "" is the line */
json_t *pg_evidence_masked(const pg_article_t *mask, const char *path,
                           const json_t *value, apr_pool_t *pool);

/** Write a member's text; nothing if there is none.
 *  @param mask  NULL: as it is */
void pg_evidence_put(pg_sink_t *sink, const pg_article_t *mask,
                     const char *text);

/** The request line, without an end. What has no method is not HTTP: SOCKS,
 *  a bare order. */
void pg_evidence_put_request(pg_sink_t *sink, const pg_article_t *mask,
                             const json_t *line);

/** A comment that says when and from where, the request line, the fields. */
void pg_evidence_put_all(pg_sink_t *sink, const pg_article_t *mask,
                         const json_t *line);

#endif
