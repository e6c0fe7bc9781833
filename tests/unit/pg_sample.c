/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_sample.h"

#include <apr_strings.h>

#include "pg_geo.h"

#define ATTACK(literal) { .ptr = literal, .len = sizeof(literal) - 1 }

const pg_span_t pg_sample_attacks[] = {
    ATTACK("<script>alert(1)</script>"),
    ATTACK("\"><img src=x onerror=alert(1)>"),
    ATTACK("' onmouseover='alert(1)"),
    ATTACK("</style></title></svg><h1>x"),
    ATTACK("&lt;b&gt; &#60; &amp;"),
    ATTACK("a\0b"),
    ATTACK("line\r\nSet-Cookie: x=1\r\n\r\n"),
    ATTACK("\x1b]0;title\x07\x1b[31mred"),
    ATTACK("\x7f\x08\x08\x08"),
    ATTACK("\xe2\x80\xae" "gpj.exe\xe2\x81\xa6"),
    ATTACK("\xff\xfe\x80\xc0\xaf\xed\xa0\x80\xf5"),
    ATTACK("\xc2\x9b" "31m\xef\xbb\xbf\xe2\x80\xa8"),
    ATTACK("=cmd|' /C calc'!A0"),
    ATTACK("@SUM(1,2)"),
    ATTACK("\\\", \"x\": \"\\u0000"),
    ATTACK("} 1\nproxyguard_fake 2\n# HELP x y"),
    ATTACK("${jndi:ldap://x} %n%s %00 {0}"),
    ATTACK(""),
};
const int pg_sample_attack_count =
    (int)(sizeof(pg_sample_attacks) / sizeof(*pg_sample_attacks));

const char *pg_sample_name(pg_sample_e sample)
{
    static const char *const names[] = { "none", "empty", "full", "hostile",
                                         "scan", "rare", "halted" };

    return sample < PG_SAMPLE_COUNT ? names[sample] : "?";
}

#define SECOND apr_time_from_sec(1)
#define NOW (1416756600 * SECOND)          /* 2014-11-23T15:30:00Z */
#define FROM (1380585600 * SECOND)         /* 2013-10-01T00:00:00Z */

typedef struct maker_t {
    pg_sample_e sample;
    apr_pool_t *pool;
    apr_uint32_t random;
    int attack;
} maker_t;

/* Numerical Recipes' quick generator: any will do, as long as it repeats. */
static apr_uint32_t chance(maker_t *m, apr_uint32_t below)
{
    m->random = m->random * 1664525u + 1013904223u;
    return (apr_uint32_t)((apr_uint64_t)m->random * below >> 32);
}

/* One octet in a while is very long, as the ledger's longest may be. */
static pg_span_t hostile(maker_t *m)
{
    pg_span_t s = pg_sample_attacks[m->attack++ % pg_sample_attack_count];

    if (s.len == 0) {
        char *large = apr_palloc(m->pool, 8192);
        memset(large, '<', 8192);
        s = pg_span_make(large, 8192);
    }
    return s;
}

static pg_text_t text(maker_t *m, const char *plain)
{
    pg_text_t t = { .octets = pg_span_str(plain) };

    if (m->sample == PG_SAMPLE_HOSTILE && plain) {
        t.octets = hostile(m);
        t.cut = t.octets.len > 1000;
    }
    t.cut |= m->sample == PG_SAMPLE_RARE && plain && m->attack++ % 3 == 1;
    return t;
}

/* --- history ------------------------------------------------------------- */

/* GET fell and rose again, CONNECT rose from April 2014: per mille
 * of the busiest month, October 2013 first. */
static const unsigned short trend[2][14] = {
    { 900, 640, 520, 480, 450, 430, 400, 380, 420, 400, 470, 760, 880, 610 },
    { 40, 55, 50, 60, 50, 70, 380, 560, 520, 700, 810, 900, 960, 700 }
};
static const unsigned weights[PG_CLASS_COUNT] = { 60, 34, 21, 6, 4, 9, 5 };

