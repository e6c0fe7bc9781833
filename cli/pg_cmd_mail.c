/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* proxyguard mail: captured mail, from the file in which the sink keeps it.
 * Nothing in it is connected to, loaded or run. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_campaign.h"
#include "pg_cmd.h"
#include "pg_escape.h"
#include "pg_mailjson.h"
#include "pg_mailtext.h"
#include "pg_mbox.h"
#include "pg_sha256.h"

static const char help[] =
"Usage: proxyguard mail list SPOOL\n"
"       proxyguard mail show SPOOL ID\n"
"       proxyguard mail campaigns SPOOL\n"
"       proxyguard mail export [--eml|--maildir|--json] SPOOL FOLDER\n"
"       proxyguard mail report --arf SPOOL ID\n"
"Read the mail that the sink has captured in SPOOL (ProxyGuardSinkSpool).\n\n"
"  list                 a line for each mail: id, time, source, target, kept,\n"
"                       bytes, subject\n"
"  show                 one mail as plain text; only name, type, size and\n"
"                       SHA-256 of attachments\n"
"  campaigns            mails that share most of their wording, grouped\n"
"  export               write each mail to a file in FOLDER, named after its\n"
"                       id; a second run adds only new mail\n"
"      --eml            FOLDER/ID.eml, as it was sent (default)\n"
"      --maildir        FOLDER/new/ID, as it was sent, beside tmp and cur\n"
"      --json           FOLDER/ID.json: envelope, header fields and text\n"
"                       under the names of the evidence log; name, size and\n"
"                       SHA-256 of attachments\n"
"  report               write an abuse report to standard output, with masked\n"
"                       recipients\n"
"      --arf            in the form of RFC 5965\n"
"  -h, --help           this text\n\n"
"Exit status: 0; 64 and up errors.\n";

enum { FIELD_MOST = 240 };       /* octets, each of which may become four  */
enum { OPT_EML = PG_OPT_OWN, OPT_MAILDIR, OPT_JSON, OPT_ARF };

static const struct option longs[] = {
    { "eml",     no_argument, NULL, OPT_EML },
    { "maildir", no_argument, NULL, OPT_MAILDIR },
    { "json",    no_argument, NULL, OPT_JSON },
    { "arf",     no_argument, NULL, OPT_ARF },
    { "help",    no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};

typedef struct mail_t {
    pg_mbox_read_t read;
    pg_span_t message;           /* as it was sent                        */
    pg_span_t header;
} mail_t;

typedef struct options_t {
    int form;                    /* OPT_EML, OPT_MAILDIR or OPT_JSON      */
    bool arf;
    pg_span_t spool;             /* its octets                            */
    const char *what;            /* ID or FOLDER; NULL                    */
} options_t;

static int set_option(pg_cli_t *cli, void *options, int option)
{
    options_t *o = options;

    (void)cli;
    o->arf |= option == OPT_ARF;
    o->form = option == OPT_ARF ? o->form : option;
    return 0;
}

static const pg_cli_spec_t spec = { help, "h", longs, set_option };

/* --- the spool ----------------------------------------------------------- */

/* A regular file. @return NULL, or why it cannot be read */
static const char *read_file(pg_span_t *out, const char *path,
                             apr_pool_t *pool)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    apr_size_t n = 0, size;
    char *octets;
    bool good;

    if (fd < 0) {
        return strerror(errno);
    }
    good = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    size = good ? (apr_size_t)info.st_size : 0;
    octets = apr_palloc(pool, size);
    while (good && n < size) {
        ssize_t got = read(fd, octets + n, size - n);

        good = got > 0;
        n += good ? (apr_size_t)got : 0;
    }
    close(fd);
    *out = pg_span_make(octets, n);
    return good ? NULL : "it is not a file, or changes";
}

static int read_spool(pg_cli_t *cli, pg_span_t *out, const char *path)
{
    const char *wrong = read_file(out, path, cli->pool);

    if (wrong) {
        pg_cli_say(cli, "'%s' cannot be read: %s", path, wrong);
        return PG_EXIT_NO_INPUT;
    }
    if (out->len > 0 && !pg_span_istarts(*out, PG_SPAN("From "))) {
        pg_cli_say(cli, "'%s' is not a mailbox", path);
        return PG_EXIT_DATA;
    }
    return 0;
}

