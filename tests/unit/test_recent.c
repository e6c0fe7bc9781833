/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include <apr_strings.h>

#include "pg_layout.h"
#include "pg_recent.h"
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

static int taken;

static void take_next(void *first, const unsigned char digest[16])
{
    ck_assert_int_eq(digest[0], *(const int *)first + taken++);
}

static void count_them(void *n, const unsigned char digest[16])
{
    (void)digest;
    ++*(int *)n;
}

PG_TEST(digests_are_taken_once_the_oldest_first)
{
    unsigned char digest[16] = { 0 };
    int first = 1;

    for (int n = 1; n <= 3; n++) {
        digest[0] = (unsigned char)n;
        pg_ledger_see(ledger, digest);
        taken = 0;
        pg_ledger_digests(ledger, &first, take_next);
        ck_assert_int_eq(taken, n);
    }
    for (int n = 4; n < 600; n++) {
        digest[0] = (unsigned char)(n % 128);
        digest[1] = (unsigned char)(n / 128 + 1);
        pg_ledger_see(ledger, digest);
    }
    taken = 0;
    pg_ledger_digests(ledger, &taken, count_them);
    ck_assert_int_eq(taken, 512);
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

/* --- a second implementation ---------------------------------------------- */

enum { RING = 16, SEATS = PG_RECENT_RESERVE, CLASSES = PG_CLASS_COUNT,
       MOST = RING + CLASSES * SEATS, QUARTER = 4 };

/* An attempt that is remembered; id 0: nothing is there. `stamp` 0: it may be
 * replaced, but is shown until then. */
typedef struct kept_t {
    apr_time_t time, stamp;
    int id, class, source, target;
} kept_t;

typedef struct model_t {
    kept_t ring[RING], seat[CLASSES][SEATS];
    apr_time_t after[CLASSES];
    unsigned next;
} model_t;

static int with_target(const kept_t *seat, int target)
{
    int n = 0;

    for (int i = 0; i < SEATS; i++) {
        n += seat[i].stamp && seat[i].target == target;
    }
    return n;
}

/* How gladly an entry in reserve makes room for a new one. */
static int rank_of(const kept_t *seat, const kept_t *one, const kept_t *new)
{
    if (one->stamp == 0) {
        return 2;
    }
    return with_target(seat, new->target) >= QUARTER
               ? one->target == new->target
               : with_target(seat, one->target) > QUARTER;
}

static kept_t *seat_for(kept_t *seat, const kept_t *new)
{
    kept_t *of_source = NULL, *best = &seat[0];
    int n = 0;

    for (int i = 0; i < SEATS; i++) {
        kept_t *one = &seat[i];
        int is = rank_of(seat, one, new), was = rank_of(seat, best, new);
        if (one->stamp && one->source == new->source) {
            n++;
            of_source = of_source && of_source->stamp <= one->stamp
                            ? of_source : one;
        }
        if (is > was || (is == was && one->stamp < best->stamp)) {
            best = one;
        }
    }
    return n >= QUARTER ? of_source : best;
}

static void model_reserve(model_t *m, int class, const kept_t *new,
                          apr_time_t now)
{
    kept_t *place = seat_for(m->seat[class], new);

    if (place->stamp <= new->time || place->stamp > now) {
        *place = *new;
    }
}

static void model_add(model_t *m, const kept_t *new, apr_time_t now)
{
    kept_t *turn = &m->ring[m->next % RING];
    bool in_ring = turn->stamp == 0 || turn->stamp > now
                   || new->time >= turn->stamp + 10000;

    if (!in_ring && new->time < m->after[new->class]
        && m->after[new->class] <= new->time + 10000) {
        return;
    }
    if (in_ring) {
        *turn = *new;
        m->next++;
    }
    m->after[new->class] = new->time + 10000 / SEATS;
    model_reserve(m, new->class, new, now);
}

static int gather(const kept_t **all, int n, const model_t *m)
{
    for (unsigned i = 0; i < RING; i++) {
        all[n++] = &m->ring[(m->next + i) % RING];
    }
    for (int i = 0; i < CLASSES * SEATS; i++) {
        all[n++] = &m->seat[i / SEATS][i % SEATS];
    }
    return n;
}

/* The newest first, each once; of one time, the one that was stored later in
 * the ring, or has the later place in reserve. */
static int sort(const kept_t **out, const kept_t **all, int n)
{
    int kept = 0;

    while (n-- > 0) {
        int at = kept;
        bool known = all[n]->id == 0;
        for (int k = 0; k < kept; k++) {
            known |= out[k]->id == all[n]->id;
        }
        while (at > 0 && out[at - 1]->time < all[n]->time) {
            at--;
        }
        if (!known) {
            memmove(out + at + 1, out + at,
                    (size_t)(kept++ - at) * sizeof(*out));
            out[at] = all[n];
        }
    }
    return kept;
}

static void model_merge(model_t *into, const model_t *from, apr_time_t now)
{
    const kept_t *all[2 * MOST], *list[2 * MOST];
    static kept_t sorted[2 * MOST];
    int n = sort(list, all, gather(all, gather(all, 0, into), from));

    if (from->next == 0) {           /* nothing to merge changes nothing   */
        return;
    }
    for (int i = 0; i < n; i++) {
        sorted[i] = *list[i];
        sorted[i].stamp = sorted[i].time;
    }
    for (int i = 0; i < RING; i++) {
        into->ring[i].stamp = 0;
    }
    for (int i = 0; i < CLASSES * SEATS; i++) {
        into->seat[i / SEATS][i % SEATS].stamp = 0;
    }
    while (n-- > 0) {
        into->ring[into->next++ % RING] = sorted[n];
        model_reserve(into, sorted[n].class, &sorted[n], now);
    }
}

static void agrees(const pg_ledger_t *which, const model_t *m)
{
    const pg_snapshot_t *s = snapshot_at(which, T0);
    const kept_t *all[MOST], *list[MOST];
    int n = sort(list, all, gather(all, 0, m));

    ck_assert_int_eq((int)s->recent_count, n);
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(s->recent[i].status, list[i]->id);
        ck_assert_int_eq(s->recent[i].time, list[i]->time);
    }
}

