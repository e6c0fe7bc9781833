/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The totals. One word counts an attempt by class, family, outcome, method
 * and port class at once, so all of these sums agree at every instant, also
 * after a kill. Virtual hosts are counted in a word beside it. */
#ifndef PG_TOTALS_H
#define PG_TOTALS_H

#include "pg_layout.h"

/** Which method it is; NONE for an absent or empty one. */
pg_method_e pg_totals_method(pg_span_t method);

/** Count one attempt of a kind below PG_KINDS. */
static inline void pg_totals_add(pg_lane_t *lane, unsigned kind,
                                 const pg_event_t *event)
{
    pg_method_e method = pg_totals_method(event->verdict.method);
    pg_portclass_e port = pg_portclass(event->verdict.port);

    pg_word_add(&lane->total[kind][event->outcome][method][port], 1);
}

/** The word in which an attempt of that outcome is counted. */
static inline pg_word_t *pg_totals_word(pg_lane_t *lane, unsigned kind,
                                        const pg_event_t *event,
                                        pg_outcome_e outcome)
{
    pg_method_e method = pg_totals_method(event->verdict.method);
    pg_portclass_e port = pg_portclass(event->verdict.port);

    return &lane->total[kind][outcome][method][port];
}

/** Slot of a virtual host; PG_VHOSTS: none, or the table is full. A new name
 *  takes a free slot for good: names come from the configuration. */
unsigned pg_totals_vhost(pg_ledger_t *ledger, pg_span_t name);

/** Give attempts that were counted without a name to a virtual host: so many of
 *  each outcome. Only while nobody else uses the ledger. */
void pg_totals_name(pg_ledger_t *ledger, pg_span_t name,
                    const apr_uint64_t *by_outcome);

/** Add up all lanes: attempts, count, by_family, by_method, by_port_class,
 *  by_intent, permitted, first, last. */
void pg_totals_copy(pg_snapshot_t *out, const pg_ledger_t *ledger);

/** The virtual hosts that were seen. */
void pg_totals_copy_vhosts(pg_snapshot_t *out, const pg_ledger_t *ledger,
                    apr_pool_t *pool);

/** Add all totals of one ledger to another's lane 0. */
void pg_totals_merge(pg_ledger_t *into, const pg_ledger_t *from,
                     apr_pool_t *pool);

#endif
