# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Random configurations of reverse and forward proxies, and what a client can
try with each of them. All traffic stays on loopback; @BACK@ is the
administrator's own backend, the rest comes from the client."""

import re
from random import Random

PATTERNS = [
    "^/p/(.*)$", "^/p/(.*)$", "^/p(.*)$", "^(.*)$", "^/(.*)$", "/p/(.+)",
    "^/p/([^/]+)/?(.*)$", "^/p/([a-z0-9.:-]+)(/.*)?$", "^/p/([0-9]+)/?$",
    "^/p/(http|https)/(.*)$", "^/p/(red|blue)/(.*)$", "^/p/([a-z]+)$",
    "^/P/(.*)$", "^(/p/.*)$", "^/p/(.+)/x$", "^/p/(?:x/)?(.*)$", "p/(.*)$",
    "^/p/([^/:]+)/(.*)$", "^/p/(\\w+)/(.*)$", "^/p/(.*)\\.html$",
]
TARGETS = [
    "http://$1", "http://$1", "http://$1/", "http://$1/$2", "http://$2",
    "$1://$2", "$1", "http://%{HTTP_HOST}$1", "http://%{HTTP_HOST}/x",
    "%{REQUEST_SCHEME}://%{HTTP_HOST}/", "http://%{HTTP:X-Target}/",
    "http://%{QUERY_STRING}/", "http://%1/", "http://%1$1", "http://@BACK@$1",
    "http://@BACK@/$1", "http://127.0.0.1:$1/", "http://127.0.0.1:$1",
    "http://127.0.0.1$1", "http://$1.fixed.invalid/",
    "http://$1.fixed.invalid/$2",
    "http://%{SERVER_NAME}:@FAR@/", "http://%{HTTP_HOST}:80/", "/$1", "$1",
    "http://app$1.fixed.invalid/", "ws://$1", "ajp://$1", "https://$1/",
    "gopher://$1/", "http://%{SERVER_ADDR}/$1", "http://${low:$1}/",
    "http://${low:%{HTTP_HOST}}/", "http://${tab:$1|127.0.0.1:1}/",
    "http://${tab:%{HTTP_HOST}|%{HTTP_HOST}}/", "http://%{HTTP_USER_AGENT}/",
    "http://@BACK@", "http://127.0.0.1", "http://@BACK@/",
    "http://user:pw@$1/", "http://%{REMOTE_ADDR}:1/", "http://$0",
]
CONDITIONS = [
    "%{HTTP_HOST} ^@BACK@$", "%{HTTP_HOST} ^www\\.own\\.example$ [NC]",
    "%{HTTP_HOST} \\.own\\.example$", "%{HTTP_HOST} ^(.*)$",
    "%{HTTP_HOST} ^(.+)\\.own\\.example$", "%{HTTP_HOST} !^$",
    "%{HTTP_HOST} =www.own.example", "%{QUERY_STRING} ^u=(.*)$",
    "%{QUERY_STRING} ^u=([a-z]+)$", "%{QUERY_STRING} (?:^|&)u=([^&]+)",
    "%{HTTP:X-Target} (.+)", "%{HTTP:X-Target} ^([0-9.:]+)$",
    "%{REMOTE_ADDR} ^10\\.", "%{REMOTE_ADDR} !^10\\.",
    "%{HTTPS} on", "%{HTTPS} off", "%{HTTPS} !=on",
    "%{REQUEST_METHOD} ^(GET|HEAD)$", "%{REQUEST_METHOD} POST",
    "%{REQUEST_FILENAME} !-f", "%{REQUEST_FILENAME} -d",
    "%{REQUEST_URI} ^/p", "%{REQUEST_URI} !^/p", "%{THE_REQUEST} ^GET",
    "expr \"%{REQUEST_METHOD} == 'GET'\"",
    "expr \"%{REMOTE_ADDR} -ipmatch '10.0.0.0/8'\"", "%{ENV:nothing} ^$",
    "%{HTTP_COOKIE} key=secret", "%{SERVER_PORT} ^[0-9]+$",
]
FLAGS = ["[P]", "[P]", "[P]", "[P,L]", "[P,NE]", "[P,B]", "[P,NC]",
         "[P,QSA]", "[NC,P]", "[proxy]", "[P,END]"]
