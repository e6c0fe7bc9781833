/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_backends.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "pg_malformed.h"

/* From port to port, both included. */
typedef struct range_t {
    apr_uint16_t low, high;
} range_t;

/* One host, suffix or network, with the ports that are named with it. */
typedef struct entry_t {
    const char *name;            /* a suffix begins with '.'              */
    pg_address_t address;        /* of a network                          */
    int bits;                    /* its prefix, of 128                    */
    bool bare;                   /* named without a port, too             */
    bool any_port;
    bool open;                   /* whatever follows makes another host   */
    apr_array_header_t *ports;   /* range_t                               */
} entry_t;

/* Lists that are looked through by number, with those of the sets that one
 * extends. */
typedef enum list_e {
    PREFIXES,                    /* entry_t *, before a variable          */
    STEMS,                       /* const char *, before "("              */
    DIGITS,                      /* const char *, ports before "$1"       */
    GLUE,                        /* const char *, "." of "//$1.$2"        */
    LISTS
} list_e;

struct pg_backends_t {
    apr_pool_t *pool;
    const pg_backends_t *base;       /* whose backends count as well; NULL */
    apr_hash_t *hosts;           /* lower case -> entry_t                 */
    apr_hash_t *sockets;         /* path -> path                          */
    apr_array_header_t *suffixes;    /* entry_t *                         */
    apr_array_header_t *networks;    /* entry_t *                         */
    apr_array_header_t *list[LISTS];
    unsigned char ports[65536 / 8];  /* after a variable host             */
    int parts;                       /* variables in one host, at most    */
};

pg_backends_t *pg_backends_extend(const pg_backends_t *base, apr_pool_t *pool)
{
    pg_backends_t *b = apr_pcalloc(pool, sizeof(*b));

    b->pool = pool;
    b->base = base;
    b->hosts = apr_hash_make(pool);
    b->sockets = apr_hash_make(pool);
    b->suffixes = apr_array_make(pool, 4, sizeof(entry_t *));
    b->networks = apr_array_make(pool, 4, sizeof(entry_t *));
    for (list_e i = 0; i < LISTS; i++) {
        b->list[i] = apr_array_make(pool, 4, sizeof(void *));
    }
    return b;
}

pg_backends_t *pg_backends_create(apr_pool_t *pool)
{
    return pg_backends_extend(NULL, pool);
}

/* --- entries ------------------------------------------------------------- */

static const char *lower(apr_pool_t *pool, pg_span_t s)
{
    char *out = apr_pcalloc(pool, s.len + 1);

    pg_span_lower(out, s);
    return out;
}

static entry_t *make_entry(pg_backends_t *b, const char *name)
{
    entry_t *entry = apr_pcalloc(b->pool, sizeof(*entry));

    entry->name = name;
    entry->ports = apr_array_make(b->pool, 1, sizeof(range_t));
    return entry;
}

static entry_t *host_entry(pg_backends_t *b, pg_span_t host)
{
    const char *name = lower(b->pool, pg_target_undotted(host));
    entry_t *entry = apr_hash_get(b->hosts, name, APR_HASH_KEY_STRING);

    if (entry == NULL) {
        entry = make_entry(b, name);
        apr_hash_set(b->hosts, name, APR_HASH_KEY_STRING, entry);
    }
    return entry;
}

static entry_t *suffix_entry(pg_backends_t *b, pg_span_t suffix)
{
    entry_t *entry = make_entry(b, lower(b->pool, suffix));

    APR_ARRAY_PUSH(b->suffixes, entry_t *) = entry;
    return entry;
}

static void add_range(entry_t *entry, apr_uint16_t low, apr_uint16_t high)
{
    APR_ARRAY_PUSH(entry->ports, range_t) = (range_t){ low, high };
}

static bool has_port(const entry_t *entry, apr_uint16_t port)
{
    for (int i = 0; i < entry->ports->nelts; i++) {
        const range_t *r = &APR_ARRAY_IDX(entry->ports, i, range_t);
        if (port >= r->low && port <= r->high) {
            return true;
        }
    }
    return entry->any_port;
}

