/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A scan for programs: the status page's JSON with one more member, "scan",
 * that says what only a log can tell. */
#ifndef PG_SCANJSON_H
#define PG_SCANJSON_H

#include "pg_scan.h"
#include "pg_sink.h"

/**
 * Write it.
 * @param report  the status page's JSON
 * @return APR_SUCCESS, or APR_EGENERAL when report is none
 */
apr_status_t pg_scanjson_put(pg_sink_t *sink, pg_span_t report,
                             const pg_scan_out_t *scan, apr_pool_t *pool);

#endif
