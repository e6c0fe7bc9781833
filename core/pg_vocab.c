/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_vocab.h"

#define NAME_OF(sym, name) name,
#define NAME_OF_CLASS(sym, name, family) name,
#define FAMILY_OF_CLASS(sym, name, family) PG_FAMILY_##family,

static const char *const classes[] = { PG_CLASSES(NAME_OF_CLASS) "clean" };
static const char *const families[] = { PG_FAMILIES(NAME_OF) };
static const char *const outcomes[] = { PG_OUTCOMES(NAME_OF) };
static const char *const postures[] = { PG_POSTURES(NAME_OF) };
static const pg_family_e family_of[] = { PG_CLASSES(FAMILY_OF_CLASS) };

/* Values come out of ledger files too, so any number is expected here. */
static const char *name_at(const char *const *names, int count, int i)
{
    return i >= 0 && i < count ? names[i] : "?";
}

const char *pg_vocab_class(pg_class_e c)
{
    return name_at(classes, PG_CLASS_CLEAN + 1, (int)c);
}

const char *pg_vocab_family(pg_family_e f)
{
    return name_at(families, PG_FAMILY_COUNT, (int)f);
}

const char *pg_vocab_outcome(pg_outcome_e o)
{
    return name_at(outcomes, PG_OUTCOME_COUNT, (int)o);
}

const char *pg_vocab_posture(pg_posture_e p)
{
    return name_at(postures, PG_POSTURE_COUNT, (int)p);
}

pg_family_e pg_vocab_family_of(pg_class_e c)
{
    return (unsigned int)c < PG_CLASS_COUNT ? family_of[c] : PG_FAMILY_GET;
}

pg_class_e pg_vocab_class_by_name(pg_span_t name)
{
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (pg_span_ieq(name, pg_span_str(classes[c]))) {
            return (pg_class_e)c;
        }
    }
    return PG_CLASS_CLEAN;
}
