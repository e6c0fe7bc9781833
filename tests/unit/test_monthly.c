/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The monthly report of one sensor or two, word for word. */
#include "pg_test_pool.h"

#include <stdio.h>

#include "pg_calendar.h"
#include "pg_monthly.h"

enum { MONTHS = 15 };                    /* October 2013 to December 2014   */
enum { YEAR_AGO = 0, BEFORE = 11, MONTH = 12, AFTER = 13, ALL = -2 };

static pg_bucket_t bucket[MONTHS];
static pg_range_t seen[2];
static pg_snapshot_t snapshot;
static pg_sensor_t sensor;
static pg_monthly_t report;

/* The beginning of a month; of October 2013, 0. */
static apr_time_t start_of(int month)
{
    return apr_time_from_sec(
        86400 * pg_calendar_month_start((2013 - 1970) * 12 + 9 + month));
}

/* October 2014, of a sensor without a name that saw nothing until 2015. */
static void make_report(void)
{
    make_pool();
    memset(bucket, 0, sizeof(bucket));
    for (int m = 0; m < MONTHS; m++) {
        bucket[m].start = start_of(m);
    }
    seen[0] = (pg_range_t){ start_of(0), start_of(MONTHS) };
    snapshot = (pg_snapshot_t){
        .since = start_of(0), .taken = start_of(MONTHS), .covered = seen,
        .covered_count = 1,
        .series = { [PG_PERIOD_MONTH] = { bucket, MONTHS } }
    };
    sensor = (pg_sensor_t){ "", &snapshot };
    report = (pg_monthly_t){ .all = { .sensor = &sensor, .n = 1,
                                      .now = start_of(MONTHS) },
                             .month = start_of(MONTH),
                             .now = start_of(MONTHS), .from = "a@b.example" };
}

static const char *rendered(const char *form)
{
    apr_array_header_t *octets = apr_array_make(pool, 4096, 1);
    const pg_monthly_format_t *f = pg_monthly_formats();
    pg_sink_t sink = pg_sink_array(octets);

    while (strcmp(f->name, form) != 0) {
        f++;
    }
    pg_sensors_align(&report.all);
    ck_assert_int_eq(f->render(&sink, &report, pool), APR_SUCCESS);
    APR_ARRAY_PUSH(octets, char) = '\0';
    return octets->elts;
}

#define TITLE "Relay attempts in October 2014\n\n"
#define HEAD \
    "  Family            October 2014  September 2014    October 2013\n"

PG_TEST_SUITE(monthly, .set_up = make_report, .tear_down = destroy_pool);

/* --- in words ------------------------------------------------------------ */

#define NONE "There were no attempts in this month, nor in any that it can " \
             "be compared with."
#define HOSTS "This month, and those that it can be compared with, had only " \
              "foreign Hosts."
#define ALONE "There is no month to compare this one with."
#define UNEVEN "Periods in which more or fewer of the merged ledgers were " \
               "counting are not compared."
#define ENDED "The records end before this month does.\n\n"

static const struct {
    int from, to;                /* of what was watched                   */
    int by;                      /* microseconds later, or earlier        */
    int hosts;                   /* the month that had one; -1: none      */
    const char *said;
} silent[] = {
    { 0, 15, 0, -1, NONE }, { 0, 15, 0, MONTH, HOSTS },
    { 0, 15, 0, BEFORE, HOSTS }, { 0, 15, 0, YEAR_AGO, HOSTS },
    { 0, 15, 0, 3, NONE }, { 0, 15, 0, ALL, HOSTS },
    { 12, 15, 0, ALL, ALONE },
    { 11, 15, 0, -1, NONE }, { 11, 13, 0, BEFORE, HOSTS },
    { 12, 15, 0, -1, ALONE }, { 12, 13, 0, MONTH, ALONE },
    { 11, 12, 0, -1, "The records end before this month begins." },
    { 11, 12, -1, -1, "The records end before this month begins." },
    { 11, 12, 1, -1, ENDED ALONE },
    { 13, 15, 0, -1, "The records begin after this month." },
    { 13, 15, 1, -1, "The records begin after this month." },
    { 13, 15, -1, -1, ALONE },
    { 11, 12, 0, MONTH, ALONE }, { 13, 15, 0, MONTH, ALONE },
};

