/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the scan has counted so far. Each worker has a tally of its own; at
 * the end they are merged, and the sum does not depend on who did what. */
#ifndef PG_TALLY_H
#define PG_TALLY_H

#include "pg_event.h"
#include "pg_reader.h"
#include "pg_scanned.h"
#include "pg_table.h"

enum {
    PG_TALLY_RECENT = 50,        /* newest attempts kept with evidence     */
    PG_TALLY_SAMPLES = 5,        /* lines shown that nobody understood     */
    PG_TALLY_FORMATS = 8,
    PG_TALLY_TEXT = 400,         /* octets kept of a stranger's text       */
    PG_PATH_WANTED = 159         /* octets of a path that tell it apart    */
};

/** An attempt as a log tells of it. Spans live for the call only. */
typedef struct pg_hit_t {
    pg_event_t event;            /* time 0: the line has no usable one    */
    pg_span_t client;            /* as logged; may be a name              */
    pg_span_t request;           /* request line, unescaped               */
    pg_span_t size;              /* octets of the answer as logged        */
    bool sent;                   /* its head counts among them            */
    pg_ground_e alone;           /* of a 2xx: what it says by itself      */
} pg_hit_t;

/** A span copied into the tally. */
typedef struct pg_kept_t {
    char octets[PG_TALLY_TEXT + 1];
    apr_uint16_t len;
    bool cut;
    bool absent;
} pg_kept_t;

/*  Texts kept of an attempt: X(field, where it is in a pg_hit_t) */
#define PG_KEPT_TEXTS(X)                                     \
    X(source,           hit->client)                         \
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
/** One attempt, copied. */
typedef struct pg_example_t {
    bool used;
    apr_time_t time;
    pg_class_e class_id;
    pg_family_e family;
    pg_reason_e reason;
    pg_outcome_e outcome;
    int status;
    apr_uint16_t port;
    PG_KEPT_TEXTS(PG_MEMBER_KEPT)
} pg_example_t;
#undef PG_MEMBER_KEPT

/*  The newest buckets of each period, as rings: a period's number modulo the
 *  ring's size is its place, and a newer period takes it over. What a history
 *  shows is thus exact, whatever the order of the lines.
 *
 *     minutes 0 .. 119 | hours 120 .. 455 | days 456 .. | months ..         */
#define PG_SUM_BUCKETS(sym, name, buckets) + (buckets)
enum {
    PG_TALLY_BUCKETS = 0 PG_PERIODS(PG_SUM_BUCKETS)
};
#undef PG_SUM_BUCKETS

/** Attempts with the same 2xx answer: the data of a cell in `answers`. */
typedef struct pg_answer_t {
    pg_class_e class_id;
    int status;
    bool sent;                   /* its head counts in its size           */
    apr_uint64_t count;          /* exact, the cell's may be thinned      */
    apr_time_t first, last;
    char method[16];
    char host[128];
    char size[24];
    char path[PG_PATH_WANTED + 1];
    char vhost[64];
    char request[PG_TALLY_TEXT + 1];
} pg_answer_t;

#define PG_MEMBER_LINES(sym, field) apr_uint64_t field;
typedef struct pg_tally_t {
    apr_pool_t *pool;
    apr_size_t bound;
    PG_LINE_KINDS(PG_MEMBER_LINES)
    apr_uint64_t count[PG_CLASS_COUNT][PG_OUTCOME_COUNT];
    apr_uint64_t by_family[PG_FAMILY_COUNT];
    apr_uint64_t by_method[PG_METHOD_COUNT];
    apr_uint64_t by_port_class[PG_PORTCLASS_COUNT];
    apr_uint64_t by_intent[PG_INTENT_COUNT];
    apr_uint64_t answered;       /* attempts with a 2xx                   */
    apr_uint64_t alone[PG_GROUND_COUNT]; /* the same by what each says by
                                    itself                                */
    apr_time_t first, last;      /* attempts; 0 = none                    */
    apr_time_t log_first, log_last; /* lines looked at                    */
    pg_bucket_t bucket[PG_TALLY_BUCKETS]; /* see above                    */
    pg_table_t *top[PG_TOP_COUNT];
    pg_table_t *vhosts;          /* data: count by outcome                */
    pg_table_t *answers;         /* data: pg_answer_t                     */
    pg_table_t *lengths;         /* of those that need to be compared     */
    pg_table_t *home;            /* sizes of the own answers to "GET /"   */
    pg_table_t *names;           /* virtual hosts learned from the log    */
    pg_example_t example[PG_REASON_COUNT];  /* the oldest of each         */
    pg_example_t recent[PG_TALLY_RECENT];   /* in no order                */
    int recent_count;
    apr_uint64_t shape[PG_SHAPE_COUNT];     /* how lines were read, of   */
    apr_uint64_t envelope[PG_ENVELOPE_COUNT]; /* those that were looked at */
    apr_uint64_t format[PG_TALLY_FORMATS];  /* closely: not at a glance    */
    pg_kept_t sample[PG_TALLY_SAMPLES];     /* not understood             */
    int samples;
} pg_tally_t;
#undef PG_MEMBER_LINES

/**
 * An empty tally, in pool.
 * @param bound  keys held by each table, at most
 */
pg_tally_t *pg_tally_create(apr_pool_t *pool, apr_size_t bound);

/** Count an attempt. One thread a tally. */
void pg_tally_add(pg_tally_t *tally, const pg_hit_t *hit);

/**
 * The key of an attempt's answer in `answers`; empty for all but 2xx.
 * @param out  at least PG_TABLE_KEY octets and a NUL
 */
pg_span_t pg_tally_answer(const pg_hit_t *hit, char *out);

/** Is a 2xx to this class a tunnel? To CONNECT, unless a page was sent: httpd
 *  logs "-" for the body of a tunnel (%b), and a length when DirectoryIndex,
 *  FallbackResource or a front controller has answered. Where the log has no
 *  length at all it cannot be told. */
bool pg_tally_is_tunnel(pg_class_e class_id, pg_span_t size);

/** Is it the length of a body: a number, and not 0? */
bool pg_tally_is_length(pg_span_t size);

/** Count a line that was not understood, keeping some of the first. */
void pg_tally_unparsed(pg_tally_t *tally, pg_span_t line);

/** Note when a line was written. */
void pg_tally_seen(pg_tally_t *tally, apr_time_t time);

/** Add all of `from`, which is of no more use then. */
void pg_tally_merge(pg_tally_t *tally, const pg_tally_t *from);

/** By how much the count of a single key may be too low, at most; 0: no list
 *  outgrew its bound, and all is exact. */
apr_uint64_t pg_tally_error(const pg_tally_t *tally);

/** The number of the minute, hour, day or month since 1970 that a time lies
 *  in, and the first instant of one. */
apr_int64_t pg_period_number(pg_period_e period, apr_time_t time);
apr_time_t pg_period_start(pg_period_e period, apr_int64_t number);

/** How many buckets a period has, and the one for a number of it: it holds
 *  that period only if its start says so. */
int pg_period_buckets(pg_period_e period);
pg_bucket_t *pg_tally_bucket(pg_tally_t *tally, pg_period_e period,
                             apr_int64_t number);

/** Copy what fits. */
void pg_kept_set(pg_kept_t *out, pg_span_t s);
pg_span_t pg_kept_span(const pg_kept_t *kept);

#endif