static unsigned month_of(apr_time_t t)
{
    apr_time_exp_t x;
    int month;

    apr_time_exp_gmt(&x, t);
    month = (x.tm_year - 113) * 12 + x.tm_mon - 9;
    return (unsigned)(month < 0 ? 0 : month > 13 ? 13 : month);
}

/* So many in a bucket of a class that has `mean` on average; 0: hardly any. */
static apr_uint64_t some(maker_t *m, apr_uint32_t mean, bool none)
{
    if (none) {
        return chance(m, 20) == 0;
    }
    return mean < 6 ? chance(m, 2 * mean + 2)
                    : mean * 9 / 10 + chance(m, mean / 5);
}

static void fill(maker_t *m, pg_bucket_t *b, apr_uint32_t most)
{
    unsigned month = month_of(b->start);

    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        int family = pg_vocab_family_of((pg_class_e)c) == PG_FAMILY_CONNECT;
        apr_uint32_t mean = most * weights[c] * trend[family][month] / 60000;
        apr_uint64_t n = weights[c] ? some(m, mean, most == 0) : 0;

        b->by_class[c] = n;
        b->by_family[pg_vocab_family_of((pg_class_e)c)] += n;
        b->attempts += n;
    }
}

/* Behind each array is one element more, for a reader that goes too far. */
enum { BEYOND = 77777777 };

static void fill_beyond(pg_bucket_t *b)
{
    b->attempts = BEYOND;
    for (int c = 0; c < PG_CLASS_COUNT; c++) {
        b->by_class[c] = BEYOND;
    }
    for (int f = 0; f < PG_FAMILY_COUNT; f++) {
        b->by_family[f] = BEYOND;
    }
}

static apr_time_t month_before(apr_time_t t)
{
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, t - SECOND);
    return t - (apr_time_t)x.tm_mday * 86400 * SECOND;
}

static apr_time_t start_of(pg_period_e period, apr_time_t end)
{
    static const apr_time_t seconds[] = { 60, 3600, 86400, 0 };

    return period == PG_PERIOD_MONTH ? month_before(end)
                                     : end - seconds[period] * SECOND;
}

static void make_series(maker_t *m, pg_snapshot_t *s, pg_period_e period)
{
    static const apr_size_t counts[] = { 120, 336, 800, 240 };
    static const apr_uint32_t busy[] = { 0, 7, 120, 3600 };
    static const apr_time_t ends[] = { 1416756660, 1416758400, 1416787200,
                                       1417392000 };
    apr_size_t n = counts[period];
    pg_bucket_t *bucket = apr_pcalloc(m->pool, (n + 1) * sizeof(*bucket));
    apr_time_t end = ends[period] * SECOND;

    bucket[n].start = end;       /* not in the series                     */
    fill_beyond(&bucket[n]);

    for (apr_size_t i = n; i-- > 0; ) {
        bucket[i].start = start_of(period, end);
        end = bucket[i].start;
        if (m->sample >= PG_SAMPLE_FULL && end >= FROM) {
            fill(m, &bucket[i], busy[period]);
        }
    }
    s->series[period] = (pg_series_t){ .bucket = bucket, .n = n };
}

/* --- lists --------------------------------------------------------------- */

