/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include "pg_chosen.h"

/* --- destinations -------------------------------------------------------- */

static const struct {
    const char *name;
    int readings;
    pg_destination_e kind;
    const char *host;
    apr_uint16_t port;
} parsed[] = {
    { "http://a.example/x", 1, PG_DESTINATION_HOST, "a.example", 80 },
    { "http://a.example:8080", 1, PG_DESTINATION_HOST, "a.example", 8080 },
    { "https://[::1]:1/x?y", 1, PG_DESTINATION_HOST, "::1", 1 },
    { "fcgi://127.0.0.1/var", 1, PG_DESTINATION_HOST, "127.0.0.1", 0 },
    { "http://u@a.example@b.example/", 1, PG_DESTINATION_HOST, "b.example",
      80 },
    { "http://a.example?@b.example/", 2, PG_DESTINATION_HOST, "a.example",
      80 },
    { "http://a.example#@b.example", 2, PG_DESTINATION_HOST, "a.example",
      80 },
    { "http://a.example?x", 2, PG_DESTINATION_HOST, "a.example", 80 },
    { "unix:/run/a.sock|fcgi://localhost/x", 1, PG_DESTINATION_SOCKET, NULL,
      0 },
    { "balancer://farm/x", 1, PG_DESTINATION_BALANCER, NULL, 0 },
    { "http:/a.example/", 1, PG_DESTINATION_NONE, NULL, 0 },
    { "http:///x", 1, PG_DESTINATION_NONE, NULL, 0 },
    { "", 1, PG_DESTINATION_NONE, NULL, 0 },
};

