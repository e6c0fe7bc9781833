/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_tell.h"

#include <arpa/inet.h>

#include "pg_logescape.h"
#include "pg_loose_request.h"

/* --- other protocols ----------------------------------------------------- */

typedef struct signature_t {
    const char *octets;          /* '?' is any one                        */
    apr_size_t n;
    pg_told_e kind;
} signature_t;

#define SIGNATURE(octets, kind) { octets, sizeof(octets) - 1, PG_TOLD_##kind }

/* RFC 8446 5.1, RFC 4253 4.2, RFC 5321 4.1.1, RFC 9113 3.4, MS-RDPBCGR 2.2.1.1
 * (TPKT and X.224 connection request). httpd truncates at a NUL, so the
 * beginnings are short. */
static const signature_t signatures[] = {
    SIGNATURE("\x16\x03", TLS),
    SIGNATURE("SSH-", SSH),
    SIGNATURE("EHLO ", SMTP),
    SIGNATURE("HELO ", SMTP),
    SIGNATURE("MAIL FROM:", SMTP),
    SIGNATURE("RCPT TO:", SMTP),
    SIGNATURE("PRI * HTTP/2.0", HTTP2),
    SIGNATURE("\x03\x00\x00??\xe0", RDP),
};

static bool has_signature(pg_span_t s, const signature_t *of)
{
    for (apr_size_t i = 0; i < of->n; i++) {
        if (i >= s.len || (of->octets[i] != '?'
                           && pg_octet_lower(of->octets[i])
                              != pg_octet_lower(s.ptr[i]))) {
            return false;
        }
    }
    return true;
}

/* What httpd logs for a connection with only this: it stops at the first
 * NUL. */
static bool is_cut_rdp(pg_span_t s)
{
    return s.len <= 2 && s.len && s.ptr[0] == 3;
}

static pg_told_e protocol_of(pg_span_t s)
{
    for (apr_size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]);
         i++) {
        if (has_signature(s, &signatures[i])) {
            return signatures[i].kind;
        }
    }
    return is_cut_rdp(s) ? PG_TOLD_RDP : PG_TOLD_UNKNOWN;
}

/* --- requests ------------------------------------------------------------ */

/* A field's value in the lines after the first; absent if missing. */
static pg_span_t field_value(pg_span_t lines, pg_span_t name)
{
    while (lines.len) {
        pg_span_t line = pg_span_take(&lines, '\n');
        if (pg_span_istarts(line, name) && line.len > name.len
            && line.ptr[name.len] == ':') {
            return pg_span_trim(pg_span_from(line, name.len + 1));
        }
    }
    return PG_ABSENT;
}

static bool is_socks(pg_span_t s)
{
    return s.len >= 2 && (s.ptr[0] == 4 || s.ptr[0] == 5);
}

/* 04 command port(2) address(4): the core reads names only. */
static void note_socks(pg_told_t *out, pg_tell_t *tell, pg_span_t s)
{
    const unsigned char *u = (const unsigned char *)s.ptr;

    if (s.len < 8 || u[0] != 4
        || (u[4] == 0 && u[5] == 0 && u[6] == 0)) {
        return;
    }
    inet_ntop(AF_INET, u + 4, tell->socks_host, sizeof(tell->socks_host));
    out->verdict.host = pg_span_str(tell->socks_host);
    out->verdict.port = (apr_uint16_t)(u[2] * 256 + u[3]);
}

static void classify(pg_told_t *out, pg_tell_t *tell,
                     const pg_logline_t *line, const pg_own_t *own)
{
    out->request.check_host = out->request.host.ptr && own;
    pg_reader_classify(&out->verdict, &out->request, line, own);
    if (out->verdict.class_id == PG_CLASS_SOCKS) {
        note_socks(out, tell, out->request.line);
    }
}

static bool is_noise(const pg_told_t *out)
{
    return out->verdict.class_id == PG_CLASS_CLEAN
           && out->verdict.reason == PG_REASON_NOISE;
}

/* Not a request for a relay as it is, but it names a destination: a truncated
 * request, or one copied incorrectly. */
static bool is_doubtful(const pg_told_t *out)
{
    pg_span_t rest = out->request.line;

    if (pg_loose_request_is_suspect(rest)) {
        return true;
    }
    while (rest.len) {
        apr_size_t n = pg_span_find_any(rest, " \t");
        pg_span_t word = pg_span_upto(rest, n);
        if (pg_loose_request_is_authority(word)
            && pg_span_find(word, '.') < n) {
            return true;
        }
        rest = pg_span_from(rest, n + 1);
    }
    return false;
}

