/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands share: options, files, and what they say of them. */
#include "pg_import.h"

#include "pg_test_folder.h"

#include "pg_calendar.h"
#include "pg_clireport.h"
#include "pg_evidencefile.h"
#include "pg_range.h"
#include "pg_sensorfile.h"

enum { MOST = 1000 };                    /* arguments                       */

static char *argv[MOST] = { (char *)"x" };
static pg_cli_t cli;
static FILE *said;                       /* instead of standard error       */
static int error;

static void begin(void)
{
    make_folder();
    cli = (pg_cli_t){ .argc = 1, .argv = argv, .now = T0, .pool = pool };
    fflush(stderr);
    error = dup(STDERR_FILENO);
    said = tmpfile();
    dup2(fileno(said), STDERR_FILENO);
    optind = 1;
}

static void end(void)
{
    dup2(error, STDERR_FILENO);
    close(error);
    fclose(said);
    remove_folder();
}

/* All that was said since the last time. */
static const char *heard(void)
{
    static char text[4096];
    size_t n;

    fflush(stderr);
    rewind(said);
    n = fread(text, 1, sizeof(text) - 1, said);
    text[n] = '\0';
    ck_assert_int_eq(ftruncate(fileno(said), 0), 0);
    rewind(said);
    return text;
}

static void argument(const char *text)
{
    argv[cli.argc++] = apr_pstrdup(pool, text);
}

PG_TEST_SUITE(cli, .set_up = begin, .tear_down = end);

/* --- options ------------------------------------------------------------- */

static const struct {
    const char *text;
    long n;                      /* 0: refused                            */
} numbers[] = {
    { "1", 1 }, { "9", 9 }, { "10", 10 }, { "007", 7 }, { "11", 0 },
    { "0", 0 }, { "-1", 0 }, { "+1", 0 }, { " 1", 0 }, { "1 ", 0 },
    { "1x", 0 }, { "", 0 }, { "x", 0 }, { "/1", 0 }, { ":1", 0 },
    { "99999999999999999999", 0 },
};

PG_TEST_EACH(a_number_is_of_digits_and_in_its_bounds, numbers)
{
    long n = 0;
    int status = pg_cli_number(&cli, "--n", numbers[_i].text, 10, &n);
    const char *wrong = apr_psprintf(pool, "x: --n: '%s' is not a number from "
                                     "1 to 10\nTry 'x --help'.\n",
                                     numbers[_i].text);

    ck_assert_int_eq(status, numbers[_i].n ? 0 : PG_EXIT_USAGE);
    ck_assert_int_eq(n, numbers[_i].n);
    ck_assert_str_eq(heard(), numbers[_i].n ? "" : wrong);
}

/* Of a.example, and of 2001:db8::1: is its port 81 ours? */
static const struct {
    const char *name;
    bool any_port, host, address;
} names[] = {
    { "a.example", true, true, false }, { "a.example", false, false, false },
    { "a.example:81", true, true, false }, { "a.example:82", true, false,
                                             false },
    { "a.example:81", false, true, false }, { "a.example:*", false, true,
                                              false },
    { "2001:db8::1", true, false, true }, { "[2001:db8::1]", true, false,
                                            true },
    { "[2001:db8::1]:81", true, false, true },
    { "[2001:db8::1]:82", true, false, false },
    { "[2001:db8::1]", false, false, false },
};

PG_TEST_EACH(an_own_name_without_a_port_may_be_on_any, names)
{
    pg_own_t *own = NULL;
    pg_authority_t a;

    ck_assert_int_eq(pg_cli_own(&cli, &own, names[_i].name,
                                names[_i].any_port), 0);
    pg_target_authority(&a, PG_SPAN("a.example:81"));
    ck_assert_int_eq(pg_own_check(own, &a, 0, 80) == PG_OWN_YES,
                     names[_i].host);
    pg_target_authority(&a, PG_SPAN("[2001:db8::1]:81"));
    ck_assert_int_eq(pg_own_check(own, &a, 0, 80) == PG_OWN_YES,
                     names[_i].address);
}

