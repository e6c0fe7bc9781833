/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mask.h"

/* --- pseudonyms ---------------------------------------------------------- */

static apr_uint64_t hash_of(const pg_key_t *key, pg_span_t s)
{
    return pg_hash_sip(key, s.ptr, s.len, 2, 4);
}

typedef struct out_t {
    char *at;
    apr_size_t left;         /* without the NUL */
} out_t;

static void add(out_t *out, pg_span_t s)
{
    apr_size_t n = pg_span_copy(out->at, out->left + 1, s);

    out->at += n;
    out->left -= n;
}

/* 40 bits as 8 letters and digits, without those that look alike. */
static void add_code(out_t *out, apr_uint64_t hash)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char code[8];

    for (int i = 0; i < 8; i++) {
        code[i] = digits[hash >> (5 * i) & 31];
    }
    add(out, pg_span_make(code, sizeof(code)));
}

static void add_kind(out_t *out, const char *kind)
{
    add(out, pg_span_str(kind));
    add(out, PG_SPAN("-"));
}

apr_size_t pg_mask_suffix(pg_span_t name)
{
    static const char *const second[] = { "com", "co", "net", "ne", "org",
                                          "or", "edu", "ac", "gov", "go",
                                          "gob", NULL };
    apr_size_t dot = pg_span_rfind(name, '.'), before;

    if (dot == name.len) {
        return 0;
    }
    before = pg_span_rfind(pg_span_upto(name, dot), '.');
    return name.len - dot == 3 && before < dot
           && pg_span_is_one_of(pg_span_make(name.ptr + before + 1,
                                             dot - before - 1), second)
               ? before + 1 : dot + 1;
}

bool pg_mask_is_generic(pg_span_t label)
{
    static const char *const words[] = {
        "www", "mx", "mail", "smtp", "imap", "pop", "ns", "dns", "ftp", "m",
        "api", "img", "static", "cdn", "news", "proxy", "vpn", NULL
    };
    int digits = 0;

    while (label.len > 1 && digits < 3
           && pg_octet_is_digit(label.ptr[label.len - 1])) {
        label.len--;
        digits++;
    }
    return pg_span_is_one_of(label, words);
}

/* ".tld", or ".com.tw", if the name ends in two or three letters. */
static pg_span_t public_part(pg_span_t name)
{
    apr_size_t suffix = pg_mask_suffix(name);
    apr_size_t dot = pg_span_rfind(name, '.');
    pg_span_t tld = pg_span_from(name, dot);

    if (suffix < 2 || (tld.len != 3 && tld.len != 4)) {
        return PG_SPAN("");
    }
    for (apr_size_t i = 1; i < tld.len; i++) {
        if (!pg_octet_is_alpha(tld.ptr[i])) {
            return PG_SPAN("");
        }
    }
    return pg_span_from(name, suffix - 1);
}

static void add_name(out_t *out, const pg_key_t *key, pg_span_t name)
{
    char lower[256];
    pg_span_t first;

    name = pg_span_upto(pg_target_undotted(name), sizeof(lower));
    if (name.len) {
        pg_span_lower(lower, name);
    }
    name.ptr = lower;
    first = pg_span_upto(name, pg_span_find(name, '.'));
    if (pg_mask_is_generic(first) && first.len + 1 < pg_mask_suffix(name)) {
        add(out, first);
        add(out, PG_SPAN("."));
    }
    add_kind(out, "host");
    add_code(out, hash_of(key, name));
    add(out, public_part(name));
}

static void add_host(out_t *out, const pg_key_t *key,
                     const pg_authority_t *a)
{
    if (pg_target_is_address(a)) {
        add_kind(out, "ip");
        add_code(out, hash_of(key, pg_span_make(
                                        (const char *)a->address.octets,
                                        sizeof(a->address.octets))));
    }
    else {
        add_name(out, key, a->host);
    }
}

static void add_port(out_t *out, const pg_authority_t *a)
{
    /* An invalid port may be any text. */
    if (a->port_kind == PG_PORT_OK) {
        add(out, PG_SPAN(":"));
        add(out, a->port_text);
    }
}

static apr_size_t done(const out_t *out, const char *start)
{
    *out->at = '\0';
    return (apr_size_t)(out->at - start);
}

apr_size_t pg_mask_host(char *out, const pg_key_t *key, pg_span_t host)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };
    pg_authority_t a;
    char bracketed[64];

    /* An IPv6 address comes here without its brackets. */
    if (pg_span_find(host, ':') < host.len && host.len < 60
        && host.ptr[0] != '[') {
        bracketed[0] = '[';
        memcpy(bracketed + 1, host.ptr, host.len);
        bracketed[host.len + 1] = ']';
        host = pg_span_make(bracketed, host.len + 2);
    }
    pg_target_authority(&a, host);
    add_host(&o, key, &a);
    return done(&o, out);
}

apr_size_t pg_mask_authority(char *out, const pg_key_t *key, pg_span_t s)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };
    pg_authority_t a;

    pg_target_authority(&a, s);
    add_host(&o, key, &a);
    add_port(&o, &a);
    return done(&o, out);
}

