/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Tables, tallies, blocks of lines and the judgement of answers. */
#include "pg_test_scan.h"

#include <stdio.h>

#include <apr_strings.h>

#include "pg_identity.h"
#include "pg_judge.h"
#include "pg_progress.h"
#include "pg_summary.h"

#define ANCHOR PG_SPAN("] \"")

#define ck_assert_kept(of, name, text) \
    ck_assert(pg_span_eq(pg_tally_kept((of)->octets, &(of)->name), \
                         span_of(text)))

/* --- tables -------------------------------------------------------------- */

PG_TEST_SUITE(scan, .seconds = 60);

PG_TEST(a_table_is_exact_up_to_its_bound)
{
    apr_pool_t *pool;
    pg_table_t *table;
    pg_cell_t **cells;
    apr_size_t n;

    apr_pool_create(&pool, NULL);
    table = pg_table_create(pool, 100, 0);
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        pg_table_add(table, span_of(key), (apr_uint64_t)i + 1);
    }
    ck_assert_uint_eq(pg_table_error(table), 0);
    cells = pg_table_sorted(table, &n, pool);
    ck_assert_uint_eq(n, 100);
    for (apr_size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(cells[i]->count, 100 - i);
    }
    for (apr_size_t most = 0; most <= 101; most++) {
        pg_cell_t **top = pg_table_top(table, most, &n, pool);
        ck_assert_uint_eq(n, most < 100 ? most : 100);
        for (apr_size_t i = 0; i < n; i++) {
            ck_assert_ptr_eq(top[i], cells[i]);
        }
    }
    apr_pool_destroy(pool);
}

PG_TEST(past_its_bound_a_table_says_how_wrong_it_is)
{
    apr_pool_t *pool;
    pg_table_t *table;
    apr_uint64_t sum = 0, heavy;

    apr_pool_create(&pool, NULL);
    table = pg_table_create(pool, 50, 0);
    for (int i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        pg_table_add(table, span_of(i % 4 ? key : "heavy"), 1);
        sum++;
        ck_assert_uint_le(pg_table_size(table), 50);
    }
    ck_assert_uint_gt(pg_table_error(table), 0);
    /* The published bound: the error is at most the sum over half the keys. */
    ck_assert_uint_le(pg_table_error(table), sum / 25);
    heavy = pg_table_find(table, span_of("heavy"))->count;
    ck_assert_uint_le(heavy, 5000);
    ck_assert_uint_ge(heavy + pg_table_error(table), 5000);
    apr_pool_destroy(pool);
}

/* Keys of any length are told apart; what is dropped is the smaller half, and
 * data stays with its key. */
PG_TEST(a_table_that_is_full_keeps_the_more_frequent_half)
{
    char key[PG_NH_MOST + 2];
    apr_pool_t *pool, *other;
    pg_table_t *table;

    apr_pool_create(&pool, NULL);
    table = pg_table_create(pool, 4, sizeof(int));
    memset(key, 'k', sizeof(key));
    for (apr_size_t i = 0; i < 3; i++) {
        *(int *)pg_table_add(table, pg_span_make(key, PG_NH_MOST - 1 + i),
                             i + 1)->data = (int)i;
    }
    ck_assert_uint_eq(pg_table_size(table), 3);
    pg_table_add(table, span_of(""), 9);
    ck_assert_uint_eq(pg_table_error(table), 0);
    pg_table_add(table, span_of("/"), 1);      /* 9, 3, 2, 1: less 2     */
    ck_assert_uint_eq(pg_table_error(table), 2);
    apr_pool_create(&other, NULL);             /* takes what was given back */
    memset(apr_palloc(other, 8000), 'x', 8000);
    ck_assert_uint_eq(pg_table_find(table, span_of(""))->count, 7);
    ck_assert_ptr_null(pg_table_find(table, pg_span_make(key, PG_NH_MOST)));
    ck_assert_uint_eq(pg_table_find(table, pg_span_make(
                          key, PG_NH_MOST + 1))->count, 1);
    ck_assert_int_eq(*(int *)pg_table_find(table, pg_span_make(
                         key, PG_NH_MOST + 1))->data, 2);
    ck_assert(pg_span_eq(pg_table_find(table, pg_span_make(
                             key, PG_NH_MOST + 1))->key,
                         pg_span_make(key, PG_NH_MOST + 1)));
    apr_pool_destroy(other);
    apr_pool_destroy(pool);
}

static void keep_longer(void *data, const void *add)
{
    int *length = data;

    *length = *length > *(const int *)add ? *length : *(const int *)add;
}

PG_TEST(tables_are_merged_and_ties_ordered_by_key)
{
    static const char *const keys[] = { "b", "a", "ab", "" };
    static const char *const sorted[] = { "", "a", "ab", "b" };
    apr_pool_t *pool;
    pg_table_t *one, *two;
    pg_cell_t **cells;
    apr_size_t n;

    apr_pool_create(&pool, NULL);
    one = pg_table_create(pool, 4, sizeof(int));
    two = pg_table_create(pool, 3, sizeof(int));
    for (int i = 0; i < 4; i++) {
        *(int *)pg_table_add(one, span_of(keys[i]), 2)->data = i;
        *(int *)pg_table_add(two, span_of(keys[i]), 1)->data = 3 - i;
    }
    ck_assert_uint_eq(pg_table_error(two), 1);   /* only the last is left  */
    pg_table_merge(one, two, keep_longer);
    ck_assert_uint_eq(pg_table_error(one), 1);
    ck_assert_uint_eq(pg_table_find(one, span_of(""))->count, 3);
    ck_assert_int_eq(*(int *)pg_table_find(one, span_of(""))->data, 3);
    pg_table_add(one, span_of("a"), 1);
    pg_table_add(one, span_of("ab"), 1);
    pg_table_add(one, span_of("b"), 1);
    cells = pg_table_sorted(one, &n, pool);
    ck_assert_uint_eq(n, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert(pg_span_eq(cells[i]->key, span_of(sorted[i])));
    }
    apr_pool_destroy(pool);
}

/* --- lines --------------------------------------------------------------- */

