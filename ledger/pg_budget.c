/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_budget.h"

#include <assert.h>
#include <stdatomic.h>

#include "pg_hash.h"

static_assert(ATOMIC_LLONG_LOCK_FREE == 2,
              "words shared between processes need lock-free atomics");

typedef _Atomic apr_uint64_t word_t;

/*  [ secret | held | cell[4] | slot[1024][4] ]           any process, atomic
 *
 *  Each word of a cell or slot carries the minute it belongs to, so nothing
 *  has to be cleared when a new minute begins: a word of another minute is an
 *  empty word.
 *
 *  tally   | minute:28 | count:36 |
 *  slot    | minute:20 | tag of the source:28 | lines:16 |
 */
enum { CELLS = PG_BUDGET_MINUTES, SETS = 1024, WAYS = 4 };
enum { COUNT_BITS = 36, TAG_BITS = 28, LINE_BITS = 16 };

#define MASK(bits) (((apr_uint64_t)1 << (bits)) - 1)

/* The pools that a minute's lines are taken from. */
enum { POOL_FIRST, POOL_MORE, POOL_CARRIED, POOLS };

typedef struct cell_t {
    word_t taken[POOLS];
    word_t by_source;
    word_t by_total;
} cell_t;

struct pg_budget_t {
    apr_uint64_t secret;         /* constant                              */
    word_t held;                 /* since the block was made              */
    cell_t cell[CELLS];          /* minute % CELLS                        */
    word_t slot[SETS][WAYS];
};

apr_size_t pg_budget_size(void)
{
    return sizeof(pg_budget_t);
}

pg_budget_t *pg_budget_init(void *block, apr_uint64_t secret)
{
    pg_budget_t *budget = block;

    budget->secret = secret;
    return budget;
}

static apr_uint64_t minute_of(apr_time_t t)
{
    return (apr_uint64_t)(t / apr_time_from_sec(60))
           & MASK(64 - COUNT_BITS);
}

/* --- tallies of a minute ------------------------------------------------- */

/* Add one in this minute. @return how many there were before */
static apr_uint64_t add(word_t *tally, apr_uint64_t minute)
{
    apr_uint64_t old = atomic_load(tally);

    if (old >> COUNT_BITS != minute
        && atomic_compare_exchange_strong(tally, &old,
                                          minute << COUNT_BITS | 1)) {
        return 0;
    }
    return atomic_fetch_add(tally, 1) & MASK(COUNT_BITS);
}

static bool hold(pg_budget_t *budget, word_t *tally, apr_uint64_t minute)
{
    add(tally, minute);
    atomic_fetch_add(&budget->held, 1);
    return false;
}

/* --- sources ------------------------------------------------------------- */

/* Noise and relayed attempts have accounts of their own, so that they use up
 * none of a source's other lines. */
static apr_uint64_t hash(const pg_budget_t *budget, const pg_asking_t *asking)
{
    pg_weight_e account = asking->weight == PG_WEIGHT_ATTEMPT
                              ? PG_WEIGHT_TUNNEL : asking->weight;
    pg_key_t key = { { budget->secret, account } };

    return pg_hash(&key, asking->source.octets,
                   pg_address_is_ipv4(&asking->source) ? 16 : 8);
}

static bool is_of(apr_uint64_t word, apr_uint64_t key)
{
    return word >> LINE_BITS == key;
}

enum { NONE_LEFT = 0, UNKNOWN = -1 };

/* Take a line from a slot of this source. The loop ends: the count only grows,
 * and a slot changes hands at most once a minute.
 * @return the line's number in this minute; NONE_LEFT; or UNKNOWN when the
 *         slot is another source's */
static int spend(word_t *slot, apr_uint64_t key, int limit)
{
    apr_uint64_t old = atomic_load(slot);

    while (is_of(old, key) && (int)(old & MASK(LINE_BITS)) < limit) {
        if (atomic_compare_exchange_weak(slot, &old, old + 1)) {
            return (int)(old & MASK(LINE_BITS)) + 1;
        }
    }
    return is_of(old, key) ? NONE_LEFT : UNKNOWN;
}

/* Never used, or not in this minute. */
static bool is_free(apr_uint64_t word, apr_uint64_t key)
{
    return word == 0 || word >> (TAG_BITS + LINE_BITS) != key >> TAG_BITS;
}

/* A free slot becomes this source's, unless another process is quicker,
 * perhaps for the same source. */
