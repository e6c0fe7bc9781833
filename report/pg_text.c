/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#include "pg_render.h"
apr_status_t pg_text_render(pg_sink_t *sink, const pg_report_t *report, apr_pool_t *pool)
{ return pg_auto_render(sink, report, pool); }
