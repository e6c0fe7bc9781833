/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What a text is told to be, from a table. */
#include "pg_test_pool.h"

#include <apr_strings.h>

#include "pg_own.h"
#include "pg_tell.h"

enum { LONGEST = 4096 };

static pg_logformat_t formats[8];
static pg_reading_t how;
static pg_tell_t tell;

static void make_tell(void)
{
    apr_size_t size = PG_READER_MEMORY(LONGEST);

    make_pool();
    how = (pg_reading_t){ .format = formats, .json = true, .any = true,
                          .now = apr_time_from_sec(4000000000) };
    for (const char *const *name = pg_logformat_named(); *name; name++) {
        pg_logformat_compile(&formats[how.formats++], *name, pool);
    }
    memset(&tell, 0, sizeof(tell));
    pg_reader_begin(&tell.reader, &how, apr_palloc(pool, size), size);
}

PG_TEST_SUITE(tell, .set_up = make_tell, .tear_down = destroy_pool);

/* Nothing but printable ASCII. */
static const char *shown(pg_span_t s)
{
    char *out = apr_pstrmemdup(pool, s.ptr ? s.ptr : "", s.len);

    for (apr_size_t i = 0; i < s.len; i++) {
        out[i] = out[i] < ' ' || out[i] > '~' ? '?' : out[i];
    }
    return out;
}

static const char *part(const char *before, pg_span_t s)
{
    return s.len ? apr_pstrcat(pool, before, shown(s), NULL) : "";
}

#define GROUND_NAME(sym, judged) #sym,

/* "kind class reason: request; Host; -> host:port; from client; status;
 * outcome or ground" */
static const char *words_of(const pg_told_t *told)
{
    static const char *const kinds[] = {
        "unknown", "request", "nothing", "message", "tls", "ssh", "smtp",
        "http2", "rdp", "question"
    };
    static const char *const grounds[PG_GROUND_COUNT] = {
        PG_GROUNDS(GROUND_NAME)
    };
    const pg_request_t *r = &told->request;
    const pg_verdict_t *v = &told->verdict;
    bool is = told->kind != PG_TOLD_NOTHING && told->kind != PG_TOLD_MESSAGE
              && (r->line.len || r->target.len);

    return apr_pstrcat(
        pool, kinds[told->kind],
        is ? apr_psprintf(pool, " %s %s:", pg_vocab_class(v->class_id),
                          pg_classify_reason(v->reason)) : "",
        part(" ", r->line), part(" ", r->method), part(" ", r->target),
        part(" ", r->protocol), part("; Host ", r->host),
        is ? part("; to ", v->host) : "",
        is && v->port ? apr_psprintf(pool, ":%d", v->port) : "",
        part("; from ", told->client),
        told->status ? apr_psprintf(pool, "; %d", told->status) : "",
        told->stated ? "; " : "",
        told->stated ? pg_vocab_outcome(told->outcome) : "",
        told->succeeded ? "; " : "",
        told->succeeded ? grounds[told->ground] : "",
        NULL);
}

PG_TEST_ROWS(a_text_is_what_the_table_says, "tell.tsv")
{
    pg_span_t with = row->field[1];
    pg_own_t *own = NULL;
    pg_told_t told;
    const char *words;

    if (pg_span_find(with, 'o') < with.len) {
        own = pg_own_create(pool);
        ck_assert_ptr_null(pg_own_add(own, PG_SPAN("own.test")));
    }
    tell.composed = pg_span_find(with, 'c') < with.len;
    for (int i = 0; i < 2; i++) {         /* the same after itself         */
        pg_tell_look(&told, &tell, row->field[0].ptr ? row->field[0]
                                                     : PG_SPAN(""),
                     pg_span_find(with, 'e') < with.len, own);
        words = words_of(&told);
        ck_assert_msg(pg_span_eq(pg_span_str(words), row->field[2]),
                      "line %d: %s", row->line, words);
    }
}

/* What a page escapes is undone where there is room for it. */
PG_TEST(a_text_is_undone_if_there_is_room)
{
    static const struct { const char *text, *words; bool escaped; } texts[] = {
        { "GET&#32;http://a.example/", "request absolute "
          "absolute-form-to-stranger: GET http://a.example/; to a.example:80",
          false },
        { "\\x05\\x01\\x00", "request socks socks5-greeting: ???", true },
    };

    for (int t = 0; t < 2; t++) {
        pg_span_t text = pg_span_str(texts[t].text);

        for (apr_size_t n = text.len - 1; n <= text.len + 1; n++) {
            pg_told_t told;

            pg_reader_begin(&tell.reader, &how, apr_palloc(pool, n), n);
            pg_tell_look(&told, &tell, text, texts[t].escaped, NULL);
            ck_assert_msg(!strcmp(words_of(&told), texts[t].words)
                          == (n >= text.len), "%d: %s", (int)n,
                          words_of(&told));
        }
    }
}