static unsigned seed;

static int below(int n)
{
    seed = seed * 1103515245u + 12345u;
    return (int)((seed >> 16) % (unsigned)n);
}

static apr_time_t step(void)
{
    static const int steps[] = { 0, 0, 0, 1, 624, 625, 626, 9999, 10000,
                                 9375, 10001, 1000000 };

    return steps[below(sizeof(steps) / sizeof(steps[0]))];
}

/* An attempt, some of them from a log and older; IPv6 addresses differ where
 * it does not matter, too. */
static pg_event_t random_attempt(kept_t *out, int id, apr_time_t now)
{
    static const pg_class_e classes[] = { PG_CLASS_ABSOLUTE,
                                          PG_CLASS_CONNECT_MAIL,
                                          PG_CLASS_CHOSEN_BACKEND };
    pg_event_t e = attempt(now - (below(4) ? 0 : step() * below(9)), id);
    int source = below(below(2) ? 9 : 2), target = below(8);

    e.now = now;
    e.verdict.class_id = classes[below(3)];
    e.verdict.family = pg_vocab_family_of(e.verdict.class_id);
    e.verdict.host = target / 2 % 2 ? PG_SPAN("mx.example") : PG_SPAN("x");
    e.verdict.port = (apr_uint16_t)(25 + target % 2 + target / 4);
    e.source_known = true;
    if (source % 2) {
        e.source.octets[10] = e.source.octets[11] = 0xff;
        e.source.octets[12 + source % 4] = (unsigned char)source;
    }
    else {
        e.source.octets[source % 8] = (unsigned char)(source + 1);
        e.source.octets[8 + below(8)] = (unsigned char)below(256);
    }
    *out = (kept_t){ .id = id, .class = (int)e.verdict.class_id,
                     .time = e.time, .stamp = e.time, .source = source,
                     .target = target / 2 % 2 * 256 + e.verdict.port };
    return e;
}

static void try_once(pg_ledger_t *which, model_t *m, int id, apr_time_t now)
{
    kept_t new;
    pg_event_t e = random_attempt(&new, id, now);

    pg_ledger_record(which, &e);
    model_add(m, &new, now);
}

static pg_ledger_t *small(void)
{
    pg_sizes_t sizes = pg_layout_sizes();

    sizes.recent = RING;
    return of_sizes(&sizes);
}

/* A server's file, and the standby that stores the same. */
static pg_ledger_t *with_standby(void)
{
    static pg_word_t lost;
    pg_ledger_t *file = small();

    file->standby = small();
    file->lost = &lost;
    return file;
}

