/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_reader.h"

#include "pg_capture.h"
#include "pg_encoded.h"
#include "pg_logescape.h"
#include "pg_logjson.h"
#include "pg_loose_client.h"
#include "pg_loose_request.h"
#include "pg_loose_time.h"

enum {
    DEPTH = 5,                   /* envelopes in envelopes                */
    PAIRED = 100                 /* lines that decide between two addresses */
};

#define ROW_SHAPE(sym, name) name,
static const char *const shapes[] = { PG_SHAPES(ROW_SHAPE) };
#undef ROW_SHAPE

static pg_read_e read_inside(pg_reader_t *r, pg_logline_t *out,
                             pg_span_t line, int depth);

const char *pg_reader_shape(pg_shape_e shape)
{
    return (unsigned int)shape < PG_SHAPE_COUNT ? shapes[shape] : "?";
}

void pg_reader_begin(pg_reader_t *reader, const pg_reading_t *how,
                     char *memory, apr_size_t size)
{
    memset(reader, 0, sizeof(*reader));
    reader->how = how;
    reader->head = true;
    reader->memory = memory;
    reader->room = (pg_room_t){ memory, memory + size };
}

/* --- fields -------------------------------------------------------------- */

static void drop_dashes(pg_logline_t *out)
{
    static const pg_field_e fields[] = {
        PG_FIELD_CLIENT, PG_FIELD_HOST, PG_FIELD_METHOD, PG_FIELD_TARGET,
        PG_FIELD_URL, PG_FIELD_ADDRESSEE, PG_FIELD_EMBEDDED
    };

    for (apr_size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (pg_logline_is_dash(out->field[fields[i]])) {
            out->field[fields[i]] = PG_ABSENT;
        }
    }
}

/* Loggers use names differently: a "request" that is a path, a "protocol" that
 * is TCP, a URL that the logger composed. */
static void settle_fields(pg_logline_t *out)
{
    pg_span_t *f = out->field;
    pg_span_t protocol = f[PG_FIELD_PROTOCOL];
    pg_client_t host;

    drop_dashes(out);
    /* A whole request in one field: only its first line counts. */
    f[PG_FIELD_REQUEST] = pg_span_upto(f[PG_FIELD_REQUEST],
        pg_span_find_any(f[PG_FIELD_REQUEST], "\r\n"));
    if (pg_span_find(protocol, '/') == protocol.len) {
        f[PG_FIELD_PROTOCOL] = PG_ABSENT;
    }
    if (f[PG_FIELD_REQUEST].len
        && pg_span_find(f[PG_FIELD_REQUEST], ' ')
           == f[PG_FIELD_REQUEST].len) {
        pg_field_e what = f[PG_FIELD_METHOD].len ? PG_FIELD_TARGET
                          : f[PG_FIELD_TARGET].len || f[PG_FIELD_URL].len
                          ? PG_FIELD_METHOD : PG_FIELD_REQUEST;
        pg_span_t word = f[PG_FIELD_REQUEST];
        f[PG_FIELD_REQUEST] = PG_ABSENT;
        f[what] = word;
    }
    if (f[PG_FIELD_METHOD].len == 0 && pg_logline_is_own(out)) {
        f[PG_FIELD_REQUEST] = f[PG_FIELD_TARGET];
    }
    if (f[PG_FIELD_TARGET].len == 0 && f[PG_FIELD_URL].len) {
        f[PG_FIELD_TARGET] = f[PG_FIELD_URL];
        out->composed = true;
    }
    /* Fluentd's parser calls the client "host". */
    if (f[PG_FIELD_CLIENT].len == 0 && f[PG_FIELD_FORWARDED_FOR].len == 0
        && pg_client_read(&host, f[PG_FIELD_HOST]) == PG_CLIENT_ADDRESS
        && !host.with_port) {
        f[PG_FIELD_CLIENT] = f[PG_FIELD_HOST];
        f[PG_FIELD_HOST] = PG_ABSENT;
    }
    if (f[PG_FIELD_TIME].len == 0) {         /* a column with both          */
        f[PG_FIELD_TIME] = f[PG_FIELD_DATE];
    }
    /* Envoy has no path where the request had none. */
    if (pg_span_ieq(f[PG_FIELD_METHOD], PG_SPAN("CONNECT"))
        && f[PG_FIELD_TARGET].len == 0 && f[PG_FIELD_REQUEST].len == 0) {
        f[PG_FIELD_TARGET] = f[PG_FIELD_HOST];
    }
    if (pg_span_ieq(f[PG_FIELD_METHOD], PG_SPAN("CONNECT"))
        && f[PG_FIELD_ADDRESSEE].len
        && (f[PG_FIELD_TARGET].len == 0 || f[PG_FIELD_TARGET].ptr[0] == '/')) {
        f[PG_FIELD_TARGET] = f[PG_FIELD_ADDRESSEE];
    }
}

