/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_urls.h"

#include "pg_classify.h"

enum {
    HOSTS = 64,                  /* distinguished; a site's log has few   */
    AT_LEAST = 3,                /* requests: one attempt is not a pattern */
    STRAY = 50                   /* one in so many may be in another form */
};

typedef struct site_t {
    char host[64], path[64];     /* the path that came first              */
    int requests;
    bool answered, paths;        /* for several of them                   */
} site_t;

typedef struct sites_t {
    site_t site[HOSTS];
    int hosts, requests, other;
} sites_t;

bool pg_urls_refused(int status)
{
    static const int refusals[] = { 400, 403, 405, 407, 421, 444, 501 };

    for (apr_size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (status == refusals[i]) {
            return true;
        }
    }
    return false;
}

pg_span_t pg_urls_host(char *out, apr_size_t size, pg_span_t host)
{
    apr_size_t n = host.len < size ? host.len : size;

    for (apr_size_t i = 0; i < n; i++) {
        out[i] = pg_octet_lower(host.ptr[i]);
    }
    return pg_span_make(out, n);
}

static site_t *site_of(sites_t *sites, pg_span_t host)
{
    site_t *site = sites->site;

    for (; site < sites->site + sites->hosts; site++) {
        if (pg_span_eq(pg_span_str(site->host), host)) {
            return site;
        }
    }
    if (sites->hosts == HOSTS) {
        return NULL;
    }
    pg_span_copy(site->host, sizeof(site->host), host);
    sites->hosts++;
    return site;
}

static void note(sites_t *sites, const pg_target_t *target, int status)
{
    char key[64];
    site_t *site = site_of(sites, pg_urls_host(key, sizeof(key) - 1,
                                               target->authority.host));
    pg_span_t path = pg_span_upto(target->path, sizeof(site->path) - 1);

    sites->requests++;
    if (site == NULL) {
        return;
    }
    if (site->requests++ == 0) {
        pg_span_copy(site->path, sizeof(site->path), path);
    }
    site->answered |= status && !pg_urls_refused(status);
    site->paths |= !pg_span_eq(path, pg_span_str(site->path));
}

static void note_line(sites_t *sites, pg_reader_t *reader, pg_span_t text)
{
    pg_logline_t line;
    pg_request_t request;
    pg_target_t target;

    if (pg_reader_line(reader, &line, text) != PG_READ_REQUEST
        || pg_reader_outcome(&line) != PG_OUTCOME_COUNT) {
        return;                  /* what the guard logged was an attempt  */
    }
    request = (pg_request_t){ .target = line.field[PG_FIELD_TARGET] };
    if (line.field[PG_FIELD_REQUEST].len) {
        pg_classify_split(&request, line.field[PG_FIELD_REQUEST]);
    }
    switch (pg_target_parse(&target, request.target)) {
    case PG_FORM_ABSOLUTE:
        note(sites, &target, pg_reader_status(&line));
        break;
    case PG_FORM_ORIGIN:
        sites->other++;
        break;
    default:
        break;
    }
}

static bool is_pattern(const sites_t *sites)
{
    int visits = 0;

    for (int i = 0; i < sites->hosts; i++) {
        const site_t *site = &sites->site[i];
        visits += site->answered && site->paths ? site->requests : 0;
    }
    return sites->requests >= AT_LEAST && visits * 2 >= sites->requests
           && sites->other * STRAY <= sites->requests;
}

bool pg_urls_everywhere(const pg_reading_t *how, pg_span_t head, char *memory)
{
    sites_t sites = { .hosts = 0 };
    pg_reader_t reader;

    pg_reader_begin(&reader, how, memory, PG_READER_MEMORY(PG_URLS_HEAD));
    while (head.len) {
        note_line(&sites, &reader, pg_span_take(&head, '\n'));
        if (sites.other * STRAY > sites.requests + STRAY) {
            return false;        /* most logs: decided by their first lines */
        }
    }
    return is_pattern(&sites);
}