/* Lines of one part of a file, glued by '|'. */
static const char *lines_between(const char *path, apr_uint64_t from,
                                 apr_uint64_t limit, apr_pool_t *pool)
{
    char *buffer = malloc(PG_LINE_MAX + PG_LINES_READ);
    const char *all = "";
    pg_lines_t lines;
    pg_input_t *input;
    pg_span_t block;

    ck_assert_ptr_null(pg_input_open(&input, path, from ? from - 1 : 0, NULL,
                                     pool));
    pg_lines_begin(&lines, input, buffer, from, limit);
    while (pg_lines_next(&lines, &block)) {
        all = apr_pstrcat(pool, all,
                          apr_pstrmemdup(pool, block.ptr, block.len), NULL);
        ck_assert(pg_lines_keep(&lines, 0));     /* more may follow        */
    }
    free(buffer);
    return all;
}

PG_TEST(parts_side_by_side_see_each_line_once)
{
    static const char text[] = "one\ntwo\n\nfour\nthe last has no end";
    apr_uint64_t n = sizeof(text) - 1;
    const char *path = write_log(text, sizeof(text) - 1);
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    for (apr_uint64_t a = 0; a <= n; a++) {
        for (apr_uint64_t b = a ? a : 1; b <= n; b++) {
            const char *got = apr_pstrcat(pool,
                a ? lines_between(path, 0, a, pool) : "",
                a == b ? "" : lines_between(path, a, b, pool),
                b == n ? "" : lines_between(path, b, ~(apr_uint64_t)0, pool),
                NULL);
            ck_assert_msg(!strcmp(got, text), "at %d and %d: '%s'", (int)a,
                          (int)b, got);
        }
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    unlink(path);
}

/* What looks like UTF-16 in the middle of a log is not. */
PG_TEST(a_byte_order_mark_is_one_only_at_the_beginning)
{
    static const char text[] = "ab\xff\xfeG\0E\0T\0\n";
    const char *path = write_log(text, sizeof(text));
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    for (apr_uint64_t from = 0; from < 4; from++) {
        char got[64];
        apr_size_t n = 0, more = 1;
        pg_input_t *input;

        ck_assert_ptr_null(pg_input_open(&input, path, from, NULL, pool));
        while (more) {
            more = pg_input_read(input, got + n, sizeof(got) - n);
            n += more;
        }
        ck_assert_uint_eq(n, sizeof(text) - from);
        ck_assert_mem_eq(got, text + from, n);
    }
    apr_pool_destroy(pool);
    unlink(path);
}

PG_TEST(a_line_longer_than_the_bound_is_skipped_and_counted)
{
    apr_size_t n = PG_LINE_MAX * 2;
    char *text = malloc(n + 16), *buffer = malloc(PG_LINE_MAX + PG_LINES_READ);
    const char *path;
    apr_pool_t *pool;
    pg_input_t *input;
    pg_lines_t lines;
    pg_span_t block;

    memset(text, 'x', n);
    memcpy(text, "first\n", 6);
    memcpy(text + n, "\nlast\n", 6);
    path = write_log(text, n + 6);
    apr_pool_create(&pool, NULL);
    ck_assert_ptr_null(pg_input_open(&input, path, 0, NULL, pool));
    pg_lines_begin(&lines, input, buffer, 0, ~(apr_uint64_t)0);
    ck_assert(pg_lines_next(&lines, &block));
    ck_assert(pg_span_eq(block, PG_SPAN("first\n")));
    ck_assert(pg_lines_next(&lines, &block));
    ck_assert(pg_span_eq(block, PG_SPAN("last\n")));
    ck_assert(!pg_lines_next(&lines, &block));
    ck_assert_uint_eq(lines.oversize, 1);
    apr_pool_destroy(pool);
    unlink(path);
    free(text);
    free(buffer);
}

/* --- identity ------------------------------------------------------------ */

static pg_identity_t identity_of(const char *text, apr_uint64_t limit)
{
    const char *path = write_log(text, strlen(text));
    pg_identity_t out;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    ck_assert_ptr_null(pg_identity_of(&out, path, limit, pool));
    apr_pool_destroy(pool);
    unlink(path);
    return out;
}

static const struct {
    const char *one, *other;
    bool same;                   /* their first line                      */
} heads[] = {
    { "1 a\n", "1 a\n2 b\n", true }, { "1 a", "1 a\n", true },
    { "1 a\nb\n", "1 a\nc\n", true }, { "1 a\n", "1 b\n", false },
    { "#1\n1 a\n", "#1\n1 a\n2\n", true },
    { "#1\n1 a\n", "#1\n1 b\n", false },
    { "a #1\n1 a\n", "a #1\n1 b\n", true },
    { "time,b\n1 a\n", "time,b\n1 b\n", false },
    { "time,b\n\n1 a\n", "time,b\n\n1 b\n", false },
    { "a\n", "b\n", false }, { "a\n", "a\nb\n", false },
};

PG_TEST_EACH(a_log_that_grows_keeps_its_first_line, heads)
{
    pg_identity_t a = identity_of(heads[_i].one, ~(apr_uint64_t)0);
    pg_identity_t b = identity_of(heads[_i].other, ~(apr_uint64_t)0);
    static const unsigned char none[8];

    ck_assert_int_eq(memcmp(a.head, b.head, 8) == 0, heads[_i].same);
    ck_assert_mem_eq(a.head + 8, none, 8);
    ck_assert_mem_ne(a.whole, b.whole, 16);
    ck_assert(!a.empty);
    b = identity_of(heads[_i].other, strlen(heads[_i].one));
    if (strncmp(heads[_i].one, heads[_i].other, strlen(heads[_i].one)) == 0) {
        ck_assert_mem_eq(a.whole, b.whole, 16);
        ck_assert_mem_eq(a.head, b.head, 16);
    }
}

PG_TEST(a_log_that_is_not_there_has_no_identity)
{
    pg_identity_t out;
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    ck_assert_ptr_nonnull(pg_identity_of(&out, "/nonexistent/log", 1, pool));
    apr_pool_destroy(pool);
}

/* The n-th line is another one; 0: none is. */
static pg_identity_t identity_of_lines(int lines, int n)
{
    char text[1000] = "#head 1\nhead\n", *at = text + strlen(text);

    for (int i = 1; i <= lines; i++) {
        at += sprintf(at, "%d %c\n", i, i == n ? 'b' : 'a');
    }
    return identity_of(text, ~(apr_uint64_t)0);
}

PG_TEST(a_log_is_known_by_its_first_64_lines)
{
    static const unsigned char none[8];
    pg_identity_t whole = identity_of_lines(64, 0), other;

    ck_assert_mem_ne(whole.head + 8, none, 8);
    other = identity_of_lines(63, 0);
    ck_assert_mem_eq(other.head + 8, none, 8);
    for (int n = 1; n <= 66; n++) {
        other = identity_of_lines(66, n);
        ck_assert_int_eq(memcmp(whole.head, other.head, 8) == 0, n > 1);
        ck_assert_int_eq(memcmp(whole.head + 8, other.head + 8, 8) == 0,
                         n > 64);
    }
    other = identity_of("1 a\n", ~(apr_uint64_t)0);
    ck_assert_mem_eq(other.head,       /* SHA-1 of "head\n1 a"            */
                     "\x99\xd1\x0b\xb4\x62\x68\x9e\x6e", 8);
    ck_assert_mem_eq(other.whole,      /* SHA-1 of "whole\n1 a\n"         */
                     "\x66\x2d\x1f\x00\x3d\x50\x5b\xf5"
                     "\xae\x52\x4c\x5f\xb3\xf0\x0e\x74", 16);
    ck_assert(identity_of("", ~(apr_uint64_t)0).empty);
    ck_assert(identity_of("1 a\n", 0).empty);
}

/* --- counting ------------------------------------------------------------ */

static const pg_snapshot_t *found_in(const pg_tally_t *tally)
{
    pg_snapshot_t *s;

    pg_ledger_snapshot(&s, tally->ledger[PG_LOGS_NEW],
                       pg_tally_read(tally).to, tally->pool);
    return s;
}

PG_TEST(a_glance_finds_clean_only_what_the_core_finds_clean)
{
    static const struct { const char *line; bool clean; } cases[] = {
        { LINE("GET / HTTP/1.1", "200 5"), true },
        { LINE("CONNECT /x HTTP/1.1", "405 5"), true },
        { LINE("GET http://a.example/ HTTP/1.1", "200 5"), false },
        { LINE("CONNECT a.example:443 HTTP/1.1", "405 5"), false },
        { LINE("get / HTTP/1.1", "200 5"), false },
        { LINE(" / HTTP/1.1", "400 5"), false },
        { LINE("GET", "400 5"), false },
        { "h - ] \\\"GET / [t] \"CONNECT a:1 HTTP/1.1\" 405 5", false },
        { "\"GET / HTTP/1.1\"", false },
        { "] \"GET /", true },
        { "] \"GET ", false },
        { "] \"GET", false },
        { "] \"", false },
        { "]", false },
    };
    apr_size_t target;

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pg_span_t line = pg_test_exact(span_of(cases[i].line));
        ck_assert_msg(pg_pass_is_clean(line, ANCHOR, &target)
                      == cases[i].clean, "%s", cases[i].line);
        free((void *)(apr_uintptr_t)line.ptr);
    }
}

