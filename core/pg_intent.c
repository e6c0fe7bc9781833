/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_intent.h"

#include <assert.h>
#include <limits.h>

#include "pg_address.h"
#include "pg_hash.h"
#include "pg_named.h"
#include "pg_target.h"

PG_NAMED_FUNCTION(pg_intent_name, pg_intent_e, PG_INTENTS)

typedef struct row_t {
    pg_span_t text;
    pg_intent_e intent;
} row_t;

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ROW(literal, what) { { (literal), sizeof(literal) - 1 }, (what) }

/*  A host, or any name below it, of eight octets at least: X(name, intent) */
#define HOSTS(X)                                                             \
    /* AWS, Azure, Google, OpenStack: "instance metadata" in their manuals */ \
    X("169.254.169.254", METADATA)                                           \
    X("169.254.170.2", METADATA)  /* AWS ECS: task roles */                  \
    X("fd00:ec2::254", METADATA)  /* AWS, IPv6 */                            \
    X("100.100.100.200", METADATA)  /* Alibaba Cloud */                      \
    X("metadata.google.internal", METADATA)                                  \
    /* RFC 6761 6.3 */                                                       \
    X("localhost", LOCAL)                                                    \
    /* services that answer with the caller's address or header fields, by   \
     * their own pages */                                                    \
    X("azenv.net", CHECK)                                                    \
    X("proxyjudge.us", CHECK)                                                \
    X("proxyjudge.info", CHECK)                                              \
    X("ipify.org", CHECK)                                                    \
    X("httpbin.org", CHECK)                                                  \
    X("ifconfig.me", CHECK)                                                  \
    X("ifconfig.co", CHECK)                                                  \
    X("icanhazip.com", CHECK)                                                \
    X("ipinfo.io", CHECK)                                                    \
    X("ip-api.com", CHECK)                                                   \
    X("ipecho.net", CHECK)                                                   \
    X("ident.me", CHECK)                                                     \
    X("wtfismyip.com", CHECK)                                                \
    X("myip.com", CHECK)                                                     \
    X("checkip.amazonaws.com", CHECK)                                        \
    X("checkip.dyndns.org", CHECK)                                           \
    X("whatismyipaddress.com", CHECK)                                        \
    /* captive portal tests of Android, Firefox, Windows, macOS */           \
    X("connectivitycheck.gstatic.com", CHECK)                                \
    X("detectportal.firefox.com", CHECK)                                     \
    X("msftconnecttest.com", CHECK)                                          \
    X("captive.apple.com", CHECK)                                            \
    /* resolvers of RFC 8484, by their operators' pages */                   \
    X("dns.google", DNS)                                                     \
    X("cloudflare-dns.com", DNS)                                             \
    X("dns.quad9.net", DNS)                                                  \
    X("doh.opendns.com", DNS)                                                \
    X("dns.adguard-dns.com", DNS)                                            \
    /* mining pools, by their own pages */                                   \
    X("minexmr.com", MINING)                                                 \
    X("supportxmr.com", MINING)                                              \
    X("moneroocean.stream", MINING)                                          \
    X("hashvault.pro", MINING)                                               \
    X("nanopool.org", MINING)                                                \
    X("2miners.com", MINING)                                                 \
    X("f2pool.com", MINING)                                                  \
    X("nicehash.com", MINING)                                                \
    X("c3pool.com", MINING)                                                  \
    /* networks that pay for views and clicks, by their own pages */         \
    X("doubleclick.net", ADS)                                                \
    X("googlesyndication.com", ADS)                                          \
    X("googleadservices.com", ADS)                                           \
    X("adnxs.com", ADS)                                                      \
    X("criteo.com", ADS)                                                     \
    X("taboola.com", ADS)                                                    \
    X("outbrain.com", ADS)                                                   \
    X("popads.net", ADS)

#define HOST_ROW(text, what) ROW(text, PG_INTENT_##what),
static const row_t hosts[] = { HOSTS(HOST_ROW) };