PG_TEST_TIMES(it_agrees_with_a_plain_table, 12)
{
    enum { ATTEMPTS = 2000 };
    pg_ledger_t *ours = with_standby(), *theirs = small(), *empty = small();
    static model_t m, other, none;
    apr_time_t now = T0;

    seed = (unsigned)_i;
    memset(&m, 0, sizeof(m));
    memset(&other, 0, sizeof(other));
    memset(&none, 0, sizeof(none));
    for (int id = 1; id <= ATTEMPTS; id++) {
        now += id / 50 % 4 == 3 ? 0 : below(200) ? step() : -3 * SECOND;
        try_once(ours, &m, id, now);
        if (below(3) == 0) {
            try_once(theirs, &other, ATTEMPTS + id, now);
        }
        if (id % 37 == 0) {
            agrees(ours, &m);
            agrees(ours->standby, &m);
        }
        if (id % 500 == 0 || id == 5) {
            pg_recent_merge(ours, theirs, now, pool);
            pg_recent_merge(ours->standby, theirs, now, pool);
            model_merge(&m, &other, now);
            agrees(ours, &m);
            agrees(ours->standby, &m);
        }
    }
    pg_recent_merge(empty, ours, now, pool);
    model_merge(&none, &m, now);
    agrees(empty, &none);
}

static void try_at(pg_ledger_t *which, int second, int source)
{
    pg_event_t e = attempt(T0 + second * SECOND, second);

    e.now = T0 + 1000 * SECOND;
    e.verdict.host = pg_span_make(&"0123456789abcdef"[source], 1);
    e.source_known = true;
    e.source.octets[7] = (unsigned char)source;
    pg_ledger_record(which, &e);
}

/* When the file was filled anew, say. */
PG_TEST(each_block_makes_room_in_its_own_reserve)
{
    pg_ledger_t *file = with_standby(), *standby = file->standby;
    const pg_snapshot_t *s;

    file->standby = NULL;
    for (int i = 0; i < 16; i++) {
        try_at(file, 1 + i, i);
        try_at(standby, i ? 20 + i : 50, i);
    }
    file->standby = standby;
    try_at(file, 100, 3);
    for (int i = 0; i < RING; i++) {
        pg_event_t e = attempt(T0 + (200 + i) * SECOND, 200 + i);
        e.verdict.class_id = PG_CLASS_ABSOLUTE;
        pg_ledger_record(standby, &e);
    }
    s = snapshot_at(standby, T0);
    ck_assert_uint_eq(s->recent_count, 2 * RING);
    ck_assert_int_eq(s->recent[RING].status, 100);
    ck_assert_int_eq(s->recent[RING + 1].status, 50);
    ck_assert_int_eq(s->recent[2 * RING - 1].status, 22);
}

PG_TEST(only_the_attempt_itself_is_amended)
{
    pg_ledger_t *file = with_standby();
    apr_uint64_t entry[3];

    for (int i = 0; i < 3; i++) {
        pg_event_t e = attempt(T0 + i / 2 * SECOND, 200);
        e.verdict.class_id = PG_CLASS_CHOSEN_BACKEND;
        entry[i] = pg_ledger_record(file, &e);
    }
    for (int i = 0; i < 2; i++) {
        pg_event_t e = attempt(T0, 500 + i);
        const pg_snapshot_t *s;
        e.verdict.class_id = PG_CLASS_CHOSEN_BACKEND;
        pg_ledger_amend(file, entry[i], &e, PG_OUTCOME_DENIED);
        s = snapshot_at(i ? file->standby : file, T0);
        ck_assert_uint_eq(s->recent_count, 3);
        ck_assert_int_eq(s->recent[0].status, 200);
        ck_assert_int_eq(s->recent[1].status, i ? 501 : 200);
        ck_assert_int_eq(s->recent[2].status, 500);
    }
}

/* --- a third: of the format ----------------------------------------------- */

/* How a file says that a record is whole, in every version. */
static apr_uint64_t format_hash(const pg_ledger_t *which, const char *octets,
                                apr_size_t n)
{
    const pg_nh_key_t *key = &which->recent_key;
    apr_uint64_t hash = 0;

    for (apr_size_t at = 0;; at += 144) {
        apr_size_t part = n - at > 144 ? 144 : n - at;
        hash = pg_hash_fold(hash ^ pg_hash_nh(key, octets + at, part),
                            key->finish[2]);
        if (at + part == n) {
            return hash;
        }
    }
}

