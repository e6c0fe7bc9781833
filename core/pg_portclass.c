/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_portclass.h"

#include "pg_named.h"

/* What a port is for, by its number; 0 where nothing is known. Assignments
 * are those of the IANA service name and transport protocol port number
 * registry; "used" marks a port that is not registered for this but commonly
 * used so. Mail wins over TLS: 465 is submission over TLS (RFC 8314 7.3), and
 * what it carries is mail. */
static const unsigned char ports[] = {
    [22] = PG_PORTCLASS_LOGIN,          /* ssh                               */
    [23] = PG_PORTCLASS_LOGIN,          /* telnet                            */
    [25] = PG_PORTCLASS_MAIL,           /* smtp                              */
    [80] = PG_PORTCLASS_WEB,            /* http                              */
    [81] = PG_PORTCLASS_WEB,            /* used                              */
    [443] = PG_PORTCLASS_TLS,           /* https                             */
    [465] = PG_PORTCLASS_MAIL,          /* submissions                       */
    [563] = PG_PORTCLASS_TLS,           /* nntps; in mod_proxy's default
                                        AllowCONNECT                      */
    [587] = PG_PORTCLASS_MAIL,          /* submission                        */
    [591] = PG_PORTCLASS_WEB,           /* http-alt                          */
    [636] = PG_PORTCLASS_TLS,           /* ldaps                             */
    [853] = PG_PORTCLASS_TLS,           /* domain-s                          */
    [989] = PG_PORTCLASS_TLS,           /* ftps-data                         */
    [990] = PG_PORTCLASS_TLS,           /* ftps                              */
    [992] = PG_PORTCLASS_TLS,           /* telnets                           */
    [993] = PG_PORTCLASS_TLS,           /* imaps                             */
    [994] = PG_PORTCLASS_TLS,           /* used: ircs                        */
    [995] = PG_PORTCLASS_TLS,           /* pop3s                             */
    [1080] = PG_PORTCLASS_PROXY,        /* socks                             */
    [2525] = PG_PORTCLASS_MAIL,         /* used: smtp beside 25              */
    [3128] = PG_PORTCLASS_PROXY,        /* used: Squid                       */
    [3389] = PG_PORTCLASS_LOGIN,        /* ms-wbt-server                     */
    [5061] = PG_PORTCLASS_TLS,          /* sips                              */
    [5222] = PG_PORTCLASS_CHAT,         /* xmpp-client                       */
    [5223] = PG_PORTCLASS_CHAT,         /* used: xmpp over TLS               */
    [5900] = PG_PORTCLASS_LOGIN,        /* rfb                               */
    [6660] = PG_PORTCLASS_CHAT,         /* used: irc, to 6669                */
    [6661] = PG_PORTCLASS_CHAT,
    [6662] = PG_PORTCLASS_CHAT,
    [6663] = PG_PORTCLASS_CHAT,
    [6664] = PG_PORTCLASS_CHAT,
    [6665] = PG_PORTCLASS_CHAT,         /* ircu, to 6669                     */
    [6666] = PG_PORTCLASS_CHAT,
    [6667] = PG_PORTCLASS_CHAT,
    [6668] = PG_PORTCLASS_CHAT,
    [6669] = PG_PORTCLASS_CHAT,
    [6697] = PG_PORTCLASS_CHAT,         /* ircs-u                            */
    [7000] = PG_PORTCLASS_CHAT,         /* used: irc                         */
    [8000] = PG_PORTCLASS_WEB,          /* used                              */
    [8008] = PG_PORTCLASS_WEB,          /* http-alt                          */
    [8080] = PG_PORTCLASS_WEB,          /* http-alt                          */
    [8081] = PG_PORTCLASS_WEB,          /* used                              */
    [8118] = PG_PORTCLASS_PROXY,        /* privoxy                           */
    [8443] = PG_PORTCLASS_TLS,          /* used: https-alt                   */
    [8888] = PG_PORTCLASS_WEB,          /* used                              */
    [9050] = PG_PORTCLASS_PROXY,        /* used: Tor                         */
    [9150] = PG_PORTCLASS_PROXY,        /* used: Tor Browser                 */
    [9443] = PG_PORTCLASS_TLS,          /* used: https                       */
};

static const struct {
    pg_span_t scheme;
    apr_uint16_t port;
} schemes[] = {
    { { .ptr = "http",   .len = 4 }, 80 },
    { { .ptr = "https",  .len = 5 }, 443 },
    { { .ptr = "ws",     .len = 2 }, 80 },
    { { .ptr = "wss",    .len = 3 }, 443 },
    { { .ptr = "ftp",    .len = 3 }, 21 },
    { { .ptr = "ftps",   .len = 4 }, 990 },
    { { .ptr = "gopher", .len = 6 }, 70 },
    { { .ptr = "telnet", .len = 6 }, 23 },
    { { .ptr = "ssh",    .len = 3 }, 22 },
    { { .ptr = "rtsp",   .len = 4 }, 554 },
    { { .ptr = "ldap",   .len = 4 }, 389 },
    { { .ptr = "ldaps",  .len = 5 }, 636 },
    { { .ptr = "nntp",   .len = 4 }, 119 },
    { { .ptr = "wais",   .len = 4 }, 210 },
    { { .ptr = "cache_object", .len = 12 }, 3128 },
};

PG_NAMED_FUNCTION(pg_portclass_name, pg_portclass_e, PG_PORTCLASSES)

pg_portclass_e pg_portclass(apr_uint16_t port)
{
    unsigned what = port < sizeof(ports) ? ports[port] : PG_PORTCLASS_NONE;

    return what ? (pg_portclass_e)what
           : port ? PG_PORTCLASS_OTHER : PG_PORTCLASS_NONE;
}

apr_uint16_t pg_portclass_scheme(pg_span_t scheme)
{
    for (apr_size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (pg_span_ieq(scheme, schemes[i].scheme)) {
            return schemes[i].port;
        }
    }
    return 0;
}
