/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_escape, pg_query: whatever a client sends, no escaper writes a live
 * metacharacter, a control character or malformed UTF-8, nor more than a
 * constant factor of the input; a query gives either a view within its limits
 * or a short sentence. */
#include "pg_escape.h"
#include "pg_fuzz.h"
#include "pg_query.h"

#define ROOM (1 << 20)

static void check(void (*escape)(pg_sink_t *, pg_span_t), pg_span_t in,
                  const char *live, char *room)
{
    pg_buffer_t out = { .at = room, .left = ROOM };
    pg_sink_t sink = pg_sink_buffer(&out);
    apr_uint32_t code;
    apr_size_t n;

    escape(&sink, in);
    n = ROOM - out.left;
    PG_MUST(sink.status == APR_SUCCESS && n <= in.len * 6 + 3);
    for (apr_size_t i = 0; i < n; ) {
        i += pg_escape_utf8_next(pg_span_make(room + i, n - i), &code);
        PG_MUST(code != 0xffffffffu && code >= 0x20
                && (code < 0x7f || code >= 0xa0));
        PG_MUST(code >= 0x80 || strchr(live, (int)code) == NULL);
    }
}

static void check_query(pg_span_t in)
{
    pg_query_t q;
    const char *wrong = pg_query_parse(&q, in);

    if (wrong) {
        PG_MUST(strlen(wrong) < 200);
    }
    else {
        PG_MUST(q.view.top >= 0 && q.view.top <= 100);
        PG_MUST(q.view.refresh >= 0 && q.view.refresh <= 3600);
        PG_MUST(q.view.window >= 0
                && q.view.window <= apr_time_from_sec(800 * 86400));
    }
    PG_MUST(pg_query_accept_format(in, true) != NULL);
    PG_MUST(pg_query_accept_format(in, false) != NULL);
    PG_MUST(pg_query_accept_lang(in) < PG_LANG_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[ROOM];
    pg_span_t in = pg_span_make((const char *)data, size);

    if (size > ROOM / 8) {
        return 0;
    }
    check(pg_escape_text, in, "", room);
    check(pg_escape_html, in, "<>\"'", room);
    check(pg_escape_label, in, "", room);
    check(pg_escape_csv, in, "", room);
    check_query(in);
    return 0;
}
