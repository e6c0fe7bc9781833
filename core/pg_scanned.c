/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scanned.h"

#include "pg_named.h"

#define JUDGED_BY(sym, judged) PG_JUDGED_##judged,
static const pg_judged_e judged_by[] = { PG_GROUNDS(JUDGED_BY) };

PG_NAMED_FUNCTION(pg_scanned_judged, pg_judged_e, PG_JUDGED)
PG_NAMED_FUNCTION(pg_scanned_names, pg_names_from_e, PG_NAMES_FROM)

#define TEXT_OF(sym, field) #field,
const char *pg_scanned_lines(pg_lines_e lines)
{
    static const char *const names[] = { PG_LINE_KINDS(TEXT_OF) };

    return lines < PG_LINES_COUNT ? names[lines] : "?";
}

pg_judged_e pg_scanned_judged_by(pg_ground_e ground)
{
    return ground < PG_GROUND_COUNT ? judged_by[ground] : PG_JUDGED_UNCLEAR;
}
