/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_loose_client.h"

#include "pg_client.h"
#include "pg_logname.h"
#include "pg_logword.h"

bool pg_loose_client_is_address(pg_span_t word, bool with_port)
{
    pg_client_t client;

    while (word.len && word.ptr[word.len - 1] == ':'
           && !(word.len > 1 && word.ptr[word.len - 2] == ':')) {
        word.len--;
    }
    return pg_client_read(&client, word) == PG_CLIENT_ADDRESS
           && (with_port || !client.with_port);
}

pg_span_t pg_loose_client_labelled(pg_span_t line)
{
    static const char *const labels[] = {
        "[client ", "client: ", "client=", "client_ip=", "remote_addr=",
        "remote_ip=", "src=", "clientip=", "remote=", "from ip=", NULL
    };
    pg_client_t client;

    for (int i = 0; labels[i]; i++) {
        apr_size_t at = pg_span_search(line, labels[i]);
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
    return PG_ABSENT;
}

/* "client=192.0.2.1" -> the address; other keys' are not the client's. */
static pg_span_t value_of(pg_span_t cell)
{
    apr_size_t n = pg_span_find(cell, '=');

    if (n == cell.len) {
        return cell;
    }
    return pg_logname_find(pg_span_upto(cell, n)).field == PG_FIELD_CLIENT
           ? pg_span_from(cell, n + 1) : PG_ABSENT;
}

/* Python's logger name before it, "INFO:werkzeug:192.0.2.1"; tcpdump's port
 * after it, "192.0.2.1.4711 > ". */
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
           && pg_span_has(s, ".") && pg_loose_client_is_address(s, false)
           ? s : word;
}

/* Take the next address off *s, and all before it; absent: there is none. */
static pg_span_t next_address(pg_span_t *s, bool with_port)
{
    pg_span_t word;

    while ((word = pg_logword_next(s)).ptr) {
        word = bare_address(value_of(word), *s);
        if (pg_loose_client_is_address(word, with_port)) {
            while (word.len && word.ptr[word.len - 1] == ':'
                   && word.ptr[word.len - 2] != ':') {
                word.len--;
            }
            return word;
        }
    }
    return PG_ABSENT;
}

pg_span_t pg_loose_client_address(pg_span_t s)
{
    return next_address(&s, true);
}

/* A name counts only where httpd writes %h: after it comes %l, which is
 * "-", then a user and the time in brackets. */
static pg_span_t named_client(pg_span_t before)
{
    pg_client_t client;
    pg_span_t word, last = PG_ABSENT;

    while ((word = pg_logword_next(&before)).ptr) {
        pg_span_t rest = before;
        if (pg_logline_is_dash(word) && last.ptr && pg_logword_next(&rest).ptr
            && pg_span_istarts(pg_span_trim(rest), PG_SPAN("["))
            && pg_client_read(&client, last) == PG_CLIENT_NAME
            && !client.with_port) {
            return last;
        }
        last = word;
    }
    return PG_ABSENT;
}

/* The next cell of *s: all between two quotes, or a word. */
static pg_span_t next_cell(pg_span_t *s)
{
    pg_span_t cell;

    while (s->len && strchr(" \t|,;", s->ptr[0])) {
        *s = pg_span_from(*s, 1);
    }
    if (s->len && s->ptr[0] == '"') {
        apr_size_t at = 0;
        pg_logword_quoted(*s, &at, &cell);
        *s = pg_span_from(*s, at);
        return cell;
    }
    cell = pg_span_upto(*s, pg_span_find_any(*s, " \t|,;\""));
    *s = pg_span_from(*s, cell.len);
    return cell.len ? cell : PG_ABSENT;
}

/* After the request: an address that is a whole cell, such as a forwarded one.
 * Istio writes three "address:port" without quotes, the client's last; a
 * single one is the server that the request went to. */
static pg_span_t client_after(pg_span_t rest)
{
    pg_span_t last = PG_ABSENT, cell;
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
    return ports >= 2 ? last : PG_ABSENT;
}