#define NAMELESS "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"GET /x HTTP"

PG_TEST(a_glance_finds_lines_without_a_virtual_host)
{
    static const struct { const char *line; bool nameless; } cases[] = {
        { NAMELESS "/1.1\" 200 5", true },
        { NAMELESS "/1.0\" 404 5 \"-\" \"ua\"", true },
        { "1.2.3.4 - - [02/Jan/2014:03:04:05 +0000] \"G HTTP/1.1\" 200 5",
          true },
        { "1.2.3.4 - - [02/Jan/2014:03:04:05 +0000] \"\x16 HTTP/1.1\" 200 5",
          false },
        { "1.2.3.4 - - [02/Jan/2014:03:04:05 +000] \"GET / HTTP/1.1\" 200 5",
          false },
        { "1.2.3.4 - - [02/Jan[2014:03:04:05 +0000] \"GET / HTTP/1.1\" 200 5",
          false },
        { "1.2.3.4 - - [02/Jan/2014:03:04\"05 +0000] \"GET / HTTP/1.1\" 200 5",
          false },
        { "1.2.3.4 - - (02/Jan/2014:03:04:05 +0000] \"GET / HTTP/1.1\" 200 5",
          false },
        { "1.2.3.4 - - [02/Jan/2014:03:04:05 +0000) \"GET / HTTP/1.1\" 200 5",
          false },
        { NAMELESS "/1.1\" 200 5 x", false },
        { NAMELESS "/1.1\" 200 5x7", false },
        { NAMELESS "/1.1\" 20x 5", false },
        { NAMELESS "/1.1' 200 5", false },
        { NAMELESS "/1.1\" 200 12345678901234567890 5", true },
        { NAMELESS "/1.1\" 200 123456789012345678901 5", false },
        { NAMELESS "/1.1\" 200 -", false },
        { NAMELESS "/2.0\" 200 5", false },         /* may be a URL        */
        { NAMELESS "/1.1\" 200 5 TCP_MISS:DIRECT", false },
        { NAMELESS "/1.1\" 2", false },
        { NAMELESS, false },
        { "www.own.example:80 " NAMELESS "/1.1\" 200 5", false },
        { "192.0.2.1:80 " NAMELESS "/1.1\" 200 5", false },
        { "client.example - - [02/Jan/2014:03:04:05 +0000] "
          "\"GET / HTTP/1.1\" 200 5", false },
        { "192.0.2.1 - joe [02/Jan/2014:03:04:05 +0000] "
          "\"GET / HTTP/1.1\" 200 5", false },
        { "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] "
          "\"\" 400 5 HTTP/1.1\" 200 5", false },
        { "192.0.2.1 - - [", false },
        { "", false },
    };

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pg_span_t line = pg_test_exact(span_of(cases[i].line));
        ck_assert_msg(pg_pass_is_nameless(line) == cases[i].nameless, "%s",
                      cases[i].line);
        free((void *)(apr_uintptr_t)line.ptr);
    }
}

