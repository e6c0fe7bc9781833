/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_metrics.h"

#include "pg_render.h"

/* --- labels -------------------------------------------------------------- */

#define VALUE_OF(function, type, name)                    \
    static const char *function(int i)                    \
    {                                                     \
        return name((type)i);                             \
    }
VALUE_OF(class_value, pg_class_e, pg_vocab_class)
VALUE_OF(family_value, pg_family_e, pg_vocab_family)
VALUE_OF(outcome_value, pg_outcome_e, pg_vocab_outcome)
VALUE_OF(method_value, pg_method_e, pg_snapshot_method)
VALUE_OF(port_value, pg_portclass_e, pg_portclass_name)
VALUE_OF(posture_value, pg_posture_e, pg_vocab_posture)
VALUE_OF(intent_value, pg_intent_e, pg_intent_name)
VALUE_OF(severity_value, pg_severity_e, pg_finding_severity)
VALUE_OF(end_value, pg_end_e, pg_capture_end)
VALUE_OF(state_value, pg_state_e, pg_capture_state)
VALUE_OF(keep_value, pg_keep_e, pg_capture_keep)

static const pg_label_t label_NONE = { NULL, 1, NULL };
static const pg_label_t label_CLASS = { "class", PG_CLASS_COUNT,
                                        class_value };
static const pg_label_t label_FAMILY = { "family", PG_FAMILY_COUNT,
                                         family_value };
static const pg_label_t label_OUTCOME = { "outcome", PG_OUTCOME_COUNT,
                                          outcome_value };
static const pg_label_t label_METHOD = { "method", PG_METHOD_COUNT,
                                         method_value };
static const pg_label_t label_PORT = { "port", PG_PORTCLASS_COUNT,
                                       port_value };
static const pg_label_t label_INTENT = { "intent", PG_INTENT_COUNT,
                                         intent_value };
static const pg_label_t label_POSTURE = { "posture", PG_POSTURE_COUNT,
                                          posture_value };
static const pg_label_t label_SEVERITY = { "severity",
                                           PG_SEVERITY_COUNT,
                                           severity_value };
static const pg_label_t label_STATE = { "state", PG_STATE_COUNT, state_value };
static const pg_label_t label_BY = { "by", PG_END_COUNT, end_value };
static const pg_label_t label_KEPT = { "kept", PG_KEEP_COUNT, keep_value };

/* --- values -------------------------------------------------------------- */

#define VALUE(sym, expression)                                          \
    static double value_##sym(const pg_measured_t *m, int i, int j)     \
    {                                                                   \
        (void)m;                                                        \
        (void)i;                                                        \
        (void)j;                                                        \
        return (double)(expression);                                    \
    }

static apr_uint64_t month_of(const pg_snapshot_t *s, int family)
{
    const pg_series_t *months = &s->series[PG_PERIOD_MONTH];

    return months->n ? months->bucket[months->n - 1].by_family[family] : 0;
}

static int postures(const pg_report_t *report, int posture)
{
    int n = 0;

    for (apr_size_t i = 0; i < report->vhost_count; i++) {
        n += (int)report->vhosts[i].posture == posture;
    }
    return n;
}

static int severities(const pg_report_t *report, int severity)
{
    int n = 0;

    for (apr_size_t i = 0; i < report->finding_count; i++) {
        n += (int)report->findings[i].severity == severity;
    }
    return n;
}

static apr_uint64_t conversations(const pg_capture_t *capture, int state)
{
    return state == PG_STATE_ACTIVE ? capture->held
           : capture->most > capture->held ? capture->most - capture->held
                                           : 0;
}

VALUE(COUNTING, m->s != NULL)
VALUE(SINCE, m->s->since)
VALUE(IN_MEMORY, m->s->in_memory)
VALUE(TOTAL, m->s->attempts)
VALUE(BY_CLASS, pg_render_class_total(m->s, (pg_class_e)i))
VALUE(BY_FAMILY, m->s->by_family[i])
VALUE(BY_OUTCOME, pg_render_outcome_total(m->s, (pg_outcome_e)i))
VALUE(ATTEMPTS, m->s->count[i][j])
VALUE(BY_METHOD, m->s->by_method[i])
VALUE(BY_PORT, m->s->by_port_class[i])
VALUE(BY_INTENT, m->s->by_intent[i])
VALUE(PERMITTED, m->s->permitted)
VALUE(FIRST, m->s->first)
VALUE(LAST, m->s->last)
VALUE(HOUR, m->trend.hour)
VALUE(USUAL, m->trend.usual)
VALUE(MONTH, month_of(m->s, i))
VALUE(SOURCES, m->s->sources.estimate)
VALUE(VHOSTS, postures(m->report, i))
VALUE(FINDINGS, severities(m->report, i))
VALUE(PROBES, m->report->connect_probes)
VALUE(HELD, m->report->log_lines_held)
VALUE(LOST, m->report->evidence_lines_lost)
VALUE(SINK_STATE, conversations(&m->s->capture, i))
VALUE(SINK_ENDED, m->s->capture.ended[i])
VALUE(SINK_MAILS, m->s->capture.kept[i])
VALUE(SINK_SPOOL, m->s->capture.spool)
VALUE(SINK_SPOOL_MOST, m->s->capture.spool_most)

/* --- the table ----------------------------------------------------------- */

enum { NEEDS_LEDGER = false, NEEDS_ALWAYS = true };

#define METRIC(sym, needs, prometheus, type, measure, key, auto_key, one,     \
               two, text)                                                     \
    { .name = prometheus,                                                     \
      .kind = PG_KIND_##type,                                                 \
      .unit = PG_UNIT_##measure,                                              \
      .json = key,                                                            \
      .line = auto_key,                                                       \
      .label = { &label_##one, &label_##two },                                \
      .help = text,                                                           \
      .always = NEEDS_##needs,                                                \
      .value = value_##sym },

static const pg_metric_t metrics[] = { PG_METRICS(METRIC) };

const pg_metric_t *pg_metrics_row(pg_metric_e metric)
{
    return &metrics[metric];
}

void pg_metrics_measure(pg_measured_t *out, const pg_report_t *report)
{
    *out = (pg_measured_t){ .report = report, .s = report->ledger };
    if (out->s) {
        pg_trend_of(&out->trend, out->s);
    }
}

bool pg_metrics_known(const pg_metric_t *metric, const pg_measured_t *m)
{
    return metric->always || m->s != NULL;
}
