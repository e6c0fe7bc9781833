/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The renderers, one a format, and what they share. Internal to report/;
 * others go through pg_formats(). */
#ifndef PG_RENDER_H
#define PG_RENDER_H

#include "pg_report.h"

/** Each writes the whole report; pool is for scratch space of bounded size.
 *  @return the sink's status */
apr_status_t pg_html_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool);
apr_status_t pg_json_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool);

/** "2026-11-22T22:24:15Z" (RFC 3339 5.6), in UTC, whole seconds. */
#define PG_TIME_SIZE 24
const char *pg_time_rfc3339(char out[PG_TIME_SIZE], apr_time_t t);


/** Sum over one class, over one outcome. */
apr_uint64_t pg_class_total(const pg_snapshot_t *s, pg_class_e class_id);
apr_uint64_t pg_outcome_total(const pg_snapshot_t *s, pg_outcome_e outcome);

#endif
