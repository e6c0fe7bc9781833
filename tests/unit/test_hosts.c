/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <apr_pools.h>

#include "pg_hosts.h"

static pg_own_t *own;

static void setup(void)
{
    make_pool();
    own = pg_own_create(pool);
    ck_assert_ptr_null(pg_own_add(own, PG_SPAN("own.test")));
}

static const char file[] =
    "127.0.0.1\tlo.test lo2.test # comment.test\r\n"
    "127.9.9.9 ninth.test\n"
    "::1 six.test\n"
    "::ffff:127.0.0.1 mapped.test\n"
    "10.0.0.5 Machine full.machine.test\n"
    "10.0.0.6 neighbour.test machines\n"
    "127.0.0.1 *.wild.test w?ld.test *\n"
    "127.0.0.1\n"
    "nonsense.test 127.0.0.1\n"
    "127.0.0.1 last.test";

/* in Host, by loopback, by the network */
static const struct {
    const char *name;
    bool known, loopback, network;
} cases[] = {
    { "own.test",          true,  true,  true },
    { "machine",           true,  true,  true },
    { "full.machine.test", true,  true,  true },
    { "lo.test",           true,  true,  false },
    { "LO2.test.",         true,  true,  false },
    { "ninth.test",        true,  true,  false },
    { "six.test",          true,  true,  false },
    { "mapped.test",       true,  true,  false },
    { "last.test",         true,  true,  false },
    { "localhost",         true,  true,  false },
    { "x.y.localhost",     true,  true,  false },
    { "ip6-loopback",      true,  true,  false },
    { "a.b.svc.cluster.local", true, false, false },
    { "comment.test",      false, false, false },
    { "neighbour.test",    false, false, false },
    { "machines",          false, false, false },
    { "a.wild.test",       false, false, false },
    { "wild.test",         false, false, false },
    { "nonsense.test",     false, false, false },
    { "stranger.test",     false, false, false },
};

PG_TEST_SUITE(hosts, .set_up = setup, .tear_down = destroy_pool);

PG_TEST_EACH(each_name_is_ours_as_far_as_its_row_says, cases)
{
    const pg_address_t loopback = pg_address_ipv4("\177\0\0\2"),
                       network = pg_address_ipv4("\300\0\2\1");
    pg_span_t exact = pg_test_exact(PG_SPAN(file)), name;
    pg_authority_t a;

    pg_hosts_add(own, exact, PG_SPAN("machine"));
    free((char *)exact.ptr);
    name = pg_span_str(cases[_i].name);
    pg_target_authority(&a, name);
    ck_assert_int_eq(pg_own_knows(own, &a, &network), cases[_i].known);
    ck_assert_int_eq(pg_own_has_name(own, name), cases[_i].known);
    ck_assert_int_eq(pg_own_check(own, &a, &loopback, 80),
                     cases[_i].loopback ? PG_OWN_YES : PG_OWN_NO);
    ck_assert_int_eq(pg_own_check(own, &a, &network, 80),
                     cases[_i].network ? PG_OWN_YES : PG_OWN_NO);
    ck_assert_int_eq(pg_own_check(own, &a, NULL, 0),
                     cases[_i].network ? PG_OWN_YES : PG_OWN_NO);
}

PG_TEST(a_machine_without_a_host_name_has_its_file_all_the_same)
{
    pg_authority_t a;

    pg_hosts_add(own, PG_SPAN(file), PG_SPAN(""));
    pg_target_authority(&a, PG_SPAN("lo.test"));
    ck_assert(pg_own_knows(own, &a, NULL));
    pg_target_authority(&a, PG_SPAN("full.machine.test"));
    ck_assert(!pg_own_knows(own, &a, NULL));
}

PG_TEST(the_machines_names_do_not_make_our_names_known)
{
    pg_own_t *nameless = pg_own_create(pool);

    pg_hosts_add(nameless, PG_SPAN(file), PG_SPAN("machine"));
    ck_assert(pg_own_takes_all(nameless));
    ck_assert(!pg_own_takes_all(own));
    pg_hosts_add(own, PG_SPAN(file), PG_SPAN("machine"));
    ck_assert(!pg_own_takes_all(own));
}
