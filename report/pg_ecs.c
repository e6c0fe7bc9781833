/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_ecs.h"

#include "pg_calendar.h"
#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_intent.h"
#include "pg_mime.h"
#include "pg_sha256.h"

/* How much of a line is kept; the first row that fits is used. */
typedef struct limit_t {
    apr_size_t value;            /* octets of each value                  */
    apr_size_t fields;
} limit_t;

enum {
    FIRST_MOST = 200,            /* of neither mail nor ClientHello        */
    BINARY_MOST = 4              /* of that, when it is not text           */
};

static const limit_t limits[] = {
    { 65536, 1000 }, { 2048, 100 }, { 512, 100 }, { 128, 32 }, { 64, 12 },
    { 32, 4 }, { 16, 0 }
};

/* The state while one line is written. */
typedef struct line_t {
    const pg_ecs_t *in;
    limit_t limit;
    pg_buffer_t out;
    bool full;                   /* something did not fit                 */
    bool first;                  /* no comma before the next member       */
    bool cut;                    /* something was                         */
    char *room;                  /* PG_ECS_ROOM octets                    */
} line_t;

/* Our own text, which needs no escaping. Inline, so that a literal is copied
 * in a few instructions: a line has a hundred of them. */
static inline void put_raw(line_t *line, const char *octets, apr_size_t n)
{
    if (n > line->out.left) {
        line->full = true;
        return;
    }
    memcpy(line->out.at, octets, n);
    line->out.at += n;
    line->out.left -= n;
}

#define RAW(line, literal) put_raw((line), (literal), sizeof(literal) - 1)

static void put_string(line_t *line, const char *s)
{
    put_raw(line, s, strlen(s));
}

/* --- JSON ---------------------------------------------------------------- */

/* A key as written between two members. */
#define KEY(literal) PG_SPAN(",\"" literal "\":")

static void put_key(line_t *line, pg_span_t key)
{
    key = pg_span_make(key.ptr + line->first, key.len - line->first);
    put_raw(line, key.ptr, key.len);
    line->first = false;
}

static void open_object(line_t *line, pg_span_t key)
{
    put_key(line, key);
    RAW(line, "{");
    line->first = true;
}

static void close_object(line_t *line)
{
    RAW(line, "}");
    line->first = false;
}

/* One of our own words: needs no escaping. */
static void put_word(line_t *line, pg_span_t key, const char *value)
{
    if (value) {
        put_key(line, key);
        RAW(line, "\"");
        put_string(line, value);
        RAW(line, "\"");
    }
}

static void put_bool(line_t *line, pg_span_t key, bool value)
{
    put_key(line, key);
    put_string(line, value ? "true" : "false");
}

static void put_count(line_t *line, pg_span_t key, apr_size_t n)
{
    char text[PG_SPAN_DECIMAL];
    pg_span_t digits = pg_span_decimal(text, n);

    put_key(line, key);
    put_raw(line, digits.ptr, digits.len);
}

/* 0: there is none. */
static void put_number(line_t *line, pg_span_t key, int value)
{
    if (value > 0) {
        put_count(line, key, (apr_size_t)value);
    }
}

/* A text, cut to this line's limit for each. */
static void put_escaped(line_t *line, pg_span_t s)
{
    pg_span_t part = pg_escape_utf8_upto(s, line->limit.value);
    pg_sink_t sink = pg_sink_buffer(&line->out);

    line->cut |= part.len < s.len;
    pg_escape_json(&sink, part);
    line->full |= sink.status != APR_SUCCESS;
}

static void put_part(line_t *line, pg_span_t s)
{
    if (s.len > 0 && s.len <= line->limit.value
        && pg_span_plain(s, 0) == s.len) {
        put_raw(line, s.ptr, s.len);
    }
    else {
        put_escaped(line, s);
    }
}

