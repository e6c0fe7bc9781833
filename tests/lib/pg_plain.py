# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Reverse proxies as commonly configured. @B@ is the authority of an HTTP
backend on 127.0.0.2, @BH@ and @BP@ its host and port; @FCGI@, @SCGI@, @UWSGI@
and @AJP@ those of others; @SOCK@ the path of a FastCGI socket, @HSOCK@ of an
HTTP one. Each request reaches its backend, and none of it is an attempt."""

from pg_steered import ask, rule

GET = ask("/app/x")
WS = ask("/ws/x", None, "Upgrade: websocket", "Sec-WebSocket-Version: 13",
         "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==").replace(
             "Connection: close", "Connection: Upgrade")


def loud(path):
    """Requests in which the client names the backend as well, everywhere."""
    return ask(path + "?to=@B@", None, "X-Target: @B@",
               "Referer: http://@B@/")


LOUD = loud("/app/x")

# name: (directives of the virtual host, requests)
ORDINARY = {
    "ProxyPass": ("ProxyPass /app http://@B@", [GET, LOUD]),
    "ProxyPass with a slash": ("ProxyPass /app/ http://@B@/", [GET, LOUD]),
    "ProxyPass of everything": (
        "ProxyPass /local !\nProxyPass / http://@B@/\n"
        "ProxyPassReverse / http://@B@/", [ask("/"), GET]),
    "ProxyPreserveHost": ("ProxyPreserveHost On\nProxyPass /app http://@B@",
                          [GET, ask("/app/", "other.test")]),
    "ProxyPass in a Location": (
        "<Location /app/>\nProxyPass http://@B@/\nProxyPassReverse /\n"
        "</Location>", [GET]),
    "ProxyPassMatch, the path": (
        "ProxyPassMatch ^/app/(.*)$ http://@B@/$1", [GET, LOUD]),
    "ProxyPassMatch, the path with its slash": (
        "ProxyPassMatch ^/app(/.*)$ http://@B@$1", [GET]),
    "ProxyPass nocanon": ("ProxyPass /app http://@B@ nocanon",
                          [ask("/app/a%3fb")]),
    "ProxyPass with parameters": (
        "ProxyPass /app http://@B@ timeout=5 retry=0 keepalive=On "
        "connectiontimeout=2 disablereuse=On", [GET]),
    "a balancer": (
        "<Proxy balancer://farm>\nBalancerMember http://@B@\n"
        "ProxySet lbmethod=byrequests\n</Proxy>\n"
        "ProxyPass /app balancer://farm", [GET, LOUD]),
    "a balancer with sticky sessions": (
        "Header add Set-Cookie \"ROUTEID=.%{BALANCER_WORKER_ROUTE}e; "
        "path=/\" env=BALANCER_ROUTE_CHANGED\n"
        "<Proxy balancer://sticky>\nBalancerMember http://@B@ route=1\n"
        "BalancerMember http://@B@/ route=2\n"
        "ProxySet stickysession=ROUTEID\n</Proxy>\n"
        "ProxyPass /app balancer://sticky",
        [GET, ask("/app/x", None, "Cookie: ROUTEID=.1")]),
    "a balancer with health checks": (
        "<Proxy balancer://hc>\n"
        "BalancerMember http://@B@ hcmethod=GET hcinterval=10 hcuri=/\n"
        "</Proxy>\nProxyPass /app balancer://hc", [GET]),
    "a balancer with a hot standby": (
        "<Proxy balancer://hot>\nBalancerMember http://@B@\n"
        "BalancerMember http://127.0.0.2:1 status=+H\n</Proxy>\n"
        "ProxyPass /app balancer://hot", [GET]),
    "a balancer in a rule": (
        "<Proxy balancer://ruled>\nBalancerMember http://@B@\n</Proxy>\n"
        + rule("^/app/(.*)$", "balancer://ruled/$1"), [GET]),
    "a balancer that the client chooses": (
        "<Proxy balancer://blue>\nBalancerMember http://@B@\n</Proxy>\n"
        "<Proxy balancer://green>\nBalancerMember http://@B@\n</Proxy>\n"
        + rule("^/(blue|green)/(.*)$", "balancer://$1/$2"),
        [ask("/blue/x"), ask("/green/x")]),
    "a rule": (rule("^/app/(.*)$", "http://@B@/$1"), [GET, LOUD]),
    "a rule without a slash": (rule("^/app(.*)$", "http://@B@$1"), [GET]),
    "a rule of everything": (rule("^/?(.*)$", "http://@B@/$1"), [GET]),
    "a rule with a query": (
        rule("^/app/(.*)$", "http://@B@/$1?from=%{HTTP_HOST}&%1",
             "%{QUERY_STRING} ^(.*)$", flags="P,NE"), [ask("/app/x?a=b")]),
    "a rule by Host": (
        rule("^(.*)$", "http://@B@$1", "%{HTTP_HOST} ^app\\.example$ [NC]"),
        [ask("/x", "app.example")]),
    "alternatives in a pattern": (
        rule("^/(127\\.0\\.0\\.2|10\\.0\\.0\\.1)/(.*)$",
             "http://$1:@BP@/$2"), [ask("/127.0.0.2/x")]),
    "alternatives in a condition": (
        rule("^(.*)$", "http://%1:@BP@$1",
             "%{HTTP_HOST} ^(127\\.0\\.0\\.2|127\\.0\\.0\\.9)$"),
        [ask("/x", "127.0.0.2")]),
    "part of an address": (
        rule("^/node/([0-9]+)/(.*)$", "http://127.0.0.$1:@BP@/$2"),
        [ask("/node/2/x"), ask("/node/2/x", "127.0.0.22")]),
    "mass hosting by suffix": (
        rule("^(.*)$", "http://%1.apps.internal$1",
             "%{HTTP_HOST} ^([a-z]+)\\.example$")
        + "\nProxyRemote * http://@B@",
        [ask("/x", "alice.example"),
         ask("/x?see=alice.apps.internal", "alice.example")]),
    "mass hosting by path": (
        rule("^/~([a-z]+)/(.*)$", "http://$1.users.internal/$2")
        + "\nProxyRemote * http://@B@", [ask("/~bob/x")]),
    "a literal before our own name": (
        rule("^(.*)$", "http://inner-%{HTTP_HOST}:8080$1")
        + "\nProxyRemote * http://@B@",
        [ask("/x", "own.example"), ask("/x", "OWN.example.")]),
    "a numbered host": (
        rule("^/app([0-9])/(.*)$", "http://app$1:8080/$2")
        + "\nProxyRemote * http://@B@", [ask("/app7/x")]),
    "a map": ("RewriteMap to txt:@MAP@\n"
              + rule("^/([a-z]+)/(.*)$", "http://${to:$1|127.0.0.2:1}/$2"),
              [ask("/app/x")]),
    "a map by Host": ("RewriteMap to txt:@MAP@\n"
                      + rule("^(.*)$", "http://${to:%{HTTP_HOST}}$1"),
                      [ask("/x", "shop.test")]),
    "a map, its value named by the client": (
        "RewriteMap to txt:@MAP@\n"
        + rule("^(.*)$", "http://${to:%{HTTP_HOST}}$1"),
        [ask("/x?to=@B@", "shop.test", "X-Target: @B@")]),
    "an address in a variable of a rule": (
        rule("^", "-", flags="E=TO:@B@")
        + '\nRewriteRule "^/app/(.*)$" "http://%{ENV:TO}/$1" [P]',
        [GET, LOUD]),
    "a name with a dot behind it": (
        rule("^/app/(.*)$", "http://inner.test.:@BP@/$1")
        + "\nProxyRemote * http://@B@", [GET, ask("/app/x?inner.test")]),
    "a map in a variable": (
        "RewriteMap to txt:@MAP@\n"
        + rule("^", "-", flags="E=TO:${to:%{HTTP_HOST}}")
        + '\nRewriteRule "^(.*)$" "http://%{ENV:TO}$1" [P]',
        [ask("/x", "shop.test")]),
    "our own name and a port": (
        rule("^/app/(.*)$", "http://%{HTTP_HOST}:@BP@/$1")
        + "\nServerAlias 127.0.0.2", [ask("/app/x", "127.0.0.2")]),
    "our own name and a port, from a client on another": (
        rule("^/app/(.*)$", "http://%{SERVER_NAME}:@BP@/$1")
        + "\nServerAlias 127.0.0.2", [ask("/app/x", "127.0.0.2:@PORT@")]),
    "the variable of an interpolated ProxyPass": (
        "SetEnvIf Request_URI ^ TO=@B@\n"
        "ProxyPassInterpolateEnv On\n"
        "ProxyPass /app http://${TO} interpolate", [LOUD]),
    "a header that the server sets": (
        "RequestHeader set X-Target @B@ early\n"
        + rule("^/app/(.*)$", "http://%{HTTP:X-Target}/$1"), [GET]),
    "a LocationMatch": (
        "<LocationMatch \"^/app/\">\nProxyPassMatch http://@B@\n"
        "</LocationMatch>", [GET]),
    "an If": (
        "<If \"%{HTTP_HOST} == 'if.example'\">\nRewriteEngine On\n"
        "RewriteRule .* http://@B@/ [P]\n</If>", [ask("/x", "if.example")]),
    "SetHandler": ("<Location /app>\nSetHandler \"proxy:http://@B@\"\n"
                   "</Location>", [GET, LOUD]),
    ".htaccess": ("", [ask("/hta/x"), ask("/hta/x", "other.test")]),
    ".htaccess, its host named by the client": (
        "", [loud("/hta/x"), ask("/hta/x", "@B@"), loud("/hta/below/x")]),
    ".htaccess, a handler": ("", [ask("/hth/x"), loud("/hth/x")]),
    ".htaccess by another name, behind a redirect": (
        "AccessFileName .other .htaccess\n"
        + rule("^/again/(.*)$", "/hto/$1", flags="PT"), [loud("/again/x")]),
    "FastCGI": ("ProxyPass /app fcgi://@FCGI@", [GET]),
    "FastCGI by ProxyPassMatch": (
        "ProxyPassMatch ^/(.*\\.php(/.*)?)$ fcgi://@FCGI@/var/www/$1",
        [ask("/index.php"), ask("/a/b.php/c")]),
    "FastCGI by a handler": (
        "<FilesMatch \\.php$>\nSetHandler \"proxy:fcgi://@FCGI@\"\n"
        "</FilesMatch>", [ask("/page.php"), ask("/page.php?a=@FCGI@")]),
    "FastCGI by AddHandler": (
        "AddHandler \"proxy:fcgi://@FCGI@\" .php",
        [ask("/page.php"), ask("/page.php?a=@FCGI@")]),
    "FastCGI by a socket": (
        "<FilesMatch \\.php$>\n"
        "SetHandler \"proxy:unix:@SOCK@|fcgi://localhost\"\n"
        "</FilesMatch>", [ask("/page.php")]),
    "FastCGI by a socket and ProxyPassMatch": (
        "ProxyPassMatch ^/(.*\\.php)$ "
        "unix:@SOCK@|fcgi://localhost/var/www/$1", [ask("/page.php")]),
    "FastCGI by a socket and a worker": (
        "<Proxy unix:@SOCK@|fcgi://php>\nProxySet disablereuse=On\n"
        "</Proxy>\n<FilesMatch \\.php$>\nSetHandler proxy:fcgi://php\n"
        "</FilesMatch>", [ask("/page.php")]),
    "HTTP by a socket": ("ProxyPass /app unix:@HSOCK@|http://localhost/",
                         [GET]),
    "SCGI": ("ProxyPass /app scgi://@SCGI@/", [GET]),
    "uwsgi": ("ProxyPass /app uwsgi://@UWSGI@/", [GET]),
    "AJP": ("ProxyPass /app ajp://@AJP@/app", [GET]),
    "WebSocket": ("ProxyPass /ws ws://@B@", [WS]),
    "WebSocket by upgrade=": (
        "ProxyPass /ws http://@B@ upgrade=websocket", [WS, ask("/ws/x")]),
    "WebSocket by a rule": (
        rule("^/ws/(.*)$", "ws://@B@/$1",
             "%{HTTP:Upgrade} =websocket [NC]")
        + "\nProxyPass /ws http://@B@", [WS, ask("/ws/x")]),
    "a part of a page": ("ProxyPass /app http://@B@",
                         [ask("/part/page.shtml")]),
    "an error page from the backend": (
        "ErrorDocument 404 /app/missing\nProxyPass /app http://@B@",
        [ask("/nowhere")]),
    "an error page in place of the backend's": (
        "ProxyErrorOverride On\nProxyPass /app http://@B@", [GET]),
    "a front controller": (
        "<Directory @DIR@>\nFallbackResource /front\n</Directory>\n"
        "ProxyPass /front http://@B@", [ask("/any/thing")]),
    "a cache": ("CacheEnable socache /app\nCacheSocache shmcb\n"
                "ProxyPass /app http://@B@", [GET, GET]),
    "a proxy behind ProxyRemote": (
        "ProxyPass /app http://inner.test\nProxyRemote * http://@B@",
        [GET]),
    "a declared backend": (
        "ProxyGuardBackend 127.0.0.2\n"
        + rule("^/to/([^/]+)/(.*)$", "http://$1/$2"), [ask("/to/@B@/x")]),
}
FILES = {
    "hta/.htaccess": rule("^(.*)$", "http://@B@/$1"),
    "hta/below/.htaccess": "RewriteEngine On\nRewriteOptions Inherit\n",
    "hto/.other": "# none of these\n" + rule("^(.*)$", "http://\\\n@B@/$1"),
    "hth/.htaccess": "SetHandler \"proxy:http://@B@\"\n",
    "part/page.shtml": "<!--#include virtual=\"/app/x\" -->\n",
    "page.php": "no script\n",
}
MAP = "app @B@\nshop.test @B@\n"
MODULES = ("proxy", "proxy_http", "proxy_fcgi", "proxy_scgi", "proxy_uwsgi",
           "proxy_ajp", "proxy_wstunnel", "proxy_balancer", "proxy_hcheck",
           "slotmem_shm", "lbmethod_byrequests", "watchdog", "rewrite",
           "include", "cache", "cache_socache", "socache_shmcb")