/* --- ranges of time ------------------------------------------------------ */

static const struct {
    apr_time_t since, until;
    int status;
} bounds[] = {
    { 0, 0, 0 }, { 5, 0, 0 }, { 0, 5, 0 }, { 4, 5, 0 },
    { 5, 5, PG_EXIT_USAGE }, { 6, 5, PG_EXIT_USAGE },
};

PG_TEST_EACH(a_range_ends_after_it_begins, bounds)
{
    pg_clireport_t asked = { .query.view = { .since = bounds[_i].since,
                                             .until = bounds[_i].until } };

    ck_assert_int_eq(pg_clireport_check(&cli, &asked), bounds[_i].status);
    ck_assert_str_eq(heard(), bounds[_i].status
                     ? "x: --since must name a time before --until\n"
                       "Try 'x --help'.\n" : "");
}

/* Records end with what they cover, unless that was a minute ago at most. */
PG_TEST(records_end_where_nobody_watched_any_more)
{
    pg_range_t covered[2] = { { 1, 2 }, { 3, T0 - 60 * SECOND } };
    pg_snapshot_t s = { .taken = T0, .covered = covered, .covered_count = 2 };

    ck_assert_int_eq(pg_clireport_end(&s), T0);
    covered[1].to--;
    ck_assert_int_eq(pg_clireport_end(&s), T0 - 60 * SECOND - 1);
    s.covered_count = 1;
    ck_assert_int_eq(pg_clireport_end(&s), 2);
    s.covered_count = 0;
    ck_assert_int_eq(pg_clireport_end(&s), T0);
}

static const struct {
    const char *zone;
    int status;
} zones[] = {
    { "UTC", 0 }, { "+0000", 0 }, { "-00:00", 0 },
    { "+0001", PG_EXIT_USAGE }, { "-0001", PG_EXIT_USAGE },
    { "x", PG_EXIT_USAGE },
};

PG_TEST_EACH(months_of_a_ledger_are_those_of_utc, zones)
{
    ck_assert_int_eq(pg_clireport_utc(&cli, zones[_i].zone),
                     zones[_i].status);
}

/* --- the key of pseudonyms ----------------------------------------------- */

static int key_of(pg_key_t *out, apr_size_t n)
{
    char text[5000];

    memset(text, 'k', n);
    text[n] = '\0';
    write_file(in_folder("key"), text);
    return pg_clireport_key(&cli, out, in_folder("key"));
}

PG_TEST(a_key_is_made_of_16_octets_or_more)
{
    pg_key_t key, other;

    ck_assert_int_eq(key_of(&key, 15), PG_EXIT_NO_INPUT);
    ck_assert_int_eq(key_of(&key, 0), PG_EXIT_NO_INPUT);
    ck_assert_int_eq(key_of(&key, 16), 0);
    /* SipHash-2-4 with keys of our own: names stay the same for years */
    ck_assert_uint_eq(key.k[0], UINT64_C(0x2ad2eb78f9db4e38));
    ck_assert_uint_eq(key.k[1], UINT64_C(0x6d0530fe0ec03abe));
    ck_assert_int_eq(key_of(&other, 17), 0);
    ck_assert(key.k[0] != other.k[0] && key.k[1] != other.k[1]);
    ck_assert_int_eq(key_of(&key, 4095), 0);
    ck_assert_int_eq(key_of(&other, 4096), 0);
    ck_assert_uint_ne(key.k[0], other.k[0]);
    ck_assert_int_eq(key_of(&key, 4097), 0);      /* so many are read       */
    ck_assert_uint_eq(key.k[0], other.k[0]);
    (void)heard();
    ck_assert_int_eq(pg_clireport_key(&cli, &key, "/nonexistent"),
                     PG_EXIT_NO_INPUT);
    ck_assert_str_eq(heard(), "x: --key: /nonexistent does not hold the 16 "
                     "bytes that a secret needs\n");
}

