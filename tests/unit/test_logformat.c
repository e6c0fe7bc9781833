/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Formats, columns, clients, times, escapes and words of access logs, from
 * tables. */
#include "pg_test_pool.h"

#include <stdio.h>

#include "pg_client.h"
#include "pg_columns.h"
#include "pg_encoded.h"
#include "pg_logescape.h"
#include "pg_logformat.h"
#include "pg_logname.h"
#include "pg_logtime.h"
#include "pg_logword.h"

static pg_span_t exact_or_empty(pg_span_t s)
{
    return s.ptr ? s : PG_SPAN("");
}

static void expect_field(const pg_row_t *row, int column, pg_span_t got)
{
    pg_span_t want = row->field[column];

    if (want.ptr == NULL && (got.len == 0 || pg_span_eq(got, PG_SPAN("-")))) {
        return;
    }
    ck_assert_msg(pg_span_eq(got, want), "line %d: '%.*s' is not '%.*s'",
                  row->line, (int)got.len, got.ptr, (int)want.len, want.ptr);
}

PG_TEST_SUITE(logformat, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST_ROWS(lines_are_taken_apart_as_the_table_says, "logformat.tsv")
{
    bool want = !pg_span_eq(row->field[2], PG_SPAN("!"));
    pg_logformat_t format;
    pg_logline_t line;
    const char *wrong = pg_logformat_compile(&format, string(row->field[0]),
                                             pool);

    ck_assert_msg(wrong == NULL, "line %d: %s", row->line, wrong);
    ck_assert_msg(pg_logformat_match(&line, &format,
                                     exact_or_empty(row->field[1]))
                  == want, "line %d", row->line);
    if (want) {
        expect_field(row, 2, line.field[PG_FIELD_REQUEST]);
        expect_field(row, 3, line.field[PG_FIELD_STATUS]);
        expect_field(row, 4, line.field[PG_FIELD_SIZE]);
        expect_field(row, 5, line.field[PG_FIELD_CLIENT]);
    }
}

PG_TEST_ROWS(formats_that_cannot_work_are_refused_with_the_reason,
             "logformat-bad.tsv")
{
    pg_logformat_t format;
    const char *wrong = pg_logformat_compile(&format, string(row->field[0]),
                                             pool);

    ck_assert_msg(wrong && strstr(wrong, string(row->field[1])),
                  "line %d: %s", row->line, wrong ? wrong : "accepted");
}

/* What lines are passed over by: no quotation mark of a client's may come
 * before it. */
static const struct { const char *format, *anchor; } anchors[] = {
    { "combined", "] \"" }, { "%h \"%r\"", " \"" }, { "\"%r\" %h", "\"" },
    { "x\"%r\"", "x\"" }, { "x=\"%r\" \"%h\"", "x=\"" },
    { "%h %r", "" }, { "\"%h\" \"%r\"", "" }, { "x\"%h \"%r\"", "" },
    { "%h \" \"%r\"", "" }, { "%h \"%m %U\"", "" },
};

PG_TEST_EACH(a_request_is_found_by_what_precedes_it, anchors)
{
    pg_logformat_t format;

    pg_logformat_compile(&format, anchors[_i].format, pool);
    ck_assert(pg_span_eq(exact_or_empty(format.anchor),
                         pg_span_str(anchors[_i].anchor)));
}

PG_TEST(all_named_formats_have_one_anchor)
{
    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_t format;

        pg_logformat_compile(&format, *name, pool);
        ck_assert_msg(pg_span_eq(format.anchor, PG_SPAN("] \"")), "%s", *name);
    }
}

/* "METHOD=GET TARGET=/": the fields that are not empty. */
static const char *fields_of(const pg_logline_t *line)
{
#define NAME(sym, httpd, nginx) #sym,
    static const char *const names[] = { PG_FIELDS(NAME) };
#undef NAME
    const char *all = "";

    for (int f = 0; f < PG_FIELD_COUNT; f++) {
        if (line->field[f].len) {
            all = apr_psprintf(pool, "%s%s%s=%s", all, *all ? " " : "",
                               names[f], string(line->field[f]));
        }
    }
    return all;
}

