/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Did the client choose where mod_proxy is about to go? Pure: what the
 * configuration names is in pg_backends.h, what is ours in pg_own.h; here the
 * rest is looked for in what the client sent. */
#ifndef PG_CHOSEN_H
#define PG_CHOSEN_H

#include "pg_backends.h"
#include "pg_own.h"

typedef enum pg_chosen_e {
    PG_CHOSEN_NOT,       /* literal, ours, or from neither (a map, a script) */
    PG_CHOSEN_NAME,      /* a name, from the Host field alone, where this
                            server's own names are not known              */
    PG_CHOSEN_PORT,      /* a literal host or ours, on the client's port  */
    PG_CHOSEN_HOST       /* the client's host                             */
} pg_chosen_e;

/** What one request is judged by. */
typedef struct pg_chosen_in_t {
    const pg_backends_t *backends;
    const pg_own_t *own;
    const pg_address_t *local;   /* address it came in on, NULL = unknown;
                                    own knows its port                    */
    bool names_known;
    pg_span_t host;              /* Host, or :authority                   */
    const pg_span_t *texts;      /* all else that the client sent: target
                                    and fields, as received               */
    apr_size_t text_count;
    char *work;                  /* at least as long as the longest text  */
} pg_chosen_in_t;

/**
 * Judge a destination.
 *
 * Each text is searched as received, with its percent-escapes undone, and with
 * them undone again (as mod_rewrite's "int:unescape" does). A name with a dot,
 * an address or "localhost" is looked for anywhere in it, since a rule may cut
 * the text anywhere; any other name counts as a whole word only.
 *
 * Total; no allocation.
 */
pg_chosen_e pg_chosen_judge(const pg_chosen_in_t *in,
                            const pg_destination_t *destination);

#endif
