/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_article.h"

#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_mask.h"

/* --- a name -------------------------------------------------------------- */

static void symbols(pg_sink_t *sink, const pg_key_t *key, pg_span_t label)
{
    static const char *const shapes[] = { "●", "▲", "■", "◆", "★", "▼",
                                          "○", "△", "□", "◇", "☆", "▽" };
    char folded[64];
    apr_uint64_t h;
    apr_size_t n = label.len < sizeof(folded) ? label.len : sizeof(folded);

    for (apr_size_t i = 0; i < n; i++) {
        char c = label.ptr[i];
        folded[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    h = pg_hash_sip(key, folded, n, 2, 4);
    for (int i = 0; i < 3; i++, h /= 12) {
        pg_sink_puts(sink, shapes[h % 12]);
    }
}

/* @param name  has a dot */
static void put_name(pg_sink_t *sink, const pg_key_t *key, pg_span_t name)
{
    apr_size_t suffix = pg_mask_suffix(name);
    pg_span_t rest = pg_span_upto(name, suffix);
    bool first = true;

    while (rest.len) {
        apr_size_t dot = pg_span_find(rest, '.');
        pg_span_t label = pg_span_upto(rest, dot);

        /* "www.com.tw" has no other label */
        if (first && pg_mask_is_generic(label) && dot + 1 < rest.len) {
            pg_sink_put(sink, label);
        }
        else {
            symbols(sink, key, label);
        }
        pg_sink_puts(sink, ".");
        rest = pg_span_from(rest, dot + 1);
        first = false;
    }
    pg_escape_text(sink, pg_span_from(name, suffix));
}

pg_span_t pg_article_site(pg_span_t name)
{
    apr_size_t suffix = pg_mask_suffix(name), from;

    if (suffix < 2) {
        return name;
    }
    from = suffix - 1;
    while (from > 0 && name.ptr[from - 1] != '.') {
        from--;
    }
    return pg_span_from(name, from);
}

/* --- where names are ----------------------------------------------------- */

static bool is_host_char(char c)
{
    return pg_octet_is_alpha(c) || pg_octet_is_digit(c) || c == '.'
           || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/* NUL after the end. */
static char octet(pg_span_t s, apr_size_t n)
{
    return n < s.len ? s.ptr[n] : '\0';
}

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* What a field, parameter or JSON member contains, to judge by its name. */
typedef enum holds_e {
    HOLDS_TEXT,                  /* anything                              */
    HOLDS_HOSTS,                 /* hosts, addresses, and little else     */
    HOLDS_URL                    /* a URL, an authority or a path         */
} holds_e;

/* By the words of the name: "X-Forwarded-Host", "client_ip", "url.full". */
static holds_e holds_of(pg_span_t name)
{
    static const char *const hosts[] = {
        "host", "hostname", "server", "ip", "addr", "address", "domain",
        "authority", "for", "by", "via", "used", "from", "to", "cc",
        "sender", "recipients", "helo", NULL
    };
    static const char *const urls[] = { "url", "uri", "target", "origin",
                                        "referer", "referrer", "destination",
                                        NULL };
    holds_e holds = HOLDS_TEXT;

    if (pg_span_ieq(name, PG_SPAN("Forwarded"))) {
        return HOLDS_HOSTS;
    }
    while (name.len) {
        apr_size_t n = pg_span_find_any(name, "-_. ");

        if (pg_span_is_one_of(pg_span_upto(name, n), hosts)) {
            return HOLDS_HOSTS;
        }
        if (pg_span_is_one_of(pg_span_upto(name, n), urls)) {
            holds = HOLDS_URL;
        }
        name = pg_span_from(name, n + 1);
    }
    return holds;
}

/* A text, and what is known about it. */
typedef struct place_t {
    const pg_article_t *how;
    pg_span_t text;
    holds_e holds;
    bool via;                    /* a protocol's version before each host */
} place_t;

static char before(const place_t *p, apr_size_t at)
{
    return at ? p->text.ptr[at - 1] : '\0';
}

static bool follows(const place_t *p, apr_size_t at, const char *what)
{
    apr_size_t n = strlen(what);

    return at >= n && pg_span_ieq(pg_span_make(p->text.ptr + at - n, n),
                                  pg_span_make(what, n));
}

/* "http://", also misspelt: "http:/", "http:\\". */
static bool follows_scheme(const place_t *p, apr_size_t at)
{
    return follows(p, at, "//") || follows(p, at, "\\\\")
           || follows(p, at, "http:/") || follows(p, at, "https:/")
           || follows(p, at, "ftp:/");
}

/* "host=", "host=\"", "Host: ", "\"address\": \"". */
static bool follows_name(const place_t *p, apr_size_t at)
{
    apr_size_t end = at, from;

    while (end > 0 && is_in(p->text.ptr[end - 1], " \"")) {
        end--;
    }
    if (end == 0 || !is_in(p->text.ptr[end - 1], end < at ? "=:" : "=")) {
        return false;
    }
    end--;
    end -= before(p, end) == '"';
    from = end;
    while (from > 0 && is_host_char(p->text.ptr[from - 1])) {
        from--;
    }
    return holds_of(pg_span_make(p->text.ptr + from, end - from))
           == HOLDS_HOSTS;
}

/* The target of "CONNECT intranet:25" and "GET intranet:80 HTTP/1.0", but no
 * word of "CONNECT went up". */
static bool follows_method(const place_t *p, apr_size_t at)
{
    pg_span_t rest = pg_span_from(p->text, at);
    apr_size_t end, word = at - 1;

    if (before(p, at) != ' ') {
        return false;
    }
    while (word > 0 && p->text.ptr[word - 1] >= 'A'
           && p->text.ptr[word - 1] <= 'Z') {
        word--;
    }
    end = pg_span_find_any(rest, " \t\"");
    return at - word >= 4
           && (pg_span_istarts(pg_span_from(rest, end), PG_SPAN(" HTTP/"))
               || (follows(p, at, "CONNECT ")
                   && pg_span_find(pg_span_upto(rest, end), ':') < end));
}

/* What is not a host in a list of hosts: "for=", "https:/", unless a scheme is
 * before it ("http://intranet:/"), and the versions and products in Via. */
static bool is_syntax(const place_t *p, apr_size_t at)
{
    static const char *const known[] = { "for", "by", "host", "proto", NULL };
    pg_span_t rest = pg_span_from(p->text, at), word;
    apr_size_t n = 0;
    char after;

    while (n < rest.len && is_host_char(rest.ptr[n])) {
        n++;
    }
    word = pg_span_upto(rest, n);
    after = octet(rest, n);
    if (after == ':' && is_in(octet(rest, n + 1), "/\\")
        && !follows_scheme(p, at)) {
        return true;
    }
    if (p->via && !follows(p, at, "//")) {
        return after == '/' || before(p, at) == '/'
               || (pg_octet_is_digit(word.ptr[0])
                   && (n == 1 || (n == 3 && word.ptr[1] == '.'))
                   && after == ' ');
    }
    return (after == '=' && pg_span_is_one_of(word, known))
           || follows(p, at, "proto=");
}

static bool ends_authority(char c, bool listed)
{
    return (unsigned char)c <= ' '
           || is_in(c, listed ? "\"<>/?#,;=()" : "\"<>/?#");
}

/* The length of an authority, without punctuation that ends a sentence. */
static apr_size_t authority_length(pg_span_t text, bool listed)
{
    apr_size_t n = 0;

    while (n < text.len && !ends_authority(text.ptr[n], listed)) {
        n++;
    }
    while (n > 0 && is_in(text.ptr[n - 1], ".,;)'\\")) {
        n--;
    }
    return n;
}

/* The asterisk-form of a target, as in "OPTIONS * HTTP/1.1". */
static bool is_asterisk(const place_t *p, apr_size_t at)
{
    return p->text.ptr[at] == '*'
           && (at + 1 == p->text.len || p->text.ptr[at + 1] == ' ');
}

/* Does a host begin here, whatever it looks like? Its length is not
 * determined: this is asked at every octet. */
static bool is_host_place(const place_t *p, apr_size_t at)
{
    if (p->how->masks || is_asterisk(p, at)
        || ends_authority(p->text.ptr[at], p->holds == HOLDS_HOSTS)) {
        return false;
    }
    if (follows_scheme(p, at) || before(p, at) == '@'
        || follows_method(p, at) || follows_name(p, at)) {
        return !is_syntax(p, at);
    }
    switch (p->holds) {
    case HOLDS_HOSTS:
        return (at == 0 || is_in(before(p, at), " \t,;=()\"/@<>?#"))
               && !is_syntax(p, at);
    case HOLDS_URL:
        return at == 0 && !is_syntax(p, at);
    case HOLDS_TEXT:
        break;
    }
    return false;
}

/* Octets of a known host here; unless short, it may be part of a longer
 * word. */
static apr_size_t known_length(const place_t *p, apr_size_t at)
{
    pg_span_t rest = pg_span_from(p->text, at);

    for (apr_size_t i = 0; i < p->how->n_known; i++) {
        pg_span_t one = p->how->known[i];
        bool whole = !is_host_char(before(p, at))
                     && !(one.len < rest.len
                          && is_host_char(rest.ptr[one.len]));

        if (one.len && pg_span_istarts(rest, one)
            && (whole || one.len >= 4)) {
            return one.len;
        }
    }
    return 0;
}

/* "a.example" and "192.0.2.1", but not "5.0" and not "index." */
static bool is_name(pg_span_t s)
{
    apr_size_t dot = s.len;

    while (dot > 0 && s.ptr[dot - 1] != '.') {
        dot--;
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!is_host_char(s.ptr[i])) {
            return false;
        }
    }
    return dot > 1 && s.len - dot >= 2
           && (pg_octet_is_alpha(s.ptr[dot])
               || (unsigned char)s.ptr[dot] >= 0x80);
}

/* Only letters, or "xn--": anything else is not a top-level domain, so not a
 * name whose last label may be shown. */
static bool has_tld(pg_span_t name)
{
    pg_span_t tld = pg_span_from(name, pg_span_rfind(name, '.') + 1);

    if (pg_span_istarts(tld, PG_SPAN("xn--"))) {
        return true;
    }
    for (apr_size_t i = 0; i < tld.len; i++) {
        if (!pg_octet_is_alpha(tld.ptr[i])
            && (unsigned char)tld.ptr[i] < 0x80) {
            return false;
        }
    }
    return true;
}

static bool is_ipv4(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i]) && s.ptr[i] != '.') {
            return false;
        }
    }
    return pg_span_count(s, '.') == 3;
}

