/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Lines that are JSON objects, or nearly: their texts, what they nest, and
 * where one of several ends. */
#include "pg_test.h"

#include <stdio.h>

#include "pg_escape.h"
#include "pg_logjson.h"

PG_TEST_SUITE(logjson);

static pg_span_t present(pg_span_t s)
{
    return s.ptr ? s : PG_SPAN("");
}

/* A field of a line, copied to out; room for what is unescaped ends with it. */
static void read_field(char *out, apr_size_t size, pg_span_t line,
                       pg_field_e field)
{
    pg_span_t text = pg_test_exact(line), got;
    char *memory = malloc(line.len + 1);
    pg_room_t room = { memory, memory + line.len };
    pg_logline_t found;

    ck_assert(pg_logjson_read(&found, text, &room));
    ck_assert(room.at <= room.end);
    got = present(found.field[field]);
    ck_assert_uint_lt(got.len, size);
    memcpy(out, got.ptr, got.len);
    out[got.len] = '\0';
    free(memory);
    free((char *)text.ptr);
}

/* --- texts --------------------------------------------------------------- */

static const struct {
    const char *text, *octets;
} escapes[] = {
    { "a", "a" }, { "\\u0041", "A" }, { "x\\u0041y", "xAy" },
    { "\\u00E9\\u00e9", "\xc3\xa9\xc3\xa9" }, { "\\u007f", "\x7f" },
    { "\\u0080", "\xc2\x80" }, { "\\u07ff", "\xdf\xbf" },
    { "\\u0800", "\xe0\xa0\x80" }, { "\\uffff", "\xef\xbf\xbf" },
    { "\\ud7ff", "\xed\x9f\xbf" }, { "\\ue000", "\xee\x80\x80" },
    { "\\ud800\\udc00", "\xf0\x90\x80\x80" },
    { "\\udbff\\udfff", "\xf4\x8f\xbf\xbf" },
    { "\\ud83d\\ude00!", "\xf0\x9f\x98\x80!" },
    { "\\ud800", "\xed\xa0\x80" }, { "\\udfff", "\xed\xbf\xbf" },
    { "\\ud800x", "\xed\xa0\x80x" }, { "\\ud800\\n", "\xed\xa0\x80\n" },
    { "\\ud800\\udbff", "\xed\xa0\x80\xed\xaf\xbf" },
    { "\\ud800\\ue000", "\xed\xa0\x80\xee\x80\x80" },
    { "\\udc00\\udc00", "\xed\xb0\x80\xed\xb0\x80" },
    { "\\ud800\\u0041", "\xed\xa0\x80" "A" },
    { "\\ud800\\udc0", "\xed\xa0\x80\\udc0" },
    { "\\ud800/udc00", "\xed\xa0\x80/udc00" },
    { "\\ud800\\xdc00", "\xed\xa0\x80\xdc" "00" },
    { "\\u", "\\u" }, { "\\u0", "\\u0" }, { "\\u004", "\\u004" },
    { "\\u004g", "\\u004g" }, { "\\ug041", "\\ug041" },
    { "\\U0041", "\\U0041" }, { "\\\\u0041", "\\u0041" },
    { "\\/", "/" }, { "a\\/b\\/", "a/b/" }, { "/", "/" },
    { "\\x41", "A" }, { "\\x41\\x42c", "ABc" }, { "\\x4", "\\x4" },
    { "\\x", "\\x" }, { "\\xg1", "\\xg1" }, { "\\x4g", "\\x4g" },
    { "\\n\\r\\t\\b\\f\\v", "\n\r\t\b\f\v" }, { "\\\"", "\"" },
    { "\\\\", "\\" }, { "\\\\\\\\", "\\\\" }, { "\\q", "\\q" },
    { "a\\\\\\\"b", "a\\\"b" },
};

PG_TEST_EACH(an_escape_in_a_text_is_undone, escapes)
{
    char line[128], out[128];
    int n = snprintf(line, sizeof(line), "{\"request\":\"%s\"}",
                     escapes[_i].text);

    read_field(out, sizeof(out), pg_span_make(line, (apr_size_t)n),
               PG_FIELD_REQUEST);
    ck_assert_str_eq(out, escapes[_i].octets);
    /* cut off there */
    read_field(out, sizeof(out), pg_span_make(line, (apr_size_t)n - 2),
               PG_FIELD_REQUEST);
    ck_assert_str_eq(out, escapes[_i].octets);
}

