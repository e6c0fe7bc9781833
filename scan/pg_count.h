/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A line of a log -> tally: the only place that knows what a line means. */
#ifndef PG_COUNT_H
#define PG_COUNT_H

#include "pg_logjson.h"
#include "pg_memo.h"
#include "pg_own.h"
#include "pg_reader.h"
#include "pg_tally.h"

/** How lines are counted; const while workers run. */
typedef struct pg_counting_t {
    pg_reading_t reading;
    pg_span_t anchor;            /* that of all formats; absent: none     */
    const pg_own_t *own;         /* NULL: not known                       */
    bool check_host;             /* a foreign Host is an attempt          */
    const pg_table_t *answered;  /* hosts of full URLs that got an answer
                                    other than a refusal, where every URL
                                    is full; NULL: not known              */
} pg_counting_t;

/** Receives the lines themselves, one by one. */
typedef struct pg_watch_t {
    void *to;                    /* handed to both                        */
    /* an attempt; with `other`, a clean request as well */
    void (*request)(void *to, const pg_hit_t *hit);
    /* a line without a request, or that was not read; NULL: not wanted */
    void (*other)(void *to, pg_read_e read, pg_span_t text);
} pg_watch_t;

/** What a worker needs besides its tally. */
typedef struct pg_counter_t {
    const pg_counting_t *rules;
    pg_tally_t *tally;
    const pg_table_t *wanted;    /* paths whose own answers are collected  */
    pg_table_t *found;           /* "path size" of those; with names:
                                    hosts for rules->answered             */
    bool composed;               /* every URL of this file is full        */
    bool named;                  /* this part has named a host, so far    */
    bool more;                   /* another block follows: the beginning
                                    of an object over several lines may
                                    be left for it                        */
    const pg_watch_t *watch;     /* NULL: lines are only counted            */
    pg_reader_t reader;
    pg_logjson_keys_t keys;
    pg_memo_t memo;
    char *memory;                /* PG_READER_MEMORY(PG_LINE_MAX) octets  */
    char vhost[320];
    char concealed[2][16384];    /* texts of an attempt that had secrets  */
} pg_counter_t;

/**
 * Begin a file, or a part of one.
 * @param head  the part begins the file
 */
void pg_count_begin(pg_counter_t *counter, bool head);

/** Read a line, without its line end, and count what it holds. */
void pg_count_line(pg_counter_t *counter, pg_span_t text);

/** Read only when a line was written, for the extent of the log.
 *  @return us since 1970; 0: not stated */
apr_time_t pg_count_when(pg_counter_t *counter, pg_span_t text);

/** The request of a line as the core wants it; false when it has none. */
bool pg_count_request(pg_counter_t *counter, const pg_logline_t *line,
                      pg_request_t *request);

/** "name:port" of the virtual host, in counter->vhost; absent: not logged. */
pg_span_t pg_count_vhost(pg_counter_t *counter, const pg_logline_t *line);

/** Does somebody watch lines without an attempt, too? */
bool pg_count_shows_all(const pg_counter_t *counter);

/** Count what ran into a line as another one, unread: it holds a request that
 *  may be an attempt. */
void pg_count_joined(pg_counter_t *counter, pg_span_t text);

#endif
