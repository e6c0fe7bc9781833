/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_top.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "pg_words.h"

#define WAYS 8
#define FREE 0                   /* a hot word: no entry yet              */
#define CLAIM_SECONDS 2

/* An entry's cold words. */
enum { COLD_HASH, COLD_ERROR, COLD_LENGTH, COLD_TEXT };

static const apr_uint32_t text_words[PG_TOP_COUNT] = {
    [PG_TOP_SOURCES] = 2,
    [PG_TOP_TARGETS] = 13,
    [PG_TOP_PORTS] = 1,
    [PG_TOP_AGENTS] = 17,
};
#define TEXT_OCTETS_MOST (17 * 8)
static_assert(TEXT_OCTETS_MOST <= PG_NH_MOST, "keys can be hashed");

apr_size_t pg_top_size(pg_top_e list, apr_uint32_t sets)
{
    apr_size_t entry = COLD_TEXT + text_words[list];

    return sizeof(pg_word_t) * sets * (WAYS + 1 + WAYS * entry);
}

/* A list in one lane:  hot[sets][8] | claim[sets] | entry[sets * 8]. */
typedef struct pg_table_t {
    pg_word_t *hot;
    pg_word_t *claim;
    pg_word_t *cold;
    apr_uint32_t sets;
    apr_uint32_t words;          /* of an entry                           */
} pg_table_t;

static pg_table_t table_of(const pg_ledger_t *ledger, const pg_lane_t *lane,
                           pg_top_e list)
{
    pg_table_t t = { .sets = ledger->sizes.sets[list],
                     .words = COLD_TEXT + text_words[list] };

    t.hot = (pg_word_t *)((apr_uintptr_t)lane + ledger->top_at[list]);
    t.claim = t.hot + t.sets * WAYS;
    t.cold = t.claim + t.sets;
    return t;
}

static pg_word_t *entry_of(const pg_table_t *t, unsigned way)
{
    return t->cold + (apr_size_t)way * t->words;
}

static apr_uint32_t set_of(const pg_table_t *t, apr_uint64_t hash)
{
    return (apr_uint32_t)((hash & 0xffffffffu) * t->sets >> 32);
}

/* The part of a key's hash that stands in its hot word; never 0, which marks
 * a word whose entry is being replaced. */
static apr_uint64_t mark_of(apr_uint64_t hash)
{
    apr_uint64_t mark = hash >> PG_CELL_BITS;

    return mark + (mark == 0);
}

/* What was cut is not the same as what ends there. */
static apr_uint64_t hash_of(const pg_ledger_t *ledger, pg_top_e list,
                            const char *octets, apr_size_t n, bool cut)
{
    return pg_hash_nh(&ledger->top_key[list], octets, n)
           ^ (cut ? 0x9e3779b97f4a7c15u : 0);
}

pg_top_key_t pg_top_key(const pg_ledger_t *ledger, pg_top_e list,
                        pg_span_t octets)
{
    apr_size_t room = text_words[list] * sizeof(apr_uint64_t);
    pg_top_key_t key = { .octets = octets.ptr, .n = octets.len,
                         .absent = octets.ptr == NULL };

    if (key.n > room) {
        key.n = room;
        key.cut = true;
    }
    key.hash = hash_of(ledger, list, key.octets ? key.octets : "", key.n,
                       key.cut);
    return key;
}

/* --- counting ------------------------------------------------------------ */

/* Count in the entry that the key has, if it has one. */
static bool count_known(const pg_table_t *t, apr_uint32_t set,
                        apr_uint64_t hash, apr_uint64_t n)
{
    apr_uint64_t mark = mark_of(hash);

    for (unsigned way = set * WAYS; way < (set + 1) * WAYS; way++) {
        if (pg_word_get(&t->hot[way]) >> PG_CELL_BITS != mark
            || pg_word_get(&entry_of(t, way)[COLD_HASH]) != hash) {
            continue;
        }
        if (pg_word_add(&t->hot[way], n) >> PG_CELL_BITS == mark) {
            return true;
        }
        /* Replaced between: that was another key's. */
        pg_word_add(&t->hot[way], (apr_uint64_t)0 - n);
        return false;
    }
    return false;
}

