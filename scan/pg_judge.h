/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Did any attempt succeed? A log does not record what was sent back, only its
 * status and length; what these reveal is judged here, with the reason, and
 * the rest is reported as unclear. */
#ifndef PG_JUDGE_H
#define PG_JUDGE_H

#include "pg_scanned.h"
#include "pg_tally.h"

/** One answer, judged. */
typedef struct pg_judgement_t {
    pg_span_t key;               /* of the answer in tally->answers       */
    const pg_answer_t *answer;
    pg_ground_e ground;
    pg_judged_e judged;
} pg_judgement_t;

typedef struct pg_judge_t {
    const pg_judgement_t *item;  /* worst first, then the most frequent   */
    apr_size_t n;
    apr_uint64_t attempts[PG_JUDGED_COUNT]; /* exact, including those not
                                               held                       */
    apr_uint64_t lost;           /* of answers beyond --max-keys: counted
                                    above, but not among the items        */
} pg_judge_t;

/**
 * Judge all 2xx answers.
 * @param found  "path size" of own answers to the paths of pg_judge_wanted(),
 *               or NULL when not collected
 * @return in pool; points into the tally
 */
pg_judge_t *pg_judge_run(const pg_tally_t *tally, const pg_table_t *found,
                         apr_pool_t *pool);

/** Own answers to the same paths are not known: what only they could have shown
 *  to be harmless is unclear. */
pg_judge_t *pg_judge_unsettled(const pg_judge_t *judge, apr_pool_t *pool);

/** What a single 2xx answer shows, when nothing is known about the server's
 *  other answers. */
pg_ground_e pg_judge_alone(pg_class_e class_id, pg_span_t method,
                           pg_span_t size);

/** The keys of answers that were judged to be relays. */
pg_table_t *pg_judge_relayed(const pg_judge_t *judge, apr_pool_t *pool);

/** Paths whose own answers would settle what else looks relayed; NULL when
 *  there are none. */
pg_table_t *pg_judge_wanted(const pg_judge_t *judge, apr_pool_t *pool);

#endif
