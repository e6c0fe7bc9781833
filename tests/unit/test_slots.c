/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The sink's slots and counts in the ledger. */
#include "pg_test_pool.h"

#include <pthread.h>

#include "pg_campaigns.h"
#include "pg_layout.h"
#include "pg_slots.h"

#define T0 APR_TIME_C(1700000000000000)

static pg_ledger_t *ledger;
static const pg_slots_limit_t limit = { .conversations = 8, .source = 3,
                                        .seconds = 120 };

/* With a random key, two of a few sources may coincide in an estimate. */
static void setup(void)
{
    static const pg_key_t key = { { 1, 2 } };

    make_pool();
    ck_assert_int_eq(pg_ledger_heap(&ledger, &key, T0, pool), 0);
}

static bool take(pg_slot_t *slot, int client, apr_time_t now)
{
    unsigned char source[16] = { [10] = 0xff, [11] = 0xff, [12] = 192 };

    source[15] = (unsigned char)client;
    return pg_slots_take(slot, ledger, &limit, source, now);
}

PG_TEST_SUITE(slots, .set_up = setup, .tear_down = destroy_pool);

PG_TEST(there_are_so_many_and_so_many_for_each_source)
{
    pg_slot_t slot[9];
    pg_snapshot_t *s;

    for (int i = 0; i < 3; i++) {
        ck_assert(take(&slot[i], 1, T0));
    }
    ck_assert(!take(&slot[3], 1, T0));
    for (int i = 3; i < 8; i++) {
        ck_assert(take(&slot[i], i, T0));
    }
    ck_assert(!take(&slot[8], 9, T0));
    ck_assert_uint_eq(pg_slots_held(ledger, T0), 8);
    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, T0, pool), 0);
    ck_assert_uint_eq(s->capture.held, 8);
    pg_slots_give(ledger, &slot[0]);
    ck_assert_uint_eq(pg_slots_held(ledger, T0), 7);
    ck_assert(take(&slot[8], 9, T0));
}

/* All eight; the last of them. */
static pg_slot_t take_all(apr_time_t now)
{
    pg_slot_t slot;

    for (int i = 0; i < 8; i++) {
        ck_assert(take(&slot, i, now));
    }
    ck_assert_uint_eq(pg_slots_held(ledger, now), 8);
    return slot;
}

/* All are free by now; a late owner takes nothing from the new one. */
static void take_all_anew(pg_slot_t dead, apr_time_t now)
{
    ck_assert_uint_eq(pg_slots_held(ledger, now), 0);
    (void)take_all(now);
    pg_slots_give(ledger, &dead);
    ck_assert_uint_eq(pg_slots_held(ledger, now), 8);
}

PG_TEST(a_slot_that_nobody_gives_back_is_free_after_its_time)
{
    pg_slot_t dead = take_all(T0), slot;

    ck_assert(!take(&slot, 9, T0 + apr_time_from_sec(limit.seconds)));
    take_all_anew(dead, T0 + apr_time_from_sec(limit.seconds + 11));
}

/* Of the longest that may be allowed; in seconds from its beginning. */
static const struct {
    int at;
    unsigned held;
} moments[] = { { -2, 0 }, { -1, 0 }, { 0, 1 }, { 1, 1 }, { 3600, 1 },
                { 3609, 1 }, { 3610, 0 }, { 3611, 0 } };

PG_TEST_EACH(a_slot_is_held_up_to_its_deadline_and_a_little_longer, moments)
{
    static const pg_slots_limit_t longest = { .conversations = 8,
                                              .source = 3, .seconds = 3600 };
    const unsigned char source[16] = { 0x20 };
    pg_slot_t slot;

    ck_assert(pg_slots_take(&slot, ledger, &longest, source, T0));
    ck_assert_uint_eq(pg_slots_held(ledger,
                                    T0 + apr_time_from_sec(moments[_i].at)),
                      moments[_i].held);
}

PG_TEST(a_slot_that_a_wrong_clock_left_behind_is_free)
{
    take_all_anew(take_all(T0 + apr_time_from_sec(3 * 365 * 86400)), T0);
}

