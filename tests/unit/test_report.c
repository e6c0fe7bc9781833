/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test_pool.h"

#include <jansson.h>

#include "pg_chart.h"
#include "pg_compare.h"
#include "pg_monthly.h"
#include "pg_render.h"
#include "pg_report.h"
#include "pg_text.h"

/* What a pg_sink_array() has taken. */
static const char *text_of(apr_array_header_t *octets)
{
    APR_ARRAY_PUSH(octets, char) = '\0';
    return octets->elts;
}

static const char *render(const char *format, const pg_report_t *report)
{
    apr_array_header_t *text = apr_array_make(pool, 65536, 1);
    pg_sink_t sink = pg_sink_array(text);
    const pg_format_t *f = pg_report_format(pg_span_str(format));

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(f->render(&sink, report, pool), APR_SUCCESS);
    return text_of(text);
}

static apr_status_t full_write(void *to, const char *octets, apr_size_t n)
{
    (void)to;
    (void)octets;
    (void)n;
    return APR_ENOSPC;
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

PG_TEST_SUITE(report, .set_up = make_pool, .tear_down = destroy_pool);

PG_TEST(json_has_the_totals_and_every_name_also_when_zero)
{
    pg_snapshot_t s = snapshot();
    pg_report_t report = { .ledger = &s, .version = "1.2.3" };
    const char *text = render("json", &report);
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
}

PG_TEST(without_a_ledger_each_format_says_it_cannot_count)
{
    pg_report_t report = { .version = "1.2.3" };
    const char *json = render("json", &report);
    const char *html = render("html", &report);

    ck_assert_ptr_nonnull(strstr(json, "\"counting\": false"));
    ck_assert_ptr_null(strstr(json, "attempts"));
    ck_assert_ptr_nonnull(strstr(html, "cannot count"));
}

PG_TEST(what_cannot_be_written_is_reported_by_each_format)
{
    pg_snapshot_t s = snapshot();
    pg_report_t report = { .ledger = &s, .version = "1.2.3" };
    pg_sensor_t sensor = { .name = "a", .s = &s };
    pg_monthly_t monthly = { .all = { .sensor = &sensor, .n = 1 },
                             .from = "a@b.example" };
    pg_compare_t compared = { .all = monthly.all, .family = -1 };

    for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
        pg_sink_t sink = { .write = full_write };

        ck_assert_int_eq(f->render(&sink, &report, pool), APR_ENOSPC);
    }
    for (const pg_monthly_format_t *f = pg_monthly_formats(); f->name; f++) {
        pg_sink_t sink = { .write = full_write };

        ck_assert_int_eq(f->render(&sink, &monthly, pool), APR_ENOSPC);
    }
    for (const pg_compare_format_t *f = pg_compare_formats(); f->name; f++) {
        pg_sink_t sink = { .write = full_write };

        ck_assert_int_eq(f->render(&sink, &compared, pool), APR_ENOSPC);
    }
}

PG_TEST(the_text_names_the_sensor_and_the_time)
{
    pg_snapshot_t s = snapshot();
    pg_report_t report = { .ledger = &s, .version = "1", .sensor = "north" };
    const char *text;

    s.taken = s.since + apr_time_from_sec(61);
    text = render("text", &report);
    ck_assert_msg(strstr(text, "Relay attempts - north, 2014-11-24 00:01:01 "
                               "UTC\n") == text, "%s", text);
}

PG_TEST(a_format_is_found_by_its_whole_name)
{
    ck_assert_ptr_nonnull(pg_report_format(PG_SPAN("json")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("jso")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("jsonx")));
    ck_assert_ptr_null(pg_report_format(PG_SPAN("")));
    ck_assert_ptr_null(pg_report_format(pg_span_str(NULL)));
}

PG_TEST(masked_only_a_user_agent_that_names_nobody_stays)
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
            pg_render_shown(&report, PG_MASK_AGENT, agent, &room);

        ck_assert_msg(pg_span_eq(shown, agent) == rows[i].stays, "%s",
                      rows[i].agent);
    }
}

/* The report's own key counts, wherever it is not zero; else the ledger's. */
static const struct {
    apr_uint64_t own[2];
    bool own_counts;
} keys[] = {
    { { 0, 0 }, false }, { { 1, 0 }, true }, { { 0, 1 }, true },
    { { 1, 1 }, true },  { { 2, 2 }, true },
};

