/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose.h"

#include "pg_client.h"
#include "pg_envelope.h"
#include "pg_logname.h"
#include "pg_logtime.h"

/* --- small things -------------------------------------------------------- */

static const pg_span_t absent = { .ptr = NULL, .len = 0 };

static bool has(pg_span_t s, const char *what)
{
    return memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

static apr_size_t find(pg_span_t s, const char *what)
{
    const char *at = s.len ? memmem(s.ptr, s.len, what, strlen(what)) : NULL;

    return at ? (apr_size_t)(at - s.ptr) : s.len;
}

static pg_span_t between(const char *begin, const char *end)
{
    return pg_span_make(begin, (apr_size_t)(end - begin));
}

static const char *end_of(pg_span_t s)
{
    return s.ptr + s.len;
}

/* Not any number of three digits: only such as servers answer with. */
static bool is_status(pg_span_t s)
{
    static const int last[] = { 0, 3, 8, 8, 99, 30 };
    int behind;

    if (s.len != 3 || !pg_logline_is_number(s)
        || s.ptr[0] < '1' || s.ptr[0] > '5') {
        return false;
    }
    behind = (s.ptr[1] - '0') * 10 + (s.ptr[2] - '0');
    return behind <= last[s.ptr[0] - '0']
           || pg_span_eq(s, PG_SPAN("226")) || pg_span_eq(s, PG_SPAN("599"));
}

static bool is_key(pg_span_t s)
{
    for (apr_size_t i = 0; i < s.len; i++) {
        if (!pg_octet_is(s.ptr[i], PG_OCTET_DNS) && s.ptr[i] != '.') {
            return false;
        }
    }
    return s.len > 0;
}

/* What separates words in all the logs there are. */
static bool is_gap(char c)
{
    switch (c) {
    case ' ': case '\t': case '|': case ',': case ';': case '"':
    case '(': case ')': case '<': case '>': case '`':
        return true;
    default:
        return false;
    }
}

/* The next word of *s, taken off; absent at the end. Brackets and a colon
 * around it go. */
static pg_span_t next_word(pg_span_t *s)
{
    apr_size_t n = 0;
    pg_span_t word;

    while (s->len && is_gap(s->ptr[0])) {
        *s = pg_span_from(*s, 1);
    }
    while (n < s->len && !is_gap(s->ptr[n])) {
        n++;
    }
    word = n ? pg_span_upto(*s, n) : absent;
    *s = pg_span_from(*s, n);
    if (word.len > 2 && word.ptr[0] == '\'' && word.ptr[n - 1] == '\'') {
        word = pg_span_make(word.ptr + 1, n - 2);
    }
    return word;
}

/* --- requests ------------------------------------------------------------ */

/* Methods that stand without quotes: a word in capitals is not enough. */
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

/* Ends in ":" and digits, with a host before it. */
bool pg_loose_is_authority(pg_span_t s)
{
    apr_size_t colon = pg_span_rfind(s, ':');

    return colon > 0 && colon < s.len
           && pg_logline_is_number(pg_span_from(s, colon + 1))
           && pg_octet_is(s.ptr[0], PG_OCTET_DNS | PG_OCTET_REG);
}

/* "path=http://..." is a pair of a key and a value. */
static bool is_target(pg_span_t s)
{
    apr_size_t n = pg_span_find(s, '=');

    if (n < s.len && is_key(pg_span_upto(s, n))) {
        return false;
    }
    return s.len && (s.ptr[0] == '/' || pg_loose_is_authority(s)
                     || (s.ptr[0] == '[' && has(s, "]:"))
                     || (s.len == 1 && s.ptr[0] == '*')
                     || has(s, "://") || has(s, ":/") || has(s, ":\\"));
}

/* Does it end in a protocol? */
static bool has_version(pg_span_t s)
{
    pg_span_t last;

    s = pg_span_trim(s);
    last = pg_span_from(s, pg_span_rfind(s, ' ') + 1);
    return pg_span_istarts(last, PG_SPAN("HTTP/")) && last.len <= 8;
}

bool pg_loose_is_request(pg_span_t s)
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
               || is_target(pg_span_upto(rest, pg_span_find(rest, ' '))));
}

/* The quoted text that begins behind the quote at or after `at`; its end is
 * the first quote without a backslash before it. */
static bool next_quoted(pg_span_t line, apr_size_t *at, pg_span_t *inside)
{
    apr_size_t begin = *at + pg_span_find(pg_span_from(line, *at), '"');
    apr_size_t end = begin + 1;

    if (begin >= line.len) {
        return false;
    }
    while (end < line.len && line.ptr[end] != '"') {
        end += line.ptr[end] == '\\' ? 2 : 1;
    }
    if (end >= line.len) {
        *inside = pg_span_from(line, begin + 1);
        *at = line.len;
        return true;
    }
    *inside = pg_span_make(line.ptr + begin + 1, end - begin - 1);
    *at = end + 1;
    return true;
}