static void put_text(line_t *line, pg_span_t key, pg_span_t s)
{
    if (s.ptr) {
        put_key(line, key);
        RAW(line, "\"");
        put_part(line, s);
        RAW(line, "\"");
    }
}

/* --- what may be shown --------------------------------------------------- */

/* Secrets have been removed from the event's texts already. */
static pg_span_t concealed(line_t *line, pg_span_t s)
{
    if (pg_conceal_room(s) == 0) {
        return s;
    }
    return pg_conceal_text(line->room, PG_ECS_ROOM, s);
}

typedef struct masked_t {
    char room[PG_MASK_TARGET_SIZE];
} masked_t;

static pg_span_t shown(const line_t *line, masked_t *room, pg_mask_e kind,
                       pg_span_t s)
{
    return line->in->mask
               ? pg_mask_shown(room->room, line->in->mask, kind, s) : s;
}

static void put_shown(line_t *line, pg_span_t key, pg_mask_e kind,
                      pg_span_t s)
{
    masked_t room;

    put_text(line, key, shown(line, &room, kind, s));
}

/* --- header fields ------------------------------------------------------- */

/* Fields whose values take few forms: with a mask, only these may be shown as
 * they are, unless they seem to name somebody after all. */
static bool is_harmless(pg_span_t name)
{
    static const char *const names[] = {
        "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language",
        "Cache-Control", "Connection", "Content-Encoding", "Content-Length",
        "Content-Type", "Expect", "Keep-Alive", "Pragma", "Proxy-Connection",
        "TE", "Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests",
        "User-Agent", NULL
    };

    return pg_span_is_one_of(name, names);
}

static pg_mask_e kind_of(pg_span_t name)
{
    if (is_harmless(name)) {
        return PG_MASK_AGENT;
    }
    return pg_span_ieq(name, PG_SPAN("Host")) ? PG_MASK_AUTHORITY
                                              : PG_MASK_EVIDENCE;
}

/* "Name: value" each: order, spelling and repetition help to tell tools apart,
 * and an index does not grow a column for each name that a client invents. */
static void put_field(line_t *line, const pg_field_t *field)
{
    bool secret = pg_conceal_is_secret(field->name);
    masked_t room;
    pg_span_t value;

    RAW(line, "\"");
    put_part(line, shown(line, &room, PG_MASK_FIELD,
                         concealed(line, field->name)));
    RAW(line, ": ");
    if (secret) {
        RAW(line, PG_CONCEAL_MARK);
    }
    else {
        value = concealed(line, field->value);
        put_part(line, shown(line, &room, line->in->mask
                                              ? kind_of(field->name)
                                              : PG_MASK_EVIDENCE, value));
    }
    RAW(line, "\"");
}

static void put_fields(line_t *line, pg_span_t key)
{
    apr_size_t n = line->in->fields;

    if (n > line->limit.fields) {
        n = line->limit.fields;
        line->cut = true;
    }
    put_key(line, key);
    RAW(line, "[");
    for (apr_size_t i = 0; i < n; i++) {
        if (i > 0) {
            RAW(line, ",");
        }
        put_field(line, &line->in->field[i]);
    }
    RAW(line, "]");
}

/* --- the parts of a line ------------------------------------------------- */

/* Its dataset and, for a capture, its action. */
static void put_kind(line_t *line)
{
    const pg_ecs_capture_t *capture = line->in->capture;

    if (capture == NULL) {
        RAW(line, "attempts\"");
        put_word(line, KEY("action"),
                 pg_vocab_class(line->in->event->verdict.class_id));
    }
    else {
        RAW(line, "sink\"");
        put_word(line, KEY("action"), capture->mail ? "mail"
                                      : capture->hello ? "client-hello"
                                                       : "first-bytes");
    }
}

