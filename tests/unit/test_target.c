/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_test.h"

#include <stdio.h>

#include "pg_target.h"


static const char *const forms[] = {
    "invalid", "origin", "absolute", "authority", "asterisk"
};
static const char *const hosts[] = { "none", "name", "ipv4", "ipv6", "bad" };

static pg_span_t port_shown(const pg_authority_t *a, char out[8])
{
    switch (a->port_kind) {
    case PG_PORT_NONE:
        return pg_span_str(NULL);
    case PG_PORT_BAD:
        return PG_SPAN("bad");
    case PG_PORT_OK:
        break;
    }
    snprintf(out, 8, "%u", (unsigned int)a->port);
    return pg_span_str(out);
}

static void same(const pg_row_t *row, int field, pg_span_t is)
{
    ck_assert_msg(pg_span_eq(row->field[field], is),
                  "targets.tsv:%d: field %d is %.*s", row->line, field + 1,
                  is.ptr ? (int)is.len : 1, is.ptr ? is.ptr : "-");
}

PG_TEST_SUITE(target);

PG_TEST_ROWS(each_target_is_split_as_its_row_says, "targets.tsv")
{
    const pg_authority_t *a;
    pg_target_t t;
    char port[8];

    ck_assert_int_eq(row->n, 9);
    memset(&t, 0xa5, sizeof(t));
    ck_assert_int_eq(pg_target_parse(&t, row->field[0]), t.form);
    a = &t.authority;
    same(row, 1, pg_span_str(forms[t.form]));
    same(row, 2, t.scheme);
    same(row, 3, a->userinfo);
    same(row, 4, a->host);
    same(row, 5, pg_span_str(hosts[a->host_kind]));
    same(row, 6, port_shown(a, port));
    same(row, 7, t.path);
    same(row, 7, pg_target_path(row->field[0]));
}

