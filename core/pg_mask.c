/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_mask.h"

/* --- pseudonyms ---------------------------------------------------------- */

static apr_uint64_t hash_of(const pg_key_t *key, pg_span_t s)
{
    return pg_hash_sip(key, s.ptr, s.len, 2, 4);
}

typedef struct out_t {
    char *at;
    apr_size_t left;         /* without the NUL */
} out_t;

static void add(out_t *out, pg_span_t s)
{
    apr_size_t n = pg_span_copy(out->at, out->left + 1, s);

    out->at += n;
    out->left -= n;
}

/* 40 bits as 8 letters and digits, without those that look alike. */
static void add_code(out_t *out, apr_uint64_t hash)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char code[8];

    for (int i = 0; i < 8; i++) {
        code[i] = digits[hash >> (5 * i) & 31];
    }
    add(out, pg_span_make(code, sizeof(code)));
}

static void add_kind(out_t *out, const char *kind)
{
    add(out, pg_span_str(kind));
    add(out, PG_SPAN("-"));
}

/* ".tld" when the name has a dot and ends in two or three letters. */
static pg_span_t top_level(pg_span_t name)
{
    apr_size_t dot = pg_span_rfind(name, '.');
    pg_span_t tld = pg_span_from(name, dot);

    if (dot == 0 || (tld.len != 3 && tld.len != 4)) {
        return PG_SPAN("");
    }
    for (apr_size_t i = 1; i < tld.len; i++) {
        if (!pg_octet_is_alpha(tld.ptr[i])) {
            return PG_SPAN("");
        }
    }
    return tld;
}

static void add_name(out_t *out, const pg_key_t *key, pg_span_t name)
{
    char lower[256];

    if (name.len && name.ptr[name.len - 1] == '.') {
        name.len--;
    }
    name = pg_span_upto(name, sizeof(lower));
    if (name.len) {
        pg_span_lower(lower, name);
    }
    name.ptr = lower;
    add_kind(out, "host");
    add_code(out, hash_of(key, name));
    add(out, top_level(name));
}

static void add_host(out_t *out, const pg_key_t *key,
                     const pg_authority_t *a)
{
    if (a->host_kind == PG_HOST_IPV4 || a->host_kind == PG_HOST_IPV6) {
        add_kind(out, "ip");
        add_code(out, hash_of(key, pg_span_make(
                                        (const char *)a->address.octets,
                                        sizeof(a->address.octets))));
    }
    else {
        add_name(out, key, a->host);
    }
}

static void add_port(out_t *out, const pg_authority_t *a)
{
    /* A port that is none may be text of any kind. */
    if (a->port_kind == PG_PORT_OK) {
        add(out, PG_SPAN(":"));
        add(out, a->port_text);
    }
}

static apr_size_t done(const out_t *out, const char *start)
{
    *out->at = '\0';
    return (apr_size_t)(out->at - start);
}

apr_size_t pg_mask_host(char *out, const pg_key_t *key, pg_span_t host)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };
    pg_authority_t a;
    char bracketed[64];

    /* An IPv6 address comes here without its brackets. */
    if (pg_span_find(host, ':') < host.len && host.len < 60
        && host.ptr[0] != '[') {
        bracketed[0] = '[';
        memcpy(bracketed + 1, host.ptr, host.len);
        bracketed[host.len + 1] = ']';
        host = pg_span_make(bracketed, host.len + 2);
    }
    pg_target_authority(&a, host);
    add_host(&o, key, &a);
    return done(&o, out);
}

apr_size_t pg_mask_authority(char *out, const pg_key_t *key, pg_span_t s)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };
    pg_authority_t a;

    pg_target_authority(&a, s);
    add_host(&o, key, &a);
    add_port(&o, &a);
    return done(&o, out);
}

apr_size_t pg_mask_text(char *out, const pg_key_t *key, const char *kind,
                        pg_span_t s)
{
    out_t o = { .at = out, .left = PG_MASK_SIZE - 1 };

    add_kind(&o, kind);
    add_code(&o, hash_of(key, s));
    return done(&o, out);
}

static void add_absolute(out_t *out, const pg_key_t *key,
                         const pg_target_t *t)
{
    add(out, t->scheme);
    add(out, PG_SPAN("://"));
    add_host(out, key, &t->authority);
    add_port(out, &t->authority);
    if (t->path.len) {
        add(out, PG_SPAN("/"));
    }
    if (t->path.len > 1) {
        add(out, PG_SPAN("..."));
    }
}

apr_size_t pg_mask_target(char *out, const pg_key_t *key, pg_span_t target)
{
    out_t o = { .at = out, .left = PG_MASK_TARGET_SIZE - 1 };
    pg_target_t t;

    switch (pg_target_parse(&t, target)) {
    case PG_FORM_ABSOLUTE:
        if (t.scheme.len <= 16 && t.authority.host.len) {
            add_absolute(&o, key, &t);
            return done(&o, out);
        }
        break;
    case PG_FORM_AUTHORITY:
        return pg_mask_authority(out, key, target);
    case PG_FORM_ASTERISK:
        add(&o, PG_SPAN("*"));
        return done(&o, out);
    case PG_FORM_ORIGIN:
        add(&o, target.len > 1 ? PG_SPAN("/...") : PG_SPAN("/"));
        return done(&o, out);
    case PG_FORM_INVALID:
        break;
    }
    return pg_mask_text(out, key, "text", target);
}
