# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/crowdsec, with the real CrowdSec: three attempts ban their source,
by the error log and by the evidence log, and nobody else."""

import socket

import pytest
import yaml

from pg_crowdsec import OF_THE_HUB, SHIPPED, CrowdSec, hub_test
from pg_wire import PATIENCE, wait_until

FORGED = ('x source=127.0.0.66 vhost="a" reason=x agent=""\', "source": '
          '{"address":"127.0.0.66","ip":"127.0.0.66"},"proxyguard":'
          '{"class":"absolute"}}')


def ask(server, source, request):
    """From an address of this machine; the answer is read to its end."""
    with socket.create_connection(server.address, 10, (source, 0)) as s:
        s.sendall(request + f"User-Agent: {FORGED}\r\n\r\n".encode())
        while s.recv(4096):
            pass


def attempt(server, source):
    ask(server, source, b"GET http://www.stranger.test/source=127.0.0.66 "
        b"HTTP/1.0\r\n")
    server.log.attempt()


@pytest.fixture
def guarded(httpd_with, tmp_path):
    """(by its error log, by its evidence log, CrowdSec that reads both)"""
    evidence = tmp_path / "evidence.json"
    one, two = httpd_with(), httpd_with(f"ProxyGuardEvidenceLog {evidence}")
    crowdsec = CrowdSec(tmp_path, [one.path("error.log"), evidence])
    yield one, two, crowdsec
    crowdsec.stop()


def test_three_attempts_ban_their_source(guarded):
    one, two, crowdsec = guarded
    for server, source, times in ((one, "127.0.0.7", 3), (one, "127.0.0.9", 2),
                                  (two, "127.0.0.8", 3),
                                  (two, "127.0.0.10", 2)):
        for _ in range(times):
            attempt(server, source)
    for server in (one, two):           # observed, and so let pass
        for _ in range(4):
            ask(server, "127.0.0.11",
                b"GET / HTTP/1.0\r\nHost: www.stranger.test\r\n")
            server.log.attempt()
    wait_until(lambda: len(crowdsec.banned()) >= 2, "two bans",
               30 * PATIENCE)
    assert crowdsec.banned() == {"127.0.0.7": "proxyguard/relay-attempts",
                                 "127.0.0.8": "proxyguard/relay-attempts"}
    said = crowdsec.tool("explain", "--type", "proxyguard", "--file",
                         one.path("error.log"))
    assert said.count("proxyguard/relay-attempts") == 5


def test_crowdsec_s_own_test_tool_agrees(tmp_path):
    assert hub_test(tmp_path, "mod_proxyguard") == {
        "fail": [], "success": ["mod_proxyguard"]}


def test_the_collection_names_what_there_is():
    def load(*parts):
        with open("/".join([SHIPPED, *parts]), encoding="utf-8") as f:
            return yaml.safe_load(f)
    collection = load("collections", "mod_proxyguard.yaml")
    own = [load("parsers", "s01-parse", "proxyguard-logs.yaml")["name"]]
    assert sorted(collection["parsers"]) == sorted(
        own + ["/".join(x[:-5].split("/")[2:]) for x in OF_THE_HUB])
    assert collection["scenarios"] == [load(
        "scenarios", "proxyguard-relay-attempts.yaml")["name"]]
