# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What a real httpd logs for relayed requests, and for requests that only look
relayed, and what `scan` and `explain` conclude: each row of docs/scan.md's
table."""

import json
import os

import pytest

from pg_cli import run
from pg_wire import Wire, wait_until

LOG = ('LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"-\\" \\"ua\\"" plain\n'
       'CustomLog @ROOT@/judged.log plain\n'
       'LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"-\\" \\"ua\\"" sent\n'
       'CustomLog @ROOT@/sent.log sent\nProxyGuard Off\n')
OPEN = "ProxyRequests On\n"
TUNNEL = OPEN + "AllowCONNECT 1-65535\n"
PAGE = """#!/bin/sh
echo "Content-Type: text/html"
echo
echo "<p>a page of the application's own</p>"
"""


@pytest.fixture
def site(httpd_with, mpm):
    """site(conf, modules) -> a server without the guard that logs %b."""
    def make(conf="", modules=(), dynamic=False):
        if dynamic:
            modules = (*modules, "cgi" if mpm == "prefork" else "cgid")
            conf += ('ScriptAlias /front @ROOT@/front.sh\n'
                     '<Location "/">\nFallbackResource /front\n'
                     'Require all granted\n</Location>\n'
                     'RewriteEngine On\nRewriteRule .* /front [PT]\n')
            if mpm != "prefork":
                conf += "ScriptSock @ROOT@/cgisock\n"
            modules = (*modules, "rewrite")
        server = httpd_with.make(LOG + conf, modules=modules)
        server.write("front.sh", PAGE)
        os.chmod(server.path("front.sh"), 0o755)
        server.start()
        server.log.take_all(r"PG0\d\d\d: ")
        return server
    return make


def ask(server, line):
    target = line.split()[1]
    host = target.split("/")[2] if "://" in target else target.strip("/")
    with Wire(server.address) as wire:
        wire.send(f"{line}\r\nHost: {host or 'www.own.example'}\r\n"
                  "Connection: close\r\n\r\n".encode())
        reply = wire.read_reply(line.split()[0])
        if line.startswith("CONNECT") and reply.status == 200:
            wire.send(b"GET / HTTP/1.0\r\n\r\n")
        wire.read_to_end()
        return reply.status


def judged(server, name="judged.log"):
    """(exit status, judged) of a scan of the stopped server's log."""
    server.stop()
    done = run("scan", "-q", "-O", "json", server.path(name))
    return done.returncode, json.loads(done.stdout)["scan"]["judged"]


def explained(server, word):
    for line in server.read("judged.log").splitlines():
        if word in line:
            return run("explain", line)
    raise AssertionError(f"no {word} in the log")


def test_a_static_site_serves_its_own_page_and_refuses_tunnels(site):
    server = site()
    assert ask(server, "GET / HTTP/1.1") == 200
    assert ask(server, "GET http://relay.invalid/ HTTP/1.1") == 200
    assert ask(server, "CONNECT relay.invalid:443 HTTP/1.1") == 405
    assert judged(server) == (1, {"harmless": 1, "unclear": 0, "relayed": 0})
    done = explained(server, "CONNECT")
    assert done.returncode == 1
    assert b"it did not work (status 405)" in done.stdout


def test_a_dynamic_site_answers_connect_with_its_own_page(site):
    server = site(dynamic=True)
    assert ask(server, "GET / HTTP/1.1") == 200
    assert ask(server, "CONNECT relay.invalid:443 HTTP/1.1") == 200
    assert ask(server, "GET http://relay.invalid/ HTTP/1.1") == 200
    assert judged(server) == (1, {"harmless": 2, "unclear": 0, "relayed": 0})
    done = explained(server, "CONNECT")
    assert done.returncode == 1
    assert b"cannot be told from this line alone" in done.stdout


@pytest.mark.parametrize("log", ["judged.log", "sent.log"])
def test_a_tunnel_is_relayed(site, origin, log):
    server = site(TUNNEL, ("proxy", "proxy_connect"))
    assert ask(server, "GET / HTTP/1.1") == 200
    assert ask(server, f"CONNECT {origin.authority} HTTP/1.1") == 200
    origin.wait_hit()
    wait_until(lambda: "CONNECT" in server.read(log),
               "the tunnel to end and be logged")
    status, found = judged(server, log)
    assert (status, found["relayed"], found["harmless"]) == (2, 1, 0)
    done = explained(server, "CONNECT")
    assert done.returncode == 2
    assert b"it probably worked (status 200)" in done.stdout


def test_a_page_from_elsewhere_is_relayed(site, origin):
    server = site(OPEN, ("proxy", "proxy_http"))
    assert ask(server, "GET / HTTP/1.1") == 200
    assert ask(server, f"GET http://{origin.authority}/ HTTP/1.1") == 200
    origin.wait_hit()
    assert judged(server) == (2, {"harmless": 0, "unclear": 0, "relayed": 1})


def test_without_an_own_answer_to_compare_with_it_cannot_be_told(site):
    server = site()
    assert ask(server, "GET http://relay.invalid/ HTTP/1.1") == 200
    assert judged(server) == (1, {"harmless": 0, "unclear": 1, "relayed": 0})


def test_the_same_page_for_three_sites_is_an_own_one(site):
    server = site(dynamic=True)
    for i in range(3):
        assert ask(server, f"GET http://r{i}.invalid/x HTTP/1.1") == 200
    assert judged(server) == (1, {"harmless": 3, "unclear": 0, "relayed": 0})


def test_the_page_at_the_same_path_is_an_own_one(site):
    server = site()
    server.write("htdocs/about.html", "<p>about</p>\n" * 9)
    assert ask(server, "GET /about.html HTTP/1.1") == 200
    assert ask(server, "GET http://relay.invalid/about.html HTTP/1.1") == 200
    assert judged(server) == (1, {"harmless": 1, "unclear": 0, "relayed": 0})


def test_beside_a_home_page_of_ever_changing_length_it_cannot_be_told(site):
    server = site()
    for i in range(12):
        server.write("htdocs/index.html", "x" * (100 + 10 * i))
        assert ask(server, "GET / HTTP/1.1") == 200
    server.write("htdocs/index.html", "x" * 155)
    assert ask(server, "GET http://relay.invalid/ HTTP/1.1") == 200
    assert judged(server) == (1, {"harmless": 0, "unclear": 1, "relayed": 0})
