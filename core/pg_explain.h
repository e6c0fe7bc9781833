/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What classes and reasons mean, in plain words for people who have never
 * heard of a relay: used by the status page, the log scanner and
 * "proxyguard explain". UTF-8, no markup. */
#ifndef PG_EXPLAIN_H
#define PG_EXPLAIN_H

#include "pg_classify.h"
#include "pg_lang.h"

/** What such a request is and what its sender wanted, in one sentence; for
 *  PG_CLASS_CLEAN why it is none. "" outside the lists; never NULL. */
const char *pg_explain_class(pg_class_e c, pg_lang_e lang);

/** How it was recognised, in one sentence. "" outside the lists. */
const char *pg_explain_reason(pg_reason_e r, pg_lang_e lang);

#endif