PG_TEST(every_line_is_accounted_for)
{
    bench_t b;
    const pg_tally_t *t;
    const pg_snapshot_t *s;

    bench_begin(&b);
    count_text(&b, LINE("GET / HTTP/1.1", "200 11")
                   LINE("GET http://a.example/ HTTP/1.1", "404 11")
                   "\n"
                   LINE("-", "408 -")
                   "no log line\n"
                   LINE("CONNECT a.example:25 HTTP/1.0", "405 11"));
    t = b.counter.tally;
    s = found_in(t);
    ck_assert_uint_eq(t->count.lines, 6);
    ck_assert_uint_eq(t->count.blank, 1);
    ck_assert_uint_eq(t->count.silent, 1);
    ck_assert_uint_eq(t->count.unparsed, 1);
    ck_assert_uint_eq(t->count.attempts, 2);
    ck_assert_uint_eq(s->count[PG_CLASS_ABSOLUTE][PG_OUTCOME_REFUSED], 1);
    ck_assert_uint_eq(s->count[PG_CLASS_CONNECT_MAIL][PG_OUTCOME_REFUSED], 1);
    ck_assert_kept(&t->sample[0], text, "no log line");
    ck_assert_int_eq(s->first, APR_INT64_C(1388631845000000));
    apr_pool_destroy(b.pool);
}

/* How many keys each table has: of the new logs, then what is not in a
 * list. */
static void sizes_of(const pg_tally_t *tally, apr_size_t size[])
{
    const pg_table_t *const tables[] = {
        tally->vhosts[PG_LOGS_NEW], tally->answers, tally->lengths,
        tally->home, tally->names
    };

    for (int t = 0; t < PG_TOP_COUNT; t++) {
        size[t] = pg_table_size(tally->top[PG_LOGS_NEW][t]);
    }
    for (int i = 0; i < 5; i++) {
        size[PG_TOP_COUNT + i] = pg_table_size(tables[i]);
    }
}

PG_TEST(all_tables_of_a_worker_are_moved)
{
    enum { TABLES = PG_TOP_COUNT + 5 };
    static const apr_size_t none[TABLES];
    apr_size_t before[TABLES], after[TABLES];
    pg_tally_t *sum;
    bench_t b;

    bench_begin(&b);
    pg_logformat_compile(&b.format, "vhost_combined", b.pool);
    count_text(&b, "w.example:80 " LINE("GET / HTTP/1.1", "200 100")
                   "w.example:80 " LINE("CONNECT b.example:443 HTTP/1.0",
                                        "200 1")
                   "w.example:80 " LINE("GET http://c.example/ HTTP/1.0",
                                        "200 7"));
    pg_table_add(b.counter.tally->names, span_of("w.example:80"), 1);
    sum = new_tally(b.pool, b.counter.tally->ledger[PG_LOGS_NEW]);
    sizes_of(b.counter.tally, before);
    for (int i = 0; i < TABLES; i++) {
        ck_assert_msg(before[i] > 0, "table %d", i);
    }
    pg_tally_move(sum, b.counter.tally);
    sizes_of(sum, after);
    ck_assert_mem_eq(after, before, sizeof(before));
    sizes_of(b.counter.tally, after);
    ck_assert_mem_eq(after, none, sizeof(none));
    apr_pool_destroy(b.pool);
}

PG_TEST(a_client_that_is_unknown_is_no_source)
{
    const pg_snapshot_t *s;
    bench_t b;

    bench_begin(&b);
    count_text(&b, LINE("CONNECT a.example:25 HTTP/1.0", "405 1")
                   LINE("CONNECT b.example:25 HTTP/1.0", "405 1")
                   "- - - [02/Jan/2014:03:04:05 +0000] "
                   "\"CONNECT c.example:26 HTTP/1.0\" 405 1 \"-\" \"ub\"\n");
    s = found_in(b.counter.tally);
    ck_assert_uint_eq(s->attempts, 3);
    ck_assert_uint_eq(s->sources.estimate, 1);
    apr_pool_destroy(b.pool);
}

PG_TEST(keys_of_several_workers_are_held_once)
{
    char line[200];
    apr_size_t n = 0, rows;
    pg_tally_t *sum, *one;
    pg_cell_t **top;
    bench_t b;

    bench_begin(&b);
    one = b.counter.tally;
    sum = new_tally(b.pool, one->ledger[PG_LOGS_NEW]);
    while (!pg_tally_is_large(one)) {
        snprintf(line, sizeof(line), "192.0.2.1 - - [02/Jan/2014:03:04:05 "
                 "+0000] \"CONNECT %d.example:25 HTTP/1.0\" 405 1 \"-\" "
                 "\"-\"\n", (int)n++);
        count_text(&b, line);
        ck_assert_uint_lt(n, 9000);
    }
    pg_tally_move(sum, one);
    ck_assert(!pg_tally_is_large(one));
    ck_assert_uint_eq(pg_table_size(one->top[PG_LOGS_NEW][PG_TOP_TARGETS]), 0);
    count_text(&b, line);
    pg_tally_merge(sum, one, LATER);
    ck_assert_uint_eq(pg_table_size(sum->top[PG_LOGS_NEW][PG_TOP_TARGETS]), n);
    top = pg_table_top(sum->top[PG_LOGS_NEW][PG_TOP_SOURCES], 1, &rows,
                       b.pool);
    ck_assert_uint_eq(top[0]->count, n + 1);
    apr_pool_destroy(b.pool);
}

static const char *const kinds[] = {
    LINE("GET / HTTP/1.1", "200 100"), LINE("GET / HTTP/1.1", "200 101"),
    LINE("GET / HTTP/1.1", "200 10"), LINE("GET / HTTP/1.1", "200 1001"),
    LINE("GET / HTTP/1.0", "206 9"), LINE("GET / HTTP/2.0", "200 100"),
    LINE("GET / HTTP/1.1", "304 -"), LINE("GET / HTTP/1.1", "404 5"),
    LINE("GET / HTTP/1.1", "200 -"), LINE("GET / SIP/2.0", "200 7"),
    LINE("GET / HTTP/1.1x", "200 7"), LINE("GET /  HTTP/1.1", "200 7"),
    LINE("GET / HTTP/1.1", "200 1234567890123456789012"),
    LINE("HEAD / HTTP/1.1", "200 100"), LINE("POST / HTTP/1.1", "200 8"),
    LINE("XGET / HTTP/1.1", "200 8"), LINE("GET /", "200 8"),
    LINE("GET /x HTTP/1.1", "200 5"), LINE("GET /? HTTP/1.1", "200 5"),
    LINE("GET http://a.example/ HTTP/1.1", "404 5"),
    LINE("CONNECT a.example:25 HTTP/1.1", "405 5"), LINE("-", "408 -"),
    "method,target,status\n", "GET,http://a.example/,404\n", "GET,/,200\n",
    "\n", " \n", "\r\n", "[]\n", "[\n", "no log line\n", "x] \"GET / y\n",
    "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"GET / HTTP/1.1\" 200 6\n",
};