PG_TEST_SUITE(chosen, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_EACH(a_destination_is_taken_apart, parsed)
{
    pg_destination_t d[PG_DESTINATION_READINGS];
    pg_span_t name = pg_test_exact(pg_span_str(parsed[_i].name));

    ck_assert_int_eq(pg_destination_parse(d, name), parsed[_i].readings);
    ck_assert_int_eq(d[0].kind, parsed[_i].kind);
    ck_assert_uint_eq(d[0].port, parsed[_i].port);
    if (parsed[_i].host) {
        ck_assert(pg_span_eq(d[0].authority.host,
                             pg_span_str(parsed[_i].host)));
    }
    free((char *)name.ptr);
}

PG_TEST(where_two_readers_differ_there_are_two_readings)
{
    pg_destination_t d[PG_DESTINATION_READINGS];

    ck_assert_int_eq(
        pg_destination_parse(d, PG_SPAN("http://a.example?@b.example:1/")), 2);
    ck_assert(pg_span_eq(d[0].authority.host, PG_SPAN("a.example")));
    ck_assert(pg_span_eq(d[1].authority.host, PG_SPAN("b.example")));
    ck_assert_uint_eq(d[1].port, 1);
}

/* --- what the configuration names ---------------------------------------- */

static pg_named_e named(const pg_backends_t *b, const char *name)
{
    pg_destination_t d[PG_DESTINATION_READINGS];

    pg_destination_parse(d, pg_span_str(name));
    return pg_backends_check(b, &d[0]);
}

static const struct {
    const char *argument, *name;
    pg_named_e is;
} arguments[] = {
    { "http://10.0.0.1:8080/", "http://10.0.0.1:8080/x", PG_NAMED_YES },
    { "http://10.0.0.1:8080/", "http://10.0.0.1:25/x", PG_NAMED_HOST },
    { "http://10.0.0.1:8080/", "http://10.0.0.1/x", PG_NAMED_HOST },
    { "http://10.0.0.1:8080/", "http://10.0.0.11:8080/x", PG_NAMED_NO },
    { "http://App.Example/", "http://app.example./", PG_NAMED_YES },
    { "http://app.example/", "http://app.example:80/", PG_NAMED_HOST },
    { "http://[::1]:81/", "http://[::1]:81/", PG_NAMED_YES },
    { "http://[::1]/", "http://[::1]/", PG_NAMED_YES },
    { "http://u:p@app.example:81/", "http://app.example:81/", PG_NAMED_YES },
    { "http://127.0.0.1$1", "http://127.0.0.1/x", PG_NAMED_YES },
    { "http://127.0.0.1:$1/", "http://127.0.0.1:25/", PG_NAMED_HOST },
    { "^/(app1|app2)/(.*)$", "http://app2/", PG_NAMED_YES },
    { "^(a\\.example|b\\.example)$", "http://b.example/", PG_NAMED_YES },
    { "!^a\\.example$", "http://a.example/", PG_NAMED_NO },
    { "http://$1.apps.example/", "http://x.apps.example/", PG_NAMED_YES },
    { "http://$1.apps.example:8080/", "http://x.apps.example:8080/",
      PG_NAMED_YES },
    { "http://$1.apps.example:8080/", "http://x.apps.example:25/",
      PG_NAMED_HOST },
    { "http://${to:$1}.apps.example/", "http://x.apps.example/",
      PG_NAMED_YES },
    { "http://$1.apps.example/", "http://apps.example/", PG_NAMED_NO },
    { "http://$1.example/", "http://x.example/", PG_NAMED_NO },
    { "http://%{HTTP_HOST}$1", "http://http_host/", PG_NAMED_NO },
    { "http://$1", "http://1/", PG_NAMED_NO },
    { "TO=10.0.0.1:81", "http://10.0.0.1:81/", PG_NAMED_YES },
    { "unix:/run/a.sock|fcgi://localhost/", "unix:/run/a.sock|fcgi://x/",
      PG_NAMED_YES },
    { "unix:/run/a.sock|fcgi://localhost/", "unix:/run/b.sock|fcgi://x/",
      PG_NAMED_NO },
    { "proxy:http://10.0.0.1:81", "http://10.0.0.1:81/x", PG_NAMED_YES },
    { "x", "balancer://farm/", PG_NAMED_YES },
    { "[", "http://x/", PG_NAMED_NO },
    { "http://[::1", "http://[::1]/", PG_NAMED_NO },
    { "${a", "http://a/", PG_NAMED_NO },
    { "\\", "http://a/", PG_NAMED_NO },
    { "^a\\-b\\.example", "http://a-b.example/", PG_NAMED_YES },
    { "a\\/b", "http://b/", PG_NAMED_YES },
    { "\\db", "http://b/", PG_NAMED_NO },
    { "\\1b", "http://1b/", PG_NAMED_NO },
    { "$xb", "http://xb/", PG_NAMED_YES },
    { "%2b", "http://b/", PG_NAMED_NO }, { "%b", "http://b/", PG_NAMED_YES },
    { "http://${a:{b}c}.x.y/", "http://z.x.y/", PG_NAMED_YES },
    { "http://${a:{b}c}.x.y/", "http://c/", PG_NAMED_NO },
    { "http://$1.b./", "http://a.b./", PG_NAMED_NO },
    { "http://$1:81/", "http://x:81/", PG_NAMED_NO },
    { "b:10.0.0.1", "http://10.0.0.1/", PG_NAMED_YES },
    { "b:10.0.0.1", "http://b/", PG_NAMED_YES },
    { "http://a.b:65536/", "http://a.b/", PG_NAMED_YES },
    { "http://a.b:0/", "http://a.b/", PG_NAMED_YES },
    { "http://a.b:81/ http://a.b:82/", "http://a.b:81/", PG_NAMED_YES },
    { "http://a.b:81/ http://a.b:82/", "http://a.b:82/", PG_NAMED_YES },
    { "http://a.b:81/ http://a.b/", "http://a.b/", PG_NAMED_YES },
    { "http://a.b/ http://a.b:81/", "http://a.b/", PG_NAMED_YES },
    { "[::1]", "http://[::1]/", PG_NAMED_YES },
    { "[::1]:81", "http://[::1]/", PG_NAMED_HOST },
    { "[a-z]b", "http://b/", PG_NAMED_YES },
    { "http://a$1/", "http://a7/", PG_NAMED_YES },
    { "http://a$1/", "http://a7:25/", PG_NAMED_HOST },
    { "http://a:81$1/", "http://a7/", PG_NAMED_NO },
    { "x@a$1", "http://a7/", PG_NAMED_YES }, { "/a$1", "http://a7/",
                                               PG_NAMED_NO },
    { "UNIX:/a", "unix:/a|x", PG_NAMED_YES },
    { "x unix:/a b", "unix:/a|x", PG_NAMED_YES },
    { "\"unix:/a\"", "unix:/a|x", PG_NAMED_YES },
    { "unix:/a", "unix:/a b|x", PG_NAMED_NO },
    { "nix:/a", "unix:/a|x", PG_NAMED_NO },
};

PG_TEST_EACH(an_argument_names_what_stands_in_it_literally, arguments)
{
    pg_backends_t *b = pg_backends_create(pool);
    pg_span_t argument =
        pg_test_exact(pg_span_str(arguments[_i].argument));

    pg_backends_read(b, argument);
    ck_assert_msg(named(b, arguments[_i].name) == arguments[_i].is, "%s: %s",
                  arguments[_i].argument, arguments[_i].name);
    free((char *)argument.ptr);
}

PG_TEST(a_port_behind_a_variable_host_is_the_rules)
{
    pg_backends_t *b = pg_backends_create(pool);

    pg_backends_read(b, PG_SPAN("http://%{HTTP_HOST}:8080/$1"));
    ck_assert(pg_backends_has_port(b, 8080));
    ck_assert(!pg_backends_has_port(b, 80));
}

static const struct {
    const char *value, *yes, *no, *wrong;
} declared[] = {
    { "a.example", "http://a.example:81/", "http://b.example/", NULL },
    { "a.example:81", "http://a.example:81/", "http://a.example:82/", NULL },
    { "a.example:80-89", "http://a.example/", "http://a.example:90/", NULL },
    { "*.a.example", "http://x.y.a.example/", "http://a.example/", NULL },
    { "10.0.0.1", "http://10.0.0.1:1/", "http://10.0.0.2/", NULL },
    { "10.0.0.0/8:81", "http://10.9.9.9:81/", "http://11.0.0.0:81/", NULL },
    { "10.0.0.0/31", "http://10.0.0.1/", "http://10.0.0.2/", NULL },
    { "0.0.0.0/0", "http://192.0.2.1/", "http://[2001:db8::1]/", NULL },
    { "2001:db8::/32", "http://[2001:db8::9]/", "http://[2001:db9::1]/",
      NULL },
    { "[2001:db8::1]:81", "http://[2001:db8::1]:81/",
      "http://[2001:db8::1]:82/", NULL },
    { "app", "http://app/", "http://app2/", NULL },
    { "a_1", "http://a_1/", "http://a_2/", NULL },
    { "Z", "http://z/", "http://y/", NULL },
    { "a.example:1-65535", "http://a.example:65535/", "http://b.example/",
      NULL },
    { "a.example:81-81", "http://a.example:81/", "http://a.example:80/",
      NULL },
    { "*.example", "http://a.example/", "http://example/", NULL },
    { "*.a.example:81", "http://b.a.example:81/", "http://b.a.example/",
      NULL },
    { "10.0.0.0/032", "http://10.0.0.0/", "http://10.0.0.1/", NULL },
    { "::/0", "http://192.0.2.1/", "http://a/", NULL },
    { "::1/128", "http://[::1]/", "http://[::2]/", NULL },
    { "[::1]", "http://[::1]:9/", "http://[::2]/", NULL },
    { "[10.0.0.1]", "http://10.0.0.1/", "http://10.0.0.2/", NULL },
    { "", NULL, NULL, "is not a host name" },
    { "*", NULL, NULL, "is not a host name" },
    { "*.", NULL, NULL, "is not a host name" },
    { "a b", NULL, NULL, "is not a host name" },
    { "http://a.example/", NULL, NULL, "has a port" },
    { "10.0.0.0/33", NULL, NULL, "is not a host name" },
    { "10.0.0.0/", NULL, NULL, "is not a host name" },
    { "10.0.0.0/0032", NULL, NULL, "is not a host name" },
    { "10.0.0.0/3a", NULL, NULL, "is not a host name" },
    { "::/129", NULL, NULL, "is not a host name" },
    { "[]", NULL, NULL, "is not a host name" },
    { "[a]", NULL, NULL, "is not a host name" },
    { "[::1", NULL, NULL, "is not a host name" },
    { "1.2.3", NULL, NULL, "is not a host name" },
    { "*.a b", NULL, NULL, "is not a host name" },
    { "10.0.0.256", NULL, NULL, "is not a host name" },
    { "a.example:0", NULL, NULL, "has a port" },
    { "a.example:65536", NULL, NULL, "has a port" },
    { "a.example:9-1", NULL, NULL, "has a port" },
    { "a.example:1-", NULL, NULL, "has a port" },
    { "a.example:", NULL, NULL, "has a port" },
};

PG_TEST_EACH(a_backend_is_declared, declared)
{
    pg_backends_t *b = pg_backends_create(pool);
    const char *wrong = pg_backends_declare(b,
                                            pg_span_str(declared[_i].value));

    if (declared[_i].wrong) {
        ck_assert_msg(wrong && strstr(wrong, declared[_i].wrong), "%s: %s",
                      declared[_i].value, wrong ? wrong : "taken");
        return;
    }
    ck_assert_msg(wrong == NULL, "%s: %s", declared[_i].value, wrong);
    ck_assert_int_eq(named(b, declared[_i].yes), PG_NAMED_YES);
    ck_assert_int_ne(named(b, declared[_i].no), PG_NAMED_YES);
}

/* Of several that match, the one with the port. */
PG_TEST(the_best_of_all_that_name_a_host_counts)
{
    static const char *const sets[][3] = {
        { "*.a.b:81", "*.b:82", "http://x.a.b:" },
        { "10.0.0.0/8:81", "10.0.0.0/16:82", "http://10.0.1.1:" },
        { "x.a.b:81", "*.a.b:82", "http://x.a.b:" },
    };

    for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
        for (int order = 0; order < 2; order++) {
            pg_backends_t *b = pg_backends_create(pool);
            const char *host = sets[i][2];

            pg_backends_declare(b, pg_span_str(sets[i][order]));
            pg_backends_declare(b, pg_span_str(sets[i][!order]));
            for (int port = 80; port < 84; port++) {
                ck_assert_int_eq(
                    named(b, apr_psprintf(pool, "%s%d/", host, port)),
                    port == 81 || port == 82 ? PG_NAMED_YES : PG_NAMED_HOST);
            }
        }
    }
}

