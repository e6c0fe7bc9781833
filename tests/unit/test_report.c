/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <jansson.h>

#include "pg_render.h"
#include "pg_report.h"

/* A sink into memory. */
typedef struct memory_t {
    char *octets;
    apr_size_t n;
} memory_t;

static apr_status_t memory_write(void *to, const char *octets, apr_size_t n)
{
    memory_t *m = to;

    m->octets = realloc(m->octets, m->n + n + 1);
    memcpy(m->octets + m->n, octets, n);
    m->n += n;
    m->octets[m->n] = '\0';
    return APR_SUCCESS;
}

static char *render(const char *format, const pg_report_t *report)
{
    memory_t m = { .octets = calloc(1, 1) };
    pg_sink_t sink = { .write = memory_write, .to = &m };
    const pg_format_t *f = pg_report_format(pg_span_str(format));
    apr_pool_t *pool;

    ck_assert_ptr_nonnull(f);
    apr_pool_create(&pool, NULL);
    ck_assert_int_eq(f->render(&sink, report, pool), APR_SUCCESS);
    apr_pool_destroy(pool);
    return m.octets;
}

static pg_snapshot_t snapshot(void)
{
    pg_snapshot_t s = { .since = apr_time_from_sec(1416787200) };

    s.count[PG_CLASS_ABSOLUTE][PG_OUTCOME_DENIED] = 3;
    s.count[PG_CLASS_CONNECT_MAIL][PG_OUTCOME_REFUSED] = 4;
    s.by_family[PG_FAMILY_GET] = 3;
    s.by_family[PG_FAMILY_CONNECT] = 4;
    s.attempts = 7;
    s.permitted = 2;
    return s;
}

static json_int_t at(const json_t *root, const char *object, const char *key)
{
    return json_integer_value(
        json_object_get(json_object_get(root, object), key));
}

START_TEST(json_has_the_totals_and_every_name_also_when_zero)
{
    pg_snapshot_t s = snapshot();
    pg_report_t report = { .ledger = &s, .version = "1.2.3" };
    char *text = render("json", &report);
    json_t *root = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "schema")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "attempts")), 7);
    ck_assert_str_eq(json_string_value(json_object_get(root, "since")),
                     "2014-11-24T00:00:00Z");
    ck_assert_int_eq(at(root, "by_class", "absolute"), 3);
    ck_assert_int_eq(at(root, "by_outcome", "refused"), 4);
    ck_assert_int_eq(at(root, "by_family", "connect"), 4);
    ck_assert_uint_eq(json_object_size(json_object_get(root, "by_class")),
                      PG_CLASS_COUNT);
    ck_assert_uint_eq(json_object_size(json_object_get(root, "by_outcome")),
                      PG_OUTCOME_COUNT);
    ck_assert_uint_eq(json_object_size(json_object_get(root, "by_family")),
                      PG_FAMILY_COUNT);
    json_decref(root);
    free(text);
}
END_TEST

START_TEST(without_a_ledger_each_format_says_it_cannot_count)
{
    pg_report_t report = { .version = "1.2.3" };
    char *json = render("json", &report);
    char *html = render("html", &report);

    ck_assert_ptr_nonnull(strstr(json, "\"counting\": false"));
    ck_assert_ptr_null(strstr(json, "attempts"));
    ck_assert_ptr_nonnull(strstr(html, "cannot count"));
    free(json);
    free(html);
}
END_TEST

START_TEST(a_format_is_found_by_its_whole_name)
{
    ck_assert_ptr_nonnull(pg_report_format(PG_SPAN("json")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("jso")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("jsonx")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("")));
    ck_assert_ptr_null(pg_report_format(pg_span_str(NULL)));
}
END_TEST

START_TEST(masked_only_a_user_agent_that_names_nobody_stays)
{
    static const struct {
        const char *agent;
        bool stays;
    } rows[] = {
        { "Mozilla/5.0 zgrab/0.x", true },
        { "Mozilla/5.0 (X11; U; rv:1.9.2) Chrome/119.0.0.0", true },
        { "curl/7.88.1", true },
        { "scan by a.example", false },
        { "scan by www1.example", false },
        { "scan by 163.com", false },
        { "scan by a-.example", false },
        { "scan \xd0\xb0.\xd1\x80\xd1\x84", false },
        { "ask 192.0.2.1.", false },
        { "from 2001:db8:0:0:0:0:0:1", false },
        { "from fe80::1", false },
        { "::1", false },
        { "mail a@localhost", false },
    };
    pg_report_t report = { .view = { .mask = true } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pg_span_t agent = pg_span_str(rows[i].agent);
        pg_shown_t room;
        pg_span_t shown =
            pg_render_shown(&report, PG_FIELD_AGENT, agent, &room);

        ck_assert_msg(pg_span_eq(shown, agent) == rows[i].stays, "%s",
                      rows[i].agent);
    }
}
END_TEST

PG_TEST_SUITE(report)
{
    TCase *tc = tcase_create("report");

    tcase_add_test(tc, json_has_the_totals_and_every_name_also_when_zero);
    tcase_add_test(tc, without_a_ledger_each_format_says_it_cannot_count);
    tcase_add_test(tc, a_format_is_found_by_its_whole_name);
    tcase_add_test(tc, masked_only_a_user_agent_that_names_nobody_stays);
    suite_add_tcase(suite, tc);
}
