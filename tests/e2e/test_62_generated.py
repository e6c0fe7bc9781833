# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The audit against random configurations: each is asked to go where the
client wants, by everything that pg_configs.attacks() knows, and the verdict is
compared with what happened. PG_CONFIGS=n for more of them, PG_SEED=n for
others; `make audit-truth` does both."""

import os
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from pg_configs import Maker, attacks, read_postures
from pg_peers import Origin
from pg_wire import exchange

MODULES = ("proxy", "proxy_http", "proxy_connect", "remoteip", "rewrite",
           "access_compat")
REMOTE = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n"
COUNT = int(os.environ.get("PG_CONFIGS", "30"))
SEED = int(os.environ.get("PG_SEED", "1"))
BATCH = 60
GUARDED = COUNT // 2
OWN_CHOICE = re.compile(rb"([^:]*\.)?stranger(\.invalid)?")
ABLE = ("event",)                # nothing of it depends on the MPM


class Case:
    """A virtual host with a loopback address of its own."""

    def __init__(self, number, body, common):
        self.common = common
        self.name = f"c{number}.example"
        self.address = f"127.0.{1 + number // 200}.{1 + number % 200}"
        self.body = body
        self.reached = {}            # "host" or "port" -> the request
        self.posture = self.why = None

    def text(self):
        return (f"Listen {self.address}:@PORT@\n"
                f"<VirtualHost {self.address}:@PORT@>\n"
                f"ServerName {self.name}\n{self.body}\n</VirtualHost>\n")

    def ask(self, server, peers):
        if "ProxyRequests On" in self.body:
            self.ask_forward(server, peers)
        for path, host, far in attacks(peers.far.authority,
                                       peers.back.authority,
                                       peers.near.port):
            if "host" in self.reached:
                return
            host = host.replace("@OWN@", self.name)
            for method in ["GET", "POST"][:1 + ("POST" in self.body)]:
                self.note(server, peers, f"{method} {path} HTTP/1.1\r\n"
                          f"Host: {host}\r\nContent-Length: 0\r\n"
                          f"X-Target: {far}\r\nUser-Agent: {far}\r\n")

    def ask_forward(self, server, peers):
        here = peers.far.authority
        for line in (f"GET http://{here}/", f"GET HTTP://{here}/",
                     f"POST http://{here}/", f"BREW http://{here}/a"):
            self.note(server, peers, f"{line} HTTP/1.1\r\nHost: {here}\r\n"
                      "Content-Length: 0\r\n")
        reply = exchange((self.address, server.port),
                         f"CONNECT {here} HTTP/1.1\r\nHost: {here}\r\n"
                         "X-Forwarded-For: 203.0.113.9\r\n\r\n".encode())
        if reply.status == 200:
            self.reached.setdefault("host", "CONNECT")

    def note(self, server, peers, head):
        reply = exchange((self.address, server.port), (
            head + "X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
        ).encode())
        # a name of the client's is looked up, and ProxyBlock asked after it
        lost = re.search(rb"DNS lookup failure for: ([^<]*)", reply.body)
        if reply.body == peers.far.body or (
                lost and OWN_CHOICE.fullmatch(lost[1])
                and "ProxyBlock *" not in self.body + self.common):
            self.reached.setdefault("host", head)
        elif reply.body == peers.near.body:
            self.reached.setdefault("port", head)

    def wrong(self):
        """What the audit got wrong, or None."""
        if self.posture == "unknown":
            return None
        if self.posture == "open" and "host" not in self.reached:
            return "false alarm: called open"
        if self.posture != "open" and "host" in self.reached:
            return f"miss: called {self.posture}"
        return None

    def report(self):
        return (f"{self.name}: {self.posture} ({self.why}); reached "
                f"{self.reached or 'nothing'}: {self.wrong()}\n{self.body}")


class Peers:
    """far: the client's choice; near: the backend's host, another port."""

    def __init__(self):
        self.far = Origin(b"far away\n", "127.0.0.99")
        self.back = Origin(b"the backend\n")
        self.near = Origin(b"another port\n")

    def close(self):
        for peer in (self.far, self.back, self.near):
            peer.close()


@pytest.fixture
def peers():
    made = Peers()
    yield made
    made.close()


def run_batch(httpd_with, peers, maker, count, guard="Observe"):
    common = maker.common()
    cases = [Case(n, maker.body(), common) for n in range(count)]
    text = (f"ProxyGuard {guard}\nProxyTimeout 2\n{REMOTE}"
            f"AllowCONNECT {peers.far.port}\n{common}\n"
            + "".join(c.text() for c in cases))
    server = httpd_with.make("", modules=MODULES, loglevel="crit")
    text = text.replace("@BACK@", peers.back.authority) \
               .replace("@FAR@", str(peers.far.port)) \
               .replace("@ROOT@", server.root)
    server.conf = text
    server.write("map.txt", "known 127.0.0.1:1\n")
    server.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda c: c.ask(server, peers), cases))
    server.log.take_all("")
    read_postures(server, cases)
    server.stop()
    return cases


def test_the_verdict_is_what_happens(httpd_with, peers, capsys):
    cases, n = [], 0
    while len(cases) < COUNT:
        maker = Maker(SEED * 1000 + n)
        cases += run_batch(httpd_with, peers, maker,
                           min(BATCH, COUNT - len(cases)))
        n += 1
    bad = [c for c in cases if c.wrong()]
    unknown = [c for c in cases if c.posture == "unknown"]
    with capsys.disabled():
        print(f"\n{len(cases)} configurations, "
              f"{sum('host' in c.reached for c in cases)} open, "
              f"{len(unknown)} unknown "
              f"({100 * len(unknown) / len(cases):.1f} %), {len(bad)} wrong")
    if os.environ.get("PG_SHOW_UNKNOWN"):
        for c in unknown:
            print("UNKNOWN", c.report(), "\n  MAIN:", c.common, "\n")
    assert not bad, "\n\n".join(f"{c.report()}\n  main server: {c.common}"
                                for c in bad)


def test_under_the_guard_nothing_is_carried_where_the_client_wants(
        httpd_with, peers):
    cases = run_batch(httpd_with, peers, Maker(SEED * 1000 + 500), GUARDED,
                      guard="On")
    assert peers.far.hits == []
    assert not [c.report() for c in cases if "host" in c.reached]
    # the administrator's own backend is reached nevertheless
    assert peers.back.hits