/* How many are shown if a whole record with these values is stored. */
static unsigned shows_record(const pg_record_t *record)
{
    pg_ledger_t *which = small();
    apr_size_t n = offsetof(pg_record_t, text);

    for (unsigned i = 0; i < PG_RECENT_TEXTS; i++) {
        n += record->length[i] & 0x3fffu;
    }
    if (n > sizeof(*record)) {
        n = sizeof(*record);
    }
    pg_word_write(&which->recent[3], record, sizeof(*record));
    pg_word_set(&which->recent[2], format_hash(which, (const char *)record,
                                               n));
    return (unsigned)snapshot_at(which, T0)->recent_count;
}

static const unsigned char bounds[][2] = {
    { offsetof(pg_record_t, class_id), PG_CLASS_COUNT },
    { offsetof(pg_record_t, family), PG_FAMILY_COUNT },
    { offsetof(pg_record_t, reason), PG_REASON_COUNT },
    { offsetof(pg_record_t, outcome), PG_OUTCOME_COUNT }
};

PG_TEST_EACH(a_record_with_a_value_out_of_its_list_is_not_shown, bounds)
{
    pg_record_t record = { .time = T0 };
    unsigned char *octet = (unsigned char *)&record + bounds[_i][0];

    ck_assert_uint_eq(shows_record(&record), 1);
    *octet = (unsigned char)(bounds[_i][1] - 1);
    ck_assert_uint_eq(shows_record(&record), 1);
    *octet = bounds[_i][1];
    ck_assert_uint_eq(shows_record(&record), 0);
    *octet = 255;
    ck_assert_uint_eq(shows_record(&record), 0);
}

/* Octets kept of each text, in the order of the record. */
static const apr_uint16_t longest[] = { 24, 256, 96, 72, 192, 96, 64, 96, 24 };

PG_TEST_EACH(a_text_is_as_long_as_it_can_be_and_no_longer, longest)
{
    static const apr_size_t from[] = {
        offsetof(pg_event_t, verdict.method),
        offsetof(pg_event_t, verdict.target),
        offsetof(pg_event_t, verdict.host), offsetof(pg_event_t, vhost),
        offsetof(pg_event_t, user_agent),
        offsetof(pg_event_t, x_forwarded_for), offsetof(pg_event_t, via),
        offsetof(pg_event_t, forwarded),
        offsetof(pg_event_t, proxy_connection)
    };
    static const apr_size_t to[] = {
        offsetof(pg_recent_t, method), offsetof(pg_recent_t, target),
        offsetof(pg_recent_t, host), offsetof(pg_recent_t, vhost),
        offsetof(pg_recent_t, user_agent),
        offsetof(pg_recent_t, x_forwarded_for), offsetof(pg_recent_t, via),
        offsetof(pg_recent_t, forwarded),
        offsetof(pg_recent_t, proxy_connection)
    };
    pg_record_t record = { .time = T0 };
    char octets[300];

    memset(octets, 'x', sizeof(octets));
    for (unsigned n = longest[_i] - 1u; n <= longest[_i] + 1u; n++) {
        pg_event_t e = attempt(T0 + n * SECOND, 0);
        void *text = (char *)&e + from[_i];
        const pg_text_t *shown;

        *(pg_span_t *)text = pg_span_make(octets, n);
        pg_ledger_record(ledger, &e);
        text = (char *)(apr_uintptr_t)at(T0)->recent + to[_i];
        shown = text;
        ck_assert_uint_eq(shown->octets.len, n < longest[_i] ? n
                                                             : longest[_i]);
        ck_assert_int_eq(shown->cut, n > longest[_i]);
        record.length[_i] = (apr_uint16_t)n;
        ck_assert_uint_eq(shows_record(&record), n <= longest[_i]);
    }
    record.length[_i] = 0;
    for (unsigned n = 81; n <= 83; n++) {        /* whole parts           */
        record.length[0] = 24;
        record.length[1] = (apr_uint16_t)(n - 24);
        ck_assert_uint_eq(shows_record(&record), 1);
        record.length[1] = (apr_uint16_t)(n - 24 + 144);
        ck_assert_uint_eq(shows_record(&record), 1);
    }
    record.length[0] = record.length[1] = 0;
    record.length[_i] = 0x4000;          /* absent                        */
    ck_assert_uint_eq(shows_record(&record), 1);
    record.length[_i] = 0x4001;
    ck_assert_uint_eq(shows_record(&record), 0);
}
