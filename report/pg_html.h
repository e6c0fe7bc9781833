/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* The parts of the status page, and what they share (pg_html_put.c). Internal
 * to report/: pg_html.c puts the parts together. Every string that is not a
 * literal of ours goes through pg_escape_html. */
#ifndef PG_HTML_H
#define PG_HTML_H

#include "pg_escape.h"
#include "pg_metrics.h"
#include "pg_render.h"

typedef struct pg_page_t {
    pg_sink_t *sink;
    const pg_report_t *report;
    const pg_snapshot_t *s;      /* NULL: the guard cannot count          */
    pg_measured_t measured;
    apr_pool_t *pool;
} pg_page_t;

/** The style sheet in parts; the last one is NULL. */
extern const char *const pg_style[];

/** A word without arguments. */
void pg_html_phrase(const pg_page_t *page, pg_phrase_e word);

/** A word with up to four plain arguments; NULL for unused ones. */
void pg_html_say(const pg_page_t *page, pg_phrase_e word, const char *a,
                 const char *b, const char *c);

/** "<tag>word</tag>\n"; tag may hold attributes of ours. */
void pg_html_tagged(const pg_page_t *page, const char *tag, pg_phrase_e word);

/** What a client sent, as code with a text direction of its own: at most
 *  `most` octets, and a mark when there was more. Absent: the word for "not
 *  sent". */
void pg_html_sent(const pg_page_t *page, pg_mask_e field,
                  const pg_text_t *text, apr_size_t most);

/** A number cell; a time element. */
void pg_html_count_cell(const pg_page_t *page, apr_uint64_t n);
void pg_html_time(const pg_page_t *page, apr_time_t t);

/** "?lang=ja&mask=1...": a view of this page, or another format of it. Text
 *  from a client in it is percent-encoded. */
void pg_html_link(const pg_page_t *page, const pg_view_t *view,
                  const char *format);

/** "<a href="?...">" to a part of such a view; NULL: to its beginning. */
void pg_html_anchor(const pg_page_t *page, const pg_view_t *view,
                    const char *id);

/** Octets shown of a name in a list. */
#define PG_HTML_KEY 160

/** A section with its heading, and its end. */
void pg_html_open(const pg_page_t *page, const char *id, pg_phrase_e title);
void pg_html_close(const pg_page_t *page);

/** A phrase whose argument is the view's window, in words. */
void pg_html_windowed(const pg_page_t *page, pg_phrase_e word);

/** The parts, in the order of the page. */
void pg_html_answers(const pg_page_t *page);
void pg_html_answered(const pg_page_t *page);
void pg_html_history(const pg_page_t *page);
void pg_html_classes(const pg_page_t *page);
void pg_html_tops(const pg_page_t *page);
void pg_html_recent(const pg_page_t *page);
void pg_html_captured(const pg_page_t *page);
void pg_html_vhosts(const pg_page_t *page);
void pg_html_findings(const pg_page_t *page);
void pg_html_glossary(const pg_page_t *page);

#endif
