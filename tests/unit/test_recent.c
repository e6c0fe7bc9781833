/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include <apr_strings.h>

#include "pg_layout.h"
#include "pg_test_heap.h"

static pg_event_t attempt(apr_time_t time, int status)
{
    return (pg_event_t){
        .time = time,
        .verdict = { .class_id = PG_CLASS_SOCKS,
                     .family = PG_FAMILY_SOCKS },
        .status = status,
    };
}

static void is_text(pg_text_t text, const char *octets)
{
    ck_assert(pg_span_eq(text.octets, pg_span_str(octets)));
    ck_assert(!text.cut);
    ck_assert(octets == NULL || text.octets.ptr[text.octets.len] == '\0');
}

PG_TEST_SUITE(recent, .set_up = set_up, .tear_down = destroy_pool,
              .seconds = 30);

PG_TEST(an_attempt_is_remembered_with_all_its_evidence)
{
    pg_event_t e = {
        .time = T0,
        .verdict = { .class_id = PG_CLASS_MALFORMED,
                     .family = PG_FAMILY_CONNECT,
                     .reason = PG_REASON_BROKEN_CONNECT,
                     .method = PG_SPAN("connect"),
                     .target = PG_SPAN("mx.example:25"),
                     .host = PG_SPAN("mx.example"), .port = 25 },
        .outcome = PG_OUTCOME_REFUSED,
        .status = 400,
        .vhost = PG_SPAN("own.example:80"),
        .source = { { [10] = 0xff, [11] = 0xff, 192, 0, 2, 7 } },
        .source_known = true,
        .user_agent = PG_SPAN("a\0b\n<c>"),
        .x_forwarded_for = PG_SPAN("198.51.100.1"),
        .via = PG_SPAN(""),
        .forwarded = PG_SPAN("for=198.51.100.1"),
        .proxy_authorization = true,
    };
    const pg_recent_t *r;

    pg_ledger_record(ledger, &e);
    ck_assert_uint_eq(at(T0)->recent_count, 1);
    r = at(T0)->recent;
    ck_assert_int_eq(r->time, T0);
    ck_assert_int_eq(r->class_id, PG_CLASS_MALFORMED);
    ck_assert_int_eq(r->family, PG_FAMILY_CONNECT);
    ck_assert_int_eq(r->reason, PG_REASON_BROKEN_CONNECT);
    ck_assert_int_eq(r->outcome, PG_OUTCOME_REFUSED);
    ck_assert_int_eq(r->status, 400);
    ck_assert_uint_eq(r->port, 25);
    is_text(r->source, "192.0.2.7");
    ck_assert(!r->source_is_peer);
    is_text(r->method, "connect");
    is_text(r->target, "mx.example:25");
    is_text(r->host, "mx.example");
    is_text(r->vhost, "own.example:80");
    ck_assert(pg_span_eq(r->user_agent.octets, PG_SPAN("a\0b\n<c>")));
    is_text(r->x_forwarded_for, "198.51.100.1");
    is_text(r->via, "");
    is_text(r->forwarded, "for=198.51.100.1");
    is_text(r->proxy_connection, NULL);
    ck_assert(r->proxy_authorization);
    e.time = T0 + SECOND;
    e.source_is_peer = true;
    e.proxy_authorization = false;
    pg_ledger_record(ledger, &e);
    r = at(T0)->recent;
    ck_assert(r->source_is_peer && !r->proxy_authorization);
}

PG_TEST(long_texts_are_cut_and_say_so)
{
    char *text = malloc(8192);
    pg_event_t e = attempt(T0, 0);
    const pg_recent_t *r;
    pg_span_t all = pg_span_make(text, 8192);

    memset(text, 'x', 8192);
    e.verdict.method = e.verdict.target = e.verdict.host = all;
    e.vhost = e.user_agent = e.x_forwarded_for = e.via = all;
    e.forwarded = e.proxy_connection = all;
    pg_ledger_record(ledger, &e);
    free(text);
    r = at(T0)->recent;
    ck_assert_uint_eq(at(T0)->recent_count, 1);
    ck_assert_uint_eq(r->target.octets.len, 256);
    ck_assert_uint_eq(r->user_agent.octets.len, 192);
    ck_assert(r->target.cut && r->user_agent.cut && r->method.cut
              && r->proxy_connection.cut);
    ck_assert(!r->source.cut && r->source.octets.ptr == NULL);
}

