/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What is read of captured mail and of a ClientHello: MIME, campaigns,
 * SHA-256, JA4. */
#include "pg_test.h"

#include <stdio.h>

#include "pg_campaign.h"
#include "pg_hello.h"
#include "pg_mime.h"
#include "pg_sha256.h"

PG_TEST_SUITE(campaign);

PG_TEST(sha256_is_that_of_the_standard)
{
    static const char *const known[][2] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852"
              "b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
                 "0015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoij"
          "klmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
    };
    char text[65];

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        pg_sha256_text(text, 32, pg_span_str(known[i][0]));
        ck_assert_str_eq(text, known[i][1]);
    }
    pg_sha256_text(text, 32, PG_ABSENT);
    ck_assert_str_eq(text, known[0][1]);
}

/* As many of 'a': before and after the length needs a block of its own. */
PG_TEST(sha256_pads_a_text_of_any_length)
{
    static const struct {
        size_t n;
        const char *hash;        /* its first eight octets                */
    } known[] = {
        { 55, "9f4390f8d30c2dd9" },        { 56, "b35439a4ac6f0948" },
        { 63, "7d3e74a05d7db15b" },        { 64, "ffe054fe7ae0cb6d" },
        { 119, "31eba51c313a5c08" },        { 120, "2f3d335432c70b58" },
    };
    char text[17];

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        char *s = malloc(known[i].n);

        memset(s, 'a', known[i].n);
        pg_sha256_text(text, 8, pg_span_make(s, known[i].n));
        ck_assert_str_eq(text, known[i].hash);
        free(s);
    }
}

/* --- MIME ---------------------------------------------------------------- */

static void decodes(const char *in, const char *encoding, const char *out)
{
    pg_span_t s = pg_test_exact(pg_span_str(in));
    char *room = malloc(s.len + 1);
    apr_size_t n = pg_mime_decode(room, s, pg_span_str(encoding));

    ck_assert(pg_span_eq(pg_span_make(room, n), pg_span_str(out)));
    free(room);
    free((char *)s.ptr);
}

PG_TEST(transfer_encodings_are_undone)
{
    decodes("aGVs\r\nbG8=", "base64", "hello");
    decodes("aGVsbG8", "BASE64", "hello");
    decodes("=", "base64", "");
    decodes("a=20b=\r\nc=\nd=zz=4", "quoted-printable", "a bcd=zz=4");
    decodes("as it is", "8bit", "as it is");
    decodes("", "base64", "");
    decodes("TWlkbmlnaHQ/IFdobyBrbm93cz8=", "base64", "Midnight? Who knows?");
    decodes("fn5+Pj4+Pz8/", "base64", "~~~>>>???");
    decodes("=\r=\r\n=0D=0a=3d=3", "quoted-printable", "=\r\r\n==3");
}

static void join(void *ctx, const pg_mime_part_t *part)
{
    char *out = ctx;

    sprintf(out + strlen(out), "%s%.*s|", part->attachment ? "A" : "T",
            (int)part->type.len, part->type.ptr ? part->type.ptr : "");
}

static const char deep[] =
    "Content-Type: multipart/mixed;\r\n boundary=\"a;b\"\r\n\r\n"
    "--a;b\r\n\r\nplain\r\n"
    "--a;b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
    "--c\r\nContent-Type: text/html\r\n\r\nx\r\n--c--\r\nafter\r\n"
    "--a;b\r\nContent-Type: image/png; name=x.png\r\n\r\nx\r\n--a;b--\r\n";

PG_TEST(addresses_are_taken_off_a_list)
{
    static const char *const lists[][2] = {
        { "a@b", "a@b|" }, { "", "" }, { " , ;,", "" }, { "<>", "" },
        { "Joe <a@b>, c@d (work)", "a@b|c@d|" },
        { "\"Doe, J. \\\" <x\" <a@b>,Joe (x) <c@d>", "a@b|c@d|" },
        { "some: a@b, <c@d>;, e@f", "a@b|c@d|e@f|" },
        { "undisclosed-recipients:;", "" },
        { "<a@b", "a@b|" }, { "\"a", "\"a|" }, { "\"a\\", "\"a\\|" },
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        pg_span_t whole = pg_test_exact(pg_span_str(lists[i][0]));
        pg_span_t rest = whole, one;
        char found[100] = "";

        while (pg_mime_address(&one, &rest)) {
            strncat(found, one.ptr, one.len);
            strcat(found, "|");
        }
        ck_assert_str_eq(found, lists[i][1]);
        free((char *)whole.ptr);
    }
}

