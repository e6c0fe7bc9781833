/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <stdio.h>

#include "pg_conceal.h"
#include "pg_event.h"

/* What is received, and what may be shown of it. */
static const char *const cases[][2] = {
    { "http://u:pw@x.example/a", "http://(removed)@x.example/a" },
    { "u:pw@x.example:443", "(removed)@x.example:443" },
    { "u:pw@x.example", "(removed)@x.example" },
    { "//pw@x.example/", "//(removed)@x.example/" },
    { "/http://u:pw@x.example/", "/http://(removed)@x.example/" },
    { "http:/u:pw@x.example/", "http:/(removed)@x.example/" },
    { "http:///u:pw@x.example/", "http:///(removed)@x.example/" },
    { "http:\\\\u:pw@x.example/", "http:\\\\(removed)@x.example/" },
    { "http:u:pw@x.example", "(removed)@x.example" },
    { "http%3A//u:pw@x.example", "http%3A//(removed)@x.example" },
    { "http%3A%2F%2Fu%3Apw%40x.example/",
      "http%3A%2F%2F(removed)%40x.example/" },
    { "/?u=http%253A%252F%252Fu%253Apw%2540x.example",
      "/?u=http%253A%252F%252F(removed)%2540x.example" },
    { "telnet u:pw@x.example 23", "telnet (removed)@x.example 23" },
    { "unix:/x|http://u:pw@x.example/",
      "unix:/x|http://(removed)@x.example/" },
    { "Mozilla/4.0 (+http://u:pw@x.example/; me)",
      "Mozilla/4.0 (+http://(removed)@x.example/; me)" },
    { "http://u:p w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p@w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p#w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p/w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p?w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p\\w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p//w@x.example/", "http://(removed)@x.example/" },
    { "http://u:p=w&v@x.example/", "http://(removed)@x.example/" },
    { "http://u;x:p,w@x.example/", "http://(removed)@x.example/" },
    { "http://u:1234567/w@x.example/", "http://(removed)@x.example/" },
    { "http://u:12@x.example:80/", "http://(removed)@x.example:80/" },
    /* the '@' comes after a blank, or after the end of a line that is too
     * long */
    { "http://u:pw", "http://u:(removed)" },
    { "http:/u:pw", "http:/u:(removed)" },
    { "http://u:1pw%2", "http://u:(removed)" },
    { "(http://u:pw x)", "(http://u:(removed) x)" },
    { "http://x.example:80", "http://x.example:80" },
    { "http://x.example:99999999", "http://x.example:99999999" },
    { "http://x.example:a/b", "http://x.example:a/b" },
    { "http://[2001:db8::1", "http://[2001:db8::1" },
    { "http://x.example:", "http://x.example:" },
    { "http://x.example:80/joe@2x.png",
      "http://x.example:80/(removed)@2x.png" },
    { "http://x.example/joe@mail", "http://x.example/(removed)@mail" },
    { "http://x.example/?to=joe@mail", "http://x.example/?to=(removed)@mail" },
    { "http://a:b@x.example/?to=joe@mail",
      "http://(removed)@x.example/?to=(removed)@mail" },
    { "http://(removed)@x.example/", "http://(removed)@x.example/" },
    { "http://@x.example/", "http://@x.example/" },
    { "/@x", "/@x" },
    { "/joe@mail", "/(removed)@mail" },
    { "@", "@" },
    { "", "" },
    { "x.example:25", "x.example:25" },
    { "[2001:db8::1]:443", "[2001:db8::1]:443" },
    { "http://x.example/a%2fb%", "http://x.example/a%2fb%" },
    { "%25%2525%", "%25%2525%" },

    { "/?password=s3cret&x=1", "/?password=(removed)&x=1" },
    { "/?x=1&ACCESS_TOKEN=s3cret#f", "/?x=1&ACCESS_TOKEN=(removed)" },
    { "/a;jsessionid=s3cret?x", "/a;jsessionid=(removed)" },
    { "/?user[passwd]=s3cret&x=1", "/?user[passwd]=(removed)&x=1" },
    { "/?user%5Bpass%77d%5D=s3cret&x=1",
      "/?user%5Bpass%77d%5D=(removed)&x=1" },
    { "/?api-key=s%26cret&x=1", "/?api-key=(removed)&x=1" },
    { "/?u=%3Fkey%3Ds3cret%26y%3D1&x=1",
      "/?u=%3Fkey%3D(removed)%26y%3D1&x=1" },
    { "/?token=a@b&x=1", "/?token=(removed)&x=1" },
    { "/a:b?key=x@s3cret&x=1", "/(removed)&x=1" },
    { "sessid*=:pw&s3cret=@x.example", "sessid*=(removed)" },
    { "//key=u:p&s3cret@x.example/", "//key=(removed)" },
    { "//key=u:key=p&s3cret=key=w@x.example", "//key=(removed)" },
    { "/?key=a:b&x=joe@mail", "/?key=(removed)" },
    { "/?key=http://x.example/&x=1", "/?key=(removed)&x=1" },
    { "key=a:b&c&pass=d@e&x=1", "key=(removed)&x=1" },
    { "http://a=b&u:p w@x.example", "http://(removed)@x.example" },
    { "http://key=b&u:p/w@x.example",
      "http://key=(removed)&(removed)@x.example" },
    { "/?token=", "/?token=" },
    { "/?token=&x=1", "/?token=&x=1" },
    { "/?author=1&keyword=x", "/?author=1&keyword=x" },
    { "/?q==&===", "/?q==&===" },
};

