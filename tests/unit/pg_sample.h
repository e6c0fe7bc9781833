/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reports made up for tests: every table full, so that a page can be looked
 * at, measured and attacked without a server that is years old. */
#ifndef PG_SAMPLE_H
#define PG_SAMPLE_H

#include "pg_report.h"

typedef enum pg_sample_e {
    PG_SAMPLE_NONE,          /* no ledger                                 */
    PG_SAMPLE_EMPTY,         /* a new ledger                              */
    PG_SAMPLE_FULL,          /* fourteen months of plausible attempts     */
    PG_SAMPLE_HOSTILE,       /* the same, every text an attack on a format */
    PG_SAMPLE_SCAN,          /* the full one, as logs were read for it    */
    PG_SAMPLE_RARE,          /* the full one, with what servers seldom have */
    PG_SAMPLE_HALTED,        /* the scan, interrupted, of doubtful logs   */
    PG_SAMPLE_COUNT
} pg_sample_e;

/** What a hostile sample's texts consist of, one after another. */
extern const pg_span_t pg_sample_attacks[];
extern const int pg_sample_attack_count;

const char *pg_sample_name(pg_sample_e sample);

/** The same each time; it is 2014-11-23T15:30:00Z. All in pool. */
void pg_sample_report(pg_report_t *out, pg_sample_e sample, apr_pool_t *pool);

#endif
