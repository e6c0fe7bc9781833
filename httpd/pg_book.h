/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The books: an attempt enters the ledger once. What is carried does so when
 * carrying begins, so that a tunnel is in the books while it stands, and stays
 * there if the server is stopped or killed; it is taken back only on proof that
 * no connection was made. All else enters when the request is logged. */
#ifndef PG_BOOK_H
#define PG_BOOK_H

#include <httpd.h>
#include <http_core.h>

#include "pg_note.h"

/** mod_proxy is about to carry it. The note is that of first, the request
 *  that came from the network. */
void pg_book_open(request_rec *first, const pg_settings_t *settings,
                  pg_note_t *note);

/** mod_proxy is about to carry something that is not in the books. */
void pg_book_none(const pg_settings_t *settings);

/** The request is over: count, log, or correct what was counted. */
void pg_book_close(request_rec *r, const pg_settings_t *settings,
                   pg_note_t *note);

/** error_log hook: mod_proxy says here that it found nobody. */
void pg_book_heard(const ap_errorlog_info *info, const char *line);

/** What carries the note of the request that a thread is at; in pconf. */
apr_threadkey_t *pg_book_key(apr_pool_t *pconf);

#endif