PG_TEST_EACH(a_month_without_a_course_has_a_sentence, silent)
{
    const char *text;
    char all[400];

    seen[0] = (pg_range_t){ start_of(silent[_i].from),
                            start_of(silent[_i].to) };
    *(silent[_i].from > MONTH ? &seen[0].from : &seen[0].to) += silent[_i].by;
    snapshot.taken = seen[0].to;
    for (int m = 0; m < MONTHS; m++) {
        if (silent[_i].hosts == m || silent[_i].hosts == ALL) {
            bucket[m].by_family[PG_FAMILY_HOST] = 1;
        }
    }
    text = rendered("text");
    sprintf(all, TITLE "%s\n\n" HEAD, silent[_i].said);
    ck_assert_msg(strncmp(text, all, strlen(all)) == 0, "%s", text);
}

/* Two ranges, and nothing in between; without ranges, until it was taken. */
PG_TEST(a_month_that_nobody_watched_is_a_gap)
{
    seen[0].to = start_of(MONTH);
    seen[1] = (pg_range_t){ start_of(AFTER), start_of(MONTHS) };
    snapshot.covered_count = 2;
    ck_assert_ptr_nonnull(strstr(rendered("text"), TITLE
                                 "There are no records of this month.\n\n"));
    snapshot.covered_count = 0;
    snapshot.since = start_of(0);
    snapshot.taken = start_of(MONTH);
    ck_assert_ptr_nonnull(strstr(rendered("text"), TITLE "The records end "
                                 "before this month begins.\n\n"));
    snapshot.since = start_of(AFTER);
    snapshot.taken = start_of(MONTHS);
    ck_assert_ptr_nonnull(strstr(rendered("text"), TITLE "The records begin "
                                 "after this month.\n\n"));
}

/* How many ledgers watched a year ago, a month ago, and in this month. */
static const struct {
    apr_size_t by[3];
    const char *said;
} uneven[] = {
    { { 1, 1, 1 }, "GET has risen by 50 % since October 2013. GET has fallen "
      "by 25 % since September 2014.\n\n" HEAD },
    { { 2, 1, 1 }, "GET has fallen by 25 % since September 2014.\n\n" UNEVEN },
    { { 1, 2, 1 }, "GET has risen by 50 % since October 2013.\n\n" UNEVEN },
    { { 1, 1, 2 }, UNEVEN "\n\n" HEAD },
};

PG_TEST_EACH(what_more_ledgers_watched_is_not_compared, uneven)
{
    const apr_size_t *n = uneven[_i].by;
    pg_watched_t by[] = { { { start_of(0), start_of(1) }, n[0] },
                          { { start_of(1), start_of(MONTH) }, n[1] },
                          { { start_of(MONTH), start_of(MONTHS) }, n[2] } };
    const char *text;

    snapshot.watched = by;
    snapshot.watched_count = 3;
    bucket[YEAR_AGO].by_family[PG_FAMILY_GET] = 1000;
    bucket[BEFORE].by_family[PG_FAMILY_GET] = 2000;
    bucket[MONTH].by_family[PG_FAMILY_GET] = 1500;
    text = rendered("text") + strlen(TITLE);
    ck_assert_msg(strncmp(text, uneven[_i].said, strlen(uneven[_i].said)) == 0,
                  "%s", text);
    if (n[0] == 2) {                     /* even though nothing was seen   */
        memset(bucket[MONTH].by_family, 0, sizeof(bucket[MONTH].by_family));
        memset(bucket[BEFORE].by_family, 0, sizeof(bucket[MONTH].by_family));
        text = rendered("text");
        ck_assert_msg(strstr(text, TITLE NONE "\n\n" UNEVEN) == text, "%s",
                      text);
    }
}

/* How far October is covered, and whether it is over. */
static const struct {
    int days;
    bool over;
    const char *said;
} parts[] = {
    { 31, true, TITLE NONE }, { 31, false, TITLE NONE },
    { 10, true, TITLE ENDED }, { 10, false, TITLE "This month is not over "
                                            "yet.\n\n" },
};