/* 255 octets (RFC 1035 2.3.4), wherever it is named. */
PG_TEST(no_longer_name_is_a_host)
{
    for (apr_size_t n = 254; n < 259; n++) {
        char *name = apr_pcalloc(pool, n + 1);
        const char *url = apr_pstrcat(pool, "http://", memset(name, 'a', n),
                                      "/", NULL);
        pg_backends_t *read = pg_backends_create(pool);
        pg_backends_t *declared_too = pg_backends_create(pool);

        pg_backends_read(read, pg_span_str(url));
        ck_assert_int_eq(named(read, url),
                         n <= 255 ? PG_NAMED_YES : PG_NAMED_NO);
        ck_assert_int_eq(!pg_backends_declare(declared_too,
                                              pg_span_make(name, n)),
                         n <= 255);
    }
}

/* --- what the client chose ----------------------------------------------- */

/* is_local: our address is known. */
static pg_chosen_e chosen_at(pg_backends_t *b, const char *name,
                             const char *host, const char *text,
                             bool names_known, bool is_local)
{
    pg_span_t texts[] = { pg_test_exact(pg_span_str(text)),
                          pg_span_str(host) };
    pg_own_t *own = pg_own_create(pool);
    pg_address_t local = { .octets = { 0 } };
    pg_chosen_in_t in = {
        .backends = b, .own = own, .local = is_local ? &local : NULL,
        .names_known = names_known, .host = pg_span_str(host), .texts = texts,
        .text_count = 2, .work = apr_palloc(pool, strlen(text) + 64)
    };
    pg_destination_t d[PG_DESTINATION_READINGS];
    pg_chosen_e is;

    pg_address_parse(&local, PG_SPAN("192.0.2.80"));
    pg_own_add(own, PG_SPAN("www.own.example"));
    pg_own_add(own, PG_SPAN("shop*.example"));
    pg_own_add_port(own, 8000);
    pg_destination_parse(d, pg_span_str(name));
    is = pg_chosen_judge(&in, &d[0]);
    free((char *)texts[0].ptr);
    return is;
}

