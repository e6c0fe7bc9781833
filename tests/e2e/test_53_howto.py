# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The configurations of docs/howto.md, as shipped, started and probed."""

import json
import os

from pg_httpd import TOP

HOWTO = os.path.join(TOP, "packaging", "howto")
GET = (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
       b"Connection: close\r\n\r\n")
CONNECT = b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n"
PROXY = ("proxy", "proxy_http", "proxy_connect")


def howto(name, **swap):
    with open(os.path.join(HOWTO, name), encoding="utf-8") as f:
        text = f.read()
    for old, new in swap.values():
        assert old in text
        text = text.replace(old, new)
    return text


def is_shut(server, status=(421, 405)):
    assert server.send(GET).status == status[0]
    assert server.send(CONNECT).status == status[1]
    assert server.get("/page.txt").text == "own page\n"
    return server.log.attempts(2)


def test_every_howto_is_in_the_document_and_here():
    with open(os.path.join(TOP, "docs", "howto.md"), encoding="utf-8") as f:
        document = f.read()
    with open(__file__, encoding="utf-8") as f:
        here = f.read()
    for name in os.listdir(HOWTO):
        assert name in document
        assert f'"{name}"' in here


def test_a_plain_web_server(httpd_with):
    server = httpd_with(howto("web-server.conf"), shipped=False)
    is_shut(server)
    assert server.status()["by_outcome"]["denied"] == 2


def test_a_reverse_proxy(httpd_with, origin):
    server = httpd_with(howto("reverse-proxy.conf", port=(
        "127.0.0.1:8080", f"127.0.0.1:{origin.port}")), modules=PROXY)
    before = len(origin.hits)
    assert server.get("/app/").status == 200
    assert len(origin.hits) == before + 1
    is_shut(server)
    assert len(origin.hits) == before + 1


def test_a_forward_proxy_for_some(httpd_with, origin):
    server = httpd_with(
        "RemoteIPHeader X-Client\nRemoteIPInternalProxy 127.0.0.1\n"
        + howto("forward-proxy.conf"), modules=(*PROXY, "remoteip"))
    ask = (f"GET http://127.0.0.1:{origin.port}/x HTTP/1.1\r\n"
           f"Host: 127.0.0.1:{origin.port}\r\nConnection: close\r\n"
           "X-Client: %s\r\n\r\n")
    assert server.send((ask % "10.1.2.3").encode()).status == 200
    assert len(origin.hits) == 1
    assert server.send((ask % "192.0.2.7").encode()).status in (403, 421)
    assert len(origin.hits) == 1
    status = server.settled(1)
    assert status["attempts"] == 1
    assert status["by_outcome"]["relayed"] == 0
    line = server.log.attempt()
    assert line.source == "192.0.2.7"
    server.log.take_all("AH01630|PG02")


def test_behind_a_load_balancer(httpd_with):
    server = httpd_with(howto("load-balancer.conf", network=(
        "10.0.0.0/24", "127.0.0.0/8")), modules=("remoteip",))
    for own in ("www.example.org:443", "203.0.113.7"):
        assert server.send(
            f"GET http://{own}/page.txt HTTP/1.1\r\nHost: {own}\r\n"
            "Connection: close\r\n\r\n".encode()).text == "own page\n"
    server.send(b"CONNECT mx.example:25 HTTP/1.1\r\nHost: x\r\n"
                b"X-Forwarded-For: 198.51.100.7\r\n\r\n")
    assert server.log.attempt().source == "198.51.100.7"


def test_a_honeypot_keeps_everything_and_carries_nothing(httpd_with):
    server = httpd_with.make(howto("honeypot.conf"))
    os.mkdir(server.path("logs"))
    server.start()
    assert server.send(GET).status == 200
    assert server.send(CONNECT).status == 405
    for line in server.log.attempts(2):
        assert line.outcome == "observed"
    lines = [json.loads(x) for x in
             server.read("logs/relay-evidence.json").splitlines()]
    assert {x["observer"]["name"] for x in lines} == {"north"}
    assert len(lines) == 2


def test_instead_of_a_recipe(httpd_with):
    server = httpd_with(howto("mod_rewrite.conf"))
    is_shut(server, (403, 403))
    assert server.send(
        f"GET http://{server.authority}/page.txt HTTP/1.1\r\n"
        f"Host: {server.authority}\r\nConnection: close\r\n\r\n"
        .encode()).text == "own page\n"
