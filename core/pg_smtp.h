/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* A mail server's side of a conversation (RFC 5321), for a sink that takes
 * mail and delivers none. It allocates nothing, knows no network, and gives
 * the same answers however the input is cut into pieces.
 *
 * Everything is bounded: the limits below, and the size of a message. AUTH
 * always succeeds, and the credentials are overwritten at once: only the
 * mechanism is counted. */
#ifndef PG_SMTP_H
#define PG_SMTP_H

#include "pg_capture.h"

enum {
    PG_SMTP_MAILS = 10,          /* a conversation                        */
    PG_SMTP_RECIPIENTS = 100,    /* a mail                                */
    PG_SMTP_COMMANDS = 200,
    PG_SMTP_ERRORS = 20,
    PG_SMTP_LINE = 512,          /* a command with its line end, RFC 5321
                                    4.5.3.1.4                             */
    PG_SMTP_ENDLESS = 65536,     /* octets over that: hang up             */
    PG_SMTP_WORDS = 16384,       /* our replies, in all: less than a socket
                                    buffer holds, so no write ever waits  */
    PG_SMTP_ENVELOPE = 32768,    /* the recipients of a mail              */
    PG_SMTP_HOST = 255
};

/** What is to be done next. */
typedef enum pg_smtp_e {
    PG_SMTP_READ,                /* feed it more                          */
    PG_SMTP_MAIL,                /* a mail is complete: pg_smtp_mail(),
                                    then pg_smtp_kept()                   */
    PG_SMTP_END,                 /* send what pg_smtp_say() has, and close */
    PG_SMTP_TLS                  /* a ClientHello has begun, unasked: its
                                    first octet, 0x16, has been taken     */
} pg_smtp_e;

typedef enum pg_smtp_mode_e {
    PG_SMTP_IN_COMMAND,
    PG_SMTP_IN_AUTH,             /* the next line is a credential         */
    PG_SMTP_IN_DATA,
    PG_SMTP_AT_MAIL,             /* waits for pg_smtp_kept()              */
    PG_SMTP_AT_END
} pg_smtp_mode_e;

/** One conversation. About 50 KiB; the message lies elsewhere. Fields are
 *  read-only for callers. */
typedef struct pg_smtp_t {
    pg_smtp_mode_e mode;
    pg_end_e end;                /* why, at PG_SMTP_END                   */
    unsigned commands, errors, mails;
    unsigned auth_lines;         /* credentials still to come             */
    unsigned auth_plain, auth_login;     /* how often they were used      */
    bool extended;               /* EHLO                                  */
    bool has_sender;
    bool bare_lf;                /* the client ends its commands with LF  */
    unsigned excess;             /* octets of the line over the limit     */
    unsigned char begin;         /* DATA: 1 after CRLF, 2 after a bare LF,
                                    0 within a line                       */
    unsigned char dot;           /* DATA: 1 a dot begins the line, 2 and a
                                    CR follows it                         */
    unsigned recipients;
    apr_size_t recipients_len;   /* octets in recipient[]                 */
    apr_size_t line_len;
    apr_size_t words_len;        /* sent and still to be sent             */
    apr_size_t words_said;
    apr_size_t message_len;
    apr_size_t limit;            /* of a message                          */
    char *message;               /* limit octets, the caller's            */
    char host[PG_SMTP_HOST + 1]; /* that the client asked for             */
    char helo[PG_SMTP_HOST + 1];
    char sender[PG_SMTP_LINE];
    char line[PG_SMTP_LINE];
    char recipient[PG_SMTP_ENVELOPE];    /* each followed by a NUL        */
    char words[PG_SMTP_WORDS];
} pg_smtp_t;

/** A mail; the spans point into the conversation. */
typedef struct pg_smtp_mail_t {
    pg_span_t sender;            /* without angle brackets; may be empty  */
    pg_span_t recipients;        /* each followed by a NUL                */
    unsigned recipient_count;
    pg_span_t message;           /* as sent, leading dots undone          */
    pg_span_t helo;
    bool extended;
    bool cut;                    /* it had not ended                      */
} pg_smtp_mail_t;

/**
 * Begin a conversation with the greeting.
 * @param s        zeroed memory
 * @param host     the name to answer by; "localhost" if that is not a host
 *                 name or an address
 * @param message  limit octets, which need no initial value
 */
void pg_smtp_begin(pg_smtp_t *s, pg_span_t host, char *message,
                   apr_size_t limit);

/**
 * Take octets.
 * @param in  what has been received; on return what is left of it, which is
 *            nothing at PG_SMTP_READ
 */
pg_smtp_e pg_smtp_eat(pg_smtp_t *s, pg_span_t *in);

/** The mail at PG_SMTP_MAIL, or the one that was being sent when the
 *  conversation ended. @return false: there is none */
bool pg_smtp_mail(pg_smtp_mail_t *out, const pg_smtp_t *s);

/** After PG_SMTP_MAIL: reply that it was accepted under this id; NULL: that it
 *  was not. */
void pg_smtp_kept(pg_smtp_t *s, const char *id);

/** The replies that have not been sent yet. They count as sent afterwards. */
pg_span_t pg_smtp_say(pg_smtp_t *s);

#endif
