# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The ledger's file: what survives, and what is never overwritten."""

import os

import pytest

ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"
NAME = "run/proxyguard.ledger"


def attempt(server):
    assert server.send(ATTEMPT).status == 405
    server.log.attempt()


def test_counts_survive_a_graceful_restart(httpd):
    attempt(httpd)
    httpd.graceful()
    attempt(httpd)
    assert httpd.status()["attempts"] == 2


def test_a_late_hit_in_a_child_of_the_old_generation_is_counted(httpd):
    with httpd.wire() as wire:
        wire.send(b"CONNECT s.example:25 HTTP/1.0\r\nX: ")
        attempt(httpd)          # so the first octets have been read, or will
        httpd.graceful()
        attempt(httpd)
        wire.send(b"y\r\n\r\n")
        assert wire.read_reply("CONNECT").status == 405
        wire.read_to_end()
    httpd.log.attempt()
    assert httpd.status()["attempts"] == 3


def test_counts_survive_a_stop_and_a_start(httpd):
    attempt(httpd)
    httpd.restart_same_port()
    attempt(httpd)
    assert httpd.status()["attempts"] == 2


def test_without_a_ledger_the_guard_still_denies(httpd_with):
    server = httpd_with("ProxyGuardLedger none")
    attempt(server)
    assert server.send(b"GET http://s.example/ HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n").status == 421
    server.log.attempt()
    assert server.get("/page.txt").status == 200
    assert server.get("/proxyguard-status").status in (200, 503)
    assert server.ledger_files() == []


@pytest.mark.parametrize("path, words", [
    ("no/such/folder/x", "No such file"),
    ("htdocs", "htdocs"),
])
def test_an_unusable_path_is_told_and_does_not_open_the_door(httpd_with, path,
                                                             words):
    server = httpd_with.make(f"ProxyGuardLedger @ROOT@/{path}").start()
    line = server.log.take(r"PG00\d\d: .*" + words)
    assert path in line.text
    attempt(server)
    assert server.get("/page.txt").status == 200


@pytest.mark.parametrize("what, octets", [
    ("a foreign file", b"Dear diary, this is no ledger.\n" * 100),
    ("an empty file", b""),
    ("zeros", bytes(1 << 20)),
])
def test_a_foreign_file_is_kept_aside_not_overwritten(httpd_with, what,
                                                      octets):
    server = httpd_with.make()
    server.write(NAME, octets)
    server.start()
    attempt(server)
    assert server.status()["attempts"] == 1
    if octets:
        line = server.log.take(r"PG00\d\d: ")
        assert "proxyguard.ledger" in line.text
        kept = [n for n in server.ledger_files()
                if server.path("run", n) != server.path(NAME)]
        assert len(kept) == 1 and kept[0] in line.text
        with open(server.path("run", kept[0]), "rb") as f:
            assert f.read() == octets


@pytest.mark.parametrize("at", [0, 8, 16])
def test_a_damaged_ledger_is_kept_aside(httpd, at):
    attempt(httpd)
    httpd.stop()
    with open(httpd.path(NAME), "r+b") as f:
        f.seek(at)
        was = f.read(4)
        f.seek(at)
        f.write(bytes(b ^ 0xff for b in was))
    with open(httpd.path(NAME), "rb") as f:
        damaged = f.read()
    httpd._start()
    line = httpd.log.take(r"PG00\d\d: .*proxyguard\.ledger")
    kept = [n for n in httpd.ledger_files() if n != os.path.basename(NAME)]
    assert len(kept) == 1 and kept[0] in line.text
    with open(httpd.path("run", kept[0]), "rb") as f:
        assert f.read() == damaged
    assert httpd.status()["attempts"] == 0


def test_a_cut_ledger_is_kept_aside(httpd):
    attempt(httpd)
    httpd.stop()
    os.truncate(httpd.path(NAME), 100)
    httpd._start()
    httpd.log.take(r"PG00\d\d: .*proxyguard\.ledger")
    assert httpd.status()["attempts"] == 0


def test_a_symbolic_link_is_not_followed(httpd_with):
    server = httpd_with.make()
    victim = server.write("victim", b"precious")
    os.symlink(victim, server.path(NAME))
    server.start()
    server.log.take(r"PG00\d\d: .*proxyguard\.ledger")
    attempt(server)
    assert server.read("victim") == "precious"


def test_the_ledger_cannot_be_read_or_written_by_strangers(httpd):
    assert os.stat(httpd.path(NAME)).st_mode & 0o027 == 0
