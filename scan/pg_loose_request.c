/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose_request.h"

#include "pg_logword.h"

/* Methods that count without quotes: a word in capitals is not enough. */
static const char *const methods[] = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
    "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK",
    "UNLOCK", "SEARCH", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "PRI",
    "QUERY", "LINK", "UNLINK", "BIND", "PURGE", "DEBUG", "TRACK", NULL
};

static bool is_method(pg_span_t word)
{
    for (int i = 0; methods[i]; i++) {
        if (pg_span_eq(word, pg_span_str(methods[i]))) {
            return true;
        }
    }
    return false;
}

bool pg_loose_request_is_authority(pg_span_t s)
{
    apr_size_t colon = pg_span_rfind(s, ':');

    return colon > 0
           && pg_logline_is_number(pg_span_from(s, colon + 1))
           && pg_octet_is(s.ptr[0], PG_OCTET_DNS | PG_OCTET_REG);
}

/* "path=http://..." is a pair of a key and a value. */
bool pg_loose_request_is_target(pg_span_t s)
{
    apr_size_t n = pg_span_find(s, '=');

    if (n < s.len && pg_logword_is_key(pg_span_upto(s, n))) {
        return false;
    }
    return s.len && (s.ptr[0] == '/' || pg_loose_request_is_authority(s)
                     || (s.ptr[0] == '[' && pg_span_has(s, "]:"))
                     || (s.len == 1 && s.ptr[0] == '*')
                     || pg_span_has(s, ":/") || pg_span_has(s, ":\\"));
}

/* Does it end in a protocol? */
static bool has_version(pg_span_t s)
{
    pg_span_t last;

    s = pg_span_trim(s);
    last = pg_span_from(s, pg_span_rfind(s, ' ') + 1);
    return pg_span_istarts(last, PG_SPAN("HTTP/")) && last.len <= 8;
}

bool pg_loose_request_is_line(pg_span_t s)
{
    apr_size_t blank = pg_span_find_any(s, " \t");
    pg_span_t method = pg_span_upto(s, blank);
    pg_span_t rest = pg_span_trim(pg_span_from(s, blank));

    for (apr_size_t i = 0; i < method.len; i++) {
        if (!pg_octet_is_alpha(method.ptr[i])) {
            return false;
        }
    }
    return method.len >= 3 && rest.len
           && (has_version(s)
               || pg_loose_request_is_target(
                      pg_span_upto(rest, pg_span_find(rest, ' '))));
}

/* Is the word after a quoted text a status? It is near: quotes that nobody
 * escaped, however many, are not looked past for each of them. */
static bool before_status(pg_span_t line, pg_span_t quoted)
{
    pg_span_t rest = pg_span_between(pg_span_end(quoted), pg_span_end(line));

    rest = pg_span_upto(rest, 64);
    return pg_logword_is_status(pg_logword_next(&rest));
}

bool pg_loose_request_quoted(pg_span_t *out, pg_span_t line)
{
    pg_span_t inside, request = PG_ABSENT, answered = PG_ABSENT;
    apr_size_t at = 0;

    while (pg_logword_quoted(line, &at, &inside)) {
        bool looks = pg_loose_request_is_line(inside);
        bool status = before_status(line, inside);
        if (looks && status) {
            *out = inside;
            return true;
        }
        request = looks && request.ptr == NULL ? inside : request;
        answered = status && answered.ptr == NULL
                   && !pg_span_istarts(inside, PG_SPAN("HTTP/"))
                   ? inside : answered;
    }
    *out = request.ptr ? request : answered;
    return out->ptr != NULL;
}

bool pg_loose_request_refused(pg_span_t *out, pg_span_t line)
{
    static const char label[] = " request line: '";
    apr_size_t at = pg_span_search(line, label);

    if (at == line.len) {
        return false;
    }
    line = pg_span_from(line, at + strlen(label));
    *out = pg_span_upto(line, pg_span_rfind(line, '\''));
    return true;
}

/* Take off what separates a bare method from its target: blanks, or one
 * separator of cells. @return it, '\0' when there is none */