/* Copies are where the next ones will not be. */
static void expect_room(const pg_logline_t *line, const pg_row_t *row,
                        const pg_room_t *room)
{
    for (int f = 0; f < PG_FIELD_COUNT; f++) {
        const char *end = pg_span_end(line->field[f]);

        ck_assert((end >= row->field[1].ptr
                   && end <= pg_span_end(row->field[1]))
                  || line->field[f].len == 0 || end <= room->at);
    }
}

PG_TEST_ROWS(columns_are_read_as_the_table_says, "columns.tsv")
{
    char *memory = malloc(row->field[1].len);
    pg_room_t room = { memory, memory + row->field[1].len };
    pg_columns_t columns = { .n = 0 };
    pg_logline_t line;
    const char *got = "no names";

    if (pg_columns_learn(&columns, row->field[0])) {
        got = pg_columns_read(&line, &columns, row->field[1], &room)
              ? fields_of(&line) : "other columns";
        expect_room(&line, row, &room);
    }
    ck_assert_msg(pg_span_eq(row->field[2], pg_span_str(got)),
                  "line %d: %s", row->line, got);
    free(memory);
}

PG_TEST(a_long_name_of_a_column_is_none)
{
    char names[PG_LOGNAME_MAX + 20] = "method,target,";
    const apr_size_t n = strlen(names);

    memset(names + n, 'a', PG_LOGNAME_MAX + 1);
    for (apr_size_t more = PG_LOGNAME_MAX - 2; more < PG_LOGNAME_MAX + 2;
         more++) {
        pg_columns_t columns = { .n = 0 };

        ck_assert(pg_columns_learn(&columns, pg_span_make(names, n + more))
                  == (more < PG_LOGNAME_MAX));
    }
}

PG_TEST(a_date_is_joined_to_its_clock_if_there_is_room)
{
    pg_columns_t columns = { .n = 0 };
    pg_logline_t line;

    ck_assert(pg_columns_learn(&columns, PG_SPAN("date,time,request")));
    for (apr_size_t n = 0; n <= 22; n++) {
        char *memory = malloc(n);
        pg_room_t room = { memory, memory + n };

        ck_assert(pg_columns_read(&line, &columns, PG_SPAN(
            "2024-11-18,11:02:03,GET /"), &room));
        ck_assert(pg_span_eq(line.field[PG_FIELD_TIME],
                             n < 19 ? PG_SPAN("11:02:03")
                                    : PG_SPAN("2024-11-18 11:02:03")));
        free(memory);
    }
}

PG_TEST_ROWS(times_are_read_as_the_table_says, "logtime.tsv")
{
    bool want = !pg_span_eq(row->field[1], PG_SPAN("none"));
    apr_time_t time = 77;
    char text[32];

    ck_assert_msg(pg_logtime_parse(&time, exact_or_empty(row->field[0]))
                  == want, "line %d", row->line);
    snprintf(text, sizeof(text), "%" APR_TIME_T_FMT, time);
    ck_assert_msg(want ? pg_span_eq(row->field[1], pg_span_str(text))
                       : time == 77, "line %d: %s", row->line, text);
}

/* Where a named format has the month first. */
PG_TEST(a_month_that_is_known_to_be_first_is_read_so)
{
    static const struct {
        const char *text;
        int zone;
        apr_int64_t seconds;         /* -1: no time                        */
    } rows[] = {
        { "11/18/2024 11:02:03", 0, 1731927723 },
        { "[11/18/2024 11:02:03]", 0, 1731927723 },
        { "11/18/2024 11:02:03", 60, 1731924123 },
        { "11/18/2024 11:02:03 +0000", 60, 1731927723 },
        { "11/18/2024 11:02:03 Z", 60, 1731927723 },
        { "11/18/2024 11:02:03 UTC", 60, 1731927723 },
        { "04/11/2025 08:01:02", 0, 1744358462 },      /* not in November  */
        { "4/11/2025 08:01:02", 0, 1744358462 },
        { "12/01/2024 00:00:00", 0, 1733011200 },
        { "13/01/2024 00:00:00", 0, -1 }, { "00/01/2024 00:00:00", 0, -1 },
        { "11/31/2024 11:02:03", 0, -1 }, { "11/18/24 11:02:03", 0, -1 },
        { "11-18-2024 11:02:03", 0, -1 }, { "11/18-2024 11:02:03", 0, -1 },
        { "11/18/2024", 0, -1 }, { "11/18/2024 11:02:03x", 0, -1 },
        { "", 0, -1 }, { "[]", 0, -1 },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pg_span_t text = pg_test_exact(pg_span_str(rows[i].text));
        apr_time_t time = -APR_USEC_PER_SEC;

        ck_assert_msg(pg_logtime_parse_month_first(&time, text, rows[i].zone)
                      == (rows[i].seconds >= 0), "%s", rows[i].text);
        ck_assert_int_eq(time, apr_time_from_sec(rows[i].seconds));
        free((char *)text.ptr);
    }
}