PG_TEST_SUITE(conceal);

PG_TEST_EACH(what_nobody_may_see_is_removed, cases)
{
    char out[256];
    pg_span_t in = pg_test_exact(pg_span_str(cases[_i][0]));
    pg_span_t is = pg_conceal_text(out, sizeof(out), in);

    ck_assert_msg(pg_span_eq(is, pg_span_str(cases[_i][1])), "%s: %.*s",
                  cases[_i][0], (int)is.len, is.ptr);
    ck_assert(is.ptr == in.ptr || is.len <= pg_conceal_room(in));
    for (apr_size_t room = 0; room < 20; room++) {
        char *exact = malloc(room + 1);
        is = pg_conceal_text(exact, room, in);
        ck_assert(is.ptr != exact || is.len <= room);
        free(exact);
    }
    free((char *)in.ptr);
}

/* What follows a port is a path. */
PG_TEST(a_port_has_five_digits_at_most)
{
    for (int n = 0; n <= 6; n++) {
        char in[64], want[64], out[256];
        pg_span_t is;

        snprintf(in, sizeof(in), "http://host:%.*s/joe@x.png", n, "1234567");
        snprintf(want, sizeof(want), n <= 5
                 ? "http://host:%.*s/(removed)@x.png"
                 : "http://(removed)@x.png", n, "1234567");
        is = pg_conceal_text(out, sizeof(out), pg_span_str(in));
        ck_assert_msg(pg_span_eq(is, pg_span_str(want)), "%s: %.*s", in,
                      (int)is.len, is.ptr);
    }
}

/* Texts of what secrets are made of need no more room than is asked for. */
PG_TEST(there_is_room_for_every_mark)
{
    static const char *const parts[] = { "u", ":", "@", "=", "&", "?", "/",
                                         "pw", "key=", "token=", "http://",
                                         " ", "%40", "sid=a", "x.y", ";" };
    static char in[60], all[4000], exact[4000];
    unsigned x = 1;

    for (int i = 0; i < 100000; i++) {
        pg_span_t whole, fits;

        in[0] = '\0';
        while (strlen(in) < 50) {
            x = x * 1103515245u + 12345u;
            strcat(in, parts[(x >> 16) % (i % 2 ? 16 : 6)]);
            if ((x >> 24) % 16 == 0) {
                break;
            }
        }
        whole = pg_conceal_text(all, sizeof(all), pg_span_str(in));
        fits = pg_conceal_text(exact, pg_conceal_room(pg_span_str(in)),
                               pg_span_str(in));
        ck_assert_msg(pg_span_eq(whole, fits), "%s: %.*s", in,
                      (int)whole.len, whole.ptr);
    }
}

