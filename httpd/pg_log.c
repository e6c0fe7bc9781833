/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_log.h"

#include <apr_strings.h>
#include <http_core.h>

#include "pg_conceal.h"

APLOG_USE_MODULE(proxyguard);

/* Longest part of a value that is logged, in octets. */
enum { CUT_METHOD = 32, CUT_TARGET = 512, CUT_HOST = 255, CUT_AGENT = 256,
       CUT_ALLOW = 300, CUT_SOURCE = 64 };

/*  outcome -> id and sentence; same order as PG_OUTCOMES */
static const char *const sentences[PG_OUTCOME_COUNT] = {
    [PG_OUTCOME_DENIED]   = PGLOGNO(0101) "relay attempt denied",
    [PG_OUTCOME_REFUSED]  = PGLOGNO(0102) "relay attempt refused by httpd",
    [PG_OUTCOME_DROPPED]  = PGLOGNO(0103) "relay attempt dropped",
    [PG_OUTCOME_OBSERVED] = PGLOGNO(0104) "relay attempt observed",
    [PG_OUTCOME_RELAYED]  = PGLOGNO(0105) "relay attempt CARRIED OUT",
    [PG_OUTCOME_SUNK]     = PGLOGNO(0140) "relay attempt captured",
};

/* Fits every line: at worst each octet of a value takes four. */
enum {
    LINE = 512 + 4 * (CUT_METHOD + CUT_TARGET + 2 * CUT_HOST + CUT_AGENT
                      + CUT_ALLOW)
};

static char *put(char *to, pg_span_t s)
{
    memcpy(to, s.ptr, s.len);
    return to + s.len;
}

#define PUT(to, literal) put(to, PG_SPAN(literal))

/* One of our own words. */
static char *put_word(char *to, const char *word)
{
    return put(to, pg_span_str(word));
}

static char *put_number(char *to, apr_size_t n)
{
    char text[PG_SPAN_DECIMAL];

    return put(to, pg_span_decimal(text, n));
}

static bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7f;
}

static char *put_hex(char *to, char c)
{
    static const char hex[] = "0123456789abcdef";

    *to++ = '\\';
    *to++ = 'x';
    *to++ = hex[(unsigned char)c >> 4];
    *to++ = hex[c & 15];
    return to;
}

/* No '"' between single quotes, which are for a line of JSON. */
static char *put_special(char *to, char c, char quote)
{
    if (!is_printable(c) || c == quote || c == '"' || c == '\\') {
        return put_hex(to, c);
    }
    *to++ = c;
    return to;
}

/* The first `cut` octets of s in quotes: printable ASCII unchanged; the quote,
 * '\' and all else as \xNN. httpd's own escaping leaves quotes alone, and
 * doubles '\'. */
static char *put_quoted(char *to, pg_span_t s, apr_size_t cut, char quote)
{
    s = pg_span_upto(s, cut);
    *to++ = quote;
    for (apr_size_t i = 0; i < s.len; i++) {
        apr_size_t plain = pg_span_plain(s, i);

        to = put(to, pg_span_make(s.ptr + i, plain));
        i += plain;
        if (i < s.len) {
            to = put_special(to, s.ptr[i], quote);
        }
    }
    *to++ = quote;
    return to;
}

static char *put_verdict(char *to, const pg_verdict_t *v, char q)
{
    to = put_word(PUT(to, ": class="), pg_vocab_class(v->class_id));
    to = put_quoted(PUT(to, " method="), v->method, CUT_METHOD, q);
    to = put_quoted(PUT(to, " target="), v->target, CUT_TARGET, q);
    if (v->target.len > CUT_TARGET) {
        to = put_number(PUT(to, " target_length="), v->target.len);
    }
    to = put_quoted(PUT(to, " host="), v->host, CUT_HOST, q);
    return put_number(PUT(to, " port="), v->port);
}

static char *put_rest(char *to, const pg_event_t *event, const char *source,
                      char q)
{
    to = put_number(PUT(to, " status="), (apr_size_t)event->status);
    to = put_word(PUT(to, " outcome="), pg_vocab_outcome(event->outcome));
    to = event->source_is_peer ? PUT(to, " peer=") : PUT(to, " source=");
    to = put(to, pg_span_upto(pg_span_str(source ? source : "-"),
                              CUT_SOURCE));
    to = put_quoted(PUT(to, " vhost="), event->vhost, CUT_HOST, q);
    to = put_word(PUT(to, " reason="),
                  pg_classify_reason(event->verdict.reason));
    to = put_quoted(PUT(to, " agent="), event->user_agent, CUT_AGENT, q);
    return event->allow.len == 0
           ? to : put_quoted(PUT(to, " allow="), event->allow, CUT_ALLOW, q);
}

/* httpd adds the Referer to each line. If that is a URL with a password, log
 * the line for a copy of the request with the password removed. */
static const request_rec *without_secrets(const request_rec *r)
{
    const char *referer = r->headers_in
                              ? apr_table_get(r->headers_in, "Referer") : NULL;
    pg_span_t s = pg_span_str(referer), clean;
    apr_size_t room = pg_conceal_room(s);
    request_rec *shown;

    clean = pg_conceal_text(apr_palloc(r->pool, room), room, s);
    if (clean.ptr == referer) {
        return r;
    }
    shown = apr_pmemdup(r->pool, r, sizeof(*r));
    shown->headers_in = apr_table_copy(r->pool, r->headers_in);
    apr_table_setn(shown->headers_in, "Referer",
                   apr_pstrmemdup(r->pool, clean.ptr, clean.len));
    return shown;
}

/* Does ErrorLogFormat have %M inside double quotes, as JSON and logfmt do?
 * httpd does not escape those of the message. */
static bool is_within_quotes(const server_rec *s)
{
    const core_server_config *core =
        ap_get_core_module_config(s->module_config);
    const apr_array_header_t *format = core->error_log_format;
    bool open = false;

    for (int i = 0; format && i < format->nelts; i++) {
        const ap_errorlog_format_item *item =
            &APR_ARRAY_IDX(format, i, ap_errorlog_format_item);

        if (item->flags & AP_ERRORLOG_FLAG_MESSAGE) {
            return open;
        }
        for (const char *at = item->arg; at && *at; at++) {
            open ^= *at == '"';
        }
    }
    return false;
}

static void unquote(char *to, const char *end, const char *from)
{
    for (; *from && end - to > 4; from++) {
        if (is_printable(*from)) {
            *to++ = *from == '"' ? '\'' : *from;
        }
        else {
            to = put_hex(to, *from);
        }
    }
    *to = '\0';
}

const char *pg_log_text(char to[PG_LOG_MOST], const server_rec *s,
                        const char *format, ...)
{
    bool within = is_within_quotes(s);
    char plain[PG_LOG_MOST];
    va_list args;

    va_start(args, format);
    apr_vsnprintf(within ? plain : to, PG_LOG_MOST, format, args);
    va_end(args);
    if (within) {
        unquote(to, to + PG_LOG_MOST, plain);
    }
    return to;
}

/* httpd's formatter is slow: give it one string to copy. */
void pg_log_attempt(const request_rec *r, const pg_event_t *event)
{
    char line[LINE], *to = put_word(line, sentences[event->outcome]);
    char quote = is_within_quotes(r->server) ? '\'' : '"';

    to = put_verdict(to, &event->verdict, quote);
    to = put_rest(to, event, r->useragent_ip, quote);
    *to = '\0';
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, without_secrets(r), "%s",
                  line);
}
