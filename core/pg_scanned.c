/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_scanned.h"

#define NAME_OF(sym, name) name,
#define TEXT_OF(sym, name) #name,
#define JUDGED_BY(sym, judged) PG_JUDGED_##judged,

static const char *const judged_names[] = { PG_JUDGED(NAME_OF) };
static const char *const line_names[] = { PG_LINE_KINDS(TEXT_OF) };
static const char *const name_sources[] = { PG_NAMES_FROM(NAME_OF) };
static const pg_judged_e judged_by[] = { PG_GROUNDS(JUDGED_BY) };

const char *pg_scanned_judged(pg_judged_e judged)
{
    return judged < PG_JUDGED_COUNT ? judged_names[judged] : "?";
}

const char *pg_scanned_lines(pg_lines_e lines)
{
    return lines < PG_LINES_COUNT ? line_names[lines] : "?";
}

const char *pg_scanned_names(pg_names_from_e names)
{
    return names < PG_NAMES_COUNT ? name_sources[names] : "?";
}

pg_judged_e pg_scanned_judged_by(pg_ground_e ground)
{
    return ground < PG_GROUND_COUNT ? judged_by[ground] : PG_JUDGED_UNCLEAR;
}