PG_TEST_EACH(a_month_in_part_is_called_so, parts)
{
    const char *text;

    seen[0].to = snapshot.taken = start_of(MONTH)
                                  + apr_time_from_sec(86400) * parts[_i].days;
    report.now = start_of(AFTER) - !parts[_i].over;
    text = rendered("text");
    ck_assert_msg(strstr(text, parts[_i].said) == text, "%s", text);
}

/* --- in figures ---------------------------------------------------------- */

PG_TEST(each_figure_is_of_its_month_and_family)
{
    for (int m = 0; m < MONTHS; m++) {
        for (int f = 0; f < PG_FAMILY_COUNT; f++) {
            bucket[m].by_family[f] = (apr_uint64_t)(100000 * f + 7 * m + 1);
        }
        bucket[m].attempts = 1;
    }
    ck_assert_ptr_nonnull(strstr(
        rendered("text"), HEAD
        "  GET                         85              78               1\n"
        "  CONNECT                100,085         100,078         100,001\n"
        "  SOCKS                  200,085         200,078         200,001\n"
        "  Foreign Host           300,085         300,078         300,001\n"));
}

PG_TEST(only_families_that_were_seen_have_a_row)
{
    bucket[MONTH].by_family[PG_FAMILY_GET] = bucket[MONTH].attempts = 1;
    seen[0] = (pg_range_t){ start_of(1), start_of(BEFORE) };
    ck_assert_ptr_nonnull(strstr(
        rendered("text"), TITLE ALONE "\n\n" HEAD
        "  GET                          1               -               -\n\n"
        ));
}

PG_TEST(what_nobody_watched_has_no_figure)
{
    bucket[MONTH].by_family[PG_FAMILY_SOCKS] = bucket[MONTH].attempts = 3;
    bucket[BEFORE].by_family[PG_FAMILY_SOCKS] = bucket[BEFORE].attempts = 4;
    seen[0].from = start_of(BEFORE) + 1;
    ck_assert_ptr_nonnull(strstr(
        rendered("text"), HEAD
        "  SOCKS                        3               4               -\n\n"
        ));
    seen[0] = (pg_range_t){ start_of(1) - 1, start_of(BEFORE) };
    bucket[BEFORE].by_family[PG_FAMILY_GET] = 1;
    ck_assert_ptr_nonnull(strstr(
        rendered("text"), HEAD
        "  GET                          -               1               0\n"
        "  SOCKS                        3               4               0\n\n"
        ));
    snapshot.series[PG_PERIOD_MONTH].bucket++;
    snapshot.series[PG_PERIOD_MONTH].n--;
    ck_assert_ptr_nonnull(strstr(
        rendered("text"),
        "  SOCKS                        3               4               -\n\n"
        ));
}

PG_TEST(without_attempts_there_is_a_row_for_each_family)
{
    const char *text = rendered("text");

    for (const char *const *f = (const char *const[]){
             "GET", "CONNECT", "SOCKS", "Foreign Host", NULL }; *f; f++) {
        char row[80];

        sprintf(row, "\n  %-14s%16s%16s%16s\n", *f, "0", "0", "0");
        ck_assert_msg(strstr(text, row) != NULL, "%s", text);
    }
}

PG_TEST(a_long_figure_is_set_apart_all_the_same)
{
    bucket[MONTH].by_family[PG_FAMILY_GET] = APR_UINT64_MAX;
    bucket[BEFORE].by_family[PG_FAMILY_GET] = 999999999999;
    bucket[YEAR_AGO].by_family[PG_FAMILY_GET] = 1000000000000;
    bucket[MONTH].attempts = 1;
    ck_assert_ptr_nonnull(strstr(
        rendered("text"),
        "\n  GET            18,446,744,073,709,551,615 999,999,999,999 "
        "1,000,000,000,000\n"));
}

/* --- countries ----------------------------------------------------------- */

static void find(pg_place_t *out, const pg_geo_t *geo, pg_span_t address)
{
    (void)geo;
    *out = (pg_place_t){ .country = "" };
    if (address.ptr[0] != '?') {
        memcpy(out->country, address.ptr, 2);
    }
}

