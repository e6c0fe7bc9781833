/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard merge: makes one ledger of many. */
#include <stdlib.h>
#include <sys/stat.h>

#include <apr_tables.h>

#include "pg_cmd.h"
#include "pg_ledger.h"

static const char help[] =
"Usage: proxyguard merge -o OUT IN...\n"
"Merge ledgers into one: those of several servers, or one that was set aside\n"
"and what was counted since. IN are ledgers, checkpoints, or copies of them;\n"
"they are only read. The order does not matter, and nothing counts twice: of\n"
"two states of one ledger the later one is used.\n\n"
"  -o, --output OUT       the new ledger; must not exist\n"
"  -h, --help             this text\n\n"
"A source that several ledgers have counts once if they were made with the\n"
"same ProxyGuardSecret; otherwise only a bound is known.\n\n"
"Exit status: 0 merged; 65 ledgers overlap in part, or include the same log;\n"
"66 one cannot be read; 74 OUT cannot be written.\n";

static const struct option longs[] = {
    { "output", required_argument, NULL, 'o' },
    { "help",   no_argument,       NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct input_t {
    const char *path;
    pg_ledger_t *ledger;
    const pg_snapshot_t *snapshot;
    bool held;                   /* by another one                        */
} input_t;

typedef struct merging_t {
    const char *out;
    input_t *input;
    int inputs;
} merging_t;

static int set_option(pg_cli_t *cli, void *options, int option)
{
    (void)cli;
    (void)option;                /* there is only one                     */
    ((merging_t *)options)->out = optarg;
    return 0;
}

static const pg_cli_spec_t spec = { help, "o:h", longs, set_option };

static int read_inputs(const pg_cli_t *cli, merging_t *m)
{
    const char *why;

    m->inputs = cli->argc - optind;
    m->input = apr_pcalloc(cli->pool, sizeof(*m->input)
                           * (apr_size_t)m->inputs);
    for (int i = 0; i < m->inputs; i++) {
        input_t *in = &m->input[i];
        pg_snapshot_t *snapshot;
        in->path = cli->argv[optind + i];
        if (pg_ledger_open_readonly(&in->ledger, in->path, &why, cli->pool)
            != APR_SUCCESS) {
            pg_cli_say(cli, "%s: %s", in->path, why);
            return PG_EXIT_NO_INPUT;
        }
        pg_ledger_figures(&snapshot, in->ledger, cli->now, cli->pool);
        in->snapshot = snapshot;
    }
    return 0;
}

/* Of two that contain each other, the first stays. */
static void leave_out_held(const pg_cli_t *cli, merging_t *m)
{
    for (int i = 0; i < m->inputs; i++) {
        for (int j = 0; j < m->inputs && !m->input[i].held; j++) {
            m->input[i].held = i != j && !m->input[j].held
                               && pg_ledger_holds(m->input[j].ledger,
                                                  m->input[i].ledger,
                                                  cli->pool);
        }
    }
}

/* --- logs that two ledgers hold ------------------------------------------ */

typedef struct log_t {
    unsigned char digest[16];
    int input;
} log_t;

typedef struct logs_t {
    apr_array_header_t *log;
    int input;                   /* being examined                        */
} logs_t;

static void take_log(void *to, const unsigned char digest[16])
{
    logs_t *logs = to;
    log_t *log = apr_array_push(logs->log);

    memcpy(log->digest, digest, sizeof(log->digest));
    log->input = logs->input;
}

static int by_digest(const void *a, const void *b)
{
    const log_t *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, sizeof(x->digest));

    return order ? order : x->input - y->input;
}

/* Ledgers record which logs were read into them: a log in two of them counts
 * twice in the sum. */
static int refuse_shared_logs(const pg_cli_t *cli, const merging_t *m)
{
    logs_t logs = { apr_array_make(cli->pool, 64, sizeof(log_t)), 0 };
    const log_t *log;

    for (; logs.input < m->inputs; logs.input++) {
        if (!m->input[logs.input].held) {
            pg_ledger_digests(m->input[logs.input].ledger, &logs, take_log);
        }
    }
    log = (const log_t *)logs.log->elts;
    qsort(logs.log->elts, (size_t)logs.log->nelts, sizeof(*log), by_digest);
    for (int i = 1; i < logs.log->nelts; i++) {
        if (pg_ledger_same(log[i - 1].digest, log[i].digest)) {
            pg_cli_say(cli, "%s: it includes a log that %s includes, too, or "
                       "one that begins like it, which would count twice. "
                       "Read the logs again, each into one ledger only, or "
                       "leave out one of these ledgers",
                       m->input[log[i].input].path,
                       m->input[log[i - 1].input].path);
            return PG_EXIT_DATA;
        }
    }
    return 0;
}

/* --- adding up ----------------------------------------------------------- */

static int compare(apr_uint64_t a, apr_uint64_t b)
{
    return (a > b) - (a < b);
}

/* What a list may have missed depends on the order of adding, which must not
 * depend on the order in which the ledgers were named. */
static int by_age(const void *a, const void *b)
{
    const input_t *x = a, *y = b;
    int order = compare((apr_uint64_t)x->snapshot->since,
                        (apr_uint64_t)y->snapshot->since);

    return order ? order : compare(pg_ledger_number(x->ledger),
                                   pg_ledger_number(y->ledger));
}

/* How many that add something have this key? */
static apr_uint64_t sharing(const merging_t *m, const pg_snapshot_t *one)
{
    apr_uint64_t n = 0;

    for (int i = 0; i < m->inputs; i++) {
        n += !m->input[i].held
             && m->input[i].snapshot->key_id == one->key_id;
    }
    return n;
}

/* Above: the one whose key more others share, or which has more sources. */
static int by_rank(const merging_t *m, const pg_snapshot_t *a,
                   const pg_snapshot_t *b)
{
    int order = compare(sharing(m, a), sharing(m, b));

    order = order ? order : compare(a->sources.estimate, b->sources.estimate);
    return order ? order : compare(b->key_id, a->key_id);
}

/* The one by whose key the sources of the sum are told apart. */
static const input_t *leader(const merging_t *m)
{
    const input_t *best = m->input;

    for (int i = 1; i < m->inputs; i++) {
        if (by_rank(m, m->input[i].snapshot, best->snapshot) > 0) {
            best = &m->input[i];
        }
    }
    return best;
}

static int add_up(const pg_cli_t *cli, const merging_t *m, pg_ledger_t *sum)
{
    for (int i = 0; i < m->inputs; i++) {
        const input_t *in = &m->input[i];
        apr_status_t status = APR_SUCCESS;

        if (!in->held) {
            status = pg_ledger_merge(sum, in->ledger, cli->now, cli->pool);
        }
        if (APR_STATUS_IS_EEXIST(status)) {
            pg_cli_say(cli, "%s: it overlaps with another of these ledgers, "
                       "and neither contains the other: merge the ledgers "
                       "that they were made from", in->path);
            return PG_EXIT_DATA;
        }
        if (status != APR_SUCCESS) {
            pg_cli_say(cli, "%s: more than 2048 ledgers in one", in->path);
            return PG_EXIT_DATA;
        }
    }
    return 0;
}

static int write_out(const pg_cli_t *cli, const merging_t *m,
                     const pg_ledger_t *sum)
{
    pg_ledger_options_t options = { .path = m->out, .lanes = 1,
                                    .key_of = sum };
    pg_ledger_t *out;
    pg_opening_t opening;
    apr_status_t status = pg_ledger_open(&out, &opening, &options,
                                         m->input[0].snapshot->since,
                                         cli->pool);

    if (status == APR_SUCCESS) {
        status = pg_ledger_merge(out, sum, cli->now, cli->pool);
        opening.why = "the ledgers cannot be merged";
    }
    if (status != APR_SUCCESS) {
        pg_cli_say(cli, "%s: %s", m->out, opening.why);
        return PG_EXIT_OUTPUT;
    }
    return 0;
}

static int merge(const pg_cli_t *cli, merging_t *m)
{
    pg_ledger_t *sum;
    int status = read_inputs(cli, m);

    if (status) {
        return status;
    }
    qsort(m->input, (size_t)m->inputs, sizeof(*m->input), by_age);
    leave_out_held(cli, m);
    status = refuse_shared_logs(cli, m);
    if (status) {
        return status;
    }
    if (pg_ledger_heap_like(&sum, leader(m)->ledger,
                            m->input[0].snapshot->since, cli->pool)
        != APR_SUCCESS) {
        return PG_EXIT_INTERNAL;
    }
    status = add_up(cli, m, sum);
    return status ? status : write_out(cli, m, sum);
}

int pg_cmd_merge(pg_cli_t *cli)
{
    merging_t m = { .out = NULL };
    struct stat st;
    int status;

    if (!pg_cli_parse(cli, &spec, &m, &status)) {
        return status;
    }
    if (m.out == NULL) {
        return pg_cli_usage(cli, "name the new ledger with -o");
    }
    if (optind == cli->argc) {
        return pg_cli_usage(cli, "name the ledgers to merge");
    }
    if (lstat(m.out, &st) == 0) {
        pg_cli_say(cli, "%s: exists already; -o needs an unused name", m.out);
        return PG_EXIT_OUTPUT;
    }
    return merge(cli, &m);
}
