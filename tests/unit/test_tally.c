/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Tallies: what is kept of many attempts, lines and times, compared with what
 * sorting all of them keeps. */
#include "pg_test_scan.h"

#include <stdio.h>

#include <apr_strings.h>

#include "pg_judge.h"
#include "pg_tally.h"

static apr_pool_t *pool;
static pg_tally_t *tally;

static void begin(void)
{
    apr_pool_create(&pool, NULL);
    tally = new_tally(pool, NULL);
}

static void end(void)
{
    apr_pool_destroy(pool);
}

PG_TEST_SUITE(tally, .set_up = begin, .tear_down = end, .seconds = 60);

static unsigned next_random(apr_uint64_t *state, unsigned n)
{
    *state = *state * APR_UINT64_C(6364136223846793005)
             + APR_UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33) % n;
}

/* --- times --------------------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
    const apr_time_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool is_range(const pg_range_t *range, apr_time_t from, apr_time_t to)
{
    return range->from == from && range->to == to;
}

/* Sorted, and split where two are too far apart. */
static void expect_ranges(const pg_stretches_t *got, apr_time_t *time, int n)
{
    apr_time_t from;
    unsigned ranges = 0;

    qsort(time, (size_t)n, sizeof(*time), compare_times);
    from = time[0];
    for (int i = 0; i < n; i++) {
        if (i == n - 1 || time[i + 1] - time[i] > PG_TALLY_SILENCE) {
            unsigned r = 0;

            while (r < got->n && !is_range(&got->range[r], from, time[i])) {
                r++;
            }
            ck_assert_uint_lt(r, got->n);
            ranges++;
            from = i < n - 1 ? time[i + 1] : 0;
        }
    }
    ck_assert_uint_eq(got->n, ranges);
}

PG_TEST_TIMES(times_seen_in_any_order_are_the_same_stretches, 50)
{
    const apr_time_t begun = apr_time_from_sec(1400000000);
    apr_uint64_t state = (apr_uint64_t)_i;
    apr_time_t time[60];

    for (int i = 0; i < 60; i++) {
        time[i] = begun + PG_TALLY_SILENCE * next_random(&state, 100)
                  + next_random(&state, 3);
        pg_tally_seen(tally, time[i]);
        pg_tally_seen(tally, 0);
    }
    expect_ranges(&tally->part, time, 60);
    ck_assert(is_range(&tally->read[PG_LOGS_NEW], time[0], time[59]));
    ck_assert(is_range(&tally->read[PG_LOGS_KNOWN], 0, 0));
    tally->logs = PG_LOGS_KNOWN;
    pg_tally_seen(tally, 7);
    pg_tally_seen(tally, begun * 2);
    pg_tally_seen(tally, 9);
    ck_assert(is_range(&tally->read[PG_LOGS_KNOWN], 7, begun * 2));
    pg_tally_seen(tally, 5);
    ck_assert_int_eq(pg_tally_read(tally).from, 5);
    ck_assert_int_eq(pg_tally_read(tally).to, begun * 2);
}

/* The shortest silence is given up first. */
PG_TEST(stretches_for_which_there_is_no_room_are_joined)
{
    enum { ROOM = sizeof(tally->part.range) / sizeof(tally->part.range[0]) };
    const apr_time_t far = 3 * PG_TALLY_SILENCE;

    for (int i = 1; i <= ROOM; i++) {
        pg_tally_seen(tally, i * far);
        ck_assert_int_eq((int)tally->part.n, i);
    }
    pg_tally_seen(tally, ROOM * far + 2 * PG_TALLY_SILENCE);
    ck_assert_uint_eq(tally->part.n, ROOM);
    pg_tally_seen(tally, 10 * far + PG_TALLY_SILENCE + 1);
    ck_assert_uint_eq(tally->part.n, ROOM);
    for (unsigned i = 0; i < ROOM; i++) {
        apr_time_t from = tally->part.range[i].from;

        ck_assert_int_eq(tally->part.range[i].to - from,
                         from == 10 * far ? PG_TALLY_SILENCE + 1
                         : from == ROOM * far ? 2 * PG_TALLY_SILENCE : 0);
    }
    ck_assert(is_range(&tally->read[PG_LOGS_NEW], far,
                       ROOM * far + 2 * PG_TALLY_SILENCE));
}

