/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The report as JSON; docs/proxyguard-status.schema.json describes it. Names
 * of the vocabulary are keys unchanged ("connect-tls"); all other keys are
 * snake_case, and those of counts come from the table of metrics.
 *
 * jansson makes every value. The outermost braces and brackets are written
 * here, so that one bucket or one attempt is in memory at a time. */
#include "pg_campaign.h"
#include "pg_escape.h"
#include "pg_metrics.h"
#include "pg_render.h"

#include <apr_strings.h>
#include <jansson.h>

enum { ANSWERS_MAX = 200 };

typedef struct writer_t {
    pg_sink_t *sink;
    const pg_report_t *report;
    pg_measured_t measured;
    const char *between;         /* what to write before the next member  */
    const char *indent;          /* of members                            */
} writer_t;

/* --- values -------------------------------------------------------------- */

static json_t *number(double x)
{
    return x < 9e15 && x == (double)(json_int_t)x
               ? json_integer((json_int_t)x)
               : json_real((double)(json_int_t)(x * 1000 + 0.5) / 1000);
}

static json_t *count(apr_uint64_t n)
{
    return json_integer((json_int_t)(n & APR_INT64_MAX));
}

static json_t *time_of(apr_time_t t)
{
    char text[PG_TIME_SIZE];

    return t > 0 ? json_string(pg_render_rfc3339(text, t)) : json_null();
}

/* Enough for the longest text in a ledger if every octet became "\xNN"; more
 * is cut between characters. */
#define TEXT_SIZE 4096

static json_t *plain(pg_span_t s)
{
    char text[TEXT_SIZE];

    pg_escape_plain(text, sizeof(text), s);
    return json_string(text);
}

/* Ours or from the configuration, which need not be UTF-8. */
static json_t *text_of(const char *s)
{
    json_t *out = s ? json_string(s) : json_null();

    return out ? out : plain(pg_span_str(s));
}

static json_t *stranger(const pg_report_t *report, pg_mask_e field,
                        const pg_text_t *text)
{
    pg_shown_t room;
    pg_span_t shown = pg_render_shown(report, field, text->octets, &room);

    return shown.ptr ? plain(shown) : json_null();
}

/* --- writing ------------------------------------------------------------- */

static int to_sink(const char *octets, size_t n, void *sink)
{
    pg_sink_put(sink, pg_span_make(octets, n));
    return 0;                    /* the sink keeps its failure            */
}

static void dump(pg_sink_t *sink, json_t *value, size_t flags)
{
    (void)json_dump_callback(value, to_sink, sink,
                             flags | JSON_ENCODE_ANY);
    json_decref(value);
}

/* A member; the names are ours and need no escaping. */
static void key(writer_t *w, const char *name)
{
    pg_sink_putf(w->sink, "%s\n%s\"%s\": ", w->between, w->indent, name);
    w->between = ",";
}

static void member(writer_t *w, const char *name, json_t *value)
{
    key(w, name);
    dump(w->sink, value, 0);
}

/* An element of a list of objects, on a line of its own. */
static void element(writer_t *w, const char *indent, bool first,
                    json_t *value)
{
    pg_sink_putf(w->sink, "%s\n%s", first ? "" : ",", indent);
    dump(w->sink, value, 0);
}

/* A member that is a list of n objects. */
static void list(writer_t *w, const char *name, apr_size_t n,
                 json_t *(*make)(const pg_report_t *report, apr_size_t i))
{
    char indent[16];

    apr_snprintf(indent, sizeof(indent), "%s  ", w->indent);
    key(w, name);
    pg_sink_puts(w->sink, "[");
    for (apr_size_t i = 0; i < n; i++) {
        element(w, indent, i == 0, make(w->report, i));
    }
    pg_sink_puts(w->sink, "]");
}

/* --- metrics ------------------------------------------------------------- */

static json_t *metric_value(const pg_metric_t *metric, const pg_measured_t *m,
                            int i, int j)
{
    double x = metric->value(m, i, j);

    return metric->unit == PG_UNIT_TIME ? time_of((apr_time_t)x) : number(x);
}

static json_t *inner(const pg_metric_t *metric, const pg_measured_t *m, int i)
{
    const pg_label_t *label = metric->label[1];
    json_t *out;

    if (label->name == NULL) {
        return metric_value(metric, m, i, 0);
    }
    out = json_object();
    for (int j = 0; j < label->n; j++) {
        json_object_set_new(out, label->value(j),
                            metric_value(metric, m, i, j));
    }
    return out;
}