PG_TEST(the_last_128_are_kept_newest_first)
{
    for (int n = 1; n <= 1000; n++) {
        pg_event_t e = attempt(T0 + n * SECOND, n);
        const pg_snapshot_t *s;

        pg_ledger_record(ledger, &e);
        if (n == 1 || (n >= 127 && n <= 129) || n == 256 || n == 1000) {
            s = at(T0);
            ck_assert_int_eq((int)s->recent_count, n < 128 ? n : 128);
            for (apr_size_t i = 0; i < s->recent_count; i++) {
                ck_assert_int_eq(s->recent[i].status, n - (int)i);
            }
        }
    }
}

PG_TEST(in_a_flood_the_ring_turns_once_in_ten_milliseconds)
{
    const pg_recent_t *r;

    for (int i = 0; i < 100000; i++) {
        pg_event_t e = attempt(T0 + i, i);
        pg_ledger_record(ledger, &e);
    }
    r = at(T0)->recent;
    ck_assert_uint_ge(at(T0)->recent_count, 128);
    ck_assert_int_ge(r[0].status, 100000 - 10000 - 128);
    ck_assert_int_le(r[0].status - r[127].status, 10000);
    ck_assert_uint_eq(at(T0)->attempts, 100000);
}

PG_TEST(old_logs_do_not_push_out_what_happened_since)
{
    for (int i = 0; i < 128; i++) {
        pg_event_t e = attempt(T0 + i * SECOND, i);
        pg_ledger_record(ledger, &e);
    }
    for (int i = 0; i < 1000; i++) {
        pg_event_t e = attempt(T0 - SECOND - i * SECOND, 5000);
        e.now = T0 + 128 * SECOND;
        pg_ledger_record(ledger, &e);
    }
    for (int i = 0; i < 128; i++) {
        ck_assert_int_eq(at(T0)->recent[i].status, 127 - i);
    }
}

PG_TEST(a_clock_that_goes_back_does_not_stop_the_ring)
{
    for (int i = 0; i < 400; i++) {
        pg_event_t e = attempt(T0 + (i < 200 ? 1000 : 0) * SECOND
                               + i * SECOND, i);
        pg_ledger_record(ledger, &e);
    }
    ck_assert_uint_ge(at(T0)->recent_count, 128);
    for (apr_size_t i = 0, late = 0; i < at(T0)->recent_count; i++) {
        late += at(T0)->recent[i].status >= 400 - 128;
        ck_assert(i + 1 < at(T0)->recent_count || late == 128);
    }
}

/* A writer was killed, or another wrote where it should not. */
PG_TEST(torn_entries_are_passed_over_and_used_again)
{
    enum { ALL = 128 + PG_CLASS_ROOM * PG_RECENT_RESERVE };
    pg_event_t e;

    for (int i = 0; i < 128; i++) {
        e = attempt(T0 + i * SECOND, i);
        pg_ledger_record(ledger, &e);
    }
    for (int i = 0; i < ALL; i++) {
        /* in the texts or, in the ring, after them, where it does no harm */
        pg_word_set(ledger->recent + i * PG_RECENT_WORDS
                    + (i % 2 || i >= 128 ? 4 + i % 6 : PG_RECENT_WORDS - 1),
                    0xdeadbeef);
    }
    ck_assert_uint_eq(at(T0)->recent_count, 64);
    for (int i = 0; i < ALL; i++) {
        pg_word_t *entry = ledger->recent + i * PG_RECENT_WORDS;
        pg_word_set(&entry[0], (apr_uint64_t)(T0 / SECOND) << 32 | 1);
        pg_word_set(&entry[2], 0);
    }
    ck_assert_uint_eq(at(T0)->recent_count, 0);
    for (int i = 0; i < 128; i++) {
        e = attempt(T0 + (1000 + i) * SECOND, i);
        pg_ledger_record(ledger, &e);
    }
    ck_assert_uint_eq(at(T0)->recent_count, 128);
}

static bool shows(unsigned char source, pg_class_e class_id, int n)
{
    const pg_snapshot_t *s = at(T0 + 1000 * SECOND);
    const char *text = apr_psprintf(pool, "192.0.2.%d", source);

    for (apr_size_t i = 0; i < s->recent_count; i++) {
        n -= s->recent[i].class_id == class_id
             && pg_span_eq(s->recent[i].source.octets, pg_span_str(text));
    }
    return n == 0;
}

