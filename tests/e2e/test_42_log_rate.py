# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The log budget limits what is written, never what is counted."""

import re

import pytest

from pg_wire import wait_until

ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"


def flood(server, count, headers=()):
    """Attempts on one connection each, and all of them counted."""
    extra = "".join(h + "\r\n" for h in headers).encode()
    for _ in range(count):
        with server.wire() as wire:
            wire.send(ATTEMPT[:-2] + extra + b"\r\n")
            wire.finish()
            wire.read_to_end()


def held(line):
    return int(line.held), int(line.by_source), int(line.by_total)


def test_a_source_writes_its_lines_and_no_more(httpd_with):
    server = httpd_with("ProxyGuardLogRate 3 100")
    flood(server, 20)
    server.settled(20)
    lines = server.log.take_all(r" PG0101: ")
    # a minute may have turned in between
    assert len(lines) in (3, 6)
    server.graceful()
    reports = []
    while sum(held(x)[0] for x in reports) < 20 - len(lines):
        reports.append(server.log.take(" PG0106: "))
    assert [held(x)[2] for x in reports] == [0] * len(reports)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", x.minute)
               for x in reports)


def test_the_total_holds_for_many_sources(httpd_with):
    server = httpd_with("ProxyGuardLogRate 3 5\n"
                        "RemoteIPHeader X-Client\n"
                        "RemoteIPInternalProxy 127.0.0.1",
                        modules=("remoteip",))
    for n in range(20):
        flood(server, 1, [f"X-Client: 198.51.100.{n}"])
    server.settled(20)
    lines = server.log.take_all(r" PG0101: ")
    # the total, and as many first lines
    assert len(lines) in (10, 20)
    server.graceful()
    reports = []
    while sum(held(x)[0] for x in reports) < 20 - len(lines):
        reports.append(server.log.take(" PG0106: "))
    assert [held(x)[1] for x in reports] == [0] * len(reports)


def test_both_reasons_are_told_apart_in_both_logs(httpd_with):
    server = httpd_with("ProxyGuardLogRate 3 5\nProxyGuardEvidenceRate 3 5\n"
                        "ProxyGuardEvidenceLog @ROOT@/evidence.json\n"
                        "RemoteIPHeader X-Client\n"
                        "RemoteIPInternalProxy 127.0.0.1",
                        modules=("remoteip",))
    for n in range(20):
        flood(server, 1 + 8 * (n == 0), [f"X-Client: 198.51.100.{n}"])
    server.settled(28)
    written = {"PG0106": len(server.log.take_all(r" PG0101: ")),
               "PG0130": server.read("evidence.json").count("\n")}
    server.graceful()
    for log, lines in written.items():
        reports = [server.log.take(f" {log}: ")]
        while sum(held(x)[0] for x in reports) < 28 - lines:
            reports.append(server.log.take(f" {log}: "))
        for both, *each in map(held, reports):
            assert both == sum(each)
        assert min(map(sum, zip(*map(held, reports)))) > 0
        assert sum(held(x)[0] for x in reports) == 28 - lines


def test_noise_hides_nobody(httpd_with):
    """A hundred sources that ask for foreign Hosts all the time, at the
    default rate; then one that tries CONNECT three times."""
    server = httpd_with("RemoteIPHeader X-Client\n"
                        "RemoteIPInternalProxy 127.0.0.1",
                        modules=("remoteip",), rate=None)
    for n in range(100):
        with server.wire() as wire:
            for _ in range(10):
                wire.send(f"GET / HTTP/1.1\r\nHost: s.example\r\n"
                          f"X-Client: 192.0.2.{n}\r\n\r\n".encode())
            wire.finish()
            wire.read_to_end()
    server.settled(1000)
    noise = len(server.log.take_all(" PG0104: "))
    assert noise in (15, 30)              # an eighth of 120; in two minutes
    flood(server, 3, ["X-Client: 198.51.100.7"])
    server.settled(1003)
    quiet = server.log.take_all(" PG0101: .*source=198.51.100.7 ")
    assert len(quiet) == 3
    server.graceful()
    server.log.take_all(" PG0106: ")


def test_children_of_old_and_new_generations_share_the_budget(httpd_with):
    server = httpd_with("ProxyGuardLogRate 4 100")
    flood(server, 3)
    server.graceful()
    flood(server, 9)
    server.settled(12)
    assert len(server.log.take_all(" PG0101: ")) in (4, 7, 8)
    server.graceful()
    server.log.take_all(" PG0106: ")


def test_the_minute_is_reported_when_it_is_over(httpd_with):
    server = httpd_with("ProxyGuardLogRate 1 1")
    flood(server, 5)
    server.settled(5)
    server.log.take_all(" PG0101: ")
    # the minute's end, and the parent's next look, ten seconds later
    wait_until(lambda: server.log.untaken(" PG0106: "), "PG0106", 75)
    assert sum(held(x)[0] for x in server.log.take_all(" PG0106: ")) in (3, 4)
    assert server.status()["attempts"] == 5


def test_ten_lines_of_a_source_are_the_default(httpd_with):
    server = httpd_with(rate=None)
    flood(server, 30)
    server.settled(30)
    assert len(server.log.take_all(r" PG0101: ")) in (10, 20)
    server.graceful()
    server.log.take_all(" PG0106: ")


def test_off_writes_every_line(httpd_with):
    server = httpd_with("ProxyGuardLogRate Off")
    flood(server, 150)
    server.settled(150)
    assert len(server.log.take_all(" PG0101: ")) == 150


def test_what_is_not_logged_takes_no_line_of_the_budget(httpd_with):
    server = httpd_with("ProxyGuardLogRate 1 1\n"
                        "LogLevel proxyguard:error")
    flood(server, 5)
    server.settled(5)
    assert server.status()["log_lines_held"] == 0
    server.graceful()
    assert server.log.all("PG01") == []


RATE = "is not a number of lines a minute from 1 to "
REFUSED = {
    "ProxyGuardLogRate": "ProxyGuardLogRate takes 1-2 arguments",
    "ProxyGuardLogRate 0": f"ProxyGuardLogRate: '0' {RATE}10000",
    "ProxyGuardLogRate 10001": f"ProxyGuardLogRate: '10001' {RATE}10000",
    "ProxyGuardLogRate 5 -1": f"ProxyGuardLogRate: '-1' {RATE}1000000",
    "ProxyGuardLogRate 5 Off": f"ProxyGuardLogRate: 'Off' {RATE}1000000",
    "ProxyGuardLogRate 5x": f"ProxyGuardLogRate: '5x' {RATE}10000",
    "ProxyGuardLogRate Never": f"ProxyGuardLogRate: 'Never' {RATE}10000",
    "<VirtualHost *:1>\nProxyGuardLogRate 5\n</VirtualHost>":
        "ProxyGuardLogRate cannot occur within <VirtualHost> section",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_bad_rate_stops_the_start_and_says_why(httpd_with, line):
    code, said = httpd_with.make(line).check()
    assert code != 0
    assert REFUSED[line] in said
