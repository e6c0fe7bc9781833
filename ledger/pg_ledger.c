/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ledger.h"

#include <sched.h>

#include <apr_strings.h>

#include "pg_block.h"
#include "pg_distinct.h"
#include "pg_recent.h"
#include "pg_series.h"
#include "pg_slots.h"
#include "pg_top.h"
#include "pg_totals.h"

apr_status_t pg_ledger_heap(pg_ledger_t **out, apr_time_t now,
                            apr_pool_t *pool)
{
    pg_sizes_t sizes = pg_sizes_default();
    pg_head_t head;
    apr_status_t status = pg_head_make(&head, &sizes, now);

    return status == APR_SUCCESS ? pg_block_new(out, &head, pool) : status;
}

/* --- recording ----------------------------------------------------------- */

/* The lane of this CPU or, where one cannot ask for it without a system call,
 * of this thread: by the page that its stack is in. */
static pg_lane_t *my_lane(const pg_ledger_t *ledger)
{
#ifdef __linux__
    int cpu = sched_getcpu();    /* the vDSO, or rseq                     */
    unsigned mine = cpu < 0 ? 0 : (unsigned)cpu;
#else
    char here = 0;
    unsigned mine = (unsigned)((apr_uintptr_t)&here >> 16);
#endif

    return pg_lane(ledger, mine % ledger->sizes.lanes);
}

/* A moment late if two writers meet; it only says when something was. */
static void note_time(pg_lane_t *lane, apr_time_t time)
{
    apr_uint64_t first = pg_word_get(&lane->first);

    if ((apr_time_t)pg_word_get(&lane->last) < time) {
        pg_word_set(&lane->last, (apr_uint64_t)time);
    }
    while (time > 0 && (first == 0 || time < (apr_time_t)first)) {
        if (pg_word_swap(&lane->first, &first, (apr_uint64_t)time)) {
            return;
        }
    }
}

static void top(const pg_ledger_t *ledger, pg_lane_t *lane, pg_top_e list,
                pg_span_t octets, apr_time_t now)
{
    pg_top_key_t key = pg_top_key(ledger, list, octets);

    pg_top_add(ledger, lane, list, &key, now);
}

static void record_source(const pg_ledger_t *ledger, pg_lane_t *lane,
                          const pg_event_t *event, apr_time_t now)
{
    pg_span_t octets = pg_span_make((const char *)event->source.octets,
                                    sizeof(event->source.octets));
    pg_top_key_t key;

    /* A load balancer's address is nobody's who asked. */
    if (!event->source_known || event->source_is_peer) {
        return;
    }
    key = pg_top_key(ledger, PG_TOP_SOURCES, octets);
    pg_top_add(ledger, lane, PG_TOP_SOURCES, &key, now);
    pg_distinct_add(ledger, key.hash, event->time, now);
}

/* The letters A to Z among eight octets in small; the others as they are.
 * Each octet is below 0x80 when its top bit is left out, so that adding to it
 * cannot carry into the next one. */
static apr_uint64_t lower8(apr_uint64_t word)
{
    const apr_uint64_t each = 0x0101010101010101u;
    apr_uint64_t seven = word & (0x7f * each);
    apr_uint64_t from_a = seven + (0x80 - 'A') * each;
    apr_uint64_t past_z = seven + (0x80 - 'Z' - 1) * each;

    return word | ((from_a & ~past_z & ~word & (0x80 * each)) >> 2);
}

/* Port and host in small letters, or what stood there if there is no host. */
static void record_target(const pg_ledger_t *ledger, pg_lane_t *lane,
                          const pg_verdict_t *verdict, apr_time_t now)
{
    bool host = verdict->host.len > 0;
    pg_span_t from = pg_span_upto(host ? verdict->host : verdict->target,
                                  PG_TOP_TARGET_MOST + 1);
    char text[2 + PG_TOP_TARGET_MOST + 8];
    apr_uint64_t word;

    text[0] = (char)(verdict->port >> 8);
    text[1] = (char)(verdict->port & 0xff);
    for (apr_size_t i = 0; i < from.len; i += sizeof(word)) {
        word = from.len - i >= sizeof(word)
                   ? pg_hash_load8(from.ptr + i)
                   : pg_hash_load_short(from.ptr + i, from.len - i);
        word = host ? lower8(word) : word;
        memcpy(text + 2 + i, &word, sizeof(word));
    }
    top(ledger, lane, PG_TOP_TARGETS, pg_span_make(text, 2 + from.len), now);
}

