/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What attempts are for, from a table. */
#include "pg_test.h"

#include "pg_intent.h"

static int number(pg_span_t s)
{
    int n = 0;

    for (apr_size_t i = 0; i < s.len; i++) {
        n = n * 10 + (s.ptr[i] - '0');
    }
    return n;
}

PG_TEST_SUITE(intent);

PG_TEST_ROWS(destinations_tell_what_an_attempt_was_for, "intents.tsv")
{
    const pg_span_t *f = row->field;
    pg_intent_e got = pg_intent_of(f[0], (apr_uint16_t)number(f[1]), f[2]);

    ck_assert_msg(pg_span_eq(pg_span_str(pg_intent_name(got)), f[3]),
                  "line %d: %s", row->line, pg_intent_name(got));
}

PG_TEST(a_key_of_the_list_of_targets_has_the_intent_of_its_host_and_port)
{
    static const struct {
        const char *key;
        pg_intent_e intent;
    } keys[] = {
        { "mx.example:25", PG_INTENT_MAIL },
        { "[::1]:22", PG_INTENT_LOCAL },
        { "x.example:9", PG_INTENT_UNKNOWN },
        { "x.example:3333", PG_INTENT_MINING },
        { "www.azenv.net", PG_INTENT_CHECK },
        { "x.example:0025", PG_INTENT_MAIL },
        { "x.example:65561", PG_INTENT_UNKNOWN },    /* 25 + 2^16         */
        { "x.example:4294967321", PG_INTENT_UNKNOWN },     /* + 2^32        */
        { "x.example:2a5", PG_INTENT_UNKNOWN },
        { "azenv.net:a", PG_INTENT_UNKNOWN },
        { "", PG_INTENT_UNKNOWN },
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        ck_assert_msg(pg_intent_of_key(pg_span_str(keys[i].key))
                      == keys[i].intent, "%s", keys[i].key);
    }
    ck_assert_str_eq(pg_intent_name(PG_INTENT_COUNT), "?");
}

PG_TEST(a_verdict_has_an_intent_only_when_it_is_an_attempt)
{
    pg_request_t request = {
        .line = PG_SPAN("POST http://mx.example:25/ HTTP/1.1")
    };
    pg_verdict_t verdict;

    pg_classify(&verdict, &request, NULL);
    ck_assert_int_eq(pg_intent_of_verdict(&verdict), PG_INTENT_MAIL);
    request.line = PG_SPAN("GET http://j.example/azenv.php HTTP/1.1");
    pg_classify(&verdict, &request, NULL);
    ck_assert_int_eq(pg_intent_of_verdict(&verdict), PG_INTENT_CHECK);
    request.line = PG_SPAN("GET /azenv.php HTTP/1.1");
    pg_classify(&verdict, &request, NULL);
    ck_assert_int_eq(pg_intent_of_verdict(&verdict), PG_INTENT_UNKNOWN);
}
