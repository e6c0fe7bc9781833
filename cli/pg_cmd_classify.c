/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard classify: a filter that turns log lines into one line per
 * attempt, for databases and pipes. It counts like scan, with the same
 * reader. */
#include <errno.h>
#include <signal.h>

#include <apr_tables.h>

#include "pg_calendar.h"
#include "pg_cliscan.h"
#include "pg_cmd.h"
#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_intent.h"
#include "pg_lines.h"
#include "pg_scan.h"
#include "pg_urls.h"

enum { OUT_ROOM = 256 * 1024 };

/* Long options without a letter. */
enum { OPT_ALL = PG_OPT_OWN, OPT_UNBUFFERED };

typedef enum form_e { FORM_JSON, FORM_CSV, FORM_TSV } form_e;

typedef struct options_t {
    pg_cliscan_t scan;
    form_e form;
    bool all;
    bool unbuffered;
} options_t;

static const char help[] =
"Usage: proxyguard classify [OPTION]... [FILE]...\n"
"Write a line for each relay attempt in logs; without FILE, or when it is -,\n"
"from standard input. FILE may be compressed with gzip, zstd or xz.\n\n"
"  -o, --own-host NAME      a name or address of this server; may be repeated\n"
"  -f, --log-format FORMAT  as for scan\n"
"  -O, --output FORMAT      json (default: one object per line, with ECS\n"
"                           names), csv or tsv\n"
"      --all                a line for each line of the logs\n"
"      --unbuffered         write each line at once\n"
"      --foreign-host       also count requests whose Host is not ours\n"
"      --no-learn           do not take own names from the logs\n"
"      --tz ZONE            for times without a zone; default UTC\n"
"  -h, --help               this text\n\n"
"Exit status: 0 all was read, 3 some lines could not be read or decided,\n"
"64 and up errors. It ends silently when its output is no longer read.\n";

