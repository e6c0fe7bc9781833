# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The Prometheus rules, and every query of the Grafana dashboard on what a
real Prometheus scraped from two guarded servers."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from pg_httpd import TOP, free_port
from pg_wire import PATIENCE, wait_until

RULES = os.path.join(TOP, "packaging", "prometheus")
DASHBOARD = os.path.join(TOP, "packaging", "grafana", "proxyguard.json")


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


class Prometheus:
    """A private one that scrapes `servers` every second."""

    def __init__(self, folder, servers):
        targets = "".join(f"          - 127.0.0.1:{s.port}\n"
                          for s in servers)
        config = folder / "prometheus.yml"
        config.write_text(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
            f"rule_files:\n  - {RULES}/rules.yml\n"
            "scrape_configs:\n  - job_name: proxyguard\n"
            "    metrics_path: /proxyguard-status/metrics\n"
            f"    static_configs:\n      - targets:\n{targets}")
        self.port = free_port()
        with open(folder / "said", "wb") as said:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={config}",
                 f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def ask(self, query):
        """The result of a query; None while it cannot be asked yet."""
        url = (f"http://127.0.0.1:{self.port}/api/v1/query?"
               + urllib.parse.urlencode({"query": query}))
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
                answer = json.load(reply)
        except urllib.error.HTTPError as e:
            if e.code == 503:           # still starting
                return None
            raise AssertionError(f"{query}: {e.read().decode()}") from None
        except OSError:
            return None
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE)


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


def dashboard_queries():
    with open(DASHBOARD, encoding="utf-8") as f:
        dashboard = json.load(f)
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_every_panel_has_an_answer_for_two_servers(two_sensors):
    servers, prometheus = two_sensors
    for title, query in dashboard_queries():
        query = query.replace("$__rate_interval", "1m")
        query = query.replace("$job", ".*").replace("$instance", ".*")
        assert "$" not in query
        names = {"north", "south"} if "sensor" in query else set()

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


def test_a_metric_of_the_rules_is_one_that_servers_have(two_sensors):
    _, prometheus = two_sensors
    with open(os.path.join(RULES, "rules.yml"), encoding="utf-8") as f:
        names = set(re.findall(r"\bproxyguard_\w+", f.read()))
    names |= {n for _, q in dashboard_queries()
              for n in re.findall(r"\bproxyguard_\w+", q)}
    for name in sorted(names):
        assert prometheus.ask(name), f"no server has {name}"
