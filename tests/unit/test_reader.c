/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The reader of lines: whatever is put around a line, it finds no fewer
 * attempts than in the line alone, and no client that is not one. */
#include "pg_test.h"

#include <stdio.h>

#include <apr_strings.h>

#include "pg_classify.h"
#include "pg_logjson.h"
#include "pg_loose_request.h"
#include "pg_reader.h"
#include "pg_urls.h"

#define LATER (APR_INT64_C(4000000000) * APR_USEC_PER_SEC)

/* The same line in each envelope; '@' is where it goes, as it is, and '%'
 * where it goes as the text of JSON or of a quoted whole line. */
static const char *const envelopes[] = {
    "@",
    "{\"log\":\"%\\n\",\"stream\":\"stdout\",\"time\":\"2025-01-01T00:00Z\"}",
    "{\"message\":\"%\"}",
    "{\"host\":{\"name\":\"web\"},\"MESSAGE\":\"%\"}",
    "{\"short_message\":\"%\",\"host\":\"web\"}",
    "{\"a\":{\"line\":\"%\"}}",
    "{\"event\":{\"original\":\"%\"}}",
    "Nov 18 11:02:03 web httpd[8]: @",
    "<134>Nov  8 11:02:03 web httpd: @",
    "<134>1 2025-01-01T00:00:00Z web httpd 812 - - @",
    "2025-01-01T00:00:00.123456789Z stdout F @",
    "2025-01-01T00:00:00.123456789Z @",
    "2025-01-01T00:00:00+0000 web httpd[812]: @",
    "web_1  | @",
    "[pod/web-7d9f/httpd] @",
    "/var/log/apache2/access.log:@",
    "\"%\"",
    "\xef\xbb\xbf@",
    "@\r",
    "2025-01-01T00:00:00Z stdout F {\"log\":\"%\"}",
};

enum { ENVELOPES = sizeof(envelopes) / sizeof(envelopes[0]) };

typedef struct world_t {
    apr_pool_t *pool;
    pg_logformat_t format[4];
    pg_reading_t how;
    pg_reader_t reader;
} world_t;

static void begin(world_t *w, apr_size_t longest)
{
    memset(w, 0, sizeof(*w));
    apr_pool_create(&w->pool, NULL);
    w->how = (pg_reading_t){ .format = w->format, .json = true, .any = true,
                             .now = LATER };
    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_compile(&w->format[w->how.formats++], *name, w->pool);
    }
    pg_reader_begin(&w->reader, &w->how,
                    apr_palloc(w->pool, PG_READER_MEMORY(longest)),
                    PG_READER_MEMORY(longest));
    w->reader.head = false;
}

/* As httpd writes what a client sent (ap_escape_logitem). */
static char *put_logged(char *out, pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\') {
            *out++ = '\\';
            *out++ = (char)c;
        }
        else if (c < 0x20 || c >= 0x7f) {
            out += sprintf(out, "\\x%02x", c);
        }
        else {
            *out++ = (char)c;
        }
    }
    return out;
}

static const char *logged(pg_span_t request, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, request.len * 4 + 200);
    char *out = text + sprintf(text, "203.0.113.7 - - [18/Nov/2024:11:02:04 "
                               "+0000] \"");

    out = put_logged(out, request);
    strcpy(out, "\" 405 226 \"-\" \"ua\"");
    return text;
}

/* A text as a string of JSON, or a whole quoted line, has it. */
static char *put_quoted(char *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            *out++ = '\\';
        }
        *out++ = *text;
    }
    return out;
}

static const char *wrapped(const char *envelope, const char *line,
                           apr_pool_t *pool)
{
    char *text = apr_palloc(pool, strlen(envelope) + strlen(line) * 2 + 1);
    char *out = text;

    for (const char *e = envelope; *e; e++) {
        if (*e == '@') {
            out = stpcpy(out, line);
        }
        else if (*e == '%') {
            out = put_quoted(out, line);
        }
        else {
            *out++ = *e;
        }
    }
    *out = '\0';
    return text;
}

