/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include "pg_query.h"

/* Query, and the beginning of what is said about it; "" = it is fine. */
static const char *const queries[][2] = {
    { "", "" }, { "&", "" }, { "format=json", "" }, { "auto", "" },
    { "mask", "" }, { "mask=1&lang=ja&top=5&window=24h&refresh=10", "" },
    { "mask=0", "" }, { "window=1m", "" }, { "window=800d", "" },
    { "format=", "The parameter format" },
    { "format", "The parameter format" },
    { "format=JSON", "The parameter format" },
    { "format=json&format=json", "The parameter format" },
    { "format=html&auto", "The parameter format" },
    { "auto=1", "The parameter auto" },
    { "mask=2", "The parameter mask" }, { "mask=", "The parameter mask" },
    { "lang=de", "The parameter lang" },
    { "top=0", "The parameter top" }, { "top=101", "The parameter top" },
    { "top=-1", "The parameter top" }, { "top=+5", "The parameter top" },
    { "top=5x", "The parameter top" }, { "top=%35", "The parameter top" },
    { "top=99999999999999999999", "The parameter top" },
    { "refresh=0", "The parameter refresh" },
    { "refresh=3601", "The parameter refresh" },
    { "window=0h", "The parameter window" },
    { "window=h", "The parameter window" },
    { "window=24", "The parameter window" },
    { "window=801d", "The parameter window" },
    { "window=24H", "The parameter window" },
    { "since=2014", "" }, { "since=2014-02-28T23:59Z&until=2015", "" },
    { "month=2014-10", "" }, { "months=240&class=socks&by=hour", "" },
    { "source=2001:db8::1", "" }, { "target=mx0.a.example%3A25", "" },
    { "target=a%00b", "" }, { "top=100", "" }, { "top=0000001", "" },
    { "top=00000001", "The parameter top" }, { "top=1:", "The parameter top" },
    { "top=/1", "The parameter top" }, { "refresh=3600", "" },
    { "months=1", "" }, { "months=0", "The parameter months" },
    { "window=1152000m", "" }, { "window=1152001m", "The parameter window" },
    { "window=19200h", "" }, { "window=19201h", "The parameter window" },
    { "window=", "The parameter window" }, { "window", "The parameter window" },
    { "since=2014&until=2014", "" }, { "by=hour", "" }, { "by=month", "" },
    { "auto&format=json", "The parameter format" }, { "auto&mask", "" },
    { "class=", "The parameter class" }, { "source", "The parameter source" },
    { "lang=", "The parameter lang" }, { "month=2014-1x", "The parameter mon" },
    { "since=1969", "The parameter since" }, { "since=1970", "" },
    { "since=2014-00", "The parameter since" }, { "since=2014-12-31", "" },
    { "since=2014-12-32", "The parameter since" },
    { "since=2014-12-00", "The parameter since" },
    { "since=2014/12", "The parameter since" },
    { "since=2014-12-31T00:60Z", "The parameter since" },
    { "since=2014-12-31T00:00z", "The parameter since" },
    { "since=2014-12-31Z", "The parameter since" },
    { "tz=%2B1401", "The parameter tz" }, { "tz=-1400", "" },
    { "tz=-1401", "The parameter tz" }, { "tz=-13:59", "" },
    { "month=2014-10&since=2014", "The parameter month takes the place" },
    { "until=2015&month=2014-10", "The parameter month takes the place" },
    { "month=2014-10&months=3", "" },
    { "tz=-9:00", "The parameter tz" }, { "tz=-x000", "The parameter tz" },
    { "tz=-00x0", "The parameter tz" }, { "tz=-1500", "The parameter tz" },
    { "tz=-0060", "The parameter tz" }, { "tz=Z", "" },
    { "tz=+0900", "" }, { "tz=%2B0900", "" }, { "tz=-05:30", "" },
    { "tz=UTC", "" }, { "tz=+1500", "The parameter tz" },
    { "tz=0900", "The parameter tz" }, { "tz=+09", "The parameter tz" },
    { "tz=+0960", "The parameter tz" }, { "tz=", "The parameter tz" },
    { "tz=+", "The parameter tz" }, { "tz=%2B", "The parameter tz" },
    { "tz=+09-00", "The parameter tz" },
    { "since=2014-13", "The parameter since" },
    { "since=2014-02-29", "The parameter since" },
    { "since=2014-2", "The parameter since" },
    { "since=2014-02-28T24:00Z", "The parameter since" },
    { "since=2014-02-28T23:59", "The parameter since" },
    { "until=yesterday", "The parameter until" },
    { "since=2015&until=2014", "The parameter since must" },
    { "month=2014", "The parameter month" },
    { "months=241", "The parameter months" },
    { "class=clean", "The parameter class" },
    { "by=minute", "The parameter by" },
    { "source=", "The parameter source" },
    { "source=%4", "The parameter source" },
    { "target=%zz", "The parameter target" },
    { "noautoplease", "There is a parameter" },
    { "x=1", "There is a parameter" }, { "=1", "There is a parameter" },
    { "<script>", "There is a parameter" },
};

