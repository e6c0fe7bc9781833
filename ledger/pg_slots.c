/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_slots.h"

#include "pg_address.h"
#include "pg_cell.h"
#include "pg_layout.h"

/*  slot    | deadline, s since 1970:40 | hash of the source:24 |    0: free */
enum { SOURCE_BITS = 24 };
#define SOURCE_MASK (((apr_uint64_t)1 << SOURCE_BITS) - 1)

/* Beyond the deadline that the conversation itself holds to, and the longest
 * that ProxyGuardSinkLimit allows. */
enum { SLACK = 10, LONGEST = 3600 };

static apr_uint64_t seconds_of(apr_time_t t)
{
    return (apr_uint64_t)apr_time_sec(t);
}

/* A deadline further ahead than any conversation can last comes from a wrong
 * clock, and its owner may have been killed: such a slot is free. */
static bool is_held(apr_uint64_t word, apr_time_t now)
{
    apr_uint64_t until = word >> SOURCE_BITS, second = seconds_of(now);

    return until > second && until - second <= LONGEST + SLACK;
}

static apr_uint64_t hash_of(const pg_ledger_t *ledger,
                            const unsigned char source[16])
{
    pg_key_t key = pg_hash_key_derive(&ledger->head.key, "slots");
    pg_address_t address;

    memcpy(address.octets, source, sizeof(address.octets));
    return pg_hash(&key, source, pg_address_is_ipv4(&address) ? 16 : 8)
           & SOURCE_MASK;
}

/* How many slots below `end` this source holds. */
static unsigned held_by(const pg_ledger_t *ledger, apr_uint64_t source,
                        unsigned end, apr_time_t now)
{
    unsigned n = 0;

    for (unsigned i = 0; i < end; i++) {
        apr_uint64_t word = pg_word_get(&ledger->common->sink.slot[i]);

        n += is_held(word, now) && (word & SOURCE_MASK) == source;
    }
    return n;
}

static bool claim(pg_slot_t *out, pg_ledger_t *ledger, unsigned at,
                  apr_uint64_t word, apr_time_t now)
{
    pg_word_t *slot = &ledger->common->sink.slot[at];
    apr_uint64_t seen = pg_word_get(slot);

    if (is_held(seen, now) || !pg_word_swap(slot, &seen, word)) {
        return false;
    }
    *out = (pg_slot_t){ .at = at, .word = word };
    return true;
}

bool pg_slots_take(pg_slot_t *out, pg_ledger_t *ledger,
                   const pg_slots_limit_t *limit,
                   const unsigned char source[16], apr_time_t now)
{
    pg_ledger_t *block = pg_layout_sound(ledger);
    apr_uint64_t hash = hash_of(ledger, source);
    apr_uint64_t word = (seconds_of(now) + limit->seconds + SLACK)
                            << SOURCE_BITS
                        | hash;
    unsigned most = limit->conversations < PG_SLOTS_MOST
                        ? limit->conversations : PG_SLOTS_MOST;

    if (held_by(block, hash, most, now) >= limit->source) {
        return false;
    }
    for (unsigned i = 0; i < most; i++) {
        if (!claim(out, block, i, word, now)) {
            continue;
        }
        /* Others may have come at the same time: lower slots win. */
        if (held_by(block, hash, i, now) < limit->source) {
            return true;
        }
        pg_slots_give(ledger, out);
        return false;
    }
    return false;
}

void pg_slots_give(pg_ledger_t *ledger, const pg_slot_t *slot)
{
    pg_ledger_t *block = pg_layout_sound(ledger);
    apr_uint64_t seen = slot->word;

    if (slot->at < PG_SLOTS_MOST) {
        (void)pg_word_swap(&block->common->sink.slot[slot->at], &seen, 0);
    }
}

void pg_slots_allow(pg_ledger_t *ledger, unsigned most)
{
    for (ledger = pg_layout_sound(ledger); ledger;
         ledger = ledger->standby) {
        pg_word_set(&ledger->common->sink.slots, most);
    }
}

unsigned pg_slots_held(const pg_ledger_t *ledger, apr_time_t now)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PG_SLOTS_MOST; i++) {
        n += is_held(pg_word_get(&ledger->common->sink.slot[i]), now);
    }
    return n;
}

/* --- counts -------------------------------------------------------------- */

