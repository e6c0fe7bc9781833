/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard explain: requests, or lines of a log, put into words. */
#include <sys/stat.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "pg_cmd.h"
#include "pg_conceal.h"
#include "pg_escape.h"
#include "pg_explaintext.h"
#include "pg_lines.h"
#include "pg_logjson.h"
#include "pg_loose_request.h"
#include "pg_tell.h"
#include "pg_urls.h"

enum {
    RAW_MAX = 65536,             /* octets of a raw request               */
    RAW_ROOM = RAW_MAX + 1,      /* to see that there are more            */
    KINDS_MAX = 40               /* explained per file                    */
};

static const char help[] =
"Usage: proxyguard explain [OPTION]... REQUEST|FILE...\n"
"Explain a request: 'GET http://example.com/ HTTP/1.1', a whole raw request\n"
"with its fields, or a line of a log; - reads it from standard input. In\n"
"several lines, or in a file, each kind is explained once.\n\n"
"  -o, --own-host NAME  a name or address of this server; may be repeated.\n"
"                       Without any, no name counts as this server's\n"
"  -e, --escaped        also undo escapes such as \\xNN inside a request\n"
"      --lang en|ja     language of the text\n"
"  -h, --help           this text\n\n"
"Exit status: 0 no attempt, 1 an attempt, 2 one that was probably relayed,\n"
"3 cannot tell, 64 and up errors.\n";

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

/* State shared while all lines are explained. */
typedef struct explainer_t {
    const pg_cli_t *cli;
    const options_t *o;
    pg_sink_t *sink;
    pg_reading_t reading;
    pg_tell_t tell;
    apr_hash_t *seen;            /* kinds that were explained             */
    int status;                  /* worst exit status so far; -1: none yet */
    int kinds, left;             /* kinds left out for lack of room        */
} explainer_t;

/* --- status -------------------------------------------------------------- */

static int exit_of(const pg_told_t *told)
{
    switch (pg_explaintext_first(told)) {
    case PG_PHRASE_TOLD_ATTEMPT:
    case PG_PHRASE_TOLD_REFUSED:
    case PG_PHRASE_TOLD_STOPPED:
    case PG_PHRASE_TOLD_UNCLEAR:
        return PG_EXIT_ATTEMPTS;
    case PG_PHRASE_TOLD_RELAYED:
    case PG_PHRASE_TOLD_CARRIED:
        return PG_EXIT_RELAYED;
    case PG_PHRASE_TOLD_UNKNOWN:
    case PG_PHRASE_TOLD_QUESTION:
    case PG_PHRASE_TOLD_MESSAGE:
        return PG_EXIT_UNKNOWN;
    default:
        return PG_EXIT_CLEAN;
    }
}

/* An attempt outranks an unknown, and that outranks a clean one. */
static int worse(int a, int b)
{
    static const int weight[] = { 0, 2, 3, 1 };

    return a < 0 || weight[b] > weight[a] ? b : a;
}

/* --- several lines ------------------------------------------------------- */

static void put_line(const explainer_t *x, pg_span_t text)
{
    apr_size_t size = pg_conceal_room(text);
    char *room = size ? apr_palloc(x->cli->pool, size) : NULL;

    text = pg_conceal_text(room, size, text);
    pg_sink_puts(x->sink, x->kinds ? "\n> " : "> ");
    pg_escape_text(x->sink, pg_escape_utf8_upto(text, 300));
    pg_sink_puts(x->sink, "\n");
}

/* Is it the first of its kind? */
static bool is_new(explainer_t *x, const pg_told_t *told)
{
    const char *key = apr_psprintf(x->cli->pool, "%d %d %d",
                                   (int)pg_explaintext_first(told),
                                   (int)told->verdict.class_id,
                                   (int)told->verdict.reason);

    if (apr_hash_get(x->seen, key, APR_HASH_KEY_STRING)) {
        return false;
    }
    apr_hash_set(x->seen, key, APR_HASH_KEY_STRING, key);
    x->left += x->kinds == KINDS_MAX;
    return x->kinds < KINDS_MAX;
}

