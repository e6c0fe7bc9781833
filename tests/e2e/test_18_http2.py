# Licensed under the Apache License, Version 2.0; see LICENSE.
"""HTTP/2, over TLS and in clear: what becomes of a relay request, and that
refusing one stream leaves the others alone."""

import base64
import re
import subprocess

import pytest

from pg_attempts import ASKED, OVER_TLS, connect, request
from pg_browser import chromium
from pg_h2 import Http2
from pg_hosts import free_ports, host_on, tls_on
from pg_httpd import OWN
from pg_peers import make_certificate, trusting_client
from pg_servers import Servers
from pg_sink import sink_with, spool
from pg_wire import Wire, exchange, wait_until

ABLE = ("event", "worker")       # mod_http2 does not work with prefork

# nghttp2 resets these: no hook sees them, nor could a proxy
RESET = {
    "absolute-form path": request("GET", OWN, path="http://s.example/"),
    "authority as path": request("GET", OWN, path="s.example:25"),
    "CONNECT with scheme and path": request("CONNECT", "s.example:443"),
    "lower-case connect": ((":method", "connect"),
                           (":authority", "s.example:443")),
    "two authorities": request("GET", OWN, (":authority", "s.example")),
    "space in authority": request("GET", "s.example x"),
    "nobody": ((":method", "GET"), (":scheme", "http"), (":path", "/")),
    "extended CONNECT, switched off": (
        (":method", "CONNECT"), (":protocol", "websocket"),
        (":scheme", "http"), (":authority", "s.example"), (":path", "/")),
}


# --- one server for all: stopping one with mod_http2 takes three seconds ------

# name of a pair of ports, in clear and with TLS -> its directives
HOSTS = {
    "plain": "",
    "drop": "ProxyGuardAction all drop",
    "deny": "ProxyGuardAction foreign-host deny",
    "observe": "ProxyGuard Observe",
    "proxy": "H2ProxyRequests on",
    "sockets": "H2WebSockets on",
    "upgrade": "H2Upgrade on",
    "upgrade-observed": "H2Upgrade on\nProxyGuard Observe",
    "upgrade-no-host": "H2Upgrade on\nProxyGuard Observe\n"
                       "ProxyGuardForeignHost Off",
}


@pytest.fixture(scope="module")
def started():
    servers = {}
    yield servers
    for each in servers.values():
        each.finish(False)


def start(mpm, certificate):
    servers = Servers(mpm)
    names = [(name, way) for name in HOSTS for way in ("h2c", "h2")]
    ports = dict(zip(names, free_ports(len(names))))
    conf = "Protocols h2 h2c http/1.1\n"
    for (name, way), port in ports.items():
        conf += (tls_on(port, certificate, HOSTS[name]) if way == "h2"
                 else host_on(port, HOSTS[name]))
    server = servers(conf, modules=("ssl", "http2"))
    server.log.take_all("PG02")
    server.ports = ports
    return servers


@pytest.fixture
def server(started, mpm, certificate):
    if mpm not in started:
        started[mpm] = start(mpm, certificate)
    server = started[mpm].made[0]
    server.before = server.status()
    return server


@pytest.fixture(params=["h2c", "h2"])
def to(request, server):
    """to("drop") -> a connection to the ports of that name."""
    def connection(name="plain"):
        return Http2(("127.0.0.1", server.ports[name, request.param]),
                     tls=request.param == "h2")
    connection.tls = request.param == "h2"
    return connection


def counted(server, attempts):
    """What changed once so many attempts were counted; their lines are
    taken."""
    now = server.settled(server.before["attempts"] + attempts)
    lines = server.log.attempts(attempts) if attempts else []
    server.log.take_all("AH")
    return now - server.before, lines


def resets_userinfo(server):
    """nghttp2 does so since 1.64.0 (its pull request 2262)."""
    said = server.log.all("AH03090")[0].text
    version = re.search(r"nghttp2 ([\d.]+)", said)[1]
    return tuple(map(int, version.split("."))) >= (1, 64, 0)


