# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Behind a load balancer: the source is the client where mod_remoteip could
tell, and is marked as the peer where it could not."""

import pytest

from pg_hosts import free_port, host_on
from pg_wire import Wire, exchange

CLIENT = "203.0.113.9"
HEADER = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1"
ABSOLUTE = (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
            b"X-Forwarded-For: 203.0.113.9\r\n\r\n")
CONNECT = (b"CONNECT s.example:25 HTTP/1.1\r\nHost: s.example\r\n"
           b"X-Forwarded-For: 203.0.113.9\r\n\r\n")
# httpd refuses these before mod_remoteip has run
EARLY = {
    "no Host": ABSOLUTE.replace(b"Host: s.example\r\n", b""),
    "bad expectation": ABSOLUTE.replace(b"X-For", b"Expect: x\r\nX-For"),
    "no port": CONNECT.replace(b":25", b""),
    "too long": ABSOLUTE.replace(b".example/", b".example/" + b"a" * 9000),
    "bad header": ABSOLUTE.replace(b"X-For", b"no colon\r\nX-For"),
}


@pytest.fixture
def server(httpd_with):
    return httpd_with(HEADER, modules=("remoteip",))


@pytest.mark.parametrize("octets", [ABSOLUTE, CONNECT])
def test_the_source_is_the_client(server, octets):
    server.send(octets)
    line = server.log.attempt()
    assert (line.source, line.fields.get("peer")) == (CLIENT, None)


@pytest.mark.parametrize("what", EARLY)
def test_what_httpd_refused_first_came_from_the_peer(server, what):
    server.send(EARLY[what])
    line = server.log.attempt()
    assert (line.outcome, line.peer) == ("refused", "127.0.0.1")
    assert "source" not in line.fields
    server.log.take_all("AH")


def test_an_unknown_balancer_is_not_believed(httpd_with):
    server = httpd_with("RemoteIPHeader X-Forwarded-For\n"
                        "RemoteIPInternalProxy 192.0.2.1",
                        modules=("remoteip",))
    server.send(ABSOLUTE)
    assert server.log.attempt().source == "127.0.0.1"


def test_without_mod_remoteip_the_peer_is_the_source(httpd):
    for octets in (ABSOLUTE, *EARLY.values()):
        httpd.send(octets)
    assert {x.source for x in httpd.log.attempts(6)} == {"127.0.0.1"}
    httpd.log.take_all("AH")


# --- the PROXY protocol -------------------------------------------------------

V1 = b"PROXY TCP4 203.0.113.9 127.0.0.1 40000 80\r\n"
V2 = (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"
      b"\xcb\x00\x71\x09\x7f\x00\x00\x01\x9c\x40\x00\x50")


@pytest.fixture
def proxied(httpd_with):
    port = free_port()
    server = httpd_with(host_on(port, "RemoteIPProxyProtocol On"),
                        modules=("remoteip",))
    server.other = ("127.0.0.1", port)
    return server


@pytest.mark.parametrize("head", [V1, V2], ids=["v1", "v2"])
def test_the_proxy_protocol_tells_the_client(proxied, head):
    for octets in (ABSOLUTE, CONNECT):
        assert exchange(proxied.other, head + octets).status >= 400
    assert [x.source for x in proxied.log.attempts(2)] == [CLIENT] * 2


@pytest.mark.parametrize("head", [V1, V2], ids=["v1", "v2"])
def test_but_not_for_what_httpd_refused_nor_for_the_peek(proxied, head):
    exchange(proxied.other, head + EARLY["no Host"])
    with Wire(proxied.other) as wire:
        wire.send(head + b"\x05\x01\x00")
        assert wire.read_to_end() == b"\x05\xff"
    lines = proxied.log.attempts(2)
    assert [x.peer for x in lines] == ["127.0.0.1"] * 2
    proxied.log.take_all("AH")


def test_ordinary_requests_behind_the_proxy_protocol(proxied):
    page = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"
    with Wire(proxied.other) as wire:
        wire.send(V1)
        for _ in range(5):
            wire.send(page)
            assert wire.read_reply().body == b"own page\n"
    assert proxied.status()["attempts"] == 0