static json_t *metric_json(const pg_metric_t *metric, const pg_measured_t *m)
{
    const pg_label_t *label = metric->label[0];
    json_t *out;

    if (label->name == NULL) {
        return inner(metric, m, 0);
    }
    out = json_object();
    for (int i = 0; i < label->n; i++) {
        json_object_set_new(out, label->value(i), inner(metric, m, i));
    }
    return out;
}

#define SINK "sink."

/* NULL: not in an object of its own. */
static const char *key_in_sink(const pg_metric_t *metric)
{
    return strncmp(metric->json, SINK, sizeof(SINK) - 1) == 0
               ? metric->json + sizeof(SINK) - 1 : NULL;
}

static void put_metrics(writer_t *w)
{
    const pg_measured_t *m = &w->measured;

    for (int i = 0; i < PG_METRIC_COUNT; i++) {
        const pg_metric_t *metric = pg_metrics_row((pg_metric_e)i);

        if (i == PG_METRIC_COUNTING) {
            member(w, metric->json, json_boolean(m->s));
        }
        else if (i == PG_METRIC_IN_MEMORY) {
            if (m->s) {
                member(w, metric->json, json_boolean(m->s->in_memory));
            }
        }
        else if (pg_metrics_known(metric, m) && !key_in_sink(metric)) {
            member(w, metric->json, metric_json(metric, m));
        }
    }
}

/* --- history ------------------------------------------------------------- */

static json_t *classes(const apr_uint64_t n[PG_CLASS_COUNT])
{
    json_t *out = json_object();

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        json_object_set_new(out, pg_vocab_class((pg_class_e)c), count(n[c]));
    }
    return out;
}

/* Names of the vocabulary and their counts: ours, so not escaped. Written by
 * hand, since a history has a thousand of them. */
static void put_counts(pg_sink_t *sink, const apr_uint64_t *n, int all,
                       const char *(*name)(int i))
{
    for (int i = 0; i < all; i++) {
        pg_sink_putf(sink, "%s\"%s\": %" APR_UINT64_T_FMT, i ? ", " : "{",
                     name(i), n[i]);
    }
    pg_sink_puts(sink, "}");
}

static const char *family_name(int i)
{
    return pg_vocab_family((pg_family_e)i);
}

static const char *class_name(int i)
{
    return pg_vocab_class((pg_class_e)i);
}

static void put_bucket(pg_sink_t *sink, const pg_bucket_t *b)
{
    char start[PG_TIME_SIZE];

    pg_sink_putf(sink,
                 "{\"start\": \"%s\", \"attempts\": %" APR_UINT64_T_FMT
                 ", \"by_family\": ",
                 pg_render_rfc3339(start, b->start), b->attempts);
    put_counts(sink, b->by_family, PG_FAMILY_COUNT, family_name);
    pg_sink_puts(sink, ", \"by_class\": ");
    put_counts(sink, b->by_class, PG_CLASS_COUNT, class_name);
    pg_sink_puts(sink, "}");
}

static void put_history(writer_t *w)
{
    const pg_snapshot_t *s = w->report->ledger;

    key(w, "history");
    pg_sink_puts(w->sink, "{");
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        pg_series_t series =
            pg_render_series_last(w->report, (pg_period_e)p, s->series[p].n);

        pg_sink_putf(w->sink, "%s\n    \"%s\": [", p ? "," : "",
                     pg_snapshot_period((pg_period_e)p));
        for (apr_size_t i = 0; i < series.n; i++) {
            pg_sink_puts(w->sink, i ? ",\n      " : "\n      ");
            put_bucket(w->sink, &series.bucket[i]);
        }
        pg_sink_puts(w->sink, "]");
    }
    pg_sink_puts(w->sink, "\n  }");
}

static json_t *covered_json(const pg_report_t *report, apr_size_t i)
{
    const pg_watched_t *one = &report->ledger->watched[i];
    json_t *range = json_pack("{s:o, s:o}", "from", time_of(one->time.from),
                              "to", time_of(one->time.to));

    if (one->by > 1) {
        json_object_set_new(range, "ledgers", count(one->by));
    }
    return range;
}

static void put_covered(writer_t *w)
{
    const pg_snapshot_t *s = w->report->ledger;

    list(w, "covered", s->watched_count, covered_json);
    member(w, "from_logs", json_boolean(s->from_logs || w->report->scanned));
    member(w, "sources_elsewhere", count(s->sources_elsewhere));
}