static void try_for(const char *host, apr_uint32_t source, pg_class_e class_id,
                    apr_time_t time)
{
    pg_event_t e = attempt(time, 400);

    e.verdict.class_id = class_id;
    e.verdict.host = pg_span_str(host);
    e.verdict.family = pg_vocab_family_of(class_id);
    e.source_known = true;
    memcpy(e.source.octets + 12, &source, sizeof(source));
    e.source.octets[10] = e.source.octets[11] = 0xff;
    pg_ledger_record(ledger, &e);
}

static void try_from(apr_uint32_t source, pg_class_e class_id, apr_time_t time)
{
    try_for("mx.example", source, class_id, time);
}

/* 192.0.2.n as four octets in memory. */
static apr_uint32_t quiet(unsigned char n)
{
    const unsigned char four[4] = { 192, 0, 2, n };
    apr_uint32_t source;

    memcpy(&source, four, sizeof(source));
    return source;
}

PG_TEST(noise_of_10000_sources_hides_no_quiet_one)
{
    for (unsigned i = 0; i < 100000; i++) {
        try_from(0x0a000000u + i % 10000, PG_CLASS_FOREIGN_HOST,
                 T0 + i * (SECOND / 100));
        if (i == 20000 || i == 20001 || i == 50000) {
            try_from(quiet(7), PG_CLASS_CONNECT_MAIL, T0 + i * (SECOND / 100));
        }
    }
    ck_assert(shows(7, PG_CLASS_CONNECT_MAIL, 3));
}

/* All after one target, and of one class: the quiet one is after another. */
PG_TEST(nor_do_so_many_who_all_want_the_same)
{
    for (unsigned i = 0; i < 100000; i++) {
        try_for(i % 2 ? "mx.example" : "mx2.example", 0x0a000000u + i % 10000,
                PG_CLASS_CONNECT_MAIL, T0 + i * (SECOND / 100));
        if (i == 20000 || i == 20001 || i == 50000) {
            try_for("other.example", quiet(7), PG_CLASS_CONNECT_MAIL,
                    T0 + i * (SECOND / 100));
        }
    }
    ck_assert(shows(7, PG_CLASS_CONNECT_MAIL, 3));
}

PG_TEST(an_ipv6_network_of_64_bits_is_one_source)
{
    try_from(quiet(7), PG_CLASS_SOCKS, T0);
    for (unsigned i = 0; i < 1000; i++) {
        pg_event_t e = attempt(T0 + (i + 1) * SECOND, (int)i);

        e.verdict.class_id = PG_CLASS_SOCKS;
        e.verdict.port = (apr_uint16_t)i;
        e.source_known = true;
        e.source.octets[0] = 0x20;
        memcpy(e.source.octets + 8, &i, sizeof(i));
        pg_ledger_record(ledger, &e);
    }
    ck_assert(shows(7, PG_CLASS_SOCKS, 1));
}

PG_TEST(a_loud_source_leaves_room_for_others_of_its_class)
{
    for (unsigned char n = 1; n <= 3; n++) {
        try_from(quiet(n), PG_CLASS_CONNECT_MAIL, T0 + n * SECOND);
    }
    for (unsigned i = 0; i < 5000; i++) {
        try_from(quiet(99), PG_CLASS_CONNECT_MAIL,
                 T0 + (10 + i / 10) * SECOND);
    }
    for (unsigned char n = 1; n <= 3; n++) {
        ck_assert(shows(n, PG_CLASS_CONNECT_MAIL, 1));
    }
}

/* Attempts in reserve, by source and target, another one, and which of them
 * makes room for it; -1: none. */
