/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_abuse.h"

#include <stdlib.h>
#include <string.h>

#include <apr_base64.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#include "pg_calendar.h"
#include "pg_escape.h"
#include "pg_evidencefile.h"
#include "pg_logtime.h"
#include "pg_sha256.h"

enum {
    TEXT_SIZE = 65536,           /* of one example                        */
    SAID_MOST = 1000,            /* of a sentence about a source ...      */
    CASE_SAID_MOST = 4096        /* ... in a case                         */
};

/* --- words --------------------------------------------------------------- */

/* To readers of the reports, a source scans for a relay (AbuseIPDB's category
 * 14, port scan: "open ports and vulnerable services"; CWE-441, unintended
 * proxy), or attacks a site that lets it choose a backend (21, web app attack;
 * CWE-918, SSRF), or both. */
static bool attacks(const pg_abuse_source_t *s)
{
    return s->by_class[PG_CLASS_CHOSEN_BACKEND] != 0;
}

static bool scans(const pg_abuse_source_t *s)
{
    return s->attempts > s->by_class[PG_CLASS_CHOSEN_BACKEND];
}

static const char *when(const pg_abuse_t *abuse, apr_time_t t)
{
    return pg_calendar_text(apr_palloc(abuse->pool, PG_CALENDAR_SIZE), t,
                            PG_CALENDAR_MILLI);
}

/* A line of evidence as a string, from a writer. */
static const char *text_of(const pg_abuse_t *abuse, const json_t *line,
                           void (*put)(pg_sink_t *, const pg_article_t *,
                                       const json_t *))
{
    char *text = apr_palloc(abuse->pool, TEXT_SIZE + 1);
    pg_buffer_t room = { .at = text, .left = TEXT_SIZE };
    pg_sink_t sink = pg_sink_buffer(&room);

    put(&sink, abuse->mask, line);
    *room.at = '\0';
    return text;
}

static void put_string(pg_sink_t *sink, const pg_article_t *mask,
                       const json_t *string)
{
    pg_evidencefile_put(sink, mask, json_string_value(string));
}

/* "3 attempts to use a web server as an open proxy (connect-mail 3), ... to
 * ..., such as: CONNECT mx.example:25 HTTP/1.0", in at most `most` octets. */
static const char *sentence(const pg_abuse_t *abuse,
                            const pg_abuse_source_t *s, apr_size_t most)
{
    const char *kinds = "", *all;

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        if (s->by_class[c]) {
            kinds = apr_psprintf(abuse->pool, "%s%s%s %" APR_UINT64_T_FMT,
                                 kinds, *kinds ? ", " : "",
                                 pg_vocab_class((pg_class_e)c),
                                 s->by_class[c]);
        }
    }
    all = apr_psprintf(abuse->pool, "%" APR_UINT64_T_FMT " attempt%s to use a "
                       "web server as an open proxy (%s), %s to %s, such as: "
                       "%s", s->attempts, s->attempts == 1 ? "" : "s", kinds,
                       when(abuse, s->first), when(abuse, s->last),
                       text_of(abuse, s->example[0],
                               pg_evidencefile_put_request));
    return apr_pstrmemdup(abuse->pool, all,
                          pg_escape_utf8_upto(pg_span_str(all), most).len);
}

/* --- identifiers --------------------------------------------------------- */

/* The same text gives the same UUID, so that a repeated report is recognised.
 * @see RFC 9562 5.5 (version 5); in version 4 the bits come from a hash
 * instead of chance */
static const char *uuid(const pg_abuse_t *abuse, int version, const char *text)
{
    static const unsigned char stix[16] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42,
        0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };
    unsigned char h[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t ctx;

    apr_sha1_init(&ctx);
    apr_sha1_update_binary(&ctx, stix, sizeof(stix));
    apr_sha1_update(&ctx, text, (unsigned)strlen(text));
    apr_sha1_final(h, &ctx);
    h[6] = (unsigned char)((h[6] & 0x0f) | version << 4);
    h[8] = (unsigned char)((h[8] & 0x3f) | 0x80);
    return apr_psprintf(abuse->pool, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
                        "%02x%02x-%02x%02x%02x%02x%02x%02x", h[0], h[1], h[2],
                        h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11],
                        h[12], h[13], h[14], h[15]);
}

static const char *source_id(const pg_abuse_t *abuse,
                             const pg_abuse_source_t *s, const char *use)
{
    return uuid(abuse, 4, apr_psprintf(abuse->pool, "%s %s %s %s %"
                                       APR_UINT64_T_FMT, use, s->address,
                                       when(abuse, s->first),
                                       when(abuse, s->last), s->attempts));
}

