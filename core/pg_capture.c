/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_capture.h"

#include "pg_named.h"

PG_NAMED_FUNCTION(pg_capture_end, pg_end_e, PG_ENDS)
PG_NAMED_FUNCTION(pg_capture_keep, pg_keep_e, PG_KEEPS)
PG_NAMED_FUNCTION(pg_capture_state, pg_state_e, PG_STATES)

bool pg_capture_is_line(pg_span_t line)
{
    return pg_span_has(line, "\"dataset\":\"proxyguard.sink\"");
}
