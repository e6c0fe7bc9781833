# Licensed under the Apache License, Version 2.0; see LICENSE.
"""proxyguard merge: ledgers of real servers, added up."""

import json
import shutil

import pytest

from pg_cli import run

NAME = "run/proxyguard.ledger"
SECRET = "ProxyGuardSecret @ROOT@/secret\n"


@pytest.fixture
def servers(httpd_with):
    """Two servers with one secret; 3 and 2 attempts, all of one client."""
    made = []
    for attempts in (3, 2):
        server = httpd_with.make(SECRET)
        server.write("secret", b"one secret for all of the fleet\n")
        server.start()
        for _ in range(attempts):
            assert server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n"
                               ).status == 405
            server.log.attempt()
        made.append(server)
    return made


def show(path):
    done = run("show", "-O", "json", str(path))
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def merge(out, *paths):
    return run("merge", "-o", str(out), *map(str, paths))


def test_two_servers_become_one_ledger(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    out, swapped = tmp_path / "sum", tmp_path / "swapped"
    assert merge(out, a, b).returncode == 0
    assert merge(swapped, b, a).returncode == 0
    one, other = show(out), show(swapped)
    assert one["attempts"] == 5
    assert one["sources"] == 1 and one["sources_elsewhere"] == 0
    for key in ("attempts", "by_class_and_outcome", "sources", "since",
                "covered", "vhosts"):
        assert one[key] == other[key], key


def test_a_copy_and_what_is_held_already_add_nothing(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    copy, out = tmp_path / "copy", tmp_path / "sum"
    shutil.copy(a, copy)
    assert merge(out, a, b, copy).returncode == 0
    assert show(out)["attempts"] == 5
    assert merge(tmp_path / "again", out, a, b).returncode == 0
    assert show(tmp_path / "again")["attempts"] == 5


def test_of_two_states_the_later_is_taken(servers, tmp_path):
    server = servers[0]
    before = tmp_path / "before"
    shutil.copy(server.path(NAME), before)
    server.send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    server.log.attempt()
    assert merge(tmp_path / "sum", before, server.path(NAME)).returncode == 0
    assert show(tmp_path / "sum")["attempts"] == 4


def test_what_overlaps_in_part_is_refused(servers, tmp_path):
    a, b = (s.path(NAME) for s in servers)
    assert merge(tmp_path / "sum", a, b).returncode == 0
    servers[0].send(b"CONNECT mx.example:25 HTTP/1.0\r\n\r\n")
    servers[0].log.attempt()
    done = merge(tmp_path / "more", tmp_path / "sum", a)
    assert done.returncode == 65 and b"neither holds" in done.stderr
    assert not (tmp_path / "more").exists()


def test_a_log_that_was_read_covers_its_time(tmp_path):
    form = '192.0.2.1 - - [%s +0000] "%s" 405 0 "-" "-"\n'
    log = tmp_path / "access.log"
    log.write_text(
        form % ("01/Jan/2012:00:00:00", "GET / HTTP/1.1")
        + form % ("15/Feb/2012:12:00:00", "CONNECT mx.example:25 HTTP/1.1")
        + form % ("31/Mar/2012:23:59:59", "GET / HTTP/1.1"), "utf-8")
    assert run("scan", "--into", str(tmp_path / "l"), str(log)
               ).returncode == 1
    ledger = show(tmp_path / "l")
    assert ledger["covered"] == [{"from": "2012-01-01T00:00:00Z",
                                  "to": "2012-03-31T23:59:59Z"}]
    assert ledger["since"] == "2012-01-01T00:00:00Z"


def test_what_cannot_be_read_or_written_is_named(servers, tmp_path):
    a = servers[0].path(NAME)
    (tmp_path / "text").write_bytes(b"no ledger\n" * 100)
    done = merge(tmp_path / "sum", a, tmp_path / "text")
    assert done.returncode == 66 and b"text: it is no ledger" in done.stderr
    assert not (tmp_path / "sum").exists()
    done = merge(tmp_path / "text", a)
    assert done.returncode == 74 and b"exists" in done.stderr
    assert run("merge", a).returncode == 64
    assert run("merge", "-o", str(tmp_path / "sum")).returncode == 64
