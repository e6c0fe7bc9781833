# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Everything that third parties ask for, in every way it arrives: for tests
that watch the server rather than its answers."""

from pg_cases import octets_of, rows
from pg_h2 import Http2
from pg_peers import trusting_client
from pg_seed import SEED
from pg_wire import exchange

# names that every machine can look up
KNOWN = ("localhost", "ip6-localhost")
FORMATS = ("html", "json", "prometheus", "openmetrics", "csv", "text", "auto")


def requests(name):
    """Requests to be relayed to a name, in every form."""
    for line, host in (
            ("GET http://%s/ HTTP/1.1", "%s"),
            ("GET https://%s:8443/x?y HTTP/1.1", "%s:8443"),
            ("POST ftp://joe@%s/ HTTP/1.1", "%s"),
            ("CONNECT %s:25 HTTP/1.1", "%s:25"),
            ("CONNECT %s:443 HTTP/1.0", "%s"),
            ("GET / HTTP/1.1", "%s"),
            ("GET http:/%s/ HTTP/1.1", "%s")):
        yield octets_of((line.replace("%s", name)).encode(),
                        host.replace("%s", name).encode())


def greetings(name):
    """SOCKS 5, 4a and 4."""
    name = name.encode()
    yield b"\x05\x01\x00\x05\x01\x00\x03%c%s\x00\x19" % (len(name), name)
    yield b"\x04\x01\x00\x19\x00\x00\x00\x01bob\x00%s\x00" % name
    yield b"\x04\x01\x00\x50\x7f\x00\x00\x01bob\x00"


def ask_for_names(address, tls=None):
    for name in KNOWN:
        for octets in requests(name):
            exchange(address, octets, tls=tls)
    if tls is None:
        for name in KNOWN:
            for octets in greetings(name):
                exchange(address, octets)


def ask_over_http2(address, tls):
    with Http2(address, tls=tls) as h2:
        for name in KNOWN:
            h2.get(name)
            h2.ask((b":method", b"CONNECT"), (b":authority", name + ":443"))
            h2.ask((b":method", b"CONNECT"), (b":authority", name))
            h2.ask((b":method", b"GET"), (b":scheme", b"ftp"),
                   (b":authority", name), (b":path", b"/"))


def ask_for_rows(server, every=1):
    """The rows of classify.tsv, or one of so many."""
    for _, (line, host, *_) in list(rows("classify.tsv"))[::every]:
        server.send(octets_of(line, host), timeout=3)
    for attempt in SEED:
        server.send(attempt.octets)


def ask_for_pages(server):
    server.get("/page.txt")
    for form in FORMATS:
        server.get(f"/proxyguard-status?format={form}")
        server.get(f"/proxyguard-status?format={form}&mask=1")


def ask_everything(server, tls_port=None, every=1):
    """tls_port: of a virtual host that speaks TLS; without, no HTTP/2 either,
    nor is there with prefork, which mod_http2 does not work with."""
    ask_for_rows(server, every)
    ask_for_names(server.address)
    if tls_port:
        there = (server.listen, tls_port)
        ask_for_names(there)
        ask_for_names(there, trusting_client())
        if server.mpm != "prefork":
            ask_over_http2(server.address, False)
            ask_over_http2(there, True)
    ask_for_pages(server)
