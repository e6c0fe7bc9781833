/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a scan reports beyond its counts: whether any attempt succeeded, what
 * the attempts looked like, how much of the log was read. */
#include "pg_text.h"

#include <apr_strings.h>


enum {
    SHOWN_ANSWERS = 8,           /* of those that matter                  */
    SHOWN_HARMLESS = 3,
    SHOWN_TEXT = 160             /* octets of a client's text             */
};

/* --- how far the answer reaches ------------------------------------------ */

static apr_uint64_t number_of(const pg_reach_file_t *file)
{
    switch (file->doubt) {
    case PG_REACH_DOUBT_QUESTIONED:
        return file->questioned;
    case PG_REACH_DOUBT_SUSPECT:
        return file->suspect;
    default:
        return file->unread;
    }
}

static const char *path_of(const pg_textpage_t *page,
                           const pg_reach_file_t *file)
{
    pg_shown_t room;
    pg_span_t path = pg_render_shown(page->report, PG_MASK_EVIDENCE,
                                     pg_span_str(file->path), &room);
    apr_size_t size = path.len * 8 + 1;
    char *out = apr_palloc(page->pool, size);

    pg_escape_plain(out, size, path);
    return out;
}

/* Each file for which the answer is incomplete. */
void pg_text_reach(const pg_textpage_t *page)
{
    const pg_reach_t *reach = page->report->scanned->reach;
    apr_size_t shown = 0;

    for (apr_size_t i = 0; i < reach->files; i++) {
        const pg_reach_file_t *file = &reach->file[i];

        if (file->doubt == PG_REACH_DOUBT_NONE || shown++ >= SHOWN_ANSWERS) {
            continue;
        }
        pg_text_line(page, 2, PG_PHRASE_OF(DOUBT_QUESTIONED, file->doubt - 1),
                     path_of(page, file),
                     pg_text_number(page, number_of(file)),
                     pg_text_number(page, file->lines));
    }
    if (shown > SHOWN_ANSWERS) {
        pg_text_line(page, 2, PG_PHRASE_SCAN_MORE,
                     pg_text_number(page, shown - SHOWN_ANSWERS), NULL, NULL);
    }
}

/* Once for all files that were read in the same way. */
static void formats(const pg_textpage_t *page)
{
    const pg_reach_t *reach = page->report->scanned->reach;
    const pg_reach_file_t *last = NULL;

    for (apr_size_t i = 0; i < reach->files; i++) {
        const pg_reach_file_t *file = &reach->file[i];
        bool inside = strcmp(file->envelope, "none") != 0;

        if (file->requests == 0
            || (last && !strcmp(last->envelope, file->envelope)
                && !strcmp(last->format, file->format))) {
            continue;
        }
        pg_text_line(page, 2, inside ? PG_PHRASE_SCAN_READ_INSIDE
                                     : PG_PHRASE_SCAN_READ_AS,
                     path_of(page, file), file->format, file->envelope);
        last = file;
    }
}

/* --- success ------------------------------------------------------------- */

static void answer(const pg_textpage_t *page, const pg_scanned_answer_t *a)
{
    char *size = apr_palloc(page->pool, a->size.octets.len * 8 + 1);

    pg_escape_plain(size, a->size.octets.len * 8 + 1, a->size.octets);
    pg_sink_puts(page->sink, "    ");
    pg_text_sent(page, PG_MASK_REQUEST, &a->request, SHOWN_TEXT);
    pg_sink_puts(page->sink, "\n      ");
    pg_text_say(page, PG_PHRASE_SCAN_STATUS,
                apr_psprintf(page->pool, "%d", a->status), size,
                pg_text_number(page, a->attempts));
    if (a->first) {
        pg_sink_putf(page->sink, ", %s", pg_text_day(page, a->first));
    }
    pg_sink_putf(page->sink, ": %s\n",
                 pg_text_phrase(page,
                                PG_PHRASE_OF(GROUND_CONNECT, a->ground)));
}

static void judged(const pg_textpage_t *page, pg_judged_e verdict)
{
    const pg_scanned_t *scan = page->report->scanned;
    apr_size_t most = verdict == PG_JUDGED_HARMLESS ? SHOWN_HARMLESS
                                                    : SHOWN_ANSWERS;
    apr_size_t shown = 0, more = 0;

    if (scan->judged[verdict] == 0) {
        return;
    }
    pg_sink_putf(page->sink, "  %s: %s\n",
                 pg_text_phrase(page, PG_PHRASE_OF(JUDGED_HARMLESS, verdict)),
                 pg_text_number(page, scan->judged[verdict]));
    for (apr_size_t i = 0; i < scan->answers; i++) {
        if (pg_scanned_judged_by(scan->answer[i].ground) != verdict) {
            continue;
        }
        if (shown < most) {
            answer(page, &scan->answer[i]);
            shown++;
        }
        else {
            more++;
        }
    }
    if (more) {
        pg_text_line(page, 4, PG_PHRASE_SCAN_MORE, pg_text_number(page, more),
                     NULL, NULL);
    }
}

