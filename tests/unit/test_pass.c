/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Passes over blocks of lines: what they pass over, cut or put off makes no
 * difference to what is found. */
#include "pg_test_scan.h"

#include <stdio.h>
#include <time.h>

#include <apr_strings.h>

#include "pg_urls.h"

PG_TEST_SUITE(pass, .seconds = 60);

/* The next of the numbers below n, the same in each run. */
static unsigned next_random(apr_uint64_t *state, unsigned n)
{
    *state = *state * APR_UINT64_C(6364136223846793005)
             + APR_UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % n;
}

/* --- names --------------------------------------------------------------- */

#define AT(clock, request, rest) \
    "192.0.2.1 - - [02/Jan/2014:03:04:" clock " +0000] \"" request "\" " rest

static const char *const named[] = {
    AT("05", "GET /x HTTP/1.1", "200 5"),
    AT("05", "GET http://a.example/ HTTP/1.1", "404 5"),
    AT("05", "GET http://B.example/ HTTP/1.1", "403 5"),
    AT("05", "GET http://c.example/ HTTP/1.1", "- 5"),
    AT("05", "CONNECT d.example:443 HTTP/1.1", "200 5"),
    AT("05", "GET /e HTTP/2.0", "200 5"), AT("05", "-", "408 -"),
    "w.example:80 " AT("05", "GET /x HTTP/1.1", "200 5 \"-\" \"ua\""),
    "w.example:8 " AT("05", "GET /x HTTP/1.1", "200 5 \"-\" \"ua\""),
    "w.example:800 " AT("05", "GET /x HTTP/1.1", "200 5 \"-\" \"ua\""),
    "v.example:81 " AT("05", "GET http://f.example/ HTTP/1.1",
                       "200 5 \"-\" \"ua\""),
    "{\"request\":\"GET /x HTTP/1.1\",\"status\":200}",
    "{\"request\":\"GET /x HTTP/1.1\",\"vhost\":\"u.example\",\"status\":200}",
    "{\"request\":\"GET http://g.example/ HTTP/1.1\",\"status\":200}",
    "vhost,method,target,status", "t.example,GET,/x,200",
    "s.example,GET,http://h.example/,200", "#Fields: method vhost target",
    "GET r.example /x", "--8f3a21bc-A--",
    "[02/Jan/2014:03:04:05 +0000] Z9 192.0.2.1 51422 192.0.2.1 80",
    "--8f3a21bc-B--", "--8f3a21bc-Z--", "GET http://i.example/ HTTP/1.1",
    "no log line", "w.example:80", "w.example:80 ", "",
};

enum { NAMED = sizeof(named) / sizeof(named[0]) };

/* What is to be found, each line being read. */
static void read_names(bench_t *b, pg_reader_t *reader, pg_span_t text,
                       pg_table_t *names, pg_table_t *found)
{
    pg_logline_t line;
    pg_verdict_t verdict;
    pg_request_t request;
    char name[80];
    int status;

    if (pg_reader_line(reader, &line, text) != PG_READ_REQUEST) {
        return;
    }
    if (line.field[PG_FIELD_VHOST].len) {
        snprintf(name, sizeof(name), "%.*s%s%.*s",
                 (int)line.field[PG_FIELD_VHOST].len,
                 line.field[PG_FIELD_VHOST].ptr,
                 line.field[PG_FIELD_PORT].len ? ":" : "",
                 (int)line.field[PG_FIELD_PORT].len,
                 line.field[PG_FIELD_PORT].len ? line.field[PG_FIELD_PORT].ptr
                                               : "");
        pg_table_add(names, span_of(name), 1);
    }
    status = pg_reader_status(&line);
    if (!(line.composed || b->counter.composed) || status == 0
        || status == 403) {
        return;
    }
    request = (pg_request_t){ .line = line.field[PG_FIELD_REQUEST],
                              .method = line.field[PG_FIELD_METHOD],
                              .target = line.field[PG_FIELD_TARGET] };
    pg_classify(&verdict, &request, NULL);
    if (verdict.class_id == PG_CLASS_ABSOLUTE
        || verdict.class_id == PG_CLASS_CLEAN) {
        pg_table_add(found, pg_urls_host(name, sizeof(name), verdict.host), 1);
    }
}

