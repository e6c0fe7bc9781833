# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The command built for another processor (PG_OTHER) finds, keeps and shows
the same as the one built for this machine. Run by `make check-arch`."""

import json
import os
import shlex
import subprocess
import sys

import pytest

from pg_cli import COMMAND, SYNTH, line, write

OTHER = shlex.split(os.environ["PG_OTHER"])
OWN = "www.example.org"
# the file itself: when it was made and looked at, how many lanes it has
OF_THE_FILE = ("now", "since", "ledger")


def by(command, *args):
    done = subprocess.run([*command, *map(str, args)], capture_output=True,
                          timeout=600)
    assert done.returncode < 64, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two sensors, and names that differ from the fifth octet on only."""
    folder = tmp_path_factory.mktemp("logs")
    subprocess.run([sys.executable, SYNTH, "sensors", folder], check=True)
    near = [line(f"CONNECT {name}:{port} HTTP/1.0", 405, 235)
            for name in ("mail.example", "mail.exa.org", "mail.exa", "m.ab",
                         "m.abc", "m.abcd")
            for port in (25, 80, 443) for _ in range(len(name))]
    write(folder / "near.log", *near)
    return [folder / f"{name}.log" for name in ("north", "south", "near")]


@pytest.mark.parametrize("format_", ["json", "csv", "tsv"])
def test_classify_writes_the_same_octets(logs, format_):
    want, have = (by(c, "classify", "-O", format_, "-o", OWN, *logs)
                  for c in ([COMMAND], OTHER))
    assert want.count(b"\n") > 30_000
    assert have == want


@pytest.mark.parametrize("format_", ["json", "csv", "text", "html"])
def test_scan_reports_the_same(logs, format_):
    want, have = (by(c, "scan", "-q", "-j1", "-O", format_, "-o", OWN, *logs)
                  for c in ([COMMAND], OTHER))
    assert without_clock(have) == without_clock(want)


def without_clock(report):
    return [x for x in report.splitlines()
            if not any(w in x for w in (b'"now"', b"UTC", b"seconds"))]


def ledgers(command, folder, logs):
    """What is shown of each log's ledger, and of all of them merged."""
    (folder / "secret").write_text("the secret of a whole fleet\n")
    paths = []
    for log in logs:
        paths.append(folder / f"{log.stem}.ledger")
        by(command, "scan", "-q", "-j1", "-O", "csv", "--no-learn", "-o",
           OWN, "--secret", folder / "secret", "--into", paths[-1], log)
    paths.append(folder / "all.ledger")
    by(command, "merge", "-o", paths[-1], *paths[:-1])
    return [json.loads(by(command, "show", "-O", "json", p)) for p in paths]


def targets(report):
    return {e["key"]: e["count"] for e in report["top"]["targets"]["entries"]}


def test_ledgers_and_their_sum_show_the_same(logs, tmp_path):
    shown = []
    for name, command in (("own", [COMMAND]), ("other", OTHER)):
        folder = tmp_path / name
        folder.mkdir()
        shown.append(ledgers(command, folder, logs))
    for want, have in zip(*shown):
        for key in want:
            if key not in OF_THE_FILE:
                assert have[key] == want[key], key
    assert targets(shown[1][2])["mail.example:80"] == len("mail.example")
    assert targets(shown[1][2])["mail.exa.org:80"] == len("mail.exa.org")


def test_a_ledger_of_the_other_machine_is_read_or_named(logs, tmp_path):
    path = tmp_path / "other.ledger"
    by(OTHER, "scan", "-q", "-O", "csv", "-o", OWN, "--into", path, logs[2])
    done = subprocess.run([COMMAND, "show", "-O", "json", "--top", "100",
                           path], capture_output=True, timeout=60)
    if "s390x" in OTHER[0]:
        assert done.returncode == 66
        assert b"written on a machine with another byte order" in done.stderr
    else:
        assert targets(json.loads(done.stdout))["m.abcd:443"] == 6


def test_a_log_of_over_2_gib_is_read_to_its_end(tmp_path):
    """A sparse one, with an attempt at either end."""
    attempt = line("CONNECT mail.example:25 HTTP/1.0", 405, 235)
    write(tmp_path / "long.log", attempt)
    with open(tmp_path / "long.log", "r+b") as f:
        f.seek(2**31)
        f.write(f"\n{attempt}".encode())
    for command in ([COMMAND], OTHER):
        said = by(command, "classify", "-O", "csv", tmp_path / "long.log")
        assert said.count(b'"connect-mail"') == 2