BEFORE = [
    "RewriteRule ^/p/ - [F]", "RewriteRule ^/static/ - [L]",
    "RewriteRule ^ - [F]", "RewriteRule .* - [END]",
    "RewriteRule ^/old/(.*)$ /p/$1", "RewriteRule ^/p/(.*)$ /q/$1 [L]",
    "RewriteRule ^/old/(.*)$ /p/$1 [PT]", "RewriteRule ^/p - [L]",
    "RewriteRule ^/p/(.*)$ /q/$1", "RewriteRule ^/x - [S=1]",
    "RewriteRule ^/x /y [C]", "RewriteRule ^/p/ https://other.invalid/ [R]",
    "RewriteCond %{HTTP_HOST} !^www\\.own\\.example$ [NC]\n"
    "RewriteRule ^ - [F]",
    "RewriteCond %{HTTP_HOST} !^www\\.own\\.example$ [NC]\n"
    "RewriteRule ^(.*)$ http://www.own.example$1 [R=301,L]",
    "RewriteCond %{REMOTE_ADDR} !^10\\.\nRewriteRule ^ - [F]",
    "RewriteCond %{HTTP_HOST} \\.own\\.example$\nRewriteRule ^/ - [L]",
    "RewriteRule ^/p/([a-z]+)$ - [G]", "RewriteRule !^/p/ - [F]",
    "RewriteRule ^/p/.*\\.php$ - [F]", "RewriteRule ^ - [E=seen:1]",
]
PASSES = [
    'ProxyPass "/p/" "http://@BACK@/"', 'ProxyPass "/p/" "http://@BACK@"',
    'ProxyPass "/" "http://@BACK@/"', 'ProxyPass "/" "http://127.0.0.1"',
    'ProxyPass "/p" "http://@BACK@"', 'ProxyPass "/p/" "!"',
    'ProxyPass "/q/" "http://@BACK@/"', 'ProxyPassMatch "^/q" "!"',
    'ProxyPass "/p/" "http://@BACK@/" nocanon',
]
PASS_TARGETS = ["http://$1", "http://$1/", "http://$1/$2", "http://$2",
                "http://@BACK@$1", "http://@BACK@/$1",
                "http://127.0.0.1:$1/", "http://127.0.0.1$1",
                "http://$1.fixed.invalid/", "ws://$1", "ajp://$1",
                "http://@BACK@"]
ACCESS = [
    '<Location "/">\nRequire ip 192.0.2.1\n</Location>',
    '<Location "/p">\nRequire all denied\n</Location>',
    '<LocationMatch "^/p/">\nRequire all denied\n</LocationMatch>',
    '<Location "/other">\nRequire all denied\n</Location>',
    '<Location "/p/x">\nRequire all denied\n</Location>',
    '<Proxy "*">\nRequire all denied\n</Proxy>',
    '<Proxy "*">\nRequire ip 192.0.2.1\n</Proxy>',
    '<Proxy "http://@BACK@/">\nRequire all granted\n</Proxy>',
    '<Proxy "https://*">\nRequire all denied\n</Proxy>',
    '<Proxy "http://*">\nRequire all denied\n</Proxy>',
    '<ProxyMatch "^http">\nRequire all denied\n</ProxyMatch>',
    "<If \"%{REMOTE_ADDR} != '192.0.2.1'\">\nRequire all denied\n</If>",
    "<If \"%{REQUEST_METHOD} == 'POST'\">\nRequire all denied\n</If>",
    "<If \"%{HTTP_HOST} == 'www.own.example'\">\nRequire all denied\n</If>",
    "<If \"-R '10.0.0.0/8'\">\nRequire all denied\n</If>",
    '<Directory "/">\nRequire all denied\n</Directory>',
    '<Location "/p">\n<Limit POST>\nRequire all denied\n</Limit>\n'
    '</Location>', "ProxyBlock *", "ProxyBlock other.invalid",
    "<Location \"/p\">\nRequire expr \"%{REMOTE_ADDR} == '192.0.2.1'\"\n"
    "</Location>",
]
HANDLERS = [
    'SetHandler "proxy:http://@BACK@"',
    'SetHandler "proxy:http://%{HTTP_HOST}"',
    'SetHandler "proxy:http://%{HTTP:X-Target}"',
]
FORWARD = [
    "", '<Proxy "*">\nRequire all denied\n</Proxy>',
    '<Proxy "*">\nRequire ip 192.0.2.1\n</Proxy>',
    '<Proxy "http://*">\nRequire all denied\n</Proxy>',
    '<Proxy "*">\n<Limit GET>\nRequire all denied\n</Limit>\n</Proxy>',
    "<Proxy \"*\">\nRequire expr \"%{REMOTE_ADDR} == '192.0.2.1'\"\n"
    "</Proxy>",
    "<Proxy \"*\">\nRequire expr \"%{REMOTE_ADDR} != '192.0.2.1'\"\n"
    "</Proxy>",
    "<If \"%{REMOTE_ADDR} =~ /^10\\./\">\nRequire all granted\n</If>\n"
    "<Else>\nRequire all denied\n</Else>",
    "<If \"! -R '10.0.0.0/8' && true\">\nRequire all denied\n</If>",
    '<Location "/">\nRequire all denied\n</Location>',
]
MAPS = 'RewriteMap low int:tolower\nRewriteMap tab "txt:@ROOT@/map.txt"\n'