/* The entry to be taken over: a free one, one whose replacement was never
 * finished, or the rarest. */
static unsigned pick(const pg_table_t *t, apr_uint32_t set, apr_uint64_t *hot)
{
    unsigned best = set * WAYS;
    apr_uint64_t least = ~(apr_uint64_t)0;

    for (unsigned way = set * WAYS; way < (set + 1) * WAYS; way++) {
        apr_uint64_t word = pg_word_get(&t->hot[way]);
        if ((word & PG_CELL_MASK) < least || word >> PG_CELL_BITS == 0) {
            best = way;
            least = word & PG_CELL_MASK;
            *hot = word;
        }
        if (word >> PG_CELL_BITS == 0) {
            break;
        }
    }
    return best;
}

/* A Weyl sequence and the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA
 * 2014). Two writers may draw the same number now and then: no harm. */
static apr_uint64_t draw(pg_lane_t *lane)
{
    apr_uint64_t z = pg_word_get(&lane->random) + 0x9e3779b97f4a7c15u;

    pg_word_set(&lane->random, z);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Get the set's claim, a dead owner's too. *mine is what is in it then. */
static bool claim(pg_word_t *word, apr_uint64_t nonce, apr_time_t now,
                  apr_uint64_t *mine)
{
    apr_uint64_t second = (apr_uint64_t)(now / 1000000) & 0xffffffffu;
    apr_uint64_t seen = pg_word_get(word);

    if (seen != 0) {
        apr_int64_t age = (apr_int64_t)second - (apr_int64_t)(seen >> 32);
        if (age < CLAIM_SECONDS && age > -CLAIM_SECONDS) {
            return false;
        }
    }
    *mine = second << 32 | (nonce & 0xffffffffu) | 1;
    return pg_word_swap(word, &seen, *mine);
}

static void write_entry(pg_word_t *entry, const pg_top_key_t *key,
                        apr_uint64_t error)
{
    pg_word_set(&entry[COLD_HASH], ~key->hash);
    pg_word_set(&entry[COLD_ERROR], error);
    pg_word_set(&entry[COLD_LENGTH], key->n
                | (key->cut ? PG_LEN_CUT : 0)
                | (key->absent ? PG_LEN_ABSENT : 0));
    pg_words_write(&entry[COLD_TEXT], key->octets, key->n);
    atomic_store_explicit(&entry[COLD_HASH], key->hash,
                          memory_order_release);
}

/* What an entry begins with. */
typedef struct pg_begin_t {
    apr_uint64_t count;
    apr_uint64_t error;
} pg_begin_t;

/* Under the set's claim: put the key where hot was read. */
static void replace(const pg_table_t *t, unsigned way, apr_uint64_t hot,
                    const pg_top_key_t *key, pg_begin_t begin)
{
    apr_uint64_t count = hot & PG_CELL_MASK;

    /* Mark 0: nobody's. From here to the end the entry's old key is not
     * counted, and readers pass over it. */
    if (!pg_word_swap(&t->hot[way], &hot, count)) {
        return;
    }
    write_entry(entry_of(t, way), key, begin.error);
    /* Swapped rather than stored: an addition for the old key may be on its
     * way, and will be taken back. */
    for (hot = pg_word_get(&t->hot[way]); hot >> PG_CELL_BITS == 0;) {
        apr_uint64_t late = hot - count;
        if (pg_word_swap(&t->hot[way], &hot,
                         (mark_of(key->hash) << PG_CELL_BITS)
                         + begin.count + late)) {
            return;
        }
    }
}

/* Is a key admitted against an entry that was seen c times? */
static bool admitted(apr_uint64_t random, apr_uint64_t c)
{
    return random <= ~(apr_uint64_t)0 / (c + 1);
}

static void count_new(const pg_table_t *t, pg_lane_t *lane, apr_uint32_t set,
                      const pg_top_key_t *key, apr_time_t now)
{
    apr_uint64_t random = draw(lane);
    apr_uint64_t hot = FREE, mine;
    unsigned way;
    apr_uint64_t c;

    pick(t, set, &hot);
    c = hot & PG_CELL_MASK;
    if ((c > 0 && !admitted(random, c))
        || !claim(&t->claim[set], random, now, &mine)) {
        return;
    }
    /* Another one may have brought the same key before we had the claim. */
    if (!count_known(t, set, key->hash, 1)) {
        way = pick(t, set, &hot);
        c = hot & PG_CELL_MASK;
        replace(t, way, hot, key,
                (pg_begin_t){ .count = c + 1, .error = c });
    }
    pg_word_swap(&t->claim[set], &mine, 0);
}

void pg_top_add(const pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
                const pg_top_key_t *key, apr_time_t now)
{
    pg_table_t t = table_of(ledger, lane, list);
    apr_uint32_t set = set_of(&t, key->hash);

    if (!count_known(&t, set, key->hash, 1)) {
        count_new(&t, lane, set, key, now);
    }
}

/* --- reading ------------------------------------------------------------- */

/* An entry as it was read. */
typedef struct pg_seen_t {
    apr_uint64_t hash;
    apr_uint64_t count;
    apr_uint64_t error;
    apr_uint64_t length;
    char octets[TEXT_OCTETS_MOST];
} pg_seen_t;

/* false: free, being replaced, torn, or scribbled over. */
static bool read_entry(pg_seen_t *out, const pg_ledger_t *ledger,
                       pg_top_e list, const pg_table_t *t, unsigned way)
{
    const pg_word_t *entry = entry_of(t, way);
    apr_uint64_t hot = pg_word_get(&t->hot[way]);
    apr_size_t n;

    out->hash = atomic_load_explicit(&entry[COLD_HASH],
                                     memory_order_acquire);
    out->count = hot & PG_CELL_MASK;
    out->error = pg_word_get(&entry[COLD_ERROR]);
    out->length = pg_word_get(&entry[COLD_LENGTH]);
    n = out->length & PG_LEN_MASK;
    if (out->count == 0 || hot >> PG_CELL_BITS != mark_of(out->hash)
        || n > text_words[list] * sizeof(apr_uint64_t)) {
        return false;
    }
    pg_words_read(out->octets, &entry[COLD_TEXT], text_words[list]);
    if (out->error > out->count) {
        out->error = out->count;
    }
    return hash_of(ledger, list, out->octets, n,
                   (out->length & PG_LEN_CUT) != 0) == out->hash;
}

/* What may have been seen of a key that has no entry: the smallest count of
 * its set, 0 when that has room. */
static apr_uint64_t least_of(const pg_table_t *t, apr_uint32_t set)
{
    apr_uint64_t least = ~(apr_uint64_t)0;

    for (unsigned way = set * WAYS; way < (set + 1) * WAYS; way++) {
        apr_uint64_t n = pg_word_get(&t->hot[way]) & PG_CELL_MASK;
        least = n < least ? n : least;
    }
    return least;
}

/* The lanes' entries of one list, those of the same key added up: a hash
 * table with open addressing over an array. */
typedef struct pg_sum_t {
    apr_uint64_t hash;
    apr_uint64_t count;
    apr_uint64_t error;
    apr_uint32_t lane;           /* one that has the text                 */
    apr_uint32_t way;
} pg_sum_t;

typedef struct pg_gather_t {
    pg_sum_t *sum;
    apr_size_t n;
    apr_uint32_t *index;         /* into sum, + 1; 0 = free               */
    apr_uint32_t mask;           /* twice the room at least               */
} pg_gather_t;

static pg_sum_t *sum_of(pg_gather_t *g, apr_uint64_t hash)
{
    apr_uint32_t at = (apr_uint32_t)hash & g->mask;

    for (; g->index[at] != 0; at = (at + 1) & g->mask) {
        if (g->sum[g->index[at] - 1].hash == hash) {
            return &g->sum[g->index[at] - 1];
        }
    }
    g->index[at] = (apr_uint32_t)g->n + 1;
    g->sum[g->n] = (pg_sum_t){ .hash = hash };
    return &g->sum[g->n++];
}

static void gather_all(pg_gather_t *g, const pg_ledger_t *ledger,
                       pg_top_e list, apr_pool_t *pool)
{
    apr_uint32_t ways = ledger->sizes.sets[list] * WAYS;
    apr_uint32_t room = ways * ledger->sizes.lanes;
    pg_seen_t one;

    g->n = 0;
    g->sum = apr_palloc(pool, sizeof(*g->sum) * room);
    for (g->mask = 1; g->mask < 2 * room; g->mask = g->mask * 2 + 1) {
    }
    g->index = apr_pcalloc(pool, sizeof(*g->index) * (g->mask + 1));
    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_lane(ledger, i), list);
        for (unsigned way = 0; way < ways; way++) {
            if (pg_word_get(&t.hot[way]) != FREE
                && read_entry(&one, ledger, list, &t, way)) {
                pg_sum_t *sum = sum_of(g, one.hash);
                sum->count += one.count;
                sum->error += one.error;
                sum->lane = i;
                sum->way = way;
            }
        }
    }
}

