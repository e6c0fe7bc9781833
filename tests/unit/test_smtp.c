/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The sink's side of SMTP, and its mailbox: each conversation of
 * tests/cases/smtp.tsv whole, octet by octet, and cut in two anywhere. */
#include "pg_test.h"

#include <stdio.h>

#include "pg_mbox.h"

enum { LIMIT = 400 };

/* What a conversation came to: all that was said, and the mails. */
typedef struct heard_t {
    char text[60000];
    size_t n;
    pg_smtp_t s;
    char message[LIMIT];
    pg_smtp_e at;
} heard_t;

static void note(heard_t *h, const char *mark, pg_span_t s)
{
    h->n += (size_t)snprintf(h->text + h->n, sizeof(h->text) - h->n,
                             "%s%.*s", mark, (int)s.len, s.ptr ? s.ptr : "");
}

static void note_mail(heard_t *h)
{
    pg_smtp_mail_t mail;

    if (!pg_smtp_mail(&mail, &h->s)) {
        return;
    }
    note(h, mail.cut ? "{cut " : "{", mail.sender);
    while (mail.recipients.len > 0) {
        size_t n = pg_span_find(mail.recipients, '\0');
        note(h, ",", pg_span_upto(mail.recipients, n));
        mail.recipients = pg_span_from(mail.recipients, n + 1);
    }
    note(h, "|", mail.message);
    note(h, "}", PG_SPAN(""));
}

static void feed(heard_t *h, pg_span_t in)
{
    char *copy = malloc(in.len + 1);
    pg_span_t rest = pg_span_make(copy, in.len);

    memcpy(copy, in.ptr, in.len);
    while (h->at == PG_SMTP_READ && rest.len > 0) {
        h->at = pg_smtp_eat(&h->s, &rest);
        if (h->at == PG_SMTP_MAIL) {
            note(h, "", pg_smtp_say(&h->s));
            note_mail(h);
            pg_smtp_kept(&h->s, "id");
            h->at = PG_SMTP_READ;
        }
        note(h, "", pg_smtp_say(&h->s));
    }
    free(copy);
}

static heard_t *begin(void)
{
    heard_t *h = calloc(1, sizeof(*h));

    ck_assert_ptr_nonnull(h);
    pg_smtp_begin(&h->s, PG_SPAN("mx.example"), h->message, LIMIT);
    note(h, "", pg_smtp_say(&h->s));
    return h;
}

static void end(heard_t *h)
{
    if (h->at == PG_SMTP_END) {
        note(h, "(", pg_span_str(pg_capture_end(h->s.end)));
        note(h, ")", PG_SPAN(""));
    }
    if (h->at == PG_SMTP_TLS) {
        note(h, "(tls)", PG_SPAN(""));
    }
    if (h->s.mode != PG_SMTP_IN_COMMAND || h->at == PG_SMTP_END) {
        note_mail(h);
    }
}

static void same(heard_t *h, const heard_t *whole, int line, size_t cut)
{
    end(h);
    ck_assert_msg(strcmp(h->text, whole->text) == 0,
                  "smtp.tsv:%d cut at %zu:\n%s\nand whole:\n%s", line, cut,
                  h->text, whole->text);
    free(h);
}

PG_TEST_SUITE(smtp, .seconds = 60);

PG_TEST_ROWS(each_conversation_goes_as_it_should_however_it_is_cut, "smtp.tsv")
{
    heard_t *whole = begin(), *single = begin();
    pg_span_t in = row->field[1];

    feed(whole, in);
    end(whole);
    ck_assert_msg(pg_span_eq(pg_span_make(whole->text, whole->n),
                             row->field[2]),
                  "smtp.tsv:%d is\n%s\nshould be\n%.*s", row->line,
                  whole->text, (int)row->field[2].len, row->field[2].ptr);
    for (size_t i = 0; i < in.len; i++) {
        heard_t *two = begin();

        feed(two, pg_span_upto(in, i));
        feed(two, pg_span_from(in, i));
        same(two, whole, row->line, i);
        feed(single, pg_span_make(in.ptr + i, 1));
    }
    same(single, whole, row->line, 0);
    free(whole);
}

/* --- limits -------------------------------------------------------------- */