PG_TEST_SUITE(query);

PG_TEST_EACH(a_query_is_understood_whole_or_refused_in_one_sentence, queries)
{
    pg_query_t q;
    pg_span_t s = pg_test_exact(pg_span_str(queries[_i][0]));
    const char *wrong = pg_query_parse(&q, s);
    const char *expected = queries[_i][1];

    ck_assert_msg(*expected ? wrong && strncmp(wrong, expected,
                                               strlen(expected)) == 0
                            : wrong == NULL,
                  "?%s: %s", queries[_i][0], wrong ? wrong : "taken");
    free((char *)s.ptr);
}

PG_TEST(values_arrive_in_the_view)
{
    pg_query_t q;

    ck_assert_ptr_null(pg_query_parse(&q, PG_SPAN(
        "mask&lang=ja&top=7&window=2d&refresh=60&format=text")));
    ck_assert(q.view.mask);
    ck_assert_int_eq(q.view.lang, PG_LANG_JA);
    ck_assert_int_eq(q.view.top, 7);
    ck_assert_int_eq(q.view.refresh, 60);
    ck_assert_int_eq(apr_time_sec(q.view.window), 2 * 86400);
    ck_assert_str_eq(q.format->name, "text");
    ck_assert_ptr_null(pg_query_parse(&q, PG_SPAN(
        "since=2014-10&until=2014-11-02&class=socks&source=a%3a%25&by=day")));
    ck_assert_int_eq(q.view.since, apr_time_from_sec(1412121600));
    ck_assert_int_eq(q.view.until, apr_time_from_sec(1414972800));
    ck_assert_int_eq(q.view.only_class, PG_CLASS_SOCKS + 1);
    ck_assert_int_eq(q.view.by, PG_PERIOD_DAY + 1);
    ck_assert(pg_span_eq(q.view.source, PG_SPAN("a:%")));
}

/* Query, and what it says in seconds or minutes. */
static const struct {
    const char *query;
    apr_int64_t since, until, window;
    int zone;
} spans[] = {
    { "since=1970-01-02T03:04Z&until=1970-01-02T03:04Z", 97440, 97500, 0, 0 },
    { "since=1970-02&until=1971", 2678400, 63072000, 0, 0 },
    { "month=1970-02", 2678400, 5097600, 0, 0 },
    { "until=1970-12-31", 0, 31536000, 0, 0 },
    { "window=2m", 0, 0, 120, 0 }, { "window=3h", 0, 0, 10800, 0 },
    { "window=1d&tz=%2B0130", 0, 0, 86400, 90 }, { "tz=-05:30", 0, 0, 0, -330 },
    { "tz=+1400", 0, 0, 0, 840 }, { "tz=UTC", 0, 0, 0, 0 },
};

PG_TEST_EACH(spans_of_time_are_understood, spans)
{
    pg_query_t q;

    ck_assert_ptr_null(pg_query_parse(&q, pg_span_str(spans[_i].query)));
    ck_assert_int_eq(q.view.since, apr_time_from_sec(spans[_i].since));
    ck_assert_int_eq(q.view.until, apr_time_from_sec(spans[_i].until));
    ck_assert_int_eq(q.view.window, apr_time_from_sec(spans[_i].window));
    ck_assert_int_eq(q.view.zone, spans[_i].zone);
}

PG_TEST(a_text_is_decoded_and_not_too_long)
{
    char text[PG_QUERY_TEXT];
    pg_query_t q = { .format = NULL };

    memset(text, 'x', sizeof(text));
    ck_assert_ptr_null(pg_query_take(&q, PG_SPAN("source"),
                                     pg_span_make(text, PG_QUERY_TEXT - 1)));
    ck_assert_uint_eq(q.view.source.len, PG_QUERY_TEXT - 1);
    ck_assert_ptr_nonnull(pg_query_take(&q, PG_SPAN("source"),
                                        pg_span_make(text, PG_QUERY_TEXT)));
    ck_assert_ptr_null(pg_query_take(&q, PG_SPAN("target"),
                                     PG_SPAN("%00%ff%7eA")));
    ck_assert(pg_span_eq(q.view.target, PG_SPAN("\0\xff~A")));
}

