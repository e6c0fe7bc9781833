/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <apr_pools.h>

#include "pg_classify.h"
#include "pg_socks.h"

static pg_own_t *own;

static void setup(void)
{
    int n;
    const pg_row_t *names = pg_test_rows("own-names.tsv", &n);

    make_pool();
    own = pg_own_create(pool);
    for (int i = 0; i < n; i++) {
        ck_assert_ptr_null(pg_own_add(own, names[i].field[0]));
    }
}

static void expect(const pg_row_t *row, const pg_request_t *request)
{
    pg_verdict_t v;

    pg_classify(&v, request, own);
    ck_assert_msg(
        pg_span_eq(row->field[2], pg_span_str(pg_vocab_class(v.class_id)))
            && pg_span_eq(row->field[4],
                          pg_span_str(pg_classify_reason(v.reason))),
        "classify.tsv:%d: is %s/%s/%s", row->line, pg_vocab_class(v.class_id),
        pg_vocab_family(v.family), pg_classify_reason(v.reason));
    if (v.class_id != PG_CLASS_CLEAN) {
        ck_assert_msg(
            pg_span_eq(row->field[3], pg_span_str(pg_vocab_family(v.family))),
            "classify.tsv:%d: family %s", row->line,
            pg_vocab_family(v.family));
    }
}

PG_TEST_SUITE(classify, .set_up = setup, .tear_down = destroy_pool);

/* As the log scanner has it, and as httpd's fields have it. */
PG_TEST_ROWS(each_case_from_the_line_and_from_its_parts, "classify.tsv")
{
    pg_request_t request = { .line = row->field[0], .host = row->field[1],
                             .check_host = true };
    pg_request_t parts = { .host = row->field[1], .check_host = true };

    ck_assert_int_ge(row->n, 6);
    expect(row, &request);
    pg_classify_split(&parts, row->field[0]);
    if (parts.target.ptr && row->field[0].ptr[0] >= ' ') {
        expect(row, &parts);
        parts.line = row->field[0];
        expect(row, &parts);
    }
}

/* Whom it would have reached, as shown and counted. */
static const struct {
    const char *line, *method, *target, *host;   /* NULL = absent         */
    unsigned int port;
} told[] = {
    { "GET http://a.test/x HTTP/1.1", "GET", "http://a.test/x", "a.test",
      80 },
    { "GET https://u@a.test HTTP/1.1", "GET", "https://u@a.test", "a.test",
      443 },
    { "GET ftp://[::1]:2121/ HTTP/1.1", "GET", "ftp://[::1]:2121/", "::1",
      2121 },
    { "GET foo://a.test/ HTTP/1.1", "GET", "foo://a.test/", "a.test", 0 },
    { "GET http://a.test:x/ HTTP/1.1", "GET", "http://a.test:x/", "a.test",
      0 },
    { "GET http:/a.test:81/ HTTP/1.1", "GET", "http:/a.test:81/", "a.test",
      81 },
    { "GET https:a.test HTTP/1.1", "GET", "https:a.test", "a.test", 443 },
    { "GET http:// HTTP/1.1", "GET", "http://", NULL, 80 },
    { "CONNECT a.test:25 HTTP/1.0", "CONNECT", "a.test:25", "a.test", 25 },
    { "CONNECT @a.test:25 HTTP/1.0", "CONNECT", "@a.test:25", "a.test", 25 },
    { "CONNECT u@a.test:25 HTTP/1.0", "CONNECT", "u@a.test:25", "a.test",
      25 },
    { "CONNECT localhost:25 HTTP/1.0", "CONNECT", "localhost:25", "localhost",
      25 },
    { "CONNECT https://a.test/ HTTP/1.0", "CONNECT", "https://a.test/",
      "a.test", 443 },
    { "CONNECT a.test 25 HTTP/1.0", "CONNECT", "a.test 25", "a.test", 25 },
    { "connect a.test:25", "connect", "a.test:25", "a.test", 25 },
    { "telnet a.test 25", "telnet", "a.test", "a.test", 25 },
    { "a.test 25\r\n", "a.test", "25", "a.test", 25 },
    { "a.test:25", "a.test:25", "a.test:25", "a.test", 25 },
    { "http://a.test/", "http://a.test/", "http://a.test/", "a.test", 80 },
    { "GET / HTTP/1.1", "GET", "/", NULL, 0 },
    { "GET", "GET", "GET", NULL, 0 },
};

static void equal(const char *what, pg_span_t is, const char *expected)
{
    ck_assert_msg(pg_span_eq(is, pg_span_str(expected)),
                  "%s is \"%.*s\", not \"%s\"", what, (int)is.len,
                  is.ptr ? is.ptr : "", expected ? expected : "");
}

