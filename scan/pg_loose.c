/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose.h"

#include "pg_envelope.h"
#include "pg_logname.h"
#include "pg_logword.h"
#include "pg_loose_client.h"
#include "pg_loose_errors.h"
#include "pg_loose_keys.h"
#include "pg_loose_request.h"
#include "pg_loose_time.h"

/* The part of the line that is the request. */
static pg_span_t extent(const pg_logline_t *out)
{
    const pg_span_t *f = out->field;

    if (f[PG_FIELD_REQUEST].ptr) {
        return f[PG_FIELD_REQUEST];
    }
    return pg_span_between(f[PG_FIELD_METHOD].ptr,
                           pg_span_end(f[PG_FIELD_TARGET]));
}

/* "TCP_MISS/421" and "(HTTP/1.1 421)", "[421]:", "421:" */
static pg_span_t status_in(pg_span_t word)
{
    while (word.len && strchr("[]:'", word.ptr[word.len - 1])) {
        word.len--;
    }
    if (word.len && word.ptr[0] == '[') {
        word = pg_span_from(word, 1);
    }
    if (pg_span_istarts(word, PG_SPAN("TCP_"))) {
        word = pg_span_from(word, pg_span_rfind(word, '/') + 1);
    }
    return pg_logword_is_status(word) ? word : PG_ABSENT;
}

/* After the request: the first word, or the one after "(HTTP/1.1". A lone
 * number after a cipher is a size (ssl_request_log). */
static bool status_after(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    pg_span_t word, next;

    while (rest.len && rest.ptr[0] != '-' && !pg_octet_is_digit(rest.ptr[0])
           && !pg_octet_is_alpha(rest.ptr[0])) {
        rest = pg_span_from(rest, 1);    /* any quotation mark, bracket   */
    }
    word = pg_logword_next(&rest);
    if (pg_logname_find(pg_span_upto(word, pg_span_find(word, '='))).field
        == PG_FIELD_STATUS) {
        word = pg_span_from(word, pg_span_find(word, '=') + 1);
        word = word.len ? word : pg_logword_next(&rest);
    }

    if (pg_span_istarts(word, PG_SPAN("HTTP/"))) {
        word = pg_logword_next(&rest);
    }
    next = rest;
    next = pg_logword_next(&next);
    if (next.ptr == NULL && pg_logline_is_number(word)
        && pg_span_has(before, "TLSv")) {
        out->field[PG_FIELD_SIZE] = word;
        return true;
    }
    word = status_in(word);
    if (word.ptr) {
        out->field[PG_FIELD_STATUS] = word;
        if (pg_logline_is_number(next)
            || (pg_logline_is_dash(next)
                && pg_span_istarts(rest, PG_SPAN(" - \"")))) {
            out->field[PG_FIELD_SIZE] = next;
        }
        return true;
    }
    return false;
}

/* The last status before the request, and the number after it; of "421
 * 421", a balancer's and its target's, the first, and no size. */
static void status_before(pg_logline_t *out, pg_span_t before)
{
    pg_span_t word, last = PG_ABSENT;

    while ((word = pg_logword_next(&before)).ptr) {
        pg_span_t status = status_in(word);
        if (last.ptr && pg_logline_is_number(word)) {
            if (pg_span_eq(last, word)) {
                return;
            }
            out->field[PG_FIELD_SIZE] = word;
            status = PG_ABSENT;
        }
        if (status.ptr) {
            out->field[PG_FIELD_STATUS] = status;
            out->field[PG_FIELD_SIZE] = PG_ABSENT;
        }
        last = status;
    }
}

static void find_status(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    apr_size_t at = pg_span_search(rest, "(HTTP/");

    if (status_after(out, before, rest)) {
        return;
    }
    if (at < rest.len
        && status_after(out, before, pg_span_from(rest, at))) {
        return;
    }
    status_before(out, before);
}

