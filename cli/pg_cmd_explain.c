/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard explain: one request, taken apart and put into words. */
#include <apr_strings.h>

#include "pg_cli.h"
#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_explain.h"
#include "pg_explainwords.h"
#include "pg_logescape.h"
#include "pg_logformat.h"
#include "pg_logjson.h"
#include "pg_policy.h"

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

typedef struct words_t {
    const char *httpd[2];        /* English, Japanese                     */
    const char *advice[2];
} words_t;

#define ROW_EXPLAIN(sym, h_en, h_ja, a_en, a_ja) \
    [PG_CLASS_##sym] = { { h_en, h_ja }, { a_en, a_ja } },
static const words_t words[PG_CLASS_COUNT + 1] = {
    PG_EXPLAIN_WORDS(ROW_EXPLAIN)
};
#undef ROW_EXPLAIN

typedef struct options_t {
    pg_own_t *own;
    bool escaped;
} options_t;

/* --- the request --------------------------------------------------------- */

static const char *const form_names[] = {
    [PG_FORM_INVALID] = "none of the four",
    [PG_FORM_ORIGIN] = "origin-form",
    [PG_FORM_ABSOLUTE] = "absolute-form",
    [PG_FORM_AUTHORITY] = "authority-form",
    [PG_FORM_ASTERISK] = "asterisk-form",
};

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

/* --- the words ----------------------------------------------------------- */

typedef struct part_t {
    const char *label[2];        /* English, Japanese                     */
} part_t;

enum {
    PART_METHOD, PART_TARGET, PART_FORM, PART_SCHEME, PART_USERINFO,
    PART_HOST, PART_PORT, PART_PATH, PART_PROTOCOL, PART_FIELD, PART_CLASS,
    PART_FAMILY, PART_IS, PART_WHY, PART_HTTPD, PART_GUARD, PART_ADVICE
};

static const part_t parts[] = {
    [PART_METHOD] = { { "Method", "メソッド" } },
    [PART_TARGET] = { { "Target", "要求先" } },
    [PART_FORM] = { { "Form", "形式" } },
    [PART_SCHEME] = { { "Scheme", "スキーム" } },
    [PART_USERINFO] = { { "User info", "ユーザー情報" } },
    [PART_HOST] = { { "Host", "ホスト" } },
    [PART_PORT] = { { "Port", "ポート" } },
    [PART_PATH] = { { "Path", "パス" } },
    [PART_PROTOCOL] = { { "Protocol", "プロトコル" } },
    [PART_FIELD] = { { "Host field", "Host フィールド" } },
    [PART_CLASS] = { { "Class", "分類" } },
    [PART_FAMILY] = { { "Family", "系統" } },
    [PART_IS] = { { "What it is", "これは何か" } },
    [PART_WHY] = { { "How it is told", "判定の理由" } },
    [PART_HTTPD] = { { "What httpd does", "httpd の動作" } },
    [PART_GUARD] = { { "What the guard does", "ProxyGuard の動作" } },
    [PART_ADVICE] = { { "What to do", "対処" } },
};

static void put_part(pg_sink_t *sink, const pg_cli_t *cli, int part,
                     pg_span_t value)
{
    apr_size_t size = pg_conceal_room(value);
    char *room = size ? apr_palloc(cli->pool, size) : NULL;

    if (value.len) {
        pg_sink_putf(sink, "%s: ", parts[part].label[cli->japanese]);
        pg_escape_text(sink, pg_conceal_text(room, size, value));
        pg_sink_puts(sink, "\n");
    }
}

/* A part of the target: it may only look like a host and port because a
 * password has a '/' in it. */
static void put_inside(pg_sink_t *sink, const pg_cli_t *cli, int part,
                       pg_span_t target, pg_span_t value)
{
    put_part(sink, cli, part, pg_conceal_hides(target, value)
                                  ? PG_SPAN(PG_CONCEAL_MARK) : value);
}

static void put_words(pg_sink_t *sink, const pg_cli_t *cli, int part,
                      const char *text)
{
    put_part(sink, cli, part, pg_span_str(text));
}

static void put_parts(pg_sink_t *sink, const pg_cli_t *cli,
                      const pg_request_t *request)
{
    pg_request_t split;
    pg_target_t target;
    pg_form_e form;

    pg_classify_split(&split, request->line);
    form = pg_target_parse(&target, split.target);
    put_part(sink, cli, PART_METHOD, split.method);
    put_part(sink, cli, PART_TARGET, split.target);
    put_words(sink, cli, PART_FORM, form_names[form]);
    put_part(sink, cli, PART_SCHEME, target.scheme);
    put_inside(sink, cli, PART_USERINFO, split.target,
               target.authority.userinfo);
    put_inside(sink, cli, PART_HOST, split.target, target.authority.host);
    put_inside(sink, cli, PART_PORT, split.target,
               target.authority.port_text);
    put_part(sink, cli, PART_PATH, target.path);
    put_part(sink, cli, PART_PROTOCOL, split.protocol);
    put_part(sink, cli, PART_FIELD, request->host);
}

static void put_guard(pg_sink_t *sink, const pg_cli_t *cli,
                      pg_action_t action)
{
    static const char *const deny[][2] = {
        { "By default it answers ", " and closes the connection.\n" },
        { "既定では ", " を返して接続を閉じます。\n" },
    };
    static const char *const pass[] = {
        "By default it counts it and lets it pass.\n",
        "既定では数えるだけで通します。\n",
    };

    pg_sink_putf(sink, "%s: ", parts[PART_GUARD].label[cli->japanese]);
    if (action.act == PG_ACT_PASS) {
        pg_sink_puts(sink, pass[cli->japanese]);
    }
    else {
        pg_sink_putf(sink, "%s%d%s", deny[cli->japanese][0], action.status,
                     deny[cli->japanese][1]);
    }
}

static void put_verdict(pg_sink_t *sink, const pg_cli_t *cli,
                        const pg_verdict_t *verdict)
{
    pg_lang_e lang = cli->japanese ? PG_LANG_JA : PG_LANG_EN;
    const words_t *w = &words[verdict->class_id];

    put_words(sink, cli, PART_CLASS, pg_vocab_class(verdict->class_id));
    if (verdict->class_id != PG_CLASS_CLEAN) {
        put_words(sink, cli, PART_FAMILY, pg_vocab_family(verdict->family));
    }
    put_words(sink, cli, PART_IS, pg_explain_class(verdict->class_id, lang));
    put_words(sink, cli, PART_WHY, pg_explain_reason(verdict->reason, lang));
    put_words(sink, cli, PART_HTTPD, w->httpd[cli->japanese]);
    if (verdict->class_id != PG_CLASS_CLEAN) {
        put_guard(sink, cli, pg_policy_default(verdict->class_id));
    }
    put_words(sink, cli, PART_ADVICE, w->advice[cli->japanese]);
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
    put_parts(&sink, cli, &request);
    pg_sink_puts(&sink, "\n");
    put_verdict(&sink, cli, &verdict);
    return pg_cli_finish(cli, &sink, verdict.class_id == PG_CLASS_CLEAN
                                     ? PG_EXIT_CLEAN : PG_EXIT_ATTEMPTS);
}