static const char *org_id(const pg_abuse_t *abuse)
{
    return uuid(abuse, 4, apr_pstrcat(abuse->pool, "org ", abuse->org, " ",
                                      abuse->contact, NULL));
}

const char *pg_abuse_id(const pg_abuse_t *abuse)
{
    const char *all = "";

    if (abuse->n == 1) {
        return source_id(abuse, abuse->source[0], "report");
    }
    for (int i = 0; i < abuse->n; i++) {
        all = uuid(abuse, 4, apr_pstrcat(abuse->pool, all, source_id(
                       abuse, abuse->source[i], "report"), NULL));
    }
    return all;
}

static void dump(pg_sink_t *sink, json_t *document, size_t flags)
{
    char *text = json_dumps(document, flags);

    if (text) {
        pg_sink_puts(sink, text);
        pg_sink_puts(sink, "\n");
    }
    else {
        sink->status = APR_ENOMEM;
    }
    free(text);
    json_decref(document);
}

/* --- X-ARF 4 ------------------------------------------------------------- */

static json_t *reporter(const pg_abuse_t *abuse)
{
    return json_pack("{ss ss ss}", "org", abuse->org, "contact",
                     abuse->contact, "domain",
                     strrchr(abuse->contact, '@') + 1);
}

static json_t *xarf_evidence(const pg_abuse_t *abuse, const json_t *line)
{
    const char *text = text_of(abuse, line, pg_evidencefile_put_all);
    int n = (int)strlen(text);
    char *coded = apr_palloc(abuse->pool,
                             (apr_size_t)apr_base64_encode_len(n));
    char hash[2 * PG_SHA256_SIZE + 1];

    apr_base64_encode(coded, text, n);
    pg_sha256_text(hash, PG_SHA256_SIZE, pg_span_str(text));
    return json_pack("{ss ss ss so si}", "content_type",
                     "text/plain; charset=utf-8", "description",
                     "A request as it was received", "payload", coded, "hash",
                     json_string(apr_pstrcat(abuse->pool, "sha256:", hash,
                                             NULL)), "size", n);
}

static json_t *weaknesses(const pg_abuse_source_t *s)
{
    json_t *out = json_array();

    if (scans(s)) {
        json_array_append_new(out, json_string("CWE-441"));
    }
    if (attacks(s)) {
        json_array_append_new(out, json_string("CWE-918"));
    }
    return out;
}

/* The time and the port are those of the first request: behind a NAT, one is
 * useless without the other.
 * @see https://xarf.org/schemas/v4/types/connection-vulnerability-scan.json */
static void write_xarf(pg_sink_t *sink, const pg_abuse_t *abuse)
{
    const pg_abuse_source_t *s = abuse->source[0];
    const json_t *port = pg_evidencefile_member(s->example[0], "source.port");
    json_t *evidence = json_array(), *doc;

    for (int i = 0; i < s->examples; i++) {
        json_array_append_new(evidence, xarf_evidence(abuse, s->example[i]));
    }
    doc = json_pack("{ss ss ss so so ss ss ss ss so so ss ss ss ss ss sI}",
        "xarf_version", "4.2.0", "report_id", pg_abuse_id(abuse), "timestamp",
        when(abuse, s->first), "reporter", reporter(abuse), "sender",
        reporter(abuse), "source_identifier", s->address, "category",
        "connection", "type", "vulnerability_scan", "evidence_source",
        "automated_filter", "evidence", evidence, "vulnerabilities_probed",
        weaknesses(s), "description", sentence(abuse, s, SAID_MOST),
        "scan_type", "vulnerability_scan", "protocol", "tcp", "first_seen",
        when(abuse, s->first), "last_seen", when(abuse, s->last),
        "total_requests", (json_int_t)s->attempts);
    if (json_integer_value(port) > 0) {
        json_object_set_new(doc, "source_port",
                            json_integer(json_integer_value(port)));
    }
    dump(sink, doc, JSON_COMPACT);
}

/* --- AbuseIPDB's bulk report --------------------------------------------- */

/* Its reader takes a backslash before a quote as part of the text, so the text
 * has no quotes. @see https://www.abuseipdb.com/bulk-report */
static void write_abuseipdb(pg_sink_t *sink, const pg_abuse_t *abuse)
{
    pg_sink_puts(sink, "IP,Categories,ReportDate,Comment\n");
    for (int i = 0; i < abuse->n; i++) {
        const pg_abuse_source_t *s = abuse->source[i];
        char *comment = apr_pstrdup(abuse->pool,
                                    sentence(abuse, s, SAID_MOST));

        for (char *at = comment; (at = strchr(at, '"')) != NULL;) {
            *at = '\'';
        }
        pg_sink_puts(sink, s->address);
        pg_sink_puts(sink, !attacks(s) ? ",14," : scans(s) ? ",\"14,21\","
                                                           : ",21,");
        pg_sink_puts(sink, when(abuse, s->first));
        pg_sink_puts(sink, ",\"");
        pg_sink_puts(sink, comment);
        pg_sink_puts(sink, ".\"\n");
    }
}

