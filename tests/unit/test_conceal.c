/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_conceal.h"

static const char *const cases[][2] = {
    { "http://u:pw@x.example/a", "http://(removed)@x.example/a" },
    { "u:pw@x.example:443", "(removed)@x.example:443" },
    { "//pw@x.example/", "//(removed)@x.example/" },
    { "/http://u:pw@x.example/", "/http://(removed)@x.example/" },
    { "http:/u:pw@x.example/", "http:/(removed)@x.example/" },
    { "http:\\\\u:pw@x.example/", "http:\\\\(removed)@x.example/" },
    { "http://u:p@w@x.example/", "http://(removed)@x.example/" },
    { "http://x.example/joe@mail", "http://x.example/joe@mail" },
    { "http://x.example/?to=joe@mail", "http://x.example/?to=joe@mail" },
    { "http://@x.example/", "http://@x.example/" },
    { "/@x", "/@x" },
    { "/joe@mail", "/joe@mail" },
    { "@", "@" },
    { "", "" },
};

START_TEST(what_stands_before_the_at_of_a_host_is_removed)
{
    char out[64];
    pg_span_t is = pg_conceal(out, sizeof(out), pg_span_str(cases[_i][0]));

    ck_assert_msg(pg_span_eq(is, pg_span_str(cases[_i][1])), "%s: %.*s",
                  cases[_i][0], (int)is.len, is.ptr);
    for (apr_size_t room = 0; room < 20; room++) {
        char *exact = malloc(room + 1);
        is = pg_conceal(exact, room, pg_span_str(cases[_i][0]));
        ck_assert(is.ptr != exact || is.len <= room);
        free(exact);
    }
}
END_TEST

PG_TEST_SUITE(conceal)
{
    TCase *texts = tcase_create("texts");

    tcase_add_loop_test(texts, what_stands_before_the_at_of_a_host_is_removed,
                        0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, texts);
}
