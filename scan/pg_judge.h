/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Did any attempt succeed? A log does not say what was sent back, only its
 * status and its length; what those give away is judged here, with the
 * reason, and what they do not is said to be open. */
#ifndef PG_JUDGE_H
#define PG_JUDGE_H

#include "pg_tally.h"

typedef enum pg_judged_e {
    PG_JUDGED_HARMLESS,          /* the server answered for itself        */
    PG_JUDGED_UNCLEAR,           /* the log cannot tell                   */
    PG_JUDGED_RELAYED,           /* probably relayed                      */
    PG_JUDGED_COUNT
} pg_judged_e;

/*  X(enum suffix, judgement, English, Japanese) */
#define PG_GROUNDS(X)                                                         \
    X(CONNECT, RELAYED,                                                       \
      "a 2xx to CONNECT opens a tunnel to the target",                        \
      "CONNECT への 2xx は宛先へのトンネルが開いたことを意味します")          \
    X(DIFFERS, RELAYED,                                                       \
      "the answer's length differs from everything this server answers "     \
      "for itself",                                                           \
      "応答の長さが、このサーバー自身のどの応答とも異なります")                 \
    X(HOME, HARMLESS,                                                         \
      "its own home page: as long as its answers to \"GET /\"",               \
      "自サイトのトップページ: \"GET /\" への応答と同じ長さです")             \
    X(SAME_PATH, HARMLESS,                                                    \
      "its own page: as long as its own answers for this path",               \
      "自サイトのページ: このパスへの自身の応答と同じ長さです")               \
    X(SAME_ALWAYS, HARMLESS,                                                  \
      "the same length whatever site was asked for: a page of its own",       \
      "どのサイトを求められても同じ長さ: 自サイトのページです")               \
    X(DEFAULT_HOST, HARMLESS,                                                 \
      "origin-form: its default virtual host answered",                       \
      "origin-form: 既定のバーチャルホストが応答しました")                    \
    X(NO_LENGTH, UNCLEAR,                                                     \
      "the log tells no length of the answer, or there was no body",          \
      "応答の長さがログにないか、本文がありませんでした")                     \
    X(NO_HOME, UNCLEAR,                                                       \
      "the log holds no own answer to \"GET /\" to compare with",             \
      "比べるべき \"GET /\" への自身の応答がログにありません")                \
    X(VARIES, UNCLEAR,                                                        \
      "the own pages vary in length, and this is among them",                 \
      "自サイトのページの長さが一定でなく、その範囲内です")

#define PG_ENUM_GROUND(sym, judged, en, ja) PG_GROUND_##sym,
typedef enum pg_ground_e {
    PG_GROUNDS(PG_ENUM_GROUND)
    PG_GROUND_COUNT
} pg_ground_e;
#undef PG_ENUM_GROUND

/** One answer, judged. */
typedef struct pg_judgement_t {
    pg_span_t key;               /* of the answer in tally->answers       */
    const pg_answer_t *answer;
    pg_ground_e ground;
    pg_judged_e judged;
} pg_judgement_t;

typedef struct pg_judge_t {
    const pg_judgement_t *item;  /* worst first, then the most frequent   */
    apr_size_t n;
    apr_uint64_t attempts[PG_JUDGED_COUNT]; /* exact, with those not held */
    apr_uint64_t lost;           /* whose answers --max-keys left no room for:
                                    counted above, but none of the items  */
} pg_judge_t;

/** What a judgement rests on; never NULL. */
const char *pg_judge_ground(pg_ground_e ground, bool japanese);

/** "harmless", "unclear", "relayed". */
const char *pg_judge_name(pg_judged_e judged);

/**
 * Judge all 2xx answers.
 * @param found  "path size" of own answers to the paths of
 *               pg_judge_wanted(), or NULL when nobody looked
 * @return in pool; points into the tally
 */
pg_judge_t *pg_judge_run(const pg_tally_t *tally, const pg_table_t *found,
                         apr_pool_t *pool);

/** The keys of answers that were judged to be relays. */
pg_table_t *pg_judge_relayed(const pg_judge_t *judge, apr_pool_t *pool);

/** Paths whose own answers would settle what else looks relayed; NULL when
 *  there are none. */
pg_table_t *pg_judge_wanted(const pg_judge_t *judge, apr_pool_t *pool);

#endif