def must_be_reset(server, to, fields):
    with to() as client:
        answer = client.ask(*fields)
        assert (answer.status, answer.reset) == (0, 1) or client.closed
        assert client.closed or client.get(OWN).status == 200
    assert counted(server, 0) == ({}, [])


@pytest.mark.parametrize("what", ASKED)
def test_every_way_that_reaches_a_hook(server, to, what):
    fields, *answer = ASKED[what]
    if "userinfo" in what and resets_userinfo(server):
        must_be_reset(server, to, fields)
        return
    if to.tls:
        answer = OVER_TLS.get(what, answer)
    status, class_id, outcome = answer
    with to() as client:
        said = client.ask(*fields).status
        if what == "OPTIONS *" and server.log.all("AH10379: "):
            status = 400    # mod_http2 2.0.42 makes an absolute URL of it
        assert said == status
        # the connection continues, whatever happened to the stream
        assert client.get(OWN).body == b"own page\n"
    changed, lines = counted(server, 1 if class_id else 0)
    assert changed == ({"attempts": 1, class_id: 1, outcome: 1} if class_id
                       else {})
    assert [x.status for x in lines] == [str(status)] * len(lines)


@pytest.mark.parametrize("what", RESET)
def test_what_nghttp2_resets_is_neither_answered_nor_counted(server, to,
                                                             what):
    must_be_reset(server, to, RESET[what])


def test_a_connect_with_octets_behind_it(server, to):
    with to() as client:
        stream = client.open(*connect("mx.example:25"), end=False)
        client.data(stream, b"EHLO me\r\n")
        assert client.wait(stream).status == 405
        assert client.get(OWN).status == 200
    assert counted(server, 1)[0]["connect-mail"] == 1


def test_a_denied_upload_is_not_waited_for(server, to):
    with to() as client:
        stream = client.open(*request("POST", "s.example", scheme="ftp"),
                             end=False)
        assert client.wait(stream).status == 421
        assert client.get(OWN).status == 200
    assert counted(server, 1)[0]["absolute"] == 1


def test_drop_resets_the_stream_and_nothing_else(server, to):
    before = len(server.access_log())
    with to("drop") as client:
        for fields in (connect("s.example:443"), request("GET", "s.example"),
                       request("GET", "s.example", scheme="ftp")):
            answer = client.ask(*fields)
            assert (answer.status, answer.reset is None) == (0, False)
        assert client.get(OWN).status == 200
    assert counted(server, 3)[0]["dropped"] == 3
    assert sum(" 403 " in x for x in server.access_log(before + 4)[before:]) \
        == 3


def test_deny_a_foreign_authority(server, to):
    with to("deny") as client:
        assert client.get("s.example").status == 421
        assert client.get(OWN).status == 200
    assert counted(server, 1)[0] == {
        "attempts": 1, "absolute" if to.tls else "foreign-host": 1,
        "denied": 1}


def test_observe_counts_each_once(server, to):
    with to("observe") as client:
        assert client.ask(*connect("s.example:443")).status == 405
        assert client.get("s.example").status == 200
    assert counted(server, 2)[0]["observed"] == 2


def test_with_h2_proxy_requests_our_own_are_absolute_and_clean(server, to):
    with to("proxy") as client:
        assert client.get(OWN).body == b"own page\n"
        assert client.get("s.example").status == 421
        assert client.ask(*connect("s.example:443")).status == 405
    assert counted(server, 2)[0] == {"attempts": 2, "absolute": 1,
                                     "connect-tls": 1, "denied": 2}


def extended(authority, protocol="websocket", path="/"):
    return ((":method", "CONNECT"), (":protocol", protocol),
            (":scheme", "http"), (":authority", authority), (":path", path))


def test_extended_connect(server, to):
    with to("sockets") as client:
        client.ask(*extended(OWN))
        client.ask(*extended("s.example"))
    assert counted(server, 1)[0]["absolute" if to.tls else "foreign-host"] \
        == 1