/* A request as it was sent. @return false: it is not one */
static bool look_raw(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                     const pg_own_t *own, bool certain)
{
    apr_size_t n = is_socks(text) ? text.len : pg_span_find(text, '\n');
    static const pg_logline_t none;

    out->request = (pg_request_t){ .line = pg_span_upto(text, n) };
    out->request.host = field_value(pg_span_from(text, n + 1),
                                    PG_SPAN("Host"));
    classify(out, tell, &none, own);
    if (is_noise(out) && (!certain || is_doubtful(out))) {
        return false;
    }
    out->kind = PG_TOLD_REQUEST;
    return true;
}

/* --- lines of logs ------------------------------------------------------- */

static void judge(pg_told_t *out, const pg_logline_t *line)
{
    out->status = pg_reader_status(line);
    out->outcome = pg_reader_outcome(line);
    out->stated = out->outcome != PG_OUTCOME_COUNT;
    out->succeeded = out->verdict.class_id != PG_CLASS_CLEAN
                     && !out->stated && out->status >= 200 && out->status < 300;
    if (out->succeeded) {
        out->ground = pg_judge_alone(out->verdict.class_id,
                                     out->verdict.method,
                                     line->field[PG_FIELD_SIZE]);
    }
}

/* As in pg_count.c, for a single line: 407 and 421 are only for a proxy's
 * clients. */
static bool is_question(const pg_told_t *out, const pg_tell_t *tell,
                        const pg_logline_t *line, const pg_own_t *own)
{
    if (line->stripped && out->verdict.class_id == PG_CLASS_CLEAN) {
        return own == NULL;      /* else the Host has been looked at      */
    }
    return (line->composed || tell->composed) && own == NULL
           && out->verdict.class_id == PG_CLASS_ABSOLUTE && !out->stated
           && out->status != 407 && out->status != 421;
}

static void look_logged(pg_told_t *out, pg_tell_t *tell,
                        const pg_logline_t *line, const pg_own_t *own)
{
    pg_reader_t *reader = &tell->reader;
    pg_request_t *r = &out->request;

    *r = (pg_request_t){ .line = pg_reader_sent(reader, line,
                                                PG_FIELD_REQUEST) };
    if (r->line.len == 0) {
        r->method = pg_reader_sent(reader, line, PG_FIELD_METHOD);
        r->target = pg_reader_sent(reader, line, PG_FIELD_TARGET);
        r->protocol = pg_reader_sent(reader, line, PG_FIELD_PROTOCOL);
    }
    r->host = pg_reader_sent(reader, line, PG_FIELD_HOST);
    out->kind = protocol_of(r->line);
    out->client.ptr = tell->client;
    out->client.len = pg_span_copy(tell->client, sizeof(tell->client),
                                   line->field[PG_FIELD_CLIENT]);
    classify(out, tell, line, own);
    judge(out, line);
    if (is_noise(out) && out->kind == PG_TOLD_UNKNOWN && is_doubtful(out)) {
        return;
    }
    if (out->verdict.class_id != PG_CLASS_CLEAN
        || out->kind == PG_TOLD_UNKNOWN) {
        out->kind = is_question(out, tell, line, own) ? PG_TOLD_QUESTION
                                                      : PG_TOLD_REQUEST;
    }
}

/* @return false: not a line that could be read */
static bool look_line(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                      const pg_own_t *own)
{
    pg_logline_t line;

    switch (pg_reader_line(&tell->reader, &line, text)) {
    case PG_READ_REQUEST:
        look_logged(out, tell, &line, own);
        return true;
    case PG_READ_BLANK:
    case PG_READ_SILENT:
        out->kind = PG_TOLD_NOTHING;
        return true;
    case PG_READ_OTHER:
        out->kind = PG_TOLD_MESSAGE;
        return true;
    default:
        return false;
    }
}

/* --- texts --------------------------------------------------------------- */

/* Cut out with its quotes, or from Python's log: b'...'. */
static pg_span_t unquoted(pg_span_t text)
{
    pg_span_t s = pg_span_trim(text);

    if (pg_span_istarts(s, PG_SPAN("b'"))) {
        s = pg_span_from(s, 1);
    }
    return s.len > 2 && strchr("\"'`", s.ptr[0])
           && s.ptr[s.len - 1] == s.ptr[0]
           ? pg_span_make(s.ptr + 1, s.len - 2) : text;
}

