/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The table of metrics: the only place where one is named. The keys of JSON,
 * the lines of ?auto, and name, type and HELP of Prometheus come from it, and
 * docs/metrics.md is compared with it by a test. */
#ifndef PG_METRICS_H
#define PG_METRICS_H

#include "pg_report.h"
#include "pg_trend.h"

/*  X(enum suffix, needs, Prometheus name, type, unit, JSON key, ?auto key,
 *    label 1, label 2, help)
 *
 *  A metric that needs a LEDGER has no value without one. A JSON key "sink.x"
 *  is x in the object sink.
 *
 *  Append only; a name never changes its meaning. For Prometheus,
 *  "proxyguard_" is added in front, the unit and "_total" (counters) at the
 *  end; a metric without a Prometheus name is a sum over another one. All
 *  label values come from closed lists: what clients send is never a label. */
#define PG_METRICS(X)                                                         \
    X(COUNTING, ALWAYS, "counting", GAUGE, NONE, "counting", "Counting",      \
      NONE, NONE, "1 when there is a ledger to count in, 0 without")          \
    X(SINCE, LEDGER, "since", GAUGE, TIME, "since", "Since",                  \
      NONE, NONE, "When counting began")                                      \
    X(IN_MEMORY, LEDGER, "in_memory", GAUGE, NONE, "in_memory", "InMemory",   \
      NONE, NONE, "1 when the ledger's file cannot be used: without a "       \
      "checkpoint, the counts are lost when the server stops")                \
    X(TOTAL, LEDGER, NULL, COUNTER, NONE, "attempts", "Attempts",             \
      NONE, NONE, "Relay attempts in total")                                  \
    X(BY_CLASS, LEDGER, NULL, COUNTER, NONE, "by_class", "Class",             \
      CLASS, NONE, "Relay attempts by class")                                 \
    X(BY_FAMILY, LEDGER, "family_attempts", COUNTER, NONE, "by_family",       \
      "Family", FAMILY, NONE, "Relay attempts by family")                     \
    X(BY_OUTCOME, LEDGER, NULL, COUNTER, NONE, "by_outcome", "Outcome",       \
      OUTCOME, NONE, "Relay attempts by outcome")                             \
    X(ATTEMPTS, LEDGER, "attempts", COUNTER, NONE, "by_class_and_outcome",    \
      NULL, CLASS, OUTCOME, "Relay attempts by class and outcome")            \
    X(BY_METHOD, LEDGER, "method_attempts", COUNTER, NONE, "by_method",       \
      "Method", METHOD, NONE, "Relay attempts by method")                     \
    X(BY_PORT, LEDGER, "port_attempts", COUNTER, NONE, "by_port_class",       \
      "Port", PORT, NONE,                                                     \
      "Relay attempts by purpose of the requested port")                      \
    X(BY_INTENT, LEDGER, "intent_attempts", COUNTER, NONE, "by_intent",       \
      "Intent", INTENT, NONE,                                                 \
      "Relay attempts by likely purpose of the destination")                  \
    X(PERMITTED, LEDGER, "permitted", COUNTER, NONE, "permitted",             \
      "Permitted", NONE, NONE,                                                \
      "Requests relayed for permitted clients; not attempts")                 \
    X(FIRST, LEDGER, "first_attempt", GAUGE, TIME, "first", "First",          \
      NONE, NONE, "Time of the first attempt; 0 if none")                     \
    X(LAST, LEDGER, "last_attempt", GAUGE, TIME, "last", "Last",              \
      NONE, NONE, "Time of the latest attempt; 0 if none")                    \
    X(HOUR, LEDGER, "last_hour_attempts", GAUGE, NONE, "last_hour",           \
      "LastHour", NONE, NONE,                                                 \
      "Relay attempts in the last 60 minutes, without foreign Hosts")         \
    X(USUAL, LEDGER, "usual_hour_attempts", GAUGE, NONE, "usual_hour",        \
      "UsualHour", NONE, NONE,                                                \
      "The same per hour, averaged over up to 14 days")                       \
    X(MONTH, LEDGER, "month_attempts", GAUGE, NONE, "this_month",             \
      "ThisMonth", FAMILY, NONE,                                              \
      "Relay attempts so far this month (UTC), by family")                    \
    X(SOURCES, LEDGER, "sources", GAUGE, NONE, "sources", "Sources",          \
      NONE, NONE, "Distinct sources since counting began, estimated")         \
    X(VHOSTS, ALWAYS, "vhosts", GAUGE, NONE, "by_posture", "Posture",         \
      POSTURE, NONE, "Virtual hosts by posture")                              \
    X(FINDINGS, ALWAYS, "findings", GAUGE, NONE, "by_severity", "Findings",   \
      SEVERITY, NONE, "Findings of the configuration audit by severity")      \
    X(PROBES, ALWAYS, "connect_probes", COUNTER, NONE, "connect_probes",      \
      "ConnectProbes", NONE, NONE,                                            \
      "CONNECT requests without a host; not attempts")                        \
    X(HELD, ALWAYS, "log_lines_held", COUNTER, NONE, "log_lines_held",        \
      "LogHeld", NONE, NONE,                                                  \
      "Lines that ProxyGuardLogRate kept out of the error log")               \
    X(LOST, ALWAYS, "evidence_lines_lost", COUNTER, NONE,                     \
      "evidence_lines_lost", "EvidenceLost", NONE, NONE,                      \
      "Lines missing from the evidence log")                                  \
    X(SINK_STATE, LEDGER, "sink_conversations", GAUGE, NONE,                  \
      "sink.conversations", "SinkConversations", STATE, NONE,                 \
      "Slots for conversations of the sink, by state")                        \
    X(SINK_ENDED, LEDGER, "sink_ended", COUNTER, NONE, "sink.ended",          \
      "SinkEnded", BY, NONE,                                                  \
      "Conversations of the sink by how they ended")                          \
    X(SINK_MAILS, LEDGER, "sink_mails", COUNTER, NONE, "sink.mails",          \
      "SinkMails", KEPT, NONE, "Captured mails by how much of them was kept") \
    X(SINK_SPOOL, LEDGER, "sink_spool_bytes", GAUGE, NONE,                    \
      "sink.spool_bytes", "SinkSpoolBytes", NONE, NONE,                       \
      "Size of the spool of captured mail")                                   \
    X(SINK_SPOOL_MOST, LEDGER, "sink_spool_limit_bytes", GAUGE, NONE,         \
      "sink.spool_limit_bytes", "SinkSpoolLimitBytes", NONE, NONE,            \
      "Maximum size of the spool of captured mail")

