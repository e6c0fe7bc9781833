/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_intent.h"

#include "pg_address.h"
#include "pg_named.h"
#include "pg_target.h"

PG_NAMED_FUNCTION(pg_intent_name, pg_intent_e, PG_INTENTS)

typedef struct row_t {
    pg_span_t text;
    pg_intent_e intent;
} row_t;

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define ROW(literal, what) { { (literal), sizeof(literal) - 1 }, (what) }

/* A host, or any name below it; each of eight octets at least. */
static const row_t hosts[] = {
    /* AWS, Azure, Google, OpenStack: "instance metadata" in their manuals */
    ROW("169.254.169.254", PG_INTENT_METADATA),
    ROW("169.254.170.2", PG_INTENT_METADATA),      /* AWS ECS: task roles    */
    ROW("fd00:ec2::254", PG_INTENT_METADATA),      /* AWS, IPv6              */
    ROW("100.100.100.200", PG_INTENT_METADATA),    /* Alibaba Cloud          */
    ROW("metadata.google.internal", PG_INTENT_METADATA),
    /* RFC 6761 6.3 */
    ROW("localhost", PG_INTENT_LOCAL),
    /* services that answer with the caller's address or header fields, by
     * their own pages */
    ROW("azenv.net", PG_INTENT_CHECK),
    ROW("proxyjudge.us", PG_INTENT_CHECK),
    ROW("proxyjudge.info", PG_INTENT_CHECK),
    ROW("ipify.org", PG_INTENT_CHECK),
    ROW("httpbin.org", PG_INTENT_CHECK),
    ROW("ifconfig.me", PG_INTENT_CHECK),
    ROW("ifconfig.co", PG_INTENT_CHECK),
    ROW("icanhazip.com", PG_INTENT_CHECK),
    ROW("ipinfo.io", PG_INTENT_CHECK),
    ROW("ip-api.com", PG_INTENT_CHECK),
    ROW("ipecho.net", PG_INTENT_CHECK),
    ROW("ident.me", PG_INTENT_CHECK),
    ROW("wtfismyip.com", PG_INTENT_CHECK),
    ROW("myip.com", PG_INTENT_CHECK),
    ROW("checkip.amazonaws.com", PG_INTENT_CHECK),
    ROW("checkip.dyndns.org", PG_INTENT_CHECK),
    ROW("whatismyipaddress.com", PG_INTENT_CHECK),
    /* captive portal tests of Android, Firefox, Windows, macOS */
    ROW("connectivitycheck.gstatic.com", PG_INTENT_CHECK),
    ROW("detectportal.firefox.com", PG_INTENT_CHECK),
    ROW("msftconnecttest.com", PG_INTENT_CHECK),
    ROW("captive.apple.com", PG_INTENT_CHECK),
    /* resolvers of RFC 8484, by their operators' pages */
    ROW("dns.google", PG_INTENT_DNS),
    ROW("cloudflare-dns.com", PG_INTENT_DNS),
    ROW("dns.quad9.net", PG_INTENT_DNS),
    ROW("doh.opendns.com", PG_INTENT_DNS),
    ROW("dns.adguard-dns.com", PG_INTENT_DNS),
    /* mining pools, by their own pages */
    ROW("minexmr.com", PG_INTENT_MINING),
    ROW("supportxmr.com", PG_INTENT_MINING),
    ROW("moneroocean.stream", PG_INTENT_MINING),
    ROW("hashvault.pro", PG_INTENT_MINING),
    ROW("nanopool.org", PG_INTENT_MINING),
    ROW("2miners.com", PG_INTENT_MINING),
    ROW("f2pool.com", PG_INTENT_MINING),
    ROW("nicehash.com", PG_INTENT_MINING),
    ROW("c3pool.com", PG_INTENT_MINING),
    /* networks that pay for views and clicks, by their own pages */
    ROW("doubleclick.net", PG_INTENT_ADS),
    ROW("googlesyndication.com", PG_INTENT_ADS),
    ROW("googleadservices.com", PG_INTENT_ADS),
    ROW("adnxs.com", PG_INTENT_ADS),
    ROW("criteo.com", PG_INTENT_ADS),
    ROW("taboola.com", PG_INTENT_ADS),
    ROW("outbrain.com", PG_INTENT_ADS),
    ROW("popads.net", PG_INTENT_ADS),
};

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

typedef struct port_t {
    apr_uint16_t first, last;
    pg_intent_e intent;
} port_t;