PG_TEST_EACH(pseudonyms_are_of_the_report_or_else_of_the_ledger, keys)
{
    static const pg_key_t other = { .k = { 3, 4 } };
    pg_span_t address = PG_SPAN("192.0.2.1");
    pg_snapshot_t s = { .pseudonyms = other };
    pg_report_t report = { .ledger = &s, .view = { .mask = true },
                           .pseudonyms = { .k = { keys[_i].own[0],
                                                  keys[_i].own[1] } } };
    pg_shown_t room, expected, none;
    pg_span_t shown = pg_render_shown(&report, PG_MASK_SOURCE, address,
                                      &room);
    pg_span_t by = pg_mask_shown(expected.room, keys[_i].own_counts
                                                    ? &report.pseudonyms
                                                    : &other,
                                 PG_MASK_SOURCE, address);

    ck_assert(pg_span_eq(shown, by));
    report.ledger = NULL;
    by = pg_mask_shown(none.room, &report.pseudonyms, PG_MASK_SOURCE,
                       address);
    ck_assert(pg_span_eq(by, pg_render_shown(&report, PG_MASK_SOURCE,
                                             address, &room)));
    report.view.mask = false;
    shown = pg_render_shown(&report, PG_MASK_SOURCE, address, &room);
    ck_assert(pg_span_eq(shown, address));
}

/* Postures of up to three virtual hosts, and what is answered. */
static const struct {
    int n;
    pg_posture_e posture[3];
    const char *answer;
} cards[] = {
    { 0, { PG_POSTURE_UNKNOWN, PG_POSTURE_UNKNOWN, PG_POSTURE_UNKNOWN },
      "Not known. The configuration was not examined." },
    { 1, { PG_POSTURE_NO_PROXY, PG_POSTURE_OPEN, PG_POSTURE_OPEN },
      "No. The virtual host does not relay for third parties." },
    { 3, { PG_POSTURE_NO_PROXY, PG_POSTURE_NO_PROXY, PG_POSTURE_NO_PROXY },
      "No. None of the 3 virtual hosts relays for third parties." },
    { 3, { PG_POSTURE_NO_PROXY, PG_POSTURE_RESTRICTED, PG_POSTURE_NO_PROXY },
      "No: for permitted clients only. 1 of 3 virtual hosts is a forward "
      "proxy, restricted to permitted clients." },
    { 3, { PG_POSTURE_RESTRICTED, PG_POSTURE_UNKNOWN, PG_POSTURE_NO_PROXY },
      "Not known. The configuration of 1 of 3 virtual hosts could not be "
      "judged." },
    { 3, { PG_POSTURE_UNKNOWN, PG_POSTURE_ON_PURPOSE,
           PG_POSTURE_ON_PURPOSE },
      "Yes, on purpose. 2 of 3 virtual hosts relay for anyone, as "
      "configured." },
    { 3, { PG_POSTURE_ON_PURPOSE, PG_POSTURE_OPEN, PG_POSTURE_NO_PROXY },
      "Configured as one, by mistake. 1 of 3 virtual hosts would relay for "
      "anyone; only this module prevents it. See the findings below." },
};

PG_TEST(what_the_guard_does_not_prevent_it_does_not_claim)
{
    pg_vhost_t vhosts[2] = {
        { .name = "a:80", .posture = PG_POSTURE_OPEN },
        { .name = "b:80", .posture = PG_POSTURE_OPEN, .bare = true }
    };
    pg_snapshot_t s = { .since = 1 };
    pg_report_t report = { .version = "1", .ledger = &s, .vhosts = vhosts,
                           .vhost_count = 2 };

    ck_assert(strstr(render("text", &report),
                     "Yes, by mistake. 1 of 2 virtual hosts relays for "
                     "anyone, and this module does not prevent it there."));
    ck_assert(strstr(render("text", &report),
                     "No. There were no attempts."));
    vhosts[1].unwatched = true;
    ck_assert(strstr(render("text", &report),
                     "Not known. There were no attempts. This module is off, "
                     "and counts nothing, in 1 of 2 virtual hosts that may "
                     "relay."));
    vhosts[1].posture = PG_POSTURE_ON_PURPOSE;
    ck_assert(strstr(render("text", &report), "only this module prevents it"));
}