/* The client as text of its own; from a balancer with a private address, the
 * client that it forwarded for. */
static void settle_client(pg_reader_t *r, pg_logline_t *out)
{
    pg_span_t written = out->field[PG_FIELD_CLIENT];
    pg_client_t forwarded;

    if (written.ptr == NULL || written.ptr != r->read.ptr
        || written.len != r->read.len) {
        pg_client_read(&r->client, written);
    }
    r->read = PG_ABSENT;
    if (r->client.kind != PG_CLIENT_NAME
        && (r->client.kind == PG_CLIENT_NONE
            || pg_client_is_private(&r->client))
        && pg_client_read(&forwarded, out->field[PG_FIELD_FORWARDED_FOR])
           == PG_CLIENT_ADDRESS && !pg_client_is_private(&forwarded)) {
        r->client = forwarded;
    }
    out->field[PG_FIELD_CLIENT] = r->client.kind == PG_CLIENT_NONE ? PG_ABSENT
                                  : pg_span_str(r->client.text);
}

/* --- each way to read ---------------------------------------------------- */

/* Squid's result code after `combined`: it writes every target in full. */
static bool is_squid(pg_span_t line)
{
    pg_span_t word = pg_span_from(line, pg_span_rfind(line, ' ') + 1);

    return pg_span_istarts(word, PG_SPAN("TCP_"))
           && pg_span_find(word, ':') < word.len;
}

/* After the User-Agent nginx logs X-Forwarded-For, and so do many sites with
 * httpd. */
static void note_forwarded(pg_logline_t *out, pg_span_t line)
{
    pg_span_t agent = out->field[PG_FIELD_AGENT];
    pg_client_t client;
    pg_span_t rest;

    if (agent.ptr == NULL || out->field[PG_FIELD_FORWARDED_FOR].ptr) {
        return;
    }
    rest = pg_span_from(line, (apr_size_t)(agent.ptr + agent.len
                                           - line.ptr));
    if (pg_span_istarts(rest, PG_SPAN("\" \""))) {
        rest = pg_span_from(rest, 3);
        rest = pg_span_upto(rest, pg_span_find(rest, '"'));
        if (pg_client_read(&client, rest) == PG_CLIENT_ADDRESS) {
            out->field[PG_FIELD_FORWARDED_FOR] = rest;
        }
    }
}

/* Can the fields of a named format be trusted? The client must be an address,
 * without a port that servers listen on, and not followed by another one in
 * place of %l; the time must be a single one, not the rest of a truncated
 * line; and the request must not be coloured. */
static bool is_certain(const pg_reader_t *r, const pg_logline_t *out,
                       pg_span_t line)
{
    pg_span_t s = out->field[PG_FIELD_CLIENT];
    pg_client_t next;

    s = pg_span_from(line, (apr_size_t)(s.ptr + s.len - line.ptr) + 1);
    s = pg_span_upto(s, pg_span_find(s, ' '));
    return !pg_client_listens(&r->client)
           && !pg_span_istarts(out->field[PG_FIELD_REQUEST], PG_SPAN("\x1b"))
           && (s.len < 3 || pg_client_read(&next, s) != PG_CLIENT_ADDRESS)
           && pg_span_find(out->field[PG_FIELD_TIME], '[')
              == out->field[PG_FIELD_TIME].len;
}

