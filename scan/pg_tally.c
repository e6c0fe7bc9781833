/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_tally.h"

#include <stdlib.h>

#include "pg_conceal.h"
#include "pg_top.h"

static_assert(PG_TALLY_RECENT + PG_REASON_COUNT <= 128,
              "a ledger remembers all that is kept");

enum {
    AT_ONCE = 16,                /* attempts that get room                */
    FEW_KEYS = 8192,
    ANSWER_KEYS = 16             /* keys that need as much as an answer   */
};

/* --- kept text ----------------------------------------------------------- */

/* A call of memcpy(): for what it knows to be short, GCC has an instruction
 * that takes long to begin. */
__attribute__((noinline))
static void copy(char *out, pg_span_t s)
{
    memcpy(out, s.ptr, s.len);
}

/* Copy what fits. @return the offset after it */
static apr_size_t set_kept(pg_kept_t *out, char *octets, apr_size_t at,
                           pg_span_t s)
{
    pg_span_t fits = pg_span_upto(s, PG_TALLY_TEXT);

    *out = (pg_kept_t){ .at = (apr_uint16_t)at,
                        .len = (apr_uint16_t)fits.len,
                        .cut = fits.len < s.len, .absent = s.ptr == NULL };
    if (fits.ptr) {
        copy(octets + at, fits);
    }
    return at + fits.len;
}

pg_span_t pg_tally_kept(const char *octets, const pg_kept_t *kept)
{
    return kept->absent ? PG_ABSENT
                        : pg_span_make(octets + kept->at, kept->len);
}

/* --- lists --------------------------------------------------------------- */

/* Keys are those of the ledger's lists, preceded by an octet for their kind;
 * clients that the log gives by name are not addresses. */
enum { KEY_WHOLE = 'w', KEY_CUT = 'c', KEY_ABSENT = 'a', KEY_NAME = 'n' };

/* The keys of an attempt, made before they are counted. */
typedef struct keys_t {
    pg_table_key_t key[PG_TOP_COUNT];   /* absent: none                   */
    char room[PG_TOP_COUNT][PG_TABLE_KEY];
} keys_t;

static void make_key(keys_t *out, const pg_tally_t *tally, pg_top_e list,
                     char what, pg_span_t octets)
{
    apr_size_t most = what == KEY_NAME
        ? PG_TABLE_KEY - 1
        : pg_layout_text_words[list] * sizeof(apr_uint64_t);
    char *room = out->room[list];
    apr_size_t n = octets.len < most ? octets.len : most;

    room[0] = what != KEY_WHOLE ? what
              : octets.ptr == NULL ? KEY_ABSENT
              : octets.len > most ? KEY_CUT : KEY_WHOLE;
    memcpy(room + 1, octets.ptr ? octets.ptr : "", n);
    out->key[list] = pg_table_key(tally->top[tally->logs][list],
                                  pg_span_make(room, 1 + n));
}

static void make_keys(keys_t *out, const pg_tally_t *tally,
                      const pg_hit_t *hit)
{
    const pg_event_t *event = &hit->event;
    char room[2 + PG_TOP_TARGET_MOST + 1];
    pg_span_t target = pg_top_target(room, &event->verdict);

    out->key[PG_TOP_SOURCES].octets = out->key[PG_TOP_PORTS].octets
                                    = PG_ABSENT;
    if (event->source_known) {
        make_key(out, tally, PG_TOP_SOURCES, KEY_WHOLE,
                 pg_span_make((const char *)event->source.octets,
                              sizeof(event->source.octets)));
    }
    else if (hit->client.len) {
        make_key(out, tally, PG_TOP_SOURCES, KEY_NAME, hit->client);
    }
    make_key(out, tally, PG_TOP_TARGETS, KEY_WHOLE, target);
    if (event->verdict.port) {
        make_key(out, tally, PG_TOP_PORTS, KEY_WHOLE, pg_span_upto(target, 2));
    }
    make_key(out, tally, PG_TOP_AGENTS, KEY_WHOLE, event->user_agent);
}

static void fetch_keys(const pg_tally_t *tally, const keys_t *keys)
{
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        if (keys->key[t].octets.ptr) {
            pg_table_fetch(tally->top[tally->logs][t], &keys->key[t]);
        }
    }
}

