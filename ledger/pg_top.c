/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_top.h"

#include <stdlib.h>

#include <apr_strings.h>

#define WAYS 8
#define FREE 0                   /* a hot word: no entry yet              */

/* An entry's cold words. */
enum { COLD_HASH, COLD_ERROR, COLD_LENGTH, COLD_TEXT };

#define TEXT_OCTETS_MOST (17 * 8)
static_assert(TEXT_OCTETS_MOST <= PG_NH_MOST, "keys can be hashed");

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
                     .words = COLD_TEXT + pg_layout_text_words[list] };

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

/* The part of a key's hash in its hot word. Never 0: that marks an entry that
 * is being replaced. */
static apr_uint64_t mark_of(apr_uint64_t hash)
{
    apr_uint64_t mark = pg_cell_tag(hash);

    return mark + (mark == 0);
}

/* A key that was cut differs from one that ends there. */
static apr_uint64_t hash_of(const pg_ledger_t *ledger, pg_top_e list,
                            const char *octets, apr_size_t n, bool cut)
{
    return pg_hash_nh(&ledger->top_key[list], octets, n)
           ^ (cut ? 0x9e3779b97f4a7c15u : 0);
}

static pg_top_key_t key_of(const pg_ledger_t *ledger, pg_top_e list,
                           pg_span_t octets, bool cut)
{
    return (pg_top_key_t){
        .octets = octets.ptr, .n = octets.len, .cut = cut,
        .absent = octets.ptr == NULL,
        .hash = hash_of(ledger, list, octets.ptr ? octets.ptr : "",
                        octets.len, cut)
    };
}

pg_top_key_t pg_top_key(const pg_ledger_t *ledger, pg_top_e list,
                        pg_span_t octets)
{
    apr_size_t room = pg_layout_text_words[list] * sizeof(apr_uint64_t);

    return key_of(ledger, list, pg_span_upto(octets, room),
                  octets.len > room);
}

/* Copy a text, in lower case if `small`, eight octets at a time: each octet of
 * a word is treated alike, so the byte order does not matter. */
static void put_text(char *to, pg_span_t from, bool small)
{
    apr_uint64_t word;
    apr_size_t i = 0;

    for (; from.len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, from.ptr + i, sizeof(word));
        word = small ? pg_octet_lower8(word) : word;
        memcpy(to + i, &word, sizeof(word));
    }
    for (; i < from.len; i++) {
        to[i] = small ? pg_octet_lower(from.ptr[i]) : from.ptr[i];
    }
}

pg_span_t pg_top_target(char room[2 + PG_TOP_TARGET_MOST + 1],
                        const pg_verdict_t *verdict)
{
    bool host = verdict->host.len > 0;
    pg_span_t from = pg_span_upto(host ? verdict->host : verdict->target,
                                  PG_TOP_TARGET_MOST + 1);

    room[0] = (char)(verdict->port >> 8);
    room[1] = (char)(verdict->port & 0xff);
    put_text(room + 2, from, host);
    return pg_span_make(room, 2 + from.len);
}

/* --- counting ------------------------------------------------------------ */

/* The entry of a key, or the end of its set. */
static inline unsigned way_of(const pg_table_t *t, apr_uint32_t set,
                              apr_uint64_t hash)
{
    apr_uint64_t mark = mark_of(hash);
    unsigned way = set * WAYS;

    for (; way < (set + 1) * WAYS; way++) {
        if (pg_cell_tag(pg_word_get(&t->hot[way])) == mark
            && pg_word_get(&entry_of(t, way)[COLD_HASH]) == hash) {
            break;
        }
    }
    return way;
}

/* Count in the entry of a key. @return false: it has none */
static inline bool count_known(const pg_table_t *t, apr_uint32_t set,
                               apr_uint64_t hash, apr_uint64_t n)
{
    unsigned way = way_of(t, set, hash);

    return way < (set + 1) * WAYS
           && pg_cell_add(&t->hot[way], mark_of(hash), n);
}

/* The entry to take over: one that is free or whose replacement was never
 * finished, otherwise the rarest. Count and way form one number, so that the
 * search needs no branches. */
static unsigned pick(const pg_table_t *t, apr_uint32_t set, apr_uint64_t *hot)
{
    const pg_word_t *first = &t->hot[set * WAYS];
    apr_uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < WAYS; i++) {
        apr_uint64_t word = pg_word_get(&first[i]);
        apr_uint64_t rank = (word << PG_CELL_TAG_BITS) | i;

        rank = pg_cell_tag(word) == 0 ? i : rank;
        least = rank < least ? rank : least;
    }
    *hot = pg_word_get(&first[least % WAYS]);
    return set * WAYS + (unsigned)(least % WAYS);
}

