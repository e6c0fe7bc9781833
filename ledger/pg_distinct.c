/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_distinct.h"

#include <math.h>

#include "pg_series.h"

#define REGISTER_BITS 6
#define TAG_BITS 48
#define REGISTERS_MASK (((apr_uint64_t)1 << TAG_BITS) - 1)
#define TOTAL_TAG 1

/* A sketch: 2^bits registers that are valid under a tag. */
typedef struct pg_sketch_t {
    pg_word_t *words;
    unsigned bits;
    apr_uint64_t tag;
} pg_sketch_t;

static pg_sketch_t total_sketch(const pg_ledger_t *ledger)
{
    return (pg_sketch_t){ .words = ledger->common->sketch,
                          .bits = PG_SKETCH_BITS, .tag = TOTAL_TAG };
}

static pg_sketch_t day_sketch(const pg_ledger_t *ledger, apr_int64_t day)
{
    apr_uint64_t turn = (apr_uint64_t)day / PG_DAY_SKETCHES + 1;

    return (pg_sketch_t){
        .words = ledger->common->day[(apr_uint64_t)day % PG_DAY_SKETCHES],
        .bits = PG_DAY_BITS,
        .tag = turn & 0xffff,
    };
}

static unsigned field(apr_uint64_t word, unsigned at)
{
    return (unsigned)(word >> (at * REGISTER_BITS)) & 63;
}

/* Each register of a word becomes the greater of the two. */
static apr_uint64_t greater(apr_uint64_t a, apr_uint64_t b)
{
    apr_uint64_t out = 0;

    for (unsigned at = 0; at < 8; at++) {
        unsigned x = field(a, at), y = field(b, at);
        out |= (apr_uint64_t)(x > y ? x : y) << (at * REGISTER_BITS);
    }
    return out;
}

static void raise_word(pg_word_t *word, apr_uint64_t tag,
                       apr_uint64_t registers)
{
    apr_uint64_t seen = pg_word_get(word);

    for (int tries = 0; tries < 100; tries++) {
        apr_uint64_t old = seen >> TAG_BITS == tag ? seen : 0;
        apr_uint64_t value = tag << TAG_BITS | greater(old, registers);
        if (value == seen || pg_word_swap(word, &seen, value)) {
            return;
        }
    }
}

static void sketch_add(const pg_sketch_t *sketch, apr_uint64_t hash)
{
    apr_uint64_t index = hash >> (64 - sketch->bits);
    /* The bit that is set below ends the run of zeros at 64 - bits. */
    apr_uint64_t rest = hash << sketch->bits
                        | (apr_uint64_t)1 << (sketch->bits - 1);
    unsigned rank = (unsigned)__builtin_clzll(rest) + 1;
    pg_word_t *word = &sketch->words[index / 8];
    apr_uint64_t seen = pg_word_get(word);

    if (seen >> TAG_BITS == sketch->tag
        && field(seen, index % 8) >= rank) {
        return;
    }
    raise_word(word, sketch->tag,
               (apr_uint64_t)rank << (index % 8 * REGISTER_BITS));
}

void pg_distinct_add(pg_ledger_t *ledger, apr_uint64_t hash,
                     apr_time_t time, apr_time_t now)
{
    pg_sketch_t sketch = total_sketch(ledger);
    apr_int64_t day = pg_series_number(PG_PERIOD_DAY, time);
    apr_int64_t today = now == time
                            ? day : pg_series_number(PG_PERIOD_DAY, now);

    sketch_add(&sketch, hash);
    if (day >= 0 && day <= today && day > today - PG_DAY_SKETCHES) {
        sketch = day_sketch(ledger, day);
        sketch_add(&sketch, hash);
    }
}

/* --- estimate ------------------------------------------------------------ */

static double sigma(double x)
{
    double y = 1, z = x, before;

    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (z > before);
    return z;
}

static double tau(double x)
{
    double y = 1, z = 1 - x, before;

    if (x <= 0 || x >= 1) {
        return 0;
    }
    do {
        x = sqrt(x);
        before = z;
        y *= 0.5;
        z -= (1 - x) * (1 - x) * y;
    } while (z < before);
    return z / 3;
}

static double ertl(const unsigned count[66], unsigned bits)
{
    double m = (double)((apr_uint64_t)1 << bits);
    unsigned q = 64 - bits;
    double z;

    if (count[0] == 1u << bits) {
        return 0;
    }
    z = m * tau(1 - count[q + 1] / m);
    for (unsigned k = q; k >= 1; k--) {
        z = 0.5 * (z + count[k]);
    }
    z += m * sigma(count[0] / m);
    return m * m / (2 * 0.69314718055994530942 * z);
}

static pg_distinct_t estimate(const pg_sketch_t *sketch)
{
    unsigned count[66] = { 0 };
    unsigned most = 64 - sketch->bits + 1;
    double m = (double)((apr_uint64_t)1 << sketch->bits);

    for (unsigned w = 0; w < 1u << (sketch->bits - 3); w++) {
        apr_uint64_t word = pg_word_get(&sketch->words[w]);
        if (word >> TAG_BITS != sketch->tag) {
            word = 0;
        }
        for (unsigned at = 0; at < 8; at++) {
            unsigned rank = field(word, at);
            count[rank > most ? most : rank]++;
        }
    }
    return (pg_distinct_t){
        .estimate = (apr_uint64_t)llround(ertl(count, sketch->bits)),
        .relative_error = 1.04 / sqrt(m),
    };
}

