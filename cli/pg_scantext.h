/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A scan for a person at a terminal. */
#ifndef PG_SCANTEXT_H
#define PG_SCANTEXT_H

#include "pg_scan.h"
#include "pg_sink.h"

/**
 * Write what a scan found, in words and bars, 80 columns wide, UTF-8. What
 * strangers sent is escaped.
 * @param snapshot  pg_summary_snapshot() of the scan
 */
void pg_scantext_render(pg_sink_t *sink, const pg_scan_out_t *scan,
                        const pg_snapshot_t *snapshot, bool japanese,
                        apr_pool_t *pool);

/** The lengths of time and of logs that a sentence needs: "2014-11-23". */
const char *pg_scantext_day(apr_time_t time, apr_pool_t *pool);

/** 1234567 as "1,234,567". */
const char *pg_scantext_number(apr_uint64_t n, apr_pool_t *pool);

#endif
