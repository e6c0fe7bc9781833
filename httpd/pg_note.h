/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What one hook leaves for the next, in r->request_config of the request that
 * came from the network; and what is done about it. */
#ifndef PG_NOTE_H
#define PG_NOTE_H

#include <httpd.h>

#include "pg_config.h"

typedef struct pg_note_t {
    pg_verdict_t verdict;
    pg_action_t action;
    bool clean;                  /* nothing to count                      */
    bool exempt;                 /* ProxyGuardExempt: counted as permitted
                                    if it is carried                      */
    bool seen;                   /* seen in time: the guard could have
                                    stopped it                            */
    bool early;                  /* before mod_remoteip had determined
                                    the client                            */
    bool passed;                 /* mod_proxy was about to carry it       */
    bool sunk;                   /* in the ledger: the sink accepted it   */
    bool booked;                 /* in the ledger, as relayed             */
    bool permitted;              /* in the ledger, as permitted           */
    bool heard;                  /* of the latest: no connection          */
    unsigned int opened;         /* how often mod_proxy tried to connect  */
    unsigned int unreached;      /* and failed                            */
    const request_rec *forwarded;    /* the latest; NULL: a subrequest    */
    apr_uint64_t entry;          /* among the recent attempts             */
    const char *allow;           /* the directive that would allow it     */
} pg_note_t;

/** The note of this very request; NULL: none yet. */
pg_note_t *pg_note_of(const request_rec *r);

/** The request that came from the network: the one that r is a subrequest or
 *  internal redirect of has the verdict. */
request_rec *pg_note_first(request_rec *r);

void pg_note_leave(request_rec *r, const pg_note_t *note);

/** A note with a verdict, and what is to be done about it. */
pg_note_t *pg_note_make(request_rec *r, const pg_settings_t *settings,
                        const pg_verdict_t *verdict);

/** Is one of the ProxyGuardExempt expressions true for it? An expression that
 *  cannot be evaluated exempts no request. */
bool pg_note_is_exempt(request_rec *r, const pg_settings_t *settings);

/** Publish it to other modules and log formats. */
void pg_note_publish(request_rec *r, const pg_note_t *note);

/** Undo that. */
void pg_note_withdraw(request_rec *r);

/** List the allowed methods on a page where httpd does not: an ErrorDocument,
 *  or one whose status became 405 late. */
void pg_note_allow(request_rec *r);

/** Stop a request, as a hook's return value. DECLINED: it may go on. */
int pg_note_enforce(request_rec *r, const pg_note_t *note);

/** Read nothing more from this client: neither the body, however slowly it
 *  arrives, nor octets after a CONNECT. */
void pg_note_close(request_rec *r);

#endif
