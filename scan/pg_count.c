/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_count.h"

#include <stdio.h>

#include "pg_conceal.h"
#include "pg_judge.h"
#include "pg_lines.h"
#include "pg_loose_request.h"
#include "pg_urls.h"

/* --- taking a line apart ------------------------------------------------- */

void pg_count_begin(pg_counter_t *counter, bool head)
{
    pg_reader_begin(&counter->reader, &counter->rules->reading,
                    counter->memory, PG_READER_MEMORY(PG_LINE_MAX));
    counter->reader.head = head;
    counter->named = false;
}

/* Most fields are empty in most logs. */
static pg_span_t sent(pg_counter_t *counter, const pg_logline_t *line,
                      pg_field_e field)
{
    return line->field[field].len
               ? pg_reader_sent(&counter->reader, line, field)
               : line->field[field];
}

static void note_shape(pg_counter_t *counter)
{
    const pg_reader_t *reader = &counter->reader;

    counter->tally->count.shape[reader->shape]++;
    counter->tally->count.envelope[reader->envelope]++;
    if (reader->shape == PG_SHAPE_FORMAT) {
        counter->tally->count.format[reader->format % PG_TALLY_FORMATS]++;
    }
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

bool pg_count_request(pg_counter_t *c, const pg_logline_t *line,
                      pg_request_t *request)
{
    *request = (pg_request_t){ .line = sent(c, line, PG_FIELD_REQUEST) };
    if (request->line.len == 0) {
        request->method = sent(c, line, PG_FIELD_METHOD);
        request->target = sent(c, line, PG_FIELD_TARGET);
        request->protocol = sent(c, line, PG_FIELD_PROTOCOL);
        return request->method.len && request->target.len;
    }
    return true;
}

/* --- clean requests ------------------------------------------------------ */

/* The sizes of our own home page: the answer to a foreign absolute-form from a
 * server that relays nothing. */
static void note_home(pg_counter_t *counter, const pg_logline_t *line,
                      const pg_verdict_t *v)
{
    pg_span_t size = line->field[PG_FIELD_SIZE];
    int status = pg_reader_status(line);

    if (is_success(status) && size.len && v->reason == PG_REASON_ORIGIN
        && v->target.len == 1 && pg_span_eq(v->method, PG_SPAN("GET"))) {
        pg_table_add(counter->tally->home, size, 1);
    }
}

/* --- attempts ------------------------------------------------------------ */

/* A 2xx to CONNECT without a page is a tunnel. Whether another 2xx was a relay
 * is for pg_judge.h to decide: it needs the whole log. */
static pg_outcome_e seems(pg_class_e class_id, int status, pg_span_t size)
{
    if (is_success(status) && pg_tally_is_tunnel(class_id, size)) {
        return PG_OUTCOME_RELAYED;
    }
    if (status == 444) {         /* nginx: closed without an answer       */
        return PG_OUTCOME_DROPPED;
    }
    return status >= 400 ? PG_OUTCOME_REFUSED : PG_OUTCOME_OBSERVED;
}

/* Outcomes that mod_proxyguard logged need no guess. */
static void set_outcome(pg_hit_t *hit, const pg_logline_t *line)
{
    pg_event_t *event = &hit->event;

    event->outcome = pg_reader_outcome(line);
    hit->stated = event->outcome != PG_OUTCOME_COUNT;
    if (!hit->stated) {
        event->outcome = seems(event->verdict.class_id, event->status,
                               hit->size);
    }
}

pg_span_t pg_count_vhost(pg_counter_t *counter, const pg_logline_t *line)
{
    pg_span_t name = line->field[PG_FIELD_VHOST];
    pg_span_t port = line->field[PG_FIELD_PORT];
    int n;

    if (name.len == 0 || name.len > 255) {
        return PG_ABSENT;
    }
    n = snprintf(counter->vhost, sizeof(counter->vhost), "%.*s%s%.*s",
                 (int)name.len, name.ptr, port.len ? ":" : "",
                 (int)(port.len < 6 ? port.len : 6),
                 port.ptr ? port.ptr : "");
    return pg_span_make(counter->vhost, (apr_size_t)n);
}

/* Our own name is not a client: some logs have %v where others have %h. */
static pg_span_t client_of(pg_counter_t *counter, const pg_logline_t *line)
{
    const pg_own_t *own = counter->rules->own;
    pg_span_t client = line->field[PG_FIELD_CLIENT];

    if (own && counter->reader.client.kind == PG_CLIENT_NAME) {
        pg_request_t to = { .target = PG_SPAN("/"), .host = client,
                            .method = PG_SPAN("GET"), .check_host = true };
        pg_verdict_t verdict;
        if (pg_classify(&verdict, &to, own) == PG_CLASS_CLEAN) {
            return PG_ABSENT;
        }
    }
    return client;
}

/* The verdict on a request line that was counted before, if nothing else
 * decides it: what mod_proxyguard logged itself has a class of its own, and no
 * request line. */
static bool recall(const pg_counter_t *counter, const pg_request_t *request,
                   pg_verdict_t *verdict)
{
    const pg_verdict_t *known = request->check_host
                                ? NULL
                                : pg_memo_find(&counter->memo, request->line);

    if (known) {
        *verdict = *known;
    }
    return known != NULL;
}

/* @param known  by recall(), which knows none with a secret in it */
static void count_attempt(pg_counter_t *counter, const pg_logline_t *line,
                          const pg_request_t *from,
                          const pg_verdict_t *verdict, bool known)
{
    const pg_client_t *client = &counter->reader.client;
    pg_span_t request = from->line.len ? from->line : from->target;
    bool plain = known || (verdict->class_id != PG_CLASS_SOCKS
                           && pg_conceal_room(request) == 0);
    pg_hit_t hit = {
        .event = {
            .time = pg_reader_time(&counter->reader, line),
            .verdict = *verdict,
            .status = pg_reader_status(line),
            .vhost = pg_count_vhost(counter, line),
            .user_agent = sent(counter, line, PG_FIELD_AGENT),
            .x_forwarded_for = sent(counter, line, PG_FIELD_FORWARDED_FOR),
            .via = sent(counter, line, PG_FIELD_VIA),
            .forwarded = sent(counter, line, PG_FIELD_FORWARDED),
            .proxy_connection = sent(counter, line,
                                     PG_FIELD_PROXY_CONNECTION),
        },
        .client = client_of(counter, line),
        .size = line->field[PG_FIELD_SIZE],
        .sent = line->sent,
        .alone = PG_GROUND_LOGGED,
    };

    if (plain && !known && !from->check_host) {
        pg_memo_keep(&counter->memo, from->line, verdict);
    }
    set_outcome(&hit, line);
    if (!hit.stated && is_success(hit.event.status)) {
        hit.alone = pg_judge_alone(verdict->class_id, verdict->method,
                                   hit.size);
    }
    hit.event.source_known = client->kind == PG_CLIENT_ADDRESS;
    hit.event.source = client->address;
    pg_event_conceal(&hit.event, plain ? request : PG_ABSENT,
                     counter->concealed[0], sizeof(counter->concealed[0]));
    hit.request = plain ? request
                  : verdict->class_id == PG_CLASS_SOCKS
                  ? hit.event.verdict.target
                  : pg_conceal_text(counter->concealed[1],
                                    sizeof(counter->concealed[1]), request);
    counter->tally->count.no_client += hit.client.len == 0
                                 && verdict->class_id != PG_CLASS_CLEAN;
    if (counter->watch) {
        counter->watch->request(counter->watch->to, &hit);
        counter->tally->count.attempts += verdict->class_id != PG_CLASS_CLEAN;
    }
    else {
        pg_tally_seen(counter->tally, hit.event.time);
        hit.event.now = pg_tally_read(counter->tally).to;
        hit.event.now = hit.event.now ? hit.event.now
                                      : counter->rules->reading.now;
        pg_tally_add(counter->tally, &hit);
    }
}

/* Where only paths are kept, the Host is all there is to go by. */
static bool may_be_elsewhere(pg_counter_t *counter, const pg_logline_t *line)
{
    pg_request_t request = {
        .method = PG_SPAN("GET"), .target = PG_SPAN("/"),
        .host = sent(counter, line, PG_FIELD_HOST), .check_host = true
    };
    pg_verdict_t verdict;

    return counter->rules->own == NULL
           || pg_classify(&verdict, &request, counter->rules->own)
              != PG_CLASS_CLEAN;
}

/* Squid and some balancers write every target in absolute-form. Without our
 * names, an attempt is a request with a status that only a proxy's clients
 * get, or one refused for a host that got nothing else while others did; the
 * rest are open questions, not clean requests. */
static bool is_question(pg_counter_t *counter, const pg_logline_t *line,
                        const pg_verdict_t *verdict)
{
    const pg_table_t *answered = counter->rules->answered;
    int status = pg_reader_status(line);
    char key[PG_TABLE_KEY];

    if (line->stripped && verdict->class_id == PG_CLASS_CLEAN) {
        return may_be_elsewhere(counter, line);
    }
    if (!(line->composed || counter->composed) || counter->rules->own
        || verdict->class_id != PG_CLASS_ABSOLUTE
        || status == 407 || status == 421
        || pg_reader_outcome(line) != PG_OUTCOME_COUNT) {
        return false;
    }
    return !pg_urls_refused(status) || answered == NULL
           || pg_table_size(answered) == 0
           || pg_table_find(answered, pg_urls_host(key, sizeof(key),
                                                   verdict->host));
}

bool pg_count_shows_all(const pg_counter_t *counter)
{
    return counter->watch && counter->watch->other;
}

/* Show such a line to whoever watches. */
static void show(const pg_counter_t *counter, pg_read_e read, pg_span_t text)
{
    if (pg_count_shows_all(counter)) {
        counter->watch->other(counter->watch->to, read, text);
    }
}

void pg_count_joined(pg_counter_t *counter, pg_span_t text)
{
    counter->tally->count.lines++;
    counter->tally->count.suspect++;
    pg_tally_unparsed(counter->tally, text);
    show(counter, PG_READ_SUSPECT, text);
}

/* Is it for pg_pass.h to find what ran into such a line? Only where a method
 * follows the anchor. */
static bool is_anchored(const pg_counter_t *counter, pg_span_t text)
{
    pg_span_t anchor = counter->rules->anchor;
    const char *at = anchor.len ? memmem(text.ptr, text.len, anchor.ptr,
                                         anchor.len) : NULL;

    return at && at + anchor.len < pg_span_end(text)
           && pg_octet_is_alpha(at[anchor.len]);
}

/* A client could put a request into what other loggers keep of its own. */
static bool is_joined(const pg_counter_t *counter, const pg_verdict_t *verdict,
                      pg_span_t text)
{
    pg_shape_e shape = counter->reader.shape;

    if (counter->reader.joined) {
        return true;
    }
    return verdict->class_id == PG_CLASS_CLEAN
           && verdict->reason == PG_REASON_ORIGIN
           && (shape == PG_SHAPE_FORMAT || shape == PG_SHAPE_COLUMNS
               || shape == PG_SHAPE_PLAIN || shape == PG_SHAPE_KEYS)
           && !is_anchored(counter, text)
           && pg_loose_request_is_joined(text);
}

/* Not a request, yet it has a URL, or CONNECT and a host: not reported as
 * clean. A TLS ClientHello may contain anything, so only plain text is
 * searched. */
static bool is_doubtful(const pg_verdict_t *verdict, pg_span_t text)
{
    if (verdict->reason != PG_REASON_NOISE) {
        return false;
    }
    for (apr_size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e) {
            return false;
        }
    }
    return pg_loose_request_is_suspect(text);
}

