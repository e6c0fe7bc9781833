# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The ledger's file: what survives, and what is never overwritten."""

import errno
import os
import subprocess

import pytest

from pg_cli import CONNECT, run, write

ATTEMPT = b"CONNECT s.example:25 HTTP/1.0\r\n\r\n"
NAME = "run/proxyguard.ledger"


def test_start_says_where_the_counts_are_and_whether_they_go_on(httpd):
    path = httpd.path(NAME)
    first = httpd.log.take("PG0001: ")
    assert path in first.text and "created" in first.text
    assert first.level == "notice"
    httpd.graceful()
    assert "resumed" in httpd.log.take("PG0001: ").text


def attempt(server):
    assert server.send(ATTEMPT).status == 405
    server.log.attempt()


def test_a_ledger_has_the_sizes_that_are_asked_for(httpd_with):
    server = httpd_with("".join(
        f"ProxyGuardLedgerSize {what} {n}\n" for what, n in (
            ("sources", 512), ("targets", 64), ("ports", 32),
            ("agents", 24), ("recent", 300)))
        + "ProxyGuardAction all observe\n")
    said, = server.log.all("PG0001: ")
    assert ("512 sources, 64 targets, 32 ports and 24 user agents each; "
            "300 recent attempts;") in repr(said)


def test_other_sizes_are_for_a_start_and_not_for_a_restart(httpd_with):
    server = httpd_with.make("ProxyGuardLedgerSize recent 160\n").start()
    attempt(server)
    for how, recent in ((server.graceful, 160),
                        (server.restart_same_port, 320)):
        server.configure("ProxyGuardLedgerSize recent 320\n")
        server.log.take_all("PG0001: ")
        how()
        assert f"; {recent} recent attempts;" in repr(
            server.log.all("PG0001: ")[-1])
    server.log.take("PG0010: .*it had other sizes")
    server.log.take("PG0002: .*it had other sizes")
    assert server.status()["attempts"] == 1


def test_a_late_hit_in_a_child_of_the_old_generation_is_counted(httpd_with,
                                                               origin):
    # a request that is let pass and takes long: the reverse proxy's origin
    # answers only after the restart
    server = httpd_with(f"ProxyPass /back/ http://{origin.authority}/\n"
                        "ProxyGuardAction foreign-host observe",
                        modules=("proxy", "proxy_http"))
    origin.may_answer.clear()
    with server.wire() as wire:
        wire.send(b"GET /back/ HTTP/1.1\r\nHost: s.example\r\n"
                  b"Connection: close\r\n\r\n")
        origin.wait_hit()
        server.graceful()
        attempt(server)
        assert server.status()["attempts"] == 1
        origin.may_answer.set()
        assert wire.read_reply().status == 200
        wire.read_to_end()
    assert server.log.attempt().fields["class"] == "foreign-host"
    assert server.status()["attempts"] == 2


def test_without_a_ledger_the_guard_still_denies(httpd_with):
    server = httpd_with("ProxyGuardLedger none")
    attempt(server)
    assert server.send(b"GET http://s.example/ HTTP/1.1\r\n"
                       b"Host: s.example\r\n\r\n").status == 421
    server.log.attempt()
    assert server.get("/page.txt").status == 200
    assert server.get("/proxyguard-status").status in (200, 503)
    assert server.ledger_files() == []


def in_memory(server):
    """Attempts are counted, but nowhere that would outlive the server."""
    before = server.status()
    attempt(server)
    after = server.status()
    assert after["attempts"] == before["attempts"] + 1
    assert after["in_memory"] is True
    assert "lost when the server stops" in server.get("/proxyguard-status").text


@pytest.mark.parametrize("path, words", [
    ("no/such/folder/x", "no/such/folder/x cannot be used"),
    ("htdocs", "htdocs cannot be used"),
])
def test_an_unusable_path_is_logged_and_counting_goes_on_in_memory(
        httpd_with, path, words):
    server = httpd_with.make(f"ProxyGuardLedger @ROOT@/{path}").start()
    line = server.log.take("PG0003: .*" + words)
    assert path in line.text
    in_memory(server)
    server.graceful()
    server.log.take("PG0003: .*" + words)
    in_memory(server)
    assert server.status()["attempts"] == 2
    assert server.get("/page.txt").status == 200


