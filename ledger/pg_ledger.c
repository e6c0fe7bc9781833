/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ledger.h"

#include <sched.h>

#include <apr_strings.h>

#include "pg_campaigns.h"
#include "pg_distinct.h"
#include "pg_part.h"
#include "pg_range.h"
#include "pg_recent.h"
#include "pg_series.h"
#include "pg_slots.h"
#include "pg_top.h"
#include "pg_totals.h"

/* --- recording ----------------------------------------------------------- */

/* A number for this CPU or, where asking for it takes a system call, for this
 * thread, from the address of its stack. */
static unsigned my_number(void)
{
#ifdef __linux__
    int cpu = sched_getcpu();    /* the vDSO, or rseq                     */
    return cpu < 0 ? 0 : (unsigned)cpu;
#else
    char here = 0;
    return (unsigned)((apr_uintptr_t)&here >> 16);
#endif
}

static pg_lane_t *lane_of(const pg_ledger_t *ledger, unsigned number)
{
    unsigned lanes = ledger->sizes.lanes;

    /* As a rule there is one for each CPU: no division then. There is at least
     * one: pg_layout checks every size before a block is used. */
    if (number >= lanes) {
        number %= lanes; /* NOLINT(clang-analyzer-core.DivideZero) */
    }
    return pg_layout_lane(ledger, number);
}

static pg_lane_t *my_lane(const pg_ledger_t *ledger)
{
    return lane_of(ledger, my_number());
}

/* If two writers meet, `last` may end up a moment too early, which is good
 * enough to be shown. */
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

/* An attempt, prepared once for all blocks of a server. */
typedef struct attempt_t {
    const pg_event_t *event;
    apr_time_t now;
    unsigned kind;
    pg_method_e method;
    pg_portclass_e port_class;
    pg_intent_e intent;
} attempt_t;

/* Its keys: the blocks share a secret, so the hashes are the same in each. */
typedef struct keys_t {
    bool has[PG_TOP_COUNT];
    pg_top_key_t key[PG_TOP_COUNT];
    char target[2 + PG_TOP_TARGET_MOST + 1];
} keys_t;

static void make_key(keys_t *out, const pg_ledger_t *ledger, pg_top_e list,
                     pg_span_t octets, bool has)
{
    out->has[list] = has;
    if (has) {
        out->key[list] = pg_top_key(ledger, list, octets);
    }
}

static pg_span_t octets_of(const pg_address_t *address)
{
    return pg_span_make((const char *)address->octets,
                        sizeof(address->octets));
}

static void make_keys(keys_t *out, const pg_ledger_t *ledger,
                      const pg_event_t *event)
{
    pg_span_t target = pg_top_target(out->target, &event->verdict);

    /* A load balancer's address does not identify the client. */
    make_key(out, ledger, PG_TOP_SOURCES, octets_of(&event->source),
             event->source_known && !event->source_is_peer);
    make_key(out, ledger, PG_TOP_TARGETS, target, true);
    make_key(out, ledger, PG_TOP_PORTS, pg_span_upto(target, 2),
             event->verdict.port != 0);
    make_key(out, ledger, PG_TOP_AGENTS, event->user_agent, true);
}

/* Upkeep of a lane, once a minute, at the cost of one attempt. */
static void tend(pg_ledger_t *ledger, pg_lane_t *lane, apr_time_t now)
{
    apr_uint64_t minute = (apr_uint64_t)now / 60000000;
    apr_uint64_t seen = pg_word_get(&lane->tended);

    if (seen != minute && pg_word_swap(&lane->tended, &seen, minute)) {
        pg_top_tend(ledger, lane, now);
    }
}

static apr_time_t present_of(const pg_event_t *event)
{
    return event->now ? event->now : event->time;
}

/* PG_KINDS for an event that cannot be counted. */
static unsigned kind_of(const pg_event_t *event)
{
    return (unsigned)event->outcome < PG_OUTCOME_COUNT
               ? pg_layout_kind(event->verdict.class_id, event->verdict.family)
               : PG_KINDS;
}

static void make(attempt_t *out, unsigned kind, const pg_event_t *event)
{
    out->event = event;
    out->now = present_of(event);
    out->kind = kind;
    out->method = pg_totals_method(event->verdict.method);
    out->port_class = pg_portclass(event->verdict.port);
    out->intent = pg_intent_of_verdict(&event->verdict);
}

static void count(pg_lane_t *lane, unsigned vhost, const attempt_t *attempt)
{
    const pg_event_t *event = attempt->event;

    pg_word_add(&lane->total[attempt->kind][event->outcome][attempt->method]
                            [attempt->port_class], 1);
    pg_series_add(lane, attempt->kind, event->time, attempt->now);
    pg_word_add(&lane->vhost[vhost][event->outcome], 1);
    pg_word_add(&lane->intent[attempt->intent], 1);
    note_time(lane, event->time);
}