static const port_t ports[] = {
    { 22, 22, PG_INTENT_SSH },                    /* RFC 4253 4             */
    { 25, 25, PG_INTENT_MAIL },                   /* RFC 5321               */
    { 465, 465, PG_INTENT_MAIL },                 /* RFC 8314               */
    { 587, 587, PG_INTENT_MAIL },                 /* RFC 6409               */
    { 2525, 2525, PG_INTENT_MAIL },               /* providers' alternative */
    { 3333, 3333, PG_INTENT_MINING },             /* Stratum, by habit      */
    { 14433, 14444, PG_INTENT_MINING },           /* nanopool's             */
    { 3389, 3389, PG_INTENT_RDP },                /* IANA: ms-wbt-server    */
    { 6660, 6669, PG_INTENT_IRC },                /* IANA: ircu             */
    { 6697, 6697, PG_INTENT_IRC },                /* RFC 7194               */
};


static apr_uint64_t last_eight(pg_span_t s)
{
    apr_uint64_t word;

    memcpy(&word, s.ptr + s.len - sizeof(word), sizeof(word));
    return word;
}

/* Every attempt comes here: its end is compared as one word. */
static pg_intent_e of_name(pg_span_t host)
{
    apr_uint64_t end;

    if (host.len && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    if (host.len < sizeof(end)) {
        return PG_INTENT_UNKNOWN;
    }
    end = pg_octet_lower8(last_eight(host));
    for (apr_size_t i = 0; i < ROWS(hosts); i++) {
        pg_span_t name = hosts[i].text;
        apr_size_t before = host.len - name.len;

        if (end == last_eight(name) && host.len >= name.len
            && pg_span_ieq(pg_span_from(host, before), name)
            && (before == 0 || host.ptr[before - 1] == '.')) {
            return hosts[i].intent;
        }
    }
    return PG_INTENT_UNKNOWN;
}

/* RFC 1918, RFC 3927, RFC 4193. */
static bool is_private(const pg_address_t *a)
{
    const unsigned char *o = a->octets, *v4 = a->octets + 12;

    if (pg_address_is_ipv4(a)) {
        return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16)
               || (v4[0] == 192 && v4[1] == 168)
               || (v4[0] == 169 && v4[1] == 254);
    }
    return (o[0] & 0xfe) == 0xfc || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
}

static bool may_be_address(pg_span_t host)
{
    return host.len && (pg_octet_is_digit(host.ptr[host.len - 1])
                        || pg_span_find(host, ':') < host.len);
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
           : is_private(&address) ? PG_INTENT_PRIVATE : PG_INTENT_UNKNOWN;
}

static pg_intent_e of_path(pg_span_t path)
{
    path = pg_span_upto(path, pg_span_find(path, '?'));
    for (apr_size_t i = 0; i < ROWS(paths) && path.len; i++) {
        if (memmem(path.ptr, path.len, paths[i].text.ptr,
                   paths[i].text.len)) {
            return paths[i].intent;
        }
    }
    return PG_INTENT_UNKNOWN;
}

static pg_intent_e of_port(apr_uint16_t port)
{
    for (apr_size_t i = 0; i < ROWS(ports); i++) {
        if (port >= ports[i].first && port <= ports[i].last) {
            return ports[i].intent;
        }
    }
    return PG_INTENT_UNKNOWN;
}

pg_intent_e pg_intent_of(pg_span_t host, apr_uint16_t port, pg_span_t path)
{
    pg_intent_e intent = host.len ? of_host(host) : PG_INTENT_UNKNOWN;

    if (intent == PG_INTENT_UNKNOWN) {
        intent = of_path(path);
    }
    return intent == PG_INTENT_UNKNOWN ? of_port(port) : intent;
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
                        (apr_uint16_t)(port < 65536 ? port : 0),
                        (pg_span_t){ .ptr = NULL, .len = 0 });
}

pg_intent_e pg_intent_of_verdict(const pg_verdict_t *verdict)
{
    pg_target_t parts = { .path = { .ptr = NULL, .len = 0 } };

    switch (verdict->class_id) {
    case PG_CLASS_CLEAN:
    case PG_CLASS_FOREIGN_HOST:
        return PG_INTENT_UNKNOWN;
    case PG_CLASS_CONNECT_TLS:
    case PG_CLASS_CONNECT_MAIL:
    case PG_CLASS_CONNECT_OTHER:
        break;                   /* authority-form has no path            */
    default:
        pg_target_parse(&parts, verdict->target);
    }
    return pg_intent_of(verdict->host, verdict->port, parts.path);
}