PG_TEST(countries_are_listed_with_their_shares)
{
    static const pg_geo_t geo = { find };
    static const pg_top_entry_t entries[] = {
        { { PG_SPAN("JP1"), false }, 500, 0 },
        { { PG_SPAN("?"), false }, 401, 0 },
        { { PG_SPAN("TW"), false }, 50, 0 },
        { { PG_SPAN("JP2"), false }, 48, 0 },
        { { PG_SPAN("AT"), false }, 1, 0 },
    };

    report.geo = &geo;
    ck_assert_ptr_null(strstr(rendered("text"), "Countries"));
    snapshot.top[PG_TOP_SOURCES] = (pg_top_t){ entries, 5, 0 };
    ck_assert_ptr_nonnull(strstr(
        rendered("text"),
        "\n\nCountries of the most frequent sources, in all\n\n"
        "  Country               Attempts           Share                \n"
        "  JP                         548            55 %                \n"
        "  ?                          401            40 %                \n"
        "  TW                          50           5.0 %                \n"
        "  AT                           1           0.1 %                \n\n"
        ));
    ck_assert_ptr_nonnull(strstr(
        rendered("markdown"), "| Country | Attempts | Share |  |\n"
        "|---|---:|---:|---:|\n| JP | 548 | 55 % |  |\n| ? | 401 | 40 % |"));
    snapshot.top[PG_TOP_SOURCES].n = 1;
    ck_assert_ptr_nonnull(strstr(rendered("text"), "500           100 %"));
    report.geo = NULL;
    ck_assert_ptr_null(strstr(rendered("text"), "Countries"));
}

PG_TEST(of_two_countries_each_has_half)
{
    static const pg_geo_t geo = { find };
    static const pg_top_entry_t entries[] = {
        { { PG_SPAN("TW"), false }, 1, 0 }, { { PG_SPAN("JP"), false }, 1, 0 },
    };

    report.geo = &geo;
    snapshot.top[PG_TOP_SOURCES] = (pg_top_t){ entries, 2, 0 };
    ck_assert_ptr_nonnull(strstr(
        rendered("text"),
        "  JP                           1            50 %                \n"
        "  TW                           1            50 %                \n\n"
        ));
}

/* --- the forms ----------------------------------------------------------- */

PG_TEST(a_sensor_with_a_name_has_a_heading)
{
    pg_sensor_t both[] = { { "north", &snapshot }, { "", &snapshot } };

    report.all.sensor = both;
    report.all.n = 2;
    ck_assert_ptr_nonnull(strstr(rendered("text"), TITLE "north\n" NONE
                                                   "\n\n" HEAD));
    ck_assert_ptr_nonnull(strstr(rendered("text"), "0\n\n" NONE "\n\n" HEAD));
    ck_assert_ptr_nonnull(strstr(rendered("markdown"),
                                 "# " TITLE "## north\n\n" NONE
                                 "\n\n| Family |"));
    ck_assert_ptr_nonnull(strstr(
        rendered("markdown"),
        "| Family | October 2014 | September 2014 | October 2013 |\n"
        "|---|---:|---:|---:|\n| GET | 0 | 0 | 0 |\n"));
    ck_assert_ptr_nonnull(strstr(
        rendered("html"),
        "<h1>Relay attempts in October 2014</h1>\n<h2>north</h2>\n<p>" NONE
        "</p>\n<div class=\"wide\"><table>\n<tr><th>Family</th><th>October "
        "2014</th><th>September 2014</th><th>October 2013</th></tr>\n"
        "<tr><th>GET</th><td>0</td><td>0</td><td>0</td></tr>\n"));
    ck_assert_ptr_nonnull(strstr(
        rendered("html"), "<td>0</td></tr>\n</table></div>\n<p>" NONE));
    ck_assert_ptr_null(strstr(rendered("html"), "<svg"));
    bucket[MONTH].by_family[PG_FAMILY_GET] = bucket[MONTH].attempts = 1;
    ck_assert_ptr_nonnull(strstr(rendered("html"), "<svg"));
}

