/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <apr_strings.h>
#include <jansson.h>

#include "pg_ecs.h"
#include "pg_sink.h"

static pg_event_t example(const char *target)
{
    return (pg_event_t){ .time = 1416787200123456,
                         .verdict = { .class_id = PG_CLASS_ABSOLUTE,
                                      .family = PG_FAMILY_GET,
                                      .method = PG_SPAN("GET"),
                                      .target = pg_span_str(target),
                                      .host = PG_SPAN("www.m.example"),
                                      .port = 80 },
                         .outcome = PG_OUTCOME_DENIED,
                         .status = 421,
                         .vhost = PG_SPAN("www.own.example:80") };
}

static pg_span_t made(const pg_ecs_t *in, apr_size_t most)
{
    return pg_ecs_line(in, apr_palloc(pool, most + PG_ECS_ROOM), most);
}

static json_t *line_of(const pg_ecs_t *in, apr_size_t most)
{
    pg_span_t line = made(in, most);
    json_t *root = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES,
                              NULL);

    ck_assert_uint_le(line.len, most);
    ck_assert_int_eq(line.ptr[line.len - 1], '\n');
    ck_assert_uint_eq(pg_span_find(line, '\n'), line.len - 1);
    ck_assert_ptr_nonnull(root);
    return root;
}

static const char *at(json_t *root, const char *a, const char *b)
{
    const char *text = json_string_value(
        json_object_get(json_object_get(root, a), b));

    return text ? text : "(none)";
}

static const pg_field_t secrets[] = {
    { PG_SPAN("Host"), PG_SPAN("www.m.example") },
    { PG_SPAN("proxy-authorization"), PG_SPAN("Basic c2VjcmV0") },
    { PG_SPAN("AUTHORIZATION"), PG_SPAN("Bearer secret") },
    { PG_SPAN("Cookie"), PG_SPAN("id=secret") },
    { PG_SPAN("Referer"), PG_SPAN("http://joe:secret@a.example/?key=secret") },
    { PG_SPAN("Content-length"), PG_SPAN("1") },
};

static pg_ecs_t with(const pg_event_t *event)
{
    return (pg_ecs_t){ .event = event, .source = "192.0.2.7",
                       .source_port = 40312, .protocol = PG_SPAN("HTTP/1.1"),
                       .host = PG_SPAN("www.m.example"), .field = secrets,
                       .fields = 6, .sensor = "north", .version = "1" };
}

