/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_recent.h"

#include <stdlib.h>

#define PACE ((apr_time_t)10000)     /* us                                */
#define SHARE (PG_RECENT_RESERVE / 4)

/*  The texts of an entry: X(member of pg_recent_t, where an event has it,
 *  octets kept). They are stored one after the other. */
#define TEXTS(X)                                                             \
    X(method,           verdict.method,   24)                                \
    X(target,           verdict.target,   256)                               \
    X(host,             verdict.host,     96)                                \
    X(vhost,            vhost,            72)                                \
    X(user_agent,       user_agent,       192)                               \
    X(x_forwarded_for,  x_forwarded_for,  96)                                \
    X(via,              via,              64)                                \
    X(forwarded,        forwarded,        96)                                \
    X(proxy_connection, proxy_connection, 24)

#define TEXT_ENUM(member, from, most) TEXT_##member,
enum { TEXTS(TEXT_ENUM) TEXT_COUNT };

#define TEXT_EVENT(member, from, most) offsetof(pg_event_t, from),
#define TEXT_RECENT(member, from, most) offsetof(pg_recent_t, member),
#define TEXT_MOST(member, from, most) (most),
static const apr_size_t event_at[] = { TEXTS(TEXT_EVENT) };
static const apr_size_t recent_at[] = { TEXTS(TEXT_RECENT) };
static const apr_uint16_t text_most[] = { TEXTS(TEXT_MOST) };

#define CUT 0x8000u
#define ABSENT 0x4000u
#define LENGTH 0x3fffu

enum {
    FLAG_SOURCE = 1,
    FLAG_PEER = 2,
    FLAG_AUTHORIZATION = 4
};

/* An entry begins with its writer's claim, the attempt's time, and a hash. */
enum { CLAIM, STAMP, HASH, RECORD };

#define WORDS_TO(member)                                                     \
    ((offsetof(pg_record_t, member) + sizeof(apr_uint32_t) + 7) / 8)

#define TEXT_SUM(member, from, most) + (most)
static_assert(0 TEXTS(TEXT_SUM) <= sizeof(((pg_record_t *)0)->text),
              "all texts have room");
static_assert(offsetof(pg_record_t, source) % 8 == 0
              && offsetof(pg_record_t, aim) % 8 == 0, "words of their own");
static_assert((int)TEXT_COUNT == PG_RECENT_TEXTS, "one length each");
static_assert(sizeof(pg_record_t) == 1000
              && sizeof(pg_record_t)
                 == (PG_RECENT_WORDS - RECORD) * sizeof(apr_uint64_t),
              "an entry is full");

/* The ring's entry for the attempt of this number. */
static pg_word_t *ring_at(const pg_ledger_t *ledger, apr_uint64_t number)
{
    /* at least 16: pg_layout checks every size before a block is used */
    return ledger->recent /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
           + number % ledger->sizes.recent * PG_RECENT_WORDS;
}

/* A class's first entry in reserve. */
static pg_word_t *reserve_of(const pg_ledger_t *ledger, unsigned class_id)
{
    return ledger->recent
           + (ledger->sizes.recent + class_id * PG_RECENT_RESERVE)
             * PG_RECENT_WORDS;
}

static apr_uint32_t entries_of(const pg_ledger_t *ledger)
{
    return ledger->sizes.recent + PG_CLASS_ROOM * PG_RECENT_RESERVE;
}

/* Octets of a record up to the end of its texts: the rest is neither written
 * nor hashed. A damaged one may have more than sizeof(pg_record_t). */
static apr_size_t octets_of(const pg_record_t *record)
{
    apr_size_t n = offsetof(pg_record_t, text);

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        n += record->length[i] & LENGTH;
    }
    return n;
}

/* A long record is hashed in parts, each combined with those before. */
static apr_uint64_t hash_of(const pg_ledger_t *ledger,
                            const pg_record_t *record, apr_size_t n)
{
    const pg_nh_key_t *key = &ledger->recent_key;
    const char *at = (const char *)record;
    apr_uint64_t hash = 0;

    for (; n > PG_NH_MOST; n -= PG_NH_MOST, at += PG_NH_MOST) {
        hash = pg_hash_fold(hash ^ pg_hash_nh(key, at, PG_NH_MOST),
                            key->finish[2]);
    }
    return pg_hash_fold(hash ^ pg_hash_nh(key, at, n), key->finish[2]);
}