static pg_chosen_e chosen_with(pg_backends_t *b, const char *name,
                               const char *host, const char *text,
                               bool names_known)
{
    return chosen_at(b, name, host, text, names_known, true);
}

static const struct {
    const char *name, *host, *text;
    pg_chosen_e is;
} judged[] = {
    /* by Host */
    { "http://s.example/", "s.example", "/", PG_CHOSEN_HOST },
    { "http://s.example/", "S.EXAMPLE:80", "/", PG_CHOSEN_HOST },
    { "http://s.example./", "s.example", "/", PG_CHOSEN_HOST },
    { "http://www.own.example/", "www.own.example", "/", PG_CHOSEN_NOT },
    { "http://www.own.example:8000/", "www.own.example:8000", "/",
      PG_CHOSEN_NOT },
    { "http://www.own.example:25/", "www.own.example:25", "/",
      PG_CHOSEN_PORT },
    { "http://192.0.2.80:25/", "192.0.2.80:25", "/", PG_CHOSEN_PORT },
    { "http://192.0.2.80/", "192.0.2.80", "/", PG_CHOSEN_NOT },
    { "http://192.0.2.9/", "192.0.2.9", "/", PG_CHOSEN_HOST },
    { "http://[::ffff:192.0.2.9]/", "[::ffff:192.0.2.9]", "/",
      PG_CHOSEN_HOST },
    { "http://[::ffff:192.0.2.80]/", "[::ffff:192.0.2.80]", "/",
      PG_CHOSEN_NOT },
    { "http://localhost:3306/", "localhost:3306", "/", PG_CHOSEN_HOST },
    /* a pattern is not one of our names: somebody may own shop1.example */
    { "http://shop1.example/", "shop1.example", "/", PG_CHOSEN_HOST },
    /* by the target and the fields */
    { "http://s.example/", "own", "/p/s.example/", PG_CHOSEN_HOST },
    { "http://s.example/", "own", "/p/s%2eexample/", PG_CHOSEN_HOST },
    { "http://s.example/", "own", "/p/s%252eexample/", PG_CHOSEN_HOST },
    { "http://s.example/", "own", "/p/s%25252eexample/", PG_CHOSEN_HOST },
    { "http://s%2eexample/", "own", "/p/s.example/", PG_CHOSEN_HOST },
    { "http://s.example/", "own", "/gos.examplex", PG_CHOSEN_HOST },
    { "http://s.example/", "own", "/p/t.example/", PG_CHOSEN_NOT },
    { "http://db/", "own", "/p/db/x", PG_CHOSEN_HOST },
    { "http://db/", "own", "/p/dbx/x", PG_CHOSEN_NOT },
    { "http://db/", "own", "/p/xdb", PG_CHOSEN_NOT },
    { "http://localhost/", "own", "/plocalhost", PG_CHOSEN_HOST },
    { "http://db/", "own", "/godb/x", PG_CHOSEN_HOST },
    { "http://db/", "own", "/godbx/x", PG_CHOSEN_NOT },
    { "http://2130706433/", "own", "/go2130706433", PG_CHOSEN_HOST },
    { "http://192.0.2.9/", "own", "/p192.0.2.9", PG_CHOSEN_HOST },
    { "http://192.0.2.9/", "192.0.2.99", "/", PG_CHOSEN_NOT },
    { "http://[2001:db8::9]/", "own", "/p/[2001:db8::9]/", PG_CHOSEN_HOST },
    { "http://[2001:db8::9]/", "own", "/2001:db8::99", PG_CHOSEN_NOT },
    { "unix:/run/x.sock|http://a/", "own", "/p/unix:/run/x.sock%7c",
      PG_CHOSEN_HOST },
    { "unix:/run/x.sock|http://a/", "own", "/", PG_CHOSEN_NOT },
    { "balancer://x/", "own", "/x/", PG_CHOSEN_NOT },
    /* what the configuration names */
    { "http://lit.example:81/", "own", "/lit.example:81", PG_CHOSEN_NOT },
    { "http://lit.example:25/", "own", "/port/25/", PG_CHOSEN_PORT },
    { "http://lit.example:25/", "own", "/port/0250/", PG_CHOSEN_NOT },
    { "http://dig.example:8443/", "own", "/p43/", PG_CHOSEN_PORT },
    { "http://dig.example:8443/", "own", "/p%343/", PG_CHOSEN_PORT },
    { "http://dig.example:8443/", "own", "/p44/", PG_CHOSEN_NOT },
    { "http://dig.example:84/", "own", "/p/84", PG_CHOSEN_NOT },
    { "http://10.0.0.1@s.example/", "own", "/@s.example/", PG_CHOSEN_HOST },
    { "http://10.0.0.1.s.example/", "own", "/p.s.example/", PG_CHOSEN_HOST },
    { "http://10.0.0.19/", "own", "/p9/", PG_CHOSEN_HOST },
    { "http://10.0.0.2p.s.example/", "own", "/p.s.example/", PG_CHOSEN_HOST },
    { "http://10.0.0.2.s.example/", "own", "/.s.example/", PG_CHOSEN_HOST },
    { "http://10.0.0.2p.s.example/", "own", "/q.s.example/", PG_CHOSEN_NOT },
    { "http://10.0.0.1/", "own", "/p/", PG_CHOSEN_NOT },
    { "http://app7/", "own", "/app/7", PG_CHOSEN_NOT },
    { "http://app7/", "own", "/app7/", PG_CHOSEN_NOT },
    { "http://app7:25/", "own", "/app7/25", PG_CHOSEN_PORT },
    { "http://app7.s.example/", "own", "/7.s.example", PG_CHOSEN_HOST },
    { "http://be.in.com/", "own", "/pm/", PG_CHOSEN_HOST },
    { "http://be.in.co7/", "own", "/p7/", PG_CHOSEN_NOT },
    { "http://be.in.co-m/", "own", "/p-m/", PG_CHOSEN_NOT },
    { "http://be.in.7m/", "own", "/pm/", PG_CHOSEN_NOT },
    { "http://appm/", "own", "/pm/", PG_CHOSEN_NOT },
    { "http://be-www.own.example/", "www.own.example", "/", PG_CHOSEN_NOT },
    { "http://be-WWW.own.example.:8080/", "www.own.example", "/",
      PG_CHOSEN_NOT },
    { "http://be-www.own.example:25/", "www.own.example:25", "/",
      PG_CHOSEN_PORT },
    { "http://be-s.example/", "s.example", "/", PG_CHOSEN_HOST },
    { "http://be-s.example/", "own", "/be-s.example", PG_CHOSEN_HOST },
    { "http://be-shop1.example/", "shop1.example", "/", PG_CHOSEN_HOST },
    { "http://x.apps.internal/", "own", "/x.apps.internal",
      PG_CHOSEN_NOT },
    { "http://s.example:8080/", "s.example", "/", PG_CHOSEN_HOST },
    { "http://www.own.example:8080/", "www.own.example:8080", "/",
      PG_CHOSEN_NOT },
};

