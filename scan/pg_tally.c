/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_tally.h"

#include <stdio.h>
#include <stdlib.h>

#include "pg_conceal.h"
#include "pg_calendar.h"
#include "pg_logtime.h"

typedef struct period_t {
    apr_time_t length;           /* us; months have none of their own     */
    int first;                   /* of its buckets                        */
    int buckets;
} period_t;

static const period_t periods[PG_PERIOD_COUNT] = {
    [PG_PERIOD_MINUTE] = { APR_USEC_PER_SEC * 60, 0, 120 },
    [PG_PERIOD_HOUR] = { APR_USEC_PER_SEC * 3600, 120, 336 },
    [PG_PERIOD_DAY] = { APR_USEC_PER_SEC * 86400, 456, 800 },
    [PG_PERIOD_MONTH] = { 0, 1256, 240 },
};

_Static_assert(PG_TALLY_BUCKETS == 1256 + 240, "buckets as drawn");

/* --- kept text ----------------------------------------------------------- */

void pg_kept_set(pg_kept_t *out, pg_span_t s)
{
    out->absent = s.ptr == NULL;
    out->cut = s.len > PG_TALLY_TEXT;
    out->len = (apr_uint16_t)pg_span_copy(out->octets, sizeof(out->octets),
                                          s);
}

pg_span_t pg_kept_span(const pg_kept_t *kept)
{
    return kept->absent ? (pg_span_t){ .ptr = NULL, .len = 0 }
                        : pg_span_make(kept->octets, kept->len);
}

/* --- periods ------------------------------------------------------------- */

apr_int64_t pg_period_number(pg_period_e period, apr_time_t time)
{
    if (period != PG_PERIOD_MONTH) {
        return time / periods[period].length;
    }
    return pg_calendar_month(time / periods[PG_PERIOD_DAY].length);
}

apr_time_t pg_period_start(pg_period_e period, apr_int64_t number)
{
    if (period != PG_PERIOD_MONTH) {
        return number * periods[period].length;
    }
    return pg_calendar_month_start(number)
           * periods[PG_PERIOD_DAY].length;
}

int pg_period_buckets(pg_period_e period)
{
    return periods[period].buckets;
}

pg_bucket_t *pg_tally_bucket(pg_tally_t *tally, pg_period_e period,
                             apr_int64_t number)
{
    const period_t *p = &periods[period];

    return &tally->bucket[p->first + (int)(number % p->buckets)];
}

static void count_period(pg_tally_t *tally, pg_period_e period,
                         const pg_event_t *event)
{
    apr_int64_t number = pg_period_number(period, event->time);
    pg_bucket_t *bucket = pg_tally_bucket(tally, period, number);
    apr_time_t start = pg_period_start(period, number);

    if (bucket->attempts && bucket->start > start) {
        return;                  /* too old to be shown                   */
    }
    if (bucket->start != start) {
        memset(bucket, 0, sizeof(*bucket));
        bucket->start = start;
    }
    bucket->attempts++;
    bucket->by_class[event->verdict.class_id]++;
    bucket->by_family[event->verdict.family]++;
}

static void count_time(pg_tally_t *tally, const pg_hit_t *hit)
{
    apr_time_t time = hit->event.time;

    if (time == 0) {
        tally->untimed++;
        return;
    }
    if (tally->first == 0 || time < tally->first) {
        tally->first = time;
    }
    if (time > tally->last) {
        tally->last = time;
    }
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        count_period(tally, (pg_period_e)p, &hit->event);
    }
}

/* --- lists --------------------------------------------------------------- */

static void count_top(pg_tally_t *tally, pg_top_e top, pg_span_t key)
{
    if (key.ptr) {
        pg_table_add(tally->top[top], key, 1);
    }
}