class Maker:
    """One configuration after another, the same for the same seed."""

    def __init__(self, seed):
        self.random = Random(seed)

    def maybe(self, chance, text):
        return text if self.random.random() < chance else ""

    def rule(self):
        pick = self.random.choice
        conditions = []
        for _ in range(pick([0, 0, 0, 1, 1, 2])):
            text = pick(CONDITIONS)
            if self.random.random() < 0.1:
                text = (text[:-1] + ",OR]") if text.endswith("]") \
                    else text + " [OR]"
            conditions.append("RewriteCond " + text)
        if self.random.random() < 0.06:
            last = f"RewriteRule {pick(PATTERNS)} - [H=proxy:http://$1]"
        else:
            last = f"RewriteRule {pick(PATTERNS)} {pick(TARGETS)} " \
                   f"{pick(FLAGS)}"
        return "\n".join(conditions + [last])

    def rules(self):
        pick = self.random.choice
        parts = [pick(BEFORE) for _ in range(pick([0, 0, 0, 1, 1, 2]))]
        parts += [self.rule() for _ in range(pick([1, 1, 2]))]
        return "\n".join(parts)

    def options(self):
        return self.maybe(0.2, "RewriteOptions " + self.random.choice(
            ["Inherit", "InheritBefore", "IgnoreInherit", "AllowNoSlash"])
            + "\n")

    def passes(self):
        pick = self.random.choice
        parts = []
        for _ in range(pick([1, 1, 2])):
            parts.append(pick(PASSES) if self.random.random() < 0.4 else
                         f'ProxyPassMatch "{pick(PATTERNS)}" '
                         f'"{pick(PASS_TARGETS)}"')
        return "\n".join(parts)

    def place(self):
        """A section that forwards requests."""
        pick = self.random.choice
        head = pick(['Location "/p/"', 'Location "/p"', 'Location "/"',
                     'LocationMatch "^/p/(.*)$"', 'Directory "@ROOT@/htdocs"',
                     'Directory "@ROOT@"', 'Directory "/elsewhere"',
                     'If "true"', "If \"%{REMOTE_ADDR} == '192.0.2.1'\"",
                     'Files "*"'])
        kind = pick(["rules", "rules", "handler", "pass"])
        if kind == "pass" and head.startswith("Location"):
            # what follows ':' has to be a port when it is read
            inside = f'ProxyPass "{pick(PASS_TARGETS[:4] + PASS_TARGETS[7:])}"'
        elif kind == "handler":
            inside = pick(HANDLERS)
        else:
            inside = "RewriteEngine On\n" + self.rule().replace(
                "RewriteRule ^/", pick(["RewriteRule ^", "RewriteRule ^/",
                                        "RewriteRule /"]))
        return f"<{head}>\n{inside}\n</{head.split()[0]}>"

    def reverse(self):
        """The contents of a virtual host."""
        pick = self.random.choice
        parts = [self.maybe(0.15, "UseCanonicalName On")]
        kind = pick(["rules", "rules", "rules", "passes", "place", "both"])
        if kind in ("rules", "both"):
            parts += [self.maybe(0.93, "RewriteEngine On") + "\n"
                      + self.options() + MAPS + self.rules()]
        if kind in ("passes", "both"):
            parts.append(self.maybe(0.1, "ProxyPassInherit Off\n")
                         + self.passes())
        if kind == "place":
            parts.append(self.place())
        parts += [pick(ACCESS) for _ in range(pick([0, 0, 0, 1, 1, 2]))]
        return "\n".join(p for p in parts if p)

    def forward(self):
        parts = ["ProxyRequests On"]
        parts += [self.random.choice(FORWARD)
                  for _ in range(self.random.choice([1, 1, 2]))]
        return "\n".join(p for p in parts if p)

    def body(self):
        what = self.random.random()
        if what < 0.15:
            return self.forward()
        if what < 0.2:
            return self.forward() + "\n" + self.reverse()
        return self.reverse()

    def common(self):
        """The contents of the main server."""
        kind = self.random.choice(["", "", "", "rules", "down", "place",
                                   "access", "passes"])
        if kind in ("rules", "down"):
            down = "RewriteOptions InheritDown\n" if kind == "down" else ""
            return "RewriteEngine On\n" + MAPS + down + self.rules()
        if kind == "place":
            return self.place()
        if kind == "access":
            return self.random.choice(ACCESS)
        return self.passes() if kind == "passes" else ""


