/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_event.h"

#include <stddef.h>

#include "pg_conceal.h"
#include "pg_socks.h"

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

enum { PARTS = 3 };              /* that may be secret                    */

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
    pg_socks_parts_t p = pg_socks_parts(s);
    char any[1];
    const struct {
        pg_span_t text;
        bool secret;
    } part[PARTS] = {
        { p.user, p.user.len > 0 },
        { p.name, pg_conceal_text(any, sizeof(any), p.name).ptr == any },
        { p.rest, pg_span_trim(p.rest).len > 0 }
    };
    const char *done = s.ptr;
    apr_size_t n = 0;

    for (int i = 0; i < PARTS; i++) {
        if (part[i].secret) {
            n = put(out, room, n, pg_span_between(done, part[i].text.ptr));
            n = put(out, room, n, PG_SPAN(PG_CONCEAL_MARK));
            done = pg_span_end(part[i].text);
        }
    }
    return done == s.ptr ? s
           : pg_span_make(out, put(out, room, n,
                                   pg_span_between(done, pg_span_end(s))));
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

/* A text with nothing to hide, nor in its parts: the target, or what it is
 * known to be a part of; absent: none. */
static pg_span_t plain_of(const pg_event_t *event, pg_span_t known)
{
    pg_span_t target = event->verdict.target;

    return is_socks(event) ? PG_ABSENT
           : known.ptr && is_within(target, known) ? known
           : pg_conceal_room(target) == 0 ? target : PG_ABSENT;
}

/* May a text hold a secret? */
static bool may_hide(pg_span_t text, pg_span_t plain)
{
    return text.len > 0 && !(plain.ptr && is_within(text, plain));
}

apr_size_t pg_event_room(const pg_event_t *event)
{
    pg_span_t plain = plain_of(event, PG_ABSENT);
    /* three marks at most, and no text but its own */
    apr_size_t room = is_socks(event)
                          ? event->verdict.target.len
                            + PARTS * sizeof(PG_CONCEAL_MARK) : 0;

    for (unsigned i = 0; i < TEXTS; i++) {
        pg_span_t text = *text_of((pg_event_t *)event, i);

        if (may_hide(text, plain)) {
            room += pg_conceal_room(text);
        }
    }
    return room;
}

void pg_event_conceal(pg_event_t *event, pg_span_t plain, char *room,
                      apr_size_t size)
{
    pg_span_t target = event->verdict.target;

    plain = plain_of(event, plain);
    /* the host may be half of a password that was mistaken for one */
    if (!is_socks(event) && plain.ptr == NULL
        && pg_conceal_hides(target, event->verdict.host)) {
        event->verdict.host = PG_ABSENT;
        event->verdict.port = 0;
    }
    for (unsigned i = 0; i < TEXTS; i++) {
        pg_span_t *text = text_of(event, i);

        if (!may_hide(*text, plain)) {
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