static int by_count(const void *a, const void *b)
{
    const pg_sum_t *x = a, *y = b;

    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* A target's key is its port and its host. */
static const char *target_text(const char *octets, apr_size_t n,
                               apr_pool_t *pool)
{
    const unsigned char *port = (const unsigned char *)octets;
    const char *host = apr_pstrmemdup(pool, octets + 2, n - 2);
    bool six = memchr(host, ':', n - 2) != NULL && host[0] != '[';

    /* NULs in the host end the text: apr_psprintf() would, too. */
    return port[0] + port[1] == 0 || memchr(host, 0, n - 2)
               ? NULL
               : apr_psprintf(pool, six ? "[%s]:%u" : "%s:%u", host,
                              port[0] * 256u + port[1]);
}

/* Addresses, ports and targets become text; the rest is as it came. */
static pg_text_t text_of(pg_top_e list, const pg_seen_t *seen,
                         apr_pool_t *pool)
{
    apr_size_t n = seen->length & PG_LEN_MASK;
    apr_size_t from = 0;
    const unsigned char *octets = (const unsigned char *)seen->octets;
    const char *text = NULL;

    if (list == PG_TOP_SOURCES && n == 16) {
        pg_address_t address;

        memcpy(address.octets, octets, sizeof(address.octets));
        text = pg_address_text(&address, pool);
    }
    if (list == PG_TOP_PORTS && n == 2) {
        text = apr_psprintf(pool, "%u", octets[0] * 256u + octets[1]);
    }
    if (list == PG_TOP_TARGETS && n >= 2) {
        text = target_text(seen->octets, n, pool);
        from = 2;
    }
    if (text) {
        return (pg_text_t){ .octets = pg_span_str(text),
                            .cut = (seen->length & PG_LEN_CUT) != 0 };
    }
    return pg_words_text(seen->octets + from, n - from, seen->length, pool);
}

/* What each lane may have missed of a key that it has no entry for. */
static apr_uint64_t missed(const pg_ledger_t *ledger, pg_top_e list,
                           apr_uint64_t hash)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_lane(ledger, i), list);
        apr_uint32_t set = set_of(&t, hash);
        if (!count_known(&t, set, hash, 0)) {
            sum += least_of(&t, set);
        }
    }
    return sum;
}