static void count_keys(pg_ledger_t *ledger, pg_lane_t *lane,
                       const keys_t *keys, apr_time_t now)
{
    for (unsigned list = 0; list < PG_TOP_COUNT; list++) {
        if (keys->has[list]) {
            pg_top_add(ledger, lane, (pg_top_e)list, &keys->key[list], now);
        }
    }
    if (keys->has[PG_TOP_SOURCES]) {
        pg_distinct_add(ledger, keys->key[PG_TOP_SOURCES].hash);
    }
}

/* A server's attempts are counted in its file, unless that is lost, and in the
 * standby memory. */
apr_uint64_t pg_ledger_record(pg_ledger_t *ledger, const pg_event_t *event)
{
    unsigned kind = kind_of(event);
    pg_ledger_t *block = pg_layout_sound(ledger);
    apr_uint32_t serial = pg_recent_serial(block);
    unsigned number = my_number();
    pg_recent_made_t recent;
    attempt_t attempt;
    keys_t keys;

    if (kind == PG_KINDS) {
        return 0;
    }
    recent.is = false;
    make(&attempt, kind, event);
    make_keys(&keys, block, event);
    for (; block; block = block->standby) {
        pg_lane_t *lane = lane_of(block, number);

        count(lane, pg_totals_vhost(block, event->vhost), &attempt);
        count_keys(block, lane, &keys, attempt.now);
        pg_recent_add(block, event, attempt.now, serial, &recent);
        tend(block, lane, attempt.now);
    }
    return serial;
}

void pg_ledger_count(pg_ledger_t *ledger, const pg_event_t *event)
{
    unsigned kind = kind_of(event);
    attempt_t attempt;

    if (kind != PG_KINDS) {
        make(&attempt, kind, event);
        count(my_lane(ledger), PG_VHOSTS, &attempt);
    }
}

void pg_ledger_source(pg_ledger_t *ledger, const pg_address_t *source)
{
    pg_distinct_add(ledger, pg_top_key(ledger, PG_TOP_SOURCES,
                                       octets_of(source)).hash);
}

void pg_ledger_list(pg_ledger_t *ledger, pg_top_e list,
                    const pg_top_counted_t *counted, apr_time_t now)
{
    pg_top_add_counted(ledger, pg_layout_lane(ledger, 0), list, counted, now);
}

void pg_ledger_unlisted(pg_ledger_t *ledger, pg_top_e list, apr_uint64_t most)
{
    pg_word_add(&ledger->common->missed[list], most);
}

void pg_ledger_vhost(pg_ledger_t *ledger, pg_span_t name,
                     const apr_uint64_t *by_outcome)
{
    pg_totals_name(ledger, name, by_outcome);
}

void pg_ledger_remember(pg_ledger_t *ledger, const pg_event_t *event)
{
    pg_recent_made_t recent;

    recent.is = false;
    pg_recent_add(ledger, event, present_of(event), pg_recent_serial(ledger),
                  &recent);
}

/* Subtract one in a lane whose count is above 0, so that none goes below.
 * @return false: all were 0 */
static bool take_back(const pg_ledger_t *ledger, const pg_lane_t *lane,
                      const pg_word_t *word)
{
    apr_size_t at = (apr_size_t)((const char *)word - (const char *)lane);

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        char *base = (char *)pg_layout_lane(ledger, i);
        pg_word_t *here = (pg_word_t *)(void *)(base + at);
        apr_uint64_t seen = pg_word_get(here);

        while (seen > 0 && seen <= PG_COUNT_MOST) {
            if (pg_word_swap(here, &seen, seen - 1)) {
                return true;
            }
        }
    }
    return false;
}

/* First one more, then one less: a reader in between sees one too many. */
static void amend(pg_ledger_t *ledger, unsigned kind, const pg_event_t *event,
                  pg_outcome_e was)
{
    unsigned vhost = pg_totals_vhost(ledger, event->vhost);
    pg_lane_t *lane = my_lane(ledger);

    if (event->outcome != was) {
        pg_totals_add(lane, kind, event);
        pg_word_add(&lane->vhost[vhost][event->outcome], 1);
        take_back(ledger, lane, pg_totals_word(lane, kind, event, was));
        /* a ledger that was merged in may have had no room for the name */
        if (!take_back(ledger, lane, &lane->vhost[vhost][was])) {
            take_back(ledger, lane, &lane->vhost[PG_VHOSTS][was]);
        }
    }
}

