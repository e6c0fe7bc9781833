# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What counts as relayed: a connection that mod_proxy made, whatever the
response. It is counted when it begins, and taken back only if there was no
connection."""

import os
import signal

import pytest

from pg_backend import Backend
from pg_hosts import free_port
from pg_peers import Origin
from pg_resolver import Resolving
from pg_wire import Wire, wait_until

MODULES = ("proxy", "proxy_http", "proxy_http2", "proxy_fcgi", "proxy_scgi",
           "proxy_uwsgi", "proxy_ajp", "proxy_ftp", "proxy_wstunnel",
           "proxy_connect", "rewrite", "include")
SCHEMES = ("http", "ws", "connect", "ajp", "fcgi", "scgi", "uwsgi", "h2c",
           "ftp")
# a third party's answer -> the outcome of the attempt
TRUTH = {200: "relayed", 500: "relayed", "silence": "relayed",
         "reset": "relayed", "refused": "observed",
         "no such name": "observed"}
CONF = ("ProxyTimeout 1\nProxyRequests On\nAllowCONNECT 1-65535\n"
        "ProxyGuardForward Allow\n"
        + "".join(f"ProxyPassMatch ^/{s}/(.*)$ {s}://$1\n"
                  for s in SCHEMES if s != "connect"))


def request_for(scheme, authority):
    if scheme == "connect":
        return f"CONNECT {authority} HTTP/1.0\r\n\r\n"
    more = "Connection: close\r\n"
    if scheme == "ws":
        more = ("Connection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")
    return (f"GET /{scheme}/{authority}/x HTTP/1.1\r\nHost: www.own.example\r"
            f"\n{more}\r\n")


def ask(server, scheme, authority):
    with Wire(server.address) as wire:
        wire.send(request_for(scheme, authority).encode())
        if scheme == "connect":
            if wire.read_reply("CONNECT").status != 200:
                return
            wire.send(b"GET / HTTP/1.0\r\n\r\n")
            wire.finish()
        wire.read_to_end()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_truth_about_each_scheme_and_answer(httpd_with, scheme):
    server = httpd_with(CONF, modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    seen = {}
    for answer in TRUTH:
        backend = None
        if answer == "refused":
            authority = f"127.0.0.3:{free_port('127.0.0.3')}"
        elif answer == "no such name":
            authority = "nowhere.invalid:8080"
        else:
            backend = Backend(scheme, answer, host="127.0.0.3")
            authority = backend.authority
        ask(server, scheme, authority)
        seen[answer] = server.log.attempt().outcome
        if backend:
            assert backend.hits, answer
            backend.close()
    assert seen == TRUTH
    assert server.status().flat()["relayed"] == 4
    assert server.status().flat()["observed"] == 2
    server.log.take_all("AH|End of script output|proxy")


def test_a_scheme_that_no_module_speaks_is_not_carried(httpd_with):
    server = httpd_with("ProxyGuardAction chosen-backend observe\n"
                        "ProxyPassMatch ^/p/(.*)$ fcgi://$1\n",
                        modules=("proxy", "proxy_http"))
    server.log.take_all(r"PG0[02]\d\d: ")
    assert server.get("/p/127.0.0.3:9000/x").status == 500
    assert server.log.attempt().outcome == "observed"
    server.log.take_all("AH01144")


@pytest.mark.parametrize("level", ["info", "debug"])
def test_one_of_two_addresses_is_enough(level):
    """That the first did not answer is in the log at level debug."""
    server = Resolving(CONF + f"LogLevel proxy:{level}\n", modules=MODULES)
    try:
        server.start()
        for scheme in ("http", "ajp", "fcgi", "scgi"):
            backend = Backend(scheme, host="127.0.0.3")
            ask(server, scheme, f"two.invalid:{backend.port}")
            assert server.log.attempt().outcome == "relayed", scheme
            assert backend.hits == 1
            backend.close()
        refused = len(server.log.all("AH00957"))
        assert refused == (4 if level == "debug" else 0)
    finally:
        server.remove()


def test_what_ftp_cannot_do_is_not_carried(relay, origin):
    """mod_proxy_ftp answers these itself."""
    for method, path, status, outcome in (
            ("PUT", "x", 501, "observed"), ("BREW", "x", 501, "observed"),
            ("GET", "x;type=q", 400, "observed"), ("GET", "x", 0, "relayed")):
        for target in (f"/ftp/{origin.authority}/{path}",
                       f"ftp://{origin.authority}/{path}"):
            relay.send((f"{method} {target} HTTP/1.1\r\n"
                        "Host: www.own.example\r\n"
                        "Connection: close\r\n\r\n").encode())
            line = relay.log.attempt()
            assert line.outcome == outcome, (method, target)
            assert status in (0, int(line.status))
    assert len(origin.hits) == relayed(relay) == 2
    relay.log.take_all("AH00898")


def test_another_proxy_for_ftp_takes_every_method(httpd_with, origin):
    server = httpd_with(CONF + f"ProxyRemote ftp http://{origin.authority}\n",
                        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    server.send(b"PUT ftp://s.example/x HTTP/1.1\r\nHost: s.example\r\n"
                b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    assert server.log.attempt().outcome == "relayed"
    assert len(origin.hits) == 1


def test_what_mod_proxy_answers_itself_is_not_carried(relay, origin):
    """OPTIONS and TRACE that may go no further (RFC 9110 7.6.2)."""
    for method in ("OPTIONS", "TRACE", "GET"):
        for left, outcome in (("0", "observed"), ("1", "relayed")):
            for target in (f"/http/{origin.authority}/x",
                           f"http://{origin.authority}/x"):
                relay.send((f"{method} {target} HTTP/1.1\r\n"
                            f"Host: www.own.example\r\nMax-Forwards: {left}\r\n"
                            "Connection: close\r\n\r\n").encode())
                assert relay.log.attempt().outcome == outcome, (method, left)
    assert len(origin.hits) == relayed(relay) == 6
    relay.log.take_all("AH00898")


def test_a_handler_without_a_usable_url_is_not_carried(httpd_with):
    server = httpd_with(
        "ProxyGuardAction chosen-backend observe\n<Location /h>\n"
        "SetHandler \"proxy:http://%{HTTP:X-To}\"\n</Location>\n",
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    for to in ("25", "[::zz]", "127.0.0.3:99999"):
        assert server.get("/h", headers=[f"X-To: {to}"]).status == 400
        assert server.log.attempt().outcome == "observed", to
    server.log.take_all("AH01083")


# --- from the first moment ---------------------------------------------------

def tunnel(server, origin):
    wire = Wire(server.address)
    wire.send(f"CONNECT {origin.authority} HTTP/1.0\r\n\r\n".encode())
    assert wire.read_reply("CONNECT").status == 200
    return wire


@pytest.fixture
def relay(httpd_with):
    server = httpd_with(CONF, modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    return server


def relayed(server):
    return server.status().flat()["relayed"]


def test_a_tunnel_is_in_the_books_while_it_stands(relay, origin):
    with tunnel(relay, origin):
        status = relay.status()
        assert status.flat()["relayed"] == 1
        assert [r["outcome"] for r in status["recent"]] == ["relayed"]
    assert relay.log.attempt().outcome == "relayed"
    status = relay.status()
    assert (status.flat()["relayed"], status["attempts"]) == (1, 1)
    assert [(r["outcome"], r["status"]) for r in status["recent"]] == [
        ("relayed", 200)]


def restart_with_a_tunnel(server):
    """httpd waits some ten seconds for the tunnel's child before it kills
    it."""
    old = set(server.children())
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.children() and not old & set(server.children()),
               "new children", 40)


@pytest.mark.parametrize("end", ["graceful", "restart", "stop", "kill"])
def test_a_tunnel_stays_in_the_books_when_the_server_does_not(relay, origin,
                                                              end):
    with tunnel(relay, origin):
        assert relayed(relay) == 1
        if end == "graceful":
            relay.graceful()
        elif end == "restart":
            restart_with_a_tunnel(relay)
        elif end == "stop":
            relay.restart_same_port()
        else:
            os.killpg(relay.process.pid, signal.SIGKILL)
            relay.restart_same_port()
        wait_until(lambda: relayed(relay) == 1, "the tunnel in the books")
    if end == "graceful":               # it ends with its client
        assert relay.log.attempt().outcome == "relayed"
    relay.log.take_all("PG0|AH")


def test_a_page_of_two_parts_is_carried_if_one_of_them_is(httpd_with):
    server = httpd_with(
        CONF + "AddOutputFilter INCLUDES .shtml\n"
        "<Directory @ROOT@/htdocs>\nOptions +Includes\n</Directory>\n",
        modules=MODULES)
    server.log.take_all(r"PG0[02]\d\d: ")
    third, nobody = Origin(host="127.0.0.3"), free_port("127.0.0.3")
    for parts, outcome in (([nobody], "observed"),
                           ([third.port, nobody], "relayed"),
                           ([nobody, third.port], "relayed")):
        server.write("htdocs/parts.shtml", "".join(
            f'<!--#include virtual="/http/127.0.0.3:{p}/" -->' for p in parts))
        server.get("/parts.shtml?127.0.0.3")
        assert server.log.attempt().outcome == outcome, parts
    third.close()
    server.log.take_all("AH|unable to include")