PG_TEST(parts_are_found_and_a_broken_mail_is_text)
{
    char out[200] = "";

    ck_assert_uint_eq(pg_mime_walk(PG_SPAN(deep), join, out), 3);
    ck_assert_str_eq(out, "T|Ttext/html|Aimage/png|");
    for (size_t n = 0; n < sizeof(deep); n++) {
        pg_span_t cut = pg_test_exact(pg_span_make(deep, n));
        char any[400] = "";

        ck_assert_uint_le(pg_mime_walk(cut, join, any), 3);
        free((char *)cut.ptr);
    }
}

/* In a copy that ends where it ends. */
static const struct {
    const char *message, *header, *body;
} splits[] = {
    { "", "", "" }, { "A: b", "A: b", "" }, { "A: b\n", "A: b\n", "" },
    { "A: b\r\n\r\n", "A: b\r\n", "" }, { "\n", "", "" },
    { "\nx", "", "x" }, { "A: b\n \t\nx\n\ny", "A: b\n", "x\n\ny" }
};

PG_TEST_EACH(a_message_is_split_at_its_first_blank_line, splits)
{
    pg_span_t s = pg_test_exact(pg_span_str(splits[_i].message));
    pg_span_t header, body;

    pg_mime_split(&header, &body, s);
    ck_assert(pg_span_eq(header, pg_span_str(splits[_i].header)));
    ck_assert(pg_span_eq(body, pg_span_str(splits[_i].body)));
    free((char *)s.ptr);
}

static pg_span_t or_dash(pg_span_t s)
{
    return s.ptr ? s : PG_SPAN("-");
}

static void describe(void *ctx, const pg_mime_part_t *part)
{
    const pg_span_t shown[] = {
        part->attachment ? PG_SPAN("file") : PG_SPAN("text"),
        or_dash(part->type), or_dash(part->charset), or_dash(part->name),
        or_dash(part->encoding), part->body
    };
    char *out = ctx;

    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        sprintf(out + strlen(out), "%s%.*s", i ? "," : "",
                (int)shown[i].len, shown[i].ptr);
    }
    strcat(out, "|");
}

#define MULTI "Content-Type: multipart/x; boundary=bb\n\n"

/* A message, and its parts: what each is, type, charset, name, encoding and
 * body. */
static const char *const described[][2] = {
    { "Content-Type: Text/Plain; charset=\"Big5\"; name=a\n"
      "Content-Transfer-Encoding: base64\n\nx",
      "text,Text/Plain,Big5,a,base64,x|" },
    { "Content-Disposition: attachment; filename=\"x y\"\n"
      "Content-Type: text/plain; name=z\n\n", "file,text/plain,-,x y,-,|" },
    { "Content-Type:text/plain ;charset = utf-8 ;x=y\n\n",
      "text,text/plain,utf-8,-,-,|" },
    { "content-type: text/plain;\n\tcharset=a;\r\n name=b\r\nX: y\r\n\r\n"
      "z\r\n", "text,text/plain,a,b,-,z\r\n|" },
    { "Content-Type-X: image/png\nX-Content-Type: image/png\n"
      "Content-Type\n\nz", "text,-,-,-,-,z|" },
    { "Content-Type: text/x; y=\";charset=no\"; charset=yes\n\n",
      "text,text/x,yes,-,-,|" },
    { "Content-Type: text/x; charset; name=\n\n", "text,text/x,-,,-,|" },
    { "Content-Type: text/x;;charset=a", "text,text/x,a,-,-,|" },
    { "\n\nz\n", "text,-,-,-,-,\nz\n|" }, { "", "text,-,-,-,-,|" },
    { " \t\r\nz", "text,-,-,-,-,z|" }, { "A: b\n", "text,-,-,-,-,|" },
    { MULTI "before\n--bb\n\none\r\n--bbb\ntwo\n--bb \t\n\nthree\r\n\r\n"
      "--bb--\n\nafter",
      "text,-,-,-,-,one\r\n--bbb\ntwo|text,-,-,-,-,three\r\n|" },
    { MULTI "--bb\n--bb\n\n--bb\nA: b\n--bb--",
      "text,-,-,-,-,|text,-,-,-,-,|text,-,-,-,-,|" },
    { MULTI "--bb\n\n-\n--\n--b\n-bbb\nx--bb\n--bb-\n--bb--x\n\r",
      "text,-,-,-,-,-\n--\n--b\n-bbb\nx--bb\n--bb-\n--bb--x\n\r|" },
    { MULTI "--bb\n\n--b", "text,-,-,-,-,--b|" },
    { MULTI "--bb\n", "" }, { MULTI "no part", "" },
    { "Content-Type: multipart/x; boundary=\n\n--\n\nx",
      "file,multipart/x,-,-,-,--\n\nx|" },
};