PG_TEST(the_directives_of_one_time_are_read_as_one)
{
    static const char *const rows[][3] = {
        { "%h [%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t] \"%r\"",
          "a [10/Oct/2014 13:55:36.123 +0900] \"GET /\"",
          "10/Oct/2014 13:55:36.123 +0900" },
        { "%{%F}tT%{%T}t,%{end:usec_frac}t|%r", "2014-10-10T13:55:36,5|GET /",
          "2014-10-10T13:55:36,5" },
        { "%{%c}t %{%z}t|%r", "Fri Oct 10 13:55:36 2014 +0900|GET /",
          "Fri Oct 10 13:55:36 2014 +0900" },
        { "%t %{%T}t %r", "[10/Oct/2014:13:55:36 +0900] 13:55:36 GET /",
          "10/Oct/2014:13:55:36 +0900" },
        { "%{%F}t|%{%T}t|%r", "2014-10-10|13:55:36|GET /", "2014-10-10" },
        { "%{%F}t %h %{%T}t %r", "2014-10-10 a 13:55:36 GET /", "2014-10-10" },
        { "%{%F}t %^ti %{%T}t %r", "2014-10-10 a 13:55:36 GET /",
          "2014-10-10" },
        { "%{%F}t %{msec}t %r", "2014-10-10 1412916936123 GET /",
          "2014-10-10" },
        { "%{%F}t %{%s}t %r", "2014-10-10 1412916936 GET /", "2014-10-10" },
        { "%{%F}t %{%F}t %r", "2014-10-10 2014-10-11 GET /", "2014-10-10" },
        { "%{%s}t.%{msec_frac}t %r", "1412916936.123 GET /", "1412916936" },
        { "%t %{%F}t.%{%T}t %r",
          "[10/Oct/2014:13:55:36 +0900] 2014-10-10.13:55:36 GET /",
          "10/Oct/2014:13:55:36 +0900" },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pg_logformat_t format;
        pg_logline_t line;

        ck_assert_ptr_null(pg_logformat_compile(&format, rows[i][0], pool));
        ck_assert_msg(pg_logformat_match(&line, &format,
                                         pg_span_str(rows[i][1]))
                      && pg_span_eq(line.field[PG_FIELD_TIME],
                                    pg_span_str(rows[i][2])),
                      "%s: %s", rows[i][0], string(line.field[PG_FIELD_TIME]));
    }
}

/* Each with what another left behind, and with what it left itself. */
PG_TEST(times_are_the_same_after_any_other_time)
{
    static const char *const texts[] = {
        "18/Nov/2024:11:02:03 +0000", "18/Nov/2024:11:02:60 +0000",
        "18/Nov/2024:11:02:61 +0000", "18/Nov/2024:11:02:59 -0130",
        "18/Nov/2024:11:02:5x +0000", "18/Nov/2024:11:03:03 +0000",
        "31/Feb/2024:11:02:03 +0000", "01/Jan/1970:00:00:30 +0000",
        "01/Jan/1970:01:00:59 +0101", "01/Jan/1970:01:00:00 +0101",
        "2024-11-18T11:02:03+09:00", "18/Nov/2024:11:02:07 PM UTC", "-", "",
        "18.11.2024, 11:02:03 +0900", "18.11.2024, 11:02:04 +0900"
    };
    const unsigned n = sizeof(texts) / sizeof(texts[0]);

    for (unsigned i = 0; i < n * n * 2; i++) {
        pg_span_t before = pg_span_str(texts[i / 2 / n]);
        pg_span_t s = pg_span_str(texts[i / 2 % n]);
        pg_logtime_last_t last = { .minute = 0 };
        apr_time_t time = 77, want = 77;
        bool is;

        pg_logtime_parse_after(&time, &last, i % 2 ? s : before, 60);
        time = 77;
        is = pg_logtime_parse_after(&time, &last, s, 60);
        ck_assert_msg(is == pg_logtime_parse_in(&want, s, 60)
                      && time == want, "%s after %s", s.ptr, before.ptr);
    }
}