static bool is_attempt(world_t *w, const char *text)
{
    pg_span_t exact = pg_test_exact(pg_span_str(text));
    pg_logline_t line;
    pg_request_t request;
    pg_verdict_t verdict;
    bool found = false;

    if (pg_reader_line(&w->reader, &line, exact) == PG_READ_REQUEST) {
        ck_assert_msg(pg_span_eq(line.field[PG_FIELD_CLIENT],
                                 PG_SPAN("203.0.113.7")), "%s: %.*s", text,
                      (int)line.field[PG_FIELD_CLIENT].len,
                      line.field[PG_FIELD_CLIENT].ptr);
        request = (pg_request_t){
            .line = pg_reader_sent(&w->reader, &line, PG_FIELD_REQUEST),
            .method = line.field[PG_FIELD_METHOD],
            .target = line.field[PG_FIELD_TARGET]
        };
        found = pg_classify(&verdict, &request, NULL) != PG_CLASS_CLEAN;
    }
    free((void *)(apr_uintptr_t)exact.ptr);
    return found;
}

PG_TEST_SUITE(reader, .seconds = 60);

PG_TEST(an_envelope_hides_no_attempt)
{
    int count, attempts = 0;
    const pg_row_t *rows = pg_test_rows("classify.tsv", &count);
    apr_pool_t *pool;
    world_t w;

    begin(&w, 1 << 17);
    ck_assert_int_gt(count, 100);
    apr_pool_create(&pool, w.pool);
    for (int i = 0; i < count; i++) {
        const char *plain = logged(rows[i].field[0], pool);
        bool attempt = is_attempt(&w, plain);
        attempts += attempt;
        for (int e = 0; e < ENVELOPES && attempt; e++) {
            const char *text = wrapped(envelopes[e], plain, pool);
            ck_assert_msg(is_attempt(&w, text), "row %d: %s", rows[i].line,
                          text);
        }
        apr_pool_clear(pool);
    }
    ck_assert_int_gt(attempts, 100);
    apr_pool_destroy(w.pool);
}

/* --- clients ------------------------------------------------------------- */

PG_TEST(a_client_is_an_address_or_a_name)
{
    static const struct { const char *text, *client; } cases[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "192.0.2.1:51234", "192.0.2.1" },
        { "192.0.2.1, 10.0.0.1", "192.0.2.1" },
        { "192.0.2.1,10.0.0.1", "192.0.2.1" },
        { "2001:DB8::1", "2001:db8::1" },
        { "[2001:db8::1]", "2001:db8::1" },
        { "[2001:db8::1]:443", "2001:db8::1" },
        { "fe80::1%eth0", "fe80::1" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "client.example.net", "client.example.net" },
        { "localhost", "localhost" },
        { "\"192.0.2.1\"", "192.0.2.1" },
        { "Nov", "" }, { "-", "" }, { "", "" }, { "192.0.2", "" },
        { "192.0.2.1.5", "" }, { "192.0.2.256", "" }, { "1.5", "" },
        { "web_1", "" }, { "a..b", "" }, { ".a.b", "" }, { "a.b.", "" },
        { "[192.0.2.1", "" }, { "unix:", "" }, { "12345", "" },
        { "17:2001:db8::1", "" }, { "64:ff9b::c000:201", "64:ff9b::c000:201" },
        { "fe80", "" }, { "a b.example", "" }, { "::g", "" },
        { "[wsgi:110][waitress-0]", "" }, { "[::1]:1234567890123", "" },
    };
    static const pg_address_t none;
    pg_client_t client;

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pg_span_t text = pg_test_exact(pg_span_str(cases[i].text));
        memset(&client, 0xff, sizeof(client));
        pg_client_read(&client, text);
        ck_assert_msg(!strcmp(client.text, cases[i].client), "'%s': '%s'",
                      cases[i].text, client.text);
        ck_assert_int_eq(client.kind == PG_CLIENT_NONE,
                         cases[i].client[0] == '\0');
        ck_assert_msg((memcmp(&client.address, &none, sizeof(none)) != 0)
                      == (client.kind == PG_CLIENT_ADDRESS), "%s",
                      cases[i].text);
        free((void *)(apr_uintptr_t)text.ptr);
    }
}