/* --- writing ------------------------------------------------------------- */

static void pack_texts(pg_record_t *out, const pg_event_t *event)
{
    char *to = out->text;

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        const void *member = (const char *)event + event_at[i];
        pg_span_t text = *(const pg_span_t *)member;
        bool cut = text.len > text_most[i];
        apr_size_t n = cut ? text_most[i] : text.len;

        if (text.ptr == NULL) {
            out->length[i] = ABSENT;
            continue;
        }
        memcpy(to, text.ptr, n);
        to += n;
        out->length[i] = (apr_uint16_t)(n | (cut ? CUT : 0));
    }
}

static void pack(pg_record_t *out, const pg_event_t *event)
{
    memset(out, 0, offsetof(pg_record_t, text));
    out->time = event->time;
    if (event->source_known) {
        out->source = event->source;
        out->flags |= FLAG_SOURCE;
    }
    if (event->source_is_peer) {
        out->flags |= FLAG_PEER;
    }
    if (event->proxy_authorization) {
        out->flags |= FLAG_AUTHORIZATION;
    }
    out->status = event->status;
    out->port = event->verdict.port;
    out->class_id = (unsigned char)event->verdict.class_id;
    out->family = (unsigned char)event->verdict.family;
    out->reason = (unsigned char)event->verdict.reason;
    out->outcome = (unsigned char)event->outcome;
    pack_texts(out, event);
}

static apr_uint32_t aim_of(const pg_ledger_t *ledger, const pg_event_t *event)
{
    pg_span_t host = pg_span_upto(event->verdict.host, PG_NH_MOST);

    return (apr_uint32_t)pg_hash_nh(&ledger->recent_key,
                                    host.ptr ? host.ptr : "", host.len)
           + event->verdict.port;
}

static void seal(pg_recent_made_t *made, const pg_ledger_t *ledger)
{
    made->n = octets_of(&made->record);
    made->hash = hash_of(ledger, &made->record, made->n);
    made->seat = PG_RECENT_RESERVE;
    made->is = true;
}

static void make(pg_recent_made_t *out, const pg_ledger_t *ledger,
                 const pg_event_t *event, apr_uint32_t serial)
{
    pg_record_t *record = &out->record;

    pack(record, event);
    record->serial = serial;
    record->aim = aim_of(ledger, event);
    seal(out, ledger);
}

static void put(pg_word_t *entry, const pg_recent_made_t *made, apr_time_t now)
{
    const pg_record_t *record = &made->record;
    apr_uint64_t mine;

    if (!pg_cell_claim(&entry[CLAIM], (apr_uint64_t)record->time, now,
                       &mine)) {
        return;
    }
    pg_word_set(&entry[STAMP], (apr_uint64_t)record->time);
    pg_word_write(&entry[RECORD], record, made->n);
    pg_word_set(&entry[HASH], made->hash);
    /* Fails if we were taken for dead: the entry then is another writer's. */
    pg_cell_release(&entry[CLAIM], mine);
}

/* What matters about an entry in reserve. A torn one is merely misjudged. */
typedef struct seat_t {
    apr_uint64_t stamp;          /* 0: empty                              */
    bool of_source, of_aim;      /* the same as the new record's          */
    apr_uint32_t aim;
} seat_t;

/* Read one member of the record in an entry. */
#define READ(to, entry, member)                                              \
    pg_word_read((to), &(entry)[RECORD + offsetof(pg_record_t, member) / 8], \
                 (sizeof(*(to)) + 7) / 8)

/* An IPv6 /64 counts as one source. */
static bool is_from(const pg_address_t *there, const pg_record_t *record)
{
    return pg_address_alike(there, &record->source,
                            pg_address_is_ipv4(&record->source) ? 128 : 64);
}

