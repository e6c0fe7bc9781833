/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_series.h"

#include "pg_calendar.h"

#define SECOND ((apr_time_t)1000000)
#define DAY_SECONDS 86400
#define LAST_SECOND 253402300799     /* end of the year 9999              */

/*  Where each ring lies in a lane's history. */
typedef struct pg_ring_t {
    unsigned at;                     /* first row                         */
    unsigned slots;
    unsigned shown;
} pg_ring_t;

#define RING(sym, name, buckets) \
    [PG_PERIOD_##sym] = { .slots = PG_SLOTS(sym), .shown = (buckets), \
                          .at = PG_AT_##sym },
#define PG_AT_MINUTE 0
#define PG_AT_HOUR   PG_SLOTS_MINUTE
#define PG_AT_DAY    (PG_AT_HOUR + PG_SLOTS_HOUR)
#define PG_AT_MONTH  (PG_AT_DAY + PG_SLOTS_DAY)

static const pg_ring_t rings[PG_PERIOD_COUNT] = { PG_PERIODS(RING) };

#define ENOUGH(sym, name, buckets) \
    static_assert((buckets) < PG_SLOTS(sym), "a spare slot");
PG_PERIODS(ENOUGH)

/* The bucket of each period but months; false for a time out of range. */
static bool days_of(apr_int64_t out[PG_PERIOD_COUNT], apr_time_t time)
{
    apr_int64_t second = time / SECOND;
    apr_uint32_t minute = (apr_uint32_t)(second / 60);

    if (time < 0 || second > LAST_SECOND) {
        for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
            out[p] = -1;
        }
        return false;
    }
    out[PG_PERIOD_MINUTE] = minute;
    out[PG_PERIOD_HOUR] = minute / 60;
    out[PG_PERIOD_DAY] = minute / (24 * 60);
    return true;
}

/* The bucket of each period. `memory` caches the month of the last day that
 * was looked up. */
static bool buckets_now(apr_int64_t out[PG_PERIOD_COUNT], apr_time_t time,
                        pg_word_t *memory)
{
    apr_uint64_t known = pg_word_get(memory);
    apr_uint64_t day;

    if (!days_of(out, time)) {
        return false;
    }
    day = (apr_uint64_t)out[PG_PERIOD_DAY];
    /* memory begins as 0, and day 0 is in month 0 */
    if (known >> 32 != day) {
        known = day << 32 | (apr_uint64_t)pg_calendar_month((apr_int64_t)day);
        pg_word_set(memory, known);
    }
    out[PG_PERIOD_MONTH] = (apr_int64_t)(known & 0xffffffffu);
    return true;
}

apr_int64_t pg_series_number(pg_period_e period, apr_time_t time)
{
    apr_int64_t buckets[PG_PERIOD_COUNT];

    if (days_of(buckets, time) && period == PG_PERIOD_MONTH) {
        return pg_calendar_month(buckets[PG_PERIOD_DAY]);
    }
    return buckets[period];
}

apr_time_t pg_series_start(pg_period_e period, apr_int64_t bucket)
{
    static const apr_int64_t seconds[PG_PERIOD_COUNT] = {
        [PG_PERIOD_MINUTE] = 60,
        [PG_PERIOD_HOUR] = 3600,
        [PG_PERIOD_DAY] = DAY_SECONDS,
    };

    if (period == PG_PERIOD_MONTH) {
        return pg_calendar_month_start(bucket) * DAY_SECONDS * SECOND;
    }
    return bucket * seconds[period] * SECOND;
}

/* --- cells --------------------------------------------------------------- */

static apr_uint64_t turn_tag(apr_int64_t bucket, unsigned slots)
{
    return (apr_uint64_t)bucket / slots + 1;     /* 0: never written      */
}

/* Add n to a cell under a tag; the count of another turn is replaced. Times
 * are within the ring's range, so a later turn can only be from a clock that
 * was wrong for a while. */
static inline void cell_add(pg_word_t *cell, apr_uint64_t tag, apr_uint64_t n)
{
    apr_uint64_t seen = pg_word_get(cell);

    /* A swap fails only when another writer's succeeds; the bound is for a
     * process that scribbles over the cell. */
    for (int tries = 0; tries < 100; tries++) {
        if (pg_cell_tag(seen) == tag) {
            pg_cell_add(cell, tag, n);
            return;
        }
        if (pg_word_swap(cell, &seen, pg_cell_make(tag, n))) {
            return;
        }
    }
}

