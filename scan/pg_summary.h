/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a scan found, in the form that reports use. */
#ifndef PG_SUMMARY_H
#define PG_SUMMARY_H

#include "pg_scan.h"

/** Book what was judged, remember the newest attempts and the oldest of each
 *  kind, and add up the tally's ledgers in scan->ledger. */
void pg_summary_book(pg_scan_out_t *scan, apr_pool_t *pool);

/**
 * The ledger of a scan, as of the log's end: a history of 2014 ends in 2014.
 * Its lists are exact, up to the tally's bound.
 * @param now  used when the log has no usable time
 * @return in pool; texts point into the tally
 */
const pg_snapshot_t *pg_summary_snapshot(const pg_scan_out_t *scan,
                                         apr_time_t now, apr_pool_t *pool);

/**
 * What reports show of it beyond a ledger.
 * @return in pool; texts point into the scan
 */
const pg_scanned_t *pg_summary_scanned(const pg_scan_out_t *scan,
                                       apr_pool_t *pool);

#endif
