/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_vocab.h"

#include "pg_named.h"

#define PG_CLASSES_AND_CLEAN(X) PG_CLASSES(X) X(CLEAN, "clean", GET)
#define FAMILY_OF_CLASS(sym, name, family) PG_FAMILY_##family,

static const pg_family_e family_of[] = { PG_CLASSES(FAMILY_OF_CLASS) };

PG_NAMED_FUNCTION(pg_vocab_class, pg_class_e, PG_CLASSES_AND_CLEAN)
PG_NAMED_FUNCTION(pg_vocab_family, pg_family_e, PG_FAMILIES)
PG_NAMED_FUNCTION(pg_vocab_outcome, pg_outcome_e, PG_OUTCOMES)
PG_NAMED_FUNCTION(pg_vocab_posture, pg_posture_e, PG_POSTURES)

pg_family_e pg_vocab_family_of(pg_class_e c)
{
    return (unsigned int)c < PG_CLASS_COUNT ? family_of[c] : PG_FAMILY_GET;
}

pg_class_e pg_vocab_class_by_name(pg_span_t name)
{
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (pg_span_ieq(name, pg_span_str(pg_vocab_class((pg_class_e)c)))) {
            return (pg_class_e)c;
        }
    }
    return PG_CLASS_CLEAN;
}

pg_outcome_e pg_vocab_outcome_by_name(pg_span_t name)
{
    int o = 0;

    while (o < PG_OUTCOME_COUNT
           && !pg_span_eq(name,
                          pg_span_str(pg_vocab_outcome((pg_outcome_e)o)))) {
        o++;
    }
    return (pg_outcome_e)o;
}