/* Octets of an IPv6 address here, in brackets or not; 0: there is none. */
static apr_size_t ipv6_length(pg_span_t s)
{
    apr_size_t bracket = s.len && s.ptr[0] == '[';
    apr_size_t n = bracket;
    int colons = 0;
    bool twice = false;

    while (n < s.len && (pg_octet_is_hex(s.ptr[n]) || s.ptr[n] == ':'
                         || s.ptr[n] == '.')) {
        colons += s.ptr[n] == ':';
        twice = twice || (n > bracket && s.ptr[n] == ':'
                          && s.ptr[n - 1] == ':');
        n++;
    }
    if (!(twice || colons >= 4)) {
        return 0;
    }
    return !bracket ? n : n < s.len && s.ptr[n] == ']' ? n + 1 : 0;
}

/* The octets that a name or an IPv4 address consists of, without the dots that
 * end a sentence. */
static pg_span_t word_of(pg_span_t text)
{
    apr_size_t n = 0;

    while (n < text.len && is_host_char(text.ptr[n])) {
        n++;
    }
    while (n > 0 && text.ptr[n - 1] == '.') {
        n--;
    }
    return pg_span_upto(text, n);
}

/* An address as Java writes one that has no name: "/192.0.2.1". */
static bool is_bare_address(const place_t *p, apr_size_t at)
{
    pg_span_t rest = pg_span_from(p->text, at);

    return (at == 1 || !is_host_char(p->text.ptr[at - 2]))
           && (ipv6_length(rest) || is_ipv4(word_of(rest)));
}