/* --- lines that were not read -------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

PG_TEST_TIMES(the_first_unread_lines_are_shown_each_once, 20)
{
    apr_uint64_t state = (apr_uint64_t)_i;
    pg_tally_t *other = new_tally(pool, tally->ledger[PG_LOGS_NEW]);
    char *text[12];
    int n = 0;

    for (int i = 0; i < 12; i++) {
        text[i] = apr_psprintf(pool, "line %u", next_random(&state, 9));
        pg_tally_unparsed(i % 3 ? tally : other, span_of(text[i]));
    }
    pg_tally_merge(tally, other, LATER);
    ck_assert_uint_eq(tally->count.unparsed, 12);
    qsort(text, 12, sizeof(*text), compare_texts);
    for (int i = 0; i < 12; i++) {
        if ((i == 0 || strcmp(text[i], text[i - 1]))
            && n < PG_TALLY_SAMPLES) {
            ck_assert(n < tally->samples);
            ck_assert(pg_span_eq(pg_tally_kept(tally->sample[n].octets,
                                               &tally->sample[n].text),
                                 span_of(text[i])));
            n++;
        }
    }
    ck_assert_int_eq(tally->samples, n);
}

PG_TEST(a_long_line_is_kept_as_far_as_there_is_room)
{
    char text[PG_TALLY_TEXT + 2];

    memset(text, 'x', sizeof(text));
    for (apr_size_t more = 0; more < 2; more++) {
        const pg_sample_t *sample = &tally->sample[0];

        tally->samples = 0;
        pg_tally_unparsed(tally, pg_span_make(text, PG_TALLY_TEXT + more));
        ck_assert_uint_eq(sample->text.len, PG_TALLY_TEXT);
        ck_assert_uint_eq(sample->text.cut, more);
    }
}

/* --- attempts ------------------------------------------------------------ */

static pg_hit_t hit_of(apr_time_t time, const char *request)
{
    return (pg_hit_t){
        .event = {
            .time = time, .now = LATER, .status = 404,
            .outcome = PG_OUTCOME_REFUSED,
            .verdict = { .class_id = PG_CLASS_ABSOLUTE,
                         .family = PG_FAMILY_GET,
                         .reason = PG_REASON_ABSOLUTE_STRANGER,
                         .method = PG_SPAN("GET"),
                         .target = PG_SPAN("http://a.example/x"),
                         .host = PG_SPAN("a.example"), .port = 80 },
        },
        .client = PG_SPAN("client.example"),
        .request = span_of(request),
        .alone = PG_GROUND_LOGGED,
    };
}

/* Of few seconds, so that many are of the same one. */
PG_TEST_TIMES(of_many_attempts_the_newest_and_the_oldest_are_kept, 40)
{
    int all = 10 * (_i + 1), left = all - PG_TALLY_RECENT;
    apr_uint64_t state = (apr_uint64_t)_i;
    char *order[400] = { NULL };

    left = left > 0 ? left : 0;
    for (int i = 0; i < all; i++) {
        apr_time_t second = 1 + next_random(&state, 5);
        char *request = apr_psprintf(pool, "%03u", next_random(&state, 1000));
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000 + second), request);

        order[i] = apr_psprintf(pool, "%d %s", (int)second, request);
        pg_tally_add(tally, &hit);
    }
    qsort(order, (size_t)all, sizeof(*order), compare_texts);
    ck_assert_int_eq(tally->recent_count, all - left);
    for (int i = 0; i < all - left; i++) {
        ck_assert(pg_span_eq(
            pg_tally_kept(tally->recent[i]->octets,
                          &tally->recent[i]->request),
            span_of(order[left + i] + 2)));
    }
    ck_assert(pg_span_eq(
        pg_tally_kept(tally->example[PG_REASON_ABSOLUTE_STRANGER].octets,
                      &tally->example[PG_REASON_ABSOLUTE_STRANGER].request),
        span_of(order[0] + 2)));
}

