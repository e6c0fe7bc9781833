/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <apr_pools.h>
#include <stdio.h>

#include "pg_own.h"

/* The next word of *s; false at the end. */
static bool next_word(pg_span_t *out, pg_span_t *s)
{
    *s = pg_span_trim(*s);
    *out = pg_span_upto(*s, pg_span_find(*s, ' '));
    *s = pg_span_from(*s, out->len);
    return out->len > 0;
}

static apr_uint16_t port_of(pg_span_t s)
{
    apr_uint16_t port;

    ck_assert_int_eq(pg_target_port(&port, s), PG_PORT_OK);
    return port;
}

static pg_own_t *own_of(const pg_row_t *row)
{
    pg_own_t *own = pg_own_create(pool);
    pg_span_t names = row->field[0], ports = row->field[1], word;

    while (next_word(&word, &names)) {
        const char *wrong = pg_own_add(own, word);
        ck_assert_msg(!wrong, "own.tsv:%d: %s", row->line, wrong);
    }
    while (next_word(&word, &ports)) {
        pg_own_add_port(own, port_of(word));
    }
    return own;
}

PG_TEST_SUITE(own, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_ROWS(each_authority_is_ours_or_not_as_its_row_says, "own.tsv")
{
    static const char *const answers[] = { "no", "yes", "port" };
    pg_span_t local = row->field[3], word;
    pg_authority_t a, here = { .port = 0 };
    pg_own_e is;

    ck_assert_int_eq(row->n, 6);
    if (next_word(&word, &local)) {
        pg_target_authority(&here, word);
        next_word(&word, &local);
        here.port = port_of(word);
    }
    pg_target_authority(&a, row->field[2]);
    is = pg_own_check(own_of(row), &a,
                      row->field[3].ptr ? &here.address : NULL, here.port);
    ck_assert_msg(pg_span_eq(row->field[4], pg_span_str(answers[is])),
                  "own.tsv:%d: is %s", row->line, answers[is]);
}

static const struct {
    const char *name;
    const char *wrong;           /* a word of the message                 */
} refused[] = {
    { "",                 "name" },
    { ".",                NULL },
    { "http://own.test/", "port" },
    { "own.test/",        "name" },
    { "own.test:0",       "port" },
    { "own.test:65536",   "port" },
    { "own.test:http",    "port" },
    { "own.test:80:81",   "port" },
    { ":80",              "name" },
    { "me@own.test",      "name" },
    { "own test",         "name" },
    { "%6fwn.test",       "name" },
    { "[2001:db8::1",     "name" },
    { "[2001:db8::g]",    "name" },
    { "2001:db8::1%eth0", "name" },
    { "::ffff:192.0.2.1", NULL },
    { "own.test\\",       "name" },
    { "0.0.0.0",          "listen on" },
    { "[::]:80",          "listen on" },
    { "::",               "listen on" },
};

PG_TEST_EACH(what_is_no_name_is_refused_with_a_reason, refused)
{
    pg_own_t *own = pg_own_create(pool);
    const char *wrong = pg_own_add(own, pg_span_str(refused[_i].name));

    if (refused[_i].wrong == NULL) {
        ck_assert_ptr_null(wrong);
        return;
    }
    ck_assert_msg(wrong && strstr(wrong, refused[_i].wrong), "%s: %s",
                  refused[_i].name, wrong ? wrong : "taken");
}

PG_TEST(a_name_too_long_for_the_dns_is_refused_and_is_nobody)
{
    pg_own_t *own = pg_own_create(pool);
    char name[400];
    pg_authority_t a;

    memset(name, 'a', sizeof(name));
    ck_assert_ptr_nonnull(pg_own_add(own, pg_span_make(name, 256)));
    ck_assert_ptr_null(pg_own_add(own, pg_span_make(name, 255)));
    for (apr_size_t n = 250; n < sizeof(name); n++) {
        pg_target_authority(&a, pg_span_make(name, n));
        ck_assert_int_eq(pg_own_check(own, &a, NULL, 0),
                         n == 255 ? PG_OWN_YES : PG_OWN_NO);
    }
}

/* A name of n octets, each copy of exact size: the hash works on eight octets
 * at a time and must read none before or after it. */
static pg_own_e check_name(const pg_own_t *own, const char *name, apr_size_t n)
{
    pg_span_t exact = pg_test_exact(pg_span_make(name, n));
    pg_authority_t a;
    pg_own_e is;

    pg_target_authority(&a, exact);
    is = pg_own_check(own, &a, NULL, 0);
    free((char *)exact.ptr);
    return is;
}

PG_TEST_TIMES(names_of_every_length_are_found_and_no_near_miss_is, 39)
{
    char name[40], upper[40];
    apr_size_t n = (apr_size_t)_i + 1;

    for (apr_size_t i = 0; i < n; i++) {
        pg_own_t *own = pg_own_create(pool);

        for (apr_size_t j = 0; j < n; j++) {
            name[j] = (char)('a' + j % 26);
            upper[j] = (char)('A' + j % 26);
        }
        ck_assert_ptr_null(pg_own_add(own, pg_span_make(name, n)));
        ck_assert_int_eq(check_name(own, name, n), PG_OWN_YES);
        ck_assert_int_eq(check_name(own, upper, n), PG_OWN_YES);
        ck_assert_int_eq(check_name(own, name, n - 1), PG_OWN_NO);
        name[i] = '0';
        ck_assert_int_eq(check_name(own, name, n), PG_OWN_NO);
    }
}

PG_TEST(addresses_of_the_server_are_ours_unless_they_are_all)
{
    static const char *const addresses[] = { "192.0.2.1", "2001:db8::1",
                                             "0.0.0.0", "::" };

    for (int i = 0; i < 4; i++) {
        pg_own_t *own = pg_own_create(pool);
        pg_span_t text = pg_span_str(addresses[i]);
        pg_authority_t a = { .host_kind = PG_HOST_IPV6 };

        ck_assert(pg_address_parse(&a.address, text));
        pg_own_add_address(own, &a.address);
        ck_assert_int_eq(pg_own_check(own, &a, NULL, 0),
                         i < 2 ? PG_OWN_YES : PG_OWN_NO);
    }
}

static bool takes_all(const char *name)
{
    pg_own_t *own = pg_own_create(pool);

    pg_own_add(own, PG_SPAN("own.test"));
    ck_assert_ptr_null(pg_own_add(own, pg_span_str(name)));
    return pg_own_takes_all(own);
}

PG_TEST(only_nothing_and_bare_wildcards_take_all)
{
    pg_own_t *own = pg_own_create(pool);

    ck_assert(pg_own_takes_all(own));
    pg_own_add(own, PG_SPAN("192.0.2.1"));
    ck_assert(pg_own_takes_all(own));
    ck_assert(takes_all("*"));
    ck_assert(takes_all("*.*"));
    ck_assert(takes_all("**"));
    ck_assert(!takes_all("*.test"));
    ck_assert(!takes_all("a*"));
    ck_assert(!takes_all("own.test"));
}
