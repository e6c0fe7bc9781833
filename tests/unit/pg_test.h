/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What every unit test file includes. A file test_x.c holds one suite; it and
 * its tests register themselves, before main():
 *
 *     PG_TEST_SUITE(x, .set_up = begin, .tear_down = end, .seconds = 60);
 *
 *     PG_TEST(a_port_is_read)
 *     {
 *         ...
 *     }
 *
 * The options hold until PG_TEST_CASE(name, ...) gives others; each may be
 * left out. */
#ifndef PG_TEST_H
#define PG_TEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pg_span.h"

/** A test; without a function, a case that begins, and a suite if it has the
 *  name of one. */
typedef struct pg_test_t {
    TTest test;
    const char *suite;
    void (*set_up)(void);
    void (*tear_down)(void);
    int seconds;                 /* before it is stopped; 0: 60           */
    int (*times)(void);
    struct pg_test_t *next;
} pg_test_t;

/** Called by the macros. */
void pg_test_register(pg_test_t *test);

#define PG_TEST_REGISTER(id, function, ...)                               \
    __attribute__((constructor)) static void register_##id(void)          \
    {                                                                     \
        static pg_test_t here = {                                         \
            .test = { #id, function, __FILE__, __LINE__ }, __VA_ARGS__    \
        };                                                                \
        pg_test_register(&here);                                          \
    }

#define PG_TEST_SUITE(...) PG_TEST_BEGIN(__VA_ARGS__, .next = NULL)
#define PG_TEST_BEGIN(id, ...)                                            \
    PG_TEST_REGISTER(id, NULL, .suite = #id, __VA_ARGS__) struct pg_test_t
#define PG_TEST_CASE(id, ...)                                             \
    PG_TEST_REGISTER(id, NULL, __VA_ARGS__) struct pg_test_t

/** A test that runs n times, with _i from 0 on. */
#define PG_TEST_TIMES(id, n)                                              \
    static void id(int _i);                                               \
    static int times_##id(void) { return (int)(n); }                      \
    PG_TEST_REGISTER(id, id, .times = times_##id)                         \
    static void id(int _i CK_ATTRIBUTE_UNUSED)

/** Once, or once for each element of an array. */
#define PG_TEST(id) PG_TEST_TIMES(id, 1)
#define PG_TEST_EACH(id, array)                                           \
    PG_TEST_TIMES(id, sizeof(array) / sizeof(*(array)))

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

/** A test of `row`, once for each of a file's. */
#define PG_TEST_ROWS(id, file)                                            \
    PG_TEST_FROM(id, const pg_row_t *row, pg_test_rows, file)
#define PG_TEST_FROM(id, item, rows, file)                                \
    static int count_##id(void)                                           \
    {                                                                     \
        int count;                                                        \
        (void)rows((file), &count);                                       \
        return count;                                                     \
    }                                                                     \
    static void each_##id(item);                                          \
    PG_TEST_TIMES(id, count_##id())                                       \
    {                                                                     \
        int count;                                                        \
        each_##id(rows((file), &count) + _i);                             \
    }                                                                     \
    static void each_##id(item)

/** An exact-size malloc copy of s. */
pg_span_t pg_test_exact(pg_span_t s);

#endif
