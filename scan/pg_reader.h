/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The one reader of lines, for all commands: it removes envelopes and tries
 * known formats, then JSON, columns, and anything that looks like a request.
 * It never guesses silently: what it cannot read it reports as unread. */
#ifndef PG_READER_H
#define PG_READER_H

#include "pg_classify.h"
#include "pg_client.h"
#include "pg_columns.h"
#include "pg_envelope.h"
#include "pg_logformat.h"
#include "pg_logtime.h"
#include "pg_loose.h"

/** What a line is. */
typedef enum pg_read_e {
    PG_READ_REQUEST,
    PG_READ_BLANK,
    PG_READ_SILENT,              /* no request in its place: "-" 408, a
                                    closed connection                     */
    PG_READ_OTHER,               /* known to contain no request: a
                                    message in an error log, a line of
                                    names                                 */
    PG_READ_UNREAD,
    PG_READ_SUSPECT              /* unread, and it holds "://" or CONNECT
                                    and a host with a port                */
} pg_read_e;

/*  How a line was read: X(enum suffix, name). The named formats of
 *  pg_logformat.h, those of pg_loose.h, and these: */
#define PG_SHAPES(X)                                                          \
    X(UNKNOWN,  "unknown")                                                    \
    X(FORMAT,   "format")        /* one of the formats given: its name     */ \
    X(COLUMNS,  "columns")                                                    \
    X(JSON,     "json")                                                       \
    PG_LOOSE_KINDS(X)

#define PG_ENUM_SHAPE(sym, name) PG_SHAPE_##sym,
typedef enum pg_shape_e {
    PG_SHAPES(PG_ENUM_SHAPE)
    PG_SHAPE_COUNT
} pg_shape_e;
#undef PG_ENUM_SHAPE

/** The name above. */
const char *pg_reader_shape(pg_shape_e shape);

/** How lines are read; const while readers use it. */
typedef struct pg_reading_t {
    const pg_logformat_t *format; /* tried in order                       */
    int formats;
    bool json;                   /* try JSON                              */
    bool any;                    /* and anything else: no format given    */
    apr_time_t now;              /* a time in the future is ignored       */
    int zone;                    /* of times without one, minutes east of
                                    UTC                                   */
    int shown;                   /* all times are moved by so many
                                    minutes, into the report's zone       */
} pg_reading_t;

/** ModSecurity's audit log spreads a request over sections: A has the client,
 *  the first line of B the request. */
typedef struct pg_modsec_t {
    char section;                /* current one; 0: not in an audit log   */
    char id[9];                  /* the boundary's, "--id-A--"            */
    bool fresh;                  /* no line of this section was read yet  */
    char client[64], time[64];   /* of this request                       */
} pg_modsec_t;

/** Which of two addresses before the request is the client's, if neither shows
 *  it by itself. */
typedef enum pg_pair_e {
    PG_PAIR_UNKNOWN,
    PG_PAIR_FIRST,               /* the second is the same in all lines   */
    PG_PAIR_SECOND               /* the first is                          */
} pg_pair_e;

typedef struct pg_reader_t {
    const pg_reading_t *how;
    pg_pair_e pair;              /* of this file                           */
    char *memory;                /* PG_READER_MEMORY octets               */
    pg_room_t room;              /* the free part                         */
    pg_columns_t columns;        /* as the file named them                */
    bool head;                   /* the next line is the file's first: it
                                    may name columns without a '#'        */
    pg_envelope_e envelope;      /* of the last line; the outermost       */
    pg_shape_e shape;            /* of the last line                      */
    int format;                  /* with PG_SHAPE_FORMAT: which           */
    bool joined;                 /* another request follows on that line  */
    pg_span_t outer_time;        /* the envelope's                        */
    pg_logtime_last_t last_time; /* of a line                             */
    pg_client_t client;          /* of the last line                      */
    pg_span_t read;              /* what that was read from               */
    pg_modsec_t audit;
} pg_reader_t;

/** Octets for a reader that is given lines of up to n. */
#define PG_READER_MEMORY(n) ((apr_size_t)(n) * 5 + 1024)

/**
 * Begin a file, or with head set to false a part of one.
 * @param memory  PG_READER_MEMORY(n) octets
 */
void pg_reader_begin(pg_reader_t *reader, const pg_reading_t *how,
                     char *memory, apr_size_t size);

/**
 * Read a line.
 * @param out   with PG_READ_REQUEST: REQUEST, or METHOD and TARGET, not
 *              empty. CLIENT is an address or a host name, or absent. Lives
 *              until the next call
 * @param line  without its line end
 */
pg_read_e pg_reader_line(pg_reader_t *reader, pg_logline_t *out,
                         pg_span_t line);

/** A field as it was sent: escapes undone; "-" is absent. In the reader's
 *  memory, until the next line. */
pg_span_t pg_reader_sent(pg_reader_t *reader, const pg_logline_t *line,
                         pg_field_e field);

/** When the last line was written; 0 if not stated, or impossible. */
apr_time_t pg_reader_time(pg_reader_t *reader, const pg_logline_t *line);

/** The status of a line, or 0. */
int pg_reader_status(const pg_logline_t *line);

/** The outcome that a line of this product's own logs states;
 *  PG_OUTCOME_COUNT: it states none. */
pg_outcome_e pg_reader_outcome(const pg_logline_t *line);

/**
 * Classify the request of a line. What this product logged as an attempt is
 * one, although its target looks clean: a Host that was not ours, a backend
 * that the client chose, a tunnel over HTTP.
 * @return out->class_id
 */
pg_class_e pg_reader_classify(pg_verdict_t *out, const pg_request_t *request,
                              const pg_logline_t *line, const pg_own_t *own);

/**
 * Which of two addresses is the client's, judging by the first lines of a
 * file.
 * @param head    complete lines count
 * @param memory  PG_READER_MEMORY() of its length
 */
pg_pair_e pg_reader_pair(const pg_reading_t *how, pg_span_t head,
                         char *memory);

/** Must a file that begins like this be read from its beginning, by one
 *  reader? Its first lines determine what the others mean. */
bool pg_reader_needs_head(pg_span_t head);

#endif