static void count_tops(pg_tally_t *tally, const pg_hit_t *hit)
{
    const pg_verdict_t *v = &hit->event.verdict;
    char target[PG_TABLE_KEY + 1], port[8];
    int n;

    count_top(tally, PG_TOP_SOURCES, hit->client);
    count_top(tally, PG_TOP_AGENTS, hit->event.user_agent);
    if (v->host.ptr == NULL) {
        return;
    }
    snprintf(target, sizeof(target), "%.*s:%u",
             (int)(v->host.len < 240 ? v->host.len : 240), v->host.ptr,
             v->port);
    for (char *c = target; *c; c++) {
        *c = pg_octet_lower(*c);
    }
    count_top(tally, PG_TOP_TARGETS, pg_span_make(target, strlen(target)));
    n = snprintf(port, sizeof(port), "%u", v->port);
    if (v->port) {
        count_top(tally, PG_TOP_PORTS, pg_span_make(port, (apr_size_t)n));
    }
}

static void count_vhost(pg_tally_t *tally, const pg_event_t *event)
{
    apr_uint64_t *by_outcome;

    if (event->vhost.ptr) {
        by_outcome = pg_table_add(tally->vhosts, event->vhost, 1)->data;
        by_outcome[event->outcome]++;
    }
}

static pg_method_e method_of(pg_span_t name)
{
    if (name.ptr == NULL) {
        return PG_METHOD_NONE;
    }
    for (int m = 0; m < PG_METHOD_COUNT; m++) {
        if (pg_span_eq(name,
                       pg_span_str(pg_snapshot_method((pg_method_e)m)))) {
            return (pg_method_e)m;
        }
    }
    return PG_METHOD_OTHER;
}

/* A total order, so that which ones are kept does not depend on the order of
 * reading: by time, then by text. */