static const struct {
    const char *sources, *targets;
    char source, target;
    int gone;
} seats[] = {
    { "abcdefghijklmnop", "abcdefghijklmnop", 'y', 'z', 0 },
    { "abcdefghijklmno", "abcdefghijklmno", 'y', 'z', -1 },
    { "abcdeyfygyhyijkl", "abcdefghijklmnop", 'y', 'z', 5 },
    { "abcdeyfygyhi", "abcdefghijkl", 'y', 'z', -1 },
    { "abcdeyfygyhyi", "abcdefghijklm", 'y', 'z', 5 },
    { "abcdefghijkl", "zazbzczdzefg", 'y', 'z', -1 },
    { "abcdeyfygyhijklm", "abcdefghijklmnop", 'y', 'z', 0 },
    { "abcdefghijklmnop", "abzczdzezfghijkl", 'y', 'z', 2 },
    { "abcdefghijklmnop", "abzczdzefghijklm", 'y', 'z', 0 },
    { "abcdefghijklmnop", "abxcxdxexfxghijk", 'y', 'z', 2 },
    { "abcdefghijklmnop", "abxcxdxexfghijkl", 'y', 'z', 0 },
    { "abcdefghijklmnop", "xxxxxabcdzezfzgz", 'y', 'z', 9 },
    { "abcdeyfygyhyijkl", "zabzczdefghijklz", 'y', 'z', 5 }
};

PG_TEST_EACH(some_attempt_makes_room_in_the_reserve, seats)
{
    int n = (int)strlen(seats[_i].sources);

    for (int i = 0; i <= n; i++) {
        bool last = i == n;
        char target[] = { last ? seats[_i].target : seats[_i].targets[i],
                          '.', 'a', '\0' };
        try_for(target, quiet((unsigned char)(last ? seats[_i].source
                                                   : seats[_i].sources[i])),
                PG_CLASS_CONNECT_MAIL, T0 + i * SECOND);
    }
    for (int i = 0; i < 200; i++) {      /* all of the ring is theirs     */
        try_from(quiet(1), PG_CLASS_SOCKS, T0 + (100 + i) * SECOND);
    }
    for (int i = 0; i <= n; i++) {
        const pg_snapshot_t *s = at(T0 + 1000 * SECOND);
        bool there = false;
        for (apr_size_t k = 0; k < s->recent_count; k++) {
            there |= s->recent[k].time == T0 + i * SECOND;
        }
        ck_assert_msg(there == (i != seats[_i].gone), "row %d: %d", _i, i);
    }
}

PG_TEST(equal_attempts_of_one_moment_are_all_shown)
{
    for (int i = 0; i < 3; i++) {
        try_from(quiet(5), PG_CLASS_SOCKS, T0);
    }
    ck_assert(shows(5, PG_CLASS_SOCKS, 3));
}

PG_TEST(digests_are_known_again)
{
    unsigned char digest[16] = { 1, [14] = 1 };

    for (int i = 1; i <= 600; i++) {
        digest[3] = (unsigned char)(i >> 8);
        digest[15] = (unsigned char)i;
        ck_assert(!pg_ledger_seen(ledger, digest));
        pg_ledger_see(ledger, digest);
        pg_ledger_see(ledger, digest);
        ck_assert(pg_ledger_seen(ledger, digest));
    }
    digest[3] = 0;
    digest[15] = 89;
    ck_assert(pg_ledger_seen(ledger, digest));
    digest[15] = 88;
    ck_assert(!pg_ledger_seen(ledger, digest));
}

PG_TEST(half_a_digest_is_the_same_as_any_that_begins_with_it)
{
    const unsigned char one[16] = { 1, [15] = 1 }, half[16] = { 1 },
                        other[16] = { 1, [15] = 2 }, more[16] = { 2 };

    pg_ledger_see(ledger, one);
    ck_assert(pg_ledger_seen(ledger, half));
    ck_assert(!pg_ledger_seen(ledger, other));
    pg_ledger_see(ledger, half);
    ck_assert(pg_ledger_seen(ledger, other));
    ck_assert(!pg_ledger_seen(ledger, more));
    ck_assert(pg_ledger_same(one, half) && pg_ledger_same(half, other));
    ck_assert(!pg_ledger_same(one, other) && !pg_ledger_same(half, more));
    for (int i = 0; i < 16; i++) {
        unsigned char mine[16], theirs[16] = { 1, [7] = 1, [8] = 2 };
        memcpy(mine, theirs, 16);
        mine[i] ^= 4;
        ck_assert(!pg_ledger_same(mine, theirs));
        memset(mine + 8, 0, 8);  /* its half that is not known            */
        ck_assert_int_eq(pg_ledger_same(mine, theirs), i >= 8);
        ck_assert_int_eq(pg_ledger_same(theirs, mine), i >= 8);
    }
}
