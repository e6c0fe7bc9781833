/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_article.h"

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
        pg_sink_puts(sink, dot < rest.len ? "." : "");
        rest = pg_span_from(rest, dot + 1);
        first = false;
    }
    pg_sink_put(sink, pg_span_from(name, suffix));
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

/* A path's parts look like names, but come after a single slash. Where only
 * certain names are looked for, they are looked for there, too. */
static bool begins_here(const pg_article_t *how, pg_span_t text, apr_size_t at)
{
    char before = at ? text.ptr[at - 1] : ' ';

    if (is_host_char(before)) {
        return false;
    }
    return before != '/' || how->masks
           || (at > 1 && (text.ptr[at - 2] == '/' || text.ptr[at - 2] == ':'));
}

/* "a.example" and "192.0.2.1", but not "5.0" and not "index." */
static bool is_name(pg_span_t s)
{
    apr_size_t dot = s.len;

    while (dot > 0 && s.ptr[dot - 1] != '.') {
        dot--;
    }
    return dot > 1 && s.len - dot >= 2
           && (pg_octet_is_alpha(s.ptr[dot])
               || (unsigned char)s.ptr[dot] >= 0x80);
}

static bool is_ipv4(pg_span_t s)
{
    int dots = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i]) && s.ptr[i] != '.') {
            return false;
        }
        dots += s.ptr[i] == '.';
    }
    return dots == 3;
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

static apr_size_t put_address(pg_sink_t *sink, const pg_article_t *how,
                              pg_span_t s)
{
    char out[PG_MASK_SIZE];
    pg_span_t bare = s.len > 2 && s.ptr[0] == '['
                         ? pg_span_make(s.ptr + 1, s.len - 2) : s;

    if (how->masks && !how->masks(how->who, bare)) {
        return 0;
    }
    pg_sink_put(sink, pg_span_make(out, pg_mask_host(out, &how->key, bare)));
    return s.len;
}

/* What begins at text: how much of it was masked; 0: nothing. */
static apr_size_t put_host(pg_sink_t *sink, const pg_article_t *how,
                           pg_span_t text)
{
    apr_size_t n = ipv6_length(text);
    pg_span_t s;

    if (n) {
        return put_address(sink, how, pg_span_upto(text, n));
    }
    while (n < text.len && is_host_char(text.ptr[n])) {
        n++;
    }
    s = pg_span_upto(text, n);
    while (s.len && s.ptr[s.len - 1] == '.') {
        s.len--;
    }
    if (is_ipv4(s)) {
        return put_address(sink, how, s);
    }
    if (how->masks ? !how->masks(how->who, s) : !is_name(s)) {
        return 0;
    }
    if (is_name(s)) {
        put_name(sink, &how->key, s);
    }
    else {
        symbols(sink, &how->key, s);
    }
    return s.len;
}

/* ":25" stays; "/path?query" becomes "/..." up to the next blank.
 * @return octets that were dealt with */
static apr_size_t put_behind(pg_sink_t *sink, pg_span_t text, bool paths)
{
    apr_size_t n = 0;

    if (n < text.len && text.ptr[n] == ':') {
        n++;
        while (n < text.len && pg_octet_is_digit(text.ptr[n])) {
            n++;
        }
        pg_sink_put(sink, pg_span_upto(text, n));
    }
    if (paths || n == text.len || !strchr("/?#", text.ptr[n])) {
        return n;
    }
    pg_sink_puts(sink, n + 1 < text.len && text.ptr[n + 1] != ' ' ? "/..."
                                                                  : "/");
    while (n < text.len && !strchr(" \t\"<>,;)", text.ptr[n])) {
        n++;
    }
    return n;
}

void pg_article_put(pg_sink_t *sink, const pg_article_t *how, pg_span_t text)
{
    apr_size_t i = 0, from = 0;

    while (i < text.len) {
        pg_span_t rest = pg_span_from(text, i);
        pg_span_t plain = pg_span_make(text.ptr + from, i - from);
        apr_size_t n = 0;

        if (begins_here(how, text, i) && rest.ptr[0] != '.') {
            pg_sink_t nowhere = { .status = APR_EGENERAL };

            if (put_host(&nowhere, how, rest)) {
                pg_escape_text(sink, plain);
                n = put_host(sink, how, rest);
                n += put_behind(sink, pg_span_from(rest, n),
                                how->paths);
                from = i + n;
            }
        }
        i += n ? n : 1;
    }
    pg_escape_text(sink, pg_span_make(text.ptr + from, text.len - from));
}