PG_TEST(the_addresses_of_a_64_are_one_source)
{
    unsigned char source[16] = { 0x20, 0x01, 0x0d, 0xb8 };
    pg_slot_t slot;

    for (int i = 0; i < 3; i++) {
        source[15] = (unsigned char)i;
        ck_assert(pg_slots_take(&slot, ledger, &limit, source, T0));
    }
    source[15] = 77;
    ck_assert(!pg_slots_take(&slot, ledger, &limit, source, T0));
    source[7] = 1;
    ck_assert(pg_slots_take(&slot, ledger, &limit, source, T0));
}

PG_TEST(what_came_of_them_is_counted_and_merged)
{
    pg_snapshot_t *s;
    pg_ledger_t *sum;

    pg_slots_ended(ledger, PG_END_QUIT);
    pg_slots_ended(ledger, PG_END_STOP);
    pg_slots_ended(ledger, PG_END_COUNT);
    pg_slots_kept(ledger, PG_KEEP_MESSAGE, T0 + 5);
    pg_slots_kept(ledger, PG_KEEP_LOST, T0 + 3);
    pg_slots_kept(ledger, PG_KEEP_COUNT, T0 + 9);
    ck_assert(!pg_slots_spool(ledger, 799, 1000));
    ck_assert(pg_slots_spool(ledger, 800, 1000));
    ck_assert(!pg_slots_spool(ledger, 900, 1000));
    ck_assert(pg_slots_refuse(ledger, true));
    ck_assert(!pg_slots_refuse(ledger, true));
    ck_assert(pg_slots_refuse(ledger, false));
    ck_assert_int_eq(pg_ledger_heap(&sum, NULL, T0, pool), 0);
    for (unsigned i = 1; i <= 2; i++) {
        ck_assert_int_eq(pg_ledger_merge(sum, ledger, T0, pool), 0);
        ck_assert_int_eq(pg_ledger_snapshot(&s, sum, T0, pool), 0);
        ck_assert_uint_eq(s->capture.conversations, 2 * i);
        ck_assert_uint_eq(s->capture.ended[PG_END_STOP], i);
        ck_assert_uint_eq(s->capture.mails, 2 * i);
        ck_assert_uint_eq(s->capture.kept[PG_KEEP_LOST], i);
        ck_assert_uint_eq(s->capture.spool, 900 * i);
        ck_assert_int_eq(s->capture.last, T0 + 5);
    }
    ck_assert(!pg_slots_torn(ledger));
    pg_slots_tear(ledger, true);
    ck_assert(pg_slots_torn(ledger));
}

PG_TEST(one_writes_at_a_time_and_a_dead_one_is_forgotten)
{
    apr_uint64_t first = pg_slots_write(ledger, T0), dead, second;

    ck_assert_uint_ne(first, 0);
    ck_assert_uint_eq(pg_slots_write(ledger, T0), 0);
    ck_assert_uint_eq(pg_slots_write(ledger, T0 - 3), 0);
    pg_slots_written(ledger, first);
    dead = pg_slots_write(ledger, T0 + 1);
    ck_assert_uint_ne(dead, 0);
    ck_assert_uint_eq(pg_slots_write(ledger, T0 + 999999), 0);
    second = pg_slots_write(ledger, T0 + 2000000);
    ck_assert_uint_ne(second, 0);
    pg_slots_written(ledger, dead);          /* too late: it is another's */
    ck_assert_uint_eq(pg_slots_write(ledger, T0 + 2000001), 0);
    pg_slots_written(ledger, second);
    ck_assert_uint_ne(pg_slots_write(ledger, T0 + 2000001), 0);
}