static void look_at(seat_t *out, const pg_word_t *entry,
                    const pg_record_t *record)
{
    pg_address_t source;
    apr_uint32_t aim[2];

    out->stamp = pg_word_get(&entry[STAMP]);
    READ(&source, entry, source);
    READ(&aim, entry, aim);
    out->of_source = out->stamp && is_from(&source, record);
    out->of_aim = out->stamp && aim[0] == record->aim;
    out->aim = aim[0];
}

static bool is_crowded(const seat_t *seat, apr_uint32_t aim)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PG_RECENT_RESERVE; i++) {
        n += seat[i].aim == aim;
    }
    return n > SHARE;
}

/* Which entries make room first, for a source that has not yet its share:
 * empty ones; then those of the new record's target if that has its share;
 * otherwise those of any target with more than a share; then any. */
static unsigned rank(const seat_t *seats, const seat_t *seat, unsigned aims)
{
    if (seat->stamp == 0) {
        return 2;
    }
    return aims >= SHARE ? seat->of_aim : is_crowded(seats, seat->aim);
}

/* The oldest of the highest rank. */
static unsigned best_of(const seat_t *seats, unsigned aims)
{
    unsigned best = 0, first = rank(seats, &seats[0], aims);

    for (unsigned i = 1; i < PG_RECENT_RESERVE; i++) {
        unsigned is = rank(seats, &seats[i], aims);
        if (is > first
            || (is == first && seats[i].stamp < seats[best].stamp)) {
            first = is;
            best = i;
        }
    }
    return best;
}

/* The entry that makes room: the oldest of the new record's source if that
 * has its share. */
static pg_word_t *place_in(pg_word_t *reserve, const pg_record_t *record)
{
    seat_t seats[PG_RECENT_RESERVE];
    unsigned sources = 0, aims = 0, oldest = PG_RECENT_RESERVE;

    for (unsigned i = 0; i < PG_RECENT_RESERVE; i++) {
        look_at(&seats[i], reserve + i * PG_RECENT_WORDS, record);
        aims += seats[i].of_aim;
        sources += seats[i].of_source;
        if (seats[i].of_source
            && (oldest == PG_RECENT_RESERVE
                || seats[i].stamp < seats[oldest].stamp)) {
            oldest = i;
        }
    }
    return reserve + PG_RECENT_WORDS
                     * (sources >= SHARE ? oldest : best_of(seats, aims));
}

/* If the place chosen in the last block has the same stamp in this one, the
 * choice is the same. */
static pg_word_t *seat_in(pg_word_t *reserve, pg_recent_made_t *made)
{
    pg_word_t *entry = reserve + made->seat * PG_RECENT_WORDS;

    if (made->seat == PG_RECENT_RESERVE
        || pg_word_get(&entry[STAMP]) != made->stamp) {
        entry = place_in(reserve, &made->record);
        made->seat = (unsigned)((entry - reserve) / PG_RECENT_WORDS);
        made->stamp = pg_word_get(&entry[STAMP]);
    }
    return entry;
}

static void put_in_reserve(const pg_ledger_t *ledger, pg_recent_made_t *made,
                           apr_time_t now)
{
    const pg_record_t *record = &made->record;
    pg_word_t *entry = seat_in(reserve_of(ledger, record->class_id), made);
    apr_uint64_t stamp = pg_word_get(&entry[STAMP]);

    /* an event older than the entry (imports) does not replace it, unless
     * the entry is from the future because the clock went back */
    if (stamp <= (apr_uint64_t)record->time || stamp > (apr_uint64_t)now) {
        put(entry, made, now);
    }
}

static void add(pg_ledger_t *ledger, apr_time_t now, bool in_ring,
                pg_recent_made_t *made)
{
    const pg_record_t *record = &made->record;
    pg_word_t *after = &ledger->common->reserve_after[record->class_id];

    if (in_ring) {
        put(ring_at(ledger, pg_word_add(&ledger->common->recent_next, 1)),
            made, now);
    }
    pg_word_set(after, (apr_uint64_t)record->time + PACE / PG_RECENT_RESERVE);
    put_in_reserve(ledger, made, now);
}