static int compare(apr_time_t ta, pg_span_t a, apr_time_t tb, pg_span_t b)
{
    apr_size_t n = a.len < b.len ? a.len : b.len;
    int order;

    if (ta != tb) {
        return ta < tb ? -1 : 1;
    }
    order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (order) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

/* --- answers ------------------------------------------------------------- */

static void copy(char *out, apr_size_t size, pg_span_t s)
{
    pg_span_copy(out, size, s);
}

/* The path of an absolute-form, or of nothing. */
static pg_span_t path_of(pg_span_t target)
{
    pg_target_t parts;

    pg_target_parse(&parts, target);
    return parts.path.len ? parts.path : PG_SPAN("/");
}

static void fill_answer(pg_answer_t *answer, const pg_hit_t *hit)
{
    const pg_event_t *event = &hit->event;

    answer->class_id = event->verdict.class_id;
    answer->status = event->status;
    answer->sent = hit->sent;
    answer->first = answer->last = event->time;
    copy(answer->method, sizeof(answer->method), event->verdict.method);
    copy(answer->host, sizeof(answer->host), event->verdict.host);
    copy(answer->size, sizeof(answer->size), hit->size);
    copy(answer->path, sizeof(answer->path), path_of(event->verdict.target));
    copy(answer->vhost, sizeof(answer->vhost), event->vhost);
    copy(answer->request, sizeof(answer->request), hit->request);
}

static pg_span_t answer_key(const pg_answer_t *answer, char *out)
{
    int n = snprintf(out, PG_TABLE_KEY + 1, "%d %d %s %s %s %s %s",
                     (int)answer->class_id, answer->status, answer->size,
                     answer->method, answer->vhost, answer->host,
                     answer->path);

    return pg_span_make(out, (apr_size_t)(n < PG_TABLE_KEY ? n
                                                           : PG_TABLE_KEY));
}

pg_span_t pg_tally_answer(const pg_hit_t *hit, char *out)
{
    pg_answer_t answer = { .status = 0 };

    if (hit->event.status < 200 || hit->event.status > 299) {
        return (pg_span_t){ .ptr = NULL, .len = 0 };
    }
    fill_answer(&answer, hit);
    return answer_key(&answer, out);
}

bool pg_tally_is_length(pg_span_t size)
{
    bool more = false;

    for (apr_size_t i = 0; i < size.len; i++) {
        if (!pg_octet_is_digit(size.ptr[i])) {
            return false;
        }
        more = more || size.ptr[i] != '0';
    }
    return more;
}

bool pg_tally_is_tunnel(pg_class_e class_id, pg_span_t size)
{
    return (class_id == PG_CLASS_CONNECT_TLS
            || class_id == PG_CLASS_CONNECT_MAIL
            || class_id == PG_CLASS_CONNECT_OTHER)
           && size.len && !pg_tally_is_length(size);
}

/* Which of several requests with one answer is shown does not depend on who
 * read which part of a log. */
static bool is_sooner(apr_time_t time, pg_span_t request,
                      const pg_answer_t *answer)
{
    return compare(time, request, answer->first,
                   pg_span_str(answer->request)) < 0;
}

static void count_answer(pg_tally_t *tally, const pg_hit_t *hit,
                         pg_span_t key)
{
    pg_answer_t *answer = pg_table_add(tally->answers, key, 1)->data;
    apr_time_t time = hit->event.time;
    pg_span_t request;

    tally->answered++;
    tally->alone[hit->alone]++;
    if (hit->alone == PG_GROUND_NO_HOME) {
        pg_table_add(tally->lengths, hit->size, 1);
    }
    if (answer->count++ == 0) {
        fill_answer(answer, hit);
        return;
    }
    request = pg_span_upto(hit->request, PG_TALLY_TEXT);
    if (is_sooner(time, request, answer)) {
        copy(answer->request, sizeof(answer->request), request);
    }
    answer->first = time < answer->first ? time : answer->first;
    answer->last = time > answer->last ? time : answer->last;
}

/* --- attempts kept whole ------------------------------------------------- */

static void keep(pg_example_t *out, const pg_hit_t *hit, pg_span_t answer)
{
    const pg_event_t *event = &hit->event;

    out->used = true;
    out->time = event->time;
    out->class_id = event->verdict.class_id;
    out->family = event->verdict.family;
    out->reason = event->verdict.reason;
    out->outcome = event->outcome;
    out->status = event->status;
    out->port = event->verdict.port;
#define KEEP_TEXT(name, from) pg_kept_set(&out->name, from);
    PG_KEPT_TEXTS(KEEP_TEXT)
#undef KEEP_TEXT
}

static bool is_older(const pg_example_t *kept, apr_time_t time,
                     pg_span_t request)
{
    return compare(kept->time, pg_kept_span(&kept->request), time,
                   pg_span_upto(request, PG_TALLY_TEXT)) < 0;
}

/* Where a new attempt goes among the recent ones: a free place, or the
 * oldest one's if it is older; NULL if the new one is the oldest. */
static pg_example_t *recent_place(pg_tally_t *tally, apr_time_t time,
                                  pg_span_t request)
{
    pg_example_t *oldest = &tally->recent[0];

    if (tally->recent_count < PG_TALLY_RECENT) {
        return &tally->recent[tally->recent_count++];
    }
    for (int i = 1; i < PG_TALLY_RECENT; i++) {
        if (is_older(&tally->recent[i], oldest->time,
                     pg_kept_span(&oldest->request))) {
            oldest = &tally->recent[i];
        }
    }
    return is_older(oldest, time, request) ? oldest : NULL;
}

static void keep_some(pg_tally_t *tally, const pg_hit_t *hit,
                      pg_span_t answer)
{
    pg_example_t *first = &tally->example[hit->event.verdict.reason];
    pg_example_t *place;

    if (!first->used || !is_older(first, hit->event.time, hit->request)) {
        keep(first, hit, answer);
    }
    place = recent_place(tally, hit->event.time, hit->request);
    if (place) {
        keep(place, hit, answer);
    }
}

/* --- the whole ----------------------------------------------------------- */

pg_tally_t *pg_tally_create(apr_pool_t *pool, apr_size_t bound)
{
    pg_tally_t *tally = apr_pcalloc(pool, sizeof(*tally));

    tally->pool = pool;
    tally->bound = bound;
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        tally->top[t] = pg_table_create(pool, bound, 0);
    }
    tally->vhosts = pg_table_create(pool, bound, sizeof(apr_uint64_t)
                                                 * PG_OUTCOME_COUNT);
    tally->answers = pg_table_create(pool, bound / 8 + 1,
                                     sizeof(pg_answer_t));
    tally->lengths = pg_table_create(pool, bound / 8 + 1, 0);
    tally->home = pg_table_create(pool, bound / 8 + 1, 0);
    tally->names = pg_table_create(pool, bound / 8 + 1, 0);
    return tally;
}