static int begin(word_t *slot, apr_uint64_t key, int limit)
{
    apr_uint64_t old = atomic_load(slot);

    if (is_free(old, key)) {
        atomic_compare_exchange_strong(slot, &old, key << LINE_BITS);
    }
    return spend(slot, key, limit);
}

static int nth_line(pg_budget_t *budget, apr_uint64_t minute, int limit,
                    const pg_asking_t *asking)
{
    apr_uint64_t h = hash(budget, asking);
    apr_uint64_t now = minute & MASK(64 - TAG_BITS - LINE_BITS);
    apr_uint64_t key = now << TAG_BITS | (h & MASK(TAG_BITS));
    word_t *set = budget->slot[(h >> TAG_BITS) % SETS], *room = NULL;

    for (int i = 0; i < WAYS; i++) {
        int nth = spend(&set[i], key, limit);

        if (nth != UNKNOWN) {
            return nth;
        }
        if (is_free(atomic_load(&set[i]), key)) {
            room = &set[i];
        }
    }
    return room ? begin(room, key, limit) : UNKNOWN;
}

/* --- totals -------------------------------------------------------------- */

/* How much of a pool lines of this weight may use. */
static apr_uint64_t share(pg_weight_e weight, int total)
{
    apr_uint64_t all = (apr_uint64_t)total;

    switch (weight) {
    case PG_WEIGHT_NOISE:
        return (all + 7) / 8;
    case PG_WEIGHT_ATTEMPT:
        return (all * 3 + 3) / 4;
    case PG_WEIGHT_TUNNEL:
    case PG_WEIGHT_CARRIED:
        break;
    }
    return all;
}

/* A line from a pool, unless lines of this weight have had their share. */
static bool take(word_t *pool, apr_uint64_t minute, apr_uint64_t most)
{
    apr_uint64_t old = atomic_load(pool), next;

    do {
        next = old >> COUNT_BITS == minute ? old + 1
                                           : (minute << COUNT_BITS | 1);
        if ((next & MASK(COUNT_BITS)) > most) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(pool, &old, next));
    return true;
}

static bool take_from_any(cell_t *cell, apr_uint64_t minute, int nth,
                          const pg_rate_t *rate, pg_weight_e weight)
{
    apr_uint64_t most = share(weight, rate->total);

    if (weight == PG_WEIGHT_CARRIED) {
        return take(&cell->taken[POOL_CARRIED], minute, most);
    }
    if (weight > PG_WEIGHT_NOISE && nth <= PG_BUDGET_FIRST
        && take(&cell->taken[POOL_FIRST], minute, most)) {
        return true;
    }
    return take(&cell->taken[POOL_MORE], minute, most);
}

bool pg_budget_take(pg_budget_t *budget, const pg_rate_t *rate,
                    const pg_asking_t *asking)
{
    apr_uint64_t minute = minute_of(asking->now);
    cell_t *cell = &budget->cell[minute % CELLS];
    int nth = rate->source > 0
                  ? nth_line(budget, minute, rate->source, asking) : UNKNOWN;

    if (nth == NONE_LEFT) {
        return hold(budget, &cell->by_source, minute);
    }
    if (rate->total > 0
        && !take_from_any(cell, minute, nth, rate, asking->weight)) {
        return hold(budget, &cell->by_total, minute);
    }
    return true;
}

/* --- report -------------------------------------------------------------- */

/* Empty a tally when its minute is over. @return its count */
static apr_uint64_t take_out(word_t *tally, apr_time_t until,
                             apr_time_t *minute)
{
    apr_uint64_t old = atomic_load(tally);
    apr_time_t start = (apr_time_t)(old >> COUNT_BITS)
                       * apr_time_from_sec(60);

    if (old == 0 || start + apr_time_from_sec(60) > until) {
        return 0;
    }
    *minute = start;
    return atomic_exchange(tally, 0) & MASK(COUNT_BITS);
}

bool pg_budget_collect(pg_budget_t *budget, pg_held_t *out, apr_time_t until)
{
    for (int i = 0; i < CELLS; i++) {
        cell_t *cell = &budget->cell[i];

        out->by_source = take_out(&cell->by_source, until, &out->minute);
        out->by_total = take_out(&cell->by_total, until, &out->minute);
        if (out->by_source || out->by_total) {
            return true;
        }
    }
    return false;
}

apr_uint64_t pg_budget_held(pg_budget_t *budget)
{
    return atomic_load(&budget->held);
}