@pytest.mark.parametrize("octets", [
    b"Dear diary, this is no ledger.\n" * 100, b"", bytes(1 << 20),
], ids=["a text", "nothing", "zeros"])
def test_a_file_that_is_not_ours_is_never_touched(httpd_with, octets):
    server = httpd_with.make()
    server.write(NAME, octets)
    os.utime(server.path(NAME), (1, 1))
    before = os.stat(server.path(NAME))
    server.start()
    server.log.take("PG0003: .*it is not a ledger")
    in_memory(server)
    server.graceful()
    server.log.take("PG0003: .*it is not a ledger")
    server.stop()
    after = os.stat(server.path(NAME))
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == \
        (before.st_ino, before.st_mode, before.st_mtime_ns)
    assert server.ledger_files() == [os.path.basename(NAME)]
    with open(server.path(NAME), "rb") as f:
        assert f.read() == octets


# --- a live file that is damaged ---------------------------------------------

def shrink(path):
    with open(path, "wb"):
        pass


def truncate(path):
    os.truncate(path, 8192)


def overwrite(path):
    """Like cp: the same file with other contents of another size."""
    with open(path, "wb") as f:
        f.write(b"something else\n" * 500)


def overwrite_in_full(path):
    size = os.path.getsize(path)
    with open(path, "r+b") as f:
        f.write(b"\0" * size)


def replace(path):
    with open(path + ".new", "wb") as f:
        f.write(b"something else\n")
    os.rename(path + ".new", path)


@pytest.mark.parametrize("act", [shrink, truncate, overwrite,
                                 overwrite_in_full, replace, os.unlink])
def test_a_damaged_live_file_costs_neither_server_nor_counts(httpd, act):
    for _ in range(3):
        attempt(httpd)
    parent, children = httpd.process.pid, httpd.children()
    act(httpd.path(NAME))
    for _ in range(4):
        attempt(httpd)
    assert httpd.status()["attempts"] == 7
    httpd.log.take("PG0003: .*Counting continues in memory", seconds=40)
    assert httpd.status()["in_memory"] is True
    attempt(httpd)
    assert httpd.process.poll() is None and httpd.process.pid == parent
    assert set(children) <= set(httpd.children())
    httpd.stop()
    assert not httpd.log.untaken("PG0003: ")
    if act in (overwrite, replace):      # another's file stays as it is
        with open(httpd.path(NAME), "rb") as f:
            assert f.read(14) == b"something else"
        return
    if act is overwrite_in_full:
        return
    httpd._start()
    assert httpd.status()["attempts"] == 8


@pytest.fixture
def on_small_tmpfs(httpd_with):
    """A server whose ledger is on a tmpfs of its own, of 2 MiB."""
    server = httpd_with.make("ProxyGuardLedger @ROOT@/small/ledger")
    folder = server.path("small")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=755",
                    "proxyguard-test", folder], check=True)
    yield server.start()
    server.stop()
    subprocess.run(["umount", folder], check=True)


def fill_up(folder):
    with pytest.raises(OSError) as e:
        with open(os.path.join(folder, "filler"), "wb", buffering=0) as f:
            while True:
                f.write(b"x" * 4096)
    assert e.value.errno == errno.ENOSPC
    assert os.statvfs(folder).f_bavail == 0


def test_a_full_tmpfs_costs_neither_server_nor_counts(on_small_tmpfs):
    server = on_small_tmpfs
    attempt(server)
    children = server.children()
    fill_up(server.path("small"))
    for i in range(600):                 # more targets than the lists hold
        server.send(b"CONNECT full%d.example:%d HTTP/1.0\r\nUser-Agent: %d"
                    b"\r\n\r\n" % (i, 1000 + i, i))
    now = server.settled(601)
    assert (now["attempts"], now["in_memory"]) == (601, False)
    assert set(children) <= set(server.children())
    server.graceful()
    server.send(b"CONNECT s.example:25 HTTP/1.0\r\n\r\n")
    assert server.settled(602)["attempts"] == 602
    server.hard_restart()
    assert server.status()["attempts"] == 602
    server.log.take_all("PG01")


def test_a_file_lost_on_a_full_tmpfs_is_made_up_for_in_memory(on_small_tmpfs):
    server = on_small_tmpfs
    attempt(server)
    children = server.children()
    os.unlink(server.path("small/ledger"))
    fill_up(server.path("small"))
    attempt(server)
    server.log.take("PG0003: .*Counting continues in memory", seconds=40)
    attempt(server)
    now = server.status()
    assert (now["attempts"], now["in_memory"]) == (3, True)
    assert set(children) <= set(server.children())
    for n, restart in ((4, server.graceful), (5, server.hard_restart)):
        restart()
        attempt(server)
        now = server.settled(n)
        assert (now["attempts"], now["in_memory"]) == (n, False)