/* A named format whose client is an address. If it is a name, it could be
 * either of two words: pg_loose.h looks closer. */
static bool read_formats(pg_reader_t *r, pg_logline_t *out, pg_span_t line)
{
    for (int i = 0; i < r->how->formats; i++) {
        if (!pg_logformat_match(out, &r->how->format[i], line)) {
            continue;
        }
        r->shape = PG_SHAPE_FORMAT;
        r->format = i;
        out->composed = r->how->any && is_squid(line);
        if (!r->how->any) {
            return true;
        }
        r->read = out->field[PG_FIELD_CLIENT];
        if (pg_client_read(&r->client, r->read) == PG_CLIENT_ADDRESS
            && is_certain(r, out, line)) {
            note_forwarded(out, line);
            return true;
        }
    }
    memset(out, 0, sizeof(*out));
    r->shape = PG_SHAPE_UNKNOWN;
    return false;
}

/* Fill in what the line itself lacks. */
static void fill_from(pg_logline_t *out, const pg_logline_t *outer)
{
    static const pg_field_e fields[] = {
        PG_FIELD_CLIENT, PG_FIELD_STATUS, PG_FIELD_SIZE, PG_FIELD_AGENT,
        PG_FIELD_FORWARDED_FOR
    };

    for (apr_size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (out->field[fields[i]].len == 0) {
            out->field[fields[i]] = outer->field[fields[i]];
        }
    }
}

/* The meaning of a target depends on the logger: Azure's "requestUri" is a
 * URL, that of others is the target; Traefik keeps only the path. */
static void note_logger(pg_logline_t *out, pg_span_t line)
{
    out->composed = out->composed
                    || pg_span_has(line, "\"FrontDoorAccessLog\"");
    out->stripped = pg_span_has(line, "\"RequestPath\"")
                    && pg_span_has(line, "\"DownstreamStatus\"");
}

/* What a honeypot received: SOCKS, not a line of a log. */
static bool is_greeting(pg_span_t s)
{
    return s.len >= 2 && (s.ptr[0] == 4 || s.ptr[0] == 5)
           && (s.ptr[1] == 1 || s.ptr[1] == 2);
}

/* Suricata and Zeek log events of all protocols together. */
static bool is_other_event(pg_span_t line)
{
    static const char *const events[] = {
        "\"event_type\":", "\"_path\":", NULL
    };

    for (int i = 0; events[i]; i++) {
        apr_size_t at = pg_span_search(line, events[i]);
        pg_span_t s = pg_span_from(line, at + strlen(events[i]));
        if (at < line.len) {
            s = pg_span_trim(s);
            return !pg_span_istarts(s, PG_SPAN("\"http\""))
                   && !pg_span_has(line, "\"http\":")
                   && !pg_loose_request_is_suspect(line);
        }
    }
    return pg_capture_is_line(line);
}

/* Does an object with a request, or with a line that may hold one, follow on
 * the same line? */
static bool has_another(pg_span_t rest, pg_room_t room)
{
    pg_logline_t other;
    apr_size_t n;

    do {
        rest = pg_span_from(rest, pg_span_find(rest, '{'));
        n = pg_logjson_read(&other, rest, &room);
        rest = pg_span_from(rest, n);
        settle_fields(&other);
        if (pg_logline_has_request(&other)
            || other.field[PG_FIELD_EMBEDDED].len) {
            return true;
        }
    } while (n);
    return false;
}

/* Of lines that begin with one, objects are read one by one: see pg_pass.h.
 * Here, in an envelope, what a crash or two writers joined is only noticed.
 * @return the first object */
static pg_span_t first_object(pg_reader_t *r, pg_span_t line)
{
    pg_span_t first = line;
    apr_size_t n = pg_logjson_record(&first, line);

    r->joined = r->joined
                || (n && has_another(pg_span_from(line, n), r->room));
    return first;
}

/* Fields of the object itself count; else the line that it contains, with what
 * that lacks taken from the object. */
