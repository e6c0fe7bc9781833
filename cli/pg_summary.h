/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a scan found, in the shape in which reports know it. */
#ifndef PG_SUMMARY_H
#define PG_SUMMARY_H

#include "pg_scan.h"

enum {
    PG_SUMMARY_TOP = 20          /* entries of a list                     */
};

/**
 * A snapshot of the scan, as of the log's end: a history of 2014 ends in
 * 2014. What looks relayed has the outcome "relayed".
 * @param now  taken when the log has no usable time
 * @return in pool; texts point into the tally
 */
const pg_snapshot_t *pg_summary_snapshot(const pg_scan_out_t *scan,
                                         apr_time_t now, apr_pool_t *pool);

/**
 * What a ledger cannot hold of it, for reports.
 * @return in pool; texts point into the scan
 */
const pg_scanned_t *pg_summary_scanned(const pg_scan_out_t *scan,
                                       apr_pool_t *pool);

#endif