/* At a glance and in full. */
static void expect_alike(const char *text)
{
    bench_t b[2];
    pg_cell_t **home[2];
    apr_size_t n[2];

    for (int i = 0; i < 2; i++) {
        bench_begin(&b[i]);
        b[i].rules.reading.any = true;
        b[i].rules.anchor = i ? PG_ABSENT : b[i].rules.anchor;
        count_text(&b[i], text);
        home[i] = pg_table_sorted(b[i].counter.tally->home, &n[i], b[i].pool);
    }
    ck_assert_msg(memcmp(&b[0].counter.tally->count,
                         &b[1].counter.tally->count,
                         offsetof(pg_counts_t, shape)) == 0, "%s", text);
    ck_assert_msg(n[0] == n[1], "%s", text);
    for (apr_size_t i = 0; i < n[0]; i++) {
        ck_assert(pg_span_eq(home[0][i]->key, home[1][i]->key));
        ck_assert_uint_eq(home[0][i]->count, home[1][i]->count);
    }
    apr_pool_destroy(b[0].pool);
    apr_pool_destroy(b[1].pool);
}

PG_TEST_EACH(a_glance_counts_what_reading_counts, kinds)
{
    char text[4096];

    for (apr_size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        snprintf(text, sizeof(text), "%s%s%s%s", kinds[_i], kinds[k], kinds[k],
                 kinds[_i]);
        expect_alike(text);
    }
}

PG_TEST(a_glance_misses_no_octet_of_a_home_page)
{
    static const char line[] = LINE("GET / HTTP/1.1", "200 100");
    const apr_size_t end = sizeof(line) - 14;
    char text[sizeof(line)];

    for (const char *to = "x9 \"/.2"; *to; to++) {
        for (apr_size_t i = strlen(NAMELESS) - 11; i < end; i++) {
            memcpy(text, line, sizeof(line));
            text[i] = *to;
            expect_alike(text);
        }
    }
}

/* Brackets that are counted in vectors, each lane up to 255; and lines without
 * one, which make no room for a second in another. */
PG_TEST(lines_run_together_are_found_among_any_others)
{
    static char many[256 * 32 + 1];
    const char *const others[] = { "", many, "no log line\nno other\n" };

    memset(many, ']', sizeof(many) - 1);
    for (int i = 0; i < 3; i++) {
        bench_t b;

        bench_begin(&b);
        b.rules.reading.any = true;
        count_text(&b, apr_pstrcat(b.pool, others[i], "\n",
            LINE("GET / HTTP/1.1", "200 100"),
            "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"GET /x HTTP/1.1\" 20",
            LINE("CONNECT a.example:25 HTTP/1.1", "405 5"), NULL));
        ck_assert_uint_eq(b.counter.tally->count.suspect, 1);
        apr_pool_destroy(b.pool);
    }
}

