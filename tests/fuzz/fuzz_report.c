/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_escape, pg_query: whatever a client sends, no escaper writes a live
 * metacharacter, a control character or malformed UTF-8, nor more than a
 * constant factor of the input; a query gives either a view within its limits
 * or a short sentence. */
#include "pg_escape.h"
#include "pg_fuzz.h"
#include "pg_query.h"

#define ROOM (1 << 20)

typedef struct out_t {
    char *octets;
    apr_size_t n;
} out_t;

static apr_status_t collect(void *to, const char *octets, apr_size_t n)
{
    out_t *out = to;

    PG_MUST(out->n + n <= ROOM);
    memcpy(out->octets + out->n, octets, n);
    out->n += n;
    return APR_SUCCESS;
}

static void check(void (*escape)(pg_sink_t *, pg_span_t), pg_span_t in,
                  const char *live, char *room)
{
    out_t out = { .octets = room };
    pg_sink_t sink = { .write = collect, .to = &out };
    apr_uint32_t code;

    escape(&sink, in);
    PG_MUST(out.n <= in.len * 6 + 3);
    for (apr_size_t i = 0; i < out.n; ) {
        i += pg_escape_utf8_next(pg_span_make(room + i, out.n - i), &code);
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