static const struct option longs[] = {
    PG_LONGS_SCAN,
    { "output",       required_argument, NULL, 'O' },
    { "all",          no_argument,       NULL, OPT_ALL },
    { "unbuffered",   no_argument,       NULL, OPT_UNBUFFERED },
    { "help",         no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

/* --- what a row has ------------------------------------------------------ */

/*  X(enum suffix, name in ECS, column); members of one object are adjacent */
#define COLUMNS(X)                                                            \
    X(TIME,     "@timestamp",                "time")                          \
    X(REASON,   "event.reason",              "reason")                        \
    X(TEXT,     "event.original",            "text")                          \
    X(CLASS,    "proxyguard.class",          "class")                         \
    X(FAMILY,   "proxyguard.family",         "family")                        \
    X(OUTCOME,  "proxyguard.outcome",        "outcome")                       \
    X(JUDGED,   "proxyguard.judged",         "judged")                        \
    X(INTENT,   "proxyguard.intent",         "intent")                        \
    X(CLIENT,   "source.address",            "client")                        \
    X(IP,       "source.ip",                 "client_ip")                     \
    X(HOST,     "destination.address",       "host")                          \
    X(PORT,     "destination.port",          "port")                          \
    X(TARGET,   "url.original",              "target")                        \
    X(METHOD,   "http.request.method",       "method")                        \
    X(STATUS,   "http.response.status_code", "status")                        \
    X(SIZE,     "http.response.body.bytes",  "bytes")                         \
    X(AGENT,    "user_agent.original",       "user_agent")                    \
    X(VHOST,    "server.address",            "vhost")

#define ENUM_COLUMN(sym, ecs, column) COLUMN_##sym,
typedef enum column_e { COLUMNS(ENUM_COLUMN) COLUMN_COUNT } column_e;
#undef ENUM_COLUMN

typedef struct column_t {
    const char *ecs, *name;
} column_t;

#define ROW_COLUMN(sym, ecs, column) { ecs, column },
static const column_t columns[] = { COLUMNS(ROW_COLUMN) };
#undef ROW_COLUMN

typedef struct row_t {
    pg_span_t value[COLUMN_COUNT];
    char time[PG_CALENDAR_SIZE];
    char port[PG_SPAN_DECIMAL], status[PG_SPAN_DECIMAL];
} row_t;

/* Not quoted. */
static bool is_number(int column)
{
    return column == COLUMN_PORT || column == COLUMN_STATUS
           || column == COLUMN_SIZE;
}

static pg_span_t digits(char out[PG_SPAN_DECIMAL], int n)
{
    return n > 0 ? pg_span_decimal(out, (apr_uint64_t)n) : PG_ABSENT;
}

/* "relayed", "unclear", "harmless": a 2xx judged by this line alone. In a log
 * without status, what was answered is unknown. If the log states the outcome,
 * there is nothing to judge. */
static const char *judged(const pg_hit_t *hit)
{
    const pg_event_t *e = &hit->event;

    if (hit->stated) {
        return NULL;
    }
    if (pg_tally_is_unanswered(e)) {
        return pg_scanned_judged(PG_JUDGED_UNCLEAR);
    }
    if (e->status < 200 || e->status > 299) {
        return NULL;
    }
    return pg_scanned_judged(pg_scanned_judged_by(
        pg_judge_alone(e->verdict.class_id, e->verdict.method, hit->size)));
}

static void fill_verdict(row_t *row, const pg_hit_t *hit)
{
    const pg_verdict_t *v = &hit->event.verdict;
    pg_span_t *value = row->value;

    value[COLUMN_CLASS] = pg_span_str(pg_vocab_class(v->class_id));
    value[COLUMN_REASON] = pg_span_str(pg_classify_reason(v->reason));
    value[COLUMN_METHOD] = v->method;
    value[COLUMN_TARGET] = v->target;
    value[COLUMN_HOST] = v->host;
    value[COLUMN_PORT] = digits(row->port, v->port);
    if (v->class_id != PG_CLASS_CLEAN) {
        value[COLUMN_FAMILY] = pg_span_str(pg_vocab_family(v->family));
        value[COLUMN_OUTCOME] =
            pg_span_str(pg_vocab_outcome(hit->event.outcome));
        value[COLUMN_JUDGED] = pg_span_str(judged(hit));
        value[COLUMN_INTENT] =
            pg_span_str(pg_intent_name(pg_intent_of_verdict(v)));
    }
}

static void fill(row_t *row, const pg_hit_t *hit)
{
    const pg_event_t *e = &hit->event;
    pg_span_t *value = row->value;

    if (e->time) {
        value[COLUMN_TIME] = pg_span_str(
            pg_calendar_text(row->time, e->time, PG_CALENDAR_MILLI));
    }
    fill_verdict(row, hit);
    value[COLUMN_CLIENT] = hit->client;
    if (e->source_known) {
        value[COLUMN_IP] = hit->client;
    }
    value[COLUMN_STATUS] = digits(row->status, e->status);
    if (pg_tally_is_length(hit->size) && hit->size.ptr[0] != '0'
        && hit->size.len < 19) {
        value[COLUMN_SIZE] = hit->size;
    }
    value[COLUMN_AGENT] = e->user_agent;
    value[COLUMN_VHOST] = e->vhost;
}

/* --- writing ------------------------------------------------------------- */

enum { BEGIN, END = COLUMN_COUNT };  /* of an object */

typedef struct writer_t {
    const options_t *o;
    pg_sink_t sink;
    apr_pool_t *scratch;         /* for one row                            */
    /* JSON between two values: after BEGIN or a column, which counts from 1
     * here, and before a column or END */
    pg_span_t joint[COLUMN_COUNT + 1][COLUMN_COUNT + 1];
} writer_t;

/* The number of leading levels that two dotted names share. */
static int common_levels(const char *a, const char *b)
{
    int levels = 0;

    for (; *a && *a == *b; a++, b++) {
        levels += *a == '.';
    }
    return levels;
}

/* The key of a name below `common` levels that are open already. */
static void put_key(pg_sink_t *sink, const char *name, int common)
{
    const char *dot;

    for (; common > 0; common--) {
        name = strchr(name, '.') + 1;
    }
    pg_sink_puts(sink, "\"");
    for (; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        pg_sink_put(sink, pg_span_between(name, dot));
        pg_sink_puts(sink, "\":{\"");
    }
    pg_sink_puts(sink, name);
    pg_sink_puts(sink, "\":");
}

static void put_joint(pg_sink_t *sink, int from, int to)
{
    const char *last = from == BEGIN ? "" : columns[from - 1].ecs;
    const char *next = to == END ? "" : columns[to].ecs;
    int common = common_levels(last, next);
    int open = (int)pg_span_count(pg_span_str(last), '.');

    pg_sink_puts(sink, from == BEGIN ? "{" : is_number(from - 1) ? "" : "\"");
    for (; open > common; open--) {
        pg_sink_puts(sink, "}");
    }
    if (to == END) {
        pg_sink_puts(sink, "}\n");
        return;
    }
    pg_sink_puts(sink, from == BEGIN ? "" : ",");
    put_key(sink, next, common);
    pg_sink_puts(sink, is_number(to) ? "" : "\"");
}

static void make_joints(writer_t *w, apr_pool_t *pool)
{
    for (int from = BEGIN; from <= COLUMN_COUNT; from++) {
        for (int to = from; to <= END; to++) {
            apr_array_header_t *octets = apr_array_make(pool, 64, 1);
            pg_sink_t sink = pg_sink_array(octets);
            put_joint(&sink, from, to);
            w->joint[from][to] = pg_span_make(octets->elts,
                                              (apr_size_t)octets->nelts);
        }
    }
}

static void put_json(pg_sink_t *sink, const writer_t *w, const row_t *row)
{
    int last = BEGIN;

    for (int c = 0; c < COLUMN_COUNT; c++) {
        if (row->value[c].ptr) {
            pg_sink_put(sink, w->joint[last][c]);
            pg_escape_json(sink, row->value[c]);
            last = c + 1;
        }
    }
    pg_sink_put(sink, w->joint[last][END]);
}

/* CSV; or TSV, where tabs and line ends in values are escaped like all control
 * characters. */
static void put_columns(pg_sink_t *sink, bool csv, const row_t *row)
{
    for (int c = 0; c < COLUMN_COUNT; c++) {
        pg_sink_put(sink, c == 0 ? PG_ABSENT
                          : csv ? PG_SPAN(",") : PG_SPAN("\t"));
        if (row->value[c].ptr == NULL || is_number(c)) {
            pg_sink_put(sink, row->value[c]);
        }
        else if (csv) {
            pg_escape_csv(sink, row->value[c]);
        }
        else {
            pg_escape_text(sink, row->value[c]);
        }
    }
    pg_sink_puts(sink, csv ? "\r\n" : "\n");
}

static void put_row(pg_sink_t *sink, const writer_t *w, const row_t *row)
{
    if (w->o->form == FORM_JSON) {
        put_json(sink, w, row);
    }
    else {
        put_columns(sink, w->o->form == FORM_CSV, row);
    }
}

static void put_names(pg_sink_t *sink, form_e form)
{
    for (int c = 0; c < COLUMN_COUNT && form != FORM_JSON; c++) {
        pg_sink_putf(sink, "%s%s", c == 0 ? "" : form == FORM_CSV ? "," : "\t",
                     columns[c].name);
    }
    if (form != FORM_JSON) {
        pg_sink_puts(sink, form == FORM_CSV ? "\r\n" : "\n");
    }
}

/* Writing a row at once is faster than writing its hundred pieces. */
static void put(writer_t *w, const row_t *row)
{
    char text[4096];
    pg_buffer_t room = { .at = text, .left = sizeof(text) };
    pg_sink_t whole = pg_sink_buffer(&room);

    put_row(&whole, w, row);
    if (whole.status == APR_SUCCESS) {
        pg_sink_put(&w->sink, pg_span_make(text, sizeof(text) - room.left));
    }
    else {
        put_row(&w->sink, w, row);
    }
    if (w->o->unbuffered && fflush(stdout) != 0) {
        w->sink.status = APR_EGENERAL;
    }
}

static void put_request(void *to, const pg_hit_t *hit)
{
    row_t row = { .value = { PG_ABSENT } };

    fill(&row, hit);
    put(to, &row);
}

/* With --all: lines without a request, or unread. Clients' secrets may be
 * anywhere in them. */
static void put_other(void *to, pg_read_e read, pg_span_t text)
{
    writer_t *w = to;
    apr_size_t size = pg_conceal_room(text);
    char *room = size ? apr_palloc(w->scratch, size) : NULL;
    static const char *const names[] = {
        [PG_READ_REQUEST] = "request", [PG_READ_BLANK] = "blank",
        [PG_READ_SILENT] = "silent", [PG_READ_OTHER] = "other",
        [PG_READ_UNREAD] = "unread", [PG_READ_SUSPECT] = "suspect"
    };
    row_t row = { .value = { PG_ABSENT } };

    row.value[COLUMN_CLASS] = pg_span_str(names[read]);
    row.value[COLUMN_TEXT] = pg_conceal_text(room, size, text);
    put(w, &row);
    apr_pool_clear(w->scratch);
}

/* --- options ------------------------------------------------------------- */

static int set_output(const pg_cli_t *cli, options_t *o)
{
    static const char *const names[] = { "json", "csv", "tsv", NULL };
    const char *const *row = pg_cli_output(cli, "", names, sizeof(*names));

    o->form = row ? (form_e)(row - names) : o->form;
    return row ? 0 : PG_EXIT_USAGE;
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'O':
        return set_output(cli, o);
    case OPT_ALL:
        o->all = true;
        return 0;
    case OPT_UNBUFFERED:
        o->unbuffered = true;
        return 0;
    default:
        return pg_cliscan_option(cli, &o->scan, option);
    }
}

static const pg_cli_spec_t spec = { help, PG_SHORTS_SCAN "O:h", longs,
                                    set_option };

static bool parse(pg_cli_t *cli, options_t *o, int *status)
{
    static const char *const standard_input[] = { "-" };

    pg_cliscan_begin(cli, &o->scan);
    o->scan.in.jobs = 1;
    o->scan.in.bound = 100000;
    if (!pg_cli_parse(cli, &spec, o, status)) {
        return false;
    }
    pg_cliscan_end(cli, &o->scan);
    if (o->scan.in.paths == 0) {
        o->scan.in.path = standard_input;
        o->scan.in.paths = 1;
    }
    return true;
}

/* --- the command --------------------------------------------------------- */

typedef struct filter_t {
    const pg_cli_t *cli;
    pg_counter_t counter;
    writer_t writer;
    char *buffer;                /* of lines                              */
    char *memory;                /* to look at the first of them          */
    int status;
} filter_t;

/* The next block; lines before it that are too long are shown first. */
static bool next_block(filter_t *f, pg_lines_t *lines, pg_span_t *block)
{
    apr_uint64_t skipped = lines->oversize;
    bool more = pg_lines_next(lines, block);

    for (; f->writer.o->all && skipped < lines->oversize; skipped++) {
        put_other(&f->writer, PG_READ_UNREAD, PG_ABSENT);
    }
    return more;
}

/* Learn from the first lines about the others. Those of a pipe may arrive one
 * by one, and are not waited for. */
static void look_at(filter_t *f, pg_span_t head)
{
    pg_counter_t *c = &f->counter;
    const pg_reading_t *how = &c->rules->reading;

    head = pg_span_upto(head, PG_URLS_HEAD);
    c->composed = c->composed || pg_urls_everywhere(how, head, f->memory);
    if (c->reader.pair == PG_PAIR_UNKNOWN) {
        c->reader.pair = pg_reader_pair(how, head, f->memory);
    }
}

static void filter_lines(filter_t *f, pg_input_t *input)
{
    pg_counter_t *c = &f->counter;
    apr_uint64_t seen = 0;
    pg_lines_t lines;
    pg_span_t block;

    pg_lines_begin(&lines, input, f->buffer, 0, UINT64_MAX);
    pg_count_begin(c, true);
    c->composed = false;
    c->more = true;
    while (f->writer.sink.status == APR_SUCCESS
           && next_block(f, &lines, &block)) {
        if (seen < PG_URLS_HEAD) {
            look_at(f, block);
            seen += block.len;
        }
        c->more = pg_lines_keep(&lines, pg_pass_block(c, block));
        /* output is flushed before waiting for more from a pipe */
        if (!pg_input_is_regular(input) && fflush(stdout) != 0) {
            f->writer.sink.status = APR_EGENERAL;
        }
    }
    f->counter.tally->count.oversize += lines.oversize;
}

static void filter_file(filter_t *f, const char *path)
{
    apr_pool_t *pool;
    pg_input_t *input;
    const char *wrong;

    apr_pool_create(&pool, f->cli->pool);
    wrong = pg_input_open(&input, path, 0, NULL, pool);
    if (wrong) {
        f->status = PG_EXIT_NO_INPUT;
    }
    else {
        filter_lines(f, input);
        wrong = pg_input_trouble(input);
        f->status = wrong && !f->status ? PG_EXIT_OUTPUT : f->status;
    }
    if (wrong) {
        pg_cli_say(f->cli, "%s: %s", path, wrong);
    }
    apr_pool_destroy(pool);
}

/* A reader that closes early (`| head`) is not worth a message. */
static int finish(const filter_t *f)
{
    const pg_counts_t *n = &f->counter.tally->count;
    apr_uint64_t unread = n->unparsed + n->oversize;
    bool failed = fflush(stdout) != 0 || f->writer.sink.status != APR_SUCCESS;

    if (failed && errno == EPIPE) {
        return PG_EXIT_OUTPUT;
    }
    if (failed) {
        return pg_cli_finish(f->cli, &f->writer.sink, PG_EXIT_OUTPUT);
    }
    if (unread) {
        pg_cli_say(f->cli, "%" APR_UINT64_T_FMT " line%s could not be read%s",
                   unread, unread == 1 ? "" : "s", n->suspect
                   ? ", and may hold attempts" : "");
    }
    if (n->questioned) {
        pg_cli_say(f->cli, "%" APR_UINT64_T_FMT " line%s with a full URL may "
                   "or may not be %s, because some servers log every "
                   "request like that; name this server with --own-host",
                   n->questioned, n->questioned == 1 ? "" : "s",
                   n->questioned == 1 ? "an attempt" : "attempts");
    }
    return f->status ? f->status : unread || n->questioned ? PG_EXIT_UNKNOWN
                                                           : PG_EXIT_CLEAN;
}

int pg_cmd_classify(pg_cli_t *cli)
{
    options_t o = { .all = false };
    filter_t f = { .cli = cli, .writer = { .o = &o,
                                           .sink = pg_cli_sink(stdout) } };
    pg_watch_t watch = { .to = &f.writer, .request = put_request };
    int status;

    if (!parse(cli, &o, &status)) {
        return status;
    }
    apr_pool_create(&f.writer.scratch, cli->pool);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOFBF, OUT_ROOM);
    if (o.scan.in.learn) {
        pg_scan_learn(&o.scan.in.rules, &o.scan.in, cli->pool);
    }
    watch.other = o.all ? put_other : NULL;
    f.counter.watch = &watch;
    f.counter.rules = &o.scan.in.rules;
    f.counter.tally = pg_tally_create(cli->pool, 16);
    f.counter.memory = apr_palloc(cli->pool, PG_READER_MEMORY(PG_LINE_MAX));
    f.memory = apr_palloc(cli->pool, PG_READER_MEMORY(PG_URLS_HEAD));
    f.buffer = apr_palloc(cli->pool, PG_LINE_MAX + PG_LINES_READ);
    make_joints(&f.writer, cli->pool);
    put_names(&f.writer.sink, o.form);
    for (int i = 0; i < o.scan.in.paths; i++) {
        filter_file(&f, o.scan.in.path[i]);
    }
    return finish(&f);
}
