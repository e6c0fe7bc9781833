/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_recent.h"

#include <stdlib.h>

#include "pg_words.h"

#define PACE ((apr_time_t)10000)     /* us                                */
#define CLAIM ((apr_time_t)2000000)

/*  The texts of an entry: X(member of pg_recent_t, where an event has it,
 *  octets kept). They are stored one behind the other. */
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

/* What an entry is: 3 words, then this, as far as its texts go. */
typedef struct pg_record_t {
    apr_int64_t time;
    pg_address_t source;
    apr_int32_t status;
    apr_uint16_t port;
    unsigned char class_id;
    unsigned char family;
    unsigned char reason;
    unsigned char outcome;
    unsigned char flags;
    unsigned char reserved;
    apr_uint16_t length[TEXT_COUNT];
    char text[946];
} pg_record_t;

/* The three words: whose number it is and whether it is being written; when
 * the claim was made or the attempt was; the hash. */
enum { STATE, STAMP, HASH, RECORD };
#define BUSY ((apr_uint64_t)1 << 63)

#define TEXT_SUM(member, from, most) + (most)
static_assert(0 TEXTS(TEXT_SUM) <= sizeof(((pg_record_t *)0)->text),
              "all texts have room");
static_assert(sizeof(pg_record_t) == 1000
              && sizeof(pg_record_t)
                 == (PG_RECENT_WORDS - RECORD) * sizeof(apr_uint64_t),
              "an entry is full");

static pg_word_t *entry_at(const pg_ledger_t *ledger, apr_uint64_t number)
{
    /* at least 16: pg_layout checks every size before a block is used */
    return ledger->recent /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero) */
           + number % ledger->sizes.recent * PG_RECENT_WORDS;
}

/* Octets of a record that say something: what is behind its texts is neither
 * written nor hashed. More than sizeof(pg_record_t) if it is not sound. */
static apr_size_t octets_of(const pg_record_t *record)
{
    apr_size_t n = offsetof(pg_record_t, text);

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        n += record->length[i] & LENGTH;
    }
    return n;
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

/* Claim an entry that is in the state `seen`, write it and publish it. */
static bool write_entry(const pg_ledger_t *ledger, const pg_record_t *record,
                        apr_uint64_t number, apr_uint64_t seen)
{
    apr_size_t n = octets_of(record);
    pg_word_t *entry = entry_at(ledger, number);
    apr_uint64_t mine = (number & ~BUSY) | BUSY;

    if (!pg_word_swap(&entry[STATE], &seen, mine)) {
        return false;
    }
    pg_word_set(&entry[STAMP], (apr_uint64_t)record->time);
    pg_word_set(&entry[HASH], 0);
    pg_words_write(&entry[RECORD], record, n);
    pg_word_set(&entry[HASH], pg_hash(&ledger->recent_key, record, n));
    /* Fails if somebody thought us dead: the entry is theirs then. */
    return pg_word_swap(&entry[STATE], &mine, mine & ~BUSY);
}

/* The number, from 1; 0: somebody else is at that entry. */
static apr_uint64_t put(const pg_ledger_t *ledger, const pg_record_t *record)
{
    apr_uint64_t number = pg_word_add(&ledger->common->recent_next, 1);
    const pg_word_t *entry = entry_at(ledger, number);
    apr_uint64_t seen = pg_word_get(&entry[STATE]);

    if (seen & BUSY) {
        apr_time_t age = record->time
                         - (apr_time_t)pg_word_get(&entry[STAMP]);
        if (age >= 0 && age < CLAIM) {
            return 0;
        }
    }
    return write_entry(ledger, record, number, seen) ? number + 1 : 0;
}

/* Apart, so that attempts that are passed over do not pay for its frame. */
__attribute__((noinline)) static apr_uint64_t add(const pg_ledger_t *ledger,
                                                  const pg_event_t *event)
{
    pg_record_t record;

    pack(&record, event);
    return put(ledger, &record);
}

void pg_recent_amend(const pg_ledger_t *ledger, apr_uint64_t number,
                     const pg_event_t *event)
{
    pg_record_t record;

    if (number) {
        pack(&record, event);
        write_entry(ledger, &record, number - 1, (number - 1) & ~BUSY);
    }
}