static void count(const pg_textpage_t *page, pg_phrase_e word, apr_uint64_t n)
{
    if (n) {
        pg_text_line(page, 2, word, pg_text_number(page, n), NULL, NULL);
    }
}

void pg_text_succeeded(const pg_textpage_t *page)
{
    const pg_scanned_t *scan = page->report->scanned;

    pg_text_head(page, PG_PHRASE_H_ANSWERED);
    if (scan->answers == 0 && scan->judged[PG_JUDGED_UNCLEAR] == 0) {
        pg_text_line(page, 2, PG_PHRASE_ANSWERED_NONE, NULL, NULL, NULL);
        return;
    }
    for (int j = PG_JUDGED_COUNT - 1; j >= 0; j--) {
        judged(page, (pg_judged_e)j);
    }
    count(page, PG_PHRASE_SCAN_LOST, scan->answers_lost);
    if (scan->judged[PG_JUDGED_RELAYED] || scan->judged[PG_JUDGED_UNCLEAR]) {
        pg_text_line(page, 2, PG_PHRASE_SCAN_TRY, NULL, NULL, NULL);
    }
}

/* --- examples ------------------------------------------------------------ */

void pg_text_examples(const pg_textpage_t *page)
{
    const pg_scanned_t *scan = page->report->scanned;
    pg_lang_e lang = page->report->view.lang;

    pg_text_head(page, PG_PHRASE_H_EXAMPLES);
    for (apr_size_t i = 0; i < scan->examples; i++) {
        const pg_scanned_example_t *e = &scan->example[i];

        pg_sink_puts(page->sink, "  ");
        pg_text_sent(page, PG_MASK_REQUEST, &e->request, SHOWN_TEXT);
        pg_sink_putf(page->sink, "\n    %s: %s\n",
                     pg_vocab_class(e->class_id),
                     pg_phrases_get(lang, PG_PHRASE_OF(MEANS_ABSOLUTE,
                                                       e->class_id)));
        pg_sink_putf(page->sink, "    %s\n",
                     pg_phrases_get(lang, PG_PHRASE_OF(WHY_ORIGIN,
                                                       e->reason)));
    }
}

/* --- the log ------------------------------------------------------------- */

void pg_text_log(const pg_textpage_t *page)
{
    const pg_scanned_t *scan = page->report->scanned;

    pg_text_head(page, PG_PHRASE_H_LOG);
    pg_text_line(page, 2, PG_PHRASE_SCAN_READ,
                 pg_text_number(page, scan->lines[PG_LINES_LINES]),
                 pg_text_number(page, (apr_uint64_t)scan->files),
                 pg_text_number(page, scan->octets));
    if (scan->first) {
        pg_text_line(page, 2, PG_PHRASE_SCAN_EXTENT,
                     pg_text_day(page, scan->first),
                     pg_text_day(page, scan->last), NULL);
    }
    formats(page);
    pg_text_line(page, 2, PG_PHRASE_OF(NAMES_UNKNOWN, scan->names),
                 pg_text_number(page, scan->names_learned), NULL, NULL);
    count(page, PG_PHRASE_SCAN_SILENT, scan->lines[PG_LINES_SILENT]);
    count(page, PG_PHRASE_SCAN_OTHER, scan->lines[PG_LINES_OTHER]);
    count(page, PG_PHRASE_SCAN_NO_CLIENT, scan->lines[PG_LINES_NO_CLIENT]);
    count(page, PG_PHRASE_SCAN_UNTIMED, scan->lines[PG_LINES_UNTIMED]);
    count(page, PG_PHRASE_SCAN_OVERSIZE, scan->lines[PG_LINES_OVERSIZE]);
    count(page, PG_PHRASE_SCAN_APPROXIMATE, scan->counts_low_by);
    count(page, PG_PHRASE_SCAN_UNPARSED, scan->lines[PG_LINES_UNPARSED]);
    for (apr_size_t i = 0; i < scan->unread_count; i++) {
        pg_sink_puts(page->sink, "    ");
        pg_text_sent(page, PG_MASK_EVIDENCE, &scan->unread[i], SHOWN_TEXT);
        pg_sink_puts(page->sink, "\n");
    }
}