def test_counts_move_from_memory_to_a_file_that_can_be_made_at_last(
        on_small_tmpfs):
    server = on_small_tmpfs
    attempt(server)
    server.stop()
    os.unlink(server.path("small/ledger"))
    fill_up(server.path("small"))
    server.start()
    server.log.take("PG0003: .*No space left.*counted in memory")
    attempt(server)
    server.graceful()
    server.log.take("PG0003: .*No space left.*counted in memory")
    attempt(server)
    now = server.settled(2)
    assert (now["attempts"], now["in_memory"]) == (2, True)
    os.unlink(server.path("small/filler"))
    server.graceful()
    server.log.take("PG0001: .*ledger carried over to a new file")
    attempt(server)
    now = server.settled(3)
    assert (now["attempts"], now["in_memory"]) == (3, False)


def test_a_server_whose_file_is_gone_goes_on_in_it_after_a_restart(httpd):
    attempt(httpd)
    os.unlink(httpd.path(NAME))
    attempt(httpd)
    httpd.graceful()
    httpd.log.take("PG0003: .*it was removed")
    attempt(httpd)
    now = httpd.status()
    assert (now["attempts"], now["in_memory"]) == (3, False)


def test_two_servers_of_different_sizes_lose_nothing(httpd_with):
    first = httpd_with.make().start()
    path = first.path(NAME)
    second = httpd_with.make(f"ProxyGuardLedger {path}\n"
                             "ProxyGuardLedgerSize recent 512\n").start()
    second.log.take("PG0010: .*it had other sizes")
    for _ in range(3):
        attempt(first)
        attempt(second)
    assert first.status()["attempts"] == 6
    assert second.status()["attempts"] == 6
    assert first.ledger_files() == [os.path.basename(NAME)]
    second.stop()               # before the folder of the first one goes


@pytest.mark.parametrize("at", [12, 16])
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
    line = httpd.log.take("PG0002: ")
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
    httpd.log.take("PG0002: .*it ")
    assert httpd.status()["attempts"] == 0


def test_a_symbolic_link_is_not_followed(httpd_with):
    server = httpd_with.make()
    victim = server.write("victim", b"precious")
    os.symlink(victim, server.path(NAME))
    server.start()
    server.log.take(r"PG0003: .*proxyguard\.ledger")
    attempt(server)
    assert server.read("victim") == "precious"


def test_the_ledger_cannot_be_read_or_written_by_strangers(httpd):
    assert os.stat(httpd.path(NAME)).st_mode & 0o027 == 0


def test_no_credential_is_stored(httpd):
    for line in (b"GET http://joe:Pa55word@s.example/ HTTP/1.1",
                 b"CONNECT joe:Pa55word@s.example:443 HTTP/1.1",
                 b"GET  http:/joe:Pa55word@s.example/ HTTP/1.1"):
        httpd.send(line + b"\r\nHost: s.example\r\n"
                   b"Proxy-Authorization: Basic Pa55word\r\n"
                   b"Authorization: Basic Pa55word\r\n\r\n")
    httpd.settled(3)
    with open(httpd.path(NAME), "rb") as f:
        stored = f.read()
    assert b"(removed)@s.example" in stored and b"Pa55word" not in stored
    page = httpd.get("/proxyguard-status").body
    assert b"(removed)@s.example" in page and b"Pa55word" not in page
    httpd.log.take_all(" PG01")


def test_it_is_kept_whether_credentials_were_offered(httpd):
    for field in ("Proxy-Authorization: Basic eA==\r\n", ""):
        httpd.send(f"GET http://s.example/ HTTP/1.1\r\nHost: s.example\r\n"
                   f"{field}\r\n".encode())
    recent = httpd.settled(2)["recent"]
    assert [r["proxy_authorization"] for r in recent] == [False, True]
    httpd.log.attempts(2)


def test_a_ledger_has_the_secret_of_its_server(httpd_with, tmp_path):
    server = httpd_with.make("ProxyGuardSecret ours")
    for name in ("ours", "others"):
        server.write(name, name * 8)
    server.start()
    server.stop()
    log = write(tmp_path / "log", CONNECT)
    for name, code in (("others", 74), ("ours", 1)):
        done = run("scan", "-q", "--secret", server.path(name), "--into",
                   server.path("run", "proxyguard.ledger"), log)
        assert done.returncode == code, done.stderr