/* Each character but surrogates, against the decoder of UTF-8. */
PG_TEST(each_character_is_itself)
{
    apr_uint32_t wrong = 0;

    for (apr_uint32_t code = 0x20; code <= 0x10ffff;
         code += code < 0x11000 || code > 0x10ff00 ? 1 : 0xfb) {
        unsigned high = 0xd800 + (code - 0x10000) / 0x400;
        unsigned low = 0xdc00 + (code - 0x10000) % 0x400;
        char line[64], memory[64];
        pg_room_t room = { memory, memory + sizeof(memory) };
        pg_logline_t found;
        pg_span_t got;
        apr_uint32_t read = 0;

        if (code >= 0xd800 && code < 0xe000) {
            continue;
        }
        if (code < 0x10000) {
            sprintf(line, "{\"request\":\"\\u%04x\"}", (unsigned)code);
        }
        else {
            sprintf(line, "{\"request\":\"\\u%04x\\u%04X\"}", high, low);
        }
        ck_assert(pg_logjson_read(&found, pg_span_str(line), &room));
        got = present(found.field[PG_FIELD_REQUEST]);
        if (pg_escape_utf8_next(got, &read) != got.len || read != code) {
            wrong = code;
        }
    }
    ck_assert_msg(wrong == 0, "U+%04X", (unsigned)wrong);
}

PG_TEST(a_text_for_which_there_is_no_room_stays_escaped)
{
    pg_span_t line = PG_SPAN("{\"request\":\"a\\/b\"}");

    for (apr_size_t n = 0; n < 8; n++) {
        char memory[8];
        pg_room_t room = { memory, memory + n };
        pg_logline_t found;

        ck_assert(pg_logjson_read(&found, line, &room));
        ck_assert(pg_span_eq(found.field[PG_FIELD_REQUEST],
                             n < 4 ? PG_SPAN("a\\/b") : PG_SPAN("a/b")));
        ck_assert_ptr_eq(room.at, memory + (n < 4 ? 0 : 3));
    }
}

/* --- objects ------------------------------------------------------------- */

static const struct {
    const char *line, *request, *status;
} objects[] = {
    { "{\"request\":\"a\",\"status\":200}", "a", "200" },
    { "{\"status\":200,\"request\":\"a\"}", "a", "200" },
    { "{'request':'a','status':'200'}", "a", "200" },
    { "{\"request\"=>\"a\",\"status\"=>200}", "a", "200" },
    { "{ \"request\" : \"a\" , \"status\" : 200 }", "a", "200" },
    { "{\t\"request\" => \"a\",\r\n\"status\"\t=> 200\n}", "a", "200" },
    { "{\"x\":[1,{\"request\":\"a\"}],\"status\":200}", "", "200" },
    { "{\"data\":[1,{\"request\":\"a\"}],\"status\":200}", "a", "200" },
    { "{\"x\":{\"y\":{\"requestLine\":\"a\"}},\"status\":200}", "a", "200" },
    { "{\"x\":{\"y\":1},\"requestLine\":\"a\",\"z\":{\"status\":2}}", "a",
      "2" },
    { "{\"x\":[],\"request\":\"a\",\"y\":{},\"status\":200}", "a", "200" },
    { "{\"request\":null,\"status\":true}", "", "" },
    { "{\"request\":\"\",\"status\":\"\"}", "", "" },
    { "{\"request\":\"a\",\"request\":\"b\"}", "a", "" },
    { "{\"request\":\"a\"}{\"status\":200}", "a", "" },
    { "{\"request\":\"a\"} \"status\":200", "a", "" },
    { "{\"request\":\"a\\\"b\",\"status\":200}", "a\"b", "200" },
    { "{\"request\":\"a'b\",'status':'20\"0'}", "a'b", "20\"0" },
    { "{\"status\":-1}", "", "" }, { "{\"status\":+1}", "", "" },
    { "{\"status\":0}", "", "0" }, { "{\"status\":9}", "", "9" },
    { "{\"status\":200", "", "200" }, { "{\"status\":200,", "", "200" },
    { "{\"status\":200]", "", "200" }, { "{\"status\":2 0}", "", "2" },
    { "{\"request\":\"a\" \"status\":200}", "a", "200" },
    { "{\"request\"=\"a\",\"status\":200}", "", "200" },
    { "{\"request\">\"a\",\"status\":200}", "", "200" },
    { "{\"request\":\"a\",,\"status\":200}", "a", "200" },
    { "{request:\"a\",\"status\":200}", "", "200" },
    { "{\"x\":\"{\\\"request\\\":\\\"a\\\"}\"}", "", "" },
    { "{\"x\":\"request\",\"y\":\"a\"}", "", "" },
    { "{\"request\"", "", "" }, { "{\"request\":", "", "" },
    { "{\"request\":\"a", "a", "" }, { "{\"request\":\"a\\", "a\\", "" },
    { "{\"request\"=", "", "" }, { "{\"request\"=>", "", "" },
    { "{\"request\" ", "", "" }, { "{:", "", "" }, { "{}}", "", "" },
    { "{]\"request\":\"a\"", "", "" },
    { "{\"x\":]}\"request\":\"a\"", "", "" },
};