/* --- STIX 2.1 ------------------------------------------------------------ */

/* An observable is identified by its contents (STIX 2.1, 2.9). */
static json_t *stix_observable(const pg_abuse_t *abuse, const char *type,
                               json_t *says)
{
    char *text = json_dumps(says, JSON_COMPACT | JSON_SORT_KEYS);

    json_object_set_new(says, "id", json_pack("s++", type, "--",
                                              uuid(abuse, 5, text)));
    json_object_set_new(says, "type", json_string(type));
    json_object_set_new(says, "spec_version", json_string("2.1"));
    free(text);
    return says;
}

static json_t *stix_object(const pg_abuse_t *abuse, const char *type,
                           const char *id, apr_time_t made)
{
    json_t *out = json_pack("{ss ss ss++ ss ss}", "type", type, "spec_version",
                            "2.1", "id", type, "--", id, "created",
                            when(abuse, made), "modified", when(abuse, made));

    if (abuse->org && strcmp(type, "identity")) {
        json_object_set_new(out, "created_by_ref",
                            json_pack("s+", "identity--", org_id(abuse)));
    }
    return out;
}

/* Header fields; a name that STIX does not allow as a key is left out. */
static json_t *stix_headers(const pg_abuse_t *abuse, const json_t *line)
{
    const json_t *fields = pg_evidencefile_member(line,
                                                  "http.request.headers");
    json_t *out = json_object();

    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *text = text_of(abuse, json_array_get(fields, i),
                                   put_string);
        const char *colon = strstr(text, ": ");
        apr_size_t n = 0;

        while (pg_octet_is_alpha(text[n]) || pg_octet_is_digit(text[n])
               || text[n] == '-' || text[n] == '_') {
            n++;
        }
        if (colon == text + n && n > 0 && n <= 250) {
            const char *name = apr_pstrmemdup(abuse->pool, text, n);

            json_object_set_new_nocheck(out, name, json_pack("[s]",
                                                             colon + 2));
        }
    }
    return out;
}

/* What was asked for; NULL if it is not HTTP. */
static json_t *stix_request(const pg_abuse_t *abuse, const json_t *line)
{
    const json_t *method = pg_evidencefile_member(line,
                                                  "http.request.method");
    const json_t *target = pg_evidencefile_member(line, "url.original");
    json_t *headers, *out;
    char *lower;

    if (!json_is_string(method) || !json_is_string(target)) {
        return NULL;
    }
    lower = apr_pstrdup(abuse->pool, text_of(abuse, method, put_string));
    for (char *at = lower; *at; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    }
    out = json_pack("{ss ss}", "request_method", lower, "request_value",
                    text_of(abuse, target, put_string));
    headers = stix_headers(abuse, line);
    if (json_object_size(headers)) {
        json_object_set(out, "request_header", headers);
    }
    json_decref(headers);
    return json_pack("{so}", "http-request-ext", out);
}

static json_t *stix_traffic(const pg_abuse_t *abuse, const json_t *source,
                            const json_t *line)
{
    json_t *request = stix_request(abuse, line);
    const json_t *port = pg_evidencefile_member(line, "source.port");
    const char *id = json_string_value(source);
    apr_time_t start = 0;
    json_t *says;

    (void)pg_logtime_parse(&start, pg_span_str(
                               pg_evidencefile_text(line, "@timestamp")));
    says = json_pack("{ss sO s[sss]}", "start", when(abuse, start), "src_ref",
                             source, "protocols", strncmp(id, "ipv6", 4)
                             ? "ipv4" : "ipv6", "tcp", request ? "http"
                                                               : "socks");

    if (json_integer_value(port) > 0) {
        json_object_set_new(says, "src_port",
                            json_integer(json_integer_value(port)));
    }
    if (request) {
        json_object_set_new(says, "extensions", request);
    }
    return stix_observable(abuse, "network-traffic", says);
}

/* Add it, unless there is one of that name. */
static void stix_add(json_t *objects, json_t *refs, json_t *object)
{
    json_t *id = json_object_get(object, "id");

    for (size_t i = 0; i < json_array_size(refs); i++) {
        if (json_equal(json_array_get(refs, i), id)) {
            json_decref(object);
            return;
        }
    }
    json_array_append(refs, id);
    json_array_append_new(objects, object);
}