PG_TEST_EACH(a_verdict_says_whom_it_would_have_reached, told)
{
    pg_request_t request = { .line = pg_span_str(told[_i].line) };
    pg_verdict_t v;

    pg_classify(&v, &request, own);
    equal("method", v.method, told[_i].method);
    equal("target", v.target, told[_i].target);
    equal("host", v.host, told[_i].host);
    ck_assert_uint_eq(v.port, told[_i].port);
}

PG_TEST(socks_says_its_destination_when_it_names_one)
{
    pg_request_t request = {
        .line = PG_SPAN("\x04\x01\x01\xbb\0\0\0\x01u\0a.test\0")
    };
    pg_verdict_t v;

    pg_classify(&v, &request, own);
    ck_assert(pg_span_eq(v.host, PG_SPAN("a.test")));
    ck_assert_uint_eq(v.port, 443);
    request.line = PG_SPAN("\x05\x01\0\x05\x01\0\x03\x06" "a.test\0\x19");
    pg_classify(&v, &request, own);
    ck_assert(pg_span_eq(v.host, PG_SPAN("a.test")));
    ck_assert_uint_eq(v.port, 25);
    request.line = PG_SPAN("\x04\x01\0\x19\x0a\0\0\x01");
    pg_classify(&v, &request, own);
    ck_assert_ptr_null(v.host.ptr);
    ck_assert_uint_eq(v.port, 25);
}

static const struct {
    const char *line, *method, *target, *protocol;   /* NULL = absent     */
} split[] = {
    { "GET / HTTP/1.1", "GET", "/", "HTTP/1.1" },
    { " GET\t/ \v HTTP/1.1\f", "GET", "/", "HTTP/1.1" },
    { "a b c d", "a", "b", "c d" }, { "a b c X/1", "a", "b", "c X/1" },
    { "a b c XY/1", "a", "b c", "XY/1" }, { "a b c XY/", "a", "b", "c XY/" },
    { "a b c XY/a", "a", "b", "c XY/a" }, { "a b c X1/1", "a", "b", "c X1/1" },
    { "a b c XY/123456", "a", "b c", "XY/123456" },
    { "a b c XY/1234567", "a", "b", "c XY/1234567" },
    { "a b c HTTP/1.", "a", "b c", "HTTP/1." },
    { "a b c /1", "a", "b", "c /1" },
    { "a b c HTTP/2", "a", "b c", "HTTP/2" },
    { "HTTP/1.1", "HTTP/1.1", NULL, NULL }, { "", NULL, NULL, NULL },
    { "a HTTP/1.1", "a", NULL, "HTTP/1.1" }, { "a", "a", NULL, NULL },
    { " \t", NULL, NULL, NULL }, { "a  b", "a", "b", NULL },
};

PG_TEST_EACH(a_line_has_a_method_a_target_and_a_protocol, split)
{
    pg_span_t line = pg_test_exact(pg_span_str(split[_i].line));
    pg_request_t is;

    pg_classify_split(&is, line);
    equal("method", is.method, split[_i].method);
    equal("target", is.target, split[_i].target);
    equal("protocol", is.protocol, split[_i].protocol);
    free((char *)(uintptr_t)line.ptr);
}

/* Wherever it is; eight octets are looked at together. What is next to them
 * in ASCII does not end it. */
PG_TEST(a_line_ends_at_nul_cr_or_lf)
{
    static const char ends[] = { '\0', '\r', '\n', '\x0e', '\x80', '\x8d' };
    char text[] = "GET /0123456789abcdef~\xff HTTP/1.1";

    for (size_t i = 0; i < sizeof(ends); i++) {
        for (apr_size_t at = 1; at + 1 < sizeof(text); at++) {
            char was = text[at];
            pg_request_t is, want;

            text[at] = ends[i];
            pg_classify_split(&is, PG_SPAN(text));
            ck_assert(is.method.ptr == text);
            if (i < 3) {
                pg_classify_split(&want, pg_span_make(text, at));
                ck_assert(pg_span_eq(is.method, want.method)
                          && pg_span_eq(is.target, want.target)
                          && pg_span_eq(is.protocol, want.protocol));
            }
            else {
                ck_assert_uint_eq(is.method.len + is.target.len
                                  + is.protocol.len,
                                  sizeof(text) - 1
                                  - pg_span_count(PG_SPAN(text), ' '));
            }
            text[at] = was;
        }
    }
}

