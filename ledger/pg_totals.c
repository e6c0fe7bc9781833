/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_totals.h"

#include <stdlib.h>

#include "pg_word.h"

/* --- methods ------------------------------------------------------------- */

/* All of them have at most 8 octets: one comparison of a word each, with a
 * number that the compiler knows. */
pg_method_e pg_totals_method(pg_span_t method)
{
    apr_uint64_t word;

    if (method.len == 0) {
        return PG_METHOD_NONE;
    }
    if (method.len > sizeof(word)) {
        return PG_METHOD_OTHER;
    }
    word = pg_hash_load_short(method.ptr, method.len);
#define IS(sym, name)                                                        \
    if (PG_METHOD_##sym >= PG_METHOD_GET && method.len == sizeof(name) - 1    \
        && word == pg_hash_load_short(name, sizeof(name) - 1)) {             \
        return PG_METHOD_##sym;                                              \
    }
    PG_METHODS(IS)
#undef IS
    return PG_METHOD_OTHER;
}

/* --- virtual hosts ------------------------------------------------------- */

/* A process that finds the name unfinished (its writer was killed) writes it:
 * all write the same octets, so this may happen any number of times. */
static void write_name(pg_vhost_name_t *slot, pg_span_t name, bool cut)
{
    pg_word_write(slot->text, name.ptr, name.len);
    atomic_store_explicit(&slot->length, name.len | (cut ? PG_LEN_CUT : 0),
                          memory_order_release);
}

/* The slot of a name that fits, perhaps because it was cut. */
static unsigned slot_of(pg_ledger_t *ledger, pg_span_t kept, bool cut)
{
    apr_uint64_t hash;

    if (kept.len == 0) {
        return PG_VHOSTS;
    }
    hash = pg_hash_nh(&ledger->vhost_key, kept.ptr, kept.len);
    hash += hash == 0;
    for (unsigned i = 0; i < PG_VHOSTS; i++) {
        unsigned at = (unsigned)(hash + i) % PG_VHOSTS;
        pg_vhost_name_t *slot = &ledger->common->vhost[at];
        apr_uint64_t seen = pg_word_get(&slot->hash);

        if (seen == 0 && pg_word_swap(&slot->hash, &seen, hash)) {
            seen = hash;
        }
        if (seen == hash) {
            if (pg_word_get(&slot->length) == 0) {
                write_name(slot, kept, cut);
            }
            return at;
        }
    }
    return PG_VHOSTS;
}

unsigned pg_totals_vhost(pg_ledger_t *ledger, pg_span_t name)
{
    pg_span_t kept = pg_span_upto(name, PG_VHOST_WORDS * 8);

    return slot_of(ledger, kept, kept.len < name.len);
}

void pg_totals_name(pg_ledger_t *ledger, pg_span_t name,
                    const apr_uint64_t *by_outcome)
{
    unsigned at = pg_totals_vhost(ledger, name);

    for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
        apr_uint64_t left = by_outcome[o];

        for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
            pg_lane_t *lane = pg_layout_lane(ledger, i);
            apr_uint64_t here = pg_word_get(&lane->vhost[PG_VHOSTS][o]);
            apr_uint64_t n = here < left ? here : left;

            pg_word_set(&lane->vhost[PG_VHOSTS][o], here - n);
            pg_word_add(&lane->vhost[at][o], n);
            left -= n;
        }
    }
}

/* false: the slot is free, or its name is torn or scribbled over. */
static bool read_name(pg_text_t *out, const pg_ledger_t *ledger,
                      unsigned at, apr_pool_t *pool)
{
    const pg_vhost_name_t *slot = &ledger->common->vhost[at];
    apr_uint64_t hash = pg_word_get(&slot->hash);
    apr_uint64_t length = pg_word_get(&slot->length);
    apr_size_t n = length & PG_LEN_MASK;
    char octets[PG_VHOST_WORDS * 8];
    apr_uint64_t is;

    if (n > sizeof(octets)) {
        return false;
    }
    pg_word_read(octets, slot->text, PG_VHOST_WORDS);
    is = pg_hash_nh(&ledger->vhost_key, octets, n);
    if (is + (is == 0) != hash) {
        return false;
    }
    *out = pg_word_text(octets, n, length, pool);
    return true;
}

/* --- snapshot ------------------------------------------------------------ */

/* A count, limited to what is possible. */
static apr_uint64_t count_in(const pg_word_t *word)
{
    apr_uint64_t n = pg_word_get(word);

    return n < PG_COUNT_MOST ? n : PG_COUNT_MOST;
}

static void copy_kind(pg_snapshot_t *out, const pg_lane_t *lane, unsigned kind,
                      unsigned o)
{
    const pg_word_t(*words)[PG_PORTCLASS_ROOM] = lane->total[kind][o];
    apr_uint64_t sum = 0;
    pg_class_e c;
    pg_family_e f;

    if (!pg_layout_kind_split(kind, &c, &f)) {
        return;
    }
    for (unsigned m = 0; m < PG_METHOD_COUNT; m++) {
        for (unsigned p = 0; p < PG_PORTCLASS_COUNT; p++) {
            apr_uint64_t n = count_in(&words[m][p]);
            out->by_method[m] += n;
            out->by_port_class[p] += n;
            sum += n;
        }
    }
    out->count[c][o] += sum;
    out->by_family[f] += sum;
    out->attempts += sum;
}

