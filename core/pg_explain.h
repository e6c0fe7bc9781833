/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What classes and reasons mean, in plain words for people who have never
 * heard of a relay: used by the status page, the log scanner and
 * "proxyguard explain". UTF-8, no markup. */
#ifndef PG_EXPLAIN_H
#define PG_EXPLAIN_H

#include "pg_classify.h"

/*  X(enum suffix, tag as in RFC 5646) */
#define PG_LANGS(X) \
    X(EN, "en")     \
    X(JA, "ja")

#define PG_ENUM_LANG(sym, tag) PG_LANG_##sym,
typedef enum pg_lang_e {
    PG_LANGS(PG_ENUM_LANG)
    PG_LANG_COUNT
} pg_lang_e;
#undef PG_ENUM_LANG

/** The tag above; "?" outside the list. */
const char *pg_explain_lang_tag(pg_lang_e lang);

/** The language of a tag ("ja", "ja-JP", any case), or PG_LANG_COUNT. */
pg_lang_e pg_explain_lang_by_tag(pg_span_t tag);

/** What such a request is and what its sender wanted, in one sentence; for
 *  PG_CLASS_CLEAN why it is none. "" outside the lists; never NULL. */
const char *pg_explain_class(pg_class_e c, pg_lang_e lang);

/** How it was recognised, in one sentence. "" outside the lists. */
const char *pg_explain_reason(pg_reason_e r, pg_lang_e lang);

#endif