/* The first is the older one, whatever comes after what differs. */
static void change(pg_hit_t *hit, int what, bool to)
{
    pg_event_t *event = &hit->event;
    pg_span_t text = to ? PG_SPAN("b") : PG_SPAN("a");
    pg_span_t *const texts[] = {
        &hit->request, &event->verdict.method, &event->verdict.target,
        &event->verdict.host, &event->vhost, &event->user_agent,
        &event->x_forwarded_for, &event->via, &event->forwarded,
        &event->proxy_connection
    };

    if (what == 0) {
        event->time += to;
    }
    else if (what <= 10) {
        *texts[what - 1] = text;
    }
    else if (what == 11) {
        event->source_known = to;
    }
    else if (what == 12) {
        event->source.octets[15] = to;
    }
    else if (what == 13) {
        event->status = 400 + to;
    }
    else {
        event->outcome = to ? PG_OUTCOME_REFUSED : PG_OUTCOME_DENIED;
    }
}

PG_TEST_TIMES(attempts_have_one_order, 15)
{
    pg_hit_t hit[2];

    for (int i = 0; i < 2; i++) {
        hit[i] = hit_of(apr_time_from_sec(1400000000), "r");
        hit[i].event.source_known = true;
        for (int what = 0; what < 15; what++) {
            if (what != 11) {
                change(&hit[i], what, what < _i ? false
                                      : what == _i ? i : !i);
            }
        }
        if (_i <= 11) {
            change(&hit[i], 11, _i == 11 ? i : !i);
        }
        tally->logs = i ? PG_LOGS_NEW : PG_LOGS_KNOWN;
        pg_tally_add(tally, &hit[i]);
    }
    ck_assert_int_eq(tally->recent[0]->logs, PG_LOGS_KNOWN);
    ck_assert_int_eq(tally->recent[1]->logs, PG_LOGS_NEW);
    ck_assert_int_lt(pg_tally_compare(tally->recent[0], tally->recent[1]), 0);
    ck_assert_int_gt(pg_tally_compare(tally->recent[1], tally->recent[0]), 0);
    ck_assert_int_eq(pg_tally_compare(tally->recent[0], tally->recent[0]), 0);
    ck_assert_int_eq(tally->recent[0]->event.status,
                     hit[0].event.status);
    ck_assert_int_eq(tally->recent[1]->event.outcome, hit[1].event.outcome);
}

/* --- answers ------------------------------------------------------------- */

/* Does this change make it another answer? 0 is none. */
static bool vary(pg_hit_t *hit, int what)
{
    pg_event_t *event = &hit->event;

    switch (what) {
    case 0: return false;
    case 1: event->verdict.class_id = PG_CLASS_FOREIGN_HOST; return true;
    case 2: event->verdict.family = PG_FAMILY_HOST; return true;
    case 3: event->verdict.port = 25; return true;
    case 4: event->status = 201; return true;
    case 5: hit->stated = true; return true;
    case 6: hit->size = PG_SPAN("8"); return true;
    case 7: event->verdict.method = PG_SPAN("POST"); return true;
    case 8: event->vhost = PG_SPAN("v.example"); return true;
    case 9: event->verdict.target = PG_SPAN("http://a.example/y"); return true;
    case 10: event->verdict.target = PG_SPAN("http://b.example/x");
             return false;
    case 11: event->verdict.host = PG_SPAN("b.example"); return false;
    case 12: event->user_agent = PG_SPAN("ua"); return false;
    case 13: event->time += 1000000; return false;
    case 14: hit->request = PG_SPAN("another"); return false;
    case 15: event->status = 300; return true;       /* no answer          */
    case 16: event->status = 299; return true;
    default: event->status = 199; return true;
    }
}

PG_TEST_TIMES(answers_are_told_apart_by_all_that_is_counted, 18)
{
    apr_size_t answers = 1;

    for (int i = 0; i < 4; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.status = 200;
        hit.event.outcome = PG_OUTCOME_RELAYED;
        hit.size = PG_SPAN("7");
        if (i & 1) {
            answers += vary(&hit, _i) && i == 1 && _i != 15 && _i != 17;
        }
        pg_tally_add(tally, &hit);
    }
    ck_assert_uint_eq(pg_table_size(tally->answers), answers);
    ck_assert_uint_eq(tally->answered, _i == 15 || _i == 17 ? 2 : 4);
    ck_assert_uint_eq(tally->count.attempts, 4);
}

