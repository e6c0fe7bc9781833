/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_classify.h"

#include "pg_malformed.h"
#include "pg_named.h"
#include "pg_portclass.h"
#include "pg_socks.h"

PG_NAMED_FUNCTION(pg_classify_reason, pg_reason_e, PG_REASONS)
PG_NAMED_FINDER(pg_classify_reason_by_name, pg_reason_e, pg_classify_reason,
                PG_REASON_COUNT)

/* --- the request line ---------------------------------------------------- */

/* name "/" digit: RTSP/1.0, HTTP/1.1, HTTP/2 */
static bool is_protocol(pg_span_t s)
{
    apr_size_t slash;

    if (s.len == 8 && memcmp(s.ptr, "HTTP/1.", 7) == 0) {
        return true;                                 /* as nearly always  */
    }
    slash = pg_span_find(s, '/');
    for (apr_size_t i = 0; i < slash; i++) {
        if (!pg_octet_is_alpha(s.ptr[i])) {
            return false;
        }
    }
    return slash > 1 && slash + 1 < s.len && s.len - slash < 8
           && pg_octet_is_digit(s.ptr[slash + 1]);
}

static pg_span_t last_word(pg_span_t s)
{
    apr_size_t i = s.len;

    while (i > 0 && !pg_octet_is_space(s.ptr[i - 1])) {
        i--;
    }
    return pg_span_from(s, i);
}

static pg_span_t first_word(pg_span_t s)
{
    apr_size_t i = 0;

    while (i < s.len && !pg_octet_is_space(s.ptr[i])) {
        i++;
    }
    return pg_span_upto(s, i);
}

static pg_span_t or_absent(pg_span_t s)
{
    return s.len ? s : PG_ABSENT;
}

/* May s hold an octet up to CR? Eight at once: a difference has its top bit
 * set if its octet is lower, and otherwise only after one that is. */
static bool may_be_cut(pg_span_t s)
{
    const apr_uint64_t each = 0x0101010101010101u;
    apr_uint64_t word, low = 0;
    apr_size_t i = 0;

    for (; s.len - i >= sizeof(word); i += sizeof(word)) {
        memcpy(&word, s.ptr + i, sizeof(word));
        low |= (word - ('\r' + 1) * each) & ~word;
    }
    for (; i < s.len; i++) {
        low |= (unsigned char)s.ptr[i] <= '\r' ? 0x80 : 0;
    }
    return (low & 0x80 * each) != 0;
}

void pg_classify_split(pg_request_t *out, pg_span_t line)
{
    pg_span_t rest = pg_span_trim(line), last;

    if (may_be_cut(rest)) {
        /* httpd stops at a NUL, and so does this. */
        rest = pg_span_upto(rest, pg_span_find(rest, '\0'));
        rest = pg_span_trim(pg_span_upto(rest,
                                         pg_span_find_any(rest, "\r\n")));
    }
    out->method = or_absent(first_word(rest));
    rest = pg_span_trim(pg_span_from(rest, out->method.len));
    last = last_word(rest);
    if (is_protocol(last)) {
        out->protocol = last;
        rest.len -= last.len;
        out->target = or_absent(pg_span_trim(rest));
        return;
    }
    out->target = or_absent(first_word(rest));
    out->protocol = or_absent(
        pg_span_trim(pg_span_from(rest, out->target.len)));
}

/* --- verdicts ------------------------------------------------------------ */

static pg_class_e clean(pg_verdict_t *out, pg_reason_e reason)
{
    out->class_id = PG_CLASS_CLEAN;
    out->reason = reason;
    return out->class_id;
}

static pg_class_e attempt(pg_verdict_t *out, pg_class_e class_id,
                          pg_reason_e reason, pg_span_t host,
                          apr_uint16_t port)
{
    out->class_id = class_id;
    out->family = pg_vocab_family_of(class_id);
    out->reason = reason;
    out->host = or_absent(host);
    out->port = port;
    return class_id;
}

static pg_own_e whose(const pg_request_t *request, const pg_own_t *own,
                      const pg_authority_t *a)
{
    return own == NULL ? PG_OWN_NO
           : pg_own_check(own, a, request->local, request->local_port);
}

/* --- origin-form --------------------------------------------------------- */

/* Health checks and scanners send addresses, which name no other site;
 * "localhost" and the like mean the machine itself. A Host that is not a name
 * at all is an error, not an attempt. */
