/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_smtp.h"

#include <stdarg.h>
#include <stdio.h>

/* --- words --------------------------------------------------------------- */

static void finish(pg_smtp_t *s, pg_end_e why)
{
    if (s->mode != PG_SMTP_AT_END) {
        s->mode = PG_SMTP_AT_END;
        s->end = why;
    }
}

/* A reply that does not fit ends the conversation and is not sent. */
__attribute__((format(printf, 2, 3)))
static void say(pg_smtp_t *s, const char *format, ...)
{
    apr_size_t room = sizeof(s->words) - s->words_len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(s->words + s->words_len, room, format, args);
    va_end(args);
    if (n < 0 || (apr_size_t)n >= room) {
        finish(s, PG_END_COMMANDS);
        return;
    }
    s->words_len += (apr_size_t)n;
}

static void hang_up(pg_smtp_t *s)
{
    say(s, "421 %s closing the connection\r\n", s->host);
    finish(s, PG_END_COMMANDS);
}

static void object(pg_smtp_t *s, const char *words)
{
    say(s, "%s\r\n", words);
    if (++s->errors >= PG_SMTP_ERRORS) {
        hang_up(s);
    }
}

pg_span_t pg_smtp_say(pg_smtp_t *s)
{
    pg_span_t words = pg_span_make(s->words + s->words_said,
                                   s->words_len - s->words_said);

    s->words_said = s->words_len;
    return words;
}

/* --- begin --------------------------------------------------------------- */

/* Nothing that could end a line of ours: a name or an address. */
static bool is_host(pg_span_t host)
{
    for (apr_size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];

        if (!pg_octet_is(c, PG_OCTET_DNS) && !strchr(".:[]", c)) {
            return false;
        }
        if (c == '\0') {
            return false;
        }
    }
    return host.len > 0 && host.len <= PG_SMTP_HOST;
}

void pg_smtp_begin(pg_smtp_t *s, pg_span_t host, char *message,
                   apr_size_t limit)
{
    s->message = message;
    s->limit = limit;
    s->mode = PG_SMTP_IN_COMMAND;
    pg_span_copy(s->host, sizeof(s->host),
                 is_host(host) ? host : PG_SPAN("localhost"));
    say(s, "220 %s ESMTP\r\n", s->host);
}

static void forget_mail(pg_smtp_t *s)
{
    s->has_sender = false;
    s->sender[0] = '\0';
    s->recipients = 0;
    s->recipients_len = 0;
    s->message_len = 0;
    s->begin = s->dot = 0;
}

/* --- commands ------------------------------------------------------------ */

/* The client's name for itself, made fit for a header field. */
static void take_helo(pg_smtp_t *s, pg_span_t argument)
{
    apr_size_t n = pg_span_copy(s->helo, sizeof(s->helo), argument);

    for (apr_size_t i = 0; i < n; i++) {
        if (s->helo[i] <= ' ' || s->helo[i] > '~'
            || strchr("()\\\"", s->helo[i])) {
            s->helo[i] = '?';
        }
    }
    forget_mail(s);
}

static void helo(pg_smtp_t *s, pg_span_t argument)
{
    take_helo(s, argument);
    s->extended = false;
    say(s, "250 %s\r\n", s->host);
}

static void ehlo(pg_smtp_t *s, pg_span_t argument)
{
    take_helo(s, argument);
    s->extended = true;
    say(s, "250-%s\r\n250-PIPELINING\r\n250-SIZE %" APR_SIZE_T_FMT "\r\n"
        "250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN\r\n", s->host,
        s->limit);
}

/* A '>' within a quoted local part (RFC 5321 4.1.2) does not end the path. */
static apr_size_t end_of_path(pg_span_t s)
{
    bool quoted = false;

    for (apr_size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\' && quoted) {
            i++;
        }
        else if (s.ptr[i] == '"') {
            quoted = !quoted;
        }
        else if (s.ptr[i] == '>' && !quoted) {
            return i;
        }
    }
    return pg_span_find(s, '>');
}

/* "FROM:<address> parameters", with and without blanks and brackets.
 * *rest is what follows the address. */
