/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* sample KIND FORMAT [QUERY [COLUMNSxROWS]]: a made-up report on standard
 * output, for the tests that look at it with other programs' eyes; as text, on
 * a screen of that size. "time" as FORMAT measures them all. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pg_query.h"
#include "pg_sample.h"

static apr_status_t to_stdout(void *to, const char *octets, apr_size_t n)
{
    return fwrite(octets, 1, n, to) == n ? APR_SUCCESS : APR_ENOSPC;
}

static apr_status_t to_count(void *to, const char *octets, apr_size_t n)
{
    (void)octets;
    *(apr_size_t *)to += n;
    return APR_SUCCESS;
}

static int measure(const pg_report_t *report, apr_pool_t *pool)
{
    enum { ROUNDS = 100 };

    for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
        apr_size_t n = 0;
        pg_sink_t sink = { .write = to_count, .to = &n };
        clock_t start = clock();        /* the machine may be busy         */

        for (int i = 0; i < ROUNDS; i++) {
            (void)f->render(&sink, report, pool);
        }
        printf("%-12s %7.3f ms %8lu octets\n", f->name,
               (double)(clock() - start) * 1000 / CLOCKS_PER_SEC / ROUNDS,
               (unsigned long)(n / ROUNDS));
    }
    return EXIT_SUCCESS;
}

static int render(const pg_report_t *report, const char *name,
                  apr_pool_t *pool)
{
    const pg_format_t *format = pg_report_format(pg_span_str(name));
    pg_sink_t sink = { .write = to_stdout, .to = stdout };

    if (format == NULL) {
        fprintf(stderr, "no such format: %s\n", name);
        return EXIT_FAILURE;
    }
    return format->render(&sink, report, pool) == APR_SUCCESS
               ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    pg_report_t report;
    pg_query_t query;
    apr_pool_t *pool;
    int kind = 0;

    if (argc < 3 || apr_initialize() != APR_SUCCESS) {
        fprintf(stderr, "usage: sample KIND FORMAT|time [QUERY [SIZE]]\n");
        return EXIT_FAILURE;
    }
    apr_pool_create(&pool, NULL);
    while (kind < PG_SAMPLE_COUNT
           && strcmp(argv[1], pg_sample_name((pg_sample_e)kind)) != 0) {
        kind++;
    }
    if (kind == PG_SAMPLE_COUNT
        || pg_query_parse(&query, pg_span_str(argc > 3 ? argv[3] : NULL))) {
        fprintf(stderr, "no such kind or query\n");
        return EXIT_FAILURE;
    }
    pg_sample_report(&report, (pg_sample_e)kind, pool);
    query.view.columns = report.view.columns;
    query.view.rows = report.view.rows;
    query.view.colour = report.view.colour;
    if (argc > 4) {
        (void)sscanf(argv[4], "%dx%d", &query.view.columns, &query.view.rows);
    }
    report.view = query.view;
    return strcmp(argv[2], "time") == 0 ? measure(&report, pool)
                                        : render(&report, argv[2], pool);
}