static void count_keys(pg_tally_t *tally, const keys_t *keys,
                       const pg_event_t *event)
{
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        const pg_table_key_t *key = &keys->key[t];
        const pg_cell_t *cell = key->octets.ptr
            ? pg_table_count(tally->top[tally->logs][t], key, 1) : NULL;
        /* new to the table, at least */
        if (t == PG_TOP_SOURCES && event->source_known && cell->count == 1) {
            pg_ledger_source(tally->ledger[tally->logs], &event->source);
        }
    }
}

/* What a key of a table is in a ledger's list. */
static pg_top_counted_t counted_of(const pg_cell_t *cell, apr_uint64_t error)
{
    char what = cell->key.ptr[0];

    return (pg_top_counted_t){
        .octets = what == KEY_ABSENT ? PG_ABSENT : pg_span_from(cell->key, 1),
        .cut = what == KEY_CUT, .count = cell->count, .error = error
    };
}

static void list_all(pg_ledger_t *ledger, pg_top_e list,
                     const pg_table_t *table, apr_time_t now)
{
    apr_uint64_t error = pg_table_error(table);
    apr_size_t at = 0;
    const pg_cell_t *cell;

    while ((cell = pg_table_next(table, &at)) != NULL) {
        pg_top_counted_t counted = counted_of(cell, error);
        if (cell->key.ptr[0] != KEY_NAME) {
            pg_ledger_list(ledger, list, &counted, now);
        }
    }
    pg_ledger_unlisted(ledger, list, error);
}

static void join_numbers(apr_uint64_t *to, const apr_uint64_t *from,
                         apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        to[i] += from[i];
    }
}

static void join_outcomes(void *data, const void *add)
{
    join_numbers(data, add, PG_OUTCOME_COUNT);
}

static void name_vhosts(pg_ledger_t *ledger, const pg_table_t *table,
                        apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(table, &n, pool);

    for (apr_size_t i = 0; i < n; i++) {
        pg_ledger_vhost(ledger, cells[i]->key, cells[i]->data);
    }
}

void pg_tally_list(pg_tally_t *tally, apr_time_t now)
{
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        name_vhosts(tally->ledger[i], tally->vhosts[i], tally->pool);
    }
    pg_table_merge(tally->vhosts[PG_LOGS_NEW], tally->vhosts[PG_LOGS_KNOWN],
                   join_outcomes);
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        for (int i = 0; i < PG_LOGS_COUNT; i++) {
            if (tally->ledger[i]) {
                list_all(tally->ledger[i], (pg_top_e)t, tally->top[i][t],
                         now);
            }
        }
        pg_table_merge(tally->top[PG_LOGS_NEW][t],
                       tally->top[PG_LOGS_KNOWN][t], NULL);
    }
}

pg_text_t pg_tally_top_text(pg_top_e list, pg_span_t key, apr_pool_t *pool)
{
    apr_uint64_t length = key.len - 1;

    if (key.ptr[0] == KEY_NAME) {
        return (pg_text_t){ .octets = pg_span_make(key.ptr + 1, key.len - 1) };
    }
    length |= key.ptr[0] == KEY_CUT ? PG_LEN_CUT
              : key.ptr[0] == KEY_ABSENT ? PG_LEN_ABSENT : 0;
    return pg_top_text(list, key.ptr + 1, length, pool);
}

static void count_vhost(pg_tally_t *tally, const pg_event_t *event)
{
    apr_uint64_t *by_outcome;

    if (event->vhost.ptr) {
        by_outcome = pg_table_add(tally->vhosts[tally->logs], event->vhost,
                                  1)->data;
        by_outcome[event->outcome]++;
    }
}

/* --- answers ------------------------------------------------------------- */

/* The path of an absolute-form, or of nothing. */
static pg_span_t path_of(pg_span_t target)
{
    pg_span_t path = pg_target_path(target);

    return path.len ? path : PG_SPAN("/");
}