static const char *key(maker_t *m, pg_top_e t, unsigned i)
{
    static const char *const ports[] = { "443", "80", "25", "587", "3128",
                                         "1080", "22", "6667" };
    static const char *const agents[] = {
        "Mozilla/5.0 (compatible; MSIE 7.0; Windows NT 6.3)", "curl/7.88.1",
        "Go-http-client/1.1", "python-requests/2.25.1", "ProxyChecker/0.3"
    };

    switch (t) {
    case PG_TOP_SOURCES:
        return i % 5 == 4
                   ? apr_psprintf(m->pool, "2001:db8:0:%x::%x", i, i * 7)
                   : apr_psprintf(m->pool, "198.51.100.%u", 7 + i * 3);
    case PG_TOP_TARGETS:
        return apr_psprintf(m->pool, "%s%u.example:%s",
                            i % 3 ? "www" : "mx", i,
                            i % 3 ? (i % 2 ? "443" : "80") : "25");
    case PG_TOP_PORTS:
        return i < 8 ? ports[i] : apr_psprintf(m->pool, "%u", 4000 + i);
    case PG_TOP_AGENTS:
        return i == 1 ? NULL
                      : i < 6 ? agents[i > 1 ? i - 1 : i]
                              : apr_psprintf(m->pool, "Scanner/%u.0", i);
    case PG_TOP_COUNT:
        break;
    }
    return NULL;
}

static void make_top(maker_t *m, pg_snapshot_t *s, pg_top_e t)
{
    unsigned n = t == PG_TOP_PORTS ? 12 : 100;
    pg_top_entry_t *entry = apr_pcalloc(m->pool, (n + 1) * sizeof(*entry));
    apr_uint64_t count = 9241;

    entry[n] = (pg_top_entry_t){ .key = { .octets = PG_SPAN("beyond") },
                                 .count = BEYOND };

    for (unsigned i = 0; i < n; i++) {
        entry[i].key = text(m, key(m, t, i));
        entry[i].count = count;
        entry[i].error = t != PG_TOP_PORTS && i > 3 ? i / 2 : 0;
        count = count * 81 / 100 + 2;
    }
    s->top[t] = (pg_top_t){ .entry = entry, .n = n,
                            .floor = t == PG_TOP_PORTS ? 0 : 4 };
}

static const struct {
    pg_class_e class_id;
    pg_reason_e reason;
    pg_outcome_e outcome;
    int status;
    const char *method, *target, *host;
    apr_uint16_t port;
} asked[] = {
    { PG_CLASS_ABSOLUTE, PG_REASON_ABSOLUTE_STRANGER, PG_OUTCOME_DENIED, 421,
      "GET", "http://www.a.example/", "www.a.example", 80 },
    { PG_CLASS_CONNECT_TLS, PG_REASON_CONNECT_AUTHORITY, PG_OUTCOME_DENIED,
      405, "CONNECT", "www.a.example:443", "www.a.example", 443 },
    { PG_CLASS_CONNECT_MAIL, PG_REASON_CONNECT_AUTHORITY, PG_OUTCOME_DENIED,
      405, "CONNECT", "mx0.a.example:25", "mx0.a.example", 25 },
    { PG_CLASS_SOCKS, PG_REASON_SOCKS5, PG_OUTCOME_DROPPED, 0,
      NULL, "\x05\x01", NULL, 0 },
    { PG_CLASS_ABSOLUTE, PG_REASON_ABSOLUTE_STRANGER, PG_OUTCOME_DENIED, 421,
      "GET", "http://6.b.example/zc/chs/img/body.png", "6.b.example", 80 },
    { PG_CLASS_MALFORMED, PG_REASON_BROKEN_ABSOLUTE, PG_OUTCOME_REFUSED, 400,
      "GET", "http:/www.a.example", "www.a.example", 80 },
    { PG_CLASS_FOREIGN_HOST, PG_REASON_HOST_STRANGER, PG_OUTCOME_OBSERVED,
      200, "GET", "/", "old.c.example", 0 },
    { PG_CLASS_CONNECT_OTHER, PG_REASON_CONNECT_AUTHORITY, PG_OUTCOME_DENIED,
      405, "CONNECT", "[2001:db8::5]:6667", "2001:db8::5", 6667 },
};

