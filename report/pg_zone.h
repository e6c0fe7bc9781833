/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A report as seen from another time zone. */
#ifndef PG_ZONE_H
#define PG_ZONE_H

#include "pg_report.h"

/** Enough for "UTC+09:00". */
#define PG_ZONE_SIZE 12

/** The view's zone: "UTC", or its offset from that. */
const char *pg_zone_name(char out[PG_ZONE_SIZE], const pg_report_t *report);

/**
 * The report with all times moved into the view's zone, so that they read as
 * if they were UTC. Days, and the current month, are recounted from hours as
 * far back as these go (14 days); older days and months stay those of UTC,
 * whose hours are not kept.
 * @param room  where it is put, if it differs
 * @return report itself if the zone is UTC
 */
const pg_report_t *pg_zone_report(pg_report_t *room, const pg_report_t *report,
                                  apr_pool_t *pool);

/** The first day that pg_zone_report() recounted; 0: none, or all. */
apr_time_t pg_zone_first_day(const pg_report_t *zoned);

#endif
