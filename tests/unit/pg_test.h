/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What every unit test file includes. A file test_x.c holds one suite:
 *
 *     PG_TEST_SUITE(x)                 registers it, before main()
 *     {
 *         TCase *tc = tcase_create("parsing");
 *         tcase_add_test(tc, ...);
 *         suite_add_tcase(suite, tc);
 *     }
 */
#ifndef PG_TEST_H
#define PG_TEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pg_span.h"

typedef void (*pg_test_fill_t)(Suite *suite);

/** Called by PG_TEST_SUITE; at most 64 suites. */
void pg_test_register(const char *name, pg_test_fill_t fill);

#define PG_TEST_SUITE(name)                                        \
    static void fill_##name(Suite *suite);                         \
    __attribute__((constructor)) static void register_##name(void) \
    {                                                              \
        pg_test_register(#name, fill_##name);                      \
    }                                                              \
    static void fill_##name(Suite *suite)

/** Rows of a tests/cases file: fields split at tabs, C escapes undone (so a
 *  field may hold any octet), '#' lines and blank lines left out. Each field
 *  is an exact-size malloc copy, so that ASan sees one octet too far. */
typedef struct pg_row_t {
    int line;                    /* in the file                           */
    int n;
    pg_span_t field[16];
} pg_row_t;

/** Read tests/cases/<name>; ends the process with a message if it cannot.
 *  The rows live until the process ends. */
const pg_row_t *pg_test_rows(const char *name, int *count);

/** An exact-size malloc copy of s. */
pg_span_t pg_test_exact(pg_span_t s);

#endif
