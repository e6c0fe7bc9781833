/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_count.h"

#include "pg_conceal.h"
#include "pg_logescape.h"
#include "pg_logtime.h"

/* --- at a glance --------------------------------------------------------- */

bool pg_count_is_clean(pg_span_t line, pg_span_t anchor, apr_size_t *target)
{
    const char *end = line.ptr + line.len;
    const char *quote = memchr(line.ptr, '"', line.len);
    const char *s;

    if (quote == NULL || (apr_size_t)(quote - line.ptr) + 1 < anchor.len
        || memcmp(quote + 1 - anchor.len, anchor.ptr, anchor.len)) {
        return false;
    }
    for (s = quote + 1; s < end && *s >= 'A' && *s <= 'Z'; s++) {
    }
    *target = (apr_size_t)(s + 1 - line.ptr);
    return s > quote + 1 && end - s >= 2 && s[0] == ' ' && s[1] == '/';
}

/* --- taking a line apart ------------------------------------------------- */

/* A line, matched and with what the server had escaped undone. */
typedef struct parsed_t {
    pg_logline_t at;
    bool escaped;
    char *scratch;               /* free part                             */
} parsed_t;

static bool match(pg_counter_t *counter, parsed_t *p, pg_span_t line)
{
    const pg_rules_t *rules = counter->rules;

    p->scratch = counter->scratch;
    p->escaped = true;
    for (int i = 0; i < rules->formats; i++) {
        if (pg_logformat_match(&p->at, &rules->format[i], line)) {
            return true;
        }
    }
    if (rules->json && pg_logjson_match(&p->at, &counter->json, line)) {
        p->escaped = counter->json.escaped;
        return true;
    }
    return false;
}

/* The field as it was sent; httpd and nginx write "-" for what was not. */
static pg_span_t sent(parsed_t *p, pg_field_e field)
{
    pg_span_t s = p->at.field[field];
    pg_span_t out;

    if (s.len == 1 && s.ptr[0] == '-') {
        return (pg_span_t){ .ptr = NULL, .len = 0 };
    }
    if (!p->escaped) {
        return s;
    }
    out = pg_logescape_undo(p->scratch, s);
    if (out.ptr == p->scratch) {
        p->scratch += out.len;
    }
    return out;
}

static int status_of(const parsed_t *p)
{
    pg_span_t s = p->at.field[PG_FIELD_STATUS];
    int status = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i]) || i == 3) {
            return 0;
        }
        status = status * 10 + (s.ptr[i] - '0');
    }
    return status;
}

