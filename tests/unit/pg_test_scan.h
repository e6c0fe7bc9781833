/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What tests of the scan share: a counter with all that it needs, and lines of
 * a log. */
#ifndef PG_TEST_SCAN_H
#define PG_TEST_SCAN_H

#include "pg_test.h"

#include <unistd.h>

#include "pg_lines.h"
#include "pg_pass.h"

#define LATER (APR_INT64_C(4000000000) * APR_USEC_PER_SEC)

#define LINE(request, rest) \
    "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"" request "\" " rest \
    " \"-\" \"ua\"\n"

static inline pg_span_t span_of(const char *s)
{
    return pg_span_str(s);
}

/* In a file that the caller removes. */
static inline const char *write_log(const char *text, apr_size_t n)
{
    static char path[] = "/tmp/pg-test-XXXXXX";
    int fd;

    strcpy(path, "/tmp/pg-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, n), (long)n);
    close(fd);
    return path;
}

typedef struct bench_t {
    apr_pool_t *pool;
    pg_logformat_t format;
    pg_counting_t rules;
    pg_counter_t counter;
} bench_t;

static inline pg_tally_t *new_tally(apr_pool_t *pool, const pg_ledger_t *like)
{
    pg_tally_t *tally = pg_tally_create(pool, 10000);

    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        ck_assert_int_eq(like
            ? pg_ledger_heap_like(&tally->ledger[i], like, LATER, pool)
            : pg_ledger_heap(&tally->ledger[i], NULL, LATER, pool), 0);
        like = tally->ledger[i];
    }
    return tally;
}

static inline void bench_begin(bench_t *b)
{
    memset(b, 0, sizeof(*b));
    apr_pool_create(&b->pool, NULL);
    pg_logformat_compile(&b->format, "combined", b->pool);
    b->rules.reading.format = &b->format;
    b->rules.reading.formats = 1;
    b->rules.reading.now = LATER;
    b->rules.anchor = b->format.anchor;
    b->counter.rules = &b->rules;
    b->counter.tally = new_tally(b->pool, NULL);
    b->counter.memory = apr_palloc(b->pool, PG_READER_MEMORY(PG_LINE_MAX));
    pg_count_begin(&b->counter, true);
}

static inline void count_text(bench_t *b, const char *text)
{
    pg_span_t exact = pg_test_exact(span_of(text));

    pg_pass_block(&b->counter, exact);
    explicit_bzero((void *)(apr_uintptr_t)exact.ptr, exact.len);
    free((void *)(apr_uintptr_t)exact.ptr);
}

#endif
