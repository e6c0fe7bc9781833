/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_own.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#define NAME_MAX_OCTETS 255      /* RFC 1035 2.3.4                        */

/* What one name or address allows beyond the ports of the whole server. */
typedef struct entry_t {
    struct entry_t *next;        /* of the same slot                      */
    const char *name;            /* folded, n octets                      */
    apr_size_t n;
    apr_uint32_t hash;
    apr_array_header_t *ports;   /* of apr_uint16_t; NULL = none          */
    pg_trust_e trust;
    bool any_port;
    bool guess;                  /* a pattern that may take strangers too  */
} entry_t;

/* Chained, size a power of two. Not apr_hash: that one wants names folded and
 * each suffix of a name hashed anew, and costs more than the rest of a
 * request's way through here. The keys come from the configuration, so a
 * client cannot make them collide. */
typedef struct slot_t {
    entry_t *first;
} slot_t;

typedef struct table_t {
    slot_t *slots;
    apr_uint32_t size;
    apr_uint32_t count;
} table_t;

struct pg_own_t {
    apr_pool_t *pool;
    table_t names;               /* by hash_name()                        */
    table_t suffixes;            /* "x.example" of "*.x.example"          */
    apr_hash_t *addresses;       /* 16 octets -> entry_t                  */
    apr_array_header_t *patterns;      /* the rare rest, of entry_t *     */
    unsigned int suffix_labels;  /* the most that any suffix has          */
    bool named;                  /* the configuration gave a name         */
    bool wild;                   /* some pattern is only wildcards        */
    unsigned char served[65536 / 8];   /* port -> bit                     */
};

/* --- the table of names -------------------------------------------------- */

/* Lower case for what a name may consist of, 0 for the rest. A table, since
 * every request's Host goes through it when foreign Hosts are looked for. */