static void repeat(heard_t *h, const char *what, int times)
{
    for (int i = 0; i < times; i++) {
        feed(h, pg_span_str(what));
    }
}

static int count(const heard_t *h, const char *what)
{
    int n = 0;

    for (const char *at = h->text; (at = strstr(at, what)); at++) {
        n++;
    }
    return n;
}

PG_TEST(commands_errors_mails_recipients_and_words_are_bounded)
{
    static const char mail[] = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
                               "x\r\n.\r\n";
    heard_t *h = begin();

    repeat(h, "NOOP\r\n", 300);
    ck_assert_int_eq(count(h, "250 Ok"), PG_SMTP_COMMANDS);
    ck_assert_int_eq(h->at, PG_SMTP_END);
    ck_assert_int_eq(h->s.end, PG_END_COMMANDS);
    free(h);
    h = begin();
    repeat(h, "NONSENSE\r\n", 100);
    ck_assert_int_eq(count(h, "500 "), PG_SMTP_ERRORS);
    ck_assert_int_eq(count(h, "421 "), 1);
    free(h);
    h = begin();
    repeat(h, mail, 12);
    ck_assert_int_eq(count(h, "250 Ok: queued"), PG_SMTP_MAILS);
    ck_assert_int_eq(h->s.end, PG_END_COMMANDS);
    free(h);
    h = begin();
    feed(h, PG_SPAN("MAIL FROM:<a@b>\r\n"));
    repeat(h, "RCPT TO:<c@d>\r\n", 150);
    ck_assert_int_eq(count(h, "250 Ok"), 1 + PG_SMTP_RECIPIENTS);
    ck_assert_int_eq(count(h, "452 "), 50);
    feed(h, PG_SPAN("DATA\r\nx\r\n.\r\n"));
    ck_assert_int_eq(count(h, "250 Ok: queued"), 1);
    free(h);
    h = begin();
    repeat(h, "xxxxxxxxxxxxxxxx", 5000);
    ck_assert_int_eq(count(h, "421 "), 1);
    ck_assert_int_eq(h->s.end, PG_END_COMMANDS);
    free(h);
    h = begin();
    repeat(h, "EHLO x\r\n", 190);
    ck_assert_uint_le(h->s.words_len, PG_SMTP_WORDS);
    ck_assert_int_eq(h->at, PG_SMTP_END);
    ck_assert_int_eq(h->s.end, PG_END_COMMANDS);
    free(h);
}

PG_TEST(a_credential_is_nowhere_in_the_conversation)
{
    static const char *const lines[] = {
        "AUTH PLAIN AGJvYgBoZW5rZWw=\r\n",
        "AUTH PLAIN\r\nAGJvYgBoZW5rZWw=\r\n",
        "AUTH LOGIN\r\nAGJvYgBoZW5rZWw=\r\nAGJvYgBoZW5rZWw=\r\n",
        "AUTH LOGIN AGJvYgBoZW5rZWw=\r\nAGJvYgBoZW5rZWw=\r\n",
        "AUTH XOAUTH2 AGJvYgBoZW5rZWw=\r\n",
        "MAIL FROM:<a@b> AUTH=AGJvYgBoZW5rZWw=\r\n",
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        heard_t *h = begin();

        feed(h, PG_SPAN("EHLO x\r\n"));
        feed(h, pg_span_str(lines[i]));
        ck_assert_ptr_null(memmem(h, sizeof(*h), "AGJvYgBo", 8));
        free(h);
    }
}

/* Does a conversation at this host begin in its name, or else in another? */
static bool speaks_for(pg_span_t host)
{
    pg_smtp_t *s = calloc(1, sizeof(*s));
    char message[1];
    bool itself;
    pg_span_t said;

    pg_smtp_begin(s, host, message, 1);
    said = pg_span_from(pg_smtp_say(s), 4);
    itself = !pg_span_eq(said, PG_SPAN("localhost ESMTP\r\n"));
    ck_assert(!itself || pg_span_eq(pg_span_upto(said, host.len), host));
    free(s);
    return itself;
}

