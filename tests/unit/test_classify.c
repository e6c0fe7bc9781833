/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <apr_pools.h>

#include "pg_classify.h"

static apr_pool_t *pool;
static pg_own_t *own;
static const pg_row_t *cases;
static int case_count;

static void setup(void)
{
    int n;
    const pg_row_t *names = pg_test_rows("own-names.tsv", &n);

    apr_pool_create(&pool, NULL);
    own = pg_own_create(pool);
    for (int i = 0; i < n; i++) {
        ck_assert_ptr_null(pg_own_add(own, names[i].field[0]));
    }
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static void expect(const pg_row_t *row, const pg_request_t *request)
{
    pg_verdict_t v;

    pg_classify(&v, request, own);
    ck_assert_msg(pg_span_eq(row->field[2],
                             pg_span_str(pg_class_name(v.class_id)))
                  && pg_span_eq(row->field[4],
                                pg_span_str(pg_reason_name(v.reason))),
                  "classify.tsv:%d: is %s/%s/%s", row->line,
                  pg_class_name(v.class_id), pg_family_name(v.family),
                  pg_reason_name(v.reason));
    if (v.class_id != PG_CLASS_CLEAN) {
        ck_assert_msg(pg_span_eq(row->field[3],
                                 pg_span_str(pg_family_name(v.family))),
                      "classify.tsv:%d: family %s", row->line,
                      pg_family_name(v.family));
    }
}

/* As the log scanner has it, and as httpd's fields have it. */
START_TEST(each_case_from_the_line_and_from_its_parts)
{
    const pg_row_t *row = &cases[_i];
    pg_request_t request = { .line = row->field[0], .host = row->field[1],
                             .check_host = true };
    pg_request_t parts = { .host = row->field[1], .check_host = true };

    ck_assert_int_ge(row->n, 6);
    expect(row, &request);
    pg_request_split(&parts, row->field[0]);
    if (parts.target.ptr && row->field[0].ptr[0] >= ' ') {
        expect(row, &parts);
        parts.line = row->field[0];
        expect(row, &parts);
    }
}
END_TEST

PG_TEST_SUITE(classify)
{
    TCase *tc = tcase_create("cases");

    cases = pg_test_rows("classify.tsv", &case_count);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, each_case_from_the_line_and_from_its_parts, 0,
                        case_count);
    suite_add_tcase(suite, tc);
}