__attribute__((noinline))
static bool is_foreign_host(const pg_request_t *request, const pg_own_t *own,
                            pg_authority_t *a)
{
    return pg_target_authority(a, request->host)
           && a->host_kind == PG_HOST_NAME && pg_malformed_is_name(a->host)
           && (request->names_known || !pg_own_takes_all(own))
           && !pg_own_knows(own, a, request->local);
}

/* Over TLS the client has seen our certificate and asks for another site, as
 * a browser does that takes us for its HTTPS proxy. A foreign address may be
 * ours all the same, the public one of a NAT, so it is a foreign Host only. */
__attribute__((noinline))
static pg_class_e by_authority(pg_verdict_t *out, const pg_request_t *request,
                               const pg_own_t *own, pg_reason_e otherwise)
{
    pg_authority_t a;
    bool name;

    if (!request->names_known || !pg_target_authority(&a, request->host)
        || pg_own_knows(own, &a, request->local)) {
        return clean(out, otherwise);
    }
    name = a.host_kind == PG_HOST_NAME;
    if (name ? !pg_malformed_is_name(a.host) : !request->check_host) {
        return clean(out, otherwise);
    }
    return attempt(out, name ? PG_CLASS_ABSOLUTE : PG_CLASS_FOREIGN_HOST,
                   PG_REASON_AUTHORITY, a.host,
                   a.port_kind == PG_PORT_NONE ? 443 : a.port);
}

static pg_class_e by_host(pg_verdict_t *out, const pg_request_t *request,
                          const pg_own_t *own, pg_reason_e otherwise)
{
    pg_authority_t a;

    if (request->over_tls && own && request->host.len) {
        return by_authority(out, request, own, otherwise);
    }
    if (request->check_host && own && request->host.len
        && !pg_own_has_name(own, request->host)
        && is_foreign_host(request, own, &a)) {
        return attempt(out, PG_CLASS_FOREIGN_HOST, PG_REASON_HOST_STRANGER,
                       a.host, a.port);
    }
    return clean(out, otherwise);
}

/* --- absolute-form ------------------------------------------------------- */

/* The authority ends at "/", "?" or "#" (RFC 3986 3.2). mod_proxy reads on to
 * the "/": "http://own?@stranger/" has it call the stranger. */
static bool calls_another(pg_authority_t *out, const pg_request_t *request,
                          const pg_own_t *own, pg_span_t path)
{
    pg_span_t more = pg_span_upto(path, pg_span_find(path, '/'));

    if (!request->may_forward || pg_span_find(more, '@') == more.len) {
        return false;
    }
    pg_target_authority(out, more);
    return whose(request, own, out) != PG_OWN_YES;
}

/* Broken clients ask for where they have been: "android-app://com.example/"
 * is an application, not a host, and "file:///x" a file of theirs. */
static bool names_no_host(const pg_target_t *target)
{
    static const char *const local[] = {
        "android-app", "ios-app", "intent", "ms-appx", "app", "capacitor",
        "ionic", "chrome-extension", "moz-extension", "safari-extension",
        "safari-web-extension", "ms-browser-extension", "chrome",
        "chrome-native", "resource", "about", "devtools", "content", NULL
    };

    return pg_span_is_one_of(target->scheme, local)
           || (target->authority.host_kind == PG_HOST_NONE
               && pg_span_ieq(target->scheme, PG_SPAN("file")));
}

static pg_class_e absolute(pg_verdict_t *out, const pg_request_t *request,
                           const pg_own_t *own, const pg_target_t *target)
{
    static const char *const ours[] = { "http", "https", "ws", "wss", NULL };
    const pg_authority_t *a = &target->authority;
    apr_uint16_t port = a->port_kind == PG_PORT_NONE
                        ? pg_portclass_scheme(target->scheme) : a->port;
    pg_reason_e reason = PG_REASON_ABSOLUTE_STRANGER;
    bool web = pg_span_is_one_of(target->scheme, ours);
    pg_authority_t other;

    if (!web && names_no_host(target)) {
        return clean(out, PG_REASON_NOISE);
    }
    if (a->host_kind == PG_HOST_NONE) {
        return attempt(out, PG_CLASS_MALFORMED, PG_REASON_BROKEN_ABSOLUTE,
                       a->host, port);
    }
    switch (whose(request, own, a)) {
    case PG_OWN_NO:
        break;
    case PG_OWN_PORT:
        reason = PG_REASON_ABSOLUTE_PORT;
        break;
    case PG_OWN_YES:
        /* mod_proxy goes by names and ports, not by patterns. */
        if (request->may_forward && pg_own_is_guess(own, a)) {
            break;
        }
        if (calls_another(&other, request, own, target->path)) {
            return attempt(out, PG_CLASS_ABSOLUTE, reason, other.host,
                           other.port);
        }
        /* RFC 9112 3.2.2: a server must take absolute-form to itself. */
        if (web) {
            return clean(out, PG_REASON_OWN);
        }
        reason = PG_REASON_ABSOLUTE_SCHEME;
        break;
    }
    return attempt(out, PG_CLASS_ABSOLUTE, reason, a->host, port);
}