/* A clock that was wrong by years must not push the history out of sight. */
static apr_time_t time_of(const parsed_t *p, const pg_rules_t *rules)
{
    apr_time_t time = 0;

    if (!pg_logtime_parse(&time, p->at.field[PG_FIELD_TIME])
        || time > rules->now + APR_USEC_PER_SEC * 86400) {
        return 0;
    }
    return time;
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

/* The request as the core wants it; false when the line has none. */
static bool request_of(parsed_t *p, pg_request_t *request)
{
    *request = (pg_request_t){ .line = sent(p, PG_FIELD_REQUEST) };
    if (request->line.len == 0) {
        request->method = sent(p, PG_FIELD_METHOD);
        request->target = sent(p, PG_FIELD_TARGET);
        request->protocol = sent(p, PG_FIELD_PROTOCOL);
        return request->method.len && request->target.len;
    }
    return true;
}

/* --- clean requests ------------------------------------------------------ */

/* The sizes of the own home page: what a stranger's absolute-form gets from a
 * server that relays nothing. */
static void note_home(pg_counter_t *counter, parsed_t *p, int status,
                      const pg_verdict_t *v)
{
    pg_span_t size = p->at.field[PG_FIELD_SIZE];

    if (is_success(status) && size.len && v->reason == PG_REASON_ORIGIN
        && v->target.len == 1 && pg_span_eq(v->method, PG_SPAN("GET"))) {
        pg_table_add(counter->tally->home, size, 1);
    }
}

/* --- attempts ------------------------------------------------------------ */

/* From what a line says: a 2xx to CONNECT opens a tunnel. Whether another 2xx
 * was a relay is pg_judge.h's business: it needs the whole log. */
static pg_outcome_e outcome_of(pg_class_e class_id, int status)
{
    if (is_success(status) && pg_tally_is_tunnel(class_id)) {
        return PG_OUTCOME_RELAYED;
    }
    if (status == 444) {         /* nginx: closed without an answer       */
        return PG_OUTCOME_DROPPED;
    }
    return status >= 400 ? PG_OUTCOME_REFUSED : PG_OUTCOME_OBSERVED;
}

static pg_span_t vhost_of(pg_counter_t *counter, const parsed_t *p)
{
    pg_span_t name = p->at.field[PG_FIELD_VHOST];
    pg_span_t port = p->at.field[PG_FIELD_PORT];
    int n;

    if (name.len == 0 || name.len > 255) {
        return (pg_span_t){ .ptr = NULL, .len = 0 };
    }
    n = snprintf(counter->vhost, sizeof(counter->vhost), "%.*s%s%.*s",
                 (int)name.len, name.ptr, port.len ? ":" : "",
                 (int)(port.len < 6 ? port.len : 6),
                 port.ptr ? port.ptr : "");
    return pg_span_make(counter->vhost, (apr_size_t)n);
}

static void record(pg_counter_t *counter, pg_hit_t *hit)
{
    char room[PG_TABLE_KEY + 1];
    pg_span_t answer = pg_tally_answer(hit, room);

    if (answer.ptr && pg_table_find(counter->relayed, answer)) {
        hit->event.outcome = PG_OUTCOME_RELAYED;
    }
    if (hit->event.time) {
        hit->event.now = counter->rules->now;
        pg_ledger_record(counter->ledger, &hit->event);
        counter->tally->attempts++;
    }
}

static void count_attempt(pg_counter_t *counter, parsed_t *p,
                          const pg_verdict_t *verdict, pg_span_t request)
{
    char room[16384], line[16384];
    pg_hit_t hit = {
        .event = {
            .time = time_of(p, counter->rules),
            .verdict = *verdict,
            .status = status_of(p),
            .vhost = vhost_of(counter, p),
            .user_agent = sent(p, PG_FIELD_AGENT),
            .x_forwarded_for = sent(p, PG_FIELD_FORWARDED_FOR),
            .via = sent(p, PG_FIELD_VIA),
            .forwarded = sent(p, PG_FIELD_FORWARDED),
            .proxy_connection = sent(p, PG_FIELD_PROXY_CONNECTION),
        },
        .client = sent(p, PG_FIELD_CLIENT),
        .size = p->at.field[PG_FIELD_SIZE],
    };

    hit.event.outcome = outcome_of(verdict->class_id,
                                   hit.event.status);
    hit.event.source_known = pg_address_parse(&hit.event.source, hit.client);
    pg_event_conceal(&hit.event, room, sizeof(room));
    hit.request = verdict->class_id == PG_CLASS_SOCKS
                      ? hit.event.verdict.target
                      : pg_conceal_text(line, sizeof(line), request);
    if (counter->ledger) {
        record(counter, &hit);
    }
    else {
        pg_tally_add(counter->tally, &hit);
    }
}

static void count_line(pg_counter_t *counter, pg_span_t line)
{
    const pg_rules_t *rules = counter->rules;
    pg_request_t request;
    pg_verdict_t verdict;
    parsed_t p;

    if (line.len == 0) {
        counter->tally->blank++;
        return;
    }
    if (!match(counter, &p, line)) {
        pg_tally_unparsed(counter->tally, line);
        return;
    }
    if (!request_of(&p, &request)) {
        counter->tally->silent++;
        return;
    }
    if (rules->check_host && rules->own) {
        request.host = sent(&p, PG_FIELD_HOST);
        request.check_host = request.host.len > 0;
    }
    if (pg_classify(&verdict, &request, rules->own) == PG_CLASS_CLEAN) {
        note_home(counter, &p, status_of(&p), &verdict);
    }
    else {
        count_attempt(counter, &p, &verdict,
                      request.line.len ? request.line : request.target);
    }
}

/* When a line was written: looked at once a block, for the log's extent. */
static void note_time(pg_counter_t *counter, pg_span_t line)
{
    parsed_t p;

    if (match(counter, &p, line)) {
        pg_tally_seen(counter->tally, time_of(&p, counter->rules));
    }
}

/* --- passes -------------------------------------------------------------- */

/* The next line of a block without its line end, LF or CRLF. */
static bool next_line(pg_span_t *block, pg_span_t *line)
{
    const char *end;

    if (block->len == 0) {
        return false;
    }
    end = memchr(block->ptr, '\n', block->len);
    *line = pg_span_make(block->ptr, end ? (apr_size_t)(end - block->ptr)
                                         : block->len);
    *block = pg_span_make(block->ptr + line->len + (end ? 1 : 0),
                          block->len - line->len - (end ? 1 : 0));
    if (line->len && line->ptr[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

static bool is_home(pg_span_t line, apr_size_t target)
{
    return target + 1 < line.len && line.ptr[target + 1] == ' ';
}

void pg_count_block(pg_counter_t *counter, pg_span_t block)
{
    pg_span_t anchor = counter->rules->check_host
                       ? (pg_span_t){ .ptr = NULL, .len = 0 }
                       : counter->rules->anchor;
    pg_span_t line = { .ptr = NULL, .len = 0 };
    apr_size_t target;
    bool first = true;

    while (next_line(&block, &line)) {
        counter->tally->lines++;
        if (first) {
            note_time(counter, line);
            first = false;
        }
        if (!anchor.len || !pg_count_is_clean(line, anchor, &target)
            || is_home(line, target)) {
            count_line(counter, line);
        }
    }
    if (line.len) {
        note_time(counter, line);
    }
    pg_logjson_release(&counter->json);
}

/* The same lines go the same way; the tally is of no interest. */
void pg_count_record(pg_counter_t *counter, pg_span_t block)
{
    pg_count_block(counter, block);
}

void pg_count_names(pg_counter_t *counter, pg_span_t block)
{
    char last[320];
    pg_span_t known = { .ptr = last, .len = 0 };
    pg_span_t line, vhost;
    parsed_t p;

    while (next_line(&block, &line)) {
        /* Most lines begin as the one before: "name:port ". */
        if (known.len && line.len > known.len && line.ptr[known.len] == ' '
            && !memcmp(line.ptr, known.ptr, known.len)) {
            continue;
        }
        if (!match(counter, &p, line)) {
            continue;
        }
        vhost = vhost_of(counter, &p);
        if (vhost.len) {
            pg_table_add(counter->tally->names, vhost, 1);
            pg_span_copy(last, sizeof(last), vhost);
            known.len = vhost.len;
        }
    }
    pg_logjson_release(&counter->json);
}

static void look_for_wanted(pg_counter_t *counter, pg_span_t line)
{
    char key[PG_TABLE_KEY + 1], room[4096];
    pg_request_t request, parts;
    pg_span_t path;
    parsed_t p;
    int n;

    if (!match(counter, &p, line) || !is_success(status_of(&p))
        || !request_of(&p, &request)) {
        return;
    }
    if (request.line.len) {
        pg_classify_split(&parts, request.line);
        request = parts;
    }
    path = pg_span_upto(pg_conceal_text(room, sizeof(room), request.target),
                        PG_PATH_WANTED);
    if (path.len == 0 || path.ptr[0] != '/'
        || !pg_table_find(counter->wanted, path)) {
        return;
    }
    n = snprintf(key, sizeof(key), "%.*s %.*s", (int)path.len, path.ptr,
                 (int)p.at.field[PG_FIELD_SIZE].len,
                 p.at.field[PG_FIELD_SIZE].ptr
                 ? p.at.field[PG_FIELD_SIZE].ptr : "");
    pg_table_add(counter->found, pg_span_make(key, (apr_size_t)n), 1);
}

void pg_count_wanted(pg_counter_t *counter, pg_span_t block)
{
    pg_span_t line;

    while (next_line(&block, &line)) {
        look_for_wanted(counter, line);
    }
    pg_logjson_release(&counter->json);
}
