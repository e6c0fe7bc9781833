/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conn.h"

#include <http_config.h>
#include <http_log.h>

APLOG_USE_MODULE(proxyguard);

pg_conn_t *pg_conn_get(const conn_rec *c)
{
    return ap_get_module_config(c->conn_config, &proxyguard_module);
}

pg_conn_t *pg_conn_make(conn_rec *c)
{
    pg_conn_t *conn = pg_conn_get(c);

    if (conn == NULL) {
        conn = apr_pcalloc(c->pool, sizeof(*conn));
        ap_set_module_config(c->conn_config, &proxyguard_module, conn);
    }
    return conn;
}