PG_TEST(how_many_there_may_be_is_known_and_added_up)
{
    pg_snapshot_t *s;
    pg_ledger_t *sum;

    pg_slots_allow(ledger, 16);
    ck_assert_int_eq(pg_ledger_heap(&sum, NULL, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(sum, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(sum, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_snapshot(&s, sum, T0, pool), 0);
    ck_assert_uint_eq(s->capture.most, 32);
    pg_slots_allow(ledger, 0);
    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, T0, pool), 0);
    ck_assert_uint_eq(s->capture.most, 0);
}

static void count_mail(pg_ledger_t *to, const char *text, int client,
                       apr_time_t now)
{
    unsigned char source[16] = { [10] = 0xff, [11] = 0xff, [12] = 192 };
    char scratch[256];
    pg_campaign_mail_t mail;

    source[15] = (unsigned char)client;
    pg_campaign_look(&mail, scratch, pg_span_str(text));
    pg_campaigns_add(to, &mail, source, now);
}

#define WATCHES "Subject: w\r\nContent-Type: text/plain; charset=Big5\r\n" \
                "\r\nThe best watches at the best of prices, only today " \
                "and only for you http://w.example/"

PG_TEST(campaigns_of_two_ledgers_are_united)
{
    pg_ledger_t *other, *sum, *back;
    pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_heap_like(&back, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_heap_like(&other, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_heap_like(&sum, ledger, T0, pool), 0);
    count_mail(ledger, WATCHES, 1, T0 + 5);
    count_mail(ledger, WATCHES, 2, T0 + 9);
    count_mail(other, WATCHES " 123", 2, T0 + 2);
    count_mail(other, "\r\nSomething else altogether, and long enough", 3,
               T0 + 7);
    ck_assert_int_eq(pg_ledger_merge(sum, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(sum, other, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_snapshot(&s, sum, T0, pool), 0);
    ck_assert_uint_eq(s->capture.campaign_count, 2);
    ck_assert_uint_eq(s->capture.campaign[0].mails, 3);
    ck_assert_uint_eq(s->capture.campaign[0].sources, 2);
    ck_assert_int_eq(s->capture.campaign[0].first, T0 + 2);
    ck_assert_int_eq(s->capture.campaign[0].last, T0 + 9);
    ck_assert(pg_span_eq(s->capture.campaign[0].subject, PG_SPAN("w")));
    ck_assert(pg_span_eq(s->capture.campaign[0].charset, PG_SPAN("big5")));
    ck_assert(pg_span_eq(s->capture.campaign[0].lure, PG_SPAN("w.example")));
    ck_assert_uint_eq(s->capture.campaign[1].lure.len, 0);
    ck_assert_uint_eq(s->capture.campaign[1].mails, 1);
    ck_assert_int_eq(s->capture.campaign[1].first, T0 + 7);
    /* the other way round it is the same */
    ck_assert_int_eq(pg_ledger_merge(back, other, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_merge(back, ledger, T0, pool), 0);
    ck_assert_int_eq(pg_ledger_snapshot(&s, back, T0, pool), 0);
    ck_assert_uint_eq(s->capture.campaign_count, 2);
    ck_assert_uint_eq(s->capture.campaign[0].mails, 3);
    ck_assert_int_eq(s->capture.campaign[0].first, T0 + 2);
    ck_assert_int_eq(s->capture.campaign[0].last, T0 + 9);
}

/* Texts that fill their words have no NUL there. */
PG_TEST(a_campaigns_texts_are_shown_to_their_last_octet)
{
    pg_sink_campaign_t *cell = &ledger->common->sink.campaign[0];
    pg_capture_t *shown = apr_pcalloc(pool, sizeof(*shown));
    apr_pool_t *used;            /* what it gives out is full of others'  */
    const apr_size_t lengths[] = { 8 * PG_SINK_CHARSET, 8 * PG_SINK_SUBJECT,
                                   8 * PG_SINK_LURE };
    char octets[8 * PG_SINK_SUBJECT];

    memset(octets, 'x', sizeof(octets));
    pg_word_set(&cell->mails, 1);
    pg_word_write(cell->charset, octets, lengths[0]);
    pg_word_write(cell->subject, octets, lengths[1]);
    pg_word_write(cell->lure, octets, lengths[2]);
    apr_pool_create(&used, pool);
    for (int i = 0; i < 100; i++) {
        memset(apr_palloc(used, 1000), 'y', 1000);
    }
    apr_pool_clear(used);
    pg_campaigns_copy(shown, ledger, used);
    ck_assert_uint_eq(shown->campaign_count, 1);
    ck_assert_uint_eq(shown->campaign[0].charset.len, lengths[0]);
    ck_assert_uint_eq(shown->campaign[0].subject.len, lengths[1]);
    ck_assert_uint_eq(shown->campaign[0].lure.len, lengths[2]);
}

PG_TEST(campaigns_of_more_mails_and_of_these_the_newest_come_first)
{
    static const struct { apr_uint64_t mails; apr_time_t last; } are[] = {
        { 2, T0 + 1 }, { 3, T0 }, { 2, T0 + 9 }, { 0, T0 + 99 },
        { 7, T0 - 5 }, { 2, T0 + 4 }, { 1, T0 + 50 }, { 3, T0 + 2 }
    }, sorted[] = {
        { 7, T0 - 5 }, { 3, T0 + 2 }, { 3, T0 }, { 2, T0 + 9 },
        { 2, T0 + 4 }, { 2, T0 + 1 }, { 1, T0 + 50 }
    };
    pg_capture_t *shown = apr_pcalloc(pool, sizeof(*shown));
    const unsigned n = sizeof(are) / sizeof(are[0]);

    for (unsigned i = 0; i < n; i++) {
        pg_sink_campaign_t *cell =
            &ledger->common->sink.campaign[PG_SINK_CAMPAIGNS - n + i];
        pg_word_set(&cell->mails, are[i].mails);
        pg_word_set(&cell->first, (apr_uint64_t)are[i].last - 1);
        pg_word_set(&cell->last, (apr_uint64_t)are[i].last);
    }
    pg_campaigns_copy(shown, ledger, pool);
    ck_assert_uint_eq(shown->campaign_count, n - 1);
    for (unsigned i = 0; i < n - 1; i++) {
        ck_assert_uint_eq(shown->campaign[i].mails, sorted[i].mails);
        ck_assert_int_eq(shown->campaign[i].last, sorted[i].last);
        ck_assert_int_eq(shown->campaign[i].first, sorted[i].last - 1);
    }
}

PG_TEST(the_room_of_two_spools_is_added_up)
{
    pg_ledger_t *sum;
    pg_capture_t *shown = apr_pcalloc(pool, sizeof(*shown));

    ck_assert_int_eq(pg_ledger_heap_like(&sum, ledger, T0, pool), 0);
    (void)pg_slots_spool(ledger, 30, 100);
    (void)pg_slots_spool(sum, 4, 1000);
    pg_slots_copy(shown, sum, T0);
    ck_assert_uint_eq(shown->spool, 4);
    ck_assert_uint_eq(shown->spool_most, 1000);
    pg_slots_merge(sum, ledger);
    pg_slots_copy(shown, sum, T0);
    ck_assert_uint_eq(shown->spool, 34);
    ck_assert_uint_eq(shown->spool_most, 1100);
}

/* The n-th text, like no other. */
static const char *text_of(unsigned n)
{
    char *text = apr_palloc(pool, 80);

    memcpy(text, "\r\n", 2);
    for (unsigned i = 2; i < 79; i++) {
        n = n * 1103515245 + 12345;
        text[i] = (char)('a' + n / 65536 % 26);
    }
    text[79] = '\0';
    return text;
}

static apr_size_t campaigns(apr_uint64_t *mails)
{
    pg_snapshot_t *s;

    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, T0, pool), 0);
    *mails = 0;
    for (apr_size_t i = 0; i < s->capture.campaign_count; i++) {
        *mails += s->capture.campaign[i].mails;
    }
    return s->capture.campaign_count;
}

/* Each begins campaigns of its own, at the same moment as the others. */
enum { THREADS = 4, EACH = PG_SINK_CAMPAIGNS / THREADS, ROUNDS = 50 };

typedef struct pg_sender_t {
    pthread_barrier_t *start;
    const char *text[EACH];
} pg_sender_t;

static void *send_all(void *data)
{
    const pg_sender_t *sender = data;

    pthread_barrier_wait(sender->start);
    for (unsigned i = 0; i < EACH; i++) {
        count_mail(ledger, sender->text[i], 1, T0);
    }
    return NULL;
}

PG_TEST(campaigns_that_begin_at_once_get_a_place_each)
{
    pthread_barrier_t start;
    pthread_t thread[THREADS];
    pg_sender_t sender[THREADS];
    apr_uint64_t mails;

    ck_assert_int_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        ck_assert_int_eq(pg_ledger_heap(&ledger, NULL, T0, pool), 0);
        for (unsigned i = 0; i < THREADS; i++) {
            sender[i].start = &start;
            for (unsigned n = 0; n < EACH; n++) {
                sender[i].text[n] = text_of(i * EACH + n);
            }
            ck_assert_int_eq(pthread_create(&thread[i], NULL, send_all,
                                            &sender[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(thread[i], NULL);
        }
        ck_assert_uint_eq(campaigns(&mails), PG_SINK_CAMPAIGNS);
        ck_assert_uint_eq(mails, PG_SINK_CAMPAIGNS);
        for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
            ck_assert_uint_eq(pg_word_get(
                &ledger->common->sink.campaign[i].claim), 0);
        }
        apr_pool_clear(pool);
    }
    pthread_barrier_destroy(&start);
}

PG_TEST(a_new_campaign_finds_the_place_that_was_quiet_longest)
{
    pg_sink_campaign_t *cell = ledger->common->sink.campaign;
    apr_uint64_t mails;

    /* others are at work on two of them, and will never be done */
    pg_word_set(&cell[0].claim, (T0 / 1000000 - 1) << 32 | 1);
    pg_word_set(&cell[1].claim, (T0 / 1000000 + 1) << 32 | 1);
    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS - 2; i++) {
        count_mail(ledger, text_of(i), 1, T0 + i);
    }
    ck_assert_uint_eq(campaigns(&mails), PG_SINK_CAMPAIGNS - 2);
    ck_assert_uint_eq(mails, PG_SINK_CAMPAIGNS - 2);
    /* the next takes the place of the quietest, which begins again */
    count_mail(ledger, text_of(100), 1, T0 + 100);
    count_mail(ledger, text_of(0), 1, T0 + 101);
    ck_assert_uint_eq(campaigns(&mails), PG_SINK_CAMPAIGNS - 2);
    ck_assert_uint_eq(mails, PG_SINK_CAMPAIGNS - 2);
    /* and those two are free after a while */
    count_mail(ledger, text_of(200), 1, T0 + apr_time_from_sec(11));
    count_mail(ledger, text_of(201), 1, T0 + apr_time_from_sec(11));
    ck_assert_uint_eq(campaigns(&mails), PG_SINK_CAMPAIGNS);
    ck_assert_uint_eq(mails, PG_SINK_CAMPAIGNS);
}

PG_TEST(a_campaign_in_the_place_of_another_has_sources_of_its_own)
{
    pg_snapshot_t *s;

    for (int client = 0; client < 100; client++) {
        count_mail(ledger, text_of(0), client, T0);
    }
    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, T0, pool), 0);
    ck_assert_uint_eq(s->capture.campaign[0].mails, 100);
    ck_assert_uint_ge(s->capture.campaign[0].sources, 80);
    ck_assert_uint_le(s->capture.campaign[0].sources, 120);
    for (unsigned i = 1; i <= PG_SINK_CAMPAIGNS; i++) {
        count_mail(ledger, text_of(i), 1, T0 + i);
    }
    ck_assert_int_eq(pg_ledger_snapshot(&s, ledger, T0, pool), 0);
    ck_assert_uint_eq(s->capture.campaign_count, PG_SINK_CAMPAIGNS);
    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        ck_assert_uint_eq(s->capture.campaign[i].mails, 1);
        ck_assert_uint_eq(s->capture.campaign[i].sources, 1);
        ck_assert_int_eq(s->capture.campaign[i].first,
                         s->capture.campaign[i].last);
    }
    ck_assert_int_eq(s->capture.campaign[0].last, T0 + PG_SINK_CAMPAIGNS);
}
