/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Names and addresses masked for print, so that a reader still sees what
 * kind of host it was: "mx0.●▲■.com.tw" for "mx0.hinet.com.tw". Labels that
 * identify nobody are kept: the top-level domain (with "com", "co" and the
 * like below a country's) and a first label such as www or mx0. Ports stay;
 * paths stay or become "/...". The same name is masked alike as long as the
 * key is the same; three symbols make 1,728 masks, so two names may share
 * one. */
#ifndef PG_ARTICLE_H
#define PG_ARTICLE_H

#include "pg_hash.h"
#include "pg_sink.h"

/** How to mask. */
typedef struct pg_article_t {
    pg_key_t key;
    bool paths;                  /* keep what follows a host?             */
    /* Mask only hosts for which this is true; NULL: all. */
    bool (*masks)(const void *who, pg_span_t host);
    const void *who;
    /* Hosts to mask wherever they are, such as those of an attempt. */
    const pg_span_t *known;
    apr_size_t n_known;
} pg_article_t;

/**
 * Write a text with the host names and addresses in it masked, and everything
 * else escaped as for a terminal. A host is whatever looks like one, and
 * anything where a host is expected: after "//", "@", "CONNECT " or "host=".
 */
void pg_article_put(pg_sink_t *sink, const pg_article_t *how, pg_span_t text);

/** The same for the value of a field, or of a JSON member, of that name: what
 *  X-Forwarded-Host or Via contains is a host, whatever it looks like. A text
 *  that begins with "Name: " is treated so without being asked. */
void pg_article_put_named(pg_sink_t *sink, const pg_article_t *how,
                          pg_span_t name, pg_span_t text);

/** The part of a name that somebody registered: "hinet.com.tw" for
 *  "mx0.hinet.com.tw"; the whole name if it has no such part. */
pg_span_t pg_article_site(pg_span_t name);

#endif