PG_TEST_EACH(what_is_shown_once_is_shown_so_again, cases)
{
    char once[256], again[256];
    pg_span_t first = pg_conceal_text(once, sizeof(once),
                                      pg_span_str(cases[_i][0]));

    ck_assert(pg_span_eq(pg_conceal_text(again, sizeof(again), first),
                         first));
}

static const char *const secrets[] = {
    "Authorization", "proxy-authorization", "X-Forwarded-Authorization",
    "Cookie", "Set-Cookie", "X-Access-Token", "Private-Token", "Api-Key",
    "X-Api-Key", "X-Csrf-Token", "X-Amz-Security-Token", "X-Vault-Token",
    "X-Auth-User", "sessionid", "PHPSESSID", "pw", "X-OTP", "code",
    "user_password", "X-Bearer", "CLIENT-SECRET", "X-Amz-Signature",
    "authorisation", "author_key"
};

static const char *const harmless[] = {
    "Host", "User-Agent", "Referer", "Via", "Author", "Keep-Alive",
    "Proxy-Connection", "X-Forwarded-For", "keyword", "", "pwx", "---",
    "topic", "auction", "kernel", "page"
};

PG_TEST(names_of_secrets_are_known_by_pattern)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
        ck_assert_msg(pg_conceal_is_secret(pg_span_str(secrets[i])), "%s",
                      secrets[i]);
    }
    for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
        ck_assert_msg(!pg_conceal_is_secret(pg_span_str(harmless[i])), "%s",
                      harmless[i]);
    }
}

/* Each would take minutes if it were looked at more than a few times. */
PG_TEST(no_text_takes_long)
{
    static const char *const parts[] = { ":", "=", "@", "%25", "%", "//a:",
                                         "a:b", "&pass=", "a=", ":1",
                                         "pass=:x@&", "pass=a:", "pass=:&",
                                         "//pass=:@&", "//a:@/pass=:b" };
    enum { MANY = 1 << 20 };
    char *text = malloc(MANY), *out = malloc(MANY);

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        size_t n = strlen(parts[i]);

        for (size_t at = 0; at + n <= MANY; at++) {
            text[at] = parts[i][at % n];
        }
        pg_conceal_text(out, MANY, pg_span_make(text, MANY - 8));
    }
    free(text);
    free(out);
}

/* --- events -------------------------------------------------------------- */

static void same(pg_span_t is, const char *want)
{
    ck_assert_msg(pg_span_eq(is, pg_span_str(want)), "%.*s", (int)is.len,
                  is.ptr);
}

PG_TEST(every_text_of_an_event_is_looked_at)
{
    pg_event_t event = {
        .verdict = { .method = PG_SPAN("http://u:pw@x.example/"),
                     .target = PG_SPAN("http://u:pw@y.example/?token=z"),
                     .host = PG_SPAN("u:pw@z.example") },
        .user_agent = PG_SPAN("x u:pw@a.example"),
        .x_forwarded_for = PG_SPAN("u:pw@b.example"),
        .via = PG_SPAN("1.1 u:pw@c.example"),
        .forwarded = PG_SPAN("for=x;secret=y"),
        .proxy_connection = PG_SPAN("u:pw@d.example")
    };
    apr_size_t size = pg_event_room(&event);
    char *room = malloc(size);

    pg_event_conceal(&event, PG_ABSENT, room, size);
    same(event.verdict.method, "http://(removed)@x.example/");
    same(event.verdict.target, "http://(removed)@y.example/?token=(removed)");
    same(event.verdict.host, "(removed)@z.example");
    same(event.user_agent, "x (removed)@a.example");
    same(event.x_forwarded_for, "(removed)@b.example");
    same(event.via, "1.1 (removed)@c.example");
    same(event.forwarded, "for=x;secret=(removed)");
    same(event.proxy_connection, "(removed)@d.example");
    ck_assert_ptr_null(event.vhost.ptr);
    free(room);
}