static char take_gap(pg_span_t *s)
{
    apr_size_t n = s->len && s->ptr[0] == '"' ? 1 : 0;
    char gap = ' ';

    while (n < s->len && s->ptr[n] == ' ') {
        n++;
    }
    if (n < s->len && strchr("\t|,;", s->ptr[n])) {
        gap = s->ptr[n++];
    }
    *s = pg_span_from(*s, n);
    while (s->len && s->ptr[0] == ' ') {
        *s = pg_span_from(*s, 1);
    }
    return n ? gap : '\0';
}

/* The target after a bare method: up to what ends it in this line. */
static pg_span_t take_target(pg_span_t rest, char gap)
{
    if (rest.len && rest.ptr[0] == '"') {       /* Rails: GET "/x"          */
        rest = pg_span_from(rest, 1);
        return pg_span_upto(rest, pg_span_find(rest, '"'));
    }
    return gap == ' ' ? pg_span_upto(rest, pg_span_find_any(rest, " \t\""))
                      : pg_span_trim(pg_span_upto(rest,
                                                  pg_span_find(rest, gap)));
}

/* Scheme and Host in cells of their own before the target (CloudFront). */
static pg_span_t past_cells(pg_span_t rest, char gap)
{
    for (int i = 0; i < 2; i++) {
        apr_size_t n = pg_span_find(rest, gap);
        if (n == rest.len
            || !pg_logword_is_key(pg_span_trim(pg_span_upto(rest, n)))) {
            break;
        }
        rest = pg_span_trim(pg_span_from(rest, n + 1));
    }
    return rest;
}

/* Nginx Proxy Manager has scheme and Host before it: GET http name "/x". */
static pg_span_t past_host(pg_span_t rest)
{
    apr_size_t quote = pg_span_find(rest, '"');
    apr_size_t blank = pg_span_find(rest, ' ');
    pg_span_t scheme = pg_span_upto(rest, blank);

    if (quote == rest.len
        || !(pg_span_eq(scheme, PG_SPAN("http"))
             || pg_span_eq(scheme, PG_SPAN("https")))) {
        return rest;
    }
    rest = pg_span_from(rest, blank + 1);
    blank = pg_span_find(rest, ' ');
    return blank + 1 < rest.len && rest.ptr[blank + 1] == '"'
           ? pg_span_from(rest, blank + 1) : rest;
}

/* A method at the beginning of s, a gap and a target. */
static bool is_bare(pg_span_t s, pg_logline_t *out)
{
    apr_size_t n = 0;
    pg_span_t target, rest;
    char gap;

    while (n < s.len && pg_octet_is_alpha(s.ptr[n])) {
        n++;
    }
    if (n < 3 || !is_method(pg_span_upto(s, n))) {
        return false;
    }
    rest = pg_span_from(s, n);
    gap = take_gap(&rest);
    target = gap == '\0' ? PG_ABSENT
             : take_target(gap == ' ' ? past_host(rest)
                                      : past_cells(rest, gap), gap);
    if (!pg_loose_request_is_target(target)) {
        return false;
    }
    out->field[PG_FIELD_METHOD] = pg_span_upto(s, n);
    out->field[PG_FIELD_TARGET] = target;
    rest = pg_span_between(pg_span_end(target), pg_span_end(s));
    if (gap == ' ' && pg_span_istarts(rest, PG_SPAN(" HTTP/"))) {
        n = pg_span_find_any(pg_span_from(rest, 1), " \t\"|,;)]>`'\xe2");
        out->field[PG_FIELD_REQUEST] =
            pg_span_between(s.ptr, rest.ptr + n + 1);
    }
    return true;
}

/* Could a method be here? */
static bool may_begin(pg_span_t line, apr_size_t at)
{
    const char *s = line.ptr + at;

    return *s >= 'A' && *s <= 'Z'
           && (at == 0 || strchr(" \t|,;\"'([]:=<>`", s[-1])
               || (unsigned char)s[-1] >= 0x80);
}