PG_TEST(each_status_of_success_is_another_answer)
{
    for (int status = 200; status <= 299; status++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.status = status;
        pg_tally_add(tally, &hit);
        ck_assert_uint_eq(pg_table_size(tally->answers),
                          (unsigned)(status - 199));
    }
}

static const pg_answer_t *only_answer(const pg_tally_t *of)
{
    apr_size_t at = 0;
    const pg_cell_t *cell = pg_table_next(of->answers, &at);
    const pg_answer_t *answer = cell->data;

    ck_assert_uint_eq(pg_table_size(of->answers), 1);
    ck_assert_uint_eq(cell->count, answer->count[PG_LOGS_KNOWN]
                                   + answer->count[PG_LOGS_NEW]);
    return answer;
}

/* Of the same answer; also if others have counted some of them. */
PG_TEST_TIMES(the_oldest_request_with_an_answer_is_shown, 20)
{
    apr_uint64_t state = (apr_uint64_t)_i, count[PG_LOGS_COUNT] = { 0, 0 };
    pg_tally_t *part[] = { tally, new_tally(pool,
                                            tally->ledger[PG_LOGS_NEW]) };
    const char *least = "9";
    const pg_answer_t *answer;

    for (int i = 0; i < 8; i++) {
        unsigned second = 1 + next_random(&state, 3);
        char *text = apr_psprintf(pool, "%u %u", second,
                                  next_random(&state, 100));
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000 + second),
                              text + 2);
        pg_tally_t *to = part[next_random(&state, 2)];

        to->logs = next_random(&state, 2) ? PG_LOGS_NEW : PG_LOGS_KNOWN;
        count[to->logs]++;
        hit.event.status = 200;
        pg_tally_add(to, &hit);
        least = strcmp(text, least) < 0 ? text : least;
    }
    pg_tally_merge(tally, part[1], LATER);
    answer = only_answer(tally);
    ck_assert_str_eq(answer->request, least + 2);
    ck_assert_int_eq(answer->first, apr_time_from_sec(1400000000 + *least
                                                      - '0'));
    ck_assert_mem_eq(answer->count, count, sizeof(count));
    ck_assert_uint_eq(tally->answered, 8);
    ck_assert_uint_eq(tally->alone[PG_GROUND_LOGGED], 8);
}

/* What follows a NUL is none of a text. */
PG_TEST(answers_with_the_same_text_up_to_a_nul_are_one)
{
    for (int i = 0; i < 2; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.status = 200;
        hit.event.verdict.method = i ? PG_SPAN("GET\0a") : PG_SPAN("GET\0b");
        pg_tally_add(tally, &hit);
    }
    ck_assert_uint_eq(only_answer(tally)->count[PG_LOGS_NEW], 2);
}

PG_TEST(lengths_are_counted_of_answers_that_need_a_home_page)
{
    for (int i = 0; i < PG_GROUND_COUNT; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.status = 200;
        hit.alone = (pg_ground_e)i;
        hit.size = i == PG_GROUND_NO_HOME ? PG_SPAN("7") : PG_SPAN("8");
        pg_tally_add(tally, &hit);
        pg_tally_add(tally, &hit);
        ck_assert_uint_eq(tally->alone[i], 2);
    }
    ck_assert_uint_eq(pg_table_size(tally->lengths), 1);
    ck_assert_uint_eq(pg_table_find(tally->lengths, PG_SPAN("7"))->count, 2);
}

PG_TEST(only_an_answer_that_may_be_a_relay_is_missed)
{
    static const pg_class_e classes[] = {
        PG_CLASS_ABSOLUTE, PG_CLASS_SOCKS, PG_CLASS_FOREIGN_HOST,
        PG_CLASS_CONNECT_TLS
    };
    apr_uint64_t missed = 0;

    for (int i = 0; i < 16; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.verdict.class_id = classes[i / 4];
        hit.event.status = i & 1 ? 404 : 0;
        hit.stated = i & 2;
        missed += i == 0 || i == 12;
        pg_tally_add(tally, &hit);
        ck_assert_uint_eq(tally->unanswered, missed);
    }
}

