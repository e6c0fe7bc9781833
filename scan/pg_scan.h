/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reading logs with all cores: files -> parts -> workers -> one tally. */
#ifndef PG_SCAN_H
#define PG_SCAN_H

#include "pg_pass.h"
#include "pg_judge.h"
#include "pg_reach.h"

/** What to read, and how. */
typedef struct pg_scan_in_t {
    const char *const *path;     /* "-" is standard input                 */
    int paths;
    pg_counting_t rules;            /* replaced when learning names          */
    bool learn;                  /* the virtual hosts that the server
                                    logged are its own names              */
    int jobs;                    /* 1 and up                              */
    apr_size_t bound;            /* keys held by a table                  */
    const bool *known;           /* of each path: is it already in the
                                    ledger that the others are added to?
                                    NULL: no ledger                       */
    const pg_ledger_t *like;     /* that ledger; NULL: none yet           */
    const pg_key_t *key;         /* key to count under; NULL: that of
                                    like, or any                          */
    bool progress;               /* show it on standard error             */
} pg_scan_in_t;

typedef enum pg_trouble_e {
    PG_TROUBLE_NONE,             /* informative: nothing is missing       */
    PG_TROUBLE_UNREAD,           /* none of it was read                   */
    PG_TROUBLE_PART              /* it was not read to its end            */
} pg_trouble_e;

/** A report about one file. */
typedef struct pg_scan_trouble_t {
    const char *path;
    const char *why;             /* words to follow the name              */
    pg_trouble_e trouble;
} pg_scan_trouble_t;

/** The result. */
typedef struct pg_scan_out_t {
    pg_tally_t *tally;           /* its ledger of PG_LOGS_NEW can be
                                    merged into another                   */
    const pg_ledger_t *ledger;   /* everything counted, as judged         */
    const pg_judge_t *judge;
    const pg_own_t *own;         /* the names taken for ours; NULL: none  */
    const pg_scan_trouble_t *trouble;
    int troubles;
    const pg_reach_t *reach;     /* how far the answer reaches            */
    int files;                   /* read, to their end or not             */
    apr_uint64_t octets;         /* read, before unpacking                */
    bool interrupted;            /* by a signal: not all was read         */
} pg_scan_out_t;

/**
 * Scan. SIGINT, SIGTERM and SIGHUP are blocked meanwhile: the first one ends
 * the scan with what was found so far.
 * @return in pool, never NULL
 */
pg_scan_out_t *pg_scan_run(const pg_scan_in_t *in, apr_pool_t *pool);

/** What a scan learns before it counts: the names of virtual hosts in the
 *  logs, and which hosts were answered. Nothing if one of them is a pipe.
 *  @param rules  own and answered are set, in pool */
void pg_scan_learn(pg_counting_t *rules, const pg_scan_in_t *in,
                   apr_pool_t *pool);

#endif
