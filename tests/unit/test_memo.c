/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_memo.h"

#include <stdio.h>

#include "pg_test.h"

static pg_memo_t *memo;

static void begin(void) { memo = calloc(1, sizeof(*memo)); }

static void end(void) { free(memo); }

PG_TEST_SUITE(memo, .set_up = begin, .tear_down = end);

static pg_span_t span_of(const char *s) { return pg_span_str(s); }

/* The same octets, and where the octets of the line say. */
static void check_span(pg_span_t is, pg_span_t was, pg_span_t line)
{
    ck_assert_uint_eq(is.len, was.len);
    ck_assert((is.ptr == NULL) == (was.ptr == NULL));
    ck_assert(pg_span_eq(is, was));
    ck_assert(is.ptr == NULL || is.ptr < line.ptr
              || is.ptr > line.ptr + line.len);
}

static void check_known(pg_span_t line, const pg_verdict_t *verdict)
{
    const pg_verdict_t *known = pg_memo_find(memo, line);

    ck_assert_ptr_nonnull(known);
    ck_assert_int_eq(known->class_id, verdict->class_id);
    ck_assert_int_eq(known->family, verdict->family);
    ck_assert_int_eq(known->reason, verdict->reason);
    ck_assert_uint_eq(known->port, verdict->port);
    check_span(known->method, verdict->method, line);
    check_span(known->target, verdict->target, line);
    check_span(known->host, verdict->host, line);
}

static void keep(pg_verdict_t *verdict, pg_span_t line)
{
    pg_request_t request = { .line = line };

    pg_classify(verdict, &request, NULL);
    pg_memo_keep(memo, line, verdict);
}

PG_TEST_ROWS(a_verdict_is_found_as_it_was, "classify.tsv")
{
    pg_span_t line = row->field[0];
    bool fits = line.len > 0 && line.len <= PG_NH_MOST;
    pg_verdict_t verdict;

    keep(&verdict, line);
    ck_assert_int_eq(pg_memo_find(memo, line) != NULL, fits);
    if (fits) {
        check_known(line, &verdict);
    }
}

PG_TEST(only_the_same_line_is_found)
{
    char text[PG_NH_MOST + 2];
    pg_verdict_t verdict;

    memset(text, 'x', sizeof(text));
    memcpy(text, "GET http://", 11);
    for (apr_size_t n = 12; n <= PG_NH_MOST + 1; n++) {
        pg_span_t line = pg_test_exact(pg_span_make(text, n)), other;
        ck_assert_ptr_null(pg_memo_find(memo, line));
        keep(&verdict, line);
        ck_assert_int_eq(pg_memo_find(memo, line) != NULL, n <= PG_NH_MOST);
        ck_assert_ptr_null(pg_memo_find(memo, pg_span_upto(line, n - 1)));
        for (apr_size_t i = 0; i < n; i++) {
            text[i] ^= 1;
            other = pg_test_exact(pg_span_make(text, n));
            ck_assert_ptr_null(pg_memo_find(memo, other));
            free((char *)other.ptr);
            text[i] ^= 1;
        }
        memset(memo, 0, sizeof(*memo));
        free((char *)line.ptr);
    }
}

PG_TEST(lines_displace_each_other_and_nothing_else)
{
    char text[10 * PG_MEMO_LINES][32];
    int found = 0;
    pg_verdict_t verdict;

    for (int i = 0; i < 10 * PG_MEMO_LINES; i++) {
        snprintf(text[i], sizeof(text[i]), "CONNECT h%d.test:%d", i, i + 1);
        keep(&verdict, span_of(text[i]));
        check_known(span_of(text[i]), &verdict);
    }
    for (int i = 0; i < 10 * PG_MEMO_LINES; i++) {
        if (pg_memo_find(memo, span_of(text[i]))) {
            pg_request_t request = { .line = span_of(text[i]) };
            pg_classify(&verdict, &request, NULL);
            check_known(span_of(text[i]), &verdict);
            found++;
        }
    }
    /* ten lines for each place: one in 20,000 remains without any */
    ck_assert_int_gt(found, PG_MEMO_LINES * 9 / 10);
    ck_assert_int_le(found, PG_MEMO_LINES);
}