/* Is the word behind a quoted text a status? */
static bool before_status(pg_span_t line, pg_span_t quoted)
{
    pg_span_t rest = pg_span_from(line,
                                  (apr_size_t)(end_of(quoted) - line.ptr));

    return is_status(next_word(&rest));
}

/* Of the quoted texts: a request before a status, any request, anything
 * before a status. An agent that calls itself a request comes later. */
static bool find_quoted(pg_span_t *out, pg_span_t line)
{
    pg_span_t inside, request = absent, answered = absent;
    apr_size_t at = 0;

    while (next_quoted(line, &at, &inside)) {
        bool looks = pg_loose_is_request(inside);
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

/* Gunicorn: "Invalid HTTP request line: '\x05\x01\x00'". */
static bool find_refused(pg_span_t *out, pg_span_t line)
{
    static const char label[] = " request line: '";
    apr_size_t at = find(line, label);

    if (at == line.len) {
        return false;
    }
    line = pg_span_from(line, at + strlen(label));
    *out = pg_span_upto(line, pg_span_rfind(line, '\''));
    return true;
}

/* What is between a bare method and its target, taken off: blanks, or one
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

/* The target behind a bare method: up to what ends it in this line. */
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
        if (n == rest.len || !is_key(pg_span_trim(pg_span_upto(rest, n)))) {
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
    pg_span_t target, behind;
    char gap;

    while (n < s.len && pg_octet_is_alpha(s.ptr[n])) {
        n++;
    }
    if (n < 3 || !is_method(pg_span_upto(s, n))) {
        return false;
    }
    behind = pg_span_from(s, n);
    gap = take_gap(&behind);
    target = gap == '\0' ? absent
             : take_target(gap == ' ' ? past_host(behind)
                                      : past_cells(behind, gap), gap);
    if (!is_target(target)) {
        return false;
    }
    out->field[PG_FIELD_METHOD] = pg_span_upto(s, n);
    out->field[PG_FIELD_TARGET] = target;
    behind = between(end_of(target), end_of(s));
    if (gap == ' ' && pg_span_istarts(behind, PG_SPAN(" HTTP/"))) {
        n = pg_span_find_any(pg_span_from(behind, 1), " \t\"|,;)]>`'\xe2");
        out->field[PG_FIELD_REQUEST] = between(s.ptr, behind.ptr + n + 1);
    }
    return true;
}

static bool find_bare(pg_logline_t *out, pg_span_t line)
{
    for (apr_size_t i = 0; i < line.len; i++) {
        bool begins = i == 0 || strchr(" \t|,;\"'([]:=<>`", line.ptr[i - 1])
                      || (unsigned char)line.ptr[i - 1] >= 0x80;
        if (begins && line.ptr[i] >= 'A' && line.ptr[i] <= 'Z'
            && is_bare(pg_span_from(line, i), out)) {
            return true;
        }
    }
    return false;
}

/* Where the request lies in the line. */
static pg_span_t extent(const pg_logline_t *out)
{
    const pg_span_t *f = out->field;

    if (f[PG_FIELD_REQUEST].ptr) {
        return f[PG_FIELD_REQUEST];
    }
    return between(f[PG_FIELD_METHOD].ptr, end_of(f[PG_FIELD_TARGET]));
}

/* --- status and size ----------------------------------------------------- */

/* "TCP_MISS/421" and "(HTTP/1.1 421)", "[421]:", "421:" */
static pg_span_t status_in(pg_span_t word)
{
    apr_size_t slash = pg_span_rfind(word, '/');

    while (word.len && strchr("[]:'", word.ptr[word.len - 1])) {
        word.len--;
    }
    if (word.len && word.ptr[0] == '[') {
        word = pg_span_from(word, 1);
    }
    if (slash < word.len && pg_span_istarts(word, PG_SPAN("TCP_"))) {
        word = pg_span_from(word, slash + 1);
    }
    return is_status(word) ? word : absent;
}

/* Behind the request: the first word, or one after "(HTTP/1.1". A lone
 * number behind a cipher is a size (ssl_request_log). */
static bool status_behind(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    pg_span_t word, next;

    while (rest.len && rest.ptr[0] != '-' && !pg_octet_is_digit(rest.ptr[0])
           && !pg_octet_is_alpha(rest.ptr[0])) {
        rest = pg_span_from(rest, 1);    /* any quotation mark, bracket   */
    }
    word = next_word(&rest);
    if (pg_logname_find(pg_span_upto(word, pg_span_find(word, '='))).field
        == PG_FIELD_STATUS) {
        word = pg_span_from(word, pg_span_find(word, '=') + 1);
        word = word.len ? word : next_word(&rest);
    }

    if (pg_span_istarts(word, PG_SPAN("HTTP/"))) {
        word = next_word(&rest);
    }
    next = rest;
    next = next_word(&next);
    if (next.ptr == NULL && pg_logline_is_number(word) && has(before, "TLSv")) {
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

/* The last status before the request, with the number behind it; of "421
 * 421", a balancer's and its target's, the first, and no size. */
static void status_before(pg_logline_t *out, pg_span_t before)
{
    pg_span_t word, last = absent;

    while ((word = next_word(&before)).ptr) {
        pg_span_t status = status_in(word);
        if (last.ptr && pg_logline_is_number(word)) {
            if (pg_span_eq(last, word)) {
                return;
            }
            out->field[PG_FIELD_SIZE] = word;
            status = absent;
        }
        if (status.ptr) {
            out->field[PG_FIELD_STATUS] = status;
            out->field[PG_FIELD_SIZE] = absent;
        }
        last = status;
    }
}

static void find_status(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    apr_size_t at = find(rest, "(HTTP/");

    if (status_behind(out, before, rest)) {
        return;
    }
    if (at < rest.len
        && status_behind(out, before, pg_span_from(rest, at))) {
        return;
    }
    status_before(out, before);
}

/* --- the client ---------------------------------------------------------- */

static bool is_address(pg_span_t word, bool with_port)
{
    pg_client_t client;

    while (word.len && word.ptr[word.len - 1] == ':'
           && !(word.len > 1 && word.ptr[word.len - 2] == ':')) {
        word.len--;
    }
    return pg_client_read(&client, word) == PG_CLIENT_ADDRESS
           && (with_port || !client.with_port);
}

/* What stands behind a word that says whose address it is. Only text of the
 * server's own is searched: a client chooses what is in its request. */
static pg_span_t labelled(pg_span_t line)
{
    static const char *const labels[] = {
        "[client ", "client: ", "client=", "client_ip=", "remote_addr=",
        "remote_ip=", "src=", "clientip=", "remote=", "from ip=", NULL
    };
    pg_client_t client;

    for (int i = 0; labels[i]; i++) {
        apr_size_t at = find(line, labels[i]);
        pg_span_t value = pg_span_from(line, at + strlen(labels[i]));
        if (at == line.len) {
            continue;
        }
        value = pg_span_upto(value, pg_span_find_any(value, " ,;"));
        if (labels[i][0] == '[' && value.len && value.ptr[0] != '['
            && value.ptr[value.len - 1] == ']') {
            value.len--;
        }
        if (value.len && value.ptr[value.len - 1] == ':') {   /* Gunicorn */
            value.len--;
        }
        if (pg_client_read(&client, value) == PG_CLIENT_ADDRESS) {
            return value;
        }
    }
    return absent;
}

/* "client=192.0.2.1" -> the address; other keys' are not the client's. */
static pg_span_t value_of(pg_span_t cell)
{
    apr_size_t n = pg_span_find(cell, '=');

    if (n == cell.len) {
        return cell;
    }
    return pg_logname_find(pg_span_upto(cell, n)).field == PG_FIELD_CLIENT
           ? pg_span_from(cell, n + 1) : absent;
}

/* Python's logger name before it, "INFO:werkzeug:192.0.2.1"; tcpdump's port
 * behind it, "192.0.2.1.4711 > ". */
static pg_span_t bare_address(pg_span_t word, pg_span_t rest)
{
    pg_span_t s = word;

    if (s.len && pg_octet_is_alpha(s.ptr[0])) {
        s = pg_span_from(s, pg_span_rfind(s, ':') + 1);
    }
    else if (pg_span_istarts(rest, PG_SPAN(" > "))) {
        s = pg_span_upto(s, pg_span_rfind(s, '.'));
    }
    return s.len && s.len < word.len && pg_octet_is_digit(s.ptr[0])
           && has(s, ".") && is_address(s, false) ? s : word;
}

/* The next address in *s, which goes on behind it; absent: none. */
static pg_span_t next_address(pg_span_t *s, bool with_port)
{
    pg_span_t word;

    while ((word = next_word(s)).ptr) {
        word = bare_address(value_of(word), *s);
        if (is_address(word, with_port)) {
            while (word.len && word.ptr[word.len - 1] == ':'
                   && word.ptr[word.len - 2] != ':') {
                word.len--;
            }
            return word;
        }
    }
    return absent;
}

pg_span_t pg_loose_address(pg_span_t s)
{
    return next_address(&s, true);
}

/* A name counts only where httpd writes %h: behind it comes %l, which is
 * "-", then a user and the time in brackets. */
static pg_span_t named_client(pg_span_t before)
{
    pg_client_t client;
    pg_span_t word, last = absent;

    while ((word = next_word(&before)).ptr) {
        pg_span_t rest = before;
        if (pg_logline_is_dash(word) && last.ptr && next_word(&rest).ptr
            && pg_span_istarts(pg_span_trim(rest), PG_SPAN("["))
            && pg_client_read(&client, last) == PG_CLIENT_NAME
            && !client.with_port) {
            return last;
        }
        last = word;
    }
    return absent;
}

/* The next cell of *s: what is between quotes as a whole, or a word. */
static pg_span_t next_cell(pg_span_t *s)
{
    pg_span_t cell;

    while (s->len && strchr(" \t|,;", s->ptr[0])) {
        *s = pg_span_from(*s, 1);
    }
    if (s->len && s->ptr[0] == '"') {
        apr_size_t at = 0;
        next_quoted(*s, &at, &cell);
        *s = pg_span_from(*s, at);
        return cell;
    }
    cell = pg_span_upto(*s, pg_span_find_any(*s, " \t|,;\""));
    *s = pg_span_from(*s, cell.len);
    return cell.len ? cell : absent;
}

/* Behind the request: an address that is a whole cell, such as a forwarded
 * one. Istio writes three "address:port" without quotes, the client's last;
 * a single one is the server that the request went to. */
static pg_span_t client_behind(pg_span_t rest)
{
    pg_span_t last = absent, cell;
    int ports = 0;

    if (pg_span_istarts(rest, PG_SPAN("\""))) {
        rest = pg_span_from(rest, 1);
    }
    while (rest.len) {
        pg_client_t client;
        bool bare = rest.len > 1 && rest.ptr[1] != '"';
        cell = value_of(next_cell(&rest));
        if (pg_client_read(&client, cell) != PG_CLIENT_ADDRESS) {
            continue;
        }
        if (!client.with_port) {
            return cell;
        }
        last = bare ? cell : last;
        ports += bare;
    }
    return ports >= 2 ? last : absent;
}

/* HAProxy's timers, "0/0/1/2/3": every client before them has a port. */
static bool has_timers(pg_span_t before)
{
    pg_span_t word;

    while ((word = next_word(&before)).ptr) {
        int slashes = 0;
        apr_size_t i = 0;
        while (i < word.len && (word.ptr[i] == '/' || word.ptr[i] == '-'
                                || pg_octet_is_digit(word.ptr[i]))) {
            slashes += word.ptr[i++] == '/';
        }
        if (i == word.len && slashes == 4) {
            return true;
        }
    }
    return false;
}

/* Uvicorn has nothing but `address:port - ` before the request. */
static bool is_uvicorn(pg_span_t before)
{
    return has(before, "uvicorn") || pg_span_istarts(before, PG_SPAN("INFO: "));
}

/* A collector puts columns of its own before the line: when the last one has
 * a client, an address before it is another machine's (Papertrail). */
static pg_span_t last_column(pg_span_t before)
{
    pg_span_t column = pg_span_from(before, pg_span_rfind(before, '\t') + 1);

    return pg_span_rfind(before, '\t') < before.len
           && pg_span_find(column, '[') < column.len
           && (pg_loose_address(column).ptr || named_client(column).ptr)
           ? column : before;
}

/* Right behind the request: Go's chi has `" from 192.0.2.1:4711 - 200`, Nginx
 * Proxy Manager `" [Client 192.0.2.1] `. */
static pg_span_t named_behind(pg_span_t rest, const char *label)
{
    pg_client_t client;

    if (!pg_span_istarts(rest, pg_span_str(label))) {
        return absent;
    }
    rest = pg_span_from(rest, strlen(label));
    rest = pg_span_upto(rest, pg_span_find(rest, ' '));
    if (rest.len && rest.ptr[0] != '['
        && (rest.ptr[rest.len - 1] == ']' || rest.ptr[rest.len - 1] == ')')) {
        rest.len--;
    }
    return pg_client_read(&client, rest) == PG_CLIENT_ADDRESS ? rest : absent;
}

static pg_span_t from_client(pg_span_t rest)
{
    return named_behind(rest, "\" from ");
}

/* "a, b" is a list of whom it was forwarded for, "a -> b" (tshark, F5) a
 * connection. */
static bool is_list(pg_span_t a, pg_span_t b)
{
    pg_span_t gap = between(end_of(a), b.ptr);

    return pg_span_eq(gap, PG_SPAN(", ")) || pg_span_eq(gap, PG_SPAN(" -> "))
           || pg_span_eq(gap, PG_SPAN(" \xe2\x86\x92 "));
}

/* The more, the more like a client. */
static int likeness(const pg_client_t *client)
{
    return pg_client_listens(client) ? 0 : pg_client_is_private(client) ? 1
                                                                        : 2;
}

/* Of two addresses, above 0 when the first is the client's, below when the
 * second is, 0 when they do not say. Ports from 32768 on are those that most
 * systems call from. */
static int compare_clients(pg_span_t first, pg_span_t second)
{
    pg_client_t a, b;
    int more;

    pg_client_read(&a, first);
    pg_client_read(&b, second);
    more = likeness(&a) - likeness(&b);
    if (more == 0 && (a.with_port || b.with_port)) {
        more = b.port >= 32768 && a.port < 32768 ? -1 : 1;
    }
    return more == 0 && strcmp(a.text, b.text) == 0 ? 1 : more;
}

/* Before the request there may be the server's own address, or that of a
 * balancer, beside the client's. */
static pg_span_t address_before(pg_logline_t *out, pg_span_t before)
{
    pg_span_t rest = before;
    pg_span_t first = next_address(&rest, true);
    pg_span_t second = next_address(&rest, true);
    apr_size_t user = find(before, " - - [");
    pg_client_t client;
    int which;

    if (find(pg_span_from(before, user + 6), " - - [") + user + 6
        < before.len) {
        return absent;           /* behind the beginning of another line  */
    }
    if (second.ptr == NULL) {
        pg_client_read(&client, first);
        return first.ptr && pg_client_listens(&client) ? absent : first;
    }
    which = is_list(first, second) ? 1 : compare_clients(first, second);
    if (which == 0) {
        out->field[PG_FIELD_FIRST] = first;
        out->field[PG_FIELD_SECOND] = second;
    }
    return which > 0 ? first : which < 0 ? second : absent;
}

static pg_span_t find_client(pg_logline_t *out, pg_span_t before,
                             pg_span_t rest)
{
    pg_span_t client = labelled(before);

    before = last_column(before);
    if (client.ptr == NULL) {
        client = from_client(rest);
    }
    if (client.ptr == NULL) {
        client = named_behind(rest, "\" [Client ");
    }
    if (client.ptr == NULL) {                   /* Tornado                  */
        client = named_behind(rest, " (");
    }
    if (client.ptr == NULL) {
        client = address_before(out, before);
        if (has_timers(before) || is_uvicorn(before)) {
            client = pg_client_without_port(client);
        }
    }
    if (client.ptr == NULL) {
        client = named_client(before);
    }
    return client.ptr ? client : client_behind(rest);
}

/* --- the time ------------------------------------------------------------ */

/* "[...]" with a time in it, anywhere in s. */
static pg_span_t bracketed_time(pg_span_t s)
{
    apr_time_t time;

    while (s.len) {
        pg_span_t inside;
        s = pg_span_from(s, pg_span_find(s, '[') + 1);
        inside = pg_span_upto(s, pg_span_find(s, ']'));
        if (inside.len && pg_logtime_parse(&time, inside)) {
            return inside;
        }
        inside = pg_loose_time(inside);          /* a level, a pid behind it */
        if (inside.len) {
            return inside;
        }
    }
    return absent;
}

pg_span_t pg_loose_bracketed(pg_span_t s)
{
    return bracketed_time(s);
}

/* What is between words that may be a time's. */
static const char time_gaps[] = " \t|,;\"'`()<>";

/* One to eight words at the beginning that together are a time. */
pg_span_t pg_loose_time(pg_span_t s)
{
    pg_span_t best = absent;
    apr_size_t end = 0;
    apr_time_t time;

    s = pg_span_trim(s);
    for (int words = 0; words < 8 && end < s.len; words++) {
        end += pg_span_find_any(pg_span_from(s, end), time_gaps);
        if (pg_logtime_parse(&time, pg_span_upto(s, end))) {
            best = pg_span_upto(s, end);
        }
        end++;
    }
    return best;
}

/* A clock anywhere in s, with its date. */
static pg_span_t time_within(pg_span_t s)
{
    pg_span_t time = absent;

    while (s.len && time.ptr == NULL) {
        s = pg_span_trim(pg_span_from(s, pg_span_find_any(s, time_gaps) + 1));
        time = s.len && pg_octet_is_digit(s.ptr[0]) ? pg_loose_time(s)
                                                    : absent;
        time = pg_span_find(time, ':') < time.len ? time : absent;
    }
    return time;
}

static pg_span_t find_time(pg_span_t line, pg_span_t before)
{
    apr_size_t at = find(line, " at ");         /* Rails                    */
    pg_span_t time = bracketed_time(before);

    if (time.ptr == NULL) {
        time = pg_loose_time(before);
    }
    while (time.ptr == NULL && before.len) {    /* behind a client          */
        before = pg_span_trim(pg_span_from(before,
                              pg_span_find_any(before, time_gaps) + 1));
        time = pg_loose_time(before);
    }
    if (time.ptr == NULL) {
        time = bracketed_time(line);
    }
    if (time.ptr == NULL) {
        time = pg_loose_time(pg_span_from(line, at + 4));
    }
    return time.ptr ? time : time_within(line);   /* `before` is used up   */
}

/* --- kinds of lines ------------------------------------------------------ */

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

/* Behind what may stand before a key: CEF's header, a tag, a comma. */
static pg_span_t key_at_end(pg_span_t s)
{
    apr_size_t n = s.len;

    while (n && strchr("|,;:([{", s.ptr[n - 1]) == NULL) {
        n--;
    }
    return pg_span_from(s, n);
}

/* The next key=value of *s; a quoted value comes without its quotes. */
static bool next_pair(pg_span_t *s, pg_span_t *key, pg_span_t *value)
{
    *value = absent;
    while (s->len) {
        apr_size_t n = pg_span_find_any(*s, " \t=");
        *key = key_at_end(pg_span_upto(*s, n));
        *s = pg_span_from(*s, n + 1);
        if (s->len == 0 || s->ptr[-1] != '=' || !is_key(*key)) {
            continue;
        }
        if (s->ptr[0] == '"') {
            apr_size_t at = 0;
            next_quoted(*s, &at, value);
            *s = pg_span_from(*s, at);
        }
        else {
            *value = pg_span_upto(*s, pg_span_find_any(*s, " \t"));
            *s = pg_span_from(*s, value->len);
            if (pg_span_find(*value, '{') == value->len) {  /* Rust's spans */
                *value = pg_span_upto(*value, pg_span_find(*value, '}'));
            }
        }
        return true;
    }
    return false;
}

static bool is_whole(const pg_logline_t *out)
{
    const pg_span_t *f = out->field;

    return f[PG_FIELD_REQUEST].len
           || (f[PG_FIELD_METHOD].len && f[PG_FIELD_TARGET].len);
}

/* LTSV: each cell is "label:value". */
static bool next_labelled(pg_span_t *s, pg_span_t *key, pg_span_t *value)
{
    apr_size_t n = pg_span_find(*s, '\t');
    pg_span_t cell = pg_span_upto(*s, n);
    apr_size_t colon = pg_span_find(cell, ':');

    *key = pg_span_upto(cell, colon);
    *value = pg_span_from(cell, colon + 1);
    *s = pg_span_from(*s, n + 1);
    return colon < cell.len && is_key(*key);
}

static bool is_ltsv(pg_span_t line)
{
    pg_span_t key, value;
    int cells = 0;

    while (line.len && next_labelled(&line, &key, &value)) {
        cells++;
    }
    return line.len == 0 && cells > 2;
}

static pg_loose_e read_keys(pg_logline_t *out, pg_span_t line)
{
    int rank[PG_FIELD_COUNT] = { 0 };
    pg_span_t key, value, all = line;
    bool ltsv = is_ltsv(line);

    while (ltsv ? line.len && next_labelled(&line, &key, &value)
                : next_pair(&line, &key, &value)) {
        pg_logname_t name = pg_logname_find(key);
        pg_span_t *field = &out->field[name.field];
        int better = pg_logname_rank(name, value);
        if (name.field != PG_FIELD_SKIP && value.len
            && (field->ptr == NULL || better < rank[name.field])) {
            *field = value;
            rank[name.field] = better;
        }
    }
    if (out->field[PG_FIELD_TIME].len == 0) {
        pg_span_t time = bracketed_time(all);
        out->field[PG_FIELD_TIME] = time.ptr ? time : pg_loose_time(all);
    }
    return is_whole(out) ? PG_LOOSE_REQUEST : PG_LOOSE_NOTHING;
}

/* httpd: "[day time] [module:level] ..."; nginx: "2024/11/18 11:02:04
 * [error] 8#8: ..."; what httpd says before it has a log: "AH00558: ...". */
static bool is_error_log(pg_span_t line)
{
    apr_size_t close = pg_span_find(line, ']');
    pg_span_t rest = pg_span_from(line, close);
    apr_size_t second;

    if (line.len > 8 && line.ptr[0] == 'A' && line.ptr[1] == 'H'
        && pg_logline_is_number(pg_span_make(line.ptr + 2, 5))) {
        return true;
    }
    if (line.len > 22 && line.ptr[4] == '/' && line.ptr[7] == '/'
        && line.ptr[20] == '[' && has(pg_span_upto(line, 40), "#")) {
        return true;
    }
    if (line.len < 10 || line.ptr[0] != '['
        || !pg_span_istarts(rest, PG_SPAN("] ["))) {
        return false;
    }
    rest = pg_span_from(rest, 3);
    second = pg_span_find(rest, ']');
    /* log4js has "[2024-11-18T11:02:03.004] [INFO] " before requests */
    return second < rest.len
           && (pg_octet_is_alpha(line.ptr[1])
               || pg_span_find(rest, ':') < second)
           && pg_span_find(pg_span_upto(rest, second), ' ') == second
           && pg_span_find(pg_span_upto(line, close), ' ') < close
           && pg_octet_is_alpha(rest.ptr[0]);
}

/* "[day time] [module:level] ", not the "[level] " of httpd 2.2. */
static bool has_module(pg_span_t line)
{
    pg_span_t rest = pg_span_from(line, find(line, "] [") + 3);

    rest = pg_span_upto(rest, pg_span_find(rest, ']'));
    return pg_span_find(rest, ':') < rest.len;
}

/* Messages of mod_proxy and of access control that name the URL that was to
 * be fetched, and no method. */
static bool find_proxied(pg_logline_t *out, pg_span_t line)
{
    static const char *const labels[] = {
        "valid for the URL ",                     /* AH01144              */
        "by server configuration: proxy:",        /* AH01630              */
        "returned by ",                           /* AH00898, DNS         */
        NULL
    };

    for (int i = 0; labels[i]; i++) {
        apr_size_t at = find(line, labels[i]);
        pg_span_t url = pg_span_from(line, at + strlen(labels[i]));
        url = pg_span_upto(url, pg_span_find_any(url, " ,"));
        if (at < line.len && is_target(url)) {
            out->field[PG_FIELD_METHOD] = pg_loose_is_authority(url)
                                          ? PG_SPAN("CONNECT")
                                          : PG_SPAN("GET");
            out->field[PG_FIELD_TARGET] = url;
            return true;
        }
    }
    return false;
}

static pg_loose_e read_error_log(pg_logline_t *out, pg_span_t line)
{
    static const char invalid[] = "Invalid method in request ";
    apr_size_t own = find(line, " PG0");
    pg_span_t client = labelled(line);
    pg_loose_e found = PG_LOOSE_NO_REQUEST;
    pg_span_t quoted;

    if (own < line.len) {
        found = read_keys(out, pg_span_from(line, own));
    }
    else if (find(line, "request: \"") < line.len) {
        apr_size_t at = find(line, "request: \"");
        next_quoted(line, &at, &quoted);
        out->field[PG_FIELD_REQUEST] = quoted;
        found = PG_LOOSE_REQUEST;
    }
    else if (find(line, invalid) < line.len) {
        out->field[PG_FIELD_REQUEST] =
            pg_span_from(line, find(line, invalid) + strlen(invalid));
        found = PG_LOOSE_REQUEST;
    }
    else if (find_proxied(out, line) || find_bare(out, line)) {
        found = PG_LOOSE_REQUEST;
    }
    if (client.ptr && has_module(line)) {      /* httpd 2.4 adds the port  */
        client = pg_client_without_port(client);
    }
    if (client.ptr && out->field[PG_FIELD_CLIENT].ptr == NULL) {
        out->field[PG_FIELD_CLIENT] = client;
    }
    out->field[PG_FIELD_TIME] = find_time(line, line);
    return found == PG_LOOSE_NOTHING ? PG_LOOSE_NO_REQUEST : found;
}

/* --- composed targets ---------------------------------------------------- */

/* "client:port target:port 0.000 0.001 0.000" */
static bool is_balancer(pg_span_t before)
{
    pg_span_t word, last = absent;
    int fractions = 0, addresses = 0;

    while ((word = next_word(&before)).ptr) {
        bool fraction = pg_span_find(word, '.') < word.len
                        && !is_address(word, true);
        addresses += is_address(word, true) && (last.ptr == NULL
                                                || !is_address(last, true));
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
    pg_span_t word, last[3] = { absent, absent, absent };

    while ((word = next_word(&before)).ptr) {
        last[0] = last[1];
        last[1] = last[2];
        last[2] = word;
    }
    if (is_status(last[1]) && pg_logline_is_number(last[0])) {
        out->field[PG_FIELD_SIZE] = last[0];
        out->field[PG_FIELD_STATUS] = last[1];
    }
}

/* IIS without its "#Fields:": the first address is the server's own, behind
 * the target come query, port, user and the client. */
static void undo_iis(pg_logline_t *out, pg_span_t before, pg_span_t rest)
{
    pg_span_t word[9], last = pg_span_from(rest, pg_span_rfind(rest, ' ') + 1);
    apr_size_t n = pg_envelope_iso(before);

    for (int i = 0; i < 9; i++) {
        word[i] = next_word(&rest);
    }
    if (n == 19 && out->field[PG_FIELD_REQUEST].ptr == NULL
        && pg_logline_is_number(word[1]) && is_address(word[3], false)) {
        out->field[PG_FIELD_CLIENT] = word[3];
        out->field[PG_FIELD_AGENT] = word[4];
        out->field[PG_FIELD_FORWARDED_FOR] = last;
        out->field[PG_FIELD_STATUS] = is_status(word[6]) ? word[6] : absent;
        out->field[PG_FIELD_SIZE] = absent;
    }
}

/* --- the whole ----------------------------------------------------------- */

static void fill_plain(pg_logline_t *out, pg_loose_kind_e *kind,
                       pg_span_t line)
{
    pg_span_t where = extent(out);
    pg_span_t before = between(line.ptr, where.ptr);
    pg_span_t rest = between(end_of(where), end_of(line));

    out->field[PG_FIELD_CLIENT] = find_client(out, before, rest);
    out->field[PG_FIELD_TIME] = find_time(line, before);
    if (from_client(rest).ptr) {
        out->composed = true;
        rest = pg_span_from(rest, find(rest, " - ") + 3);
    }
    find_status(out, before, rest);
    if (has(before, "TCP_") || has(before, "NONE/")) {
        *kind = PG_LOOSE_SQUID;
        out->composed = true;
        out->sent = true;
        /* of a tunnel it counts what went through */
        if (pg_span_eq(out->field[PG_FIELD_METHOD], PG_SPAN("CONNECT"))) {
            out->field[PG_FIELD_SIZE] = PG_SPAN("-");
        }
    }
    else if (is_balancer(before)) {
        *kind = PG_LOOSE_BALANCER;
        out->composed = true;    /* scheme, Host and port are its making  */
    }
    else if (has(before, ", W3SVC")) {
        undo_iis_native(out, before);
    }
    else {
        undo_iis(out, before, rest);
    }
}

/* key=value lines begin so; elsewhere a pair may be of the client's making. */
static bool begins_with_key(pg_span_t line)
{
    pg_span_t word = pg_span_upto(line, pg_span_find_any(line, " \t"));

    return is_key(pg_span_upto(word, pg_span_find(word, '=')))
           && pg_span_find(word, '=') < word.len;
}

static pg_loose_e read_plain(pg_logline_t *out, pg_loose_kind_e *kind,
                             pg_span_t line)
{
    pg_span_t *request = &out->field[PG_FIELD_REQUEST];
    bool quoted = find_quoted(request, line);

    if (!(quoted && pg_loose_is_request(*request))
        && (begins_with_key(line) || is_ltsv(line))) {
        *request = absent;
        *kind = PG_LOOSE_KEYS;
        if (read_keys(out, line) == PG_LOOSE_REQUEST) {
            return PG_LOOSE_REQUEST;
        }
        memset(out->field, 0, sizeof(out->field));
        quoted = find_quoted(request, line);
    }
    *kind = PG_LOOSE_PLAIN;
    if (!quoted && !find_bare(out, line) && !find_refused(request, line)) {
        *kind = PG_LOOSE_KEYS;
        return read_keys(out, line);
    }
    fill_plain(out, kind, line);
    return PG_LOOSE_REQUEST;
}

/* Nothing but lines: of a table, as MySQL's client or Markdown draw it. */
static bool is_rule(pg_span_t line)
{
    apr_size_t n = 0;

    while (n < line.len && strchr("+-|=: ", line.ptr[n]) && line.ptr[n]) {
        n++;
    }
    return n == line.len && n > 2 && (line.ptr[0] == '+' || line.ptr[0] == '|');
}

/* "Thu 2025-11-04 08:01:02.1 UTC [s=...;i=...", `journalctl -o verbose`. */
static bool is_entry(pg_span_t line)
{
    return has(line, " [s=") && has(line, ";i=") && has(line, ";b=");
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
    return n > 3 && n < line.len && !pg_loose_is_suspect(line);
}

/* Known lines that tell of no request: HAProxy read none; Python's http.server
 * explains a status; fields of a journal's entry. */
static bool is_aside(pg_span_t line)
{
    apr_size_t code = find(line, "] code ");

    return has(line, "\"<BADREQ>\"") || is_export(line) || is_rule(line)
           || is_entry(line)
           || (has(line, "\"- http") && has(line, "- -\" "))  /* ALB: none */
           || (has(line, " error:") && has(line, " HIER_NONE/"))  /* Squid */
           || pg_span_eq(line, PG_SPAN("--"))            /* grep -C         */
           || (pg_span_istarts(line, PG_SPAN("==> "))    /* tail            */
               && has(line, " <=="))
           || (code < line.len && !pg_loose_is_suspect(line)
               && pg_span_istarts(pg_span_from(line, code + 10),
                                 PG_SPAN(", message ")));
}

pg_loose_e pg_loose_read(pg_logline_t *out, pg_loose_kind_e *kind,
                         pg_span_t line)
{
    pg_loose_e found;

    memset(out, 0, sizeof(*out));
    out->escaped = true;
    if (is_error_log(line)) {
        *kind = PG_LOOSE_ERROR_LOG;
        return read_error_log(out, line);
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

/* CONNECT and what it leads to; in capitals a name is enough, as the port may
 * be cut off, or a cell of its own.
 * @param cell  what it is a value behind: a quote, a separator; or 0 */
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
    if (s.len == 0 || !is_gap(s.ptr[0])) {
        return false;
    }
    word = next_word(&s);
    word = pg_span_upto(word, pg_span_find(word, '\''));
    return pg_loose_is_authority(word)
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

bool pg_loose_is_suspect(pg_span_t line)
{
    bool begins = true;          /* could a word begin here?              */
    char cell = '\0';

    if (has(line, "://")) {
        return true;
    }
    for (apr_size_t i = 0; i < line.len; i++) {
        pg_span_t s = pg_span_from(line, i);
        if ((pg_span_istarts(s, PG_SPAN("CONNECT")) && is_tunnel(s, cell))
            || (begins && is_socks(s))) {
            return true;
        }
        begins = is_gap(s.ptr[0]) || strchr("'`:=[", s.ptr[0]);
        cell = begins && strchr(" ()`[", s.ptr[0]) == NULL ? s.ptr[0] : '\0';
    }
    return false;
}