void pg_ledger_amend(pg_ledger_t *ledger, apr_uint64_t entry,
                     const pg_event_t *event, pg_outcome_e was)
{
    unsigned kind = kind_of(event);
    apr_time_t now = present_of(event);
    pg_ledger_t *block = pg_layout_sound(ledger);

    if (kind == PG_KINDS || (unsigned)was >= PG_OUTCOME_COUNT) {
        return;
    }
    for (; block; block = block->standby) {
        amend(block, kind, event, was);
        if (entry) {
            pg_recent_amend(block, event, now, (apr_uint32_t)entry);
        }
    }
}

void pg_ledger_permit(pg_ledger_t *ledger)
{
    pg_ledger_t *block = pg_layout_sound(ledger);

    for (; block; block = block->standby) {
        pg_word_add(&my_lane(block)->permitted, 1);
    }
}

void pg_ledger_unpermit(pg_ledger_t *ledger)
{
    pg_ledger_t *block = pg_layout_sound(ledger);

    for (; block; block = block->standby) {
        const pg_lane_t *lane = my_lane(block);
        take_back(block, lane, &lane->permitted);
    }
}

void pg_ledger_cover(pg_ledger_t *ledger, apr_time_t from, apr_time_t to)
{
    pg_range_add(ledger, from, to);
}

void pg_ledger_cover_logs(pg_ledger_t *ledger, const pg_ledger_t *logs)
{
    pg_range_add_all(ledger, logs);
}

apr_time_t pg_ledger_counting_since(const pg_ledger_t *ledger)
{
    return pg_range_run(ledger);
}

/* --- reading ------------------------------------------------------------- */

static pg_snapshot_t *copy_of(const pg_ledger_t *ledger, apr_time_t now,
                              bool lists, apr_pool_t *pool)
{
    pg_snapshot_t *snapshot = apr_pcalloc(pool, sizeof(*snapshot));

    snapshot->taken = now;
    snapshot->since = ledger->head.since;
    snapshot->key_id = ledger->head.key_id;
    snapshot->pseudonyms = pg_hash_key_derive(&ledger->head.key,
                                              "pseudonyms");
    snapshot->ledgers = pg_part_count(ledger, pool);
    pg_range_copy(snapshot, ledger, pool);
    snapshot->from_logs = pg_word_get(&ledger->common->digest_next) > 0;
    pg_totals_copy(snapshot, ledger);
    pg_series_copy(snapshot, ledger, pool);
    pg_distinct_copy(snapshot, ledger);
    pg_slots_copy(&snapshot->capture, ledger, now);
    if (lists) {
        pg_totals_copy_vhosts(snapshot, ledger, pool);
        pg_top_copy(snapshot, ledger, pool);
        pg_recent_copy(snapshot, ledger, pool);
        pg_campaigns_copy(&snapshot->capture, ledger, pool);
    }
    return snapshot;
}

static apr_status_t copy(pg_snapshot_t **out, const pg_ledger_t *ledger,
                         apr_time_t now, bool lists, apr_pool_t *pool)
{
    if (!pg_layout_is_lost(ledger)) {
        *out = copy_of(ledger, now, lists, pool);
        (*out)->in_memory = ledger->shared && ledger->standby == NULL;
    }
    /* It may have been lost while it was read. */
    if (pg_layout_is_lost(ledger)) {
        *out = copy_of(ledger->standby, now, lists, pool);
        (*out)->in_memory = true;
    }
    return APR_SUCCESS;
}

apr_status_t pg_ledger_snapshot(pg_snapshot_t **out, const pg_ledger_t *ledger,
                                apr_time_t now, apr_pool_t *pool)
{
    return copy(out, ledger, now, true, pool);
}

apr_status_t pg_ledger_figures(pg_snapshot_t **out, const pg_ledger_t *ledger,
                               apr_time_t now, apr_pool_t *pool)
{
    return copy(out, ledger, now, false, pool);
}

apr_uint64_t pg_ledger_counted(const pg_ledger_t *ledger)
{
    apr_uint64_t sum = 0;

    for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
        const pg_lane_t *lane = pg_layout_lane(ledger, i);
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
        pool, "%" APR_SIZE_T_FMT " KiB: %u lane%s of %" APR_SIZE_T_FMT
        " KiB with %u sources, %u targets, %u ports and %u user agents each; "
        "%u recent attempts; history of 120 minutes, 336 hours, 800 days and "
        "240 months", ledger->size / 1024, s->lanes,
        s->lanes == 1 ? "" : "s", ledger->lane_size / 1024,
        s->sets[PG_TOP_SOURCES] * 8, s->sets[PG_TOP_TARGETS] * 8,
        s->sets[PG_TOP_PORTS] * 8, s->sets[PG_TOP_AGENTS] * 8, s->recent);
}

