/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Names and addresses masked for print, wherever in a text they are. */
#include "pg_test_pool.h"

#include <apr_strings.h>

#include "pg_article.h"

PG_TEST_SUITE(article, .set_up = make_pool, .tear_down = destroy_pool);

/* Octets of a label's symbols, or of an address's pseudonym. */
static apr_size_t masked(pg_span_t s)
{
    static const char *const shapes[] = { "●", "▲", "■", "◆", "★", "▼",
                                          "○", "△", "□", "◇", "☆", "▽" };
    apr_size_t n = 0;

    for (int i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizeof(shapes) / sizeof(*shapes); j++) {
            pg_span_t shape = pg_span_str(shapes[j]);
            n += pg_span_eq(pg_span_upto(pg_span_from(s, n), shape.len),
                            shape) ? shape.len : 0;
        }
    }
    if (n == 0 && (pg_span_istarts(s, PG_SPAN("ip-"))
                   || pg_span_istarts(s, PG_SPAN("host-")))) {
        n = pg_span_find(s, '-') + 9;
    }
    return n;
}

/* With ~ and ^ in place of what was masked. */
static const char *shown(const pg_article_t *how, pg_span_t name,
                         pg_span_t text)
{
    apr_array_header_t *octets = apr_array_make(pool, 256, 1);
    pg_sink_t sink = pg_sink_array(octets);
    char *out, *end;
    pg_span_t s;

    pg_article_put_named(&sink, how, name, text);
    ck_assert_int_eq(sink.status, APR_SUCCESS);
    s = pg_span_make(octets->elts, (apr_size_t)octets->nelts);
    out = end = apr_pcalloc(pool, s.len + 1);
    while (s.len) {
        apr_size_t n = masked(s);
        *end++ = n == 0 ? *s.ptr : pg_octet_is_alpha(*s.ptr) ? '^' : '~';
        s = pg_span_from(s, n ? n : 1);
    }
    return out;
}

static pg_article_t keyed(bool paths)
{
    return (pg_article_t){ .key = { .k = { 1, 2 } }, .paths = paths };
}

static pg_span_t given(pg_span_t field)
{
    return field.ptr ? field : PG_SPAN("");
}

PG_TEST_ROWS(names_are_masked_as_the_table_says, "article.tsv")
{
    bool same = pg_span_eq(row->field[3], PG_SPAN("="));

    for (int paths = 0; paths < 2; paths++) {
        pg_article_t how = keyed(paths);
        const char *out = shown(&how, given(row->field[0]),
                                given(row->field[1]));
        ck_assert_msg(pg_span_eq(pg_span_str(out), given(
                          row->field[paths || same ? 2 : 3])),
                      "line %d: '%s'", row->line, out);
    }
}

static bool is_ours(const void *who, pg_span_t host)
{
    return pg_span_ieq(host, pg_span_str(who));
}

/* Only our own name, in paths as well, and whatever else looks like a host is
 * left. */
static const struct {
    const char *text, *shown;
} ours[] = {
    { "own.test", "~.test" }, { "own.test:80", "~.test:80" },
    { "/own.test/", "/~.test/" }, { "x/Own.Test.", "x/~.Test." },
    { "xown.test", "xown.test" }, { "own.tests", "own.tests" },
    { "a.example own.test", "a.example ~.test" },
    { "*.own.test", "*.~.test" }, { "/.own.test", "/.~.test" },
    { "http%3A%2F%2Fown.test%2F", "http%3A%2F%2F~.test%2F" },
    { "%gFown.test", "%gFown.test" }, { "2Fown.test", "2Fown.test" },
    { "192.0.2.1 [::1]", "192.0.2.1 [::1]" },
    { "CONNECT intranet:25", "CONNECT intranet:25" },
    { "http://intranet/", "http://intranet/" }, { "", "" },
};

