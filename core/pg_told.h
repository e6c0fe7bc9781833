/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What `explain` found out about a text: plain facts. scan/pg_tell.h finds
 * them, report/ puts them into words. */
#ifndef PG_TOLD_H
#define PG_TOLD_H

#include "pg_scanned.h"

typedef enum pg_told_e {
    PG_TOLD_UNKNOWN,             /* no request, and no line that was read */
    PG_TOLD_REQUEST,
    PG_TOLD_NOTHING,             /* "-" 408, an empty line                */
    PG_TOLD_MESSAGE,             /* a log line without a request          */
    PG_TOLD_TLS,                 /* first octets of another protocol      */
    PG_TOLD_SSH,
    PG_TOLD_SMTP,
    PG_TOLD_HTTP2,
    PG_TOLD_RDP,
    PG_TOLD_QUESTION             /* a full URL that the logger may have
                                    composed: its host may be ours        */
} pg_told_e;

typedef struct pg_told_t {
    pg_told_e kind;
    pg_request_t request;        /* with kind REQUEST, unescaped          */
    pg_verdict_t verdict;        /* of it                                 */
    int status;                  /* of the response; 0: not logged        */
    bool stated;                 /* a log of this product states the
                                    outcome                               */
    pg_outcome_e outcome;        /* if stated                             */
    bool succeeded;              /* not stated, but an attempt that was
                                    answered with 2xx                     */
    pg_ground_e ground;          /* if succeeded: what to conclude        */
    pg_span_t client;            /* absent: not logged                    */
} pg_told_t;

#endif