PG_TEST_EACH(each_part_is_described_and_has_its_body, described)
{
    pg_span_t s = pg_test_exact(pg_span_str(described[_i][0]));
    char out[400] = "";

    (void)pg_mime_walk(s, describe, out);
    ck_assert_str_eq(out, described[_i][1]);
    free((char *)s.ptr);
}

/* A text within so many parts within one another. */
static const char *nested(int depth)
{
    static char out[2000];
    char message[4000] = "", one[64];

    for (int i = 0; i < depth; i++) {
        snprintf(one, sizeof(one), "Content-Type: multipart/x; boundary=%d"
                 "\n\n--%d\n", i, i);
        strcat(message, one);
    }
    strcat(message, "Content-Type: text/plain\n\nx\n");
    out[0] = '\0';
    ck_assert_uint_eq(pg_mime_walk(pg_span_str(message), join, out), 1);
    return out;
}

PG_TEST(parts_are_looked_into_so_deep_and_so_many)
{
    static char message[PG_MIME_PARTS * 8 + 200], out[4000];

    ck_assert_str_eq(nested(0), "Ttext/plain|");
    ck_assert_str_eq(nested(PG_MIME_DEPTH), "Ttext/plain|");
    ck_assert_str_eq(nested(PG_MIME_DEPTH + 1), "Amultipart/x|");
    ck_assert_str_eq(nested(50), "Amultipart/x|");
    strcpy(message, "Content-Type: multipart/x; boundary=b\n\n");
    for (unsigned i = 1; i < PG_MIME_PARTS + 3; i++) {
        strcat(message, "--b\n\nx\n");
        out[0] = '\0';
        ck_assert_uint_eq(pg_mime_walk(pg_span_str(message), join, out),
                          i < PG_MIME_PARTS ? i : PG_MIME_PARTS);
    }
}

static const struct {
    const char *in;
    apr_size_t n;                /* octets of the word; 0: it is none     */
    char kind;
    const char *charset, *text;
} encoded[] = {
    { "=?u?q?t?=z", 9, 'q', "u", "t" }, { "=?u?q?\?=", 8, 'q', "u", "" },
    { "=?utf-8?B?dA==?= z", 16, 'b', "utf-8", "dA==" },
    { "=??q?t?=z", 0, 0, NULL, NULL }, { "=?u?x?t?=", 0, 0, NULL, NULL },
    { "=?u?q?t?", 0, 0, NULL, NULL }, { "=?u?q?tt", 0, 0, NULL, NULL },
    { "=?u?q?t?x=", 0, 0, NULL, NULL }, { "=?uuuu?q", 0, 0, NULL, NULL },
    { "=?uuuuuu?", 0, 0, NULL, NULL }, { "=?u?qq?t?=", 0, 0, NULL, NULL },
    { "=u?q?t?=z", 0, 0, NULL, NULL }, { "?u?q?t?=zz", 0, 0, NULL, NULL },
    { "=?u?q?=", 0, 0, NULL, NULL }, { "", 0, 0, NULL, NULL },
    { "x?u?q?t?=z", 0, 0, NULL, NULL }, { "=xu?q?t?=z", 0, 0, NULL, NULL }
};

PG_TEST_EACH(an_encoded_word_is_taken_apart, encoded)
{
    pg_span_t charset, text, s = pg_test_exact(pg_span_str(encoded[_i].in));
    char kind;

    ck_assert_uint_eq(pg_mime_word(&charset, &kind, &text, s), encoded[_i].n);
    if (encoded[_i].n) {
        ck_assert_int_eq(kind, encoded[_i].kind);
        ck_assert(pg_span_eq(charset, pg_span_str(encoded[_i].charset)));
        ck_assert(pg_span_eq(text, pg_span_str(encoded[_i].text)));
    }
    free((char *)s.ptr);
}

/* --- campaigns ----------------------------------------------------------- */

static void look(pg_campaign_mail_t *out, const char *text)
{
    char scratch[4000];

    pg_campaign_look(out, scratch, pg_span_str(text));
}

#define TEXT "This is the offer that you have been waiting for, dear friend, "