#define PG_ENUM_METRIC(sym, ...) PG_METRIC_##sym,
typedef enum pg_metric_e {
    PG_METRICS(PG_ENUM_METRIC)
    PG_METRIC_COUNT
} pg_metric_e;
#undef PG_ENUM_METRIC

typedef enum pg_kind_e { PG_KIND_COUNTER, PG_KIND_GAUGE } pg_kind_e;
typedef enum pg_unit_e {
    PG_UNIT_NONE,
    PG_UNIT_TIME                 /* us since 1970; shown as a time        */
} pg_unit_e;

/** A label and the closed list of its values. */
typedef struct pg_label_t {
    const char *name;            /* NULL: no label                        */
    int n;                       /* of values; 1 for no label             */
    const char *(*value)(int i);
} pg_label_t;

/** What is computed once for all metrics of a report. */
typedef struct pg_measured_t {
    const pg_report_t *report;
    const pg_snapshot_t *s;      /* NULL: the guard cannot count          */
    pg_trend_t trend;
} pg_measured_t;

typedef struct pg_metric_t {
    const char *name;            /* NULL: not for Prometheus              */
    pg_kind_e kind;
    pg_unit_e unit;
    const char *json;
    const char *line;            /* in ?auto; NULL: not there             */
    const pg_label_t *label[2];
    const char *help;
    bool always;                 /* has a value without a ledger          */
    double (*value)(const pg_measured_t *m, int i, int j);
} pg_metric_t;

const pg_metric_t *pg_metrics_row(pg_metric_e metric);

void pg_metrics_measure(pg_measured_t *out, const pg_report_t *report);

/** Is there a value for it in this report? */
bool pg_metrics_known(const pg_metric_t *metric, const pg_measured_t *m);

#endif