static void expect_keys(pg_table_t *got, pg_table_t *want, const char *text,
                        apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(want, &n, pool);

    ck_assert_msg(pg_table_size(got) == n, "%s", text);
    for (apr_size_t i = 0; i < n; i++) {
        ck_assert_msg(pg_table_find(got, cells[i]->key), "%.*s in %s",
                      (int)cells[i]->key.len, cells[i]->key.ptr, text);
    }
}

static void check_names(const int *kind, int n, bool any, bool composed)
{
    pg_table_t *names, *found;
    pg_reader_t reader;
    const char *text;
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = b.rules.reading.json = any;
    b.counter.composed = composed;
    b.counter.found = pg_table_create(b.pool, 100, 0);
    names = pg_table_create(b.pool, 100, 0);
    found = pg_table_create(b.pool, 100, 0);
    pg_reader_begin(&reader, &b.rules.reading, apr_palloc(
        b.pool, PG_READER_MEMORY(200)), PG_READER_MEMORY(200));
    text = "";
    for (int i = 0; i < n; i++) {
        read_names(&b, &reader, span_of(named[kind[i]]), names, found);
        text = apr_pstrcat(b.pool, text, named[kind[i]], "\n", NULL);
    }
    pg_pass_names(&b.counter, span_of(text));
    expect_keys(b.counter.tally->names, names, text, b.pool);
    if (pg_table_size(names) == 0) {      /* else some lines are passed over */
        expect_keys(b.counter.found, found, text, b.pool);
    }
    ck_assert_msg(b.counter.named == (pg_table_size(names)
                                      || pg_table_size(found)), "%s", text);
    apr_pool_destroy(b.pool);
}

PG_TEST_TIMES(names_are_those_that_reading_finds, NAMED)
{
    apr_uint64_t state = (apr_uint64_t)_i;

    for (unsigned i = 0; i < 4 * NAMED; i++) {
        int kind[] = { _i, (int)(i / 4), _i };

        check_names(kind, 3, i & 1, i & 2);
    }
    for (int times = 0; times < 50; times++) {
        int kind[6];

        for (int i = 0; i < 6; i++) {
            kind[i] = (int)next_random(&state, NAMED);
        }
        check_names(kind, 6, true, times & 1);
    }
}

/* --- times --------------------------------------------------------------- */

enum { DAY = 86400, SILENT = 2 * DAY };

/* Lines of each kind, with a time in place of '@'; those of all but the last
 * two have one. */
static const struct {
    const char *text, *time;     /* as strftime() has it                  */
} timed[] = {
    { "192.0.2.1 - - [@] \"GET /x HTTP/1.1\" 200 5\n",
      "%d/%b/%Y:%H:%M:%S +0000" },
    { "192.0.2.1 - - [@] \"CONNECT a.example:25 HTTP/1.1\" 405 5\n",
      "%d/%b/%Y:%H:%M:%S +0000" },
    { "192.0.2.1 - - [@] \"GET /y HTTP/1.1\" 200 5\n",
      "%d/%b/%Y:%H:%M:%S +0900" },
    { "{\"time\":\"@\",\"request\":\"GET /x HTTP/1.1\"}\n",
      "%Y-%m-%dT%H:%M:%SZ" },
    { "{\n \"time\":\"@\",\n \"request\":\"GET /x HTTP/1.1\"\n}\n",
      "%Y-%m-%dT%H:%M:%SZ" },
    { "[{\"time\":\"@\",\"request\":\"GET /x HTTP/1.1\"}]\n",
      "%Y-%m-%dT%H:%M:%SZ" },
    { "--8f3a21bc-A--\n[@] Z9 192.0.2.1 51422 192.0.2.1 80\n"
      "--8f3a21bc-B--\nGET /x HTTP/1.1\n--8f3a21bc-Z--\n",
      "%d/%b/%Y:%H:%M:%S +0000" },
    { "no log line\n", NULL }, { "192.0.2.1 - - [] \"-\" 408 -\n", NULL },
};

enum { TIMED = sizeof(timed) / sizeof(timed[0]), UNTIMED = TIMED - 2 };

static const char *line_at(int kind, apr_time_t seconds, apr_pool_t *pool)
{
    const char *at = strchr(timed[kind].text, '@');
    char when[40];
    time_t t = (time_t)seconds;
    struct tm parts;

    if (at == NULL) {
        return timed[kind].text;
    }
    if (strstr(timed[kind].time, "+0900")) {
        t += 9 * 3600;
    }
    strftime(when, sizeof(when), timed[kind].time, gmtime_r(&t, &parts));
    return apr_psprintf(pool, "%.*s%s%s", (int)(at - timed[kind].text),
                        timed[kind].text, when, at + 1);
}