PG_TEST(the_minute_of_a_time_is_remembered)
{
    pg_logtime_last_t last = { .minute = 7 };
    apr_time_t time;

    ck_assert(pg_logtime_parse_after(&time, &last, PG_SPAN(
        "2024-11-18T11:02:03+00:00"), 0));
    ck_assert_int_eq(last.text[0], '\0');
    ck_assert(pg_logtime_parse_after(&time, &last, PG_SPAN(
        "18/Nov/2024:11:02:03 +0000"), 0));
    ck_assert_mem_eq(last.text, "18/Nov/2024:11:02:03 +0000", 26);
    ck_assert_int_eq(last.minute, apr_time_from_sec(1731927720));
    last.minute = 0;
    ck_assert(pg_logtime_parse_after(&time, &last, PG_SPAN(
        "18/Nov/2024:11:02:04 +0000"), 0));
    ck_assert_int_eq(time, apr_time_from_sec(4));
}

PG_TEST_ROWS(escapes_are_undone_as_the_table_says, "logescape.tsv")
{
    char *out = malloc(row->field[0].len);
    pg_span_t got = pg_logescape_undo(out, row->field[0]);

    ck_assert_msg(pg_span_eq(got, row->field[1]), "line %d", row->line);
    free(out);
}

PG_TEST(escapes_can_be_undone_in_place)
{
    char text[] = "a\\x41\\\\b";
    pg_span_t got = pg_logescape_undo(text, pg_span_str(text));

    ck_assert(pg_span_eq(got, PG_SPAN("aA\\b")));
}

PG_TEST_ROWS(clients_are_read_as_the_table_says, "clients.tsv")
{
    static const char *const kinds[] = { "none", "address ", "name " };
    pg_client_t client = { .port = 7 };
    pg_client_e kind = pg_client_read(&client, exact_or_empty(row->field[0]));
    const char *got = apr_pstrcat(pool, kinds[kind], client.text, NULL);

    ck_assert_int_eq(client.kind, kind);
    ck_assert(client.with_port || client.port == 0);
    if (kind != PG_CLIENT_NONE) {
        got = apr_pstrcat(pool, got, client.with_port
                          ? apr_psprintf(pool, " port %d", client.port) : "",
                          pg_client_listens(&client) ? " listens" : "",
                          pg_client_is_private(&client) ? " private" : "",
                          NULL);
    }
    ck_assert_msg(pg_span_eq(row->field[1], pg_span_str(got)), "line %d: %s",
                  row->line, got);
}

PG_TEST(a_status_is_one_that_servers_send)
{
    static const int end[][2] = { { 100, 103 }, { 200, 208 }, { 226, 226 },
                                  { 300, 308 }, { 400, 499 }, { 500, 530 },
                                  { 599, 599 } };
    char text[16];

    for (int n = 0; n < 1100; n++) {
        bool is = false;

        for (apr_size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
            is = is || (n >= end[i][0] && n <= end[i][1]);
        }
        snprintf(text, sizeof(text), "%03d", n);
        ck_assert_msg(pg_logword_is_status(pg_span_str(text)) == is, "%s",
                      text);
    }
    ck_assert(!pg_logword_is_status(PG_SPAN("2x0")));
    ck_assert(!pg_logword_is_status(PG_SPAN("20")));
}

