# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Random rules and random requests: an origin that the configuration does not
name is never reached. The seed is in the failure; PG_SEED sets it."""

import os
import random

from pg_hosts import host_on
from pg_peers import Origin
from pg_wire import exchange

RULES, REQUESTS = 40, 8
MODULES = ("proxy", "proxy_http", "rewrite", "include")
STRANGER, BACKEND = "127.0.0.3", "127.0.0.2"


def escaped(rng, text):
    """Some octets as %XX, once or twice."""
    out = text
    for _ in range(rng.choice((0, 0, 1, 2))):
        out = "".join(f"%{ord(c):02x}" if c == "%" or rng.random() < 0.2
                      else c for c in out)
    return out


# where a rule takes text from: (condition or None, the variable, a function
# that puts text there)
def sources(rng):
    name = rng.choice(("X-To", "Referer", "X-Forwarded-Host", "Via"))
    return [
        (None, "$1", lambda t: {"path": t}),
        ("%{QUERY_STRING} to=([^&]*)", "%1", lambda t: {"query": t}),
        ("%{QUERY_STRING} to=([^&]*)", "${un:%1}", lambda t: {"query": t}),
        (None, "%{HTTP_HOST}", lambda t: {"host": t}),
        (None, f"%{{HTTP:{name}}}", lambda t: {name: t}),
        (f"%{{HTTP:{name}}} ^(.*)$", "%1", lambda t: {name: t}),
        (None, "${un:%{HTTP:" + name + "}}", lambda t: {name: t}),
        (None, f"${{lc:%{{HTTP:{name}}}}}", lambda t: {name: t}),
    ]


def random_rule(rng):
    """(directives, how to fill a request) """
    condition, variable, put = rng.choice(sources(rng))
    head = rng.choice(("http://", f"http://{BACKEND}", "http://backend.test",
                       f"http://{BACKEND}:", "http://user@"))
    tail = rng.choice(("", "/", "/x?y=$1", ":@SP@/", "$1"))
    lines = ["RewriteEngine On", "RewriteMap un int:unescape",
             "RewriteMap lc int:tolower"]
    if condition:
        lines.append(f"RewriteCond {condition}")
    pattern = rng.choice(("^/p(.*)$", "^/p/(.*)$", "^/(?:p|q)/?(.*)$"))
    lines.append(f'RewriteRule "{pattern}" "{head}{variable}{tail}" [P]')
    return "\n".join(lines), put


def random_request(rng, put, stranger):
    host, port = stranger
    text = rng.choice((
        host, f"{host}:{port}", f"@{host}:{port}", f":80@{host}:{port}",
        f"[::ffff:{host}]:{port}", f"u:p@{host}:{port}", f"{port}@{host}",
        f"{host}:{port}/", f"{host}:{port}?", f"{host}:{port}#",
        f"?@{host}:{port}", f"#@{host}:{port}", f"{host}.:{port}"))
    filled = put(text)
    path = "/p" + rng.choice(("", "/")) + escaped(rng,
                                                  filled.get("path", "x"))
    query = escaped(rng, filled.get("query", "none"))
    lines = [f"GET {path}?to={query} HTTP/1.1",
             f"Host: {filled.get('host', 'own.example')}",
             "Connection: close"]
    lines += [f"{k}: {escaped(rng, v)}" for k, v in filled.items()
              if k not in ("path", "query", "host")]
    return "\r\n".join(lines).replace("#", "%23") + "\r\n\r\n"


def farm(servers, seed, guard):
    """(server, origin, [(address, request)])"""
    rng = random.Random(seed)
    third = Origin(host=STRANGER)
    rules = [random_rule(rng) for _ in range(RULES)]
    conf = "".join(
        host_on("@PORT@", text.replace("@SP@", str(third.port)),
                "own.example", f"127.35.0.{n}")
        for n, (text, _) in enumerate(rules, 1))
    server = servers(conf, modules=MODULES, guard=guard)
    asked = [(f"127.35.0.{n}",
              random_request(rng, put, (STRANGER, third.port)))
             for n, (_, put) in enumerate(rules, 1) for _ in range(REQUESTS)]
    return server, third, rules, asked


def reached(servers, seed, guard):
    server, third, rules, asked = farm(servers, seed, guard)
    out = []
    for address, request in asked:
        before = len(third.hits)
        exchange((address, server.port), request.encode(), timeout=20)
        if len(third.hits) > before:
            out.append((rules[int(address.rsplit(".", 1)[1]) - 1][0],
                        request))
    third.close()
    server.log.take_all("PG|AH|proxy|rewrite")
    return out


def test_no_rule_and_no_request_reach_a_third_party(httpd_with):
    seed = int(os.environ.get("PG_SEED", random.SystemRandom().randrange(
        1 << 32)))
    # the requests do steer a server without the guard
    assert len(reached(httpd_with, seed, guard=False)) >= 10, seed
    assert reached(httpd_with, seed, guard=True) == [], seed