void pg_totals_copy(pg_snapshot_t *out, const pg_ledger_t *ledger)
{
    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        const pg_lane_t *lane = pg_layout_lane(ledger, i);
        apr_time_t first = (apr_time_t)pg_word_get(&lane->first);
        apr_time_t last = (apr_time_t)pg_word_get(&lane->last);

        for (unsigned kind = 0; kind < PG_KINDS; kind++) {
            for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
                copy_kind(out, lane, kind, o);
            }
        }
        out->permitted += count_in(&lane->permitted);
        for (unsigned n = 0; n < PG_INTENT_COUNT; n++) {
            out->by_intent[n] += count_in(&lane->intent[n]);
        }
        if (first > 0 && (out->first == 0 || first < out->first)) {
            out->first = first;
        }
        out->last = last > out->last ? last : out->last;
    }
}

static pg_vhost_count_t vhost_counts(const pg_ledger_t *ledger, unsigned at)
{
    pg_vhost_count_t out = { .attempts = 0 };

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            const pg_lane_t *lane = pg_layout_lane(ledger, i);
            apr_uint64_t n = count_in(&lane->vhost[at][o]);
            out.by_outcome[o] += n;
            out.attempts += n;
        }
    }
    return out;
}

/* The most frequent first, equal ones in the order of their names. */
static int by_attempts(const void *a, const void *b)
{
    const pg_vhost_count_t *x = a, *y = b;

    return x->attempts < y->attempts ? 1 : x->attempts > y->attempts ? -1
           : pg_span_compare(x->name.octets, y->name.octets);
}

void pg_totals_copy_vhosts(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool)
{
    pg_vhost_count_t *list = apr_pcalloc(pool,
                                         sizeof(*list) * (PG_VHOSTS + 1));
    pg_vhost_count_t others = vhost_counts(ledger, PG_VHOSTS);
    apr_size_t n = 0;

    for (unsigned at = 0; at < PG_VHOSTS; at++) {
        pg_vhost_count_t one = vhost_counts(ledger, at);
        if (one.attempts == 0) {
            continue;
        }
        if (read_name(&one.name, ledger, at, pool)) {
            list[n++] = one;
            continue;
        }
        others.attempts += one.attempts;
        for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
            others.by_outcome[o] += one.by_outcome[o];
        }
    }
    if (others.attempts > 0) {
        list[n++] = others;
    }
    qsort(list, n, sizeof(*list), by_attempts);
    out->vhosts = list;
    out->vhost_count = n;
}

/* --- merge --------------------------------------------------------------- */

static void add(pg_word_t *to, const pg_word_t *from)
{
    apr_uint64_t n = count_in(from);

    if (n > 0) {
        pg_word_add(to, n);
    }
}

static void merge_vhosts(pg_ledger_t *into, const pg_ledger_t *from,
                         apr_pool_t *pool)
{
    for (unsigned at = 0; at <= PG_VHOSTS; at++) {
        pg_text_t name;
        unsigned to = at < PG_VHOSTS && read_name(&name, from, at, pool)
                          ? slot_of(into, name.octets, name.cut) : PG_VHOSTS;

        for (unsigned i = 0; i < from->sizes.lanes; i++) {
            for (unsigned o = 0; o < PG_OUTCOME_COUNT; o++) {
                add(&pg_layout_lane(into, 0)->vhost[to][o],
                    &pg_layout_lane(from, i)->vhost[at][o]);
            }
        }
    }
}

static void widen(pg_lane_t *to, const pg_lane_t *from)
{
    apr_uint64_t first = pg_word_get(&from->first);
    apr_uint64_t have = pg_word_get(&to->first);

    if (first != 0 && (have == 0 || first < have)) {
        pg_word_set(&to->first, first);
    }
    if (pg_word_get(&from->last) > pg_word_get(&to->last)) {
        pg_word_set(&to->last, pg_word_get(&from->last));
    }
}

void pg_totals_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_pool_t *pool)
{
    pg_lane_t *to = pg_layout_lane(into, 0);

    for (unsigned i = 0; i < from->sizes.lanes; i++) {
        pg_lane_t *lane = pg_layout_lane(from, i);
        pg_word_t *a = &to->total[0][0][0][0];
        const pg_word_t *b = &lane->total[0][0][0][0];

        for (unsigned w = 0; w < PG_TOTALS; w++) {
            add(&a[w], &b[w]);
        }
        for (unsigned n = 0; n < PG_INTENT_COUNT; n++) {
            add(&to->intent[n], &lane->intent[n]);
        }
        add(&to->permitted, &lane->permitted);
        widen(to, lane);
    }
    merge_vhosts(into, from, pool);
}