/* Their last eight octets, as pg_hash_load8() reads them. */
#define END(text, n) ((apr_uint64_t)(text)[sizeof(text) - 1 - (n)])
#define TAIL(text)                                                           \
    (END(text, 8) | END(text, 7) << 8 | END(text, 6) << 16                   \
     | END(text, 5) << 24 | END(text, 4) << 32 | END(text, 3) << 40          \
     | END(text, 2) << 48 | END(text, 1) << 56)
#define HOST_TAIL(text, what) TAIL(text),
static const apr_uint64_t tails[] = { HOSTS(HOST_TAIL) };

/* A bit for each of them: most hosts are not in the table, and for five in six
 * of those this filter says so. */
#define PLACE(tail) ((tail) * 0x9e3779b97f4a7c15u >> 56)
#define BIT(tail, word) ((apr_uint64_t)(PLACE(tail) / 64 == (word))          \
                         << PLACE(tail) % 64)
#define BIT0(text, what) | BIT(TAIL(text), 0)
#define BIT1(text, what) | BIT(TAIL(text), 1)
#define BIT2(text, what) | BIT(TAIL(text), 2)
#define BIT3(text, what) | BIT(TAIL(text), 3)
static const apr_uint64_t filter[4] = { 0 HOSTS(BIT0), 0 HOSTS(BIT1),
                                        0 HOSTS(BIT2), 0 HOSTS(BIT3) };

/* Scripts by their file's name, wherever they are installed. */
static const row_t paths[] = {
    ROW("/azenv.php", PG_INTENT_CHECK),            /* a PHP proxy judge      */
    ROW("/prxjdg.cgi", PG_INTENT_CHECK),           /* its Perl ancestor      */
    ROW("/proxyheader.php", PG_INTENT_CHECK),
    ROW("/generate_204", PG_INTENT_CHECK),         /* Android's portal test  */
    ROW("/dns-query", PG_INTENT_DNS),              /* RFC 8484 4.1           */
    ROW("/latest/meta-data", PG_INTENT_METADATA),  /* AWS, OpenStack         */
    ROW("/computeMetadata/", PG_INTENT_METADATA),  /* Google                 */
};

/* By number; 0, unknown, between them. */
#define TEN(port, what)                                                      \
    [(port)] = (what), [(port) + 1] = (what), [(port) + 2] = (what),         \
    [(port) + 3] = (what), [(port) + 4] = (what), [(port) + 5] = (what),     \
    [(port) + 6] = (what), [(port) + 7] = (what), [(port) + 8] = (what),     \
    [(port) + 9] = (what)
static const unsigned char ports[] = {
    [22] = PG_INTENT_SSH,                         /* RFC 4253 4             */
    [25] = PG_INTENT_MAIL,                        /* RFC 5321               */
    [465] = PG_INTENT_MAIL,                       /* RFC 8314               */
    [587] = PG_INTENT_MAIL,                       /* RFC 6409               */
    [2525] = PG_INTENT_MAIL,                      /* providers' alternative */
    [3333] = PG_INTENT_MINING,                    /* Stratum, by habit      */
    TEN(14433, PG_INTENT_MINING),                 /* nanopool's             */
    [14443] = PG_INTENT_MINING,
    [14444] = PG_INTENT_MINING,
    [3389] = PG_INTENT_RDP,                       /* IANA: ms-wbt-server    */
    TEN(6660, PG_INTENT_IRC),                     /* IANA: ircu             */
    [6697] = PG_INTENT_IRC,                       /* RFC 7194               */
};
static_assert(PG_INTENT_UNKNOWN == 0 && PG_INTENT_COUNT <= UCHAR_MAX,
              "octets");

static bool is_below(pg_span_t host, pg_span_t name)
{
    apr_size_t before = host.len - name.len;

    return host.len >= name.len
           && pg_span_ieq(pg_span_from(host, before), name)
           && (before == 0 || host.ptr[before - 1] == '.');
}

