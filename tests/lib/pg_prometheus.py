# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A private Prometheus, and what the dashboard asks of one."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from pg_httpd import TOP, free_port
from pg_wire import PATIENCE

RULES = os.path.join(TOP, "packaging", "prometheus")
DASHBOARD = os.path.join(TOP, "packaging", "grafana", "proxyguard.json")


class Prometheus:
    """A private one that scrapes `servers` every second, and evaluates the
    shipped rules as often."""

    def __init__(self, folder, servers=(), *more):
        targets = "".join(f"          - 127.0.0.1:{s.port}\n"
                          for s in servers) or "          []\n"
        with open(os.path.join(RULES, "rules.yml"), encoding="utf-8") as f:
            rules = f.read().replace("interval: 5m", "interval: 1s")
        (folder / "rules.yml").write_text(rules)
        config = folder / "prometheus.yml"
        config.write_text(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n"
            "rule_files:\n  - rules.yml\n"
            "scrape_configs:\n  - job_name: proxyguard\n"
            "    metrics_path: /proxyguard-status/metrics\n"
            f"    static_configs:\n      - targets:\n{targets}")
        self.port = free_port()
        with open(folder / "said", "wb") as said:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={config}",
                 f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", *more],
                stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def ask(self, query, **span):
        """The result of a query; None while it cannot be asked yet. With
        start, end and step: over that range."""
        url = (f"http://127.0.0.1:{self.port}/api/v1/query"
               + ("_range?" if "step" in span else "?")
               + urllib.parse.urlencode({"query": query, **span}))
        try:
            with urllib.request.urlopen(url, timeout=6 * PATIENCE) as reply:
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
        self.process.wait(timeout=6 * PATIENCE)


def dashboard_queries():
    """(title, query, over a range?) of each panel, with every variable set to
    all."""
    with open(DASHBOARD, encoding="utf-8") as f:
        dashboard = json.load(f)
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$__rate_interval", "1m")
            for name in ("job", "instance", "sensor"):
                query = query.replace("$" + name, ".*")
            assert "$" not in query
            yield panel["title"], query, bool(target.get("range"))