def attacks(far, back, port):
    """(path, Host, X-Target and the like) to try: far is where the client
    wants to go, back the administrator's backend, and port one of its host's
    that no configuration names."""
    name = "stranger.invalid"
    fills = [far + "/", far, far + "/x", far + "/a.html", far + "/x/",
             "http://" + far + "/", "http/" + far + "/", "https/" + far + "/",
             "/" + far + "/", "@" + far + "/", "@" + far, ":8@" + far + "/",
             "8@" + far, "x@" + far + "/", "@" + far + "//x",
             "@" + far + "/.html", "@" + far + "/x", "." + name + "/",
             "@" + far + "/x/x", "@" + name + "/", "@" + name + "/x",
             "." + name, name, name + "/", name + "/x", "x." + name + "/y",
             "stranger", "stranger/", "red/" + far + "/", "x/" + far + "/",
             f":{port}/", f":{port}", str(port), f"{port}/", f"x:{port}/",
             "http:/" + far + "/", far + ".html"]
    paths = [prefix + fill for prefix in ("/p/", "/p", "/", "/old/", "/P/",
                                          "/p/x/", "/x/p/")
             for fill in fills if not (prefix == "/p" and fill[0] not in
                                       "./:@" and fill != "stranger")]
    paths += ["/p/", "/", "/p/red/x", "/x", "/p/x", "/q/x"]
    for path in paths:
        yield f"{path}?u={far}", "@OWN@", far
    for path in ("/p/", "/", "/x", "/p/x", "/p/red/x", "/p/http/x", "/old/",
                 "/p/1", "/p/x/x", "/p/x.html", "/p/a/b", "/x/p/1", "/P/x",
                 "/px", "/P/http/x", "/P/x/x", "/P/x.html", "/P/red/x"):
        for host in (far, name, f"@OWN@:{port}", "www.own.example"):
            yield path, host, far
    for query in (far, "u=" + far, "u=stranger", name, f"u={name}",
                  "http://" + far, "@" + far, f"@{far}/"):
        for path in ("/p/", "/", "/p/x", "/old/x", "/p/red/x", "/p/1",
                     "/p/http/x", "/p/x/x", "/p/a.html", "/x/p/1"):
            for host in ("@OWN@", far):
                yield f"{path}?{query}", host, far
    for path in paths:
        yield f"{path}?u=stranger", back, far
        yield f"{path}?u={far}", "www.own.example", far


def read_postures(server, cases):
    """What the audit says about each case, by its virtual host's name."""
    code, dump = server.run("-t", "-D", "DUMP_PROXYGUARD")
    assert code == 0, dump
    by_name = {c.name: c for c in cases}
    for m in re.finditer(r"^vhost (c\d+\.example):\d+: (\S+): (.*)$", dump,
                         re.M):
        by_name[m[1]].posture, by_name[m[1]].why = m[2], m[3]