bool pg_loose_request_bare(pg_logline_t *out, pg_span_t line)
{
    for (apr_size_t i = 0; i < line.len; i++) {
        if (may_begin(line, i) && is_bare(pg_span_from(line, i), out)) {
            return true;
        }
    }
    return false;
}

/* Could it be right here that another line ran into this one? Then a method
 * may follow a colour, the digits of a number, or a time in UTC. */
static bool may_follow(pg_span_t line, apr_size_t at)
{
    pg_span_t before = pg_span_upto(line, at);
    char last = at ? line.ptr[at - 1] : ' ';

    if (last == 'm') {
        before = pg_span_from(before, at > 8 ? at - 8 : 0);
        return pg_span_find(before, '\x1b') < before.len;
    }
    return pg_octet_is_digit(last)
           || (last == 'Z' && at > 1 && pg_octet_is_digit(line.ptr[at - 2]));
}

bool pg_loose_request_is_joined(pg_span_t line)
{
    pg_logline_t out;

    for (apr_size_t i = 0; i < line.len; i++) {
        if ((may_begin(line, i) || may_follow(line, i))
            && is_bare(pg_span_from(line, i), &out)) {
            pg_span_t target = out.field[PG_FIELD_TARGET];
            if (pg_span_has(target, "://")
                || (pg_span_eq(out.field[PG_FIELD_METHOD], PG_SPAN("CONNECT"))
                    && pg_loose_request_is_authority(target))) {
                return true;
            }
        }
    }
    return false;
}

/* CONNECT and its destination; in capitals a name is enough, as the port may
 * be cut off, or be in a cell of its own.
 * @param cell  the quote or separator that precedes it; or 0 */
static bool is_tunnel(pg_span_t s, char cell)
{
    bool capitals = pg_span_istarts(s, PG_SPAN("CONNECT"))
                    && memcmp(s.ptr, "CONNECT", 7) == 0;
    pg_span_t word;

    s = pg_span_from(s, 7);
    if (cell && capitals && (s.len == 0 || strchr("\"'\t|,;<", s.ptr[0])
                             || (cell == '=' && s.ptr[0] == ' '))) {
        return true;             /* its host is in another cell           */
    }
    if (s.len == 0 || !pg_logword_is_gap(s.ptr[0])) {
        return false;
    }
    word = pg_logword_next(&s);
    word = pg_span_upto(word, pg_span_find(word, '\''));
    return pg_loose_request_is_authority(word)
           || (capitals && word.len && word.ptr[word.len - 1] != '.'
               && pg_span_find(word, '.') < word.len);
}

/* A SOCKS greeting or request, however a log has escaped it. */
static bool is_socks(pg_span_t s)
{
    static const char *const begins[] = {
        "\x05\x01", "\x05\x02", "\x04\x01", "\x04\x02", "\\x05\\x0",
        "\\x04\\x0", "\\u0005\\u000", "\\u0004\\u000", "\\005\\00",
        "\\004\\00", "#05#0", "#04#0", "#005#00", "#004#00", "^E^A", "^E^B",
        "^D^A", "^D^B", NULL
    };

    for (int i = 0; begins[i]; i++) {
        if (pg_span_istarts(s, pg_span_str(begins[i]))) {
            return true;
        }
    }
    return false;
}

bool pg_loose_request_is_suspect(pg_span_t line)
{
    bool begins = true;          /* could a word begin here?              */
    char cell = '\0';

    if (pg_span_has(line, "://")) {
        return true;
    }
    for (apr_size_t i = 0; i < line.len; i++) {
        pg_span_t s = pg_span_from(line, i);
        if ((pg_span_istarts(s, PG_SPAN("CONNECT")) && is_tunnel(s, cell))
            || (begins && is_socks(s))) {
            return true;
        }
        begins = pg_logword_is_gap(s.ptr[0]) || strchr("'`:=[", s.ptr[0]);
        cell = begins && strchr(" ()`[", s.ptr[0]) == NULL ? s.ptr[0] : '\0';
    }
    return false;
}
