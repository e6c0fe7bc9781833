/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mailtext.h"

#include <iconv.h>

#include <apr_strings.h>

/* --- charsets ------------------------------------------------------------ */

/* A name that a client chose: it must not be usable as a path, or as an option
 * for iconv. */
static const char *charset_name(pg_span_t charset, apr_pool_t *pool)
{
    if (charset.len == 0 || charset.len > 40) {
        return NULL;
    }
    for (apr_size_t i = 0; i < charset.len; i++) {
        char c = charset.ptr[i];

        if (!pg_octet_is_alpha(c) && !pg_octet_is_digit(c)
            && !strchr("-_.:", c)) {
            return NULL;
        }
    }
    return apr_pstrmemdup(pool, charset.ptr, charset.len);
}

/* Octets that are invalid in the charset become '?', one by one. */
static apr_size_t convert(iconv_t with, char *out, apr_size_t room,
                          pg_span_t in)
{
    char *from = (char *)in.ptr, *to = out;
    apr_size_t left = in.len;

    while (left > 0 && iconv(with, &from, &left, &to, &room) == (size_t)-1) {
        if (room < 8 || left == 0) {
            break;
        }
        *to++ = '?';
        room--;
        from++;
        left--;
    }
    (void)iconv(with, NULL, NULL, &to, &room);
    return (apr_size_t)(to - out);
}

/* Octets of a charset as UTF-8; what cannot be converted stays as it is. */
static pg_span_t to_utf8(pg_span_t octets, pg_span_t charset,
                         apr_pool_t *pool)
{
    const char *name = charset_name(charset, pool);
    iconv_t with = name ? iconv_open("UTF-8", name) : (iconv_t)-1;
    apr_size_t room = octets.len * 4 + 16;
    char *out;

    if (with == (iconv_t)-1) {
        return octets;
    }
    out = apr_palloc(pool, room);
    room = convert(with, out, room, octets);
    iconv_close(with);
    return pg_span_make(out, room);
}

/* --- fields -------------------------------------------------------------- */

typedef struct text_t {
    char *out;
    apr_size_t n, room;
} text_t;

static void put(text_t *t, pg_span_t s)
{
    pg_span_t part = pg_span_upto(s, t->room - t->n);

    memcpy(t->out + t->n, part.ptr, part.len);
    t->n += part.len;
}

static void put_word(text_t *t, pg_span_t charset, char kind, pg_span_t text,
                     apr_pool_t *pool)
{
    char *octets = apr_palloc(pool, text.len + 1);
    apr_size_t n = pg_mime_word_octets(octets, kind, text);

    put(t, to_utf8(pg_span_make(octets, n), charset, pool));
}

static pg_span_t decode_words(pg_span_t s, apr_pool_t *pool)
{
    text_t t = { .room = s.len * 4 + 16 };
    bool after_word = false;

    t.out = apr_palloc(pool, t.room);
    while (s.len) {
        pg_span_t charset, text;
        char kind;
        apr_size_t n = pg_mime_word(&charset, &kind, &text, s), plain = 0;

        if (n) {
            put_word(&t, charset, kind, text, pool);
            s = pg_span_from(s, n);
            after_word = true;
            continue;
        }
        do {
            plain++;
        } while (plain < s.len
                 && !pg_mime_word(&charset, &kind, &text,
                                  pg_span_from(s, plain)));
        /* white space between two encoded-words is not part of the text */
        if (!(after_word
              && pg_span_trim(pg_span_upto(s, plain)).len == 0)) {
            put(&t, pg_span_upto(s, plain));
        }
        s = pg_span_from(s, plain);
    }
    return pg_span_make(t.out, t.n);
}

pg_span_t pg_mailtext_field(pg_span_t header, const char *name,
                            apr_pool_t *pool)
{
    pg_span_t value = pg_mime_field(header, name);
    char *flat;
    apr_size_t n = 0;

    if (value.ptr == NULL) {
        return PG_SPAN("");
    }
    flat = apr_palloc(pool, value.len + 1);
    for (apr_size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '\r' && value.ptr[i] != '\n') {
            flat[n++] = value.ptr[i];
        }
    }
    return decode_words(pg_span_make(flat, n), pool);
}

/* --- HTML ---------------------------------------------------------------- */

/* The length from "<name" through "</name>", or of one tag. */
static apr_size_t tag_length(pg_span_t s)
{
    static const char *const hidden[] = { "script", "style", "head" };
    apr_size_t n = pg_span_find(s, '>') + 1;

    if (pg_span_istarts(s, PG_SPAN("<!--"))) {
        const char *end = memmem(s.ptr, s.len, "-->", 3);
        return end ? (apr_size_t)(end - s.ptr) + strlen("-->") : s.len;
    }
    for (int i = 0; i < 3; i++) {
        pg_span_t name = pg_span_str(hidden[i]);

        if (!pg_span_istarts(pg_span_from(s, 1), name)) {
            continue;
        }
        for (; n < s.len; n++) {
            pg_span_t rest = pg_span_from(s, n);

            if (pg_span_istarts(rest, PG_SPAN("</"))
                && pg_span_istarts(pg_span_from(rest, 2), name)) {
                return n + pg_span_find(rest, '>') + 1;
            }
        }
    }
    return n;                    /* may be one more than there are        */
}

static bool breaks_line(pg_span_t tag)
{
    return pg_span_istarts(tag, PG_SPAN("<br"))
           || pg_span_istarts(tag, PG_SPAN("<p"))
           || pg_span_istarts(tag, PG_SPAN("</p"))
           || pg_span_istarts(tag, PG_SPAN("<div"))
           || pg_span_istarts(tag, PG_SPAN("<tr"))
           || pg_span_istarts(tag, PG_SPAN("<li"));
}

static apr_size_t put_entity(text_t *t, pg_span_t s)
{
    static const struct { const char *name, *text; } known[] = {
        { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" },
        { "&quot;", "\"" }, { "&nbsp;", " " }, { "&#39;", "'" },
    };

    for (apr_size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (pg_span_istarts(s, pg_span_str(known[i].name))) {
            put(t, pg_span_str(known[i].text));
            return strlen(known[i].name);
        }
    }
    put(t, pg_span_upto(s, 1));
    return 1;
}

static pg_span_t without_tags(pg_span_t s, apr_pool_t *pool)
{
    text_t t = { .out = apr_palloc(pool, s.len + 1), .room = s.len };

    while (s.len) {
        apr_size_t n = pg_span_find_any(s, "<&");

        put(&t, pg_span_upto(s, n));
        s = pg_span_from(s, n);
        if (s.len && s.ptr[0] == '<') {
            n = tag_length(s);
            if (breaks_line(s)) {
                put(&t, PG_SPAN("\n"));
            }
            s = pg_span_from(s, n);
        }
        else if (s.len) {
            s = pg_span_from(s, put_entity(&t, s));
        }
    }
    return pg_span_make(t.out, t.n);
}

pg_span_t pg_mailtext_part(const pg_mime_part_t *part, apr_pool_t *pool)
{
    char *octets = apr_palloc(pool, part->body.len + 1);
    apr_size_t n = pg_mime_decode(octets, part->body, part->encoding);
    pg_span_t text = to_utf8(pg_span_make(octets, n), part->charset,
                             pool);

    return pg_span_istarts(part->type, PG_SPAN("text/html"))
           ? without_tags(text, pool) : text;
}
