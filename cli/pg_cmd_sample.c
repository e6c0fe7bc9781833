/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard sample and mask: evidence as requests fit for print, and any text
 * with the names in it masked. The originals stay as they are. */
#include <stdlib.h>

#include <apr_strings.h>
#include <jansson.h>

#include "pg_article.h"
#include "pg_clireport.h"
#include "pg_escape.h"

static const char sample_help[] =
"Usage: proxyguard sample [OPTION]... [FILE]...\n"
"Print requests from evidence logs as they came in, with the names and\n"
"addresses in them masked: mx0.hinet.com.tw is mx0.●▲■.com.tw. Without\n"
"FILE, or with -, read standard input.\n\n"
"  -n, --number N     so many of each class, 1 by default\n"
"      --class CLASS  only that class, such as connect-mail\n"
"      --plain        mask nothing\n"
"      --no-path      leave out what follows a host\n"
"      --key FILE     mask alike wherever that file is the same; otherwise\n"
"                     only within one run\n"
"  -h, --help         this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

static const char mask_help[] =
"Usage: proxyguard mask [OPTION]... [FILE]...\n"
"Copy a text with the host names and addresses in it masked, as 'proxyguard\n"
"sample' does.\n\n"
"      --no-path   leave out what follows a host\n"
"      --key FILE  mask alike wherever that file is the same; otherwise only\n"
"                  within one run\n"
"  -h, --help      this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

enum { OPT_CLASS = PG_OPT_OWN, OPT_PLAIN, OPT_NO_PATH, OPT_KEY };