apr_uint32_t pg_recent_serial(const pg_ledger_t *ledger)
{
    apr_uint32_t serial = (apr_uint32_t)(
        pg_word_get(&ledger->common->recent_next) + ledger->head.key_id
        + ((apr_uintptr_t)ledger->base >> 12));

    return serial + (serial == 0);
}

void pg_recent_add(pg_ledger_t *ledger, const pg_event_t *event,
                   apr_time_t now, apr_uint32_t serial,
                   pg_recent_made_t *made)
{
    apr_uint64_t next = pg_word_get(&ledger->common->recent_next);
    const pg_word_t *entry = ring_at(ledger, next);
    apr_time_t stamp = (apr_time_t)pg_word_get(&entry[STAMP]);
    apr_uint64_t after = pg_word_get(
        &ledger->common->reserve_after[event->verdict.class_id]);
    apr_uint64_t time = (apr_uint64_t)event->time;
    /* A stamp from the future comes from a wrong clock: do not wait for it.
     * Events older than the ring's oldest do not enter it (imports). */
    bool in_ring = stamp == 0 || stamp > now || event->time >= stamp + PACE;

    if (in_ring || time >= after || after > time + PACE) {
        if (!made->is) {
            make(made, ledger, event, serial);
        }
        add(ledger, now, in_ring, made);
    }
}

void pg_recent_amend(pg_ledger_t *ledger, const pg_event_t *event,
                     apr_time_t now, apr_uint32_t serial)
{
    pg_recent_made_t made;
    pg_record_t there;

    make(&made, ledger, event, serial);
    for (apr_uint32_t i = 0; i < entries_of(ledger); i++) {
        pg_word_t *entry = ledger->recent + i * PG_RECENT_WORDS;
        pg_word_read(&there, &entry[RECORD], WORDS_TO(serial));
        if (there.time == event->time && there.serial == serial) {
            put(entry, &made, now);
        }
    }
}

/* --- reading ------------------------------------------------------------- */

static bool is_whole(const pg_ledger_t *ledger, const pg_record_t *record,
                     apr_uint64_t hash)
{
    apr_size_t n = octets_of(record);

    return n <= sizeof(*record)
           && hash_of(ledger, record, n) == hash;
}

static bool read_record(pg_record_t *out, const pg_ledger_t *ledger,
                        apr_uint32_t at)
{
    const pg_word_t *entry = ledger->recent + at * PG_RECENT_WORDS;
    apr_uint64_t hash = atomic_load_explicit(&entry[HASH],
                                             memory_order_acquire);

    pg_word_read(out, &entry[RECORD], sizeof(*out) / sizeof(*entry));
    return is_whole(ledger, out, hash);
}

/* A writer that has the key could still write nonsense: check all values. */
static bool sound(const pg_record_t *record)
{
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        apr_size_t n = record->length[i] & LENGTH;
        if (n > text_most[i] || ((record->length[i] & ABSENT) && n > 0)) {
            return false;
        }
    }
    return record->class_id < PG_CLASS_COUNT
           && record->family < PG_FAMILY_COUNT
           && record->reason < PG_REASON_COUNT
           && record->outcome < PG_OUTCOME_COUNT;
}

static void unpack_texts(pg_recent_t *out, const pg_record_t *record,
                         apr_pool_t *pool)
{
    const char *from = record->text;

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        void *member = (char *)out + recent_at[i];
        apr_size_t n = record->length[i] & LENGTH;
        apr_uint64_t flags = (record->length[i] & CUT ? PG_LEN_CUT : 0)
                             | (record->length[i] & ABSENT ? PG_LEN_ABSENT
                                                           : 0);

        *(pg_text_t *)member = pg_word_text(from, n, flags, pool);
        from += n;
    }
}

static void unpack(pg_recent_t *out, const pg_record_t *record,
                   apr_pool_t *pool)
{
    out->time = record->time;
    out->class_id = (pg_class_e)record->class_id;
    out->family = (pg_family_e)record->family;
    out->reason = (pg_reason_e)record->reason;
    out->outcome = (pg_outcome_e)record->outcome;
    out->status = record->status;
    out->port = record->port;
    if (record->flags & FLAG_SOURCE) {
        out->source.octets =
            pg_span_str(pg_address_text(&record->source, pool));
    }
    out->source_is_peer = (record->flags & FLAG_PEER) != 0;
    out->proxy_authorization = (record->flags & FLAG_AUTHORIZATION) != 0;
    unpack_texts(out, record, pool);
}

