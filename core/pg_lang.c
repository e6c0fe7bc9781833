/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_lang.h"

#define LANG(sym, tag, name) { tag, name },
static const struct {
    const char *tag, *name;
} langs[] = { PG_LANGS(LANG) };

const char *pg_lang_tag(pg_lang_e lang)
{
    return (unsigned int)lang < PG_LANG_COUNT ? langs[lang].tag : "?";
}

const char *pg_lang_name(pg_lang_e lang)
{
    return (unsigned int)lang < PG_LANG_COUNT ? langs[lang].name : "?";
}

pg_lang_e pg_lang_by_tag(pg_span_t tag)
{
    int lang = 0;

    tag = pg_span_upto(tag, pg_span_find_any(tag, "-_."));
    while (lang < PG_LANG_COUNT
           && !pg_span_ieq(tag, pg_span_str(langs[lang].tag))) {
        lang++;
    }
    return (pg_lang_e)lang;
}
