/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The made-up reports in every format, under the sanitisers: what
 * tests/page/test_golden.py compares as well, and more views of them. */
#include "pg_test_pool.h"

#include <stdio.h>

#include "pg_query.h"
#include "pg_sample.h"

PG_TEST_SUITE(golden, .set_up = make_pool, .tear_down = destroy_pool,
              .seconds = 120);

/* A sample as a format, in a view; NUL-terminated. */
static pg_span_t rendered(pg_sample_e kind, const pg_format_t *format,
                          const char *asked)
{
    apr_array_header_t *octets = apr_array_make(pool, 200000, 1);
    pg_sink_t sink = pg_sink_array(octets);
    pg_report_t report;
    pg_query_t query;

    ck_assert_ptr_null(pg_query_parse(&query, pg_span_str(asked)));
    pg_sample_report(&report, kind, pool);
    query.view.columns = report.view.columns;
    query.view.rows = report.view.rows;
    query.view.colour = report.view.colour;
    report.view = query.view;
    ck_assert_int_eq(format->render(&sink, &report, pool), APR_SUCCESS);
    APR_ARRAY_PUSH(octets, char) = '\0';
    return pg_span_make(octets->elts, (apr_size_t)octets->nelts - 1);
}

/* Absent if there is no such file. */
static pg_span_t written(const char *kind, const char *format,
                         const char *lang)
{
    const char *path = apr_psprintf(pool, "%s/golden/%s.%s.%s",
                                    getenv("PG_CASES"), kind, format, lang);
    char *octets = apr_palloc(pool, 1 << 20);
    FILE *file = fopen(path, "rb");
    pg_span_t out = { NULL, 0 };

    if (file) {
        out = pg_span_make(octets, fread(octets, 1, 1 << 20, file));
        fclose(file);
    }
    return out;
}

PG_TEST_TIMES(a_fixed_report_is_what_it_was, PG_SAMPLE_COUNT * PG_LANG_COUNT)
{
    pg_sample_e kind = (pg_sample_e)(_i / PG_LANG_COUNT);
    const char *lang = pg_lang_tag((pg_lang_e)(_i % PG_LANG_COUNT));
    const char *asked = apr_pstrcat(
        pool, "since=2014-11-22T12:00Z&top=3&lang=", lang, NULL);

    for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
        pg_span_t was = written(pg_sample_name(kind), f->name, lang);
        pg_span_t is = rendered(kind, f, asked);
        bool whole = kind != PG_SAMPLE_HOSTILE && kind < PG_SAMPLE_RARE;

        ck_assert_msg(!whole || was.ptr == NULL || pg_span_eq(is, was),
                      "%s as %s, %s", pg_sample_name(kind), f->name, lang);
    }
}

static const char *const views[] = {
    "", "top=100&months=240&window=800d&by=day", "mask=1&window=1h",
    "class=foreign-host&until=2014-11-20", "source=198.51.100.7&tz=-0530",
    "target=mx0.a.example", "source=nobody&tz=%2B0900&lang=ja",
    "since=2013&until=2015&by=hour", "since=2013-10&until=2013-10",
};

PG_TEST_EACH(a_view_of_each_report_can_be_rendered, views)
{
    for (int kind = 0; kind < PG_SAMPLE_COUNT; kind++) {
        for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
            if (strcmp(f->name, "json") != 0 || kind == PG_SAMPLE_FULL) {
                ck_assert_uint_gt(
                    rendered((pg_sample_e)kind, f, views[_i]).len, 0);
            }
        }
    }
}
