/* Licensed under the Apache License, Version 2.0; see LICENSE. */

#include "pg_found.h"

#include <apr_strings.h>
#include <stdlib.h>

/* --- the table ----------------------------------------------------------- */

#define FORWARD_FIX                                                         \
    "# no forward proxy at all:\nProxyRequests Off\n"                       \
    "# or one for some, as the last <Proxy> of this server:\n"              \
    "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>"
#define RELAYS "Anybody can send requests to any server in your name, and "

typedef struct rule_t {
    int id;
    pg_severity_e severity;
    const char *what;            /* %s: what the check adds               */
    const char *meaning;
    const char *fix;
} rule_t;

static const rule_t rules_table[PG_RULE_COUNT] = {
    [PG_RULE_OPEN_BARE] = {
        .id = 201, .severity = PG_SEVERITY_CRITICAL,
        .what = "ProxyRequests is On and nothing restricts who may use it",
        .meaning = RELAYS "will: scanners find such a server within hours",
        .fix = FORWARD_FIX,
    },
    [PG_RULE_OPEN_DOOR] = {
        .id = 202, .severity = PG_SEVERITY_CRITICAL,
        .what = "this restricts some requests, but not %s",
        .meaning =
            "A restriction of one method or scheme is no restriction: "
            "strangers relay by what is left, above all by CONNECT",
        .fix =
            "# not <Limit>, and every target:\n<Proxy \"*\">\n"
            "    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_OPEN_GRANTED] = {
        .id = 203, .severity = PG_SEVERITY_CRITICAL,
        .what =
            "this section applies last to a forwarded request, and lets "
            "strangers pass%s",
        .meaning =
            "It undoes whatever an earlier section refuses, so anybody can "
            "relay",
        .fix = FORWARD_FIX,
    },
    [PG_RULE_OPEN_SOME] = {
        .id = 204, .severity = PG_SEVERITY_CRITICAL,
        .what = "strangers may relay to some targets, such as %s",
        .meaning =
            "Anybody can reach these targets in your name, and load them",
        .fix = "# in this section:\nRequire ip 192.0.2.0/24",
    },
    [PG_RULE_OPEN_MAIL] = {
        .id = 205, .severity = PG_SEVERITY_CRITICAL,
        .what = "AllowCONNECT lets strangers tunnel to a mail port: %s",
        .meaning =
            "Anybody can send spam through this server, and it is this server "
            "that will be listed for it",
        .fix = "AllowCONNECT 443",
    },
    [PG_RULE_PASS_CHOSEN] = {
        .id = 210, .severity = PG_SEVERITY_CRITICAL,
        .what = "%s lets the client choose the host it is sent to",
        .meaning =
            "This is an open relay with ProxyRequests Off: whoever puts a "
            "host into the path reaches it in your name, your internal hosts "
            "as well",
        .fix =
            "# a fixed host, and a '/' behind it:\n"
            "ProxyPassMatch \"^/app/(.*)$\" \"http://app.example.com/$1\"",
    },
    [PG_RULE_REWRITE_CHOSEN] = {
        .id = 211, .severity = PG_SEVERITY_CRITICAL,
        .what =
            "RewriteRule [P] lets the client choose the host it is sent to%s",
        .meaning =
            "This is an open relay with ProxyRequests Off: the host comes "
            "from the request, your internal hosts can be reached as well",
        .fix =
            "# a fixed host, and a '/' behind it:\n"
            "RewriteRule \"^/(.*)$\" \"http://app.example.com/$1\" [P]",
    },
    [PG_RULE_NOT_ANALYSED] = {
        .id = 220, .severity = PG_SEVERITY_WARNING,
        .what =
            "whether strangers may use the forward proxy hangs on this, and "
            "is not analysed%s",
        .meaning =
            "It may be closed or open; the guard takes it for open and "
            "refuses attempts",
        .fix =
            "# a restriction that needs no condition:\n<Proxy \"*\">\n"
            "    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_REVERSE_UNSURE] = {
        .id = 221, .severity = PG_SEVERITY_WARNING,
        .what =
            "the client may be able to choose the host this is sent to: %s",
        .meaning =
            "If he can, this is an open relay; it hangs on conditions or "
            "values that are not analysed",
        .fix =
            "# name the host:\n"
            "ProxyPass \"/app/\" \"http://app.example.com/\"",
    },
    [PG_RULE_LOOKS_LOCATION] = {
        .id = 222, .severity = PG_SEVERITY_WARNING,
        .what = "this <%s> does not restrict the forward proxy",
        .meaning =
            "A forwarded target is no path of this server, so the section "
            "does not apply to it: strangers pass",
        .fix = "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_LOOKS_FILES] = {
        .id = 223, .severity = PG_SEVERITY_NOTE,
        .what = "this <%s> does not restrict the forward proxy",
        .meaning =
            "httpd skips <Directory> and <Files> for a forwarded request",
        .fix = "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_LOOKS_REWRITE] = {
        .id = 224, .severity = PG_SEVERITY_WARNING,
        .what = "this RewriteRule does not restrict the forward proxy%s",
        .meaning =
            "mod_rewrite leaves forwarded targets alone unless RewriteOptions "
            "says AllowAnyURI: strangers pass",
        .fix = "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_MAIL_PORT] = {
        .id = 225, .severity = PG_SEVERITY_WARNING,
        .what = "AllowCONNECT takes in a mail port: %s",
        .meaning = "Whoever may use the proxy can send spam through it",
        .fix = "AllowCONNECT 443",
    },
    [PG_RULE_MORE_PORTS] = {
        .id = 226, .severity = PG_SEVERITY_WARNING,
        .what = "AllowCONNECT goes beyond the ports of TLS: %s",
        .meaning =
            "Whoever may use the proxy can tunnel to services that were never "
            "meant to be reached by it",
        .fix = "AllowCONNECT 443",
    },
    [PG_RULE_WIDE_NET] = {
        .id = 227, .severity = PG_SEVERITY_WARNING,
        .what = "this takes in half of the Internet or more: %s",
        .meaning = "Such a list restricts nobody",
        .fix = "Require ip 192.0.2.0/24",
    },
    [PG_RULE_GUARD_OFF] = {
        .id = 228, .severity = PG_SEVERITY_WARNING,
        .what = "the guard is off in a virtual host that is a forward proxy%s",
        .meaning =
            "Attempts to relay through it are neither refused nor counted",
        .fix = "ProxyGuard On",
    },
    [PG_RULE_STATUS_OPEN] = {
        .id = 229, .severity = PG_SEVERITY_WARNING,
        .what = "the status page can be read by anybody%s",
        .meaning =
            "It names the sources and targets of attempts, and what is open",
        .fix =
            "<Location \"/proxyguard-status\">\n"
            "    SetHandler proxyguard-status\n    Require local\n</Location>",
    },
    [PG_RULE_NO_NAME] = {
        .id = 230, .severity = PG_SEVERITY_WARNING,
        .what = "no ServerName is set anywhere%s",
        .meaning =
            "The guard cannot tell requests for this server from relay "
            "attempts by their Host field",
        .fix = "ServerName www.example.com",
    },
    [PG_RULE_ALIAS_ALL] = {
        .id = 231, .severity = PG_SEVERITY_WARNING,
        .what = "this takes every name for one of its own: %s",
        .meaning =
            "No Host is foreign then, and an absolute target always looks "
            "like one of this server",
        .fix = "ServerAlias example.com *.example.com",
    },
    [PG_RULE_H2_PROXY] = {
        .id = 232, .severity = PG_SEVERITY_WARNING,
        .what = "H2ProxyRequests is on%s",
        .meaning =
            "HTTP/2 requests are handed to the forward proxy as well, where "
            "few restrictions are ever tested",
        .fix = "H2ProxyRequests off",
    },
    [PG_RULE_ADD_HEADERS] = {
        .id = 233, .severity = PG_SEVERITY_WARNING,
        .what = "ProxyAddHeaders is Off%s",
        .meaning =
            "What is relayed does not say for whom: the other side sees only "
            "this server, and blames it",
        .fix = "ProxyAddHeaders On",
    },
    [PG_RULE_ON_PURPOSE] = {
        .id = 234, .severity = PG_SEVERITY_NOTE,
        .what =
            "a forward proxy for all, on purpose: ProxyGuardForward Allow%s",
        .meaning =
            "Anybody can relay through it; attempts are counted, not refused",
        .fix = FORWARD_FIX,
    },
    [PG_RULE_VIA] = {
        .id = 235, .severity = PG_SEVERITY_NOTE,
        .what = "the forward proxy does not name itself: ProxyVia is %s",
        .meaning =
            "Relayed requests cannot be traced to this server by their "
            "receivers, nor loops be found",
        .fix = "ProxyVia On",
    },
    [PG_RULE_COMPAT] = {
        .id = 236, .severity = PG_SEVERITY_NOTE,
        .what =
            "access to the forward proxy is decided by mod_access_compat: %s",
        .meaning =
            "A later section with any of its directives replaces all of them, "
            "and Satisfy Any can undo them",
        .fix = "<Proxy \"*\">\n    Require ip 192.0.2.0/24\n</Proxy>",
    },
    [PG_RULE_CONNECT_UNUSED] = {
        .id = 237, .severity = PG_SEVERITY_NOTE,
        .what =
            "mod_proxy_connect is loaded, and no virtual host is a forward "
            "proxy%s",
        .meaning = "One ProxyRequests On away from a tunnel",
        .fix =
            "# leave this out:\n#LoadModule proxy_connect_module "
            "modules/mod_proxy_connect.so",
    },
};