static void stix_source(const pg_abuse_t *abuse, json_t *objects,
                        const pg_abuse_source_t *s)
{
    json_t *refs = json_array();
    json_t *seen = stix_object(abuse, "observed-data",
                               source_id(abuse, s, "observed"), s->last);
    apr_uint64_t most = 999999999;

    stix_add(objects, refs, stix_observable(
        abuse, strchr(s->address, ':') ? "ipv6-addr" : "ipv4-addr",
        json_pack("{ss}", "value", s->address)));
    for (int i = 0; i < s->examples; i++) {
        stix_add(objects, refs, stix_traffic(abuse, json_array_get(refs, 0),
                                             s->example[i]));
    }
    json_object_set_new(seen, "first_observed",
                        json_string(when(abuse, s->first)));
    json_object_set_new(seen, "last_observed",
                        json_string(when(abuse, s->last)));
    json_object_set_new(seen, "number_observed", json_integer(
        (json_int_t)(s->attempts < most ? s->attempts : most)));
    json_object_set_new(seen, "object_refs", refs);
    json_array_append_new(objects, seen);
}

static void write_stix(pg_sink_t *sink, const pg_abuse_t *abuse)
{
    json_t *objects = json_array();

    if (abuse->org) {
        json_t *who = stix_object(abuse, "identity", org_id(abuse), 0);

        json_object_set_new(who, "name", json_string(abuse->org));
        json_object_set_new(who, "identity_class",
                            json_string("organization"));
        json_object_set_new(who, "contact_information",
                            json_string(abuse->contact));
        json_array_append_new(objects, who);
    }
    for (int i = 0; i < abuse->n; i++) {
        stix_source(abuse, objects, abuse->source[i]);
    }
    dump(sink, json_pack("{ss ss+ so}", "type", "bundle", "id", "bundle--",
                         pg_abuse_id(abuse), "objects", objects),
         JSON_INDENT(2));
}

/* --- MISP ---------------------------------------------------------------- */

static json_t *misp_attribute(const pg_abuse_t *abuse,
                              const pg_abuse_source_t *s)
{
    return json_pack("{ss ss sb ss ss ss ss}", "type", "ip-src", "category",
                     "Network activity", "to_ids", 1, "uuid",
                     source_id(abuse, s, "attribute"), "timestamp",
                     apr_psprintf(abuse->pool, "%" APR_TIME_T_FMT,
                                  apr_time_sec(s->last)), "value", s->address,
                     "comment", sentence(abuse, s, CASE_SAID_MOST));
}

/* An event for the organisation itself (distribution 0), of low threat:
 * whoever imports it decides whether to share it.
 * @see https://www.misp-standard.org/rfc/misp-standard-core.html */
static void write_misp(pg_sink_t *sink, const pg_abuse_t *abuse)
{
    json_t *attributes = json_array();
    apr_time_t last = 0;
    json_t *event;

    for (int i = 0; i < abuse->n; i++) {
        const pg_abuse_source_t *s = abuse->source[i];

        last = s->last > last ? s->last : last;
        json_array_append_new(attributes, misp_attribute(abuse, s));
    }
    event = json_pack("{ss ss ss ss ss ss sb ss so}", "uuid",
        pg_abuse_id(abuse), "info", "Attempts to use a web server as an open "
        "proxy", "date", pg_calendar_text(
            apr_palloc(abuse->pool, PG_CALENDAR_SIZE), last, PG_CALENDAR_DAY),
        "threat_level_id", "3", "analysis", "2", "distribution", "0",
        "published", 0, "timestamp", apr_psprintf(
            abuse->pool, "%" APR_TIME_T_FMT, apr_time_sec(last)),
        "Attribute", attributes);
    if (abuse->org) {
        json_object_set_new(event, "Orgc", json_pack(
            "{ss ss}", "name", abuse->org, "uuid", org_id(abuse)));
    }
    dump(sink, json_pack("{so}", "Event", event), JSON_INDENT(2));
}

/* --- all of them --------------------------------------------------------- */

const pg_abuse_format_t *pg_abuse_formats(void)
{
    static const pg_abuse_format_t formats[] = {
        { "xarf", ".json", .most = 1, .joins = true, .signs = true,
          .write = write_xarf },
        /* its reader accepts 10,000 lines, and attempts of 60 days */
        { "abuseipdb", ".csv", .most = 9999, .days = 60,
          .write = write_abuseipdb },
        { "stix", ".stix.json", .write = write_stix },
        { "misp", ".misp.json", .write = write_misp },
        { .name = NULL }
    };

    return formats;
}