static bool has_range(const pg_stretches_t *part, apr_time_t from,
                      apr_time_t to)
{
    unsigned i = 0;

    while (i < part->n && (part->range[i].from != apr_time_from_sec(from)
                           || part->range[i].to != apr_time_from_sec(to))) {
        i++;
    }
    return i < part->n;
}

/* The times of all lines, in order, cut where there is none for long. */
static void expect_stretches(const pg_stretches_t *part,
                             const apr_time_t *seconds, int n,
                             const char *text)
{
    apr_time_t from = seconds[0];
    unsigned ranges = 0;

    for (int i = 0; i < n; i++) {
        if (i == n - 1 || seconds[i + 1] - seconds[i] > SILENT) {
            ck_assert_msg(has_range(part, from, seconds[i]), "%s", text);
            ranges++;
            from = seconds[i + 1];
        }
    }
    ck_assert_msg(part->n == ranges, "%s", text);
}

/* Of a block, or of two, oldest or newest first. */
static void check_times(apr_uint64_t *state, bool newest)
{
    static const int gaps[] = { 0, 1, DAY, SILENT, SILENT + 1, 5 * DAY };
    apr_time_t now = 1400000000, seconds[9] = { 0 };
    const char *text[2] = { "", "" }, *line;
    int n = 0, cut = (int)next_random(state, 10);
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = b.rules.reading.json = true;
    for (int i = 0; i < 8; i++) {
        int kind = (int)next_random(state, TIMED);
        const char **to = &text[i >= cut];

        now += gaps[next_random(state, 6)];
        seconds[n] = now;
        n += kind < UNTIMED;
        line = line_at(kind, now, b.pool);
        *to = apr_pstrcat(b.pool, newest ? line : *to, newest ? *to : line,
                          NULL);
    }
    for (int i = 0; i < 2; i++) {
        count_text(&b, text[newest ? 1 - i : i]);
    }
    expect_stretches(&b.counter.tally->part, seconds, n,
                     apr_pstrcat(b.pool, text[0], "--\n", text[1], NULL));
    apr_pool_destroy(b.pool);
}

PG_TEST(silences_are_found_whatever_the_lines_are)
{
    apr_uint64_t state = 1;

    for (int times = 0; times < 2000; times++) {
        check_times(&state, times & 1);
    }
}

/* What a block ends with says nothing of its beginning. */
PG_TEST(silences_are_found_before_an_audit_log_begins)
{
    const apr_time_t seconds[] = { 1400000000, 1401000000, 1402000000, 0 };
    const char *text = "";
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = b.rules.reading.json = true;
    for (int i = 0; i < 3; i++) {
        static const int kind[] = { 0, 3, 6 };

        text = apr_pstrcat(b.pool, text, line_at(kind[i], seconds[i], b.pool),
                           NULL);
    }
    count_text(&b, apr_pstrmemdup(b.pool, text, strlen(text)
                                  - strlen("--8f3a21bc-Z--\n")));
    expect_stretches(&b.counter.tally->part, seconds, 3, text);
    apr_pool_destroy(b.pool);
}

/* Not every line of a log without times is read twice. */
PG_TEST(a_time_is_looked_for_in_a_hundred_lines)
{
    for (int lines = 98; lines < 103; lines++) {
        const char *text = "";
        bench_t b;

        bench_begin(&b);
        b.rules.reading.any = true;
        for (int i = 0; i < lines; i++) {
            text = apr_pstrcat(b.pool, text, "no log line\n", NULL);
        }
        count_text(&b, apr_pstrcat(b.pool, text, line_at(0, 1400000000,
                                   b.pool), "#Fields: method vhost target\n",
                                   NULL));
        ck_assert_uint_eq(b.counter.tally->part.n, lines < 100);
        count_text(&b, "CONNECT v.example a.example:25\n");
        ck_assert_uint_eq(b.counter.tally->count.attempts, 1);
        apr_pool_destroy(b.pool);
    }
}

/* --- blocks -------------------------------------------------------------- */

/* The last octets of a block again, and what follows: less than is read at
 * once, and only where there is more before the limit. */