static void put_event(line_t *line)
{
    const pg_event_t *event = line->in->event;
    const pg_ecs_capture_t *capture = line->in->capture;
    bool carried = event->outcome == PG_OUTCOME_RELAYED;

    open_object(line, KEY("event"));
    RAW(line, "\"kind\":\"event\",\"category\":[\"network\",\"");
    put_string(line, capture && capture->mail ? "email" : "web");
    RAW(line, "\"],\"type\":[\"access\",\"");
    put_string(line, carried ? "allowed" : "denied");
    RAW(line, "\"],\"module\":\"proxyguard\","
        "\"dataset\":\"proxyguard.");
    line->first = false;
    put_kind(line);
    put_word(line, KEY("outcome"), carried ? "success" : "failure");
    put_word(line, KEY("reason"), pg_classify_reason(event->verdict.reason));
    close_object(line);
}

static void put_ends(line_t *line)
{
    const pg_verdict_t *v = &line->in->event->verdict;
    pg_span_t source = pg_span_str(line->in->source);

    open_object(line, KEY("source"));
    put_shown(line, KEY("address"), PG_MASK_SOURCE, source);
    /* ECS wants an IP address in source.ip: not a pseudonym */
    if (line->in->mask == NULL) {
        put_text(line, KEY("ip"), source);
    }
    put_number(line, KEY("port"), line->in->source_port);
    close_object(line);
    open_object(line, KEY("destination"));
    put_shown(line, KEY("address"), PG_MASK_HOST, v->host);
    put_number(line, KEY("port"), v->port);
    close_object(line);
}

/* What was asked for as a URL: the target, or Host and target if that is a
 * path. */
static void put_url(line_t *line)
{
    masked_t target_room, host_room;
    pg_span_t target = shown(line, &target_room, PG_MASK_TARGET,
                             line->in->event->verdict.target);
    pg_span_t host = line->in->host;

    open_object(line, KEY("url"));
    put_text(line, KEY("original"), target);
    if (target.len == 0 || target.ptr[0] != '/' || host.ptr == NULL) {
        put_text(line, KEY("full"), target);
    }
    else {
        put_key(line, KEY("full"));
        put_string(line, line->in->tls ? "\"https://" : "\"http://");
        put_part(line, shown(line, &host_room, PG_MASK_AUTHORITY,
                             concealed(line, host)));
        put_part(line, target);
        RAW(line, "\"");
    }
    close_object(line);
}

/* "1.1" of "HTTP/1.1"; absent when it has another form. */
static pg_span_t version_of(pg_span_t protocol)
{
    pg_span_t version = pg_span_from(protocol, 5);

    for (apr_size_t i = 0; i < version.len; i++) {
        if (!pg_octet_is_digit(version.ptr[i]) && version.ptr[i] != '.') {
            return PG_ABSENT;
        }
    }
    return pg_span_istarts(protocol, PG_SPAN("HTTP/")) ? version : PG_ABSENT;
}

static void put_http(line_t *line)
{
    const pg_event_t *event = line->in->event;

    open_object(line, KEY("http"));
    put_text(line, KEY("version"), version_of(line->in->protocol));
    open_object(line, KEY("request"));
    put_shown(line, KEY("method"), PG_MASK_METHOD, event->verdict.method);
    put_fields(line, KEY("headers"));
    close_object(line);
    if (event->status) {
        open_object(line, KEY("response"));
        put_number(line, KEY("status_code"), event->status);
        close_object(line);
    }
    close_object(line);
}

static void put_agent(line_t *line)
{
    open_object(line, KEY("user_agent"));
    put_shown(line, KEY("original"), PG_MASK_AGENT,
              line->in->event->user_agent);
    close_object(line);
}

static void put_names(line_t *line)
{
    open_object(line, KEY("server"));
    put_shown(line, KEY("address"), PG_MASK_AUTHORITY,
              line->in->event->vhost);
    close_object(line);
    open_object(line, KEY("observer"));
    put_shown(line, KEY("name"), PG_MASK_HOST, pg_span_str(line->in->sensor));
    put_word(line, KEY("product"), "mod_proxyguard");
    put_word(line, KEY("type"), "web-server");
    put_word(line, KEY("version"), line->in->version);
    close_object(line);
}

