/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Evidence with names masked, and reports about it; nothing of it is lost
 * from memory. */
#include "pg_test_pool.h"

#include <apr_time.h>

#include "pg_abuse.h"
#include "pg_evidencefile.h"

PG_TEST_SUITE(abuse, .set_up = make_pool, .tear_down = destroy_pool);

static const char evidence[] =
    "{\"@timestamp\":\"2014-01-02T03:04:05.000Z\",\"event\":{\"reason\":\"a\"},"
    "\"proxyguard\":{\"class\":\"connect-mail\",\"outcome\":\"denied\"},"
    "\"source\":{\"ip\":\"203.0.113.9\",\"port\":4711},"
    "\"url\":{\"original\":\"mx.name.example:25\"},"
    "\"http\":{\"version\":\"1.0\",\"request\":{\"method\":\"CONNECT\","
    "\"headers\":[\"Host: mx.name.example\",\"Via: 1.1 gate.name.example\"]}}}";

PG_TEST(all_texts_of_an_event_are_masked_but_our_own_words)
{
    static const pg_article_t mask = { .paths = true };
    json_t *line = json_loads(evidence, 0, NULL);
    json_t *out = pg_evidencefile_masked(&mask, "", line, pool);
    char *text = json_dumps(out, JSON_COMPACT);

    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_null(strstr(text, "name.example"));
    ck_assert_ptr_null(strstr(text, "203.0.113.9"));
    ck_assert_str_eq(pg_evidencefile_text(out, "event.reason"), "a");
    ck_assert_str_eq(pg_evidencefile_text(out, "http.version"), "1.0");
    ck_assert_str_eq(pg_evidencefile_text(out, "http.request.method"),
                     "CONNECT");
    ck_assert_int_eq(json_integer_value(pg_evidencefile_member(
                         out, "source.port")), 4711);
    ck_assert_uint_eq(json_array_size(pg_evidencefile_member(
                          out, "http.request.headers")), 2);
    free(text);
    json_decref(out);
    json_decref(line);
}

PG_TEST_TIMES(a_report_names_its_source, 4)
{
    const pg_abuse_format_t *format = pg_abuse_formats() + _i;
    const pg_abuse_source_t source = {
        .address = "203.0.113.9", .first = APR_INT64_C(1388631845000000),
        .last = APR_INT64_C(1388631846000000), .attempts = 2,
        .by_class = { [PG_CLASS_CONNECT_MAIL] = 2 }, .examples = 1,
        .example = { json_loads(evidence, 0, NULL) }
    };
    const pg_abuse_source_t *all = &source;
    pg_abuse_t abuse = { .source = &all, .n = 1, .org = "Org", .pool = pool,
                         .contact = "abuse@own.example" };
    char text[16384] = "";
    pg_buffer_t buffer = { text, sizeof(text) - 1 };
    pg_sink_t sink = pg_sink_buffer(&buffer);

    ck_assert_ptr_nonnull(format->name);
    format->write(&sink, &abuse);
    ck_assert_int_eq(sink.status, APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(text, "203.0.113.9"));
    if (strstr(format->ending, "json")) {
        json_t *document = json_loads(text, 0, NULL);
        ck_assert_ptr_nonnull(document);
        json_decref(document);
    }
    json_decref(source.example[0]);
}
