/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mailjson.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "pg_ecs.h"
#include "pg_logtime.h"
#include "pg_mailtext.h"

enum { MOST = 1 << 21 };         /* octets of a line                      */

/* --- the envelope -------------------------------------------------------- */

/* Of "sender Wed Nov 25 22:51:34 2026"; 0: not of this form. */
static apr_time_t time_of(pg_span_t from)
{
    apr_time_t time;

    from = pg_span_trim(from);
    return from.len >= 24
           && pg_logtime_parse(&time, pg_span_from(from, from.len - 24))
               ? time : 0;
}

pg_span_t pg_mailjson_recipient(pg_span_t *rest)
{
    while (rest->len > 0) {
        pg_span_t line = pg_span_take(rest, '\n');

        if (pg_span_istarts(line, PG_SPAN("Delivered-To: "))) {
            return pg_span_from(line, sizeof("Delivered-To: ") - 1);
        }
    }
    return PG_ABSENT;
}

static void take_recipients(pg_ecs_mail_t *mail, pg_span_t envelope,
                            apr_pool_t *pool)
{
    char *out = apr_palloc(pool, envelope.len + 1);
    apr_size_t n = 0;
    pg_span_t one;

    while ((one = pg_mailjson_recipient(&envelope)).ptr != NULL) {
        n += pg_span_copy(out + n, one.len + 1, one) + 1;
        mail->recipient_count++;
    }
    mail->recipients = pg_span_make(out, n);
}

/* Of "<sender>", and of "from HELO ([address])". */
static pg_span_t between(pg_span_t s, const char *begin, char end)
{
    apr_size_t n = strlen(begin);

    s = pg_span_istarts(s, pg_span_str(begin)) ? pg_span_from(s, n)
                                               : PG_SPAN("");
    return pg_span_upto(s, pg_span_find(s, end));
}

static const char *text_of(pg_span_t s, apr_pool_t *pool)
{
    return s.len ? apr_pstrmemdup(pool, s.ptr, s.len) : NULL;
}

static pg_ecs_mail_t mail_of(const pg_mbox_read_t *read, apr_pool_t *pool)
{
    pg_ecs_mail_t mail = {
        .id = read->field[PG_MBOX_ID],
        .sender = between(pg_mime_field(read->envelope, "Return-Path"), "<",
                          '>'),
        .helo = between(pg_mime_field(read->envelope, "Received"), "from ",
                        ' '),
        .auth = text_of(read->field[PG_MBOX_AUTH], pool),
        .kept = text_of(read->field[PG_MBOX_KEPT], pool),
        .size = read->size
    };

    take_recipients(&mail, read->envelope, pool);
    return mail;
}

/* --- the text ------------------------------------------------------------ */

typedef struct joined_t {
    apr_pool_t *pool;
    const char *text;            /* NULL: none yet                        */
} joined_t;

static void join(void *ctx, const pg_mime_part_t *part)
{
    joined_t *all = ctx;
    pg_span_t text;

    if (!part->attachment) {
        text = pg_mailtext_part(part, all->pool);
        all->text = apr_pstrcat(all->pool, all->text ? all->text : "",
                                all->text ? "\n" : "",
                                apr_pstrmemdup(all->pool, text.ptr,
                                               text.len), NULL);
    }
}

/* --- the line ------------------------------------------------------------ */

pg_span_t pg_mailjson_line(const pg_mbox_read_t *read, pg_span_t message,
                           apr_pool_t *pool)
{
    pg_span_t target = read->field[PG_MBOX_TARGET], header, body;
    apr_size_t colon = pg_span_rfind(target, ':');
    pg_ecs_mail_t mail = mail_of(read, pool);
    pg_ecs_capture_t capture = {
        .conversation = read->field[PG_MBOX_CONVERSATION], .mail = &mail
    };
    pg_event_t event = { .time = time_of(read->from),
                         .outcome = PG_OUTCOME_SUNK,
                         .vhost = read->field[PG_MBOX_VHOST] };
    pg_ecs_t in = { .event = &event, .capture = &capture,
                    .source = text_of(read->field[PG_MBOX_SOURCE], pool),
                    .version = PROXYGUARD_VERSION };
    joined_t all = { .pool = pool };

    event.verdict.host = pg_span_upto(target, colon);
    event.verdict.port = colon < target.len
        ? (apr_uint16_t)atoi(text_of(pg_span_from(target, colon + 1), pool))
        : 0;
    pg_mime_split(&header, &body, message);
    mail.message = message;
    mail.subject = pg_mailtext_field(header, "Subject", pool);
    mail.scratch = apr_palloc(pool, message.len + 1);
    (void)pg_mime_walk(message, join, &all);
    mail.text = pg_span_str(all.text);
    return pg_ecs_line(&in, apr_palloc(pool, MOST + PG_ECS_ROOM), MOST);
}
