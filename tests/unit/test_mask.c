/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_mask.h"

static const pg_key_t one_key = { { 0x0706050403020100u,
                                    0x0f0e0d0c0b0a0908u } };
static const pg_key_t other_key = { { 1, 0 } };

static const char *host(const pg_key_t *key, const char *s)
{
    static char out[4][PG_MASK_SIZE];
    static int next;
    char *at = out[next++ % 4];

    ck_assert_uint_eq(pg_mask_host(at, key, pg_span_str(s)), strlen(at));
    return at;
}

/* A text with '*' for what the key makes of a name: "host-3vq5k1mz" is
 * "host-*". */
static const char *shape(const char *text)
{
    static const char *const kinds[] = { "host-", "ip-", "text-", "agent-",
                                         "field-" };
    static char out[PG_MASK_TARGET_SIZE];
    char *to = out;

    while (*text) {
        *to++ = *text++;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
            size_t n = strlen(kinds[i]);

            if ((size_t)(to - out) >= n && !memcmp(to - n, kinds[i], n)
                && strspn(text, "0123456789abcdefghjkmnpqrstvwxyz") >= 8) {
                *to++ = '*';
                text += 8;
            }
        }
    }
    *to = '\0';
    return out;
}

PG_TEST_SUITE(mask);

PG_TEST(a_name_has_one_pseudonym_for_one_key_whatever_its_spelling)
{
    ck_assert_str_eq(host(&one_key, "WWW.a.com"),
                     host(&one_key, "www.A.com."));
    ck_assert_str_ne(host(&one_key, "www.a.com"),
                     host(&one_key, "www.b.com"));
    ck_assert_str_ne(host(&one_key, "www.a.com"),
                     host(&other_key, "www.a.com"));
    ck_assert_str_eq(host(&one_key, "2001:db8::1"),
                     host(&one_key, "2001:DB8:0::0:1"));
    ck_assert_int_eq(strncmp(host(&one_key, "192.0.2.1"), "ip-", 3), 0);
}

/* From then on for ever: servers with one key give the same pseudonyms. */
PG_TEST(a_key_has_its_pseudonyms)
{
    static const pg_key_t key = { { 0x0011223344556677u,
                                    0x8899aabbccddeeffu } };

    ck_assert_str_eq(host(&key, "127.0.0.1"), "ip-c3sf4dq7");
    ck_assert_str_eq(host(&key, "www.m.example"), "www.host-c7q6hfva");
}

