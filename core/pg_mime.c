/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mime.h"

/* --- fields -------------------------------------------------------------- */

void pg_mime_split(pg_span_t *header, pg_span_t *body, pg_span_t message)
{
    pg_span_t rest = message;

    while (rest.len > 0) {
        pg_span_t line = pg_span_take_line(&rest);

        if (pg_span_trim(line).len == 0) {
            *header = pg_span_upto(message,
                                   message.len - rest.len - line.len);
            *body = rest;
            return;
        }
    }
    *header = message;
    *body = pg_span_from(message, message.len);
}

static bool is_folded(pg_span_t rest)
{
    return rest.len > 0 && (rest.ptr[0] == ' ' || rest.ptr[0] == '\t');
}

pg_span_t pg_mime_field(pg_span_t header, const char *name)
{
    pg_span_t wanted = pg_span_str(name), rest = header;

    while (rest.len > 0) {
        pg_span_t line = pg_span_take_line(&rest);

        if (!pg_span_istarts(line, wanted) || line.len <= wanted.len
            || line.ptr[wanted.len] != ':') {
            continue;
        }
        while (is_folded(rest)) {
            line.len += pg_span_take_line(&rest).len;
        }
        return pg_span_trim(pg_span_from(line, wanted.len + 1));
    }
    return PG_ABSENT;
}

/* The length of a quoted string, more than s has if that does not end, or of
 * one octet. */
static apr_size_t quoted_length(pg_span_t s)
{
    apr_size_t n = 1;

    if (s.ptr[0] != '"') {
        return 1;
    }
    while (n < s.len && s.ptr[n] != '"') {
        n += s.ptr[n] == '\\' ? 2 : 1;
    }
    return n + 1;
}

/* Up to the first of these that is not in quotes. */
static apr_size_t find_unquoted(pg_span_t s, const char *set)
{
    apr_size_t n = 0;

    while (n < s.len && !strchr(set, s.ptr[n])) {
        n += quoted_length(pg_span_from(s, n));
    }
    return n < s.len ? n : s.len;
}

/* A colon ends the name of a group, whose members follow up to ';'. */
bool pg_mime_address(pg_span_t *out, pg_span_t *list)
{
    out->len = 0;
    while (list->len > 0 && out->len == 0) {
        apr_size_t n = find_unquoted(*list, ",;:");
        bool is_name = n < list->len && list->ptr[n] == ':';
        pg_span_t one = pg_span_upto(*list, is_name ? 0 : n);
        apr_size_t angle = find_unquoted(one, "<");

        if (angle < one.len) {
            one = pg_span_from(one, angle + 1);
            one = pg_span_upto(one, pg_span_find(one, '>'));
        }
        *out = pg_span_trim(pg_span_upto(one, find_unquoted(one, "(")));
        *list = pg_span_from(*list, n + 1);
    }
    return out->len > 0;
}

/* A parameter of a value ("charset" of "text/plain; charset=Big5"), without
 * its quotes; absent: there is none. */
static pg_span_t find_param(pg_span_t value, const char *name)
{
    pg_span_t wanted = pg_span_str(name);

    value = pg_span_from(value, find_unquoted(value, ";"));
    while (value.len > 0) {
        pg_span_t one;
        apr_size_t n;

        value = pg_span_from(value, 1);
        one = pg_span_trim(pg_span_upto(value, find_unquoted(value, ";")));
        n = pg_span_find(one, '=');
        if (n < one.len
            && pg_span_ieq(pg_span_trim(pg_span_upto(one, n)), wanted)) {
            return pg_span_unquoted(pg_span_from(one, n + 1));
        }
        value = pg_span_from(value, find_unquoted(value, ";"));
    }
    return PG_ABSENT;
}

/* --- parts --------------------------------------------------------------- */

typedef struct walk_t {
    void (*visit)(void *ctx, const pg_mime_part_t *part);
    void *ctx;
    unsigned parts;
} walk_t;

/* "--boundary", or "--boundary--" which ends the last part. */
static bool is_boundary(pg_span_t line, pg_span_t boundary, bool *last)
{
    if (line.len < boundary.len + 2 || line.ptr[0] != '-'
        || line.ptr[1] != '-'
        || memcmp(line.ptr + 2, boundary.ptr, boundary.len) != 0) {
        return false;
    }
    line = pg_span_trim(pg_span_from(line, boundary.len + 2));
    *last = pg_span_eq(line, PG_SPAN("--"));
    return line.len == 0 || *last;
}

/* The line end before a boundary is the boundary's. @see RFC 2046 5.1.1 */
static pg_span_t part_of(const char *begin, const char *end)
{
    end -= end > begin && end[-1] == '\n';
    end -= end > begin && end[-1] == '\r';
    return pg_span_between(begin, end);
}

/* The next part: what lies between two boundaries. */
static bool next_part(pg_span_t *part, pg_span_t *rest, pg_span_t boundary)
{
    const char *begin = rest->ptr;
    bool last = false;

    while (rest->len > 0) {
        pg_span_t line = pg_span_take_line(rest);

        if (is_boundary(line, boundary, &last)) {
            *part = part_of(begin, line.ptr);
            if (last) {
                rest->len = 0;
            }
            return true;
        }
    }
    *part = pg_span_between(begin, rest->ptr);
    return part->len > 0;
}

