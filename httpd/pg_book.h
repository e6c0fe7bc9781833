/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Bookkeeping: an attempt enters the ledger once. One that is carried does so
 * when carrying begins, so that an open tunnel is in the books, even if the
 * server is stopped or killed; it is taken back only on proof that no
 * connection was made. All others enter when the request is logged. */
#ifndef PG_BOOK_H
#define PG_BOOK_H

#include <httpd.h>
#include <http_core.h>

#include "pg_note.h"

/** mod_proxy is about to carry r. The note belongs to the request that came
 *  from the network. */
void pg_book_open(request_rec *r, const pg_settings_t *settings,
                  pg_note_t *note);

/** Is mod_proxy about to carry something that is not in the books? */
void pg_book_none(const pg_settings_t *settings);

/** The request is over: count, log, or correct what was counted. */
void pg_book_close(request_rec *r, const pg_settings_t *settings,
                   pg_note_t *note);

/** error_log hook: mod_proxy reports here that it could not connect. */
void pg_book_heard(const ap_errorlog_info *info, const char *line);

/** The key for the note of the request that a thread is handling; in pconf. */
apr_threadkey_t *pg_book_key(apr_pool_t *pconf);

#endif
