/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_encoded.h"

#include "pg_loose_request.h"
#include "pg_mime.h"

enum { SHORTEST = 16 };          /* "GET / HTTP/1.0", encoded, has more   */

static bool is_base64(pg_span_t s)
{
    apr_size_t end = pg_span_find(s, '=');

    for (apr_size_t i = 0; i < end; i++) {
        char c = s.ptr[i];
        if (!pg_octet_is_alpha(c) && !pg_octet_is_digit(c) && c != '+'
            && c != '/') {
            return false;
        }
    }
    return s.len >= SHORTEST && s.len % 4 == 0 && s.len - end <= 2;
}

static bool decode(pg_span_t *out, pg_span_t s, pg_room_t *room)
{
    if (!is_base64(s) || pg_logline_left(room) < s.len) {
        return false;
    }
    *out = pg_span_make(room->at,
                        pg_mime_decode(room->at, s, PG_SPAN("base64")));
    if (!pg_loose_request_is_line(
             pg_span_upto(*out, pg_span_find(*out, '\n')))) {
        return false;
    }
    room->at += out->len;
    return true;
}

static void fill(pg_span_t *field, pg_span_t header, const char *name)
{
    if (field->len == 0) {
        *field = pg_mime_field(header, name);
    }
}

/* Does a request line ask for more than a path of ours? */
static bool leads_elsewhere(pg_span_t line)
{
    pg_span_t target = pg_span_from(line, pg_span_find(line, ' '));

    target = pg_span_trim(target);
    return target.len && target.ptr[0] != '/';
}

static bool take(pg_logline_t *out, pg_span_t word, pg_room_t *room)
{
    pg_span_t sent, header, body, *request = &out->field[PG_FIELD_REQUEST];
    apr_size_t n;

    if (!decode(&sent, word, room)) {
        return false;
    }
    n = pg_span_find(sent, '\n');
    pg_mime_split(&header, &body, pg_span_from(sent, n + 1));
    fill(&out->field[PG_FIELD_HOST], header, "Host");
    fill(&out->field[PG_FIELD_AGENT], header, "User-Agent");
    sent = pg_span_trim(pg_span_upto(sent, n));
    if (leads_elsewhere(sent)
        || !(pg_loose_request_is_line(*request)
             || out->field[PG_FIELD_METHOD].len)) {
        *request = sent;
        out->escaped = false;
    }
    return true;
}

bool pg_encoded_read(pg_logline_t *out, pg_span_t line, pg_room_t *room)
{
    pg_span_t s = pg_span_trim(line);
    apr_size_t blank = pg_span_rfind(s, ' ');

    return take(out, blank < s.len ? pg_span_from(s, blank + 1) : s, room);
}

bool pg_encoded_find(pg_logline_t *out, pg_span_t line, pg_room_t *room)
{
    while (line.len) {
        apr_size_t n = pg_span_find_any(line, " \t\"',;|:[]{}");
        if (take(out, pg_span_upto(line, n), room)) {
            return true;
        }
        line = pg_span_from(line, n + 1);
    }
    return false;
}
