/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_conversation.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

#include <apr_strings.h>
#include <apr_support.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <mpm_common.h>

#include "pg_campaigns.h"
#include "pg_config.h"
#include "pg_ecs.h"
#include "pg_evidence.h"
#include "pg_hello.h"
#include "pg_log.h"
#include "pg_mbox.h"
#include "pg_mime.h"
#include "pg_names.h"
#include "pg_notify.h"
#include "pg_request.h"

APLOG_USE_MODULE(proxyguard);

/* What is done with input. */
typedef enum kind_e {
    KIND_SMTP,                   /* answered                              */
    KIND_HELLO,                  /* read to the end of a ClientHello      */
    KIND_FIRST                   /* read until the client pauses          */
} kind_e;

enum {
    FIRST_MOST = 4096,           /* of a ClientHello, or of anything else */
    IDLE_SECONDS = 30,
    PAUSE_SECONDS = 3,           /* after the first octets                */
    PAUSE_US = 100000,           /* before the greeting                   */
    READ_MOST = 8192,
    ID_SIZE = 32,
    SUBMISSIONS_PORT = 465       /* TLS from the beginning (RFC 8314)     */
};

/* A mapping of its own: pages that a conversation never touches cost nothing,
 * and all are returned to the system at its end. */
typedef struct room_t {
    pg_smtp_t smtp;
    char first[FIRST_MOST];
    char line[PG_EVIDENCE_ROOM]; /* of the evidence log                   */
    char message[];              /* message_most, then room for an entry  */
} room_t;

struct pg_conversation_t {
    conn_rec *c;
    server_rec *server;
    const pg_host_t *host;
    pg_slot_t slot;
    const char *id, *source;
    pg_event_t event;            /* what was accepted: time, source,
                                    target                                */
    apr_time_t began;            /* pg_deadline_now()                     */
    pg_deadline_t deadline;
    bool greeted;

    pthread_mutex_t lock;        /* for what follows                      */
    atomic_bool over;            /* may be read without it                */
    kind_e kind;
    room_t *room;                /* NULL when over                        */
    apr_size_t first_len;
    apr_uint64_t octets;         /* received                              */
    unsigned mails, lost;        /* taken; not kept                       */
};

/* --- memory -------------------------------------------------------------- */

static apr_size_t size_of_room(const pg_host_t *host)
{
    return sizeof(room_t) + host->message_most
           + pg_mbox_room(host->message_most);
}

