# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Absolute-form for our own names is served where no forward proxy is
intended, and never proxied to ourselves; and no client can choose the policy
that applies to it."""

import socket

import pytest

from pg_hosts import free_port, host_on
from pg_peers import Origin
from pg_wire import exchange, wait_until

MODULES = ("proxy", "proxy_http", "proxy_connect", "proxy_fcgi",
           "proxy_wstunnel", "rewrite")
OPEN = "ProxyRequests On\nAllowCONNECT 1-65535\n"
ALIAS = "ServerAlias also.own.example *.site.example\n"


@pytest.fixture
def proxy(httpd_with):
    def make(conf="", name="www.own.example", **more):
        server = httpd_with(OPEN + conf, modules=MODULES, name=name, **more)
        server.log.take_all(r"PG0[02]\d\d: ")
        return server
    return make


def get(server, target, *fields, host=None, address=None):
    return exchange(address or server.address, "\r\n".join(
        [f"GET {target} HTTP/1.1", f"Host: {host or server.authority}",
         "Connection: close", *fields]).encode() + b"\r\n\r\n")


def own_forms(server):
    name, port = server.name, server.port
    return [f"http://{name}/page.txt", f"http://{name}:{port}/page.txt",
            f"HTTP://{name.upper()}:{port}/page.txt",
            f"http://{name}.:{port}/page.txt", f"https://{name}/page.txt",
            f"https://{name}:{port}/page.txt",
            f"http://127.0.0.1:{port}/page.txt",
            f"http://also.own.example:{port}/page.txt",
            f"http://x.site.example:{port}/page.txt"]


@pytest.mark.parametrize("forward", ["Auto", "Deny"])
def test_ours_is_served_as_without_mod_proxy(proxy, forward):
    server = proxy(f"ProxyGuardForward {forward}\n"
                   "<VirtualHost *:@PORT@>\nServerName www.own.example\n"
                   f"{ALIAS}</VirtualHost>\n")
    forms = own_forms(server)
    for target in forms:
        reply = get(server, target)
        assert (reply.status, reply.text) == (200, "own page\n"), target
    # one request each: nothing came a second time, from ourselves
    assert len(server.access_log(len(forms))) == len(forms)
    assert server.status()["attempts"] == 0
    assert server.log.all("PG01") == []


def test_a_redirect_keeps_the_port_that_the_client_named(proxy):
    """Behind a port mapping it is another than that of Listen."""
    server = proxy("UseCanonicalName Off\nProxyGuardOwnHost 203.0.113.5\n")
    server.write("htdocs/folder/page.txt", "x")
    port = server.port
    for target, host, to in (
            ("/folder", "203.0.113.5:8443", "203.0.113.5:8443"),
            ("/folder", "www.own.example:8443", "www.own.example:8443"),
            ("/folder", "203.0.113.5", "203.0.113.5"),
            (f"http://www.own.example:{port}/folder", None,
             f"www.own.example:{port}"),
            ("http://www.own.example/folder", None, "www.own.example")):
        reply = get(server, target, host=host)
        assert (reply.status, reply.headers["Location"]) == (
            301, f"http://{to}/folder/"), (target, host)
    assert server.log.all("PG01") == []


@pytest.mark.parametrize("forward", ["Auto", "Deny"])
def test_nobody_becomes_local_by_way_of_the_proxy(proxy, forward):
    """Proxied to ourselves it would come from 127.0.0.1."""
    server = proxy(f"ProxyGuardForward {forward}\n"
                   "Listen 127.0.0.4:@PORT@\n"
                   "<Location /inner>\nRequire ip 127.0.0.1\n</Location>\n"
                   "Alias /inner @ROOT@/htdocs\n")
    target = f"http://127.0.0.4:{server.port}/inner/page.txt"
    octets = (f"GET {target} HTTP/1.1\r\nHost: 127.0.0.4\r\n"
              "Connection: close\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.4", server.port),
                                  source_address=("127.0.0.9", 0)) as s:
        s.sendall(octets)
        data = b""
        while more := s.recv(65536):
            data += more
    assert data.startswith(b"HTTP/1.1 403 ")
    server.log.take_all("AH01630")
    assert server.log.all("PG01") == []


def test_a_proxy_that_is_meant_still_takes_them(proxy):
    server = proxy("<Proxy *>\nRequire local\n</Proxy>\n")
    reply = get(server, f"http://127.0.0.1:{server.port}/page.txt")
    assert reply.text == "own page\n"
    assert len(server.access_log(2)) == 2        # proxied to ourselves


# --- whose policy ------------------------------------------------------------

WEAK = {
    "Off": "ProxyGuard Off",
    "Observe": "ProxyGuard Observe",
    "open on purpose": "ProxyGuardForward Allow",
    "observing": "ProxyGuardAction all observe",
    "exempting": "ProxyGuardExempt true",
}
ASK = {
    "ws": "GET ws://{to}/x HTTP/1.1\r\nHost: weak.example\r\n"
          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "fcgi": "GET fcgi://{to}/x HTTP/1.1\r\nHost: weak.example\r\n"
            "Connection: close\r\n\r\n",
    "https": "GET https://{to}/x HTTP/1.1\r\nHost: weak.example\r\n"
             "Connection: close\r\n\r\n",
    "connect": "CONNECT {to} HTTP/1.1\r\nHost: weak.example\r\n\r\n",
}


def two_hosts(weak):
    return ("<VirtualHost 127.0.0.1:@PORT@>\nServerName strict.example\n"
            "</VirtualHost>\n<VirtualHost 127.0.0.1:@PORT@>\n"
            f"ServerName weak.example\n{OPEN}{weak}\n</VirtualHost>\n"
            "<VirtualHost 127.0.0.1:@PORT@>\nServerName off.example\n"
            "ProxyGuard Off\n</VirtualHost>\n")


@pytest.mark.parametrize("weak", WEAK)
def test_the_strictest_virtual_host_decides(httpd_with, origin, weak):
    server = httpd_with(OPEN + two_hosts(WEAK[weak]), modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    for what, text in ASK.items():
        reply = server.send(text.format(to=origin.authority).encode())
        assert reply.status >= 400, what
    assert origin.hits == []
    lines = server.log.attempts(len(ASK))
    assert {x.outcome for x in lines} == {"denied"}


def test_a_virtual_host_that_is_alone_has_its_own_policy(httpd_with, origin):
    port = free_port()
    server = httpd_with(
        OPEN + f"Listen 127.0.0.1:{port}\n<VirtualHost 127.0.0.1:{port}>\n"
        "ServerName weak.example\nProxyGuard Off\n</VirtualHost>\n",
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = get(server, f"http://{origin.authority}/",
                address=("127.0.0.1", port))
    assert reply.body == b"from the origin\n"
    assert server.log.all("PG01") == []


# --- exemptions --------------------------------------------------------------

def test_an_exempted_request_that_is_carried_is_counted(proxy, origin):
    server = proxy("ProxyGuardExempt \"%{HTTP_USER_AGENT} == 'probe'\"\n")
    reply = get(server, f"http://{origin.authority}/", "User-Agent: probe")
    assert reply.body == b"from the origin\n"
    server.access_log(1)
    status = server.status()
    assert (status["attempts"], status["permitted"]) == (0, 1)
    assert server.log.all("PG01") == []


def test_the_same_behind_a_reverse_proxy(httpd_with):
    third = Origin(host="127.0.0.3")
    server = httpd_with("ProxyGuardExempt \"%{HTTP_USER_AGENT} == 'probe'\"\n"
                        "ProxyPassMatch ^/p/(.*)$ http://$1\n",
                        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    target = f"/p/{third.authority}/x"
    assert get(server, target).status == 403
    assert third.hits == []
    assert get(server, target, "User-Agent: probe").status == 200
    server.access_log(2)
    status = server.status()
    assert (status["attempts"], status["permitted"]) == (1, 1)
    assert server.log.attempt().outcome == "denied"
    third.close()


def test_what_is_about_to_be_forwarded_is_stopped_whatever_it_says(
        httpd_with, origin):
    """Requests that look clean to the guard but that mod_proxy would
    forward: a name of the server's own in a form that no request of its own
    could have."""
    server = httpd_with(OPEN + "ProxyGuardOwnHost 127.0.0.1:*\n"
                        "RewriteEngine On\n"
                        f"RewriteRule ^/page.txt$ http://{origin.authority}/ "
                        "[P]\n", modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    reply = get(server, f"http://127.0.0.1:{origin.port}/x")
    assert reply.status == 404              # served, from here
    assert origin.hits == []
    server.log.take_all("AH")


# --- clients that state their own address ------------------------------------

ALLOWED = "192.0.2.5"
FIELD = "RemoteIPHeader X-Forwarded-For\n"
# how an address is stated: (directives, octets before the request, a field)
STATED = {
    "a field, no list": (FIELD, b"", True),
    "a field, everybody in the list": (
        FIELD + "RemoteIPTrustedProxy 0.0.0.0/1 128.0.0.0/1\n", b"", True),
    "a field, everybody internal": (
        FIELD + "RemoteIPInternalProxy 0.0.0.0/1 128.0.0.0/1\n", b"", True),
    "the PROXY protocol": (
        "RemoteIPProxyProtocol On\n",
        f"PROXY TCP4 {ALLOWED} 127.0.0.1 1234 80\r\n".encode(), False),
}
ACCESS = {
    "Require ip": "Require ip 192.0.2.0/24",
    "Require ip, others too": "Require ip 127.9.9.9 192.0.2.0/24",
    "expression": "Require expr \"-R '192.0.2.0/24'\"",
    "variable": "Require expr \"%{REMOTE_ADDR} == '192.0.2.5'\"",
    "all": "<RequireAll>\nRequire ip 192.0.2.0/24\n"
           "Require not ip 192.0.2.99\n</RequireAll>",
}


def stated(server, how, target, method="GET", says=ALLOWED, at="127.0.0.1"):
    _, head, field = STATED[how]
    octets = (f"{method} {target} HTTP/1.1\r\nHost: s.example\r\n"
              + (f"X-Forwarded-For: {says}\r\n" if field else "")
              + "Connection: close\r\n\r\n").encode()
    return exchange((at, server.port), head + octets).status


@pytest.mark.parametrize("how", STATED)
def test_who_states_a_permitted_address_relays_nothing(httpd_with, origin,
                                                       how):
    places = {f"127.34.0.{n}": text
              for n, text in enumerate(ACCESS.values(), 1)}
    conf = "".join(
        host_on("@PORT@", OPEN + STATED[how][0]
                + f"<Proxy \"*\">\n{text}\n</Proxy>\n",
                name="own.example", address=at)
        for at, text in places.items())
    ask = [(f"http://{origin.authority}/", "GET"),
           (origin.authority, "CONNECT")]
    bare = httpd_with(conf, modules=(*MODULES, "remoteip"), guard=False)
    for at in places:
        assert [stated(bare, how, *x, at=at) for x in ask] == [200, 200], at
    wait_until(lambda: len(origin.hits) == 2 * len(places), "all of it")
    server = httpd_with(conf, modules=(*MODULES, "remoteip"))
    assert len(server.log.take_all("PG0242: critical")) == len(places)
    server.log.take_all(r"PG0[02]\d\d: ")
    for at in places:
        assert [stated(server, how, *x, at=at) for x in ask] == [421, 405], at
    assert len(origin.hits) == 2 * len(places)
    lines = server.log.attempts(2 * len(places))
    assert {x.outcome for x in lines} == {"denied"}


def test_who_is_told_by_a_balancer_that_is_trusted_may_relay(httpd_with,
                                                             origin):
    server = httpd_with(
        OPEN + FIELD + "RemoteIPTrustedProxy 127.0.0.1\n"
        "<Proxy \"*\">\nRequire ip 192.0.2.0/24\n</Proxy>\n",
        modules=(*MODULES, "remoteip"))
    server.log.take_all(r"PG0[02]\d\d: ")
    target = f"http://{origin.authority}/"
    assert stated(server, "a field, no list", target) == 200
    assert server.status()["by_outcome"]["denied"] == 0
    assert stated(server, "a field, no list", target,
                  says="203.0.113.5") == 403
    server.log.take_all("AH01630|PG01")
