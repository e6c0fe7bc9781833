/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_capture.h"

#define NAME_OF(sym, name) name,

static const char *const ends[] = { PG_ENDS(NAME_OF) };
static const char *const keeps[] = { PG_KEEPS(NAME_OF) };

const char *pg_capture_end(pg_end_e e)
{
    return (unsigned)e < PG_END_COUNT ? ends[e] : "?";
}

const char *pg_capture_keep(pg_keep_e k)
{
    return (unsigned)k < PG_KEEP_COUNT ? keeps[k] : "?";
}