/* Wherever the vectors end in it. */
PG_TEST(a_short_line_run_together_is_found_in_any_place)
{
    for (int n = 0; n < 64; n++) {
        bench_t b;

        bench_begin(&b);
        b.rules.reading.any = true;
        count_text(&b, apr_psprintf(b.pool, "%0*d\n%s", n, 0,
            "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"GET /x HTTP/1.1\" "
            "20192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"\\x05\\x01"));
        ck_assert_uint_eq(b.counter.tally->count.suspect, 1);
        apr_pool_destroy(b.pool);
    }
}

/* As a log that is being written, or was cut by a full disk. */
static const char *const full[] = {
    ("[{\"remote_ip\" : \"192.0.2.1\", "
     "\"request\":\"CONNECT a.example:25 HTTP/1.1\",\"status\": 405, "
     "\"x\":[1, {\"y\\u0041\" : null}]} , {}]"),
    LINE("CONNECT a.example:25 HTTP/1.1", "405 5"),
    ("--8f3a21bc-A--\n[02/Jan/2014:03:04:05 +0000] x 192.0.2.1 9 192.0.2.2 80\n"
     "--8f3a21bc-B--\nGET http://a.example/ HTTP/1.1\n--8f3a21bc-Z--\n"),
    "a=1 request=\"GET http://a.example/ HTTP/1.1\" client => 192.0.2.1 ",
};

PG_TEST_EACH(a_log_may_end_anywhere, full)
{
    pg_span_t text = span_of(full[_i]);
    const pg_counts_t *count;
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = b.rules.reading.json = true;
    count = &b.counter.tally->count;
    for (apr_size_t n = 1; n <= text.len; n++) {
        pg_counts_t before = *count;

        pg_count_begin(&b.counter, true);
        count_text(&b, apr_pstrmemdup(b.pool, text.ptr, n));
        ck_assert_uint_ge(count->lines, before.lines + 1);
        ck_assert_uint_le(count->attempts, before.attempts + 1);
        ck_assert(n < text.len || count->attempts > before.attempts);
    }
    apr_pool_destroy(b.pool);
}

PG_TEST(a_time_from_the_future_does_not_move_the_history)
{
    bench_t b;

    bench_begin(&b);
    b.rules.reading.now = APR_INT64_C(1388631845) * APR_USEC_PER_SEC;
    count_text(&b, LINE("CONNECT a.example:25 HTTP/1.0", "405 11")
                   "192.0.2.1 - - [02/Jan/2099:03:04:05 +0000] "
                   "\"CONNECT b.example:25 HTTP/1.0\" 405 1 \"-\" \"-\"\n");
    ck_assert_uint_eq(b.counter.tally->count.attempts, 2);
    ck_assert_uint_eq(b.counter.tally->count.untimed, 1);
    ck_assert_int_eq(found_in(b.counter.tally)->last, b.rules.reading.now);
    apr_pool_destroy(b.pool);
}

enum { SEEN = PG_TALLY_RECENT + 5 };

/* The i-th of them, in an order that is neither up nor down. */
static void count_one(bench_t *b, int i)
{
    char line[200];
    int n = i * 37 % SEEN;

    snprintf(line, sizeof(line), "192.0.2.1 - - [02/Jan/2014:03:%02d:%02d "
             "+0000] \"GET http://a.example/%d HTTP/1.1\" 404 5 \"-\" "
             "\"ua\"\n", n / 60, n % 60, n);
    count_text(b, line);
}

static void ck_assert_newest(const pg_tally_t *tally)
{
    ck_assert_int_eq(tally->recent_count, PG_TALLY_RECENT);
    for (int i = 0; i < PG_TALLY_RECENT; i++) {
        char target[40];

        snprintf(target, sizeof(target), "http://a.example/%d",
                 i + SEEN - PG_TALLY_RECENT);
        ck_assert_kept(tally->recent[i], target, target);
    }
    ck_assert_kept(&tally->example[PG_REASON_ABSOLUTE_STRANGER], target,
                   "http://a.example/0");
}

PG_TEST(the_newest_attempts_are_kept_in_order)
{
    bench_t all, half[2];

    bench_begin(&all);
    for (int i = 0; i < 2; i++) {
        bench_begin(&half[i]);
        half[i].counter.tally = new_tally(
            half[i].pool, all.counter.tally->ledger[PG_LOGS_NEW]);
    }
    for (int i = 0; i < SEEN; i++) {
        count_one(&all, i);
        count_one(&half[i % 2], i);
    }
    ck_assert_newest(all.counter.tally);
    pg_tally_merge(half[0].counter.tally, half[1].counter.tally,
                   pg_tally_read(all.counter.tally).to);
    ck_assert_newest(half[0].counter.tally);
    for (int i = 0; i < 2; i++) {
        apr_pool_destroy(half[i].pool);
    }
    apr_pool_destroy(all.pool);
}

/* --- judging ------------------------------------------------------------- */

static pg_ground_e ground_of(const char *text)
{
    bench_t b;
    const pg_judge_t *judge;
    pg_ground_e ground;

    bench_begin(&b);
    count_text(&b, text);
    judge = pg_judge_run(b.counter.tally, NULL, b.pool);
    ck_assert_uint_ge(judge->n, 1);
    ground = judge->item[0].ground;
    apr_pool_destroy(b.pool);
    return ground;
}

#define HOME LINE("GET / HTTP/1.1", "200 100")

PG_TEST(answers_are_judged_by_status_and_length)
{
    ck_assert_int_eq(ground_of(HOME LINE("CONNECT a.example:443 HTTP/1.1",
                                         "200 -")), PG_GROUND_CONNECT);
    ck_assert_int_eq(ground_of(HOME LINE("CONNECT a.example:443 HTTP/1.1",
                                         "200 0")), PG_GROUND_CONNECT);
    ck_assert_int_eq(ground_of(HOME LINE("CONNECT a.example:443 HTTP/1.1",
                                         "200 100")), PG_GROUND_HOME);
    ck_assert_int_eq(ground_of(HOME LINE("CONNECT a.example:443 HTTP/1.1",
                                         "200 77")), PG_GROUND_DIFFERS);
    ck_assert_int_eq(ground_of(HOME LINE("GET http://a.example/ HTTP/1.1",
                                         "200 100")), PG_GROUND_HOME);
    ck_assert_int_eq(ground_of(HOME LINE("GET http://a.example/ HTTP/1.1",
                                         "200 77")), PG_GROUND_DIFFERS);
    ck_assert_int_eq(ground_of(LINE("GET http://a.example/ HTTP/1.1",
                                    "200 77")), PG_GROUND_NO_HOME);
    ck_assert_int_eq(ground_of(HOME LINE("GET http://a.example/ HTTP/1.1",
                                         "204 -")), PG_GROUND_NO_LENGTH);
    ck_assert_int_eq(ground_of(HOME LINE("HEAD http://a.example/ HTTP/1.1",
                                         "200 77")), PG_GROUND_NO_LENGTH);
    ck_assert_int_eq(ground_of(
        LINE("GET http://a.example/ HTTP/1.1", "200 77")
        LINE("GET http://b.example/ HTTP/1.1", "200 77")
        LINE("GET http://c.example/ HTTP/1.1", "200 77")),
        PG_GROUND_SAME_ALWAYS);
}

/* The home page had so many lengths: 100, 110, 120, ... */
static const struct {
    int lengths, size;
    pg_ground_e ground;
} varying[] = {
    { 7, 105, PG_GROUND_DIFFERS }, { 8, 105, PG_GROUND_VARIES },
    { 8, 100, PG_GROUND_HOME }, { 8, 170, PG_GROUND_HOME },
    { 8, 101, PG_GROUND_VARIES }, { 8, 169, PG_GROUND_VARIES },
    { 8, 99, PG_GROUND_DIFFERS }, { 8, 171, PG_GROUND_DIFFERS },
};

PG_TEST_EACH(a_home_page_may_vary, varying)
{
    apr_pool_t *pool;
    char *text;

    apr_pool_create(&pool, NULL);
    text = apr_psprintf(pool, LINE("GET http://a.example/ HTTP/1.1", "200 %d"),
                        varying[_i].size);
    for (int i = 0; i < varying[_i].lengths; i++) {
        text = apr_psprintf(pool, LINE("GET / HTTP/1.1", "200 %d") "%s",
                            100 + 10 * (i ^ 1), text);
    }
    ck_assert_int_eq(ground_of(text), varying[_i].ground);
    apr_pool_destroy(pool);
}

PG_TEST(what_is_judged_relayed_is_booked_as_relayed)
{
    bench_t b;
    pg_scan_out_t scan = { .files = 1 };
    const pg_snapshot_t *s;

    bench_begin(&b);
    count_text(&b, HOME LINE("CONNECT a.example:443 HTTP/1.1", "200 -")
                   LINE("GET http://a.example/ HTTP/1.1", "200 100"));
    scan.tally = b.counter.tally;
    scan.judge = pg_judge_run(scan.tally, NULL, b.pool);
    pg_summary_book(&scan, b.pool);
    s = pg_summary_snapshot(&scan, LATER, b.pool);
    ck_assert_uint_eq(s->attempts, 2);
    ck_assert_uint_eq(s->count[PG_CLASS_CONNECT_TLS][PG_OUTCOME_RELAYED], 1);
    ck_assert_uint_eq(s->count[PG_CLASS_ABSOLUTE][PG_OUTCOME_OBSERVED], 1);
    ck_assert_uint_eq(s->recent_count, 2);
    ck_assert_ptr_nonnull(pg_table_find(
        pg_judge_relayed(scan.judge, b.pool), scan.judge->item[0].key));
    ck_assert_ptr_null(pg_table_find(
        pg_judge_relayed(scan.judge, b.pool), scan.judge->item[1].key));
    ck_assert_uint_eq(s->series[PG_PERIOD_MONTH].n, 240);
    ck_assert_uint_eq(s->series[PG_PERIOD_MONTH].bucket[239].attempts, 2);
    apr_pool_destroy(b.pool);
}

static void ck_assert_shown(pg_text_t got, const char *text)
{
    ck_assert_msg(pg_span_eq(got.octets, span_of(text)), "'%.*s' is not '%s'",
                  (int)got.octets.len, got.octets.ptr, text);
}

PG_TEST(all_that_an_attempt_sent_is_remembered)
{
    bench_t b;
    pg_scan_out_t scan = { .files = 1 };
    const pg_recent_t *r;

    bench_begin(&b);
    pg_logformat_compile(&b.format, "%v:%p %h %l %u %t \"%r\" %>s %b "
                         "\"%{User-Agent}i\" \"%{X-Forwarded-For}i\" "
                         "\"%{Via}i\" \"%{Forwarded}i\" "
                         "\"%{Proxy-Connection}i\"", b.pool);
    b.rules.anchor = b.format.anchor;
    count_text(&b, "w.example:81 192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] "
                   "\"GET http://a.example:82/ HTTP/1.0\" 403 7 \"the agent\" "
                   "\"192.0.2.2\" \"1.1 via\" \"for=192.0.2.3\" "
                   "\"keep-alive\"\n"
                   "v.example:91 198.51.100.7 - - "
                   "[02/Jan/2014:03:04:06 +0000] "
                   "\"CONNECT b.example:92 HTTP/1.0\" 405 - \"another one\" "
                   "\"192.0.2.8\" \"1.0 gate\" \"for=192.0.2.9\" \"close\"\n");
    scan.tally = b.counter.tally;
    scan.judge = pg_judge_run(scan.tally, NULL, b.pool);
    pg_summary_book(&scan, b.pool);
    r = pg_summary_snapshot(&scan, LATER, b.pool)->recent + 1;
    ck_assert_int_eq(r->time, APR_INT64_C(1388631845000000));
    ck_assert_int_eq(r->class_id, PG_CLASS_ABSOLUTE);
    ck_assert_int_eq(r->family, PG_FAMILY_GET);
    ck_assert_int_eq(r->reason, PG_REASON_ABSOLUTE_STRANGER);
    ck_assert_int_eq(r->outcome, PG_OUTCOME_REFUSED);
    ck_assert_int_eq(r->status, 403);
    ck_assert_uint_eq(r->port, 82);
    ck_assert_shown(r->source, "192.0.2.1");
    ck_assert_shown(r->method, "GET");
    ck_assert_shown(r->target, "http://a.example:82/");
    ck_assert_shown(r->host, "a.example");
    ck_assert_shown(r->vhost, "w.example:81");
    ck_assert_shown(r->user_agent, "the agent");
    ck_assert_shown(r->x_forwarded_for, "192.0.2.2");
    ck_assert_shown(r->via, "1.1 via");
    ck_assert_shown(r->forwarded, "for=192.0.2.3");
    ck_assert_shown(r->proxy_connection, "keep-alive");
    apr_pool_destroy(b.pool);
}

/* Only where every URL is full do those that were answered show whose log it
 * is. */
static const struct {
    const char *line;
    bool composed, names;
} answered[] = {
    { LINE("GET http://A.example/ HTTP/1.1", "404 5"), true, true },
    { LINE("GET http://a.example/ HTTP/1.1", "404 5"), false, false },
    { LINE("GET http://a.example/ HTTP/1.1", "403 5"), true, false },
    { LINE("GET http://a.example/ HTTP/1.1", "- 5"), true, false },
    { LINE("CONNECT a.example:443 HTTP/1.1", "200 5"), true, false },
    { "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"GET http://a.example/ "
      "HTTP/1.1\" 404 5 \"-\" \"ua\" TCP_MISS:HIER_DIRECT\n", false, true },
};

PG_TEST_EACH(a_host_that_is_answered_is_ours_where_urls_are_full, answered)
{
    pg_span_t text = pg_test_exact(span_of(answered[_i].line));
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = true;
    b.counter.composed = answered[_i].composed;
    b.counter.found = pg_table_create(b.pool, 10, 0);
    pg_pass_names(&b.counter, text);
    ck_assert_uint_eq(pg_table_size(b.counter.found), answered[_i].names);
    ck_assert_int_eq(b.counter.named, answered[_i].names);
    if (answered[_i].names) {
        ck_assert_ptr_nonnull(pg_table_find(b.counter.found,
                                            span_of("a.example")));
    }
    free((void *)(apr_uintptr_t)text.ptr);
    apr_pool_destroy(b.pool);
}

PG_TEST(all_that_is_judged_relayed_is_kept)
{
    bench_t b;
    pg_table_t *keys;

    bench_begin(&b);
    count_text(&b, LINE("CONNECT a.example:443 HTTP/1.1", "200 -")
                   LINE("CONNECT b.example:443 HTTP/1.1", "201 -"));
    keys = pg_judge_relayed(pg_judge_run(b.counter.tally, NULL, b.pool),
                            b.pool);
    ck_assert_uint_eq(pg_table_size(keys), 2);
    ck_assert_uint_eq(pg_table_error(keys), 0);
    apr_pool_destroy(b.pool);
}

/* A flood of URLs that all get the home page must not push the one tunnel, or
 * the one page from elsewhere, out of the answers. */
PG_TEST(answers_that_found_no_room_are_not_taken_for_harmless)
{
    bench_t b;
    char line[256];
    const pg_judge_t *judge;

    bench_begin(&b);
    count_text(&b, HOME LINE("CONNECT a.example:443 HTTP/1.1", "200 -")
                   LINE("GET http://a.example/ HTTP/1.1", "200 77"));
    for (int i = 0; i < 2000; i++) {
        snprintf(line, sizeof(line), LINE("GET http://h%d.example/%d HTTP/1.1",
                                          "200 100"), i, i);
        count_text(&b, line);
    }
    judge = pg_judge_run(b.counter.tally, NULL, b.pool);
    ck_assert_uint_gt(judge->lost, 0);
    ck_assert_uint_ge(judge->attempts[PG_JUDGED_RELAYED], 1);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_RELAYED]
                      + judge->attempts[PG_JUDGED_UNCLEAR]
                      + judge->attempts[PG_JUDGED_HARMLESS], 2002);
    /* 2,000 are as long as the home page, whatever they asked for */
    ck_assert_uint_ge(judge->attempts[PG_JUDGED_HARMLESS], 2000);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_HARMLESS], 2000);
    apr_pool_destroy(b.pool);
}

