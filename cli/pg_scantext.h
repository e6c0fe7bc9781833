/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A scan for a person at a terminal. */
#ifndef PG_SCANTEXT_H
#define PG_SCANTEXT_H

#include "pg_scan.h"
#include "pg_snaptext.h"

/**
 * Write what a scan found.
 * @param t  with pg_summary_snapshot() of the scan
 */
void pg_scantext_render(const pg_snaptext_t *t, const pg_scan_out_t *scan);

/** What a judgement is called. */
const char *pg_scantext_judged(pg_judged_e judged, bool japanese);

#endif
