/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_chosen: the judgement is the same each time; a destination that the
 * configuration names is never the client's; a host name with a dot that was
 * sent in clear, and is neither named nor our own, always is. Input, separated
 * by NUL: an argument of a directive, a destination, what the client sent. */
#include "pg_fuzz_pool.h"
#include "pg_chosen.h"

static bool is_sent_in_clear(pg_span_t host, pg_span_t text)
{
    for (apr_size_t i = 0; i + host.len <= text.len; i++) {
        if (pg_span_ieq(pg_span_make(text.ptr + i, host.len), host)) {
            return true;
        }
    }
    return false;
}

static void check(const pg_chosen_in_t *in, const pg_destination_t *d)
{
    pg_chosen_e is = pg_chosen_judge(in, d);
    pg_named_e named = pg_backends_check(in->backends, d);
    const pg_authority_t *a = &d->authority;

    PG_MUST(pg_chosen_judge(in, d) == is);
    PG_MUST(is == PG_CHOSEN_NOT || named != PG_NAMED_YES);
    PG_MUST(is != PG_CHOSEN_HOST || named == PG_NAMED_NO);
    if (d->kind == PG_DESTINATION_HOST && named == PG_NAMED_NO
        && a->host_kind == PG_HOST_NAME && a->host.ptr[0] != '.'
        && pg_span_find(a->host, '.') + 1 < a->host.len
        && pg_own_check(in->own, a, NULL, 0) == PG_OWN_NO
        && is_sent_in_clear(a->host, in->texts[0])) {
        PG_MUST(is == PG_CHOSEN_HOST);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t rest = pg_span_make((const char *)data, size);
    pg_span_t argument = pg_span_take(&rest, '\0');
    pg_span_t name = pg_span_take(&rest, '\0');
    pg_destination_t d[PG_DESTINATION_READINGS];
    pg_chosen_in_t in = { .names_known = true, .texts = &rest,
                          .text_count = 1 };
    int n = pg_destination_parse(d, name);

    in.backends = pg_backends_create(pool);
    in.own = pg_own_create(pool);
    in.work = apr_palloc(pool, rest.len + 1);
    pg_backends_read((pg_backends_t *)in.backends, argument);
    (void)pg_backends_declare((pg_backends_t *)in.backends, argument);
    for (int i = 0; i < n; i++) {
        check(&in, &d[i]);
    }
    apr_pool_clear(pool);
    return 0;
}