PG_TEST_EACH(an_object_has_these_fields, objects)
{
    char out[64];
    pg_span_t line = pg_span_str(objects[_i].line);

    read_field(out, sizeof(out), line, PG_FIELD_REQUEST);
    ck_assert_str_eq(out, objects[_i].request);
    read_field(out, sizeof(out), line, PG_FIELD_STATUS);
    ck_assert_str_eq(out, objects[_i].status);
}

/* As journald writes a message that is not UTF-8. */
static const struct {
    const char *line, *message;
} messages[] = {
    { "{\"MESSAGE\":\"GET\"}", "GET" }, { "{\"MESSAGE\":[71,69,84]}", "GET" },
    { "{\"MESSAGE\":[71, 69 ,\t84 ]}", "GET" }, { "{\"MESSAGE\":[71]}", "G" },
    { "{\"MESSAGE\":[255]}", "\xff" }, { "{\"MESSAGE\":[256]}", "" },
    { "{\"MESSAGE\":[071]}", "G" }, { "{\"MESSAGE\":[71,256]}", "" },
    { "{\"MESSAGE\":[71,\"a\"]}", "a" }, { "{\"MESSAGE\":[71,69", "" },
    { "{\"MESSAGE\":[]}", "" }, { "{\"MESSAGE\":[ 71]}", "" },
    { "{\"MESSAGE\":[", "" }, { "{\"MESSAGE\":[7", "" },
    { "{\"MESSAGE\":7}", "" }, { "{\"MESSAGES\":[71]}", "" },
    { "{\"x\":[71],\"MESSAGE\":[72]}", "H" },
    { "{\"MESSAGE\":[71],\"MESSAGE\":\"b\"}", "G" },
    { "{\"MESSAGE\":{\"x\":[71]}}", "" },
};

PG_TEST_EACH(a_message_may_be_a_list_of_octets, messages)
{
    char out[64];

    read_field(out, sizeof(out), pg_span_str(messages[_i].line),
               PG_FIELD_EMBEDDED);
    ck_assert_str_eq(out, messages[_i].message);
}

PG_TEST(what_follows_a_list_of_octets_is_read)
{
    char out[64];

    read_field(out, sizeof(out),
               PG_SPAN("{\"MESSAGE\":[71,69],\"status\":200}"),
               PG_FIELD_STATUS);
    ck_assert_str_eq(out, "200");
}

/* 32 lists, or objects, in each other are read. */
PG_TEST(what_nests_deeper_than_32_is_not_read)
{
    for (int depth = 1; depth < 36; depth++) {
        char line[128] = "{\"requestLine\":", out[64];

        for (int i = 1; i < depth; i++) {
            strcat(line, "[");
        }
        strcat(line, "\"x\"");
        read_field(out, sizeof(out), pg_span_str(line), PG_FIELD_REQUEST);
        ck_assert_msg((*out == 'x') == (depth <= 32), "%d", depth);
        line[strlen(line) - 4] = depth > 1 ? '{' : ':';
        read_field(out, sizeof(out), pg_span_str(line), PG_FIELD_REQUEST);
        ck_assert_msg((*out == 'x') == (depth <= 32), "{ %d", depth);
    }
}

/* --- several in a line, and one over several lines ----------------------- */

