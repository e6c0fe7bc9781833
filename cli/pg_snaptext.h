/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A snapshot for a person at a terminal: words and bars, 80 columns wide,
 * UTF-8. What strangers sent is escaped. */
#ifndef PG_SNAPTEXT_H
#define PG_SNAPTEXT_H

#include <apr_pools.h>

#include "pg_scanwords.h"
#include "pg_sink.h"
#include "pg_snapshot.h"

/** What every part of the text needs. */
typedef struct pg_snaptext_t {
    pg_sink_t *sink;
    const pg_snapshot_t *s;
    bool japanese;
    apr_pool_t *pool;
} pg_snaptext_t;

/** Write all of it. @return the sink's status */
apr_status_t pg_snaptext_render(const pg_snaptext_t *t);

/** Its parts: how many and when; kinds, outcomes, months and top lists. */
void pg_snaptext_summary(const pg_snaptext_t *t);
void pg_snaptext_lists(const pg_snaptext_t *t);

/** Words as they are, with their %s. */
const char *pg_snaptext_words(pg_scan_word_e word, bool japanese);

/** Words, with up to three arguments in place of their %s. */
void pg_snaptext_say(const pg_snaptext_t *t, pg_scan_word_e word,
                     const char *a, const char *b, const char *c);

/** A heading. */
void pg_snaptext_head(const pg_snaptext_t *t, pg_scan_word_e word);

/** A stranger's text, at most `room` octets of it. */
void pg_snaptext_put(const pg_snaptext_t *t, pg_span_t s, apr_size_t room);

/** 1234567 as "1,234,567". */
const char *pg_snaptext_number(const pg_snaptext_t *t, apr_uint64_t n);

/** "2014-11-23" (UTC). */
const char *pg_snaptext_day(const pg_snaptext_t *t, apr_time_t time);

#endif
