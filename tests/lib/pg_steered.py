# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Ways to steer a reverse proxy: a rule, and the request that makes it go
where the client says. @S@ is the authority of an origin that the configuration
does not name, @SH@ and @SP@ its host and port, @L@ the port of another one on
localhost, @L1@ and @L2@ its first digits and the rest, @DIR@ a folder of the
site."""


def ask(target, host=None, *fields, method="GET", body=""):
    """A request; without host, Host is the virtual host's own name."""
    return ("\r\n".join([f"{method} {target} HTTP/1.1",
                         f"Host: {host or '@OWN@'}", "Connection: close",
                         *fields]) + "\r\n\r\n" + body)


def rule(pattern, to, *conditions, flags="P"):
    return "\n".join(["RewriteEngine On",
                      *(f"RewriteCond {c}" for c in conditions),
                      f'RewriteRule "{pattern}" "{to}" [{flags}]'])


# no names are resolved in tests: all that is carried goes to the third party
REMOTE = "\nProxyRemote * http://@S@"
HOST = rule("^(.*)$", "http://%{HTTP_HOST}$1")
TARGET = "X-Target: @S@"

# name: (directives of the virtual host, request)
HOSTS = {
    "Host, an address": (HOST, ask("/x", "@S@")),
    "Host, a v4-mapped address": (HOST, ask("/x", "[::ffff:@SH@]:@SP@")),
    "Host, localhost and a port": (HOST, ask("/x", "localhost:@L@")),
    "Host, a name": (HOST + REMOTE, ask("/x", "stranger.test")),
    "Host, a name with a dot behind": (HOST + REMOTE,
                                       ask("/x", "stranger.test.")),
    "Host, a name in capitals, made small": (
        "RewriteMap lc int:tolower\n"
        + rule("^(.*)$", "http://${lc:%{HTTP_HOST}}$1") + REMOTE,
        ask("/x", "STRANGER.Test")),
    "Host, one label": (HOST + REMOTE, ask("/x", "intranet")),
    "Host, foreign-host denied": (
        HOST + "\nProxyGuardAction foreign-host deny", ask("/x", "@S@")),
    "Host, and a port of the rule's": (
        rule("^(.*)$", "http://%{HTTP_HOST}:@SP@$1"), ask("/x", "@SH@")),
    "Host, the path alone in the rule": (rule("^/only/(.*)$", "/$1"),
                                         ask("/only/x", "@S@")),
    "Host, behind one of two literals": (
        "RewriteEngine On\nRewriteRule ^/y(.*)$ http://inner$1 [P]\n"
        + rule("^/x(.*)$", "http://inner-%{HTTP_HOST}$1") + REMOTE,
        ask("/x", "stranger.test")),
    "Host captured by a condition": (
        rule("^(.*)$", "http://%1$1", "%{HTTP_HOST} ^(.*)$"),
        ask("/x", "@S@")),
    "Host, scheme a variable": (
        rule("^(.*)$", "%{REQUEST_SCHEME}://%{HTTP_HOST}$1"),
        ask("/x", "@S@")),
    "path": (rule("^/p/(.*)$", "http://$1"), ask("/p/@S@/x")),
    "path, escaped": (rule("^/p/(.*)$", "http://$1"),
                      ask("/p/%31%32%37.0.0.3:@SP@/x")),
    "path, no delimiter": (rule("^/go(.*)$", "http://$1"), ask("/go@S@/x")),
    "path, a name": (rule("^/p/(.*)$", "http://$1") + REMOTE,
                     ask("/p/stranger.test/x")),
    "path, one label": (rule("^/p/([a-z]+)/", "http://$1/") + REMOTE,
                        ask("/p/intranet/x")),
    "path, one label, no delimiter": (
        rule("^/go(.*)$", "http://$1") + REMOTE, ask("/gointranet/x")),
    "path, a number for an address": (
        rule("^/go(.*)$", "http://$1"), ask("/go2130706433:@L@/x")),
    "path, host and port apart": (
        rule("^/hp/([^/]+)/([0-9]+)/(.*)$", "http://$1:$2/$3"),
        ask("/hp/@SH@/@SP@/x")),
    "path, port of the rule's": (
        rule("^/fp/([^/]+)/(.*)$", "http://$1:@SP@/$2"), ask("/fp/@SH@/x")),
    "path, the scheme too": (rule("^/(http|https)/(.*)$", "$1://$2"),
                             ask("/http/@S@/x")),
    "path, a whole URL": (rule("^/u/(https?):/+(.*)$", "$1://$2"),
                          ask("/u/http://@S@/x")),
    "path, by POST": (rule("^/p/(.*)$", "http://$1"),
                      ask("/p/@S@/x", None, "Content-Length: 3",
                          method="POST", body="a=b")),
    "ProxyPassMatch": ("ProxyPassMatch ^/p/(.*)$ http://$1",
                       ask("/p/@S@/x")),
    "ProxyPassMatch in a LocationMatch": (
        "<LocationMatch ^/p/(.*)$>\nProxyPassMatch http://$1\n"
        "</LocationMatch>", ask("/p/@S@/x")),
    "query": (rule("^/q$", "http://%1", "%{QUERY_STRING} ^u=(.*)$"),
              ask("/q?u=@S@/x")),
    "query, unescaped": (
        "RewriteMap un int:unescape\n"
        + rule("^/q$", "http://${un:%1}", "%{QUERY_STRING} ^u=(.*)$"),
        ask("/q?u=127%2e0%2e0%2e3%3a@SP@%2fx")),
    "query, unescaped twice": (
        "RewriteMap un int:unescape\n"
        + rule("^/q$", "http://${un:${un:%1}}",
               "%{QUERY_STRING} ^u=(.*)$"),
        ask("/q?u=127%252e0.0%252e3%253a@SP@/x")),
    "the request line": (
        rule("^/q$", "http://%1", r"%{THE_REQUEST} \?url=http://([^\s]+)"),
        ask("/q?url=http://@S@/x")),
    "a field of its own": (rule("^/h$", "http://%{HTTP:X-Target}/"),
                           ask("/h", None, TARGET)),
    "X-Forwarded-Host": (rule("^/h$", "http://%{HTTP:X-Forwarded-Host}/"),
                         ask("/h", None, "X-Forwarded-Host: @S@")),
    "Referer": (rule("^/h$", "http://%1/",
                     "%{HTTP_REFERER} ^http://([^/]+)/"),
                ask("/h", None, "Referer: http://@S@/page")),
    "a cookie": (rule("^/h$", "http://%1/",
                      "%{HTTP_COOKIE} backend=([^;]+)"),
                 ask("/h", None, "Cookie: a=b; backend=@S@; c=d")),
    "the method": (rule("^/h$", "http://%{REQUEST_METHOD}/") + REMOTE,
                   ask("/h", method="stranger.test")),
    "an environment variable": (
        "SetEnvIf X-Target (.*) TARGET=$1\n"
        + rule("^/h$", "http://%{ENV:TARGET}/"), ask("/h", None, TARGET)),
    "ProxyPass interpolate": (
        "SetEnvIf X-Target (.*) TARGET=$1\nProxyPassInterpolateEnv On\n"
        "ProxyPass /i http://${TARGET}/ interpolate",
        ask("/i/x", None, TARGET)),
    "a variable of a LocationMatch": (
        "RewriteEngine On\n<LocationMatch \"^/lm/(?<to>[^/]+)/\">\n"
        "RewriteEngine On\n"
        "RewriteRule .* http://%{ENV:MATCH_TO}/ [P]\n</LocationMatch>",
        ask("/lm/@S@/x")),
    "userinfo behind a literal host": (
        rule("^/p(.*)$", "http://127.0.0.1$1"), ask("/p@@S@/x")),
    "userinfo with a port": (
        rule("^/p(.*)$", "http://127.0.0.1$1"), ask("/p:80@@S@/x")),
    "more labels behind a literal host": (
        rule("^/p(.*)$", "http://backend$1") + REMOTE,
        ask("/p.stranger.test/x")),
    "more digits behind a literal address": (
        rule("^/p(.*)$", "http://127.0.0.1$1") + REMOTE, ask("/p9/x")),
    "SetHandler, an expression": (
        "<Location /sh>\nSetHandler \"proxy:http://%{HTTP:X-Target}\"\n"
        "</Location>", ask("/sh/x", None, TARGET)),
    "a handler of a rule": (
        rule("^/h/(.*)$", "-", flags="H=proxy:http://$1"),
        ask("/h/@S@")),
    ".htaccess": ("", ask("/htaccess/p/@S@/x")),
    ".htaccess, Host": ("", ask("/hthost/x", "@S@")),
    ".htaccess, a handler": ("", ask("/hthandler/x", None, TARGET)),
    ".htaccess, digits behind a literal address": (
        REMOTE, ask("/htprefix/p9/x")),
    "an internal redirect": (rule("^/p2/(.*)$", "http://$1"),
                             ask("/htredirect/go/@S@/x")),
    "an error document": (
        "ErrorDocument 404 /err\n"
        + rule("^/err$", "http://%{HTTP:X-Target}/"),
        ask("/missing", None, TARGET)),
    "FallbackResource": (
        "<Directory @DIR@>\nFallbackResource /fb\n</Directory>\n"
        + rule("^/fb$", "http://%{HTTP:X-Target}/"),
        ask("/missing", None, TARGET)),
    "a part of a page": (rule("^/p/(.*)$", "http://$1"),
                         ask("/ssi/page.shtml?@S@")),
    "a field that is removed then": (
        rule("^/h$", "http://%{HTTP:X-Target}/")
        + "\nRequestHeader unset X-Target", ask("/h", None, TARGET)),
    "Host, set to another then": (
        HOST + "\nRequestHeader set Host inner.example", ask("/x", "@S@")),
    "a cookie that is removed then": (
        rule("^/h$", "http://%1/", "%{HTTP_COOKIE} backend=([^;]+)")
        + "\nRequestHeader unset Cookie",
        ask("/h", None, "Cookie: backend=@S@")),
    "a handler by a field that is removed then": (
        "<Location /sh>\nSetHandler \"proxy:http://%{HTTP:X-Target}\"\n"
        "RequestHeader unset X-Target\n</Location>",
        ask("/sh/x", None, TARGET)),
    "labels behind our own name": (
        rule("^/go(.*)$", "http://%{HTTP_HOST}$1") + REMOTE,
        ask("/go.stranger.test/x", "own.example")),
    "labels behind a suffix": (
        rule("^/go(.*)$", "http://%1.apps.internal.example$1",
             r"%{HTTP_HOST} ^(own)\.") + REMOTE,
        ask("/go.stranger.test/x")),
    "labels behind a map's value": (
        "RewriteMap to txt:@DIR@/map.txt\n"
        + rule("^/go(.*)$", "http://${to:app}$1") + REMOTE,
        ask("/go.stranger.test/x")),
    "labels joined": (
        rule("^/([0-9]+)/([0-9]+)/([0-9]+)/([0-9]+)/",
             "http://$1.$2.$3.$4:@SP@/"), ask("/127/0/0/3/x")),
    "path and query joined": (
        rule("^/o/(.*)$", "http://$1.%1/", "%{QUERY_STRING} ^d=(.*)$")
        + REMOTE, ask("/o/stranger?d=test")),
    "labels behind a ProxyPass without a slash": (
        "ProxyPass / http://inner.example" + REMOTE,
        ask("/.stranger.test/x")),
    "letters behind it": (
        "ProxyPass / http://inner.example.co" + REMOTE, ask("/m/x")),
    "letters behind the name of a rule": (
        rule("^/p(.*)$", "http://inner.example.ne$1") + REMOTE,
        ask("/pt/x")),
    "a name behind it, in a Location": (
        "<Location \"/pp/\">\nProxyPass http://inner\n</Location>" + REMOTE,
        ask("/pp/x.stranger.test/x")),
    "Host and path joined": (
        rule("^/go(.*)$", "http://%{HTTP_HOST}$1") + REMOTE,
        ask("/goer.test/x", "strang")),
    "parts of a path joined": (
        rule("^/o/([^/]+)/([^/]+)/", "http://$1-$2/") + REMOTE,
        ask("/o/x/stranger.test/")),
    "IPv6 behind a digit of a pattern": (
        rule("^/node(.*)$", "http://[$1]:@SP@/"),
        ask("/node::ffff:@SH@")),
    "named by a rule that refuses": (
        "RewriteEngine On\nRewriteCond %{REQUEST_URI} 127\\.0\\.0\\.3\n"
        "RewriteRule ^ - [F]\n" + rule("^/h$", "http://%{HTTP:X-Target}/"),
        ask("/h", None, TARGET)),
    "named by a <Proxy> that refuses": (
        "<Proxy \"http://127.0.0.3/*\">\nRequire all denied\n</Proxy>\n"
        "<Location /sh>\nSetHandler \"proxy:http://%{HTTP:X-Target}\"\n"
        "</Location>", ask("/sh/x", None, TARGET)),
    "named by a <LocationMatch> that refuses": (
        "<LocationMatch \"^/to/127\\.0\\.0\\.3\">\nRequire all denied\n"
        "</LocationMatch>\n" + rule("^/h$", "http://%{HTTP:X-Target}/"),
        ask("/h", None, TARGET)),
    "named by a rule that redirects": (
        "RewriteEngine On\nRewriteRule ^/old http://127.0.0.3/ [R=301,L]\n"
        + rule("^/h$", "http://%{HTTP:X-Target}/"), ask("/h", None, TARGET)),
    "named by a section that refuses": (
        "<If \"%{HTTP_HOST} == '127.0.0.3'\">\nRequire all denied\n</If>\n"
        + rule("^/h$", "http://%{HTTP:X-Target}/"), ask("/h", None, TARGET)),
    "https": (rule("^/p/(.*)$", "https://$1") + "\nSSLProxyEngine On",
              ask("/p/@S@/x")),
    "ws": (rule("^/p/(.*)$", "ws://$1"),
           ask("/p/@S@/x", None, "Upgrade: websocket",
               "Sec-WebSocket-Version: 13",
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
           .replace("Connection: close", "Connection: Upgrade")),
    "h2c": (rule("^/p/(.*)$", "h2c://$1"), ask("/p/@S@/x")),
    "fcgi": (rule("^/p/(.*)$", "fcgi://$1"), ask("/p/@S@/x")),
    "scgi": (rule("^/p/(.*)$", "scgi://$1"), ask("/p/@S@/x")),
    "uwsgi": ("ProxyPassMatch ^/p/(.*)$ uwsgi://$1", ask("/p/@S@/x")),
    "ajp": (rule("^/p/(.*)$", "ajp://$1"), ask("/p/@S@/x")),
    "ftp": (rule("^/p/(.*)$", "ftp://$1"), ask("/p/@S@/x")),
}

# the client's port on a host that the configuration names, or that is ours
PORTS = {
    "port of a literal host": (
        rule("^/port/([0-9]+)/(.*)$", "http://localhost:$1/$2"),
        ask("/port/@L@/x")),
    "port behind a literal host": (
        rule("^/p(.*)$", "http://localhost$1"), ask("/p:@L@/x")),
    "port in ProxyPassMatch": (
        "ProxyPassMatch ^/port/(.*)$ http://localhost:$1",
        ask("/port/@L@/x")),
    "own address with another port": (HOST, ask("/x", "127.0.0.1:@L@")),
    "port with a zero before it": (
        rule("^/port/([0-9]+)/(.*)$", "http://localhost:$1/$2"),
        ask("/port/0@L@/x")),
    "port by a field that is removed then": (
        rule("^/h$", "http://localhost:%{HTTP:X-Port}/")
        + "\nRequestHeader unset X-Port",
        ask("/h", None, "X-Port: @L@")),
    "digits behind a literal port": (
        rule("^/p([0-9]*)/(.*)$", "http://localhost:@L1@$1/$2"),
        ask("/p@L2@/x")),
    "digits behind a literal port, no slash": (
        rule("^/p(.*)$", "http://localhost:@L1@$1"), ask("/p@L2@/x")),
    "digits behind the port of a ProxyPass": (
        "ProxyPass /p/ http://localhost:@L1@", ask("/p/@L2@/x")),
    ".htaccess, port": ("", ask("/htport/@L@/x")),
    "port by a field": (
        rule("^/h$", "http://localhost:%{HTTP:X-Port}/"),
        ask("/h", None, "X-Port: @L@")),
}

# files below the site's folder
FILES = {
    "map.txt": "app inner.example\n",
    "htaccess/.htaccess": rule("^p/(.*)$", "http://$1"),
    "hthost/.htaccess": rule("^(.*)$", "http://%{HTTP_HOST}/$1"),
    "htprefix/.htaccess": rule("^p(.*)$", "http://127.0.0.1$1"),
    "htport/.htaccess": rule("^([0-9]+)/(.*)$", "http://localhost:$1/$2"),
    "hthandler/.htaccess":
        "SetHandler \"proxy:http://%{HTTP:X-Target}\"\n",
    "htredirect/.htaccess": rule("^go/(.*)$", "/p2/$1", flags="L"),
    "ssi/page.shtml": "<!--#include virtual=\"/p/$QUERY_STRING\" -->\n",
}
MODULES = ("proxy", "proxy_http", "proxy_http2", "proxy_fcgi", "proxy_scgi",
           "proxy_uwsgi", "proxy_ajp", "proxy_ftp", "proxy_wstunnel",
           "rewrite", "include", "ssl", "socache_shmcb")