PG_TEST(a_tunnel_is_a_connect_without_a_page)
{
    static const struct {
        const char *size;
        bool length, tunnel;
    } sizes[] = {
        { "", false, false }, { "-", false, true }, { "0", false, true },
        { "00", false, true }, { "7", true, false }, { "07", true, false },
        { "70", true, false }, { "7x", false, true }, { "x", false, true },
    };

    for (int c = 0; c <= PG_CLASS_COUNT; c++) {
        bool connects = c == PG_CLASS_CONNECT_TLS || c == PG_CLASS_CONNECT_MAIL
                        || c == PG_CLASS_CONNECT_OTHER;

        for (apr_size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            pg_span_t size = span_of(sizes[i].size);

            ck_assert_int_eq(pg_tally_is_length(size), sizes[i].length);
            ck_assert_int_eq(pg_tally_is_tunnel((pg_class_e)c, size),
                             connects && sizes[i].tunnel);
        }
    }
}

/* As much of a text as an answer has room for. */
PG_TEST(paths_are_told_apart_as_far_as_there_is_room)
{
    char target[256] = "http://a.example/";
    apr_size_t begun = strlen(target) - 1;

    memset(target + begun + 1, 'x', PG_PATH_WANTED + 2);
    for (int at = 0; at <= PG_PATH_WANTED; at++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");
        pg_tally_t *one = pg_tally_create(pool, 100);
        char room[256];

        memcpy(one->ledger, tally->ledger, sizeof(one->ledger));
        hit.event.status = 200;
        for (int i = 0; i < 2; i++) {
            memcpy(room, target, sizeof(room));
            room[begun + (apr_size_t)at] = i ? 'y' : 'x';
            hit.event.verdict.target = pg_span_make(
                room, begun + PG_PATH_WANTED + 2);
            pg_tally_add(one, &hit);
        }
        ck_assert_msg(pg_table_size(one->answers)
                      == (at > 0 && at < PG_PATH_WANTED ? 2 : 1)
                      || at == 0, "at %d", at);
        if (at % 40 == 0) {
            apr_pool_clear(pool);
            tally = new_tally(pool, NULL);
        }
    }
}

PG_TEST(hosts_of_an_answer_are_counted_up_to_three)
{
    static const char *const hosts[] = { "a", "b", "a", "c", "b", "d", "e" };
    static const int n[] = { 1, 2, 2, 3, 3, 3, 3 };
    const pg_hosts_t zero = { .n = 1 }, another = { .n = 1, .hash = { 7 } };
    pg_hosts_t sum = { .n = 0 };

    for (int i = 0; i < 7; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");
        const pg_answer_t *answer;

        hit.event.status = 200;
        hit.event.verdict.host = span_of(hosts[i]);
        pg_tally_add(tally, &hit);
        answer = only_answer(tally);
        ck_assert_int_eq(answer->hosts.n, n[i]);
        pg_tally_join_hosts(&sum, &answer->hosts);
        ck_assert_int_eq(sum.n, n[i]);
    }
    pg_tally_join_hosts(&sum, &another);
    ck_assert_int_eq(sum.n, 3);
    memset(&sum, 0, sizeof(sum));
    pg_tally_join_hosts(&sum, &zero);     /* its hash is 0                 */
    ck_assert_int_eq(sum.n, 1);
}

/* --- keys ---------------------------------------------------------------- */

/* Of which size a tally is handed over, by what is in which table alone. */
PG_TEST(a_tally_is_large_with_more_than_8192_keys)
{
    pg_table_t *tables[] = {
        tally->top[PG_LOGS_NEW][0], tally->top[PG_LOGS_NEW][1],
        tally->top[PG_LOGS_NEW][2], tally->top[PG_LOGS_NEW][3],
        tally->vhosts[PG_LOGS_NEW], tally->home, tally->answers,
        tally->lengths, tally->names, tally->vhosts[PG_LOGS_KNOWN],
        tally->top[PG_LOGS_KNOWN][0]
    };
    static const unsigned large[] = { 8193, 8193, 8193, 8193, 8193, 0, 513,
                                      0, 0, 0, 0 };

    ck_assert_int_eq(PG_TOP_COUNT, 4);
    for (unsigned t = 0; t < sizeof(large) / sizeof(large[0]); t++) {
        for (unsigned n = 1; n < 1000 || (n <= 8200 && large[t] > 1000); n++) {
            char key[16];

            snprintf(key, sizeof(key), "%u", n);
            pg_table_add(tables[t], span_of(key), 1);
            ck_assert_msg(pg_tally_is_large(tally)
                          == (large[t] && n >= large[t]), "%u: %u", t, n);
        }
        pg_table_empty(tables[t]);
    }
}