static pg_intent_e of_name(pg_span_t host)
{
    apr_uint64_t end;

    host = pg_target_undotted(host);
    if (host.len < sizeof(end)) {
        return PG_INTENT_UNKNOWN;
    }
    end = pg_octet_lower8(pg_hash_load8(host.ptr + host.len - sizeof(end)));
    if (!(filter[PLACE(end) / 64] >> PLACE(end) % 64 & 1)) {
        return PG_INTENT_UNKNOWN;
    }
    for (apr_size_t i = 0; i < ROWS(tails); i++) {
        if (end == tails[i] && is_below(host, hosts[i].text)) {
            return hosts[i].intent;
        }
    }
    return PG_INTENT_UNKNOWN;
}

/* Most names show by their ends that they are none: IPv6 begins with a
 * hexadecimal digit or a colon. */
static bool may_be_address(pg_span_t host)
{
    return host.len
           && (pg_octet_is_digit(host.ptr[host.len - 1])
               || ((pg_octet_is_hex(host.ptr[0]) || host.ptr[0] == ':')
                   && pg_span_find(host, ':') < host.len));
}

static pg_intent_e of_host(pg_span_t host)
{
    pg_address_t address;
    pg_intent_e intent;

    if (host.len > 2 && host.ptr[0] == '[') {
        host = pg_span_make(host.ptr + 1, host.len - 2);
    }
    intent = of_name(host);
    if (intent != PG_INTENT_UNKNOWN || !may_be_address(host)
        || !pg_address_parse(&address, host)) {
        return intent;
    }
    return pg_address_is_loopback(&address)
           || pg_address_is_unspecified(&address) ? PG_INTENT_LOCAL
           : pg_address_is_private(&address) ? PG_INTENT_PRIVATE
                                              : PG_INTENT_UNKNOWN;
}

static pg_intent_e of_path(pg_span_t path)
{
    path = pg_span_upto(path, pg_span_find(path, '?'));
    for (apr_size_t i = 0; i < ROWS(paths); i++) {
        pg_span_t text = paths[i].text;

        if (path.len >= text.len
            && memmem(path.ptr, path.len, text.ptr, text.len)) {
            return paths[i].intent;
        }
    }
    return PG_INTENT_UNKNOWN;
}

pg_intent_e pg_intent_of(pg_span_t host, apr_uint16_t port, pg_span_t path)
{
    pg_intent_e intent = host.len ? of_host(host) : PG_INTENT_UNKNOWN;

    if (intent == PG_INTENT_UNKNOWN && path.len) {
        intent = of_path(path);
    }
    return intent == PG_INTENT_UNKNOWN && port < sizeof(ports)
               ? (pg_intent_e)ports[port] : intent;
}

pg_intent_e pg_intent_of_key(pg_span_t key)
{
    apr_size_t colon = pg_span_rfind(key, ':');
    unsigned int port = 0;

    for (apr_size_t i = colon + 1; i < key.len && port < 65536; i++) {
        if (!pg_octet_is_digit(key.ptr[i])) {
            return PG_INTENT_UNKNOWN;
        }
        port = port * 10 + (unsigned int)(key.ptr[i] - '0');
    }
    return pg_intent_of(pg_span_upto(key, colon),
                        (apr_uint16_t)(port < 65536 ? port : 0), PG_ABSENT);
}

pg_intent_e pg_intent_of_verdict(const pg_verdict_t *verdict)
{
    pg_span_t path = { .ptr = NULL, .len = 0 };

    switch (verdict->class_id) {
    case PG_CLASS_CLEAN:
    case PG_CLASS_FOREIGN_HOST:
        return PG_INTENT_UNKNOWN;
    case PG_CLASS_CONNECT_TLS:
    case PG_CLASS_CONNECT_MAIL:
    case PG_CLASS_CONNECT_OTHER:
        break;                   /* authority-form has no path            */
    default:
        path = pg_target_path(verdict->target);
    }
    return pg_intent_of(verdict->host, verdict->port, path);
}