static const unsigned char folds[256] = {
    ['-'] = '-', ['.'] = '.', ['_'] = '_',
    ['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
    ['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
            'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
    ['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
            'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
#define ROW(n) (n), (n) + 1, (n) + 2, (n) + 3, (n) + 4, (n) + 5, (n) + 6, \
               (n) + 7
    [0x80] = ROW(0x80), ROW(0x88), ROW(0x90), ROW(0x98), ROW(0xa0),
             ROW(0xa8), ROW(0xb0), ROW(0xb8), ROW(0xc0), ROW(0xc8),
             ROW(0xd0), ROW(0xd8), ROW(0xe0), ROW(0xe8), ROW(0xf0), ROW(0xf8)
#undef ROW
};

static inline char fold(char c)
{
    return (char)folds[(unsigned char)c];
}

static inline apr_uint64_t mix(apr_uint64_t hash, const char *p)
{
    apr_uint64_t eight;

    memcpy(&eight, p, 8);
    /* One bit tells upper from lower case; what else it makes equal ends in
     * the same slot and is told apart by is_same(). */
    eight |= 0x2020202020202020u;
    hash = (hash ^ eight) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 32);
}

/* The hash of an unaltered name, eight octets at a time. */
static apr_uint32_t hash_name(const char *name, apr_size_t n)
{
    apr_uint64_t hash = n;
    char tail[8] = { 0 };

    if (n < 8) {
        memcpy(tail, name, n);
        return (apr_uint32_t)mix(hash, tail);
    }
    for (apr_size_t i = 0; i + 8 < n; i += 8) {
        hash = mix(hash, name + i);
    }
    return (apr_uint32_t)mix(hash, name + n - 8);
}

static bool is_same(const entry_t *entry, const char *name)
{
    /* nearly always sent in lower case */
    return memcmp(name, entry->name, entry->n) == 0
           || pg_span_istarts(pg_span_make(name, entry->n),
                              pg_span_make(entry->name, entry->n));
}

static inline entry_t *probe(const table_t *t, apr_uint32_t hash,
                             const char *name, apr_size_t n)
{
    entry_t *entry = t->size ? t->slots[hash & (t->size - 1)].first : NULL;

    while (entry && (entry->hash != hash || entry->n != n
                     || !is_same(entry, name))) {
        entry = entry->next;
    }
    return entry;
}

static void put(table_t *t, entry_t *entry)
{
    slot_t *slot = &t->slots[entry->hash & (t->size - 1)];

    entry->next = slot->first;
    slot->first = entry;
}

static void grow(table_t *t, apr_pool_t *pool)
{
    table_t old = *t;

    t->size = old.size ? 2 * old.size : 16;
    t->slots = apr_pcalloc(pool, t->size * sizeof(slot_t));
    for (apr_uint32_t i = 0; i < old.size; i++) {
        entry_t *next;
        for (entry_t *entry = old.slots[i].first; entry; entry = next) {
            next = entry->next;
            put(t, entry);
        }
    }
}

/* The entry of a folded name that lives as long as the pool. */
static entry_t *entry_of(table_t *t, apr_uint32_t hash, const char *name,
                         apr_pool_t *pool)
{
    apr_size_t n = strlen(name);
    entry_t *entry = probe(t, hash, name, n);

    if (entry) {
        return entry;
    }
    if (t->count++ >= t->size) {
        grow(t, pool);
    }
    entry = apr_pcalloc(pool, sizeof(*entry));
    entry->name = name;
    entry->n = n;
    entry->hash = hash;
    put(t, entry);
    return entry;
}

/* --- adding -------------------------------------------------------------- */

static entry_t *find_address(const pg_own_t *own, const pg_address_t *address)
{
    return apr_hash_get(own->addresses, address->octets,
                        sizeof(address->octets));
}

static entry_t *address_entry(pg_own_t *own, const pg_address_t *address)
{
    entry_t *entry = find_address(own, address);

    if (entry == NULL) {
        entry = apr_pcalloc(own->pool, sizeof(*entry));
        address = apr_pmemdup(own->pool, address, sizeof(*address));
        apr_hash_set(own->addresses, address->octets,
                     sizeof(address->octets), entry);
    }
    return entry;
}

void pg_own_add_port(pg_own_t *own, apr_uint16_t port)
{
    own->served[port / 8] |= (unsigned char)(1u << (port % 8));
}

void pg_own_add_address(pg_own_t *own, const pg_address_t *address)
{
    if (!pg_address_is_unspecified(address)) {
        address_entry(own, address);
    }
}

static entry_t *add_wild(pg_own_t *own, const char *text)
{
    entry_t *entry;

    if (strncmp(text, "*.", 2) == 0 && text[2] && !strpbrk(text + 2, "*?")) {
        const char *suffix = text + 2;
        unsigned int labels =
            1 + (unsigned int)pg_span_count(pg_span_str(suffix), '.');

        if (labels > own->suffix_labels) {
            own->suffix_labels = labels;
        }
        return entry_of(&own->suffixes, hash_name(suffix, strlen(suffix)),
                        suffix, own->pool);
    }
    entry = apr_pcalloc(own->pool, sizeof(*entry));
    if (strspn(text, "*?.") == strlen(text)) {
        own->wild = true;
        return entry;
    }
    entry->name = text;
    entry->guess = true;
    APR_ARRAY_PUSH(own->patterns, entry_t *) = entry;
    return entry;
}

/* The entry of a name or pattern; NULL if it cannot be one. */
static entry_t *add_name(pg_own_t *own, pg_span_t host)
{
    char *text;

    host = pg_target_undotted(host);
    if (host.len == 0 || host.len > NAME_MAX_OCTETS) {
        return NULL;
    }
    for (apr_size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (fold(c) == '\0' && c != '*' && c != '?') {
            return NULL;
        }
    }
    text = apr_pcalloc(own->pool, host.len + 1);
    pg_span_lower(text, host);
    if (strpbrk(text, "*?")) {
        return add_wild(own, text);
    }
    return entry_of(&own->names, hash_name(text, host.len), text, own->pool);
}

const char *pg_own_add(pg_own_t *own, pg_span_t name)
{
    pg_authority_t a;
    pg_address_t address;
    entry_t *entry;
    bool any_port;

    /* '?' and '*' may occur in a reg-name as far as this goes. */
    pg_target_authority(&a, name);
    if (pg_address_parse(&address, name)) {
        a = (pg_authority_t){ .host_kind = PG_HOST_IPV6, .address = address };
    }
    any_port = pg_span_eq(a.port_text, PG_SPAN("*"));
    if (a.userinfo.ptr || pg_span_find(name, '%') < name.len) {
        return "is not a host name or an address";
    }
    if (a.port_kind == PG_PORT_BAD && !any_port) {
        return "has a port that is not from 1 to 65535, nor *";
    }
    if (pg_target_is_address(&a)) {
        if (pg_address_is_unspecified(&a.address)) {
            return "is an address to listen on, not one to connect to";
        }
        entry = address_entry(own, &a.address);
    }
    else {
        entry = add_name(own, a.host);
    }
    if (entry == NULL) {
        return "is not a host name or an address";
    }
    own->named |= !pg_target_is_address(&a);
    entry->trust = PG_TRUST_FULL;
    entry->any_port |= any_port;
    if (a.port_kind == PG_PORT_OK) {
        if (entry->ports == NULL) {
            entry->ports = apr_array_make(own->pool, 1, sizeof(apr_uint16_t));
        }
        APR_ARRAY_PUSH(entry->ports, apr_uint16_t) = a.port;
    }
    return NULL;
}

void pg_own_add_machine(pg_own_t *own, pg_span_t name, pg_trust_e trust)
{
    pg_authority_t a;
    entry_t *entry;

    pg_target_authority(&a, name);
    if (a.host_kind != PG_HOST_NAME || a.port_text.ptr || a.userinfo.ptr) {
        return;
    }
    entry = add_name(own, a.host);
    if (entry && trust > entry->trust) {
        entry->trust = trust;
    }
}

static void add_usual(pg_own_t *own)
{
    static const char *const loopback[] = {
        "localhost", "*.localhost", "localhost.localdomain", "localhost4",
        "localhost4.localdomain4", "localhost6", "localhost6.localdomain6",
        "ip6-localhost", "ip6-loopback", NULL
    };

    for (const char *const *name = loopback; *name; name++) {
        pg_own_add_machine(own, pg_span_str(*name), PG_TRUST_LOOPBACK);
    }
    /* It resolves within the cluster only, so no client asks for it from
     * outside. As a target it may be any service of the cluster. */
    pg_own_add_machine(own, PG_SPAN("*.svc.cluster.local"), PG_TRUST_HOST);
    /* TLS terminators and port mappings are common, and nobody can relay by
     * our own name with a default port. */
    pg_own_add_port(own, 80);
    pg_own_add_port(own, 443);
}

pg_own_t *pg_own_create(apr_pool_t *pool)
{
    pg_own_t *own = apr_pcalloc(pool, sizeof(*own));

    own->pool = pool;
    own->addresses = apr_hash_make(pool);
    own->patterns = apr_array_make(pool, 0, sizeof(entry_t *));
    add_usual(own);
    return own;
}

bool pg_own_takes_all(const pg_own_t *own)
{
    return own->wild || !own->named;
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

/* Undo the escapes. @return octets written; 0: too long, or a bad escape */
static apr_size_t unescape(char out[NAME_MAX_OCTETS], pg_span_t s)
{
    apr_size_t n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (n == NAME_MAX_OCTETS) {
            return 0;
        }
        if (c == '%') {
            int octet = pg_span_hex(s, i + 1);
            if (octet < 0) {
                return 0;
            }
            c = (char)octet;
            i += 2;
        }
        out[n++] = c;
    }
    return n;
}

static const entry_t *find_pattern(const pg_own_t *own, const char *name,
                                   apr_size_t n)
{
    for (int i = 0; i < own->patterns->nelts; i++) {
        const entry_t *entry = APR_ARRAY_IDX(own->patterns, i, entry_t *);
        if (matches(entry->name, name, n)) {
            return entry;
        }
    }
    return NULL;
}

static bool trusted(const entry_t *entry, pg_trust_e trust)
{
    return entry && entry->trust >= trust;
}

/* The longest suffix wins. */
static const entry_t *find_suffix(const pg_own_t *own, pg_span_t host,
                                  pg_trust_e trust)
{
    const entry_t *found = NULL;
    pg_span_t before = host;

    for (unsigned int labels = 0; labels < own->suffix_labels; labels++) {
        apr_size_t dot = pg_span_rfind(before, '.');
        const entry_t *entry;
        pg_span_t name;

        if (dot == before.len) {
            break;
        }
        before.len = dot;
        name = pg_span_from(host, dot + 1);
        entry = probe(&own->suffixes, hash_name(name.ptr, name.len), name.ptr,
                      name.len);
        found = trusted(entry, trust) ? entry : found;
    }
    return found;
}

/* Octets that a name may consist of? The folded ones are put to `to`, unless
 * that is NULL. */
static bool is_name(char *to, const char *name, apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        char c = fold(name[i]);

        if (c == '\0') {
            return false;
        }
        if (to) {
            to[i] = c;
        }
    }
    return true;
}

/* Apart, so that plain names do not pay for its frame. */
__attribute__((noinline))
static const entry_t *find_wild(const pg_own_t *own, pg_span_t host,
                                pg_trust_e trust)
{
    const entry_t *found = find_suffix(own, host, trust);
    char name[NAME_MAX_OCTETS];

    if (found) {
        return is_name(NULL, host.ptr, host.len - found->n) ? found : NULL;
    }
    return own->patterns->nelts && is_name(name, host.ptr, host.len)
           ? find_pattern(own, name, host.len) : NULL;
}

static const entry_t *find_plain(const pg_own_t *own, pg_span_t host,
                                 pg_trust_e trust)
{
    const entry_t *entry;

    host = pg_target_undotted(host);
    if (host.len == 0 || host.len > NAME_MAX_OCTETS) {
        return NULL;
    }
    entry = probe(&own->names, hash_name(host.ptr, host.len), host.ptr,
                  host.len);
    if (trusted(entry, trust)) {
        return entry;
    }
    return own->suffix_labels || own->patterns->nelts
           ? find_wild(own, host, trust) : NULL;
}

static const entry_t *find_name(const pg_own_t *own, pg_span_t host,
                                pg_trust_e trust)
{
    char plain[NAME_MAX_OCTETS];

    if (pg_span_find(host, '%') < host.len) {
        host = pg_span_make(plain, unescape(plain, host));
    }
    return find_plain(own, host, trust);
}

bool pg_own_has_name(const pg_own_t *own, pg_span_t host)
{
    return find_plain(own, host, PG_TRUST_HOST) != NULL;
}

static const entry_t *find_address_or_pattern(const pg_own_t *own,
                                              const pg_authority_t *a,
                                              const pg_address_t *local)
{
    static const entry_t plain;
    const entry_t *entry;

    entry = find_address(own, &a->address);
    if (entry == NULL && local && pg_address_equal(local, &a->address)) {
        return &plain;
    }
    /* "ServerAlias 10.1.*" is possible, if odd. */
    if (entry == NULL && own->patterns->nelts
        && a->host_kind == PG_HOST_IPV4) {
        entry = find_name(own, a->host, PG_TRUST_FULL);
    }
    return entry;
}

/* What makes the authority ours with this trust at least. */
static const entry_t *find_trusted(const pg_own_t *own,
                                   const pg_authority_t *a,
                                   const pg_address_t *local,
                                   pg_trust_e trust)
{
    if (a->host_kind == PG_HOST_NAME) {
        return find_name(own, a->host, trust);
    }
    return pg_target_is_address(a)
               ? find_address_or_pattern(own, a, local) : NULL;
}

static const entry_t *find(const pg_own_t *own, const pg_authority_t *a,
                           const pg_address_t *local)
{
    return find_trusted(own, a, local,
                        local && pg_address_is_loopback(local)
                        ? PG_TRUST_LOOPBACK : PG_TRUST_FULL);
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
                      const pg_address_t *local, apr_uint16_t local_port)
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

bool pg_own_knows(const pg_own_t *own, const pg_authority_t *authority,
                  const pg_address_t *local)
{
    return find_trusted(own, authority, local, PG_TRUST_HOST) != NULL;
}

bool pg_own_is_guess(const pg_own_t *own, const pg_authority_t *authority)
{
    const entry_t *entry = find(own, authority, NULL);

    return entry && entry->guess;
}
