/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mbox.h"

#include <stdio.h>

#define QUOTE "X-Quoted-"
#define NAME_OF(sym, name) name,
static const char *const fields[] = { PG_MBOX_FIELDS(NAME_OF) };

/* --- lines --------------------------------------------------------------- */

static bool is_blank(pg_span_t line)
{
    return pg_span_trim(line).len == 0;
}

/* What ends a header for every reader: some take a line of blanks for a
 * continuation, after which fields may follow. */
static bool is_empty(pg_span_t line)
{
    return pg_span_eq(line, PG_SPAN("\n"))
           || pg_span_eq(line, PG_SPAN("\r\n"));
}

static bool begins(pg_span_t s, const char *prefix)
{
    apr_size_t n = strlen(prefix);

    return s.len >= n && memcmp(s.ptr, prefix, n) == 0;
}

/* "From ", ">From ", ... */
static bool is_from_like(pg_span_t line)
{
    while (begins(line, ">")) {
        line = pg_span_from(line, 1);
    }
    return begins(line, "From ");
}

/* A field of the client's that would pass for one of ours, or for a quoted
 * one. */
static bool is_field_like(pg_span_t line)
{
    while (pg_span_istarts(line, PG_SPAN(QUOTE))) {
        line = pg_span_from(line, sizeof(QUOTE) - 1);
    }
    return pg_span_istarts(line, PG_SPAN("X-ProxyGuard-"));
}