/* --- evidence ------------------------------------------------------------ */

typedef struct lines_t {
    apr_array_header_t *line;
    int most;
} lines_t;

static bool take(void *to, pg_span_t line)
{
    lines_t *lines = to;

    APR_ARRAY_PUSH(lines->line, const char *) = string(line);
    return lines->line->nelts < lines->most;
}

static const struct {
    const char *text, *lines;
} texts[] = {
    { "", "" }, { "a", "a|" }, { "a\n", "a|" }, { "a\nb", "a|b|" },
    { "\n", "|" }, { "\na\n\n", "|a||" }, { "a\r\n", "a\r|" },
    { "1\n2\n3\n4", "1|2|3|" },
};

PG_TEST_EACH(lines_are_read_without_their_ends, texts)
{
    lines_t lines = { apr_array_make(pool, 4, sizeof(char *)), 3 };
    const char *all = "";

    write_file(in_folder("log"), texts[_i].text);
    argument(in_folder("log"));
    ck_assert_int_eq(pg_evidencefile_read(&cli, take, &lines), 0);
    for (int i = 0; i < lines.line->nelts; i++) {
        all = apr_pstrcat(pool, all, APR_ARRAY_IDX(lines.line, i,
                                                   const char *), "|", NULL);
    }
    ck_assert_str_eq(all, texts[_i].lines);
    ck_assert_str_eq(heard(), "");
}

PG_TEST(what_cannot_be_read_ends_the_reading)
{
    lines_t lines = { apr_array_make(pool, 4, sizeof(char *)), 99 };

    write_file(in_folder("log"), "a\n");
    argument(in_folder("log"));
    argument("/nonexistent");
    argument(in_folder("log"));
    ck_assert_int_eq(pg_evidencefile_read(&cli, take, &lines),
                     PG_EXIT_NO_INPUT);
    ck_assert_int_eq(lines.line->nelts, 1);
    ck_assert_str_eq(heard(), "x: /nonexistent: cannot be opened\n");
    argv[2] = folder;
    ck_assert_int_eq(pg_evidencefile_read(&cli, take, &lines),
                     PG_EXIT_OUTPUT);
    ck_assert_str_eq(heard(), apr_psprintf(
        pool, "x: %s: cannot be read to its end\n", folder));
}

static const struct {
    apr_uint64_t unread, lines;
    int status;
    const char *said;
} judged[] = {
    { 0, 0, 0, "" }, { 0, 9, 0, "" },
    { 1, 9, 0, "x: could not read 1 of 9 lines as evidence\n" },
    { 8, 9, 0, "x: could not read 8 of 9 lines as evidence\n" },
    { 9, 9, PG_EXIT_DATA, "x: could not read 9 of 9 lines as evidence\n" },
};

PG_TEST_EACH(only_what_has_no_evidence_at_all_is_refused, judged)
{
    ck_assert_int_eq(pg_evidencefile_judge(&cli, judged[_i].unread,
                                           judged[_i].lines),
                     judged[_i].status);
    ck_assert_str_eq(heard(), judged[_i].said);
}

#define NAME_31 "abcdefghijklmnopqrstuvwxyz01234"

PG_TEST(a_member_is_found_by_its_path)
{
    json_t *line = json_loads(
        "{\"a\":{\"b\":{\"c\":\"1\"},\"\":\"2\"},\"" NAME_31 "\":\"3\","
        "\"" NAME_31 "5\":\"4\",\"d\":5}", 0, NULL);

    ck_assert_ptr_eq(pg_evidencefile_member(line, ""), line);
    ck_assert_str_eq(pg_evidencefile_text(line, "a.b.c"), "1");
    ck_assert_str_eq(pg_evidencefile_text(line, NAME_31), "3");
    ck_assert_str_eq(pg_evidencefile_text(line, NAME_31 "5"), "3");
    ck_assert_ptr_null(pg_evidencefile_text(line, "a.b"));
    ck_assert_ptr_null(pg_evidencefile_text(line, "a.c.b"));
    ck_assert_ptr_null(pg_evidencefile_text(line, "ab"));
    ck_assert_ptr_null(pg_evidencefile_text(line, "d"));
    ck_assert_ptr_null(pg_evidencefile_member(NULL, "a"));
    json_decref(line);
}

