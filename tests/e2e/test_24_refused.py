# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What httpd itself refuses, in clear and within TLS: each attempt is counted
once, with the class that it would have if well-formed."""

import pytest

from pg_attempts import LINES, SPOILT
from pg_hosts import free_port, tls_on
from pg_peers import trusting_client
from pg_wire import exchange, wait_until


@pytest.fixture(params=["in clear", "TLS"])
def server(request, httpd_with, certificate):
    port = free_port()
    server = httpd_with(tls_on(port, certificate), modules=("ssl",))
    server.ask = server.send
    if request.param == "TLS":
        server.ask = lambda octets, **more: exchange(
            ("127.0.0.1", port), octets, trusting_client(), **more)
    return server


def test_each_is_counted_once_with_its_class(server):
    wrong = []
    for what, spoil in SPOILT.items():
        for class_id, (method, target) in LINES.items():
            reply = server.ask(spoil(method, target).encode())
            lines = server.log.take_all(" PG01")
            got = [x.fields["class"] for x in lines]
            if got != [class_id] or reply.status in range(200, 400):
                wrong.append(f"{what}: {method} {target}: {got}, {reply}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert server.status()["attempts"] == len(SPOILT) * len(LINES)
    server.log.take_all("AH")


def test_an_ordinary_one_is_spoilt_too_and_no_attempt(httpd):
    for what, spoil in SPOILT.items():
        httpd.send(spoil("GET", "/page.txt").replace(
            "Host: a", f"Host: {httpd.name}").encode())
        classes = {x.fields["class"] for x in httpd.log.take_all(" PG01")}
        assert classes <= ({"foreign-host"} if what == "two Hosts"
                           else set()), what
    httpd.log.take_all("AH")


# --- CONNECT that httpd refuses itself ---------------------------------------

NOBODY = ["/", "*", "/path", "//s.example:443/", "/.well-known/x"]
SOMEBODY = ["s.example", "s.example:99999", "[::1"]


def connect(server, target, version="1.1"):
    return server.send(f"CONNECT {target} HTTP/{version}\r\n"
                       f"Host: {server.authority}\r\n\r\n".encode())


def test_connect_that_names_nobody_is_405_and_counted_apart(httpd):
    for target in NOBODY:
        for version in ("1.0", "1.1"):
            reply = connect(httpd, target, version)
            assert reply.status == 405, target
            assert "GET" in reply.allow and "CONNECT" not in reply.allow
            assert "This server is not a proxy" in reply.text
    reply = httpd.send(b"CONNECT\r\nHost: s.example\r\n\r\n")
    assert reply.status == 405 and "CONNECT" not in reply.allow
    status = httpd.status()
    assert (status["attempts"], status["connect_probes"]) == (
        0, 2 * len(NOBODY) + 1)
    assert "proxyguard_connect_probes_total 11" in httpd.get(
        "/proxyguard-status/metrics").text


@pytest.mark.parametrize("line", ["CONNECT", "CONNECT ", "CONNECT\t/"])
def test_connect_with_no_target_at_all_is_405_too(httpd, line):
    reply = httpd.send(f"{line}\r\nHost: {httpd.authority}\r\n\r\n".encode())
    assert reply.status == 405
    assert "GET" in reply.allow
    status = httpd.status()
    assert (status["attempts"], status["connect_probes"]) == (0, 1)
    httpd.log.take_all("AH")


def test_connect_without_a_usable_port_is_405_and_an_attempt(httpd):
    for target in SOMEBODY:
        reply = connect(httpd, target)
        assert (reply.status, reply.allow) == (405, reply.allow), target
        assert "GET" in reply.allow
    lines = httpd.log.attempts(len(SOMEBODY))
    assert {x.status for x in lines} == {"405"}
    assert {x.outcome for x in lines} == {"refused", "denied"}
    assert httpd.status()["connect_probes"] == 0
    httpd.log.take_all("AH")


def test_observe_and_forward_proxies_answer_as_httpd_does(httpd_with):
    server = httpd_with("ProxyGuard Observe")
    assert connect(server, "/").status == 400
    assert server.status()["connect_probes"] == 1
    server = httpd_with("ProxyRequests On\n<Proxy *>\nRequire ip 192.0.2.1\n"
                        "</Proxy>", modules=("proxy", "proxy_connect"))
    assert connect(server, "/").status == 400
    server.log.take_all("PG02|AH")


@pytest.mark.parametrize("conf, attempts", [
    ("ProxyGuard Observe", 1), ("ProxyGuardExempt true", 0),
    ("ProxyGuard Off\n<VirtualHost 127.0.0.1:9>\nProxyGuard On\n"
     "</VirtualHost>", 0)])
def test_what_is_not_denied_is_sent_elsewhere(httpd_with, conf, attempts):
    server = httpd_with("ErrorDocument 400 http://elsewhere.example/\n" + conf)
    reply = server.send(b"GET http://s.example/ HTTP/1.1\r\n\r\n")
    assert reply.status == 302
    server.log.attempts(attempts)
    server.log.take_all("AH")


@pytest.mark.parametrize("document, body", [
    ("/denied.html", "our own words about it"),
    ('"plain words"', "plain words")])
def test_error_documents_win(httpd_with, document, body):
    server = httpd_with(f"ErrorDocument 400 {document}\n"
                        f"ErrorDocument 421 {document}\n"
                        f"ErrorDocument 405 {document}")
    for octets, status in ((b"CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
                           (b"GET http://s.example/ HTTP/1.1\r\nHost: "
                            b"s.example\r\n\r\n", 421),
                           (b"CONNECT s.example:25 HTTP/1.0\r\n\r\n", 405)):
        reply = server.send(octets)
        assert (reply.status, body in reply.text) == (status, True), octets
        assert "This server is not a proxy" not in reply.text
        assert status == 421 or "GET" in reply.allow
    server.log.attempts(2)


def test_the_refusal_says_what_it_is_and_nothing_about_sni(httpd_with):
    server = httpd_with("ProxyGuardAction foreign-host deny")
    reply = server.send(b"GET http://s.example/ HTTP/1.1\r\n"
                        b"Host: s.example\r\n\r\n")
    assert reply.status == 421
    assert "This server is not a proxy" in reply.text
    assert "SNI" not in reply.text and "s.example" not in reply.text
    assert reply.headers["Content-Type"].startswith("text/html")
    reply = server.send(b"GET / HTTP/1.1\r\nHost: s.example\r\n\r\n")
    assert (reply.status, "No such site here" in reply.text) == (421, True)
    assert "SNI" not in reply.text
    server.log.attempts(2)


def test_the_notes_are_there_with_a_local_error_document(httpd_with):
    server = httpd_with("ErrorDocument 421 /denied.html\n"
                        "ErrorDocument 400 /denied.html\n"
                        'CustomLog @ROOT@/notes.log "%{proxyguard-class}n '
                        '%<{proxyguard-class}n %<{proxyguard-action}n"')
    server.send(b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n")
    server.send(b"CONNECT s.example HTTP/1.1\r\nHost: s.example\r\n\r\n")
    server.send(b"GET /page.txt HTTP/1.0\r\n\r\n")
    server.log.attempts(2)
    wait_until(lambda: len(server.read("notes.log").splitlines()) == 3,
               "three lines")
    assert server.read("notes.log").splitlines()[:3] == [
        "absolute absolute deny", "connect-other connect-other deny", "- - -"]


# --- tunnels in the path (RFC 9298, RFC 9484) --------------------------------

@pytest.mark.parametrize("path, upgrade, class_id", [
    ("udp/x.example/443/", "connect-udp", "connect-tls"),
    ("udp/x.example/53/", "websocket, Connect-UDP", "connect-other"),
    ("ip/x.example/17/", "connect-ip", "connect-other"),
    ("udp/x.example/443/", None, None),
    ("udp/x.example/443/", "websocket", None),
    ("tcp/x.example/443/", "connect-udp", None)])
def test_an_upgrade_to_a_tunnel_is_counted(httpd, path, upgrade, class_id):
    more = f"Connection: Upgrade\r\nUpgrade: {upgrade}\r\n" if upgrade else ""
    reply = httpd.send(f"GET /.well-known/masque/{path} HTTP/1.1\r\n"
                       f"Host: {httpd.authority}\r\n{more}\r\n".encode())
    assert reply.status == (421 if class_id else 404)
    if class_id:
        line = httpd.log.attempt()
        assert (line.fields["class"], line.reason, line.outcome,
                line.fields["host"]) == (class_id, "tunnel-over-http",
                                         "denied", "x.example")
    httpd.log.take_all("AH")
    assert httpd.status()["attempts"] == (1 if class_id else 0)