/* --- CONNECT ------------------------------------------------------------- */

static pg_class_e connect_class(apr_uint16_t port)
{
    switch ((int)pg_portclass(port)) {
    case PG_PORTCLASS_TLS:
        return PG_CLASS_CONNECT_TLS;
    case PG_PORTCLASS_MAIL:
        return PG_CLASS_CONNECT_MAIL;
    default:
        return PG_CLASS_CONNECT_OTHER;
    }
}

/* Does the text in place of the authority name a host? "../x", "?x" and
 * "HTTP/1.1" (the target left out) do not. */
static bool names_somebody(const pg_authority_t *a, pg_span_t target)
{
    return pg_target_is_address(a) || a->port_text.len || a->userinfo.len
           || target.ptr[0] == '['
           || (a->host_kind == PG_HOST_NAME && pg_malformed_is_name(a->host)
               && !is_protocol(target));
}

/* "name.of.a.host:443", the usual case: not a mangled URL, whose scheme would
 * have no dot, and without userinfo and padding.
 * @param out  the host and its port */
static bool is_sound(pg_authority_t *out, pg_span_t target)
{
    apr_size_t colon = pg_span_find(target, ':');
    bool dot = false;

    for (apr_size_t i = 0; i < colon; i++) {
        dot |= target.ptr[i] == '.';
        if (target.ptr[i] != '.'
            && !pg_octet_is(target.ptr[i], PG_OCTET_DNS)) {
            return false;
        }
    }
    out->host = pg_span_upto(target, colon);
    return dot && pg_target_port(&out->port, pg_span_from(target, colon + 1))
                  == PG_PORT_OK;
}

/* The destination of a tunnel, and how well formed it is; NOISE: none. */
static pg_reason_e find_peer(pg_malformed_t *out, pg_span_t target,
                             pg_span_t next)
{
    apr_size_t end = pg_span_find_any(target, "/?#");
    bool good;

    if (pg_malformed_url(out, target) == PG_MALFORMED_URL) {
        return PG_REASON_BROKEN_CONNECT;
    }
    good = pg_target_authority(&out->authority, pg_span_upto(target, end));
    if (!names_somebody(&out->authority, target)) {
        return PG_REASON_NOISE;
    }
    out->port = out->authority.port;
    switch (out->authority.port_kind) {
    case PG_PORT_OK:
        return good && end == target.len ? PG_REASON_CONNECT_AUTHORITY
                                         : PG_REASON_BROKEN_CONNECT;
    case PG_PORT_NONE:
        /* "host 25": the port as a word of its own */
        return pg_target_port(&out->port, next) == PG_PORT_OK
                   ? PG_REASON_BROKEN_CONNECT
                   : PG_REASON_CONNECT_UNUSABLE;
    case PG_PORT_BAD:
        break;
    }
    return PG_REASON_CONNECT_UNUSABLE;
}

/* RFC 9110 9.3.6: authority-form with a port, and whatever was meant as that.
 * Our own authority counts as well: a tunnel to ourselves is a tunnel. */
static pg_class_e connect_to(pg_verdict_t *out, const pg_request_t *request)
{
    bool exact = pg_span_eq(request->method, PG_SPAN("CONNECT"));
    pg_authority_t sound;
    pg_malformed_t b;
    pg_span_t target, next;
    pg_reason_e reason;

    if (exact && is_sound(&sound, request->target)) {
        return attempt(out, connect_class(sound.port),
                       PG_REASON_CONNECT_AUTHORITY, sound.host, sound.port);
    }
    target = first_word(request->target);
    next = pg_span_trim(pg_span_from(request->target, target.len));
    reason = find_peer(&b, target, next.len ? next : request->protocol);
    if (reason == PG_REASON_NOISE) {
        return clean(out, reason);
    }
    if (!exact) {
        attempt(out, PG_CLASS_MALFORMED, PG_REASON_BROKEN_CONNECT,
                b.authority.host, b.port);
        out->family = PG_FAMILY_CONNECT;
        return out->class_id;
    }
    return attempt(out, connect_class(b.port), reason, b.authority.host,
                   b.port);
}

