/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Logs whose logger writes every target as a full URL: Varnish, Azure Front
 * Door, CloudFront's and Akamai's exports, some load balancers. There the
 * absolute-form says nothing about what the client sent. */
#ifndef PG_URLS_H
#define PG_URLS_H

#include "pg_reader.h"

enum {
    PG_URLS_HEAD = 65536         /* octets that suffice                   */
};

/**
 * Is it such a log, by its first lines? All its requests have a full URL, and
 * at least half of them are for a host that answered for several paths: a
 * site's visitors, not somebody testing whether it relays.
 * @param head    the beginning of a file, complete lines count
 * @param memory  PG_READER_MEMORY(PG_URLS_HEAD) octets
 */
bool pg_urls_everywhere(const pg_reading_t *how, pg_span_t head,
                        char *memory);

/** Is this a status of a server that does not relay? */
bool pg_urls_refused(int status);

/** The key of a host: in lower case, cut off after `size` octets. */
pg_span_t pg_urls_host(char *out, apr_size_t size, pg_span_t host);

#endif