static void explain_line(explainer_t *x, pg_span_t text, bool many)
{
    pg_told_t told;

    pg_tell_look(&told, &x->tell, text, x->o->escaped, x->o->own);
    x->status = worse(x->status, exit_of(&told));
    if (many) {
        if (!is_new(x, &told)) {
            return;
        }
        put_line(x, text);
    }
    x->kinds++;
    pg_explaintext_render(x->sink, &told, x->cli->lang, x->cli->pool);
}

/* @return false: not a list of JSON objects */
static bool explain_list(explainer_t *x, pg_span_t line)
{
    pg_span_t object;
    apr_size_t n = pg_logjson_record(&object, line);
    bool list = n > 0;

    for (; n; n = pg_logjson_record(&object, line)) {
        explain_line(x, object, true);
        line = pg_span_from(line, n);
    }
    if (list && line.len && line.ptr[0] != ']') {       /* the last of them */
        explain_line(x, line, true);
    }
    return list;
}

/* Only what separates the objects of a list. */
static bool is_separator(pg_span_t line)
{
    return pg_span_eq(line, PG_SPAN("[")) || pg_span_eq(line, PG_SPAN("]"))
           || pg_span_eq(line, PG_SPAN(","));
}

/* @param more  can the block be continued?
 * @return octets at its end: an object that is not whole in it */
static apr_size_t explain_block(explainer_t *x, pg_span_t block, bool more)
{
    bool open;

    while (block.len) {
        apr_size_t n = pg_logjson_spread(block, &open);
        pg_span_t line;
        if (open && more) {
            return block.len;
        }
        n = n ? n : pg_span_find(block, '\n');
        line = pg_span_trim(pg_span_upto(block, n));
        block = pg_span_from(block, n);
        if (block.len && (block.ptr[0] == '\n' || block.ptr[0] == ',')) {
            block = pg_span_from(block, 1);
        }
        if (line.len && !is_separator(line) && !explain_list(x, line)) {
            explain_line(x, line, true);
        }
    }
    return 0;
}

/* What the lines show together, from the beginning of a file or of a later
 * block: one of these is enough. */
static void look_at_block(explainer_t *x, pg_span_t block)
{
    apr_pool_t *pool;
    char *memory;

    apr_pool_create(&pool, x->cli->pool);
    memory = apr_palloc(pool, PG_READER_MEMORY(PG_URLS_HEAD));
    block = pg_span_upto(block, PG_URLS_HEAD);
    x->tell.composed = x->tell.composed
                       || pg_urls_everywhere(&x->reading, block, memory);
    if (x->tell.reader.pair == PG_PAIR_UNKNOWN) {
        x->tell.reader.pair = pg_reader_pair(&x->reading, block, memory);
    }
    apr_pool_destroy(pool);
}

static int explain_input(explainer_t *x, const char *path, apr_pool_t *pool)
{
    char *buffer = apr_palloc(pool, PG_LINE_MAX + PG_LINES_READ);
    pg_input_t *input;
    pg_lines_t lines;
    pg_span_t block;
    bool more = true;
    const char *wrong = pg_input_open(&input, path, 0, NULL, pool);

    if (wrong) {
        pg_cli_say(x->cli, "%s: %s", path, wrong);
        return PG_EXIT_NO_INPUT;
    }
    pg_lines_begin(&lines, input, buffer, 0, UINT64_MAX);
    pg_lines_gather(&lines, PG_URLS_HEAD);
    x->tell.composed = false;
    x->tell.reader.pair = PG_PAIR_UNKNOWN;
    while (pg_lines_next(&lines, &block)) {
        look_at_block(x, block);
        more = pg_lines_keep(&lines, explain_block(x, block, more));
    }
    wrong = pg_input_trouble(input);
    if (wrong) {
        pg_cli_say(x->cli, "%s: %s", path, wrong);
        return PG_EXIT_OUTPUT;
    }
    return 0;
}