static pg_read_e read_json(pg_reader_t *r, pg_logline_t *out, pg_span_t line,
                           int depth)
{
    pg_logline_t outer;
    pg_read_e read = PG_READ_UNREAD;

    line = depth ? first_object(r, line) : line;
    if (!pg_logjson_read(&outer, line, &r->room)) {
        return PG_READ_UNREAD;
    }
    settle_fields(&outer);
    note_logger(&outer, line);
    r->shape = PG_SHAPE_JSON;
    *out = outer;
    if (pg_logline_has_request(&outer)) {
        return PG_READ_REQUEST;
    }
    if (outer.field[PG_FIELD_EMBEDDED].len && depth < DEPTH && r->how->any) {
        r->envelope = r->envelope == PG_ENVELOPE_NONE ? PG_ENVELOPE_JSON
                                                      : r->envelope;
        r->outer_time = outer.field[PG_FIELD_TIME];
        read = read_inside(r, out, outer.field[PG_FIELD_EMBEDDED], depth + 1);
    }
    if (read == PG_READ_REQUEST) {
        fill_from(out, &outer);
    }
    if (read == PG_READ_UNREAD && is_greeting(outer.field[PG_FIELD_EMBEDDED])) {
        outer.field[PG_FIELD_REQUEST] = outer.field[PG_FIELD_EMBEDDED];
        *out = outer;
        return PG_READ_REQUEST;
    }
    if (read == PG_READ_UNREAD && r->how->any
        && pg_encoded_find(&outer, line, &r->room)) {
        *out = outer;
        return PG_READ_REQUEST;
    }
    if (read != PG_READ_REQUEST
        && pg_logline_is_dash(outer.field[PG_FIELD_REQUEST])) {
        read = PG_READ_SILENT;
    }
    return read == PG_READ_UNREAD && is_other_event(line) ? PG_READ_OTHER
                                                          : read;
}

static pg_read_e read_columns(pg_reader_t *r, pg_logline_t *out,
                              pg_span_t line, int depth)
{
    if (r->columns.n == 0
        || !pg_columns_read(out, &r->columns, line, &r->room)) {
        return PG_READ_UNREAD;
    }
    settle_fields(out);
    r->shape = PG_SHAPE_COLUMNS;
    if (pg_logline_has_request(out)) {
        return PG_READ_REQUEST;
    }
    return out->field[PG_FIELD_EMBEDDED].len && depth < DEPTH
           ? read_inside(r, out, out->field[PG_FIELD_EMBEDDED], depth + 1)
           : PG_READ_UNREAD;
}

static pg_read_e read_loose(pg_reader_t *r, pg_logline_t *out, pg_span_t line)
{
    pg_loose_kind_e kind;
    pg_loose_e found = pg_loose_read(out, &kind, line);

    if ((found != PG_LOOSE_NO_REQUEST && pg_encoded_read(out, line, &r->room))
        || (found == PG_LOOSE_NOTHING
            && pg_encoded_find(out, line, &r->room))) {
        found = PG_LOOSE_REQUEST;
    }
    if (found == PG_LOOSE_NOTHING) {
        return PG_READ_UNREAD;
    }
    r->shape = (pg_shape_e)((int)PG_SHAPE_PLAIN + (int)kind);
    r->joined = r->joined || out->twice;
    if (r->pair != PG_PAIR_UNKNOWN && out->field[PG_FIELD_FIRST].ptr) {
        out->field[PG_FIELD_CLIENT] =
            out->field[r->pair == PG_PAIR_FIRST ? PG_FIELD_FIRST
                                                : PG_FIELD_SECOND];
    }
    settle_fields(out);
    return found == PG_LOOSE_NO_REQUEST ? PG_READ_OTHER
           : pg_logline_has_request(out) ? PG_READ_REQUEST : PG_READ_SILENT;
}

/* JSON that does not begin its line: after a tag, a time, a logger's name. */
static pg_read_e read_json_within(pg_reader_t *r, pg_logline_t *out,
                                  pg_span_t line, int depth)
{
    apr_size_t n = pg_span_search(line, "{\"");

    if (n == 0 || n == line.len) {
        return PG_READ_UNREAD;
    }
    if (r->outer_time.ptr == NULL) {
        r->outer_time = pg_loose_time_at_start(pg_span_upto(line, n));
    }
    return read_json(r, out, pg_span_from(line, n), depth + 1);
}