static void make_recent(maker_t *m, pg_snapshot_t *s)
{
    apr_size_t n = 256;
    pg_recent_t *r = apr_pcalloc(m->pool, (n + 1) * sizeof(*r));
    apr_time_t t = s->last;

    r[n] = (pg_recent_t){ .time = t, .class_id = PG_CLASS_SOCKS,
                          .source = { .octets = PG_SPAN("beyond") },
                          .host = { .octets = PG_SPAN("beyond") } };
    for (apr_size_t i = 0; i < n; i++, r++) {
        apr_size_t k = i % (sizeof(asked) / sizeof(*asked));

        *r = (pg_recent_t){ .time = t,
                            .class_id = asked[k].class_id,
                            .family = pg_vocab_family_of(asked[k].class_id),
                            .reason = asked[k].reason,
                            .outcome = asked[k].outcome,
                            .status = asked[k].status,
                            .port = asked[k].port,
                            .source_is_peer = i % 11 == 5,
                            .proxy_authorization = i % 7 == 1 };
        r->source = text(m, i == 9 ? NULL : key(m, PG_TOP_SOURCES,
                                                chance(m, 40)));
        r->method = text(m, asked[k].method);
        r->target = text(m, asked[k].target);
        r->host = text(m, asked[k].host);
        r->vhost = text(m, "www.own.example:80");
        r->user_agent = text(m, key(m, PG_TOP_AGENTS, chance(m, 5)));
        r->x_forwarded_for = text(m, i % 4 ? NULL : "203.0.113.77");
        r->via = text(m, i % 9 ? NULL : "1.1 squid.example");
        r->forwarded = text(m, i % 5 != 2 ? NULL : "for=203.0.113.77");
        r->proxy_connection = text(m, i % 3 ? NULL : "Keep-Alive");
        t -= (apr_time_t)(1 + chance(m, 900)) * SECOND;
    }
    s->recent = r - n;
    s->recent_count = n;
}

static void make_vhosts(maker_t *m, pg_snapshot_t *s)
{
    pg_vhost_count_t *v = apr_pcalloc(m->pool, 3 * sizeof(*v));

    v[0].name = text(m, "www.own.example:80");
    v[0].attempts = s->attempts - 1000;
    v[0].by_outcome[PG_OUTCOME_DENIED] = s->attempts - 1000;
    v[1].name = text(m, "shop.own.example:443");
    v[1].attempts = 1000;
    v[1].by_outcome[PG_OUTCOME_DENIED] = 1000;
    v[2].name = (pg_text_t){ .octets = PG_SPAN("cache.own.example:3128") };
    v[2].attempts = v[2].by_outcome[PG_OUTCOME_DENIED] = BEYOND;
    s->vhosts = v;
    s->vhost_count = 2;
}

/* What the sink captured: more campaigns than a page shows. */
static void make_capture(maker_t *m, pg_snapshot_t *s)
{
    enum { CAMPAIGNS = 21 };
    static const char *const plain[][3] = {
        { "iso-2022-jp", "\xe9\x87\x8d\xe8\xa6\x81", "shop.a.example" },
        { "utf-8", "=?utf-8?B?", "" }, { "", "", "a.example" }
    };
    pg_campaign_t *c = apr_pcalloc(m->pool, (CAMPAIGNS + 1) * sizeof(*c));

    c[CAMPAIGNS] = (pg_campaign_t){ .mails = BEYOND, .sources = BEYOND,
                                    .subject = PG_SPAN("beyond") };
    for (int i = 0; i < CAMPAIGNS; i++) {
        const char *const *words = plain[i % 3];

        c[i] = (pg_campaign_t){ .mails = (apr_uint64_t)(100 - i),
                                .sources = (apr_uint64_t)(50 - i),
                                .first = FROM + i * SECOND,
                                .last = NOW - i * SECOND,
                                .charset = pg_span_str(words[0]),
                                .subject = text(m, words[1]).octets,
                                .lure = text(m, words[2]).octets };
    }
    s->capture = (pg_capture_t){
        .held = 2, .most = 16, .conversations = 4000, .mails = 2030,
        .ended = { 3000, 900, 40, 30, 20, 9, 1 },
        .kept = { 2000, 15, 6, 5, 4 }, .spool = 3 << 20,
        .spool_most = 64 << 20, .campaign = c, .campaign_count = CAMPAIGNS,
        .last = NOW - 5 * SECOND
    };
}