/* The next message of ours. */
static bool next_mail(mail_t *out, pg_span_t *rest, apr_pool_t *pool)
{
    char *octets;
    pg_span_t body;

    do {
        if (!pg_mbox_next(&out->read, rest)) {
            return false;
        }
    } while (!out->read.ours);
    octets = apr_palloc(pool, out->read.message.len);
    out->message = pg_span_make(octets, pg_mbox_unquote(octets,
                                                        out->read.message));
    /* If a process was killed, empty lines of the mailbox follow. */
    out->message = pg_span_upto(out->message, out->read.size);
    pg_mime_split(&out->header, &body, out->message);
    return true;
}

static const char *safe_field(const mail_t *mail, pg_mbox_e f,
                              apr_pool_t *pool)
{
    pg_span_t s = mail->read.field[f];

    return s.len ? pg_cli_safe(s, pool) : "-";
}

/* Find a mail; its message is in pool. @return 0, or PG_EXIT_DATA after an
 * error message */
static int find(pg_cli_t *cli, mail_t *out, const options_t *o)
{
    pg_span_t rest = o->spool;

    while (next_mail(out, &rest, cli->pool)) {
        if (pg_span_eq(out->read.field[PG_MBOX_ID], pg_span_str(o->what))) {
            return 0;
        }
    }
    pg_cli_say(cli, "no mail has the id '%s'", o->what);
    return PG_EXIT_DATA;
}

/* --- list ---------------------------------------------------------------- */

static int list(pg_cli_t *cli, const options_t *o)
{
    pg_sink_t sink = pg_cli_sink(stdout);
    pg_span_t rest = o->spool;
    apr_pool_t *pool;
    mail_t mail;

    apr_pool_create(&pool, cli->pool);
    while (next_mail(&mail, &rest, pool)) {
        pg_span_t from = mail.read.from;
        pg_span_t time = pg_span_trim(pg_span_from(from, pg_span_find(from,
                                                                      ' ')));

        pg_sink_putf(&sink, "%s  %s  %s  %s  %s  %s  ",
                     safe_field(&mail, PG_MBOX_ID, pool),
                     pg_cli_safe(time, pool),
                     safe_field(&mail, PG_MBOX_SOURCE, pool),
                     safe_field(&mail, PG_MBOX_TARGET, pool),
                     safe_field(&mail, PG_MBOX_KEPT, pool),
                     safe_field(&mail, PG_MBOX_SIZE, pool));
        pg_escape_text(&sink, pg_mailtext_field(mail.header, "Subject",
                                                pool));
        pg_sink_puts(&sink, "\n");
        apr_pool_clear(pool);
    }
    return pg_cli_finish(cli, &sink, 0);
}

/* --- show ---------------------------------------------------------------- */

typedef struct show_t {
    pg_sink_t *sink;
    apr_pool_t *pool;
} show_t;

/* Keep line ends, escape everything else. */
static void put_lines(pg_sink_t *sink, pg_span_t text)
{
    while (text.len > 0) {
        pg_span_t line = pg_span_take(&text, '\n');

        if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
            line.len--;
        }
        pg_escape_text(sink, line);
        pg_sink_puts(sink, "\n");
    }
}

static void show_part(void *ctx, const pg_mime_part_t *part)
{
    show_t *show = ctx;
    char hash[2 * PG_SHA256_SIZE + 1];
    char *octets;
    apr_size_t n;

    if (!part->attachment) {
        pg_sink_puts(show->sink, "\n");
        put_lines(show->sink, pg_mailtext_part(part, show->pool));
        return;
    }
    octets = apr_palloc(show->pool, part->body.len + 1);
    n = pg_mime_decode(octets, part->body, part->encoding);
    pg_sha256_text(hash, PG_SHA256_SIZE, pg_span_make(octets, n));
    pg_sink_puts(show->sink, "\nattachment: ");
    pg_escape_text(show->sink, part->name.len ? part->name : PG_SPAN("-"));
    pg_sink_puts(show->sink, "  ");
    pg_escape_text(show->sink, part->type);
    pg_sink_putf(show->sink, "  %" APR_SIZE_T_FMT " bytes  sha256=%s\n", n,
                 hash);
}

static void show_fields(pg_sink_t *sink, const mail_t *mail,
                        apr_pool_t *pool)
{
    static const char *const names[] = { "From", "To", "Cc", "Reply-To",
                                         "Date", "Subject", NULL };

    for (const char *const *name = names; *name; name++) {
        pg_span_t value = pg_mailtext_field(mail->header, *name, pool);

        if (value.len > 0) {
            pg_sink_putf(sink, "%s: ", *name);
            pg_escape_text(sink, value);
            pg_sink_puts(sink, "\n");
        }
    }
}

