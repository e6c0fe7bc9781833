/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_snapshot.h"

#define PG_NAME(sym, name) [PG_NAMED(sym)] = (name),
#define PG_LOOK_UP(names, at) \
    ((apr_size_t)(at) < sizeof(names) / sizeof((names)[0]) ? (names)[at] : "?")

#define PG_NAMED(sym) PG_METHOD_##sym
static const char *const method_names[] = { PG_METHODS(PG_NAME) };
#undef PG_NAMED
#define PG_NAMED(sym) PG_TOP_##sym
static const char *const top_names[] = { PG_TOPS(PG_NAME) };
#undef PG_NAMED
#undef PG_NAME
#define PG_NAME(sym, name, buckets) [PG_PERIOD_##sym] = (name),
static const char *const period_names[] = { PG_PERIODS(PG_NAME) };
#undef PG_NAME

const char *pg_snapshot_method(pg_method_e m)
{
    return PG_LOOK_UP(method_names, m);
}

const char *pg_snapshot_top(pg_top_e t)
{
    return PG_LOOK_UP(top_names, t);
}

const char *pg_snapshot_period(pg_period_e p)
{
    return PG_LOOK_UP(period_names, p);
}
