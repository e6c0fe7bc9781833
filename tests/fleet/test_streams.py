# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/streams: an attempt at httpd becomes a row in ClickHouse, by way
of the real rsyslog and the real syslog-ng."""

import json
import socket

import pytest

from pg_clickhouse import start_cluster, stop_cluster
from pg_httpd import free_port
from pg_streams import rsyslog, shipped, syslog_ng
from pg_wire import PATIENCE, wait_until

PATH = "/var/log/apache2/relay-evidence.json"
SLOW = 12 * PATIENCE


@pytest.fixture
def clickhouse(tmp_path):
    server, = servers = start_cluster(tmp_path, 1)
    yield server
    stop_cluster(servers)


@pytest.fixture
def daemons():
    started = []
    yield started
    for daemon in started:
        daemon.stop()


def collector(daemons, folder, clickhouse, evidence):
    """syslog-ng, listening; its port."""
    port = free_port()
    daemons.append(syslog_ng(folder, shipped("syslog-ng.conf", {
        PATH: evidence, "port(6514)": f"port({port})",
        "127.0.0.1:8123": f"127.0.0.1:{clickhouse.web}"})))

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    wait_until(listens, "syslog-ng", SLOW)
    return port


def attempts_of(httpd_with, evidence):
    """A server, an ordinary attempt, and one whose line is long and full of
    what quoting has to survive."""
    server = httpd_with("ProxyGuardSensor north\nLimitRequestLine 30000\n"
                        f"ProxyGuardEvidenceLog {evidence}")
    text = b"'\"\\,;%41{}[]<>$(x)`" * 600
    for target in (b"http://www.stranger.test/", b"http://long.test/" + text):
        server.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"
                    b"User-Agent: " + b"'\\\t\"" * 9 + b"\r\n\r\n")
        server.log.attempt()
    wait_until(lambda: evidence.read_bytes().count(b"\n") == 2, "evidence")
    lines = [json.loads(x) for x in evidence.read_bytes().splitlines()]
    assert len(evidence.read_bytes().splitlines()[1]) > 12_000
    return [(x["destination"].get("address"), x["url"]["original"],
             x["user_agent"]["original"]) for x in lines]


def rows_of(clickhouse):
    return sorted((r["host"], r["target"], r["agent"])
                  for r in clickhouse.ask("attempts")
                  if r["sensor"] == "north")


def test_by_rsyslog_and_syslog_ng_over_tcp(httpd_with, clickhouse, daemons,
                                           tmp_path):
    evidence = tmp_path / "evidence.json"
    evidence.touch()
    port = collector(daemons, tmp_path, clickhouse, tmp_path / "none")
    daemons.append(rsyslog(tmp_path, shipped("rsyslog.conf", {
        PATH: evidence, "collector.example": "127.0.0.1",
        'port="6514"': f'port="{port}"'})))
    want = attempts_of(httpd_with, evidence)
    wait_until(lambda: rows_of(clickhouse) == sorted(want),
               "two rows", SLOW)
    assert clickhouse.ask("unread") == [{"lines": "0"}]


def test_by_syslog_ng_from_the_file(httpd_with, clickhouse, daemons,
                                    tmp_path):
    evidence = tmp_path / "evidence.json"
    evidence.touch()
    collector(daemons, tmp_path, clickhouse, evidence)
    want = attempts_of(httpd_with, evidence)
    wait_until(lambda: rows_of(clickhouse) == sorted(want),
               "two rows", SLOW)
    assert clickhouse.ask("unread") == [{"lines": "0"}]
