/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_log.h"

#include <apr_strings.h>

APLOG_USE_MODULE(proxyguard);

/* Longest part of a value that is logged, in octets. */
enum { CUT_METHOD = 32, CUT_TARGET = 512, CUT_HOST = 255, CUT_AGENT = 256 };

/*  outcome -> id and sentence; same order as PG_OUTCOMES */
static const char *const sentences[PG_OUTCOME_COUNT] = {
    [PG_OUTCOME_DENIED]   = PGLOGNO(0101) "relay attempt denied",
    [PG_OUTCOME_REFUSED]  = PGLOGNO(0102) "relay attempt refused by httpd",
    [PG_OUTCOME_DROPPED]  = PGLOGNO(0103) "relay attempt dropped",
    [PG_OUTCOME_OBSERVED] = PGLOGNO(0104) "relay attempt observed",
    [PG_OUTCOME_RELAYED]  = PGLOGNO(0105) "relay attempt CARRIED OUT",
    [PG_OUTCOME_SUNK]     = PGLOGNO(0140) "relay attempt captured",
};

/* The first `cut` octets of s: printable ASCII as it is, all else, '"' and
 * '\' as \xNN. httpd's own escaping knows no quotes, and doubles '\'. */
static const char *quoted(apr_pool_t *pool, pg_span_t s, apr_size_t cut)
{
    static const char hex[] = "0123456789abcdef";
    pg_span_t part = pg_span_upto(s, cut);
    char *out = apr_palloc(pool, part.len * 4 + 1), *at = out;

    for (apr_size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            *at++ = (char)c;
            continue;
        }
        *at++ = '\\';
        *at++ = 'x';
        *at++ = hex[c >> 4];
        *at++ = hex[c & 15];
    }
    *at = '\0';
    return out;
}

/* " target_length=9000" when the target is longer than what is shown. */
static const char *length_note(apr_pool_t *pool, pg_span_t target)
{
    if (target.len <= CUT_TARGET) {
        return "";
    }
    return apr_psprintf(pool, " target_length=%" APR_SIZE_T_FMT, target.len);
}

void pg_log_attempt(const request_rec *r, const pg_event_t *event)
{
    const pg_verdict_t *v = &event->verdict;
    apr_pool_t *p = r->pool;

    ap_log_rerror(
        APLOG_MARK, APLOG_WARNING, 0, r,
        "%s: class=%s family=%s method=\"%s\" target=\"%s\"%s host=\"%s\" "
        "port=%u status=%d outcome=%s %s=%s vhost=\"%s\" reason=%s "
        "agent=\"%s\"",
        sentences[event->outcome], pg_vocab_class(v->class_id),
        pg_vocab_family(v->family), quoted(p, v->method, CUT_METHOD),
        quoted(p, v->target, CUT_TARGET), length_note(p, v->target),
        quoted(p, v->host, CUT_HOST), (unsigned)v->port, event->status,
        pg_vocab_outcome(event->outcome),
        event->source_is_peer ? "peer" : "source",
        r->useragent_ip ? r->useragent_ip : "-",
        quoted(p, event->vhost, CUT_HOST), pg_classify_reason(v->reason),
        quoted(p, event->user_agent, CUT_AGENT));
}