/* --- days ---------------------------------------------------------------- */

static pg_word_t *estimate_cell(const pg_ledger_t *ledger, apr_int64_t day)
{
    return &ledger->common->day_estimate[(apr_uint64_t)day % PG_SLOTS_DAY];
}

static apr_uint64_t estimate_tag(apr_int64_t day)
{
    return (apr_uint64_t)day / PG_SLOTS_DAY + 1;
}

static void keep(pg_ledger_t *ledger, apr_int64_t day, apr_uint64_t n)
{
    pg_word_t *cell = estimate_cell(ledger, day);
    apr_uint64_t seen = pg_word_get(cell);
    apr_uint64_t value = pg_cell_make(estimate_tag(day), n);

    if (n == 0 || (pg_cell_tag(seen) == estimate_tag(day)
                   && seen >= value)) {
        return;
    }
    /* Whoever is quicker knows the same or better. */
    pg_word_swap(cell, &seen, value);
}

static apr_uint64_t kept(const pg_ledger_t *ledger, apr_int64_t day)
{
    apr_uint64_t word = pg_word_get(estimate_cell(ledger, day));

    return pg_cell_tag(word) == estimate_tag(day) ? pg_cell_count(word) : 0;
}

void pg_distinct_tend(pg_ledger_t *ledger, apr_time_t now)
{
    apr_int64_t today = pg_series_number(PG_PERIOD_DAY, now);

    for (apr_int64_t day = today - PG_DAY_SKETCHES + 1; day <= today; day++) {
        if (day >= 0) {
            pg_sketch_t sketch = day_sketch(ledger, day);
            keep(ledger, day, estimate(&sketch).estimate);
        }
    }
}

static pg_distinct_t of_day(const pg_ledger_t *ledger, apr_int64_t day,
                            apr_int64_t today)
{
    pg_sketch_t sketch = day_sketch(ledger, day);
    pg_distinct_t out = { .estimate = 0 };

    if (day > today - PG_DAY_SKETCHES) {
        out = estimate(&sketch);
    }
    if (out.estimate == 0) {
        out.estimate = kept(ledger, day);
    }
    out.relative_error = 1.04 / sqrt((double)(1 << PG_DAY_BITS));
    return out;
}

void pg_distinct_copy(pg_snapshot_t *out, const pg_ledger_t *ledger,
                      apr_pool_t *pool)
{
    pg_sketch_t total = total_sketch(ledger);
    apr_int64_t today = pg_series_number(PG_PERIOD_DAY, out->taken);
    apr_int64_t shown = PG_SLOTS_DAY - 8;
    pg_day_distinct_t *days = apr_pcalloc(pool,
                                          sizeof(*days) * (apr_size_t)shown);
    apr_size_t n = 0;

    out->sources = estimate(&total);
    out->sources_elsewhere = pg_word_get(&ledger->common->elsewhere);
    for (apr_int64_t day = today - shown + 1; day <= today; day++) {
        pg_distinct_t one = { .estimate = 0 };
        if (day >= 0) {
            one = of_day(ledger, day, today);
        }
        if (one.estimate > 0) {
            days[n].start = pg_series_start(PG_PERIOD_DAY, day);
            days[n++].sources = one;
        }
    }
    out->days = days;
    out->day_count = n;
}

/* --- merge --------------------------------------------------------------- */

static void sketch_merge(const pg_sketch_t *into, const pg_sketch_t *from)
{
    for (unsigned w = 0; w < 1u << (into->bits - 3); w++) {
        apr_uint64_t word = pg_word_get(&from->words[w]);
        if (word >> TAG_BITS == from->tag && (word & REGISTERS_MASK) != 0) {
            raise_word(&into->words[w], into->tag, word & REGISTERS_MASK);
        }
    }
}

void pg_distinct_merge(pg_ledger_t *into, const pg_ledger_t *from,
                       apr_time_t now)
{
    pg_sketch_t a = total_sketch(into), b = total_sketch(from);
    apr_int64_t today = pg_series_number(PG_PERIOD_DAY, now);
    apr_int64_t day = today < PG_SLOTS_DAY ? 0 : today - PG_SLOTS_DAY + 1;

    pg_word_add(&into->common->elsewhere,
                pg_word_get(&from->common->elsewhere));
    if (into->head.key_id != from->head.key_id) {
        pg_word_add(&into->common->elsewhere, estimate(&b).estimate);
        return;
    }
    sketch_merge(&a, &b);
    for (; day <= today; day++) {
        keep(into, day, kept(from, day));
        if (day > today - PG_DAY_SKETCHES) {
            a = day_sketch(into, day);
            b = day_sketch(from, day);
            sketch_merge(&a, &b);
        }
    }
}
