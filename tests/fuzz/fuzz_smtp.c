/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_smtp and pg_mbox: however the input is split, the replies and the
 * accepted mails are the same; all limits hold; what is written to the mailbox
 * is one entry, and reads back as it was sent. Input: two octets that say
 * where to split, then what the client sends. */
#include "pg_fuzz.h"
#include "pg_mbox.h"

enum { LIMIT = 2000 };

typedef struct run_t {
    pg_smtp_t s;
    pg_smtp_e at;
    uint64_t sum;                /* of all that was said and taken        */
    char message[LIMIT];
} run_t;

static void add(run_t *r, pg_span_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        r->sum = (r->sum ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    }
    r->sum = (r->sum ^ s.len) * 0x100000001b3u;
}

static void check_entry(const pg_smtp_mail_t *mail)
{
    pg_mbox_entry_t entry = { .mail = mail, .keep = PG_KEEP_MESSAGE,
                              .host = "h", .id = PG_SPAN("1") };
    size_t room = pg_mbox_room(mail->message.len);
    char *box = malloc(room), *back = malloc(room);
    size_t n = pg_mbox_write(box, room, &entry);
    pg_span_t rest = pg_span_make(box, n);
    pg_mbox_read_t read;

    PG_MUST(n > 0 && pg_mbox_next(&read, &rest));
    PG_MUST(rest.len == 0 && read.ours);
    n = pg_mbox_unquote(back, read.message);
    PG_MUST(n == mail->message.len || n == mail->message.len + 1);
    PG_MUST(mail->message.len == 0
            || memcmp(back, mail->message.ptr, mail->message.len) == 0);
    free(box);
    free(back);
}

static void take_mail(run_t *r)
{
    pg_smtp_mail_t mail;

    if (!pg_smtp_mail(&mail, &r->s)) {
        return;
    }
    add(r, mail.sender);
    add(r, mail.recipients);
    add(r, mail.message);
    PG_MUST(mail.message.len <= LIMIT);
    PG_MUST(mail.recipient_count <= PG_SMTP_RECIPIENTS);
    check_entry(&mail);
}

static void feed(run_t *r, pg_span_t in)
{
    while (r->at == PG_SMTP_READ && in.len > 0) {
        r->at = pg_smtp_eat(&r->s, &in);
        PG_MUST(r->at != PG_SMTP_READ || in.len == 0);
        if (r->at == PG_SMTP_MAIL) {
            take_mail(r);
            pg_smtp_kept(&r->s, r->s.mails % 2 ? "id" : NULL);
            r->at = PG_SMTP_READ;
        }
    }
    PG_MUST(r->s.words_len <= PG_SMTP_WORDS);
    PG_MUST(r->s.mails <= PG_SMTP_MAILS);
    PG_MUST(r->s.commands <= PG_SMTP_COMMANDS + 1);
}

static run_t *begin(void)
{
    run_t *r = calloc(1, sizeof(*r));

    PG_MUST(r != NULL);
    pg_smtp_begin(&r->s, PG_SPAN("mx.example"), r->message, LIMIT);
    return r;
}

static void end(run_t *r)
{
    if (r->s.mode != PG_SMTP_AT_MAIL) {
        take_mail(r);
    }
    add(r, pg_smtp_say(&r->s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t in = pg_span_make((const char *)data, size);
    size_t cut = pg_fuzz_octet(&in) * 256u;
    run_t *whole = begin(), *two = begin(), *single = begin();

    cut += pg_fuzz_octet(&in);
    feed(whole, in);
    feed(two, pg_span_upto(in, cut % (in.len + 1)));
    feed(two, pg_span_from(in, cut % (in.len + 1)));
    for (size_t i = 0; i < in.len; i++) {
        feed(single, pg_span_make(in.ptr + i, 1));
    }
    end(whole);
    end(two);
    end(single);
    PG_MUST(whole->sum == two->sum && whole->sum == single->sum);
    PG_MUST(whole->at == two->at && whole->at == single->at);
    PG_MUST(whole->s.words_len == single->s.words_len);
    free(whole);
    free(two);
    free(single);
    return 0;
}