/* "+id|request|field|..." and, when it is done, "-id". */
static pg_loose_e read_forensic(pg_logline_t *out, pg_span_t line)
{
    apr_size_t bar = pg_span_find(line, '|');

    if (line.len < 2 || (line.ptr[0] != '+' && line.ptr[0] != '-')
        || pg_span_find_any(pg_span_upto(line, bar), " \"") < bar) {
        return PG_LOOSE_NOTHING;
    }
    if (line.ptr[0] == '-') {
        return bar == line.len ? PG_LOOSE_NO_REQUEST : PG_LOOSE_NOTHING;
    }
    if (bar == line.len) {
        return PG_LOOSE_NOTHING;
    }
    line = pg_span_from(line, bar + 1);
    out->field[PG_FIELD_REQUEST] = pg_span_upto(line,
                                                pg_span_find(line, '|'));
    return PG_LOOSE_REQUEST;
}

/* "client:port target:port 0.000 0.001 0.000" */
static bool is_balancer(pg_span_t before)
{
    pg_span_t word, last = PG_ABSENT;
    int fractions = 0, addresses = 0;

    while ((word = pg_logword_next(&before)).ptr) {
        bool fraction = pg_span_find(word, '.') < word.len
                        && !pg_loose_client_is_address(word, true);
        addresses += pg_loose_client_is_address(word, true)
                     && (last.ptr == NULL
                         || !pg_loose_client_is_address(last, true));
        fractions += (fraction && pg_octet_is_digit(word.ptr[0]))
                     || pg_span_eq(word, PG_SPAN("-1"));
        last = word;
    }
    return addresses >= 1 && fractions >= 3;
}

/* IIS's own format: ..., bytes received, bytes sent, status, Windows' status,
 * before the method. */
static void undo_iis_native(pg_logline_t *out, pg_span_t before)
{
    pg_span_t word, last[3] = { PG_ABSENT, PG_ABSENT, PG_ABSENT };

    while ((word = pg_logword_next(&before)).ptr) {
        last[0] = last[1];
        last[1] = last[2];
        last[2] = word;
    }
    if (pg_logword_is_status(last[1]) && pg_logline_is_number(last[0])) {
        out->field[PG_FIELD_SIZE] = last[0];
        out->field[PG_FIELD_STATUS] = last[1];
    }
}

/* IIS without its "#Fields:": the first address is the server's own, after
 * the target come query, port, user and the client. */
static void undo_iis(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    pg_span_t word[9], last = pg_span_from(rest, pg_span_rfind(rest, ' ') + 1);
    apr_size_t n = pg_envelope_iso(before);

    for (int i = 0; i < 9; i++) {
        word[i] = pg_logword_next(&rest);
    }
    if (n == 19 && out->field[PG_FIELD_REQUEST].ptr == NULL
        && pg_logline_is_number(word[1])
        && pg_loose_client_is_address(word[3], false)) {
        out->field[PG_FIELD_CLIENT] = word[3];
        out->field[PG_FIELD_AGENT] = word[4];
        out->field[PG_FIELD_FORWARDED_FOR] = last;
        out->field[PG_FIELD_STATUS] = pg_logword_is_status(word[6])
                                      ? word[6] : PG_ABSENT;
        out->field[PG_FIELD_SIZE] = PG_ABSENT;
    }
}

static void fill_plain(pg_logline_t *out, pg_loose_kind_e *kind,
                       pg_span_t line)
{
    pg_span_t where = extent(out);
    pg_span_t before = pg_span_between(line.ptr, where.ptr);
    pg_span_t rest = pg_span_between(pg_span_end(where), pg_span_end(line));

    out->field[PG_FIELD_CLIENT] = pg_loose_client_find(out, before, rest);
    out->field[PG_FIELD_TIME] = pg_loose_time_find(line, before);
    if (pg_loose_client_from(rest).ptr) {
        out->composed = true;
        rest = pg_span_from(rest, pg_span_search(rest, " - ") + 3);
    }
    find_status(out, before, rest);
    if (pg_span_has(before, "TCP_") || pg_span_has(before, "NONE/")) {
        *kind = PG_LOOSE_SQUID;
        out->composed = true;
        out->sent = true;
        /* the size of a tunnel is what went through it */
        if (pg_span_eq(out->field[PG_FIELD_METHOD], PG_SPAN("CONNECT"))) {
            out->field[PG_FIELD_SIZE] = PG_SPAN("-");
        }
    }
    else if (is_balancer(before)) {
        *kind = PG_LOOSE_BALANCER;
        out->composed = true;    /* it adds scheme, Host and port         */
    }
    else if (pg_span_has(before, ", W3SVC")) {
        undo_iis_native(out, before);
    }
    else {
        undo_iis(out, before, rest);
    }
}

