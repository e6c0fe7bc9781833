/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard audit: has httpd itself read a configuration, with the module
 * loaded for the purpose, and prints what the module found. No server is
 * started, and no shell is involved. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_cmd.h"

#ifndef PROXYGUARD_MODULE_DIR
#define PROXYGUARD_MODULE_DIR "/usr/lib/apache2/modules"
#endif

static const char help[] =
"Usage: proxyguard audit [OPTION]...\n"
"Report what an httpd configuration leaves open, and how to fix it: runs\n"
"'httpd -t -D DUMP_PROXYGUARD' with mod_proxyguard loaded. Nothing is\n"
"started.\n\n"
"  -f, --file FILE      the main configuration file (default: httpd's own)\n"
"      --httpd PROGRAM  httpd to run (default: apache2 or httpd on the PATH)\n"
"      --module FILE    mod_proxyguard.so (default: next to this program, or\n"
"                       where it is installed)\n"
"  -D NAME              define a name for <IfDefine>; may be repeated\n"
"      --lang en|ja     language of the report (default: en)\n"
"  -h, --help           this text\n\n"
"Exit status: 0 nothing is open, 1 there are warnings, 2 third parties can\n"
"relay, 64 and up errors.\n";

enum { NOT_RUN = 127 };         /* as a shell would say          */

enum { OPT_HTTPD = PG_OPT_OWN, OPT_MODULE };

static const struct option longs[] = {
    { "file",   required_argument, NULL, 'f' },
    { "httpd",  required_argument, NULL, OPT_HTTPD },
    { "module", required_argument, NULL, OPT_MODULE },
    { "lang",   required_argument, NULL, PG_OPT_LANG },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct options_t {
    const char *file;
    const char *httpd;
    const char *module;
    apr_array_header_t *defines;
} options_t;

/* --- finding things ------------------------------------------------------ */

/* In a folder of the colon-separated list; NULL if it is in none. */
static const char *find_in(const char *list, const char *name,
                           apr_pool_t *pool)
{
    while (list && *list) {
        apr_size_t n = strcspn(list, ":");
        const char *path = apr_pstrcat(pool,
                                       apr_pstrmemdup(pool, list, n), "/",
                                       name, NULL);
        if (n && access(path, X_OK) == 0) {
            return path;
        }
        list += n + (list[n] == ':');
    }
    return NULL;
}

static const char *find_httpd(apr_pool_t *pool)
{
    static const char *const names[] = { "apache2", "httpd", NULL };
    const char *list = apr_pstrcat(pool, getenv("PATH") ? getenv("PATH") : "",
                                   ":/usr/sbin:/usr/local/sbin:/sbin", NULL);

    for (const char *const *name = names; *name; name++) {
        const char *found = find_in(list, *name, pool);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static const char *find_module(apr_pool_t *pool)
{
    char self[PATH_MAX];
    const char *beside, *slash;

    if (realpath("/proc/self/exe", self)) {
        slash = strrchr(self, '/');
        beside = apr_pstrcat(pool, apr_pstrmemdup(pool, self,
                             (apr_size_t)(slash + 1 - self)),
                             "mod_proxyguard.so", NULL);
        if (access(beside, R_OK) == 0) {
            return beside;
        }
    }
    beside = PROXYGUARD_MODULE_DIR "/mod_proxyguard.so";
    return access(beside, R_OK) == 0 ? beside : NULL;
}

/* Debian's configuration uses variables that its start script sets; those
 * already in the environment are not changed. */
static void set_variables(void)
{
    static const char *const variables[][2] = {
        { "APACHE_CONFDIR", "/etc/apache2" },
        { "APACHE_RUN_USER", "www-data" },
        { "APACHE_RUN_GROUP", "www-data" },
        { "APACHE_PID_FILE", "/var/run/apache2/apache2.pid" },
        { "APACHE_RUN_DIR", "/var/run/apache2" },
        { "APACHE_LOCK_DIR", "/var/lock/apache2" },
        { "APACHE_LOG_DIR", "/var/log/apache2" },
    };

    for (apr_size_t i = 0; i < sizeof(variables) / sizeof(variables[0]);
         i++) {
        setenv(variables[i][0], variables[i][1], 0);
    }
}

/* --- running httpd ------------------------------------------------------- */

static char **arguments(const options_t *o, pg_lang_e lang, apr_pool_t *pool)
{
    apr_array_header_t *args = apr_array_make(pool, 16, sizeof(char *));
    const char *fixed[] = {
        o->httpd, "-t", "-D", "DUMP_PROXYGUARD", "-D",
        apr_pstrcat(pool, "PROXYGUARD_LANG_", pg_lang_tag(lang), NULL), "-C",
        apr_pstrcat(pool, "LoadModule proxyguard_module \"", o->module, "\"",
                    NULL)
    };

    for (apr_size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        *(const char **)apr_array_push(args) = fixed[i];
    }
    for (int i = 0; i < o->defines->nelts; i++) {
        *(const char **)apr_array_push(args) = "-D";
        *(const char **)apr_array_push(args) =
            ((const char **)o->defines->elts)[i];
    }
    if (o->file) {
        *(const char **)apr_array_push(args) = "-f";
        *(const char **)apr_array_push(args) = o->file;
    }
    *(const char **)apr_array_push(args) = NULL;
    return (char **)args->elts;
}

/* httpd's standard output as a stream; its standard error is ours. */
static FILE *run(pid_t *child, char **args)
{
    int ends[2];

    if (pipe(ends) < 0) {
        return NULL;
    }
    *child = fork();
    if (*child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(args[0], args);
        _exit(NOT_RUN);
    }
    close(ends[1]);
    if (*child < 0) {
        close(ends[0]);
        return NULL;
    }
    return fdopen(ends[0], "r");
}

/* The exit status for a line of the audit's report (docs/audit.md). */
static int line_status(const char *line)
{
    const char *said = strstr(line, ": ");

    if (said && !strncmp(line, "vhost ", 6)) {
        return strncmp(said, ": open: ", 8) ? PG_EXIT_CLEAN : PG_EXIT_RELAYED;
    }
    if (said && !strncmp(line, "PG", 2)) {
        return !strncmp(said, ": critical:", 11) ? PG_EXIT_RELAYED
               : !strncmp(said, ": warning:", 10) ? PG_EXIT_ATTEMPTS
                                                  : PG_EXIT_CLEAN;
    }
    return PG_EXIT_CLEAN;
}

/* Copy what httpd prints, which names each virtual host.
 * @return the worst exit status; -1: there is no report in it */
static int copy_findings(FILE *from)
{
    char line[8192];
    int worst = -1;

    while (fgets(line, sizeof(line), from)) {
        fputs(line, stdout);
        if (!strncmp(line, "vhost ", 6) || !strncmp(line, "PG", 2)) {
            int status = line_status(line);
            worst = status > worst ? status : worst;
        }
    }
    return worst;
}

static int audit(const pg_cli_t *cli, const options_t *o)
{
    pg_sink_t sink = pg_cli_sink(stdout);
    pid_t child;
    FILE *from;
    int found, ended;

    set_variables();
    fflush(stdout);
    from = run(&child, arguments(o, cli->lang, cli->pool));
    if (from == NULL) {
        pg_cli_say(cli, "%s: %s", o->httpd, strerror(errno));
        return PG_EXIT_INTERNAL;
    }
    found = copy_findings(from);
    fclose(from);
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == NOT_RUN) {
        pg_cli_say(cli, "%s cannot be run", o->httpd);
        found = PG_EXIT_NO_INPUT;
    }
    else if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
        pg_cli_say(cli, "%s did not accept the configuration", o->httpd);
        found = PG_EXIT_DATA;
    }
    else if (found < 0) {
        pg_cli_say(cli, "%s printed no report of the audit", o->httpd);
        found = PG_EXIT_DATA;
    }
    return pg_cli_finish(cli, &sink, found);
}

/* --- options ------------------------------------------------------------- */

/* httpd would resolve it below its ServerRoot */
static int set_path(const pg_cli_t *cli, const char **out, const char *path)
{
    char *real = realpath(path, NULL);

    if (real == NULL) {
        pg_cli_say(cli, "%s: %s", path, strerror(errno));
        return PG_EXIT_NO_INPUT;
    }
    *out = apr_pstrdup(cli->pool, real);
    free(real);
    return 0;
}

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    switch (option) {
    case 'f':
        return set_path(cli, &o->file, optarg);
    case 'D':
        *(const char **)apr_array_push(o->defines) = optarg;
        return 0;
    case OPT_HTTPD:
        o->httpd = optarg;
        return 0;
    case OPT_MODULE:
        return set_path(cli, &o->module, optarg);
    default:                     /* getopt_long() lets no others through  */
        return PG_EXIT_INTERNAL;
    }
}

