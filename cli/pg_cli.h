/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What the commands of `proxyguard` share. */
#ifndef PG_CLI_H
#define PG_CLI_H

#include <getopt.h>
#include <stdio.h>

#include <apr_pools.h>

#include "pg_lang.h"
#include "pg_own.h"
#include "pg_sink.h"

/** Exit statuses; 64 and up are those of sysexits.h. */
enum {
    PG_EXIT_CLEAN = 0,           /* no attempt                            */
    PG_EXIT_ATTEMPTS = 1,        /* attempts, none relayed                */
    PG_EXIT_RELAYED = 2,         /* something was probably relayed        */
    PG_EXIT_UNKNOWN = 3,         /* undecided                             */
    PG_EXIT_USAGE = 64,
    PG_EXIT_DATA = 65,           /* invalid input                         */
    PG_EXIT_NO_INPUT = 66,       /* cannot be opened                      */
    PG_EXIT_INTERNAL = 70,
    PG_EXIT_OUTPUT = 74          /* reading or writing failed midway      */
};

/** The arguments of a command; argv[0] is "proxyguard NAME". */
typedef struct pg_cli_t {
    int argc;
    char **argv;
    pg_lang_e lang;
    apr_time_t now;              /* us since 1970                         */
    apr_pool_t *pool;
} pg_cli_t;

/** The options of a command. */
typedef struct pg_cli_spec_t {
    const char *help;            /* what --help prints                    */
    const char *shorts;          /* as getopt_long() wants them           */
    const struct option *longs;
    /* takes one, its value in optarg: 0, or an exit status after a message;
       never called for -h, PG_OPT_LANG and unknown options */
    int (*set)(pg_cli_t *cli, void *options, int option);
} pg_cli_spec_t;

/** Long options without a letter: most commands have --lang; the numbers of a
 *  command's own begin after it. */
enum { PG_OPT_LANG = 256, PG_OPT_OWN };

/**
 * Read the options; the arguments begin at optind.
 * @param status  when there is nothing left to do, the exit status
 * @return true to go on; false after --help or an error, with the text printed
 */
bool pg_cli_parse(pg_cli_t *cli, const pg_cli_spec_t *spec, void *options,
                  int *status);

/** "proxyguard NAME: sentence" on standard error. */
void pg_cli_say(const pg_cli_t *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The same with a pointer to --help; PG_EXIT_USAGE. */
int pg_cli_usage(const pg_cli_t *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Options that several commands have: 0, or PG_EXIT_USAGE after a message.
 *  The set of own names is made when the first one is added.
 *  @param any_port  a name without a port is ours on all of them */
int pg_cli_own(const pg_cli_t *cli, pg_own_t **own, const char *name,
               bool any_port);
/** "--tz": UTC, +0900 or -05:30, in minutes east of UTC. */
int pg_cli_zone(const pg_cli_t *cli, const char *text, int *minutes);
int pg_cli_number(const pg_cli_t *cli, const char *option, const char *text,
                  long max, long *out);

/** The row of a table that "--output" names, or NULL after a message that
 *  lists all names.
 *  @param also  a name in addition to those of the table; ""
 *  @param rows  each `size` bytes and beginning with its name; NULL after the
 *               last */
const void *pg_cli_output(const pg_cli_t *cli, const char *also,
                          const void *rows, apr_size_t size);

/** A sink that is a stream. */
pg_sink_t pg_cli_sink(FILE *stream);

/** Flush standard output. @return status, or PG_EXIT_OUTPUT after a failure */
int pg_cli_finish(const pg_cli_t *cli, const pg_sink_t *sink, int status);

/** Text from a client, escaped for a terminal, in pool. */
const char *pg_cli_safe(pg_span_t s, apr_pool_t *pool);

#endif