PG_TEST_SUITE(ecs, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST(ecs_names_hold_what_they_promise)
{
    pg_event_t event = example("http://www.m.example/");
    pg_ecs_t in = with(&event);
    json_t *root = line_of(&in, 65536);

    ck_assert_str_eq(json_string_value(json_object_get(root, "@timestamp")),
                     "2014-11-24T00:00:00.123Z");
    ck_assert_str_eq(at(root, "source", "ip"), "192.0.2.7");
    ck_assert_str_eq(at(root, "url", "full"), "http://www.m.example/");
    ck_assert_str_eq(at(root, "event", "action"), "absolute");
    ck_assert_str_eq(at(root, "event", "outcome"), "failure");
    ck_assert_str_eq(at(root, "observer", "name"), "north");
    ck_assert_str_eq(at(root, "http", "version"), "1.1");
    json_decref(root);
}

PG_TEST(headers_stand_in_full_and_credentials_do_not)
{
    pg_event_t event = example("http://www.m.example/");
    pg_ecs_t in = with(&event);
    pg_span_t line = made(&in, 65536);
    json_t *root = line_of(&in, 65536);
    json_t *headers = json_object_get(json_object_get(
        json_object_get(root, "http"), "request"), "headers");
    const char *text = apr_pstrmemdup(pool, line.ptr, line.len);

    ck_assert_uint_eq(json_array_size(headers), 6);
    ck_assert_str_eq(json_string_value(json_array_get(headers, 1)),
                     "proxy-authorization: (removed)");
    ck_assert_str_eq(json_string_value(json_array_get(headers, 4)),
                     "Referer: http://(removed)@a.example/?key=(removed)");
    ck_assert_str_eq(json_string_value(json_array_get(headers, 5)),
                     "Content-length: 1");
    ck_assert_ptr_null(strstr(text, "secret"));
    ck_assert_ptr_null(strstr(text, "c2VjcmV0"));
    json_decref(root);
}

static const char *const masked_targets[] = {
    "http://www.m.example/m.example", "www.m.example://x/", "m.example:25",
    "/m.example", "http:/m.example", "telnet m.example 23",
    "x://www.m.example/"
};

PG_TEST_EACH(a_mask_leaves_no_name_and_no_address, masked_targets)
{
    pg_event_t event = example(masked_targets[_i]);
    pg_ecs_t in = with(&event);
    pg_key_t mask = { .k = { 0x0123456789abcdef, 42 } };
    pg_field_t fields[] = {
        { PG_SPAN("Host"), PG_SPAN("www.m.example:80") },
        { PG_SPAN("X-Forwarded-For"), PG_SPAN("192.0.2.7") },
        { PG_SPAN("Referer"), PG_SPAN("http://www.m.example/") },
        { PG_SPAN("User-Agent"), PG_SPAN("www.m.example") },
        { PG_SPAN("www.m.example"), PG_SPAN("x") },
        { PG_SPAN("Content-Type"), PG_SPAN("www.m.example/x") },
        { PG_SPAN("Accept"), PG_SPAN("*/*") },
    };
    pg_span_t line;
    const char *text;

    event.verdict.method = PG_SPAN("www.m.example");
    event.user_agent = PG_SPAN("m.example");
    in.sensor = "www.own.example";
    in.protocol = PG_SPAN("HTTP/m.example");
    in.mask = &mask;
    in.field = fields;
    in.fields = sizeof(fields) / sizeof(*fields);
    line = made(&in, 65536);
    text = apr_pstrmemdup(pool, line.ptr, line.len);
    ck_assert_ptr_null(strstr(text, "m.example"));
    ck_assert_ptr_null(strstr(text, "own.example"));
    ck_assert_ptr_null(strstr(text, "192.0.2.7"));
    ck_assert_ptr_nonnull(strstr(text, "Accept: */*"));
    ck_assert_ptr_nonnull(strstr(text, "\"masked\":true"));
}

/* Whatever is sent, a line for a pipe stays within PIPE_BUF, and is JSON. */
static void long_line_of(int octet)
{
    static const apr_size_t most[] = { 2048, 4096, 65536 };
    pg_field_t fields[100];
    pg_event_t event;
    pg_ecs_t in;
    char *big = apr_palloc(pool, 8192);
    json_t *root;

    memset(big, octet, 8191);
    big[8191] = '\0';
    for (int i = 0; i < 100; i++) {
        fields[i] = (pg_field_t){ pg_span_make(big, 8000),
                                  pg_span_make(big, 8000) };
    }
    event = example(big);
    event.user_agent = pg_span_str(big);
    event.verdict.method = event.verdict.host = pg_span_str(big);
    event.vhost = pg_span_str(big);
    in = with(&event);
    in.host = pg_span_str(big);
    in.field = fields;
    in.fields = 100;
    for (int i = 0; i < 3; i++) {
        root = line_of(&in, most[i]);
        ck_assert_str_eq(at(root, "event", "action"), "absolute");
        ck_assert(json_is_true(json_object_get(
            json_object_get(root, "proxyguard"), "cut")));
        json_decref(root);
    }
}

PG_TEST(a_line_is_never_longer_than_it_may_be)
{
    static const int octets[] = { 1, ' ', '"', '/', '\\', 'a', 0x7f, 0x80,
                                  0xe2, 0xff };

    for (apr_size_t i = 0; i < sizeof(octets) / sizeof(octets[0]); i++) {
        long_line_of(octets[i]);
    }
}

PG_TEST(a_foreign_host_is_named_in_the_url)
{
    pg_event_t event = example("/x");
    pg_ecs_t in = with(&event);
    json_t *root;

    in.tls = true;
    root = line_of(&in, 65536);
    ck_assert_str_eq(at(root, "url", "full"), "https://www.m.example/x");
    ck_assert_str_eq(at(root, "url", "original"), "/x");
    json_decref(root);
}

/* --- what the sink captured ---------------------------------------------- */

#define LETTER \
    "From: Joe <joe@a.example>\r\nTo: b@c.example, \"x, y\" <d@e.example>" \
    "\r\nCc: c@c.example\r\nReply-To: r@c.example\r\nX-Mailer: m" \
    "\r\nMessage-ID: <1@a.example>\r\nContent-Type: multipart/mixed;" \
    " boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n" \
    "Content-Type: application/zip; name=x.zip\r\n" \
    "Content-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--b\r\n" \
    "Content-Type: x/y\r\nContent-Disposition: attachment\r\n\r\nx" \
    "\r\n--b--\r\n"

static pg_ecs_mail_t letter(char *scratch)
{
    return (pg_ecs_mail_t){ .id = PG_SPAN("01-1"), .helo = PG_SPAN("pc"),
                            .sender = PG_SPAN("joe@a.example"),
                            .recipients = PG_SPAN("b@c.example\0"
                                                  "d@e.example\0"),
                            .recipient_count = 2, .auth = "LOGIN",
                            .kept = "message", .size = 7,
                            .message = PG_SPAN(LETTER),
                            .subject = PG_SPAN("a\"b"),
                            .scratch = scratch };
}

static const char *dotted(json_t *root, const char *path)
{
    char *last, *key = apr_strtok(apr_pstrdup(pool, path), ".", &last);

    for (; root && key; key = apr_strtok(NULL, ".", &last)) {
        root = pg_octet_is_digit(*key)
                   ? json_array_get(root, (size_t)(*key - '0'))
                   : json_object_get(root, key);
    }
    return json_is_string(root) ? json_string_value(root) : "(none)";
}

PG_TEST(a_captured_mail_is_a_line)
{
    static const char *const held[][2] = {
        { "event.action", "mail" }, { "event.dataset", "proxyguard.sink" },
        { "event.outcome", "failure" }, { "email.local_id", "01-1" },
        { "email.from.address.0", "joe@a.example" },
        { "email.to.address.1", "d@e.example" },
        { "email.subject", "a\"b" }, { "email.message_id", "<1@a.example>" },
        { "email.attachments.0.file.name", "x.zip" },
        { "email.attachments.0.file.hash.sha256",
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "proxyguard.sink.recipients.0", "b@c.example" },
        { "proxyguard.sink.auth", "LOGIN" }, { "proxyguard.sink.helo", "pc" },
        { "proxyguard.sink.conversation", "01" },
        { "user_agent.original", "(none)" }
    };
    pg_event_t event = example("m.example:25");
    pg_ecs_t in = with(&event);
    char scratch[sizeof(LETTER)];
    pg_ecs_mail_t mail = letter(scratch);
    pg_ecs_capture_t capture = { .conversation = PG_SPAN("01"),
                                 .mail = &mail };
    pg_key_t mask = { .k = { 0x0123456789abcdef, 42 } };
    json_t *root;
    pg_span_t line;

    in.capture = &capture;
    root = line_of(&in, 65536);
    for (apr_size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        ck_assert_str_eq(dotted(root, held[i][0]), held[i][1]);
    }
    json_decref(root);
    in.mask = &mask;
    line = made(&in, 65536);
    ck_assert_ptr_null(memmem(line.ptr, line.len, "a.example", 9));
    ck_assert_ptr_null(memmem(line.ptr, line.len, "e.example", 9));
    ck_assert_ptr_null(memmem(line.ptr, line.len, "x.zip", 5));
    mail.size = 0;
    line = made(&in, 65536);
    ck_assert_ptr_nonnull(memmem(line.ptr, line.len, "\"size\":0,", 9));
}

PG_TEST(a_captured_mail_is_cut_where_it_must_be)
{
    pg_event_t event = example("m.example:25");
    pg_ecs_t in = with(&event);
    pg_ecs_capture_t capture = { .conversation = PG_SPAN("01") };
    char *recipients = apr_pcalloc(pool, 30000);
    char *message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    pg_ecs_mail_t mail;
    json_t *root;

    for (int i = 0; i < 100; i++) {
        memset(recipients + 300 * i, 'r', 299);
        message = apr_pstrcat(pool, message, "--b\r\nContent-Type: x/y\r\n"
                              "\r\nx\r\n", NULL);
    }
    mail = letter(apr_palloc(pool, strlen(message)));
    mail.recipients = pg_span_make(recipients, 30000);
    mail.recipient_count = 100;
    mail.message = pg_span_str(message);
    capture.mail = &mail;
    in.capture = &capture;
    root = line_of(&in, 2048);
    ck_assert_str_eq(dotted(root, "email.local_id"), "01-1");
    ck_assert(json_is_true(json_object_get(
        json_object_get(root, "proxyguard"), "cut")));
    json_decref(root);
}

/* One of three lists of a mail, of 1000 parts or so; how it begins. */
static const struct {
    const char *head, *part, *between;
} lists[] = {
    { "", "a@b", "" },           /* recipients                            */
    { "To: ", "a@b", "," },      /* addresses of a field                  */
    { "", "line\r\n", "" },      /* lines of the text                     */
};

static apr_size_t length_of(json_t *root, int list)
{
    const json_t *to = json_object_get(json_object_get(root, "email"), "to");
    const json_t *sink = json_object_get(json_object_get(root, "proxyguard"),
                                         "sink");
    apr_size_t n = 0;

    for (const char *text = json_string_value(json_object_get(sink, "text"));
         text && (text = strstr(text, "line\n")) != NULL; text++) {
        n++;
    }
    return list == 0 ? json_array_size(json_object_get(sink, "recipients"))
           : list == 1 ? json_array_size(json_object_get(to, "address")) : n;
}

PG_TEST_TIMES(of_a_mail_a_thousand_of_each_are_kept, 9)
{
    apr_size_t n = 999 + (apr_size_t)_i / 3;
    int list = _i % 3;
    apr_array_header_t *octets = apr_array_make(pool, 100000, 1);
    pg_sink_t sink = pg_sink_array(octets);
    pg_event_t event = example("m.example:25");
    pg_ecs_t in = with(&event);
    pg_ecs_mail_t mail = { .id = PG_SPAN("01-1"), .kept = "message",
                           .size = 7, .scratch = apr_palloc(pool, 100000) };
    pg_ecs_capture_t capture = { .conversation = PG_SPAN("01"),
                                 .mail = &mail };
    json_t *root;

    pg_sink_puts(&sink, lists[list].head);
    for (apr_size_t i = 0; i < n; i++) {
        pg_sink_puts(&sink, i ? lists[list].between : "");
        pg_sink_put(&sink, pg_span_make(lists[list].part,
                                        strlen(lists[list].part)
                                        + (list == 0)));
    }
    pg_sink_puts(&sink, list == 1 ? "\r\n\r\n" : "");
    *(list == 0 ? &mail.recipients : list == 2 ? &mail.text : &mail.message) =
        pg_span_make(octets->elts, (apr_size_t)octets->nelts);
    in.capture = &capture;
    root = line_of(&in, 4000000);
    ck_assert_uint_eq(length_of(root, list), n < 1000 ? n : 1000);
    ck_assert_int_eq(json_is_true(json_object_get(json_object_get(
                         root, "proxyguard"), "cut")), n > 1000);
    json_decref(root);
}

PG_TEST(a_hello_and_first_octets_are_lines)
{
    pg_event_t event = example("m.example:443");
    pg_ecs_t in = with(&event);
    pg_hello_t hello = { .sni = PG_SPAN("m.example"), .alpn = PG_SPAN("h2"),
                         .ja4 = "t13" };
    pg_ecs_capture_t capture = { .conversation = PG_SPAN("01"),
                                 .hello = &hello };
    pg_key_t key = { .k = { 1, 2 } };
    json_t *root;

    in.capture = &capture;
    root = line_of(&in, 65536);
    ck_assert_str_eq(dotted(root, "event.action"), "client-hello");
    ck_assert_str_eq(dotted(root, "tls.client.server_name"), "m.example");
    ck_assert_str_eq(dotted(root, "tls.client.alpn"), "h2");
    ck_assert_str_eq(dotted(root, "tls.client.ja4"), "t13");
    json_decref(root);
    hello.alpn = PG_SPAN("x.m.example");
    ck_assert(pg_span_has(made(&in, 65536), "x.m.example"));
    in.mask = &key;
    ck_assert(!pg_span_has(made(&in, 65536), "m.example"));
    in.mask = NULL;
    capture = (pg_ecs_capture_t){ .first = PG_SPAN(
        "GET http://joe:secret@x/\xff HTTP/1.1\r\nCookie: secret\r\n") };
    root = line_of(&in, 65536);
    ck_assert_str_eq(dotted(root, "event.action"), "first-bytes");
    ck_assert_str_eq(dotted(root, "proxyguard.sink.first_bytes"),
                     "GET http://(removed)@x/\\xff HTTP/1.1");
    json_decref(root);
}

PG_TEST(first_octets_are_shown_without_credentials)
{
    static const char *const rows[][2] = {
        { "SSH-2.0-x\r\ny", "SSH-2.0-x" },
        { "PASS hunter2\r\n", "PASS (removed)" },
        { "pass\thunter2", "pass (removed)" },
        { "PASS:hunter2", "PASS (removed)" },
        { ":me PASS :hunter2\r\n", ":me PASS (removed)" },
        { "a001 LOGIN joe hunter2\r\n", "a001 LOGIN (removed)" },
        { "AUTH PLAIN AGhlbmtlbA==", "AUTH (removed)" },
        { "AUTHINFO PASS hunter2", "AUTHINFO (removed)" },
        { "OPER joe hunter2", "OPER (removed)" },
        { "GET http://joe:hunter2@h/ HTTP/1.0", "GET http://(removed)@h/ "
                                                "HTTP/1.0" },
        { "http://joe:hunter2@h/ LOGIN x", "http://(removed)@h/ LOGIN "
                                           "(removed)" },
        { "\x05\x01\x02\x01\x03joe\x07hunter2",
          "\x05\x01\x02\x01 (removed)" },
        { "0\x1e\x02\x01\x01`\x19\x02\x01\x03\x04\x0b" "cn=joe",
          "0\x1e\x02\x01 (removed)" },
        { "abc\x01wxyz", "abc\x01 (removed)" },
        { "abcd\x01xyz", "abcd\x01xyz" },
        { "\x16\x03", "\x16\x03" }, { "PASS", "PASS" }, { "", "" },
        { "LOGINS are PASSed AUTHor", "LOGINS are PASSed AUTHor" },
        { "HELLO 3 AUTH default hunter2", "HELLO 3 AUTH (removed)" },
        { "a1  LOGIN joe hunter2", "a1  LOGIN (removed)" },
        { "\r\n\nPASS hunter2\r\n", "PASS (removed)" }, { "\r\n", "" },
    };
    char *room = malloc(PG_ECS_ROOM);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pg_span_t first = pg_test_exact(pg_span_str(rows[i][0]));
        pg_span_t shown = pg_ecs_first(first, room);

        ck_assert_msg(pg_span_eq(shown, pg_span_str(rows[i][1])),
                      "%s is shown as %.*s", rows[i][0], (int)shown.len,
                      shown.ptr);
        free((char *)first.ptr);
    }
    free(room);
}