/* Of the same second and the same request. */
PG_TEST(which_are_kept_does_not_depend_on_who_read_them)
{
    bench_t b[2];
    pg_tally_t *sum[2];
    char line[256];

    for (int i = 0; i < 2; i++) {
        bench_begin(&b[i]);
        b[i].counter.tally = new_tally(
            b[i].pool, i ? b[0].counter.tally->ledger[PG_LOGS_NEW] : NULL);
        for (int agent = 0; agent < PG_TALLY_RECENT; agent++) {
            snprintf(line, sizeof(line),
                     "192.0.2.1 - - [02/Jan/2014:03:04:05 +0000] \"CONNECT "
                     "a.example:25 HTTP/1.0\" 405 11 \"-\" \"%d\"\n",
                     1000 + agent * 2 + i);
            count_text(&b[i], line);
        }
    }
    for (int order = 0; order < 2; order++) {
        sum[order] = new_tally(b[0].pool,
                               b[0].counter.tally->ledger[PG_LOGS_NEW]);
        pg_tally_merge(sum[order], b[order].counter.tally, LATER);
        pg_tally_merge(sum[order], b[1 - order].counter.tally, LATER);
    }
    for (int i = 0; i < PG_TALLY_RECENT; i++) {
        snprintf(line, sizeof(line), "%d", 1000 + PG_TALLY_RECENT + i);
        ck_assert_kept(sum[0]->recent[i], user_agent, line);
        ck_assert_kept(sum[1]->recent[i], user_agent, line);
    }
    for (int order = 0; order < 2; order++) {
        ck_assert_kept(&sum[order]->example[PG_REASON_CONNECT_AUTHORITY],
                       user_agent, "1000");
    }
    apr_pool_destroy(b[0].pool);
    apr_pool_destroy(b[1].pool);
}