static bool take_path(pg_span_t *path, pg_span_t *rest, pg_span_t argument,
                      pg_span_t keyword)
{
    pg_span_t s;
    apr_size_t n;

    if (!pg_span_istarts(argument, keyword)) {
        return false;
    }
    s = pg_span_trim(pg_span_from(argument, keyword.len));
    if (!pg_span_istarts(s, PG_SPAN(":"))) {
        return false;
    }
    s = pg_span_trim(pg_span_from(s, 1));
    if (s.len > 0 && s.ptr[0] == '<') {
        s = pg_span_from(s, 1);
        n = end_of_path(s);
        *rest = pg_span_from(s, n + 1);
    }
    else {
        n = pg_span_find_any(s, " \t");
        *rest = pg_span_from(s, n);
        if (n == 0) {
            return false;
        }
    }
    *path = pg_span_upto(s, n);
    return memchr(path->ptr, '\0', path->len) == NULL;
}

/* The number in "SIZE=number" (RFC 1870); 0: none. Of 64 bits everywhere: it
 * has up to 20 digits, of which the first 13 decide. */
static apr_uint64_t size_of(pg_span_t parameters)
{
    apr_uint64_t size = 0;

    for (apr_size_t i = 0; i + 5 < parameters.len; i++) {
        pg_span_t here = pg_span_from(parameters, i);

        if (!pg_span_istarts(here, PG_SPAN("SIZE="))) {
            continue;
        }
        for (i = 5; i < here.len && pg_octet_is_digit(here.ptr[i])
                    && size < ((apr_uint64_t)1 << 40); i++) {
            size = size * 10 + (apr_uint64_t)(here.ptr[i] - '0');
        }
        return size;
    }
    return 0;
}

static void mail(pg_smtp_t *s, pg_span_t argument)
{
    pg_span_t path, rest;

    if (s->mails >= PG_SMTP_MAILS) {
        hang_up(s);
    }
    else if (s->has_sender) {
        object(s, "503 Sender already given");
    }
    else if (!take_path(&path, &rest, argument, PG_SPAN("FROM"))) {
        object(s, "501 Syntax: MAIL FROM:<address>");
    }
    else if (size_of(rest) > s->limit) {
        object(s, "552 Message size exceeds fixed limit");
    }
    else {
        pg_span_copy(s->sender, sizeof(s->sender), path);
        s->has_sender = true;
        say(s, "250 Ok\r\n");
    }
}

static void rcpt(pg_smtp_t *s, pg_span_t argument)
{
    pg_span_t path, rest;

    if (!s->has_sender) {
        object(s, "503 Need MAIL command");
    }
    else if (!take_path(&path, &rest, argument, PG_SPAN("TO"))
             || path.len == 0) {
        object(s, "501 Syntax: RCPT TO:<address>");
    }
    else if (s->recipients >= PG_SMTP_RECIPIENTS
             || path.len >= sizeof(s->recipient) - s->recipients_len) {
        /* no error of the client's, who sends to the others now (RFC 5321
           4.5.3.1.10) */
        say(s, "452 Too many recipients\r\n");
    }
    else {
        memcpy(s->recipient + s->recipients_len, path.ptr, path.len);
        s->recipients_len += path.len;
        s->recipient[s->recipients_len++] = '\0';
        s->recipients++;
        say(s, "250 Ok\r\n");
    }
}

static void data(pg_smtp_t *s, pg_span_t argument)
{
    (void)argument;
    if (s->recipients == 0) {
        object(s, s->has_sender ? "554 No valid recipients"
                                : "503 Need MAIL command");
        return;
    }
    say(s, "354 End data with <CR><LF>.<CR><LF>\r\n");
    if (s->mode == PG_SMTP_IN_COMMAND) {
        s->mode = PG_SMTP_IN_DATA;
        s->message_len = 0;
        s->begin = 1;
        s->dot = 0;
    }
}

static void rset(pg_smtp_t *s, pg_span_t argument)
{
    (void)argument;
    forget_mail(s);
    say(s, "250 Ok\r\n");
}

static void refuse(pg_smtp_t *s, pg_span_t argument)
{
    (void)argument;
    object(s, "502 Command not implemented");
}

static void quit(pg_smtp_t *s, pg_span_t argument)
{
    (void)argument;
    say(s, "221 Bye\r\n");
    finish(s, PG_END_QUIT);
}

static void authenticated(pg_smtp_t *s)
{
    s->mode = PG_SMTP_IN_COMMAND;
    say(s, "235 Authentication successful\r\n");
}

