/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard sample and mask: take requests that are fit for publication from
 * evidence, and mask the names in any text. The originals are not changed. */
#include <stdlib.h>

#include "pg_capture.h"
#include "pg_clireport.h"
#include "pg_cmd.h"
#include "pg_evidencefile.h"

static const char sample_help[] =
"Usage: proxyguard sample [OPTION]... [FILE]...\n"
"Print requests from evidence logs as received, with names and addresses\n"
"masked: mx0.hinet.com.tw becomes mx0.●▲■.com.tw. Without\n"
"FILE, or with -, read standard input.\n\n"
"  -n, --number N     how many of each class (default 1)\n"
"      --class CLASS  only that class, such as connect-mail\n"
"      --plain        mask nothing\n"
"      --no-path      leave out what follows a host\n"
"      --key FILE     give the same pseudonyms with the same file; otherwise\n"
"                     they are the same only within one run\n"
"  -h, --help         this text\n\n"
"Exit status: 0, or 64 and up for errors.\n";

static const char mask_help[] =
"Usage: proxyguard mask [OPTION]... [FILE]...\n"
"Copy a text with the host names and addresses in it masked, as 'proxyguard\n"
"sample' does.\n\n"
"      --no-path   leave out what follows a host\n"
"      --key FILE  give the same pseudonyms with the same file; otherwise\n"
"                  they are the same only within one run\n"
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

typedef struct options_t {
    pg_evidencefile_line_fn *line;
    pg_sink_t sink;
    pg_article_t mask;
    long number;                 /* of each class                         */
    int only;                    /* a class; -1 = all                     */
    bool plain;
    long shown[PG_CLASS_COUNT];
    apr_uint64_t lines, unread;
    apr_pool_t *pool;            /* of one line                           */
} options_t;

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
        o->mask.paths = false;
        return 0;
    default:
        return pg_clireport_key(cli, &o->mask.key, optarg);
    }
}

static bool sample_line(void *to, pg_span_t text)
{
    options_t *o = to;
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL);
    pg_class_e c = pg_evidencefile_class(line);

    o->lines++;
    if (c == PG_CLASS_CLEAN) {
        o->unread += !pg_capture_is_line(text);
    }
    else if ((o->only < 0 || o->only == (int)c) && o->shown[c] < o->number) {
        o->shown[c]++;
        pg_evidencefile_put_all(&o->sink, o->plain ? NULL : &o->mask, line);
    }
    json_decref(line);
    return o->sink.status == APR_SUCCESS;
}

/* A line of evidence, whose members are known to contain hosts or not. */
static bool mask_evidence(options_t *o, pg_span_t text)
{
    json_t *line = json_loadb(text.ptr, text.len, 0, NULL), *out = NULL;
    pg_span_t room[PG_EVIDENCEFILE_KNOWN];
    char *masked = NULL;
    bool done;

    if (pg_evidencefile_class(line) != PG_CLASS_CLEAN
        || (line && pg_capture_is_line(text))) {
        pg_article_t mask = pg_evidencefile_mask(&o->mask, room, line);

        out = pg_evidencefile_masked(&mask, "", line, o->pool);
        masked = json_dumps(out, JSON_COMPACT);
        pg_sink_puts(&o->sink, masked ? masked : "");
        apr_pool_clear(o->pool);
    }
    done = masked != NULL;
    free(masked);
    json_decref(out);
    json_decref(line);
    return done;
}

static bool mask_line(void *to, pg_span_t text)
{
    options_t *o = to;

    if (!mask_evidence(o, text)) {
        pg_article_put(&o->sink, &o->mask, text);
    }
    pg_sink_puts(&o->sink, "\n");
    return o->sink.status == APR_SUCCESS;
}

static int run(pg_cli_t *cli, const pg_cli_spec_t *spec, options_t *o)
{
    int status;

    o->mask.paths = true;
    if (apr_generate_random_bytes((unsigned char *)&o->mask.key,
                                  sizeof(o->mask.key)) != APR_SUCCESS) {
        return PG_EXIT_INTERNAL;
    }
    if (!pg_cli_parse(cli, spec, o, &status)) {
        return status;
    }
    apr_pool_create(&o->pool, cli->pool);
    o->sink = pg_cli_sink(stdout);
    status = pg_evidencefile_read(cli, o->line, o);
    if (status == 0) {
        status = pg_evidencefile_judge(cli, o->unread, o->lines);
    }
    return pg_cli_finish(cli, &o->sink, status);
}

int pg_cmd_sample(pg_cli_t *cli)
{
    static const pg_cli_spec_t spec = { sample_help, "n:h", sample_longs,
                                        set_option };
    options_t o = { .line = sample_line, .number = 1, .only = -1 };

    return run(cli, &spec, &o);
}

int pg_cmd_mask(pg_cli_t *cli)
{
    static const pg_cli_spec_t spec = { mask_help, "h", mask_longs,
                                        set_option };
    options_t o = { .line = mask_line };

    return run(cli, &spec, &o);
}
