/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Campaigns in the ledger against a model that compares what was drawn, not
 * sketches. */
#include "pg_campaigns.h"
#include "pg_test_heap.h"

#include <math.h>
#include <stdio.h>

enum { BASES = 90, LEDGERS = 3, BITS = 64 * PG_SINK_SOURCES };

/* A text is one of the bases, with so many of its numbers changed. */
typedef struct kind_t {
    unsigned base, changed;
} kind_t;

typedef struct place_t {
    apr_uint64_t mails;
    apr_time_t first, last;
    bool bit[BITS];
    kind_t kind;
    unsigned named;              /* for the mail that began it            */
} place_t;

typedef struct model_t {
    pg_ledger_t *ledger;
    place_t place[PG_SINK_CAMPAIGNS];
} model_t;

static apr_uint64_t state;
static unsigned drawn;

/* Deterministic, so that a failure can be repeated. */
static unsigned draw(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((state >> 33) % n);
}

/* Base 0 is all zeros, as is what was never written. */
static void make_sketch(apr_uint32_t *out, kind_t kind)
{
    for (unsigned i = 0; i < PG_CAMPAIGN_HASHES; i++) {
        out[i] = kind.base * 1000 + (i < kind.changed ? 500 + i : 0);
    }
}

static unsigned alike(kind_t a, kind_t b)
{
    unsigned more = a.changed > b.changed ? a.changed - b.changed
                                          : b.changed - a.changed;

    return a.base == b.base ? PG_CAMPAIGN_HASHES - more : 0;
}

/* --- the model ------------------------------------------------------------ */

static place_t *find(model_t *m, kind_t kind)
{
    place_t *best = NULL;

    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        place_t *p = &m->place[i];
        if (p->mails > 0 && alike(p->kind, kind) >= PG_CAMPAIGN_ALIKE
            && (best == NULL
                || alike(p->kind, kind) > alike(best->kind, kind))) {
            best = p;
        }
    }
    return best;
}

/* The place that was quiet longest; NULL: all have newer mail. */
static place_t *begin(model_t *m, const place_t *one)
{
    place_t *quiet = NULL;

    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        place_t *p = &m->place[i];
        if (p->last <= one->last
            && (quiet == NULL || p->last < quiet->last)) {
            quiet = p;
        }
    }
    if (quiet) {
        *quiet = (place_t){ .kind = one->kind, .named = one->named,
                            .first = one->first };
    }
    return quiet;
}

static place_t *put(model_t *m, const place_t *one)
{
    place_t *known = find(m, one->kind), *to = known ? known : begin(m, one);

    if (to) {
        to->mails += one->mails;
        for (unsigned b = 0; b < BITS; b++) {
            to->bit[b] |= one->bit[b];
        }
    }
    return to;
}

/* --- what happens --------------------------------------------------------- */

static void add(model_t *m, apr_time_t now)
{
    pg_key_t key = pg_hash_key_derive(&m->ledger->head.key, "campaigns");
    place_t *to, one = { .mails = 1, .first = now, .last = now,
                         .named = ++drawn,
                         .kind = { draw(BASES),
                                   draw(PG_CAMPAIGN_HASHES + 1) } };
    pg_campaign_mail_t mail = { .has_text = draw(20) > 0 };
    /* what follows the address is none of it */
    unsigned char source[17] = { [3] = (unsigned char)draw(200),
                                 [16] = (unsigned char)draw(256) };

    make_sketch(mail.sketch, one.kind);
    snprintf(mail.charset, sizeof(mail.charset), "c%u", drawn);
    snprintf(mail.subject, sizeof(mail.subject), "%u", drawn);
    snprintf(mail.lure, sizeof(mail.lure), "l%u", drawn);
    one.bit[pg_hash(&key, source, 16) % BITS] = true;
    pg_campaigns_add(m->ledger, &mail, source, now);
    to = mail.has_text ? put(m, &one) : NULL;
    if (to) {
        to->first = now < to->first ? now : to->first;
        to->last = now;
    }
}

/* As if its writer had been killed before it was complete. */
static void empty_one(model_t *m)
{
    unsigned at = draw(PG_SINK_CAMPAIGNS);

    m->place[at].mails = 0;
    pg_word_set(&m->ledger->common->sink.campaign[at].mails, 0);
}

static void merge(model_t *into, const model_t *from)
{
    pg_campaigns_merge(into->ledger, from->ledger);
    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        const place_t *one = &from->place[i];
        place_t *to = one->mails > 0 ? put(into, one) : NULL;

        if (to) {
            to->first = one->first < to->first ? one->first : to->first;
            to->last = one->last > to->last ? one->last : to->last;
        }
    }
}