/* --- the whole ----------------------------------------------------------- */

static pg_read_e read_unwrapped(pg_reader_t *r, pg_logline_t *out,
                                pg_span_t line, int depth)
{
    pg_room_t room = r->room;
    pg_span_t inside = line;
    pg_envelope_e envelope = depth < DEPTH
        ? pg_envelope_open(&inside, &r->outer_time, &r->room)
        : PG_ENVELOPE_NONE;
    pg_read_e read;

    if (envelope == PG_ENVELOPE_NONE) {
        return PG_READ_UNREAD;
    }
    read = read_inside(r, out, inside, depth + 1);
    if (read == PG_READ_UNREAD) {
        r->room = room;
        return read;
    }
    if (depth == 0 || r->envelope == PG_ENVELOPE_NONE) {
        r->envelope = envelope;
    }
    return read;
}

static pg_read_e read_inside(pg_reader_t *r, pg_logline_t *out,
                             pg_span_t line, int depth)
{
    pg_read_e read;

    line = depth ? pg_span_trim(line) : line;
    if (read_formats(r, out, line)) {
        return pg_logline_has_request(out)
               && !pg_logline_is_dash(out->field[PG_FIELD_REQUEST])
               ? PG_READ_REQUEST : PG_READ_SILENT;
    }
    if (line.len && line.ptr[0] == '{' && r->how->json) {
        return read_json(r, out, line, depth);
    }
    if (!r->how->any) {
        return PG_READ_UNREAD;
    }
    read = read_unwrapped(r, out, line, depth);
    if (read == PG_READ_UNREAD) {
        read = read_json_within(r, out, line, depth);
    }
    return read == PG_READ_UNREAD ? read_loose(r, out, line) : read;
}

/* --- ModSecurity's audit log --------------------------------------------- */

/* "--8f3a21bc-A--" or, from ModSecurity 3, "---8f3a21bc---A--".
 * @return the id's eight characters; absent: not a boundary */
static pg_span_t boundary_id(pg_span_t line)
{
    apr_size_t dashes = line.len == 14 ? 2 : 3;
    pg_span_t id = pg_span_make(line.ptr + dashes, 8);

    if ((line.len != 14 && line.len != 17)
        || memcmp(line.ptr, "---", dashes)
        || memcmp(id.ptr + 8, "---", line.len == 14 ? 1 : 3)
        || memcmp(line.ptr + line.len - 2, "--", 2)
        || line.ptr[line.len - 3] < 'A' || line.ptr[line.len - 3] > 'Z') {
        return PG_ABSENT;
    }
    for (apr_size_t i = 0; i < id.len; i++) {
        if (!pg_octet_is_alpha(id.ptr[i]) && !pg_octet_is_digit(id.ptr[i])) {
            return PG_ABSENT;
        }
    }
    return id;
}

/* A request begins with A and ends with Z; in between only its own boundaries
 * count, since a client may send what looks like another's. */
static bool take_boundary(pg_modsec_t *audit, pg_span_t line)
{
    pg_span_t id = boundary_id(line);
    char section;

    if (id.ptr == NULL
        || (audit->section && memcmp(audit->id, id.ptr, id.len))) {
        return false;
    }
    section = line.ptr[line.len - 3];
    if (section == 'A') {
        *audit = (pg_modsec_t){ .section = 'A' };
        memcpy(audit->id, id.ptr, id.len);
    }
    audit->section = section == 'Z' ? '\0' : section;
    audit->fresh = true;
    return true;
}

