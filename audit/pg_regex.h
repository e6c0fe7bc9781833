/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a regular expression matches: the characters that a group can
 * contain, and texts that match. Only a guess for elaborate expressions:
 * groups are reported too wide rather than too narrow, and a sample has to
 * be verified. */
#ifndef PG_REGEX_H
#define PG_REGEX_H

#include <apr_pools.h>
#include <limits.h>
#include <stdbool.h>

/** What a group can contain. Group 0 is the whole match. */
typedef struct pg_regex_group_t {
    bool found;
    bool set[UCHAR_MAX + 1];     /* characters                            */
    bool list;                   /* only fixed texts, "[1-4]" included    */
    bool leads;                  /* begins with a '/': its own, or the one
                                    that a path begins with               */
} pg_regex_group_t;

/** Describe the n-th group. */
void pg_regex_group(const char *pattern, int n, pg_regex_group_t *out);

/** What to put into a sample. */
typedef struct pg_regex_fill_t {
    const char *text;            /* where the pattern takes any text      */
    int alternative;             /* which of alternatives, from 0         */
} pg_regex_fill_t;

/** A text that should match the pattern. */
const char *pg_regex_sample(const char *pattern, const pg_regex_fill_t *fill,
                            apr_pool_t *pool);

/** Does the pattern match every path? Only simple forms are recognised. */
bool pg_regex_takes_all(const char *pattern);

/** Is there a '|' outside of groups? */
bool pg_regex_branches(const char *pattern);

/** The fixed text a match begins with, at the start of the subject: "/app/" of
 *  "^/app/(.*)"; "" if there is none. *whole: the rest of the subject does not
 *  matter. */
const char *pg_regex_prefix(const char *pattern, bool *whole,
                            apr_pool_t *pool);

/** The fixed text at the end of the subject: ".example.com" of
 *  "(.+)\.example\.com$"; "" if there is none. *from: where it begins in the
 *  pattern, if there is one. */
const char *pg_regex_suffix(const char *pattern, const char **from,
                            apr_pool_t *pool);

#endif