@pytest.mark.parametrize("path, class_id, host, port", [
    ("udp/x.example/443/", "connect-tls", "x.example", "443"),
    ("udp/192.0.2.9/53/", "connect-other", "192.0.2.9", "53"),
    ("ip/x.example/17/", "connect-other", "x.example", "0")])
def test_extended_connect_for_a_tunnel_is_counted(server, to, path, class_id,
                                                  host, port):
    kind = "connect-" + path.split("/")[0]
    with to("sockets") as client:
        assert client.ask(*extended(
            OWN, kind, "/.well-known/masque/" + path)).status == 501
    changed, lines = counted(server, 1)
    assert changed == {"attempts": 1, class_id: 1, "refused": 1}
    assert (lines[0].reason, lines[0].fields["host"],
            lines[0].fields["port"]) == ("tunnel-over-http", host, port)


# --- whose an authority is, over TLS -----------------------------------------

# what is asked for -> status, class, outcome
WHOSE = {
    OWN: (200, None, None), "WWW.Own.Example.": (200, None, None),
    OWN + ":8443": (200, None, None),
    # only in the certificate
    "own.example": (200, None, None), "own.example:443": (200, None, None),
    "OWN.EXAMPLE": (200, None, None), "a.wild.example": (200, None, None),
    "wild.example": (421, "absolute", "denied"),
    "a.b.wild.example": (421, "absolute", "denied"),
    # where the connection came in, and other addresses: it may be a NAT's
    "127.0.0.1": (200, None, None), "[::ffff:127.0.0.1]": (200, None, None),
    "192.0.2.9": (200, "foreign-host", "observed"),
    "[2001:db8::9]": (200, "foreign-host", "observed"),
    "localhost": (200, None, None),
    "s.example": (421, "absolute", "denied"),
    "s.example:443": (421, "absolute", "denied"),
    "xown.example": (421, "absolute", "denied"),
    "web": (421, "absolute", "denied"),
}


@pytest.fixture(scope="module")
def wild_certificate(tmp_path_factory):
    return make_certificate(str(tmp_path_factory.mktemp("wild")),
                            ["own.example", OWN, "*.wild.example"])


def over_tls(mpm, certificate, conf=""):
    servers = Servers(mpm)
    port = free_ports(1)[0]
    server = servers("Protocols h2 http/1.1\n" + tls_on(port, certificate,
                                                        conf),
                     modules=("ssl", "http2"))
    server.log.take_all("PG02")
    server.h2 = ("127.0.0.1", port)
    return servers, server


def test_whose_an_authority_is_over_tls(mpm, wild_certificate):
    servers, server = over_tls(mpm, wild_certificate)
    seen = {}
    for authority in WHOSE:
        with Http2(server.h2, tls=True) as client:
            answer = client.get(authority, scheme="https")
        if WHOSE[authority][1]:
            wait_until(lambda: server.log.untaken(" PG01"), "its line")
        lines = server.log.take_all(" PG01")
        server.log.take_all("AH")
        seen[authority] = (answer.status, *(
            (lines[0].fields["class"], lines[0].outcome) if lines
            else (None, None)))
        assert all(x.reason == "foreign-authority" for x in lines)
    servers.finish(seen != WHOSE)
    assert seen == WHOSE


def test_a_foreign_address_can_be_denied_and_names_without_host_check(
        mpm, wild_certificate):
    servers, server = over_tls(mpm, wild_certificate,
                               "ProxyGuardAction foreign-host deny")
    with Http2(server.h2, tls=True) as client:
        assert client.get("192.0.2.9").status == 421
        assert client.get("127.0.0.1").status == 200
    assert server.log.attempt().fields["class"] == "foreign-host"
    servers.finish(False)
    servers, server = over_tls(mpm, wild_certificate,
                               "ProxyGuardForeignHost Off")
    with Http2(server.h2, tls=True) as client:
        assert client.get("192.0.2.9").status == 200
        assert client.get("own.example").status == 200
        assert client.get("s.example").status == 421
    assert server.log.attempt().fields["class"] == "absolute"
    servers.finish(False)


