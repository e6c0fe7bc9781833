/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which ledgers were merged into one, and how much each had counted by then,
 * so that no attempt is added twice.
 *
 * A ledger in a file has an id of its own, which its copies share. What it
 * counted itself is its own part; the parts of others are in the table. A
 * ledger in private memory (id 0) has no part: it is added each time. */
#ifndef PG_PART_H
#define PG_PART_H

#include "pg_layout.h"

/** How two ledgers relate. */
typedef enum pg_part_e {
    PG_PART_APART,               /* disjoint: they can be added           */
    PG_PART_CONTAINED,           /* the first holds all of the second     */
    PG_PART_OVERLAP,             /* they share some, and neither holds all
                                    of the other, or an earlier state     */
    PG_PART_FULL                 /* the table has no room                 */
} pg_part_e;

/** Does `into` hold what `from` holds? */
pg_part_e pg_part_compare(const pg_ledger_t *into, const pg_ledger_t *from,
                          apr_pool_t *pool);

/** Note the parts of `from` in `into`: after adding. */
void pg_part_merge(pg_ledger_t *into, const pg_ledger_t *from,
                   apr_pool_t *pool);

/** How many ledgers are in this one, itself included if it has counted. */
apr_size_t pg_part_count(const pg_ledger_t *ledger, apr_pool_t *pool);

#endif