static pg_backends_t *some_backends(void)
{
    pg_backends_t *b = pg_backends_create(pool);

    pg_backends_read(b, PG_SPAN("http://lit.example:81/"));
    pg_backends_read(b, PG_SPAN("http://10.0.0.1$1"));
    pg_backends_read(b, PG_SPAN("http://app$1/"));
    pg_backends_read(b, PG_SPAN("http://$1.apps.internal/"));
    pg_backends_read(b, PG_SPAN("http://%{HTTP_HOST}:8080/"));
    pg_backends_read(b, PG_SPAN("http://b%{HTTP:X}/"));
    pg_backends_read(b, PG_SPAN("http://be-%{HTTP_HOST}/"));
    pg_backends_read(b, PG_SPAN("^/go(.*)$"));
    pg_backends_read(b, PG_SPAN("http://dig.example:84$1"));
    pg_backends_read(b, PG_SPAN("http://be.in.co$1"));
    pg_backends_read(b, PG_SPAN("http://be.in.7$1"));
    return b;
}

PG_TEST(a_set_has_all_that_it_extends)
{
    pg_backends_t *base = some_backends();
    pg_backends_t *b = pg_backends_extend(base, pool);
    pg_backends_t *empty = pg_backends_extend(b, pool);
    pg_span_t rest;

    pg_backends_read(b, PG_SPAN("http://lit.example:82/"));
    pg_backends_read(b, PG_SPAN("http://sub$1/$2.$3/"));
    pg_backends_read(b, PG_SPAN("http://$1.$2/"));
    pg_backends_read(b, PG_SPAN("^/to(.*)$"));
    ck_assert_int_eq(named(empty, "http://lit.example:81/"), PG_NAMED_YES);
    ck_assert_int_eq(named(empty, "http://lit.example:82/"), PG_NAMED_YES);
    ck_assert_int_eq(named(base, "http://lit.example:82/"), PG_NAMED_HOST);
    ck_assert_int_eq(named(empty, "http://x.apps.internal/"), PG_NAMED_YES);
    ck_assert(pg_backends_has_port(empty, 8080));
    ck_assert(pg_backends_has_suffix(empty, PG_SPAN("x.apps.internal")));
    ck_assert_int_eq(pg_backends_parts(empty), 2);
    ck_assert_int_eq(pg_backends_parts(base), 1);
    ck_assert(pg_span_eq(pg_backends_glue(empty, 0), PG_SPAN(".")));
    ck_assert(pg_backends_glue(empty, 1).ptr == NULL);
    ck_assert(pg_span_eq(pg_backends_stem(empty, 0), PG_SPAN("to")));
    ck_assert(pg_span_eq(pg_backends_stem(empty, 1), PG_SPAN("go")));
    ck_assert(pg_backends_stem(empty, 2).ptr == NULL);
    ck_assert(pg_backends_cut(&rest, empty, 0, PG_SPAN("sub7.s.example")));
    ck_assert(pg_span_eq(rest, PG_SPAN("7.s.example")));
    ck_assert(pg_backends_cut(&rest, empty, 1, PG_SPAN("app7.s.example")));
    ck_assert(rest.len == 0);
    ck_assert(pg_backends_cut(&rest, empty, 2, PG_SPAN("app7.s.example")));
    ck_assert(pg_span_eq(rest, PG_SPAN("7.s.example")));
    ck_assert(!pg_backends_cut(&rest, empty, 7, PG_SPAN("app7.s.example")));
    ck_assert(pg_backends_cut_port(&rest, empty, 0, PG_SPAN("8443")));
    ck_assert(pg_span_eq(rest, PG_SPAN("43")));
    ck_assert(!pg_backends_cut_port(&rest, empty, 1, PG_SPAN("8443")));
}

