/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a scan of logs knows and a ledger does not: how much was read, how the
 * attempts were answered, and what that gives away. Plain facts: scan/ fills
 * them in, report/ puts them into words. Text came from clients and may hold
 * any octet. */
#ifndef PG_SCANNED_H
#define PG_SCANNED_H

#include "pg_reach.h"
#include "pg_snapshot.h"

/*  Did it succeed? X(enum suffix, name), from good to bad. */
#define PG_JUDGED(X)                                                        \
    X(HARMLESS, "harmless") /* the server answered for itself            */ \
    X(UNCLEAR,  "unclear")  /* the log cannot tell                       */ \
    X(RELAYED,  "relayed")  /* probably relayed                          */

/*  What a judgement rests on: X(enum suffix, judgement) */
#define PG_GROUNDS(X)                                                       \
    X(CONNECT,      RELAYED)                                                \
    X(DIFFERS,      RELAYED)                                                \
    X(HOME,         HARMLESS)                                               \
    X(SAME_PATH,    HARMLESS)                                               \
    X(SAME_ALWAYS,  HARMLESS)                                               \
    X(DEFAULT_HOST, HARMLESS)                                               \
    X(NO_LENGTH,    UNCLEAR)                                                \
    X(NO_HOME,      UNCLEAR)                                                \
    X(VARIES,       UNCLEAR)                                                \
    X(LOGGED,       RELAYED)                                                \
    X(ONLY_HOME,    UNCLEAR)

/*  Lines by what became of them: X(enum suffix, name) */
#define PG_LINE_KINDS(X)                                                    \
    X(LINES,    lines)    /* read                                        */ \
    X(BLANK,    blank)    /* of these empty                              */ \
    X(SILENT,   silent)   /* without a request: time-outs, connections
                             that were closed                            */ \
    X(ATTEMPTS, attempts)                                                   \
    X(UNTIMED,  untimed)  /* attempts without a usable time              */ \
    X(NO_CLIENT, no_client) /* attempts whose client is not known        */ \
    X(OTHER,    other)    /* known to hold no request: messages, names of
                             columns                                     */ \
    X(QUESTIONED, questioned) /* requests with a full URL, in a log where
                             all have one: ours, or a relay's            */ \
    X(PARTIAL,  partial)  /* requests in error logs, which do not have
                             all of them                                 */ \
    X(UNPARSED, unparsed) /* not understood                              */ \
    X(SUSPECT,  suspect)  /* of these, such as may hold an attempt       */ \
    X(OVERSIZE, oversize) /* longer than 1 MiB, not looked at            */

/*  Where the server's own names came from: X(enum suffix, name) */
#define PG_NAMES_FROM(X)                                                    \
    X(UNKNOWN, "unknown") /* none were given or found                    */ \
    X(LEARNED, "learned") /* from the log                                */ \
    X(GIVEN,   "given")   /* by the administrator                        */

#define PG_ENUM_JUDGED(sym, name) PG_JUDGED_##sym,
typedef enum pg_judged_e {
    PG_JUDGED(PG_ENUM_JUDGED)
    PG_JUDGED_COUNT
} pg_judged_e;
#undef PG_ENUM_JUDGED

#define PG_ENUM_GROUND(sym, judged) PG_GROUND_##sym,
typedef enum pg_ground_e {
    PG_GROUNDS(PG_ENUM_GROUND)
    PG_GROUND_COUNT
} pg_ground_e;
#undef PG_ENUM_GROUND

#define PG_ENUM_LINES(sym, name) PG_LINES_##sym,
typedef enum pg_lines_e {
    PG_LINE_KINDS(PG_ENUM_LINES)
    PG_LINES_COUNT
} pg_lines_e;
#undef PG_ENUM_LINES

#define PG_ENUM_NAMES(sym, name) PG_NAMES_##sym,
typedef enum pg_names_from_e {
    PG_NAMES_FROM(PG_ENUM_NAMES)
    PG_NAMES_COUNT
} pg_names_from_e;
#undef PG_ENUM_NAMES

/** The names above; "?" outside the list. */
const char *pg_scanned_judged(pg_judged_e value);
const char *pg_scanned_lines(pg_lines_e lines);
const char *pg_scanned_names(pg_names_from_e value);

/** The judgement that a ground leads to. */
pg_judged_e pg_scanned_judged_by(pg_ground_e ground);

/** Attempts that got the same 2xx answer. */
typedef struct pg_scanned_answer_t {
    pg_ground_e ground;          /* and with it the judgement             */
    pg_class_e class_id;
    int status;
    apr_uint64_t attempts;
    apr_time_t first;            /* 0: no usable time                     */
    pg_text_t request;           /* one of them                           */
    pg_text_t size;              /* bytes of the answer, as logged        */
} pg_scanned_answer_t;

/** The oldest attempt that was recognised for a reason. */
typedef struct pg_scanned_example_t {
    pg_class_e class_id;
    pg_reason_e reason;
    pg_text_t request;
} pg_scanned_example_t;

typedef struct pg_scanned_t {
    const pg_reach_t *reach;     /* how far the answer reaches            */
    int files;                   /* read, to their end or not             */
    apr_uint64_t octets;         /* read, packed as they were             */
    apr_uint64_t lines[PG_LINES_COUNT];
    apr_time_t first, last;      /* of all lines with a time; 0 = none    */
    const pg_text_t *unread;     /* some of the lines not understood      */
    apr_size_t unread_count;
    bool interrupted;            /* by a signal: not all was read         */
    pg_names_from_e names;
    apr_uint64_t names_learned;  /* virtual hosts                         */
    apr_uint64_t counts_low_by;  /* how much a count in a list may be too
                                    low; 0: all are exact                 */
    apr_uint64_t judged[PG_JUDGED_COUNT]; /* attempts with a 2xx; exact   */
    apr_uint64_t answers_lost;   /* of these, without a row below         */
    const pg_scanned_answer_t *answer; /* worst first                     */
    apr_size_t answers;
    const pg_scanned_example_t *example; /* one a reason                  */
    apr_size_t examples;
} pg_scanned_t;

#endif