static int show(pg_cli_t *cli, const options_t *o)
{
    pg_sink_t sink = pg_cli_sink(stdout);
    show_t ctx = { .sink = &sink, .pool = cli->pool };
    mail_t mail;
    int status = find(cli, &mail, o);

    if (status) {
        return status;
    }
    put_lines(&sink, mail.read.envelope);
    pg_sink_puts(&sink, "\n");
    show_fields(&sink, &mail, cli->pool);
    (void)pg_mime_walk(mail.message, show_part, &ctx);
    return pg_cli_finish(cli, &sink, 0);
}

/* --- campaigns ----------------------------------------------------------- */

typedef struct group_t {
    pg_campaign_mail_t first;
    apr_uint64_t mails;
} group_t;

static group_t *group_of(apr_array_header_t *groups,
                         const pg_campaign_mail_t *mail)
{
    group_t *best = NULL;
    unsigned most = PG_CAMPAIGN_ALIKE - 1;

    for (int i = 0; i < groups->nelts; i++) {
        group_t *one = &APR_ARRAY_IDX(groups, i, group_t);
        unsigned alike = pg_campaign_alike(one->first.sketch, mail->sketch);

        if (alike > most) {
            most = alike;
            best = one;
        }
    }
    return best;
}

static int campaigns(pg_cli_t *cli, const options_t *o)
{
    apr_array_header_t *groups = apr_array_make(cli->pool, 16,
                                                sizeof(group_t));
    pg_sink_t sink = pg_cli_sink(stdout);
    pg_span_t rest = o->spool;
    apr_pool_t *pool;
    mail_t mail;

    apr_pool_create(&pool, cli->pool);
    while (next_mail(&mail, &rest, pool)) {
        pg_campaign_mail_t look;
        group_t *group;

        pg_campaign_look(&look, apr_palloc(pool, mail.message.len + 1),
                         mail.message);
        group = look.has_text ? group_of(groups, &look) : NULL;
        if (group == NULL && look.has_text) {
            group = apr_array_push(groups);
            *group = (group_t){ .first = look };
        }
        if (group) {
            group->mails++;
        }
        apr_pool_clear(pool);
    }
    for (int i = 0; i < groups->nelts; i++) {
        const group_t *g = &APR_ARRAY_IDX(groups, i, group_t);

        pg_sink_putf(&sink, "%" APR_UINT64_T_FMT "  %s  %s  %s\n", g->mails,
                     pg_cli_safe(pg_span_str(g->first.charset), cli->pool),
                     pg_cli_safe(pg_span_str(g->first.lure), cli->pool),
                     pg_cli_safe(pg_mailtext_field(
                         pg_span_str(apr_pstrcat(cli->pool, "Subject: ",
                                                 g->first.subject, NULL)),
                         "Subject", cli->pool), cli->pool));
    }
    return pg_cli_finish(cli, &sink, 0);
}

/* --- export -------------------------------------------------------------- */

/* An id has the form of ours; nothing else in the file counts as one. */
static bool is_name(pg_span_t id)
{
    for (apr_size_t i = 0; i < id.len; i++) {
        if (!pg_octet_is_hex(id.ptr[i]) && id.ptr[i] != '-') {
            return false;
        }
    }
    return id.len > 0 && id.len < 64;
}

typedef struct export_t {
    const options_t *o;
    apr_hash_t *read;            /* ids that a mail reader moved to cur;
                                    NULL: not a maildir                   */
    apr_uint64_t written, there, differ;
} export_t;

static int write_file(pg_cli_t *cli, export_t *to, const char *path,
                      pg_span_t octets, apr_pool_t *pool)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    ssize_t n = fd >= 0 ? write(fd, octets.ptr, octets.len) : -1;
    bool good = n == (ssize_t)octets.len;
    int error = n < 0 ? errno : ENOSPC;

    if (fd < 0 && error == EEXIST) {
        pg_span_t there = PG_ABSENT; /* from an earlier run, or not ours   */
        bool same = read_file(&there, path, pool) == NULL
                    && pg_span_eq(there, octets);

        to->there += same;
        to->differ += !same;
        if (!same) {
            pg_cli_say(cli, "'%s' exists with other content and is left as "
                       "it is", path);
        }
        return 0;
    }
    if (fd >= 0 && close(fd) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        if (fd >= 0) {
            (void)unlink(path);
        }
        pg_cli_say(cli, "'%s' cannot be written: %s", path, strerror(error));
    }
    to->written += good;
    return good ? 0 : PG_EXIT_OUTPUT;
}

