/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_hello.h"

#include <stdio.h>
#include <stdlib.h>

#include "pg_sha256.h"

enum { MOST = 256 };             /* ciphers, extensions, signatures: more
                                    than any client has                   */
enum { QUOTED = 256 };           /* room for a name in a log line         */
enum { HANDSHAKE = 0x16, HEADER = 5 };   /* of a record (RFC 8446 5.1)    */
enum { EXT_SNI = 0, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_VERSIONS = 43 };

/* What the JA4 is made of. */
typedef struct parts_t {
    unsigned version;
    unsigned cipher[MOST], ciphers;
    unsigned ext[MOST], exts;
    unsigned signature[MOST], signatures;
    bool sni;
} parts_t;

/* --- reading ------------------------------------------------------------- */

/* Take n octets off *s; *ok becomes false when they are not there. */
static pg_span_t take(pg_span_t *s, apr_size_t n, bool *ok)
{
    pg_span_t part = pg_span_upto(*s, n);

    *ok = *ok && part.len == n;
    *s = pg_span_from(*s, part.len);
    return part;
}

/* A number of n octets, 1 to 3. */
static unsigned take_number(pg_span_t *s, apr_size_t n, bool *ok)
{
    pg_span_t part = take(s, n, ok);
    unsigned value = 0;

    for (apr_size_t i = 0; i < part.len; i++) {
        value = value << 8 | (unsigned char)part.ptr[i];
    }
    return *ok ? value : 0;
}

/* A vector after its length of n octets. */
static pg_span_t take_vector(pg_span_t *s, apr_size_t n, bool *ok)
{
    unsigned len = take_number(s, n, ok);

    return take(s, len, ok);
}