static const char *written(void (*put)(pg_sink_t *, const pg_article_t *,
                                       const json_t *),
                           const pg_article_t *mask, const char *text)
{
    apr_array_header_t *octets = apr_array_make(pool, 256, 1);
    pg_sink_t sink = pg_sink_array(octets);
    json_t *line = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(line);
    put(&sink, mask, line);
    json_decref(line);
    APR_ARRAY_PUSH(octets, char) = '\0';
    return octets->elts;
}

/* With a method, a target, a version, or without. */
PG_TEST_TIMES(a_request_line_has_what_is_known, 8)
{
    bool method = _i & 1, target = _i & 2, version = _i & 4;
    const char *line = apr_pstrcat(
        pool, "{\"http\":{\"request\":{",
        method ? "\"method\":\"G\\u0001\"" : "", "}",
        version ? ",\"version\":\"1.1\"" : "", "}",
        target ? ",\"url\":{\"original\":\"/a b\"}" : "", "}", NULL);

    ck_assert_str_eq(written(pg_evidencefile_put_request, NULL, line),
                     apr_pstrcat(pool, method ? "G\\x01 " : "",
                                 target ? "/a b" : "",
                                 version ? " HTTP/1.1" : "", NULL));
}

#define EVENT \
    "{\"@timestamp\":\"T\",\"source\":{\"address\":\"192.0.2.7\"}," \
    "\"destination\":{\"address\":\"mx.a.test\"}," \
    "\"server\":{\"address\":\"inner:81\"}," \
    "\"observer\":{\"name\":\"sensor\"}," \
    "\"proxyguard\":{\"class\":\"socks\",\"outcome\":\"denied\"}," \
    "\"url\":{\"original\":\"mx.a.test:25\"},\"http\":{\"request\":{" \
    "\"headers\":[\"Host: inner\",\"X: sensor 192.0.2.7\",7,\"\"]}}}"

PG_TEST(an_event_is_written_with_its_fields)
{
    static const pg_article_t mask = { .paths = true };
    const char *text;

    ck_assert_str_eq(written(pg_evidencefile_put_all, NULL, EVENT),
                     "# T 192.0.2.7 socks denied\nmx.a.test:25\n"
                     "Host: inner\nX: sensor 192.0.2.7\n\n\n\n");
    ck_assert_str_eq(written(pg_evidencefile_put_all, NULL, "{}"),
                     "#    \n\n\n");
    text = written(pg_evidencefile_put_all, &mask, EVENT);
    ck_assert_ptr_nonnull(strstr(text, " socks denied\n"));
    for (const char *const *secret = (const char *const[]){
             "192.0.2.7", "a.test", "inner", "sensor", NULL };
         *secret; secret++) {
        ck_assert_msg(strstr(text, *secret) == NULL, "%s", text);
    }
}

/* --- sensors ------------------------------------------------------------- */

static int read_sensors(pg_sensors_t *out, bool masked, bool nameless)
{
    pg_view_t view = { .mask = masked };

    optind = 1;
    return pg_sensorfile_arguments(&cli, out, &view, nameless);
}

static const char *json_file(const char *members)
{
    write_file(in_folder("j"), apr_pstrcat(
        pool, "{\"now\":\"2014-11-23T12:00:00Z\"", members, "}", NULL));
    return in_folder("j");
}

#define MONTHS(list) ",\"history\":{\"months\":[" list "]}"
#define MONTH(start, get, host) \
    "{\"start\":\"" start "\",\"by_family\":{\"get\":" get ",\"connect\":2," \
    "\"socks\":3,\"host\":" host ",\"reverse\":5}}"