/* Any text: "<kind>-XXXXXXXX".
 * @param kind  at most 8 octets
 * @param out   PG_MASK_SIZE octets */
static apr_size_t mask_text(char *out, const pg_key_t *key, const char *kind,
                            pg_span_t s)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };

    add_kind(&o, kind);
    add_code(&o, hash_of(key, s));
    return done(&o, out);
}

/* Another "scheme" may be a name: "www.a.example://x/". */
static bool is_known_scheme(pg_span_t scheme)
{
    static const char *const known[] = { "http", "https", "ws", "wss", "ftp",
                                         "gopher", NULL };

    return pg_span_is_one_of(scheme, known);
}

/* A file name looks like a host name, except for its extension. */
static bool is_file(pg_span_t segment)
{
    static const char *const ends[] = {
        "html", "htm", "php", "asp", "aspx", "jsp", "cgi", "js", "css", "png",
        "gif", "jpg", "jpeg", "ico", "svg", "txt", "xml", "json", NULL
    };
    apr_size_t dot = pg_span_rfind(segment, '.');

    return pg_span_find(segment, '.') == dot
           && pg_span_is_one_of(pg_span_from(segment, dot + 1), ends);
}

static bool may_name(pg_span_t agent);

/* "/zc/body.png?x" as "/zc/body.png?...". */
static void add_path(out_t *out, pg_span_t path)
{
    apr_size_t end = pg_span_find_any(path, "?#;");
    bool more = end < path.len;

    path = pg_span_upto(path, end < 100 ? end : 100);
    while (path.len) {
        apr_size_t slash = pg_span_find(pg_span_from(path, 1), '/') + 1;
        pg_span_t segment = pg_span_upto(pg_span_from(path, 1), slash - 1);

        add(out, PG_SPAN("/"));
        add(out, pg_span_find_any(segment, "%~@") < segment.len
                 || (!is_file(segment) && may_name(segment))
                     ? PG_SPAN("...") : segment);
        path = pg_span_from(path, slash);
    }
    add(out, more || end > 100 ? PG_SPAN("?...") : PG_SPAN(""));
}

static void add_absolute(out_t *out, const pg_key_t *key,
                         const pg_target_t *t)
{
    add(out, t->scheme);
    add(out, PG_SPAN("://"));
    add_host(out, key, &t->authority);
    add_port(out, &t->authority);
    add_path(out, t->path);
}

apr_size_t pg_mask_target(char *out, const pg_key_t *key, pg_span_t target)
{
    out_t o = { .at = out, .left = PG_MASK_TARGET_SIZE - 1 };
    pg_target_t t;

    switch (pg_target_parse(&t, target)) {
    case PG_FORM_ABSOLUTE:
        if (is_known_scheme(t.scheme) && t.authority.host.len) {
            add_absolute(&o, key, &t);
            return done(&o, out);
        }
        break;
    case PG_FORM_AUTHORITY:
        return pg_mask_authority(out, key, target);
    case PG_FORM_ASTERISK:
        add(&o, PG_SPAN("*"));
        return done(&o, out);
    case PG_FORM_ORIGIN:
        add(&o, target.len > 1 ? PG_SPAN("/...") : PG_SPAN("/"));
        return done(&o, out);
    case PG_FORM_INVALID:
        break;
    }
    return mask_text(out, key, "text", target);
}

/* --- prose --------------------------------------------------------------- */

/* Four numbers between dots that are not a product's version ("x/1.2.3.4"). */
static bool is_address(pg_span_t s, apr_size_t at)
{
    apr_size_t dots = 0, i = at;

    while (i < s.len && (pg_octet_is_digit(s.ptr[i]) || s.ptr[i] == '.')) {
        dots += s.ptr[i++] == '.';
    }
    if (i > at && s.ptr[i - 1] == '.') {
        dots--;
    }
    return dots == 3 && !(at > 1 && s.ptr[at - 1] == '/'
                          && pg_octet_is_alpha(s.ptr[at - 2]));
}

/* A letter of a name in any script: anything not ASCII may be one. */
static bool is_letter(char c)
{
    return pg_octet_is_alpha(c) || (unsigned char)c >= 0x80;
}

/* The colon of "1:2:3", or of "intranet:8080", but not of "rv:109.0". */
static bool joins_port(const char *p, const char *end)
{
    bool digits = pg_octet_is_digit(p[1]) && p + 2 < end
                  && pg_octet_is_digit(p[2]);

    while (++p < end && pg_octet_is_hex(*p)) {
        digits = digits && pg_octet_is_digit(*p);
    }
    return p < end ? *p == ':' || (digits && *p != '.') : digits;
}

/* The dot of "a.example" and "www1.example" (but not of "zgrab/0.x"), and the
 * colons of an IPv6 address: "1::" has two together, "1:2:3" one further. */
