# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The Grafana dashboard over thousands of servers: a real Prometheus with a
day of made-up series answers each panel's query, at a point every ten
minutes, with under a second of processor time."""

import os
import subprocess
import time

import pytest

from pg_prometheus import Prometheus, dashboard_queries
from pg_wire import PATIENCE, wait_until

FAMILIES = ("get", "connect", "socks", "host", "reverse")
CLASSES = ("absolute", "connect-tls", "connect-mail", "connect-other",
           "socks", "foreign-host", "malformed", "chosen-backend")
OUTCOMES = ("denied", "refused", "dropped", "observed", "relayed")
PORTS = ("none", "tls", "mail", "web", "login", "proxy", "chat", "other")
DAY, STEP = 24 * 3600, 300

# metric: (labels beside job and instance, one entry a series; only now?)
SERIES = {
    "proxyguard:sensor:rate5m": ([{"sensor": 1}], False),
    "proxyguard:sensor_month:attempts":
        ([{"sensor": 1, "family": f} for f in FAMILIES], True),
    "proxyguard_info": ([{"sensor": 1, "version": "1.0.0"}], True),
    "proxyguard_sources": ([{}], True),
    "proxyguard_counting": ([{}], True),
    "proxyguard_last_hour_attempts": ([{}], True),
    "proxyguard_usual_hour_attempts": ([{}], True),
    "proxyguard_findings":
        ([{"severity": s} for s in ("note", "warning", "critical")], True),
}
WHOLE = {
    "proxyguard:port:attempts": [{"port": p} for p in PORTS],
    "proxyguard:family:rate5m": [{"family": f} for f in FAMILIES],
    "proxyguard:class:rate5m": [{"class": c} for c in CLASSES],
    "proxyguard:outcome:rate5m": [{"outcome": o} for o in OUTCOMES],
}


def labels_of(labels, server):
    text = ",".join(f'{k}="{v if v != 1 else f"s{server}"}"'
                    for k, v in labels.items())
    return "," + text if text else ""


def write_openmetrics(path, servers, end):
    """A day that ends at `end`, every five minutes, all of one metric after
    another as the format wants it."""
    with open(path, "w", encoding="utf-8") as f:
        for name, (kinds, now) in SERIES.items():
            times = range(end - (STEP if now else DAY), end + 1, STEP)
            for server in range(servers):
                for kind in kinds:
                    head = (f'{name}{{job="p",instance="i{server}"'
                            f'{labels_of(kind, server)}}} {server % 7} ')
                    f.writelines(f"{head}{t}\n" for t in times)
        for name, kinds in WHOLE.items():
            for kind in kinds:
                f.writelines(f'{name}{{job="p"{labels_of(kind, 0)}}} 1 {t}\n'
                             for t in range(end - DAY, end + 1, STEP))
        f.write("# EOF\n")


@pytest.fixture(params=[200, 2000])
def fleet(request, tmp_path):
    """(servers, Prometheus, the moment its data ends)"""
    end = int(time.time()) // STEP * STEP
    write_openmetrics(tmp_path / "day.txt", request.param, end)
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics",
                    "--max-block-duration=24h", "day.txt", "data"],
                   cwd=tmp_path, check=True, stdout=subprocess.DEVNULL,
                   timeout=600)
    prometheus = Prometheus(tmp_path, [], "--storage.tsdb.retention.time=2d")
    try:
        wait_until(lambda: prometheus.ask("count(proxyguard_info)",
                                          time=end),
                   "Prometheus", 6 * PATIENCE)
        yield request.param, prometheus, end
    finally:
        prometheus.stop()


def test_every_panel_is_answered_in_under_a_second(fleet):
    servers, prometheus, end = fleet
    count = prometheus.ask("count(proxyguard_info)", time=end)
    assert count[0]["value"][1] == str(servers)
    slow, many = [], []
    for title, query, ranged in dashboard_queries():
        span = ({"start": end - DAY, "end": end, "step": 2 * STEP} if ranged
                else {"time": end})
        took, found = min((timed(prometheus, query, span) for _ in range(3)),
                          key=lambda x: x[0])
        print(f"{took:7.3f} s {len(found):5} series  {title}")
        if took >= 1:
            slow.append((title, took))
        if len(found) > 100:
            many.append((title, len(found)))
    assert slow == []
    assert many == []


def timed(prometheus, query, span):
    """(processor time in seconds, result): the machine may be busy."""
    before = processor_time(prometheus.process.pid)
    found = prometheus.ask(query, **span)
    return processor_time(prometheus.process.pid) - before, found


def processor_time(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
