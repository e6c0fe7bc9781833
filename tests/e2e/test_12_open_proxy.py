# Licensed under the Apache License, Version 2.0; see LICENSE.
"""With mod_proxy loaded and ProxyRequests On for everybody, nothing is
relayed. The proof is what the origin server remembers."""

import pytest

MODULES = ("proxy", "proxy_http", "proxy_connect")
# without a port in ServerName mod_proxy would not know its own site
OPEN = "ServerName www.own.example:@PORT@\n" \
       "ProxyRequests On\nAllowCONNECT 1-65535\n"


@pytest.fixture
def open_proxy(httpd_with):
    server = httpd_with(OPEN, modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")   # start-up says that it is open
    return server


def test_without_the_guard_this_configuration_relays(httpd_with, origin):
    server = httpd_with(OPEN, modules=MODULES, guard=False)
    reply = server.send(f"GET http://{origin.authority}/ HTTP/1.1\r\n"
                        f"Host: {origin.authority}\r\n\r\n".encode())
    assert reply.body == b"from the origin\n"
    assert server.send(f"CONNECT {origin.authority} HTTP/1.0\r\n\r\n"
                       .encode()).status == 200
    origin.wait_hit(2)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT"])
def test_absolute_form_is_not_relayed(open_proxy, origin, method):
    reply = open_proxy.send(
        f"{method} http://{origin.authority}/x HTTP/1.1\r\n"
        f"Host: {origin.authority}\r\nContent-Length: 0\r\n\r\n".encode())
    assert reply.status == 421
    assert origin.hits == []
    assert open_proxy.status().flat()["denied"] == 1
    open_proxy.log.attempt()


def test_connect_is_not_relayed(open_proxy, origin):
    reply = open_proxy.send(
        f"CONNECT {origin.authority} HTTP/1.1\r\n"
        f"Host: {origin.authority}\r\n\r\n".encode())
    assert reply.status == 405
    assert origin.hits == []
    open_proxy.log.attempt()


def test_a_host_field_of_our_own_hides_no_stranger(open_proxy, origin):
    for target in (f"http://{origin.authority}/",
                   f"http://{open_proxy.name}@{origin.authority}/",
                   f"HTTP://{origin.authority}/"):
        reply = open_proxy.send(
            f"GET {target} HTTP/1.1\r\nHost: {open_proxy.authority}\r\n\r\n"
            .encode())
        assert reply.status in (400, 421), target
    assert origin.hits == []
    assert open_proxy.status()["attempts"] == 3
    open_proxy.log.attempts(3)


@pytest.mark.parametrize("forward", ["Auto", "Deny"])
def test_where_mod_proxy_finds_another_host_than_the_rfc(httpd_with, origin,
                                                        forward):
    """It reads on to the slash and takes our name for userinfo. That takes a
    ServerName without a port, which it never recognises as its own."""
    server = httpd_with(f"ProxyRequests On\nProxyGuardForward {forward}\n",
                        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.send(f"GET http://{server.name}?@{origin.authority}/ "
                        f"HTTP/1.1\r\nHost: {server.name}\r\n\r\n".encode())
    assert reply.status == 421
    assert origin.hits == []
    assert server.log.attempt().fields["class"] == "absolute"


def test_our_own_name_with_a_port_we_do_not_serve_is_an_attempt(open_proxy,
                                                                origin):
    reply = open_proxy.send(
        f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{origin.port}\r\n\r\n".encode())
    assert reply.status == 421
    assert origin.hits == []
    assert open_proxy.log.attempt().reason == "own-name-foreign-port"


def test_our_own_site_is_still_served(open_proxy):
    assert open_proxy.get("/page.txt").text == "own page\n"
    reply = open_proxy.send(
        f"GET http://{open_proxy.authority}/page.txt HTTP/1.1\r\n"
        f"Host: {open_proxy.authority}\r\n\r\n".encode())
    assert reply.text == "own page\n"
    assert open_proxy.status()["attempts"] == 0


def test_off_is_off(httpd_with, origin):
    server = httpd_with(OPEN + "ProxyGuard Off", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.send(f"GET http://{origin.authority}/ HTTP/1.1\r\n"
                        f"Host: {origin.authority}\r\n\r\n".encode())
    assert reply.body == b"from the origin\n"
    assert server.log.all("PG01") == []


def test_observe_stops_nothing_and_counts_what_was_relayed(httpd_with,
                                                           origin):
    server = httpd_with(OPEN + "ProxyGuard Observe", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.send(f"GET http://{origin.authority}/ HTTP/1.1\r\n"
                        f"Host: {origin.authority}\r\n\r\n".encode())
    assert reply.body == b"from the origin\n"
    assert server.status().flat()["relayed"] == 1
    line = server.log.attempt()
    assert (line.id, line.outcome) == ("PG0105", "relayed")


def test_virtual_hosts_without_a_directive_of_ours_are_told_apart(
        httpd_with, origin):
    """httpd lets them share the main server's settings, but they keep postures
    and names of their own."""
    server = httpd_with(
        "<VirtualHost *:@PORT@>\n ServerName first.example\n"
        " ProxyRequests On\n"
        " <Proxy \"*\">\n  Require ip 192.0.2.1\n </Proxy>\n</VirtualHost>\n"
        "<VirtualHost *:@PORT@>\n ServerName second.example\n"
        "</VirtualHost>\n", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = server.send(f"GET http://{origin.authority}/ HTTP/1.1\r\n"
                        f"Host: {origin.authority}\r\n\r\n".encode())
    line = server.log.attempt()
    assert (reply.status, line.outcome) == (403, "refused")
    assert line.fields["vhost"].startswith("first.example:")
    server.log.take("AH01630")
    for name in ("first.example", "second.example"):
        server.send(f"GET gopher:/x HTTP/1.1\r\nHost: {name}\r\n\r\n"
                    .encode())
        assert server.log.attempt().fields["vhost"].startswith(name)
    assert origin.hits == []
