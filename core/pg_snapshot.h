/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger's contents at one moment, as plain data: the only thing reports
 * ever see. Everything in it is a copy that nothing else writes, allocated in
 * one pool, and checked: an index or a length in here can be relied on. Text
 * came from clients and may hold any octet: escape it where it is written.
 *
 * Figures without an error are exact. Those that have one carry it. */
#ifndef PG_SNAPSHOT_H
#define PG_SNAPSHOT_H

#include <apr_time.h>

#include "pg_capture.h"
#include "pg_classify.h"
#include "pg_hash.h"
#include "pg_intent.h"
#include "pg_portclass.h"
#include "pg_vocab.h"

/*  Methods that are counted by name; positions are stored. NONE: there was
 *  none (SOCKS, bare orders); OTHER: all further ones together. */
#define PG_METHODS(X)                                                        \
    X(OTHER, "other")   X(NONE, "none")       X(GET, "GET")                  \
    X(HEAD, "HEAD")     X(POST, "POST")       X(CONNECT, "CONNECT")          \
    X(OPTIONS, "OPTIONS") X(PUT, "PUT")       X(DELETE, "DELETE")            \
    X(PROPFIND, "PROPFIND")

/*  The top lists. */
#define PG_TOPS(X)                                                           \
    X(SOURCES, "sources")     /* addresses of clients                     */ \
    X(TARGETS, "targets")     /* requested destinations: host:port        */ \
    X(PORTS,   "ports")       /* their ports                              */ \
    X(AGENTS,  "user_agents") /* User-Agent fields                        */

/*  The periods of the history: X(suffix, name, buckets shown). All in UTC. */
#define PG_PERIODS(X)                                                        \
    X(MINUTE, "minutes", 120) /* 2 hours                                  */ \
    X(HOUR,   "hours",   336) /* 14 days                                  */ \
    X(DAY,    "days",    800) /* a bit over 2 years                       */ \
    X(MONTH,  "months",  240) /* 20 years                                 */

#define PG_ENUM_METHOD(sym, name) PG_METHOD_##sym,
typedef enum pg_method_e {
    PG_METHODS(PG_ENUM_METHOD)
    PG_METHOD_COUNT
} pg_method_e;
#undef PG_ENUM_METHOD

#define PG_ENUM_TOP(sym, name) PG_TOP_##sym,
typedef enum pg_top_e {
    PG_TOPS(PG_ENUM_TOP)
    PG_TOP_COUNT
} pg_top_e;
#undef PG_ENUM_TOP

#define PG_ENUM_PERIOD(sym, name, buckets) PG_PERIOD_##sym,
typedef enum pg_period_e {
    PG_PERIODS(PG_ENUM_PERIOD)
    PG_PERIOD_COUNT
} pg_period_e;
#undef PG_ENUM_PERIOD

/** The names above, "?" outside the list; never NULL. */
const char *pg_snapshot_method(pg_method_e value);
const char *pg_snapshot_top(pg_top_e value);
const char *pg_snapshot_period(pg_period_e value);

/** Text that a client sent. octets.ptr NULL: it was not sent at all. */
typedef struct pg_text_t {
    pg_span_t octets;            /* followed by a NUL that is not counted */
    bool cut;                    /* there was more                        */
} pg_text_t;

/** Attempts within one minute, hour, day or month. */
typedef struct pg_bucket_t {
    apr_time_t start;            /* us since 1970, UTC, first instant     */
    apr_uint64_t attempts;       /* sum of by_class, and of by_family     */
    apr_uint64_t by_class[PG_CLASS_COUNT];
    apr_uint64_t by_family[PG_FAMILY_COUNT];
} pg_bucket_t;

/** The last n periods, oldest first, without gaps; the last one is the one
 *  the snapshot was taken in, and not over yet. n is what PG_PERIODS says,
 *  or 0 when this ledger has no history. */
typedef struct pg_series_t {
    const pg_bucket_t *bucket;
    apr_size_t n;
} pg_series_t;

/** One of the most frequent.
 *  At least count - error were seen for certain; the truth is below count +
 *  2 error with 95 %. error 0: exact. (docs/ledger.md, "Top lists") */
typedef struct pg_top_entry_t {
    pg_text_t key;               /* as text: an address, "host:port", a port,
                                    a User-Agent; absent: none was sent   */
    apr_uint64_t count;
    apr_uint64_t error;
} pg_top_entry_t;