/* A Weyl sequence, mixed. It does no harm that two writers may occasionally
 * draw the same number. */
static apr_uint64_t draw(pg_lane_t *lane)
{
    apr_uint64_t z = pg_word_get(&lane->random) + 0x9e3779b97f4a7c15u;

    pg_word_set(&lane->random, z);
    return pg_hash_fold(z ^ 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu);
}

static void write_entry(pg_word_t *entry, const pg_top_key_t *key,
                        apr_uint64_t error)
{
    pg_word_set(&entry[COLD_HASH], ~key->hash);
    pg_word_set(&entry[COLD_ERROR], error);
    pg_word_set(&entry[COLD_LENGTH], key->n
                | (key->cut ? PG_LEN_CUT : 0)
                | (key->absent ? PG_LEN_ABSENT : 0));
    pg_word_write(&entry[COLD_TEXT], key->octets, key->n);
    atomic_store_explicit(&entry[COLD_HASH], key->hash,
                          memory_order_release);
}

/* What an entry begins with. */
typedef struct pg_begin_t {
    apr_uint64_t count;
    apr_uint64_t error;
} pg_begin_t;

/* Put the key into the entry whose hot word was read as `hot`. The caller
 * holds the set's claim. */
static void replace(const pg_table_t *t, unsigned way, apr_uint64_t hot,
                    const pg_top_key_t *key, pg_begin_t begin)
{
    apr_uint64_t count = pg_cell_count(hot);

    /* Mark 0: from here to the end, the old key is not counted and readers
     * skip the entry. */
    if (!pg_word_swap(&t->hot[way], &hot, count)) {
        return;
    }
    write_entry(entry_of(t, way), key, begin.error);
    /* Swapped rather than stored: an addition for the old key may be under
     * way, and its writer will take it back. */
    for (hot = pg_word_get(&t->hot[way]); pg_cell_tag(hot) == 0;) {
        apr_uint64_t late = hot - count;
        if (pg_word_swap(&t->hot[way], &hot,
                         pg_cell_make(mark_of(key->hash),
                                      begin.count + late))) {
            return;
        }
    }
}

/* May a new key replace one that was seen c times? With probability
 * 1 / (c + 1). */
static bool admitted(apr_uint64_t random, apr_uint64_t c)
{
    return pg_hash_multiply(random, c + 1).high == 0;
}

static void count_new(const pg_table_t *t, pg_lane_t *lane, apr_uint32_t set,
                      const pg_top_key_t *key, apr_time_t now)
{
    apr_uint64_t random = draw(lane);
    apr_uint64_t hot = FREE, mine;
    unsigned way;
    apr_uint64_t c;

    pick(t, set, &hot);
    c = pg_cell_count(hot);
    if (!admitted(random, c)
        || !pg_cell_claim(&t->claim[set], random, now, &mine)) {
        return;
    }
    /* Another writer may have added the same key before we got the claim. */
    if (!count_known(t, set, key->hash, 1)) {
        way = pick(t, set, &hot);
        c = pg_cell_count(hot);
        replace(t, way, hot, key,
                (pg_begin_t){ .count = c + 1, .error = c });
    }
    pg_cell_release(&t->claim[set], mine);
}

void pg_top_add(pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
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
    out->count = pg_cell_count(hot);
    out->error = pg_word_get(&entry[COLD_ERROR]);
    out->length = pg_word_get(&entry[COLD_LENGTH]);
    n = out->length & PG_LEN_MASK;
    if (out->count == 0 || pg_cell_tag(hot) != mark_of(out->hash)
        || n > pg_layout_text_words[list] * sizeof(apr_uint64_t)
        || (n && out->length & PG_LEN_ABSENT)) {
        return false;
    }
    pg_word_read(out->octets, &entry[COLD_TEXT], pg_layout_text_words[list]);
    if (out->error > PG_CELL_MASK) {
        out->error = out->count;
    }
    return hash_of(ledger, list, out->octets, n,
                   (out->length & PG_LEN_CUT) != 0) == out->hash;
}

/* How often a key without an entry may have been seen: the smallest count of
 * its set, or 0 while that has room. */
static apr_uint64_t least_of(const pg_table_t *t, apr_uint32_t set)
{
    apr_uint64_t least = UINT64_MAX;

    for (unsigned way = set * WAYS; way < (set + 1) * WAYS; way++) {
        apr_uint64_t n = pg_cell_count(pg_word_get(&t->hot[way]));
        least = n < least ? n : least;
    }
    return least;
}

