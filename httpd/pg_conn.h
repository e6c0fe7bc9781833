/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the guard knows about a connection, in c->conn_config. */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <stdbool.h>

#include <httpd.h>

#include "pg_classify.h"

typedef struct pg_conn_t {
    apr_uint32_t upgrade;        /* atomic: pg_upgrade.c's                */
    const pg_verdict_t *asked;   /* on the request that asked for it      */
    bool through;                /* nothing more to do with what is read  */
    bool peeked;                 /* the first octets have been examined   */
    char held;                   /* a first octet that was read but not
                                    passed on; 0 = none                   */
    bool refused;                /* they were refused: read nothing more  */
    bool counted;                /* they were an attempt, and counted     */
    struct ap_filter_t *peek;    /* NULL: none in the chain               */
    struct pg_conversation_t *conversation;  /* the sink's; NULL: none    */
} pg_conn_t;

/** The record of c, or NULL if it has none yet. */
pg_conn_t *pg_conn_get(const conn_rec *c);

/** The record of c, made if it has none. Only the connection's own thread may
 *  call this. */
pg_conn_t *pg_conn_make(conn_rec *c);

#endif
