/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_envelope.h"

#include "pg_client.h"
#include "pg_named.h"

PG_NAMED_FUNCTION(pg_envelope_name, pg_envelope_e, PG_ENVELOPES)

/* --- parts --------------------------------------------------------------- */

/* Does s begin as the pattern says: '9' a digit, 'a' a letter, '.' any octet,
 * others themselves? */
static bool is_like(pg_span_t s, const char *pattern)
{
    apr_size_t i = 0;

    for (; pattern[i]; i++) {
        char c = i < s.len ? s.ptr[i] : '\0';
        char p = pattern[i];
        if (i >= s.len || (p == '9' && !pg_octet_is_digit(c))
            || (p == 'a' && !pg_octet_is_alpha(c))
            || (p != '9' && p != 'a' && p != '.' && p != c)) {
            return false;
        }
    }
    return true;
}

static bool is_one(char c, const char *of)
{
    return c && strchr(of, c);
}

/* Take off the first word of s and the blanks after it. */
static pg_span_t take_word(pg_span_t *s)
{
    pg_span_t word = pg_span_upto(*s, pg_span_find_any(*s, " \t"));

    *s = pg_span_from(*s, word.len);
    while (s->len && (s->ptr[0] == ' ' || s->ptr[0] == '\t')) {
        *s = pg_span_from(*s, 1);
    }
    return word;
}

static bool ends_with(pg_span_t s, char c)
{
    return s.len && s.ptr[s.len - 1] == c;
}

apr_size_t pg_envelope_iso(pg_span_t s)
{
    apr_size_t n = 19;

    if (!is_like(s, "9999-99-99.99:99:99")
        || !is_one(s.ptr[10], "Tt ")) {
        return 0;
    }
    if (n < s.len && (s.ptr[n] == '.' || s.ptr[n] == ',')) {
        n += 1 + pg_span_digits(pg_span_from(s, n + 1));
    }
    if (n < s.len && s.ptr[n] == 'Z') {
        return n + 1;
    }
    if (is_like(pg_span_from(s, n), ".99:99")
        && is_one(s.ptr[n], "+-")) {
        return n + 6;
    }
    if (is_like(pg_span_from(s, n), ".9999") && is_one(s.ptr[n], "+-")) {
        return n + 5;
    }
    return n;
}

/* RFC 6587: the length precedes "<PRI>". */
static pg_span_t past_count(pg_span_t s)
{
    apr_size_t n = pg_span_digits(s);

    return n && is_like(pg_span_from(s, n), " <9") ? pg_span_from(s, n + 1) : s;
}

/* "host program[pid]: ", or either of these; anything else stays. */
static bool take_program(pg_span_t *s)
{
    pg_span_t rest = *s;
    pg_span_t word = take_word(&rest);

    if (!ends_with(word, ':')) {
        word = take_word(&rest);
    }
    if (word.len < 2 || !ends_with(word, ':') || rest.len == 0
        || pg_span_find_any(word, "\"{=") < word.len) {
        return false;
    }
    *s = rest;
    return true;
}

static bool is_address(pg_span_t word)
{
    pg_client_t client;

    return pg_client_read(&client, word) == PG_CLIENT_ADDRESS;
}

/* Before the first quote of s. */
static bool has_address(pg_span_t s)
{
    s = pg_span_upto(s, pg_span_find(s, '"'));
    while (s.len) {
        if (is_address(take_word(&s))) {
            return true;
        }
    }
    return false;
}

/* "host program[pid]: ". A host without a program goes only where it could be
 * taken for the client, which comes after it. */
static void take_origin(pg_span_t *s)
{
    pg_span_t rest = *s;

    if (!take_program(s) && is_address(take_word(&rest))
        && has_address(rest)) {
        *s = rest;
    }
}

/* --- each of them -------------------------------------------------------- */

static bool open_syslog(pg_span_t *line, pg_span_t *time)
{
    pg_span_t s = past_count(*line);

    if (s.len && s.ptr[0] == '<') {
        apr_size_t n = pg_span_find(s, '>');
        if (n < 2 || n > 4 || n == s.len) {
            return false;
        }
        s = pg_span_from(s, n + 1);
    }
    if (!is_like(s, "aaa 99 99:99:99 ") && !is_like(s, "aaa  9 99:99:99 ")) {
        return false;
    }
    *time = pg_span_upto(s, 15);
    s = pg_span_from(s, 16);
    take_origin(&s);
    *line = s;
    return true;
}

/* RFC 5424: <PRI>1 TIME HOST APP PROCID MSGID SD MSG */
static bool open_syslog5424(pg_span_t *line, pg_span_t *time)
{
    pg_span_t s = past_count(*line);
    apr_size_t n = pg_span_find(s, '>');

    if (s.len == 0 || s.ptr[0] != '<' || n < 2 || n > 4
        || !is_like(pg_span_from(s, n), ">9 ")) {
        return false;
    }
    s = pg_span_from(s, n + 3);
    *time = take_word(&s);
    for (int i = 0; i < 4; i++) {
        take_word(&s);
    }
    if (s.len && s.ptr[0] == '-') {
        take_word(&s);
    }
    while (s.len && s.ptr[0] == '[') {
        s = pg_span_from(s, pg_span_find(s, ']') + 1);
    }
    s = pg_span_trim(s);
    *line = is_like(s, "\xef\xbb\xbf") ? pg_span_from(s, 3) : s;
    return true;
}