/* Words, and the texts in quotes, each between angle brackets. */
static const struct { const char *line, *words, *quoted; } texts[] = {
    { "a b", "<a><b>", "" },
    { " a,b;c|d\t(e)<f>`g`", "<a><b><c><d><e><f><g>", "" },
    { "a=\"b c\" d", "<a=><b><c><d>", "<b c>" },
    { "'a' 'b ''c''", "<a><'b><'c'>", "" },
    { "'' 'a", "<''><'a>", "" },
    { "\"\" \"a\"", "<a>", "<><a>" },
    { "\"a\\\"b\" \"c", "<a\\><b><c>", "<a\\\"b><c>" },
    { "\"a\\", "<a\\>", "<a\\>" },
    { "\"", "", "<>" },
    { "", "", "" },
};

PG_TEST_EACH(a_line_has_these_words_and_texts, texts)
{
    pg_span_t line = pg_test_exact(pg_span_str(texts[_i].line)), rest = line;
    pg_span_t word;
    const char *words = "", *quoted = "";
    apr_size_t at = 0;

    while ((word = pg_logword_next(&rest)).ptr) {
        words = apr_pstrcat(pool, words, "<", string(word), ">", NULL);
    }
    while (pg_logword_quoted(line, &at, &word)) {
        quoted = apr_pstrcat(pool, quoted, "<", string(word), ">", NULL);
    }
    ck_assert_str_eq(words, texts[_i].words);
    ck_assert_str_eq(quoted, texts[_i].quoted);
    free((void *)(apr_uintptr_t)line.ptr);
}

#define A44 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LEVELS_15 "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a."

static const struct {
    const char *name;
    pg_field_e field;
    int rank;
} names[] = {
    { "client_ip", PG_FIELD_CLIENT, 0 }, { "ClientIP", PG_FIELD_CLIENT, 0 },
    { "@client-ip.", PG_FIELD_CLIENT, 0 }, { "cliip", PG_FIELD_CLIENT, 34 },
    { "client_ips", PG_FIELD_SKIP, 100 }, { "", PG_FIELD_SKIP, 100 },
    { ".", PG_FIELD_SKIP, 100 }, { "a\xc3\xa4", PG_FIELD_SKIP, 100 },
    /* of a path: the whole, the last two, the last */
    { "a.client_ip", PG_FIELD_CLIENT, 0 },
    { "http.user_agent", PG_FIELD_AGENT, 1 },
    { "a.http.user_agent", PG_FIELD_AGENT, 1 },
    { "http.a.user_agent", PG_FIELD_AGENT, 6 },
    { "a.request.method", PG_FIELD_METHOD, 2 },
    { "client_ip.a", PG_FIELD_SKIP, 100 },
    /* some only whole, or in a wrapper */
    { "request", PG_FIELD_REQUEST, 5 }, { "a.request", PG_FIELD_SKIP, 100 },
    { "data.request", PG_FIELD_REQUEST, 105 },
    { "_Source.request", PG_FIELD_REQUEST, 105 },
    { "_source.a.request", PG_FIELD_SKIP, 100 },
    { "data.data.request", PG_FIELD_SKIP, 100 },
    /* no longer than that, and no deeper */
    { A44 A44 ".clientip", PG_FIELD_CLIENT, 0 },
    { "a" A44 A44 ".clientip", PG_FIELD_SKIP, 100 },
    { LEVELS_15 "clientip", PG_FIELD_CLIENT, 0 },
    { LEVELS_15 "a.clientip", PG_FIELD_SKIP, 100 },
};

PG_TEST_EACH(a_name_means_this_field, names)
{
    pg_span_t text = pg_test_exact(pg_span_str(names[_i].name));
    pg_logname_t name = pg_logname_find(text);

    ck_assert_msg(name.field == names[_i].field && name.rank == names[_i].rank,
                  "%s: %d, %d", names[_i].name, (int)name.field, name.rank);
    ck_assert_int_eq(pg_logname_rank(name, PG_SPAN("a")), name.rank);
    ck_assert_int_gt(pg_logname_rank(name, PG_SPAN("-")), 1000);
    free((void *)(apr_uintptr_t)text.ptr);
}