PG_TEST(a_file_of_such_lines_is_told_from_another)
{
    static const struct {
        const char *head;
        bool ours;
    } heads[] = {
        { "", true },
        { "{", true },
        { "{\"@timestamp\":\"2026-11-2", true },
        { "{\"@timestamp\":\"2026-11-2\n", false },
        { "{\"@timestamp\":\"2026\"}\n{\"@timestamp\":", false },
        { "{}\n", false },
        { "root:x:0:0:root:/root:/bin/bash\n", false },
        { "# \"module\":\"proxyguard\"\n", false },
    };
    pg_event_t event = { .time = 1 };
    pg_ecs_t in = with(&event);
    pg_span_t line = made(&in, 65536);
    const char *torn = apr_pstrcat(pool, "{\"@times\n", apr_pstrmemdup(
                                       pool, line.ptr, line.len), NULL);

    for (apr_size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        pg_span_t head = pg_test_exact(pg_span_str(heads[i].head));
        ck_assert_msg(pg_ecs_begins(head) == heads[i].ours, "%s",
                      heads[i].head);
        free((char *)head.ptr);
    }
    ck_assert(pg_ecs_begins(pg_span_upto(line, 512)));
    ck_assert(pg_ecs_begins(pg_span_upto(pg_span_str(torn), 512)));
}