PG_TEST(private_addresses_are_those_of_the_rfcs)
{
    static const struct { const char *text; bool is; } cases[] = {
        { "10.0.0.1", true }, { "11.0.0.1", false }, { "172.16.0.1", true },
        { "172.31.0.1", true }, { "172.32.0.1", false },
        { "172.15.0.1", false }, { "192.168.1.1", true },
        { "192.169.1.1", false }, { "127.0.0.1", true },
        { "100.64.0.1", true }, { "100.128.0.1", false },
        { "169.254.1.1", true }, { "169.253.1.1", false }, { "::1", true },
        { "fd00::1", true }, { "fe80::1", true }, { "2001:db8::1", false },
        { "localhost", false },
    };
    pg_client_t client;

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pg_client_read(&client, pg_span_str(cases[i].text));
        ck_assert_msg(pg_client_is_private(&client) == cases[i].is, "%s",
                      cases[i].text);
    }
}

/* --- what a client cannot do --------------------------------------------- */

PG_TEST(a_client_cannot_write_itself_another_address_or_request)
{
    static const char *const lines[] = {
        ("203.0.113.7 - - [18/Nov/2024:11:02:04 +0000] \"CONNECT "
         "a.example:25 HTTP/1.0\" 405 1 \"-\" \"GET / HTTP/1.1\" 200 x"),
        ("[18/Nov/2024:11:02:04 +0000] 203.0.113.7 | \"CONNECT a.example:25 "
         "HTTP/1.0\" | \"client=192.0.2.9 [client 192.0.2.9]\" 405"),
        ("[18/Nov/2024:11:02:04 +0000] \"GET http://a.example/?method=GET "
         "HTTP/1.1\" 403 1 \"ua 192.0.2.9\" \"203.0.113.7\""),
        ("203.0.113.7 18/Nov/2024:11:02:04 GET http://a.example/ method=GET "
         "uri=/ status=200 remote_addr=192.0.2.9"),
        ("{\"remote_addr\":\"203.0.113.7\",\"request\":\"GET "
         "http://a.example/\\\",\\\"remote_addr\\\":\\\"192.0.2.9 HTTP/1.1\""
         ",\"status\":403}"),
    };
    world_t w;

    begin(&w, 1 << 14);
    for (apr_size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ck_assert_msg(is_attempt(&w, lines[i]), "%s", lines[i]);
    }
    apr_pool_destroy(w.pool);
}

/* What a glance takes for clean must be so for the reader as well. */
static void check_glance(world_t *w, pg_logjson_keys_t *keys, const char *row,
                         bool clean, pg_span_t size)
{
    pg_span_t home, text = pg_test_exact(pg_span_str(row));
    pg_logline_t line;

    ck_assert_msg(pg_logjson_is_clean(keys, &home, text) == clean, "%s", row);
    ck_assert_msg(pg_span_eq(home, size), "%s", row);
    if (clean) {
        ck_assert_int_eq(pg_reader_line(&w->reader, &line, text),
                         PG_READ_REQUEST);
    }
    free((void *)(apr_uintptr_t)text.ptr);
}