void pg_slots_ended(pg_ledger_t *ledger, pg_end_e end)
{
    if ((unsigned)end < PG_END_COUNT) {
        for (ledger = pg_layout_sound(ledger); ledger;
             ledger = ledger->standby) {
            pg_word_add(&ledger->common->sink.ended[end], 1);
        }
    }
}

static void advance(pg_word_t *last, apr_uint64_t to)
{
    apr_uint64_t seen = pg_word_get(last);

    while (seen < to && !pg_word_swap(last, &seen, to)) {
    }
}

void pg_slots_kept(pg_ledger_t *ledger, pg_keep_e keep, apr_time_t now)
{
    if ((unsigned)keep < PG_KEEP_COUNT) {
        for (ledger = pg_layout_sound(ledger); ledger;
             ledger = ledger->standby) {
            pg_word_add(&ledger->common->sink.kept[keep], 1);
            advance(&ledger->common->sink.last, (apr_uint64_t)now);
        }
    }
}

/* Set a flag. @return whether it has changed */
static bool mark(pg_word_t *word, bool to)
{
    apr_uint64_t seen = !to;

    return pg_word_swap(word, &seen, to);
}

bool pg_slots_spool(pg_ledger_t *ledger, apr_uint64_t octets,
                    apr_uint64_t most)
{
    bool filling = octets >= most - most / 5;
    bool news = false;

    for (ledger = pg_layout_sound(ledger); ledger;
         ledger = ledger->standby) {
        pg_sink_part_t *sink = &ledger->common->sink;
        pg_word_set(&sink->spool, octets);
        pg_word_set(&sink->most, most);
        news |= mark(&sink->filling, filling);
    }
    return news && filling;
}

bool pg_slots_refuse(pg_ledger_t *ledger, bool refuses)
{
    bool news = false;

    for (ledger = pg_layout_sound(ledger); ledger;
         ledger = ledger->standby) {
        news |= mark(&ledger->common->sink.refuses, refuses);
    }
    return news;
}

apr_uint64_t pg_slots_write(pg_ledger_t *ledger, apr_time_t now)
{
    pg_word_t *writer = &pg_layout_sound(ledger)->common->sink.writer;
    apr_uint64_t claim;

    return pg_cell_claim(writer, (apr_uint64_t)now, now, &claim) ? claim : 0;
}

void pg_slots_written(pg_ledger_t *ledger, apr_uint64_t claim)
{
    pg_cell_release(&pg_layout_sound(ledger)->common->sink.writer, claim);
}

void pg_slots_tear(pg_ledger_t *ledger, bool torn)
{
    for (ledger = pg_layout_sound(ledger); ledger;
         ledger = ledger->standby) {
        pg_word_set(&ledger->common->sink.torn, torn);
    }
}

bool pg_slots_torn(const pg_ledger_t *ledger)
{
    return pg_word_get(&ledger->common->sink.torn) != 0;
}

void pg_slots_copy(pg_capture_t *out, const pg_ledger_t *ledger,
                   apr_time_t now)
{
    const pg_sink_part_t *sink = &ledger->common->sink;

    out->held = pg_slots_held(ledger, now);
    out->most = pg_word_get(&sink->slots);
    for (unsigned e = 0; e < PG_END_COUNT; e++) {
        out->ended[e] = pg_word_get(&sink->ended[e]);
        out->conversations += out->ended[e];
    }
    for (unsigned k = 0; k < PG_KEEP_COUNT; k++) {
        out->kept[k] = pg_word_get(&sink->kept[k]);
        out->mails += out->kept[k];
    }
    out->last = (apr_time_t)pg_word_get(&sink->last);
    out->spool = pg_word_get(&sink->spool);
    out->spool_most = pg_word_get(&sink->most);
}

void pg_slots_merge(pg_ledger_t *into, const pg_ledger_t *from)
{
    pg_sink_part_t *to = &into->common->sink;
    const pg_sink_part_t *sink = &from->common->sink;

    for (unsigned e = 0; e < PG_END_COUNT; e++) {
        pg_word_add(&to->ended[e], pg_word_get(&sink->ended[e]));
    }
    for (unsigned k = 0; k < PG_KEEP_COUNT; k++) {
        pg_word_add(&to->kept[k], pg_word_get(&sink->kept[k]));
    }
    advance(&to->last, pg_word_get(&sink->last));
    pg_word_add(&to->spool, pg_word_get(&sink->spool));
    pg_word_add(&to->most, pg_word_get(&sink->most));
    pg_word_add(&to->slots, pg_word_get(&sink->slots));
}