/* --- whole lines --------------------------------------------------------- */

typedef struct whole_t {
    pg_event_t event;
    pg_ecs_t in;
    pg_hello_t hello;
    pg_ecs_mail_t mail;
    pg_ecs_capture_t capture;
    pg_key_t mask;
    char scratch[sizeof(LETTER)];
} whole_t;

static void make_whole(whole_t *w)
{
    *w = (whole_t){ .event = example("http://www.m.example/"),
                    .hello = { .sni = PG_SPAN("m.example"),
                               .alpn = PG_SPAN("h2"), .ja4 = "t13" },
                    .capture = { .conversation = PG_SPAN("01") },
                    .mask = { .k = { 0x0123456789abcdef, 42 } } };
    w->event.user_agent = PG_SPAN("curl/8\t");
    w->event.verdict.reason = PG_REASON_ABSOLUTE_STRANGER;
    w->mail = letter(w->scratch);
    w->mail.text = PG_SPAN("one\r\n\ntwo\r");
    w->in = with(&w->event);
}

/* The line that tests/cases/ecs.tsv has of that name. */
static void make_line(whole_t *w, pg_span_t name)
{
    make_whole(w);
    w->in.mask = pg_span_has(name, "masked") ? &w->mask : NULL;
    w->in.tls = pg_span_has(name, "https");
    w->in.capture = pg_span_has(name, "sink") ? &w->capture : NULL;
    w->capture.mail = pg_span_has(name, "mail") ? &w->mail : NULL;
    w->capture.hello = pg_span_has(name, "hello") ? &w->hello : NULL;
    w->capture.first = PG_SPAN("SSH-2.0-x");
    if (pg_span_has(name, "path")) {
        w->event.verdict.target = PG_SPAN("/x");
    }
    if (pg_span_has(name, "relayed")) {
        w->event.outcome = PG_OUTCOME_RELAYED;
        w->event.source_is_peer = true;
    }
    if (pg_span_has(name, "bare")) {
        w->event = (pg_event_t){ .verdict.class_id = PG_CLASS_SOCKS };
        w->in = (pg_ecs_t){ .event = &w->event, .protocol = PG_ABSENT };
        w->event.verdict.target = w->event.verdict.method =
            w->event.verdict.host = w->event.user_agent =
                w->event.vhost = w->in.host = PG_ABSENT;
    }
}