PG_TEST(an_object_is_clean_at_a_glance_only_if_it_is)
{
    static const struct {
        const char *line;
        enum { NOT, CLEAN, HOME } is;    /* HOME: a page of 16 octets      */
    } row[] = {
        { "{\"a\":1,\"request\":\"GET /x HTTP/1.1\",\"status\":200}", CLEAN },
        { "{ \"request\" : \"GET /x HTTP/1.1\" , \"b\" : null } ", CLEAN },
        { "{\"request\":\"GET / HTTP/1.1\"}", NOT },
        { "{\"request\":\"GET / HTTP/1.1\",\"status\":200,\"size\":16}",
          HOME },
        { "{\"size\":\"16\",\"status\":\"206\",\"request\":"
          "\"GET / HTTP/1.1\"}", HOME },
        { "{\"request\":\"GET / HTTP/1.1\",\"status\":304,\"size\":16}",
          CLEAN },
        { "{\"request\":\"HEAD / HTTP/1.1\",\"status\":200,\"size\":16}",
          CLEAN },
        { "{\"request\":\"GET / SIP/2.0\",\"status\":200,\"size\":16}",
          NOT },
        { "{\"request\":\"GET / HTTP/1.1x\",\"status\":200,\"size\":16}",
          NOT },
        { "{\"request\":\"GET / HTTP/1.1\",\"status\":200,\"size\":\"-\"}",
          NOT },
        { "{\"request\":\"GET / HTTP/1.1\",\"status\":\"2xx\",\"size\":16}",
          NOT },
        { "{\"request\":\"GET / HTTP/1.1\",\"status\":200,"
          "\"size\":123456789012345678901}", NOT },
        { "{\"request\":\"GET /x HTTP/1.1\"", NOT },      /* cut off     */
        { "{\"request\":\"GET /x HTTP/1.1", NOT },
        { "{\"request\":\"GET /x HTTP/1.1\"}{\"request\":\"a\"}", NOT },
        { "{\"request\":\"GET /x HTTP/1.1\",\"a\":{}}", NOT },
        { "{\"request\":\"GET /x HTTP/1.1\",\"a\":[]}", NOT },
        { "{\"request\":\"-\",\"req\":\"GET /x HTTP/1.1\"}", CLEAN },
        { "{\"req\":\"GET /x HTTP/1.1\",\"request_line\":"
          "\"GET http://a.test/ HTTP/1.1\"}", NOT },
        { "{\"request_line\":\"GET /x HTTP/1.1\",\"req\":\"b\"}", CLEAN },
        { "{\"request\":\"/x\",\"method\":\"GET\"}", NOT },
        { "{\"request\":\"GET http://a.test/\"}", NOT },
        { "{\"request\":\"GET /x HTTP/1.1\",\"RequestPath\":\"/x\"}", NOT },
        { "{}", NOT },
        { "{", NOT },
    };
    pg_logjson_keys_t keys;
    world_t w;

    memset(&keys, 0, sizeof(keys));
    begin(&w, 4096);
    for (apr_size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        check_glance(&w, &keys, row[i].line, row[i].is != NOT,
                     pg_span_str(row[i].is == HOME ? "16" : NULL));
    }
    apr_pool_destroy(w.pool);
}

PG_TEST(a_line_that_was_not_read_is_told_from_one_without_a_request)
{
    static const struct { const char *line; pg_read_e read; } cases[] = {
        { "", PG_READ_BLANK },
        { "203.0.113.7 - - [18/Nov/2024:11:02:04 +0000] \"-\" 408 -",
          PG_READ_SILENT },
        { "what is this", PG_READ_UNREAD },
        { "see http://a.example/", PG_READ_SUSPECT },
        { "connect a.example:25", PG_READ_SUSPECT },
        { "connect a.example", PG_READ_UNREAD },
        { "AH00558: httpd: Could not determine the name", PG_READ_OTHER },
        { "#Software: Microsoft Internet Information Services 10.0",
          PG_READ_OTHER },
        { "-Zzr0", PG_READ_OTHER },
        { "{\"level\":\"info\",\"msg\":\"started\"}", PG_READ_UNREAD },
        { "1731927723 5120 .", PG_READ_UNREAD },
        { "{\"request\":\"-\",\"message\":\"what is this\"}",
          PG_READ_SILENT },
        { "{\"message\":\"what is this\"}", PG_READ_UNREAD },
        { "{\"message\":\"\\u0005\\u0001\"}", PG_READ_REQUEST },
        { "{\"message\":\"\\u0003\\u0001\"}", PG_READ_UNREAD },
        { "{\"event_type\":\"flow\"}", PG_READ_OTHER },
        { "{\"event_type\":\"http\"}", PG_READ_UNREAD },
    };
    pg_logline_t line;
    world_t w;

    begin(&w, 1 << 14);
    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(pg_reader_line(&w.reader, &line,
                                     pg_span_str(cases[i].line))
                      == cases[i].read, "%s", cases[i].line);
    }
    apr_pool_destroy(w.pool);
}

/* What begins and ends a part of ModSecurity's audit log, and what does not. */
static const struct {
    const char *line;
    bool is;
} boundaries[] = {
    { "--8f3a21bc-A--", true },      { "--8f3a21bc-Y--", true },
    { "--8F3A21BZ-K--", true },      { "---8f3a21bc---A--", true },
    { "--8f3a21bc-a--", false },     { "--8f3a21bc-@--", false },
    { "--8f3a21bc-[--", false },     { "--8f3a21b!-A--", false },
    { "--!f3a21bc-A--", false },     { "+-8f3a21bc-A--", false },
    { "-+8f3a21bc-A--", false },     { "--8f3a21bc+A--", false },
    { "--8f3a21bc-A+-", false },     { "--8f3a21bc-A-+", false },
    { "--8f3a21b-A--", false },      { "--8f3a21bcd-A--", false },
    { "--+8f3a21bc---A--", false },  { "---8f3a21bc--+A--", false },
    { "---8f3a21bc-+-A--", false },  { "---8f3a21bc---A-+", false },
    { "---8f3a21bc--A--", false },   { "---8f3a21bcd---A--", false },
};