PG_TEST(the_same_words_are_one_campaign_and_others_are_not)
{
    pg_campaign_mail_t a, b, c, d;

    look(&a, "Subject: =?UTF-8?B?aGVsbG8=?= you\r\n\r\n" TEXT
         "http://one.example/12 call 5551234");
    look(&b, "Content-Type: text/plain; charset=Big5\r\n\r\n" TEXT
         "https://two.example:80/?x call 5559");
    look(&c, "\r\nSomething else altogether, and it is long enough for it");
    look(&d, "\r\nshort");
    ck_assert_uint_eq(pg_campaign_alike(a.sketch, a.sketch), 64);
    ck_assert_uint_ge(pg_campaign_alike(a.sketch, b.sketch),
                      PG_CAMPAIGN_ALIKE);
    ck_assert_uint_lt(pg_campaign_alike(a.sketch, c.sketch),
                      PG_CAMPAIGN_ALIKE);
    ck_assert(a.has_text && b.has_text && c.has_text && !d.has_text);
    ck_assert_str_eq(a.subject, "hello you");
    ck_assert_str_eq(a.lure, "one.example");
    ck_assert_str_eq(b.lure, "two.example");
    ck_assert_str_eq(b.charset, "big5");
    ck_assert_str_eq(pg_campaign_language(b.charset), "zh-TW");
    ck_assert_ptr_null(pg_campaign_language("utf-8"));
}

/* Mails that are the same but for links, digits and white space. */
static const char *const same[][2] = {
    { "a b", "a  b" }, { "a b", "a \t\r\n b" }, { " a", "\r\n\r\na" },
    { "a1b2", "ab" }, { "a b", "a 12 b" }, { "ahttp://x b", "a b" },
    { "a http://x/?y b", "a https://y.example:8/x b" },
};

PG_TEST_EACH(what_varies_within_a_campaign_does_not_count, same)
{
    pg_campaign_mail_t mail[2];

    for (int i = 0; i < 2; i++) {
        char text[400];

        snprintf(text, sizeof(text), "\r\n" TEXT "%s" TEXT, same[_i][i]);
        look(&mail[i], text);
    }
    ck_assert_uint_eq(pg_campaign_alike(mail[0].sketch, mail[1].sketch), 64);
}

/* Sketches are kept, so the numbers stay. This text is the same number in
 * either byte order. */
