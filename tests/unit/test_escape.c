/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <stdio.h>

#include "pg_escape.h"

typedef struct case_t {
    const char *name;
    void (*escape)(pg_sink_t *sink, pg_span_t s);
    const char *in;
    const char *out;
} case_t;

static const case_t cases[] = {
    { "html", pg_escape_html, "<a href=\"x\">&'",
      "&lt;a href=&quot;x&quot;&gt;&amp;&#39;" },
    { "html", pg_escape_html, "\x1b[2J\n\x7f", "\\x1b[2J\\x0a\\x7f" },
    { "html", pg_escape_html, "back\\slash", "back\\\\slash" },
    { "html", pg_escape_html, "b\xc3\xbc" "cher \xe6\x97\xa5\xe6\x9c\xac",
      "b\xc3\xbc" "cher \xe6\x97\xa5\xe6\x9c\xac" },
    { "html", pg_escape_html, "\xe2\x80\xae" "evil", "\\u{202e}evil" },
    { "html", pg_escape_html, "\xff\xc3(\xe2\x82", "\\xff\\xc3(\\xe2\\x82" },
    { "html", pg_escape_html, "\xc0\xbc" "script", "\\xc0\\xbcscript" },
    { "html", pg_escape_html, "\xed\xa0\x80", "\\xed\\xa0\\x80" },
    { "html", pg_escape_html, "\xc2\x85", "\\xc2\\x85" },
    { "html", pg_escape_html, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
    { "html", pg_escape_html, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
    { "text", pg_escape_text, "a\r\nb", "a\\x0d\\x0ab" },
    { "text", pg_escape_text, "<&>\"'", "<&>\"'" },
    { "label", pg_escape_label, "a\"b\\c\nd", "a\\\"b\\\\\\\\c\\\\x0ad" },
    { "csv", pg_escape_csv, "a,\"b\"\n", "\"a,\"\"b\"\"\\x0a\"" },
    { "csv", pg_escape_csv, "=1+1", "\"'=1+1\"" },
    { "csv", pg_escape_csv, "@x", "\"'@x\"" },
    { "csv", pg_escape_csv, "", "\"\"" },
};

PG_TEST_SUITE(escape);

PG_TEST_EACH(a_value_is_written_in_the_formats_own_harmless_form, cases)
{
    const case_t *c = &cases[_i];
    char out[256] = "";
    pg_buffer_t room = { .at = out, .left = sizeof(out) - 1 };
    pg_sink_t sink = pg_sink_buffer(&room);
    pg_span_t in = pg_test_exact(pg_span_str(c->in));

    c->escape(&sink, in);
    ck_assert_int_eq(sink.status, APR_SUCCESS);
    ck_assert_msg(strcmp(out, c->out) == 0, "%s of row %d: %s", c->name, _i,
                  out);
    free((char *)in.ptr);
}

static bool is_clean_utf8(pg_span_t s)
{
    apr_uint32_t code;

    for (apr_size_t at = 0; at < s.len; ) {
        at += pg_escape_utf8_next(pg_span_from(s, at), &code);
        if (code < 0x20 || code == 0x7f || code == 0xffffffffu) {
            return false;
        }
    }
    return true;
}

/* Whatever the octets: no format writes a control character, broken UTF-8,
 * or more than a constant factor of its input. Check keeps a message for
 * every assertion that is passed, so there is one a pair, not one an octet. */
PG_TEST_TIMES(every_pair_of_octets_comes_out_as_clean_utf8, 256)
{
    static void (*const escapers[])(pg_sink_t *, pg_span_t) = {
        pg_escape_html, pg_escape_text, pg_escape_label, pg_escape_csv
    };
    char pair[2] = { (char)_i, 0 };

    for (int low = 0; low < 256; low++) {
        bool clean = true;

        pair[1] = (char)low;
        for (size_t e = 0; e < sizeof(escapers) / sizeof(*escapers); e++) {
            char out[32];
            pg_buffer_t room = { .at = out, .left = sizeof(out) };
            pg_sink_t sink = pg_sink_buffer(&room);

            escapers[e](&sink, pg_span_make(pair, 2));
            clean = clean && sink.status == APR_SUCCESS
                    && is_clean_utf8(pg_span_between(out, room.at));
        }
        ck_assert_msg(clean, "octets %02x %02x", _i, low);
    }
}

PG_TEST(plain_is_cut_between_characters_and_never_inside_an_escape)
{
    char out[8];

    ck_assert_uint_eq(pg_escape_plain(out, sizeof(out), PG_SPAN("abcdef\n")),
                      6);
    ck_assert_str_eq(out, "abcdef");
    pg_escape_plain(out, sizeof(out), PG_SPAN("a\xe6\x97\xa5\xe6\x9c\xac"));
    ck_assert_str_eq(out, "a\xe6\x97\xa5\xe6\x9c\xac");
    pg_escape_plain(out, sizeof(out), PG_SPAN("ab\xe6\x97\xa5\xe6\x9c\xac"));
    ck_assert_str_eq(out, "ab\xe6\x97\xa5");
    for (apr_size_t size = 1; size < 8; size++) {
        ck_assert_uint_eq(pg_escape_plain(out, size, PG_SPAN("a\nb")),
                          size < 2 ? 0 : size < 6 ? 1 : size < 7 ? 5 : 6);
    }
}

/* The last two of each plane are no characters; so are the first and the last
 * of what hides or reorders others, but not their neighbours. */
PG_TEST(what_deceives_is_shown_by_its_number)
{
    static const struct {
        apr_uint32_t code;
        bool shown;
    } rows[] = {
        { 0xac, false },     { 0xad, true },      { 0xae, false },
        { 0x115e, false },   { 0x115f, true },    { 0x1160, true },
        { 0x1161, false },   { 0x200a, false },   { 0x200b, true },
        { 0x200f, true },    { 0x2010, false },   { 0x2027, false },
        { 0x2028, true },    { 0x202e, true },    { 0x202f, false },
        { 0xfeff, true },    { 0xffef, false },   { 0xfff0, true },
        { 0xffff, true },    { 0x10000, false },  { 0x1fffd, false },
        { 0x1fffe, true },   { 0x1ffff, true },   { 0x20000, false },
        { 0x2fffe, true },   { 0x3fffd, false },  { 0xdffff, true },
        { 0xe0000, true },   { 0x100000, true },  { 0x10ffff, true },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        apr_uint32_t c = rows[i].code;
        char out[32] = "", octets[] = {
            (char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
            (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))
        };
        apr_size_t skip = c >= 0x10000 ? 0 : c >= 0x800 ? 1 : 2;

        if (skip) {
            octets[skip] = (char)(octets[skip] | (skip == 1 ? 0xe0 : 0xc0));
        }
        pg_escape_plain(out, sizeof(out),
                        pg_span_make(octets + skip, 4 - skip));
        ck_assert_msg((*out == '\\') == rows[i].shown,
                      "U+%04X: %s", (unsigned)c, out);
    }
}

PG_TEST(upto_does_not_cut_a_character)
{
    pg_span_t s = PG_SPAN("a\xe6\x97\xa5");

    ck_assert_uint_eq(pg_escape_utf8_upto(s, 9).len, 4);
    ck_assert_uint_eq(pg_escape_utf8_upto(s, 4).len, 4);
    ck_assert_uint_eq(pg_escape_utf8_upto(s, 3).len, 1);
    ck_assert_uint_eq(pg_escape_utf8_upto(s, 0).len, 0);
}

static apr_status_t failing_write(void *to, const char *octets, apr_size_t n)
{
    (void)octets;
    (void)n;
    ++*(int *)to;
    return APR_ECONNABORTED;
}

PG_TEST(a_sink_that_failed_is_not_written_to_again)
{
    int calls = 0;
    pg_sink_t sink = { .write = failing_write, .to = &calls };

    pg_sink_puts(&sink, "a");
    pg_sink_putf(&sink, "%d", 3);
    pg_sink_put(&sink, PG_SPAN("b"));
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(sink.status, APR_ECONNABORTED);
}

PG_TEST(formatted_text_of_any_length_is_written_whole)
{
    char out[256];
    pg_buffer_t room = { .at = out, .left = sizeof(out) };
    pg_sink_t sink = pg_sink_buffer(&room);

    pg_sink_putf(&sink, "%200s%d", "x", -7);
    ck_assert_int_eq(room.at - out, 202);
    ck_assert_int_eq(memcmp(out + 199, "x-7", 3), 0);
}

/* --- every character, against the rules as pg_escape.h states them -------- */

/* In so many octets, which may be more than it takes. */
static apr_size_t encoded(char out[4], apr_uint32_t code, apr_size_t n)
{
    static const unsigned char lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

    for (apr_size_t i = n; i-- > 1; code >>= 6) {
        out[i] = (char)(0x80 | (code & 0x3f));
    }
    out[0] = (char)(lead[n] | code);
    return n;
}

static apr_size_t length_of(apr_uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

static bool hides(apr_uint32_t c)
{
    return c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160
           || c == 0x180e || (c > 0x200a && c < 0x2010)
           || (c > 0x2027 && c < 0x202f) || (c > 0x205f && c < 0x2070)
           || c == 0x3164 || (c > 0xdfff && c < 0xf900)
           || (c > 0xfdcf && c < 0xfdf0) || (c > 0xfdff && c < 0xfe10)
           || c == 0xfeff || c == 0xffa0 || (c > 0xffef && c < 0x10000)
           || c > 0xdffff || c % 0x10000 > 0xfffd;
}

static const struct {
    void (*escape)(pg_sink_t *sink, pg_span_t s);
    const char *backslash, *quote, *around;
    bool html;
} forms[] = {
    { pg_escape_text, "\\", "\"", "", false },
    { pg_escape_html, "\\", "&quot;", "", true },
    { pg_escape_label, "\\\\", "\\\"", "", false },
    { pg_escape_json, "\\\\", "\\\"", "", false },
    { pg_escape_csv, "\\", "\"\"", "\"", false },
};

/* What one of the forms makes of octets that are no character. */
static char *numbered(char *at, int form, const char *octets, apr_size_t n)
{
    for (apr_size_t i = 0; i < n; i++) {
        at += sprintf(at, "%sx%02x", forms[form].backslash,
                      (unsigned char)octets[i]);
    }
    return at;
}

static char *expected(char *at, int form, apr_uint32_t c, const char *octets,
                      apr_size_t n)
{
    const char *backslash = forms[form].backslash;

    if (c == '\\') {
        return at + sprintf(at, "%s%s", backslash, backslash);
    }
    if (c == '"') {
        return at + sprintf(at, "%s", forms[form].quote);
    }
    if (forms[form].html && c < 0x80 && strchr("&<>'", (int)c) && c) {
        return at + sprintf(at, "%s", c == '&' ? "&amp;" : c == '<' ? "&lt;"
                                      : c == '>' ? "&gt;" : "&#39;");
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad) {
        return numbered(at, form, octets, n);
    }
    if (hides(c)) {
        return at + sprintf(at, "%su{%04x}", backslash, (unsigned)c);
    }
    return at + sprintf(at, "%.*s", (int)n, octets);
}

/* Whether it is written between a and b as the model says. */
static bool is_written(int form, const char *octets, apr_size_t n,
                       const char *as)
{
    char in[8] = "a", out[96] = "", all[96];
    pg_buffer_t room = { .at = out, .left = sizeof(out) - 1 };
    pg_sink_t sink = pg_sink_buffer(&room);

    memcpy(in + 1, octets, n);
    in[n + 1] = 'b';
    forms[form].escape(&sink, pg_span_make(in, n + 2));
    sprintf(all, "%sa%sb%s", forms[form].around, as, forms[form].around);
    return strcmp(out, all) == 0;
}

PG_TEST_EACH(every_character_is_written_by_the_rules, forms)
{
    for (apr_uint32_t c = 0; c < 0x110000; c++) {
        char octets[4], as[96];
        bool surrogate;

        if (c >= 0x3200 && c % 0x100 == 0x10) {
            c += c < 0x10000 ? 0xd0 : 0xffe0;         /* to the edges only */
        }
        surrogate = c >= 0xd800 && c < 0xe000;
        for (apr_size_t n = length_of(c); n <= 4; n++) {
            (void)encoded(octets, c, n);
            if (n == length_of(c) && !surrogate) {
                expected(as, _i, c, octets, n);
            }
            else {                        /* overlong, or no character      */
                numbered(as, _i, octets, n);
            }
            if (!is_written(_i, octets, n, as)) {
                ck_abort_msg("U+%04X in %d octets", (unsigned)c, (int)n);
            }
            numbered(as, _i, octets, n - 1);
            if (n > 1 && !is_written(_i, octets, n - 1, as)) {
                ck_abort_msg("U+%04X, all but its end", (unsigned)c);
            }
        }
    }
}

PG_TEST(beyond_the_last_character_there_is_none)
{
    char octets[4], as[96];

    for (apr_uint32_t c = 0x110000; c < 0x200000; c += 0x7f) {
        (void)encoded(octets, c, 4);
        numbered(as, 0, octets, 4);
        ck_assert(is_written(0, octets, 4, as));
    }
    for (int first = 0xf8; first < 0x100; first++) {
        memset(octets, 0x80, 4);
        octets[0] = (char)first;
        numbered(as, 0, octets, 4);
        ck_assert(is_written(0, octets, 4, as));
    }
}

/* What a spreadsheet takes for a formula, and only at the beginning. */
PG_TEST_TIMES(a_formula_is_preceded_by_an_apostrophe, 256)
{
    char octet = (char)_i, out[32] = "";
    pg_buffer_t room = { .at = out, .left = sizeof(out) - 1 };
    pg_sink_t sink = pg_sink_buffer(&room);

    pg_escape_csv(&sink, pg_span_make(&octet, 1));
    ck_assert_int_eq(out[1] == '\'' && out[2] != '"',
                     octet && strchr("=+-@|%", octet) != NULL);
}