PG_TEST_EACH(the_worst_of_three_virtual_hosts_is_the_answer, cards)
{
    pg_vhost_t vhosts[3] = { { .name = "a:80" }, { .name = "b:80" },
                             { .name = "c:80" } };
    pg_report_t report = { .version = "1", .vhosts = vhosts,
                           .vhost_count = (apr_size_t)cards[_i].n };
    const char *text;

    for (int i = 0; i < 3; i++) {
        vhosts[i].posture = cards[_i].posture[i];
    }
    text = render("text", &report);
    ck_assert_msg(strstr(text, cards[_i].answer) != NULL, "%s", text);
}

/* Attempts, how many of them were relayed, or let through; read from a log? */
static const struct {
    apr_uint64_t attempts, relayed;
    const char *text;
    apr_uint64_t observed;
    bool from_logs;
} relays[] = {
    { 0, 0, "No. There were no attempts.", 0, false },
    { 1, 0, "No. The only attempt was not relayed.", 0, false },
    { 39902, 0, "No. None of the 39,902 attempts was relayed.", 0, false },
    { 7, 1, "Yes: 1. 1 of 7 attempts was relayed to a third party.", 0, false },
    { 7, 2, "Yes: 2. 2 of 7 attempts were relayed to a third party.", 0,
      false },
    { 7, 0, "No. None of the 7 attempts was relayed.", 7, false },
    { 7, 0, "No sign of it.\n", 0, true },
    { 7, 0, "No sign of it. For up to 6 attempts read from logs, there is no "
            "way to tell.\n", 6, true },
    { 2, 1, "Probably: 1. 1 of 2 attempts is recorded as relayed, some or all "
            "of them judged by the answers in a log. For up to 1 attempt read "
            "from logs, there is no way to tell.\n", 1, true },
};

PG_TEST_EACH(whether_something_was_relayed_is_said, relays)
{
    pg_snapshot_t s = { .taken = apr_time_from_sec(1416787200),
                        .since = apr_time_from_sec(1416700800) };
    pg_report_t report = { .ledger = &s, .version = "1" };
    const char *text;

    s.attempts = relays[_i].attempts;
    s.count[PG_CLASS_ABSOLUTE][PG_OUTCOME_RELAYED] = relays[_i].relayed;
    s.count[PG_CLASS_ABSOLUTE][PG_OUTCOME_DENIED] =
        relays[_i].attempts - relays[_i].relayed - relays[_i].observed;
    s.count[PG_CLASS_ABSOLUTE][PG_OUTCOME_OBSERVED] = relays[_i].observed;
    s.from_logs = relays[_i].from_logs;
    text = render("text", &report);
    ck_assert_msg(strstr(text, relays[_i].text) != NULL, "%s", text);
}

/* A ledger of which all times are unusable has attempts and no history. */
PG_TEST(a_ledger_without_any_history_is_shown_in_every_format)
{
    static const int zones[] = { 0, 540, -300 };
    pg_snapshot_t s = snapshot();

    s.taken = s.since + apr_time_from_sec(60);
    for (int i = 0; i < 12; i++) {
        pg_report_t report = { .ledger = &s, .version = "1", .now = s.taken,
                               .in_file = i % 2, .ended = i % 2 };

        report.view.zone = zones[i % 3];
        report.view.only_class = i < 6 ? 0 : PG_CLASS_ABSOLUTE + 1;
        for (const pg_format_t *f = pg_report_formats(); f->name; f++) {
            const char *text = render(f->name, &report);

            ck_assert_ptr_null(strstr(text, "per month"));
            ck_assert_uint_gt(strlen(text), 0);
        }
    }
}

static const struct {
    apr_uint64_t n, all;
    const char *number, *percent;
} numbers[] = {
    { 0, 10, "0", "" }, { 999, 1000, "999", "100 %" },
    { 1000, 1000, "1,000", "100 %" }, { 17597, 100000, "17,597", "18 %" },
    { 1234567, 10000000, "1,234,567", "12 %" },
    { 3, 100, "3", "3.0 %" }, { 1, 2001, "1", "<0.1 %" },
    { 1, 2000, "1", "0.1 %" }, { 5, 0, "5", "" },
    { 994, 10000, "994", "9.9 %" }, { 995, 10000, "995", "10 %" },
};

PG_TEST_EACH(numbers_are_written_one_way, numbers)
{
    char out[PG_NUMBER_SIZE];

    ck_assert_str_eq(pg_render_number(out, numbers[_i].n),
                     numbers[_i].number);
    ck_assert_str_eq(pg_render_percent(out, numbers[_i].n, numbers[_i].all),
                     numbers[_i].percent);
}