/* GREASE: reserved values, sent to keep servers tolerant: 0x?a?a. */
static bool is_grease(unsigned value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static void add(unsigned *list, unsigned *n, unsigned value)
{
    if (!is_grease(value) && *n < MOST) {
        list[(*n)++] = value;
    }
}

static void take_all(unsigned *list, unsigned *n, pg_span_t from, bool *ok)
{
    while (*ok && from.len > 0) {
        add(list, n, take_number(&from, 2, ok));
    }
}

static void take_sni(pg_hello_t *out, pg_span_t body, bool *ok)
{
    pg_span_t names = take_vector(&body, 2, ok);

    if (take_number(&names, 1, ok) == 0) {
        out->sni = take_vector(&names, 2, ok);
    }
}

static void take_extension(pg_hello_t *out, parts_t *p, unsigned type,
                           pg_span_t body, bool *ok)
{
    unsigned version[MOST], versions = 0;
    pg_span_t list;

    add(p->ext, &p->exts, type);
    switch (type) {
    case EXT_SNI:
        p->sni = true;
        take_sni(out, body, ok);
        break;
    case EXT_ALPN:
        list = take_vector(&body, 2, ok);
        out->alpn = take_vector(&list, 1, ok);
        break;
    case EXT_SIGNATURES:
        take_all(p->signature, &p->signatures, take_vector(&body, 2, ok), ok);
        break;
    case EXT_VERSIONS:
        take_all(version, &versions, take_vector(&body, 1, ok), ok);
        for (unsigned i = 0; i < versions; i++) {
            p->version = i == 0 || version[i] > p->version ? version[i]
                                                           : p->version;
        }
        break;
    default:
        break;
    }
}

static bool take_hello(pg_hello_t *out, parts_t *p, pg_span_t s)
{
    bool ok = true;
    pg_span_t record, hello, list;

    if (take_number(&s, 1, &ok) != 22) {
        return false;
    }
    if (take_number(&s, 2, &ok) >> 8 != 3) {
        return false;
    }
    record = take_vector(&s, 2, &ok);
    if (take_number(&record, 1, &ok) != 1) {
        return false;
    }
    hello = take_vector(&record, 3, &ok);
    p->version = take_number(&hello, 2, &ok);
    (void)take(&hello, 32, &ok);
    (void)take_vector(&hello, 1, &ok);
    list = take_vector(&hello, 2, &ok);
    take_all(p->cipher, &p->ciphers, list, &ok);
    (void)take_vector(&hello, 1, &ok);
    list = hello.len > 0 ? take_vector(&hello, 2, &ok) : hello;
    while (ok && list.len > 0) {
        unsigned type = take_number(&list, 2, &ok);

        take_extension(out, p, type, take_vector(&list, 2, &ok), &ok);
    }
    return ok;
}

/* --- JA4 ----------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

static int append(char *out, int n, const unsigned *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        n += snprintf(out + n, 6, i ? ",%04x" : "%04x", list[i]);
    }
    return n;
}

static void hash(char out[13], const char *text, int n)
{
    if (n == 0) {
        memcpy(out, "000000000000", 13);
        return;
    }
    pg_sha256_text(out, 6, pg_span_make(text, (apr_size_t)n));
}

static void hash_ciphers(char out[13], parts_t *p)
{
    char text[5 * MOST + 1];

    qsort(p->cipher, p->ciphers, sizeof(p->cipher[0]), ascending);
    hash(out, text, append(text, 0, p->cipher, p->ciphers));
}

static void hash_extensions(char out[13], parts_t *p)
{
    char text[10 * MOST + 2];
    unsigned kept[MOST] = { 0 }, n = 0;
    int len;

    for (unsigned i = 0; i < p->exts; i++) {
        if (p->ext[i] != EXT_SNI && p->ext[i] != EXT_ALPN) {
            kept[n++] = p->ext[i];
        }
    }
    qsort(kept, n, sizeof(kept[0]), ascending);
    len = append(text, 0, kept, n);
    if (len > 0 && p->signatures > 0) {
        text[len++] = '_';
        len = append(text, len, p->signature, p->signatures);
    }
    hash(out, text, len);
}

static bool is_alnum(char c)
{
    return pg_octet_is_alpha(c) || pg_octet_is_digit(c);
}

/* First and last character of the first protocol; those of its hexadecimal
 * form when one of them is neither letter nor digit. */
static void ends_of(char out[2], pg_span_t alpn)
{
    static const char digits[] = "0123456789abcdef";
    char first, last;

    out[0] = out[1] = '0';
    if (alpn.len == 0) {
        return;
    }
    first = alpn.ptr[0];
    last = alpn.ptr[alpn.len - 1];
    if (is_alnum(first) && is_alnum(last)) {
        out[0] = first;
        out[1] = last;
        return;
    }
    out[0] = digits[(unsigned char)first >> 4];
    out[1] = digits[(unsigned char)last & 15];
}

static const char *version_of(unsigned version)
{
    switch (version) {
    case 0x0304: return "13";
    case 0x0303: return "12";
    case 0x0302: return "11";
    case 0x0301: return "10";
    case 0x0300: return "s3";
    default:     return "00";
    }
}

bool pg_hello_parse(pg_hello_t *out, pg_span_t s)
{
    parts_t p;
    char alpn[2], ciphers[13], extensions[13];

    memset(out, 0, sizeof(*out));
    memset(&p, 0, sizeof(p));
    if (!take_hello(out, &p, s)) {
        memset(out, 0, sizeof(*out));
        return false;
    }
    snprintf(out->version, sizeof(out->version), "%s", version_of(p.version));
    ends_of(alpn, out->alpn);
    hash_ciphers(ciphers, &p);
    hash_extensions(extensions, &p);
    snprintf(out->ja4, sizeof(out->ja4), "t%.2s%c%02u%02u%c%c_%s_%s",
             out->version, p.sni ? 'd' : 'i',
             p.ciphers < 99 ? p.ciphers : 99, p.exts < 99 ? p.exts : 99,
             alpn[0], alpn[1], ciphers, extensions);
    return true;
}

/* The last two octets of a record's header are its length. */
bool pg_hello_is_over(pg_span_t s)
{
    const unsigned char *octets = (const unsigned char *)s.ptr;

    return octets[0] != HANDSHAKE
           || (s.len >= HEADER
               && s.len - HEADER >= (apr_size_t)(octets[3] << 8 | octets[4]));
}

/* --- for a line of the log ----------------------------------------------- */

static const char *quoted(char out[QUOTED], pg_span_t s)
{
    apr_size_t n = pg_span_copy(out, QUOTED, s);

    for (apr_size_t i = 0; i < n; i++) {
        if (out[i] < ' ' || out[i] > '~' || strchr("\"'\\", out[i])) {
            out[i] = '?';
        }
    }
    return out;
}

void pg_hello_text(char out[PG_HELLO_TEXT], const pg_hello_t *hello,
                   pg_span_t first)
{
    char sni[QUOTED], alpn[QUOTED];

    if (hello) {
        snprintf(out, PG_HELLO_TEXT, " sni=\"%s\" alpn=\"%s\" ja4=%s",
                 quoted(sni, hello->sni), quoted(alpn, hello->alpn),
                 hello->ja4);
    }
    else {
        snprintf(out, PG_HELLO_TEXT, " first=\"%s\"", quoted(sni, first));
    }
}