static room_t *new_room(const pg_host_t *host)
{
    void *room = mmap(NULL, size_of_room(host), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return room == MAP_FAILED ? NULL : room;
}

/* --- mail ---------------------------------------------------------------- */

/* The id of the next message. No pool: see end(). */
static void write_id(char id[ID_SIZE], const pg_conversation_t *t)
{
    snprintf(id, ID_SIZE, "%s-%u", t->id, t->mails + 1);
}

/* --- what is seen of it -------------------------------------------------- */

static void put_evidence(pg_conversation_t *t, apr_time_t now,
                         pg_ecs_capture_t *capture)
{
    pg_event_t event = t->event;
    pg_ecs_t line = { .event = &event, .capture = capture,
                      .source = t->source };

    event.time = now;
    capture->conversation = pg_span_str(t->id);
    pg_notify_capture(t->server, &line, t->room->line);
}

/* What was written is no longer needed, so its room is free for the text: that
 * of a campaign, and then attachments. */
static void note_mail(pg_conversation_t *t, const pg_mbox_entry_t *entry,
                      pg_keep_e kept)
{
    const pg_smtp_mail_t *mail = entry->mail;
    char *scratch = t->room->message + t->host->message_most;
    pg_campaign_mail_t look;
    pg_ecs_mail_t shown = { .id = entry->id, .sender = mail->sender,
                            .helo = mail->helo,
                            .recipients = mail->recipients,
                            .recipient_count = mail->recipient_count,
                            .auth = entry->auth,
                            .kept = pg_capture_keep(kept),
                            .size = mail->message.len,
                            .scratch = scratch };
    pg_ecs_capture_t capture = { .mail = &shown };
    pg_span_t body;

    pg_campaign_look(&look, scratch, mail->message);
    if (entry->keep != PG_KEEP_MESSAGE) {
        memset(look.lure, 0, sizeof(look.lure));
    }
    if (entry->keep == PG_KEEP_SUMMARY) {
        memset(look.subject, 0, sizeof(look.subject));
    }
    pg_campaigns_add(t->host->ledger, &look, t->event.source.octets,
                     entry->time);
    if (entry->keep == PG_KEEP_MESSAGE) {
        shown.message = mail->message;
    }
    else if (entry->keep == PG_KEEP_HEADER) {
        pg_mime_split(&shown.message, &body, mail->message);
    }
    if (shown.message.len > 0) {
        shown.subject = pg_span_str(look.subject);
    }
    put_evidence(t, entry->time, &capture);
}

/* --- keeping it ---------------------------------------------------------- */

static bool keep_mail(pg_conversation_t *t, const pg_smtp_mail_t *mail,
                      const char *id)
{
    const pg_host_t *host = t->host;
    const pg_smtp_t *smtp = &t->room->smtp;
    char *out = t->room->message + host->message_most;
    pg_mbox_entry_t entry = { .time = apr_time_now(),
                              .mail = mail,
                              .keep = host->keep,
                              .host = smtp->host,
                              .id = pg_span_str(id),
                              .conversation = pg_span_str(t->id),
                              .source = pg_span_str(t->source),
                              .target = t->event.verdict.target,
                              .vhost = t->event.vhost,
                              .auth = smtp->auth_plain ? "PLAIN"
                                      : smtp->auth_login ? "LOGIN" : NULL };
    apr_size_t n = pg_mbox_write(out, pg_mbox_room(host->message_most),
                                 &entry);
    bool kept = n > 0 && pg_spool_append(host->spool, pg_span_make(out, n),
                                         host->ledger, t->server);
    pg_keep_e keep = !kept ? PG_KEEP_LOST
                     : mail->cut ? PG_KEEP_CUT : host->keep;

    t->mails++;
    t->lost += !kept;
    pg_slots_kept(host->ledger, keep, entry.time);
    note_mail(t, &entry, keep);
    return kept;
}

/* --- the end ------------------------------------------------------------- */

/* Its part of the log line; "" if nothing was received. */
static const char *note_first(char out[PG_HELLO_TEXT], pg_conversation_t *t)
{
    pg_hello_t hello;
    pg_ecs_capture_t capture = { .first = pg_span_make(t->room->first,
                                                       t->first_len) };

    if (t->first_len == 0) {
        return "";
    }
    if (pg_hello_parse(&hello, capture.first)) {
        capture.hello = &hello;
    }
    put_evidence(t, apr_time_now(), &capture);
    pg_hello_text(out, capture.hello, pg_ecs_first(capture.first,
                                                   t->room->line));
    return out;
}

static void log_end(pg_conversation_t *t, pg_end_e why)
{
    apr_time_t took = pg_deadline_now() - t->began;
    char room[PG_HELLO_TEXT];
    const char *first = note_first(room, t);

    if (!pg_notify_end(t->server, &t->event)) {
        return;
    }
    PG_LOG(APLOG_NOTICE, t->server, PGLOGNO(0144)
           "capture ended: id=%s ended=%s mails=%u lost=%u octets=%"
           APR_UINT64_T_FMT " seconds=%d.%d source=%s%s", t->id,
           pg_capture_end(why), t->mails, t->lost, t->octets,
           (int)apr_time_sec(took), (int)(apr_time_usec(took) / 100000),
           t->source, first);
}

/* With the lock held; the first reason counts. Nothing here may touch the
 * connection's pool: the thread that stops a child may run this while a worker
 * reads. */
static void end(pg_conversation_t *t, pg_end_e why)
{
    pg_smtp_mail_t mail;
    char id[ID_SIZE];

    if (t->over) {
        return;
    }
    t->over = true;
    if (t->kind == KIND_SMTP && pg_smtp_mail(&mail, &t->room->smtp)) {
        write_id(id, t);
        (void)keep_mail(t, &mail, id);
    }
    pg_slots_give(t->host->ledger, &t->slot);
    pg_slots_ended(t->host->ledger, why);
    log_end(t, why);
    munmap(t->room, size_of_room(t->host));
    t->room = NULL;
}

static apr_time_t last_moment(const pg_conversation_t *t)
{
    return t->began + apr_time_from_sec(t->host->limit.seconds);
}

/* The pause after the first octets is what we waited for. */
static pg_end_e end_of_time(pg_conversation_t *t)
{
    return t->kind == KIND_FIRST && t->first_len > 0
           && atomic_load(&t->deadline.expires) < last_moment(t)
               ? PG_END_COMPLETE : PG_END_DEADLINE;
}

void pg_conversation_stop(void *talk)
{
    pg_conversation_t *t = talk;

    /* Whoever holds it is working on it, and will see the end of the
     * stream. */
    if (pthread_mutex_trylock(&t->lock) == 0) {
        end(t, PG_END_STOP);
        pthread_mutex_unlock(&t->lock);
    }
}

/* The worker MPM closes its threads' sockets before it runs child_stopping. */
static bool httpd_stops(void)
{
    int state = AP_MPMQ_RUNNING;

    (void)ap_mpm_query(AP_MPMQ_MPM_STATE, &state);
    return state == AP_MPMQ_STOPPING;
}

static void end_now(pg_conversation_t *t, bool late)
{
    int due = atomic_load(&t->deadline.due);

    pthread_mutex_lock(&t->lock);
    end(t, due == PG_DUE_STOP || (due == PG_DUE_NOT && httpd_stops())
               ? PG_END_STOP
           : late || due == PG_DUE_LATE ? end_of_time(t) : PG_END_CLIENT);
    pthread_mutex_unlock(&t->lock);
}

static apr_status_t clean_up(void *talk)
{
    pg_conversation_t *t = talk;

    /* the client left before it was read from, or httpd's own Timeout expired
       first */
    end_now(t, pg_deadline_now() >= atomic_load(&t->deadline.expires));
    pg_deadline_remove(t->host->deadlines, &t->deadline);
    pthread_mutex_destroy(&t->lock);
    return APR_SUCCESS;
}

/* --- the client ---------------------------------------------------------- */

static void answer(pg_conversation_t *t, pg_span_t words)
{
    conn_rec *c = t->c;
    apr_bucket_brigade *bb;

    if (words.len == 0 || c->aborted) {
        return;
    }
    bb = apr_brigade_create(c->pool, c->bucket_alloc);
    (void)ap_fwrite(c->output_filters, bb, words.ptr, words.len);
    (void)ap_fflush(c->output_filters, bb);
    apr_brigade_destroy(bb);
}

/* --- input --------------------------------------------------------------- */

static void take_first(pg_conversation_t *t, pg_span_t in)
{
    pg_span_t part = pg_span_upto(in, FIRST_MOST - t->first_len);
    char *first = t->room->first;

    memcpy(first + t->first_len, part.ptr, part.len);
    t->first_len += part.len;
    if (t->first_len == FIRST_MOST
        || (t->kind == KIND_HELLO
            && pg_hello_is_over(pg_span_make(first, t->first_len)))) {
        end(t, PG_END_COMPLETE);
    }
}

/* A ClientHello although STARTTLS was not offered: read the rest of it. Its
 * first octet has been consumed. */
static void turn_to_hello(pg_conversation_t *t, pg_span_t in)
{
    t->kind = KIND_HELLO;
    take_first(t, PG_SPAN("\x16"));
    take_first(t, in);
}

static void take_mail(pg_conversation_t *t)
{
    pg_smtp_t *smtp = &t->room->smtp;
    pg_smtp_mail_t mail;
    char id[ID_SIZE];

    write_id(id, t);
    (void)pg_smtp_mail(&mail, smtp);
    pg_smtp_kept(smtp, keep_mail(t, &mail, id) ? id : NULL);
}

static void take_smtp(pg_conversation_t *t, pg_span_t in)
{
    pg_smtp_t *smtp = &t->room->smtp;
    pg_smtp_e next;

    while ((next = pg_smtp_eat(smtp, &in)) == PG_SMTP_MAIL) {
        take_mail(t);
    }
    answer(t, pg_smtp_say(smtp));
    if (next == PG_SMTP_END) {
        end(t, smtp->end);
    }
    else if (next == PG_SMTP_TLS) {
        turn_to_hello(t, in);
    }
}

static void take(pg_conversation_t *t, pg_span_t in)
{
    pthread_mutex_lock(&t->lock);
    if (!t->over) {
        t->octets += in.len;
        if (t->kind == KIND_SMTP) {
            take_smtp(t, in);
        }
        else {
            take_first(t, in);
        }
    }
    pthread_mutex_unlock(&t->lock);
}

/* --- reading ------------------------------------------------------------- */

/* httpd itself gives up after Timeout, without a message. A stream that has
 * ended remains so. */
static void set_deadline(pg_conversation_t *t)
{
    apr_time_t now = pg_deadline_now();
    apr_time_t last = last_moment(t);
    apr_time_t second = apr_time_from_sec(1);
    apr_time_t most = t->server->timeout > 2 * second
                          ? t->server->timeout - second : second;
    apr_time_t idle = second * (t->kind == KIND_FIRST && t->octets > 0
                                    ? PAUSE_SECONDS : IDLE_SECONDS);
    apr_time_t next = now + (idle < most ? idle : most);

    if (atomic_load(&t->deadline.due) == PG_DUE_NOT) {
        atomic_store(&t->deadline.expires, next < last ? next : last);
    }
}

static bool take_all(pg_conversation_t *t, apr_bucket_brigade *bb)
{
    while (!APR_BRIGADE_EMPTY(bb)) {
        apr_bucket *b = APR_BRIGADE_FIRST(bb);
        const char *octets;
        apr_size_t n;

        if (!APR_BUCKET_IS_METADATA(b)
            && apr_bucket_read(b, &octets, &n, APR_NONBLOCK_READ)
                   == APR_SUCCESS && n > 0) {
            take(t, pg_span_make(octets, n));
        }
        apr_bucket_delete(b);
    }
    return !t->over;
}

/* A mail server's greeting arrives a round trip after a proxy's response, and
 * some clients discard what they read together with that (openssl s_client
 * -proxy is one): unless the client speaks first, wait a moment. This is the
 * only time that a worker waits on every MPM. */
static void wait_a_moment(const pg_conversation_t *t)
{
    apr_interval_time_t before = 0;

    apr_socket_timeout_get(t->deadline.socket, &before);
    apr_socket_timeout_set(t->deadline.socket, PAUSE_US);
    (void)apr_wait_for_io_or_timeout(NULL, t->deadline.socket, 1);
    apr_socket_timeout_set(t->deadline.socket, before);
}

static void greet(pg_conversation_t *t)
{
    if (t->greeted || t->kind != KIND_SMTP) {
        return;
    }
    t->greeted = true;
    wait_a_moment(t);
    pthread_mutex_lock(&t->lock);
    if (!t->over) {
        answer(t, pg_smtp_say(&t->room->smtp));
    }
    pthread_mutex_unlock(&t->lock);
}

bool pg_conversation_read(pg_conversation_t *t, bool wait)
{
    conn_rec *c = t->c;
    apr_bucket_brigade *bb = apr_brigade_create(c->pool, c->bucket_alloc);
    apr_status_t status;
    bool goes_on = !t->over, late = false;

    greet(t);
    while (goes_on) {
        set_deadline(t);
        status = ap_get_brigade(c->input_filters, bb, AP_MODE_READBYTES,
                                wait ? APR_BLOCK_READ : APR_NONBLOCK_READ,
                                READ_MOST);
        if (!wait && (APR_STATUS_IS_EAGAIN(status)
                      || (status == APR_SUCCESS && APR_BRIGADE_EMPTY(bb)))) {
            break;
        }
        if (status != APR_SUCCESS || APR_BRIGADE_EMPTY(bb)) {
            late = APR_STATUS_IS_TIMEUP(status);
            goes_on = false;
        }
        else {
            goes_on = take_all(t, bb) && !c->aborted;
        }
    }
    apr_brigade_destroy(bb);
    if (!goes_on) {
        end_now(t, late);
        pg_deadline_remove(t->host->deadlines, &t->deadline);
    }
    return goes_on;
}

/* --- the beginning ------------------------------------------------------- */

static const char *new_id(apr_pool_t *pool)
{
    apr_uint64_t id;

    ap_random_insecure_bytes(&id, sizeof(id));
    return apr_psprintf(pool, "%016" APR_UINT64_T_HEX_FMT, id);
}

static kind_e kind_of(const pg_verdict_t *verdict)
{
    switch (verdict->class_id) {
    case PG_CLASS_CONNECT_MAIL:
        return verdict->port == SUBMISSIONS_PORT ? KIND_HELLO : KIND_SMTP;
    case PG_CLASS_CONNECT_TLS:
        return KIND_HELLO;
    default:
        return KIND_FIRST;
    }
}

/* It outlives the request. */
static pg_event_t event_of(const request_rec *r, const pg_verdict_t *verdict)
{
    pg_event_t event = { .time = apr_time_now(),
                         .verdict = *pg_request_keep(verdict,
                                                     r->connection->pool),
                         .outcome = PG_OUTCOME_SUNK,
                         .vhost = pg_span_str(pg_config_of(r->server)->vhost),
                         .source = pg_names_address(r->useragent_addr),
                         .source_known = true };

    event.verdict.method = PG_SPAN("CONNECT");
    return event;
}

/* Complete, but not yet visible to others. */
static pg_conversation_t *make(request_rec *r, const pg_verdict_t *verdict,
                               const pg_host_t *host, const pg_slot_t *slot)
{
    conn_rec *c = r->connection;
    pg_conversation_t *t = apr_pcalloc(c->pool, sizeof(*t));

    t->c = c;
    t->server = r->server;
    t->host = host;
    t->slot = *slot;
    t->kind = kind_of(verdict);
    t->id = new_id(c->pool);
    t->began = pg_deadline_now();
    t->source = apr_pstrdup(c->pool, r->useragent_ip);
    t->event = event_of(r, verdict);
    t->deadline.socket = ap_get_conn_socket(c);
    t->deadline.owner = t;
    set_deadline(t);
    pg_deadline_lock_init(&t->lock);
    t->room = new_room(host);
    if (t->room && t->kind == KIND_SMTP) {
        pg_smtp_begin(&t->room->smtp, verdict->host, t->room->message,
                      host->message_most);
    }
    return t;
}

/* Once it has been added, the thread that stops this child may end it at any
 * moment, and free its room. */
pg_conversation_t *pg_conversation_begin(request_rec *r,
                                         const pg_verdict_t *verdict,
                                         const pg_host_t *host,
                                         const pg_slot_t *slot)
{
    pg_conversation_t *t = make(r, verdict, host, slot);

    if (t->room == NULL || !pg_deadline_add(host->deadlines, &t->deadline)) {
        if (t->room) {
            munmap(t->room, size_of_room(host));
        }
        pg_slots_give(host->ledger, slot);
        return NULL;
    }
    apr_pool_pre_cleanup_register(r->connection->pool, t, clean_up);
    answer(t, PG_SPAN("HTTP/1.0 200 Connection established\r\n\r\n"));
    return t;
}