/* --- what is shown -------------------------------------------------------- */

/* Linear counting: of so many bits, so many are set. */
static apr_uint64_t sources_of(const bool bit[BITS])
{
    unsigned left = BITS;

    for (unsigned b = 0; b < BITS; b++) {
        left -= bit[b];
    }
    return (apr_uint64_t)llround(BITS * log((double)BITS / left));
}

static bool is_shown(const pg_capture_t *shown, const place_t *place)
{
    unsigned n = 0;

    for (apr_size_t i = 0; i < shown->campaign_count; i++) {
        const pg_campaign_t *c = &shown->campaign[i];
        const char *name = apr_psprintf(pool, "%u", place->named);

        n += pg_span_eq(c->subject, pg_span_str(name))
             && pg_span_eq(c->charset,
                           pg_span_str(apr_pstrcat(pool, "c", name, NULL)))
             && pg_span_eq(c->lure,
                           pg_span_str(apr_pstrcat(pool, "l", name, NULL)))
             && c->mails == place->mails && c->first == place->first
             && c->last == place->last
             && c->sources == sources_of(place->bit);
    }
    return n == 1;
}

/* The bits are where other versions look for them. */
static bool has_bits(const pg_sink_campaign_t *cell, const place_t *place)
{
    unsigned wrong = 0;

    for (unsigned b = 0; b < BITS; b++) {
        wrong += (pg_word_get(&cell->sources[b / 64]) >> b % 64 & 1)
                 != place->bit[b];
    }
    return wrong == 0;
}

static void check(const model_t *m)
{
    pg_capture_t shown = { .campaign_count = 0 };
    const pg_sink_campaign_t *cell = m->ledger->common->sink.campaign;
    unsigned n = 0;

    pg_campaigns_copy(&shown, m->ledger, pool);
    for (unsigned i = 0; i < PG_SINK_CAMPAIGNS; i++) {
        ck_assert_uint_eq(pg_word_get(&cell[i].claim), 0);
        if (m->place[i].mails > 0) {
            ck_assert(is_shown(&shown, &m->place[i]));
            ck_assert(has_bits(&cell[i], &m->place[i]));
            n++;
        }
    }
    ck_assert_uint_eq(shown.campaign_count, n);
}

PG_TEST_SUITE(campaigns, .set_up = set_up, .tear_down = destroy_pool);

/* What follows the campaigns is for other versions. */
static void make(model_t *m)
{
    pg_sink_part_t *sink;

    ck_assert_int_eq(pg_ledger_heap(&m->ledger, NULL, T0, pool), 0);
    sink = &m->ledger->common->sink;
    for (unsigned i = 0; i < PG_SINK_CAMPAIGN_WORDS; i++) {
        pg_word_set(&sink->reserved[i], i == 0 ? 0 : 7);
    }
}

PG_TEST_TIMES(each_mail_is_in_the_campaign_that_is_most_like_it, 20)
{
    model_t *m = apr_pcalloc(pool, sizeof(*m) * LEDGERS);

    state = (apr_uint64_t)_i;
    for (unsigned i = 0; i < LEDGERS; i++) {
        make(&m[i]);
    }
    for (unsigned n = 0; n < 600; n++) {
        model_t *one = &m[draw(LEDGERS)], *other = &m[draw(LEDGERS)];
        unsigned what = draw(100);

        if (what < 3) {
            empty_one(one);
        }
        else if (what < 5 && one != other) {
            merge(one, other);
            check(one);
        }
        else {
            add(one, T0 + draw(_i % 2 ? 20 : 2000));
        }
    }
    for (unsigned i = 0; i < LEDGERS; i++) {
        check(&m[i]);
    }
}

/* Bits that are set, and how many sources set about so many. */
static const struct {
    unsigned bits;
    apr_uint64_t sources;
} estimates[] = {
    { 0, 0 }, { 1, 1 }, { 2, 2 }, { 20, 21 }, { 64, 74 }, { 65, 75 },
    { 128, 177 }, { 192, 355 }, { 255, 1420 }, { 256, 1420 }
};

PG_TEST_EACH(sources_are_estimated_from_the_bits, estimates)
{
    pg_sink_campaign_t *cell = &ledger->common->sink.campaign[5];
    pg_capture_t shown = { .campaign_count = 0 };

    pg_word_set(&cell->mails, 1);
    for (unsigned b = 0; b < estimates[_i].bits; b++) {
        pg_word_add(&cell->sources[b / 64], (apr_uint64_t)1 << b % 64);
    }
    pg_campaigns_copy(&shown, ledger, pool);
    ck_assert_uint_eq(shown.campaign[0].sources, estimates[_i].sources);
}
