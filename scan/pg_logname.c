/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_logname.h"

#include <limits.h>
#include <stdlib.h>

typedef struct row_t {
    const char *name;            /* normalised                            */
    pg_field_e field;
    int rank;
    bool whole;                  /* only at the top level: a word with
                                    other meanings elsewhere              */
} row_t;

/* nginx's variables, httpd's habits, ECS, Suricata, Zeek, Traefik, Caddy,
 * Cloudflare, W3C extended (IIS, CloudFront), Google's and Azure's load
 * balancers, container registries, GELF, journald, and this product's own
 * logs. In the order of strcmp(), which a unit test checks. */
static const row_t rows[] = {
    { "addr", PG_FIELD_CLIENT, 28, true },
    { "agent", PG_FIELD_AGENT, 8, true },
    { "asctime", PG_FIELD_TIME, 13, false },
    { "authority", PG_FIELD_HOST, 6, false },
    { "b", PG_FIELD_SIZE, 18, true },
    { "bodybytessent", PG_FIELD_SIZE, 0, false },
    { "bytes", PG_FIELD_SIZE, 14, true },
    { "bytesout", PG_FIELD_SIZE, 12, false },
    { "bytessent", PG_FIELD_SIZE, 7, false },
    { "callerip", PG_FIELD_CLIENT, 12, false },
    { "cip", PG_FIELD_CLIENT, 11, false },
    { "class", PG_FIELD_CLASS, 1, true },
    { "client", PG_FIELD_CLIENT, 31, false },
    { "clientaddr", PG_FIELD_CLIENT, 5, false },
    { "clientaddress", PG_FIELD_CLIENT, 4, false },
    { "clientclientip", PG_FIELD_CLIENT, 30, false },
    { "clienthost", PG_FIELD_CLIENT, 15, false },
    { "clientip", PG_FIELD_CLIENT, 0, false },
    { "clientrequesthost", PG_FIELD_HOST, 0, false },
    { "clientrequestmethod", PG_FIELD_METHOD, 0, false },
    { "clientrequestprotocol", PG_FIELD_PROTOCOL, 0, false },
    { "clientrequesturi", PG_FIELD_TARGET, 0, false },
    { "clientrequestuseragent", PG_FIELD_AGENT, 2, false },
    { "cliip", PG_FIELD_CLIENT, 34, false },
    { "code", PG_FIELD_STATUS, 18, false },
    { "content", PG_FIELD_EMBEDDED, 15, false },
    { "cshost", PG_FIELD_HOST, 4, false },
    { "csmethod", PG_FIELD_METHOD, 4, false },
    { "csprotocolversion", PG_FIELD_PROTOCOL, 6, false },
    { "csuri", PG_FIELD_TARGET, 4, false },
    { "csuristem", PG_FIELD_TARGET, 16, false },
    { "csuseragent", PG_FIELD_AGENT, 3, false },
    { "csversion", PG_FIELD_PROTOCOL, 5, false },
    { "data", PG_FIELD_EMBEDDED, 16, true },
    { "date", PG_FIELD_DATE, 0, true },
    { "datetime", PG_FIELD_TIME, 8, false },
    { "datum", PG_FIELD_TIME, 24, true },
    { "destinationaddress", PG_FIELD_ASKED_HOST, 0, false },
    { "destinationport", PG_FIELD_ASKED_PORT, 0, false },
    { "downstreamcontentsize", PG_FIELD_SIZE, 4, false },
    { "downstreamremoteaddress", PG_FIELD_CLIENT, 21, false },
    { "downstreamstatus", PG_FIELD_STATUS, 2, false },
    { "edgeendtimestamp", PG_FIELD_TIME, 21, false },
    { "edgeresponsebytes", PG_FIELD_SIZE, 1, false },
    { "edgeresponsestatus", PG_FIELD_STATUS, 0, false },
    { "edgestarttimestamp", PG_FIELD_TIME, 3, false },
    { "elbstatuscode", PG_FIELD_STATUS, 14, false },
    { "entry", PG_FIELD_EMBEDDED, 13, true },
    { "event", PG_FIELD_EMBEDDED, 20, true },
    { "eventoriginal", PG_FIELD_EMBEDDED, 0, false },
    { "eventreason", PG_FIELD_REASON, 0, false },
    { "eventtime", PG_FIELD_TIME, 9, false },
    { "eventtimestamp", PG_FIELD_TIME, 18, false },
    { "firstline", PG_FIELD_REQUEST, 3, false },
    { "forwarded", PG_FIELD_FORWARDED, 2, true },
    { "forwardedfor", PG_FIELD_FORWARDED_FOR, 5, false },
    { "fullmessage", PG_FIELD_EMBEDDED, 5, false },
    { "fullurl", PG_FIELD_URL, 3, false },
    { "fwd", PG_FIELD_CLIENT, 24, true },
    { "h", PG_FIELD_CLIENT, 29, true },
    { "headersforwarded", PG_FIELD_FORWARDED, 1, false },
    { "headersproxyconnection", PG_FIELD_PROXY_CONNECTION, 1, false },
    { "headersuseragent", PG_FIELD_AGENT, 5, false },
    { "headersvia", PG_FIELD_VIA, 1, false },
    { "headersxforwardedfor", PG_FIELD_FORWARDED_FOR, 2, false },
    { "host", PG_FIELD_HOST, 8, true },
    { "hostheader", PG_FIELD_HOST, 9, true },
    { "httpforwarded", PG_FIELD_FORWARDED, 0, false },
    { "httphost", PG_FIELD_HOST, 1, false },
    { "httphostname", PG_FIELD_HOST, 3, false },
    { "httplength", PG_FIELD_SIZE, 13, false },
    { "httpmethod", PG_FIELD_METHOD, 3, false },
    { "httpprotocol", PG_FIELD_PROTOCOL, 3, false },
    { "httpproxyconnection", PG_FIELD_PROXY_CONNECTION, 0, false },
    { "httprequest", PG_FIELD_REQUEST, 6, true },
    { "httprequestclientip", PG_FIELD_CLIENT, 10, false },
    { "httprequestline", PG_FIELD_REQUEST, 1, false },
    { "httprequestmethod", PG_FIELD_METHOD, 1, false },
    { "httprequestoriginal", PG_FIELD_REQUEST, 7, false },
    { "httprequestpath", PG_FIELD_TARGET, 10, false },
    { "httprequestprotocol", PG_FIELD_PROTOCOL, 4, false },
    { "httprequestremoteip", PG_FIELD_CLIENT, 9, false },
    { "httprequestrequest", PG_FIELD_TARGET, 24, false },
    { "httprequestrequesturl", PG_FIELD_URL, 0, false },
    { "httprequestuseragent", PG_FIELD_AGENT, 7, false },
    { "httpresponsebodybytes", PG_FIELD_SIZE, 2, false },
    { "httpresponsesize", PG_FIELD_SIZE, 17, false },
    { "httpresponsestatus", PG_FIELD_STATUS, 13, false },
    { "httpresponsestatuscode", PG_FIELD_STATUS, 1, false },
    { "httpretcode", PG_FIELD_STATUS, 20, false },
    { "httpstatus", PG_FIELD_STATUS, 3, false },
    { "httpstatuscode", PG_FIELD_STATUS, 4, false },
    { "httpuri", PG_FIELD_TARGET, 5, false },
    { "httpurl", PG_FIELD_TARGET, 14, false },
    { "httpuseragent", PG_FIELD_AGENT, 1, false },
    { "httpvia", PG_FIELD_VIA, 0, false },
    { "httpxforwardedfor", PG_FIELD_FORWARDED_FOR, 0, false },
    { "idorigh", PG_FIELD_CLIENT, 8, false },
    { "ip", PG_FIELD_CLIENT, 23, true },
    { "ip4", PG_FIELD_CLIENT, 22, false },
    { "ipaddress", PG_FIELD_CLIENT, 19, false },
    { "ipclient", PG_FIELD_CLIENT, 35, false },
    { "isotime", PG_FIELD_TIME, 14, false },
    { "length", PG_FIELD_SIZE, 16, true },
    { "line", PG_FIELD_EMBEDDED, 10, false },
    { "log", PG_FIELD_EMBEDDED, 2, false },
    { "logevent", PG_FIELD_EMBEDDED, 14, false },
    { "logline", PG_FIELD_EMBEDDED, 9, false },
    { "logoriginal", PG_FIELD_EMBEDDED, 1, false },
    { "m", PG_FIELD_METHOD, 10, true },
    { "message", PG_FIELD_EMBEDDED, 3, false },
    { "method", PG_FIELD_METHOD, 6, false },
    { "methode", PG_FIELD_METHOD, 9, true },
    { "msec", PG_FIELD_TIME, 6, true },
    { "msg", PG_FIELD_EMBEDDED, 12, false },
    { "origin", PG_FIELD_CLIENT, 36, true },
    { "originaluri", PG_FIELD_TARGET, 7, false },
    { "originalurl", PG_FIELD_TARGET, 8, false },
    { "outcome", PG_FIELD_OUTCOME, 1, true },
    { "path", PG_FIELD_TARGET, 18, true },
    { "payload", PG_FIELD_EMBEDDED, 17, true },
    { "peer", PG_FIELD_CLIENT, 25, true },
    { "peeraddr", PG_FIELD_CLIENT, 17, false },
    { "peerip", PG_FIELD_CLIENT, 18, false },
    { "port", PG_FIELD_ASKED_PORT, 1, true },
    { "proto", PG_FIELD_PROTOCOL, 8, false },
    { "protocol", PG_FIELD_PROTOCOL, 7, false },
    { "protopayloadip", PG_FIELD_CLIENT, 37, false },
    { "proxyconnection", PG_FIELD_PROXY_CONNECTION, 2, false },
    { "proxyguardclass", PG_FIELD_CLASS, 0, false },
    { "proxyguardoutcome", PG_FIELD_OUTCOME, 0, false },
    { "proxypath", PG_FIELD_TARGET, 21, false },
    { "raw", PG_FIELD_EMBEDDED, 11, false },
    { "rawlog", PG_FIELD_EMBEDDED, 7, false },
    { "rawmessage", PG_FIELD_EMBEDDED, 8, false },
    { "rawrequest", PG_FIELD_REQUEST, 4, false },
    { "rawuri", PG_FIELD_TARGET, 3, false },
    { "realip", PG_FIELD_CLIENT, 1, false },
    { "realtimetimestamp", PG_FIELD_TIME, 15, false },
    { "reason", PG_FIELD_REASON, 1, true },
    { "receivedat", PG_FIELD_TIME, 12, false },
    { "remote", PG_FIELD_CLIENT, 32, false },
    { "remoteaddr", PG_FIELD_CLIENT, 2, false },
    { "remoteaddress", PG_FIELD_CLIENT, 14, false },
    { "remotehost", PG_FIELD_CLIENT, 16, false },
    { "remoteip", PG_FIELD_CLIENT, 3, false },
    { "remoteiplist", PG_FIELD_CLIENT, 38, false },
    { "req", PG_FIELD_REQUEST, 8, true },
    { "reqhost", PG_FIELD_HOST, 10, false },
    { "reqip", PG_FIELD_CLIENT, 33, false },
    { "reqmethod", PG_FIELD_METHOD, 5, false },
    { "reqpath", PG_FIELD_TARGET, 9, false },
    { "reqtimesec", PG_FIELD_TIME, 25, false },
    { "request", PG_FIELD_REQUEST, 5, true },
    { "requestaddr", PG_FIELD_ADDRESSEE, 0, false },
    { "requestauthority", PG_FIELD_HOST, 5, false },
    { "requestbase64", PG_FIELD_EMBEDDED, 19, false },
    { "requestfirstline", PG_FIELD_REQUEST, 2, false },
    { "requesthost", PG_FIELD_HOST, 2, false },
    { "requestline", PG_FIELD_REQUEST, 0, false },
    { "requestmethod", PG_FIELD_METHOD, 2, false },
    { "requestpath", PG_FIELD_TARGET, 17, false },
    { "requestprotocol", PG_FIELD_PROTOCOL, 1, false },
    { "requestraw", PG_FIELD_EMBEDDED, 18, false },
    { "requesttarget", PG_FIELD_TARGET, 6, false },
    { "requesttime", PG_FIELD_TIME, 22, false },
    { "requesttimestamp", PG_FIELD_TIME, 10, false },
    { "requesturi", PG_FIELD_TARGET, 2, false },
    { "requesturl", PG_FIELD_URL, 1, false },
    { "requestuseragent", PG_FIELD_AGENT, 4, false },
    { "requestverb", PG_FIELD_METHOD, 8, false },
    { "requestxforwardedfor", PG_FIELD_FORWARDED_FOR, 1, false },
    { "requrl", PG_FIELD_TARGET, 13, false },
    { "resource", PG_FIELD_TARGET, 23, false },
    { "resourcepath", PG_FIELD_TARGET, 22, false },
    { "response", PG_FIELD_STATUS, 17, false },
    { "responsebodybytes", PG_FIELD_SIZE, 3, false },
    { "responsebodylen", PG_FIELD_SIZE, 9, false },
    { "responsebytes", PG_FIELD_SIZE, 11, false },
    { "responsecode", PG_FIELD_STATUS, 7, false },
    { "responsecodesent", PG_FIELD_STATUS, 10, false },
    { "responsehttpcode", PG_FIELD_STATUS, 11, false },
    { "responselength", PG_FIELD_SIZE, 10, false },
    { "responsesize", PG_FIELD_SIZE, 5, false },
    { "responsestatus", PG_FIELD_STATUS, 8, false },
    { "responsestatuscode", PG_FIELD_STATUS, 9, false },
    { "resstatuscode", PG_FIELD_STATUS, 12, false },
    { "rt", PG_FIELD_TIME, 26, true },
    { "s", PG_FIELD_STATUS, 19, true },
    { "scbytes", PG_FIELD_SIZE, 6, false },
    { "scstatus", PG_FIELD_STATUS, 5, false },
    { "sentbytes", PG_FIELD_SIZE, 8, false },
    { "servername", PG_FIELD_VHOST, 0, false },
    { "serverport", PG_FIELD_PORT, 0, false },
    { "serverprotocol", PG_FIELD_PROTOCOL, 2, false },
    { "shortmessage", PG_FIELD_EMBEDDED, 4, false },
    { "size", PG_FIELD_SIZE, 15, true },
    { "source", PG_FIELD_CLIENT, 26, true },
    { "sourceaddress", PG_FIELD_CLIENT, 13, false },
    { "sourceip", PG_FIELD_CLIENT, 7, false },
    { "sourcerealtimetimestamp", PG_FIELD_TIME, 16, false },
    { "sport", PG_FIELD_PORT, 1, false },
    { "src", PG_FIELD_CLIENT, 27, true },
    { "srcip", PG_FIELD_CLIENT, 6, false },
    { "st", PG_FIELD_STATUS, 21, true },
    { "start", PG_FIELD_TIME, 27, true },
    { "startedat", PG_FIELD_TIME, 23, false },
    { "starttime", PG_FIELD_TIME, 2, false },
    { "startutc", PG_FIELD_TIME, 4, false },
    { "status", PG_FIELD_STATUS, 16, false },
    { "statuscode", PG_FIELD_STATUS, 6, false },
    { "t", PG_FIELD_TIME, 7, true },
    { "target", PG_FIELD_TARGET, 11, false },
    { "terminationstatus", PG_FIELD_STATUS, 15, false },
    { "textpayload", PG_FIELD_EMBEDDED, 6, false },
    { "time", PG_FIELD_TIME, 19, false },
    { "timegenerated", PG_FIELD_TIME, 17, false },
    { "timeiso8601", PG_FIELD_TIME, 1, false },
    { "timelocal", PG_FIELD_TIME, 0, false },
    { "timereceived", PG_FIELD_TIME, 11, false },
    { "timestamp", PG_FIELD_TIME, 5, false },
    { "ts", PG_FIELD_TIME, 20, false },
    { "ua", PG_FIELD_AGENT, 9, true },
    { "uri", PG_FIELD_TARGET, 12, false },
    { "url", PG_FIELD_TARGET, 15, false },
    { "urldomain", PG_FIELD_HOST, 7, false },
    { "urlfull", PG_FIELD_URL, 2, false },
    { "urloriginal", PG_FIELD_TARGET, 1, false },
    { "urlpath", PG_FIELD_TARGET, 19, false },
    { "useragent", PG_FIELD_AGENT, 6, false },
    { "useragentoriginal", PG_FIELD_AGENT, 0, false },
    { "userip", PG_FIELD_CLIENT, 20, false },
    { "verb", PG_FIELD_METHOD, 7, false },
    { "vhost", PG_FIELD_VHOST, 1, false },
    { "via", PG_FIELD_VIA, 2, true },
    { "virtualhost", PG_FIELD_VHOST, 2, false },
    { "when", PG_FIELD_TIME, 28, true },
    { "xff", PG_FIELD_FORWARDED_FOR, 4, false },
    { "xforwardedfor", PG_FIELD_FORWARDED_FOR, 3, false },
    { "xoriginaluri", PG_FIELD_TARGET, 20, false },
};