static const struct {
    double x;
    const char *mean;
} means[] = {
    { 0, "0" }, { 0.04, "0" }, { 0.05, "0.1" }, { 3, "3" }, { 9.94, "9.9" },
    { 9.96, "10" }, { 10.4, "10" }, { 10.5, "11" }, { 99.96, "100" },
    { 1234.5, "1,235" },
};

PG_TEST_EACH(a_mean_below_ten_has_one_decimal, means)
{
    char out[PG_NUMBER_SIZE];

    ck_assert_str_eq(pg_render_mean(out, means[_i].x), means[_i].mean);
}

static const struct {
    const char *text;
    int columns;
} wide[] = {
    { "", 0 }, { "ab", 2 }, { "\u10ff", 1 }, { "\u1100", 2 },
    { "\u11ff", 2 }, { "\u1200", 1 }, { "\u2588", 1 }, { "\u2e7f", 1 },
    { "\u2e80", 2 }, { "a\u65e5", 3 },
};

PG_TEST_EACH(hangul_and_all_from_the_radicals_on_is_wide, wide)
{
    ck_assert_int_eq(pg_render_columns(wide[_i].text), wide[_i].columns);
}

static const struct {
    const char *words;
    int width;
    const char *cell;
} cells[] = {
    { "", 0, "" }, { "", 1, " " }, { "ab", 0, "ab" }, { "ab", 1, "ab" },
    { "ab", 2, "ab" }, { "ab", 3, "ab " }, { "ab", 4, "ab  " },
    { "\u00b1 1", 3, "\u00b1 1" }, { "\u00b1 1", 4, "\u00b1 1 " },
    { "\u65e5", 1, "\u65e5" }, { "\u65e5", 3, "\u65e5 " },
};

PG_TEST_EACH(a_cell_is_filled_up_to_its_width, cells)
{
    apr_array_header_t *octets = apr_array_make(pool, 64, 1);
    pg_sink_t sink = pg_sink_array(octets);
    pg_textpage_t page = { .sink = &sink };

    pg_text_cell(&page, cells[_i].words, cells[_i].width);
    ck_assert_str_eq(text_of(octets), cells[_i].cell);
}

/* A bucket is [start, end), as the range is. */
static const struct {
    apr_time_t since, until;
    bool cut;
} ranges[] = {
    { 0, 0, false }, { 3600, 0, false }, { 3601, 0, true },
    { 7199, 0, true }, { 7200, 0, false }, { 0, 3600, false },
    { 0, 3601, true }, { 0, 7199, true }, { 0, 7200, false },
};

PG_TEST_EACH(a_bucket_is_cut_by_a_bound_within_it, ranges)
{
    pg_bucket_t hour = { .start = apr_time_from_sec(3600) };
    pg_report_t report = { .view = {
        .since = apr_time_from_sec(ranges[_i].since),
        .until = apr_time_from_sec(ranges[_i].until) } };

    ck_assert_int_eq(pg_render_cut(&report, &hour, PG_PERIOD_HOUR),
                     ranges[_i].cut);
}

#define LONG "abcdefghijklmnopqrstuvwxyz012345"
#define LONG_256 LONG LONG LONG LONG LONG LONG LONG LONG

static const struct {
    const char *host;
    apr_uint16_t port;
    bool cut;                    /* in the ledger                         */
    const char *whom;
    bool shown_cut;
} whoms[] = {
    { NULL, 80, false, NULL, false }, { "", 80, true, NULL, false },
    { "a.example", 0, false, "a.example", false },
    { "a.example", 80, false, "a.example:80", false },
    { "a.example", 65535, true, "a.example:65535", true },
    { "2001:db8::5", 0, false, "[2001:db8::5]", false },
    { "2001:db8::5", 25, false, "[2001:db8::5]:25", false },
    { "[2001:db8::5]", 25, false, "[2001:db8::5]:25", false },
    { LONG_256, 1, false, LONG_256 ":1", false },
    { LONG_256 "x", 1, false, LONG_256 ":1", true },
};

PG_TEST_EACH(a_destination_is_an_authority, whoms)
{
    char room[PG_WHOM_SIZE];
    pg_recent_t r = { .host = { pg_span_str(whoms[_i].host),
                                whoms[_i].cut }, .port = whoms[_i].port };
    pg_text_t whom = pg_render_whom(&r, room);

    ck_assert_msg(pg_span_eq(whom.octets, pg_span_str(whoms[_i].whom)),
                  "%.*s", (int)whom.octets.len, whom.octets.ptr);
    ck_assert_int_eq(whom.octets.ptr == NULL, whoms[_i].whom == NULL);
    ck_assert_int_eq(whom.cut, whoms[_i].shown_cut);
}

