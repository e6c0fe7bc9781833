/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How far logs could be read, and so how far a scan's answer reaches: plain
 * data, for reports. "No attempts" holds only for what was read. */
#ifndef PG_REACH_H
#define PG_REACH_H

#include "pg_span.h"

/*  The answer of a scan: X(enum suffix, name in JSON) */
#define PG_REACH_VERDICTS(X)                                                \
    X(NONE,     "none")          /* all was read, and there were none      */ \
    X(ATTEMPTS, "attempts")                                                   \
    X(UNKNOWN,  "unknown")       /* none were found, but that says little  */

/*  Why finding nothing in a file proves nothing, the worst last:
 *  X(suffix, name) */
#define PG_REACH_DOUBTS(X)                                                  \
    X(NONE,       "none")                                                     \
    X(QUESTIONED, "questioned")  /* each target is in absolute-form there,
                                    and nobody said which hosts are ours   */ \
    X(PARTIAL,    "partial")     /* an error log: not of all requests      */ \
    X(SUSPECT,    "suspect")     /* an unread line may hold an attempt     */ \
    X(UNREAD,     "unread")      /* over 1 % of its lines                  */ \
    X(NO_REQUEST, "no-request")  /* it has lines, but no request in them   */ \
    X(EMPTY,      "empty")                                                    \
    X(CLOSED,     "closed")      /* it, or all of it, could not be read    */

#define PG_ENUM_REACH(sym, name) PG_REACH_##sym,
typedef enum pg_reach_verdict_e {
    PG_REACH_VERDICTS(PG_ENUM_REACH)
    PG_REACH_VERDICT_COUNT
} pg_reach_verdict_e;
#undef PG_ENUM_REACH

#define PG_ENUM_REACH(sym, name) PG_REACH_DOUBT_##sym,
typedef enum pg_reach_doubt_e {
    PG_REACH_DOUBTS(PG_ENUM_REACH)
    PG_REACH_DOUBT_COUNT
} pg_reach_doubt_e;
#undef PG_ENUM_REACH

typedef struct pg_reach_file_t {
    const char *path;            /* as it was named                       */
    pg_reach_doubt_e doubt;
    const char *envelope;        /* around its lines; "none"              */
    const char *format;          /* of most of its lines                  */
    apr_uint64_t lines, requests; /* requests: lines that hold one        */
    apr_uint64_t unread, suspect, questioned, partial;
} pg_reach_file_t;

typedef struct pg_reach_t {
    pg_reach_verdict_e verdict;
    const pg_reach_file_t *file;
    apr_size_t files;
    apr_uint64_t unread;         /* lines of all files, with the suspect  */
    apr_uint64_t suspect;
    apr_uint64_t questioned;     /* requests                              */
    apr_uint64_t no_client;      /* attempts whose client is unknown      */
} pg_reach_t;

/** The names above; "?" outside the lists. */
const char *pg_reach_verdict_name(pg_reach_verdict_e value);
const char *pg_reach_doubt_name(pg_reach_doubt_e value);

/** The doubt about a file, from its counts; file->doubt is ignored. */
pg_reach_doubt_e pg_reach_doubt(const pg_reach_file_t *file);

#endif
