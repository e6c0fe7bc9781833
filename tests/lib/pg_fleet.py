# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Evidence for the engines of packaging/, from real servers and made up, and
DuckDB's answers about it."""

import json
import os
import subprocess

from pg_cases import octets_of, rows
from pg_httpd import TOP
from pg_wire import wait_until

MODULES = os.path.join(os.environ.get("BUILD", os.path.join(TOP, "build")),
                       "fleet", "node_modules")
QUERY = os.path.join(TOP, "tests", "fleet", "query.mjs")
VIEWS = ("attempts", "relayed", "unclear", "months_by_family",
         "sensors_compared", "top_sources", "first_seen", "campaigns",
         "unread")


def ask_duckdb(evidence, *views, **env):
    """{view: rows} of packaging/duckdb over files of a pattern."""
    done = subprocess.run(["node", QUERY, MODULES, evidence, *views],
                          env={**os.environ, **env}, check=True,
                          capture_output=True, timeout=900)
    return json.loads(done.stdout)


def attempt_rows(every):
    return [(line, host) for _, (line, host, class_id, *_)
            in list(rows("classify.tsv"))[::every]
            if class_id != b"clean" and b"\0" not in line
            and b"\n" not in line.rstrip(b"\r\n")]


def sensor(httpd_with, name, evidence, every, more=""):
    """(what a server counted, the server): it was asked for some rows, each
    of which is a line of evidence by now."""
    server = httpd_with(f"ProxyGuardSensor {name}\nProxyGuardLogRate Off\n"
                        "ProxyGuardEvidenceRate Off\n"
                        f"ProxyGuardEvidenceLog {evidence}\n{more}")
    for line, host in attempt_rows(every):
        server.send(octets_of(line, host), timeout=3)
    report = server.status()
    wait_until(lambda: evidence.read_bytes().count(b"\n")
               == report["attempts"], "a line for each attempt")
    server.log.take_all("AH")
    server.log.take_all(" PG01")
    return report, server


def made_up(count):
    """Lines of evidence: few sensors, some sources and targets, and texts that
    resemble the members around them."""
    kinds = (("connect-mail", "connect", 25), ("connect-tls", "connect", 443),
             ("absolute", "get", 80))
    for i in range(count):
        name, family, port = kinds[i % 3]
        yield json.dumps({
            "@timestamp": f"2014-{i % 5 + 1:02}-{i % 28 + 1:02}T10:"
                          f"{i % 60:02}:00.{i % 1000:03}Z",
            "event": {"reason": "connect-to-authority"},
            "source": {"address": f"192.0.2.{i * i % 41}"},
            "destination": {"address": f"h{i % 7}.example", "port": port},
            "url": {"original": f'x"class":"clean"}}{i}\\'},
            "http": {"request": {"method": "CONNECT"},
                     "response": {"status_code": 405}},
            "user_agent": {"original": '"family":"get"}, é\x01'},
            "server": {"address": "www.own.example"},
            "observer": {"name": f"s{i % 4}"},
            "proxyguard": {"class": name, "family": family,
                           "outcome": "relayed" if i % 50 == 49
                           else "denied"}},
            separators=(",", ":"), ensure_ascii=i % 2 == 0)