def test_http1_over_tls_stays_as_it_is(mpm, wild_certificate):
    servers, server = over_tls(mpm, wild_certificate)
    reply = exchange(server.h2, b"GET /page.txt HTTP/1.1\r\nHost: s.example"
                     b"\r\nConnection: close\r\n\r\n",
                     tls=trusting_client())
    assert reply.status == 200
    line = server.log.attempt()
    assert (line.fields["class"], line.reason) == ("foreign-host",
                                                   "foreign-host-field")
    assert line.vhost == f"{OWN}:{server.h2[1]}"
    servers.finish(False)


def test_chromium_with_an_https_proxy_over_http2(mpm, wild_certificate,
                                                 tmp_path):
    servers, server = over_tls(mpm, wild_certificate)
    done = chromium(tmp_path, "http://www.s.invalid/", "--dump-dom",
                    "--ignore-certificate-errors",
                    f"--proxy-server=https://127.0.0.1:{server.h2[1]}")
    # it asks for its updates, too
    line = [x for x in server.log.take_all(" PG01")
            if x.fields["host"] == "www.s.invalid"][0]
    assert (line.fields["class"], line.reason, line.status) == (
        "absolute", "foreign-authority", "421")
    assert b"own front page" not in done.stdout
    server.log.take_all(" PG01|AH")
    servers.finish(False)


def test_nghttp_and_curl_over_tls(mpm, wild_certificate):
    servers, server = over_tls(mpm, wild_certificate)
    url = f"https://127.0.0.1:{server.h2[1]}/page.txt"

    def said(*command):
        return subprocess.run(command, capture_output=True, text=True,
                              timeout=30).stdout

    assert "own page" in said("nghttp", url)
    assert ":status: 421" in said("nghttp", "-nv", "-H",
                                  ":authority: s.invalid", url)
    curl = ("curl", "-sk", "--http2", "-o", "/dev/null", "-w",
            "%{http_version} %{http_code}")
    assert said(*curl, url) == "2 200"
    assert said(*curl, "-H", "Host: s.invalid", url) == "2 421"
    assert {x.fields["class"] for x in server.log.attempts(2)} == {"absolute"}
    servers.finish(False)


def test_many_streams_at_once_add_up(server, to):
    with to() as client:
        streams = [client.open(*(connect("s.example:25") if n % 2 else
                                 request("GET", OWN, path="/page.txt")))
                   for n in range(60)]
        got = [client.wait(s).status for s in streams]
    assert got == [200, 405] * 30
    assert counted(server, 30)[0]["connect-mail"] == 30


# --- the upgrade from HTTP/1.1 ------------------------------------------------

SETTINGS = base64.urlsafe_b64encode(
    b"\x00\x03\x00\x00\x00\x64").rstrip(b"=")


def ask_for_upgrade(server, name, target, host):
    wire = Wire(("127.0.0.1", server.ports[name, "h2c"]))
    wire.send(b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade, "
              b"HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: %s\r\n\r\n"
              % (target.encode(), host.encode(), SETTINGS))
    return wire


def upgrade(*args):
    """Ask for h2c by Upgrade: (HTTP/1.1 status, the connection)."""
    wire = ask_for_upgrade(*args)
    return wire.read_reply().status, wire


def upgraded_body(wire):
    """The response on stream 1, to the request that asked for the upgrade.
    (httpd 2.4.71 under event ends such a connection when it is idle.)"""
    with Http2(None, upgraded=wire.sock) as client:
        client.take(wire.buffer)
        return client.wait(1).body


@pytest.mark.parametrize("target, name, counts", [
    ("http://s.example/page.txt", "upgrade-observed", ["absolute"]),
    ("http://s.example/page.txt", "upgrade-no-host", ["absolute"]),
    ("/page.txt", "upgrade-observed", ["foreign-host"]),
    ("/page.txt", "upgrade-no-host", [])])