/* --- what the sink captured ---------------------------------------------- */

/* One of a list, which may be cut. @return false: it is full */
static bool put_item(line_t *line, apr_size_t i, pg_span_t value)
{
    masked_t room;

    if (i >= line->limit.fields) {
        line->cut = true;
        return false;
    }
    put_string(line, i > 0 ? ",\"" : "\"");
    put_part(line, shown(line, &room, PG_MASK_EVIDENCE, value));
    RAW(line, "\"");
    return true;
}

/* The addresses in a header field. */
static void put_addresses(line_t *line, pg_span_t key, pg_span_t list)
{
    pg_span_t one;

    if (list.ptr) {
        open_object(line, key);
        RAW(line, "\"address\":[");
        for (apr_size_t i = 0; pg_mime_address(&one, &list)
                               && put_item(line, i, one); i++) {
        }
        RAW(line, "]");
        close_object(line);
    }
}

typedef struct attachments_t {
    line_t *line;
    apr_size_t n;
} attachments_t;

static void put_file(line_t *line, const pg_mime_part_t *part)
{
    char *octets = line->in->capture->mail->scratch;
    pg_span_t file = pg_span_make(octets, pg_mime_decode(octets, part->body,
                                                         part->encoding));
    char hash[2 * PG_SHA256_SIZE + 1];

    pg_sha256_text(hash, PG_SHA256_SIZE, file);
    open_object(line, KEY("file"));
    put_shown(line, KEY("name"), PG_MASK_EVIDENCE, part->name);
    put_shown(line, KEY("mime_type"), PG_MASK_AGENT, part->type);
    put_count(line, KEY("size"), file.len);
    open_object(line, KEY("hash"));
    put_word(line, KEY("sha256"), hash);
    close_object(line);
    close_object(line);
}

static void put_attachment(void *ctx, const pg_mime_part_t *part)
{
    attachments_t *all = ctx;
    line_t *line = all->line;

    if (!part->attachment || part->body.len == 0) {
        return;
    }
    if (all->n == line->limit.fields) {
        line->cut = true;
        return;
    }
    put_string(line, all->n++ > 0 ? ",{" : "{");
    line->first = true;
    put_file(line, part);
    RAW(line, "}");
}

static void put_attachments(line_t *line, pg_span_t message)
{
    attachments_t all = { .line = line };

    put_key(line, KEY("attachments"));
    RAW(line, "[");
    (void)pg_mime_walk(message, put_attachment, &all);
    RAW(line, "]");
    line->first = false;
}

/* A member that is made of a header field. */
typedef struct made_of_t {
    pg_span_t key;
    const char *field;
} made_of_t;

static void put_email(line_t *line, const pg_ecs_mail_t *mail)
{
    const made_of_t addressed[] = {
        { KEY("from"), "From" }, { KEY("to"), "To" }, { KEY("cc"), "Cc" },
        { KEY("reply_to"), "Reply-To" }
    };
    const made_of_t plain[] = {
        { KEY("message_id"), "Message-ID" }, { KEY("x_mailer"), "X-Mailer" },
        { KEY("content_type"), "Content-Type" }
    };
    pg_span_t header, body;

    pg_mime_split(&header, &body, mail->message);
    open_object(line, KEY("email"));
    put_text(line, KEY("local_id"), mail->id);
    for (apr_size_t i = 0; i < 4; i++) {
        put_addresses(line, addressed[i].key,
                      pg_mime_field(header, addressed[i].field));
    }
    put_shown(line, KEY("subject"), PG_MASK_EVIDENCE, mail->subject);
    for (apr_size_t i = 0; i < 3; i++) {
        put_shown(line, plain[i].key, PG_MASK_EVIDENCE,
                  pg_mime_field(header, plain[i].field));
    }
    put_attachments(line, mail->message);
    close_object(line);
}