PG_TEST(what_is_no_host_is_not_spoken_for)
{
    static const char *const hosts[] = { "", "a b", "x\r\n250 y", "\"", "ö" };
    char longest[PG_SMTP_HOST + 1];

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        ck_assert(!speaks_for(pg_span_str(hosts[i])));
    }
    memset(longest, 'a', sizeof(longest));
    ck_assert(!speaks_for(pg_span_make(longest, PG_SMTP_HOST + 1)));
    ck_assert(speaks_for(pg_span_make(longest, PG_SMTP_HOST)));
    ck_assert(speaks_for(PG_SPAN("a")));
}

/* The sender counts as 512 octets, and all recipients as 32768. */
PG_TEST(recipients_are_taken_as_long_as_they_fit)
{
    enum { LONG = 400 };
    char line[LONG + 20];
    heard_t *h = begin();
    unsigned most = PG_SMTP_ENVELOPE / (LONG + 1);

    snprintf(line, sizeof(line), "RCPT TO:<%0*d>\r\n", LONG, 7);
    feed(h, PG_SPAN("MAIL FROM:<a@b>\r\n"));
    repeat(h, line, (int)most);
    ck_assert_uint_eq(h->s.recipients, most);
    /* what is left, with its NUL, exactly; and then one octet more */
    for (int more = 1; more >= 0; more--) {
        int left = (int)(PG_SMTP_ENVELOPE - most * (LONG + 1)) - 1 + more;

        snprintf(line, sizeof(line), "RCPT TO:<%0*d>\r\n", left, 7);
        feed(h, pg_span_str(line));
        ck_assert_uint_eq(h->s.recipients, most + !more);
    }
    ck_assert_uint_eq(h->s.recipients_len, PG_SMTP_ENVELOPE);
    free(h);
}

static const struct {
    const char *command, *name;
    bool extended;
} names[] = {
    { "HELO pc\r\n", "pc", false }, { "EHLO pc\r\n", "pc", true },
    { "EHLO x\r\nHELO  a b\r\n", "a?b", false },
    { "HELO !~(a)\\\"\037\177\200\r\n", "!~?a????\?\?", false },
    { "NOOP\r\n", "", false },
};

PG_TEST_EACH(the_name_of_a_client_is_kept_fit_for_a_field, names)
{
    heard_t *h = begin();
    pg_smtp_mail_t mail;

    feed(h, pg_span_str(names[_i].command));
    ck_assert(!pg_smtp_mail(&mail, &h->s));
    ck_assert(pg_span_eq(mail.helo, pg_span_str(names[_i].name)));
    ck_assert_int_eq(mail.extended, names[_i].extended);
    free(h);
}

PG_TEST(a_mail_that_was_not_kept_is_not_accepted)
{
    heard_t *h = begin();
    pg_span_t in = PG_SPAN("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
                           ".\r\n");
    pg_smtp_mail_t mail;

    pg_smtp_kept(&h->s, "id");
    ck_assert_uint_eq(pg_smtp_say(&h->s).len, 0);
    ck_assert_int_eq(pg_smtp_eat(&h->s, &in), PG_SMTP_MAIL);
    ck_assert(pg_smtp_mail(&mail, &h->s) && !mail.cut);
    ck_assert_uint_eq(mail.recipient_count, 1);
    (void)pg_smtp_say(&h->s);
    pg_smtp_kept(&h->s, NULL);
    ck_assert(pg_span_eq(pg_smtp_say(&h->s),
                         PG_SPAN("452 Insufficient system storage\r\n")));
    ck_assert(!pg_smtp_mail(&mail, &h->s));
    ck_assert_uint_eq(mail.recipient_count + mail.sender.len, 0);
    free(h);
}

/* --- the mailbox --------------------------------------------------------- */

static const char *const messages[] = {
    "Subject: x\r\n\r\nhello\r\n",
    "Subject: x\n\nhello",
    "no header\r\nat all\r\n",
    "From x\r\n>From y\r\n\r\n>>From z\r\nFrom \r\nFromage\r\n",
    ("X-ProxyGuard-Id: forged\r\nx-proxyguard-size: 9\r\n"
     "X-Quoted-X-ProxyGuard-Id: twice\r\n\r\nX-ProxyGuard-Id: body\r\n"),
    "\r\n\r\nonly a body\r\n\n\n",
    " \r\nX-ProxyGuard-Id: behind blanks\r\n\r\n",
    "A: b\rX-ProxyGuard-Id: c\r\r\nX-Quoted-X-ProxyGuard-Id: d\rFrom e\r",
    "A: b\r\r\n\r\r\nX-ProxyGuard-Id: c\n\nX-ProxyGuard-Id: d\rFrom e\n",
    "",
    "\n",
    "A: b\r\n\r\n\r\nFrom MAILER-DAEMON Thu Jan  1 00:00:00 1970\r\n",
};

