/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The page sent with a refusal. */
#ifndef PG_ANSWER_H
#define PG_ANSWER_H

#include <httpd.h>

#include "pg_vocab.h"

/**
 * Have httpd send a page of ours with an error status, unless ErrorDocument
 * has one: httpd's own text for 421 mentions SNI, which sends administrators
 * looking in the wrong place. It contains nothing from the request.
 */
void pg_answer_explain(request_rec *r, int status, pg_class_e class_id);

/** At the start, before any request. */
void pg_answer_register(void);

/**
 * Whatever answers r, the document of a refusal, the status stays: a backend
 * or a script says 200 or 302 of its page, and scanners take that for an open
 * proxy.
 * @param r  what the refused request was redirected to; its status is that of
 *           the refusal
 */
void pg_answer_keep_status(request_rec *r);

#endif