static void make_totals(pg_snapshot_t *s)
{
    const pg_series_t *months = &s->series[PG_PERIOD_MONTH];

    for (apr_size_t i = 0; i < months->n; i++) {
        const pg_bucket_t *b = &months->bucket[i];

        for (int c = 0; c < PG_CLASS_COUNT; c++) {
            apr_uint64_t refused = b->by_class[c] / 9;

            s->count[c][PG_OUTCOME_REFUSED] += refused;
            s->count[c][PG_OUTCOME_DENIED] += b->by_class[c] - refused;
            s->attempts += b->by_class[c];
        }
        for (int f = 0; f < PG_FAMILY_COUNT; f++) {
            s->by_family[f] += b->by_family[f];
        }
    }
    s->by_method[PG_METHOD_GET] = s->by_family[PG_FAMILY_GET];
    s->by_method[PG_METHOD_CONNECT] = s->by_family[PG_FAMILY_CONNECT];
    s->by_port_class[PG_PORTCLASS_TLS] = s->by_family[PG_FAMILY_CONNECT];
    s->by_intent[PG_INTENT_CHECK] = s->by_family[PG_FAMILY_GET];
    s->by_intent[PG_INTENT_UNKNOWN] = s->attempts
                                      - s->by_family[PG_FAMILY_GET];
}

static pg_snapshot_t *make_snapshot(maker_t *m)
{
    pg_snapshot_t *s = apr_pcalloc(m->pool, sizeof(*s));

    s->taken = NOW;
    s->pseudonyms = (pg_key_t){ { 1, 2 } };
    s->since = m->sample == PG_SAMPLE_EMPTY ? NOW - 90 * SECOND : FROM;
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        make_series(m, s, (pg_period_e)p);
    }
    if (m->sample == PG_SAMPLE_EMPTY) {
        return s;
    }
    s->first = FROM + 3600 * SECOND;
    s->last = NOW - 41 * SECOND;
    make_totals(s);
    for (int t = 0; t < PG_TOP_COUNT; t++) {
        make_top(m, s, (pg_top_e)t);
    }
    make_recent(m, s);
    make_vhosts(m, s);
    if (m->sample != PG_SAMPLE_SCAN && m->sample != PG_SAMPLE_HALTED) {
        make_capture(m, s);
    }
    s->sources = (pg_distinct_t){ .estimate = 3184, .relative_error = 0.016 };
    s->permitted = 12;
    return s;
}

/* --- the audit ----------------------------------------------------------- */