/* @return PG_READ_UNREAD: not a line of an audit log */
static pg_read_e read_audit(pg_reader_t *r, pg_logline_t *out, pg_span_t line)
{
    pg_modsec_t *audit = &r->audit;
    pg_loose_kind_e kind;
    bool fresh = audit->fresh;

    if (take_boundary(audit, line)) {
        return PG_READ_OTHER;
    }
    if (audit->section == '\0') {
        return PG_READ_UNREAD;
    }
    audit->fresh = false;
    /* A truncated one must not swallow what follows: better that a body can
     * forge a line than that it can hide one. */
    if ((audit->section == 'A' && pg_loose_time_bracketed(line).len == 0
         && fresh)
        || (audit->section != 'B' && read_formats(r, out, line))) {
        audit->section = '\0';
        return PG_READ_UNREAD;
    }
    if (audit->section == 'A' && fresh) {
        pg_span_copy(audit->client, sizeof(audit->client),
                     pg_loose_client_address(line));
        pg_span_copy(audit->time, sizeof(audit->time),
                     pg_loose_time_bracketed(line));
    }
    if (audit->section != 'B' || !fresh) {
        return PG_READ_OTHER;
    }
    if (pg_loose_read(out, &kind, line) != PG_LOOSE_REQUEST) {
        memset(out, 0, sizeof(*out));
        out->field[PG_FIELD_REQUEST] = line;
    }
    out->escaped = false;
    out->field[PG_FIELD_CLIENT] = pg_span_str(audit->client);
    out->field[PG_FIELD_TIME] = pg_span_str(audit->time);
    r->shape = PG_SHAPE_AUDIT;
    return PG_READ_REQUEST;
}

/* HTTP/2 and HTTP/3 have no request line: a full URL was made by the logger
 * (HAProxy). */
static bool is_http2(const pg_logline_t *out)
{
    pg_span_t line = out->field[PG_FIELD_REQUEST];
    pg_span_t version = line.len
        ? pg_span_from(line, pg_span_rfind(line, ' ') + 1)
        : out->field[PG_FIELD_PROTOCOL];

    return version.len > 5 && (version.ptr[5] == '2' || version.ptr[5] == '3')
           && pg_span_istarts(version, PG_SPAN("HTTP/"));
}

static pg_read_e read_first(pg_reader_t *r, pg_logline_t *out, pg_span_t line)
{
    pg_read_e read;

    if (!r->how->any) {
        return read_inside(r, out, line, 0);
    }
    read = read_audit(r, out, line);
    if (read != PG_READ_UNREAD) {
        return read;
    }
    if (line.ptr[0] == '#') {
        pg_columns_learn(&r->columns, line);
        return PG_READ_OTHER;
    }
    read = read_columns(r, out, line, 0);
    if (read != PG_READ_UNREAD) {
        return read;
    }
    read = read_inside(r, out, line, 0);
    if (read != PG_READ_REQUEST && r->head
        && pg_columns_learn(&r->columns, line)) {
        return PG_READ_OTHER;
    }
    return read;
}

/* A line of UTF-16 in a file without a byte order mark, such as PowerShell
 * appends to a log: drop the NULs, every other octet. */
static pg_span_t narrow(pg_span_t line, pg_room_t *room)
{
    apr_size_t nuls = 0;
    char *out = room->at;

    if (line.len == 0 || memchr(line.ptr, '\0', line.len) == NULL) {
        return line;
    }
    for (apr_size_t i = 0; i < line.len; i++) {
        nuls += line.ptr[i] == '\0';
    }
    if (nuls * 5 < line.len * 2 || pg_logline_left(room) < line.len) {
        return line;
    }
    for (apr_size_t i = 0; i < line.len; i++) {
        if (line.ptr[i]) {
            *out++ = line.ptr[i];
        }
    }
    line = pg_span_between(room->at, out);
    room->at = out;
    return line;
}

/* What separates the objects of a list that is spread over lines. */
static bool is_brackets(pg_span_t line, bool *open)
{
    int depth = 0;

    for (apr_size_t i = 0; i < line.len; i++) {
        if (!pg_octet_is_space(line.ptr[i])
            && !strchr("[]{},", line.ptr[i])) {
            return false;
        }
        depth += line.ptr[i] == '{' ? 1 : line.ptr[i] == '}' ? -1 : 0;
    }
    *open = depth > 0;
    return line.len && pg_span_find(line, '\0') == line.len;
}

