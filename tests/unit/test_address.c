/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include "pg_address.h"

static const struct {
    const char *text;
    const char *back;            /* as written out; NULL: no address      */
    bool ipv4, loopback, unspecified;
} cases[] = {
    { "192.0.2.1",          "192.0.2.1",    true,  false, false },
    { "0.0.0.0",            "0.0.0.0",      true,  false, true },
    { "0.0.0.1",            "0.0.0.1",      true,  false, false },
    { "127.0.0.1",          "127.0.0.1",    true,  true,  false },
    { "127.255.255.254",    "127.255.255.254", true, true, false },
    { "128.0.0.1",          "128.0.0.1",    true,  false, false },
    { "255.255.255.255",    "255.255.255.255", true, false, false },
    { "::",                 "::",           false, false, true },
    { "::1",                "::1",          false, true,  false },
    { "::2",                "::2",          false, false, false },
    { "1::1",               "1::1",         false, false, false },
    { "2001:DB8::1",        "2001:db8::1",  false, false, false },
    { "::ffff:127.0.0.1",   "127.0.0.1",    true,  true,  false },
    { "::ffff:0:0",         "0.0.0.0",      true,  false, true },
    { "::127.0.0.1",        "::127.0.0.1",  false, false, false },
    { "",                   NULL,           false, false, true },
    { "1.2.3",              NULL,           false, false, true },
    { "1.2.3.4.5",          NULL,           false, false, true },
    { "1.2.3.4.",           NULL,           false, false, true },
    { "1.2.3.256",          NULL,           false, false, true },
    { "01.2.3.4",           NULL,           false, false, true },
    { "1.2.3.4x",           NULL,           false, false, true },
    { "x1.2.3.4",           NULL,           false, false, true },
    { "[::1]",              NULL,           false, false, true },
    { "::1%eth0",           NULL,           false, false, true },
    { "::g",                NULL,           false, false, true },
    { "1:2:3:4:5:6:7:8:9",  NULL,           false, false, true },
    { "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL, false, false,
      true },
    { "0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255",
      true, false, false },
    { "0000:0000:0000:0000:0000:ffff:255.255.255.2555", NULL, false, false,
      true },
};

PG_TEST_SUITE(address, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_EACH(each_text_is_the_address_that_its_row_says, cases)
{
    pg_address_t a;
    pg_span_t exact = pg_test_exact(pg_span_str(cases[_i].text));
    bool is = pg_address_parse(&a, exact);

    free((char *)exact.ptr);
    ck_assert_int_eq(is, cases[_i].back != NULL);
    ck_assert_int_eq(pg_address_is_ipv4(&a), cases[_i].ipv4);
    ck_assert_int_eq(pg_address_is_loopback(&a), cases[_i].loopback);
    ck_assert_int_eq(pg_address_is_unspecified(&a), cases[_i].unspecified);
    if (is) {
        ck_assert_str_eq(pg_address_text(&a, pool), cases[_i].back);
    }
}

PG_TEST(a_nul_ends_no_address)
{
    pg_address_t a;

    ck_assert(!pg_address_parse(&a, PG_SPAN("::1\0")));
    ck_assert(!pg_address_parse(&a, PG_SPAN("127.0.0.1\0")));
}

/* RFC 1918, RFC 3927, RFC 4193, RFC 4291 2.5.6: the first and the last, and
 * what is next to them. */
PG_TEST(only_these_networks_are_private)
{
    static const char *const texts[][2] = {
        { "10.0.0.0", "9.255.255.255" }, { "10.255.255.255", "11.0.0.0" },
        { "172.16.0.0", "172.15.255.255" }, { "172.31.0.0", "172.32.0.0" },
        { "192.168.0.0", "192.167.0.0" }, { "192.168.255.1", "192.169.0.0" },
        { "169.254.0.0", "169.253.0.0" }, { "169.254.1.1", "168.254.0.0" },
        { "fc00::", "fb00::" }, { "fdff::1", "fe00::" },
        { "fe80::", "fe7f::" }, { "febf::1", "fec0::" },
        { "fd00:ec2::254", "2001:db8::1" }, { "fe90::1", "ff80::" },
        { "172.20.1.1", "173.16.0.0" }, { "192.168.1.1", "193.168.0.0" },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        for (int is = 0; is < 2; is++) {
            pg_address_t a;

            ck_assert(pg_address_parse(&a, pg_span_str(texts[i][is])));
            ck_assert_msg(pg_address_is_private(&a) == !is, "%s",
                          texts[i][is]);
        }
    }
}

PG_TEST(equal_means_every_octet)
{
    pg_address_t a = pg_address_ipv4("\300\0\2\1"), b = a;

    ck_assert(pg_address_equal(&a, &b));
    for (int i = 0; i < 16; i++) {
        b.octets[i] ^= 1;
        ck_assert(!pg_address_equal(&a, &b));
        b = a;
    }
}