PG_TEST_EACH(a_boundary_has_an_id_and_a_letter, boundaries)
{
    pg_logline_t line;
    world_t w;

    begin(&w, 1 << 10);
    pg_reader_line(&w.reader, &line, pg_span_str(boundaries[_i].line));
    ck_assert_msg((w.reader.audit.section != '\0') == boundaries[_i].is, "%s",
                  boundaries[_i].line);
    apr_pool_destroy(w.pool);
}

#define AUDIT_TIME "[19/Mar/2025:11:02:00 +0000]"
#define AUDIT_A AUDIT_TIME " Z9 192.0.2.7 51422 192.0.2.1 80"
#define COMBINED "192.0.2.9 - - " AUDIT_TIME " \"GET /c HTTP/1.1\" 200 5"

/* Read one after the other, each with the request that it has and who sent
 * it. */
static const struct {
    const char *line, *request, *client;
    bool read;                   /* or known to hold none              */
} parts[] = {
    { "what is this", "", "", false },
    { "--8f3a21bc-A--", "", "", true },
    { AUDIT_A, "", "", true },
    { "--8f3a21bc-B--", "", "", true },
    { "GET http://a.test/ HTTP/1.1", "GET http://a.test/ HTTP/1.1",
      "192.0.2.7", true },
    { "Host: own.test", "", "", true },
    { "GET http://b.test/ HTTP/1.1", "", "", true },
    { COMBINED, "", "", true },           /* a field, for all we know  */
    { "--8f3a21bc-C--", "", "", true },
    { "--00000000-B--", "", "", true },   /* of a body                 */
    { "GET http://c.test/ HTTP/1.1", "", "", true },
    { "--00000000-Z--", "", "", true },
    { "--8f3a21bc-F--", "", "", true },
    { "HTTP/1.1 200 OK", "", "", true },
    { "--8f3a21bc-Z--", "", "", true },
    { "what is this", "", "", false },
    { "--8f3a21bd-A--", "", "", true },   /* cut off after it          */
    { "what is this", "", "", false },
    { "what is this", "", "", false },
    { "--8f3a21be-A--", "", "", true },
    { COMBINED, "GET /c HTTP/1.1", "192.0.2.9", true },
    { "what is this", "", "", false },
    { "--8f3a21bf-A--", "", "", true },
    { AUDIT_A, "", "", true },
    { "what is this", "", "", true },
    { COMBINED, "GET /c HTTP/1.1", "192.0.2.9", true },
    { "what is this", "", "", false },
    { "--8f3a21c0-A--", "", "", true },
    { AUDIT_TIME " Z9 192.0.2.8 51422 192.0.2.1 80", "", "", true },
    { "--8f3a21c0-B--", "", "", true },
    { "what is this", "what is this", "192.0.2.8", true },
    { "--8f3a21c0-H--", "", "", true },
    { COMBINED, "GET /c HTTP/1.1", "192.0.2.9", true },
    { "--8f3a21c0-Z--", "", "", true },
    { "what is this", "", "", false },
};

PG_TEST(a_request_in_an_audit_log_is_the_first_line_of_its_part)
{
    world_t w;

    begin(&w, 1 << 10);
    for (apr_size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        pg_logline_t line;
        pg_read_e read = pg_reader_line(&w.reader, &line,
                                        pg_span_str(parts[i].line));
        bool asks = parts[i].request[0] != '\0';

        ck_assert_msg(read == (asks ? PG_READ_REQUEST
                               : parts[i].read ? PG_READ_OTHER
                                              : PG_READ_UNREAD),
                      "row %d: %d", (int)i, (int)read);
        if (asks) {
            ck_assert(pg_span_eq(line.field[PG_FIELD_REQUEST],
                                 pg_span_str(parts[i].request)));
            ck_assert(pg_span_eq(line.field[PG_FIELD_CLIENT],
                                 pg_span_str(parts[i].client)));
            ck_assert(pg_span_has(line.field[PG_FIELD_TIME],
                                  "19/Mar/2025:11:02:00 +0000"));
        }
    }
    apr_pool_destroy(w.pool);
}