static int explain_file(explainer_t *x, const char *path)
{
    apr_pool_t *pool;
    int status;

    apr_pool_create(&pool, x->cli->pool);
    status = explain_input(x, path, pool);
    apr_pool_destroy(pool);
    return status;
}

/* One request with its fields, and perhaps a body; or independent lines. */
static bool is_one(pg_span_t text)
{
    apr_size_t n = pg_span_find(text, '\n');
    pg_span_t second = pg_span_from(text, n + 1);
    apr_size_t colon;

    if (n == text.len || text.ptr[0] == 4 || text.ptr[0] == 5
        || pg_span_trim(second).len == 0) {
        return true;
    }
    if (!pg_loose_request_is_line(pg_span_upto(text, n))) {
        return false;
    }
    second = pg_span_upto(second, pg_span_find(second, '\n'));
    colon = pg_span_find(second, ':');
    return pg_span_trim(second).len == 0
           || (colon < second.len
               && pg_span_find_any(pg_span_upto(second, colon), " \t\"")
                  == colon);
}

static int explain_text(explainer_t *x, pg_span_t text)
{
    if (text.len > RAW_MAX) {
        pg_cli_say(x->cli, "a request has at most %d bytes; name a file",
                   RAW_MAX);
        return PG_EXIT_DATA;
    }
    if (is_one(text)) {
        if (!explain_list(x, pg_span_trim(text))) {
            explain_line(x, text, false);
        }
    }
    else {
        x->tell.composed = false;
        x->tell.reader.pair = PG_PAIR_UNKNOWN;
        look_at_block(x, text);
        (void)explain_block(x, text, false);
    }
    return 0;
}

static bool is_file(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

static int explain_stdin(explainer_t *x)
{
    char *text = apr_palloc(x->cli->pool, RAW_ROOM);
    apr_size_t n = fread(text, 1, RAW_ROOM, stdin);

    if (ferror(stdin)) {
        pg_cli_say(x->cli, "standard input could not be read");
        return PG_EXIT_OUTPUT;
    }
    return explain_text(x, pg_span_make(text, n));
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

static void prepare(explainer_t *x)
{
    pg_logformat_t *formats = apr_pcalloc(x->cli->pool,
                                          8 * sizeof(*formats));
    apr_size_t size = PG_READER_MEMORY(PG_LINE_MAX);

    x->reading = (pg_reading_t){ .format = formats, .json = true,
                                 .any = true, .now = x->cli->now };
    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_compile(&formats[x->reading.formats++], *name,
                             x->cli->pool);
    }
    pg_reader_begin(&x->tell.reader, &x->reading,
                    apr_palloc(x->cli->pool, size), size);
    x->seen = apr_hash_make(x->cli->pool);
    x->status = -1;
}

int pg_cmd_explain(pg_cli_t *cli)
{
    options_t o = { .own = NULL };
    pg_sink_t sink = pg_cli_sink(stdout);
    explainer_t x = { .cli = cli, .o = &o, .sink = &sink };
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    if (optind == cli->argc) {
        return pg_cli_usage(cli, "name a file, or give a request in quotes");
    }
    prepare(&x);
    for (int i = optind; i < cli->argc && status == 0; i++) {
        const char *arg = cli->argv[i];
        status = !strcmp(arg, "-") ? explain_stdin(&x)
                 : is_file(arg) ? explain_file(&x, arg)
                 : explain_text(&x, pg_span_str(arg));
    }
    if (x.left) {
        pg_cli_say(cli, "%d more kinds are not shown", x.left);
    }
    return pg_cli_finish(cli, &sink, status ? status
                         : x.status < 0 ? PG_EXIT_UNKNOWN : x.status);
}