static void count_request(pg_counter_t *counter, const pg_logline_t *line,
                          pg_span_t text)
{
    const pg_counting_t *rules = counter->rules;
    pg_request_t request;
    pg_verdict_t verdict;
    bool known;

    if (!pg_count_request(counter, line, &request)) {
        counter->tally->count.silent++;
        show(counter, PG_READ_SILENT, text);
        return;
    }
    if (rules->check_host && rules->own) {
        request.host = sent(counter, line, PG_FIELD_HOST);
        request.check_host = request.host.len > 0;
    }
    counter->tally->count.partial += counter->reader.shape
                                     == PG_SHAPE_ERROR_LOG;
    known = recall(counter, &request, &verdict);
    if (!known) {
        pg_reader_classify(&verdict, &request, line, rules->own);
    }
    if (is_joined(counter, &verdict, text)) {
        pg_count_joined(counter, text);
    }
    if (is_question(counter, line, &verdict)) {
        counter->tally->count.questioned++;
        show(counter, PG_READ_SUSPECT, text);
    }
    else if (is_doubtful(&verdict, request.line)) {
        counter->tally->count.suspect++;
        pg_tally_unparsed(counter->tally, text);
        show(counter, PG_READ_SUSPECT, text);
    }
    else if (verdict.class_id == PG_CLASS_CLEAN
             && !pg_count_shows_all(counter)) {
        note_home(counter, line, &verdict);
    }
    else {
        count_attempt(counter, line, &request, &verdict, known);
    }
}

