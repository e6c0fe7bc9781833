/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Captured mail as an mbox entry (RFC 4155, in the variant mboxrd): what the
 * sink writes, and what the command reads.
 *
 *   From MAILER-DAEMON Wed Nov 25 22:51:34 2026
 *   Return-Path: <sender>
 *   Delivered-To: recipient                    one for each
 *   Received: from HELO ([address])
 *       by HOST (proxyguard sink) with ESMTP id ID; date
 *   X-ProxyGuard-...: ...                      one for each of PG_MBOX_FIELDS
 *   X-ProxyGuard-Size: octets                  of the message as it was sent
 *   the message, its octets as they came, but for two quotations
 *   (an empty line)
 *
 * Quoted are lines that would begin an entry, "From " and ">From " and so on,
 * by a '>'; and header fields of the client's own that would pass for ours,
 * by "X-Quoted-". Both can be undone. */
#ifndef PG_MBOX_H
#define PG_MBOX_H

#include "pg_smtp.h"

/*  X(enum suffix, field name); in this order, those that apply. */
#define PG_MBOX_FIELDS(X)                       \
    X(ID,           "X-ProxyGuard-Id")          \
    X(CONVERSATION, "X-ProxyGuard-Conversation") \
    X(SOURCE,       "X-ProxyGuard-Source")      \
    X(TARGET,       "X-ProxyGuard-Target")      \
    X(VHOST,        "X-ProxyGuard-Vhost")       \
    X(AUTH,         "X-ProxyGuard-Auth")        \
    X(KEPT,         "X-ProxyGuard-Kept")        \
    X(HEADERLESS,   "X-ProxyGuard-Headerless")  \
    X(SIZE,         "X-ProxyGuard-Size")

#define PG_ENUM_MBOX(sym, name) PG_MBOX_##sym,
typedef enum pg_mbox_e {
    PG_MBOX_FIELDS(PG_ENUM_MBOX)
    PG_MBOX_COUNT
} pg_mbox_e;
#undef PG_ENUM_MBOX

/** A mail about to be written. */
typedef struct pg_mbox_entry_t {
    apr_time_t time;
    const pg_smtp_mail_t *mail;
    pg_keep_e keep;              /* MESSAGE, HEADER or SUMMARY            */
    const char *host;            /* that it was accepted as               */
    pg_span_t id, conversation, source, target, vhost;
    const char *auth;            /* "PLAIN", "LOGIN"; NULL: not used      */
} pg_mbox_entry_t;

/** Octets that are enough for any entry with a message of so many. */
static inline apr_size_t pg_mbox_room(apr_size_t message)
{
    return 2 * message + 2 * PG_SMTP_ENVELOPE;
}

/**
 * Write an entry.
 * @param out  room octets
 * @return how many it has; 0: it does not fit
 */
apr_size_t pg_mbox_write(char *out, apr_size_t room,
                         const pg_mbox_entry_t *entry);

/** An entry that was read. The spans point into what was read, so that
 *  message still has its quotations. */
typedef struct pg_mbox_read_t {
    pg_span_t from;              /* the first line, without "From "       */
    pg_span_t envelope;          /* the fields of ours, whole lines       */
    pg_span_t field[PG_MBOX_COUNT];  /* absent: it has none               */
    pg_span_t message;           /* what follows                          */
    apr_size_t size;             /* octets as it was sent                 */
    bool ours;                   /* it has an X-ProxyGuard-Id             */
} pg_mbox_read_t;

/**
 * Take the first entry off a mailbox.
 * @param rest  what is left of the mailbox; on return, what follows
 * @return false: there is none, or it is not an mbox
 */
bool pg_mbox_next(pg_mbox_read_t *out, pg_span_t *rest);

/**
 * Undo the quotations.
 * @param out  at least message.len octets
 * @return how many were written
 */
apr_size_t pg_mbox_unquote(char *out, pg_span_t message);

#endif
