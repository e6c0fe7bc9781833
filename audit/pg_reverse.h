/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reverse proxies whose destination the client chooses. Such a server is an
 * open relay with ProxyRequests Off.
 *
 * Each directive is judged from its text first (pg_dest.h), which settles most
 * of them. For the others, requests are made up and taken through everything
 * that httpd would do with them: mod_rewrite's rules, ProxyPass, the rules of
 * sections, handlers, access control. PG_CHOICE_HOST is reported only if such
 * a request ends at the host that it names. */
#ifndef PG_REVERSE_H
#define PG_REVERSE_H

#include "pg_dest.h"
#include "pg_merged.h"

/** What was found about one directive. */
typedef struct pg_reverse_t {
    const pg_directive_t *at;
    pg_choice_e chosen;          /* never PG_CHOICE_NOT                   */
} pg_reverse_t;

/**
 * Judge one virtual host.
 * @param vhost  its section; NULL: the main server
 * @param names  it answers to any name, not only its own
 * @return pg_reverse_t, in scratch
 */
apr_array_header_t *pg_reverse_judge(pg_merged_t *merged,
                                     const pg_directive_t *vhost, bool names,
                                     apr_pool_t *scratch);

#endif