/* --- collecting ---------------------------------------------------------- */

typedef struct found_t {
    pg_finding_t finding;
    int hosts;                   /* virtual hosts it is so in             */
} found_t;

struct pg_found_t {
    apr_pool_t *pool;
    apr_array_header_t *list;    /* found_t                               */
    apr_hash_t *seen;            /* "id file line" -> index               */
};

pg_found_t *pg_found_create(apr_pool_t *pool)
{
    pg_found_t *found = apr_pcalloc(pool, sizeof(*found));

    found->pool = pool;
    found->list = apr_array_make(pool, 16, sizeof(found_t));
    found->seen = apr_hash_make(pool);
    return found;
}

/* The rule's sentence with `detail` in it, if it has a place for it. */
static const char *sentence(const char *what, const char *detail,
                            apr_pool_t *pool)
{
    const char *place = strstr(what, "%s");

    if (place == NULL) {
        return what;
    }
    return apr_pstrcat(pool, apr_pstrmemdup(pool, what,
                       (apr_size_t)(place - what)), detail, place + 2, NULL);
}

void pg_found_add(pg_found_t *found, pg_rule_e which,
                  const pg_directive_t *at, const char *vhost,
                  const char *detail)
{
    const rule_t *rule = &rules_table[which];
    char key[32];
    const char *name;
    const int *index;
    found_t *f;

    apr_snprintf(key, sizeof(key), "%d %d ", rule->id, at ? at->line : 0);
    name = apr_pstrcat(found->pool, key, at ? at->file : "", NULL);
    index = apr_hash_get(found->seen, name, APR_HASH_KEY_STRING);
    if (index) {
        APR_ARRAY_IDX(found->list, *index, found_t).hosts++;
        return;
    }
    apr_hash_set(found->seen, name, APR_HASH_KEY_STRING,
                 apr_pmemdup(found->pool, &found->list->nelts,
                             sizeof(found->list->nelts)));
    f = apr_array_push(found->list);
    f->hosts = 1;
    f->finding = (pg_finding_t){ .id = rule->id, .severity = rule->severity,
        .file = at ? at->file : NULL, .line = at ? at->line : 0,
        .vhost = vhost, .what = sentence(rule->what, detail, found->pool),
        .meaning = rule->meaning, .fix = rule->fix };
}

static int worst_first(const void *left, const void *right)
{
    const pg_finding_t *a = left, *b = right;
    int file;

    if (a->severity != b->severity) {
        return a->severity > b->severity ? -1 : 1;
    }
    file = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (file) {
        return file;
    }
    return a->line != b->line ? (a->line > b->line) - (a->line < b->line)
                              : a->id - b->id;
}

void pg_found_result(pg_found_t *found, pg_audit_t *out)
{
    int n = found->list->nelts;

    out->findings = apr_pcalloc(found->pool, sizeof(*out->findings)
                                             * (apr_size_t)(n + 1));
    out->finding_count = (apr_size_t)n;
    for (int i = 0; i < n; i++) {
        const found_t *f = &APR_ARRAY_IDX(found->list, i, found_t);
        out->findings[i] = f->finding;
        if (f->hosts > 1 && f->finding.vhost) {
            out->findings[i].vhost = apr_psprintf(found->pool,
                "%s and %d more", f->finding.vhost, f->hosts - 1);
        }
    }
    qsort(out->findings, out->finding_count, sizeof(*out->findings),
          worst_first);
}
