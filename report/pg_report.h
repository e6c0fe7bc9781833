/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a report is made from, and the formats it comes in. A renderer turns
 * this plain data into octets in a sink, without httpd, ledger or clock. */
#ifndef PG_REPORT_H
#define PG_REPORT_H

#include <apr_pools.h>

#include "pg_finding.h"
#include "pg_geo.h"
#include "pg_mask.h"
#include "pg_phrases.h"
#include "pg_scanned.h"
#include "pg_sink.h"
#include "pg_snapshot.h"

/** How it is to be shown (pg_query.h reads it from a request). All zero is the
 *  default. */
typedef struct pg_view_t {
    pg_lang_e lang;
    int zone;                    /* of times, minutes east of UTC         */
    bool mask;                   /* names and addresses as pseudonyms     */
    apr_time_t window;           /* us; 0 = PG_WINDOW_DEFAULT             */
    int top;                     /* rows of each list; 0 = PG_TOP_DEFAULT */
    apr_time_t since, until;     /* only [since, until); 0 = no bound     */
    int months;                  /* in the chart; 0 = PG_MONTHS_DEFAULT   */
    int only_class;              /* a class plus 1; 0 = all               */
    pg_span_t source, target;    /* only attempts from and to these, as
                                    shown; absent = all                   */
    int by;                      /* CSV: a period plus 1; 0 = months      */
    int refresh;                 /* seconds; 0 = the page stays           */
    int columns, rows;           /* of a terminal; 0 = not bound          */
    bool colour;                 /* on a terminal                         */
} pg_view_t;

#define PG_WINDOW_DEFAULT apr_time_from_sec(86400)
#define PG_TOP_DEFAULT 10
#define PG_TOP_MOST 100
#define PG_MONTHS_DEFAULT 24

typedef struct pg_report_t {
    const pg_snapshot_t *ledger; /* NULL: the guard cannot count          */
    apr_time_t now;              /* us since 1970                         */
    const char *version;         /* of the product                        */
    const char *sensor;          /* this server's name among several; NULL */
    const pg_vhost_t *vhosts;
    apr_size_t vhost_count;
    const pg_finding_t *findings; /* of the audit, worst first           */
    apr_size_t finding_count;
    apr_uint64_t connect_probes; /* CONNECT that is not limited to
                                    anybody, likewise                     */
    apr_uint64_t log_lines_held; /* by the budget, since httpd started    */
    apr_uint64_t evidence_lines_lost;
    bool sinks;                  /* CONNECT is accepted, and captured     */
    const pg_scanned_t *scanned; /* of logs; NULL: of a ledger            */
    bool zoned;                  /* times are in the view's zone already  */
    bool ended;                  /* no server counts any more: the
                                    records end at `taken`                */
    bool in_file;                /* not a server's page: links lead
                                    nowhere, no configuration is known    */
    const pg_geo_t *geo;         /* countries of sources; NULL: not
                                    requested                             */
    pg_view_t view;
    pg_key_t pseudonyms;         /* all zero: as in the ledger            */
} pg_report_t;

/** A format: its name in ?format=, its media type, its renderer. */
typedef struct pg_format_t {
    const char *name;
    const char *media_type;
    bool lists;                  /* does it show more than numbers?       */
    apr_status_t (*render)(pg_sink_t *sink, const pg_report_t *report,
                           apr_pool_t *pool);
} pg_format_t;

/** The format of that name, or NULL. The first one is the default. */
const pg_format_t *pg_report_format(pg_span_t name);

/** The hash of the HTML page's style sheet, as a Content-Security-Policy names
 *  it, without "sha256-": base64 of SHA-256.  @see CSP Level 3, 2.3.1 */
extern const char pg_style_sha256[];

/** All of them; ends with name == NULL. */
const pg_format_t *pg_report_formats(void);

#endif
