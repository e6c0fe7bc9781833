/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_upgrade.h"

#include <apr_atomic.h>
#include <apr_optional.h>
#include <http_protocol.h>

#include "pg_conn.h"
#include "pg_request.h"

/* mod_http2's; not every installation has its header. */
APR_DECLARE_OPTIONAL_FN(char *, http2_var_lookup, (apr_pool_t *, server_rec *,
                                                   conn_rec *, request_rec *,
                                                   char *));

/* Of pg_conn_t.upgrade. A stream has a thread of its own, so whoever moves it
 * on from MARKED counts. */
enum { NONE, MARKED, TAKEN, COUNTED };

void pg_upgrade_mark(request_rec *r, const pg_verdict_t *verdict)
{
    const char *upgrade = apr_table_get(r->headers_in, "Upgrade");
    pg_conn_t *conn;

    if (upgrade && r->connection->master == NULL
        && ap_find_token(r->pool, upgrade, "h2c")) {
        conn = pg_conn_make(r->connection);
        conn->asked = pg_request_keep(verdict, r->connection->pool);
        apr_atomic_set32(&conn->upgrade, MARKED);
    }
}

static bool is_first_stream(request_rec *r)
{
    APR_OPTIONAL_FN_TYPE(http2_var_lookup) *lookup =
        APR_RETRIEVE_OPTIONAL_FN(http2_var_lookup);
    char name[] = "H2_STREAM_ID";
    const char *id = lookup ? lookup(r->pool, r->server, r->connection, r,
                                     name) : NULL;

    return id && strcmp(id, "1") == 0;
}

bool pg_upgrade_is_second(request_rec *r)
{
    const conn_rec *below = r->connection->master;
    pg_conn_t *conn = below ? pg_conn_get(below) : NULL;

    return conn && apr_atomic_read32(&conn->upgrade) != NONE
           && is_first_stream(r);
}

const pg_verdict_t *pg_upgrade_take(const request_rec *r)
{
    pg_conn_t *conn = pg_conn_get(r->connection->master);

    return apr_atomic_cas32(&conn->upgrade, TAKEN, MARKED) == MARKED
           ? conn->asked : NULL;
}

bool pg_upgrade_is_taken(const request_rec *r)
{
    pg_conn_t *conn = r->connection->master ? NULL
                                            : pg_conn_get(r->connection);

    return conn
           && apr_atomic_cas32(&conn->upgrade, COUNTED, MARKED) == TAKEN;
}