/* What Markdown takes for markup is escaped, and controls are left out. */
PG_TEST(markdown_shows_every_octet_as_it_is)
{
    for (int c = 1; c < 256; c++) {
        char name[] = { 'x', (char)c, 'y', '\0' }, line[40];
        bool special = strchr("\\`*_{}[]<>#|~!&", c) != NULL;

        sensor.name = name;
        sprintf(line, "\n\n## x%s%.*sy\n\n", special ? "\\" : "", c >= 0x20,
                name + 1);
        ck_assert_msg(strstr(rendered("markdown"), line) != NULL, "%d", c);
    }
}

/* --- mail ---------------------------------------------------------------- */

static const char *const letters[] = { "", ",", "\u00e9", "\u65e5",
                                       "\U0001f300" };

/* A name of n letters of so many octets, as so many whole letters a word as
 * fit one of 75 octets. */
PG_TEST_TIMES(a_name_is_encoded_in_whole_letters, 160)
{
    static const int fit[] = { 0, 16, 8, 6, 4 };
    int size = 1 + _i / 40, n = 1 + _i % 40;
    char from[200] = "\"", field[2000] = "\r\nFrom:";

    for (int i = 0; i < n; i++) {
        strcat(from, letters[size]);
        if (i % fit[size] == 0) {
            strcat(field, i ? "?=\r\n =?UTF-8?Q?" : " =?UTF-8?Q?");
        }
        for (int o = 0; o < size; o++) {
            sprintf(field + strlen(field), "=%02X",
                    (unsigned char)letters[size][o]);
        }
    }
    strcat(from, "\" <a@b.example>");
    strcat(field, "?=\r\n <a@b.example>\r\nSubject: ");
    report.from = from;
    ck_assert_msg(strstr(rendered("mail"), field) != NULL, "%s",
                  rendered("mail"));
}

/* The letters of an atom (RFC 5322 3.2.3). */
static bool is_atext(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || (c && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Within a name, an address, and a domain. */
PG_TEST_TIMES(an_atom_has_its_letters_and_no_others, 128)
{
    char box[] = { 'x', (char)_i, 'y', '@', 'b', '\0' };
    char domain[] = { 'x', '@', 'y', (char)_i, 'z', '\0' };
    char name[] = { 'N', (char)_i, 'M', ' ', '<', 'a', '@', 'b', '>', '\0' };
    char plain[40];

    if (_i == 0) {
        return;
    }
    ck_assert_int_eq(pg_monthly_are_mailboxes(box, false),
                     is_atext(_i) || _i == '.');
    ck_assert_int_eq(pg_monthly_are_mailboxes(domain, false),
                     is_atext(_i) || _i == '.');
    if (_i != ',' && _i != '"' && _i != '<') {
        report.from = name;
        sprintf(plain, "\r\nFrom: N%cM\r\n <a@b>\r\n", _i);
        ck_assert_int_eq(strstr(rendered("mail"), plain) != NULL,
                         is_atext(_i) || _i == ' ');
    }
}

PG_TEST(a_mail_has_its_fields_in_order)
{
    const char *text;

    report.to = "a@b.example, \"C. D\" <c@d.example>,e@f.example";
    text = rendered("mail");
    ck_assert_msg(strstr(
        text, "Date: Thu, 01 Jan 2015 00:00:00 +0000\r\nFrom: a@b.example\r\n"
        "To: a@b.example,\r\n =?UTF-8?Q?=43=2E=20=44?=\r\n <c@d.example>,\r\n"
        " e@f.example\r\nSubject: =?UTF-8?Q?") == text, "%s", text);
    ck_assert_ptr_nonnull(strstr(
        text, "=31=34?=\r\nMessage-ID: <1420070400000000.proxyguard@localhost."
        "invalid>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
        "charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        "Content-Language: en\r\nAuto-Submitted: auto-generated\r\n\r\n"
        "Relay attempts in October 2014\r\n\r\n" NONE "\r\n\r\n  Family"));
    report.to = NULL;
    ck_assert_ptr_nonnull(strstr(rendered("mail"), "a@b.example\r\nSubject"));
}