static void make_audit(maker_t *m, pg_report_t *out)
{
    static const pg_vhost_t plain[] = {
        { .name = "www.own.example:80", .posture = PG_POSTURE_NO_PROXY,
          .why = { "ProxyRequests is Off", "ProxyRequests は Off です" } },
        { .name = "shop.own.example:443", .posture = PG_POSTURE_NO_PROXY,
          .why = { "ProxyRequests is Off", "ProxyRequests は Off です" } },
        { .name = "cache.own.example:3128", .posture = PG_POSTURE_RESTRICTED,
          .why = { "third parties are refused by <Proxy \"*\"> (proxy.conf:9)",
                   "第三者は <Proxy \"*\"> (proxy.conf:9) により拒否されます" } },
        { .name = "beyond", .posture = PG_POSTURE_OPEN,
          .why = { "beyond", "beyond" } },
    };
    static const pg_finding_t note = {
        .id = 209, .severity = PG_SEVERITY_WARNING,
        .file = "/etc/apache2/sites-enabled/shop.conf", .line = 17,
        .vhost = "shop.own.example:443",
        .what = { "ProxyPassMatch lets the client choose the backend host",
                  "ProxyPassMatch は、転送先のホストをクライアントに選ばせてい"
                  "ます" },
        .meaning = { "Whoever names a host in the path reaches it in your "
                     "name",
                     "パスの中でホストを指定すれば、このサーバーの名義で到達で"
                     "きます" },
        .fix = { "ProxyPassMatch \"^/app/(.*)$\" "
                 "\"http://127.0.0.1:8080/$1\"\n# with a fixed host",
                 "ProxyPassMatch \"^/app/(.*)$\" "
                 "\"http://127.0.0.1:8080/$1\"\n# ホストを固定" }
    };
    static const pg_finding_t beyond = {
        .id = 999, .severity = PG_SEVERITY_CRITICAL, .file = "beyond",
        .what = { "beyond", "beyond" }, .meaning = { "beyond", "beyond" },
        .fix = { "beyond", "beyond" }
    };
    pg_finding_t *finding = apr_pcalloc(m->pool, 2 * sizeof(*finding));
    pg_vhost_t *vhosts = apr_pmemdup(m->pool, plain, sizeof(plain));

    finding[0] = note;
    finding[1] = beyond;
    if (m->sample == PG_SAMPLE_HOSTILE) {
        pg_span_t evil = pg_sample_attacks[0];
        finding->file = evil.ptr;
        for (int lang = 0; lang < PG_LANG_COUNT; lang++) {
            finding->what[lang] = finding->meaning[lang] = evil.ptr;
            finding->fix[lang] = pg_sample_attacks[10].ptr;
            vhosts[1].why[lang] = pg_sample_attacks[1].ptr;
        }
        vhosts[1].name = pg_sample_attacks[1].ptr;
        vhosts[1].posture = PG_POSTURE_OPEN;
        out->sensor = pg_sample_attacks[12].ptr;
    }
    out->vhosts = vhosts;
    out->vhost_count = 3;
    out->findings = finding;
    out->finding_count = 1;
}

/* --- a scan of logs ------------------------------------------------------ */

static void make_answers(maker_t *m, pg_scanned_t *scan)
{
    static const struct {
        pg_ground_e ground;
        pg_class_e class_id;
        const char *request, *size;
    } rows[] = {
        { PG_GROUND_CONNECT, PG_CLASS_CONNECT_MAIL,
          "CONNECT mx0.a.example:25 HTTP/1.0", "-" },
        { PG_GROUND_VARIES, PG_CLASS_ABSOLUTE,
          "GET http://www.a.example/ HTTP/1.1", "1234" },
        { PG_GROUND_HOME, PG_CLASS_ABSOLUTE,
          "GET http://www.b.example/ HTTP/1.1", "11321" },
    };
    pg_scanned_answer_t *answer = apr_pcalloc(m->pool, 4 * sizeof(*answer));

    answer[3] = (pg_scanned_answer_t){ .ground = PG_GROUND_CONNECT,
                                       .attempts = BEYOND, .status = 200 };
    for (int i = 0; i < 3; i++) {
        answer[i] = (pg_scanned_answer_t){
            .ground = rows[i].ground, .class_id = rows[i].class_id,
            .status = 200, .attempts = (apr_uint64_t)i + 1, .first = FROM,
            .request = text(m, rows[i].request),
            .size = text(m, rows[i].size)
        };
        scan->judged[pg_scanned_judged_by(rows[i].ground)] +=
            (apr_uint64_t)i + 1;
    }
    scan->answer = answer;
    scan->answers = 3;
}

