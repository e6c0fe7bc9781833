/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How many different sources there were: HyperLogLog of 16384 registers, 8 of
 * 6 bits in a word; standard error 0.81 %.
 *
 * @see Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", AofA 2007; 64-bit
 *      hashes: Heule, Nunkesser, Hall, "HyperLogLog in practice", EDBT 2013;
 *      the estimator, without bias in all of the range and without tables:
 *      Ertl, "New cardinality estimation algorithms for HyperLogLog
 *      sketches", arXiv 1702.01284 (2017), algorithm 6 */
#ifndef PG_DISTINCT_H
#define PG_DISTINCT_H

#include "pg_layout.h"

/** Count a source, by the hash of its address. */
void pg_distinct_add(pg_ledger_t *ledger, apr_uint64_t hash);

/** Fill sources and sources_elsewhere. */
void pg_distinct_copy(pg_snapshot_t *out, const pg_ledger_t *ledger);

/** The union of two ledgers with the same key; sources counted under another
 *  one become a bound. */
void pg_distinct_merge(pg_ledger_t *into, const pg_ledger_t *from);

#endif