/* --- ProxyGuardBackend --------------------------------------------------- */

/* host, and what is after its ':'; an IPv6 address without brackets has no
 * port. */
static void split(pg_span_t *host, pg_span_t *ports, pg_span_t value)
{
    apr_size_t colon = pg_span_rfind(value, ':');
    apr_size_t close = pg_span_rfind(value, ']');

    *host = value;
    *ports = PG_ABSENT;
    if (colon < value.len
        && (close < value.len ? close < colon
                              : pg_span_find(value, ':') == colon)) {
        *host = pg_span_upto(value, colon);
        *ports = pg_span_from(value, colon + 1);
    }
}

static bool take_ports(entry_t *entry, pg_span_t ports)
{
    apr_size_t dash = pg_span_find(ports, '-');
    apr_uint16_t low, high;

    if (ports.ptr == NULL) {
        entry->any_port = true;
        return true;
    }
    if (pg_target_port(&low, pg_span_upto(ports, dash)) != PG_PORT_OK) {
        return false;
    }
    high = low;
    if (dash < ports.len
        && pg_target_port(&high, pg_span_from(ports, dash + 1))
           != PG_PORT_OK) {
        return false;
    }
    add_range(entry, low, high);
    return low <= high;
}

/* The number after the slash of an address; -1: none that can be. */
static int prefix_bits(pg_span_t text, bool ipv4)
{
    int bits = 0, most = ipv4 ? 32 : 128;

    if (text.len == 0 || text.len > 3) {
        return -1;
    }
    for (apr_size_t i = 0; i < text.len; i++) {
        if (!pg_octet_is_digit(text.ptr[i])) {
            return -1;
        }
        bits = bits * 10 + (text.ptr[i] - '0');
    }
    return bits > most ? -1 : ipv4 ? bits + 96 : bits;
}

/* NULL: no network. */
static entry_t *network_entry(pg_backends_t *b, pg_span_t host)
{
    apr_size_t slash = pg_span_find(host, '/');
    pg_span_t text = pg_span_upto(host, slash);
    pg_address_t address;
    entry_t *entry;
    int bits;

    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
        text = pg_span_make(text.ptr + 1, text.len - 2);
    }
    if (!pg_address_parse(&address, text)) {
        return NULL;
    }
    bits = slash == host.len
           ? 128 : prefix_bits(pg_span_from(host, slash + 1),
                               pg_address_is_ipv4(&address));
    if (bits < 0) {
        return NULL;
    }
    entry = make_entry(b, "");
    entry->address = address;
    entry->bits = bits;
    APR_ARRAY_PUSH(b->networks, entry_t *) = entry;
    return entry;
}

static bool is_name(pg_span_t s)
{
    return s.len <= 255 && pg_malformed_is_name(s);
}

const char *pg_backends_declare(pg_backends_t *b, pg_span_t value)
{
    pg_span_t host, ports;
    entry_t *entry;

    split(&host, &ports, value);
    entry = network_entry(b, host);
    if (entry == NULL && pg_span_istarts(host, PG_SPAN("*."))
        && is_name(pg_span_from(host, 2))) {
        entry = suffix_entry(b, pg_span_from(host, 1));
    }
    if (entry == NULL && is_name(host)
        && pg_span_find_any(host, "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") < host.len) {
        entry = host_entry(b, host);
    }
    if (entry == NULL) {
        return "is not a host name, *.suffix, an address or address/prefix, "
               "each with :port or :port-port if only these are meant";
    }
    return take_ports(entry, ports)
           ? NULL : "has a port, or a range of ports, that is not from 1 to "
                    "65535";
}

/* --- arguments of directives --------------------------------------------- */