static const struct {
    const char *rule, *name, *host, *text;
    pg_chosen_e is;
} joined[] = {
    { "http://$1/", "http://aa.b/", "x", "/aa/b", PG_CHOSEN_NOT },
    { "http://$1.$2/", "http://aa.b/", "x", "/aa/b", PG_CHOSEN_HOST },
    { "http://$1.$2/", "http://aa.b/", "x", "/aa/c", PG_CHOSEN_NOT },
    { "http://$1.$2/", "http://aa.b/", "x", "/cc/b", PG_CHOSEN_NOT },
    { "http://$1.$2/", "http://127.0.0.3/", "x", "/127.0/0.3",
      PG_CHOSEN_HOST },
    { "http://$1.$2/", "http://127.0.0.3/", "x", "/127/0/0./3",
      PG_CHOSEN_NOT },
    { "http://$1.$2.$3.$4/", "http://127.0.0.3/", "x", "/127/0/3",
      PG_CHOSEN_HOST },
    { "http://%{HTTP_HOST}$1", "http://s.example/", "s", "/go.example",
      PG_CHOSEN_HOST },
    { "http://%{HTTP_HOST}$1", "http://s.example/", "s.ex", "/goample",
      PG_CHOSEN_HOST },
    { "http://%{HTTP_HOST}$1", "http://s.example/", "s.ex", "/go",
      PG_CHOSEN_NOT },
    { "http://%{HTTP_HOST}$1", "http://intranet/", "intra", "/gonet",
      PG_CHOSEN_NOT },
    { "http://$1-x-$2/", "http://a-x-s.example/", "x", "/a/s.example",
      PG_CHOSEN_HOST },
    { "http://$1-x-$2/", "http://a-y-s.example/", "x", "/a/s.example",
      PG_CHOSEN_NOT },
    { "http://$1$2$3", "http://s.example/", "x", "/s./exa/mple",
      PG_CHOSEN_HOST },
    { "http://$1$2", "http://s.example/", "x", "/s./exa/mple",
      PG_CHOSEN_NOT },
    { "http://$1:$2/", "http://s.example/", "x", "/s./example",
      PG_CHOSEN_NOT },
    { "http://$1/$2$3", "http://s.example/", "x", "/s./example",
      PG_CHOSEN_NOT },
};

