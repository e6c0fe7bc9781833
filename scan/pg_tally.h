/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the scan has found so far: a ledger of the attempts, and what a ledger
 * has no place for. Each worker has a tally of its own, whose keys it hands
 * over when they have become many; at the end they are merged, and the sum does
 * not depend on which worker did what. */
#ifndef PG_TALLY_H
#define PG_TALLY_H

#include "pg_ledger.h"
#include "pg_reader.h"
#include "pg_scanned.h"
#include "pg_table.h"

enum {
    PG_TALLY_RECENT = 96,        /* newest attempts kept with evidence     */
    PG_TALLY_SAMPLES = 5,        /* unread lines shown                     */
    PG_TALLY_FORMATS = 8,
    PG_TALLY_TEXT = 400,         /* bytes kept of a client's text          */
    PG_PATH_WANTED = 159,        /* bytes of a path that distinguish it    */
    PG_SAME_HOSTS = 3            /* sites with the same answer: not by
                                    chance                                */
};

/** Logs read to be added to a ledger, and those that it has already. */
typedef enum pg_logs_e { PG_LOGS_KNOWN, PG_LOGS_NEW, PG_LOGS_COUNT } pg_logs_e;

/** Times of lines, split where there was none for longer than
 *  PG_TALLY_SILENCE: a server that is down logs nothing. As many as a ledger
 *  has room for. */
#define PG_TALLY_SILENCE ((apr_time_t)2 * 86400 * 1000000)
typedef struct pg_stretches_t {
    pg_range_t range[126];
    unsigned n;
} pg_stretches_t;

/** An attempt as logged. Spans live only during the call. */
typedef struct pg_hit_t {
    pg_event_t event;            /* time 0: the line has no usable one    */
    pg_span_t client;            /* as logged; may be a name              */
    pg_span_t request;           /* request line, unescaped               */
    pg_span_t size;              /* bytes of the answer as logged         */
    bool sent;                   /* including its head                    */
    bool stated;                 /* the log says what the outcome was     */
    pg_ground_e alone;           /* what it shows by itself, if it may have
                                    been relayed                          */
} pg_hit_t;

/** A span copied into the octets of what it is part of, one after another: few
 *  cache lines hold an attempt. */
typedef struct pg_kept_t {
    apr_uint16_t at;             /* offset in these octets                */
    apr_uint16_t len;
    bool cut;
    bool absent;
} pg_kept_t;

/** One text, copied. */
typedef struct pg_sample_t {
    pg_kept_t text;
    char octets[PG_TALLY_TEXT];
} pg_sample_t;

/*  Texts kept of an attempt: X(field, its place in a pg_hit_t) */
#define PG_KEPT_TEXTS(X)                                     \
    X(request,          hit->request)                        \
    X(method,           hit->event.verdict.method)           \
    X(target,           hit->event.verdict.target)           \
    X(host,             hit->event.verdict.host)             \
    X(vhost,            hit->event.vhost)                    \
    X(user_agent,       hit->event.user_agent)               \
    X(x_forwarded_for,  hit->event.x_forwarded_for)          \
    X(via,              hit->event.via)                      \
    X(forwarded,        hit->event.forwarded)                \
    X(proxy_connection, hit->event.proxy_connection)         \
    X(answer,           answer)

#define PG_MEMBER_KEPT(name, from) pg_kept_t name;
#define PG_ROOM_KEPT(name, from) + PG_TALLY_TEXT
/** One attempt, copied: event has no texts. */
typedef struct pg_example_t {
    bool used;
    pg_logs_e logs;
    pg_event_t event;
    PG_KEPT_TEXTS(PG_MEMBER_KEPT)
    char octets[0 PG_KEPT_TEXTS(PG_ROOM_KEPT)];
} pg_example_t;
#undef PG_MEMBER_KEPT
#undef PG_ROOM_KEPT

/** Some of the hosts that got an answer: enough to see whether all got the
 *  same. */
typedef struct pg_hosts_t {
    int n;
    apr_uint64_t hash[PG_SAME_HOSTS];
} pg_hosts_t;

/** Attempts with the same 2xx answer: the data of a cell in `answers`. */
typedef struct pg_answer_t {
    pg_verdict_t verdict;        /* class, family and port only           */
    int status;
    bool sent;                   /* its size includes its head            */
    bool stated;                 /* the log says that it was relayed      */
    apr_uint64_t count[PG_LOGS_COUNT]; /* exact, the cell's may be thinned */
    apr_time_t first;
    pg_hosts_t hosts;
    char method[16];
    char size[24];
    char path[PG_PATH_WANTED + 1];
    char vhost[80];
    char request[PG_TALLY_TEXT + 1];
} pg_answer_t;

#define PG_MEMBER_LINES(sym, field) apr_uint64_t field;
/** Lines by what became of them, and how those read closely, not at a glance,
 *  were read: only numbers. */
