/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_mask.h"

static const pg_mask_t counting_key = {
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }
};
static const pg_mask_t other_key = { { 1 } };

/* The vector the paper prints (appendix A), and the empty input. */
START_TEST(the_function_is_siphash_2_4)
{
    char in[15];

    for (int i = 0; i < 15; i++) {
        in[i] = (char)i;
    }
    ck_assert_uint_eq(pg_mask_hash(&counting_key, pg_span_make(in, 15)),
                      0xa129ca6149be45e5u);
    ck_assert_uint_eq(pg_mask_hash(&counting_key, pg_span_make(in, 0)),
                      0x726fdb47dd0e0e31u);
}
END_TEST

static const char *host(const pg_mask_t *mask, const char *s)
{
    static char out[4][PG_MASK_SIZE];
    static int next;
    char *at = out[next++ % 4];

    ck_assert_uint_eq(pg_mask_host(at, mask, pg_span_str(s)), strlen(at));
    return at;
}

START_TEST(a_name_has_one_pseudonym_for_one_key_whatever_its_spelling)
{
    ck_assert_str_eq(host(&counting_key, "WWW.a.com"),
                     host(&counting_key, "www.A.com."));
    ck_assert_str_ne(host(&counting_key, "www.a.com"),
                     host(&counting_key, "www.b.com"));
    ck_assert_str_ne(host(&counting_key, "www.a.com"),
                     host(&other_key, "www.a.com"));
    ck_assert_str_eq(host(&counting_key, "2001:db8::1"),
                     host(&counting_key, "2001:DB8:0::0:1"));
    ck_assert_int_eq(strncmp(host(&counting_key, "192.0.2.1"), "ip-", 3), 0);
}
END_TEST

START_TEST(only_a_short_top_level_domain_stays)
{
    ck_assert_ptr_nonnull(strstr(host(&counting_key, "mx.a.com.tw"), ".tw"));
    ck_assert_ptr_null(strstr(host(&counting_key, "mx.a.company"), ".c"));
    ck_assert_ptr_null(strchr(host(&counting_key, "intranet"), '.'));
    ck_assert_ptr_null(strchr(host(&counting_key, "a.1b"), '.'));
    ck_assert_ptr_null(strstr(host(&counting_key, "secret.example"), "secr"));
}
END_TEST

START_TEST(a_target_keeps_its_shape_and_loses_its_names)
{
    static const char *const rows[][3] = {
        { "http://www.a.com/", "http://host-", ".com/" },
        { "http://www.a.com:81/x?own.example", "http://host-", ".com:81/..." },
        { "http://u:secret@www.a.com", "http://host-", ".com" },
        { "mx.a.tw:25", "host-", ".tw:25" },
        { "[2001:db8::1]:443", "ip-", ":443" },
        { "192.0.2.1:80", "ip-", ":80" },
        { "/path", "/...", "/..." },
        { "*", "*", "*" },
        { "telnet 192.0.2.1 23", "text-", "" },
        { "http:/www.a.com", "text-", "" },
    };
    char out[PG_MASK_TARGET_SIZE];

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t n = pg_mask_target(out, &counting_key,
                                  pg_span_str(rows[i][0]));
        size_t end = strlen(rows[i][2]);

        ck_assert_uint_eq(n, strlen(out));
        ck_assert_msg(strncmp(out, rows[i][1], strlen(rows[i][1])) == 0
                      && n >= end && strcmp(out + n - end, rows[i][2]) == 0
                      && !strstr(out, "www") && !strstr(out, "secret"),
                      "%s -> %s", rows[i][0], out);
    }
}
END_TEST

/* Octets of every kind and length: nothing is read or written beyond. */
START_TEST(any_octets_have_a_pseudonym_within_its_size)
{
    char in[600];
    char out[PG_MASK_TARGET_SIZE];

    for (size_t n = 0; n < sizeof(in); n += 7) {
        pg_span_t s;
        memset(in, _i, sizeof(in));
        s = pg_test_exact(pg_span_make(in, n));
        ck_assert_uint_lt(pg_mask_target(out, &counting_key, s), sizeof(out));
        ck_assert_uint_lt(pg_mask_host(out, &counting_key, s), PG_MASK_SIZE);
        ck_assert_uint_lt(pg_mask_authority(out, &counting_key, s),
                          PG_MASK_SIZE);
        free((char *)s.ptr);
    }
}
END_TEST

PG_TEST_SUITE(mask)
{
    TCase *tc = tcase_create("mask");

    tcase_add_test(tc, the_function_is_siphash_2_4);
    tcase_add_test(tc,
        a_name_has_one_pseudonym_for_one_key_whatever_its_spelling);
    tcase_add_test(tc, only_a_short_top_level_domain_stays);
    tcase_add_test(tc, a_target_keeps_its_shape_and_loses_its_names);
    tcase_add_loop_test(tc, any_octets_have_a_pseudonym_within_its_size,
                        0, 256);
    suite_add_tcase(suite, tc);
}
