/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_judge.h"

#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

enum {
    VARYING_SIZES = 8,   /* lengths of a home page that varies              */
    WANTED_MAX = 65536
};

/** What is known about the server's own answers. */
typedef struct known_t {
    const pg_table_t *home;      /* lengths of the home page              */
    apr_uint64_t home_min, home_max;
    const pg_table_t *found;
    pg_table_t *hosts_of_size;   /* length -> pg_hosts_t that got it      */
} known_t;

static void learn_home(known_t *known, apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(known->home, &n, pool);

    for (apr_size_t i = 0; i < n; i++) {
        apr_uint64_t size = strtoull(cells[i]->key.ptr, NULL, 10);
        if (i == 0 || size < known->home_min) {
            known->home_min = size;
        }
        if (size > known->home_max) {
            known->home_max = size;
        }
    }
}

static void learn_hosts(known_t *known, const pg_tally_t *tally,
                        apr_pool_t *pool)
{
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(tally->answers, &n, pool);

    known->hosts_of_size = pg_table_create(pool, n + 1, sizeof(pg_hosts_t));
    for (apr_size_t i = 0; i < n; i++) {
        const pg_answer_t *a = cells[i]->data;
        pg_span_t size = pg_span_str(a->size);
        if (!a->stated && !pg_tally_is_tunnel(a->verdict.class_id, size)) {
            pg_tally_join_hosts(
                pg_table_add(known->hosts_of_size, size, 1)->data, &a->hosts);
        }
    }
}

static bool is_own_path(const known_t *known, const pg_answer_t *a)
{
    char key[PG_TABLE_KEY + 1];
    int n = snprintf(key, sizeof(key), "%s %s", a->path, a->size);

    return known->found
           && pg_table_find(known->found, pg_span_make(key, (apr_size_t)n));
}

/* Tunnels of the same few octets are alike as well, if their head counts. */
static bool is_same_always(const known_t *known, const pg_answer_t *a)
{
    bool connects = a->verdict.family == PG_FAMILY_CONNECT;
    const pg_cell_t *cell = pg_table_find(known->hosts_of_size,
                                          pg_span_str(a->size));

    return cell && ((const pg_hosts_t *)cell->data)->n == PG_SAME_HOSTS
           && !(connects && a->sent);
}

static pg_ground_e judge_length(const known_t *known, const pg_answer_t *a)
{
    apr_uint64_t size = strtoull(a->size, NULL, 10);

    if (pg_table_find(known->home, pg_span_str(a->size))) {
        return PG_GROUND_HOME;
    }
    if (is_own_path(known, a)) {
        return PG_GROUND_SAME_PATH;
    }
    if (is_same_always(known, a)) {
        return PG_GROUND_SAME_ALWAYS;
    }
    if (pg_table_size(known->home) == 0) {
        return PG_GROUND_NO_HOME;
    }
    if (pg_table_size(known->home) >= VARYING_SIZES
        && size >= known->home_min && size <= known->home_max) {
        return PG_GROUND_VARIES;
    }
    return PG_GROUND_DIFFERS;
}

pg_ground_e pg_judge_alone(pg_class_e class_id, pg_span_t method,
                           pg_span_t size)
{
    if (pg_tally_is_tunnel(class_id, size)) {
        return PG_GROUND_CONNECT;
    }
    if (class_id == PG_CLASS_FOREIGN_HOST) {
        return PG_GROUND_DEFAULT_HOST;
    }
    /* HEAD gets no body, and httpd writes "-" for none. */
    if (!pg_tally_is_length(size) || pg_span_eq(method, PG_SPAN("HEAD"))) {
        return PG_GROUND_NO_LENGTH;
    }
    return PG_GROUND_NO_HOME;
}

static pg_ground_e alone(const pg_answer_t *a)
{
    return a->stated ? PG_GROUND_LOGGED
                     : pg_judge_alone(a->verdict.class_id,
                                      pg_span_str(a->method),
                                      pg_span_str(a->size));
}

static apr_uint64_t count_of(const pg_judgement_t *item)
{
    return item->answer->count[PG_LOGS_KNOWN]
           + item->answer->count[PG_LOGS_NEW];
}

static pg_ground_e judge_one(const known_t *known, const pg_answer_t *a)
{
    pg_ground_e ground = alone(a);

    return ground == PG_GROUND_NO_HOME ? judge_length(known, a) : ground;
}

static int worst_first(const void *a, const void *b)
{
    const pg_judgement_t *x = a, *y = b;
    int order = (int)y->judged - (int)x->judged;

    order = order ? order : (count_of(x) < count_of(y))
                            - (count_of(x) > count_of(y));
    return order ? order : strcmp(x->key.ptr, y->key.ptr);
}

/* Attempts without a row, decided by their length: that of the home page, and
 * one that many sites have, need no knowledge of the request.
 * @return how many of `left` were harmless */
