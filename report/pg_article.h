/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Names and addresses masked for print, so that a reader still sees what kind
 * of host it was: "mx0.●▲■.com.tw" for "mx0.hinet.com.tw". Labels that name
 * nobody stay: the top-level domain (with "com", "co" and the like below a
 * country's) and a first label such as www or mx0. Ports stay; paths stay or
 * become "/...". The same name is masked alike as long as the key is the same;
 * three symbols make 1,728 masks, so two names may share one. */
#ifndef PG_ARTICLE_H
#define PG_ARTICLE_H

#include "pg_hash.h"
#include "pg_sink.h"

/**
 * Write a text with each host name and address in it masked, and everything
 * else escaped as for a terminal.
 * @param paths  keep what follows a host?
 */
void pg_article_put(pg_sink_t *sink, const pg_key_t *key, pg_span_t text,
                    bool paths);

#endif