/* All sound records, with those of the ring in the order of their numbers. */
static pg_record_t *read_all(apr_size_t *n, const pg_ledger_t *ledger,
                             apr_pool_t *pool)
{
    apr_uint32_t ring = ledger->sizes.recent, size = entries_of(ledger);
    apr_uint64_t next = pg_word_get(&ledger->common->recent_next);
    pg_record_t *all = apr_palloc(pool, sizeof(*all) * size);

    *n = 0;
    for (apr_uint32_t i = 0; i < size; i++) {
        apr_uint32_t at = i < ring ? (apr_uint32_t)((next + i) % ring) : i;
        if (read_record(&all[*n], ledger, at) && sound(&all[*n])) {
            ++*n;
        }
    }
    return all;
}

static int newer(const void *a, const void *b)
{
    const pg_record_t *const *x = a, *const *y = b;

    if ((*x)->time != (*y)->time) {
        return (*x)->time < (*y)->time ? 1 : -1;
    }
    return *x < *y ? 1 : -1;
}

static bool same(const pg_record_t *a, const pg_record_t *b)
{
    apr_size_t n = octets_of(a);

    return n == octets_of(b) && memcmp(a, b, n) == 0;
}

/* Sort records, the newest first, and keep each only once: many are both in
 * the ring and in reserve. */
static apr_size_t sort(const pg_record_t **order, const pg_record_t *all,
                       apr_size_t n)
{
    apr_size_t kept = 0;

    for (apr_size_t i = 0; i < n; i++) {
        order[i] = &all[i];
    }
    qsort(order, n, sizeof(*order), newer);
    for (apr_size_t i = 0; i < n; i++) {
        bool known = false;
        for (apr_size_t k = kept; !known && k > 0
             && order[k - 1]->time == order[i]->time; k--) {
            known = same(order[k - 1], order[i]);
        }
        if (!known) {
            order[kept++] = order[i];
        }
    }
    return kept;
}

void pg_recent_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool)
{
    apr_size_t n;
    apr_pool_t *scratch;
    const pg_record_t *all, **order;
    pg_recent_t *list;

    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return;
    }
    all = read_all(&n, ledger, scratch);
    order = apr_palloc(scratch, sizeof(*order) * n);
    n = sort(order, all, n);
    list = apr_pcalloc(pool, sizeof(*list) * n);
    for (apr_size_t i = 0; i < n; i++) {
        unpack(&list[i], order[i], pool);
    }
    out->recent = list;
    out->recent_count = n;
    apr_pool_destroy(scratch);
}

void pg_recent_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_time_t now, apr_pool_t *pool)
{
    apr_size_t n, m;
    const pg_record_t *ours, *theirs, **order;
    pg_record_t *all;
    pg_recent_made_t made;

    if (pg_word_get(&from->common->recent_next) == 0) {
        return;                      /* as in the ledger of a scan's worker */
    }
    ours = read_all(&n, into, pool);
    theirs = read_all(&m, from, pool);
    all = apr_palloc(pool, sizeof(*all) * (n + m));
    order = apr_palloc(pool, sizeof(*order) * (n + m));
    memcpy(all, ours, n * sizeof(*all));
    memcpy(all + n, theirs, m * sizeof(*all));
    n = sort(order, all, n + m);
    for (apr_uint32_t i = 0; i < entries_of(into); i++) {
        pg_word_set(&into->recent[i * PG_RECENT_WORDS + STAMP], 0);
    }
    for (apr_size_t i = n; i > 0; i--) {
        apr_uint64_t number = pg_word_add(&into->common->recent_next, 1);
        made.record = *order[i - 1];
        seal(&made, into);
        put(ring_at(into, number), &made, now);
        put_in_reserve(into, &made, now);
    }
}