/* The entries of one list in all lanes, added up by key: a hash table with
 * open addressing over an array. */
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
        pg_table_t t = table_of(ledger, pg_layout_lane(ledger, i), list);
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
    bool six = strchr(host, ':') != NULL && host[0] != '[';

    /* A host with a NUL is shown without its port: apr_psprintf() would stop
     * there. */
    return port[0] + port[1] == 0 || strlen(host) < n - 2
               ? NULL
               : apr_psprintf(pool, six ? "[%s]:%u" : "%s:%u", host,
                              port[0] * 256u + port[1]);
}

/* Addresses, ports and targets become text; all else stays as received. */
pg_text_t pg_top_text(pg_top_e list, const char *octets, apr_uint64_t length,
                      apr_pool_t *pool)
{
    const unsigned char *key = (const unsigned char *)octets;
    apr_size_t n = length & PG_LEN_MASK;
    apr_size_t from = 0;
    const char *text = NULL;

    if (list == PG_TOP_SOURCES && n == 16) {
        pg_address_t address;

        memcpy(address.octets, key, sizeof(address.octets));
        text = pg_address_text(&address, pool);
    }
    if (list == PG_TOP_PORTS && n == 2) {
        text = apr_psprintf(pool, "%u", key[0] * 256u + key[1]);
    }
    if (list == PG_TOP_TARGETS && n >= 2) {
        text = target_text(octets, n, pool);
        from = 2;
    }
    if (text) {
        return (pg_text_t){ .octets = pg_span_str(text),
                            .cut = (length & PG_LEN_CUT) != 0 };
    }
    return pg_word_text(octets + from, n - from, length, pool);
}

/* How often the lanes without an entry for a key may have seen it. */
static apr_uint64_t missed(const pg_ledger_t *ledger, pg_top_e list,
                           apr_uint64_t hash)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_layout_lane(ledger, i), list);
        apr_uint32_t set = set_of(&t, hash);
        if (way_of(&t, set, hash) == (set + 1) * WAYS) {
            sum += least_of(&t, set);
        }
    }
    return sum;
}

static apr_uint64_t floor_of(const pg_ledger_t *ledger, pg_top_e list)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_layout_lane(ledger, i), list);
        apr_uint64_t most = 0;
        for (apr_uint32_t set = 0; set < t.sets; set++) {
            apr_uint64_t least = least_of(&t, set);
            most = least > most ? least : most;
        }
        sum += most;
    }
    return sum;
}

/* false: it has been replaced since it was added up. */
static bool show(pg_top_entry_t *out, const pg_ledger_t *ledger,
                 pg_top_e list, const pg_sum_t *sum, apr_pool_t *pool)
{
    pg_table_t t = table_of(ledger, pg_layout_lane(ledger, sum->lane), list);
    pg_seen_t one;

    if (!read_entry(&one, ledger, list, &t, sum->way)
        || one.hash != sum->hash) {
        return false;
    }
    out->key = pg_top_text(list, one.octets, one.length, pool);
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
    out->floor = floor_of(ledger, list)
                 + pg_word_get(&ledger->common->missed[list]);
    if (i < g.n && g.sum[i].count > out->floor) {
        out->floor = g.sum[i].count;
    }
}

void pg_top_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                 apr_pool_t *pool)
{
    apr_pool_t *scratch;

    /* The lanes have many more entries than are shown. */
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return;
    }
    for (unsigned t = 0; t < PG_TOP_COUNT; t++) {
        copy_list(&out->top[t], ledger, (pg_top_e)t, pool, scratch);
    }
    apr_pool_destroy(scratch);
}

/* --- upkeep -------------------------------------------------------------- */

static void tend_way(const pg_ledger_t *ledger, pg_top_e list,
                     const pg_table_t *t, unsigned way)
{
    apr_uint64_t hot = pg_word_get(&t->hot[way]);
    pg_seen_t one;

    if (hot != FREE && !read_entry(&one, ledger, list, t, way)) {
        pg_word_swap(&t->hot[way], &hot, FREE);
    }
}

void pg_top_tend(pg_ledger_t *ledger, pg_lane_t *lane, apr_time_t now)
{
    apr_uint64_t mine;

    for (unsigned list = 0; list < PG_TOP_COUNT; list++) {
        pg_table_t t = table_of(ledger, lane, (pg_top_e)list);

        for (apr_uint32_t set = 0; set < t.sets; set++) {
            if (!pg_cell_claim(&t.claim[set], draw(lane), now, &mine)) {
                continue;
            }
            for (unsigned way = 0; way < WAYS; way++) {
                tend_way(ledger, (pg_top_e)list, &t, set * WAYS + way);
            }
            pg_cell_release(&t.claim[set], mine);
        }
    }
}

/* --- merging ------------------------------------------------------------- */

/* The key of an entry, as another ledger hashes it. */
static pg_top_key_t key_seen(const pg_ledger_t *ledger, pg_top_e list,
                             const pg_seen_t *seen)
{
    bool absent = (seen->length & PG_LEN_ABSENT) != 0;

    return key_of(ledger, list,
                  pg_span_make(absent ? NULL : seen->octets,
                               seen->length & PG_LEN_MASK),
                  (seen->length & PG_LEN_CUT) != 0);
}