static void fill_answer(pg_answer_t *answer, const pg_hit_t *hit)
{
    const pg_event_t *event = &hit->event;

    answer->verdict.class_id = event->verdict.class_id;
    answer->verdict.family = event->verdict.family;
    answer->verdict.port = event->verdict.port;
    answer->status = event->status;
    answer->sent = hit->sent;
    answer->stated = hit->stated;
    answer->first = event->time;
    pg_span_copy(answer->method, sizeof(answer->method),
                 event->verdict.method);
    pg_span_copy(answer->size, sizeof(answer->size), hit->size);
    pg_span_copy(answer->path, sizeof(answer->path),
                 path_of(event->verdict.target));
    pg_span_copy(answer->vhost, sizeof(answer->vhost), event->vhost);
    pg_span_copy(answer->request, sizeof(answer->request), hit->request);
}

/* Append a blank and a text, as much as an answer of `size` octets and the key
 * have room for. */
static void put_text(char *key, apr_size_t *n, pg_span_t s, apr_size_t size)
{
    s = pg_span_upto(s, size - 1);
    s = pg_span_upto(s, pg_span_find(s, '\0'));
    if (*n < PG_TABLE_KEY) {
        key[*n] = ' ';
        *n += 1 + pg_span_copy(key + *n + 1, PG_TABLE_KEY - *n, s);
    }
}

/* What is to be judged, or is known, as perhaps relayed. */
static bool may_be_relayed(const pg_hit_t *hit)
{
    const pg_event_t *event = &hit->event;

    return hit->stated ? event->outcome == PG_OUTCOME_RELAYED
                       : event->status >= 200 && event->status <= 299;
}

/* The key of an attempt's answer: all that a count in the ledger depends on,
 * and what was asked for; empty for what was not relayed.
 * @param out  at least PG_TABLE_KEY octets and a NUL */
static pg_span_t answer_of(const pg_hit_t *hit, char *out)
{
    const pg_event_t *event = &hit->event;
    const pg_verdict_t *v = &event->verdict;
    const char numbers[] = {
        (char)v->class_id, (char)v->family, (char)pg_portclass(v->port),
        (char)(event->status / 10),
        (char)(event->status % 10), (char)hit->stated
    };
    apr_size_t n = sizeof(numbers);

    if (!may_be_relayed(hit)) {
        return PG_ABSENT;
    }
    memcpy(out, numbers, sizeof(numbers));
#define PUT_TEXT(field, s) \
    put_text(out, &n, s, sizeof(((pg_answer_t *)NULL)->field))
    PUT_TEXT(size, hit->size);
    PUT_TEXT(method, v->method);
    PUT_TEXT(vhost, event->vhost);
    PUT_TEXT(path, path_of(v->target));
#undef PUT_TEXT
    return pg_span_make(out, n);
}

bool pg_tally_is_unanswered(const pg_event_t *event)
{
    return event->status == 0
           && event->verdict.class_id != PG_CLASS_SOCKS
           && event->verdict.class_id != PG_CLASS_FOREIGN_HOST;
}

static void add_host(pg_hosts_t *hosts, apr_uint64_t hash)
{
    for (int i = 0; i < hosts->n; i++) {
        if (hosts->hash[i] == hash) {
            return;
        }
    }
    if (hosts->n < PG_SAME_HOSTS) {
        hosts->hash[hosts->n++] = hash;
    }
}