PG_TEST_EACH(a_host_whose_pieces_were_sent_apart_is_chosen, joined)
{
    pg_backends_t *b = pg_backends_create(pool);

    pg_backends_read(b, pg_span_str(joined[_i].rule));
    ck_assert_msg(chosen_with(b, joined[_i].name, joined[_i].host,
                              joined[_i].text, true) == joined[_i].is,
                  "%s: %s, Host %s, %s", joined[_i].rule, joined[_i].name,
                  joined[_i].host, joined[_i].text);
}

static const struct {
    const char *url, *name, *text;
    pg_chosen_e is;
} appended[] = {
    { "http://in.example", "http://in.example.s.test/", "/.s.test",
      PG_CHOSEN_HOST },
    { "http://in.example", "http://in.examplex/", "/x", PG_CHOSEN_HOST },
    { "http://in.example", "http://in.example.s.test/", "/y",
      PG_CHOSEN_NOT },
    { "http://in.example", "http://in.example/", "/x", PG_CHOSEN_NOT },
    { "http://inner", "http://inner7/", "/7", PG_CHOSEN_HOST },
    { "http://in.example/", "http://in.examplex/", "/x", PG_CHOSEN_NOT },
    { "http://in.example/a", "http://in.examplex/", "/x", PG_CHOSEN_NOT },
    { "http://in.example:80", "http://in.example:8025/", "/25",
      PG_CHOSEN_PORT },
    { "http://in.example:80", "http://in.example.s.test/", "/.s.test",
      PG_CHOSEN_NOT },
    { "http://in.example:80/", "http://in.example:8025/", "/x25",
      PG_CHOSEN_NOT },
    { "balancer://farm", "http://farm7/", "/x7", PG_CHOSEN_NOT },
    { "unix:/run/in", "http://in7/", "/x7", PG_CHOSEN_NOT },
    { "!", "http://in7/", "/x7", PG_CHOSEN_NOT },
};