PG_TEST(the_room_of_an_envelope_without_a_line_is_given_back)
{
    pg_span_t text = PG_SPAN("\"what \\\"is\\\" this\"");
    pg_logline_t line;
    world_t w;

    begin(&w, text.len);
    ck_assert_int_eq(pg_reader_line(&w.reader, &line, text), PG_READ_UNREAD);
    ck_assert_ptr_eq(w.reader.room.at, w.reader.memory);
    apr_pool_destroy(w.pool);
}

PG_TEST(an_object_is_read_as_far_as_it_goes)
{
    static const struct { const char *text, *request; } cases[] = {
        { "{\"request\":\"GET /\"}", "GET /" },
        { "{\"request\":\"GET /", "GET /" }, { "{\"request\":\"", "" },
        { "{\"request\":", "" }, { "{\"request", "" }, { "{\"", "" },
        { "{}", "" }, { "", NULL }, { "}", NULL }, { "[]", NULL },
        { " {}", NULL },
    };
    char room[100];
    pg_room_t all = { room, room + sizeof(room) };
    pg_logline_t first;

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pg_span_t text = pg_test_exact(pg_span_str(cases[i].text));
        pg_room_t memory = { room, room + sizeof(room) };
        pg_logline_t line;

        ck_assert_msg(pg_logjson_read(&line, text, &memory)
                      == (cases[i].request ? text.len : 0), "%s",
                      cases[i].text);
        if (cases[i].request) {
            pg_span_t got = line.field[PG_FIELD_REQUEST];
            ck_assert_msg(pg_span_eq(got.ptr ? got : PG_SPAN(""),
                                     pg_span_str(cases[i].request)), "%s",
                          cases[i].text);
        }
        free((void *)(apr_uintptr_t)text.ptr);
    }
    ck_assert_uint_eq(pg_logjson_read(&first, PG_SPAN("{\"a\":{}}, {}"),
                                      &all), 8);
}

/* Requests for full URLs: a letter for the host, a digit for the path, '!' for
 * a refusal; "/" is one without a host. */
static const struct {
    int times;                   /* of the requests in front              */
    const char *requests, *more;
    bool everywhere;
} urls[] = {
    { 1, "a1 a2 a3", "", true }, { 1, "a1 a2", "", false },
    { 1, "a1 a1 a1", "", false }, { 1, "a1! a2! a3!", "", false },
    { 1, "a1! a2 a3!", "", true }, { 1, "A1 a2 A1", "", true },
    { 1, "a1 a2 b1 c1", "", true }, { 1, "a1 a2 b1 c1 d1", "", false },
    { 1, "a1 a2 b1 b2 c1 d1", "", true }, { 1, "a1 a2 a3", "/", false },
    { 24, "a1 a2", "a1 /", false }, { 25, "a1 a2", "/", true },
    { 50, "a1 a2", "/ /", true }, { 49, "a1 a2", "a1 / /", false },
    { 1, "/ /", "a1 a2 a3", false }, { 1, "", "", false },
};

static char *put_requests(char *out, const char *s)
{
    for (; *s; s++) {
        if (*s != ' ' && *s != '!') {
            out += sprintf(out, "192.0.2.1 - - [18/Nov/2024:11:02:04 +0000] "
                           "\"GET ");
            out += *s == '/' ? sprintf(out, "/")
                             : sprintf(out, "http://%c.test/%c", s[0], s[1]);
            s += *s != '/';
            out += sprintf(out, " HTTP/1.1\" %d 5 \"-\" \"ua\"\n",
                           *s != '/' && s[1] == '!' ? 403 : 200);
        }
    }
    return out;
}

PG_TEST_EACH(a_log_of_full_urls_is_known_by_its_visitors, urls)
{
    char *memory = malloc(PG_READER_MEMORY(PG_URLS_HEAD));
    char *text = malloc(PG_URLS_HEAD), *out = text;
    world_t w;

    begin(&w, 4096);
    for (int i = 0; i < urls[_i].times; i++) {
        out = put_requests(out, urls[_i].requests);
    }
    out = put_requests(out, urls[_i].more);
    ck_assert_int_eq(pg_urls_everywhere(&w.how, pg_span_between(text, out),
                                        memory), urls[_i].everywhere);
    apr_pool_destroy(w.pool);
    free(text);
    free(memory);
}

