/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a TCP port is for, from the point of view of a client that wants a
 * relay to it: a short list of kinds, so that totals by port stay bounded. */
#ifndef PG_PORTCLASS_H
#define PG_PORTCLASS_H

#include "pg_span.h"

/* Append only: positions are stored in ledger files. */
#define PG_PORTCLASSES(X)                                                   \
    X(NONE,  "none")     /* no port, or none that can be used            */ \
    X(TLS,   "tls")      /* HTTP or another protocol inside TLS          */ \
    X(MAIL,  "mail")     /* handing in mail: SMTP, submission            */ \
    X(WEB,   "web")      /* plain HTTP                                   */ \
    X(LOGIN, "login")    /* remote login: SSH, Telnet, RDP, VNC          */ \
    X(PROXY, "proxy")    /* another proxy: HTTP, SOCKS, Tor              */ \
    X(CHAT,  "chat")     /* IRC, XMPP                                    */ \
    X(OTHER, "other")

#define PG_ENUM_PORTCLASS(sym, name) PG_PORTCLASS_##sym,
typedef enum pg_portclass_e {
    PG_PORTCLASSES(PG_ENUM_PORTCLASS)
    PG_PORTCLASS_COUNT
} pg_portclass_e;
#undef PG_ENUM_PORTCLASS

/** The name above; "?" outside the list. */
const char *pg_portclass_name(pg_portclass_e value);

/** What a port is for; 0 gives PG_PORTCLASS_NONE. Constant time. */
pg_portclass_e pg_portclass(apr_uint16_t port);

/** The default port of a scheme ("http" gives 80), any case; 0 = unknown.
 *  @see RFC 9110 4.2, RFC 6455 3, and the IANA registries of URI schemes and
 *       of service names and port numbers */
apr_uint16_t pg_portclass_scheme(pg_span_t scheme);

#endif
