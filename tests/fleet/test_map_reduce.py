# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Logs scanned in parts, by Dask's real scheduler with two workers and by GNU
parallel as docs/fleet.md has it: the merged ledger is that of one scan."""

import collections
import csv
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from pg_cli import BUILD, SYNTH, run
from pg_httpd import TOP, free_port
from pg_wire import PATIENCE, wait_until

SCRIPT = os.path.join(TOP, "packaging", "dask", "fleet_scan.py")
OWN = "www.example.org"
# what approximates, is a selection, or tells of the file itself
BOUNDED = ("top", "recent", "ledger", "now", "since", "covered")


@pytest.fixture
def logs(tmp_path):
    """(folder, names): a month of each of two sensors is a log."""
    subprocess.run([sys.executable, SYNTH, "sensors", tmp_path], check=True)
    folder = tmp_path / "logs"
    folder.mkdir()
    for name in ("north", "south"):
        months = {}
        for line in (tmp_path / f"{name}.log").open(encoding="utf-8"):
            month = re.search(r"\[\d\d/(\w+)/(\d+)", line).group(2, 1)
            months.setdefault("-".join(month), []).append(line)
        for month, lines in months.items():
            (folder / f"{name}.{month}").write_text("".join(lines),
                                                    encoding="utf-8")
    (tmp_path / "fleet.secret").write_text("one secret of a whole fleet\n")
    return tmp_path, sorted(str(p) for p in folder.iterdir())


def shown(ledger):
    done = run("show", "-O", "json", ledger)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def same_as_one_scan(folder, logs, ledger):
    whole = folder / "whole.ledger"
    done = run("scan", "-q", "-O", "csv", "--no-learn", "-o", OWN, "--into",
               whole, "--secret", folder / "fleet.secret", *logs)
    assert done.returncode < 64, done.stderr
    one, parts = shown(whole), shown(ledger)
    assert one["attempts"] > 30_000
    for key in one:
        if key not in BOUNDED:
            assert parts[key] == one[key], key
    assert [one["covered"][0]["from"], one["covered"][-1]["to"]] \
        == [parts["covered"][0]["from"], parts["covered"][-1]["to"]]
    holds_its_bounds(parts["top"]["sources"]["entries"], logs)


def holds_its_bounds(entries, logs):
    """docs/ledger.md, "Top lists": the lower bound is certain, the upper one
    holds for 95 %."""
    lines = run("classify", "-O", "csv", "--no-learn", "-o", OWN,
                *logs).stdout.decode().splitlines()
    truth = collections.Counter(r["client"] for r in csv.DictReader(lines))
    assert len(entries) >= 10
    for e in entries:
        assert e["count"] - e["error"] <= truth[e["key"]], e["key"]
    over = [e["key"] for e in entries
            if truth[e["key"]] > e["count"] + 2 * e["error"]]
    assert len(over) <= 1, over


@pytest.fixture
def dask(tmp_path):
    """The address of a scheduler with two workers."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    path = {**os.environ, "PATH": f"{BUILD}:{os.environ['PATH']}"}
    started = []

    def start(*command):
        with open(tmp_path / f"said.{len(started)}", "wb") as said:
            started.append(subprocess.Popen(
                command, env=path, cwd=tmp_path, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said))

    start("dask-scheduler", "--host", "127.0.0.1", "--port", str(port),
          "--no-dashboard")
    for _ in range(2):
        start("dask-worker", address, "--host", "127.0.0.1", "--nthreads",
              "1", "--no-dashboard")
    try:
        wait_until(lambda: (tmp_path / "said.0").read_text().count(
            "Register worker") == 2, "two workers", 12 * PATIENCE)
        yield address
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(timeout=6 * PATIENCE)


def fleet_scan(address, folder, *logs):
    return subprocess.run(
        [sys.executable, SCRIPT, "--scheduler", address, "--secret",
         str(folder / "fleet.secret"), "--own-host", OWN, "--out",
         str(folder / "fleet.ledger"), *logs],
        capture_output=True, text=True, timeout=900)


def test_dask_maps_and_reduces(dask, logs):
    folder, names = logs
    done = fleet_scan(dask, folder, *names)
    assert done.returncode == 0, done.stderr
    same_as_one_scan(folder, names, folder / "fleet.ledger")
    workers = [(folder / f"said.{n}").read_text() for n in (1, 2)]
    assert all("Registered to" in said for said in workers)


def test_what_cannot_be_read_is_named(dask, logs):
    folder, names = logs
    (folder / "noise").write_text("not a log\n" * 9)
    done = fleet_scan(dask, folder, names[0], str(folder / "noise"))
    assert done.returncode == 3
    # on a busy machine Dask's client adds a time-out of its own when it closes
    assert done.stderr.startswith(f"{folder}/noise: cannot tell: too little "
                                  "of it could be read\n")
    (folder / "fleet.ledger").unlink()
    done = fleet_scan(dask, folder, names[0], str(folder / "missing"))
    assert done.returncode == 1
    assert f"{folder}/missing" in done.stderr
    assert not (folder / "fleet.ledger").exists()


def test_gnu_parallel_as_documented(logs):
    folder, names = logs
    with open(os.path.join(TOP, "docs", "fleet.md"), encoding="utf-8") as f:
        recipe = re.search(r"```sh\n(mkdir parts\n.*?)```", f.read(), re.S)[1]
    done = subprocess.run(
        ["bash", "-euc", recipe], cwd=folder, capture_output=True, text=True,
        timeout=900, env={**os.environ,
                          "PATH": f"{BUILD}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    same_as_one_scan(folder, names, folder / "fleet.ledger")


def test_a_ledger_of_another_secret_is_refused(logs):
    folder, names = logs
    other = folder / "other.secret"
    other.write_text("the secret of another fleet\n")
    ledger = folder / "x.ledger"
    assert run("scan", "-q", "--into", ledger, "--secret",
               folder / "fleet.secret", names[0]).returncode < 64
    before = ledger.read_bytes()
    done = run("scan", "-q", "--into", ledger, "--secret", other, names[1])
    assert done.returncode == 74
    assert b"made with another secret" in done.stderr
    assert ledger.read_bytes() == before
    for text, why in (("short", b"from 16 to 1024 bytes"), (None, b"No such")):
        path = folder / "bad"
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)
        done = run("scan", "--into", ledger, "--secret", path, names[1])
        assert done.returncode == 64 and why in done.stderr, done.stderr
    done = run("scan", "--secret", other, names[1])
    assert done.returncode == 64
    assert b"--secret is for the ledger of --into" in done.stderr