PG_TEST(the_months_of_a_file_are_read)
{
    pg_sensors_t all;
    const pg_bucket_t *b;

    argument(json_file(MONTHS(MONTH("2014-09-01T00:00:00Z", "1", "4") ","
                              MONTH("2014-10-01T00:00:00Z", "70", "\"x\""))));
    ck_assert_int_eq(read_sensors(&all, false, true), 0);
    ck_assert_str_eq(all.sensor->name, "");
    ck_assert_int_eq(all.sensor->s->taken, T0);
    ck_assert_int_eq(all.sensor->s->since, T0);
    ck_assert_int_eq(all.now, T0);
    ck_assert_uint_eq(all.sensor->s->series[PG_PERIOD_MONTH].n, 2);
    b = all.sensor->s->series[PG_PERIOD_MONTH].bucket;
    ck_assert_int_eq(apr_time_sec(b[0].start), 1409529600);
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        ck_assert_uint_eq(b[0].by_family[f], (apr_uint64_t)f + 1);
    }
    ck_assert_uint_eq(b[0].attempts, 15);
    ck_assert_uint_eq(b[1].attempts, 80);
    ck_assert_int_eq(all.months, 2);
}

PG_TEST_TIMES(the_sources_of_a_file_are_read, 3)
{
    pg_sensors_t all;
    const pg_top_t *top;
    const char *entries = "";

    for (int i = 0; i < _i; i++) {
        entries = apr_psprintf(pool, "%s%s{\"key\":\"192.0.2.%d\",\"count\":"
                               "%d}", entries, i ? "," : "", i, 70 + i);
    }
    argument(json_file(apr_pstrcat(pool, MONTHS("") ",\"top\":{\"sources\":{"
                                   "\"entries\":[", entries, "]}}", NULL)));
    ck_assert_int_eq(read_sensors(&all, false, true), 0);
    top = &all.sensor->s->top[PG_TOP_SOURCES];
    ck_assert_uint_eq(top->n, (apr_size_t)_i);
    for (int i = 0; i < _i; i++) {
        ck_assert_str_eq(top->entry[i].key.octets.ptr,
                         apr_psprintf(pool, "192.0.2.%d", i));
        ck_assert_uint_eq(top->entry[i].count, 70 + (apr_uint64_t)i);
    }
}

PG_TEST(a_file_has_230_years_at_most)
{
    static const char month[] = MONTH("2014-09-01T00:00:00Z", "1", "4");
    pg_sensors_t all;

    argument(in_folder("j"));
    for (int n = 2760; n <= 2761; n++) {
        FILE *file = fopen(in_folder("j"), "w");

        fputs("{\"history\":{\"months\":[", file);
        for (int i = 0; i < n; i++) {
            fprintf(file, "%s%s", i ? "," : "", month);
        }
        fputs("]}}", file);
        fclose(file);
        ck_assert_int_eq(read_sensors(&all, false, true),
                         n == 2760 ? 0 : PG_EXIT_DATA);
    }
    ck_assert_str_eq(heard(), apr_psprintf(
        pool, "x: %s has no history of months\n", in_folder("j")));
}

static const struct {
    const char *argument;
    bool nameless;
    const char *said;            /* or its name, if it is read            */
} arguments[] = {
    { "j", true, "" }, { "j", false, "'j' is not NAME=FILE" },
    { "=j", true, "'=j' is not NAME=FILE" }, { "a=", true, "'a=' is not "
                                              "NAME=FILE" },
    { "a=j", true, "a" }, { "a=j", false, "a" }, { "ab=j", false, "ab" },
};