static int make_folders(pg_cli_t *cli, const options_t *o)
{
    static const char *const names[] = { "", "/new", "/cur", "/tmp" };

    for (int i = 0; i < (o->form == OPT_MAILDIR ? 4 : 1); i++) {
        const char *path = apr_pstrcat(cli->pool, o->what, names[i], NULL);

        if (mkdir(path, 0750) != 0 && errno != EEXIST) {
            pg_cli_say(cli, "'%s' cannot be created: %s", path,
                       strerror(errno));
            return PG_EXIT_OUTPUT;
        }
    }
    return 0;
}

/* "ID:2,S" and the like, in cur. */
static void find_read(pg_cli_t *cli, export_t *to)
{
    const char *path = apr_pstrcat(cli->pool, to->o->what, "/cur", NULL);
    apr_finfo_t one;
    apr_dir_t *cur;

    to->read = apr_hash_make(cli->pool);
    if (apr_dir_open(&cur, path, cli->pool) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&one, APR_FINFO_NAME, cur) == APR_SUCCESS) {
        apr_size_t n = strcspn(one.name, ":");

        apr_hash_set(to->read, apr_pstrmemdup(cli->pool, one.name, n),
                     (apr_ssize_t)n, "");
    }
    apr_dir_close(cur);
}

static int export_one(pg_cli_t *cli, export_t *to, const mail_t *mail,
                      apr_pool_t *pool)
{
    const options_t *o = to->o;
    const char *form = o->form == OPT_MAILDIR ? "%s/new/%.*s"
                       : o->form == OPT_JSON ? "%s/%.*s.json"
                                             : "%s/%.*s.eml";
    pg_span_t id = mail->read.field[PG_MBOX_ID];

    if (!is_name(id)) {
        return 0;
    }
    if (to->read && apr_hash_get(to->read, id.ptr, (apr_ssize_t)id.len)) {
        to->there++;
        return 0;
    }
    return write_file(cli, to, apr_psprintf(pool, form, o->what, (int)id.len,
                                            id.ptr),
                      o->form == OPT_JSON
                          ? pg_mailjson_line(&mail->read, mail->message, pool)
                          : mail->message, pool);
}

static int export(pg_cli_t *cli, const options_t *o)
{
    export_t to = { .o = o };
    pg_span_t rest = o->spool;
    int status = make_folders(cli, o);
    apr_pool_t *pool;
    mail_t mail;

    apr_pool_create(&pool, cli->pool);
    if (status == 0 && o->form == OPT_MAILDIR) {
        find_read(cli, &to);
    }
    while (status == 0 && next_mail(&mail, &rest, pool)) {
        status = export_one(cli, &to, &mail, pool);
        apr_pool_clear(pool);
    }
    if (to.there > 0) {
        pg_cli_say(cli, "%" APR_UINT64_T_FMT " written to '%s', %"
                   APR_UINT64_T_FMT " already there", to.written, o->what,
                   to.there);
    }
    return to.differ > 0 ? PG_EXIT_OUTPUT : status;
}

/* --- report -------------------------------------------------------------- */

/* "xxx@example.org": the address is personal data, the domain is not. */
static const char *masked(pg_span_t address, apr_pool_t *pool)
{
    apr_size_t at = pg_span_rfind(address, '@');

    return apr_pstrcat(pool, "xxx",
                       pg_cli_safe(pg_span_from(address, at), pool), NULL);
}

/* A field on one line, no longer than RFC 5322 2.1.1 allows. */
static void put_unfolded(pg_sink_t *sink, pg_span_t value)
{
    value = pg_span_upto(value, FIELD_MOST);
    while (value.len > 0) {
        apr_size_t n = pg_span_find_any(value, "\r\n");

        pg_escape_text(sink, pg_span_upto(value, n));
        value = pg_span_from(value, n + 1);
    }
}

