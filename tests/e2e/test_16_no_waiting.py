# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A refusal never waits for what the client still has to send."""

import threading
import time

import pytest

from pg_wire import AT_ONCE, SLOW, wait_until
from pg_workers import CONF, MODULES, Workers

LINGER = 10 * SLOW      # the end of a connection that still sends: not thirty


class Dripper:
    """Sends an octet every 50 ms until the connection breaks."""

    def __init__(self, wire):
        self.wire = wire
        self.ended = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._stop.wait(0.05):
                self.wire.sock.sendall(b"x")
        except OSError:
            pass
        self.ended.set()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join(5)


def refused_at_once(server, head, status):
    with server.wire() as wire:
        wire.send(head)
        with Dripper(wire) as dripper:
            start = time.monotonic()
            reply = wire.read_reply(head.split(b" ")[0].decode())
            assert reply.status == status
            assert reply.headers["Connection"] == "close"
            assert b"100 Continue" not in reply.raw
            assert time.monotonic() - start < AT_ONCE
            assert dripper.ended.wait(LINGER), "still reading from a dripper"
    server.log.attempt()


def test_a_body_that_drips_is_not_waited_for(httpd):
    refused_at_once(httpd, b"POST http://s.example/ HTTP/1.1\r\n"
                    b"Host: s.example\r\nContent-Length: 1000000\r\n\r\n", 421)


def test_a_chunked_body_is_not_waited_for(httpd):
    refused_at_once(httpd, b"POST http://s.example/ HTTP/1.1\r\n"
                    b"Host: s.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"ffffff\r\n", 421)


def test_a_client_that_waits_for_100_is_answered_with_the_refusal(httpd):
    with httpd.wire() as wire:
        wire.send(b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                  b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        reply = wire.read_reply()
        assert (reply.status, reply.raw[:12]) == (421, b"HTTP/1.1 421")
        assert wire.read_to_end(LINGER) == b"" and wire.closed
    assert reply.seconds < AT_ONCE
    httpd.log.attempt()


def test_octets_after_a_connect_are_never_another_request(httpd):
    with httpd.wire() as wire:
        wire.send(b"CONNECT s.example:443 HTTP/1.1\r\nHost: s.example\r\n\r\n"
                  b"GET /page.txt HTTP/1.1\r\nHost: %s\r\n\r\n"
                  % httpd.authority.encode())
        assert wire.read_reply("CONNECT").status == 405
        assert wire.read_to_end(LINGER) == b"" and wire.closed
    assert len(httpd.access_log(1)) == 1
    httpd.log.attempt()


def test_octets_that_drip_after_a_connect_do_not_hold_the_server(httpd):
    refused_at_once(httpd, b"CONNECT s.example:443 HTTP/1.0\r\n\r\n", 405)


def test_drippers_do_not_use_up_the_workers(httpd):
    head = (b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
            b"Content-Length: 1000000\r\n\r\n")
    wires = [httpd.wire().send(head) for _ in range(10)]
    try:
        start = time.monotonic()
        assert [w.read_reply().status for w in wires] == [421] * 10
        assert httpd.get("/page.txt").status == 200
        assert time.monotonic() - start < LINGER
    finally:
        for wire in wires:
            wire.sock.close()
    httpd.log.attempts(10)


# None of these ever closes, or sends the rest.
STAYING = {
    "asks and is silent": b"GET http://s.example/ HTTP/1.1\r\n"
                          b"Host: s.example\r\n\r\n",
    "owes a body": b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                   b"Content-Length: 1000000\r\n\r\n",
    "waits for 100": b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                     b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "CONNECT and a request behind it":
        b"CONNECT s.example:443 HTTP/1.1\r\nHost: s.example:443\r\n\r\n"
        b"GET / HTTP/1.1\r\nHost: www.own.example\r\n\r\n",
    "SOCKS5 greeting": b"\5\1\0",
}


@pytest.mark.parametrize("what", STAYING)
def test_who_stays_occupies_no_worker(httpd_with, what):
    server = httpd_with(CONF + "Timeout 60\nKeepAliveTimeout 60\n",
                        modules=MODULES)
    workers = Workers(server)
    wires = [server.wire().send(STAYING[what]) for _ in range(2)]
    try:
        for wire in wires:
            wire.read_to_end(AT_ONCE)
            assert wire.closed == "fin"
        wait_until(lambda: workers.busy() == 0, "idle workers")
    finally:
        workers.close()
        for wire in wires:
            wire.sock.close()
    server.log.attempts(2)


def test_a_crowd_that_stays_does_not_shut_out_others(httpd_with):
    server = httpd_with("Timeout 60\nKeepAliveTimeout 60\n", mpm="event")
    wires = [server.wire().send(STAYING["asks and is silent"])
             for _ in range(200)]
    try:
        assert server.get("/page.txt").seconds < AT_ONCE
    finally:
        for wire in wires:
            wire.sock.close()
    server.settled(200)
    server.log.attempts(200)


def test_a_dropped_connection_gets_no_octet(httpd_with):
    server = httpd_with("ProxyGuardAction all drop")
    with server.wire() as wire:
        wire.send(b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                  b"Content-Length: 1000000\r\n\r\n")
        assert wire.read_to_end(LINGER) == b"" and wire.closed
    assert server.status().flat()["dropped"] == 1
    assert server.log.attempt().id == "PG0103"
