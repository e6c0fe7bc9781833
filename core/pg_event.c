/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_event.h"

#include <stddef.h>

#include "pg_conceal.h"

/* Every text that comes from the client. */
static const apr_size_t texts[] = {
    offsetof(pg_event_t, verdict.method),
    offsetof(pg_event_t, verdict.target),
    offsetof(pg_event_t, verdict.host),
    offsetof(pg_event_t, user_agent),
    offsetof(pg_event_t, x_forwarded_for),
    offsetof(pg_event_t, via),
    offsetof(pg_event_t, forwarded),
    offsetof(pg_event_t, proxy_connection)
};

enum { TEXTS = sizeof(texts) / sizeof(*texts) };

static pg_span_t *text_of(pg_event_t *event, unsigned i)
{
    return (pg_span_t *)(void *)((char *)event + texts[i]);
}

/* --- SOCKS --------------------------------------------------------------- */

typedef struct part_t {
    apr_size_t from, to;
} part_t;

enum { USER, NAME, REST, PARTS };

static apr_size_t end_of_text(pg_span_t s, apr_size_t from)
{
    return from < s.len ? from + pg_span_find(pg_span_from(s, from), '\0')
                        : s.len;
}

/* 04 command port(2) address(4) user NUL [ name NUL ]; the name is there when
 * the address is 0.0.0.x. */
static void take_apart_4(part_t part[PARTS], pg_span_t s)
{
    apr_size_t end = end_of_text(s, 8);

    part[USER] = (part_t){ 8, end };
    if (memcmp(s.ptr + 4, "\0\0\0", 3) == 0 && s.ptr[7]) {
        part[NAME] = (part_t){ end + 1, end_of_text(s, end + 1) };
        end = part[NAME].to;
    }
    part[REST] = (part_t){ end + 1, s.len };
}

/* 05 count method...; with it may have come a request (RFC 1928 4), or a user
 * and a password (RFC 1929), which is rest here. */
static void take_apart_5(part_t part[PARTS], pg_span_t s)
{
    apr_size_t at = 2 + (apr_size_t)(unsigned char)s.ptr[1];
    pg_span_t request = pg_span_from(s, at);

    if (request.len > 4 && request.ptr[0] == 5) {
        bool name = request.ptr[3] == 3;
        apr_size_t n = name ? 1 + (apr_size_t)(unsigned char)request.ptr[4]
                            : request.ptr[3] == 1 ? 4 : 16;

        part[NAME] = (part_t){ at + 5, name ? at + 4 + n : 0 };
        at += 4 + n + 2;
    }
    part[REST] = (part_t){ at, s.len };
}

static bool is_secret(pg_span_t s, part_t part, int which)
{
    char out[1];
    pg_span_t text;

    if (part.from >= part.to || part.to > s.len) {
        return false;
    }
    text = pg_span_make(s.ptr + part.from, part.to - part.from);
    switch (which) {
    case NAME:
        return pg_conceal_text(out, sizeof(out), text).ptr == out;
    case REST:
        return pg_span_trim(text).len > 0;
    default:
        return true;
    }
}

static apr_size_t put(char *out, apr_size_t room, apr_size_t at, pg_span_t s)
{
    s = pg_span_upto(s, room - at);
    if (s.len) {
        memcpy(out + at, s.ptr, s.len);
    }
    return at + s.len;
}

/* Any octet may occur in a SOCKS request, so it has rules of its own. */
static pg_span_t conceal_socks(char *out, apr_size_t room, pg_span_t s)
{
    part_t part[PARTS] = { { 0, 0 } };
    apr_size_t done = 0, n = 0;

    if (s.ptr[0] != 4) {
        take_apart_5(part, s);
    }
    else if (s.len > 8) {
        take_apart_4(part, s);
    }
    for (int i = 0; i < PARTS; i++) {
        if (is_secret(s, part[i], i)) {
            n = put(out, room, n, pg_span_make(s.ptr + done,
                                               part[i].from - done));
            n = put(out, room, n, PG_SPAN(PG_CONCEAL_MARK));
            done = part[i].to;
        }
    }
    return done == 0 ? s : pg_span_make(out, put(out, room, n,
                                                 pg_span_from(s, done)));
}

/* --- all of it ----------------------------------------------------------- */

static bool is_socks(const pg_event_t *event)
{
    return event->verdict.class_id == PG_CLASS_SOCKS
           && event->verdict.target.len > 2;
}

static bool is_within(pg_span_t part, pg_span_t whole)
{
    apr_uintptr_t at = (apr_uintptr_t)part.ptr;
    apr_uintptr_t begin = (apr_uintptr_t)whole.ptr;

    return at >= begin && at + part.len <= begin + whole.len;
}

/* Nothing to hide in the target, nor in the texts that are parts of it? */
static bool is_plain(const pg_event_t *event)
{
    return !is_socks(event) && pg_conceal_room(event->verdict.target) == 0;
}

apr_size_t pg_event_room(const pg_event_t *event)
{
    bool plain = is_plain(event);
    /* three marks at most, and no text but its own */
    apr_size_t room = is_socks(event)
                          ? event->verdict.target.len
                            + PARTS * sizeof(PG_CONCEAL_MARK) : 0;

    for (unsigned i = 0; i < TEXTS; i++) {
        pg_span_t text = *text_of((pg_event_t *)event, i);

        if (text.len && !(plain && is_within(text, event->verdict.target))) {
            room += pg_conceal_room(text);
        }
    }
    return room;
}

void pg_event_conceal(pg_event_t *event, char *room, apr_size_t size)
{
    pg_span_t target = event->verdict.target;
    bool plain = is_plain(event);

    /* the host may be half of a password that was mistaken for one */
    if (!is_socks(event) && !plain
        && pg_conceal_hides(target, event->verdict.host)) {
        event->verdict.host = PG_ABSENT;
        event->verdict.port = 0;
    }
    for (unsigned i = 0; i < TEXTS; i++) {
        pg_span_t *text = text_of(event, i);

        if (text->len == 0 || (plain && is_within(*text, target))) {
            continue;
        }
        *text = is_socks(event) && text == &event->verdict.target
                    ? conceal_socks(room, size, *text)
                    : pg_conceal_text(room, size, *text);
        if (text->ptr == room) {
            room += text->len;
            size -= text->len;
        }
    }
}
