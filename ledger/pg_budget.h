/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* How many lines may be written: so many a minute for each source, and so many
 * a minute in all. One small block in memory that all processes share;
 * no lock, no pointer, so that a process killed at any instruction leaves it
 * usable. It limits what is written, never what is counted.
 *
 * Noise must not hide anything:
 *   - lines have weights, and light ones may use only a part of the total: the
 *     rest is for heavier ones;
 *   - the first PG_BUDGET_FIRST lines of a source in a minute come from a
 *     reserve of their own, as large as the total: persistent sources do not
 *     use it up;
 *   - attempts that were relayed have a total of their own: no flood can hide
 *     the one line that reports that the server relays. */
#ifndef PG_BUDGET_H
#define PG_BUDGET_H

#include <stdbool.h>

#include <apr_time.h>

#include "pg_address.h"

typedef struct pg_budget_t pg_budget_t;

/** Lines a minute; 0 = no limit. */
typedef struct pg_rate_t {
    int source;                  /* up to PG_RATE_SOURCE_MAX              */
    int total;                   /* of each of the three: first lines,
                                    further ones, relayed attempts        */
} pg_rate_t;

/** As many as the shipped fail2ban jail waits for (maxretry). */
#define PG_BUDGET_FIRST 3

/** Lightest first. */
typedef enum pg_weight_e {
    PG_WEIGHT_NOISE,             /* a foreign Host that was let pass: an
                                    eighth, and no first lines            */
    PG_WEIGHT_ATTEMPT,           /* three quarters                        */
    PG_WEIGHT_TUNNEL,            /* CONNECT, a chosen backend: all        */
    PG_WEIGHT_CARRIED            /* it was relayed                        */
} pg_weight_e;

#define PG_RATE_SOURCE_MAX 10000
#define PG_RATE_TOTAL_MAX 1000000

/** A line to be written. */
typedef struct pg_asking_t {
    pg_address_t source;         /* all of an IPv6 /64 are one source     */
    pg_weight_e weight;
    apr_time_t now;              /* us since 1970                         */
} pg_asking_t;

/** Lines that were held back within one minute. */
typedef struct pg_held_t {
    apr_time_t minute;           /* us since 1970: its first instant      */
    apr_uint64_t by_source;      /* their source had no lines left        */
    apr_uint64_t by_total;       /* the server had none left              */
} pg_held_t;

#define PG_BUDGET_MINUTES 4

/** Octets of a block. */
apr_size_t pg_budget_size(void);

/**
 * Make a budget of a block of zeroed memory; before anybody shares it.
 * @param secret  random: without it nobody can choose addresses that fall into
 *                the place of another
 */
pg_budget_t *pg_budget_init(void *block, apr_uint64_t secret);

/**
 * May this line be written? Any process, any thread; a few atomic operations,
 * no allocation. Sources that find no place in the table (there are 4096 a
 * minute) are limited by the totals only.
 */
bool pg_budget_take(pg_budget_t *budget, const pg_rate_t *rate,
                    const pg_asking_t *asking);

/**
 * Take out the number of lines that were held back in one minute that ended
 * before `until`, so that it is reported once. At most PG_BUDGET_MINUTES are
 * kept: a caller should stop after so many calls, since others may add more.
 * @return false when there is none
 */
bool pg_budget_collect(pg_budget_t *budget, pg_held_t *out, apr_time_t until);

/** Lines held back since the block was made. */
apr_uint64_t pg_budget_held(pg_budget_t *budget);

#endif
