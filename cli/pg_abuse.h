/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Reports about sources of attempts, in formats that abuse desks and threat
 * intelligence platforms read. They are only written, never sent. */
#ifndef PG_ABUSE_H
#define PG_ABUSE_H

#include <apr_pools.h>
#include <apr_time.h>
#include <jansson.h>

#include "pg_article.h"
#include "pg_vocab.h"

/** Requests from each source that are kept as examples. */
#define PG_ABUSE_EXAMPLES 4

/** What one address did. */
typedef struct pg_abuse_source_t {
    const char *address;
    apr_time_t first, last;
    apr_uint64_t attempts;
    apr_uint64_t by_class[PG_CLASS_COUNT];
    json_t *example[PG_ABUSE_EXAMPLES];  /* lines of evidence             */
    int examples;
} pg_abuse_source_t;

/** One document. */
typedef struct pg_abuse_t {
    const pg_abuse_source_t *const *source;
    int n;
    const char *org, *contact;   /* who reports; NULL: not given          */
    const pg_article_t *mask;    /* own names; NULL: as they are          */
    apr_pool_t *pool;
} pg_abuse_t;

typedef struct pg_abuse_format_t {
    const char *name, *ending;   /* of a file                             */
    int most;                    /* sources in one document; 0: all       */
    int days;                    /* older attempts are refused; 0: none   */
    bool joins;                  /* documents may follow one another      */
    bool signs;                  /* org and contact are required          */
    void (*write)(pg_sink_t *sink, const pg_abuse_t *abuse);
} pg_abuse_format_t;

/** All of them; ends with name == NULL. */
const pg_abuse_format_t *pg_abuse_formats(void);

/** The file name of a document: the same for the same evidence. */
const char *pg_abuse_id(const pg_abuse_t *abuse);

#endif
