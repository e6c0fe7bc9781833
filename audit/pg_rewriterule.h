/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* mod_rewrite's rules as the configuration states them. */
#ifndef PG_REWRITERULE_H
#define PG_REWRITERULE_H

#include <apr_tables.h>

#include "pg_audit.h"

typedef enum pg_test_e { PG_TEST_REGEX, PG_TEST_EQUAL, PG_TEST_FILE,
                         PG_TEST_EXPR, PG_TEST_OTHER } pg_test_e;

typedef struct pg_cond_t {
    const char *input;
    const char *pattern;
    pg_test_e test;
    bool negate;
    bool nocase;
    bool or_next;
} pg_cond_t;

/** Flags of a rule, by their short names, and more. */
enum {
    PG_REWRITE_P = 1, PG_REWRITE_L = 2, PG_REWRITE_END = 4,
    PG_REWRITE_PT = 8, PG_REWRITE_R = 16, PG_REWRITE_C = 32,
    PG_REWRITE_N = 64, PG_REWRITE_NC = 128, PG_REWRITE_B = 256,
    PG_REWRITE_3F = 512, PG_REWRITE_NE = 8192, PG_REWRITE_BNE = 16384,
    PG_REWRITE_QSA = 32768,
    PG_REWRITE_STATUS = 1024,    /* F, G, R=4nn: an error                 */
    PG_REWRITE_NOSUB = 2048,     /* "-": no substitution                  */
    PG_REWRITE_NEGATE = 4096     /* the pattern begins with '!'           */
};

typedef struct pg_rewriterule_t {
    const pg_directive_t *at;
    const char *pattern;         /* without the '!'                       */
    const char *output;
    unsigned flags;
    int skip;                    /* S=                                    */
    const char *handler;         /* H=; NULL                              */
    const pg_cond_t *cond;
    int cond_count;
} pg_rewriterule_t;

/** The rules among these siblings (pg_rewriterule_t), with their
 *  conditions. */
apr_array_header_t *pg_rewriterule_read(const pg_directive_t *first,
                                        apr_pool_t *pool);

/** An argument of a RewriteRule or a RewriteCond; "" if it is not there. */
const char *pg_rewriterule_arg(const pg_directive_t *d, int n,
                               apr_pool_t *pool);

/** Has one of these that flag, by its short or its long name? */
bool pg_rewriterule_has(const pg_directive_t *d, const char *brief,
                        const char *whole, apr_pool_t *pool);

/** Is it a directive of mod_rewrite? */
bool pg_rewriterule_is(const pg_directive_t *d);

#endif