/* What stands at one place of an argument. */
typedef struct scan_t {
    pg_span_t all;
    apr_size_t at;
    bool after_variable;         /* the last thing was one                */
    int parts;                   /* variables of this host so far         */
    char text[256];              /* the token, its escapes undone         */
    apr_size_t len;
} scan_t;

static char at(const scan_t *s, apr_size_t ahead)
{
    return s->at + ahead < s->all.len ? s->all.ptr[s->at + ahead] : '\0';
}

/* $1, %2, ${map:...}, %{HTTP_HOST}, \1, \d, \w: how long; 0 = none here. */
static apr_size_t variable(const scan_t *s)
{
    char c = at(s, 0), next = at(s, 1);
    apr_size_t n = 2, depth = 1;

    if (c == '\\') {
        return next && !pg_octet_is_alpha(next) && !pg_octet_is_digit(next)
               ? 0 : 2;
    }
    if (c != '$' && c != '%') {
        return 0;
    }
    if (next != '{') {
        return pg_octet_is_digit(next) ? 2 : 0;
    }
    for (; depth && at(s, n); n++) {
        depth += at(s, n) == '{';
        depth -= at(s, n) == '}';
    }
    return n;
}

/* The next octet of a token, or 0 at its end. */
static char octet(const scan_t *s, apr_size_t *length)
{
    char c = at(s, 0);

    *length = 1;
    if (c == '\\' && (at(s, 1) == '.' || at(s, 1) == '-')) {
        *length = 2;
        return at(s, 1);
    }
    return pg_octet_is(c, PG_OCTET_DNS) || c == '.' ? c : '\0';
}

static void take_token(scan_t *s)
{
    apr_size_t n;
    char c;

    s->len = 0;
    if (at(s, 0) == '[') {       /* "[::1]", or a class of a pattern      */
        apr_size_t end = pg_span_find(pg_span_from(s->all, s->at), ']');
        pg_span_t in = pg_span_make(s->all.ptr + s->at + 1, end - 1);
        pg_address_t address;
        if (s->at + end < s->all.len && in.len < sizeof(s->text)
            && pg_address_parse(&address, in)) {
            memcpy(s->text, in.ptr, in.len);
            s->len = in.len;
            s->at += end + 1;
        }
        return;
    }
    while ((c = octet(s, &n)) != '\0' && s->len < sizeof(s->text)) {
        s->text[s->len++] = c;
        s->at += n;
    }
}

/* The ":8080" at this place, if there is one. */
static apr_uint16_t take_port(scan_t *s)
{
    apr_size_t n = 1;
    apr_uint16_t port;

    while (pg_octet_is_digit(at(s, n))) {
        n++;
    }
    /* "B:10.0.0.1" is a variable's name and an address */
    if (at(s, 0) != ':' || at(s, n) == '.'
        || pg_target_port(&port, pg_span_make(s->all.ptr + s->at + 1, n - 1))
           != PG_PORT_OK) {
        return 0;
    }
    s->at += n;
    return port;
}

/* A token after a variable: ".internal.example" is a suffix that only the
 * configuration could have put there; ".example" would be all of a TLD. */
static void note_suffix(pg_backends_t *b, pg_span_t token, apr_uint16_t port)
{
    entry_t *entry;

    if (port) {
        b->ports[port / 8] |= (unsigned char)(1u << (port % 8));
    }
    if (token.len == 0 || token.ptr[0] != '.'
        || pg_span_count(pg_span_upto(token, token.len - 1), '.') < 2) {
        return;
    }
    entry = suffix_entry(b, token);
    entry->bare = port == 0;
    if (port) {
        add_range(entry, port, port);
    }
}

static void note_host(pg_backends_t *b, pg_span_t token, apr_uint16_t port)
{
    entry_t *entry;

    if (!is_name(token)
        && pg_span_find(token, ':') == token.len) {
        return;
    }
    entry = host_entry(b, token);
    entry->bare |= port == 0;
    if (port && !has_port(entry, port)) {
        add_range(entry, port, port);
    }
}

