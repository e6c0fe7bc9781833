/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_snapshot.h"

#include "pg_named.h"

PG_NAMED_FUNCTION(pg_snapshot_method, pg_method_e, PG_METHODS)
PG_NAMED_FUNCTION(pg_snapshot_top, pg_top_e, PG_TOPS)
PG_NAMED_FUNCTION(pg_snapshot_period, pg_period_e, PG_PERIODS)