static void put_recipients(line_t *line, const pg_ecs_mail_t *mail)
{
    pg_span_t rest = mail->recipients;

    put_key(line, KEY("recipients"));
    RAW(line, "[");
    for (apr_size_t i = 0; rest.len > 0; i++) {
        if (!put_item(line, i, pg_span_take(&rest, '\0'))) {
            break;
        }
    }
    RAW(line, "]");
    put_count(line, KEY("recipient_count"), mail->recipient_count);
}

/* With its line ends, which do not count as control characters here. */
static void put_body(line_t *line, pg_span_t text)
{
    apr_size_t n = 0;

    if (text.ptr == NULL || line->in->mask) {
        return;
    }
    put_key(line, KEY("text"));
    RAW(line, "\"");
    while (text.len > 0 && n++ < line->limit.fields) {
        pg_span_t one = pg_span_take(&text, '\n');

        one.len -= one.len > 0 && one.ptr[one.len - 1] == '\r';
        put_part(line, one);
        RAW(line, "\\n");
    }
    RAW(line, "\"");
    line->cut |= text.len > 0;
}

static void put_tls(line_t *line, const pg_hello_t *hello)
{
    open_object(line, KEY("tls"));
    open_object(line, KEY("client"));
    put_shown(line, KEY("server_name"), PG_MASK_HOST, hello->sni);
    put_shown(line, KEY("alpn"), PG_MASK_AGENT, hello->alpn);
    put_word(line, KEY("ja4"), hello->ja4);
    close_object(line);
    close_object(line);
}

/* LDAP, SOCKS 5 and MQTT have passwords in no fixed place. */
static bool is_binary(pg_span_t line)
{
    for (apr_size_t i = 0; i < line.len && i < BINARY_MOST; i++) {
        unsigned char c = (unsigned char)line.ptr[i];

        if ((c < ' ' && c != '\t') || c > '~') {
            return true;
        }
    }
    return false;
}

static bool asks_for_login(pg_span_t verb)
{
    static const char *const verbs[] = { "PASS", "AUTH", "AUTHENTICATE",
                                         "AUTHINFO", "APOP", "LOGIN", "OPER",
                                         NULL };

    return pg_span_is_one_of(verb, verbs);
}

/* How much of a line may be shown: up to what follows "PASS", "AUTH" and the
 * like, which words may precede: "a1 LOGIN", "HELLO 3 AUTH". */
static apr_size_t before_credential(pg_span_t line)
{
    apr_size_t n = 0;

    if (is_binary(line)) {
        return BINARY_MOST;
    }
    while (n < line.len) {
        pg_span_t rest = pg_span_from(line, n);
        apr_size_t len = pg_span_find_any(rest, " \t");
        pg_span_t verb = pg_span_upto(rest, len);

        verb = pg_span_upto(verb, pg_span_find(verb, ':'));
        if (asks_for_login(verb)) {
            return n + verb.len;
        }
        n += len;
        n += n < line.len;
    }
    return line.len;
}

pg_span_t pg_ecs_first(pg_span_t first, char *room)
{
    static const char mark[] = " " PG_CONCEAL_MARK;
    apr_size_t n = 0;
    pg_span_t line, shown;

    /* some clients end CONNECT with an empty line too many */
    while (n < first.len && (first.ptr[n] == '\r' || first.ptr[n] == '\n')) {
        n++;
    }
    first = pg_span_from(first, n);
    n = pg_span_find_any(first, "\r\n");
    line = pg_span_upto(first, n < FIRST_MOST ? n : FIRST_MOST);
    shown = pg_span_upto(line, before_credential(line));
    n = shown.len;
    shown = pg_conceal_text(room, PG_ECS_ROOM - sizeof(mark), shown);
    if (n < line.len) {
        memmove(room, shown.ptr, shown.len);
        memcpy(room + shown.len, mark, sizeof(mark) - 1);
        shown = pg_span_make(room, shown.len + sizeof(mark) - 1);
    }
    return shown;
}