/* After "//" or an '@': where a URL has its host. */
static bool begins_host(const scan_t *s)
{
    const char *at = s->all.ptr + s->at;

    return (s->at >= 1 && at[-1] == '@')
           || (s->at >= 2 && at[-1] == '/' && at[-2] == '/');
}

/* Between "//" and the next slash? */
static bool in_authority(const scan_t *s)
{
    apr_size_t slash = pg_span_rfind(pg_span_upto(s->all, s->at), '/');

    return slash > 0 && slash < s->at && s->all.ptr[slash - 1] == '/';
}

/* A prefix of hosts: what follows it in a host may be the client's. */
static entry_t *add_prefix(pg_backends_t *b, pg_span_t token)
{
    entry_t *prefix = make_entry(b, lower(b->pool, token));

    APR_ARRAY_PUSH(b->list[PREFIXES], entry_t *) = prefix;
    return prefix;
}

static void add_digits(pg_backends_t *b, apr_uint16_t port)
{
    APR_ARRAY_PUSH(b->list[DIGITS], const char *) =
        apr_psprintf(b->pool, "%u", (unsigned int)port);
}

/* A variable of a host, or of its userinfo; one of a port is not counted. */
static void count_part(pg_backends_t *b, scan_t *s)
{
    s->parts = in_authority(s) ? s->parts : 0;
    s->parts += in_authority(s) && s->all.ptr[s->at - 1] != ':';
    b->parts = s->parts > b->parts ? s->parts : b->parts;
}

static void read_token(pg_backends_t *b, scan_t *s)
{
    bool after = s->after_variable, host = begins_host(s);
    apr_uint16_t port;
    pg_span_t token;

    take_token(s);
    token = pg_span_make(s->text, s->len);
    port = take_port(s);
    if (port && variable(s)) {
        add_digits(b, port);
    }
    s->after_variable = false;
    if (token.len && at(s, 0) == '(') {
        APR_ARRAY_PUSH(b->list[STEMS], const char *) = lower(b->pool, token);
    }
    if (after) {
        if (token.len && port == 0 && variable(s) && in_authority(s)) {
            APR_ARRAY_PUSH(b->list[GLUE], const char *) = lower(b->pool,
                                                                token);
        }
        note_suffix(b, token, port);
    }
    else if (token.len) {
        note_host(b, token, port);
        if (host && port == 0 && variable(s)) {
            add_prefix(b, token)->bare = true;
        }
    }
    if (token.len == 0 && port == 0) {
        s->at++;
    }
}

static void read_socket(pg_backends_t *b, pg_span_t argument)
{
    pg_span_t path;
    const char *copy;

    while (argument.len && !pg_span_istarts(argument, PG_SPAN("unix:"))) {
        argument = pg_span_from(argument, 1);
    }
    path = pg_span_from(argument, 5);
    path = pg_span_upto(path, pg_span_find_any(path, "|\" "));
    if (path.len) {
        copy = apr_pstrmemdup(b->pool, path.ptr, path.len);
        apr_hash_set(b->sockets, copy, APR_HASH_KEY_STRING, copy);
    }
}

void pg_backends_read(pg_backends_t *b, pg_span_t argument)
{
    scan_t s = { .all = argument };

    if (argument.len && argument.ptr[0] == '!') {
        return;
    }
    read_socket(b, argument);
    while (s.at < argument.len) {
        apr_size_t n = variable(&s);
        if (n) {
            count_part(b, &s);
            s.at += n;
            s.after_variable = true;
            continue;
        }
        read_token(b, &s);
    }
}

/* Does s end where whole does? */
static bool ends(pg_span_t whole, pg_span_t s)
{
    return s.ptr && s.ptr + s.len == whole.ptr + whole.len;
}

