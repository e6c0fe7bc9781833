/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <limits.h>

#include "pg_fit.h"

PG_TEST_SUITE(fit, .set_up = make_pool, .tear_down = destroy_pool);

/* What is seen of a text, on a screen and in how many writes. */
static const char *seen(pg_fit_t *fit, pg_span_t text, apr_size_t at_once)
{
    apr_array_header_t *octets = apr_array_make(pool, 64, 1);
    pg_sink_t screen = pg_sink_array(octets);
    pg_sink_t sink;

    fit->to = &screen;
    sink = pg_fit_sink(fit);
    while (text.len) {
        pg_sink_put(&sink, pg_span_upto(text, at_once));
        text = pg_span_from(text, at_once);
    }
    APR_ARRAY_PUSH(octets, char) = '\0';
    return octets->elts;
}

static const struct {
    int columns, rows;
    const char *text, *seen;
    int column, row;             /* where it ends                         */
} screens[] = {
    { 3, 2, "", "", 0, 0 },
    { 3, 2, "ab", "ab", 2, 0 },
    { 3, 2, "abc", "abc", 3, 0 },
    { 3, 2, "abcd", "abc", 4, 0 },
    { 3, 2, "abcd\ne", "abc\ne", 1, 1 },
    { 3, 2, "a\nb\n", "a\nb", 0, 2 },
    { 3, 2, "a\nb\nc", "a\nb", 1, 2 },
    { 3, 1, "a\nb\nc", "a", 1, 2 },
    { 3, 3, "a\nb\nc", "a\nb\nc", 1, 2 },
    { 1, 0, "ab\ncd\nef\n", "a\nc\ne\n", 0, 3 },
    /* a letter of two columns fits whole or not at all */
    { 4, 1, "\u65e5\u672c\u8a9e", "\u65e5\u672c", 6, 0 },
    { 3, 1, "\u65e5\u672c\u8a9e", "\u65e5", 6, 0 },
    { 3, 1, "a\u65e5b", "a\u65e5", 4, 0 },
    { 2, 1, "\u00b1\u00b1\u00b1", "\u00b1\u00b1", 3, 0 },
    { 2, 1, "\u2588\u2588\u2588", "\u2588\u2588", 3, 0 },
    { 4, 1, "\U0001f300a\U0001f300", "\U0001f300a", 5, 0 },
    { 9, 1, "\xc2\xa9\xdf\xbf\xe0\xa4\x85\xef\xbc\xa1\xf0\x90\x80\x80" "a",
      "\xc2\xa9\xdf\xbf\xe0\xa4\x85\xef\xbc\xa1\xf0\x90\x80\x80" "a", 8, 0 },
    /* colours take no room, also where there is none left */
    { 2, 1, "\033[1;32mab\033[0mc", "\033[1;32mab\033[0m", 3, 0 },
    { 2, 1, "\033[1mm\033[0mmm", "\033[1mm\033[0mm", 3, 0 },
    { 2, 1, "a\nb\033[0m", "a", 1, 1 },
};

PG_TEST_EACH(a_text_is_cut_at_the_edges_of_the_screen, screens)
{
    pg_span_t text = pg_span_str(screens[_i].text);

    for (apr_size_t at_once = 1; at_once <= text.len + 1; at_once++) {
        pg_fit_t fit = { .columns = screens[_i].columns,
                         .rows = screens[_i].rows };

        ck_assert_str_eq(seen(&fit, text, at_once), screens[_i].seen);
        ck_assert_int_eq(fit.column, screens[_i].column);
        ck_assert_int_eq(fit.row, screens[_i].row);
        ck_assert_uint_eq(fit.held_n, 0);
        ck_assert_int_eq(pg_fit_left(&fit),
                         fit.rows ? fit.rows - fit.row : INT_MAX);
    }
}

static apr_status_t none_left(void *to, const char *octets, apr_size_t n)
{
    (void)to;
    (void)octets;
    (void)n;
    return APR_ENOSPC;
}

PG_TEST(a_screen_passes_a_failure_on)
{
    pg_sink_t broken = { .write = none_left };
    pg_fit_t fit = { .to = &broken, .columns = 2, .rows = 2 };
    pg_sink_t sink = pg_fit_sink(&fit);

    pg_sink_puts(&sink, "a");
    ck_assert_int_eq(sink.status, APR_ENOSPC);
}