def test_an_upgrade_counts_once(server, target, name, counts):
    status, wire = upgrade(server, name, target, "s.example")
    assert status == 101
    assert upgraded_body(wire) == b"own page\n"
    lines = counted(server, len(counts))[1]
    assert [x.fields["class"] for x in lines] == counts


def test_an_upgrade_of_our_own_is_clean(server):
    status, wire = upgrade(server, "upgrade", "/page.txt", OWN)
    assert status == 101
    assert upgraded_body(wire) == b"own page\n"
    assert counted(server, 0) == ({}, [])


def test_an_upgrade_whose_second_reading_is_clean_excuses_no_other(server):
    """The other one is sent at once: httpd often ends such a connection as
    soon as it is idle."""
    for tries in range(1, 30):
        wire = ask_for_upgrade(server, "upgrade-no-host",
                               "http://s.example/page.txt", "s.example")
        with Http2(None, upgraded=wire.sock) as client:
            other = client.open(*connect("s.example:25"))
            assert wire.read_reply().status == 101
            client.take(wire.buffer)
            if client.wait(other).status:
                break
    counts, lines = counted(server, tries + 1)
    assert counts["connect-mail"] == 1 and counts["absolute"] == tries
    assert len(lines) == tries + 1


def test_a_denied_upgrade_does_not_happen(server):
    status, wire = upgrade(server, "upgrade", "http://s.example/",
                           "s.example")
    assert status == 421
    assert wire.read_to_end() == b"" and wire.closed
    assert counted(server, 1)[0]["denied"] == 1


# Where the upgraded request is carried, or stopped: directives, a target (the
# origin's authority is inserted), what is counted, and whether it arrives.
CARRIED = {
    "open on purpose": (
        "ProxyRequests On\nH2ProxyRequests on\nProxyGuardForward Allow",
        "http://@/x", {"attempts": 1, "absolute": 1, "relayed": 1}, 1),
    "observed": ("ProxyRequests On\nH2ProxyRequests on\nProxyGuard Observe",
                 "http://@/x", {"attempts": 1, "absolute": 1, "relayed": 1},
                 1),
    "a proxy for some": (
        "ProxyRequests On\nH2ProxyRequests on\n<Proxy *>\nRequire local\n"
        "</Proxy>", "http://@/x", {}, 1),
    "a backend of its choice": (
        "RewriteEngine On\nRewriteRule ^/(.*) http://%{HTTP_HOST}/ [P]",
        "/x", {"attempts": 1, "chosen-backend": 1, "denied": 1}, 0),
}


@pytest.mark.parametrize("what", CARRIED)
def test_an_upgrade_counts_once_by_what_became_of_it(httpd_with, origin,
                                                     what):
    conf, target, counts, hits = CARRIED[what]
    port, = free_ports(1)
    server = httpd_with("Protocols h2c http/1.1\nH2Upgrade on\n"
                        + host_on(port, conf),
                        modules=("http2", "proxy", "proxy_http", "rewrite"))
    server.log.take_all("PG02")
    server.ports = {("it", "h2c"): port}
    server.before = server.status()
    status, wire = upgrade(
        server, "it", target.replace("@", origin.authority),
        origin.authority if hits else f"s.invalid:{origin.port}")
    assert status == 101
    upgraded_body(wire)
    wait_until(lambda: any(" 101 " in x for x in server.access_log()),
               "the end of the first reading")
    changed, lines = counted(server, counts.get("attempts", 0))
    assert changed == counts
    assert len(origin.hits) == hits
    assert len(lines) == len(server.log.all(r"PG01\d\d: relay"))


def test_a_sink_takes_no_stream(httpd_with):
    port, = free_ports(1)
    server = sink_with(httpd_with, "Protocols h2c http/1.1\n"
                       + host_on(port, ""), modules=("http2",))
    with Http2((server.listen, port)) as client:
        assert client.ask(*connect("mx.invalid:25")).status == 405
    assert server.log.attempt().outcome == "denied"
    assert spool(server) == b""
