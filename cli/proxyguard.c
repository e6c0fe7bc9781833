/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The command: finds the sub-command and leaves the rest to it. */
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>

#include "pg_cmd.h"

typedef struct command_t {
    const char *name;
    int (*run)(pg_cli_t *cli);
    const char *help;
} command_t;

static const command_t commands[] = {
    { "scan", pg_cmd_scan,
      "find relay attempts in access logs" },
    { "show", pg_cmd_show,
      "show the contents of a ledger, live or not" },
    { "merge", pg_cmd_merge,
      "merge several ledgers into one" },
    { "compare", pg_cmd_compare,
      "compare sensors month by month" },
    { "report", pg_cmd_report,
      "write a monthly report: text, a page, Markdown or a mail" },
    { "sample", pg_cmd_sample,
      "print requests from the evidence log, with names masked" },
    { "mask", pg_cmd_mask,
      "mask the names and addresses in a text" },
    { "abuse", pg_cmd_abuse,
      "write abuse reports about the sources in the evidence log" },
    { "explain", pg_cmd_explain,
      "explain a request or a log line, and what to do about it" },
    { "classify", pg_cmd_classify,
      "write a line for each attempt in logs, for databases and pipes" },
    { "audit", pg_cmd_audit,
      "report what an httpd configuration leaves open" },
    { "mail", pg_cmd_mail,
      "read the mail that a sink has captured" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void show_help(FILE *out)
{
    fputs("Usage: proxyguard COMMAND [OPTION]... [ARGUMENT]...\n"
          "Find, show and explain attempts to use a web server as a relay.\n\n",
          out);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].help);
    }
    fputs("\nSee also 'proxyguard COMMAND --help' and proxyguard(1).\n",
          out);
}

/* Like gettext: the first of these that is set and not empty. */
static pg_lang_e lang_of_locale(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            pg_lang_e lang = pg_lang_by_tag(pg_span_str(value));
            return lang < PG_LANG_COUNT ? lang : PG_LANG_EN;
        }
    }
    return PG_LANG_EN;
}

/* Edits (one octet more, less or other, or two changed places) from one name
 * to another, when there are at most two; else three.
 * @see Damerau, CACM 7 (1964) 171 */
static int distance(const char *a, const char *b)
{
    enum { MOST = 16 };
    int d[MOST + 1][MOST + 1];
    int n = (int)strlen(a), m = (int)strlen(b);

    if (n > MOST || m > MOST) {
        return 3;
    }
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            int cost = i && j && a[i - 1] != b[j - 1];
            int best = i == 0 ? j : j == 0 ? i : d[i - 1][j - 1] + cost;
            best = i && d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
            best = j && d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
                && d[i - 2][j - 2] + 1 < best) {
                best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    }
    return d[n][m];
}

static void suggest(const char *name, apr_pool_t *pool)
{
    const char *nearest = NULL;
    int best = 3;

    for (int i = 0; i < COMMANDS; i++) {
        int far = distance(name, commands[i].name);
        if (far < best) {
            best = far;
            nearest = commands[i].name;
        }
    }
    fprintf(stderr, "proxyguard: '%s' is not a command",
            pg_cli_safe(pg_span_str(name), pool));
    if (nearest) {
        fprintf(stderr, "; did you mean '%s'?", nearest);
    }
    fputs("\n", stderr);
}

static int run(int argc, char **argv, apr_pool_t *pool)
{
    const char *word = argc > 1 ? argv[1] : "";
    pg_sink_t sink = pg_cli_sink(stdout);
    pg_cli_t cli = {
        .argc = argc - 1,
        .argv = argc > 1 ? argv + 1 : argv,
        .lang = lang_of_locale(),
        .now = apr_time_now(),
        .pool = pool,
    };

    cli.argv[0] = apr_pstrdup(pool, "proxyguard");
    for (int i = 0; i < COMMANDS; i++) {
        if (!strcmp(word, commands[i].name)) {
            cli.argv[0] = apr_pstrcat(pool, "proxyguard ", word, NULL);
            return commands[i].run(&cli);
        }
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        show_help(stdout);
        return pg_cli_finish(&cli, &sink, 0);
    }
    if (!strcmp(word, "--version")) {
        puts("proxyguard " PROXYGUARD_VERSION);
        return pg_cli_finish(&cli, &sink, 0);
    }
    if (argc > 1) {
        suggest(word, pool);
    }
    show_help(stderr);
    return PG_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    int status;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        fputs("proxyguard: out of memory\n", stderr);
        return PG_EXIT_INTERNAL;
    }
    status = run(argc, argv, pool);
    apr_terminate();
    return status;
}
