# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What never becomes a request: SOCKS, and a cleartext relay request on a TLS
port. Recognised by the first bytes, refused at once, counted once."""

import socket
import time

import pytest

from pg_attempts import (GREETINGS, NO_METHOD, REJECTED, SOCKS4, SOCKS4A,
                         SOCKS5)
from pg_hosts import free_port, host_on, tls_on
from pg_peers import trusting_client
from pg_wire import AT_ONCE, SLOW, Wire, exchange

GET = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n" \
      b"Connection: close\r\n\r\n"
KEPT = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"


def refusal(address, *parts):
    """(what comes back, how long it took). Each part is sent separately."""
    with Wire(address) as wire:
        for part in parts:
            wire.send(part)
            time.sleep(0)
        start = time.monotonic()
        said = wire.read_to_end(AT_ONCE * 3)
        assert wire.closed, "still open"
        return said, time.monotonic() - start


@pytest.mark.parametrize("what", GREETINGS)
def test_a_greeting_is_refused_in_its_own_protocol_at_once(httpd, what):
    octets, answer, reason, port = GREETINGS[what]
    said, seconds = refusal(httpd.address, octets)
    assert said == answer
    assert seconds < AT_ONCE
    assert httpd.status().flat()["attempts"] == 1
    line = httpd.log.attempt()
    assert (line.id, line.fields["class"]) == ("PG0101", "socks")
    assert (line.reason, line.port, line.status) == (reason, port, "400")
    assert len(httpd.access_log(2)) == 2      # it, and the status


def test_the_log_has_the_time_of_a_greeting(httpd_with):
    server = httpd_with('CustomLog @ROOT@/times.log "%{sec}t"')
    before = int(time.time())
    refusal(server.address, SOCKS5)
    server.log.attempt()
    server.stop()
    said, = server.read(server.path("times.log")).split()
    assert before <= int(said) <= time.time()


def test_the_host_that_socks4a_names_is_told(httpd):
    refusal(httpd.address, SOCKS4A)
    assert httpd.log.attempt().host == "mx.stranger.example"


def octet_by_octet(server, octets, address=None):
    """What is said to a greeting whose first octet arrives alone."""
    with Wire(address or server.address) as wire:
        wire.send(octets[:1])
        # the server has taken the first octet when it has nothing to read
        with Wire(server.address) as other:
            other.send(GET)
            assert other.read_reply().status == 200
        wire.send(octets[1:])
        return wire.read_to_end(AT_ONCE * 3)


@pytest.mark.parametrize("what", ["SOCKS5", "SOCKS4"])
def test_a_greeting_octet_by_octet(httpd, what):
    octets, answer = GREETINGS[what][:2]
    assert octet_by_octet(httpd, octets)[:2] == answer[:2]
    assert httpd.settled(1)["attempts"] == 1
    httpd.log.attempt()


@pytest.mark.parametrize("octets", [
    SOCKS5, b"CONNECT s.example:25 HTTP/1.1\r\nHost: s.example\r\n\r\n"])
def test_a_refused_client_that_stays_is_soon_rid_of(httpd, octets):
    """After two seconds rather than the thirty of a lingering close."""
    with Wire(httpd.address) as wire:
        wire.send(octets)
        wire.read_to_end()
        start = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - start < 15 * SLOW:
                wire.sock.sendall(b"x")
                time.sleep(0.1)
    httpd.log.attempt()


def test_one_octet_that_is_no_greeting_goes_its_way(httpd):
    with Wire(httpd.address) as wire:
        wire.send(b"\x05")
        with Wire(httpd.address) as other:
            other.send(GET)
            other.read_reply()
        wire.send(b"\xff\xff what is this\r\n\r\n")
        assert wire.read_reply().status == 400
    assert httpd.status()["attempts"] == 0
    httpd.log.take_all("AH")


@pytest.mark.parametrize("octets", [
    b"\x05\x00", b"\x04\x09\x00\x19", b"\x16\x03\x01\x02\x00\x01\x00",
    b"\x00\x00\x00\x00", b"EHLO mail.example\r\n", b"SSH-2.0-x\r\n",
    b"\x80\x2e\x01\x03\x01",
])
def test_noise_is_no_attempt(httpd, octets):
    httpd.send(octets)
    assert httpd.get("/page.txt").status == 200
    assert httpd.status()["attempts"] == 0
    httpd.log.take_all("AH")


@pytest.mark.parametrize("action, outcome", [
    ("deny", "denied"), ("drop", "dropped"), ("observe", "observed")])
@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_every_action_counts_it_once(httpd_with, action, outcome, end):
    server = httpd_with(f"ProxyGuardAction socks {action}")
    with Wire(server.address) as wire:
        wire.send(SOCKS5 + end)
        if action == "observe":
            wire.finish()
        said = wire.read_to_end()
    assert (said == NO_METHOD) == (action == "deny")
    assert (said == b"") == (action == "drop"
                             or (action == "observe" and not end))
    assert server.settled(1) and server.status().flat()["attempts"] == 1
    assert server.log.attempt().outcome == outcome
    server.log.take_all("AH")


def test_with_peek_off_httpd_waits_and_only_a_line_end_tells(httpd_with):
    server = httpd_with("ProxyGuardPeek Off")
    assert server.send(SOCKS5).raw == b""
    assert server.status()["attempts"] == 0
    assert server.send(SOCKS5 + b"\r\n\r\n").status == 400
    assert server.settled(1)["attempts"] == 1
    assert server.log.attempt().outcome == "refused"
    server.log.take_all("AH")
    with server.wire() as wire:
        for _ in range(3):
            wire.send(KEPT)
            assert wire.read_reply().status == 200


def test_with_the_guard_off_there_is_no_peek(httpd_with):
    server = httpd_with("ProxyGuard Off")
    assert server.send(SOCKS5).raw == b""
    assert server.log.all("PG01") == []


def test_other_log_formats_and_modules_bear_it(httpd_with):
    server = httpd_with(
        'LogFormat "%a %h %l %u %t \\"%r\\" %>s %b %B %D %T %H %m %q %U %v %V'
        ' %p %P %I %O %S %X %k %L %R %{proxyguard-class}n %{PROXYGUARD}e '
        '%{Referer}i %{x}o %f" all\n'
        "CustomLog @ROOT@/all.log all\n"
        "CustomLog @ROOT@/relay.log %{proxyguard-class}n env=PROXYGUARD\n"
        "ExtendedStatus On",
        modules=("unique_id", "log_forensic", "status", "http2",
                 "remoteip", "proxy", "rewrite", "security2"))
    # Debian sid's mod_security2 was built with an older PCRE
    server.log.take_all("PG0[02]|Loaded PCRE do not match")
    assert refusal(server.address, SOCKS4)[0] == REJECTED
    assert server.get("/page.txt").status == 200
    assert server.read("relay.log") == "socks\n"
    assert " socks socks " in server.read("all.log")
    server.log.attempt()


# --- a TLS port ---------------------------------------------------------------

@pytest.fixture
def tls_server(httpd_with, certificate):
    port = free_port()
    server = httpd_with(tls_on(port, certificate), modules=("ssl", "http2"))
    server.tls = ("127.0.0.1", port)
    return server


CLEAR = {
    "CONNECT": (b"CONNECT s.example:443 HTTP/1.0\r\n\r\n", "connect-tls"),
    "GET": (b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n",
            "absolute"),
    "a blank first": (b" GET http://s.example/ HTTP/1.1\r\n\r\n", "absolute"),
    "the last of ASCII first": (b"~ http://s.example/ HTTP/1.1\r\n\r\n",
                                "absolute"),
    "SOCKS5": (SOCKS5, "socks"),
    "SOCKS4": (SOCKS4, "socks"),
}


@pytest.mark.parametrize("octets", [SOCKS5, SOCKS4])
def test_a_greeting_octet_by_octet_on_a_tls_port(tls_server, octets):
    assert octet_by_octet(tls_server, octets, tls_server.tls) == b""
    assert tls_server.settled(1)["attempts"] == 1
    assert tls_server.log.attempt().fields["class"] == "socks"


@pytest.mark.parametrize("what", CLEAR)
def test_a_relay_request_in_clear_on_a_tls_port(tls_server, what):
    octets, class_id = CLEAR[what]
    said, seconds = refusal(tls_server.tls, octets)
    assert (said, seconds < AT_ONCE) == (b"", True)
    assert tls_server.status().flat()["attempts"] == 1
    line = tls_server.log.attempt()
    assert (line.fields["class"], line.outcome) == (class_id, "denied")
    # the child that did it is alive
    assert exchange(tls_server.tls, GET, trusting_client()).status == 200


def test_the_tls_port_serves_as_before(tls_server):
    for _ in range(3):
        assert exchange(tls_server.tls, GET, trusting_client()).status == 200
    reply = exchange(tls_server.tls, b"GET / HTTP/1.1\r\n\r\n")
    assert reply.status == 400                # mod_ssl's own words
    assert tls_server.status()["attempts"] == 0


def test_many_refusals_on_a_tls_port_kill_no_child(tls_server):
    for _ in range(20):
        refusal(tls_server.tls, SOCKS5)
        refusal(tls_server.tls, CLEAR["CONNECT"][0])
    assert tls_server.status()["attempts"] == 40
    tls_server.log.attempts(40)


# --- nothing else changes -----------------------------------------------------

def test_three_thousand_ordinary_requests(httpd):
    one = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"
    for _ in range(50):
        with httpd.wire() as wire:
            for _ in range(59):
                wire.send(one)
                assert wire.read_reply().body == b"own page\n"
            wire.send(GET)
            assert wire.read_reply().body == b"own page\n"
    assert httpd.status()["attempts"] == 0


def test_pipelined_requests_are_answered_in_order(httpd):
    one = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"
    with httpd.wire() as wire:
        wire.send(one * 9 + GET)
        assert [wire.read_reply().status for _ in range(10)] == [200] * 10


def test_a_request_that_comes_octet_by_octet(httpd):
    with httpd.wire() as wire:
        for i in range(len(GET)):
            wire.send(GET[i:i + 1])
        assert wire.read_reply().status == 200


def test_behind_the_proxy_protocol(httpd_with):
    port = free_port()
    server = httpd_with(host_on(port, "RemoteIPProxyProtocol On"),
                        modules=("remoteip",))
    said = b"PROXY TCP4 203.0.113.9 127.0.0.1 40000 80\r\n"
    address = ("127.0.0.1", port)
    assert exchange(address, said + GET).status == 200
    assert refusal(address, said + SOCKS5)[0] == NO_METHOD
    line = server.log.attempt()
    assert line.fields["class"] == "socks"
    assert (line.fields.get("source"), line.peer) == (None, "127.0.0.1")


def test_header_timeouts_still_hold(httpd_with):
    server = httpd_with("RequestReadTimeout header=1")
    for start in (b"GET / HT", b"\x05"):
        with server.wire() as wire:
            wire.send(start)
            wire.read_to_end(10 * SLOW)
            assert wire.closed, start
    assert [line.split()[-3] for line in server.access_log(2)] == [
        "408", "408"]


def test_and_also_where_http2_looks_first(httpd_with, mpm):
    if mpm == "prefork":        # mod_http2 declines
        mpm = "event"
    server = httpd_with("Protocols h2c http/1.1\nRequestReadTimeout header=1",
                        modules=["http2"], mpm=mpm)
    with server.wire() as wire:
        wire.send(b"\x05")
        wire.read_to_end(10 * SLOW)
        assert wire.closed, "one octet of a greeting"


def test_a_client_that_only_connects_is_no_attempt(httpd):
    socket.create_connection(httpd.address).close()
    assert httpd.get("/page.txt").status == 200
    assert httpd.status()["attempts"] == 0