/* RFC 4954: the credentials may come with the command, or line by line. */
static void auth(pg_smtp_t *s, pg_span_t argument)
{
    apr_size_t n = pg_span_find_any(argument, " \t");
    pg_span_t mechanism = pg_span_upto(argument, n);
    bool initial = pg_span_trim(pg_span_from(argument, n)).len > 0;
    bool login = pg_span_ieq(mechanism, PG_SPAN("LOGIN"));

    if (!login && !pg_span_ieq(mechanism, PG_SPAN("PLAIN"))) {
        object(s, "504 Unrecognized authentication type");
        return;
    }
    s->auth_login += login;
    s->auth_plain += !login;
    s->auth_lines = (login ? 2u : 1u) - initial;
    if (s->auth_lines == 0) {
        authenticated(s);
        return;
    }
    s->mode = PG_SMTP_IN_AUTH;
    /* "Username:" and "Password:" in Base64, as clients of LOGIN expect */
    say(s, "334 %s\r\n", !login ? "" : initial ? "UGFzc3dvcmQ6"
                                               : "VXNlcm5hbWU6");
}

static void take_credential(pg_smtp_t *s, pg_span_t line)
{
    if (pg_span_eq(line, PG_SPAN("*"))) {
        s->mode = PG_SMTP_IN_COMMAND;
        object(s, "501 Authentication aborted");
    }
    else if (--s->auth_lines == 0) {
        authenticated(s);
    }
    else {
        say(s, "334 UGFzc3dvcmQ6\r\n");
    }
}

static void take_command(pg_smtp_t *s, pg_span_t line)
{
    static const struct {
        const char *verb;
        void (*act)(pg_smtp_t *, pg_span_t);
        const char *answer;      /* of those that do nothing              */
    } commands[] = {
        { "HELO", helo, NULL }, { "EHLO", ehlo, NULL },
        { "MAIL", mail, NULL }, { "RCPT", rcpt, NULL },
        { "DATA", data, NULL }, { "RSET", rset, NULL },
        { "QUIT", quit, NULL }, { "EXPN", refuse, NULL },
        { "AUTH", auth, NULL }, { "STARTTLS", refuse, NULL },
        { "NOOP", NULL, "250 Ok" },
        { "VRFY", NULL, "252 Cannot VRFY user, but will accept message" },
        { "HELP", NULL, "214 HELO EHLO MAIL RCPT DATA RSET NOOP VRFY AUTH "
                        "QUIT" },
    };
    apr_size_t n = pg_span_find_any(line, " \t");
    pg_span_t argument = pg_span_trim(pg_span_from(line, n));

    for (apr_size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (pg_span_ieq(pg_span_upto(line, n),
                        pg_span_str(commands[i].verb))) {
            if (commands[i].act) {
                commands[i].act(s, argument);
            }
            else {
                say(s, "%s\r\n", commands[i].answer);
            }
            return;
        }
    }
    object(s, "500 Command not recognized");
}

static void take_line(pg_smtp_t *s)
{
    pg_span_t line = pg_span_make(s->line, s->line_len);

    s->bare_lf = line.len == 0 || line.ptr[line.len - 1] != '\r';
    line = pg_span_trim(line);
    if (++s->commands > PG_SMTP_COMMANDS) {
        hang_up(s);
    }
    else if (s->excess > 0) {
        s->mode = PG_SMTP_IN_COMMAND;
        object(s, "500 Line too long");
    }
    else if (s->mode == PG_SMTP_IN_AUTH) {
        take_credential(s, line);
    }
    else if (line.len > 0) {
        take_command(s, line);
    }
    /* Credentials are in such lines. */
    memset(s->line, 0, sizeof(s->line));
    s->line_len = 0;
    s->excess = 0;
}

static pg_smtp_e eat_line(pg_smtp_t *s, pg_span_t *in)
{
    char c = in->ptr[0];

    if (s->line_len == 1 && s->line[0] == 0x16 && c == 0x03
        && s->mode == PG_SMTP_IN_COMMAND) {
        return PG_SMTP_TLS;
    }
    *in = pg_span_from(*in, 1);
    if (c == '\n') {
        take_line(s);
    }
    else if (s->line_len < sizeof(s->line) - 1) {
        s->line[s->line_len++] = c;
    }
    else if (++s->excess == PG_SMTP_ENDLESS) {
        hang_up(s);
    }
    return PG_SMTP_READ;
}