/* Inlined with a constant ring, so that its divisions are cheap. */
static inline void add_to_ring(pg_lane_t *lane, unsigned kind,
                               apr_int64_t at, pg_ring_t ring)
{
    apr_uint32_t bucket = (apr_uint32_t)at;
    apr_uint32_t turn = bucket / ring.slots;
    apr_uint32_t row = ring.at + bucket - turn * ring.slots;

    cell_add(&lane->history[row][kind], turn + 1, 1);
}

/* Events of the last minute are within the range of every ring. */
static bool is_recent(apr_time_t time, apr_time_t now)
{
    return time <= now && now - time <= 60 * SECOND;
}

void pg_series_add(pg_lane_t *lane, unsigned kind, apr_time_t time,
                   apr_time_t now)
{
    apr_int64_t at[PG_PERIOD_COUNT], then[PG_PERIOD_COUNT];
    const apr_int64_t *today = NULL;

    if (!buckets_now(at, time, &lane->month)) {
        return;
    }
    if (!is_recent(time, now)) {
        today = then;
        if (days_of(then, now)) {
            then[PG_PERIOD_MONTH] = then[PG_PERIOD_DAY] == at[PG_PERIOD_DAY]
                ? at[PG_PERIOD_MONTH]
                : pg_calendar_month(then[PG_PERIOD_DAY]);
        }
    }
#define ADD(sym, name, buckets)                                              \
    if (today == NULL || (at[PG_PERIOD_##sym] <= today[PG_PERIOD_##sym]      \
                          && at[PG_PERIOD_##sym]                             \
                                 > today[PG_PERIOD_##sym] - (buckets))) {    \
        add_to_ring(lane, kind, at[PG_PERIOD_##sym],                         \
                    (pg_ring_t){ .at = PG_AT_##sym,                          \
                                 .slots = PG_SLOTS(sym) });                  \
    }
    PG_PERIODS(ADD)
#undef ADD
}

/* --- snapshot ------------------------------------------------------------ */

static void copy_row(pg_bucket_t *out, const pg_word_t *row, apr_uint64_t tag)
{
    pg_class_e c;
    pg_family_e f;

    for (unsigned kind = 0; kind < PG_KINDS; kind++) {
        apr_uint64_t word = pg_word_get(&row[kind]);
        apr_uint64_t n = pg_cell_count(word);

        if (pg_cell_tag(word) == tag && pg_layout_kind_split(kind, &c, &f)) {
            out->by_class[c] += n;
            out->by_family[f] += n;
            out->attempts += n;
        }
    }
}

static void copy_period(pg_series_t *out, const pg_ledger_t *ledger,
                        pg_period_e period, apr_time_t now, apr_pool_t *pool)
{
    const pg_ring_t *ring = &rings[period];
    apr_int64_t last = pg_series_number(period, now);
    apr_int64_t first = last < ring->shown ? 0 : last - ring->shown + 1;
    pg_bucket_t *buckets;

    if (last < 0) {
        return;
    }
    out->n = (apr_size_t)(last - first + 1);
    buckets = apr_pcalloc(pool, sizeof(*buckets) * out->n);
    out->bucket = buckets;
    for (apr_int64_t b = first; b <= last; b++, buckets++) {
        apr_uint64_t row = ring->at + (apr_uint64_t)b % ring->slots;
        buckets->start = pg_series_start(period, b);
        for (unsigned i = 0; i < ledger->sizes.lanes; i++) {
            copy_row(buckets, pg_layout_lane(ledger, i)->history[row],
                     turn_tag(b, ring->slots));
        }
    }
}

void pg_series_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool)
{
    for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
        copy_period(&out->series[p], ledger, (pg_period_e)p, out->taken,
                    pool);
    }
}

/* --- merge --------------------------------------------------------------- */

static void merge_ring(const pg_ledger_t *into, const pg_lane_t *lane,
                       const pg_ring_t *ring, apr_int64_t today)
{
    pg_word_t *to = &pg_layout_lane(into, 0)->history[ring->at][0];
    const pg_word_t *cells = &lane->history[ring->at][0];

    for (unsigned w = 0; w < ring->slots * PG_KINDS; w++) {
        apr_uint64_t word = pg_word_get(&cells[w]);
        apr_uint64_t tag = pg_cell_tag(word);
        apr_int64_t bucket = ((apr_int64_t)tag - 1) * ring->slots
                             + w / PG_KINDS;
        if (bucket <= today && bucket > today - ring->shown) {
            cell_add(&to[w], tag, pg_cell_count(word));
        }
    }
}

void pg_series_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_time_t now)
{
    for (unsigned i = 0; i < from->sizes.lanes; i++) {
        for (unsigned p = 0; p < PG_PERIOD_COUNT; p++) {
            merge_ring(into, pg_layout_lane(from, i), &rings[p],
                       pg_series_number((pg_period_e)p, now));
        }
    }
}