PG_TEST(a_sketch_is_made_of_these_numbers)
{
    pg_campaign_mail_t mail;

    look(&mail, "\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    ck_assert(mail.has_text);
    ck_assert_uint_eq(mail.sketch[0], 2303334772u);
    ck_assert_uint_eq(mail.sketch[1], 1337668862u);
    ck_assert_uint_eq(mail.sketch[63], 3787067049u);
    look(&mail, "\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    ck_assert(!mail.has_text);
}

static const char *const subjects[][2] = {
    { "=?utf-8?q?a_b=20c?= d", "a b c d" }, { "=?US-ASCII?Q?x?=", "x" },
    { "=?big5?b?aGk=?=", "=?big5?b?aGk=?=" }, { "a\r\n b", "a b" },
    { "", "" }
};

PG_TEST_EACH(a_subject_is_decoded, subjects)
{
    pg_campaign_mail_t mail;
    char text[100];

    snprintf(text, sizeof(text), "Subject: %s\r\n\r\n", subjects[_i][0]);
    look(&mail, text);
    ck_assert_str_eq(mail.subject, subjects[_i][1]);
}

PG_TEST(a_long_subject_is_cut)
{
    for (int n = PG_CAMPAIGN_SUBJECT - 3; n < PG_CAMPAIGN_SUBJECT + 3; n++) {
        pg_campaign_mail_t mail;
        char text[400];
        size_t most = n < PG_CAMPAIGN_SUBJECT ? (size_t)n
                                              : PG_CAMPAIGN_SUBJECT - 1;

        snprintf(text, sizeof(text), "Subject: %0*d\r\n\r\n", n, 7);
        look(&mail, text);
        ck_assert_uint_eq(strlen(mail.subject), most);
        snprintf(text, sizeof(text), "Subject: =?utf-8?q?%0*d?=\r\n\r\n", n,
                 7);
        look(&mail, text);
        ck_assert_int_eq(mail.subject[0], n < PG_CAMPAIGN_SUBJECT ? '0' : '=');
    }
}

PG_TEST(of_a_long_text_the_beginning_counts)
{
    enum { LENGTH = 70000 };
    char *text = malloc(LENGTH), *scratch = malloc(LENGTH);
    pg_campaign_mail_t a, b;

    memset(text, 'x', LENGTH);
    memcpy(text, "\r\n" TEXT, sizeof(TEXT) + 1);
    pg_campaign_look(&a, scratch, pg_span_make(text, LENGTH));
    memcpy(text + LENGTH - 1000, TEXT "what else?", sizeof(TEXT) + 9);
    pg_campaign_look(&b, scratch, pg_span_make(text, LENGTH));
    ck_assert_uint_eq(pg_campaign_alike(a.sketch, b.sketch), 64);
    memcpy(text + 1000, TEXT "what else?", sizeof(TEXT) + 9);
    pg_campaign_look(&b, scratch, pg_span_make(text, LENGTH));
    ck_assert_uint_lt(pg_campaign_alike(a.sketch, b.sketch), 64);
    free(text);
    free(scratch);
}

/* --- ClientHello --------------------------------------------------------- */

/* TLS 1.2: two ciphers of which one is GREASE, SNI "a.b", ALPN "h2". */
static const char hello[] =
    "\x16\x03\x01\x00\x4d\x01\x00\x00\x49\x03\x03"
    "0123456789abcdef0123456789abcdef" "\x00" "\x00\x04\x0a\x0a\x13\x01"
    "\x01\x00" "\x00\x1c"
    "\x00\x00\x00\x08\x00\x06\x00\x00\x03" "a.b"
    "\x00\x10\x00\x05\x00\x03\x02" "h2"
    "\x00\x2b\x00\x03\x02\x03\x04";

PG_TEST(a_clienthello_is_read_to_the_octet)
{
    pg_hello_t h;
    pg_span_t whole = PG_SPAN(hello);

    ck_assert(pg_hello_parse(&h, whole));
    ck_assert(pg_span_eq(h.sni, PG_SPAN("a.b")));
    ck_assert(pg_span_eq(h.alpn, PG_SPAN("h2")));
    ck_assert_str_eq(h.version, "13");
    ck_assert_uint_eq(strlen(h.ja4), PG_HELLO_JA4 - 1);
    ck_assert_int_eq(strncmp(h.ja4, "t13d0103h2_", 11), 0);
    for (apr_size_t n = 0; n < whole.len; n++) {
        pg_span_t cut = pg_test_exact(pg_span_upto(whole, n));

        ck_assert(!pg_hello_parse(&h, cut));
        ck_assert(n == 0 || !pg_hello_is_over(cut));
        free((char *)cut.ptr);
    }
    ck_assert(pg_hello_is_over(whole));
}

PG_TEST(a_record_is_over_at_its_length)
{
    static const char record[5 + 258] = "\x16\x03\x01\x01\x02";

    ck_assert(!pg_hello_is_over(pg_span_make(record, sizeof(record) - 1)));
    ck_assert(pg_hello_is_over(pg_span_make(record, sizeof(record))));
    ck_assert(pg_hello_is_over(pg_span_make("\x16\x03\x01\x00\x00", 5)));
    ck_assert(pg_hello_is_over(PG_SPAN("\x15")));
}

PG_TEST(a_hello_in_a_log_line_has_no_quotes_but_its_own)
{
    char text[PG_HELLO_TEXT], name[300];
    pg_hello_t h = { .sni = PG_SPAN(" a~\"'\\\x7f\x1f\n"),
                     .alpn = PG_SPAN("h2"), .ja4 = "t13" };

    pg_hello_text(text, &h, PG_SPAN("no"));
    ck_assert_str_eq(text, " sni=\" a~??????\" alpn=\"h2\" ja4=t13");
    pg_hello_text(text, NULL, PG_SPAN("\rGET /~ \xff"));
    ck_assert_str_eq(text, " first=\"?GET /~ ?\"");
    memset(name, 'x', sizeof(name));
    h.sni = h.alpn = pg_span_make(name, sizeof(name));
    pg_hello_text(text, &h, PG_SPAN(""));
    ck_assert_uint_eq(strlen(text), strlen(" sni=\"\" alpn=\"\" ja4=t13")
                                    + 2 * 255);
}

static bool is_text(pg_span_t is, pg_span_t expected)
{
    return pg_span_eq(expected, PG_SPAN("-")) ? is.ptr == NULL
                                              : pg_span_eq(is, expected);
}

PG_TEST_ROWS(each_clienthello_has_the_fingerprint_of_its_row, "hello.tsv")
{
    const pg_span_t *f = row->field;
    pg_hello_t h;

    if (!pg_hello_parse(&h, f[0])) {
        ck_assert_msg(pg_span_eq(f[4], PG_SPAN("none")), "hello.tsv:%d",
                      row->line);
        ck_assert_ptr_null(h.sni.ptr);
        return;
    }
    ck_assert_msg(pg_span_eq(pg_span_str(h.ja4), f[4])
                  && pg_span_eq(pg_span_str(h.version), f[1])
                  && is_text(h.sni, f[2]) && is_text(h.alpn, f[3]),
                  "hello.tsv:%d: %s, %s", row->line, h.version, h.ja4);
}