apr_uint64_t pg_recent_add(const pg_ledger_t *ledger, const pg_event_t *event,
                   apr_time_t now)
{
    apr_uint64_t next = pg_word_get(&ledger->common->recent_next);
    const pg_word_t *entry = entry_at(ledger, next);
    apr_time_t stamp = (apr_time_t)pg_word_get(&entry[STAMP]);

    /* A stamp from the future is a clock's that was wrong: no reason to
     * wait. Older events than the ring's oldest do not enter (imports). */
    if (stamp == 0 || stamp > now || event->time >= stamp + PACE) {
        return add(ledger, event);
    }
    return 0;
}

/* --- reading ------------------------------------------------------------- */

/* Ledgers of before 1.0 hashed all of an entry, its end of NULs too. */
static bool is_whole(const pg_ledger_t *ledger, const pg_record_t *record,
                     apr_uint64_t hash)
{
    apr_size_t n = octets_of(record);

    return n <= sizeof(*record)
           && (pg_hash(&ledger->recent_key, record, n) == hash
               || pg_hash(&ledger->recent_key, record, sizeof(*record))
                  == hash);
}

static bool read_record(pg_record_t *out, const pg_ledger_t *ledger,
                        apr_uint32_t at)
{
    const pg_word_t *entry = ledger->recent + at * PG_RECENT_WORDS;
    apr_uint64_t state = atomic_load_explicit(&entry[STATE],
                                              memory_order_acquire);
    apr_uint64_t hash = pg_word_get(&entry[HASH]);

    if ((state & BUSY) || hash == 0) {
        return false;
    }
    pg_words_read(out, &entry[RECORD], PG_RECENT_WORDS - RECORD);
    return is_whole(ledger, out, hash);
}

/* Who knows the key could still lie: every value and length is checked. */
static bool sound(const pg_record_t *record)
{
    apr_size_t sum = 0;

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        apr_size_t n = record->length[i] & LENGTH;
        if (n > text_most[i] || ((record->length[i] & ABSENT) && n > 0)) {
            return false;
        }
        sum += n;
    }
    return sum <= sizeof(record->text)
           && record->class_id < PG_CLASS_COUNT
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

        *(pg_text_t *)member = pg_words_text(from, n, flags, pool);
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

/* All sound records, in the order of their numbers. */
static pg_record_t *read_all(apr_size_t *n, const pg_ledger_t *ledger,
                             apr_pool_t *pool)
{
    apr_uint32_t size = ledger->sizes.recent;
    apr_uint64_t next = pg_word_get(&ledger->common->recent_next);
    pg_record_t *all = apr_palloc(pool, sizeof(*all) * size);

    *n = 0;
    for (apr_uint32_t i = 0; i < size; i++) {
        if (read_record(&all[*n], ledger, (apr_uint32_t)((next + i) % size))
            && sound(&all[*n])) {
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
    return *x < *y ? 1 : *x > *y ? -1 : 0;
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
    order = apr_palloc(scratch, sizeof(*order) * (n + 1));
    list = apr_pcalloc(pool, sizeof(*list) * (n + 1));
    for (apr_size_t i = 0; i < n; i++) {
        order[i] = &all[i];
    }
    qsort(order, n, sizeof(*order), newer);
    for (apr_size_t i = 0; i < n; i++) {
        unpack(&list[i], order[i], pool);
    }
    out->recent = list;
    out->recent_count = n;
    apr_pool_destroy(scratch);
}

void pg_recent_merge(const pg_ledger_t *into, const pg_ledger_t *from,
                     apr_pool_t *pool)
{
    apr_size_t n, m;
    const pg_record_t *ours = read_all(&n, into, pool);
    const pg_record_t *theirs = read_all(&m, from, pool);
    const pg_record_t **order = apr_palloc(pool,
                                           sizeof(*order) * (n + m + 1));

    for (apr_size_t i = 0; i < n + m; i++) {
        order[i] = i < n ? &ours[i] : &theirs[i - n];
    }
    qsort(order, n + m, sizeof(*order), newer);
    for (apr_uint32_t i = 0; i < into->sizes.recent; i++) {
        pg_word_set(&entry_at(into, i)[HASH], 0);
    }
    for (apr_size_t i = n + m; i > 0; i--) {
        put(into, order[i - 1]);
    }
}