/* HAProxy's timers, "0/0/1/2/3": every client before them has a port. */
static bool has_timers(pg_span_t before)
{
    pg_span_t word;

    while ((word = pg_logword_next(&before)).ptr) {
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
    return pg_span_has(before, "uvicorn")
           || pg_span_istarts(before, PG_SPAN("INFO: "));
}

/* A collector puts columns of its own before the line: when the last one has
 * a client, an address before it is another machine's (Papertrail). */
static pg_span_t last_column(pg_span_t before)
{
    pg_span_t column = pg_span_from(before, pg_span_rfind(before, '\t') + 1);

    return pg_span_rfind(before, '\t') < before.len
           && pg_span_find(column, '[') < column.len
           && (pg_loose_client_address(column).ptr || named_client(column).ptr)
           ? column : before;
}

/* Right after the request: Go's chi has `" from 192.0.2.1:4711 - 200`, Nginx
 * Proxy Manager `" [Client 192.0.2.1] `. */
static pg_span_t named_after(pg_span_t rest, const char *label)
{
    pg_client_t client;

    if (!pg_span_istarts(rest, pg_span_str(label))) {
        return PG_ABSENT;
    }
    rest = pg_span_from(rest, strlen(label));
    rest = pg_span_upto(rest, pg_span_find(rest, ' '));
    if (rest.len && rest.ptr[0] != '['
        && (rest.ptr[rest.len - 1] == ']' || rest.ptr[rest.len - 1] == ')')) {
        rest.len--;
    }
    return pg_client_read(&client, rest) == PG_CLIENT_ADDRESS
           ? rest : PG_ABSENT;
}

pg_span_t pg_loose_client_from(pg_span_t rest)
{
    return named_after(rest, "\" from ");
}

/* "a, b" is a list from X-Forwarded-For, "a -> b" (tshark, F5) a
 * connection. */
static bool is_list(pg_span_t a, pg_span_t b)
{
    pg_span_t gap = pg_span_between(pg_span_end(a), b.ptr);

    return pg_span_eq(gap, PG_SPAN(", ")) || pg_span_eq(gap, PG_SPAN(" -> "))
           || pg_span_eq(gap, PG_SPAN(" \xe2\x86\x92 "));
}

/* The higher, the more like a client. */
static int likeness(const pg_client_t *client)
{
    return pg_client_listens(client) ? 0 : pg_client_is_private(client) ? 1
                                                                        : 2;
}

/* Of two addresses: above 0 if the first is the client's, below if the second
 * is, 0 if undecided. Most systems use ports from 32768 on as a client. */
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
    apr_size_t user = pg_span_search(before, " - - [");
    pg_client_t client;
    int which;

    if (pg_span_search(pg_span_from(before, user + 6), " - - [") + user + 6
        < before.len) {
        return PG_ABSENT;        /* after the beginning of another line   */
    }
    if (second.ptr == NULL) {
        pg_client_read(&client, first);
        return first.ptr && pg_client_listens(&client) ? PG_ABSENT : first;
    }
    which = is_list(first, second) ? 1 : compare_clients(first, second);
    if (which == 0) {
        out->field[PG_FIELD_FIRST] = first;
        out->field[PG_FIELD_SECOND] = second;
    }
    return which > 0 ? first : which < 0 ? second : PG_ABSENT;
}

pg_span_t pg_loose_client_find(pg_logline_t *out, pg_span_t before,
                             pg_span_t rest)
{
    pg_span_t client = pg_loose_client_labelled(before);

    before = last_column(before);
    if (client.ptr == NULL) {
        client = pg_loose_client_from(rest);
    }
    if (client.ptr == NULL) {
        client = named_after(rest, "\" [Client ");
    }
    if (client.ptr == NULL) {                   /* Tornado                  */
        client = named_after(rest, " (");
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
    return client.ptr ? client : client_after(rest);
}
