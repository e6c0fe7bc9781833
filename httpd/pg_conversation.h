/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* One conversation of the sink, on a client's connection: input goes to the
 * core, its replies go to the client and to nobody else, and each message goes
 * to the spool. */
#ifndef PG_CONVERSATION_H
#define PG_CONVERSATION_H

#include <httpd.h>

#include "pg_classify.h"
#include "pg_deadline.h"
#include "pg_slots.h"
#include "pg_spool.h"

/** What conversations share; read-only for them, except .deadlines. */
typedef struct pg_host_t {
    pg_spool_t *spool;
    pg_ledger_t *ledger;
    pg_deadlines_t *deadlines;
    pg_slots_limit_t limit;
    apr_size_t message_most;     /* octets                                */
    pg_keep_e keep;
} pg_host_t;

typedef struct pg_conversation_t pg_conversation_t;

/**
 * Make one from a request, and begin: the response is sent.
 * @param slot  is given back when the conversation ends
 * @return NULL when it cannot begin: the slot has been given back, nothing
 *         was sent
 */
pg_conversation_t *pg_conversation_begin(request_rec *r,
                                         const pg_verdict_t *verdict,
                                         const pg_host_t *host,
                                         const pg_slot_t *slot);

/**
 * Read what is there, and answer it.
 * @param wait  for the client, until the conversation ends
 * @return whether it continues
 */
bool pg_conversation_read(pg_conversation_t *talk, bool wait);

/** End it because this process stops: half a message is kept as half a
 *  message. */
void pg_conversation_stop(void *talk);

#endif
