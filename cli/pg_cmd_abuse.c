/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard abuse: from evidence logs to reports about their sources. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_abuse.h"
#include "pg_address.h"
#include "pg_capture.h"
#include "pg_clireport.h"
#include "pg_cmd.h"
#include "pg_evidencefile.h"
#include "pg_intent.h"
#include "pg_logtime.h"
#include "pg_target.h"

static const char help[] =
"Usage: proxyguard abuse -O FORMAT [OPTION]... [FILE]...\n"
"Write reports about the sources in evidence logs. Names of this server are\n"
"masked in them. Nothing is sent. Without FILE, or with -, read standard\n"
"input.\n\n"
"  -O, --output FORMAT    xarf (X-ARF 4, a line for each source), abuseipdb\n"
"                         (CSV for its bulk reports), stix (2.1) or misp\n"
"      --folder FOLDER    write each document to a file there, named after\n"
"                         its id\n"
"      --org NAME, --contact ADDRESS  who reports; X-ARF needs both\n"
"  -o, --own-host NAME    another name or address of this server\n"
"      --plain            mask nothing\n"
"      --key FILE         give the same pseudonyms with the same file\n"
"      --class CLASS      only that class; by default all but foreign-host\n"
"      --least N          only sources with at least N attempts\n"
"      --since, --until TIME  only in this range: 2014, 2014-10,\n"
"                         2014-10-31 or 2014-10-31T15:04Z (UTC)\n"
"  -h, --help             this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

enum { OPT_FOLDER = PG_OPT_OWN, OPT_ORG, OPT_CONTACT, OPT_PLAIN,
       OPT_CLASS, OPT_LEAST };

