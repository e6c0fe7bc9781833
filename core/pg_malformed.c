/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_malformed.h"

#include "pg_portclass.h"

bool pg_malformed_is_name(pg_span_t host)
{
    char last = '.';

    for (apr_size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (c == '.' ? last == '.' : !pg_octet_is(c, PG_OCTET_DNS)) {
            return false;
        }
        last = c;
    }
    return host.len > 0;
}

/* A name of two labels or more, or "localhost". */
static bool is_full_name(pg_span_t host)
{
    return pg_malformed_is_name(host)
           && (pg_span_find(host, '.') + 1 < host.len
               || pg_span_ieq(host, PG_SPAN("localhost")));
}

/* Without a port only the name itself can tell "evil.com" from "login.cgi".
 * Top-level domains that are file name extensions as well (pl, py, sh, do, md,
 * so, ...) are left out on purpose: better to miss a typo than to flag a
 * page. */
static bool is_web_name(pg_span_t host)
{
    static const char *const endings[] = {
        "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz",
        "xyz", "online", "site", "top", "club", "shop", "dev", "onion",
        "test", "example", "invalid",                 /* RFC 2606         */
        "at", "be", "br", "ca", "ch", "cn", "co", "cz", "de", "dk", "es",
        "eu", "fi", "fr", "gr", "hk", "hu", "il", "io", "ir", "it", "jp",
        "kr", "mx", "my", "nl", "no", "nz", "ph", "pt", "ro", "ru", "se",
        "sg", "th", "tr", "tv", "tw", "ua", "uk", "us", "vn", "za", NULL
    };
    apr_size_t dot;

    host = pg_target_undotted(host);
    dot = pg_span_rfind(host, '.');
    if (dot == host.len || !pg_malformed_is_name(host)) {
        return false;
    }
    return pg_span_is_one_of(pg_span_from(host, dot + 1), endings)
           || (pg_span_istarts(host, PG_SPAN("www."))
               && pg_span_find(pg_span_from(host, 4), '.') < host.len - 4);
}

static bool is_named(const pg_authority_t *a)
{
    return pg_target_is_address(a)
           || (a->host_kind == PG_HOST_NAME && pg_malformed_is_name(a->host));
}

/* --- URLs ---------------------------------------------------------------- */

/* Length of "/", "\\", ":" or an escape of one at the front of s, or 0. */
static apr_size_t separator(pg_span_t s)
{
    if (s.len && strchr("/\\:", s.ptr[0]) && s.ptr[0]) {
        return 1;
    }
    return pg_span_istarts(s, PG_SPAN("%2f"))
           || pg_span_istarts(s, PG_SPAN("%5c"))
           || pg_span_istarts(s, PG_SPAN("%3a")) ? 3 : 0;
}

/* Does s continue as a URL does after its scheme? "http/x" is a relative path,
 * "http//x" and "http;//x" are not. */
static bool is_after_scheme(pg_span_t s)
{
    apr_size_t n = separator(s);

    if (n && (s.ptr[0] == ':' || pg_span_istarts(s, PG_SPAN("%3a"))
              || separator(pg_span_from(s, n)))) {
        return true;
    }
    return s.len && !pg_octet_is(s.ptr[0], PG_OCTET_DNS) && s.ptr[0] != '/'
           && pg_span_istarts(pg_span_from(s, 1), PG_SPAN("//"));
}

/* Blanks and quotes that were pasted in with a URL. */
static pg_span_t without_pasted(pg_span_t s)
{
    static const char *const pasted[] = {
        "%20", "%09", "%22", "%27", "%3c", NULL
    };

    while (pg_span_is_one_of(pg_span_upto(s, 3), pasted)) {
        s = pg_span_from(s, 3);
    }
    return s;
}

/* The length of a mangled URL's scheme; 0: not a URL. A web scheme needs only
 * its colon; any other needs "://" and nothing odd before it, since queries
 * and shell code contain URLs, too. */
static apr_size_t broken_scheme(pg_span_t s)
{
    static const char *const web[] = {
        "http", "https", "ftp", "ws", "wss", "gopher", NULL
    };
    apr_size_t n = 0;

    while (n < s.len && pg_octet_is_alpha(s.ptr[n])) {
        n++;
    }
    if (pg_span_is_one_of(pg_span_upto(s, n), web)
        && is_after_scheme(pg_span_from(s, n))) {
        return n;
    }
    n = 0;
    while (n < s.len
           && (pg_octet_is(s.ptr[n], PG_OCTET_SCHEME)
               || (unsigned char)s.ptr[n] >= 0x80
               || (s.ptr[n] && strchr("<\"'([{", s.ptr[n])))) {
        n++;
    }
    return n;
}