/* "%2F" and the like, as in "http%3A%2F%2Fa.example". */
static bool follows_escape(const place_t *p, apr_size_t at)
{
    return at > 2 && p->text.ptr[at - 3] == '%'
           && pg_span_hex(p->text, at - 2) >= 0;
}

/* Segments of a path look like names, but follow a single slash. When only
 * certain names are wanted, paths are searched as well. */
static bool begins_here(const place_t *p, apr_size_t at)
{
    apr_size_t from = at;

    while (from > 0 && p->text.ptr[from - 1] == '.') {
        from--;                                      /* "*.a.example"     */
    }
    if (p->text.ptr[at] == '.'
        || (is_host_char(before(p, from)) && !follows_escape(p, at))) {
        return false;
    }
    return before(p, from) != '/' || p->how->masks
           || (from > 1 && is_in(p->text.ptr[from - 2], "/:"))
           || is_bare_address(p, at);
}

static apr_size_t put_address(pg_sink_t *sink, const pg_article_t *how,
                              pg_span_t s)
{
    char out[PG_MASK_SIZE];
    pg_span_t bare = s.ptr[0] == '['
                         ? pg_span_make(s.ptr + 1, s.len - 2) : s;

    if (how->masks && !how->masks(how->who, bare)) {
        return 0;
    }
    pg_sink_put(sink, pg_span_make(out, pg_mask_host(out, &how->key, bare)));
    return s.len;
}

/* A host by its context, whatever it looks like. */
static void put_any(pg_sink_t *sink, const pg_article_t *how, pg_span_t s)
{
    if (is_ipv4(s)) {
        put_address(sink, how, s);
    }
    else if (is_name(s) && has_tld(s)) {
        put_name(sink, &how->key, s);
    }
    else if (s.len) {
        symbols(sink, &how->key, s);
    }
}

/* Mask what begins at text and looks like a host. @return octets masked; 0:
 * none */