PG_TEST(merging_does_not_depend_on_who_counted_what)
{
    static const char *const texts[] = {
        LINE("CONNECT a.example:443 HTTP/1.1", "200 -"),
        LINE("GET http://b.example/ HTTP/1.1", "404 5"),
        ("192.0.2.9 - - [02/Feb/2013:03:04:05 +0000] "
         "\"GET http://c.example/ HTTP/1.1\" 404 1 \"-\" \"-\"\n"),
    };
    const pg_snapshot_t *one, *sum;
    bench_t b[3], whole;

    bench_begin(&whole);
    for (int i = 0; i < 3; i++) {
        bench_begin(&b[i]);
        b[i].counter.tally = new_tally(
            b[i].pool, whole.counter.tally->ledger[PG_LOGS_NEW]);
        count_text(&b[i], texts[i]);
        count_text(&whole, texts[i]);
    }
    one = found_in(whole.counter.tally);
    for (int order = 0; order < 2; order++) {
        pg_tally_t *to = new_tally(whole.pool,
                                   whole.counter.tally->ledger[PG_LOGS_NEW]);
        for (int i = 0; i < 3; i++) {
            pg_tally_merge(to, b[order ? 2 - i : i].counter.tally,
                           pg_tally_read(whole.counter.tally).to);
        }
        sum = found_in(to);
        for (int p = 0; p < PG_PERIOD_COUNT; p++) {
            ck_assert_uint_eq(sum->series[p].n, one->series[p].n);
            ck_assert_mem_eq(sum->series[p].bucket, one->series[p].bucket,
                             one->series[p].n * sizeof(pg_bucket_t));
        }
        ck_assert_mem_eq(sum->count, one->count, sizeof(sum->count));
        ck_assert_uint_eq(sum->attempts, 3);
        ck_assert_int_eq(sum->first, one->first);
        ck_assert_uint_eq(sum->sources.estimate, one->sources.estimate);
        ck_assert_kept(&to->example[PG_REASON_ABSOLUTE_STRANGER], target,
                       "http://c.example/");
    }
    for (int i = 0; i < 3; i++) {
        apr_pool_destroy(b[i].pool);
    }
    apr_pool_destroy(whole.pool);
}

/* --- progress ------------------------------------------------------------ */

static const struct {
    apr_uint64_t total, done;
    int seconds;
    const char *text;
} told[] = {
    { 100 << 20, 50 << 20, 50, "50 % of 100 MiB, 1.0 MiB/s, 50 s left" },
    { 2048, 2048, 2, "100 % of 2.0 KiB, 1.0 KiB/s, 0 s left" },
    { 10, 11264, 11, "11 KiB, 1.0 KiB/s" },
    { 0, 9990, 10, "9.8 KiB, 999 B/s" }, { 0, 0, 5, "0 B, 0 B/s" },
    { 5, 0, 5, "0 B, 0 B/s" }, { 0, 3000, 1, "2.9 KiB, 2.9 KiB/s" },
    { 0, APR_UINT64_C(2000) << 40, 1024, "2000 TiB, 2.0 TiB/s" },
    { 100, 50, 0, NULL },
};

PG_TEST_EACH(progress_is_put_into_words, told)
{
    FILE *kept = tmpfile();
    char text[200] = "", expected[200] = "";
    int err = dup(STDERR_FILENO);
    pg_progress_t p;

    pg_progress_begin(&p, true, told[_i].total);
    p.on = true;                 /* as if there were a terminal           */
    p.begun -= told[_i].seconds * APR_USEC_PER_SEC;
    dup2(fileno(kept), STDERR_FILENO);
    pg_progress_show(&p, told[_i].done);
    pg_progress_end(&p);
    dup2(err, STDERR_FILENO);
    close(err);
    rewind(kept);
    ck_assert_int_ge((int)fread(text, 1, sizeof(text) - 1, kept), 0);
    if (told[_i].text) {
        snprintf(expected, sizeof(expected), "\r%s\033[K\r\033[K",
                 told[_i].text);
    }
    ck_assert_str_eq(text, expected);
    fclose(kept);
}