static json_t *course(const pg_course_t *c)
{
    static const char *const changes[] = { "new", "manifold", "doubled",
                                           "risen", "same", "unsure", "fallen",
                                           "halved", "gone" };
    json_t *out = json_object();

    if (!c->known) {
        json_decref(out);
        return json_null();
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        json_object_set_new(out, pg_vocab_family((pg_family_e)f),
                            json_string(changes[c->change[f]]));
    }
    return json_pack("{s:o, s:o, s:o}", "month", time_of(c->month), "before",
                     time_of(c->before), "change", out);
}

static void put_window(writer_t *w)
{
    apr_time_t window = pg_render_window(w->report);
    apr_uint64_t n[PG_CLASS_COUNT];
    apr_uint64_t sum = pg_trend_window(n, w->report->ledger, window);

    member(w, "window",
           json_pack("{s:I, s:o, s:o}",
                     "seconds", (json_int_t)apr_time_sec(window),
                     "attempts", count(sum), "by_class", classes(n)));
}

static json_t *figure(pg_figure_t f)
{
    return f.known ? count(f.n) : json_null();
}

static void put_trend(writer_t *w)
{
    static const char *const paces[] = { "unknown", "none", "fewer", "usual",
                                         "more" };
    const pg_trend_t *t = &w->measured.trend;

    member(w, "trend",
           json_pack("{s:s, s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
                     "hour_is", paces[t->pace],
                     "usual_from_hours", (int)t->hours,
                     "month_so_far", count(t->month),
                     "last_month_same_days", figure(t->last_month),
                     "last_year_same_days", figure(t->last_year),
                     "month_is", paces[t->monthly],
                     "against_year_ago", course(&t->year),
                     "against_month_before", course(&t->months),
                     "foreign_hosts_last_day", count(t->hosts)));
}

/* --- lists --------------------------------------------------------------- */

/* A network may identify somebody. */
static void put_place(json_t *entry, const pg_report_t *report,
                      pg_span_t address)
{
    pg_place_t place;

    report->geo->find(&place, report->geo, address);
    json_object_set_new(entry, "country", plain(pg_span_str(place.country)));
    json_object_set_new(entry, "network", report->view.mask ? json_null()
                        : plain(pg_span_str(place.network)));
}

static void put_top(writer_t *w, pg_top_e t)
{
    const pg_top_t *top = &w->report->ledger->top[t];

    pg_sink_putf(w->sink,
                 "%s\n    \"%s\": {\"floor\": %" APR_UINT64_T_FMT
                 ", \"entries\": [",
                 t ? "," : "", pg_snapshot_top(t), top->floor);
    for (apr_size_t i = 0; i < top->n && i < pg_render_top(w->report); i++) {
        const pg_top_entry_t *e = &top->entry[i];
        json_t *entry = json_pack(
            "{s:o, s:o, s:o}", "key",
            stranger(w->report, pg_render_top_field(t), &e->key), "count",
            count(e->count), "error", count(e->error));

        if (t == PG_TOP_SOURCES && w->report->geo) {
            put_place(entry, w->report, e->key.octets);
        }
        if (t == PG_TOP_TARGETS) {
            json_object_set_new(entry, "intent", json_string(
                pg_intent_name(pg_intent_of_key(e->key.octets))));
        }
        element(w, "      ", i == 0, entry);
    }
    pg_sink_puts(w->sink, "]}");
}

static void put_tops(writer_t *w)
{
    key(w, "top");
    pg_sink_puts(w->sink, "{");
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        put_top(w, (pg_top_e)t);
    }
    pg_sink_puts(w->sink, "\n  }");
}

/* The texts of a recent attempt: JSON key, member, kind. */
#define RECENT_TEXTS(X)                              \
    X(source, SOURCE)                                \
    X(method, METHOD)                                \
    X(target, TARGET)                                \
    X(host, HOST)                                    \
    X(vhost, AUTHORITY)                              \
    X(user_agent, AGENT)                             \
    X(x_forwarded_for, EVIDENCE)                     \
    X(via, EVIDENCE)                                 \
    X(forwarded, EVIDENCE)                           \
    X(proxy_connection, EVIDENCE)

static json_t *recent_json(const pg_report_t *report, const pg_recent_t *r)
{
    json_t *cut = json_array();
    json_t *out = json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:b}", "time",
        time_of(r->time), "class", pg_vocab_class(r->class_id), "family",
        pg_vocab_family(r->family), "reason", pg_classify_reason(r->reason),
        "outcome", pg_vocab_outcome(r->outcome), "status", r->status, "port",
        (int)r->port, "source_is_peer", (int)r->source_is_peer,
        "proxy_authorization", (int)r->proxy_authorization);