void pg_tally_add(pg_tally_t *tally, const pg_hit_t *hit)
{
    const pg_event_t *event = &hit->event;
    const pg_verdict_t *v = &event->verdict;
    char key[PG_TABLE_KEY + 1];
    pg_span_t answer = pg_tally_answer(hit, key);

    tally->attempts++;
    tally->count[v->class_id][event->outcome]++;
    tally->by_family[v->family]++;
    tally->by_method[method_of(v->method)]++;
    tally->by_port_class[pg_portclass(v->port)]++;
    tally->by_intent[pg_intent_of_verdict(v)]++;
    count_time(tally, hit);
    pg_tally_seen(tally, event->time);
    count_tops(tally, hit);
    count_vhost(tally, event);
    if (answer.ptr) {
        count_answer(tally, hit, answer);
    }
    keep_some(tally, hit, answer);
}

static int compare_kept(const pg_kept_t *a, const pg_kept_t *b)
{
    int order = memcmp(a->octets, b->octets, a->len < b->len ? a->len
                                                             : b->len);

    return order ? order : (int)a->len - (int)b->len;
}

/* The first ones in the order of their octets, each once: the same ones
 * however the threads shared the work. */
static void keep_sample(pg_tally_t *tally, const pg_kept_t *line)
{
    int at = 0, last;

    while (at < tally->samples
           && compare_kept(&tally->sample[at], line) < 0) {
        at++;
    }
    if (at == PG_TALLY_SAMPLES
        || (at < tally->samples
            && compare_kept(&tally->sample[at], line) == 0)) {
        return;
    }
    last = tally->samples < PG_TALLY_SAMPLES ? tally->samples++
                                             : PG_TALLY_SAMPLES - 1;
    memmove(&tally->sample[at + 1], &tally->sample[at],
            (apr_size_t)(last - at) * sizeof(*line));
    tally->sample[at] = *line;
}

void pg_tally_unparsed(pg_tally_t *tally, pg_span_t line)
{
    char room[2 * PG_TALLY_TEXT];
    pg_kept_t kept;

    tally->unparsed++;
    pg_kept_set(&kept, pg_conceal_text(room, sizeof(room), line));
    keep_sample(tally, &kept);
}

void pg_tally_seen(pg_tally_t *tally, apr_time_t time)
{
    if (time == 0) {
        return;
    }
    if (tally->log_first == 0 || time < tally->log_first) {
        tally->log_first = time;
    }
    if (time > tally->log_last) {
        tally->log_last = time;
    }
}

/* --- merging ------------------------------------------------------------- */

static void join_numbers(apr_uint64_t *to, const apr_uint64_t *from,
                         apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        to[i] += from[i];
    }
}

static void merge_bucket(pg_bucket_t *to, const pg_bucket_t *from)
{
    if (from->attempts == 0 || (to->attempts && to->start > from->start)) {
        return;
    }
    if (to->start != from->start) {
        *to = *from;
        return;
    }
    to->attempts += from->attempts;
    join_numbers(to->by_class, from->by_class, PG_CLASS_COUNT);
    join_numbers(to->by_family, from->by_family, PG_FAMILY_COUNT);
}

static void join_outcomes(void *data, const void *add)
{
    join_numbers(data, add, PG_OUTCOME_COUNT);
}