static const struct option longs[] = {
    { "output",   required_argument, NULL, 'O' },
    { "folder",   required_argument, NULL, OPT_FOLDER },
    { "org",      required_argument, NULL, OPT_ORG },
    { "contact",  required_argument, NULL, OPT_CONTACT },
    { "own-host", required_argument, NULL, 'o' },
    { "plain",    no_argument,       NULL, OPT_PLAIN },
    { "key",      required_argument, NULL, PG_OPT_KEY },
    { "class",    required_argument, NULL, OPT_CLASS },
    { "least",    required_argument, NULL, OPT_LEAST },
    PG_LONGS_RANGE
    { "help",     no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

/* Why a line is in no report. */
enum { WHY_MASKED, WHY_PEER, WHY_LOCAL, WHY_OLD, WHY_COUNT };

static const char *const why_words[WHY_COUNT] = {
    [WHY_MASKED] = "whose source is a pseudonym",
    [WHY_PEER] = "whose source may be a load balancer",
    [WHY_LOCAL] = "from private addresses",
    [WHY_OLD] = "older than the platform accepts",
};

typedef struct options_t {
    const pg_abuse_format_t *format;
    const char *folder, *org, *contact;
    pg_article_t mask;
    bool plain;
    int only;                    /* a class; -1: all but foreign-host     */
    long least;
    pg_clireport_t asked;        /* since, until, key                     */
    apr_hash_t *own;             /* names, in lower case                  */
    apr_hash_t *sources;         /* address -> pg_abuse_source_t          */
    apr_array_header_t *all;     /* of pointers to these                  */
    apr_uint64_t lines, unread, left_out[WHY_COUNT];
    apr_time_t now;
    apr_pool_t *pool;
} options_t;

/* --- own names ----------------------------------------------------------- */

static const char *lower(pg_span_t s, apr_pool_t *pool)
{
    char *out = apr_pstrmemdup(pool, s.ptr, s.len);

    pg_span_lower(out, s);
    return out;
}

static bool is_ours(const void *who, pg_span_t host)
{
    const options_t *o = who;
    pg_span_t site = pg_article_site(host);
    char name[256];

    if (host.len == 0 || host.len > sizeof(name)) {
        return false;
    }
    pg_span_lower(name, host);
    return apr_hash_get(o->own, name, (apr_ssize_t)host.len)
           || apr_hash_get(o->own, name + (host.len - site.len),
                           (apr_ssize_t)site.len);
}

/* "www.example.org:80" represents its whole site: "example.org" in a path
 * reveals it, too. */
static void add_own(options_t *o, const char *name)
{
    pg_authority_t a;

    if (name == NULL || *name == '\0') {
        return;
    }
    pg_target_authority(&a, pg_span_str(name));
    if (is_ours(o, a.host)) {
        return;
    }
    apr_hash_set(o->own, lower(a.host, o->pool), APR_HASH_KEY_STRING, "");
    if (a.host_kind == PG_HOST_NAME) {
        apr_hash_set(o->own, lower(pg_article_site(a.host), o->pool),
                     APR_HASH_KEY_STRING, "");
    }
}

/* --- options ------------------------------------------------------------- */

static int set_contact(const pg_cli_t *cli, options_t *o, const char *text)
{
    const char *at = strchr(text, '@');

    o->contact = pg_cli_safe(pg_span_str(text), o->pool);
    return at == NULL || at == text || at[1] == '\0' || strchr(at + 1, '@')
               || strcspn(text, " \t\r\n<>,") < strlen(text)
           ? pg_cli_usage(cli, "--contact: '%s' is not an address such as "
                          "abuse@example.org", text) : 0;
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'O':
        o->format = pg_cli_output(cli, "", pg_abuse_formats(),
                                  sizeof(*o->format));
        return o->format ? 0 : PG_EXIT_USAGE;
    case OPT_FOLDER:
        o->folder = optarg;
        return 0;
    case OPT_ORG:
        o->org = pg_cli_safe(pg_span_str(optarg), o->pool);
        return 0;
    case OPT_CONTACT:
        return set_contact(cli, o, optarg);
    case 'o':
        add_own(o, optarg);
        return 0;
    case OPT_PLAIN:
        o->plain = true;
        return 0;
    case OPT_CLASS:
        o->only = (int)pg_vocab_class_by_name(pg_span_str(optarg));
        return o->only == PG_CLASS_CLEAN
            ? pg_cli_usage(cli, "--class: '%s' is not a class", optarg) : 0;
    case OPT_LEAST:
        return pg_cli_number(cli, "--least", optarg, 1000000000, &o->least);
    default:
        return pg_clireport_view(cli, &o->asked, option);
    }
}

static int check(const pg_cli_t *cli, const options_t *o)
{
    if (o->format == NULL) {
        return pg_cli_usage(cli, "--output is needed: xarf, abuseipdb, stix "
                            "or misp");
    }
    if (!o->org != !o->contact || (o->format->signs && o->org == NULL)) {
        return pg_cli_usage(cli, "%s needs --org and --contact", o->org
                            || o->contact ? "a reporter" : o->format->name);
    }
    return 0;
}

/* --- reading ------------------------------------------------------------- */

/* @return WHY_COUNT for what may be reported */
static int why_not(const options_t *o, const json_t *line, const char *source,
                   apr_time_t time)
{
    pg_address_t address;
    pg_intent_e place;

    if (source == NULL || !pg_address_parse(&address, pg_span_str(source))) {
        return WHY_MASKED;
    }
    if (json_is_true(pg_evidencefile_member(line,
                                            "proxyguard.source_is_peer"))) {
        return WHY_PEER;
    }
    place = pg_intent_of(pg_span_str(source), 0, PG_ABSENT);
    if (place == PG_INTENT_LOCAL || place == PG_INTENT_PRIVATE) {
        return WHY_LOCAL;
    }
    return o->format->days
           && time < o->now - apr_time_from_sec(86400L * o->format->days)
           ? WHY_OLD : WHY_COUNT;
}

static pg_abuse_source_t *source_of(options_t *o, const char *address,
                                    apr_time_t time)
{
    pg_abuse_source_t *s = apr_hash_get(o->sources, address,
                                        APR_HASH_KEY_STRING);

    if (s == NULL) {
        s = apr_pcalloc(o->pool, sizeof(*s));
        s->address = apr_pstrdup(o->pool, address);
        s->first = s->last = time;
        apr_hash_set(o->sources, s->address, APR_HASH_KEY_STRING, s);
        APR_ARRAY_PUSH(o->all, pg_abuse_source_t *) = s;
    }
    return s;
}

/* The first example is the very first request. */
static void put_first(pg_abuse_source_t *s, json_t *line)
{
    json_t **last = &s->example[s->examples - 1];

    json_incref(line);
    json_decref(*last);
    *last = s->example[0];
    s->example[0] = line;
}

static void count(options_t *o, json_t *line, pg_class_e c, apr_time_t time)
{
    const char *address = pg_evidencefile_text(line, "source.ip");
    int why = why_not(o, line, address, time);
    pg_abuse_source_t *s;

    if (why < WHY_COUNT) {
        o->left_out[why]++;
        return;
    }
    s = source_of(o, address, time);
    s->attempts++;
    s->by_class[c]++;
    s->last = time > s->last ? time : s->last;
    if (s->examples < PG_ABUSE_EXAMPLES) {
        s->example[s->examples++] = json_incref(line);
    }
    if (time < s->first) {
        s->first = time;
        put_first(s, line);
    }
}

static bool take_line(void *to, pg_span_t text)
{
    options_t *o = to;
    const pg_view_t *view = &o->asked.query.view;
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL);
    const char *at = pg_evidencefile_text(line, "@timestamp");
    pg_class_e c = pg_evidencefile_class(line);
    apr_time_t time;

    o->lines++;
    if (c == PG_CLASS_CLEAN || at == NULL
        || !pg_logtime_parse(&time, pg_span_str(at))) {
        o->unread += !pg_capture_is_line(text);
    }
    else {
        add_own(o, pg_evidencefile_text(line, "server.address"));
        add_own(o, pg_evidencefile_text(line, "observer.name"));
        if ((o->only < 0 ? c != PG_CLASS_FOREIGN_HOST : o->only == (int)c)
            && time >= view->since
            && (view->until == 0 || time < view->until)) {
            count(o, line, c, time);
        }
    }
    json_decref(line);
    return true;
}