typedef struct pg_counts_t {
    PG_LINE_KINDS(PG_MEMBER_LINES)
    apr_uint64_t shape[PG_SHAPE_COUNT];
    apr_uint64_t envelope[PG_ENVELOPE_COUNT];
    apr_uint64_t format[PG_TALLY_FORMATS];
} pg_counts_t;
#undef PG_MEMBER_LINES

typedef struct pg_tally_t {
    apr_pool_t *pool;
    pg_logs_e logs;              /* what is being read                    */
    pg_ledger_t *ledger[PG_LOGS_COUNT];
    pg_range_t read[PG_LOGS_COUNT]; /* times of lines; 0: none            */
    pg_stretches_t part;         /* the same for what is being read       */
    pg_counts_t count;
    apr_uint64_t answered;       /* attempts with a 2xx                   */
    apr_uint64_t unanswered;     /* the log does not tell with what       */
    apr_uint64_t alone[PG_GROUND_COUNT];
                                 /* the same, by what each shows itself   */
    pg_table_t *top[PG_LOGS_COUNT][PG_TOP_COUNT]; /* what its ledger will
                                    list                                  */
    pg_table_t *vhosts[PG_LOGS_COUNT]; /* data: count by outcome          */
    pg_table_t *answers;         /* data: pg_answer_t                     */
    pg_table_t *lengths;         /* of those to be compared               */
    pg_table_t *home;            /* sizes of our answers to "GET /"       */
    pg_table_t *names;           /* virtual hosts learned from the log    */
    pg_example_t example[PG_REASON_COUNT];  /* the oldest of each         */
    pg_example_t *recent[PG_TALLY_RECENT];  /* oldest first               */
    pg_example_t *spare;         /* not among them                        */
    pg_example_t *room;          /* that both are in                      */
    int recent_count;
    pg_sample_t sample[PG_TALLY_SAMPLES];   /* not understood             */
    int samples;
} pg_tally_t;

/**
 * An empty tally, in pool, without ledgers.
 * @param bound  keys held by each table, at most
 */
pg_tally_t *pg_tally_create(apr_pool_t *pool, apr_size_t bound);

/** Count an attempt. One thread per tally. */
void pg_tally_add(pg_tally_t *tally, const pg_hit_t *hit);

/** Is a 2xx to this class a tunnel? To CONNECT, unless a page was sent: httpd
 *  logs "-" for the body of a tunnel (%b), and a length when DirectoryIndex,
 *  FallbackResource or a front controller has answered. Without any length in
 *  the log this is unknown. */
bool pg_tally_is_tunnel(pg_class_e class_id, pg_span_t size);

/** Is it the length of a body: a number, and not 0? */
bool pg_tally_is_length(pg_span_t size);

/** Count an unread line, keeping some of the first. */
void pg_tally_unparsed(pg_tally_t *tally, pg_span_t line);

/** Is it not known what was answered, since the line has no status? A SOCKS
 *  request and a foreign Host are not relayed whatever it was. */
bool pg_tally_is_unanswered(const pg_event_t *event);

/** Note when a line was written. */
void pg_tally_seen(pg_tally_t *tally, apr_time_t time);

/** Add the range of some lines; none if its `from` is 0. The order in which
 *  ranges are added does not matter, while there is room. */
void pg_tally_stretch(pg_stretches_t *stretches, pg_range_t range);

/** The oldest and the newest time seen; 0: none. */
pg_range_t pg_tally_read(const pg_tally_t *tally);

/** Add all numbers of one to another's. */
void pg_tally_add_counts(pg_counts_t *to, const pg_counts_t *from);

/** Do the lists that grow hold more keys than fit in a processor's cache? */
bool pg_tally_is_large(const pg_tally_t *tally);

/** Move all keys of `from` with their counts, so that those of several
 *  workers are held once. */
void pg_tally_move(pg_tally_t *tally, pg_tally_t *from);

/** Add all of `from`, which must not be used afterwards.
 *  @param now  the newest time of all */
void pg_tally_merge(pg_tally_t *tally, pg_tally_t *from, apr_time_t now);

/** Give the ledgers their lists and virtual hosts, of which they name the
 *  busiest; the tables of new logs are then of all logs.
 *  @param now  the newest time of all */
void pg_tally_list(pg_tally_t *tally, apr_time_t now);

/** The order of examples, oldest first; different ones are never equal, so that
 *  the choice of those kept does not depend on who read what. */
int pg_tally_compare(const pg_example_t *a, const pg_example_t *b);

/** Add the hosts of one answer to another's. */
void pg_tally_join_hosts(pg_hosts_t *to, const pg_hosts_t *from);

/** By how much the count of a key may be too low at most; 0: no list outgrew
 *  its bound, and all are exact. */
apr_uint64_t pg_tally_error(const pg_tally_t *tally);

/** A key of `top`, in readable form. */
pg_text_t pg_tally_top_text(pg_top_e list, pg_span_t key, apr_pool_t *pool);

/** A text kept in these octets. */
pg_span_t pg_tally_kept(const char *octets, const pg_kept_t *kept);

#endif