static const struct {
    apr_size_t keep;
    int limit;                   /* octets after the block                */
    bool more;
} kept[] = {
    { 0, 0, true }, { 0, 1, true }, { 64, 0, false }, { 64, 1, true },
    { PG_LINES_READ - 64, 0, false }, { PG_LINES_READ - 64, 1, true },
    { PG_LINES_READ - 1, 1, true }, { PG_LINES_READ, 1, false },
    { PG_LINES_READ + 64, 1, false },
};

/* The first block, which is longer than all that are kept. */
static pg_span_t first_block(pg_lines_t *lines, const char *path,
                             char *buffer, apr_uint64_t limit,
                             apr_pool_t *pool)
{
    pg_input_t *input;
    pg_span_t block;

    ck_assert_ptr_null(pg_input_open(&input, path, 0, NULL, pool));
    pg_lines_begin(lines, input, buffer, 0, limit);
    pg_lines_gather(lines, PG_LINES_READ + 64);
    ck_assert(pg_lines_next(lines, &block));
    ck_assert_uint_ge(block.len, PG_LINES_READ + 64);
    return block;
}

PG_TEST_EACH(what_is_kept_of_a_block_begins_the_next, kept)
{
    enum { LINES = PG_LINES_READ / 16 };
    char *text = malloc(LINES * 64 + 1);
    char *buffer = malloc(PG_LINE_MAX + PG_LINES_READ);
    const char *path;
    apr_pool_t *pool;
    pg_lines_t lines;
    pg_span_t block;
    apr_size_t n;

    for (int i = 0; i < LINES; i++) {
        sprintf(text + i * 64, "%063d\n", i);
    }
    path = write_log(text, LINES * 64);
    apr_pool_create(&pool, NULL);
    n = first_block(&lines, path, buffer, ~(apr_uint64_t)0, pool).len;
    block = first_block(&lines, path, buffer,
                        n + (apr_uint64_t)kept[_i].limit, pool);
    ck_assert_uint_eq(block.len, n);
    ck_assert(pg_lines_keep(&lines, kept[_i].keep) == kept[_i].more);
    if (pg_lines_next(&lines, &block)) {
        ck_assert_mem_eq(block.ptr, text + n - kept[_i].keep, block.len);
    }
    else {
        ck_assert(!kept[_i].more || kept[_i].limit == 0);
    }
    apr_pool_destroy(pool);
    unlink(path);
    free(buffer);
    free(text);
}

/* --- full URLs ----------------------------------------------------------- */

/* In a log in which every URL is full: is a request an attempt, or a question?
 * Of the hosts only a.example has got an answer that was no refusal. */
static const struct {
    const char *request, *status;
    bool attempt;                /* without the own names                 */
    bool known;                  /* where answers are                     */
} asked[] = {
    { "GET http://a.example/ HTTP/1.1", "200", false, false },
    { "GET http://a.example/ HTTP/1.1", "403", false, false },
    { "GET http://A.EXAMPLE/ HTTP/1.1", "403", false, false },
    { "GET http://b.example/ HTTP/1.1", "200", false, false },
    { "GET http://b.example/ HTTP/1.1", "403", false, true },
    { "GET http://b.example/ HTTP/1.1", "404", false, false },
    { "GET http://a.example/ HTTP/1.1", "406", false, false },
    { "GET http://a.example/ HTTP/1.1", "407", true, true },
    { "GET http://a.example/ HTTP/1.1", "408", false, false },
    { "GET http://a.example/ HTTP/1.1", "420", false, false },
    { "GET http://a.example/ HTTP/1.1", "421", true, true },
    { "GET http://a.example/ HTTP/1.1", "422", false, false },
    { "CONNECT a.example:443 HTTP/1.1", "403", true, true },
};

static void ask(int i, const char *answered, const pg_own_t *own,
                bool composed, bool attempt)
{
    pg_table_t *hosts;
    bench_t b;

    bench_begin(&b);
    hosts = pg_table_create(b.pool, 10, 0);
    if (answered && *answered) {
        pg_table_add(hosts, span_of(answered), 1);
    }
    b.rules.answered = answered ? hosts : NULL;
    b.rules.own = own;
    b.counter.composed = composed;
    count_text(&b, apr_psprintf(b.pool, LINE("%s", "%s 5"), asked[i].request,
                                asked[i].status));
    ck_assert_msg(b.counter.tally->count.attempts == attempt, "row %d", i);
    ck_assert_uint_eq(b.counter.tally->count.questioned, !attempt);
    apr_pool_destroy(b.pool);
}