/* Of an attempt in the second 30 from 192.0.2.7 to a.example:80. */
static const struct {
    apr_time_t since, until;
    int only_class;
    const char *source, *target;
    bool matches;
} views[] = {
    { .since = 30, .until = 31, .matches = true }, { .since = 31 },
    { .until = 30 }, { .until = 31, .matches = true },
    { .only_class = PG_CLASS_ABSOLUTE + 1, .matches = true },
    { .only_class = PG_CLASS_ABSOLUTE + 2 },
    { .source = "192.0.2.7", .matches = true }, { .source = "192.0.2.70" },
    { .target = "a.example", .matches = true },
    { .target = "a.example:80", .matches = true },
    { .target = "a.example:8" },
};

PG_TEST_EACH(an_attempt_is_shown_that_all_parameters_choose, views)
{
    pg_report_t report = { .view = {
        .since = views[_i].since, .until = views[_i].until,
        .only_class = views[_i].only_class,
        .source = pg_span_str(views[_i].source),
        .target = pg_span_str(views[_i].target) } };
    pg_recent_t r = { .time = 30, .class_id = PG_CLASS_ABSOLUTE, .port = 80,
                      .source = { .octets = PG_SPAN("192.0.2.7") },
                      .host = { .octets = PG_SPAN("a.example") } };

    ck_assert_int_eq(pg_render_matches(&report, &r), views[_i].matches);
}

/* Of an attempt 61 seconds ago, or of none; what the page says. */
static const struct {
    int window;
    apr_size_t n;
    const char *page;
    bool shown;
} windows[] = {
    { 0, 1, "class=\"recent\"", true }, { 62, 1, "class=\"recent\"", true },
    { 61, 1, "No attempts in the last ", false },
    { 0, 0, "No attempts yet.", false }, { 62, 0, "No attempts yet.", false },
};

PG_TEST_EACH(what_is_older_than_the_window_is_not_shown, windows)
{
    pg_snapshot_t s = snapshot();
    pg_recent_t r = { .time = s.since };
    pg_report_t report = { .ledger = &s, .version = "1" };

    s.taken = s.since + apr_time_from_sec(61);
    s.recent = &r;
    s.recent_count = windows[_i].n;
    report.view.window = apr_time_from_sec(windows[_i].window);
    ck_assert_int_eq(strstr(render("text", &report), "The most recent attempts")
                     != NULL, windows[_i].shown);
    ck_assert(strstr(render("html", &report), windows[_i].page));
}

static const struct {
    const char *list;
    int most;                    /* -1: never valid; 0: as many as it has;
                                    1: alone                              */
} mailboxes[] = {
    { "a@b", 1 }, { " a@b ", 1 }, { "a.b+c@d.example", 1 }, { "", -1 },
    { "a", -1 }, { "@b", -1 }, { "a@", -1 }, { ".a@b", -1 }, { "a.@b", -1 },
    { "a..b@c", -1 }, { "a@.b", -1 }, { "a@b.", -1 }, { "a b@c", -1 },
    { "a@b@c", -1 }, { "!#$%&'*+-/=?^_`{|}~@b", 1 }, { "(a)@b", -1 },
    { "\u00fc@b", -1 }, { "Name <a@b>", 1 }, { "<a@b>", 1 },
    { "Name <a@b", -1 }, { "Name <a@b> x", -1 }, { "Name <>", -1 },
    { "\"N, M\" <a@b>", 1 }, { "\xff <a@b>", -1 }, { "a@b,", -1 },
    { ",a@b", -1 }, { "a@b,c@d", 0 }, { "a@b, N <c@d>", 0 },
    { "a@b,,c@d", -1 }, { "\"N, M\" <a@b>,c@d", 0 },
};

PG_TEST_EACH(mailboxes_are_addresses_with_or_without_a_name, mailboxes)
{
    ck_assert_int_eq(pg_monthly_are_mailboxes(mailboxes[_i].list, false),
                     mailboxes[_i].most == 1);
    ck_assert_int_eq(pg_monthly_are_mailboxes(mailboxes[_i].list, true),
                     mailboxes[_i].most >= 0);
}

static const struct {
    apr_uint64_t asked;
    bool cut, mask, ours;
} visited[] = {
    { 30, false, false, true }, { 29, false, false, false },
    { 30, true, false, false }, { 30, false, true, false },
    { 0, false, false, false },
};