/* A line that begins with an ISO time without a bracket. */
static pg_envelope_e open_iso(pg_span_t *line, pg_span_t *time)
{
    pg_span_t s = *line, rest;
    apr_size_t n;

    if (s.len && s.ptr[0] == '<' && (n = pg_span_find(s, '>')) < 5
        && n < s.len) {
        s = pg_span_from(s, n + 1);
    }
    n = pg_envelope_iso(s);
    if (n == 0 || n >= s.len || s.ptr[10] == ' '
        || !is_one(s.ptr[n], " \t")) {
        return PG_ENVELOPE_NONE;
    }
    *time = pg_span_upto(s, n);
    s = pg_span_trim(pg_span_from(s, n));
    if (is_like(s, "stdout ") || is_like(s, "stderr ")) {
        rest = pg_span_from(s, 7);
        if (is_like(rest, "F ") || is_like(rest, "P ")) {
            rest = pg_span_from(rest, 2);
        }
        *line = rest;
        return PG_ENVELOPE_CRI;
    }
    *line = s;
    return take_program(line) ? PG_ENVELOPE_JOURNAL : PG_ENVELOPE_TIME;
}

static bool open_compose(pg_span_t *line)
{
    pg_span_t rest = *line;
    pg_span_t word = take_word(&rest);

    if (!is_like(word, "a") || !is_like(rest, "| ")
        || pg_span_find_any(word, "\"=[{") < word.len || is_address(word)) {
        return false;
    }
    *line = pg_span_from(rest, 2);
    return true;
}

static bool open_kubectl(pg_span_t *line)
{
    apr_size_t end = pg_span_find(*line, ']');
    pg_span_t inside = pg_span_upto(*line, end);

    if (!is_like(*line, "[pod/") || end + 1 >= line->len
        || pg_span_find(inside, ' ') < inside.len) {
        return false;
    }
    *line = pg_span_trim(pg_span_from(*line, end + 1));
    return true;
}

/* The number of a line, from `grep -n`, "9:"; `rg` has a column as well.
 * Neither a clock nor an address that begins like this. */
static bool take_line_number(pg_span_t *line)
{
    apr_size_t n = pg_span_digits(*line);
    pg_span_t rest = pg_span_from(*line, n + 1);

    if (n == 0 || rest.len == 0 || line->ptr[n] != ':'
        || is_like(rest, "99:99")
        || is_address(pg_span_upto(*line, pg_span_find(*line, ' ')))) {
        return false;
    }
    *line = rest;
    return true;
}

/* A path or a name with ".log" in it, then ':' or, from `grep -n`, ':9:'. */
static bool open_file(pg_span_t *line)
{
    apr_size_t end = pg_span_find_any(*line, ": \t\"[{=");
    pg_span_t name = pg_span_upto(*line, end);
    bool log = name.len && !pg_octet_is_digit(name.ptr[0])
               && pg_span_find(name, '/') < name.len;

    for (apr_size_t i = 0; i + 4 <= name.len && !log; i++) {
        log = is_like(pg_span_from(name, i), ".log");
    }
    if (!log || end + 1 >= line->len || line->ptr[end] != ':'
        || line->ptr[end + 1] == '/') {
        return false;
    }
    *line = pg_span_from(*line, end + 1);
    for (int i = 0; i < 2 && take_line_number(line); i++) {
    }
    return true;
}

/* "MESSAGE=", from `journalctl -o export`, and with blanks before it from
 * `-o verbose`. */
static bool open_export(pg_span_t *line)
{
    pg_span_t s = pg_span_trim(*line);

    if (!pg_span_istarts(s, PG_SPAN("MESSAGE="))) {
        return false;
    }
    *line = pg_span_from(s, 8);
    return true;
}

/* The line begins and ends with a quote, and those between are escaped or
 * doubled. */
static bool open_quoted(pg_span_t *line, pg_room_t *room)
{
    pg_span_t s = *line;
    char *out = room->at;

    if (s.len < 4 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"'
        || pg_logline_left(room) < s.len) {
        return false;
    }
    s = pg_span_make(s.ptr + 1, s.len - 2);
    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : '\0';
        if (c == '"' && next != '"') {
            return false;
        }
        if (c == '"' || (c == '\\' && (next == '"' || next == '\\'))) {
            i++;
            c = next;
        }
        *out++ = c;
    }
    *line = pg_span_between(room->at, out);
    room->at = out;
    return true;
}

/* ECMA-48's control sequences: ESC '[', parameters, one letter. */
static bool open_colour(pg_span_t *line, pg_room_t *room)
{
    char *out = room->at;
    pg_span_t s = *line;

    if (!pg_span_has(s, "\x1b[") || pg_logline_left(room) < s.len) {
        return false;
    }
    for (apr_size_t i = 0; i < s.len; i++) {
        if (is_like(pg_span_from(s, i), "\x1b[")) {
            for (i += 2; i < s.len && !pg_octet_is_alpha(s.ptr[i]); i++) {
            }
        }
        else {
            *out++ = s.ptr[i];
        }
    }
    *line = pg_span_between(room->at, out);
    room->at = out;
    return true;
}

pg_envelope_e pg_envelope_open(pg_span_t *line, pg_span_t *time,
                               pg_room_t *room)
{
    pg_envelope_e iso;

    if (open_colour(line, room)) {
        return PG_ENVELOPE_COLOUR;
    }
    if (open_syslog5424(line, time) || open_syslog(line, time)) {
        return PG_ENVELOPE_SYSLOG;
    }
    iso = open_iso(line, time);
    if (iso != PG_ENVELOPE_NONE) {
        return iso;
    }
    if (open_export(line)) {
        return PG_ENVELOPE_EXPORT;
    }
    if (open_kubectl(line)) {
        return PG_ENVELOPE_KUBECTL;
    }
    if (open_compose(line)) {
        return PG_ENVELOPE_COMPOSE;
    }
    if (open_file(line) || take_line_number(line)) {
        return PG_ENVELOPE_FILE;
    }
    return open_quoted(line, room) ? PG_ENVELOPE_QUOTED : PG_ENVELOPE_NONE;
}