/* An object that begins here and could not be read as a whole may hold
 * anything. */
static pg_read_e look_again(pg_read_e read, pg_span_t line)
{
    bool open;

    if (read != PG_READ_UNREAD) {
        return read;
    }
    if (is_brackets(line, &open)) {
        return open ? PG_READ_SUSPECT
               : pg_span_find(line, '{') == line.len ? PG_READ_OTHER : read;
    }
    return pg_loose_request_is_suspect(line) ? PG_READ_SUSPECT : read;
}

pg_read_e pg_reader_line(pg_reader_t *reader, pg_logline_t *out,
                         pg_span_t line)
{
    pg_read_e read;

    reader->room.at = reader->memory;
    reader->read = PG_ABSENT;
    reader->envelope = PG_ENVELOPE_NONE;
    reader->shape = PG_SHAPE_UNKNOWN;
    reader->joined = false;
    reader->outer_time = PG_ABSENT;
    line = narrow(line, &reader->room);
    if (pg_span_istarts(line, PG_SPAN("\xef\xbb\xbf"))) {
        line = pg_span_from(line, 3);
    }
    if (line.len && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    if (line.len == 0) {
        return PG_READ_BLANK;
    }
    read = read_first(reader, out, line);
    reader->head = reader->head && read == PG_READ_OTHER
                   && reader->columns.n == 0;
    if (read == PG_READ_REQUEST) {
        if (pg_logline_is_dash(out->field[PG_FIELD_REQUEST])) {
            return PG_READ_SILENT;
        }
        settle_client(reader, out);
        out->composed = out->composed || is_http2(out);
    }
    return look_again(read, line);
}

static pg_span_t undo_escapes(pg_room_t *room, pg_span_t s)
{
    pg_span_t out = pg_logline_left(room) < s.len
                        ? s : pg_logescape_undo(room->at, s);

    if (out.ptr == room->at) {
        room->at += out.len;
    }
    return out;
}

pg_span_t pg_reader_sent(pg_reader_t *reader, const pg_logline_t *line,
                         pg_field_e field)
{
    pg_span_t s = line->field[field];

    if (s.len == 0 || pg_logline_is_dash(s)) {
        return s.len ? PG_ABSENT : s;
    }
    if (line->escaped || pg_span_istarts(s, PG_SPAN("\\x"))) {
        s = undo_escapes(&reader->room, s);
    }
    /* httpd escapes the escapes in which this module logs a greeting */
    return pg_span_istarts(s, PG_SPAN("\\x")) && pg_logline_is_own(line)
               ? undo_escapes(&reader->room, s) : s;
}

/* A clock that is wrong by years must not push the history out of view. */
apr_time_t pg_reader_time(pg_reader_t *reader, const pg_logline_t *line)
{
    const pg_reading_t *how = reader->how;
    apr_time_t time = 0;

    if (!(line->month_first
          && pg_logtime_parse_month_first(&time, line->field[PG_FIELD_TIME],
                                          how->zone))
        && !pg_logtime_parse_after(&time, &reader->last_time,
                                   line->field[PG_FIELD_TIME], how->zone)
        && !pg_logtime_parse_in(&time, reader->outer_time, how->zone)
        && !pg_logtime_parse_syslog(&time, reader->outer_time, how->now,
                                    how->zone)
        && !pg_logtime_parse_syslog(&time, line->field[PG_FIELD_TIME],
                                    how->now, how->zone)) {
        return 0;
    }
    return time > how->now + APR_USEC_PER_SEC * 86400
           ? 0 : time + apr_time_from_sec(60) * how->shown;
}

/* @return 0: it is none */
static int number_of(pg_span_t s, int most)
{
    int n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is_digit(s.ptr[i]) || n > most) {
            return 0;
        }
        n = n * 10 + (s.ptr[i] - '0');
    }
    return n > most ? 0 : n;
}

int pg_reader_status(const pg_logline_t *line)
{
    return number_of(line->field[PG_FIELD_STATUS], 999);
}

