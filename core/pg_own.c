/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_own.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#define NAME_MAX_OCTETS 255      /* RFC 1035 2.3.4                        */

/* What one name or address allows beyond the ports of the whole server. */
typedef struct entry_t {
    apr_array_header_t *ports;   /* of apr_uint16_t; NULL = none          */
    bool any_port;
} entry_t;

typedef struct pattern_t {
    const char *text;            /* lower case, no trailing dot           */
    entry_t *entry;
} pattern_t;

struct pg_own_t {
    apr_pool_t *pool;
    apr_hash_t *names;           /* lower-case name -> entry_t            */
    apr_hash_t *suffixes;        /* "x.example" of "*.x.example" -> entry_t */
    apr_hash_t *addresses;       /* 16 octets -> entry_t                  */
    apr_array_header_t *patterns;      /* the rare rest, of pattern_t     */
    unsigned int suffix_labels;  /* the most that any suffix has          */
    bool wild;                   /* some pattern is only wildcards        */
    unsigned char served[65536 / 8];   /* port -> bit                     */
};

pg_own_t *pg_own_create(apr_pool_t *pool)
{
    pg_own_t *own = apr_pcalloc(pool, sizeof(*own));

    own->pool = pool;
    own->names = apr_hash_make(pool);
    own->suffixes = apr_hash_make(pool);
    own->addresses = apr_hash_make(pool);
    own->patterns = apr_array_make(pool, 0, sizeof(pattern_t));
    /* A terminator or a port map in front is the rule, not the exception:
     * nobody relays by naming us with a default port. */
    pg_own_add_port(own, 80);
    pg_own_add_port(own, 443);
    return own;
}

/* --- adding -------------------------------------------------------------- */

static entry_t *entry_at(pg_own_t *own, apr_hash_t *hash, const void *key,
                         apr_size_t n)
{
    entry_t *entry = apr_hash_get(hash, key, (apr_ssize_t)n);

    if (entry == NULL) {
        entry = apr_pcalloc(own->pool, sizeof(*entry));
        apr_hash_set(hash, apr_pmemdup(own->pool, key, n), (apr_ssize_t)n,
                     entry);
    }
    return entry;
}

void pg_own_add_port(pg_own_t *own, apr_uint16_t port)
{
    own->served[port / 8] |= (unsigned char)(1u << (port % 8));
}

/* 0.0.0.0 and :: are where a socket listens, not where it can be reached. */
static bool is_unspecified(const unsigned char address[16])
{
    static const unsigned char any6[16], any4[16] = { [10] = 255, [11] = 255 };

    return memcmp(address, any6, 16) == 0 || memcmp(address, any4, 16) == 0;
}

void pg_own_add_address(pg_own_t *own, const unsigned char address[16])
{
    if (!is_unspecified(address)) {
        entry_at(own, own->addresses, address, 16);
    }
}

static unsigned int count_labels(const char *name)
{
    unsigned int n = 1;

    for (; *name; name++) {
        n += *name == '.';
    }
    return n;
}

static entry_t *add_wild(pg_own_t *own, const char *text)
{
    pattern_t *pattern;

    if (strspn(text, "*?.") == strlen(text)) {
        own->wild = true;
        return apr_pcalloc(own->pool, sizeof(entry_t));
    }
    if (strncmp(text, "*.", 2) == 0 && !strpbrk(text + 2, "*?")) {
        unsigned int labels = count_labels(text + 2);
        if (labels > own->suffix_labels) {
            own->suffix_labels = labels;
        }
        return entry_at(own, own->suffixes, text + 2, strlen(text + 2));
    }
    pattern = apr_array_push(own->patterns);
    pattern->text = text;
    pattern->entry = apr_pcalloc(own->pool, sizeof(entry_t));
    return pattern->entry;
}

static bool is_name_octet(char c)
{
    return pg_is_alpha(c) || pg_is_digit(c) || (unsigned char)c >= 0x80
           || (c != '\0' && strchr("-._*?", c) != NULL);
}

/* The entry of a name or pattern; NULL if it cannot be one. */
static entry_t *add_name(pg_own_t *own, pg_span_t host)
{
    char *text;

    if (host.len > 1 && host.ptr[host.len - 1] == '.') {
        host.len--;
    }
    if (host.len == 0 || host.len > NAME_MAX_OCTETS) {
        return NULL;
    }
    for (apr_size_t i = 0; i < host.len; i++) {
        if (!is_name_octet(host.ptr[i])) {
            return NULL;
        }
    }
    text = apr_pcalloc(own->pool, host.len + 1);
    pg_span_lower(text, host);
    if (strpbrk(text, "*?")) {
        return add_wild(own, text);
    }
    return entry_at(own, own->names, text, host.len);
}

/* An IPv6 address as ServerName gives it, without brackets. */
static bool bare_ipv6(pg_authority_t *out, pg_span_t name)
{
    char text[64];

    if (name.len > 46 || pg_span_find(name, ':') == name.len) {
        return false;
    }
    text[0] = '[';
    memcpy(text + 1, name.ptr, name.len);
    text[name.len + 1] = ']';
    return pg_authority_parse(out, pg_span_make(text, name.len + 2))
           && out->host_kind == PG_HOST_IPV6;
}