static apr_uint64_t floor_of(const pg_ledger_t *ledger, pg_top_e list)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_lane(ledger, i), list);
        apr_uint64_t most = 0;
        for (apr_uint32_t set = 0; set < t.sets; set++) {
            apr_uint64_t least = least_of(&t, set);
            most = least > most ? least : most;
        }
        sum += most;
    }
    return sum;
}

/* false: it was replaced since it was added up. */
static bool show(pg_top_entry_t *out, const pg_ledger_t *ledger,
                 pg_top_e list, const pg_sum_t *sum, apr_pool_t *pool)
{
    pg_table_t t = table_of(ledger, pg_lane(ledger, sum->lane), list);
    pg_seen_t one;

    if (!read_entry(&one, ledger, list, &t, sum->way)
        || one.hash != sum->hash) {
        return false;
    }
    out->key = text_of(list, &one, pool);
    out->count = sum->count;
    out->error = sum->error + missed(ledger, list, sum->hash);
    return true;
}

static void copy_list(pg_top_t *out, const pg_ledger_t *ledger,
                      pg_top_e list, apr_pool_t *pool, apr_pool_t *scratch)
{
    pg_gather_t g;
    pg_top_entry_t *entries = apr_pcalloc(pool,
                                          sizeof(*entries) * PG_TOP_SHOWN);
    apr_size_t i;

    gather_all(&g, ledger, list, scratch);
    qsort(g.sum, g.n, sizeof(*g.sum), by_count);
    for (i = 0; i < g.n && out->n < PG_TOP_SHOWN; i++) {
        if (show(&entries[out->n], ledger, list, &g.sum[i], pool)) {
            out->n++;
        }
    }
    out->entry = entries;
    out->floor = floor_of(ledger, list);
    if (i < g.n && g.sum[i].count > out->floor) {
        out->floor = g.sum[i].count;
    }
}