static const struct option sample_longs[] = {
    { "number",  required_argument, NULL, 'n' },
    { "class",   required_argument, NULL, OPT_CLASS },
    { "plain",   no_argument,       NULL, OPT_PLAIN },
    { "no-path", no_argument,       NULL, OPT_NO_PATH },
    { "key",     required_argument, NULL, OPT_KEY },
    { "help",    no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

static const struct option mask_longs[] = {
    { "no-path", no_argument,       NULL, OPT_NO_PATH },
    { "key",     required_argument, NULL, OPT_KEY },
    { "help",    no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t options_t;
struct options_t {
    void (*line)(options_t *o, pg_span_t line);
    pg_sink_t sink;
    pg_key_t key;
    long number;                 /* of each class                         */
    int only;                    /* a class; -1 = all                     */
    bool plain, paths;
    long shown[PG_CLASS_COUNT];
    apr_uint64_t lines, unread;
};

/* --- options ------------------------------------------------------------- */

static int set_key(const pg_cli_t *cli, options_t *o, const char *path)
{
    static const pg_key_t first = { .k = { 0x70726f7879677561, 1 } };
    static const pg_key_t second = { .k = { 0x70726f7879677561, 2 } };
    char secret[4096];
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(secret, 1, sizeof(secret), file) : 0;

    if (file) {
        fclose(file);
    }
    if (n < 16) {
        pg_cli_say(cli, "--key: %s does not hold the 16 bytes that a secret "
                   "needs", path);
        return PG_EXIT_NO_INPUT;
    }
    o->key.k[0] = pg_hash_sip(&first, secret, n, 2, 4);
    o->key.k[1] = pg_hash_sip(&second, secret, n, 2, 4);
    return 0;
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'n':
        return pg_cli_number(cli, "--number", optarg, 1000000, &o->number);
    case OPT_CLASS:
        o->only = (int)pg_vocab_class_by_name(pg_span_str(optarg));
        return o->only == PG_CLASS_CLEAN
            ? pg_cli_usage(cli, "--class: '%s' is not a class", optarg) : 0;
    case OPT_PLAIN:
        o->plain = true;
        return 0;
    case OPT_NO_PATH:
        o->paths = false;
        return 0;
    default:
        return set_key(cli, o, optarg);
    }
}

/* --- what is written ----------------------------------------------------- */

static void put(options_t *o, const char *text)
{
    if (text && o->plain) {
        pg_escape_text(&o->sink, pg_span_str(text));
    }
    else if (text) {
        pg_article_put(&o->sink, &o->key, pg_span_str(text), o->paths);
    }
}

static const json_t *member(const json_t *object, const char *path)
{
    char name[32];

    while (object && *path) {
        apr_size_t n = strcspn(path, ".");

        apr_cpystrn(name, path, n + 1 < sizeof(name) ? n + 1 : sizeof(name));
        object = json_object_get(object, name);
        path += n + (path[n] == '.');
    }
    return object;
}

static const char *text_of(const json_t *line, const char *path)
{
    return json_string_value(member(line, path));
}

/* The request line. What has no method is no HTTP: SOCKS, a bare order. */
static void put_request(options_t *o, const json_t *line)
{
    const char *method = text_of(line, "http.request.method");
    const char *version = text_of(line, "http.version");

    if (method) {
        pg_escape_text(&o->sink, pg_span_str(method));
        pg_sink_puts(&o->sink, " ");
    }
    put(o, text_of(line, "url.original"));
    if (version) {
        pg_sink_puts(&o->sink, " HTTP/");
        pg_escape_text(&o->sink, pg_span_str(version));
    }
    pg_sink_puts(&o->sink, "\n");
}

static void put_evidence(options_t *o, const json_t *line)
{
    const json_t *headers = member(line, "http.request.headers");

    pg_sink_puts(&o->sink, "# ");
    put(o, text_of(line, "@timestamp"));
    pg_sink_puts(&o->sink, " ");
    put(o, text_of(line, "source.address"));
    pg_sink_puts(&o->sink, " ");
    put(o, text_of(line, "proxyguard.class"));
    pg_sink_puts(&o->sink, " ");
    put(o, text_of(line, "proxyguard.outcome"));
    pg_sink_puts(&o->sink, "\n");
    put_request(o, line);
    for (size_t i = 0; i < json_array_size(headers); i++) {
        put(o, json_string_value(json_array_get(headers, i)));
        pg_sink_puts(&o->sink, "\n");
    }
    pg_sink_puts(&o->sink, "\n");
}

static void sample_line(options_t *o, pg_span_t text)
{
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL);
    const char *name = text_of(line, "proxyguard.class");
    pg_class_e c = pg_vocab_class_by_name(pg_span_str(name));

    o->lines++;
    if (c == PG_CLASS_CLEAN) {
        o->unread++;
    }
    else if ((o->only < 0 || o->only == (int)c) && o->shown[c] < o->number) {
        o->shown[c]++;
        put_evidence(o, line);
    }
    json_decref(line);
}

static void mask_line(options_t *o, pg_span_t text)
{
    pg_article_put(&o->sink, &o->key, text, o->paths);
    pg_sink_puts(&o->sink, "\n");
}

/* --- the commands -------------------------------------------------------- */

static int read_file(const pg_cli_t *cli, options_t *o, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    bool failed;

    if (file == NULL) {
        pg_cli_say(cli, "%s: cannot be opened", path);
        return PG_EXIT_NO_INPUT;
    }
    while (o->sink.status == APR_SUCCESS
           && (n = getline(&line, &size, file)) > 0) {
        o->line(o, pg_span_make(line, (apr_size_t)(n - (line[n - 1] == '\n'))));
    }
    failed = ferror(file) != 0;
    free(line);
    if (!standard) {
        fclose(file);
    }
    if (failed) {
        pg_cli_say(cli, "%s: cannot be read to its end", path);
    }
    return failed ? PG_EXIT_OUTPUT : 0;
}

static int run(pg_cli_t *cli, const pg_cli_spec_t *spec, options_t *o)
{
    int status;

    if (apr_generate_random_bytes((unsigned char *)&o->key, sizeof(o->key))
        != APR_SUCCESS) {
        return PG_EXIT_INTERNAL;
    }
    if (!pg_cli_parse(cli, spec, o, &status)) {
        return status;
    }
    o->sink = pg_cli_sink(stdout);
    status = optind == cli->argc ? read_file(cli, o, "-") : 0;
    for (int i = optind; i < cli->argc && status == 0; i++) {
        status = read_file(cli, o, cli->argv[i]);
    }
    if (status == 0 && o->unread) {
        pg_cli_say(cli, "%" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " lines "
                   "are not lines of an evidence log", o->unread, o->lines);
        status = o->unread == o->lines ? PG_EXIT_DATA : 0;
    }
    return pg_cli_finish(cli, &o->sink, status);
}

int pg_cmd_sample(pg_cli_t *cli)
{
    static const pg_cli_spec_t spec = { sample_help, "n:h", sample_longs,
                                        set_option };
    options_t o = { .line = sample_line, .number = 1, .only = -1,
                    .paths = true };

    return run(cli, &spec, &o);
}

int pg_cmd_mask(pg_cli_t *cli)
{
    static const pg_cli_spec_t spec = { mask_help, "h", mask_longs,
                                        set_option };
    options_t o = { .line = mask_line, .paths = true };

    return run(cli, &spec, &o);
}