/* More files in doubt, answers and examples than a list shows. */
static void halt(maker_t *m, pg_scanned_t *scan)
{
    enum { MANY = 30 };
    pg_reach_t *reach = apr_pmemdup(m->pool, scan->reach, sizeof(*reach));
    pg_reach_file_t *file = apr_pcalloc(m->pool, (MANY + 1) * sizeof(*file));
    pg_scanned_answer_t *answer = apr_pcalloc(m->pool,
                                              (MANY + 1) * sizeof(*answer));
    pg_scanned_example_t *example = apr_pcalloc(m->pool,
                                                (MANY + 1) * sizeof(*example));

    file[MANY] = scan->reach->file[scan->reach->files];
    answer[MANY] = scan->answer[scan->answers];
    example[MANY] = scan->example[scan->examples];
    for (int i = 0; i < MANY; i++) {
        file[i] = reach->file[1];
        answer[i] = scan->answer[i % 3];
        answer[i].first = i % 2 ? FROM : 0;
        example[i] = *scan->example;
    }
    reach->verdict = PG_REACH_UNKNOWN;
    reach->file = file;
    reach->files = MANY;
    scan->reach = reach;
    scan->answer = answer;
    scan->answers = MANY;
    scan->example = example;
    scan->examples = MANY;
    scan->interrupted = true;
}

static void make_scanned(maker_t *m, pg_report_t *out)
{
    static const pg_reach_file_t files[] = {
        { .path = "access.log", .envelope = "none", .format = "combined",
          .lines = 50000, .requests = 50000 },
        { .path = "access.log.1", .envelope = "cri", .format = "combined",
          .doubt = PG_REACH_DOUBT_SUSPECT, .lines = 10000, .requests = 9999,
          .unread = 1, .suspect = 1 },
        { .path = "beyond", .envelope = "none", .format = "combined",
          .doubt = PG_REACH_DOUBT_SUSPECT, .lines = BEYOND },
    };
    static const pg_reach_t reach = { .verdict = PG_REACH_ATTEMPTS,
                                      .file = files, .files = 2, .unread = 1,
                                      .suspect = 1 };
    pg_scanned_t *scan = apr_pcalloc(m->pool, sizeof(*scan));
    pg_scanned_example_t *example = apr_pcalloc(m->pool,
                                                2 * sizeof(*example));
    pg_text_t *unread = apr_pcalloc(m->pool, 2 * sizeof(*unread));

    make_answers(m, scan);
    *example = (pg_scanned_example_t){
        PG_CLASS_CONNECT_MAIL, PG_REASON_CONNECT_AUTHORITY,
        scan->answer[0].request
    };
    example[1] = (pg_scanned_example_t){
        PG_CLASS_SOCKS, PG_REASON_SOCKS5, { .octets = PG_SPAN("beyond") }
    };
    unread[0] = text(m, "not a line of a log");
    unread[1] = (pg_text_t){ .octets = PG_SPAN("beyond") };
    scan->example = example;
    scan->examples = 1;
    scan->unread = unread;
    scan->unread_count = 1;
    scan->files = 2;
    scan->octets = 98765;
    scan->lines[PG_LINES_LINES] = 60000;
    scan->lines[PG_LINES_ATTEMPTS] = out->ledger->attempts;
    scan->lines[PG_LINES_SILENT] = 11;
    scan->lines[PG_LINES_OTHER] = 12;
    scan->lines[PG_LINES_NO_CLIENT] = 13;
    scan->lines[PG_LINES_UNTIMED] = 14;
    scan->lines[PG_LINES_OVERSIZE] = 15;
    scan->lines[PG_LINES_UNPARSED] = 1;
    scan->counts_low_by = 16;
    scan->first = FROM;
    scan->last = NOW;
    scan->names = PG_NAMES_LEARNED;
    scan->names_learned = 2;
    scan->reach = &reach;
    if (m->sample == PG_SAMPLE_HALTED) {
        halt(m, scan);
    }
    out->scanned = scan;
    out->in_file = true;
}

/* --- what is rare -------------------------------------------------------- */