/* The properties a fuzzer tries on random octets, here on each prefix. */
PG_TEST_ROWS(every_prefix_of_a_target_has_an_answer, "targets.tsv")
{
    pg_span_t whole = row->field[0];

    for (apr_size_t n = 0; n <= whole.len; n++) {
        pg_target_t t;
        pg_span_t s = pg_test_exact(pg_span_upto(whole, n));
        pg_target_parse(&t, s);
        ck_assert(t.form != PG_FORM_ORIGIN || s.ptr[0] == '/');
        ck_assert(t.path.len <= s.len);
        ck_assert(pg_span_eq(t.path, pg_target_path(s)));
        free((void *)(uintptr_t)s.ptr);
    }
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SUB_DELIMS "!$&'()*+,;="
#define UNRESERVED LETTERS DIGITS "-._~"

static bool is_in(int c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

PG_TEST(octets_are_what_the_standards_say)
{
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool printable = i >= ' ' && i < 0x7f;

        ck_assert_int_eq(pg_octet_is(c, PG_OCTET_DNS),
                         is_in(i, LETTERS DIGITS "-_"));
        ck_assert_int_eq(pg_octet_is(c, PG_OCTET_REG),
                         i > 127 || is_in(i, UNRESERVED SUB_DELIMS "%"));
        ck_assert_int_eq(pg_octet_is(c, PG_OCTET_SCHEME),
                         is_in(i, LETTERS DIGITS "+-._"));
        ck_assert_int_eq(pg_octet_is(c, PG_OCTET_CUT),
                         i <= ' ' || i == 0x7f || i == '\\');
        ck_assert_int_eq(pg_octet_is(c, PG_OCTET_PLAIN),
                         printable && !is_in(i, "\"'&<>\\"));
    }
}

/* Each octet in each place among plain ones of both ends of the range, counted
 * from each place before it. */
PG_TEST(octets_are_plain_if_each_of_them_is)
{
    pg_span_t all = pg_test_exact(PG_SPAN(" ~a0;=#] z!%(^_-."
                                         "AZ/:?@[{|}`*$+,9 ~"));
    char *s = (char *)(uintptr_t)all.ptr;

    for (int i = 0; i < 256; i++) {
        for (apr_size_t at = 0; at < all.len; at++) {
            char was = s[at];
            bool plain = pg_octet_is((char)i, PG_OCTET_PLAIN);

            s[at] = (char)i;
            for (apr_size_t from = 0; from <= at; from++) {
                ck_assert_uint_eq(pg_span_plain(all, from),
                                  (plain ? all.len : at) - from);
            }
            s[at] = was;
        }
    }
    free(s);
    ck_assert_uint_eq(pg_span_plain(pg_span_str(NULL), 0), 0);
}

PG_TEST(spans_behave_at_their_ends)
{
    pg_span_t absent = pg_span_str(NULL), empty = PG_SPAN("");
    char out[4];

    ck_assert(pg_span_eq(absent, absent) && !pg_span_eq(absent, empty));
    ck_assert(pg_span_ieq(absent, absent) && !pg_span_ieq(empty, absent));
    ck_assert(pg_span_eq(empty, empty) && pg_span_ieq(empty, empty));
    ck_assert_ptr_null(pg_span_from(absent, 3).ptr);
    ck_assert_uint_eq(pg_span_from(PG_SPAN("ab"), 9).len, 0);
    ck_assert_uint_eq(pg_span_find(absent, 'x'), 0);
    ck_assert_uint_eq(pg_span_rfind(PG_SPAN("a.b.c"), '.'), 3);
    ck_assert_uint_eq(pg_span_rfind(PG_SPAN("abc"), '.'), 3);
    ck_assert_uint_eq(pg_span_find_any(PG_SPAN("a\0b"), "b"), 2);
    ck_assert_uint_eq(pg_span_trim(PG_SPAN(" \t\r\n")).len, 0);
    ck_assert_uint_eq(pg_span_copy(out, 4, PG_SPAN("abcdef")), 3);
    ck_assert_str_eq(out, "abc");
    ck_assert_uint_eq(pg_span_copy(out, 1, absent), 0);
    ck_assert_str_eq(out, "");
    ck_assert(!pg_span_istarts(PG_SPAN("ab"), PG_SPAN("abc")));
    ck_assert(!pg_span_eq(PG_SPAN("ab"), PG_SPAN("abc"))
              && !pg_span_ieq(PG_SPAN("ab"), PG_SPAN("a")));
    ck_assert_uint_eq(pg_span_count(PG_SPAN("a.b."), '.'), 2);
    ck_assert_uint_eq(pg_span_digits(PG_SPAN("12a3")), 2);
    ck_assert_uint_eq(pg_span_digits(PG_SPAN("09")), 2);
}

PG_TEST(a_copy_fills_its_room_and_no_more)
{
    for (apr_size_t size = 0; size < 9; size++) {
        char *out = malloc(size ? size : 1);
        apr_size_t n = size == 0 ? 0 : size > 6 ? 6 : size - 1;

        *out = 'x';
        ck_assert_uint_eq(pg_span_copy(out, size, PG_SPAN("abcdef")), n);
        ck_assert(size == 0 ? *out == 'x'
                            : !memcmp(out, "abcdef", n) && out[n] == '\0');
        free(out);
    }
}

static const struct {
    const char *text, *trimmed, *unquoted, *word, *rest;
    int hex;                     /* of what is after the first octet      */
} texts[] = {
    { "%4a", "%4a", "%4a", "%4a", "", 0x4a },
    { "%Ff,", "%Ff,", "%Ff,", "%Ff", "", 0xff },
    { "%4", "%4", "%4", "%4", "", -1 }, { "%4g", "%4g", "%4g", "%4g", "", -1 },
    { "%g4", "%g4", "%g4", "%g4", "", -1 }, { "", "", "", "", "", -1 },
    { " \va\t b\f", "a\t b", "a\t b", " \va\t b\f", "", -1 },
    { "\"", "\"", "\"", "\"", "", -1 }, { "\"\"", "\"\"", "", "\"\"", "", -1 },
    { " \"a\" ", "\"a\"", "a", " \"a\" ", "", -1 },
    { "\"a", "\"a", "\"a", "\"a", "", -1 },
    { "a\"", "a\"", "a\"", "a\"", "", -1 },
    { ",", ",", ",", "", "", -1 }, { "a,,b", "a,,b", "a,,b", "a", ",b", -1 },
};

PG_TEST_EACH(a_text_is_trimmed_unquoted_and_taken_apart, texts)
{
    pg_span_t s = pg_test_exact(pg_span_str(texts[_i].text)), rest = s;

    ck_assert(pg_span_eq(pg_span_trim(s), pg_span_str(texts[_i].trimmed)));
    ck_assert(pg_span_eq(pg_span_unquoted(s),
                         pg_span_str(texts[_i].unquoted)));
    ck_assert_int_eq(pg_span_hex(s, 1), texts[_i].hex);
    ck_assert(pg_span_eq(pg_span_take(&rest, ','),
                         pg_span_str(texts[_i].word)));
    ck_assert(pg_span_eq(rest, pg_span_str(texts[_i].rest)));
    free((char *)(uintptr_t)s.ptr);
}

PG_TEST(a_number_is_written_with_all_its_digits)
{
    static const apr_uint64_t numbers[] = { 0, 9, 10, 8080, APR_UINT64_MAX };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        char *room = malloc(PG_SPAN_DECIMAL), text[PG_SPAN_DECIMAL + 1];

        snprintf(text, sizeof(text), "%" APR_UINT64_T_FMT, numbers[i]);
        ck_assert(pg_span_eq(pg_span_decimal(room, numbers[i]),
                             pg_span_str(text)));
        free(room);
    }
}

/* Words are compared where there are enough octets: each length, and one that
 * differs in each place. */
PG_TEST(prefixes_of_every_length_are_compared_whole)
{
    static const char lower[] = "abcdefghijklmnopqrstu@[`{";
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTU@[`{";

    for (apr_size_t n = 0; n < sizeof(lower); n++) {
        char other[sizeof(lower)];
        pg_span_t prefix = pg_span_make(lower, n);

        ck_assert(pg_span_istarts(PG_SPAN(upper), prefix));
        for (apr_size_t at = 0; at < n; at++) {
            memcpy(other, upper, sizeof(other));
            other[at] = (char)(other[at] ^ 1);
            ck_assert(!pg_span_istarts(PG_SPAN(other), prefix));
            other[at] = (char)(upper[at] ^ 0x20);
            ck_assert_int_eq(pg_span_istarts(PG_SPAN(other), prefix),
                             pg_octet_is_alpha(upper[at]));
        }
    }
}