void pg_count_line(pg_counter_t *counter, pg_span_t text)
{
    pg_tally_t *tally = counter->tally;
    pg_logline_t line;
    pg_read_e read = pg_reader_line(&counter->reader, &line, text);

    if (read != PG_READ_REQUEST) {
        show(counter, read, text);
    }
    switch (read) {
    case PG_READ_REQUEST:
        note_shape(counter);
        count_request(counter, &line, text);
        return;
    case PG_READ_BLANK:
        tally->count.blank++;
        return;
    case PG_READ_SILENT:
        tally->count.silent++;
        return;
    case PG_READ_OTHER:
        tally->count.other++;
        return;
    case PG_READ_SUSPECT:
        tally->count.suspect++;
        pg_tally_unparsed(tally, text);
        return;
    case PG_READ_UNREAD:
        pg_tally_unparsed(tally, text);
        return;
    }
}

apr_time_t pg_count_when(pg_counter_t *counter, pg_span_t text)
{
    pg_reader_t before = counter->reader;
    apr_time_t time = 0;
    pg_logline_t line;

    if (pg_reader_line(&counter->reader, &line, text) == PG_READ_REQUEST) {
        time = pg_reader_time(&counter->reader, &line);
        pg_tally_seen(counter->tally, time);
        note_shape(counter);
    }
    counter->reader = before;
    return time;
}
