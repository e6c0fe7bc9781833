# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Clients that keep a server waiting, as a table: what each says at first,
and what it goes on saying every half second. None of them ever closes."""

import re
import selectors
import socket
import ssl
import time
from typing import NamedTuple

import h2.config
import h2.connection

DRIP = 0.5                      # seconds between two drips
STRANGER = b"s.example"
ASK = b"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n\r\n"
POST = b"POST http://s.example/ HTTP/1.1\r\nHost: s.example\r\n%s\r\n\r\n"
LENGTH = b"Content-Length: 1000000"
OWN_POST = (b"POST /page.txt HTTP/1.1\r\nHost: www.own.example\r\n%s\r\n\r\n"
            % LENGTH)
CONNECT = b"CONNECT s.example:443 HTTP/1.1\r\nHost: s.example:443\r\n\r\n"
OWN_GET = b"GET /page.txt HTTP/1.1\r\nHost: www.own.example\r\n\r\n"
BODY = b"x" * 100


class Client(NamedTuple):
    """One nasty client."""
    name: str
    first: bytes                # all at once
    drip: bytes = b""           # again and again
    attempt: bool = True        # would be one, when complete
    tls: bool = False           # to the port that speaks TLS ...
    handshake: bool = False     # ... and does so itself
    reads: bool = True
    finishes: bool = False      # half-closes after `first`
    h2: bool = False


class Seen(NamedTuple):
    """What a client saw, in seconds from its first byte; None: never."""
    answer: float | None
    end: float | None
    replies: int


def hello():
    """The first half of a ClientHello."""
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), out, server_hostname="www.own.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    octets = out.read()
    return octets[:len(octets) // 2]


def http2(*fields):
    """The octets of a new connection, with a request that goes on."""
    conn = h2.connection.H2Connection(h2.config.H2Configuration(
        validate_outbound_headers=False))
    conn.initiate_connection()
    if fields:
        conn.send_headers(1, fields, end_stream=False)
    return conn.data_to_send()


def h2_data(octets):
    """A DATA frame on stream 1 (RFC 9113 6.1)."""
    return len(octets).to_bytes(3, "big") + b"\0\0" + b"\0\0\0\1" + octets


CLIENTS = (
    Client("body with a length drips", POST % LENGTH, BODY),
    Client("chunked body drips", POST % b"Transfer-Encoding: chunked",
           b"64\r\n%s\r\n" % BODY),
    Client("body drips, inside TLS", POST % LENGTH, BODY, tls=True,
           handshake=True),
    Client("waits for 100 Continue",
           POST % (LENGTH + b"\r\nExpect: 100-continue")),
    Client("CONNECT, then three requests", CONNECT + 3 * OWN_GET),
    Client("CONNECT, then octets drip", CONNECT, BODY),
    Client("asks, then is silent", ASK),
    Client("asks, then half a request line drips", ASK, b"x"),
    Client("asks for much and never reads",
           ASK.replace(b"/ ", b"/much.bin "), reads=False),
    Client("asks and half-closes, body missing", POST % LENGTH,
           finishes=True),
    Client("SOCKS5 greeting, then silent", b"\5\1\0"),
    Client("CONNECT in clear on the TLS port", CONNECT, tls=True),
    Client("SOCKS5 greeting on the TLS port", b"\5\1\0", tls=True),
    Client("HTTP/2 CONNECT, its octets drip",
           http2((":method", "CONNECT"), (":authority", "s.example:25")),
           h2_data(BODY), h2=True),
    Client("one octet of a SOCKS greeting", b"\5", attempt=False),
    Client("request line drips", b"GET http://s.example/", b"x",
           attempt=False),
    Client("header drips", ASK[:-4], b"x", attempt=False),
    Client("half of a TLS handshake", hello(), attempt=False, tls=True),
    Client("HTTP/2 preface only", http2(), attempt=False, h2=True),
    Client("our own page, body drips", OWN_POST, BODY, attempt=False),
)


class Run:
    """One client at work."""

    def __init__(self, client, address):
        self.client = client
        self.answer = self.end = None
        self.octets = b""
        self.sock = socket.socket()
        if not client.reads:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.settimeout(5)
        self.sock.connect(address)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if client.handshake:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)
        self.start = time.monotonic()
        self.sock.sendall(client.first)
        if client.finishes:
            self.sock.shutdown(socket.SHUT_WR)

    def since(self):
        return time.monotonic() - self.start

    def listen(self, seconds):
        """Wait that long at most, and read whatever comes."""
        if self.end or not self.client.reads:
            time.sleep(seconds)
            return
        with selectors.DefaultSelector() as ready:
            ready.register(self.sock, selectors.EVENT_READ)
            if not ready.select(seconds):
                return
        self.sock.settimeout(0)
        try:
            octets = self.sock.recv(65536)
        except ssl.SSLWantReadError:        # half a record
            return
        except (ConnectionError, ssl.SSLError):
            octets = b""
        finally:
            self.sock.settimeout(5)
        if octets:
            self.answer = self.answer or self.since()
            self.octets += octets
        else:
            self.end = self.since()

    def drip(self):
        try:
            self.sock.send(self.client.drip)
        except OSError:
            self.end = self.end or self.since()

    def until(self, over, limit):
        """Continue until over(), or for `limit` seconds."""
        due = DRIP
        while self.since() < limit and not over(self):
            self.listen(0.02)
            if self.client.drip and self.since() > due:
                due += DRIP
                self.drip()
        self.sock.close()
        return Seen(self.answer, self.end,
                    len(re.findall(rb"HTTP/1\.1 [2-5]\d\d ", self.octets)))
