/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* Subjects and bodies of mail as the text that a reader sees. */
#include "pg_test_pool.h"

#include "pg_mailtext.h"

PG_TEST_SUITE(mailtext, .set_up = make_pool, .tear_down = destroy_pool);

static void expect(pg_span_t got, const char *text, const char *of)
{
    ck_assert_msg(pg_span_eq(got, pg_span_str(text)), "'%s': '%.*s', not '%s'",
                  of, (int)got.len, got.ptr, text);
}

/* RFC 2047; octets that the charset does not have become '?'. */
static const struct { const char *value, *text; } subjects[] = {
    { "Hello", "Hello" }, { "", "" }, { "a =? b", "a =? b" },
    { "=?utf-8?Q?a_b=3D?=", "a b=" }, { "=?UTF-8?b?5pel5pys?=",
                                              "\u65e5\u672c" },
    { "=?ISO-8859-1?q?caf=E9?=", "caf\u00e9" },
    { "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\u65e5\u672c" },
    { "=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab" },
    { "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab" },
    { "=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=\r\n\t=?utf-8?Q?c?=", "abc" },
    { "=?utf-8?Q?a?= x =?utf-8?Q?b?=", "a x b" },
    { "=?utf-8?Q?a?= x", "a x" }, { "x =?utf-8?Q?a?=", "x a" },
    { "(=?utf-8?Q?a?=)", "(a)" }, { "[re] =?utf-8?Q?a?= (b)", "[re] a (b)" },
    { "a\r\n b", "a b" },
    { "=?utf-8?Q?a=FFb?=", "a?b" }, { "=?utf-8?Q?a=FF?=", "a?" },
    { "=?utf-8?Q?a=E6=97?=", "a??" }, { "=?utf-8?Q?=FF=FE=FD=FC?=", "????" },
    { "=?utf-8?Q?=E6=97=A5=FF=E6=9C=AC?=", "\u65e5?\u672c" },
    { "=?us-ascii?Q?a=E9b?=", "a?b" },
    /* not a name of a charset, or of none that is known: as they are */
    { "=?x-unknown?Q?a=E9?=", "a\xe9" }, { "=?a/../b?Q?a=E9?=", "a\xe9" },
    { "=?latin1//IGNORE?Q?a=E9?=", "a\xe9" }, { "=?utf 8?Q?a=E9?=", "a\xe9" },
    { "=?iso_8859-1:1987?Q?=E9?=", "\u00e9" },
};

PG_TEST_EACH(a_subject_is_decoded, subjects)
{
    const char *header = apr_pstrcat(pool, "From: a\r\nSubject: ",
                                     subjects[_i].value, "\r\nTo: b\r\n",
                                     NULL);
    pg_span_t exact = pg_test_exact(pg_span_str(header));

    expect(pg_mailtext_field(exact, "Subject", pool), subjects[_i].text,
           subjects[_i].value);
    free((void *)(apr_uintptr_t)exact.ptr);
    expect(pg_mailtext_field(PG_SPAN("From: a\r\n"), "Subject", pool), "",
           "nothing");
}

static pg_span_t part_of(const char *type, const char *charset,
                         const char *body)
{
    pg_mime_part_t part = { .type = pg_span_str(type),
                            .charset = pg_span_str(charset),
                            .body = pg_test_exact(pg_span_str(body)) };
    pg_span_t text = pg_mailtext_part(&part, pool);

    free((void *)(apr_uintptr_t)part.body.ptr);
    return text;
}

static const struct { const char *html, *text; } pages[] = {
    { "a<b>b</b>c", "abc" }, { "a<br>b<BR/>c", "a\nb\nc" },
    { "<p>a</p><p>b", "\na\n\nb" }, { "<div>a</div>b", "\nab" },
    { "<table><tr><td>a</td></tr>", "\na" }, { "<ul><li>a</li></ul>", "\na" },
    { "a<script>b</script>c", "ac" }, { "a<style x>b</style >c", "ac" },
    { "<HEAD>a</title></Head>b", "b" }, { "a<script>b", "a" },
    { "a<script>b<", "a" }, { "a<script>b</", "a" },
    { "a<script>b</script", "a" }, { "a<script>b</style>c", "a" },
    { "a<script>1</script>b<script>2</script>c", "abc" },
    { "a<script></script>b", "ab" }, { "a<script>/script>b", "a" },
    { "a<!--b-->c", "ac" }, { "a<!-- <b> -->c", "ac" }, { "a<!--b", "a" },
    { "a<!--b--", "a" }, { "a<!---->b", "ab" }, { "a<!b>c", "ac" },
    { "a<b", "a" }, { "a<", "a" }, { "<", "" }, { "a>b", "a>b" }, { "", "" },
    { "&amp;&lt;&gt;&quot;&#39;", "&<>\"'" }, { "a&nbsp;b", "a b" },
    { "&AMP;", "&" }, { "&amp", "&amp" }, { "&", "&" }, { "a&b;c&", "a&b;c&" },
    { "&amp;amp;", "&amp;" }, { "&lt;b>", "<b>" },
};

PG_TEST_EACH(a_page_becomes_its_text, pages)
{
    expect(part_of("text/html; x=y", "utf-8", pages[_i].html), pages[_i].text,
           pages[_i].html);
    expect(part_of("text/plain", "utf-8", pages[_i].html), pages[_i].html,
           pages[_i].html);
}

PG_TEST(a_body_is_of_its_charset)
{
    expect(part_of("text/plain", "iso-8859-1", "caf\xe9"), "caf\u00e9", "");
    expect(part_of("text/html", "iso-8859-1", "<b>\xe9<br>"), "\u00e9\n", "");
    expect(part_of("text/plain", "", "caf\xe9"), "caf\xe9", "");
    expect(part_of("text/plain", NULL, "caf\xe9"), "caf\xe9", "");
    expect(part_of("text/plain", "big5", "\xa4\xa4\xa4\xe5"),
           "\u4e2d\u6587", "");
}