#define SET(name, kind)                                                   \
    json_object_set_new(out, #name,                                       \
                        stranger(report, PG_MASK_##kind, &r->name));     \
    if (pg_render_shown_cut(report, &r->name)) {                          \
        json_array_append_new(cut, json_string(#name));                   \
    }
    RECENT_TEXTS(SET)
#undef SET
    json_object_set_new(out, "cut", cut);
    return out;
}

static void put_recent(writer_t *w)
{
    const pg_snapshot_t *s = w->report->ledger;
    apr_time_t from = s->taken - pg_render_window(w->report);
    bool first = true;

    key(w, "recent");
    pg_sink_puts(w->sink, "[");
    for (apr_size_t i = 0; i < s->recent_count; i++) {
        if ((s->recent[i].time > from || w->report->view.window == 0)
            && pg_render_matches(w->report, &s->recent[i])) {
            element(w, "    ", first, recent_json(w->report, &s->recent[i]));
            first = false;
        }
    }
    pg_sink_puts(w->sink, "]");
}

static json_t *site_json(const pg_report_t *report, apr_size_t i)
{
    const pg_vhost_count_t *v = &report->ledger->vhosts[i];
    json_t *outcomes = json_object();

    for (int o = 0; o < PG_OUTCOME_COUNT; o++) {
        json_object_set_new(outcomes, pg_vocab_outcome((pg_outcome_e)o),
                            count(v->by_outcome[o]));
    }
    return json_pack("{s:o, s:o, s:o}", "name",
                     stranger(report, PG_MASK_AUTHORITY, &v->name),
                     "attempts", count(v->attempts), "by_outcome", outcomes);
}

/* --- audit --------------------------------------------------------------- */

static json_t *posture_json(const pg_report_t *report, apr_size_t i)
{
    const pg_vhost_t *v = &report->vhosts[i];
    pg_text_t name = { .octets = pg_span_str(v->name) };

    return json_pack("{s:o, s:s, s:o}", "vhost",
                     stranger(report, PG_MASK_AUTHORITY, &name),
                     "posture", pg_vocab_posture(v->posture), "why",
                     report->view.mask ? json_null()
                                       : text_of(v->why[PG_LANG_EN]));
}

static json_t *finding_json(const pg_report_t *report, apr_size_t i)
{
    const pg_finding_t *f = &report->findings[i];
    char id[16];

    apr_snprintf(id, sizeof(id), "PG%04d", f->id);
    return json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o}", "id", id,
                     "severity", pg_finding_severity(f->severity), "file",
                     text_of(f->file), "line", f->line, "vhost",
                     text_of(f->vhost),
                     "what", text_of(f->what[PG_LANG_EN]),
                     "meaning", text_of(f->meaning[PG_LANG_EN]),
                     "fix", text_of(f->fix[PG_LANG_EN]));
}

/* --- the sink ------------------------------------------------------------ */

static json_t *text_or_null(const pg_report_t *report, pg_mask_e field,
                            pg_span_t s)
{
    pg_text_t text = { .octets = s };

    return s.len ? stranger(report, field, &text) : json_null();
}

static json_t *campaign_json(const pg_report_t *report, apr_size_t i)
{
    const pg_campaign_t *c = &report->ledger->capture.campaign[i];
    const char *language = pg_campaign_language(c->charset.ptr);

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:o}", "mails",
                     count(c->mails), "sources", count(c->sources), "first",
                     time_of(c->first), "last", time_of(c->last), "charset",
                     text_or_null(report, PG_MASK_METHOD, c->charset),
                     "language", language, "subject",
                     text_or_null(report, PG_MASK_EVIDENCE, c->subject),
                     "lure", text_or_null(report, PG_MASK_HOST, c->lure));
}

static void put_sink(writer_t *w)
{
    key(w, "sink");
    w->between = "{";
    w->indent = "    ";
    for (int i = 0; i < PG_METRIC_COUNT; i++) {
        const pg_metric_t *metric = pg_metrics_row((pg_metric_e)i);

        if (key_in_sink(metric)) {
            member(w, key_in_sink(metric), metric_json(metric, &w->measured));
        }
    }
    list(w, "campaigns", w->report->ledger->capture.campaign_count,
         campaign_json);
    pg_sink_puts(w->sink, "\n  }");
    w->indent = "  ";
}

/* --- a scan of logs ------------------------------------------------------ */

