/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The client as logs write it: an address, a host name, or unknown. Not any
 * word in its place will do. */
#ifndef PG_CLIENT_H
#define PG_CLIENT_H

#include "pg_address.h"

typedef enum pg_client_e {
    PG_CLIENT_NONE,              /* neither                               */
    PG_CLIENT_ADDRESS,
    PG_CLIENT_NAME
} pg_client_e;

enum { PG_CLIENT_TEXT = 256 };

typedef struct pg_client_t {
    pg_client_e kind;
    pg_address_t address;
    bool with_port;              /* "address:port" was written            */
    int port;                    /* then: which                           */
    char text[PG_CLIENT_TEXT];   /* the address in its usual spelling, or
                                    the name; "" for none                 */
} pg_client_t;

/**
 * Read a client. "a, b" is a list and its first member counts; a port, the
 * brackets and the zone of an IPv6 address go; ::ffff:192.0.2.1 is 192.0.2.1.
 *
 * An IPv6 address without brackets has a port only if it would not be an
 * address otherwise.
 *
 * A name has letters, digits, '-', '_' and '.', a dot and a letter in its
 * last label; or it is "localhost".
 *
 * @param out  written in full
 * @return out->kind
 */
pg_client_e pg_client_read(pg_client_t *out, pg_span_t s);

/** "2001:db8::1:4711" without its port. Only the format of the log shows that
 *  the last group is a port.
 *  @return s when nothing after its last colon can be a port, or when what
 *          precedes that is not an IPv6 address */
pg_span_t pg_client_without_port(pg_span_t s);

/** Is its port one that servers listen on and clients hardly ever use:
 *  "192.0.2.1:443"? */
bool pg_client_listens(const pg_client_t *client);

/** An address that cannot be the client's own on the Internet: private,
 *  loopback or link-local. It is that of a load balancer, or a test. */
bool pg_client_is_private(const pg_client_t *client);

#endif