static bool joins_name(const char *p, const char *end)
{
    if (*p == '.' && pg_octet_is_digit(p[-1])) {
        return is_letter(p[1]) && p + 2 < end && is_letter(p[2]);
    }
    if (*p == '.') {
        return (is_letter(p[-1]) || p[-1] == '-') && is_letter(p[1]);
    }
    if (*p != ':' || p[1] == ':') {
        return *p == ':';
    }
    return joins_port(p, end);
}

/* Does a User-Agent hold something like an address, a name or a mailbox? */
static bool may_name(pg_span_t agent)
{
    if (pg_span_find_any(agent, "@[") < agent.len
        || pg_span_istarts(agent, PG_SPAN("::"))) {
        return true;
    }
    for (apr_size_t i = 1; i + 1 < agent.len; i++) {
        const char *p = agent.ptr + i;

        if ((p[0] == '/' && p[1] == '/')
            || joins_name(p, agent.ptr + agent.len)
            || (!pg_octet_is_digit(p[-1]) && is_address(agent, i))) {
            return true;
        }
    }
    return is_address(agent, 0);
}

/* --- what may be shown --------------------------------------------------- */

/* An arbitrary word may be a name, so only registered methods are shown (IANA,
 * HTTP Method Registry). */
static bool is_known_method(pg_span_t s)
{
    static const char *const known[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS",
        "TRACE", "PATCH", "PRI", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",
        "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", NULL
    };

    return pg_span_is_one_of(s, known);
}

/* The same for fields: those that clients, proxies and scanners send. */
static bool is_known_field(pg_span_t s)
{
    static const char *const known[] = {
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language",
        "Authorization", "Cache-Control", "CF-Connecting-IP", "Client-IP",
        "Connection", "Content-Encoding", "Content-Length", "Content-Type",
        "Cookie", "DNT", "Expect", "Forwarded", "From", "Host",
        "HTTP2-Settings", "If-Modified-Since", "If-None-Match",
        "Keep-Alive", "Max-Forwards", "Origin", "Pragma",
        "Proxy-Authorization", "Proxy-Connection", "Range", "Referer",
        "Sec-CH-UA", "Sec-CH-UA-Mobile", "Sec-CH-UA-Platform",
        "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site",
        "Sec-Fetch-User", "TE", "Trailer", "Transfer-Encoding",
        "True-Client-IP", "Upgrade", "Upgrade-Insecure-Requests",
        "User-Agent", "Via", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
        "X-Real-IP", "X-Requested-With", NULL
    };

    return pg_span_is_one_of(s, known);
}

static bool names_nobody(pg_mask_e kind, pg_span_t s)
{
    switch (kind) {
    case PG_MASK_METHOD:
        return is_known_method(s)
               || (s.len <= 5 && pg_span_digits(s) == s.len);
    case PG_MASK_FIELD:
        return is_known_field(s);
    case PG_MASK_AGENT:
        return !may_name(s);
    default:
        return s.len == 0;
    }
}

/* "GET http://www.host-3vq5k1mz.com/ HTTP/1.1". */
static apr_size_t mask_request(char *out, const pg_key_t *key, pg_span_t line)
{
    apr_size_t first = pg_span_find(line, ' ');
    apr_size_t last = pg_span_rfind(line, ' ');
    pg_span_t method = pg_span_upto(line, first);
    pg_span_t version = pg_span_from(line, last);
    pg_span_t target = pg_span_make(line.ptr + first + 1, last - first - 1);
    out_t o = { .at = out, .left = PG_MASK_TARGET_SIZE - 1 };
    char room[PG_MASK_TARGET_SIZE];

    if (first >= last || !is_known_method(method) || version.len != 9
        || !pg_span_istarts(version, PG_SPAN(" HTTP/"))
        || !pg_octet_is_digit(version.ptr[6]) || version.ptr[7] != '.'
        || !pg_octet_is_digit(version.ptr[8])
        || pg_span_find(target, ' ') < target.len) {
        return mask_text(out, key, "text", line);
    }
    add(&o, method);
    add(&o, PG_SPAN(" "));
    add(&o, pg_span_make(room, pg_mask_target(room, key, target)));
    add(&o, version);
    return done(&o, out);
}

pg_span_t pg_mask_shown(char *out, const pg_key_t *key, pg_mask_e kind,
                        pg_span_t s)
{
    apr_size_t n = 0;

    if (s.len == 0 || names_nobody(kind, s)) {
        return s;
    }
    switch (kind) {
    case PG_MASK_SOURCE:
    case PG_MASK_HOST:
        n = pg_mask_host(out, key, s);
        break;
    case PG_MASK_AUTHORITY:
        n = pg_mask_authority(out, key, s);
        break;
    case PG_MASK_TARGET:
        n = pg_mask_target(out, key, s);
        break;
    case PG_MASK_AGENT:
        n = mask_text(out, key, "agent", s);
        break;
    case PG_MASK_FIELD:
        n = mask_text(out, key, "field", s);
        break;
    case PG_MASK_REQUEST:
        n = mask_request(out, key, s);
        break;
    case PG_MASK_METHOD:
    case PG_MASK_EVIDENCE:
        n = mask_text(out, key, "text", s);
        break;
    }
    return pg_span_make(out, n);
}