enum {
    ROWS = sizeof(rows) / sizeof(rows[0]),
    LEVELS = 16,
    WRAPPED = 100                /* added to a rank: the line's own names
                                    win                                   */
};

/* Letters and digits, in lower case, with the offsets of the levels. */
typedef struct normal_t {
    char text[PG_LOGNAME_MAX + 1];
    apr_size_t len;
    apr_size_t level[LEVELS];
    int levels;
} normal_t;

static bool normalise(normal_t *out, pg_span_t path)
{
    out->len = 0;
    out->level[0] = 0;
    out->levels = 1;
    for (apr_size_t i = 0; i < path.len; i++) {
        char c = pg_octet_lower(path.ptr[i]);
        if (c == '.' && out->len > out->level[out->levels - 1]
            && out->levels < LEVELS) {
            out->level[out->levels++] = out->len;
        }
        if (!pg_octet_is_alpha(c) && !pg_octet_is_digit(c)) {
            continue;
        }
        if (out->len == PG_LOGNAME_MAX) {
            return false;
        }
        out->text[out->len++] = c;
    }
    out->text[out->len] = '\0';
    return out->len > 0;
}

static int by_name(const void *name, const void *row)
{
    return strcmp(name, ((const row_t *)row)->name);
}

static const row_t *find(const char *name)
{
    return bsearch(name, rows, ROWS, sizeof(*rows), by_name);
}