static const pg_cli_spec_t spec = { help, "f:D:h", longs, set_option };

static int find_programs(const pg_cli_t *cli, options_t *o)
{
    const char *given = o->httpd;

    if (given == NULL) {
        o->httpd = find_httpd(cli->pool);
    }
    else if (!strchr(given, '/')) {
        o->httpd = find_in(getenv("PATH"), given, cli->pool);
    }
    if (o->httpd == NULL && given == NULL) {
        pg_cli_say(cli, "httpd was not found; name it with --httpd");
        return PG_EXIT_NO_INPUT;
    }
    if (o->httpd == NULL || access(o->httpd, X_OK) != 0) {
        pg_cli_say(cli, "--httpd: '%s' is neither a program nor the name of "
                   "one on the PATH", given);
        return PG_EXIT_NO_INPUT;
    }
    if (o->module == NULL) {
        o->module = find_module(cli->pool);
    }
    if (o->module == NULL) {
        pg_cli_say(cli, "mod_proxyguard.so was not found; name it with "
                   "--module");
        return PG_EXIT_NO_INPUT;
    }
    return 0;
}

int pg_cmd_audit(pg_cli_t *cli)
{
    options_t o = {
        .defines = apr_array_make(cli->pool, 4, sizeof(char *))
    };
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    if (optind < cli->argc) {
        return pg_cli_usage(cli, "unexpected argument '%s'; name a "
                            "configuration with -f", cli->argv[optind]);
    }
    status = find_programs(cli, &o);
    return status ? status : audit(cli, &o);
}