static apr_uint64_t harmless_lengths(const pg_judge_t *judge,
                                     const pg_tally_t *tally,
                                     const known_t *known, apr_pool_t *pool)
{
    pg_table_t *held = pg_table_create(pool, judge->n + 1, 0);
    apr_uint64_t harmless = 0;
    apr_size_t n;
    pg_cell_t **cells = pg_table_sorted(tally->lengths, &n, pool);

    for (apr_size_t i = 0; i < judge->n; i++) {
        const pg_answer_t *a = judge->item[i].answer;
        if (alone(a) == PG_GROUND_NO_HOME) {
            pg_table_add(held, pg_span_str(a->size),
                         count_of(&judge->item[i]));
        }
    }
    for (apr_size_t i = 0; i < n; i++) {
        const pg_cell_t *mine = pg_table_find(held, cells[i]->key);
        if (pg_table_find(known->home, cells[i]->key)
            && cells[i]->count > (mine ? mine->count : 0)) {
            harmless += cells[i]->count - (mine ? mine->count : 0);
        }
    }
    return harmless;
}

/* Answers for which the table had no room were still counted, by what each
 * shows by itself and by length: tunnels are relayed and home pages are
 * harmless whatever was asked for; the others are unclear. */
static void judge_lost(pg_judge_t *judge, const pg_tally_t *tally,
                       const known_t *known, apr_pool_t *pool)
{
    apr_uint64_t left[PG_GROUND_COUNT], harmless;

    memcpy(left, tally->alone, sizeof(left));
    judge->lost = tally->answered;
    for (apr_size_t i = 0; i < judge->n; i++) {
        judge->lost -= count_of(&judge->item[i]);
        left[alone(judge->item[i].answer)] -= count_of(&judge->item[i]);
    }
    if (judge->lost == 0) {
        return;
    }
    harmless = harmless_lengths(judge, tally, known, pool);
    judge->attempts[PG_JUDGED_HARMLESS] += harmless;
    left[PG_GROUND_NO_HOME] -= harmless;
    for (int g = 0; g < PG_GROUND_COUNT; g++) {
        judge->attempts[pg_scanned_judged_by((pg_ground_e)g)] += left[g];
    }
}

pg_judge_t *pg_judge_run(const pg_tally_t *tally, const pg_table_t *found,
                         apr_pool_t *pool)
{
    known_t known = { .home = tally->home, .found = found };
    pg_judge_t *judge = apr_pcalloc(pool, sizeof(*judge));
    pg_cell_t **cells;
    pg_judgement_t *item;

    learn_home(&known, pool);
    learn_hosts(&known, tally, pool);
    cells = pg_table_sorted(tally->answers, &judge->n, pool);
    item = apr_pcalloc(pool, (judge->n + 1) * sizeof(*item));
    for (apr_size_t i = 0; i < judge->n; i++) {
        item[i].key = cells[i]->key;
        item[i].answer = cells[i]->data;
        item[i].ground = judge_one(&known, item[i].answer);
        item[i].judged = pg_scanned_judged_by(item[i].ground);
        judge->attempts[item[i].judged] += count_of(&item[i]);
    }
    qsort(item, judge->n, sizeof(*item), worst_first);
    judge->item = item;
    judge_lost(judge, tally, &known, pool);
    return judge;
}

pg_judge_t *pg_judge_unsettled(const pg_judge_t *judge, apr_pool_t *pool)
{
    pg_judge_t *out = apr_pmemdup(pool, judge, sizeof(*out));
    pg_judgement_t *item = apr_pmemdup(pool, judge->item,
                                       (judge->n + 1) * sizeof(*item));

    for (apr_size_t i = 0; i < out->n; i++) {
        if (item[i].ground == PG_GROUND_DIFFERS) {
            item[i].ground = PG_GROUND_ONLY_HOME;
            out->attempts[item[i].judged] -= count_of(&item[i]);
            item[i].judged = pg_scanned_judged_by(item[i].ground);
            out->attempts[item[i].judged] += count_of(&item[i]);
        }
    }
    qsort(item, out->n, sizeof(*item), worst_first);
    out->item = item;
    return out;
}

pg_table_t *pg_judge_wanted(const pg_judge_t *judge, apr_pool_t *pool)
{
    pg_table_t *wanted = NULL;

    for (apr_size_t i = 0; i < judge->n; i++) {
        const pg_judgement_t *item = &judge->item[i];
        if (item->ground != PG_GROUND_DIFFERS
            && item->ground != PG_GROUND_NO_HOME) {
            continue;
        }
        if (wanted == NULL) {
            wanted = pg_table_create(pool, WANTED_MAX, 0);
        }
        pg_table_add(wanted, pg_span_str(item->answer->path), 1);
    }
    return wanted;
}

pg_table_t *pg_judge_relayed(const pg_judge_t *judge, apr_pool_t *pool)
{
    pg_table_t *keys = pg_table_create(pool, judge->n + 1, 0);

    for (apr_size_t i = 0; i < judge->n; i++) {
        if (judge->item[i].judged == PG_JUDGED_RELAYED) {
            pg_table_add(keys, judge->item[i].key, 1);
        }
    }
    return keys;
}
