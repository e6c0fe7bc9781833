/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/* What one classification costs. cost.py runs this under callgrind, for
 * instructions are the same on every machine and each time:
 *
 *     cost SCENARIO NAMES ROUNDS
 */
#include <apr_general.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_classify.h"

static const struct {
    const char *name;
    const char *target, *host;
    bool check_host;
} scenarios[] = {
    { "path",         "/index.html", "www.own.test", false },
    { "own-host",     "/index.html", "www.own.test", true },
    { "foreign-host", "/index.html", "www.stranger.test", true },
    { "own-url",      "http://www.own.test/index.html", "", false },
    { "foreign-url",  "http://www.stranger.test/x.png", "", false },
    { "connect",      "www.stranger.test:443", "", false },
};

static pg_own_t *own_of(int names, apr_pool_t *pool)
{
    pg_own_t *own = pg_own_create(pool);
    char name[64];

    pg_own_add(own, PG_SPAN("www.own.test"));
    pg_own_add(own, PG_SPAN("*.wild.test"));
    for (int i = 0; i < names; i++) {
        snprintf(name, sizeof(name), "%swww.site-%d.example",
                 i % 10 ? "" : "*.", i);
        pg_own_add(own, pg_span_str(name));
    }
    return own;
}

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    pg_request_t request = { .protocol = PG_SPAN("HTTP/1.1") };
    pg_verdict_t v;
    pg_own_t *own;
    size_t i = 0;
    unsigned long sum = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: cost SCENARIO NAMES ROUNDS\n");
        return 2;
    }
    while (strcmp(scenarios[i].name, argv[1]) != 0) {
        if (++i == sizeof(scenarios) / sizeof(scenarios[0])) {
            fprintf(stderr, "no scenario \"%s\"\n", argv[1]);
            return 2;
        }
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    own = own_of(atoi(argv[2]), pool);
    request.method = strcmp(argv[1], "connect") ? PG_SPAN("GET")
                                                : PG_SPAN("CONNECT");
    request.target = pg_span_str(scenarios[i].target);
    request.host = pg_span_str(scenarios[i].host);
    request.check_host = scenarios[i].check_host;
    for (int round = atoi(argv[3]); round > 0; round--) {
        sum += pg_classify(&v, &request, own);
    }
    apr_terminate();
    return sum == 1;
}
