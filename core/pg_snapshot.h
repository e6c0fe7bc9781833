/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A ledger's contents at one moment, as plain data: the only thing reports
 * ever see. Everything in it is a copy that nobody else writes. */
#ifndef PG_SNAPSHOT_H
#define PG_SNAPSHOT_H

#include <apr_time.h>

#include "pg_vocab.h"

typedef struct pg_snapshot_t {
    apr_time_t taken;            /* us since 1970                         */
    apr_time_t since;            /* counting since                        */
    apr_uint64_t attempts;       /* sum of count[][]                      */
    apr_uint64_t count[PG_CLASS_COUNT][PG_OUTCOME_COUNT];
    apr_uint64_t by_family[PG_FAMILY_COUNT];
    apr_uint64_t permitted;      /* carried for permitted clients; not in
                                    attempts                              */
} pg_snapshot_t;

#endif