PG_TEST(half_of_a_password_is_not_taken_for_a_host)
{
    static const char target[] = "http://u:p/w@x.example/";
    pg_event_t event = { .verdict = {
        .target = PG_SPAN(target),
        .host = pg_span_make(target + 7, 1), .port = 80 } };
    char room[256];

    pg_event_conceal(&event, PG_ABSENT, room, sizeof(room));
    ck_assert_ptr_null(event.verdict.host.ptr);
    ck_assert_uint_eq(event.verdict.port, 0);
}

#define OCTETS(text) { text, sizeof(text) - 1 }
static const struct {
    pg_span_t in, out;
} greetings[] = {
    { OCTETS("\4\1\0\31\300\0\2\11\0"), OCTETS("\4\1\0\31\300\0\2\11\0") },
    { OCTETS("\4\1\0\31\300\0\2\11root\0"),
      OCTETS("\4\1\0\31\300\0\2\11(removed)\0") },
    { OCTETS("\4\1\0\31\300\0\2\11root"),
      OCTETS("\4\1\0\31\300\0\2\11(removed)") },
    { OCTETS("\4\1\0\31@\0\2\11"), OCTETS("\4\1\0\31@\0\2\11") },
    { OCTETS("\4\1\1\273\0\0\0\1me\0x.example\0more"),
      OCTETS("\4\1\1\273\0\0\0\1(removed)\0x.example\0(removed)") },
    { OCTETS("\4\1\1\273\0\0\0\1\0u:pw@x.example\0"),
      OCTETS("\4\1\1\273\0\0\0\1\0(removed)\0") },
    { OCTETS("\4\1"), OCTETS("\4\1") },
    { OCTETS("\5\1\0"), OCTETS("\5\1\0") },
    { OCTETS("\5\1\0\r\n"), OCTETS("\5\1\0\r\n") },
    { OCTETS("\5\1\0\5\1\0\3"), OCTETS("\5\1\0(removed)") },
    { OCTETS("\5\1\0\5\1\0\3\7"), OCTETS("\5\1\0\5\1\0\3\7") },
    { OCTETS("\5\1\2\1\4user\4pass"), OCTETS("\5\1\2(removed)") },
    { OCTETS("\5\1\0\5\1\0\3\1x\0\120"), OCTETS("\5\1\0\5\1\0\3\1x\0\120") },
    { OCTETS("\5\1\0\5\1\0\3\1x\0\120Cookie: y"),
      OCTETS("\5\1\0\5\1\0\3\1x\0\120(removed)") },
    { OCTETS("\5\1\0\5\1\0\1\300\0\2\11\0\31x"),
      OCTETS("\5\1\0\5\1\0\1\300\0\2\11\0\31(removed)") },
    { OCTETS("\5\1\0\5\1\0\3\7u:pw@xy\0\120"),
      OCTETS("\5\1\0\5\1\0\3\7(removed)\0\120") },
    { OCTETS("\5\1\0\5\1\0\3\20u:pw@x"), OCTETS("\5\1\0\5\1\0\3\20(removed)") },
    { OCTETS("\5\377"), OCTETS("\5\377") },
};

PG_TEST_EACH(socks_keeps_no_user_and_no_password, greetings)
{
    pg_event_t event = { .verdict = { .class_id = PG_CLASS_SOCKS } };
    pg_span_t in = pg_test_exact(greetings[_i].in);
    apr_size_t size;
    char *room;

    event.verdict.target = in;
    size = pg_event_room(&event);
    room = malloc(size + 1);
    pg_event_conceal(&event, PG_ABSENT, room, size);
    ck_assert_msg(pg_span_eq(event.verdict.target, greetings[_i].out),
                  "%d: %.*s", _i, (int)event.verdict.target.len,
                  event.verdict.target.ptr);
    free(room);
    free((char *)in.ptr);
}
