/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How many different sources there were: HyperLogLog, of all time (16384
 * registers, standard error 0.81 %) and for each of the last 32 days (2048,
 * 2.3 %); of older days only the estimate is kept.
 *
 * Registers have 6 bits, 8 of them stand in one word under a tag of 16 bits,
 * replaced as a whole like the cells of the history: so a day's registers
 * need no clearing, and a kill leaves nothing half cleared.
 *
 * @see Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", AofA 2007; 64-bit
 *      hashes: Heule, Nunkesser, Hall, "HyperLogLog in practice", EDBT 2013;
 *      the estimator, without bias in all of the range and without tables:
 *      Ertl, "New cardinality estimation algorithms for HyperLogLog
 *      sketches", arXiv 1702.01284 (2017), algorithm 6 */
#ifndef PG_DISTINCT_H
#define PG_DISTINCT_H

#include "pg_layout.h"

/** See one source, by the hash of its address. */
void pg_distinct_add(pg_ledger_t *ledger, apr_uint64_t hash,
                     apr_time_t time, apr_time_t now);

/** Keep the estimates of the last days, before their registers are needed
 *  for others. To be called at least every 31 days. */
void pg_distinct_tend(pg_ledger_t *ledger, apr_time_t now);

/** Fill sources, days and day_count. */
void pg_distinct_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                      apr_pool_t *pool);

/** The union of two ledgers with the same key; sources counted under another
 *  one become a bound. */
void pg_distinct_merge(pg_ledger_t *into, const pg_ledger_t *from,
                       apr_time_t now);

#endif
