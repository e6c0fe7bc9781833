/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* pg_classify: every request gets a verdict, the same each time, whose spans
 * lie inside the request; a line and its parts get the same verdict; knowing
 * our own names changes nothing but attempts on them, which become clean; and
 * while Hosts are ignored, a target that begins with a slash is an attempt
 * only as a tunnel over HTTP. Input: an octet of options, the length of the
 * Host field, Host, the line. */
#include "pg_classify.h"
#include "pg_fuzz.h"

#include <apr_general.h>

static pg_own_t *own;

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const names[] = {
        "own.test", "www.own.test", "*.wild.test", "shop*.test",
        "port.test:8443", "every.test:*", "192.0.2.1", "2001:db8::1"
    };
    apr_pool_t *pool;

    (void)argc;
    (void)argv;
    apr_initialize();
    apr_pool_create(&pool, NULL);
    own = pg_own_create(pool);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        PG_MUST(pg_own_add(own, pg_span_str(names[i])) == NULL);
    }
    return 0;
}

static void check_verdict(const pg_verdict_t *v, pg_span_t line,
                          pg_span_t host)
{
    PG_MUST(v->class_id <= PG_CLASS_CLEAN);
    PG_MUST(v->family < PG_FAMILY_COUNT);
    PG_MUST(v->reason < PG_REASON_COUNT);
    PG_MUST(pg_fuzz_inside(v->method, line));
    PG_MUST(pg_fuzz_inside(v->target, line));
    PG_MUST(pg_fuzz_inside(v->host, line) || pg_fuzz_inside(v->host, host));
    PG_MUST(v->class_id == PG_CLASS_CLEAN
            || v->class_id == PG_CLASS_MALFORMED
            || v->family == pg_vocab_family_of(v->class_id));
    PG_MUST((v->reason <= PG_REASON_NOISE)
            == (v->class_id == PG_CLASS_CLEAN));
}

static bool same(const pg_verdict_t *a, const pg_verdict_t *b)
{
    return a->class_id == b->class_id && a->reason == b->reason
           && a->port == b->port && pg_span_eq(a->host, b->host)
           && (a->class_id == PG_CLASS_CLEAN || a->family == b->family);
}

/* As httpd hands it over when it has tokenised the line itself. */
static void check_parts(const pg_request_t *request, const pg_verdict_t *v)
{
    pg_request_t parts = *request;
    pg_verdict_t other;

    pg_classify_split(&parts, request->line);
    if (parts.target.ptr == NULL || v->class_id == PG_CLASS_SOCKS) {
        return;
    }
    pg_classify(&other, &parts, own);
    PG_MUST(same(v, &other));
    parts.line = pg_span_str(NULL);
    pg_classify(&other, &parts, own);
    PG_MUST(same(v, &other));
}

static void check_ours(const pg_request_t *request, const pg_verdict_t *v)
{
    pg_verdict_t stranger;

    pg_classify(&stranger, request, NULL);
    if (v->class_id == PG_CLASS_CLEAN) {
        PG_MUST((v->reason == PG_REASON_OWN)
                == (stranger.class_id != PG_CLASS_CLEAN));
    }
    else if (v->class_id != PG_CLASS_FOREIGN_HOST) {
        PG_MUST(stranger.class_id == v->class_id);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pg_span_t rest = pg_span_make((const char *)data, size);
    unsigned int options = pg_fuzz_octet(&rest);
    pg_span_t host = pg_fuzz_take(&rest, pg_fuzz_octet(&rest));
    pg_request_t request = { .line = rest, .host = host,
                             .check_host = options & 1, .local_port = 81 };
    pg_request_t split = { .line = rest };
    pg_verdict_t v, again;

    if (size < 2) {
        return 0;
    }
    memset(&v, 0xa5, sizeof(v));
    PG_MUST(pg_classify(&v, &request, own) == v.class_id);
    pg_classify(&again, &request, own);
    PG_MUST(same(&v, &again));
    check_verdict(&v, rest, host);
    check_parts(&request, &v);
    check_ours(&request, &v);
    pg_classify_split(&split, rest);
    if (!request.check_host && split.target.len
        && split.target.ptr[0] == '/' && v.class_id != PG_CLASS_SOCKS) {
        PG_MUST(v.class_id == PG_CLASS_CLEAN || v.reason == PG_REASON_MASQUE);
    }
    return 0;
}