/* Spam tends to name its recipient. */
static void put_subject(pg_sink_t *sink, const mail_t *mail, apr_pool_t *pool)
{
    pg_span_t text = pg_mailtext_field(mail->header, "Subject", pool);

    if (pg_span_find(text, '@') == text.len) {
        put_unfolded(sink, pg_mime_field(mail->header, "Subject"));
        return;
    }
    text = pg_span_upto(text, FIELD_MOST);
    while (text.len) {
        pg_span_t word = pg_span_upto(text, pg_span_find(text, ' '));

        pg_escape_text(sink, pg_span_find(word, '@') == word.len ? word
                             : pg_span_str(masked(word, pool)));
        text = pg_span_from(text, word.len + 1);
        pg_sink_puts(sink, text.len ? " " : "");
    }
}

/* The date of our own Received field. */
static const char *arrival(const mail_t *mail, apr_pool_t *pool)
{
    pg_span_t received = pg_mime_field(mail->read.envelope, "Received");

    return pg_cli_safe(pg_span_trim(pg_span_from(
        received, pg_span_rfind(received, ';') + 1)), pool);
}

/* RFC 5965: what happened, in words and for programs, and the header of the
 * mail; its body is left out. */
static int arf(pg_cli_t *cli, const options_t *o)
{
    pg_sink_t sink = pg_cli_sink(stdout);
    const char *edge = "proxyguard-arf-boundary";
    apr_pool_t *p = cli->pool;
    mail_t mail;
    pg_span_t rest, to;
    int status = find(cli, &mail, o);

    if (status) {
        return status;
    }
    pg_sink_putf(&sink,
        "MIME-Version: 1.0\nSubject: Abuse report: relay attempt from %s\n"
        "Content-Type: multipart/report; report-type=feedback-report;\n"
        " boundary=\"%s\"\n\n--%s\nContent-Type: text/plain\n\n"
        "A client at this address tried to send mail through a third "
        "party's server,\nwhich captured it and relayed nothing.\n\n--%s\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        "User-Agent: proxyguard/" PROXYGUARD_VERSION "\nVersion: 1\n"
        "Source-IP: %s\nArrival-Date: %s\nOriginal-Envelope-Id: %s\n",
        safe_field(&mail, PG_MBOX_SOURCE, p), edge, edge, edge,
        safe_field(&mail, PG_MBOX_SOURCE, p), arrival(&mail, p),
        safe_field(&mail, PG_MBOX_ID, p));
    rest = mail.read.envelope;
    while ((to = pg_mailjson_recipient(&rest)).ptr != NULL) {
        pg_sink_putf(&sink, "Original-Rcpt-To: <%s>\n", masked(to, p));
    }
    pg_sink_putf(&sink, "\n--%s\nContent-Type: text/rfc822-headers\n\n"
                 "Subject: ", edge);
    put_subject(&sink, &mail, p);
    if (pg_mime_field(mail.header, "Date").len > 0) {
        pg_sink_puts(&sink, "\nDate: ");
        put_unfolded(&sink, pg_mime_field(mail.header, "Date"));
    }
    pg_sink_putf(&sink, "\n\n--%s--\n", edge);
    return pg_cli_finish(cli, &sink, 0);
}

/* --- all of them --------------------------------------------------------- */

int pg_cmd_mail(pg_cli_t *cli)
{
    static const struct {
        const char *name;
        int (*run)(pg_cli_t *, const options_t *);
        int arguments;           /* SPOOL, and ID or FOLDER               */
    } acts[] = {
        { "list", list, 1 }, { "show", show, 2 },
        { "campaigns", campaigns, 1 }, { "export", export, 2 },
        { "report", arf, 2 },
    };
    options_t o = { .form = OPT_EML };
    int status;

    if (!pg_cli_parse(cli, &spec, &o, &status)) {
        return status;
    }
    for (apr_size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (optind >= cli->argc
            || strcmp(cli->argv[optind], acts[i].name) != 0) {
            continue;
        }
        if (cli->argc - optind - 1 != acts[i].arguments) {
            return pg_cli_usage(cli, "'%s' takes %s", acts[i].name,
                                acts[i].arguments == 1 ? "SPOOL"
                                : acts[i].run == export ? "SPOOL and FOLDER"
                                                        : "SPOOL and ID");
        }
        if (acts[i].run == arf && !o.arf) {
            return pg_cli_usage(cli, "'report' needs --arf");
        }
        o.what = acts[i].arguments == 2 ? cli->argv[optind + 2] : NULL;
        status = read_spool(cli, &o.spool, cli->argv[optind + 1]);
        return status ? status : acts[i].run(cli, &o);
    }
    return pg_cli_usage(cli, "'%s' is not list, show, campaigns, export or "
                        "report", optind < cli->argc ? cli->argv[optind]
                                                     : "");
}