static void describe(pg_mime_part_t *out, pg_span_t header, pg_span_t body)
{
    pg_span_t type = pg_mime_field(header, "Content-Type");
    pg_span_t place = pg_mime_field(header, "Content-Disposition");

    out->type = pg_span_trim(pg_span_upto(type, find_unquoted(type, ";")));
    out->charset = find_param(type, "charset");
    out->encoding = pg_mime_field(header, "Content-Transfer-Encoding");
    out->name = find_param(place, "filename");
    if (out->name.ptr == NULL) {
        out->name = find_param(type, "name");
    }
    out->attachment = pg_span_istarts(place, PG_SPAN("attachment"))
                      || (out->type.len > 0
                          && !pg_span_istarts(out->type, PG_SPAN("text/")));
    out->body = body;
}

/* Depth is bounded. NOLINTNEXTLINE(misc-no-recursion) */
static void walk(walk_t *w, pg_span_t message, int depth)
{
    pg_span_t header, body, boundary, part;
    pg_mime_part_t one;

    pg_mime_split(&header, &body, message);
    boundary = find_param(pg_mime_field(header, "Content-Type"),
                          "boundary");
    if (boundary.len == 0 || depth == PG_MIME_DEPTH) {
        describe(&one, header, body);
        w->parts++;
        w->visit(w->ctx, &one);
        return;
    }
    (void)next_part(&part, &body, boundary);     /* the preamble          */
    while (body.len > 0 && w->parts < PG_MIME_PARTS
           && next_part(&part, &body, boundary)) {
        walk(w, part, depth + 1);
    }
}

unsigned pg_mime_walk(pg_span_t message,
                      void (*visit)(void *ctx, const pg_mime_part_t *part),
                      void *ctx)
{
    walk_t w = { .visit = visit, .ctx = ctx };

    walk(&w, message, 0);
    return w.parts;
}

/* --- transfer encodings -------------------------------------------------- */

static int value_of_64(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Anything but a digit is skipped (RFC 2045 6.8). */
static apr_size_t decode_64(char *out, pg_span_t in)
{
    unsigned bits = 0, have = 0;
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < in.len; i++) {
        int value = value_of_64(in.ptr[i]);

        if (value < 0) {
            continue;
        }
        bits = (bits << 6 | (unsigned)value) & 0xffffffu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(bits >> have & 0xffu);
        }
    }
    return n;
}

/* How many octets of a soft line break are at i; 0: there is none. */
static apr_size_t soft_break(pg_span_t in, apr_size_t i)
{
    if (in.ptr[i] != '=') {
        return 0;
    }
    if (i + 1 < in.len && in.ptr[i + 1] == '\n') {
        return 2;
    }
    return i + 2 < in.len && in.ptr[i + 1] == '\r' && in.ptr[i + 2] == '\n'
           ? 3 : 0;
}

static apr_size_t decode_qp(char *out, pg_span_t in, bool word)
{
    apr_size_t n = 0, soft;

    for (apr_size_t i = 0; i < in.len; i++) {
        int octet = in.ptr[i] == '=' ? pg_span_hex(in, i + 1) : -1;
        if (octet >= 0) {
            out[n++] = (char)octet;
            i += 2;
        }
        else if (!word && (soft = soft_break(in, i)) > 0) {
            i += soft - 1;
        }
        else {
            out[n++] = word && in.ptr[i] == '_' ? ' ' : in.ptr[i];
        }
    }
    return n;
}

apr_size_t pg_mime_decode(char *out, pg_span_t in, pg_span_t encoding)
{
    if (pg_span_istarts(encoding, PG_SPAN("base64"))) {
        return decode_64(out, in);
    }
    if (pg_span_istarts(encoding, PG_SPAN("quoted-printable"))) {
        return decode_qp(out, in, false);
    }
    if (in.len > 0) {
        memmove(out, in.ptr, in.len);
    }
    return in.len;
}

apr_size_t pg_mime_word(pg_span_t *charset, char *kind, pg_span_t *text,
                        pg_span_t s)
{
    pg_span_t rest;
    apr_size_t n;

    if (s.len < 8 || s.ptr[0] != '=' || s.ptr[1] != '?') {
        return 0;
    }
    rest = pg_span_from(s, 2);
    n = pg_span_find(rest, '?');
    if (n == 0 || n + 3 >= rest.len || rest.ptr[n + 2] != '?') {
        return 0;
    }
    *charset = pg_span_upto(rest, n);
    *kind = pg_octet_lower(rest.ptr[n + 1]);
    rest = pg_span_from(rest, n + 3);
    n = pg_span_find(rest, '?');
    if (n + 1 >= rest.len || rest.ptr[n + 1] != '='
        || (*kind != 'b' && *kind != 'q')) {
        return 0;
    }
    *text = pg_span_upto(rest, n);
    return (apr_size_t)(rest.ptr + n + 2 - s.ptr);
}

apr_size_t pg_mime_word_octets(char *out, char kind, pg_span_t text)
{
    return kind == 'b' ? decode_64(out, text) : decode_qp(out, text, true);
}