void pg_tally_join_hosts(pg_hosts_t *to, const pg_hosts_t *from)
{
    for (int i = 0; i < from->n; i++) {
        add_host(to, from->hash[i]);
    }
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

/* Which of several requests with one answer is shown must not depend on which
 * worker read which part of a log. */
static bool is_sooner(apr_time_t time, pg_span_t request,
                      const pg_answer_t *answer)
{
    return time < answer->first
           || (time == answer->first
               && pg_span_compare(request,
                                  pg_span_str(answer->request)) < 0);
}

static void count_answer(pg_tally_t *tally, const pg_hit_t *hit,
                         pg_span_t key)
{
    static const pg_key_t plain;         /* the same in all tallies       */
    pg_span_t host = hit->event.verdict.host;
    pg_hosts_t *hosts;
    pg_answer_t *answer = pg_table_add(tally->answers, key, 1)->data;
    apr_time_t time = hit->event.time;
    pg_span_t request = pg_span_upto(hit->request, PG_TALLY_TEXT);

    tally->answered++;
    tally->alone[hit->alone]++;
    if (hit->alone == PG_GROUND_NO_HOME) {
        pg_table_add(tally->lengths, hit->size, 1);
    }
    if (answer->count[PG_LOGS_KNOWN] + answer->count[PG_LOGS_NEW] == 0) {
        fill_answer(answer, hit);
    }
    else if (is_sooner(time, request, answer)) {
        pg_span_copy(answer->request, sizeof(answer->request), request);
        answer->first = time;
    }
    answer->count[tally->logs]++;
    hosts = &answer->hosts;
    if (hosts->n < PG_SAME_HOSTS) {
        add_host(hosts, pg_hash(&plain, host.ptr ? host.ptr : "", host.len));
    }
}

/* --- attempts kept whole ------------------------------------------------- */

static void keep(pg_example_t *out, const pg_tally_t *tally,
                 const pg_hit_t *hit, pg_span_t answer)
{
    apr_size_t at = 0;

    out->used = true;
    out->logs = tally->logs;
    out->event = hit->event;
#define KEEP_TEXT(name, from) \
    at = set_kept(&out->name, out->octets, at, from);
    PG_KEPT_TEXTS(KEEP_TEXT)
#undef KEEP_TEXT
}

int pg_tally_compare(const pg_example_t *a, const pg_example_t *b)
{
    int order = (a->event.time > b->event.time)
                - (a->event.time < b->event.time);

#define COMPARE_TEXT(name, from) \
    order = order ? order \
            : pg_span_compare(pg_tally_kept(a->octets, &a->name), \
                              pg_tally_kept(b->octets, &b->name));
    PG_KEPT_TEXTS(COMPARE_TEXT)
#undef COMPARE_TEXT
    order = order ? order : (int)a->event.source_known
                            - (int)b->event.source_known;
    order = order ? order : memcmp(&a->event.source, &b->event.source,
                                   sizeof(a->event.source));
    order = order ? order : a->event.status - b->event.status;
    return order ? order : (int)a->event.outcome - (int)b->event.outcome;
}

/* Room for one more than there are recent ones: for some at once, because one
 * alone fills half of the least that a pool gets. */
static pg_example_t *room_for_one(pg_tally_t *tally)
{
    int at = tally->recent_count % AT_ONCE;

    if (at == 0) {
        tally->room = apr_palloc(tally->pool, AT_ONCE * sizeof(*tally->room));
    }
    return &tally->room[at];
}

/* Put the spare one among the recent, unless all are newer; that which is
 * pushed out is the spare one then. */
static void keep_recent(pg_tally_t *tally)
{
    pg_example_t *spare = tally->spare, **recent = tally->recent;
    bool full = tally->recent_count == PG_TALLY_RECENT;
    int at = tally->recent_count;

    while (at > 0 && pg_tally_compare(recent[at - 1], spare) >= 0) {
        at--;
    }
    if (full && at == 0) {
        return;
    }
    if (full) {
        tally->spare = recent[0];
        at--;
        memmove(&recent[0], &recent[1], (apr_size_t)at * sizeof(*recent));
    }
    else {
        memmove(&recent[at + 1], &recent[at],
                (apr_size_t)(tally->recent_count++ - at) * sizeof(*recent));
        tally->spare = room_for_one(tally);
    }
    recent[at] = spare;
}

/* The spare one as the first of its reason, if it is older. */
static void keep_first(pg_tally_t *tally)
{
    pg_example_t *first = &tally->example[tally->spare->event.verdict.reason];

    if (!first->used || pg_tally_compare(tally->spare, first) < 0) {
        *first = *tally->spare;
    }
}

static void keep_some(pg_tally_t *tally, const pg_hit_t *hit,
                      pg_span_t answer)
{
    const pg_example_t *first = &tally->example[hit->event.verdict.reason];
    apr_time_t time = hit->event.time;

    /* the newest first, which is at hand: mostly it is older than this one */
    if (first->used && time > first->event.time
        && tally->recent_count == PG_TALLY_RECENT
        && time < tally->recent[PG_TALLY_RECENT - 1]->event.time
        && time < tally->recent[0]->event.time) {
        return;
    }
    keep(tally->spare, tally, hit, answer);
    keep_first(tally);
    keep_recent(tally);
}

/* --- the whole ----------------------------------------------------------- */

pg_tally_t *pg_tally_create(apr_pool_t *pool, apr_size_t bound)
{
    pg_tally_t *tally = apr_pcalloc(pool, sizeof(*tally));

    tally->pool = pool;
    tally->logs = PG_LOGS_NEW;
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        for (int t = 0; t < PG_TOP_COUNT; t++) {
            tally->top[i][t] = pg_table_create(pool, bound, 0);
        }
        tally->vhosts[i] = pg_table_create(pool, bound, sizeof(apr_uint64_t)
                                                        * PG_OUTCOME_COUNT);
    }
    tally->answers = pg_table_create(pool, bound / 8 + 1,
                                     sizeof(pg_answer_t));
    tally->lengths = pg_table_create(pool, bound / 8 + 1, 0);
    tally->home = pg_table_create(pool, bound / 8 + 1, 0);
    tally->names = pg_table_create(pool, bound / 8 + 1, 0);
    tally->spare = room_for_one(tally);
    return tally;
}