static void find_place(pg_place_t *out, const pg_geo_t *geo,
                       pg_span_t address)
{
    bool known = pg_span_istarts(address, PG_SPAN("198."));

    (void)geo;
    *out = (pg_place_t){ .country = "" };
    if (known) {
        memcpy(out->country, "JP", 3);
        memcpy(out->network, "AS64500 <a>", 12);
    }
}

static bool is_gap(const pg_snapshot_t *s, apr_time_t from, apr_time_t to)
{
    for (apr_size_t i = 0; i + 1 < s->covered_count; i++) {
        if (from >= s->covered[i].to && to <= s->covered[i + 1].from) {
            return true;
        }
    }
    return false;
}

/* Nothing was counted while nobody watched. */
static void forget_gaps(maker_t *m, pg_series_t *series, const pg_snapshot_t *s)
{
    pg_bucket_t *bucket = apr_pmemdup(m->pool, series->bucket,
                                      (series->n + 1) * sizeof(*bucket));

    for (apr_size_t i = 0; i + 1 < series->n; i++) {
        if (is_gap(s, bucket[i].start, bucket[i + 1].start)) {
            bucket[i] = (pg_bucket_t){ .start = bucket[i].start };
        }
    }
    series->bucket = bucket;
}

/* A sensor with a sink, whose counts are in memory, some from elsewhere, with
 * times that nobody watched; on a terminal. */
static void make_rare(maker_t *m, pg_report_t *out, pg_snapshot_t *s)
{
    static const pg_geo_t geo = { find_place };
    static const pg_range_t covered[] = {
        { FROM, FROM + 40 * 86400 * SECOND },
        { FROM + 100 * 86400 * SECOND, NOW - 30 * 3600 * SECOND },
        { NOW - 20 * 3600 * SECOND, NOW }, { FROM, NOW }       /* beyond  */
    };
    static const pg_watched_t watched[] = {
        { { FROM, FROM + 200 * 86400 * SECOND }, 1 },
        { { FROM + 200 * 86400 * SECOND, NOW - 5 * 86400 * SECOND }, 2 },
        { { NOW - 5 * 86400 * SECOND, NOW }, 1 },
        { { FROM, NOW }, 1 }                                   /* beyond  */
    };
    static const pg_finding_t bare = {
        .id = 237, .what = { "no place", "場所なし" },
        .meaning = { "none", "なし" }, .fix = { "", "" }
    };
    pg_finding_t *finding = apr_pcalloc(m->pool, 3 * sizeof(*finding));

    s->covered = covered;
    s->covered_count = 3;
    for (int p = 0; p < PG_PERIOD_COUNT; p++) {
        forget_gaps(m, &s->series[p], s);
    }
    finding[0] = out->findings[0];
    finding[1] = bare;
    finding[2] = out->findings[1];
    out->findings = finding;
    out->finding_count = 2;
    out->vhost_count = 2;
    out->sensor = "north <1>";
    out->sinks = true;
    out->geo = &geo;
    out->view = (pg_view_t){ .columns = 70, .rows = 60, .colour = true };
    s->watched = watched;
    s->watched_count = 3;
    s->in_memory = true;
    s->sources_elsewhere = 40;
    s->sources.relative_error = 0;
}

void pg_sample_report(pg_report_t *out, pg_sample_e sample, apr_pool_t *pool)
{
    maker_t m = { .sample = sample, .pool = pool, .random = 5 };
    pg_snapshot_t *s;

    *out = (pg_report_t){ .now = NOW, .version = "1.0.0" };
    if (sample == PG_SAMPLE_NONE) {
        return;
    }
    out->ledger = s = make_snapshot(&m);
    if (sample == PG_SAMPLE_SCAN || sample == PG_SAMPLE_HALTED) {
        make_scanned(&m, out);
    }
    else if (sample >= PG_SAMPLE_FULL) {
        make_audit(&m, out);
    }
    if (sample == PG_SAMPLE_RARE) {
        make_rare(&m, out, s);
    }
}