PG_TEST(a_parameter_says_what_it_takes)
{
    pg_query_t q = { .format = NULL };

    ck_assert_str_eq(pg_query_take(&q, PG_SPAN("top"), PG_SPAN("0")),
                     "a number from 1 to 100");
    ck_assert_str_eq(pg_query_parse(&q, PG_SPAN("top=0")),
                     "The parameter top takes a number from 1 to 100, "
                     "once.");
    ck_assert_ptr_nonnull(strstr(pg_query_take(&q, PG_SPAN("x"), PG_SPAN("")),
                                 "does not know"));
}

PG_TEST(a_month_takes_the_place_of_since_and_until)
{
    static const char *const ranges[] = { "since", "until" };

    for (int i = 0; i < 4; i++) {
        pg_span_t range = pg_span_str(ranges[i / 2]);
        pg_query_t q = { .format = NULL };
        bool after = i % 2;

        ck_assert_ptr_null(pg_query_take(&q, after ? PG_SPAN("month") : range,
                                         PG_SPAN("2014-10")));
        ck_assert_str_eq(pg_query_take(&q, after ? range : PG_SPAN("month"),
                                       PG_SPAN("2014-10")),
                         "to be combined: month takes the place of since and "
                         "until");
    }
}

/* Accept, for the metrics path, what is sent. */
static const struct {
    const char *accept;
    bool metrics;
    const char *format;
} accepts[] = {
    { NULL, false, "html" }, { "", false, "html" }, { "*/*", false, "html" },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
      false, "html" },
    { "application/json", false, "json" },
    { "Application/JSON; q=0.5, text/html;q=0.4", false, "json" },
    { "application/json;q=0, text/csv", false, "csv" },
    { "text/plain", false, "text" },
    { "text/plain;version=0.0.4", false, "prometheus" },
    { "application/openmetrics-text; version=1.0.0; charset=utf-8,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false, "openmetrics" },
    { "application/openmetrics-text; version=1.0.0; charset=utf-8,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true, "openmetrics" },
    { "text/html", true, "prometheus" }, { "*/*", true, "prometheus" },
    { "text/plain", true, "prometheus" }, { NULL, true, "prometheus" },
    { "image/png", false, "html" }, { ";;;,,,q=", false, "html" },
    { "application/json;q=2", false, "html" },
    { "application/json;q=0.1234", false, "html" },
    { "application/json;q=0.001", false, "json" },
    { "application/json;q=1.000, text/csv;q=0.999", false, "json" },
    { "application/json;q=0.999, text/csv", false, "csv" },
    { "application/json;q=0.999", false, "json" },
    { "application/json;q=0.099, text/csv;q=0.1", false, "csv" },
    { "application/json;q=0.19, text/csv;q=0.2", false, "csv" },
    { "application/json;q=1.001", false, "html" },
    { "application/json;q=10", false, "html" },
    { "application/json;q=0,5", false, "html" },
    { "application/json;q=0.x", false, "html" },
    { "application/json;q=/", false, "html" },
    { "application/json;q=2.0", false, "html" },
    { "application/json;q=.5", false, "html" },
    { "application/json;q=1.", false, "json" },
    { "text/csv, application/json", false, "csv" },
    { "application/xhtml+xml", false, "html" },
    { "text/*, application/json;q=0.9", false, "html" },
    { "application/openmetrics-text", false, "openmetrics" },
    { "text/html, application/openmetrics-text;q=0.1", true, "openmetrics" },
    { "application/json", true, "prometheus" },
    { "application/openmetrics-text;q=0.5, text/plain", true, "prometheus" },
    { "text/plain;version=1.0.0", false, "text" },
};

PG_TEST_EACH(accept_chooses_the_format, accepts)
{
    pg_span_t s = pg_test_exact(pg_span_str(accepts[_i].accept));

    ck_assert_str_eq(pg_query_accept_format(s, accepts[_i].metrics)->name,
                     accepts[_i].format);
    free((char *)s.ptr);
}

static const struct {
    const char *accept;
    pg_lang_e lang;
} langs[] = {
    { NULL, PG_LANG_EN }, { "", PG_LANG_EN }, { "ja", PG_LANG_JA },
    { "ja-JP,ja;q=0.9,en;q=0.8", PG_LANG_JA }, { "JA", PG_LANG_JA },
    { "en-GB,ja;q=0.9", PG_LANG_EN }, { "de, ja;q=0.2", PG_LANG_JA },
    { "en;q=0.5,ja;q=0.6", PG_LANG_JA }, { "en;q=0.5,ja;q=0.5", PG_LANG_EN },
    { "en;q=0.999, ja", PG_LANG_JA }, { "ja;q=0.999", PG_LANG_JA },
    { "ja;q=0", PG_LANG_EN },
    { "jav", PG_LANG_EN }, { "*", PG_LANG_EN },
};

PG_TEST_EACH(accept_language_chooses_the_language, langs)
{
    ck_assert_int_eq(pg_query_accept_lang(pg_span_str(langs[_i].accept)),
                     langs[_i].lang);
}
