/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the sink has captured: the words for it, and the numbers as plain
 * data. A sink accepts a tunnel in the third party's place, keeps what the
 * client sends, and passes nothing on. */
#ifndef PG_CAPTURE_H
#define PG_CAPTURE_H

#include <apr_time.h>

#include "pg_span.h"

/*  Why a conversation ended. Append only: positions are stored in ledgers. */
#define PG_ENDS(X)                                                         \
    X(QUIT,     "quit")      /* the client sent QUIT                    */ \
    X(CLIENT,   "client")    /* the client closed                       */ \
    X(DEADLINE, "deadline")  /* time limit, or idle for too long        */ \
    X(OCTETS,   "octets")    /* a message was too long                  */ \
    X(COMMANDS, "commands")  /* too many commands, mails or errors      */ \
    X(STOP,     "stop")      /* httpd stopped or restarted              */ \
    X(COMPLETE, "complete")  /* everything of interest was read         */

/*  What became of a mail. Append only. */
#define PG_KEEPS(X)                                                        \
    X(MESSAGE, "message")    /* kept whole                              */ \
    X(HEADER,  "header")     /* header and envelope kept                */ \
    X(SUMMARY, "summary")    /* envelope kept                           */ \
    X(CUT,     "cut")        /* kept as far as it came                  */ \
    X(LOST,    "lost")       /* the spool took no more                  */

/*  Slots for conversations. */
#define PG_STATES(X)                                                        \
    X(ACTIVE, "active")      /* under way                               */ \
    X(FREE,   "free")        /* available                               */

#define PG_ENUM_STATE(sym, name) PG_STATE_##sym,
typedef enum pg_state_e {
    PG_STATES(PG_ENUM_STATE)
    PG_STATE_COUNT
} pg_state_e;
#undef PG_ENUM_STATE

#define PG_ENUM_END(sym, name) PG_END_##sym,
typedef enum pg_end_e {
    PG_ENDS(PG_ENUM_END)
    PG_END_COUNT
} pg_end_e;
#undef PG_ENUM_END

#define PG_ENUM_KEEP(sym, name) PG_KEEP_##sym,
typedef enum pg_keep_e {
    PG_KEEPS(PG_ENUM_KEEP)
    PG_KEEP_COUNT
} pg_keep_e;
#undef PG_ENUM_KEEP

/** The names above, "?" outside the list; never NULL. */
const char *pg_capture_end(pg_end_e value);
const char *pg_capture_keep(pg_keep_e value);
const char *pg_capture_state(pg_state_e value);

/** Is this line of the evidence log about a capture rather than an attempt?
 *  The attempt has a line of its own. The search cannot match within a JSON
 *  string, where the quotes would be escaped. */
bool pg_capture_is_line(pg_span_t line);

/** Mails that share most of their wording. The texts are followed by a
 *  NUL. */
typedef struct pg_campaign_t {
    apr_uint64_t mails;
    apr_uint64_t sources;        /* different ones, estimated             */
    apr_time_t first, last;
    pg_span_t charset;           /* lower case; empty: not given          */
    pg_span_t subject;           /* of its first mail                     */
    pg_span_t lure;              /* the host of its first link; empty     */
} pg_campaign_t;

/** What the sink has captured up to a moment. */
typedef struct pg_capture_t {
    unsigned held;               /* conversations under way               */
    apr_uint64_t most;           /* allowed at a time                     */
    apr_uint64_t conversations;  /* that ended: sum of ended              */
    apr_uint64_t ended[PG_END_COUNT];
    apr_uint64_t mails;          /* sum of kept                           */
    apr_uint64_t kept[PG_KEEP_COUNT];
    apr_uint64_t spool;          /* octets in the spool, when it last grew */
    apr_uint64_t spool_most;     /* its limit                             */
    const pg_campaign_t *campaign;   /* most mails first                  */
    apr_size_t campaign_count;
    apr_time_t last;             /* time of the last mail; 0: none        */
} pg_capture_t;

#endif
