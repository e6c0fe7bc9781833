/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_intent.h"

#include "pg_address.h"
#include "pg_named.h"
#include "pg_target.h"

PG_NAMED_FUNCTION(pg_intent_name, pg_intent_e, PG_INTENTS)

typedef struct row_t {
    const char *text;
    pg_intent_e intent;
} row_t;

/* A host, or any name below it. */
static const row_t hosts[] = {
    /* AWS, Azure, Google, OpenStack: "instance metadata" in their manuals */
    { "169.254.169.254", PG_INTENT_METADATA },
    { "169.254.170.2", PG_INTENT_METADATA },      /* AWS ECS: task roles    */
    { "fd00:ec2::254", PG_INTENT_METADATA },      /* AWS, IPv6              */
    { "100.100.100.200", PG_INTENT_METADATA },    /* Alibaba Cloud          */
    { "metadata.google.internal", PG_INTENT_METADATA },
    /* RFC 6761 6.3 */
    { "localhost", PG_INTENT_LOCAL },
    /* services that answer with the caller's address or header fields, by
     * their own pages */
    { "azenv.net", PG_INTENT_CHECK },
    { "proxyjudge.us", PG_INTENT_CHECK },
    { "proxyjudge.info", PG_INTENT_CHECK },
    { "ipify.org", PG_INTENT_CHECK },
    { "httpbin.org", PG_INTENT_CHECK },
    { "ifconfig.me", PG_INTENT_CHECK },
    { "ifconfig.co", PG_INTENT_CHECK },
    { "icanhazip.com", PG_INTENT_CHECK },
    { "ipinfo.io", PG_INTENT_CHECK },
    { "ip-api.com", PG_INTENT_CHECK },
    { "ipecho.net", PG_INTENT_CHECK },
    { "ident.me", PG_INTENT_CHECK },
    { "wtfismyip.com", PG_INTENT_CHECK },
    { "myip.com", PG_INTENT_CHECK },
    { "checkip.amazonaws.com", PG_INTENT_CHECK },
    { "checkip.dyndns.org", PG_INTENT_CHECK },
    { "whatismyipaddress.com", PG_INTENT_CHECK },
    /* captive portal tests of Android, Firefox, Windows, macOS */
    { "connectivitycheck.gstatic.com", PG_INTENT_CHECK },
    { "detectportal.firefox.com", PG_INTENT_CHECK },
    { "msftconnecttest.com", PG_INTENT_CHECK },
    { "captive.apple.com", PG_INTENT_CHECK },
    /* resolvers of RFC 8484, by their operators' pages */
    { "dns.google", PG_INTENT_DNS },
    { "cloudflare-dns.com", PG_INTENT_DNS },
    { "dns.quad9.net", PG_INTENT_DNS },
    { "doh.opendns.com", PG_INTENT_DNS },
    { "dns.adguard-dns.com", PG_INTENT_DNS },
    /* mining pools, by their own pages */
    { "minexmr.com", PG_INTENT_MINING },
    { "supportxmr.com", PG_INTENT_MINING },
    { "moneroocean.stream", PG_INTENT_MINING },
    { "hashvault.pro", PG_INTENT_MINING },
    { "nanopool.org", PG_INTENT_MINING },
    { "2miners.com", PG_INTENT_MINING },
    { "f2pool.com", PG_INTENT_MINING },
    { "nicehash.com", PG_INTENT_MINING },
    { "c3pool.com", PG_INTENT_MINING },
    /* networks that pay for views and clicks, by their own pages */
    { "doubleclick.net", PG_INTENT_ADS },
    { "googlesyndication.com", PG_INTENT_ADS },
    { "googleadservices.com", PG_INTENT_ADS },
    { "adnxs.com", PG_INTENT_ADS },
    { "criteo.com", PG_INTENT_ADS },
    { "taboola.com", PG_INTENT_ADS },
    { "outbrain.com", PG_INTENT_ADS },
    { "popads.net", PG_INTENT_ADS },
};

/* Scripts by their file's name, wherever they are installed. */
static const row_t paths[] = {
    { "/azenv.php", PG_INTENT_CHECK },            /* a PHP proxy judge      */
    { "/prxjdg.cgi", PG_INTENT_CHECK },           /* its Perl ancestor      */
    { "/proxyheader.php", PG_INTENT_CHECK },
    { "/generate_204", PG_INTENT_CHECK },         /* Android's portal test  */
    { "/dns-query", PG_INTENT_DNS },              /* RFC 8484 4.1           */
    { "/latest/meta-data", PG_INTENT_METADATA },  /* AWS, OpenStack         */
    { "/computeMetadata/", PG_INTENT_METADATA },  /* Google                 */
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

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static bool is_below(pg_span_t host, pg_span_t name)
{
    pg_span_t end;

    if (host.len && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    if (host.len < name.len) {
        return false;
    }
    end = pg_span_from(host, host.len - name.len);
    return pg_span_ieq(end, name)
           && (end.ptr == host.ptr || end.ptr[-1] == '.');
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

static pg_intent_e of_host(pg_span_t host)
{
    pg_address_t address;

    if (host.len > 2 && host.ptr[0] == '[') {
        host = pg_span_make(host.ptr + 1, host.len - 2);
    }
    for (apr_size_t i = 0; i < ROWS(hosts); i++) {
        if (is_below(host, pg_span_str(hosts[i].text))) {
            return hosts[i].intent;
        }
    }
    if (!pg_address_parse(&address, host)) {
        return PG_INTENT_UNKNOWN;
    }
    return pg_address_is_loopback(&address)
           || pg_address_is_unspecified(&address) ? PG_INTENT_LOCAL
           : is_private(&address) ? PG_INTENT_PRIVATE : PG_INTENT_UNKNOWN;
}

static pg_intent_e of_path(pg_span_t path)
{
    path = pg_span_upto(path, pg_span_find(path, '?'));
    for (apr_size_t i = 0; i < ROWS(paths) && path.len; i++) {
        if (memmem(path.ptr, path.len, paths[i].text,
                   strlen(paths[i].text))) {
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
    pg_target_t parts;

    if (verdict->class_id == PG_CLASS_CLEAN
        || verdict->class_id == PG_CLASS_FOREIGN_HOST) {
        return PG_INTENT_UNKNOWN;
    }
    pg_target_parse(&parts, verdict->target);
    return pg_intent_of(verdict->host, verdict->port, parts.path);
}
