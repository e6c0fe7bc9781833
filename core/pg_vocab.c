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

PG_NAMED_FINDER(pg_vocab_class_by_name, pg_class_e, pg_vocab_class,
                PG_CLASS_COUNT)
PG_NAMED_FINDER(pg_vocab_family_by_name, pg_family_e, pg_vocab_family,
                PG_FAMILY_COUNT)
PG_NAMED_FINDER(pg_vocab_outcome_by_name, pg_outcome_e, pg_vocab_outcome,
                PG_OUTCOME_COUNT)
