/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The renderers, one per format, and what they share. Internal to report/;
 * others go through pg_report_formats(). */
#ifndef PG_RENDER_H
#define PG_RENDER_H

#include "pg_calendar.h"
#include "pg_report.h"

/** Each writes the whole report as it goes; pool is for scratch space of
 *  bounded size.
 *  @return the sink's status */
#define PG_RENDERER(name)                                                   \
    apr_status_t pg_##name##_render(pg_sink_t *sink,                        \
                                    const pg_report_t *report,              \
                                    apr_pool_t *pool)
PG_RENDERER(html);
PG_RENDERER(json);
PG_RENDERER(prometheus);
PG_RENDERER(openmetrics);
PG_RENDERER(csv);
PG_RENDERER(text);
PG_RENDERER(auto);

/* --- times and numbers --------------------------------------------------- */

#define PG_WHOM_SIZE 320
#define PG_TIME_SIZE PG_CALENDAR_SIZE

/** "2026-11-22T22:24:15Z" (RFC 3339 5.6), in UTC, whole seconds. */
const char *pg_render_rfc3339(char out[PG_TIME_SIZE], apr_time_t t);

/** The same for people: "2026-11-22 22:24:15". */
const char *pg_render_time(char out[PG_TIME_SIZE], apr_time_t t);

/** The beginning of a period: "2026-11", "2026-11-22", "2026-11-22 22:00",
 *  "2026-11-22 22:24". */
const char *pg_render_period(char out[PG_TIME_SIZE], apr_time_t t,
                             pg_period_e period);

#define PG_NUMBER_SIZE 48

/** A phrase of the catalogue, with the view's zone in place of UTC. */
const char *pg_render_word(const pg_report_t *report, pg_phrase_e word,
                           apr_pool_t *pool);

/** "17,597", as English and Japanese write it. */
const char *pg_render_number(char out[PG_NUMBER_SIZE], apr_uint64_t n);

/** At most one decimal: "0.3", "12", for means. */
const char *pg_render_mean(char out[PG_NUMBER_SIZE], double x);

/** n of all as "12 %", "0.3 %", "<0.1 %"; "" when there is nothing. */
const char *pg_render_percent(char out[PG_NUMBER_SIZE], apr_uint64_t n,
                              apr_uint64_t all);

/** Columns that a text takes on a terminal: kana and kanji two each. */
int pg_render_columns(const char *words);
int pg_render_columns_of(pg_span_t rest);

/* --- sums and slices ----------------------------------------------------- */

/** Sum over one class, and over one outcome. */
apr_uint64_t pg_render_class_total(const pg_snapshot_t *s,
                                   pg_class_e class_id);
apr_uint64_t pg_render_outcome_total(const pg_snapshot_t *s,
                                     pg_outcome_e outcome);

/** The label of an outcome: from a log it can only be inferred. */
pg_phrase_e pg_render_outcome(const pg_report_t *report,
                              pg_outcome_e outcome);

/** Does it end with its records: a log, or a ledger that no server counts
 *  into? */
bool pg_render_ended(const pg_report_t *report);

/** Is a period not over yet, or do the records end in it? */
bool pg_render_partial(const pg_report_t *report, const pg_bucket_t *b,
                       pg_period_e period);

/** Was any of a period watched? If not, its zeros say nothing. */
bool pg_render_watched(const pg_report_t *report, const pg_bucket_t *b,
                       pg_period_e period);

/** The last n buckets of a series within the view's range, without those
 *  before counting began. */
pg_series_t pg_render_series_last(const pg_report_t *report,
                                  pg_period_e period, apr_size_t n);

/** Does the range that the view asks for begin or end within the bucket? */
bool pg_render_cut(const pg_report_t *report, const pg_bucket_t *b,
                   pg_period_e period);

/** Is it what the view asks for: its time, class, source and target? */
bool pg_render_matches(const pg_report_t *report, const pg_recent_t *r);

/** Is any of the recent attempts after `from` one that the view asks for? */
bool pg_render_has_match(const pg_report_t *report, const pg_snapshot_t *s,
                         apr_time_t from);

/** The host that an attempt would have reached, as "host:port"; absent if
 *  unknown.
 *  @param room  for the text */
pg_text_t pg_render_whom(const pg_recent_t *r, char room[PG_WHOM_SIZE]);

/** The view's values, or the defaults. */
apr_time_t pg_render_window(const pg_report_t *report);
apr_size_t pg_render_months(const pg_report_t *report);
apr_size_t pg_render_top(const pg_report_t *report);

/* --- what clients sent ------------------------------------------------- */

/** Room for a pseudonym. */
typedef struct pg_shown_t {
    char room[PG_MASK_TARGET_SIZE];
} pg_shown_t;

/**
 * What may be shown of a text: itself, or its pseudonym when the view is
 * masked. Every renderer asks here before it escapes.
 * @param room  where a pseudonym is put
 * @return absent when the text is
 */
pg_span_t pg_render_shown(const pg_report_t *report, pg_mask_e field,
                          pg_span_t text, pg_shown_t *room);

/** The sensor's name, or its pseudonym: it may be this server's. Absent when
 *  there is none. */
pg_span_t pg_render_shown_sensor(const pg_report_t *report, pg_shown_t *room);

/** What kind of field the keys of a top list are. */
pg_mask_e pg_render_top_field(pg_top_e top);

/** Is the end missing in what pg_render_shown() gave? */
bool pg_render_shown_cut(const pg_report_t *report, const pg_text_t *text);

#endif