PG_TEST_EACH(what_is_appended_to_a_host_makes_another, appended)
{
    pg_backends_t *b = pg_backends_create(pool);

    pg_backends_read(b, pg_span_str(appended[_i].url));
    pg_backends_read_open(b, pg_span_str(appended[_i].url));
    ck_assert_msg(chosen_with(b, appended[_i].name, "own", appended[_i].text,
                              true) == appended[_i].is,
                  "%s: %s, %s", appended[_i].url, appended[_i].name,
                  appended[_i].text);
}

PG_TEST_EACH(what_the_client_chose_is_told_from_what_it_did_not, judged)
{
    ck_assert_msg(chosen_with(some_backends(), judged[_i].name,
                              judged[_i].host, judged[_i].text, true)
                      == judged[_i].is,
                  "%s, Host %s, %s", judged[_i].name, judged[_i].host,
                  judged[_i].text);
}

static const struct {
    const char *name, *host;
    pg_chosen_e is;
} unknown[] = {
    { "http://any.example/", "any.example", PG_CHOSEN_NAME },
    { "http://any.example:8000/", "any.example:8000", PG_CHOSEN_NAME },
    { "http://any.example:8080/", "any.example", PG_CHOSEN_NAME },
    { "http://be-any.example:8080/", "any.example", PG_CHOSEN_NAME },
    { "http://be-any.example:25/", "any.example:25", PG_CHOSEN_HOST },
    { "http://any.example:25/", "any.example:25", PG_CHOSEN_HOST },
    { "http://192.0.2.9/", "192.0.2.9", PG_CHOSEN_HOST },
    { "http://192.0.2.80:25/", "192.0.2.80:25", PG_CHOSEN_HOST },
    { "http://192.0.2.80:8000/", "192.0.2.80:8000", PG_CHOSEN_NOT },
    { "http://www.own.example:25/", "www.own.example:25", PG_CHOSEN_HOST },
    { "http://localhost/", "localhost", PG_CHOSEN_HOST },
    { "http://other.example/", "any.example", PG_CHOSEN_HOST },
};

PG_TEST_EACH(where_our_names_are_not_known_a_name_by_host_may_be_one, unknown)
{
    ck_assert_msg(chosen_with(some_backends(), unknown[_i].name,
                              unknown[_i].host, "/p/other.example", false)
                      == unknown[_i].is,
                  "%s, Host %s", unknown[_i].name, unknown[_i].host);
}

PG_TEST(without_our_address_a_name_without_port_may_be_one)
{
    pg_backends_t *b = some_backends();

    ck_assert_int_eq(chosen_at(b, "http://any.example/", "any.example", "/",
                               false, false), PG_CHOSEN_NAME);
    ck_assert_int_eq(chosen_at(b, "http://any.example:8000/",
                               "any.example:8000", "/", false, false),
                     PG_CHOSEN_HOST);
}
