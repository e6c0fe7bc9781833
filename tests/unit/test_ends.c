/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ends.h"

#include "pg_test.h"

enum { MOST = 3 * PG_ENDS_AHEAD };

PG_TEST_SUITE(ends, .seconds = 60);

/* As long as a search for each line takes. */
static void check_block(pg_span_t block, unsigned int skipped)
{
    static pg_ends_t ends;
    const char *line = block.ptr, *stop = block.ptr + block.len;
    unsigned int seed = skipped;

    pg_ends_begin(&ends, block);
    for (;;) {
        const char *end = line < stop
            ? memchr(line, '\n', (apr_size_t)(stop - line)) : NULL;
        ck_assert_ptr_eq(pg_ends_next(&ends, line), end);
        if (end == NULL) {
            break;
        }
        seed = seed * 1103515245u + 12345u;
        if (seed >> 16 & 1) {
            pg_ends_again(&ends);
            ck_assert_ptr_eq(pg_ends_next(&ends, line), end);
        }
        line = end + 1;
        if (skipped && (seed >> 17) % skipped == 0) {  /* several lines     */
            apr_size_t left = (apr_size_t)(stop - line);
            apr_size_t n = (seed >> 20) % 300;
            line += n < left ? n : left;
        }
    }
    ck_assert_ptr_null(pg_ends_next(&ends, line));
}

/* Nothing behind the block may be looked at. */
static void check_exact(const char *text, apr_size_t n, unsigned int skipped)
{
    pg_span_t copy = pg_test_exact(pg_span_make(text, n));

    check_block(copy, skipped);
    free((char *)copy.ptr);
}

PG_TEST(the_ends_are_those_of_a_search_for_each)
{
    static const unsigned int length[] = { 1, 2, 30, 64, 139, 500, 5000 };
    static char text[MOST];
    unsigned int seed = 1;

    for (unsigned int k = 0; k < 700; k++) {
        unsigned int usual = length[k % 7];
        apr_size_t n = k < 300 ? k : (k * 7919u) % MOST;
        for (apr_size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = (seed >> 16) % usual ? (char)(seed >> 24) : '\n';
        }
        check_exact(text, n, k % 4 * 3);
    }
}

PG_TEST(a_line_may_end_at_any_octet)
{
    static char text[PG_ENDS_AHEAD + 130];

    memset(text, 'x', sizeof(text));
    for (apr_size_t i = 0; i < sizeof(text); i++) {
        text[i] = '\n';
        check_block(pg_span_make(text, sizeof(text)), 0);
        check_exact(text, i + 1, 0);
        check_exact(text, i, 0);
        text[i] = 'x';
    }
}

PG_TEST(every_octet_may_be_an_end)
{
    static char text[2 * PG_ENDS_AHEAD + 65];

    memset(text, '\n', sizeof(text));
    check_block(pg_span_make(text, sizeof(text)), 0);
    check_block(pg_span_make(text, sizeof(text)), 2);
}