static const struct {
    const char *line, *records;  /* one after another, a '|' after each   */
} lists[] = {
    { "[{\"a\":1},{\"b\":2}]", "{\"a\":1}|{\"b\":2}|" },
    { "[ {\"a\":1} , {\"b\":2} ]", "{\"a\":1}|{\"b\":2}|" },
    { "[{\"a\":1}]", "{\"a\":1}|" }, { "[{}]", "{}|" }, { "[]", "" },
    { "[", "" }, { "", "" }, { "x", "" }, { "[1,2]", "" },
    { "x[{\"a\":1}]", "" }, { " {\"a\":1}{\"b\":2}", "" },
    { "{\"a\":1}", "" }, { "{\"a\":{\"b\":1}}", "" },
    { "{\"a\":1}{\"b\":2}", "{\"a\":1}|" },        /* and an object         */
    { "{\"a\":1}{\"b\":2}{\"c\":3}", "{\"a\":1}|{\"b\":2}|" },
    { "{\"records\":[{\"a\":1},{\"b\":2}]}", "{\"a\":1}|{\"b\":2}|" },
    { "{\"x\":1,\"Records\" : [ {\"a\":1} ] }", "{\"a\":1}|" },
    { "{\"logEvents\":[{\"a\":1}]}", "{\"a\":1}|" },
    { "{\"entries\":[{\"a\":1}]}", "{\"a\":1}|" },
    { "{\"events\":[{\"a\":1}]}", "{\"a\":1}|" },
    { "{\"hits\":{\"total\":1,\"hits\":[{\"a\":1},{\"b\":2}]}}",
      "{\"a\":1}|{\"b\":2}|" },
    { "{\"events\":[{\"a\":1}],\"x\":1}", "" },
    { "{\"other\":[{\"a\":1}]}", "" }, { "{\"records\":{\"a\":[1]}}", "" },
    { "{\"records\":1,\"a\":[1]}", "" }, { "{\"records\"[{\"a\":1}]}", "" },
    { "[{\"a\":\"x}y\"},{\"b\":\"\\\"}\"}]",
      "{\"a\":\"x}y\"}|{\"b\":\"\\\"}\"}|" },
    { "[{\"a\":{\"b\":{}}},{\"c\":[{}]}]",
      "{\"a\":{\"b\":{}}}|{\"c\":[{}]}|" },
    { "[{\"a\":1,{\"b\":2}", "" }, { "[{\"a\":\"x\ny\"}]", "" },
    { "{\"t\":1,\"a{\"t\":2,\"b\":3}", "{\"t\":1,\"a|" },
    { "{\"t\":1,\"a\":{\"t\":2,\"b\":3}}", "" },
    { "{\"t\":1,\"a\":{\"t\":2,\"b\":3}", "{\"t\":1,\"a\":|" },
    { "{\"t\":1}x{\"t\":2}", "{\"t\":1}x|" },
    { "{\"t\":1}, {\"t\":2}", "{\"t\":1}, |" },
    { "{\"t\":\"{\\\"t\\\":2}\"}", "" },
};

PG_TEST_EACH(a_line_of_several_has_these_objects, lists)
{
    pg_span_t line = pg_test_exact(pg_span_str(lists[_i].line)), one;
    pg_span_t rest = line;
    char out[256] = "";

    for (int i = 0; i < 9; i++) {
        apr_size_t n = pg_logjson_record(&one, rest);
        if (n == 0) {
            break;
        }
        ck_assert_uint_le(n, rest.len);
        ck_assert_ptr_eq(one.ptr + one.len, rest.ptr + n);
        strncat(out, one.ptr, one.len);
        strcat(out, "|");
        rest = pg_span_trim(pg_span_from(rest, n));
    }
    ck_assert_str_eq(out, lists[_i].records);
    free((char *)line.ptr);
}

static const struct {
    const char *block, *object;
    bool open;
} spreads[] = {
    { "{\n\"a\":1\n}\nx", "{\n\"a\":1\n}", false },
    { "{\n}", "{\n}", false }, { "{ \r\n\"a\":1}\n", "{ \r\n\"a\":1}", false },
    { "[{\n\"a\":1\n}]\n", "[{\n\"a\":1\n}", false },
    { "}, {\n\"a\":1\n}\n", "}, {\n\"a\":1\n}", false },
    { "{\n\"a\":{\n}\n}\n}\n", "{\n\"a\":{\n}\n}", false },
    { "{\n\"a\":\"}\"\n}\n", "{\n\"a\":\"}\"\n}", false },
    { "{\n\"a\":1\n", "", true }, { "{\n", "", true },
    { "{", "", false }, { "[{", "", false }, { "", "", false },
    { "\n", "", false }, { "[\n{\n}\n", "", false }, { "x{\n}\n", "", false },
    { "{x\n}\n", "", false }, { "{\"a\":1}\n", "", false },
    { "{\"a\":1\n}\n", "", false }, { "{}\n", "", false },
    { "{ {\n}\n}\n", "{ {\n}", false }, { "{\n\"a\nb\"}\n", "", true },
};

PG_TEST_EACH(an_object_over_several_lines_ends_here, spreads)
{
    pg_span_t block = pg_test_exact(pg_span_str(spreads[_i].block));
    bool open = !spreads[_i].open;
    apr_size_t n = pg_logjson_spread(block, &open);

    ck_assert_msg(pg_span_eq(pg_span_upto(block, n),
                             pg_span_str(spreads[_i].object)), "%s: %d",
                  spreads[_i].block, (int)n);
    ck_assert(open == spreads[_i].open);
    free((char *)block.ptr);
}
