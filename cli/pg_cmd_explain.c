/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard explain: one request, taken apart and put into words. */
#include <apr_strings.h>

#include "pg_cli.h"
#include "pg_explaintext.h"
#include "pg_logescape.h"
#include "pg_logformat.h"
#include "pg_logjson.h"

enum {
    RAW_MAX = 65536              /* octets of a raw request               */
};

static const char help[] =
"Usage: proxyguard explain [OPTION]... REQUEST\n"
"Say what a request is: 'GET http://example.com/ HTTP/1.1', a whole raw\n"
"request with its fields, or a line of an access log; - reads it from\n"
"standard input.\n\n"
"  -o, --own-host NAME  a name or address of this server; may be repeated.\n"
"                       Without any, every name is a stranger's\n"
"  -e, --escaped        undo \\xNN and the like, as logs have them\n"
"      --lang en|ja     language of the text\n"
"  -h, --help           this text\n\n"
"Exit status: 0 no attempt, 1 an attempt, 64 and up errors.\n";

static const struct option longs[] = {
    { "own-host", required_argument, NULL, 'o' },
    { "escaped",  no_argument,       NULL, 'e' },
    { "lang",     required_argument, NULL, PG_OPT_LANG },
    { "help",     no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t {
    pg_own_t *own;
    bool escaped;
} options_t;

/* --- the request --------------------------------------------------------- */

/* A field's value in the lines behind the first; absent if it is not there. */
static pg_span_t field_value(pg_span_t lines, pg_span_t name)
{
    while (lines.len) {
        apr_size_t n = pg_span_find(lines, '\n');
        pg_span_t line = pg_span_upto(lines, n);
        lines = pg_span_from(lines, n + 1);
        if (!pg_span_istarts(line, name) || line.len <= name.len
            || line.ptr[name.len] != ':') {
            continue;
        }
        line = pg_span_from(line, name.len + 1);
        while (line.len && strchr(" \t", line.ptr[0])) {
            line = pg_span_from(line, 1);
        }
        while (line.len && strchr(" \t\r", line.ptr[line.len - 1])) {
            line.len--;
        }
        return line;
    }
    return (pg_span_t){ .ptr = NULL, .len = 0 };
}

/* The request line of a log's line that is JSON; absent if it is none. */
static pg_span_t unlogged_json(pg_span_t text, bool *escaped,
                               apr_pool_t *pool)
{
    pg_logjson_t hold = { .doc = NULL };
    pg_span_t request = { .ptr = NULL, .len = 0 };
    pg_logline_t line;

    if (pg_logjson_match(&line, &hold, text)) {
        const pg_span_t *f = line.field;
        request = f[PG_FIELD_REQUEST];
        request.ptr = request.ptr
            ? apr_pstrmemdup(pool, request.ptr, request.len)
            : apr_psprintf(pool, "%s %s %s", f[PG_FIELD_METHOD].ptr,
                           f[PG_FIELD_TARGET].ptr,
                           f[PG_FIELD_PROTOCOL].ptr
                           ? f[PG_FIELD_PROTOCOL].ptr : "HTTP/1.1");
        request.len = request.len ? request.len : strlen(request.ptr);
        *escaped = *escaped || hold.escaped;
    }
    pg_logjson_release(&hold);
    return request;
}

/* What a line of a log was the request of; the text itself if it is none. */
static pg_span_t unlogged(pg_span_t text, bool *escaped, apr_pool_t *pool)
{
    pg_logformat_t format;
    pg_logline_t line;
    pg_span_t json = unlogged_json(text, escaped, pool);

    if (json.ptr) {
        return json;
    }
    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_compile(&format, *name, pool);
        if (pg_logformat_match(&line, &format, text)) {
            *escaped = true;
            return line.field[PG_FIELD_REQUEST];
        }
    }
    return text;
}

/* @return 0, or an exit status after a message */
static int read_request(pg_span_t *out, const pg_cli_t *cli)
{
    char *text = apr_palloc(cli->pool, RAW_MAX + 1);

    *out = pg_span_str(cli->argv[optind]);
    if (pg_span_eq(*out, PG_SPAN("-"))) {
        *out = pg_span_make(text, fread(text, 1, RAW_MAX + 1, stdin));
        if (ferror(stdin)) {
            pg_cli_say(cli, "standard input could not be read");
            return PG_EXIT_OUTPUT;
        }
    }
    if (out->len == 0 || out->len > RAW_MAX) {
        pg_cli_say(cli, "a request of %" APR_SIZE_T_FMT "%s octets; 1 to %d "
                   "are accepted", out->len > RAW_MAX ? RAW_MAX : out->len,
                   out->len > RAW_MAX ? " and more" : "", RAW_MAX);
        return PG_EXIT_DATA;
    }
    return 0;
}

static void take_apart(pg_request_t *request, pg_span_t text,
                       const pg_cli_t *cli, options_t *o)
{
    apr_size_t n = pg_span_find(text, '\n');
    pg_span_t rest = pg_span_from(text, n + 1);
    pg_span_t line = pg_span_upto(text, n);

    /* SOCKS is no line: keep what looks like one whole. */
    if (text.ptr[0] == 4 || text.ptr[0] == 5) {
        line = text;
    }
    line = unlogged(line, &o->escaped, cli->pool);
    if (o->escaped) {
        line = pg_logescape_undo(apr_palloc(cli->pool, line.len + 1), line);
    }
    *request = (pg_request_t){ .line = line };
    request->host = field_value(rest, PG_SPAN("Host"));
    request->check_host = request->host.ptr && o->own;
}

/* --- the command --------------------------------------------------------- */

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    if (option == 'o') {
        return pg_cli_own(cli, &o->own, optarg, false);
    }
    o->escaped = true;
    return 0;
}

static const pg_cli_spec_t spec = { help, "o:eh", longs, set_option };

int pg_cmd_explain(pg_cli_t *cli)
{
    options_t o = { .own = NULL };
    pg_sink_t sink = pg_cli_sink(stdout);
    pg_span_t text;
    pg_request_t request;
    pg_verdict_t verdict;
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    if (optind + 1 != cli->argc) {
        return pg_cli_usage(cli, "one request is needed, in quotes");
    }
    status = read_request(&text, cli);
    if (status) {
        return status;
    }
    take_apart(&request, text, cli, &o);
    pg_classify(&verdict, &request, o.own);
    pg_explaintext_render(&sink, &request, &verdict, cli->lang,
                          cli->pool);
    return pg_cli_finish(cli, &sink, verdict.class_id == PG_CLASS_CLEAN
                                     ? PG_EXIT_CLEAN : PG_EXIT_ATTEMPTS);
}