PG_TEST(a_line_of_columns_may_be_in_none)
{
    pg_logline_t line;
    world_t w;

    begin(&w, 4096);
    w.reader.head = true;
    ck_assert_int_eq(pg_reader_line(&w.reader, &line, PG_SPAN(
                         "time,message,level")), PG_READ_OTHER);
    ck_assert_int_eq(pg_reader_line(&w.reader, &line, PG_SPAN("a,,b")),
                     PG_READ_UNREAD);
    ck_assert_int_eq(pg_reader_line(&w.reader, &line, PG_SPAN(
                         "a,GET http://a.example/ HTTP/1.1,b")),
                     PG_READ_REQUEST);
    apr_pool_destroy(w.pool);
}

/* What a log begins with says how its lines are read. */
PG_TEST(some_logs_need_their_first_line)
{
    static const struct {
        const char *head;
        bool needs;
    } heads[] = {
        { "", false }, { "\n", false }, { "#", true }, { "a", false },
        { "a#", false }, { "\xef\xbb\xbf#", true }, { "\xef\xbb\xbf", false },
        { "[", true }, { " [ \n{", true }, { "[x", false },
        { "192.0.2.1 - - [", false },
    };

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        pg_span_t head = pg_test_exact(pg_span_str(heads[i].head));

        ck_assert_msg(pg_reader_needs_head(head) == heads[i].needs, "%zu", i);
        free((void *)(apr_uintptr_t)head.ptr);
    }
}

/* A request after the first, where another line may begin. */
static const struct {
    const char *line;
    bool is;
} joined[] = {
    { "a GET /x HTTP/1.1 200 5CONNECT a.example:25 HTTP/1.1", true },
    { "a GET /x HTTP/1.1 200 -CONNECT a.example:25 HTTP/1.1", false },
    { "a GET /x HTTP/1.1 200 xCONNECT a.example:25 HTTP/1.1", false },
    { "a GET /x HTTP/1.1 200 5ZCONNECT a.example:25 HTTP/1.1", true },
    { "a GET /x HTTP/1.1 200 xZCONNECT a.example:25 HTTP/1.1", false },
    { "a GET /x HTTP/1.1 200 5mCONNECT a.example:25 HTTP/1.1", false },
    { "a GET /x HTTP/1.1 200 \x1b[32mCONNECT a.example:25 HTTP/1.1", true },
    { "a GET /x HTTP/1.1 200 \x1b[45678mCONNECT a.example:25 HTTP/1.1", true },
    { "a GET /x HTTP/1.1 200 \x1b[456789mCONNECT a.example:25 HTTP/1.1",
      false },
    { "\x1b[0m GET /x HTTP/1.1 200 5mCONNECT a.example:25 HTTP/1.1", false },
};

PG_TEST_EACH(a_request_may_begin_where_a_line_can_end, joined)
{
    pg_span_t line = pg_test_exact(pg_span_str(joined[_i].line));

    ck_assert_msg(pg_loose_request_is_joined(line) == joined[_i].is, "%s",
                  joined[_i].line);
    free((void *)(apr_uintptr_t)line.ptr);
}

PG_TEST(an_envelope_is_that_of_the_last_line)
{
    static const struct {
        const char *line;
        pg_envelope_e envelope;
    } lines[] = {
        { "web_1  | " COMBINED, PG_ENVELOPE_COMPOSE },
        { COMBINED, PG_ENVELOPE_NONE },
        { "[pod/web] web_1  | " COMBINED, PG_ENVELOPE_KUBECTL },
        { "web_1  | what is this", PG_ENVELOPE_NONE },
    };
    pg_logline_t line;
    world_t w;

    begin(&w, 1 << 10);
    for (apr_size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        pg_reader_line(&w.reader, &line, pg_span_str(lines[i].line));
        ck_assert_msg(w.reader.envelope == lines[i].envelope, "%s",
                      lines[i].line);
    }
    apr_pool_destroy(w.pool);
}