static void record_tops(const pg_ledger_t *ledger, pg_lane_t *lane,
                        const pg_event_t *event, apr_time_t now)
{
    char port[2] = { (char)(event->verdict.port >> 8),
                     (char)(event->verdict.port & 0xff) };

    record_source(ledger, lane, event, now);
    record_target(ledger, lane, &event->verdict, now);
    if (event->verdict.port != 0) {
        top(ledger, lane, PG_TOP_PORTS, pg_span_make(port, 2), now);
    }
    top(ledger, lane, PG_TOP_AGENTS, event->user_agent, now);
}

apr_uint64_t pg_ledger_record(pg_ledger_t *ledger, const pg_event_t *event)
{
    unsigned kind = pg_kind_of(event->verdict.class_id,
                               event->verdict.family);
    apr_time_t now = event->now ? event->now : event->time;
    pg_lane_t *lane;
    unsigned vhost;

    if (kind == PG_KINDS || (unsigned)event->outcome >= PG_OUTCOME_COUNT) {
        return 0;
    }
    lane = my_lane(ledger);
    pg_totals_add(lane, kind, event);
    pg_series_add(lane, kind, event->time, now);
    vhost = pg_vhost_slot(ledger, event->vhost);
    pg_word_add(&lane->vhost[vhost][event->outcome], 1);
    note_time(lane, event->time);
    record_tops(ledger, lane, event, now);
    return pg_recent_add(ledger, event, now);
}

/* First one more, then one less: a reader in between sees one too many. Lanes
 * are added up modulo 2^64, so it does not matter that one may go below 0. */
void pg_ledger_amend(pg_ledger_t *ledger, apr_uint64_t entry,
                     const pg_event_t *event, pg_outcome_e was)
{
    unsigned kind = pg_kind_of(event->verdict.class_id,
                               event->verdict.family);
    unsigned vhost = pg_vhost_slot(ledger, event->vhost);
    pg_lane_t *lane = my_lane(ledger);

    if (kind == PG_KINDS || (unsigned)event->outcome >= PG_OUTCOME_COUNT
        || (unsigned)was >= PG_OUTCOME_COUNT) {
        return;
    }
    if (event->outcome != was) {
        pg_totals_move(lane, kind, event, was);
        pg_word_add(&lane->vhost[vhost][event->outcome], 1);
        pg_word_add(&lane->vhost[vhost][was], (apr_uint64_t)-1);
    }
    pg_recent_amend(ledger, entry, event);
}

void pg_ledger_unpermit(pg_ledger_t *ledger)
{
    pg_word_add(&my_lane(ledger)->permitted, (apr_uint64_t)-1);
}

void pg_ledger_permit(pg_ledger_t *ledger, apr_time_t now)
{
    (void)now;
    pg_word_add(&my_lane(ledger)->permitted, 1);
}

/* --- reading ------------------------------------------------------------- */

apr_status_t pg_ledger_figures(pg_snapshot_t **out, const pg_ledger_t *ledger,
                               apr_time_t now, apr_pool_t *pool)
{
    pg_snapshot_t *snapshot = apr_pcalloc(pool, sizeof(*snapshot));

    snapshot->taken = now;
    snapshot->since = ledger->since;
    snapshot->pseudonyms = pg_hash_key_derive(&ledger->key, "pseudonyms");
    pg_totals_copy(snapshot, ledger);
    pg_series_copy(snapshot, ledger, pool);
    pg_distinct_copy(snapshot, ledger, pool);
    *out = snapshot;
    return APR_SUCCESS;
}

