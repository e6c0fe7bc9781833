/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_destination.h"

#include "pg_portclass.h"

static void read_host(pg_destination_t *out, pg_span_t scheme,
                      pg_span_t authority)
{
    memset(out, 0, sizeof(*out));
    out->kind = PG_DESTINATION_HOST;
    out->scheme = scheme;
    pg_target_authority(&out->authority, authority);
    out->port = out->authority.port_kind == PG_PORT_NONE
                ? pg_portclass_scheme(scheme) : out->authority.port;
    if (out->authority.host.len == 0) {
        memset(out, 0, sizeof(*out));
    }
}

static int read_url(pg_destination_t out[PG_DESTINATION_READINGS],
                    pg_span_t scheme, pg_span_t rest)
{
    apr_size_t slash = pg_span_find(rest, '/');
    apr_size_t end = pg_span_find_any(rest, "/?#");

    read_host(&out[0], scheme, pg_span_upto(rest, end));
    if (end == slash) {
        return 1;
    }
    read_host(&out[1], scheme, pg_span_upto(rest, slash));
    return 2;
}

int pg_destination_parse(pg_destination_t out[PG_DESTINATION_READINGS],
                         pg_span_t name)
{
    apr_size_t colon = pg_span_find(name, ':');
    pg_span_t scheme = pg_span_upto(name, colon);
    pg_span_t rest = pg_span_from(name, colon + 1);

    memset(&out[0], 0, sizeof(out[0]));
    if (pg_span_ieq(scheme, PG_SPAN("unix"))) {
        out[0].kind = PG_DESTINATION_SOCKET;
        out[0].socket = pg_span_upto(rest, pg_span_find(rest, '|'));
        return 1;
    }
    if (pg_span_ieq(scheme, PG_SPAN("balancer"))) {
        out[0].kind = PG_DESTINATION_BALANCER;
        return 1;
    }
    return pg_span_istarts(rest, PG_SPAN("//"))
           ? read_url(out, scheme, pg_span_from(rest, 2)) : 1;
}