static pg_smtp_mail_t mail_of(const char *message)
{
    return (pg_smtp_mail_t){
        .sender = PG_SPAN("a\r\nX: y\033@b"),
        .recipients = pg_span_make("c@d\0e@f", 8),
        .recipient_count = 2,
        .message = pg_span_str(message),
        .helo = PG_SPAN("pc"), .extended = true,
    };
}

PG_TEST_EACH(a_mail_is_read_back_as_it_was_sent, messages)
{
    pg_smtp_mail_t mail = mail_of(messages[_i]);
    pg_mbox_entry_t entry = { .time = APR_TIME_C(1700000000000000),
                              .mail = &mail, .keep = PG_KEEP_MESSAGE,
                              .host = "mx.example", .id = PG_SPAN("1-2"),
                              .source = PG_SPAN("192.0.2.1"),
                              .target = PG_SPAN("mx.example:25") };
    char box[4000], back[2000];
    apr_size_t n = pg_mbox_write(box, sizeof(box), &entry);
    apr_size_t twice;
    pg_span_t rest;
    pg_mbox_read_t read;

    ck_assert_uint_gt(n, 0);
    ck_assert_uint_le(n, pg_mbox_room(mail.message.len));
    twice = n + pg_mbox_write(box + n, sizeof(box) - n, &entry);
    rest = pg_span_make(box, twice);
    for (int i = 0; i < 2; i++) {
        ck_assert(pg_mbox_next(&read, &rest));
        ck_assert(read.ours);
        ck_assert(pg_span_eq(read.field[PG_MBOX_ID], PG_SPAN("1-2")));
        ck_assert_ptr_nonnull(strstr(box, "Return-Path: <a??X: y?@b>\n"));
        ck_assert_ptr_nonnull(strstr(box, "Delivered-To: e@f\n"));
        n = pg_mbox_unquote(back, read.message);
        /* a last line without an end was given one */
        ck_assert_uint_ge(n, mail.message.len);
        ck_assert_uint_le(n, mail.message.len + 1);
        ck_assert_mem_eq(back, mail.message.ptr, mail.message.len);
    }
    ck_assert_uint_eq(rest.len, 0);
    ck_assert(!pg_mbox_next(&read, &rest));
}

PG_TEST(an_entry_has_these_lines)
{
    pg_smtp_mail_t mail = mail_of("hello");
    pg_mbox_entry_t entry = { .time = APR_TIME_C(1699395200000000),
                              .mail = &mail, .keep = PG_KEEP_MESSAGE,
                              .host = "mx.example", .id = PG_SPAN("1-2"),
                              .conversation = PG_SPAN("1"),
                              .source = PG_SPAN("192.0.2.1"),
                              .target = PG_SPAN("mx.example:25"),
                              .vhost = PG_SPAN("own.example:80"),
                              .auth = "PLAIN" };
    char box[4000];

    mail.sender = PG_SPAN("a@b");
    box[pg_mbox_write(box, sizeof(box), &entry)] = '\0';
    ck_assert_str_eq(box,
        "From MAILER-DAEMON Tue Nov  7 22:13:20 2023\n"
        "Return-Path: <a@b>\nDelivered-To: c@d\nDelivered-To: e@f\n"
        "Received: from pc ([192.0.2.1])\n"
        "\tby mx.example (proxyguard sink) with ESMTP id 1-2;\n"
        "\tTue, 7 Nov 2023 22:13:20 +0000\n"
        "X-ProxyGuard-Id: 1-2\nX-ProxyGuard-Conversation: 1\n"
        "X-ProxyGuard-Source: 192.0.2.1\n"
        "X-ProxyGuard-Target: mx.example:25\n"
        "X-ProxyGuard-Vhost: own.example:80\nX-ProxyGuard-Auth: PLAIN\n"
        "X-ProxyGuard-Kept: message\nX-ProxyGuard-Headerless: yes\n"
        "X-ProxyGuard-Size: 5\n\nhello\n\n");
}