/* --- a message -----------------------------------------------------------
 *
 * Its octets are kept as they came, but for the dots that RFC 5321 4.5.2
 * puts at the beginning of a line. A client that ends its commands with a
 * bare LF may end its lines so, too; from others only CRLF begins a line,
 * yet LF.CRLF ends the message, as it did for the mail servers of old. */

static void keep(pg_smtp_t *s, pg_span_t octets)
{
    apr_size_t room = s->limit - s->message_len;
    pg_span_t fits = pg_span_upto(octets, room);

    if (fits.len > 0) {
        memcpy(s->message + s->message_len, fits.ptr, fits.len);
        s->message_len += fits.len;
    }
    if (fits.len < octets.len) {
        finish(s, PG_END_OCTETS);
    }
}

/* A line ended: with CRLF, or without the CR. */
static unsigned char ending(const pg_smtp_t *s, apr_size_t before)
{
    return before > 0 && s->message[before - 1] == '\r' ? 1 : 2;
}

/* After a dot that begins a line. */
static void eat_after_dot(pg_smtp_t *s, char c)
{
    bool stuffed = s->begin == 1 || s->bare_lf;

    if (s->dot == 1 && c == '\r') {
        s->dot = 2;
        return;
    }
    if (c == '\n' && (s->dot == 2 || s->bare_lf)) {
        s->mode = PG_SMTP_AT_MAIL;
        s->mails++;
        return;
    }
    if (!stuffed) {
        keep(s, PG_SPAN("."));
    }
    if (s->dot == 2) {
        keep(s, PG_SPAN("\r"));
    }
    keep(s, pg_span_make(&c, 1));
    s->begin = c == '\n' ? 2 : 0;
    s->dot = 0;
}

/* The rest of the line, as far as it has arrived. */
static void eat_text(pg_smtp_t *s, pg_span_t *in)
{
    apr_size_t n = pg_span_find(*in, '\n');
    bool ends = n < in->len;

    keep(s, pg_span_upto(*in, ends ? n + 1 : n));
    *in = pg_span_from(*in, ends ? n + 1 : n);
    if (s->mode == PG_SMTP_IN_DATA) {
        s->begin = ends ? ending(s, s->message_len - 1) : 0;
    }
}

static void eat_data(pg_smtp_t *s, pg_span_t *in)
{
    char c = in->ptr[0];

    if (s->dot == 0 && (s->begin == 0 || c != '.')) {
        eat_text(s, in);
        return;
    }
    *in = pg_span_from(*in, 1);
    if (s->dot == 0) {
        s->dot = 1;
    }
    else {
        eat_after_dot(s, c);
    }
}

/* --- all of it ----------------------------------------------------------- */

pg_smtp_e pg_smtp_eat(pg_smtp_t *s, pg_span_t *in)
{
    while (in->len > 0 && s->mode <= PG_SMTP_IN_DATA) {
        if (s->mode == PG_SMTP_IN_DATA) {
            eat_data(s, in);
        }
        else if (eat_line(s, in) == PG_SMTP_TLS) {
            return PG_SMTP_TLS;
        }
    }
    return s->mode == PG_SMTP_AT_MAIL ? PG_SMTP_MAIL
           : s->mode == PG_SMTP_AT_END ? PG_SMTP_END : PG_SMTP_READ;
}

bool pg_smtp_mail(pg_smtp_mail_t *out, const pg_smtp_t *s)
{
    bool whole = s->mode == PG_SMTP_AT_MAIL;

    *out = (pg_smtp_mail_t){
        .sender = pg_span_str(s->sender),
        .recipients = pg_span_make(s->recipient, s->recipients_len),
        .recipient_count = s->recipients,
        .message = pg_span_make(s->message, s->message_len),
        .helo = pg_span_str(s->helo),
        .extended = s->extended,
        .cut = !whole,
    };
    return whole || s->message_len > 0;
}

void pg_smtp_kept(pg_smtp_t *s, const char *id)
{
    if (s->mode != PG_SMTP_AT_MAIL) {
        return;
    }
    s->mode = PG_SMTP_IN_COMMAND;
    if (id) {
        say(s, "250 Ok: queued as %s\r\n", id);
    }
    else {
        say(s, "452 Insufficient system storage\r\n");
    }
    forget_mail(s);
}
