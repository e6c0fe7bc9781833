/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Removes secrets from what a client sent, before anybody sees it: the only
 * redactor, in front of every outlet (ledger, error log, evidence log, log
 * scanner). What is removed:
 *
 *   - whatever is between a separator and an '@': the userinfo of RFC 3986
 *     3.2.1, however the URL around it is misspelt or percent-encoded, and
 *     also where '/', '?' or '#' in a password end the authority too early;
 *   - the value of "name=value" where the name is a secret's;
 *   - the value of a header field whose name is a secret's.
 *
 * When in doubt, it removes too much: the host and port of an attempt are kept
 * apart (pg_verdict_t) and stay readable. */
#ifndef PG_CONCEAL_H
#define PG_CONCEAL_H

#include "pg_span.h"

/** What is shown in place of a secret. */
#define PG_CONCEAL_MARK "(removed)"

/**
 * How much room pg_conceal_text() needs for s, so that nothing is cut.
 * @return 0 when there is nothing to look for, as in most texts
 */
apr_size_t pg_conceal_room(pg_span_t s);

/**
 * A text without the secrets in it. Linear in the length of s.
 * @param out   room octets, not ended by a NUL; used only if needed
 * @return s itself if it holds none; else what is in out, cut at room
 */
pg_span_t pg_conceal_text(char *out, apr_size_t room, pg_span_t s);

/** Is `part`, a span inside s, touched by what pg_conceal_text() removes? */
bool pg_conceal_hides(pg_span_t s, pg_span_t part);

/** Is the value of a header field or parameter of that name a secret? By
 *  pattern (token, auth, key, secret, cookie, session, pass, ...), spelling,
 *  punctuation and percent-encoding aside. */
bool pg_conceal_is_secret(pg_span_t name);

#endif
