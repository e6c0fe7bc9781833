/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_campaign.h"

#include "pg_mime.h"

enum {
    GRAM = 4,
    LEAST = 32,                  /* octets of text that make a sketch     */
    MOST = 65536                 /* that are looked at: a message may be a
                                    thousand times as long                */
};

/* --- the text ------------------------------------------------------------ */

typedef struct look_t {
    pg_campaign_mail_t *out;
    char *scratch;
    apr_size_t n;
} look_t;

/* The length of a link that begins here; 0: none does. *host is its host. */
static apr_size_t link_length(pg_span_t *host, pg_span_t s)
{
    apr_size_t n = pg_span_istarts(s, PG_SPAN("http://")) ? 7
                   : pg_span_istarts(s, PG_SPAN("https://")) ? 8 : 0;

    if (n == 0) {
        return 0;
    }
    *host = pg_span_from(s, n);
    *host = pg_span_upto(*host, pg_span_find_any(*host,
                                                 "/:?#\"'<>() \t\r\n\\"));
    return n + pg_span_find_any(pg_span_from(s, n), "\"'<>() \t\r\n");
}

/* Without links and digits, every run of white space as one blank. */
static apr_size_t reduce(pg_campaign_mail_t *out, char *text, apr_size_t n)
{
    apr_size_t kept = 0;

    for (apr_size_t i = 0; i < n; ) {
        pg_span_t host = PG_SPAN("");
        apr_size_t link = link_length(&host, pg_span_make(text + i, n - i));
        char c = text[i];

        if (link > 0) {
            if (out->lure[0] == '\0') {
                pg_span_copy(out->lure, sizeof(out->lure), host);
            }
            i += link;
            continue;
        }
        i++;
        if (pg_octet_is_space(c)) {
            c = ' ';
        }
        if (!pg_octet_is_digit(c)
            && !(c == ' ' && kept > 0 && text[kept - 1] == ' ')) {
            text[kept++] = c;
        }
    }
    return kept;
}

static void visit(void *ctx, const pg_mime_part_t *part)
{
    look_t *look = ctx;
    char *text = look->scratch + look->n;
    apr_size_t n;

    if (part->attachment) {
        return;
    }
    if (look->out->charset[0] == '\0' && part->charset.len > 0
        && part->charset.len < PG_CAMPAIGN_CHARSET) {
        pg_span_lower(look->out->charset, part->charset);
    }
    n = pg_mime_decode(text, part->body, part->encoding);
    look->n += reduce(look->out, text, n);
}

/* --- the sketch ---------------------------------------------------------- */

/* splitmix64 (S. Vigna, public domain): the i-th number of a fixed sequence
 * that looks random. */
static apr_uint64_t number(apr_uint64_t i)
{
    apr_uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void sketch(apr_uint32_t *out, const char *text, apr_size_t n)
{
    apr_uint64_t times[PG_CAMPAIGN_HASHES], plus[PG_CAMPAIGN_HASHES];

    for (unsigned h = 0; h < PG_CAMPAIGN_HASHES; h++) {
        times[h] = number(2 * h) | 1;
        plus[h] = number(2 * h + 1);
        out[h] = 0xffffffffu;
    }
    for (apr_size_t i = 0; i + GRAM <= n; i++) {
        apr_uint32_t gram;

        memcpy(&gram, text + i, sizeof(gram));
        for (unsigned h = 0; h < PG_CAMPAIGN_HASHES; h++) {
            apr_uint32_t hash = (apr_uint32_t)((gram * times[h] + plus[h])
                                               >> 32);
            out[h] = hash < out[h] ? hash : out[h];
        }
    }
}

/* --- the subject --------------------------------------------------------- */

static bool is_utf8(pg_span_t charset)
{
    return pg_span_ieq(charset, PG_SPAN("utf-8"))
           || pg_span_ieq(charset, PG_SPAN("us-ascii"));
}

/* Encoded-words in UTF-8 are decoded; others need tables that are not here,
 * and stay as they are. */
static void take_subject(pg_campaign_mail_t *out, pg_span_t value)
{
    apr_size_t n = 0;

    while (value.len > 0 && n + 1 < PG_CAMPAIGN_SUBJECT) {
        pg_span_t charset, text;
        char kind;
        apr_size_t word = pg_mime_word(&charset, &kind, &text, value);

        if (word > 0 && is_utf8(charset)
            && text.len < PG_CAMPAIGN_SUBJECT - n) {
            n += pg_mime_word_octets(out->subject + n, kind, text);
            value = pg_span_from(value, word);
            continue;
        }
        if (value.ptr[0] != '\r' && value.ptr[0] != '\n') {
            out->subject[n++] = value.ptr[0];
        }
        value = pg_span_from(value, 1);
    }
    out->subject[n] = '\0';
}

void pg_campaign_look(pg_campaign_mail_t *out, char *scratch,
                      pg_span_t message)
{
    look_t look = { .out = out, .scratch = scratch };
    pg_span_t header, body;

    memset(out, 0, sizeof(*out));
    pg_mime_split(&header, &body, message);
    take_subject(out, pg_mime_field(header, "Subject"));
    (void)pg_mime_walk(message, visit, &look);
    out->has_text = look.n >= LEAST;
    if (out->has_text) {
        sketch(out->sketch, scratch, look.n < MOST ? look.n : MOST);
    }
}

unsigned pg_campaign_alike(const apr_uint32_t *a, const apr_uint32_t *b)
{
    unsigned n = 0;

    for (unsigned h = 0; h < PG_CAMPAIGN_HASHES; h++) {
        n += a[h] == b[h];
    }
    return n;
}

const char *pg_campaign_language(const char *charset)
{
    static const char *const known[][2] = {
        { "big5", "zh-TW" }, { "big5-hkscs", "zh-HK" }, { "gb2312", "zh-CN" },
        { "gbk", "zh-CN" }, { "gb18030", "zh-CN" },
        { "iso-2022-jp", "ja" }, { "shift_jis", "ja" }, { "euc-jp", "ja" },
        { "euc-kr", "ko" }, { "ks_c_5601-1987", "ko" },
        { "koi8-r", "ru" }, { "windows-1251", "ru" },
        { "windows-874", "th" }, { "tis-620", "th" },
    };

    for (apr_size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(charset, known[i][0]) == 0) {
            return known[i][1];
        }
    }
    return NULL;
}
