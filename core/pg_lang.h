/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The languages that the product speaks. What it says in them is in the
 * catalogue (report/pg_phrases.h). */
#ifndef PG_LANG_H
#define PG_LANG_H

#include "pg_span.h"

/*  X(enum suffix, tag as in RFC 5646, own name) */
#define PG_LANGS(X)            \
    X(EN, "en", "English")     \
    X(JA, "ja", "日本語")

#define PG_ENUM_LANG(sym, ...) PG_LANG_##sym,
typedef enum pg_lang_e {
    PG_LANGS(PG_ENUM_LANG)
    PG_LANG_COUNT
} pg_lang_e;
#undef PG_ENUM_LANG

/** The tag above, and the language's name for itself; "?" outside the list. */
const char *pg_lang_tag(pg_lang_e lang);
const char *pg_lang_name(pg_lang_e lang);

/** The language of a tag or a locale ("ja", "ja-JP", "ja_JP.UTF-8", any case),
 *  or PG_LANG_COUNT. */
pg_lang_e pg_lang_by_tag(pg_span_t tag);

#endif
