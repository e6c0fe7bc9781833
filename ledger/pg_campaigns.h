/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The campaigns that captured mail belongs to, in the sink's part of the
 * ledger: 64 of them; a new one replaces the one that has been quiet for
 * longest. */
#ifndef PG_CAMPAIGNS_H
#define PG_CAMPAIGNS_H

#include <apr_pools.h>

#include "pg_campaign.h"
#include "pg_capture.h"
#include "pg_ledger.h"

/** Count a mail. Any process, any thread; no lock.
 *  @param source  16 octets, IPv4 as ::ffff:a.b.c.d */
void pg_campaigns_add(pg_ledger_t *ledger, const pg_campaign_mail_t *mail,
                      const unsigned char source[16], apr_time_t now);

/** Add the campaigns of one ledger to another; what is in both is united. */
void pg_campaigns_merge(pg_ledger_t *into, const pg_ledger_t *from);

/** Fill campaign and campaign_count, most mails first. */
void pg_campaigns_copy(pg_capture_t *out, const pg_ledger_t *ledger,
                       apr_pool_t *pool);

#endif