void pg_tally_add(pg_tally_t *tally, const pg_hit_t *hit)
{
    char key[PG_TABLE_KEY + 1];
    pg_span_t answer;
    keys_t keys;

    make_keys(&keys, tally, hit);
    answer = answer_of(hit, key);
    fetch_keys(tally, &keys);
    tally->count.attempts++;
    tally->count.untimed += hit->event.time == 0;
    pg_ledger_count(tally->ledger[tally->logs], &hit->event);
    count_keys(tally, &keys, &hit->event);
    count_vhost(tally, &hit->event);
    if (answer.ptr) {
        count_answer(tally, hit, answer);
    }
    tally->unanswered += !hit->stated && pg_tally_is_unanswered(&hit->event);
    keep_some(tally, hit, answer);
}

static int compare_samples(const pg_sample_t *a, const pg_sample_t *b)
{
    return pg_span_compare(pg_tally_kept(a->octets, &a->text),
                           pg_tally_kept(b->octets, &b->text));
}

/* The first in the order of their octets, each once: the same however the
 * threads shared the work. */
static void keep_sample(pg_tally_t *tally, const pg_sample_t *line)
{
    int at = 0, last, order = 1;

    while (at < tally->samples
           && (order = compare_samples(&tally->sample[at], line)) < 0) {
        at++;
    }
    if (at == PG_TALLY_SAMPLES || order == 0) {
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
    pg_sample_t kept;

    tally->count.unparsed++;
    set_kept(&kept.text, kept.octets, 0,
             pg_conceal_text(room, sizeof(room), line));
    keep_sample(tally, &kept);
}

static void widen(pg_range_t *range, apr_time_t time)
{
    if (time && (range->from == 0 || time < range->from)) {
        range->from = time;
    }
    if (time > range->to) {
        range->to = time;
    }
}

/* The time between two ranges without a line; 0: they meet. */
static apr_time_t silence(const pg_range_t *a, const pg_range_t *b)
{
    return a->to < b->from ? b->from - a->to
           : b->to < a->from ? a->from - b->to : 0;
}

static unsigned nearest(const pg_stretches_t *stretches,
                        const pg_range_t *range)
{
    unsigned best = 0;

    for (unsigned i = 1; i < stretches->n; i++) {
        if (silence(&stretches->range[i], range)
            < silence(&stretches->range[best], range)) {
            best = i;
        }
    }
    return best;
}

void pg_tally_stretch(pg_stretches_t *stretches, pg_range_t range)
{
    const unsigned room = sizeof(stretches->range)
                          / sizeof(stretches->range[0]);

    while (range.from && stretches->n) {
        unsigned i = nearest(stretches, &range);
        pg_range_t *at = &stretches->range[i];
        if (range.from >= at->from && range.to <= at->to) {
            return;
        }
        if (silence(at, &range) > PG_TALLY_SILENCE && stretches->n < room) {
            break;
        }
        /* It may now be close to another one. */
        widen(&range, at->from);
        widen(&range, at->to);
        *at = stretches->range[--stretches->n];
    }
    if (range.from) {
        stretches->range[stretches->n++] = range;
    }
}

void pg_tally_seen(pg_tally_t *tally, apr_time_t time)
{
    widen(&tally->read[tally->logs], time);
    pg_tally_stretch(&tally->part, (pg_range_t){ time, time });
}

pg_range_t pg_tally_read(const pg_tally_t *tally)
{
    pg_range_t all = tally->read[0];

    widen(&all, tally->read[1].from);
    widen(&all, tally->read[1].to);
    return all;
}

/* --- merging ------------------------------------------------------------- */

void pg_tally_add_counts(pg_counts_t *to, const pg_counts_t *from)
{
    join_numbers((apr_uint64_t *)to, (const apr_uint64_t *)from,
                 sizeof(*to) / sizeof(apr_uint64_t));
}

static void join_answer(void *data, const void *add)
{
    pg_answer_t *to = data;
    const pg_answer_t *from = add;

    if (to->count[PG_LOGS_KNOWN] + to->count[PG_LOGS_NEW] == 0) {
        *to = *from;
        return;
    }
    join_numbers(to->count, from->count, PG_LOGS_COUNT);
    pg_tally_join_hosts(&to->hosts, &from->hosts);
    if (is_sooner(from->first, pg_span_str(from->request), to)) {
        memcpy(to->request, from->request, sizeof(to->request));
        to->first = from->first;
    }
}

static void merge_kept(pg_tally_t *tally, const pg_tally_t *from)
{
    for (int r = 0; r < PG_REASON_COUNT; r++) {
        if (from->example[r].used) {
            *tally->spare = from->example[r];
            keep_first(tally);
        }
    }
    for (int i = 0; i < from->recent_count; i++) {
        *tally->spare = *from->recent[i];
        keep_recent(tally);
    }
    for (int i = 0; i < from->samples; i++) {
        keep_sample(tally, &from->sample[i]);
    }
}

static void move(pg_table_t *to, pg_table_t *from,
                 void (*join)(void *data, const void *add))
{
    pg_table_merge(to, from, join);
    pg_table_empty(from);
}

void pg_tally_move(pg_tally_t *tally, pg_tally_t *from)
{
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        for (int t = 0; t < PG_TOP_COUNT; t++) {
            move(tally->top[i][t], from->top[i][t], NULL);
        }
        move(tally->vhosts[i], from->vhosts[i], join_outcomes);
    }
    move(tally->answers, from->answers, join_answer);
    move(tally->lengths, from->lengths, NULL);
    move(tally->home, from->home, NULL);
    move(tally->names, from->names, NULL);
}