PG_TEST_EACH(a_full_url_is_a_question_unless_something_shows, asked)
{
    apr_pool_t *pool;
    pg_own_t *own;

    apr_pool_create(&pool, NULL);
    own = pg_own_create(pool);
    ck_assert_ptr_null(pg_own_add(own, PG_SPAN("own.test")));
    ask(_i, NULL, NULL, true, asked[_i].attempt);
    ask(_i, "", NULL, true, asked[_i].attempt);
    ask(_i, "a.example", NULL, true, asked[_i].known);
    ask(_i, "a.example", own, true, true);
    ask(_i, "a.example", NULL, false, true);
    apr_pool_destroy(pool);
}

/* What the guard itself logged is none. */
PG_TEST(what_was_logged_as_an_attempt_is_no_question)
{
    bench_t b;

    bench_begin(&b);
    b.rules.reading.any = true;
    b.counter.composed = true;
    count_text(&b, "[Thu Jan 02 03:04:05.678901 2014] [proxyguard:warn] [pid "
                   "7:tid 9] [client 192.0.2.1:4711] PG0101: denied "
                   "outcome=denied class=absolute reason=absolute-to-stranger "
                   "method=GET target=\"http://a.example/\" status=200\n");
    ck_assert_uint_eq(b.counter.tally->count.attempts, 1);
    ck_assert_uint_eq(b.counter.tally->count.questioned, 0);
    apr_pool_destroy(b.pool);
}

/* Where a logger keeps only the path, the Host tells. */
static const struct {
    const char *method, *host, *target;
    bool attempt, questioned;    /* with the own names                    */
} stripped[] = {
    { "GET", "own.test", "/x", false, false },
    { "GET", "a.example", "/x", false, true },
    { "GET", "", "/x", false, false },
    { "CONNECT", "a.example", "a.example:25", true, false },
};

PG_TEST_EACH(a_path_alone_is_a_question_unless_the_host_is_ours, stripped)
{
    for (int known = 0; known < 2; known++) {
        bool question = known ? stripped[_i].questioned
                              : !stripped[_i].attempt;
        pg_own_t *own;
        bench_t b;

        bench_begin(&b);
        own = pg_own_create(b.pool);
        ck_assert_ptr_null(pg_own_add(own, PG_SPAN("own.test")));
        b.rules.own = known ? own : NULL;
        b.rules.reading.any = b.rules.reading.json = true;
        count_text(&b, apr_psprintf(b.pool,
            "{\"RequestMethod\":\"%s\",\"RequestHost\":\"%s\","
            "\"RequestPath\":\"%s\",\"DownstreamStatus\":404}\n",
            stripped[_i].method, stripped[_i].host, stripped[_i].target));
        ck_assert_uint_eq(b.counter.tally->count.questioned, question);
        ck_assert_uint_eq(b.counter.tally->count.attempts,
                          stripped[_i].attempt);
        apr_pool_destroy(b.pool);
    }
}

/* --- virtual hosts ------------------------------------------------------- */

static void expect_vhost(bench_t *b, const char *name, apr_size_t n,
                         apr_size_t port)
{
    pg_logline_t line = { .field = {
        [PG_FIELD_VHOST] = { name, n }, [PG_FIELD_PORT] = { "12345678", port }
    } };
    pg_span_t got = pg_count_vhost(&b->counter, &line);
    apr_size_t shown = port > 6 ? 6 : port;

    ck_assert_uint_eq(got.len, n > 255 ? 0 : n + (port > 0) + shown);
    if (n <= 255 && port) {
        ck_assert(got.ptr[n] == ':');
        ck_assert_mem_eq(got.ptr + n + 1, "123456", shown);
    }
}

PG_TEST(a_virtual_host_has_a_name_of_at_most_255_octets)
{
    char name[257];
    bench_t b;

    memset(name, 'v', sizeof(name));
    bench_begin(&b);
    for (apr_size_t n = 254; n <= 257; n++) {
        for (apr_size_t port = 0; port <= 8; port++) {
            expect_vhost(&b, name, n, port);
        }
    }
    apr_pool_destroy(b.pool);
}
