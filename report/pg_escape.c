/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_escape.h"

#define NOT_UTF8 0xffffffffu

/* --- UTF-8 --------------------------------------------------------------- */

/* First octet -> length, and the lowest code point of that length. */
typedef struct lead_t {
    unsigned char mask, value;
    apr_size_t length;
    apr_uint32_t lowest;
} lead_t;

static const lead_t leads[] = {
    { 0x80, 0x00, 1, 0 },
    { 0xe0, 0xc0, 2, 0x80 },
    { 0xf0, 0xe0, 3, 0x800 },
    { 0xf8, 0xf0, 4, 0x10000 },
};

apr_size_t pg_escape_utf8_next(pg_span_t s, apr_uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    const lead_t *lead = leads, *end = leads + sizeof(leads) / sizeof(*leads);
    apr_uint32_t code;

    *out = NOT_UTF8;
    while (lead < end && (p[0] & lead->mask) != lead->value) {
        lead++;
    }
    if (lead == end || lead->length > s.len) {
        return 1;
    }
    code = p[0] & (unsigned char)~lead->mask;
    for (apr_size_t i = 1; i < lead->length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 1;
        }
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < lead->lowest || code > 0x10ffff
        || (code >= 0xd800 && code <= 0xdfff)) {
        return 1;
    }
    *out = code;
    return lead->length;
}

pg_span_t pg_escape_utf8_upto(pg_span_t s, apr_size_t n)
{
    apr_size_t at = 0;
    apr_uint32_t code;

    if (s.len <= n) {
        return s;
    }
    while (at < n) {
        apr_size_t taken = pg_escape_utf8_next(pg_span_from(s, at), &code);
        if (at + taken > n) {
            break;
        }
        at += taken;
    }
    return pg_span_upto(s, at);
}

/* --- characters that are shown by their number --------------------------- */

typedef struct range_t {
    apr_uint32_t from, to;
} range_t;

/* Characters that hide or reorder their neighbours (Unicode TR 36 and 39). */
static const range_t deceivers[] = {
    { 0x00ad, 0x00ad },   /* soft hyphen                                   */
    { 0x034f, 0x034f },   /* combining grapheme joiner                     */
    { 0x061c, 0x061c },   /* Arabic letter mark                            */
    { 0x115f, 0x1160 },   /* Hangul fillers                                */
    { 0x180e, 0x180e },   /* Mongolian vowel separator                     */
    { 0x200b, 0x200f },   /* zero width, directional marks                 */
    { 0x2028, 0x202e },   /* separators, embeddings, overrides             */
    { 0x2060, 0x206f },   /* joiners, isolates, deprecated controls        */
    { 0x3164, 0x3164 },   /* Hangul filler                                 */
    { 0xe000, 0xf8ff },   /* private use                                   */
    { 0xfdd0, 0xfdef },   /* noncharacters                                 */
    { 0xfe00, 0xfe0f },   /* variation selectors                           */
    { 0xfeff, 0xfeff },   /* byte order mark                               */
    { 0xffa0, 0xffa0 },   /* Hangul filler, half width                     */
    { 0xfff0, 0xffff },   /* specials                                      */
    { 0xe0000, 0xfffff }, /* tags, selectors, private use                  */
    { 0x100000, 0x10ffff },
};

static bool deceives(apr_uint32_t code)
{
    for (apr_size_t i = 0; i < sizeof(deceivers) / sizeof(*deceivers); i++) {
        if (code >= deceivers[i].from && code <= deceivers[i].to) {
            return true;
        }
    }
    return (code & 0xfffe) == 0xfffe;
}

/* --- the walk ------------------------------------------------------------ */

/* What a format adds to the common form. */
typedef struct style_t {
    const char *(*special)(char c);  /* replacement of an ASCII character */
    const char *backslash;           /* how it writes one backslash       */
} style_t;

static void put_number(pg_sink_t *sink, const style_t *style,
                       apr_uint32_t code, unsigned char octet)
{
    pg_sink_puts(sink, style->backslash);
    if (code == NOT_UTF8 || code < 0x100) {
        pg_sink_putf(sink, "x%02x", (unsigned)octet);
    }
    else {
        pg_sink_putf(sink, "u{%04x}", code);
    }
}