static apr_size_t put_host(pg_sink_t *sink, const pg_article_t *how,
                           pg_span_t text)
{
    apr_size_t n = ipv6_length(text);
    pg_span_t s;

    if (n) {
        return put_address(sink, how, pg_span_upto(text, n));
    }
    s = word_of(text);
    if (is_ipv4(s)) {
        return put_address(sink, how, s);
    }
    if (how->masks ? !how->masks(how->who, s) : !is_name(s)) {
        return 0;
    }
    put_any(sink, how, s);
    return s.len;
}

/* An authority that may be anything: all of it is masked except for a valid
 * port, which is left to put_after().
 * @return octets that were dealt with */
static apr_size_t put_authority(pg_sink_t *sink, const pg_article_t *how,
                                pg_span_t s)
{
    apr_size_t at = pg_span_rfind(s, '@'), n, port;

    if (at < s.len) {
        pg_sink_puts(sink, PG_CONCEAL_MARK "@");
        return at + 1 + put_authority(sink, how, pg_span_from(s, at + 1));
    }
    n = ipv6_length(s);
    if (n) {
        put_address(sink, how, pg_span_upto(s, n));
    }
    port = pg_span_rfind(s, ':');
    if (port >= n && port < s.len) {
        pg_span_t digits = pg_span_from(s, port + 1);

        s.len = pg_span_digits(digits) == digits.len ? port : s.len;
    }
    put_any(sink, how, pg_span_from(s, n));
    return s.len;
}

/* Mask what begins at `at`. @return octets masked; 0: none */
static apr_size_t put_here(pg_sink_t *sink, const place_t *p, apr_size_t at)
{
    pg_span_t rest = pg_span_from(p->text, at);
    apr_size_t n;

    if (is_host_place(p, at)) {
        n = authority_length(rest, p->holds == HOLDS_HOSTS);
        if (n) {
            return put_authority(sink, p->how, pg_span_upto(rest, n));
        }
    }
    n = begins_here(p, at) ? put_host(sink, p->how, rest) : 0;
    if (n == 0) {
        n = known_length(p, at);
        put_any(sink, p->how, pg_span_upto(rest, n));
    }
    return n;
}

/* ":25" stays; "/path?query" becomes "/..." up to the next blank.
 * @return octets that were dealt with */
static apr_size_t put_after(pg_sink_t *sink, pg_span_t text, bool paths)
{
    apr_size_t n = 0;

    if (n < text.len && text.ptr[n] == ':') {
        n = 1 + pg_span_digits(pg_span_from(text, 1));
        pg_sink_put(sink, pg_span_upto(text, n));
    }
    if (paths || n == text.len || !is_in(text.ptr[n], "/?#")) {
        return n;
    }
    pg_sink_puts(sink, n + 1 < text.len && text.ptr[n + 1] != ' ' ? "/..."
                                                                  : "/");
    while (n < text.len && !is_in(text.ptr[n], " \t\"<>")) {
        n++;
    }
    return n;
}

static void put_text(pg_sink_t *sink, const place_t *p)
{
    pg_span_t text = p->text;
    apr_size_t i = 0, from = 0;

    while (i < text.len) {
        pg_sink_t nowhere = { .status = APR_EGENERAL };
        apr_size_t n = put_here(&nowhere, p, i);

        if (n) {
            pg_escape_text(sink, pg_span_make(text.ptr + from, i - from));
            n = put_here(sink, p, i);
            n += put_after(sink, pg_span_from(text, i + n), p->how->paths);
            from = i + n;
        }
        i += n ? n : 1;
    }
    pg_escape_text(sink, pg_span_make(text.ptr + from, text.len - from));
}

/* Octets of "Name: " at the beginning of a text. */
static apr_size_t name_length(pg_span_t text)
{
    apr_size_t n = 0;

    while (n < text.len && is_host_char(text.ptr[n])) {
        n++;
    }
    return n > 0 && pg_span_istarts(pg_span_from(text, n), PG_SPAN(": "))
               ? n + 2 : 0;
}

void pg_article_put_named(pg_sink_t *sink, const pg_article_t *how,
                          pg_span_t name, pg_span_t text)
{
    place_t place = { .how = how, .holds = holds_of(name) };
    apr_size_t n = place.holds == HOLDS_TEXT ? name_length(text) : 0;

    if (n) {
        name = pg_span_upto(text, n - 2);
        place.holds = holds_of(name);
        if (place.holds == HOLDS_TEXT) {
            n = 0;
        }
    }
    pg_escape_text(sink, pg_span_upto(text, n));
    place.text = pg_span_from(text, n);
    place.via = pg_span_ieq(name, PG_SPAN("Via"));
    put_text(sink, &place);
}

void pg_article_put(pg_sink_t *sink, const pg_article_t *how, pg_span_t text)
{
    pg_article_put_named(sink, how, PG_SPAN(""), text);
}