PG_TEST_EACH(a_sensor_has_a_name_and_a_file, arguments)
{
    const char *given = arguments[_i].argument;
    pg_sensors_t all;
    int status;

    (void)json_file(MONTHS(""));
    ck_assert_int_eq(chdir(folder), 0);
    argument(given);
    status = read_sensors(&all, false, arguments[_i].nameless);
    ck_assert_int_eq(chdir("/"), 0);
    if (strchr(arguments[_i].said, ' ')) {
        ck_assert_int_eq(status, PG_EXIT_USAGE);
        ck_assert_str_eq(heard(), apr_psprintf(
            pool, "x: %s\nTry 'x --help'.\n", arguments[_i].said));
    }
    else {
        ck_assert_int_eq(status, 0);
        ck_assert_str_eq(all.sensor->name, arguments[_i].said);
    }
}

/* A to Z, AA to ZZ, AAA. */
PG_TEST(masked_sensors_are_letters)
{
    const char *path = json_file(MONTHS(""));
    pg_sensors_t all;

    for (int i = 0; i < 705; i++) {
        argument(apr_psprintf(pool, "s%d=%s", i, path));
    }
    ck_assert_int_eq(read_sensors(&all, true, true), 0);
    ck_assert_int_eq(all.n, 705);
    for (int i = 0; i < 705; i++) {
        char name[4] = { 0 };

        if (i < 26) {
            name[0] = (char)('A' + i);
        }
        else if (i < 26 + 26 * 26) {
            name[0] = (char)('A' + (i - 26) / 26);
            name[1] = (char)('A' + (i - 26) % 26);
        }
        else {
            strcpy(name, "AAA");
            name[2] = (char)('A' + i - 26 - 26 * 26);
        }
        ck_assert_str_eq(all.sensor[i].name, name);
    }
    cli.argc = 1;                        /* one without a name stays so     */
    argument(path);
    ck_assert_int_eq(read_sensors(&all, true, true), 0);
    ck_assert_str_eq(all.sensor->name, "");
    cli.argc = 1;
    ck_assert_int_eq(read_sensors(&all, true, true), PG_EXIT_USAGE);
}

/* --- logs that are added to a ledger -------------------------------------- */

/* Seconds after a server began to count until which the logs extend. */
static const int later[] = { -9, 0, 59, 60, 61, 3600 };

PG_TEST_EACH(logs_that_a_server_may_have_counted_are_named, later)
{
    static const char *const path = "log";
    const char *at = in_folder("ledger");
    apr_time_t to = T0 + later[_i] * SECOND;
    pg_opening_t opening;
    pg_ledger_t *ledger, *found;
    pg_identity_t identity = { .whole = { 1 }, .head = { 2 } };
    bool known = true;
    pg_tally_t tally = { .read = { [PG_LOGS_NEW] = { T0 - 99, to } } };
    pg_scan_out_t scan = { .tally = &tally };
    pg_scan_in_t in = { .path = &path, .paths = 1 };
    pg_import_t import = { .path = at, .identity = &identity,
                           .known = &known };

    ck_assert_int_eq(pg_ledger_open(&ledger, &opening, AT_PATH(at), T0, pool),
                     0);
    pg_range_begin(ledger, T0);
    ck_assert_int_eq(pg_ledger_heap_like(&found, ledger, T0, pool), 0);
    tally.ledger[PG_LOGS_NEW] = found;
    cli.now = T0 + 7200 * SECOND;
    ck_assert_int_eq(pg_import_end(&import, &cli, &in, &scan), 0);
    ck_assert_str_eq(heard(), "");       /* nothing new, nothing said      */
    known = false;
    ck_assert_int_eq(pg_import_end(&import, &cli, &in, &scan), 0);
    if (later[_i] > 60) {
        char end[PG_CALENDAR_SIZE];

        ck_assert_str_eq(heard(), apr_psprintf(
            pool, "x: %s: a server has counted into it since "
            "2014-11-23T12:00:00Z, and these logs extend to %s: what both "
            "include counts twice\n", at,
            pg_calendar_text(end, to, PG_CALENDAR_SECOND)));
    }
    else {
        ck_assert_str_eq(heard(), "");
    }
    ck_assert(pg_ledger_seen(ledger, identity.whole));
    ck_assert(pg_ledger_seen(ledger, identity.head));
}