static const char *replacement(const style_t *style, apr_uint32_t code)
{
    const char *special = NULL;

    if (code == '\\') {
        return NULL;
    }
    if (code < 0x80 && style->special) {
        special = style->special((char)code);
    }
    return special;
}

/* May the character be written unchanged? */
static bool stands(const style_t *style, apr_uint32_t code)
{
    if (code == NOT_UTF8 || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        return false;
    }
    if (code < 0x7f) {
        return code != '\\' && replacement(style, code) == NULL;
    }
    return !deceives(code);
}

static void put_other(pg_sink_t *sink, const style_t *style, pg_span_t s,
                      apr_uint32_t code)
{
    const char *special = code == NOT_UTF8 ? NULL : replacement(style, code);

    if (special) {
        pg_sink_puts(sink, special);
    }
    else if (code == '\\') {
        pg_sink_puts(sink, style->backslash);
        pg_sink_puts(sink, style->backslash);
    }
    else if (code >= 0x80 && code < 0x100) {
        for (apr_size_t i = 0; i < s.len; i++) {
            put_number(sink, style, NOT_UTF8, (unsigned char)s.ptr[i]);
        }
    }
    else {
        put_number(sink, style, code, (unsigned char)s.ptr[0]);
    }
}

/* Runs of harmless characters are written at once. */
static void walk(pg_sink_t *sink, const style_t *style, pg_span_t s)
{
    apr_size_t from = 0, at = 0;

    while ((at += pg_span_plain(s, at)) < s.len) {
        apr_uint32_t code;
        apr_size_t taken = pg_escape_utf8_next(pg_span_from(s, at), &code);

        if (!stands(style, code)) {
            pg_sink_put(sink, pg_span_make(s.ptr + from, at - from));
            put_other(sink, style, pg_span_make(s.ptr + at, taken), code);
            from = at + taken;
        }
        at += taken;
    }
    pg_sink_put(sink, pg_span_from(s, from));
}

/* --- the formats --------------------------------------------------------- */

void pg_escape_text(pg_sink_t *sink, pg_span_t s)
{
    static const style_t style = { .backslash = "\\" };

    walk(sink, &style, s);
}

static const char *html_special(char c)
{
    switch (c) {
    case '&':  return "&amp;";
    case '<':  return "&lt;";
    case '>':  return "&gt;";
    case '"':  return "&quot;";
    case '\'': return "&#39;";
    default:   return NULL;
    }
}

void pg_escape_html(pg_sink_t *sink, pg_span_t s)
{
    static const style_t style = {
        .special = html_special, .backslash = "\\"
    };

    walk(sink, &style, s);
}

static const char *quote_special(char c)
{
    return c == '"' ? "\\\"" : NULL;
}

void pg_escape_label(pg_sink_t *sink, pg_span_t s)
{
    static const style_t style = {
        .special = quote_special, .backslash = "\\\\"
    };

    walk(sink, &style, s);
}

void pg_escape_json(pg_sink_t *sink, pg_span_t s)
{
    pg_escape_label(sink, s);
}

static const char *csv_special(char c)
{
    return c == '"' ? "\"\"" : NULL;
}

void pg_escape_csv(pg_sink_t *sink, pg_span_t s)
{
    static const style_t style = {
        .special = csv_special, .backslash = "\\"
    };

    pg_sink_puts(sink, "\"");
    if (s.len && strchr("=+-@|%", s.ptr[0]) && s.ptr[0]) {
        pg_sink_puts(sink, "'");
    }
    walk(sink, &style, s);
    pg_sink_puts(sink, "\"");
}

/* --- into a buffer ------------------------------------------------------- */

apr_size_t pg_escape_plain(char *out, apr_size_t size, pg_span_t s)
{
    pg_buffer_t b = { .at = out, .left = size - 1 };
    pg_sink_t sink = pg_sink_buffer(&b);
    char *end = out;

    /* A character at a time, so that the cut never falls inside one. */
    for (apr_size_t at = 0; at < s.len && sink.status == APR_SUCCESS; ) {
        apr_uint32_t code;
        apr_size_t taken = pg_escape_utf8_next(pg_span_from(s, at), &code);

        pg_escape_text(&sink, pg_span_make(s.ptr + at, taken));
        if (sink.status == APR_SUCCESS) {
            end = b.at;
        }
        at += taken;
    }
    *end = '\0';
    return (apr_size_t)(end - out);
}