bool pg_tally_is_large(const pg_tally_t *tally)
{
    apr_size_t n = pg_table_size(tally->vhosts[tally->logs])
                   + pg_table_size(tally->home)
                   + pg_table_size(tally->answers) * ANSWER_KEYS;

    for (int t = 0; t < PG_TOP_COUNT; t++) {
        n += pg_table_size(tally->top[tally->logs][t]);
    }
    return n > FEW_KEYS;
}

void pg_tally_merge(pg_tally_t *tally, pg_tally_t *from, apr_time_t now)
{
    pg_tally_add_counts(&tally->count, &from->count);
    tally->answered += from->answered;
    tally->unanswered += from->unanswered;
    join_numbers(tally->alone, from->alone, PG_GROUND_COUNT);
    for (int i = 0; i < PG_LOGS_COUNT; i++) {
        widen(&tally->read[i], from->read[i].from);
        widen(&tally->read[i], from->read[i].to);
        if (from->ledger[i]) {
            pg_ledger_merge(tally->ledger[i], from->ledger[i], now,
                            tally->pool);
        }
    }
    pg_tally_move(tally, from);
    merge_kept(tally, from);
}

apr_uint64_t pg_tally_error(const pg_tally_t *tally)
{
    const pg_table_t *lists[] = {
        tally->top[PG_LOGS_NEW][PG_TOP_SOURCES],
        tally->top[PG_LOGS_NEW][PG_TOP_TARGETS],
        tally->top[PG_LOGS_NEW][PG_TOP_PORTS],
        tally->top[PG_LOGS_NEW][PG_TOP_AGENTS],
        tally->vhosts[PG_LOGS_NEW], tally->answers, tally->home
    };
    apr_uint64_t worst = 0;

    for (apr_size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        apr_uint64_t error = pg_table_error(lists[i]);
        worst = error > worst ? error : worst;
    }
    return worst;
}