PG_TEST_EACH(a_foreign_host_that_many_ask_for_may_be_ours, visited)
{
    pg_recent_t recent = { .class_id = PG_CLASS_FOREIGN_HOST,
                           .host = { PG_SPAN("shop.example"),
                                     visited[_i].cut } };
    pg_top_entry_t asked = { .key = { .octets = PG_SPAN("shop.example:80") },
                             .count = visited[_i].asked };
    pg_snapshot_t s = snapshot();
    pg_report_t report = { .ledger = &s, .version = "1.2.3",
                           .view = { .mask = visited[_i].mask } };
    const char *text;

    s.taken = s.since + apr_time_from_sec(2 * 86400);
    s.by_family[PG_FAMILY_HOST] = visited[_i].asked;
    s.attempts += visited[_i].asked;
    s.recent = &recent;
    s.recent_count = 1;
    s.top[PG_TOP_TARGETS].entry = &asked;
    s.top[PG_TOP_TARGETS].n = 1;
    text = render("text", &report);
    ck_assert_int_eq(strstr(text, "10 visitors a day") != NULL,
                     visited[_i].ours);
    ck_assert_int_eq(strstr(text, "ProxyGuardOwnHost shop.example") != NULL,
                     visited[_i].ours);
    ck_assert_int_eq(strstr(text, "in Host for a name") != NULL,
                     visited[_i].asked > 0);
}

/* Rows left on the screen (-1: any number), rows of a list, those shown. */
static const struct {
    int left;
    apr_size_t n, shown;
} rooms[] = {
    { -1, 100, 100 }, { 2, 1, 0 }, { 3, 1, 0 }, { 4, 1, 1 }, { 4, 3, 1 },
    { 5, 3, 2 }, { 6, 3, 3 }, { 7, 3, 3 }, { 5, 4, 0 }, { 6, 4, 3 },
    { 7, 4, 4 }, { 3, 4, 0 },
};

PG_TEST_EACH(a_list_fits_the_screen_or_is_left_out, rooms)
{
    pg_fit_t fit = { .rows = 50, .row = 50 - rooms[_i].left };
    pg_textpage_t page = { .fit = rooms[_i].left < 0 ? NULL : &fit };

    ck_assert_uint_eq(pg_text_room(&page, rooms[_i].n), rooms[_i].shown);
}

static apr_uint64_t given(const pg_chart_t *chart, apr_size_t column,
                          int series)
{
    (void)series;
    return ((const apr_uint64_t *)chart->data)[column];
}

static const char *no_label(const pg_chart_t *chart, apr_size_t column,
                            char out[PG_CHART_LABEL])
{
    (void)chart;
    (void)column;
    return strcpy(out, "");
}

static int count_of(const char *text, const char *what)
{
    int n = 0;

    while ((text = strstr(text, what)) != NULL) {
        text++;
        n++;
    }
    return n;
}

/* Two columns; how many grid lines there are, and the lower one's bar. */
static const struct {
    apr_uint64_t value[2];
    int lines;
    const char *least;
} drawn[] = {
    { { 0, 0 }, 1, "" }, { { 1, 0 }, 1, "" },
    { { 5, 4 }, 3, " y=\"66.0\" width=\"283.7\" height=\"112.0\"" },
    { { 40, 10 }, 4, " y=\"136.0\" width=\"283.7\" height=\"42.0\"" },
    { { 41, 1 }, 3, " y=\"175.2\" width=\"283.7\" height=\"2.8\"" },
    { { 4000, 1 }, 4, " y=\"176.5\" width=\"283.7\" height=\"1.5\"" },
    { { APR_UINT64_MAX, 0 }, 3, "" },
};

PG_TEST_EACH(a_chart_is_as_high_as_its_highest_column, drawn)
{
    static const char *const css[] = { "one" };
    apr_array_header_t *octets = apr_array_make(pool, 4096, 1);
    pg_sink_t sink = pg_sink_array(octets);
    const char *text;
    pg_chart_t chart = { .id = "x", .title = "", .about = "", .columns = 2,
                         .series = 1, .stacked = true, .label_every = 1,
                         .css = css, .data = drawn[_i].value,
                         .value = given, .label = no_label };

    pg_chart_put(&sink, &chart);
    text = text_of(octets);
    ck_assert_int_eq(count_of(text, "class=\"grid\""), drawn[_i].lines);
    ck_assert_msg(strstr(text, drawn[_i].least), "%s", text);
}
