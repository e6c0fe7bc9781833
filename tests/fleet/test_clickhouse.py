# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/clickhouse: two real servers on loopback that make up a cluster
answer as DuckDB does, and as the command counted."""

import collections
import os
import re

import pytest

from pg_clickhouse import start_cluster, stop_cluster
from pg_cli import run, scan_json
from pg_fleet import VIEWS, ask_duckdb, made_up, sensor
from pg_httpd import TOP

# a line of the sink's, of an attempt that has another; one of the filter's
CAPTURED = ('{"@timestamp":"2014-02-03T10:00:00.000Z","event":{"dataset":'
            '"proxyguard.sink","action":"mail"},"source":{"address":'
            '"192.0.2.1"},"observer":{"name":"s1"},"proxyguard":{"sink":'
            '{"conversation":"1"}}}')
FILTERED = ('{"@timestamp":"2014-02-03T10:00:00.000Z","proxyguard":{"class":'
            '"absolute","family":"get","outcome":"observed","judged":'
            '"unclear"},"source":{"address":"192.0.2.1"},"destination":'
            '{"address":"h1.example","port":80},"observer":{"name":"s1"}}')
# and two of a log that has no time, or that nobody gave a sensor's name
UNDATED = FILTERED.replace('"@timestamp":"2014-02-03T10:00:00.000Z",', "")
NAMELESS = FILTERED.replace(',"observer":{"name":"s1"}', "").replace(
    "2014-02-03", "2014-01-01").replace("192.0.2.1", "192.0.2.77")


@pytest.fixture
def cluster(tmp_path):
    servers = start_cluster(tmp_path, 2)
    yield servers
    stop_cluster(servers)


def plain(row):
    """Numbers as numbers, a month as its first day, times by the second,
    what is absent as an empty text."""
    def value(key, x):
        if key in ("month", "time", "first", "last"):
            text = str(x or "").replace("T", " ")[:10 if key == "month" else 19]
            return "" if text.startswith(("0000", "1970")) else text
        if isinstance(x, list):
            return tuple(x)
        if x is None:
            return "0" if key in ("port", "status") else ""
        number = re.fullmatch(r"\d+(\.\d+)?", str(x))
        return f"{float(x):g}" if number else str(x)
    return tuple(sorted((k, value(k, v)) for k, v in row.items()
                        if k != "millisecond"))


def same(duckdb, clickhouse, view):
    want = collections.Counter(map(plain, duckdb[view]))
    have = collections.Counter(map(plain, clickhouse.ask(view)))
    assert sum(want.values()) > 0
    assert have == want


def test_two_servers_answer_as_duckdb_does(httpd_with, cluster, tmp_path):
    one, two = cluster
    _, _ = sensor(httpd_with, "north", tmp_path / "north.json", 3)
    lines = "".join(f"{x}\n" for x in made_up(3_000))
    (tmp_path / "south.json").write_text(
        f'{lines}{CAPTURED}\n{FILTERED}\n{UNDATED}\n{NAMELESS}\n'
        f'{lines[:60]}\n'
        '{"@timestamp":"x"}\n', encoding="utf-8")
    one.load((tmp_path / "north.json").read_bytes())
    two.load((tmp_path / "south.json").read_bytes())

    duckdb = ask_duckdb(str(tmp_path / "*.json"), *VIEWS)
    assert duckdb["unread"] == [{"lines": "2"}]
    for view in VIEWS:
        same(duckdb, one, view)
    assert two.ask("months_by_family") == one.ask("months_by_family")
    assert 0 < len(two.ask("attempts_local")) < len(two.ask("attempts"))
    assert sorted(x["start"][:15] for x in one.ask("unread_lines")) \
        == ['{"@timestamp":"', '{"@timestamp":"']


def test_the_filter_loads_access_logs(httpd_with, cluster, tmp_path):
    one, two = cluster
    _, server = sensor(httpd_with, "north", tmp_path / "north.json", 2)
    log = os.path.join(server.logs, "access.log")
    own = ["-o", "own.test"]
    counted = scan_json(*own, log)["attempts"]
    done = run("classify", *own, log)
    one.load(done.stdout, "north")
    two.load(done.stdout, "south")
    assert [(r["sensor"], int(r["attempts"]))
            for r in sums(one.ask("sensors_compared"))] \
        == [("north", counted), ("south", counted)]
    assert one.ask("unread") == [{"lines": "0"}]


def sums(found):
    total = collections.Counter()
    for r in found:
        total[r["sensor"]] += int(r["attempts"])
    return [{"sensor": s, "attempts": n} for s, n in sorted(total.items())]


@pytest.mark.parametrize("view", VIEWS)
def test_each_question_is_asked_of_both(view):
    with open(os.path.join(TOP, "packaging", "clickhouse", "views.sql"),
              encoding="utf-8") as f:
        found = re.findall(r"^CREATE VIEW proxyguard\.(\w+)", f.read(), re.M)
    assert view in {"attempts", *found}