const char *pg_own_add(pg_own_t *own, pg_span_t name)
{
    pg_authority_t a;
    entry_t *entry;
    bool any_port, bare = bare_ipv6(&a, name);

    if (!bare) {
        /* '?' and '*' may stand in a reg-name as far as this goes. */
        pg_authority_parse(&a, name);
    }
    any_port = !bare && pg_span_eq(a.port_text, PG_SPAN("*"));
    if (a.port_kind == PG_PORT_BAD && !any_port) {
        return "has a port that is not from 1 to 65535, nor *";
    }
    if (a.userinfo.ptr || pg_span_find(name, '%') < name.len) {
        return "is not a host name or an address";
    }
    if (a.host_kind == PG_HOST_IPV4 || a.host_kind == PG_HOST_IPV6) {
        if (is_unspecified(a.address)) {
            return "is where a socket listens, not where it is reached";
        }
        entry = entry_at(own, own->addresses, a.address, 16);
    }
    else {
        entry = add_name(own, a.host);
    }
    if (entry == NULL) {
        return "is not a host name or an address";
    }
    entry->any_port |= any_port;
    if (a.port_kind == PG_PORT_OK) {
        if (entry->ports == NULL) {
            entry->ports = apr_array_make(own->pool, 1, sizeof(apr_uint16_t));
        }
        APR_ARRAY_PUSH(entry->ports, apr_uint16_t) = a.port;
    }
    return NULL;
}

bool pg_own_takes_all(const pg_own_t *own)
{
    return own->wild
           || (apr_hash_count(own->names) == 0
               && apr_hash_count(own->suffixes) == 0
               && own->patterns->nelts == 0);
}

/* --- looking up ---------------------------------------------------------- */

/* '*' any run of octets, '?' any one, as ServerAlias has it. Linear for one
 * star, at worst length times length for several; both are short. */
static bool matches(const char *pattern, const char *s, apr_size_t n)
{
    const char *star = NULL, *end = s + n, *back = s;

    while (s < end) {
        if (*pattern == '*') {
            star = pattern++;
            back = s;
        }
        else if (*pattern && (*pattern == '?' || *pattern == *s)) {
            pattern++;
            s++;
        }
        else if (star) {
            pattern = star + 1;
            s = ++back;
        }
        else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

static int hex_value(char c)
{
    return pg_is_digit(c) ? c - '0' : pg_lower(c) - 'a' + 10;
}

/* Lower case, escapes undone, no trailing dot; 0 if that is no name. */
static apr_size_t normalise(char out[NAME_MAX_OCTETS + 1], pg_span_t s)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (n > NAME_MAX_OCTETS) {
            return 0;
        }
        if (c == '%') {
            if (s.len - i < 3 || !pg_is_hex(s.ptr[i + 1])
                || !pg_is_hex(s.ptr[i + 2])) {
                return 0;
            }
            c = (char)(hex_value(s.ptr[i + 1]) * 16
                       + hex_value(s.ptr[i + 2]));
            i += 2;
        }
        out[n++] = pg_lower(c);
    }
    return n > 1 && out[n - 1] == '.' ? n - 1 : n;
}

static const entry_t *find_suffix(const pg_own_t *own, const char *name,
                                  apr_size_t n)
{
    unsigned int labels = 0;

    for (apr_size_t i = n; i > 0 && labels < own->suffix_labels; i--) {
        const entry_t *entry;
        if (name[i - 1] != '.') {
            continue;
        }
        labels++;
        entry = apr_hash_get(own->suffixes, name + i, (apr_ssize_t)(n - i));
        if (entry) {
            return entry;
        }
    }
    return NULL;
}

static const entry_t *find_name(const pg_own_t *own, pg_span_t host)
{
    char name[NAME_MAX_OCTETS + 1];
    apr_size_t n = normalise(name, host);
    const entry_t *entry;

    if (n == 0) {
        return NULL;
    }
    entry = apr_hash_get(own->names, name, (apr_ssize_t)n);
    if (entry == NULL && own->suffix_labels) {
        entry = find_suffix(own, name, n);
    }
    for (int i = 0; entry == NULL && i < own->patterns->nelts; i++) {
        const pattern_t *p = &APR_ARRAY_IDX(own->patterns, i, pattern_t);
        if (matches(p->text, name, n)) {
            entry = p->entry;
        }
    }
    return entry;
}

static const entry_t *find(const pg_own_t *own, const pg_authority_t *a,
                           const unsigned char *local)
{
    static const entry_t plain;
    const entry_t *entry;

    if (a->host_kind == PG_HOST_NAME) {
        return find_name(own, a->host);
    }
    if (a->host_kind != PG_HOST_IPV4 && a->host_kind != PG_HOST_IPV6) {
        return NULL;
    }
    if (local && memcmp(local, a->address, 16) == 0) {
        entry = apr_hash_get(own->addresses, a->address, 16);
        return entry ? entry : &plain;
    }
    entry = apr_hash_get(own->addresses, a->address, 16);
    /* "ServerAlias 10.1.*" is possible, if odd. */
    if (entry == NULL && own->patterns->nelts
        && a->host_kind == PG_HOST_IPV4) {
        entry = find_name(own, a->host);
    }
    return entry;
}

static bool serves(const pg_own_t *own, const entry_t *entry,
                   apr_uint16_t port)
{
    if (own->served[port / 8] & (1u << (port % 8))) {
        return true;
    }
    for (int i = 0; entry->ports && i < entry->ports->nelts; i++) {
        if (APR_ARRAY_IDX(entry->ports, i, apr_uint16_t) == port) {
            return true;
        }
    }
    return false;
}

pg_own_e pg_own_check(const pg_own_t *own, const pg_authority_t *authority,
                      const unsigned char *local, apr_uint16_t local_port)
{
    const entry_t *entry = find(own, authority, local);

    if (entry == NULL) {
        return PG_OWN_NO;
    }
    if (authority->port_kind == PG_PORT_NONE || entry->any_port) {
        return PG_OWN_YES;
    }
    if (authority->port_kind == PG_PORT_OK
        && (authority->port == local_port
            || serves(own, entry, authority->port))) {
        return PG_OWN_YES;
    }
    return PG_OWN_PORT;
}