/* A token of a list such as Upgrade has. */
static bool has_token(pg_span_t list, pg_span_t token)
{
    while (list.len) {
        if (pg_span_ieq(pg_span_trim(pg_span_take(&list, ',')), token)) {
            return true;
        }
    }
    return false;
}

static pg_span_t next_segment(pg_span_t *path)
{
    pg_span_t segment = pg_span_upto(*path, pg_span_find_any(*path, "/?#"));

    *path = pg_span_from(*path, segment.len + 1);
    return segment;
}

/* A tunnel for UDP or IP, whose destination is in the path: asked for by
 * extended CONNECT (RFC 8441), or by Upgrade (RFC 9298 3.2, RFC 9484 4.2).
 * Without either it is a path like any other. */
__attribute__((noinline))
static pg_class_e by_tunnel(pg_verdict_t *out, const pg_request_t *request,
                            const pg_own_t *own)
{
    static const pg_span_t prefix = { .ptr = "/.well-known/masque/",
                                      .len = 20 };
    pg_span_t path = pg_span_from(request->target, prefix.len), kind;
    pg_authority_t a;
    bool udp;

    kind = next_segment(&path);
    udp = pg_span_eq(kind, PG_SPAN("udp"));
    if (!pg_span_eq(pg_span_upto(request->target, prefix.len), prefix)
        || (!udp && !pg_span_eq(kind, PG_SPAN("ip")))
        || !(pg_span_eq(request->method, PG_SPAN("CONNECT"))
             || has_token(request->upgrade, PG_SPAN("connect-udp"))
             || has_token(request->upgrade, PG_SPAN("connect-ip")))) {
        return by_host(out, request, own, PG_REASON_ORIGIN);
    }
    pg_target_authority(&a, next_segment(&path));
    (void)pg_target_port(&a.port, udp ? next_segment(&path) : PG_SPAN(""));
    return attempt(out, connect_class(a.port), PG_REASON_MASQUE, a.host,
                   a.port);
}

static pg_class_e origin(pg_verdict_t *out, const pg_request_t *request,
                         const pg_own_t *own)
{
    return request->target.len > 1 && request->target.ptr[1] == '.'
           ? by_tunnel(out, request, own)
           : by_host(out, request, own, PG_REASON_ORIGIN);
}

/* --- everything else ----------------------------------------------------- */

static pg_class_e socks(pg_verdict_t *out, const pg_socks_t *s)
{
    static const pg_reason_e why[] = {
        [PG_SOCKS_NO] = PG_REASON_NOISE, [PG_SOCKS_4] = PG_REASON_SOCKS4,
        [PG_SOCKS_4A] = PG_REASON_SOCKS4A, [PG_SOCKS_5] = PG_REASON_SOCKS5,
    };

    return attempt(out, PG_CLASS_SOCKS, why[s->version], s->host, s->port);
}

static pg_class_e broken(pg_verdict_t *out, const pg_request_t *request,
                         const pg_own_t *own, const pg_malformed_t *b)
{
    static const pg_reason_e why[] = {
        [PG_MALFORMED_NO] = PG_REASON_NOISE,
        [PG_MALFORMED_URL] = PG_REASON_BROKEN_ABSOLUTE,
        [PG_MALFORMED_AUTHORITY] = PG_REASON_BARE_AUTHORITY,
        [PG_MALFORMED_ORDER] = PG_REASON_BARE_ORDER,
    };

    if (whose(request, own, &b->authority) == PG_OWN_YES) {
        return clean(out, PG_REASON_OWN);
    }
    attempt(out, PG_CLASS_MALFORMED, why[b->what], b->authority.host,
            b->port);
    out->family = b->url ? PG_FAMILY_GET : PG_FAMILY_CONNECT;
    return out->class_id;
}

static bool is_http(pg_span_t protocol)
{
    return pg_span_istarts(protocol, PG_SPAN("HTTP/"));
}

static bool is_method(pg_span_t method)
{
    static const char *const methods[] = {
        "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH",
        "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
        "SEARCH", "REPORT", "TRACK", "DEBUG", "PURGE", NULL
    };

    return pg_span_is_one_of(method, methods);
}