PG_TEST(each_table_has_its_bound_and_the_worst_error_is_told)
{
    pg_tally_t *one = pg_tally_create(pool, 80);
    const struct {
        pg_table_t *table;
        apr_size_t bound;
        bool told;               /* its error is one of what is shown     */
    } tables[] = {
        { one->top[PG_LOGS_NEW][PG_TOP_SOURCES], 80, true },
        { one->top[PG_LOGS_NEW][PG_TOP_TARGETS], 80, true },
        { one->top[PG_LOGS_NEW][PG_TOP_PORTS], 80, true },
        { one->top[PG_LOGS_NEW][PG_TOP_AGENTS], 80, true },
        { one->top[PG_LOGS_KNOWN][PG_TOP_AGENTS], 80, false },
        { one->vhosts[PG_LOGS_NEW], 80, true },
        { one->vhosts[PG_LOGS_KNOWN], 80, false },
        { one->answers, 11, true }, { one->home, 11, true },
        { one->lengths, 11, false }, { one->names, 11, false },
    };
    apr_uint64_t worst = 0;

    for (apr_size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (apr_size_t n = 0; n <= tables[t].bound; n++) {
            char key[16];

            snprintf(key, sizeof(key), "%d", (int)n);
            ck_assert_uint_eq(pg_table_error(tables[t].table), 0);
            pg_table_add(tables[t].table, span_of(key), t + 1);
        }
        ck_assert_uint_eq(pg_table_error(tables[t].table), t + 1);
        worst = tables[t].told ? t + 1 : worst;
        ck_assert_uint_eq(pg_tally_error(one), worst);
    }
}

/* An address, a name, and texts that are cut or absent. */
PG_TEST(keys_are_shown_as_what_they_are)
{
    char agent[300];
    static const char *const shown[PG_TOP_COUNT][3] = {
        [PG_TOP_SOURCES] = { "6e6e:6e00::1", "client.example", "" },
        [PG_TOP_TARGETS] = { "a.example:80", "", "" },
        [PG_TOP_PORTS] = { "80", "", "" },
    };

    memset(agent, 'n', sizeof(agent));
    for (int i = 0; i < 2; i++) {
        pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), "r");

        hit.event.source_known = i;
        memcpy(hit.event.source.octets, "nnn", 3);
        hit.event.source.octets[15] = 1;
        hit.event.user_agent = i ? pg_span_make(agent, sizeof(agent))
                                 : PG_ABSENT;
        pg_tally_add(tally, &hit);
    }
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        apr_size_t n;
        pg_cell_t **cells = pg_table_sorted(tally->top[PG_LOGS_NEW][t], &n,
                                            pool);

        for (apr_size_t i = 0; i < n; i++) {
            pg_text_t text = pg_tally_top_text((pg_top_e)t, cells[i]->key,
                                               pool);
            bool cut = text.cut && text.octets.len > 16
                       && text.octets.ptr[0] == 'n';
            bool found = t == PG_TOP_AGENTS
                         && (text.octets.ptr == NULL || cut);

            for (int k = 0; k < 3 && shown[t][k] && !found; k++) {
                found = shown[t][k][0]
                        && pg_span_eq(text.octets, span_of(shown[t][k]));
            }
            ck_assert_msg(found, "%d: %.*s", t, (int)text.octets.len,
                          text.octets.ptr);
        }
        ck_assert_uint_eq(n, t == PG_TOP_SOURCES || t == PG_TOP_AGENTS
                             ? 2 : 1);
    }
}