PG_TEST_ROWS(a_whole_line_is_what_it_was, "ecs.tsv")
{
    whole_t w;
    pg_span_t line;

    make_line(&w, row->field[0]);
    line = pg_span_trim(made(&w.in, 65536));
    ck_assert_msg(pg_span_eq(line, row->field[1]), "%.*s\t%.*s",
                  (int)row->field[0].len, row->field[0].ptr, (int)line.len,
                  line.ptr);
}

/* How long each value, how many fields: each row is taken when what the one
 * before makes is an octet too long. */
static const struct {
    size_t value, fields;
} shortened[] = {
    { 65536, 1000 }, { 2048, 100 }, { 512, 100 }, { 128, 32 }, { 64, 12 },
    { 32, 4 }, { 16, 0 }
};

PG_TEST(a_field_too_many_is_missing_and_that_is_said)
{
    enum { MOST = 1000 };
    pg_field_t fields[MOST + 1];
    whole_t w;

    make_whole(&w);
    for (int i = 0; i <= MOST; i++) {
        fields[i] = (pg_field_t){ PG_SPAN("n"), PG_SPAN("x") };
    }
    w.in.field = fields;
    for (w.in.fields = MOST; w.in.fields <= MOST + 1; w.in.fields++) {
        json_t *root = line_of(&w.in, 1000000);
        json_t *ours = json_object_get(root, "proxyguard");

        ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(
                              json_object_get(root, "http"), "request"),
                              "headers")), MOST);
        ck_assert_int_eq(json_is_true(json_object_get(ours, "cut")),
                         w.in.fields > MOST);
        json_decref(root);
    }
}