void pg_backends_read_open(pg_backends_t *b, pg_span_t url)
{
    pg_destination_t d[PG_DESTINATION_READINGS];
    pg_authority_t at;

    pg_destination_parse(d, url);
    if (d[0].kind != PG_DESTINATION_HOST) {
        return;
    }
    at = d[0].authority;
    if (ends(url, at.host)) {
        add_prefix(b, at.host)->open = true;
    }
    if (at.port_kind == PG_PORT_OK && ends(url, at.port_text)) {
        add_digits(b, at.port);
    }
}

/* --- looking up ---------------------------------------------------------- */

/* Each look-up goes through a set, and then those that it extends. */

/* The list that has the i-th element, and which of its own that is; NULL:
 * there is none. */
static const apr_array_header_t *list_with(const pg_backends_t *b,
                                           list_e list, int *i)
{
    for (; b && *i >= b->list[list]->nelts; b = b->base) {
        *i -= b->list[list]->nelts;
    }
    return b ? b->list[list] : NULL;
}

/* NULL: there is none. */
static const char *nth_text(const pg_backends_t *b, list_e list, int i)
{
    const apr_array_header_t *in = list_with(b, list, &i);

    return in ? APR_ARRAY_IDX(in, i, const char *) : NULL;
}

pg_span_t pg_backends_stem(const pg_backends_t *b, int i)
{
    return pg_span_str(nth_text(b, STEMS, i));
}

bool pg_backends_has_port(const pg_backends_t *b, apr_uint16_t port)
{
    while (b && (b->ports[port / 8] & (1u << (port % 8))) == 0) {
        b = b->base;
    }
    return b != NULL;
}

static pg_named_e with_port(const pg_backends_t *b, const entry_t *entry,
                            const pg_destination_t *d)
{
    bool known = (entry->bare && d->authority.port_kind == PG_PORT_NONE)
                 || has_port(entry, d->port)
                 || (d->port && pg_backends_has_port(b, d->port));

    return known ? PG_NAMED_YES : PG_NAMED_HOST;
}

static bool ends_in(pg_span_t host, const char *suffix)
{
    apr_size_t n = strlen(suffix);

    return host.len > n
           && pg_span_ieq(pg_span_from(host, host.len - n),
                          pg_span_make(suffix, n));
}

static pg_named_e check_lists(const pg_backends_t *b,
                              const pg_destination_t *d, pg_span_t host)
{
    pg_named_e best = PG_NAMED_NO;
    bool address = pg_target_is_address(&d->authority);
    const apr_array_header_t *list = address ? b->networks : b->suffixes;

    for (int i = 0; i < list->nelts && best != PG_NAMED_YES; i++) {
        const entry_t *entry = APR_ARRAY_IDX(list, i, entry_t *);
        if (address ? pg_address_alike(&entry->address,
                                       &d->authority.address, entry->bits)
                    : ends_in(host, entry->name)) {
            pg_named_e is = with_port(b, entry, d);
            best = is > best ? is : best;
        }
    }
    return best;
}

static bool is_alphabetic(pg_span_t s)
{
    apr_size_t i = 0;

    while (i < s.len && pg_octet_is_alpha(s.ptr[i])) {
        i++;
    }
    return s.len > 0 && i == s.len;
}

/* "app.example.co" and then "m": top-level domains are letters only. */
static bool renames_tld(pg_span_t name, pg_span_t rest)
{
    apr_size_t dot = pg_span_rfind(name, '.');

    return dot < name.len && is_alphabetic(pg_span_from(name, dot + 1))
           && is_alphabetic(rest);
}

/* "127.0.0.1" and then "9" is another address; "10.0.0." and then "9" is what
 * was meant, and so is "app" and then "7": but not "app" and "7.s.example". */
static bool moves(const entry_t *prefix, pg_span_t rest)
{
    pg_span_t name = pg_span_str(prefix->name);
    pg_address_t address;

    return prefix->open || pg_span_find(rest, '.') < rest.len
           || pg_address_parse(&address, name) || renames_tld(name, rest);
}

