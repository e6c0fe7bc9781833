/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reads evidence logs: one JSON object per line, as written by
 * report/pg_ecs.h. */
#ifndef PG_EVIDENCEFILE_H
#define PG_EVIDENCEFILE_H

#include <jansson.h>

#include "pg_article.h"
#include "pg_cli.h"
#include "pg_vocab.h"

/** Called with each line, without its end. @return true to go on */
typedef bool pg_evidencefile_line_fn(void *to, pg_span_t line);

/** Read the files that the command was called with; without any, or for "-",
 *  standard input. @return 0, or an exit status after a message */
int pg_evidencefile_read(const pg_cli_t *cli, pg_evidencefile_line_fn *line,
                         void *to);

/** After reading: report lines that are not evidence.
 *  @return PG_EXIT_DATA when none of them was, else 0 */
int pg_evidencefile_judge(const pg_cli_t *cli, apr_uint64_t unread,
                          apr_uint64_t lines);

/** The class of attempt in a line, or PG_CLASS_CLEAN. */
pg_class_e pg_evidencefile_class(const json_t *line);

/** A member by its path, such as "http.request.method", or NULL. */
const json_t *pg_evidencefile_member(const json_t *line, const char *path);
const char *pg_evidencefile_text(const json_t *line, const char *path);

/** The same mask for one line, aware of its hosts: those of the attempt and of
 *  this server.
 *  @param room  PG_EVIDENCEFILE_KNOWN spans, which live as long as the answer
 */
enum { PG_EVIDENCEFILE_KNOWN = 4 };
pg_article_t pg_evidencefile_mask(const pg_article_t *mask, pg_span_t *room,
                                  const json_t *line);

/** A copy of a value with the names and addresses in it masked.
 *  @param path  where the value is, such as "url.original"; "" is the line */
json_t *pg_evidencefile_masked(const pg_article_t *mask, const char *path,
                               const json_t *value, apr_pool_t *pool);

/** Write a member's text, if there is one.
 *  @param mask  NULL: as it is */
void pg_evidencefile_put(pg_sink_t *sink, const pg_article_t *mask,
                         const char *text);

/** The request line, without its end. Without a method it is not HTTP: SOCKS,
 *  a bare command. */
void pg_evidencefile_put_request(pg_sink_t *sink, const pg_article_t *mask,
                                 const json_t *line);

/** A comment with time and source, the request line, the fields. */
void pg_evidencefile_put_all(pg_sink_t *sink, const pg_article_t *mask,
                             const json_t *line);

#endif