/* "name: value" (RFC 5322 2.2), or the "From " that some put first. */
static bool is_field(pg_span_t line)
{
    apr_size_t n = pg_span_find(line, ':');

    if (n == 0 || n == line.len) {
        return false;
    }
    for (apr_size_t i = 0; i < n; i++) {
        if (line.ptr[i] <= ' ' || line.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

/* --- pieces of a message ------------------------------------------------- */

typedef struct place_t {
    bool header, begins_line;
} place_t;

/* A line; in a header, also what ends with a CR alone: there some readers
 * (Python's is one) begin another. */
static pg_span_t take_piece(pg_span_t *rest, const place_t *at)
{
    apr_size_t n = at->header ? pg_span_find_any(*rest, "\r\n")
                              : pg_span_find(*rest, '\n');
    pg_span_t piece;

    if (n + 1 < rest->len && rest->ptr[n] == '\r'
        && rest->ptr[n + 1] == '\n') {
        n++;
    }
    piece = pg_span_upto(*rest, n + 1);
    *rest = pg_span_from(*rest, piece.len);
    return piece;
}

/* The header ends where it does for every reader. */
static void go_on(place_t *at, pg_span_t piece)
{
    at->header = at->header && !(at->begins_line && is_empty(piece));
    at->begins_line = piece.ptr[piece.len - 1] == '\n';
}

/* --- writing ------------------------------------------------------------- */

typedef struct writer_t {
    char *out;
    apr_size_t room, n;
    bool full;
} writer_t;

static void put(writer_t *w, pg_span_t s)
{
    if (s.len > w->room - w->n) {
        w->full = true;
        return;
    }
    if (s.len > 0) {
        memcpy(w->out + w->n, s.ptr, s.len);
        w->n += s.len;
    }
}

static void put_str(writer_t *w, const char *s)
{
    put(w, pg_span_str(s));
}

/* Text from a client in a field of ours: nothing that could end the field. */
static void put_clean(writer_t *w, pg_span_t s)
{
    apr_size_t from = w->n;

    put(w, s);
    for (apr_size_t i = from; i < w->n; i++) {
        unsigned char c = (unsigned char)w->out[i];

        if (c < ' ' || c == 0x7f) {
            w->out[i] = '?';
        }
    }
}

static void put_field(writer_t *w, const char *name, pg_span_t value)
{
    if (value.len > 0) {
        put_str(w, name);
        put_str(w, ": ");
        put_clean(w, value);
        put_str(w, "\n");
    }
}

static void put_recipients(writer_t *w, pg_span_t recipients)
{
    while (recipients.len > 0) {
        put_field(w, "Delivered-To", pg_span_take(&recipients, '\0'));
    }
}

static void put_received(writer_t *w, const pg_mbox_entry_t *e,
                         const char *date)
{
    put_str(w, "Received: from ");
    put_clean(w, e->mail->helo.len ? e->mail->helo : PG_SPAN("unknown"));
    put_str(w, " ([");
    put_clean(w, e->source);
    put_str(w, "])\n\tby ");
    put_str(w, e->host);
    put_str(w, e->mail->extended ? " (proxyguard sink) with ESMTP id "
                               : " (proxyguard sink) with SMTP id ");
    put_clean(w, e->id);
    put_str(w, ";\n\t");
    put_str(w, date);
    put_str(w, "\n");
}

/* A message that does not begin with a header field needs an empty line
 * first. */
static bool is_headerless(pg_span_t message)
{
    pg_span_t first = pg_span_take_line(&message);

    return !is_field(first) && !is_empty(first);
}

static void put_envelope(writer_t *w, const pg_mbox_entry_t *e)
{
    char rfc[40], line[40], size[24];
    apr_time_exp_t at;

    apr_time_exp_gmt(&at, e->time);
    snprintf(line, sizeof(line), "%.3s %.3s %2d %02d:%02d:%02d %d",
             apr_day_snames[at.tm_wday], apr_month_snames[at.tm_mon],
             at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, at.tm_year + 1900);
    snprintf(rfc, sizeof(rfc), "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
             apr_day_snames[at.tm_wday], at.tm_mday,
             apr_month_snames[at.tm_mon], at.tm_year + 1900, at.tm_hour,
             at.tm_min, at.tm_sec);
    snprintf(size, sizeof(size), "%" APR_SIZE_T_FMT, e->mail->message.len);
    put_str(w, "From MAILER-DAEMON ");
    put_str(w, line);
    put_str(w, "\nReturn-Path: <");
    put_clean(w, e->mail->sender);
    put_str(w, ">\n");
    put_recipients(w, e->mail->recipients);
    put_received(w, e, rfc);
    put_field(w, fields[PG_MBOX_ID], e->id);
    put_field(w, fields[PG_MBOX_CONVERSATION], e->conversation);
    put_field(w, fields[PG_MBOX_SOURCE], e->source);
    put_field(w, fields[PG_MBOX_TARGET], e->target);
    put_field(w, fields[PG_MBOX_VHOST], e->vhost);
    put_field(w, fields[PG_MBOX_AUTH], pg_span_str(e->auth));
    put_field(w, fields[PG_MBOX_KEPT],
              pg_span_str(pg_capture_keep(e->mail->cut ? PG_KEEP_CUT
                                                       : e->keep)));
    if (is_headerless(e->mail->message)) {
        put_field(w, fields[PG_MBOX_HEADERLESS], PG_SPAN("yes"));
    }
    put_field(w, fields[PG_MBOX_SIZE], pg_span_str(size));
}

static void put_message(writer_t *w, pg_span_t message, bool header_only)
{
    place_t at = { .header = true, .begins_line = true };
    bool blank = false;

    while (message.len > 0 && !(blank && header_only)) {
        pg_span_t piece = take_piece(&message, &at);

        if (at.begins_line && is_from_like(piece)) {
            put_str(w, ">");
        }
        else if (at.header && is_field_like(piece)) {
            put_str(w, QUOTE);
        }
        put(w, piece);
        blank = at.begins_line && is_blank(piece);
        go_on(&at, piece);
    }
}

apr_size_t pg_mbox_write(char *out, apr_size_t room,
                         const pg_mbox_entry_t *e)
{
    writer_t w = { .out = out, .room = room };
    pg_span_t message = e->mail->message;
    bool headerless = is_headerless(message);

    put_envelope(&w, e);
    if (headerless || e->keep == PG_KEEP_SUMMARY) {
        put_str(&w, "\n");
    }
    if (e->keep == PG_KEEP_MESSAGE
        || (e->keep == PG_KEEP_HEADER && !headerless)) {
        put_message(&w, message, e->keep == PG_KEEP_HEADER);
    }
    if (w.n > 0 && w.out[w.n - 1] != '\n') {
        put_str(&w, "\n");
    }
    put_str(&w, "\n");
    return w.full ? 0 : w.n;
}

/* --- reading ------------------------------------------------------------- */

/* Up to the next line that begins an entry: those of a message are quoted. */
static pg_span_t take_entry(pg_span_t *rest)
{
    pg_span_t all = *rest;

    (void)pg_span_take_line(rest);
    while (rest->len > 0 && !begins(*rest, "From ")) {
        (void)pg_span_take_line(rest);
    }
    return pg_span_upto(all, all.len - rest->len);
}

static void note_field(pg_mbox_read_t *out, pg_span_t line)
{
    for (int f = 0; f < PG_MBOX_COUNT; f++) {
        apr_size_t n = strlen(fields[f]);

        if (begins(line, fields[f]) && line.len > n && line.ptr[n] == ':') {
            out->field[f] = pg_span_trim(pg_span_from(line, n + 1));
        }
    }
}

static apr_size_t number_of(pg_span_t digits)
{
    apr_size_t size = 0;

    for (apr_size_t i = 0; i < digits.len && i < 18
                           && pg_octet_is_digit(digits.ptr[i]); i++) {
        size = size * 10 + (apr_size_t)(digits.ptr[i] - '0');
    }
    return size;
}

/* Our fields end with the size; an entry without them is all message. */
static void split(pg_mbox_read_t *out, pg_span_t entry)
{
    pg_span_t rest = entry;

    while (rest.len > 0 && out->field[PG_MBOX_SIZE].ptr == NULL) {
        pg_span_t line = pg_span_take_line(&rest);

        if (is_blank(line)) {
            break;
        }
        note_field(out, line);
    }
    out->ours = out->field[PG_MBOX_ID].ptr && out->field[PG_MBOX_SIZE].ptr;
    if (!out->ours) {
        memset(out->field, 0, sizeof(out->field));
        rest = entry;
    }
    out->size = number_of(out->field[PG_MBOX_SIZE]);
    out->envelope = pg_span_upto(entry, entry.len - rest.len);
    if (out->field[PG_MBOX_HEADERLESS].ptr) {
        (void)pg_span_take_line(&rest);
    }
    /* the line that ends the entry */
    if (rest.len > 0 && rest.ptr[rest.len - 1] == '\n') {
        rest.len--;
    }
    out->message = rest;
}

bool pg_mbox_next(pg_mbox_read_t *out, pg_span_t *rest)
{
    pg_span_t entry;

    memset(out, 0, sizeof(*out));
    if (!begins(*rest, "From ")) {
        return false;
    }
    entry = take_entry(rest);
    out->from = pg_span_from(pg_span_take_line(&entry), 5);
    split(out, entry);
    return true;
}

apr_size_t pg_mbox_unquote(char *out, pg_span_t message)
{
    place_t at = { .header = true, .begins_line = true };
    apr_size_t n = 0;

    while (message.len > 0) {
        pg_span_t piece = take_piece(&message, &at), text = piece;

        if (at.begins_line && piece.ptr[0] == '>' && is_from_like(piece)) {
            text = pg_span_from(piece, 1);
        }
        else if (at.header && is_field_like(piece)
                 && pg_span_istarts(piece, PG_SPAN(QUOTE))) {
            text = pg_span_from(piece, sizeof(QUOTE) - 1);
        }
        memcpy(out + n, text.ptr, text.len);
        n += text.len;
        go_on(&at, piece);
    }
    return n;
}
