/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Configuration text -> the neutral tree, for tests. Knows quoting no better
 * than a test needs: one directive a line, '#' lines, sections by "<X" and
 * "</X". */
#ifndef PG_CONFTEXT_H
#define PG_CONFTEXT_H

#include "pg_audit.h"

/** Parse; ends the process with a message when the text is malformed. */
const pg_directive_t *pg_conftext_parse(const char *text, const char *file,
                                        apr_pool_t *pool);

/** One case of a tests/cases/audit file: the text between two "###" lines. The
 *  first of these, "### posture: title", says what to expect. */
typedef struct pg_confcase_t {
    const char *expect;
    const char *title;
    const char *text;
    int line;
} pg_confcase_t;

/** All cases of tests/cases/<name>, read once; *count of them. */
const pg_confcase_t *pg_conftext_cases(const char *name, int *count);

/** A test of `c`, once for each of a file's. */
#define PG_TEST_CONFCASES(id, name)                                       \
    PG_TEST_FROM(id, const pg_confcase_t *c, pg_conftext_cases, name)

/** tests/cases/<name>, until the next call. */
const char *pg_conftext_path(const char *name);

/** A whole file; ends the process with a message if it cannot be read. */
char *pg_conftext_read(const char *path);

/** regex_match by regcomp(3), extended: near enough to PCRE for tests. */
bool pg_conftext_regex(void *ctx, const char *pattern, bool nocase,
                       const char *subject, pg_match_t *m);

#endif