/* --- logs that were read -------------------------------------------------- */

bool pg_ledger_same(const unsigned char a[16], const unsigned char b[16])
{
    static const unsigned char unknown[8];

    return memcmp(a, b, 8) == 0
           && (memcmp(a + 8, b + 8, 8) == 0
               || memcmp(a + 8, unknown, sizeof(unknown)) == 0
               || memcmp(b + 8, unknown, sizeof(unknown)) == 0);
}

/* @param exactly  an unknown half does not match a known one */
static bool has_digest(const pg_ledger_t *ledger,
                       const unsigned char digest[16], bool exactly)
{
    for (unsigned i = 0; i < PG_DIGESTS; i++) {
        const pg_word_t *have = ledger->common->digest[i];
        apr_uint64_t both[2] = { pg_word_get(&have[0]),
                                 pg_word_get(&have[1]) };
        const unsigned char *one = (const unsigned char *)both;
        if (exactly ? memcmp(one, digest, sizeof(both)) == 0
                    : pg_ledger_same(one, digest)) {
            return true;
        }
    }
    return false;
}

bool pg_ledger_seen(const pg_ledger_t *ledger, const unsigned char digest[16])
{
    return has_digest(ledger, digest, false);
}

void pg_ledger_see(pg_ledger_t *ledger, const unsigned char digest[16])
{
    pg_common_t *common = ledger->common;
    apr_uint64_t both[2];
    apr_uint64_t at;

    if (has_digest(ledger, digest, true)) {
        return;
    }
    at = pg_word_add(&common->digest_next, 1) % PG_DIGESTS;
    memcpy(both, digest, sizeof(both));
    pg_word_set(&common->digest[at][0], both[0]);
    pg_word_set(&common->digest[at][1], both[1]);
}

void pg_ledger_digests(const pg_ledger_t *ledger, void *to,
                       void (*take)(void *to, const unsigned char digest[16]))
{
    const pg_common_t *common = ledger->common;
    apr_uint64_t next = pg_word_get(&common->digest_next);

    for (unsigned i = 0; i < PG_DIGESTS; i++) {
        const pg_word_t *have = common->digest[(next + i) % PG_DIGESTS];
        apr_uint64_t both[2] = { pg_word_get(&have[0]),
                                 pg_word_get(&have[1]) };
        if (both[0] != 0 || both[1] != 0) {
            take(to, (const unsigned char *)both);
        }
    }
}

static void see(void *into, const unsigned char digest[16])
{
    pg_ledger_see(into, digest);
}

apr_uint64_t pg_ledger_number(const pg_ledger_t *ledger)
{
    return ledger->head.id;
}

bool pg_ledger_holds(const pg_ledger_t *ledger, const pg_ledger_t *other,
                     apr_pool_t *pool)
{
    return pg_part_compare(ledger, other, pool) == PG_PART_CONTAINED;
}

static void add_all(pg_ledger_t *into, const pg_ledger_t *from,
                    apr_time_t now, apr_pool_t *pool)
{
    pg_totals_merge(into, from, pool);
    pg_series_merge(into, from, now);
    pg_top_merge(into, from, now);
    pg_recent_merge(into, from, now, pool);
    /* Only ledgers of servers have an id; what a scan found is not another
     * server's. */
    pg_range_merge(into, from, from->head.id != 0
                               || pg_part_count(from, pool) > 0);
    pg_distinct_merge(into, from);
    pg_ledger_digests(from, into, see);
    pg_slots_merge(into, from);
    pg_campaigns_merge(into, from);
}

apr_status_t pg_ledger_merge(pg_ledger_t *into, const pg_ledger_t *from,
                             apr_time_t now, apr_pool_t *pool)
{
    static const apr_status_t meaning[] = {
        [PG_PART_CONTAINED] = APR_SUCCESS,
        [PG_PART_OVERLAP] = APR_EEXIST,
        [PG_PART_FULL] = APR_ENOSPC
    };
    apr_pool_t *scratch;
    apr_status_t status = apr_pool_create(&scratch, pool);
    pg_part_e how;

    if (status != APR_SUCCESS) {
        return status;
    }
    how = pg_part_compare(into, from, scratch);
    if (how == PG_PART_APART) {
        pg_part_merge(into, from, scratch);
        add_all(into, from, now, scratch);
    }
    apr_pool_destroy(scratch);
    return how == PG_PART_APART ? APR_SUCCESS : meaning[how];
}