PG_TEST_EACH(or_only_those_that_are_wanted, ours)
{
    pg_article_t how = keyed(true);

    how.masks = is_ours;
    how.who = "own.test";
    ck_assert_str_eq(shown(&how, PG_SPAN(""), pg_span_str(ours[_i].text)),
                     ours[_i].shown);
    how.who = "192.0.2.1";
    ck_assert_str_eq(shown(&how, PG_SPAN(""), PG_SPAN("a.test 192.0.2.1")),
                     "a.test ^");
    how.who = "::1";
    ck_assert_str_eq(shown(&how, PG_SPAN(""), PG_SPAN("a.test [::1]:25")),
                     "a.test ^:25");
}

/* A known host is one wherever it is, a short one only as a whole word. */
static const struct {
    const char *text, *shown;
} known[] = {
    { "here", "~" }, { "xhere", "x~" }, { "hereby", "~by" },
    { "HERE.", "~." }, { "her", "her" }, { "abc", "~" }, { "xabc", "xabc" },
    { "abcx", "abcx" }, { "abc/abc abc", "~/~ ~" }, { "abc-", "abc-" },
    { "(abc)", "(~)" }, { "abc:25", "~:25" },
};

PG_TEST_EACH(a_known_host_is_masked_wherever_it_is, known)
{
    pg_span_t hosts[] = { PG_ABSENT, PG_SPAN("abc"), PG_SPAN("here") };
    pg_article_t how = keyed(true);

    how.known = hosts;
    how.n_known = sizeof(hosts) / sizeof(*hosts);
    ck_assert_str_eq(shown(&how, PG_SPAN(""), pg_span_str(known[_i].text)),
                     known[_i].shown);
}

static const char *symbols_of(const char *label)
{
    apr_array_header_t *octets = apr_array_make(pool, 64, 1);
    pg_sink_t sink = pg_sink_array(octets);
    pg_article_t how = keyed(true);

    pg_article_put(&sink, &how,
                   pg_span_str(apr_psprintf(pool, "http://%s/", label)));
    APR_ARRAY_PUSH(octets, char) = '\0';
    return octets->elts;
}

/* The same name, in whatever case, the same symbols; another one, others. */
PG_TEST(a_label_has_its_own_symbols)
{
    ck_assert_str_eq(symbols_of("label"), "http://▼◆▽/");
    ck_assert_str_eq(symbols_of("LABEL"), "http://▼◆▽/");
    ck_assert_str_ne(symbols_of("labez"), "http://▼◆▽/");
    ck_assert_str_ne(symbols_of("lab"), "http://▼◆▽/");
}

PG_TEST(of_a_label_too_long_for_the_dns_the_first_octets_count)
{
    static const int places[] = { 0, 62, 63, 64, 69 };

    for (int i = 0; i < 5; i++) {
        int at = places[i];
        char label[72] = "", other[72] = "";

        memset(label, 'a', 70);
        memset(other, 'a', 70);
        other[at] = 'b';
        ck_assert((strcmp(symbols_of(label), symbols_of(other)) == 0)
                  == (at >= 64));
    }
}

static const struct {
    const char *name, *site;
} sites[] = {
    { "mx0.hinet.com.tw", "hinet.com.tw" }, { "hinet.com.tw", "hinet.com.tw" },
    { "com.tw", "com.tw" }, { "a.b.example", "b.example" },
    { "b.example", "b.example" }, { "example", "example" },
    { ".example", ".example" }, { "a..example", ".example" },
    { "a.b.xx.tw", "xx.tw" }, { "", "" },
    { "a.co.uk", "a.co.uk" }, { "b.a.co.uk", "a.co.uk" },
};

PG_TEST_EACH(a_site_is_what_somebody_registered, sites)
{
    pg_span_t name = pg_test_exact(pg_span_str(sites[_i].name));
    pg_span_t site = pg_article_site(name);

    ck_assert_msg(pg_span_eq(site, pg_span_str(sites[_i].site)), "%.*s",
                  (int)site.len, site.ptr);
    free((char *)name.ptr);
}