/* --- writing ------------------------------------------------------------- */

static int busiest_first(const void *a, const void *b)
{
    const pg_abuse_source_t *one = *(const pg_abuse_source_t *const *)a;
    const pg_abuse_source_t *two = *(const pg_abuse_source_t *const *)b;
    int order = (one->attempts < two->attempts)
                - (one->attempts > two->attempts);

    return order ? order : strcmp(one->address, two->address);
}

/* Those that are to be reported. */
static const pg_abuse_source_t **sorted(const options_t *o, int *n)
{
    const pg_abuse_source_t **out = apr_palloc(
        o->pool, (apr_size_t)(o->all->nelts + 1) * sizeof(*out));

    *n = 0;
    for (int i = 0; i < o->all->nelts; i++) {
        const pg_abuse_source_t *s = APR_ARRAY_IDX(o->all, i,
                                                   pg_abuse_source_t *);

        if (s->attempts >= (apr_uint64_t)o->least) {
            out[(*n)++] = s;
        }
    }
    qsort(out, (size_t)*n, sizeof(*out), busiest_first);
    return out;
}

/* An existing file either has the same contents or is not ours. */
static int write_file(const pg_cli_t *cli, const options_t *o,
                      const pg_abuse_t *abuse)
{
    const char *path = apr_pstrcat(abuse->pool, o->folder, "/",
                                   pg_abuse_id(abuse), o->format->ending,
                                   NULL);
    FILE *file = fopen(path, "wxe");
    pg_sink_t sink;

    if (file == NULL && errno == EEXIST) {
        return 0;
    }
    if (file == NULL) {
        pg_cli_say(cli, "'%s' cannot be created: %s", path, strerror(errno));
        return PG_EXIT_OUTPUT;
    }
    sink = pg_cli_sink(file);
    o->format->write(&sink, abuse);
    if (fclose(file) != 0 || sink.status != APR_SUCCESS) {
        pg_cli_say(cli, "'%s' cannot be written", path);
        return PG_EXIT_OUTPUT;
    }
    return 0;
}

static int write_all(const pg_cli_t *cli, options_t *o)
{
    int n, status = 0;
    const pg_abuse_source_t **source = sorted(o, &n);
    int most = o->format->most ? o->format->most : n ? n : 1;
    pg_sink_t sink = pg_cli_sink(stdout);

    if (n > most && !o->format->joins && o->folder == NULL) {
        return pg_cli_usage(cli, "%d sources are more than one document of "
                            "%s takes (%d): use --folder, or --least", n,
                            o->format->name, most);
    }
    for (int i = 0; i < n && status == 0; i += most) {
        pg_abuse_t abuse = {
            .source = source + i, .n = n - i < most ? n - i : most,
            .org = o->org, .contact = o->contact,
            .mask = o->plain ? NULL : &o->mask,
        };

        apr_pool_create(&abuse.pool, o->pool);
        if (o->folder) {
            status = write_file(cli, o, &abuse);
        }
        else {
            o->format->write(&sink, &abuse);
        }
        apr_pool_destroy(abuse.pool);
    }
    return pg_cli_finish(cli, &sink, status);
}

static void say_left_out(const pg_cli_t *cli, const options_t *o)
{
    for (int i = 0; i < WHY_COUNT; i++) {
        if (o->left_out[i]) {
            pg_cli_say(cli, "attempts left out, %s: %" APR_UINT64_T_FMT,
                       why_words[i], o->left_out[i]);
        }
    }
}

static void let_go(const options_t *o)
{
    for (int i = 0; i < o->all->nelts; i++) {
        pg_abuse_source_t *s = APR_ARRAY_IDX(o->all, i, pg_abuse_source_t *);

        while (s->examples) {
            json_decref(s->example[--s->examples]);
        }
    }
}

int pg_cmd_abuse(pg_cli_t *cli)
{
    static const pg_cli_spec_t spec = { help, "O:o:h", longs, set_option };
    options_t o = {
        .only = -1,
        .least = 1,
        .now = cli->now,
        .pool = cli->pool,
        .mask = { .paths = true, .masks = is_ours },
    };
    int status;

    o.mask.who = &o;
    o.own = apr_hash_make(cli->pool);
    o.sources = apr_hash_make(cli->pool);
    o.all = apr_array_make(cli->pool, 64, sizeof(pg_abuse_source_t *));
    if (apr_generate_random_bytes((unsigned char *)&o.mask.key,
                                  sizeof(o.mask.key)) != APR_SUCCESS) {
        return PG_EXIT_INTERNAL;
    }
    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    if (o.asked.has_key) {
        o.mask.key = o.asked.key;
    }
    status = check(cli, &o);
    if (status == 0) {
        status = pg_evidencefile_read(cli, take_line, &o);
    }
    if (status == 0) {
        status = pg_evidencefile_judge(cli, o.unread, o.lines);
        say_left_out(cli, &o);
    }
    status = status ? status : write_all(cli, &o);
    let_go(&o);
    return status;
}