/* Is the key in any lane of a ledger? */
static bool is_listed(const pg_ledger_t *ledger, pg_top_e list,
                      apr_uint64_t hash)
{
    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        pg_table_t t = table_of(ledger, pg_layout_lane(ledger, i), list);
        apr_uint32_t set = set_of(&t, hash);
        if (way_of(&t, set, hash) < (set + 1) * WAYS) {
            return true;
        }
    }
    return false;
}

/* An entry of `into` may have been seen in `from` without being listed there:
 * add that many to its error. */
static void widen(pg_ledger_t *into, const pg_ledger_t *from, pg_top_e list,
                  const pg_table_t *t, unsigned way)
{
    pg_seen_t one;
    pg_top_key_t key;

    if (pg_word_get(&t->hot[way]) == FREE
        || !read_entry(&one, into, list, t, way)) {
        return;
    }
    key = key_seen(from, list, &one);
    if (!is_listed(from, list, key.hash)) {
        pg_word_add(&entry_of(t, way)[COLD_ERROR],
                    missed(from, list, key.hash));
    }
}

/* The converse: how often a key that `into` does not list may have been seen
 * there. */
static apr_uint64_t missed_by(const pg_ledger_t *into, pg_top_e list,
                              apr_uint64_t hash)
{
    apr_uint64_t most = pg_word_get(&into->common->missed[list]);

    return most && is_listed(into, list, hash) ? 0 : most;
}

/* Count a key as often as it was seen elsewhere. One that has no entry, in a
 * set whose counts are all as high, stays without. */
static void add_seen(pg_ledger_t *into, pg_lane_t *lane, pg_top_e list,
                     const pg_top_key_t *key, pg_begin_t seen, apr_time_t now)
{
    pg_table_t t = table_of(into, lane, list);
    apr_uint32_t set = set_of(&t, key->hash);
    apr_uint64_t hot = FREE, mine = FREE;
    unsigned way;

    /* A live ledger has other writers, which soon release their claims. */
    for (int tries = 0; tries < 1000; tries++) {
        if (pg_cell_claim(&t.claim[set], draw(lane), now, &mine)) {
            break;
        }
    }
    way = way_of(&t, set, key->hash);
    if (way < (set + 1) * WAYS) {
        pg_cell_add(&t.hot[way], mark_of(key->hash), seen.count);
        pg_word_add(&entry_of(&t, way)[COLD_ERROR], seen.error);
    }
    else {
        way = pick(&t, set, &hot);
        if (pg_cell_count(hot) < seen.count) {
            seen.error += missed_by(into, list, key->hash);
            replace(&t, way, hot, key, seen);
        }
    }
    pg_cell_release(&t.claim[set], mine);
}

void pg_top_add_counted(pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
                        const pg_top_counted_t *counted, apr_time_t now)
{
    pg_top_key_t key = key_of(ledger, list, counted->octets, counted->cut);

    add_seen(ledger, lane, list, &key,
             (pg_begin_t){ .count = counted->count, .error = counted->error },
             now);
}

static void merge_list(pg_ledger_t *into, const pg_ledger_t *from,
                       pg_top_e list, apr_time_t now)
{
    apr_uint64_t unseen = floor_of(from, list)
                          + pg_word_get(&from->common->missed[list]);
    pg_seen_t one;

    for (unsigned i = 0; unseen > 0 && i < into->sizes.lanes; i++) {
        pg_table_t t = table_of(into, pg_layout_lane(into, i), list);
        for (unsigned way = 0; way < t.sets * WAYS; way++) {
            widen(into, from, list, &t, way);
        }
    }
    for (unsigned i = 0; i < from->sizes.lanes; i++) {
        pg_table_t t = table_of(from, pg_layout_lane(from, i), list);
        for (unsigned way = 0; way < t.sets * WAYS; way++) {
            if (pg_word_get(&t.hot[way]) != FREE
                && read_entry(&one, from, list, &t, way)) {
                pg_top_key_t key = key_seen(into, list, &one);
                add_seen(into, pg_layout_lane(into, i % into->sizes.lanes),
                         list, &key,
                         (pg_begin_t){ .count = one.count,
                                       .error = one.error }, now);
            }
        }
    }
    pg_word_add(&into->common->missed[list], unseen);
}

void pg_top_merge(pg_ledger_t *into, const pg_ledger_t *from, apr_time_t now)
{
    for (unsigned list = 0; list < PG_TOP_COUNT; list++) {
        merge_list(into, from, (pg_top_e)list, now);
    }
}