static void join_answer(void *data, const void *add)
{
    pg_answer_t *to = data;
    const pg_answer_t *from = add;

    if (to->count == 0) {
        *to = *from;
        return;
    }
    to->count += from->count;
    if (is_sooner(from->first, pg_span_str(from->request), to)) {
        memcpy(to->request, from->request, sizeof(to->request));
    }
    to->first = from->first < to->first ? from->first : to->first;
    to->last = from->last > to->last ? from->last : to->last;
}

static void merge_kept(pg_tally_t *tally, const pg_tally_t *from)
{
    for (int r = 0; r < PG_REASON_COUNT; r++) {
        const pg_example_t *e = &from->example[r];
        if (e->used && (!tally->example[r].used
                        || !is_older(&tally->example[r], e->time,
                                     pg_kept_span(&e->request)))) {
            tally->example[r] = *e;
        }
    }
    for (int i = 0; i < from->recent_count; i++) {
        const pg_example_t *e = &from->recent[i];
        pg_example_t *place = recent_place(tally, e->time,
                                           pg_kept_span(&e->request));
        if (place) {
            *place = *e;
        }
    }
    for (int i = 0; i < from->samples; i++) {
        keep_sample(tally, &from->sample[i]);
    }
}

static void merge_tables(pg_tally_t *tally, const pg_tally_t *from)
{
    for (int b = 0; b < PG_TALLY_BUCKETS; b++) {
        merge_bucket(&tally->bucket[b], &from->bucket[b]);
    }
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        pg_table_merge(tally->top[t], from->top[t], NULL);
    }
    pg_table_merge(tally->vhosts, from->vhosts, join_outcomes);
    pg_table_merge(tally->answers, from->answers, join_answer);
    pg_table_merge(tally->lengths, from->lengths, NULL);
    pg_table_merge(tally->home, from->home, NULL);
    pg_table_merge(tally->names, from->names, NULL);
}

void pg_tally_merge(pg_tally_t *tally, const pg_tally_t *from)
{
#define ADD_LINES(sym, field) tally->field += from->field;
    PG_LINE_KINDS(ADD_LINES)
#undef ADD_LINES
    join_numbers(&tally->count[0][0], &from->count[0][0],
                 (apr_size_t)PG_CLASS_COUNT * PG_OUTCOME_COUNT);
    join_numbers(tally->by_family, from->by_family, PG_FAMILY_COUNT);
    join_numbers(tally->by_method, from->by_method, PG_METHOD_COUNT);
    join_numbers(tally->by_port_class, from->by_port_class,
                 PG_PORTCLASS_COUNT);
    join_numbers(tally->by_intent, from->by_intent, PG_INTENT_COUNT);
    join_numbers(tally->shape, from->shape, PG_SHAPE_COUNT);
    join_numbers(tally->envelope, from->envelope, PG_ENVELOPE_COUNT);
    join_numbers(tally->format, from->format, PG_TALLY_FORMATS);
    tally->answered += from->answered;
    join_numbers(tally->alone, from->alone, PG_GROUND_COUNT);
    if (from->first && (tally->first == 0 || from->first < tally->first)) {
        tally->first = from->first;
    }
    if (from->last > tally->last) {
        tally->last = from->last;
    }
    pg_tally_seen(tally, from->log_first);
    pg_tally_seen(tally, from->log_last);
    merge_tables(tally, from);
    merge_kept(tally, from);
}

apr_uint64_t pg_tally_error(const pg_tally_t *tally)
{
    const pg_table_t *lists[] = {
        tally->top[PG_TOP_SOURCES], tally->top[PG_TOP_TARGETS],
        tally->top[PG_TOP_PORTS], tally->top[PG_TOP_AGENTS],
        tally->vhosts, tally->answers, tally->home
    };
    apr_uint64_t worst = 0;

    for (apr_size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        apr_uint64_t error = pg_table_error(lists[i]);
        worst = error > worst ? error : worst;
    }
    return worst;
}