static json_t *scan_counts(const pg_scanned_t *scan, bool judged)
{
    json_t *out = json_object();

    for (int i = 0; i < (judged ? (int)PG_JUDGED_COUNT : (int)PG_LINES_COUNT);
         i++) {
        json_object_set_new(out,
                            judged ? pg_scanned_judged((pg_judged_e)i)
                                   : pg_scanned_lines((pg_lines_e)i),
                            count(judged ? scan->judged[i] : scan->lines[i]));
    }
    return out;
}

static json_t *answer_json(const pg_report_t *report, apr_size_t i)
{
    const pg_scanned_answer_t *a = &report->scanned->answer[i];

    return json_pack(
        "{s:s, s:s, s:o, s:s, s:i, s:o, s:o}", "judged",
        pg_scanned_judged(pg_scanned_judged_by(a->ground)), "why",
        pg_phrases_get(PG_LANG_EN, PG_PHRASE_OF(GROUND_CONNECT, a->ground)),
        "request", stranger(report, PG_MASK_REQUEST, &a->request), "class",
        pg_vocab_class(a->class_id), "status", a->status, "octets",
        plain(a->size.octets), "attempts", count(a->attempts));
}

/* The name of a log may be that of a site. */
static json_t *file_json(const pg_report_t *report, apr_size_t i)
{
    const pg_reach_file_t *f = &report->scanned->reach->file[i];
    pg_shown_t room;

    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
                     "path", plain(pg_render_shown(report, PG_MASK_EVIDENCE,
                                                   pg_span_str(f->path),
                                                   &room)),
                     "envelope", f->envelope, "format", f->format,
                     "doubt", pg_reach_doubt_name(f->doubt),
                     "lines", count(f->lines), "requests", count(f->requests),
                     "unread", count(f->unread), "suspect", count(f->suspect),
                     "questioned", count(f->questioned));
}

static void put_scan(writer_t *w)
{
    const pg_scanned_t *scan = w->report->scanned;
    json_t *unread = json_array();

    for (apr_size_t i = 0; i < scan->unread_count; i++) {
        json_array_append_new(unread, stranger(w->report, PG_MASK_EVIDENCE,
                                               &scan->unread[i]));
    }
    key(w, "scan");
    pg_sink_puts(w->sink, "{\n    \"files\": ");
    dump(w->sink, json_integer(scan->files), 0);
    w->indent = "    ";
    member(w, "verdict",
           json_string(pg_reach_verdict_name(scan->reach->verdict)));
    list(w, "read", scan->reach->files, file_json);
    member(w, "octets", count(scan->octets));
    member(w, "lines", scan_counts(scan, false));
    member(w, "not_understood", unread);
    member(w, "interrupted", json_boolean(scan->interrupted));
    member(w, "own_names", json_string(pg_scanned_names(scan->names)));
    member(w, "counts_low_by", count(scan->counts_low_by));
    member(w, "judged", scan_counts(scan, true));
    member(w, "answers_lost", count(scan->answers_lost));
    list(w, "answers",
         scan->answers < ANSWERS_MAX ? scan->answers : ANSWERS_MAX,
         answer_json);
    w->indent = "  ";
    pg_sink_puts(w->sink, "\n  }");
}

apr_status_t pg_json_render(pg_sink_t *sink, const pg_report_t *report,
                            apr_pool_t *pool)
{
    writer_t w = { .sink = sink, .report = report, .between = "{",
                   .indent = "  " };
    pg_text_t sensor = { .octets = pg_span_str(report->sensor) };

    (void)pool;
    pg_metrics_measure(&w.measured, report);
    member(&w, "schema", json_integer(1));
    member(&w, "version", text_of(report->version));
    member(&w, "sensor", stranger(report, PG_MASK_HOST, &sensor));
    member(&w, "now", time_of(report->now));
    member(&w, "masked", json_boolean(report->view.mask));
    put_metrics(&w);
    list(&w, "postures", report->vhost_count, posture_json);
    /* Findings name files and hosts throughout: when masked, only their number
     * by severity is given. */
    list(&w, "findings", report->view.mask ? 0 : report->finding_count,
         finding_json);
    if (report->scanned) {
        put_scan(&w);
    }
    if (report->ledger) {
        put_trend(&w);
        put_window(&w);
        list(&w, "vhosts", report->ledger->vhost_count, site_json);
        put_tops(&w);
        put_recent(&w);
        put_covered(&w);
        put_history(&w);
        put_sink(&w);
    }
    pg_sink_puts(sink, "\n}\n");
    return sink->status;
}