/* Escaped octets: a request cut out of a log that escapes it. */
static pg_span_t unescape(pg_reader_t *reader, pg_span_t text, bool escaped)
{
    pg_span_t out, inside = unquoted(text);

    if (pg_span_istarts(inside, PG_SPAN("\\"))) {
        text = inside;
        escaped = true;
    }
    if (!escaped
        || pg_logline_left(&reader->room) < text.len) {
        return text;
    }
    out = pg_logescape_undo(reader->room.at, text);
    if (out.ptr == reader->room.at) {
        /* kept while the same text is tried as a line */
        reader->memory += out.len;
        reader->room.at += out.len;
    }
    return out;
}

/* A text in which no other protocol was recognised. */
static void look_closer(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                        pg_span_t raw, const pg_own_t *own)
{
    pg_span_t line = pg_span_trim(text), first;

    if (line.len == 0) {
        out->kind = PG_TOLD_NOTHING;
        return;
    }
    if (line.ptr[0] != '{') {    /* an object may be over several lines   */
        line = pg_span_upto(line, pg_span_find(line, '\n'));
    }
    first = pg_span_upto(raw, pg_span_find(raw, '\n'));
    if (!(pg_loose_request_is_line(first)
          && look_raw(out, tell, raw, own, true))
        && !look_line(out, tell, line, own)
        && !look_raw(out, tell, raw, own, false)) {
        out->kind = PG_TOLD_UNKNOWN;
    }
}

/* --- HTML ---------------------------------------------------------------- */

/* "&#58;", "&#x3a;", "&quot;": copied from a page's source.
 * @return octets of s used; 0: none */
static apr_size_t take_reference(char *out, pg_span_t s)
{
    static const char *const names[] = {
        "&quot;\"", "&amp;&", "&lt;<", "&gt;>", "&apos;'", NULL
    };
    apr_size_t end = pg_span_find(s, ';');
    unsigned int code = 0, base;

    for (int i = 0; names[i]; i++) {
        apr_size_t n = strlen(names[i]) - 1;
        if (s.len >= n && memcmp(s.ptr, names[i], n) == 0) {
            *out = names[i][n];
            return n;
        }
    }
    if (s.len < 4 || s.ptr[1] != '#' || end == s.len || end > 6) {
        return 0;
    }
    base = s.ptr[2] == 'x' ? 16 : 10;
    for (apr_size_t i = base == 16 ? 3 : 2; i < end; i++) {
        if (!pg_octet_is_hex(s.ptr[i])
            || (base == 10 && !pg_octet_is_digit(s.ptr[i]))) {
            return 0;
        }
        code = code * base + pg_octet_hex(s.ptr[i]);
    }
    if (code < 0x20 || code > 0x7e) {
        return 0;
    }
    *out = (char)code;
    return end + 1;
}

static pg_span_t without_html(pg_reader_t *reader, pg_span_t text)
{
    char *begin = reader->memory, *out = begin;

    if (pg_span_find(text, '&') == text.len
        || pg_logline_left(&reader->room) < text.len) {
        return text;
    }
    for (apr_size_t i = 0; i < text.len; ) {
        apr_size_t n = text.ptr[i] != '&' ? 0
                       : take_reference(out, pg_span_from(text, i));
        *out = n ? *out : text.ptr[i];
        out++;
        i += n ? n : 1;
    }
    reader->memory = out;        /* kept while it is examined             */
    return pg_span_between(begin, out);
}

/* --- the whole ----------------------------------------------------------- */

static void look(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                 bool escaped, const pg_own_t *own)
{
    pg_span_t raw;

    tell->reader.room.at = tell->reader.memory;
    raw = unescape(&tell->reader, text, escaped);
    memset(out, 0, sizeof(*out));
    out->kind = protocol_of(raw);
    if (out->kind == PG_TOLD_UNKNOWN) {
        look_closer(out, tell, text, raw, own);
    }
}

void pg_tell_look(pg_told_t *out, pg_tell_t *tell, pg_span_t text,
                  bool escaped, const pg_own_t *own)
{
    char *memory = tell->reader.memory;
    pg_span_t plain;
    pg_told_t other;

    tell->reader.room.at = memory;
    plain = without_html(&tell->reader, text);
    look(out, tell, text, escaped, own);
    if (!pg_span_eq(plain, text)
        && (out->kind == PG_TOLD_UNKNOWN
            || out->verdict.class_id == PG_CLASS_CLEAN)) {
        look(&other, tell, plain, escaped, own);
        if (out->kind == PG_TOLD_UNKNOWN) {
            *out = other;
        }
        else if (other.verdict.class_id != PG_CLASS_CLEAN) {
            out->kind = PG_TOLD_UNKNOWN;      /* as it is, it is clean    */
        }
    }
    tell->reader.memory = memory;
}