static pg_loose_e read_plain(pg_logline_t *out, pg_loose_kind_e *kind,
                             pg_span_t line)
{
    pg_span_t *request = &out->field[PG_FIELD_REQUEST];
    bool quoted = pg_loose_request_quoted(request, line);

    if (!(quoted && pg_loose_request_is_line(*request))
        && pg_loose_keys_begin(line)) {
        *request = PG_ABSENT;
        *kind = PG_LOOSE_KEYS;
        if (pg_loose_keys_read(out, line)) {
            return PG_LOOSE_REQUEST;
        }
        memset(out->field, 0, sizeof(out->field));
        quoted = pg_loose_request_quoted(request, line);
    }
    *kind = PG_LOOSE_PLAIN;
    if (!quoted && !pg_loose_request_bare(out, line)
        && !pg_loose_request_refused(request, line)) {
        *kind = PG_LOOSE_KEYS;
        return pg_loose_keys_read(out, line) ? PG_LOOSE_REQUEST
                                             : PG_LOOSE_NOTHING;
    }
    fill_plain(out, kind, line);
    return PG_LOOSE_REQUEST;
}

/* Only rules: of a table, as MySQL's client or Markdown draws it. */
static bool is_rule(pg_span_t line)
{
    apr_size_t n = 0;

    while (n < line.len && strchr("+-|=: ", line.ptr[n]) && line.ptr[n]) {
        n++;
    }
    return n == line.len && n > 2
           && (line.ptr[0] == '+' || line.ptr[0] == '|');
}

/* "Thu 2025-11-04 08:01:02.1 UTC [s=...;i=...", `journalctl -o verbose`. */
static bool is_entry(pg_span_t line)
{
    return pg_span_has(line, " [s=") && pg_span_has(line, ";i=")
           && pg_span_has(line, ";b=");
}

/* "_HOSTNAME=web1", beside the MESSAGE= of `journalctl -o export`. */
static bool is_export(pg_span_t line)
{
    apr_size_t n;

    line = pg_span_trim(line);
    n = pg_span_find(line, '=');
    for (apr_size_t i = 0; i < n; i++) {
        char c = line.ptr[i];
        if (c != '_' && !(c >= 'A' && c <= 'Z') && !pg_octet_is_digit(c)) {
            return false;
        }
    }
    return n > 3 && n < line.len && !pg_loose_request_is_suspect(line);
}

/* Known kinds of lines without a request: HAProxy received none, Python's
 * http.server explains a status, a field of an entry in the journal. */
static bool is_aside(pg_span_t line)
{
    apr_size_t code = pg_span_search(line, "] code ");

    return pg_span_has(line, "\"<BADREQ>\"") || is_export(line)
           || is_rule(line) || is_entry(line)
           || (pg_span_has(line, "\"- http")            /* ALB             */
               && pg_span_has(line, "- -\" "))
           || (pg_span_has(line, " error:")             /* Squid           */
               && pg_span_has(line, " HIER_NONE/"))
           || pg_span_eq(line, PG_SPAN("--"))            /* grep -C         */
           || (pg_span_istarts(line, PG_SPAN("==> "))    /* tail            */
               && pg_span_has(line, " <=="))
           || (code < line.len && !pg_loose_request_is_suspect(line)
               && pg_span_istarts(pg_span_from(line, code + 10),
                                 PG_SPAN(", message ")));
}

pg_loose_e pg_loose_read(pg_logline_t *out, pg_loose_kind_e *kind,
                         pg_span_t line)
{
    pg_loose_e found;

    memset(out, 0, sizeof(*out));
    out->escaped = true;
    if (pg_loose_errors_is_line(line)) {
        *kind = PG_LOOSE_ERROR_LOG;
        return pg_loose_errors_read(out, line) ? PG_LOOSE_REQUEST
                                               : PG_LOOSE_NO_REQUEST;
    }
    *kind = PG_LOOSE_FORENSIC;
    found = is_rule(line) ? PG_LOOSE_NO_REQUEST : read_forensic(out, line);
    if (found == PG_LOOSE_NOTHING) {
        found = read_plain(out, kind, line);
    }
    if (found == PG_LOOSE_NOTHING && is_aside(line)) {
        found = PG_LOOSE_NO_REQUEST;
    }
    return found;
}