typedef struct pg_top_t {
    const pg_top_entry_t *entry; /* most frequent first                   */
    apr_size_t n;
    apr_uint64_t floor;          /* what is not listed was rarer than about
                                    this; 0: the list is complete         */
} pg_top_t;

/** An estimate of how many different ones there were. */
typedef struct pg_distinct_t {
    apr_uint64_t estimate;
    double relative_error;       /* standard error, 0.01 = 1 %; 0: exact  */
} pg_distinct_t;

/** Attempts at one virtual host. */
typedef struct pg_vhost_count_t {
    pg_text_t name;              /* "name:port"; absent: all that found no
                                    room in the table, or not known       */
    apr_uint64_t attempts;       /* sum of by_outcome                     */
    apr_uint64_t by_outcome[PG_OUTCOME_COUNT];
} pg_vhost_count_t;

/** One attempt with its evidence. */
typedef struct pg_recent_t {
    apr_time_t time;             /* us since 1970, UTC                    */
    pg_class_e class_id;
    pg_family_e family;
    pg_reason_e reason;
    pg_outcome_e outcome;
    int status;                  /* as answered; 0 = none                 */
    apr_uint16_t port;           /* of the target; 0 = none               */
    pg_text_t source;            /* the address as text; absent: unknown  */
    bool source_is_peer;         /* it may be a load balancer's           */
    pg_text_t method;
    pg_text_t target;            /* request-target as received            */
    pg_text_t host;              /* that it would have reached            */
    pg_text_t vhost;             /* where it arrived                      */
    pg_text_t user_agent;
    pg_text_t x_forwarded_for;
    pg_text_t via;
    pg_text_t forwarded;
    pg_text_t proxy_connection;
    bool proxy_authorization;    /* was sent; its value is not kept       */
} pg_recent_t;

/** A time that is covered, by a server that ran or by a log that was read:
 *  [from, to), us since 1970. */
typedef struct pg_range_t {
    apr_time_t from, to;
} pg_range_t;

/** The same, and how many ledgers that were merged watched side by side. */
typedef struct pg_watched_t {
    pg_range_t time;
    apr_size_t by;
} pg_watched_t;

typedef struct pg_snapshot_t {
    apr_time_t taken;            /* us since 1970                         */
    apr_time_t since;            /* counting since: where covered begins  */
    const pg_range_t *covered;   /* oldest first, apart; none: from since
                                    until taken                           */
    apr_size_t covered_count;
    bool from_logs;              /* some were read from logs: what is called
                                    relayed there was judged, not seen    */
    const pg_watched_t *watched; /* the same, by how many; none: by one   */
    apr_size_t watched_count;
    bool in_memory;              /* the counts do not outlive the server  */
    apr_uint64_t key_id;         /* ledgers that have the same one unite
                                    their sources and pseudonyms          */
    apr_size_t ledgers;          /* how many were merged into this one,
                                    itself included                       */
    apr_time_t first;            /* time of the oldest attempt; 0 = none  */
    apr_time_t last;             /* time of the newest one; 0 = none      */
    apr_uint64_t attempts;       /* sum of count[][]                      */
    apr_uint64_t count[PG_CLASS_COUNT][PG_OUTCOME_COUNT];
    apr_uint64_t by_family[PG_FAMILY_COUNT];
    apr_uint64_t by_method[PG_METHOD_COUNT];
    apr_uint64_t by_port_class[PG_PORTCLASS_COUNT];
    apr_uint64_t by_intent[PG_INTENT_COUNT];
    apr_uint64_t permitted;      /* carried for permitted clients; not in
                                    attempts                              */
    const pg_vhost_count_t *vhosts; /* most attempts first                */
    apr_size_t vhost_count;
    pg_series_t series[PG_PERIOD_COUNT];
    pg_top_t top[PG_TOP_COUNT];
    pg_distinct_t sources;       /* different ones since `since`          */
    apr_uint64_t sources_elsewhere; /* at most so many more, in ledgers that
                                    were merged in and have another key   */
    const pg_recent_t *recent;   /* newest first                          */
    apr_size_t recent_count;
    pg_capture_t capture;        /* by the sink                           */
    pg_key_t pseudonyms;         /* for pg_mask.h; secret: never shown    */
} pg_snapshot_t;

#endif