/* A mailbox, and its entries: whether each is ours, its id, its size, its
 * first line and its message. */
static const char *const boxes[][2] = {
    { "", "" }, { "x\nFrom y\n", "" }, { "From", "" },
    { "From a\n", "no,-,0,a\n,|" }, { "From a\n\n\n", "no,-,0,a\n,\n|" },
    { "From a\nX-ProxyGuard-Id: 1\nX-ProxyGuard-Size:  12x\nb\n\n",
      "yes,1,12,a\n,b\n|" },
    { "From a\nX-ProxyGuard-Id: 1\nX-ProxyGuard-Size: 9\n\nb\n",
      "yes,1,9,a\n,\nb|" },
    { "From a\nX-ProxyGuard-Id: 1\nX-ProxyGuard-Headerless: yes\n"
      "X-ProxyGuard-Size: 9\n\nb\n\n", "yes,1,9,a\n,b\n|" },
    { "From a\nX-ProxyGuard-Id: 1\n\nX-ProxyGuard-Size: 9\n\n",
      "no,-,0,a\n,X-ProxyGuard-Id: 1\n\nX-ProxyGuard-Size: 9\n|" },
    { "From a\nX-ProxyGuard-Idx: 1\nX-ProxyGuard-Id\nX-ProxyGuard-Size: 9\n",
      "no,-,0,a\n,X-ProxyGuard-Idx: 1\nX-ProxyGuard-Id\n"
      "X-ProxyGuard-Size: 9|" },
    { "From a\nX-ProxyGuard-Id: 1\n"
      "X-ProxyGuard-Size: 1234567890123456789\n\n",
      "yes,1,123456789012345678,a\n,|" },
    { "From a\nb\n>From c\nFrome\nFrom d\ne\n",
      "no,-,0,a\n,b\n>From c\nFrome|no,-,0,d\n,e|" },
};

PG_TEST_EACH(a_mailbox_is_read_entry_by_entry, boxes)
{
    pg_span_t all = pg_test_exact(pg_span_str(boxes[_i][0])), rest = all;
    char out[400] = "";
    pg_mbox_read_t read;

    while (pg_mbox_next(&read, &rest)) {
        pg_span_t id = read.field[PG_MBOX_ID];

        sprintf(out + strlen(out), "%s,%.*s,%" APR_SIZE_T_FMT ",%.*s,%.*s|",
                read.ours ? "yes" : "no", id.ptr ? (int)id.len : 1,
                id.ptr ? id.ptr : "-", read.size, (int)read.from.len,
                read.from.ptr, (int)read.message.len, read.message.ptr);
    }
    ck_assert_str_eq(out, boxes[_i][1]);
    free((char *)all.ptr);
}

PG_TEST(less_is_kept_when_less_is_wanted)
{
    pg_smtp_mail_t mail = mail_of("Subject: x\r\n\r\nsecret\r\n");
    pg_mbox_entry_t entry = { .mail = &mail, .keep = PG_KEEP_HEADER,
                              .host = "h", .id = PG_SPAN("1") };
    char box[4000] = "";
    apr_size_t n = pg_mbox_write(box, sizeof(box) - 1, &entry);

    box[n] = '\0';
    ck_assert_ptr_nonnull(strstr(box, "Subject: x"));
    ck_assert_ptr_null(strstr(box, "secret"));
    ck_assert_ptr_nonnull(strstr(box, "X-ProxyGuard-Kept: header\n"));
    ck_assert_ptr_nonnull(strstr(box, "X-ProxyGuard-Size: 22\n"));
    entry.keep = PG_KEEP_SUMMARY;
    n = pg_mbox_write(box, sizeof(box) - 1, &entry);
    box[n] = '\0';
    ck_assert_ptr_null(strstr(box, "Subject: x"));
    ck_assert_ptr_nonnull(strstr(box, "Delivered-To: c@d\n"));
    for (apr_size_t room = 0; room < n; room++) {
        char *exact = malloc(room + 1);

        ck_assert_uint_eq(pg_mbox_write(exact, room, &entry), 0);
        free(exact);
    }
}