PG_TEST(a_first_label_that_says_what_kind_of_host_it_is_stays)
{
    static const char *const rows[][2] = {
        { "www.a.com", "www.host-*.com" },
        { "MX0.a.com.tw", "mx0.host-*.com.tw" },
        { "static999.a.com.tw", "static999.host-*.com.tw" },
        { "mx12345.a.com", "host-*.com" }, { "acme.a.com", "host-*.com" },
        { "mx1234.a.com", "host-*.com" },
        { "mx123.a.com", "mx123.host-*.com" },
        { "www.a.b", "www.host-*" }, { "www.b.tw", "www.host-*.tw" },
        { "www.com", "host-*.com" }, { "www.com.tw", "host-*.com.tw" },
        { "www", "host-*" }, { "9.a.com", "host-*.com" },
        { "m.a.com", "m.host-*.com" }, { "m1.ab.tw", "m1.host-*.tw" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_str_eq(shape(host(&one_key, rows[i][0])), rows[i][1]);
    }
}

PG_TEST(only_a_short_top_level_domain_stays)
{
    static const char *const rows[][2] = {
        { "a.com.tw", "host-*.com.tw" }, { "acme.tw", "host-*.tw" },
        { "com.tw", "host-*.tw" }, { "a.company", "host-*" },
        { "intranet", "host-*" }, { "a.1b", "host-*" },
        { "a.b1", "host-*" }, { "secret.example", "host-*" },
        { "a.com.info", "host-*" }, { "a.gob.mx", "host-*.gob.mx" },
        { "a.com.net", "host-*.net" }, { "a.acme.tw", "host-*.tw" },
        { "a.b", "host-*" }, { ".tw", "host-*" }, { "a.tw.", "host-*.tw" },
        { "2001:db8::1", "ip-*" }, { "[2001:db8::1]", "ip-*" },
        { "192.0.2.1", "ip-*" }, { "1:2", "host-*" }, { "", "host-*" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_msg(!strcmp(shape(host(&one_key, rows[i][0])), rows[i][1]),
                      "%s -> %s", rows[i][0], host(&one_key, rows[i][0]));
    }
}

PG_TEST(a_target_keeps_its_shape_and_loses_its_names)
{
    static const char *const rows[][2] = {
        { "http://www.a.com/", "http://www.host-*.com/" },
        { "http://www.a.com:81/x?own.example",
          "http://www.host-*.com:81/x?..." },
        { "http://a.com/zc/chs/img/body.png",
          "http://host-*.com/zc/chs/img/body.png" },
        { "http://a.com/secret.example/~u/index.php?q",
          "http://host-*.com/.../.../index.php?..." },
        { "http://a.com/u@b/192.0.2.1/%41/secret.b.html",
          "http://host-*.com/.../.../.../..." },
        { "http://a.com/x#y", "http://host-*.com/x?..." },
        { "http://a.com/x;y", "http://host-*.com/x?..." },
        { "http://a.com?x", "http://host-*.com?..." },
        { "http://a.com/a.b/a.js", "http://host-*.com/.../a.js" },
        { "http://a.com//x/", "http://host-*.com//x/" },
        { "http://u:secret@www.a.com", "http://www.host-*.com" },
        { "http://a.com:x/", "http://host-*.com/" },
        { "http://[2001:db8::1]:81/", "http://ip-*:81/" },
        { "mx.a.tw:25", "mx.host-*.tw:25" },
        { "[2001:db8::1]:443", "ip-*:443" }, { "192.0.2.1:80", "ip-*:80" },
        { "/", "/" }, { "/p", "/..." }, { "/path", "/..." }, { "*", "*" },
        { "telnet 192.0.2.1 23", "text-*" }, { "", "text-*" },
        { "http:/www.a.com", "text-*" }, { "http:///x", "text-*" },
        { "WSS://www.a.com/", "WSS://www.host-*.com/" },
        { "www.a.com://b/", "text-*" },
    };
    char *out = malloc(PG_MASK_TARGET_SIZE);

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pg_span_t in = pg_test_exact(pg_span_str(rows[i][0]));
        size_t n = pg_mask_target(out, &one_key, in);

        ck_assert_uint_eq(n, strlen(out));
        ck_assert_msg(!strcmp(shape(out), rows[i][1]), "%s -> %s", rows[i][0],
                      out);
        free((char *)(uintptr_t)in.ptr);
    }
    free(out);
}

/* 100 octets of it, and a mark where there was more. */
PG_TEST(a_long_path_is_cut)
{
    for (size_t n = 98; n < 103; n++) {
        char in[200] = "http://a.com/", out[PG_MASK_TARGET_SIZE];
        char want[200] = "http://host-*.com/";

        memset(in + 13, 'x', n - 1);
        memset(want + 18, 'x', n < 100 ? n - 1 : 99);
        strcat(want, n > 100 ? "?..." : "");
        pg_mask_target(out, &one_key, pg_span_str(in));
        ck_assert_str_eq(shape(out), want);
    }
}

/* What is shown as it is, and the kind of pseudonym that others get. */
static const struct {
    pg_mask_e kind;
    const char *text;
    const char *pseudonym;       /* NULL: none                            */
} shown[] = {
    { PG_MASK_METHOD, "GET", NULL }, { PG_MASK_METHOD, "connect", NULL },
    { PG_MASK_METHOD, "443", NULL }, { PG_MASK_METHOD, "12345", NULL },
    { PG_MASK_METHOD, "INTRANET", "text-*" },
    { PG_MASK_METHOD, "123456", "text-*" }, { PG_MASK_METHOD, "1a", "text-*" },
    { PG_MASK_FIELD, "User-Agent", NULL }, { PG_MASK_FIELD, "HOST", NULL },
    { PG_MASK_FIELD, "intranet", "field-*" },
    { PG_MASK_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:109.0)", NULL },
    { PG_MASK_AGENT, "zgrab/0.x", NULL }, { PG_MASK_AGENT, "x/1.2.3.4", NULL },
    { PG_MASK_AGENT, "text/html,*/*;q=0.8", NULL },
    { PG_MASK_AGENT, "see intranet:8080", "agent-*" },
    { PG_MASK_AGENT, "intranet:80", "agent-*" },
    { PG_MASK_AGENT, "intranet:8", NULL }, { PG_MASK_AGENT, "a:80.1", NULL },
    { PG_MASK_AGENT, "a:80 ", "agent-*" }, { PG_MASK_AGENT, "a:8f", NULL },
    { PG_MASK_AGENT, "a:f:", "agent-*" }, { PG_MASK_AGENT, "a:x", NULL },
    { PG_MASK_AGENT, "x www.a.example", "agent-*" },
    { PG_MASK_AGENT, "www1.example", "agent-*" },
    { PG_MASK_AGENT, "1.e", NULL }, { PG_MASK_AGENT, "1.ex", "agent-*" },
    { PG_MASK_AGENT, "1.e2", NULL }, { PG_MASK_AGENT, "a.1", NULL },
    { PG_MASK_AGENT, "-.b", "agent-*" }, { PG_MASK_AGENT, "a-.b", "agent-*" },
    { PG_MASK_AGENT, "\303\266.de", "agent-*" },
    { PG_MASK_AGENT, "x/y/", NULL }, { PG_MASK_AGENT, "x//y", "agent-*" },
    { PG_MASK_AGENT, "a.b", "agent-*" }, { PG_MASK_AGENT, "a.", NULL },
    { PG_MASK_AGENT, "a:", NULL }, { PG_MASK_AGENT, "a::", "agent-*" },
    { PG_MASK_AGENT, "::1", "agent-*" }, { PG_MASK_AGENT, ":", NULL },
    { PG_MASK_AGENT, "x :y", NULL }, { PG_MASK_AGENT, "::", "agent-*" },
    { PG_MASK_AGENT, "1:2:3", "agent-*" }, { PG_MASK_AGENT, "a@b", "agent-*" },
    { PG_MASK_AGENT, "[a]", "agent-*" }, { PG_MASK_AGENT, "@", "agent-*" },
    { PG_MASK_AGENT, "192.0.2.1", "agent-*" },
    { PG_MASK_AGENT, "x 192.0.2.1", "agent-*" },
    { PG_MASK_AGENT, "x 192.0.2.1.", "agent-*" },
    { PG_MASK_AGENT, "192.0.2.", NULL }, { PG_MASK_AGENT, "1.2.3", NULL },
    { PG_MASK_AGENT, "a/1.2.3", NULL }, { PG_MASK_AGENT, "/1.2.3.4",
                                          "agent-*" },
    { PG_MASK_AGENT, " /1.2.3.4", "agent-*" },
    { PG_MASK_EVIDENCE, "x", "text-*" }, { PG_MASK_EVIDENCE, "", NULL },
    { PG_MASK_REQUEST, "GET http://www.a.com/x HTTP/1.1",
      "GET http://www.host-*.com/x HTTP/1.1" },
    { PG_MASK_REQUEST, "CONNECT mx0.a.com:25 HTTP/1.0",
      "CONNECT mx0.host-*.com:25 HTTP/1.0" },
    { PG_MASK_REQUEST, "INTRANET / HTTP/1.0", "text-*" },
    { PG_MASK_REQUEST, "GET / HTTP/a.b", "text-*" },
    { PG_MASK_REQUEST, "GET / HTTP/1.b", "text-*" },
    { PG_MASK_REQUEST, "GET / HTTP/a.1", "text-*" },
    { PG_MASK_REQUEST, "GET / HTTP/1,1", "text-*" },
    { PG_MASK_REQUEST, "GET / HTTP/1.10", "text-*" },
    { PG_MASK_REQUEST, "GET / RTSP/1.0", "text-*" },
    { PG_MASK_REQUEST, "GET a b HTTP/1.0", "text-*" },
    { PG_MASK_REQUEST, "GET HTTP/1.0", "text-*" },
    { PG_MASK_REQUEST, "GET", "text-*" },
    { PG_MASK_REQUEST, "telnet a.com 23", "text-*" },
    { PG_MASK_HOST, "a", "host-*" }, { PG_MASK_SOURCE, "192.0.2.1", "ip-*" },
    { PG_MASK_AUTHORITY, "a.com:25", "host-*.com:25" },
};

PG_TEST_EACH(only_what_names_nobody_is_shown, shown)
{
    char out[PG_MASK_TARGET_SIZE + 1] = "";
    pg_span_t in = pg_test_exact(pg_span_str(shown[_i].text));
    pg_span_t s = pg_mask_shown(out, &one_key, shown[_i].kind, in);
    const char *want = shown[_i].pseudonym;

    ck_assert_msg(want ? strcmp(shape(out), want) == 0
                         && s.ptr == out && s.len == strlen(out)
                       : s.ptr == in.ptr && s.len == in.len,
                  "%s -> %s", shown[_i].text, out);
    free((char *)in.ptr);
}

/* Octets of every kind and length: nothing is read or written beyond. */
PG_TEST_TIMES(any_octets_have_a_pseudonym_within_its_size, 256)
{
    char in[600], *out = malloc(PG_MASK_TARGET_SIZE);
    char *small = malloc(PG_MASK_SIZE);

    for (size_t n = 0; n < sizeof(in); n += 7) {
        pg_span_t s;
        memset(in, _i, sizeof(in));
        s = pg_test_exact(pg_span_make(in, n));
        ck_assert_uint_lt(pg_mask_target(out, &one_key, s),
                          PG_MASK_TARGET_SIZE);
        ck_assert_uint_lt(pg_mask_host(small, &one_key, s), PG_MASK_SIZE);
        ck_assert_uint_lt(pg_mask_authority(small, &one_key, s),
                          PG_MASK_SIZE);
        free((char *)s.ptr);
    }
    free(out);
    free(small);
}