/* Past the name of an object that collectors put around what they read:
 * Elasticsearch, Splunk, Google Cloud, Fluent Bit, ... */
static pg_span_t inside_wrapper(pg_span_t path)
{
    static const char *const wrappers[] = {
        "_source.", "access.", "access_log.", "attributes.", "body.",
        "data.", "event.", "fields.", "jsonPayload.", "log.", "message.",
        "parsed.", "payload.", "properties.", "record.", "result.", NULL
    };

    for (int i = 0; wrappers[i]; i++) {
        pg_span_t wrapper = pg_span_str(wrappers[i]);
        if (pg_span_istarts(path, wrapper)) {
            return pg_span_from(path, wrapper.len);
        }
    }
    return pg_span_upto(path, 0);
}

static pg_logname_t find_unwrapped(pg_span_t path)
{
    pg_logname_t none = { PG_FIELD_SKIP, 0 };
    normal_t n;
    const row_t *row;

    if (!normalise(&n, path)) {
        return none;
    }
    row = find(n.text);
    if (row == NULL && n.levels > 2) {
        row = find(n.text + n.level[n.levels - 2]);
        row = row && row->whole ? NULL : row;
    }
    if (row == NULL && n.levels > 1) {
        row = find(n.text + n.level[n.levels - 1]);
        row = row && row->whole ? NULL : row;
    }
    return row ? (pg_logname_t){ row->field, row->rank } : none;
}

pg_logname_t pg_logname_find(pg_span_t path)
{
    pg_logname_t name = find_unwrapped(path);

    if (name.field == PG_FIELD_SKIP) {
        path = inside_wrapper(path);
        name = path.len ? find_unwrapped(path) : name;
        name.rank += WRAPPED;
    }
    return name;
}

int pg_logname_rank(pg_logname_t name, pg_span_t value)
{
    return pg_span_eq(value, PG_SPAN("-")) ? INT_MAX : name.rank;
}
