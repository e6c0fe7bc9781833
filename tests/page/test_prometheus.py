# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The Prometheus rules, and every query of the Grafana dashboard on what a
real Prometheus scraped from two guarded servers."""

import os
import re
import subprocess

import pytest

from pg_prometheus import RULES, Prometheus, dashboard_queries
from pg_wire import PATIENCE, wait_until

def promtool(*words):
    done = subprocess.run(["promtool", *words], cwd=RULES, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.returncode, done.stdout.decode()


def test_the_scrape_example_and_the_rules_are_valid():
    code, said = promtool("check", "config", "prometheus.yml")
    assert code == 0, said
    assert "1 rule files found" in said


def test_every_alert_fires_when_it_should_and_not_before():
    code, said = promtool("test", "rules", "rules.test.yml")
    assert code == 0, said
    with open(os.path.join(RULES, "rules.yml"), encoding="utf-8") as f:
        alerts = re.findall(r"- alert: (\w+)", f.read())
    with open(os.path.join(RULES, "rules.test.yml"), encoding="utf-8") as f:
        tests = f.read()
    for alert in alerts:
        assert re.search(rf"alertname: {alert}\s+eval_time: \w+\s+"
                         r"exp_alerts:\n\s+- exp_labels", tests), alert
        assert f"{{alertname: {alert}, eval_time: 30m, exp_alerts: []}}" \
            in tests, alert


@pytest.fixture
def two_sensors(httpd_with, tmp_path):
    servers = []
    for name in ("north", "south"):
        server = httpd_with(f"ProxyGuardSensor {name}")
        server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
        server.log.attempt()
        servers.append(server)
    prometheus = Prometheus(tmp_path, servers)
    try:
        wait_until(lambda: len(prometheus.ask("proxyguard_info") or []) == 2,
                   "two scraped servers", 3 * PATIENCE)
        yield servers, prometheus
    finally:
        prometheus.stop()


# a year ago there was no server, and no line is held back or lost
NOTHING_YET = ("offset 365d", "proxyguard:lines:rate5m")


def test_every_panel_has_an_answer_for_two_servers(two_sensors):
    servers, prometheus = two_sensors
    for title, query, _ in dashboard_queries():
        if any(part in query for part in NOTHING_YET):
            assert prometheus.ask(query) == []
            continue
        names = ({"north", "south"} if "topk(10, proxyguard:sensor:" in query
                 else set())

        def answered(query=query, names=names):
            found = prometheus.ask(query)
            return found and names <= {x["metric"].get("sensor")
                                       for x in found}
        wait_until(answered, f"{title}: {query}", 3 * PATIENCE)
    by_class = prometheus.ask(
        'sum(proxyguard_attempts_total{class="connect-mail"})')
    assert by_class[0]["value"][1] == "2"
    alerts = {x["metric"]["alertname"] for x in prometheus.ask("ALERTS")}
    assert alerts == set()
    assert all(s.log.alarms() == [] for s in servers)


def test_no_alert_depends_on_what_the_job_is_called():
    with open(os.path.join(RULES, "rules.yml"), encoding="utf-8") as f:
        assert not re.search(r'\bjob\s*=', f.read())


def test_a_metric_of_the_rules_is_one_that_servers_have(two_sensors):
    _, prometheus = two_sensors
    with open(os.path.join(RULES, "rules.yml"), encoding="utf-8") as f:
        names = set(re.findall(r"\bproxyguard_\w+", f.read()))
    names |= {n for _, q, _ in dashboard_queries()
              for n in re.findall(r"\bproxyguard_\w+", q)}
    for name in sorted(names):
        assert prometheus.ask(name), f"no server has {name}"
