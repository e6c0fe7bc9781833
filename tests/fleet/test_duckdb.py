# Licensed under the Apache License, Version 2.0; see LICENSE.
"""packaging/duckdb: the views over evidence logs of real servers agree with
what those servers counted. The real DuckDB."""

import collections
import gzip
import json
import os
import re

import pytest

from pg_cli import CLEAN, CONNECT, line, run, scan_json, write
from pg_fleet import VIEWS, ask_duckdb, sensor
from pg_httpd import TOP


def totals(report, by):
    return {k: v for k, v in report[by].items() if v}


def test_the_views_agree_with_what_the_servers_counted(httpd_with, tmp_path):
    north, _ = sensor(httpd_with, "north", tmp_path / "north.json", 3)
    south, _ = sensor(httpd_with, "south", tmp_path / "south.json", 5)
    packed = tmp_path / "old.json.gz"
    packed.write_bytes(gzip.compress((tmp_path / "south.json").read_bytes()))
    (tmp_path / "south.json").unlink()
    got = ask_duckdb(str(tmp_path / "*.json*"), *VIEWS)

    assert len(got["attempts"]) == north["attempts"] + south["attempts"]
    assert got["relayed"] == []
    assert int(got["unread"][0]["lines"]) == 0
    want = collections.Counter(totals(north, "by_family"))
    want.update(totals(south, "by_family"))
    assert {r["family"]: int(r["attempts"])
            for r in got["months_by_family"]} == dict(want)
    assert sum(int(r["attempts"]) for r in got["sensors_compared"]
               if r["sensor"] == "north") == north["attempts"]
    assert [int(r["attempts"]) for r in got["top_sources"]] \
        == [north["attempts"] + south["attempts"]]
    assert len(got["first_seen"]) == 1


def test_a_line_that_a_full_disk_cut_off_is_told(tmp_path):
    line = json.dumps({
        "@timestamp": "2014-10-23T10:00:00.000Z",
        "source": {"address": "192.0.2.7"}, "observer": {"name": "north"},
        "destination": {"address": "mx.example", "port": 25},
        "proxyguard": {"class": "connect-mail", "family": "connect",
                       "outcome": "relayed"}})
    (tmp_path / "e.json").write_text(f"{line}\n{line[:40]}\n{line}\n{line[:9]}")
    got = ask_duckdb(str(tmp_path / "e.json"), "relayed", "unread", "campaigns")
    assert len(got["relayed"]) == 2
    assert int(got["unread"][0]["lines"]) == 2
    assert got["campaigns"] == []


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_is_described(view):
    with open(os.path.join(TOP, "docs", "fleet.md"), encoding="utf-8") as f:
        assert re.search(rf"^\| `{view}` \| \w", f.read(), re.M)


def test_more_than_memory_is_answered(tmp_path):
    """1.5 million lines, 480 MB, with 300 MB to work in."""
    path = tmp_path / "big.json"
    with open(path, "w", encoding="utf-8") as f:
        for i in range(1_500_000):
            f.write('{"@timestamp":"2014-%02d-11T10:00:00.000Z","observer":'
                    '{"name":"s%d"},"source":{"address":"192.0.%d.%d"},'
                    '"destination":{"address":"h%d.example","port":25},'
                    '"http":{"request":{"method":"CONNECT","headers":["User-'
                    'Agent: %060d"]}},"proxyguard":{"class":"connect-mail",'
                    '"family":"connect","outcome":"denied"}}\n'
                    % (i % 12 + 1, i % 20, i // 256 % 256, i % 256,
                       i % 70_000, i))
    got = ask_duckdb(str(path), "months_by_family", "unread", MEMORY="300MB")
    assert sum(int(r["attempts"]) for r in got["months_by_family"]) \
        == 1_500_000
    assert int(got["unread"][0]["lines"]) == 0


def test_access_logs_do_not_tell_more_than_the_filter_knows(tmp_path):
    """A page that may have come from elsewhere is not left out, and the other
    lines that --all writes are not attempts."""
    own = ["-o", "www.own.test"]
    log = write(tmp_path / "log", CLEAN, CONNECT, "what is this\n", line(
        "GET http://www.example.com/ HTTP/1.1", 200, 512), line(
        "CONNECT a.example:443 HTTP/1.1", 200, "-"))
    for options, unread in ([], 0), (["--all"], 2):
        (tmp_path / "e.json").write_bytes(
            run("classify", *own, *options, log).stdout)
        got = ask_duckdb(str(tmp_path / "e.json"), "attempts", "relayed",
                         "unclear", "unread")
        assert len(got["attempts"]) == scan_json(*own, log)["attempts"] == 3
        assert [x["host"] for x in got["relayed"]] == ["a.example"]
        assert [x["host"] for x in got["unclear"]] == ["www.example.com"]
        assert int(got["unread"][0]["lines"]) == unread