/* What follows the prefix that a text begins with; empty if it does not. */
static pg_span_t rest_of(const char *prefix, pg_span_t text)
{
    pg_span_t start = pg_span_str(prefix);

    return pg_span_istarts(text, start) ? pg_span_from(text, start.len)
                                        : PG_SPAN("");
}

static pg_named_e check_prefixes(const pg_backends_t *b,
                                 const pg_destination_t *d, pg_span_t host)
{
    pg_named_e best = PG_NAMED_NO;

    for (int i = 0; i < b->list[PREFIXES]->nelts && best != PG_NAMED_YES; i++) {
        const entry_t *prefix = APR_ARRAY_IDX(b->list[PREFIXES], i, entry_t *);
        pg_span_t rest = rest_of(prefix->name, host);
        if (rest.len && !moves(prefix, rest)) {
            pg_named_e is = with_port(b, prefix, d);
            best = is > best ? is : best;
        }
    }
    return best;
}

static pg_named_e check_host(const pg_backends_t *b, const pg_destination_t *d)
{
    pg_span_t host = pg_target_undotted(d->authority.host);
    const entry_t *entry;
    pg_named_e is = PG_NAMED_NO, more;
    char name[256];

    if (host.len > 255) {
        return PG_NAMED_NO;
    }
    pg_span_lower(name, host);
    entry = apr_hash_get(b->hosts, name, (apr_ssize_t)host.len);
    if (entry) {
        is = with_port(b, entry, d);
    }
    more = is == PG_NAMED_YES ? is : check_lists(b, d, host);
    is = more > is ? more : is;
    more = is == PG_NAMED_YES ? is : check_prefixes(b, d, host);
    return more > is ? more : is;
}

static pg_named_e check_one(const pg_backends_t *b, const pg_destination_t *d)
{
    if (d->kind == PG_DESTINATION_SOCKET) {
        return apr_hash_get(b->sockets, d->socket.ptr,
                            (apr_ssize_t)d->socket.len)
               ? PG_NAMED_YES : PG_NAMED_NO;
    }
    return d->kind == PG_DESTINATION_HOST ? check_host(b, d) : PG_NAMED_YES;
}

pg_named_e pg_backends_check(const pg_backends_t *b, const pg_destination_t *d)
{
    pg_named_e best = PG_NAMED_NO;

    for (; b && best != PG_NAMED_YES; b = b->base) {
        pg_named_e is = check_one(b, d);
        best = is > best ? is : best;
    }
    return best;
}

bool pg_backends_has_suffix(const pg_backends_t *b, pg_span_t host)
{
    for (; b; b = b->base) {
        for (int i = 0; i < b->suffixes->nelts; i++) {
            if (ends_in(host,
                        APR_ARRAY_IDX(b->suffixes, i, entry_t *)->name)) {
                return true;
            }
        }
    }
    return false;
}

int pg_backends_parts(const pg_backends_t *b)
{
    int parts = 0;

    for (; b; b = b->base) {
        parts = b->parts > parts ? b->parts : parts;
    }
    return parts;
}

pg_span_t pg_backends_glue(const pg_backends_t *b, int i)
{
    return pg_span_str(nth_text(b, GLUE, i));
}

bool pg_backends_cut(pg_span_t *rest, const pg_backends_t *b, int i,
                     pg_span_t host)
{
    const apr_array_header_t *in = list_with(b, PREFIXES, &i);

    *rest = PG_SPAN("");
    if (in) {
        const entry_t *prefix = APR_ARRAY_IDX(in, i, entry_t *);
        pg_span_t more = rest_of(prefix->name, host);
        *rest = more.len && moves(prefix, more) ? more : *rest;
    }
    return in != NULL;
}

bool pg_backends_cut_port(pg_span_t *rest, const pg_backends_t *b, int i,
                          pg_span_t port)
{
    const char *digits = nth_text(b, DIGITS, i);

    *rest = digits ? rest_of(digits, port) : PG_SPAN("");
    return digits != NULL;
}