static const struct {
    pg_span_t octets;
    pg_socks_e is;
    const char *host;            /* NULL = absent                         */
    unsigned int port;
} greetings[] = {
    { PG_SPAN("\4\1"), PG_SOCKS_4, NULL, 0 },
    { PG_SPAN("\4"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\4\2\1\273"), PG_SOCKS_4, NULL, 443 },
    { PG_SPAN("\4\1\1"), PG_SOCKS_4, NULL, 0 },
    { PG_SPAN("\4\0\0\31"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\4\3\0\31"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\4\1\0\31\177\0\0\1joe\0"), PG_SOCKS_4, NULL, 25 },
    { PG_SPAN("\4\1\0\31\177\0\0\1j\37e\0"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\4\1\0\31\177\0\0\1j\177"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\4\1\0\31\177\0\0\1 "), PG_SOCKS_4, NULL, 25 },
    { PG_SPAN("\4\1\0\31\0\0\0\1u\0a.b\0"), PG_SOCKS_4A, "a.b", 25 },
    { PG_SPAN("\4\1\0\31\0\0\0\1u\0a.b"), PG_SOCKS_4A, "a.b", 25 },
    { PG_SPAN("\4\1\0\31\0\0\0\1u\0a\1b\0"), PG_SOCKS_4A, NULL, 25 },
    { PG_SPAN("\4\1\0\31\0\0\0\1"), PG_SOCKS_4A, NULL, 25 },
    { PG_SPAN("\4\1\0\31\0\0\0"), PG_SOCKS_4, NULL, 25 },
    { PG_SPAN("\4\1\0\31\0\0\0\0u\0a\0"), PG_SOCKS_4, NULL, 25 },
    { PG_SPAN("\4\1\0\31\0\0\1\1u\0a\0"), PG_SOCKS_4, NULL, 25 },
    { PG_SPAN("\5\1"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\0"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\6\1"), PG_SOCKS_NO, NULL, 0 }, { PG_SPAN(""), PG_SOCKS_NO,
                                                  NULL, 0 },
    { PG_SPAN("\5\4\0\1\2"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\5\0\1\2\3"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\5\0\1\2\3\11"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\5\0\1\2\3\11\0"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\2\0\13"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\2\0\177"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\2\200\376"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\1\377"), PG_SOCKS_NO, NULL, 0 },
    { PG_SPAN("\5\1\0\r\n"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\1\n"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\4\1\r\n"), PG_SOCKS_4, NULL, 0 },
    { PG_SPAN("\5\1\0\5\1\0\3\3a.b\0\31"), PG_SOCKS_5, "a.b", 25 },
    { PG_SPAN("\5\1\0\5\1\0\3\3a.b\0"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\1\0\5\1\0\3\0\0\31"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\1\0\4\1\0\3\3a.b\0\31"), PG_SOCKS_5, NULL, 0 },
    { PG_SPAN("\5\1\0\5\1\0\1\177\0\0\1\0\31"), PG_SOCKS_5, NULL, 0 },
};

PG_TEST_EACH(a_socks_greeting_is_read_to_the_octet, greetings)
{
    pg_span_t s = pg_test_exact(greetings[_i].octets);
    pg_socks_t is;

    ck_assert_int_eq(pg_socks_parse(&is, s), greetings[_i].is);
    equal("host", is.host, greetings[_i].host);
    ck_assert_uint_eq(is.port, greetings[_i].port);
    free((char *)(uintptr_t)s.ptr);
}

static pg_class_e class_of(const pg_request_t *request, const pg_own_t *we)
{
    pg_verdict_t v;

    return pg_classify(&v, request, we);
}

/* httpd leaves a lot unset when it refuses a line itself. */
PG_TEST(nothing_at_all_is_clean)
{
    pg_request_t request = { .check_host = true };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    ck_assert_int_eq(class_of(&request, NULL), PG_CLASS_CLEAN);
    request.line = PG_SPAN("");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.method = PG_SPAN("GET");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.target = PG_SPAN("");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
}

PG_TEST(the_line_tells_the_protocol_when_there_is_a_line)
{
    pg_request_t request = {
        .line = PG_SPAN("wget http://a.test/"), .method = PG_SPAN("wget"),
        .target = PG_SPAN("http://a.test/"), .protocol = PG_SPAN("HTTP/0.9")
    };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.line = PG_SPAN("wget http://a.test/ HTTP/1.1");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_ABSOLUTE);
}

PG_TEST(without_names_everybody_is_a_stranger_but_no_host_is_foreign)
{
    pg_own_t *nobody = pg_own_create(pool);
    pg_request_t absolute = { .line = PG_SPAN("GET http://own.test/") };
    pg_request_t origin = { .line = PG_SPAN("GET /"), .check_host = true,
                            .host = PG_SPAN("stranger.test") };

    ck_assert_int_eq(class_of(&absolute, NULL), PG_CLASS_ABSOLUTE);
    ck_assert_int_eq(class_of(&absolute, nobody), PG_CLASS_ABSOLUTE);
    ck_assert_int_eq(class_of(&origin, NULL), PG_CLASS_CLEAN);
    ck_assert_int_eq(class_of(&origin, nobody), PG_CLASS_CLEAN);
    ck_assert_int_eq(class_of(&origin, own), PG_CLASS_FOREIGN_HOST);
    pg_own_add(own, PG_SPAN("*"));
    ck_assert_int_eq(class_of(&origin, own), PG_CLASS_CLEAN);
}

PG_TEST(hosts_are_looked_at_only_when_asked)
{
    pg_request_t request = { .method = PG_SPAN("GET"),
                             .target = PG_SPAN("/"),
                             .host = PG_SPAN("stranger.test") };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.check_host = true;
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_FOREIGN_HOST);
}

PG_TEST(what_mod_proxy_would_call_counts_where_it_forwards)
{
    static const char *const lines[] = {
        "GET http://own.test?@stranger.test/ HTTP/1.1",
        "GET http://own.test:80#x?y@stranger.test:81/ HTTP/1.1",
        "GET http://own.test?u=own.test@stranger.test HTTP/1.1"
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        pg_request_t request = { .line = pg_span_str(lines[i]) };
        pg_verdict_t v;

        ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
        request.may_forward = true;
        ck_assert_int_eq(pg_classify(&v, &request, own), PG_CLASS_ABSOLUTE);
        ck_assert(pg_span_eq(v.host, PG_SPAN("stranger.test")));
    }
}

PG_TEST(where_it_forwards_a_pattern_makes_nobody_ours)
{
    pg_request_t request = {
        .line = PG_SPAN("GET http://shopx.test/ HTTP/1.1")
    };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.may_forward = true;
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_ABSOLUTE);
    request.line = PG_SPAN("GET http://a.wild.test/ HTTP/1.1");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
}

PG_TEST(what_mod_proxy_would_call_ourselves_stays_clean)
{
    static const char *const lines[] = {
        "GET http://own.test?x=1 HTTP/1.1",
        "GET http://own.test/?@stranger.test/ HTTP/1.1",
        "GET http://own.test?x@own.test/ HTTP/1.1"
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        pg_request_t request = { .line = pg_span_str(lines[i]),
                                 .may_forward = true };

        ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    }
}

PG_TEST(over_tls_an_authority_that_is_not_ours_is_absolute)
{
    static const struct {
        const char *host;
        pg_class_e checked, unchecked;
    } row[] = {
        { "own.test", PG_CLASS_CLEAN, PG_CLASS_CLEAN },
        { "localhost", PG_CLASS_CLEAN, PG_CLASS_CLEAN },
        { "stranger.test", PG_CLASS_ABSOLUTE, PG_CLASS_ABSOLUTE },
        { "192.0.2.9", PG_CLASS_FOREIGN_HOST, PG_CLASS_CLEAN },
        { "[2001:db8::9]", PG_CLASS_FOREIGN_HOST, PG_CLASS_CLEAN },
        { "a..b", PG_CLASS_CLEAN, PG_CLASS_CLEAN },
    };
    pg_request_t request = { .line = PG_SPAN("GET / HTTP/2.0"),
                             .over_tls = true };

    for (apr_size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        request.host = pg_span_str(row[i].host);
        request.names_known = request.check_host = true;
        ck_assert_int_eq(class_of(&request, own), row[i].checked);
        request.check_host = false;
        ck_assert_int_eq(class_of(&request, own), row[i].unchecked);
        request.names_known = false;
        ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    }
}

PG_TEST(an_upgrade_to_a_tunnel_needs_both_path_and_field)
{
    pg_request_t request = {
        .line = PG_SPAN("GET /.well-known/masque/udp/a.test/25/ HTTP/1.1")
    };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.upgrade = PG_SPAN("h2c, CONNECT-udp");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CONNECT_MAIL);
    request.upgrade = PG_SPAN("connect-ip");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CONNECT_MAIL);
    request.upgrade = PG_SPAN("connect-udp2");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.upgrade = PG_SPAN("connect-udp");
    request.line = PG_SPAN("GET /.well-known/masque/udq/a.test/25/ HTTP/1.1");
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
}

PG_TEST(the_address_and_port_of_the_connection_are_ours)
{
    static const pg_address_t local = {
        { [10] = 255, 255, 198, 51, 100, 7 }
    };
    pg_request_t request = { .line = PG_SPAN("GET http://198.51.100.7:81/"),
                             .local = &local, .local_port = 81 };

    ck_assert_int_eq(class_of(&request, own), PG_CLASS_CLEAN);
    request.local_port = 82;
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_ABSOLUTE);
    request.local = NULL;
    request.local_port = 81;
    ck_assert_int_eq(class_of(&request, own), PG_CLASS_ABSOLUTE);
}