static bool is_upper(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < 'A' || s.ptr[i] > 'Z') {
            return false;
        }
    }
    return s.len > 0;
}

/* Scanners try these on any port to see what answers. */
static bool is_other_protocol(pg_span_t protocol)
{
    static const char *const others[] = { "RTSP", "SIP", "ICAP", NULL };

    return is_protocol(protocol)
           && pg_span_is_one_of(
                  pg_span_upto(protocol, pg_span_find(protocol, '/')), others);
}

static pg_class_e by_target(pg_verdict_t *out, const pg_request_t *request,
                            const pg_own_t *own)
{
    bool asked = is_http(request->protocol) || is_method(request->method);
    pg_target_t target;
    pg_malformed_t b;

    if (pg_target_parse(&target, request->target) == PG_FORM_ASTERISK) {
        return clean(out, PG_REASON_ASTERISK);
    }
    /* "wget http://x/" is shell code that went astray. */
    if (target.form == PG_FORM_ABSOLUTE
        && (asked || is_upper(request->method))) {
        return absolute(out, request, own, &target);
    }
    if (asked && request->target.len
        && pg_malformed_target(&b, request->target)) {
        if (b.what == PG_MALFORMED_AUTHORITY && !is_method(request->method)) {
            b.url = false;
        }
        return broken(out, request, own, &b);
    }
    if (pg_malformed_line(&b, request->method, request->target,
                          request->protocol)) {
        return broken(out, request, own, &b);
    }
    return clean(out, PG_REASON_NOISE);
}

static pg_class_e not_origin(pg_verdict_t *out, const pg_request_t *request,
                             const pg_own_t *own)
{
    if (request->method.len == 0) {
        return by_host(out, request, own, PG_REASON_NOISE);
    }
    /* What mod_http2 leaves of a target that was too long. */
    if (pg_span_eq(request->target, PG_SPAN("(null)"))) {
        return by_host(out, request, own, PG_REASON_NOISE);
    }
    if (!is_http(request->protocol)
        && is_other_protocol(request->protocol)) {
        return clean(out, PG_REASON_OTHER_PROTOCOL);
    }
    if (pg_span_ieq(request->method, PG_SPAN("CONNECT"))
        && request->target.len
        && !pg_span_eq(request->target, PG_SPAN("*"))) {
        return connect_to(out, request);
    }
    return by_target(out, request, own);
}

static bool is_origin(const pg_request_t *request)
{
    return request->target.len && request->target.ptr[0] == '/';
}

/* The protocol at the end of the line. httpd fills r->protocol with a default
 * when the line had none. */
static pg_span_t protocol_of(const pg_request_t *request)
{
    pg_span_t line = request->line, last = request->protocol;
    pg_request_t split = { .line = line };

    if (last.len > 0 && line.len > last.len
        && line.ptr[line.len - last.len - 1] == ' '
        && memcmp(line.ptr + line.len - last.len, last.ptr, last.len) == 0
        && is_protocol(last)) {
        return last;
    }
    pg_classify_split(&split, line);
    return split.protocol;
}

/* Not origin-form as far as the caller knows: look at the raw line too. Kept
 * out of the way of ordinary requests, which would pay for its frame. */
__attribute__((noinline))
static pg_class_e by_line(pg_verdict_t *out, const pg_request_t *request,
                          const pg_own_t *own)
{
    pg_request_t whole = *request;
    pg_socks_t s;

    if (pg_socks_parse(&s, request->line)) {
        out->target = request->line;
        return socks(out, &s);
    }
    if (request->line.ptr
        && (request->method.len == 0 || request->target.ptr == NULL)) {
        pg_classify_split(&whole, request->line);
    }
    else if (request->line.ptr) {
        whole.protocol = protocol_of(request);
    }
    out->method = whole.method;
    out->target = whole.target.ptr ? whole.target
                                   : or_absent(request->line);
    return is_origin(&whole) ? origin(out, &whole, own)
                             : not_origin(out, &whole, own);
}

pg_class_e pg_classify(pg_verdict_t *out, const pg_request_t *request,
                       const pg_own_t *own)
{
    *out = (pg_verdict_t){
        .class_id = PG_CLASS_CLEAN, .reason = PG_REASON_ORIGIN,
        .method = request->method, .target = request->target
    };
    if (!is_origin(request)) {
        return by_line(out, request, own);
    }
    return origin(out, request, own);
}