PG_TEST(an_attempt_counts_in_the_ledger_and_at_its_virtual_host)
{
    const apr_uint64_t *by_outcome;
    pg_snapshot_t *s;

    for (int i = 0; i < 3; i++) {
        pg_hit_t hit = hit_of(i ? apr_time_from_sec(1400000000) : 0, "r");

        hit.event.vhost = i < 2 ? PG_SPAN("v.example:80") : PG_ABSENT;
        pg_tally_add(tally, &hit);
    }
    ck_assert_uint_eq(tally->count.untimed, 1);
    ck_assert_uint_eq(pg_table_size(tally->vhosts[PG_LOGS_NEW]), 1);
    by_outcome = pg_table_find(tally->vhosts[PG_LOGS_NEW],
                               PG_SPAN("v.example:80"))->data;
    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        ck_assert_uint_eq(by_outcome[o], o == PG_OUTCOME_REFUSED ? 2 : 0);
    }
    ck_assert_int_eq(pg_ledger_snapshot(&s, tally->ledger[PG_LOGS_NEW], LATER,
                                        pool), 0);
    ck_assert_uint_eq(s->attempts, 3);
    ck_assert_uint_eq(s->count[PG_CLASS_ABSOLUTE][PG_OUTCOME_REFUSED], 3);
}

/* --- judging ------------------------------------------------------------- */

static void add_answer(const char *host, const char *size, bool stated)
{
    pg_hit_t hit = hit_of(apr_time_from_sec(1400000000), host);

    hit.event.status = 200;
    hit.event.verdict.host = span_of(host);
    hit.size = span_of(size);
    hit.stated = stated;
    hit.event.outcome = stated ? PG_OUTCOME_RELAYED : PG_OUTCOME_OBSERVED;
    pg_tally_add(tally, &hit);
}

PG_TEST_TIMES(what_is_known_to_be_relayed_makes_no_answer_harmless, 2)
{
    const pg_judge_t *judge;

    add_answer("a.example", "77", false);
    add_answer("b.example", "77", false);
    add_answer("c.example", "77", _i);
    judge = pg_judge_run(tally, NULL, pool);
    ck_assert_uint_eq(judge->n, _i ? 2 : 1);
    for (apr_size_t i = 0; i < judge->n; i++) {
        ck_assert_int_eq(judge->item[i].ground,
                         judge->item[i].answer->stated ? PG_GROUND_LOGGED
                         : _i ? PG_GROUND_NO_HOME : PG_GROUND_SAME_ALWAYS);
    }
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_RELAYED], _i ? 1 : 0);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_UNCLEAR], _i ? 2 : 0);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_HARMLESS], _i ? 0 : 3);
}

PG_TEST(what_differs_from_the_home_page_alone_is_unclear)
{
    const pg_judge_t *judge, *unsettled;

    pg_table_add(tally->home, PG_SPAN("100"), 1);
    add_answer("a.example", "77", false);
    add_answer("b.example", "77", false);
    add_answer("a.example", "100", false);
    add_answer("d.example", "5", true);
    judge = pg_judge_run(tally, NULL, pool);
    unsettled = pg_judge_unsettled(judge, pool);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_RELAYED], 3);
    ck_assert_uint_eq(judge->attempts[PG_JUDGED_UNCLEAR], 0);
    ck_assert_uint_eq(unsettled->attempts[PG_JUDGED_RELAYED], 1);
    ck_assert_uint_eq(unsettled->attempts[PG_JUDGED_UNCLEAR], 2);
    ck_assert_uint_eq(unsettled->attempts[PG_JUDGED_HARMLESS], 1);
    ck_assert_uint_eq(unsettled->n, 3);
    for (apr_size_t i = 0; i < 3; i++) {
        ck_assert_int_ne(unsettled->item[i].ground, PG_GROUND_DIFFERS);
        ck_assert_int_ne(judge->item[i].ground, PG_GROUND_ONLY_HOME);
        ck_assert_int_eq(unsettled->item[i].judged,
                         pg_scanned_judged_by(unsettled->item[i].ground));
    }
    ck_assert_int_eq(unsettled->item[0].ground, PG_GROUND_LOGGED);
}