apr_status_t pg_ledger_snapshot(pg_snapshot_t **out, const pg_ledger_t *ledger,
                                apr_time_t now, apr_pool_t *pool)
{
    apr_status_t failed = pg_ledger_figures(out, ledger, now, pool);
    pg_snapshot_t *snapshot = *out;

    if (failed) {
        return failed;
    }
    pg_vhosts_copy(snapshot, ledger, pool);
    pg_top_copy(snapshot, ledger, pool);
    pg_recent_copy(snapshot, ledger, pool);
    pg_slots_copy(&snapshot->capture, ledger, now);
    return APR_SUCCESS;
}

apr_uint64_t pg_ledger_counted(const pg_ledger_t *ledger)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        const pg_lane_t *lane = pg_lane(ledger, i);
        const pg_word_t *total = &lane->total[0][0][0][0];
        for (unsigned w = 0; w < PG_TOTALS; w++) {
            sum += pg_word_get(&total[w]);
        }
        sum += pg_word_get(&lane->permitted);
    }
    return sum;
}

const char *pg_ledger_describe(const pg_ledger_t *ledger, apr_pool_t *pool)
{
    const pg_sizes_t *s = &ledger->sizes;

    return apr_psprintf(
        pool, "%" APR_SIZE_T_FMT " KiB: %u lanes of %" APR_SIZE_T_FMT
        " KiB with %u sources, %u targets, %u ports and %u user agents each; "
        "%u recent attempts; history of 120 minutes, 336 hours, 800 days and "
        "240 months", ledger->size / 1024, s->lanes, ledger->lane_size / 1024,
        s->sets[PG_TOP_SOURCES] * 8, s->sets[PG_TOP_TARGETS] * 8,
        s->sets[PG_TOP_PORTS] * 8, s->sets[PG_TOP_AGENTS] * 8, s->recent);
}

/* --- upkeep -------------------------------------------------------------- */

void pg_ledger_tend(pg_ledger_t *ledger, apr_time_t now)
{
    pg_distinct_tend(ledger, now);
    pg_top_tend(ledger, now);
}

bool pg_ledger_seen(const pg_ledger_t *ledger, const unsigned char digest[16])
{
    for (unsigned i = 0; i < PG_DIGESTS; i++) {
        const pg_word_t *have = ledger->common->digest[i];
        apr_uint64_t both[2] = { pg_word_get(&have[0]),
                                 pg_word_get(&have[1]) };
        if (memcmp(both, digest, sizeof(both)) == 0) {
            return true;
        }
    }
    return false;
}

void pg_ledger_see(pg_ledger_t *ledger, const unsigned char digest[16])
{
    pg_common_t *common = ledger->common;
    apr_uint64_t both[2];
    apr_uint64_t at;

    if (pg_ledger_seen(ledger, digest)) {
        return;
    }
    at = pg_word_add(&common->digest_next, 1) % PG_DIGESTS;
    memcpy(both, digest, sizeof(both));
    pg_word_set(&common->digest[at][0], both[0]);
    pg_word_set(&common->digest[at][1], both[1]);
}

static void merge_digests(pg_ledger_t *into, const pg_ledger_t *from)
{
    apr_uint64_t next = pg_word_get(&from->common->digest_next);

    for (unsigned i = 0; i < PG_DIGESTS; i++) {
        const pg_word_t *have = from->common->digest[(next + i) % PG_DIGESTS];
        apr_uint64_t both[2] = { pg_word_get(&have[0]),
                                 pg_word_get(&have[1]) };
        if (both[0] != 0 || both[1] != 0) {
            pg_ledger_see(into, (const unsigned char *)both);
        }
    }
}

apr_status_t pg_ledger_merge(pg_ledger_t *into, const pg_ledger_t *from,
                             apr_time_t now, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    apr_status_t status = apr_pool_create(&scratch, pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    pg_totals_merge(into, from, scratch);
    pg_series_merge(into, from, now);
    pg_top_merge(into, from);
    pg_recent_merge(into, from, scratch);
    merge_digests(into, from);
    pg_slots_merge(into, from);
    if (memcmp(&into->key, &from->key, sizeof(into->key)) == 0) {
        pg_distinct_merge(into, from, now);
    }
    apr_pool_destroy(scratch);
    return APR_SUCCESS;
}