pg_malformed_e pg_malformed_url(pg_malformed_t *out, pg_span_t target)
{
    apr_size_t n, skip;
    pg_span_t rest, scheme;

    memset(out, 0, sizeof(*out));
    target = without_pasted(target);
    n = broken_scheme(target);
    rest = pg_span_from(target, n);
    scheme = pg_span_upto(target, n);
    if (pg_portclass_scheme(scheme) ? !is_after_scheme(rest)
                                    : !pg_span_istarts(rest, PG_SPAN("://"))) {
        return PG_MALFORMED_NO;
    }
    if (!separator(rest)) {
        rest = pg_span_from(rest, 1);        /* the ';' of "http;//"     */
    }
    while ((skip = separator(rest)) != 0) {
        rest = pg_span_from(rest, skip);
    }
    n = 0;
    while (n < rest.len && (rest.ptr[n] == ':'
                            || !separator(pg_span_from(rest, n)))
           && rest.ptr[n] != '?' && rest.ptr[n] != '#') {
        n++;
    }
    pg_target_authority(&out->authority, pg_span_upto(rest, n));
    out->port = out->authority.port_kind == PG_PORT_NONE
                ? pg_portclass_scheme(scheme) : out->authority.port;
    out->url = true;
    return out->what = PG_MALFORMED_URL;
}

/* --- authorities --------------------------------------------------------- */

pg_malformed_e pg_malformed_target(pg_malformed_t *out, pg_span_t target)
{
    const pg_authority_t *a = &out->authority;
    bool at, plain;

    /* "unix:/socket|http://host/" is how mod_proxy writes a backend. */
    if (pg_span_istarts(target, PG_SPAN("unix:"))
        && pg_span_find(target, '|') < target.len) {
        target = pg_span_from(target, pg_span_find(target, '|') + 1);
    }
    if (pg_malformed_url(out, target) == PG_MALFORMED_URL) {
        return out->what;
    }
    pg_target_authority(
        &out->authority,
        pg_span_upto(target, pg_span_find_any(target, "/\\?#")));
    out->port = a->port;
    out->url = true;
    /* "@host" and ":x@host" turn "http://backend" and a target put after it
     * into another host (CVE-2011-3368, CVE-2011-4317). */
    at = a->userinfo.ptr && (a->userinfo.len == 0
                             || a->userinfo.ptr[0] == ':');
    /* "mailto:me@host" and its like are not places to connect to. */
    plain = pg_span_find(a->userinfo, ':') == a->userinfo.len;
    if ((plain && (pg_target_is_address(a) || is_web_name(a->host)))
        || (is_named(a) && (at || a->port_kind == PG_PORT_OK))) {
        out->what = PG_MALFORMED_AUTHORITY;
    }
    return out->what;
}

/* --- lines without a method ---------------------------------------------- */

/* host:port, or host with the port as another word */
static bool is_destination(pg_malformed_t *out, pg_span_t host, pg_span_t port)
{
    pg_authority_t *a = &out->authority;

    pg_target_authority(a, host);
    if (!pg_target_is_address(a) && !is_full_name(a->host)) {
        return false;
    }
    if (a->port_kind == PG_PORT_NONE && port.len) {
        a->port_kind = pg_target_port(&a->port, port);
    }
    out->port = a->port;
    return a->port_kind == PG_PORT_OK;
}

/* telnet host port, open host, ...: commands of old gateways' prompts */
static bool is_spoken_order(pg_malformed_t *out, pg_span_t verb,
                            pg_span_t host, pg_span_t port)
{
    static const char *const verbs[] = {
        "telnet", "open", "connect", "conn", "ssh", "rlogin", "ftp", "nc",
        "ncat", "tcp", NULL
    };

    if (!pg_span_is_one_of(verb, verbs) || host.len == 0) {
        return false;
    }
    if (pg_malformed_url(out, host) == PG_MALFORMED_URL
        && is_named(&out->authority)) {
        return true;
    }
    memset(out, 0, sizeof(*out));
    return is_destination(out, host, port)
           || (port.len == 0
               && (pg_target_is_address(&out->authority)
                   || is_web_name(out->authority.host)));
}

pg_malformed_e pg_malformed_line(pg_malformed_t *out, pg_span_t first,
                                 pg_span_t second, pg_span_t rest)
{
    const pg_authority_t *a = &out->authority;
    bool http = pg_span_istarts(rest, PG_SPAN("HTTP/"));
    pg_span_t port = http ? PG_ABSENT : rest;

    if (first.len && pg_octet_is_alpha(first.ptr[0])
        && pg_malformed_url(out, first) == PG_MALFORMED_URL
        && (is_named(a) || (second.len == 0 && a->host_kind))) {
        return out->what = PG_MALFORMED_ORDER;
    }
    memset(out, 0, sizeof(*out));
    if (second.len == 0 && is_destination(out, first, second)) {
        return out->what = PG_MALFORMED_AUTHORITY;
    }
    if (port.len == 0 && second.len && is_destination(out, first, second)
        && a->port_text.ptr == NULL) {
        return out->what = PG_MALFORMED_ORDER;
    }
    if (is_spoken_order(out, first, second, port)) {
        return out->what = PG_MALFORMED_ORDER;
    }
    return PG_MALFORMED_NO;
}