/* Within "proxyguard". */
static void put_sink(line_t *line, const pg_ecs_capture_t *capture)
{
    const pg_ecs_mail_t *mail = capture->mail;

    open_object(line, KEY("sink"));
    put_text(line, KEY("conversation"), capture->conversation);
    if (mail) {
        put_word(line, KEY("kept"), mail->kept);
        put_count(line, KEY("size"), mail->size);
        put_shown(line, KEY("helo"), PG_MASK_EVIDENCE, mail->helo);
        put_word(line, KEY("auth"), mail->auth);
        put_shown(line, KEY("sender"), PG_MASK_EVIDENCE, mail->sender);
        put_recipients(line, mail);
        put_body(line, mail->text);
    }
    else if (capture->hello == NULL) {
        put_shown(line, KEY("first_bytes"), PG_MASK_EVIDENCE,
                  pg_ecs_first(capture->first, line->room));
    }
    close_object(line);
}

/* --- the line ------------------------------------------------------------ */

static void put_own(line_t *line)
{
    const pg_event_t *event = line->in->event;

    open_object(line, KEY("proxyguard"));
    if (line->in->capture) {     /* not an attempt: it has no class       */
        put_sink(line, line->in->capture);
    }
    else {
        put_word(line, KEY("class"), pg_vocab_class(event->verdict.class_id));
        put_word(line, KEY("family"), pg_vocab_family(event->verdict.family));
        put_word(line, KEY("outcome"), pg_vocab_outcome(event->outcome));
        put_word(line, KEY("intent"),
                 pg_intent_name(pg_intent_of_verdict(&event->verdict)));
    }
    put_bool(line, KEY("source_is_peer"), event->source_is_peer);
    put_bool(line, KEY("masked"), line->in->mask != NULL);
    put_bool(line, KEY("cut"), line->cut);
    close_object(line);
}

/* What identifies an attempt, or a capture. */
static void put_matter(line_t *line)
{
    const pg_ecs_capture_t *capture = line->in->capture;

    if (capture == NULL) {
        put_url(line);
        put_http(line);
        put_agent(line);
    }
    else if (capture->mail) {
        put_email(line, capture->mail);
    }
    else if (capture->hello) {
        put_tls(line, capture->hello);
    }
}

/* @return false if it does not fit */
static bool put_line(line_t *line)
{
    char date[PG_CALENDAR_SIZE];

    RAW(line, "{");
    line->first = true;
    put_word(line, KEY("@timestamp"),
             pg_calendar_text(date, line->in->event->time,
                              PG_CALENDAR_MILLI));
    RAW(line, ",\"ecs\":{\"version\":\"8.11.0\"}");
    put_event(line);
    put_ends(line);
    put_matter(line);
    put_names(line);
    put_own(line);
    RAW(line, "}\n");
    return !line->full;
}

bool pg_ecs_begins(pg_span_t head)
{
    static const char start[] = "{\"@timestamp\":\"";
    apr_size_t end = pg_span_find(head, '\n');
    apr_size_t n = end < sizeof(start) - 1 ? end : sizeof(start) - 1;

    return memcmp(head.ptr, start, n) == 0
           && (pg_span_has(head, "\"module\":\"proxyguard\"")
               || (end == head.len && end < 200));
}

pg_span_t pg_ecs_line(const pg_ecs_t *in, char *out, apr_size_t most)
{
    for (apr_size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        line_t line = { .in = in, .limit = limits[i], .cut = i > 0,
                        .out = { .at = out, .left = most },
                        .room = out + most };

        if (put_line(&line)) {
            return pg_span_between(out, line.out.at);
        }
    }
    *out = '\n';
    return pg_span_make(out, 1);
}