/* "GET http://a.test/ HTTP/1.1", "GET / HTTP/1.0" and one with fields */
#define URL "R0VUIGh0dHA6Ly9hLnRlc3QvIEhUVFAvMS4x"
#define ROOT "R0VUIC8gSFRUUC8xLjA="
#define WHOLE "R0VUIC8gSFRUUC8xLjENCkhvc3Q6IGIudGVzdA0K" \
              "VXNlci1BZ2VudDogYw0KDQo="

static const struct {
    const char *line, *request, *method, *last, *any;
} encoded[] = {
    /* the line, what else it has, its fields by the last word, by any */
    { URL, NULL, NULL, "REQUEST=GET http://a.test/ HTTP/1.1",
      "REQUEST=GET http://a.test/ HTTP/1.1" },
    { " a b " URL " ", NULL, NULL, "REQUEST=GET http://a.test/ HTTP/1.1",
      "REQUEST=GET http://a.test/ HTTP/1.1" },
    { "a;" ROOT ";b", NULL, NULL, NULL, "REQUEST=GET / HTTP/1.0" },
    { ROOT " " URL, NULL, NULL, "REQUEST=GET http://a.test/ HTTP/1.1",
      "REQUEST=GET / HTTP/1.0" },
    { WHOLE, NULL, NULL, "REQUEST=GET / HTTP/1.1 HOST=b.test AGENT=c",
      "REQUEST=GET / HTTP/1.1 HOST=b.test AGENT=c" },
    { WHOLE, "GET /x HTTP/1.1", NULL,
      "REQUEST=GET /x HTTP/1.1 HOST=b.test AGENT=c",
      "REQUEST=GET /x HTTP/1.1 HOST=b.test AGENT=c" },
    { URL, "GET /x HTTP/1.1", NULL, "REQUEST=GET http://a.test/ HTTP/1.1",
      "REQUEST=GET http://a.test/ HTTP/1.1" },
    { ROOT, "what", NULL, "REQUEST=GET / HTTP/1.0",
      "REQUEST=GET / HTTP/1.0" },
    { ROOT, NULL, "GET", "METHOD=GET", "METHOD=GET" },
    { URL, NULL, "GET", "REQUEST=GET http://a.test/ HTTP/1.1 METHOD=GET",
      "REQUEST=GET http://a.test/ HTTP/1.1 METHOD=GET" },
    { "aGVsbG8gd29ybGQsIGhlbGxv", NULL, NULL, NULL, NULL },      /* text   */
    { URL "A", NULL, NULL, NULL, NULL },
    { URL "====", NULL, NULL, NULL, NULL },
    { "!" URL "AAA", NULL, NULL, NULL, NULL },
    { "R0VUIC8gSFRUUA==", NULL, NULL, "REQUEST=GET / HTTP",
      "REQUEST=GET / HTTP" },
    { "R0VUIC8gSFRU", NULL, NULL, NULL, NULL },       /* "GET / HTT"     */
    { "", NULL, NULL, NULL, NULL },
};

static const char *decoded(int i, bool any, apr_size_t size)
{
    pg_span_t text = pg_span_str(encoded[i].line);
    pg_logline_t line = { .escaped = true, .field = {
        [PG_FIELD_REQUEST] = pg_span_str(encoded[i].request),
        [PG_FIELD_METHOD] = pg_span_str(encoded[i].method) } };
    char *memory = apr_palloc(pool, size);
    pg_room_t room = { memory, memory + size };
    bool is = (any ? pg_encoded_find : pg_encoded_read)(&line, text, &room);

    /* what was decoded is as the client sent it */
    ck_assert_int_eq(line.escaped, line.field[PG_FIELD_REQUEST].ptr
                                       == encoded[i].request);
    return is ? fields_of(&line) : NULL;
}

PG_TEST_EACH(a_request_in_base64_is_decoded, encoded)
{
    ck_assert_pstr_eq(decoded(_i, false, 100), encoded[_i].last);
    ck_assert_pstr_eq(decoded(_i, true, 100), encoded[_i].any);
}

PG_TEST(a_request_in_base64_needs_room_for_its_text)
{
    ck_assert_ptr_nonnull(decoded(0, false, strlen(URL)));
    ck_assert_ptr_null(decoded(0, false, strlen(URL) - 1));
}