pg_outcome_e pg_reader_outcome(const pg_logline_t *line)
{
    pg_span_t name = line->field[PG_FIELD_OUTCOME];

    /* most logs have none, and are asked for each attempt */
    return name.len ? pg_vocab_outcome_by_name(name) : PG_OUTCOME_COUNT;
}

/* Where own names are known, they decide whether a Host is foreign. */
static void take_stated(pg_verdict_t *out, const pg_request_t *request,
                        const pg_logline_t *line, const pg_own_t *own)
{
    const pg_span_t *f = line->field;
    pg_class_e class_id = pg_vocab_class_by_name(f[PG_FIELD_CLASS]);
    pg_reason_e reason = pg_classify_reason_by_name(f[PG_FIELD_REASON]);
    pg_request_t to = *request;

    if (reason == PG_REASON_COUNT) {
        return;
    }
    to.check_host = true;
    to.host = f[PG_FIELD_ASKED_HOST].len ? f[PG_FIELD_ASKED_HOST]
                                         : f[PG_FIELD_HOST];
    if (class_id == PG_CLASS_FOREIGN_HOST && own) {
        pg_classify(out, &to, own);
        return;
    }
    out->class_id = class_id;
    out->family = pg_vocab_family_of(class_id);
    out->reason = reason;
    out->method = f[PG_FIELD_METHOD].len ? out->method : PG_ABSENT;
    out->host = to.host;
    out->port = (apr_uint16_t)number_of(f[PG_FIELD_ASKED_PORT], 65535);
}

pg_class_e pg_reader_classify(pg_verdict_t *out, const pg_request_t *request,
                              const pg_logline_t *line, const pg_own_t *own)
{
    pg_classify(out, request, own);
    if (pg_logline_is_own(line)
        && (out->class_id == PG_CLASS_SOCKS
            || (out->class_id == PG_CLASS_CLEAN
                && (out->reason == PG_REASON_ORIGIN
                    || out->reason == PG_REASON_NOISE)))) {
        take_stated(out, request, line, own);
    }
    return out->class_id;
}

pg_pair_e pg_reader_pair(const pg_reading_t *how, pg_span_t head, char *memory)
{
    static const pg_field_e fields[] = { PG_FIELD_FIRST, PG_FIELD_SECOND };
    char before[2][PG_CLIENT_TEXT] = { "", "" };
    bool same[2] = { true, true };
    pg_reader_t reader;
    apr_size_t n;

    pg_reader_begin(&reader, how, memory, PG_READER_MEMORY(head.len));
    for (int lines = 0; lines < PAIRED && head.len; lines++) {
        pg_logline_t line;
        n = pg_span_find(head, '\n');
        if (pg_reader_line(&reader, &line, pg_span_upto(head, n))
            == PG_READ_REQUEST && line.field[PG_FIELD_FIRST].ptr) {
            for (int i = 0; i < 2; i++) {
                pg_span_t address = line.field[fields[i]];
                same[i] = same[i]
                          && (before[i][0] == '\0'
                              || pg_span_eq(pg_span_str(before[i]), address));
                pg_span_copy(before[i], sizeof(before[i]), address);
            }
        }
        head = pg_span_from(head, n + 1);
    }
    return same[0] == same[1] ? PG_PAIR_UNKNOWN
           : same[0] ? PG_PAIR_SECOND : PG_PAIR_FIRST;
}

/* A list whose objects are spread over lines, or one such object. */
static bool is_spread(pg_span_t head, pg_span_t line)
{
    bool open = false;

    line = pg_span_trim(line);
    return pg_span_eq(line, PG_SPAN("["))
           || pg_logjson_spread(head, &open) || open;
}

bool pg_reader_needs_head(pg_span_t head)
{
    pg_columns_t columns = { .n = 0 };
    pg_span_t line = pg_span_upto(head, pg_span_find_any(head, "\r\n"));

    if (pg_span_istarts(line, PG_SPAN("\xef\xbb\xbf"))) {
        line = pg_span_from(line, 3);
    }
    return line.len && (line.ptr[0] == '#' || is_spread(head, line)
                        || pg_columns_learn(&columns, line));
}