PG_TEST(a_long_line_keeps_as_much_as_fits)
{
    enum { FIELDS = 1001, LONG = 65537, MOST = 4000000 };
    pg_field_t *fields = apr_palloc(pool, FIELDS * sizeof(*fields));
    char *big = apr_palloc(pool, LONG);
    apr_size_t most = MOST;
    whole_t w;

    memset(big, 'x', LONG);
    make_whole(&w);
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = (pg_field_t){ PG_SPAN("n"), pg_span_make(big, 3000) };
    }
    w.event.user_agent = pg_span_make(big, LONG);
    w.in.field = fields;
    w.in.fields = FIELDS;
    for (size_t i = 0; i < sizeof(shortened) / sizeof(*shortened); i++) {
        pg_span_t line = made(&w.in, most);
        json_t *root = line_of(&w.in, line.len);

        ck_assert_uint_eq(strlen(at(root, "user_agent", "original")),
                          shortened[i].value);
        ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(
                              json_object_get(root, "http"), "request"),
                              "headers")), shortened[i].fields);
        ck_assert(json_is_true(json_object_get(
            json_object_get(root, "proxyguard"), "cut")));
        json_decref(root);
        most = line.len - 1;
    }
    ck_assert(pg_span_eq(made(&w.in, most), PG_SPAN("\n")));
}