void pg_top_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                 apr_pool_t *pool)
{
    apr_pool_t *scratch;

    /* The lanes' entries are many more than the shown ones. */
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return;
    }
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        copy_list(&out->top[t], ledger, (pg_top_e)t, pool, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

/* --- tending and merging ------------------------------------------------- */

static void tend_way(const pg_ledger_t *ledger, pg_top_e list,
                     const pg_table_t *t, unsigned way)
{
    apr_uint64_t hot = pg_word_get(&t->hot[way]);
    pg_seen_t one;

    if (hot != FREE && !read_entry(&one, ledger, list, t, way)) {
        pg_word_swap(&t->hot[way], &hot, FREE);
    }
}

void pg_top_tend(const pg_ledger_t *ledger, apr_time_t now)
{
    apr_uint64_t mine;

    for (unsigned i = 0; i < ledger->sizes.lanes * PG_TOP_COUNT; i++) {
        pg_lane_t *lane = pg_lane(ledger, i / PG_TOP_COUNT);
        pg_top_e list = (pg_top_e)(i % PG_TOP_COUNT);
        pg_table_t t = table_of(ledger, lane, list);

        for (apr_uint32_t set = 0; set < t.sets; set++) {
            if (!claim(&t.claim[set], draw(lane), now, &mine)) {
                continue;
            }
            for (unsigned way = 0; way < WAYS; way++) {
                tend_way(ledger, list, &t, set * WAYS + way);
            }
            pg_word_swap(&t.claim[set], &mine, 0);
        }
    }
}

/* Nobody else writes to the ledger that is merged into. */
static void merge_one(const pg_ledger_t *into, pg_lane_t *lane, pg_top_e list,
                      const pg_seen_t *seen)
{
    bool absent = (seen->length & PG_LEN_ABSENT) != 0;
    pg_span_t octets = pg_span_make(absent ? NULL : seen->octets,
                                    seen->length & PG_LEN_MASK);
    pg_top_key_t key = pg_top_key(into, list, octets);
    pg_table_t t = table_of(into, lane, list);
    apr_uint32_t set = set_of(&t, key.hash);
    apr_uint64_t hot = FREE;
    unsigned way;

    key.cut = (seen->length & PG_LEN_CUT) != 0;
    key.hash = hash_of(into, list, key.octets ? key.octets : "", key.n,
                       key.cut);
    if (count_known(&t, set, key.hash, seen->count)) {
        return;
    }
    way = pick(&t, set, &hot);
    if ((hot & PG_CELL_MASK) < seen->count) {
        replace(&t, way, hot, &key,
                (pg_begin_t){ .count = seen->count, .error = seen->error });
    }
}

void pg_top_merge(const pg_ledger_t *into, const pg_ledger_t *from)
{
    pg_seen_t one;

    for (unsigned i = 0; i < from->sizes.lanes * PG_TOP_COUNT; i++) {
        unsigned lane = i / PG_TOP_COUNT;
        pg_top_e list = (pg_top_e)(i % PG_TOP_COUNT);
        pg_table_t t = table_of(from, pg_lane(from, lane), list);

        for (unsigned way = 0; way < t.sets * WAYS; way++) {
            if (read_entry(&one, from, list, &t, way)) {
                merge_one(into, pg_lane(into, lane % into->sizes.lanes),
                          list, &one);
            }
        }
    }
}
