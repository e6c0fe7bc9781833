/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard explain: one request, taken apart and put into words. */
#include <getopt.h>
#include <unistd.h>

#include <apr_strings.h>

#include "pg_cli.h"
#include "pg_escape.h"
#include "pg_explain.h"
#include "pg_explainwords.h"
#include "pg_logescape.h"
#include "pg_logformat.h"
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

enum { OPT_LANG = 256 };

static const struct option longs[] = {
    { "own-host", required_argument, NULL, 'o' },
    { "escaped",  no_argument,       NULL, 'e' },
    { "lang",     required_argument, NULL, OPT_LANG },
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
    bool help;
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

/* What a line of a log was the request of; the text itself if it is none. */
static pg_span_t unlogged(pg_span_t text, bool *escaped, apr_pool_t *pool)
{
    pg_logformat_t format;
    pg_logline_t line;

    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_compile(&format, *name, pool);
        if (pg_logformat_match(&line, &format, text)) {
            *escaped = true;
            return line.field[PG_FIELD_REQUEST];
        }
    }
    return text;
}

static pg_span_t read_request(const pg_cli_t *cli)
{
    char *text = apr_palloc(cli->pool, RAW_MAX);
    apr_size_t n;

    if (strcmp(cli->argv[optind], "-")) {
        return pg_span_str(cli->argv[optind]);
    }
    n = fread(text, 1, RAW_MAX, stdin);
    return pg_span_make(text, n);
}

static void take_apart(pg_request_t *request, const pg_cli_t *cli,
                       options_t *o)
{
    pg_span_t text = read_request(cli);
    apr_size_t n = pg_span_find(text, '\n');
    pg_span_t rest = pg_span_from(text, n + 1);
    pg_span_t line = pg_span_upto(text, n);

    /* SOCKS is no line: keep what looks like one whole. */
    if (text.len && (text.ptr[0] == 4 || text.ptr[0] == 5)) {
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
    if (value.len) {
        pg_putf(sink, "%s: ", parts[part].label[cli->japanese]);
        pg_escape_text(sink, value);
        pg_puts(sink, "\n");
    }
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

    pg_request_split(&split, request->line);
    form = pg_target_parse(&target, split.target);
    put_part(sink, cli, PART_METHOD, split.method);
    put_part(sink, cli, PART_TARGET, split.target);
    put_words(sink, cli, PART_FORM, form_names[form]);
    put_part(sink, cli, PART_SCHEME, target.scheme);
    put_part(sink, cli, PART_USERINFO, target.authority.userinfo);
    put_part(sink, cli, PART_HOST, target.authority.host);
    put_part(sink, cli, PART_PORT, target.authority.port_text);
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

    pg_putf(sink, "%s: ", parts[PART_GUARD].label[cli->japanese]);
    if (action.act == PG_ACT_PASS) {
        pg_puts(sink, pass[cli->japanese]);
    }
    else {
        pg_putf(sink, "%s%d%s", deny[cli->japanese][0], action.status,
                deny[cli->japanese][1]);
    }
}

static void put_verdict(pg_sink_t *sink, const pg_cli_t *cli,
                        const pg_verdict_t *verdict)
{
    pg_lang_e lang = cli->japanese ? PG_LANG_JA : PG_LANG_EN;
    const words_t *w = &words[verdict->class_id];

    put_words(sink, cli, PART_CLASS, pg_class_name(verdict->class_id));
    if (verdict->class_id != PG_CLASS_CLEAN) {
        put_words(sink, cli, PART_FAMILY, pg_family_name(verdict->family));
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

static int set_option(pg_cli_t *cli, options_t *o, int option)
{
    switch (option) {
    case 'o':
        return pg_cli_own(cli, &o->own, optarg);
    case 'e':
        o->escaped = true;
        return 0;
    case 'h':
        o->help = true;
        return 0;
    case OPT_LANG:
        return pg_cli_lang(cli, optarg);
    default:
        return pg_cli_bad_option(cli);
    }
}

static int parse(pg_cli_t *cli, options_t *o)
{
    int option, status;

    while ((option = getopt_long(cli->argc, cli->argv, "o:eh", longs, NULL))
           != -1) {
        status = set_option(cli, o, option);
        if (status) {
            return status;
        }
    }
    if (optind + 1 != cli->argc && !o->help) {
        return pg_cli_usage(cli, "one request is needed, in quotes");
    }
    return 0;
}

int pg_cmd_explain(pg_cli_t *cli)
{
    options_t o = { .help = false };
    pg_sink_t sink = pg_cli_sink(stdout);
    pg_request_t request;
    pg_verdict_t verdict;
    int status = parse(cli, &o);

    if (status) {
        return status;
    }
    if (o.help) {
        pg_puts(&sink, help);
        return pg_cli_finish(cli, &sink, PG_EXIT_CLEAN);
    }
    take_apart(&request, cli, &o);
    pg_classify(&verdict, &request, o.own);
    put_parts(&sink, cli, &request);
    pg_puts(&sink, "\n");
    put_verdict(&sink, cli, &verdict);
    return pg_cli_finish(cli, &sink, verdict.class_id == PG_CLASS_CLEAN
                                     ? PG_EXIT_CLEAN : PG_EXIT_ATTEMPTS);
}
