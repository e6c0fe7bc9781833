/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Which mails belong together: those whose texts share much of their wording,
 * in any language or charset. A sketch of 64 minima (MinHash) over the
 * four-octet pieces of the decoded text estimates how much two texts share;
 * links and digits, which differ from mail to mail, are left out.
 * @see Broder, "On the resemblance and containment of documents", 1997 */
#ifndef PG_CAMPAIGN_H
#define PG_CAMPAIGN_H

#include "pg_span.h"

enum {
    PG_CAMPAIGN_HASHES = 64,
    PG_CAMPAIGN_ALIKE = 20,      /* equal minima of the same campaign     */
    PG_CAMPAIGN_CHARSET = 32,    /* octets kept of each, with a NUL       */
    PG_CAMPAIGN_SUBJECT = 160,
    PG_CAMPAIGN_LURE = 64
};

typedef struct pg_campaign_mail_t {
    apr_uint32_t sketch[PG_CAMPAIGN_HASHES];
    bool has_text;               /* enough of it for a sketch             */
    char charset[PG_CAMPAIGN_CHARSET];   /* lower case; "": not given     */
    char subject[PG_CAMPAIGN_SUBJECT];   /* decoded if it is UTF-8        */
    char lure[PG_CAMPAIGN_LURE];         /* host of the first link; ""    */
} pg_campaign_mail_t;

/**
 * Look at a message.
 * @param scratch  at least message.len octets
 */
void pg_campaign_look(pg_campaign_mail_t *out, char *scratch,
                      pg_span_t message);

/** How many of the minima are equal; 64 for the same text. */
unsigned pg_campaign_alike(const apr_uint32_t *a, const apr_uint32_t *b);

/** The language that a charset is used for ("zh-TW" for Big5), NULL when it
 *  is used for many. */
const char *pg_campaign_language(const char *charset);

#endif
